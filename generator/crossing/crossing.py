"""Orbit crossings: how close two trajectories pass, whenever each object is there.

The orbit-crossing distance OXD is a local minimum of the distance between two *arcs* of real ephemeris, a problem in
two times: the passage of the primary, s, and of the secondary, t. The orbit-crossing timing OXT is t - s. Of the many
passages of the secondary at one place, a passage of the primary is compared with the nearest in time, so that every
crossing appears once a revolution of the primary, with OXT at most half the period of the secondary (more only where
the nearest passage lies outside the coverage). Minima at an end of the coverage or at a break in velocity are none.

The search is complete: see :mod:`nearpass.crossing.search`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from nearpass.astro.frames import check_one_frame
from nearpass.crossing.choice import chosen
from nearpass.crossing.search import Minima, find_minima, newton_step
from nearpass.crossing.strip import Path, arc_states, candidate_boxes, on_arcs, prepare
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.errors import InputError

FloatArray = NDArray[np.float64]

_AT_END_S: Final = 1e-3
"""A minimum so little beyond an end is at it: there the distance differs by less than a micrometre."""
_SAME_PLACE_RAD: Final = 0.3  # farther along the orbit a branch does not jump from one revolution to the next


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crossing:
    """One local minimum of the distance between two arcs, in one revolution of the primary.

    ``first`` is the primary. Points have shape ``(3,)``, in the working frame. ``miss_rate_km_s`` is
    |v1 x v2| / |v1 - v2|, the miss distance per second of timing. ``branch`` numbers, within a pair, the crossings
    that go on from revolution to revolution at the same place. What depends on when the secondary passes is None
    where that is not known.
    """

    first: str
    second: str
    passage_first_s: float
    passage_second_s: float | None
    oxd_km: float
    oxt_s: float | None
    first_point_km: FloatArray
    second_point_km: FloatArray
    miss_rate_km_s: float
    straight_line_cad_km: float | None
    branch: int


def miss_rate_km_s(first_velocity_km_s: FloatArray, second_velocity_km_s: FloatArray) -> FloatArray:
    """Miss distance per second of timing at crossings, |v1 x v2| / |v1 - v2|, from velocities ``(N, 3)``.

    Two objects on straight lines that pass the same point OXT apart miss each other by OXT times this rate. For equal
    velocities it is the speed itself.
    """
    difference = np.linalg.norm(first_velocity_km_s - second_velocity_km_s, axis=1)
    cross = np.linalg.norm(np.cross(first_velocity_km_s, second_velocity_km_s), axis=1)
    speed = np.linalg.norm(first_velocity_km_s, axis=1)
    return np.asarray(np.divide(cross, difference, out=speed, where=difference > 0.0))


def straight_line_cad_km(oxd_km: FloatArray, oxt_s: FloatArray, rate_km_s: FloatArray) -> FloatArray:
    """Close-approach distance near a crossing if both motions were straight: sqrt(OXD**2 + (OXT rate)**2).

    At a crossing the line between the two points is normal to both velocities, so that the miss by timing, in the
    plane of the velocities, adds to OXD at a right angle.
    """
    return np.asarray(np.hypot(oxd_km, oxt_s * rate_km_s))


def crossings(
    first: Trajectory,
    second: Trajectory,
    ids: tuple[str, str],
    window_s: tuple[float, float],
    limit_km: float,
    *,
    periods_s: tuple[float | None, float | None],
    timing: bool = True,
) -> tuple[Crossing, ...]:
    """All crossings of two trajectories below a limit, in order of the primary's passage.

    Where two arcs run side by side at one distance (two equal circles in one plane are a continuum of minima), one
    point stands for each such valley and revolution.

    Args:
        first: The primary.
        second: The secondary, on the same epoch.
        ids: Names of both.
        window_s: When the primary passes. The secondary may pass before or after, as far as it is covered.
        limit_km: Crossings farther apart are left out.
        periods_s: Orbital periods of both; None for a motion that does not come round, which is then compared whole.
        timing: False for a secondary whose phase is not known: its one revolution nearest in time gives the geometry.

    Raises:
        FrameError: for trajectories about different bodies or in different axes.
        InputError: for trajectories on different epochs or without arcs, an empty window or a period not positive.

    """
    check_one_frame(zip(ids, (first.frame, second.frame), strict=True))
    if first.epoch != second.epoch:
        raise InputError("both trajectories must count from one epoch", value=(first.epoch.iso(), second.epoch.iso()))
    paths = (prepare(first, window_s, periods_s[0]), prepare(second, window_s, periods_s[1]))
    return path_crossings(*paths, ids, window_s, limit_km, timing=timing)


def fleet_crossings(
    trajectories: Mapping[str, Trajectory],
    periods_s: Mapping[str, float | None],
    window_s: tuple[float, float],
    limit_km: float,
    *,
    pairs: Iterable[tuple[str, str]] | None = None,
    phase_unknown: Collection[str] = (),
    radii_km: Mapping[str, float] = MappingProxyType({}),
    windows_s: Mapping[tuple[str, str], Sequence[tuple[float, float]]] = MappingProxyType({}),
) -> tuple[Crossing, ...]:
    """Crossings of many pairs, each object being prepared once; pairs in order, then by time.

    The limit counts from the surface of an object in ``radii_km``, distances are between centres all the same.

    ``pairs`` names primary and secondary; None means every two, the primary being the earlier in the mapping.
    ``windows_s`` gives the parts of the window in which a pair is searched, by ids in order; all of it by default.
    An object in ``phase_unknown`` must be a secondary; where ``pairs`` is None it is made one, and two of them are
    not compared.

    Raises:
        FrameError: as :func:`crossings`.
        InputError: as :func:`crossings`, and for a primary of unknown phase.

    """
    if pairs is None:
        order = sorted(trajectories, key=lambda name: name in phase_unknown)
        pairs = [pair for pair in combinations(order, 2) if pair[0] not in phase_unknown]
    pairs = list(pairs)
    for name, _ in pairs:
        if name in phase_unknown:
            raise InputError("the phase of a primary must be known", value=name)
    needed = sorted({name for pair in pairs for name in pair})
    check_one_frame((name, trajectories[name].frame) for name in needed)
    if len({trajectories[name].epoch.tai_ns for name in needed}) > 1:
        raise InputError("all trajectories must count from one epoch", value=needed)
    paths = {name: prepare(trajectories[name], window_s, periods_s[name]) for name in needed}
    return tuple(
        crossing
        for pair in pairs
        for part_s in windows_s.get((min(pair), max(pair)), (window_s,))
        for crossing in path_crossings(
            paths[pair[0]],
            paths[pair[1]],
            pair,
            part_s,
            limit_km + sum(radii_km.get(name, 0.0) for name in pair),
            timing=pair[1] not in phase_unknown,
        )
    )


def path_crossings(
    first: Path, second: Path, ids: tuple[str, str], window_s: tuple[float, float], limit_km: float, *, timing: bool
) -> tuple[Crossing, ...]:
    """As :func:`crossings`, for trajectories prepared with the same window."""
    i, j = candidate_boxes(first, second, window_s, limit_km)
    found = find_minima(first.pieces, second.pieces, i, j, limit_km)
    found = _covered(found, first.trajectory, second.trajectory)
    inside = (found.first_s >= window_s[0]) & (found.first_s <= window_s[1])
    found = chosen(found.take(inside), first, second)
    states = _on_the_arcs(found, first.trajectory, second.trajectory)
    return _records(states, ids, limit_km, first.period_s, timing=timing)


def _covered(found: Minima, first: Trajectory, second: Trajectory) -> Minima:
    """Minima at instants within the arcs; those that the search met beyond an end, at the edge of a box, are none."""
    first_s = on_arcs(first, found.arcs[:, 0], found.first_s)
    second_s = on_arcs(second, found.arcs[:, 1], found.second_s)
    outside_s = np.maximum(np.abs(found.first_s - first_s), np.abs(found.second_s - second_s))
    rows = np.flatnonzero(found.flat | (outside_s <= _AT_END_S))
    return replace(found, first_s=first_s, second_s=second_s).take(rows)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _States:
    """Both passages of N crossings and the states there, ``(N, 3)``."""

    first_s: FloatArray
    second_s: FloatArray
    first_km: FloatArray
    second_km: FloatArray
    first_km_s: FloatArray
    second_km_s: FloatArray


def _on_the_arcs(found: Minima, first: Trajectory, second: Trajectory) -> _States:
    """One more Newton step with the arcs' own positions and velocities in place of the interpolants'."""
    first_s, second_s = found.first_s.copy(), found.second_s.copy()
    at = arc_states(first, found.arcs[:, 0], first_s)
    to = arc_states(second, found.arcs[:, 1], second_s)
    d = at[0] - to[0]
    gradient = np.column_stack([np.einsum("ni,ni->n", d, at[1]), -np.einsum("ni,ni->n", d, to[1])])
    step_s = newton_step(found.hessian, gradient)
    steady = (np.abs(step_s) <= 0.1 * found.half_s).all(axis=1) & ~found.flat
    first_s[steady] -= step_s[steady, 0]
    second_s[steady] -= step_s[steady, 1]
    first_s, second_s = on_arcs(first, found.arcs[:, 0], first_s), on_arcs(second, found.arcs[:, 1], second_s)
    first_km, first_km_s = arc_states(first, found.arcs[:, 0], first_s)
    second_km, second_km_s = arc_states(second, found.arcs[:, 1], second_s)
    return _States(
        first_s=first_s,
        second_s=second_s,
        first_km=first_km,
        second_km=second_km,
        first_km_s=first_km_s,
        second_km_s=second_km_s,
    )


def _records(
    states: _States, ids: tuple[str, str], limit_km: float, period_s: float | None, *, timing: bool
) -> tuple[Crossing, ...]:
    oxd_km = np.linalg.norm(states.first_km - states.second_km, axis=1)
    oxt_s = states.second_s - states.first_s
    rate_km_s = miss_rate_km_s(states.first_km_s, states.second_km_s)
    cad_km = straight_line_cad_km(oxd_km, oxt_s, rate_km_s)
    rows = np.flatnonzero(oxd_km <= limit_km)
    rows = rows[np.argsort(states.first_s[rows], kind="stable")]
    branch = _branches(states.first_s[rows], states.first_km[rows], states.second_km[rows], period_s)
    for points in (states.first_km, states.second_km):
        points.setflags(write=False)
    numbers = (array[rows].tolist() for array in (states.first_s, states.second_s, oxd_km, oxt_s, rate_km_s, cad_km))
    return tuple(
        Crossing(
            first=ids[0],
            second=ids[1],
            passage_first_s=first_s,
            passage_second_s=second_s if timing else None,
            oxd_km=distance_km,
            oxt_s=apart_s if timing else None,
            first_point_km=states.first_km[row],
            second_point_km=states.second_km[row],
            miss_rate_km_s=rate,
            straight_line_cad_km=near_km if timing else None,
            branch=number,
        )
        for row, number, first_s, second_s, distance_km, apart_s, rate, near_km in zip(
            rows.tolist(), branch.tolist(), *numbers, strict=True
        )
    )


def _branches(
    first_s: FloatArray, first_km: FloatArray, second_km: FloatArray, period_s: float | None
) -> NDArray[np.int64]:
    """Branch of each crossing, numbered in order of first appearance.

    Two crossings follow each other on a branch if they are one revolution apart, half of one more or less, and each
    is the other's nearest in direction from the centre, for both points together.
    """
    count = len(first_s)
    if period_s is None or count == 0:
        return np.arange(count)
    directions = np.concatenate(
        [points / np.linalg.norm(points, axis=1, keepdims=True) for points in (first_km, second_km)], axis=1
    )
    begin = np.searchsorted(first_s, first_s + 0.5 * period_s)
    end = np.searchsorted(first_s, first_s + 1.5 * period_s)
    width = int((end - begin).max())
    if width == 0:
        return np.arange(count)
    later = begin[:, None] + np.arange(width)
    real = later < end[:, None]
    later = np.minimum(later, count - 1)
    apart_rad = np.where(real, np.linalg.norm(directions[later] - directions[:, None], axis=2), np.inf)
    nearest = apart_rad.argmin(axis=1)
    successor = later[np.arange(count), nearest]
    least_rad = apart_rad[np.arange(count), nearest]
    before = np.full(count, np.inf)
    np.minimum.at(before, later.ravel(), apart_rad.ravel())
    linked = np.flatnonzero((least_rad <= _SAME_PLACE_RAD) & (least_rad == before[successor]))
    graph = coo_array((np.ones(len(linked)), (linked, successor[linked])), shape=(count, count))
    _, label = connected_components(graph, directed=False)
    _, first_seen, branch = np.unique(label, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first_seen))[branch], dtype=np.int64)
