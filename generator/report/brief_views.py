"""The pack for a meeting: of each approach two pages to print, and a form whose lines become notes afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import yaml
from markupsafe import Markup

from nearpass.astro.epochs import DAY_S
from nearpass.encounter.alert import Level
from nearpass.record.coordination import coordination
from nearpass.record.record import CycleRecord, EventRecord, ToldEvent
from nearpass.report import agenda, board, event_head, event_views, note_views, risk_views, wording
from nearpass.report import told_views as told
from nearpass.report.agenda import Item
from nearpass.report.catalogue import Catalogue, Links, begin, by_urgency
from nearpass.report.event_card import EventCard
from nearpass.report.note_views import ContactView, NoteView
from nearpass.report.plots import Plot
from nearpass.report.plots.bplane import b_plane_plot
from nearpass.report.plots.orbits import event_orbits_plot
from nearpass.report.rendering import edition_line, render
from nearpass.report.risk_views import Trade
from nearpass.report.views import Fact, Table
from nearpass.report.wording.acting import warnings, who_acts

WEEK_S: Final = 7.0 * DAY_S
MOST_NOTES: Final = 3
MOST_ROWS: Final = 6
"""Rows of a table that a page has room for."""
_LINKS: Final = Links(root="", cycle="")
_LONGEST_NOTE: Final = 180
_RULER_STYLE: Final = Markup(
    "<style>"
    "text{fill:#14202b;font:11.5px 'Noto Sans','DejaVu Sans',Arial,sans-serif}.tick{fill:#52606d;font-size:11px}"
    ".b{font-weight:700}.grid{stroke:#c3ccd4;fill:none}.z-red{fill:#f9dfdb}.z-yellow{fill:#fcf0d2}.z-band{fill:#dde4ea}"
    ".m-red{fill:#b4231a}.m-yellow{fill:#f0b400;stroke:#6f5200;stroke-width:.8}.m-green{fill:#0f7b5f}.m-ink{fill:#14202b}"
    ".m-blue{fill:#0b6ab0}.whisk{stroke:#14202b;stroke-width:1.6}.span{stroke:#14202b;stroke-width:5}"
    ".stem{stroke:#8b97a3}.o-other{fill:#fff;stroke:#14202b;stroke-width:1.5}"
    ".o-planned{fill:#fff;stroke:#0b6ab0;stroke-width:1.6;stroke-dasharray:2.2 1.6}"
    ".o-orbits{stroke:#0b6ab0;stroke-width:2.5}"
    "</style>"
)
"""The looks of the rulers on paper, as the site's stylesheet has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """Two pages on one approach. Rulers are drawings; ``plots`` are pictures that are drawn apart."""

    card: EventCard
    headline: str
    summary: str
    so_what: tuple[str, ...]
    decision: tuple[Fact, ...]
    miss_ruler: Markup
    sigma_ruler: Markup | None
    no_sigmas: str
    by_cycle: Table | None
    trade: Trade | None
    no_trade: str
    questions: tuple[str, ...]
    agenda: tuple[Item, ...]
    notes: tuple[NoteView, ...]
    contacts: tuple[ContactView, ...]
    plots: tuple[Plot, ...]


def of_week(record: CycleRecord) -> tuple[EventRecord | ToldEvent, ...]:
    """Red and yellow approaches of the seven days from the data cut-off, and those whose deadline is in them."""
    stop = record.window.start + WEEK_S

    def near(event: EventRecord | ToldEvent) -> bool:
        return begin(event) <= stop or (event.deadline is not None and event.deadline <= stop)

    found = by_urgency(Catalogue(record).record.approaches)
    return tuple(event for event in found if event.level is not Level.GREEN and near(event))


def plots_of(record: CycleRecord, event: EventRecord | ToldEvent) -> tuple[Plot, ...]:
    """The pictures of a brief: where, and how sure."""
    if isinstance(event, ToldEvent):
        return ()
    found = (event_orbits_plot(record, event), b_plane_plot(record, event))
    return tuple(plot for plot in found if plot is not None)


def brief(event: EventRecord | ToldEvent, catalogue: Catalogue) -> Brief:
    """What the two pages say, with what was said of the approach up to the data cut-off."""
    row = board.row(event, catalogue)
    if isinstance(event, ToldEvent):
        card, summary = told.card(event, catalogue, _LINKS), told.summary(event, catalogue)
        headline, trade, by_cycle = f"{card.title}: {card.miss}", None, None
    else:
        card, summary = event_views.event_card(event, catalogue, _LINKS), event_views.summary(event, catalogue)
        headline = f"{board.passing(event, catalogue, card.miss)[0]} on {wording.day_of(event.tca)}"
        trade, by_cycle = risk_views.trade(event, catalogue), event_head.by_cycle(event, _LINKS)
    return Brief(
        card=card,
        headline=headline,
        summary=summary,
        so_what=row.so_what,
        decision=_decision(event, card, catalogue),
        miss_ruler=row.miss_ruler,
        sigma_ruler=row.sigma_ruler,
        no_sigmas=row.no_sigmas,
        by_cycle=by_cycle,
        trade=_short(trade),
        no_trade=_no_trade(event, catalogue),
        questions=agenda.open_questions(event, catalogue),
        agenda=agenda.agenda(event, catalogue),
        notes=tuple(map(_cut, note_views.notes_of_event(catalogue.record, event.event_id)[:MOST_NOTES])),
        contacts=note_views.contacts(event, catalogue),
        plots=plots_of(catalogue.record, event),
    )


