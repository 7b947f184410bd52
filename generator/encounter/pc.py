"""Probability of collision by the method that is valid for the encounter, and why that one.

The ladder: the encounter plane first; where the encounter is too long, too far from its TCA or too curved for it, the
expected number of collisions in three dimensions; Monte Carlo on request, where that finds no peak, or for objects at
rest relative to each other. A method that cannot answer says why.

A collision is an entry into the hard-body sphere within the span. Objects that are already inside it when the span
begins are not counted (Alfano 2009 counts them in his case 9, Hall 2021 and CARA's rerun do not). The expected number
counts them when they come back. Objects at rest relative to each other may well be in contact from the start: there the
entries are simulated, and those of such pairs left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from nearpass.encounter.equinoctial import Orbit
from nearpass.encounter.pc2d import EncounterPlanes, contour_pc, foster_pc
from nearpass.encounter.pc3d import Expected, nc_2d, nc_3d, whole_span
from nearpass.encounter.pc_case import Case, case_of, curved_planes
from nearpass.encounter.pc_encounter import (
    PcInput,
    check,
    true_tca,
)
from nearpass.encounter.pc_monte_carlo import FirstEntries, MonteCarlo, first_entries, monte_carlo
from nearpass.encounter.pc_one_sided import without_covariance
from nearpass.encounter.pc_result import (
    FOSTER,
    MONTE_CARLO,
    NC_2D,
    NC_3D,
    PATERA,
    MethodValue,
    ProbabilityResult,
)
from nearpass.encounter.pc_sensitivity import (
    MaximumPc,
    maximum_pc,
)
from nearpass.encounter.pc_span import expected_over_span, one_passage, over_span
from nearpass.reasons.probabilities import (
    EntriesSimulated,
    ExpectedNumber,
    MethodReason,
    NoValue,
    PcReasons,
    PlaneHolds,
    QuadraturesDiffer,
    Simulated,
    SpanBeyond,
    TooLong,
)

FloatArray = NDArray[np.float64]

AGREEMENT: Final = 1e-6  # between the two quadratures, relative
LEAST_PC: Final = 1e-300  # below it a probability is 0 for any purpose
SLOW_SHARE: Final = 0.005  # of the period: a rate at least this wide cannot slip between the nodes of the whole span
ENTRY_TRIALS: Final = 4000
LAST_RESORT_TRIALS: Final = 100_000
SIMULATED_WIDTHS: Final = 4.0
MOST_SCALING: Final = float(np.log(3.0))  # of sigma, either way, in the search for the maximum over a long span


def assess_probability(
    given: PcInput,
    *,
    every_method: bool = False,
    maximum: bool = True,
    trials: int | None = None,
    seed: int = 1,
) -> ProbabilityResult:
    """Probability of collision of one encounter by the ladder of methods.

    Args:
        given: States, covariances and hard-body radius.
        every_method: Whether to compute the methods that the ladder does not need as well.
        maximum: Whether to look for the largest probability over sigmas; over a long span that takes several times as
            long as the probability itself. Without it the three values that tell of it are None.
        trials: Pairs of a Monte Carlo simulation beside the other methods; None: only if nothing else can answer.
        seed: Of the simulation and of the share of first entries.

    Raises:
        InputError: for a hard-body radius that is not positive, or values that are not finite.
    """
    check(given)
    tca = true_tca(given.encounter)
    covariance_km2 = given.encounter.combined_km2
    if covariance_km2 is None:
        return without_covariance(given, tca)
    case = case_of(given, covariance_km2)
    methods = _plane_methods(case.planes)
    beyond = _beyond_the_plane(given, case)
    holds = methods[FOSTER].value is not None and not case.usage.violations and beyond is None
    expected: Expected | None = None
    firsts: FirstEntries | None = None
    if holds and not every_method:
        methods |= _nothing(NoValue(rule="not_needed"), NC_2D, NC_3D)
    elif case.orbits is None:
        methods |= _nothing(case.refusal, NC_2D, NC_3D)
    else:
        methods[NC_2D] = _nc_2d(case.orbits, given, case)
        expected, firsts, methods[NC_3D] = _nc_3d(case.orbits, given, case, seed)
    # Zero relative speed needs no simulation: the expected number answers.
    stuck = not holds and methods[NC_3D].value is None
    simulated = _simulated(given, case, expected, trials or (LAST_RESORT_TRIALS if stuck else None), seed)
    methods[MONTE_CARLO] = MethodValue(
        value=simulated.pc if simulated else None,
        reason=None if simulated else case.refusal if trials else NoValue(rule="not_asked"),
    )
    if not case.planes.moving[0] and expected is not None and firsts is not None:
        methods[MONTE_CARLO] = MethodValue(value=min(1.0, expected.number * firsts.apart))
    method, why = _choose(methods, case, firsts, beyond)
    largest = _maximum(method, methods[NC_3D].value, given, case, expected) if maximum else None
    return ProbabilityResult(
        pc=methods[method].value if method else None,
        method=method,
        why=why,
        methods=MappingProxyType(methods),
        tca=tca,
        relative_speed_km_s=given.encounter.relative_speed_km_s,
        mahalanobis=_mahalanobis(tca.miss_vector_km, covariance_km2),
        covariance_clipped=bool(case.planes.clipped[0]),
        short_encounter=case.bounds,
        usage=case.usage,
        expected=expected,
        first_entries=firsts,
        monte_carlo=simulated,
        span_s=_counted(method, given, case, expected, simulated),
        missing=None,
        max_pc=largest.pc if largest else None,
        max_pc_sigma_factor=largest.sigma_factor if largest else None,
        in_dilution=largest.in_dilution if largest else None,
    )


def _nothing(reason: MethodReason | None, *names: str) -> dict[str, MethodValue]:
    return {name: MethodValue(value=None, reason=reason) for name in names}


def _plane_methods(planes: EncounterPlanes) -> dict[str, MethodValue]:
    """Both quadratures in the encounter plane, or why they refuse."""
    if not planes.moving[0]:
        reason: MethodReason = NoValue(rule="no_relative_motion")
    elif not planes.definite[0]:
        reason = NoValue(rule="covariance_indefinite")
    else:
        foster, patera = float(foster_pc(planes)[0]), float(contour_pc(planes)[0])
        if np.isnan(patera):
            return {
                FOSTER: MethodValue(value=foster),
                PATERA: MethodValue(value=None, reason=NoValue(rule="sphere_unresolved")),
            }
        if foster < LEAST_PC or abs(foster - patera) <= AGREEMENT * foster:
            return {FOSTER: MethodValue(value=foster), PATERA: MethodValue(value=patera)}
        reason = QuadraturesDiffer(foster=foster, patera=patera)
    return {name: MethodValue(value=None, reason=reason) for name in (FOSTER, PATERA)}


def _nc_2d(orbits: tuple[Orbit, Orbit], given: PcInput, case: Case) -> MethodValue:
    if case.peak is None:
        return MethodValue(value=None, reason=NoValue(rule="no_single_peak"))
    if case.usage.extended > 0.05:  # CARA's cut-off for this method
        return MethodValue(value=None, reason=TooLong(rule="lasts_long", revolutions=case.usage.extended))
    value = nc_2d(*orbits, given.hbr_km, case.peak)
    if value is None:
        return MethodValue(value=None, reason=NoValue(rule="rate_is_no_bell"))
    return MethodValue(value=min(1.0, value))


def _nc_3d(
    orbits: tuple[Orbit, Orbit], given: PcInput, case: Case, seed: int
) -> tuple[Expected | None, FirstEntries | None, MethodValue]:
    """Expected number, and where the span is long the share of it that are first entries."""
    if given.span_s is not None and not one_passage(case.period_s, given.span_s):
        found = over_span(*orbits, given.hbr_km, given.span_s, seed=seed)
        whole = Expected(number=found.expected, start_s=given.span_s[0], stop_s=given.span_s[1], whole_span=True)
        share = found.pc / found.expected if found.expected > 0.0 else 1.0
        error = found.standard_error / found.expected if found.expected > 0.0 else 0.0
        firsts = FirstEntries(share=share, standard_error=error, apart=share, apart_error=error)
        return whole, firsts, MethodValue(value=found.pc)
    slow = case.straight is None or case.straight.sigma_s > SLOW_SHARE * min(one.period_s for one in orbits)
    if case.peak is None and not slow:
        return None, None, MethodValue(value=None, reason=NoValue(rule="no_peak"))
    expected = nc_3d(*orbits, given.hbr_km, case.peak, given.span_s)
    if not expected.whole_span or expected.number <= 0.0:
        return expected, None, MethodValue(value=min(1.0, expected.number))
    trials = ENTRY_TRIALS if case.planes.moving[0] else LAST_RESORT_TRIALS
    firsts = first_entries(*orbits, given.hbr_km, (expected.start_s, expected.stop_s), trials=trials, seed=seed)
    return expected, firsts, MethodValue(value=min(1.0, expected.number * firsts.share))


def _beyond_the_plane(given: PcInput, case: Case) -> SpanBeyond | None:
    """Why the encounter plane does not count what was asked for: it counts one whole passage, no more and no less."""
    if given.span_s is None:
        return None
    start_s, stop_s = given.span_s
    if not one_passage(case.period_s, given.span_s):
        return SpanBeyond(rule="span_holds_more", start_s=start_s, stop_s=stop_s)
    if case.bounds is None or start_s > case.bounds.start_s or stop_s < case.bounds.stop_s:
        return SpanBeyond(rule="span_cuts_encounter", start_s=start_s, stop_s=stop_s)
    return None


def _simulated(
    given: PcInput, case: Case, expected: Expected | None, trials: int | None, seed: int
) -> MonteCarlo | None:
    """A simulation over the span of the expected number, else of the short encounter several times over."""
    if trials is None or case.orbits is None:
        return None
    start_s, stop_s = given.span_s or whole_span(*case.orbits)
    if expected is not None:
        start_s, stop_s = expected.start_s, expected.stop_s
    elif given.span_s is None and case.bounds is not None:
        half_s = SIMULATED_WIDTHS * case.bounds.validity_s
        start_s, stop_s = max(start_s, -half_s), min(stop_s, half_s)
    return monte_carlo(*case.orbits, given.hbr_km, (start_s, stop_s), trials=trials, seed=seed)


def _choose(
    methods: Mapping[str, MethodValue], case: Case, firsts: FirstEntries | None, beyond: SpanBeyond | None
) -> tuple[str | None, PcReasons]:
    """The method to report, and why."""
    plane, solid, simulation = methods[FOSTER], methods[NC_3D], methods[MONTE_CARLO]
    if plane.value is not None and not case.usage.violations and beyond is None:
        return FOSTER, (PlaneHolds(clipped=bool(case.planes.clipped[0]), unjudged=case.refusal),)
    problem: PcReasons = case.usage.violations if plane.value is not None else _given(plane)
    problem = problem if beyond is None else (*problem, beyond)
    if not case.planes.moving[0] and firsts and simulation.value is not None:
        return MONTE_CARLO, (*problem, EntriesSimulated(in_contact=1.0 - firsts.apart))
    if solid.value is not None:
        returning = 1.0 - firsts.share if firsts and firsts.share < 1.0 else None
        return NC_3D, (*problem, ExpectedNumber(returning=returning))
    if simulation.value is not None:
        return MONTE_CARLO, (*problem, *_given(solid), Simulated())
    return None, (*problem, *_given(solid))


def _given(value: MethodValue) -> PcReasons:
    return () if value.reason is None else (value.reason,)


def _counted(
    method: str | None, given: PcInput, case: Case, expected: Expected | None, simulated: MonteCarlo | None
) -> tuple[float, float] | None:
    """The time in which the chosen method counts a collision, seconds from the nominal TCA; None without a method."""
    if given.span_s is not None and method is not None:
        return given.span_s
    if method == NC_3D and expected is not None:
        return expected.start_s, expected.stop_s
    if method == MONTE_CARLO and simulated is not None:
        return simulated.start_s, simulated.stop_s
    if method == MONTE_CARLO and expected is not None:
        return expected.start_s, expected.stop_s
    return (case.bounds.start_s, case.bounds.stop_s) if method == FOSTER and case.bounds is not None else None


def _maximum(
    method: str | None, own: float | None, given: PcInput, case: Case, expected: Expected | None
) -> MaximumPc | None:
    """Maximum over a common factor on all sigmas, by the method that holds.

    Along curved orbits the peak overlap does not move when both covariances are scaled alike: the plane there scales
    as the one at TCA does. Over a long span the expected number itself is maximised, near the covariance given: far
    from it the scaling means little, and each value costs a whole span.
    """
    if method in (FOSTER, None) or own is None or case.orbits is None or expected is None:
        return maximum_pc(case.planes)
    if not expected.whole_span and case.peak is not None:
        return maximum_pc(curved_planes(case.orbits, case.peak, given.hbr_km))
    first, second = case.orbits
    span_s = expected.start_s, expected.stop_s

    def number(logarithm: float, *, coarse: bool = True) -> float:
        squared = np.exp(2.0 * logarithm)
        pair = (
            replace(first, covariance=first.covariance * squared),
            replace(second, covariance=second.covariance * squared),
        )
        if not one_passage(case.period_s, span_s):
            return expected_over_span(*pair, given.hbr_km, span_s, coarse=coarse)
        return nc_3d(*pair, given.hbr_km, None, span_s, coarse=coarse).number

    found = minimize_scalar(
        lambda x: -number(x),
        bounds=(-MOST_SCALING, MOST_SCALING),
        method="bounded",
        options={"xatol": 0.1, "maxiter": 6},
    )
    best = min(1.0, number(float(found.x), coarse=False))
    return (
        MaximumPc(pc=best, sigma_factor=float(np.exp(found.x))) if best > own else MaximumPc(pc=own, sigma_factor=1.0)
    )


def _mahalanobis(miss_km: FloatArray, covariance_km2: FloatArray) -> float | None:
    """Miss in sigmas of the combined position covariance; None where that is not positive definite, or to no digit."""
    if np.linalg.eigvalsh(covariance_km2)[0] <= 0.0:
        return None
    try:
        squared = float(miss_km @ np.linalg.solve(covariance_km2, miss_km))
    except np.linalg.LinAlgError:
        return None
    return float(np.sqrt(squared)) if squared >= 0.0 else None
