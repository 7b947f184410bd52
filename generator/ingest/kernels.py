"""Deliveries that are SPK kernels: the newest that can be used, with what it needs besides.

The newest is told by :mod:`nearpass.ingest.ages`, and by name among those of one age. A kernel of which nobody knows
whether it was there by the cut-off is used after all others, and its page says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from nearpass.astro.epochs import Epoch
from nearpass.config import EphemerisSource, ScreenedObject, resolve
from nearpass.ephemeris import lint_delivery
from nearpass.ephemeris.lint import Finding, lint_trajectory
from nearpass.ephemeris.meta_kernel import KERNEL_SUFFIXES, META_SUFFIXES, TEXT_SUFFIXES, with_listed
from nearpass.ephemeris.spk import SpkCoverage, spk_summary, spk_trajectory
from nearpass.ephemeris.spk_contents import START_BYTES, check_whole, is_kernel
from nearpass.errors import InputError, understood
from nearpass.ingest.ages import Age, kernel_ages
from nearpass.ingest.delivery import (
    Ingested,
    Setting,
    check_inside,
    completed,
    covariance_marking_of,
    declared_center,
    graded,
    marking_of,
    none_by_cutoff,
    period_s_of,
    plane_findings,
    reading_window_s,
    refused_input,
    shown_path,
)
from nearpass.ingest.life import LifeEndedError, check_life, ended
from nearpass.ingest.proof import check_usable
from nearpass.reasons.findings import Known
from nearpass.record.record import InputRecord, Span

_AGELESS: Final = Age(creation=None, basis=None)
"""Of what a kernel needs besides: the age of the planets' orbits tells nothing."""


def holds_kernel(path: Path) -> bool:
    """Whether a file is a kernel by its content, or by its name where that tells nothing."""
    try:
        return is_kernel(_start(path), path.name)
    except OSError:
        return path.suffix.lower() in KERNEL_SUFFIXES


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(START_BYTES)


def read_kernels(
    item: ScreenedObject, source: EphemerisSource, paths: Sequence[Path], setting: Setting
) -> Iterator[Ingested | InputRecord]:
    """Kernels from the newest to the oldest: refused ones until one can be used."""
    target = _target(item, source)
    ages = kernel_ages(paths, source, target, setting)
    known = [path for path in paths if _may_be_used(ages[path], setting)]
    if not known and source.role == "nominal":
        yield none_by_cutoff(item, source, setting)
    for path in _newest_first(known, ages):
        shown = shown_path(path, setting.directory)
        try:
            yield _from_kernel(item, source, path, ages[path], setting)
        except LifeEndedError as error:
            yield ended(item, source, shown, error, setting, path.read_bytes())
            return
        except Exception as error:  # noqa: BLE001  # whatever a kernel does to us, the next older one is tried
            yield refused_input(item, source, shown, understood(error).at(file=shown, object_id=item.id), setting)
        else:
            return


def _target(item: ScreenedObject, source: EphemerisSource) -> int | None:
    return source.target if source.target is not None else item.naif_id


def _may_be_used(age: Age, setting: Setting) -> bool:
    """Whether a kernel was known by the cut-off, or nobody knows; one before another delivery must have a date."""
    return setting.before is None if age.creation is None else setting.knows(age.creation)


def _newest_first(paths: Sequence[Path], ages: Mapping[Path, Age]) -> list[Path]:
    """Kernels with a date from the newest on, then those without.

    Of these the one that came here first was most likely known, whatever their names say; where no coming was noted,
    the name alone tells them apart.
    """
    dated = [path for path in paths if ages[path].creation is not None]
    by_name = [path for path in paths if ages[path].creation is None and ages[path].first_seen is None]
    by_coming = [path for path in paths if ages[path].creation is None and ages[path].first_seen is not None]
    return [
        *sorted(dated, key=lambda path: (_tai_ns(ages[path].creation), path), reverse=True),
        *sorted(by_name, reverse=True),
        *sorted(by_coming, key=lambda path: (_tai_ns(ages[path].first_seen), path)),
    ]


def _tai_ns(epoch: Epoch | None) -> int:
    return epoch.tai_ns if epoch is not None else 0


_KNOWN: Final[Mapping[str, Known]] = MappingProxyType({
    "comments": "comments", "configuration": "configuration", "first seen": "first seen",
})  # fmt: skip
"""Who says when a kernel was made, where that is not the file itself."""


def _age_finding(age: Age, setting: Setting) -> Finding:
    """The age of a kernel, and who says so."""
    first_seen = age.first_seen if age.creation is None else None
    return lint_delivery.age(age.creation, setting.cutoff, _KNOWN.get(age.basis or ""), first_seen)


