"""The whole site again from the archived records, in parallel; the same records give the same bytes.

One that is cut off goes on where it was: after each batch a note says which cycles are in place, and what they were
made from. A later rebuild takes these as made if nothing of that has changed and their files are as they were then.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

import nearpass
from nearpass.archive.archive import Archive, cycle_folder
from nearpass.archive.durable import canonical_json, make_folder, replace_durably, sha256_of
from nearpass.archive.register import Registrar
from nearpass.errors import PAGES
from nearpass.publish import manifest
from nearpass.publish.build import build_pages
from nearpass.publish.commit import finish, last_published
from nearpass.publish.hand_written import remember, spare, stage_hand_written, theirs
from nearpass.publish.index import open_index
from nearpass.publish.leak import check_leaks
from nearpass.publish.manifest import forget_damaged
from nearpass.publish.offline import write_archive
from nearpass.publish.register import stage_register
from nearpass.publish.sharing import share_cycle
from nearpass.publish.site import fresh_staging, put_in_place
from nearpass.publish.stage import (
    Drawer,
    Progress,
    all_plots,
    place_pictures,
    stage_cycle,
    stage_live,
    stage_permalinks,
    write_texts,
)
from nearpass.publish.thinning import forget_pictures, leave_out, old_before
from nearpass.publish.workspace import PROTECTION, Workspace
from nearpass.record.record import CycleRecord
from nearpass.report.plots import Plot
from nearpass.report.rendering import edition_line
from nearpass.report.site_hooks import FRONT_PAGE
from nearpass.resources import resource

BATCH: Final = 20
"""Cycles built together: what mkdocs does once a build is then small beside what it does for each page."""


def rebuild(workspace: Workspace, *, jobs: int, progress: Progress, registrar: Registrar) -> Path:
    """Render every archived cycle and all live pages again.

    Files whose bytes are the same stay untouched, so the list of what was published is empty after a rebuild by the
    same program. After one that was cut off only the cycles that it did not reach are rendered.

    Args:
        workspace: Where the site lies.
        jobs: Processes.
        progress: Shows what is going on.
        registrar: Who tells the register of what is released otherwise than before.

    Returns:
        The front page.

    Raises:
        ArchiveError: if the archive holds no cycle.
        PublicationError: if mkdocs cannot build the pages.
    """
    finish(workspace)
    archive = workspace.archived
    archive.newest_id()  # there must be one
    ids = list(archive.cycle_ids())
    with open_index(workspace.index, archive, again=True) as index:
        months = index.months()
    forget_damaged(workspace.public)
    limit = old_before(workspace)
    advance = progress("rendering cycles", len(ids))
    made_from = _made_from(workspace)
    done, changed = _in_place(workspace, made_from)
    advance(len(done))
    for number, batch in enumerate(_rendered(workspace, [found for found in ids if found not in done], jobs)):
        home = workspace.staging / f"batch-{number}"
        put_in_place(workspace, home / "docs", home / "public", archive, batch, registrar)
        forget_pictures(workspace, [cycle_id for cycle_id in batch if limit is not None and cycle_id < limit])
        for cycle_id in batch:
            share_cycle([workspace], cycle_id, None)
        shutil.rmtree(home)
        changed += last_published(workspace)
        done |= {cycle_id: _manifest_hash(workspace, cycle_id) for cycle_id in batch}
        _note(workspace, made_from, done, changed)
        advance(len(batch))
    docs, built = fresh_staging(workspace, "live")
    with open_index(workspace.index, archive) as index:
        stage_live(docs, archive, index, newest := archive.load(ids[-1]), months)
        stage_register(workspace, docs, index.marked(newest))
    own = stage_hand_written(workspace, docs)
    build_pages(workspace, docs, built, progress, own.staged)
    full = Archive(workspace.archive)
    check_leaks(workspace, built, full.load(ids[-1]))
    spare(docs, own)
    remember(workspace, own)
    put_in_place(workspace, docs, built, archive, (), registrar, listed_before=changed)
    workspace.rebuilding.unlink(missing_ok=True)
    finish(workspace)
    return workspace.public / "index.html"


def _made_from(workspace: Workspace) -> str:
    """A hash of all that pages of cycles are made from: program, archive, settings, what the publisher wrote."""
    program, templates, own = Path(nearpass.__file__).parent, resource("templates"), workspace.directory
    written = [workspace.config, own / "mkdocs.yml", own / PROTECTION, *(own / "theme").rglob("*")]
    written += [workspace.hand_written / name for name in theirs(workspace)]
    of_files = {  # by its place in its home: a workspace or a program that was moved is the same
        f"{number} {path.relative_to(home).as_posix()}": sha256_of(path.read_bytes())
        for number, (home, files) in enumerate(
            ((program, program.rglob("*")), (templates, templates.rglob("*")), (own, written))
        )
        for path in files
        if path.is_file() and path.suffix != ".pyc"
    }
    return sha256_of(canonical_json({"files": of_files, "head": workspace.archived.head()}))


def _in_place(workspace: Workspace, made_from: str) -> tuple[dict[str, str], list[str]]:
    """Cycles that a rebuild had put in place when it was cut off, by their manifests' hashes; files that it changed."""
    try:
        note = json.loads(workspace.rebuilding.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}, []
    if note["made_from"] != made_from:
        return {}, []
    done = {cycle_id: sha256 for cycle_id, sha256 in note["cycles"].items() if _is_intact(workspace, cycle_id, sha256)}
    return done, note["changed"]


