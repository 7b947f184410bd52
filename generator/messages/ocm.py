"""Trajectory blocks of Orbit Comprehensive Messages (CCSDS 502.0-B-3, section 6).

Here they are read in keyword-value notation; :mod:`nearpass.messages.ocm_xml` turns XML into that.

Blocks of ``TRAJ_TYPE`` CARTPV and CARTPVA are read into the records of an OEM, one segment a block, with the Cartesian
covariances that lie in a block's span. Other trajectory types are noted; the lines of blocks on manoeuvres, the
spacecraft and the orbit determination are kept (:mod:`nearpass.messages.ocm_other`). Times may be seconds from
``EPOCH_TZERO`` or dates. What an OCM leaves to agreement is not guessed: blocks that overlap in time, other units than
km, and blocks that leave their centre or axes to the standard's defaults (the Earth, ICRF3) are refused.
"""

from __future__ import annotations

import io
import re
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from nearpass.astro.epochs import NS, Epoch, TimeSystem
from nearpass.astro.local_axes import PLAIN_NAMES
from nearpass.errors import InputError
from nearpass.messages.ocm_other import OtherBlocks
from nearpass.messages.oem_fast import NUMBER, Span
from nearpass.messages.oem_lines import MOST_KEYWORDS, Lines, Pairs, comment_of, is_comment, keyword_line
from nearpass.messages.oem_records import ROUNDED_NS, FloatArray, IntArray, OemHeader, OemMessage, OemSegment
from nearpass.messages.oem_rules import (
    CovarianceRows,
    epoch_of,
    header_of,
    interpolation_of,
    stray_covariances,
    time_system_of,
)
from nearpass.messages.oem_table import as_table, checked_comment, checked_number, read_table

VERSION_KEY: Final = "CCSDS_OCM_VERS"

_VERSION: Final = "3.0"
_MOST_S: Final = 290 * 365.25 * 86_400.0  # as dates must
_COLUMNS: Final = {"CARTPV": 7, "CARTPVA": 10}
_UNITS: Final = ("km", "km", "km", "km/s", "km/s", "km/s", "km/s**2", "km/s**2", "km/s**2")
_ALWAYS: Final = Span(Epoch(-(1 << 63)), Epoch((1 << 63) - 1))
_ORDERINGS: Final = ("LTM", "UTM", "FULL", "LTMWCC", "UTMWCC")
"""How the terms of a covariance follow each other; with WCC the other triangle has correlations."""
_COVARIANCE_UNITS: Final = ("km", "km", "km", "km/s", "km/s", "km/s")
"""Those of the sigmas, by which 502.0-B-3 has them told."""
_OEM_KEYS: Final = {"TRAJ_REF_FRAME": "REF_FRAME"}


def read_ocm(text: bytes, *, plan: bool = False) -> OemMessage:
    """The Cartesian trajectories of a message, in a text with line feeds only, and its manoeuvres.

    Args:
        text: The message.
        plan: Whether it may hold manoeuvres alone, without a trajectory.

    Raises:
        InputError: for the first broken rule, with its line, and for a message without such a trajectory.

    """
    lines = Lines(text)
    header = _header_of(lines)
    lines.take()
    metadata, _ = _pairs(lines, "META_STOP")
    if lines.peek() != "META_STOP":
        raise InputError("the metadata must end with META_STOP", value=lines.peek(), line=lines.number)
    clock = _Clock(metadata, lines.number)
    lines.take()
    segments: list[OemSegment] = []
    covariances: list[tuple[int, IntArray, CovarianceRows]] = []
    others = OtherBlocks()
    while (opening := lines.peek()) is not None:
        if is_comment(opening):
            lines.take()
        elif opening == "TRAJ_START":
            segment = _read_trajectory(lines, metadata, clock, others)
            segments += [segment] if segment is not None else []
        elif opening == "COV_START":
            covariances += _read_covariances(lines, clock, others)
        elif opening.endswith("_START") and "=" not in opening:
            lines.take()
            block, number = _body(lines, opening.removesuffix("START") + "STOP")
            others.add(opening.removesuffix("_START"), block, number)
            if opening == "MAN_START":
                others.add_manoeuvres(block, number, lambda text, line: clock.epoch(text, "a time", line))
        else:
            raise InputError("a block of an OCM must begin with its START line", value=opening, line=lines.number)
    if not segments and not plan:
        kind, line = others.unused_trajectory or (None, lines.number)
        raise InputError("an OCM must hold a trajectory of TRAJ_TYPE CARTPV or CARTPVA", value=kind, line=line)
    if segments:
        _check_apart(segments)
        segments = _with_covariances(_with_limits(segments, metadata, clock), covariances, others.notes)
        segments[0] = replace(segments[0], comments=(*segments[0].comments, *others.comments))
    notes = [*others.notes, *(note for segment in segments for note in stray_covariances(segment))]
    return OemMessage(
        header=header, segments=tuple(segments), notes=tuple(notes), size=others.size(), mass_kg=others.mass_kg,
        manoeuvres=tuple(others.manoeuvres), unread_manoeuvres=others.unread_manoeuvres,
    )  # fmt: skip


