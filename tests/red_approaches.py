"""A workspace whose newest cycle has two red approaches, nearly two days after its data cut-off."""

from __future__ import annotations

import json
import math
from pathlib import Path

from command_line import called
from fleets import LOW, Kepler, write_workspace
from stub_cycles import quick

AT = "2021-03-17T00:00"
CROSSING = Kepler(LOW.a_km + 1.0, LOW.e, math.radians(75.0), mean_anomaly_rad=0.063)
"""Meets the low orbit at the nodes; two of its passages are red, one before and one after them yellow."""


def laid_out(folder: Path, extra: str = "") -> Path:
    """The workspace before its first cycle; its configuration."""
    orbits = {"LOW": LOW, "MEETS": CROSSING}
    return write_workspace(folder, orbits=orbits, span_days=3.0, limit_km=12.0, extra=extra)


def published(folder: Path) -> Path:
    """The workspace with one published cycle."""
    with quick():
        code, _, err = called("run", "--config", laid_out(folder), "--jobs", 1, "--at", AT)
    assert code == 0, err
    return folder


def red_events(workspace: Path) -> list[str]:
    """Ids of the red approaches in the order of time, from the published table."""
    found = json.loads((workspace / "public/cycles/2021/03/17/T0000Z/events.json").read_text())["events"]
    return [str(event["event_id"]) for event in found if event["alert"] == "red"]
