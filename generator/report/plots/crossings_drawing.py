"""The drawing of orbit crossings: OXD and OXT by date, one line a branch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator
from numpy.typing import NDArray

from nearpass.encounter.alert import Level
from nearpass.record.record import Span
from nearpass.report.plots.style import (
    INK,
    LEVEL_COLOR,
    MUTED,
    NEUTRAL,
    PRIMARY,
    SECONDARY,
    SMALL,
    canvas,
    date_axis,
    days_between,
    key,
    level_mark,
    linear_axis,
    panel,
    plain,
    threshold_lines,
)

FloatArray = NDArray[np.float64]
Limits = tuple[tuple[float, Level, str], ...]

_LOOKS: Final[tuple[dict[str, Any], ...]] = (
    {"color": PRIMARY, "linestyle": "-"},
    {"color": SECONDARY, "linestyle": (0, (4, 1.6))},
    {"color": NEUTRAL, "linestyle": (0, (1, 1.3))},
    {"color": INK, "linestyle": (0, (6, 1.5, 1, 1.5))},
)
_NAMED: Final = 3
"""How many branches are named; pairs with more are nearly coplanar and their branches come and go."""
_SIGMAS: Final = 3.0
"""Reach of the band of timing, as that of the largest ellipse in the B-plane."""
_PANEL_IN: Final = 3.25
_OXD_IN: Final = 2.0
_GAP_REVOLUTIONS: Final = 2.5
_MOST_TICKS: Final = 8
_FEW: Final = 40
"""A line of fewer crossings has a dot at each."""
_BAND: Final = "#e4e7ea"
_BAND_POINTS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BranchLine:
    """One crossing from revolution to revolution; ``oxt_s`` and ``sigma_s`` have NaN where they are not known."""

    name: str
    days: FloatArray
    oxd_km: FloatArray
    oxt_s: FloatArray
    sigma_s: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstCrossing:
    """The crossing to look at first."""

    days: float
    oxd_km: float
    oxt_s: float | None
    level: Level
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrossingsDrawing:
    """OXD against date and, where a timing is known, OXT below it.

    ``shown`` is the part of the window with crossings; days count from its start.
    """

    heading: str
    subheading: str
    shown: Span
    branches: tuple[BranchLine, ...]
    thresholds: Limits
    listed_km: float
    worst: WorstCrossing
    note: str

    def figure(self) -> Figure:
        """One panel, or two over one date axis."""
        timed = any(np.isfinite(branch.oxt_s).any() for branch in self.branches)
        height_in = 5.3 if timed else 3.65
        figure = canvas(height_in, self.heading, self.subheading)
        key(figure, height_in - 0.58, self._names())
        distance = panel(figure, 0.95, height_in - 0.90 - _OXD_IN, _PANEL_IN, _OXD_IN)
        self._distance(distance)
        last = distance
        if timed:
            last = panel(figure, 0.95, 0.52, _PANEL_IN, 1.62)
            self._timing(last)
        else:
            figure.text(0.1 / 5.2, 0.10 / height_in, self.note, fontsize=SMALL, color=INK)
        for axes in figure.axes:
            axes.set_xlim(0.0, days_between(self.shown.start, self.shown.stop))
            date_axis(axes, self.shown.start, self.shown.stop, most=6)
            axes.grid(visible=True, axis="y")
            if axes is not last:
                axes.set_xlabel("")
                axes.xaxis.set_ticklabels([])
        return figure

    def _names(self) -> list[tuple[str, dict[str, Any]]]:
        shown = [(branch.name, _look(index)) for index, branch in enumerate(self.branches[:_NAMED])]
        more = len(self.branches) - len(shown)
        return [*shown, (f"{more} more", {"linewidth": 0.0})] if more else shown

    def _distance(self, axes: Axes) -> None:
        lines_km = [value for value, _, _ in self.thresholds]
        highest_km = max([*lines_km, *(float(branch.oxd_km.max()) for branch in self.branches)])
        axes.set_ylim(0.0, 1.08 * highest_km)
        linear_axis(axes.yaxis)
        for index, branch in enumerate(self.branches):
            days, oxd_km = _with_gaps(branch.days, branch.oxd_km)
            axes.plot(days, oxd_km, marker="." if len(branch.days) < _FEW else None, zorder=4, **_look(index))
        lines = [(value, text, LEVEL_COLOR[level]) for value, level, text in self.thresholds]
        if self.listed_km not in lines_km:
            lines.append((self.listed_km, f"listed {self.listed_km:g} km", NEUTRAL))
        threshold_lines(axes, lines)
        level_mark(axes, self.worst.days, self.worst.oxd_km, self.worst.level)
        # Above the panel: inside it no place is free of every line.
        axes.set_title(f"marked: {self.worst.text}", fontsize=SMALL, weight="bold", loc="left", pad=4)
        axes.set_ylabel("OXD, km", labelpad=4)

    def _timing(self, axes: Axes) -> None:
        reach_s = _SIGMAS * max((float(np.nanmax(b.sigma_s)) for b in self.branches if _known(b.sigma_s)), default=0.0)
        oxt_s = np.concatenate([branch.oxt_s[np.isfinite(branch.oxt_s)] for branch in self.branches])
        _seconds_axis(axes, oxt_s, reach_s)
        axes.axhline(0.0, color=INK, linewidth=0.7, zorder=2)
        length = days_between(self.shown.start, self.shown.stop)
        for index, branch in enumerate(self.branches):
            if _known(branch.sigma_s):
                days, sigma_s = _thinned(*_with_gaps(branch.days, branch.sigma_s))
                axes.fill_between(days, -_SIGMAS * sigma_s, _SIGMAS * sigma_s, color=_BAND, linewidth=0, zorder=0.5)
            axes.add_patch(_dots(branch.days, branch.oxt_s, length, str(_look(index)["color"])))
        if self.worst.oxt_s is not None:
            level_mark(axes, self.worst.days, self.worst.oxt_s, self.worst.level)
        axes.set_ylabel("OXT, s", labelpad=2)
        band = f"band ±{_SIGMAS:g}σ of timing: inside it both may be there at once" if reach_s else "no timing sigma"
        axes.set_title(band, fontsize=SMALL, color=MUTED, loc="left", pad=4)


def _look(index: int) -> dict[str, Any]:
    return _LOOKS[index % len(_LOOKS)]


def _known(values: FloatArray) -> bool:
    return bool(np.isfinite(values).any())


def _with_gaps(days: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A NaN where one or more revolutions have no crossing below the limit."""
    if len(days) < 2:
        return days, values
    steps = np.diff(days)
    places = np.flatnonzero(steps > _GAP_REVOLUTIONS * np.median(steps)) + 1
    return np.insert(days, places, days[places - 1]), np.insert(values, places, np.nan)


