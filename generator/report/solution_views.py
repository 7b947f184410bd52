"""Views of an object's other solutions: how they differ, and what each approach is by each of them.

A planned manoeuvre is a question, not a fact: what it would do is told apart and in the conditional, and nothing of it
reaches the verdict, the list of approaches or a feed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nearpass.encounter.alert import Level
from nearpass.reasons.levels import PcBoundReaches
from nearpass.record.record import (
    DifferenceRecord,
    EventRecord,
    InputRecord,
    ObjectRecord,
    SolutionEvent,
    SolutionRecord,
)
from nearpass.report import wording
from nearpass.report.catalogue import Catalogue, Links
from nearpass.report.tables import SolutionRow
from nearpass.report.views import (
    AXES,
    Cell,
    Field,
    Head,
    Table,
    TableRow,
    by_axis,
    km_cell,
    level_cell,
    number_cell,
    probability_cell,
    tabled,
    time_cell,
)

EFFECT_WORDS: Final = {
    "appears": "appears", "vanishes": "vanishes", "worse": "worsens", "better": "improves", "same": "stays",
    "uncovered": "not covered",
}  # fmt: skip
_COUNTED: Final = (
    ("appears", "appears", "appear"), ("vanishes", "vanishes", "vanish"), ("worse", "worsens", "worsen"),
    ("better", "improves", "improve"), ("same", "stays as it is", "stay as they are"),
    ("uncovered", "is not covered", "are not covered"),
)  # fmt: skip
_NO_VECTOR: Final = (None, None, None)
_Differing = tuple[SolutionRecord, DifferenceRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionView:
    """One solution in words; ``plot`` is the name of the picture of its difference, None where there is none."""

    title: str
    href: str
    note: str | None
    statement: tuple[str, ...]
    plot: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectSolutions:
    """All solutions of an object. Tables are None where they would be empty; ``inputs`` are what was delivered."""

    solutions: tuple[SolutionView, ...]
    figures: Table | None
    events: Table | None
    inputs: tuple[InputRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A planned manoeuvre with what it would do to the list of approaches."""

    view: SolutionView
    effects: Table | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSolutions:
    """An approach by every solution, and in a sentence how far they disagree."""

    statement: str
    table: Table


def of_object(item: ObjectRecord, catalogue: Catalogue, links: Links) -> ObjectSolutions | None:
    """What the page of an object says of its other solutions; None where it has none."""
    own = [solution for solution in catalogue.record.solutions if solution.object_id == item.id]
    if not own:
        return None
    return ObjectSolutions(
        solutions=tuple(_view(solution, catalogue, links) for solution in own),
        figures=_figures(own),
        events=_events(own, catalogue, links, caption=f"Approaches of {item.name} by its other solutions"),
        inputs=tuple(entry for solution in own for entry in solution.inputs),
    )


def planned(catalogue: Catalogue, links: Links) -> tuple[Planned, ...]:
    """The planned manoeuvres of a cycle."""
    return tuple(
        Planned(
            view=_view(solution, catalogue, links),
            effects=_events([solution], catalogue, links, caption=f"What {_called(solution)} would change"),
        )
        for solution in catalogue.record.solutions
        if solution.role == "planned"
    )


def alternatives(catalogue: Catalogue, links: Links) -> tuple[SolutionView, ...]:
    """The alternative solutions of a cycle."""
    return tuple(
        _view(solution, catalogue, links) for solution in catalogue.record.solutions if solution.role == "alternative"
    )


def of_event(event: EventRecord, catalogue: Catalogue, links: Links) -> EventSolutions | None:
    """The event by solution, the nominal one first; None where no other solution speaks of it."""
    found = [
        (solution, row)
        for solution in catalogue.record.solutions
        for row in solution.events
        if row.event_id == event.event_id
    ]
    if not found:
        return None
    nominal = (
        Cell(text="in use"), Cell(text="nominal of both"), level_cell(event.level), km_cell(event.miss_km),
        km_cell(event.miss_sigma_km),
        *(number_cell(value, 3, signed=True) for value in event.miss_rtn_km or _NO_VECTOR),
        probability_cell(event.probability.pc), time_cell(event.tca, digits=1), number_cell(None, 1),
    )  # fmt: skip
    rows = [TableRow(cells=nominal, mark="marked")]
    rows += [TableRow(cells=_of_event(event, solution, row, links)) for solution, row in found]
    table = Table(
        caption="The approach by solution",
        heads=(
            Head(title="Solution"), Head(title="Kind"), Head(title="Level"),
            Head(title="Miss", unit="km", numeric=True), Head(title="1σ", unit="km", numeric=True),
            *(Head(title=axis, unit="km", meaning=f"{word} component of the miss", numeric=True)
              for axis, word in AXES),
            Head(title="Pc", numeric=True), Head(title="TCA", unit="UTC"),
            Head(title="Later by", unit="s", numeric=True),
        ),
        rows=tuple(rows),
        note="Each other solution takes the place of its own object's ephemeris alone. What if: planned, not flown; "
        "excluded from verdict and tables.",
    )  # fmt: skip
    return EventSolutions(statement=_compared(event, found), table=table)


