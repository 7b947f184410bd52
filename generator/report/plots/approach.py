"""How the two pass each other: distance around TCA and the relative track in the primary's RTN axes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import NDArray

from nearpass.astro.local_axes import rtn_axes
from nearpass.encounter.alert import Level
from nearpass.record.pairing import limits_of
from nearpass.record.record import CycleRecord, EventRecord, TrackRecord, Vector
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.style import (
    BAND,
    INK,
    LEVEL_COLOR,
    LEVEL_INK,
    LEVEL_WASH,
    MUTED,
    PRIMARY,
    SECONDARY,
    SMALL,
    canvas,
    label,
    level_mark,
    linear_axis,
    panel,
    plain,
    second_text,
    short,
    threshold_lines,
)

FloatArray = NDArray[np.float64]
Thresholds = tuple[tuple[float, Level, str], ...]

_LEAST_SCALE_KM: Final = 1e-3  # of two that are never apart
_SQUARE_IN: Final = 1.94
_LEAST_NAMED: Final = 0.3
"""Share of the half side from which a circle of a threshold is named."""
_STEPS_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0)
_DOTS: Final = 9
"""About how many equal steps of time are marked along a track."""
_AXES: Final = ("R", "T", "N")


def thresholds_of(record: CycleRecord, event: EventRecord) -> Thresholds:
    """Distances between the two centres at which the event would turn red and yellow, with their names."""
    to_surface_km = 0.0 if event.surface_km is None else event.miss_km - event.surface_km
    zones = limits_of(record, event.primary, event.secondary).zones
    return tuple((km + to_surface_km, level, f"{level} {km:g} km") for level, km in zones)


def thresholds_note(event: EventRecord) -> str:
    """A remark where thresholds do not count from the centre."""
    return "" if event.surface_km is None else "thresholds from the surface"


def circles_of(record: CycleRecord, event: EventRecord) -> Thresholds:
    """The thresholds about a centre; where a name would read as the radius it says from where the distance counts."""
    whence = "" if event.surface_km is None else " to the surface"
    return tuple((km, level, text + whence) for km, level, text in thresholds_of(record, event))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DistanceDrawing:
    """Distance against time from TCA."""

    heading: str
    subheading: str
    offsets_s: tuple[float, ...]
    distance_km: tuple[float, ...]
    miss_km: float
    sigma_km: tuple[float, ...] | None
    miss_sigma_km: float | None
    level: Level
    thresholds: Thresholds
    note: str

    def figure(self) -> Figure:
        """One panel from zero distance up; zones in the colours of the levels."""
        figure = canvas(3.4, self.heading, self.subheading)
        axes = panel(figure, 0.72, 0.52, 3.4, 2.2)
        offsets, distance = np.array(self.offsets_s), np.array(self.distance_km)
        axes.set_xlim(float(offsets[0]), float(offsets[-1]))
        axes.set_ylim(0.0, 1.05 * max(float(distance.max()), _LEAST_SCALE_KM))
        axes.grid(visible=True, axis="y")
        linear_axis(axes.xaxis)
        linear_axis(axes.yaxis)
        threshold_lines(axes, [(value, text, LEVEL_COLOR[level]) for value, level, text in self.thresholds])
        if self.sigma_km is not None:
            sigma = np.array(self.sigma_km)
            low = np.maximum(distance - sigma, 0.0)
            axes.fill_between(offsets, low, distance + sigma, color=BAND, linewidth=0, zorder=3)
        axes.plot(offsets, distance, color=INK, zorder=4)
        if self.miss_sigma_km is not None:
            reach = [[min(self.miss_sigma_km, self.miss_km)], [self.miss_sigma_km]]
            axes.errorbar([0], [self.miss_km], reach, color=INK, capsize=3.5, elinewidth=1.2, zorder=5)
        level_mark(axes, 0.0, self.miss_km, self.level)
        text = f"{short(self.miss_km)} km" + (
            f" ± {short(self.miss_sigma_km)} (1σ)" if self.miss_sigma_km is not None else ""
        )
        height_km = self._free_height_km(axes)
        axes.plot([0, 0], [self.miss_km, height_km], color=INK, linewidth=0.6, zorder=3)
        label(axes, 0.0, height_km, text, ha="center", va="center", weight="bold")
        axes.set_xlabel("seconds from TCA", labelpad=2)
        axes.set_ylabel("distance between centres, km")
        axes.set_title(self.note, fontsize=SMALL, color=MUTED, loc="left", pad=3)
        return figure

    def _free_height_km(self, axes: Axes) -> float:
        """A height for the label between the branches of the curve, clear of the thresholds and of the error bar."""
        top_km = axes.get_ylim()[1]
        lines_km = [value for value, _, _ in self.thresholds]
        floor_km = self.miss_km + (self.miss_sigma_km or 0.0) + 0.06 * top_km
        heights_km = [share * top_km for share in (0.5, 0.58, 0.42, 0.66, 0.34, 0.85)]
        clear = [h for h in heights_km if h > floor_km and all(abs(h - line) > 0.07 * top_km for line in lines_km)]
        return clear[0] if clear else 0.95 * top_km


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrackDrawing:
    """The secondary's path relative to the primary, from above (T, N) and from the side (T, R)."""

    heading: str
    subheading: str
    primary: str
    secondary: str
    offsets_s: tuple[float, ...]
    relative_rtn_km: tuple[Vector, ...]
    miss_rtn_km: Vector
    miss_sigma_rtn_km: Vector | None
    level: Level
    thresholds: Thresholds
    note: str

    def figure(self) -> Figure:
        """Two square panels of one scale beside each other, below them what the marks mean and the miss in numbers."""
        figure = canvas(3.62, self.heading, self.subheading)
        points = np.array(self.relative_rtn_km)
        zones_km = [1.35 * km for km, _, _ in self.thresholds[-1:]]
        widest_km = max(3.2 * float(np.linalg.norm(self.miss_rtn_km)), *zones_km, 0.0)
        half_km = max(min(1.06 * float(abs(points).max()), widest_km), _LEAST_SCALE_KM)
        for y, left_in, title in ((2, 0.60, "From above"), (0, 3.14, "From the side")):
            axes = panel(figure, left_in, 0.98, _SQUARE_IN, _SQUARE_IN)
            axes.set_title(title, fontsize=SMALL, color=MUTED, loc="left", pad=4)
            self._draw(axes, points, (1, y), half_km)
        self._legend(panel(figure, 0.0, 0.0, 5.2, 0.56))
        return figure

    def _draw(self, axes: Axes, points: FloatArray, pair: tuple[int, int], half_km: float) -> None:
        x, y = pair
        axes.set(xlim=(-half_km, half_km), ylim=(-half_km, half_km), aspect="equal")
        axes.grid(visible=True, axis="y")
        linear_axis(axes.xaxis, 5)
        linear_axis(axes.yaxis, 5)
        axes.set_xlabel(f"{_AXES[x]}, km", labelpad=1)
        axes.set_ylabel(f"{_AXES[y]}, km", labelpad=0)
        for radius_km, level, text in self.thresholds:
            if radius_km < half_km:
                look = {"facecolor": LEVEL_WASH.get(level, "none"), "edgecolor": LEVEL_COLOR[level], "linewidth": 0.7}
                axes.add_patch(Circle((0, 0), radius_km, zorder=0.6 if level is Level.RED else 0.4, **look))
                if radius_km > _LEAST_NAMED * half_km:
                    at = clear_of(points[:, [x, y]], radius_km, -1.0 if level is Level.RED else 1.0)
                    beside = radius_km < 0.5 * half_km and abs(at[0]) > 0.3 * radius_km
                    ha = "center" if not beside else "left" if at[0] > 0.0 else "right"
                    label(axes, *at, text, ha=ha, va="center", fontsize=8.5, color=LEVEL_INK[level])
        axes.plot(points[:, x], points[:, y], color=SECONDARY, linewidth=1.5, zorder=4)
        dots = self._dots(points)
        axes.plot(dots[:, x], dots[:, y], ".", color=SECONDARY, markersize=5, zorder=4)
        shown = points[(abs(points) < half_km).all(axis=1)]
        if len(shown) > 2:  # a pair that hardly moves, or flies through the frame between two points, has no arrow
            axes.annotate(
                "",
                (shown[-1, x], shown[-1, y]),
                xytext=(shown[-3, x], shown[-3, y]),
                arrowprops={"arrowstyle": "-|>", "color": SECONDARY, "linewidth": 1.2, "mutation_scale": 12},
                zorder=4,
            )
        axes.plot([0], [0], "+", color=PRIMARY, markersize=10, markeredgewidth=1.8, zorder=5)
        at = self.miss_rtn_km[x], self.miss_rtn_km[y]
        if self.miss_sigma_rtn_km is not None:
            sigma = self.miss_sigma_rtn_km
            axes.errorbar(*at, xerr=sigma[x], yerr=sigma[y], color=INK, elinewidth=1.0, capsize=2.5, zorder=5)
        level_mark(axes, *at, self.level, scale=0.85)

    def _step_s(self) -> float:
        span_s = self.offsets_s[-1] - self.offsets_s[0]
        return next((step for step in _STEPS_S if span_s / step <= _DOTS), _STEPS_S[-1])

    def _dots(self, points: FloatArray) -> FloatArray:
        """Points at round seconds from TCA, on the recorded path."""
        step_s, offsets = self._step_s(), np.array(self.offsets_s)
        whole = np.arange(math.ceil(offsets[0] / step_s), math.floor(offsets[-1] / step_s) + 1) * step_s
        return np.stack([np.interp(whole, offsets, points[:, axis]) for axis in range(3)], axis=1)

    def _legend(self, axes: Axes) -> None:
        """What the marks mean, and the miss vector in numbers."""
        axes.set_axis_off()
        axes.set(xlim=(0, 5.2), ylim=(0, 0.56))
        axes.plot([0.16], [0.40], "+", color=PRIMARY, markersize=10, markeredgewidth=1.8)
        axes.plot([1.39, 1.57], [0.40, 0.40], color=SECONDARY)
        axes.plot([1.48], [0.40], ".", color=SECONDARY, markersize=6)
        level_mark(axes, 3.98, 0.40, self.level, scale=0.85)
        sigmas = self.miss_sigma_rtn_km or (None, None, None)
        parts = [
            f"{name} {short(value)}" + (f" ± {short(sigma)}" if sigma is not None else "")
            for name, value, sigma in zip(_AXES, self.miss_rtn_km, sigmas, strict=True)
        ]
        for x, y, text, most_pt, color in (
            (0.28, 0.40, self.primary, 70.0, PRIMARY),
            (1.66, 0.40, f"{self.secondary}, a dot every {plain(self._step_s())} s", 155.0, SECONDARY),
            (4.10, 0.40, "TCA" + (", bars 1σ" if self.miss_sigma_rtn_km else ""), 70.0, MUTED),
            (0.10, 0.14, f"At TCA {', '.join(parts)} km.{self._zones()}", 355.0, MUTED),
        ):
            weight = "bold" if color in {PRIMARY, SECONDARY} else "normal"
            label(axes, x, y, text, va="center", most_pt=most_pt, bbox=None, color=color, weight=weight)

    def _zones(self) -> str:
        """From where thresholds count: beside the names of small circles there is no room."""
        return f" {self.note[0].upper()}{self.note[1:]}." if self.note else ""


