"""Deliveries that are orbit ephemeris messages: the newest by CREATION_DATE that can be used."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from nearpass.astro.axes import axes_named
from nearpass.astro.epochs import Epoch
from nearpass.astro.frames import center_id, normalised
from nearpass.config import EphemerisSource, ScreenedObject
from nearpass.ephemeris.interpolation import trajectory_from_oem
from nearpass.ephemeris.lint import Finding, Grade, lint_oem
from nearpass.ephemeris.propagated import one_state
from nearpass.ephemeris.reframe import in_fixed_axes
from nearpass.ephemeris.trajectory import Approximation, Trajectory
from nearpass.errors import InputError, NearpassError, understood
from nearpass.ingest.delivery import (
    Delivery,
    Ingested,
    Setting,
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
from nearpass.messages.compression import START_BYTES, decompressed, decompressed_start
from nearpass.messages.oem import OemMessage, OemSegment, parse_oem, peek_header
from nearpass.messages.opm import is_opm, parse_opm
from nearpass.reasons.findings import CentreAndAxes, SizeTold
from nearpass.record.record import InputRecord, ManoeuvreRecord, Span

HEADER_BYTES: Final = 65_536
SAME_SIZE: Final = 0.2
"""Share by which a delivered radius may differ from the configured one without a note."""
OF_ONE_STATE: Final = ("age", "span")
"""What is graded of a delivery of one state."""
MOST_COMMENTS: Final = 1_000
"""How many of a message's comments are kept in the record."""


