"""The B-plane: where the secondary passes, how well that is known, and how large both are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Ellipse
from numpy.typing import NDArray

from nearpass.encounter.alert import Level
from nearpass.record.record import BPlaneRecord, CycleRecord, EventRecord
from nearpass.report.plots.approach import circles_of, clear_of
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.style import (
    BODY_EDGE,
    BODY_FACE,
    INK,
    LEVEL_COLOR,
    LEVEL_INK,
    LEVEL_WASH,
    MUTED,
    PALE,
    PRIMARY,
    SECONDARY,
    SMALL,
    canvas,
    label,
    linear_axis,
    panel,
    plain,
    second_text,
    short,
)

FloatArray = NDArray[np.float64]

_SIGMAS: Final = ((1.0, "1σ"), (math.sqrt(2.0), "√2σ"), (3.0, "3σ"))
_PANEL_IN: Final = 4.1
_HALF_IN: Final = 1.93
"""Side of each of two panels."""
_BOTTOM_IN: Final = 0.98
_ZOOM_RATIO: Final = 8.0
"""Where the picture is this many times wider than the miss, a second panel shows the middle."""
_LEAST_MARK_IN: Final = 0.02
_LEAST_NAMED: Final = 0.3
"""Share of the half side from which a circle of a threshold is named."""
_LEAST_LABELLED_PT: Final = 30.0
"""Semi-axis from which the inner ellipses are named too."""
_LEAST_APART_PT: Final = 24.0
"""Minor semi-axis of the 3-sigma ellipse from which they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The combined covariance as an ellipse: one-sigma semi-axes, the major one's angle from +zeta towards +xi."""

    major_km: float
    minor_km: float
    angle_rad: float
    miss_in_sigmas: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BPlaneDrawing:
    """The plane as seen along the relative velocity: zeta to the right, xi (the primary's radial side) up."""

    heading: str
    subheading: str
    primary: str
    secondary: str
    miss_km: float
    miss_zeta_km: float
    miss_xi_km: float
    hbr_km: float
    spread: Spread | None
    basis: str
    circles: tuple[tuple[float, Level, str], ...]
    centre_is_body: bool = False

    def figure(self) -> Figure:
        """One square panel; beside it a second where the uncertainty dwarfs the miss, or one sigma the other."""
        half_km = self._half_km()
        near_km = max(2.0 * self.miss_km, 2.5 * self.hbr_km)
        thin = self.spread is not None and self.spread.major_km > _ZOOM_RATIO * self.spread.minor_km
        zoomed = not thin and half_km > _ZOOM_RATIO * near_km / 2.0
        side_in = _HALF_IN if zoomed or thin else _PANEL_IN
        figure = canvas(side_in + 1.52 + 0.22 * (zoomed or thin), self.heading, self.subheading)
        self._draw(panel(figure, 0.62, _BOTTOM_IN, side_in, side_in), half_km, crowded=zoomed)
        if zoomed or thin:
            beside = panel(figure, 0.62 + side_in + 0.63, _BOTTOM_IN, side_in, side_in)
            if zoomed:
                self._draw(beside, near_km, crowded=False)
                beside.set_title("The middle, enlarged", fontsize=SMALL, color=MUTED, loc="left", pad=4)
            elif self.spread is not None:
                self._in_sigmas(beside, self.spread)
        self._notes(figure)
        return figure

    def _in_sigmas(self, axes: Axes, spread: Spread) -> None:
        """The plane with each axis of the ellipse in its own sigmas: circles, the hard body stretched alike."""
        along = np.array([math.cos(spread.angle_rad), math.sin(spread.angle_rad)])
        along *= 1.0 if along[0] >= 0.0 else -1.0  # right and up stay right and up
        across = np.array([-along[1], along[0]])
        miss = np.array([self.miss_zeta_km, self.miss_xi_km])
        origin = -np.array([miss @ along / spread.major_km, miss @ across / spread.minor_km])
        middle = origin / 2.0
        half = max(0.62 * float(abs(origin).max()) + 2.0, 0.5 * float(abs(origin).max()) + 3.4)
        axes.set(xlim=(middle[0] - half, middle[0] + half), ylim=(middle[1] - half, middle[1] + half), aspect="equal")
        axes.grid(visible=True)
        linear_axis(axes.xaxis)
        linear_axis(axes.yaxis)
        for scale, face in ((3.0, PALE), (2.0, PALE), (1.0, SECONDARY)):
            axes.add_patch(Circle((0, 0), scale, facecolor=to_rgba(face, 0.35), edgecolor=SECONDARY, linewidth=0.8))
        axes.add_patch(
            Ellipse(
                (float(origin[0]), float(origin[1])), 2.0 * self.hbr_km / spread.major_km,
                2.0 * self.hbr_km / spread.minor_km, facecolor=INK, edgecolor=INK, linewidth=1.2, zorder=5,
            )
        )  # fmt: skip
        axes.plot([origin[0]], [origin[1]], "+", color=PRIMARY, markersize=9, markeredgewidth=1.6, zorder=6)
        axes.plot([0], [0], "D", color=SECONDARY, markersize=6.0, markeredgecolor=INK, zorder=7)
        axes.plot([0, origin[0]], [0, origin[1]], color=INK, linewidth=0.9, linestyle=(0, (3, 2)), zorder=4)
        up = 1.0 if origin[1] <= 0 else -1.0
        label(axes, 0.0, 0.0, self.secondary, dy=11 * up, ha="center", va="center", color=SECONDARY, weight="bold",
              most_pt=130.0)  # fmt: skip
        aside = float(origin[0]) / (2.0 * half)  # near an edge the name begins or ends at the cross, off the numbers
        ha, dx = ("center", 0.0) if abs(aside) < 0.3 else ("left", -6.0) if aside < 0.0 else ("right", 6.0)
        label(axes, float(origin[0]), float(origin[1]), f"{self.primary}, {spread.miss_in_sigmas:.1f}σ away",
              dx=dx, dy=-12 * up, ha=ha, va="center", weight="bold", most_pt=200.0)  # fmt: skip
        axes.set_xlabel(f"along the ellipse, σ of {_length(spread.major_km)}", labelpad=2)
        axes.set_ylabel(f"across it, σ of {_length(spread.minor_km)}", labelpad=2)
        axes.set_title("Each axis in its own sigmas", fontsize=SMALL, color=MUTED, loc="left", pad=4)

    def _half_km(self) -> float:
        """Half the side of the square about the origin that holds miss, 3-sigma ellipse and hard body."""
        reach = [1.35 * self.miss_km, 1.6 * self.hbr_km]
        if self.spread is not None:
            along = np.array([math.cos(self.spread.angle_rad), math.sin(self.spread.angle_rad)])
            across = np.array([-along[1], along[0]])
            box = 3.0 * np.hypot(self.spread.major_km * along, self.spread.minor_km * across)
            reach.extend(abs(np.array([self.miss_zeta_km, self.miss_xi_km])) + box)
        return 1.08 * float(max(reach)) or 1.0

    def _draw(self, axes: Axes, half_km: float, *, crowded: bool) -> None:
        axes.set(xlim=(-half_km, half_km), ylim=(-half_km, half_km), aspect="equal")
        axes.grid(visible=True)
        linear_axis(axes.xaxis)
        linear_axis(axes.yaxis)
        axes.set_xlabel("ζ, km", labelpad=2)
        axes.set_ylabel("ξ, km (radial side of the primary)", labelpad=2)
        for radius_km, level, text in self.circles:
            if radius_km < math.sqrt(2.0) * half_km:
                _threshold(axes, radius_km, level, text, half_km, self._crossed())
        if self.spread is not None:
            self._ellipses(axes, self.spread, half_km, crowded=crowded)
        self._hard_body(axes, half_km)
        axes.plot([0, self.miss_zeta_km], [0, self.miss_xi_km], color=INK, linewidth=1.0, zorder=5)
        axes.plot(
            [self.miss_zeta_km], [self.miss_xi_km], "D", color=SECONDARY, markersize=6.5, markeredgecolor=INK, zorder=7
        )
        if not crowded:
            self._names(axes)

    def _crossed(self) -> FloatArray:
        """What names keep off: the line between the two, and the long axis of the ellipse to three sigmas; (3, 2)."""
        miss = np.array([self.miss_zeta_km, self.miss_xi_km])
        if self.spread is None:
            return np.stack([0.0 * miss, miss, miss])
        along = (
            3.0 * self.spread.major_km * np.array([math.cos(self.spread.angle_rad), math.sin(self.spread.angle_rad)])
        )
        return np.stack([0.0 * miss, miss + along, miss - along])

    def _names(self, axes: Axes) -> None:
        """Who is where, each name on the side away from the other object."""
        right = self.miss_zeta_km >= 0
        up = 1.0 if self.miss_xi_km >= 0 else -1.0
        label(
            axes,
            self.miss_zeta_km,
            self.miss_xi_km,
            f"{self.secondary}, {short(self.miss_km)} km",
            dx=0,
            dy=11 * up,
            ha="center",
            va="bottom" if up > 0 else "top",
            color=SECONDARY,
            weight="bold",
            most_pt=170.0,
        )
        label(
            axes, 0.0, 0.0, self.primary, dx=-9 if right else 9, dy=-9 * up, ha="right" if right else "left",
            va="center", color=PRIMARY, weight="bold", most_pt=130.0,
        )  # fmt: skip

    def _hard_body(self, axes: Axes, half_km: float) -> None:
        radius_in = self.hbr_km / half_km * _side_in(axes) / 2.0
        if radius_in > _LEAST_MARK_IN:
            look = (BODY_FACE, BODY_EDGE) if self.centre_is_body else (to_rgba(PRIMARY, 0.25), PRIMARY)
            axes.add_patch(Circle((0, 0), self.hbr_km, facecolor=look[0], edgecolor=look[1], linewidth=1.0, zorder=2.5))
        axes.plot([0], [0], "+", color=PRIMARY, markersize=11, markeredgewidth=1.8, zorder=6)

    def _ellipses(self, axes: Axes, spread: Spread, half_km: float, *, crowded: bool) -> None:
        centre = np.array([self.miss_zeta_km, self.miss_xi_km])
        along = np.array([math.cos(spread.angle_rad), math.sin(spread.angle_rad)])
        outward = 1.0 if centre @ along >= 0 else -1.0
        fits = 2.0 * spread.minor_km < half_km  # else the fill would drown the whole panel
        points = _side_in(axes) * 36.0 / half_km
        flat = 3.0 * spread.minor_km * points < _LEAST_APART_PT  # then their names lie on each other and on the objects
        small = crowded or flat or spread.major_km * points < _LEAST_LABELLED_PT
        for (scale, text), alpha, side in zip(_SIGMAS, (0.30, 0.16, 0.10), (1.0, -1.0, 1.0), strict=True):
            ellipse = Ellipse(
                (self.miss_zeta_km, self.miss_xi_km),
                2.0 * scale * spread.major_km,
                2.0 * scale * spread.minor_km,
                angle=math.degrees(spread.angle_rad),
                facecolor=to_rgba(SECONDARY, alpha if fits else 0.04),
                edgecolor=SECONDARY,
                linewidth=1.1,
                zorder=3,
            )
            axes.add_patch(ellipse)
            end = centre + side * outward * scale * spread.major_km * along
            inside = (abs(end) < half_km).all()
            if inside and not (small and scale < 3.0):
                dx, dy = 10.0 * side * outward * along if scale == 3.0 else 8.0 * np.array([-along[1], along[0]])
                x, y = float(end[0]), float(end[1])
                label(axes, x, y, text, dx=dx, dy=dy, ha="center", va="center", color=SECONDARY, bbox=None)

    def _notes(self, figure: Figure) -> None:
        hbr = f"HBR {plain(round(self.hbr_km * 1000.0, 1))} m" if self.hbr_km < 1.0 else f"HBR {short(self.hbr_km)} km"
        if self.hbr_km / self._half_km() * _side_in(figure.axes[0]) / 2.0 <= _LEAST_MARK_IN:
            hbr += ", smaller than the cross"
        if self.spread is None:
            known = "No ellipse: it needs a covariance of both objects."
        else:
            known = (
                f"Ellipses 1, √2, 3σ; 1σ is {short(self.spread.major_km)} × {short(self.spread.minor_km)} km. "
                f"The origin lies at {self.spread.miss_in_sigmas:.1f}σ."
            )
        for text, y_in in ((known, 0.30), (f"{hbr}. {self.basis}", 0.11)):
            figure.text(0.1 / 5.2, y_in / figure.get_size_inches()[1], text, fontsize=SMALL, color=INK)


