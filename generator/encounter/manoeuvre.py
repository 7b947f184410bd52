"""What an along-track manoeuvre would do to a close approach, by how long before it is made.

Two-body sensitivity: enough to compare lead times and sizes; a manoeuvre that is really planned is screened itself.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import spiceypy
from numpy.typing import NDArray
from scipy.optimize import brentq

from nearpass.encounter.geometry import Encounter
from nearpass.encounter.pc import LEAST_PC
from nearpass.encounter.pc2d import EncounterPlanes, foster_pc, project

FloatArray = NDArray[np.float64]

_STEP_KM_S: Final = 1e-6
"""Velocity step of the sensitivity: 1 mm/s, small beside any orbit's bend and large beside rounding."""
_BEYOND: Final = 1.001  # of a bracket, so that its end lies clearly on the other side
_PRECISION: Final = 1e-12  # of a velocity change; the slope of log Pc is at most some hundreds per bracket


def along_track_sensitivity_s(
    position_km: FloatArray, velocity_km_s: FloatArray, lead_s: float, gm_km3_s2: float
) -> FloatArray:
    """Displacement at an instant per along-track velocity change made ``lead_s`` before it, ``(3,)`` in km per km/s.

    Central difference of two-body motion, propagated by CSPICE's prop2b.

    Args:
        position_km: Position at the instant, shape ``(3,)``.
        velocity_km_s: Velocity at the instant, shape ``(3,)``.
        lead_s: Time between the manoeuvre and the instant.
        gm_km3_s2: Gravitational parameter of the centre.
    """
    before = np.asarray(spiceypy.prop2b(gm_km3_s2, [*position_km, *velocity_km_s], -lead_s))
    along = before[3:] / np.linalg.norm(before[3:])
    moved = [
        np.asarray(spiceypy.prop2b(gm_km3_s2, [*before[:3], *(before[3:] + sign * _STEP_KM_S * along)], lead_s))[:3]
        for sign in (1.0, -1.0)
    ]
    return np.asarray((moved[0] - moved[1]) / (2.0 * _STEP_KM_S))


def delta_v_m_s(
    encounter: Encounter, *, of_primary: bool, lead_s: float, target_km: float, gm_km3_s2: float
) -> float | None:
    """Smallest along-track velocity change that brings the miss distance to a target, m/s, positive along the motion.

    None where a displacement across the relative motion cannot be made at this lead time; 0 where the miss is at the
    target already.

    Args:
        encounter: Both states at TCA.
        of_primary: Whether the primary manoeuvres, else the secondary.
        lead_s: Time between the manoeuvre and TCA.
        target_km: The miss distance wanted, centre to centre.
        gm_km3_s2: Gravitational parameter of the centre.
    """
    if encounter.miss_km >= target_km:
        return 0.0
    ends = _both_ways(encounter, _per_km_s(encounter, of_primary, lead_s, gm_km3_s2), target_km)
    return None if ends is None else min(ends, key=abs) * 1000.0


def delta_v_for_pc_m_s(
    encounter: Encounter,
    *,
    of_primary: bool,
    lead_s: float,
    target_pc: float,
    covariance_km2: FloatArray,
    hbr_km: float,
    gm_km3_s2: float,
) -> float | None:
    """Smallest along-track velocity change that lowers the encounter-plane Pc to a target, m/s, with its sign.

    The miss moves along a line in the encounter plane and the covariance is held. The probability of a disc under a
    Gaussian is log-concave along any line (Prékopa 1973, theorem 6), so that Pc reaches the target once on either side
    of a point above it; the nearer one counts. None where the miss cannot be moved at this lead time, or where the
    plane gives no probability; 0 where Pc is not above the target.

    Args:
        encounter: Both states at TCA.
        of_primary: Whether the primary manoeuvres, else the secondary.
        lead_s: Time between the manoeuvre and TCA.
        target_pc: The probability wanted, above 0 and below 1.
        covariance_km2: Sum of both position covariances, shape ``(3, 3)``, in the axes of the states.
        hbr_km: Combined hard-body radius.
        gm_km3_s2: Gravitational parameter of the centre.
    """

    def planes(shift_km: FloatArray) -> EncounterPlanes:
        miss_km = encounter.miss_vector_km + shift_km
        return project(miss_km, encounter.relative_velocity_km_s, covariance_km2[None], np.array([hbr_km]))

    here = planes(np.zeros(3))
    if not here.usable[0]:
        return None
    if foster_pc(here)[0] <= target_pc:
        return 0.0
    per_km_s = _per_km_s(encounter, of_primary, lead_s, gm_km3_s2)
    # A Gaussian lies farther than r from its centre with at most exp(-r^2 / (2 sigma^2)), sigma the larger one.
    clear_km = hbr_km + float(here.major_sigma_km[0]) * math.sqrt(-2.0 * math.log(target_pc))
    ends = _both_ways(encounter, per_km_s, _BEYOND * clear_km)
    if ends is None:
        return None

    def excess(delta_v_km_s: float) -> float:
        pc = float(foster_pc(planes(per_km_s * delta_v_km_s))[0])
        return math.log(max(pc, LEAST_PC)) - math.log(target_pc)  # nearly a parabola, on which Brent's method is quick

    roots = [brentq(excess, 0.0, end, xtol=_PRECISION * abs(end), rtol=_PRECISION) for end in ends]
    return float(min(roots, key=abs)) * 1000.0


def _per_km_s(encounter: Encounter, of_primary: bool, lead_s: float, gm_km3_s2: float) -> FloatArray:
    """How the miss vector moves per along-track velocity change, ``(3,)`` in km per km/s."""
    state = encounter.primary if of_primary else encounter.secondary
    moved = along_track_sensitivity_s(state.position_km, state.velocity_km_s, lead_s, gm_km3_s2)
    return moved * (-1.0 if of_primary else 1.0)


def _both_ways(encounter: Encounter, per_km_s: FloatArray, target_km: float) -> tuple[float, float] | None:
    """Velocity changes in km/s, one on either side, at which a miss below a target is at it; None if it cannot move.

    The relative motion is straight near the encounter, so that only the displacement across it counts: the miss
    |m + p dv| is a quadratic in dv.
    """
    along = encounter.relative_velocity_km_s / encounter.relative_speed_km_s
    across = per_km_s - (per_km_s @ along) * along
    miss = encounter.miss_vector_km - (encounter.miss_vector_km @ along) * along
    a, b, c = float(across @ across), float(across @ miss), float(miss @ miss) - target_km**2
    if a <= 0.0:
        return None
    root = math.sqrt(b * b - a * c)
    return (-b + root) / a, (-b - root) / a
