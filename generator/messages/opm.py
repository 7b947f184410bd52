"""Orbit Parameter Messages (CCSDS 502.0-B-3, section 3) in KVN and XML: a state, its covariance, and manoeuvres."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from nearpass.astro.epochs import Epoch, TimeSystem
from nearpass.errors import InputError
from nearpass.messages.manoeuvres import Manoeuvre
from nearpass.messages.oem_fast import NUMBER
from nearpass.messages.oem_like import covariances, lower_triangles
from nearpass.messages.oem_lines import Lines, Pairs, comment_of, is_comment, keyword_line, plain_text
from nearpass.messages.oem_records import OemCovariances
from nearpass.messages.oem_rules import epoch_of, time_system_of
from nearpass.messages.xml_safe import XmlReader

VERSION_KEY: Final = "CCSDS_OPM_VERS"
_VERSIONS: Final = ("1.0", "2.0", "3.0")
_STATE: Final = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
_NEEDED: Final = ("CREATION_DATE", "ORIGINATOR", "OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM",
                  "EPOCH", *_STATE)  # fmt: skip
_COVARIANCE: Final = tuple(f"C{row}_{column}" for i, row in enumerate(_STATE) for column in _STATE[: i + 1])
"""The lower triangle row by row (table 3-3)."""
_MANOEUVRE: Final = ("MAN_EPOCH_IGNITION", "MAN_DURATION", "MAN_REF_FRAME", "MAN_DV_1", "MAN_DV_2", "MAN_DV_3")
_UNITS: Final = {"X": "km", "Y": "km", "Z": "km", "X_DOT": "km/s", "Y_DOT": "km/s", "Z_DOT": "km/s",
                 "MAN_DURATION": "s", "MAN_DV_1": "km/s", "MAN_DV_2": "km/s", "MAN_DV_3": "km/s",
                 **{key: ("km**2", "km**2/s", "km**2/s**2")[key.count("DOT")] for key in _COVARIANCE}}  # fmt: skip
_WITH_UNIT: Final = re.compile(r"(\S+)\s*(?:\[\s*([^\]]*?)\s*\])?")
_TAG: Final = rb"<(?:[\w.-]+:)?"
_XML: Final = re.compile(
    rb"\s*(?:<\?[^>]*\?>\s*|<!--(?:[^-]|-[^-])*-->\s*)*(?:%sndm\b[^>]*>\s*)?%sopm\b" % (_TAG, _TAG)
)
_MOST_DEPTH: Final = 12
_LARGEST: Final = 1e12
_MOST_LINES: Final = 5_000

Entry = tuple[str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpmMessage:
    """A state in km and km/s, with what the message says around it; ``comments`` has every other line.

    ``covariance`` is the one of its epoch, None where there is none.
    """

    version: str
    creation: Epoch
    originator: str
    object_name: str
    object_id: str
    center_name: str
    ref_frame: str
    ref_frame_epoch: Epoch | None
    time_system: TimeSystem
    epoch: Epoch
    position_km: tuple[float, float, float]
    velocity_km_s: tuple[float, float, float]
    covariance: OemCovariances | None
    manoeuvres: tuple[Manoeuvre, ...]
    comments: tuple[str, ...]
    lines: dict[str, int]


def is_opm(data: bytes) -> bool:
    """Whether a delivery is such a message."""
    try:
        text = plain_text(data)
    except InputError:
        return False
    return text.lstrip().startswith(VERSION_KEY.encode()) or _XML.match(text) is not None


def parse_opm(data: bytes, file: str) -> OpmMessage:
    """Read a message.

    Raises:
        InputError: for the first broken rule, with its line.
    """
    try:
        text = plain_text(data)
        entries, comments = _xml_entries(text) if text.lstrip().startswith(b"<") else _kvn_entries(text)
        return _message(entries, comments)
    except InputError as error:
        raise InputError(error.rule, value=error.value, file=file, line=error.line) from None


def _kvn_entries(text: bytes) -> tuple[list[Entry], list[str]]:
    lines = Lines(text)
    entries: list[Entry] = []
    comments: list[str] = []
    while (line := lines.peek()) is not None:
        if len(entries) + len(comments) > _MOST_LINES:
            raise InputError(f"a message must have at most {_MOST_LINES} lines", line=lines.number)
        if is_comment(line):
            comments.append(comment_of(line, lines.number))
        else:
            entries.append((*keyword_line(line, lines.number), lines.number))
        lines.take()
    return entries, comments


class _OpmReader(XmlReader):
    """Takes every element that holds text alone as a keyword."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []
        self.comments: list[str] = []
        self._depth = 0
        self._line = 1
        self._unit: str | None = None
        self._leaf = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.check_no_text()
        tag = self.tag_of(name)
        self._depth += 1
        self._line, self._unit, self._leaf = self.line, attributes.get("units"), True
        if self._depth > _MOST_DEPTH:
            raise InputError(f"elements must nest at most {_MOST_DEPTH} deep", line=self.line)
        if tag == "opm":
            self.entries.append((VERSION_KEY, attributes.get("version", ""), self.line))

    def end(self, _name: str) -> None:
        self._depth -= 1
        if not self._leaf:
            self.check_no_text()
            return
        self._leaf = False
        tag, text = self.tag_of(_name), self.taken_text(self._line)
        if tag == "COMMENT":
            self.comments.append(text)
        elif text:
            self.entries.append((tag, f"{text} [{self._unit}]" if self._unit else text, self._line))


