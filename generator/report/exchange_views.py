"""Views of exchanges: the lines of the front page, and the page of each."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from nearpass.astro.epochs import Epoch
from nearpass.record.exchange_record import ExchangeRecord, HandedRecord, ParticipantRecord, ReceivedRecord, standing
from nearpass.record.record import CycleRecord
from nearpass.report import wording
from nearpass.report.catalogue import Links
from nearpass.report.note_views import NoteView, notes_of
from nearpass.report.views import Cell, Fact, Field, Table, tabled
from nearpass.report.wording import exchanging

_WHEN: Final[tuple[Field[HandedRecord | ReceivedRecord], ...]] = (
    Field("First", lambda row: _at(row.first_run), unit="UTC"),
    Field("Last", lambda row: _at(row.last_run), unit="UTC"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeLine:
    """An exchange on the front page: its title and state, how much is missing, or the error of its dossier."""

    title: str
    href: str | None
    state: str
    missing: str
    is_settled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangePage:
    """Everything on the page of an exchange, in its order."""

    title: str
    state: str
    is_open: bool
    missing: tuple[str, ...]
    facts: tuple[Fact, ...]
    agenda: tuple[str, ...]
    participants: Table | None
    certification: tuple[Fact, ...]
    handed: Table | None
    received: Table | None
    decisions: tuple[tuple[str, str, str], ...]
    outcome: str | None
    notes: tuple[NoteView, ...]
    dossier: tuple[Fact, ...]


def lines(record: CycleRecord, links: Links) -> tuple[ExchangeLine, ...]:
    """The exchanges of a cycle, as of its data cut-off: open ones first, closed ones last."""
    order = {"open": 0, "preparing": 1, "unreadable": 2, "closed": 3}
    found = [(standing(each, record.window.start), each) for each in record.exchanges]
    found.sort(key=lambda pair: (order[pair[0].state], pair[1].exchange_id))
    return tuple(_line(each, record.window.start, links) for _, each in found)


def _line(exchange: ExchangeRecord, at: Epoch, links: Links) -> ExchangeLine:
    found = standing(exchange, at)
    lacks = exchanging.lacks(found, exchange, at)
    missing = lacks[0] if lacks else ""
    if len(lacks) > 1:
        missing += f" {wording.count(len(lacks) - 1, 'more thing is', 'more things are')} missing."
    return ExchangeLine(
        title=exchange.title,
        href=f"{links.cycle}exchanges/{exchange.exchange_id}.html" if exchange.refusal is None else None,
        state=exchanging.state(found, exchange),
        missing=exchange.refusal or missing,
        is_settled=not lacks and exchange.refusal is None,
    )


def exchange_page(exchange: ExchangeRecord, record: CycleRecord) -> ExchangePage:
    """All that the page of an exchange says, as of the cycle's data cut-off."""
    at = record.window.start
    found = standing(exchange, at)
    return ExchangePage(
        title=exchange.title,
        state=exchanging.state(found, exchange),
        is_open=found.state == "open",
        missing=exchanging.lacks(found, exchange, at),
        facts=_facts(exchange),
        agenda=exchange.agenda,
        participants=_participants(exchange),
        certification=_certification(exchange),
        handed=_handed(exchange.handed),
        received=_received(exchange.received),
        decisions=tuple(
            (wording.moment_to_minute(one.on), one.by, one.decided)
            for one in sorted(exchange.decisions, key=attrgetter("on"))
        ),
        outcome=exchange.outcome,
        notes=notes_of(exchange.notes),
        dossier=(
            Fact(label="Dossier", value=exchange.dossier),
            Fact(label="SHA-256", value=exchange.sha256, note="hash"),
            Fact(label="Marking", value=str(exchange.marking) if exchange.marking else wording.DASH),
        ),
    )


def _facts(exchange: ExchangeRecord) -> tuple[Fact, ...]:
    dates = (
        ("First release planned", exchange.first_release),
        ("Opened", exchange.opened),
        ("Closed", exchange.closed),
    )
    texts = (
        ("Parties", wording.listing(exchange.parties)), ("Purpose", exchange.purpose), ("Law", exchange.law),
        ("Agreement", exchange.agreement), ("Channel", exchange.channel),
    )  # fmt: skip
    return (
        *(Fact(label=label, value=value) for label, value in texts if value is not None),
        *(
            Fact(label=label, value=wording.date(value), machine=wording.machine_time(value))
            for label, value in dates
            if value is not None
        ),
    )


def _participants(exchange: ExchangeRecord) -> Table | None:
    fields: tuple[Field[ParticipantRecord], ...] = (
        Field("Name", lambda person: person.name),
        Field("Party", lambda person: person.party),
        Field("Role", lambda person: person.role),
    )
    return tabled("Who takes part", exchange.participants, fields) if exchange.participants else None


def _certification(exchange: ExchangeRecord) -> tuple[Fact, ...]:
    """What the dossier gives of it; nothing where none is asked for."""
    found = exchange.certification
    if found is None:
        return ()
    return (
        Fact(label="Filed", value=wording.date(found.filed) if found.filed else "not yet"),
        Fact(label="To", value=found.submitted_to or wording.DASH),
        Fact(label="Reference", value=found.reference or wording.DASH),
        Fact(label="Before the first release", value=f"{wording.plain(found.days_before)} days"),
        Fact(label="Statement", value=found.sha256 or wording.DASH, note="hash" if found.sha256 else None),
    )


def _handed(rows: tuple[HandedRecord, ...]) -> Table | None:
    fields: tuple[Field[HandedRecord], ...] = (
        Field("Edition", lambda row: row.edition),
        Field("For", lambda row: row.audience),
        Field("As", lambda row: row.form),
        Field("Times", lambda row: str(row.count)),
        *_WHEN,
        Field("Newest, SHA-256", lambda row: Cell(text=row.sha256 or wording.DASH, mark="hash")),
    )
    return tabled("Handed over, by the register", rows, fields) if rows else None


def _received(rows: tuple[ReceivedRecord, ...]) -> Table | None:
    fields: tuple[Field[ReceivedRecord], ...] = (
        Field("From", lambda row: row.originator),
        Field("Object", lambda row: row.object_id or wording.DASH),
        Field("Marking", lambda row: str(row.marking)),
        Field("Files", lambda row: str(row.count)),
        *_WHEN,
        Field("Newest", lambda row: (row.file or wording.DASH).rsplit("/", 1)[-1]),
        Field("SHA-256", lambda row: Cell(text=row.sha256 or wording.DASH, mark="hash")),
    )
    return tabled("Received, by the register", rows, fields) if rows else None


def _at(epoch: Epoch) -> Cell:
    return Cell(text=wording.minute(epoch), machine=wording.machine_time(epoch))
