"""The parts of a stored record that tell of one close approach or one crossing of two orbits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from nearpass.astro.fields import EpochText, Matrix6, Span, Vector
from nearpass.encounter.alert import Level
from nearpass.encounter.uncertainty import Basis
from nearpass.reasons.levels import LevelReasons
from nearpass.reasons.motions import ApproximateReasons
from nearpass.reasons.probabilities import BurnReason, CovarianceRemarks, CovarianceSource, MethodReason, PcReasons
from nearpass.record.command_record import CommandRecord
from nearpass.record.doubt_record import HeldRecord
from nearpass.record.releasing import Open, Release, Sigma, Sigmas

Shown = Literal["full", "metrics", "anonymous"]
"""How much an edition holds of something; the archived record holds all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRecord:
    """Motion around TCA on a common grid of offsets from it; each series has one entry an offset.

    ``relative_rtn_km`` is secondary minus primary in the primary's RTN axes of that instant.
    """

    offsets_s: Open[tuple[float, ...]]
    relative_rtn_km: Open[tuple[Vector, ...]]
    distance_km: Open[tuple[float, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrbitsRecord:
    """Both paths over about one revolution around TCA, ICRF axes, centred on the cycle's body."""

    primary_km: Open[tuple[Vector, ...]]
    secondary_km: Open[tuple[Vector, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class UncertaintyRecord:
    """Uncertainty of one object's state at TCA, in its own RTN axes, and what it rests on.

    ``basis`` is "delivered" (a covariance of the ephemeris) or "declared" (the publisher's model); ``source`` says
    whose, and ``remark`` that the delivered matrix was repaired or refused. ``timing_s`` is the transverse sigma
    divided by the speed. ``covariance_rtn`` is the 6 x 6 matrix of position and velocity in km**2, km**2/s and
    km**2/s**2.
    """

    object_id: Open[str]
    basis: Open[Basis]
    source: Open[CovarianceSource]
    remark: Open[CovarianceRemarks]
    sigma_rtn_km: Open[Vector]
    timing_s: Open[float]
    covariance_rtn: Open[Matrix6]


@dataclass(frozen=True, slots=True, kw_only=True)
class BPlaneRecord:
    """The encounter in the plane normal to the relative velocity at TCA.

    Axis xi is the primary's radial direction projected into the plane, zeta completes the right-handed triad with the
    relative velocity. ``covariance_km2`` is the combined 2 x 2 covariance in (xi, zeta), None unless both objects
    have one. ``hbr_km`` is the sum of both objects' radii.
    """

    miss_xi_km: Open[float]
    miss_zeta_km: Open[float]
    hbr_km: Open[float]
    covariance_km2: Sigma[tuple[tuple[float, float], tuple[float, float]] | None]

    @property
    def sigmas(self) -> float | None:
        """Distance from a hit in sigmas of the combined covariance (the Mahalanobis distance of the miss).

        None without covariances, and where they are not positive definite in the plane.
        """
        if self.covariance_km2 is None:
            return None
        (xx, xz), (_, zz) = self.covariance_km2
        determinant = xx * zz - xz * xz
        if not (xx > 0.0 and determinant > 0.0):
            return None
        xi, zeta = self.miss_xi_km, self.miss_zeta_km
        return math.sqrt((zz * xi * xi - 2.0 * xz * xi * zeta + xx * zeta * zeta) / determinant)


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodRecord:
    """Probability of collision by one method, or why that method gives none."""

    name: Open[str]
    pc: Open[float | None]
    reason: Open[MethodReason | None]


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

    pc: Sigma[float | None]
    method: Sigma[str | None]
    why: Annotated[PcReasons, Release.PC_REASONS]
    methods: Sigmas[tuple[MethodRecord, ...]]
    mahalanobis_distance: Sigma[float | None]
    max_pc: Sigma[float | None]
    max_pc_scale: Sigma[float | None]
    max_pc_missing: Sigma[Literal["primary", "secondary", "both"] | None]
    in_dilution: Sigma[bool | None]
    span_s: Sigma[tuple[float, float] | None]
    dilution: Sigmas[tuple[tuple[float, float], ...]]
    hbr_sensitivity: Sigmas[tuple[tuple[float, float], ...]]
    scale_plane: Sigmas[tuple[tuple[float, float, float], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRecord:
    """What an along-track manoeuvre of one object would do, by lead time before TCA.

    ``rows`` are (lead time in h, delta-v in m/s that brings the miss to ``target_km``, None where none can);
    ``pc_rows`` likewise for lowering the probability of collision to ``target_pc``. These two are empty and None where
    ``no_pc_reason`` says why. ``uncertain_h`` and ``pc_uncertain_h`` are the lead times in h at which the same burn a
    little earlier or later would need another size by more than a tenth.
    """

    object_id: Open[str]
    target_km: Open[float]
    rows: Open[tuple[tuple[float, float | None], ...]]
    target_pc: Sigma[float | None]
    pc_rows: Sigmas[tuple[tuple[float, float | None], ...]]
    no_pc_reason: Sigma[BurnReason | None]
    uncertain_h: Open[tuple[float, ...]] = ()
    pc_uncertain_h: Sigmas[tuple[float, ...]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossingRecord:
    """One orbit crossing in one revolution of the primary: how near the two arcs pass, whenever each object is there.

    ``oxt_s`` is the secondary's passage minus the primary's. Where an object's position along its orbit is unknown its
    passage is None, and so is the timing. ``branch`` numbers, within a pair, the crossings that go on from revolution
    to revolution at the same place. ``straight_line_cad_km`` is sqrt(OXD**2 + (OXT |v1 x v2| / |v1 - v2|)**2).
    ``timing_sigma_s`` is one sigma of the difference of both timings. ``surface_km`` is OXD to the surface of a natural
    body, None between spacecraft. ``approximate`` names what was not delivered.
    """

    primary: Open[str]
    secondary: Open[str]
    passage_primary: Open[EpochText | None]
    passage_secondary: Open[EpochText | None]
    oxd_km: Open[float]
    surface_km: Open[float | None]
    oxt_s: Open[float | None]
    timing_sigma_s: Sigma[float | None]
    straight_line_cad_km: Open[float | None]
    primary_radius_km: Open[float]
    primary_latitude_deg: Open[float]
    secondary_radius_km: Open[float]
    secondary_latitude_deg: Open[float]
    branch: Open[int]
    level: Open[Level]
    reason: Annotated[LevelReasons, Release.FIGURES]
    approximate: Open[ApproximateReasons]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonRecord:
    """How near the two orbits come over the months ahead by secular drift, and when they truly cross.

    ``oxd_km`` is the least distance between the orbits at each of ``days`` from the start of the window; ``below`` are
    the spans in which it is less than ``threshold_km``.
    """

    primary: Open[str]
    secondary: Open[str]
    threshold_km: Open[float]
    days: Open[tuple[float, ...]]
    oxd_km: Open[tuple[float, ...]]
    below: Open[tuple[Span, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPoint:
    """What one earlier cycle said of the same event.

    ``b_plane_sigmas`` is the distance from a hit: the miss in the B-plane in sigmas of its combined covariance (the
    Mahalanobis distance), None without covariances or in records that did not keep it.
    """

    cycle_id: Open[str]
    tca: Open[EpochText]
    miss_km: Open[float]
    miss_rtn_km: Open[Vector | None]
    level: Open[Level]
    miss_sigma_km: Sigma[float | None]
    pc: Sigma[float | None]
    b_plane_sigmas: Sigma[float | None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """One close approach. RTN axes are the primary's; vectors go from primary to secondary.

    ``surface_km`` is the distance to the surface of a natural body, None between spacecraft. ``level`` and ``reason``
    follow from the rules of the configuration. ``commands`` are the last decisions of those who can manoeuvre,
    ``deadline`` is the latest of these. ``miss_sigma_km`` is one sigma of the combined position error along the miss
    direction, and ``miss_sigma_rtn_km`` along each axis; None unless both objects have a covariance. ``b_plane`` is
    None where the two do not move relative to each other. ``approximate`` names what of the motion was not delivered,
    with its error. ``sun_direction`` is a unit vector from the body to the Sun, ICRF axes.
    """

    event_id: Open[str]
    primary: Open[str]
    secondary: Open[str]
    tca: Open[EpochText]
    miss_km: Open[float]
    surface_km: Open[float | None]
    relative_speed_km_s: Open[float | None]
    miss_rtn_km: Open[Vector | None]
    relative_velocity_rtn_km_s: Open[Vector | None]
    approach_angle_deg: Open[float | None]
    at_boundary: Open[bool]
    level: Open[Level]
    reason: Annotated[LevelReasons, Release.FIGURES]
    approximate: Open[ApproximateReasons]
    deadline: Open[EpochText | None]
    deadline_object: Open[str | None]
    altitude_km: Open[float | None]
    latitude_deg: Open[float | None]
    longitude_east_deg: Open[float | None]
    light_time_s: Open[float | None]
    sep_deg: Open[float | None]
    primary_position_km: Open[Vector | None]
    primary_velocity_km_s: Open[Vector | None]
    secondary_position_km: Open[Vector | None]
    secondary_velocity_km_s: Open[Vector | None]
    uncertainty: Annotated[tuple[UncertaintyRecord, ...], Release.UNCERTAINTIES]
    miss_sigma_km: Sigma[float | None]
    miss_sigma_rtn_km: Sigma[Vector | None]
    b_plane: Open[BPlaneRecord | None]
    probability: Open[ProbabilityRecord]
    trades: Open[tuple[TradeRecord, ...]]
    track: Open[TrackRecord | None]
    orbits: Open[OrbitsRecord | None]
    history: Annotated[tuple[HistoryPoint, ...], Release.HISTORY]
    commands: Open[tuple[CommandRecord, ...]] = ()
    sun_direction: Open[Vector | None] = None
    shown: Open[Shown] = "full"
    held: Sigma[HeldRecord | None] = None
