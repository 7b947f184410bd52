"""Axes that change with time, against CSPICE, skyfield and the IAU's own routines."""

import erfa
import numpy as np
import pytest
import spiceypy as spice
from skyfield.api import load
from skyfield.framelib import itrs
from skyfield.sgp4lib import TEME

from nearpass.astro.axes import axes_named
from nearpass.astro.bodies import BODIES
from nearpass.astro.epochs import DAY_S, Epoch, TimeSystem, tdb_s
from nearpass.astro.frames import furnished, icrf_from_axes
from nearpass.errors import FrameError
from published import FIGURES

CONSTANTS = FIGURES / "spice" / "iau2009.tpc"

EPOCH = Epoch.parse("2021-03-17T00:00:00")
OFFSETS_S = np.linspace(0.0, 28.0 * DAY_S, 400)
J2000_TT = Epoch.parse("2000-01-01T12:00:00", TimeSystem.TT)

GEO_KM = 42_164.0
A_METRE_AT_GEO_RAD = 1e-3 / GEO_KM  # what the conversions promise
MICROSECOND_RAD = 7.3e-11  # the Earth turns by this in a microsecond
MODELS_RAD = (
    1e-10  # two codes of one precession and nutation: the planetary nutation arguments differ in the last digits
)
DIFFERENCED_KM_S = 3e-9  # a meridian of 3e6 degrees is rounded to 8e-12 rad; over a minute, 5000 km from the axis
LEFT_OUT_RATE_RAD_S = 8e-12  # precession, which skyfield leaves out of the velocity of the ITRF as well
KM, KM_S = np.array([3000.0, 2500.0, -1800.0]), np.array([-1.2, 2.4, 1.1])


def _times():
    days = ((EPOCH - J2000_TT) + OFFSETS_S) / DAY_S
    return load.timescale(builtin=True).tt_jd(2_451_545.0, days)


def _to(name: str) -> np.ndarray:
    """Matrices from ICRF to the named axes, as other codes give them."""
    return np.swapaxes(axes_named(name).to_icrf(EPOCH, OFFSETS_S)[0], 1, 2)


@pytest.mark.parametrize(("name", "frame"), [("ITRF2014", itrs), ("TEME", TEME)])
def test_axes_of_the_earth_are_those_of_skyfield(name: str, frame: type) -> None:
    """ITRF and TEME agree with skyfield to a microsecond of the Earth's rotation at each of 400 instants of a month."""
    truth = np.moveaxis(frame.rotation_at(_times()), -1, 0)
    np.testing.assert_allclose(_to(name), truth, rtol=0, atol=MICROSECOND_RAD)


@pytest.mark.parametrize(("name", "routine"), [("TOD", erfa.pnm06a), ("MOD", erfa.pmat06)])
def test_equator_and_equinox_of_date_are_those_of_sofa(name: str, routine) -> None:  # a ufunc of erfa
    """True and mean equator of date agree with the IAU's routines, by far better than a metre at a distant orbit."""
    truth = routine(2_451_545.0, ((EPOCH - J2000_TT) + OFFSETS_S) / DAY_S)
    np.testing.assert_allclose(_to(name), truth, rtol=0, atol=A_METRE_AT_GEO_RAD / 100)


def test_the_earth_turns_by_the_angle_of_sofa() -> None:
    """True of date rotating is true of date turned by the IAU's apparent sidereal time for the same UT1."""
    ut1_days = _times().ut1 - 2_451_545.0
    tt_days = ((EPOCH - J2000_TT) + OFFSETS_S) / DAY_S
    angle_rad = erfa.gst06a(2_451_545.0, ut1_days, 2_451_545.0, tt_days)
    truth = np.array([erfa.rz(angle, matrix.copy()) for angle, matrix in zip(angle_rad, _to("TOD"), strict=True)])
    np.testing.assert_allclose(_to("TDR"), truth, rtol=0, atol=A_METRE_AT_GEO_RAD)


@pytest.mark.parametrize("name", ["ITRF", "ITRF-97", "ITRF93", "ITRF2000", "itrf 2020", "WGS84"])
def test_realisations_of_the_itrf_count_as_one(name: str) -> None:
    """They differ by centimetres."""
    np.testing.assert_array_equal(_to(name), _to("ITRF2014"))


