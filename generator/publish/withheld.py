"""What an edition may not hold of a cycle, for the search: facts of the full record, each by whom it belongs to.

The record is walked without its release rules: a value belongs to the objects that the records around it name, and
may be had as far as :class:`~nearpass.publish.readers.Readers` may have these. What may be had in part, as the name of
an approach that may be told in cells, is neither searched for nor taken as open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import StrEnum
from itertools import chain
from typing import Any, Final

from nearpass import reasons
from nearpass.astro.epochs import Epoch
from nearpass.publish.readers import IN_PART, Readers
from nearpass.record.coordination import Coordination, said_by
from nearpass.record.desk_record import DueRecord
from nearpass.record.doubt_record import ShiftRecord
from nearpass.record.event_record import UncertaintyRecord
from nearpass.record.exchange_record import ExchangeRecord, HandedRecord, ReceivedRecord
from nearpass.record.history import OF_A_MINUTE
from nearpass.record.marking import Show
from nearpass.record.message_record import MessageRecord, TheirApproach
from nearpass.record.record import (
    BodyRecord,
    ChangeRecord,
    CycleRecord,
    DormantEvent,
    EventRecord,
    FunnelStep,
    HistoryPoint,
    InputRecord,
    MethodRecord,
    NoteRecord,
    ObjectRecord,
    SolutionRecord,
    SweepRecord,
)
from nearpass.record.sweep_record import SweepObject, SweepStep

WHO: Final = frozenset({"id", "name", "operator", "naif_id", "kind", "phase", "marking", "catalogue_number"})
"""What may be told of an object in metrics itself."""
OWNERS: Final = ("object_id", "primary", "secondary", "other")
OF_COVARIANCES: Final = (
    "sigma", "covariance_", "probability", "together", "held", "declared", "prediction", "learned",
    "reference", "trusted", "shift", "mahalanobis", "target_pc", "pc_rows", "no_pc_reason", "comments", "mass_kg",
    "manoeuvres",
)  # fmt: skip
"""Parts of names of fields that follow from covariances or go with them, beside ``pc`` itself."""
OF_CYCLES: Final = frozenset({"previous_cycle_id", "supersedes", "cycle_id", "since", "missed", "here"})
"""Fields that name a cycle: one that was left out of an edition tells when a delivery came."""
OF_DELIVERY: Final = frozenset({"sha256", "created"})
"""Fields that say which delivery something is compared with."""
MARKS: Final = frozenset({"covariance_marking", "covariance_count", "mahalanobis_squared"})
OWN_WORDS: Final = frozenset({FunnelStep, SweepStep, MethodRecord, BodyRecord})
"""Records whose names are those of the program or of a planet."""
_OF_ALL: Final = frozenset({"funnel", "configuration", "configuration_sha256", "unclaimed"})
"""What counts or names every object."""
LONG_SERIES: Final = 16
_REASONS: Final = reasons.__name__


class For(StrEnum):
    """Whether the readers may have a fact: as it is, in another form or not any more, or not."""

    OPEN = "open"
    IN_PART = "in part"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A plain value of the record, the field that holds it, where it stands, and for whom it is.

    A series of numbers is one fact. ``pair`` are the two objects of an approach that the readers know by name, but have
    in part.
    """

    field: str
    place: str
    value: object
    held: For
    pair: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _At:
    """Where a walk stands: for whom what is here is, whose it is, and whether its covariances are withheld.

    ``blinded`` says that what is here is withheld for these alone.
    """

    place: str
    held: For = For.OPEN
    blind: bool = False
    blinded: bool = False
    pair: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How pages put into words what a record holds as codes: a reason, and who acts on an approach."""

    said: Callable[[object], str]
    acts: Callable[[Coordination], Sequence[str]]


ACTS: Final = "who_acts"
"""The field of a clause on who acts: it stands in no record, but follows from the notes."""


def facts(full: CycleRecord, readers: Readers, words: Words, told_before: frozenset[str]) -> Iterator[Fact]:
    """Every plain value of a record, with whether the readers may have it.

    Args:
        full: The archived record.
        readers: For whom.
        words: How pages put codes into words.
        told_before: Ids of events and objects that this cycle no longer has, and that the edition had.
    """
    walk = _Walk(full, readers, words, told_before)
    for entry in fields(full):
        yield from walk.field(entry.name, getattr(full, entry.name), full, _At(place="record"))
    yield from walk.acting(full)


class _Walk:
    def __init__(self, full: CycleRecord, readers: Readers, words: Words, told_before: frozenset[str]) -> None:
        self.readers = readers
        self.words = words
        self.told_before = told_before
        self.shows = dict(readers.shows)
        if full.sweep is not None:
            self.shows |= self._catalogued(full.sweep)
        self.hides = any(show is not Show.FULL for show in self.shows.values())
        passages: tuple[EventRecord | ChangeRecord | DormantEvent, ...] = (*full.dormant, *full.changes, *full.events)
        self.events = {item.event_id: self._told((item.primary, item.secondary)) for item in passages}

    def field(self, name: str, value: object, holder: object, at: _At) -> Iterator[Fact]:
        """The facts that one field of a record holds, each with who may not have it."""
        if value is None or (name == "rules" and self.hides):
            return  # rules may be named after an object, and are told as if that had never been configured
        at = replace(at, place=f"{at.place}.{name}")
        held = at.held
        if isinstance(value, str) and value in self.told_before:
            held = For.IN_PART
        elif name in _OF_ALL:
            held = For.WITHHELD if self.hides else For.IN_PART
        elif name in OF_CYCLES and isinstance(
            value, str
        ):  # that a cycle was made is no secret where the edition has it
            held = For.IN_PART if self.readers.has_cycle(str(value)) else For.WITHHELD
        elif isinstance(holder, ObjectRecord):
            held = self._of_object(name, holder)
        elif name in OF_DELIVERY and at.blinded:  # which delivery was there before, its own cycle and the register tell
            held = For.IN_PART
        elif isinstance(holder, SweepRecord) and name in {"inputs", "objects", "approaches"}:
            held = For.OPEN  # each by its own file
        elif name in {"event_id", "event_ids"}:
            held = self._event_name(value, at.held)
        if at.blind and held is For.OPEN and _of_covariances(name):
            held, at = For.WITHHELD, replace(at, blinded=True)
        yield from self.value(value, name, replace(at, held=held))

    def value(self, value: object, name: str, at: _At) -> Iterator[Fact]:
        """The facts in a value: of a record those of its fields, of a tuple those of its entries."""
        if is_dataclass(value) and not isinstance(value, Epoch | type):
            yield from self._record(value, name, at)
        elif isinstance(value, tuple):
            flat = _flat(value)
            if flat is not None and len(flat) > LONG_SERIES:
                yield Fact(field=name, place=at.place, value=tuple(flat), held=at.held)
                return
            for index, entry in enumerate(value):
                yield from self.value(entry, name, replace(at, place=f"{at.place}[{index}]"))
        elif value is not None:
            yield Fact(field=name, place=at.place, value=value, held=at.held, pair=at.pair)

    def _record(self, item: Any, name: str, at: _At) -> Iterator[Fact]:
        kind = type(item)
        if kind.__module__.startswith(_REASONS):
            yield Fact(field=name, place=at.place, value=self.words.said(item), held=at.held, pair=at.pair)
        at = self._at(item, at)
        for entry in fields(item):
            field = entry.name
            if field == "name":
                field = "words" if kind in OWN_WORDS else "solution_name" if kind is SolutionRecord else field
            yield from self.field(field, getattr(item, entry.name), item, at)

    def _at(self, item: Any, at: _At) -> _At:
        """Where a walk stands within a record: it belongs to whom it names, and is as restricted as its marking."""
        names = [name for key in OWNERS if isinstance(name := getattr(item, key, None), str)]
        names += getattr(item, "object_ids", ())
        own = self._by_itself(item)
        if isinstance(item, ReceivedRecord) and own is For.OPEN and at.held is For.WITHHELD:
            return replace(at, held=For.IN_PART)  # the register tells of the delivery; of the exchange nothing does
        if isinstance(item, HandedRecord) and item.edition == self.readers.edition.id and at.held is For.WITHHELD:
            return replace(at, held=For.IN_PART)  # nor is the hash of their own edition, which its register gives
        if own is not None:
            worse = not isinstance(item, SweepRecord | NoteRecord)
            return replace(at, held=max(at.held, own, key=list(For).index) if worse else own)
        if isinstance(item, UncertaintyRecord):
            mine = item.object_id in self.readers.matrices
            return replace(at, held=at.held if mine and self._held(names) is For.OPEN else For.WITHHELD, blind=not mine)
        held = self._held(names) if names else at.held
        if getattr(item, "event_id", None) in self.told_before and not set(names) <= self.shows.keys():
            held = For.IN_PART
        used: Sequence[InputRecord | DueRecord | MessageRecord] = ()
        if isinstance(item, InputRecord | DueRecord | MessageRecord):
            used = (item,)
            held = For.WITHHELD if isinstance(item, MessageRecord) and item.refusal is not None else held
        elif isinstance(item, SolutionRecord):
            used = [entry for entry in item.inputs if entry.refusal is None] or item.inputs
        elif isinstance(item, ObjectRecord):
            names = [item.id]
        elif isinstance(item, SweepObject):
            names, held = [item.id], self._held([item.id])
        if not all(self.readers.may(entry.marking) for entry in used):
            held = For.WITHHELD
        held = max(held, at.held, key=list(For).index) if not isinstance(item, InputRecord) else held
        # a delivery's own words go with its own covariances, not with those that are declared for its object; what a
        # partner computed, as its message says
        of_object = () if isinstance(item, InputRecord | MessageRecord | TheirApproach) else names
        blind = at.blind or any(name not in self.readers.matrices for name in of_object if name in self.readers.shows)
        blind = blind or not all(self.readers.may_have_matrices(one) for one in used if isinstance(one, InputRecord))
        pair = at.pair
        if hasattr(item, "primary") and len(set(names)) == 2 and self.readers.show(names) is Show.METRICS:
            pair = (item.primary, item.secondary)
        return replace(at, held=held, blind=blind, pair=pair)

    def _by_itself(self, item: Any) -> For | None:
        """For whom a record is that has a rule of its own; None for one that follows from its objects."""
        if isinstance(item, SweepRecord):
            return For.OPEN if all(self.readers.may(entry.marking) for entry in item.inputs) else For.IN_PART
        if isinstance(item, HistoryPoint) and not self.readers.has_cycle(item.cycle_id):
            return For.WITHHELD
        if isinstance(item, ShiftRecord) and item.verdict == "planned" and self.hides:
            return For.WITHHELD  # that a burn of the log explains it is as restricted as the log
        if isinstance(item, ExchangeRecord | HandedRecord | ReceivedRecord):
            return self._of_exchange(item)
        return self._of_note(item) if isinstance(item, NoteRecord) else None

    def _held(self, names: Iterable[str]) -> For:
        """What follows from objects: open where all are in full, else withheld, also where it may be told in cells."""
        return For.OPEN if all(self.shows.get(name) is Show.FULL for name in names) else For.WITHHELD

    def _of_object(self, name: str, item: ObjectRecord) -> For:
        show = self.shows[item.id]
        if show is Show.METRICS:
            return For.OPEN if name in WHO else For.WITHHELD
        if name == "contacts" and not self.readers.edition.parties:
            return For.WITHHELD
        return For.OPEN if show is Show.FULL else For.WITHHELD

    def _told(self, names: Iterable[str]) -> For:
        """Whether an approach of these may be told: as it is, in cells, or not."""
        show = self.readers.show(names)
        return self._held(names) if show not in IN_PART else For.IN_PART

    def _event_name(self, value: object, held: For) -> For:
        """The name of an approach that may be told in cells is told with it, unless it says both objects and when."""
        names = value if isinstance(value, tuple) else (value,)
        in_cells = all(self.events.get(name) is For.IN_PART and not OF_A_MINUTE.search(name) for name in names)
        return For.IN_PART if held is For.WITHHELD and in_cells else held

    def _of_note(self, note: NoteRecord) -> For:
        if note.refusal is not None or not self.readers.may(note.marking):
            return For.WITHHELD
        return For.OPEN if note.event_id is None else self.events.get(note.event_id, For.IN_PART)

    def _of_exchange(self, item: ExchangeRecord | HandedRecord | ReceivedRecord) -> For:
        """An exchange is told to its parties, of it what they were handed, and what came that they may have."""
        readers = self.readers
        if isinstance(item, ReceivedRecord):
            return self._held([item.object_id] if item.object_id else []) if readers.may(item.marking) else For.WITHHELD
        if isinstance(item, HandedRecord):
            return For.OPEN if readers.are_all_of(item.parties) else For.WITHHELD
        named = (*item.parties, *(item.marking.release if item.marking else ()))
        told = item.refusal is None and readers.edition.parties and readers.are_all_of(named)
        return For.OPEN if told else For.WITHHELD

    def _catalogued(self, sweep: SweepRecord) -> dict[str, Show]:
        seen = {entry.file: self.readers.may(entry.marking) for entry in sweep.inputs}
        every = all(seen.values())
        return {
            item.id: Show.FULL if (every if item.file is None else seen.get(item.file, False)) else Show.HIDDEN
            for item in sweep.objects
            if item.catalogued
        }

    def acting(self, full: CycleRecord) -> Iterator[Fact]:
        """Who acts on each approach, from all notes and from those that the readers may have."""
        seen = [note for note in full.notes if note.refusal is None and self.readers.may(note.marking)]
        for name in sorted({note.event_id for note in full.notes if note.event_id is not None}):
            for notes, held in ((full.notes, For.WITHHELD), (seen, For.OPEN)):
                for clause in self.words.acts(said_by(notes, name)):
                    yield Fact(field=ACTS, place="record.notes: who acts", value=clause, held=held)


def _of_covariances(name: str) -> bool:
    return name not in MARKS and (name == "pc" or any(part in name for part in OF_COVARIANCES))


def _flat(values: tuple[Any, ...]) -> list[float | None] | None:
    """The numbers of a tuple of numbers or of rows of numbers; None for any other."""
    if all(isinstance(value, float) or value is None for value in values):
        return list(values)
    if all(isinstance(value, tuple) or value is None for value in values):
        rows = [_flat(value) for value in values if value is not None]
        if all(row is not None for row in rows):
            return list(chain.from_iterable(row for row in rows if row is not None))
    return None
