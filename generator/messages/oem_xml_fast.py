"""All states, or all covariances, of an OEM in XML at once, where every element is written like the one before.

What real writers produce repeats the same tags thousands of times, with one number between each pair. The places of
the tags then say where the numbers are, and :mod:`nearpass.messages.oem_fast` reads these. Only if each tag of a
stretch equals, byte by byte, the tag in the same place of its first element, which is compared with the standard, does
such a stretch count; anything else is left to expat.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.epochs import TimeSystem
from nearpass.messages.oem_fast import PADDING, Bytes, FloatArray, Places, Span, common_bytes, in_order, read_tokens

IntArray = NDArray[np.int64]

STATE: Final = "stateVector"
COVARIANCE: Final = "covarianceMatrix"
EPOCH: Final = "EPOCH"
COVARIANCE_FRAME: Final = "COV_REF_FRAME"

_AXES: Final = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
ACCELERATIONS: Final = ("X_DDOT", "Y_DDOT", "Z_DDOT")
TRIANGLE: Final = tuple(f"C{row}_{column}" for at, row in enumerate(_AXES) for column in _AXES[: at + 1])
"""Elements of a covariance, row by row of its lower triangle."""


def _covariance_unit(name: str) -> str:
    rates = name.count("DOT")
    return f"km**2/s**{rates}" if rates == 2 else "km**2/s" if rates else "km**2"


UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {name: "km/s**2" if "DDOT" in name else "km/s" if "DOT" in name else "km" for name in (*_AXES, *ACCELERATIONS)}
    | {name: _covariance_unit(name) for name in TRIANGLE}
)
"""The unit that the attribute ``units`` of an element may name (505.0-B)."""

STATE_ELEMENTS: Final = (EPOCH, *_AXES)
_FORMS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = MappingProxyType(
    {
        STATE: (STATE_ELEMENTS, (*STATE_ELEMENTS, *ACCELERATIONS)),
        COVARIANCE: ((EPOCH, *TRIANGLE), (EPOCH, COVARIANCE_FRAME, *TRIANGLE)),
    }
)
_CHUNK: Final = 1 << 20  # bytes
_MOST_BLOCKS: Final = 10_000  # of segments; a file with more is read by expat
_LEAST: Final = 4_096  # bytes; a shorter stretch is read as fast by expat
_MOST_HEAD: Final = 16_384  # bytes in which the first element must end
_TAG: Final = re.compile(rb"<[^<>]*>")
_FRAME_NAME: Final = re.compile(rb"[A-Za-z0-9_-]{1,32}")


def stretches(data: bytes) -> list[tuple[str, int, int]]:
    """Element name, beginning and end of what may be runs of states or of covariances, in order."""
    found: list[tuple[str, int, int]] = []
    at = 0
    for _ in range(_MOST_BLOCKS):
        begin = data.find(b"<stateVector>", at)
        at = data.find(b"</data>", begin) if begin >= 0 else -1
        if at < 0:
            return found
        if at - begin < _LEAST:
            continue
        turn = data.find(b"<covarianceMatrix>", begin, at)
        for name, low, high in ((STATE, begin, turn if turn >= 0 else at), (COVARIANCE, turn, at)):
            closing = f"</{name}>".encode()
            last = data.rfind(closing, low, high) + len(closing) if low >= 0 else -1
            if last - low >= _LEAST:
                found.append((name, low, last))
    return []


def read_states(block: bytes, system: TimeSystem, span: Span, most_columns: int) -> tuple[IntArray, FloatArray] | None:
    """Epochs ``(N,)`` and values ``(N, 6)`` or ``(N, 9)`` of a run of states, or None where anything is unusual."""
    parts = _parts(block, STATE, system)
    if parts is None or parts[1].shape[1] + 1 > most_columns or not in_order(parts[0], span):
        return None
    return parts[0], parts[1]


def read_covariances(block: bytes, system: TimeSystem) -> tuple[IntArray, FloatArray, str | None] | None:
    """Epochs ``(M,)``, lower triangles ``(M, 6, 6)`` and axes of a run of covariances, or None."""
    parts = _parts(block, COVARIANCE, system)
    if parts is None or (np.diff(parts[0]) <= 0).any():
        return None
    triangles = np.zeros((len(parts[0]), 6, 6))
    rows, columns = np.tril_indices(6)
    triangles[:, rows, columns] = parts[1]
    return parts[0], triangles, parts[2]


def _parts(block: bytes, name: str, system: TimeSystem) -> tuple[IntArray, FloatArray, str | None] | None:
    """Epochs, numbers and frame of a run, read in parts that fit in the processor's cache."""
    epochs: list[IntArray] = []
    values: list[FloatArray] = []
    first_tags: list[bytes] | None = None
    first_frame: bytes | None = None
    closing = b"</%s>" % name.encode()
    begin = 0
    while begin < len(block):
        found = block.find(closing, begin + _CHUNK)
        end = found + len(closing) if found >= 0 else len(block)
        text = np.frombuffer(b"\n" + block[begin:end] + PADDING, dtype=np.uint8)
        places = _places(text, name)
        if places is None:
            return None
        tags, starts, ends, frame = places
        if first_tags is None:
            first_tags, first_frame = tags, frame
        if tags != first_tags or frame != first_frame:
            return None
        part = read_tokens(text, starts, ends, system)
        if part is None:
            return None
        epochs.append(part[0])
        values.append(part[1])
        begin = end
    frame_name = None if first_frame is None else first_frame.decode()
    return (np.concatenate(epochs), np.concatenate(values), frame_name) if epochs else None


