"""Hashes of every published file, as a tree that a publication updates at constant cost.

::

    manifest.sha256                    hash of the next, as sha256sum writes it
    manifest.json                      files that belong to no month, and each of the months' manifests
    manifests/2021-03.json             the month's page and script, its events' pages, its cycles' manifests
    cycles/2021/03/17/T0000Z/manifest.json   files of one cycle, and the archive's manifest they were made from

Whoever knows that one hash can check the whole site. An event belongs to the month in its id.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from nearpass.archive.durable import canonical_json, sha256_of
from nearpass.errors import PublicationError

SCHEMA: Final = 1
ROOT: Final = "manifest.json"
ANCHOR: Final = "manifest.sha256"
_MONTH_FILE: Final = re.compile(r"archive/(\d{4})/(\d{2})\.html|live/cycles-(\d{4})-(\d{2})\.js")
_EVENT_FILE: Final = re.compile(r"events/.*-(\d{4})(\d{2})\d{2}T\d{4}(?:-\d+)?\.html")
_CYCLE_FILE: Final = re.compile(r"(cycles/(\d{4})/(\d{2})/\d{2}/T\d{4}Z)/(.*)")

Hashes = dict[str, str]


def shard_of(name: str) -> str:
    """The manifest that lists a published file."""
    if found := _CYCLE_FILE.fullmatch(name):
        return f"manifests/{found[2]}-{found[3]}.json" if found[4] == "manifest.json" else f"{found[1]}/manifest.json"
    if found := _MONTH_FILE.fullmatch(name) or _EVENT_FILE.fullmatch(name):
        year, month = (part for part in found.groups() if part is not None)
        return f"manifests/{year}-{month}.json"
    return ROOT


def updated(public: Path, built: Mapping[str, str], archive_manifests: Mapping[str, str]) -> dict[str, bytes]:
    """The manifests that list built files, as they become.

    Args:
        public: The site, with its manifests as they are.
        built: Hashes of what was built by name; of a cycle's folder all or nothing.
        archive_manifests: By folder of each cycle among them, the hash of its manifest in the archive.

    Raises:
        PublicationError: if a manifest in place cannot be read.
    """
    grouped: dict[str, Hashes] = {}
    for name, sha256 in built.items():
        grouped.setdefault(shard_of(name), {})[name] = sha256
    written: dict[str, bytes] = {}
    for folder, archived in archive_manifests.items():
        name = f"{folder}/manifest.json"
        written[name] = _text(grouped.pop(name, {}), archive_manifest_sha256=archived)
        grouped.setdefault(shard_of(name), {})[name] = sha256_of(written[name])
    root = grouped.pop(ROOT, {})
    for name, files in grouped.items():
        written[name] = _text(read(public, name) | files)
        root[name] = sha256_of(written[name])
    written[ROOT] = _text(read(public, ROOT) | root)
    written[ANCHOR] = anchor(written[ROOT])
    return written


def anchor(root: bytes) -> bytes:
    """The root manifest's hash, in the form that ``sha256sum -c`` reads."""
    return f"{sha256_of(root)}  {ROOT}\n".encode()


def read(public: Path, name: str) -> Hashes:
    """The files that a manifest lists; none if there is no such manifest yet.

    Raises:
        PublicationError: if it cannot be read.
    """
    path = public / name
    try:
        return parse(path.read_bytes(), str(path)) if path.exists() else {}
    except OSError as error:
        raise PublicationError(f"a manifest must be readable: {error.strerror}", file=str(path)) from None


def parse(text: bytes, file: str) -> Hashes:
    """The files that a manifest lists.

    Raises:
        PublicationError: if it is no manifest of this schema.
    """
    try:
        manifest = json.loads(text)
        if manifest["schema"] != SCHEMA:
            raise ValueError
        return {str(name): str(sha256) for name, sha256 in manifest["files"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        rule = f"a manifest must be JSON of schema {SCHEMA}; nearpass rebuild makes them again"
        raise PublicationError(rule, file=file) from None


def is_manifest(name: str) -> bool:
    """Whether a published file is a manifest."""
    of_cycle = name.startswith("cycles/") and name.endswith("/manifest.json")
    return of_cycle or name == ROOT or name.startswith("manifests/")


def walk(public: Path) -> Iterator[tuple[str, str]]:
    """Every published file but the root manifest, with its hash, as the manifests list them.

    Raises:
        PublicationError: if a manifest cannot be read.
    """
    waiting = [ROOT]
    while waiting:
        for name, sha256 in sorted(read(public, waiting.pop()).items()):
            yield name, sha256
            if is_manifest(name):
                waiting.append(name)


def forget_damaged(public: Path) -> None:
    """Remove all manifests if one cannot be read, for what is about to list every file again."""
    try:
        for _ in walk(public):
            pass
    except PublicationError:
        (public / ROOT).unlink(missing_ok=True)
        for path in (public / "manifests").glob("*.json"):
            path.unlink()


def _text(files: Hashes, **more: str) -> bytes:
    return canonical_json({"schema": SCHEMA, **more, "files": files})