def _thinned(days: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """About sixty points of a smooth series, with its ends and the ends of its gaps."""
    kept = np.arange(len(days)) % max(1, len(days) // _BAND_POINTS) == 0
    gaps = np.flatnonzero(np.isnan(values))
    kept[[0, -1, *gaps, *(gaps - 1), *(gaps[:-1] + 1)]] = True
    return days[kept], values[kept]


def _dots(days: FloatArray, values: FloatArray, length_days: float, color: str) -> PathPatch:
    """Points as one path of short strokes with round ends: a tenth of the bytes of as many markers."""
    known = np.isfinite(values)
    half_days = 0.05 / (_PANEL_IN * 72.0) * length_days
    strokes = np.stack([days[known] - half_days, values[known], days[known] + half_days, values[known]], axis=1)
    path = Path(strokes.reshape(-1, 2), np.tile([Path.MOVETO, Path.LINETO], int(known.sum())))
    path.should_simplify = False
    return PathPatch(path, fill=False, edgecolor=color, linewidth=2.4, capstyle="round", zorder=4)


def _seconds_axis(axes: Axes, oxt_s: FloatArray, reach_s: float) -> None:
    """Linear where all values are of one size; else linear within the band of timing and logarithmic beyond."""
    most_s = max(float(abs(oxt_s).max()), reach_s, 1.0)
    least_s = reach_s if reach_s > 0 else float(abs(oxt_s).min())
    linear_s = 10.0 ** math.floor(math.log10(max(least_s, 1.0)))
    low_s, high_s = min(0.0, float(oxt_s.min()), -reach_s), max(0.0, float(oxt_s.max()), reach_s)
    if most_s <= 6.0 * linear_s:
        margin_s = 0.06 * (high_s - low_s)
        axes.set_ylim(low_s - margin_s, high_s + margin_s)
        linear_axis(axes.yaxis, 5)
        return
    axes.set_yscale("symlog", linthresh=linear_s, linscale=0.7)
    axes.set_ylim(1.4 * low_s - 0.2 * linear_s, 1.4 * high_s + 0.2 * linear_s)
    sizes = [linear_s * 10.0**power for power in range(6)]
    ticks = [-size for size in reversed(sizes)] + [0.0] + sizes
    inside = [tick for tick in ticks if axes.get_ylim()[0] <= tick <= axes.get_ylim()[1]]
    zero = inside.index(0.0)
    inside = inside[zero % 2 :: 2] if len(inside) > _MOST_TICKS else inside
    axes.yaxis.set_major_locator(FixedLocator(inside))
    axes.yaxis.set_major_formatter(FixedFormatter([plain(tick) for tick in inside]))
    axes.yaxis.set_minor_locator(NullLocator())
