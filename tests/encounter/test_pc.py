"""The ladder of methods: which one is picked, why, and that its answer is right."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from scipy.stats import binomtest

from encounters import pc_input
from nearpass.encounter.geometry import Encounter
from nearpass.encounter.pc import assess_probability
from nearpass.encounter.pc_case import covariance_plane, hbr_curve, sigma_curve
from nearpass.encounter.pc_encounter import PcInput, true_tca, uncertain_orbits
from nearpass.encounter.pc_monte_carlo import monte_carlo
from nearpass.encounter.pc_result import FOSTER, MONTE_CARLO, NC_2D, NC_3D, PATERA, ProbabilityResult
from nearpass.encounter.pc_validity import Usage
from nearpass.errors import InputError
from nearpass.report.wording import said
from pc_cases import Case, alfano_cases, cara_cases, every_state_case, monte_carlo_counts, published_cases, to_inertial

REFERENCE_2D = 1e-6
ELEMENT_AXES = 5e-3  # far in the tail the axes that the elements refer to are part of the error model
PUBLISHED_NC_3D = 1e-3  # asked for
CURVED_PLANE = 1e-3  # the plane at the peak of the rate against the expected number
CONFIDENCE = 0.95


@pytest.fixture(scope="module")
def alfano() -> list[tuple[Case, ProbabilityResult]]:
    return [(case, assess_probability(case.given)) for case in alfano_cases()]


@pytest.fixture(scope="module")
def cara() -> list[tuple[Case, ProbabilityResult]]:
    return [(case, assess_probability(case.given)) for case in cara_cases()]


def test_alfano_cases_are_in_the_intervals_of_their_simulation(alfano) -> None:
    """All twelve cases, by the method that the ladder picks, lie in the 95 % interval of 1e8 simulated pairs (CARA)."""
    counts = monte_carlo_counts()
    for case, found in alfano:
        hits, trials = counts[case.name]
        interval = binomtest(hits, trials).proportion_ci(CONFIDENCE, method="exact")
        assert interval.low <= found.pc <= interval.high, case.name


def test_the_published_3d_nc_of_alfano_is_met(alfano) -> None:
    """The expected number, or the plane where it is used, is within 1e-3 of the published 3D-Nc of all twelve."""
    for case, found in alfano:
        number = found.expected.number if found.expected else found.pc
        assert number == pytest.approx(case.published["expected"]["cara_pc3d_hall_unit_test"], rel=PUBLISHED_NC_3D)


def test_objects_at_rest_are_simulated_and_pairs_in_contact_left_out(alfano) -> None:
    """In case 12 a hundredth of the entries are by pairs in contact from the start: the simulation leaves them out.

    The share is that of a plain simulation of whole pairs, and what is left is in its interval.
    """
    case, found = alfano[11]
    orbits, _ = uncertain_orbits(case.given.encounter)
    simulated = monte_carlo(*orbits, case.given.hbr_km, case.given.span_s, trials=100_000, seed=12)

    assert found.method == MONTE_CARLO
    assert "in contact when the span begins" in said(found.why)
    assert found.pc == pytest.approx(found.expected.number * found.first_entries.apart)
    assert found.first_entries.apart_error < 1e-3
    assert found.pc < found.methods[NC_3D].value
    assert simulated.low <= found.pc <= simulated.high
    assert simulated.in_contact_at_start > 0


def test_cara_cases_are_in_the_intervals_of_their_simulation(cara) -> None:
    """At least 19 of CARA's 20 conjunctions lie in its published 95 % interval, by the method that the ladder picks."""
    inside = [
        case.published["expected"]["sdmc_lo"] <= found.pc <= case.published["expected"]["sdmc_hi"]
        for case, found in cara
    ]
    assert sum(inside) >= 19


def test_the_encounter_plane_is_used_where_cara_finds_no_violation(cara) -> None:
    """The ladder takes the encounter plane exactly where CARA publishes no usage violation of it."""
    for case, found in cara:
        violated = case.published["violations"]["pc2d"] > 0
        assert (found.method == FOSTER) != violated, case.name
        assert bool(found.usage.violations) == violated


def test_both_quadratures_are_reported_with_the_plane_value() -> None:
    """Every case with relative motion reports both plane quadratures, within 1e-6 of the independent value."""
    for case in every_state_case():
        if case.published["hp_2d"] is None or case.name.startswith("alfano"):
            continue
        found = assess_probability(case.given)
        for name in (FOSTER, PATERA):
            assert found.methods[name].value == pytest.approx(case.published["hp_2d"], rel=REFERENCE_2D), case.name