def clear_of(path_km: FloatArray, radius_km: float, side: float) -> tuple[float, float]:
    """The place on a circle about the origin that is farthest from a path, (N, 2); of equals the one above or below."""
    angles = np.array([0, 1, -1, 2, -2, 8, 7, 9, 6, 10]) * math.tau / 16.0  # not at the sides, where numbers stand
    places = radius_km * np.stack([np.sin(angles), side * np.cos(angles)], axis=1)
    steps = np.linspace(0.0, 1.0, 20)[:, None, None]
    dense = (path_km[:-1] + steps * np.diff(path_km, axis=0)).reshape(-1, 2)
    apart = np.hypot(*(dense[:, None] - places[None]).transpose(2, 0, 1)).min(axis=0)
    best = places[int(np.argmax(np.round(apart / radius_km, 1)))]
    return float(best[0]), float(best[1])


def distance_sigma_km(event: EventRecord) -> tuple[float, ...] | None:
    """One sigma of the distance at each offset of the track; None unless both objects have a covariance.

    The combined position covariance at TCA, along the direction from primary to secondary at the offset: the passage
    is short against the growth of the covariances and the turn of the axes.
    """
    if len(event.uncertainty) != 2 or event.track is None:
        return None
    positions = np.array([event.primary_position_km, event.secondary_position_km])
    axes = rtn_axes(positions, np.array([event.primary_velocity_km_s, event.secondary_velocity_km_s]))
    by_id = {item.object_id: np.array(item.covariance_rtn)[:3, :3] for item in event.uncertainty}
    local = np.stack([by_id[event.primary], by_id[event.secondary]])
    combined = (axes.transpose(0, 2, 1) @ local @ axes).sum(axis=0)
    in_primary = axes[0] @ combined @ axes[0].T
    relative = np.array(event.track.relative_rtn_km)
    direction = relative / np.maximum(np.linalg.norm(relative, axis=1, keepdims=True), 1e-12)
    variance = np.einsum("ni,ij,nj->n", direction, in_primary, direction)
    return tuple(np.sqrt(np.maximum(variance, 0.0)).tolist())


