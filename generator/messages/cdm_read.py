"""Reading Conjunction Data Messages (CCSDS 508.0-B-1) in keyword-value notation, XML or JSON.

Any input gives a message or exactly one :class:`~nearpass.errors.InputError` with the first broken rule and its line.
What is wrong is refused: a missing or repeated obligatory keyword, a misspelt ORBIT_CENTER (which would silently mean
the Earth), an obligatory value that is not of its kind, range or unit, two objects in different frames or about
different bodies.

What real messages get wrong without harm is read, and named in the message's ``notes``: keywords in another order
within their block, objects in the other order, tabs, characters beyond ASCII, a missing unit, a unit in the other case,
``[m]`` after a relative velocity (32 of 34 published sample messages of NASA CARA), ``NaN`` or nothing after an
optional keyword, J2000 for EME2000, ICRF for GCRF, ITRF with a year, incomplete rows 7 to 9 of the covariance. Keywords
of the draft of version 2.0 are read in either version, keywords that neither knows are kept with their text, and an
optional value that is not of its kind, range or unit counts as absent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final, cast

from nearpass.astro.epochs import Epoch
from nearpass.astro.fields import Matrix6, Vector
from nearpass.errors import InputError, NearpassError, TimeError
from nearpass.messages.cdm import (
    FIELDS,
    POSITION,
    RELATIVE_POSITION,
    RELATIVE_VELOCITY,
    TYPED,
    VELOCITY,
    Block,
    Cdm,
    CdmHeader,
    CdmObject,
    CdmRelative,
    Field,
    Value,
    Values,
    covariance_keywords,
)
from nearpass.messages.cdm_draft import DRAFT_FIELDS
from nearpass.messages.cdm_json import json_parts
from nearpass.messages.cdm_syntax import DATA, DATA_BLOCKS, Entry, Part, decoded, field_named, kvn_parts, xml_parts
from nearpass.messages.oem_lines import plain_text

MOST_BYTES: Final = 1 << 20
"""A message holds about 10 kB; what is a hundred times larger is none."""

_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,5})?", re.ASCII)
_WHOLE: Final = re.compile(r"[+-]?\d{1,10}", re.ASCII)
_UNKNOWN: Final = Field(keyword="", block=Block.HEADER, kind="text")
_DRAFT_CHOICES: Final[Mapping[tuple[str, str], str]] = MappingProxyType({("MANEUVERABLE", "UNKNOWN"): "N/A"})
_FRAME_NAMES: Final[Mapping[str, str]] = MappingProxyType({"J2000": "EME2000", "ICRF": "GCRF"})
_DATED_ITRF: Final = re.compile(r"ITRF[ -]?\d{2}(?:\d\d)?")


def parse_cdm(data: bytes, file: str) -> Cdm:
    """Read a message in any notation and check every rule.

    Args:
        data: The content of the file.
        file: Its name, for the error.

    Raises:
        InputError: for the first broken rule, with its line.

    """
    try:
        if len(data) > MOST_BYTES:
            raise InputError(f"a conjunction data message must not exceed {MOST_BYTES} bytes", value=len(data))
        plain = plain_text(data)
        notes: list[str] = []
        text = decoded(plain, notes)
        begin = text.lstrip()[:1]
        if begin == "<":
            parts = xml_parts(plain, notes)
        else:
            parts = json_parts(text, notes) if begin in {"{", "["} else kvn_parts(text, notes)
        return _message(parts, notes)
    except NearpassError as error:
        raise InputError(error.rule, value=error.value, file=file, line=error.line) from None


def _message(parts: list[Part], notes: list[str]) -> Cdm:
    if len(parts) != 3:
        raise InputError("a message must describe two objects", value=len(parts) - 1, line=parts[-1].line)
    general = _Reading(parts[0], (Block.HEADER, Block.RELATIVE), notes)
    readings = [_Reading(part, (Block.METADATA, *DATA_BLOCKS), notes) for part in parts[1:]]
    labels = [str(reading.needed("OBJECT")) for reading in readings]
    if sorted(labels) != ["OBJECT1", "OBJECT2"]:
        raise InputError(
            "OBJECT must be OBJECT1 once and OBJECT2 once", value=labels[1], line=readings[1].line_of("OBJECT")
        )
    if labels[0] == "OBJECT2":
        notes.append("OBJECT2 stands before OBJECT1")
        readings.reverse()
    first, second = (_object(reading) for reading in readings)
    for keyword, values in (
        ("REF_FRAME", (first.ref_frame, second.ref_frame)),
        ("ORBIT_CENTER", (first.center.upper(), second.center.upper())),
    ):
        if values[0] != values[1]:
            rule = f"{keyword} must be the same for both objects"
            raise InputError(rule, value=" and ".join(values), line=readings[1].line_of(keyword))
    return Cdm(header=_header(general), relative=_relative(general), object1=first, object2=second, notes=tuple(notes))


class _Reading:
    """Values of one part, each checked against its field."""

    def __init__(self, part: Part, blocks: tuple[Block, ...], notes: list[str]) -> None:
        self.part = part
        self.notes = notes
        self.values: dict[str, Value] = {}
        for one in [*FIELDS.values(), *DRAFT_FIELDS.values()]:
            if one.block in blocks:
                self._read(one)

    def _read(self, one: Field) -> None:
        entry = self.part.entries.get(one.keyword)
        if entry is None or not entry.text:
            if one.needed:
                line = entry.line if entry else self.part.line
                near = get_close_matches(one.keyword, self._unknown(), n=1)
                raise InputError(f"{one.keyword} must be given", value=near[0] if near else None, line=line)
            return
        if one.kind in {"number", "whole"} and not one.needed and entry.text.upper() in {"NAN", "N/A"}:
            self._note(one.keyword, "is not a number and counts as absent")
            return
        try:
            self.values[one.keyword] = _READERS[one.kind](self, one, entry)
        except InputError as error:
            if one.needed:
                raise
            self._note(one.keyword, f"on line {entry.line} counts as absent: {error.rule}, got {error.value!r}")

    def _unknown(self) -> list[str]:
        """Keywords that neither version knows."""
        return [keyword for keyword in self.part.entries if field_named(keyword) is None]

    def extra(self) -> Values:
        """What version 1.0 does not know: values of the draft's keywords, then the texts of others, which are noted."""
        found: list[tuple[str, Value]] = [
            (keyword, value) for keyword, value in self.values.items() if keyword in DRAFT_FIELDS
        ]
        for keyword in self._unknown():
            self._note(keyword, f"on line {self.line_of(keyword)} is no keyword of the standard and is kept as it is")
            found.append((keyword, self.text(_UNKNOWN, self.part.entries[keyword])))
        return tuple(found)

    def _note(self, keyword: str, text: str) -> None:
        label = self.part.entries["OBJECT"].text + " " if "OBJECT" in self.part.entries else ""
        self.notes.append(f"{label}{keyword} {text}")

    def line_of(self, keyword: str) -> int:
        entry = self.part.entries.get(keyword)
        return entry.line if entry else self.part.line

    def needed(self, keyword: str) -> Value:
        return self.values[keyword]

    def number(self, keyword: str) -> float:
        return cast("float", self.values[keyword])

    def optional(self, keyword: str) -> Any:  # the field's kind is known where it is asked for
        return self.values.get(keyword)

    def vector(self, keywords: tuple[str, str, str]) -> Vector | None:
        """Three components, or None where not all are given."""
        found = [keyword for keyword in keywords if keyword in self.values]
        if len(found) == 3:
            return self.number(keywords[0]), self.number(keywords[1]), self.number(keywords[2])
        if found:
            self._note(found[0], "stands without the other components and is left out")
        return None

    def others(self, block: Block | None = None) -> Values:
        """Optional keywords without a field of their own."""
        return tuple(
            (keyword, value)
            for keyword, value in self.values.items()
            if keyword in FIELDS and keyword not in TYPED and (block is None or FIELDS[keyword].block == block)
        )

    def comments(self, block: str) -> tuple[str, ...]:
        return tuple(self.part.comments.get(block, ()))

    # Readers of the kinds of values

    def text(self, _one: Field, entry: Entry) -> str:
        return " ".join(entry.text.split())

    def choice(self, one: Field, entry: Entry) -> str:
        value = " ".join(entry.text.upper().replace("_", " ").split())
        if one.keyword == "REF_FRAME":
            meant = "ITRF" if _DATED_ITRF.fullmatch(value) else _FRAME_NAMES.get(value, value)
            if meant != value:
                self._note(one.keyword, f"{value} is read as {meant}")
            value = meant
        if (one.keyword, value) in _DRAFT_CHOICES:
            self._note(
                one.keyword, f"{value}, of the draft of version 2.0, is read as {_DRAFT_CHOICES[one.keyword, value]}"
            )
            value = _DRAFT_CHOICES[one.keyword, value]
        if value not in one.choices:
            rule = f"{one.keyword} must be one of {', '.join(one.choices)}"
            raise InputError(rule, value=entry.text, line=entry.line)
        return value

    def epoch(self, one: Field, entry: Entry) -> Epoch:
        try:
            return Epoch.parse(entry.text)
        except TimeError as error:
            raise InputError(f"{one.keyword}: {error.rule}", value=error.value, line=entry.line) from None

    def whole(self, one: Field, entry: Entry) -> int:
        self._check_unit(one, entry)
        if _WHOLE.fullmatch(entry.text) is None:
            raise InputError(f"{one.keyword} must be a whole number", value=entry.text, line=entry.line)
        return int(entry.text)

    def decimal(self, one: Field, entry: Entry) -> float:
        self._check_unit(one, entry)
        value = float(entry.text) if _NUMBER.fullmatch(entry.text) else math.nan
        if not math.isfinite(value):
            raise InputError(f"{one.keyword} must be a finite number", value=entry.text, line=entry.line)
        if (one.least is not None and value < one.least) or (one.most is not None and value > one.most):
            limits = f"at least {one.least:g}" if one.most is None else f"from {one.least:g} to {one.most:g}"
            raise InputError(f"{one.keyword} must be {limits}", value=entry.text, line=entry.line)
        return value

    def _check_unit(self, one: Field, entry: Entry) -> None:
        given = (entry.unit or "").strip()
        if given == (one.unit or ""):
            return
        if not given:
            self._note(one.keyword, f"has no unit and counts as [{one.unit}]")
        elif one.unit is None and given == "n/a":
            self._note(one.keyword, "has the unit [n/a]")
        elif one.unit is not None and given.lower() == one.unit.lower():
            self._note(one.keyword, f"has its unit written [{given}]")
        elif one.keyword in RELATIVE_VELOCITY and given == "m":
            self._note(one.keyword, "has the unit [m] and counts as [m/s]")
        else:
            rule = f"{one.keyword} must be in [{one.unit}]" if one.unit else f"{one.keyword} must have no unit"
            raise InputError(rule, value=given, line=entry.line)


