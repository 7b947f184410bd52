"""Probability of collision by the method that is valid for the encounter, and why that one.

The ladder: the encounter plane first; where the encounter is too long, too far from its TCA or too curved for it, the
expected number of collisions in three dimensions; Monte Carlo on request, or where that finds no peak. A method that
cannot answer says why.

A collision is an entry into the hard-body sphere within the span. Objects that are already inside it when the span begins
are not counted (Alfano 2009 counts them in his case 9, Hall 2021 and CARA's rerun do not).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from generator.encounter.equinoctial import Orbit, orbit
from generator.encounter.pc2d import EncounterPlanes, contour_pc, foster_pc, project
from generator.encounter.pc3d import Expected, Peak, find_peak, flux, nc_2d, nc_3d, overlap, whole_span
from generator.encounter.pc_monte_carlo import FirstEntries, MonteCarlo, first_entries, monte_carlo
from generator.encounter.pc_sensitivity import MaximumPc, maximum_pc, maximum_pc_without_covariance
from generator.encounter.pc_validity import ShortEncounter, Usage, short_encounter, straight_peak, usage
from generator.errors import InputError

FloatArray = NDArray[np.float64]

FOSTER: Final = "FOSTER-1992"  # the first two as in the CCSDS register of CDM methods (SANA)
PATERA: Final = "PATERA-2001"
NC_2D: Final = "HALL-2021-2D-NC"  # not in the register
NC_3D: Final = "HALL-2021-3D-NC"
MONTE_CARLO: Final = "MONTE-CARLO"

AGREEMENT: Final = 1e-6  # between the two quadratures, relative
LEAST_PC: Final = 1e-300  # below it a probability is 0 for any purpose
MOST_SHIFT_PERIODS: Final = 0.02  # to the true TCA; farther away the states belong to another encounter
SLOW_SHARE: Final = 0.005  # of the period: a rate at least this wide cannot slip between the nodes of the whole span
MOST_INDEFINITE: Final = 1e-3  # most negative eigenvalue of a 6x6 correlation that rounding may explain
ENTRY_TRIALS: Final = 4000
LAST_RESORT_TRIALS: Final = 100_000
SIMULATED_WIDTHS: Final = 4.0
MOST_SCALING: Final = float(np.log(10.0))  # of sigma, either way, in the search for the maximum over a long span


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EncounterInput:
    """Two states at a nominal TCA about one body, ICRF axes, km and km/s, with their covariances ``(6, 6)`` or None.

    ``span_s`` is the time in which a collision counts, seconds from the nominal TCA; None for the encounter itself, at
    most half a revolution on either side.
    """

    primary_position_km: FloatArray
    primary_velocity_km_s: FloatArray
    secondary_position_km: FloatArray
    secondary_velocity_km_s: FloatArray
    primary_covariance: FloatArray | None
    secondary_covariance: FloatArray | None
    hbr_km: float
    gm_km3_s2: float
    span_s: tuple[float, float] | None = None

    @property
    def miss_vector_km(self) -> FloatArray:
        """From the primary to the secondary at the nominal TCA."""
        return np.asarray(self.secondary_position_km - self.primary_position_km)

    @property
    def relative_velocity_km_s(self) -> FloatArray:
        """Of the secondary as seen from the primary."""
        return np.asarray(self.secondary_velocity_km_s - self.primary_velocity_km_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodValue:
    """What one method gives: a value, or None and the reason."""

    value: float | None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrueTca:
    """The states moved by two-body motion to where the distance is least, ``offset_s`` from the nominal TCA."""

    offset_s: float
    primary_position_km: FloatArray
    primary_velocity_km_s: FloatArray
    secondary_position_km: FloatArray
    secondary_velocity_km_s: FloatArray

    @property
    def miss_km(self) -> float:
        """Least distance."""
        return float(np.linalg.norm(self.secondary_position_km - self.primary_position_km))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProbabilityResult:
    """Probability of collision, the method and the reason for it, and what every method gives.

    Absent values are None: ``pc`` where no valid method can answer (``why`` then says so), ``mahalanobis``, ``usage`` and
    ``in_dilution`` without covariances, ``short_encounter`` without relative motion.
    """

    pc: float | None
    method: str | None
    why: str
    methods: Mapping[str, MethodValue]
    tca: TrueTca
    relative_speed_km_s: float
    mahalanobis: float | None
    covariance_clipped: bool
    short_encounter: ShortEncounter | None
    usage: Usage | None
    expected: Expected | None
    first_entries: FirstEntries | None
    monte_carlo: MonteCarlo | None
    max_pc: float | None
    max_pc_sigma_factor: float | None
    in_dilution: bool | None


def assess_probability(
    given: EncounterInput, *, every_method: bool = False, trials: int | None = None, seed: int = 1
) -> ProbabilityResult:
    """Probability of collision of one encounter by the ladder of methods.

    Args:
        given: States, covariances and hard-body radius.
        every_method: Whether to compute the methods that the ladder does not need as well.
        trials: Pairs of a Monte Carlo simulation beside the other methods; None for none unless nothing else can answer.
        seed: Of the simulation and of the share of first entries.

    Raises:
        InputError: for a hard-body radius that is not positive, or values that are not finite.
    """
    _check(given)
    tca = true_tca(given)
    if given.primary_covariance is None or given.secondary_covariance is None:
        return _without_covariance(given, tca)
    covariance_km2 = given.primary_covariance[:3, :3] + given.secondary_covariance[:3, :3]
    planes = project(
        given.miss_vector_km[None], given.relative_velocity_km_s[None], covariance_km2[None], np.array([given.hbr_km])
    )
    methods = _plane_methods(planes)
    orbits, refusal = _orbits(given)
    peak = find_peak(*orbits, given.hbr_km) if orbits else None
    straight = straight_peak(given.miss_vector_km, given.relative_velocity_km_s, covariance_km2)
    period_s = min(one.period_s for one in orbits) if orbits else _dynamic_period_s(given)
    figures = usage(straight, peak, period_s, judged=orbits is not None)
    bounds = short_encounter(given.miss_vector_km, given.relative_velocity_km_s, covariance_km2, given.hbr_km)
    plane_holds = methods[FOSTER].value is not None and not figures.violations
    expected: Expected | None = None
    firsts: FirstEntries | None = None
    simulated: MonteCarlo | None = None
    if plane_holds and not every_method:
        methods |= {
            name: MethodValue(value=None, reason="not needed: the encounter plane holds") for name in (NC_2D, NC_3D)
        }
    elif orbits is None:
        methods |= {name: MethodValue(value=None, reason=refusal) for name in (NC_2D, NC_3D)}
    else:
        methods[NC_2D] = _nc_2d(orbits, given, peak, figures)
        expected, firsts, methods[NC_3D] = _nc_3d(orbits, given, peak, straight, seed)
    wanted = trials
    if (
        wanted is None
        and orbits
        and not plane_holds
        and methods[NC_3D].value is None
        and methods[FOSTER].value is not None
    ):
        wanted = LAST_RESORT_TRIALS
    if wanted is not None and orbits:
        span_s = (expected.start_s, expected.stop_s) if expected else _simulated_span(orbits, given, bounds)
        simulated = monte_carlo(*orbits, given.hbr_km, span_s, trials=wanted, seed=seed)
        methods[MONTE_CARLO] = MethodValue(value=simulated.pc)
    else:
        methods[MONTE_CARLO] = MethodValue(value=None, reason=refusal if wanted else "not asked for")
    method, why = _choose(methods, figures, planes, firsts)
    if method == FOSTER and refusal:
        why += f"; the effect of curvature was not judged: {refusal}"
    largest = _maximum(method, methods, planes, orbits, given, peak, expected)
    return ProbabilityResult(
        pc=methods[method].value if method else None,
        method=method,
        why=why,
        methods=MappingProxyType(methods),
        tca=tca,
        relative_speed_km_s=float(np.linalg.norm(given.relative_velocity_km_s)),
        mahalanobis=_mahalanobis(tca, covariance_km2),
        covariance_clipped=bool(planes.clipped[0]),
        short_encounter=bounds,
        usage=figures,
        expected=expected,
        first_entries=firsts,
        monte_carlo=simulated,
        max_pc=largest.pc if largest else None,
        max_pc_sigma_factor=largest.sigma_factor if largest else None,
        in_dilution=largest.in_dilution if largest else None,
    )


def true_tca(given: EncounterInput) -> TrueTca:
    """States moved to the least distance near the nominal TCA; left where they are if there is none nearby.

    Newton iteration on the rate of the distance, two-body motion; straight motion for an orbit that is not closed. The
    covariances stay those of the nominal TCA: between a time rounded to a millisecond and the true one they do not change.
    """
    none = np.zeros((6, 6))
    stay = TrueTca(
        offset_s=0.0,
        primary_position_km=given.primary_position_km,
        primary_velocity_km_s=given.primary_velocity_km_s,
        secondary_position_km=given.secondary_position_km,
        secondary_velocity_km_s=given.secondary_velocity_km_s,
    )
    if not given.relative_velocity_km_s.any():
        return stay
    try:
        pair = (
            orbit(given.primary_position_km, given.primary_velocity_km_s, none, given.gm_km3_s2),
            orbit(given.secondary_position_km, given.secondary_velocity_km_s, none, given.gm_km3_s2),
        )
    except InputError:
        speed2 = float(given.relative_velocity_km_s @ given.relative_velocity_km_s)
        offset_s = -float(given.miss_vector_km @ given.relative_velocity_km_s) / speed2
        if abs(offset_s) > MOST_SHIFT_PERIODS * _dynamic_period_s(given):
            return stay
        return TrueTca(
            offset_s=offset_s,
            primary_position_km=given.primary_position_km + offset_s * given.primary_velocity_km_s,
            primary_velocity_km_s=given.primary_velocity_km_s,
            secondary_position_km=given.secondary_position_km + offset_s * given.secondary_velocity_km_s,
            secondary_velocity_km_s=given.secondary_velocity_km_s,
        )
    offset_s = 0.0
    for _ in range(20):
        (one_km, one_km_s), (two_km, two_km_s) = (one.states(one.mean[None], offset_s) for one in pair)
        apart, velocity = (two_km - one_km)[0], (two_km_s - one_km_s)[0]
        pull = given.gm_km3_s2 * (one_km[0] / np.linalg.norm(one_km) ** 3 - two_km[0] / np.linalg.norm(two_km) ** 3)
        rising = float(velocity @ velocity + apart @ pull)
        step_s = -float(apart @ velocity) / rising if rising > 0.0 else np.inf
        if abs(offset_s + step_s) > MOST_SHIFT_PERIODS * min(one.period_s for one in pair):
            return stay
        offset_s += step_s
        if abs(step_s) < 1e-9:
            break
    return TrueTca(
        offset_s=offset_s,
        primary_position_km=one_km[0],
        primary_velocity_km_s=one_km_s[0],
        secondary_position_km=two_km[0],
        secondary_velocity_km_s=two_km_s[0],
    )


def _check(given: EncounterInput) -> None:
    if not given.hbr_km > 0.0:
        raise InputError("the hard-body radius must be positive", value=f"{given.hbr_km} km")
    if not given.gm_km3_s2 > 0.0:
        raise InputError("the gravitational parameter must be positive", value=given.gm_km3_s2)
    for name in ("miss_vector_km", "relative_velocity_km_s", "primary_covariance", "secondary_covariance"):
        values = getattr(given, name)
        if values is not None and not np.isfinite(values).all():
            raise InputError("states and covariances must be finite", value=name)


def _without_covariance(given: EncounterInput, tca: TrueTca) -> ProbabilityResult:
    both = given.primary_covariance is None and given.secondary_covariance is None
    reason = "neither object has a covariance" if both else "only one object has a covariance"
    names = (FOSTER, PATERA, NC_2D, NC_3D, MONTE_CARLO)
    return ProbabilityResult(
        pc=None,
        method=None,
        why=f"no probability: {reason}",
        methods=MappingProxyType({name: MethodValue(value=None, reason=reason) for name in names}),
        tca=tca,
        relative_speed_km_s=float(np.linalg.norm(given.relative_velocity_km_s)),
        mahalanobis=None,
        covariance_clipped=False,
        short_encounter=None,
        usage=None,
        expected=None,
        first_entries=None,
        monte_carlo=None,
        max_pc=maximum_pc_without_covariance(tca.miss_km, given.hbr_km) if both else None,
        max_pc_sigma_factor=None,
        in_dilution=None,
    )


def _plane_methods(planes: EncounterPlanes) -> dict[str, MethodValue]:
    """Both quadratures in the encounter plane, or why they refuse."""
    if not planes.moving[0]:
        reason = "the objects do not move relative to each other: there is no encounter plane"
    elif not planes.definite[0]:
        reason = "the combined covariance is not positive definite, by more than ten hard-body radii"
    else:
        foster, patera = float(foster_pc(planes)[0]), float(contour_pc(planes)[0])
        if np.isnan(patera):
            return {
                FOSTER: MethodValue(value=foster),
                PATERA: MethodValue(
                    value=None, reason="the hard-body sphere is too large against sigma to be resolved"
                ),
            }
        if foster < LEAST_PC or abs(foster - patera) <= AGREEMENT * foster:
            return {FOSTER: MethodValue(value=foster), PATERA: MethodValue(value=patera)}
        reason = f"two quadratures of the encounter plane differ: {foster:.6e} and {patera:.6e}"
    return {name: MethodValue(value=None, reason=reason) for name in (FOSTER, PATERA)}


def _orbits(given: EncounterInput) -> tuple[tuple[Orbit, Orbit] | None, str | None]:
    """Both orbits with uncertain elements, or why there are none."""
    pair = []
    for name, position_km, velocity_km_s, covariance in (
        ("primary", given.primary_position_km, given.primary_velocity_km_s, given.primary_covariance),
        ("secondary", given.secondary_position_km, given.secondary_velocity_km_s, given.secondary_covariance),
    ):
        assert covariance is not None  # noqa: S101  # the caller has both; for the type checker
        if not (np.diag(covariance)[3:] > 0.0).all():
            return None, f"the covariance of the {name} says nothing of its velocity"
        scale = np.sqrt(np.maximum(np.diag(covariance), np.finfo(float).tiny))
        if np.linalg.eigvalsh(covariance / np.outer(scale, scale))[0] < -MOST_INDEFINITE:
            return None, f"the covariance of the {name} is not positive definite"
        try:
            pair.append(orbit(position_km, velocity_km_s, covariance, given.gm_km3_s2))
        except InputError as error:
            return None, f"{name}: {error}"
    return (pair[0], pair[1]), None


def _nc_2d(orbits: tuple[Orbit, Orbit], given: EncounterInput, peak: Peak | None, figures: Usage) -> MethodValue:
    if peak is None:
        return MethodValue(value=None, reason="the collision rate has no single peak near the TCA")
    if figures.extended > 0.05:  # CARA's cut-off for this method
        return MethodValue(value=None, reason=f"the encounter lasts {figures.extended:.3g} of a revolution")
    value = nc_2d(*orbits, given.hbr_km, peak)
    if value is None:
        return MethodValue(value=None, reason="the collision rate is not a bell in time at every point of the sphere")
    return MethodValue(value=min(1.0, value))


def _nc_3d(
    orbits: tuple[Orbit, Orbit], given: EncounterInput, peak: Peak | None, straight: Peak | None, seed: int
) -> tuple[Expected | None, FirstEntries | None, MethodValue]:
    """Expected number, and where the span is long the share of it that are first entries."""
    slow = straight is None or straight.sigma_s > SLOW_SHARE * min(one.period_s for one in orbits)
    if peak is None and not slow:
        return None, None, MethodValue(value=None, reason="no peak of the collision rate was found")
    expected = nc_3d(*orbits, given.hbr_km, peak, given.span_s)
    if not expected.whole_span or expected.number <= 0.0:
        return expected, None, MethodValue(value=min(1.0, expected.number))
    firsts = first_entries(*orbits, given.hbr_km, (expected.start_s, expected.stop_s), trials=ENTRY_TRIALS, seed=seed)
    return expected, firsts, MethodValue(value=min(1.0, expected.number * firsts.share))


def _choose(
    methods: Mapping[str, MethodValue], figures: Usage, planes: EncounterPlanes, firsts: FirstEntries | None
) -> tuple[str | None, str]:
    """The method to report, and why, in words."""
    plane = methods[FOSTER]
    if plane.value is not None and not figures.violations:
        clipped = "; a covariance that was not positive definite was clipped" if planes.clipped[0] else ""
        return FOSTER, f"the encounter is short, near its TCA and straight: the encounter plane holds{clipped}"
    problem = "; ".join(figures.violations) if plane.value is not None else plane.reason
    if methods[NC_3D].value is not None:
        again = (
            f", less the {1.0 - firsts.share:.2g} of it that are second entries"
            if firsts and firsts.share < 1.0
            else ""
        )
        return NC_3D, f"{problem}: expected number of collisions along curved orbits{again}"
    if methods[MONTE_CARLO].value is not None:
        return MONTE_CARLO, f"{problem}; {methods[NC_3D].reason}: simulation"
    return None, f"{problem}; {methods[NC_3D].reason}"


def _maximum(
    method: str | None,
    methods: Mapping[str, MethodValue],
    planes: EncounterPlanes,
    orbits: tuple[Orbit, Orbit] | None,
    given: EncounterInput,
    peak: Peak | None,
    expected: Expected | None,
) -> MaximumPc | None:
    """Maximum over a common factor on all sigmas, by the method that holds.

    Along curved orbits the peak overlap does not move when both covariances are scaled alike: the plane there scales as
    the one at TCA does. Over a long span the expected number itself is maximised.
    """
    if method != NC_3D or orbits is None or expected is None:
        return maximum_pc(planes)
    if not expected.whole_span and peak is not None:
        return maximum_pc(curved_planes(orbits, peak, given.hbr_km))
    own = methods[NC_3D].value or 0.0
    span_s = expected.start_s, expected.stop_s

    def number(logarithm: float) -> float:
        scaled = tuple(replace(one, covariance=one.covariance * np.exp(2.0 * logarithm)) for one in orbits)
        return -nc_3d(scaled[0], scaled[1], given.hbr_km, None, span_s).number

    # A local search from the covariance given: far from it the scaling means little, and each value costs a whole span.
    found = minimize_scalar(
        number, bounds=(-MOST_SCALING, MOST_SCALING), method="bounded", options={"xatol": 0.03, "maxiter": 14}
    )
    best = min(1.0, -float(found.fun))
    return (
        MaximumPc(pc=best, sigma_factor=float(np.exp(found.x))) if best > own else MaximumPc(pc=own, sigma_factor=1.0)
    )


def curved_planes(orbits: tuple[Orbit, Orbit], peak: Peak, hbr_km: float) -> EncounterPlanes:
    """The encounter plane at the peak of the collision rate instead of at the TCA, from the Gaussian of the peak overlap."""
    state = overlap(*orbits, np.array([peak.offset_s]), hbr_km)
    around = flux(state, hbr_km)
    meeting = np.einsum("nij,ni->nj", around.axes, around.at_centre_km_s)
    return project(state.mean[:, :3], meeting, state.covariance[:, :3, :3], np.array([hbr_km]))


def _simulated_span(
    orbits: tuple[Orbit, Orbit], given: EncounterInput, bounds: ShortEncounter | None
) -> tuple[float, float]:
    """Span of a simulation that no other method has chosen: several times the short encounter, if there is one."""
    longest = given.span_s or whole_span(*orbits)
    if given.span_s or bounds is None:
        return longest
    half_s = SIMULATED_WIDTHS * bounds.validity_s
    return max(longest[0], -half_s), min(longest[1], half_s)


def _mahalanobis(tca: TrueTca, covariance_km2: FloatArray) -> float | None:
    """Miss in sigmas of the combined position covariance; None where that is not positive definite."""
    miss_km = tca.secondary_position_km - tca.primary_position_km
    if np.linalg.eigvalsh(covariance_km2)[0] <= 0.0:
        return None
    return float(np.sqrt(miss_km @ np.linalg.solve(covariance_km2, miss_km)))


def _dynamic_period_s(given: EncounterInput) -> float:
    """Period of a circular orbit through the nearer object: the scale of curvature where an orbit is not closed."""
    radius_km = min(
        float(np.linalg.norm(given.primary_position_km)), float(np.linalg.norm(given.secondary_position_km))
    )
    return float(2.0 * np.pi * np.sqrt(radius_km**3 / given.gm_km3_s2))
