"""The delivery desk of a cycle: what each source owed by its schedule, and what came."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from nearpass.astro.epochs import Epoch
from nearpass.config import Config, EphemerisSource, ScreenedObject
from nearpass.config.objects import delivery_marking
from nearpass.record.cycle_id import CycleId
from nearpass.record.desk_record import DueRecord, State
from nearpass.record.holding import doubtful
from nearpass.record.record import CycleRecord, InputRecord

HOUR_S: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """The newest usable delivery of a source: made at ``created``, it was not there yet in cycle ``missed``.

    ``here`` is the first cycle that had it.
    """

    sha256: str | None
    created: Epoch
    missed: str | None
    here: str

    @property
    def came(self) -> Epoch:
        """The instant before which it cannot have come."""
        return self.created if self.missed is None else max(self.created, CycleId(self.missed).cutoff)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """When the last delivery was due and the next one is, and what became of the last one."""

    state: State
    due: Epoch | None = None
    next_due: Epoch | None = None
    late_s: float | None = None


def desk(config: Config, record: CycleRecord, previous: CycleRecord | None) -> tuple[DueRecord, ...]:
    """What each source of the configuration owed and what came, in the order of the configuration.

    Of an object whose life has ended nothing is owed.

    Args:
        config: The schedules.
        record: The cycle, with its deliveries.
        previous: The cycle before, which knows what it had.
    """
    before = {(row.object_id, row.source, row.role): row for row in previous.desk} if previous else {}
    return tuple(
        _row(item, source, record, before.get((item.id, source.path, source.role)), config)
        for item in config.objects
        for source in item.ephemeris
        if source.path and source.delivery == "newest"
    )


def _row(
    item: ScreenedObject,
    source: EphemerisSource,
    record: CycleRecord,
    before: DueRecord | None,
    config: Config,
) -> DueRecord:
    cutoff, found = record.window.start, _entries(item, source, record)
    flies = all(one.flies_at(cutoff) for one in record.objects if one.id == item.id)
    every_h, anchor = (source.every_hours, source.due) if flies else (None, None)
    used = next((entry for entry in found if entry.refusal is None), None)
    arrival = _arrival(used, before, record) if used is not None else None
    verdict = judged(every_h, anchor, arrival, before, cutoff)
    return DueRecord(
        object_id=item.id,
        source=source.path,
        originator=source.originator,
        role=source.role,
        marking=delivery_marking(item, source, config.mapped_words),
        every_h=every_h,
        due=verdict.due,
        next_due=verdict.next_due,
        state=verdict.state,
        late_s=verdict.late_s,
        file=used.file if used is not None else None,
        sha256=used.sha256 if used is not None else None,
        created=used.creation if used is not None else None,
        missed=arrival.missed if arrival is not None else None,
        here=arrival.here if arrival is not None else None,
        refused=next((entry.refusal for entry in found if entry.refusal is not None), None),
        doubtful=used is not None and source.role == "nominal" and item.id in doubtful(record),
    )


def _entries(item: ScreenedObject, source: EphemerisSource, record: CycleRecord) -> list[InputRecord]:
    """What came of a source: the delivery in use, then those that were refused."""
    inputs = record.inputs if source.role == "nominal" else ()
    if source.role != "nominal":
        inputs = tuple(
            entry
            for solution in record.solutions
            if (solution.object_id, solution.name) == (item.id, source.name)
            for entry in solution.inputs
        )
    bare = PurePath(source.path).name  # of files from elsewhere a record has the name alone
    return [
        entry
        for entry in inputs
        if entry.object_id == item.id and (PurePath(entry.file).match(source.path) or PurePath(entry.file).match(bare))
    ]


def _arrival(used: InputRecord, before: DueRecord | None, record: CycleRecord) -> Arrival:
    """When the delivery in use came, as far as its creation and the cycles so far tell."""
    known = before is not None and before.sha256 == used.sha256 and before.here is not None
    here = before.here if before is not None and known and before.here is not None else record.cycle_id
    missed = (before.missed if known else record.previous_cycle_id) if before is not None else None
    return Arrival(sha256=used.sha256, created=used.creation or CycleId(here).cutoff, missed=missed, here=here)


def judged(
    every_hours: float | None, anchor: Epoch | None, arrival: Arrival | None, before: DueRecord | None, cutoff: Epoch
) -> Verdict:
    """What became of the delivery that was due last.

    With an ``anchor`` the deliveries are due then and every so many hours after it, and one meets what was due if it
    was made less than that before; without hours the anchor is the one time, and any delivery meets it. Without an
    anchor each is due so many hours after the one before it was made. Where several were missed, it is overdue since
    the first of them was due.

    Args:
        every_hours: How often.
        anchor: When first.
        arrival: The newest usable delivery.
        before: The row of the cycle before.
        cutoff: The data cut-off.
    """
    if anchor is not None:
        return _by_the_clock(every_hours, anchor, arrival, cutoff)
    if every_hours is None:
        return Verdict(state="no schedule")
    if arrival is None:
        return Verdict(state="awaited")
    next_due = arrival.created + every_hours * HOUR_S
    if next_due <= cutoff:
        return Verdict(state="overdue", due=next_due, late_s=cutoff - next_due)
    if before is not None and before.sha256 == arrival.sha256:
        state: State = before.state if before.state in {"in time", "late"} else "in time"
        return Verdict(state=state, due=before.due, next_due=next_due, late_s=before.late_s)
    owed = (before.next_due or before.due) if before is not None else None
    return _met(arrival, owed, next_due)


def _by_the_clock(every_hours: float | None, anchor: Epoch, arrival: Arrival | None, cutoff: Epoch) -> Verdict:
    if cutoff < anchor:
        return Verdict(state="in time" if arrival is not None else "awaited", next_due=anchor)
    if every_hours is None:
        if arrival is None:
            return Verdict(state="overdue", due=anchor, late_s=cutoff - anchor)
        return _met(arrival, anchor, None)
    every_s = every_hours * HOUR_S
    due = anchor + math.floor((cutoff - anchor) / every_s) * every_s
    if arrival is not None and arrival.created > due + -every_s:
        return _met(arrival, due, due + every_s)
    missed = math.ceil((arrival.created - anchor) / every_s) + 1 if arrival is not None else 0
    since = anchor + max(missed, 0) * every_s
    return Verdict(state="overdue", due=since, next_due=due + every_s, late_s=cutoff - since)


def _met(arrival: Arrival, due: Epoch | None, next_due: Epoch | None) -> Verdict:
    """In time, or late by at least so much."""
    late_s = arrival.came - due if due is not None and arrival.came > due else None
    return Verdict(state="late" if late_s is not None else "in time", due=due, next_due=next_due, late_s=late_s)