_READERS: Final[Mapping[str, Callable[[_Reading, Field, Entry], Value]]] = MappingProxyType(
    {
        "text": _Reading.text,
        "choice": _Reading.choice,
        "epoch": _Reading.epoch,
        "whole": _Reading.whole,
        "number": _Reading.decimal,
    }
)


def _header(reading: _Reading) -> CdmHeader:
    return CdmHeader(
        creation=cast("Epoch", reading.needed("CREATION_DATE")),
        originator=str(reading.needed("ORIGINATOR")),
        message_for=reading.optional("MESSAGE_FOR"),
        message_id=str(reading.needed("MESSAGE_ID")),
        comments=reading.comments(Block.HEADER),
    )


def _relative(reading: _Reading) -> CdmRelative:
    return CdmRelative(
        tca=cast("Epoch", reading.needed("TCA")),
        miss_m=reading.number("MISS_DISTANCE"),
        relative_speed_m_s=reading.optional("RELATIVE_SPEED"),
        relative_position_rtn_m=reading.vector(RELATIVE_POSITION),
        relative_velocity_rtn_m_s=reading.vector(RELATIVE_VELOCITY),
        collision_probability=reading.optional("COLLISION_PROBABILITY"),
        collision_probability_method=reading.optional("COLLISION_PROBABILITY_METHOD"),
        others=reading.others(Block.RELATIVE),
        comments=reading.comments(Block.RELATIVE),
        extra=reading.extra(),
    )


