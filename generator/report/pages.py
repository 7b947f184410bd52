"""Pages of a cycle and of the site's root, as text: Markdown files that hold one HTML block, CSV, JSON and scripts.

Every function here is pure: text in the record ends up escaped in the page, and
the same record gives the same bytes. File names follow from ids; an id that is no plain file name is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any, Final

from nearpass.archive.archive import cycle_folder
from nearpass.archive.register import Entry
from nearpass.errors import PublicationError
from nearpass.messages.cdm_write import check_written, write_cdm_json, write_cdm_kvn, write_cdm_xml
from nearpass.record.cycle_id import CycleId
from nearpass.record.exchange_record import ExchangeRecord
from nearpass.record.notices import LEFT, Told
from nearpass.record.record import ChangeRecord, CycleRecord, EventRecord, ObjectRecord, PairRecord, ToldEnd, ToldEvent
from nearpass.report import (
    archive_views,
    board,
    change_views,
    coverage_views,
    crossing_views,
    cycle_views,
    desk_views,
    event_tables,
    event_views,
    exchange_views,
    note_views,
    object_views,
    partner_views,
    protection_views,
    provenance_views,
    register_views,
    solution_views,
    sweep_views,
    tables,
    timeline_views,
    told_views,
    verdicts,
    wording,
)
from nearpass.report.archive_pages import Month, archive_pages, changes_page, finder_page, latest_script
from nearpass.report.calendars import event_calendar
from nearpass.report.catalogue import Catalogue, Links, detailed_events
from nearpass.report.cdm_event import event_cdm
from nearpass.report.change_views import ChangeView
from nearpass.report.feeds import object_feed
from nearpass.report.page_net import Pages, around, must_be_made
from nearpass.report.plots import cycle_plots, event_plots, object_plots, pair_plots
from nearpass.report.rendering import Crumb, Meta, meta_of, render, render_page
from nearpass.report.validation_views import validation_view
from nearpass.report.verdicts import CycleSummary, MonthEvent, MonthNote, SevereMention
from nearpass.report.views import Table
from nearpass.report.year_views import YearView
from nearpass.validation import check as validation

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,120}")
EVENT_SECTIONS: Final[tuple[tuple[str, str], ...]] = (
    ("where", "Where and how"), ("sure", "Uncertainty"), ("probable", "Collision probability"),
    ("crossings", "Orbit crossings"), ("evolved", "How it evolved"), ("solutions", "Solutions"),
    ("partners", "Partners"), ("do", "What could be done"), ("said", "Notes and contacts"),
    ("sources", "Sources and downloads"),
)  # fmt: skip
"""Sections of an event's page by their anchors, which links from elsewhere name: they never change."""
_TO_ROOT: Final = "../" * 5  # from a cycle's folder, cycles/YYYY/MM/DD/THHMMZ/


def zip_name(cycle_id: str) -> str:
    """The zip of a cycle that opens offline, in the cycle's folder."""
    return f"nearpass-{cycle_id}.zip"


