"""From decided parts to times of closest approach.

The directions of all parts of a pair, in order of time, form one row of signs. Every change from falling to rising is
a minimum, wherever it lies: inside a part, on a border, at an end of the coverage, or at a joint of two arcs; a flat
stretch in between belongs to it. Each is then found on the arcs themselves, not on their interpolants.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import elementwise

from generator.screening.fleet import Fleet
from generator.screening.subdivision import RESOLUTION_KM, UNIT, Leaves, Pairs

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

_TIME_TOLERANCE_S: Final = 1e-9
_FIRST_REACH: Final = 1e-6  # of a part's length: how far from the interpolant's extremum the arcs' is looked for
_REACHES: Final = 8  # each eight times as far as the one before
_BETWEEN: Final = 33  # places at which the rise between two minima is taken


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Minima:
    """Local minima of a block of pairs in order of pair and time, on the arcs themselves.

    ``interval`` tells which arcs hold there. ``confirmed`` is False for those that the interpolants have and the arcs
    have not: they are shallower than the fit error.
    """

    pair: IndexArray
    interval: IndexArray
    offset_s: FloatArray
    miss_km: FloatArray
    at_boundary: BoolArray
    confirmed: BoolArray

    def taken(self, rows: IndexArray) -> Minima:
        """Some of them, in this order."""
        return Minima(**{name: getattr(self, name)[rows] for name in Minima.__slots__})


def find_minima(fleet: Fleet, pairs: Pairs, leaves: Leaves) -> Minima:
    """Every minimum that the leaves hold."""
    candidates = _candidates(fleet, pairs, leaves)
    return _refined(fleet, pairs, candidates)


def prominent_minima(values: Sequence[float], least: float) -> list[int]:
    """Positions of the minima of a row that lie deeper than ``least`` below the row on both sides.

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Candidates:
    """Brackets ``left_s <= right_s`` in one interval; equal on a border, and final where ``at_boundary``."""

    pair: IndexArray
    interval: IndexArray
    left_s: FloatArray
    right_s: FloatArray
    at_boundary: BoolArray
    flat: BoolArray


def _candidates(fleet: Fleet, pairs: Pairs, leaves: Leaves) -> _Candidates:
    signs = _signs(fleet, pairs, leaves)
    place = np.flatnonzero(signs)
    sign = signs.ravel()[place]
    turn = np.flatnonzero((sign[:-1] < 0) & (sign[1:] > 0)) if len(sign) else np.empty(0, dtype=np.intp)
    leaf_before, slot_before = np.divmod(place[turn], 4)
    leaf_after, slot_after = np.divmod(place[turn + 1], 4)
    flat_run = (leaf_after + (slot_after == 3)) - (leaf_before + (slot_before != 0)) > 0
    inside = (slot_before == 1) & (slot_after == 2)
    flat_run &= ~inside
    at_start = ~flat_run & (slot_before == 0)
    at_stop = ~flat_run & ~at_start & ~inside
    rows = np.where(at_start, leaf_after, leaf_before)
    left_s, right_s = times_s(fleet, leaves, rows)
    left_s = np.where(at_stop, right_s, left_s)
    right_s = np.where(at_start, left_s, right_s)
    ends_here = np.where(at_start, _ends(fleet, pairs, leaves, rows, -1), _ends(fleet, pairs, leaves, rows, 1))
    border = at_stop & (slot_after == 1) & ~ends_here
    boundary = (at_start | at_stop) & ends_here
    keep = inside | border | boundary  # the rest borders on what was apart
    smooth = _Candidates(
        pair=leaves.pair[rows[keep]],
        interval=leaves.interval[rows[keep]],
        left_s=left_s[keep],
        right_s=right_s[keep],
        at_boundary=boundary[keep],
        flat=np.zeros(int(keep.sum()), dtype=bool),
    )
    return _joined(smooth, _flat_candidates(fleet, leaves, signs))


def _signs(fleet: Fleet, pairs: Pairs, leaves: Leaves) -> NDArray[np.int8]:
    """Per leaf: how the distance comes in, its direction at start and stop, how it goes on.

    It falls in from uncovered or distant time and rises again into it; at a joint it jumps.
    """
    count = len(leaves.pair)
    signs = np.zeros((count, 4), dtype=np.int8)
    signs[:, 1], signs[:, 2] = leaves.at_start, leaves.at_stop
    touches = (leaves.pair[1:] == leaves.pair[:-1]) & (leaves.stop[:-1] == leaves.start[1:])
    signs[:, 0] = np.where(np.append(False, touches), 0, -1)[:count]
    signs[:, 3] = np.where(np.append(touches, False), 0, 1)[:count]
    joint = np.flatnonzero(touches & _ends(fleet, pairs, leaves, np.arange(count - 1), 1)) if count > 1 else []
    if len(joint):
        at_s = times_s(fleet, leaves, joint)[1]
        jump_km = distance_km(fleet, pairs, leaves.pair[joint], leaves.interval[joint + 1], at_s)
        jump_km -= distance_km(fleet, pairs, leaves.pair[joint], leaves.interval[joint], at_s)
        signs[joint + 1, 0] = np.where(np.abs(jump_km) > RESOLUTION_KM, np.sign(jump_km), 0)
    return signs


