"""From an archived record to the published site, at a cost that does not grow with the archive.

Only the new cycle's pages and the live pages are staged, built in-process by mkdocs, hashed, and put in place.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from nearpass.archive.archive import Archive, cycle_folder
from nearpass.archive.durable import sha256_of
from nearpass.archive.register import Registrar
from nearpass.publish.build import build_pages
from nearpass.publish.commit import commit, finish
from nearpass.publish.delivered import Deliveries
from nearpass.publish.hand_written import remember, spare, stage_hand_written
from nearpass.publish.index import open_index
from nearpass.publish.leak import check_leaks
from nearpass.publish.manifest import updated
from nearpass.publish.offline import write_archive
from nearpass.publish.register import NOTHING, AtHand, register_releases, stage_register
from nearpass.publish.stage import (
    Drawer,
    Progress,
    all_plots,
    month_of,
    place_pictures,
    stage_cycle,
    stage_live,
    stage_permalinks,
)
from nearpass.publish.workspace import Workspace
from nearpass.record.record import CycleRecord
from nearpass.release.reduction import reduced


def publish(
    workspace: Workspace,
    record: CycleRecord,
    *,
    jobs: int,
    progress: Progress,
    registrar: Registrar,
    drawer: Drawer | None = None,
    deliveries: Deliveries | None = None,
) -> Path:
    """Render, build and put in place one cycle and the live pages.

    Args:
        workspace: Where the site lies, and which edition it is.
        record: The cycle, as it is stored in the archive.
        jobs: Processes that draw plots.
        progress: Shows what is going on.
        registrar: Who tells the register of the release, before anything of it is in place.
        drawer: Knows the plots that other editions of the cycle share; a new one by default.
        deliveries: The delivered files that the leak search reads; read for this edition alone by default.

    Returns:
        The front page.

    Raises:
        PublicationError: if mkdocs cannot build the pages; nothing in place was changed.
        LeakError: if a file holds what the edition must not; nothing in place was changed.
    """
    finish(workspace)
    archive, full = workspace.archived, record
    record = reduced(full, workspace.edition) if workspace.edition else full
    docs, built = fresh_staging(workspace, "publication")
    latest_id = archive.latest_id() or record.cycle_id
    latest = record if latest_id == record.cycle_id else archive.load(latest_id)
    superseded = archive.manifest(record.cycle_id)["supersedes"]
    plots = all_plots(record)
    pictures = (drawer or Drawer(jobs=jobs, progress=progress)).draw(plots)  # drawn while the pages are made
    stage_cycle(docs, record, plots)
    with open_index(workspace.index, archive, at_hand=record) as index:
        if latest is not record:
            stage_permalinks(docs, record, index)
        stage_live(docs, archive, index, latest, {month_of(found) for found in (record.cycle_id, superseded) if found})
        stage_register(workspace, docs, index.marked(latest), full if latest is record else None)
    own = stage_hand_written(workspace, docs)
    build_pages(workspace, docs, built, progress, own.staged)
    place_pictures((docs, built), record.cycle_id, pictures)
    write_archive(built, record.cycle_id)
    check_leaks(workspace, built, full, plots=plots, deliveries=deliveries)
    spare(docs, own)
    remember(workspace, own)
    at_hand = {record.cycle_id: (full, record)}
    put_in_place(workspace, docs, built, archive, [record.cycle_id], registrar, at_hand=at_hand)
    finish(workspace)
    return workspace.public / "index.html"


def unpublished(workspace: Workspace) -> list[str]:
    """Cycles that an interrupted run archived but did not publish, in the order in which they were archived.

    Publication follows the chain, so the search ends at the first published cycle, usually the head.
    """
    archive = workspace.archived
    found: list[str] = []
    link = archive.head()
    while link is not None and not (workspace.public / cycle_folder(link["cycle_id"])).is_dir():
        if archive.includes(link["cycle_id"]):
            found.append(link["cycle_id"])
        link = archive.manifest(link["cycle_id"])["previous"]
    return found[::-1]


def newest_published(workspace: Workspace) -> str | None:
    """The newest cycle by its data that the site has; None where it has none."""
    archive = workspace.archived
    found = archive.cycle_ids(newest_first=True)
    return next((cycle_id for cycle_id in found if (workspace.public / cycle_folder(cycle_id)).is_dir()), None)


def fresh_staging(workspace: Workspace, name: str) -> tuple[Path, Path]:
    """Two folders that do not exist or are empty: for sources and for what mkdocs makes of them."""
    home = workspace.staging / name
    shutil.rmtree(home, ignore_errors=True)
    docs = home / "docs"
    docs.mkdir(parents=True)
    return docs, home / "public"


def put_in_place(
    workspace: Workspace,
    docs: Path,
    built: Path,
    archive: Archive,
    cycles: Sequence[str],
    registrar: Registrar,
    *,
    listed_before: Sequence[str] = (),
    at_hand: AtHand = NOTHING,
) -> None:
    """Add the manifests to a finished build and put it in place.

    Args:
        workspace: Where.
        docs: Sources of the pages.
        built: The pages.
        archive: The archive that they were made from.
        cycles: The cycles that are in it with all their files.
        registrar: Who tells the register of them.
        listed_before: What ``published.txt`` names before these files.
        at_hand: Cycles that are read already, as :func:`register_releases` takes them.
    """
    folders = {cycle_folder(cycle_id): archive.folder(cycle_id) for cycle_id in cycles}
    archived = {folder: sha256_of((path / "manifest.json").read_bytes()) for folder, path in folders.items()}
    hashes = {
        path.relative_to(built).as_posix(): sha256_of(path.read_bytes()) for path in built.rglob("*") if path.is_file()
    }
    manifests = updated(workspace.public, hashes, archived)
    for name, text in manifests.items():
        (built / name).parent.mkdir(parents=True, exist_ok=True)
        (built / name).write_bytes(text)
    told = {cycle_id: manifests[f"{cycle_folder(cycle_id)}/manifest.json"] for cycle_id in cycles}
    register_releases(workspace, told, registrar, at_hand)
    commit(
        workspace, {docs: workspace.docs, built: workspace.public}, folders=folders,
        remove=[name for folder in folders for name in _no_longer_made(workspace.public, built, folder)],
        listed_before=listed_before,
    )  # fmt: skip


def _no_longer_made(public: Path, built: Path, folder: str) -> list[str]:
    """Published files of a cycle that its new rendering does not have."""
    in_place = (path.relative_to(public).as_posix() for path in (public / folder).rglob("*") if path.is_file())
    return [name for name in in_place if not (built / name).exists()]