def test_a_method_without_value_says_why(alfano, cara) -> None:
    """Every method has either a value or a reason, never both and never neither."""
    for _, found in (*alfano, *cara):
        for name in (FOSTER, PATERA, NC_2D, NC_3D, MONTE_CARLO):
            assert (found.methods[name].value is None) == (found.methods[name].reason is not None)
        assert found.pc == found.methods[found.method].value


def test_no_relative_motion_is_never_answered_by_the_plane(alfano) -> None:
    """Alfano's case 12 refuses the encounter plane and says that the objects do not move relative to each other."""
    _, found = alfano[11]

    assert found.methods[FOSTER].value is None
    assert "do not move" in said(found.methods[FOSTER].reason)
    assert "do not move" in said(found.why)


def test_the_maximum_is_not_below_the_probability(alfano, cara) -> None:
    """The maximum over the covariance scale, by the method that holds, is at least the probability itself."""
    for case, found in (*alfano, *cara):
        assert found.max_pc >= found.pc * (1.0 - CURVED_PLANE), case.name


def test_without_the_maximum_all_else_is_the_same() -> None:
    """A probability asked for without the maximum is the same one, and the maximum is absent."""
    given = cara_cases()[-1].given
    alone, whole = assess_probability(given, maximum=False), assess_probability(given)
    assert (alone.max_pc, alone.max_pc_sigma_factor, alone.in_dilution) == (None, None, None)
    assert (alone.pc, alone.method, alone.methods) == (whole.pc, whole.method, whole.methods)
    assert whole.max_pc is not None


def test_dilution_is_that_of_cara() -> None:
    """CARA's five dilution tests: its maximum to the digits it gives, and diluted in all of them."""
    for published in published_cases()["cara_unit_tests"]:
        case = next(one for one in every_state_case() if one.name == published["id"])
        found = assess_probability(case.given)
        expected = published["expected"]["dilution_max_pc"]
        assert found.in_dilution
        # 0.999 is where CARA stops counting: the miss is inside the hard-body radius.
        assert found.max_pc == pytest.approx(1.0 if expected == 0.999 else expected, rel=2e-3), case.name


def short_encounter(**changes) -> PcInput:
    """Two Mars orbiters that cross at 2.4 km/s with a miss of 0.5 km, sigmas of some hundred metres."""
    covariance = np.diag([0.04, 0.09, 0.02, 1e-10, 1e-10, 1e-10])
    values = {
        "primary_position_km": np.array([3700.0, 0.0, 0.0]),
        "primary_velocity_km_s": np.array([0.0, 3.4, 0.0]),
        "secondary_position_km": np.array([3700.4, 0.0, 0.3]),
        "secondary_velocity_km_s": np.array([0.1, 2.6, 2.2]),
        "primary_covariance": covariance,
        "secondary_covariance": covariance * 2.0,
        "hbr_km": 0.02,
    }
    return pc_input(**(values | changes))


def turned(one: PcInput, rotation: np.ndarray) -> PcInput:
    both = np.kron(np.eye(2), rotation)
    first, second = (
        replace(
            state,
            position_km=rotation @ state.position_km,
            velocity_km_s=rotation @ state.velocity_km_s,
            covariance=replace(state.covariance, matrix=both @ state.covariance.matrix @ both.T),
        )
        for state in one.encounter.states
    )
    return replace(one, encounter=Encounter(primary=first, secondary=second))


def swapped(one: PcInput) -> PcInput:
    return replace(one, encounter=Encounter(primary=one.encounter.secondary, secondary=one.encounter.primary))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_axes_and_order_do_not_matter_in_the_plane(seed) -> None:
    """Any rotation of the axes, and swapping the objects, leaves the probability of a short encounter as it is."""
    one = short_encounter()
    expected = assess_probability(one)
    rotation = Rotation.random(random_state=seed).as_matrix()

    assert expected.method == FOSTER
    assert assess_probability(turned(one, rotation)).pc == pytest.approx(expected.pc, rel=1e-7)
    assert assess_probability(swapped(one)).pc == pytest.approx(expected.pc, rel=1e-9)


