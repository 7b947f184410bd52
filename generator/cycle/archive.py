"""The archive: append-only, private, one folder a cycle.

::

    archive/
      head.json                       id and manifest hash of the newest entry of the chain
      cycles/2021/03/17/T0000Z/
        record.json                   the full record (generator.cycle.record)
        manifest.json                 hash of every file, of every input, and of the previous manifest
      inputs/3f/3fa9....gz            each delivered file once, by its SHA-256

A cycle is written to a temporary folder and renamed under a lock; nothing in place is ever changed.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from generator.cycle import record as records
from generator.cycle.record import CycleRecord
from generator.errors import ArchiveError

MANIFEST_SCHEMA: Final = 1
LOCK_WAIT_S: Final = 600.0
_COMPRESSION: Final = 4  # a third of the time of the default level for 3 % more bytes of OEM text
_CYCLE_ID = re.compile(r"(\d{4})-(\d{2})-(\d{2})(T\d{4}Z)")


def cycle_folder(cycle_id: str) -> str:
    """Relative folder of a cycle: ``2021-03-17T0000Z`` lies in ``cycles/2021/03/17/T0000Z``.

    Raises:
        ArchiveError: if the id is not of this form.
    """
    found = _CYCLE_ID.fullmatch(cycle_id)
    if found is None:
        raise ArchiveError("a cycle id must read YYYY-MM-DDThhmmZ", value=cycle_id)
    return "/".join(("cycles", *found.groups()))


class Archive:
    """The archive in one folder. Reading needs no lock; :meth:`add` takes it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def add(self, record: CycleRecord, inputs: Mapping[str, bytes]) -> None:
        """Store a cycle and its inputs; the same cycle twice is accepted if it is the same to the byte.

        Args:
            record: The cycle.
            inputs: Delivered files by their SHA-256.

        Raises:
            ArchiveError: if another record has this cycle's id, or the archive is locked for too long.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.directory / ".lock", timeout=LOCK_WAIT_S):
                self._add_locked(record, inputs)
        except Timeout:
            raise ArchiveError("only one run at a time may write the archive", file=str(self.directory)) from None

    def load(self, cycle_id: str) -> CycleRecord:
        """The record of a cycle.

        Raises:
            ArchiveError: if there is none, or it cannot be read.
        """
        path = self.directory / cycle_folder(cycle_id) / "record.json"
        try:
            return records.load(path.read_bytes(), str(path))
        except OSError as error:
            raise ArchiveError(f"the record must be readable: {error.strerror}", file=str(path)) from None

    def cycle_ids(self, *, newest_first: bool = False) -> Iterator[str]:
        """Ids of all cycles in order of time; folders are listed as they are needed, never all at once."""
        for year in _folders(self.directory / "cycles", newest_first):
            for month in _folders(year, newest_first):
                yield from self._ids_of_month(year.name, month.name, newest_first=newest_first)

    def years(self) -> list[int]:
        """Years that hold a cycle."""
        return [int(folder.name) for folder in _folders(self.directory / "cycles", newest_first=False)]

    def previous_id(self, cycle_id: str) -> str | None:
        """The newest cycle before this one."""
        return next((found for found in self.cycle_ids(newest_first=True) if found < cycle_id), None)

    def latest_id(self) -> str | None:
        """The newest cycle by its data cut-off."""
        return next(self.cycle_ids(newest_first=True), None)

    def read_input(self, sha256: str) -> bytes:
        """A stored input.

        Raises:
            ArchiveError: if it is missing or no longer has its hash.
        """
        path = self._input_path(sha256)
        try:
            data = gzip.decompress(path.read_bytes())
        except (OSError, EOFError) as error:
            raise ArchiveError(f"a stored input must be readable: {error}", file=str(path)) from None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise ArchiveError("a stored input must have the SHA-256 in its name", file=str(path))
        return data

    def _ids_of_month(self, year: str, month: str, *, newest_first: bool) -> Iterator[str]:
        for day in _folders(self.directory / "cycles" / year / month, newest_first):
            for cycle in _folders(day, newest_first):
                yield f"{year}-{month}-{day.name}{cycle.name}"

    def _input_path(self, sha256: str) -> Path:
        return self.directory / "inputs" / sha256[:2] / f"{sha256}.gz"

    def _add_locked(self, record: CycleRecord, inputs: Mapping[str, bytes]) -> None:
        text = records.dump(record)
        target = self.directory / cycle_folder(record.cycle_id)
        if target.exists():
            if (target / "record.json").read_bytes() == text:
                return
            raise ArchiveError("an archived cycle must not change; choose another --at", value=record.cycle_id)
        with ThreadPoolExecutor() as pool:  # zlib releases the interpreter lock
            list(pool.map(self._store_input, inputs.items()))
        manifest = {
            "schema_number": MANIFEST_SCHEMA,
            "cycle_id": record.cycle_id,
            "files": {"record.json": _digest(text)},
            "inputs": sorted(inputs),
            "previous": self._head(),
        }
        manifest_text = _json(manifest)
        staged = self.directory / f".staged-{record.cycle_id}"
        shutil.rmtree(staged, ignore_errors=True)  # left by an interrupted run
        staged.mkdir()
        write_durably(staged / "record.json", text)
        write_durably(staged / "manifest.json", manifest_text)
        target.parent.mkdir(parents=True, exist_ok=True)
        staged.rename(target)
        sync_folder(target.parent)
        head = {"cycle_id": record.cycle_id, "manifest_sha256": hashlib.sha256(manifest_text).hexdigest()}
        replace_durably(self.directory / "head.json", _json(head))

    def _head(self) -> dict[str, str] | None:
        path = self.directory / "head.json"
        return dict(json.loads(path.read_bytes())) if path.exists() else None

    def _store_input(self, item: tuple[str, bytes]) -> None:
        sha256, data = item
        path = self._input_path(sha256)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_durably(path, gzip.compress(data, _COMPRESSION, mtime=0))


def write_durably(path: Path, data: bytes) -> None:
    """Write a new file and wait until it is on the disk."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace_durably(path: Path, data: bytes) -> None:
    """Put a file in place whole or not at all, whatever stood there before."""
    staged = path.with_name(f".{path.name}.new")
    staged.unlink(missing_ok=True)
    write_durably(staged, data)
    staged.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Wait until a rename inside a folder is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _folders(parent: Path, newest_first: bool) -> list[Path]:
    if not parent.is_dir():
        return []
    return sorted((path for path in parent.iterdir() if path.is_dir()), reverse=newest_first)


def _digest(data: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(data).hexdigest(), "size_bytes": len(data)}


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, indent=1).encode() + b"\n"
