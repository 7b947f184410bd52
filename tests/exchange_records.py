"""Exchanges for tests: one that readers may know, with parts that they may not, and one that is not theirs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from nearpass.astro.epochs import Epoch
from nearpass.record.exchange_record import (
    CertificationRecord,
    DecisionRecord,
    ExchangeRecord,
    HandedRecord,
    ParticipantRecord,
    ReceivedRecord,
)
from nearpass.record.marking import MarkingRecord, Tlp
from nearpass.record.release_record import NoteRecord

HIDDEN: Final = "zqsecret"
"""Stands in everything that readers of an exchange with READERS must not have."""
STRICT: Final = MarkingRecord(originator="NASA", level=Tlp.AMBER_STRICT, words=None, release=())
AT: Final = Epoch.parse("2021-03-10T12:00:00")


def day(text: str) -> Epoch:
    """Midnight of a day."""
    return Epoch.parse(text)


def exchange(**more: Any) -> ExchangeRecord:
    """A dossier in which nothing is missing, opened on 5 March 2021."""
    plain: dict[str, Any] = {
        "exchange_id": "mars-2021", "dossier": "exchanges/mars-2021.toml", "sha256": "ab" * 32,
        "title": "Safety of flight at Mars", "purpose": "assess the risk of collision", "parties": ("NASA", "READERS"),
        "law": "Public Law 116-260", "agreement": None, "agenda": ("which files are exchanged",),
        "participants": (
            ParticipantRecord(name="A. Navigator", party="NASA", role="navigation"),
            ParticipantRecord(name="B. Reader", party="READERS", role="flight control"),
        ),
        "channel": "a folder, then telephone",
        "certification": CertificationRecord(
            days_before=30.0, filed=day("2021-02-01"), reference="letter 17", submitted_to="a committee",
            statement=None, sha256="cd" * 32,
        ),
        "first_release": day("2021-03-05"), "opened": day("2021-03-05"), "closed": None,
        "decisions": (DecisionRecord(on=AT, by="both", decided="MRO moves on 19 March"),), "outcome": None,
        "marking": STRICT,
    }  # fmt: skip
    return ExchangeRecord(**{**plain, **more})


def handed(parties: tuple[str, ...], first: Epoch = AT, **more: Any) -> HandedRecord:
    """One release to these parties."""
    plain: dict[str, Any] = {
        "edition": "partner", "audience": "a partner", "form": "site", "count": 1, "last_run": first,
        "sha256": "12" * 32,
    }  # fmt: skip
    return HandedRecord(**{**plain, "parties": parties, "first_run": first, **more})


def received(marking: MarkingRecord, **more: Any) -> ReceivedRecord:
    """One file from READERS under a marking."""
    plain: dict[str, Any] = {
        "originator": "READERS", "object_id": None, "count": 1, "first_run": AT, "last_run": AT, "file": "a.oem",
        "sha256": "34" * 32,
    }  # fmt: skip
    return ReceivedRecord(**{**plain, "marking": marking, **more})


def note(marking: MarkingRecord, text: str) -> NoteRecord:
    """A note of an exchange."""
    return NoteRecord(
        file="exchanges/mars-2021/a.md", event_id=None, time=AT, kind="consultation", parties=("NASA",),
        marking=marking, text=text, refusal=None,
    )  # fmt: skip


def exchanges(hidden_object: str) -> tuple[ExchangeRecord, ...]:
    """One of READERS, with parts that are not for them, and one of others."""
    named = replace(STRICT, release=("READERS",))
    mine = exchange(
        handed=(handed(("READERS",)), handed(("OTHERS",), edition=HIDDEN)),
        received=(
            received(named), received(replace(named, release=("OTHERS",)), file=f"{HIDDEN}.oem"),
            received(named, object_id=hidden_object, file=f"{HIDDEN}.oem"),
        ),
        notes=(note(named, "Read by all."), note(replace(named, release=()), f"The {HIDDEN} of one.")),
        register_number=7919,
    )  # fmt: skip
    theirs = exchange(exchange_id="other", parties=("NASA", "OTHERS"), title=HIDDEN)
    unread = replace(theirs, exchange_id="unread", parties=("READERS", "NASA"), refusal=f"{HIDDEN} is no TOML")
    return mine, theirs, unread