def cycle_pages(record: CycleRecord) -> dict[str, str]:
    """Everything frozen with a cycle but its plots: relative path under the cycle's folder to text."""
    catalogue = Catalogue(record)
    record = catalogue.record
    below = Links(root=f"../{_TO_ROOT}", cycle="../")
    pages, at_home = Pages(record), Links(root=_TO_ROOT, cycle="")
    pages.put("index.md", at_home, partial(_around, "index.md", catalogue, partial(_cycle_page, links=at_home)))
    for event in detailed_events(record):
        pages.put(f"events/{_file_name(event.event_id)}.md", below, partial(_event_page, event, catalogue, below))
    for item in record.objects:
        name = f"objects/{_file_name(item.id)}.md"
        make = partial(_object_page, item, links=below, live=False)
        pages.put(name, below, partial(_around, name, catalogue, make))
    for pair in record.pairs:
        name = f"{_file_name(pair.primary)}--{_file_name(pair.secondary)}"
        pages.put(f"pairs/{name}.md", below, partial(_pair_page, pair, catalogue, below))
    for event in record.events:
        stem = f"events/{_file_name(event.event_id)}"
        pages.put_all((f"{stem}.cdm", f"{stem}.cdm.xml", f"{stem}.cdm.json"), below, partial(_messages, record, event))
    rows = record.approaches
    for row in rows:
        pages.put(f"events/{_file_name(row.event_id)}.ics", below, partial(event_calendar, record, row))
    pages.put("deliveries.md", at_home, partial(_deliveries_page, record, at_home))
    for exchange in _readable(record):
        pages.put(
            f"exchanges/{_file_name(exchange.exchange_id)}.md", below, partial(_exchange_page, exchange, record, below)
        )
    for name, csv, json in (
        ("events", *tables.EVENT_COLUMNS.twins(record, rows)),
        ("crossings", *tables.CROSSING_COLUMNS.twins(record, record.crossings)),
        ("solutions", *tables.SOLUTION_COLUMNS.twins(record, tables.solution_rows(record))),
        ("coverage", *tables.COVERAGE_COLUMNS.twins(record, record.pairs)),
    ):
        pages.put(f"{name}.csv", at_home, csv)
        pages.put(f"{name}.json", at_home, json)
    pages.put_all(_sweep_names(record), below, partial(_sweep_files, catalogue, below))
    return pages.texts


def _sweep_names(record: CycleRecord) -> tuple[str, ...]:
    """What stands in the place of a catalogue's files where they cannot be made."""
    if record.sweep is None:
        return ()
    return "approaches.csv", "approaches.json", f"{sweep_views.FOLDER}/{sweep_views.part_name(1)}.md"


def _sweep_files(catalogue: Catalogue, links: Links) -> dict[str, str]:
    """Every approach of a catalogue, in parts, and their twins."""
    record = catalogue.record
    view, sweep = sweep_views.sweep_view(catalogue, links), record.sweep
    if view is None or sweep is None:
        return {}
    columns = sweep_views.APPROACH_COLUMNS
    files = {"approaches.csv": columns.csv(sweep.approaches), "approaches.json": columns.json(record, sweep.approaches)}
    for it in sweep_views.parts(catalogue, links):
        title = "Approaches of the catalogue" + (f", part {it.number}" if it.number > 1 else "")
        meta = _below(record, links, title, " ".join(view.statement), "approaches", title)
        name = f"{sweep_views.FOLDER}/{sweep_views.part_name(it.number)}.md"
        files[name] = render_page(
            "approaches.md.j2", meta, links, it=it, sweep=view, cycle_id=record.cycle_id,
            provenance=provenance_views.provenance(record),
        )  # fmt: skip
    return files


def _messages(record: CycleRecord, event: EventRecord) -> dict[str, str]:
    """The event as a CCSDS conjunction data message in both notations, read back before it is given out."""
    message = event_cdm(record, event)
    stem = f"events/{_file_name(event.event_id)}"
    texts = {
        f"{stem}.cdm": write_cdm_kvn(message),
        f"{stem}.cdm.xml": write_cdm_xml(message),
        f"{stem}.cdm.json": write_cdm_json(message),
    }
    for text in texts.values():
        check_written(message, text)
    return texts


