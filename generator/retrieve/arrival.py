"""From an answer to a delivery: checked as a whole, recorded, and put in place by rename."""

from __future__ import annotations

import fnmatch
import hashlib
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO, Final

from nearpass.archive.durable import make_folder, sync_file, sync_folder
from nearpass.ephemeris.spk import spk_summary
from nearpass.errors import RetrievalError
from nearpass.ingest.delivery import shown_path
from nearpass.ingest.ledger import FILE_NAME, Attempt, Ledger, Retrieved, attempt_key, ledger_json, read_ledger
from nearpass.messages.compression import decompressed
from nearpass.messages.elements import START_BYTES, elements_notation, read_elements
from nearpass.messages.oem import parse_oem
from nearpass.retrieve.errand import Brought, Context, Errand, LastGood

_BLOCK: Final = 1 << 20
_KERNEL_STARTS: Final = (b"DAF/SPK ", b"NAIF/DAF")


class Arriving:
    """A file beside its place, under a name that no source reads; gone at the end unless it was put in place."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f".{target.name}.part")

    def __enter__(self) -> Arriving:
        make_folder(self.path.parent)
        self.sink: BinaryIO = self.path.open("w+b")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sink.close()
        self.path.unlink(missing_ok=True)

    def complete(self) -> tuple[str, int]:
        """Close it; its SHA-256 and size."""
        self.sink.close()
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest(), self.path.stat().st_size

    def put_in_place(self) -> None:
        """On the disk, then under its name."""
        sync_file(self.path)
        self.path.replace(self.target)
        sync_folder(self.target.parent)


def last_good(errand: Errand, directory: Path, ledger: Ledger) -> LastGood | None:
    """The newest file of a source, if it still stands where it was put."""
    attempt = ledger.attempts.get(attempt_key(errand.text, errand.path))
    if attempt is None or attempt.file is None:
        return None
    entry = next((known for known in ledger.files if known.file == attempt.file), None)
    try:
        here = entry is not None and (directory / entry.file).stat().st_size == entry.size_bytes
    except OSError:
        return None
    return LastGood(entry=entry, attempt=attempt) if here and entry is not None else None


def settle(errand: Errand, context: Context, arriving: Arriving, brought: Brought) -> str | None:
    """Check what arrived, record it and put it in place; its path as pages show it, None if what is here is current.

    The record is written first: a file without one would be published without saying where it came from.

    Raises:
        NearpassError: if it is not what it should be; nothing was changed then.
    """
    ledger = read_ledger(context.directory)
    key = attempt_key(errand.text, errand.path)
    attempt = Attempt(
        at=context.now,
        failure=None,
        confirmed=context.now,
        file=context.last.entry.file if context.last else None,
        etag=brought.validators.etag,
        last_modified=brought.validators.last_modified,
        not_before=context.now + brought.rest_s if brought.rest_s else None,
        tried=brought.tried,
    )
    if brought.unchanged:
        if context.last is None:
            raise RetrievalError(
                "a source that says nothing changed must have given a file before", file=brought.origin
            )
        known = context.last.known
        attempt = replace(attempt, etag=known.etag, last_modified=known.last_modified)
        write_ledger(ledger.with_attempt(key, attempt), context.directory)
        return None
    sha256, size_bytes = arriving.complete()
    if context.last is not None and context.last.entry.sha256 == sha256:
        write_ledger(ledger.with_attempt(key, attempt), context.directory)
        return None
    _check(errand, arriving.path, shown_path(arriving.target, context.directory))
    shown = arriving.target.relative_to(context.directory).as_posix()
    entry = Retrieved(file=shown, origin=brought.origin, at=context.now, sha256=sha256, size_bytes=size_bytes)
    ledger = ledger.with_file(entry).with_attempt(key, replace(attempt, file=shown))
    write_ledger(ledger, context.directory)
    arriving.put_in_place()
    _drop_old(errand, context, ledger)
    return shown


def write_ledger(ledger: Ledger, directory: Path) -> None:
    """Put the ledger in place of the one before."""
    with Arriving(directory / FILE_NAME) as arriving:
        arriving.sink.write(ledger_json(ledger))
        arriving.complete()
        arriving.put_in_place()


def clear(errand: Errand, directory: Path) -> None:
    """Remove what retrievals that were killed left of this source's files."""
    place = directory / errand.path
    for left in place.parent.glob(f".{place.name}.part"):
        left.unlink(missing_ok=True)


def _check(errand: Errand, path: Path, shown: str) -> None:
    """Whether a file is what its place says, as a whole.

    Raises:
        NearpassError: if it is not.
    """
    if errand.is_kernel:
        with path.open("rb") as file:
            start = file.read(8)
        if start not in _KERNEL_STARTS:
            raise RetrievalError("a kernel must begin with DAF/SPK", value=start.decode("latin-1"), file=shown)
        target = errand.source.target
        if target is None and errand.item is not None:
            target = errand.item.naif_id
        held = [found.target for found in spk_summary([path])]
        if not errand.needed and target not in held:
            raise RetrievalError("a kernel must hold its target", value=target, file=shown)
        return
    data = decompressed(path.read_bytes(), shown)
    if elements_notation(data[:START_BYTES]) is None and errand.item is not None:
        parse_oem(data, shown)
        return
    alone = len(errand.object_ids) == 1  # of a group for several, one that is gone must not keep the others from theirs
    wanted = {errand.source.target} if alone and errand.source.target is not None else None
    if not read_elements(data, shown, wanted=wanted).sets:
        whose = "the object's catalogue number" if errand.item is not None else "at least one object"
        raise RetrievalError(f"element sets must hold {whose}", value=errand.source.target, file=shown)


def _drop_old(errand: Errand, context: Context, ledger: Ledger) -> None:
    """Remove all but the newest retrieved files of a source; what others put beside them stays."""
    pattern = str(PurePosixPath(errand.path))
    mine = [entry for entry in ledger.files if fnmatch.fnmatchcase(entry.file, pattern)]
    old = sorted(mine, key=lambda entry: entry.at)[: -context.config.fetch.keep]
    for entry in old:
        (context.directory / entry.file).unlink(missing_ok=True)
    if old:
        write_ledger(ledger.without_files(frozenset(entry.file for entry in old)), context.directory)
