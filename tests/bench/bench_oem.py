"""How long it takes to read four weeks of states, one a minute, and to turn them into polynomials.

The reference is ccsds-ndm-py, a reader written in Rust, on the same text.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ccsds_ndm
import numpy as np
from oem import OrbitEphemerisMessage

from nearpass.astro.bodies import body_named
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.ephemeris.interpolation import arc_from_nodes, trajectory_from_oem
from nearpass.messages.oem import parse_oem
from nearpass.messages.oem_write import write_oem
from oem_texts import START, circular, message_text, segment_text

STATES = 40_320
RUNS = 9
WAYS = {
    "decimals": "{} {:.6f} {:.6f} {:.6f} {:.9f} {:.9f} {:.9f}",
    "more decimals": "{} {:.9f} {:.9f} {:.9f} {:.12f} {:.12f} {:.12f}",
    "exponents": "{}  {:.15e}  {:.15e}  {:.15e}  {:.15e}  {:.15e}  {:.15e}",
}


def text_of(way: str) -> str:
    """A message of four weeks."""
    offsets_s = np.arange(STATES) * 60.0
    states = np.hstack(circular(offsets_s)).tolist()
    stamps = [(START + offset_s).iso(digits=3) for offset_s in offsets_s.tolist()]
    return message_text(segment_text([way.format(stamp, *row) for stamp, row in zip(stamps, states, strict=True)]))


def by_loadtxt(text: str) -> object:
    """The states by numpy's own text reader, without any check and with the dates left as text."""
    lines = text[text.index("META_STOP") :].splitlines()[1:]
    return np.loadtxt(lines, dtype=[("epoch", "U30"), *((axis, "f8") for axis in "abcdef")])


def by_oem(text: str) -> object:
    """The message by the package oem."""
    with tempfile.NamedTemporaryFile("w", suffix=".oem") as file:
        file.write(text)
        file.flush()
        return OrbitEphemerisMessage.open(file.name)


def median_s(work: Callable[[], object], runs: int = RUNS) -> float:
    """Median of several runs after one to warm up."""
    work()
    times_s = []
    for _ in range(runs):
        begun = time.perf_counter()
        work()
        times_s.append(time.perf_counter() - begun)
    return statistics.median(times_s)


def peak_bytes(work: Callable[[], object]) -> int:
    """The most memory that a run holds beyond what there was."""
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def main() -> None:
    """Print one row a measurement."""
    print("what | median s | ratio to reference | note")
    for name, way in WAYS.items():
        text = text_of(way)
        data = text.encode()
        reference_s = median_s(lambda: ccsds_ndm.Oem.from_str(text))  # noqa: B023  # called at once
        ours_s = median_s(lambda: parse_oem(data, "bench.oem"))  # noqa: B023  # called at once
        peak = peak_bytes(lambda: parse_oem(data, "bench.oem")) / len(data)  # noqa: B023  # called at once
        size = f"{len(data) / 1e6:.2f} MB"
        print(f"ccsds-ndm-py, {name} | {reference_s:.4f} | 1.0 | {size}")
        if name == "more decimals":
            for peer, read in (("numpy.loadtxt, no check, dates as text", by_loadtxt), ("oem", by_oem)):
                taken_s = median_s(partial(read, text), 3)
                print(f"{peer}, {name} | {taken_s:.4f} | {taken_s / reference_s:.1f} |")
        print(f"parse_oem, {name} | {ours_s:.4f} | {ours_s / reference_s:.1f} | peak memory {peak:.1f} times the text")
    message = parse_oem(data, "bench.oem")
    offsets_s = np.arange(STATES) * 60.0
    states = circular(offsets_s)
    for method, degree in (("HERMITE", 7), ("LAGRANGE", 7), ("HERMITE", 15)):
        taken_s = median_s(lambda: arc_from_nodes(offsets_s, *states, method, degree))  # noqa: B023  # called at once
        print(f"arc_from_nodes, {method} {degree} | {taken_s:.4f} | - | {STATES - 1} intervals")
    mars, planets = body_named("MARS"), PlanetaryEphemeris.default()
    window_s = (0.0, float(offsets_s[-1]))
    taken_s = median_s(lambda: trajectory_from_oem(message, body=mars, epoch=START, window_s=window_s, planets=planets))
    print(f"trajectory_from_oem | {taken_s:.4f} | - | EME2000 or ICRF, centre at the body")
    print(f"write_oem | {median_s(lambda: write_oem(message)):.4f} | - | {STATES} states")


if __name__ == "__main__":
    main()
