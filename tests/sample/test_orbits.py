"""Orbits of a published shape through a chosen point."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearpass.encounter.elements import osculating_elements
from nearpass.errors import InputError
from nearpass.sample.orbits import Shape, state_of_elements, state_of_encounter, state_through

GM_KM3_S2 = 42828.375
POLE = np.array([0.0, 0.0, 1.0])
ROUNDING = 1e-9
ROUNDING_KM = 1e-6

shapes = st.builds(
    lambda periapsis_km, ratio, inclination_deg: Shape(
        periapsis_km=periapsis_km, apoapsis_km=periapsis_km * ratio, inclination_deg=inclination_deg
    ),
    st.floats(3500.0, 24_000.0),
    st.floats(1.01, 20.0),
    st.floats(5.0, 175.0),
)
angles_deg = st.floats(0.0, 360.0)


def shape_of(state: np.ndarray) -> Shape:
    elements = osculating_elements(state[:3], state[3:], GM_KM3_S2, POLE)
    assert elements.apoapsis_km is not None
    return Shape(
        periapsis_km=elements.periapsis_km,
        apoapsis_km=elements.apoapsis_km,
        inclination_deg=np.degrees(elements.inclination_rad),
    )


def assert_same(found: Shape, wanted: Shape) -> None:
    assert found.periapsis_km == pytest.approx(wanted.periapsis_km, rel=ROUNDING)
    assert found.apoapsis_km == pytest.approx(wanted.apoapsis_km, rel=ROUNDING)
    assert found.inclination_deg == pytest.approx(wanted.inclination_deg, abs=1e-6)


@given(shape=shapes, node_deg=angles_deg, argument_deg=angles_deg, anomaly_deg=angles_deg)
def test_elements_give_an_orbit_of_the_shape(
    shape: Shape, node_deg: float, argument_deg: float, anomaly_deg: float
) -> None:
    """The osculating elements of the state are the shape that it was made from."""
    state = state_of_elements(
        shape,
        node_deg=node_deg,
        periapsis_argument_deg=argument_deg,
        true_anomaly_deg=anomaly_deg,
        gm_km3_s2=GM_KM3_S2,
    )
    assert_same(shape_of(state), shape)


@given(shape=shapes, node_deg=angles_deg, argument_deg=angles_deg, anomaly_deg=st.floats(10.0, 350.0))
def test_an_orbit_is_found_again_through_any_of_its_points(
    shape: Shape, node_deg: float, argument_deg: float, anomaly_deg: float
) -> None:
    """Of the four orbits of a shape through a point of an orbit, the one of its own directions is that orbit."""
    state = state_of_elements(
        shape,
        node_deg=node_deg,
        periapsis_argument_deg=argument_deg,
        true_anomaly_deg=anomaly_deg,
        gm_km3_s2=GM_KM3_S2,
    )
    latitude_argument = np.radians(argument_deg + anomaly_deg)
    if abs(np.cos(latitude_argument)) < 0.01 or abs(np.sin(np.radians(anomaly_deg))) < 0.01:
        return  # at the turning points both choices are the same orbit, and badly conditioned
    again = state_through(
        shape,
        state[:3],
        northbound=bool(np.cos(latitude_argument) > 0.0),
        outbound=anomaly_deg < 180.0,
        gm_km3_s2=GM_KM3_S2,
    )
    assert again == pytest.approx(state, rel=1e-5, abs=1e-5)


@given(xi_km=st.floats(-60.0, 60.0), zeta_km=st.floats(-60.0, 60.0), northbound=st.booleans(), outbound=st.booleans())
def test_an_encounter_has_the_miss_asked_for_at_its_closest(
    xi_km: float, zeta_km: float, northbound: bool, outbound: bool
) -> None:
    """The miss vector has the wanted length and lies across the relative velocity, and the shape is kept."""
    primary = state_of_elements(
        Shape(periapsis_km=3650.0, apoapsis_km=3715.0, inclination_deg=92.7),
        node_deg=200.0,
        periapsis_argument_deg=270.0,
        true_anomaly_deg=120.0,
        gm_km3_s2=GM_KM3_S2,
    )
    shape = Shape(periapsis_km=3546.0, apoapsis_km=7896.0, inclination_deg=75.0)
    secondary = state_of_encounter(
        primary,
        shape,
        xi_km=xi_km,
        zeta_km=zeta_km,
        northbound=northbound,
        outbound=outbound,
        gm_km3_s2=GM_KM3_S2,
    )
    miss_km, relative_km_s = secondary[:3] - primary[:3], secondary[3:] - primary[3:]
    assert np.linalg.norm(miss_km) == pytest.approx(np.hypot(xi_km, zeta_km), abs=ROUNDING_KM)
    assert miss_km @ relative_km_s == pytest.approx(0.0, abs=ROUNDING_KM * np.linalg.norm(relative_km_s))
    assert_same(shape_of(secondary), shape)


@pytest.mark.parametrize("position_km", [(3500.0, 0.0, 0.0), (8000.0, 0.0, 0.0), (0.0, 0.1, 5000.0)])
def test_a_point_that_no_orbit_of_the_shape_reaches_is_refused(position_km: tuple[float, float, float]) -> None:
    """Points inside periapsis, outside apoapsis or poleward of the inclination raise an InputError."""
    shape = Shape(periapsis_km=3546.0, apoapsis_km=7896.0, inclination_deg=75.0)
    with pytest.raises(InputError, match="a point of an orbit must"):
        state_through(shape, np.array(position_km), northbound=True, outbound=True, gm_km3_s2=GM_KM3_S2)
