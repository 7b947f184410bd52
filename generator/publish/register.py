"""The register on the site: in editions that may see it, as far as they may; and what a run adds to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from nearpass.archive.archive import Archive, cycle_folder
from nearpass.archive.register import Register, decided, received, released
from nearpass.publish.stage import write_texts
from nearpass.publish.workspace import Workspace
from nearpass.record.record import CycleRecord
from nearpass.report import register_views
from nearpass.report.pages import register_page

RECENT: Final = 500


def stage_register(workspace: Workspace, docs: Path, latest: CycleRecord) -> None:
    """Write the sources of the register's page, as of the runs before this one.

    Args:
        workspace: Of which edition.
        docs: Where to.
        latest: The newest cycle as the edition holds it.
    """
    edition = workspace.edition
    if edition is None or not edition.register:
        return
    archive = Archive(workspace.archive)
    known = Register(archive).entries(most=RECENT)
    entries = register_views.visible(known, archive.load(latest.cycle_id), edition)
    write_texts(docs / "register", {
        "index.md": register_page(latest, entries),
        "register.csv": register_views.register_csv(entries),
        "register.json": register_views.register_json(latest, entries),
    })  # fmt: skip


def register_run(sites: Sequence[Workspace], record: CycleRecord, previous: CycleRecord | None, at_utc: str) -> None:
    """Add what a run received, and what it released in which edition.

    Args:
        sites: The editions.
        record: The full record of the cycle.
        previous: That of the cycle before.
        at_utc: When.
    """
    entries = received(record, previous, at_utc)
    for site in sites:
        manifest = site.public / cycle_folder(record.cycle_id) / "manifest.json"
        if site.edition is not None and manifest.exists():
            entries += decided(record, site.edition, at_utc)
            entries.append(released(record, site.edition, manifest.read_bytes(), at_utc))
    Register(Archive(sites[0].archive)).append(entries)
