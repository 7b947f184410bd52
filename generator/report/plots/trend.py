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
from nearpass.record.figures import stated_pc
from nearpass.record.record import CycleRecord, EventRecord, HistoryPoint, Vector
from nearpass.report import wording
from nearpass.report.plots.approach import Thresholds, thresholds_note, thresholds_of
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.probability import PcThresholds, pc_limits, pc_thresholds
from nearpass.report.plots.style import (
    BAND,
    CURVE,
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
    linear_axis,
    log_pc_axis,
    panel,
    second_text,
    short,
    threshold_lines,
)

_COMPONENTS: Final = (("R", INK, "-"), ("T", INK, "-"), ("N", INK, "-"))
_NAMES: Final = ("radial", "along the track", "normal")
_NOT_EXCLUDED: Final = 3.0
"""Below so many sigmas a hit is not excluded."""
_PART_IN: Final = 0.62
_BETWEEN_IN: Final = 0.34


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """What one cycle said: days from the first cycle shown, miss, components, sigma, Pc and level."""

    days: float
    miss_km: float
    miss_rtn_km: Vector
    miss_sigma_km: float | None
    pc: float | None
    level: Level
    hit_sigmas: float | None = None
    sigma_rtn_km: Vector | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrendDrawing:
    """Miss distance with its sigma, and Pc where any cycle had one, against the date of the cycle."""

    heading: str
    subheading: str
    start: Epoch
    stop: Epoch
    points: tuple[TrendPoint, ...]
    thresholds: Thresholds
    pc_thresholds: PcThresholds
    note: str

    def figure(self) -> Figure:
        """One or two panels over one date axis."""
        likely = [point for point in self.points if point.pc is not None]
        if all(float(point.pc or 0.0) < wording.LEAST_PROBABILITY for point in likely):
            likely = []
        raised_in = 2.00 if likely else 0.0
        figure = canvas(0.52 + raised_in + 2.20 + 0.72, self.heading, self.subheading)
        miss = panel(figure, 0.78, 0.52 + raised_in, 3.3, 2.20)
        probability = [panel(figure, 0.78, 0.52, 3.3, 1.52)] if likely else []
        _dated([miss, *probability], self.start, self.stop)
        for axes in probability:
            self._probability(axes, likely)
        self._miss(miss)
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
            axes.fill_between(days, low_km, miss_km + sigma_km, color=BAND, linewidth=0, zorder=2)
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
        threshold_lines(
            axes, [(value, text, LEVEL_COLOR[level]) for value, level, text in self.pc_thresholds], above=True
        )
        axes.set_ylabel("Pc", labelpad=2)
        axes.set_title("probability of collision", fontsize=SMALL, color=MUTED, loc="left", pad=4)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PartsDrawing:
    """Sigmas from a hit where cycles had covariances, and components of the miss, against the date of the cycle."""

    heading: str
    subheading: str
    start: Epoch
    stop: Epoch
    points: tuple[TrendPoint, ...]

    def figure(self) -> Figure:
        """Three or four panels over one date axis."""
        sure = [point for point in self.points if point.hit_sigmas is not None]
        parts_in = 3 * _PART_IN + 2 * _BETWEEN_IN
        sigmas_in = 1.50 if len(sure) > 1 else 0.0
        figure = canvas(0.52 + parts_in + sigmas_in + 0.78, self.heading, self.subheading)
        hits = [panel(figure, 0.78, 0.52 + parts_in + 0.45, 3.3, 1.05)] if sigmas_in else []
        components = [
            panel(figure, 0.78, 0.52 + (2 - row) * (_PART_IN + _BETWEEN_IN), 3.3, _PART_IN) for row in range(3)
        ]
        _dated([*hits, *components], self.start, self.stop)
        for axes in hits:
            self._hits(axes, sure)
        for index, axes in enumerate(components):
            self._component(axes, index)
        return figure

    def _hits(self, axes: Axes, sure: list[TrendPoint]) -> None:
        """Sigmas from a hit, on whose ground below three a hit is not excluded."""
        values = [float(point.hit_sigmas or 0.0) for point in sure]
        axes.set_ylim(0.0, 1.25 * max(*values, 4.0))
        axes.axhspan(0.0, _NOT_EXCLUDED, facecolor=BAND, edgecolor="none", zorder=0.2)
        linear_axis(axes.yaxis, 4)
        axes.plot(
            [point.days for point in sure], values, color=INK, marker="D", markersize=4.5, linewidth=1.3, zorder=4
        )
        label(axes, sure[-1].days, values[-1], f"{values[-1]:.1f}σ", dx=14, va="center", weight="bold")
        axes.set_ylabel("σ", labelpad=2)
        title = "from a hit, in sigmas of the B-plane; grey: a hit is not excluded"
        axes.set_title(title, fontsize=SMALL, color=MUTED, loc="left", pad=4)

    def _component(self, axes: Axes, index: int) -> None:
        """One component on its own scale about zero, with the present one's sigma."""
        name, color, _ = _COMPONENTS[index]
        days = [point.days for point in self.points]
        values = [point.miss_rtn_km[index] for point in self.points]
        linear_axis(axes.yaxis, 3)
        axes.axhline(0.0, color=NEUTRAL, linewidth=0.8, zorder=2)
        axes.plot(days, values, color=CURVE, linewidth=1.4, marker="o", markersize=3.8, zorder=4)
        sigma = self.points[-1].sigma_rtn_km
        text = f"{short(values[-1])} km"
        if sigma is not None:
            axes.errorbar([days[-1]], [values[-1]], [sigma[index]], color=INK, elinewidth=1.1, capsize=2.5, zorder=3)
            text += f" ± {short(sigma[index])}"
        axes.margins(y=0.18)
        label(axes, days[-1], values[-1], text, dx=14, va="center", color=color, weight="bold", most_pt=74.0)
        title = f"{name} {_NAMES[index]}, km" + (", bar 1σ" if sigma is not None and index == 0 else "")
        axes.set_title(title, fontsize=SMALL, color=MUTED, loc="left", pad=3)


