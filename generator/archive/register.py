"""The register: what came from whom, what went to whom, and who decided so; append-only, in the archive.

::

    archive/register/000001.json    one step: its entries, the hash of the file before, the newest manifest, signature
    archive/register/head.json      number and hash of the newest file

A line is written before what it tells of happens: what was received before the cycle is archived, what is released
before it is put in place. ``nearpass verify`` checks the register with the rest of the archive. Files of schema 1,
written by version 0.1.0, name no manifest and are not signed; the first file after them covers them by its hash.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final, Literal

from nearpass.archive.archive import KEY, REGISTER, Archive, Signer
from nearpass.archive.durable import canonical_json, sha256_of
from nearpass.archive.manifest import Link, Mark, parse_link
from nearpass.errors import ArchiveError
from nearpass.record.marking import Edition, Show
from nearpass.record.message_record import MessageRecord
from nearpass.record.record import CycleRecord
from nearpass.release.reduction import held_marking, reduced, show_of

SCHEMA: Final = 2
Kind = Literal["received", "released", "decided", "key", "witnessed"]
EVERYBODY: Final = "everybody who is served the site"
"""Who reads what is released where no edition is configured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the register.

    ``party`` gave what was received, reads what was released, or decided. ``shows`` is, for a release, how much of each
    object went out; for a decision of one. ``sha256`` is that of the file received, or of the cycle's manifest in the
    edition's site, which names every one of the ``files`` that went out. ``level`` and ``release`` are what the marking
    of a received file means, None in lines of versions that did not note it. ``holds`` are the hashes of the deliveries
    that stand in what was released, ``protection`` for objects told in part the distance that is promised to be kept
    from them, among how many orbits, and the distance that was proven (None in lines that did not note it), where that
    was certified. A line of kind ``key`` hands over to another signing ``key``; one of kind ``witnessed`` names a file
    of the folder ``witnesses`` and its hash.
    """

    kind: Kind
    at_utc: str
    cycle_id: str
    party: str
    marking: str
    edition: str | None = None
    parties: tuple[str, ...] = ()
    object_id: str | None = None
    file: str | None = None
    sha256: str | None = None
    files: int | None = None
    shows: tuple[tuple[str, str], ...] = ()
    reason: str | None = None
    level: str | None = None
    release: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    protection: tuple[tuple[str, float, int, float | None], ...] = ()
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One file of the register, as it is stored. ``archive`` is the newest entry of the chain of cycles before it."""

    number: int
    schema: int
    sha256: str
    previous_sha256: str | None
    archive: Link | None
    entries: tuple[Entry, ...]
    decided: tuple[str, ...]
    signed_by: str | None
    signature: bytes | None
    signed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrar:
    """Who writes the register: at which instant (``2021-03-17T00:00:00Z``), and with which key, if it is signed."""

    at_utc: str
    signer: Signer | None = None


def received(record: CycleRecord, previous: CycleRecord | None, at_utc: str) -> list[Entry]:
    """Deliveries and messages that the cycle before did not have."""
    known = {entry.sha256 for entry in previous.deliveries} if previous else set()
    messages = {message.sha256 for message in previous.messages} if previous else set()
    return [
        *(_of_message(message, record, at_utc) for message in record.messages if message.sha256 not in messages),
        *_deliveries(record, known, at_utc),
    ]


def _of_message(message: MessageRecord, record: CycleRecord, at_utc: str) -> Entry:
    marking = message.marking
    return Entry(
        kind="received", at_utc=at_utc, cycle_id=record.cycle_id, party=message.originator or "unknown",
        marking=str(marking) if marking else "none", file=message.path, sha256=message.sha256, reason=message.refusal,
        level=marking.level.value if marking and marking.level else None, release=marking.release if marking else (),
    )  # fmt: skip


def _deliveries(record: CycleRecord, known: set[str | None], at_utc: str) -> list[Entry]:
    return [
        Entry(
            kind="received", at_utc=at_utc, cycle_id=record.cycle_id, party=entry.originator,
            marking=str(entry.marking) if entry.marking else "none", object_id=entry.object_id, file=entry.file,
            sha256=entry.sha256, reason=entry.refusal,
            level=entry.marking.level.value if entry.marking and entry.marking.level else None,
            release=entry.marking.release if entry.marking else (),
        )
        for entry in record.deliveries
        if entry.sha256 is not None and entry.sha256 not in known
    ]  # fmt: skip


