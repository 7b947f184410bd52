"""The body with the orbits of a cycle and one approach, seen from above its night side's edge: an orthographic picture.

Everything comes from the record and from the body's rotation axis (IAU). The surface is a plain graticule: no
albedo, no relief is claimed. The part of an orbit that passes behind the body is drawn faint.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import acos, atan2, cos, degrees, hypot, pi, radians, sin
from typing import Final

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from nearpass.astro.bodies import Body, equator_from_icrf
from nearpass.record.record import EventRecord
from nearpass.report.drawn.marks import joined, mark, svg, text

FloatArray = NDArray[np.float64]
Path = Sequence[tuple[float, float, float]]

WIDTH, HEIGHT = 600, 430
_RADIUS: Final = 118.0
_CENTRE: Final = (235.0, 230.0)
_VIEW_LATITUDE_DEG: Final = 32.0
_VIEW_EAST_OF_TCA_DEG: Final = 62.0
_MARGIN: Final = 60.0
_FINE_RAD: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """What is drawn: an approach with both names, the orbits of other objects, the direction of the Sun if known."""

    event: EventRecord
    body: Body
    names: tuple[str, str]
    said: tuple[str, str, str]
    others_km: Sequence[Path]
    sun: tuple[float, float, float] | None
    title: str


class View:
    """An orthographic projection of ICRF positions, with the body's disc in the middle."""

    def __init__(self, event: EventRecord, body: Body) -> None:
        position = np.array(event.primary_position_km)
        self.pole = equator_from_icrf(body, event.tca)[2]
        across = position - self.pole * (position @ self.pole)
        length = np.linalg.norm(across)
        self.meridian = across / length if length > 0 else np.cross(self.pole, [0.0, 0.0, 1.0])
        self.east = np.cross(self.pole, self.meridian)
        self.look = self.surface(_VIEW_LATITUDE_DEG, _VIEW_EAST_OF_TCA_DEG)
        self.right = np.cross(self.pole, self.look)
        self.right /= np.linalg.norm(self.right)
        self.up = np.cross(self.look, self.right)
        self.radius_km = body.equatorial_radius_km
        self.scale = _RADIUS / self.radius_km

    def surface(self, latitude_deg: float, east_of_tca_deg: float) -> FloatArray:
        """Unit vector to a place, by latitude and by longitude east of the approach."""
        lat, lon = radians(latitude_deg), radians(east_of_tca_deg)
        return np.asarray((self.meridian * cos(lon) + self.east * sin(lon)) * cos(lat) + self.pole * sin(lat))

    def place(self, position_km: FloatArray) -> tuple[float, float]:
        """Where a position lies in the picture."""
        x = _CENTRE[0] + self.scale * float(position_km @ self.right)
        return x, _CENTRE[1] - self.scale * float(position_km @ self.up)

    def hidden(self, position_km: FloatArray) -> bool:
        """Whether the body stands before a position."""
        beside_km = hypot(float(position_km @ self.right), float(position_km @ self.up))
        return float(position_km @ self.look) < 0 and beside_km < self.radius_km


def globe(scene: Scene) -> Markup:
    """The picture."""
    view = View(scene.event, scene.body)
    orbits = scene.event.orbits
    pair = [_fine(orbits.primary_km), _fine(orbits.secondary_km)] if orbits else []
    behind, before = [], []
    others = [(_fine(track), "orb") for track in scene.others_km]
    for track, kind in [*others, *zip(pair, ("orb first", "orb second"), strict=False)]:
        far, near = _drawn(view, track, kind)
        behind.append(far)
        before.append(near)
    return svg(
        '<svg class="globe" viewBox="0 0 {} {}" role="img"><title>{}</title>{}</svg>',
        WIDTH,
        HEIGHT,
        scene.title,
        joined([*behind, *_ball(view, scene.sun), *before, *_called(view, scene, pair), _bar(view)]),
    )


def _fine(track: Path) -> list[FloatArray]:
    """The track with points between where it turns: direction and 1/r interpolated, so that no chord cuts the body."""
    points = [np.array(point) for point in track]
    found: list[FloatArray] = []
    for first, second in pairwise(points):
        before, after = float(np.linalg.norm(first)), float(np.linalg.norm(second))
        turn = acos(min(1.0, max(-1.0, float(first @ second) / before / after)))
        steps = max(1, int(turn / _FINE_RAD))
        for step in range(steps):
            share = step / steps
            if turn > 1e-6:
                along = (sin((1 - share) * turn) * first / before + sin(share * turn) * second / after) / sin(turn)
            else:
                along = first / before
            found.append(along / ((1 - share) / before + share / after))
    return [*found, points[-1]] if points else []


def _drawn(view: View, track: Sequence[FloatArray], kind: str) -> tuple[Markup, Markup]:
    """The part of a track behind the body, and the part before or beside it."""
    lines = {True: "", False: ""}
    last: tuple[bool, float, float] | None = None
    for point in track:
        x, y = view.place(point)
        if not (-_MARGIN < x < WIDTH + _MARGIN and -_MARGIN < y < HEIGHT + _MARGIN):
            last = None
            continue
        hidden = view.hidden(point)
        if last is None:
            lines[hidden] += f"M{x:.1f} {y:.1f}"
        elif last[0] != hidden:
            lines[hidden] += f"M{last[1]:.1f} {last[2]:.1f}L{x:.1f} {y:.1f}"
        else:
            lines[hidden] += f"L{x:.1f} {y:.1f}"
        last = hidden, x, y
    return _line(f"{kind} back", lines[True]), _line(kind, lines[False])


