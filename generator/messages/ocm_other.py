"""What an Orbit Comprehensive Message says besides trajectories and covariances: spacecraft, manoeuvres, the rest.

Blocks of CCSDS 502.0-B-3, tables 6-6 to 6-12. Every line of them is kept, in words that name its block, and the size of
the spacecraft is derived: no keyword of the message is a hard-body radius.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from nearpass.astro.epochs import Epoch
from nearpass.errors import InputError
from nearpass.messages.manoeuvres import Manoeuvre, block_of
from nearpass.messages.oem_fast import NUMBER
from nearpass.messages.oem_lines import check_length
from nearpass.messages.oem_records import Size

MOST_LINES: Final = 500
_PAIR: Final = re.compile(r"([A-Z][A-Z0-9_]*)\s*=\s*(.*)")
_UNIT: Final = re.compile(r"(\S+)\s*(?:\[\s*([^\]]*?)\s*\])?")
_BOX: Final = ("OEB_MAX", "OEB_INT", "OEB_MIN")
_AREAS: Final = ("AREA_MAX_FOR_PC", "AREA_TYP_FOR_PC")


@dataclass(slots=True)
class OtherBlocks:
    """Lines kept so far, notes on them, and the numbers of the block on the spacecraft.

    ``unused_trajectory`` is the first TRAJ_TYPE that is not Cartesian, with its line, ``unread_manoeuvres`` the first
    rule that a block of manoeuvres breaks, with its.
    """

    comments: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unused_trajectory: tuple[str, int] | None = None
    manoeuvres: list[Manoeuvre] = field(default_factory=list)
    unread_manoeuvres: tuple[str, int] | None = None
    _physical: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, body: bytes, number: int) -> None:
        """Keep a block that begins on the line before ``number``.

        Raises:
            InputError: for a line that no page could show, with its number.
        """
        kept = 0
        for line, raw in enumerate(body.split(b"\n"), start=number):
            text = raw.decode("utf-8", errors="replace").replace("\t", " ").strip()
            if not text:
                continue
            if not text.isprintable():
                raise InputError("a line must hold printable characters only", value=text, line=line)
            check_length(name, text, line)
            found = _PAIR.fullmatch(text)
            if found is not None and name == "PHYS":
                self._measure(found[1], found[2])
            if len(self.comments) < MOST_LINES:
                self.comments.append(f"{name}: {text}")
                kept += 1
        self.notes.append(f"the block {name} of line {number - 1} is kept with the comments, in {kept} lines")

    def add_manoeuvres(self, body: bytes, number: int, at: Callable[[str, int], Epoch]) -> None:
        """Take the manoeuvres of a block, or note why they cannot be used: the trajectories stay what they are."""
        try:
            self.manoeuvres += block_of(body, number, at, self.mass_kg)
        except InputError as error:
            self.unread_manoeuvres = self.unread_manoeuvres or (error.rule, error.line or number)
            self.notes.append(f"the manoeuvres of line {number - 1} are not used: {error.rule}")

    def pass_over(self, what: str, kind: str, line: int) -> None:
        """Note a block whose numbers cannot be used."""
        self.notes.append(f"{what} {kind} of line {line} is not Cartesian and is not used")

    def _measure(self, key: str, value: str) -> None:
        found = _UNIT.fullmatch(value)
        unit = {"OEB": "m", "ARE": "m**2", "WET": "kg"}.get(key[:3])
        if found is None or unit is None or NUMBER.fullmatch(found[1].encode()) is None or key in self._physical:
            return
        number = float(found[1])
        if (found[2] or unit).lower().replace("m2", "m**2") == unit and 0.0 < number < 1e12:
            self._physical[key] = number

    @property
    def mass_kg(self) -> float | None:
        """What the spacecraft weighs with its propellant."""
        return self._physical.get("WET_MASS")

    def size(self) -> Size | None:
        """The radius of a sphere as large as the spacecraft, by its largest area for a probability, else by its box."""
        held = self._physical
        if _AREAS[0] in held:
            return Size(radius_m=math.sqrt(held[_AREAS[0]] / math.pi), source="area_max_for_pc")
        if all(key in held for key in _BOX):
            diagonal_m = math.sqrt(sum(held[key] ** 2 for key in _BOX))
            return Size(radius_m=diagonal_m / 2.0, source="oeb_box")
        if _AREAS[1] in held:
            return Size(radius_m=math.sqrt(held[_AREAS[1]] / math.pi), source="area_typ_for_pc")
        return None
