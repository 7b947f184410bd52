"""The screening against dense brute force over many kinds of motion."""

from collections.abc import Mapping
from itertools import combinations, pairwise
from typing import Final

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from brute_force import (
    GM_MARS_KM3_S2,
    MARS_KM,
    Found,
    Orbit,
    arc_of,
    brute_force,
    flown,
    named,
    trajectory_of,
)
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.screening.screen import Approach, screen

TIME_TOLERANCE_S: Final = 1e-3  # required of every TCA
MISS_TOLERANCE_KM: Final = 1e-6  # a thousandth of what is required, the resolution of the screening
FLOOR_KM: Final = 2e-6  # resolution plus fit errors: what is shallower may be left out
CLEAR_KM: Final = 1e-5  # deep enough for its TCA to be sharp
HALF_DAY_S: Final = 43_200.0
SOME: Final = settings(max_examples=20, deadline=None, phases=(Phase.explicit, Phase.generate))

angles = st.floats(0.0, 2 * np.pi)


@st.composite
def ellipses(draw: st.DrawFn, largest_e: float = 0.9) -> Orbit:
    """Bound orbits above 150 km altitude."""
    periapsis_km = MARS_KM + draw(st.floats(150.0, 6000.0))
    e = draw(st.floats(0.0, largest_e))
    return Orbit(
        a_km=periapsis_km / (1 - e),
        e=e,
        inclination_rad=draw(st.floats(0.0, np.pi)),
        node_rad=draw(angles),
        argument_rad=draw(angles),
        mean_anomaly_rad=draw(angles),
    )


def near(orbit: Orbit, draw: st.DrawFn, size: float) -> Orbit:
    """An orbit whose elements differ by about ``size``."""
    shift = st.floats(-size, size)
    return Orbit(
        a_km=orbit.a_km * (1 + 0.1 * draw(shift)),
        e=abs(orbit.e + draw(shift)) if orbit.e + draw(shift) < 0.95 else orbit.e,
        inclination_rad=orbit.inclination_rad + draw(shift),
        node_rad=orbit.node_rad + draw(shift),
        argument_rad=orbit.argument_rad + draw(shift),
        mean_anomaly_rad=orbit.mean_anomaly_rad + draw(shift),
    )


def agrees(
    trajectories: Mapping[str, Trajectory], window_s: tuple[float, float], limit_km: float, step_s: float = 4.0
) -> None:
    """Assert that the screening finds what brute force finds, and nothing else."""
    screening = screen(trajectories, window_s, limit_km)
    assert [(pair.first, pair.second) for pair in screening.pairs] == list(combinations(sorted(trajectories), 2))
    for pair in screening.pairs:
        reference, least_km = brute_force(trajectories[pair.first], trajectories[pair.second], window_s, step_s=step_s)
        listed = [one for one in screening.approaches if (one.first, one.second) == (pair.first, pair.second)]
        for want in reference:
            if want.miss_km < limit_km - MISS_TOLERANCE_KM and want.depth_km > FLOOR_KM:
                assert any(same(one, want) for one in listed), want
        offsets_s = [one.offset_s for one in listed]
        assert all(later - sooner > TIME_TOLERANCE_S for sooner, later in pairwise(offsets_s)), "found twice"
        for one in listed:
            assert one.miss_km < limit_km
            assert any(same(one, known) for known in reference), one
        assert pair.nearest is not None
        assert pair.nearest.miss_km <= least_km + MISS_TOLERANCE_KM
        assert pair.proven_no_closer_than_km is not None
        assert pair.proven_no_closer_than_km <= least_km
        assert pair.proven_no_closer_than_km >= least_km - 10 * MISS_TOLERANCE_KM


def same(one: Approach, found: Found) -> bool:
    """The same minimum: by time as far as that is defined, and by distance."""
    sharp = abs(one.offset_s - found.offset_s) < TIME_TOLERANCE_S + found.blur_s or found.depth_km < CLEAR_KM
    return sharp and abs(one.miss_km - found.miss_km) < MISS_TOLERANCE_KM


@SOME
@given(st.lists(ellipses(), min_size=2, max_size=3), st.floats(50.0, 5000.0))
def test_random_ellipses(orbits: list[Orbit], limit_km: float) -> None:
    """Every approach of unrelated orbits of any eccentricity up to 0.9 is found, and no other."""
    agrees(named(flown(orbit, HALF_DAY_S) for orbit in orbits), (0.0, HALF_DAY_S), limit_km)


@SOME
@given(st.data(), st.sampled_from([1e-1, 1e-2, 1e-3, 1e-4]))
def test_neighbouring_orbits(data: st.DataObject, size: float) -> None:
    """Objects that share an orbit but for small differences have many shallow minima, and all are found."""
    orbit = data.draw(ellipses(largest_e=0.5))
    other = near(orbit, data.draw, size)
    agrees(named(flown(one, HALF_DAY_S) for one in (orbit, other)), (0.0, HALF_DAY_S), 1000.0)


