"""What a year was, as the archive's page of it shows: approaches and how they ended, and deliveries by originator."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nearpass.encounter.alert import Level
from nearpass.record.prediction_record import PredictionError
from nearpass.record.record import CycleRecord
from nearpass.record.year import Punctuality, Year, YearEvent
from nearpass.report import age_views, wording
from nearpass.report.archive_views import MOST_APPROACHES, pair_cell
from nearpass.report.silence import still_meaningful
from nearpass.report.tables import NAMELESS, Column, Columns
from nearpass.report.views import Field, Table, declared, level_cell, limited, tabled, when_cell

DAY_S: Final = 86_400.0
EVENTS_CSV: Final = "approaches.csv"
DELIVERIES_CSV: Final = "deliveries.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class YearRow:
    """A red or yellow approach; ``ending`` is empty where it never was red, ``movers`` where nobody said it moves."""

    event: YearEvent
    ending: str
    movers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginatorRow:
    """How an originator's deliveries came, and how its predictions turned out against later deliveries."""

    came: Punctuality
    errors: tuple[PredictionError, ...]

    @property
    def late_share(self) -> float | None:
        """Share of the uses of a delivery older than a week, per cent."""
        return 100.0 * self.came.late_uses / self.came.uses if self.came.uses else None

    @property
    def rms_s(self) -> float | None:
        """Root mean square of the timing errors."""
        squares = [error.timing_s**2 for error in self.errors]
        return math.sqrt(sum(squares) / len(squares)) if squares else None


YEAR_EVENT_COLUMNS: Final[Columns[YearRow]] = Columns("events", (
    Column(key="event_id", title="Event", meaning="Id of the approach", value=lambda row: row.event.event_id),
    Column(key="primary", title="Primary", meaning="Id of the primary",
           value=lambda row: row.event.primary or NAMELESS),
    Column(key="secondary", title="Secondary", meaning="Id of the secondary",
           value=lambda row: row.event.secondary or NAMELESS),
    Column(key="tca_utc_low", title="TCA", unit="UTC", meaning="Earliest it may be", value=lambda row: row.event.tca),
    Column(key="tca_utc_high", title="TCA, latest", unit="UTC", meaning="Latest it may be",
           value=lambda row: row.event.until),
    Column(key="worst", title="Worst level", meaning="Worst level in any cycle",
           value=lambda row: row.event.worst.value),
    Column(key="first_red_cycle", title="First red", meaning="First cycle in which it was red",
           value=lambda row: row.event.first_red),
    Column(key="warning_h", title="Warning", unit="h", digits=3, page_digits=1,
           meaning="From the data of the first red cycle to TCA", value=lambda row: row.event.warning_h),
    Column(key="ending", title="How it ended", meaning="open, moved, passed red, false alarm or lowered; see the page",
           value=lambda row: row.ending or None),
    Column(key="movers", title="Who moved", meaning="Parties that said they move or have flown",
           value=lambda row: row.movers or None),
))  # fmt: skip
ORIGINATOR_COLUMNS: Final[Columns[OriginatorRow]] = Columns("deliveries", (
    Column(key="originator", title="Originator", meaning="Whose deliveries", value=lambda row: row.came.originator),
    Column(key="delivered", title="Files used", meaning="Different files", value=lambda row: row.came.delivered),
    Column(key="refused", title="Refused", meaning="Different files", value=lambda row: row.came.refused),
    Column(key="late_percent", title="Late", unit="%", digits=3, page_digits=0,
           meaning="Share of its uses in which a delivery was older than a week (NPR 8079.1)",
           value=lambda row: row.late_share),
    Column(key="oldest_days", title="Oldest", unit="d", digits=3, page_digits=1, meaning="Oldest delivery in use",
           value=lambda row: None if row.came.oldest_s is None else row.came.oldest_s / DAY_S),
    Column(key="comparisons", title="Compared", meaning="Predictions held against later deliveries",
           value=lambda row: len(row.errors)),
    Column(key="timing_rms_s", title="Timing, rms", unit="s", digits=6, page_digits=2,
           meaning="Root mean square of how late they predicted the object", value=lambda row: row.rms_s),
    Column(key="timing_worst_s", title="Timing, worst", unit="s", digits=6, page_digits=2,
           meaning="Largest of these errors",
           value=lambda row: max((abs(error.timing_s) for error in row.errors), default=None)),
))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class YearView:
    """The year's sentences and tables; a table is None where it has no rows. ``months`` are counts by worst level."""

    statement: tuple[str, ...]
    rows: tuple[YearRow, ...]
    originators: tuple[OriginatorRow, ...]
    months: tuple[tuple[int, int, int], ...]
    events: Table | None
    deliveries: Table | None


def year_view(year: Year, newest: CycleRecord) -> YearView:
    """All that the page of a year says beside its calendar.

    Args:
        year: What the index tells of it.
        newest: The newest cycle, whose objects know how earlier predictions turned out.
    """
    events = still_meaningful(year.events, newest)
    rows = tuple(_row(event, year) for event in events if event.worst is not Level.GREEN)
    errors = _errors(year, newest)
    originators = tuple(
        OriginatorRow(came=came, errors=tuple(errors.get(came.originator, ()))) for came in year.punctuality
    )
    return YearView(
        statement=_statement(year, events, rows),
        rows=rows,
        originators=originators,
        months=_months(events, year.year),
        events=_events_table(rows) if rows else None,
        deliveries=_deliveries_table(originators) if originators else None,
    )


