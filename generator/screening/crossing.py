"""Orbit crossings: how close two trajectories pass, whenever each object is there.

The orbit-crossing distance OXD is a local minimum of the distance between two *arcs* of real ephemeris, a problem in
two times: the passage of the primary, s, and of the secondary, t. The orbit-crossing timing OXT is t - s. Of the many
passages of the secondary at one place, a passage of the primary is compared with the nearest in time, so that every
crossing appears once a revolution of the primary, with OXT at most half the period of the secondary (more only where
the nearest passage lies outside the coverage). Minima at an end of the coverage or at a break in velocity are none.

The search is complete: see :mod:`generator.screening.crossing_search`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from generator.ephemeris.trajectory import Trajectory
from generator.errors import InputError
from generator.screening.crossing_pieces import Pieces, cut_into_pieces
from generator.screening.crossing_search import Minima, find_minima, newton_step
from generator.screening.fleet import fit_fleet

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

_SLACK: Final = 0.05  # of a period: how far two revolutions of a drifting orbit may differ
_SAME_S: Final = 1e-2  # minima nearer than this in both times are one, found in neighbouring boxes
_SAME_PLACE_RAD: Final = 0.3  # farther along the orbit a branch does not jump from one revolution to the next
_ROWS: Final = 256  # pieces compared at once with those that they may meet
_VALLEY: Final = 4.0  # flat boxes nearer than so many sides belong to one valley


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Path:
    """A trajectory prepared for the search: its short pieces between two offsets."""

    trajectory: Trajectory
    pieces: Pieces
    start_s: float
    stop_s: float
    period_s: float | None


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


def prepare(trajectory: Trajectory, window_s: tuple[float, float], period_s: float | None) -> Path:
    """Fit a trajectory over the window and half a period on either side, or over the revolution nearest to it.

    Raises:
        InputError: for a window that does not end after it starts, or a period that is not positive.

    """
    if not window_s[0] < window_s[1]:
        raise InputError("a window must end after it starts", value=window_s)
    if period_s is not None and not period_s > 0.0:
        raise InputError("a period must be positive", value=period_s)
    ends_s = trajectory.spans_s
    if not ends_s:
        raise InputError("a trajectory needs at least one arc", value=len(ends_s))
    first_s, last_s = ends_s[0][0], ends_s[-1][1]
    reach_s = np.inf if period_s is None else (1.0 + 2.0 * _SLACK) * period_s
    start_s = max(first_s, min(window_s[0] - reach_s / 2.0, last_s - reach_s))
    stop_s = min(last_s, max(window_s[1] + reach_s / 2.0, first_s + reach_s))
    fleet = fit_fleet({"": trajectory}, (start_s, stop_s))
    return Path(trajectory=trajectory, pieces=cut_into_pieces(fleet), start_s=start_s, stop_s=stop_s, period_s=period_s)


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
        InputError: for trajectories on different epochs or without arcs, an empty window or a period not positive.

    """
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
) -> tuple[Crossing, ...]:
    """Crossings of many pairs, each object being prepared once; pairs in order, then by time.

    ``pairs`` names primary and secondary; None means every two, the primary being the earlier in the mapping.
    An object in ``phase_unknown`` must be a secondary; where ``pairs`` is None it is made one, and two of them are
    not compared.

    Raises:
        InputError: as :func:`crossings`, and for a primary of unknown phase.

    """
    if pairs is None:
        order = sorted(trajectories, key=lambda name: name in phase_unknown)
        pairs = [pair for pair in combinations(order, 2) if pair[0] not in phase_unknown]
    pairs = list(pairs)
    for name, _ in pairs:
        if name in phase_unknown:
            raise InputError("the phase of a primary must be known", value=name)
    needed = {name for pair in pairs for name in pair}
    if len({trajectories[name].epoch.tai_ns for name in needed}) > 1:
        raise InputError("all trajectories must count from one epoch", value=sorted(needed))
    paths = {name: prepare(trajectories[name], window_s, periods_s[name]) for name in sorted(needed)}
    return tuple(
        crossing
        for pair in pairs
        for crossing in path_crossings(
            paths[pair[0]], paths[pair[1]], pair, window_s, limit_km, timing=pair[1] not in phase_unknown
        )
    )


