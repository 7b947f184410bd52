"""Which objects, pairs, events, deliveries and notes of a cycle an edition has at all, and in which order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, Final

from nearpass.record import record as records
from nearpass.record.marking import Show
from nearpass.record.message_record import TheirApproach
from nearpass.release.lens import Lens, UnruledFieldError, absent
from nearpass.release.values import previous_cycle

METRICS: Final = frozenset({"id", "name", "operator", "naif_id", "kind", "phase", "marking", "catalogue_number"})
"""What is told of an object in metrics itself: who it is. The rest of its record is absent."""


def objects(value: tuple[records.ObjectRecord, ...], lens: Lens) -> Any:
    """Objects in full, and who those in metrics are."""
    found = []
    for item in value:
        at = lens.on(item.id)
        if at.show is Show.FULL:
            found.append(at.of(item))
        elif at.show is Show.METRICS:
            found.append(_named_alone(item))
    return tuple(sorted(found, key=lambda entry: entry.id))


def _named_alone(item: records.ObjectRecord) -> records.ObjectRecord:
    kind = type(item)
    told: dict[str, Any] = {
        field.name: getattr(item, field.name) if field.name in METRICS else absent(kind, field.name)
        for field in fields(item)
        if field.name != "shown"
    }
    return kind(**told, shown="metrics")


def deliveries(value: tuple[records.InputRecord, ...], lens: Lens) -> Any:
    """Deliveries of objects in full whose own marking allows it."""
    return tuple(
        _blinded(lens.on(entry.object_id), (entry,)).of(entry)
        for entry in value
        if lens.names.show(entry.object_id) is Show.FULL and lens.edition.sees(entry.marking)
    )


def desk(value: tuple[records.DueRecord, ...], lens: Lens) -> Any:
    """What sources of objects in full owe whose own marking allows it."""
    return tuple(
        lens.on(entry.object_id).of(entry)
        for entry in value
        if lens.names.show(entry.object_id) is Show.FULL and lens.edition.sees(entry.marking)
    )


def messages(value: tuple[records.MessageRecord, ...], lens: Lens) -> Any:
    """Messages that could be read, that the edition may see, and of whose objects it shows each of ours in full."""
    return tuple(
        lens.of(entry)
        for entry in value
        if entry.refusal is None
        and lens.edition.sees(entry.marking)
        and all(lens.names.show(name) is Show.FULL for name in entry.object_ids)
    )


def their_approaches(value: tuple[TheirApproach, ...], lens: Lens) -> Any:
    """Of two objects that are shown in full, or not ours: the other one of an approach may be hidden."""
    return tuple(
        lens.of(entry)
        for entry in value
        if all(lens.names.show(name) is Show.FULL for name in (entry.primary, entry.secondary) if name is not None)
    )


def _blinded(lens: Lens, inputs: Sequence[records.InputRecord]) -> Lens:
    """A lens that hides sigmas where the covariances of one of these deliveries may not be seen."""
    markings = [entry.covariance_marking for entry in inputs if entry.covariance_marking is not None]
    return lens if all(lens.edition.sees(marking) for marking in markings) else replace(lens, sigma=False)


def solutions(value: tuple[records.SolutionRecord, ...], lens: Lens) -> Any:
    """Other solutions of objects in full whose deliveries may be seen, against other objects in full."""
    found = []
    for entry in value:
        used = [delivery for delivery in entry.inputs if delivery.refusal is None] or entry.inputs
        if lens.names.show(entry.object_id) is not Show.FULL or not all(lens.edition.sees(one.marking) for one in used):
            continue
        seen = replace(
            entry,
            inputs=tuple(delivery for delivery in entry.inputs if lens.edition.sees(delivery.marking)),
            pairs=tuple(pair for pair in entry.pairs if lens.names.show(pair.other) is Show.FULL),
        )
        at = _blinded(lens.on(entry.object_id), used)
        events = full_pairs(entry.events, lens if at.sigma else replace(lens, covariances=frozenset()))
        found.append(replace(at.of(replace(seen, events=())), events=events))
    return tuple(found)


def full_pairs(value: tuple[Any, ...], lens: Lens) -> Any:
    """Only of pairs of which both objects are shown in full: anything else of a pair tells of an orbit."""
    found = []
    for entry in value:
        at = lens.on(entry.primary, entry.secondary)
        if at.show is not Show.FULL:
            continue
        try:
            found.append(at.of(entry))
        except UnruledFieldError as error:
            lens.reports.append(f"{error}: what holds it is withheld")
    return tuple(found)


def losses(value: tuple[records.LossRecord, ...], lens: Lens) -> Any:
    """Only those of objects that are shown in full: that something of a pair fails tells of the pair."""
    return tuple(
        lens.on(*entry.object_ids).of(entry) if entry.object_ids else lens.of(entry)
        for entry in value
        if (lens.whole if not entry.object_ids else lens.on(*entry.object_ids).show is Show.FULL)
    )


def changes(value: tuple[records.ChangeRecord, ...], lens: Lens) -> Any:
    """Changes since the cycle before, if this edition has that one."""
    if previous_cycle(lens.item.previous_cycle_id, lens) is None:
        return ()
    return full_pairs(value, lens)


def notes(value: tuple[records.NoteRecord, ...], lens: Lens) -> Any:
    """Notes that could be read, that the edition may see, and of whose event it tells."""
    told = lens.telling.names() | {
        event.event_id: event.event_id
        for event in (*lens.item.events, *lens.item.changes)
        if {lens.names.show(event.primary), lens.names.show(event.secondary)} == {Show.FULL}
    }
    return tuple(
        _of_seen_things(
            replace(lens.of(note), event_id=told[note.event_id] if note.event_id is not None else None), lens
        )
        for note in value
        if note.refusal is None and lens.edition.sees(note.marking) and (note.event_id is None or note.event_id in told)
    )


def _of_seen_things(note: records.NoteRecord, lens: Lens) -> records.NoteRecord:
    """A note without an object that the edition does not name, and without a plan that it may not have."""
    files = [entry for entry in lens.item.deliveries if note.plan and entry.sha256 == note.plan.sha256]
    has_plan = lens.whole or (bool(files) and all(_has(entry, lens) for entry in files))
    is_named = note.object_id is not None and lens.names.show(note.object_id) in {Show.FULL, Show.METRICS}
    return replace(note, object_id=note.object_id if is_named else None, plan=note.plan if has_plan else None)


def _has(entry: records.InputRecord, lens: Lens) -> bool:
    return lens.names.show(entry.object_id) is Show.FULL and lens.edition.sees(entry.marking)


def sweep(value: records.SweepRecord | None, lens: Lens) -> Any:
    """The catalogues' files that the edition sees, with approaches of their objects and of those shown in full."""
    if value is None:
        return None
    if lens.whole:
        return lens.of(value)
    inputs = tuple(entry for entry in value.inputs if lens.edition.sees(entry.marking))
    if not inputs:
        return None
    every, files = len(inputs) == len(value.inputs), {entry.file for entry in inputs}
    objects = tuple(
        each
        for each in value.objects
        if ((every or each.file in files) if each.catalogued else lens.names.show(each.id) is Show.FULL)
    )
    seen = {each.id for each in objects}
    kept = replace(
        value,
        primaries=tuple(name for name in value.primaries if name in seen),
        inputs=tuple(lens.of(entry) for entry in inputs),
        steps=(),
        objects=objects,
        approaches=tuple(row for row in value.approaches if {row.primary, row.secondary} <= seen),
    )
    return kept if every else _of_some_files(kept)


def _of_some_files(value: records.SweepRecord) -> records.SweepRecord:
    """Without what is said of all catalogues together; the error becomes a bound that no single object set."""
    return replace(
        value,
        faults=(),
        fault_count=0,
        catalogued_count=sum(entry.node_count or 0 for entry in value.inputs),
        oldest=None,
        newest=None,
        uncovered=(),
        uncovered_count=0,
        largest_error_km=10.0 ** math.ceil(math.log10(value.largest_error_km)) if value.largest_error_km > 0.0 else 0.0,
    )
