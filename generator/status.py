"""``status.json``: how the last run went and which cycle is the last good one, for whoever monitors a publisher."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import nearpass
from nearpass.astro.epochs import Epoch
from nearpass.errors import LeakError
from nearpass.record.record import CycleRecord


def succeeded(
    path: Path,
    record: CycleRecord,
    at: Epoch,
    deliveries_sha256: str,
    *,
    withheld: Sequence[str] = (),
    leaks: Sequence[LeakError] = (),
    faults: Sequence[str] = (),
    pages: Sequence[str] = (),
    exit_code: int = 0,
) -> None:
    """Write that a cycle was published.

    Args:
        path: The file.
        record: The cycle.
        at: When.
        deliveries_sha256: Which deliveries the run found (:func:`nearpass.watch.fingerprint`).
        withheld: What editions lack because no marking or rule is known for it.
        leaks: Why editions were stopped; the others were published.
        faults: References of faults of nearpass itself, as they stand in ``faults.log``.
        pages: Why pages of the publisher's were left out.
        exit_code: That of the run, where no edition was stopped.
    """
    used = [entry for entry in record.inputs if entry.refusal is None]
    ages_s = {entry.object_id: entry.age_s for entry in reversed(used)}
    _write(path, {
        "state": "stopped" if leaks else "ok",
        "exit_code": leaks[0].exit_code if leaks else exit_code,
        "at_utc": _utc(at),
        "error": {"exit_code": leaks[0].exit_code, "message": str(leaks[0])} if leaks else None,
        "editions_stopped": [leak.edition for leak in leaks],
        "withheld": list(withheld),
        "last_good_cycle": {"cycle_id": record.cycle_id, "cutoff_utc": _utc(record.window.start)},
        "next_expected_utc": _utc(record.next_expected) if record.next_expected else None,
        "ephemeris_age_s": {item.id: ages_s.get(item.id) for item in record.objects},
        "objects_without_ephemeris": [
            item.id for item in record.objects if not item.coverage and item.ending is None
        ],
        "ended_objects": [item.id for item in record.objects if not item.coverage and item.ending is not None],
        "refused_inputs": [
            {"object_id": entry.object_id, "file": entry.file, "refusal": entry.refusal}
            for entry in record.deliveries if entry.refusal is not None
        ],
        "failed_retrievals": [
            {"object_id": entry.object_id, "file": entry.file, "failure": entry.retrieval.failure}
            for entry in record.inputs if entry.retrieval is not None and entry.retrieval.failure is not None
        ],
        "losses": [
            {"stage": loss.stage, "object_ids": list(loss.object_ids), "reason": loss.rule} for loss in record.losses
        ],
        "faults": list(faults),
        "pages_left_out": list(pages),
        "not_told": [],
        "deliveries_sha256": deliveries_sha256,
    })  # fmt: skip


def failed(path: Path, message: str, exit_code: int, at: Epoch) -> None:
    """Write that a run failed; what is known of the last good cycle stays."""
    last = read(path)
    _write(path, last | {
        "state": "failed", "exit_code": exit_code, "at_utc": _utc(at),
        "error": {"exit_code": exit_code, "message": message},
    })  # fmt: skip


def told(path: Path, failures: Sequence[str], exit_code: int) -> None:
    """Add what could not be told to those who are to be told of a run; ``exit_code`` is that of a run not whole."""
    last = read(path)
    if last:
        whole = last.get("exit_code") == 0
        _write(path, last | {
            "not_told": list(failures), "exit_code": exit_code if failures and whole else last.get("exit_code"),
        })  # fmt: skip


def read(path: Path) -> dict[str, Any]:
    """What the file says; nothing if it is not there or cut off."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, status: dict[str, Any]) -> None:
    """Put the file in place; on a full disk over what stands there, which needs no further room."""
    head = {"schema": 1, "version": nearpass.__version__}
    text = json.dumps(head | status, indent=1) + "\n"
    unfinished = path.with_name(f".{path.name}.new")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        with suppress(OSError):  # a disk that cannot be written at all is reported by the run itself
            shorter = head | {name: status[name] for name in ("state", "at_utc", "error")}
            _overwrite(path, (text, json.dumps(shorter), json.dumps(shorter | {"error": None})))


def _overwrite(path: Path, texts: Sequence[str]) -> None:
    """Put the first text that fits into a file in place of its content, filled up with blanks."""
    with path.open("r+b") as file:
        room = file.seek(0, os.SEEK_END)
        fitting = next((data for data in (text.encode() for text in texts) if len(data) <= room), None)
        if fitting is not None:
            file.seek(0)
            file.write(fitting.ljust(room - 1) + b"\n" if len(fitting) < room else fitting)


def _utc(epoch: Epoch) -> str:
    return f"{epoch.iso(digits=0)}Z"
