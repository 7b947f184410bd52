"""Speeds that nothing has are refused: the fastest body about the Sun, at its surface, falls with 618 km/s."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fleets import CUTOFF, POLAR, message, segment, write_workspace
from nearpass.config import load_config
from nearpass.cycle.pipeline import setting_of
from nearpass.ingest import ingest_object
from nearpass.messages.oem_write import write_oem


class Straight:
    """Uniform motion at a speed, well outside the planet."""

    def __init__(self, speed_km_s: float) -> None:
        self.speed_km_s = speed_km_s

    def state(self, offsets_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Along y at x = 10,000 km."""
        away_km = self.speed_km_s * np.asarray(offsets_s, dtype=float)
        zero = np.zeros_like(away_km)
        return (
            np.stack([zero + 10_000.0, away_km, zero], axis=1),
            np.stack([zero, zero + self.speed_km_s, zero], axis=1),
        )


@pytest.mark.parametrize(("speed_km_s", "used"), [(618.0, True), (999.0, True), (1001.0, False), (3400.0, False)])
def test_a_speed_beyond_a_thousand_is_refused(tmp_path: Path, speed_km_s: float, used: bool) -> None:
    """3,400 km/s is a low orbit about Mars in metres: the refusal names the speed, its instant and the likely cause."""
    path = write_workspace(tmp_path, orbits={"POLAR": POLAR}, span_days=0.05)
    (tmp_path / "ephemerides" / "fast.oem").write_text(
        write_oem(message(segment(Straight(speed_km_s), -600.0, 5400.0, 60.0)))
    )
    path.write_text(
        path.read_text() + '[[object]]\nid = "FAST"\nname = "FAST"\nhbr_m = 5\n'
        '[[object.ephemeris]]\npath = "ephemerides/fast.oem"\noriginator = "TEST"\n'
    )
    config, _ = load_config(path)
    result = ingest_object(config.objects[-1], setting_of(config, tmp_path, CUTOFF))
    refusal = result.inputs[0].refusal or ""

    assert (result.trajectory is not None) is used
    assert bool(refusal) is not used
    if not used:
        assert f"{speed_km_s:g} km/s" in refusal
        assert "metres for kilometres?" in refusal