@pytest.mark.parametrize("body", BODIES)
def test_states_in_body_fixed_axes_are_those_of_cspice(body: str) -> None:
    """Position and velocity out of IAU axes agree with CSPICE's sxform to a metre and a micrometre a second."""
    rotation, rate = axes_named(f"IAU_{body}").to_icrf(EPOCH, OFFSETS_S)
    with furnished([CONSTANTS]):
        times_s = tdb_s(EPOCH, OFFSETS_S)
        truth = np.array([spice.sxform(f"IAU_{body}", "J2000", t) @ np.concatenate([KM, KM_S]) for t in times_s])
    np.testing.assert_allclose(rotation @ KM, truth[:, :3], rtol=0, atol=1e-6)
    np.testing.assert_allclose(rotation @ KM_S + rate @ KM, truth[:, 3:], rtol=0, atol=DIFFERENCED_KM_S)


@pytest.mark.parametrize("name", ["ITRF2014", "IAU_EARTH", "IAU_MARS", "IAU_MOON"])
def test_a_point_at_rest_in_rotating_axes_moves_with_its_position(name: str) -> None:
    """The velocity given to a fixed point is the rate of change of its inertial position."""
    axes, step_s = axes_named(name), 10.0
    ahead, behind = (axes.to_icrf(EPOCH, OFFSETS_S + sign * step_s)[0] @ KM for sign in (1, -1))
    _, rate = axes.to_icrf(EPOCH, OFFSETS_S)
    curved_km_s = np.linalg.norm(KM) * 7.3e-5**3 * step_s**2 / 6.0  # third derivative of the straight-line difference
    allowed_km_s = 2 * curved_km_s + LEFT_OUT_RATE_RAD_S * np.linalg.norm(KM)
    np.testing.assert_allclose(rate @ KM, (ahead - behind) / (2 * step_s), rtol=0, atol=allowed_km_s)


def test_a_place_on_the_ground_moves_as_skyfield_has_it() -> None:
    """A point fixed to the ITRF has the inertial velocity that skyfield's frame transformation gives."""
    position, velocity = (np.asarray(part) for part in _skyfield_ground())
    rotation, rate = axes_named("ITRF").to_icrf(EPOCH, OFFSETS_S)
    np.testing.assert_allclose(rotation @ KM, position, rtol=0, atol=1e-6)
    np.testing.assert_allclose(rate @ KM, velocity, rtol=0, atol=1e-9)


def _skyfield_ground() -> tuple[np.ndarray, np.ndarray]:
    from skyfield.api import Distance, Velocity  # noqa: PLC0415  # of this test alone
    from skyfield.toposlib import ITRSPosition  # noqa: PLC0415

    place = ITRSPosition(Distance(km=KM))
    at = place.at(_times())
    assert isinstance(at.velocity, Velocity)
    return at.position.km.T, at.velocity.km_per_s.T


@pytest.mark.parametrize("name", ["TOD", "MOD", "TEME", "MARS EQUATOR OF DATE", "EME2000", "ECLIPJ2000"])
def test_axes_of_date_turn_velocities_without_adding_to_them(name: str) -> None:
    """Velocities in axes of date are inertial ones."""
    axes = axes_named(name)
    _, rate = axes.to_icrf(EPOCH, OFFSETS_S)
    assert not axes.rotating
    assert not rate.any()


def test_axes_of_date_at_an_epoch_of_their_own_are_fixed() -> None:
    """With a REF_FRAME_EPOCH true of date is that of the epoch, at all times."""
    axes = axes_named("TOD", EPOCH)
    rotation, _ = axes.to_icrf(EPOCH + 30 * DAY_S, OFFSETS_S)
    assert axes.fixed
    np.testing.assert_array_equal(rotation, np.broadcast_to(axes_named("TOD").to_icrf(EPOCH, [0.0])[0], rotation.shape))


@pytest.mark.parametrize("name", ["ECLIPJ2000", "B1950"])
def test_axes_derived_from_j2000_are_those_of_cspice(name: str) -> None:
    """The ecliptic of J2000 and B1950 are CSPICE's."""
    np.testing.assert_array_equal(icrf_from_axes(name), spice.pxform(name, "J2000", 0.0))


@pytest.mark.parametrize("name", ["MCI", "Mars Inertial", "BODY_INERTIAL"])
def test_axes_that_no_standard_defines_are_refused_with_the_key_to_set(name: str) -> None:
    """The error names the key of the configuration that says what is meant."""
    with pytest.raises(FrameError, match=r"set axes = .* under \[\[object.ephemeris\]\]"):
        axes_named(name)


@pytest.mark.parametrize("name", ["", "IAU_PLUTO", "ITRF-1", "EME1950", "PLUTO EQUATOR J2000", "IAU_", "MOON_ME"])
def test_unknown_axes_are_refused_with_those_that_work(name: str) -> None:
    """The error lists what is understood."""
    with pytest.raises(FrameError, match=r"ICRF.*ITRF.*TEME.*IAU_<BODY>"):
        axes_named(name)
