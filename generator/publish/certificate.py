"""The statement that a law may ask for: what came from a party, where what derives from it went, and who decided so.

What belongs to the period is counted twice, and each line says by which: by the time of the data, which is the data
cut-off of the cycle, and by the clock, which is when the run was made and registered. Of objects only those are named
that the party gave or operates, or that an edition shows by name to the party itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from nearpass.archive.archive import Signer
from nearpass.archive.durable import canonical_json, sha256_of
from nearpass.archive.register import Entry
from nearpass.astro.epochs import Epoch
from nearpass.record.cycle_id import CycleId
from nearpass.record.marking import Edition, MarkingRecord, Show
from nearpass.record.parties import Parties
from nearpass.record.record import CycleRecord, InputRecord, NoteRecord
from nearpass.release.reduction import shown_as

SCHEMA: Final = 2
COUNTED: Final = (
    "data: the data cut-off of the cycle lies in the period; clock: the run was made and registered in the period"
)
NAMED: Final = frozenset({Show.FULL.value, Show.METRICS.value})
Plain = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From ``start`` to ``stop``, both included."""

    start: Epoch
    stop: Epoch

    def by(self, cutoff: Epoch, at: Sequence[Epoch]) -> list[str]:
        """By which time something lies in the period: ``data``, ``clock``, both, or neither."""
        data = ["data"] if self.start <= cutoff <= self.stop else []
        return data + (["clock"] if any(self.start <= one <= self.stop for one in at) else [])


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom a statement is about: a party with its members, or an edition by its id or audience."""

    name: str
    known: Parties

    def gave(self, entry: InputRecord) -> bool:
        """Whether a delivery came from the party or a member, by what the file says or by what is configured."""
        givers = [entry.originator, *([entry.marking.originator] if entry.marking else [])]
        return any(self.known.belongs(giver, [self.name]) for giver in givers)

    def reads(self, entry: Entry) -> bool:
        """Whether the party reads what a line of the register says was released."""
        if self.known.same(self.name) in {self.known.same(word) for word in (entry.party, entry.edition or "")}:
            return True
        return self.is_of(entry.parties) or self.known.belongs(self.name, entry.parties)

    def is_of(self, parties: Iterable[str]) -> bool:
        """Whether the party or a member is among these."""
        return any(self.known.belongs(party, [self.name]) for party in parties)

    def objects(self, record: CycleRecord) -> dict[str, str]:
        """Objects of the party in a cycle: given by it, or operated by it with data of others."""
        given = {entry.object_id for entry in record.deliveries if self.gave(entry)}
        operated = {item.id for item in record.objects if item.operator and self.is_of([item.operator])}
        return {name: "given" if name in given else "operated" for name in sorted(given | operated)}


def certificate(
    subject: Subject,
    period: Period,
    entries: Sequence[Entry],
    records: Sequence[CycleRecord],
    register_sha256: str | None,
) -> Plain:
    """The statement as plain values.

    Args:
        subject: Whom it is about.
        period: The period.
        entries: The whole register, in any order.
        records: The cycles that :func:`cycles_of` names, in order of time.
        register_sha256: Hash of the newest file of the register, by which the statement can be checked later.
    """
    entries = sorted(entries, key=lambda entry: (entry.at_utc, entry.kind, entry.cycle_id))
    released = [entry for entry in entries if entry.kind == "released" and _by(entry, period)]
    to_them = [entry for entry in released if subject.reads(entry)]
    by_id = {record.cycle_id: record for record in records}
    went = [
        line
        for entry in released
        if entry.cycle_id in by_id
        for line in _went(entry, by_id[entry.cycle_id], subject, period, entries)
    ]
    categories = Counter(show for entry in to_them for _, show in entry.shows if show != Show.HIDDEN.value)
    return {
        "schema": SCHEMA,
        "party": subject.name,
        "members": sorted(subject.known.members(subject.name)),
        "from_utc": f"{period.start.iso(digits=0)}Z",
        "to_utc": f"{period.stop.iso(digits=0)}Z",
        "counted_by": COUNTED,
        "register_sha256": register_sha256,
        "received": _received(subject, period, entries, records),
        "went": went,
        "released": [_to_the_party(entry, period) for entry in to_them],
        "released_by_category": dict(sorted(categories.items())),
        "consultations": _consultations(subject, period, records),
    }


def cycles_of(period: Period, cycle_ids: Iterable[str], entries: Iterable[Entry]) -> list[str]:
    """The cycles that a statement on a period needs: by their cut-off, and those registered in it."""
    registered = {entry.cycle_id for entry in entries if _by(entry, period)}
    return [name for name in cycle_ids if name in registered or period.by(CycleId(name).cutoff, ())]


def _by(entry: Entry, period: Period) -> list[str]:
    return period.by(CycleId(entry.cycle_id).cutoff, [Epoch.parse(entry.at_utc)])


def _received(
    subject: Subject, period: Period, entries: Sequence[Entry], records: Sequence[CycleRecord]
) -> list[Plain]:
    """Every delivery of the party in these cycles once, with the first of them and when it was registered."""
    registered: dict[str, list[str]] = {}
    for entry in entries:
        if entry.kind == "received" and entry.sha256:
            registered.setdefault(entry.sha256, []).append(entry.at_utc)
    found: dict[tuple[str, str | None], Plain] = {}
    for record in records:
        for one in record.deliveries:
            if one.sha256 is None or not subject.gave(one):
                continue
            at = registered.get(one.sha256, [])
            line = found.setdefault((one.object_id, one.sha256), {
                "object_id": one.object_id, "file": one.file, "originator": one.originator,
                "marking": str(one.marking) if one.marking else "none",
                "release": list(one.marking.release) if one.marking else [],
                "sha256": one.sha256, "cycle_id": record.cycle_id, "registered_utc": at[0] if at else None,
                "refused": one.refusal is not None, "by": [],
            })  # fmt: skip
            by = period.by(record.window.start, [Epoch.parse(time) for time in at])
            line["by"] = sorted({*line["by"], *by}, reverse=True)
    return [line for line in found.values() if line["by"]]


def _went(entry: Entry, record: CycleRecord, subject: Subject, period: Period, entries: Sequence[Entry]) -> list[Plain]:
    """What one edition or package held of the party's objects."""
    shows, held = dict(entry.shows), set(entry.holds)
    bounds = {name: bound for name, *bound in entry.protection}
    known = {item.id for item in record.objects if item.coverage}
    lines = []
    for name, why in subject.objects(record).items():
        show = shows.get(name, Show.HIDDEN.value)
        files = [one.sha256 for one in record.deliveries if one.object_id == name and subject.gave(one)]
        handed = sorted({sha256 for sha256 in files if sha256 in held})
        if show == Show.HIDDEN.value:
            if not handed:
                continue
            show = Show.FULL.value  # a catalogue is no object, and a delivery that is named is told in full
        protects_km, among, bound_km = bounds.get(name, (None, None, None))
        lines.append({
            "object_id": name, "because": why, "shown_as": show, "deliveries_named": handed,
            "edition": entry.edition, "audience": entry.party, "parties": list(entry.parties), "package": entry.file,
            "cycle_id": entry.cycle_id, "at_utc": entry.at_utc, "by": _by(entry, period), "marking": entry.marking,
            "sha256": entry.sha256, **_decision(entry, name, record, entries),
            "orbit_known": name in known, "protects_km": protects_km, "among": among, "bound_km": bound_km,
        })  # fmt: skip
    return lines


