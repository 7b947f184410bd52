"""Body constants and orientations against CSPICE with NAIF's constants."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import spiceypy as spice
from astropy import constants
from hypothesis import given, settings
from hypothesis import strategies as st

from nearpass.astro.bodies import BODIES, body_fixed_from_icrf, body_named, equator_from_icrf, planetographic
from nearpass.astro.epochs import Epoch, tdb_s
from nearpass.astro.frames import furnished
from nearpass.errors import FrameError
from published import FIGURES, FILES

CONSTANTS = FIGURES / "spice" / "iau2009.tpc"

EPOCH = Epoch.parse("2021-03-21T04:12:33")
OFFSETS_S = np.linspace(-4e8, 4e8, 33)
ANGLE_OF_MANY_TURNS_RAD = 2e-11  # 870 degrees a day over 13 years leave 1e-11 of a turn in a double
NOMINAL_DIGITS = 2e-7
GRAVITY_FIELDS = 2e-6  # ESOC's Mars field of 2018 and JPL's MAR097
ROUNDING_RAD = 1e-11
ROUNDING_KM = 1e-8


@pytest.fixture
def kernel_pool() -> Iterator[None]:
    with furnished([CONSTANTS]):
        yield


@pytest.mark.usefixtures("kernel_pool")
@pytest.mark.parametrize("name", BODIES)
def test_body_fixed_axes_are_those_of_cspice(name: str) -> None:
    """The rotation from ICRF to IAU axes is the one CSPICE computes from pck00010."""
    body = body_named(name)
    truth = np.array([spice.pxform("J2000", f"IAU_{name}", t) for t in tdb_s(EPOCH, OFFSETS_S)])
    np.testing.assert_allclose(body_fixed_from_icrf(body, EPOCH, OFFSETS_S), truth, atol=ANGLE_OF_MANY_TURNS_RAD)


@pytest.mark.usefixtures("kernel_pool")
@pytest.mark.parametrize("name", BODIES)
def test_radii_are_those_of_the_published_constants(name: str) -> None:
    """Equatorial and polar radii equal those of pck00010."""
    _, radii_km = spice.bodvrd(name, "RADII", 3)
    assert (body_named(name).equatorial_radius_km, body_named(name).polar_radius_km) == (radii_km[0], radii_km[2])


@pytest.mark.parametrize("name", BODIES)
def test_numbers_of_bodies_are_those_of_spice(name: str) -> None:
    """Each body has its NAIF number."""
    assert body_named(name).naif_id == spice.bodn2c(name)


@pytest.mark.parametrize("name", BODIES)
def test_the_equators_third_axis_is_the_spin_axis(name: str) -> None:
    """The pole of the inertial axes is the third axis of the rotating ones at the same moment."""
    body = body_named(name)
    inertial = equator_from_icrf(body, EPOCH)
    rotating = body_fixed_from_icrf(body, EPOCH, np.zeros(1))[0]
    np.testing.assert_allclose(inertial[2], rotating[2], atol=ROUNDING_RAD)
    np.testing.assert_allclose(inertial @ inertial.T, np.eye(3), atol=ROUNDING_RAD)


@pytest.mark.parametrize("name", BODIES)
def test_the_equators_first_axis_lies_in_the_icrf_equator(name: str) -> None:
    """The node is where the body's equator rises through the equator of the ICRF."""
    inertial = equator_from_icrf(body_named(name), EPOCH)
    assert inertial[0, 2] == 0.0
    assert inertial[1, 2] > 0.0


