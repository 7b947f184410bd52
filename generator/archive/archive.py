"""The archive: append-only, private, one folder a cycle.

::

    archive/
      head.json                       id and manifest hash of the newest entry of the chain
      cycles/2021/03/17/T0000Z/
        record.json                   the full record (nearpass.record.record)
        manifest.json                 hash of every file, of every input, and of the previous manifest
        manifest.sig                  Ed25519 signature of the manifest, where the publisher signs
      inputs/3f/3fa9....gz            each delivered file once, by its SHA-256
      inputs/3f/3fa9....pruned        empty: the file was dropped by intent (nearpass.archive.retention)
      first-seen.jsonl                when each kernel came here (nearpass.archive.sightings)
      register/000001.json            what was received, released, decided (nearpass.archive.register), and head.json
      witnesses/                      counter-signatures and time stamps of others (nearpass.archive.witness)
      .pending.json, .staged/         only while something is being added

Nothing in place is ever changed. A cycle is written to ``.staged`` and renamed under a lock. ``.pending.json`` says
beforehand what is about to be added: whoever takes the lock next finishes what an interrupted run left, or takes it
back. Everything here is relative, so an archive can be moved; it is its owner's alone (0700, 0600).

Manifests and files of the register are one sequence: each manifest names the newest file of the register, and each
file of the register the newest manifest. Neither can lose its end unseen as long as the other keeps its own.
"""

from __future__ import annotations

import gzip
import json
import shutil
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from nearpass.archive import manifest as manifests
from nearpass.archive.durable import (
    PRIVATE_FILE,
    PRIVATE_FOLDER,
    canonical_json,
    make_folder,
    replace_durably,
    sha256_of,
    sync_folder,
    write_durably,
)
from nearpass.archive.manifest import (
    Digest,
    Link,
    Manifest,
    Mark,
    StoredInput,
    parse_link,
    parse_manifest,
    parse_mark,
)
from nearpass.archive.sightings import FILE_NAME as SIGHTINGS
from nearpass.archive.upgrade import load_record
from nearpass.errors import ArchiveError
from nearpass.record import record as records
from nearpass.record.cycle_id import CycleId
from nearpass.record.record import CycleRecord