def _threshold(axes: Axes, radius_km: float, level: Level, text: str, half_km: float, crossed: FloatArray) -> None:
    """A circle of close-approach distance, named where it is farthest from the lines that are drawn.

    The miss vector lies in this plane, so that the circle is exact.
    """
    axes.add_patch(
        Circle(
            (0, 0),
            radius_km,
            facecolor=LEVEL_WASH.get(level, "none"),
            edgecolor=LEVEL_COLOR[level],
            linewidth=0.7,
            zorder=0.6 if level is Level.RED else 0.4,
        )
    )
    if radius_km > _LEAST_NAMED * half_km:
        at = clear_of(crossed, radius_km, -1.0 if level is Level.RED else 1.0)
        if abs(at[1]) < 0.93 * half_km:
            label(axes, *at, text, ha="center", va="center", color=LEVEL_INK[level])


def _spread(plane: BPlaneRecord) -> Spread | None:
    """Principal axes of the combined covariance; None without one, or for one that is not positive definite."""
    if plane.covariance_km2 is None:
        return None
    (xi2, mixed), (_, zeta2) = plane.covariance_km2
    values, vectors = np.linalg.eigh(np.array([[zeta2, mixed], [mixed, xi2]]))
    if values[0] <= 0:
        return None
    miss = vectors.T @ np.array([plane.miss_zeta_km, plane.miss_xi_km])
    return Spread(
        major_km=math.sqrt(values[1]),
        minor_km=math.sqrt(values[0]),
        angle_rad=math.atan2(vectors[1, 1], vectors[0, 1]),
        miss_in_sigmas=math.sqrt(float(np.sum(miss**2 / values))),
    )


