"""Views of exchanges: the lines of the front page, and the page of each."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from nearpass.astro.epochs import Epoch
from nearpass.record.exchange_record import ExchangeRecord, HandedRecord, ReceivedRecord, standing
from nearpass.record.record import CycleRecord
from nearpass.report import wording
from nearpass.report.catalogue import Links
from nearpass.report.note_views import NoteView, notes_of
from nearpass.report.views import Cell, Fact, Head, Table, TableRow
from nearpass.report.wording import exchanging

_WHEN: Final = (Head(title="First", unit="UTC"), Head(title="Last", unit="UTC"))


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
    if not exchange.participants:
        return None
    return Table(
        caption="Who takes part",
        heads=(Head(title="Name"), Head(title="Party"), Head(title="Role")),
        rows=tuple(
            TableRow(cells=(Cell(text=person.name), Cell(text=person.party), Cell(text=person.role)))
            for person in exchange.participants
        ),
    )


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
    if not rows:
        return None
    heads = ("Edition", "For", "As", "Times")
    return Table(
        caption="Handed over, by the register",
        heads=(*(Head(title=name) for name in heads), *_WHEN, Head(title="Newest, SHA-256")),
        rows=tuple(
            TableRow(cells=(
                Cell(text=row.edition), Cell(text=row.audience), Cell(text=row.form), Cell(text=str(row.count)),
                *_when(row), Cell(text=row.sha256 or wording.DASH, mark="hash"),
            ))
            for row in rows
        ),
    )  # fmt: skip


def _received(rows: tuple[ReceivedRecord, ...]) -> Table | None:
    if not rows:
        return None
    heads = ("From", "Object", "Marking", "Files")
    return Table(
        caption="Received, by the register",
        heads=(*(Head(title=name) for name in heads), *_WHEN, Head(title="Newest"), Head(title="SHA-256")),
        rows=tuple(
            TableRow(cells=(
                Cell(text=row.originator), Cell(text=row.object_id or wording.DASH), Cell(text=str(row.marking)),
                Cell(text=str(row.count)), *_when(row), Cell(text=(row.file or wording.DASH).rsplit("/", 1)[-1]),
                Cell(text=row.sha256 or wording.DASH, mark="hash"),
            ))
            for row in rows
        ),
    )  # fmt: skip


def _when(row: HandedRecord | ReceivedRecord) -> tuple[Cell, Cell]:
    first, last = (
        Cell(text=wording.minute(at), machine=wording.machine_time(at)) for at in (row.first_run, row.last_run)
    )
    return first, last
