"""Covariances between, before and after the delivered ones, against laws that are known at every instant."""

from dataclasses import asdict, replace

import numpy as np
import pytest
import spiceypy
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from covariance_law import MARS, ORBITS, POLE, known, sigmas_km
from nearpass.ephemeris.covariance import LEAST_EIGENVALUE, MOST_BEYOND_S, covariance_at, repaired
from nearpass.ephemeris.trajectory import Arc, CovarianceTable
from nearpass.ephemeris.transition import transition
from nearpass.reasons.probabilities import CovarianceCarried, CovarianceOfPosition
from nearpass.sample.fleet import FLEET, Entry
from nearpass.sample.orbits import state_of_entry

QUARTER_S = 900.0
ARRIVING_S = 1.25 * 86_400.0
"""From its first state to its last; half an hour before it enters there is another motion."""
DAY = 96
ROUNDING = 1e-9
STEPS = 1e-4
"""What steps of a tenth of a radian leave of a day's transition matrix, and differences of whole orbits of the law."""
OTHER_FORCES = 0.03
SCALES = np.array([1.0, 10.0, 0.5, 1e-4, 1e-3, 1e-4])
factors = arrays(np.float64, (6, 6), elements=st.floats(-1, 1))


@pytest.fixture(scope="module", params=[(name, oblate) for name in ORBITS for oblate in (False, True)], ids=str)
def law(request):
    """Two days of one orbit, a covariance every quarter of an hour; with J2 or without."""
    name, oblate = request.param
    return known(ORBITS[name], np.arange(2 * DAY + 1) * QUARTER_S, oblate=oblate)


@pytest.mark.parametrize("every", [4, 24, 48, 96], ids=lambda every: f"{every // 4} h")
def test_between_delivered_covariances_the_law_is_met(law, every: int) -> None:
    """Delivered every 1, 6, 12 and 24 hours: in between, every 105 minutes, the sigmas are those of the law.

    Along the velocity, radial and normal, also across periapses; the matrix is positive definite and symmetric.
    """
    (arc,) = law.trajectory(every).arcs
    for at in range(2, 2 * DAY, 7):
        state, expected = law.states[at], law.covariances[at]
        found, remarks = covariance_at(arc, float(law.times_s[at]), MARS, POLE)

        assert found is not None
        assert remarks == ()
        np.testing.assert_allclose(sigmas_km(found, state), sigmas_km(expected, state), rtol=10 * STEPS)
        scale = np.sqrt(np.diag(found))
        assert np.linalg.eigvalsh(found / np.outer(scale, scale))[0] > 0.0
        np.testing.assert_array_equal(found, found.T)


@pytest.mark.parametrize("name", list(ORBITS))
def test_between_covariances_a_quarter_of_an_hour_apart_the_law_is_met(name: str) -> None:
    """Delivered every 15 minutes: the sigmas every minute are those of the law with J2."""
    law = known(ORBITS[name], np.arange(8 * 15 + 1) * 60.0, oblate=True)
    (arc,) = law.trajectory(15).arcs
    for at_s, state, expected in zip(law.times_s.tolist(), law.states, law.covariances, strict=True):
        found, _ = covariance_at(arc, at_s, MARS, POLE)
        np.testing.assert_allclose(sigmas_km(found, state), sigmas_km(expected, state), rtol=STEPS)


def fleet_orbits() -> dict[str, tuple[float, ...]]:
    """Every orbit of the sample's fleet as elements of `known`; of an arrival those when it is first delivered."""
    found = {}
    for member in FLEET:
        if isinstance(member.place, Entry):
            place = {key: value for key, value in asdict(member.place).items() if key != "epoch_utc"}
            *shape, anomaly, _, _ = spiceypy.oscelt(state_of_entry(**place), 0.0, MARS.gm_km3_s2)[:8].tolist()
            axis_km = shape[0] / (shape[1] - 1.0)
            found[member.id] = (*shape, anomaly - np.sqrt(MARS.gm_km3_s2 / axis_km**3) * (ARRIVING_S + 1800.0))
        else:
            shape = member.place.shape
            found[member.id] = (
                shape.periapsis_km, shape.eccentricity, np.radians(shape.inclination_deg), 1.0, 2.0, 0.7,
            )  # fmt: skip
    return found