@pytest.mark.usefixtures("kernel_pool")
@pytest.mark.parametrize("name", ["MARS", "EARTH", "MOON", "JUPITER"])
@settings(deadline=None)
@given(
    direction=st.tuples(*[st.floats(-1.0, 1.0)] * 3).filter(lambda v: np.hypot(v[0], v[1]) > 0.1),
    radii=st.floats(1.0, 30.0),
)
def test_places_over_the_spheroid_are_those_of_recpgr(
    name: str, direction: tuple[float, float, float], radii: float
) -> None:
    """Latitude, longitude and altitude agree with CSPICE's recpgr, its west longitude of Mars turned to east."""
    body = body_named(name)
    position_km = np.array(direction) / np.linalg.norm(direction) * radii * body.equatorial_radius_km
    latitude_rad, longitude_rad, altitude_km = planetographic(body, position_km[None], EPOCH, np.zeros(1))
    fixed_km = spice.mxv(spice.pxform("J2000", f"IAU_{name}", tdb_s(EPOCH, np.zeros(1))[0]), position_km)
    flattening = 1.0 - body.polar_radius_km / body.equatorial_radius_km
    lon_rad, lat_rad, alt_km = spice.recpgr(name, fixed_km, body.equatorial_radius_km, flattening)
    east_rad = lon_rad if name in {"EARTH", "MOON"} else -lon_rad
    assert latitude_rad[0] == pytest.approx(lat_rad, abs=ROUNDING_RAD)
    assert np.angle(np.exp(1j * (longitude_rad[0] - east_rad))) == pytest.approx(0.0, abs=1e-9)
    assert altitude_km[0] == pytest.approx(alt_km, abs=ROUNDING_KM * radii)


def test_over_the_pole_the_altitude_counts_from_the_polar_radius() -> None:
    """A point on the spin axis of Mars is at latitude 90 degrees, above 3376.20 km."""
    mars = body_named("Mars")
    above_pole_km = equator_from_icrf(mars, EPOCH)[2][None] * 4000.0
    latitude_rad, _, altitude_km = planetographic(mars, above_pole_km, EPOCH, np.zeros(1))
    assert latitude_rad[0] == pytest.approx(np.pi / 2, abs=ROUNDING_RAD)
    assert altitude_km[0] == pytest.approx(4000.0 - 3376.20, abs=ROUNDING_KM)


def test_longitudes_lie_in_one_turn() -> None:
    """East longitudes run from 0 to 2 pi."""
    mars = body_named("MARS")
    angle = np.linspace(0.0, 2.0 * np.pi, 50)
    ring_km = 4000.0 * np.stack([np.cos(angle), np.sin(angle), np.zeros(50)], axis=1)
    _, longitude_rad, _ = planetographic(mars, ring_km, EPOCH, np.zeros(50))
    assert longitude_rad.min() >= 0.0
    assert longitude_rad.max() < 2.0 * np.pi


@pytest.mark.parametrize(("name", "constant"), [("SUN", "GM_sun"), ("EARTH", "GM_earth"), ("JUPITER", "GM_jup")])
def test_gravity_agrees_with_the_nominal_values_of_the_iau(name: str, constant: str) -> None:
    """Gravitational parameters agree with IAU 2015 resolution B3 in the digits that it gives."""
    nominal_km3_s2 = getattr(constants, constant).value / 1e9
    assert body_named(name).gm_km3_s2 == pytest.approx(nominal_km3_s2, rel=NOMINAL_DIGITS)


@pytest.mark.published_files("mars/em16_tgo_mlt_20180609_20180614.bsp")
def test_gravity_of_mars_agrees_with_the_one_in_an_orbit_file() -> None:
    """An SPK segment of type 5 ends with the gravitational parameter that its author used: ESOC's, for TGO."""
    handle = spice.dafopr(str(FILES / "mars" / "em16_tgo_mlt_20180609_20180614.bsp"))
    spice.dafbfs(handle)
    spice.daffna()
    _, numbers = spice.dafus(spice.dafgs(5), 2, 6)
    gm_km3_s2, _ = spice.dafgda(handle, int(numbers[5]) - 1, int(numbers[5]))
    spice.dafcls(handle)
    assert body_named("MARS").gm_km3_s2 == pytest.approx(gm_km3_s2, rel=GRAVITY_FIELDS)


def test_unknown_bodies_are_refused_by_name() -> None:
    """The error names the bodies that can be screened around."""
    with pytest.raises(FrameError, match=r"MARS.*'Vulcan'"):
        body_named("Vulcan")
