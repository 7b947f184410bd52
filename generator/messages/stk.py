"""Ephemeris files of STK (``.e``): ``EphemerisTimePosVel`` and ``EphemerisTimePosVelAcc``, with covariances.

After help.agi.com, "Ephemeris file format". Keywords may be in any case, ``#`` begins a comment. Defaults are STK's:
the Earth as centre, J2000 axes, metres, seconds from ScenarioEpoch. What STK leaves to the user, as positions without
velocities, is refused. The file gives no time of its making: it counts as made at its ScenarioEpoch.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import numpy as np

from nearpass.astro.epochs import Epoch
from nearpass.errors import InputError, TimeError
from nearpass.messages.oem_like import (
    check_increasing,
    covariances,
    lower_triangles,
    numbers_of,
    seconds_after,
    segment,
)
from nearpass.messages.oem_records import MOST_DEGREE, FloatArray, IntArray, OemHeader, OemMessage, OemSegment

SOURCE: Final = "STK"
_VERSION: Final = re.compile(rb"stk\.v\.([\d.]{1,8})\s*", re.IGNORECASE)
_DATE: Final = re.compile(r"(\d{1,2})\s+([A-Za-z]{3})[A-Za-z]*\s+(\d{4})\s+(\d{1,2}:\d\d:\d\d(?:\.\d*)?)", re.ASCII)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_COLUMNS: Final[Mapping[str, int]] = MappingProxyType({"ephemeristimeposvel": 7, "ephemeristimeposvelacc": 10})
_COVARIANCE: Final = "covariancetimeposvel"
_UNITS_KM: Final[Mapping[str, float]] = MappingProxyType(
    {"meters": 1e-3, "meter": 1e-3, "m": 1e-3, "kilometers": 1.0, "kilometer": 1.0, "km": 1.0}
)
_AXES: Final[Mapping[str, str]] = MappingProxyType(
    {"j2000": "EME2000", "trueofdate": "TOD", "meanofdate": "MOD", "temeofdate": "TEME"}
)
_METHODS: Final[Mapping[str, str]] = MappingProxyType({"lagrange": "LAGRANGE", "hermite": "HERMITE"})
_KNOWN: Final = frozenset(
    {
        "numberofephemerispoints", "scenarioepoch", "interpolationmethod", "interpolationorder",
        "interpolationsamplesm1", "centralbody", "coordinatesystem", "coordinatesystemepoch", "distanceunit",
        "timeformat", "covarianceformat",
    }
)  # fmt: skip
_MOST_LINE: Final = 2_000


@dataclass(slots=True)
class _File:
    """What has been read: keywords with value and line, rows of numbers with their line, comments."""

    pairs: dict[str, tuple[str, int]] = field(default_factory=dict)
    states: list[tuple[int, list[bytes]]] = field(default_factory=list)
    covariances: list[tuple[int, list[bytes]]] = field(default_factory=list)
    boundaries: list[tuple[int, bytes]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    columns: int = 0
    line: int = 1
    ended: bool = False

    def value(self, key: str, default: str) -> str:
        return self.pairs[key][0] if key in self.pairs else default

    def line_of(self, key: str) -> int:
        return self.pairs[key][1] if key in self.pairs else 1


def read_stk(text: bytes) -> OemMessage:
    """The ephemeris in a text with line feeds only.

    Raises:
        InputError: for the first broken rule, with its line.
    """
    file = _File()
    for line, words in _lines(text, file):
        _take(file, line, words)
    if not file.states:
        raise InputError("an ephemeris must hold EphemerisTimePosVel with at least one state", line=file.line)
    _check_settings(file)
    start = _scenario_epoch(file)
    segments = tuple(_segments(file, start))
    _note_lost(file)
    notes = [*file.notes, "the file does not say when it was made, and counts as made at its ScenarioEpoch"]
    return OemMessage(header=_header(text, start, file), segments=segments, notes=tuple(notes))


def stk_header(text: bytes) -> OemHeader:
    """The header only, of a text that may be cut off behind its keywords."""
    file = _File()
    for line, words in _lines(text, file):
        if words[0].lower().decode("ascii", errors="replace") in {*_COLUMNS, "ephemeristimepos"}:
            break
        _take(file, line, words)
    return _header(text, _scenario_epoch(file), file)


def _header(text: bytes, start: Epoch, file: _File) -> OemHeader:
    found = _VERSION.match(text)
    return OemHeader(
        version=found[1].decode() if found else "", creation=start, originator="UNKNOWN", classification=None,
        message_id=None, comments=tuple(file.comments), source=SOURCE,
    )  # fmt: skip


def _lines(text: bytes, file: _File) -> Iterator[tuple[int, list[bytes]]]:
    """Numbers and words of the lines between BEGIN and END Ephemeris; comments are kept."""
    inside = False
    for line, raw in enumerate(io.BytesIO(text), start=1):
        content, mark, comment = raw[:_MOST_LINE].partition(b"#")
        if mark and (words := comment.decode("ascii", errors="replace").strip()) and len(file.comments) < 100:
            file.comments.append("".join(letter if letter.isprintable() else " " for letter in words))
        found = content.split()
        if not found:
            continue
        file.line = line
        head = b" ".join(found[:2]).lower()
        if head == b"begin ephemeris":
            inside = True
        elif head == b"end ephemeris":
            file.ended = True
            return
        elif inside:
            yield line, found
    if not inside:
        raise InputError("an STK file must hold BEGIN Ephemeris", line=1)


def _take(file: _File, line: int, words: list[bytes]) -> None:
    """One line: a keyword, the beginning of a table, or a row of the table that has begun."""
    key = words[0].decode("ascii", errors="replace").lower()
    table = file.value("table", "")
    if key in _COLUMNS:
        file.columns = _COLUMNS[key]
        file.pairs["table"] = ("states", line)
    elif key == _COVARIANCE:
        file.pairs["table"] = ("covariances", line)
    elif key in {"begin", "end"}:
        kind = words[1].decode("ascii", errors="replace").lower() if len(words) > 1 else ""
        file.pairs["table"] = ("boundaries" if (key, kind) == ("begin", "segmentboundarytimes") else "", line)
    elif key.startswith(("ephemeris", "covariancetime")):
        rule = "an STK ephemeris must be EphemerisTimePosVel or EphemerisTimePosVelAcc, with CovarianceTimePosVel"
        raise InputError(rule, value=words[0].decode("ascii", errors="replace"), line=line)
    elif key[:1].isalpha():
        value = b" ".join(words[1:]).decode("ascii", errors="replace").strip()
        if key not in _KNOWN and table != "ignored":
            name = words[0].decode("ascii", errors="replace")[:40]
            if name.isprintable() and len(file.notes) < 20:
                file.notes.append(f"{name} on line {line} is not used")
        file.pairs.setdefault(key, (value, line))
    elif table == "states":
        file.states.append((line, words))
    elif table == "covariances":
        file.covariances.append((line, words))
    elif table == "boundaries":
        file.boundaries.append((line, words[0]))
    else:
        raise InputError("numbers must stand behind EphemerisTimePosVel", value=key, line=line)


def _check_settings(file: _File) -> None:
    """Refuse what would change the meaning of the numbers.

    Raises:
        InputError: with keyword, value and line.
    """
    rules = (
        ("distanceunit", "DistanceUnit must be Meters or Kilometers", tuple(_UNITS_KM), "meters"),
        ("timeformat", "TimeFormat must be EpSec, seconds from ScenarioEpoch", ("epsec",), "epsec"),
        ("covarianceformat", "CovarianceFormat must be LowerTriangular or UpperTriangular",
         ("lowertriangular", "uppertriangular"), "lowertriangular"),
    )  # fmt: skip
    for key, rule, allowed, default in rules:
        if file.value(key, default).lower() not in allowed:
            raise InputError(rule, value=file.value(key, ""), line=file.line_of(key))
    if file.covariances and "coordinatesystemepoch" in file.pairs:
        raise InputError("CoordinateSystemEpoch must be left out", line=file.line_of("coordinatesystemepoch"))


def _note_lost(file: _File) -> None:
    """Note what the file says of itself and does not hold, and settings that are not understood."""
    told, line = file.pairs.get("numberofephemerispoints", ("", 1))
    if told.isascii() and told.isdigit() and told.lstrip("0") != str(len(file.states)):
        shown = f"NumberOfEphemerisPoints {told[:20]} of line {line}"
        file.notes.append(f"{shown} is not that of the states, {len(file.states)}: data may be missing")
    if not file.ended:
        file.notes.append("END Ephemeris is missing: data may be missing, as where a transfer was cut")
    if _interpolation(file) == (None, None):
        for key in ("interpolationmethod", "interpolationsamplesm1", "interpolationorder"):
            if key in file.pairs:
                value, line = file.pairs[key]
                shown = f" {value[:40]}" if value.isprintable() else ""
                file.notes.append(f"{key}{shown} of line {line} is not used")


def _scenario_epoch(file: _File) -> Epoch:
    if "scenarioepoch" not in file.pairs:
        raise InputError("an STK ephemeris must give ScenarioEpoch", line=file.line)
    text, line = file.pairs["scenarioepoch"]
    found = _DATE.fullmatch(text.strip("\"' "))
    if found is None or found[2].lower() not in _MONTHS:
        raise InputError("ScenarioEpoch must read dd Mmm yyyy hh:mm:ss.s, in UTC", value=text, line=line)
    day, month, clock = int(found[1]), _MONTHS.index(found[2].lower()) + 1, found[4].rstrip(".").zfill(8)
    hour, _, rest = clock.partition(":")
    try:
        return Epoch.parse(f"{found[3]}-{month:02d}-{day:02d}T{hour.zfill(2)}:{rest}")
    except TimeError as error:
        raise InputError(f"ScenarioEpoch: {error.rule}", value=text, line=line) from None


def _interpolation(file: _File) -> tuple[str | None, int | None]:
    """Method and degree; InterpolationOrder and InterpolationSamplesM1 both are one less than the number of samples."""
    method = _METHODS.get(file.value("interpolationmethod", "").lower())
    key = "interpolationsamplesm1" if "interpolationsamplesm1" in file.pairs else "interpolationorder"
    text = file.value(key, "")
    if method is None or not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= MOST_DEGREE):
        return None, None
    samples = int(text) + 1
    return method, min(2 * samples - 1, MOST_DEGREE) if method == "HERMITE" else samples - 1


def _axes(file: _File) -> tuple[str, int]:
    """The axes of the states, by the name that other formats have, and the line that names them."""
    name = file.value("coordinatesystem", "J2000")
    line = file.line_of("coordinatesystem")
    if name.lower() == "fixed":
        body = file.value("centralbody", "Earth").upper()
        return ("ITRF" if body == "EARTH" else f"IAU_{body}"), line
    return _AXES.get(name.lower(), name), line


def _segments(file: _File, start: Epoch) -> Iterator[OemSegment]:
    """The states between two boundaries each, with the covariances there."""
    unit_km = _UNITS_KM[file.value("distanceunit", "meters").lower()]
    cuts_ns = [seconds_after(start, numbers_of([word], line, "a boundary")[0], "", line).tai_ns
               for line, word in file.boundaries]  # fmt: skip
    epochs_ns, states = _table(file.states, start, file.columns, "a state", cuts_ns)
    states = states[:, :6] * unit_km
    held_ns, terms = _table(file.covariances, start, 22, "a covariance") if file.covariances else (None, None)
    method, degree = _interpolation(file)
    frame, frame_line = _axes(file)
    # A boundary that stands twice has one state for either side; one that stands once belongs to both sides.
    inner = {_edge(epochs_ns, cut_ns) for cut_ns in cuts_ns} - {0, len(epochs_ns)}
    for begin, end in pairwise([0, *sorted(inner), len(epochs_ns)]):
        shared = end < len(epochs_ns) and int(epochs_ns[end]) in cuts_ns and epochs_ns[end] != epochs_ns[end - 1]
        last = end + 1 if shared else end
        at_ns = epochs_ns[begin:last].copy()
        own = None
        if held_ns is not None and terms is not None:
            rows = (held_ns >= at_ns[0]) & (held_ns <= at_ns[-1])
            upper = file.value("covarianceformat", "LowerTriangular").lower() == "uppertriangular"
            matrices = lower_triangles(terms[rows] * unit_km**2, upper=upper)
            own = covariances(held_ns[rows], matrices, frame, frame_line) if rows.any() else None
        yield segment(
            center_name=file.value("centralbody", "Earth"), ref_frame=frame, epochs_tai_ns=at_ns,
            states=states[begin:last].copy(), interpolation=method, degree=degree, comments=(),
            first_line=file.states[begin][0], covariances=own,
            lines={"REF_FRAME": frame_line, "CENTER_NAME": file.line_of("centralbody")},
        )  # fmt: skip


def _edge(epochs_ns: IntArray, cut_ns: int) -> int:
    """The last state at a boundary, else the first after it: where the segment behind it begins."""
    after = int(np.searchsorted(epochs_ns, cut_ns, side="right"))
    return after - 1 if after and epochs_ns[after - 1] == cut_ns else after


def _table(
    rows: list[tuple[int, list[bytes]]], start: Epoch, columns: int, what: str, repeated: Collection[int] = ()
) -> tuple[IntArray, FloatArray]:
    """Epochs ``(N,)`` and numbers ``(N, columns - 1)`` of rows that begin with seconds."""
    epochs_ns: list[int] = []
    values: list[list[float]] = []
    for line, words in rows:
        if len(words) != columns:
            raise InputError(f"{what} must have {columns} columns", value=f"{len(words)} columns", line=line)
        offset_s, *numbers = numbers_of(words, line, what)
        text = words[0].decode("ascii", errors="replace")
        epoch = seconds_after(start, offset_s, text, line)
        check_increasing(epochs_ns, epoch, text, line, repeated)
        epochs_ns.append(epoch.tai_ns)
        values.append(numbers)
    return np.array(epochs_ns, dtype=np.int64), np.array(values)
