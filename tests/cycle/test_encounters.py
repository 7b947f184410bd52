"""Encounters assessed on several processes."""

import os
from pathlib import Path

import numpy as np

from fleets import CUTOFF, write_workspace
from nearpass.astro import frames
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.config import load_config
from nearpass.cycle.encounters import FEW
from nearpass.cycle.pipeline import run_cycle
from nearpass.record import record as records
from nearpass.screening.workers import Processes

EARTH, MARS, SUN = 399, 499, 10


def quiet(_title: str, _steps: int) -> object:
    return lambda _: None


def test_several_processes_make_the_same_record(tmp_path: Path) -> None:
    """A cycle with more encounters than one process would be asked for is the same to the byte on two."""
    config, text = load_config(write_workspace(tmp_path, limit_km=3000.0))
    alone = run_cycle(config, text, tmp_path, CUTOFF, None, quiet).record
    shared = run_cycle(config, text, tmp_path, CUTOFF, None, quiet, Processes(2)).record

    assert len(alone.events) > FEW
    assert records.dump(shared) == records.dump(alone)


def place(planets: PlanetaryEphemeris, day: int) -> tuple[float, ...]:
    """Where Earth and Sun are seen from Mars on a day."""
    offsets_s = np.array([86_400.0 * day])
    return tuple(float(x) for body in (EARTH, SUN) for x in planets.state(body, MARS, CUTOFF, offsets_s)[0][0])


def test_processes_do_not_read_where_another_one_reads() -> None:
    """Forked from a process that has the planetary ephemeris open, but has read none of it, all find what one finds."""
    planets = PlanetaryEphemeris.default()
    days = list(range(8))
    found = []
    for _ in range(40):
        frames._de421.cache_clear()
        frames._de421(os.getpid())
        found.append(Processes(4).map(place, planets, days, None))
    expected = [place(planets, day) for day in days]
    assert all(one == expected for one in found)