def _places(text: Bytes, name: str) -> tuple[list[bytes], Places, Places, bytes | None] | None:
    """The tags of the first element, where epochs and numbers begin and end ``(N, columns)``, and the common frame."""
    tags = _first_tags(text, name)
    table = None if tags is None else _tag_table(text, tags)
    if tags is None or table is None:
        return None
    opens, closes = table
    starts, ends = closes[:, 1:-1:2] + 1, opens[:, 2::2]
    if not _blank_elsewhere(text, tags, len(opens), starts, ends):
        return None
    if f"<{COVARIANCE_FRAME}>".encode() not in tags:
        return tags, starts, ends, None
    frame = common_bytes(text, starts[:, 1], ends[:, 1])
    if frame is None or _FRAME_NAME.fullmatch(frame) is None:
        return None
    return tags, np.delete(starts, 1, axis=1), np.delete(ends, 1, axis=1), frame


def _first_tags(text: Bytes, name: str) -> list[bytes] | None:
    """The tags of the first element, if they are those of one of its forms."""
    head = text[:_MOST_HEAD].tobytes()
    tags = _TAG.findall(head[: head.find(b"</%s>" % name.encode()) + len(name) + 3])
    for form in _FORMS[name]:
        allowed = _allowed(name, form)
        if len(tags) == len(allowed) and all(tag in ways for tag, ways in zip(tags, allowed, strict=True)):
            return tags
    return None


def _tag_table(text: Bytes, tags: list[bytes]) -> tuple[Places, Places] | None:
    """Where each tag of each element begins and ends, both ``(N, tags)``, if all elements have the same tags."""
    opens, closes = np.flatnonzero(text == ord("<")), np.flatnonzero(text == ord(">"))
    if len(opens) != len(closes) or len(opens) % len(tags):
        return None
    if (closes < opens).any() or (opens[1:] < closes[:-1]).any():
        return None
    begins, ends = opens.reshape(-1, len(tags)), closes.reshape(-1, len(tags))
    alike = all(common_bytes(text, begins[:, at], ends[:, at] + 1) == tag for at, tag in enumerate(tags))
    return (begins, ends) if alike else None


def _allowed(name: str, form: tuple[str, ...]) -> list[set[bytes]]:
    """The ways in which each tag of an element may be written."""
    inner: list[set[bytes]] = []
    for leaf in form:
        plain = {f"<{leaf}>".encode()}
        if leaf in UNITS:
            plain |= {f"<{leaf} units={quote}{UNITS[leaf]}{quote}>".encode() for quote in "\"'"}
        inner += [plain, {f"</{leaf}>".encode()}]
    return [{f"<{name}>".encode()}, *inner, {f"</{name}>".encode()}]


def _blank_elsewhere(text: Bytes, tags: list[bytes], count: int, starts: Places, ends: Places) -> bool:
    """Whether nothing but blanks, tabs and line feeds stands outside tags and values.

    Counting is enough: a blank inside a value, which would make up for a character elsewhere, makes that value unread.
    """
    blank = text <= ord(" ")
    blanks = int(np.count_nonzero(blank))
    if blanks != sum(np.count_nonzero(text == ord(mark)) for mark in " \t\n"):
        return False
    in_tags = count * sum(len(tag) - tag.count(b" ") for tag in tags)
    return len(text) - blanks == in_tags + int((ends - starts).sum())
