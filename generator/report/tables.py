"""Tables as declared columns, and their machine twins: the same columns as CSV (RFC 4180) and JSON.

A column states once its name, unit, meaning and number of decimals; the twins, the tables of the pages and the page
on data formats all follow from it. The order of the columns is part of the format: new ones are only appended.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, TypeVar

from nearpass.astro.epochs import Epoch, TimeSystem
from nearpass.astro.fields import Span, Vector
from nearpass.reasons.general import Withheld
from nearpass.record.figures import ABSENT, LEAST_PC, Figure, exact, stated_pc
from nearpass.record.record import (
    CrossingRecord,
    CycleRecord,
    EventRecord,
    PairRecord,
    SolutionEvent,
    SolutionRecord,
    ToldEvent,
)
from nearpass.report import wording

SCHEMA: Final = 1
Row = TypeVar("Row")
Given = TypeVar("Given")
Value = str | float | int | bool | Epoch | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[Row]):
    """One column: ``key`` heads it in the twins, ``title`` on pages.

    ``value`` gives text, a truth value, a whole number, an instant (printed in ``system`` with six decimals) or a
    float, printed with ``digits`` decimals in the twins and ``page_digits`` on pages. Of a ``scientific`` column
    ``digits`` counts the decimals of the mantissa, and pages print it as a probability. None leaves the field empty.
    """

    key: str
    title: str
    meaning: str
    value: Callable[[Row], Value]
    unit: str | None = None
    digits: int = 6
    page_digits: int = 3
    signed: bool = False
    scientific: bool = False
    system: TimeSystem = TimeSystem.UTC

    def plain(self, row: Row) -> str | float | int | bool | None:
        """The value as JSON holds it: floats rounded to the decimals that CSV prints, instants as text."""
        value = self.value(row)
        if isinstance(value, Epoch):
            return value.iso(self.system, digits=6)
        if not isinstance(value, float):
            return value
        return float(f"{value:.{self.digits}e}") if self.scientific else round(value, self.digits) + 0.0

    def text(self, row: Row) -> str:
        """The value as CSV prints it."""
        value = self.plain(row)
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        return f"{value:.{self.digits}{'e' if self.scientific else 'f'}}" if isinstance(value, float) else str(value)


@dataclass(frozen=True, slots=True)
class Columns(Generic[Row]):
    """The columns of one table; ``name`` is that of the list of its rows in JSON."""

    name: str
    columns: tuple[Column[Row], ...]

    def __iter__(self) -> Iterator[Column[Row]]:
        return iter(self.columns)

    def __getitem__(self, key: str) -> Column[Row]:
        return next(column for column in self.columns if column.key == key)

    def csv(self, rows: Iterable[Row]) -> str:
        """The table as CSV: a header of keys, comma separated, quoted where needed, lines ended by CR LF (RFC 4180)."""
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow([column.key for column in self.columns])
        writer.writerows([column.text(row) for column in self.columns] for row in rows)
        return out.getvalue()

    def json(self, record: CycleRecord, rows: Iterable[Row]) -> str:
        """The table as JSON: schema number, cycle, column dictionary, and one object a row under its name."""
        document: dict[str, Any] = {
            "schema": SCHEMA,
            "cycle_id": record.cycle_id,
            "columns": [
                {"key": column.key, "title": column.title, "unit": column.unit, "meaning": column.meaning}
                for column in self.columns
            ],
            self.name: [{column.key: column.plain(row) for column in self.columns} for row in rows],
        }
        return json.dumps(document, ensure_ascii=False, indent=1) + "\n"

    def twins(self, record: CycleRecord, rows: Sequence[Row]) -> tuple[Callable[[], str], Callable[[], str]]:
        """What writes the table as CSV and as JSON."""
        return partial(self.csv, rows), partial(self.json, record, rows)


EventRow = EventRecord | ToldEvent
"""An approach as an edition has it: in full, or told in cells."""
NAMELESS: Final = "anonymous object"
TOLD_REASON: Final = (Withheld(rule="figures_withheld"),)


def _full(get: Callable[[EventRecord], Given | None]) -> Callable[[EventRow], Given | None]:
    """A value that only an approach in full has."""
    return lambda row: get(row) if isinstance(row, EventRecord) else None


def miss_figure(row: EventRow) -> Figure:
    """The distance between the centres."""
    return exact(row.miss_km) if isinstance(row, EventRecord) else row.miss_km


def surface_figure(row: EventRow) -> Figure:
    """The distance to the surface of a natural body; absent between spacecraft."""
    if isinstance(row, EventRecord):
        return exact(row.surface_km)
    return row.surface_km or ABSENT


def pc_figure(row: EventRow) -> Figure:
    """The probability of collision; of a very small one only that it is below :data:`LEAST_PC`."""
    return floored(row.probability.pc) if isinstance(row, EventRecord) else row.pc


def floored(pc: float | None) -> Figure:
    """A probability, not told apart from others below :data:`LEAST_PC`."""
    return Figure(low=0.0, high=LEAST_PC) if pc is not None and pc < LEAST_PC else exact(pc)


def tca_span(row: EventRow) -> Span:
    """The span that holds the TCA: from it to it where it is known exactly."""
    return Span(start=row.tca, stop=row.tca) if isinstance(row, EventRecord) else row.tca


def _missing(event: EventRecord) -> str | None:
    """The objects whose covariance the highest probability does without."""
    names = {"primary": event.primary, "secondary": event.secondary, "both": f"{event.primary} {event.secondary}"}
    return names.get(event.probability.max_pc_missing or "")


def _axes(miss_rtn_km: Callable[[Row], Vector | None]) -> Iterator[Column[Row]]:
    """The components of a miss vector."""
    for axis, word in enumerate(("Radial", "Transverse", "Normal")):
        yield Column(
            key=f"miss_{word[0].lower()}_km", title=word[0], unit="km", signed=True,
            meaning=f"{word} component of the miss vector in the primary's RTN axes, from primary to secondary",
            value=partial(_component, miss_rtn_km, axis),
        )  # fmt: skip


def _component(miss_rtn_km: Callable[[Row], Vector | None], axis: int, row: Row) -> float | None:
    vector = miss_rtn_km(row)
    return None if vector is None else vector[axis]


def _ends(key: str, title: str, what: str, of: Callable[[EventRow], Figure]) -> Iterator[Column[EventRow]]:
    """Between which ends a figure lies."""
    unit, scientific = ("km", False) if key.endswith("_km") else (None, True)
    yield Column(
        key=f"{key}_low",
        title=f"{title}, from",
        unit=unit,
        scientific=scientific,
        meaning=f"{what} is at least this; equal to {key} where that is given",
        value=lambda e: of(e).low,
    )
    yield Column(key=f"{key}_high", title=f"{title}, below", unit=unit, scientific=scientific,
                 meaning=f"{what} is below this; equal to {key} where that is given",
                 value=lambda e: of(e).high)  # fmt: skip


EVENT_COLUMNS: Final[Columns[EventRow]] = Columns("events", (
    Column(key="event_id", title="Event", meaning="Identifier of the event, the same in every cycle that lists it",
           value=lambda e: e.event_id),
    Column(key="primary", title="Primary", meaning="Identifier of the object whose RTN axes are used",
           value=lambda e: e.primary or ""),
    Column(key="secondary", title="Secondary", meaning="Identifier of the other object",
           value=lambda e: e.secondary or ""),
    Column(key="tca_utc", title="TCA", unit="UTC",
           meaning="Time of closest approach in UTC; empty where it is not given exactly",
           value=_full(lambda e: e.tca)),
    Column(key="tca_tdb", title="TCA", unit="TDB", meaning="Time of closest approach in barycentric dynamical time",
           value=_full(lambda e: e.tca), system=TimeSystem.TDB),
    Column(key="miss_km", title="Miss", unit="km",
           meaning="Distance between the centres of both objects at TCA; empty where it is not given exactly",
           value=lambda e: miss_figure(e).exact),
    Column(key="relative_speed_km_s", title="Speed", unit="km/s", meaning="Relative speed at TCA",
           value=_full(lambda e: e.relative_speed_km_s)),
    *_axes(_full(lambda e: e.miss_rtn_km)),
    Column(key="at_boundary", title="At boundary",
           meaning="true if this is the distance at an end of coverage and not a local minimum",
           value=_full(lambda e: e.at_boundary)),
    Column(key="alert", title="Level", meaning="Alert level: red, yellow or green", value=lambda e: e.level.value),
    Column(key="surface_km", title="To surface", unit="km",
           meaning="Distance to the surface of the natural body of the pair; empty between spacecraft",
           value=lambda e: surface_figure(e).exact),
    Column(key="altitude_km", title="Altitude", unit="km",
           meaning="Altitude of the primary above the body's reference surface at TCA",
           value=_full(lambda e: e.altitude_km), digits=3, page_digits=0),
    Column(key="latitude_deg", title="Latitude", unit="deg",
           meaning="Latitude of the primary at TCA in the body's fixed axes", value=_full(lambda e: e.latitude_deg),
           page_digits=1),
    Column(key="longitude_east_deg", title="East longitude", unit="deg",
           meaning="East longitude of the primary at TCA in the body's fixed axes",
           value=_full(lambda e: e.longitude_east_deg), page_digits=1),
    Column(key="approach_angle_deg", title="Angle", unit="deg", meaning="Angle between both velocities at TCA",
           value=_full(lambda e: e.approach_angle_deg), page_digits=1),
    Column(key="light_time_s", title="Light time", unit="s", meaning="One-way light time from Earth at TCA",
           value=_full(lambda e: e.light_time_s), digits=3, page_digits=0),
    Column(key="sep_deg", title="SEP", unit="deg", meaning="Sun-Earth-Probe angle at TCA",
           value=_full(lambda e: e.sep_deg), page_digits=1),
    Column(key="miss_sigma_km", title="1σ", unit="km",
           meaning="One sigma of the combined position error along the miss direction; empty without covariances",
           value=_full(lambda e: e.miss_sigma_km)),
    Column(key="deadline_utc", title="Decide by", unit="UTC",
           meaning="Last decision that ends in a useful burn, by lead time and contacts; empty where no object can act",
           value=lambda e: e.deadline),
    Column(key="reason", title="Why", meaning="Why the event has its level",
           value=lambda e: wording.said(e.reason if isinstance(e, EventRecord) else TOLD_REASON)),
    Column(key="pc", title="Pc",
           meaning="Probability of collision by the method of the next column; empty where there is none",
           value=lambda e: pc_figure(e).exact, scientific=True),
    Column(key="pc_method", title="Method", meaning="Method by which the probability of collision was computed",
           value=_full(lambda e: e.probability.method)),
    Column(key="max_pc", title="Highest Pc",
           meaning="Highest probability of collision: over all common scalings of both covariances, or where one is "
           "missing a bound over any that it may be; 1e-20 stands for whatever is below",
           value=_full(lambda e: stated_pc(e.probability.max_pc)), scientific=True),
    Column(key="max_pc_missing", title="Bound without",
           meaning="Whose covariance the highest probability does without: over any it may be, of both over round ones",
           value=_full(_missing)),
    Column(key="pc_start_s", title="Counted from", unit="s", signed=True, digits=3, page_digits=1,
           meaning="From when on a collision is counted in the probability, from TCA",
           value=_full(lambda e: e.probability.span_s[0] if e.probability.span_s else None)),
    Column(key="pc_stop_s", title="Counted to", unit="s", signed=True, digits=3, page_digits=1,
           meaning="Until when a collision is counted in the probability, from TCA",
           value=_full(lambda e: e.probability.span_s[1] if e.probability.span_s else None)),
    Column(key="mahalanobis_distance", title="Mahalanobis", unit="sigma",
           meaning="Miss distance in sigmas of the combined position covariance; empty without covariances",
           value=_full(lambda e: e.probability.mahalanobis_distance), page_digits=2),
    Column(key="approximate", title="Approximate",
           meaning="Whose motion was not delivered but made by theory or secular drift, with its error; mostly empty",
           value=_full(lambda e: wording.said(e.approximate) or None)),
    Column(key="shown", title="Shown",
           meaning="full: figures are exact; metrics, anonymous: they lie between two ends, and the rest is withheld",
           value=lambda e: e.shown),
    *_ends("miss_km", "Miss", "The distance at TCA", miss_figure),
    *_ends("surface_km", "To surface", "The distance to the surface", surface_figure),
    Column(key="tca_utc_low", title="TCA, from", unit="UTC",
           meaning="The TCA is not before this; equal to tca_utc where that is given",
           value=lambda e: tca_span(e).start),
    Column(key="tca_utc_high", title="TCA, before", unit="UTC",
           meaning="The TCA is before this; equal to tca_utc where that is given",
           value=lambda e: tca_span(e).stop),
    *_ends("pc", "Pc", "The probability of collision", pc_figure),
    Column(key="b_plane_sigmas", title="From a hit", unit="sigma", digits=3, page_digits=1,
           meaning="Miss in the B-plane in sigmas of its combined covariance (Mahalanobis distance); below 3 a hit is "
           "not excluded; empty without covariances",
           value=_full(lambda e: e.b_plane.sigmas if e.b_plane is not None else None)),
))  # fmt: skip


def _oxt_sigmas(crossing: CrossingRecord) -> float | None:
    if crossing.oxt_s is None or not crossing.timing_sigma_s:
        return None
    return abs(crossing.oxt_s) / crossing.timing_sigma_s


CROSSING_COLUMNS: Final[Columns[CrossingRecord]] = Columns("crossings", (
    Column(key="primary", title="Primary", meaning="Identifier of the primary", value=lambda c: c.primary),
    Column(key="secondary", title="Secondary", meaning="Identifier of the secondary", value=lambda c: c.secondary),
    Column(key="passage_primary_utc", title="Primary passes", unit="UTC",
           meaning="When the primary passes the crossing; empty where its position along its orbit is unknown",
           value=lambda c: c.passage_primary),
    Column(key="passage_secondary_utc", title="Secondary passes", unit="UTC",
           meaning="When the secondary passes the crossing; empty where its position along its orbit is unknown",
           value=lambda c: c.passage_secondary),
    Column(key="oxd_km", title="OXD", unit="km",
           meaning="Orbit-crossing distance: least distance between the two arcs there, whenever each object passes",
           value=lambda c: c.oxd_km),
    Column(key="oxt_s", title="OXT", unit="s",
           meaning="Orbit-crossing timing: passage of the secondary minus passage of the primary; empty if unknown",
           value=lambda c: c.oxt_s, page_digits=1, signed=True),
    Column(key="oxt_sigmas", title="OXT", unit="sigma",
           meaning="Size of the orbit-crossing timing in sigmas of the timing; empty where either is unknown",
           value=_oxt_sigmas, page_digits=1),
    Column(key="timing_sigma_s", title="Timing 1σ", unit="s",
           meaning="One sigma of the difference of both passage times; empty without an uncertainty of both",
           value=lambda c: c.timing_sigma_s, page_digits=1),
    Column(key="straight_line_cad_km", title="Straight-line CAD", unit="km",
           meaning="Close-approach distance that OXD and OXT give for straight motion; empty where OXT is unknown",
           value=lambda c: c.straight_line_cad_km, page_digits=1),
    Column(key="primary_radius_km", title="Radius", unit="km",
           meaning="Distance of the primary's point of the crossing from the body's centre",
           value=lambda c: c.primary_radius_km, page_digits=0),
    Column(key="primary_latitude_deg", title="Latitude", unit="deg",
           meaning="Latitude of the primary's point of the crossing in the body's fixed axes",
           value=lambda c: c.primary_latitude_deg, page_digits=1),
    Column(key="secondary_radius_km", title="Secondary's radius", unit="km",
           meaning="Distance of the secondary's point of the crossing from the body's centre",
           value=lambda c: c.secondary_radius_km, page_digits=0),
    Column(key="secondary_latitude_deg", title="Secondary's latitude", unit="deg",
           meaning="Latitude of the secondary's point of the crossing in the body's fixed axes",
           value=lambda c: c.secondary_latitude_deg, page_digits=1),
    Column(key="branch", title="Branch",
           meaning="Number, within the pair, of the crossing that recurs at one place from revolution to revolution",
           value=lambda c: c.branch),
    Column(key="alert", title="Level", meaning="Alert level: red, yellow or green", value=lambda c: c.level.value),
    Column(key="approximate", title="Approximate",
           meaning="Whose motion was not delivered but made by theory or secular drift, with its error; mostly empty",
           value=lambda c: wording.said(c.approximate) or None),
    Column(key="oxd_surface_km", title="OXD to surface", unit="km",
           meaning="Orbit-crossing distance to the surface of the natural body of the pair; empty between spacecraft",
           value=lambda c: c.surface_km),
))  # fmt: skip

COVERAGE_COLUMNS: Final[Columns[PairRecord]] = Columns("pairs", (
    Column(key="primary", title="Primary", meaning="Identifier of the primary", value=lambda p: p.primary),
    Column(key="secondary", title="Secondary", meaning="Identifier of the secondary", value=lambda p: p.secondary),
    Column(key="covered_s", title="Covered", unit="s", meaning="Time of the window in which the pair was screened",
           value=lambda p: p.covered_s, digits=3, page_digits=0),
    Column(key="uncovered_s", title="Uncovered", unit="s",
           meaning="Time of the window in which the pair was not screened",
           value=lambda p: p.uncovered_s, digits=3, page_digits=0),
    Column(key="proven_no_closer_than_km", title="No closer than", unit="km",
           meaning="The centres of the pair come no closer than this in its covered time; empty if it has none",
           value=lambda p: p.proven_no_closer_than_km),
    Column(key="proof", title="Proof",
           meaning="proven: piecewise-polynomial ephemerides, searched exactly; verified: an error was sampled",
           value=lambda p: p.proof),
    Column(key="nearest_km", title="Nearest", unit="km",
           meaning="Smallest distance between the centres found in the covered time",
           value=lambda p: p.nearest.miss_km if p.nearest else None),
    Column(key="nearest_tca_utc", title="Nearest at", unit="UTC", meaning="Time of that smallest distance in UTC",
           value=lambda p: p.nearest.tca if p.nearest else None),
    Column(key="unscreened", title="Not screened because",
           meaning="Why the pair was not screened at all; empty if it was",
           value=lambda p: wording.said(p.unscreened) if p.unscreened else None),
    Column(key="together_pc_least", title="Pc together, at least",
           meaning="Largest lower bound of the probability of contact of the times in which the two fly together",
           value=lambda p: max((one.least_pc for one in p.stretches if one.least_pc is not None), default=None),
           digits=6, scientific=True),
    Column(key="together_pc_most", title="Pc together, at most",
           meaning="Largest upper bound of the probability of contact of the times in which the two fly together",
           value=lambda p: max((one.most_pc for one in p.stretches if one.most_pc is not None), default=None),
           digits=6, scientific=True),
))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionRow:
    """An approach by another solution, with that solution and the nominal event that it is."""

    solution: SolutionRecord
    event: SolutionEvent
    nominal: EventRecord | None


SOLUTION_COLUMNS: Final[Columns[SolutionRow]] = Columns("solutions", (
    Column(key="object_id", title="Object", meaning="Identifier of the object that has this other solution",
           value=lambda r: r.solution.object_id),
    Column(key="solution", title="Solution", meaning="Name of the solution", value=lambda r: r.solution.name),
    Column(key="role", title="Kind", meaning="alternative, or planned: a manoeuvre not yet flown",
           value=lambda r: r.solution.role),
    Column(key="effect", title="Effect",
           meaning="Against the nominal event: appears, vanishes, worse, better, same, or uncovered",
           value=lambda r: r.event.effect),
    Column(key="event_id", title="Event", meaning="Identifier of the nominal event; empty where the approach appears",
           value=lambda r: r.event.event_id),
    Column(key="primary", title="Primary", meaning="Identifier of the primary", value=lambda r: r.event.primary),
    Column(key="secondary", title="Secondary", meaning="Identifier of the secondary",
           value=lambda r: r.event.secondary),
    Column(key="tca_utc", title="TCA", unit="UTC",
           meaning="Time of closest approach by this solution; empty where it lists none", value=lambda r: r.event.tca),
    Column(key="nominal_tca_utc", title="Nominal TCA", unit="UTC", meaning="Time of closest approach of the event",
           value=lambda r: r.nominal.tca if r.nominal else None),
    Column(key="miss_km", title="Miss", unit="km",
           meaning="Distance between the centres by this solution",
           value=lambda r: r.event.miss_km),
    Column(key="nominal_miss_km", title="Nominal miss", unit="km", meaning="Distance between the centres of the event",
           value=lambda r: r.nominal.miss_km if r.nominal else None),
    Column(key="surface_km", title="To surface", unit="km",
           meaning="Distance to the surface of the natural body of the pair; empty between spacecraft",
           value=lambda r: r.event.surface_km),
    Column(key="relative_speed_km_s", title="Speed", unit="km/s", meaning="Relative speed at TCA",
           value=lambda r: r.event.relative_speed_km_s),
    *_axes(lambda r: r.event.miss_rtn_km),
    Column(key="miss_sigma_km", title="1σ", unit="km",
           meaning="One sigma of the combined position error along the miss direction; empty without covariances",
           value=lambda r: r.event.miss_sigma_km),
    Column(key="at_boundary", title="At boundary",
           meaning="true if this is the distance at an end of coverage and not a local minimum",
           value=lambda r: r.event.at_boundary),
    Column(key="pc", title="Pc",
           meaning="Probability of collision by this solution; 1e-20 stands for whatever is below; empty where none is",
           value=lambda r: stated_pc(r.event.pc), scientific=True),
    Column(key="pc_method", title="Method", meaning="Method by which it was computed",
           value=lambda r: r.event.method),
    Column(key="alert", title="Level", meaning="Alert level by this solution; empty where it does not cover the event",
           value=lambda r: r.event.level.value if r.event.level else None),
    Column(key="nominal_alert", title="Nominal level", meaning="Alert level of the event",
           value=lambda r: r.nominal.level.value if r.nominal else None),
    Column(key="words", title="In words", meaning="How the two differ",
           value=lambda r: wording.said(r.event.compared)),
    Column(key="reason", title="Why", meaning="Why the approach has its level by this solution",
           value=lambda r: wording.said(r.event.reason) if r.event.reason else None),
))  # fmt: skip


def solution_rows(record: CycleRecord) -> list[SolutionRow]:
    """Every approach of every other solution."""
    events = {event.event_id: event for event in record.events}
    return [
        SolutionRow(solution=solution, event=event, nominal=events.get(event.event_id or ""))
        for solution in record.solutions
        for event in solution.events
    ]
