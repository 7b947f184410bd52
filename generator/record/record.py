"""The record of one screening cycle: everything its pages show, and all that later cycles need of it.

The stored record is the only joint between physics and report. Its JSON follows from the dataclasses below, and so
does the published JSON Schema (:func:`json_schema`). Kilometres, seconds and degrees, as the names say; instants are
UTC text with nine decimals. ``None`` means absent, and the field beside it, or the page, says why.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from nearpass.astro.fields import EpochText, Matrix6, Series, Span, Vector
from nearpass.encounter.alert import Level
from nearpass.errors import ArchiveError
from nearpass.reasons.changes import ChangeKind, ChangeReason
from nearpass.reasons.coverage import CoverageReasons
from nearpass.reasons.motions import MotionReason, StepReason
from nearpass.reasons.probabilities import TogetherReason
from nearpass.record.command_record import CommandingRecord
from nearpass.record.doubt_record import HeldRecord, ShiftRecord
from nearpass.record.event_record import (
    BPlaneRecord,
    CrossingRecord,
    EventRecord,
    HistoryPoint,
    MethodRecord,
    OrbitsRecord,
    ProbabilityRecord,
    SeasonRecord,
    Shown,
    TrackRecord,
    TradeRecord,
    UncertaintyRecord,
)
from nearpass.record.input_record import CreationBasis, InputRecord, RetrievalRecord
from nearpass.record.loss_record import LossRecord
from nearpass.record.marking import MarkingRecord
from nearpass.record.prediction_record import DeclaredRecord, Prediction, PredictionError, PredictionQuality
from nearpass.record.release_record import ContactRecord, EditionRecord, NoteKind, NoteRecord
from nearpass.record.solution_record import DifferenceRecord, SolutionEvent, SolutionPair, SolutionRecord
from nearpass.record.sweep_record import ApproachRecord, SweepObject, SweepRecord, SweepStep, Uncovered
from nearpass.record.told_record import ToldEnd, ToldEvent

__all__ = [
    "ApproachRecord",
    "ApproximationRecord",
    "BPlaneRecord",
    "BodyRecord",
    "ChangeKind",
    "ChangeRecord",
    "ContactRecord",
    "CreationBasis",
    "CrossingRecord",
    "CycleRecord",
    "DeclaredRecord",
    "DifferenceRecord",
    "DormantEvent",
    "EditionRecord",
    "EndingRecord",
    "EpochText",
    "EventRecord",
    "FunnelRecord",
    "FunnelStep",
    "HeldRecord",
    "HistoryPoint",
    "InputRecord",
    "LossRecord",
    "MarkingRecord",
    "Matrix6",
    "MethodRecord",
    "NearestRecord",
    "NoteKind",
    "NoteRecord",
    "ObjectRecord",
    "OrbitRecord",
    "OrbitsRecord",
    "PairRecord",
    "Prediction",
    "PredictionError",
    "PredictionQuality",
    "ProbabilityRecord",
    "Provenance",
    "RangeProfile",
    "RetrievalRecord",
    "SeasonRecord",
    "Series",
    "ShiftRecord",
    "Shown",
    "SolutionEvent",
    "SolutionPair",
    "SolutionRecord",
    "Span",
    "SweepObject",
    "SweepRecord",
    "SweepStep",
    "ThresholdsRecord",
    "TogetherRecord",
    "ToldEnd",
    "ToldEvent",
    "TrackRecord",
    "TradeRecord",
    "UncertaintyRecord",
    "Uncovered",
    "UncoveredSpan",
    "Vector",
    "dump",
    "json_schema",
    "load",
]

SCHEMA: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class UncoveredSpan:
    """Part of the window in which a pair was not screened, and why."""

    start: EpochText
    stop: EpochText
    reason: CoverageReasons


@dataclass(frozen=True, slots=True, kw_only=True)
class OrbitRecord:
    """Osculating elements about the cycle's body at ``epoch``, axes of the body's IAU equator of date.

    Altitudes above the equatorial radius. ``track_km`` is one revolution (or the coverage, if shorter) in ICRF axes.
    """

    epoch: EpochText
    periapsis_altitude_km: float
    apoapsis_altitude_km: float | None
    inclination_deg: float
    eccentricity: float
    period_s: float | None
    track_km: tuple[Vector, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproximationRecord:
    """That a motion was not delivered: made by a theory, or an old orbit carried on by secular J2 drift.

    From ``since`` on it holds to ``error_km``, as stated for the end of the window; ``how`` says by what.
    """

    kind: Literal["theory", "secular J2"]
    how: MotionReason
    since: EpochText
    error_km: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingRecord:
    """Where an ephemeris ends inside the window: at rest on the surface, going down from low altitude, or in flight."""

    at: EpochText
    kind: Literal["on the surface", "descending", "in flight"]
    altitude_km: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRecord:
    """A screened object as configured, with what its ephemeris covers of the window and how well it was predicted.

    ``shown`` says how much an edition holds of the object, ``withheld`` what of an object that it shows in full.
    ``approximation`` is None where every state was delivered, ``ending`` where the ephemeris reaches the window's
    end. ``learned`` is the model that the archive's comparisons fit, where it is used instead. ``reference`` is
    where the delivery in use puts it at common instants, ``trusted`` the same of the last delivery that was not
    doubtful where this one is, ``shift`` how this one differs from the one before. ``predictions`` are kept for
    later cycles to judge; ``prediction_errors`` are all comparisons so far. ``declared`` is the publisher's model
    of their errors, used where an ephemeris brings no covariance. ``catalogue_number`` is that of the
    configuration, None also in records of before schema 4.
    """

    id: str
    name: str
    operator: str | None
    naif_id: int | None
    kind: Literal["spacecraft", "natural"]
    hbr_m: float | None
    radius_km: float | None
    phase: Literal["known", "unknown"]
    lead_time_h: float | None
    coverage: tuple[Span, ...]
    proof: Literal["exact", "sampled"] | None
    orbit: OrbitRecord | None
    approximation: ApproximationRecord | None
    ending: EndingRecord | None
    note: str | None
    declared: DeclaredRecord | None
    predictions: tuple[Prediction, ...]
    prediction_errors: tuple[PredictionError, ...]
    prediction_quality: PredictionQuality | None
    marking: MarkingRecord | None = None
    covariance_marking: MarkingRecord | None = None
    contacts: tuple[ContactRecord, ...] = ()
    learned: DeclaredRecord | None = None
    reference: Prediction | None = None
    trusted: Prediction | None = None
    shift: ShiftRecord | None = None
    catalogue_number: int | None = None
    commanding: CommandingRecord | None = None
    shown: Shown = "full"
    withheld: tuple[Literal["covariances", "deliveries"], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestRecord:
    """The smallest distance of a pair over its covered part of the window, listed or not."""

    tca: EpochText
    miss_km: float
    at_boundary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeProfile:
    """Distance of a pair over the window in bins of ``step_s``: smallest and largest in each, None if uncovered."""

    start: EpochText
    step_s: float
    least_km: Series
    most_km: Series


@dataclass(frozen=True, slots=True, kw_only=True)
class TogetherRecord:
    """Probability that any of several approaches of a pair is a collision.

    ``pc`` is known where the approaches of a slow pair are connected, else None; it lies between ``least_pc``, the
    largest of the single ones, and ``most_pc``, their sum. ``why`` says how it was found, or why there are only bounds.
    """

    event_ids: tuple[str, ...]
    pc: float | None
    least_pc: float
    most_pc: float
    why: TogetherReason


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRecord:
    """One pair: what was covered, what is proven, and what was found.

    ``unscreened`` says why the pair was not screened at all. ``proven_no_closer_than_km`` holds over the covered
    time; ``proof`` is "proven" where both ephemerides are their polynomials, "verified" where an error was sampled.
    ``together`` combines several approaches: each chain of a slow pair, then all of them.
    """

    primary: str
    secondary: str
    unscreened: CoverageReasons | None
    covered_s: float
    uncovered_s: float
    uncovered: tuple[UncoveredSpan, ...]
    proven_no_closer_than_km: float | None
    proof: Literal["proven", "verified"] | None
    nearest: NearestRecord | None
    profile: RangeProfile | None
    event_ids: tuple[str, ...]
    together: tuple[TogetherRecord, ...]
    shown: Shown = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRecord:
    """How an event differs from the previous cycle, and why.

    ``history`` is what all cycles said of an event that left the list; empty for the others.

    Kinds: new; worse and better (its level changed, or its miss by more than a tenth); passed (its TCA lies before
    the cut-off); gone (it left the list for another reason). ``mahalanobis_distance`` is the change of the miss
    distance in its earlier sigmas, None where these or one of the distances are not known; ``doubtful`` are objects of
    the pair whose delivery is doubtful.
    """

    kind: ChangeKind
    event_id: str
    primary: str
    secondary: str
    tca: EpochText
    level: Level
    previous_level: Level | None
    miss_km: float | None
    previous_miss_km: float | None
    reason: ChangeReason
    mahalanobis_distance: float | None = None
    doubtful: tuple[str, ...] = ()
    history: tuple[HistoryPoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DormantEvent:
    """An event that left the list although its time has not come: should it come back, it keeps its id and history."""

    event_id: str
    primary: str
    secondary: str
    tca: EpochText
    history: tuple[HistoryPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelStep:
    """One rejection or result of the screening; ``count`` of what left the funnel here."""

    name: str
    count: int
    meaning: StepReason


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelRecord:
    """Where every interval and every minimum went.

    ``intervals`` is the number of pair-intervals that entered and equals the sum of ``interval_steps``;
    ``minima`` is the number of minima found and equals the sum of ``minima_steps``.
    """

    intervals: int
    interval_steps: tuple[FunnelStep, ...]
    minima: int
    minima_steps: tuple[FunnelStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRecord:
    """The body that the cycle screens around, with the constants used."""

    name: str
    naif_id: int
    equatorial_radius_km: float
    polar_radius_km: float
    gm_km3_s2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdsRecord:
    """At what an approach or crossing is listed, yellow and red; None is a threshold that is not used."""

    limit_km: float
    crossing_limit_km: float
    yellow_cad_km: float
    red_cad_km: float
    yellow_pc: float | None
    red_pc: float | None
    yellow_oxd_km: float | None
    red_oxd_km: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """How to make this cycle again: program and library versions, configuration, command."""

    version: str
    packages: tuple[tuple[str, str], ...]
    configuration_sha256: str | None
    configuration: str | None
    planetary_ephemeris: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleRecord:
    """One screening cycle. Objects by id, pairs by primary and secondary, events by TCA, crossings by passage.

    ``site_url`` is where the site is served, with a slash at its end, if the publisher says so.
    ``supersedes`` is the id of the cycle that this one corrects, if it corrects one.
    ``detail_events`` is how many of the nearest green events have a page of their own beside all red and yellow ones.
    Everything but ``solutions``, which are by object and in the order of the configuration, rests on the objects'
    nominal ephemerides alone. Of the objects of a catalogue only those with an event are among the objects, and only
    their pairs with one among the pairs; ``sweep`` tells of the others, None where there is no catalogue.
    ``losses`` are the parts that could not be computed although their deliveries were accepted.
    ``edition`` is None in the archive, which holds everything; an edition withholds ``funnel`` and ``configuration``
    where they would tell of what it may not show. Its objects, pairs and events are then those that it shows in full,
    and objects in metrics with their names alone; ``told`` and ``told_ended`` are what it tells of other approaches.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", ser_json_inf_nan="null", allow_inf_nan=False)

    schema_number: int
    cycle_id: str
    title: str
    publisher: str | None
    notice: str | None
    site_url: str | None
    body: BodyRecord
    window: Span
    thresholds: ThresholdsRecord
    detail_events: int
    previous_cycle_id: str | None
    supersedes: str | None
    next_expected: EpochText | None
    objects: tuple[ObjectRecord, ...]
    inputs: tuple[InputRecord, ...]
    pairs: tuple[PairRecord, ...]
    events: tuple[EventRecord, ...]
    crossings: tuple[CrossingRecord, ...]
    seasons: tuple[SeasonRecord, ...]
    solutions: tuple[SolutionRecord, ...]
    sweep: SweepRecord | None
    changes: tuple[ChangeRecord, ...]
    dormant: tuple[DormantEvent, ...]
    funnel: FunnelRecord | None
    provenance: Provenance
    notes: tuple[NoteRecord, ...] = ()
    losses: tuple[LossRecord, ...] = ()
    edition: EditionRecord | None = None
    told: tuple[ToldEvent, ...] = ()
    told_ended: tuple[ToldEnd, ...] = ()

    @property
    def approaches(self) -> tuple[EventRecord | ToldEvent, ...]:
        """Every close approach that the record lists, in full or told in cells."""
        return *self.events, *self.told

    @property
    def deliveries(self) -> tuple[InputRecord, ...]:
        """Every delivered file: of the nominal ephemerides, of the other solutions, then of catalogues."""
        others = (entry for solution in self.solutions for entry in solution.inputs)
        return (*self.inputs, *others, *(self.sweep.inputs if self.sweep else ()))


_ADAPTER: Final = TypeAdapter(CycleRecord)


def dump(record: CycleRecord) -> bytes:
    """The record as canonical JSON: sorted keys, one line, a newline at the end."""
    plain = _ADAPTER.dump_python(record, mode="json")
    return json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def load(text: bytes, file: str) -> CycleRecord:
    """Read a stored record.

    Raises:
        ArchiveError: if it is no record, or one of another schema than this program's.

    """
    try:
        plain: Any = json.loads(text)
        number = plain["schema_number"]
    except (ValueError, TypeError, KeyError):
        raise ArchiveError("a stored record must be JSON with a schema_number", file=file) from None
    if number != SCHEMA:
        advice = "newer than this program; upgrade nearpass" if number > SCHEMA else "older than any known"
        raise ArchiveError(f"schema_number must be {SCHEMA}; this record is {advice}", value=number, file=file)
    try:
        return _ADAPTER.validate_python(plain)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ArchiveError(f"the record must follow its schema: {place}: {first['msg']}", file=file) from None


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a stored record."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"nearpass cycle record, schema {SCHEMA}",
        **_ADAPTER.json_schema(mode="serialization"),
    }
