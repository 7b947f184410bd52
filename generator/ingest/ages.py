"""When kernels were made, and so which of them a data cut-off may use.

In this order: the instant that the configuration declares for the source; the kernel's own comments
(:mod:`nearpass.ephemeris.spk_comment`); the instant at which this workspace first had the bytes, which is at least as
late. A kernel that first came here after the cut-off and does not date itself may or may not have been known by then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nearpass.astro.epochs import Epoch
from nearpass.config import Config, EphemerisSource, resolve
from nearpass.ephemeris.meta_kernel import META_SUFFIXES, with_listed
from nearpass.ephemeris.spk import KernelDate, spk_dates
from nearpass.ephemeris.spk_contents import START_BYTES, is_kernel
from nearpass.errors import NearpassError
from nearpass.ingest.delivery import Setting, shown_path
from nearpass.ingest.ledger import read_ledger
from nearpass.record.record import CreationBasis

MINUTE_S: Final = 60.0
"""A cut-off has whole minutes, and a run may follow at once what it found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """When a delivery was made and who says so; ``creation`` is None where nobody knows whether it was by the cut-off.

    ``first_seen`` is when this workspace first had its bytes, None where no run has noted it.
    """

    creation: Epoch | None
    basis: CreationBasis | None
    first_seen: Epoch | None = None


def arrivals(config: Config, directory: Path, at: Epoch) -> dict[str, Epoch]:
    """When each kernel that the sources name came here, by SHA-256: as it was retrieved, else ``at``."""
    ledger = read_ledger(directory)
    found: dict[str, Epoch] = {}
    for path in sorted(set(_kernels_of(config, directory))):
        try:
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            continue  # whoever reads it tells of it
        retrieved = ledger.of(shown_path(path, directory), sha256)
        found[sha256] = min(found.get(sha256, at), retrieved.at if retrieved else at)
    return found


def _kernels_of(config: Config, directory: Path) -> Iterator[Path]:
    """Every kernel that a source names, and those that a meta-kernel among them lists."""
    for item in config.objects:
        for source in item.ephemeris:
            for path in resolve(directory, source.path) if source.path else ():
                if path.suffix.lower() in META_SUFFIXES:
                    yield from _listed(path, directory)
                elif is_kernel(_start(path), path.name):
                    yield path


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(START_BYTES)
    except OSError:
        return b""


def _listed(path: Path, directory: Path) -> Sequence[Path]:
    try:
        return with_listed([path], directory)
    except NearpassError:
        return ()


def kernel_ages(
    paths: Sequence[Path], source: EphemerisSource, target: int | None, setting: Setting
) -> dict[Path, Age]:
    """When each kernel of a source was made; of a meta-kernel, when the newest that it lists with the target was."""
    if source.created_at is not None:
        return dict.fromkeys(paths, Age(creation=source.created_at, basis="configuration"))
    listed = {path: _listed(path, setting.directory) for path in paths}
    dates = spk_dates(list(dict.fromkeys(kernel for kernels in listed.values() for kernel in kernels)))
    return {path: _age(kernels, dates, target, setting) for path, kernels in listed.items()}


def _age(kernels: Sequence[Path], dates: Mapping[Path, KernelDate], target: int | None, setting: Setting) -> Age:
    """The newest of several kernels' ages, and that nobody knows it where one has none."""
    ages = [_own_age(dates[kernel], setting) for kernel in kernels if target in dates[kernel].targets]
    seen = max((age.first_seen for age in ages if age.first_seen is not None), default=None)
    if not ages or any(age.creation is None for age in ages):
        return Age(creation=None, basis=None, first_seen=seen)
    newest = max(ages, key=lambda age: age.creation or setting.cutoff)
    return Age(creation=newest.creation, basis=newest.basis, first_seen=seen)


def _own_age(date: KernelDate, setting: Setting) -> Age:
    """By its comments, unless it was here before: then by its coming, where that is not after the cut-off."""
    seen = setting.first_seen.get(date.sha256)
    if date.created is not None and (seen is None or date.created <= seen):
        return Age(creation=date.created, basis="comments", first_seen=seen)
    if seen is not None and seen < setting.cutoff + MINUTE_S:
        return Age(creation=min(seen, setting.cutoff), basis="first seen", first_seen=seen)
    return Age(creation=date.created, basis="comments" if date.created else None, first_seen=seen)
