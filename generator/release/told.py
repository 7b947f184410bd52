"""The fixed policy by which an edition tells of approaches of objects that it may not show in full.

Red and yellow approaches, and nothing else: with whom, the level, a cell of time, a cell of distance, the decade of a
probability. What is told never depends on hidden values but through these, and stays as it is until the level changes
or the time comes: a newer delivery that changes neither changes no letter. Nothing is told of a pair: no nearest
distance, no bound, no coverage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from nearpass.astro.epochs import Epoch
from nearpass.astro.fields import Span
from nearpass.encounter.alert import SEVERITY, Level
from nearpass.encounter.commanding import Closure, Commanding, Limit, last_decision
from nearpass.record.cycle_id import CycleId
from nearpass.record.figures import TIME_CELLS_S, WITHHELD, Figure, around, less, within_cell, within_decade
from nearpass.record.marking import HIDDEN_RUNG, REACH, Edition, Grain, Show
from nearpass.record.record import (
    ChangeRecord,
    CycleRecord,
    DormantEvent,
    EventRecord,
    HistoryPoint,
    ObjectRecord,
    ToldEnd,
    ToldEvent,
)
from nearpass.record.told_record import ToldKind

NO_DISTANCE: Final = 2
"""The rung from which on no distance is told."""
_TOLD_LEVELS: Final = frozenset({Level.RED, Level.YELLOW})
Passage = EventRecord | ChangeRecord | DormantEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What decides how an edition tells of a cycle's approaches.

    ``shows`` is how much it shows of each object, ``covariances`` the objects whose covariances it may hold, and
    ``event_name`` gives the name of an event from its id and its two objects.
    """

    record: CycleRecord
    edition: Edition
    shows: Mapping[str, Show]
    covariances: AbstractSet[str]
    event_name: Callable[[str, str, str], str]

    def events(self) -> tuple[ToldEvent, ...]:
        """The approaches that are told, by their cells of time."""
        found = (
            self._event(event) for event in self.record.events if self._coarsely(event) and self._unrecognised(event)
        )
        return tuple(sorted(filter(None, found), key=lambda told: (told.tca.start, told.event_id)))

    def ended(self) -> tuple[ToldEnd, ...]:
        """Approaches that this edition told of in the cycle before and does not any more."""
        previous = self.record.previous_cycle_id
        if previous is None or not self.edition.publishes(previous):
            return ()
        now = {told.event_id for told in self.events()}
        left: tuple[EventRecord | ChangeRecord, ...] = (
            *self.record.events,
            *(change for change in self.record.changes if change.history),
        )
        found = (self._end(item) for item in left if self._coarsely(item))
        ends = (end for end in found if end is not None and end.event_id not in now)
        return tuple(sorted(ends, key=lambda end: (end.tca.start, end.event_id)))

    def names(self) -> dict[str, str]:
        """Ids of the named events that are told, or that ended, each with the name that the edition calls it by."""
        told: tuple[ToldEvent | ToldEnd, ...] = (*self.events(), *self.ended())
        by_name = {item.event_id for item in told if item.shown == "metrics"}
        passages: tuple[EventRecord | ChangeRecord, ...] = (*self.record.events, *self.record.changes)
        found = {item.event_id: self.event_name(item.event_id, item.primary, item.secondary) for item in passages}
        return {event_id: name for event_id, name in found.items() if name in by_name}

    def _coarsely(self, passage: Passage) -> bool:
        return self._show(passage) in {Show.METRICS, Show.ANONYMOUS} and self._unrecognised(passage)

    def _show(self, passage: Passage) -> Show:
        return max(
            (self.shows.get(key, Show.HIDDEN) for key in (passage.primary, passage.secondary)), key=REACH.__getitem__
        )

    def _event(self, event: EventRecord) -> ToldEvent | None:
        points = [*self._published(event), _now(event, self.record.cycle_id)]
        first = _first_of_level(points)
        tca = self._cell(first, event, self.record.cycle_id)
        if tca is None:
            return None
        grain = self._grain(event)
        miss_km = within_cell(first.miss_km, grain.miss_km) if self._rung(event) < NO_DISTANCE else WITHHELD
        before = self._told_before(points[:-1], event)
        deadline, decider = self._deadline(event, tca.start)
        return ToldEvent(
            event_id=self.event_name(event.event_id, event.primary, event.secondary),
            **self._names(event),
            level=event.level,
            previous_level=before if before is not event.level else None,
            kind=_kind(before, event.level),
            since=first.cycle_id,
            tca=tca,
            miss_km=miss_km,
            surface_km=None if event.surface_km is None else self._surface(event, miss_km),
            pc=within_decade(first.pc) if self._pc_told(event) and self._rung(event) < 1 else WITHHELD,
            deadline=deadline,
            deadline_object=decider,
            shown="anonymous" if self._show(event) is Show.ANONYMOUS else "metrics",
        )

    def _end(self, item: EventRecord | ChangeRecord) -> ToldEnd | None:
        points = self._published(item)
        if not points or points[-1].cycle_id != self.record.previous_cycle_id:
            return None
        tca = self._cell(first := _first_of_level(points), item, points[-1].cycle_id)
        if tca is None:
            return None
        return ToldEnd(
            event_id=self.event_name(item.event_id, item.primary, item.secondary),
            **self._names(item),
            level=first.level,
            kind="passed" if tca.start < self.record.window.start else "ended",
            tca=tca,
            shown="anonymous" if self._show(item) is Show.ANONYMOUS else "metrics",
        )

    def _published(self, item: EventRecord | ChangeRecord) -> list[HistoryPoint]:
        """Its history in cycles that the edition has and in which it told of both objects."""
        return [
            point
            for point in item.history
            if self.edition.publishes(point.cycle_id) and self._rung(item, point.cycle_id) < HIDDEN_RUNG
        ]

    def _told_before(self, points: Sequence[HistoryPoint], event: EventRecord) -> Level | None:
        """The level under which the event was told last."""
        for count in range(len(points), 0, -1):
            if self._cell(_first_of_level(points[:count]), event, points[count - 1].cycle_id) is not None:
                return points[count - 1].level
        return None

    def _cell(self, first: HistoryPoint, passage: Passage, cycle_id: str) -> Span | None:
        """The cell of time of what a cycle tells; None where it tells nothing: green, or not wholly in its window."""
        if first.level not in _TOLD_LEVELS:
            return None
        start = CycleId(cycle_id).cutoff
        cell = around(first.tca, self._grain(passage).tca_s)
        inside = start <= cell.start and cell.stop <= start + self.record.window.length_s
        return cell if inside else None

    def _grain(self, passage: Passage) -> Grain:
        grain = self.edition.grain
        grain = grain.nameless if self._show(passage) is Show.ANONYMOUS else grain
        return replace(grain, tca_s=TIME_CELLS_S[-1]) if self._rung(passage) >= 1 else grain

    def _rung(self, passage: Passage, cycle_id: str | None = None) -> int:
        """How much coarser than its grain the edition tells of the objects of an approach, in this cycle by default."""
        return max(
            self.edition.rung(cycle_id or self.record.cycle_id, key) for key in (passage.primary, passage.secondary)
        )

    def _unrecognised(self, passage: Passage) -> bool:
        """Whether an object without a name could be one of several: so many spacecraft have none in this edition."""
        if not any(self.shows.get(key) is Show.ANONYMOUS for key in (passage.primary, passage.secondary)):
            return True
        nameless = [key for key, show in self.shows.items() if show is Show.ANONYMOUS and key in self._spacecraft]
        return len(nameless) >= self.edition.at_least

    @property
    def _spacecraft(self) -> set[str]:
        return {item.id for item in self.record.objects if item.kind == "spacecraft"}

    def _names(self, passage: Passage) -> dict[str, str | None]:
        """Both objects in the order of the alphabet; one without a name is the last."""
        named = [
            key if self.shows.get(key) in {Show.FULL, Show.METRICS} else None
            for key in (passage.primary, passage.secondary)
        ]
        first, second = sorted(named, key=lambda key: (key is None, key or ""))
        return {"primary": first, "secondary": second}

    def _pc_told(self, event: EventRecord) -> bool:
        """A probability follows from both covariances: each must be of an object in metrics, or may be seen."""
        return all(
            key in self.covariances or self.shows.get(key) is Show.METRICS for key in (event.primary, event.secondary)
        )

    def _surface(self, event: EventRecord, miss_km: Figure) -> Figure:
        """From the cell, by the radius of the natural body, if that may be told."""
        bodies = [item for item in self._objects(event) if item.kind == "natural"]
        if any(self.shows.get(item.id) is not Show.FULL for item in bodies):
            return WITHHELD
        return less(miss_km, sum(item.radius_km or 0.0 for item in bodies))

    def _deadline(self, event: EventRecord, start: Epoch) -> tuple[Epoch | None, str | None]:
        """The last moment before the cell at which the operator of an object in full still decides on a useful burn."""
        able = [
            (decide, item.id)
            for item in self._objects(event)
            if self.shows.get(item.id) is Show.FULL and (decide := self._decide(item, start)) is not None
        ]
        return max(able, default=(None, None), key=lambda entry: (entry[0], entry[1]))

    def _decide(self, item: ObjectRecord, start: Epoch) -> Epoch | None:
        """Decide-by of an approach at the begin of the cell: contacts and solar conjunction shut the link here too."""
        held, epoch = item.commanding, self.record.window.start
        if held is None:
            return None if item.lead_time_h is None else start + -3600.0 * item.lead_time_h
        commanding = Commanding(
            lead_time_s=held.lead_time_h * 3600.0,
            uplink_s=held.uplink_h * 3600.0,
            last_burn_s=None if held.last_burn_h is None else held.last_burn_h * 3600.0,
            closures=tuple(
                Closure(start_s=one.start - epoch, stop_s=one.stop - epoch, limit=Limit(one.limit), note=one.note)
                for one in held.closures
            ),
            passes_s=None
            if held.passes is None
            else tuple((one.start - epoch, one.stop - epoch) for one in held.passes),
            working_s=None,
        )
        period_s = (item.orbit.period_s if item.orbit else None) or 0.0
        found = last_decision(
            start - epoch, commanding, half_revolution_s=period_s / 2.0, light_time_s=self._light_time_s
        )
        return None if found is None else epoch + float(round(found.decide_s))

    @property
    def _light_time_s(self) -> float:
        """The longest of the approaches that are told in full: that of another would follow from its instant."""
        full = (event for event in self.record.events if self._show(event) is Show.FULL)
        return max((event.light_time_s or 0.0 for event in full), default=0.0)

    def _objects(self, event: EventRecord) -> Iterator[ObjectRecord]:
        return (item for item in self.record.objects if item.id in {event.primary, event.secondary})


def _now(event: EventRecord, cycle_id: str) -> HistoryPoint:
    return HistoryPoint(
        cycle_id=cycle_id, tca=event.tca, miss_km=event.miss_km, miss_rtn_km=None, level=event.level,
        miss_sigma_km=None, pc=event.probability.pc,
    )  # fmt: skip


def _first_of_level(points: Sequence[HistoryPoint]) -> HistoryPoint:
    """The point from which on the level has been what it is at the last one."""
    first = points[-1]
    for point in reversed(points):
        if point.level is not first.level:
            break
        first = point
    return first


def _kind(before: Level | None, now: Level) -> ToldKind:
    if before is None:
        return "new"
    change = SEVERITY[now] - SEVERITY[before]
    return "same" if change == 0 else "worse" if change > 0 else "better"
