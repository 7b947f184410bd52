"""The parts of a stored record that tell of one close approach or one crossing of two orbits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nearpass.astro.fields import EpochText, Matrix6, Span, Vector
from nearpass.encounter.alert import Level
from nearpass.encounter.uncertainty import Basis
from nearpass.reasons.levels import LevelReasons
from nearpass.reasons.motions import ApproximateReasons
from nearpass.reasons.probabilities import BurnReason, CovarianceRemarks, CovarianceSource, MethodReason, PcReasons
from nearpass.record.command_record import CommandRecord
from nearpass.record.doubt_record import HeldRecord

Shown = Literal["full", "metrics", "anonymous"]
"""How much an edition holds of something; the archived record holds all of it."""


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

    ``basis`` is "delivered" (a covariance of the ephemeris) or "declared" (the publisher's model); ``source`` says
    whose, and ``remark`` that the delivered matrix was repaired or refused. ``timing_s`` is the transverse sigma
    divided by the speed. ``covariance_rtn`` is the 6 x 6 matrix of position and velocity in km**2, km**2/s and
    km**2/s**2.
    """

    object_id: str
    basis: Basis
    source: CovarianceSource
    remark: CovarianceRemarks
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
class MethodRecord:
    """Probability of collision by one method, or why that method gives none."""

    name: str
    pc: float | None
    reason: MethodReason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbabilityRecord:
    """Probability of collision at one event: the value to use, how it was chosen, and what it is sensitive to.

    ``pc`` is by ``method``, picked as ``why`` says; both are None where no method is valid or a covariance is missing,
    and ``why`` then gives the reason. ``max_pc`` is the largest value over all common scalings of the covariance,
    reached at the sigma scale ``max_pc_scale``; ``in_dilution`` says that smaller sigmas would raise Pc. Where
    ``max_pc_missing`` names one object, whose covariance is missing, ``max_pc`` is the largest value over every
    covariance that it may have; where it says both, over the sigma of a round one. ``span_s`` is the time in which a
    collision was counted, seconds from TCA. ``dilution``
    is (sigma scale, Pc), ``hbr_sensitivity`` is (factor on the hard-body radius, Pc), ``scale_plane`` is (sigma scale
    of the primary, sigma scale of the secondary, Pc).
    """

    pc: float | None
    method: str | None
    why: PcReasons
    methods: tuple[MethodRecord, ...]
    mahalanobis_distance: float | None
    max_pc: float | None
    max_pc_scale: float | None
    max_pc_missing: Literal["primary", "secondary", "both"] | None
    in_dilution: bool | None
    span_s: tuple[float, float] | None
    dilution: tuple[tuple[float, float], ...]
    hbr_sensitivity: tuple[tuple[float, float], ...]
    scale_plane: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRecord:
    """What an along-track manoeuvre of one object would do, by lead time before TCA.

    ``rows`` are (lead time in h, delta-v in m/s that brings the miss to ``target_km``, None where none can);
    ``pc_rows`` likewise for lowering the probability of collision to ``target_pc``. These two are empty and None where
    ``no_pc_reason`` says why.
    """

    object_id: str
    target_km: float
    rows: tuple[tuple[float, float | None], ...]
    target_pc: float | None
    pc_rows: tuple[tuple[float, float | None], ...]
    no_pc_reason: BurnReason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossingRecord:
    """One orbit crossing in one revolution of the primary: how near the two arcs pass, whenever each object is there.

    ``oxt_s`` is the secondary's passage minus the primary's. Where an object's position along its orbit is unknown its
    passage is None, and so is the timing. ``branch`` numbers, within a pair, the crossings that go on from revolution
    to revolution at the same place. ``straight_line_cad_km`` is sqrt(OXD**2 + (OXT |v1 x v2| / |v1 - v2|)**2).
    ``timing_sigma_s`` is one sigma of the difference of both timings. ``surface_km`` is OXD to the surface of a natural
    body, None between spacecraft. ``approximate`` names what was not delivered.
    """

    primary: str
    secondary: str
    passage_primary: EpochText | None
    passage_secondary: EpochText | None
    oxd_km: float
    surface_km: float | None
    oxt_s: float | None
    timing_sigma_s: float | None
    straight_line_cad_km: float | None
    primary_radius_km: float
    primary_latitude_deg: float
    secondary_radius_km: float
    secondary_latitude_deg: float
    branch: int
    level: Level
    reason: LevelReasons
    approximate: ApproximateReasons


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonRecord:
    """How near the two orbits come over the months ahead by secular drift, and when they truly cross.

    ``oxd_km`` is the least distance between the orbits at each of ``days`` from the start of the window; ``below`` are
    the spans in which it is less than ``threshold_km``.
    """

    primary: str
    secondary: str
    threshold_km: float
    days: tuple[float, ...]
    oxd_km: tuple[float, ...]
    below: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPoint:
    """What one earlier cycle said of the same event."""

    cycle_id: str
    tca: EpochText
    miss_km: float
    miss_rtn_km: Vector | None
    level: Level
    miss_sigma_km: float | None
    pc: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """One close approach. RTN axes are the primary's; vectors go from primary to secondary.

    ``surface_km`` is the distance to the surface of a natural body, None between spacecraft. ``level`` and ``reason``
    follow from the rules of the configuration. ``commands`` are the last decisions of those who can manoeuvre,
    ``deadline`` is the latest of these. ``miss_sigma_km`` is one sigma of the combined position error along the miss
    direction, and ``miss_sigma_rtn_km`` along each axis; None unless both objects have a covariance. ``b_plane`` is
    None where the two do not move relative to each other. ``approximate`` names what of the motion was not delivered,
    with its error.
    """

    event_id: str
    primary: str
    secondary: str
    tca: EpochText
    miss_km: float
    surface_km: float | None
    relative_speed_km_s: float | None
    miss_rtn_km: Vector | None
    relative_velocity_rtn_km_s: Vector | None
    approach_angle_deg: float | None
    at_boundary: bool
    level: Level
    reason: LevelReasons
    approximate: ApproximateReasons
    deadline: EpochText | None
    deadline_object: str | None
    altitude_km: float | None
    latitude_deg: float | None
    longitude_east_deg: float | None
    light_time_s: float | None
    sep_deg: float | None
    primary_position_km: Vector | None
    primary_velocity_km_s: Vector | None
    secondary_position_km: Vector | None
    secondary_velocity_km_s: Vector | None
    uncertainty: tuple[UncertaintyRecord, ...]
    miss_sigma_km: float | None
    miss_sigma_rtn_km: Vector | None
    b_plane: BPlaneRecord | None
    probability: ProbabilityRecord
    trades: tuple[TradeRecord, ...]
    track: TrackRecord | None
    orbits: OrbitsRecord | None
    history: tuple[HistoryPoint, ...]
    commands: tuple[CommandRecord, ...] = ()
    shown: Shown = "full"
    held: HeldRecord | None = None
