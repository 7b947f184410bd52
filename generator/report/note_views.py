"""Views of what was said and decided about an event or a cycle, and of whom to tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath

from nearpass.record.record import CycleRecord, NoteRecord, ObjectRecord
from nearpass.report import wording
from nearpass.report.catalogue import Catalogue
from nearpass.report.tables import EventRow


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteView:
    """One note; ``event_id`` is where it belongs, if to an event. ``details`` is what a party says beside its text.

    ``pair`` is of whom the event is, where the cycle lists it.
    """

    kind: str
    when: str
    machine: str
    parties: str
    details: str
    marking: str
    event_id: str | None
    pair: str | None
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactView:
    """Who must be told of an object's approaches."""

    of: str
    party: str
    channel: str


def notes_of_cycle(record: CycleRecord) -> tuple[NoteView, ...]:
    """All notes of a cycle, the newest first."""
    pairs = {event.event_id: f"{event.primary} – {event.secondary}" for event in record.events}
    return tuple(replace(view, pair=pairs.get(view.event_id or "")) for view in notes_of(record.notes))


def notes_of_event(record: CycleRecord, event_id: str) -> tuple[NoteView, ...]:
    """All notes on one event, the newest first."""
    return notes_of(note for note in record.notes if note.event_id == event_id)


def contacts(event: EventRow, catalogue: Catalogue) -> tuple[ContactView, ...]:
    """Whom to tell of an event: the contacts of both objects, and of which spacecraft none is given."""
    keys = [key for key in (event.primary, event.secondary) if key is not None]
    found = [catalogue.objects[key] for key in keys if key in catalogue.objects]
    return tuple(view for item in found for view in _contacts_of(item))


def _contacts_of(item: ObjectRecord) -> Iterable[ContactView]:
    if item.contacts or item.kind != "spacecraft":
        return [ContactView(of=item.name, party=contact.party, channel=contact.channel) for contact in item.contacts]
    return [ContactView(of=item.name, party=item.operator or "operator unknown", channel="no contact is given here")]


def _details(note: NoteRecord) -> Iterator[str]:
    """Whom a party asks, what it moves and when, and by which file."""
    if note.to:
        yield f"to {wording.listing(note.to)}"
    if note.object_id is not None:
        yield note.object_id
    if note.burn is not None:
        yield f"burn {wording.moment_to_minute(note.burn)}"
    if note.plan is not None:
        yield f"plan {PurePath(note.plan.file).name}, SHA-256 {note.plan.sha256[:12]}…"


def notes_of(notes: Iterable[NoteRecord]) -> tuple[NoteView, ...]:
    """Views of the notes that can be read, the newest first where they are given in the order of time."""
    readable = [note for note in notes if note.refusal is None and note.time is not None]
    return tuple(
        NoteView(
            kind=(note.kind or "note").capitalize(),
            when=wording.moment_to_minute(note.time),
            machine=wording.machine_time(note.time),
            parties=note.party or wording.listing(note.parties),
            details="; ".join(_details(note)),
            marking=str(note.marking) if note.marking else "unmarked",
            event_id=note.event_id,
            pair=None,
            paragraphs=tuple(part.strip() for part in note.text.split("\n\n") if part.strip()),
        )
        for note in reversed(readable)
        if note.time is not None
    )
