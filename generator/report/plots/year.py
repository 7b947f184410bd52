"""Plots of a year: approaches by month, the warning before each red one, and timing errors by originator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from nearpass.encounter.alert import Level
from nearpass.report.plots.each import each
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.style import (
    LEVEL_COLOR,
    NEUTRAL,
    PRIMARY,
    SECONDARY,
    canvas,
    key,
    linear_axis,
    panel,
    short,
)
from nearpass.report.year_views import DAY_S, YearView

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ENDINGS: Final = ("moved", "passed red", "false alarm", "lowered", "open")
_MARKERS: Final = ("o", "^", "x", "s", "D")
_COLORS: Final = (PRIMARY, SECONDARY, NEUTRAL, "#e6a100", "#009e73", "#5b6470")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MonthsDrawing:
    """Approaches by month: ``counts`` are (red, yellow) of each."""

    heading: str
    subheading: str
    counts: tuple[tuple[int, int], ...]

    def figure(self) -> Figure:
        """Bars on one another, red below."""
        figure = canvas(2.7, self.heading, self.subheading)
        axes = panel(figure, 0.62, 0.42, 4.4, 1.55)
        red, yellow = np.array(self.counts, dtype=float).T
        places = np.arange(len(self.counts))
        axes.bar(places, red, width=0.62, color=LEVEL_COLOR[Level.RED])
        axes.bar(places, yellow, width=0.62, bottom=red, color=LEVEL_COLOR[Level.YELLOW])
        axes.set_xlim(-0.6, len(self.counts) - 0.4)
        axes.set_ylim(0.0, max(float((red + yellow).max()) * 1.1, 1.0))
        axes.set_xticks(places, _MONTHS)
        linear_axis(axes.yaxis, 5)
        axes.set_ylabel("approaches", labelpad=3)
        key(
            figure,
            2.14,
            [(level.value, {"color": LEVEL_COLOR[level], "linewidth": 6.0}) for level in (Level.RED, Level.YELLOW)],
        )
        return figure


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WarningsDrawing:
    """Each red approach: ``points`` are (day of the year of its TCA, days from the first red, how it ended)."""

    heading: str
    subheading: str
    points: tuple[tuple[float, float, str], ...]

    def figure(self) -> Figure:
        """Days of warning over the year, by how it ended."""
        figure = canvas(2.9, self.heading, self.subheading)
        axes = panel(figure, 0.62, 0.52, 4.4, 1.65)
        looks = []
        for ending, marker, color in zip(_ENDINGS, _MARKERS, _COLORS, strict=False):
            found = [(day, warning) for day, warning, how in self.points if how == ending]
            if found:
                days, warnings_d = zip(*found, strict=True)
                axes.plot(days, warnings_d, marker, color=color, markersize=5, linestyle="none")
                looks.append((ending, {"color": color, "marker": marker, "linewidth": 0.0, "markevery": [1]}))
        axes.set_xlim(0.0, 366.0)
        axes.set_ylim(0.0, max(max(point[1] for point in self.points) * 1.1, 1.0))
        axes.grid(visible=True)
        linear_axis(axes.xaxis, 7)
        linear_axis(axes.yaxis, 5)
        axes.set_xlabel("day of the year of TCA", labelpad=2)
        axes.set_ylabel("warning, days", labelpad=3)
        key(figure, 2.34, looks)
        return figure


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AccuracyDrawing:
    """Timing errors: ``points`` are (originator, lead time in days, seconds late)."""

    heading: str
    subheading: str
    points: tuple[tuple[str, float, float], ...]

    def figure(self) -> Figure:
        """Seconds late over lead time, a colour for each of the first six originators."""
        figure = canvas(2.9, self.heading, self.subheading)
        axes = panel(figure, 0.78, 0.52, 4.24, 1.65)
        looks = []
        names = list(dict.fromkeys(name for name, _, _ in self.points))[: len(_COLORS)]
        for place, name in enumerate(names):
            found = [(lead, late) for who, lead, late in self.points if who == name]
            marker, color = _MARKERS[place % len(_MARKERS)], _COLORS[place]
            leads, lates = zip(*found, strict=True)
            axes.plot(leads, lates, marker, color=color, markersize=4, linestyle="none")
            looks.append((name, {"color": color, "marker": marker, "linewidth": 0.0, "markevery": [1]}))
        axes.set_xlim(0.0, max(max(lead for _, lead, _ in self.points) * 1.06, 1.0))
        axes.grid(visible=True)
        linear_axis(axes.xaxis, 7)
        linear_axis(axes.yaxis, 5)
        axes.set_xlabel("lead time, days from the making of the prediction", labelpad=2)
        axes.set_ylabel("late, s", labelpad=3)
        key(figure, 2.34, looks)
        return figure


def year_plots(view: YearView, year: int) -> tuple[Plot, ...]:
    """The plots that the year has data for."""
    return each(
        (
            ("year-months", partial(_months, view, year)),
            ("year-warning", partial(_warnings, view, year)),
            ("year-accuracy", partial(_accuracy, view, year)),
        )
    )


def _months(view: YearView, year: int) -> Plot | None:
    counts = tuple((red, yellow) for red, yellow, _ in view.months)
    total = sum(map(sum, counts))
    if not total:
        return None
    busiest = max(range(12), key=lambda month: sum(counts[month]))
    return Plot(
        name="year-months", kind="year", title=f"Red and yellow approaches of {year} by month",
        alt=(
            f"Red and yellow approaches by the month of TCA: {total} in all, the most in {_MONTHS[busiest]} with "
            f"{counts[busiest][0]} red and {counts[busiest][1]} yellow."
        ),
        caption="Each approach once, in the month of its TCA, by its worst level in any cycle.",
        columns=("month", "red", "yellow", "green"),
        rows=tuple((f"{year:04d}-{month:02d}", *map(float, row)) for month, row in enumerate(view.months, start=1)),
        drawing=MonthsDrawing(
            heading=f"{year}: approaches by month", subheading="by worst level, month of TCA", counts=counts
        ),
    )  # fmt: skip


def _warnings(view: YearView, year: int) -> Plot | None:
    reds = [(row, row.event.warning_h) for row in view.rows if row.event.warning_h is not None]
    if not reds:
        return None
    least_h = min(warning_h for _, warning_h in reds if warning_h is not None)
    start = _start(year)
    points = tuple(((row.event.tca.datetime_utc() - start).total_seconds() / DAY_S, (hours or 0.0) / 24.0, row.ending)
                   for row, hours in reds)  # fmt: skip
    return Plot(
        name="year-warning", kind="year", title=f"From first red to TCA in {year}",
        alt=f"Days from first red to TCA of {len(reds)} red approaches; the shortest is {short(least_h / 24.0)} days.",
        caption="From the data of the first cycle in which an approach was red to its TCA, by how it ended.",
        columns=("event", "day_of_year", "warning_days", "ending"),
        rows=tuple((row.event.event_id, day, warning, how)
                   for (row, _), (day, warning, how) in zip(reds, points, strict=True)),
        drawing=WarningsDrawing(
            heading=f"{year}: warning before red approaches", subheading="from first red to TCA", points=points
        ),
    )  # fmt: skip


def _accuracy(view: YearView, year: int) -> Plot | None:
    points = tuple(
        (row.came.originator, error.lead_s / DAY_S, error.timing_s) for row in view.originators for error in row.errors
    )
    if not points:
        return None
    worst = max(points, key=lambda point: abs(point[2]))
    return Plot(
        name="year-accuracy", kind="year", title=f"Timing of predictions made in {year} by originator",
        alt=(
            f"{len(points)} predictions against later deliveries by lead time; the largest timing error is "
            f"{short(worst[2])} s at {short(worst[1])} days, of {worst[0]}."
        ),
        caption="Each point is a prediction against a later delivery of the same object: how late it was predicted.",
        columns=("originator", "lead_days", "late_s"),
        rows=points,
        drawing=AccuracyDrawing(
            heading=f"{year}: predictions by originator", subheading=f"{len(points)} comparisons", points=points
        ),
    )  # fmt: skip


def _start(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)
