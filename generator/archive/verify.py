"""Checks an archive against itself: the chain of manifests, every file and every stored input.

Each byte of the archive is covered: a record by its manifest, a stored input by the manifest of each cycle that uses
it, a manifest by the next one, the last manifest by ``head.json``, and that one by its only spelling. A file that
none of them names is a finding as well. Manifests and the files of the register name each other, and each may be
signed (:mod:`nearpass.archive.trust`).

An archive that was put back as a whole to an earlier state of itself is consistent. That can be found only by what lies
outside: a published site, a hash that somebody noted (``head``), a counter-signature or a time stamp.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nearpass.archive.archive import PENDING, REGISTER, STAGED, Archive, cycle_folder
from nearpass.archive.durable import canonical_json, sha256_of
from nearpass.archive.manifest import Link, Manifest, parse_manifest
from nearpass.archive.order import Anchor, faults_of_order, files_by_hash, newest, sequence
from nearpass.archive.reading import HEAD, Finding, Reading
from nearpass.archive.sightings import FILE_NAME as SIGHTINGS
from nearpass.archive.sightings import faults_of
from nearpass.archive.signature import holds
from nearpass.archive.trust import Signed, faults
from nearpass.errors import ArchiveError

LOCK = ".lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was checked. ``interrupted`` names what an unfinished run left for the next one to settle."""

    cycles: int
    files: int
    inputs: int
    pruned: int
    signed: int
    findings: tuple[Finding, ...]
    interrupted: str | None = None
    head: str | None = None
    newest_file: str | None = None
    hashes: frozenset[str] = frozenset()
    witnessed: tuple[str, ...] = ()


def verify_archive(
    archive: Archive, *, public_key: str | None = None, anchors: Sequence[Anchor] = (), roots: Sequence[bytes] = ()
) -> Report:
    """Check everything: cost grows with the archive.

    Args:
        archive: The archive.
        public_key: Who must have signed or counter-signed it, in hexadecimal; anybody by default.
        anchors: Entries that it must hold, known from elsewhere.
        roots: Certificates of time-stamping authorities (PEM); without any, stamps are not checked.
    """
    check = _Check(archive=archive, public_key=public_key)
    check.head()
    for entry in check.chain():
        check.cycle(*entry)
    check.outside_the_chain()
    check.every_input()
    check.register()
    check.order()
    check.every_witness(files_by_hash(check.chained, check.pages), roots)
    check.signatures()
    check.known_elsewhere(anchors)
    check.sightings()
    check.unknown_files()
    return check.report()


def verify_latest(archive: Archive, *, public_key: str | None = None) -> Report:
    """Check the entries added last, inputs, and links to those before, at the same cost whatever the archive."""
    check = _Check(archive=archive, public_key=public_key)
    check.head()
    for number, (cycle_id, text, manifest) in enumerate(check.chain()):
        if number == 1:
            break
        check.cycle(cycle_id, text, manifest)
    check.every_input()
    check.newest_page()
    check.signatures()
    return check.report()