def live_pages(
    record: CycleRecord,
    cycles: Sequence[CycleSummary],
    years: Sequence[int],
    *,
    written: Collection[Month] | None = None,
    months: Sequence[Month] | None = None,
    events: Mapping[Month, Sequence[MonthEvent]] = MappingProxyType({}),
    told: Sequence[Told] = (),
    stories: Mapping[int, YearView] = MappingProxyType({}),
    notes: Mapping[Month, Sequence[MonthNote]] = MappingProxyType({}),
    severe: Sequence[SevereMention] = (),
) -> dict[str, str]:
    """Everything that changes with a new cycle: path under the site's root to text.

    Args:
        record: The newest cycle.
        cycles: Summaries of all cycles of the years that are written, at least those of the record's year.
        years: All years that hold a cycle.
        written: Months of ``cycles`` whose own page and script are written; all by default.
        months: All months that hold a cycle; by default those of ``cycles``.
        events: What the cycles of the written months listed.
        told: The newest changes of level of any cycle, the newest first.
        stories: What each of the years that are written was.
        notes: What the cycles of the written months show of the log.
        severe: Red and yellow approaches of all cycles, by month.

    """
    catalogue = Catalogue(record)
    record = catalogue.record
    folder = f"{cycle_folder(record.cycle_id)}/"
    front = Links(root="", cycle=folder)
    below = Links(root="../", cycle=f"../{folder}")
    pages = Pages(record)
    objects = partial(_objects_page, links=below)
    pages.put("objects/index.md", below, partial(_around, "objects/index.md", catalogue, objects))
    found = archive_views.months_of(cycles)
    all_months = found if months is None else months
    pages.put("archive/changes.md", below, partial(changes_page, record, told))
    pages.put("archive/find.md", below, partial(finder_page, record, all_months))
    make = partial(_around, "index.md", catalogue, partial(_front_page, links=front))
    files = {"index.md": must_be_made("index.md", make), **pages.texts}
    files |= permalink_pages(record)
    files |= archive_pages(
        record, cycles, years, found if written is None else written, events, stories, notes, severe, all_months,
    )  # fmt: skip
    files["live/latest.js"] = must_be_made("live/latest.js", partial(latest_script, record, all_months))
    return files


def permalink_pages(record: CycleRecord) -> dict[str, str]:
    """The pages that follow an event or object through the cycles, as of this one: path under the site's root to text.

    A past cycle's are still needed for what no later cycle mentions.
    """
    catalogue = Catalogue(record)
    record = catalogue.record
    below = Links(root="../", cycle=f"../{cycle_folder(record.cycle_id)}/")
    pages = Pages(record)
    for event in catalogue.events:
        pages.put(f"events/{_file_name(event.event_id)}.md", below, partial(_permalink_page, event, catalogue, below))
    for told in catalogue.told:
        pages.put(f"events/{_file_name(told.event_id)}.md", below, partial(_told_page, told, catalogue, below))
    for change in record.changes:
        if change.kind in LEFT:
            pages.put(
                f"events/{_file_name(change.event_id)}.md", below, partial(_change_page, change, catalogue, below)
            )
    for ended in record.told_ended:
        pages.put(f"events/{_file_name(ended.event_id)}.md", below, partial(_ended_page, ended, catalogue, below))
    for item in record.objects:
        name, make = f"objects/{_file_name(item.id)}.md", partial(_object_page, item, links=below, live=True)
        pages.put(name, below, partial(_around, name, catalogue, make))
    return pages.texts


def _around(name: str, catalogue: Catalogue, make: Callable[[Catalogue], str]) -> str:
    """A page of a catalogue, without what it cannot be made with."""
    whole = catalogue.record
    return around(name, whole, lambda record: make(catalogue if record is whole else Catalogue(record)))


def _cycle_page(catalogue: Catalogue, links: Links) -> str:
    record = catalogue.record
    events = event_tables.events_table(
        catalogue.events, catalogue, links, caption=_events_caption(record), told=catalogue.told, with_anchors=True
    )
    return render_page(
        "cycle.md.j2", _cycle_meta(record, links), links,
        **_overview(catalogue, links), brief=False, events=events, crossings=_crossings(catalogue, links),
        inputs=cycle_views.inputs_table(record.inputs),
        zip_name=zip_name(record.cycle_id),
        every_change=change_views.change_views(catalogue, links),
        refused=cycle_views.refusals(record.inputs), provenance=provenance_views.provenance(record),
    )  # fmt: skip


def _front_page(catalogue: Catalogue, links: Links) -> str:
    record = catalogue.record
    events = event_tables.events_table(
        catalogue.events, catalogue, links, caption=_events_caption(record), told=catalogue.told, brief=True
    )
    verdict = verdicts.verdict(record)
    meta = meta_of(record, record.title, verdict.headline, "front", (), cycle_id=record.cycle_id)
    crossings = _crossings(catalogue, links, most=crossing_views.FRONT_ROWS)
    return render_page(
        "front.md.j2", meta, links, **_overview(catalogue, links), brief=True, events=events, crossings=crossings
    )


