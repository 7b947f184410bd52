"""A made-up Mars fleet with real shapes: what ``nearpass demo`` screens.

Four deliveries of eleven objects, February to April 2021, and one of Perseverance on its way in, propagated from
published orbits, with errors of the published size that their covariances describe and a few arranged encounters; a
second solution of one object and a planned manoeuvre of another. See :mod:`nearpass.sample.fleet` for what is published
and what is invented.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.sample.deliveries import deliveries, placed, predictions, true_states
from nearpass.sample.delivery_text import Delivery, delivery_text
from nearpass.sample.fleet import CUTOFFS, FLEET, SOLUTIONS
from nearpass.sample.propagation import Batch

__all__ = ["write_deliveries", "write_sample"]

CONFIGURATION: Final = Path(__file__).with_name("nearpass.toml")
NOTES: Final = ("log", "exchanges", "messages")
"""Folders that are copied as they are, with those below them."""
KEY: Final = "the sample's neutral names are drawn with this key, which everybody may know"
SPAN_DAYS: Final = 24.0


def write_sample(directory: Path, *, progress: Callable[[str], None] | None = None) -> tuple[Epoch, ...]:
    """Write ``nearpass.toml``, ``ephemerides/*.oem`` and the folders :data:`NOTES`; return the four data cut-offs.

    Args:
        directory: Folder to write into; made if it does not exist. Files of the same names are replaced.
        progress: Told what is being done, one line at a time.
    """
    tell = progress or (lambda _: None)
    planets = PlanetaryEphemeris.default()
    tell("placing the fleet")
    wanted = deliveries((*FLEET, *SOLUTIONS))
    orbits = placed(FLEET, planets)
    truth = true_states(orbits, [(delivery.member.id, delivery.start) for delivery in wanted], planets)
    tell(f"predicting {len(wanted)} deliveries")
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "nearpass.toml").write_bytes(CONFIGURATION.read_bytes())
    (directory / "editions.key").write_text(f"{KEY}\n", encoding="ascii")
    for folder in NOTES:
        source = Path(__file__).with_name(folder)
        shutil.copytree(source, directory / folder, copy_function=shutil.copyfile, dirs_exist_ok=True)
    write_deliveries(directory / "ephemerides", wanted, truth, SPAN_DAYS, planets, tell)
    return tuple(Epoch.parse(cutoff) for cutoff in CUTOFFS)


def write_deliveries(
    directory: Path,
    wanted: Sequence[Delivery],
    truth: Batch,
    span_days: float,
    planets: PlanetaryEphemeris,
    tell: Callable[[str], None],
) -> None:
    """Write the OEM file of each delivery, given the true states at their starts."""
    directory.mkdir(parents=True, exist_ok=True)
    predicted = predictions(wanted, truth, span_days * DAY_S, planets)
    for delivery, prediction in zip(wanted, predicted, strict=True):
        tell(delivery.file_name)
        text = delivery_text(delivery, prediction)
        (directory / delivery.file_name).write_text(text, encoding="ascii", newline="\n")
