"""Orbit Ephemeris Messages that read back equal, in keyword-value notation or in XML (CCSDS 505.0-B).

Every number is written with the fewest digits (17 at most) from which the same double is read again, so a position in
kilometres carries about twelve decimals. Epochs carry nine decimals, which is all that an
:class:`~nearpass.astro.epochs.Epoch` holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal
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
_COMMENT: Final = "COMMENT"
_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
_SCHEMAS: Final = "https://sanaregistry.org/r/ndmxml_unqualified"
Pairs = Iterator[tuple[str, str]]
"""Keywords with their values, comments among them, as either notation has them."""


def write_oem(message: OemMessage, notation: Literal["kvn", "xml"] = "kvn") -> str:
    """The text of a message; :func:`~nearpass.messages.oem.parse_oem` reads it back equal, from either notation."""
    return "\n".join(_in_xml(message) if notation == "xml" else _in_kvn(message)) + "\n"


def _header(header: OemHeader) -> Pairs:
    yield from _comments(header.comments)
    yield from _given(
        CLASSIFICATION=header.classification,
        CREATION_DATE=header.creation.iso(digits=_DIGITS),
        ORIGINATOR=header.originator,
        MESSAGE_ID=header.message_id,
    )


def _metadata(segment: OemSegment) -> Pairs:
    system = segment.time_system
    yield from _comments(segment.comments)
    yield from _given(
        OBJECT_NAME=segment.object_name,
        OBJECT_ID=segment.object_id,
        CENTER_NAME=segment.center_name,
        REF_FRAME=segment.ref_frame,
        REF_FRAME_EPOCH=_iso(segment.ref_frame_epoch, system),
        TIME_SYSTEM=system,
        START_TIME=_iso(segment.start, system),
        USEABLE_START_TIME=_iso(segment.useable_start, system),
        USEABLE_STOP_TIME=_iso(segment.useable_stop, system),
        STOP_TIME=_iso(segment.stop, system),
        INTERPOLATION=segment.interpolation,
        INTERPOLATION_DEGREE=segment.degree,
    )


def _given(**values: object) -> Pairs:
    return ((key, str(value)) for key, value in values.items() if value is not None)


def _comments(comments: Iterable[str]) -> Pairs:
    return ((_COMMENT, comment) for comment in comments)


def _iso(epoch: Epoch | None, system: TimeSystem) -> str | None:
    return None if epoch is None else epoch.iso(system, digits=_DIGITS)


def _states(segment: OemSegment) -> Iterator[tuple[str | None, list[float]]]:
    """The epoch of each state, and its numbers."""
    parts = [segment.positions_km, segment.velocities_km_s]
    if segment.accelerations_km_s2 is not None:
        parts.append(segment.accelerations_km_s2)
    for moment, row in zip(segment.epochs_tai_ns.tolist(), np.hstack(parts).tolist(), strict=True):
        yield _iso(Epoch(moment), segment.time_system), row


def _covariances(covariances: OemCovariances, segment: OemSegment) -> Iterator[tuple[Pairs, list[float]]]:
    """What stands before each covariance, and its lower triangle, row by row."""
    rows, columns = np.tril_indices(6)
    triangles = covariances.matrices[:, rows, columns].tolist()
    for moment, triangle, frame in zip(covariances.epochs_tai_ns.tolist(), triangles, covariances.frames, strict=True):
        own = {} if frame == segment.ref_frame else {COVARIANCE_FRAME: frame}
        yield _given(**{EPOCH: _iso(Epoch(moment), segment.time_system), **own}), triangle


def _in_kvn(message: OemMessage) -> Iterator[str]:
    yield f"CCSDS_OEM_VERS = {message.header.written_version}"
    yield from _kvn(_header(message.header))
    for segment in message.segments:
        yield from ("", "META_START", *_kvn(_metadata(segment)), "META_STOP", "")
        yield from (f"{epoch} {' '.join(map(repr, row))}" for epoch, row in _states(segment))
        if segment.covariances is not None:
            yield from ("", "COVARIANCE_START", *_kvn(_comments(segment.covariances.comments)))
            for pairs, triangle in _covariances(segment.covariances, segment):
                yield from _kvn(pairs)
                for row in range(6):
                    first = row * (row + 1) // 2
                    yield " ".join(map(repr, triangle[first : first + row + 1]))
            yield "COVARIANCE_STOP"


def _kvn(pairs: Pairs) -> Iterator[str]:
    return (f"{key} {text}".rstrip() if key == _COMMENT else f"{key} = {text}" for key, text in pairs)


def _in_xml(message: OemMessage) -> Iterator[str]:
    version = message.header.written_version
    schema = "ndmxml-3.0.0-master-3.0.xsd" if version == "3.0" else "ndmxml-2.0.0-master-2.0.xsd"
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<oem xmlns:xsi="{_INSTANCE}" xsi:noNamespaceSchemaLocation="{_SCHEMAS}/{schema}"'
    yield f'     id="CCSDS_OEM_VERS" version="{version}">'
    yield from ("<header>", *_xml(_header(message.header)), "</header>", "<body>")
    for segment in message.segments:
        yield from ("<segment>", "<metadata>", *_xml(_metadata(segment)), "</metadata>", "<data>")
        names = STATE_ELEMENTS[1:] + (ACCELERATIONS if segment.accelerations_km_s2 is not None else ())
        form = f"<{STATE}><{EPOCH}>{{}}</{EPOCH}>{_number_forms(names)}</{STATE}>"
        yield from (form.format(epoch, *row) for epoch, row in _states(segment))
        if segment.covariances is not None:
            yield from _xml_covariances(segment.covariances, segment)
        yield from ("</data>", "</segment>")
    yield from ("</body>", "</oem>")


def _xml(pairs: Pairs) -> Iterator[str]:
    return (f"<{key}>{escape(text)}</{key}>" for key, text in pairs)


def _number_forms(names: Iterable[str]) -> str:
    return "".join(f'<{name} units="{UNITS[name]}">{{!r}}</{name}>' for name in names)


def _xml_covariances(covariances: OemCovariances, segment: OemSegment) -> Iterator[str]:
    comments, numbers = covariances.comments, _number_forms(TRIANGLE)
    for pairs, triangle in _covariances(covariances, segment):
        yield from (f"<{COVARIANCE}>", *_xml(_comments(comments)), *_xml(pairs), numbers.format(*triangle))
        yield f"</{COVARIANCE}>"
        comments = ()  # all stand before the first
