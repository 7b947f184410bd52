"""The two notations of Conjunction Data Messages, without the meaning of what they hold.

Both give the same parts: one with header and relative data, then one for each object, each with its keywords and
comments. Keyword-value notation is CCSDS 508.0-B-1, section 6.3; XML is section 4, with or without a namespace prefix,
alone or as the one message of an ``<ndm>``.

XML is read safely by :mod:`nearpass.messages.xml_safe`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from nearpass.errors import InputError
from nearpass.messages.cdm import FIELDS, READ_VERSIONS, Block, Field
from nearpass.messages.cdm_draft import DRAFT_FIELDS
from nearpass.messages.oem_lines import assignment_rule, is_comment
from nearpass.messages.xml_safe import XmlReader

CENTER: Final = "ORBIT_CENTER"
"""Optional, and yet the one keyword without which every state means something else."""
MOST_CHARACTERS: Final = 254
"""The longest line that 508.0-B-1, 6.2.2.1, allows."""
DATA: Final = "data"
"""Comments of all data blocks of an object are kept together under this name."""
DATA_BLOCKS: Final = (Block.OD, Block.ADDITIONAL, Block.STATE, Block.COVARIANCE)

_ASSIGNMENT: Final = re.compile(r"([A-Z][A-Z0-9_]*)\s*=\s*(.*)")
_WITH_UNIT: Final = re.compile(r"(\S*?)\s*(?:\[\s*([^\[\]]*?)\s*\])?")

_CHILDREN: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "": ("cdm", "ndm"),
        "ndm": ("cdm",),
        "cdm": (Block.HEADER, "body"),
        "body": (Block.RELATIVE, "segment"),
        Block.RELATIVE: ("relativeStateVector",),
        "segment": (Block.METADATA, DATA),
        DATA: DATA_BLOCKS,
    }
)
_COMMENTED: Final = (*Block, DATA)
"""Tags that may hold comments."""
_LEAVES: Final = frozenset(Block)
_KEYWORD: Final = re.compile(r"[A-Z][A-Z0-9_]{0,99}")
MOST_DEPTH: Final = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """A keyword's value as text, its unit if one is given, and its line."""

    text: str
    unit: str | None
    line: int


@dataclass(slots=True)
class Part:
    """The header with the relative data, or one object: entries by keyword, comments by block."""

    line: int
    entries: dict[str, Entry] = field(default_factory=dict)
    comments: dict[str, list[str]] = field(default_factory=dict)

    def add(self, keyword: str, entry: Entry, notes: list[str]) -> None:
        """Keep one more keyword; of one that need not be there at all the first value counts."""
        self.line = entry.line
        if keyword not in self.entries:
            self.entries[keyword] = entry
        elif keyword == CENTER or ((one := field_named(keyword)) is not None and one.needed):
            raise InputError(f"{keyword} must be given once", value=entry.text, line=entry.line)
        else:
            notes.append(f"{keyword} is given again on line {entry.line}: its first value counts")

    def remark(self, block: str, texts: list[str]) -> None:
        """Keep comments that belong to a block."""
        self.comments.setdefault(DATA if block in DATA_BLOCKS else block, []).extend(texts)


