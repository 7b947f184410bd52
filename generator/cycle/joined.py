"""Pairs that fly together: declared, coinciding, or in formation. Their approaches are told as one stretch of time.

Two objects on one orbit, or one spacecraft under two ids with other digits, have a minimum of their distance every few
seconds to minutes; each of them would be an event, and none would say anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.epochs import Epoch
from nearpass.config import ScreenedObject
from nearpass.crossing.crossing import Crossing
from nearpass.cycle.together import MOST_TOGETHER
from nearpass.ephemeris.trajectory import FloatArray, Trajectory
from nearpass.record.judging import EDGE_S
from nearpass.record.stretch_record import NoStretchPc, StretchKind
from nearpass.screening.screen import Approach, Screening, told_together

Pair = tuple[str, str]
Span_s = tuple[float, float]

AS_ONE_KM: Final = 0.1
"""So far apart one spacecraft given twice may be: by digits printed to 100 m, or by two solutions of one orbit."""
NOISE: Final = 3.0
"""Times the median distance of such a stretch: beyond it the two have parted."""
LEAST_NOISE_KM: Final = 1e-3
"""As near as that two states are the same."""
RESTLESS: Final = 2.5
"""Times the rate at which the orbit turns. Two spacecraft that fly side by side, however near, move about each other at
about that rate; noise of printed digits changes from state to state, and so faster for its size."""
LEAST_S: Final = 600.0
SLOW_SHARE: Final = 0.02
"""Of the orbital speed: what a small eccentricity or inclination between two followers of one orbit makes."""
FEW: Final = MOST_TOGETHER
"""So many slow approaches are each an event of its own: their probability together is followed through."""
STILL_NEAR: Final = 2.0
"""Times the listing limit, to which a pair may part within a stretch: an eccentric orbit makes the distance breathe,
and one about as large as the limit would be told afresh at each revolution."""
_STEP_S: Final = 60.0
_MOST_SAMPLES: Final = 50_000
_CLOSE_S: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch in seconds from the trajectories' epoch; see :class:`nearpass.record.stretch_record.StretchRecord`."""

    kind: StretchKind
    start_s: float
    stop_s: float
    least_km: float | None
    least_s: float | None
    approach_count: int = 0
    least_pc: float | None = None
    most_pc: float | None = None
    no_pc: NoStretchPc | None = None

    def holds(self, offset_s: float) -> bool:
        """Whether an instant lies in it, or so near to its end that parting itself is no approach."""
        return self.start_s - EDGE_S <= offset_s <= self.stop_s + EDGE_S


def declared_spans(objects: Sequence[ScreenedObject], cutoff: Epoch, span_s: float) -> dict[Pair, Span_s]:
    """By pair the part of the window for which the publisher says that it is joined."""
    found: dict[Pair, Span_s] = {}
    for item in objects:
        for joined in item.joined:
            start_s = max(0.0, joined.since - cutoff) if joined.since else 0.0
            stop_s = min(span_s, joined.until - cutoff) if joined.until else span_s
            if start_s < stop_s:
                first, second = sorted((item.id, joined.partner))
                found[first, second] = (start_s, stop_s)
    return found


def join(
    screening: Screening,
    trajectories: Mapping[str, Trajectory],
    declared: Mapping[Pair, Span_s],
    *,
    limit_km: float,
    comoving_km_s: float,
) -> tuple[Screening, dict[Pair, tuple[Stretch, ...]]]:
    """The screening without the approaches of stretches flown together, and these stretches by pair.

    Of a formation the nearest approach stays.

    Args:
        screening: What was found.
        trajectories: By object id.
        declared: By pair, the part of the window for which it is joined.
        limit_km: Approaches below it are listed.
        comoving_km_s: Relative speed below which two objects fly together.
    """
    by_pair: dict[Pair, list[Approach]] = defaultdict(list)
    for one in screening.approaches:
        by_pair[one.first, one.second].append(one)
    stretches: dict[Pair, tuple[Stretch, ...]] = {}
    dropped: set[int] = set()
    for pair in sorted({*by_pair, *(pair for pair in declared if set(pair) <= trajectories.keys())}):
        both = trajectories[pair[0]], trajectories[pair[1]]
        own = by_pair[pair]
        slow = [one for one in own if _is_slow(_moving(both, np.array([one.offset_s])), comoving_km_s)[0]]
        if not slow and pair not in declared:
            continue
        motion = _sampled(both)
        found = _stretches(motion, declared.get(pair), slow, limit_km, comoving_km_s)
        told = []
        for stretch in found:
            inside = [one for one in own if stretch.holds(one.offset_s) and id(one) not in dropped]
            dropped |= {id(one) for one in inside}
            if stretch.kind == "in formation" and inside:
                dropped.discard(id(min(inside, key=lambda one: (one.miss_km, one.offset_s))))
            told.append(replace(stretch, approach_count=len(inside)))
        if told:
            stretches[pair] = tuple(sorted(told, key=lambda one: one.start_s))
    return told_together(screening, [one for one in screening.approaches if id(one) not in dropped]), stretches


