"""Orbit Ephemeris Messages that read back equal, in keyword-value notation or in XML.

Every number is written with the fewest digits (17 at most) from which the same double is read again, so a position in
kilometres carries about twelve decimals. Epochs carry nine decimals, which is all that an
:class:`~nearpass.astro.epochs.Epoch` holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import numpy as np

from nearpass.astro.epochs import Epoch, TimeSystem
from nearpass.messages.oem_records import OemCovariances, OemHeader, OemMessage, OemSegment
from nearpass.messages.oem_write_xml import xml_lines

_DIGITS: Final = 9


def write_oem(message: OemMessage, notation: Literal["kvn", "xml"] = "kvn") -> str:
    """The text of a message; :func:`~nearpass.messages.oem.parse_oem` reads it back equal, from either notation."""
    if notation == "xml":
        return "\n".join(xml_lines(message)) + "\n"
    lines = list(_header_lines(message.header))
    for segment in message.segments:
        lines += ["", *_metadata_lines(segment), "", *_state_lines(segment)]
        if segment.covariances is not None:
            lines += ["", *_covariance_lines(segment.covariances, segment)]
    return "\n".join(lines) + "\n"


def _header_lines(header: OemHeader) -> Iterator[str]:
    yield f"CCSDS_OEM_VERS = {header.written_version}"
    yield from _comments(header.comments)
    if header.classification is not None:
        yield f"CLASSIFICATION = {header.classification}"
    yield f"CREATION_DATE = {header.creation.iso(digits=_DIGITS)}"
    yield f"ORIGINATOR = {header.originator}"
    if header.message_id is not None:
        yield f"MESSAGE_ID = {header.message_id}"


def _metadata_lines(segment: OemSegment) -> Iterator[str]:
    def optional(key: str, epoch: Epoch | None) -> Iterator[str]:
        if epoch is not None:
            yield f"{key} = {_iso(epoch, segment.time_system)}"

    yield "META_START"
    yield from _comments(segment.comments)
    yield f"OBJECT_NAME = {segment.object_name}"
    yield f"OBJECT_ID = {segment.object_id}"
    yield f"CENTER_NAME = {segment.center_name}"
    yield f"REF_FRAME = {segment.ref_frame}"
    yield from optional("REF_FRAME_EPOCH", segment.ref_frame_epoch)
    yield f"TIME_SYSTEM = {segment.time_system}"
    yield from optional("START_TIME", segment.start)
    yield from optional("USEABLE_START_TIME", segment.useable_start)
    yield from optional("USEABLE_STOP_TIME", segment.useable_stop)
    yield from optional("STOP_TIME", segment.stop)
    if segment.interpolation is not None:
        yield f"INTERPOLATION = {segment.interpolation}"
    if segment.degree is not None:
        yield f"INTERPOLATION_DEGREE = {segment.degree}"
    yield "META_STOP"


def _state_lines(segment: OemSegment) -> Iterator[str]:
    parts = [segment.positions_km, segment.velocities_km_s]
    if segment.accelerations_km_s2 is not None:
        parts.append(segment.accelerations_km_s2)
    for moment, row in zip(segment.epochs_tai_ns.tolist(), np.hstack(parts).tolist(), strict=True):
        yield " ".join((_iso(Epoch(moment), segment.time_system), *map(repr, row)))


def _covariance_lines(covariances: OemCovariances, segment: OemSegment) -> Iterator[str]:
    yield "COVARIANCE_START"
    yield from _comments(covariances.comments)
    for moment, matrix, frame in zip(
        covariances.epochs_tai_ns.tolist(), covariances.matrices.tolist(), covariances.frames, strict=True
    ):
        yield f"EPOCH = {_iso(Epoch(moment), segment.time_system)}"
        if frame != segment.ref_frame:
            yield f"COV_REF_FRAME = {frame}"
        for row, numbers in enumerate(matrix, start=1):
            yield " ".join(map(repr, numbers[:row]))
    yield "COVARIANCE_STOP"


def _comments(comments: tuple[str, ...]) -> Iterator[str]:
    for comment in comments:
        yield f"COMMENT {comment}".rstrip()


def _iso(epoch: Epoch, system: TimeSystem) -> str:
    return epoch.iso(system, digits=_DIGITS)
