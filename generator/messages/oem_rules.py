"""What the standard demands of a message's header, metadata and covariances, whatever the notation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from nearpass.astro.epochs import Epoch, TimeSystem
from nearpass.errors import InputError, TimeError
from nearpass.messages.oem_fast import Span
from nearpass.messages.oem_lines import Pairs
from nearpass.messages.oem_records import (
    METHODS,
    MOST_DEGREE,
    ROUNDED_NS,
    VERSIONS,
    FloatArray,
    IntArray,
    OemCovariances,
    OemHeader,
    OemMessage,
    OemSegment,
)
from nearpass.messages.oem_table import Table, read_only

VERSION_KEY: Final = "CCSDS_OEM_VERS"
MOST_NOTES: Final = 20
"""How many notes on a message are kept: thousands of segments may depart alike."""
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
class Metadata:
    """A checked metadata block."""

    pairs: Pairs
    comments: tuple[str, ...]
    first_line: int
    system: TimeSystem
    span: Span
    interpolation: str | None
    degree: int | None

    @property
    def reach(self) -> Span:
        """Where states may lie: START_TIME to STOP_TIME, wider by what the rounding of their digits can hide."""
        start, stop = self.span
        before_ns, after_ns = (_rounding_ns(self.pairs[key][0]) for key in ("START_TIME", "STOP_TIME"))
        return Span(Epoch(start.tai_ns - before_ns), Epoch(stop.tai_ns + after_ns))


def _rounding_ns(text: str) -> int:
    """Less than one in the last place of a printed time, a millisecond at least and a second at most."""
    _, _, decimals = text.strip().rstrip("Z").partition(".")
    last_place_ns = int(10 ** (9 - min(len(decimals), 9)))
    return max(ROUNDED_NS, last_place_ns - 1)


def check_version(version: str, line: int) -> None:
    """Refuse a version that was never published."""
    if version not in VERSIONS:
        raise InputError(f"{VERSION_KEY} must be one of {', '.join(VERSIONS)}", value=version, line=line)


def header_keys(version: str) -> tuple[str, ...]:
    """Keywords that a header may hold."""
    return _HEADER_KEYS + (_HEADER_KEYS_3 if version == "3.0" else ())


def metadata_keys(version: str) -> tuple[str, ...]:
    """Keywords that a metadata block may hold."""
    keys: tuple[str, ...] = _NEEDED_KEYS + _OTHER_KEYS
    if version != "1.0":
        keys += ("REF_FRAME_EPOCH",)
    if version == "3.0":
        keys += ("MESSAGE_ID",)
    return keys


def most_columns(version: str) -> int:
    """Numbers of a state with its epoch: version 1.0 knows no accelerations."""
    return 7 if version == "1.0" else 10


def header_of(version: str, pairs: Pairs, comments: tuple[str, ...], line: int) -> OemHeader:
    """The header that its keywords make; ``line`` is where it ends."""
    for key in _HEADER_KEYS:
        if key not in pairs:
            raise InputError(f"the header must hold {key}", line=line)
    return OemHeader(
        version=version,
        creation=epoch_of(pairs, "CREATION_DATE", TimeSystem.UTC),
        originator=pairs["ORIGINATOR"][0],
        classification=_text_of(pairs, "CLASSIFICATION"),
        message_id=_text_of(pairs, "MESSAGE_ID"),
        comments=comments,
    )


def metadata_of(pairs: Pairs, comments: tuple[str, ...], first_line: int, line: int) -> Metadata:
    """The metadata that their keywords make; they begin on ``first_line`` and end on ``line``."""
    for key in _NEEDED_KEYS:
        if key not in pairs:
            raise InputError(f"the metadata must hold {key}", line=line)
    system = time_system_of(pairs)
    span = _checked_span(pairs, system)
    interpolation, degree = interpolation_of(pairs)
    return Metadata(
        pairs=pairs,
        comments=comments,
        first_line=first_line,
        system=system,
        span=span,
        interpolation=interpolation,
        degree=degree,
    )


def segment_of(metadata: Metadata, table: Table, covariances: OemCovariances | None) -> OemSegment:
    """A segment of an OEM from its metadata, states and covariances."""
    pairs, system = metadata.pairs, metadata.system
    return OemSegment(
        object_name=pairs["OBJECT_NAME"][0],
        object_id=pairs["OBJECT_ID"][0],
        center_name=pairs["CENTER_NAME"][0],
        ref_frame=pairs["REF_FRAME"][0],
        ref_frame_epoch=_epoch_or_none(pairs, "REF_FRAME_EPOCH", system),
        time_system=system,
        start=metadata.span.start,
        stop=metadata.span.stop,
        useable_start=_epoch_or_none(pairs, "USEABLE_START_TIME", system),
        useable_stop=_epoch_or_none(pairs, "USEABLE_STOP_TIME", system),
        interpolation=metadata.interpolation,
        degree=metadata.degree,
        comments=metadata.comments + table.comments,
        first_line=metadata.first_line,
        epochs_tai_ns=table.epochs_tai_ns,
        positions_km=table.positions_km,
        velocities_km_s=table.velocities_km_s,
        accelerations_km_s2=table.accelerations_km_s2,
        covariances=covariances,
        lines={key: line for key, (_, line) in pairs.items()},
    )


class CovarianceRows:
    """The covariances of a segment, one after the other or many at a time."""

    def __init__(self) -> None:
        self.comments: list[str] = []
        self._epochs_ns: list[int] = []
        self._triangles: list[FloatArray] = []
        self._frames: list[str] = []
        self._frame_lines: dict[str, int] = {}

    def check_epoch(self, epoch: Epoch, text: str, line: int) -> None:
        """Refuse an epoch that does not follow the one before."""
        if self._epochs_ns and epoch.tai_ns <= self._epochs_ns[-1]:
            raise InputError("the epochs of covariances must increase", value=text, line=line)

    def add(self, epoch: Epoch, frame: str, triangle: FloatArray, line: int) -> None:
        """Keep a covariance by its lower triangle ``(6, 6)``; ``line`` is where its axes are named."""
        self.extend(np.array([epoch.tai_ns]), frame, triangle[None], line)

    def extend(self, epochs_tai_ns: IntArray, frame: str, triangles: FloatArray, line: int) -> None:
        """Keep covariances in the same axes by their epochs ``(M,)`` and lower triangles ``(M, 6, 6)``."""
        self._frame_lines.setdefault(frame, line)
        self._epochs_ns += epochs_tai_ns.tolist()
        self._frames += [frame] * len(epochs_tai_ns)
        self._triangles.append(triangles)

    def __len__(self) -> int:
        return len(self._epochs_ns)

    def record(self) -> OemCovariances:
        """All of them; there must be at least one."""
        triangles = np.concatenate(self._triangles)
        return OemCovariances(
            epochs_tai_ns=read_only(np.array(self._epochs_ns, dtype=np.int64)),
            matrices=read_only(triangles + np.swapaxes(np.tril(triangles, -1), 1, 2)),
            frames=tuple(self._frames),
            comments=tuple(self.comments),
            frame_lines=dict(self._frame_lines),
        )


def epoch_of(pairs: Pairs, key: str, system: TimeSystem) -> Epoch:
    """The epoch that a keyword gives."""
    value, line = pairs[key]
    try:
        return Epoch.parse(value, system)
    except TimeError as error:
        raise InputError(f"{key}: {error.rule}", value=error.value, line=line) from None


def _epoch_or_none(pairs: Pairs, key: str, system: TimeSystem) -> Epoch | None:
    return epoch_of(pairs, key, system) if key in pairs else None


def _text_of(pairs: Pairs, key: str) -> str | None:
    return pairs[key][0] if key in pairs else None


def time_system_of(pairs: Pairs) -> TimeSystem:
    """The time system that TIME_SYSTEM names."""
    value, line = pairs["TIME_SYSTEM"]
    try:
        return TimeSystem.named(value)
    except TimeError as error:
        raise InputError(error.rule, value=value, line=line) from None


def _checked_span(pairs: Pairs, system: TimeSystem) -> Span:
    """START_TIME to STOP_TIME; the useable limits must lie between them, in order."""
    start, stop = epoch_of(pairs, "START_TIME", system), epoch_of(pairs, "STOP_TIME", system)
    if start > stop:
        value, line = pairs["STOP_TIME"]
        raise InputError("START_TIME must not come after STOP_TIME", value=value, line=line)
    limits = [
        (key, epoch_of(pairs, key, system)) for key in ("USEABLE_START_TIME", "USEABLE_STOP_TIME") if key in pairs
    ]
    for key, epoch in limits:
        if not start.tai_ns - _rounding_ns(pairs[key][0]) <= epoch.tai_ns <= stop.tai_ns + _rounding_ns(pairs[key][0]):
            rule = f"{key} must lie between START_TIME and STOP_TIME"
            raise InputError(rule, value=pairs[key][0], line=pairs[key][1])
    if len(limits) == 2 and limits[0][1] >= limits[1][1]:
        value, line = pairs["USEABLE_STOP_TIME"]
        raise InputError("USEABLE_START_TIME must come before USEABLE_STOP_TIME", value=value, line=line)
    return Span(start, stop)


def interpolation_of(pairs: Pairs) -> tuple[str | None, int | None]:
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


def message_of(header: OemHeader, segments: Sequence[OemSegment], line: int) -> OemMessage:
    """A message of its segments, with notes on what departs from the standard in them.

    Raises:
        InputError: for a message without segments; ``line`` is where it ends.
    """
    if not segments:
        raise InputError("a message must hold at least one segment", line=line)
    notes = [note for segment in segments for note in _notes_on(segment)]
    notes += [note for before, after in pairwise(segments) for note in _overlap(before, after)]
    return OemMessage(header=header, segments=tuple(segments), notes=tuple(notes[:MOST_NOTES]))


def _notes_on(segment: OemSegment) -> Iterator[str]:
    epochs_ns = segment.epochs_tai_ns
    if len(epochs_ns) == 1:
        yield f"the segment of line {segment.first_line} holds one state and is skipped: nothing can be interpolated"
    early_ns, late_ns = segment.start.tai_ns - int(epochs_ns[0]), int(epochs_ns[-1]) - segment.stop.tai_ns
    if max(early_ns, late_ns) > 0:
        key = "START_TIME" if early_ns >= late_ns else "STOP_TIME"
        beyond_ms = max(early_ns, late_ns) / 1e6
        yield f"states lie {beyond_ms:.3g} ms outside {key} (line {segment.line_of(key)}), as its rounding may have it"
    yield from stray_covariances(segment)


def _overlap(before: OemSegment, after: OemSegment) -> Iterator[str]:
    """That two segments tell of the same time, if they do: the standard asks for useable limits that part them."""
    first, last = max(before.useable_from, after.useable_from), min(before.useable_to, after.useable_to)
    if last.tai_ns - first.tai_ns > ROUNDED_NS:
        both = f"the segments of lines {before.first_line} and {after.first_line} overlap by {last - first:.6g} s"
        yield f"{both}: there the later one holds"


def stray_covariances(segment: OemSegment) -> Iterator[str]:
    """That covariances lie outside of the states whose they are, if some do: they say nothing of any instant."""
    if segment.covariances is None:
        return
    held_ns, states_ns = segment.covariances.epochs_tai_ns, segment.epochs_tai_ns
    beyond_ns = np.abs(held_ns - np.clip(held_ns, states_ns[0], states_ns[-1]))
    stray = int(np.count_nonzero(beyond_ns > ROUNDED_NS))
    if stray:
        which = f"{stray} of {len(held_ns)} covariances of the segment of line {segment.first_line}"
        yield f"{which} lie before its first or after its last state and are not used"


def check_against(segment: OemSegment, earlier: list[OemSegment]) -> None:
    """What a file must keep from one segment to the next."""
    if not earlier:
        return
    first, before = earlier[0], earlier[-1]
    if segment.time_system != first.time_system:
        line = segment.line_of("TIME_SYSTEM")
        raise InputError("TIME_SYSTEM must stay the same in a file", value=segment.time_system, line=line)
    for key, value, expected in (
        ("OBJECT_NAME", segment.object_name, first.object_name),
        ("OBJECT_ID", segment.object_id, first.object_id),
    ):
        if value != expected:
            rule = f"a file must describe one object, {key} {expected!r}"
            raise InputError(rule, value=value, line=segment.line_of(key))
    if segment.useable_start and before.useable_stop and segment.useable_start < before.useable_stop:
        value = segment.useable_start.iso(segment.time_system)
        rule = "USEABLE_START_TIME must not come before the useable end of the segment before"
        raise InputError(rule, value=value, line=segment.line_of("USEABLE_START_TIME"))
