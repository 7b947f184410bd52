"""Probability of collision against what it is least sure of: the size of the covariance and of the objects."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nearpass.encounter.alert import Level
from nearpass.record.figures import stated_pc
from nearpass.record.pairing import limits_of
from nearpass.record.record import CycleRecord, EventRecord, ProbabilityRecord
from nearpass.report import wording
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.style import (
    CURVE,
    INK,
    LEVEL_COLOR,
    MUTED,
    SMALL,
    WIDTH_IN,
    canvas,
    factor_axis,
    label,
    level_mark,
    log_pc_axis,
    panel,
    pc_threshold_text,
    plain,
    second_text,
    short,
    text_width_pt,
    threshold_lines,
)

Curve = tuple[tuple[float, float], ...]
PcThresholds = tuple[tuple[float, Level, str], ...]

_SCALE_TICKS: Final = (0.001, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 1000.0)
_HBR_TICKS: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0)
_CURVE_IN: Final = 2.0
_HBR_IN: Final = 1.15
_HEIGHT_IN: Final = 2.1
_OFF_CURVE: Final = 0.05
"""Relative: where the present value is farther from its curve than this, another method made the curve."""


def pc_thresholds(record: CycleRecord, event: EventRecord) -> PcThresholds:
    """The thresholds of probability in use for the event's pair, red first."""
    limits = limits_of(record, event.primary, event.secondary)
    pairs = ((limits.red_pc, Level.RED), (limits.yellow_pc, Level.YELLOW))
    return tuple((value, level, f"{level} {pc_threshold_text(value)}") for value, level in pairs if value is not None)


