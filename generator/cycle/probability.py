"""From an encounter and its covariances to the record of its probability of collision."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from generator.cycle.record import MethodRecord, ProbabilityRecord
from generator.encounter.geometry import Encounter
from generator.encounter.pc import EncounterInput, ProbabilityResult, assess_probability
from generator.encounter.pc2d import foster_pc, project
from generator.encounter.pc_sensitivity import pc_plane
from generator.encounter.uncertainty import StateCovariance
from generator.errors import InputError

FloatArray = NDArray[np.float64]
Covariances = tuple[StateCovariance | None, StateCovariance | None]

SIGMA_FACTORS: Final = np.logspace(-1.5, 1.5, 31)
HBR_FACTORS: Final = np.array([0.25, 0.35, 0.5, 0.71, 1.0, 1.41, 2.0, 2.83, 4.0])
PLANE_FACTORS: Final = np.array([0.25, 0.5, 0.71, 1.0, 1.41, 2.0, 4.0])


def probability(encounter: Encounter, covariances: Covariances, hbr_km: float, gm_km3_s2: float) -> ProbabilityRecord:
    """Probability of collision by the ladder of methods, without the sensitivities.

    Args:
        encounter: Both states at TCA.
        covariances: Of the primary and the secondary, None where there is none.
        hbr_km: Combined hard-body radius, or a body's radius.
        gm_km3_s2: Gravitational parameter of the centre.
    """
    first, second = covariances
    given = EncounterInput(
        primary_position_km=encounter.primary_position_km,
        primary_velocity_km_s=encounter.primary_velocity_km_s,
        secondary_position_km=encounter.secondary_position_km,
        secondary_velocity_km_s=encounter.secondary_velocity_km_s,
        primary_covariance=first.matrix if first else None,
        secondary_covariance=second.matrix if second else None,
        hbr_km=hbr_km,
        gm_km3_s2=gm_km3_s2,
    )
    try:
        return _record(assess_probability(given))
    except InputError as error:
        return _refused(str(error))


def sensitivities(
    encounter: Encounter, covariances: Covariances, hbr_km: float
) -> tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float], ...], tuple[tuple[float, float, float], ...]]:
    """How Pc in the encounter plane changes: with all sigmas, with the hard-body radius, with either object's sigmas.

    Args:
        encounter: Both states at TCA.
        covariances: Of both objects; without one of them there is nothing to scale.
        hbr_km: Combined hard-body radius.

    Returns:
        (factor, Pc) of the sigmas, (factor, Pc) of the radius, (factor, factor, Pc) of primary and secondary.
    """
    first, second = covariances
    if first is None or second is None or encounter.relative_speed_km_s == 0.0:
        return (), (), ()
    miss_km, velocity_km_s = encounter.miss_vector_km, encounter.relative_velocity_km_s
    own_km2 = first.matrix[:3, :3], second.matrix[:3, :3]
    combined_km2 = own_km2[0] + own_km2[1]
    by_sigma = _in_plane(miss_km, velocity_km_s, SIGMA_FACTORS[:, None, None] ** 2 * combined_km2, hbr_km)
    by_radius = _in_plane(miss_km, velocity_km_s, np.tile(combined_km2, (len(HBR_FACTORS), 1, 1)), hbr_km * HBR_FACTORS)
    plane = pc_plane(miss_km, velocity_km_s, *own_km2, hbr_km, PLANE_FACTORS)
    grid = [
        (float(a), float(b), float(plane[i, j]))
        for i, a in enumerate(PLANE_FACTORS)
        for j, b in enumerate(PLANE_FACTORS)
        if np.isfinite(plane[i, j])
    ]
    return _pairs(SIGMA_FACTORS, by_sigma), _pairs(HBR_FACTORS, by_radius), tuple(grid)


def _in_plane(
    miss_km: FloatArray, velocity_km_s: FloatArray, covariances_km2: FloatArray, hbr_km: float | FloatArray
) -> FloatArray:
    count = len(covariances_km2)
    planes = project(
        np.tile(miss_km, (count, 1)),
        np.tile(velocity_km_s, (count, 1)),
        covariances_km2,
        np.broadcast_to(hbr_km, (count,)).copy(),
    )
    return foster_pc(planes)


def _pairs(factors: FloatArray, values: FloatArray) -> tuple[tuple[float, float], ...]:
    return tuple((float(f), float(pc)) for f, pc in zip(factors, values, strict=True) if np.isfinite(pc))


def _record(result: ProbabilityResult) -> ProbabilityRecord:
    return ProbabilityRecord(
        pc=result.pc,
        method=result.method,
        why=result.why,
        methods=tuple(
            MethodRecord(name=name, pc=found.value, reason=found.reason) for name, found in result.methods.items()
        ),
        mahalanobis_distance=result.mahalanobis,
        max_pc=result.max_pc,
        max_pc_scale=result.max_pc_sigma_factor,
        in_dilution=result.in_dilution,
        dilution=(),
        hbr_sensitivity=(),
        scale_plane=(),
    )


def _refused(reason: str) -> ProbabilityRecord:
    return ProbabilityRecord(
        pc=None,
        method=None,
        why=reason,
        methods=(),
        mahalanobis_distance=None,
        max_pc=None,
        max_pc_scale=None,
        in_dilution=None,
        dilution=(),
        hbr_sensitivity=(),
        scale_plane=(),
    )
