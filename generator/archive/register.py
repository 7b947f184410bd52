"""The register: what came from whom, what went to whom, and who decided so; append-only, in the archive.

::

    archive/register/000001.json    one run: its entries, and the hash of the file before
    archive/register/head.json      number and hash of the newest, so that none can be dropped from the end, and the
                                    decisions that are registered, so that none is repeated

``nearpass verify`` checks the chain with the rest of the archive.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal

from nearpass.archive.archive import Archive
from nearpass.archive.durable import canonical_json, make_folder, replace_durably, sha256_of, write_durably
from nearpass.errors import ArchiveError
from nearpass.record.marking import Edition
from nearpass.record.record import CycleRecord
from nearpass.release.reduction import held_marking, reduced, show_of

FOLDER: Final = "register"
HEAD: Final = "head.json"
SCHEMA: Final = 1
Kind = Literal["received", "released", "decided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the register.

    ``party`` gave what was received, reads what was released, or decided. ``shows`` is, for a release, how much of each
    object went out; for a decision of one. ``sha256`` is that of the file received, or of the cycle's manifest in the
    edition's site, which names every one of the ``files`` that went out. ``level`` and ``release`` are what the marking
    of a received file means, None in lines of versions that did not note it.
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


def received(record: CycleRecord, previous: CycleRecord | None, at_utc: str) -> list[Entry]:
    """Deliveries that the cycle before did not have."""
    known = {entry.sha256 for entry in previous.deliveries} if previous else set()
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


def released(record: CycleRecord, edition: Edition, manifest: bytes, at_utc: str) -> Entry:
    """An edition of a cycle that was published, with the cycle's manifest in its site."""
    shows = tuple((item.id, show_of(item, record, edition).value) for item in record.objects)
    marking = held_marking(reduced(record, edition), edition)
    return Entry(
        kind="released", at_utc=at_utc, cycle_id=record.cycle_id, party=edition.audience or edition.id,
        marking=marking.value, edition=edition.id, parties=tuple(sorted(edition.parties)),
        sha256=sha256_of(manifest), files=len(json.loads(manifest)["files"]), shows=shows,
    )  # fmt: skip


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
    """The register of one archive."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.directory = archive.directory / FOLDER

    def append(self, entries: Sequence[Entry]) -> None:
        """Add the entries of one run; decisions that were registered before are not repeated.

        Raises:
            ArchiveError: if the register cannot be read.
        """
        with self.archive.locked():
            head = self.head()
            known = set(head["decided"]) if head else set()
            new = [entry for entry in entries if entry.kind != "decided" or _decision(entry) not in known]
            if not new:
                return
            known |= {_decision(entry) for entry in new if entry.kind == "decided"}
            number = head["number"] + 1 if head else 1
            plain = {
                "schema": SCHEMA, "number": number, "previous_sha256": head["sha256"] if head else None,
                "entries": [asdict(entry) for entry in new],
            }  # fmt: skip
            text = canonical_json(plain)
            make_folder(self.directory)
            path = self.directory / _name(number)
            path.unlink(missing_ok=True)  # of a run that was interrupted before its head
            write_durably(path, text)
            staging = self.archive.directory / ".staged"
            staging.mkdir()
            newest = {"number": number, "sha256": sha256_of(text), "decided": sorted(known)}
            replace_durably(self.directory / HEAD, canonical_json(newest), staging=staging)
            staging.rmdir()

    def head(self) -> dict[str, Any] | None:
        """Number and hash of the newest file, and the registered decisions; None where there is no register.

        Raises:
            ArchiveError: if it cannot be read.
        """
        path = self.directory / HEAD
        return self._plain(path) if path.exists() else None

    def entries(self, *, most: int | None = None) -> Iterator[Entry]:
        """Entries, the newest file first, in the order of each; with ``most`` no more files than give so many.

        Raises:
            ArchiveError: if a file is missing or was changed.
        """
        head = self.head()
        number, sha256, count = (head["number"], head["sha256"], 0) if head else (0, None, 0)
        while number > 0 and (most is None or count < most):
            path = self.directory / _name(number)
            plain = self._plain(path)
            if sha256_of(path.read_bytes()) != sha256:
                raise ArchiveError("the register must not have been changed", file=str(path))
            for entry in plain["entries"]:
                count += 1
                yield _entry(entry)
            number, sha256 = number - 1, plain["previous_sha256"]

    def check(self) -> tuple[set[str], list[tuple[str, str]]]:
        """Names below the archive of the register's files, and what is wrong with them as (name, problem)."""
        names = {f"{FOLDER}/{path.name}" for path in self.directory.glob("*.json")}
        head = None
        try:
            head = self.head()
            for _ in self.entries():
                pass
        except ArchiveError as error:
            return names, [(f"{FOLDER}/{Path(error.file or HEAD).name}", error.rule)]
        wanted = {f"{FOLDER}/{_name(number + 1)}" for number in range(head["number"])} if head else set()
        extra = names - wanted - {f"{FOLDER}/{HEAD}"}
        return names, [(name, "it must be part of the register") for name in sorted(extra)]

    def _plain(self, path: Path) -> dict[str, Any]:
        try:
            return dict(json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError):
            raise ArchiveError("the register must be readable", file=str(path)) from None


def _name(number: int) -> str:
    return f"{number:06d}.json"


def _entry(plain: dict[str, Any]) -> Entry:
    known = {entry.name for entry in fields(Entry)}
    values = {name: value for name, value in plain.items() if name in known}
    values |= {name: tuple(values.get(name, ())) for name in ("parties", "release")}
    values["shows"] = tuple((name, show) for name, show in values["shows"])
    return Entry(**values)


def _decision(entry: Entry) -> str:
    """Names a decision, to know it again."""
    return sha256_of(repr((entry.edition, entry.shows, entry.party, entry.reason)).encode())
