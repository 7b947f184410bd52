"""Mean elements of Earth satellites for SGP4: two-line elements and Orbit Mean-Elements Messages, in every notation.

Read are two-line elements with or without a line for the name, and OMM (CCSDS 502.0-B-3, section 4) in keyword-value
notation, XML, JSON and CSV, as CelesTrak and Space-Track deliver them; a file may hold any number of sets. The sets of
a whole catalogue come out as :class:`sgp4.api.Satrec`, ready for :class:`sgp4.api.SatrecArray`::

    found = read_elements(data, "active.json")
    states = SatrecArray([item.satrec for item in found.sets]).sgp4(jd, fraction)

A set that breaks a rule is listed beside the others, with its line; a text that is no such file is refused as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from nearpass.errors import InputError, NearpassError
from nearpass.messages.elements_omm import read_csv, read_json, read_kvn, read_xml
from nearpass.messages.elements_record import ElementFault, ElementFile, ElementSet
from nearpass.messages.elements_tle import read_tle
from nearpass.messages.encoding import as_utf8
from nearpass.messages.oem_lines import plain_text

__all__ = ["ElementFault", "ElementFile", "ElementSet", "elements_notation", "read_elements"]

_Reader = Callable[[bytes, Collection[int] | None], Iterator[ElementSet | ElementFault]]

START_BYTES: Final = 65_536
"""How much of a file tells its notation."""

_MOST_FAULTS: Final = 10_000
_READERS: Final[Mapping[str, _Reader]] = MappingProxyType(
    {"TLE": read_tle, "OMM KVN": read_kvn, "OMM XML": read_xml, "OMM JSON": read_json, "OMM CSV": read_csv}
)
_TWO_LINES: Final = re.compile(rb"^[ \t]*1 [ 0-9A-Z]{5}[A-Z ] [^\n]{40,}\n+[ \t]*2 [ 0-9A-Z]{5} ", re.MULTILINE)
_MESSAGE_ELEMENT: Final = re.compile(rb"<(?:[\w.-]+:)?([a-z]{3})\b(?<!ndm)")


def elements_notation(start: bytes) -> str | None:
    """What a file is by its first :data:`START_BYTES`: ``TLE``, ``OMM KVN``, ``OMM XML``, ``OMM JSON``, ``OMM CSV``.

    None for whatever holds no mean elements.
    """
    try:
        start = as_utf8(start)
    except InputError:
        return None
    text = start.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip()
    if text.startswith(b"CCSDS_OMM_VERS"):
        return "OMM KVN"
    if text.startswith(b"<"):
        found = _MESSAGE_ELEMENT.search(text)
        return "OMM XML" if found and found[1] == b"omm" else None
    if text.startswith((b"[", b"{")):
        return "OMM JSON" if b'"MEAN_MOTION"' in text else None
    head = text.partition(b"\n")[0]
    if b"NORAD_CAT_ID" in head and b"MEAN_MOTION" in head:
        return "OMM CSV"
    return "TLE" if _TWO_LINES.search(text) else None


def read_elements(data: bytes, file: str, *, wanted: Collection[int] | None = None) -> ElementFile:
    """Every set of a file, in its order, and what is wrong with the others.

    Args:
        data: The content of the file, uncompressed.
        file: Its name, for the errors.
        wanted: Catalogue numbers to read; other sets are passed over unchecked and take no memory. None reads all, with
            about 1.3 kB for each, most of it sgp4's.

    Raises:
        InputError: for a text that holds no mean elements or is damaged as a whole, with its line.

    """
    notation = elements_notation(data[:START_BYTES])
    if notation is None:
        rule = "mean elements must be two-line elements, or an OMM in KVN, XML, JSON or CSV"
        raise InputError(rule, file=file, line=1)
    sets: list[ElementSet] = []
    faults: list[ElementFault] = []
    try:
        for found in _READERS[notation](plain_text(data), wanted):
            if isinstance(found, ElementSet):
                sets.append(found)
                continue
            faults.append(ElementFault(number=found.number, error=_in_file(found.error, file)))
            if len(faults) > _MOST_FAULTS:
                raise faults[0].error
    except NearpassError as error:
        raise _in_file(error, file) from None
    return ElementFile(notation=notation, sets=tuple(sets), faults=tuple(faults))


def _in_file(error: NearpassError, file: str) -> InputError:
    return InputError(error.rule, value=error.value, file=file, line=error.line)
