"""Orbit Mean-Elements Messages in keyword-value notation, XML, JSON and CSV: from text to keywords.

JSON and CSV are the forms of CelesTrak and Space-Track: an array, or a table with a header, of the keywords of CCSDS
502.0-B-3. What the keywords must be is checked in :mod:`nearpass.messages.elements_record`.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from nearpass.errors import InputError
from nearpass.messages.elements_record import ElementFault, ElementSet, set_from_keywords
from nearpass.messages.oem_lines import MOST_KEYWORDS, Lines, assignment_rule, check_length, decoded, is_comment
from nearpass.messages.xml_safe import XmlReader

VERSION_KEY: Final = "CCSDS_OMM_VERS"

_VERSIONS: Final = ("2.0", "3.0")
_REQUIRED: Final = ("CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "MEAN_ELEMENT_THEORY")
_KEYWORD: Final = re.compile(r"([A-Z][A-Z0-9_]*)\s*=\s*(.*)")
_UNIT: Final = re.compile(r"(.*?)\s*\[([^\]]*)\]")
_UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "MEAN_MOTION": "rev/day",
        "INCLINATION": "deg",
        "RA_OF_ASC_NODE": "deg",
        "ARG_OF_PERICENTER": "deg",
        "MEAN_ANOMALY": "deg",
        "BSTAR": "1/ER",
        "MEAN_MOTION_DOT": "rev/day**2",
        "MEAN_MOTION_DDOT": "rev/day**3",
    }
)
_PARTS: Final = frozenset({"header", "metadata", "meanElements", "tleParameters"})
_MOST_DEPTH: Final = 12
_MOST_OBJECT: Final = 20_000
_OBJECT: Final = re.compile(r'\{(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+\}', re.DOTALL)

Keywords = dict[str, object]


def read_kvn(text: bytes, wanted: Collection[int] | None) -> Iterator[ElementSet | ElementFault]:
    """Messages one after the other, each beginning with its version."""
    lines = Lines(text)
    keywords: Keywords = {}
    at: dict[str, int] = {}
    begin = 1
    while (line := lines.peek()) is not None:
        number = lines.number
        if not is_comment(line):
            key, value = _pair(line, number)
            if key == VERSION_KEY:
                yield from _whole(keywords, begin, at, wanted)
                _check_version(value, number)
                keywords, at, begin = {}, {}, number
            _add(keywords, key, value, number)
            at[key] = number
        lines.take()
    yield from _whole(keywords, begin, at, wanted)


def _pair(text: str, line: int) -> tuple[str, str]:
    """Keyword and value, without the unit; services leave the value of some keywords empty."""
    found = _KEYWORD.fullmatch(text)
    if found is None:
        raise InputError(assignment_rule(text, "a line here"), value=text, line=line)
    key, value = found[1], found[2]
    check_length(key, value, line)
    if key in _UNITS and (unit := _UNIT.fullmatch(value)):
        _check_unit(key, unit[2], line)
        value = unit[1]
    return key, value


def _add(keywords: Keywords, key: str, value: str, line: int) -> None:
    if key in keywords:
        raise InputError(f"{key} must be given once", value=value, line=line)
    if len(keywords) == MOST_KEYWORDS:
        raise InputError(f"a message must hold at most {MOST_KEYWORDS} keywords", value=key, line=line)
    keywords[key] = value


def _check_version(version: str, line: int) -> None:
    if version not in _VERSIONS:
        raise InputError(f"{VERSION_KEY} must be one of {', '.join(_VERSIONS)}", value=version, line=line)


def _check_unit(key: str, unit: str, line: int) -> None:
    if unit.strip().upper() != _UNITS[key].upper():
        raise InputError(f"the unit of {key} must be {_UNITS[key]}", value=unit, line=line)


def _whole(
    keywords: Keywords, line: int, at: Mapping[str, int], wanted: Collection[int] | None
) -> Iterator[ElementSet | ElementFault]:
    """The set of a complete message, which must say what the short notations leave out; ``at``: lines of keywords."""
    if keywords and _is_wanted(keywords, wanted):
        yield set_from_keywords(keywords, line, required=_REQUIRED, line_of=at.get)


def _is_wanted(keywords: Mapping[str, object], wanted: Collection[int] | None) -> bool:
    if wanted is None:
        return True
    number = str(keywords.get("NORAD_CAT_ID", "")).strip()
    return not number.isascii() or not number.isdigit() or len(number) > 9 or int(number) in wanted


def read_xml(text: bytes, wanted: Collection[int] | None) -> Iterator[ElementSet | ElementFault]:
    """An ``<omm>``, or any number of them in an ``<ndm>``."""
    reader = _OmmReader()
    reader.read(text)
    for keywords, line, at in reader.found:
        yield from _whole(keywords, line, at, wanted)


class _OmmReader(XmlReader):
    """Collects the elements of each message's header, metadata and mean elements."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[Keywords, int, dict[str, int]]] = []
        self._path: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.check_no_text()
        tag = self.tag_of(name)
        if not self._path and tag not in {"ndm", "omm"}:
            raise InputError("the outermost element must be <omm> or <ndm>", value=tag, line=self.line)
        if len(self._path) == _MOST_DEPTH:
            raise InputError(f"elements must nest at most {_MOST_DEPTH} deep", value=tag, line=self.line)
        if tag == "omm":
            _check_version(attributes.get("version", ""), self.line)
            self.found.append(({}, self.line, {}))
        if (unit := attributes.get("units")) and tag in _UNITS:
            _check_unit(tag, unit, self.line)
        self._path.append(tag)

    def end(self, _name: str) -> None:
        tag = self._path.pop()
        text = self.taken_text(self.line)
        if not self.found or not self._path or self._path[-1] not in _PARTS or tag == "COMMENT":
            return
        check_length(tag, text, self.line)
        _add(self.found[-1][0], tag, text, self.line)
        self.found[-1][2][tag] = self.line


