"""All trajectories on one grid of intervals, as Chebyshev series of one degree with a proven error.

An arc is piecewise polynomial, and so is its interpolant on the grid. On each part between two knots their difference
is a polynomial whose Chebyshev coefficients follow exactly; the sum of their magnitudes bounds it, since no Chebyshev
polynomial exceeds 1. That bound, taken on every axis and part, is the error stored with the interval: it holds
everywhere, whatever the interpolant misses. The grid is only chosen so that it is small.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from nearpass.ephemeris.trajectory import Arc, Trajectory
from nearpass.screening import chebyshev

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]

DEGREE: Final = 12
TOLERANCE_KM: Final = 1e-6
_EPS: Final = float(np.finfo(np.float64).eps)
_SHORTEST_S: Final = 1.0  # no interval is halved below this
_COARSEST_SHARE: Final = 32  # the first grid has at least so many intervals
_NOISE_SHARE: Final = 1e-5  # of the size of the orbit: a tail below it that halving does not shrink is noise
_CHUNK: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fleet:
    """Interpolants of N objects on K intervals.

    ``edges_s`` has shape ``(K + 1,)``; ``coefficients_km`` ``(N, K, 3, DEGREE + 1)``, zero where not covered.
    ``fit_error_km`` ``(N, K)`` bounds the distance to the arc, rounding included; ``ephemeris_error_km`` ``(N, K)`` is
    the arc's own. ``arc_number`` ``(N, K)`` points into ``arcs`` and is -1 where the object is not covered.
    """

    ids: tuple[str, ...]
    edges_s: FloatArray
    coefficients_km: FloatArray
    fit_error_km: FloatArray
    ephemeris_error_km: FloatArray
    arc_number: IndexArray
    arcs: tuple[Arc, ...]

    refines: ClassVar[bool] = True
    """Whether the arcs differ from the interpolants, so that what is found on these must be found again on those."""

    @property
    def arc_spans_s(self) -> FloatArray:
        """Start and stop of each arc, ``(2, A)``."""
        return np.array([(arc.start_s, arc.stop_s) for arc in self.arcs]).T

    def series_km(self, objects: IndexArray, intervals: IndexArray) -> FloatArray:
        """Interpolants ``(M, 3, DEGREE + 1)``."""
        return np.asarray(self.coefficients_km[objects, intervals])

    def errors_km(self, objects: IndexArray, intervals: IndexArray) -> tuple[FloatArray, FloatArray]:
        """Errors ``(M,)`` of interpolants against arcs, and of arcs against ephemerides."""
        return self.fit_error_km[objects, intervals], self.ephemeris_error_km[objects, intervals]

    def states(
        self, objects: IndexArray, intervals: IndexArray, offsets_s: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Positions in km and velocities in km/s, each ``(M, 3)``, of the arcs themselves (not of the interpolants).

        ``intervals`` chooses the arc, which matters at a joint only.
        """
        numbers = self.arc_number[objects, intervals]
        position_km = np.empty((len(numbers), 3))
        velocity_km_s = np.empty((len(numbers), 3))
        order = np.argsort(numbers, kind="stable")
        firsts = np.flatnonzero(np.diff(numbers[order], prepend=-1))
        for first, last in pairwise([*firsts.tolist(), len(order)]):
            rows = order[first:last]
            arc = self.arcs[numbers[rows[0]]]
            position_km[rows], velocity_km_s[rows] = arc.state(offsets_s[rows])
        return position_km, velocity_km_s


