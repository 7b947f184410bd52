"""Expected number of collisions along curved orbits, and its simulation."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from nearpass.encounter.equinoctial import Orbit, orbit
from nearpass.encounter.pc2d import foster_pc, project
from nearpass.encounter.pc3d import find_peak, nc_2d, nc_3d, whole_span
from nearpass.encounter.pc_encounter import uncertain_orbits
from nearpass.encounter.pc_flux import THIN_NODES, flux, flux_per_s, log_flux, surface
from nearpass.encounter.pc_monte_carlo import first_entries, monte_carlo
from pc_cases import GM_EARTH_KM3_S2, Case, alfano_cases, cara_cases, published_cases

PUBLISHED_NC_3D = 1e-3  # its own systematic excess over 2D-Nc is 8e-4
PUBLISHED_NC_2D = 1e-4  # the same integral, but for the quadrature and the time of the expansion
STRAIGHT_LIMIT = 1e-3  # curvature and velocity uncertainty of the fast case chosen
SPHERE_QUADRATURE = 1e-4
SIMPLE_SPEEDS = arrays(np.float64, (3,), elements=st.floats(-1, 1)).filter(lambda v: np.linalg.norm(v) > 0.2)


def orbits(case: Case) -> tuple[Orbit, Orbit]:
    pair, refusal = uncertain_orbits(case.given.encounter)
    assert pair is not None, refusal
    return pair


def test_the_published_nc_of_cara_is_met() -> None:
    """CARA's twenty conjunctions are within 1e-3 of the published 3D-Nc and 1e-4 of the published 2D-Nc."""
    for case in cara_cases():
        first, second = orbits(case)
        peak = find_peak(first, second, case.given.hbr_km)
        assert peak is not None, case.name
        solid = nc_3d(first, second, case.given.hbr_km, peak)
        assert solid.number == pytest.approx(case.published["expected"]["nc3d"], rel=PUBLISHED_NC_3D), case.name
        flat = nc_2d(first, second, case.given.hbr_km, peak)
        assert flat == pytest.approx(case.published["expected"]["nc2d"], rel=PUBLISHED_NC_2D), case.name


def test_the_result_does_not_depend_on_the_epoch_of_the_covariance() -> None:
    """Alfano's states a day or more before TCA give the number of those at TCA: elements stay Gaussian."""
    for published, at_tca in zip(published_cases()["alfano2009"], alfano_cases(), strict=True):
        if published["id"] not in {"alfano2009-02", "alfano2009-11"}:
            continue
        states = published["at_epoch"]
        early = tuple(
            orbit(
                np.array(states[f"r{k}"]) / 1e3,
                np.array(states[f"v{k}"]) / 1e3,
                np.array(states[f"cov{k}"]) / 1e6,
                GM_EARTH_KM3_S2,
            )
            for k in (1, 2)
        )
        start_s, stop_s = at_tca.given.span_s
        shift_s = published["tca_s_after_epoch"]
        hbr_km = at_tca.given.hbr_km
        from_epoch = nc_3d(*early, hbr_km, None, (start_s + shift_s, stop_s + shift_s))
        assert from_epoch.number == pytest.approx(
            nc_3d(*orbits(at_tca), hbr_km, None, (start_s, stop_s)).number, rel=1e-4
        )


def test_swapping_the_objects_changes_nothing() -> None:
    """Primary and secondary exchanged give the same expected number, in a case where the encounter plane fails."""
    case = cara_cases()[9]
    first, second = orbits(case)
    forth, back = (
        nc_3d(*pair, case.given.hbr_km, find_peak(*pair, case.given.hbr_km)).number
        for pair in ((first, second), (second, first))
    )
    assert forth == pytest.approx(back, rel=1e-6)


def test_a_fast_encounter_is_that_of_the_encounter_plane() -> None:
    """Where CARA finds no violation the expected number is the probability in the encounter plane."""
    for case in cara_cases():
        if case.published["violations"]["pc2d"] or case.published["vrel_mps"] < 1000:
            continue
        first, second = orbits(case)
        number = nc_3d(first, second, case.given.hbr_km, find_peak(first, second, case.given.hbr_km)).number
        assert number == pytest.approx(case.published["hp_2d"], rel=STRAIGHT_LIMIT), case.name


