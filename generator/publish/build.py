"""mkdocs run over staged sources: each warning and error is told with page and line, and costs one page at most."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config as load_mkdocs_config
from mkdocs.exceptions import MkDocsException

from nearpass.errors import PAGES, PublicationError, understood
from nearpass.publish.hand_written import tell
from nearpass.publish.stage import Progress
from nearpass.publish.workspace import Workspace
from nearpass.report.rendering import template_fault

SETTINGS: Final = "mkdocs.yml"
_PAGE: Final = re.compile(
    r"(?:Doc file|(?:reading|building) page|File not found:|Encoding error reading file:) '?([^':]+)'?"
)
_TARGET: Final = re.compile(r"link '([^']+)'")


class _Heard(logging.Handler):
    """What mkdocs says, instead of standard error."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the first line."""
        self.messages.append(record.getMessage().strip())


def build_pages(workspace: Workspace, docs: Path, built: Path, progress: Progress, own: Collection[str] = ()) -> None:
    """Run mkdocs in this process, again without each page of the publisher's that it warns of or fails on.

    Args:
        workspace: Whose settings and theme are used.
        docs: Staged sources; pages that are left out are removed from it.
        built: Where the pages go.
        progress: Shows what is going on.
        own: Names of the publisher's pages among the sources.

    Raises:
        PublicationError: if mkdocs cannot build the pages for another reason, with file and line where they are known.
    """
    advance = progress("building pages", sum(1 for _ in docs.rglob("*.md")))
    left = {name for name in own if name.endswith(".md")}
    while True:
        with _listening() as heard:
            error = _built(workspace, docs, built)
        faulty = {page: message for page, message in _attributed(heard.messages) if page in left}
        for page, message in faulty.items():
            tell(page, message, _line(docs / page, message))
            (docs / page).unlink()
        left -= faulty.keys()
        if faulty:
            continue
        if error is not None:
            raise _told(error, heard.messages, workspace)
        for message in heard.messages:
            if not any(f"'{name}'" in message for name in set(own) - left):  # of what is left out all is said
                logging.getLogger(PAGES).warning("%s", _one_line(message))
        break
    advance(sum(1 for _ in docs.rglob("*.md")))


@contextmanager
def _listening() -> Iterator[_Heard]:
    logger, heard = logging.getLogger("mkdocs"), _Heard()
    told, logger.propagate = logger.propagate, False
    logger.setLevel(logging.WARNING)
    logger.addHandler(heard)
    try:
        yield heard
    finally:
        logger.removeHandler(heard)
        logger.propagate = told


def _built(workspace: Workspace, docs: Path, built: Path) -> Exception | None:
    """Build; what went wrong, None if nothing did."""
    try:
        # mkdocs takes relative folders as relative to its own configuration file, so these are absolute.
        settings = load_mkdocs_config(
            str(workspace.directory / SETTINGS), docs_dir=str(docs.resolve()), site_dir=str(built.resolve())
        )
        mkdocs_build(settings)
    except Exception as error:  # noqa: BLE001  # themes, extensions and settings are the publisher's and may do anything
        return error
    return None


def _attributed(messages: Collection[str]) -> Iterator[tuple[str, str]]:
    """Messages that name a page, with it."""
    for message in messages:
        found = _PAGE.search(message)
        if found is not None:
            yield found[1], _one_line(message)


def _line(page: Path, message: str) -> int | None:
    """Where the link that a message names stands in its page."""
    found = _TARGET.search(message)
    if found is None:
        return None
    lines = page.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, start=1) if found[1] in line), None)


def _told(error: Exception, messages: Collection[str], workspace: Workspace) -> PublicationError:
    """What stopped mkdocs, with the file of the publisher's that it lies in."""
    template = template_fault(error)
    if template is not None:
        rule, file, line = template
        return PublicationError(
            f"the theme must be templates of Jinja: {rule}", file=_inside(file, workspace), line=line
        )
    said = "; ".join(_one_line(message) for message in messages)
    if isinstance(error, MkDocsException):
        words = str(error) if not said else f"{error}: {said}" if str(error) else said
        return PublicationError(f"mkdocs must build the pages: {_one_line(words)}", file=SETTINGS)
    fault = understood(error)
    return PublicationError(f"mkdocs must build the pages: {fault}" + (f" ({said})" if said else ""), file=SETTINGS)


def _inside(file: str | None, workspace: Workspace) -> str | None:
    if file is None:
        return None
    try:
        return Path(file).resolve().relative_to(workspace.directory.resolve()).as_posix()
    except ValueError:
        return file


def _one_line(text: str) -> str:
    return " ".join(text.split())
