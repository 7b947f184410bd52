"""What a subscriber is told of a cycle: an event's level changed, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter

from nearpass.astro.fields import EpochText
from nearpass.encounter.alert import Level
from nearpass.reasons.changes import ChangeReason
from nearpass.reasons.levels import LevelReason
from nearpass.record.record import ChangeKind, ChangeRecord, CycleRecord, EventRecord

LEFT: Final[frozenset[ChangeKind]] = frozenset({"passed", "gone"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A change of one event's level in one cycle. ``level`` is None where the event left the list.

    ``cutoff`` is the cycle's data cut-off; ``primary`` and ``secondary`` are ids, with the names beside them.
    """

    cycle_id: str
    cutoff: EpochText
    event_id: str
    primary: str
    secondary: str
    primary_name: str
    secondary_name: str
    level: Level | None
    previous_level: Level | None
    tca: EpochText
    miss_km: float | None
    deadline: EpochText | None
    reason: tuple[LevelReason | ChangeReason, ...]


def notices(record: CycleRecord) -> tuple[Notice, ...]:
    """The cycle's notices, the most severe first: events that are red or yellow now or were so, at another level.

    In the first cycle of an archive every red and yellow event is one.
    """
    events = {event.event_id: event for event in record.events}
    silent = {item.id for item in record.objects if item.phase == "unknown"}  # no time can be told of them
    if record.previous_cycle_id is None:
        return tuple(
            _notice(record, event, level=event.level, previous=None, reason=event.reason, event=event)
            for event in sorted(record.events, key=lambda event: (event.level is not Level.RED, event.tca))
            if event.level is not Level.GREEN
        )
    found = []
    for change in record.changes:
        level = None if change.kind in LEFT else change.level
        previous = change.level if change.kind in LEFT else change.previous_level
        if silent & {change.primary, change.secondary}:
            continue
        if level is not previous and {level, previous} & {Level.RED, Level.YELLOW}:
            event = events.get(change.event_id)
            reason = (*(event.reason if level is not None and event is not None else ()), change.reason)
            found.append(_notice(record, change, level=level, previous=previous, reason=reason, event=event))
    return tuple(found)


def _notice(
    record: CycleRecord,
    shown: EventRecord | ChangeRecord,
    *,
    level: Level | None,
    previous: Level | None,
    reason: tuple[LevelReason | ChangeReason, ...],
    event: EventRecord | None,
) -> Notice:
    names = {item.id: item.name for item in record.objects}
    return Notice(
        cycle_id=record.cycle_id,
        cutoff=record.window.start,
        event_id=shown.event_id,
        primary=shown.primary,
        secondary=shown.secondary,
        primary_name=names.get(shown.primary, shown.primary),
        secondary_name=names.get(shown.secondary, shown.secondary),
        level=level,
        previous_level=previous,
        tca=shown.tca,
        miss_km=shown.miss_km,
        deadline=event.deadline if event else None,
        reason=reason,
    )


_ADAPTER: Final = TypeAdapter(Notice)


def dump_notice(notice: Notice) -> str:
    """A notice as JSON, as the index keeps it."""
    return _ADAPTER.dump_json(notice).decode()


def load_notice(text: str) -> Notice:
    """Read what :func:`dump_notice` wrote."""
    return _ADAPTER.validate_json(text)
