"""Consultations and decisions: one Markdown file each in ``log/``, with YAML front matter.

::

    ---
    event: E7Q2M-4XD8P               # or MRO-TW1-20210321T0412; left out for a note on the whole cycle
    time: 2021-03-17T09:30:00Z
    kind: consultation               # consultation, decision, action, outcome
    parties: [NASA, CNSA]
    originator: NASA
    marking: TLP:AMBER
    release: [CNSA]
    ---
    What was said, in plain paragraphs.

Instead of its id an event can be named by its objects and the minute near which it is: :func:`on_events` finds it.
A note that cannot be read is kept out of every page and reported: what it says may be under a marking.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from nearpass.astro.epochs import Epoch
from nearpass.config.editions import marking_record
from nearpass.errors import InputError, TimeError
from nearpass.record.marking import Tlp
from nearpass.record.record import ChangeRecord, CycleRecord, DormantEvent, EventRecord, NoteKind, NoteRecord

FOLDER: Final = "log"
LARGEST_BYTES: Final = 1_000_000
WITHIN_S: Final = 1800.0
"""How far from the minute that a note names the TCA of its event may lie."""
_PAIR_AND_MINUTE: Final = re.compile(r"(.+)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(?:-\d+)?")


class FrontMatter(BaseModel):
    """What stands above a note; no other keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event: str | None = Field(default=None, min_length=1)
    time: datetime
    kind: NoteKind
    parties: tuple[str, ...] = Field(min_length=1)
    originator: str = Field(min_length=1)
    marking: str = Field(min_length=1)
    release: tuple[str, ...] = ()

    @field_validator("time")
    @classmethod
    def _in_utc(cls, time: datetime) -> datetime:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def read_notes(directory: Path, cutoff: Epoch, mapped_words: Mapping[str, Tlp]) -> tuple[NoteRecord, ...]:
    """The notes up to a data cut-off by time, then those that cannot be read, by name.

    Args:
        directory: The workspace.
        cutoff: Later notes belong to a later cycle.
        mapped_words: Agencies' own words of markings.
    """
    found = [_read(path, directory, mapped_words) for path in sorted((directory / FOLDER).glob("*.md"))]
    read = [note for note in found if note.time is not None and note.time <= cutoff]
    read.sort(key=lambda note: (note.time or cutoff, note.file))
    return (*read, *(note for note in found if note.refusal is not None))


def on_events(notes: tuple[NoteRecord, ...], record: CycleRecord) -> tuple[NoteRecord, ...]:
    """The notes, each with the id of the event that it names by its objects and a minute.

    The event is the nearest in time of the pair, by what any cycle gave as its TCA; a name that is an id already, or
    that fits no event within :data:`WITHIN_S`, stays as it is.

    Args:
        notes: What was read.
        record: The cycle, for its events.
    """
    known: tuple[EventRecord | ChangeRecord | DormantEvent, ...] = (*record.events, *record.changes, *record.dormant)
    ids = {event.event_id for event in known}
    return tuple(
        note if note.event_id is None or note.event_id in ids else replace(note, event_id=_named(note.event_id, record))
        for note in notes
    )


def _named(name: str, record: CycleRecord) -> str:
    found = _PAIR_AND_MINUTE.fullmatch(name)
    if found is None:
        return name
    pair, year, month, day, hour, minute = found.groups()
    try:
        at = Epoch.parse(f"{year}-{month}-{day}T{hour}:{minute}:00")
    except TimeError:
        return name
    near = [(abs(tca - at), event_id) for event_id, which, tca in _mentions(record) if which == pair]
    apart_s, event_id = min(near, default=(WITHIN_S, name))
    return event_id if apart_s < WITHIN_S else name


def _mentions(record: CycleRecord) -> Iterator[tuple[str, str, Epoch]]:
    """Each TCA that this or an earlier cycle gave of an event, with its id and its pair."""
    events: tuple[EventRecord | DormantEvent, ...] = (*record.events, *record.dormant)
    for event in events:
        for tca in (event.tca, *(point.tca for point in event.history)):
            yield event.event_id, f"{event.primary}-{event.secondary}", tca
    for change in record.changes:
        yield change.event_id, f"{change.primary}-{change.secondary}", change.tca


def parse_note(text: str, file: str, mapped_words: Mapping[str, Tlp]) -> NoteRecord:
    """Read a note.

    Raises:
        InputError: if it breaks a rule, with file and key.
    """
    parts = text.removeprefix("\ufeff").split("---\n", maxsplit=2)
    if len(parts) < 3 or parts[0].strip():
        raise InputError("a note must begin with front matter between two lines of ---", file=file)
    try:
        plain: Any = yaml.safe_load(parts[1])
        head = FrontMatter.model_validate(plain)
    except (yaml.YAMLError, RecursionError) as error:
        raise InputError(f"the front matter must be YAML: {str(error).splitlines()[0]}", file=file) from None
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"]) or "front matter"
        raise InputError(f"{place}: {fault['msg'].removeprefix('Value error, ')}", file=file) from None
    return NoteRecord(
        file=file,
        event_id=head.event,
        time=Epoch.from_datetime(head.time),
        kind=head.kind,
        parties=head.parties,
        marking=marking_record(head.marking, head.release, head.originator, mapped_words),
        text=parts[2].strip(),
        refusal=None,
    )


def _read(path: Path, directory: Path, mapped_words: Mapping[str, Tlp]) -> NoteRecord:
    file = path.relative_to(directory).as_posix()
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(f"a note must be smaller than {LARGEST_BYTES} bytes", file=file)
        return parse_note(path.read_bytes().decode("utf-8").replace("\r\n", "\n"), file, mapped_words)
    except (OSError, UnicodeDecodeError) as error:
        fault = InputError(f"a note must be readable UTF-8 text: {type(error).__name__}", file=file)
    except InputError as error:
        fault = error
    return NoteRecord(
        file=file, event_id=None, time=None, kind=None, parties=(), marking=None, text="", refusal=str(fault)
    )