def read_messages(
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
        except LifeEndedError as error:
            yield ended(item, source, delivery.shown, error, setting, data)
            return
        except Exception as error:  # noqa: BLE001  # whatever a message does to us, the next older one is tried
            fault_at = understood(error).at(file=delivery.shown, object_id=item.id)
            yield refused_input(item, source, delivery.shown, fault_at, setting, delivery.creation, data)
        else:
            return


def _by_creation(
    item: ScreenedObject, source: EphemerisSource, paths: Sequence[Path], setting: Setting
) -> tuple[list[Delivery], list[InputRecord]]:
    """Files by CREATION_DATE, newest first, without those created after the cut-off; and those without a header."""
    deliveries, refused = [], []
    for path in paths:
        shown = shown_path(path, setting.directory)
        try:
            with path.open("rb") as file:
                start = decompressed_start(file.read(START_BYTES), shown, HEADER_BYTES)
            if source.propagate and is_opm(start):
                creation = parse_opm(decompressed(path.read_bytes(), shown), shown).creation
            else:
                creation = peek_header(start, shown).creation
        except Exception as error:  # noqa: BLE001  # as in read_messages
            fault = understood(error).at(file=shown, object_id=item.id)
            refused.append(refused_input(item, source, shown, fault, setting))
        else:
            if setting.knows(creation):
                deliveries.append(Delivery(path=path, shown=shown, creation=creation))
    if not deliveries and not refused and source.role == "nominal":
        refused.append(none_by_cutoff(item, source, setting))
    deliveries.sort(key=lambda delivery: (delivery.creation, delivery.shown), reverse=True)
    return deliveries, refused


def _from_oem(
    item: ScreenedObject, source: EphemerisSource, delivery: Delivery, data: bytes, setting: Setting
) -> Ingested:
    content = decompressed(data, delivery.shown)
    delivered, approximation = _message(source, delivery, content, setting)
    message = in_fixed_axes(delivered, source.axes)
    _check_declared(source, message)
    last_s = max(segment.useable_to - setting.cutoff for segment in message.segments)
    trajectory = trajectory_from_oem(
        message,
        body=setting.body,
        epoch=setting.cutoff,
        window_s=reading_window_s(source, last_s, setting),
        planets=setting.planets,
    )
    trajectory, extension = completed(replace(trajectory, approximation=approximation), source, setting)
    if not trajectory.arcs:
        whole = partial(
            trajectory_from_oem, message, body=setting.body, epoch=setting.cutoff, planets=setting.planets,
            with_covariance=False,
        )  # fmt: skip
        check_life(lambda span_s: whole(window_s=span_s), last_s, setting)
    _check_reaches(trajectory, message.segments, setting)
    check_usable(trajectory, setting)
    findings = (
        ()
        if setting.accepted
        else lint_oem(
            message,
            body=setting.body,
            cutoff=setting.cutoff,
            window_s=setting.span_s,
            period_s=period_s_of(trajectory, setting.body),
        )
    )
    if approximation is not None:  # what the program made itself is not graded
        kept = [found for found in findings if found.rule in OF_ONE_STATE]
        findings = (*kept, Finding(rule="approximate", grade=Grade.NOTE, fact=approximation.how))
    read_as = message.segments[0].ref_frame
    named = _frame_finding(source, delivered)
    findings = (
        *findings,
        named,
        *_size_finding(item, delivered),
        *plane_findings(item, trajectory, setting.body, read_as),
        *extension,
    )
    sha256 = hashlib.sha256(data).hexdigest()
    entry = _oem_record(item, source, delivered, delivery, setting, sha256, len(data), findings)
    if approximation is not None:
        opm = parse_opm(content, delivery.shown)
        entry = replace(entry, node_count=1, interpolation=None, axes=opm.ref_frame, time_system=opm.time_system)
    return Ingested(object_id=item.id, trajectory=trajectory, inputs=(entry,), files={sha256: data})


def _message(
    source: EphemerisSource, delivery: Delivery, content: bytes, setting: Setting
) -> tuple[OemMessage, Approximation | None]:
    """The states of a delivery; of an OPM, where the source says so, its one state carried on."""
    if source.propagate is None or not is_opm(content):
        return parse_oem(content, delivery.shown, source.satellite), None
    opm = parse_opm(content, delivery.shown)
    try:
        return one_state(opm, setting.cutoff, setting.span_s)
    except NearpassError as error:
        raise error.at(file=delivery.shown) from None


def _check_declared(source: EphemerisSource, message: OemMessage) -> None:
    """The message must have the centre that the configuration declares."""
    declared = declared_center(source)
    for segment in message.segments:
        if declared is not None and center_id(segment.center_name) != declared:
            rule = f"CENTER_NAME must be the declared {source.center}"
            raise InputError(rule, value=segment.center_name, line=segment.line_of("CENTER_NAME"))


def _check_reaches(trajectory: Trajectory, segments: Sequence[OemSegment], setting: Setting) -> None:
    if trajectory.arcs:
        return
    if all(len(segment.epochs_tai_ns) < 2 for segment in segments):
        rule = "a segment must hold two states at least, to be interpolated between"
        raise InputError(rule, value=1, line=segments[0].first_line)
    stated = max(segment.stop for segment in segments)
    first = min(max(one.useable_from, Epoch(int(one.epochs_tai_ns[0]))) for one in segments)
    last = max(min(one.useable_to, Epoch(int(one.epochs_tai_ns[-1]))) for one in segments)
    window = setting.window
    rule = f"the ephemeris must reach the window {window.start.iso(digits=0)} to {window.stop.iso(digits=0)} UTC"
    if stated - last > 1.0:
        rule += f" with its states, whatever STOP_TIME says ({stated.iso(digits=0)})"
    raise InputError(rule, value=f"{first.iso(digits=0)} to {last.iso(digits=0)}")


def _axes(source: EphemerisSource, message: OemMessage) -> tuple[tuple[str, str | None], ...]:
    """The axes that the file names, each with what the configuration says it means, if it does."""
    meanings = {normalised(name): meaning for name, meaning in source.axes.items()}
    names = sorted({segment.ref_frame for segment in message.segments})
    return tuple((name, meanings.get(normalised(name))) for name in names)


def _axes_text(source: EphemerisSource, message: OemMessage) -> str:
    """The axes of a message for its record: their names, with their meaning where that was declared."""
    return ", ".join(f"{name}, read as {meaning}" if meaning else name for name, meaning in _axes(source, message))


def _size_finding(item: ScreenedObject, message: OemMessage) -> Iterator[Finding]:
    """The size that the message tells against the configured one, which counts."""
    size, configured_m = message.size, item.hbr_m
    if size is None or configured_m is None or item.hbr == "delivered":
        return
    near = abs(size.radius_m - configured_m) <= SAME_SIZE * configured_m
    fact = SizeTold(radius_m=size.radius_m, source=size.source, configured_m=configured_m)
    yield Finding(rule="size", grade=Grade.PASS if near else Grade.NOTE, fact=fact)


def _frame_finding(source: EphemerisSource, message: OemMessage) -> Finding:
    """Centre and axes of a message against what the configuration says of them."""
    axes = _axes(source, message)
    declared = any(meaning is not None for _, meaning in axes)
    earth_fixed = not declared and any(  # axes of a name that only the configuration knows cannot be asked
        not segment.ref_frame.upper().startswith("IAU")
        for segment in message.segments
        if axes_named(segment.ref_frame, segment.ref_frame_epoch).rotating
    )
    fact = CentreAndAxes(
        rule="axes_declared" if declared else "axes_without_pole_motion" if earth_fixed else "axes_exact",
        centres=tuple(sorted({segment.center_name for segment in message.segments})),
        centre_declared=source.center is not None,
        axes=axes,
    )
    return Finding(rule="centre and axes", grade=Grade.NOTE if declared or earth_fixed else Grade.PASS, fact=fact)


def _oem_record(
    item: ScreenedObject,
    source: EphemerisSource,
    message: OemMessage,
    delivery: Delivery,
    setting: Setting,
    sha256: str,
    size_bytes: int,
    findings: Sequence[Finding],
) -> InputRecord:
    segments, header = message.segments, message.header
    comments = (*header.comments, *(comment for segment in segments for comment in segment.comments))
    kinds = {f"{s.interpolation} {s.degree}" if s.interpolation else "none given; Hermite 7 used" for s in segments}
    return InputRecord(
        object_id=item.id,
        file=delivery.shown,
        sha256=sha256,
        size_bytes=size_bytes,
        originator=message.header.originator,
        format=f"{message.header.source} {message.header.version}",
        creation=delivery.creation,
        creation_basis="file" if delivery.creation else None,
        age_s=setting.cutoff - delivery.creation if delivery.creation else None,
        center=", ".join(sorted({segment.center_name for segment in segments})),
        axes=_axes_text(source, message),
        time_system=", ".join(sorted({segment.time_system for segment in segments})),
        interpolation=", ".join(sorted(kinds)),
        node_count=sum(len(segment.epochs_tai_ns) for segment in segments),
        covariance_count=sum(len(s.covariances.epochs_tai_ns) for s in segments if s.covariances),
        spans=tuple(
            Span(start=segment.useable_start or segment.start, stop=segment.useable_stop or segment.stop)
            for segment in segments
        ),
        findings=graded(findings),
        refusal=None,
        retrieval=None,
        marking=marking_of(item, source, setting, header.classification),
        covariance_marking=covariance_marking_of(source, setting),
        classification=header.classification,
        message_id=header.message_id,
        comments=tuple(dict.fromkeys(comments))[:MOST_COMMENTS],
        object_in_file=segments[0].object_id,
        radius_m=message.size.radius_m if message.size else None,
        radius_source=message.size.source if message.size else None,
        mass_kg=message.mass_kg,
        manoeuvres=tuple(
            ManoeuvreRecord(at=one.instant, size_m_s=math.hypot(*one.dv_km_s) * 1000.0, basis=one.basis, name=one.name)
            for one in message.manoeuvres
        ),
    )
