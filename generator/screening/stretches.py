"""How long a pair stays below the limit: from the turns of its distance to the stretches in between.

Between two neighbouring turns the distance only rises or only falls, so that each change of side of the limit between
them is one crossing, whose time is a root. A pair that moves together stays below for hours, in which its distance has
many minima; it is then told as one stretch with its lowest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import elementwise

from nearpass.screening.interpolants import Interpolants
from nearpass.screening.subdivision import Leaves, Pairs
from nearpass.screening.tca import Minima
from nearpass.screening.turns import distance_km, times_s

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

_TIME_TOLERANCE_S: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stretches:
    """Times ``(n,)`` below the limit, in order of pair and time.

    ``cut_before`` and ``cut_after`` tell that what is known ends there, not the nearness.
    """

    pair: IndexArray
    start_s: FloatArray
    stop_s: FloatArray
    cut_before: BoolArray
    cut_after: BoolArray

    def taken(self, rows: NDArray[np.intp]) -> Self:
        """The stretches of these rows, in this order."""
        return type(self)(**{name: getattr(self, name)[rows] for name in Stretches.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Points:
    """Ends of runs of leaves and the minima in them, in order of pair and time; ``run`` counts the runs."""

    pair: IndexArray
    interval: IndexArray
    time_s: FloatArray
    below: BoolArray
    run: IndexArray


def find_stretches(
    fleet: Interpolants, pairs: Pairs, leaves: Leaves, minima: Minima, maxima: Minima, limit_km: float
) -> Stretches:
    """Every stretch below the limit of a block of pairs, within what the leaves hold."""
    points = _points(fleet, pairs, leaves, minima, maxima, limit_km)
    same = points.run[1:] == points.run[:-1]
    changes = np.flatnonzero(same & (points.below[1:] != points.below[:-1]))
    crossing_s = _crossings_s(fleet, pairs, points, changes, limit_km)
    at_s = dict(zip(changes.tolist(), crossing_s.tolist(), strict=True))
    opens = np.flatnonzero(points.below & ~np.append(False, same & points.below[:-1]))
    closes = np.flatnonzero(points.below & ~np.append(same & points.below[1:], False))
    cut_before = ~np.append(False, same)[opens]
    cut_after = ~np.append(same, False)[closes]
    return Stretches(
        pair=points.pair[opens],
        start_s=np.array([at_s.get(k - 1, points.time_s[k]) for k in opens.tolist()], dtype=float),
        stop_s=np.array([at_s.get(k, points.time_s[k]) for k in closes.tolist()], dtype=float),
        cut_before=cut_before,
        cut_after=cut_after,
    )


def _points(
    fleet: Interpolants, pairs: Pairs, leaves: Leaves, minima: Minima, maxima: Minima, limit_km: float
) -> _Points:
    touches = (leaves.pair[1:] == leaves.pair[:-1]) & (leaves.stop[:-1] == leaves.start[1:])
    starts = np.flatnonzero(~np.append(False, touches)[: len(leaves.pair)])
    stops = np.flatnonzero(~np.append(touches, False)[: len(leaves.pair)])
    pair = np.concatenate([leaves.pair[starts], minima.pair, maxima.pair, leaves.pair[stops]])
    interval = np.concatenate([leaves.interval[starts], minima.interval, maxima.interval, leaves.interval[stops]])
    time_s = np.concatenate(
        [times_s(fleet, leaves, starts)[0], minima.offset_s, maxima.offset_s, times_s(fleet, leaves, stops)[1]]
    )
    ends_km = distance_km(
        fleet,
        pairs,
        np.concatenate([leaves.pair[starts], leaves.pair[stops]]),
        np.concatenate([leaves.interval[starts], leaves.interval[stops]]),
        np.concatenate([times_s(fleet, leaves, starts)[0], times_s(fleet, leaves, stops)[1]]),
    )
    heights_km = np.concatenate([ends_km[: len(starts)], minima.miss_km, maxima.miss_km, ends_km[len(starts) :]])
    kind = np.repeat([0, 1, 1, 2], [len(starts), len(minima.pair), len(maxima.pair), len(stops)])
    order = np.lexsort((kind, time_s, pair))
    return _Points(
        pair=pair[order],
        interval=interval[order],
        time_s=time_s[order],
        below=(heights_km < limit_km)[order],
        run=np.cumsum(kind[order] == 0),
    )


def _crossings_s(
    fleet: Interpolants, pairs: Pairs, points: _Points, changes: IndexArray, limit_km: float
) -> FloatArray:
    """When the distance passes the limit between each of some points and the next."""
    if not len(changes):
        return np.empty(0)
    pair = points.pair[changes]
    left_s, right_s = points.time_s[changes], points.time_s[changes + 1]
    least, most = points.interval[changes], points.interval[changes + 1]

    def above(offsets_s: FloatArray, number: IndexArray) -> FloatArray:
        at_s, which = offsets_s.ravel(), number.ravel()
        interval = np.clip(np.searchsorted(fleet.edges_s, at_s, side="right") - 1, least[which], most[which])
        apart_km = distance_km(fleet, pairs, pair[which], interval, at_s) - limit_km
        return np.asarray(apart_km.reshape(offsets_s.shape))

    found = elementwise.find_root(
        above,
        (left_s, right_s),
        args=(np.arange(len(changes)),),
        tolerances={"xatol": _TIME_TOLERANCE_S, "xrtol": 0.0},
    )
    return np.asarray(np.where(np.isfinite(found.x), found.x, 0.5 * (left_s + right_s)))
