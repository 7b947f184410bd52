"""All states of an OEM at once, where every line is plainly in order.

The block is taken as one array of bytes. Tokens are the stretches between white space; a decimal number is read eight
digits at a time as one 64-bit word (Lemire 2018, "Quickly parsing eight digits"), into a whole number and a power of
ten. Where that number is below 2**53 and the power at most 10**22, both are exact doubles, so that one division or
multiplication rounds as ``float()`` does (Clinger 1990); every other number goes through ``float()`` itself.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.epochs import DAY_S, NS, Epoch, TimeSystem, tai_ns
from nearpass.errors import TimeError

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Places = NDArray[np.int64]
FloatArray = NDArray[np.float64]

NUMBER: Final = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")

_PLAIN_EPOCH: Final = re.compile(rb"(\d{4}-(?:\d\d-\d\d|\d{3}))T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,18}))?Z?")
_NOON_NS: Final = DAY_S // 2 * NS
_CHUNK: Final = 1 << 20  # bytes
PADDING: Final = b"\n" * 32
"""What must follow a text, so that a word may be read from any token."""
_TEN_TO: Final = np.array([10.0**power for power in range(23)])
_WHOLE_TEN_TO: Final = np.array([10**power for power in range(17)], dtype=np.uint64)
_MOST_EXACT: Final = 1 << 53
_MOST_DIGITS: Final = 16  # on either side of the point: two words
_MOST_DIGITS_IN_64_BITS: Final = 19


class Span(NamedTuple):
    """START_TIME and STOP_TIME of a segment."""

    start: Epoch
    stop: Epoch


def read_fast(
    block: bytes, system: TimeSystem, span: Span, most_columns: int
) -> tuple[NDArray[np.int64], FloatArray] | None:
    """Epochs ``(N,)`` and values ``(N, 6)`` or ``(N, 9)`` of lines of states, or None where anything is unusual.

    Args:
        block: Lines of states and blank lines only.
        system: Time system of the epochs.
        span: Where the epochs must lie.
        most_columns: 7, or 10 where accelerations are allowed.

    """
    parts: list[tuple[NDArray[np.int64], FloatArray]] = []
    begin = 0
    while begin < len(block):
        end = block.find(b"\n", begin + _CHUNK) + 1 or len(block)
        if end - begin > 2 * _CHUNK:
            return None  # a line that long holds no state
        part = _read_part(block[begin:end], system, most_columns)
        if part is None or (parts and part[1].shape[1] != parts[0][1].shape[1]):
            return None
        parts.append(part)
        begin = end
    if not parts:
        return None
    epochs = np.concatenate([part[0] for part in parts])
    return (epochs, np.concatenate([part[1] for part in parts])) if in_order(epochs, span) else None


def _read_part(lines: bytes, system: TimeSystem, most_columns: int) -> tuple[NDArray[np.int64], FloatArray] | None:
    """Epochs and values of some of the lines, which fit in the processor's cache with all that is made of them."""
    text = np.frombuffer(b"\n" + lines + PADDING, dtype=np.uint8)
    tokens = _tokens(text, most_columns)
    if tokens is None:
        return None
    return read_tokens(text, *tokens, system)


def read_tokens(
    text: Bytes, starts: Places, ends: Places, system: TimeSystem
) -> tuple[NDArray[np.int64], FloatArray] | None:
    """Epochs ``(N,)`` and values ``(N, columns - 1)`` between ``starts`` and ``ends``, both ``(N, columns)``.

    ``text`` must have :data:`PADDING` at its end. None where an epoch or a number is anything but plain.
    """
    epochs = _epochs(text, starts[:, 0], ends[:, 0], system)
    if epochs is None:
        return None
    points = _points(text, starts, ends)
    words = np.ndarray((len(text) - 7,), dtype="<u8", buffer=text, strides=(1,))
    values = _numbers(text, words, points[:, 1:].ravel(), starts[:, 1:].ravel(), ends[:, 1:].ravel())
    return None if values is None else (epochs, values.reshape(len(epochs), -1))


def common_bytes(text: Bytes, starts: Places, ends: Places) -> bytes | None:
    """The bytes between ``starts`` and ``ends`` ``(N,)`` if they are the same in each row, else None."""
    width = int(ends[0] - starts[0])
    if width < 1 or (ends - starts != width).any():
        return None
    rows = np.ndarray((len(text) - width + 1,), dtype=f"S{width}", buffer=text, strides=(1,))[starts]
    return None if (rows != rows[0]).any() else text[starts[0] : ends[0]].tobytes()


