"""Objects whose position along the orbit is unknown: they never get a time or a distance of closest approach.

:func:`meaningful` is the one place that sees to it for a record, :func:`still_meaningful` for what earlier cycles told.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TypeVar

from nearpass.reasons.coverage import PhaseUnknown
from nearpass.record.history import Passage
from nearpass.record.notices import Notice, Told
from nearpass.record.record import CrossingRecord, CycleRecord, ObjectRecord, PairRecord, SolutionRecord


def phase_unknown(item: ObjectRecord | None) -> bool:
    """Whether only the object's orbit is known, and not where on it the object is."""
    return item is not None and item.phase == "unknown"


def meaningful(record: CycleRecord) -> CycleRecord:
    """The record without any claim on pairs of which one position along the orbit is unknown.

    They have no TCA, whatever the record holds: their events are left out, and the pairs say so and nothing else.
    """
    silent = {item.id for item in record.objects if phase_unknown(item)}
    if not silent:
        return record
    return replace(
        record,
        events=tuple(event for event in record.events if not silent & {event.primary, event.secondary}),
        told=tuple(event for event in record.told if not silent & {event.primary, event.secondary}),
        crossings=tuple(_untimed(item, silent) for item in record.crossings),
        pairs=tuple(_unknowable(pair) if silent & {pair.primary, pair.secondary} else pair for pair in record.pairs),
        solutions=tuple(_silenced(item, silent) for item in record.solutions),
    )


def _silenced(solution: SolutionRecord, silent: AbstractSet[str]) -> SolutionRecord:
    """A solution without any claim about a silent object, its own or another."""
    if solution.object_id in silent:
        return replace(solution, unscreened=(PhaseUnknown(object_id=None),), difference=None, pairs=(), events=())
    return replace(
        solution,
        pairs=tuple(pair for pair in solution.pairs if pair.other not in silent),
        events=tuple(event for event in solution.events if not silent & {event.primary, event.secondary}),
    )


def _unknowable(pair: PairRecord) -> PairRecord:
    return replace(
        pair, unscreened=(PhaseUnknown(object_id=None),), covered_s=0.0, uncovered_s=pair.covered_s + pair.uncovered_s,
        uncovered=(), proven_no_closer_than_km=None, proof=None, nearest=None, profile=None, event_ids=(), together=(),
    )  # fmt: skip


def _untimed(crossing: CrossingRecord, silent: AbstractSet[str]) -> CrossingRecord:
    """A crossing with a silent object: only the other's passage is known, and no timing."""
    if not silent & {crossing.primary, crossing.secondary}:
        return crossing
    return replace(
        crossing,
        passage_primary=None if crossing.primary in silent else crossing.passage_primary,
        passage_secondary=None if crossing.secondary in silent else crossing.passage_secondary,
        oxt_s=None, timing_sigma_s=None, straight_line_cad_km=None,
    )  # fmt: skip


_Told = TypeVar("_Told", bound=Passage)


def still_meaningful_notices(notices: Iterable[Told], newest: CycleRecord) -> list[Told]:
    """Notices but those of approaches still to come of an object that has fallen silent since."""
    held = list(notices)
    approaches = [notice for notice in held if isinstance(notice, Notice)]
    kept = {id(notice) for notice in still_meaningful(approaches, newest)}
    return [notice for notice in held if not isinstance(notice, Notice) or id(notice) in kept]


def still_meaningful(events: Iterable[_Told], newest: CycleRecord) -> list[_Told]:
    """What earlier cycles told, without approaches still to come of an object that has fallen silent since."""
    silent = {item.id for item in newest.objects if phase_unknown(item)}
    return [
        event for event in events if event.tca < newest.window.start or not silent & {event.primary, event.secondary}
    ]
