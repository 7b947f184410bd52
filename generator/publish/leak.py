"""The leak test: every file of a built edition is searched for what the edition must not hold, before it is served.

What is searched for comes from the delivered files, the stored facts and the release lists, read apart from the rules
that made the edition (:mod:`nearpass.publish.expected`); this module only brings the two together.
"""

from __future__ import annotations

import base64
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final, Protocol

import nearpass
from nearpass.archive.archive import Archive
from nearpass.errors import LeakError
from nearpass.publish.delivered import Deliveries
from nearpass.publish.expected import Expected, expected, plain_text
from nearpass.publish.hand_written import theirs
from nearpass.publish.index import open_index
from nearpass.publish.naming import words_of_pages
from nearpass.publish.search import Leak, leaks_in, unpacked
from nearpass.publish.withheld import Words
from nearpass.publish.workspace import Workspace
from nearpass.record.record import SCHEMA, ChangeRecord, CycleRecord, DormantEvent
from nearpass.report.plots import Plot
from nearpass.report.site_hooks import ASSETS
from nearpass.report.wording import said
from nearpass.report.wording.acting import clauses
from nearpass.resources import resource

WORDS: Final = Words(said=said, acts=clauses)


def _any(_name: str) -> bool:
    return True


def check_leaks(
    workspace: Workspace,
    built: Path,
    full: CycleRecord,
    of_it: Callable[[str], bool] = _any,
    plots: Sequence[Plot] = (),
    deliveries: Deliveries | None = None,
) -> None:
    """Search a built edition before it is put in place.

    Args:
        workspace: Of which edition.
        built: Its files.
        full: The archived record that they were made from.
        of_it: Which files, by their path, were made from it, where others were built beside them. What one cycle had to
            withhold, as a note that named an event not yet listed, a later one may tell.
        plots: What its pictures were drawn from.
        deliveries: The delivered files, where other editions are searched for them as well.

    Raises:
        LeakError: naming the edition, the file and the line: those of what the publisher wrote, where it stands there.
            It never repeats what was found, since it goes on into logs and mails.
    """
    sought = sought_in(deliveries or delivered_by(Archive(workspace.archive)), full, workspace)
    found = next(_all_leaks(workspace, built, sought, of_it, plots), None)
    if found is not None:
        raise _leak(next(leaks_in(_written(workspace), sought), found), workspace)


def _written(workspace: Workspace) -> Iterator[tuple[str, bytes]]:
    """The publisher's own pages, theme and settings of the site, each text with its name."""
    home = workspace.directory
    paths = [workspace.hand_written / name for name in theirs(workspace)]
    paths += [*sorted((home / "theme").rglob("*")), home / "mkdocs.yml"]
    for path in paths:
        if path.is_file():
            yield from unpacked(path.relative_to(home).as_posix(), path.read_bytes())


def _all_leaks(
    workspace: Workspace, built: Path, sought: Expected, of_it: Callable[[str], bool], plots: Sequence[Plot]
) -> Iterator[Leak]:
    own = _programs_own(workspace, built)
    files = _files(built, of_it) if sought.words or sought.cased or sought.rows.withheld else iter(())
    texts = ((name, data) for name, data in files if _inside(name) not in own)
    yield from leaks_in(texts, sought, {f"plots/{plot.name}.svg": plot.drawing for plot in plots})


class TextSearch(Protocol):
    """Searches a text by its name, and what pictures in it were drawn from."""

    def __call__(self, name: str, text: str, plots: Sequence[Plot] = ()) -> None:
        """Search a text.

        Raises:
            LeakError: if the text holds what the edition must not.
        """


def text_search(workspace: Workspace, full: CycleRecord) -> TextSearch:
    """A search like the site's for texts that leave by another way, such as messages.

    Args:
        workspace: Of which edition.
        full: The archived record that the texts are made from.
    """
    sought = sought_in(delivered_by(Archive(workspace.archive)), full, workspace)

    def search(name: str, text: str, plots: Sequence[Plot] = ()) -> None:
        drawings = {f"plots/{plot.name}.svg": plot.drawing for plot in plots}
        found = next(leaks_in([(name, text.encode())], sought, drawings), None)
        if found is not None:
            raise _leak(found, workspace)

    return search


