"""Consultations and decisions: one Markdown file each in ``log/``, with YAML front matter.

::

    ---
    event: E7Q2M-4XD8P               # or MRO-TW1-20210321T0412; left out for a note on the whole cycle
    time: 2021-03-17T09:30:00Z
    kind: consultation               # consultation, decision, action, outcome; or what one party says that it does
    parties: [NASA, CNSA]
    originator: NASA
    marking: TLP:AMBER
    release: [CNSA]
    ---
    What was said, in plain paragraphs.

What one party says that it does about an event has that party and what belongs to the kind::

    ---
    event: E7Q2M-4XD8P
    time: 2021-03-17T15:00:00Z
    kind: claim                      # request (with to), acknowledgement, claim, stand-by, decline, plan, flown,
    party: NASA                      # cancelled, closed
    object: MRO                      # of claim, plan and flown: which spacecraft moves
    burn: 2021-03-19T12:00:00Z       # and when
    plan: planned/MRO.oem            # of a plan: the ephemeris or OPM of the manoeuvre
    originator: NASA
    marking: TLP:GREEN
    ---

A note of an originator whose public key is configured counts only with the signature beside it (``NAME.md.sig``).

Instead of its id an event can be named by its objects and the minute near which it is: :func:`on_events` finds it.
A note that cannot be read is kept out of every page and reported: what it says may be under a marking.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from nearpass.archive.signature import holds
from nearpass.astro.epochs import Epoch
from nearpass.config import Config
from nearpass.config.editions import marking_record
from nearpass.config.places import leads_outside
from nearpass.errors import InputError, NearpassError, TimeError
from nearpass.messages.encoding import NAME_RULE, name_in_words
from nearpass.record.coordination import STATEMENTS
from nearpass.record.marking import Tlp
from nearpass.record.parties import NO_TABLE, Parties
from nearpass.record.record import (
    ChangeRecord,
    CycleRecord,
    DormantEvent,
    EventRecord,
    NoteKind,
    NoteRecord,
    PlanRecord,
)

FOLDER: Final = "log"
FOLDERS: Final = (FOLDER, "messages")
"""Where notes lie: our own, and those that came with partners' messages."""
LARGEST_BYTES: Final = 1_000_000
SIGNATURE: Final = ".sig"
"""What the name of a note's signature has behind that of the note."""
WITHIN_S: Final = 1800.0
"""How far from the minute that a note names the TCA of its event may lie."""
_PAIR_AND_MINUTE: Final = re.compile(r"(.+)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(?:-\d+)?")


_MOVING: Final = frozenset({"claim", "plan", "flown"})


