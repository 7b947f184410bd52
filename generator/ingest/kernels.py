"""Deliveries that are SPK kernels: the newest by name that can be used, with what it needs besides."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from nearpass.config import EphemerisSource, ScreenedObject, resolve
from nearpass.ephemeris.lint import Finding, lint_trajectory
from nearpass.ephemeris.meta_kernel import META_SUFFIXES, TEXT_SUFFIXES, with_listed
from nearpass.ephemeris.spk import SpkCoverage, spk_summary, spk_trajectory
from nearpass.errors import InputError, understood
from nearpass.ingest.delivery import (
    Ingested,
    Setting,
    completed,
    covariance_marking_of,
    declared_center,
    graded,
    marking_of,
    period_s_of,
    plane_findings,
    reading_window_s,
    refused_input,
    shown_path,
)
from nearpass.ingest.proof import check_usable
from nearpass.record.record import InputRecord, Span


def read_kernels(
    item: ScreenedObject, source: EphemerisSource, paths: Sequence[Path], setting: Setting
) -> Iterator[Ingested | InputRecord]:
    """Kernels from the newest name to the oldest: refused ones until one can be used."""
    for path in reversed(paths):
        shown = shown_path(path, setting.directory)
        try:
            yield _from_kernel(item, source, path, setting)
        except Exception as error:  # noqa: BLE001  # whatever a kernel does to us, the next older one is tried
            yield refused_input(item, source, shown, understood(error).at(file=shown, object_id=item.id))
        else:
            return


def _from_kernel(item: ScreenedObject, source: EphemerisSource, path: Path, setting: Setting) -> Ingested:
    target = source.target if source.target is not None else item.naif_id
    if target is None:
        raise InputError("a kernel source needs target, or the object a naif_id")
    given = [*_needed(source, setting.directory), path]
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
    )
    findings = (*findings, *plane_findings(item, trajectory, setting.body), *extension)
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
            )
            for kernel in reversed(read)
        ),
        files={hashes[kernel]: data for kernel, data in contents.items()},
    )


def _needed(source: EphemerisSource, directory: Path) -> list[Path]:
    """The kernels that a source needs besides its own.

    Raises:
        InputError: for one that is missing.
    """
    needed = []
    for pattern in source.kernels:
        found = resolve(directory, pattern)
        if not found:
            raise InputError("a needed kernel must exist", value=pattern)
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
) -> InputRecord:
    return InputRecord(
        object_id=item.id,
        file=shown_path(kernel, setting.directory),
        sha256=sha256,
        size_bytes=size_bytes,
        originator=source.originator,
        format=_format(kernel, summary),
        creation=None,
        age_s=None,
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
        covariance_marking=covariance_marking_of(item, source, setting),
        object_in_file=str(summary.target),
    )
