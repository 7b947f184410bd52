"""Objects whose life has ended, or not begun, are no refusals: the cycle exits 0, and its pages say so."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fleets import CUTOFF, LOW, POLAR, message, segment, write_workspace
from nearpass.astro.axes import axes_named
from nearpass.messages.oem_write import write_oem
from stub_cycles import quick

Nearpass = Callable[..., tuple[int, str, str]]
MARS_KM = 3396.19
NEXT = (CUTOFF + 43_200.0).iso(digits=0)


def landed(path: Path, *, until_s: float, moving: bool = False) -> None:
    """An OEM of an object that stands on the turning surface, or goes down to it, and ends."""
    text = write_oem(message(segment(LOW, until_s - 7_200.0, until_s, 60.0)))
    rows = []
    offsets_s = np.arange(until_s - 7_200.0, until_s + 1.0, 60.0)
    rotation, rate = axes_named("IAU_MARS").to_icrf(CUTOFF, offsets_s)
    height_km = MARS_KM + (np.linspace(150.0, 20.0, len(offsets_s)) if moving else 0.0)
    place = np.array([1.0, 0.0, 0.0])[None] * np.broadcast_to(height_km, offsets_s.shape)[:, None]
    position_km = np.einsum("nij,nj->ni", rotation, place)
    velocity_km_s = np.einsum("nij,nj->ni", rate, place)
    if moving:
        velocity_km_s = velocity_km_s + np.gradient(height_km, offsets_s)[:, None] * rotation[:, :, 0]
    lines = text.splitlines()
    first = next(n for n, line in enumerate(lines) if line.strip() == "META_STOP") + 1
    for number, line in enumerate(line for line in lines[first:] if line[:2] == "20"):
        state = " ".join(f"{value:.9f}" for value in (*position_km[number], *velocity_km_s[number]))
        rows.append(f"{line.split()[0]} {state}")
    path.write_text("\n".join([*lines[:first], *rows]) + "\n")


@pytest.mark.parametrize("moving", [False, True])
def test_a_landed_object_is_no_refusal(nearpass: Nearpass, tmp_path: Path, moving: bool) -> None:
    """The last delivery ended before the window, on the surface or in descent: exit 0, and the pages say so."""
    path = write_workspace(tmp_path, orbits={"GONE": LOW, "LOW": LOW, "POLAR": POLAR}, limit_km=500.0)
    landed(tmp_path / "ephemerides" / "gone_1.oem", until_s=36_000.0, moving=moving)
    checked, _, _ = nearpass("check", "--config", path, "--at", NEXT)
    with quick():
        code, _, err = nearpass("run", "--config", path, "--at", NEXT, "--jobs", 1)
    page = (tmp_path / "public" / "objects" / "GONE.html").read_text()
    assert (checked, code) == (0, 0), err
    assert "Nothing is screened after it" in page
    assert ("in descent" if moving else "on the surface") in page


def test_an_ephemeris_that_ends_in_flight_is_still_refused(nearpass: Nearpass, tmp_path: Path) -> None:
    """An orbiter whose file ends before the window has no ephemeris: that is a refusal."""
    path = write_workspace(tmp_path, orbits={"GONE": LOW, "LOW": LOW, "POLAR": POLAR}, limit_km=500.0)
    text = write_oem(message(segment(LOW, 0.0, 36_000.0, 60.0)))
    (tmp_path / "ephemerides" / "gone_1.oem").write_text(text)
    code, _, _ = nearpass("check", "--config", path, "--at", NEXT)
    assert code == 4


@pytest.mark.parametrize(
    ("key", "words"), [("until = 2021-03-01", "as the publisher declares"), ('from = "2031-01-01"', "flight begins")]
)
def test_a_declared_life_is_no_refusal(nearpass: Nearpass, tmp_path: Path, key: str, words: str) -> None:
    """Outside of from and until an object needs no delivery at all."""
    path = write_workspace(tmp_path, orbits={"GONE": LOW, "LOW": LOW, "POLAR": POLAR}, limit_km=500.0)
    (tmp_path / "ephemerides" / "gone_1.oem").unlink()
    path.write_text(path.read_text().replace('id = "GONE"\n', f'id = "GONE"\n{key}\n'))
    with quick():
        code, _, err = nearpass("run", "--config", path, "--at", CUTOFF.iso(digits=0), "--jobs", 1)
    assert code == 0, err
    assert words in (tmp_path / "public" / "objects" / "GONE.html").read_text()


def test_nothing_is_screened_after_a_declared_end(nearpass: Nearpass, tmp_path: Path) -> None:
    """An end inside the window cuts the ephemeris there."""
    path = write_workspace(tmp_path, orbits={"GONE": LOW, "POLAR": POLAR}, limit_km=500.0)
    noon = (CUTOFF + 21_600.0).iso(digits=0)
    path.write_text(path.read_text().replace('id = "GONE"\n', f'id = "GONE"\nuntil = "{noon}"\n'))
    code, out, _ = nearpass("check", "--config", path, "--at", CUTOFF.iso(digits=0))
    line = next(line for line in out.splitlines() if line.startswith("GONE"))
    assert code == 0
    assert "covers 25.0%" in line