def path_crossings(
    first: Path, second: Path, ids: tuple[str, str], window_s: tuple[float, float], limit_km: float, *, timing: bool
) -> tuple[Crossing, ...]:
    """As :func:`crossings`, for trajectories prepared with the same window."""
    i, j = _candidate_boxes(first, second, window_s, limit_km)
    found = find_minima(first.pieces, second.pieces, i, j, limit_km)
    found = found.take((found.first_s >= window_s[0]) & (found.first_s <= window_s[1]))
    found = found.take(np.lexsort((found.second_s, found.first_s)))
    found = _without_repeats(_one_a_valley(found, first.period_s))
    found = _nearest_passages(found, first, second)
    states = _on_the_arcs(found, first.trajectory, second.trajectory)
    return _records(states, ids, limit_km, first.period_s, timing=timing)


def _middle_s(first_s: FloatArray, second: Path) -> FloatArray:
    """Middle of the covered revolution of the secondary that is nearest to each passage of the primary."""
    if second.period_s is None:
        return np.full(len(first_s), 0.5 * (second.start_s + second.stop_s))
    half_s = min(second.period_s, second.stop_s - second.start_s) / 2.0
    return np.clip(first_s, second.start_s + half_s, second.stop_s - half_s)


def _reach_s(second: Path) -> float:
    if second.period_s is None:
        return 0.5 * (second.stop_s - second.start_s)
    return (0.5 + _SLACK) * second.period_s


def _candidate_boxes(
    first: Path, second: Path, window_s: tuple[float, float], limit_km: float
) -> tuple[IndexArray, IndexArray]:
    """Pieces of both in the strip of nearest passages whose surrounding spheres come within the limit."""
    one, other = first.pieces, second.pieces
    in_window = (one.middle_s + one.half_s >= window_s[0]) & (one.middle_s - one.half_s <= window_s[1])
    rows = np.flatnonzero(in_window & _in_shell(one, other, limit_km))
    columns = np.flatnonzero(_in_shell(other, one, limit_km))
    if not len(rows) or not len(columns):
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    ours, theirs = _sphere_forms(one, limit_km), _sphere_forms(other, 0.0)[:, [0, 1, 2, 3, 5, 4]]
    found: list[tuple[IndexArray, IndexArray]] = []
    for block, part in _blocks(first, second, rows, columns):
        near_i, near_j = np.divmod(np.flatnonzero(ours[block] @ theirs[part].T >= 0.0), len(part))
        found.append((block[near_i], part[near_j]))
    i, j = np.concatenate([pair[0] for pair in found]), np.concatenate([pair[1] for pair in found])
    apart_s = np.abs(other.middle_s[j] - _middle_s(one.middle_s[i], second))
    strip = apart_s <= _reach_s(second) + one.half_s[i] + other.half_s[j]
    return i[strip], j[strip]


def _sphere_forms(pieces: Pieces, limit_km: float) -> FloatArray:
    """Rows ``(N, 6)``: two spheres touch where the product of their rows, one with its last two swapped, is not negative.

    |c1 - c2|**2 <= (R1 + R2)**2, multiplied out; the radius is raised by more than rounding can take away.
    """
    radius_km = (pieces.radius_km + pieces.error_km + limit_km) * (1.0 + 1e-9)
    centre_km = pieces.middle[:, :, 0]
    power_km2 = 0.5 * (radius_km**2 - np.einsum("ni,ni->n", centre_km, centre_km))
    return np.column_stack([centre_km, radius_km, power_km2, np.ones(len(pieces))])


def _in_shell(one: Pieces, other: Pieces, limit_km: float) -> BoolArray:
    """Which pieces of the one come, by their distance from the centre, within the limit of any of the other."""
    if not len(one) or not len(other):
        return np.zeros(len(one), dtype=bool)
    size_km = np.linalg.norm(other.middle[:, :, 0], axis=1)
    reach_km = other.radius_km + other.error_km
    own_km, own_reach_km = np.linalg.norm(one.middle[:, :, 0], axis=1), one.radius_km + one.error_km + limit_km
    return np.asarray(
        (own_km + own_reach_km >= (size_km - reach_km).min()) & (own_km - own_reach_km <= (size_km + reach_km).max())
    )