def _basis(event: EventRecord) -> str:
    """What the covariances rest on, where both are known."""
    bases = {item.basis for item in event.uncertainty}
    if len(event.uncertainty) < 2:
        return ""
    if len(bases) == 1:
        return f"Both covariances are {bases.pop()}."
    return "Covariance " + ", ".join(f"{item.basis} for {item.object_id}" for item in event.uncertainty) + "."


def _secondary_is_body(record: CycleRecord, event: EventRecord) -> bool:
    """Whether the secondary is a natural body, whose disc stands in the middle then."""
    sizes = {item.id: item.radius_km or 0.0 for item in record.objects}
    return event.surface_km is not None and sizes.get(event.secondary, 0.0) > sizes.get(event.primary, 0.0)


def _side_in(axes: Axes) -> float:
    return float(axes.bbox.width / axes.figure.dpi)


def _length(value_km: float) -> str:
    return f"{short(value_km)} km" if value_km >= 1.0 else f"{short(value_km * 1000.0)} m"


def b_plane_plot(record: CycleRecord, event: EventRecord) -> Plot | None:
    """The encounter in its B-plane; None where the two do not move relative to each other."""
    plane = event.b_plane
    if plane is None:
        return None
    spread = _spread(plane)
    turned = _secondary_is_body(record, event)
    side = -1.0 if turned else 1.0
    when = second_text(event.tca)
    known = (
        "No combined covariance is available."
        if spread is None
        else f"One-sigma ellipse {short(spread.major_km)} km by {short(spread.minor_km)} km; the origin lies "
        f"{spread.miss_in_sigmas:.1f} sigma from the expected miss."
    )
    (xi2, mixed), (_, zeta2) = plane.covariance_km2 or ((None, None), (None, None))
    return Plot(
        name=f"event-{event.event_id}-bplane",
        kind="bplane",
        title=f"B-plane of {event.primary} and {event.secondary} at {when}",
        alt=(
            f"B-plane at TCA: {event.secondary} passes {short(event.miss_km)} km from {event.primary}, at ξ "
            f"{short(plane.miss_xi_km)} km and ζ {short(plane.miss_zeta_km)} km. {known} Combined hard-body radius "
            f"{plain(round(plane.hbr_km * 1000.0, 1))} m."
        ),
        caption=(
            "The plane normal to the relative velocity, seen along it, with "
            f"{event.secondary if turned else event.primary} at the origin: a collision is an outcome inside the "
            "hard-body circle, and the ellipses show how far from the expected miss it may lie."
        ),
        columns=("miss_xi_km", "miss_zeta_km", "hbr_km", "covariance_xi_xi_km2", "covariance_xi_zeta_km2",
                 "covariance_zeta_zeta_km2"),
        rows=((plane.miss_xi_km, plane.miss_zeta_km, plane.hbr_km, xi2, mixed, zeta2),),
        drawing=BPlaneDrawing(
            heading=f"{event.primary} – {event.secondary}",
            subheading=f"B-plane · TCA {when}",
            primary=event.secondary if turned else event.primary,
            secondary=event.primary if turned else event.secondary,
            miss_km=event.miss_km,
            miss_zeta_km=side * plane.miss_zeta_km,
            miss_xi_km=side * plane.miss_xi_km,
            hbr_km=plane.hbr_km,
            spread=spread,
            basis=_basis(event),
            circles=circles_of(record, event),
            centre_is_body=event.surface_km is not None,
        ),
    )  # fmt: skip