def test_axes_and_order_do_not_matter_along_curved_orbits() -> None:
    """The same holds where the encounter is curved, but for what the axes of the elements change in the far tail."""
    one = cara_cases()[10].given
    expected = assess_probability(one)

    assert expected.method == NC_3D
    assert assess_probability(swapped(one)).pc == pytest.approx(expected.pc, rel=1e-6)
    for seed in (1, 2, 3):
        rotation = Rotation.random(random_state=seed).as_matrix()
        assert assess_probability(turned(one, rotation)).pc == pytest.approx(expected.pc, rel=ELEMENT_AXES)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.001, 1.0), st.floats(1.0, 5.0))
def test_a_larger_radius_is_never_safer(hbr_km, factor) -> None:
    """The probability lies in [0, 1] and does not fall when the hard-body radius grows."""
    small, large = (assess_probability(short_encounter(hbr_km=radius)).pc for radius in (hbr_km, hbr_km * factor))

    assert 0.0 <= small <= large * (1.0 + 1e-9)
    assert large <= 1.0


def test_a_curved_long_encounter_at_mars_leaves_the_plane() -> None:
    """With 80 km of transverse sigma, as two weeks ahead, the plane is left although they cross at 2.4 km/s."""
    wide_rtn = np.diag([1.0, 80.0**2, 4.0, 1e-6, 1e-7, 1e-6])
    apart = {"secondary_position_km": np.array([3700.4, 53.0, -59.7])}
    first, second = (
        to_inertial(wide_rtn, state.position_km, state.velocity_km_s)
        for state in short_encounter(**apart).encounter.states
    )
    found = assess_probability(short_encounter(**apart, primary_covariance=first, secondary_covariance=second))

    assert found.usage.extended > 0.02
    assert found.usage.inaccurate > 0.02
    assert found.method == NC_3D


def test_without_any_covariance_only_the_maximum_is_given() -> None:
    """No covariance gives no probability, a reason, and R^2/(e d^2) as the isotropic maximum."""
    one = short_encounter(primary_covariance=None, secondary_covariance=None)
    found = assess_probability(one)

    assert found.pc is None
    assert "neither" in said(found.why)
    assert all(value.value is None and value.reason for value in found.methods.values())
    assert found.max_pc == pytest.approx(one.hbr_km**2 / (np.e * found.tca.miss_km**2), rel=5e-3)


@pytest.mark.parametrize("missing", ["primary", "secondary"])
def test_with_one_covariance_there_is_a_bound_but_no_probability(missing: str) -> None:
    """One covariance alone gives no probability, whose is missing, and a bound for whatever that may be."""
    found = assess_probability(short_encounter(**{f"{missing}_covariance": None}))

    assert found.pc is None
    assert found.missing == missing
    assert said(found.why) == f"the {missing} has no covariance"
    assert found.max_pc > assess_probability(short_encounter()).pc


def test_a_slow_pair_with_one_covariance_has_no_bound_and_says_why() -> None:
    """Where the encounter lasts too long for the encounter plane no bound is known."""
    slow = short_encounter(secondary_velocity_km_s=np.array([0.0, 3.4005, 0.0005]), secondary_covariance=None)
    found = assess_probability(slow)

    assert found.max_pc is None
    assert "no bound of it holds either" in said(found.why)
    assert "together: a covariance of it, velocity included, or a declared uncertainty" in said(found.why)
    assert "; the encounter lasts" in said(found.why)


def test_states_are_moved_to_the_least_distance() -> None:
    """States given 0.8 s after the closest approach are moved back to it: the distance there is least."""
    nominal = short_encounter().encounter
    exact = true_tca(nominal)
    orbits, _ = uncertain_orbits(nominal)
    late_s = exact.epoch - nominal.epoch + 0.8
    (one_km, one_km_s), (two_km, two_km_s) = (orbit.states(orbit.mean[None], late_s) for orbit in orbits)
    late = short_encounter(
        primary_position_km=one_km[0],
        primary_velocity_km_s=one_km_s[0],
        secondary_position_km=two_km[0],
        secondary_velocity_km_s=two_km_s[0],
    )
    found = true_tca(late.encounter)

    assert found.epoch - late.encounter.epoch == pytest.approx(-0.8, abs=1e-7)
    assert found.miss_km == pytest.approx(exact.miss_km, rel=1e-9)
    assert found.miss_vector_km @ found.relative_velocity_km_s == pytest.approx(0.0, abs=1e-9)


