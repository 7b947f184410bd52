"""Times of closest approach on the arcs themselves, from the turns of their interpolants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import elementwise

from nearpass.screening import chebyshev
from nearpass.screening.fleet import DEGREE
from nearpass.screening.interpolants import Interpolants
from nearpass.screening.subdivision import RESOLUTION_KM, Pairs
from nearpass.screening.turns import Turns, distance_km, prominent_minima, relative

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

_TIME_TOLERANCE_S: Final = 1e-9
_AT_END_S: Final = 1e-6  # so near to an end of its arcs a minimum lies on it
_FIRST_REACH: Final = 1e-6  # of an interval: how far from the interpolants' turn the arcs' is looked for at first
_GROWTH: Final = 8.0
_SHALLOW_KM: Final = 0.5 * RESOLUTION_KM


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Minima:
    """Local minima (or maxima) of a block of pairs in order of pair and time, on the arcs themselves."""

    pair: IndexArray
    interval: IndexArray
    offset_s: FloatArray
    miss_km: FloatArray
    at_boundary: BoolArray

    def taken(self, rows: NDArray[np.intp]) -> Self:
        """The minima of these rows, in this order."""
        return type(self)(**{name: getattr(self, name)[rows] for name in Minima.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Extrema:
    """Every minimum, the rows of those that are deep enough to count, one of each valley, and the maxima between."""

    minima: Minima
    deep: IndexArray
    maxima: Minima


def find_extrema(fleet: Interpolants, pairs: Pairs, turns: Turns) -> Extrema:
    """Time and distance of each minimum and maximum, refined on the ephemerides where those are finer."""
    turn_s = _on_interpolants(fleet, pairs, turns)
    rows = np.flatnonzero(turns.is_minimum)
    if fleet.refines:
        offset_s, at_boundary = _on_arcs(fleet, pairs, turns, turn_s, rows)
    else:
        offset_s, at_boundary = turn_s[rows].copy(), np.zeros(len(rows), dtype=bool)
    here = turns.pair[rows], turns.interval[rows]
    miss_km = distance_km(fleet, pairs, *here, offset_s)
    before_km = distance_km(fleet, pairs, *here, turn_s[rows])
    worse = before_km < miss_km  # by rounding, or noise of the ephemeris
    offset_s, miss_km = np.where(worse, turn_s[rows], offset_s), np.minimum(miss_km, before_km)
    height_km = np.full(len(turn_s), np.inf)
    height_km[rows] = miss_km
    tops = np.flatnonzero(~turns.is_minimum & ~turns.hidden)
    tops_km = distance_km(fleet, pairs, turns.pair[tops], turns.interval[tops], turn_s[tops])
    height_km[tops] = np.maximum(tops_km, _neighbours_km(turns, height_km)[tops])
    number_of_turn = np.cumsum(turns.is_minimum) - 1
    found = Minima(
        pair=here[0],
        interval=here[1],
        offset_s=offset_s,
        miss_km=miss_km,
        at_boundary=at_boundary | turns.at_boundary[rows],
    )
    maxima = Minima(
        pair=turns.pair[tops],
        interval=turns.interval[tops],
        offset_s=turn_s[tops],
        miss_km=height_km[tops],
        at_boundary=turns.at_boundary[tops],
    )
    return Extrema(minima=found, deep=number_of_turn[_deep(turns, height_km)], maxima=maxima)


def _neighbours_km(turns: Turns, height_km: FloatArray) -> FloatArray:
    """The higher of the minima beside each turn: noise of the ephemeris must not put a maximum below them."""
    low_km = np.where(turns.is_minimum, height_km, 0.0)
    same = turns.pair[1:] == turns.pair[:-1]
    before_km = np.append(0.0, np.where(same, low_km[:-1], 0.0))
    after_km = np.append(np.where(same, low_km[1:], 0.0), 0.0)
    return np.asarray(np.maximum(before_km, after_km))


def _deep(turns: Turns, height_km: FloatArray) -> IndexArray:
    """Turns that are minima deeper than half the resolution, the lowest of each valley."""
    firsts = np.flatnonzero(np.diff(turns.pair, prepend=-1)).tolist()
    deep: list[int] = []
    for first, last in pairwise([*firsts, len(turns.pair)]):
        values = [np.inf, *height_km[first:last].tolist(), np.inf]
        deep += [first + found - 1 for found in prominent_minima(values, _SHALLOW_KM)]
    rows = np.array(deep, dtype=np.intp)
    return rows[turns.is_minimum[rows]]  # a maximum may stand alone between times that are too far apart to matter


def _on_interpolants(fleet: Interpolants, pairs: Pairs, turns: Turns) -> FloatArray:
    """Time of each turn; the middle of a flat part."""
    turn_s = 0.5 * (turns.left_s + turns.right_s)
    rows = np.flatnonzero((turns.right_s > turns.left_s) & ~turns.flat & ~turns.hidden)
    one, two = pairs.first[turns.pair[rows]], pairs.second[turns.pair[rows]]
    interval = turns.interval[rows]
    start_s, stop_s = fleet.edges_s[interval], fleet.edges_s[interval + 1]

    def closing(u: FloatArray, number: IndexArray) -> FloatArray:
        place, which = u.ravel(), number.ravel()
        here = interval[which]
        r_km = fleet.series_km(two[which], here) - fleet.series_km(one[which], here)
        v_km = r_km @ chebyshev.derivative(DEGREE)
        values = np.polynomial.chebyshev.chebvander(place, DEGREE)
        f = np.einsum(
            "nik,nk,nil,nl->n", r_km, values, v_km, values[:, :-1], optimize=["einsum_path", (0, 1), (0, 1), (0, 1)]
        )
        return np.asarray(f.reshape(u.shape))

    left, right = (
        (2.0 * ends_s[rows] - start_s - stop_s) / (stop_s - start_s) for ends_s in (turns.left_s, turns.right_s)
    )
    number = np.arange(len(rows))
    crosses = np.flatnonzero(closing(left, number) * closing(right, number) < 0.0)  # not, if by rounding on an end
    if len(crosses):
        u = elementwise.find_root(closing, (left[crosses], right[crosses]), args=(crosses,)).x
        turn_s[rows[crosses]] = 0.5 * (start_s + stop_s)[crosses] + 0.5 * (stop_s - start_s)[crosses] * u
    return turn_s


def _on_arcs(
    fleet: Interpolants, pairs: Pairs, turns: Turns, turn_s: FloatArray, rows: IndexArray
) -> tuple[FloatArray, BoolArray]:
    """Times of minima on the arcs, and whether one of them ran into an end of its arcs.

    From the interpolants' minimum outwards until r . v is negative before and positive after, then to its root. Where
    there is no such bracket up to the maxima on both sides, the arcs have no minimum there, and the interpolants' time
    stays: it is shallower than the fit error.
    """
    offset_s, ended = turn_s[rows].copy(), np.zeros(len(rows), dtype=bool)
    free = np.flatnonzero(~turns.at_boundary[rows])
    pair, interval = turns.pair[rows[free]], turns.interval[rows[free]]

    def closing(offsets_s: FloatArray, number: IndexArray) -> FloatArray:
        which = number.ravel()
        r_km, v_km_s = relative(fleet, pairs, pair[which], interval[which], offsets_s.ravel())
        return np.asarray(np.einsum("ni,ni->n", r_km, v_km_s).reshape(offsets_s.shape))

    low_s, high_s, low_is_end, high_is_end = _limits_s(fleet, pairs, turns, turn_s, rows[free])
    start_s = offset_s[free]
    step_s = _FIRST_REACH * (fleet.edges_s[interval + 1] - fleet.edges_s[interval])
    left_s, falls = _until(closing, start_s, low_s, -step_s, -1.0)
    right_s, rises = _until(closing, start_s, high_s, step_s, 1.0)
    turning = np.flatnonzero(falls & rises)
    if len(turning):
        offset_s[free[turning]] = elementwise.find_root(
            closing,
            (left_s[turning], right_s[turning]),
            args=(turning,),
            tolerances={"xatol": _TIME_TOLERANCE_S, "xrtol": 0.0},
        ).x
    at_low, at_high = rises & ~falls & low_is_end, falls & ~rises & high_is_end
    offset_s[free[at_low]], offset_s[free[at_high]] = low_s[at_low], high_s[at_high]
    at_low |= low_is_end & (offset_s[free] - low_s < _AT_END_S)
    at_high |= high_is_end & (high_s - offset_s[free] < _AT_END_S)
    ended[free] = at_low | at_high
    return offset_s, ended


def _limits_s(
    fleet: Interpolants, pairs: Pairs, turns: Turns, turn_s: FloatArray, rows: IndexArray
) -> tuple[FloatArray, FloatArray, BoolArray, BoolArray]:
    """How far each minimum may lie before and after its turn, and whether that is where an arc or the window ends."""
    pair, interval = turns.pair[rows], turns.interval[rows]
    numbers = fleet.arc_number[pairs.first[pair], interval], fleet.arc_number[pairs.second[pair], interval]
    starts_s, stops_s = fleet.arc_spans_s
    first_s = np.maximum.reduce([starts_s[numbers[0]], starts_s[numbers[1]], np.full(len(rows), fleet.edges_s[0])])
    last_s = np.minimum.reduce([stops_s[numbers[0]], stops_s[numbers[1]], np.full(len(rows), fleet.edges_s[-1])])
    seen_s = np.where(turns.hidden, np.nan, turn_s)
    same = turns.pair[1:] == turns.pair[:-1]
    before_s = np.append(np.nan, np.where(same, seen_s[:-1], np.nan))[rows]
    after_s = np.append(np.where(same, seen_s[1:], np.nan), np.nan)[rows]
    low_s = np.where(before_s > first_s, np.minimum(before_s, turn_s[rows]), first_s)
    high_s = np.where(after_s < last_s, np.maximum(after_s, turn_s[rows]), last_s)
    return low_s, high_s, low_s == first_s, high_s == last_s


def _until(
    closing: Callable[[FloatArray, IndexArray], FloatArray],
    start_s: FloatArray,
    limit_s: FloatArray,
    step_s: FloatArray,
    sign: float,
) -> tuple[FloatArray, BoolArray]:
    """First of ever farther times, up to the limit, at which r . v has the sign, and whether there is one."""
    here_s, found = start_s.copy(), np.zeros(len(start_s), dtype=bool)
    open_ = np.arange(len(start_s))
    while len(open_):
        found[open_] = sign * closing(here_s[open_], open_) > 0.0
        open_ = open_[~found[open_] & (here_s[open_] != limit_s[open_])]
        here_s[open_] = start_s[open_] + step_s[open_]
        here_s = np.where(sign * (here_s - limit_s) > 0.0, limit_s, here_s)
        step_s = step_s * _GROWTH
    return here_s, found