def _compared(event: EventRecord, found: Sequence[tuple[SolutionRecord, SolutionEvent]]) -> str:
    """How far the solutions of the same motion disagree; what is planned is another motion and not counted."""
    rows = [row for solution, row in found if solution.role != "planned"]
    misses_km = [event.miss_km, *(row.miss_km for row in rows if row.miss_km is not None)]
    levels = [event.level, *(row.level for row in rows if row.level is not None)]
    if len(misses_km) < 2:
        return "No other solution of the same motion gives a distance."
    text = f"The solutions disagree by {wording.distance(max(misses_km) - min(misses_km))}"
    counts = [
        f"{levels.count(level)} {'is' if levels.count(level) == 1 else 'are'} {level.value}"
        for level in Level
        if level in levels
    ]
    if len(counts) == 1:
        return f"{text}; each of them gives {event.level.value}."
    return f"{text}, and the level changes with them: {wording.listing(counts)}."


def _of_event(event: EventRecord, solution: SolutionRecord, row: SolutionEvent, links: Links) -> tuple[Cell, ...]:
    when = time_cell(row.tca, digits=1) if row.tca else Cell(text=wording.sentence(wording.said(row.compared)), sort="")
    return (
        Cell(text=_called(solution), href=_href(solution, links)),
        Cell(text=_kind(solution)),
        _level(row.level if row.tca else None),
        km_cell(row.miss_km),
        km_cell(row.miss_sigma_km),
        *(number_cell(value, 3, signed=True) for value in row.miss_rtn_km or _NO_VECTOR),
        _pc_cell(row),
        when,
        number_cell(row.tca - event.tca if row.tca else None, 1, signed=True),
    )


def _pc_cell(row: SolutionEvent) -> Cell:
    """The probability, or the bound on which the level rests where a covariance is missing."""
    bound = next((reason.value for reason in row.reason or () if isinstance(reason, PcBoundReaches)), None)
    if row.pc is not None or bound is None:
        return probability_cell(row.pc)
    return Cell(text=f"at most {wording.probability(bound)}", sort=f"{bound:.9g}")


def _view(solution: SolutionRecord, catalogue: Catalogue, links: Links) -> SolutionView:
    name = catalogue.name(solution.object_id)
    planned_or_not = "planned" if solution.role == "planned" else "another solution"
    return SolutionView(
        title=f"{name}: {solution.name} ({planned_or_not})",
        href=_href(solution, links),
        note=wording.sentence(solution.note) if solution.note else None,
        statement=_statement(solution, catalogue),
        plot=difference_plot_name(solution) if solution.difference else None,
    )


def difference_plot_name(solution: SolutionRecord) -> str:
    """The stem of the picture's files."""
    return f"object-{solution.object_id}-solution-{solution.name}"


def _statement(solution: SolutionRecord, catalogue: Catalogue) -> tuple[str, ...]:
    """What it says where it matters, then all of it in numbers."""
    if solution.unscreened is not None:
        return (wording.sentence(f"neither compared nor screened: {wording.said(solution.unscreened)}"),)
    events = {event.event_id: event for event in catalogue.events}
    lines = [line for row in solution.events if (line := _alerting(solution, row, events, catalogue)) is not None]
    counts: list[str] = []
    for effect, one, many in _COUNTED:
        number = sum(row.effect == effect for row in solution.events)
        if number:
            what = "" if counts else " approach" if number == 1 else " approaches"
            counts.append(f"{number}{what} {one if number == 1 else many}")
    lines.append(f"{wording.listing(counts)}." if counts else "No approach is listed by either.")
    covered_s = sum(span.length_s for span in solution.coverage)
    if covered_s < catalogue.record.window.length_s:
        lines.append(f"It covers {wording.span(covered_s)} of the window.")
    return tuple(lines)


