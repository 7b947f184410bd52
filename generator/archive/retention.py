"""Dropping stored inputs after their time. Records and manifests stay for ever, and so does the chain.

An input that any kept cycle uses is kept. In place of one that is dropped stays an empty file, which tells a check
years later that it is gone by intent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nearpass.archive.archive import Archive
from nearpass.archive.durable import sync_folder
from nearpass.astro.epochs import Epoch
from nearpass.record.cycle_id import CycleId


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was dropped, or would be: the inputs by their SHA-256, their size in the archive, the cycles they served.

    ``kept_cycles`` are the newest cycles, whose inputs stay.
    """

    sha256: tuple[str, ...]
    size_bytes: int
    cycles: tuple[str, ...]
    kept_cycles: int

    @property
    def inputs(self) -> int:
        """How many inputs."""
        return len(self.sha256)


KEPT_CYCLES: Final = 2
"""The newest cycles keep their inputs however old they are: a correction and the next comparison rest on them."""


def prunable(archive: Archive, before: Epoch, *, keep: int = KEPT_CYCLES) -> Pruned:
    """The inputs that :func:`prune` would drop, and the cycles that rest on them.

    Args:
        archive: The archive.
        before: Cycles from here on keep their inputs.
        keep: So many of the newest cycles keep theirs, whatever their age.
    """
    limit = CycleId.of(before)
    ids = list(archive.cycle_ids())
    newest = set(ids[len(ids) - min(keep, len(ids)) :])
    dropped: dict[str, list[str]] = {}
    kept: set[str] = set()
    for cycle_id in ids:
        old = cycle_id < limit and cycle_id not in newest
        for sha256 in archive.manifest(cycle_id)["inputs"]:
            if old:
                dropped.setdefault(sha256, []).append(cycle_id)
            else:
                kept.add(sha256)
    found = sorted(sha256 for sha256 in dropped.keys() - kept if archive.input_path(sha256).exists())
    return Pruned(
        sha256=tuple(found),
        size_bytes=sum(archive.input_path(sha256).stat().st_size for sha256 in found),
        cycles=tuple(sorted({cycle_id for sha256 in found for cycle_id in dropped[sha256]})),
        kept_cycles=len(newest),
    )


def prune(archive: Archive, before: Epoch, *, keep: int = KEPT_CYCLES) -> Pruned:
    """Drop the inputs that only old cycles rest on: with an earlier data cut-off, and not among the newest.

    Args:
        archive: The archive.
        before: Cycles from here on keep their inputs.
        keep: So many of the newest cycles keep theirs, whatever their age.
    """
    with archive.locked():
        found = prunable(archive, before, keep=keep)
        for sha256 in found.sha256:
            # One step; what is left is made empty, by the next call if this one ends here.
            archive.input_path(sha256).replace(archive.pruned_path(sha256))
        for marker in archive.directory.glob("inputs/??/*.pruned"):
            if marker.stat().st_size and not marker.with_suffix(".gz").exists():
                with marker.open("wb"):
                    pass
                sync_folder(marker.parent)
    return found