class FrontMatter(BaseModel):
    """What stands above a note; no other keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event: str | None = Field(default=None, min_length=1)
    time: datetime
    kind: NoteKind
    party: str | None = Field(default=None, min_length=1)
    to: tuple[str, ...] = ()
    object: str | None = Field(default=None, min_length=1)
    burn: datetime | None = None
    plan: str | None = Field(default=None, min_length=1)
    parties: tuple[str, ...] = ()
    originator: str = Field(min_length=1)
    marking: str = Field(min_length=1)
    release: tuple[str, ...] = ()

    @field_validator("time", "burn")
    @classmethod
    def _in_utc(cls, time: datetime | None) -> datetime | None:
        if time is None:
            return None
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)

    @model_validator(mode="after")
    def _belonging(self) -> FrontMatter:
        """Each kind has the keys that it needs and no others."""
        says = self.kind in STATEMENTS
        given = {name for name in ("party", "to", "object", "burn", "plan") if getattr(self, name)}
        allowed = {"party"} if says else set()
        allowed |= {"to"} if self.kind == "request" else set()
        allowed |= {"object", "burn"} if self.kind in _MOVING else set()
        allowed |= {"plan"} if self.kind == "plan" else set()
        needed = {"party"} if says else {"parties"}
        needed |= {"event"} if says else set()
        needed |= {"to"} if self.kind == "request" else set()
        for name in sorted(given - allowed):
            raise ValueError(f"{name} does not belong to a {self.kind}")
        for name in sorted(name for name in needed if not getattr(self, name)):
            raise ValueError(f"{name} is needed by a {self.kind}")
        if self.kind == "plan" and self.burn is None and self.plan is None:
            raise ValueError("burn or plan is needed by a plan: when it is flown, or the file of the manoeuvre")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the configuration says of markings, parties, keys and folders, by which notes are read.

    ``mapped_words`` are agencies' own words of markings, ``keys`` the parties' public keys and ``ids`` what they are
    called, both by the one name that ``parties`` gives each. ``allowed_outside`` are folders outside the workspace.
    """

    mapped_words: Mapping[str, Tlp] = field(default_factory=dict)
    parties: Parties = NO_TABLE
    ids: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    allowed_outside: tuple[str, ...] = ()

    @classmethod
    def of(cls, config: Config) -> Known:
        """What a configuration says."""
        parties = config.known_parties
        return cls(
            mapped_words=config.mapped_words,
            parties=parties,
            ids={parties.same(table.id): table.id for table in config.parties},
            keys={parties.same(table.id): table.public_key for table in config.parties if table.public_key},
            allowed_outside=config.inputs.allow_outside,
        )

    def called(self, party: str) -> str:
        """What a party is called: by its id, whichever of its names was given."""
        return self.ids.get(self.parties.same(party), party)

    def key_of(self, party: str) -> str | None:
        """The public key of a party, by any of its names."""
        return self.keys.get(self.parties.same(party))


def read_notes(
    directory: Path, cutoff: Epoch, known: Known, folders: Sequence[str] = FOLDERS
) -> tuple[NoteRecord, ...]:
    """The notes up to a data cut-off by time, then those that cannot be read, by name.

    Args:
        directory: The workspace.
        cutoff: Later notes belong to a later cycle.
        known: What they are read by.
        folders: Where they lie in it, or in folders below these.
    """
    paths = (path for folder in folders for path in sorted((directory / folder).rglob("*.md")))
    found = [_read(path, directory, known) for path in paths]
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
    return tuple(
        note if note.event_id is None else replace(note, event_id=named_event(note.event_id, record)) for note in notes
    )


def named_event(name: str, record: CycleRecord) -> str:
    """The id of the event that a note calls so; the name itself where it is an id, or none is meant."""
    if name in ids_of(record):
        return name
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


def shared_name(event_id: str, record: CycleRecord) -> str:
    """What another workspace finds an event by as well, whose id for it is another: both objects and the minute.

    The id itself where the cycle does not know the event.
    """
    events: tuple[EventRecord | ChangeRecord | DormantEvent, ...] = (*record.events, *record.dormant, *record.changes)
    event = next((event for event in events if event.event_id == event_id), None)
    if event is None:
        return event_id
    return f"{event.primary}-{event.secondary}-{re.sub(r'[-:]', '', event.tca.iso(digits=0)[:16])}"


def ids_of(record: CycleRecord) -> frozenset[str]:
    """The ids of all events that a cycle knows."""
    known: tuple[EventRecord | ChangeRecord | DormantEvent, ...] = (*record.events, *record.changes, *record.dormant)
    return frozenset(event.event_id for event in known)


def _mentions(record: CycleRecord) -> Iterator[tuple[str, str, Epoch]]:
    """Each TCA that this or an earlier cycle gave of an event, with its id and its pair."""
    events: tuple[EventRecord | DormantEvent, ...] = (*record.events, *record.dormant)
    for event in events:
        for tca in (event.tca, *(point.tca for point in event.history)):
            yield event.event_id, f"{event.primary}-{event.secondary}", tca
    for change in record.changes:
        yield change.event_id, f"{change.primary}-{change.secondary}", change.tca


