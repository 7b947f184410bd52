"""The common grid and the proven error of its interpolants."""

from typing import Final

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.polynomial import chebyshev

from brute_force import Orbit, arc_of, flown, named, trajectory_of
from nearpass.ephemeris.trajectory import Arc
from nearpass.screening.fleet import TOLERANCE_KM, Fleet, fit_fleet

DAY_S: Final = 86_400.0
ROUNDING_KM: Final = 1e-9  # of a few operations on 1e4 km in double precision
SOME: Final = settings(max_examples=30, deadline=None, phases=(Phase.explicit, Phase.generate))


def largest_error_km(fleet: Fleet, row: int, arc: Arc, interval: int) -> float:
    """Distance between interpolant and arc on a dense grid of one interval."""
    start_s, stop_s = fleet.edges_s[interval : interval + 2]
    u = np.linspace(-1.0, 1.0, 500, endpoint=False)  # at its end an arc may jump
    fitted_km = chebyshev.chebval(u, fleet.coefficients_km[row, interval].T).T
    exact_km = arc.position_km(start_s + (stop_s - start_s) * (u + 1) / 2)
    return float(np.linalg.norm(fitted_km - exact_km, axis=1).max())


@st.composite
def rough_arcs(draw: st.DrawFn) -> Arc:
    """Uneven knots, any degree, an orbit with noise of any size on every coefficient."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    degree = draw(st.integers(1, 19))
    knots_s = np.cumsum(rng.uniform(1.0, draw(st.floats(2.0, 5000.0)), 40)) + draw(st.floats(-1e4, 1e4))
    arc = arc_of(Orbit(4000.0, 0.1, 1.0), knots_s, degree=degree)
    noise_km = 10.0 ** draw(st.floats(-12.0, 2.0))
    return Arc(knots_s, arc.coefficients_km + noise_km * rng.standard_normal(arc.coefficients_km.shape), 0.0)


@SOME
@given(rough_arcs(), rough_arcs(), st.sampled_from([1e-9, 1e-6, 1e-2, 1e3]))
def test_the_error_is_never_exceeded(one: Arc, two: Arc, tolerance_km: float) -> None:
    """However uneven the knots and rough the arcs, no interpolant is farther from its arc than stated."""
    trajectories = named([trajectory_of(one), trajectory_of(two)])
    window_s = min(one.start_s, two.start_s), max(one.stop_s, two.stop_s)
    fleet = fit_fleet(trajectories, window_s, tolerance_km=tolerance_km)
    rng = np.random.default_rng(1)
    for row, arc in enumerate((one, two)):
        covered = np.flatnonzero(fleet.arc_number[row] >= 0)
        for interval in rng.choice(covered, 20):
            assert largest_error_km(fleet, row, arc, interval) <= fleet.fit_error_km[row, interval]


def test_orbits_are_fitted_within_the_tolerance() -> None:
    """Smooth ephemerides of Mars orbiters of any shape are fitted to 1 mm."""
    shapes = [(3650.0, 0.001), (5700.0, 0.38), (28_600.0, 0.85), (33_000.0, 0.89)]
    trajectories = named(flown(Orbit(a_km, e, 1.0, 2.0), 3 * DAY_S) for a_km, e in shapes)
    fleet = fit_fleet(trajectories, (0.0, 3 * DAY_S))
    assert fleet.fit_error_km.max() < TOLERANCE_KM
    assert np.all(fleet.arc_number == np.arange(4)[:, None])


def test_one_polynomial_is_itself() -> None:
    """Where an arc is one polynomial of low degree, nothing but rounding is left."""
    arc = arc_of(Orbit(4000.0, 0.1), (0.0, 600.0), degree=9)
    fleet = fit_fleet(named([trajectory_of(arc)] * 2), (0.0, 600.0))
    assert fleet.fit_error_km.max() < ROUNDING_KM


def test_every_end_is_an_edge() -> None:
    """Window, starts, stops and joints of all arcs are edges, and each interval is covered wholly or not at all."""
    orbit = Orbit(4000.0, 0.1)
    one = trajectory_of(arc_of(orbit, (10.0, 400.0, 1111.1)), arc_of(orbit, (1111.1, 2000.0)))
    two = trajectory_of(arc_of(orbit, (333.3, 900.0)), arc_of(orbit, (1500.5, 9000.0)))
    fleet = fit_fleet(named([one, two]), (50.0, 5000.0))
    assert {50.0, 333.3, 900.0, 1111.1, 1500.5, 2000.0, 5000.0} <= set(fleet.edges_s.tolist())
    middles_s = (fleet.edges_s[:-1] + fleet.edges_s[1:]) / 2
    for numbers, spans_s in zip(fleet.arc_number, (one.spans_s, two.spans_s), strict=True):
        inside = [any(start < middle < stop for start, stop in spans_s) for middle in middles_s]
        assert (numbers >= 0).tolist() == inside


@pytest.mark.parametrize("offset_s", [0.0, 17.3])
def test_states_are_those_of_the_arcs(offset_s: float) -> None:
    """States come from the arc that an interval names, on either side of a joint."""
    orbit = Orbit(4000.0, 0.1)
    first, second = arc_of(orbit, (0.0, 500.0)), arc_of(Orbit(5000.0, 0.2), (500.0, 1000.0))
    fleet = fit_fleet(named([trajectory_of(first, second), flown(orbit, 1000.0)]), (0.0, 1000.0))
    before = int(np.searchsorted(fleet.edges_s, 500.0)) - 1
    at_s = np.array([500.0 - offset_s, 500.0 + offset_s])
    position_km, velocity_km_s = fleet.states(np.array([0, 0]), np.array([before, before + 1]), at_s)
    for row, arc in enumerate((first, second)):
        expected_km, expected_km_s = arc.state(at_s[row : row + 1])
        assert position_km[row] == pytest.approx(expected_km[0], abs=0.0)
        assert velocity_km_s[row] == pytest.approx(expected_km_s[0], abs=0.0)
