"""When two orbits truly cross in the months ahead, by the secular drift of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.encounter.alert import Level
from nearpass.record.pairing import limits_of
from nearpass.record.record import CycleRecord, PairRecord, SeasonRecord, Span
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.style import (
    CURVE,
    INK,
    LEVEL_COLOR,
    MUTED,
    NEUTRAL,
    SMALL,
    canvas,
    date_axis,
    day_text,
    days_between,
    label,
    linear_axis,
    log_axis,
    panel,
    short,
    text_width_pt,
    threshold_lines,
)

_PANEL_IN: Final = 3.4
_LINEAR_REACH: Final = 12.0
"""Where OXD goes farther above the threshold than this many times, the axis is logarithmic."""
_LEAST_SHARE: Final = 0.02
"""Of the threshold: what is nearer is drawn there on a logarithmic axis."""
_ROW_PT: Final = 11.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """A span below the threshold, in days from the start of the window, and its dates in words."""

    first_days: float
    last_days: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeasonDrawing:
    """OXD by days from the start of the window; seasons are shaded and dated."""

    heading: str
    subheading: str
    start: Epoch
    window_days: float
    days: tuple[float, ...]
    oxd_km: tuple[float, ...]
    threshold: tuple[float, str, str]
    seasons: tuple[Season, ...]

    def figure(self) -> Figure:
        """One panel with the dates of the seasons above it."""
        places = self._places()
        rows = max((row for row, _ in places), default=-1) + 1
        figure = canvas(3.25 + rows * _ROW_PT / 72.0, self.heading, self.subheading)
        axes = panel(figure, 0.78, 0.52, _PANEL_IN, 2.1)
        axes.set_xlim(0.0, self.days[-1])
        self._limits(axes)
        date_axis(axes, self.start, self.start + self.days[-1] * DAY_S, most=6)
        axes.grid(visible=True, axis="y")
        color = self.threshold[2]
        for season, (row, left_pt) in zip(self.seasons, places, strict=True):
            axes.axvspan(
                season.first_days, season.last_days, facecolor=to_rgba(color, 0.16), edgecolor=color, linewidth=0.8
            )
            axes.annotate(
                season.text, (0.0, 1.0), xycoords="axes fraction", xytext=(left_pt, 4 + _ROW_PT * row),
                textcoords="offset points", fontsize=SMALL, weight="bold", annotation_clip=False,
            )  # fmt: skip
        axes.plot(self.days, np.maximum(self.oxd_km, axes.get_ylim()[0]), color=CURVE, zorder=4)
        threshold_lines(axes, [self.threshold])
        axes.axvline(self.window_days, color=INK, linewidth=1.0, linestyle=(0, (1, 1.3)), zorder=3)
        label(axes, self.window_days, axes.get_ylim()[1], "end of window", dx=3, dy=-10, color=MUTED)
        axes.set_ylabel("OXD, km", labelpad=4)
        return figure

    def _limits(self, axes: Axes) -> None:
        threshold_km, highest_km = self.threshold[0], max(self.oxd_km)
        if highest_km > _LINEAR_REACH * threshold_km:
            log_axis(axes, max(0.7 * min(self.oxd_km), _LEAST_SHARE * threshold_km), 1.6 * highest_km)
            return
        axes.set_ylim(0.0, 1.15 * max(highest_km, threshold_km))
        linear_axis(axes.yaxis)

    def _places(self) -> list[tuple[int, float]]:
        """Row and left edge in points of each season's dates: centred above it where they fit, else a row higher."""
        scale_pt = _PANEL_IN * 72.0 / self.days[-1]
        most_pt = _PANEL_IN * 72.0 + 50.0
        ends_pt: list[float] = []
        places = []
        for season in self.seasons:
            wide_pt = text_width_pt(season.text, SMALL, bold=True)
            middle_pt = (season.first_days + season.last_days) / 2.0 * scale_pt
            left_pt = min(max(middle_pt - wide_pt / 2.0, 0.0), most_pt - wide_pt)
            row = next((row for row, end_pt in enumerate(ends_pt) if left_pt > end_pt + 6.0), len(ends_pt))
            ends_pt[row : row + 1] = [left_pt + wide_pt]
            places.append((row, left_pt))
        return places


def season_plot(record: CycleRecord, pair: PairRecord) -> Plot | None:
    """The forecast of OXD; None where there is none."""
    ids = {pair.primary, pair.secondary}
    season = next((item for item in record.seasons if {item.primary, item.secondary} == ids), None)
    if season is None or len(season.days) < 2:
        return None
    start = record.window.start
    least = int(np.argmin(season.oxd_km))
    return Plot(
        name=f"pair-{pair.primary}-{pair.secondary}-season",
        kind="season",
        title=f"Forecast of the orbit-crossing distance of {pair.primary} and {pair.secondary} by secular drift",
        alt=(
            f"Forecast by secular drift of the distance between the two orbits over {season.days[-1]:.0f} days from "
            f"{_date(start)}: now {short(season.oxd_km[0])} km, least {short(season.oxd_km[least])} km on "
            f"{_date(start + season.days[least] * DAY_S)}. {_seasons_in_words(season)}"
        ),
        caption=(
            "A forecast from the mean drift of both orbits, without manoeuvres: it says when the orbits cross, not "
            "whether the two are there at once. Shaded: the orbits pass each other below the threshold."
        ),
        columns=("date_utc", "days", "oxd_km"),
        rows=tuple(
            (f"{(start + days * DAY_S).iso(digits=0)}Z", days, oxd_km)
            for days, oxd_km in zip(season.days, season.oxd_km, strict=True)
        ),
        drawing=SeasonDrawing(
            heading=f"{pair.primary} – {pair.secondary}",
            subheading="Forecast of OXD by secular drift",
            start=start,
            window_days=days_between(start, record.window.stop),
            days=season.days,
            oxd_km=season.oxd_km,
            threshold=_threshold(record, season),
            seasons=tuple(
                Season(
                    first_days=days_between(start, span.start),
                    last_days=days_between(start, span.stop),
                    text=_dates(span, start, start + season.days[-1] * DAY_S),
                )
                for span in season.below
            ),
        ),
    )


def _threshold(record: CycleRecord, season: SeasonRecord) -> tuple[float, str, str]:
    """The season's threshold with the name and colour of the level it belongs to, if any."""
    limits = limits_of(record, season.primary, season.secondary)
    levels = {limits.red_oxd_km: Level.RED, limits.yellow_oxd_km: Level.YELLOW}
    level = levels.get(season.threshold_km)
    text = f"{season.threshold_km:g} km"
    return season.threshold_km, f"{level} {text}" if level else text, LEVEL_COLOR[level] if level else NEUTRAL


def _date(epoch: Epoch) -> str:
    moment = epoch.datetime_utc()
    return f"{day_text(moment)} {moment.year}"


def _dates(span: Span, start: Epoch, stop: Epoch) -> str:
    """From when to when; a season that is cut off by an end of the forecast has but one date."""
    if span.start <= start:
        return "throughout" if span.stop >= stop else f"until {day_text(span.stop.datetime_utc())}"
    if span.stop >= stop:
        return f"from {day_text(span.start.datetime_utc())}"
    return f"{day_text(span.start.datetime_utc())} – {day_text(span.stop.datetime_utc())}"


def _seasons_in_words(season: SeasonRecord) -> str:
    if not season.below:
        return f"It stays above {season.threshold_km:g} km."
    spans = ", ".join(f"{_date(span.start)} to {_date(span.stop)}" for span in season.below)
    return f"Below {season.threshold_km:g} km: {spans}."
