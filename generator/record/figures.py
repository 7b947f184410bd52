"""Figures that say what they are: exact, between two ends, withheld, or absent; and the cells that editions use.

Where an edition may not hold a number it holds the cell in which the number lies, never a rounded number. There is one
ladder of cells for each kind of quantity, and each cell of it divides the next one: two editions, or two mentions of
one quantity, never cut a cell of each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.fields import Span
from nearpass.record.releasing import Open

MISS_CELLS_KM: Final = (5.0, 10.0, 50.0, 100.0, 500.0)
TIME_CELLS_S: Final = (600.0, DAY_S)
LEAST_PC: Final = 1e-20
"""A probability below it is stated as that: its digits mean nothing."""
LEAST_COARSE_PC: Final = 1e-10
"""The least probability where an edition tells decades: a far smaller one would give the miss distance away."""
Missing = Literal["withheld", "absent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A quantity: exact where both ends are equal, else at least ``low`` and below ``high``.

    Both ends are None where there is no number; ``missing`` says whether it is withheld or was never there.
    """

    low: Open[float | None]
    high: Open[float | None]
    missing: Open[Missing | None] = None

    @property
    def exact(self) -> float | None:
        """The number, where it is one."""
        return self.low if self.low == self.high else None


WITHHELD: Final = Figure(low=None, high=None, missing="withheld")
ABSENT: Final = Figure(low=None, high=None, missing="absent")


def exact(value: float | None) -> Figure:
    """A number as it is; absent for None."""
    return ABSENT if value is None else Figure(low=value, high=value)


def within_cell(value: float, cell: float) -> Figure:
    """The cell ``[n cell, (n + 1) cell)`` that holds a number."""
    low = math.floor(value / cell) * cell
    return Figure(low=low, high=low + cell)


def stated_pc(pc: float | None) -> float | None:
    """A probability where one number must say it: :data:`LEAST_PC` stands for whatever is below."""
    return LEAST_PC if pc is not None and pc < LEAST_PC else pc


def less(figure: Figure, by: float) -> Figure:
    """What remains of a distance when a radius is taken from it; never below zero."""
    if figure.low is None or figure.high is None:
        return figure
    return Figure(low=max(figure.low - by, 0.0), high=max(figure.high - by, 0.0))


def within_decade(pc: float | None) -> Figure:
    """The decade that holds a probability; below :data:`LEAST_COARSE_PC` no more than that."""
    if pc is None:
        return ABSENT
    if pc < LEAST_COARSE_PC:
        return Figure(low=0.0, high=LEAST_COARSE_PC)
    decade = math.floor(math.log10(pc))
    decade += (pc >= float(f"1e{decade + 1}")) - (pc < float(f"1e{decade}"))  # the logarithm of a power of ten rounds
    return Figure(low=float(f"1e{decade}"), high=float(f"1e{decade + 1}"))


def around(epoch: Epoch, cell_s: float) -> Span:
    """The span that holds an instant, of those that count from midnight UTC; the last of a day ends with the day."""
    date = epoch.iso(digits=9)[:10]
    midnight = Epoch.parse(f"{date}T00:00:00")
    tomorrow = Epoch.parse(f"{(midnight + 1.5 * DAY_S).iso(digits=0)[:10]}T00:00:00")
    last = round(DAY_S / cell_s) - 1
    number = min(math.floor((epoch - midnight) / cell_s), last)  # a leap second belongs to the last cell of its day
    start = midnight + number * cell_s
    return Span(start=start, stop=tomorrow if number == last else start + cell_s)


def ten_times(cell: float, ladder: tuple[float, ...]) -> float:
    """The first cell of a ladder that is at least ten times as coarse; the last where none is."""
    return next((rung for rung in ladder if rung >= 10.0 * cell), ladder[-1])