def fit_fleet(
    trajectories: Mapping[str, Trajectory],
    window_s: tuple[float, float],
    *,
    tolerance_km: float = TOLERANCE_KM,
    longest_s: float | None = None,
) -> Fleet:
    """Choose the grid and fit every trajectory on it, objects in order of their ids.

    Args:
        trajectories: By id; all count from the same epoch.
        window_s: Start and stop; nothing outside is fitted.
        tolerance_km: Intervals are halved until no last coefficient exceeds this.
        longest_s: No interval is longer; None lets the tolerance decide alone.

    """
    ids = tuple(sorted(trajectories))
    owners = [trajectories[key].arcs for key in ids]
    arcs = tuple(arc for own in owners for arc in own)
    first_arc = np.cumsum([0, *(len(own) for own in owners)])
    edges_s = _first_edges(arcs, window_s, longest_s)
    fixed: list[FloatArray] = []  # intervals that are final, (n, 2)
    pending = np.column_stack([edges_s[:-1], edges_s[1:]])
    failed = _Failed(tail_km=np.full(len(pending), np.inf), arc=np.full(len(pending), -1))
    while len(pending):
        accepted, pending, failed = _sift(arcs, pending, failed, tolerance_km)
        fixed.append(accepted)
    intervals_s = np.concatenate(fixed)
    intervals_s = intervals_s[np.argsort(intervals_s[:, 0])]
    edges_s = np.append(intervals_s[:, 0], intervals_s[-1, 1])
    count = len(intervals_s)
    coefficients = np.zeros((len(ids), count, 3, DEGREE + 1))
    errors = np.zeros((2, len(ids), count))
    numbers = np.full((len(ids), count), -1, dtype=np.intp)
    for row, own in enumerate(owners):
        for place, arc in enumerate(own):
            first, last = covered_range(arc, edges_s)
            if first >= last:
                continue
            inside = slice(first, last)
            coefficients[row, inside] = fit = _interpolate(arc, intervals_s[inside])
            errors[0, row, inside] = _proven_error_km(arc, edges_s[first : last + 1], fit)
            errors[1, row, inside] = arc.error_km
            numbers[row, inside] = first_arc[row] + place
    for array in (edges_s, coefficients, errors, numbers):
        array.setflags(write=False)
    return Fleet(
        ids=ids,
        edges_s=edges_s,
        coefficients_km=coefficients,
        fit_error_km=errors[0],
        ephemeris_error_km=errors[1],
        arc_number=numbers,
        arcs=arcs,
    )


def covered_range(arc: Arc, edges_s: FloatArray) -> tuple[int, int]:
    """First interval that the arc covers and one past the last; every start and stop of an arc is an edge."""
    first = int(np.searchsorted(edges_s, arc.start_s, side="left"))
    last = int(np.searchsorted(edges_s, arc.stop_s, side="right")) - 1
    return first, last


def _first_edges(arcs: tuple[Arc, ...], window_s: tuple[float, float], longest_s: float | None) -> FloatArray:
    """Window, ends of all arcs in it, and between them a lattice of 60 s times a power of two."""
    start_s, stop_s = window_s
    step_s = 2.0 ** np.floor(np.log2(max((stop_s - start_s) / _COARSEST_SHARE, 60.0) / 60.0)) * 60.0
    if longest_s is not None:
        step_s = min(step_s, longest_s)
    ends_s = np.array([end for arc in arcs for end in (arc.start_s, arc.stop_s)])
    fixed_s = np.unique(np.concatenate([ends_s[(ends_s > start_s) & (ends_s < stop_s)], [start_s, stop_s]]))
    lattice_s = start_s + step_s * np.arange(1, int((stop_s - start_s) / step_s) + 1)
    after = np.searchsorted(fixed_s, lattice_s)
    lattice_s, after = lattice_s[after < len(fixed_s)], after[after < len(fixed_s)]
    clear = np.minimum(fixed_s[after] - lattice_s, lattice_s - fixed_s[after - 1]) > 0.01 * step_s  # no slivers
    return np.union1d(fixed_s, lattice_s[clear])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Failed:
    """Of halved intervals ``(n,)``: which arc was not met, and the last coefficients of its interpolant."""

    tail_km: FloatArray
    arc: IndexArray


def _sift(
    arcs: tuple[Arc, ...], pending_s: FloatArray, before: _Failed, tolerance_km: float
) -> tuple[FloatArray, FloatArray, _Failed]:
    """Final intervals, halves of the others, and why the others were halved."""
    good = np.ones(len(pending_s), dtype=bool)
    failed = _Failed(tail_km=np.zeros(len(pending_s)), arc=np.full(len(pending_s), -1))
    for number, arc in enumerate(arcs):
        inside = np.flatnonzero(good & (pending_s[:, 0] >= arc.start_s) & (pending_s[:, 1] <= arc.stop_s))
        if not len(inside):
            continue
        magnitude_km = np.abs(_interpolate(arc, pending_s[inside])).max(axis=1)
        tail_km = magnitude_km[:, -2:].sum(axis=1)
        noise = (before.arc[inside] == number) & (tail_km > before.tail_km[inside] / 8.0)
        noise &= tail_km < _NOISE_SHARE * magnitude_km.max(axis=1)
        good[inside] = (tail_km <= tolerance_km) | noise
        failed.tail_km[inside], failed.arc[inside] = tail_km, number
    good |= pending_s[:, 1] - pending_s[:, 0] < 2.0 * _SHORTEST_S
    start_s, stop_s = pending_s[~good].T
    middle_s = 0.5 * (start_s + stop_s)
    halves_s = np.concatenate([np.column_stack([start_s, middle_s]), np.column_stack([middle_s, stop_s])])
    twice = np.tile(np.flatnonzero(~good), 2)
    return pending_s[good], halves_s, _Failed(tail_km=failed.tail_km[twice], arc=failed.arc[twice])


