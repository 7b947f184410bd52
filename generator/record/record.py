"""The record of one screening cycle: everything its pages show, and all that later cycles need of it.

The stored record is the only joint between physics and report. Its JSON follows from the dataclasses below, and so
does the published JSON Schema (:func:`json_schema`). Kilometres, seconds and degrees, as the names say; instants are
UTC text with nine decimals. ``None`` means absent, and the field beside it, or the page, says why.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import ConfigDict, TypeAdapter, ValidationError

from nearpass.astro.fields import EpochText, Matrix6, Series, Span, Vector
from nearpass.encounter.alert_rules import AlertRule
from nearpass.errors import ArchiveError
from nearpass.reasons.changes import ChangeKind, ChangeReason
from nearpass.reasons.levels import Level
from nearpass.reasons.motions import StepReason
from nearpass.record.desk_record import DueRecord
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
from nearpass.record.exchange_record import ExchangeRecord
from nearpass.record.input_record import CreationBasis, InputRecord, ManoeuvreRecord, RetrievalRecord
from nearpass.record.loss_record import LossRecord
from nearpass.record.marking import MarkingRecord
from nearpass.record.message_record import MessageRecord
from nearpass.record.object_record import ApproximationRecord, EndingRecord, ObjectRecord, OrbitRecord
from nearpass.record.pair_record import NearestRecord, PairRecord, RangeProfile, TogetherRecord, UncoveredSpan
from nearpass.record.prediction_record import DeclaredRecord, Prediction, PredictionError, PredictionQuality
from nearpass.record.release_record import (
    ContactRecord,
    EditionRecord,
    NoteKind,
    NoteRecord,
    PlanRecord,
    ProtectionRecord,
)
from nearpass.record.releasing import Open, Release, Sigma
from nearpass.record.solution_record import DifferenceRecord, SolutionEvent, SolutionPair, SolutionRecord
from nearpass.record.stretch_record import StretchRecord
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
    "DueRecord",
    "EditionRecord",
    "EndingRecord",
    "EpochText",
    "EventRecord",
    "ExchangeRecord",
    "FunnelRecord",
    "FunnelStep",
    "HeldRecord",
    "HistoryPoint",
    "InputRecord",
    "LossRecord",
    "ManoeuvreRecord",
    "MarkingRecord",
    "Matrix6",
    "MessageRecord",
    "MethodRecord",
    "NearestRecord",
    "NoteKind",
    "NoteRecord",
    "ObjectRecord",
    "OrbitRecord",
    "OrbitsRecord",
    "PairRecord",
    "PlanRecord",
    "Prediction",
    "PredictionError",
    "PredictionQuality",
    "ProbabilityRecord",
    "ProtectionRecord",
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
    "StretchRecord",
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
class ChangeRecord:
    """How an event differs from the previous cycle, and why.

    ``history`` is what all cycles said of an event that left the list; empty for the others.

    Kinds: new; worse and better (its level changed, or its miss by more than a tenth); passed (its TCA lies before
    the cut-off); gone (it left the list for another reason). ``mahalanobis_distance`` is the change of the miss
    distance in its earlier sigmas, None where these or one of the distances are not known; ``doubtful`` are objects of
    the pair whose delivery is doubtful.
    """

    kind: Open[ChangeKind]
    event_id: Open[str]
    primary: Open[str]
    secondary: Open[str]
    tca: Open[EpochText]
    level: Open[Level]
    previous_level: Open[Level | None]
    miss_km: Open[float | None]
    previous_miss_km: Open[float | None]
    reason: Annotated[ChangeReason, Release.CHANGE_REASON]
    mahalanobis_distance: Sigma[float | None] = None
    doubtful: Open[tuple[str, ...]] = ()
    history: Annotated[tuple[HistoryPoint, ...], Release.HISTORY] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DormantEvent:
    """An event that left the list although its time has not come: should it come back, it keeps its id and history."""

    event_id: Open[str]
    primary: Open[str]
    secondary: Open[str]
    tca: Open[EpochText]
    history: Open[tuple[HistoryPoint, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelStep:
    """One rejection or result of the screening; ``count`` of what left the funnel here."""

    name: Open[str]
    count: Open[int]
    meaning: Open[StepReason]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelRecord:
    """Where every interval and every minimum went.

    ``intervals`` is the number of pair-intervals that entered and equals the sum of ``interval_steps``;
    ``minima`` is the number of minima found and equals the sum of ``minima_steps``.
    """

    intervals: Open[int]
    interval_steps: Open[tuple[FunnelStep, ...]]
    minima: Open[int]
    minima_steps: Open[tuple[FunnelStep, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRecord:
    """The body that the cycle screens around, with the constants used."""

    name: Open[str]
    naif_id: Open[int]
    equatorial_radius_km: Open[float]
    polar_radius_km: Open[float]
    gm_km3_s2: Open[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdsRecord:
    """At what an approach or crossing is listed, yellow and red; None is a threshold that is not used.

    ``rules`` are all rules of the cycle where its configuration states any by name, else empty: the thresholds are then
    the rules. Beside rules the thresholds are the widest on each figure of those that are not for named pairs alone.
    """

    limit_km: Open[float]
    crossing_limit_km: Open[float]
    yellow_cad_km: Open[float]
    red_cad_km: Open[float]
    yellow_pc: Open[float | None]
    red_pc: Open[float | None]
    yellow_oxd_km: Open[float | None]
    red_oxd_km: Open[float | None]
    rules: Annotated[tuple[AlertRule, ...], Release.RULES] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """How to make this cycle again: program and library versions, configuration, command."""

    version: Open[str]
    packages: Open[tuple[tuple[str, str], ...]]
    configuration_sha256: Annotated[str | None, Release.WHOLE]
    configuration: Annotated[str | None, Release.WHOLE]
    planetary_ephemeris: Open[str]
    command: Annotated[str, Release.COMMAND]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleRecord:
    """One screening cycle. Objects by id, pairs by primary and secondary, events by TCA, crossings by passage.

    ``site_url`` is where the site is served, with a slash at its end, if the publisher says so.
    ``supersedes`` is the id of the cycle that this one corrects, if it corrects one.
    ``detail_events`` is how many of the nearest green events have a page of their own beside all red and yellow ones.
    Everything but ``solutions``, which are by object and in the order of the configuration, rests on the objects'
    nominal ephemerides alone. Of the objects of a catalogue only those with an event are among the objects, and only
    their pairs with one among the pairs; ``sweep`` tells of the others, None where there is no catalogue.
    ``unclaimed`` are files among the deliveries that nothing in the configuration names, None where
    that is not known or not to be told.
    ``exchanges`` are the dossiers of the workspace, by id; ``desk`` is what each source owes and what came of it.
    ``messages`` are partners' messages of approaches.
    ``losses`` are the parts that could not be computed although their deliveries were accepted.
    ``edition`` is None in the archive, which holds everything; an edition withholds ``funnel`` and ``configuration``
    where they would tell of what it may not show. Its objects, pairs and events are then those that it shows in full,
    and objects in metrics with their names alone; ``told`` and ``told_ended`` are what it tells of other approaches.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", ser_json_inf_nan="null", allow_inf_nan=False)

    schema_number: Open[int]
    cycle_id: Open[str]
    title: Open[str]
    publisher: Open[str | None]
    notice: Open[str | None]
    site_url: Open[str | None]
    body: Open[BodyRecord]
    window: Open[Span]
    thresholds: Open[ThresholdsRecord]
    detail_events: Open[int]
    previous_cycle_id: Annotated[str | None, Release.EARLIER_CYCLE]
    supersedes: Annotated[str | None, Release.EARLIER_CYCLE]
    next_expected: Open[EpochText | None]
    objects: Annotated[tuple[ObjectRecord, ...], Release.OBJECTS]
    inputs: Annotated[tuple[InputRecord, ...], Release.DELIVERIES]
    pairs: Annotated[tuple[PairRecord, ...], Release.FULL_PAIRS]
    events: Annotated[tuple[EventRecord, ...], Release.FULL_PAIRS]
    crossings: Annotated[tuple[CrossingRecord, ...], Release.FULL_PAIRS]
    seasons: Annotated[tuple[SeasonRecord, ...], Release.FULL_PAIRS]
    solutions: Annotated[tuple[SolutionRecord, ...], Release.SOLUTIONS]
    sweep: Annotated[SweepRecord | None, Release.SWEEP]
    changes: Annotated[tuple[ChangeRecord, ...], Release.CHANGES]
    dormant: Annotated[tuple[DormantEvent, ...], Release.FULL_PAIRS]
    funnel: Annotated[FunnelRecord | None, Release.WHOLE]
    provenance: Open[Provenance]
    notes: Annotated[tuple[NoteRecord, ...], Release.NOTES] = ()
    unclaimed: Annotated[tuple[str, ...] | None, Release.WHOLE] = None
    losses: Annotated[tuple[LossRecord, ...], Release.LOSSES] = ()
    exchanges: Annotated[tuple[ExchangeRecord, ...], Release.EXCHANGES] = ()
    messages: Annotated[tuple[MessageRecord, ...], Release.MESSAGES] = ()
    desk: Annotated[tuple[DueRecord, ...], Release.DESK] = ()
    edition: Open[EditionRecord | None] = None
    told: Open[tuple[ToldEvent, ...]] = ()
    told_ended: Open[tuple[ToldEnd, ...]] = ()

    @property
    def approaches(self) -> tuple[EventRecord | ToldEvent, ...]:
        """Every close approach that the record lists, in full or told in cells."""
        return *self.events, *self.told

    @property
    def periods_s(self) -> dict[str, float | None]:
        """Orbital periods by object, None where there is no closed orbit."""
        return {item.id: item.orbit.period_s if item.orbit else None for item in self.objects}

    def pair_of(self, primary: str, secondary: str) -> PairRecord | None:
        """What is recorded of two objects as a pair, None where they are none of this cycle."""
        return next((pair for pair in self.pairs if (pair.primary, pair.secondary) == (primary, secondary)), None)

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
        record: CycleRecord = _ADAPTER.validate_json(text)  # parsed and checked in one pass
    except ValidationError as error:
        _check_number(text, file)
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ArchiveError(f"the record must follow its schema: {place}: {first['msg']}", file=file) from None
    if record.schema_number != SCHEMA:
        _check_number(text, file)
    return record


def _check_number(text: bytes, file: str) -> None:
    """Refuse what is no JSON or has the number of another schema."""
    try:
        number = json.loads(text)["schema_number"]
    except (ValueError, TypeError, KeyError):
        raise ArchiveError("a stored record must be JSON with a schema_number", file=file) from None
    if number != SCHEMA:
        advice = "newer than this program; upgrade nearpass" if number > SCHEMA else "older than any known"
        raise ArchiveError(f"schema_number must be {SCHEMA}; this record is {advice}", value=number, file=file)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a stored record."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"nearpass cycle record, schema {SCHEMA}",
        **_ADAPTER.json_schema(mode="serialization"),
    }
