"""From the configured files to one trajectory an object: the newest usable delivery, the others with their reason.

A delivery that breaks a rule never stops the cycle. It is recorded as refused, and the next older one is tried.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from generator.astro.bodies import Body
from generator.astro.epochs import Epoch
from generator.astro.frames import PlanetaryEphemeris, center_id, icrf_from_axes
from generator.config import Config, EphemerisSource, ScreenedObject, resolve
from generator.cycle.motion import orbit_of
from generator.cycle.record import FindingRecord, InputRecord, Span
from generator.ephemeris.compression import START_BYTES, decompressed, decompressed_start
from generator.ephemeris.interpolation import trajectory_from_oem
from generator.ephemeris.lint import Finding, lint_oem, lint_trajectory, overall
from generator.ephemeris.oem import OemMessage, OemSegment, parse_oem, peek_header
from generator.ephemeris.spk import SpkCoverage, spk_summary, spk_trajectory
from generator.ephemeris.trajectory import Trajectory
from generator.errors import FrameError, InputError, NearpassError

DEEPEST: Final = 0.9
"""Share of the polar radius below which not even a lander or a crater can be."""
FARTHEST_KM: Final = 1e10
FASTEST_KM_S: Final = 1000.0
HEADER_BYTES: Final = 65_536
KERNEL_SUFFIXES: Final = (".bsp", ".spk")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ingested:
    """What became of one object's deliveries. ``trajectory`` is None if none could be used.

    ``inputs`` lists the delivery in use first, then those refused; ``files`` maps SHA-256 to content of what was used.
    """

    object_id: str
    trajectory: Trajectory | None
    inputs: tuple[InputRecord, ...]
    files: dict[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What every delivery is read for: the configuration's folder, the body, the window and the cut-off."""

    directory: Path
    body: Body
    cutoff: Epoch
    span_s: float
    planets: PlanetaryEphemeris

    @property
    def window(self) -> Span:
        """From the data cut-off to the end of the screening."""
        return Span(start=self.cutoff, stop=self.cutoff + self.span_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delivery:
    """A file that may be read, with what its header says."""

    path: Path
    shown: str
    creation: Epoch | None


def ingest(config: Config, setting: Setting, progress: Callable[[int], None]) -> list[Ingested]:
    """Read every object's current delivery, in the order of the configuration."""
    results = []
    for item in config.objects:
        results.append(ingest_object(item, setting))
        progress(1)
    return results


def ingest_object(item: ScreenedObject, setting: Setting) -> Ingested:
    """The newest usable delivery of an object; sources in their order, the first that gives one is used."""
    refused: list[InputRecord] = []
    for source in item.ephemeris:
        paths = resolve(setting.directory, source.path)
        if not paths:
            error = InputError("the path must name at least one readable file", value=source.path, object_id=item.id)
            refused.append(_refused(item, source, source.path, error))
            continue
        read = _read_kernel if paths[-1].suffix.lower() in KERNEL_SUFFIXES else _read_oem
        for attempt in read(item, source, paths, setting):
            if isinstance(attempt, InputRecord):
                refused.append(attempt)
            else:
                return replace(attempt, inputs=(*attempt.inputs, *refused))
    return Ingested(object_id=item.id, trajectory=None, inputs=tuple(refused), files={})


def _read_oem(
    item: ScreenedObject, source: EphemerisSource, paths: Sequence[Path], setting: Setting
) -> Iterator[Ingested | InputRecord]:
    """Deliveries from the newest to the oldest: refused ones until one can be used."""
    deliveries, refused = _by_creation(item, source, paths, setting)
    yield from refused
    for delivery in deliveries:
        data: bytes | None = None
        try:
            data = delivery.path.read_bytes()
            yield _from_oem(item, source, delivery, data, setting)
        except OSError as error:
            fault = InputError(f"the file must be readable: {error.strerror}", file=delivery.shown, object_id=item.id)
            yield _refused(item, source, delivery.shown, fault, delivery.creation, setting, data)
        except NearpassError as error:
            fault_at = error.at(file=delivery.shown, object_id=item.id)
            yield _refused(item, source, delivery.shown, fault_at, delivery.creation, setting, data)
        else:
            return


def _by_creation(
    item: ScreenedObject, source: EphemerisSource, paths: Sequence[Path], setting: Setting
) -> tuple[list[_Delivery], list[InputRecord]]:
    """Files by CREATION_DATE, newest first, without those created after the cut-off; and those without a header."""
    deliveries, refused = [], []
    for path in paths:
        shown = _shown(path, setting.directory)
        try:
            with path.open("rb") as file:
                start = decompressed_start(file.read(START_BYTES), shown, HEADER_BYTES)
            header = peek_header(start, shown)
        except OSError as error:
            fault = InputError(f"the file must be readable: {error.strerror}", file=shown, object_id=item.id)
            refused.append(_refused(item, source, shown, fault))
        except NearpassError as error:
            refused.append(_refused(item, source, shown, error.at(file=shown, object_id=item.id)))
        else:
            if header.creation <= setting.cutoff:
                deliveries.append(_Delivery(path=path, shown=shown, creation=header.creation))
    if not deliveries and not refused:
        rule = f"a delivery must have been created by the data cut-off, {setting.cutoff.iso(digits=0)} UTC"
        fault = InputError(rule, file=_shown(paths[-1], setting.directory), object_id=item.id)
        refused.append(_refused(item, source, _shown(paths[-1], setting.directory), fault))
    deliveries.sort(key=lambda delivery: (delivery.creation, delivery.shown), reverse=True)
    return deliveries, refused


def _from_oem(
    item: ScreenedObject, source: EphemerisSource, delivery: _Delivery, data: bytes, setting: Setting
) -> Ingested:
    message = parse_oem(decompressed(data, delivery.shown), delivery.shown)
    _check_named(message)
    _check_declared(source, message)
    trajectory = trajectory_from_oem(
        message,
        body=setting.body,
        epoch=setting.cutoff,
        window_s=(0.0, setting.span_s),
        planets=setting.planets,
    )
    _check_reaches(trajectory, message.segments, setting)
    _check_plausible(trajectory, setting.body)
    findings = lint_oem(
        message,
        body=setting.body,
        cutoff=setting.cutoff,
        window_s=setting.span_s,
        period_s=_period_s(trajectory, setting.body),
    )
    sha256 = hashlib.sha256(data).hexdigest()
    return Ingested(
        object_id=item.id,
        trajectory=trajectory,
        inputs=(_oem_record(item, message, delivery, setting, sha256, len(data), findings),),
        files={sha256: data},
    )


def _check_named(message: OemMessage) -> None:
    """Axes and centre of every segment are known; an error names the line at which the segment begins."""
    for segment in message.segments:
        try:
            icrf_from_axes(segment.ref_frame)
            center_id(segment.center_name)
        except FrameError as error:
            raise error.at(line=segment.first_line) from None


def _check_declared(source: EphemerisSource, message: OemMessage) -> None:
    """The message must have the centre that the configuration declares."""
    declared = _declared_center(source)
    for segment in message.segments:
        if declared is not None and center_id(segment.center_name) != declared:
            rule = f"CENTER_NAME must be the declared {source.center}"
            raise InputError(rule, value=segment.center_name, line=segment.first_line)


def _declared_center(source: EphemerisSource) -> int | None:
    return center_id(source.center) if isinstance(source.center, str) else source.center


def _check_reaches(trajectory: Trajectory, segments: Sequence[OemSegment], setting: Setting) -> None:
    if trajectory.arcs:
        return
    first = min(segment.start for segment in segments).iso(digits=0)
    last = max(segment.stop for segment in segments).iso(digits=0)
    window = setting.window
    raise InputError(
        f"the ephemeris must reach the window {window.start.iso(digits=0)} to {window.stop.iso(digits=0)} UTC",
        value=f"{first} to {last}",
    )


def _check_plausible(trajectory: Trajectory, body: Body) -> None:
    """States that no object can have are refused; what is merely odd is graded.

    Raises:
        InputError: for a state deep inside the body, beyond the planets, or faster than anything that orbits the Sun.
    """
    for arc in trajectory.arcs:
        position_km, velocity_km_s = arc.state(arc.knots_s)
        radius_km, speed_km_s = (np.linalg.norm(rows, axis=1) for rows in (position_km, velocity_km_s))
        rules = (
            (
                f"a state must not lie deep inside {body.name}",
                radius_km < DEEPEST * body.polar_radius_km,
                radius_km,
                "km",
            ),
            ("a state must lie within the planetary system", ~(radius_km < FARTHEST_KM), radius_km, "km"),
            (
                "a speed must be below 1000 km/s (metres for kilometres?)",
                ~(speed_km_s < FASTEST_KM_S),
                speed_km_s,
                "km/s",
            ),
        )
        for rule, broken, values, unit in rules:
            if broken.any():
                first = int(np.argmax(broken))
                moment = (trajectory.epoch + float(arc.knots_s[first])).iso(digits=0)
                raise InputError(rule, value=f"{values[first]:.6g} {unit} at {moment} UTC")


def _period_s(trajectory: Trajectory, body: Body) -> float | None:
    orbit = orbit_of(trajectory, body)
    return orbit.period_s if orbit else None


def _graded(findings: Sequence[Finding]) -> tuple[FindingRecord, ...]:
    """The overall grade, then every rule's."""
    return tuple(
        FindingRecord(rule=found.rule, grade=found.grade.value, value=found.value, words=found.words)
        for found in ((overall(findings), *findings) if findings else ())
    )


def _oem_record(
    item: ScreenedObject,
    message: OemMessage,
    delivery: _Delivery,
    setting: Setting,
    sha256: str,
    size_bytes: int,
    findings: Sequence[Finding],
) -> InputRecord:
    segments = message.segments
    kinds = {f"{s.interpolation} {s.degree}" if s.interpolation else "none given; Hermite 7 used" for s in segments}
    return InputRecord(
        object_id=item.id,
        file=delivery.shown,
        sha256=sha256,
        size_bytes=size_bytes,
        originator=message.header.originator,
        format=f"{message.header.source} {message.header.version}",
        creation=delivery.creation,
        age_s=setting.cutoff - delivery.creation if delivery.creation else None,
        center=", ".join(sorted({segment.center_name for segment in segments})),
        axes=", ".join(sorted({segment.ref_frame for segment in segments})),
        time_system=", ".join(sorted({segment.time_system for segment in segments})),
        interpolation=", ".join(sorted(kinds)),
        node_count=sum(len(segment.epochs_tai_ns) for segment in segments),
        covariance_count=sum(len(s.covariances.epochs_tai_ns) for s in segments if s.covariances),
        spans=tuple(
            Span(start=segment.useable_start or segment.start, stop=segment.useable_stop or segment.stop)
            for segment in segments
        ),
        findings=_graded(findings),
        refusal=None,
    )


def _read_kernel(
    item: ScreenedObject, source: EphemerisSource, paths: Sequence[Path], setting: Setting
) -> Iterator[Ingested | InputRecord]:
    """Kernels from the newest name to the oldest: refused ones until one can be used."""
    for path in reversed(paths):
        shown = _shown(path, setting.directory)
        try:
            yield _from_kernel(item, source, path, setting)
        except OSError as error:
            fault = InputError(f"the file must be readable: {error.strerror}", file=shown, object_id=item.id)
            yield _refused(item, source, shown, fault)
        except NearpassError as error:
            yield _refused(item, source, shown, error.at(file=shown, object_id=item.id))
        else:
            return


def _from_kernel(item: ScreenedObject, source: EphemerisSource, path: Path, setting: Setting) -> Ingested:
    target = source.target if source.target is not None else item.naif_id
    if target is None:
        raise InputError("a kernel source needs target, or the object a naif_id")
    kernels = [*_needed(source, setting.directory), path]
    summary = next((found for found in spk_summary(kernels) if found.target == target), None)
    if summary is None:
        raise InputError("a kernel must hold its target", value=target)
    declared = _declared_center(source)
    if declared is not None and declared not in summary.centers:
        centers = ", ".join(str(number) for number in summary.centers)
        raise InputError(f"the kernel's centre must be the declared {source.center}", value=centers)
    trajectory = spk_trajectory(
        kernels,
        target,
        body=setting.body,
        epoch=setting.cutoff,
        window_s=(0.0, setting.span_s),
        planets=setting.planets,
    )
    if not trajectory.arcs:
        window = setting.window
        rule = f"the kernel must reach the window {window.start.iso(digits=0)} to {window.stop.iso(digits=0)} UTC"
        raise InputError(rule, value="; ".join(f"{s.iso(digits=0)} to {e.iso(digits=0)}" for s, e in summary.spans))
    _check_plausible(trajectory, setting.body)
    findings = lint_trajectory(
        trajectory,
        summary.spans,
        body=setting.body,
        cutoff=setting.cutoff,
        window_s=setting.span_s,
        period_s=_period_s(trajectory, setting.body),
    )
    contents = {kernel: kernel.read_bytes() for kernel in kernels}
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
            for kernel in reversed(kernels)
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
        file=_shown(kernel, setting.directory),
        sha256=sha256,
        size_bytes=size_bytes,
        originator=source.originator,
        format=f"SPK type {', '.join(str(number) for number in summary.data_types)}",
        creation=None,
        age_s=None,
        center=", ".join(str(number) for number in summary.centers),
        axes="ICRF (J2000 in the kernel)",
        time_system="TDB",
        interpolation="by CSPICE",
        node_count=None,
        covariance_count=None,
        spans=tuple(Span(start=start, stop=stop) for start, stop in summary.spans),
        findings=_graded(findings),
        refusal=None,
    )


def _refused(
    item: ScreenedObject,
    source: EphemerisSource,
    shown: str,
    error: NearpassError,
    creation: Epoch | None = None,
    setting: Setting | None = None,
    data: bytes | None = None,
) -> InputRecord:
    return InputRecord(
        object_id=item.id,
        file=shown,
        sha256=hashlib.sha256(data).hexdigest() if data is not None else None,
        size_bytes=len(data) if data is not None else None,
        originator=source.originator,
        format=None,
        creation=creation,
        age_s=setting.cutoff - creation if creation and setting else None,
        center=None,
        axes=None,
        time_system=None,
        interpolation=None,
        node_count=None,
        covariance_count=None,
        spans=(),
        findings=(),
        refusal=str(error),
    )


def _shown(path: Path, directory: Path) -> str:
    """A path as the page shows it: relative to the workspace, or the bare name of a file elsewhere."""
    try:
        return path.relative_to(directory).as_posix()
    except ValueError:
        return path.name