def _interpolate(arc: Arc, intervals_s: FloatArray) -> FloatArray:
    """Interpolants ``(n, 3, DEGREE + 1)`` of an arc at the nodes of intervals ``(n, 2)`` inside it."""
    start_s, stop_s = intervals_s[:, :1], intervals_s[:, 1:]
    offsets_s = 0.5 * (start_s + stop_s) + 0.5 * (stop_s - start_s) * chebyshev.nodes(DEGREE)
    offsets_s[:, :1], offsets_s[:, -1:] = start_s, stop_s
    positions_km = arc.position_km(offsets_s.ravel()).reshape(len(intervals_s), DEGREE + 1, 3)
    return np.asarray(positions_km.transpose(0, 2, 1) @ chebyshev.interpolation(DEGREE))


def _proven_error_km(arc: Arc, edges_s: FloatArray, fit_km: FloatArray) -> FloatArray:
    """Bound of the distance between interpolants ``(n, 3, DEGREE + 1)`` and arc on each of n intervals."""
    cuts_s = np.union1d(edges_s, arc.knots_s[(arc.knots_s > edges_s[0]) & (arc.knots_s < edges_s[-1])])
    left_s, right_s = cuts_s[:-1], cuts_s[1:]
    interval = np.searchsorted(edges_s, left_s, side="right") - 1
    piece = np.searchsorted(arc.knots_s, left_s, side="right") - 1
    part_of_fit = _parts(edges_s, interval, left_s, right_s)
    part_of_arc = _parts(arc.knots_s, piece, left_s, right_s)
    bound_km = np.empty(len(left_s))
    for first in range(0, len(left_s), _CHUNK):
        rows = slice(first, first + _CHUNK)
        own_km = arc.coefficients_km[piece[rows]].transpose(0, 2, 1)
        difference_km = _difference(
            _restricted(fit_km[interval[rows]], part_of_fit[rows]), _restricted(own_km, part_of_arc[rows])
        )
        bound_km[rows] = np.linalg.norm(np.abs(difference_km).sum(axis=2), axis=1)
    error_km = np.maximum.reduceat(bound_km, np.flatnonzero(np.diff(interval, prepend=-1)))
    return np.asarray(error_km + _rounding_km(edges_s, fit_km))


def _parts(edges_s: FloatArray, index: IndexArray, left_s: FloatArray, right_s: FloatArray) -> FloatArray:
    """Places ``(n, 2)`` in [-1, 1] of interval ``index`` between which each part lies."""
    start_s, stop_s = edges_s[index], edges_s[index + 1]
    ends_s = np.column_stack([left_s, right_s])
    return np.asarray((2.0 * ends_s - (start_s + stop_s)[:, None]) / (stop_s - start_s)[:, None])


def _restricted(coefficients: FloatArray, parts: FloatArray) -> FloatArray:
    """Series ``(n, 3, d + 1)`` on parts ``(n, 2)`` of their intervals; equal parts share one matrix."""
    if np.all(parts == (-1.0, 1.0)):
        return coefficients
    degree = coefficients.shape[2] - 1
    unique, which = np.unique(parts[:, 0] + 1j * parts[:, 1], return_inverse=True)
    matrices = chebyshev.restrictions(degree, unique.real.copy(), unique.imag.copy())
    if 16 * len(unique) > len(parts):
        return np.asarray(coefficients @ matrices[which])
    result = np.empty_like(coefficients)
    for number, matrix in enumerate(matrices):
        rows = np.flatnonzero(which == number)
        result[rows] = coefficients[rows] @ matrix
    return result


def _difference(one: FloatArray, other: FloatArray) -> FloatArray:
    """Difference of two stacks of series, possibly of different degree."""
    longer, shorter = (one, other) if one.shape[2] >= other.shape[2] else (other, one)
    difference = longer.copy()
    difference[:, :, : shorter.shape[2]] -= shorter
    return difference


def _rounding_km(edges_s: FloatArray, fit_km: FloatArray) -> FloatArray:
    """What rounding can add on each interval: in the coefficients, and in time times speed."""
    magnitude_km = np.linalg.norm(np.abs(fit_km).sum(axis=2), axis=1)
    squares = np.arange(DEGREE + 1.0) ** 2  # no T_k changes faster than k squared
    speed_km_s = 2.0 * np.linalg.norm(np.abs(fit_km) @ squares, axis=1) / np.diff(edges_s)
    return np.asarray(_EPS * (64.0 * magnitude_km + 2.0 * np.abs(edges_s).max() * speed_km_s))
