"""Published conjunctions at Earth, from the element sets they were computed from: SOCRATES, and the one of 2009."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from nearpass.astro.epochs import Epoch
from nearpass.ephemeris.elements_motion import trajectory_from_elements
from nearpass.messages.elements import read_elements
from nearpass.messages.elements_record import ElementSet
from nearpass.screening.screen import screen
from nearpass.validation.check import Check, Section, within
from nearpass.validation.published import published

AROUND_S: Final = 1800.0
"""The screening looks so far on either side of the published TCA: the third of a revolution."""
LIMIT_KM: Final = 20.0
ROUNDED_KM: Final = 0.5e-3
ROUNDED_S: Final = 0.5e-3
ROUNDED_KM_S: Final = 0.5e-3
FIT_KM: Final = 1e-4
"""What the fit of SGP4 by polynomials may add to a rounded distance; its own error is sampled below this."""


def earth_section() -> Section:
    """Time, distance and relative speed of eleven published conjunctions, screened from their elements."""
    figures = published("earth")
    collision = figures["collision"]
    text = "\n".join(collision["lines"]) + "\n"
    checks = [
        *_conjunction("Iridium 33 - Cosmos 2251", text, collision),
        *(
            check
            for row in figures["socrates"]
            for check in _conjunction(" - ".join(row["names"]), json.dumps(row["elements"]), row)
        ),
    ]
    return Section(
        title="Conjunctions at Earth from mean elements",
        text="The collision of 2009 and the ten highest of a list of SOCRATES, each screened an hour around its TCA "
        "from the element sets that it was computed from. SGP4 is fitted by polynomials like any other ephemeris.",
        source=f"{figures['sources']['socrates']}; {figures['sources']['collision']}",
        required=len(checks),
        checks=tuple(checks),
    )


def _conjunction(name: str, elements: str, row: dict[str, Any]) -> list[Check]:
    tca = Epoch.parse(row["tca_utc"].removesuffix("Z"))
    start = tca + -AROUND_S
    sets: Sequence[ElementSet] = read_elements(elements.encode(), name).sets
    window_s = (0.0, 2.0 * AROUND_S)
    trajectories = {str(item.number): trajectory_from_elements(item, epoch=start, window_s=window_s) for item in sets}
    found = min(screen(trajectories, window_s, LIMIT_KM).approaches, key=lambda one: one.miss_km, default=None)
    if found is None:
        return [within(name, "miss distance", "km", row["miss_km"], None, ROUNDED_KM, "no approach was found")]
    velocities = [trajectories[key].state(np.array([found.offset_s]))[1][0] for key in (found.first, found.second)]
    speed_km_s = float(sum((velocities[1] - velocities[0]) ** 2) ** 0.5)
    rounded = "published to the metre, the millisecond and the metre per second"
    return [
        within(name, "TCA", "s from the published", 0.0, found.offset_s - AROUND_S, ROUNDED_S, rounded),
        within(name, "miss distance", "km", row["miss_km"], found.miss_km, ROUNDED_KM + FIT_KM, rounded),
        within(name, "relative speed", "km/s", row["relative_speed_km_s"], speed_km_s, ROUNDED_KM_S, rounded),
    ]
