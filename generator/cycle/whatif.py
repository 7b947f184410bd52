"""What burns, or a planned ephemeris, would do to the approaches of an archived cycle; nothing is stored of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nearpass.archive.archive import Archive
from nearpass.config import ScreenedObject
from nearpass.cycle.learned import learned_model
from nearpass.cycle.net import Net
from nearpass.cycle.rescreen import reread
from nearpass.cycle.solutions import Solution, SolutionSetting, describe_solutions
from nearpass.ephemeris.burned import burned
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.errors import ConfigError, InputError
from nearpass.ingest import Ingested, Setting, question, source_of
from nearpass.messages.manoeuvres import Manoeuvre
from nearpass.record.pairing import joined_pairs
from nearpass.record.record import CycleRecord, EventRecord, Span
from nearpass.record.solution_record import SolutionEvent
from nearpass.record.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What would become of an object's approaches: each now and then, in order of time.

    ``covered`` is where the other motion is known, ``unscreened`` how many approaches to catalogued objects were not
    looked at.
    """

    object_id: str
    cycle_id: str
    window: Span
    covered: tuple[Span, ...]
    rows: tuple[tuple[EventRecord | None, SolutionEvent], ...]
    unscreened: int


def what_if(
    archive: Archive,
    record: CycleRecord,
    workspace: Path,
    object_id: str,
    motion: Sequence[Manoeuvre] | Path,
    progress: Callable[[str, int], Callable[[int], None]],
) -> WhatIf:
    """Screen the window of a cycle with another motion of one object.

    Args:
        archive: Where its deliveries are.
        record: The cycle.
        workspace: Folder that kernels of the configuration are relative to.
        object_id: Who would fly otherwise.
        motion: Burns to add to the delivered motion, or the file of an ephemeris to take instead.
        progress: Shows what is going on.

    Raises:
        ConfigError: for an object that the cycle does not have.
        InputError: for an object without a known motion in it, or a motion that cannot be used.
    """
    config, setting, ingested = reread(archive, record, workspace)
    item = next((one for one in config.objects if one.id == object_id), None)
    if item is None:
        known = ", ".join(one.id for one in config.objects)
        raise ConfigError(f"the object must be one of the cycle: {known}", value=object_id)
    previous = archive.load(record.previous_cycle_id) if record.previous_cycle_id else None
    objects = {one.id: one for one in record.objects}
    known_phase = [
        (one, found)
        for one, found in zip(config.objects, ingested, strict=True)
        if found.trajectory is not None and objects[one.id].phase == "known"
    ]
    screened = {one.id: found.trajectory for one, found in known_phase if found.trajectory is not None}
    sources = {one.id: _source(one, found, previous) for one, found in known_phase}
    if object_id not in screened:
        raise InputError("the object must have a known motion in the cycle", value=object_id)
    trajectory, source = _otherwise(item, motion, setting, screened[object_id], sources[object_id])
    own = [event for event in record.events if object_id in (event.primary, event.secondary)]
    held_against = SolutionSetting(
        window=record.window, rules=config.alert_rules, joined=joined_pairs(record), objects=objects,
        screened=screened, sources=sources, limit_km=config.cycle.limit_km,
        comoving_km_s=config.cycle.comoving_km_s, events=own,
    )  # fmt: skip
    solution = Solution(
        object_id=object_id, name="what if", role="planned", note=None, inputs=(), trajectory=trajectory, source=source
    )
    net = Net()
    (found,) = describe_solutions(
        [solution], held_against, progress("screening the other motion", max(len(screened) - 1, 0)), net
    )
    if net.lost:
        raise InputError("the other motion could not be screened", value=net.lost[0].rule)
    before = {event.event_id: event for event in own}
    return WhatIf(
        object_id=object_id,
        cycle_id=record.cycle_id,
        window=record.window,
        covered=found.coverage,
        rows=tuple((before.get(row.event_id or ""), row) for row in found.events),
        unscreened=sum(not {event.primary, event.secondary} <= screened.keys() for event in own),
    )


def _otherwise(
    item: ScreenedObject, motion: Sequence[Manoeuvre] | Path, setting: Setting, delivered: Trajectory, source: Source
) -> tuple[Trajectory, Source]:
    """The other motion and what it rests on."""
    if not isinstance(motion, Path):
        return burned(delivered, motion), source
    read = question(item, motion, setting)
    if read.trajectory is None:  # readers raise, so that this only tells the types apart
        raise InputError("the ephemeris must reach the window", file=str(motion), object_id=item.id)
    return read.trajectory, _source(item, read, None)


def _source(item: ScreenedObject, found: Ingested, previous: CycleRecord | None) -> Source:
    before = next((one for one in previous.objects if one.id == item.id), None) if previous else None
    return source_of(item, found, learned_model(before, item.least_comparisons) if item.learned else None)