def _alerting(
    solution: SolutionRecord, row: SolutionEvent, events: dict[str, EventRecord], catalogue: Catalogue
) -> str | None:
    """A sentence about an approach that is red or yellow by the nominal solutions or by this one."""
    nominal = events.get(row.event_id or "")
    old, new = nominal.level if nominal else None, row.level
    if {old, new} <= {None, Level.GREEN}:
        return None
    other = row.secondary if row.primary == solution.object_id else row.primary
    would, stay = ("would be", "would stay") if solution.role == "planned" else ("is", "stays")
    at = row.tca or (nominal.tca if nominal else None)
    when = f"{catalogue.name(other)} of {wording.moment_to_minute(at)}" if at else catalogue.name(other)
    if nominal is None:
        return f"The {new} approach to {when} {would} new, at {wording.distance(row.miss_km)}."
    if row.miss_km is None:
        return f"The {old} approach to {when}: {wording.said(row.compared)}."
    nearness = f"{wording.distance(row.miss_km)} instead of {wording.distance(nominal.miss_km)}"
    level = f"{would} {new} instead of {old}" if new is not old else f"{stay} {old}"
    return f"The {old} approach to {when} {level}, at {nearness}."


def _figures(solutions: Sequence[SolutionRecord]) -> Table | None:
    """The largest differences from the nominal ephemeris."""
    rows = [(solution, found) for solution in solutions if (found := solution.difference) is not None]
    axes: tuple[Field[_Differing], ...] = by_axis(
        lambda row: row[1].largest_rtn_km, meaning="Largest {} difference in size, solution minus nominal"
    )
    fields: tuple[Field[_Differing], ...] = (
        Field("Solution", lambda row: row[0].name),
        Field("Kind", lambda row: _kind(row[0])),
        *axes,
        Field("Distance", lambda row: km_cell(row[1].largest_km), unit="km", numeric=True),
        Field("At", lambda row: time_cell(row[1].largest_at), unit="UTC", meaning="When the distance is largest"),
        Field("Later by", lambda row: number_cell(row[1].largest_timing_s, 2, signed=True), unit="s", numeric=True,
              meaning="Largest in size: the transverse difference over the speed"),
    )  # fmt: skip
    return tabled("Largest differences from the nominal ephemeris in the window", rows, fields) if rows else None


def _events(solutions: Sequence[SolutionRecord], catalogue: Catalogue, links: Links, *, caption: str) -> Table | None:
    """Every approach of some solutions beside the nominal one."""
    known = {event.event_id: event for event in catalogue.events}
    rows = [
        SolutionRow(solution=solution, event=row, nominal=known.get(row.event_id or ""))
        for solution in solutions
        for row in solution.events
    ]
    fields: tuple[Field[SolutionRow], ...] = (
        Field("Solution", lambda row: Cell(text=_called(row.solution), href=_href(row.solution, links))),
        Field("Effect", lambda row: EFFECT_WORDS[row.event.effect]),
        Field("Pair", lambda row: _pair_cell(row, catalogue, links)),
        Field("TCA", lambda row: time_cell(row.event.tca or (row.nominal.tca if row.nominal else None)), unit="UTC"),
        Field("Nominal miss", lambda row: km_cell(row.nominal.miss_km if row.nominal else None), unit="km",
              numeric=True),
        Field("Miss", lambda row: km_cell(row.event.miss_km), unit="km", numeric=True),
        Field("Nominal level", lambda row: _level(row.nominal.level if row.nominal else None)),
        Field("Level", lambda row: _level(row.event.level if row.event.tca else None)),
        Field("In words", lambda row: wording.sentence(wording.said(row.event.compared))),
    )  # fmt: skip
    return tabled(caption, rows, fields, twins=links.twins("solutions")) if rows else None


def _pair_cell(row: SolutionRow, catalogue: Catalogue, links: Links) -> Cell:
    event, nominal = row.event, row.nominal
    href = (
        catalogue.event_href(nominal, links) if nominal else links.pair(catalogue.pairs[event.primary, event.secondary])
    )
    return Cell(text=f"{event.primary} – {event.secondary}", href=href, mark="nowrap")


def _level(level: Level | None) -> Cell:
    return Cell(text=wording.DASH, sort="") if level is None else level_cell(level)


def _kind(solution: SolutionRecord) -> str:
    return "what if" if solution.role == "planned" else "alternative"


def _called(solution: SolutionRecord) -> str:
    return f"{solution.object_id} {solution.name}"


def _href(solution: SolutionRecord, links: Links) -> str:
    return f"{links.object(solution.object_id)}#solutions"
