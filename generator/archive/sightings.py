"""When this workspace first saw the bytes of a kernel: ``archive/first-seen.jsonl``, one line a file, by SHA-256.

A kernel need not say when it was made, and a file's own times change with every copy. What is certain is when a run
first found these bytes. Lines are only ever added; of two lines for one file the first counts, and a line that was cut
off counts for nothing. The manifest of each cycle gives the hash of what stood here when the cycle was added.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from nearpass.archive.durable import PRIVATE_FILE, make_folder, sync_folder
from nearpass.astro.epochs import Epoch
from nearpass.errors import TimeError

ARCHIVE: Final = "archive"
"""The archive's folder in a workspace."""
FILE_NAME: Final = "first-seen.jsonl"
_OPENING: Final = b'{"first_seen": "'


def read_sightings(archive: Path) -> dict[str, Epoch]:
    """When each file was first seen, by its SHA-256; nothing where no run has noted any."""
    path = archive / FILE_NAME
    if not path.exists():
        return {}
    found: dict[str, Epoch] = {}
    for line in path.read_bytes().splitlines():
        sighting = _parsed(line)
        if sighting is not None:
            found.setdefault(*sighting)
    return found


def note_sightings(archive: Path, sightings: Mapping[str, Epoch]) -> dict[str, Epoch]:
    """Add the files that are not known yet; when each known file was first seen, then.

    Args:
        archive: The archive's folder; nobody else may be writing there.
        sightings: Files seen now by their SHA-256, and when each came here.
    """
    known = read_sightings(archive)
    new = {sha256: at for sha256, at in sightings.items() if sha256 not in known}
    if not new:
        return known
    make_folder(archive)
    path = archive / FILE_NAME
    torn = path.exists() and not path.read_bytes().endswith(b"\n")
    lines = [_line(sha256, at) for sha256, at in sorted(new.items(), key=lambda item: (item[1], item[0]))]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
    with os.fdopen(descriptor, "ab") as file:
        file.write((b"\n" if torn and path.stat().st_size else b"") + b"".join(lines))
        file.flush()
        os.fsync(file.fileno())
    sync_folder(archive)
    return {**known, **new}


def faults_of(text: bytes) -> list[str]:
    """What is wrong with the file's lines; one that was cut off by a crash, and ended by the next run, is not."""
    faults: list[str] = []
    known: set[str] = set()
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        found = _parsed(line)
        if found is None:
            if line.strip() and not (line.startswith(_OPENING[: len(line) - 1]) and not line.endswith(b"}\n")):
                faults.append(f"line {number} must tell of a file")
        elif _line(*found) != line:
            faults.append(f"line {number} must be written as nearpass writes it")
        elif found[0] in known:
            faults.append(f"line {number} must not tell of a file that an earlier line has")
        else:
            known.add(found[0])
    return faults


def _line(sha256: str, at: Epoch) -> bytes:
    return json.dumps({"first_seen": f"{at.iso(digits=9)}Z", "sha256": sha256}, sort_keys=True).encode() + b"\n"


def _parsed(line: bytes) -> tuple[str, Epoch] | None:
    try:
        plain = json.loads(line)
        return str(plain["sha256"]), Epoch.parse(str(plain["first_seen"]))
    except (ValueError, TypeError, KeyError, TimeError):
        return None