@pytest.mark.parametrize("name", list(fleet_orbits()))
def test_on_every_orbit_of_the_sample_the_law_is_met(name: str) -> None:
    """Delivered every 15 min, 1, 6, 12 and 24 h: sigmas along, radial and normal within 3 %, both ends exact.

    Across a periapsis of an eccentric orbit within 5 % for a day's spacing; every matrix is positive definite.
    """
    elements = fleet_orbits()[name]
    law = known(
        elements, np.arange(0.0, (2.0 * 86_400.0 if elements[1] < 1.0 else ARRIVING_S) + 1.0, 300.0), oblate=True
    )
    for hours in (0.25, 1.0, 6.0, 12.0, 24.0):
        every = round(hours * 12)
        (arc,) = law.trajectory(every).arcs
        last = (len(law.times_s) - 1) // every * every
        for at in range(7, last, 13):
            found, _ = covariance_at(arc, float(law.times_s[at]), MARS, POLE)
            most = 0.05 if hours == 24.0 and elements[1] > 0.1 else 0.03
            state, expected = law.states[at], law.covariances[at]
            np.testing.assert_allclose(sigmas_km(found, state), sigmas_km(expected, state), rtol=most)
            scale = np.sqrt(np.diag(found))
            assert np.linalg.eigvalsh(found / np.outer(scale, scale))[0] > 0.0
        for node in range(0, last + 1, every * max(1, 72 // every)):
            given = law.covariances[node]
            np.testing.assert_array_equal(covariance_at(arc, float(law.times_s[node]), MARS, POLE)[0], given)


def test_delivered_covariances_come_back_as_they_are(law) -> None:
    """At the instants of the delivered ones nothing is blended or carried."""
    trajectory = law.trajectory(24)
    table = trajectory.arcs[0].covariances
    for at_s, matrix in zip(table.offsets_s.tolist(), table.matrices, strict=True):
        np.testing.assert_array_equal(covariance_at(trajectory.arcs[0], at_s, MARS, POLE)[0], matrix)


@pytest.mark.parametrize("name", ["MRO", "MAVEN", "TIANWEN-1"])
def test_forces_that_are_not_modelled_do_not_make_an_error_along_the_path_drift(name: str) -> None:
    """Where J3 and the turning equator's ellipse act as well, the sigma along the velocity holds over a day."""
    law = known(ORBITS[name], np.arange(DAY + 1) * QUARTER_S, oblate=True, lumps=True)
    (arc,) = law.trajectory(DAY).arcs
    for at_s, state, expected in zip(law.times_s.tolist(), law.states, law.covariances, strict=True):
        found, _ = covariance_at(arc, at_s, MARS, POLE)
        ratio = sigmas_km(found, state) / sigmas_km(expected, state)
        assert ratio[0] == pytest.approx(1.0, abs=OTHER_FORCES)


def test_the_transition_matrix_is_that_of_neighbouring_orbits(law) -> None:
    """Over two days the matrix takes the law's covariance to that of the end, and back to that of the start."""
    times_s, covariances = law.times_s, law.covariances
    for one, other in ((0, -1), (-1, 0), (17, 150)):
        matrix = transition(law.arc, float(times_s[one]), float(times_s[other]), MARS, POLE)
        found = sigmas_km(matrix @ covariances[one] @ matrix.T, law.states[other])
        np.testing.assert_allclose(found, sigmas_km(covariances[other], law.states[other]), rtol=10 * STEPS)


def test_a_covariance_is_carried_on_for_a_day_and_says_so(law) -> None:
    """After the last delivered one and before the first, the nearest is carried by the motion; a day at most."""
    at = 4 * 24 + 2
    table = CovarianceTable(offsets_s=law.times_s[[at]].copy(), matrices=law.covariances[[at]].copy())
    arc = Arc(law.arc.knots_s, law.arc.coefficients_km, 0.0, covariances=table)
    for other in (at - DAY, at - 5, at + 1, at + 90):
        found, remarks = covariance_at(arc, float(law.times_s[other]), MARS, POLE)
        expected = sigmas_km(law.covariances[other], law.states[other])
        np.testing.assert_allclose(sigmas_km(found, law.states[other]), expected, rtol=10 * STEPS)
        assert remarks == (CovarianceCarried(beyond_s=(other - at) * QUARTER_S),)
    assert MOST_BEYOND_S == DAY * QUARTER_S
    assert covariance_at(arc, float(law.times_s[at - DAY - 1]), MARS, POLE) == (None, ())


def test_covariances_of_the_position_alone_turn_and_stretch_with_the_path() -> None:
    """An error of timing alone gives along the path sigma times speed at any instant, also across a periapsis.

    Nothing is said of the velocity, and nothing is carried beyond the delivered ones.
    """
    law = known(ORBITS["MAVEN"], np.arange(4 * 16 + 1) * 225.0, oblate=False)
    speeds_km_s = np.linalg.norm(law.states[:, 3:], axis=1)
    matrices = np.zeros((len(law.states), 6, 6))
    late_s = 1.5
    matrices[:, :3, :3] = late_s**2 * law.states[:, 3:, None] * law.states[:, None, 3:] + 1e-4 * np.eye(3)
    table = CovarianceTable(offsets_s=law.times_s[8:-8:16].copy(), matrices=matrices[8:-8:16].copy())
    arc = Arc(law.arc.knots_s, law.arc.coefficients_km, 0.0, covariances=table)
    for at_s, state, speed_km_s in zip(law.times_s[8:-8], law.states[8:-8], speeds_km_s[8:-8], strict=True):
        found, remarks = covariance_at(arc, float(at_s), MARS, POLE)
        if at_s > table.offsets_s[-1]:
            assert found is None
            continue
        assert remarks == (CovarianceOfPosition(),)
        assert not found[3:].any()
        assert sigmas_km(found, state)[0] == pytest.approx(late_s * speed_km_s, rel=1e-3)  # beside 10 m
    assert covariance_at(arc, 0.0, MARS, POLE) == (None, ())


@given(factors, factors, st.floats(0.0, 7200.0))
def test_any_two_covariances_give_a_positive_definite_one(first, second, offset_s) -> None:
    """Whatever two definite matrices are delivered two hours apart, the one in between is definite and symmetric."""
    ends = np.stack([positive_definite(first), positive_definite(second)])
    arc = Arc(
        LOW.knots_s, LOW.coefficients_km, 0.0, covariances=CovarianceTable(offsets_s=SPAN_S.copy(), matrices=ends)
    )
    found, remarks = covariance_at(arc, offset_s, MARS, POLE)

    assert all(one.rule != "covariance_repaired" for one in remarks)
    scale = np.sqrt(np.diag(found))
    assert np.linalg.eigvalsh(found / np.outer(scale, scale)).min() > 0
    np.testing.assert_array_equal(found, found.T)


def test_an_indefinite_covariance_is_not_used() -> None:
    """Between two matrices of which one is far from positive definite there is none to use; why is told."""
    indefinite = np.eye(6)
    indefinite[0, 1] = indefinite[1, 0] = 2.0
    for ends, at_s in (((np.eye(6), indefinite), 50.0), ((indefinite, np.eye(6)), 0.0)):
        table = CovarianceTable(offsets_s=SPAN_S.copy(), matrices=np.stack(ends))
        found, (refused,) = covariance_at(
            Arc(LOW.knots_s, LOW.coefficients_km, 0.0, covariances=table), at_s, MARS, POLE
        )
        assert found is None
        assert (refused.rule, refused.raised_to) == ("covariance_refused", None)
        assert refused.lowest == pytest.approx(-1.0)


def test_along_a_path_through_the_centre_there_is_none() -> None:
    """Where a file claims that an object flew through the centre of the body, nothing can be carried past it."""
    through = Arc(SPAN_S.copy(), np.array([[[0.0, 0.0, 0.0], [4000.0, 0.0, 0.0]]]), 0.0)
    table = CovarianceTable(offsets_s=SPAN_S.copy(), matrices=np.stack([np.eye(6)] * 2))
    assert covariance_at(replace(through, covariances=table), 3600.0, MARS, POLE)[0] is None


@given(factors, st.integers(4, 8))
def test_a_slightly_indefinite_covariance_is_repaired_and_says_so(factor, digits) -> None:
    """Rounded to few digits it becomes positive definite again, changed by no more than was missing, and is flagged."""
    assume((np.linalg.norm(factor[:, :3], axis=1) > 0.1).all())
    given_matrix = nearly_flat(factor, digits)
    scale = np.sqrt(np.outer(np.diag(given_matrix), np.diag(given_matrix)))
    lowest = np.linalg.eigvalsh(given_matrix / scale)[0]
    found, told = repaired(given_matrix)

    assert found is not None
    change = (found - given_matrix) / scale
    if told is None:
        assert lowest > -ROUNDING
        assert not change.any()
    else:
        assert lowest < ROUNDING
        assert told == pytest.approx(lowest, abs=ROUNDING)
        assert np.linalg.eigvalsh(found / scale)[0] > 0
        assert np.linalg.norm(change, 2) <= -lowest + LEAST_EIGENVALUE + ROUNDING


def test_few_digits_explain_as_much_as_the_method_says() -> None:
    """With unit variances an eigenvalue of -0.001 is raised to 1e-9; a matrix with a lower one is refused."""
    scale = np.outer(SCALES, SCALES)
    for correlation, used in ((1.00099, True), (1.00101, False)):
        matrix = np.eye(6)
        matrix[0, 1] = matrix[1, 0] = correlation
        found, lowest = repaired(matrix * scale)
        assert lowest == pytest.approx(1.0 - correlation)
        assert (found is not None) == used
        if found is not None:
            assert np.linalg.eigvalsh(found / scale)[0] == pytest.approx(1e-9, rel=1e-3)


def positive_definite(factor: np.ndarray) -> np.ndarray:
    matrix = factor @ factor.T + 0.1 * np.eye(6)
    return matrix * np.outer(SCALES, SCALES)


def nearly_flat(factor: np.ndarray, digits: int) -> np.ndarray:
    """A covariance of rank three, printed with few digits: what rounding leaves is often slightly indefinite."""
    matrix = (factor[:, :3] @ factor[:, :3].T + 1e-12 * np.eye(6)) * np.outer(SCALES, SCALES)
    return np.array([[float(f"{value:.{digits}e}") for value in row] for row in matrix])


SPAN_S = np.array([0.0, 7200.0])
LOW = known(ORBITS["MRO"], SPAN_S, oblate=False).arc