def parse_note(text: str, file: str, mapped_words: Mapping[str, Tlp]) -> NoteRecord:
    """Read a note; whether its plan and signature are there is not asked.

    Raises:
        InputError: if it breaks a rule, with file and key.
    """
    parts = text.removeprefix("\ufeff").split("---\n", maxsplit=2)
    if len(parts) < 3 or parts[0].strip():
        raise InputError("a note must begin with front matter between two lines of ---", file=file)
    head = _front_matter(parts[1], file)
    return NoteRecord(
        file=file,
        event_id=head.event,
        time=Epoch.from_datetime(head.time),
        kind=head.kind,
        parties=head.parties or tuple(filter(None, (head.party, *head.to))),
        marking=marking_record(head.marking, head.release, head.originator, mapped_words),
        text=parts[2].strip(),
        refusal=None,
        party=head.party,
        to=head.to,
        object_id=head.object,
        burn=None if head.burn is None else Epoch.from_datetime(head.burn),
        plan=None if head.plan is None else PlanRecord(file=head.plan, sha256=""),
    )


def _front_matter(text: str, file: str) -> FrontMatter:
    try:
        plain: Any = yaml.safe_load(text)
        return FrontMatter.model_validate(plain)
    except (yaml.YAMLError, RecursionError) as error:
        raise InputError(f"the front matter must be YAML: {str(error).splitlines()[0]}", file=file) from None
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"]) or "front matter"
        raise InputError(f"{place}: {fault['msg'].removeprefix('Value error, ')}", file=file) from None


def checked_note(data: bytes, signature: bytes | None, file: str, known: Known) -> NoteRecord:
    """Read a note from its bytes and check the signature of its originator, where its key is known.

    Args:
        data: The file.
        signature: What stands in the file of its signature; None if there is none.
        file: Its name, for errors.
        known: What it is read by.

    Raises:
        InputError: if it breaks a rule, or is not signed by an originator whose key is known.
    """
    if len(data) > LARGEST_BYTES:
        raise InputError(f"a note must be smaller than {LARGEST_BYTES} bytes", file=file)
    note = parse_note(data.decode("utf-8").replace("\r\n", "\n"), file, known.mapped_words)
    if note.party is not None:
        note = replace(note, party=known.called(note.party), to=tuple(map(known.called, note.to)))
    originator = note.marking.originator if note.marking else ""
    key = known.key_of(originator)
    if key is None:
        return note
    if signature is None:
        rule = f"a note of {originator}, whose key is configured, must be signed"
        raise InputError(rule, value=f"{file}{SIGNATURE} is missing", file=file)
    if not holds(key, data, signature):
        raise InputError(f"the signature of a note must be that of its originator, {originator}", file=file)
    return replace(note, signed_by=key)


def _read(path: Path, directory: Path, known: Known) -> NoteRecord:
    plain = path.relative_to(directory).as_posix()
    file = name_in_words(plain)
    try:
        if file != plain:
            raise InputError(NAME_RULE, file=file)
        beside = path.with_name(path.name + SIGNATURE)
        signature = beside.read_bytes() if beside.is_file() else None
        return _with_plan(checked_note(path.read_bytes(), signature, file, known), directory, known)
    except (OSError, UnicodeDecodeError) as error:
        fault: NearpassError = InputError(f"a note must be readable UTF-8 text: {type(error).__name__}", file=file)
    except NearpassError as error:
        fault = error
    return NoteRecord(
        file=file, event_id=None, time=None, kind=None, parties=(), marking=None, text="", refusal=str(fault)
    )


def _with_plan(note: NoteRecord, directory: Path, known: Known) -> NoteRecord:
    """The note with the SHA-256 of its planned manoeuvre.

    Raises:
        InputError: if there is no such file in the workspace.
    """
    if note.plan is None:
        return note
    path = directory / note.plan.file
    if leads_outside(path, directory, known.allowed_outside) or not path.is_file():
        raise InputError("plan must name a file in the workspace", value=note.plan.file, file=note.file)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return replace(note, plan=PlanRecord(file=note.plan.file, sha256=digest))
