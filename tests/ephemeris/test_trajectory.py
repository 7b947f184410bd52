"""Evaluation of arcs against numpy's own Chebyshev series."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nearpass.astro.epochs import Epoch
from nearpass.ephemeris.trajectory import Arc, Proof, Trajectory
from nearpass.errors import CoverageError

ROUNDING = 1e-12

coefficients = arrays(np.float64, (3, 8, 3), elements=st.floats(-1e4, 1e4))


@given(coefficients, st.floats(0.0, 1.0), st.sampled_from([0, 1, 2]))
def test_positions_and_velocities_are_those_of_the_series(series, share, interval) -> None:
    """Inside each interval the state is the series and its derivative, as numpy evaluates them."""
    knots_s = np.array([0.0, 60.0, 150.0, 155.0])
    arc = Arc(knots_s=knots_s, coefficients_km=series)
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
    first = Arc(knots_s=np.array([0.0, 10.0]), coefficients_km=np.full((1, 1, 3), 1.0))
    second = Arc(knots_s=np.array([10.0, 20.0]), coefficients_km=np.full((1, 1, 3), 2.0))
    trajectory = Trajectory(epoch=Epoch.parse("2021-03-17"), arcs=(first, second), proof=Proof.EXACT)

    assert trajectory.state(np.array([5.0, 10.0, 15.0]))[0][:, 0].tolist() == [1.0, 2.0, 2.0]
    with pytest.raises(CoverageError, match="2021-03-17T00:00:21"):
        trajectory.state(np.array([5.0, 21.0]))
