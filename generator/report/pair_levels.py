"""What the archive tells of pairs: in which months their approaches were red or yellow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from nearpass.encounter.alert import Level
from nearpass.report import wording
from nearpass.report.drawn.spark import sparkline
from nearpass.report.verdicts import SevereMention

Month = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairLevels:
    """A pair in one row: approaches by their worst level, the months, and the newest month with its level."""

    primary: str
    secondary: str
    red: int
    yellow: int
    spark: Markup
    last: str
    last_level: Level


def pair_levels(mentions: Sequence[SevereMention], months: Sequence[Month]) -> tuple[PairLevels, ...]:
    """Each pair that had a red or yellow approach, those with the most red ones first.

    Args:
        mentions: Red and yellow approaches by month.
        months: All months that hold a cycle, in order; the sparkline runs from the first to the last.
    """
    if not months:
        return ()
    first, last = _number(min(months)), _number(max(months))
    pairs = sorted({(one.primary, one.secondary) for one in mentions if one.primary and one.secondary})
    found = [
        _row([one for one in mentions if (one.primary, one.secondary) == pair], first, last - first + 1)
        for pair in pairs
    ]
    return tuple(sorted(found, key=lambda row: (-row.red, -row.yellow, row.primary, row.secondary)))


def _row(mine: Sequence[SevereMention], first: int, months: int) -> PairLevels:
    by_month: dict[int, Level] = {}
    by_event: dict[str, Level] = {}
    for one in mine:
        number = _number(one.month) - first
        by_month[number] = _worse(by_month.get(number), one.level)
        by_event[one.event_id] = _worse(by_event.get(one.event_id), one.level)
    levels = list(by_event.values())
    newest = max(by_month)
    when = {
        level: [_name(first + number) for number in sorted(by_month) if by_month[number] is level]
        for level in (Level.RED, Level.YELLOW)
    }
    said = "; ".join(f"{level.value} in {wording.listing(found)}" for level, found in when.items() if found)
    return PairLevels(
        primary=mine[0].primary, secondary=mine[0].secondary, red=levels.count(Level.RED),
        yellow=levels.count(Level.YELLOW), spark=sparkline(by_month, months, wording.sentence(said)),
        last=_name(first + newest), last_level=by_month[newest],
    )  # fmt: skip


def _worse(one: Level | None, other: Level) -> Level:
    return Level.RED if Level.RED in {one, other} else other


def _number(month: Month) -> int:
    return month[0] * 12 + month[1] - 1


def _name(number: int) -> str:
    return f"{wording.MONTHS[number % 12]} {number // 12}"
