"""Kernels with paths that CSPICE cannot take."""

import os
from pathlib import Path

import numpy as np
import pytest
import spiceypy as spice

from fleets import CUTOFF, LOW, message, segment
from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import tdb_s
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.astro.kernel_files import openable
from nearpass.ephemeris.spk import spk_summary, spk_trajectory
from nearpass.ephemeris.spk_write import write_spk

MARS = body_named("MARS")
TARGET = -905029


def deep(directory: Path, length: int, name: str) -> Path:
    """A file name of this many bytes in all, in folders that exist."""
    folder = directory
    while len(os.fsencode(folder / name)) < length:
        missing = length - len(os.fsencode(folder / name)) - 1
        folder /= "d" * max(1, min(missing, 60))
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


@pytest.mark.parametrize("length", [250, 255, 256, 257, 300, 1_500])
@pytest.mark.parametrize("name", ["a.bsp", "n" * 180 + ".bsp"])
def test_a_kernel_is_written_and_read_at_any_path(tmp_path: Path, length: int, name: str) -> None:
    """Its states are those of the kernel at a short path, and no link is left behind."""
    if length < 300 and len(name) > 100:
        length += len(os.fsencode(tmp_path))
    path = deep(tmp_path, length, name)
    assert len(os.fsencode(path)) >= min(length, 250)
    held = message(segment(LOW, 0.0, 7200.0, 60.0))
    error_km = write_spk(held, path, target=TARGET)
    assert error_km < 1e-6
    assert [found.target for found in spk_summary([path])] == [TARGET]
    trajectory = spk_trajectory(
        [path], TARGET, body=MARS, epoch=CUTOFF, window_s=(0.0, 7200.0), planets=PlanetaryEphemeris.default()
    )
    at_s = np.array([1000.0])
    np.testing.assert_allclose(trajectory.state(at_s)[0], LOW.state(at_s)[0], rtol=0, atol=1e-5)


def test_planetary_kernels_may_lie_at_any_path(tmp_path: Path) -> None:
    """A publisher's own planetary ephemeris is loaded in this very process, which must outlive a long path."""
    path = deep(tmp_path, 400, "planets.bsp")
    times_s = tdb_s(CUTOFF, np.arange(0.0, 6000.0, 60.0))
    states = np.zeros((len(times_s), 6))
    states[:, 0] = 1e6
    with openable([path]) as (name,):
        handle = spice.spkopn(name, "test", 0)
        spice.spkw13(handle, 499, 10, "J2000", times_s[0], times_s[-1], "test", 3, len(times_s), states, times_s)
        spice.spkcls(handle)
    planets = PlanetaryEphemeris.from_kernels([path])
    position_km, _ = planets.state(499, 10, CUTOFF, np.array([600.0]))
    np.testing.assert_allclose(position_km, [[1e6, 0.0, 0.0]], rtol=1e-12)


def test_links_live_as_long_as_they_are_used(tmp_path: Path) -> None:
    """Short paths stay as they are; the folder of links to long ones is gone afterwards."""
    short, long = tmp_path / "a.bsp", deep(tmp_path, 400, "b.bsp")
    long.write_bytes(b"x")
    with openable([short, long, tmp_path / " c.bsp "]) as names:
        assert names[0] == str(short)
        assert Path(names[1]).read_bytes() == b"x"
        assert all(len(name) < 255 for name in names)
        folder = Path(names[1]).parent.parent
        assert folder.is_dir()
    assert not folder.exists()
