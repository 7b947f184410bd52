"""Orbit Ephemeris Messages: CCSDS 502.0-B-1, -2 and -3 (OEM 1.0, 2.0 and 3.0) in keyword-value notation.

Any input gives a message or exactly one :class:`~generator.errors.InputError` that names the first faulty line. Where
real files depart from the letter of the standard without harm, they are read: comments may stand between any two
lines, keywords of a block may come in any order, one of the two useable limits may be missing, ``MESSAGE_ID`` may stand
among the metadata of version 3.0, and a segment may hold fewer states than its interpolation degree wants (the degree
then falls, see :mod:`generator.ephemeris.interpolation`). One file describes one object.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from generator.astro.epochs import Epoch, TimeSystem
from generator.ephemeris.oem_fast import NUMBER, Span
from generator.ephemeris.oem_lines import Lines, Pairs, is_comment, keyword_line, plain_text, read_pairs
from generator.ephemeris.oem_table import read_only, read_table
from generator.errors import InputError, NearpassError, TimeError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

VERSIONS: Final = ("1.0", "2.0", "3.0")
METHODS: Final = ("HERMITE", "LAGRANGE", "LINEAR")
MOST_DEGREE: Final = 27  # the limit of CSPICE's interpolating SPK types

_HEADER_KEYS: Final = ("CREATION_DATE", "ORIGINATOR")
_HEADER_KEYS_3: Final = ("CLASSIFICATION", "MESSAGE_ID")
_NEEDED_KEYS: Final = (
    "OBJECT_NAME",
    "OBJECT_ID",
    "CENTER_NAME",
    "REF_FRAME",
    "TIME_SYSTEM",
    "START_TIME",
    "STOP_TIME",
)
_OTHER_KEYS: Final = ("USEABLE_START_TIME", "USEABLE_STOP_TIME", "INTERPOLATION", "INTERPOLATION_DEGREE")


@dataclass(frozen=True, slots=True, kw_only=True)
class OemHeader:
    """Who wrote the message, and when."""

    version: str
    creation: Epoch
    originator: str
    classification: str | None
    message_id: str | None
    comments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OemCovariances:
    """Covariances of a segment: ``epochs_tai_ns`` ``(M,)``, ``matrices`` ``(M, 6, 6)`` in km and km/s.

    ``frames`` names the axes of each: its own ``COV_REF_FRAME``, else the axes of the states (5.2.5.4).
    """

    epochs_tai_ns: IntArray
    matrices: FloatArray
    frames: tuple[str, ...]
    comments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OemSegment:
    """One metadata block with its states: ``epochs_tai_ns`` ``(N,)``, positions and velocities ``(N, 3)``.

    Nothing may be interpolated from one segment into another (502.0-B-3, 5.2.4.6). ``first_line`` is the line of
    ``META_START``.
    """

    object_name: str
    object_id: str
    center_name: str
    ref_frame: str
    ref_frame_epoch: Epoch | None
    time_system: TimeSystem
    start: Epoch
    stop: Epoch
    useable_start: Epoch | None
    useable_stop: Epoch | None
    interpolation: str | None
    degree: int | None
    comments: tuple[str, ...]
    first_line: int
    epochs_tai_ns: IntArray
    positions_km: FloatArray
    velocities_km_s: FloatArray
    accelerations_km_s2: FloatArray | None
    covariances: OemCovariances | None

    @property
    def useable_from(self) -> Epoch:
        """First instant at which the states hold: points before it are fictitious."""
        return self.useable_start or self.start

    @property
    def useable_to(self) -> Epoch:
        """Last instant at which the states hold: points after it are fictitious."""
        return self.useable_stop or self.stop


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OemMessage:
    """A whole message: segments in the order of the file."""

    header: OemHeader
    segments: tuple[OemSegment, ...]


def peek_header(data: bytes, file: str) -> OemHeader:
    """The header of a message, without reading what follows.

    Raises:
        InputError: if the header breaks a rule.

    """
    try:
        return _read_header(Lines(plain_text(data)))
    except NearpassError as error:
        raise InputError(error.rule, value=error.value, file=file, line=error.line) from None


def parse_oem(data: bytes, file: str) -> OemMessage:
    """Read a message and check every rule.

    Args:
        data: The content of the file, uncompressed.
        file: Its name, for the error.

    Raises:
        InputError: for the first broken rule, with its line.

    """
    try:
        lines = Lines(plain_text(data))
        header = _read_header(lines)
        segments: list[OemSegment] = []
        while lines.peek() is not None:
            segment = _read_segment(lines, header.version)
            _check_against(segment, segments)
            segments.append(segment)
        if not segments:
            raise InputError("a message must hold at least one segment", line=lines.number)
        return OemMessage(header=header, segments=tuple(segments))
    except NearpassError as error:
        raise InputError(error.rule, value=error.value, file=file, line=error.line) from None


def _read_header(lines: Lines) -> OemHeader:
    """The lines before the first META_START, which stays unread."""
    text = lines.peek()
    if text is not None and text.startswith("<"):
        raise InputError("a message in XML cannot be read; keyword-value notation is needed", line=lines.number)
    if text is None or not text.startswith("CCSDS_OEM_VERS"):
        raise InputError("the first line must read CCSDS_OEM_VERS = version", value=text, line=lines.number)
    key, version = keyword_line(text, lines.number)
    if key != "CCSDS_OEM_VERS" or version not in VERSIONS:
        raise InputError(f"CCSDS_OEM_VERS must be one of {', '.join(VERSIONS)}", value=version, line=lines.number)
    lines.take()
    allowed = _HEADER_KEYS + (_HEADER_KEYS_3 if version == "3.0" else ())
    pairs, comments, _ = read_pairs(lines, allowed, "META_START")
    for key in _HEADER_KEYS:
        if key not in pairs:
            raise InputError(f"the header must hold {key}", line=lines.number)
    return OemHeader(
        version=version,
        creation=_epoch_of(pairs, "CREATION_DATE", TimeSystem.UTC),
        originator=pairs["ORIGINATOR"][0],
        classification=_text_of(pairs, "CLASSIFICATION"),
        message_id=_text_of(pairs, "MESSAGE_ID"),
        comments=comments,
    )


def _text_of(pairs: Pairs, key: str) -> str | None:
    return pairs[key][0] if key in pairs else None


def _epoch_of(pairs: Pairs, key: str, system: TimeSystem) -> Epoch:
    value, line = pairs[key]
    try:
        return Epoch.parse(value, system)
    except TimeError as error:
        raise InputError(f"{key}: {error.rule}", value=error.value, line=line) from None


def _epoch_or_none(pairs: Pairs, key: str, system: TimeSystem) -> Epoch | None:
    return _epoch_of(pairs, key, system) if key in pairs else None


def _read_segment(lines: Lines, version: str) -> OemSegment:
    """A metadata block, its states, and its covariances if there are any."""
    text, first_line = lines.peek(), lines.number
    if text != "META_START":
        raise InputError("a segment must begin with META_START", value=text, line=first_line)
    lines.take()
    allowed: tuple[str, ...] = _NEEDED_KEYS + _OTHER_KEYS
    if version != "1.0":
        allowed += ("REF_FRAME_EPOCH",)
    if version == "3.0":
        allowed += ("MESSAGE_ID",)
    pairs, comments, ended = read_pairs(lines, allowed, "META_STOP")
    if not ended:
        raise InputError("the metadata must end with META_STOP", line=lines.number)
    for key in _NEEDED_KEYS:
        if key not in pairs:
            raise InputError(f"the metadata must hold {key}", line=lines.number)
    lines.take()
    system = _time_system(pairs)
    span = _checked_span(pairs, system)
    interpolation, degree = _interpolation(pairs)
    begin, end, number = lines.position, lines.block_end(), lines.number
    table = read_table(lines.data[begin:end], number, system, span, most_columns=7 if version == "1.0" else 10)
    lines.skip_to(end)
    return OemSegment(
        object_name=pairs["OBJECT_NAME"][0],
        object_id=pairs["OBJECT_ID"][0],
        center_name=pairs["CENTER_NAME"][0],
        ref_frame=pairs["REF_FRAME"][0],
        ref_frame_epoch=_epoch_or_none(pairs, "REF_FRAME_EPOCH", system),
        time_system=system,
        start=span.start,
        stop=span.stop,
        useable_start=_epoch_or_none(pairs, "USEABLE_START_TIME", system),
        useable_stop=_epoch_or_none(pairs, "USEABLE_STOP_TIME", system),
        interpolation=interpolation,
        degree=degree,
        comments=comments + table.comments,
        first_line=first_line,
        epochs_tai_ns=table.epochs_tai_ns,
        positions_km=table.positions_km,
        velocities_km_s=table.velocities_km_s,
        accelerations_km_s2=table.accelerations_km_s2,
        covariances=_read_covariances(lines, version, system, pairs["REF_FRAME"][0]),
    )


def _time_system(pairs: Pairs) -> TimeSystem:
    value, line = pairs["TIME_SYSTEM"]
    try:
        return TimeSystem.named(value)
    except TimeError as error:
        raise InputError(error.rule, value=value, line=line) from None


def _checked_span(pairs: Pairs, system: TimeSystem) -> Span:
    """START_TIME to STOP_TIME; the useable limits must lie between them, in order."""
    start, stop = _epoch_of(pairs, "START_TIME", system), _epoch_of(pairs, "STOP_TIME", system)
    if start >= stop:
        raise InputError(
            "START_TIME must come before STOP_TIME", value=pairs["STOP_TIME"][0], line=pairs["STOP_TIME"][1]
        )
    limits = [
        (key, _epoch_of(pairs, key, system)) for key in ("USEABLE_START_TIME", "USEABLE_STOP_TIME") if key in pairs
    ]
    for key, epoch in limits:
        if not start <= epoch <= stop:
            rule = f"{key} must lie between START_TIME and STOP_TIME"
            raise InputError(rule, value=pairs[key][0], line=pairs[key][1])
    if len(limits) == 2 and limits[0][1] >= limits[1][1]:
        value, line = pairs["USEABLE_STOP_TIME"]
        raise InputError("USEABLE_START_TIME must come before USEABLE_STOP_TIME", value=value, line=line)
    return Span(start, stop)


def _interpolation(pairs: Pairs) -> tuple[str | None, int | None]:
    """Method and degree; a method needs its degree."""
    degree = None
    if "INTERPOLATION_DEGREE" in pairs:
        value, line = pairs["INTERPOLATION_DEGREE"]
        if not (value.isascii() and value.isdecimal() and len(value) < 4 and 1 <= int(value) <= MOST_DEGREE):
            rule = f"INTERPOLATION_DEGREE must be a whole number from 1 to {MOST_DEGREE}"
            raise InputError(rule, value=value, line=line)
        degree = int(value)
    if "INTERPOLATION" not in pairs:
        return None, degree
    method, line = pairs["INTERPOLATION"]
    if method.upper() not in METHODS:
        raise InputError(f"INTERPOLATION must be one of {', '.join(METHODS)}", value=method, line=line)
    if degree is None:
        raise InputError("INTERPOLATION needs INTERPOLATION_DEGREE", value=method, line=line)
    return method.upper(), degree


def _read_covariances(lines: Lines, version: str, system: TimeSystem, ref_frame: str) -> OemCovariances | None:
    """The block from COVARIANCE_START to COVARIANCE_STOP, if one comes next."""
    if lines.peek() != "COVARIANCE_START":
        return None
    if version == "1.0":
        raise InputError("a message of version 1.0 must hold no covariance", line=lines.number)
    lines.take()
    epochs: list[Epoch] = []
    matrices: list[FloatArray] = []
    frames: list[str] = []
    comments: list[str] = []
    while (text := lines.peek()) != "COVARIANCE_STOP":
        if text is None:
            raise InputError("covariances must end with COVARIANCE_STOP", line=lines.number)
        if is_comment(text):
            comments.append(text[7:].strip())
            lines.take()
            continue
        number = lines.number
        epoch, frame = _read_covariance_head(lines, system)
        if epochs and epoch <= epochs[-1]:
            raise InputError("the epochs of covariances must increase", value=text, line=number)
        epochs.append(epoch)
        matrices.append(_read_matrix(lines))
        frames.append(frame or ref_frame)
    if not epochs:
        raise InputError("a covariance block must hold a covariance", line=lines.number)
    lines.take()
    return OemCovariances(
        epochs_tai_ns=read_only(np.array([epoch.tai_ns for epoch in epochs], dtype=np.int64)),
        matrices=read_only(np.array(matrices)),
        frames=tuple(frames),
        comments=tuple(comments),
    )


def _read_covariance_head(lines: Lines, system: TimeSystem) -> tuple[Epoch, str | None]:
    """EPOCH and, where it is given, COV_REF_FRAME of one covariance."""
    text = lines.peek() or ""
    key, value = keyword_line(text, lines.number)
    if key != "EPOCH":
        raise InputError("a covariance must begin with EPOCH", value=text, line=lines.number)
    epoch = _epoch_of({key: (value, lines.number)}, key, system)
    lines.take()
    text = lines.peek() or ""
    if not text[:1].isalpha():
        return epoch, None
    key, value = keyword_line(text, lines.number)
    if key != "COV_REF_FRAME":
        raise InputError("after EPOCH may stand COV_REF_FRAME only", value=text, line=lines.number)
    lines.take()
    return epoch, value


def _read_matrix(lines: Lines) -> FloatArray:
    """A full symmetric matrix ``(6, 6)`` from the six lines of its lower triangle."""
    matrix = np.zeros((6, 6))
    for row in range(6):
        text = lines.peek()
        words = (text or "").split()
        if len(words) != row + 1 or not all(NUMBER.fullmatch(word.encode()) for word in words):
            rule = f"line {row + 1} of a covariance must hold {row + 1} numbers"
            raise InputError(rule, value=text, line=lines.number)
        matrix[row, : row + 1] = [float(word) for word in words]
        if not np.isfinite(matrix[row]).all():
            raise InputError("a number must be finite", value=text, line=lines.number)
        lines.take()
    return np.asarray(matrix + np.tril(matrix, -1).T)


def _check_against(segment: OemSegment, earlier: list[OemSegment]) -> None:
    """What a file must keep from one segment to the next."""
    if not earlier:
        return
    first, before = earlier[0], earlier[-1]
    line = segment.first_line
    if segment.time_system != first.time_system:
        raise InputError("TIME_SYSTEM must stay the same in a file", value=segment.time_system, line=line)
    if (segment.object_name, segment.object_id) != (first.object_name, first.object_id):
        value = f"{segment.object_name} ({segment.object_id})"
        raise InputError("a file must describe one object", value=value, line=line)
    if segment.useable_start and before.useable_stop and segment.useable_start < before.useable_stop:
        value = segment.useable_start.iso(segment.time_system)
        raise InputError("useable spans must not overlap", value=value, line=line)
