"""The parts of a record that tell who is to be told, what was agreed, and which edition a reduced record is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nearpass.astro.fields import EpochText
from nearpass.record.marking import MarkingRecord, Tlp
from nearpass.record.releasing import Open

NoteKind = Literal[
    "consultation", "decision", "action", "outcome",
    "request", "acknowledgement", "claim", "stand-by", "decline", "plan", "flown", "cancelled", "closed",
]  # fmt: skip
"""What a note is: what was talked about, or (from "request" on) what one party says that it does about an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRecord:
    """Who must be told of an object's approaches, and by what channel."""

    party: Open[str]
    channel: Open[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecord:
    """The file of a planned manoeuvre (an ephemeris or an OPM) that a note names, and its SHA-256."""

    file: Open[str]
    sha256: Open[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRecord:
    """What was said about an event or a cycle, from one file of ``log/``.

    ``event_id`` is None for a note on the whole cycle. ``refusal`` is the error of a note that could not be read; such
    a note has no text. What one party says that it does has that ``party``; a request has whom it asks in ``to``.
    ``object_id`` is the spacecraft that is to move and ``burn`` when, ``plan`` the file of the manoeuvre.
    ``signed_by`` is the public key of the originator, whose signature over the file holds; None where it has none.
    """

    file: Open[str]
    event_id: Open[str | None]
    time: Open[EpochText | None]
    kind: Open[NoteKind | None]
    parties: Open[tuple[str, ...]]
    marking: Open[MarkingRecord | None]
    text: Open[str]
    refusal: Open[str | None]
    party: Open[str | None] = None
    to: Open[tuple[str, ...]] = ()
    object_id: Open[str | None] = None
    burn: Open[EpochText | None] = None
    plan: Open[PlanRecord | None] = None
    signed_by: Open[str | None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionRecord:
    """That at least ``among`` orbits of an object, ``promised_km`` apart, would have given this edition and the others.

    ``object_id`` is None for an object without a name. ``cycles`` is how many cycles were included, this one the last.
    """

    object_id: Open[str | None]
    promised_km: Open[float]
    among: Open[int]
    cycles: Open[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionRecord:
    """Which edition a reduced record is: for whom, under which marking, and what may be said of what it withholds.

    ``register_page`` says whether it has the page of the register. ``protection`` is what is promised, and was proven
    before it was published, of the objects that it shows in part.
    """

    id: Open[str]
    audience: Open[str]
    marking: Open[Tlp]
    statement: Open[tuple[str, ...]]
    register_page: Open[bool]
    protection: Open[tuple[ProtectionRecord, ...]] = ()
