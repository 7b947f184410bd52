"""What the drawn pictures share: marks of levels by shape, escaped text, a logarithmic scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from nearpass.encounter.alert import Level

SHAPES: Final = {
    Level.RED: "M0-6 6.5 5.5H-6.5z",
    Level.YELLOW: "M-5-5H5V5H-5z",
    Level.GREEN: "M-3.6 0a3.6 3.6 0 1 0 7.2 0a3.6 3.6 0 1 0-7.2 0z",
}
"""A level is a shape as well as a colour: triangle, square, circle about the origin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogScale:
    """From values ``low`` to ``high`` onto pixels ``left`` to ``right``; values outside lie at the ends."""

    low: float
    high: float
    left: float
    right: float

    def __call__(self, value: float) -> float:
        """The place of a value."""
        inside = min(max(value, self.low), self.high)
        share = math.log10(inside / self.low) / math.log10(self.high / self.low)
        return self.left + (self.right - self.left) * share


def svg(template: str, *values: object) -> Markup:
    """Markup with values put in, which are escaped; numbers are to be formatted before."""
    return Markup(template).format(*(value if isinstance(value, Markup) else escape(value) for value in values))  # noqa: S704 - templates are ours


def text(kind: str, x: float, y: float, words: str, anchor: str = "start") -> Markup:
    """A line of text of a class of the stylesheet, at its baseline."""
    end = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return svg('<text class="{}" x="{}" y="{}"' + end + ">{}</text>", kind, f"{x:.1f}", f"{y:.1f}", words)


def mark(level: Level, x: float, y: float, scale: float = 1.0) -> Markup:
    """The shape of a level at a place."""
    size = "" if scale == 1.0 else f" scale({scale:g})"
    return svg('<path class="m-{}" d="{}" transform="translate({} {}){}"/>', level.value, SHAPES[level], f"{x:.1f}",
               f"{y:.1f}", size)  # fmt: skip


def joined(parts: list[Markup]) -> Markup:
    """Pieces of markup one after the other."""
    return Markup("").join(parts)
