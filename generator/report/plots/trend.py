"""How successive cycles saw one close approach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import Level
from nearpass.record.record import CycleRecord, EventRecord, HistoryPoint, Vector
from nearpass.report import wording
from nearpass.report.plots.approach import Thresholds, thresholds_note, thresholds_of
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.probability import PcThresholds, pc_limits, pc_thresholds
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
    label,
    level_mark,
    linear_axis,
    log_pc_axis,
    panel,
    second_text,
    short,
    threshold_lines,
)

_COMPONENTS: Final = (("R", PRIMARY, "-"), ("T", SECONDARY, (0, (4, 1.6))), ("N", NEUTRAL, (0, (1, 1.3))))


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """What one cycle said: days from the first cycle shown, miss, components, sigma, Pc and level."""

    days: float
    miss_km: float
    miss_rtn_km: Vector
    miss_sigma_km: float | None
    pc: float | None
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrendDrawing:
    """Miss distance with its sigma, Pc where any cycle had one, and components, against the date of the cycle."""

    heading: str
    subheading: str
    start: Epoch
    stop: Epoch
    points: tuple[TrendPoint, ...]
    thresholds: Thresholds
    pc_thresholds: PcThresholds
    note: str

    def figure(self) -> Figure:
        """Two or three panels over one date axis."""
        likely = [point for point in self.points if point.pc is not None]
        if all(float(point.pc or 0.0) < wording.LEAST_PROBABILITY for point in likely):
            likely = []
        raised_in = 1.80 if likely else 0.0
        figure = canvas(4.95 + raised_in, self.heading, self.subheading)
        miss = panel(figure, 0.78, 2.48 + raised_in, 3.3, 1.75)
        probability = [panel(figure, 0.78, 2.48, 3.3, 1.32)] if likely else []
        parts = panel(figure, 0.78, 0.52, 3.3, 1.50)
        length = days_between(self.start, self.stop)
        for axes in (miss, *probability, parts):
            axes.set_xlim(-0.06 * length, 1.06 * length)
            axes.grid(visible=True)
            date_axis(axes, self.start, self.stop, most=5)
            if axes is not parts:
                axes.set_xlabel("")
                axes.xaxis.set_ticklabels([])
        for axes in probability:
            self._probability(axes, likely)
        parts.set_xlabel(f"data cut-off of the cycle, {parts.get_xlabel()}", labelpad=2)
        self._miss(miss)
        self._components(parts)
        return figure

    def _miss(self, axes: Axes) -> None:
        known = [point for point in self.points if point.miss_sigma_km is not None]
        days = np.array([point.days for point in known])
        miss_km = np.array([point.miss_km for point in known])
        sigma_km = np.array([point.miss_sigma_km for point in known], dtype=np.float64)
        upper_km = max([point.miss_km for point in self.points] + list(miss_km + sigma_km))
        beyond_km = [value for value, _, _ in self.thresholds if upper_km < value < 2.0 * upper_km]
        axes.set_ylim(0.0, 1.12 * float(min(beyond_km, default=upper_km)))
        linear_axis(axes.yaxis, 5)
        if len(known) > 1:
            low_km = np.maximum(miss_km - sigma_km, 0.0)
            axes.fill_between(days, low_km, miss_km + sigma_km, color=NEUTRAL, alpha=0.22, linewidth=0, zorder=2)
        for point in known:
            sigma = float(point.miss_sigma_km or 0.0)
            reach = [[min(sigma, point.miss_km)], [sigma]]
            axes.errorbar([point.days], [point.miss_km], reach, color=NEUTRAL, elinewidth=1.1, capsize=2.5, zorder=3)
        axes.plot([p.days for p in self.points], [p.miss_km for p in self.points], color=INK, linewidth=1.3, zorder=4)
        for point in self.points:
            level_mark(axes, point.days, point.miss_km, point.level, scale=0.9)
        threshold_lines(axes, [(value, text, LEVEL_COLOR[level]) for value, level, text in self.thresholds])
        axes.set_ylabel("miss distance, km")
        note = "band and bars 1σ" if known else "no covariance"
        axes.set_title("; ".join(filter(None, (note, self.note))), fontsize=SMALL, color=MUTED, loc="left", pad=4)

    def _probability(self, axes: Axes, likely: list[TrendPoint]) -> None:
        """Pc on a logarithmic axis; cycles without one leave a gap."""
        low, high = pc_limits([float(point.pc or 0.0) for point in likely], self.pc_thresholds)
        log_pc_axis(axes, low, high, most=5)
        values = [np.nan if point.pc is None else max(point.pc, low) for point in self.points]
        axes.plot([point.days for point in self.points], values, color=INK, linewidth=1.3, zorder=4)
        for point in likely:
            level_mark(axes, point.days, max(float(point.pc or 0.0), low), point.level, scale=0.9)
        threshold_lines(axes, [(value, text, LEVEL_COLOR[level]) for value, level, text in self.pc_thresholds])
        axes.set_ylabel("Pc", labelpad=2)
        axes.set_title("probability of collision", fontsize=SMALL, color=MUTED, loc="left", pad=4)

    def _components(self, axes: Axes) -> None:
        axes.axhline(0.0, color=INK, linewidth=0.7, zorder=2)
        days = [point.days for point in self.points]
        linear_axis(axes.yaxis, 5)
        ends = []
        for index, (name, color, dashes) in enumerate(_COMPONENTS):
            values = [point.miss_rtn_km[index] for point in self.points]
            axes.plot(days, values, color=color, linestyle=dashes, linewidth=1.5, marker=".", markersize=6, zorder=3)
            ends.append((values[-1], name, color))
        low, high = axes.get_ylim()
        gap = 11.0 / (1.50 * 72.0) * (high - low)
        place = -np.inf
        for value, name, color in sorted(ends):
            place = max(value, place + gap)
            shift_pt = (place - value) / (high - low) * 1.50 * 72.0
            text = f"{name} {short(value)} km"
            label(axes, days[-1], value, text, dx=14, dy=shift_pt, va="center", color=color, weight="bold")
        axes.set_ylim(low, high)
        axes.set_ylabel("miss, km")
        axes.set_title("components in the primary's RTN", fontsize=SMALL, color=MUTED, loc="left", pad=4)


def cycle_epoch(cycle_id: str) -> Epoch:
    """The data cut-off that a cycle id names."""
    return Epoch.from_datetime(datetime.strptime(cycle_id, "%Y-%m-%dT%H%MZ").replace(tzinfo=UTC))


def trend_plot(record: CycleRecord, event: EventRecord) -> Plot | None:
    """What each cycle said of the event; None where only this one did, or the geometry is withheld."""
    if not event.history:
        return None
    now = HistoryPoint(
        cycle_id=record.cycle_id,
        tca=event.tca,
        miss_km=event.miss_km,
        miss_rtn_km=event.miss_rtn_km,
        level=event.level,
        miss_sigma_km=event.miss_sigma_km,
        pc=event.probability.pc,
    )
    seen = (*event.history, now)
    components = [point.miss_rtn_km for point in seen if point.miss_rtn_km is not None]
    if len(components) < len(seen):
        return None
    cut_offs = [cycle_epoch(point.cycle_id) for point in seen]
    first, last = seen[-2], seen[-1]
    return Plot(
        name=f"event-{event.event_id}-history",
        kind="history",
        title=f"Miss of {event.primary} and {event.secondary} from cycle to cycle, TCA {second_text(event.tca)}",
        alt=(
            f"Miss distance as {len(seen)} cycles from {seen[0].cycle_id} to {last.cycle_id} saw it: first "
            f"{short(seen[0].miss_km)} km, in the cycle before {short(first.miss_km)} km ({first.level}), now "
            f"{short(last.miss_km)} km ({last.level})."
            + ("" if last.miss_sigma_km is None else f" One sigma is now {short(last.miss_sigma_km)} km.")
            + _pc_in_words(seen)
        ),
        caption=(
            "A consistent solution stays within its band, which narrows as the date comes near; a jump out of the band "
            "means a manoeuvre or an optimistic covariance."
        ),
        columns=("cycle", "tca_utc", "miss_km", "miss_sigma_km", "r_km", "t_km", "n_km", "pc", "level"),
        rows=tuple(
            (
                point.cycle_id,
                f"{point.tca.iso(digits=3)}Z",
                point.miss_km,
                point.miss_sigma_km,
                *components[index],
                point.pc,
                str(point.level),
            )
            for index, point in enumerate(seen)
        ),
        drawing=TrendDrawing(
            heading=f"{event.primary} – {event.secondary}",
            subheading=f"From cycle to cycle · TCA {second_text(event.tca)}",
            start=cut_offs[0],
            stop=cut_offs[-1],
            points=tuple(
                TrendPoint(
                    days=days_between(cut_offs[0], cut_off),
                    miss_km=point.miss_km,
                    miss_rtn_km=components[index],
                    miss_sigma_km=point.miss_sigma_km,
                    pc=point.pc,
                    level=point.level,
                )
                for index, (point, cut_off) in enumerate(zip(seen, cut_offs, strict=True))
            ),
            thresholds=thresholds_of(record, event),
            pc_thresholds=pc_thresholds(record, event),
            note=thresholds_note(event),
        ),
    )


def _pc_in_words(seen: tuple[HistoryPoint, ...]) -> str:
    """First and present probability of collision."""
    known = [point for point in seen if point.pc is not None]
    if not known:
        return ""
    now = "not known" if seen[-1].pc is None else wording.probability(seen[-1].pc)
    return (
        f" Probability of collision in cycle {known[0].cycle_id} {wording.probability(known[0].pc or 0.0)}, now {now}."
    )
