"""Orbit Ephemeris Messages: CCSDS 502.0-B-1, -2 and -3 (OEM 1.0, 2.0 and 3.0), in keyword-value notation or in XML.

Any input gives a message or exactly one :class:`~nearpass.errors.InputError` that names the first faulty line. Where
real files depart from the letter of the standard without harm, they are read: comments may stand between any two
lines, keywords of a block may come in any order, one of the two useable limits may be missing, ``MESSAGE_ID`` may stand
among the metadata of version 3.0, and a segment may hold fewer states than its interpolation degree wants (the degree
then falls, see :mod:`nearpass.ephemeris.interpolation`). One file describes one object. The Cartesian trajectories of
an Orbit Comprehensive Message are read into the same records, from either notation (:mod:`nearpass.messages.ocm`), and
so are the modified ITC text of MEME files (:mod:`nearpass.messages.itc`) and STK's ``.e``
(:mod:`nearpass.messages.stk`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, TypeAlias

from nearpass.errors import InputError, NearpassError
from nearpass.messages.itc import itc_header, read_itc
from nearpass.messages.manoeuvres import QUESTIONS, Manoeuvre
from nearpass.messages.ocm import ocm_header, read_ocm
from nearpass.messages.ocm_xml import read_xml_ocm, xml_ocm_header
from nearpass.messages.oem_kvn import kvn_header, read_kvn
from nearpass.messages.oem_like import named_by_file
from nearpass.messages.oem_lines import plain_text
from nearpass.messages.oem_records import METHODS, OemCovariances, OemHeader, OemMessage, OemSegment
from nearpass.messages.oem_xml import read_xml, xml_header
from nearpass.messages.sp3 import read_sp3, sp3_header
from nearpass.messages.stk import read_stk, stk_header

__all__ = ["METHODS", "OemCovariances", "OemHeader", "OemMessage", "OemSegment", "parse_oem", "peek_header"]

_HINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AEM": "it gives attitudes; an orbit ephemeris is needed",
        "APM": "it gives an attitude; an orbit ephemeris is needed",
        "CDM": "it describes one conjunction; the ephemeris of one object is needed",
        "OMM": "mean elements need a source of their own, apart from ephemerides",
        "OPM": 'one state is no ephemeris; set propagate = "J2" for its source, or nearpass convert FILE OUT.oem',
        "RDM": "it describes one re-entry; the ephemeris of an object is needed",
        "TDM": "it gives tracking data; an orbit ephemeris is needed",
    }
)
_Kind: TypeAlias = tuple[str, str]
_READERS: Final[Mapping[_Kind, Callable[[bytes], OemMessage]]] = MappingProxyType(
    {
        ("OEM", "KVN"): read_kvn,
        ("OEM", "XML"): read_xml,
        ("OCM", "KVN"): read_ocm,
        ("OCM", "XML"): read_xml_ocm,
        ("ITC", "TEXT"): read_itc,
        ("STK", "TEXT"): read_stk,
        ("SP3", "TEXT"): read_sp3,
    }
)
_HEADER_READERS: Final[Mapping[_Kind, Callable[[bytes], OemHeader]]] = MappingProxyType(
    {
        ("OEM", "KVN"): kvn_header,
        ("OEM", "XML"): xml_header,
        ("OCM", "KVN"): ocm_header,
        ("OCM", "XML"): xml_ocm_header,
        ("ITC", "TEXT"): itc_header,
        ("STK", "TEXT"): stk_header,
        ("SP3", "TEXT"): sp3_header,
    }
)
_READ: Final = (b"oem", b"ocm")
_MESSAGE: Final = re.compile(rb"\s*(?:CCSDS_([A-Z]{3})_VERS\b|<(?:[\w.-]+:)?([a-z]{3})\b)")
_INNER: Final = re.compile(rb"(<)(?:[\w.-]+:)?(aem|apm|cdm|ocm|oem|omm|opm|rdm|tdm)\b")
_PROLOGUE: Final = re.compile(rb"\s*(?:<\?[^>]*\?>\s*|<!--(?:[^-]|-[^-])*-->\s*)*")
_PROLOGUE_BYTES: Final = 65_536
_OTHER_TEXTS: Final = (
    ("ITC", re.compile(rb"\s*created:", re.IGNORECASE)),
    ("STK", re.compile(rb"\s*stk\.v\.\d", re.IGNORECASE)),
    ("SP3", re.compile(rb"#[a-z][PV]\s*\d{4}\s")),
)
_PACKED: Final = (
    (b"PK\x03\x04", "a ZIP archive, to be unpacked first,"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive, to be unpacked first,"),
    (b"\x28\xb5\x2f\xfd", "a file packed by zstd, to be unpacked first,"),
    (b"%PDF-", "a PDF document"),
)
"""What is delivered by mistake, by its first bytes."""
_WEB_PAGE: Final = re.compile(rb"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_ELEMENT_LINE: Final = re.compile(rb"1 [ 0-9A-Z]{5}[UCS ] [^\n]{58,62}\n2 [ 0-9A-Z]{5} ", re.MULTILINE)


def peek_header(data: bytes, file: str) -> OemHeader:
    """The header of a message, without reading what follows; the text may be cut off behind it.

    Raises:
        InputError: if the header breaks a rule.

    """
    try:
        text, kind = _message_text(data)
        return _HEADER_READERS[kind](text)
    except NearpassError as error:
        raise InputError(error.rule, value=error.value, file=file, line=error.line) from None


def parse_oem(data: bytes, file: str, satellite: str | None = None) -> OemMessage:
    """Read a message and check every rule.

    Args:
        data: The content of the file, uncompressed (:func:`nearpass.messages.compression.decompressed`).
        file: Its name, for the error.
        satellite: Which one of an SP3 file that holds several.

    Raises:
        InputError: for the first broken rule, with its line.

    """
    try:
        text, kind = _message_text(data)
        if kind[0] == "SP3":
            return read_sp3(text, satellite)
        message = _READERS[kind](text)
        return _named(message, file) if kind[1] == "TEXT" else message
    except NearpassError as error:
        raise InputError(error.rule, value=error.value, file=file, line=error.line) from None


def planned_manoeuvres(data: bytes, file: str) -> tuple[Manoeuvre, ...]:
    """The manoeuvres of an OCM, which needs no trajectory for that.

    Raises:
        InputError: for the first broken rule, with its line; for manoeuvres that are not read, or are alternatives.
    """
    try:
        text, kind = _message_text(data)
        if kind[0] != "OCM":
            raise InputError("manoeuvres must stand in an OCM", value=kind[0], line=1)
        message = (read_xml_ocm if kind[1] == "XML" else read_ocm)(text, plan=True)
        if message.unread_manoeuvres is not None:
            rule, line = message.unread_manoeuvres
            raise InputError(rule, line=line)
        if message.segments:  # what is planned or done is flown in its own trajectory
            questions = tuple(one for one in message.manoeuvres if one.basis in QUESTIONS)
            if message.manoeuvres and not questions:
                rule = f"beside a trajectory, which flies the others, MAN_BASIS must be {' or '.join(QUESTIONS)}"
                raise InputError(rule, value=message.manoeuvres[0].basis, line=message.manoeuvres[0].line)
            message = replace(message, manoeuvres=questions)
        choices = {one.name for one in message.manoeuvres if one.basis == "CANDIDATE"}
        if len(choices) > 1:
            rule = "a message must hold one candidate manoeuvre, or its parts under one MAN_ID: which one is meant?"
            raise InputError(rule, value=", ".join(sorted(name or "none" for name in choices)))
    except NearpassError as error:
        raise InputError(error.rule, value=error.value, file=file, line=error.line) from None
    return message.manoeuvres


def is_other_text(data: bytes) -> bool:
    """Whether a delivery is an ephemeris in a text format that is not CCSDS's."""
    return any(pattern.match(data) for _, pattern in _OTHER_TEXTS)


