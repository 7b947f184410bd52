"""The lines of states of an OEM: ``epoch x y z vx vy vz [ax ay az]``.

Two readers share the work. The fast one takes the block as one array of bytes and sees all lines at once; it answers
only where every line is plainly in order. Otherwise the careful one goes line by line, and either reads what the fast
one would not judge or names the first faulty line. Both give the same numbers to the last bit.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.epochs import Epoch, TimeSystem
from nearpass.errors import InputError, TimeError
from nearpass.messages.oem_fast import NUMBER, Span, read_fast
from nearpass.messages.oem_lines import capitals_rule, comment_of

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_Array = TypeVar("_Array", FloatArray, IntArray)

_COLUMNS: Final = (7, 10)
_MOST_WORDS: Final = 11  # a line with more is not split any further


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """States of one segment: ``epochs_tai_ns`` ``(N,)``, the others ``(N, 3)``, and the comments among them."""

    epochs_tai_ns: IntArray
    positions_km: FloatArray
    velocities_km_s: FloatArray
    accelerations_km_s2: FloatArray | None
    comments: tuple[str, ...]


def read_only(array: _Array) -> _Array:
    """The array, locked against writing."""
    array.setflags(write=False)
    return array


def read_table(block: bytes, first_line: int, system: TimeSystem, span: Span, *, most_columns: int) -> Table:
    """Read and check the lines of states between META_STOP and the next block.

    Args:
        block: The lines, with line feeds.
        first_line: Number of the first one in its file.
        system: Time system of the epochs.
        span: Where they must lie.
        most_columns: 7, or 10 where accelerations are allowed.

    Raises:
        InputError: for the first faulty line.

    """
    comments, begin = _leading_comments(block, first_line)
    found = read_fast(block[begin:], system, span, most_columns)
    if found is None:
        return _read_carefully(block, first_line, system, span, most_columns)
    return as_table(*found, comments)


def _leading_comments(block: bytes, first_line: int) -> tuple[tuple[str, ...], int]:
    """The comments before the first state, and where that begins."""
    comments: list[str] = []
    begin, line = 0, first_line
    while begin < len(block):
        end = block.find(b"\n", begin)
        end = len(block) if end < 0 else end
        words = block[begin:end].split(None, 1)
        if words and words[0] != b"COMMENT":
            break
        if words:
            comments.append(checked_comment(block[begin:end], line))
        begin, line = end + 1, line + 1
    return tuple(comments), begin


def _read_carefully(block: bytes, first_line: int, system: TimeSystem, span: Span, most_columns: int) -> Table:
    """Line by line, with the reason for a refusal."""
    epochs_ns: list[int] = []
    rows: list[list[float]] = []
    comments: list[str] = []
    columns = 0
    for line, text in enumerate(io.BytesIO(block), start=first_line):
        words = text.split(None, _MOST_WORDS)
        if not words:
            continue
        if words[0] == b"COMMENT":
            comments.append(checked_comment(text, line))
            continue
        columns = columns or len(words)
        if len(words) != columns or columns not in _COLUMNS or columns > most_columns:
            if chr(text.lstrip()[0]).isalpha():
                shown = text.decode("utf-8", errors="replace").strip()
                rule = "a line among states must be one of seven or ten columns, or begin with COMMENT"
                raise InputError(capitals_rule(shown) or rule, value=shown, line=line)
            expected = "7" if most_columns == 7 else "7 or 10"
            rule = f"a state must have {expected} columns, the same number in a whole segment"
            raise InputError(rule, value=_columns_text(len(words)), line=line)
        epoch = checked_epoch(words[0], system, span, epochs_ns[-1] if epochs_ns else None, line)
        epochs_ns.append(epoch.tai_ns)
        rows.append([checked_number(word, line) for word in words[1:]])
    if not rows:
        raise InputError("a segment must hold at least one state", line=first_line + block.count(b"\n"))
    return as_table(np.array(epochs_ns, dtype=np.int64), np.array(rows), tuple(comments))


def _columns_text(count: int) -> str:
    return f"{count} columns" if count <= _MOST_WORDS else f"more than {_MOST_WORDS} columns"


def as_table(epochs_tai_ns: IntArray, values: FloatArray, comments: tuple[str, ...]) -> Table:
    """A table of the columns, ``values`` being ``(N, 6)`` or ``(N, 9)``."""
    parts = [read_only(np.ascontiguousarray(values[:, at : at + 3])) for at in range(0, values.shape[1], 3)]
    return Table(
        epochs_tai_ns=read_only(epochs_tai_ns),
        positions_km=parts[0],
        velocities_km_s=parts[1],
        accelerations_km_s2=parts[2] if len(parts) == 3 else None,
        comments=comments,
    )


def checked_comment(text: bytes, line: int) -> str:
    """What a comment line says, which must be printable and no longer than a page can show."""
    try:
        comment = text.decode().strip().replace("\t", " ")
    except UnicodeDecodeError:
        raise InputError("a message must be ASCII or UTF-8 text", line=line) from None
    if not comment.isprintable():
        raise InputError("a line must hold printable characters only", value=comment, line=line)
    return comment_of(comment, line)


def checked_epoch(word: bytes, system: TimeSystem, span: Span, before_ns: int | None, line: int) -> Epoch:
    """The epoch of a state, after the one before and inside the span."""
    try:
        epoch = Epoch.parse(word.decode("ascii", errors="replace"), system)
    except TimeError as error:
        raise InputError(error.rule, value=error.value, line=line) from None
    if before_ns is not None and epoch.tai_ns <= before_ns:
        raise InputError("epochs must increase from line to line", value=word.decode(), line=line)
    if not span.start <= epoch <= span.stop:
        raise InputError("epochs must lie between START_TIME and STOP_TIME", value=word.decode(), line=line)
    return epoch


def checked_number(word: bytes, line: int) -> float:
    """A finite decimal number."""
    text = word.decode("utf-8", errors="replace")
    if NUMBER.fullmatch(word) is None:
        raise InputError("a state must consist of decimal numbers", value=text, line=line)
    number = float(text)
    if not np.isfinite(number):
        raise InputError("a number must be finite", value=text, line=line)
    return number
