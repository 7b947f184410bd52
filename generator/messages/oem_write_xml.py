"""Orbit Ephemeris Messages in XML (CCSDS 505.0-B), every number with the digits that determine it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

import numpy as np

from nearpass.astro.epochs import Epoch, TimeSystem
from nearpass.messages.oem_records import OemCovariances, OemHeader, OemMessage, OemSegment
from nearpass.messages.oem_xml_fast import (
    ACCELERATIONS,
    COVARIANCE,
    COVARIANCE_FRAME,
    EPOCH,
    STATE,
    STATE_ELEMENTS,
    TRIANGLE,
    UNITS,
)

_DIGITS: Final = 9
_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
_SCHEMAS: Final = "https://sanaregistry.org/r/ndmxml_unqualified"


def xml_lines(message: OemMessage) -> Iterator[str]:
    """The lines of a message."""
    version = message.header.written_version
    schema = "ndmxml-3.0.0-master-3.0.xsd" if version == "3.0" else "ndmxml-2.0.0-master-2.0.xsd"
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<oem xmlns:xsi="{_INSTANCE}" xsi:noNamespaceSchemaLocation="{_SCHEMAS}/{schema}"'
    yield f'     id="CCSDS_OEM_VERS" version="{version}">'
    yield "<header>"
    yield from _header(message.header)
    yield "</header>"
    yield "<body>"
    for segment in message.segments:
        yield "<segment>"
        yield "<metadata>"
        yield from _metadata(segment)
        yield "</metadata>"
        yield "<data>"
        yield from _states(segment)
        if segment.covariances is not None:
            yield from _covariances(segment.covariances, segment)
        yield "</data>"
        yield "</segment>"
    yield "</body>"
    yield "</oem>"


def _element(name: str, text: object) -> str:
    return f"<{name}>{escape(str(text))}</{name}>"


def _optional(name: str, text: object | None) -> Iterator[str]:
    if text is not None:
        yield _element(name, text)


def _epoch(name: str, epoch: Epoch | None, system: TimeSystem) -> Iterator[str]:
    if epoch is not None:
        yield _element(name, epoch.iso(system, digits=_DIGITS))


def _comments(comments: tuple[str, ...]) -> Iterator[str]:
    for comment in comments:
        yield _element("COMMENT", comment)


def _header(header: OemHeader) -> Iterator[str]:
    yield from _comments(header.comments)
    yield from _optional("CLASSIFICATION", header.classification)
    yield from _epoch("CREATION_DATE", header.creation, TimeSystem.UTC)
    yield _element("ORIGINATOR", header.originator)
    yield from _optional("MESSAGE_ID", header.message_id)


def _metadata(segment: OemSegment) -> Iterator[str]:
    system = segment.time_system
    yield from _comments(segment.comments)
    yield _element("OBJECT_NAME", segment.object_name)
    yield _element("OBJECT_ID", segment.object_id)
    yield _element("CENTER_NAME", segment.center_name)
    yield _element("REF_FRAME", segment.ref_frame)
    yield from _epoch("REF_FRAME_EPOCH", segment.ref_frame_epoch, system)
    yield _element("TIME_SYSTEM", system)
    yield from _epoch("START_TIME", segment.start, system)
    yield from _epoch("USEABLE_START_TIME", segment.useable_start, system)
    yield from _epoch("USEABLE_STOP_TIME", segment.useable_stop, system)
    yield from _epoch("STOP_TIME", segment.stop, system)
    yield from _optional("INTERPOLATION", segment.interpolation)
    yield from _optional("INTERPOLATION_DEGREE", segment.degree)


def _number_form(name: str) -> str:
    return f'<{name} units="{UNITS[name]}">{{!r}}</{name}>'


def _states(segment: OemSegment) -> Iterator[str]:
    parts = [segment.positions_km, segment.velocities_km_s]
    names: tuple[str, ...] = STATE_ELEMENTS[1:]
    if segment.accelerations_km_s2 is not None:
        parts.append(segment.accelerations_km_s2)
        names += ACCELERATIONS
    form = f"<{STATE}><{EPOCH}>{{}}</{EPOCH}>{''.join(map(_number_form, names))}</{STATE}>"
    for moment, row in zip(segment.epochs_tai_ns.tolist(), np.hstack(parts).tolist(), strict=True):
        yield form.format(Epoch(moment).iso(segment.time_system, digits=_DIGITS), *row)


def _covariances(covariances: OemCovariances, segment: OemSegment) -> Iterator[str]:
    numbers = "".join(map(_number_form, TRIANGLE))
    rows, columns = np.tril_indices(6)
    comments = covariances.comments
    for moment, triangle, frame in zip(
        covariances.epochs_tai_ns.tolist(),
        covariances.matrices[:, rows, columns].tolist(),
        covariances.frames,
        strict=True,
    ):
        yield f"<{COVARIANCE}>"
        yield from _comments(comments)
        comments = ()  # all stand before the first
        yield from _epoch(EPOCH, Epoch(moment), segment.time_system)
        if frame != segment.ref_frame:
            yield _element(COVARIANCE_FRAME, frame)
        yield numbers.format(*triangle)
        yield f"</{COVARIANCE}>"