def _line(kind: str, data: str) -> Markup:
    return svg('<path class="{}" d="{}"/>', kind, data) if data else Markup("")


def _ball(view: View, sun: tuple[float, float, float] | None) -> Iterator[Markup]:
    """The disc, its graticule, and its night side where the direction of the Sun is known."""
    yield svg('<circle class="ball" cx="{}" cy="{}" r="{}"/>', *_CENTRE, _RADIUS)
    for latitude_deg in (-60, -30, 0, 30, 60):
        kind = "grat equator" if latitude_deg == 0 else "grat"
        yield _line(kind, _seen(view, [view.surface(latitude_deg, east) for east in range(0, 361, 4)]))
    for east_deg in range(0, 360, 30):
        yield _line("grat", _seen(view, [view.surface(latitude, east_deg) for latitude in range(-90, 91, 4)]))
    if sun is not None:
        yield _line("night", _night(view, np.array(sun)))


def _seen(view: View, directions: Sequence[FloatArray]) -> str:
    """A line on the surface, where it faces the reader."""
    data, on = "", False
    for direction in directions:
        if float(direction @ view.look) > 0:
            x, y = view.place(view.radius_km * direction)
            data += f"{'L' if on else 'M'}{x:.1f} {y:.1f}"
            on = True
        else:
            on = False
    return data


def _night(view: View, sun: FloatArray) -> str:
    """The outline of the night side: half the terminator, and the limb on the side away from the Sun."""
    toward = np.array([sun @ view.right, sun @ view.up, sun @ view.look])
    turn, depth = atan2(toward[1], toward[0]), toward[2]
    limb = [(cos(angle), sin(angle)) for angle in np.linspace(pi / 2, 3 * pi / 2, 41)]
    terminator = [(-depth * cos(angle), sin(angle)) for angle in np.linspace(-pi / 2, pi / 2, 41)]
    points = [*limb, *terminator]
    rows = []
    for x, y in points:
        u, v = x * cos(turn) - y * sin(turn), x * sin(turn) + y * cos(turn)
        rows.append(f"{_CENTRE[0] + _RADIUS * u:.1f} {_CENTRE[1] - _RADIUS * v:.1f}")
    return f"M{'L'.join(rows)}z"


def _called(view: View, scene: Scene, pair: Sequence[Sequence[FloatArray]]) -> Iterator[Markup]:
    """The approach with its figures, and the names of both objects at their tracks, with arrows of motion."""
    position = np.array(scene.event.primary_position_km)
    x, y = view.place(position)
    for track, name, kind, away in zip(pair, scene.names, ("first", "second"), (0.9, 1.3), strict=False):
        yield from _named(view, track, name, kind, position, away)
    yield svg('<circle class="halo" cx="{}" cy="{}" r="15"/>', f"{x:.1f}", f"{y:.1f}")
    yield mark(scene.event.level, x, y, 1.25)
    # The words stand beside the disc, at the mark's own height if that is clear of the other lines of the picture.
    side, high = _CENTRE[0] + _RADIUS + 14, min(max(y - 40, 34.0), HEIGHT - 60.0)
    beyond = max(side, x + 40)
    yield svg('<path class="call" d="M{} {}L{} {}"/>', f"{x + 12:.1f}", f"{y - 8 if high < y else y + 8:.1f}",
              f"{beyond - 6:.1f}", f"{high:.1f}")  # fmt: skip
    for row, (words, weight) in enumerate(zip(scene.said, ("lab b big", "lab when", "lab soft"), strict=True)):
        yield text(weight, beyond, high + 5 + 17 * row, words)


def _named(
    view: View, track: Sequence[FloatArray], name: str, kind: str, position: FloatArray, away: float
) -> Iterator[Markup]:
    """An arrow some way before the approach, and the name beside it; none where that lies outside or behind."""
    if len(track) < 2:
        return
    near = min(range(len(track) - 1), key=lambda place: float(np.linalg.norm(track[place] - position)))
    for step in range(1, len(track)):
        place = (near - step) % (len(track) - 1)
        point = track[place]
        x, y = view.place(point)
        far = float(np.linalg.norm(point - position)) > away * view.radius_km
        if far and not view.hidden(point) and 30 < x < WIDTH - 80 and 20 < y < HEIGHT - 20:
            ahead_x, ahead_y = view.place(track[place + 1])
            angle = degrees(atan2(ahead_y - y, ahead_x - x))
            yield svg('<path class="arrow {}" d="M-5-4.5 6 0-5 4.5z" transform="translate({} {}) rotate({})"/>', kind,
                      f"{x:.1f}", f"{y:.1f}", f"{angle:.0f}")  # fmt: skip
            yield text(f"lab name {kind}", x + 12, y + 16, name)
            return


def _bar(view: View) -> Markup:
    """A bar of a round length, to scale."""
    length_km = 2000.0 if view.radius_km > 2500 else 1000.0
    length = length_km * view.scale
    bar = svg('<path class="bar" d="M8 {}h{}"/>', HEIGHT - 8, f"{length:.1f}")
    return bar + text("lab soft", length + 16, HEIGHT - 4, f"{length_km:g} km")
