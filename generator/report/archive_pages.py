"""Pages of the archive, and the scripts by which frozen pages learn of newer cycles; pure, as in ``pages``."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final

from nearpass.archive.archive import cycle_folder
from nearpass.astro.fields import Span
from nearpass.record.figures import Figure
from nearpass.record.notices import Told
from nearpass.record.record import CycleRecord
from nearpass.report import archive_views, wording, year_views
from nearpass.report.catalogue import Links
from nearpass.report.page_net import Pages
from nearpass.report.pair_levels import pair_levels
from nearpass.report.plots.year import year_plots
from nearpass.report.rendering import Crumb, meta_of, render_page
from nearpass.report.verdicts import CycleSummary, MonthEvent, MonthNote, SevereMention
from nearpass.report.year_views import YearView

Month = tuple[int, int]
NOTE_LETTERS: Final = 240
"""How much of a note the finder shows; the event's page has all of it."""


def archive_pages(
    record: CycleRecord,
    cycles: Sequence[CycleSummary],
    years: Sequence[int],
    written: Collection[Month],
    events: Mapping[Month, Sequence[MonthEvent]],
    stories: Mapping[int, YearView] = MappingProxyType({}),
    notes: Mapping[Month, Sequence[MonthNote]] = MappingProxyType({}),
    severe: Sequence[SevereMention] = (),
    all_months: Sequence[Month] = (),
) -> dict[str, str]:
    """Lists of years, of the months of each year in ``cycles``, and page and script of each of the ``written`` months.

    Args:
        record: The newest cycle; its notice stands on each page.
        cycles: Summaries of all cycles of the years that are written.
        years: All years that hold a cycle.
        written: The months.
        events: What the cycles of each written month listed.
        stories: What each of the years was.
        notes: What the cycles of each written month show of the log.
        severe: Red and yellow approaches by month.
        all_months: All months that hold a cycle.

    """
    pages, months = Pages(record), archive_views.months_of(cycles)
    top, of_year = Links(root="../", cycle=""), Links(root="../../", cycle="")
    newest_first = sorted({*years, *(year for year, _ in months)}, reverse=True)
    pages.put("archive/index.md", top, partial(_years_page, record, newest_first, severe, all_months, top))
    for year in sorted({year for year, _ in months}):
        story, home = stories.get(year), f"archive/{year:04d}"
        pages.put(f"{home}/index.md", of_year, partial(_year_page, record, cycles, year, story, of_year))
        if story is not None:
            names = tuple(f"{home}/{name}" for name in (year_views.EVENTS_CSV, year_views.DELIVERIES_CSV))
            pages.put_all(names, of_year, partial(_twins, story, home))
    for year, month in sorted(written):
        listed = events.get((year, month), ())
        name = f"{year:04d}-{month:02d}"
        page = partial(_month_page, record, cycles, year, month, listed, of_year)
        pages.put(f"archive/{year:04d}/{month:02d}.md", of_year, page)
        pages.put(
            f"live/events-{name}.js", top, partial(events_script, listed, year, month, notes.get((year, month), ()))
        )
        pages.put(f"live/cycles-{name}.js", top, partial(month_script, cycles, year, month))
    return pages.texts


def _years_page(
    record: CycleRecord,
    years: Sequence[int],
    severe: Sequence[SevereMention],
    all_months: Sequence[Month],
    links: Links,
) -> str:
    text = "Every screening cycle that was published, by year and month."
    meta = meta_of(record, "Archive", text, "archive", (("Archive", None),))
    return render_page("years.md.j2", meta, links, years=years, pairs=pair_levels(severe, all_months))


def _year_page(
    record: CycleRecord, cycles: Sequence[CycleSummary], year: int, story: YearView | None, links: Links
) -> str:
    text = f"Screening cycles of {year}: the worst level of each day."
    crumbs = (("Archive", "../index.html"), (str(year), None))
    meta = meta_of(record, f"Archive of {year}", text, "archive", crumbs)
    return render_page(
        "year.md.j2", meta, links, year=year, months=archive_views.year_calendar(cycles, year), story=story,
        plots=year_plots(story, year) if story is not None else (),
    )  # fmt: skip


def _twins(story: YearView, home: str) -> dict[str, str]:
    return {f"{home}/{name}": text for name, text in year_views.twins(story).items()}


def _month_page(
    record: CycleRecord,
    cycles: Sequence[CycleSummary],
    year: int,
    month: int,
    listed: Sequence[MonthEvent],
    links: Links,
) -> str:
    name = f"{wording.MONTHS[month - 1]} {year}"
    crumbs: tuple[Crumb, ...] = (
        ("Archive", "../index.html"), (str(year), "index.html"), (wording.MONTHS[month - 1], None),
    )  # fmt: skip
    meta = meta_of(record, name, f"Screening cycles of {name} with their verdicts.", "archive", crumbs)
    return render_page(
        "month.md.j2", meta, links, name=name, table=archive_views.month_table(cycles, year, month),
        events=archive_views.month_events_table(listed, name) if listed else None,
    )  # fmt: skip