def _dated(panels: list[Axes], start: Epoch, stop: Epoch) -> None:
    """One date axis for panels above each other, named below the last."""
    length = days_between(start, stop)
    for axes in panels:
        axes.set_xlim(-0.06 * length, 1.06 * length)
        axes.grid(visible=True, axis="y")
        date_axis(axes, start, stop, most=5)
        if axes is not panels[-1]:
            axes.set_xlabel("")
            axes.xaxis.set_ticklabels([])
    panels[-1].set_xlabel(f"data cut-off of the cycle, {panels[-1].get_xlabel()}", labelpad=2)


def cycle_epoch(cycle_id: str) -> Epoch:
    """The data cut-off that a cycle id names."""
    return Epoch.from_datetime(datetime.strptime(cycle_id, "%Y-%m-%dT%H%MZ").replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What each cycle said of an event, this one last: as recorded, its components, and as drawn."""

    points: tuple[HistoryPoint, ...]
    components: tuple[Vector, ...]
    cut_offs: tuple[Epoch, ...]
    drawn: tuple[TrendPoint, ...]


def _seen(record: CycleRecord, event: EventRecord) -> _Seen | None:
    """None where only this cycle listed the event, or the geometry is withheld."""
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
        b_plane_sigmas=event.b_plane.sigmas if event.b_plane else None,
    )
    points = (*event.history, now)
    components = tuple(point.miss_rtn_km for point in points if point.miss_rtn_km is not None)
    if len(components) < len(points):
        return None
    cut_offs = tuple(cycle_epoch(point.cycle_id) for point in points)
    drawn = tuple(
        TrendPoint(
            days=days_between(cut_offs[0], cut_off),
            miss_km=point.miss_km,
            miss_rtn_km=part,
            miss_sigma_km=point.miss_sigma_km,
            pc=point.pc,
            level=point.level,
            hit_sigmas=point.b_plane_sigmas,
            sigma_rtn_km=event.miss_sigma_rtn_km if point is now else None,
        )
        for point, cut_off, part in zip(points, cut_offs, components, strict=True)
    )
    return _Seen(points=points, components=components, cut_offs=cut_offs, drawn=drawn)


def trend_plot(record: CycleRecord, event: EventRecord) -> Plot | None:
    """How near and how probable each cycle said; None where only this one did, or the geometry is withheld."""
    seen = _seen(record, event)
    if seen is None:
        return None
    points = seen.points
    before, last = points[-2], points[-1]
    return Plot(
        name=f"event-{event.event_id}-history",
        kind="history",
        title=f"Miss of {event.primary} and {event.secondary} from cycle to cycle, TCA {second_text(event.tca)}",
        alt=(
            f"Miss distance as {len(points)} cycles from {points[0].cycle_id} to {last.cycle_id} saw it: first "
            f"{short(points[0].miss_km)} km, in the cycle before {short(before.miss_km)} km ({before.level}), now "
            f"{short(last.miss_km)} km ({last.level})."
            + ("" if last.miss_sigma_km is None else f" One sigma is now {short(last.miss_sigma_km)} km.")
            + _pc_in_words(points)
        ),
        caption=(
            "A consistent solution stays within its band, which narrows as the date comes near; a jump out of the band "
            "means a manoeuvre or an optimistic covariance."
        ),
        columns=("cycle", "tca_utc", "miss_km", "miss_sigma_km", "pc", "level"),
        rows=tuple(
            (
                point.cycle_id,
                f"{point.tca.iso(digits=3)}Z",
                point.miss_km,
                point.miss_sigma_km,
                stated_pc(point.pc),
                str(point.level),
            )
            for point in points
        ),
        drawing=TrendDrawing(
            heading=f"{event.primary} – {event.secondary}",
            subheading=f"From cycle to cycle · TCA {second_text(event.tca)}",
            start=seen.cut_offs[0],
            stop=seen.cut_offs[-1],
            points=seen.drawn,
            thresholds=thresholds_of(record, event),
            pc_thresholds=pc_thresholds(record, event),
            note=thresholds_note(event),
        ),
    )


def parts_plot(record: CycleRecord, event: EventRecord) -> Plot | None:
    """How far from a hit, and where, each cycle said; None where there is no trend."""
    seen = _seen(record, event)
    if seen is None:
        return None
    points = seen.points
    first, last = (", ".join(short(value) for value in part) for part in (seen.components[0], seen.components[-1]))
    return Plot(
        name=f"event-{event.event_id}-parts",
        kind="parts",
        title=f"Components of the miss of {event.primary} and {event.secondary} from cycle to cycle",
        alt=(
            f"Miss of {event.secondary} in R, T, N of {event.primary} by {len(points)} cycles: first {first} km, "
            f"now {last} km.{_hit_in_words(points)}"
        ),
        caption=(
            "Each component has its own scale. A change of T is one of timing along the track; R and N move with the "
            "orbits themselves."
        ),
        columns=("cycle", "r_km", "t_km", "n_km", "b_plane_sigmas"),
        rows=tuple(
            (point.cycle_id, *part, point.b_plane_sigmas) for point, part in zip(points, seen.components, strict=True)
        ),
        drawing=PartsDrawing(
            heading=f"{event.primary} – {event.secondary}",
            subheading=f"From a hit, and by component · TCA {second_text(event.tca)}",
            start=seen.cut_offs[0],
            stop=seen.cut_offs[-1],
            points=seen.drawn,
        ),
    )


def _hit_in_words(seen: tuple[HistoryPoint, ...]) -> str:
    """First and present distance from a hit in sigmas."""
    known = [point.b_plane_sigmas for point in seen if point.b_plane_sigmas is not None]
    return (
        f" From a hit, in sigmas of the B-plane: first {known[0]:.1f}, now {known[-1]:.1f}." if len(known) > 1 else ""
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