def read_json(text: bytes, wanted: Collection[int] | None) -> Iterator[ElementSet | ElementFault]:
    """An object, or an array of them, taken one at a time so that memory does not grow with the array."""
    source = decoded(text, 1)
    counted, line = 0, 1
    for item, begin, end in json_sets(source):
        line += source.count("\n", counted, begin)
        counted = begin
        if _is_wanted(item, wanted):
            yield set_from_keywords(item, line, line_of=partial(_line_in_object, source[begin:end], line))


def json_sets(source: str) -> Iterator[tuple[Keywords, int, int]]:
    """The keywords of each object of a text, one after the other, and where it begins and ends.

    Raises:
        InputError: where the text is no flat object and no array of them, with its line.
    """
    at = _past_blank(source, 0)
    many = source[at] == "["
    at = _past_blank(source, at + 1) if many else at
    counted, line = 0, 1
    while at < len(source) and source[at] != "]":
        line += source.count("\n", counted, at)
        counted = at
        found = _OBJECT.match(source, at)
        if found is None or found.end() - at > _MOST_OBJECT:
            rule = f"an element set must be a JSON object of at most {_MOST_OBJECT} characters with none within it"
            raise InputError(rule, line=line)
        yield _object(found[0], line), at, found.end()
        at = _past_blank(source, found.end())
        if not many:
            break
        if source[at : at + 1] == ",":
            at = _past_blank(source, at + 1)
        elif at < len(source) and source[at] != "]":
            raise InputError("element sets must be parted by commas", line=line + source.count("\n", counted, at))
    if many and source[at : at + 1] != "]":
        raise InputError("the array of element sets must be closed", line=source.count("\n") + 1)
    if source[at + many :].strip():
        raise InputError("nothing may follow the element sets", line=source.count("\n", 0, at) + 1)


def _object(text: str, line: int) -> Keywords:
    """The keywords of one flat object."""
    try:
        item: Keywords = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"the text must be JSON: {error.msg}", line=line + error.lineno - 1) from None
    except ValueError as error:  # a whole number of thousands of digits
        raise InputError(f"the text must be JSON with ordinary numbers: {error}", line=line) from None
    for key, value in item.items():
        if isinstance(value, str):
            check_length(key, value, line)
    return item


def _line_in_object(text: str, line: int, key: str) -> int:
    """The line of a keyword in the text of an object that begins on ``line``; that line where it is not there."""
    at = text.find(f'"{key}"')
    return line + text.count("\n", 0, at) if at >= 0 else line


def _past_blank(source: str, at: int) -> int:
    found = re.compile(r"[ \t\n]*").match(source, at)
    return found.end() if found else at


def read_csv(text: bytes, wanted: Collection[int] | None) -> Iterator[ElementSet | ElementFault]:
    """A table whose header names the keywords."""
    rows = csv.DictReader(_rows(text), strict=True)
    try:
        for row in rows:
            if None in row or None in row.values():
                raise InputError("a row must have as many fields as the header", line=rows.line_num)
            if _is_wanted(row, wanted):
                yield set_from_keywords(row, rows.line_num)
    except csv.Error as error:
        raise InputError(f"the text must be CSV: {error}", line=rows.line_num) from None


def _rows(text: bytes) -> Iterator[str]:
    for line, row in enumerate(io.BytesIO(text), start=1):
        if len(row) > _MOST_OBJECT:
            raise InputError(f"a row must have at most {_MOST_OBJECT} characters", value=len(row), line=line)
        yield decoded(row, line)
