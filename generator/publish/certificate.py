"""The statement that a certification needs: all that was received from and released to a partner in a period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from nearpass.archive.register import Entry
from nearpass.astro.epochs import Epoch


def concerning(entries: Iterable[Entry], partner: str, start: Epoch, stop: Epoch) -> list[Entry]:
    """Entries of a period that concern a partner, the oldest first.

    Args:
        entries: The register.
        partner: A party: who gave, or who is a reader of an edition; or the id of an edition.
        start: From here.
        stop: To here, both included.
    """
    name = partner.casefold()
    found = [
        entry
        for entry in entries
        if start <= Epoch.parse(entry.at_utc) <= stop
        and name in {word.casefold() for word in (entry.party, entry.edition or "", *entry.parties)}
    ]
    return sorted(found, key=lambda entry: (entry.at_utc, entry.kind, entry.cycle_id))


def certificate(
    entries: list[Entry], partner: str, start: Epoch, stop: Epoch, head_sha256: str | None
) -> dict[str, Any]:
    """The statement as plain values: by category what was received and released, each with its hash.

    Args:
        entries: Those that concern the partner.
        partner: Whom it is about.
        start: Begin of the period.
        stop: End of the period.
        head_sha256: Hash of the newest file of the register, by which the statement can be checked later.
    """
    releases = [entry for entry in entries if entry.kind == "released"]
    categories = Counter(show for entry in releases for _, show in entry.shows)
    return {
        "schema": 1,
        "partner": partner,
        "from_utc": f"{start.iso(digits=0)}Z",
        "to_utc": f"{stop.iso(digits=0)}Z",
        "register_sha256": head_sha256,
        "released_by_category": dict(sorted(categories.items())),
        "received": [
            {"at_utc": e.at_utc, "object_id": e.object_id, "file": e.file, "marking": e.marking, "sha256": e.sha256}
            for e in entries
            if e.kind == "received"
        ],
        "released": [
            {
                "at_utc": e.at_utc, "edition": e.edition, "cycle_id": e.cycle_id, "marking": e.marking,
                "files": e.files, "sha256": e.sha256, "objects": dict(e.shows),
            }
            for e in releases
        ],
        "decided": [
            {
                "at_utc": e.at_utc, "edition": e.edition, "by": e.party, "marking": e.marking, "objects": dict(e.shows),
                "reason": e.reason,
            }
            for e in entries
            if e.kind == "decided"
        ],
    }  # fmt: skip


def in_words(statement: dict[str, Any]) -> str:
    """The statement as Markdown, to be signed and filed."""
    period = f"From {statement['from_utc']} to {statement['to_utc']}."
    categories = statement["released_by_category"]
    sections = {
        "Released, by category": [f"{name}: {count} objects in all cycles" for name, count in categories.items()],
        "Released, one by one": [_released(entry) for entry in statement["released"]],
        "Received": [_received(entry) for entry in statement["received"]],
        "Decisions": [_decided(entry) for entry in statement["decided"]],
    }
    lines = [
        f"# Statement on information exchanged with {statement['partner']}",
        f"{period} Register: SHA-256 {statement['register_sha256'] or 'none'}.",
    ]
    for title, found in sections.items():
        lines += [f"## {title}", "\n".join(f"- {line}" for line in found) or "None."]
    return "\n\n".join(lines) + "\n"


def _released(entry: dict[str, Any]) -> str:
    objects = ", ".join(f"{name} {show}" for name, show in entry["objects"].items())
    what = f"edition {entry['edition']} of cycle {entry['cycle_id']}, {entry['marking']}, {entry['files']} files"
    return f"{entry['at_utc']}: {what}, SHA-256 {entry['sha256']}" + (f"; {objects}" if objects else "")


def _received(entry: dict[str, Any]) -> str:
    return f"{entry['at_utc']}: {entry['file']} of {entry['object_id']}, {entry['marking']}, SHA-256 {entry['sha256']}"


def _decided(entry: dict[str, Any]) -> str:
    objects = ", ".join(f"{name} as {show}" for name, show in entry["objects"].items())
    what = f"{entry['at_utc']}: edition {entry['edition']} shows {objects}, marked {entry['marking']}; {entry['by']}"
    return f"{what}: {entry['reason']}" if entry["reason"] else what
