"""Every close approach of a large fleet: slab after slab, on as many processes or machines as there are.

The proof is that of the broad phase (``broad_phase``) and of the search (``screen``), for the interpolants of each
object; how far these are from the motion is verified on finer nodes, not proven, and stated. Slabs share their borders'
neighbouring steps, so that a minimum at a border is found from both sides and then listed once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.screening.slab import Found, Task, screen_slab
from nearpass.screening.steps import Motion
from nearpass.screening.workers import Workers

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

SLAB_STEPS: Final = 64
_SAME_S: Final = 1e-3  # two minima of one pair so near in time, at a border of slabs, are one
_TURN: Final = 0.13  # a step is the time in which a fast object turns by this angle about the centre, in radians
_TURN_OF_FEW: Final = 0.2
_FEW: Final = 2_000
_SHORTEST_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Approaches:
    """Approaches ``(n,)`` below the limit in order of time, then rows of the fleet.

    ``start_s`` and ``stop_s`` are NaN for a passage. A pair that moves together has one row for each stretch of time
    below the limit, from start to stop, with the time and distance of its lowest minimum.
    """

    first: IndexArray
    second: IndexArray
    offset_s: FloatArray
    miss_km: FloatArray
    speed_km_s: FloatArray
    at_boundary: BoolArray
    start_s: FloatArray
    stop_s: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LargeScreening:
    """Approaches, how long each object was covered ``(N,)``, counts as in :class:`Found`, and the largest error."""

    approaches: Approaches
    covered_s: FloatArray
    counts: tuple[int, ...]
    error_km: float


def screen_catalogue(
    motion: Motion,
    window_s: tuple[float, float],
    limit_km: float,
    *,
    workers: Workers,
    comoving_km_s: float,
    primaries: BoolArray | None = None,
    progress: Callable[[int], None] | None = None,
) -> LargeScreening:
    """Screen every pair, or those of which one is a primary ``(N,)``.

    Args:
        motion: The fleet.
        window_s: Start and stop, seconds from the motion's epoch.
        limit_km: Minima below it are listed.
        workers: Where the slabs are screened.
        comoving_km_s: A pair slower than this in its lowest minimum is told as a stretch.
        primaries: Which objects at least one of a pair must be of; None for any.
        progress: Called with the number of slabs just finished.

    """
    tasks = work_list(motion, window_s, limit_km, comoving_km_s=comoving_km_s, primaries=primaries)
    return screen_tasks(motion, tasks, workers, progress)


def screen_tasks(
    motion: Motion, tasks: Sequence[Task], workers: Workers, progress: Callable[[int], None] | None
) -> LargeScreening:
    """Screen the slabs of a :func:`work_list`."""
    return merged(workers.map(screen_slab, motion, tasks, progress), tasks[0].comoving_km_s)


def work_list(
    motion: Motion,
    window_s: tuple[float, float],
    limit_km: float,
    *,
    comoving_km_s: float,
    primaries: BoolArray | None = None,
) -> list[Task]:
    """One task a slab, in order of time."""
    edges_s = step_edges(motion, window_s)
    last = len(edges_s) - 1
    return [
        Task(
            edges_s=edges_s[max(first - 1, 0) : min(first + SLAB_STEPS + 1, last) + 1],
            start_s=float(edges_s[first]),
            stop_s=float(edges_s[min(first + SLAB_STEPS, last)]),
            limit_km=limit_km,
            comoving_km_s=comoving_km_s,
            primaries=primaries,
        )
        for first in range(0, last, SLAB_STEPS)
    ]


def step_edges(motion: Motion, window_s: tuple[float, float]) -> FloatArray:
    """A lattice that fits the faster objects, and all times at which a motion begins, ends or jumps."""
    start_s, stop_s = window_s
    count = max(1, round((stop_s - start_s) / step_length_s(motion, window_s)))
    breaks_s = motion.breaks_s()
    inside = breaks_s[(breaks_s > start_s) & (breaks_s < stop_s)]
    lattice_s = np.linspace(start_s, stop_s, count + 1)
    near = np.searchsorted(inside, lattice_s[1:-1] - _SHORTEST_S) != np.searchsorted(
        inside, lattice_s[1:-1] + _SHORTEST_S
    )
    return np.union1d(inside, np.concatenate([lattice_s[:1], lattice_s[1:-1][~near], lattice_s[-1:]]))


def step_length_s(motion: Motion, window_s: tuple[float, float]) -> float:
    """Time in which the faster objects turn by a small angle: long ones make few trees, but many pairs in each."""
    rows = np.arange(len(motion.ids))
    at_s = window_s[0] + np.array([0.0, 1.0])
    positions_km = motion.sampled_km(rows, at_s)
    q_km = np.linalg.norm(positions_km[:, 0], axis=1)
    speed_km_s = np.linalg.norm(positions_km[:, 1] - positions_km[:, 0], axis=1)
    turn_s = q_km / speed_km_s
    share = _TURN if len(rows) > _FEW else _TURN_OF_FEW
    return float(share * np.nanquantile(turn_s, 0.1))


def merged(found: list[Found], comoving_km_s: float) -> LargeScreening:
    """The slabs' results as one: what borders cut is joined, what two slabs found is listed once."""
    passages = _passages(found)
    stretches = _joined_stretches(found)
    approaches = _with_stretches(passages, stretches, comoving_km_s)
    return LargeScreening(
        approaches=approaches,
        covered_s=np.sum([one.covered_s for one in found], axis=0),
        counts=tuple(int(count) for count in np.sum([one.counts for one in found], axis=0)),
        error_km=max(one.error_km for one in found),
    )


