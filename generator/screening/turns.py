"""From decided parts to the turns of the distance: where it stops falling, and where it stops rising.

The directions of all parts of a pair, in order of time, form one row of signs. Every change from falling to rising is
a minimum and every change back a maximum, wherever it lies: inside a part, on a border, at an end of the coverage, or
at a joint of two arcs; a flat stretch in between belongs to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nearpass.screening.interpolants import Interpolants
from nearpass.screening.subdivision import FLAT_KM, UNIT, Leaves, Pairs

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
SignArray = NDArray[np.int8]
BoolArray = NDArray[np.bool_]

# Places in the row of signs of one leaf: how the distance comes in, its directions, how it goes on.
_BEFORE, _START, _STOP, _AFTER = range(4)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Turns:
    """Minima and maxima of a block of pairs, in order of pair and time, alternating.

    Each lies between ``left_s`` and ``right_s``, which are equal where it lies on a border; ``interval`` tells the arcs
    that hold there. ``at_boundary``: at an end of arcs or window. ``flat``: somewhere in a part that is flat.
    ``hidden``: a maximum of unknown height, in uncovered time or farther away than matters.
    """

    pair: IndexArray
    interval: IndexArray
    left_s: FloatArray
    right_s: FloatArray
    is_minimum: BoolArray
    at_boundary: BoolArray
    flat: BoolArray
    hidden: BoolArray

    def taken(self, rows: NDArray[np.intp]) -> Self:
        """The turns at these rows, in the order of the rows."""
        return type(self)(**{name: getattr(self, name)[rows] for name in Turns.__slots__})


def find_turns(fleet: Interpolants, pairs: Pairs, leaves: Leaves) -> Turns:
    """Where the distance of each pair stops falling or rising: its minima and maxima inside the intervals searched."""
    signs = _signs(fleet, pairs, leaves)
    place = np.flatnonzero(signs)
    sign = signs.ravel()[place]
    turn = np.flatnonzero(sign[1:] != sign[:-1])
    before, slot_before = np.divmod(place[turn], 4)
    after, slot_after = np.divmod(place[turn + 1], 4)
    first_between = before + (slot_before != _BEFORE)
    last_between = after - (slot_after != _AFTER)
    inside = (before == after) & (slot_before == _START) & (slot_after == _STOP)
    sharp = first_between > last_between  # no flat part in between
    at_start = (slot_after == _START) & (slot_before == _BEFORE)
    rows = np.where(at_start, after, before)
    left_s, right_s = times_s(fleet, leaves, rows)
    left_s = np.where(at_start | inside, left_s, right_s)
    right_s = np.where(at_start, left_s, right_s)
    at_end = ~inside & np.where(at_start, _ends(fleet, pairs, leaves, rows, -1), _ends(fleet, pairs, leaves, rows, 1))
    is_minimum = sign[turn] < 0
    hidden = ~is_minimum & (slot_before == _AFTER)
    on_border = ~inside & ~at_end & (slot_before == _STOP) & (slot_after == _START)
    keep = np.flatnonzero(sharp & (hidden | inside | at_end | on_border))  # else it borders on what was apart
    simple = Turns(
        pair=leaves.pair[rows],
        interval=leaves.interval[rows],
        left_s=left_s,
        right_s=right_s,
        is_minimum=is_minimum,
        at_boundary=at_end,
        flat=np.zeros(len(rows), dtype=bool),
        hidden=hidden,
    ).taken(keep)
    in_flat, at_leaf = _turns_in_flat_runs(fleet, leaves, signs)
    order = np.argsort(np.concatenate([2.0 * place[turn[keep]] + 1.0, 8.0 * at_leaf + 3.0]), kind="stable")
    return Turns(
        **{name: np.concatenate([getattr(simple, name), getattr(in_flat, name)]) for name in Turns.__slots__}
    ).taken(order)


def _signs(fleet: Interpolants, pairs: Pairs, leaves: Leaves) -> SignArray:
    """Per leaf ``(n, 4)``: how the distance comes in, its direction at start and stop, how it goes on.

    It falls in from uncovered or distant time and rises again into it; at a joint it jumps; else 0.
    """
    count = len(leaves.pair)
    signs = np.zeros((count, 4), dtype=np.int8)
    signs[:, _START], signs[:, _STOP] = leaves.at_start, leaves.at_stop
    touches = (leaves.pair[1:] == leaves.pair[:-1]) & (leaves.stop[:-1] == leaves.start[1:])
    signs[:, _BEFORE][np.flatnonzero(~np.append(False, touches)[:count])] = -1
    signs[:, _AFTER][np.flatnonzero(~np.append(touches, False)[:count])] = 1
    joint = np.flatnonzero(touches & _ends(fleet, pairs, leaves, np.arange(len(touches)), 1))
    pair, at_s = leaves.pair[joint], times_s(fleet, leaves, joint)[1]
    jump_km = distance_km(fleet, pairs, pair, leaves.interval[joint + 1], at_s)
    jump_km -= distance_km(fleet, pairs, pair, leaves.interval[joint], at_s)
    signs[joint + 1, _BEFORE] = np.where(np.abs(jump_km) > FLAT_KM, np.sign(jump_km), 0.0)
    return signs


def _turns_in_flat_runs(fleet: Interpolants, leaves: Leaves, signs: SignArray) -> tuple[Turns, IndexArray]:
    """Lowest and highest parts of flat runs, as the directions before and after the run demand, and their leaves."""
    flat = np.flatnonzero(leaves.at_start == 0)
    opens = np.flatnonzero((np.diff(flat, prepend=-2) != 1) | (signs[flat, _BEFORE] != 0))
    row = signs.ravel()
    chosen: list[int] = []
    lowest: list[bool] = []
    for first, last in zip(flat[opens], flat[np.append(opens[1:], len(flat))[: len(opens)] - 1], strict=True):
        before, after = _sign_beyond(row, 4 * int(first), -1), _sign_beyond(row, 4 * int(last) + 3, 1)
        values = [-before * np.inf, *leaves.middle_km[first : last + 1].tolist(), after * np.inf]
        minima = prominent_minima(values, FLAT_KM)
        turns = _with_maxima_between(values, minima)
        chosen += [int(first) + position - 1 for position, _ in turns]
        lowest += [low for _, low in turns]
    rows = np.array(chosen, dtype=np.intp)
    left_s, right_s = times_s(fleet, leaves, rows)
    turns_found = Turns(
        pair=leaves.pair[rows],
        interval=leaves.interval[rows],
        left_s=left_s,
        right_s=right_s,
        is_minimum=np.array(lowest, dtype=bool),
        at_boundary=np.zeros(len(rows), dtype=bool),
        flat=np.ones(len(rows), dtype=bool),
        hidden=np.zeros(len(rows), dtype=bool),
    )
    return turns_found, rows


def _sign_beyond(row: SignArray, position: int, step: int) -> int:
    """The nearest sign that is not zero from a place on; the first and the last of the row never are."""
    while row[position] == 0:
        position += step
    return int(row[position])


def prominent_minima(values: Sequence[float], least: float) -> list[int]:
    """Positions of the minima of a row that lie more than ``least`` below the row on both sides.

    Between two of them the row rises by more than ``least`` above the higher one. The first and the last value only
    say how the row goes on: infinity for a rise, minus infinity for a fall.
    """
    found: list[int] = []
    falling, highest, lowest = False, values[0], 0
    for position, value in enumerate(values):
        if falling:
            if value < values[lowest]:
                lowest = position
            elif value - values[lowest] > least:
                found.append(lowest)
                falling, highest = False, value
        elif value > highest:
            highest = value
        elif highest - value > least:
            falling, lowest = True, position
    return found


def _with_maxima_between(values: Sequence[float], minima: list[int]) -> list[tuple[int, bool]]:
    """Turns of a row (position, whether a minimum): its minima, and the highest place on each side of each.

    A side that goes on rising has no highest place.
    """
    stops = [0, *minima, len(values) - 1]
    turns: list[tuple[int, bool]] = []
    for left, right in pairwise(stops):
        rises_to_the_left = left == 0 and values[0] > 0.0
        rises_to_the_right = right == len(values) - 1 and values[-1] > 0.0
        if not (rises_to_the_left or rises_to_the_right) and right - left > 1:
            turns.append((max(range(left + 1, right), key=values.__getitem__), False))
        if right < len(values) - 1:
            turns.append((right, True))
    return turns


def times_s(fleet: Interpolants, leaves: Leaves, rows: IndexArray) -> tuple[FloatArray, FloatArray]:
    """Start and stop of leaves in seconds from the epoch."""
    interval = leaves.interval[rows]
    start_s, stop_s = fleet.edges_s[interval], fleet.edges_s[interval + 1]
    zero = interval.astype(np.int64) * UNIT
    ends_s = []
    for key in (leaves.start[rows] - zero, leaves.stop[rows] - zero):
        inside_s = start_s + (stop_s - start_s) * (key / UNIT)
        ends_s.append(np.where(key == UNIT, stop_s, inside_s))
    return ends_s[0], ends_s[1]


def _ends(fleet: Interpolants, pairs: Pairs, leaves: Leaves, rows: IndexArray, side: int) -> BoolArray:
    """Whether a leaf starts (side -1) or stops (side 1) where an arc of either object does, or the window."""
    pair, interval = leaves.pair[rows], leaves.interval[rows]
    key = (leaves.start if side < 0 else leaves.stop)[rows]
    beyond = np.clip(interval + side, 0, len(fleet.edges_s) - 2)
    same = beyond != interval
    for objects in (pairs.first[pair], pairs.second[pair]):
        same &= fleet.arc_number[objects, beyond] == fleet.arc_number[objects, interval]
    return np.asarray((key % UNIT == 0) & ~same)


def relative(
    fleet: Interpolants, pairs: Pairs, pair: IndexArray, interval: IndexArray, offsets_s: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Position in km and velocity in km/s of the second object less the first, each ``(n, 3)``, on the arcs."""
    both = np.concatenate([pairs.first[pair], pairs.second[pair]])
    position_km, velocity_km_s = fleet.states(both, np.tile(interval, 2), np.tile(offsets_s, 2))
    n = len(pair)
    return position_km[n:] - position_km[:n], velocity_km_s[n:] - velocity_km_s[:n]


def distance_km(
    fleet: Interpolants, pairs: Pairs, pair: IndexArray, interval: IndexArray, offsets_s: FloatArray
) -> FloatArray:
    """Distances ``(n,)`` on the arcs."""
    return np.asarray(np.linalg.norm(relative(fleet, pairs, pair, interval, offsets_s)[0], axis=1))
