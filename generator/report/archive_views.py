"""Views of the archive: calendar of a year, cycles of a month, and what became of an event."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nearpass.archive.archive import cycle_folder
from nearpass.encounter.alert import Level
from nearpass.record.cycle_id import CycleId
from nearpass.record.figures import Figure
from nearpass.record.notices import DeliveryNotice, Told
from nearpass.report import wording
from nearpass.report.doubt_views import notice_sentence
from nearpass.report.tables import NAMELESS
from nearpass.report.verdicts import CycleSummary, MonthEvent
from nearpass.report.views import (
    Cell,
    Field,
    Head,
    Table,
    TableRow,
    level_cell,
    limited,
    miss_cell,
    number_cell,
    tabled,
    when_cell,
)  # fmt: skip

MOST_APPROACHES: Final = 100
"""Rows of approaches on the page of a month or a year, which has a hundred cycles or a calendar as well."""
_RANK: Final = {"red": 3, "yellow": 2, "green": 1, "none": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """A day of the calendar: None or the worst level of its cycles ("none" where nothing was screened)."""

    day: int
    worst: str | None
    href: str | None
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarMonth:
    """A month as weeks of days, from Monday; None outside the month."""

    name: str
    href: str | None
    weeks: tuple[tuple[CalendarDay | None, ...], ...]
    cycles: int


def months_of(cycles: Sequence[CycleSummary]) -> list[tuple[int, int]]:
    """Years and months that hold a cycle, in order."""
    return sorted({(of.year, of.month) for cycle in cycles for of in (CycleId(cycle.cycle_id),)})


def of_month(cycles: Sequence[CycleSummary], year: int, month: int) -> list[CycleSummary]:
    """Cycles of a month, the newest first."""
    prefix = f"{year:04d}-{month:02d}-"
    return sorted((c for c in cycles if c.cycle_id.startswith(prefix)), key=lambda c: c.cycle_id, reverse=True)


def year_calendar(cycles: Sequence[CycleSummary], year: int) -> tuple[CalendarMonth, ...]:
    """Twelve months with the worst level of each day."""
    return tuple(_month(of_month(cycles, year, month), year, month) for month in range(1, 13))


def _month(cycles: Sequence[CycleSummary], year: int, month: int) -> CalendarMonth:
    by_day: dict[int, list[CycleSummary]] = {}
    for cycle in cycles:
        by_day.setdefault(CycleId(cycle.cycle_id).day, []).append(cycle)
    weeks = calendar.Calendar().monthdayscalendar(year, month)
    return CalendarMonth(
        name=wording.MONTHS[month - 1],
        href=f"{month:02d}.html" if cycles else None,
        weeks=tuple(tuple(_day(day, month, by_day.get(day, [])) if day else None for day in week) for week in weeks),
        cycles=len(cycles),
    )


def _day(day: int, month: int, cycles: Sequence[CycleSummary]) -> CalendarDay:
    name = f"{day} {wording.MONTHS[month - 1]}"
    if not cycles:
        return CalendarDay(day=day, worst=None, href=None, label=f"{name}: no cycle")
    worst = max((cycle.worst for cycle in cycles), key=_RANK.__getitem__)
    words = {"none": "nothing screened"}.get(worst, f"worst level {worst}")
    label = f"{name}: {wording.count(len(cycles), 'cycle')}, {words}"
    href = (
        f"../../{cycle_folder(cycles[0].cycle_id)}/index.html"
        if len(cycles) == 1
        else f"{month:02d}.html#day-{day:02d}"
    )
    return CalendarDay(day=day, worst=worst, href=href, label=label)


def month_table(cycles: Sequence[CycleSummary], year: int, month: int) -> Table:
    """Cycles of a month, the newest first."""
    listed = of_month(cycles, year, month)
    first = {CycleId(cycle.cycle_id).day: cycle.cycle_id for cycle in reversed(listed)}

    def anchor(cycle: CycleSummary) -> str | None:
        day = CycleId(cycle.cycle_id).day
        return f"day-{day:02d}" if first[day] == cycle.cycle_id else None

    fields: tuple[Field[CycleSummary], ...] = (
        Field("Data cut-off", lambda cycle: _cycle_cell(cycle, "../../"), unit="UTC"),
        Field("Worst level", _worst),
        Field("Red", lambda cycle: number_cell(cycle.red, 0), numeric=True),
        Field("Yellow", lambda cycle: number_cell(cycle.yellow, 0), numeric=True),
        Field("Green", lambda cycle: number_cell(cycle.green, 0), numeric=True),
        Field("Pairs", lambda cycle: number_cell(cycle.pairs_screened, 0), numeric=True,
              meaning="Pairs that were screened"),
        Field("Refused", lambda cycle: number_cell(cycle.refused, 0), numeric=True,
              meaning="Input files that were refused"),
        Field("Verdict", _verdict),
    )  # fmt: skip
    caption = f"Cycles of {wording.MONTHS[month - 1]} {year}, the newest first"
    return tabled(caption, listed, fields, anchor=anchor, filter_label="Filter cycles")


def month_events_table(events: Sequence[MonthEvent], name: str) -> Table:
    """What the cycles of a month listed: the worst levels first, then the nearest.

    An event's miss distance is that of the newest cycle of the month that lists it.
    """
    ranked = sorted(events, key=lambda e: (-_RANK[e.level], e.miss_km is None, e.miss_km or 0.0, e.event_id))
    shown, cut = limited(ranked, what="approaches", most=MOST_APPROACHES, rest="the finder has all")
    fields: tuple[Field[MonthEvent], ...] = (
        Field("Pair", lambda event: pair_cell(event.event_id, event.primary, event.secondary)),
        Field("Worst level", lambda event: level_cell(Level(event.level))),
        Field("Miss", lambda event: miss_cell(Figure(low=event.miss_km, high=event.miss_high_km)), unit="km",
              numeric=True),
        Field("TCA", lambda event: when_cell(event.tca, event.until), unit="UTC"),
        Field("Cycles", lambda event: number_cell(event.cycles, 0), numeric=True,
              meaning="How many of the month's cycles tell of it"),
        Field("Event", lambda event: event.event_id, meaning="Id of the approach"),
    )  # fmt: skip
    caption = f"Approaches in the cycles of {name}, the worst and nearest first"
    return tabled(caption, shown, fields, filter_label="Filter approaches", cut=cut)


def notices_table(notices: Sequence[Told]) -> Table:
    """What feeds tell, as a table: changes of level to or from red or yellow, deliveries in doubt, the newest first."""
    return Table(
        caption="Changes of level and deliveries in doubt, the newest first",
        heads=(
            Head(title="Cycle", unit="UTC"), Head(title="Approach"), Head(title="Level"), Head(title="Before"),
            Head(title="TCA", unit="UTC"), Head(title="Miss", unit="km", numeric=True), Head(title="Why"),
        ),
        rows=tuple(TableRow(cells=(_cycle_cell(one, "../"), *_cells_of(one))) for one in notices),
        filter_label="Filter changes",
    )  # fmt: skip


def pair_cell(event_id: str, primary: str, secondary: str) -> Cell:
    """An approach by its pair, which leads to its page."""
    pair = f"{primary or NAMELESS} – {secondary or NAMELESS}"
    return Cell(text=pair, href=f"../../events/{event_id}.html", mark="nowrap")


def _cycle_cell(one: Told | CycleSummary, home: str) -> Cell:
    return Cell(text=wording.minute(one.cutoff), href=f"{home}{cycle_folder(one.cycle_id)}/index.html",
                sort=one.cycle_id, machine=wording.machine_time(one.cutoff))  # fmt: skip


def _cells_of(notice: Told) -> tuple[Cell, ...]:
    if isinstance(notice, DeliveryNotice):
        return _delivery_cells(notice)
    return (
        Cell(text=f"{notice.primary_name or NAMELESS} – {notice.secondary_name or NAMELESS}",
             href=f"../events/{notice.event_id}.html"),
        level_cell(notice.level) if notice.level else Cell(text="left the list", sort="3"),
        level_cell(notice.previous_level) if notice.previous_level else Cell(text="new", sort="3"),
        when_cell(notice.tca, notice.until),
        miss_cell(notice.miss_km),
        Cell(text=wording.sentence(wording.said(notice.reason))),
    )  # fmt: skip


def _delivery_cells(notice: DeliveryNotice) -> tuple[Cell, ...]:
    """A delivery in doubt has no approach, and so neither a TCA nor a miss."""
    return (
        Cell(text=f"Delivery of {notice.object_name}", href=f"../objects/{notice.object_id}.html"),
        Cell(text="confirmed" if notice.confirmed else "doubtful", sort="4"),
        *(Cell(text=wording.DASH, sort="") for _ in range(3)),
        Cell(text=notice_sentence(notice)),
    )


def _worst(cycle: CycleSummary) -> Cell:
    return Cell(text="nothing screened", sort="3") if cycle.worst == "none" else level_cell(Level(cycle.worst))


def _verdict(cycle: CycleSummary) -> str:
    return f"Superseded by {cycle.superseded_by}. {cycle.verdict}" if cycle.superseded_by else cycle.verdict
