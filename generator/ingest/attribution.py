"""Where a delivery was retrieved from, by the ledger of retrievals."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import replace

from nearpass.config import ScreenedObject
from nearpass.ingest.delivery import Ingested
from nearpass.ingest.ledger import Attempt, Ledger, attempt_key
from nearpass.record.record import InputRecord, RetrievalRecord

Place = tuple[str | None, str]


def attributed(found: Ingested, item: ScreenedObject, ledger: Ledger) -> Ingested:
    """What became of an object's deliveries, with the origin of each that was retrieved."""
    places = [
        place
        for source in item.ephemeris
        for place in [(source.source, source.path), *zip(source.kernel_sources, source.kernels, strict=False)]
    ]
    return replace(
        found,
        inputs=tuple(attributed_entry(entry, places, ledger) for entry in found.inputs),
        solutions=tuple((source, attributed(other, item, ledger)) for source, other in found.solutions),
    )


def attributed_entry(entry: InputRecord, places: Sequence[Place], ledger: Ledger) -> InputRecord:
    """An input with where and when it was retrieved, and with how the last attempt at its source failed, if it did.

    ``places`` are sources, None where nothing is retrieved, each with the path of its files. A file that was changed or
    replaced since it was retrieved is not attributed: its hash is another.
    """
    found = ledger.of(entry.file, entry.sha256)
    attempt = _last_attempt(entry.file, places, ledger)
    failed = attempt if attempt is not None and attempt.failure is not None else None
    if found is None and failed is None:
        return entry
    newest = attempt is not None and found is not None and attempt.file == found.file
    retrieval = RetrievalRecord(
        origin=found.origin if found else None,
        at=found.at if found else None,
        confirmed=attempt.confirmed if attempt is not None and newest else None,
        attempted=failed.at if failed else None,
        failure=failed.failure if failed else None,
    )
    return replace(entry, retrieval=retrieval)


def _last_attempt(file: str, places: Sequence[Place], ledger: Ledger) -> Attempt | None:
    """The last attempt at the source whose files have such a name."""
    for text, path in places:
        attempt = ledger.attempts.get(attempt_key(text, path)) if text is not None else None
        if attempt is not None and (file == path or fnmatch.fnmatchcase(file, path.removeprefix("./"))):
            return attempt
    return None