def _decision(entry: Entry, object_id: str, record: CycleRecord, entries: Sequence[Entry]) -> Plain:
    """By whose decision an object is shown so: the newest on it in the register then, else its marking."""
    decided = [
        one
        for one in entries
        if one.kind == "decided" and one.edition == entry.edition and one.object_id == object_id
        and one.at_utc <= entry.at_utc and dict(one.shows) == {object_id: dict(entry.shows).get(object_id)}
    ]  # fmt: skip
    if decided:
        return {"decided_by": decided[-1].party, "reason": decided[-1].reason}
    marking = next((item.marking for item in record.objects if item.id == object_id), None)
    return {"decided_by": None, "reason": _by_marking(marking)}


def _by_marking(marking: MarkingRecord | None) -> str:
    if marking is None:
        return "the rule of the edition for what has no marking"
    names = f", released to {', '.join(marking.release)}" if marking.release else ""
    return f"marking {marking}{names}, of {marking.originator}, and the rules of the edition"


def _to_the_party(entry: Entry, period: Period) -> Plain:
    """What the party itself was given; objects that it does not know by name are counted only."""
    named = {name: show for name, show in entry.shows if show in NAMED}
    return {
        "at_utc": entry.at_utc, "by": _by(entry, period), "edition": entry.edition, "audience": entry.party,
        "cycle_id": entry.cycle_id, "marking": entry.marking, "package": entry.file, "files": entry.files,
        "sha256": entry.sha256, "objects": named,
        "nameless": sum(show == Show.ANONYMOUS.value for _, show in entry.shows),
    }  # fmt: skip


