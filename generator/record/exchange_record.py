"""The dossier of an exchange: between whom, on what ground, what went either way; and how far it has come.

The record holds what ``exchanges/NAME.toml`` says and what the register tells of it. In which state it is and what it
lacks follows from that and from an instant (:func:`standing`), and is stored nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.fields import EpochText
from nearpass.record.marking import MarkingRecord
from nearpass.record.parties import plain_name
from nearpass.record.release_record import NoteRecord
from nearpass.record.releasing import Open, Release


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantRecord:
    """Who takes part, for which party and as what."""

    name: Open[str]
    party: Open[str]
    role: Open[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificationRecord:
    """What had to be certified beforehand: that ``days_before`` lie between ``filed`` and the first release.

    Nothing here says that a certification exists: ``reference`` and ``filed`` are what the dossier gives.
    ``sha256`` is that of the ``statement`` of what was to be shared, whose file is named where it is kept beside.
    """

    days_before: Open[float]
    filed: Open[EpochText | None]
    reference: Open[str | None]
    submitted_to: Open[str | None]
    statement: Open[str | None]
    sha256: Open[str | None]

    @property
    def is_filed(self) -> bool:
        """Whether date, reference and the hash of the statement are all given."""
        return self.filed is not None and self.reference is not None and self.sha256 is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """What was decided, when and by whom."""

    on: Open[EpochText]
    by: Open[str]
    decided: Open[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedRecord:
    """What was handed over of one edition, as site or as packages: how often, in runs from when to when.

    ``parties`` read that edition. ``sha256`` is that of the newest: a package, or the manifest of a site.
    """

    edition: Open[str]
    audience: Open[str]
    parties: Open[tuple[str, ...]]
    form: Open[Literal["site", "package"]]
    count: Open[int]
    first_run: Open[EpochText]
    last_run: Open[EpochText]
    sha256: Open[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedRecord:
    """What came from a party for one object under one marking: how many files, from when to when, by the register."""

    originator: Open[str]
    object_id: Open[str | None]
    marking: Open[MarkingRecord]
    count: Open[int]
    first_run: Open[EpochText]
    last_run: Open[EpochText]
    file: Open[str | None]
    sha256: Open[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRecord:
    """One exchange, from ``exchanges/NAME.toml`` (the ``dossier``), its notes and the register.

    It is told to its parties and to those whom its marking names, and to nobody else. ``refusal`` is the error of a
    dossier that could not be read; it has nothing else. The register is counted up to file ``register_number``.
    """

    exchange_id: Open[str]
    dossier: Open[str]
    sha256: Open[str]
    title: Open[str]
    purpose: Open[str | None]
    parties: Open[tuple[str, ...]]
    law: Open[str | None]
    agreement: Open[str | None]
    agenda: Open[tuple[str, ...]]
    participants: Open[tuple[ParticipantRecord, ...]]
    channel: Open[str | None]
    certification: Open[CertificationRecord | None]
    first_release: Open[EpochText | None]
    opened: Open[EpochText | None]
    closed: Open[EpochText | None]
    decisions: Open[tuple[DecisionRecord, ...]]
    outcome: Open[str | None]
    marking: Open[MarkingRecord | None]
    handed: Annotated[tuple[HandedRecord, ...], Release.HANDED] = ()
    received: Annotated[tuple[ReceivedRecord, ...], Release.RECEIVED] = ()
    notes: Annotated[tuple[NoteRecord, ...], Release.EXCHANGE_NOTES] = ()
    register_number: Annotated[int | None, Release.WHOLE] = None
    refusal: Open[str | None] = None


State = Literal["preparing", "open", "closed", "unreadable"]
Lack = Literal[
    "ground", "certification", "certification overdue", "waiting", "early release", "agenda", "participants",
    "channel", "opening", "outcome",
]  # fmt: skip
BLOCKING: frozenset[Lack] = frozenset({"ground", "certification", "certification overdue", "waiting"})
"""Without these an exchange is not open, whatever its dossier says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What a dossier lacks; ``parties`` are those without a participant, ``at`` when it is or was due.

    Of a certification ``at`` is its last day before the first release, of one that is waiting the first day of
    releases, of a release that came early the day of that.
    """

    what: Lack
    parties: tuple[str, ...] = ()
    at: Epoch | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """In which state an exchange is at an instant, and what it lacks."""

    state: State
    missing: tuple[Missing, ...]


def standing(exchange: ExchangeRecord, at: Epoch) -> Standing:
    """In which state an exchange is, and what its dossier lacks.

    It is open from ``opened`` to ``closed``, once it has a ground and, where one is asked for, a certification that
    was filed long enough ago.
    """
    if exchange.refusal is not None:
        return Standing(state="unreadable", missing=())
    closed = exchange.closed is not None and exchange.closed <= at
    missing = tuple(_missing(exchange, at, closed=closed))
    begun = exchange.opened is not None and exchange.opened <= at
    ready = begun and not BLOCKING.intersection(each.what for each in missing)
    return Standing(state="closed" if closed else "open" if ready else "preparing", missing=missing)


def _missing(exchange: ExchangeRecord, at: Epoch, *, closed: bool) -> Iterator[Missing]:
    if exchange.law is None and exchange.agreement is None:
        yield Missing(what="ground")
    if exchange.certification is not None:
        yield from _certification(exchange, exchange.certification, at)
    if not exchange.agenda:
        yield Missing(what="agenda")
    present = {plain_name(person.party) for person in exchange.participants}
    absent = tuple(party for party in exchange.parties if plain_name(party) not in present)
    if absent:
        yield Missing(what="participants", parties=absent)
    if exchange.channel is None:
        yield Missing(what="channel")
    if exchange.opened is None:
        yield Missing(what="opening")
    if closed and exchange.outcome is None:
        yield Missing(what="outcome")


def _certification(exchange: ExchangeRecord, found: CertificationRecord, at: Epoch) -> Iterator[Missing]:
    before_s = found.days_before * DAY_S
    handed = min((each.first_run for each in exchange.handed), default=None)
    first = handed or exchange.first_release or exchange.opened
    if not found.is_filed:
        due = None if first is None else first + -before_s
        late = due is not None and due < at
        yield Missing(what="certification overdue" if late else "certification", at=due)
        return
    allowed = (found.filed or at) + before_s
    if allowed > at:
        yield Missing(what="waiting", at=allowed)
    if handed is not None and handed < allowed:
        yield Missing(what="early release", at=handed)
