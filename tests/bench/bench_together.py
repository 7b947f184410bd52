"""Cycles in which objects fly together, beside the cycle of the same fleet in which they do not.

A tandem a hundred kilometres apart, and three ids of one spacecraft, over 28 days. Beside each stands the same number
of objects on the same orbits, spread over them: whoever flies together must cost no more than twice that.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
from bench_crossing import FLEET
from figures import Beside, Row, cpu_s, shown

from fleets import CUTOFF, Kepler, write_workspace
from nearpass.config import load_config
from nearpass.cycle.pipeline import run_cycle

DAYS = 28.0
BEHIND_KM = 100.0
ERRORS = (
    "uncertainty = { radial_km = 0.05, transverse_km = 0.3, normal_km = 0.05, timing_s = 0.05, "
    'timing_growth_s_per_day = 0.02, source = "assumed" }\n'
)
OTHERS = ("TGO", "MAVEN", "MEX", "EMM")


def rows(days: float = DAYS) -> Iterator[Row]:
    """Each kind of flying together; ``peer`` is the fleet whose objects are spread over the same orbit."""
    one, others = FLEET["MRO"], {name: FLEET[name] for name in OTHERS}

    def along(rad: float) -> Kepler:
        return replace(one, mean_anomaly_rad=one.mean_anomaly_rad + rad)

    fleets = {
        "tandem": ({"A": one, "B": along(-BEHIND_KM / one.a_km)}, {"A": one, "B": along(np.pi)}),
        "coinciding": (
            {"A": one, "B": one, "C": one},
            {"A": one, "B": along(2.0 * np.pi / 3.0), "C": along(4.0 * np.pi / 3.0)},
        ),
    }
    for key, (near, spread) in fleets.items():
        seconds, events = _cycle({**near, **others}, days)
        plain, plain_events = _cycle({**spread, **others}, days)
        yield Row(
            key=f"together.{key}",
            stage="Flying together",
            what=f"{len(near)} {key} among {len(near) + len(others)} objects, {days:g} days",
            seconds=seconds,
            peer=Beside(what=f"the same spread over the orbit, {plain_events} events", seconds=plain),
            runs=1,
            note=f"{events} events",
        )


def _cycle(orbits: Mapping[str, Kepler], days: float) -> tuple[float, int]:
    with tempfile.TemporaryDirectory() as name:
        path = write_workspace(Path(name), orbits=orbits, span_days=days)
        path.write_text(path.read_text().replace("lead_time_h", f"{ERRORS}lead_time_h"))
        config, text = load_config(path)
        began = cpu_s()
        record = run_cycle(config, text, Path(name), CUTOFF, None, lambda _, __: lambda _: None).record
        return cpu_s() - began, len(record.events)


if __name__ == "__main__":
    for row in rows(float(sys.argv[1]) if len(sys.argv) > 1 else DAYS):
        print(shown(row), flush=True)
