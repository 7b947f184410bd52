"""What somebody must be told of a cycle: a new red approach, a deadline near, a delivery that is late.

It follows from a record alone, so that of an edition's record comes what its readers may be told, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, Literal

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.encounter.alert import SEVERITY, Level
from nearpass.record.coordination import Coordination, coordination, is_closed
from nearpass.record.holding import doubtful
from nearpass.record.record import CycleRecord, EventRecord, InputRecord, ObjectRecord, ToldEvent

AlarmKind = Literal["new", "worse", "deadline", "unclaimed", "doubtful", "late", "failed"]
LateRule = Literal["missing", "refused", "overdue", "old"]
LATE_S: Final = 7.0 * DAY_S
"""From this age on a delivery that nobody set a time for is late: NPR 8079.1, table 5-1, asks for one weekly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One thing to tell.

    ``subject`` is the id of the event or of the object that it is about, or ``run``. ``mark`` is what makes it another
    one than the last of its kind and subject: two with equal :attr:`key` are the same. ``hours`` belong to a deadline,
    ``rule`` to a late delivery, with the instant ``since`` which it is overdue. A reminder has its ``number`` and
    when the first alarm was told (``since``).
    """

    kind: AlarmKind | Literal["again"]
    subject: str
    mark: str
    level: Level | None = None
    hours: float | None = None
    rule: LateRule | None = None
    number: int = 0
    since: Epoch | None = None

    @property
    def key(self) -> str:
        """By what it is known whether it was told."""
        return f"{self.kind}:{self.subject}:{self.mark}"


def alarms(
    record: CycleRecord, at: Epoch, kinds: AbstractSet[AlarmKind], least: Level, deadline_h: Sequence[float]
) -> tuple[Alarm, ...]:
    """What is to be told of a cycle, the most severe approaches first.

    Of an approach that became worse by reaching its level only the level is told, where new ones are wanted. Of one
    that an edition tells in cells a yellow level is new in one cycle only: later ones do not say where it came from.

    Args:
        record: The cycle, in full or as an edition holds it.
        at: As of when; approaches that have passed then are silent.
        kinds: Which are wanted.
        least: The least level of an approach.
        deadline_h: How long before a deadline it is told of.
    """
    found = [alarm for event in watched(record, at, least) for alarm in _of_event(event, record, at, kinds, deadline_h)]
    found.sort(key=lambda alarm: -SEVERITY[alarm.level or Level.GREEN])
    if "doubtful" in kinds:
        found += [
            Alarm(kind="doubtful", subject=key, mark=shift.since) for key, shift in sorted(doubtful(record).items())
        ]
    if "late" in kinds:
        found += _late(record, at)
    return tuple(found)


def watched(record: CycleRecord, at: Epoch, least: Level) -> tuple[EventRecord | ToldEvent, ...]:
    """Approaches of at least a level that are still to come, and that nobody closed."""
    return tuple(
        event
        for event in record.approaches
        if SEVERITY[event.level] >= SEVERITY[least]
        and (event.tca.stop if isinstance(event, ToldEvent) else event.tca) > at
        and not is_closed(record, event)
    )


def _of_event(
    event: EventRecord | ToldEvent,
    record: CycleRecord,
    at: Epoch,
    kinds: AbstractSet[AlarmKind],
    deadline_h: Sequence[float],
) -> Iterator[Alarm]:
    state = coordination(record, event, at)
    since, risen = _level_since(event, record)
    mark = f"{event.level.value}-{since}"
    if risen and "new" in kinds:
        yield Alarm(kind="new", subject=event.event_id, mark=mark, level=event.level)
    if "worse" in kinds and _worse(event, record, rising="new" not in kinds):
        yield Alarm(kind="worse", subject=event.event_id, mark=record.cycle_id, level=event.level)
    hours = _reached(event, at, deadline_h)
    if hours is not None and "deadline" in kinds and not _done(state):
        yield Alarm(kind="deadline", subject=event.event_id, mark=f"{hours:g}h-{mark}", level=event.level, hours=hours)
    if "unclaimed" in kinds and "unclaimed" in state.flags:
        yield Alarm(kind="unclaimed", subject=event.event_id, mark=mark, level=event.level)


def _level_since(event: EventRecord | ToldEvent, record: CycleRecord) -> tuple[str, bool]:
    """The cycle from which on the event has had at least its level, and whether it rose to it then."""
    if isinstance(event, ToldEvent):
        return event.since, event.kind in {"new", "worse"} or (event.kind == "same" and event.level is Level.RED)
    first, level = record.cycle_id, event.level
    for point in reversed(event.history):
        if SEVERITY[point.level] < SEVERITY[event.level]:
            break
        first, level = point.cycle_id, point.level
    return first, level is event.level


def _worse(event: EventRecord | ToldEvent, record: CycleRecord, *, rising: bool) -> bool:
    """Whether the newest cycle has it nearer or, where ``rising`` counts, at a higher level."""
    if isinstance(event, ToldEvent):
        return rising and event.kind == "worse"
    change = next((one for one in record.changes if one.event_id == event.event_id and one.kind == "worse"), None)
    if change is None:
        return False
    return rising or change.previous_level is None or SEVERITY[change.previous_level] >= SEVERITY[event.level]


def _reached(event: EventRecord | ToldEvent, at: Epoch, deadline_h: Sequence[float]) -> float | None:
    """The least of the hours before a deadline that are reached; None where none is, or the deadline has passed."""
    if event.deadline is None or event.deadline <= at:
        return None
    left_h = (event.deadline - at) / 3600.0
    return min((hours for hours in deadline_h if hours >= left_h), default=None)


def _done(state: Coordination) -> bool:
    return bool(state.movers) and all(mover.flown for mover in state.movers)


def _late(record: CycleRecord, at: Epoch) -> Iterator[Alarm]:
    """Each schedule that was not kept; of a spacecraft in full that flies, no delivery, a refused one, or an old one.

    Old is for what has no schedule. A schedule is looked at as of now, what came as of the cycle.
    """
    for item in record.objects:
        rows = [row for row in record.desk if row.object_id == item.id]
        overdue = sorted({since for row in rows if (since := row.overdue_since(at)) is not None})
        yield from (
            Alarm(kind="late", subject=item.id, mark=f"overdue-{since.iso(digits=0)}", rule="overdue", since=since)
            for since in overdue
        )
        entries = [entry for entry in record.inputs if entry.object_id == item.id]
        scheduled = any(row.role == "nominal" and row.every_h is not None for row in rows)
        rule = _late_by(item, entries, at, scheduled=scheduled)
        if rule is not None:
            newest = next((entry.sha256 for entry in entries if entry.sha256 is not None), None)
            yield Alarm(kind="late", subject=item.id, mark=f"{rule}-{(newest or 'none')[:16]}", rule=rule)


def _late_by(item: ObjectRecord, entries: Sequence[InputRecord], at: Epoch, *, scheduled: bool) -> LateRule | None:
    due = item.kind == "spacecraft" and item.phase == "known" and item.shown == "full" and item.flies_at(at)
    if not due or "deliveries" in item.withheld:
        return None
    if any(entry.refusal is not None for entry in entries):
        return "refused"
    if not item.coverage:
        return "missing"
    used = next((entry for entry in entries if entry.refusal is None), None)
    old = used is not None and used.age_s is not None and used.age_s > LATE_S
    return "old" if old and not scheduled else None
