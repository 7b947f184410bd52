"""How earlier predictions of an object turned out, against their lead time, with the model that fits them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nearpass.record.record import CycleRecord, ObjectRecord
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.style import (
    CURVE,
    INK,
    MUTED,
    NEUTRAL,
    SECONDARY,
    SMALL,
    canvas,
    key,
    linear_axis,
    panel,
    short,
)

DAY_S: Final = 86_400.0
_AXES: Final = (("R", CURVE, "o"), ("T", SECONDARY, "s"), ("N", NEUTRAL, "^"))
_LEAST_LENGTH_DAYS: Final = 1.0

Model = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PredictionDrawing:
    """Errors by lead time: ``points`` are (days, R, T, N in km, late in s); a model is (s, s a day)."""

    heading: str
    subheading: str
    points: tuple[tuple[float, float, float, float, float], ...]
    fitted: Model | None
    declared: Model | None

    def figure(self) -> Figure:
        """Timing with the band of one sigma of the model above, the components below, over one axis of lead time."""
        figure = canvas(4.6, self.heading, self.subheading)
        days, *parts_km, late_s = np.array(self.points).T
        longest = max(float(days.max()) * 1.06, _LEAST_LENGTH_DAYS)
        timing = panel(figure, 0.92, 2.52, 4.1, 1.30)
        parts = panel(figure, 0.92, 0.52, 4.1, 1.45)
        for axes in (timing, parts):
            axes.set_xlim(0.0, longest)
            axes.grid(visible=True, axis="y")
            axes.axhline(0.0, color=INK, linewidth=0.7, zorder=2)
            linear_axis(axes.xaxis, 7)
        self._models(timing, longest)
        timing.plot(days, late_s, "o", color=INK, markersize=4, zorder=4)
        for (_, color, marker), values in zip(_AXES, parts_km, strict=True):
            parts.plot(days, values, marker, color=color, markersize=4, zorder=3)
        for axes in (timing, parts):
            linear_axis(axes.yaxis, 5)
        timing.xaxis.set_ticklabels([])
        timing.set_ylabel("late, s", labelpad=3)
        timing.set_title("timing along the orbit", fontsize=SMALL, color=MUTED, loc="left", pad=4)
        parts.set_ylabel("error, km", labelpad=3)
        parts.set_xlabel("lead time, days from the making of the prediction", labelpad=2)
        looks = {"linewidth": 0.0, "markevery": [1]}
        key(figure, 2.20, [(name, {"color": color, "marker": marker, **looks}) for name, color, marker in _AXES])
        return figure

    def _models(self, axes: Axes, longest: float) -> None:
        """One sigma either side by the model that fits, and by the declared one as lines."""
        reach = np.array([0.0, longest])
        if self.fitted is not None:
            sigma_s = self.fitted[0] + self.fitted[1] * reach
            axes.fill_between(reach, -sigma_s, sigma_s, color=NEUTRAL, alpha=0.22, linewidth=0, zorder=1)
        if self.declared is not None:
            sigma_s = self.declared[0] + self.declared[1] * reach
            for sign in (-1.0, 1.0):
                axes.plot(reach, sign * sigma_s, color=MUTED, linestyle=(0, (5, 2.5)), linewidth=1.1, zorder=2)


def prediction_plot(record: CycleRecord, item: ObjectRecord) -> Plot | None:
    """What earlier cycles predicted against what later deliveries showed; None where nothing was compared."""
    errors = item.prediction_errors
    if not errors:
        return None
    quality, declared = item.prediction_quality, item.declared
    worst = max(errors, key=lambda error: abs(error.timing_s))
    fit = "" if quality is None else (
        f" A model that fits: {short(quality.timing_s)} s and {short(quality.timing_growth_s_per_day)} s a day."
    )  # fmt: skip
    return Plot(
        name=f"object-{item.id}-predictions",
        kind="predictions",
        title=f"Earlier predictions of {item.id} against later deliveries, as of cycle {record.cycle_id}",
        alt=(
            f"{len(errors)} comparisons of earlier predictions of {item.id} with later deliveries by lead time. The "
            f"largest timing error is {short(worst.timing_s)} s at {short(worst.lead_s / DAY_S)} days.{fit}"
        ),
        caption=(
            "Each point is a prediction minus a later delivery. The band is one sigma of the model that fits the "
            "timing, dashed lines that of the declared one: about two thirds of the points should lie within."
        ),
        columns=("cycle", "lead_days", "r_km", "t_km", "n_km", "late_s", "mahalanobis_squared"),
        rows=tuple(
            (error.cycle_id, error.lead_s / DAY_S, *error.error_rtn_km, error.timing_s, error.mahalanobis_squared)
            for error in errors
        ),
        drawing=PredictionDrawing(
            heading=f"{item.id}: predictions against later deliveries",
            subheading=f"{len(errors)} comparisons by lead time" if len(errors) > 1 else "1 comparison",
            points=tuple((error.lead_s / DAY_S, *error.error_rtn_km, error.timing_s) for error in errors),
            fitted=(quality.timing_s, quality.timing_growth_s_per_day) if quality else None,
            declared=(declared.timing_s, declared.timing_growth_s_per_day) if declared else None,
        ),
    )
