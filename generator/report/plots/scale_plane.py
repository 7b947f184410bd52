"""Probability of collision if either covariance were smaller or larger than given."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator
from numpy.typing import NDArray

from nearpass.encounter.alert import Level
from nearpass.record.figures import stated_pc
from nearpass.record.record import CycleRecord, EventRecord
from nearpass.report import wording
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.probability import PcThresholds, pc_thresholds
from nearpass.report.plots.style import (
    INK,
    LEVEL_COLOR,
    SMALL,
    canvas,
    fitting,
    key,
    literal,
    panel,
    second_text,
)

FloatArray = NDArray[np.float64]
Segment = tuple[tuple[int, int], tuple[int, int]]

_PANEL_IN: Final = 4.2
_DARKEST: Final = "#00416b"
_WHITE_TEXT: Final = 0.68
LEAST_SHOWN: Final = 1e-12
"""Cells below it are blank: in most approaches nearly all of them."""
_DECADES: Final = 6.0
"""From the darkest cell to the palest; smaller values are as pale."""
_DASHES: Final[dict[Level, Any]] = {Level.RED: "-", Level.YELLOW: (0, (2.2, 0.9)), Level.GREEN: ":"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScalePlaneDrawing:
    """One cell for each pair of sigma scales: shaded by Pc, with the number in it.

    ``pc`` has a row for each scale of the secondary and a column for each of the primary, NaN where there is none.
    """

    heading: str
    subheading: str
    primary: str
    secondary: str
    primary_scales: tuple[float, ...]
    secondary_scales: tuple[float, ...]
    pc: FloatArray
    thresholds: PcThresholds

    def figure(self) -> Figure:
        """A square grid, the sigma scale of the primary to the right, that of the secondary up."""
        figure = canvas(_PANEL_IN + 1.30, self.heading, self.subheading)
        axes = panel(figure, 0.82, 0.52, _PANEL_IN, _PANEL_IN)
        axes.set(xlim=(0, len(self.primary_scales)), ylim=(0, len(self.secondary_scales)))
        self._cells(axes)
        axes.vlines(range(1, self.pc.shape[1]), 0, self.pc.shape[0], color="white", linewidth=0.8, zorder=2)
        axes.hlines(range(1, self.pc.shape[0]), 0, self.pc.shape[1], color="white", linewidth=0.8, zorder=2)
        entries = []
        for value, level, text in reversed(self.thresholds):
            look = {"color": LEVEL_COLOR[level], "linestyle": _DASHES[level], "linewidth": 3.0}
            border = list(_border(self.pc >= value))
            if border:
                axes.add_collection(LineCollection(border, zorder=5, capstyle="butt", **look))
                entries.append((text, look))
        if 1.0 in self.primary_scales and 1.0 in self.secondary_scales:
            place = self.primary_scales.index(1.0), self.secondary_scales.index(1.0)
            look = {"color": INK, "linewidth": 2.4}
            axes.add_patch(Rectangle(place, 1, 1, fill=False, edgecolor="white", linewidth=5.0, zorder=6))
            axes.add_patch(Rectangle(place, 1, 1, fill=False, edgecolor=INK, linewidth=2.4, zorder=6))
            entries.append(("as given", look))
        if entries:
            key(figure, _PANEL_IN + 0.70, entries)
        self._axes_text(axes)
        return figure

    def _cells(self, axes: Axes) -> None:
        """Shade and number of every cell, the numbers of one size."""
        known = [
            (row, column, float(self.pc[row, column])) for row, column in np.argwhere(np.isfinite(self.pc)).tolist()
        ]
        largest = max(value for _, _, value in known)
        texts = [wording.probability(value) if value >= LEAST_SHOWN else "" for _, _, value in known]
        size_pt = fitting(max(texts, key=len), SMALL, _PANEL_IN * 72.0 / self.pc.shape[1] - 3.0)
        for (row, column, value), text in zip(known, texts, strict=True):
            below = math.log10(largest / value) if value > 0 else _DECADES
            share = 0.04 + 0.96 * max(0.0, 1.0 - below / _DECADES)
            color = tuple(1.0 - share * (1.0 - part) for part in to_rgb(_DARKEST))
            axes.add_patch(Rectangle((column, row), 1, 1, facecolor=color, linewidth=0, zorder=1))
            axes.text(
                column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=size_pt,
                color="white" if share > _WHITE_TEXT else INK, zorder=7,
            )  # fmt: skip

    def _axes_text(self, axes: Axes) -> None:
        """Scales at the middles of the cells, and whose sigma each axis scales."""
        for axis, scales in ((axes.xaxis, self.primary_scales), (axes.yaxis, self.secondary_scales)):
            axis.set_major_locator(FixedLocator([index + 0.5 for index in range(len(scales))]))
            axis.set_major_formatter(FixedFormatter([f"{scale:.3g}" for scale in scales]))
            axis.set_minor_locator(NullLocator())
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.tick_params(length=0)
        for put, name in ((axes.set_xlabel, self.primary), (axes.set_ylabel, self.secondary)):
            text = literal(f"factor on the sigmas of {name}")
            put(text, fontsize=fitting(text, 9.5, _PANEL_IN * 72.0), labelpad=3)


def _border(reached: NDArray[np.bool_]) -> Iterator[Segment]:
    """Edges between cells that reach a threshold and neighbours that do not."""
    for row, column in np.argwhere(reached[:, 1:] != reached[:, :-1]).tolist():
        yield (column + 1, row), (column + 1, row + 1)
    for row, column in np.argwhere(reached[1:] != reached[:-1]).tolist():
        yield (column, row + 1), (column + 1, row + 1)


def scale_plane_plot(record: CycleRecord, event: EventRecord) -> Plot | None:
    """Pc over the sigma scales of both objects, of a red or yellow event; None where no cell would hold a number."""
    found = event.probability
    if found.pc is None or event.level is Level.GREEN:
        return None
    if all(value < LEAST_SHOWN for _, _, value in found.scale_plane):
        return None
    primary = tuple(sorted({first for first, _, _ in found.scale_plane}))
    secondary = tuple(sorted({second for _, second, _ in found.scale_plane}))
    pc = np.full((len(secondary), len(primary)), np.nan)
    for first, second, value in found.scale_plane:
        pc[secondary.index(second), primary.index(first)] = value
    pc.setflags(write=False)
    most = max(found.scale_plane, key=lambda item: item[2])
    least = min(found.scale_plane, key=lambda item: item[2])
    return Plot(
        name=f"event-{event.event_id}-pcplane",
        kind="pcplane",
        title=f"Probability of collision of {event.primary} and {event.secondary} at {second_text(event.tca)}, by the "
        "scale of either covariance",
        alt=(
            f"Probability of collision in {pc.size} cells with the sigmas of {event.primary} times {primary[0]:.3g} to "
            f"{primary[-1]:.3g} and those of {event.secondary} times {secondary[0]:.3g} to {secondary[-1]:.3g}. "
            f"As given {wording.probability(found.pc)}; most {wording.probability(most[2])} at {most[0]:.3g} and "
            f"{most[1]:.3g}, least {wording.probability(least[2])} at {least[0]:.3g} and {least[1]:.3g}."
        ),
        caption=(
            "Each cell is the probability if the sigmas of the two objects were those given times the factors at the "
            "edges; the bluer, the more probable; blank, below 1e-12. Coloured lines part the cells at a threshold; "
            "the frame marks the covariances as given."
        ),
        columns=("primary_sigma_factor", "secondary_sigma_factor", "pc"),
        rows=tuple((first, second, stated_pc(value)) for first, second, value in found.scale_plane),
        drawing=ScalePlaneDrawing(
            heading=f"{event.primary} – {event.secondary}",
            subheading="Probability of collision by the scale of either covariance",
            primary=event.primary,
            secondary=event.secondary,
            primary_scales=primary,
            secondary_scales=secondary,
            pc=pc,
            thresholds=pc_thresholds(record, event),
        ),
    )
