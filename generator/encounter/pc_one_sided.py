"""What can be said of the probability where a covariance is missing: nothing but the most that it can be."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from nearpass.encounter.geometry import Encounter
from nearpass.encounter.pc2d import project
from nearpass.encounter.pc_encounter import PcInput, dynamic_period_s
from nearpass.encounter.pc_result import (
    FOSTER,
    MONTE_CARLO,
    NC_2D,
    NC_3D,
    PATERA,
    MethodValue,
    Missing,
    ProbabilityResult,
)
from nearpass.encounter.pc_sensitivity import maximum_pc_of_one, maximum_pc_without_covariance
from nearpass.encounter.pc_validity import ShortEncounter, Usage, short_encounter, straight_peak, usage
from nearpass.reasons.probabilities import MethodReason, NoBound, NoOrbit, NoValue, PcReasons

FloatArray = NDArray[np.float64]


def without_covariance(given: PcInput, tca: Encounter) -> ProbabilityResult:
    """No probability, and what it can be at most whatever the missing covariance is."""
    primary = given.encounter.primary.covariance
    known = primary or given.encounter.secondary.covariance
    largest, judged, short = None, None, None
    if known is None:
        missing: Missing = "both"
        reason: MethodReason = NoValue(rule="no_covariance")
        largest = maximum_pc_without_covariance(tca.miss_km, given.hbr_km)
    else:
        missing = "primary" if primary is None else "secondary"
        reason = NoOrbit(rule="covariance_missing", which=missing)
        largest, judged, short = _bound(given, known.matrix[:3, :3])
    violations = judged.violations if judged is not None else ()
    why: PcReasons = (reason, NoBound(), *violations) if violations else (reason,)
    names = (FOSTER, PATERA, NC_2D, NC_3D, MONTE_CARLO)
    return ProbabilityResult(
        pc=None,
        method=None,
        why=why,
        methods=MappingProxyType({name: MethodValue(value=None, reason=reason) for name in names}),
        tca=tca,
        relative_speed_km_s=given.encounter.relative_speed_km_s,
        mahalanobis=None,
        covariance_clipped=False,
        short_encounter=short,
        usage=judged,
        expected=None,
        first_entries=None,
        monte_carlo=None,
        span_s=None,
        missing=missing,
        max_pc=largest,
        max_pc_sigma_factor=None,
        in_dilution=None,
    )


def _bound(given: PcInput, covariance_km2: FloatArray) -> tuple[float | None, Usage | None, ShortEncounter | None]:
    """The largest probability beside one known covariance; None where the encounter plane does not hold with it.

    The plane knows positions at one instant. In a slow encounter the other's unknown velocity acts as well, and then
    more may meet than any covariance in the plane allows, nearly all pairs where the sphere is wider than the sigmas.
    """
    states = given.encounter.miss_vector_km, given.encounter.relative_velocity_km_s
    planes = project(states[0][None], states[1][None], covariance_km2[None], np.array([given.hbr_km]))
    found = usage(straight_peak(*states, covariance_km2), None, dynamic_period_s(given.encounter), judged=False)
    largest = None if found.violations else maximum_pc_of_one(planes)
    return largest, found, short_encounter(*states, covariance_km2, given.hbr_km)
