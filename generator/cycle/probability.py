"""From an encounter and its covariances to the record of its probability of collision."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.encounter.pc import assess_probability
from nearpass.encounter.pc_case import covariance_plane, hbr_curve, sigma_curve
from nearpass.encounter.pc_encounter import PcInput
from nearpass.encounter.pc_result import ProbabilityResult
from nearpass.errors import InputError
from nearpass.reasons.probabilities import UnusableInput
from nearpass.record.record import MethodRecord, ProbabilityRecord

FloatArray = NDArray[np.float64]
Curve = tuple[tuple[float, float], ...]
Sensitivities = tuple[Curve, Curve, tuple[tuple[float, float, float], ...]]

SIGMA_FACTORS: Final = np.logspace(-1.5, 1.5, 31)
HBR_FACTORS: Final = np.array([0.25, 0.35, 0.5, 0.71, 1.0, 1.41, 2.0, 2.83, 4.0])
PLANE_FACTORS: Final = np.array([0.25, 0.5, 0.71, 1.0, 1.41, 2.0, 4.0])


def probability(given: PcInput) -> ProbabilityRecord:
    """Probability of collision by the ladder of methods, without the sensitivities."""
    try:
        return _record(assess_probability(given))
    except InputError:
        return _refused(UnusableInput(hbr_km=None if 0.0 < given.hbr_km < np.inf else given.hbr_km))


def sensitivities(given: PcInput) -> Sensitivities:
    """How Pc changes with all sigmas, with the hard-body radius, and with either object's sigmas.

    In the encounter plane, or where curved motion matters in the plane at the peak of the collision rate.

    Returns:
        (factor, Pc) of the sigmas, (factor, Pc) of the radius, (factor, factor, Pc) of primary and secondary; empty
        where there is nothing to scale.
    """
    if given.encounter.combined_km2 is None:
        return (), (), ()
    by_sigma = sigma_curve(given, SIGMA_FACTORS)
    by_radius = hbr_curve(given, given.hbr_km * HBR_FACTORS)
    plane = covariance_plane(given, PLANE_FACTORS)
    grid = [
        (float(a), float(b), float(plane[i, j]))
        for i, a in enumerate(PLANE_FACTORS)
        for j, b in enumerate(PLANE_FACTORS)
        if np.isfinite(plane[i, j])
    ]
    return _pairs(SIGMA_FACTORS, by_sigma), _pairs(HBR_FACTORS, by_radius), tuple(grid)


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
        max_pc_missing=result.missing if result.max_pc is not None else None,
        in_dilution=result.in_dilution,
        span_s=result.span_s,
        dilution=(),
        hbr_sensitivity=(),
        scale_plane=(),
    )


def _refused(reason: UnusableInput) -> ProbabilityRecord:
    return ProbabilityRecord(
        pc=None,
        method=None,
        why=(reason,),
        methods=(),
        mahalanobis_distance=None,
        max_pc=None,
        max_pc_scale=None,
        max_pc_missing=None,
        in_dilution=None,
        span_s=None,
        dilution=(),
        hbr_sensitivity=(),
        scale_plane=(),
    )
