"""What a partner is handed: messages, tables, and the deliveries it may have, of one edition in one zip file.

The same edition of the same cycle gives the same bytes. The marking stands in the name of each file's folder and, where
the format has room for it, in the file: a comment of a message, a field of a JSON table, a column of a CSV table.
Deliveries are handed on as they came, so that their hashes hold, or cut to what the recipient may have; the manifest
says which, and which are left out and why.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nearpass.archive.archive import Archive, Signer
from nearpass.archive.durable import canonical_json, sha256_of
from nearpass.archive.register import Entry, protection_of
from nearpass.errors import ArchiveError, LeakError
from nearpass.messages.cdm_write import write_cdm_kvn, write_cdm_xml
from nearpass.messages.cutting import Cut
from nearpass.publish.expected import Expected, expected
from nearpass.publish.leak import WORDS, delivered_by, vocabulary
from nearpass.publish.offline import packed
from nearpass.publish.search import leaks_in, unpacked
from nearpass.record.marking import Edition, Tlp
from nearpass.record.record import CycleRecord, EventRecord, InputRecord
from nearpass.release.names import Names
from nearpass.release.raw_files import RawFiles, WithheldFileError
from nearpass.release.reduction import held_marking, reduced, show_of
from nearpass.report import tables
from nearpass.report.cdm_event import event_cdm

SCHEMA = 2


def package(
    archive: Archive, cycle_id: str, edition: Edition, *, event_id: str | None = None, signer: Signer | None = None
) -> bytes:
    """The zip file.

    Args:
        archive: The full archive.
        cycle_id: The cycle.
        edition: For whom.
        event_id: Only this event of the edition, and the deliveries of its objects.
        signer: Signs the manifest, if the publisher signs.

    Raises:
        ArchiveError: if the edition does not have the event.
        LeakError: if a file would hold what the edition must not; nothing is handed over.
    """
    full = archive.load(cycle_id)
    shown = reduced(full, edition)
    if event_id is not None and event_id not in {event.event_id for event in shown.approaches}:
        raise ArchiveError("an event of the edition must be named", value=event_id)
    marking = held_marking(shown, edition)
    files = dict(_files(shown, marking, event_id))
    sought = Expected()
    if not edition.everything:
        sought = expected(full, edition, WORDS, deliveries=delivered_by(archive), vocabulary=vocabulary())
    leak = next(leaks_in(files.items(), sought), None)
    if leak is not None:
        raise LeakError(f"an edition must not hold what is withheld from it: {leak}", value=edition.id)
    inputs = _inputs(archive, full, shown, edition, event_id, sought.of_deliveries)
    files |= inputs.files
    manifest = canonical_json({
        "schema": SCHEMA,
        "edition": edition.id,
        "audience": edition.audience,
        "marking": marking.value,
        "cycle_id": cycle_id,
        "event_id": event_id,
        "signed_by": signer.public_key if signer else None,
        "files": {name: {"sha256": sha256_of(data), "size_bytes": len(data)} for name, data in files.items()},
        "cut": inputs.cut if edition.say_withheld else {},
        "left_out": inputs.left_out if edition.say_withheld else {},
    })  # fmt: skip
    files["manifest.json"] = manifest
    if signer is not None:
        files["manifest.sig"] = signer.sign(manifest).hex().encode() + b"\n"
    return packed(files, cycle_id)


def handed_over(
    full: CycleRecord, edition: Edition, event_id: str | None, file: str, data: bytes, at_utc: str
) -> Entry:
    """The line of the register for a package: what of which objects was handed over, and which deliveries."""
    shown = reduced(full, edition)
    shows = {item.id: show_of(item, full, edition) for item in full.objects}
    members = {
        name
        for event in full.events
        if Names(edition, shows).event(event.event_id, event.primary, event.secondary) == event_id
        for name in (event.primary, event.secondary)
    }
    mine = [name for name in shows if event_id is None or name in members]
    held = [entry for entry in shown.deliveries if event_id is None or entry.object_id in members]
    return Entry(
        kind="released", at_utc=at_utc, cycle_id=full.cycle_id, party=edition.audience or edition.id,
        marking=held_marking(shown, edition).value, edition=edition.id, parties=tuple(sorted(edition.parties)),
        file=file, sha256=sha256_of(data), files=1, shows=tuple((name, shows[name].value) for name in mine),
        holds=tuple(sorted({entry.sha256 for entry in held if entry.sha256})),
        protection=tuple(bound for bound in protection_of(full, edition) if bound[0] in mine),
    )  # fmt: skip


def _files(shown: CycleRecord, marking: Tlp, event_id: str | None) -> Iterator[tuple[str, bytes]]:
    """Every file that the program makes under its name in the package, which begins with its kind and marking."""
    label = _label(marking)
    events = _events(shown, event_id)
    for event in events:
        message = event_cdm(shown, event)
        yield f"messages/{label}/{event.event_id}.cdm", write_cdm_kvn(message).encode()
        yield f"messages/{label}/{event.event_id}.cdm.xml", write_cdm_xml(message).encode()
    rows = [row for row in shown.approaches if event_id is None or row.event_id == event_id]
    yield f"tables/{label}/events.csv", _marked_csv(tables.EVENT_COLUMNS.csv(rows), marking).encode()
    yield f"tables/{label}/events.json", _marked_json(tables.EVENT_COLUMNS.json(shown, rows), marking).encode()
    if event_id is None:
        yield (
            f"tables/{label}/crossings.csv",
            _marked_csv(tables.CROSSING_COLUMNS.csv(shown.crossings), marking).encode(),
        )
        yield f"tables/{label}/coverage.csv", _marked_csv(tables.COVERAGE_COLUMNS.csv(shown.pairs), marking).encode()


@dataclass(slots=True)
class _Inputs:
    """Deliveries in a package: files by name, what was cut from which, and which are left out, each in words."""

    files: dict[str, bytes] = field(default_factory=dict)
    cut: dict[str, dict[str, Any]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def _inputs(
    archive: Archive,
    full: CycleRecord,
    shown: CycleRecord,
    edition: Edition,
    event_id: str | None,
    sought: Expected,
) -> _Inputs:
    """The deliveries of an edition, or of the objects of one event of it."""
    rows = [row for row in shown.approaches if event_id is None or row.event_id == event_id]
    members = {key for row in rows for key in (row.primary, row.secondary)}
    raw, found, done = RawFiles(full, edition), _Inputs(), set[tuple[str, str]]()
    for entry in shown.deliveries:
        if entry.sha256 is None or entry.refusal is not None or not (event_id is None or entry.object_id in members):
            continue
        if not archive.input_path(entry.sha256).exists() or (entry.file, entry.sha256) in done:
            continue
        done.add((entry.file, entry.sha256))
        try:
            part = raw.file(entry.sha256, archive.read_input(entry.sha256))
            name = _free_name(entry, part, found.files, _label(_input_marking(entry, shown, edition)))
            if any(leaks_in(unpacked(name, part.data), sought)):
                raise WithheldFileError("it holds what is withheld")
        except WithheldFileError as error:
            found.left_out[entry.file] = error.rule
            continue
        found.files[name] = part.data
        if part.left_out:
            found.cut[name] = {"delivered_sha256": entry.sha256, "left_out": list(part.left_out)}
    return found


def _events(shown: CycleRecord, event_id: str | None) -> list[EventRecord]:
    return [event for event in shown.events if event_id is None or event.event_id == event_id]


def _label(marking: Tlp) -> str:
    return marking.value.replace(":", "-")


def _input_marking(entry: InputRecord, shown: CycleRecord, edition: Edition) -> Tlp:
    """A file's own marking; that of the edition where it has none that is known."""
    return entry.marking.level if entry.marking and entry.marking.level else held_marking(shown, edition)


def _free_name(entry: InputRecord, part: Cut, taken: Mapping[str, bytes], label: str) -> str:
    """The file's name in the package; with its hash where another file has that name, in any case of letters."""
    name = entry.file.rsplit("/", maxsplit=1)[-1]
    if part.left_out:
        name = name.removesuffix(".gz").removesuffix(".bz2").removesuffix(".xz").removesuffix(".lzma")
    if f"inputs/{label}/{name}".casefold() in {other.casefold() for other in taken}:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem or ending}-{(entry.sha256 or '')[:12]}{dot and stem and '.' + ending}"
    return f"inputs/{label}/{name}"


def _marked_csv(text: str, marking: Tlp) -> str:
    """The table with a column that repeats the marking: a comment line would break RFC 4180."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for number, row in enumerate(csv.reader(io.StringIO(text, newline=""))):
        writer.writerow([*row, marking.value if number else "marking"])
    return out.getvalue()


def _marked_json(text: str, marking: Tlp) -> str:
    return json.dumps({"marking": marking.value, **json.loads(text)}, ensure_ascii=False, indent=1) + "\n"
