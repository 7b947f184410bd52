"""Manoeuvres of orbit parameter and orbit comprehensive messages, and the blocks in which the latter give them.

CCSDS 502.0-B-3, table 3-3 and section 6.2.8. A manoeuvre acts at once, half way through its duration. Of an OCM
velocity changes, accelerations and, with a mass, thrusts are read; deployments and duty cycles are refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from nearpass.astro.epochs import Epoch
from nearpass.errors import InputError
from nearpass.messages.oem_fast import NUMBER

MOST_ROWS: Final = 10_000
QUESTIONS: Final = ("CANDIDATE", "SIMULATED")
"""Words of MAN_BASIS for what is not flown in the message's own trajectory."""
_MOST: Final = 1e12
_TIMES: Final = ("TIME_ABSOLUTE", "TIME_RELATIVE")
_PULLS: Final[Mapping[str, tuple[str, str, str]]] = {
    "DV": ("DV_X", "DV_Y", "DV_Z"),
    "ACC": ("ACC_X", "ACC_Y", "ACC_Z"),
    "THR": ("THR_X", "THR_Y", "THR_Z"),
}
"""What a row may give, the first of which counts: they are alternatives (6.2.8.19)."""
_UNITS: Final[Mapping[str, str]] = {
    "MAN_DURA": "s", "DELTA_MASS": "kg", "THR_EFFIC": "n/a", "THR_ISP": "s",
    **dict.fromkeys(_PULLS["DV"], "km/s"), **dict.fromkeys(_PULLS["ACC"], "km/s**2"),
    **dict.fromkeys(_PULLS["THR"], "N"),
}  # fmt: skip
_EXHAUST_M_S: Final = 9.80665
"""Speed of the exhaust for each second of specific impulse, by the standard acceleration of gravity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manoeuvre:
    """One manoeuvre: its ``dv_km_s`` in axes ``frame`` acts half way through ``duration_s`` from ``ignition``.

    ``basis`` is an OCM's word for how real it is (CANDIDATE, PLANNED, DETERMINED ...), ``name`` its MAN_ID.
    """

    ignition: Epoch
    duration_s: float
    frame: str
    dv_km_s: tuple[float, float, float]
    line: int
    basis: str | None = None
    name: str | None = None

    @property
    def instant(self) -> Epoch:
        """When it acts as if at once."""
        return self.ignition + self.duration_s / 2.0


def block_of(
    body: bytes, first_line: int, at: Callable[[str, int], Epoch], mass_kg: float | None = None
) -> tuple[Manoeuvre, ...]:
    """The manoeuvres of one MAN block of an OCM.

    Args:
        body: The lines between MAN_START and MAN_STOP.
        first_line: Number of the first of them.
        at: The instant that a time tag on a line names.
        mass_kg: What the spacecraft weighs before the first of them, where that is known.

    Raises:
        InputError: for what is not read, with its line.
    """
    pairs: dict[str, tuple[str, int]] = {}
    rows: list[tuple[list[str], int]] = []
    for line, raw in enumerate(body.decode("utf-8", errors="replace").split("\n"), start=first_line):
        text = raw.strip()
        if not text or text.startswith("COMMENT"):
            continue
        key, equals, value = text.partition("=")
        if equals:
            pairs[key.strip()] = (value.strip(), line)
        elif len(rows) == MOST_ROWS:
            raise InputError(f"a block must hold at most {MOST_ROWS} manoeuvres", line=line)
        else:
            rows.append((text.split(), line))
    columns = _columns(pairs, first_line)
    frame = pairs["MAN_REF_FRAME"][0]
    basis, name = (pairs[key][0] if key in pairs else None for key in ("MAN_BASIS", "MAN_ID"))
    made = []
    for words, line in rows:
        if len(words) != len(columns):
            raise InputError(f"a manoeuvre must have {len(columns)} columns", value=len(words), line=line)
        held = {
            key: _number(word, key, line) for key, word in zip(columns[1:], words[1:], strict=True) if key in _UNITS
        }
        duration_s = held.get("MAN_DURA", 0.0)
        if duration_s < 0.0:
            raise InputError("MAN_DURA must not be negative", value=duration_s, line=line)
        kind = next(kind for kind, axes in _PULLS.items() if set(axes) <= held.keys())
        size = {"DV": 1.0, "ACC": duration_s}.get(kind)
        if size is None:
            size = _speed_of_thrust(held, duration_s, mass_kg, line)
        if mass_kg is not None:
            mass_kg -= _spent_kg(held, duration_s)
        x, y, z = (held[key] * size for key in _PULLS[kind])
        made.append(
            Manoeuvre(
                ignition=at(words[0], line), duration_s=duration_s, frame=frame, dv_km_s=(x, y, z), line=line,
                basis=basis, name=name,
            )
        )  # fmt: skip
    return tuple(made)


def _speed_of_thrust(held: Mapping[str, float], duration_s: float, mass_kg: float | None, line: int) -> float:
    """The change of speed in km/s for each newton, by the rocket equation where the flow of propellant is known."""
    if mass_kg is None or mass_kg <= 0.0:
        raise InputError("a thrust must have a mass to act on: WET_MASS in the block PHYS", value=mass_kg, line=line)
    if held.get("THR_EFFIC", 1.0) != 1.0:
        raise InputError("THR_EFFIC must be 1: thrusts are read as they act", value=held["THR_EFFIC"], line=line)
    spent_kg = _spent_kg(held, duration_s)
    if not 0.0 <= spent_kg < mass_kg:
        raise InputError("a burn must use less than the whole mass", value=f"{spent_kg:g} of {mass_kg:g} kg", line=line)
    share = spent_kg / mass_kg
    return duration_s / mass_kg * (-math.log1p(-share) / share if share > 0.0 else 1.0) / 1000.0


def _spent_kg(held: Mapping[str, float], duration_s: float) -> float:
    """Propellant of a row, as it is told, or by thrust and specific impulse; none where neither tells it."""
    if "DELTA_MASS" in held or not held.get("THR_ISP", 0.0) > 0.0 or not held.keys() >= set(_PULLS["THR"]):
        return -held.get("DELTA_MASS", 0.0)
    newtons = math.hypot(*(held[key] for key in _PULLS["THR"]))
    return newtons * duration_s / (held["THR_ISP"] * _EXHAUST_M_S)


def _columns(pairs: Mapping[str, tuple[str, int]], first_line: int) -> Sequence[str]:
    """What the columns of the block are, if they can be read."""
    for key in ("MAN_COMPOSITION", "MAN_REF_FRAME"):
        if key not in pairs:
            raise InputError(f"manoeuvres must have {key}", line=first_line)
    cycle, line = pairs.get("DC_TYPE", ("CONTINUOUS", first_line))
    if cycle != "CONTINUOUS":
        raise InputError("manoeuvres must be continuous: duty cycles are not read", value=cycle, line=line)
    text, line = pairs["MAN_COMPOSITION"]
    columns = [name.strip() for name in text.split(",")]
    if columns[0] not in _TIMES or len(set(columns)) != len(columns):
        rule = f"MAN_COMPOSITION must begin with one of {', '.join(_TIMES)} and name each column once"
        raise InputError(rule, value=text, line=line)
    if not any(set(axes) <= set(columns) for axes in _PULLS.values()):
        known = ", or ".join(", ".join(axes) for axes in _PULLS.values())
        raise InputError(f"manoeuvres must give {known}; deployments are not read", value=text, line=line)
    if "DV_X" not in columns and "MAN_DURA" not in columns:
        raise InputError("an acceleration or a thrust must have its MAN_DURA", value=text, line=line)
    if "MAN_UNITS" in pairs:
        told, line = pairs["MAN_UNITS"]
        units = [unit.strip() for unit in told.strip("[]").split(",")]
        wanted = [_UNITS[name] for name in columns[1:] if name in _UNITS]
        held = [unit for name, unit in zip(columns[1:], units[-(len(columns) - 1) :], strict=False) if name in _UNITS]
        if held != wanted:
            raise InputError(f"MAN_UNITS must be {', '.join(wanted)}", value=told, line=line)
    return columns


def _number(word: str, key: str, line: int) -> float:
    if NUMBER.fullmatch(word.encode()) is None or not abs(float(word)) < _MOST:
        raise InputError(f"{key} must be a finite number", value=word, line=line)
    return float(word)