def test_a_covariance_without_velocity_leaves_curvature_unjudged() -> None:
    """Where only positions are uncertain the plane answers, and the words say that curvature was not judged."""
    flat = np.diag([0.04, 0.09, 0.02, 0.0, 0.0, 0.0])
    found = assess_probability(short_encounter(primary_covariance=flat, secondary_covariance=flat))

    assert found.method == FOSTER
    assert "curvature was not judged" in said(found.why)
    assert found.usage.inaccurate is None


def test_an_arrival_on_a_hyperbola_is_answered_in_the_plane() -> None:
    """An object that is not bound has no elements; the plane still answers a short encounter, with that said."""
    found = assess_probability(short_encounter(secondary_velocity_km_s=np.array([0.5, 4.6, 3.9])))

    assert found.method == FOSTER
    assert "closed orbit" in said(found.why)


def test_a_simulation_on_request_stands_beside_the_others() -> None:
    """Asked for, a seeded simulation is reported with its interval, which holds the value of the plane."""
    one = short_encounter(hbr_km=0.2)
    found = assess_probability(one, every_method=True, trials=20_000, seed=5)

    assert found.method == FOSTER
    assert found.monte_carlo.low <= found.pc <= found.monte_carlo.high
    assert found.methods[MONTE_CARLO].value == found.monte_carlo.pc
    assert found.methods[NC_3D].value == pytest.approx(found.pc, rel=2e-3)


@pytest.mark.parametrize("bad", [{"hbr_km": 0.0}, {"hbr_km": -1.0}])
def test_impossible_input_is_refused(bad) -> None:
    """A radius that is not positive raises."""
    with pytest.raises(InputError, match="positive"):
        assess_probability(short_encounter(**bad))


def test_values_that_are_not_finite_are_refused() -> None:
    """A state that is not a number raises instead of giving one."""
    with pytest.raises(InputError, match="finite"):
        assess_probability(short_encounter(secondary_position_km=np.array([np.nan, 0.0, 0.0])))


def test_sensitivities_pass_through_the_probability_itself() -> None:
    """At factors of 1 and the radius given, the plane and the curve hold the probability, curved or not."""
    for one in (short_encounter(), cara_cases()[9].given):
        found = assess_probability(one)
        factors = np.array([0.5, 1.0, 2.0])
        radii_km = one.hbr_km * np.array([0.5, 1.0, 2.0])
        plane, curve = covariance_plane(one, factors), hbr_curve(one, radii_km)

        assert plane[1, 1] == pytest.approx(found.pc, rel=CURVED_PLANE)
        assert curve[1] == pytest.approx(found.pc, rel=CURVED_PLANE)
        assert (np.diff(curve) > 0).all()
        assert np.isfinite(plane).all()


def test_sensitivities_are_the_probabilities_of_scaled_covariances() -> None:
    """Sigmas scaled all alike, or one object's alone, give what the ladder gives for covariances that are so scaled."""
    case = cara_cases()[9].given
    factors = np.array([0.5, 2.0])
    curve, plane = sigma_curve(case, factors), covariance_plane(case, factors)

    for row, first in enumerate(factors):
        assert curve[row] == pytest.approx(assess_probability(scaled(case, first, first)).pc, rel=CURVED_PLANE)
        for column, second in enumerate(factors):
            expected = assess_probability(scaled(case, first, second)).pc
            assert plane[row, column] == pytest.approx(expected, rel=CURVED_PLANE)


def scaled(one: PcInput, first: float, second: float) -> PcInput:
    primary, secondary = (
        replace(state, covariance=state.covariance.scaled(factor))
        for state, factor in zip(one.encounter.states, (first, second), strict=True)
    )
    return replace(one, encounter=Encounter(primary=primary, secondary=secondary))


def test_the_encounter_plane_is_used_up_to_the_cut_offs_of_cara() -> None:
    """At 0.02 of a revolution, 0.01 of one from the TCA and a change of 0.02 it holds; beyond it says why."""
    limits = {"extended": 0.02, "offset": 0.01, "inaccurate": 0.02}
    rules = {"extended": "lasts_long", "offset": "far_from_tca", "inaccurate": "curvature_matters"}
    assert not Usage(**limits, curvature_judged=True).violations
    for key, limit in limits.items():
        (why,) = Usage(**(limits | {key: limit + 1e-6}), curvature_judged=True).violations
        assert why.rule == rules[key]