def released(
    record: CycleRecord, edition: Edition | None, manifest: bytes, at_utc: str, shown: CycleRecord | None = None
) -> Entry:
    """An edition of a cycle that is about to be published, with the cycle's manifest in its site.

    Args:
        record: The full record.
        edition: The edition; None for the one site of everything.
        manifest: The manifest.
        at_utc: When.
        shown: The record as the edition holds it, where it was reduced already.
    """
    digest, count = sha256_of(manifest), len(json.loads(manifest)["files"])
    if edition is None:
        return Entry(
            kind="released", at_utc=at_utc, cycle_id=record.cycle_id, party=EVERYBODY, marking="none",
            sha256=digest, files=count, shows=tuple((item.id, Show.FULL.value) for item in record.objects),
        )  # fmt: skip
    shows = tuple((item.id, show_of(item, record, edition).value) for item in record.objects)
    shown = shown or reduced(record, edition)
    marking = held_marking(shown, edition)
    return Entry(
        kind="released", at_utc=at_utc, cycle_id=record.cycle_id, party=edition.audience or edition.id,
        marking=marking.value, edition=edition.id, parties=tuple(sorted(edition.parties)),
        sha256=digest, files=count, shows=shows,
        holds=tuple(sorted({entry.sha256 for entry in shown.deliveries if entry.sha256})),
        protection=protection_of(record, edition),
    )  # fmt: skip


def protection_of(record: CycleRecord, edition: Edition) -> tuple[tuple[str, float, int, float | None], ...]:
    """What was proven of the objects that an edition tells of in part; of others nothing is bounded."""
    in_part = {item.id for item in record.objects if show_of(item, record, edition) in {Show.METRICS, Show.ANONYMOUS}}
    return tuple(
        (one.object_id, one.promised_km, one.among, one.bound_km)
        for one in edition.protected.get(record.cycle_id, ())
        if one.object_id in in_part
    )


def decided(record: CycleRecord, edition: Edition, at_utc: str) -> list[Entry]:
    """Who decided that an edition shows an object otherwise than its marking says."""
    marked = {item.id: item.marking for item in record.objects}
    return [
        Entry(
            kind="decided", at_utc=at_utc, cycle_id=record.cycle_id, party=f"{rule.decided_by}, {rule.decided_on}",
            marking=str(marked.get(name) or "none"), edition=edition.id, object_id=name,
            shows=((name, rule.show.value),), reason=rule.reason,
        )
        for name, rule in sorted(edition.rules.items())
        if rule.decided_by is not None
    ]  # fmt: skip


