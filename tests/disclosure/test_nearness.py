"""What is found quickly of a motion's approaches is what the proven screening finds."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from fleets import CUTOFF, GM_MARS_KM3_S2, Kepler, message, segment
from nearpass.astro.bodies import body_named
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.disclosure.nearness import _may_be_near, sky_of
from nearpass.ephemeris.interpolation import trajectory_from_oem
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.screening.screen import Approach, screen

MARS = body_named("MARS")
DAY_S = 86_400.0
SHALLOW_KM = 2e-3
"""The screening lists one of several minima that no higher rise parts; the quick search lists each."""


def flown(orbit: Kepler, *spans_s: tuple[float, float]) -> Trajectory:
    """A delivery of an orbit in one or more segments."""
    made = message(*(segment(orbit, start, stop, 60.0) for start, stop in spans_s))
    return trajectory_from_oem(
        made, body=MARS, epoch=CUTOFF, window_s=(0.0, 3 * DAY_S), planets=PlanetaryEphemeris.default()
    )


def random_orbit(random: np.random.Generator) -> Kepler:
    """Low or high, round or long, of any inclination."""
    periapsis_km, apoapsis_km = np.sort(random.uniform(3600.0, 12_000.0, 2))
    return Kepler(
        (periapsis_km + apoapsis_km) / 2.0, (apoapsis_km - periapsis_km) / (apoapsis_km + periapsis_km),
        random.uniform(0.05, 3.0), *random.uniform(0.0, 2.0 * np.pi, 3),
    )  # fmt: skip


def listed(found: list[Approach]) -> list[tuple[str, str, int, int, bool]]:
    """In whole seconds and metres."""
    return [(one.first, one.second, round(one.offset_s), round(one.miss_km * 1000), one.at_boundary) for one in found]


@pytest.mark.parametrize("seed", range(6))
def test_quick_and_proven_search_find_the_same(seed: int) -> None:
    """For fleets with gaps, joints and late beginnings both list the same approaches, to a metre and a second."""
    random = np.random.default_rng(seed)
    spans = [(0.0, 3 * DAY_S)], [(0.0, DAY_S), (DAY_S, 3 * DAY_S)], [(1e4, 9e4), (1.2e5, 2e5)], [(333.3, 250_000.1)]
    fleet = {f"O{k}": flown(random_orbit(random), *spans[k % 4]) for k in range(6)}
    sky = sky_of(fleet, MARS, (0.0, 3 * DAY_S))
    pairs = [("O0", other) for other in fleet if other != "O0"]

    proven = screen(fleet, (0.0, 3 * DAY_S), 2500.0, pairs=pairs)

    quick = sky.approaches("O0", fleet["O0"], [other for _, other in pairs], 2500.0)
    assert len(quick) >= 3
    assert listed(quick) == listed(list(proven.approaches))


def test_no_cell_is_left_out_in_which_two_come_nearer() -> None:
    """Whatever the limit: a cell whose least distance, at every second, is below it is looked into."""
    random = np.random.default_rng(11)
    fleet = {f"O{k}": flown(random_orbit(random), (0.0, DAY_S)) for k in range(4)}
    sky = sky_of(fleet, MARS, (0.0, DAY_S))
    seconds = np.linspace(-1.0, 1.0, 121)[:, None] * sky.half_s + sky.middle_s
    places = {name: motion.state(seconds.ravel())[0] for name, motion in fleet.items()}
    for first, second in combinations(fleet, 2):
        apart_km = np.linalg.norm(places[first] - places[second], axis=1).reshape(seconds.shape)
        for cell, least_km in enumerate(apart_km.min(axis=0)):
            near = _may_be_near(sky.samples[first], sky.samples[second], sky.half_s, float(least_km) + 1e-6)
            assert near[cell], (first, second, cell)


def test_a_slow_pair_is_found_as_well() -> None:
    """Two objects 60 km apart on nearly one orbit have the same minima in both, shallow ones aside."""
    leading = Kepler(4000.0, 0.01, 1.2, 0.4, 0.7, 0.1)
    behind = replace(leading, mean_anomaly_rad=0.1 - 60.0 / 4000.0, e=0.0102)
    assert behind.period_s == pytest.approx(2 * np.pi * np.sqrt(4000.0**3 / GM_MARS_KM3_S2))
    fleet = {"A": flown(leading, (0.0, DAY_S)), "B": flown(behind, (0.0, DAY_S))}

    proven = screen(fleet, (0.0, DAY_S), 100.0).approaches

    quick = sky_of(fleet, MARS, (0.0, DAY_S)).approaches("A", fleet["A"], ["B"], 100.0)
    assert len(proven) >= 10
    at_s = np.array([one.offset_s for one in quick])
    for one in proven:
        beside = quick[int(np.abs(at_s - one.offset_s).argmin())]
        assert abs(beside.offset_s - one.offset_s) < 1.0
        assert abs(beside.miss_km - one.miss_km) < SHALLOW_KM
