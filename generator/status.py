"""``status.json``: how the last run went and which cycle is the last good one, for whoever monitors a publisher."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import generator
from generator.astro.epochs import Epoch
from generator.cycle.record import CycleRecord
from generator.errors import LeakError, NearpassError


def succeeded(
    path: Path,
    record: CycleRecord,
    at: Epoch,
    deliveries_sha256: str,
    *,
    withheld: Sequence[str] = (),
    leaks: Sequence[LeakError] = (),
) -> None:
    """Write that a cycle was published.

    Args:
        path: The file.
        record: The cycle.
        at: When.
        deliveries_sha256: Which deliveries the run found (:func:`generator.watch.fingerprint`).
        withheld: What editions lack because no marking or rule is known for it.
        leaks: Why editions were stopped; the others were published.
    """
    used = [entry for entry in record.inputs if entry.refusal is None]
    ages_s = {entry.object_id: entry.age_s for entry in reversed(used)}
    _write(path, {
        "state": "stopped" if leaks else "ok",
        "at_utc": _utc(at),
        "error": {"exit_code": leaks[0].exit_code, "message": str(leaks[0])} if leaks else None,
        "editions_stopped": [leak.edition for leak in leaks],
        "withheld": list(withheld),
        "last_good_cycle": {"cycle_id": record.cycle_id, "cutoff_utc": _utc(record.window.start)},
        "next_expected_utc": _utc(record.next_expected) if record.next_expected else None,
        "ephemeris_age_s": {item.id: ages_s.get(item.id) for item in record.objects},
        "objects_without_ephemeris": [item.id for item in record.objects if not item.coverage],
        "refused_inputs": [
            {"object_id": entry.object_id, "file": entry.file, "refusal": entry.refusal}
            for entry in record.deliveries if entry.refusal is not None
        ],
        "failed_retrievals": [
            {"object_id": entry.object_id, "file": entry.file, "failure": entry.retrieval.failure}
            for entry in record.inputs if entry.retrieval is not None and entry.retrieval.failure is not None
        ],
        "deliveries_sha256": deliveries_sha256,
    })  # fmt: skip


def failed(path: Path, error: NearpassError, at: Epoch) -> None:
    """Write that a run failed; what is known of the last good cycle stays."""
    last = read(path)
    _write(path, last | {
        "state": "failed", "at_utc": _utc(at), "error": {"exit_code": error.exit_code, "message": str(error)},
    })  # fmt: skip


def read(path: Path) -> dict[str, Any]:
    """What the file says; nothing if it is not there or cut off."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, status: dict[str, Any]) -> None:
    text = json.dumps({"schema": 1, "version": generator.__version__, **status}, indent=1) + "\n"
    unfinished = path.with_name(f".{path.name}.new")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError:
        return  # a full disk is reported by the run itself


def _utc(epoch: Epoch) -> str:
    return f"{epoch.iso(digits=0)}Z"
