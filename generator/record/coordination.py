"""Who acts on an event, from what the parties said: who will move and when, who stands by, what does not fit.

It follows from the notes of a record alone and is stored nowhere: an edition, which holds the notes that all of its
readers may see, comes to the state that these give and to no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.fields import EpochText
from nearpass.encounter.alert import Level
from nearpass.record.parties import plain_name
from nearpass.record.record import CycleRecord, EventRecord, NoteRecord, ToldEvent

UNCLAIMED_WITHIN_S: Final = DAY_S
"""So long before the deadline somebody must have said that it moves."""
STATEMENTS: Final = frozenset({
    "request", "acknowledgement", "claim", "stand-by", "decline", "plan", "flown", "cancelled", "closed",
})  # fmt: skip
"""Kinds of notes by which a party says what it does."""
Flag = Literal["two claims", "unclaimed", "late burn"]
Answer = Literal["stand-by", "decline", "acknowledgement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """A party that said it moves: with what, when, and whether it has flown; None is what it did not say."""

    party: str
    object_id: str | None
    burn: EpochText | None
    flown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordination:
    """Who does what about one event, as far as the notes of a record tell.

    ``movers`` and ``answers`` (parties that stand by, decline, or have only seen a request) are in the order of what
    was said last; ``asked`` are parties that were asked and have not answered. ``closed_by`` is who said that nothing
    is left to do. ``since`` is when the newest of it was said, None where nothing was.
    """

    event_id: str
    movers: tuple[Mover, ...] = ()
    answers: tuple[tuple[str, Answer], ...] = ()
    asked: tuple[str, ...] = ()
    closed_by: str | None = None
    since: EpochText | None = None
    flags: tuple[Flag, ...] = ()

    @property
    def is_silent(self) -> bool:
        """Whether nobody said anything and nothing is missing."""
        return self.since is None and not self.flags


def coordination(record: CycleRecord, event: EventRecord | ToldEvent, at: Epoch | None = None) -> Coordination:
    """Who acts on an event.

    Args:
        record: The cycle, in full or as an edition holds it.
        event: One of its approaches.
        at: As of when; the data cut-off by default.
    """
    found = said_by(record.notes, event.event_id)
    return replace(found, flags=tuple(_flags(found, event, at or record.window.start)))


def is_closed(record: CycleRecord, event: EventRecord | ToldEvent) -> bool:
    """Whether a party said that nothing more is to be done about an event, and nobody said anything after."""
    return said_by(record.notes, event.event_id).closed_by is not None


def said_by(notes: Iterable[NoteRecord], event_id: str, until: Epoch | None = None) -> Coordination:
    """What the parties said of an event, each in the order of time: the last word of a party holds.

    Args:
        notes: Of a record.
        event_id: Of the event.
        until: Only what was said up to then.
    """
    state = Coordination(event_id=event_id)
    for note in sorted(
        (note for note in notes if note.event_id == event_id and note.kind in STATEMENTS and note.time is not None),
        key=lambda note: (note.time or Epoch(0), note.file),
    ):
        if until is None or (note.time is not None and note.time <= until):
            state = _after(state, note)
    return state


def _after(state: Coordination, note: NoteRecord) -> Coordination:
    """The state after one more note."""
    party = note.party or note.parties[0]
    now = replace(state, since=note.time, closed_by=None)
    if note.kind == "closed":
        return replace(now, asked=(), closed_by=party)
    if note.kind == "request":
        answered = {plain_name(party), *map(plain_name, now.asked)}
        return replace(now, asked=(*now.asked, *(name for name in note.to if plain_name(name) not in answered)))
    now = replace(now, asked=_without(now.asked, party))
    if note.kind == "acknowledgement":
        known = {plain_name(name) for name, _ in now.answers} | {plain_name(mover.party) for mover in now.movers}
        seen: tuple[tuple[str, Answer], ...] = () if plain_name(party) in known else ((party, "acknowledgement"),)
        return replace(now, answers=(*now.answers, *seen))
    before = next((mover for mover in now.movers if plain_name(mover.party) == plain_name(party)), None)
    now = replace(
        now,
        movers=tuple(mover for mover in now.movers if mover is not before),
        answers=tuple(entry for entry in now.answers if plain_name(entry[0]) != plain_name(party)),
    )
    if note.kind in {"stand-by", "decline"}:
        return replace(now, answers=(*now.answers, (party, note.kind)))
    if note.kind == "cancelled":
        return now
    mover = Mover(
        party=party,
        object_id=note.object_id or (before.object_id if before else None),
        burn=note.burn or (before.burn if before else None),
        flown=note.kind == "flown",
    )
    return replace(now, movers=(*now.movers, mover))


def _without(names: Sequence[str], party: str) -> tuple[str, ...]:
    return tuple(name for name in names if plain_name(name) != plain_name(party))


def _flags(found: Coordination, event: EventRecord | ToldEvent, at: Epoch) -> Iterable[Flag]:
    tca = event.tca.stop if isinstance(event, ToldEvent) else event.tca
    if len(found.movers) > 1 and not all(mover.flown for mover in found.movers):
        yield "two claims"
    needed = event.level is Level.RED or found.since is not None
    near = event.deadline is not None and at >= event.deadline + -UNCLAIMED_WITHIN_S
    if needed and near and at <= tca and not found.movers and found.closed_by is None:
        yield "unclaimed"
    if any(mover.burn is not None and mover.burn >= tca for mover in found.movers):
        yield "late burn"


def changed_since(record: CycleRecord, event_id: str, before: Epoch) -> bool:
    """Whether something was said of an event after an earlier data cut-off, in the notes that a record holds."""
    return said_by(record.notes, event_id) != said_by(record.notes, event_id, until=before)
