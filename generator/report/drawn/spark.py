"""The levels of a pair through the years: one bar a month or longer, its height and its colour the worst level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

from nearpass.encounter.alert import Level
from nearpass.report.drawn.marks import joined, svg

WIDTH, HEIGHT = 240.0, 18.0
_HEIGHTS: Final = {Level.RED: 16.0, Level.YELLOW: 8.0}
_WIDEST: Final = 8.0


def sparkline(worst: Mapping[int, Level], bars: int, said: str) -> Markup:
    """Bars over a base line.

    Args:
        worst: Red and yellow by the bar's number, from 0.
        bars: How many have room, those without a level among them.
        said: What a reader without pictures is told.
    """
    step = min(WIDTH / max(bars, 1), _WIDEST)
    drawn = [_bars(level, [number for number in sorted(worst) if worst[number] is level], step) for level in _HEIGHTS]
    base = svg('<path class="stem" d="M0 {}H{}"/>', f"{HEIGHT - 0.5:g}", f"{bars * step:.1f}")
    return svg('<svg class="spark" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>', f"{WIDTH:g}",
               f"{HEIGHT:g}", said, joined([base, *drawn]))  # fmt: skip


def _bars(level: Level, numbers: list[int], step: float) -> Markup:
    """All bars of a level as one stroke: a pair may have a hundred, and a page a hundred pairs."""
    if not numbers:
        return Markup("")
    wide, high = max(0.85 * step, 0.5), _HEIGHTS[level]
    bars = "".join(f"M{number * step + wide / 2.0:.1f} {HEIGHT - 1.0:g}v-{high:g}" for number in numbers)
    return svg('<path class="l-{}" stroke-width="{}" d="{}"/>', level.value, f"{wide:.2f}", bars)
