"""The two rulers of an approach: how near, in kilometres, and how far from a hit, in sigmas.

They are the same wherever they stand. Their axes never change (0.1 to 100 km, 0.1 to 1000 sigmas, logarithmic), so that
rows can be compared by eye.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from markupsafe import Markup

from nearpass.encounter.alert import Level
from nearpass.report.drawn.marks import LogScale, joined, mark, svg, text

MISS_KM: Final = LogScale(low=0.1, high=100.0, left=4.0, right=192.0)
SIGMAS: Final = LogScale(low=0.1, high=1000.0, left=30.0, right=198.0)
_WIDTH: Final = 326
_ROW: Final = 17
_FOOT: Final = 22
HIT_NOT_EXCLUDED: Final = 3.0
"""Sigmas in the B-plane below which a hit is not excluded: the grey part of the ruler."""

Kind = Literal["used", "other", "planned", "orbits", "between"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissMark:
    """One distance: ``name`` is what stands beside it, ``level`` that of the solution in use.

    ``sigma_km`` is drawn as a bar where it is known; a distance that an edition tells between two ends has ``to_km``.
    """

    name: str
    value_km: float
    kind: Kind
    sigma_km: float | None = None
    level: Level | None = None
    to_km: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SigmaMark:
    """A distance in sigmas along one axis, or in the B-plane, which ``decides``; ``said`` stands beside it."""

    axis: str
    sigmas: float
    said: str
    decides: bool = False


def miss_ruler(marks: Sequence[MissMark], zones_km: tuple[float, float], label: str) -> Markup:
    """Distances on one axis, a row each, over the zones of the levels.

    Args:
        marks: What is drawn, in the order of trust.
        zones_km: Below the first a distance is red, below the second yellow.
        label: The same in words, for who does not see it.
    """
    bottom = _ROW * len(marks) + 4
    red, yellow = (MISS_KM(limit) for limit in zones_km)
    parts = [
        _zone("z-red", MISS_KM.left, red, bottom),
        _zone("z-yellow", red, yellow, bottom),
        *_ticks(
            MISS_KM, ((0.1, "0.1"), (0.3, "0.3"), (1, "1"), (3, "3"), (10, "10"), (30, "30"), (100, "100")), bottom
        ),
    ]
    for row, one in enumerate(marks):
        parts += _miss_row(one, 11.0 + _ROW * row)
    return _picture(parts, len(marks), label)


def _miss_row(one: MissMark, y: float) -> list[Markup]:
    x = MISS_KM(one.value_km)
    parts = []
    if one.to_km is not None:
        parts.append(_bar("span", x, MISS_KM(one.to_km), y))
    if one.sigma_km is not None:
        low, high = MISS_KM(max(one.value_km - one.sigma_km, MISS_KM.low)), MISS_KM(one.value_km + one.sigma_km)
        parts.append(_bar("whisk", low, high, y))
    if one.kind == "used" and one.level is not None:
        parts.append(mark(one.level, x, y))
    elif one.kind == "orbits":
        parts.append(svg('<path class="o-orbits" d="M{} {}v12"/>', f"{x:.1f}", f"{y - 6:.1f}"))
    elif one.kind != "between":
        parts.append(svg('<circle class="o-{}" cx="{}" cy="{}" r="4"/>', one.kind, f"{x:.1f}", f"{y:.1f}"))
    parts.append(text("lab b" if one.kind == "used" else "lab", MISS_KM.right + 10, y + 4, one.name))
    return parts


def sigma_ruler(marks: Sequence[SigmaMark], label: str) -> Markup:
    """Distances in sigmas on one axis, a row each; what lies in the grey part does not exclude a hit."""
    bottom = _ROW * len(marks) + 4
    ticks = ((0.1, "0.1"), (1, "1"), (3, "3"), (10, "10"), (100, "100"), (1000, "1000σ"))
    parts = [_zone("z-band", SIGMAS.left, SIGMAS(HIT_NOT_EXCLUDED), bottom), *_ticks(SIGMAS, ticks, bottom)]
    for row, one in enumerate(marks):
        y, x = 11.0 + _ROW * row, SIGMAS(one.sigmas)
        weight = " b" if one.decides else ""
        parts += [text(f"lab{weight}", 22, y + 4, one.axis, "end"), _bar("stem", SIGMAS.left, x, y)]
        place = f"{x:.1f}", f"{y:.1f}"
        if one.decides:
            parts.append(
                svg('<path class="m-ink" d="M0-6.5 6.5 0 0 6.5-6.5 0z" transform="translate({} {})"/>', *place)
            )
        else:
            parts.append(svg('<circle class="m-blue" cx="{}" cy="{}" r="4.2"/>', *place))
        parts.append(text(f"lab{weight}", SIGMAS.right + 14, y + 4, one.said))
    return _picture(parts, len(marks), label)


def _picture(parts: list[Markup], rows: int, label: str) -> Markup:
    head = '<svg class="ruler" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    return svg(head, _WIDTH, _ROW * rows + _FOOT, label, joined(parts))


def _zone(kind: str, left: float, right: float, bottom: float) -> Markup:
    return svg('<rect class="{}" x="{}" y="0" width="{}" height="{}"/>', kind, f"{left:.1f}", f"{right - left:.1f}",
               f"{bottom:g}")  # fmt: skip


def _bar(kind: str, left: float, right: float, y: float) -> Markup:
    return svg('<path class="{}" d="M{} {}H{}"/>', kind, f"{left:.1f}", f"{y:.1f}", f"{right:.1f}")


def _ticks(scale: LogScale, ticks: Sequence[tuple[float, str]], bottom: float) -> list[Markup]:
    parts = []
    for value, words in ticks:
        x = scale(value)
        anchor = "start" if value == scale.low and scale.left < 10 else "middle"
        parts.append(svg('<path class="grid" d="M{} 0V{}"/>', f"{x:.1f}", f"{bottom:g}"))
        parts.append(text("tick", x, bottom + 13, words, anchor))
    return parts
