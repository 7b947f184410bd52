"""All events of a cycle by date and distance."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import SEVERITY, Level
from nearpass.record.figures import Figure as Interval
from nearpass.record.record import CycleRecord, EventRecord, Span, ToldEvent
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.style import (
    INK,
    LEVEL_COLOR,
    MUTED,
    NEUTRAL,
    SMALL,
    canvas,
    date_axis,
    days_between,
    label,
    level_mark,
    literal,
    log_axis,
    minute_text,
    panel,
    second_text,
    short,
    text_width_pt,
    threshold_lines,
)
from nearpass.report.told_views import short_pair
from nearpass.report.wording import cell_of_time, figure

_MOST_NAMES: Final = 12
_BELOW: Final = 0.6
"""Where a distance that is not above zero is drawn on a logarithmic axis: this much of the least one that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedMark:
    """An event: days from the start of the window, the distance that its level rests on, level and names.

    One that an edition tells in cells has the ends of both, ``reach_days`` and ``reach_km``; its mark stands between.
    """

    days: float
    distance_km: float
    level: Level
    name: str
    reach_days: tuple[float, float] | None = None
    reach_km: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TimelineDrawing:
    """Events as marks, thresholds as lines; the most severe events are named."""

    heading: str
    subheading: str
    window: Span
    marks: tuple[NamedMark, ...]
    thresholds: tuple[tuple[float, str, str], ...]

    def figure(self) -> Figure:
        """One panel over the window, distance on a logarithmic axis."""
        figure = canvas(3.75, self.heading, self.subheading)
        axes = panel(figure, 0.72, 0.52, 3.4, 2.60)
        length = days_between(self.window.start, self.window.stop)
        axes.set_xlim(-0.03 * length, 1.03 * length)
        log_axis(axes, 0.45 * self._least_km(), 1.9 * self.thresholds[-1][0])
        date_axis(axes, self.window.start, self.window.stop, most=6)
        axes.grid(visible=True)
        threshold_lines(axes, self.thresholds)
        for days, text in ((0.0, "cut-off"), (length, "end of window")):
            axes.axvline(days, color=MUTED, linewidth=1.0, zorder=2)
            axes.annotate(
                text, (days, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3), textcoords="offset points",
                ha="left" if days == 0 else "right", fontsize=SMALL, color=MUTED,
            )  # fmt: skip
        for mark in self.marks:
            self._reach(axes, mark)
            level_mark(axes, mark.days, self._drawn_km(mark), mark.level)
        self._names(axes)
        if not self.marks:
            axes.text(
                0.5, 0.5, "no approach below the limit", transform=axes.transAxes, ha="center", fontsize=SMALL,
                color=INK,
            )  # fmt: skip
        axes.set_ylabel("distance, km")
        return figure

    def _reach(self, axes: Axes, mark: NamedMark) -> None:
        """The range in which the distance lies, and the span of time where that is wide enough to be seen."""
        if mark.reach_km is None or mark.reach_days is None:
            return
        low, high = max(mark.reach_km[0], axes.get_ylim()[0]), mark.reach_km[1]
        axes.vlines(mark.days, low, high, color=LEVEL_COLOR[mark.level], linewidth=1.6, zorder=3)
        for end in (low, high):
            axes.hlines(end, *mark.reach_days, color=LEVEL_COLOR[mark.level], linewidth=1.6, zorder=3)

    def _least_km(self) -> float:
        """The least distance above zero, of the marks and the thresholds."""
        return min([self.thresholds[0][0], *(mark.distance_km for mark in self.marks if mark.distance_km > 0.0)])

    def _drawn_km(self, mark: NamedMark) -> float:
        return mark.distance_km if mark.distance_km > 0.0 else _BELOW * self._least_km()

    def _names(self, axes: Axes) -> None:
        """Name red and yellow events, each where its name covers neither a mark nor another name."""
        to_points = axes.transData.transform
        scale = 72.0 / axes.figure.dpi
        frame = Bbox(axes.bbox.get_points() * scale)
        centres = [to_points((mark.days, self._drawn_km(mark))) * scale for mark in self.marks]
        taken = [Bbox.from_bounds(x - 5.0, y - 5.0, 10.0, 10.0) for x, y in centres]
        ranked = sorted(
            (-SEVERITY[mark.level], mark.distance_km, index)
            for index, mark in enumerate(self.marks)
            if mark.level is not Level.GREEN
        )
        for _, _, index in ranked[:_MOST_NAMES]:
            mark, (x, y) = self.marks[index], centres[index]
            wide = text_width_pt(literal(mark.name), SMALL)
            for left, low in ((8.0, -5.5), (-8.0 - wide, -5.5), (-wide / 2, 8.0), (-wide / 2, -19.0), (8.0, 6.0)):
                box = Bbox.from_bounds(x + left, y + low, wide, 11.0)
                others = [other for number, other in enumerate(taken) if number != index]
                inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 + 4.0 and frame.y0 <= box.y0
                if inside and not box.count_overlaps(others):
                    taken.append(box)
                    label(axes, mark.days, self._drawn_km(mark), mark.name, dx=left, dy=low + 2.0)
                    break


