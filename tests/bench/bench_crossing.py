"""Orbit crossings: all pairs of a Mars fleet over four weeks, one pair in hard cases, and a seasonal forecast.

The reference is the same question asked by brute force for one revolution: a grid of 360 by 360 places, then a descent
from each low with scipy.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from scipy.ndimage import minimum_filter
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fleets import ABOUT_MARS, CUTOFF, GM_MARS_KM3_S2, Kepler
from nearpass.crossing.crossing import crossings, fleet_crossings
from nearpass.crossing.season import season
from nearpass.ephemeris.interpolation import arc_from_nodes
from nearpass.ephemeris.trajectory import Proof, Trajectory

RUNS: Final = 3
SPAN_S: Final = 28.0 * 86_400.0
LIMIT_KM: Final = 100.0
NODE_STEP_S: Final = 120.0
AIM_S: Final = 10.0

# altitudes and inclinations of orbiters that fly, flew or are lost at Mars, with nodes and arguments made up
FLEET: Final = {
    "MRO": Kepler(3681.0, 0.010, np.radians(92.7), 0.3, 4.7, 0.1),
    "ODY": Kepler(3796.0, 0.010, np.radians(93.1), 1.2, 4.7, 1.0),
    "TGO": Kepler(3796.0, 0.007, np.radians(74.0), 2.0, 4.6, 2.0),
    "MAVEN": Kepler(5721.0, 0.380, np.radians(75.0), 4.0, 1.0, 3.0),
    "MEX": Kepler(8721.0, 0.571, np.radians(86.0), 5.0, 3.3, 4.0),
    "TW1": Kepler(8905.0, 0.588, np.radians(86.0), 0.9, 2.0, 5.0),
    "EMM": Kepler(34_896.0, 0.330, np.radians(25.0), 3.0, 0.5, 6.0),
    "MGS": Kepler(3801.0, 0.008, np.radians(92.9), 2.6, 4.7, 0.4),
    "M9": Kepler(12_651.0, 0.601, np.radians(64.0), 1.7, 2.7, 0.9),
    "VO1": Kepler(31_556.0, 0.882, np.radians(39.0), 3.7, 0.7, 1.4),
    "PHOBOS": Kepler(9376.0, 0.0151, np.radians(1.1), 0.5, 0.5, 1.9),
    "DEIMOS": Kepler(23_463.0, 0.0003, np.radians(1.8), 1.5, 0.2, 2.4),
}


def trajectory(orbit: Kepler) -> Trajectory:
    """An orbit over the span as an OEM of Hermite degree 11 would give it."""
    offsets_s = np.arange(0.0, SPAN_S + NODE_STEP_S, NODE_STEP_S)
    arc = arc_from_nodes(offsets_s, *orbit.state(offsets_s), "HERMITE", 11)
    return Trajectory(object_id="A", frame=ABOUT_MARS, epoch=CUTOFF, arcs=(arc,), proof=Proof.EXACT)


def brute_force(first: Kepler, second: Kepler) -> int:
    """All minima of one pair of revolutions."""
    times = [np.arange(360) * (orbit.period_s / 360.0) for orbit in (first, second)]
    places = [orbit.state(offsets_s)[0] for orbit, offsets_s in zip((first, second), times, strict=True)]
    distance_km = np.linalg.norm(places[0][:, None] - places[1], axis=2)
    lows = np.argwhere((distance_km == minimum_filter(distance_km, 3, mode="wrap")) & (distance_km < 5.0 * LIMIT_KM))

    def separation_km(x: np.ndarray) -> float:
        return float(np.linalg.norm(first.state(x[:1])[0] - second.state(x[1:])[0]))

    for i, j in lows:
        minimize(
            separation_km, [times[0][i], times[1][j]], method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-6}
        )
    return len(lows)


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Median time of a few runs, and the last answer."""
    taken = []
    for _ in range(RUNS):
        began = time.perf_counter()
        answer = work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken), answer


def row(what: str, seconds: float, reference_s: float, note: str) -> None:
    """One line of the table."""
    print(f"{what:<44} | {seconds:9.4f} s | {seconds / reference_s:10.2e} | {note}")


def main() -> None:
    """Print what | median s | ratio to reference | note."""
    paths = {name: trajectory(orbit) for name, orbit in FLEET.items()}
    periods_s = {name: orbit.period_s for name, orbit in FLEET.items()}
    one, other = FLEET["MRO"], FLEET["TGO"]
    reference_s, lows = timed(lambda: brute_force(one, other))
    row("brute force, one revolution of one pair", reference_s, reference_s, f"{lows} starts")
    seconds, found = timed(lambda: fleet_crossings(paths, periods_s, (0.0, SPAN_S), LIMIT_KM))
    assert isinstance(found, tuple)
    note = f"{len(found)} crossings below {LIMIT_KM:g} km; aim {AIM_S:g} s on one core; reference times revolutions"
    revolutions = sum(SPAN_S / periods_s[name] * (len(FLEET) - 1 - place) for place, name in enumerate(FLEET))
    row("66 pairs over 28 days", seconds, reference_s * revolutions, note)
    silent = set(list(FLEET)[7:10])
    seconds, found = timed(lambda: fleet_crossings(paths, periods_s, (0.0, SPAN_S), LIMIT_KM, phase_unknown=silent))
    row("the same with three silent orbiters", seconds, reference_s * revolutions, "63 pairs")
    for name, second in (
        ("orbits at a steep angle", Kepler(3690.0, 0.005, np.radians(74.0), 2.0, 4.6)),
        ("0.6 degrees apart", Kepler(3685.0, 0.008, np.radians(93.3), 0.3, 4.0)),
        ("0.001 degrees apart", Kepler(3681.1, 0.010, np.radians(92.701), 0.3, 4.7)),
        ("one orbit flown twice", Kepler(3681.0, 0.010, np.radians(92.7), 0.3, 4.7)),
    ):
        arguments = (paths["MRO"], trajectory(second), ("A", "B"), (0.0, SPAN_S), LIMIT_KM)
        both_s = (one.period_s, second.period_s)
        seconds, found = timed(lambda a=arguments, p=both_s: crossings(*a, periods_s=p))
        assert isinstance(found, tuple)
        row(f"one pair, {name}", seconds, reference_s * SPAN_S / one.period_s, f"{len(found)} crossings, with fits")
    seconds, _ = timed(
        lambda: season(
            paths["MRO"],
            paths["TW1"],
            at_s=SPAN_S,
            periods_s=(periods_s["MRO"], periods_s["TW1"]),
            gm_km3_s2=GM_MARS_KM3_S2,
            radius_km=3396.19,
            j2=1.96045e-3,
            pole=np.array([0.0, 0.0, 1.0]),
            threshold_km=20.0,
            days=183.0,
        )
    )
    row("season of one pair, 183 days", seconds, reference_s * 184, "reference times days")


if __name__ == "__main__":
    main()
