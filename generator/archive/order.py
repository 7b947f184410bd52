"""The one sequence that manifests and files of the register form, and what is wrong with it.

Pure: each manifest names the newest file of the register, each of these the newest manifest; so the end of neither can
be taken away while the other keeps its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nearpass.archive.archive import REGISTER, cycle_folder
from nearpass.archive.manifest import Link, Manifest
from nearpass.archive.register import Page

Problem = tuple[str, str]
"""A file, and what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What is known of the archive from elsewhere, in words (``a site names``).

    ``sha256`` is the hash of an entry that the archive must hold; ``released`` the edition, cycle and hash of a release
    that the register must tell of.
    """

    known_from: str
    sha256: str | None = None
    released: tuple[str | None, str, str] | None = None


def page_name(number: int) -> str:
    """Where a file of the register lies in the archive."""
    return f"{REGISTER}/{number:06d}.json"


def manifest_name(cycle_id: str) -> str:
    """Where a manifest lies in the archive."""
    return f"{cycle_folder(cycle_id)}/manifest.json"


def sequence(chained: Sequence[tuple[Link, Manifest]], pages: Mapping[int, Page]) -> list[str]:
    """Names of all entries in the order in which they were added: ids of cycles, names of the register's files.

    Args:
        chained: Manifests, the newest first.
        pages: Files of the register by their number.
    """
    found: list[str] = []
    waiting = sorted(pages)
    for link, manifest in reversed(chained):
        mark = manifest.get("register")
        while mark is not None and waiting and waiting[0] <= mark["number"]:
            found.append(page_name(waiting.pop(0)))
        found.append(link["cycle_id"])
    return found + [page_name(number) for number in waiting]


def files_by_hash(chained: Sequence[tuple[Link, Manifest]], pages: Mapping[int, Page]) -> dict[str, str]:
    """Every entry's file by its SHA-256."""
    found = {link["manifest_sha256"]: manifest_name(link["cycle_id"]) for link, _ in chained}
    return found | {page.sha256: page_name(page.number) for page in pages.values()}


def newest(chained: Sequence[tuple[Link, Manifest]], pages: Mapping[int, Page]) -> str | None:
    """The hash of the entry added last, which covers all before it; None in an empty archive."""
    names = sequence(chained, pages)
    hashes = {file: sha256 for sha256, file in files_by_hash(chained, pages).items()}
    last = names[-1] if names else None
    return None if last is None else hashes.get(last) or hashes[manifest_name(last)]


def faults_of_order(
    chained: Sequence[tuple[Link, Manifest]], pages: Mapping[int, Page], missing: frozenset[str]
) -> Iterator[Problem]:
    """What does not fit between manifests and register.

    Args:
        chained: All manifests that could be read, the newest first.
        pages: All files of the register that could be read.
        missing: Files that are named as missing or damaged already.
    """
    before, listed = 0, False
    for link, manifest in reversed(chained):
        name, mark = manifest_name(link["cycle_id"]), manifest.get("register")
        if manifest.get("sightings") is None and listed:
            yield name, "it must name the list of first sightings, as the manifest before it does"
        listed |= manifest.get("sightings") is not None
        if mark is None:
            if before:
                yield name, "it must name the register, as the manifest before it does"
            continue
        file, page = page_name(mark["number"]), pages.get(mark["number"])
        if page is None and file not in missing:
            yield file, f"it is missing: {name} names it"
        elif page is not None and page.sha256 != mark["sha256"]:
            yield file, f"it must have the hash that {name} gives"
        if mark["number"] < before:
            yield name, "it must not name an older file of the register than the manifest before it"
        before = max(before, mark["number"])
    yield from _pages_in_order(chained, pages, missing)


def _pages_in_order(
    chained: Sequence[tuple[Link, Manifest]], pages: Mapping[int, Page], missing: frozenset[str]
) -> Iterator[Problem]:
    hashes = {link["cycle_id"]: link["manifest_sha256"] for link, _ in chained}
    schema, told = 1, set(missing)
    for number, page in sorted(pages.items()):
        if page.number != number:
            yield page_name(number), f"it must be the file number {number} of the register"
        if page.schema < schema:
            yield page_name(number), "it must not be of an earlier schema than the one before it"
        schema = page.schema
        if page.archive is None:
            continue
        file, found = manifest_name(page.archive["cycle_id"]), hashes.get(page.archive["cycle_id"])
        if found != page.archive["manifest_sha256"] and file not in told:
            told.add(file)
            wanted = "it must be in the chain" if found is None else "it must have the hash that the register gives"
            yield file, f"{wanted}: {page_name(number)} names it"
