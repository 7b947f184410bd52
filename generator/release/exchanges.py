"""Which exchanges an edition tells of, and of each what went either way: to its parties alone, not even that it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nearpass.record.exchange_record import ExchangeRecord, HandedRecord, ReceivedRecord
from nearpass.record.marking import Edition, Show
from nearpass.record.release_record import NoteRecord
from nearpass.release import parts
from nearpass.release.lens import Lens


def is_told(exchange: ExchangeRecord, edition: Edition) -> bool:
    """Whether every reader of an edition is a party of the exchange, or named by its release list.

    No level opens it: what is for everybody of a level is not for everybody who is no party.
    """
    if edition.everything:
        return True
    named = (*exchange.parties, *(exchange.marking.release if exchange.marking else ()))
    readers = edition.parties
    return exchange.refusal is None and bool(readers) and all(edition.known.belongs(name, named) for name in readers)


def exchanges(value: tuple[ExchangeRecord, ...], lens: Lens) -> Any:
    """The exchanges that the edition tells of, reduced."""
    return tuple(lens.of(entry) for entry in value if is_told(entry, lens.edition))


def handed(value: tuple[HandedRecord, ...], lens: Lens) -> Any:
    """What went out in editions that every reader of this one reads too."""
    edition = lens.edition
    return tuple(
        lens.of(entry)
        for entry in value
        if edition.everything or all(edition.known.belongs(name, entry.parties) for name in edition.parties)
    )


def received(value: tuple[ReceivedRecord, ...], lens: Lens) -> Any:
    """What came under markings that the edition sees, of objects that it shows in full."""
    return tuple(
        lens.of(entry)
        for entry in value
        if lens.edition.everything
        or (
            lens.edition.sees(entry.marking)
            and (entry.object_id is None or lens.names.show(entry.object_id) is Show.FULL)
        )
    )


def notes(value: tuple[NoteRecord, ...], lens: Lens) -> Any:
    """Notes of the exchange as those of the cycle: by their own markings, and of events that the edition tells."""
    return parts.notes(value, replace(lens, item=lens.telling.record))
