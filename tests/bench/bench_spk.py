"""How long it takes to follow a kernel over its days, type by type, once an object and never inside the pair loop.

The reference is CSPICE's own spkezr, called for each of the states that a minute's grid has. What nearpass makes of the
kernel is polynomials that answer at any time; its rate is that of the same states, child process and fit included.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import spiceypy as spice

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from brute_force import EPOCH, GM_MARS_KM3_S2, MARS_KM, Orbit
from nearpass.astro.bodies import body_named
from nearpass.astro.frames import PlanetaryEphemeris, tdb_s
from nearpass.ephemeris.spk import spk_trajectory

T = TypeVar("T")
DAYS = 28.0
STEP_S = 60.0
TARGET = -999
MARS = 499
ORBIT = Orbit(MARS_KM + 2300.0, 0.35, 1.3, 0.4, 0.8, 0.2)
RUNS = 3
INTERVAL_S = 600.0  # of a Chebyshev series
DEGREE = 12


def main() -> None:
    """One row a type: 28 days about Mars, a node a minute or a series of degree 12 every ten minutes."""
    planets = PlanetaryEphemeris.default()
    offsets_s = np.arange(0.0, DAYS * 86_400.0, STEP_S)
    times_s = tdb_s(EPOCH, offsets_s)
    print("type | CSPICE, a call a state | nearpass, child and fit | ratio | states a second | largest difference")
    with tempfile.TemporaryDirectory() as folder:
        for data_type in WRITERS:
            kernel = _kernel(Path(folder) / f"type{data_type:02d}.bsp", data_type, times_s)
            reference_s, truth_km = _timed(lambda kernel=kernel: _by_cspice(kernel, times_s))
            window_s = (float(offsets_s[0]), float(offsets_s[-1]))
            ours_s, found = _timed(
                lambda kernel=kernel, window_s=window_s: spk_trajectory(
                    [kernel], TARGET, body=body_named("MARS"), epoch=EPOCH, window_s=window_s, planets=planets
                )
            )
            missed_km = np.linalg.norm(found.arcs[0].position_km(offsets_s) - truth_km, axis=1).max()
            rate = len(offsets_s) / ours_s / 1e6
            print(
                f"{data_type:4d} | {reference_s:.3f} s | {ours_s:.3f} s | {ours_s / reference_s:.2f} | "
                f"{rate:.2f} million | {missed_km * 1e6:.3f} mm"
            )


def _states(times_s: np.ndarray) -> np.ndarray:
    """States ``(N, 6)``, the velocity from differences of positions a second around."""
    since_s = times_s - times_s[0]
    position_km = ORBIT(since_s)
    velocity_km_s = (ORBIT(since_s + 0.5) - ORBIT(since_s - 0.5)) + (
        (ORBIT(since_s + 0.5) - ORBIT(since_s - 0.5)) - (ORBIT(since_s + 1.0) - ORBIT(since_s - 1.0)) / 2.0
    ) / 3.0
    return np.ascontiguousarray(np.hstack([position_km, velocity_km_s]))


def _kernel(path: Path, data_type: int, times_s: np.ndarray) -> Path:
    handle = spice.spkopn(str(path), "bench", 0)
    try:
        WRITERS[data_type](handle, times_s)
    finally:
        spice.spkcls(handle)
    return path


def _chebyshev(handle: int, times_s: np.ndarray, data_type: int) -> None:
    count = int(np.ceil((times_s[-1] - times_s[0]) / INTERVAL_S))
    nodes = np.cos(np.pi * (np.arange(DEGREE + 1) + 0.5) / (DEGREE + 1))
    middles_s = times_s[0] + (np.arange(count) + 0.5) * INTERVAL_S
    at_s = middles_s[:, None] + nodes * INTERVAL_S / 2.0
    states = _states(np.concatenate([times_s[:1], at_s.ravel()]))[1:].reshape(count, DEGREE + 1, 6)
    series = np.linalg.inv(np.polynomial.chebyshev.chebvander(nodes, DEGREE)) @ states
    width = 3 if data_type == 2 else 6
    records = np.ascontiguousarray(series[:, :, :width].transpose(0, 2, 1)).reshape(count, -1)
    write = spice.spkw02 if data_type == 2 else spice.spkw03
    write(
        handle, TARGET, MARS, "J2000", times_s[0], times_s[0] + count * INTERVAL_S, "bench",
        INTERVAL_S, count, DEGREE, records.ravel(), times_s[0],
    )  # fmt: skip


def _nodes(handle: int, times_s: np.ndarray, data_type: int) -> None:
    states, first_s, last_s = _states(times_s), times_s[0], times_s[-1]
    head = (handle, TARGET, MARS, "J2000", first_s, last_s, "bench")
    if data_type == 5:
        spice.spkw05(*head, GM_MARS_KM3_S2, len(times_s), states, times_s)
    elif data_type == 9:
        spice.spkw09(*head, 7, len(times_s), states, times_s)
    else:
        spice.spkw13(*head, 7, len(times_s), states, times_s)


WRITERS: dict[int, Callable[[int, np.ndarray], None]] = {
    2: lambda handle, times_s: _chebyshev(handle, times_s, 2),
    3: lambda handle, times_s: _chebyshev(handle, times_s, 3),
    5: lambda handle, times_s: _nodes(handle, times_s, 5),
    9: lambda handle, times_s: _nodes(handle, times_s, 9),
    13: lambda handle, times_s: _nodes(handle, times_s, 13),
}


def _by_cspice(kernel: Path, times_s: np.ndarray) -> np.ndarray:
    spice.furnsh(str(kernel))
    try:
        return np.array([spice.spkezr(str(TARGET), time_s, "J2000", "NONE", str(MARS))[0][:3] for time_s in times_s])
    finally:
        spice.unload(str(kernel))


def _timed(task: Callable[[], T]) -> tuple[float, T]:
    times_s = []
    for _ in range(RUNS):
        began = time.perf_counter()
        result = task()
        times_s.append(time.perf_counter() - began)
    return statistics.median(times_s), result


if __name__ == "__main__":
    main()
