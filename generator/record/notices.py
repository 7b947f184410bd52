"""What a subscriber is told of a cycle: an event's level changed, somebody acts on it, or a delivery is doubtful."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from pydantic import TypeAdapter

from nearpass.astro.fields import EpochText
from nearpass.encounter.alert import Level
from nearpass.reasons.changes import ChangeReason, Doubted, InGeneral
from nearpass.reasons.general import Withheld
from nearpass.reasons.levels import LevelReason
from nearpass.record.coordination import Coordination, changed_since, coordination
from nearpass.record.cycle_id import CycleId
from nearpass.record.figures import WITHHELD, Figure, exact
from nearpass.record.record import ChangeKind, ChangeRecord, CycleRecord, EventRecord, ToldEnd, ToldEvent

LEFT: Final[frozenset[ChangeKind]] = frozenset({"passed", "gone"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A change of one event in one cycle, of its level or of who acts. ``level`` is None where it left the list.

    ``cutoff`` is the cycle's data cut-off; ``primary`` and ``secondary`` are ids, with the names beside them; of an
    object without a name in this edition both are empty. The TCA lies from ``tca`` to ``until``, which are equal where
    it is told exactly; so does the distance that the level rests on, to the surface of a moon if ``to_surface``, by its
    own ends. ``acting`` is who acts on it, None where nobody said
    anything; ``level`` and ``previous_level`` are the same where only that changed.
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
    until: EpochText
    miss_km: Figure
    deadline: EpochText | None
    reason: tuple[LevelReason | ChangeReason, ...]
    acting: Coordination | None = None
    to_surface: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryNotice:
    """That a delivery became doubtful in a cycle, or that the one after it says the same and confirms it.

    Its object is ``object_id`` with its name; ``late_s`` is how much later than by the delivery of cycle
    ``against_cycle_id`` the object passes, at the worst instant ``at``, and ``sigmas`` the largest part of the shift.
    """

    cycle_id: str
    cutoff: EpochText
    object_id: str
    object_name: str
    against_cycle_id: str
    at: EpochText
    late_s: float
    sigmas: float
    confirmed: bool


Told = Notice | DeliveryNotice


def delivery_notices(record: CycleRecord) -> tuple[DeliveryNotice, ...]:
    """The deliveries that this cycle calls doubtful, or confirmed, first: whatever their events do.

    Without a red or yellow event nothing else would tell a subscriber of it.
    """
    found = []
    for item in record.objects:
        shift = item.shift
        if shift is None or shift.since != record.cycle_id or shift.verdict not in {"doubtful", "confirmed"}:
            continue
        found.append(
            DeliveryNotice(
                cycle_id=record.cycle_id, cutoff=record.window.start, object_id=item.id, object_name=item.name,
                against_cycle_id=shift.cycle_id, at=shift.at, late_s=shift.late_s, sigmas=shift.sigmas or 0.0,
                confirmed=shift.verdict == "confirmed",
            )
        )  # fmt: skip
    return tuple(found)


def notices(record: CycleRecord) -> tuple[Notice, ...]:
    """The cycle's notices, the most severe first: events that are red or yellow now or were so, at another level.

    In the first cycle of an archive every red and yellow event is one. Then come events of which something was said
    since the cycle before: who moves, who stands by.
    """
    found = (*_in_full(record), *_in_cells(record))
    return (*found, *_acted(record, frozenset(notice.event_id for notice in found)))


def _acted(record: CycleRecord, told: frozenset[str]) -> Iterator[Notice]:
    """Of approaches of which nothing else is told but that a party said something since the cycle before."""
    if record.previous_cycle_id is None:
        return
    before = CycleId(record.previous_cycle_id).cutoff
    silent = {item.id for item in record.objects if item.phase == "unknown"}
    for event in record.approaches:
        if event.event_id in told or not changed_since(record, event.event_id, before):
            continue
        if isinstance(event, ToldEvent):
            yield replace(_told(record, event), previous_level=event.level)
        elif not silent & {event.primary, event.secondary}:
            yield _notice(record, event, level=event.level, previous=event.level, reason=event.reason, event=event)


def _in_full(record: CycleRecord) -> tuple[Notice, ...]:
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
        if isinstance(change.reason, Doubted):
            began = any(item.shift is not None and item.shift.since == record.cycle_id for item in record.objects)
            if change.reason.kept and began:
                found.append(
                    _notice(
                        record,
                        change,
                        level=change.level,
                        previous=previous,
                        reason=(change.reason,),
                        event=events.get(change.event_id),
                    )
                )
            continue
        if level is not previous and {level, previous} & {Level.RED, Level.YELLOW}:
            event = events.get(change.event_id)
            reason = (*(event.reason if level is not None and event is not None else ()), change.reason)
            found.append(_notice(record, change, level=level, previous=previous, reason=reason, event=event))
    return tuple(found)


def _in_cells(record: CycleRecord) -> tuple[Notice, ...]:
    """Of the approaches that an edition tells in cells."""
    told = (_told(record, one) for one in record.told if one.kind != "same")
    ended = (_told(record, one) for one in record.told_ended)
    return (*told, *ended)


def _told(record: CycleRecord, told: ToldEvent | ToldEnd) -> Notice:
    names = {item.id: item.name for item in record.objects}
    listed = isinstance(told, ToldEvent)
    why = InGeneral(kind="passed" if told.kind == "passed" else "gone")
    return Notice(
        cycle_id=record.cycle_id,
        cutoff=record.window.start,
        event_id=told.event_id,
        primary=told.primary or "",
        secondary=told.secondary or "",
        primary_name=names.get(told.primary or "", told.primary or ""),
        secondary_name=names.get(told.secondary or "", told.secondary or ""),
        level=told.level if listed else None,
        previous_level=told.previous_level if isinstance(told, ToldEvent) else told.level,
        tca=told.tca.start,
        until=told.tca.stop,
        miss_km=(told.surface_km or told.miss_km) if isinstance(told, ToldEvent) else WITHHELD,
        deadline=told.deadline if isinstance(told, ToldEvent) else None,
        reason=(Withheld(rule="figures_withheld"),) if listed else (why,),
        acting=_acting(record, told) if isinstance(told, ToldEvent) else None,
        to_surface=isinstance(told, ToldEvent) and told.surface_km is not None,
    )


def _acting(record: CycleRecord, event: EventRecord | ToldEvent) -> Coordination | None:
    found = coordination(record, event)
    return None if found.is_silent else found


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
    surface_km = event.surface_km if event is not None and shown.miss_km is not None else None
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
        until=shown.tca,
        miss_km=exact(shown.miss_km if surface_km is None else surface_km),
        deadline=event.deadline if event else None,
        reason=reason,
        acting=_acting(record, event) if event else None,
        to_surface=surface_km is not None,
    )


_ADAPTER: Final[TypeAdapter[Told]] = TypeAdapter(Told)


def dump_notice(notice: Told) -> str:
    """A notice as JSON, as the index keeps it."""
    return _ADAPTER.dump_json(notice).decode()


def load_notice(text: str) -> Told:
    """Read what :func:`dump_notice` wrote."""
    return _ADAPTER.validate_json(text)