def _with_limits(segments: list[OemSegment], metadata: Pairs, clock: _Clock) -> list[OemSegment]:
    """The segments with what the metadata of the message say of its beginning and end, kept by the first and the last.

    An orbit may be one block of several in a message, so that these are not the limits of each.
    """
    found = _limits(metadata, clock)
    first = min(range(len(segments)), key=lambda i: segments[i].start)
    last = max(range(len(segments)), key=lambda i: segments[i].stop)
    ends = {key: at for key, at in (("START_TIME", first), ("STOP_TIME", last)) if key in found}
    return [
        replace(
            segment,
            loose_limits={**segment.loose_limits, **{key: found[key] for key, at in ends.items() if at == number}},
        )
        for number, segment in enumerate(segments)
    ]


def _limits(pairs: Pairs, clock: _Clock) -> dict[str, tuple[Epoch, int]]:
    """Where the data begin and end by the keywords that say so, as far as they can be read: all are optional."""
    found: dict[str, tuple[Epoch, int]] = {}
    for key in ("START_TIME", "USEABLE_START_TIME", "USEABLE_STOP_TIME", "STOP_TIME"):
        if key in pairs:
            value, line = pairs[key]
            with suppress(InputError):
                found[key] = clock.epoch(value, key, line), line
    return found


def ocm_header(text: bytes) -> OemHeader:
    """The header only, of a text that may be cut off behind META_START."""
    return _header_of(Lines(text))


def _header_of(lines: Lines) -> OemHeader:
    """The lines before META_START, which stays unread."""
    text = lines.peek() or ""
    key, version = keyword_line(text, lines.number)
    if key != VERSION_KEY or version != _VERSION:
        raise InputError(f"{VERSION_KEY} must be {_VERSION}", value=version, line=lines.number)
    lines.take()
    pairs, comments = _pairs(lines, "META_START")
    if lines.peek() != "META_START":
        raise InputError("the header must be followed by META_START", value=lines.peek(), line=lines.number)
    return replace(header_of("3.0", pairs, comments, lines.number), source="OCM")


class _Clock:
    """Times of a message: seconds from EPOCH_TZERO, or dates in its time system."""

    def __init__(self, metadata: Pairs, line: int) -> None:
        if "EPOCH_TZERO" not in metadata:
            raise InputError("the metadata must hold EPOCH_TZERO", line=line)
        self.system = time_system_of(metadata) if "TIME_SYSTEM" in metadata else TimeSystem.UTC  # the standard's own
        self.zero = epoch_of(metadata, "EPOCH_TZERO", self.system)

    def epoch(self, text: str, key: str, line: int) -> Epoch:
        """The instant that a time tag names."""
        if _is_number(text):
            offset_s = checked_number(text.encode(), line)
            epoch = self.zero + offset_s if abs(offset_s) <= _MOST_S else None
            if epoch is None or abs(epoch.tai_ns) > _MOST_S * NS:
                raise InputError(f"{key} must lie within 290 years of 2000", value=text, line=line)
            return epoch
        return epoch_of({key: (text, line)}, key, self.system)


def _is_number(text: str) -> bool:
    return NUMBER.fullmatch(text.encode()) is not None


def _pairs(lines: Lines, end: str) -> tuple[Pairs, tuple[str, ...]]:
    """Keywords with value and line, and comments, up to the line ``end`` or the first line of numbers, left unread."""
    pairs: Pairs = {}
    comments: list[str] = []
    while (text := lines.peek()) != end:
        if text is None:
            raise InputError(f"a block must be followed by {end}", line=lines.number)
        if not text[:1].isalpha():
            break
        if is_comment(text):
            comments.append(comment_of(text, lines.number))
        else:
            key, value = keyword_line(text, lines.number)
            if key in pairs:
                raise InputError(f"{key} must be given once", value=value, line=lines.number)
            if len(pairs) == MOST_KEYWORDS:
                raise InputError(f"a block must hold at most {MOST_KEYWORDS} keywords", value=key, line=lines.number)
            pairs[key] = (value, lines.number)
        lines.take()
    return pairs, tuple(comments)


