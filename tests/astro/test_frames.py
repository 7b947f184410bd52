"""Axes, centres and planetary positions against SPICE, SOFA and published constants."""

from __future__ import annotations

import erfa
import numpy as np
import pytest
import spiceypy as spice
from skyfield.api import load_file

from nearpass.astro.epochs import Epoch, tdb_s
from nearpass.astro.frames import PlanetaryEphemeris, center_id, center_name, furnished, icrf_from_axes
from nearpass.errors import CoverageError, FrameError
from published import FILES

MARS_DATA = FILES / "mars"
DE430 = MARS_DATA / "de430_20180609_20180614.bsp"
MAR085 = MARS_DATA / "mar085_20180609_20180614.bsp"
needs_kernels = pytest.mark.published_files("mars")

BIAS_MODELS_RAD = 1e-10  # IERS 2003 and 2010 bias angles agree to 20 microarcseconds
SECOND_ORDER_BIAS = 1e-14  # the matrix is built to second order of three angles of 1e-7
SUM_OF_DOUBLES_KM = 1e-6  # states relative to the solar system barycentre are sums of numbers of 1e8 km
DE421_DE430_KM = 5.0  # the two ephemerides place Mars within a few kilometres of each other in 2018
MARS_CENTER_KM = (5e-5, 5e-4)  # distance of Mars from its barycentre, 0.1 m in MAR085

EPOCH = Epoch.parse("2018-06-11T17:28:20")
OFFSETS_S = np.linspace(-86_400.0, 86_400.0, 25)


def test_eme2000_differs_from_icrf_by_the_frame_bias_of_sofa() -> None:
    """EME2000 to ICRF is the transpose of the bias matrix of the IAU's SOFA routines."""
    bias, _, _ = erfa.bp06(2451545.0, 0.0)
    np.testing.assert_allclose(icrf_from_axes("EME2000"), bias.T, atol=BIAS_MODELS_RAD)


def test_the_frame_bias_moves_a_low_martian_orbit_by_a_third_of_a_metre() -> None:
    """The bias is 23 milliarcseconds, 0.4 m at 4000 km at the most."""
    moved_km = max(np.linalg.norm((icrf_from_axes("EME2000") - np.eye(3)) @ axis) * 4000.0 for axis in np.eye(3))
    assert 3e-4 < moved_km < 5e-4


@pytest.mark.parametrize("name", ["ICRF", "ICRF2", "icrf3", "GCRF"])
def test_realisations_of_the_icrf_share_their_axes(name: str) -> None:
    """GCRF and the realisations of the ICRF are not rotated."""
    np.testing.assert_array_equal(icrf_from_axes(name), np.eye(3))


@pytest.mark.parametrize("name", ["EME2000", "J2000", "GCRF"])
def test_axes_are_rotations(name: str) -> None:
    """Every matrix is orthogonal and keeps the handedness."""
    rotation = icrf_from_axes(name)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=SECOND_ORDER_BIAS)
    assert np.linalg.det(rotation) == pytest.approx(1.0, abs=SECOND_ORDER_BIAS)


@pytest.mark.parametrize("name", ["ITRF-97", "TOD", "TEME", "", "MARS"])
def test_other_axes_are_refused_with_the_ones_that_work(name: str) -> None:
    """The error names the axes that can be used instead."""
    with pytest.raises(FrameError, match=r"EME2000.*ICRF"):
        icrf_from_axes(name)


@pytest.mark.parametrize(
    "name",
    ["MARS", "Earth", "MOON", "SUN", "PHOBOS", "DEIMOS", "MARS BARYCENTER", "EARTH-MOON BARYCENTER", "SSB", "JUPITER",
     "SOLAR SYSTEM BARYCENTER", "VENUS", "MERCURY", "SATURN", "URANUS", "NEPTUNE", "PLUTO", "EARTH BARYCENTER", "EMB"],
)  # fmt: skip
def test_names_of_centers_mean_what_they_mean_to_spice(name: str) -> None:
    """Each name has the number that CSPICE gives it."""
    assert center_id(name) == spice.bodn2c(name)


def test_underscores_and_spaces_in_names_of_centers_are_the_same() -> None:
    """Version 3.0 writes underscores where older messages have blanks."""
    assert center_id("MARS_BARYCENTER") == center_id(" mars  barycenter ") == 4


def test_a_center_is_printed_by_a_name_that_reads_back() -> None:
    """Number to name to number is the identity."""
    assert all(center_id(center_name(naif_id)) == naif_id for naif_id in (0, 3, 4, 10, 301, 399, 401, 402, 499, 599))


