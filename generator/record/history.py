"""From one cycle to the next: which event is the same one, what changed, and why an event is no longer listed."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol, TypeVar

import numpy as np
from scipy.optimize import linear_sum_assignment

from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import SEVERITY, Level
from nearpass.reasons.changes import ChangeKind, ChangeReason, LimitPassed, ListChanged, MissMoved, NotScreened
from nearpass.record.record import ChangeRecord, CycleRecord, DormantEvent, EventRecord, HistoryPoint

ID_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is taken for a digit or for another letter when an id is read out."""
OF_A_MINUTE: Final = re.compile(r"-\d{8}T\d{4}(?:-\d+)?$")
"""The end of an id of version 0.1, which named both objects and the minute of the TCA."""
NOTABLE_CHANGE: Final = 0.1
"""Relative change of the miss distance from which an event counts as worse or better at the same level."""


class Passage(Protocol):
    """What matching needs to know of a close approach."""

    @property
    def primary(self) -> str:
        """Id of the object that sorts first."""

    @property
    def secondary(self) -> str:
        """Id of the other object."""

    @property
    def tca(self) -> Epoch:
        """Time of closest approach."""


class Known(Passage, Protocol):
    """A close approach that already has the id of its event."""

    @property
    def event_id(self) -> str:
        """The event's id."""


Event = TypeVar("Event", bound=Known)


def event_ids(
    passages: Sequence[Passage],
    previous: CycleRecord | None,
    periods_s: Mapping[str, float | None],
    *,
    cutoff: Epoch,
    deliveries: Mapping[str, str],
) -> list[str]:
    """An id for each passage: that of the same event in the previous cycle, or a new one.

    A passage is the same event if the pair is the same and the two TCAs are within half the shorter of the two
    orbital periods; an event that left the list before its time counts as well. Each old id is given once, in the
    assignment that matches most events with the smallest sum of time differences, so that several minima in one
    revolution keep their order.

    A new id is neutral: readers of every edition may call the event by it, so it names no object and no time. It is
    drawn from what was delivered (SHA-256), so that a cycle that is screened again gives the same ids, and so that
    nobody who lacks one of the two files can try out pairs and times.

    Args:
        passages: Close approaches of the new cycle.
        previous: Record of the cycle before, if there is one.
        periods_s: Orbital period of each object, None where it has none.
        cutoff: Data cut-off of the new cycle.
        deliveries: SHA-256 of the delivery in use, by object id.
    """
    earlier: tuple[EventRecord | DormantEvent, ...] = (*previous.events, *previous.dormant) if previous else ()
    ids = {index: event.event_id for index, event in same_events(passages, earlier, periods_s).items()}
    taken = {event.event_id for event in earlier}
    for (primary, secondary), indices in _indices_by_pair(passages).items():
        drawn_from = [cutoff.iso(), primary, secondary, deliveries.get(primary, ""), deliveries.get(secondary, "")]
        for rank, index in enumerate(sorted(indices, key=lambda index: passages[index].tca)):
            if index not in ids:
                ids[index] = _new_id([*drawn_from, str(rank)], taken)
                taken.add(ids[index])
    return [ids[index] for index in range(len(passages))]


def same_events(
    passages: Sequence[Passage], events: Sequence[Event], periods_s: Mapping[str, float | None]
) -> dict[int, Event]:
    """Which of the events each passage is, by its position; nothing for one that is none of them.

    Args:
        passages: Close approaches.
        events: Events of another cycle or of another solution, each of which is given once at most.
        periods_s: Orbital period of each object, None where it has none.
    """
    known = _by_pair(events)
    found: dict[int, Event] = {}
    for pair, indices in _indices_by_pair(passages).items():
        older = known.get(pair, [])
        within_s = gate_s(pair, periods_s)
        for new, old in _assign([passages[i].tca for i in indices], [event.tca for event in older], within_s):
            found[indices[new]] = older[old]
    return found


def with_history(event: EventRecord, previous: CycleRecord | None) -> EventRecord:
    """The event with what all earlier cycles said of it, oldest first, carried on from the previous record."""
    if previous is None:
        return event
    for earlier in previous.events:
        if earlier.event_id == event.event_id:
            return replace(event, history=history_after(earlier, previous.cycle_id))
    left = next((left for left in previous.dormant if left.event_id == event.event_id), None)
    return replace(event, history=left.history) if left else event


