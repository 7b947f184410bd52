"""Files at an address, by name or as the newest in a listing; and files in a folder into which others deliver."""

from __future__ import annotations

import fnmatch
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import unquote, urljoin, urlsplit

from nearpass.astro.epochs import Epoch
from nearpass.config import resolve
from nearpass.config.origins import Address, Folder, masked
from nearpass.errors import RetrievalError
from nearpass.retrieve.errand import Brought, Context
from nearpass.retrieve.transport import Known

SETTLE_S: Final = 60.0
"""A file in a folder counts once it has not changed for so long."""


class _Links(HTMLParser):
    """The addresses that a page links to, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def bring_address(origin: Address, context: Context, sink: BinaryIO) -> Brought:
    """A file at an address; where a pattern is given, the newest one of the listing.

    Raises:
        RetrievalError: if it cannot be had.
    """
    url = origin.url
    if origin.pattern is not None:
        page, answer = context.transport.read(origin.url, page=True)
        url = newest_link(page.decode("utf-8", "replace"), answer.url, origin.pattern)
    known = context.last.known if context.last is not None and context.last.entry.origin == masked(url) else None
    answer = context.transport.get(url, sink, known=known, progress=context.progress)
    return Brought(
        origin=masked(url),
        unchanged=answer.unchanged,
        validators=answer.validators,
        note=f"from {masked(url)}",
        skew_s=answer.skew_s,
    )


def newest_link(page: str, url: str, pattern: str) -> str:
    """The last file of a listing whose name matches, numbers inside names compared as numbers.

    Args:
        page: The listing, a page that links to its files (Apache, nginx, the archives of NAIF and ESA).
        url: Its address; files elsewhere are no files of the listing.
        pattern: With ``*`` and ``?``.

    Raises:
        RetrievalError: if there is none.
    """
    links = _Links()
    links.feed(page)
    files = {}
    for link in links.found:
        there = urljoin(url, link)
        folder, _, name = urlsplit(there).path.rpartition("/")
        same = urlsplit(there)[:2] == urlsplit(url)[:2] and folder == urlsplit(url).path.rpartition("/")[0]
        if same and fnmatch.fnmatchcase(unquote(name), pattern):
            files[unquote(name)] = there.partition("?")[0].partition("#")[0]
    if not files:
        raise RetrievalError("a listing must hold a file of the pattern", value=pattern, file=url)
    return files[max(files, key=natural)]


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts names as people do: ``psp9`` before ``psp10``."""
    parts = re.findall(r"\d+|\D+", name)
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """The file of a folder that was delivered last; ``stamp`` differs when it is another, or was changed."""

    path: Path
    modified: Epoch
    size_bytes: int
    stamp: str

    def has_settled(self, now: Epoch) -> bool:
        """Whether it has not changed for a while; a time to come is a clock's fault and no change."""
        return bool(self.size_bytes) and not 0.0 <= now - self.modified < SETTLE_S


def newest_of(origin: Folder, directory: Path) -> Dropped | None:
    """The file of a folder that was delivered last, if there is one."""
    found = []
    for path in resolve(directory, origin.path):
        with suppress(OSError):  # taken away since it was listed
            found.append((path.stat(), path))
    if not found:
        return None
    state, path = max(found, key=lambda each: (each[0].st_mtime_ns, natural(each[1].name)))
    return Dropped(
        path=path,
        modified=Epoch.from_unix_ns(state.st_mtime_ns),
        size_bytes=state.st_size,
        stamp=f"{path.name}/{state.st_mtime_ns}/{state.st_size}",
    )


def bring_from_folder(origin: Folder, context: Context, sink: BinaryIO) -> Brought:
    """The file of a folder that was delivered last, once it has settled.

    Raises:
        RetrievalError: if there is none, or it is still arriving.
    """
    found = newest_of(origin, context.directory)
    if found is None:
        raise RetrievalError("a folder must hold a file of the pattern", value=origin.path)
    if context.last is not None and context.last.attempt.last_modified == found.stamp:
        return Brought(origin=found.path.name, unchanged=True, tried=found.stamp)
    if not found.has_settled(context.now):
        raise RetrievalError(f"a file must not have changed for {SETTLE_S:g} s", file=found.path.name)
    try:
        file = found.path.open("rb")
    except OSError as error:
        raise RetrievalError(f"the file must be readable: {error.strerror}", file=found.path.name) from None
    with file:
        shutil.copyfileobj(file, sink)
    return Brought(
        origin=found.path.name,
        validators=Known(last_modified=found.stamp),
        note=f"from {found.path}",
        tried=found.stamp,
    )
