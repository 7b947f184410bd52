"""The modified ITC text in which SpaceX publishes its ephemerides and which Space-Track takes as MEME files.

::

    created:2026-03-10 20:32:53 UTC
    ephemeris_start:2026-03-10 20:16:42 UTC ephemeris_stop:2026-03-13 20:16:42 UTC step_size:60
    ephemeris_source:blend
    UVW
    2026069201642.000 2331.2 -3812.9 -5288.3 7.1 1.8 1.8       then three lines of seven covariance terms

A state is at year, day of the year and time of UTC, in km and km/s about the Earth, in the mean equator and equinox of
J2000, for which MEME stands. The 21 terms are the lower triangle row by row, in the axes of the fourth line: so read
the published matrices are positive definite, as the upper triangle they are not.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from nearpass.astro.epochs import Epoch
from nearpass.errors import InputError, TimeError
from nearpass.messages.oem_like import check_increasing, covariances, lower_triangles, numbers_of, segment
from nearpass.messages.oem_records import OemHeader, OemMessage

_TIME: Final = r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) UTC"
_CREATED: Final = re.compile(rf"created:\s*{_TIME}", re.ASCII)
_SPAN: Final = re.compile(rf"ephemeris_start:\s*{_TIME}\s+ephemeris_stop:\s*{_TIME}\s+step_size:\s*(\S+)", re.ASCII)
_SOURCE: Final = re.compile(r"ephemeris_source:\s*(.{0,200})", re.ASCII)
_AXES: Final = re.compile(r"[A-Za-z]\w{0,39}", re.ASCII)
_EPOCH: Final = re.compile(rb"(\d{4})(\d{3})(\d\d)(\d\d)(\d\d(?:\.\d+)?)", re.ASCII)
_HEADER_LINES: Final = 4
_RECORD_LINES: Final = 4
_MOST_LINE: Final = 1_000
SOURCE: Final = "MODIFIED ITC"


def read_itc(text: bytes) -> OemMessage:
    """The ephemeris in a text with line feeds only.

    Raises:
        InputError: for the first broken rule, with its line.
    """
    header, axes, limits = _header(text)
    epochs_ns: list[int] = []
    states: list[list[float]] = []
    terms: list[list[float]] = []
    for line, words in _records(text):
        epoch = _epoch(words[0], line)
        check_increasing(epochs_ns, epoch, words[0].decode(), line)
        epochs_ns.append(epoch.tai_ns)
        states.append(numbers_of(words[1:7], line, "a state"))
        terms.append(numbers_of(words[7:], line, "the covariance of a state"))
    if not epochs_ns:
        raise InputError("an ephemeris must hold at least one state", line=_HEADER_LINES)
    at_ns = np.array(epochs_ns, dtype=np.int64)
    held = covariances(at_ns.copy(), lower_triangles(np.array(terms)), axes, _HEADER_LINES)
    only = segment(
        center_name="EARTH", ref_frame="EME2000", epochs_tai_ns=at_ns, states=np.array(states), interpolation=None,
        degree=None, comments=(), first_line=1, lines={}, covariances=held,
    )  # fmt: skip
    only = replace(only, loose_limits=limits)
    note = "the axes of the states are not named in the file: the format means the mean equator and equinox of J2000"
    return OemMessage(header=header, segments=(only,), notes=(note,))


def itc_header(text: bytes) -> OemHeader:
    """The header only, of a text that may be cut off behind its fourth line."""
    return _header(text)[0]


def _header(text: bytes) -> tuple[OemHeader, str, dict[str, tuple[Epoch, int]]]:
    """What the four lines say, the axes of the covariances, and where the states are said to begin and end."""
    first = text.split(b"\n", _HEADER_LINES)[:_HEADER_LINES]
    lines = [line[:_MOST_LINE].decode("ascii", errors="replace").strip() for line in first]
    lines += [""] * (_HEADER_LINES - len(lines))
    found = [pattern.fullmatch(line) for pattern, line in zip((_CREATED, _SPAN, _SOURCE, _AXES), lines, strict=True)]
    rules = (
        "the first line must read created:YYYY-MM-DD hh:mm:ss UTC",
        "the second line must read ephemeris_start:.. UTC ephemeris_stop:.. UTC step_size:..",
        "the third line must read ephemeris_source:..",
        "the fourth line must name the axes of the covariances, such as UVW",
    )
    for number, (match, rule) in enumerate(zip(found, rules, strict=True), start=1):
        if match is None:
            raise InputError(rule, value=lines[number - 1], line=number)
    created, span, source, axes = (match for match in found if match is not None)
    creation = _instant("created", created[1], created[2], 1)
    limits = {
        key: (_instant(name, span[at], span[at + 1], 2), 2)
        for key, name, at in (("START_TIME", "ephemeris_start", 1), ("STOP_TIME", "ephemeris_stop", 3))
    }
    header = OemHeader(
        version="MEME", creation=creation, originator=source[1].strip() or "UNKNOWN", classification=None,
        message_id=None, comments=(lines[1], lines[2]), source=SOURCE,
    )  # fmt: skip
    return header, axes[0], limits


def _instant(name: str, day: str, clock: str, line: int) -> Epoch:
    try:
        return Epoch.parse(f"{day}T{clock}")
    except TimeError as error:
        raise InputError(f"{name}: {error.rule}", value=error.value, line=line) from None


def _records(text: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """The line of each state and its 28 words, from four lines."""
    words: list[bytes] = []
    begin = 0
    for line, raw in enumerate(io.BytesIO(text), start=1):
        if line <= _HEADER_LINES or not raw.strip():
            continue
        found = raw[:_MOST_LINE].split()
        begin = begin if words else line
        if len(found) != 7:
            rule = "a state must have 7 columns, and three lines of 7 covariance terms after it"
            raise InputError(rule, value=f"{len(found)} columns", line=line)
        words += found
        if len(words) == 7 * _RECORD_LINES:
            yield begin, words
            words = []
    if words:
        raise InputError("a state must be followed by three lines of covariance terms", line=begin)


def _epoch(word: bytes, line: int) -> Epoch:
    found = _EPOCH.fullmatch(word)
    text = word.decode("ascii", errors="replace")
    if found is None:
        raise InputError("a state must begin with YYYYDDDhhmmss.sss", value=text, line=line)
    year, day, hour, minute, second = (part.decode() for part in found.groups())
    try:
        return Epoch.parse(f"{year}-{day}T{hour}:{minute}:{second}")
    except TimeError as error:
        raise InputError(error.rule, value=text, line=line) from None
