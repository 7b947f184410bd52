"""Every close approach of every pair in a window of time, with a proof that there is no other.

What is proven, for two trajectories whose arcs are their ephemerides (:attr:`Proof.EXACT`): the pair has no local
minimum of its distance below the limit but those listed, except minima shallower than the *floor*, 1 mm plus six times
the sum of both fit errors. A minimum is as deep as the distance must rise from it, on the lower side, before something
nearer is reached; the nearest approach of all is infinitely deep. Fit errors are about 1e-8 km, and the floor 1 to
2 mm. Of several minima that no rise higher than the floor separates, the lowest is listed; of a distance that is
constant to that degree, one instant.

The argument: the interpolants stay within their proven error of the arcs (``fleet``); two functions that close have the
same minima but for those shallower than twice the error (stability of persistence; Cohen-Steiner, Edelsbrunner and
Harer 2007); each part of the interpolants' motion is proven to hold no minimum, to hold one, or to vary by 0.1 mm at
most (``subdivision``); and all are found again on the arcs (``tca``), where minima less than 0.5 mm deep are dropped.
Where an arc's own error was only sampled, all of this holds of the arcs, and the pair is not called proven.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import floor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.frames import check_one_frame
from nearpass.ephemeris.trajectory import Proof, Trajectory
from nearpass.errors import InputError, TimeError
from nearpass.reasons.motions import Step
from nearpass.screening.fleet import Fleet, fit_fleet
from nearpass.screening.subdivision import RESOLUTION_KM, Leaves, Pairs, search
from nearpass.screening.tca import Minima, find_extrema
from nearpass.screening.turns import find_turns

Tally = tuple[str, int, Step]
Span_s = tuple[float, float]

_BLOCK: Final = 200_000  # pair-intervals held at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """A local minimum of the distance of a pair; ``first`` sorts before ``second``.

    ``offset_s`` is the TCA from the trajectories' epoch. ``at_boundary`` tells that it lies at an end of the window or
    of the coverage, or at a joint of two arcs (then on the nearer side), where the range rate need not vanish.
    """

    first: str
    second: str
    offset_s: float
    miss_km: float
    at_boundary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PairScreen:
    """What was covered of the window and how near the pair comes in it.

    ``nearest`` is the smallest distance over the covered time, listed or not. ``proven_no_closer_than_km`` is that
    less all errors, rounded down to 1 mm; it is proven if ``proven``, else it rests on a sampled error.
    """

    first: str
    second: str
    covered_s: tuple[Span_s, ...]
    nearest: Approach | None
    proven_no_closer_than_km: float | None
    proven: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """Where every pair-interval and every minimum went: name, count and meaning of each step; counts add up."""

    intervals: int
    interval_steps: tuple[Tally, ...]
    minima: int
    minima_steps: tuple[Tally, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """Approaches below the limit in order of TCA, all pairs in order of ids, and the tally."""

    approaches: tuple[Approach, ...]
    pairs: tuple[PairScreen, ...]
    funnel: Funnel


def screen(
    trajectories: Mapping[str, Trajectory],
    window_s: Span_s,
    limit_km: float,
    *,
    pairs: Collection[tuple[str, str]] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Screening:
    """Screen pairs of objects for close approaches.

    Args:
        trajectories: By object id; all count from one epoch.
        window_s: Start and stop of the window, seconds from that epoch.
        limit_km: Minima below it are listed.
        pairs: Only these, in any order; None for all.
        progress: Called with the number of pairs finished since the last call.

    Raises:
        FrameError: if two trajectories are about different bodies or in different axes.
        TimeError: if the trajectories count from different epochs.
        InputError: if window, limit or a pair makes no sense.

    """
    _check(trajectories, window_s, limit_km)
    names = _named_pairs(trajectories, pairs)
    if not names:
        return Screening(approaches=(), pairs=(), funnel=_Tally().funnel())
    wanted = {name for pair in names for name in pair}
    fleet = fit_fleet({name: trajectories[name] for name in wanted}, window_s)
    exact = {name: trajectories[name].proof is Proof.EXACT for name in wanted}
    return screen_fleet(fleet, names, limit_km, exact=exact, progress=progress)


def screen_fleet(
    fleet: Fleet,
    names: Collection[tuple[str, str]],
    limit_km: float,
    *,
    exact: Mapping[str, bool],
    progress: Callable[[int], None] | None = None,
) -> Screening:
    """Screen pairs of a fitted fleet, block by block, so that memory does not grow with their number."""
    tally = _Tally()
    approaches: list[Approach] = []
    screened: list[PairScreen] = []
    for block in _blocks(fleet, sorted(names)):
        found = search(fleet, block, limit_km)
        extrema = find_extrema(fleet, block, find_turns(fleet, block, found.leaves))
        minima, deep = extrema.minima, extrema.deep
        tally.count_intervals(found.intervals, found.looked_into, found.leaves, minima)
        valleys = minima.taken(deep)
        listed = valleys.miss_km < limit_km
        tally.count_minima(len(minima.pair), len(deep), int(listed.sum()))
        described = _described(fleet, block, valleys)
        approaches += [one for one, near in zip(described, listed, strict=True) if near]
        screened += _pair_screens(fleet, block, valleys, described, exact)
        if progress is not None:
            progress(len(block.first))
    approaches.sort(key=lambda one: (one.offset_s, one.first, one.second))
    return Screening(approaches=tuple(approaches), pairs=tuple(screened), funnel=tally.funnel())


def together(screening: Screening, approaches: Collection[Approach], pairs: Collection[PairScreen]) -> Screening:
    """A screening with the approaches and pairs of another that shares no pair with it; the tally stays."""
    return Screening(
        approaches=tuple(
            sorted((*screening.approaches, *approaches), key=lambda one: (one.offset_s, one.first, one.second))
        ),
        pairs=tuple(sorted((*screening.pairs, *pairs), key=lambda one: (one.first, one.second))),
        funnel=screening.funnel,
    )


def joined(parts: Sequence[Screening]) -> Screening:
    """Screenings of different pairs as one; the tallies add up."""
    empty = _Tally().funnel()
    funnels = [part.funnel for part in parts] or [empty]
    return Screening(
        approaches=tuple(
            sorted(
                (one for part in parts for one in part.approaches),
                key=lambda one: (one.offset_s, one.first, one.second),
            )
        ),
        pairs=tuple(sorted((one for part in parts for one in part.pairs), key=lambda one: (one.first, one.second))),
        funnel=Funnel(
            intervals=sum(one.intervals for one in funnels),
            interval_steps=_added([one.interval_steps for one in funnels]),
            minima=sum(one.minima for one in funnels),
            minima_steps=_added([one.minima_steps for one in funnels]),
        ),
    )


def told_together(screening: Screening, kept: Sequence[Approach]) -> Screening:
    """The screening with only some of its approaches: the others are told as stretches flown together."""
    dropped = len(screening.approaches) - len(kept)
    steps = [
        (name, count - dropped if name == "listed" else count, meaning)
        for name, count, meaning in screening.funnel.minima_steps
    ]
    if dropped:
        steps.append(("flown together", dropped, Step(rule="minimum_together")))
    funnel = replace(screening.funnel, minima_steps=tuple(steps))
    return replace(screening, approaches=tuple(kept), funnel=funnel)


def _added(steps: Sequence[tuple[Tally, ...]]) -> tuple[Tally, ...]:
    return tuple(
        (name, sum(each[place][1] for each in steps), meaning) for place, (name, _, meaning) in enumerate(steps[0])
    )


def _check(trajectories: Mapping[str, Trajectory], window_s: Span_s, limit_km: float) -> None:
    check_one_frame((name, trajectory.frame) for name, trajectory in trajectories.items())
    epochs = {trajectory.epoch for trajectory in trajectories.values()}
    if len(epochs) > 1:
        raise TimeError("all trajectories of a screening must count from one epoch", value=sorted(epochs))
    if not window_s[0] < window_s[1]:
        raise InputError("the window must start before it stops", value=window_s)
    if not limit_km > 0.0:
        raise InputError("the limit must be above 0 km", value=limit_km)


def _named_pairs(
    trajectories: Mapping[str, Trajectory], pairs: Collection[tuple[str, str]] | None
) -> list[tuple[str, str]]:
    if pairs is None:
        return list(combinations(sorted(trajectories), 2))
    names = {(min(pair), max(pair)) for pair in pairs}
    for first, second in names:
        if first == second or first not in trajectories or second not in trajectories:
            raise InputError("a pair must name two different objects of the screening", value=(first, second))
    return sorted(names)


def _blocks(fleet: Fleet, names: list[tuple[str, str]]) -> Iterator[Pairs]:
    row = {name: number for number, name in enumerate(fleet.ids)}
    size = max(1, _BLOCK // (len(fleet.edges_s) - 1))
    covered = fleet.arc_number >= 0
    for start in range(0, len(names), size):
        block = names[start : start + size]
        first = np.array([row[one] for one, _ in block])
        second = np.array([row[two] for _, two in block])
        yield Pairs(first=first, second=second, covered=covered[first] & covered[second])


def _described(fleet: Fleet, block: Pairs, minima: Minima) -> list[Approach]:
    return [
        Approach(
            first=fleet.ids[block.first[pair]],
            second=fleet.ids[block.second[pair]],
            offset_s=offset_s,
            miss_km=miss_km,
            at_boundary=at_boundary,
        )
        for pair, offset_s, miss_km, at_boundary in zip(
            minima.pair.tolist(),
            minima.offset_s.tolist(),
            minima.miss_km.tolist(),
            minima.at_boundary.tolist(),
            strict=True,
        )
    ]


def _pair_screens(
    fleet: Fleet, block: Pairs, minima: Minima, described: list[Approach], exact: Mapping[str, bool]
) -> Iterator[PairScreen]:
    order = np.lexsort((minima.offset_s, minima.miss_km, minima.pair))
    pair_of, place = np.unique(minima.pair[order], return_index=True)
    nearest_of = {int(pair): described[order[at]] for pair, at in zip(pair_of, place, strict=True)}
    for number, (one, two) in enumerate(zip(block.first.tolist(), block.second.tolist(), strict=True)):
        covered = block.covered[number]
        nearest = nearest_of.get(number)
        fit_km = (fleet.fit_error_km[one] + fleet.fit_error_km[two])[covered]
        own_km = (fleet.ephemeris_error_km[one] + fleet.ephemeris_error_km[two])[covered]
        yield PairScreen(
            first=fleet.ids[one],
            second=fleet.ids[two],
            covered_s=_spans(covered, fleet.edges_s),
            nearest=nearest,
            proven_no_closer_than_km=_rounded_down(nearest.miss_km - 2.0 * fit_km.max() - own_km.max() - RESOLUTION_KM)
            if nearest
            else None,
            proven=exact[fleet.ids[one]] and exact[fleet.ids[two]],
        )


def _spans(covered: NDArray[np.bool_], edges_s: NDArray[np.float64]) -> tuple[Span_s, ...]:
    """Covered time; intervals that touch are one span."""
    change = np.flatnonzero(np.diff(covered.astype(np.int8), prepend=0, append=0))
    return tuple((float(edges_s[a]), float(edges_s[b])) for a, b in change.reshape(-1, 2))


def _rounded_down(distance_km: float) -> float:
    """Down to 1 mm, and not below 0."""
    return max(floor(distance_km * 1e6) / 1e6, 0.0)


class _Tally:
    """Sums the funnel over blocks of pairs."""

    def __init__(self) -> None:
        self._intervals = np.zeros(4, dtype=np.int64)
        self._minima = np.zeros(3, dtype=np.int64)

    def count_intervals(self, total: int, looked_into: int, leaves: Leaves, minima: Minima) -> None:
        """Add a block's pair-intervals: apart at first sight, apart when divided, without and with a minimum."""
        kept = _distinct(leaves.pair, leaves.interval)
        holding = _distinct(minima.pair, minima.interval)
        self._intervals += (total - looked_into, looked_into - kept, kept - holding, holding)

    def count_minima(self, found: int, deep: int, listed: int) -> None:
        """Add a block's minima: listed, beyond the limit, merged."""
        self._minima += (listed, deep - listed, found - deep)

    def funnel(self) -> Funnel:
        """The counts of all steps, each with what it means."""
        intervals = (
            ("apart", Step(rule="interval_apart")),
            ("apart when divided", Step(rule="interval_apart_when_divided")),
            ("no minimum", Step(rule="interval_without_minimum")),
            ("minimum", Step(rule="interval_with_minimum")),
        )
        minima = (
            ("listed", Step(rule="minimum_listed")),
            ("beyond the limit", Step(rule="minimum_beyond_limit")),
            ("merged", Step(rule="minimum_merged")),
        )
        return Funnel(
            intervals=int(self._intervals.sum()),
            interval_steps=_steps(intervals, self._intervals),
            minima=int(self._minima.sum()),
            minima_steps=_steps(minima, self._minima),
        )


def _steps(texts: tuple[tuple[str, Step], ...], counts: NDArray[np.int64]) -> tuple[Tally, ...]:
    return tuple((name, int(count), meaning) for (name, meaning), count in zip(texts, counts, strict=True))


def _distinct(pair: NDArray[np.intp], interval: NDArray[np.intp]) -> int:
    return len(np.unique(np.column_stack([pair, interval]), axis=0)) if len(pair) else 0