def _from_kernel(item: ScreenedObject, source: EphemerisSource, path: Path, age: Age, setting: Setting) -> Ingested:
    target = _target(item, source)
    if target is None:
        raise InputError("a kernel source needs target, or the object a naif_id")
    if path.suffix.lower() not in META_SUFFIXES:
        check_whole(_start(path), path.stat().st_size)
    given = [*_needed(source, setting), path]
    kernels = with_listed(given, setting.directory)
    summary = next((found for found in spk_summary(kernels) if found.target == target), None)
    if summary is None:
        raise InputError("a kernel must hold its target", value=target)
    declared = declared_center(source)
    if declared is not None and declared not in summary.centers:
        centers = ", ".join(str(number) for number in summary.centers)
        raise InputError(f"the kernel's centre must be the declared {source.center}", value=centers)
    last_s = max(stop for _, stop in summary.spans) - setting.cutoff
    trajectory = spk_trajectory(
        kernels,
        target,
        body=setting.body,
        epoch=setting.cutoff,
        window_s=reading_window_s(source, last_s, setting),
        planets=setting.planets,
    )
    trajectory, extension = completed(trajectory, source, setting)
    if not trajectory.arcs:
        whole = partial(
            spk_trajectory, kernels, target, body=setting.body, epoch=setting.cutoff, planets=setting.planets
        )
        check_life(lambda span_s: whole(window_s=span_s), last_s, setting)
        window = setting.window
        rule = f"the kernel must reach the window {window.start.iso(digits=0)} to {window.stop.iso(digits=0)} UTC"
        raise InputError(rule, value="; ".join(f"{s.iso(digits=0)} to {e.iso(digits=0)}" for s, e in summary.spans))
    check_usable(trajectory, setting)
    findings = lint_trajectory(
        trajectory,
        summary.spans,
        body=setting.body,
        cutoff=setting.cutoff,
        window_s=setting.span_s,
        period_s=period_s_of(trajectory, setting.body),
        age=_age_finding(age, setting),
    )
    findings = (*findings, *plane_findings(item, trajectory, setting.body), *extension)
    own = {path, *with_listed([path], setting.directory)}
    read = list(dict.fromkeys([*(kernel for kernel in kernels if kernel not in given), *given]))
    contents = {kernel: kernel.read_bytes() for kernel in read}
    hashes = {kernel: hashlib.sha256(data).hexdigest() for kernel, data in contents.items()}
    return Ingested(
        object_id=item.id,
        trajectory=trajectory,
        inputs=tuple(
            _kernel_record(
                item,
                source,
                kernel,
                setting,
                summary,
                hashes[kernel],
                len(contents[kernel]),
                findings if kernel == path else (),
                age if kernel in own else _AGELESS,
            )
            for kernel in reversed(read)
        ),
        files={hashes[kernel]: data for kernel, data in contents.items()},
    )


def _needed(source: EphemerisSource, setting: Setting) -> list[Path]:
    """The kernels that a source needs besides its own.

    Raises:
        InputError: for one that is missing.
    """
    needed = []
    for pattern in source.kernels:
        found = resolve(setting.directory, pattern)
        if not found:
            raise InputError("a needed kernel must exist", value=pattern)
        for path in found:
            check_inside(path, setting)
        needed += found
    return needed


def _format(kernel: Path, summary: SpkCoverage) -> str:
    """What a kernel is, by its name: the orbit itself, a list of kernels, or what the axes of one rest on."""
    if kernel.suffix.lower() in META_SUFFIXES:
        return "SPICE meta-kernel"
    if kernel.suffix.lower() in TEXT_SUFFIXES:
        return "SPICE text kernel"
    return f"SPK type {', '.join(str(number) for number in summary.data_types)}"


def _kernel_record(
    item: ScreenedObject,
    source: EphemerisSource,
    kernel: Path,
    setting: Setting,
    summary: SpkCoverage,
    sha256: str,
    size_bytes: int,
    findings: Sequence[Finding],
    age: Age,
) -> InputRecord:
    return InputRecord(
        object_id=item.id,
        file=shown_path(kernel, setting.directory),
        sha256=sha256,
        size_bytes=size_bytes,
        originator=source.originator,
        format=_format(kernel, summary),
        creation=age.creation,
        creation_basis=age.basis,
        age_s=max(0.0, setting.cutoff - age.creation) if age.creation is not None else None,
        center=", ".join(str(number) for number in summary.centers),
        axes="ICRF (J2000 in the kernel)",
        time_system="TDB",
        interpolation="by CSPICE",
        node_count=None,
        covariance_count=None,
        spans=tuple(Span(start=start, stop=stop) for start, stop in summary.spans),
        findings=graded(findings),
        refusal=None,
        retrieval=None,
        marking=marking_of(item, source, setting),
        covariance_marking=covariance_marking_of(source, setting),
        object_in_file=str(summary.target),
    )