@SOME
@given(ellipses(largest_e=0.3), st.floats(-2.0, 1.7), angles, st.floats(0.0, 1.0))
def test_formation(orbit: Orbit, log_size: float, phase: float, drift: float) -> None:
    """Two spacecraft circling each other at 10 m to 50 km have all their minima found."""
    size_km = 10.0**log_size
    motion_rad_s = np.sqrt(GM_MARS_KM3_S2 / orbit.a_km**3)

    def follower(offsets_s: np.ndarray) -> np.ndarray:
        angle = motion_rad_s * offsets_s + phase
        circling = np.stack(
            [np.cos(angle), 2 * np.sin(angle) + drift * 1e-4 * offsets_s, 0.5 * np.cos(angle + 1)], axis=-1
        )
        return orbit(offsets_s) + size_km * circling

    agrees(named([flown(orbit, HALF_DAY_S), flown(follower, HALF_DAY_S)]), (0.0, HALF_DAY_S), 60.0)


@SOME
@given(ellipses(), st.floats(1.05, 3.0), st.floats(200.0, 5000.0), angles, angles, st.floats(0.0, np.pi))
def test_hyperbolic_flyby(
    orbit: Orbit, e: float, altitude_km: float, node: float, argument: float, tilt: float
) -> None:
    """An arriving spacecraft on a hyperbola is screened like any other."""
    a_km = -(MARS_KM + altitude_km) / (e - 1)
    mean = -0.5 * HALF_DAY_S * np.sqrt(GM_MARS_KM3_S2 / abs(a_km) ** 3)
    arriving = Orbit(a_km, e, tilt, node, argument, mean)
    agrees(named([flown(orbit, HALF_DAY_S), flown(arriving, HALF_DAY_S)]), (0.0, HALF_DAY_S), 3000.0)


@SOME
@given(ellipses(), ellipses(), st.data())
def test_arcs_and_gaps(one: Orbit, two: Orbit, data: st.DataObject) -> None:
    """With arcs that touch, gaps and a window inside, every minimum and every end is found, and no other."""
    trajectories = []
    for orbit in (one, two):
        cuts_s = sorted(data.draw(st.lists(st.integers(10, 700), min_size=2, max_size=7, unique=True)))
        arcs = [
            arc_of(orbit, np.linspace(60.0 * a, 60.0 * b, b - a + 1))
            for a, b in pairwise(cuts_s)
            if data.draw(st.integers(0, 3))
        ]
        arcs.append(arc_of(orbit, np.arange(42_600.0, 46_800.0, 60.0)))
        trajectories.append(trajectory_of(*arcs))
    agrees(named(trajectories), (3333.3, 44_000.0), 4000.0)


@SOME
@given(ellipses(largest_e=0.6), st.integers(0, 2**32 - 1), st.sampled_from([1e-6, 1e-4, 1e-2]))
def test_noisy_ephemeris(orbit: Orbit, seed: int, noise_km: float) -> None:
    """An ephemeris whose interpolant is rough, so that the fit is poor, loses no minimum deeper than that error."""
    rng = np.random.default_rng(seed)
    other = Orbit(orbit.a_km, orbit.e, orbit.inclination_rad + 0.5, orbit.node_rad, orbit.argument_rad, 0.1)
    rough = arc_of(other, np.arange(0.0, HALF_DAY_S + 1, 60.0))
    coefficients_km = rough.coefficients_km.copy()
    coefficients_km[:, 2:5] += noise_km * rng.standard_normal(coefficients_km[:, 2:5].shape)
    trajectories = named(
        [flown(orbit, HALF_DAY_S), trajectory_of(type(rough)(rough.knots_s, coefficients_km, rough.error_km))]
    )
    window_s = (0.0, HALF_DAY_S)
    screening = screen(trajectories, window_s, 3000.0)
    reference, least_km = brute_force(trajectories["a"], trajectories["b"], window_s)
    for want in reference:
        if want.miss_km < 3000.0 - noise_km and want.depth_km > 100 * noise_km + FLOOR_KM:
            assert min(abs(one.miss_km - want.miss_km) for one in screening.approaches) < 20 * noise_km
    (pair,) = screening.pairs
    assert pair.proven_no_closer_than_km is not None
    assert pair.proven_no_closer_than_km <= least_km


def test_a_fleet_for_days() -> None:
    """Ten orbits of quite different size over four days, with common and uncommon periods, agree with brute force."""
    rng = np.random.default_rng(20210210)
    duration_s = 4 * 86_400.0
    shapes = [(250, 300), (400, 410), (400, 400), (150, 4500), (350, 10300), (1000, 49380), (280, 59000), (5800, 6000)]
    trajectories = []
    for low_km, high_km in shapes:
        a_km = MARS_KM + (low_km + high_km) / 2
        tilt, *turns = rng.uniform(0.0, np.pi, 4)
        trajectories.append(flown(Orbit(a_km, (high_km - low_km) / (2 * a_km), tilt, *turns), duration_s))
    agrees(named(trajectories), (0.0, duration_s), 400.0, step_s=6.0)


@pytest.mark.parametrize("e", [0.0, 1e-9, 1e-6, 1e-4])
def test_same_orbit_behind_each_other(e: float) -> None:
    """Two objects half a radian apart on one (nearly) circular orbit agree with brute force; the search ends."""
    pair = [Orbit(3800.0, e, 1.0, 0.3, 0.2, mean) for mean in (0.0, 0.5)]
    agrees(named(flown(orbit, HALF_DAY_S) for orbit in pair), (0.0, HALF_DAY_S), 2500.0, step_s=30.0)