def pc_limits(values: list[float], thresholds: PcThresholds) -> tuple[float, float]:
    """Limits of a logarithmic axis that holds these values, as far as it can, and the thresholds."""
    held = [max(value, wording.LEAST_PROBABILITY) for value in values] + [value for value, _, _ in thresholds]
    return min(held) / 5.0, min(max(held) * 20.0, 2.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PcDrawing:
    """Pc by a common factor on all sigmas, and by a factor on the hard-body radius, on one axis of probability."""

    heading: str
    subheading: str
    pc: float
    max_pc: float | None
    max_pc_scale: float | None
    dilution: Curve
    hbr_sensitivity: Curve
    hbr_text: str
    level: Level
    thresholds: PcThresholds
    notes: tuple[str, ...]

    def figure(self) -> Figure:
        """Two panels side by side, the present value at one height in both."""
        below_in = 0.50 + 0.20 * len(self.notes)
        height_in = below_in + _HEIGHT_IN + 0.62
        figure = canvas(height_in, self.heading, self.subheading)
        curve = panel(figure, 0.72, below_in, _CURVE_IN, _HEIGHT_IN)
        body = panel(figure, 3.05, below_in, _HBR_IN, _HEIGHT_IN) if self.hbr_sensitivity else None
        limits = pc_limits([self.pc, *([] if self.max_pc is None else [self.max_pc])], self.thresholds)
        self._draw(curve, self.dilution, limits)
        factor_axis(curve, _SCALE_TICKS)
        curve.set_xlabel("factor on all sigmas", labelpad=2)
        curve.set_ylabel("Pc", labelpad=2)
        self._maximum(curve)
        self._present(curve)
        last = curve
        if body is not None:
            self._draw(body, self.hbr_sensitivity, limits)
            factor_axis(body, _HBR_TICKS)
            body.set_xlabel(self.hbr_text, labelpad=2)
            body.yaxis.set_ticklabels([])
            last = body
        threshold_lines(last, [(value, text, LEVEL_COLOR[level]) for value, level, text in self.thresholds], above=True)
        for row, text in enumerate(reversed(self.notes)):
            figure.text(0.1 / WIDTH_IN, (0.10 + 0.20 * row) / height_in, text, fontsize=SMALL, color=INK)
        return figure

    def _draw(self, axes: Axes, curve: Curve, limits: tuple[float, float]) -> None:
        factors, values = np.array(curve).T
        axes.set_xlim(float(factors[0]), float(factors[-1]))
        log_pc_axis(axes, *limits)
        axes.grid(visible=True, axis="y")
        for value, level, _ in self.thresholds:
            axes.axhline(value, color=LEVEL_COLOR[level], linewidth=0.7, zorder=1.5)
        axes.axhline(max(self.pc, limits[0]), color=INK, linewidth=0.8, linestyle=(0, (1, 1.6)), zorder=2)
        # Values far below the axis would only make the path long.
        axes.plot(factors, np.maximum(values, limits[0] * 1e-3), color=CURVE, zorder=4)
        level_mark(axes, 1.0, max(self.pc, limits[0]), self.level)

    def _maximum(self, axes: Axes) -> None:
        """The largest value of the curve, and the side on which a larger covariance only dilutes."""
        low, high = axes.get_xlim()
        if self.max_pc is None or self.max_pc_scale is None or not low < self.max_pc_scale < high:
            return
        axes.axvspan(self.max_pc_scale, high, facecolor="#f1f2f4", linewidth=0, zorder=0.5)
        axes.plot(
            [self.max_pc_scale],
            [self.max_pc],
            "D",
            color="white",
            markeredgecolor=INK,
            markersize=6.0,
            zorder=6,
            clip_on=False,
        )
        text = f"max {wording.probability(self.max_pc)} at ×{short(self.max_pc_scale)}"
        label(
            axes, self.max_pc_scale, self.max_pc, text, dx=self._centred_pt(axes, text), dy=9, va="bottom",
            weight="bold",
        )  # fmt: skip
        room_pt = (1.0 - math.log(self.max_pc_scale / low) / math.log(high / low)) * _CURVE_IN * 72.0
        if room_pt > text_width_pt("diluted", SMALL) + 6.0:
            axes.annotate(
                "diluted", (high, 0.0), xycoords=("data", "axes fraction"), xytext=(-3, 4),
                textcoords="offset points", ha="right", fontsize=SMALL, color=MUTED,
            )  # fmt: skip

    def _centred_pt(self, axes: Axes, text: str) -> float:
        """Offset of the left end of a text about the maximum, kept inside the panel."""
        (low, high), wide_pt = axes.get_xlim(), text_width_pt(text, SMALL, bold=True)
        at_pt = math.log(float(self.max_pc_scale or 1.0) / low) / math.log(high / low) * _CURVE_IN * 72.0
        return min(max(at_pt - wide_pt / 2.0, 2.0), _CURVE_IN * 72.0 - wide_pt + 6.0) - at_pt

    def _present(self, axes: Axes) -> None:
        """The present value, named on the side where the curve is lower, if there is room."""
        low, high = axes.get_xlim()
        hidden = self.pc < axes.get_ylim()[0]
        text = f"now {wording.probability(self.pc)}"
        room_pt = math.log(1.0 / low) / math.log(high / low) * _CURVE_IN * 72.0
        rising = self.max_pc_scale is None or self.max_pc_scale > 1.0
        left = rising and room_pt > text_width_pt(text, SMALL, bold=True) + 8.0
        label(
            axes, 1.0, max(self.pc, axes.get_ylim()[0]), text, dx=-8 if left else 8, dy=9 if hidden else -3,
            ha="right" if left else "left", va="center", weight="bold",
        )  # fmt: skip


def probability_plot(record: CycleRecord, event: EventRecord) -> Plot | None:
    """Pc by the scale of its covariance and by hard-body radius; None without a Pc or a curve that can be drawn."""
    found = event.probability
    if found.pc is None or sum(value > wording.LEAST_PROBABILITY for _, value in found.dilution) < 2:
        return None
    hbr_km = None if event.b_plane is None else event.b_plane.hbr_km
    thresholds = pc_thresholds(record, event)
    return Plot(
        name=f"event-{event.event_id}-pc",
        kind="pc",
        title=f"Probability of collision of {event.primary} and {event.secondary} at {second_text(event.tca)}, by "
        "covariance scale and hard-body radius",
        alt=_alt(found, found.pc, hbr_km, thresholds),
        caption=(
            "Left of its maximum the curve rises with sigma; right of it, shaded, a larger sigma lowers Pc only "
            "because less is known. The mark is the present value."
        ),
        columns=("varied", "factor", "pc"),
        rows=(
            *(("all sigmas", scale, stated_pc(value)) for scale, value in found.dilution),
            *(("hard-body radius", factor, stated_pc(value)) for factor, value in found.hbr_sensitivity),
        ),
        drawing=PcDrawing(
            heading=f"{event.primary} – {event.secondary}",
            subheading=f"Probability of collision · TCA {second_text(event.tca)}",
            pc=found.pc,
            max_pc=found.max_pc,
            max_pc_scale=found.max_pc_scale,
            dilution=found.dilution,
            hbr_sensitivity=found.hbr_sensitivity,
            hbr_text="factor on HBR" if hbr_km is None else f"factor on {_hbr(hbr_km)}",
            level=event.level,
            thresholds=thresholds,
            notes=_notes(found, found.pc),
        ),
    )


def _hbr(hbr_km: float) -> str:
    return f"HBR {plain(round(hbr_km * 1000.0, 1))} m" if hbr_km < 1.0 else f"HBR {short(hbr_km)} km"


def _notes(found: ProbabilityRecord, pc: float) -> tuple[str, ...]:
    """Method and distance in sigmas; then what the curve needs said."""
    method = f"Pc by {found.method}." if found.method else ""
    sigmas = "" if found.mahalanobis_distance is None else f"The miss is {short(found.mahalanobis_distance)}σ."
    notes = [f"{method} {sigmas}".strip()]
    scales, values = np.array(found.dilution).T
    at_one = float(np.interp(0.0, np.log(scales), values))
    if abs(at_one - pc) > _OFF_CURVE * pc:
        notes.append(f"The curve is by another method: {wording.probability(at_one)} at factor 1.")
    if found.max_pc is not None and found.max_pc_scale is not None and found.max_pc_scale > scales[-1]:
        notes.append(f"The maximum, {wording.probability(found.max_pc)}, is at factor {short(found.max_pc_scale)}.")
    return tuple(note for note in notes if note)


def _alt(found: ProbabilityRecord, pc: float, hbr_km: float | None, thresholds: PcThresholds) -> str:
    limits = ", ".join(text for _, _, text in thresholds)
    parts = [
        f"Probability of collision {wording.probability(pc)}"
        + (f" by {found.method}" if found.method else "")
        + (f"; thresholds {limits}." if limits else ".")
    ]
    scales = [scale for scale, _ in found.dilution]
    if found.max_pc is not None and found.max_pc_scale is not None:
        side = "diluted" if found.in_dilution else "not diluted"
        parts.append(
            f"With all sigmas scaled by factors from {scales[0]:.3g} to {scales[-1]:.3g} it is at most "
            f"{wording.probability(found.max_pc)}, at factor {short(found.max_pc_scale)}; the present value is {side}."
        )
    if found.hbr_sensitivity:
        (low, least), (high, most) = found.hbr_sensitivity[0], found.hbr_sensitivity[-1]
        body = "" if hbr_km is None else f" of {_hbr(hbr_km).removeprefix('HBR ')}"
        parts.append(
            f"With the hard-body radius{body} times {plain(low)} it is {wording.probability(least)}, "
            f"times {plain(high)} it is {wording.probability(most)}."
        )
    return " ".join(parts)
