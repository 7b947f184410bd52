"""Reading an archive in order to check it: each file once, what is wrong noted; the register, and its witnesses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from nearpass.archive.archive import KEY, REGISTER, Archive
from nearpass.archive.durable import canonical_json, sha256_of
from nearpass.archive.order import page_name
from nearpass.archive.register import Page, parse_page
from nearpass.archive.signature import holds
from nearpass.archive.trust import Signed
from nearpass.archive.witness import Witness, read_witness
from nearpass.errors import ArchiveError

HEAD: Final = "head.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A file that is not as it should be, and why."""

    file: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}"


@dataclass
class Reading:
    """One check in progress: what was read of the archive so far, and what was found.

    ``seen`` are the names of the files that something names, ``missing`` those that are not there or damaged;
    ``entries`` the signatures by an entry's name, ``pages`` the files of the register by their number.
    """

    archive: Archive
    findings: list[Finding] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    pages: dict[int, Page] = field(default_factory=dict)
    entries: dict[str, Signed] = field(default_factory=dict)
    witnesses: list[Witness] = field(default_factory=list)

    def register(self) -> None:
        """The register of what was received, released and decided: every file, from its head to its beginning."""
        number, sha256 = self._register_head()
        if number and sha256 is not None and self._signed_otherwise(number, sha256):
            sha256 = None
        while number > 0:
            page = self._page(number, sha256)
            number, sha256 = number - 1, page.previous_sha256 if page else None

    def _signed_otherwise(self, number: int, sha256: str) -> bool:
        """Whether the head gives another hash than that of a file whose signature holds: then the head is wrong."""
        path = self.archive.register_path(number)
        try:
            page = parse_page(path.read_bytes(), str(path))
        except (OSError, ArchiveError):
            return False
        if page.sha256 == sha256 or page.signed_by is None or page.signature is None:
            return False
        if not holds(page.signed_by, page.signed, page.signature):
            return False
        self._find(f"{REGISTER}/{HEAD}", f"it must give the hash of {page_name(number)}")
        return True

    def newest_page(self) -> None:
        """The newest file of the register alone."""
        number, sha256 = self._register_head()
        if number:
            self._page(number, sha256)

    def _register_head(self) -> tuple[int, str | None]:
        """Number and hash of the newest file: what the head says, or what an interrupted run had just added."""
        path = self.archive.directory / REGISTER / HEAD
        number, sha256 = 0, None
        if path.exists():
            self.seen.add(f"{REGISTER}/{HEAD}")
            try:
                mark = self.archive.register_head()
                number, sha256 = (mark["number"], mark["sha256"]) if mark else (0, None)
                newest = self.archive.register_path(number)
                if path.read_bytes() != canonical_json(mark) and not _is_first_schema(newest):
                    self._find(f"{REGISTER}/{HEAD}", "it must be written as nearpass writes it")
            except ArchiveError as error:
                self._find(f"{REGISTER}/{HEAD}", error.rule)
                number = self._last_number()
        elif number := self._last_number():
            self._find(f"{REGISTER}/{HEAD}", "it is missing")
        pending = self.archive.pending()
        added = pending["register"] if pending else None
        if added and self.archive.register_path(added).exists():
            return added, None
        return number, sha256

    def _last_number(self) -> int:
        """The greatest number of a file, where the head does not tell it."""
        names = (path.stem for path in (self.archive.directory / REGISTER).glob("[0-9]*.json"))
        return max((int(name) for name in names if name.isdecimal()), default=0)

    def _page(self, number: int, sha256: str | None) -> Page | None:
        name = page_name(number)
        text = self._read(name, "it is missing")
        if text is None:
            return None
        if sha256 is not None and sha256_of(text) != sha256:
            self.missing.add(name)
            self._find(name, "the register must not have been changed")
        try:
            page = parse_page(text, name)
        except ArchiveError as error:
            self._find(name, error.rule)
            return None
        valid = True
        if page.signed_by is not None:
            valid = page.signature is not None and holds(page.signed_by, page.signed, page.signature)
            if not valid:
                self._find(name, "it must be signed by the key that it names")
        keys = [entry for entry in page.entries if entry.kind == KEY]
        said = (keys[-1].reason or "", keys[-1].key or "") if keys else None
        self.pages[number] = page
        self.entries[name] = Signed(
            file=name, signed_by=page.signed_by, holds=valid, hands_over=said, by_older_rules=page.schema == 1
        )
        return page

    def every_witness(self, files: Mapping[str, str], roots: Sequence[bytes]) -> None:
        """Counter-signatures and time stamps: each fits an entry of this archive, and none that is named is missing."""
        named = {
            self._name(self.archive.witnesses / Path(entry.file or "").name): (entry.sha256, page_name(page.number))
            for page in self.pages.values()
            for entry in page.entries
            if entry.kind == "witnessed"
        }
        for name in sorted({*named, *(self._name(path) for path in self.archive.witnesses.glob("*"))}):
            sha256, page = named.get(name, (None, None))
            data = self._read(name, f"it is missing: {page} names it")
            if data is not None and sha256 is not None and sha256_of(data) != sha256:
                self._find(name, f"it must have the hash that {page} gives")
            elif data is not None:
                self._witness(name, data, files, roots)

    def _witness(self, name: str, data: bytes, files: Mapping[str, str], roots: Sequence[bytes]) -> None:
        def text_of(sha256: str) -> bytes | None:
            return (self.archive.directory / files[sha256]).read_bytes() if sha256 in files else None

        try:
            witness = read_witness(data, name, text_of, roots)
        except ArchiveError as error:
            self._find(name, error.rule)
            return
        if witness.head_sha256 not in files:
            self._find(HEAD, f"the chain must hold the entry {witness.head_sha256}, which {name} witnesses")
        self.witnesses.append(witness)

    def _read(self, name: str, absent: str) -> bytes | None:
        self.seen.add(name)
        try:
            return (self.archive.directory / name).read_bytes()
        except FileNotFoundError:
            self.missing.add(name)
            self._find(name, absent)
        except OSError as error:
            self._find(name, f"it must be readable: {error.strerror}")
        return None

    def _find(self, name: str, problem: str) -> None:
        self.findings.append(Finding(file=f"{self.archive.directory.name}/{name}", problem=problem))

    def _name(self, path: Path) -> str:
        return path.relative_to(self.archive.directory).as_posix()


def _is_first_schema(path: Path) -> bool:
    """Whether the newest file of the register was written by version 0.1.0, whose head holds more."""
    try:
        return parse_page(path.read_bytes(), str(path)).schema == 1
    except (OSError, ArchiveError):
        return False