def distance_plot(record: CycleRecord, event: EventRecord) -> Plot | None:
    """Distance around TCA; None where the record holds no track."""
    track = event.track
    if track is None or len(track.offsets_s) < 2:
        return None
    when = second_text(event.tca)
    sigma = "" if event.miss_sigma_km is None else f", one sigma {short(event.miss_sigma_km)} km,"
    thresholds = thresholds_of(record, event)
    band = distance_sigma_km(event)
    return Plot(
        name=f"event-{event.event_id}-distance",
        kind="distance",
        title=f"Distance of {event.primary} and {event.secondary} around {when}",
        alt=(
            f"Distance of {event.primary} and {event.secondary} from {_seconds(track.offsets_s[0])} to "
            f"{_seconds(track.offsets_s[-1])} s from TCA. It is least at TCA, {short(event.miss_km)} km{sigma} and "
            f"changes by up to {event.relative_speed_km_s:.3f} km/s.{_stay(track, thresholds)}"
        ),
        caption=(
            "The ground has the colour of the level that a distance has"
            + ("; the grey band and the bar at TCA are one sigma, from the covariances at TCA." if band else ".")
        ),
        columns=("offset_s", "distance_km", "distance_sigma_km"),
        rows=tuple(zip(track.offsets_s, track.distance_km, band or (None,) * len(track.offsets_s), strict=True)),
        drawing=DistanceDrawing(
            heading=f"{event.primary} – {event.secondary}",
            subheading=f"Distance around TCA {when}",
            offsets_s=track.offsets_s,
            distance_km=track.distance_km,
            miss_km=event.miss_km,
            sigma_km=band,
            miss_sigma_km=event.miss_sigma_km,
            level=event.level,
            thresholds=thresholds,
            note=thresholds_note(event),
        ),
    )


