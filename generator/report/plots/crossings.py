"""Where two orbits cross: how near the arcs pass and how far apart in time, revolution by revolution."""

from __future__ import annotations

import math
from statistics import median
from typing import Final

import numpy as np

from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import SEVERITY, Level
from nearpass.record.pairing import limits_of
from nearpass.record.record import CrossingRecord, CycleRecord, PairRecord, Span
from nearpass.report.plots.crossings_drawing import BranchLine, CrossingsDrawing, Limits, WorstCrossing
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.style import day_text, days_between, minute_text, short

_LEAST_ROOM_S: Final = 21_600.0
_MOST_POINTS: Final = 400
"""Of more crossings than this only the most urgent of every few revolutions is drawn; the data hold all."""


def crossings_of(record: CycleRecord, pair: PairRecord) -> list[tuple[Epoch, CrossingRecord]]:
    """The pair's crossings that have a date, by it: the primary's passage, or the secondary's where that is unknown."""
    ids = {pair.primary, pair.secondary}
    dated = [
        (crossing.passage_primary or crossing.passage_secondary, crossing)
        for crossing in record.crossings
        if {crossing.primary, crossing.secondary} == ids
    ]
    return sorted(((when, crossing) for when, crossing in dated if when is not None), key=lambda item: item[0])


def crossings_plot(record: CycleRecord, pair: PairRecord) -> Plot | None:
    """OXD and OXT over the window; None where no crossing with a date was found."""
    found = crossings_of(record, pair)
    if not found:
        return None
    shown = _shown(record.window, found)
    start = shown.start
    branches = _branches(start, found)
    when, worst = min(found, key=_urgency)
    radius_km = worst.oxd_km - worst.surface_km if worst.surface_km is not None else 0.0
    thresholds = _thresholds(record, pair, radius_km)
    listed_km = record.thresholds.crossing_limit_km + radius_km
    note = " ".join(filter(None, (_unknown_note(worst), "Thresholds count from the surface." if radius_km else "")))
    return Plot(
        name=f"pair-{pair.primary}-{pair.secondary}-crossings",
        kind="crossings",
        title=f"Orbit crossings of {pair.primary} and {pair.secondary}, {minute_text(found[0][0])} to "
        f"{minute_text(found[-1][0])} UTC",
        alt=_alt(found, branches, thresholds, listed_km, note),
        caption=(
            "OXD is how near the two arcs pass in one revolution, whenever each object is there; OXT is how long after "
            "the primary the secondary passes. Both must be small for a close approach. "
            f"The mark is the most severe crossing.{_drawn_note(len(found))}"
        ),
        columns=("date_utc", "branch", "passage_primary_utc", "passage_secondary_utc", "oxd_km", "oxt_s",
                 "timing_sigma_s", "level"),
        rows=tuple(
            (
                _utc(date), str(item.branch), _utc(item.passage_primary), _utc(item.passage_secondary), item.oxd_km,
                item.oxt_s, item.timing_sigma_s, str(item.level),
            )
            for date, item in found
        ),
        drawing=CrossingsDrawing(
            heading=f"{pair.primary} – {pair.secondary}",
            subheading=_subheading(found, thresholds),
            shown=shown,
            branches=branches,
            thresholds=thresholds,
            listed_km=listed_km,
            worst=WorstCrossing(
                days=days_between(start, when),
                oxd_km=worst.oxd_km,
                oxt_s=worst.oxt_s,
                level=worst.level,
                text=_worst_text(when, worst),
            ),
            note=note,
        ),
    )  # fmt: skip


def _shown(window: Span, found: list[tuple[Epoch, CrossingRecord]]) -> Span:
    """The window, or the days with crossings and some room about them where these are but a small part of it."""
    first, last = found[0][0], found[-1][0]
    room_s = max(0.1 * (last - first), _LEAST_ROOM_S)
    if last - first + 2.0 * room_s > window.length_s / 2.0:
        return window
    return Span(start=max(window.start, first + -room_s), stop=min(window.stop, last + room_s))


def _subheading(found: list[tuple[Epoch, CrossingRecord]], thresholds: Limits) -> str:
    """What is drawn, and when the orbits are within the most severe threshold that they come within."""
    for value_km, _, text in thresholds:
        below = [when for when, crossing in found if crossing.oxd_km < value_km]
        if below:
            first, last = (day_text(when.datetime_utc()) for when in (below[0], below[-1]))
            return (
                f"Orbit crossings · below {text} {first} – {last}"
                if first != last
                else (f"Orbit crossings · below {text} on {first}")
            )
    return "Orbit crossings"