def finder_page(record: CycleRecord, months: Sequence[Month]) -> str:
    """The page that looks for an object in the scripts of all months; without scripts it leads to the months."""
    meta = meta_of(
        record, "Find", "Every approach and note of any cycle, by object, pair or word.", "archive",
        (("Archive", "index.html"), ("Find", None)),
    )  # fmt: skip
    newest_first = sorted(months, reverse=True)
    return render_page(
        "find.md.j2", meta, Links(root="../", cycle=""),
        months=[f"{year:04d}-{month:02d}" for year, month in newest_first],
        months_shown=[
            (f"{wording.MONTHS[month - 1]} {year}", f"{year:04d}/{month:02d}.html#events")
            for year, month in newest_first
        ],
        objects=[(item.id, item.name) for item in record.objects],
    )  # fmt: skip


def changes_page(record: CycleRecord, notices: Sequence[Told]) -> str:
    """What the feed tells, for people: the newest changes of level of any cycle."""
    meta = meta_of(
        record, "What changed", "Every change of an approach's level, the newest first.", "archive",
        (("Archive", "index.html"), ("What changed", None)),
    )  # fmt: skip
    return render_page(
        "changes.md.j2", meta, Links(root="../", cycle=""),
        table=archive_views.notices_table(notices) if notices else None,
    )  # fmt: skip


def events_script(events: Sequence[MonthEvent], year: int, month: int, notes: Sequence[MonthNote] = ()) -> str:
    """What the finder loads of a month: event, both objects, TCA, miss in km, worst level, cycles, the newest one.

    Of an approach that an edition tells in cells both cells follow, as text. Notes are instant, kind, parties, event
    and how the text begins.
    """
    rows = [
        [
            event.event_id, event.primary, event.secondary, wording.machine_time(event.tca),
            None if event.miss_km is None or event.miss_km != event.miss_high_km else round(event.miss_km, 3),
            event.level, event.cycles, event.last_cycle_id,
            *_in_words(event),
        ]
        for event in events
    ]  # fmt: skip
    found = json.dumps(rows, separators=(",", ":"))
    text = _of_month("EVENTS", year, month, found)
    said = [[note.when, note.kind, note.parties, note.event_id, _beginning(note.text)] for note in notes]
    return text + (_of_month("NOTES", year, month, json.dumps(said, separators=(",", ":"))) if said else "")


def _of_month(what: str, year: int, month: int, value: str) -> str:
    return f'(window.NEARPASS_{what} = window.NEARPASS_{what} || {{}})["{year:04d}-{month:02d}"] = {value};\n'


def _beginning(text: str) -> str:
    """At most so much of a note that a month's script stays small."""
    return text if len(text) <= NOTE_LETTERS else f"{text[:NOTE_LETTERS].rsplit(' ', 1)[0]} …"


def _in_words(event: MonthEvent) -> list[str]:
    if event.tca == event.until:
        return []
    miss_km = Figure(low=event.miss_km, high=event.miss_high_km)
    return [wording.short_cell_of_time(Span(start=event.tca, stop=event.until)), wording.figure(miss_km, unit="")]


def latest_script(record: CycleRecord, months: Sequence[Month]) -> str:
    """The script by which frozen pages learn of the newest cycle, and of all months that hold one."""
    expected = record.next_expected
    return _script("NEARPASS_LATEST", {
        "cycle_id": record.cycle_id,
        "path": cycle_folder(record.cycle_id),
        "cutoff": wording.machine_time(record.window.start),
        "next_expected": wording.machine_time(expected) if expected else None,
        "months": [f"{year:04d}-{month:02d}" for year, month in months],
    })  # fmt: skip


def month_script(cycles: Sequence[CycleSummary], year: int, month: int) -> str:
    """The script by which frozen pages learn of their next neighbour: cycles of a month, the oldest first."""
    listed = [
        {"cycle_id": cycle.cycle_id, "path": cycle_folder(cycle.cycle_id), "level": cycle.worst}
        | ({"superseded_by": cycle.superseded_by} if cycle.superseded_by else {})
        for cycle in reversed(archive_views.of_month(cycles, year, month))
    ]
    return _script("NEARPASS_CYCLES", listed)


def _script(name: str, value: object) -> str:
    return f"window.{name} = {json.dumps(value, sort_keys=True)};\n"