LOCK_WAIT_S: Final = 600.0
PENDING: Final = ".pending.json"
STAGED: Final = ".staged"
REGISTER: Final = "register"
KEY: Final = "key"
"""Kind of the line of the register by which one key hands over to another."""
_COMPRESSION: Final = 4  # a third of the time of the default level for 3 % more bytes of OEM text


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Signs manifests; ``public_key`` (hexadecimal) is named in each manifest, so that no signature can be removed."""

    public_key: str
    sign: Callable[[bytes], bytes]


def cycle_folder(cycle_id: str) -> str:
    """Relative folder of a cycle: ``2021-03-17T0000Z`` lies in ``cycles/2021/03/17/T0000Z``.

    Raises:
        ArchiveError: if the id is not of this form.
    """
    return CycleId(cycle_id).folder


class Archive:
    """The archive in one folder. Reading needs no lock; :meth:`add` takes it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def add(
        self,
        record: CycleRecord,
        inputs: Mapping[str, bytes],
        *,
        supersedes: str | None = None,
        signer: Signer | None = None,
    ) -> None:
        """Store a cycle and its inputs; the same cycle twice is accepted if it is the same to the byte.

        Args:
            record: The cycle.
            inputs: Delivered files by their SHA-256.
            supersedes: Id of the archived cycle that this one corrects.
            signer: Signs the manifest, if the publisher signs.

        Raises:
            ArchiveError: if another record has this cycle's id, the superseded one does not exist, another key than
                the archive's signs, or the archive is locked for too long.
        """
        with self.locked():
            self._add_locked(record, inputs, supersedes, signer)

    @contextmanager
    def locked(self, wait_s: float = LOCK_WAIT_S) -> Iterator[None]:
        """Alone in the archive, with nothing left over from an interrupted run.

        Raises:
            ArchiveError: if another run keeps the lock for too long.
        """
        make_folder(self.directory, private=True)
        if self.directory.stat().st_mode & 0o077:
            self.directory.chmod(PRIVATE_FOLDER)  # made by an earlier version
        try:
            with FileLock(self.directory / ".lock", timeout=wait_s, mode=PRIVATE_FILE):
                self._recover()
                yield
        except Timeout:
            raise ArchiveError("only one run at a time may write the archive", file=str(self.directory)) from None

    def load(self, cycle_id: str) -> CycleRecord:
        """The record of a cycle, upgraded to this program's schema.

        Raises:
            ArchiveError: if there is none, or it cannot be read.
        """
        path = self.folder(cycle_id) / "record.json"
        return load_record(_read(path, "the record"), str(path))

    def manifest(self, cycle_id: str) -> Manifest:
        """The manifest of a cycle.

        Raises:
            ArchiveError: if it cannot be read or this program does not know its schema.
        """
        path = self.folder(cycle_id) / "manifest.json"
        return parse_manifest(_read(path, "the manifest"), str(path))

    def folder(self, cycle_id: str) -> Path:
        """The folder of a cycle."""
        return self.directory / cycle_folder(cycle_id)

    def cycle_ids(self, *, newest_first: bool = False) -> Iterator[str]:
        """Ids of all cycles in order of time; folders are listed as they are needed, never all at once."""
        for year in _folders(self.directory / "cycles", newest_first):
            for month in _folders(year, newest_first):
                yield from self._ids_of_month(year.name, month.name, newest_first=newest_first)

    @property
    def view(self) -> str:
        """Names how the archive is seen; an edition sees it otherwise."""
        return "all"

    def includes(self, cycle_id: str) -> bool:  # noqa: ARG002 - an edition may leave cycles out
        """Whether a cycle of the chain is part of what is seen: here all are."""
        return True

    def years(self) -> list[int]:
        """Years that hold a cycle."""
        return [int(folder.name) for folder in _folders(self.directory / "cycles", newest_first=False)]

    def previous_id(self, cycle_id: str) -> str | None:
        """The newest cycle before this one; lists only the folders on its way, however large the archive is."""
        return _last_before(self.directory / "cycles", cycle_folder(cycle_id).split("/")[1:], ())

    def latest_id(self) -> str | None:
        """The newest cycle by its data cut-off."""
        return next(self.cycle_ids(newest_first=True), None)

    def newest_id(self) -> str:
        """The same, of an archive that must have one.

        Raises:
            ArchiveError: if it has none.
        """
        newest = self.latest_id()
        if newest is None:
            raise ArchiveError("the archive must hold a cycle; make one with nearpass run", file=str(self.directory))
        return newest

    def head(self) -> Link | None:
        """The newest entry of the chain; that is the cycle added last, not always the newest by time.

        Raises:
            ArchiveError: if it cannot be read.
        """
        path = self.directory / "head.json"
        return parse_link(_read(path, "the head of the chain"), str(path)) if path.exists() else None

    def register_head(self) -> Mark | None:
        """Number and hash of the newest file of the register; None where there is no register.

        Raises:
            ArchiveError: if it cannot be read.
        """
        path = self.directory / REGISTER / "head.json"
        return parse_mark(_read(path, "the head of the register"), str(path)) if path.exists() else None

    def register_path(self, number: int) -> Path:
        """Where a file of the register lies."""
        return self.directory / REGISTER / f"{number:06d}.json"

    def next_key(self) -> str | None:
        """The public key that must sign what is added next; None as long as nothing is signed.

        Raises:
            ArchiveError: if the newest entry cannot be read.
        """
        head, mark = self.head(), self.register_head()
        manifest = self.manifest(head["cycle_id"]) if head else None
        named = (manifest.get("register") if manifest else None) or {"number": 0}
        if mark is not None and mark["number"] > named["number"]:
            path = self.register_path(mark["number"])
            try:
                plain = json.loads(_read(path, "the register"))
                if plain["schema"] > 1:
                    keys = [entry["key"] for entry in plain["entries"] if entry["kind"] == KEY]
                    return str(keys[-1]) if keys else plain["signed_by"]
            except (ValueError, TypeError, KeyError):
                raise ArchiveError("the register must be readable", file=str(path)) from None
        return manifest["signed_by"] if manifest else None

    def check_signer(self, signer: Signer | None) -> None:
        """What is signed goes on being signed, by the same key or the one that it announced.

        Raises:
            ArchiveError: if not.
        """
        wanted = self.next_key()
        if wanted is None or (signer is not None and signer.public_key == wanted):
            return
        advice = "[archive] sign must name its key; nearpass rotate hands over to another, with --lost if it is gone"
        rule = f"what is added to a signed archive must be signed by {wanted}: {advice}"
        raise ArchiveError(rule, value=signer.public_key if signer else None, file=str(self.directory))

    def add_to_register(self, number: int, text: bytes) -> None:
        """Put a file of the register in place and move its head on; the lock must be held."""
        self._begin({"register": number})
        path = self.register_path(number)
        replace_durably(path, text, staging=self.directory / STAGED, private=True)
        self._recover()

    @property
    def witnesses(self) -> Path:
        """The folder of counter-signatures and time stamps."""
        return self.directory / "witnesses"

    def add_witness(self, path: Path, data: bytes) -> None:
        """Put a file of a witness in place."""
        with self.locked():
            self._begin({"witness": path.name})
            replace_durably(path, data, staging=self.directory / STAGED, private=True)
            self._recover()

    def read_input(self, sha256: str) -> bytes:
        """A stored input.

        Raises:
            ArchiveError: if it is missing, was dropped, or no longer has its hash.
        """
        path = self.input_path(sha256)
        if not path.exists() and self.pruned_path(sha256).exists():
            raise ArchiveError("the input must not have been pruned", value=sha256, file=str(self.directory))
        try:
            data = gzip.decompress(path.read_bytes())
        except (OSError, EOFError) as error:
            raise ArchiveError(f"a stored input must be readable: {error}", file=str(path)) from None
        if sha256_of(data) != sha256:
            raise ArchiveError("a stored input must have the SHA-256 in its name", file=str(path))
        return data

    def input_path(self, sha256: str) -> Path:
        """Where an input is stored."""
        return self.directory / "inputs" / sha256[:2] / f"{sha256}.gz"

    def pruned_path(self, sha256: str) -> Path:
        """Where an empty file says that an input was dropped by intent."""
        return self.directory / "inputs" / sha256[:2] / f"{sha256}.pruned"

    def pending(self) -> dict[str, Any] | None:
        """What an interrupted run was about to add, until the next run settles it."""
        path = self.directory / PENDING
        if not path.exists():
            return None
        try:
            plan = json.loads(path.read_bytes())
            if "register" in plan:
                return {"cycle_id": None, "inputs": [], "register": int(plan["register"])}
            return {"cycle_id": str(plan["cycle_id"]), "inputs": list(plan["inputs"]), "register": None}
        except (ValueError, TypeError, KeyError):
            # cut off while it was written: nothing else had begun
            return {"cycle_id": None, "inputs": [], "register": None}

    def _ids_of_month(self, year: str, month: str, *, newest_first: bool) -> Iterator[str]:
        for day in _folders(self.directory / "cycles" / year / month, newest_first):
            for cycle in _folders(day, newest_first):
                yield f"{year}-{month}-{day.name}{cycle.name}"

    def _add_locked(
        self, record: CycleRecord, inputs: Mapping[str, bytes], supersedes: str | None, signer: Signer | None
    ) -> None:
        text = records.dump(record)
        target = self.folder(record.cycle_id)
        if target.exists():
            if (target / "record.json").read_bytes() == text and self.manifest(record.cycle_id)[
                "supersedes"
            ] == supersedes:
                return
            raise ArchiveError("an archived cycle must not change; choose another --at", value=record.cycle_id)
        if supersedes is not None and not self.folder(supersedes).is_dir():
            raise ArchiveError("a superseded cycle must be in the archive", value=supersedes)
        self.check_signer(signer)
        new = sorted(sha256 for sha256 in inputs if not self.input_path(sha256).exists())
        staged = self._begin({"cycle_id": record.cycle_id, "inputs": new})
        with ThreadPoolExecutor() as pool:  # zlib releases the interpreter lock
            stored = dict(pool.map(self._store_input, inputs.items()))
        manifest = canonical_json({
            "schema_number": manifests.SCHEMA,
            "cycle_id": record.cycle_id,
            "files": {"record.json": _digest(text)},
            "inputs": stored,
            "previous": self.head(),
            "register": self.register_head(),
            "sightings": self._sightings(),
            "supersedes": supersedes,
            "signed_by": signer.public_key if signer else None,
        })  # fmt: skip
        files = {"record.json": text, "manifest.json": manifest}
        if signer is not None:
            files["manifest.sig"] = signer.sign(manifest).hex().encode() + b"\n"
        cycle = staged / "cycle"
        cycle.mkdir(mode=PRIVATE_FOLDER)
        for name, data in files.items():
            write_durably(cycle / name, data, private=True)
        sync_folder(cycle)
        make_folder(target.parent, private=True)
        cycle.rename(target)
        sync_folder(target.parent)
        self._recover()  # moves the head on: the same steps after a crash and without one

    def _sightings(self) -> Digest | None:
        path = self.directory / SIGHTINGS
        return _digest(path.read_bytes()) if path.exists() else None

    def _begin(self, plan: dict[str, Any]) -> Path:
        """Write down what is about to be added; the folder in which it is made."""
        write_durably(self.directory / PENDING, canonical_json(plan), private=True)
        sync_folder(self.directory)
        staged = self.directory / STAGED
        staged.mkdir(mode=PRIVATE_FOLDER)
        return staged

    def _recover(self) -> None:
        """Finish or take back what is pending: if the cycle is in place it counts, otherwise its inputs go."""
        plan = self.pending()
        if plan is None:
            return
        staged = self.directory / STAGED
        if staged.exists():
            shutil.rmtree(staged)
        cycle_id = plan["cycle_id"]
        manifest = self.folder(cycle_id) / "manifest.json" if cycle_id else None
        line = self.register_path(plan["register"]) if plan["register"] else None
        if manifest is not None and manifest.exists():
            head = {"cycle_id": cycle_id, "manifest_sha256": sha256_of(manifest.read_bytes())}
            self._move_head(self.directory / "head.json", head)
            for sha256 in plan["inputs"]:
                self.pruned_path(sha256).unlink(missing_ok=True)  # dropped once, and now delivered again
        elif line is not None and line.exists():
            mark = {"number": plan["register"], "sha256": sha256_of(line.read_bytes())}
            self._move_head(line.with_name("head.json"), mark)
        else:
            for sha256 in plan["inputs"]:
                self.input_path(sha256).unlink(missing_ok=True)
        (self.directory / PENDING).unlink()
        sync_folder(self.directory)

    def _move_head(self, path: Path, head: dict[str, Any]) -> None:
        staged = self.directory / STAGED
        staged.mkdir(mode=PRIVATE_FOLDER)
        replace_durably(path, canonical_json(head), staging=staged, private=True)
        staged.rmdir()

    def _store_input(self, item: tuple[str, bytes]) -> tuple[str, StoredInput]:
        """Store an input if it is not there yet; its hash and what the manifest says of it."""
        sha256, data = item
        path = self.input_path(sha256)
        if path.exists():
            packed = path.read_bytes()
        else:
            packed = gzip.compress(data, _COMPRESSION, mtime=0)
            replace_durably(path, packed, staging=self.directory / STAGED, private=True)
        return sha256, {"size_bytes": len(data), "stored": _digest(packed)}


def _last_before(folder: Path, limit: list[str], found: tuple[str, ...]) -> str | None:
    """The last cycle below a folder of the tree; before the given names of year, month, day and time, if any."""
    if len(found) == 4:
        return f"{found[0]}-{found[1]}-{found[2]}{found[3]}"
    names = [path.name for path in _folders(folder, newest_first=False)]
    if limit:
        here, deeper = limit[0], limit[1:]
        position = bisect_left(names, here)
        if deeper and position < len(names) and names[position] == here:
            earlier = _last_before(folder / here, deeper, (*found, here))
            if earlier is not None:
                return earlier
        names = names[:position]
    for name in reversed(names):
        earlier = _last_before(folder / name, [], (*found, name))
        if earlier is not None:
            return earlier
    return None


def _folders(parent: Path, newest_first: bool) -> list[Path]:
    if not parent.is_dir():
        return []
    return sorted((path for path in parent.iterdir() if path.is_dir()), reverse=newest_first)


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArchiveError(f"{what} must be readable: {error.strerror}", file=str(path)) from None


def _digest(data: bytes) -> Digest:
    return {"sha256": sha256_of(data), "size_bytes": len(data)}
