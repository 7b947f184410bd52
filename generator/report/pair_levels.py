"""What the archive tells of pairs: in which months their approaches were red or yellow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from nearpass.encounter.alert import Level
from nearpass.report import wording
from nearpass.report.drawn.spark import sparkline
from nearpass.report.verdicts import SevereMention

Month = tuple[int, int]
MOST_PAIRS: Final = 80
"""Rows that the archive's first page has room for."""
_MOST_BARS: Final = 120
_BARS: Final = {1: "month", 3: "quarter", 6: "half-year", 12: "year"}
"""Months in a bar, and what they are called; the shortest that fits is taken."""
_MOST_NAMED: Final = 6
"""Months that a reader without pictures is told by name; of more, how many and which is the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairLevels:
    """A pair in one row: approaches by their worst level, the bars, and the newest month with its level."""

    primary: str
    secondary: str
    red: int
    yellow: int
    spark: Markup
    last: str
    last_level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """The rows, the span of a bar in a word, and how many pairs there are more than rows."""

    rows: tuple[PairLevels, ...]
    bar: str
    left_out: int


def pair_levels(mentions: Sequence[SevereMention], months: Sequence[Month]) -> Levels:
    """Each pair that had a red or yellow approach, those with the most red ones first, at most :data:`MOST_PAIRS`.

    Args:
        mentions: Red and yellow approaches by month.
        months: All months that hold a cycle, in order; the bars run from the first to the last.
    """
    of_pair: dict[tuple[str, str], list[SevereMention]] = {}
    for one in mentions:
        if one.primary and one.secondary:
            of_pair.setdefault((one.primary, one.secondary), []).append(one)
    first, last = (_number(month) for month in (min(months), max(months))) if months else (0, 0)
    width = next((each for each in _BARS if last // each - first // each < _MOST_BARS), max(_BARS))
    ranked = sorted(of_pair.items(), key=_rank)
    return Levels(
        rows=tuple(_row(mine, first, last, width) for _, mine in ranked[:MOST_PAIRS]) if months else (),
        bar=_BARS[width],
        left_out=max(len(ranked) - MOST_PAIRS, 0),
    )


def _rank(pair: tuple[tuple[str, str], list[SevereMention]]) -> tuple[int, int, str, str]:
    levels = list(_by_event(pair[1]).values())
    return -levels.count(Level.RED), -levels.count(Level.YELLOW), *pair[0]


def _by_event(mine: Sequence[SevereMention]) -> dict[str, Level]:
    found: dict[str, Level] = {}
    for one in mine:
        found[one.event_id] = _worse(found.get(one.event_id), one.level)
    return found


def _row(mine: Sequence[SevereMention], first: int, last: int, width: int) -> PairLevels:
    by_month: dict[int, Level] = {}
    for one in mine:
        number = _number(one.month)
        by_month[number] = _worse(by_month.get(number), one.level)
    bars: dict[int, Level] = {}
    for number, level in by_month.items():
        bar = number // width - first // width
        bars[bar] = _worse(bars.get(bar), level)
    levels = list(_by_event(mine).values())
    newest = max(by_month)
    said = [
        words
        for level in (Level.RED, Level.YELLOW)
        if (words := _said(level, sorted(number for number in by_month if by_month[number] is level)))
    ]
    return PairLevels(
        primary=mine[0].primary, secondary=mine[0].secondary, red=levels.count(Level.RED),
        yellow=levels.count(Level.YELLOW),
        spark=sparkline(bars, last // width - first // width + 1, wording.sentence("; ".join(said))),
        last=_name(newest), last_level=by_month[newest],
    )  # fmt: skip


def _said(level: Level, numbers: Sequence[int]) -> str | None:
    if not numbers:
        return None
    if len(numbers) > _MOST_NAMED:
        return f"{level.value} in {len(numbers)} months, the last {_name(numbers[-1])}"
    return f"{level.value} in {wording.listing([_name(number) for number in numbers])}"


def _worse(one: Level | None, other: Level) -> Level:
    return Level.RED if Level.RED in {one, other} else other


def _number(month: Month) -> int:
    return month[0] * 12 + month[1] - 1


def _name(number: int) -> str:
    return f"{wording.MONTHS[number % 12]} {number // 12}"