@pytest.mark.parametrize("name", ["STS 106", "EARTH_SUN_L2", "", "MARSS"])
def test_unknown_centers_are_refused(name: str) -> None:
    """A spacecraft or a libration point is no centre that can be placed."""
    with pytest.raises(FrameError, match="CENTER_NAME"):
        center_id(name)


@pytest.mark.parametrize(("target", "center"), [(10, 499), (399, 499), (301, 399), (4, 3), (0, 10), (499, 4), (3, 3)])
def test_default_ephemeris_agrees_with_spice_on_the_same_kernel(target: int, center: int) -> None:
    """States out of DE421 are those that CSPICE gives from the same file."""
    planets = PlanetaryEphemeris.default()
    position_km, velocity_km_s = planets.state(target, center, EPOCH, OFFSETS_S)
    with furnished(planets.kernels):
        truth = np.array([spice.spkgeo(target, t, "J2000", center)[0] for t in tdb_s(EPOCH, OFFSETS_S)])
    np.testing.assert_allclose(position_km, truth[:, :3], rtol=0, atol=SUM_OF_DOUBLES_KM)
    np.testing.assert_allclose(velocity_km_s, truth[:, 3:], rtol=0, atol=SUM_OF_DOUBLES_KM)


def test_default_ephemeris_agrees_with_skyfield() -> None:
    """The Moon about the Earth is where skyfield puts it."""
    planets = PlanetaryEphemeris.default()
    kernel = load_file(str(planets.kernels[0]))
    try:
        time = [(2451545.0, s / 86400.0) for s in tdb_s(EPOCH, OFFSETS_S)]
        segments = {segment.target: segment.spk_segment for segment in kernel.segments}
        truth_km = np.array([segments[301].compute(*t) - segments[399].compute(*t) for t in time])
    finally:
        kernel.close()
    position_km, _ = planets.state(301, 399, EPOCH, OFFSETS_S)
    np.testing.assert_allclose(position_km, truth_km, rtol=0, atol=SUM_OF_DOUBLES_KM)


@needs_kernels
def test_a_publishers_kernels_replace_the_default() -> None:
    """DE430 puts Mars within kilometres of DE421, from its own file and under its own name."""
    planets = PlanetaryEphemeris.from_kernels([DE430])
    ours_km, _ = planets.state(499, 10, EPOCH, OFFSETS_S)
    default_km, _ = PlanetaryEphemeris.default().state(499, 10, EPOCH, OFFSETS_S)
    apart_km = np.linalg.norm(ours_km - default_km, axis=1)
    assert planets.name == DE430.name
    assert 0.0 < apart_km.max() < DE421_DE430_KM


@needs_kernels
def test_mars_and_its_barycenter_differ_where_the_kernel_tells_them_apart() -> None:
    """MAR085 holds the 0.1 m between them; DE430 alone does not, and they are then taken as one."""
    apart_km, _ = PlanetaryEphemeris.from_kernels([DE430, MAR085]).state(499, 4, EPOCH, OFFSETS_S)
    together_km, _ = PlanetaryEphemeris.from_kernels([DE430]).state(499, 4, EPOCH, OFFSETS_S)
    distances_km = np.linalg.norm(apart_km, axis=1)
    assert MARS_CENTER_KM[0] < distances_km.min() <= distances_km.max() < MARS_CENTER_KM[1]
    assert not together_km.any()


@needs_kernels
def test_epochs_outside_a_kernel_are_refused() -> None:
    """A kernel of five days gives no state a year later."""
    with pytest.raises(CoverageError, match="must cover"):
        PlanetaryEphemeris.from_kernels([DE430]).state(499, 10, EPOCH + 3e7, OFFSETS_S)


def test_epochs_outside_de421_are_refused() -> None:
    """DE421 ends in 2053."""
    with pytest.raises(CoverageError, match="cover"):
        PlanetaryEphemeris.default().state(499, 10, Epoch.parse("2060-01-01T00:00:00"), OFFSETS_S)


def test_bodies_that_the_ephemeris_does_not_hold_are_refused() -> None:
    """DE421 has no Phobos."""
    with pytest.raises(FrameError, match="401"):
        PlanetaryEphemeris.default().state(401, 499, EPOCH, OFFSETS_S)


@needs_kernels
def test_kernels_are_unloaded_again_even_after_an_error() -> None:
    """What ``furnished`` loads is gone afterwards, also where a later file cannot be loaded."""
    before = spice.ktotal("ALL")
    with pytest.raises(FrameError, match="readable"), furnished([DE430, MARS_DATA / "absent.bsp"]):
        pytest.fail("a kernel that is not there was loaded")
    with furnished([DE430]):
        inside = spice.ktotal("ALL")
    assert (inside, spice.ktotal("ALL")) == (before + 1, before)