def dormant(events: Sequence[EventRecord], previous: CycleRecord | None, cutoff: Epoch) -> tuple[DormantEvent, ...]:
    """Events of the previous cycle, or dormant in it, that are not listed now although their time has not come.

    Args:
        events: What this cycle lists.
        previous: Record of the cycle before, if there is one.
        cutoff: Data cut-off of this cycle.
    """
    if previous is None:
        return ()
    listed = {event.event_id for event in events}
    left = [
        DormantEvent(
            event_id=event.event_id,
            primary=event.primary,
            secondary=event.secondary,
            tca=event.tca,
            history=history_after(event, previous.cycle_id),
        )
        for event in previous.events
    ]
    return tuple(event for event in (*left, *previous.dormant) if event.event_id not in listed and event.tca > cutoff)


def history_after(event: EventRecord, cycle_id: str) -> tuple[HistoryPoint, ...]:
    """The history of an event with what this cycle said of it."""
    point = HistoryPoint(
        cycle_id=cycle_id,
        tca=event.tca,
        miss_km=event.miss_km,
        miss_rtn_km=event.miss_rtn_km,
        level=event.level,
        miss_sigma_km=event.miss_sigma_km,
        pc=event.probability.pc,
        b_plane_sigmas=event.b_plane.sigmas if event.b_plane else None,
    )
    return (*event.history, point)


def changes(record: CycleRecord, previous: CycleRecord | None) -> tuple[ChangeRecord, ...]:
    """What became new, worse, better, passed or gone since the previous cycle; the most severe first.

    An event that is green in both cycles is listed only when it is new or left.
    """
    if previous is None:
        return ()
    now = {event.event_id: event for event in record.events}
    before = {event.event_id: event for event in previous.events}
    listed, listed_before = _Listed(record), _Listed(previous)
    found = [
        *(_new(event, previous, listed, listed_before) for key, event in now.items() if key not in before),
        *(change for key, event in now.items() if key in before for change in _moved(event, before[key])),
        *(
            replace(_left(event, record, listed, listed_before), history=history_after(event, previous.cycle_id))
            for key, event in before.items()
            if key not in now
        ),
    ]
    return tuple(sorted(found, key=lambda change: (-worst(change), change.tca, change.event_id)))


def worst(change: ChangeRecord) -> int:
    """How severe the more severe one of both levels of a change is."""
    return max(SEVERITY[change.level], SEVERITY[change.previous_level or Level.GREEN])


def _by_pair(events: Sequence[Event]) -> dict[tuple[str, str], list[Event]]:
    grouped: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events:
        grouped[event.primary, event.secondary].append(event)
    return grouped


def _indices_by_pair(passages: Sequence[Passage]) -> dict[tuple[str, str], list[int]]:
    grouped: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, passage in enumerate(passages):
        grouped[passage.primary, passage.secondary].append(index)
    return grouped


def gate_s(pair: tuple[str, str], periods_s: Mapping[str, float | None]) -> float:
    """How far apart two TCAs of one event may be: half the shorter period.

    Half a day where neither object has one (a fly-by).
    """
    periods = [period for period in (periods_s.get(pair[0]), periods_s.get(pair[1])) if period]
    return min(periods, default=86_400.0) / 2.0


def _assign(new: Sequence[Epoch], old: Sequence[Epoch], within_s: float) -> list[tuple[int, int]]:
    """Pairs of positions in both lists, as many as the gate allows and then with the least sum of differences."""
    if not new or not old:
        return []
    apart_s = np.array([[abs(a - b) for b in old] for a in new])
    forbidden = within_s * (1 + min(len(new), len(old)))  # dearer than any set of allowed pairs
    rows, columns = linear_sum_assignment(np.where(apart_s <= within_s, apart_s, forbidden))
    return [
        (int(row), int(column)) for row, column in zip(rows, columns, strict=True) if apart_s[row, column] <= within_s
    ]


def _new_id(drawn_from: Sequence[str], taken: set[str]) -> str:
    """``E7Q2M-4XD8P``: 45 bits of a hash; another one where it is taken."""
    attempt = 0
    while True:
        text = "\0".join([*drawn_from, str(attempt)]).encode()
        number = int.from_bytes(hashlib.sha256(text).digest())
        signs = "".join(ID_ALPHABET[number >> 5 * place & 31] for place in range(9))
        candidate = f"E{signs[:4]}-{signs[4:]}"
        if candidate not in taken:
            return candidate
        attempt += 1