def _is_intact(workspace: Workspace, cycle_id: str, sha256: str) -> bool:
    name = f"{cycle_folder(cycle_id)}/manifest.json"
    if _manifest_hash(workspace, cycle_id) != sha256:
        return False
    listed = manifest.read(workspace.public, name)
    paths = {file: workspace.public / file for file in listed}
    return all(path.is_file() and sha256_of(path.read_bytes()) == listed[file] for file, path in paths.items())


def _manifest_hash(workspace: Workspace, cycle_id: str) -> str:
    path = workspace.public / cycle_folder(cycle_id) / "manifest.json"
    return sha256_of(path.read_bytes()) if path.exists() else ""


def _note(workspace: Workspace, made_from: str, done: Mapping[str, str], changed: Sequence[str]) -> None:
    note = {"made_from": made_from, "cycles": dict(done), "changed": list(changed)}
    make_folder(workspace.staging, private=True)
    replace_durably(workspace.rebuilding, canonical_json(note), staging=workspace.staging, private=True)


def _rendered(workspace: Workspace, ids: Sequence[str], jobs: int) -> Iterator[Sequence[str]]:
    """Cycles of one batch after the other, each staged and built in ``batch-N``, in order."""
    size = max(1, min(BATCH, -(-len(ids) // jobs)))
    batches = [ids[first : first + size] for first in range(0, len(ids), size)]
    render = partial(_render, workspace)
    if jobs == 1 or len(batches) <= 1:
        yield from map(render, range(len(batches)), batches)
        return
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    with ProcessPoolExecutor(min(jobs, len(batches)), mp_context=multiprocessing.get_context(method)) as pool:
        yield from pool.map(render, range(len(batches)), batches)


def _render(workspace: Workspace, number: int, batch: Sequence[str]) -> Sequence[str]:
    archive = workspace.archived
    docs, built = fresh_staging(workspace, f"batch-{number}")
    following: dict[str, tuple[frozenset[str], list[Plot]]] = {}
    with open_index(workspace.index, archive) as index:
        for cycle_id in batch:
            record = archive.load(cycle_id)
            plots = all_plots(record)
            stage_cycle(docs, record, plots)
            place_pictures((docs,), cycle_id, Drawer(jobs=1, progress=_silent).draw(plots))
            following[cycle_id] = stage_permalinks(docs, record, index), plots
    logging.getLogger(PAGES).disabled = True  # each batch would say again what is said once in the end
    own = stage_hand_written(workspace, docs)
    # mkdocs.yml names the front page, and hand-written pages have its banner
    write_texts(docs, {FRONT_PAGE: _placeholder(archive.load(archive.latest_id() or batch[-1]))})
    build_pages(workspace, docs, built, _silent, own.staged)
    logging.getLogger(PAGES).disabled = False
    spare(docs, own)
    for cycle_id in batch:
        write_archive(built, cycle_id)
    _check_each(workspace, built, following)
    limit = old_before(workspace)
    for cycle_id, (pages, _) in following.items():
        if limit is not None and cycle_id < limit:
            for home in (docs, built):
                leave_out(home, cycle_id, [page.removesuffix(".html") for page in pages])
    for folder, name in ((docs, FRONT_PAGE), (built, "index.html")):
        (folder / name).unlink()
    return batch


def _check_each(
    workspace: Workspace, built: Path, following: Mapping[str, tuple[frozenset[str], Sequence[Plot]]]
) -> None:
    """Search what was made from each cycle for what that one withholds, and the rest as of the newest.

    ``following`` are, by cycle, the pages outside its folder that were made from it, and what its pictures show.
    """
    full = Archive(workspace.archive)
    folders = {cycle_id: f"{cycle_folder(cycle_id)}/" for cycle_id in following}
    for cycle_id, (pages, drawn) in following.items():
        is_of = partial(_is_of, folders=(folders[cycle_id],), pages=pages)
        check_leaks(workspace, built, full.load(cycle_id), is_of, drawn)
    every, newest = frozenset().union(*(pages for pages, _ in following.values())), workspace.archived.latest_id()
    if newest is not None:
        is_of = partial(_is_of, folders=tuple(folders.values()), pages=every)
        check_leaks(workspace, built, full.load(newest), lambda name: not is_of(name))


def _is_of(name: str, folders: tuple[str, ...], pages: frozenset[str]) -> bool:
    return name.startswith(folders) or name in pages


def _placeholder(newest: CycleRecord) -> str:
    banner = {"title": "placeholder", "notice": newest.notice, "edition": edition_line(newest)}
    return "".join(["---\n", *(f"{name}: {json.dumps(value)}\n" for name, value in banner.items()), "---\n"])


def _silent(_: str, __: int) -> Callable[[int], None]:
    """Progress that nobody sees: a worker has no terminal."""
    return lambda _: None