class Register:
    """The register of one archive: adds entries to it, and reads them."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.directory = archive.directory / REGISTER

    def append(self, entries: Sequence[Entry], registrar: Registrar, *, anew: bool = False) -> None:
        """Add entries as one file; decisions that were registered before are not repeated.

        Args:
            entries: What is about to happen.
            registrar: Who writes. The first signed file after unsigned entries says that signing begins, and thereby
                vouches for these.
            anew: Whether the signer may be another than the archive's: its key was lost, as one of the entries says.

        Raises:
            ArchiveError: if the register cannot be read, or another key than the archive's signs.
        """
        signer = registrar.signer
        with self.archive.locked():
            if not anew:
                self.archive.check_signer(signer)
            head, link = self.head(), self.archive.head()
            newest = self.page(head["number"]) if head else None
            known = {*newest.decided} if newest else set()
            new = [entry for entry in entries if entry.kind != "decided" or _decision(entry) not in known]
            if signer is not None and (head or link) and self.archive.next_key() is None:
                new.insert(0, _begun(signer, registrar.at_utc, link))
            if not new:
                return
            known |= {_decision(entry) for entry in new if entry.kind == "decided"}
            number = head["number"] + 1 if head else 1
            plain: dict[str, Any] = {
                "schema": SCHEMA, "number": number, "previous_sha256": head["sha256"] if head else None,
                "archive": link, "entries": [asdict(entry) for entry in new], "decided": sorted(known),
                "signed_by": signer.public_key if signer else None,
            }  # fmt: skip
            plain["signature"] = signer.sign(canonical_json(plain)).hex() if signer else None
            self.archive.add_to_register(number, canonical_json(plain))

    def head(self) -> Mark | None:
        """Number and hash of the newest file; None where there is no register.

        Raises:
            ArchiveError: if it cannot be read.
        """
        return self.archive.register_head()

    def page(self, number: int) -> Page:
        """One file of the register; of schema 1 the decisions stand in its head.

        Raises:
            ArchiveError: if it cannot be read.
        """
        path = self.archive.register_path(number)
        page = parse_page(_read(path), str(path))
        return replace(page, decided=self._decided_before()) if page.schema == 1 else page

    def pages(self, *, after: int = 0) -> Iterator[Page]:
        """Files of the register with a greater number, the newest first.

        Raises:
            ArchiveError: if a file is missing or was changed.
        """
        head = self.head()
        number, sha256 = (head["number"], head["sha256"]) if head else (0, None)
        while number > after:
            page = self.page(number)
            if page.sha256 != sha256:
                path = self.archive.register_path(number)
                raise ArchiveError("the register must not have been changed", file=str(path))
            yield page
            number, sha256 = number - 1, page.previous_sha256

    def entries(self, *, most: int | None = None, after: int = 0) -> Iterator[Entry]:
        """Entries, the newest file first, in the order of each; with ``most`` no more files than give so many.

        Raises:
            ArchiveError: if a file is missing or was changed.
        """
        count = 0
        for page in self.pages(after=after):
            if most is not None and count >= most:
                return
            count += len(page.entries)
            yield from page.entries

    def _decided_before(self) -> tuple[str, ...]:
        try:
            plain = json.loads(_read(self.directory / "head.json"))
            return tuple(str(name) for name in plain.get("decided", ()))
        except (ValueError, TypeError, AttributeError):
            raise ArchiveError("the register must be readable", file=str(self.directory / "head.json")) from None


def parse_page(text: bytes, file: str) -> Page:
    """Read a file of the register.

    Raises:
        ArchiveError: if it is none.
    """
    try:
        plain = json.loads(text)
        schema = plain["schema"]
        if schema not in {1, SCHEMA}:
            raise ArchiveError(f"the register's schema must be 1 or {SCHEMA}", value=schema, file=file)
        unsigned = {name: value for name, value in plain.items() if name != "signature"}
        signature = plain.get("signature")
        return Page(
            number=plain["number"],
            schema=schema,
            sha256=sha256_of(text),
            previous_sha256=plain["previous_sha256"],
            archive=_link(plain["archive"], file) if schema > 1 else None,
            entries=tuple(_entry(entry) for entry in plain["entries"]),
            decided=tuple(plain["decided"]) if schema > 1 else (),
            signed_by=plain["signed_by"] if schema > 1 else None,
            signature=f"{signature}\n".encode() if signature is not None else None,
            signed=canonical_json(unsigned),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ArchiveError("the register must be readable", file=file) from None


def _link(plain: object, file: str) -> Link | None:
    return None if plain is None else parse_link(canonical_json(plain), file)


def facts(entries: Iterable[Entry]) -> set[Entry]:
    """Entries without their time: what is told already is not told again."""
    return {replace(entry, at_utc="") for entry in entries}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise ArchiveError("the register must be readable", file=str(path)) from None


def _begun(signer: Signer, at_utc: str, link: Link | None) -> Entry:
    """Signing begins: what came before is covered by the hashes that are signed from here on."""
    return Entry(
        kind=KEY, at_utc=at_utc, cycle_id=link["cycle_id"] if link else "", party="publisher", marking="none",
        reason="begun", key=signer.public_key,
    )  # fmt: skip


def handed_over(key: str, at_utc: str, cycle_id: str, reason: Literal["replaced", "lost"]) -> Entry:
    """Another key signs from the next entry on; a lost one is replaced in a file that the new key signs itself."""
    return Entry(kind=KEY, at_utc=at_utc, cycle_id=cycle_id, party="publisher", marking="none", reason=reason, key=key)


def _entry(plain: dict[str, Any]) -> Entry:
    known = {entry.name for entry in fields(Entry)}
    values = {name: value for name, value in plain.items() if name in known}
    values |= {name: tuple(values.get(name, ())) for name in ("parties", "release", "holds")}
    values["protection"] = tuple(
        (name, km, among, *(proven or (None,))) for name, km, among, *proven in values.get("protection", ())
    )
    values["shows"] = tuple((name, show) for name, show in values["shows"])
    return Entry(**values)


def _decision(entry: Entry) -> str:
    """Names a decision, to know it again."""
    return sha256_of(repr((entry.edition, entry.shows, entry.party, entry.reason)).encode())
