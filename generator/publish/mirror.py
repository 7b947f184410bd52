"""A second folder that receives the same site: another disk, or a tree that is sent on by rsync."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from nearpass.archive.durable import make_folder, sync_file, sync_folder
from nearpass.errors import PublicationError
from nearpass.publish.commit import rank
from nearpass.publish.manifest import ANCHOR, ROOT, is_manifest, read

UNFINISHED: Final = ".nearpass-copy"
"""The one file that an interrupted copy may leave; the next one replaces it."""


def mirror(public: Path, target: Path) -> list[str]:
    """Copy what differs, by the manifests of both, in the order of publication; each file whole or not at all.

    Where nothing was missed, only what the last publication changed is read; a copy that was interrupted, or a folder
    that is empty, catches up.

    Args:
        public: The site.
        target: The second folder.

    Returns:
        Names of the files that were copied.

    Raises:
        PublicationError: if a manifest cannot be read, or the folder cannot be written.
    """
    try:
        make_folder(target)
        place = target / ANCHOR
        if place.exists() and place.read_bytes() == (public / ANCHOR).read_bytes():
            return []
        wanted = {*_differing(public, target, ROOT), ROOT, ANCHOR}
        names = sorted(wanted, key=lambda name: (rank(name), name))
        for name in names:
            _copy(public / name, target / name, target / UNFINISHED)
        for folder in sorted({(target / name).parent for name in names}):
            sync_folder(folder)
    except OSError as error:
        rule = f"the second folder must be writable: {error.strerror}"
        raise PublicationError(rule, file=str(error.filename or target)) from None
    return names


def _differing(public: Path, target: Path, manifest: str) -> Iterator[str]:
    """Files that one manifest and those below it list otherwise in the target, or that are not there."""
    theirs = read(target, manifest)
    for name, sha256 in read(public, manifest).items():
        if theirs.get(name) != sha256:
            if is_manifest(name):
                yield from _differing(public, target, name)
            yield name


def _copy(source: Path, place: Path, unfinished: Path) -> None:
    make_folder(place.parent)
    shutil.copyfile(source, unfinished)
    sync_file(unfinished)
    os.utime(unfinished, ns=(source.stat().st_atime_ns, source.stat().st_mtime_ns))
    unfinished.replace(place)