def _passages(found: list[Found]) -> Approaches:
    def joined(name: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(one, name) for one in found])

    columns = {name: joined(name) for name in Approaches.__slots__ if hasattr(Found, name)}
    order = np.lexsort((columns["offset_s"], columns["second"], columns["first"]))
    columns = {name: column[order] for name, column in columns.items()}
    again = (np.diff(columns["offset_s"], prepend=-np.inf) < _SAME_S) & np.append(
        False, (np.diff(columns["first"]) == 0) & (np.diff(columns["second"]) == 0)
    )[: len(order)]
    columns = {name: column[~again] for name, column in columns.items()}
    unknown = np.full(len(columns["first"]), np.nan)
    return Approaches(**columns, start_s=unknown, stop_s=unknown)  # type: ignore[arg-type]


def _joined_stretches(found: list[Found]) -> tuple[IndexArray, IndexArray, FloatArray, FloatArray]:
    """First, second, start and stop; what ends where the next begins is one."""
    first, second, start_s, stop_s = (
        np.concatenate([getattr(one, f"near_{name}") for one in found])
        for name in ("first", "second", "start_s", "stop_s")
    )
    order = np.lexsort((start_s, second, first))
    first, second, start_s, stop_s = first[order], second[order], start_s[order], stop_s[order]
    goes_on = (first[1:] == first[:-1]) & (second[1:] == second[:-1]) & (start_s[1:] <= stop_s[:-1])
    opens = np.flatnonzero(np.append(True, ~goes_on)[: len(first)])
    closes = np.append(opens[1:] - 1, len(first) - 1)[: len(opens)]
    return first[opens], second[opens], start_s[opens], stop_s[closes]


def _with_stretches(
    passages: Approaches,
    stretches: tuple[IndexArray, IndexArray, FloatArray, FloatArray],
    comoving_km_s: float,
) -> Approaches:
    """Minima of one stretch give way to their lowest, if that is slow."""
    first, second, start_s, stop_s = stretches
    keys = passages.first.astype(np.int64) << 32 | passages.second.astype(np.int64)
    stretch_keys = first.astype(np.int64) << 32 | second.astype(np.int64)
    begins = np.searchsorted(keys, stretch_keys, side="left")
    ends = np.searchsorted(keys, stretch_keys, side="right")
    kept = np.ones(len(keys), dtype=bool)
    starts, stops = passages.start_s.copy(), passages.stop_s.copy()
    for number, (begin, end) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
        own_s = passages.offset_s[begin:end]
        rows = begin + np.flatnonzero((own_s >= start_s[number]) & (own_s <= stop_s[number]))
        if not len(rows):
            continue
        lowest = rows[np.argmin(passages.miss_km[rows])]
        if passages.speed_km_s[lowest] < comoving_km_s:
            kept[rows] = False
            kept[lowest] = True
            starts[lowest], stops[lowest] = start_s[number], stop_s[number]
    rows = np.flatnonzero(kept)
    rows = rows[np.lexsort((passages.second[rows], passages.first[rows], passages.offset_s[rows]))]
    columns = {
        name: getattr(passages, name)[rows] for name in Approaches.__slots__ if name not in ("start_s", "stop_s")
    }
    return Approaches(**columns, start_s=starts[rows], stop_s=stops[rows])
