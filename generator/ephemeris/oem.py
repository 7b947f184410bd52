"""Orbit Ephemeris Messages: CCSDS 502.0-B-1, -2 and -3 (OEM 1.0, 2.0 and 3.0), in keyword-value notation or in XML.

Any input gives a message or exactly one :class:`~generator.errors.InputError` that names the first faulty line. Where
real files depart from the letter of the standard without harm, they are read: comments may stand between any two
lines, keywords of a block may come in any order, one of the two useable limits may be missing, ``MESSAGE_ID`` may stand
among the metadata of version 3.0, and a segment may hold fewer states than its interpolation degree wants (the degree
then falls, see :mod:`generator.ephemeris.interpolation`). One file describes one object. The Cartesian trajectories of
an Orbit Comprehensive Message are read into the same records (:mod:`generator.ephemeris.ocm`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from generator.ephemeris.ocm import VERSION_KEY as OCM_VERSION_KEY
from generator.ephemeris.ocm import ocm_header, read_ocm
from generator.ephemeris.oem_kvn import kvn_header, read_kvn
from generator.ephemeris.oem_lines import plain_text
from generator.ephemeris.oem_records import METHODS, OemCovariances, OemHeader, OemMessage, OemSegment
from generator.ephemeris.oem_xml import read_xml, xml_header
from generator.errors import InputError, NearpassError

__all__ = ["METHODS", "OemCovariances", "OemHeader", "OemMessage", "OemSegment", "parse_oem", "peek_header"]

_HINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AEM": "it gives attitudes; an orbit ephemeris is needed",
        "APM": "it gives an attitude; an orbit ephemeris is needed",
        "CDM": "it describes one conjunction; the ephemeris of one object is needed",
        "OCM": "it can be read in keyword-value notation only; ask its originator for that, or for an OEM",
        "OMM": "mean elements need a source of their own, apart from ephemerides",
        "OPM": "one state is no ephemeris; ask its originator for an OEM, or propagate it to one",
        "RDM": "it describes one re-entry; the ephemeris of an object is needed",
        "TDM": "it gives tracking data; an orbit ephemeris is needed",
    }
)
_OTHER_MESSAGE: Final = re.compile(rb"\s*(?:CCSDS_([A-Z]{3})_VERS\b|<(?:[\w.-]+:)?([a-z]{3})\b)")
_PROLOGUE: Final = re.compile(rb"\s*(?:<\?[^>]*\?>\s*|<!--(?:[^-]|-[^-])*-->\s*)*")
_PROLOGUE_BYTES: Final = 65_536
_WEB_PAGE: Final = re.compile(rb"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_ELEMENT_LINE: Final = re.compile(rb"1 [ 0-9A-Z]{5}[UCS ] [^\n]{58,62}\n2 [ 0-9A-Z]{5} ", re.MULTILINE)


def peek_header(data: bytes, file: str) -> OemHeader:
    """The header of a message, without reading what follows; the text may be cut off behind it.

    Raises:
        InputError: if the header breaks a rule.

    """
    try:
        text = _message_text(data)
        if _is_ocm(text):
            return ocm_header(text)
        return xml_header(text) if _is_xml(text) else kvn_header(text)
    except NearpassError as error:
        raise InputError(error.rule, value=error.value, file=file, line=error.line) from None


def parse_oem(data: bytes, file: str) -> OemMessage:
    """Read a message and check every rule.

    Args:
        data: The content of the file, uncompressed (:func:`generator.ephemeris.compression.decompressed`).
        file: Its name, for the error.

    Raises:
        InputError: for the first broken rule, with its line.

    """
    try:
        text = _message_text(data)
        if _is_ocm(text):
            return read_ocm(text)
        return read_xml(text) if _is_xml(text) else read_kvn(text)
    except NearpassError as error:
        raise InputError(error.rule, value=error.value, file=file, line=error.line) from None


def _message_text(data: bytes) -> bytes:
    """The text with line feeds, of what may be an OEM; what it plainly is instead is said in the error."""
    if data.startswith((b"DAF/", b"NAIF/DAF")):
        rule = "a message must be ASCII or UTF-8 text; a kernel is read under a name that ends in .bsp or .spk"
        raise InputError(rule, value=data[:8].decode("ascii", errors="replace").strip(), line=1)
    text = plain_text(data)
    start = text[:4_096]
    if _WEB_PAGE.match(start):
        raise InputError("an ephemeris must be an OEM; a web page was delivered instead", line=_first_line(text))
    if start.lstrip()[:1] in {b"{", b"["}:
        raise InputError("an ephemeris must be an OEM in KVN or XML, not JSON", line=_first_line(text))
    if _ELEMENT_LINE.search(start):
        raise InputError("two-line elements need a source of their own, apart from ephemerides", line=_first_line(text))
    prologue = _PROLOGUE.match(text, 0, _PROLOGUE_BYTES)
    begin = prologue.end() if prologue else 0
    found = _OTHER_MESSAGE.match(text, begin)
    kind = (found[1] or found[2]).decode().upper() if found else ""
    if kind in _HINTS and not _is_ocm(text):
        line = text.count(b"\n", 0, found.end() if found else 0) + 1
        raise InputError(f"CCSDS_OEM_VERS must come first, this is a message of another kind: {_HINTS[kind]}",
                         value=kind, line=line)  # fmt: skip
    return text


def _first_line(text: bytes) -> int:
    """The line of the first character that is not blank."""
    return text.count(b"\n", 0, len(text) - len(text.lstrip())) + 1


def _is_xml(text: bytes) -> bool:
    return text[:4_096].lstrip().startswith(b"<")


def _is_ocm(text: bytes) -> bool:
    return text[:4_096].lstrip().startswith(OCM_VERSION_KEY.encode())
