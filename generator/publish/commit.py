"""How a finished build gets into place: written down first, then moved file by file, and finished after a crash.

``.nearpass/commit.json`` lists every step of a publication. Until it is there the site is the old one; once it is,
whoever works in the workspace next carries on, and the site becomes the new one. Each step can be repeated. New
pages come first, the front page and ``latest.json`` last: a reader never meets a link that leads nowhere.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from nearpass.archive.durable import canonical_json, make_folder, replace_durably, sha256_of, sync_file, sync_folder
from nearpass.publish.workspace import Workspace

JOURNAL: Final = "commit.json"
LAST: Final = ("live/latest.js", "manifest.json", "manifest.sha256", "index.html", "latest.json")
"""The files that make a new cycle the current one, in this order."""
Step = tuple[str, str, str | None, str | None]
"""Source and target below the workspace, hash before (None: not there) and after (None: a whole folder)."""


def rank(name: str) -> int:
    """Place in the order of publication: what is linked to before what links to it, the front page at the end."""
    if name in LAST:
        return 4 + LAST.index(name)
    if name.startswith("manifests/"):
        return 3
    return 0 if name.startswith(("assets/", "schema/")) else 1 if name.startswith("cycles/") else 2


def changed_files(staged: Path, place: Path) -> dict[str, tuple[str | None, str]]:
    """Staged files that differ from what is in place: name to hashes before and after, in the order of publication."""
    names = (path.relative_to(staged).as_posix() for path in staged.rglob("*") if path.is_file())
    found = {}
    for name in sorted(names, key=lambda name: (rank(name), name)):
        after = sha256_of((staged / name).read_bytes())
        before = _hash_in_place(place / name)
        if before != after:
            found[name] = (before, after)
    return found


def commit(
    workspace: Workspace,
    staged: Mapping[Path, Path],
    *,
    folders: Iterable[str] = (),
    remove: Iterable[str] = (),
    listed_before: Iterable[str] = (),
) -> None:
    """Put staged trees in place, all of it or, until the journal is written, nothing.

    Args:
        workspace: Where.
        staged: Each staged folder with the folder that it belongs over, the site at last.
        folders: Folders of new cycles; each is put in place by one rename.
        remove: Published files that are no longer made.
        listed_before: What ``published.txt`` names before these files.
    """
    directory = workspace.directory
    steps: list[Step] = []
    for source, place in staged.items():
        steps += _steps(source, place, folders, directory)
    listed = [*listed_before]
    files = [step for step in steps if step[3] is not None]
    public = f"{_relative(workspace.public, directory)}/"
    listed += [target.removeprefix(public) for _, target, _, _ in files if target.startswith(public)]
    (workspace.staging / "published.txt").write_text("".join(f"{name}\n" for name in listed), encoding="utf-8")
    _on_the_disk([*(directory / step[0] for step in files), workspace.staging / "published.txt"])
    journal = {"steps": steps, "remove": sorted(remove)}
    replace_durably(workspace.staging / JOURNAL, canonical_json(journal), staging=_scratch(workspace))
    _carry_out(workspace)


def finish(workspace: Workspace) -> None:
    """Carry out what an interrupted publication had written down; then nothing is staged any more."""
    _carry_out(workspace)
    shutil.rmtree(workspace.staging, ignore_errors=True)


def _carry_out(workspace: Workspace) -> None:
    journal = read_journal(workspace)
    if journal is None:
        return
    directory = workspace.directory
    touched = set()
    for source, target, _, _ in journal["steps"]:
        staged, place = directory / source, directory / target
        if staged.exists() and not (staged.is_dir() and place.exists()):
            make_folder(place.parent)
            staged.replace(place)
            touched.add(place.parent)
    for name in journal["remove"]:
        (workspace.public / name).unlink(missing_ok=True)
    listed = workspace.staging / "published.txt"
    if listed.exists():
        listed.replace(workspace.published)
    for folder in sorted(touched):
        sync_folder(folder)
    (workspace.staging / JOURNAL).unlink()


def last_published(workspace: Workspace) -> list[str]:
    """Names below ``public`` of the files that the last publication changed, in their order."""
    path = workspace.published
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def read_journal(workspace: Workspace) -> dict[str, Any] | None:
    """What an interrupted publication still has to do."""
    path = workspace.staging / JOURNAL
    return dict(json.loads(path.read_bytes())) if path.exists() else None


def _steps(source: Path, place: Path, folders: Iterable[str], directory: Path) -> list[Step]:
    """What a staged tree changes: what pages need, then new cycles whole, then the pages that link to them."""
    before: list[Step] = []
    after: list[Step] = []
    for name, (old, new) in changed_files(source, place).items():
        step = _relative(source / name, directory), _relative(place / name, directory), old, new
        (after if rank(name) else before).append(step)
    whole = [
        (_relative(source / folder, directory), _relative(place / folder, directory), None, None)
        for folder in folders
        if (source / folder).is_dir() and not (place / folder).exists()
    ]
    return [*before, *whole, *after]


def _hash_in_place(path: Path) -> str | None:
    try:
        return sha256_of(path.read_bytes())
    except FileNotFoundError:
        return None


def _on_the_disk(files: Iterable[Path]) -> None:
    """Power may fail after the journal is written: what it names must be there then."""
    paths = list(files)
    with ThreadPoolExecutor() as pool:  # waiting for the disk together costs little more than waiting once
        list(pool.map(sync_file, [*paths, *{path.parent for path in paths}]))


def _scratch(workspace: Workspace) -> Path:
    folder = workspace.staging / "scratch"
    folder.mkdir(exist_ok=True)
    return folder


def _relative(path: Path, directory: Path) -> str:
    return path.relative_to(directory).as_posix()
