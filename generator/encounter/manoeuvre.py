"""What an along-track manoeuvre would do to a close approach, by how long before it is made.

Two-body sensitivity: enough to compare lead times and sizes; a manoeuvre that is really planned is screened itself.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import spiceypy
from numpy.typing import NDArray

from generator.encounter.geometry import Encounter

FloatArray = NDArray[np.float64]

_STEP_KM_S: Final = 1e-6
"""Velocity step of the sensitivity: 1 mm/s, small beside any orbit's bend and large beside rounding."""


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

    The relative motion is straight near the encounter, so that only the displacement across it counts: the miss
    |m + p dv| is a quadratic in dv. None where a displacement across the relative motion cannot be made at this lead
    time; 0 where the miss is at the target already.

    Args:
        encounter: Both states at TCA.
        of_primary: Whether the primary manoeuvres, else the secondary.
        lead_s: Time between the manoeuvre and TCA.
        target_km: The miss distance wanted, centre to centre.
        gm_km3_s2: Gravitational parameter of the centre.
    """
    if encounter.miss_km >= target_km:
        return 0.0
    state = (
        (encounter.primary_position_km, encounter.primary_velocity_km_s)
        if of_primary
        else (encounter.secondary_position_km, encounter.secondary_velocity_km_s)
    )
    per_km_s = along_track_sensitivity_s(*state, lead_s, gm_km3_s2) * (-1.0 if of_primary else 1.0)
    along = encounter.relative_velocity_km_s / encounter.relative_speed_km_s
    across = per_km_s - (per_km_s @ along) * along
    miss = encounter.miss_vector_km - (encounter.miss_vector_km @ along) * along
    a, b, c = float(across @ across), float(across @ miss), float(miss @ miss) - target_km**2
    if a <= 0.0:
        return None
    root = math.sqrt(b * b - a * c)
    return min((-b + root) / a, (-b - root) / a, key=abs) * 1000.0