def _consultations(subject: Subject, period: Period, records: Sequence[CycleRecord]) -> list[Plain]:
    """Notes that the party took part in or gave: when, of what kind and with whom, and the hash of what was said."""
    found: dict[str, Plain] = {}
    for record in records:
        for note in record.notes:
            if note.time is None or not _took_part(note, subject) or not period.by(note.time, ()):
                continue
            found.setdefault(note.file, {
                "time_utc": f"{note.time.iso(digits=0)}Z", "kind": note.kind, "parties": list(note.parties),
                "marking": str(note.marking), "event_id": note.event_id, "cycle_id": record.cycle_id,
                "sha256": sha256_of(note.text.encode()),
            })  # fmt: skip
    return sorted(found.values(), key=lambda line: line["time_utc"])


def _took_part(note: NoteRecord, subject: Subject) -> bool:
    return subject.is_of([*note.parties, *([note.marking.originator] if note.marking else [])])


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An object as it is to be shared: under which markings, and those of its sources that belong to a party."""

    object_id: str
    operator: str | None
    markings: tuple[MarkingRecord | None, ...]
    originators: tuple[str, ...]


def prior_statement(subject: Subject, period: Period, planned: Sequence[Planned], editions: Sequence[Edition]) -> Plain:
    """What is to be shared of a party's objects, with whom and protected how, as the configuration stands.

    Args:
        subject: The party.
        period: When it is to be shared.
        planned: The objects of the configuration.
        editions: The editions of the configuration.
    """
    own = [item for item in planned if subject.is_of([*item.originators, *([item.operator] if item.operator else [])])]
    return {
        "schema": SCHEMA,
        "party": subject.name,
        "members": sorted(subject.known.members(subject.name)),
        "from_utc": f"{period.start.iso(digits=0)}Z",
        "to_utc": f"{period.stop.iso(digits=0)}Z",
        "planned": [_planned(item, edition) for item in own for edition in editions],
    }


def _planned(item: Planned, edition: Edition) -> Plain:
    show = shown_as(item.object_id, item.markings, edition)
    rule = edition.rules.get(item.object_id)
    grain = edition.grain.nameless if show is Show.ANONYMOUS else edition.grain
    coarse: Mapping[str, float | None] = (
        {"miss_km": grain.miss_km, "tca_s": grain.tca_s} if show in {Show.METRICS, Show.ANONYMOUS} else {}
    )
    return {
        "object_id": item.object_id, "edition": edition.id, "audience": edition.audience or edition.id,
        "parties": sorted(edition.parties), "publishers_own": edition.everything, "shown_as": show.value,
        "marking": [str(marking) for marking in item.markings if marking],
        "decided_by": f"{rule.decided_by}, {rule.decided_on}" if rule and rule.decided_by else None,
        "reason": rule.reason if rule else _by_marking(item.markings[0] if item.markings else None),
        "cells": dict(coarse),
    }  # fmt: skip


def signed(statement: Plain, signer: Signer | None) -> Plain:
    """The statement with its own hash and the publisher's signature of it, over its canonical JSON."""
    text = canonical_json(statement)
    return {
        **statement,
        "statement_sha256": sha256_of(text),
        "signed_by": signer.public_key if signer else None,
        "signature": signer.sign(text).hex() if signer else None,
    }
