"""Which pairs can come near on which steps: every one that does is among those named, and few others.

Let h be half a step, and of each object p, v, a the state at its middle, J a bound of the third derivative and e the
error of both. On the step, then, with A = |a| + J h and V = |v| + A h,

- it stays in a ball about p of radius |v| h + |a| h**2 / 2 + J h**3 / 6 + e;
- its distance q from the centre stays within |q'| h + |q''| h**2 / 2 + Q h**3 / 6 + e of |p|, where
  Q = J + 5 A V / q + 3 V**3 / q**2 bounds the third derivative of q for the smallest q on the step (from
  q' = r.v / q and q'' = (v**2 - q'**2 + r.a) / q, differentiated once more, with |q''| <= A + V**2 / q);
- two objects come no nearer than their straight lines do, less |a1 - a2| h**2 / 2 + (J1 + J2) h**3 / 6 + e1 + e2.

Two that come within the limit somewhere on the step have balls and shells that come as near, since a difference of
distances from the centre is at most the distance. A tree in four dimensions, the position and the distance from the
centre stretched so that a shell counts as much as a ball, finds those pairs; the third bound then leaves little more
than the pairs that do come near. Objects with unusually large balls or shells would make all searches wide, and are
searched for separately, in space alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from nearpass.screening.steps import Steps

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

_ORDINARY: Final = 0.9  # this share of the objects tells what radii are usual;
_STRETCH: Final = 1.6  # what exceeds theirs by this factor is searched for separately
_ROUNDING_KM: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """Pairs of rows, the first the smaller, and the steps on which they may come within the limit."""

    first: IndexArray
    second: IndexArray
    step: IndexArray
    searched: int  # pairs and steps that the tree gave


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Reach:
    """Of the objects covered on one step: rows, states ``(n, 9)``, q, and radii of ball and shell."""

    rows: IndexArray
    states: FloatArray
    third_km_s3: FloatArray
    error_km: FloatArray
    q_km: FloatArray
    ball_km: FloatArray
    shell_km: FloatArray


def find_candidates(steps: Steps, limit_km: float, primaries: BoolArray | None = None) -> Candidates:
    """Every pair and step on which the two may come within the limit, in order of steps.

    ``primaries`` ``(N,)`` keeps pairs of which at least one is marked.
    """
    found: list[tuple[IndexArray, IndexArray, int]] = []
    searched = 0
    for step in range(len(steps.edges_s) - 1):
        half_s = 0.5 * float(steps.edges_s[step + 1] - steps.edges_s[step])
        reach = _reach(steps, step, half_s)
        one, two = _near(reach, limit_km, None if primaries is None else primaries[reach.rows])
        searched += len(one)
        one, two = _narrowed(reach, one, two, limit_km, half_s)
        one, two = reach.rows[one], reach.rows[two]
        found.append((np.minimum(one, two), np.maximum(one, two), step))
    return Candidates(
        first=np.concatenate([one for one, _, _ in found]),
        second=np.concatenate([two for _, two, _ in found]),
        step=np.repeat([step for _, _, step in found], [len(one) for one, _, _ in found]),
        searched=searched,
    )


def _reach(steps: Steps, step: int, half_s: float) -> _Reach:
    rows = np.flatnonzero(~np.isnan(steps.error_km[step]))
    everything = len(rows) == steps.error_km.shape[1]
    states, third, error_km = (
        array[step] if everything else array[step][rows] for array in (steps.states, steps.third_km_s3, steps.error_km)
    )
    p, v, a = states[:, :3], states[:, 3:6], states[:, 6:]
    q_km = np.sqrt(_dot(p, p))
    speed_km_s, pull_km_s2 = np.sqrt(_dot(v, v)), np.sqrt(_dot(a, a))
    ball_km = half_s * (speed_km_s + half_s * (pull_km_s2 / 2.0 + half_s * third / 6.0)) + error_km + _ROUNDING_KM
    most_pull = pull_km_s2 + third * half_s
    most_speed = speed_km_s + most_pull * half_s
    least_km = np.maximum(q_km - ball_km, 1e-3)
    rise = _dot(p, v) / q_km
    bend = np.abs((_dot(v, v) - rise**2 + _dot(p, a)) / q_km)
    bound = third + (5.0 * most_pull + 3.0 * most_speed**2 / least_km) * most_speed / least_km
    shell_km = half_s * (np.abs(rise) + half_s * (bend / 2.0 + half_s * bound / 6.0)) + error_km + _ROUNDING_KM
    return _Reach(
        rows=rows,
        states=states,
        third_km_s3=third,
        error_km=error_km,
        q_km=q_km,
        ball_km=ball_km,
        shell_km=np.minimum(shell_km, ball_km),
    )


def _near(reach: _Reach, limit_km: float, primaries: BoolArray | None) -> tuple[IndexArray, IndexArray]:
    """Pairs whose balls and shells come within the limit, and some more."""
    if len(reach.rows) < 2:
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    usual = np.ones(len(reach.rows), dtype=bool)
    for radii_km in (reach.ball_km, reach.shell_km):
        at = int(_ORDINARY * (len(radii_km) - 1))
        usual &= radii_km <= _STRETCH * np.partition(radii_km, at)[at]
    ball_km, shell_km = float(reach.ball_km[usual].max()), float(reach.shell_km[usual].max())
    around_km, across_km = limit_km + 2.0 * ball_km, limit_km + 2.0 * shell_km
    points = np.column_stack([reach.states[:, :3], reach.q_km * (around_km / across_km)])
    chosen = np.flatnonzero(usual)
    tree = _tree(points[chosen])
    radius_km = np.sqrt(2.0) * around_km
    if primaries is None:
        pairs = tree.query_pairs(radius_km, output_type="ndarray")
        one, two = chosen[pairs[:, 0]], chosen[pairs[:, 1]]
    else:
        own = np.flatnonzero(usual & primaries)
        one, two = _between(_tree(points[own]), tree, radius_km) if len(own) else (own, own)
        one, two = own[one], chosen[two]
        once = ~primaries[two] | (one < two)  # two primaries find each other
        one, two = one[once], two[once]
    odd = np.flatnonzero(~usual)
    if len(odd):
        positions_km = np.ascontiguousarray(reach.states[:, :3])
        whole = _tree(positions_km)
        largest_km = float(reach.ball_km.max())
        few, many = _between(_tree(positions_km[odd]), whole, limit_km + float(reach.ball_km[odd].max()) + largest_km)
        few = odd[few]
        once = usual[many] | (few < many)  # two unusual objects find each other
        one, two = np.concatenate([one, few[once]]), np.concatenate([two, many[once]])
        if primaries is not None:
            wanted = primaries[one] | primaries[two]
            one, two = one[wanted], two[wanted]
    return one, two


def _tree(points: FloatArray) -> KDTree:
    """Quick to build; searches gain little from a balanced one."""
    return KDTree(points, leafsize=16, balanced_tree=False, compact_nodes=False)


def _between(few: KDTree, many: KDTree, radius_km: float) -> tuple[IndexArray, IndexArray]:
    found = few.sparse_distance_matrix(many, radius_km, output_type="ndarray")
    return found["i"], found["j"]


def _narrowed(
    reach: _Reach, one: IndexArray, two: IndexArray, limit_km: float, half_s: float
) -> tuple[IndexArray, IndexArray]:
    """The pairs whose shells, balls and straight lines come within the limit."""
    apart_km = np.abs(reach.q_km[one] - reach.q_km[two])
    keep = np.flatnonzero(apart_km <= limit_km + reach.shell_km[one] + reach.shell_km[two])
    one, two = one[keep], two[keep]
    difference = reach.states[one] - reach.states[two]
    r, v, a = difference[:, :3], difference[:, 3:6], difference[:, 6:]
    square = _dot(v, v)
    when_s = np.clip(-_dot(r, v) / np.where(square > 0.0, square, 1.0), -half_s, half_s)
    nearest = r + when_s[:, None] * v
    margin_km = np.sqrt(_dot(a, a)) * (half_s**2 / 2.0) + reach.error_km[one] + reach.error_km[two]
    margin_km += (reach.third_km_s3[one] + reach.third_km_s3[two]) * (half_s**3 / 6.0)
    within = _dot(nearest, nearest) <= (limit_km + margin_km + _ROUNDING_KM) ** 2
    keep = np.flatnonzero(within & (one != two))
    return one[keep], two[keep]


def _dot(one: FloatArray, two: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("ni,ni->n", one, two))
