"""What hangs on a doubtful delivery: until it is confirmed, events keep their level, and no red or yellow one goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nearpass.encounter.alert import SEVERITY, Level
from nearpass.reasons.changes import Doubted, LimitPassed
from nearpass.reasons.levels import KeptByDoubt, LevelReason
from nearpass.record.doubt_record import HeldRecord, ShiftRecord
from nearpass.record.history import gate_s, history_after, worst
from nearpass.record.record import ChangeRecord, CycleRecord, EventRecord, PairRecord


def doubtful(record: CycleRecord) -> dict[str, ShiftRecord]:
    """The shift of each object whose delivery is doubtful."""
    found = {item.id: item.shift for item in record.objects}
    return {key: shift for key, shift in found.items() if shift is not None and shift.verdict == "doubtful"}


def held(record: CycleRecord, previous: CycleRecord | None) -> CycleRecord:
    """The record with the levels, and the red and yellow events, that only doubtful deliveries would take away.

    An event that a doubtful delivery makes worse has its new level at once: nobody is hurt by a warning.
    """
    doubts = doubtful(record)
    if previous is None or not doubts:
        return record
    before = {event.event_id: event for event in previous.events}
    now = {event.event_id for event in record.events}
    kept = [_kept(event, before.get(event.event_id), doubts) for event in record.events]
    gone = [
        _stays(event, record, previous, doubts)
        for event in previous.events
        if event.event_id not in now and _by_doubt(event, record, doubts)
    ]
    added = {event.event_id for event in gone}
    events = sorted([*kept, *gone], key=lambda event: (event.tca, event.event_id))
    return replace(
        record,
        events=tuple(events),
        pairs=tuple(_with_events(pair, gone) for pair in record.pairs),
        dormant=tuple(one for one in record.dormant if one.event_id not in added),
    )


def _kept(event: EventRecord, earlier: EventRecord | None, doubts: Mapping[str, ShiftRecord]) -> EventRecord:
    """The event, at its earlier level if a doubtful delivery alone lowers it."""
    whose = _whose(event, doubts)
    if earlier is None or not whose or SEVERITY[event.level] >= SEVERITY[earlier.level]:
        return event
    hold = HeldRecord(
        object_ids=whose, sigmas=_sigmas(whose, doubts), gone=False, level=event.level, miss_km=event.miss_km
    )
    return replace(event, level=earlier.level, reason=(_reason(earlier.level, hold), *event.reason), held=hold)


def _by_doubt(event: EventRecord, record: CycleRecord, doubts: Mapping[str, ShiftRecord]) -> bool:
    """Whether a red or yellow event that is no longer found could still be: a doubtful delivery alone denies it."""
    pair = record.pair_of(event.primary, event.secondary)
    if event.level is Level.GREEN or not _whose(event, doubts) or pair is None or pair.unscreened is not None:
        return False
    inside = record.window.start < event.tca <= record.window.stop
    return inside and not any(span.start <= event.tca <= span.stop for span in pair.uncovered)


def _stays(
    event: EventRecord, record: CycleRecord, previous: CycleRecord, doubts: Mapping[str, ShiftRecord]
) -> EventRecord:
    """The event of the cycle before, with what the doubtful delivery says."""
    whose = _whose(event, doubts)
    hold = HeldRecord(
        object_ids=whose, sigmas=_sigmas(whose, doubts), gone=True, level=None, miss_km=nearest_km(event, record)
    )
    plain = tuple(reason for reason in event.reason if not isinstance(reason, KeptByDoubt))
    told = event.history if event.held and event.held.gone else history_after(event, previous.cycle_id)
    return replace(event, reason=(_reason(event.level, hold), *plain), held=hold, history=told)


def nearest_km(event: EventRecord, record: CycleRecord) -> float | None:
    """How near the pair comes now within half a revolution of the event, by the profile of its distance."""
    pair = record.pair_of(event.primary, event.secondary)
    if pair is None or pair.profile is None:
        return None
    reach_s = gate_s((event.primary, event.secondary), record.periods_s)
    start, step_s = pair.profile.start, pair.profile.step_s
    near = [
        least_km
        for number, least_km in enumerate(pair.profile.least_km)
        if least_km is not None and abs(start + (number + 0.5) * step_s - event.tca) <= max(reach_s, step_s)
    ]
    return min(near, default=None)


def with_doubts(
    changes: Sequence[ChangeRecord], record: CycleRecord, previous: CycleRecord | None
) -> tuple[ChangeRecord, ...]:
    """Changes with their size in sigmas and the doubtful deliveries that they came with, and each hold as a change.

    A hold is told as what it keeps from happening. Figures that an event has in one cycle alone come from the other
    cycle's profile of the pair's distance.
    """
    if previous is None:
        return tuple(changes)
    doubts, before = doubtful(record), {event.event_id: event for event in previous.events}
    now = {event.event_id: event for event in record.events}
    holds = [_hold(event, before[event.event_id]) for event in record.events if event.held is not None]
    told = {change.event_id for change in holds}
    every = [*holds, *(_sized(one, now, before, record, previous) for one in changes if one.event_id not in told)]
    found = [_tied(one, doubts) for one in every]
    return tuple(sorted(found, key=lambda one: (-worst(one), one.tca, one.event_id)))


def _tied(change: ChangeRecord, doubts: Mapping[str, ShiftRecord]) -> ChangeRecord:
    """The change with whose doubtful deliveries it came; what is gone by them alone says so, green events too."""
    whose = tuple(sorted({change.primary, change.secondary} & doubts.keys()))
    gone = isinstance(change.reason, LimitPassed) and change.kind == "gone" and change.previous_miss_km is not None
    if not whose or not gone:
        return replace(change, doubtful=whose)
    reason = Doubted(
        object_ids=whose,
        sigmas=_sigmas(whose, doubts),
        previous_km=change.previous_miss_km or 0.0,
        value_km=change.miss_km,
        kept=False,
        rule="gone_by_doubtful",
    )
    return replace(change, doubtful=whose, reason=reason)


def _hold(event: EventRecord, earlier: EventRecord) -> ChangeRecord:
    hold = event.held
    if hold is None:
        raise ValueError("a hold needs a held event")
    return ChangeRecord(
        kind="gone" if hold.gone else "better",
        event_id=event.event_id,
        primary=event.primary,
        secondary=event.secondary,
        tca=event.tca,
        level=event.level,
        previous_level=earlier.level,
        miss_km=hold.miss_km,
        previous_miss_km=earlier.miss_km,
        reason=Doubted(
            object_ids=hold.object_ids,
            sigmas=hold.sigmas,
            previous_km=earlier.miss_km,
            value_km=hold.miss_km,
            kept=True,
            rule="gone_by_doubtful" if hold.gone else "better_by_doubtful",
        ),
        mahalanobis_distance=_moved_sigmas(earlier.miss_km, hold.miss_km, earlier.miss_sigma_km),
    )


def _sized(
    change: ChangeRecord,
    now: Mapping[str, EventRecord],
    before: Mapping[str, EventRecord],
    record: CycleRecord,
    previous: CycleRecord,
) -> ChangeRecord:
    """The change with the figure that its other cycle gives, and by how many of the earlier sigmas it moved."""
    event, earlier = now.get(change.event_id), before.get(change.event_id)
    miss_km, was_km, sigma_km = change.miss_km, change.previous_miss_km, None
    if earlier is not None:
        sigma_km = earlier.miss_sigma_km
        if event is None and change.kind == "gone":
            miss_km = nearest_km(earlier, record)
    elif event is not None:
        was_km, sigma_km = nearest_km(event, previous), event.miss_sigma_km
    moved = _moved_sigmas(was_km, miss_km, sigma_km)
    return replace(change, miss_km=miss_km, previous_miss_km=was_km, mahalanobis_distance=moved)


def _moved_sigmas(was_km: float | None, is_km: float | None, sigma_km: float | None) -> float | None:
    return abs(is_km - was_km) / sigma_km if was_km is not None and is_km is not None and sigma_km else None


def _reason(level: Level, hold: HeldRecord) -> LevelReason:
    return KeptByDoubt(
        level=level, object_ids=hold.object_ids, sigmas=hold.sigmas, value_km=hold.miss_km, gone=hold.gone
    )


def _whose(event: EventRecord, doubts: Mapping[str, ShiftRecord]) -> tuple[str, ...]:
    return tuple(sorted({event.primary, event.secondary} & doubts.keys()))


def _sigmas(whose: tuple[str, ...], doubts: Mapping[str, ShiftRecord]) -> float:
    return max(doubts[key].sigmas or 0.0 for key in whose)


def _with_events(pair: PairRecord, gone: list[EventRecord]) -> PairRecord:
    more = tuple(e.event_id for e in gone if (e.primary, e.secondary) == (pair.primary, pair.secondary))
    return replace(pair, event_ids=(*pair.event_ids, *more)) if more else pair
