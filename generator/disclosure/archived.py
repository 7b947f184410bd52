"""Cycles of the archive as decoys are tested in them: records with the trajectories that they were screened from."""

from __future__ import annotations

from pathlib import Path

from nearpass.archive.archive import Archive
from nearpass.cycle.rescreen import reread
from nearpass.disclosure.editions import Cycle
from nearpass.ingest import source_of
from nearpass.record.record import CycleRecord


def archived_cycle(archive: Archive, record: CycleRecord, workspace: Path) -> Cycle:
    """A cycle with its trajectories, read again from the stored deliveries.

    Args:
        archive: The full archive.
        record: The full record of the cycle.
        workspace: Folder that kernels of the configuration are relative to.

    Raises:
        ArchiveError: if one of its inputs is not there.
    """
    config, setting, ingested = reread(archive, record, workspace)
    usable = {result.object_id: result for result in ingested if result.trajectory is not None}
    return Cycle(
        record=record,
        trajectories={key: result.trajectory for key, result in usable.items() if result.trajectory is not None},
        sources={item.id: source_of(item, usable[item.id]) for item in config.objects if item.id in usable},
        rules=config.alert_rules,
        body=setting.body,
    )
