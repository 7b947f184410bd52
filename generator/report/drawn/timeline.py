"""The window of a cycle on one axis of time: approaches by distance, decisions, crossings, times without commands.

Drawn twice: wide, with time to the right, and tall, with time down, for narrow windows. Each mark is a link with a
title; a script of the site may zoom and move among them, for which places carry their day from the start of the window.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from markupsafe import Markup

from nearpass.encounter.alert import SEVERITY, Level
from nearpass.report.drawn.marks import LogScale, joined, mark, svg, text

WIDTH, TALL_WIDTH = 1232, 358
LEFT, RIGHT, TOP, BOTTOM = 64.0, 1212.0, 26.0, 228.0
TALL_LEFT, TALL_RIGHT, TALL_TOP, TALL_HEIGHT = 50.0, 344.0, 28.0, 470
_PITCH: Final = 15.0
_LETTER: Final = 7.9
"""Width that a letter of a name is taken to have, pixels: that of the widest fonts of the stylesheet."""
_RUN: Final = 5
"""So many green approaches of a pair, one soon after the other, are named once."""
_RUN_GAP_DAYS: Final = 0.25
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineMark:
    """An approach ``days`` after the start; ``said`` is its title. One told between two ends has ``reach_km``."""

    days: float
    km: float
    level: Level
    pair: str
    miss: str
    said: str
    href: str
    reach_km: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A bar below the approaches, in days; a decision is open until ``until``, and then waits for the approach."""

    name: str
    said: str
    start: float
    stop: float
    until: float | None = None
    level: Level | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What is drawn of a cycle. ``start`` is UTC; below ``red_km`` and ``yellow_km`` lie the zones of the levels.

    ``by_rules``: a level asks for more than the distance.
    """

    start: datetime
    length_days: float
    marks: tuple[TimelineMark, ...]
    decisions: tuple[Lane, ...]
    crossings: tuple[Lane, ...]
    closures: tuple[Lane, ...]
    red_km: float
    yellow_km: float
    by_rules: bool
    limit_km: float
    title: str

    @property
    def least_km(self) -> float:
        """Where the axis of distance begins: a power of ten below all that is above zero."""
        known = [self.red_km, *(one.km for one in self.marks if one.km > 0.0)]
        return min(1.0, 10.0 ** math.floor(math.log10(max(min(known), 1e-3))))

    def day(self, low: float, high: float, days: float) -> float:
        """Where a day lies between two pixels."""
        return low + (high - low) * days / self.length_days


def wide(scene: Timeline) -> Markup:
    """Time to the right, near below; lanes of decisions, crossings and closures under it."""
    height_of = LogScale(low=scene.least_km, high=scene.limit_km, left=BOTTOM, right=TOP)
    names, lanes, foot = _lanes(scene)
    height = foot + 22.0
    parts = [
        *_zones_wide(scene, height_of),
        *names,  # left of what is clipped when a part of the window is shown
        svg('<g clip-path="url(#tl-clip)">'),
        *_days(scene, foot),
        *lanes,
        *_runs(scene),
        *_marks_wide(scene, height_of),
        svg('<g class="now" data-t="0" data-y="0" hidden=""><path d="M0 {}V{}"/></g>', f"{TOP - 6:g}", f"{foot:g}"),
        Markup("</g>"),
        svg('<rect class="brush" x="0" y="{}" width="0" height="{}" hidden=""/>', f"{TOP:g}", f"{foot - TOP:g}"),
    ]
    return svg(
        '<svg class="tl tl-wide" viewBox="0 0 {} {}" data-x0="{}" data-x1="{}" data-days="{}" data-start="{}" '
        'role="group" aria-label="{}"><defs><clipPath id="tl-clip"><rect x="{}" y="0" width="{}" height="{}"/>'
        "</clipPath></defs>{}</svg>",
        WIDTH, f"{height:g}", f"{LEFT:g}", f"{RIGHT:g}", f"{scene.length_days:.6g}",
        scene.start.isoformat(timespec="seconds"), scene.title, f"{LEFT - 20:g}", f"{RIGHT - LEFT + 40:g}",
        f"{height:g}", joined(parts),
    )  # fmt: skip


def tall(scene: Timeline) -> Markup:
    """Time down, near to the left; only approaches and crossings, for a narrow window."""
    across = LogScale(low=scene.least_km, high=scene.limit_km, left=TALL_LEFT, right=TALL_RIGHT)
    foot = TALL_HEIGHT - 14.0
    parts = []
    for kind, low, high in (
        ("z-red", scene.least_km, scene.red_km), ("z-yellow", scene.red_km, scene.yellow_km)
    ):  # fmt: skip
        x, end = across(low), across(high)
        parts.append(svg('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>', kind, f"{x:.1f}", f"{TALL_TOP:g}",
                         f"{end - x:.1f}", f"{foot - TALL_TOP:g}"))  # fmt: skip
    for km in _ticks_km(scene):
        parts.append(svg('<path class="grid" d="M{} {}V{}"/>', f"{across(km):.1f}", f"{TALL_TOP:g}", f"{foot:g}"))
        words = f"{km:g} km" if km == _ticks_km(scene)[-1] else f"{km:g}"
        parts.append(text("tick", across(km), TALL_TOP - 8, words, "middle"))
    ticks = list(_midnights(scene))
    step = max(1, math.ceil(len(ticks) / 8))
    for days, at in ticks[::step]:
        y = scene.day(TALL_TOP, foot, days)
        parts.append(svg('<path class="grid" d="M{} {}H{}"/>', f"{TALL_LEFT:g}", f"{y:.1f}", f"{TALL_RIGHT:g}"))
        parts.append(text("tick", TALL_LEFT - 6, y + 4, f"{at.day} {_MONTHS[at.month - 1]}", "end"))
    for lane in scene.crossings:
        low, high = scene.day(TALL_TOP, foot, lane.start), scene.day(TALL_TOP, foot, lane.stop)
        parts.append(svg('<path class="xing" d="M{} {}V{}"><title>{}</title></path>', TALL_WIDTH - 6, f"{low:.1f}",
                         f"{max(high, low + 3.0):.1f}", lane.said))  # fmt: skip
    taken: list[tuple[float, float, float, float]] = []
    for one in _ordered(scene):
        x, y = across(one.km), scene.day(TALL_TOP, foot, one.days)
        named = _named(one, x, y, taken, TALL_LEFT, float(TALL_WIDTH))
        parts.append(_link(one, x, y, named, timed=False))
    return svg('<svg class="tl tl-tall" viewBox="0 0 {} {}" role="group" aria-label="{}">{}</svg>', TALL_WIDTH,
               TALL_HEIGHT, f"{scene.title}; time runs down", joined(parts))  # fmt: skip


def _zones_wide(scene: Timeline, height_of: LogScale) -> Iterator[Markup]:
    """The zones of both levels with their words, and the axis of distance."""
    wide_px, may = f"{RIGHT - LEFT:g}", " possible" if scene.by_rules else ""
    for kind, low, high, words in (
        ("red", scene.least_km, scene.red_km, f"red{may} below {scene.red_km:g} km"),
        ("yellow", scene.red_km, scene.yellow_km, f"yellow{may} below {scene.yellow_km:g} km"),
    ):
        bottom, top = height_of(low), height_of(high)
        yield svg('<rect class="z-{}" x="{}" y="{}" width="{}" height="{}"/>', kind, f"{LEFT:g}", f"{top:.1f}", wide_px,
                  f"{bottom - top:.1f}")  # fmt: skip
        yield text(f"zone zone-{kind}", RIGHT - 6, top + 14, words, "end")
    for km in _ticks_km(scene):
        y = height_of(km)
        yield svg('<path class="grid" d="M{} {}H{}"/>', f"{LEFT:g}", f"{y:.1f}", f"{RIGHT:g}")
        yield text("tick", LEFT - 14, y + 4, f"{km:g}", "end")
    yield text("tick", LEFT - 14, TOP - 12, "km", "end")


def _ticks_km(scene: Timeline) -> list[float]:
    """1, 3, 10, 30, 100 and their like between the ends of the axis."""
    low = round(math.log10(scene.least_km))
    steps = [factor * 10.0**power for power in range(low, 7) for factor in (1.0, 3.0)]
    return [float(f"{km:.3g}") for km in steps if scene.least_km <= km <= scene.limit_km * 1.001]


def _midnights(scene: Timeline) -> Iterator[tuple[float, datetime]]:
    """Each midnight of the window, UTC, with its days from the start."""
    at = scene.start.replace(hour=0, minute=0, second=0, microsecond=0)
    if at < scene.start:
        at += timedelta(days=1)
    while (days := (at - scene.start) / timedelta(days=1)) <= scene.length_days:
        yield days, at
        at += timedelta(days=1)


def _days(scene: Timeline, foot: float) -> Iterator[Markup]:
    """A line and a date for each day, for each seventh of a long window."""
    ticks = list(_midnights(scene))
    step = 1 if len(ticks) <= 30 else 7
    for index, (days, at) in enumerate(ticks[::step]):
        first = index == 0
        words = f"Sun {at.day}" if at.weekday() == 6 and not first else f"{at.day}"
        if first or at.day <= step:
            words += f" {_MONTHS[at.month - 1]}"
        weight = "tick b" if first or at.weekday() == 6 else "tick"
        yield svg('<g data-t="{}" data-y="0" transform="translate({} 0)"><path class="grid" d="M0 {}V{}"/>'
                  '<text class="{}" y="{}" text-anchor="{}">{}</text></g>', f"{days:.4f}",
                  f"{scene.day(LEFT, RIGHT, days):.1f}", f"{TOP:g}", f"{foot:g}", weight, f"{foot + 16:g}",
                  "middle", words)  # fmt: skip


def _lanes(scene: Timeline) -> tuple[list[Markup], list[Markup], float]:
    """Names and bars of the lanes below the approaches, and where these end; a lane without a bar takes no room."""
    names: list[Markup] = []
    parts: list[Markup] = []
    y = BOTTOM + 18.0
    for word, lanes in (("decide", scene.decisions), ("cross", scene.crossings), ("no uplink", scene.closures)):
        if not lanes:
            continue
        names.append(text("tick", LEFT - 10, y + 4, word, "end"))
        for lane in lanes:
            parts += _bar(scene, lane, y, word)
            y += _PITCH
        y += 4.0
    return names, parts, y


def _bar(scene: Timeline, lane: Lane, y: float, word: str) -> Iterator[Markup]:
    """One bar, its name behind it; of a decision thick while it is open, then a tick, then thin to the approach."""
    level = f" l-{lane.level.value}" if lane.level is not None else ""
    kind = {"decide": "win", "cross": "xing", "no uplink": "shut"}[word]
    open_until = lane.until if lane.until is not None else lane.stop
    if open_until > lane.start:
        yield _span(scene, f"{kind}{level}", lane.start, open_until, y, lane.said)
    if lane.until is not None:
        yield _span(scene, f"wait{level}", max(lane.until, lane.start), lane.stop, y, lane.said)
        yield svg('<path class="due{}" data-t="{}" data-y="{}" transform="translate({} {})" d="M0-6V6"/>', level,
                  f"{lane.until:.4f}", f"{y:g}", f"{scene.day(LEFT, RIGHT, lane.until):.1f}", f"{y:g}")  # fmt: skip
    yield _lane_name(scene, lane, y)


def _lane_name(scene: Timeline, lane: Lane, y: float) -> Markup:
    """Behind the bar, before it, or over it where it fills the window."""
    width = _LETTER * len(lane.name)
    start, stop = scene.day(LEFT, RIGHT, lane.start), scene.day(LEFT, RIGHT, lane.stop)
    kind, at, dx, anchor = "lab", lane.stop, 7, "start"
    if stop + 8 + width > RIGHT:
        at, dx, anchor = lane.start, -7, "end"
        if start - width < LEFT:
            kind, dx, anchor = "lab over", 12, "start"
    return svg('<text class="{}" data-t="{}" data-y="{}" data-dx="{}" text-anchor="{}" transform="translate({} {})">{}'
               "</text>", kind, f"{at:.4f}", f"{y + 4:g}", dx, anchor, f"{scene.day(LEFT, RIGHT, at) + dx:.1f}",
               f"{y + 4:g}", lane.name)  # fmt: skip


def _span(scene: Timeline, kind: str, start: float, stop: float, y: float, said: str) -> Markup:
    low, high = scene.day(LEFT, RIGHT, start), scene.day(LEFT, RIGHT, stop)
    return svg('<path class="{}" data-a="{}" data-b="{}" data-y="{}" d="M{} {}H{}"><title>{}</title></path>', kind,
               f"{start:.4f}", f"{stop:.4f}", f"{y:g}", f"{low:.1f}", f"{y:g}", f"{max(high, low + 3.0):.1f}",
               said)  # fmt: skip


def _runs(scene: Timeline) -> Iterator[Markup]:
    """Many green approaches of one pair, one soon after the other, are named once above them."""
    free_from = LEFT
    for first, run in sorted(_found_runs(scene), key=lambda entry: entry[0]):
        words = f"{run[0].pair}: {len(run)} in {_hours(run[-1].days - first)}"
        middle = (first + run[-1].days) / 2.0
        x, half = scene.day(LEFT, RIGHT, middle), _LETTER * len(words) / 2.0
        if x - half < free_from or x + half > RIGHT:
            continue
        free_from = x + half + 8.0
        yield svg('<text class="lab" data-t="{}" data-y="{}" text-anchor="middle" transform="translate({} {})">{}'
                  "</text>", f"{middle:.4f}", "12", f"{x:.1f}", "12", words)  # fmt: skip


def _found_runs(scene: Timeline) -> Iterator[tuple[float, list[TimelineMark]]]:
    by_pair: dict[str, list[TimelineMark]] = {}
    for one in sorted(scene.marks, key=lambda item: item.days):
        if one.level is Level.GREEN:
            by_pair.setdefault(one.pair, []).append(one)
    for found in by_pair.values():
        run: list[TimelineMark] = []
        for one in found:
            if run and one.days - run[-1].days > _RUN_GAP_DAYS:
                if len(run) >= _RUN:
                    yield run[0].days, run
                run = []
            run.append(one)
        if len(run) >= _RUN:
            yield run[0].days, run


def _hours(days: float) -> str:
    return f"{days * 24.0:.0f} h" if days < 2.0 else f"{days:.0f} d"


def _ordered(scene: Timeline) -> list[TimelineMark]:
    """In the order of time, in which keys move among them."""
    return sorted(scene.marks, key=lambda one: one.days)


def _marks_wide(scene: Timeline, height_of: LogScale) -> Iterator[Markup]:
    """Green marks first, so that red and yellow ones lie above them; names of the latter where they cover nothing."""
    places = {
        id(one): (scene.day(LEFT, RIGHT, one.days), height_of(max(one.km, scene.least_km))) for one in scene.marks
    }
    taken: list[tuple[float, float, float, float]] = []
    names = {
        id(one): _named(one, *places[id(one)], taken, LEFT, RIGHT + 8.0)
        for one in sorted(scene.marks, key=lambda item: (-SEVERITY[item.level], item.km))
    }
    for one in sorted(_ordered(scene), key=lambda item: SEVERITY[item.level]):
        x, y = places[id(one)]
        reach = Markup("")
        if one.reach_km is not None:
            low, high = (height_of(max(km, scene.least_km)) for km in one.reach_km)
            reach = svg('<path class="reach" d="M0 {}V{}"/>', f"{high - y:.1f}", f"{low - y:.1f}")
        yield _link(one, x, y, reach + names[id(one)])


def _named(
    one: TimelineMark,
    x: float,
    y: float,
    taken: list[tuple[float, float, float, float]],
    low: float,
    high: float,
) -> Markup:
    """The name of a red or yellow mark on the first side where it covers no other name and no edge."""
    if one.level is Level.GREEN:
        return Markup("")
    words = f"{one.pair} {one.miss}"
    width = _LETTER * len(words)
    for anchor, dx, dy, left in (
        ("start", 10, 4, x + 10), ("end", -10, 4, x - 10 - width), ("middle", 0, -10, x - width / 2),
        ("middle", 0, 19, x - width / 2), ("start", 2, -10, x + 2), ("end", -2, -10, x - 2 - width),
    ):  # fmt: skip
        box = left, y + dy - 11.0, left + width, y + dy + 3.0
        inside = low <= box[0] and box[2] <= high
        if inside and not any(
            box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3] for other in taken
        ):
            taken.append(box)
            return svg('<text class="lab b" x="{}" y="{}" text-anchor="{}">{}</text>', dx, dy, anchor, words)
    return Markup("")


def _link(one: TimelineMark, x: float, y: float, more: Markup, *, timed: bool = True) -> Markup:
    """A mark that leads to its page, with a circle wide enough for a finger."""
    place = svg(' data-t="{}" data-y="{}"', f"{one.days:.4f}", f"{y:.1f}") if timed else Markup("")
    return svg(
        '<a class="ev" href="{}"{} transform="translate({} {})"><title>{}</title><circle class="hit" r="11"/>{}{}</a>',
        one.href, place, f"{x:.1f}", f"{y:.1f}", one.said, mark(one.level, 0.0, 0.0), more,
    )  # fmt: skip