def _object(reading: _Reading) -> CdmObject:
    _drop_incomplete_rows(reading)
    return CdmObject(
        designator=str(reading.needed("OBJECT_DESIGNATOR")),
        catalog_name=str(reading.needed("CATALOG_NAME")),
        name=str(reading.needed("OBJECT_NAME")),
        international_designator=str(reading.needed("INTERNATIONAL_DESIGNATOR")),
        ephemeris_name=str(reading.needed("EPHEMERIS_NAME")),
        covariance_method=cast("Any", reading.needed("COVARIANCE_METHOD")),
        maneuverable=cast("Any", reading.needed("MANEUVERABLE")),
        orbit_center=reading.optional("ORBIT_CENTER"),
        ref_frame=cast("Any", reading.needed("REF_FRAME")),
        position_km=cast("Vector", reading.vector(POSITION)),
        velocity_km_s=cast("Vector", reading.vector(VELOCITY)),
        covariance_rtn_m=_covariance(reading),
        others=reading.others(),
        metadata_comments=reading.comments(Block.METADATA),
        data_comments=reading.comments(DATA),
        extra=reading.extra(),
    )


def _drop_incomplete_rows(reading: _Reading) -> None:
    """Rows 7 to 9 stand complete and with all rows before them, or not at all (5.2.8)."""
    complete = True
    for row in range(6, 9):
        keywords = covariance_keywords(row)
        given = [keyword for keyword in keywords if keyword in reading.values]
        complete = complete and len(given) == len(keywords)
        if given and not complete:
            reading.notes.append(f"row {row + 1} of a covariance is incomplete and left out")
            for keyword in given:
                del reading.values[keyword]


def _covariance(reading: _Reading) -> Matrix6 | None:
    """The full symmetric matrix from its lower triangle; None where every variance is zero."""
    lower = [[reading.number(keyword) for keyword in covariance_keywords(row)] for row in range(6)]
    if not any(lower[row][row] for row in range(6)):
        return None
    full = tuple(tuple(lower[max(i, j)][min(i, j)] for j in range(6)) for i in range(6))
    return cast("Matrix6", full)
