"""Two-body motion in equinoctial elements, against SPICE and against finite differences."""

import numpy as np
import pytest
import spiceypy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nearpass.encounter.equinoctial import orbit
from nearpass.errors import InputError

GM_MARS_KM3_S2 = 42828.375
PROPAGATION = 1e-9  # of the radius: both solve Kepler's equation to rounding, over some revolutions
DIFFERENCES = 1e-5  # truncation and rounding of central differences

directions = arrays(np.float64, (3,), elements=st.floats(-1, 1)).filter(lambda v: np.linalg.norm(v) > 0.1)


def state(place, heading, radius_km, share):
    """A bound state: speed is a share of the circular speed, direction not along the radius."""
    position = place / np.linalg.norm(place) * radius_km
    across = np.cross(position, heading)
    speed = share * np.sqrt(GM_MARS_KM3_S2 / radius_km)
    return position, speed * (across / np.linalg.norm(across) + 0.3 * place / np.linalg.norm(place)) / np.hypot(1, 0.3)


bound = st.tuples(directions, directions, st.floats(3600, 30000), st.floats(0.6, 1.3)).filter(
    lambda s: np.linalg.norm(np.cross(s[0] / np.linalg.norm(s[0]), s[1] / np.linalg.norm(s[1]))) > 0.1
)


@given(bound, st.floats(-40000, 40000))
def test_motion_is_that_of_spice(given_state, offset_s) -> None:
    """States of any bound orbit, retrograde and equatorial ones included, are those of prop2b of SPICE."""
    position, velocity = state(*given_state)
    one = orbit(position, velocity, np.eye(6), GM_MARS_KM3_S2)
    expected = spiceypy.prop2b(GM_MARS_KM3_S2, np.concatenate([position, velocity]), offset_s)
    found_km, found_km_s = one.states(one.mean[None], offset_s)

    assert found_km[0] == pytest.approx(expected[:3], abs=PROPAGATION * np.linalg.norm(expected[:3]) * 10)
    assert found_km_s[0] == pytest.approx(expected[3:], abs=PROPAGATION * np.linalg.norm(expected[3:]) * 10)


@given(bound, st.floats(-10000, 10000))
def test_partials_are_the_differences(given_state, offset_s) -> None:
    """The partial derivatives of the state by each element are its central differences."""
    position, velocity = state(*given_state)
    one = orbit(position, velocity, np.eye(6), GM_MARS_KM3_S2)
    elements = one.mean + np.array([0, 0.01, -0.02, 0.03, -0.01, 0.2])
    if np.hypot(elements[1], elements[2]) > 0.9:
        return
    at = np.array([offset_s])
    _, partials = one.linearised(elements[None], at)
    for column in range(6):
        step = np.zeros(6)
        step[column] = 1e-6 * (elements[0] if column == 0 else 1.0)
        ahead, behind = (one.linearised((elements + sign * step)[None], at)[0][0] for sign in (1, -1))
        difference = (ahead - behind) / (2 * step[column])
        for part in (slice(0, 3), slice(3, 6)):
            size = np.abs(partials[0, part, column]).max()
            assert partials[0, part, column] == pytest.approx(difference[part], abs=DIFFERENCES * size + 1e-12)


def test_the_covariance_comes_back_at_epoch() -> None:
    """Carried to elements and back at epoch, a covariance of position and velocity is the one given."""
    position, velocity = np.array([4000.0, 500.0, 300.0]), np.array([-0.3, 2.5, 2.2])
    factor = np.random.default_rng(1).normal(size=(6, 6)) * np.array([1, 1, 1, 1e-3, 1e-3, 1e-3])[:, None]
    one = orbit(position, velocity, factor @ factor.T, GM_MARS_KM3_S2)
    _, partials = one.linearised(one.mean[None], np.zeros(1))

    assert partials[0] @ one.covariance @ partials[0].T == pytest.approx(factor @ factor.T, rel=1e-6, abs=1e-12)


def test_an_open_orbit_is_refused() -> None:
    """A hyperbolic state has no elements of this kind and raises with the rule."""
    with pytest.raises(InputError, match="closed orbit"):
        orbit(np.array([4000.0, 0.0, 0.0]), np.array([0.0, 6.0, 0.0]), np.eye(6), GM_MARS_KM3_S2)
