"""Orbit files of the geodetic services, SP3-c and SP3-d (Hilla 2010, 2016): one satellite of a file.

Positions in km and, in files of velocities, dm/s, fixed to the turning Earth. A coordinate of zeros is an absent
position: the motion has a gap there, and one where a satellite was manoeuvred. Clocks and correlations are passed over;
accuracies, which are powers of two in mm, and where the orbit begins to be predicted are noted. The file gives no time
of its making: it counts as made at its first epoch.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

import numpy as np
from scipy.interpolate import make_interp_spline

from nearpass.astro.epochs import NS, Epoch, TimeSystem
from nearpass.errors import InputError, TimeError
from nearpass.messages.oem_like import check_increasing, numbers_of, segment
from nearpass.messages.oem_records import FloatArray, OemHeader, OemMessage, OemSegment

SOURCE: Final = "SP3"
DEGREE: Final = 9
"""Of the interpolation of positions a quarter of an hour apart: centimetres along a navigation orbit."""
_FIRST: Final = re.compile(rb"#([a-d])([PV])(.{28})", re.DOTALL)
_EARTH_FIXED: Final = re.compile(r"IGS\d*|IGB\d*|ITRF?\d*|SLR\d*|SLRF\d*|WGS\d*|ECF", re.ASCII)
_SYSTEMS: Final[Mapping[str, tuple[TimeSystem, int]]] = MappingProxyType(
    {
        "GPS": (TimeSystem.GPS, 0), "GAL": (TimeSystem.GPS, 0), "QZS": (TimeSystem.GPS, 0), "IRN": (TimeSystem.GPS, 0),
        "BDT": (TimeSystem.GPS, 14), "GLO": (TimeSystem.UTC, 0), "UTC": (TimeSystem.UTC, 0), "TAI": (TimeSystem.TAI, 0),
    }
)  # fmt: skip
"""The clock that a system keeps, and by how many seconds it is behind it."""
_ABSENT_KM: Final = 1e-6
_WIDER: Final = 1.5  # times the interval between epochs: a missing one is a gap
_MOST_COMMENTS: Final = 100
_KM_S: Final = 1e-4  # of a decimetre a second


@dataclass(slots=True)
class _File:
    """What has been read so far of one satellite: runs of epochs with states that nothing interrupts."""

    with_velocity: bool
    interval_s: float = 0.0
    system: str = "GPS"
    axes: str = ""
    agency: str = "UNKNOWN"
    version: str = ""
    names: list[str] = field(default_factory=list)
    accuracies: list[int] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    runs: list[list[tuple[int, list[float]]]] = field(default_factory=lambda: [[]])
    absent: int = 0
    moved: int = 0
    predicted: Epoch | None = None
    stated: int = 0
    epochs_ns: list[int] = field(default_factory=list)


def read_sp3(text: bytes, satellite: str | None = None) -> OemMessage:
    """The orbit of a satellite, by its name in the file (``G01``, ``L50``); of the only one without a name.

    Raises:
        InputError: for the first broken rule, with its line.
    """
    file = _header(text)
    wanted = _wanted(file, satellite)
    _rows(text, file, wanted)
    runs = [run for run in file.runs if len(run) > 1]
    if not runs:
        raise InputError("an orbit must hold two positions of the satellite without a gap", value=wanted, line=1)
    header = _header_of(file, Epoch(runs[0][0][0]))
    parts = [_segment(file, run, wanted) for run in runs]
    if len(file.epochs_ns) < file.stated:  # cut off: the first line says how many there should be
        last = Epoch(file.epochs_ns[0]) + (file.stated - 1) * file.interval_s
        parts[-1] = replace(parts[-1], loose_limits={"STOP_TIME": (last, 1)})
    return OemMessage(header=header, segments=tuple(parts), notes=tuple(_notes(file, wanted)))


def sp3_header(text: bytes) -> OemHeader:
    """The header only, of a text that may be cut off behind its first epoch."""
    file = _header(text)
    for line, raw in enumerate(io.BytesIO(text), start=1):
        if raw.startswith(b"*"):
            return _header_of(file, _epoch(raw, file, line))
    raise InputError("an orbit must hold an epoch", line=1)


def _header(text: bytes) -> _File:
    """The lines before the first epoch."""
    found = _FIRST.match(text)
    if found is None or found[1] not in b"cd":
        value = text[:2].decode("ascii", errors="replace")
        raise InputError("an orbit file must be SP3-c or SP3-d", value=value, line=1)
    file = _File(with_velocity=found[2] == b"V", version=found[1].decode())
    first = text.split(b"\n", 1)[0].decode("ascii", errors="replace")
    file.stated = int(told) if (told := first[32:39].strip()).isdigit() else 0
    file.axes, file.agency = first[46:51].strip(), first[56:60].strip() or "UNKNOWN"
    if _EARTH_FIXED.fullmatch(file.axes.upper()) is None:
        raise InputError("the coordinate system must be fixed to the Earth, as ITRF or IGS20", value=file.axes, line=1)
    clocks = 0
    for line, raw in enumerate(io.BytesIO(text), start=1):
        content = raw.rstrip(b"\n").decode("ascii", errors="replace")
        if raw.startswith(b"##"):
            file.interval_s = numbers_of([content[24:38].strip().encode()], line, "the interval of epochs")[0]
        elif raw.startswith(b"++"):
            file.accuracies += [int(one) if one.strip("- ").isdigit() else 0 for one in _cells(content)]
        elif raw.startswith(b"+ "):
            file.names += [name for one in _cells(content) if (name := _name(one))]
        elif raw.startswith(b"%c") and not clocks:
            clocks, told = line, content[9:12].strip()
            if told not in {*_SYSTEMS, "ccc"}:
                raise InputError(f"the time system must be one of {', '.join(_SYSTEMS)}", value=told, line=line)
            file.system = told if told in _SYSTEMS else "GPS"
        elif raw.startswith(b"/*") and len(file.comments) < _MOST_COMMENTS and (words := content[2:].strip(" C")):
            file.comments.append("".join(letter if letter.isprintable() else " " for letter in words))
        elif raw.startswith(b"*"):
            break
    if not file.interval_s > 0.0:
        raise InputError("the second line must give the interval of epochs", line=2)
    return file


def _cells(content: str) -> list[str]:
    """Seventeen columns of three characters, from the tenth character on."""
    return [content[at : at + 3] for at in range(9, 60, 3) if content[at : at + 3].strip()]


def _name(cell: str) -> str:
    """A satellite as SP3-c writes it; a bare number was one of GPS, and 0 is none."""
    name = cell.strip().replace(" ", "0")
    return "" if not name.strip("0") else f"G{int(name):02d}" if name.isdigit() else name


def _wanted(file: _File, satellite: str | None) -> str:
    names = list(dict.fromkeys(file.names))
    if satellite is not None and _name(satellite) in names:
        return _name(satellite)
    if satellite is None and len(names) == 1:
        return names[0]
    shown = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    rule = f"the source must name one satellite of the file in satellite: {shown or 'it names none'}"
    raise InputError(rule, value=satellite, line=3)


def _rows(text: bytes, file: _File, wanted: str) -> None:
    """The epochs and states of one satellite, in runs without a gap."""
    epoch: Epoch | None = None
    last: Epoch | None = None
    epochs_ns = file.epochs_ns
    for line, raw in enumerate(io.BytesIO(text), start=1):
        mark = raw[:1]
        if mark == b"*":
            epoch = _epoch(raw, file, line)
            check_increasing(epochs_ns, epoch, raw[2:31].decode("ascii", errors="replace").strip(), line)
            epochs_ns.append(epoch.tai_ns)
        elif mark in {b"P", b"V"} and epoch is not None:
            if _name(raw[1:4].decode("ascii", errors="replace")) != wanted:
                continue
            values = numbers_of([raw[at : at + 14].strip() for at in (4, 18, 32)], line, "a state")
            if mark == b"V":
                if file.runs[-1] and file.runs[-1][-1][0] == epoch.tai_ns and len(file.runs[-1][-1][1]) == 3:
                    file.runs[-1][-1][1].extend(value * _KM_S for value in values)
                continue
            flags = raw.rstrip(b"\n").ljust(80)
            if all(abs(value) < _ABSENT_KM for value in values):
                file.absent += 1
                continue
            moved = flags[78:79] == b"M"
            file.moved += moved
            if flags[79:80] == b"P" and file.predicted is None:
                file.predicted = epoch
            if moved or (last is not None and epoch - last > _WIDER * file.interval_s):
                file.runs.append([])
            file.runs[-1].append((epoch.tai_ns, values))
            last = epoch
    if file.with_velocity and any(len(state) == 3 for run in file.runs for _, state in run):
        raise InputError("a file of velocities must give one with each position", value=wanted, line=1)


def _epoch(raw: bytes, file: _File, line: int) -> Epoch:
    """The instant of a line ``*  2021 12 12  0  0  0.00000000``."""
    words = raw[1:].split()
    text = raw[1:31].decode("ascii", errors="replace").strip()
    if len(words) < 6:
        raise InputError("an epoch must have year, month, day, hour, minute and second", value=text, line=line)
    system, behind_s = _SYSTEMS[file.system]
    try:
        year, month, day, hour, minute = (int(word) for word in words[:5])
        day_at = datetime(year, month, day, tzinfo=UTC) + timedelta(hours=hour, minutes=minute)
        date = f"{day_at:%Y-%m-%dT%H:%M}:{float(words[5]):013.10f}"
        return Epoch.parse(date, system) + float(behind_s)
    except (TimeError, ValueError, OverflowError):
        raise InputError("an epoch must be a date and time", value=text, line=line) from None


def _header_of(file: _File, first: Epoch) -> OemHeader:
    return OemHeader(
        version=file.version, creation=first, originator=file.agency, classification=None, message_id=None,
        comments=tuple(file.comments), source=SOURCE,
    )  # fmt: skip


def _segment(file: _File, run: list[tuple[int, list[float]]], wanted: str) -> OemSegment:
    at_ns = np.array([tai_ns for tai_ns, _ in run], dtype=np.int64)
    states = np.array([state for _, state in run])
    if not file.with_velocity:
        states = np.hstack([states, _slopes((at_ns - at_ns[0]) / NS, states)])
    made = segment(
        center_name="EARTH", ref_frame="ITRF", epochs_tai_ns=at_ns, states=states,
        interpolation="HERMITE" if file.with_velocity else "LAGRANGE", degree=DEGREE, comments=(), first_line=1,
        lines={},
    )  # fmt: skip
    return replace(made, object_name=wanted, object_id=wanted)


def _slopes(times_s: FloatArray, positions_km: FloatArray) -> FloatArray:
    """Velocities ``(N, 3)`` in km/s by a spline through the positions; they serve to judge, not to interpolate."""
    degree = min(DEGREE, len(times_s) - 1)
    degree -= 1 - degree % 2
    return np.asarray(make_interp_spline(times_s, positions_km, k=max(1, degree)).derivative()(times_s))


def _notes(file: _File, wanted: str) -> list[str]:
    notes = [
        "the file does not say when it was made, and counts as made at its first epoch",
        f"its coordinate system {file.axes} is read as ITRF",
    ]
    exponent = dict(zip(file.names, file.accuracies, strict=False)).get(wanted, 0)
    stated = f"accuracy stated as 2**{exponent} mm, one sigma"
    notes.append(stated if exponent else "the file states no accuracy of the satellite")
    if not file.with_velocity:
        notes.append(f"without velocities; positions are interpolated by degree {DEGREE}")
    if file.absent:
        notes.append(f"{file.absent} epochs have no position, and are gaps")
    if file.moved:
        notes.append(f"manoeuvred before {file.moved} epochs: nothing is interpolated there")
    if file.predicted is not None:
        notes.append(f"predicted from {file.predicted.iso(digits=0)} UTC on")
    return notes