def left_free(stretches: Sequence[Stretch], span_s: float) -> tuple[Span_s, ...]:
    """What the stretches of a pair leave of the window."""
    edges_s = [0.0, *(edge for one in stretches for edge in (one.start_s, one.stop_s)), span_s]
    return tuple((a, b) for a, b in zip(edges_s[::2], edges_s[1::2], strict=True) if b - a > _STEP_S)


def apart(crossings: Sequence[Crossing], stretches: Mapping[Pair, Sequence[Stretch]]) -> tuple[Crossing, ...]:
    """Crossings without those of pairs while they fly together: their orbits are one."""

    def joined(one: Crossing) -> bool:
        pair = min(one.first, one.second), max(one.first, one.second)
        return any(stretch.holds(one.passage_first_s) for stretch in stretches.get(pair, ()))

    return tuple(one for one in crossings if not joined(one))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Motion:
    """What :func:`_moving` says at times ``(N,)`` that both cover, and the distance at any one of them."""

    at_s: FloatArray
    distance_km: FloatArray
    speed_km_s: FloatArray
    orbital_km_s: FloatArray
    turning_rad_s: FloatArray
    gap_km: FloatArray
    apart_km: Callable[[float], float]


def _sampled(both: tuple[Trajectory, Trajectory]) -> _Motion:
    start_s = max(one.spans_s[0][0] for one in both)
    stop_s = min(one.spans_s[-1][1] for one in both)
    step_s = max(_STEP_S, (stop_s - start_s) / _MOST_SAMPLES)
    at_s = np.append(np.arange(start_s, stop_s, step_s), stop_s)
    at_s = at_s[both[0].covers(at_s) & both[1].covers(at_s)]
    moving = _moving(both, at_s)

    def apart_km(offset_s: float) -> float:
        at = np.array([offset_s])
        return float(np.linalg.norm(both[0].state(at)[0] - both[1].state(at)[0]))

    return _Motion(
        at_s=at_s,
        distance_km=moving[0],
        speed_km_s=moving[1],
        orbital_km_s=moving[2],
        turning_rad_s=moving[3],
        gap_km=moving[4],
        apart_km=apart_km,
    )


def _moving(both: tuple[Trajectory, Trajectory], at_s: FloatArray) -> tuple[FloatArray, ...]:
    """Distance, relative speed in axes turning with the first, its speed and turning ``(N,)``; gap ``(N, 3)``.

    In axes that stand still, one that follows another round an orbit moves at its distance times the rate of turning.
    """
    (one_km, one_km_s), (two_km, two_km_s) = (motion.state(at_s) for motion in both)
    gap_km = two_km - one_km
    turning_rad_s = np.cross(one_km, one_km_s) / np.sum(one_km**2, axis=1, keepdims=True)
    relative_km_s = two_km_s - one_km_s - np.cross(turning_rad_s, gap_km)
    return (
        np.linalg.norm(gap_km, axis=1),
        np.linalg.norm(relative_km_s, axis=1),
        np.linalg.norm(one_km_s, axis=1),
        np.linalg.norm(turning_rad_s, axis=1),
        gap_km,
    )


def _is_slow(moving: tuple[FloatArray, ...], comoving_km_s: float) -> NDArray[np.bool_]:
    """Whether the two move together: slower than is configured, or than a small share of their orbital speed."""
    return np.asarray(moving[1] < np.maximum(comoving_km_s, SLOW_SHARE * moving[2]))


