"""How long it takes to read a catalogue of mean elements, and to turn one set into a trajectory of a week.

The reference is sgp4's own reader on the same sets, which checks neither columns nor checksums.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from sgp4 import omm
from sgp4.api import Satrec

sys.path.insert(0, str(Path(__file__).parents[1]))

from element_texts import TLE, json_text, tle
from nearpass.astro.epochs import DAY_S
from nearpass.ephemeris.elements_motion import trajectory_from_elements
from nearpass.messages.elements import read_elements

SETS = 30_000
RUNS = 3


def median_s(work: Callable[[], object]) -> float:
    """Median of several runs."""
    times_s = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        work()
        times_s.append(time.perf_counter() - begun)
    return statistics.median(times_s)


def by_twoline2rv(text: str) -> list[Satrec]:
    """Pairs of lines, as sgp4 reads them."""
    lines = text.splitlines()
    return [Satrec.twoline2rv(*pair) for pair in zip(lines[::2], lines[1::2], strict=True)]


def by_omm(text: str) -> list[Satrec]:
    """An array of keywords, as sgp4 reads it."""
    found = []
    for fields in json.loads(text):
        found.append(Satrec())
        omm.initialize(found[-1], fields)
    return found


def peak_bytes(work: Callable[[], object]) -> int:
    """The most memory that a run holds beyond what there was."""
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def main() -> None:
    """Print one row a measurement."""
    lines = "".join(tle(f"{number:05d}") for number in range(1, SETS + 1))
    keywords = json_text(*({"NORAD_CAT_ID": number} for number in range(1, SETS + 1)))
    print("what | median s | ratio to reference | note")
    for name, text, reference in (("two lines", lines, by_twoline2rv), ("JSON", keywords, by_omm)):
        data = text.encode()
        reference_s = median_s(lambda: reference(text))  # noqa: B023  # called at once
        every_s = median_s(lambda: read_elements(data, "bench"))  # noqa: B023
        one_s = median_s(lambda: read_elements(data, "bench", wanted={SETS}))  # noqa: B023
        peak = peak_bytes(lambda: read_elements(data, "bench", wanted={SETS})) / len(data)  # noqa: B023
        print(f"sgp4, {SETS} sets, {name} | {reference_s:.2f} | 1.0 | {len(data) / 1e6:.1f} MB")
        print(f"read_elements, {SETS} sets, {name} | {every_s:.2f} | {every_s / reference_s:.1f} |")
        print(f"one set of them | {one_s:.2f} | {one_s / reference_s:.1f} | peak memory {peak:.1f} times the text")
    (item,) = read_elements(TLE.encode(), "bench").sets
    week_s = median_s(lambda: trajectory_from_elements(item, epoch=item.epoch, window_s=(0.0, 7.0 * DAY_S)))
    print(f"trajectory of a week | {week_s:.3f} | |")