def _body(lines: Lines, end: str) -> tuple[bytes, int]:
    """The lines up to ``end``, and the number of the first; the place moves behind ``end``."""
    begin, number = lines.position, lines.number
    found = re.compile(rb"^[ \t]*" + re.escape(end.encode()) + rb"[ \t]*$", re.MULTILINE).search(lines.data, begin)
    if found is None:
        raise InputError(f"a block must end with {end}", line=number)
    lines.skip_to(found.start())
    lines.take()
    return lines.data[begin : found.start()], number


def _value(pairs: Pairs, key: str, line: int) -> str:
    if key not in pairs:
        raise InputError(f"the block must hold {key}", line=line)
    return pairs[key][0]


def _read_trajectory(lines: Lines, metadata: Pairs, clock: _Clock, others: OtherBlocks) -> OemSegment | None:
    """A trajectory block as a segment, or None for one of another type."""
    first_line = lines.number
    lines.take()
    pairs, comments = _pairs(lines, "TRAJ_STOP")
    columns = _COLUMNS.get(_value(pairs, "TRAJ_TYPE", first_line).upper())
    block, number = _body(lines, "TRAJ_STOP")
    if columns is None:
        others.pass_over("the trajectory", *pairs["TRAJ_TYPE"])
        others.unused_trajectory = others.unused_trajectory or pairs["TRAJ_TYPE"]
        return None
    _check_units(pairs, columns)
    epochs_ns, values, more = _table(block, number, clock, columns)
    table = as_table(epochs_ns, values, comments + more)
    interpolation, degree = interpolation_of(pairs)
    start, stop = Epoch(int(epochs_ns[0])), Epoch(int(epochs_ns[-1]))
    useable = [
        clock.epoch(pairs[key][0], key, pairs[key][1]) if key in pairs else None
        for key in ("USEABLE_START_TIME", "USEABLE_STOP_TIME")
    ]
    return OemSegment(
        object_name=_name_of(metadata),
        object_id=_identity_of(metadata),
        center_name=_value(pairs, "CENTER_NAME", first_line),
        ref_frame=_value(pairs, "TRAJ_REF_FRAME", first_line),
        ref_frame_epoch=None,
        time_system=clock.system,
        start=start,
        stop=stop,
        useable_start=None if useable[0] is None else max(useable[0], start),
        useable_stop=None if useable[1] is None else min(useable[1], stop),
        interpolation=interpolation,
        degree=degree,
        comments=table.comments,
        first_line=first_line,
        epochs_tai_ns=table.epochs_tai_ns,
        positions_km=table.positions_km,
        velocities_km_s=table.velocities_km_s,
        accelerations_km_s2=table.accelerations_km_s2,
        covariances=None,
        loose_limits=_limits(pairs, clock),
        lines={_OEM_KEYS.get(key, key): line for key, (_, line) in pairs.items()},
    )


def _name_of(metadata: Pairs) -> str:
    return metadata["OBJECT_NAME"][0] if "OBJECT_NAME" in metadata else _identity_of(metadata)


def _identity_of(metadata: Pairs) -> str:
    keys = ("INTERNATIONAL_DESIGNATOR", "OBJECT_DESIGNATOR", "OBJECT_NAME")
    return next((metadata[key][0] for key in keys if key in metadata), "UNKNOWN")


def _check_units(pairs: Pairs, columns: int) -> None:
    if "TRAJ_UNITS" not in pairs:
        return
    text, line = pairs["TRAJ_UNITS"]
    if _units(text) != _UNITS[: columns - 1]:
        raise InputError("TRAJ_UNITS must be km, km/s and km/s**2", value=text, line=line)


def _units(text: str) -> tuple[str, ...]:
    return tuple(unit.strip().lower() for unit in text.strip("[]").split(","))


def _table(block: bytes, number: int, clock: _Clock, columns: int) -> tuple[IntArray, FloatArray, tuple[str, ...]]:
    """Epochs, values and comments of the lines of a block, whose times are all dates or all seconds."""
    first = block.split(None, 1)[0].decode(errors="replace") if block.strip() else ""
    if not _is_number(first):
        table = read_table(block, number, clock.system, _ALWAYS, most_columns=columns)
        parts = [table.positions_km, table.velocities_km_s]
        parts += [] if table.accelerations_km_s2 is None else [table.accelerations_km_s2]
        if sum(part.shape[1] for part in parts) != columns - 1:
            raise InputError(f"a state of this TRAJ_TYPE must have {columns} columns", line=number)
        return table.epochs_tai_ns, np.hstack(parts), table.comments
    epochs_ns, rows, comments = _tagged_rows(block, number, clock, columns)
    return epochs_ns, rows, comments


