"""The parts of a record that tell who is to be told, what was agreed, and which edition a reduced record is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nearpass.astro.fields import EpochText
from nearpass.record.marking import MarkingRecord, Tlp
from nearpass.record.releasing import Open

NoteKind = Literal["consultation", "decision", "action", "outcome"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRecord:
    """Who must be told of an object's approaches, and by what channel."""

    party: Open[str]
    channel: Open[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRecord:
    """A consultation, decision, action or outcome, from one file of ``log/``.

    ``event_id`` is None for a note on the whole cycle. ``refusal`` is the error of a note that could not be read; such
    a note has no text.
    """

    file: Open[str]
    event_id: Open[str | None]
    time: Open[EpochText | None]
    kind: Open[NoteKind | None]
    parties: Open[tuple[str, ...]]
    marking: Open[MarkingRecord | None]
    text: Open[str]
    refusal: Open[str | None]


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
