"""One file on the disk for equal files: of a site and its sources, of several editions, of a cycle and the one before.

They are hard links, plain files under every name: any server and any copy sees nothing of it. Published files are only
ever replaced as a whole, so that a change under one name leaves the others as they are. Where a file system has no
links, or the disk is full, files stay as many as they are. A site in a folder of its own shares with no other one: who
may write there must not reach theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from shutil import rmtree

from nearpass.archive.archive import cycle_folder
from nearpass.archive.durable import sha256_of
from nearpass.publish.workspace import Workspace


def share(folders: Iterable[Path], scratch: Path) -> None:
    """Let equal files below some folders be one.

    Args:
        folders: The first that holds a file keeps its own.
        scratch: Where a link is made before it takes the place of a file; on the same file system.
    """
    known: dict[str, Path] = {}
    link = scratch / "link"
    with suppress(OSError):
        scratch.mkdir(parents=True, exist_ok=True)
        for folder in folders:
            for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
                first = known.setdefault(sha256_of(path.read_bytes()), path)
                if not first.samefile(path):
                    link.unlink(missing_ok=True)
                    link.hardlink_to(first)
                    link.replace(path)
    rmtree(scratch, ignore_errors=True)


def share_cycle(sites: Sequence[Workspace], cycle_id: str, previous_id: str | None) -> None:
    """Let what a cycle has in several sites, in their sources, and in common with the cycle before be one file each."""
    together = [site for site in sites if site.served is None]
    for group in (together, *([site] for site in sites if site.served is not None)):
        if group:
            cycles = [cycle_folder(found) for found in (previous_id, cycle_id) if found is not None]
            homes = [home for site in group for home in (site.public, site.docs)]
            share([home / cycle for cycle in cycles for home in homes], group[0].staging / "links")