def _overview(catalogue: Catalogue, links: Links) -> dict[str, Any]:
    """What the front page and the cycle's page share."""
    record = catalogue.record
    cards, more = cycle_views.cards(catalogue, links)
    found = verdicts.verdict(record)
    rows = {event.event_id: board.row(event, catalogue) for event in record.approaches}
    crossing_cards, more_crossings = crossing_views.cards(catalogue, links)
    return {
        "context": cycle_views.context(record),
        "verdict": found,
        "hero": board.hero(catalogue, found.headline),
        "cards": cards,
        "rows": rows,
        "more": more,
        "crossing_cards": crossing_cards,
        "more_crossings": more_crossings,
        "nearest": () if cards else cycle_views.nearest_pairs(catalogue, links),
        "urgent": any(card.level != "green" for card in cards),
        "changes": change_views.grouped_changes(catalogue, links),
        "change_counts": change_views.change_counts(record),
        "inputs_line": cycle_views.inputs_line(record),
        "matrix": cycle_views.matrix(catalogue, links),
        "coverage": coverage_views.coverage(catalogue, links),
        "plots": {plot.name: plot for plot in cycle_plots(record)},
        "timeline": timeline_views.timeline_view(catalogue, links),
        "publisher": record.publisher,
        "edition": record.edition,
        "protection": protection_views.lines(record),
        "notes": note_views.notes_of_cycle(record),
        "exchanges": exchange_views.lines(record, links),
        "overdue": desk_views.overdue_line(record),
        "alarms": partner_views.alarms(record),
        "first": record.previous_cycle_id is None,
        "sweep": sweep_views.sweep_view(catalogue, links),
        "planned": solution_views.planned(catalogue, links),
        "alternatives": solution_views.alternatives(catalogue, links),
        "losses": cycle_views.losses(record),
        "stretches": cycle_views.stretches(record),
        "corrects": (record.supersedes, links.other_cycle(record.supersedes)) if record.supersedes else None,
    }


def _crossings(catalogue: Catalogue, links: Links, *, most: int | None = None) -> Table | None:
    """The table of crossings by pair and branch; None where none is listed."""
    groups = crossing_views.grouped(catalogue.record.crossings)
    limit = wording.plain(catalogue.record.thresholds.crossing_limit_km)
    caption = f"Orbits that pass within {limit} km of each other, by pair and branch"
    return crossing_views.groups_table(groups, catalogue, links, caption=caption, most=most) if groups else None


def _events_caption(record: CycleRecord) -> str:
    if record.sweep is not None:
        return "The approaches that have a page; the list of the catalogue has every one"
    return f"All approaches below {wording.plain(record.thresholds.limit_km)} km"


def _event_page(event: EventRecord, catalogue: Catalogue, links: Links) -> str:
    page = event_views.event_page(event, catalogue, links)
    title = f"{page.card.title}, {wording.minute(event.tca)} UTC"
    plots = {plot.name.rsplit("-", maxsplit=1)[-1]: plot for plot in event_plots(catalogue.record, event)}
    return render_page(
        "event.md.j2", _below(catalogue.record, links, title, page.summary, "event", event.event_id), links,
        page=page, plots=plots, inputs=cycle_views.used_inputs_table(page.inputs), event_id=event.event_id,
        sections=[part for part in EVENT_SECTIONS if part[0] != "partners" or page.partners],
        no_inputs=object_views.no_inputs([catalogue.objects.get(key) for key in (event.primary, event.secondary)]),
        **_said(event, catalogue), exchanges=exchange_views.lines(catalogue.record, links),
        provenance=provenance_views.provenance(catalogue.record), cycle_id=catalogue.record.cycle_id,
    )  # fmt: skip


