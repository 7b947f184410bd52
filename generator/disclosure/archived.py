"""Cycles as decoys are tested in them: records with the trajectories that they were screened from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nearpass.archive.archive import Archive
from nearpass.config import Config
from nearpass.cycle.rescreen import reread
from nearpass.disclosure.editions import Cycle
from nearpass.ingest import Ingested, source_of
from nearpass.record.record import CycleRecord


class Flown:
    """Cycles with their trajectories, each read from the archive at most once while a command lasts."""

    def __init__(self) -> None:
        self._known: dict[str, Cycle] = {}
        self._made: dict[str, Cycle] = {}

    def add(self, record: CycleRecord, config: Config, ingested: Sequence[Ingested]) -> None:
        """Know a cycle by what it was just made from, until the next one is made or cycles are asked for.

        Args:
            record: Its full record.
            config: Its configuration.
            ingested: What was read.
        """
        self._made = {record.cycle_id: _cycle(record, config, ingested)}

    def cycles(self, archive: Archive, cycle_ids: Sequence[str], workspace: Path) -> list[Cycle]:
        """Cycles in the given order; others are forgotten.

        Args:
            archive: The full archive.
            cycle_ids: Which.
            workspace: Folder that kernels of the configuration are relative to.

        Raises:
            ArchiveError: if an input of one that must be read is not there.
        """
        known = self._known | self._made
        self._known = {name: known.get(name) or archived_cycle(archive, name, workspace) for name in cycle_ids}
        return list(self._known.values())


def archived_cycle(archive: Archive, cycle_id: str, workspace: Path) -> Cycle:
    """A cycle with its trajectories, read again from the stored deliveries.

    Args:
        archive: The full archive.
        cycle_id: The cycle.
        workspace: Folder that kernels of the configuration are relative to.

    Raises:
        ArchiveError: if one of its inputs is not there.
    """
    record = archive.load(cycle_id)
    config, _, ingested = reread(archive, record, workspace)
    return _cycle(record, config, ingested)


def _cycle(record: CycleRecord, config: Config, ingested: Sequence[Ingested]) -> Cycle:
    usable = {result.object_id: result for result in ingested if result.trajectory is not None}
    return Cycle(
        record=record,
        trajectories={key: result.trajectory for key, result in usable.items() if result.trajectory is not None},
        sources={item.id: source_of(item, usable[item.id]) for item in config.objects if item.id in usable},
        rules=config.alert_rules,
        body=config.body,
        configured=config.editions,
    )