def _named(message: OemMessage, file: str) -> OemMessage:
    """The message with its object named by its file, where nothing in it does."""
    name, identity = named_by_file(message.segments[0], file)
    segments = (replace(segment, object_name=name, object_id=identity) for segment in message.segments)
    return replace(message, segments=tuple(segments))


def _message_text(data: bytes) -> tuple[bytes, _Kind]:
    """The text with line feeds of what may be an OEM or OCM, and which; what it plainly is instead is said."""
    if data.startswith((b"DAF/", b"NAIF/DAF")):
        rule = "a message must be ASCII or UTF-8 text, not a kernel"
        raise InputError(rule, value=data[:8].decode("ascii", errors="replace").strip(), line=1)
    if (packed := next((name for magic, name in _PACKED if data.startswith(magic)), None)) is not None:
        raise InputError(f"an ephemeris must be an OEM; {packed} was delivered instead", line=1)
    text = plain_text(data)
    start = text[:4_096]
    if not text.strip():
        raise InputError("an ephemeris must be an OEM; an empty file was delivered instead", line=1)
    if _WEB_PAGE.match(start):
        raise InputError("an ephemeris must be an OEM; a web page was delivered instead", line=_first_line(text))
    if start.lstrip()[:1] in {b"{", b"["}:
        raise InputError("an ephemeris must be an OEM in KVN or XML, not JSON", line=_first_line(text))
    if _ELEMENT_LINE.search(start):
        raise InputError("two-line elements need a source of their own, apart from ephemerides", line=_first_line(text))
    for kind, pattern in _OTHER_TEXTS:
        if pattern.match(start):
            return text, (kind, "TEXT")
    notation = "XML" if start.lstrip().startswith(b"<") else "KVN"
    message, end = _message_kind(text)
    if message in _HINTS:
        line = text.count(b"\n", 0, end) + 1
        rule = f"CCSDS_OEM_VERS must come first, this is a message of another kind: {_HINTS[message]}"
        raise InputError(rule, value=message, line=line)
    return text, ("OCM" if message == "OCM" else "OEM", notation)


def _message_kind(text: bytes) -> tuple[str, int]:
    """The three letters of the first message and where they end; in an ``<ndm>`` an OEM or OCM comes before others."""
    prologue = _PROLOGUE.match(text, 0, _PROLOGUE_BYTES)
    found = _MESSAGE.match(text, prologue.end() if prologue else 0)
    if found is not None and found[2] == b"ndm":
        for other in _INNER.finditer(text):
            found = other if found[2] == b"ndm" or other[2] in _READ else found
            if other[2] in _READ:
                break
    return ((found[2] or found[1]).decode().upper(), found.end()) if found else ("", 0)


def _first_line(text: bytes) -> int:
    """The line of the first character that is not blank."""
    return text.count(b"\n", 0, len(text) - len(text.lstrip())) + 1
