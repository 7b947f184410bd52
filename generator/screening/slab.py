"""One slab of time of a large fleet: broad phase, then the same search as for a small one on what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.screening import chebyshev
from nearpass.screening.broad_phase import Candidates, find_candidates
from nearpass.screening.fleet import DEGREE
from nearpass.screening.interpolants import SomeInterpolants
from nearpass.screening.steps import Motion, Steps, describe
from nearpass.screening.stretches import Stretches, find_stretches
from nearpass.screening.subdivision import Leaves, Pairs, search_near
from nearpass.screening.tca import Extrema, find_extrema
from nearpass.screening.turns import find_turns, relative

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

_CHECKS: Final = -np.cos(np.pi * (np.array([0, DEGREE // 2, DEGREE - 1]) + 0.5) / DEGREE)
_CAUTION: Final = 4.0
_NOISE_KM: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """What is screened: steps between ``edges_s``, of which minima between ``start_s`` and ``stop_s`` are kept.

    The edges reach one step farther where the window goes on, so that a minimum at a border is seen from both sides.
    ``primaries`` ``(N,)`` keeps pairs of which at least one is marked; None keeps all. Stretches are wanted of pairs
    whose relative speed in a minimum is below ``comoving_km_s``.
    """

    edges_s: FloatArray
    start_s: float
    stop_s: float
    limit_km: float
    comoving_km_s: float
    primaries: BoolArray | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """Minima below the limit ``(n,)`` and stretches ``(m,)`` of a slab; rows of the fleet, not names.

    ``covered_s`` ``(N,)`` is how long each object was covered. ``counts``: pair-steps in all, from the tree, left by
    the bounds, holding a minimum; minima listed, dropped as shallow or twice found. ``error_km`` is the largest error
    of an interpolant that a listed minimum rests on.
    """

    first: IndexArray
    second: IndexArray
    offset_s: FloatArray
    miss_km: FloatArray
    speed_km_s: FloatArray
    at_boundary: BoolArray
    near_first: IndexArray
    near_second: IndexArray
    near_start_s: FloatArray
    near_stop_s: FloatArray
    covered_s: FloatArray
    counts: tuple[int, ...]
    error_km: float


def screen_slab(motion: Motion, task: Task) -> Found:
    """Every minimum below the limit of every pair in a slab."""
    steps = describe(motion, task.edges_s)
    near = find_candidates(steps, task.limit_km, task.primaries)
    pairs = _pairs(near, len(task.edges_s) - 1)
    fleet = _fitted(motion, steps, near)
    found = search_near(fleet, pairs, task.limit_km)
    extrema = find_extrema(fleet, pairs, find_turns(fleet, pairs, found.leaves))
    valleys = extrema.minima.taken(extrema.deep)
    inside = (valleys.offset_s >= task.start_s) & (valleys.offset_s <= task.stop_s)
    valleys = valleys.taken(np.flatnonzero(inside & (valleys.miss_km < task.limit_km)))
    _, velocity_km_s = relative(fleet, pairs, valleys.pair, valleys.interval, valleys.offset_s)
    speed_km_s = np.linalg.norm(velocity_km_s, axis=1)
    stretches = _stretches(fleet, pairs, found.leaves, extrema, valleys.pair[speed_km_s < task.comoving_km_s], task)
    covered = ~np.isnan(steps.error_km)
    lengths_s = np.diff(np.clip(task.edges_s, task.start_s, task.stop_s))
    rest_km = [fleet.errors_km(rows[valleys.pair], valleys.interval)[1] for rows in (pairs.first, pairs.second)]
    return Found(
        first=pairs.first[valleys.pair],
        second=pairs.second[valleys.pair],
        offset_s=valleys.offset_s,
        miss_km=valleys.miss_km,
        speed_km_s=speed_km_s,
        at_boundary=valleys.at_boundary,
        near_first=pairs.first[stretches.pair],
        near_second=pairs.second[stretches.pair],
        near_start_s=stretches.start_s,
        near_stop_s=stretches.stop_s,
        covered_s=lengths_s @ covered,
        counts=(
            _pair_steps(covered, task.primaries),
            near.searched,
            len(near.first),
            len(valleys.pair),
            len(extrema.minima.pair) - len(extrema.deep),
        ),
        error_km=float(np.concatenate(rest_km).max(initial=0.0)),
    )


def _pair_steps(covered: BoolArray, primaries: BoolArray | None) -> int:
    """How many pairs times steps there were to screen."""
    every = covered.sum(axis=1)
    chosen = every if primaries is None else (covered & primaries).sum(axis=1)
    return int((chosen * (every - chosen) + chosen * (chosen - 1) // 2).sum())


def _pairs(near: Candidates, count: int) -> Pairs:
    """The pairs among the candidates in order of rows, with the steps on which they are."""
    keys = near.first.astype(np.int64) << 32 | near.second.astype(np.int64)
    unique, which = np.unique(keys, return_inverse=True)
    covered = np.zeros((len(unique), count), dtype=bool)
    covered[which, near.step] = True
    return Pairs(first=(unique >> 32).astype(np.intp), second=(unique & 0xFFFFFFFF).astype(np.intp), covered=covered)


def _fitted(motion: Motion, steps: Steps, near: Candidates) -> SomeInterpolants:
    """Interpolants of the motion itself, of every object on each step on which it is in a candidate."""
    edges_s = steps.edges_s
    count = len(edges_s) - 1
    needed = np.unique(np.concatenate([near.first, near.second]) * count + np.tile(near.step, 2))
    rows, step = np.divmod(needed, count)
    places = np.concatenate([chebyshev.nodes(DEGREE), _CHECKS])
    start_s, stop_s = edges_s[step][:, None], edges_s[step + 1][:, None]
    positions_km = motion.scattered_km(rows, 0.5 * (start_s + stop_s) + 0.5 * (stop_s - start_s) * places)
    fits_km = positions_km[:, : DEGREE + 1].transpose(0, 2, 1) @ chebyshev.interpolation(DEGREE)
    again_km = fits_km @ np.polynomial.chebyshev.chebvander(_CHECKS, DEGREE).T
    missed_km = np.linalg.norm(again_km - positions_km[:, DEGREE + 1 :].transpose(0, 2, 1), axis=1).max(axis=1)
    row = np.full(steps.error_km.T.shape, -1, dtype=np.int32)
    row[rows, step] = np.arange(len(rows))
    return SomeInterpolants(
        edges_s=edges_s,
        arc_number=motion.arc_numbers(edges_s, ~np.isnan(steps.error_km.T)),
        row=row,
        fits_km=np.ascontiguousarray(fits_km),
        error_km=_CAUTION * missed_km + _NOISE_KM,
    )


def _stretches(
    fleet: SomeInterpolants,
    pairs: Pairs,
    leaves: Leaves,
    extrema: Extrema,
    slow: IndexArray,
    task: Task,
) -> Stretches:
    """Stretches below the limit, cut to the slab, of slow pairs and of those below at an end of the slab."""
    count = len(task.edges_s) - 1
    at_ends = leaves.pair[(leaves.interval <= 1) | (leaves.interval >= count - 2)]
    wanted = np.zeros(len(pairs.first), dtype=bool)
    wanted[slow] = wanted[at_ends] = True
    chosen = np.flatnonzero(wanted[leaves.pair])
    found = find_stretches(
        fleet,
        pairs,
        Leaves(**{name: getattr(leaves, name)[chosen] for name in Leaves.__slots__}),
        extrema.minima.taken(np.flatnonzero(wanted[extrema.minima.pair])),
        extrema.maxima.taken(np.flatnonzero(wanted[extrema.maxima.pair])),
        task.limit_km,
    )
    start_s, stop_s = np.maximum(found.start_s, task.start_s), np.minimum(found.stop_s, task.stop_s)
    is_slow = np.zeros(len(pairs.first), dtype=bool)
    is_slow[slow] = True
    kept = (start_s <= stop_s) & (is_slow[found.pair] | (start_s == task.start_s) | (stop_s == task.stop_s))
    rows = np.flatnonzero(kept)
    return Stretches(
        pair=found.pair[rows],
        start_s=start_s[rows],
        stop_s=stop_s[rows],
        cut_before=found.cut_before[rows],
        cut_after=found.cut_after[rows],
    )