@settings(max_examples=15, deadline=None)
@given(velocity=SIMPLE_SPEEDS, mean=arrays(np.float64, (3,), elements=st.floats(-2, 2)), power=st.floats(-1, 1.0))
def test_the_flux_of_a_sharp_velocity_is_the_volume_swept(velocity, mean, power) -> None:
    """With a certain velocity the rate through the sphere, integrated over time, is the plane probability."""
    sigma = np.array([1.0, 2.0, 3.0])
    hbr_km = 10.0**power
    speed = np.linalg.norm(velocity)
    reach_s = (12.0 * sigma.max() + hbr_km + np.linalg.norm(mean)) / speed
    times = np.linspace(-reach_s, reach_s, 401)
    states = np.concatenate([mean + times[:, None] * velocity, np.tile(velocity, (401, 1))], axis=1)
    covariance = np.zeros((401, 6, 6))
    covariance[:, :3, :3] = np.diag(sigma**2)
    number = flux_per_s(flux(states, covariance, hbr_km), hbr_km).sum() * (times[1] - times[0])
    planes = project(mean[None], velocity[None], np.diag(sigma**2)[None], np.array([hbr_km]))
    # Pairs that are inside at the start are none: the span begins twelve sigmas away.
    assert number == pytest.approx(foster_pc(planes)[0], rel=2e-3, abs=1e-12)


def test_both_rules_of_the_sphere_agree() -> None:
    """Where the density is smooth over the sphere, the rule for thin densities gives the same rate."""
    rng = np.random.default_rng(3)
    factor = rng.normal(size=(6, 6)) * np.array([1, 1, 1, 0.01, 0.01, 0.01])[:, None]
    covariance = (factor @ factor.T)[None]
    given = flux(np.array([[0.3, -0.5, 0.2, 1.0, 2.0, -0.5]]), covariance, 0.1)
    logarithm, areas = log_flux(given, 0.1, 20)
    thin = surface(given, 0.1, *THIN_NODES).flux_per_s.sum()
    assert thin == pytest.approx(float(np.exp(logarithm[0]) @ areas), rel=SPHERE_QUADRATURE)


@pytest.mark.parametrize("number", [1, 3, 5, 8, 10])
def test_the_expected_number_is_in_the_interval_of_the_simulation(number) -> None:
    """A seeded simulation of 20,000 pairs has the expected number within four standard errors (Alfano's cases)."""
    case = alfano_cases()[number - 1]
    first, second = orbits(case)
    hbr_km = case.given.hbr_km
    expected = nc_3d(first, second, hbr_km, find_peak(first, second, hbr_km), case.given.span_s)
    found = monte_carlo(
        first,
        second,
        hbr_km,
        (expected.start_s, expected.stop_s),
        trials=20_000,
        seed=7,
        confidence=1.0 - 2.0 * float(norm.sf(4.0)),
    )
    assert found.low <= expected.number <= found.high


def test_pairs_in_contact_at_the_start_are_counted_apart() -> None:
    """Alfano's case 9 begins with 0.08419863 of the pairs in contact: counted, but not as collisions."""
    case = alfano_cases()[8]
    instantaneous = case.published["expected"]["instantaneous_at_tca"]
    found = monte_carlo(*orbits(case), case.given.hbr_km, case.given.span_s, trials=20_000, seed=7)

    error = np.sqrt(instantaneous * (1 - instantaneous) / found.trials)
    assert found.in_contact_at_start / found.trials == pytest.approx(instantaneous, abs=4 * error)
    assert found.pc < case.published["expected"]["mc_1e8"] - instantaneous / 2


def test_the_simulation_repeats_with_its_seed() -> None:
    """The same seed gives the same counts, another one others."""
    case = alfano_cases()[9]
    same = [monte_carlo(*orbits(case), case.given.hbr_km, case.given.span_s, trials=2000, seed=s) for s in (1, 1, 2)]

    assert same[0] == same[1]
    assert same[0].hits != same[2].hits


def test_entries_of_a_single_passage_are_all_first() -> None:
    """In a passage over which no pair can return, every entry is the first of its pair."""
    case = alfano_cases()[7]
    found = first_entries(*orbits(case), case.given.hbr_km, case.given.span_s, trials=500, seed=1)

    assert found.share == 1.0


def test_entries_that_come_back_are_not_first() -> None:
    """Over two revolutions on one orbit pairs return, and the share of first collisions is the one simulated."""
    case = alfano_cases()[11]
    first, second = orbits(case)
    span_s = (-1.0 * first.period_s, 1.0 * first.period_s)
    wider = replace(first, covariance=first.covariance / 4.0), replace(second, covariance=second.covariance / 4.0)
    hbr_km = 2.0 * case.given.hbr_km
    expected = nc_3d(*wider, hbr_km, None, span_s)
    share = first_entries(*wider, hbr_km, span_s, trials=3000, seed=1)
    simulated = monte_carlo(*wider, hbr_km, span_s, trials=20_000, seed=1)

    assert share.apart < share.share < 0.99
    error = np.hypot(np.sqrt(simulated.hits) / simulated.trials, expected.number * share.apart_error)
    assert expected.number * share.apart == pytest.approx(simulated.pc, abs=4.0 * error)


def test_the_span_without_another_is_that_of_alfano() -> None:
    """A quarter of a revolution on either side is what Alfano (2009) integrates over in his case 5, to the second."""
    case = alfano_cases()[4]
    start_s, stop_s = whole_span(*orbits(case))

    assert (start_s, stop_s) == pytest.approx(case.given.span_s, abs=1.0)