def _object_page(item: ObjectRecord, catalogue: Catalogue, links: Links, *, live: bool) -> str:
    record = catalogue.record
    page = object_views.object_page(item, catalogue, links)
    meta = _below(record, links, item.name, page.statement, "object", item.id)
    if live:
        meta = meta_of(record, item.name, page.statement, "object", (("Objects", "index.html"), (item.id, None)))
    return render_page(
        "object.md.j2", meta, links, page=page, plots={plot.name: plot for plot in object_plots(record, item)},
        losses=cycle_views.losses(record, item.id),
        live=live, object_id=item.id, feed_href=f"{links.root}{object_feed(item.id)}",
        context=cycle_views.context(record), live_href=f"{links.root}objects/{item.id}.html",
        provenance=provenance_views.provenance(record), cycle_id=record.cycle_id,
    )  # fmt: skip


def _deliveries_page(record: CycleRecord, links: Links) -> str:
    owed = sum(row.every_h is not None or row.due is not None for row in record.desk)
    text = f"{wording.count(len(record.desk), 'source')}, {owed} of them with a schedule."
    return render_page(
        "deliveries.md.j2", _below(record, links, "Deliveries", text, "deliveries", "deliveries"), links,
        context=cycle_views.context(record), overdue=desk_views.overdue_line(record),
        table=desk_views.desk_table(record),
    )  # fmt: skip


def _readable(record: CycleRecord) -> tuple[ExchangeRecord, ...]:
    return tuple(exchange for exchange in record.exchanges if exchange.refusal is None)


def _exchange_page(exchange: ExchangeRecord, record: CycleRecord, links: Links) -> str:
    page = exchange_views.exchange_page(exchange, record)
    meta = _below(record, links, exchange.title, f"{page.state}.", "exchange", exchange.exchange_id)
    return render_page("exchange.md.j2", meta, links, page=page, context=cycle_views.context(record))


def _pair_page(pair: PairRecord, catalogue: Catalogue, links: Links) -> str:
    record = catalogue.record
    page = object_views.pair_page(pair, catalogue, links)
    name = f"{pair.primary} – {pair.secondary}"
    return render_page(
        "pair.md.j2", _below(record, links, page.name, " ".join(page.statement), "pair", name), links,
        page=page, plots=pair_plots(record, pair), inputs=cycle_views.used_inputs_table(page.inputs),
        members=[(key, catalogue.name(key)) for key in (pair.primary, pair.secondary)],
        provenance=provenance_views.provenance(record), cycle_id=record.cycle_id,
    )  # fmt: skip


def _permalink_page(event: EventRecord, catalogue: Catalogue, links: Links) -> str:
    record = catalogue.record
    card = event_views.event_card(event, catalogue, links)
    meta = _live_meta(record, card.title, event_views.summary(event, catalogue), "event", event.event_id)
    return render_page(
        "permalink.md.j2", meta, links, card=card, summary=meta.description, context=cycle_views.context(record),
        history=event_tables.history_table(event, links), detailed=event.event_id in catalogue.detailed,
        event_id=event.event_id, cycle_id=record.cycle_id, **_said(event, catalogue),
    )  # fmt: skip


def _told_page(told: ToldEvent, catalogue: Catalogue, links: Links) -> str:
    record = catalogue.record
    card = told_views.card(told, catalogue, links)
    meta = _live_meta(record, card.title, told_views.summary(told, catalogue), "event", told.event_id)
    return render_page(
        "permalink.md.j2", meta, links, card=card, summary=meta.description, context=cycle_views.context(record),
        history=told_views.table(told), detailed=False, event_id=told.event_id, cycle_id=record.cycle_id,
        notes=note_views.notes_of_event(record, told.event_id), contacts=note_views.contacts(told, catalogue),
    )  # fmt: skip


def _said(event: EventRecord, catalogue: Catalogue) -> dict[str, Any]:
    """What was said about an event, and whom to tell of it."""
    return {
        "notes": note_views.notes_of_event(catalogue.record, event.event_id),
        "contacts": note_views.contacts(event, catalogue),
    }


def _change_page(change: ChangeRecord, catalogue: Catalogue, links: Links) -> str:
    view = change_views.change_view(change, catalogue, links)
    title = catalogue.named(change.primary, change.secondary)
    return _left_page(change.event_id, title, view, catalogue.record, links)


