"""Old cycles without their pictures: these stay in the zip of each cycle, and its pages say so where each one stood.

Every address of a page, table and message answers as before, what pages tell in words and numbers is the same, and the
zip is not touched. ``nearpass rebuild`` with a longer time, or none, makes the pictures again from the archive.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path
from typing import Final

from nearpass.archive.archive import cycle_folder
from nearpass.archive.register import Registrar
from nearpass.astro.epochs import DAY_S
from nearpass.publish.commit import finish
from nearpass.publish.index import open_index
from nearpass.publish.site import fresh_staging, put_in_place
from nearpass.publish.stage import Progress
from nearpass.publish.workspace import Workspace
from nearpass.record.cycle_id import CycleId
from nearpass.report.pages import zip_name

_FIGURE: Final = re.compile(
    r'<figure class="plot[^>]*>\s*<a class="zoom" href="(?P<folder>[^"]*?)plots/[^"]*".*?\balt="(?P<alt>[^"]*)"'
    r".*?</figure>",
    re.DOTALL,
)
"""A picture as ``templates/page/parts.md.j2`` writes it."""
_PAGES: Final = (".md", ".html")


def thin(workspace: Workspace, *, progress: Progress, registrar: Registrar) -> list[str]:
    """Leave out the pictures of cycles that became old since the last time.

    Args:
        workspace: Where the site lies, and the settings that say when a cycle is old.
        progress: Shows what is going on.
        registrar: Who tells the register of what is released otherwise than before.

    Returns:
        Ids of the cycles that were thinned now.
    """
    limit = old_before(workspace)
    if limit is None:
        return []
    old = (found for found in workspace.archived.cycle_ids(newest_first=True) if found < limit)
    # Cycles are thinned in the order of time, so that what lies before a thin one is thin as well.
    due = [*takewhile(lambda found: (workspace.public / cycle_folder(found) / "plots").exists(), old)][::-1]
    advance = progress("leaving out old pictures", len(due)) if due else None
    for cycle_id in due:
        _thin_one(workspace, cycle_id, registrar)
        if advance is not None:
            advance(1)
    return due


def old_before(workspace: Workspace) -> str | None:
    """The id from which on cycles keep their pictures; None where all do."""
    days = workspace.settings.site.pictures_days if workspace.settings else None
    newest = workspace.archived.latest_id()
    return CycleId.of(CycleId(newest).cutoff + -days * DAY_S) if days is not None and newest is not None else None


def leave_out(home: Path, cycle_id: str, following: Iterable[str]) -> None:
    """Take a cycle's pictures out of a tree of pages, or of their sources.

    Args:
        home: The tree.
        cycle_id: The cycle.
        following: Pages outside of its folder that show its pictures, by name without suffix.
    """
    folder = home / cycle_folder(cycle_id)
    shutil.rmtree(folder / "plots", ignore_errors=True)
    within = [path for path in folder.rglob("*") if path.suffix in _PAGES]
    outside = [path for name in following for suffix in _PAGES if (path := home / f"{name}{suffix}").exists()]
    for path in (*within, *outside):
        text = path.read_text(encoding="utf-8")
        thinned = without_pictures(text, cycle_id)
        if thinned != text:
            path.write_text(thinned, encoding="utf-8", newline="")


def without_pictures(text: str, cycle_id: str) -> str:
    """A page with a sentence in the place of each picture of a cycle: what it shows, and where it lies."""
    folder = f"{cycle_folder(cycle_id)}/"

    def replaced(found: re.Match[str]) -> str:
        home = found["folder"]
        if "cycles/" in home and not home.endswith(folder):
            return found[0]  # a page that follows an event shows the pictures of a newer cycle
        where = f'<a href="{home}{zip_name(cycle_id)}" download>in the zip of this cycle</a>'
        return f'<p class="left-out">{found["alt"]} The picture lies {where}.</p>'

    return _FIGURE.sub(replaced, text)


def _thin_one(workspace: Workspace, cycle_id: str, registrar: Registrar) -> None:
    finish(workspace)
    archive, folder = workspace.archived, cycle_folder(cycle_id)
    docs, built = fresh_staging(workspace, "thinning")
    with open_index(workspace.index, archive) as index:
        events, objects = index.follows(archive.load(cycle_id))
    following = [*(f"events/{name}" for name in sorted(events)), *(f"objects/{name}" for name in sorted(objects))]
    for home, place in ((workspace.docs, docs), (workspace.public, built)):
        shutil.copytree(home / folder, place / folder, ignore=shutil.ignore_patterns("plots", "manifest.json"))
        for page in (f"{name}{suffix}" for name in following for suffix in _PAGES):
            if (home / page).exists():
                (place / page).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(home / page, place / page)
        leave_out(place, cycle_id, following)
    put_in_place(workspace, docs, built, archive, [cycle_id], registrar)
    forget_pictures(workspace, [cycle_id])
    finish(workspace)


def forget_pictures(workspace: Workspace, cycles: Iterable[str]) -> None:
    """Remove what is left of the pictures of thinned cycles: those of the sources, and an empty folder."""
    for folder in map(cycle_folder, cycles):
        shutil.rmtree(workspace.docs / folder / "plots", ignore_errors=True)
        shutil.rmtree(workspace.public / folder / "plots", ignore_errors=True)
