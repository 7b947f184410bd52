"""How many probabilities of collision a second, in the encounter plane and along curved orbits."""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from nearpass.encounter.pc import assess_probability  # after the path of the published cases
from nearpass.encounter.pc2d import contour_pc, foster_pc, project
from nearpass.encounter.pc3d import find_peak, nc_2d, nc_3d
from nearpass.encounter.pc_encounter import uncertain_orbits
from nearpass.encounter.pc_monte_carlo import monte_carlo
from pc_cases import Case, alfano_cases, cara_cases

RUNS = 5
MANY = 100_000
AIM_2D_PER_S = 100_000
AIM_3D_PER_S = 200


def main() -> None:
    """Median of a few runs each; the ratio is to the aim, above 1 is better."""
    print("what | median s | ratio to reference | note")
    planes = [None]

    def plane() -> None:
        planes[0] = project(*random_encounters())

    _row("100,000 planes projected", plane, MANY, AIM_2D_PER_S)
    _row("2-D, strips", lambda: foster_pc(planes[0]), MANY, AIM_2D_PER_S)
    _row("2-D, contour", lambda: contour_pc(planes[0]), MANY, AIM_2D_PER_S)
    cases = cara_cases()
    pairs = [(*uncertain_orbits(case.given.encounter)[0], case.given.hbr_km) for case in cases]
    peaks = [find_peak(*pair) for pair in pairs]
    _row("peak of the rate, CARA's 20", lambda: [find_peak(*pair) for pair in pairs], 20, AIM_3D_PER_S)
    _row("2D-Nc", lambda: [nc_2d(*pair, peak) for pair, peak in zip(pairs, peaks, strict=True)], 20, AIM_3D_PER_S)
    _row("3D-Nc", lambda: [nc_3d(*pair, peak) for pair, peak in zip(pairs, peaks, strict=True)], 20, AIM_3D_PER_S)
    _row("ladder, CARA's 20", lambda: [assess_probability(case.given) for case in cases], 20, AIM_3D_PER_S)
    slow = alfano_cases()
    _row("3D-Nc over whole spans, Alfano's 12", lambda: [_whole(case) for case in slow], 12, None)
    _row("Monte Carlo, 20,000 pairs (Alfano 8)", lambda: _simulate(slow[7]), 20_000, None)


def random_encounters() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Encounters with sigmas from 10 m to 10 km, misses of a few sigmas, radii of 5 to 20 m."""
    generator = np.random.default_rng(1)
    factor = generator.normal(size=(MANY, 3, 3)) * 10.0 ** generator.uniform(-2, 1, (MANY, 3, 1))
    covariance = factor @ factor.transpose(0, 2, 1)
    miss = (factor @ generator.normal(size=(MANY, 3, 1)))[..., 0]
    return miss, generator.normal(size=(MANY, 3)), covariance, generator.uniform(0.005, 0.02, MANY)


def _whole(case: Case) -> float:
    first, second = uncertain_orbits(case.given.encounter)[0]
    peak = find_peak(first, second, case.given.hbr_km)
    return nc_3d(first, second, case.given.hbr_km, peak, case.given.span_s).number


def _simulate(case: Case) -> float:
    pair = uncertain_orbits(case.given.encounter)[0]
    return monte_carlo(*pair, case.given.hbr_km, case.given.span_s, trials=20_000, seed=1).pc


def _row(what: str, run: Callable[[], object], count: int, aim_per_s: float | None) -> None:
    seconds = []
    for _ in range(RUNS):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    median_s = statistics.median(seconds)
    rate = count / median_s
    ratio = f"{rate / aim_per_s:.2f}" if aim_per_s else "-"
    aim = f", aim {aim_per_s:,.0f}" if aim_per_s else ""
    print(f"{what:<38} | {median_s:8.4f} | {ratio:>6} | {rate:,.0f}/s{aim}", flush=True)


if __name__ == "__main__":
    main()
