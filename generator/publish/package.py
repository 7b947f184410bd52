"""What a partner is handed: messages, tables, and the deliveries it may have, of one edition in one zip file.

The same edition of the same cycle gives the same bytes. The marking stands in the name of each file's folder and, where
the format has room for it, in the file: a comment of a message, a field of a JSON table, a column of a CSV table.
Deliveries are handed on as they came, so that their hashes hold.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator

from nearpass.archive.archive import Archive, Signer
from nearpass.archive.durable import canonical_json, sha256_of
from nearpass.errors import ArchiveError, LeakError
from nearpass.messages.cdm_write import write_cdm_kvn, write_cdm_xml
from nearpass.publish.leak import leaks_in, vocabulary
from nearpass.record.marking import Edition, Tlp
from nearpass.record.record import CycleRecord
from nearpass.release.reduction import reduced
from nearpass.release.secrets import secrets_of
from nearpass.report import tables
from nearpass.report.cdm_event import event_cdm
from nearpass.report.wording import said

SCHEMA = 1


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
    if event_id is not None and event_id not in {event.event_id for event in shown.events}:
        raise ArchiveError("an event of the edition must be named", value=event_id)
    files = dict(_files(archive, shown, edition.marking, event_id))
    if not edition.everything:
        own = [(name, data) for name, data in files.items() if not name.startswith("inputs/")]
        leaks = leaks_in(own, (), secrets_of(full, shown, vocabulary(), said=said))
        if leaks:
            raise LeakError(f"an edition must not hold what is withheld from it: {leaks[0]}", value=edition.id)
    manifest = canonical_json({
        "schema": SCHEMA,
        "edition": edition.id,
        "audience": edition.audience,
        "marking": edition.marking.value,
        "cycle_id": cycle_id,
        "event_id": event_id,
        "signed_by": signer.public_key if signer else None,
        "files": {name: {"sha256": sha256_of(data), "size_bytes": len(data)} for name, data in files.items()},
    })  # fmt: skip
    files["manifest.json"] = manifest
    if signer is not None:
        files["manifest.sig"] = signer.sign(manifest).hex().encode() + b"\n"
    return _packed(files, cycle_id)


def _files(archive: Archive, shown: CycleRecord, marking: Tlp, event_id: str | None) -> Iterator[tuple[str, bytes]]:
    """Every file under its name in the package, which begins with its kind and marking."""
    label = marking.value.replace(":", "-")
    events = [event for event in shown.events if event_id is None or event.event_id == event_id]
    for event in events:
        if event.shown == "full":
            message = event_cdm(shown, event)
            yield f"messages/{label}/{event.event_id}.cdm", write_cdm_kvn(message).encode()
            yield f"messages/{label}/{event.event_id}.cdm.xml", write_cdm_xml(message).encode()
    yield f"tables/{label}/events.csv", _marked_csv(tables.events_csv(events), marking).encode()
    yield f"tables/{label}/events.json", _marked_json(tables.events_json(shown, events), marking).encode()
    if event_id is None:
        yield f"tables/{label}/crossings.csv", _marked_csv(tables.crossings_csv(shown.crossings), marking).encode()
        yield f"tables/{label}/coverage.csv", _marked_csv(tables.coverage_csv(shown.pairs), marking).encode()
    members = {key for event in events for key in (event.primary, event.secondary)}
    for entry in shown.deliveries:
        if entry.sha256 and entry.refusal is None and (event_id is None or entry.object_id in members):
            own = entry.marking.level.value.replace(":", "-") if entry.marking and entry.marking.level else label
            if archive.input_path(entry.sha256).exists():
                yield f"inputs/{own}/{entry.file.rsplit('/')[-1]}", archive.read_input(entry.sha256)


def _marked_csv(text: str, marking: Tlp) -> str:
    """The table with a column that repeats the marking: a comment line would break RFC 4180."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for number, row in enumerate(csv.reader(io.StringIO(text, newline=""))):
        writer.writerow([*row, marking.value if number else "marking"])
    return out.getvalue()


def _marked_json(text: str, marking: Tlp) -> str:
    return json.dumps({"marking": marking.value, **json.loads(text)}, ensure_ascii=False, indent=1) + "\n"


def _packed(files: dict[str, bytes], cycle_id: str) -> bytes:
    """A zip whose dates are the cycle's: made again it is the same."""
    stamp = (max(int(cycle_id[:4]), 1980), int(cycle_id[5:7]), int(cycle_id[8:10]), 0, 0, 0)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=stamp)
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, files[name], zipfile.ZIP_DEFLATED, 6)
    return out.getvalue()
