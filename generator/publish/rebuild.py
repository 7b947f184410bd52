"""The whole site again from the archived records, in parallel; the same records give the same bytes."""

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

from nearpass.archive.archive import Archive, cycle_folder
from nearpass.archive.register import Registrar
from nearpass.errors import ArchiveError
from nearpass.publish.build import build_pages
from nearpass.publish.commit import finish, last_published
from nearpass.publish.hand_written import PAGES, remember, spare, stage_hand_written
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
from nearpass.publish.workspace import Workspace
from nearpass.record.record import CycleRecord
from nearpass.report.plots import Plot
from nearpass.report.rendering import edition_line
from nearpass.report.site_hooks import FRONT_PAGE

BATCH: Final = 20
"""Cycles built together: what mkdocs does once a build is then small beside what it does for each page."""


def rebuild(workspace: Workspace, *, jobs: int, progress: Progress, registrar: Registrar) -> Path:
    """Render every archived cycle and all live pages again.

    Files whose bytes are the same stay untouched, so the list of what was published is empty after a rebuild by the
    same program.

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
    ids = list(archive.cycle_ids())
    if not ids:
        raise ArchiveError("the archive must hold a cycle; make one with nearpass run", file=str(workspace.archive))
    with open_index(workspace.index, archive, again=True) as index:
        months = index.months()
    forget_damaged(workspace.public)
    changed: list[str] = []
    limit = old_before(workspace)
    advance = progress("rendering cycles", len(ids))
    for number, batch in enumerate(_rendered(workspace, ids, jobs)):
        home = workspace.staging / f"batch-{number}"
        put_in_place(workspace, home / "docs", home / "public", archive, batch, registrar)
        forget_pictures(workspace, [cycle_id for cycle_id in batch if limit is not None and cycle_id < limit])
        for cycle_id in batch:
            share_cycle([workspace], cycle_id, None)
        shutil.rmtree(home)
        changed += last_published(workspace)
        advance(len(batch))
    docs, built = fresh_staging(workspace, "live")
    with open_index(workspace.index, archive) as index:
        stage_live(docs, archive, index, archive.load(ids[-1]), months)
    stage_register(workspace, docs, archive.load(ids[-1]))
    own = stage_hand_written(workspace, docs)
    build_pages(workspace, docs, built, progress, own.staged)
    full = Archive(workspace.archive)
    check_leaks(workspace, built, full.load(ids[-1]))
    spare(docs, own)
    remember(workspace, own)
    put_in_place(workspace, docs, built, archive, (), registrar, listed_before=changed)
    finish(workspace)
    return workspace.public / "index.html"


def _rendered(workspace: Workspace, ids: Sequence[str], jobs: int) -> Iterator[Sequence[str]]:
    """Cycles of one batch after the other, each staged and built in ``batch-N``, in order."""
    size = max(1, min(BATCH, -(-len(ids) // jobs)))
    batches = [ids[first : first + size] for first in range(0, len(ids), size)]
    render = partial(_render, workspace)
    if jobs == 1 or len(batches) == 1:
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
