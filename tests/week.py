"""The week of the tour: two spacecraft, what each agency has of them, and the page whose commands are run."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import spiceypy as spice

from fleets import CUTOFF, GM_MARS_KM3_S2, Kepler, Motion, message, segment
from nearpass.astro.epochs import Epoch
from nearpass.messages.oem_write import write_oem

PAGE: Final = Path(__file__).resolve().parents[1] / "site/coordination.md"
BOTH: Final = ("nasa", "cnsa")
TCA: Final = Epoch.parse("2021-03-20T05:47:00")
BURN: Final = Epoch.parse("2021-03-19T12:00:00")
RADIUS_KM: Final = 3700.0
NODE_RAD: Final = 0.7
"""Where on the equator both pass at the same time, so near each other."""
FROM: Final = Epoch.parse("2021-03-14T22:00:00")
UNTIL: Final = Epoch.parse("2021-03-26T02:00:00")


@dataclass(frozen=True)
class Flown:
    """A motion that goes on from a burn along the velocity, by two-body gravity."""

    before: Motion
    burn_s: float
    faster_km_s: float

    def state(self, offsets_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As before until the burn, and carried on from there."""
        position_km, velocity_km_s = (rows[0] for rows in self.before.state(np.array([self.burn_s])))
        velocity_km_s = velocity_km_s * (1.0 + self.faster_km_s / np.linalg.norm(velocity_km_s))
        start = np.concatenate([position_km, velocity_km_s])
        states = np.stack(
            [
                np.concatenate([part[0] for part in self.before.state(np.array([at_s]))])
                if at_s < self.burn_s
                else spice.prop2b(GM_MARS_KM3_S2, start, at_s - self.burn_s)
                for at_s in offsets_s
            ]
        )
        return states[:, :3], states[:, 3:]


def crossing(a_km: float, e: float, inclination_rad: float, *, late_s: float = 0.0) -> Kepler:
    """An orbit whose periapsis lies on the common node and is passed at the TCA, or so much after it."""
    orbit = Kepler(a_km, e, inclination_rad, NODE_RAD)
    return replace(orbit, mean_anomaly_rad=float(-orbit.motion_rad_s * (TCA - CUTOFF + late_s)))


MRO: Final = crossing(RADIUS_KM, 0.0, np.radians(92.7))
STALE: Final = crossing(RADIUS_KM, 0.0, np.radians(92.7), late_s=-2.0)
"""The orbit of the spacecraft as of a week before: two seconds early."""
TW1: Final = crossing((RADIUS_KM + 1.5) / (1.0 - 0.6), 0.6, np.radians(50.0), late_s=0.2)
"""Periapsis 1.5 km above the other's orbit; a relay orbit of some hours."""


def delivery(path: Path, motion: Motion, created: str, name: str) -> None:
    """An ephemeris of eleven days about the approach, one state in two minutes."""
    nodes = replace(segment(motion, FROM - CUTOFF, UNTIL - CUTOFF, 120.0), object_name=name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(write_oem(message(nodes, creation=Epoch.parse(created))))


def lay_out(folder: Path) -> None:
    """The two workspaces before the first command, with the configurations of the page."""
    faster = Flown(MRO, BURN - CUTOFF, 1e-4)
    for agency, motion, made in (("nasa", MRO, "2021-03-14T20:00:00"), ("cnsa", STALE, "2021-03-08T20:00:00")):
        delivery(folder / agency / f"ephemerides/mro_{made[8:10]}.oem", motion, made, "MRO")
        delivery(folder / agency / "ephemerides/tw1_14.oem", TW1, "2021-03-14T18:00:00", "TW1")
        (folder / agency / "nearpass.toml").write_text(configuration(agency))
    delivery(folder / "nasa/flight-dynamics/plan_mro_16.oem", faster, "2021-03-16T06:00:00", "MRO")
    delivery(folder / "nasa/flight-dynamics/mro_19.oem", faster, "2021-03-19T16:00:00", "MRO")
    dossier = shown_toml()[1]
    (folder / "drafts").mkdir()
    (folder / "cnsa/exchanges").mkdir()
    (folder / "drafts/mars-2021.toml").write_text(dossier)
    closed = 'closed = 2021-03-22\noutcome = "MRO moved; nothing is left to do"\n\n[ground]'
    (folder / "drafts/mars-2021-closed.toml").write_text(dossier.replace("\n[ground]", closed))


def configuration(agency: str) -> str:
    """The configuration that the page shows for NASA; CNSA's is the same with the names exchanged."""
    text = shown_toml()[0]
    if agency == "nasa":
        return text
    for key, name in (("publisher = ", "NASA"), ("ours = [", "NASA"), ("[[party]]\nid = ", "CNSA")):
        other = "NASA" if name == "CNSA" else "CNSA"
        text = text.replace(f'{key}"{name}"', f'{key}"{other}"')
    return text


def shown_toml() -> list[str]:
    """The configuration and the dossier, as the page shows them."""
    return re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)


@dataclass(frozen=True)
class Command:
    """A line to run, and what it prints as far as the tour shows it."""

    line: str
    prints: tuple[str, ...]


@dataclass(frozen=True)
class Said:
    """What the page of the "approach" or of the "exchange" says afterwards in an edition like ``nasa/own``."""

    page: str
    place: str
    words: str


@dataclass(frozen=True)
class Step:
    """A heading of the tour, its commands, and what pages say afterwards."""

    title: str
    commands: tuple[Command, ...]
    said: tuple[Said, ...]


def steps() -> tuple[Step, ...]:
    """The tour, heading by heading."""
    return tuple(_step(part) for part in PAGE.read_text().split("\n## ")[1:])


def _step(part: str) -> Step:
    consoles = re.findall(r"```console\n(.*?)```", part, re.DOTALL)
    entries = [
        entry for block in consoles for entry in re.split(r"^\$ ", block.replace("\\\n", ""), flags=re.MULTILINE)[1:]
    ]
    commands = tuple(Command(line=line, prints=tuple(prints)) for line, *prints in map(str.splitlines, entries))
    tables = re.findall(r"^\| Page of the (\w+) \| says \|\n\|[- |]+\n((?:\|.*\n)+)", part, re.MULTILINE)
    said = tuple(
        Said(page=page, place=place, words=words)
        for page, rows in tables
        for where, words in re.findall(r"^\| `([^|]+)` \| (.+) \|$", rows, re.MULTILINE)
        for place in where.split("`, `")
    )
    return Step(title=part.splitlines()[0], commands=commands, said=said)