def words_of(text: Bytes) -> tuple[Places, Places] | None:
    """Where the words of a text begin and end; None where it holds other blanks than spaces, tabs and line feeds."""
    blank = text <= ord(" ")
    white = sum(np.count_nonzero(text == ord(mark)) for mark in " \t\n")
    if np.count_nonzero(blank) != white:
        return None
    edges = np.flatnonzero(blank[1:] != blank[:-1]) + 1
    return (edges[0::2], edges[1::2]) if len(edges) else None


def _tokens(text: Bytes, most_columns: int) -> tuple[Places, Places] | None:
    """Where the tokens begin and end, both ``(N, columns)``; None unless every line has the columns of the first."""
    words = words_of(text)
    if words is None:
        return None
    starts, ends = words
    line_ends = np.flatnonzero(text == ord("\n"))
    columns = int(np.searchsorted(starts, line_ends[np.searchsorted(line_ends, starts[0])]))
    if columns not in (7, 10) or columns > most_columns or len(starts) % columns:
        return None
    starts, ends = starts.reshape(-1, columns), ends.reshape(-1, columns)
    line = np.searchsorted(line_ends, starts[:, 0])
    if (line != np.searchsorted(line_ends, ends[:, -1] - 1)).any() or (line[1:] == line[:-1]).any():
        return None
    return starts, ends


def _points(text: Bytes, starts: Places, ends: Places) -> Places:
    """The decimal point of each token ``(N, columns)``, or some place beyond the token where it has none."""
    found = np.flatnonzero(text == ord("."))
    for epoch_points in (0, 1):
        columns = starts.shape[1] - 1 + epoch_points
        if len(found) == len(starts) * columns:
            table = found.reshape(-1, columns)[:, epoch_points:]
            if (table >= starts[:, 1:]).all() and (table < ends[:, 1:]).all():
                return np.hstack([starts[:, :1], table])
    return np.append(found, len(text))[np.searchsorted(found, starts)]


def in_order(epochs: NDArray[np.int64], span: Span) -> bool:
    """Whether epochs increase, inside a span."""
    inside = span.start.tai_ns <= epochs[0] and epochs[-1] <= span.stop.tai_ns
    return bool(inside and (epochs[1:] > epochs[:-1]).all())


def _epochs(text: Bytes, starts: Places, ends: Places, system: TimeSystem) -> NDArray[np.int64] | None:
    """Epochs in nanoseconds of TAI, shape ``(N,)``, where all are written in the same form."""
    width = int(ends[0] - starts[0])
    form = _PLAIN_EPOCH.fullmatch(text[starts[0] : ends[0]].tobytes())
    if form is None or (ends - starts != width).any():
        return None
    rows = np.ndarray((len(text) - width + 1,), dtype=f"V{width}", buffer=text, strides=(1,))[starts]
    marks = rows.view(np.uint8).reshape(-1, width)
    is_digit = (marks[0] >= ord("0")) & (marks[0] <= ord("9"))
    digits = marks - np.uint8(ord("0"))
    if (digits[:, is_digit] > 9).any() or (marks[:, ~is_digit] != marks[0, ~is_digit]).any():
        return None
    hour, minute, second, fraction = (_whole(digits, *form.span(group)) for group in (2, 3, 4, 5))
    if (hour > 23).any() or (minute > 59).any() or (second > 59).any():
        return None
    fraction_digits = min(form.end(5) - form.start(5), 9)
    day = _days(marks[:, : form.end(1)])
    if day is None:
        return None
    ns_of_day = ((hour * 60 + minute) * 60 + second) * NS + fraction * 10 ** (9 - fraction_digits)
    try:
        return tai_ns(day, ns_of_day, system)
    except TimeError:
        return None


def _whole(digits: Bytes, begin: int, end: int) -> NDArray[np.int64]:
    """The number that at most nine columns of digits form; what is beyond a nanosecond is cut off."""
    number = np.zeros(len(digits), dtype=np.int64)
    for column in range(begin, min(end, begin + 9)):
        number *= 10
        number += digits[:, column]
    return number


