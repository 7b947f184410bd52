"""The receipt of a delivery, for the party that it came from: what arrived, how good it is, what it is used for.

It tells of the delivery and of the object that it is of, and of nothing else in the cycle.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from nearpass.ephemeris.lint_finding import Grade
from nearpass.record.cycle_id import CycleId
from nearpass.record.holding import doubtful
from nearpass.record.parties import plain_name
from nearpass.record.record import CycleRecord, InputRecord
from nearpass.report import wording
from nearpass.report.quality_views import grade

SCHEMA: Final = 1
YARDSTICK: Final = "NPR 8079.1, table 5-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A receipt as two files: ``stem`` is where below the folder of receipts, without its ending.

    ``of`` ends the stems of all receipts for this delivery of this object, of whichever cycle.
    """

    originator: str
    stem: str
    of: str
    text: str
    json_text: str


def receipts(record: CycleRecord) -> tuple[Receipt, ...]:
    """One receipt for each delivery of a cycle, in the record's order; none for a theory, which nobody delivered.

    Args:
        record: The archived cycle, in full.
    """
    delivered = [(entry, use) for entry, use in _used(record) if entry.sha256 is not None or entry.refusal is not None]
    return tuple(_receipt(entry, use, record) for entry, use in delivered)


def _used(record: CycleRecord) -> list[tuple[InputRecord, str]]:
    """Each delivery with what it is used for."""
    doubts = doubtful(record)
    found = []
    for entry in record.inputs:
        use = f"the ephemeris in use of {entry.object_id}"
        if entry.object_id in doubts:
            use += (
                "; doubtful: it differs from the delivery before it by more than their sigmas allow; it is wrong, "
                "as a rule, or a manoeuvre was not declared"
            )
        found.append((entry, use))
    for solution in record.solutions:
        role = "a planned manoeuvre" if solution.role == "planned" else "another solution"
        found += [(entry, f"{role} of {solution.object_id}, beside the one in use") for entry in solution.inputs]
    if record.sweep is not None:
        found += [(entry, "a catalogue that is screened") for entry in record.sweep.inputs]
    return [(entry, use if entry.refusal is None else "nothing: it was refused") for entry, use in found]


def _receipt(entry: InputRecord, use: str, record: CycleRecord) -> Receipt:
    """The receipt of one delivery, as JSON and as the same in words."""
    owed = next((row for row in record.desk if entry.sha256 and row.sha256 == entry.sha256), None)
    of = f"-{_plain(entry.object_id)}-{entry.sha256[:12] if entry.sha256 else _plain(PurePath(entry.file).name)}"
    broken = [found for found in entry.findings[1:] if found.grade is not Grade.PASS]
    plain: dict[str, Any] = {
        "schema": SCHEMA,
        "cycle": record.cycle_id,
        "data_cutoff_utc": wording.machine_time(CycleId(record.cycle_id).cutoff),
        "publisher": record.publisher,
        "originator": entry.originator,
        "object": entry.object_id,
        "file": PurePath(entry.file).name,
        "sha256": entry.sha256,
        "size_bytes": entry.size_bytes,
        "created_utc": wording.machine_time(entry.creation) if entry.creation else None,
        "yardstick": YARDSTICK,
        "grade": grade(entry) if entry.refusal is None else "refused",
        "refusal": entry.refusal,
        "rules_broken": [
            {"rule": found.rule, "grade": found.grade.value, "found": wording.said(found.fact)} for found in broken
        ],
        "coverage": [
            {"start_utc": wording.machine_time(span.start), "stop_utc": wording.machine_time(span.stop)}
            for span in entry.spans
        ],
        "covariances": entry.covariance_count,
        "due_utc": wording.machine_time(owed.due) if owed is not None and owed.due is not None else None,
        "late_s": owed.late_s if owed is not None else None,
        "next_due_utc": wording.machine_time(owed.next_due) if owed is not None and owed.next_due is not None else None,
        "used_for": use,
    }
    return Receipt(
        originator=entry.originator,
        stem=f"{_plain(entry.originator)}/{record.cycle_id}{of}",
        of=of,
        text=_in_words(plain),
        json_text=json.dumps(plain, ensure_ascii=False, indent=1) + "\n",
    )


def _in_words(plain: dict[str, Any]) -> str:
    """A receipt's values as lines of text; what a delivery says of itself can break no line."""
    lines = [
        ("Receipt of", plain["file"]),
        ("From", plain["originator"]),
        ("Received by", plain["publisher"]),
        ("In cycle", plain["cycle"]),
        ("Object", plain["object"]),
        ("SHA-256", plain["sha256"]),
        ("Bytes", plain["size_bytes"]),
        ("Created", plain["created_utc"]),
        ("Grade", f"{plain['grade']} ({plain['yardstick']})"),
        ("Refused because", plain["refusal"]),
        *(("Rule", f"{one['rule']}: {one['grade']}, {one['found']}") for one in plain["rules_broken"]),
        *(("Covers", f"{one['start_utc']} to {one['stop_utc']}") for one in plain["coverage"]),
        ("Covariances", plain["covariances"]),
        ("Was due", plain["due_utc"]),
        ("Late by at least", wording.span(plain["late_s"]) if plain["late_s"] is not None else None),
        ("Next due", plain["next_due_utc"]),
        ("Used for", plain["used_for"]),
    ]
    return "".join(f"{name}: {wording.visible(str(value))}\n" for name, value in lines if value is not None)


def _plain(name: str) -> str:
    """A name as part of a path: letters, digits and hyphens. Names that would look alike stay apart by their hash."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:40]
    return plain if plain == name else f"{plain or 'party'}-{hashlib.sha256(plain_name(name).encode()).hexdigest()[:8]}"
