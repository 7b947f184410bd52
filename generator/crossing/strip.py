"""Trajectories prepared for the search for orbit crossings, and which of their pieces to compare.

Of the many passages of the secondary at one place, a passage of the primary is compared with the nearest in time. In
the plane of both passage times these lie in a strip about one revolution of the secondary wide.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.crossing.pieces import Pieces, cut_into_pieces
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.errors import InputError
from nearpass.screening.fleet import fit_fleet

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

SLACK: Final = 0.05  # of a period: how far two revolutions of a drifting orbit may differ
_ROWS: Final = 256  # pieces compared at once with those that they may meet


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Path:
    """A trajectory prepared for the search: its short pieces between two offsets."""

    trajectory: Trajectory
    pieces: Pieces
    start_s: float
    stop_s: float
    period_s: float | None


def arc_states(trajectory: Trajectory, arcs: IndexArray, offsets_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Positions and velocities ``(N, 3)`` on arcs of given numbers, at instants within them (:func:`on_arcs`)."""
    states = np.empty((2, len(offsets_s), 3))
    for number in np.unique(arcs):
        rows = arcs == number
        arc = trajectory.arcs[number]
        states[:, rows] = arc.state(offsets_s[rows])
    return states[0], states[1]


def on_arcs(trajectory: Trajectory, arcs: IndexArray, offsets_s: FloatArray) -> FloatArray:
    """Instants ``(N,)`` found for arcs of given numbers, each within its arc: what rounding put outside is its end."""
    spans_s = np.array(trajectory.spans_s).reshape(-1, 2)[arcs]
    return np.asarray(np.clip(offsets_s, spans_s[:, 0], spans_s[:, 1]))


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
    reach_s = np.inf if period_s is None else (1.0 + 2.0 * SLACK) * period_s
    start_s = max(first_s, min(window_s[0] - reach_s / 2.0, last_s - reach_s))
    stop_s = min(last_s, max(window_s[1] + reach_s / 2.0, first_s + reach_s))
    fleet = fit_fleet({"": trajectory}, (start_s, stop_s))
    return Path(trajectory=trajectory, pieces=cut_into_pieces(fleet), start_s=start_s, stop_s=stop_s, period_s=period_s)


def nearest_middle_s(first_s: FloatArray, second: Path) -> FloatArray:
    """Middle of the covered revolution of the secondary that is nearest to each passage of the primary."""
    if second.period_s is None:
        return np.full(len(first_s), 0.5 * (second.start_s + second.stop_s))
    half_s = min(second.period_s, second.stop_s - second.start_s) / 2.0
    return np.clip(first_s, second.start_s + half_s, second.stop_s - half_s)


def reach_s(second: Path) -> float:
    """How far from the middle of that revolution the secondary's passages are looked for."""
    if second.period_s is None:
        return 0.5 * (second.stop_s - second.start_s)
    return (0.5 + SLACK) * second.period_s


def candidate_boxes(
    first: Path, second: Path, window_s: tuple[float, float], limit_km: float
) -> tuple[IndexArray, IndexArray]:
    """Pieces of both in the strip of nearest passages whose surrounding spheres come within the limit."""
    one, other = first.pieces, second.pieces
    in_window = (one.middle_s + one.half_s >= window_s[0]) & (one.middle_s - one.half_s <= window_s[1])
    rows = np.flatnonzero(in_window & _in_shell(one, other, limit_km))
    columns = np.flatnonzero(_in_shell(other, one, limit_km))
    ours, theirs = _sphere_forms(one, limit_km), _sphere_forms(other, 0.0)[:, [0, 1, 2, 3, 5, 4]]
    found = [(rows[:0], columns[:0])]
    for block, part in _blocks(first, second, rows, columns):
        near_i, near_j = np.divmod(np.flatnonzero(ours[block] @ theirs[part].T >= 0.0), len(part))
        found.append((block[near_i], part[near_j]))
    i, j = np.concatenate([pair[0] for pair in found]), np.concatenate([pair[1] for pair in found])
    apart_s = np.abs(other.middle_s[j] - nearest_middle_s(one.middle_s[i], second))
    strip = apart_s <= reach_s(second) + one.half_s[i] + other.half_s[j]
    return i[strip], j[strip]


def _sphere_forms(pieces: Pieces, limit_km: float) -> FloatArray:
    """Rows ``(N, 6)``: two spheres meet where the product of their rows, the last two of one swapped, is not negative.

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
    if not len(rows) or not len(columns):
        return
    strip_s = reach_s(second)
    middles_s, others_s = first.pieces.middle_s[rows], second.pieces.middle_s[columns]
    slack_s = float(first.pieces.half_s.max() + second.pieces.half_s.max())
    centers_s = nearest_middle_s(middles_s, second)
    cuts = np.flatnonzero(np.diff(middles_s // (2.0 * strip_s), prepend=-np.inf))
    for run in np.split(np.arange(len(rows)), cuts[1:]):
        for start in range(0, len(run), _ROWS):
            piece = run[start : start + _ROWS]
            low = np.searchsorted(others_s, centers_s[piece[0]] - strip_s - slack_s)
            high = np.searchsorted(others_s, centers_s[piece[-1]] + strip_s + slack_s)
            if low < high:
                yield rows[piece], columns[low:high]