def decoded(data: bytes, notes: list[str]) -> str:
    """The text of a message; what is unusual in its characters is added to the notes."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError("a message must be ASCII or UTF-8 text", line=line) from None
    if not text.isascii():
        notes.append("characters beyond ASCII")
    if "\t" in text:
        notes.append("tabs")
    return text


def kvn_parts(text: str, notes: list[str]) -> list[Part]:
    """Header and relative data, then each object; a comment belongs to the block of the keyword that follows it.

    Raises:
        InputError: if the text is no message in keyword-value notation.

    """
    parts = [Part(1)]
    pending: list[str] = []
    block: str = Block.HEADER
    version = False
    for line, raw in enumerate(text.split("\n"), start=1):
        content = raw.replace("\t", " ").strip()
        if not content:
            continue
        if not content.isprintable():
            raise InputError("a line must hold printable characters only", value=content, line=line)
        if len(content) > MOST_CHARACTERS:
            notes.append(f"line {line} is longer than {MOST_CHARACTERS} characters")
        if not version:
            _check_version_line(content, line)
            version = True
        elif is_comment(content):
            pending.append(content[7:].strip())
        else:
            keyword, entry = _assignment(content, line)
            one = field_named(keyword)
            block = one.block if one is not None else block
            if keyword == "OBJECT":
                parts.append(Part(line))
            part = _part_of(keyword, one, parts, line, notes)
            part.add(keyword, entry, notes)
            part.remark(block, pending)
            pending = []
    if not version:
        raise InputError("a message must begin with CCSDS_CDM_VERS", line=1)
    parts[-1].remark(block, pending)
    return parts


def _check_version_line(content: str, line: int) -> None:
    found = _ASSIGNMENT.fullmatch(content)
    if found is None or found[1] != "CCSDS_CDM_VERS":
        raise InputError("the first line must read CCSDS_CDM_VERS = version", value=content, line=line)
    _check_version(found[2], line)


def _check_version(version: str, line: int) -> None:
    if version not in READ_VERSIONS:
        known = " or ".join(READ_VERSIONS)
        raise InputError(f"the version of a conjunction data message must be {known}", value=version, line=line)


def _assignment(content: str, line: int) -> tuple[str, Entry]:
    found = _ASSIGNMENT.fullmatch(content)
    if found is None:
        raise InputError(assignment_rule(content, "a line"), value=content, line=line)
    keyword, text = found[1], found[2]
    one = field_named(keyword)
    if one is None:
        check_spelling(keyword, line)
    if one is None or one.kind not in {"number", "whole"}:
        return keyword, Entry(text, None, line)
    split = _WITH_UNIT.fullmatch(text)
    if split is None:
        raise InputError(f"{keyword} must read number [unit]", value=text, line=line)
    return keyword, Entry(split[1], split[2], line)


def field_named(keyword: str) -> Field | None:
    """What either version says of a keyword; None for one that neither knows."""
    return FIELDS.get(keyword) or DRAFT_FIELDS.get(keyword)


def check_spelling(keyword: str, line: int) -> None:
    """Refuse what may be meant to name the body that the states are about: without it they would be about the Earth."""
    if get_close_matches(keyword, [CENTER], cutoff=0.75):
        rule = f"the keyword must be one of CCSDS 508.0-B-1, {CENTER} if the centre of the states is meant"
        raise InputError(rule, value=keyword, line=line)


def _part_of(keyword: str, one: Field | None, parts: list[Part], line: int, notes: list[str]) -> Part:
    """The part that a keyword belongs to: the last one, or the first for what tells of the message as a whole."""
    general = one is not None and one.block in {Block.HEADER, Block.RELATIVE}
    if not general and one is not None and len(parts) == 1:
        raise InputError("metadata and data must follow OBJECT", value=keyword, line=line)
    if not general or one is None or len(parts) == 1:
        return parts[-1]
    if one.needed:
        raise InputError("header and relative data must stand before the first OBJECT", value=keyword, line=line)
    notes.append(f"{keyword} stands behind the first OBJECT, on line {line}")
    return parts[0]


class _CdmReader(XmlReader):
    """Collects the parts of a message from expat's events."""

    def __init__(self, notes: list[str]) -> None:
        super().__init__()
        self.parts: list[Part] = []
        self.messages = 0
        self._notes = notes
        self._skipped = 0
        self._path: list[str] = [""]
        self._unit: str | None = None
        self._line = 1

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = self.tag_of(name)
        line = self.line
        parent = self._path[-1]
        if self._skipped:
            self._skipped += 1
            if self._skipped > MOST_DEPTH:
                raise InputError(f"elements must nest at most {MOST_DEPTH} deep", line=line)
            return
        self.check_no_text()
        if parent == DATA and tag not in DATA_BLOCKS and tag != "COMMENT" and tag not in FIELDS:
            self._notes.append(f"<{tag}> on line {line} is no block of version 1.0 and is passed over")
            self._skipped = 1
            return
        if not self._may_hold(parent, tag):
            where = f"<{parent}>" if parent else "a message"
            raise InputError(f"{where} must hold the elements of CCSDS 508.0-B-1 only", value=tag, line=line)
        if tag == "cdm":
            self._open_message(attributes, line)
        elif tag == "segment":
            self.parts.append(Part(line))
        self._path.append(tag)
        self._unit, self._line = attributes.get("units"), line

    def _open_message(self, attributes: dict[str, str], line: int) -> None:
        self.messages += 1
        if self.messages > 1:
            raise InputError("a file must hold one conjunction data message", line=line)
        if attributes.get("id") != "CCSDS_CDM_VERS":
            raise InputError('<cdm> must have id="CCSDS_CDM_VERS"', value=attributes.get("id"), line=line)
        _check_version(attributes.get("version", ""), line)
        self.parts.append(Part(line))

    def _may_hold(self, parent: str, tag: str) -> bool:
        if tag in _CHILDREN.get(parent, ()):
            return True
        if tag == "COMMENT":
            return parent in _COMMENTED
        block = Block.RELATIVE if parent == "relativeStateVector" else parent
        one = field_named(tag)
        if one is None and block in _LEAVES and _KEYWORD.fullmatch(tag):
            check_spelling(tag, self.line)
            return True
        if one is None:
            return False
        both_of_an_object = {one.block, block} <= {Block.METADATA, *DATA_BLOCKS}
        return one.block == block or (both_of_an_object and not one.needed)

    def end(self, _name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            self.text.clear()
            return
        tag = self._path.pop()
        if tag == "COMMENT":
            self.parts[-1].remark(self._path[-1], [self.taken_text(self._line)])
        elif _KEYWORD.fullmatch(tag):
            self.parts[-1].add(tag, Entry(self.taken_text(self._line), self._unit, self._line), self._notes)
        else:
            self.check_no_text()


def xml_parts(data: bytes, notes: list[str]) -> list[Part]:
    """Header and relative data, then each object; what is passed over is added to the notes.

    Raises:
        InputError: if the text is no message in XML.

    """
    reader = _CdmReader(notes)
    reader.read(data)
    if not reader.parts:
        raise InputError("a file must hold a conjunction data message", line=1)
    return reader.parts
