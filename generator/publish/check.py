"""Checks the published site against its manifests, and those against the archive."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from nearpass.archive.archive import Archive
from nearpass.archive.durable import canonical_json, sha256_of
from nearpass.archive.reading import Finding
from nearpass.errors import PublicationError
from nearpass.publish.commit import read_journal
from nearpass.publish.manifest import ANCHOR, ROOT, anchor, is_manifest, parse
from nearpass.publish.mirror import UNFINISHED
from nearpass.publish.workspace import Workspace

Allowed = Mapping[str, set[str | None]]
"""Hashes that a file may have while a publication is unfinished; None where it may be absent."""


def verify_site(workspace: Workspace, public: Path | None = None) -> tuple[int, tuple[Finding, ...]]:
    """Check every published file: its hash, that none is missing, and that none was added.

    Args:
        workspace: Where the site lies.
        public: Another copy of the site, instead of the workspace's own.

    Returns:
        The number of files and what was found.
    """
    own = public is None
    check = _Check(public or workspace.public, _unfinished(workspace) if own else {})
    check.manifest(ROOT)
    check.unknown_files()
    check.anchor()
    if own and not check.findings:
        check.against_archive(workspace.archived)
    return len(check.seen), tuple(check.findings)


class _Check:
    """One check in progress."""

    def __init__(self, public: Path, allowed: Allowed) -> None:
        self.public = public
        self.allowed = allowed
        self.findings: list[Finding] = []
        self.seen: set[str] = set()

    def manifest(self, name: str) -> None:
        """What a manifest lists, and what the manifests among that list."""
        text = self._read(name)
        if text is None:
            if self.public.exists():
                self._find(name, "it is missing")
            return
        try:
            files = parse(text, name)
        except PublicationError as error:
            self._find(name, error.rule)
            return
        if name == ROOT and text != canonical_json(json.loads(text)):
            self._find(name, "it must be written as nearpass writes it")
        for listed, sha256 in sorted(files.items()):
            self._file(listed, sha256, name)
            if is_manifest(listed) and (self.public / listed).exists():
                self.manifest(listed)

    def anchor(self) -> None:
        """The root manifest has the hash beside it; if not, whatever else is wrong tells which of the two is."""
        text, root = self._read(ANCHOR), self._read(ROOT)
        if root is None:
            return
        if text is None:
            self._find(ANCHOR, "it is missing")
        elif text != anchor(root) and not {ROOT, ANCHOR} & self.allowed.keys():
            if self.findings:
                self.findings.insert(0, self._finding(ROOT, f"it must have the hash that {ANCHOR} gives"))
            else:
                self._find(ANCHOR, f"it must give the hash of {ROOT}")

    def unknown_files(self) -> None:
        """Files that no manifest lists."""
        for path in sorted(self.public.rglob("*")):
            name = path.relative_to(self.public).as_posix()
            if path.is_dir() or name in self.seen or name in {ANCHOR, UNFINISHED}:
                continue
            if sha256_of(path.read_bytes()) not in self.allowed.get(name, set()):
                self._find(name, "no manifest lists it")

    def against_archive(self, archive: Archive) -> None:
        """Each cycle's manifest names the archived manifest that its pages were made from."""
        for name in sorted(name for name in self.seen if is_manifest(name) and name.startswith("cycles/")):
            archived = archive.directory / name
            text = self._read(name)
            if text is None:
                continue
            if not archived.exists():
                self._find(name, "the archive must hold this cycle")
            elif json.loads(text).get("archive_manifest_sha256") != sha256_of(archived.read_bytes()):
                self._find(name, "it must name the manifest of this cycle in the archive")

    def _file(self, name: str, sha256: str, listed_in: str) -> None:
        text = self._read(name)
        found = sha256_of(text) if text is not None else None
        if found == sha256 or found in self.allowed.get(name, set()):
            return
        self._find(name, "it is missing" if text is None else f"it must have the hash that {listed_in} gives")

    def _read(self, name: str) -> bytes | None:
        self.seen.add(name)
        try:
            return (self.public / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _find(self, name: str, problem: str) -> None:
        self.findings.append(self._finding(name, problem))

    def _finding(self, name: str, problem: str) -> Finding:
        return Finding(file=f"{self.public.name}/{name}", problem=problem)


def _unfinished(workspace: Workspace) -> Allowed:
    """Files that an interrupted publication was about to put in place: each is as before or as after."""
    journal = read_journal(workspace)
    if journal is None:
        return {}
    public = f"{workspace.public.relative_to(workspace.directory).as_posix()}/"
    allowed: dict[str, set[str | None]] = {
        target.removeprefix(public): {before, after}
        for _, target, before, after in journal["steps"]
        if target.startswith(public) and after is not None
    }
    for name in journal["remove"]:
        allowed[name] = {None}
    return allowed
