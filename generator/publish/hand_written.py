"""What the publisher wrote for the site: told apart from what nearpass makes, never overwritten or left out unsaid.

Where there is one site, ``site/`` holds both. A generated page is known by its front matter, any other generated file
by being what was published. A page of the publisher's in the place of a generated one stays where it is and is not
published; one that cannot be read or built is left out. Both are told through the logger :data:`PAGES`.
"""

from __future__ import annotations

import codecs
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nearpass.errors import PAGES
from nearpass.messages.encoding import NAME_RULE, name_in_words
from nearpass.publish.workspace import GENERATED, Workspace
from nearpass.report.html_pages import HTML_PAGE

LIST: Final = "hand-written.txt"
"""In the workspace: which of the files in generated folders are the publisher's."""
INDEX: Final = "index.md"
_HEAD_CHARACTERS: Final = 8_192


def tell(name: str, reason: str, line: int | None = None) -> None:
    """Say that a page of the publisher's is not published."""
    place = f"site/{name_in_words(name)}" + ("" if line is None else f":{line}")
    logging.getLogger(PAGES).warning("%s: %s", place, reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandWritten:
    """Names below ``site/``: those staged beside the generated ones, and those in whose place nearpass has its own."""

    staged: frozenset[str]
    kept: frozenset[str]


def stage_hand_written(workspace: Workspace, docs: Path) -> HandWritten:
    """Copy the publisher's pages beside the staged ones, without those that cannot be published; each is told."""
    kept = frozenset(_in_our_place(workspace, docs))
    for name in sorted(kept):
        tell(name, "nearpass makes a page of this name; yours stays as it is and is not published: rename it")
    staged = set()
    for name in theirs(workspace):
        if name in kept or (docs / name).exists():
            continue
        reason, line = _fault(workspace.hand_written / name, docs / name)
        if reason is not None:
            tell(name, reason, line)
            continue
        (docs / name).parent.mkdir(parents=True, exist_ok=True)
        (docs / name).write_bytes((workspace.hand_written / name).read_bytes())
        staged.add(name)
    return HandWritten(staged=frozenset(staged), kept=kept)


def unreadable(workspace: Workspace) -> Iterator[str]:
    """What can be said of the publisher's pages before any is built: those that no cycle could publish, and why."""
    for name in theirs(workspace):
        reason, line = _fault(workspace.hand_written / name, workspace.docs / name)
        if reason is not None:
            yield f"site/{name_in_words(name)}{'' if line is None else f':{line}'}: {reason}"


def spare(docs: Path, found: HandWritten) -> None:
    """Before staged sources are put in place: what is in place of the publisher's stays."""
    for name in found.kept:
        (docs / name).unlink(missing_ok=True)


def remember(workspace: Workspace, found: HandWritten) -> None:
    """Keep which files in generated folders are the publisher's: once they are published they look like ours."""
    inside = sorted(name for name in found.staged | found.kept if name.partition("/")[0] in GENERATED)
    path = workspace.directory / LIST
    if inside or path.exists():
        path.write_text("".join(f"{name}\n" for name in inside), encoding="utf-8")


def theirs(workspace: Workspace) -> Iterator[str]:
    """The publisher's files, by name: all outside of what is generated, and those inside that nearpass did not make."""
    home, listed = workspace.hand_written, _listed(workspace)
    for top in sorted(home.iterdir()) if home.is_dir() else ():
        inside = top.name in GENERATED
        if inside and (not top.is_dir() or top.name == "cycles"):
            continue
        for path in sorted(top.rglob("*")) if top.is_dir() else (top,):
            name = path.relative_to(home).as_posix()
            if not path.is_file():
                continue
            if not inside or name in listed or (not _published(workspace, name).exists() and not _is_ours(path)):
                yield name


def _in_our_place(workspace: Workspace, docs: Path) -> Iterator[str]:
    """Staged names at which a file of the publisher's stands."""
    for path in docs.rglob("*"):
        name = path.relative_to(docs).as_posix()
        if not path.is_file() or name.startswith("cycles/"):
            continue
        place = workspace.hand_written / name
        if place.is_file() and not _made_here(workspace, name, place):
            yield name


def _made_here(workspace: Workspace, name: str, place: Path) -> bool:
    """Whether a file in the place of a generated one is one that nearpass made."""
    if place.suffix == ".md":
        return _is_ours(place)
    published = _published(workspace, name)
    if not published.exists():
        return workspace.published.exists() and not workspace.public.exists()
    return published.read_bytes() == place.read_bytes()


def _is_ours(path: Path) -> bool:
    """Whether a page's front matter is one that nearpass writes; other files are not told by their content."""
    if path.suffix != ".md":
        return False
    with path.open(encoding="utf-8", errors="replace") as file:
        head = file.read(_HEAD_CHARACTERS)
    return head.startswith("---\n") and (HTML_PAGE in head or ("\nkind: " in head and "\ncrumbs: " in head))


def _published(workspace: Workspace, name: str) -> Path:
    """Where a source is published."""
    path = workspace.public / name
    return path.with_suffix(".html") if path.suffix == ".md" else path


def _listed(workspace: Workspace) -> frozenset[str]:
    path = workspace.directory / LIST
    return frozenset(path.read_text(encoding="utf-8").splitlines()) if path.exists() else frozenset()


def _fault(path: Path, place: Path) -> tuple[str | None, int | None]:
    """Why a file cannot be a page at its place among the staged ones, with the line; None where it can."""
    if name_in_words(path.as_posix()) != path.as_posix():
        return NAME_RULE, None
    if path.suffix != ".md":
        return None, None
    data = path.read_bytes()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "a page must be UTF-8 text; this one is UTF-16", 1
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"a page must be UTF-8 text, got the byte 0x{data[error.start]:02x}", data[: error.start].count(
            b"\n"
        ) + 1
    if path.name == "README.md" and ((path.parent / INDEX).exists() or (place.parent / INDEX).exists()):
        return "README.md would become index.html, which is index.md's already: rename it", None
    return None, None