def _utc(epoch: Epoch | None) -> str | None:
    return None if epoch is None else f"{epoch.iso(digits=3)}Z"


def _urgency(item: tuple[Epoch, CrossingRecord]) -> tuple[int, float]:
    """Most severe first, then the smallest miss that follows from OXD and OXT, or the smallest OXD without a timing."""
    crossing = item[1]
    apart_km = crossing.oxd_km if crossing.straight_line_cad_km is None else crossing.straight_line_cad_km
    return -SEVERITY[crossing.level], apart_km


def _worst_text(when: Epoch, crossing: CrossingRecord) -> str:
    timing = "" if crossing.oxt_s is None else f", {short(crossing.oxt_s)} s"
    return f"{short(crossing.oxd_km)} km{timing}, {minute_text(when)}"


def _thresholds(record: CycleRecord, pair: PairRecord, radius_km: float) -> Limits:
    """Between centres, as OXD is; the text names what was configured, from the surface of a natural body."""
    limits = limits_of(record, pair.primary, pair.secondary)
    pairs = ((limits.red_oxd_km, Level.RED), (limits.yellow_oxd_km, Level.YELLOW))
    return tuple((value + radius_km, level, f"{level} {value:g} km") for value, level in pairs if value is not None)


def _unknown_note(crossing: CrossingRecord) -> str:
    """Why there is no timing."""
    passages = ((crossing.primary, crossing.passage_primary), (crossing.secondary, crossing.passage_secondary))
    lost = [name for name, passage in passages if passage is None]
    return f"No timing: the position of {lost[0]} along its orbit is unknown." if lost else ""


def _branches(start: Epoch, found: list[tuple[Epoch, CrossingRecord]]) -> tuple[BranchLine, ...]:
    """The branches by number, named by the latitude of the primary's point; of very many crossings the worst."""
    lines = []
    each = math.ceil(len(found) / _MOST_POINTS)
    numbers = sorted({crossing.branch for _, crossing in found})
    for number in numbers:
        every = [(when, crossing) for when, crossing in found if crossing.branch == number]
        own = [min(every[first : first + each], key=_urgency) for first in range(0, len(every), each)]
        latitude_deg = median(crossing.primary_latitude_deg for _, crossing in own)
        side = "N" if latitude_deg >= 0 else "S"
        lines.append(
            BranchLine(
                name=f"{'branch ' if len(numbers) < 3 else ''}{number}: {abs(latitude_deg):.0f}° {side}",
                days=np.array([days_between(start, when) for when, _ in own]),
                oxd_km=np.array([crossing.oxd_km for _, crossing in own]),
                oxt_s=np.array([crossing.oxt_s for _, crossing in own], dtype=np.float64),
                sigma_s=np.array([crossing.timing_sigma_s for _, crossing in own], dtype=np.float64),
            )
        )
    return tuple(lines)


def _drawn_note(count: int) -> str:
    each = math.ceil(count / _MOST_POINTS)
    return "" if each == 1 else f" Of every {each} revolutions the most urgent crossing is drawn."


def _counted(count: int, word: str, plural: str) -> str:
    return f"{count} {word}{'' if count == 1 else plural}"


def _between(first: Epoch, last: Epoch) -> str:
    return minute_text(first) if first == last else f"{minute_text(first)} to {minute_text(last)}"


def _alt(
    found: list[tuple[Epoch, CrossingRecord]],
    branches: tuple[BranchLine, ...],
    thresholds: Limits,
    listed_km: float,
    note: str,
) -> str:
    nearest_at, nearest = min(found, key=lambda item: item[1].oxd_km)
    counts = f"{_counted(len(found), 'crossing', 's')} of the two orbits below {listed_km:g} km"
    parts = [
        f"{counts} on {_counted(len(branches), 'branch', 'es')}, {_between(found[0][0], found[-1][0])} UTC.",
        f"OXD is least on {minute_text(nearest_at)}, {short(nearest.oxd_km)} km.",
    ]
    for value_km, _, text in thresholds:
        below = [when for when, crossing in found if crossing.oxd_km < value_km]
        if below:
            parts.append(f"Below {text}: {_between(below[0], below[-1])}, {_counted(len(below), 'crossing', 's')}.")
    when, worst = min(found, key=_urgency)
    if worst.oxt_s is None:
        parts.append(note)
    else:
        sigma = "" if worst.timing_sigma_s is None else f", one timing sigma {short(worst.timing_sigma_s)} s"
        parts.append(
            f"Most severe ({worst.level}): {minute_text(when)}, OXD {short(worst.oxd_km)} km, OXT "
            f"{short(worst.oxt_s)} s{sigma}."
        )
    return " ".join(part for part in parts if part)