def _stretches(
    motion: _Motion, declared: Span_s | None, slow: Sequence[Approach], limit_km: float, comoving_km_s: float
) -> list[Stretch]:
    """The declared stretch, then those found outside of it."""
    found: list[Stretch] = []
    if declared is not None:
        inside = (motion.at_s >= declared[0]) & (motion.at_s <= declared[1])
        found.append(_stretch("declared", motion, inside, declared))
    free = np.ones(len(motion.at_s), dtype=np.bool_)
    for stretch in found:
        free &= (motion.at_s < stretch.start_s) | (motion.at_s > stretch.stop_s)
    slowly = _is_slow((motion.distance_km, motion.speed_km_s, motion.orbital_km_s), comoving_km_s)
    together = free & slowly
    for run in _runs(together & (motion.distance_km < AS_ONE_KM)):
        one = _as_one(motion, run)
        if one is not None:
            found.append(one)
            together &= (motion.at_s < one.start_s) | (motion.at_s > one.stop_s)
    for run in _runs(together & (motion.distance_km < STILL_NEAR * limit_km)):
        below = np.flatnonzero(motion.distance_km[run] < limit_km) + run.start
        if not len(below):
            continue
        run = slice(int(below[0]), int(below[-1]) + 1)  # noqa: PLW2901  # what of it lies between two nearnesses
        span_s = float(motion.at_s[run.start]), float(motion.at_s[run.stop - 1])
        within = sum(span_s[0] - _STEP_S <= one.offset_s <= span_s[1] + _STEP_S for one in slow)
        if within > FEW and span_s[1] - span_s[0] >= LEAST_S:
            mask = np.zeros(len(motion.at_s), dtype=np.bool_)
            mask[run] = True
            found.append(_stretch("in formation", motion, mask, span_s))
    return found


def _as_one(motion: _Motion, run: slice) -> Stretch | None:
    """The part of a run in which the distance is noise, its ends to 0.01 s; None if there is none, or a short one."""
    middle_km = float(np.median(motion.distance_km[run]))
    if run.stop - run.start < 2:
        return None
    change_km_s = np.linalg.norm(np.diff(motion.gap_km[run], axis=0), axis=1) / np.diff(motion.at_s[run])
    calm_km_s = RESTLESS * float(np.median(motion.turning_rad_s[run])) * middle_km
    if middle_km > LEAST_NOISE_KM and float(np.median(change_km_s)) < calm_km_s:
        return None
    noise_km = max(NOISE * middle_km, LEAST_NOISE_KM)
    quiet = np.flatnonzero(motion.distance_km[run] <= noise_km) + run.start
    if not len(quiet) or motion.at_s[quiet[-1]] - motion.at_s[quiet[0]] < LEAST_S:
        return None
    start_s = _edge(motion, int(quiet[0]), -1, noise_km)
    stop_s = _edge(motion, int(quiet[-1]), 1, noise_km)
    mask = (motion.at_s >= start_s) & (motion.at_s <= stop_s)
    return _stretch("as one", motion, mask, (start_s, stop_s))


def _edge(motion: _Motion, last: int, side: int, noise_km: float) -> float:
    """When the distance leaves the noise, between the last quiet sample and the next."""
    inside_s = float(motion.at_s[last])
    if not 0 <= last + side < len(motion.at_s):
        return inside_s
    outside_s = float(motion.at_s[last + side])
    if abs(outside_s - inside_s) > 2.0 * _STEP_S + _CLOSE_S:  # the coverage ends there
        return inside_s
    while abs(outside_s - inside_s) > _CLOSE_S:
        middle_s = 0.5 * (inside_s + outside_s)
        if motion.apart_km(middle_s) <= noise_km:
            inside_s = middle_s
        else:
            outside_s = middle_s
    return inside_s


def _stretch(kind: StretchKind, motion: _Motion, inside: NDArray[np.bool_], span_s: Span_s) -> Stretch:
    rows = np.flatnonzero(inside)
    least = int(rows[np.argmin(motion.distance_km[rows])]) if len(rows) else None
    return Stretch(
        kind=kind,
        start_s=span_s[0],
        stop_s=span_s[1],
        least_km=None if least is None else float(motion.distance_km[least]),
        least_s=None if least is None else float(motion.at_s[least]),
    )


def _runs(mask: NDArray[np.bool_]) -> list[slice]:
    """Stretches of consecutive samples for which something holds."""
    change = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    return [slice(int(start), int(stop)) for start, stop in change.reshape(-1, 2)]
