"""A secret object, three known ones, some of which it meets, and a cycle of them as decoys are tested in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fleets import CUTOFF, GM_MARS_KM3_S2, Kepler, message, segment
from nearpass.astro.bodies import body_named
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.config import parse_config
from nearpass.cycle.pipeline import run_cycle
from nearpass.disclosure.editions import Cycle
from nearpass.ephemeris.interpolation import trajectory_from_oem
from nearpass.messages.oem_write import write_oem
from nearpass.record.source import Source

FloatArray = NDArray[np.float64]
MARS = body_named("MARS")
DAYS = 1.0
SECRET = Kepler(5695.0, 0.36, np.radians(70.0), 2.0, 1.0, 0.3)
KNOWN = {
    "A": Kepler(3396.19 + 300, 0.005, np.radians(92.7), 0.1),
    "C": Kepler(3396.19 + 420, 0.01, np.radians(74.0), 1.3),
    "D": Kepler(6500.0, 0.45, np.radians(40.0), 0.2, 2.0),
}
CONFIG = """
[site]
title = "Decoys"
[cycle]
body = "MARS"
span_days = 1
limit_km = 400
[alert.red]
cad_km = 5
[alert.yellow]
cad_km = 8
"""


def fleet(*, meeting: int) -> dict[str, Kepler]:
    """The known objects, so many of them on orbits that meet the secret one within a few kilometres."""
    made = dict(KNOWN)
    for number, name in enumerate(list(made)[:meeting]):
        at_s = 20_000.0 + 41_000.0 * number
        position, velocity = SECRET.state(np.array([at_s]))
        made[name] = through(position[0] + [1.0, 1.5, -0.5], velocity[0], at_s, tilt_rad=0.9 + 0.2 * number)
    return made


def through(position_km: FloatArray, velocity_km_s: FloatArray, at_s: float, *, tilt_rad: float) -> Kepler:
    """An orbit through a point, its velocity turned out of the plane of another one."""
    radial = position_km / np.linalg.norm(position_km)
    turned = velocity_km_s * np.cos(tilt_rad) + np.cross(radial, velocity_km_s) * np.sin(tilt_rad)
    turned += radial * (radial @ velocity_km_s) * (1.0 - np.cos(tilt_rad))
    turned *= 0.96  # another period: they meet once
    energy = turned @ turned / 2 - GM_MARS_KM3_S2 / np.linalg.norm(position_km)
    pole = np.cross(position_km, turned)
    vector = np.cross(turned, pole) / GM_MARS_KM3_S2 - radial
    a, e = -GM_MARS_KM3_S2 / (2 * energy), float(np.linalg.norm(vector))
    node = np.array([-pole[1], pole[0], 0.0]) / np.hypot(pole[0], pole[1])
    across = np.cross(pole / np.linalg.norm(pole), node)
    anomaly = np.arctan2(np.cross(vector / e, radial) @ pole / np.linalg.norm(pole), vector @ radial / e)
    eccentric = 2 * np.arctan(np.sqrt((1 - e) / (1 + e)) * np.tan(anomaly / 2))
    mean = eccentric - e * np.sin(eccentric) - np.sqrt(GM_MARS_KM3_S2 / a**3) * at_s
    return Kepler(
        a, e, float(np.arccos(pole[2] / np.linalg.norm(pole))), float(np.arctan2(node[1], node[0])),
        float(np.arctan2(vector @ across, vector @ node)), float(mean),
    )  # fmt: skip


def cycle(tmp_path: Path, orbits: Mapping[str, Kepler]) -> Cycle:
    """A cycle of these orbits, screened by the product."""
    text = CONFIG
    for name, orbit in orbits.items():
        (tmp_path / f"{name}.oem").write_text(write_oem(message(segment(orbit, 0.0, DAYS * 86_400.0, 60.0)), "KVN"))
        text += f'[[object]]\nid = "{name}"\nname = "{name}"\nhbr_m = 5\nmarking = "CLEAR"\n'
        text += f'[[object.ephemeris]]\npath = "{name}.oem"\noriginator = "TEST"\n'
    config = parse_config(text, "decoys.toml")
    record = run_cycle(config, text, tmp_path, CUTOFF, None, lambda *_: lambda _: None).record
    planets = PlanetaryEphemeris.default()
    held = {
        name: trajectory_from_oem(
            message(segment(orbit, 0.0, DAYS * 86_400.0, 60.0)), body=MARS, epoch=CUTOFF,
            window_s=(0.0, DAYS * 86_400.0), planets=planets,
        )
        for name, orbit in orbits.items()
    }  # fmt: skip
    sources = {name: Source(file=f"{name}.oem", created_s=-3600.0, declared=None) for name in orbits}
    return Cycle(record=record, trajectories=held, sources=sources, rules=config.alert_rules, body=MARS)
