"""What alert rules ask of an approach, from the figures that its record keeps: the same in a cycle and years later."""

from __future__ import annotations

import math
from typing import Final

from scipy.optimize import brentq

from nearpass.astro.fields import Vector
from nearpass.encounter.alert import Passing, PcBound
from nearpass.record.event_record import BPlaneRecord, EventRecord, ProbabilityRecord
from nearpass.record.record import CycleRecord, StretchRecord

HOUR_S: Final = 3600.0
EDGE_S: Final = 60.0
"""So near to the end of a stretch an approach still belongs to it."""
Matrix2 = tuple[tuple[float, float], tuple[float, float]]


def passing(
    *,
    miss_km: float,
    surface_km: float | None,
    miss_rtn_km: Vector | None,
    miss_sigma_rtn_km: Vector | None,
    b_plane: BPlaneRecord | None,
    probability: ProbabilityRecord,
    to_tca_h: float,
    stretch_pc: float | None = None,
) -> Passing:
    """An approach as rules judge it.

    Lengths and sigmas count from the surface of a natural body: along each axis its radius is taken off, and in the
    B-plane the point of its disc counts that is nearest in sigmas.

    Args:
        miss_km: Distance between the centres.
        surface_km: Distance to the surface of a natural body, None between spacecraft.
        miss_rtn_km: The miss in the primary's R, T and N.
        miss_sigma_rtn_km: One combined sigma along each of them, None unless both covariances are known.
        b_plane: The encounter in its B-plane, None where there is none.
        probability: Probability of collision, with its bound.
        to_tca_h: Hours from the data cut-off to the approach.
        stretch_pc: What the probability is at most over the stretch in which the two fly together, if it stands for it.
    """
    radius_km = 0.0 if surface_km is None else miss_km - surface_km
    beyond = None
    if miss_rtn_km is not None:
        r, t, n = (max(abs(part_km) - radius_km, 0.0) for part_km in miss_rtn_km)
        beyond = (r, t, n)
    sigmas = None
    if beyond is not None and miss_sigma_rtn_km is not None:
        r, t, n = (_in_sigmas(km, sigma_km) for km, sigma_km in zip(beyond, miss_sigma_rtn_km, strict=True))
        sigmas = (r, t, n)
    return Passing(
        distance_km=miss_km if surface_km is None else surface_km,
        to_surface=surface_km is not None,
        beyond_rtn_km=beyond,
        rtn_sigmas=sigmas,
        b_plane_sigmas=_b_plane_sigmas(b_plane, radius_km),
        pc=probability.pc,
        bound=None if surface_km is not None else bound_of(probability),
        to_tca_h=to_tca_h,
        stretch_pc=None if surface_km is not None else stretch_pc,
    )


def passing_of(event: EventRecord, record: CycleRecord) -> Passing:
    """An event of a record as rules judge it."""
    return passing(
        miss_km=event.miss_km,
        surface_km=event.surface_km,
        miss_rtn_km=event.miss_rtn_km,
        miss_sigma_rtn_km=event.miss_sigma_rtn_km,
        b_plane=event.b_plane,
        probability=event.probability,
        to_tca_h=(event.tca - record.window.start) / HOUR_S,
        stretch_pc=None if (found := formation_of(event, record)) is None else found.most_pc,
    )


def formation_of(event: EventRecord, record: CycleRecord) -> StretchRecord | None:
    """The stretch of a formation for whose approaches an event stands; None where it stands for itself."""
    pair = record.pair_of(event.primary, event.secondary)
    stretches = (one for one in (pair.stretches if pair else ()) if one.kind == "in formation")
    return next((one for one in stretches if one.start + -EDGE_S <= event.tca <= one.stop + EDGE_S), None)


def bound_of(probability: ProbabilityRecord) -> PcBound | None:
    """The bound that a level may rest on where one covariance is missing.

    None where both are: the covariance behind that maximum is only one of many.
    """
    if probability.max_pc is None or probability.max_pc_missing in {None, "both"}:
        return None
    return PcBound(
        value=probability.max_pc, missing="primary" if probability.max_pc_missing == "primary" else "secondary"
    )


def _in_sigmas(value_km: float, sigma_km: float) -> float:
    if sigma_km > 0.0:
        return value_km / sigma_km
    return 0.0 if value_km == 0.0 else math.inf


def _b_plane_sigmas(plane: BPlaneRecord | None, radius_km: float) -> float | None:
    if plane is None or plane.covariance_km2 is None or plane.sigmas is None:
        return None
    if radius_km == 0.0:
        return plane.sigmas
    return disc_sigmas(plane.miss_xi_km, plane.miss_zeta_km, radius_km, plane.covariance_km2)


def disc_sigmas(xi_km: float, zeta_km: float, radius_km: float, covariance_km2: Matrix2) -> float:
    """How many sigmas the nearest point of a disc about the miss is from the origin; 0 where the origin lies in it.

    Least distance by a multiplier: the vector from that point to the centre of the disc is m_i / (1 + q s_i^2) along
    each axis of the covariance, with q such that it is as long as the radius; what is left of the miss is the point.

    Args:
        xi_km: Miss along the first axis of the plane.
        zeta_km: Miss along the second.
        radius_km: Radius of the disc.
        covariance_km2: Combined covariance in the plane, positive definite.
    """
    miss_km = math.hypot(xi_km, zeta_km)
    if miss_km <= radius_km:
        return 0.0
    (xx, xz), (_, zz) = covariance_km2
    turn_rad = 0.5 * math.atan2(2.0 * xz, xx - zz)
    cos, sin = math.cos(turn_rad), math.sin(turn_rad)
    along = (cos * xi_km + sin * zeta_km, -sin * xi_km + cos * zeta_km)
    mean, half = (xx + zz) / 2.0, math.hypot((xx - zz) / 2.0, xz)
    widths_km2 = (mean + half, mean - half)

    def longer_km(factor: float) -> float:
        return math.hypot(*(m / (1.0 + factor * s) for m, s in zip(along, widths_km2, strict=True))) - radius_km

    most = (miss_km / radius_km - 1.0) / min(widths_km2)
    factor = most if longer_km(most) >= 0.0 else float(brentq(longer_km, 0.0, most, xtol=1e-15 * most, rtol=1e-14))
    return math.sqrt(
        sum((m * factor * s / (1.0 + factor * s)) ** 2 / s for m, s in zip(along, widths_km2, strict=True))
    )
