"""Covered and uncovered time of a pair, against the spans that the deliveries of the test hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleets import CUTOFF, LOW, POLAR, message, segment, write_workspace
from nearpass.config import load_config
from nearpass.cycle.pipeline import run_cycle
from nearpass.messages.oem_write import write_oem

SPAN_S = 0.2 * 86_400.0


@pytest.mark.parametrize(
    ("first", "second", "covered"),
    [
        ([(-600.0, 18_000.0)], [(-600.0, 18_000.0)], [(0.0, SPAN_S)]),
        ([(-600.0, 6_000.0)], [(-600.0, 18_000.0)], [(0.0, 6_000.0)]),
        ([(-600.0, 6_000.0), (9_000.0, 18_000.0)], [(-600.0, 18_000.0)], [(0.0, 6_000.0), (9_000.0, SPAN_S)]),
        ([(-600.0, 6_000.0)], [(3_000.0, 18_000.0)], [(3_000.0, 6_000.0)]),
        ([(-600.0, 6_000.0)], [(9_000.0, 18_000.0)], []),
    ],
)
def test_covered_time_is_where_both_have_states(
    tmp_path: Path,
    first: list[tuple[float, float]],
    second: list[tuple[float, float]],
    covered: list[tuple[float, float]],
) -> None:
    """Covered and uncovered time add up to the window, and the uncovered spans are its rest: counted by hand here."""
    path = write_workspace(tmp_path, orbits={"LOW": LOW, "POLAR": POLAR}, span_days=SPAN_S / 86_400.0)
    for name, orbit, spans in (("low", LOW, first), ("polar", POLAR, second)):
        held = message(*(segment(orbit, start_s, stop_s, 60.0) for start_s, stop_s in spans))
        (tmp_path / "ephemerides" / f"{name}_1.oem").write_text(write_oem(held))
    config, text = load_config(path)
    record = run_cycle(config, text, tmp_path, CUTOFF, None, lambda _, __: lambda ___: None).record
    (pair,) = record.pairs
    edges = [0.0, *(edge for span in covered for edge in span), SPAN_S]
    rest = [(start, stop) for start, stop in zip(edges[::2], edges[1::2], strict=True) if stop > start]

    assert pair.covered_s == pytest.approx(sum(stop - start for start, stop in covered), abs=1e-3)
    assert pair.uncovered_s == pytest.approx(sum(stop - start for start, stop in rest), abs=1e-3)
    assert [(span.start - CUTOFF, span.stop - CUTOFF) for span in pair.uncovered] == [
        (pytest.approx(start, abs=1e-3), pytest.approx(stop, abs=1e-3)) for start, stop in rest
    ]
    assert (pair.unscreened is None) is bool(covered)
