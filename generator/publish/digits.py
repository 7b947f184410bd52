"""Numbers as they are recognised in print: by their leading digits, alone or in a row with their neighbours.

The power of ten says nothing, since the same digits are metres, kilometres and thousands of kilometres; other units are
tried as factors. A site prints tens of thousands of long numbers that are not withheld, so that of a few thousand
withheld ones some are met by chance with nine digits. One is known by thirteen, and by nine where a second one of the
same record or file stands in the same text. The hundred thousands of a delivered ephemeris are known by several that
stand in a row: three neighbours with six digits each, four with four, or three below one another with eight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
KeyArray = NDArray[np.uint64]
FACTORS: Final = tuple(
    factor for unit in (86_400.0, 3_600.0, 60.0, 180.0 / np.pi) for factor in (unit, 1.0 / unit)
)  # fmt: skip
"""Units of time and angle: days, hours, minutes, degrees."""
LENGTHS: Final = (1.0, 1e3, 1e-3, 1e6)
"""Metres, thousands of kilometres, square metres beside kilometres and their squares."""
SURE_DIGITS: Final = 13
"""A number that agrees in so many digits is the withheld one: of 3,000 in nine units, 500 random ones meet one by a
chance of 1e-5."""
TOGETHER_DIGITS: Final = 9
"""Two numbers of one source that agree in so many digits in one text are the withheld ones: by a chance of 1e-5."""
ROWS: Final = ((6, 3, (1,)), (4, 4, (1,)), (8, 3, (1, 3, 6)))
"""Windows: digits, how many numbers, and how many places of a row each is from the next, as in a column of states."""
_SPREAD, _GOLDEN = np.uint64(8_191_024_573), np.uint64(0x9E3779B97F4A7C15)
"""By which the numbers of a window make one key: two primes' product, and 2**64 over the golden ratio."""
_TINY: Final = 1e-300
TELLING: Final = 5
"""Of a number with fewer digits than this, as 600.0, nothing is concluded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """Numbers as printed, in the order of a text: values, significant digits, and the half unit of the last one.

    All arrays ``(N,)``; ``line`` is the line of each and ``place`` its place in the line, both from 0.
    """

    value: FloatArray
    digits: NDArray[np.int64]
    half_unit: FloatArray
    line: NDArray[np.int64]
    place: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Numbers that are known one by one: magnitudes in order, ``(N,)``, and the place of each.

    With ``any_power`` these are from 1 to 10, and the power of ten is not looked at.
    """

    sizes: FloatArray
    places: tuple[str, ...]
    index: NDArray[np.int64]
    any_power: bool

    def found(self, printed: Printed, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """For each of some printed numbers the place of one that is printed so, -1 where there is none."""
        if not len(self.sizes):
            return np.full(len(at), -1)
        value, half_unit = printed.value[at], printed.half_unit[at]
        if self.any_power:
            scale = _scale(value)
            value, half_unit = value / scale, half_unit / scale
        reach = half_unit * 1.000_001 + 1e-15 * value
        place = np.searchsorted(self.sizes, value - reach)
        inside = np.minimum(place, len(self.sizes) - 1)
        hit = (place < len(self.sizes)) & (self.sizes[inside] <= value + reach)
        return np.where(hit, self.index[inside], -1)


def numbers(found: Mapping[float, str], *, any_power: bool = True) -> Numbers:
    """Magnitudes in the units that pages print, each with its place: in any power of ten, or in those alone."""
    values = np.abs(np.array([value for value in found if value], dtype=float))
    places = tuple(place for value, place in found.items() if value)
    units = (1.0, *FACTORS) if any_power else LENGTHS
    sizes = np.concatenate([values * unit for unit in units])
    sizes = _leading(sizes) if any_power else sizes
    order = np.argsort(sizes, kind="stable")
    return Numbers(sizes=sizes[order], places=places, index=order % max(len(values), 1), any_power=any_power)


def _scale(sizes: FloatArray) -> FloatArray:
    """The power of ten of magnitudes; 1 for zero, and for what is next to it as a probability far out."""
    scale = np.ones(len(sizes))
    some = sizes > _TINY
    scale[some] = 10.0 ** np.floor(np.log10(sizes[some]))
    return scale


def _leading(values: FloatArray) -> FloatArray:
    """Magnitudes without their power of ten, from 1 to 10."""
    sizes = np.abs(values)
    return sizes / _scale(sizes)


def windows(values: FloatArray, *, smooth: bool = False) -> tuple[KeyArray, ...]:
    """Keys of all windows over numbers in the order in which they stand, one array for each of :data:`ROWS`.

    Of a ``smooth`` series, as a distance against time, four digits tell nothing: its neighbours are nearly the same.
    """
    return tuple(
        np.unique(np.concatenate([_keys(values, digits, count, step) for step in steps]))
        if digits >= TELLING or not smooth
        else np.zeros(0, dtype=np.uint64)
        for digits, count, steps in ROWS
    )


def windows_in(printed: Printed) -> tuple[tuple[KeyArray, NDArray[np.int64]], ...]:
    """Windows of the numbers of a printed text, along its lines and down its columns: keys, and the line of each."""
    found = []
    column = np.lexsort((printed.line, printed.place))
    for digits, count, steps in ROWS:
        orders = (np.arange(len(printed.value)), column) if len(steps) > 1 else (np.arange(len(printed.value)),)
        keys, lines = [], []
        for order in orders:
            telling = order[printed.digits[order] >= min(digits, TELLING)]
            made, at = _keyed(printed.value[telling], digits, count)
            keys.append(made)
            lines.append(printed.line[telling][at])
        found.append((np.concatenate(keys), np.concatenate(lines)))
    return tuple(found)


def _keys(values: FloatArray, digits: int, count: int, step: int) -> KeyArray:
    """Keys of the windows of every sequence that takes each ``step``-th number."""
    return np.concatenate([_keyed(values[first::step], digits, count)[0] for first in range(step)])


def _keyed(values: FloatArray, digits: int, count: int) -> tuple[KeyArray, NDArray[np.int64]]:
    """Keys of windows over neighbours that differ, and where each begins."""
    whole = np.rint(_leading(values) * 10.0 ** (digits - 1)).astype(np.uint64)
    telling = np.flatnonzero(whole % np.uint64(10 ** max(digits - TELLING + 1, 2)) != 0)
    length = max(len(telling) - count + 1, 0)
    keys, differ = np.zeros(length, dtype=np.uint64), np.ones(length, dtype=bool)
    for place in range(count):
        part = whole[telling][place : place + length]
        keys = keys * _SPREAD + part * _GOLDEN
        differ &= part != whole[telling][place - 1 : place - 1 + length] if place else True
    return keys[differ], telling[:length][differ]


class Windows:
    """All windows over numbers in the order in which they stand, made when they are first asked for."""

    def __init__(self, values: FloatArray) -> None:
        self._values = values

    @cached_property
    def keys(self) -> tuple[KeyArray, ...]:
        """As :func:`windows`."""
        return windows(self._values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Windows that must not be found unless they stand in ``free`` ones, for each of :data:`ROWS` in order.

    A text has few windows and deliveries millions: what is found is compared with the free ones, not all that might be.
    """

    withheld: tuple[KeyArray, ...] = ()
    free: tuple[Windows, ...] = ()

    @classmethod
    def of(cls, withheld: Sequence[tuple[KeyArray, ...]], free: Sequence[Windows]) -> Rows:
        """From the windows of several files and series; none where nothing is withheld."""
        if not withheld:
            return cls()
        together = tuple(np.sort(np.concatenate(keys)) for keys in zip(*withheld, strict=True))
        return cls(withheld=together, free=tuple(free))

    def first_line(self, printed: Printed) -> int | None:
        """The line of a text in which the first row begins that must not be found; None where there is none."""
        for kind, (keys, line) in enumerate(windows_in(printed)) if self.withheld else ():
            hit = np.flatnonzero(_stand_in(keys, self.withheld[kind]))
            for free in self.free if len(hit) else ():
                hit = hit[~_stand_in(keys[hit], free.keys[kind])]
            if len(hit):
                return int(line[hit[0]])
        return None


def _stand_in(keys: KeyArray, known: KeyArray) -> NDArray[np.bool_]:
    """Which keys are among known ones that are in order."""
    if not len(known):
        return np.zeros(len(keys), dtype=bool)
    return np.asarray(known[np.minimum(np.searchsorted(known, keys), len(known) - 1)] == keys)
