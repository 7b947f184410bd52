"""Evaluation of arcs against numpy's own Chebyshev series."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fleets import ABOUT_MARS
from nearpass.astro.epochs import Epoch
from nearpass.ephemeris.trajectory import ROUNDING_S, Arc, Proof, Trajectory
from nearpass.errors import CoverageError

ROUNDING = 1e-12

coefficients = arrays(np.float64, (3, 8, 3), elements=st.floats(-1e4, 1e4))


@given(coefficients, st.floats(0.0, 1.0), st.sampled_from([0, 1, 2]))
def test_positions_and_velocities_are_those_of_the_series(series, share, interval) -> None:
    """Inside each interval the state is the series and its derivative, as numpy evaluates them."""
    knots_s = np.array([0.0, 60.0, 150.0, 155.0])
    arc = Arc(knots_s=knots_s, coefficients_km=series, error_km=0.0)
    left_s, right_s = knots_s[interval : interval + 2]
    at_s = left_s + share * (right_s - left_s) * 0.999
    position_km, velocity_km_s = arc.state(np.array([at_s]))
    scale = np.abs(series).max() + 1.0
    for axis in range(3):
        one = np.polynomial.Chebyshev(series[interval, :, axis], domain=[left_s, right_s])

        assert position_km[0, axis] == pytest.approx(one(at_s), abs=ROUNDING * scale * 10)
        assert velocity_km_s[0, axis] == pytest.approx(one.deriv()(at_s), abs=ROUNDING * scale * 100)
    assert np.array_equal(arc.position_km(np.array([at_s])), position_km)


def test_nothing_is_known_between_arcs() -> None:
    """A state outside every arc is refused with its epoch, at a joint the later arc answers."""
    first = Arc(knots_s=np.array([0.0, 10.0]), coefficients_km=np.full((1, 1, 3), 1.0), error_km=0.0)
    second = Arc(knots_s=np.array([10.0, 20.0]), coefficients_km=np.full((1, 1, 3), 2.0), error_km=0.0)
    trajectory = Trajectory(
        object_id="A", frame=ABOUT_MARS, epoch=Epoch.parse("2021-03-17"), arcs=(first, second), proof=Proof.EXACT
    )

    assert trajectory.state(np.array([5.0, 10.0, 15.0]))[0][:, 0].tolist() == [1.0, 2.0, 2.0]
    with pytest.raises(CoverageError, match="2021-03-17T00:00:21"):
        trajectory.state(np.array([5.0, 21.0]))


@given(st.floats(-ROUNDING_S, ROUNDING_S), st.sampled_from([0.0, 10.0, 30.0, 40.0]))
def test_an_instant_that_rounding_puts_outside_is_the_end_of_its_arc(slip_s, end_s) -> None:
    """Up to a microsecond beyond either end of either arc the state is within a microsecond's motion of the end's."""
    line = np.array([[[0.0, 0.0, 0.0], [5.0, 0.0, 0.0]]])  # x runs from -5 to 5 km in 10 s
    arcs = tuple(
        Arc(knots_s=np.array([start_s, start_s + 10.0]), coefficients_km=line, error_km=0.0) for start_s in (0.0, 30.0)
    )
    trajectory = Trajectory(
        object_id="A", frame=ABOUT_MARS, epoch=Epoch.parse("2021-03-17"), arcs=arcs, proof=Proof.EXACT
    )
    offset_s = np.array([end_s + slip_s])

    assert trajectory.covers(offset_s).all()
    expected_km = -5.0 if end_s in {0.0, 30.0} else 5.0
    assert trajectory.state(offset_s)[0][0, 0] == pytest.approx(expected_km, abs=2.0 * ROUNDING_S)
    assert end_s in {trajectory.arc_at(offset_s[0]).start_s, trajectory.arc_at(offset_s[0]).stop_s}


def test_beyond_rounding_nothing_is_covered() -> None:
    """Two microseconds beyond an end no state can be had, and the mask says so."""
    arc = Arc(knots_s=np.array([0.0, 10.0]), coefficients_km=np.full((1, 1, 3), 1.0), error_km=0.0)
    trajectory = Trajectory(
        object_id="A", frame=ABOUT_MARS, epoch=Epoch.parse("2021-03-17"), arcs=(arc,), proof=Proof.EXACT
    )
    beyond_s = np.array([-2.0 * ROUNDING_S, 10.0 + 2.0 * ROUNDING_S])

    assert not trajectory.covers(beyond_s).any()
    for offset_s in beyond_s:
        with pytest.raises(CoverageError):
            trajectory.state(np.array([offset_s]))