def _leak(found: Leak, workspace: Workspace) -> LeakError:
    rule = f"an edition must not hold what is withheld from it: {found}"
    return LeakError(rule, value=workspace.edition.id if workspace.edition else None)


def sought_in(deliveries: Deliveries, full: CycleRecord, site: Workspace) -> Expected:
    """What the edition of a site must not hold of a cycle."""
    if site.edition is None or site.edition.everything:
        return Expected(words=_tokens(site))
    told = _told_before(site, full)
    found = expected(
        full, site.edition, WORDS, deliveries=deliveries, vocabulary=vocabulary(),
        common=plain_text(words_of_pages()), told_before=told,
    )  # fmt: skip
    found.words.update(_tokens(site))
    return found


def delivered_by(archive: Archive) -> Deliveries:
    """Delivered files of an archive."""
    return Deliveries(lambda sha256: archive.read_input(sha256) if archive.input_path(sha256).exists() else None)


def _told_before(workspace: Workspace, record: CycleRecord) -> frozenset[str]:
    """What left the list with an object that this cycle no longer has: no secret where the edition told of it before.

    The record does not say what that object's marking was; earlier pages, as the edition may show them today, do.
    """
    objects = {item.id for item in record.objects}
    changes: tuple[ChangeRecord | DormantEvent, ...] = (*record.changes, *record.dormant)
    left = [entry for entry in changes if not {entry.primary, entry.secondary} <= objects]
    if not left:
        return frozenset()
    gone = {name for entry in left for name in (entry.primary, entry.secondary)} - objects
    with open_index(workspace.index, workspace.archived) as index:
        events = {entry.event_id for entry in left if index.has_event(entry.event_id, entry.tca)}
        return frozenset(events | {name for name in gone if index.has_object(name)})


def _tokens(workspace: Workspace) -> dict[str, str]:
    """What opens the sources of the configuration: the credentials that it names, plain and as a header holds them."""
    if not workspace.config.exists():
        return {}
    named = tomllib.loads(workspace.config.read_text(encoding="utf-8")).get("fetch", {}).get("credentials", {})
    found: dict[str, str] = {}
    for host, place in named.items():
        path = workspace.directory / place.removeprefix("file:")
        value = os.environ.get(place) if not place.startswith("file:") else path.read_text() if path.exists() else None
        for text in (value or "").strip(), *(value or "").strip().split(":", maxsplit=1):
            if len(text) >= 6:
                header = base64.b64encode(text.encode()).decode()
                found |= dict.fromkeys((plain_text(text), plain_text(header)), f"the credentials of {host}")
    return found


def _inside(name: str) -> str:
    """The name of a page within a packed copy of the site; the name itself outside of one."""
    return name.split(".zip/", maxsplit=1)[1].partition("/")[2] if ".zip/" in name else name


def _files(built: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """The wanted files with their names, those inside compressed ones too."""
    for path in sorted(path for path in built.rglob("*") if path.is_file()):
        name = path.relative_to(built).as_posix()
        if wanted(name):
            yield from unpacked(name, path.read_bytes())


@cache
def vocabulary() -> str:
    """The words of the program: its sources, with their strings joined, and its templates."""
    package = Path(nearpass.__file__).parent
    sources = [path.read_text(encoding="utf-8") for path in sorted(package.rglob("*.py"))]
    templates = [path.read_text(encoding="utf-8") for path in sorted(resource("templates").rglob("*.j2"))]
    return plain_text(re.sub(r'"\s*\n\s*f?"', "", "\n".join([*sources, *templates])))


def _programs_own(workspace: Workspace, built: Path) -> set[str]:
    """Files that travel with the program, the same in every site: its pages, unless replaced, its theme, its schema."""
    pages = resource("site")
    own = {
        path.relative_to(pages).with_suffix(".html" if path.suffix == ".md" else path.suffix).as_posix()
        for path in pages.rglob("*")
        if path.is_file() and not (workspace.hand_written / path.relative_to(pages)).exists()
    }
    assets = {path.relative_to(built).as_posix() for path in (built / ASSETS).rglob("*")}
    return own | assets | {f"schema/cycle-{number}.json" for number in range(1, SCHEMA + 1)}