@dataclass(kw_only=True)
class _Check(Reading):
    """One check in progress."""

    public_key: str | None
    cycles: set[str] = field(default_factory=set)
    stored: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)
    chained: list[tuple[Link, Manifest]] = field(default_factory=list)
    start: Link | None = None
    pruned: int = 0
    signed: int = 0
    broken: bool = False

    def head(self) -> None:
        """Where the chain begins: at ``head.json``, or at the cycle that an interrupted run had just added."""
        path = self.archive.directory / HEAD
        if path.exists():
            self.seen.add(HEAD)
            try:
                self.start = self.archive.head()
                if path.read_bytes() != canonical_json(self.start):
                    self._find(HEAD, "it must be written as nearpass writes it")
            except ArchiveError as error:
                self._find(HEAD, error.rule)
        pending = self.archive.pending()
        added = self.archive.folder(pending["cycle_id"]) / "manifest.json" if pending and pending["cycle_id"] else None
        if pending and added is not None and added.exists():
            self.start = {"cycle_id": pending["cycle_id"], "manifest_sha256": sha256_of(added.read_bytes())}
        elif self.start is not None:
            self._head_or_manifest(self.start)
        if self.start is None and not self.broken and next(self.archive.cycle_ids(), None) is not None:
            self._find(HEAD, "it must name the newest entry of the chain")

    def _head_or_manifest(self, link: Link) -> None:
        """If the head does not fit the manifest it names, whether that manifest fits the rest tells which is wrong."""
        try:
            name = f"{cycle_folder(link['cycle_id'])}/manifest.json"
        except ArchiveError as error:
            self._break(HEAD, error.rule)
            self.start = None
            return
        path = self.archive.directory / name
        if not path.parent.is_dir():
            self._break(HEAD, f"it names {link['cycle_id']}, which must be in the archive")
            self.start = None
        elif path.exists() and (found := sha256_of(path.read_bytes())) != link["manifest_sha256"]:
            there = Link(cycle_id=link["cycle_id"], manifest_sha256=found)
            alone = _Check(archive=self.archive, public_key=self.public_key, start=there)
            for number, entry in enumerate(alone.chain()):
                if number == 1:
                    break
                alone.cycle(*entry)
            alone.every_input()
            if not alone.findings:
                self._find(HEAD, f"it must give the hash of {name}")
                self.start = alone.start

    def chain(self) -> Iterator[tuple[str, bytes, Manifest]]:
        """Every entry of the chain from its head to its beginning: id, manifest as text, manifest."""
        link, named_by = self.start, HEAD
        while link is not None:
            cycle_id, sha256 = link["cycle_id"], link["manifest_sha256"]
            try:
                name = f"{cycle_folder(cycle_id)}/manifest.json"
            except ArchiveError as error:
                self._break(named_by, error.rule)
                return
            if name in self.seen:
                self._break(named_by, f"the chain must not lead back to {cycle_id}")
                return
            entry = self._manifest(name, cycle_id, sha256, named_by)
            if entry is None:
                self.broken = True
                return
            self.chained.append(({"cycle_id": cycle_id, "manifest_sha256": sha256_of(entry[0])}, entry[1]))
            yield cycle_id, *entry
            link, named_by = entry[1]["previous"], name

    def _manifest(self, name: str, cycle_id: str, sha256: str | None, named_by: str) -> tuple[bytes, Manifest] | None:
        text = self._read(name, "it is missing")
        if text is None:
            return None
        if sha256 is not None and sha256_of(text) != sha256:
            self._find(name, f"it must have the hash that {named_by} gives")
        try:
            manifest = parse_manifest(text, name)
        except ArchiveError as error:
            self._find(name, error.rule)
            return None
        if manifest["cycle_id"] != cycle_id or text != canonical_json(manifest):
            self._find(name, f"it must be the manifest of {cycle_id}")
            return None
        return text, manifest

    def cycle(self, cycle_id: str, text: bytes, manifest: Manifest) -> None:
        """The files of one cycle."""
        self.cycles.add(cycle_id)
        folder = cycle_folder(cycle_id)
        for name, digest in sorted(manifest["files"].items()):
            data = self._read(f"{folder}/{name}", "it is missing")
            if data is not None and (sha256_of(data), len(data)) != (digest["sha256"], digest["size_bytes"]):
                self._find(f"{folder}/{name}", "it must have the hash that its manifest gives")
        for sha256, entry in manifest["inputs"].items():
            size = entry["size_bytes"], entry["stored"]["size_bytes"]
            self.stored.setdefault(sha256, {})[entry["stored"]["sha256"]] = size
        if manifest["supersedes"] is not None and not self.archive.folder(manifest["supersedes"]).is_dir():
            self._find(f"{folder}/manifest.json", "the cycle that it supersedes must be in the archive")
        signed_by, valid = manifest["signed_by"], True
        if signed_by is not None:
            self.signed += 1
            signature = self._read(f"{folder}/manifest.sig", "the signature is missing")
            valid = signature is not None and holds(signed_by, text, signature)
            if signature is not None and not valid:
                self._find(f"{folder}/manifest.sig", "it must be the signature of the manifest beside it")
        name = f"{folder}/manifest.sig" if signed_by is not None else f"{folder}/manifest.json"
        self.entries[cycle_id] = Signed(file=name, signed_by=signed_by, holds=valid)

    def outside_the_chain(self) -> None:
        """Cycles that the chain does not reach: checked by themselves, and named if the chain is whole."""
        for cycle_id in self.archive.cycle_ids():
            if cycle_id in self.cycles:
                continue
            try:
                name = f"{cycle_folder(cycle_id)}/manifest.json"
            except ArchiveError:
                continue  # its files are named as unknown
            if not self.broken:
                self._find(name, "it must be part of the chain")
            if name not in self.seen and (entry := self._manifest(name, cycle_id, None, HEAD)) is not None:
                self.cycle(cycle_id, *entry)

    def every_input(self) -> None:
        """Stored inputs of the cycles seen so far."""
        pending = self.archive.pending()
        renewed = set(pending["inputs"]) if pending else set()
        for sha256, stored in sorted(self.stored.items()):
            path, marker = self.archive.input_path(sha256), self.archive.pruned_path(sha256)
            name, marked = self._name(path), self._name(marker)
            if marker.exists():
                self.seen.add(marked)
                left = marker.read_bytes()
                if path.exists() and sha256 not in renewed:
                    self._find(marked, "an input that is there must not be marked as pruned")
                if not path.exists() and left and sha256_of(left) not in stored:
                    self._find(marked, "the mark of a pruned input must be empty")
                self.pruned += not path.exists()
            if path.exists() or not marker.exists():
                self._input(name, sha256, stored)

    def _input(self, name: str, sha256: str, stored: dict[str, tuple[int, int]]) -> None:
        packed = self._read(name, "the input is missing")
        if packed is None:
            return
        try:
            data = gzip.decompress(packed)
            intact = sha256_of(data) == sha256 and stored.get(sha256_of(packed)) == (len(data), len(packed))
        except (OSError, EOFError, zlib.error):
            intact = False
        if not intact:
            self._find(name, "it must hold the input with the SHA-256 in its name")

    def order(self) -> None:
        """Manifests and files of the register, as they name each other."""
        if not self.broken:
            for file, problem in faults_of_order(self.chained, self.pages, frozenset(self.missing)):
                self._find(file, problem)

    def signatures(self) -> None:
        """Once signed, always signed; and by whom."""
        key = self.public_key
        if key is not None and any(witness.public_key == key for witness in self.witnesses):
            key = None  # a partner's: it vouches for what it counter-signed
        names = [name for name in sequence(self.chained, self.pages) if name in self.entries]
        for file, problem in faults([self.entries[name] for name in names], key):
            self._find(file, problem)

    def known_elsewhere(self, anchors: Sequence[Anchor]) -> None:
        """Entries and releases that are known from elsewhere must be here."""
        files = files_by_hash(self.chained, self.pages)
        told = {(e.edition, e.cycle_id, e.sha256) for page in self.pages.values() for e in page.entries}
        kept_whole = bool(self.pages) and max(self.pages.items())[1].schema > 1  # before, it could lack lines
        for anchor in anchors:
            if anchor.sha256 is not None and anchor.sha256 not in files:
                self._find(HEAD, f"the chain must hold the entry {anchor.sha256}, which {anchor.known_from}")
            if anchor.released is not None and anchor.released not in told and kept_whole:
                cycle_id = anchor.released[1]
                rule = f"the register must tell of the release of {cycle_id}, which {anchor.known_from}"
                self._find(f"{REGISTER}/{HEAD}", rule)

    def sightings(self) -> None:
        """When kernels were first seen: lines that are only ever added, each in its only spelling, as manifests say."""
        named = {(entry["size_bytes"], entry["sha256"]) for _, one in self.chained if (entry := one.get("sightings"))}
        if not named and not (self.archive.directory / SIGHTINGS).exists():
            return
        text = self._read(SIGHTINGS, "it is missing")
        for problem in faults_of(text or b""):
            self._find(SIGHTINGS, problem)
        if text is not None and any(sha256_of(text[:size]) != sha256 for size, sha256 in named):
            self._find(SIGHTINGS, "it must begin with what it held when each cycle was added")

    def unknown_files(self) -> None:
        """Files that nothing names."""
        pending = self.archive.pending()
        excused = {self._name(self.archive.input_path(sha256)) for sha256 in pending["inputs"]} if pending else set()
        for path in sorted(self.archive.directory.rglob("*")):
            name = self._name(path)
            if path.is_dir() or name in self.seen or name in excused:
                continue
            if pending is not None and (name == PENDING or name.startswith(f"{STAGED}/")):
                continue
            if name == LOCK and path.stat().st_size == 0:
                continue
            self._find(name, "it must not be in the archive")

    def report(self) -> Report:
        """What was found."""
        pending = self.archive.pending()
        files, head = files_by_hash(self.chained, self.pages), newest(self.chained, self.pages)
        return Report(
            cycles=len(self.cycles),
            files=len(self.seen),
            inputs=len(self.stored),
            pruned=self.pruned,
            signed=self.signed,
            findings=tuple(self.findings),
            interrupted=_words_of(pending) if pending else None,
            head=head,
            newest_file=files.get(head or ""),
            hashes=frozenset(files),
            witnessed=tuple(sorted({witness.who for witness in self.witnesses})),
        )

    def _break(self, name: str, problem: str) -> None:
        self.broken = True
        self._find(name, problem)


def _words_of(pending: Mapping[str, Any]) -> str:
    if pending["register"]:
        return "a run that added to the register"
    return f"a run that added {pending['cycle_id'] or 'a cycle'}"
