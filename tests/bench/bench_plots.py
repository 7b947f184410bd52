"""Drawing: processor time and size a plot, kind by kind, and plots a minute through the pool."""

from __future__ import annotations

import gzip
import os
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import records
from nearpass.report.plots import Plot, cycle_plots, draw, draw_all, event_plots, object_plots, pair_plots

RUNS = 5
BATCH = 120


def _plots() -> list[Plot]:
    record = records.sample_record()
    return [
        *(plot for event in record.events for plot in event_plots(record, event)),
        *(plot for pair in record.pairs for plot in pair_plots(record, pair)),
        *(plot for item in record.objects for plot in object_plots(record, item)),
        *cycle_plots(record),
    ]


def _cpu_s(plot: Plot) -> float:
    started = time.process_time()
    draw(plot)
    return time.process_time() - started


def main() -> None:
    """Print one row a kind, then the rate of the pool."""
    plots = _plots()
    by_kind: dict[str, list[Plot]] = defaultdict(list)
    for plot in plots:
        by_kind[plot.kind].append(plot)
    draw(plots[0])
    print("what | median s | ratio to reference | note")
    medians = {
        kind: statistics.median(_cpu_s(plot) for plot in some[:4] for _ in range(RUNS))
        for kind, some in by_kind.items()
    }
    reference_s = medians["distance"]
    for kind, median_s in sorted(medians.items(), key=lambda item: item[1]):
        svg = draw(by_kind[kind][0])
        note = f"processor time; {len(svg) / 1000:.0f} kB, {len(gzip.compress(svg)) / 1000:.1f} kB compressed"
        print(f"draw {kind} | {median_s:.4f} | {median_s / reference_s:.2f} | {note}")
    batch = (plots * (BATCH // len(plots) + 1))[:BATCH]
    jobs = os.cpu_count() or 1
    started = time.perf_counter()
    drawn = sum(len(svg) > 0 for _, svg in draw_all(batch, jobs=jobs, progress=lambda _: None))
    each_s = (time.perf_counter() - started) / drawn
    note = f"wall time a plot, {60 / each_s:.0f} a minute"
    print(f"draw_all, {jobs} jobs | {each_s:.4f} | {each_s / reference_s:.2f} | {note}")


if __name__ == "__main__":
    main()