def _xml_entries(text: bytes) -> tuple[list[Entry], list[str]]:
    reader = _OpmReader()
    reader.read(text)
    return reader.entries, reader.comments


def _message(entries: list[Entry], comments: list[str]) -> OpmMessage:
    if not entries or entries[0][0] != VERSION_KEY or entries[0][1] not in _VERSIONS:
        value, line = (entries[0][1], entries[0][2]) if entries else (None, 1)
        raise InputError(f"{VERSION_KEY} must be one of {', '.join(_VERSIONS)}", value=value, line=line)
    pairs: Pairs = {}
    manoeuvres: list[Pairs] = []
    for key, value, line in entries[1:]:
        if key == "MAN_EPOCH_IGNITION":
            manoeuvres.append({})
        held = manoeuvres[-1] if key.startswith("MAN_") and manoeuvres else pairs
        if key in held:
            raise InputError(f"{key} must be given once", value=value, line=line)
        held[key] = (value, line)
    for key in _NEEDED:
        if key not in pairs:
            raise InputError(f"an orbit parameter message must give {key}", line=entries[-1][2])
    system = time_system_of(pairs)
    position, velocity = ([_number(pairs, key) for key in keys] for keys in (_STATE[:3], _STATE[3:]))
    epoch, known = epoch_of(pairs, "EPOCH", system), {*_NEEDED, *_COVARIANCE, "REF_FRAME_EPOCH", "COV_REF_FRAME"}
    return OpmMessage(
        version=entries[0][1],
        creation=epoch_of(pairs, "CREATION_DATE", TimeSystem.UTC),
        originator=pairs["ORIGINATOR"][0],
        object_name=pairs["OBJECT_NAME"][0],
        object_id=pairs["OBJECT_ID"][0],
        center_name=pairs["CENTER_NAME"][0],
        ref_frame=pairs["REF_FRAME"][0],
        ref_frame_epoch=epoch_of(pairs, "REF_FRAME_EPOCH", system) if "REF_FRAME_EPOCH" in pairs else None,
        time_system=system,
        epoch=epoch,
        position_km=(position[0], position[1], position[2]),
        velocity_km_s=(velocity[0], velocity[1], velocity[2]),
        covariance=_covariance(pairs, epoch),
        manoeuvres=tuple(_manoeuvre(held, system) for held in manoeuvres),
        comments=(*comments, *(f"OPM: {key} = {value}" for key, (value, _) in pairs.items() if key not in known)),
        lines={key: line for key, (_, line) in pairs.items()},
    )


def _covariance(pairs: Pairs, epoch: Epoch) -> OemCovariances | None:
    """The covariance, in the axes of the state where none are named; all of its terms are given or none."""
    given = [key for key in _COVARIANCE if key in pairs]
    if not given:
        return None
    for key in _COVARIANCE:
        if key not in pairs:
            raise InputError(f"a covariance must give {key}", line=pairs[given[0]][1])
    frame, line = pairs.get("COV_REF_FRAME", (pairs["REF_FRAME"][0], pairs[given[0]][1]))
    terms = np.array([[_number(pairs, key) for key in _COVARIANCE]])
    return covariances(np.array([epoch.tai_ns], dtype=np.int64), lower_triangles(terms), frame, line)


def _manoeuvre(pairs: Pairs, system: TimeSystem) -> Manoeuvre:
    line = pairs["MAN_EPOCH_IGNITION"][1]
    for key in _MANOEUVRE:
        if key not in pairs:
            raise InputError(f"a manoeuvre must give {key}", line=line)
    if (duration_s := _number(pairs, "MAN_DURATION")) < 0.0:
        held = pairs["MAN_DURATION"]
        raise InputError("MAN_DURATION must not be negative", value=held[0], line=held[1])
    return Manoeuvre(
        ignition=epoch_of(pairs, "MAN_EPOCH_IGNITION", system),
        duration_s=duration_s,
        frame=pairs["MAN_REF_FRAME"][0],
        dv_km_s=(_number(pairs, "MAN_DV_1"), _number(pairs, "MAN_DV_2"), _number(pairs, "MAN_DV_3")),
        line=pairs["MAN_REF_FRAME"][1],
    )


def _number(pairs: Pairs, key: str) -> float:
    value, line = pairs[key]
    found = _WITH_UNIT.fullmatch(value)
    if found is None or NUMBER.fullmatch(found[1].encode()) is None or not abs(float(found[1])) < _LARGEST:
        raise InputError(f"{key} must be a finite number", value=value, line=line)
    if found[2] is not None and found[2].lower() != _UNITS[key]:
        raise InputError(f"{key} must be in [{_UNITS[key]}]", value=value, line=line)
    return float(found[1])