def _ended_page(ended: ToldEnd, catalogue: Catalogue, links: Links) -> str:
    view = change_views.told_change(ended, links)
    return _left_page(ended.event_id, told_views.pair(ended, catalogue), view, catalogue.record, links)


def _left_page(event_id: str, title: str, view: ChangeView, record: CycleRecord, links: Links) -> str:
    meta = _live_meta(record, title, f"{view.word}: {view.reason}", "event", event_id)
    last = record.previous_cycle_id
    return render_page(
        "left.md.j2", meta, links, change=view, title=title, context=cycle_views.context(record), last=last,
        last_href=f"{links.other_cycle(last)}#{event_id}" if last else None, event_id=event_id,
        cycle_id=record.cycle_id,
    )  # fmt: skip


def register_page(record: CycleRecord, entries: Sequence[Entry]) -> str:
    """The page of the register, with the lines that the edition may see."""
    text = "What came from whom, what went to whom and who decided so, as far as this edition may tell."
    meta = meta_of(record, "Register", text, "objects", (("Register", None),))
    links = Links(root="../", cycle=f"../{cycle_folder(record.cycle_id)}/")
    return render_page("register.md.j2", meta, links, table=register_views.register_table(entries))


def _objects_page(catalogue: Catalogue, links: Links) -> str:
    record = catalogue.record
    text = f"{wording.count(len(record.objects), 'object')} of the newest cycle, with their orbits and ephemerides."
    meta = meta_of(record, "Objects", text, "objects", (("Objects", None),))
    return render_page(
        "objects.md.j2", meta, links, table=object_views.objects_table(record, catalogue),
        losses=cycle_views.losses(record),
        context=cycle_views.context(record), refused=cycle_views.refusals(record.inputs),
    )  # fmt: skip


def _cycle_meta(record: CycleRecord, links: Links) -> Meta:
    when = wording.moment_to_minute(record.window.start)
    last = record.previous_cycle_id
    return meta_of(
        record, f"Cycle of {when}", verdicts.verdict(record).headline, "cycle", _cycle_crumbs(record, links, None),
        cycle_id=record.cycle_id, month=CycleId(record.cycle_id).month_text,
        previous=links.other_cycle(last) if last else None,
    )  # fmt: skip


def _below(record: CycleRecord, links: Links, title: str, description: str, kind: str, name: str) -> Meta:
    """Front matter of a page below the cycle's."""
    crumbs = (*_cycle_crumbs(record, links, f"{links.cycle}index.html"), (name, None))
    month = CycleId(record.cycle_id).month_text
    return meta_of(record, title, description, kind, crumbs, cycle_id=record.cycle_id, month=month)


def _live_meta(record: CycleRecord, title: str, description: str, kind: str, name: str) -> Meta:
    return meta_of(record, title, description, kind, (("Latest", "../index.html"), (name, None)))


def _cycle_crumbs(record: CycleRecord, links: Links, href: str | None) -> tuple[Crumb, ...]:
    of = CycleId(record.cycle_id)
    archive = f"{links.root}archive/"
    return (
        ("Archive", f"{archive}index.html"),
        (str(of.year), f"{archive}{of.year}/index.html"),
        (wording.MONTHS[of.month - 1], f"{archive}{of.year}/{of.month:02d}.html"),
        (f"{of.day}, {of.time_text} UTC", href),
    )


def _file_name(identifier: str) -> str:
    """An id as part of a file name.

    Raises:
        PublicationError: if it could name another folder, or anything but a plain file.

    """
    if _FILE_NAME.fullmatch(identifier) is None:
        raise PublicationError("an id must be letters, digits, hyphens, dots and underscores", value=identifier)
    return identifier


@lru_cache(maxsize=1)  # each edition of a run shows the same
def validation_part(text: bytes, file: str) -> str:
    """What the validation page shows below its hand-written text, from the stored result of ``nearpass validate``.

    Raises:
        InputError: if it is no such result.
    """
    view = validation_view(validation.load(text, file))
    return render("validation.md.j2", view=view, links=Links(root="", cycle=""))
