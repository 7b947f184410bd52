"""The screening of a Mars fleet over 28 days against brute force on the same arcs, and of 100 objects at the Moon."""

import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import TypeVar

import numpy as np
from scipy.optimize import minimize_scalar

sys.path.insert(0, str(Path(__file__).parents[1]))

from brute_force import GM_MARS_KM3_S2, MARS_KM, Orbit, flown
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.screening.fleet import fit_fleet
from nearpass.screening.screen import screen, screen_fleet

T = TypeVar("T")
RUNS = 5
LIMIT_KM = 100.0
NEAR_KM = 10.0
WINDOW_S = (0.0, 28 * 86_400.0)
BRUTE_STEP_S = 10.0
FASTEST_KM_S = 10.0  # relative speed at Mars: between two samples of brute force a pair comes nearer by less
# Altitudes of periapsis and apoapsis in km and inclination in degrees, in the manner of the fleet at Mars.
SHAPES = [
    (398, 402, 74), (255, 320, 93), (388, 410, 93), (250, 252, 60), (445, 455, 20), (150, 4500, 75),
    (350, 10_300, 86), (20_000, 43_000, 25), (1000, 49_380, 60), (280, 59_000, 87), (5838, 6122, 1.1),
    (20_062, 20_072, 1.8),
]  # fmt: skip
GM_MOON_KM3_S2 = 4902.800066  # DE440
MOON_KM = 1737.4
# Low polar orbits, frozen and elliptical ones for relays, and far ones with the periods of halo orbits.
MOON_SHAPES = [
    (100, 100, 90), (30, 160, 86), (60, 60, 168), (100, 120, 45), (500, 8000, 57.7), (720, 9750, 54.8),
    (3000, 70_000, 90), (1500, 30_000, 62),
]  # fmt: skip


def main() -> None:
    """Twelve objects, 66 pairs, nodes every 60 s."""
    fleet = mars_fleet()
    names = list(combinations(sorted(fleet), 2))
    exact = dict.fromkeys(fleet, True)
    screen(fleet, WINDOW_S, LIMIT_KM)  # velocities of the arcs are made once
    brute_s, found = _timed(lambda: brute_force(fleet, names), 1)
    fit_s, fitted = _timed(lambda: fit_fleet(fleet, WINDOW_S))
    search_s, screening = _timed(lambda: screen_fleet(fitted, names, LIMIT_KM, exact=exact))
    _row("brute force, every 10 s", brute_s, brute_s, f"{found} approaches below {LIMIT_KM:.0f} km")
    _row("fit", fit_s, brute_s, f"{len(fitted.edges_s) - 1} intervals, error {fitted.fit_error_km.max():.1e} km")
    note = f"{len(screening.approaches)} approaches, {screening.funnel.intervals} pair-intervals"
    _row("search", search_s, brute_s, note)
    _row("fit and search", fit_s + search_s, brute_s, f"{_peak_mb(fleet):.0f} MB beside the ephemerides")
    window_s = (0.0, 14 * 86_400.0)
    large = _fleet(100, 14.0, MOON_SHAPES, MOON_KM, GM_MOON_KM3_S2)
    large_s, screening = _timed(lambda: screen(large, window_s, LIMIT_KM), 1)
    note = f"{len(screening.pairs)} pairs, {len(screening.approaches)} approaches below {LIMIT_KM:.0f} km"
    _row("100 at the Moon, 14 days", large_s, large_s, note)
    large_s, screening = _timed(lambda: screen(large, window_s, NEAR_KM), 1)
    note = f"{len(screening.pairs)} pairs, {len(screening.approaches)} approaches below {NEAR_KM:.0f} km"
    _row("the same", large_s, large_s, note)


def mars_fleet() -> dict[str, Trajectory]:
    """Twelve objects about Mars, nodes every 60 s for 28 days."""
    return _fleet(len(SHAPES), 28.0, SHAPES, MARS_KM, GM_MARS_KM3_S2)


def _fleet(
    count: int, days: float, shapes: list[tuple[float, float, float]], radius_km: float, gm_km3_s2: float
) -> dict[str, Trajectory]:
    rng = np.random.default_rng(2021)
    fleet = {}
    for number in range(count):
        low_km, high_km, tilt_deg = shapes[number % len(shapes)]
        a_km = radius_km + (low_km + high_km) / 2
        angles = rng.uniform(0, 2 * np.pi, 3)
        orbit = Orbit(a_km, (high_km - low_km) / (2 * a_km), np.radians(tilt_deg), *angles, gm_km3_s2)
        fleet[f"{number:03d}"] = flown(orbit, days * 86_400.0)
    return fleet


def brute_force(fleet: dict[str, Trajectory], names: list[tuple[str, str]]) -> int:
    """Sample all, then minimise around each sampled minimum that can lead below the limit."""
    offsets_s = np.arange(WINDOW_S[0], WINDOW_S[1] + 1.0, BRUTE_STEP_S)
    positions_km = {name: one.arcs[0].position_km(offsets_s) for name, one in fleet.items()}
    found = 0
    for first, second in names:
        distance_km = np.linalg.norm(positions_km[first] - positions_km[second], axis=1)
        inner = distance_km[1:-1]
        low = (inner <= distance_km[:-2]) & (inner < distance_km[2:]) & (inner < LIMIT_KM + FASTEST_KM_S * BRUTE_STEP_S)
        for at_s in offsets_s[np.flatnonzero(low) + 1]:
            found += _least_km(fleet[first], fleet[second], float(at_s)) < LIMIT_KM
    return found


def _least_km(one: Trajectory, two: Trajectory, around_s: float) -> float:
    def distance(shift_s: float) -> float:
        at_s = np.array([around_s + shift_s])
        return float(np.linalg.norm(one.arcs[0].position_km(at_s) - two.arcs[0].position_km(at_s)))

    bounds = (-BRUTE_STEP_S, BRUTE_STEP_S)
    return float(minimize_scalar(distance, bounds=bounds, method="bounded", options={"xatol": 1e-4}).fun)


def _timed(task: Callable[[], T], runs: int = RUNS) -> tuple[float, T]:
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        result = task()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken), result


def _peak_mb(fleet: dict[str, Trajectory]) -> float:
    tracemalloc.start()
    screen(fleet, WINDOW_S, LIMIT_KM)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def _row(what: str, median_s: float, reference_s: float, note: str) -> None:
    print(f"{what:<28} {median_s:8.3f} s {median_s / reference_s:8.3f}  {note}")


if __name__ == "__main__":
    main()