def twins(view: YearView) -> dict[str, str]:
    """The tables as CSV, by the names of their files."""
    return {
        EVENTS_CSV: YEAR_EVENT_COLUMNS.csv(view.rows),
        DELIVERIES_CSV: ORIGINATOR_COLUMNS.csv(view.originators),
    }


def _row(event: YearEvent, year: Year) -> YearRow:
    ending = event.ending(year.flown, year.newest) or ""
    return YearRow(event=event, ending=ending, movers=wording.listing(_movers(year, event)))


def _movers(year: Year, event: YearEvent) -> list[str]:
    """Who said last that it moves or has flown, and did not take it back."""
    last = {act.party: act.kind for act in year.acts if act.event_id == event.event_id}
    return [party for party, kind in last.items() if kind in {"claim", "plan", "flown"}]


def _errors(year: Year, newest: CycleRecord) -> dict[str, list[PredictionError]]:
    """Comparisons of predictions made in the year, by the originator of the object's delivery in use."""
    whose = {entry.object_id: entry.originator for entry in age_views.in_use(newest)}
    found: dict[str, list[PredictionError]] = {}
    for item in newest.objects:
        mine = [error for error in item.prediction_errors if error.cycle_id.startswith(f"{year.year:04d}-")]
        if item.id in whose and mine:
            found.setdefault(whose[item.id], []).extend(mine)
    return found


def _months(events: Sequence[YearEvent], year: int) -> tuple[tuple[int, int, int], ...]:
    """Red, yellow and green approaches by the month of their TCA."""
    counts = Counter((event.tca.iso(digits=0)[:7], event.worst) for event in events)
    months = [f"{year:04d}-{month:02d}" for month in range(1, 13)]
    red, yellow, green = (
        [counts[month, level] for month in months] for level in (Level.RED, Level.YELLOW, Level.GREEN)
    )
    return tuple(zip(red, yellow, green, strict=True))


def _statement(year: Year, events: Sequence[YearEvent], rows: Sequence[YearRow]) -> tuple[str, ...]:
    levels = Counter(event.worst for event in events)
    listed = wording.count(len(events), "approach", "approaches")
    worst = f"{levels[Level.RED]} red and {levels[Level.YELLOW]} yellow at their worst."
    found = [f"{wording.count(year.cycles, 'cycle')} told of {listed}, {worst}"]
    endings = Counter(row.ending for row in rows if row.ending)
    if endings:
        words = {
            "moved": "moved out of by a burn", "passed red": "passed red", "false alarm": "a false alarm",
            "lowered": "lowered to yellow", "open": "still to come",
        }  # fmt: skip
        told = wording.listing([f"{endings[kind]} {text}" for kind, text in words.items() if endings[kind]])
        found.append(f"Of the red ones: {told}.")
    warnings_h = sorted(row.event.warning_h for row in rows if row.event.warning_h is not None)
    if warnings_h:
        least, middle = (wording.span(hours * 3600.0) for hours in (warnings_h[0], statistics.median(warnings_h)))
        half = f", the median {middle}" if len(warnings_h) > 1 else ""
        found.append(f"The shortest warning, from the first red to TCA, was {least}{half}.")
    claims = sum(act.kind in {"claim", "plan"} for act in year.acts)
    burns = sum(act.kind == "flown" for act in year.acts)
    if year.acts:
        found.append(
            f"{wording.count(claims, 'claim or plan', 'claims or plans')}, {wording.count(burns, 'burn')} flown."
        )
    return tuple(found)


def _events_table(rows: Sequence[YearRow]) -> Table:
    ranked = sorted(rows, key=lambda row: (row.event.worst is not Level.RED, row.event.tca, row.event.event_id))
    shown, cut = limited(ranked, what="approaches", most=MOST_APPROACHES, rest="the CSV file holds all")
    columns = YEAR_EVENT_COLUMNS
    others = ("first_red_cycle", "warning_h", "ending", "movers", "event_id")
    fields: tuple[Field[YearRow], ...] = (
        Field("Pair", lambda row: pair_cell(row.event.event_id, row.event.primary, row.event.secondary)),
        declared(columns["worst"], shows=lambda row: level_cell(row.event.worst)),
        declared(columns["tca_utc_low"], shows=lambda row: when_cell(row.event.tca, row.event.until)),
        *(declared(columns[key]) for key in others),
    )
    return tabled(
        "Red and yellow approaches of the year", shown, fields, twins=(("CSV", EVENTS_CSV),),
        filter_label="Filter approaches", cut=cut,
        note="A false alarm is a red approach that better data made green or took from the list, without a burn.",
    )  # fmt: skip


def _deliveries_table(rows: Sequence[OriginatorRow]) -> Table:
    return tabled(
        "Deliveries by originator", rows, [declared(column) for column in ORIGINATOR_COLUMNS],
        twins=(("CSV", DELIVERIES_CSV),),
        note="Accuracy: predictions made in the year against later deliveries of the same object.",
    )  # fmt: skip
