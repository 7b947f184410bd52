"""Files that are on the disk when a function returns: whole, or not there at all."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Final

PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700


def write_durably(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a new file and wait until it is on the disk; a ``private`` one is its owner's alone from the beginning."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE if private else 0o666)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace_durably(path: Path, data: bytes, *, staging: Path, private: bool = False) -> None:
    """Put a file in place whole or not at all, whatever stood there before.

    Args:
        path: Where it goes; its folder is made.
        data: Its bytes.
        staging: A folder on the same file system for the unfinished file, so that none is ever left beside the others.
        private: Whether file and folders are their owner's alone.
    """
    make_folder(path.parent, private=private)
    staged = staging / path.name
    staged.unlink(missing_ok=True)
    write_durably(staged, data, private=private)
    staged.replace(path)
    sync_folder(path.parent)


def make_folder(folder: Path, *, private: bool = False) -> None:
    """Make a folder and those above it; each new name is on the disk afterwards."""
    if folder.is_dir():
        return
    make_folder(folder.parent, private=private)
    folder.mkdir(mode=PRIVATE_FOLDER if private else 0o777, exist_ok=True)
    sync_folder(folder.parent)


def sync_file(path: Path) -> None:
    """Wait until a file that was written before is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until a rename inside a folder is on the disk."""
    sync_file(folder)


def sha256_of(data: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def canonical_json(value: object) -> bytes:
    """JSON with sorted keys, the same bytes for the same value."""
    return json.dumps(value, sort_keys=True, indent=1).encode() + b"\n"
