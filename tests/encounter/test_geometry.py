"""Encounter geometry against SPICE and against its own definitions."""

from dataclasses import replace

import numpy as np
import pytest
import spiceypy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from encounters import encounter_of, state_of
from fleets import CUTOFF, LOW
from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import Epoch, tdb_s
from nearpass.astro.frames import Frame, PlanetaryEphemeris, furnished
from nearpass.encounter.geometry import Encounter, b_plane, place
from nearpass.encounter.uncertainty import state_at
from nearpass.ephemeris.interpolation import arc_from_nodes
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.errors import FrameError
from published import FILES

MARS_DATA = FILES / "mars"
ROUNDING = 1e-12
LIGHT_S = 1e-5  # skyfield and CSPICE read one ephemeris; MARS BARYCENTER stands for Mars, within 0.3 m
PLANETS_S = 1e-5  # DE421 and DE430 place Earth relative to Mars within 3 km of each other in 2018
PLANETS_RAD = 1e-7  # the same 3 km over a distance of 0.5 AU

coordinates = arrays(np.float64, 3, elements=st.floats(-1e4, 1e4).filter(lambda x: abs(x) > 1e-3))
velocities = arrays(np.float64, 3, elements=st.floats(-5, 5).filter(lambda x: abs(x) > 1e-3))


@pytest.fixture
def make_encounter():
    def make(first_km, first_km_s, miss_km, second_km_s):
        return encounter_of(
            primary_position_km=first_km,
            primary_velocity_km_s=first_km_s,
            secondary_position_km=first_km + miss_km,
            secondary_velocity_km_s=second_km_s,
        )

    return make


@given(coordinates, velocities, velocities, velocities)
def test_the_b_plane_holds_the_miss_at_closest_approach(first_km, first_km_s, miss, second_km_s) -> None:
    """A miss vector normal to the relative velocity keeps its length in the B-plane."""
    relative_km_s = second_km_s - first_km_s
    if np.linalg.norm(relative_km_s) < 1e-3 or np.linalg.norm(np.cross(first_km, first_km_s)) < 1e-3:
        return
    miss_km = miss - (miss @ relative_km_s) / (relative_km_s @ relative_km_s) * relative_km_s
    encounter = encounter_of(
        primary_position_km=first_km,
        primary_velocity_km_s=first_km_s,
        secondary_position_km=first_km + miss_km,
        secondary_velocity_km_s=second_km_s,
    )
    plane = b_plane(encounter)

    assert plane is not None
    assert np.allclose(plane.axes @ plane.axes.T, np.eye(2), atol=1e-9)
    assert np.allclose(plane.axes @ relative_km_s, 0.0, atol=1e-9 * np.linalg.norm(relative_km_s) + 1e-12)
    assert np.linalg.norm(plane.miss_km) == pytest.approx(np.linalg.norm(encounter.miss_vector_km), abs=1e-6)


def test_rtn_axes_of_a_circular_orbit_are_radial_forward_and_up(make_encounter) -> None:
    """On a circular orbit in the x-y plane at x, R is x, T is y and N is z."""
    encounter = make_encounter(
        np.array([4000.0, 0, 0]), np.array([0, 3.3, 0]), np.array([1.0, 2.0, 3.0]), np.array([0, 0, 3.3])
    )

    assert np.allclose(encounter.to_rtn @ encounter.miss_vector_km, [1.0, 2.0, 3.0], atol=ROUNDING * 4000)
    assert encounter.approach_angle_rad == pytest.approx(np.pi / 2)


def test_no_b_plane_without_relative_motion(make_encounter) -> None:
    """Two objects that do not move relative to each other have no B-plane."""
    velocity_km_s = np.array([0, 3.3, 0])

    assert b_plane(make_encounter(np.array([4e3, 0, 0]), velocity_km_s, np.array([1.0, 0, 0]), velocity_km_s)) is None


@pytest.mark.published_files("mars/de430_20180609_20180614.bsp")
def test_light_time_and_sun_angle_agree_with_spice() -> None:
    """Light time to Earth and the Sun-Earth-Probe angle agree with CSPICE on DE430 within what DE421 differs."""
    epoch = Epoch.parse("2018-06-11T17:28:20")
    position_km = np.array([3000.0, -2000.0, 1500.0])
    et = float(tdb_s(epoch, np.zeros(1))[0])
    with spiceypy.KernelPool([str(MARS_DATA / "de430_20180609_20180614.bsp")]):
        mars_km = np.array(spiceypy.spkgps(4, et, "J2000", 0)[0])
        earth_km = np.array(spiceypy.spkgps(399, et, "J2000", 0)[0])
        sun_km = np.array(spiceypy.spkgps(10, et, "J2000", 0)[0])
        _, received_s = spiceypy.spkezr("399", et, "J2000", "XCN", "4")
    sep_rad = spiceypy.vsep(mars_km + position_km - earth_km, sun_km - earth_km)
    found = place(position_km, epoch, body_named("MARS"), PlanetaryEphemeris.default())

    assert found.sep_rad == pytest.approx(sep_rad, abs=PLANETS_RAD)
    # SPICE gives the light time from the centre of Mars; the offset of the position along the line of sight is ours.
    line = (earth_km - mars_km) / np.linalg.norm(earth_km - mars_km)
    assert found.light_time_s == pytest.approx(received_s - position_km @ line / 299_792.458, abs=PLANETS_S)