def _decision(event: EventRecord | ToldEvent, card: EventCard, catalogue: Catalogue) -> tuple[Fact, ...]:
    state = coordination(catalogue.record, event)
    past = event.deadline is not None and event.deadline <= catalogue.record.window.start
    by = "Settled" if state.closed_by is not None else "Decision was due" if past else "Decide by"
    facts = [Fact(label=by, value=card.deadline), Fact(label="Who decides", value=card.decider or "not told")]
    facts.append(Fact(label="Who acts", value=" ".join([who_acts(state) or "Nothing was said yet.", *warnings(state)])))
    if isinstance(event, EventRecord):
        facts.append(Fact(label="Commands", value=wording.sentence(risk_views.commanding(event, catalogue))))
        if (burn := event_head.smallest_burn(event)) is not None:
            facts.append(Fact(label="Smallest burn", value=burn))
    return tuple(facts)


def _no_trade(event: EventRecord | ToldEvent, catalogue: Catalogue) -> str:
    if isinstance(event, ToldEvent):
        return "Sizes of burns would tell the exact figures, which are withheld in this edition."
    return f"No burn is computed. Commanding: {risk_views.commanding(event, catalogue)}."


def _short(trade: Trade | None) -> Trade | None:
    """The trade without what paper can do without: burns after the last useful one, and lead times beyond the room."""
    if trade is None:
        return None
    rows = tuple(row for row in trade.table.rows if row.mark != "late")[:MOST_ROWS]
    return replace(trade, table=replace(trade.table, rows=rows))


def _cut(note: NoteView) -> NoteView:
    text = " ".join(note.paragraphs)
    short = text if len(text) <= _LONGEST_NOTE else f"{text[:_LONGEST_NOTE].rsplit(' ', 1)[0]} …"
    return replace(note, paragraphs=(short,) if short else ())


def brief_page(record: CycleRecord, events: Sequence[EventRecord | ToldEvent], pictures: Mapping[str, str]) -> str:
    """The pack as one page that stands alone: a list where there are several approaches, then two pages of each.

    Args:
        record: The cycle, as the edition holds it.
        events: Its approaches, in the order of the pack.
        pictures: The address of the picture of each plot, by its name.
    """
    catalogue = Catalogue(record)
    return render(
        "page/brief.html.j2",
        title=record.title,
        notice=record.notice,
        cycle_id=record.cycle_id,
        cutoff=wording.moment_to_minute(record.window.start),
        publisher=record.publisher,
        briefs=[brief(event, catalogue) for event in events],
        pictures=pictures,
        ruler_style=_RULER_STYLE,
        edition=edition_line(record),
    )


_FORM: Final = """\
# Minutes of the meeting on
{what}# Fill in, then: nearpass log minutes {file}
# Each line with a kind and a party or a text becomes a note; the others are left out.
# Kinds: request (with to), acknowledgement, claim, stand-by, decline, plan (with burn), flown, cancelled, closed;
# or consultation, decision, action, outcome.
"""


def minutes_form(record: CycleRecord, events: Sequence[EventRecord | ToldEvent], file: str) -> str:
    """The form for the minutes, in YAML: one line for what each party may say, those that were asked by their names."""
    catalogue = Catalogue(record)
    lines: list[dict[str, str]] = []
    for event in events:
        state = coordination(record, event)
        names = [*(mover.party for mover in state.movers), *(name for name, _ in state.answers), *state.asked]
        parties = [*dict.fromkeys(names), "", ""]
        blank = {"object": "", "burn": "", "text": ""}
        lines += [{"event": event.event_id, "kind": "", "party": party, **blank} for party in parties]
        lines.append({"event": event.event_id, "kind": "decision", "text": ""})
    what = "".join(f"#   {event.event_id}: {wording.visible(brief(event, catalogue).headline)}\n" for event in events)
    head = {
        "time": f"{record.window.start.iso(digits=0)}Z", "originator": record.publisher or "", "marking": "TLP:RED",
        "release": [], "parties": [], "lines": lines,
    }  # fmt: skip
    text = _FORM.format(what=what, file=file)
    return text + yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=200, default_flow_style=None)