class _Listed:
    """What the list of a cycle's catalogue says of pairs, also where no event came of it."""

    def __init__(self, record: CycleRecord) -> None:
        rows = record.sweep.approaches if record.sweep else ()
        self._tcas = {pair: [rows[i].tca for i in indices] for pair, indices in _indices_by_pair(rows).items()}
        self._catalogued = {item.id for item in record.sweep.objects if item.catalogued} if record.sweep else set()
        self._periods_s = record.periods_s

    def covers(self, event: EventRecord) -> bool:
        """Whether the event is of an object that the catalogue brought."""
        return not self._catalogued.isdisjoint((event.primary, event.secondary))

    def has(self, event: EventRecord, within_s: float) -> bool:
        """Whether the list has an approach of that pair at that time."""
        return any(abs(tca - event.tca) <= within_s for tca in self._tcas.get((event.primary, event.secondary), ()))

    def within_s(self, event: EventRecord) -> float:
        """How far apart in time two mentions of an event may be that this cycle told in full."""
        return gate_s((event.primary, event.secondary), self._periods_s)


def _new(event: EventRecord, previous: CycleRecord, listed: _Listed, before: _Listed) -> ChangeRecord:
    limit_km = previous.thresholds.limit_km
    reason: ChangeReason
    if before.has(event, listed.within_s(event)):
        reason = ListChanged(rule="told_now")
    elif any(left.event_id == event.event_id for left in previous.dormant):
        reason = LimitPassed(rule="came_back_below", limit_km=limit_km)
    elif event.tca > previous.window.stop:
        reason = ListChanged(rule="window_reaches")
    elif listed.covers(event) and previous.sweep is not None:
        reason = LimitPassed(rule="older_elements_stayed_above", limit_km=limit_km)
    elif previous.pair_of(event.primary, event.secondary) is None:
        reason = ListChanged(rule="pair_is_new")
    else:
        reason = LimitPassed(rule="came_below", limit_km=limit_km)
    return _change("new", event, None, reason)


def _moved(event: EventRecord, earlier: EventRecord) -> list[ChangeRecord]:
    """Nothing, or the one change between two views of an event that is red or yellow in either."""
    if event.level is Level.GREEN and earlier.level is Level.GREEN:
        return []
    by_level = SEVERITY[event.level] - SEVERITY[earlier.level]
    if by_level == 0 and abs(event.miss_km - earlier.miss_km) <= NOTABLE_CHANGE * earlier.miss_km:
        return []
    worse = by_level > 0 or (by_level == 0 and event.miss_km < earlier.miss_km)
    reason = MissMoved(
        previous_km=earlier.miss_km, value_km=event.miss_km, previous_sigma_km=earlier.miss_sigma_km or None
    )
    return [_change("worse" if worse else "better", event, earlier, reason)]


def _left(earlier: EventRecord, record: CycleRecord, listed: _Listed, before: _Listed) -> ChangeRecord:
    if earlier.tca <= record.window.start:
        return _change("passed", None, earlier, ListChanged(rule="passed"))
    pair = record.pair_of(earlier.primary, earlier.secondary)
    reason: ChangeReason
    if pair is None and record.sweep is not None and before.covers(earlier):
        reason = _left_catalogue(earlier, record, still=listed.has(earlier, before.within_s(earlier)))
    elif pair is None:
        reason = ListChanged(rule="pair_left")
    elif pair.unscreened is not None:
        reason = NotScreened(rule="pair_unscreened", because=pair.unscreened)
    elif earlier.tca > record.window.stop:
        reason = ListChanged(rule="window_ends_before")
    elif any(stretch.start <= earlier.tca <= stretch.stop for stretch in pair.stretches):
        reason = ListChanged(rule="flies_together")
    elif gap := next((span for span in pair.uncovered if span.start <= earlier.tca <= span.stop), None):
        reason = NotScreened(rule="time_uncovered", because=gap.reason)
    else:
        reason = LimitPassed(rule="stays_above", limit_km=record.thresholds.limit_km)
    return _change("gone", None, earlier, reason)


def _left_catalogue(earlier: EventRecord, record: CycleRecord, *, still: bool) -> ChangeReason:
    if earlier.tca > record.window.stop:
        return ListChanged(rule="window_ends_before")
    if still:
        return ListChanged(rule="told_no_longer")
    return LimitPassed(rule="newer_elements_stay_above", limit_km=record.thresholds.limit_km)


def _change(
    kind: ChangeKind, event: EventRecord | None, earlier: EventRecord | None, reason: ChangeReason
) -> ChangeRecord:
    shown = event or earlier
    if shown is None:
        raise ValueError("a change needs an event")
    return ChangeRecord(
        kind=kind,
        event_id=shown.event_id,
        primary=shown.primary,
        secondary=shown.secondary,
        tca=shown.tca,
        level=shown.level,
        previous_level=earlier.level if earlier and event else None,
        miss_km=event.miss_km if event else None,
        previous_miss_km=earlier.miss_km if earlier else None,
        reason=reason,
    )