@pytest.mark.parametrize("at", ["2018-03-01T00:00:00", "2021-03-17T12:00:00", "2021-10-08T05:00:00"])
def test_the_light_time_is_that_of_a_signal_that_leaves_at_the_instant(at: str) -> None:
    """CSPICE's time of a signal sent then (XCN), which Earth meets where it will be; one received then differs."""
    planets, epoch = PlanetaryEphemeris.default(), Epoch.parse(at)
    position_km = np.array([1200.0, -3000.0, 2000.0])
    with furnished(planets.kernels):
        moment_s = tdb_s(epoch, np.zeros(1))[0]
        sent_s, received_s = (
            spiceypy.spkcpo("EARTH", moment_s, "J2000", "OBSERVER", kind, position_km, "4", "J2000")[1]
            for kind in ("XCN", "CN")
        )

    found_s = place(position_km, epoch, body_named("MARS"), planets).light_time_s
    assert abs(sent_s - received_s) > 100 * LIGHT_S
    assert found_s == pytest.approx(sent_s, abs=LIGHT_S)


HERE = (np.array([3700.0, 0.0, 0.0]), np.array([0.0, 3.4, 0.0]))


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (state_of("-85", *HERE, center="MOON"), ["-74 about MARS", "-85 about MOON"]),
        (
            replace(state_of("-41", *HERE), frame=Frame(center="MARS", axes="EME2000")),
            ["-74 about MARS in ICRF", "-41 about MARS in EME2000"],
        ),
        (
            state_of("-41", *HERE, epoch=CUTOFF + 0.001),
            ["-74 at 2021-03-17T00:00:00.000", "-41 at 2021-03-17T00:00:00.001"],
        ),
    ],
    ids=["other body", "other axes", "a millisecond later"],
)
def test_states_that_do_not_fit_are_no_encounter(other, told) -> None:
    """About another body, in other axes or at another instant two states are refused, each named with its own."""
    own = state_of("-74", *HERE)
    for first, second in ((own, other), (other, own)):
        with pytest.raises(FrameError) as refused:
            Encounter(primary=first, secondary=second)
        for part in told:
            assert part in str(refused.value)


@pytest.mark.parametrize("changes", [{"axes": "RTN"}, {"epoch": CUTOFF + 1.0}], ids=["other axes", "a second later"])
def test_a_covariance_that_is_not_of_the_state_is_refused(changes) -> None:
    """In other axes or of another instant a covariance is not taken as that of a state."""
    fits = state_of("-74", *HERE, np.eye(6))
    with pytest.raises(FrameError, match=r"covariance of -74 must fit, not ICRF at .* and "):
        replace(fits, covariance=replace(fits.covariance, **changes))


def test_motions_about_two_bodies_make_no_encounter() -> None:
    """States of a trajectory about Mars and of one about the Moon, at one instant, are no encounter."""
    nodes_s = np.arange(0.0, 601.0, 60.0)
    arc = arc_from_nodes(nodes_s, *LOW.state(nodes_s), "HERMITE", 7)
    first, second = (
        state_at(
            Trajectory(
                object_id=name, frame=Frame(center=center, axes="ICRF"), epoch=CUTOFF, arcs=(arc,), proof="exact"
            ),
            300.0,
            declared=None,
            created_s=None,
        )
        for name, center in (("-74", "MARS"), ("-85", "MOON"))
    )
    assert first.position_km == pytest.approx(LOW.state(np.array([300.0]))[0][0], abs=1e-6)
    with pytest.raises(FrameError, match="-74 about MARS, -85 about MOON"):
        Encounter(primary=first, secondary=second)


def test_about_the_sun_an_approach_has_its_place() -> None:
    """Of an object at 1.5 au the angle at Earth is that of three points; the Sun has no direction to itself."""
    au_km = 149_597_870.7
    epoch, planets = Epoch.parse("2021-03-17T00:00:00"), PlanetaryEphemeris.default()
    position_km = np.array([0.0, 1.5 * au_km, 0.1 * au_km])
    earth_km = planets.state(399, 10, epoch, np.zeros(1))[0][0]

    found = place(position_km, epoch, body_named("SUN"), planets)

    cos = (position_km - earth_km) @ -earth_km / np.linalg.norm(position_km - earth_km) / np.linalg.norm(earth_km)
    assert found.sun is None
    assert np.cos(found.sep_rad) == pytest.approx(cos, abs=1e-12)
    assert found.altitude_km == pytest.approx(np.linalg.norm(position_km) - 696_000.0, rel=1e-9)
