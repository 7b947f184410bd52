"""The record of one screening cycle: everything its pages show, and all that later cycles need of it.

The stored record is the only joint between physics and report. Its JSON follows from the dataclasses below, and so
does the published JSON Schema (:func:`json_schema`). Kilometres, seconds and degrees, as the names say; instants are
UTC text with nine decimals. ``None`` means absent, and the field beside it, or the page, says why.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)

from generator.astro.epochs import Epoch
from generator.encounter.alert import Level
from generator.encounter.uncertainty import Basis
from generator.errors import ArchiveError

SCHEMA: Final = 1


def _read_epoch(value: object) -> object:
    return Epoch.parse(value) if isinstance(value, str) else value


EpochText = Annotated[
    Epoch,
    BeforeValidator(_read_epoch),
    PlainSerializer(lambda epoch: f"{epoch.iso(digits=9)}Z", return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "UTC, nine decimals"}),
]
Vector = tuple[float, float, float]
SixVector = tuple[float, float, float, float, float, float]
Matrix6 = tuple[SixVector, SixVector, SixVector, SixVector, SixVector, SixVector]
Series = tuple[float | None, ...]
ChangeKind = Literal["new", "worse", "better", "passed", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From ``start`` to ``stop``."""

    start: EpochText
    stop: EpochText

    @property
    def length_s(self) -> float:
        """Seconds from start to stop."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class UncoveredSpan:
    """Part of the window in which a pair was not screened, and why."""

    start: EpochText
    stop: EpochText
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRecord:
    """One delivered file: what it says of itself and whether it was used.

    ``refusal`` is the error that kept it out (rule, value, file:line), None for a file in use. ``age_s`` is from its
    creation to the data cut-off. The archive keeps the file under its SHA-256.
    """

    object_id: str
    file: str
    sha256: str | None
    size_bytes: int | None
    originator: str
    format: str | None
    creation: EpochText | None
    age_s: float | None
    center: str | None
    axes: str | None
    time_system: str | None
    interpolation: str | None
    node_count: int | None
    covariance_count: int | None
    spans: tuple[Span, ...]
    refusal: str | None


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
class ObjectRecord:
    """A screened object as configured, with what its ephemeris covers of the window."""

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
    note: str | None


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
class PairRecord:
    """One pair: what was covered, what is proven, and what was found.

    ``unscreened`` says why the pair was not screened at all. ``proven_no_closer_than_km`` holds over the covered
    time; ``proof`` is "proven" where both ephemerides are their polynomials, "verified" where an error was sampled.
    """

    primary: str
    secondary: str
    unscreened: str | None
    covered_s: float
    uncovered_s: float
    uncovered: tuple[UncoveredSpan, ...]
    proven_no_closer_than_km: float | None
    proof: Literal["proven", "verified"] | None
    nearest: NearestRecord | None
    profile: RangeProfile | None
    event_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRecord:
    """Motion around TCA on a common grid of offsets from it; each series has one entry an offset.

    ``relative_rtn_km`` is secondary minus primary in the primary's RTN axes of that instant.
    """

    offsets_s: tuple[float, ...]
    relative_rtn_km: tuple[Vector, ...]
    distance_km: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrbitsRecord:
    """Both paths over about one revolution around TCA, ICRF axes, centred on the cycle's body."""

    primary_km: tuple[Vector, ...]
    secondary_km: tuple[Vector, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UncertaintyRecord:
    """Uncertainty of one object's state at TCA, in its own RTN axes, and what it rests on.

    ``basis`` is "delivered" (a covariance of the ephemeris) or "declared" (the publisher's model); ``source`` says it
    in words. ``timing_s`` is the transverse sigma divided by the speed. ``covariance_rtn`` is the 6 x 6 matrix of
    position and velocity in km**2, km**2/s and km**2/s**2.
    """

    object_id: str
    basis: Basis
    source: str
    sigma_rtn_km: Vector
    timing_s: float
    covariance_rtn: Matrix6


@dataclass(frozen=True, slots=True, kw_only=True)
class BPlaneRecord:
    """The encounter in the plane normal to the relative velocity at TCA.

    Axis xi is the primary's radial direction projected into the plane, zeta completes the right-handed triad with the
    relative velocity. ``covariance_km2`` is the combined 2 x 2 covariance in (xi, zeta), None unless both objects
    have one. ``hbr_km`` is the sum of both objects' radii.
    """

    miss_xi_km: float
    miss_zeta_km: float
    hbr_km: float
    covariance_km2: tuple[tuple[float, float], tuple[float, float]] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPoint:
    """What one earlier cycle said of the same event."""

    cycle_id: str
    tca: EpochText
    miss_km: float
    miss_rtn_km: Vector
    level: Level
    miss_sigma_km: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """One close approach. RTN axes are the primary's; vectors go from primary to secondary.

    ``surface_km`` is the distance to the surface of a natural body, None between spacecraft. ``level`` and ``reason``
    follow from the rules of the configuration. ``deadline`` is TCA minus the shortest lead time of those who can
    manoeuvre. ``miss_sigma_km`` is one sigma of the combined position error along the miss direction, and
    ``miss_sigma_rtn_km`` along each axis; None unless both objects have a covariance. ``b_plane`` is None where the two
    do not move relative to each other.
    """

    event_id: str
    primary: str
    secondary: str
    tca: EpochText
    miss_km: float
    surface_km: float | None
    relative_speed_km_s: float
    miss_rtn_km: Vector
    relative_velocity_rtn_km_s: Vector
    approach_angle_deg: float
    at_boundary: bool
    level: Level
    reason: str
    deadline: EpochText | None
    deadline_object: str | None
    altitude_km: float
    latitude_deg: float
    longitude_east_deg: float
    light_time_s: float
    sep_deg: float
    primary_position_km: Vector
    primary_velocity_km_s: Vector
    secondary_position_km: Vector
    secondary_velocity_km_s: Vector
    uncertainty: tuple[UncertaintyRecord, ...]
    miss_sigma_km: float | None
    miss_sigma_rtn_km: Vector | None
    b_plane: BPlaneRecord | None
    track: TrackRecord
    orbits: OrbitsRecord
    history: tuple[HistoryPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRecord:
    """How an event differs from the previous cycle; ``reason`` says so in words.

    Kinds: new; worse and better (its level changed, or its miss by more than a tenth); passed (its TCA lies before
    the cut-off); gone (it left the list for another reason).
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
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelStep:
    """One rejection or result of the screening; ``count`` of what left the funnel here."""

    name: str
    count: int
    meaning: str


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
    """Distances at which an approach is listed, yellow and red."""

    limit_km: float
    yellow_cad_km: float
    red_cad_km: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """How to make this cycle again: program and library versions, configuration, command."""

    version: str
    packages: tuple[tuple[str, str], ...]
    configuration_sha256: str
    configuration: str
    planetary_ephemeris: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleRecord:
    """One screening cycle. Objects by id, pairs by primary and secondary, events by TCA.

    ``detail_events`` is how many of the nearest green events have a page of their own beside all red and yellow ones.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", ser_json_inf_nan="null", allow_inf_nan=False)

    schema_number: int
    cycle_id: str
    title: str
    publisher: str | None
    notice: str | None
    body: BodyRecord
    window: Span
    thresholds: ThresholdsRecord
    detail_events: int
    previous_cycle_id: str | None
    next_expected: EpochText | None
    objects: tuple[ObjectRecord, ...]
    inputs: tuple[InputRecord, ...]
    pairs: tuple[PairRecord, ...]
    events: tuple[EventRecord, ...]
    changes: tuple[ChangeRecord, ...]
    funnel: FunnelRecord
    provenance: Provenance


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
