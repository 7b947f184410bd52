"""Orbits about a body in two views at one scale: from the equator with north up, and from above the north pole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import NDArray

from nearpass.astro.bodies import body_named, equator_from_icrf
from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import Level
from nearpass.errors import FrameError
from nearpass.record.record import BodyRecord, Vector
from nearpass.report.plots.style import (
    BODY_EDGE,
    BODY_FACE,
    INK,
    MUTED,
    SMALL,
    backing,
    canvas,
    key,
    level_mark,
    linear_axis,
    literal,
    panel,
    text_width_pt,
)

FloatArray = NDArray[np.float64]

_PANEL_IN: Final = 1.94
_UNIT_KM: Final = 1000.0
_MARGIN: Final = 1.10
_AXES_REACH: Final = 1.5
"""The view that turns shows at least so many radii of the body, for its axes and their names."""
_CUT_FROM: Final = 3.5
"""Where the frame would be this many times the focus, it is cut ..."""
_CUT_TO: Final = 2.2
"""... to this many times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrbitPath:
    """One object's path in ICRF axes, with its look."""

    id: str
    points_km: tuple[Vector, ...]
    color: str
    dashed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A point to be marked: an event by its level, anything else by a ring."""

    position_km: Vector
    text: str
    level: Level | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrbitViews:
    """Paths and spots about a body. ``across`` is the direction to the right in both views, ``pole`` north.

    ``across_name`` is the meridian to the right in a word or two, ``across_label`` the label of that axis.

    With ``focus_km`` the frame is cut to that neighbourhood of the body where a path would leave it too small to see.
    """

    heading: str
    subheading: str
    across_label: str
    across_name: str
    body: BodyRecord
    pole: Vector
    across: Vector
    paths: tuple[OrbitPath, ...]
    spots: tuple[Spot, ...]
    focus_km: float | None = None

    def scene(self) -> str:
        """The orbits as JSON for the view that turns, in whole km along right, east and north of the equator.

        ``frame_km`` is the radius of what the frame shows at first; a mark is a level or "ring".
        """
        axes_rows = self._axes_rows()

        def turned(points_km: Sequence[Vector]) -> list[list[int]]:
            return [[round(value) for value in point] for point in (np.array(points_km) @ axes_rows.T).tolist()]

        return json.dumps(
            {
                "across": self.across_name,
                "radius_km": [self.body.equatorial_radius_km, self.body.polar_radius_km],
                "frame_km": round(self._frame_km()),
                "paths": [
                    {"name": path.id, "dashed": path.dashed, "points_km": turned(path.points_km)} for path in self.paths
                ],
                "spots": [
                    {"text": spot.text, "mark": spot.level or "ring", "at_km": turned([spot.position_km])[0]}
                    for spot in self.spots
                ],
            },
            separators=(",", ":"),
        )

    def _frame_km(self) -> float:
        paths_km = [float(np.linalg.norm(path.points_km, axis=1).max()) for path in self.paths]
        farthest_km = max(*paths_km, _AXES_REACH * self.body.equatorial_radius_km)
        cut = self.focus_km is not None and farthest_km > _CUT_FROM * self.focus_km
        return _CUT_TO * self.focus_km if cut and self.focus_km is not None else farthest_km

    def _axes_rows(self) -> FloatArray:
        """Unit vectors to the right, 90 degrees east of it, and north, as rows."""
        up = np.array(self.pole)
        right = np.array(self.across) - (np.array(self.across) @ up) * up
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(up, right), up])

    def figure(self) -> Figure:
        """Two square panels side by side, equal scale in both and in both directions."""
        figure = canvas(3.45, self.heading, self.subheading)
        key(figure, 2.84, [(path.id, _look(path)) for path in self.paths])
        right, _, up = axes_rows = self._axes_rows()
        middle, half = self._extent(axes_rows)
        side = panel(figure, 0.58, 0.60, _PANEL_IN, _PANEL_IN)
        above = panel(figure, 3.17, 0.60, _PANEL_IN, _PANEL_IN)
        self._draw(side, np.stack([right, up, np.cross(right, up)]), (middle[0], middle[2]), half)
        self._draw(above, axes_rows, (middle[0], middle[1]), half)
        radius = self.body.equatorial_radius_km / _UNIT_KM
        side.plot([-radius, radius], [0, 0], color=BODY_EDGE, linewidth=0.8, zorder=1.5)
        above.plot([0], [0], "+", color=BODY_EDGE, markersize=6, zorder=1.5)
        side.set_ylabel("north, 1000 km", labelpad=1)
        above.set_ylabel("90° east, 1000 km", labelpad=0)
        for axes, text in ((side, "From the equator, north up"), (above, "From above the north pole")):
            axes.set_xlabel(self.across_label, labelpad=2)
            axes.set_title(text, fontsize=SMALL, color=MUTED, loc="left", pad=4)
        return figure

    def _extent(self, axes_rows: FloatArray) -> tuple[FloatArray, float]:
        """Middle of everything along right, east and north, and half the side of the square that holds it."""
        radius = self.body.equatorial_radius_km
        points = np.concatenate([np.array(path.points_km) for path in self.paths]) @ axes_rows.T
        low = np.minimum(points.min(axis=0), -radius) / _UNIT_KM
        high = np.maximum(points.max(axis=0), radius) / _UNIT_KM
        half = float((high - low).max()) / 2.0 * _MARGIN
        if self.focus_km is not None and half > _CUT_FROM * self.focus_km / _UNIT_KM:
            return np.zeros(3), _CUT_TO * self.focus_km / _UNIT_KM
        return (low + high) / 2.0, half

    def _draw(self, axes: Axes, rows: FloatArray, middle: tuple[float, float], half: float) -> None:
        """One view; ``rows`` point right, up and towards the reader."""
        radius = self.body.equatorial_radius_km / _UNIT_KM
        axes.add_patch(Circle((0, 0), radius, facecolor=BODY_FACE, edgecolor=BODY_EDGE, linewidth=0.9, zorder=1))
        axes.set(xlim=(middle[0] - half, middle[0] + half), ylim=(middle[1] - half, middle[1] + half), aspect="equal")
        axes.grid(visible=True)
        linear_axis(axes.xaxis, 4)
        linear_axis(axes.yaxis, 4)
        for path in self.paths:
            _draw_path(axes, np.array(path.points_km) @ rows.T / _UNIT_KM, radius, path)
        for spot in self.spots:
            x, y, towards = np.array(spot.position_km) @ rows.T / _UNIT_KM
            hidden = towards < 0 and np.hypot(x, y) < radius
            self._draw_spot(axes, spot, x, y, behind=bool(hidden))

    @staticmethod
    def _draw_spot(axes: Axes, spot: Spot, x: float, y: float, *, behind: bool) -> None:
        if spot.level is not None:
            level_mark(axes, x, y, spot.level)
        else:
            axes.plot(
                [x], [y], "o", markersize=5, markerfacecolor="white", markeredgecolor=MUTED if behind else INK, zorder=6
            )
        width_pt, panel_pt = text_width_pt(literal(spot.text), SMALL), _PANEL_IN * 72.0
        (low_x, high_x), (low_y, high_y) = axes.get_xlim(), axes.get_ylim()
        x_pt, y_pt = (x - low_x) / (high_x - low_x) * panel_pt, (y - low_y) / (high_y - low_y) * panel_pt
        start_pt = x_pt + 7.0 if x_pt + 9.0 + width_pt < panel_pt else x_pt - 7.0 - width_pt
        axes.annotate(
            literal(spot.text),
            (x, y),
            xytext=(max(start_pt, 2.0) - x_pt, 5.0 if y_pt < panel_pt - 18.0 else -13.0),
            textcoords="offset points",
            fontsize=SMALL,
            color=MUTED if behind else INK,
            bbox=backing(),
            zorder=8,
        )


def _look(path: OrbitPath) -> dict[str, Any]:
    return {"color": path.color, "linestyle": (0, (4, 1.6)) if path.dashed else "-"}


def _draw_path(axes: Axes, points: FloatArray, radius: float, path: OrbitPath) -> None:
    """A path; pale where the body hides it, with an arrow head in the direction of flight."""
    hidden = (points[:, 2] < 0) & (np.hypot(points[:, 0], points[:, 1]) < radius)
    seen = np.where(hidden[:, None], np.nan, points)
    # The pale part reaches one point into the seen one, so that no gap opens between them.
    wide = hidden | np.roll(hidden, 1) | np.roll(hidden, -1)
    pale = np.where(wide[:, None], points, np.nan)
    axes.plot(seen[:, 0], seen[:, 1], linewidth=1.5, zorder=3, **_look(path))
    axes.plot(pale[:, 0], pale[:, 1], color=path.color, linewidth=0.9, alpha=0.4, linestyle=(0, (1, 2)), zorder=2)
    span = float(np.diff(axes.get_xlim())[0])
    steps = np.hypot(*(np.diff(points[:, :2], axis=0).T))
    low, high = np.transpose([axes.get_xlim(), axes.get_ylim()])
    framed = ((points[:, :2] > low) & (points[:, :2] < high)).all(axis=1)
    clear = ~hidden[:-1] & ~hidden[1:] & framed[:-1] & framed[1:] & (steps > 0.15 * steps.max())
    wanted = int(0.66 * len(steps)) if path.dashed else int(0.36 * len(steps))
    places = np.flatnonzero(clear)
    if not len(places):
        return
    index = int(places[np.argmin(abs(places - wanted))])
    towards = (points[index + 1, :2] - points[index, :2]) / steps[index] * span * 0.012
    start = points[index, :2]
    axes.annotate(
        "",
        (float(start[0] + towards[0]), float(start[1] + towards[1])),
        xytext=(float(start[0]), float(start[1])),
        arrowprops={"arrowstyle": "-|>", "color": path.color, "linewidth": 1.0, "mutation_scale": 11},
        zorder=4,
    )


def pole_of(body: BodyRecord, epoch: Epoch) -> Vector:
    """Unit vector to the body's north pole in ICRF axes; that of ICRF for a body without a known rotation."""
    try:
        x, y, z = equator_from_icrf(body_named(body.name), epoch)[2]
    except FrameError:
        return (0.0, 0.0, 1.0)
    return (float(x), float(y), float(z))


def orbit_normal(points_km: Sequence[Vector]) -> FloatArray:
    """Unit vector along the orbital angular momentum of a path in order of time."""
    points = np.array(points_km)
    total = np.cross(points[:-1], points[1:]).sum(axis=0)
    return np.asarray(total / (np.linalg.norm(total) or 1.0))
