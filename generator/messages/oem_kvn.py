"""Orbit Ephemeris Messages in keyword-value notation (CCSDS 502.0-B-3, section 7)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nearpass.astro.epochs import Epoch, TimeSystem
from nearpass.errors import InputError
from nearpass.messages.oem_covariance_fast import read_covariances
from nearpass.messages.oem_fast import NUMBER
from nearpass.messages.oem_lines import Lines, assignment_rule, comment_of, is_comment, keyword_line, read_pairs
from nearpass.messages.oem_records import FloatArray, OemCovariances, OemHeader, OemMessage, OemSegment
from nearpass.messages.oem_rules import (
    MOST_NOTES,
    VERSION_KEY,
    CovarianceRows,
    Metadata,
    check_against,
    check_version,
    epoch_of,
    header_keys,
    header_of,
    message_of,
    metadata_keys,
    metadata_of,
    most_columns,
    segment_of,
)
from nearpass.messages.oem_table import read_table


def read_kvn(text: bytes) -> OemMessage:
    """The message in a text with line feeds only.

    Raises:
        InputError: for the first broken rule, with its line.

    """
    lines = Lines(text)
    notes: list[str] = []
    header = _read_header(lines)
    segments: list[OemSegment] = []
    between: list[str] = []
    while _past_comments(lines, between) is not None:
        segment = _with_comments(_read_segment(lines, header.version, notes), between, first=True)
        between = []
        check_against(segment, segments)
        segments.append(segment)
    if segments and between:  # behind the last covariance
        segments[-1] = _with_comments(segments[-1], between, first=False)
    message = message_of(header, segments, lines.number)
    return replace(message, notes=(*message.notes, *notes)[:MOST_NOTES])


def _with_comments(segment: OemSegment, comments: list[str], *, first: bool) -> OemSegment:
    """The segment with comments that stand before or behind it."""
    if not comments:
        return segment
    return replace(segment, comments=(*comments, *segment.comments) if first else (*segment.comments, *comments))


def kvn_header(text: bytes) -> OemHeader:
    """The header only, of a text that may be cut off after it."""
    return _read_header(Lines(text))


def _read_header(lines: Lines) -> OemHeader:
    """The lines before the first META_START, which stays unread."""
    text = lines.peek()
    if text is None or not text.startswith(VERSION_KEY):
        rule = f"the first line must read {VERSION_KEY} = version"
        if text is not None and text.upper().startswith(VERSION_KEY):
            rule = assignment_rule(text, "the first line")
        raise InputError(rule, value=text, line=lines.number)
    key, version = keyword_line(text, lines.number)
    if key != VERSION_KEY:
        raise InputError(f"the first line must read {VERSION_KEY} = version", value=text, line=lines.number)
    check_version(version, lines.number)
    lines.take()
    pairs, comments, _ = read_pairs(lines, header_keys(version), "META_START")
    return header_of(version, pairs, comments, lines.number)


def _read_segment(lines: Lines, version: str, notes: list[str]) -> OemSegment:
    """A metadata block, its states, and its covariances if there are any; what is odd about them is noted."""
    metadata = _read_metadata(lines, version)
    begin, end, number = lines.position, lines.block_end(), lines.number
    table = read_table(
        lines.data[begin:end], number, metadata.system, metadata.reach, most_columns=most_columns(version)
    )
    lines.skip_to(end)
    return segment_of(metadata, table, _read_covariances(lines, version, metadata, notes))


def _read_metadata(lines: Lines, version: str) -> Metadata:
    """The lines from META_START to META_STOP."""
    text, first_line = lines.peek(), lines.number
    if text != "META_START":
        raise InputError("a segment must begin with META_START", value=text, line=first_line)
    lines.take()
    pairs, comments, ended = read_pairs(lines, metadata_keys(version), "META_STOP")
    if not ended:
        raise InputError("the metadata must end with META_STOP", line=lines.number)
    metadata = metadata_of(pairs, comments, first_line, lines.number)
    lines.take()
    return metadata


def _read_covariances(lines: Lines, version: str, metadata: Metadata, notes: list[str]) -> OemCovariances | None:
    """The blocks from COVARIANCE_START to COVARIANCE_STOP that come next: one by the standard, and not empty."""
    rows = CovarianceRows()
    while lines.peek() == "COVARIANCE_START":
        if version == "1.0":
            raise InputError("a message of version 1.0 must hold no covariance", line=lines.number)
        before, number = len(rows), lines.number
        lines.take()
        _read_block(lines, rows, metadata)
        if len(rows) == before:
            notes.append(f"the covariance block of line {number} is empty")
    return rows.record() if len(rows) else None


def _read_block(lines: Lines, rows: CovarianceRows, metadata: Metadata) -> None:
    """What stands between COVARIANCE_START and COVARIANCE_STOP."""
    axes = metadata.pairs["REF_FRAME"]
    while (text := lines.peek()) != "COVARIANCE_STOP":
        if text is None:
            raise InputError("covariances must end with COVARIANCE_STOP", line=lines.number)
        if is_comment(text):
            rows.comments.append(comment_of(text, lines.number))
            lines.take()
            continue
        if not len(rows) and _read_at_once(lines, rows, metadata):
            continue
        number = lines.number
        epoch, own = _read_covariance_head(lines, metadata.system, rows)
        rows.check_epoch(epoch, text, number)
        frame, at = own or axes
        rows.add(epoch, frame, _read_triangle(lines, rows), at)
    lines.take()


def _read_at_once(lines: Lines, rows: CovarianceRows, metadata: Metadata) -> bool:
    """Whether what is left of the block could be read at once; then the place is where it ends."""
    stop = lines.data.find(b"COVARIANCE_STOP", lines.position)
    end = lines.data.rfind(b"\n", lines.position, stop) + 1 if stop >= 0 else 0
    found = read_covariances(lines.data[lines.position : end], metadata.system) if end else None
    if found is None:
        return False
    frame, at = metadata.pairs["REF_FRAME"]
    if found[2] is not None:
        named = lines.data.find(b"COV_REF_FRAME", lines.position)
        frame, at = found[2], lines.number + lines.data.count(b"\n", lines.position, named)
    rows.extend(found[0], frame, found[1], at)
    lines.skip_to(end)
    return True


def _read_covariance_head(
    lines: Lines, system: TimeSystem, rows: CovarianceRows
) -> tuple[Epoch, tuple[str, int] | None]:
    """EPOCH and, where it is given, COV_REF_FRAME of one covariance with its line."""
    text = lines.peek() or ""
    key, value = keyword_line(text, lines.number)
    if key != "EPOCH":
        raise InputError("a covariance must begin with EPOCH", value=text, line=lines.number)
    epoch = epoch_of({key: (value, lines.number)}, key, system)
    lines.take()
    text = _past_comments(lines, rows.comments) or ""
    if not text[:1].isalpha():
        return epoch, None
    key, value = keyword_line(text, lines.number)
    if key != "COV_REF_FRAME":
        raise InputError("after EPOCH may stand COV_REF_FRAME only", value=text, line=lines.number)
    number = lines.number
    lines.take()
    return epoch, (value, number)


def _past_comments(lines: Lines, comments: list[str]) -> str | None:
    """The next line that is no comment, those before it kept."""
    while (text := lines.peek()) is not None and is_comment(text):
        comments.append(comment_of(text, lines.number))
        lines.take()
    return text


def _read_triangle(lines: Lines, rows: CovarianceRows) -> FloatArray:
    """The lower triangle ``(6, 6)`` of a symmetric matrix from its six lines, between which comments may stand."""
    matrix = np.zeros((6, 6))
    for row in range(6):
        text = _past_comments(lines, rows.comments)
        words = (text or "").split()
        if len(words) != row + 1 or not all(NUMBER.fullmatch(word.encode()) for word in words):
            rule = f"line {row + 1} of a covariance must hold {row + 1} numbers"
            raise InputError(rule, value=text, line=lines.number)
        matrix[row, : row + 1] = [float(word) for word in words]
        if not np.isfinite(matrix[row]).all():
            raise InputError("a number must be finite", value=text, line=lines.number)
        lines.take()
    return matrix