def _flat_candidates(fleet: Fleet, leaves: Leaves, signs: NDArray[np.int8]) -> _Candidates:
    """The lowest part of each flat run that the distance falls into and rises from, or of each valley in it."""
    flat = np.flatnonzero(leaves.at_start == 0)
    firsts = np.flatnonzero((np.diff(flat, prepend=-2) != 1) | (signs[flat, 0] != 0))
    lasts = np.append(firsts[1:], len(flat))[: len(firsts)] - 1
    rows: list[int] = []
    row_of_signs = signs.ravel()
    for first, last in zip(flat[firsts], flat[lasts], strict=True):
        before = _nonzero(row_of_signs, 4 * first + 1, -1)
        after = _nonzero(row_of_signs, 4 * last + 2, 1)
        values = [-before * np.inf, *leaves.middle_km[first : last + 1].tolist(), after * np.inf]
        rows += [int(first) + found - 1 for found in prominent_minima(values, RESOLUTION_KM)]
    chosen = np.array(rows, dtype=np.intp)
    left_s, right_s = times_s(fleet, leaves, chosen)
    return _Candidates(
        pair=leaves.pair[chosen],
        interval=leaves.interval[chosen],
        left_s=left_s,
        right_s=right_s,
        at_boundary=np.zeros(len(chosen), dtype=bool),
        flat=np.ones(len(chosen), dtype=bool),
    )


def _nonzero(row: NDArray[np.int8], position: int, step: int) -> int:
    """The next sign that is not zero; the ends of the row are never zero."""
    while row[position] == 0:
        position += step
    return int(row[position])


def times_s(fleet: Fleet, leaves: Leaves, rows: IndexArray) -> tuple[FloatArray, FloatArray]:
    """Start and stop of leaves in seconds from the epoch."""
    interval = leaves.interval[rows]
    start_s, stop_s = fleet.edges_s[interval], fleet.edges_s[interval + 1]
    zero = interval.astype(np.int64) * UNIT
    ends_s = []
    for key in (leaves.start[rows] - zero, leaves.stop[rows] - zero):
        inside_s = start_s + (stop_s - start_s) * (key / UNIT)
        ends_s.append(np.where(key == UNIT, stop_s, inside_s))
    return ends_s[0], ends_s[1]


def _ends(fleet: Fleet, pairs: Pairs, leaves: Leaves, rows: IndexArray, side: int) -> BoolArray:
    """Whether a leaf starts (side -1) or stops (side 1) where an arc of either object does, or the window."""
    pair, interval = leaves.pair[rows], leaves.interval[rows]
    key = (leaves.start if side < 0 else leaves.stop)[rows]
    beyond = np.clip(interval + side, 0, len(fleet.edges_s) - 2)
    same = beyond != interval
    for objects in (pairs.first[pair], pairs.second[pair]):
        same &= fleet.arc_number[objects, beyond] == fleet.arc_number[objects, interval]
    return np.asarray((key % UNIT == 0) & ~same)


def _joined(one: _Candidates, other: _Candidates) -> _Candidates:
    names = _Candidates.__slots__
    return _Candidates(**{name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in names})