def _tagged_rows(
    block: bytes, number: int, clock: _Clock, columns: int
) -> tuple[IntArray, FloatArray, tuple[str, ...]]:
    """Lines of a time and ``columns - 1`` numbers: epochs ``(N,)``, which must increase, and values."""
    epochs_ns: list[int] = []
    rows: list[list[float]] = []
    comments: list[str] = []
    for line, text in enumerate(io.BytesIO(block), start=number):
        words = text.split(None, columns + 1)
        if not words:
            continue
        if words[0] == b"COMMENT":
            comments.append(checked_comment(text, line))
            continue
        if len(words) != columns:
            raise InputError(f"a line of this block must have {columns} columns", value=len(words), line=line)
        epoch = clock.epoch(words[0].decode("ascii", errors="replace"), "a time", line)
        if epochs_ns and epoch.tai_ns <= epochs_ns[-1]:
            raise InputError(
                "epochs must increase from line to line", value=words[0].decode(errors="replace"), line=line
            )
        epochs_ns.append(epoch.tai_ns)
        rows.append([checked_number(word, line) for word in words[1:]])
    if not rows:
        raise InputError("a block must hold at least one line of numbers", line=number)
    return np.array(epochs_ns, dtype=np.int64), np.array(rows), tuple(comments)


def _read_covariances(lines: Lines, clock: _Clock, others: OtherBlocks) -> list[tuple[int, IntArray, CovarianceRows]]:
    """A covariance block: its line, epochs ``(M,)`` and matrices; none for one that is not Cartesian."""
    first_line = lines.number
    lines.take()
    pairs, _ = _pairs(lines, "COV_STOP")
    block, number = _body(lines, "COV_STOP")
    if _value(pairs, "COV_TYPE", first_line).upper() != "CARTPV":
        others.pass_over("the covariance", *pairs["COV_TYPE"])
        return []
    frame = _value(pairs, "COV_REF_FRAME", first_line)
    plain = frame.upper().removesuffix("_INERTIAL")
    frame = plain if plain in PLAIN_NAMES else frame
    ordering = pairs["COV_ORDERING"][0].upper() if "COV_ORDERING" in pairs else "LTM"
    if ordering not in _ORDERINGS:
        known = ", ".join(_ORDERINGS)
        raise InputError(
            f"COV_ORDERING must be one of {known}", value=pairs["COV_ORDERING"][0], line=pairs["COV_ORDERING"][1]
        )
    if "COV_UNITS" in pairs and _units(pairs["COV_UNITS"][0]) != _COVARIANCE_UNITS:
        rule = f"COV_UNITS must be those of the sigmas, {', '.join(_COVARIANCE_UNITS)}, or left out"
        raise InputError(rule, value=pairs["COV_UNITS"][0], line=pairs["COV_UNITS"][1])
    if not block.strip():
        others.notes.append(f"the covariance block of line {first_line} is empty")
        return []
    whole = ordering in ("FULL", "LTMWCC", "UTMWCC")
    epochs_ns, values, _ = _tagged_rows(block, number, clock, 37 if whole else 22)
    matrices = np.zeros((len(values), 6, 6))
    if whole:
        matrices[:] = values.reshape(-1, 6, 6)
        if ordering == "UTMWCC":
            matrices = np.swapaxes(matrices, 1, 2)
    elif ordering == "LTM":
        matrices[:, *np.tril_indices(6)] = values
    else:
        rows, columns = np.triu_indices(6)
        matrices[:, columns, rows] = values
    kept = CovarianceRows()
    kept.extend(epochs_ns, frame, np.tril(matrices), pairs["COV_REF_FRAME"][1])
    return [(first_line, epochs_ns, kept)]


def _with_covariances(
    segments: list[OemSegment], blocks: list[tuple[int, IntArray, CovarianceRows]], notes: list[str]
) -> list[OemSegment]:
    """Each segment with the covariance block that begins in its span; what else there is is noted, and not used."""
    result = list(segments)
    for line, epochs_ns, rows in blocks:
        at = next(
            (
                index
                for index, segment in enumerate(segments)
                if segment.start.tai_ns - ROUNDED_NS <= epochs_ns[0] <= segment.stop.tai_ns + ROUNDED_NS
            ),
            None,
        )
        if at is None:
            notes.append(f"the covariance block of line {line} is not used: no trajectory holds its first epoch")
        elif result[at].covariances is not None:
            notes.append(f"the covariance block of line {line} is not used: its trajectory has one before it")
        else:
            result[at] = replace(result[at], covariances=rows.record())
    return result


def _check_apart(segments: list[OemSegment]) -> None:
    """Trajectories of one message may be alternatives; which of two holds is not for the reader to say."""
    in_time = sorted(segments, key=lambda segment: segment.useable_from)
    for before, after in pairwise(in_time):
        if after.useable_from < before.useable_to:
            value = after.useable_from.iso(after.time_system)
            raise InputError("Cartesian trajectories of an OCM must not overlap", value=value, line=after.first_line)