def _days(dates: Bytes) -> NDArray[np.int64] | None:
    """Days since 2000-01-01 of rows of characters, each distinct neighbour looked up once."""
    changes = np.flatnonzero((dates[1:] != dates[:-1]).any(axis=1)) + 1
    firsts = np.concatenate([[0], changes])
    try:
        days = [
            (Epoch.parse(dates[row].tobytes().decode(), TimeSystem.TAI).tai_ns + _NOON_NS) // (DAY_S * NS)
            for row in firsts
        ]
    except TimeError:
        return None
    return np.repeat(np.array(days, dtype=np.int64), np.diff(np.append(firsts, len(dates))))


def _numbers(text: Bytes, words: Words, points: Places, starts: Places, ends: Places) -> FloatArray | None:
    """Decimal numbers between ``starts`` and ``ends`` with their points, or None where one is no number."""
    first = text[starts]
    negative = first == ord("-")
    begin = starts + (negative | (first == ord("+")))
    power, stop = _exponents(text, begin, ends)
    point = np.minimum(points, stop)
    whole, decimals = point - begin, np.maximum(stop - point - 1, 0)
    before, foul = _digits(words, begin, whole)
    after, also_foul = _digits(words, point + 1, decimals)
    mantissa = before * _WHOLE_TEN_TO[np.minimum(decimals, _MOST_DIGITS)] + after
    digits, scale = whole + decimals, power - decimals
    exact = ((foul | also_foul) == 0) & (digits > 0) & (digits <= _MOST_DIGITS_IN_64_BITS) & (mantissa <= _MOST_EXACT)
    exact &= (whole <= _MOST_DIGITS) & (decimals <= _MOST_DIGITS) & (np.abs(scale) <= 22)
    values = mantissa / _TEN_TO[np.clip(-scale, 0, 22)]
    if (scale > 0).any():
        values *= _TEN_TO[np.clip(scale, 0, 22)]
    np.negative(values, out=values, where=negative)
    for row in np.flatnonzero(~exact):
        token = text[starts[row] : ends[row]].tobytes()
        if NUMBER.fullmatch(token) is None:
            return None
        values[row] = float(token)
    return values if np.isfinite(values).all() else None


def _exponents(text: Bytes, begin: Places, ends: Places) -> tuple[Places, Places]:
    """Powers of ten of numbers that end like ``e+03``, and where their mantissas stop; else zeros and the ends."""
    mark = np.maximum(ends - 4, begin)
    has = (text[mark] | 32) == ord("e")
    if not has.any():
        return np.zeros_like(ends), ends
    sign = text[mark + 1]
    tens, ones = text[mark + 2] - np.uint8(ord("0")), text[mark + 3] - np.uint8(ord("0"))
    has &= ((sign == ord("+")) | (sign == ord("-"))) & (tens <= 9) & (ones <= 9)
    power = has * (tens.astype(np.int64) * 10 + ones)
    np.negative(power, out=power, where=sign == ord("-"))
    return power, np.where(has, mark, ends)


def _digits(words: Words, starts: Places, lengths: Places) -> tuple[Words, Words]:
    """Whole numbers of the first 16 digits from ``starts``, and words that are not 0 where these are not all digits."""
    number, foul = _eight_digits(words[starts], np.minimum(lengths, 8))
    if (lengths > 8).any():
        rest = np.clip(lengths - 8, 0, 8)
        low, also_foul = _eight_digits(words[np.minimum(starts + 8, len(words) - 1)], rest)
        number = number * _WHOLE_TEN_TO[rest] + low
        foul |= also_foul
    return number, foul


def _eight_digits(word: Words, lengths: Places) -> tuple[Words, Words]:
    """Values of the first ``lengths`` (at most 8) characters of words, and what is not 0 where one is no digit.

    Shifting a word to the left drops what follows the digits and puts zeros before them; a shift by all 64 bits leaves
    nothing, also in numpy.
    """
    word = (word ^ np.uint64(0x3030303030303030)) << (64 - 8 * lengths).view(np.uint64)
    foul = ((word + np.uint64(0x7676767676767676)) | word) & np.uint64(0x8080808080808080)
    word = ((word & np.uint64(0x0F0F0F0F0F0F0F0F)) * np.uint64(2_561)) >> np.uint64(8)
    word = ((word & np.uint64(0x00FF00FF00FF00FF)) * np.uint64(6_553_601)) >> np.uint64(16)
    word = ((word & np.uint64(0x0000FFFF0000FFFF)) * np.uint64(42_949_672_960_001)) >> np.uint64(32)
    return word, foul