def relative(
    fleet: Fleet, pairs: Pairs, pair: IndexArray, interval: IndexArray, offsets_s: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Position in km and velocity in km/s of the second object less the first, each ``(n, 3)``, on the arcs."""
    both = np.concatenate([pairs.first[pair], pairs.second[pair]])
    position_km, velocity_km_s = fleet.states(both, np.tile(interval, 2), np.tile(offsets_s, 2))
    n = len(pair)
    return position_km[n:] - position_km[:n], velocity_km_s[n:] - velocity_km_s[:n]


def distance_km(
    fleet: Fleet, pairs: Pairs, pair: IndexArray, interval: IndexArray, offsets_s: FloatArray
) -> FloatArray:
    """Distances ``(n,)`` on the arcs."""
    return np.asarray(np.linalg.norm(relative(fleet, pairs, pair, interval, offsets_s)[0], axis=1))


def _refined(fleet: Fleet, pairs: Pairs, found: _Candidates) -> Minima:
    """Each candidate on the arcs: a bracket around the interpolants' extremum, then its root of r . v."""
    offset_s = 0.5 * (found.left_s + found.right_s)
    at_boundary = found.at_boundary.copy()
    confirmed = np.ones(len(offset_s), dtype=bool)
    rows = np.flatnonzero(~found.at_boundary)

    def closing(offsets_s: FloatArray, row: IndexArray) -> FloatArray:
        shape, row = offsets_s.shape, row.ravel()
        r_km, v_km_s = relative(fleet, pairs, found.pair[row], found.interval[row], offsets_s.ravel())
        return np.asarray(np.einsum("ni,ni->n", r_km, v_km_s).reshape(shape))

    left_s, right_s, limits_s = _brackets(fleet, pairs, found, rows, closing)
    falls, rises = closing(left_s, rows) < 0.0, closing(right_s, rows) > 0.0
    turns = falls & rises
    if turns.any():
        bracket = left_s[turns], right_s[turns]
        root = elementwise.find_root(
            closing, bracket, args=(rows[turns],), tolerances={"xatol": _TIME_TOLERANCE_S, "xrtol": 0.0}
        )
        offset_s[rows[turns]] = root.x
    at_left, at_right = rises & ~falls & (left_s <= limits_s[0]), falls & ~rises & (right_s >= limits_s[1])
    offset_s[rows[at_left]], offset_s[rows[at_right]] = left_s[at_left], right_s[at_right]
    at_boundary[rows[at_left | at_right]] = True
    confirmed[rows] = turns | at_left | at_right | found.flat[rows]
    miss_km = distance_km(fleet, pairs, found.pair, found.interval, offset_s)
    order = np.lexsort((offset_s, found.pair))
    return Minima(
        pair=found.pair,
        interval=found.interval,
        offset_s=offset_s,
        miss_km=miss_km,
        at_boundary=at_boundary,
        confirmed=confirmed,
    ).taken(order)


def _brackets(
    fleet: Fleet,
    pairs: Pairs,
    found: _Candidates,
    rows: IndexArray,
    closing: Callable[[FloatArray, IndexArray], FloatArray],
) -> tuple[FloatArray, FloatArray, tuple[FloatArray, FloatArray]]:
    """Times before and after which r . v is negative and positive on the arcs, and the ends of those arcs."""
    left_s, right_s = found.left_s[rows].copy(), found.right_s[rows].copy()
    arcs = [
        fleet.arc_number[objects[found.pair[rows]], found.interval[rows]] for objects in (pairs.first, pairs.second)
    ]
    starts_s = np.array([arc.start_s for arc in fleet.arcs])
    stops_s = np.array([arc.stop_s for arc in fleet.arcs])
    low_s = np.maximum(np.maximum(starts_s[arcs[0]], starts_s[arcs[1]]), fleet.edges_s[0])
    high_s = np.minimum(np.minimum(stops_s[arcs[0]], stops_s[arcs[1]]), fleet.edges_s[-1])
    interval = found.interval[rows]
    length_s = np.where(right_s > left_s, right_s - left_s, fleet.edges_s[interval + 1] - fleet.edges_s[interval])
    for reach in range(_REACHES):
        step_s = length_s * _FIRST_REACH * 8.0**reach
        early = closing(left_s, rows) >= 0.0
        late = closing(right_s, rows) <= 0.0
        if not (early.any() or late.any()):
            break
        left_s = np.where(early, np.maximum(left_s - step_s, low_s), left_s)
        right_s = np.where(late, np.minimum(right_s + step_s, high_s), right_s)
    return left_s, right_s, (low_s, high_s)


def simplified(fleet: Fleet, pairs: Pairs, minima: Minima) -> BoolArray:
    """Which minima lie deeper than the resolution below the rises to their neighbours: one of each valley."""
    keep = np.zeros(len(minima.pair), dtype=bool)
    rise_km = _rises_km(fleet, pairs, minima)
    firsts = np.flatnonzero(np.diff(minima.pair, prepend=-1))
    for first, last in zip(firsts, np.append(firsts[1:], len(minima.pair)), strict=True):
        values = np.full(2 * (last - first) + 1, np.inf)
        values[1::2] = minima.miss_km[first:last]
        values[2:-1:2] = rise_km[first : last - 1]
        keep[[first + (found - 1) // 2 for found in prominent_minima(values.tolist(), RESOLUTION_KM)]] = True
    return keep


def _rises_km(fleet: Fleet, pairs: Pairs, minima: Minima) -> FloatArray:
    """Largest distance at places between each minimum and the next; infinite across uncovered time."""
    count = len(minima.pair) - 1
    rises_km = np.full(max(count, 0), np.inf)
    rows = np.flatnonzero(minima.pair[1:] == minima.pair[:-1])
    share = np.arange(1, _BETWEEN + 1) / (_BETWEEN + 1)
    start_s, stop_s = minima.offset_s[rows], minima.offset_s[rows + 1]
    offsets_s = start_s[:, None] + (stop_s - start_s)[:, None] * share
    interval = np.searchsorted(fleet.edges_s, offsets_s, side="right") - 1
    interval = np.clip(interval, minima.interval[rows, None], minima.interval[rows + 1, None])
    pair = np.broadcast_to(minima.pair[rows, None], interval.shape)
    whole = pairs.covered[pair, interval].all(axis=1)
    flat = (array[whole].ravel() for array in (pair, interval, offsets_s))
    between_km = distance_km(fleet, pairs, *flat).reshape(-1, _BETWEEN)
    rises_km[rows[whole]] = between_km.max(axis=1, initial=0.0)
    return rises_km
