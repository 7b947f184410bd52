"""Distance of one pair over the whole window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nearpass.encounter.alert import Level
from nearpass.record.pairing import limits_of
from nearpass.record.record import CycleRecord, PairRecord, Span
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.style import (
    CURVE,
    LEVEL_COLOR,
    MUTED,
    NEUTRAL,
    SMALL,
    canvas,
    date_axis,
    days_between,
    label,
    level_mark,
    log_axis,
    minute_text,
    panel,
    second_text,
    short,
    text_width_pt,
    threshold_lines,
    through_bins,
)

Bounds = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMark:
    """An event on a time axis: days from the start of the window."""

    days: float
    distance_km: float
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RangeDrawing:
    """Least and greatest distance in each bin of the window, thresholds, events and what was not covered."""

    heading: str
    subheading: str
    window: Span
    edges_days: tuple[float, ...]
    least_km: tuple[float | None, ...]
    most_km: tuple[float | None, ...]
    uncovered_days: tuple[Bounds, ...]
    events: tuple[EventMark, ...]
    nearest: tuple[float, float, str] | None
    thresholds: tuple[tuple[float, str, str], ...]

    def figure(self) -> Figure:
        """One panel, distance on a logarithmic axis."""
        figure = canvas(3.5, self.heading, self.subheading)
        axes = panel(figure, 0.82, 0.52, 3.3, 2.38)
        axes.set_xlim(0.0, days_between(self.window.start, self.window.stop))
        log_axis(axes, *self._reach_km())
        date_axis(axes, self.window.start, self.window.stop, most=6)
        axes.grid(visible=True, axis="y")
        threshold_lines(axes, self.thresholds)
        self._envelope(axes)
        self._gaps(axes)
        for event in self.events:
            level_mark(axes, event.days, event.distance_km, event.level, scale=0.9)
        if self.nearest is not None:
            days, distance_km, text = self.nearest
            room_pt = (1.0 - days / axes.get_xlim()[1]) * 3.3 * 72.0
            right = room_pt < 12.0 + text_width_pt(text, SMALL, bold=True)
            below = distance_km > self.thresholds[-1][0]
            label(
                axes, days, distance_km, text, dx=-9 if right else 9, dy=-11 if below else -2,
                ha="right" if right else "left", va="center", weight="bold",
            )  # fmt: skip
        axes.set_ylabel("distance, km")
        return figure

    def _reach_km(self) -> Bounds:
        values = [value for value in (*self.least_km, *self.most_km) if value is not None and value > 0]
        marks = [max(event.distance_km, 1e-3) for event in self.events]
        lines = [value for value, _, _ in self.thresholds]
        lowest = min([*values, *marks, *lines[:1]], default=1.0)
        return 0.55 * lowest, 1.8 * max([*values, *lines], default=10.0)

    def _envelope(self, axes: Axes) -> None:
        """The band that holds the distance: its lower edge is what the screening is about."""
        least, most = np.array(self.least_km, dtype=np.float64), np.array(self.most_km, dtype=np.float64)
        days, low, high = through_bins(self.edges_days, least, most)
        axes.fill_between(days, low, high, color=CURVE, alpha=0.20, linewidth=0, zorder=2)
        axes.plot(days, low, color=CURVE, linewidth=1.2, zorder=4)

    def _gaps(self, axes: Axes) -> None:
        length = axes.get_xlim()[1]
        for start, stop in self.uncovered_days:
            axes.axvspan(start, stop, facecolor="#f4f5f6", edgecolor="#b8bec6", hatch="////", linewidth=0, zorder=1)
            if stop - start > 0.16 * length:
                axes.text(
                    (start + stop) / 2.0, 0.74, "not covered", transform=axes.get_xaxis_transform(), ha="center",
                    va="center", rotation=90, fontsize=SMALL, color=MUTED, zorder=5,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 2.0},
                )  # fmt: skip


def range_plot(record: CycleRecord, pair: PairRecord) -> Plot | None:
    """The pair's distance over the window; None for a pair that was not screened."""
    profile = pair.profile
    if profile is None:
        return None
    start = record.window.start
    listed = set(pair.event_ids)
    events = [event for event in record.events if event.event_id in listed]
    limits, zones = record.thresholds, limits_of(record, pair.primary, pair.secondary).zones
    radius_km = next((event.miss_km - event.surface_km for event in events if event.surface_km is not None), 0.0)
    nearest = None
    if pair.nearest is not None:
        text = f"{short(pair.nearest.miss_km)} km, {minute_text(pair.nearest.tca)}"
        nearest = (days_between(start, pair.nearest.tca), pair.nearest.miss_km, text)
    surface = " · thresholds from the surface" if radius_km else ""
    first_days = days_between(start, profile.start)
    step_days = profile.step_s / 86_400.0
    return Plot(
        name=f"pair-{pair.primary}-{pair.secondary}-range",
        kind="range",
        title=f"Distance of {pair.primary} and {pair.secondary} from {minute_text(start)} to "
        f"{minute_text(record.window.stop)} UTC",
        alt=_range_alt(record, pair, events=len(events)),
        caption=(
            "The band holds the distance in each part of the window, its lower edge is the nearest approach there; "
            "zones are the levels, marks the listed events, hatched times were not covered."
        ),
        columns=("bin_start_utc", "least_km", "most_km"),
        rows=tuple(
            (f"{(profile.start + index * profile.step_s).iso(digits=0)}Z", least, most)
            for index, (least, most) in enumerate(zip(profile.least_km, profile.most_km, strict=True))
        ),
        drawing=RangeDrawing(
            heading=f"{pair.primary} – {pair.secondary}",
            subheading=f"Distance between centres{surface}",
            window=record.window,
            edges_days=tuple(first_days + index * step_days for index in range(len(profile.least_km) + 1)),
            least_km=profile.least_km,
            most_km=profile.most_km,
            uncovered_days=tuple(
                (days_between(start, span.start), days_between(start, span.stop)) for span in pair.uncovered
            ),
            events=tuple(
                EventMark(days=days_between(start, event.tca), distance_km=event.miss_km, level=event.level)
                for event in events
            ),
            nearest=nearest,
            thresholds=(
                *((km + radius_km, f"{level} {km:g} km", LEVEL_COLOR[level]) for level, km in zones),
                (limits.limit_km, f"listed {limits.limit_km:g} km", NEUTRAL),
            ),
        ),
    )  # fmt: skip


def _range_alt(record: CycleRecord, pair: PairRecord, *, events: int) -> str:
    window = f"{second_text(record.window.start)} to {second_text(record.window.stop)}"
    parts = [f"Distance of {pair.primary} and {pair.secondary} from {window}, logarithmic."]
    if pair.nearest is not None:
        parts.append(f"Nearest {short(pair.nearest.miss_km)} km on {second_text(pair.nearest.tca)}.")
    count = "No event" if events == 0 else "1 event" if events == 1 else f"{events} events"
    parts.append(f"{count} below {record.thresholds.limit_km:g} km.")
    if pair.uncovered_s > 0:
        parts.append(f"{pair.uncovered_s / 86_400.0:.1f} days not covered.")
    return " ".join(parts)
