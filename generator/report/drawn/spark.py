"""The levels of a pair through the months: one bar a month, its height and its colour the worst level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

from nearpass.encounter.alert import Level
from nearpass.report.drawn.marks import joined, svg

WIDTH, HEIGHT = 240.0, 18.0
_HEIGHTS: Final = {Level.RED: 16.0, Level.YELLOW: 8.0}
_WIDEST: Final = 8.0


def sparkline(worst: Mapping[int, Level], months: int, said: str) -> Markup:
    """Bars over a base line of all months.

    Args:
        worst: Red and yellow by the month's number, from 0.
        months: How many months there are.
        said: What a reader without pictures is told.
    """
    step = min(WIDTH / max(months, 1), _WIDEST)
    bars = [
        svg('<rect class="m-{}" x="{}" y="{}" width="{}" height="{}"/>', level.value, f"{number * step:.1f}",
            f"{HEIGHT - 1.0 - _HEIGHTS[level]:g}", f"{max(0.85 * step, 0.5):.2f}", f"{_HEIGHTS[level]:g}")
        for number, level in sorted(worst.items())
        if level in _HEIGHTS
    ]  # fmt: skip
    base = svg('<path class="stem" d="M0 {}H{}"/>', f"{HEIGHT - 0.5:g}", f"{months * step:.1f}")
    return svg('<svg class="spark" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>', f"{WIDTH:g}",
               f"{HEIGHT:g}", said, joined([base, *bars]))  # fmt: skip