def decisive_km(event: EventRecord) -> float:
    """The distance that the level rests on: to the surface of a natural body, else between the centres."""
    return event.miss_km if event.surface_km is None else event.surface_km


def _exact_row(event: EventRecord) -> tuple[str | float | None, ...]:
    at, km = _utc(event.tca), decisive_km(event)
    return event.event_id, at, km, str(event.level), at, at, km, km


def _utc(epoch: Epoch) -> str:
    return f"{epoch.iso(digits=3)}Z"


def _decisive(told: ToldEvent) -> Interval:
    return told.surface_km or told.miss_km


def _told_mark(told: ToldEvent, start: Epoch) -> NamedMark:
    """In the middle of both cells; a distance that may be zero has its mark at half of what it is below."""
    reach_days = days_between(start, told.tca.start), days_between(start, told.tca.stop)
    found = _decisive(told)
    low, high = found.low or 0.0, found.high or 0.0
    return NamedMark(
        days=(reach_days[0] + reach_days[1]) / 2.0,
        distance_km=(low * high) ** 0.5 if low > 0.0 else high / 2.0,
        level=told.level,
        name=short_pair(told),
        reach_days=reach_days,
        reach_km=(low, high),
    )


def timeline_plot(record: CycleRecord) -> Plot:
    """All events of the cycle by date."""
    start, stop = record.window.start, record.window.stop
    counts = Counter(event.level for event in record.approaches)
    told = ", ".join(f"{counts[level]} {level}" for level in SEVERITY)
    named = [
        f"{event.primary} – {event.secondary} {short(decisive_km(event))} km on {second_text(event.tca)}, {event.level}"
        for event in sorted(record.events, key=decisive_km)
        if event.level is not Level.GREEN
    ]
    named += [
        f"{short_pair(one)} {figure(_decisive(one))}, {cell_of_time(one.tca)}, {one.level}" for one in record.told
    ]
    limits = record.thresholds
    at_zero = any(decisive_km(event) <= 0.0 for event in record.events)
    natural = any(event.surface_km is not None for event in record.events)
    return Plot(
        name="cycle-timeline",
        kind="timeline",
        title=f"Events from {minute_text(start)} to {minute_text(stop)} UTC",
        alt=(
            f"{len(record.approaches)} events between {second_text(start)} and {second_text(stop)}: {told}. "
            + ("; ".join(named[:6]) + "." if named else "None is red or yellow.")
        ),
        caption=(
            "Each mark is a close approach: ▲ red, ■ yellow, ● green; lower is nearer, on a logarithmic axis; dashed "
            "lines are the thresholds."
            + (" With a moon, the distance is to its surface." if natural else "")
            + (" A mark at the lower edge is at zero." if at_zero else "")
            + (" A bar is the range in which this edition tells a distance." if record.told else "")
        ),
        columns=(
            "event_id",
            "tca_utc",
            "distance_km",
            "level",
            "tca_utc_low",
            "tca_utc_high",
            "distance_km_low",
            "distance_km_high",
        ),
        rows=(
            *(_exact_row(event) for event in record.events),
            *(
                (
                    one.event_id,
                    None,
                    None,
                    str(one.level),
                    _utc(one.tca.start),
                    _utc(one.tca.stop),
                    _decisive(one).low,
                    _decisive(one).high,
                )
                for one in record.told
            ),
        ),
        drawing=TimelineDrawing(
            heading=f"Events of the cycle: {told}",
            subheading=f"Cycle {record.cycle_id} · {record.body.name.title()}",
            window=record.window,
            marks=(
                *(
                    NamedMark(
                        days=days_between(start, event.tca),
                        distance_km=decisive_km(event),
                        level=event.level,
                        name=f"{event.primary} – {event.secondary}",
                    )
                    for event in record.events
                ),
                *(_told_mark(one, start) for one in record.told),
            ),
            thresholds=(
                (limits.red_cad_km, f"red {limits.red_cad_km:g} km", LEVEL_COLOR[Level.RED]),
                (limits.yellow_cad_km, f"yellow {limits.yellow_cad_km:g} km", LEVEL_COLOR[Level.YELLOW]),
                (limits.limit_km, f"listed {limits.limit_km:g} km", NEUTRAL),
            ),
        ),
    )