def _blocks(
    first: Path, second: Path, rows: IndexArray, columns: IndexArray
) -> Iterator[tuple[IndexArray, IndexArray]]:
    """Runs of the first's pieces about as long as the strip is wide, with the second's that they may meet."""
    reach_s = _reach_s(second)
    middles_s, others_s = first.pieces.middle_s[rows], second.pieces.middle_s[columns]
    slack_s = float(first.pieces.half_s.max() + second.pieces.half_s.max())
    centers_s = _middle_s(middles_s, second)
    cuts = np.flatnonzero(np.diff(middles_s // (2.0 * reach_s), prepend=-np.inf))
    for run in np.split(np.arange(len(rows)), cuts[1:]):
        for start in range(0, len(run), _ROWS):
            piece = run[start : start + _ROWS]
            low = np.searchsorted(others_s, centers_s[piece[0]] - reach_s - slack_s)
            high = np.searchsorted(others_s, centers_s[piece[-1]] + reach_s + slack_s)
            if low < high:
                yield rows[piece], columns[low:high]


def _without_repeats(found: Minima) -> Minima:
    """Minima found in more than one box, once; input and output in order of the primary's passage."""
    keep = np.ones(len(found.first_s), dtype=bool)
    for ahead in range(1, len(keep)):
        near = found.first_s[ahead:] - found.first_s[:-ahead] <= _SAME_S
        if not near.any():
            break
        keep[ahead:] &= ~(near & (np.abs(found.second_s[ahead:] - found.second_s[:-ahead]) <= _SAME_S))
    return found.take(keep)


def _one_a_valley(found: Minima, period_s: float | None) -> Minima:
    """Of the points of each flat valley, in each revolution of the primary, only the lowest."""
    rows = np.flatnonzero(found.flat)
    if not len(rows):
        return found
    places = np.column_stack([found.first_s[rows], found.second_s[rows]]) / found.half_s[rows].max(axis=0)
    links = cKDTree(places).query_pairs(_VALLEY, p=np.inf, output_type="ndarray")
    revolution = np.zeros(len(rows)) if period_s is None else found.first_s[rows] // period_s
    links = links[revolution[links[:, 0]] == revolution[links[:, 1]]]
    graph = coo_array((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(len(rows), len(rows)))
    _, valley = connected_components(graph, directed=False)
    order = np.lexsort((np.round(found.distance_km[rows], 9), valley))
    lowest = order[np.flatnonzero(np.diff(valley[order], prepend=-1))]
    keep = ~found.flat
    keep[rows[lowest]] = True
    return found.take(keep)


def _nearest_passages(found: Minima, first: Path, second: Path) -> Minima:
    """Where two successive passages of the secondary belong to one of the primary, the nearer in time.

    Only minima near the two edges of the strip can be such twins: the strip is a little wider than a revolution.
    """
    period_s = second.period_s
    if period_s is None or not len(found.first_s):
        return found
    apart_s = np.abs(found.second_s - _middle_s(found.first_s, second))
    inside = apart_s <= _reach_s(second)
    edge = np.flatnonzero(inside & (apart_s >= (0.5 - 2.0 * _SLACK) * period_s))
    keep = inside.copy()
    same_s = 2.0 * _SLACK * min(period_s, first.period_s or period_s)
    timing_s = np.abs(found.second_s - found.first_s)
    for ahead in range(1, len(edge)):
        one, other = edge[:-ahead], edge[ahead:]
        near = found.first_s[other] - found.first_s[one] <= same_s
        if not near.any():
            break
        step_s = np.abs(found.second_s[other] - found.second_s[one])
        twins = near & (np.abs(step_s - period_s) <= 2.0 * _SLACK * period_s)
        later = timing_s[other] >= timing_s[one]
        keep[other[twins & later]] = False
        keep[one[twins & ~later]] = False
    return found.take(keep)


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
    at = _arc_states(first, found.arcs[:, 0], first_s)
    to = _arc_states(second, found.arcs[:, 1], second_s)
    d = at[0] - to[0]
    gradient = np.column_stack([np.einsum("ni,ni->n", d, at[1]), -np.einsum("ni,ni->n", d, to[1])])
    step_s = newton_step(found.hessian, gradient)
    steady = (np.abs(step_s) <= 0.1 * found.half_s).all(axis=1) & ~found.flat
    first_s[steady] -= step_s[steady, 0]
    second_s[steady] -= step_s[steady, 1]
    first_km, first_km_s = _arc_states(first, found.arcs[:, 0], first_s)
    second_km, second_km_s = _arc_states(second, found.arcs[:, 1], second_s)
    return _States(
        first_s=first_s,
        second_s=second_s,
        first_km=first_km,
        second_km=second_km,
        first_km_s=first_km_s,
        second_km_s=second_km_s,
    )


def _arc_states(trajectory: Trajectory, arcs: IndexArray, offsets_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    states = np.empty((2, len(offsets_s), 3))
    for number in np.unique(arcs):
        rows = arcs == number
        arc = trajectory.arcs[number]
        states[:, rows] = arc.state(np.clip(offsets_s[rows], arc.start_s, arc.stop_s))
    return states[0], states[1]


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
