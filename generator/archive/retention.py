"""Dropping stored inputs after their time. Records and manifests stay for ever, and so does the chain.

An input that any kept cycle uses is kept. In place of one that is dropped stays an empty file, which tells a check
years later that it is gone by intent.
"""

from __future__ import annotations

from dataclasses import dataclass

from nearpass.archive.archive import Archive
from nearpass.archive.durable import sync_folder
from nearpass.astro.epochs import Epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was dropped: number of inputs and their size in the archive."""

    inputs: int
    size_bytes: int


def prune(archive: Archive, before: Epoch) -> Pruned:
    """Drop the inputs that only cycles with an earlier data cut-off rest on.

    Args:
        archive: The archive.
        before: Cycles from here on keep their inputs.
    """
    limit = before.iso(digits=0)
    with archive.locked():
        dropped: set[str] = set()
        kept: set[str] = set()
        for cycle_id in archive.cycle_ids():
            old = f"{cycle_id[:13]}:{cycle_id[13:15]}" < limit[:16]
            (dropped if old else kept).update(archive.manifest(cycle_id)["inputs"])
        count, size_bytes = 0, 0
        for sha256 in sorted(dropped - kept):
            path, marker = archive.input_path(sha256), archive.pruned_path(sha256)
            if path.exists():
                count += 1
                size_bytes += path.stat().st_size
                path.replace(marker)  # one step; what is left is made empty, by the next call if this one ends here
            if marker.exists() and marker.stat().st_size:
                with marker.open("wb"):
                    pass
                sync_folder(marker.parent)
    return Pruned(inputs=count, size_bytes=size_bytes)