def track_plot(record: CycleRecord, event: EventRecord) -> Plot | None:
    """The relative track; None where the record holds none."""
    track = event.track
    if track is None or event.miss_rtn_km is None or len(track.offsets_s) < 4:
        return None
    when = second_text(event.tca)
    r, t, n = (short(value) for value in event.miss_rtn_km)
    sigma = event.miss_sigma_rtn_km
    known = "" if sigma is None else " One sigma: " + ", ".join(f"{short(value)}" for value in sigma) + " km."
    return Plot(
        name=f"event-{event.event_id}-track",
        kind="track",
        title=f"Track of {event.secondary} relative to {event.primary} around {when}",
        alt=(
            f"Path of {event.secondary} in the radial, transverse and normal axes of {event.primary}, from above and "
            f"from the side at equal scale, from {_seconds(track.offsets_s[0])} to {_seconds(track.offsets_s[-1])} s. "
            f"At TCA it is at R {r}, T {t}, N {n} km.{known}"
        ),
        caption=(
            "The primary is at the origin; R points away from the body, T along the motion, N along the orbital "
            "angular momentum. A threshold is a sphere, hence a circle from either side."
        ),
        columns=("offset_s", "r_km", "t_km", "n_km"),
        rows=tuple((offset_s, *row) for offset_s, row in zip(track.offsets_s, track.relative_rtn_km, strict=True)),
        drawing=TrackDrawing(
            heading=f"{event.primary} – {event.secondary}",
            subheading=f"Relative track in RTN · TCA {when}",
            primary=event.primary,
            secondary=event.secondary,
            offsets_s=track.offsets_s,
            relative_rtn_km=track.relative_rtn_km,
            miss_rtn_km=event.miss_rtn_km,
            miss_sigma_rtn_km=sigma,
            level=event.level,
            thresholds=thresholds_of(record, event),
            note=thresholds_note(event),
        ),
    )


def _stay(track: TrackRecord, thresholds: Thresholds) -> str:
    """For how long the distance is below each threshold, from the recorded track."""
    offsets, distance = np.array(track.offsets_s), np.array(track.distance_km)
    found = []
    for value_km, _, text in thresholds:
        below = distance < value_km
        if below.any() and not below[0] and not below[-1]:
            first, last = np.flatnonzero(below)[[0, -1]]
            enter = np.interp(-value_km, -distance[first - 1 : first + 1], offsets[first - 1 : first + 1])
            leave = np.interp(value_km, distance[last : last + 2], offsets[last : last + 2])
            found.append(f" Below the threshold {text} for {leave - enter:.1f} s.")
    return "".join(found)


def _seconds(value: float) -> str:
    return plain(round(value, 1))
