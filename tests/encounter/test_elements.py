"""Osculating elements against CSPICE."""

import numpy as np
import pytest
import spiceypy
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nearpass.encounter.elements import osculating_elements

GM_MARS_KM3_S2 = 42828.375
ROUNDING = 1e-7

positions = arrays(np.float64, 3, elements=st.floats(-2e4, 2e4))
velocities = arrays(np.float64, 3, elements=st.floats(-3, 3))


@given(positions, velocities)
def test_elements_agree_with_oscelt(position_km, velocity_km_s) -> None:
    """Periapsis, eccentricity, inclination and period equal those of CSPICE's oscltx."""
    assume(np.linalg.norm(position_km) > 3000 and np.linalg.norm(velocity_km_s) > 0.1)
    assume(np.linalg.norm(np.cross(position_km, velocity_km_s)) > 100)
    state = [*position_km, *velocity_km_s]
    expected = spiceypy.oscltx(state, 0.0, GM_MARS_KM3_S2)
    assume(abs(expected[1] - 1.0) > 1e-3)
    found = osculating_elements(position_km, velocity_km_s, GM_MARS_KM3_S2, np.array([0.0, 0.0, 1.0]))

    assert found.periapsis_km == pytest.approx(expected[0], rel=ROUNDING)
    assert found.eccentricity == pytest.approx(expected[1], abs=ROUNDING)
    assert found.inclination_rad == pytest.approx(expected[2], abs=ROUNDING)
    if expected[1] < 1:
        assert found.period_s == pytest.approx(expected[10], rel=1e-5)
    else:
        assert found.period_s is None
        assert found.apoapsis_km is None


@pytest.mark.parametrize("velocity_km_s", [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [-3.0, 0.0, 0.0]])
def test_a_fall_has_elements_too(velocity_km_s) -> None:
    """A state at rest or straight up or down is a conic of eccentricity 1 that turns back where its energy is spent."""
    at_km = 4000.0
    found = osculating_elements(np.array([at_km, 0, 0]), np.array(velocity_km_s), GM_MARS_KM3_S2, np.array([0, 0, 1.0]))
    highest_km = 1.0 / (1.0 / at_km - velocity_km_s[0] ** 2 / (2.0 * GM_MARS_KM3_S2))  # conservation of energy

    assert found.eccentricity == pytest.approx(1.0)
    assert found.periapsis_km == pytest.approx(0.0, abs=1e-9)
    assert found.apoapsis_km == pytest.approx(highest_km)
