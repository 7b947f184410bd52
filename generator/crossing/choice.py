"""Which of the minima found are crossings: one a valley, each once, with the nearest passage of the secondary."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from nearpass.crossing.bounds import RESOLUTION_KM
from nearpass.crossing.search import Minima
from nearpass.crossing.strip import SLACK, Path, arc_states, nearest_middle_s, reach_s

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]

_SAME_S: Final = 1e-2  # minima nearer than this in both times are one, found in neighbouring boxes
_ASIDE_RAD: Final = 0.2  # along a flat valley: points nearer than this are of one floor
_THINNING: Final = 10.0  # cells to such a step, each keeping one point of a valley
_ASIDE_STEPS: Final = 20  # steps across the valley, of at least half the length of Newton's near the floor


def chosen(found: Minima, first: Path, second: Path) -> Minima:
    """The crossings among minima, in order of the primary's passage."""
    found = _one_a_valley(found, first, second)
    found = found.take(np.lexsort((found.second_s, found.first_s)))
    return _nearest_passages(_without_repeats(found), first, second)


def _without_repeats(found: Minima) -> Minima:
    """Minima found in more than one box, once; input and output in order of the primary's passage."""
    keep = np.ones(len(found.first_s), dtype=bool)
    for ahead in range(1, len(keep)):
        near = found.first_s[ahead:] - found.first_s[:-ahead] <= _SAME_S
        if not near.any():
            break
        keep[ahead:] &= ~(near & (np.abs(found.second_s[ahead:] - found.second_s[:-ahead]) <= _SAME_S))
    return found.take(keep)


def _one_a_valley(found: Minima, first: Path, second: Path) -> Minima:
    """Of the points of each flat valley, in each revolution of the primary, only the lowest."""
    rows = np.flatnonzero(found.flat)
    if not len(rows):
        return found
    step_s = _step_s(found.take(rows), first)
    places = np.column_stack([found.first_s[rows], found.second_s[rows]]) / np.median(step_s)
    thin = _lowest_of_each(np.floor(_THINNING * places), found.distance_km[rows])
    rows, places = rows[thin], places[thin]
    floor_km = _floor_km(found.take(rows), step_s[thin], first, second)
    links = cKDTree(places).query_pairs(1.0, p=np.inf, output_type="ndarray")
    period_s = first.period_s
    revolution = np.zeros(len(rows)) if period_s is None else found.first_s[rows] // period_s
    links = links[revolution[links[:, 0]] == revolution[links[:, 1]]]
    graph = coo_array((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(len(rows), len(rows)))
    _, valley = connected_components(graph, directed=False)
    lowest = _lowest_of_each(valley[:, None].astype(np.float64), floor_km)
    keep = ~found.flat
    keep[rows[lowest[floor_km[lowest] < np.inf]]] = True
    return found.take(keep)


def _lowest_of_each(labels: FloatArray, distance_km: FloatArray) -> IndexArray:
    """Row of the smallest distance, the first of equal ones, among those of one label ``(N, m)``."""
    _, group = np.unique(labels, axis=0, return_inverse=True)
    order = np.lexsort((np.round(distance_km, 9), group))
    return order[np.flatnonzero(np.diff(group[order], prepend=-1))]


def _step_s(flat: Minima, first: Path) -> FloatArray:
    """How long the primary takes to go on by :data:`_ASIDE_RAD`; side by side, so does the secondary."""
    one_km, one_km_s = arc_states(first.trajectory, flat.arcs[:, 0], flat.first_s)
    return np.asarray(_ASIDE_RAD * np.sqrt(_dot(one_km, one_km) / _dot(one_km_s, one_km_s)))


def _floor_km(flat: Minima, step_s: FloatArray, first: Path, second: Path) -> FloatArray:
    """Distances ``(N,)`` at flat points, infinite where the valley falls to either side.

    A saddle of the valley, or a stretch of gentle slope, may look flat in one box.
    """
    one_km, one_km_s = arc_states(first.trajectory, flat.arcs[:, 0], flat.first_s)
    other_km, other_km_s = arc_states(second.trajectory, flat.arcs[:, 1], flat.second_s)
    floor_km = np.linalg.norm(one_km - other_km, axis=1)
    along = np.sign(_dot(one_km_s, other_km_s))
    falls = np.zeros(len(floor_km), dtype=bool)
    for side in (-1.0, 1.0):
        aside_km, _ = arc_states(first.trajectory, flat.arcs[:, 0], flat.first_s + side * step_s)
        second_s = flat.second_s + side * along * step_s
        for _ in range(_ASIDE_STEPS):
            other_km, other_km_s = arc_states(second.trajectory, flat.arcs[:, 1], second_s)
            gap_km = aside_km - other_km
            # |d| / |r| stands for the acceleration's share, so that no step is too long
            stiffness = _dot(other_km_s, other_km_s) * (1.0 + np.sqrt(_dot(gap_km, gap_km) / _dot(other_km, other_km)))
            second_s = second_s + _dot(gap_km, other_km_s) / stiffness
        other_km, _ = arc_states(second.trajectory, flat.arcs[:, 1], second_s)
        falls |= np.linalg.norm(aside_km - other_km, axis=1) < floor_km - RESOLUTION_KM / 10.0
    return np.where(falls, np.inf, floor_km)


def _dot(one: FloatArray, other: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("ni,ni->n", one, other))


def _nearest_passages(found: Minima, first: Path, second: Path) -> Minima:
    """Where two successive passages of the secondary belong to one of the primary, the nearer in time.

    Only minima near the two edges of the strip can be such twins: the strip is a little wider than a revolution.
    """
    period_s = second.period_s
    if period_s is None or not len(found.first_s):
        return found
    apart_s = np.abs(found.second_s - nearest_middle_s(found.first_s, second))
    inside = apart_s <= reach_s(second)
    edge = np.flatnonzero(inside & (apart_s >= (0.5 - 2.0 * SLACK) * period_s))
    keep = inside.copy()
    same_s = 2.0 * SLACK * min(period_s, first.period_s or period_s)
    timing_s = np.abs(found.second_s - found.first_s)
    for ahead in range(1, len(edge)):
        one, other = edge[:-ahead], edge[ahead:]
        near = found.first_s[other] - found.first_s[one] <= same_s
        if not near.any():
            break
        step_s = np.abs(found.second_s[other] - found.second_s[one])
        twins = near & (np.abs(step_s - period_s) <= 2.0 * SLACK * period_s)
        later = timing_s[other] >= timing_s[one]
        keep[other[twins & later]] = False
        keep[one[twins & ~later]] = False
    return found.take(keep)
