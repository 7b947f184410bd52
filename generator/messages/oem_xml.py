"""Orbit Ephemeris Messages in XML (CCSDS 505.0-B), alone or as the one OEM of an ``<ndm>``.

Expat reads the message element by element and gives the first fault with its line. Long runs of states or covariances
are first taken out and read all at once (:mod:`nearpass.messages.oem_xml_fast`), each leaving a processing
instruction in its place; where that does not work, expat reads the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Final

import numpy as np

from nearpass.errors import InputError
from nearpass.messages import oem_xml_fast
from nearpass.messages.oem_lines import Pairs, check_length
from nearpass.messages.oem_records import OemHeader, OemMessage, OemSegment
from nearpass.messages.oem_rules import (
    VERSION_KEY,
    CovarianceRows,
    Metadata,
    check_against,
    check_version,
    epoch_of,
    header_keys,
    header_of,
    message_of,
    metadata_keys,
    metadata_of,
    most_columns,
    segment_of,
)
from nearpass.messages.oem_table import FloatArray, IntArray, as_table, checked_epoch, checked_number
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
from nearpass.messages.xml_safe import XmlReader

_CHILDREN: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "": ("oem", "ndm"),
        "ndm": ("oem",),
        "oem": ("header", "body"),
        "body": ("segment",),
        "segment": ("metadata", "data"),
        "data": (STATE, COVARIANCE, "COMMENT"),
    }
)
_COVARIANCE_ELEMENTS: Final = frozenset({EPOCH, COVARIANCE_FRAME, "COMMENT", *TRIANGLE})
_ONCE: Final = ("header", "body", "metadata", "data")
_MOST_DEPTH: Final = 100
_MARK: Final = "nearpass-stretch"


class _HeaderRead(Exception):  # noqa: N818  # no error: it ends the reading of a header
    """Raised to stop reading once the header is complete."""


class _UnusualError(Exception):
    """A stretch has to be read element by element."""


def read_xml(text: bytes) -> OemMessage:
    """The message in a text with line feeds only.

    Raises:
        InputError: for the first broken rule, with its line.

    """
    taken = [] if _MARK.encode() in text else oem_xml_fast.stretches(text)
    if taken:
        with suppress(_UnusualError, InputError):  # the careful reading below succeeds or names the first fault
            return _message(_without(text, taken), [(name, text[begin:end]) for name, begin, end in taken])
    return _message(text, [])


def xml_header(text: bytes) -> OemHeader:
    """The header only, of a text that may be cut off after it."""
    reader = _OemReader([], header_only=True)
    with suppress(_HeaderRead):
        reader.read(text)
    if reader.header is None:
        raise InputError("a message must have a header", line=reader.line)
    return reader.header


def _message(text: bytes, taken: list[tuple[str, bytes]]) -> OemMessage:
    reader = _OemReader(taken)
    reader.read(text)
    if reader.header is None:
        raise InputError("a file must hold an <oem>", line=reader.line)
    return message_of(reader.header, reader.segments, reader.line)


def _without(text: bytes, taken: list[tuple[str, int, int]]) -> bytes:
    """The text with each stretch replaced by a mark and as many line feeds as it had."""
    parts: list[bytes] = []
    at = 0
    for number, (_, begin, end) in enumerate(taken):
        mark = f"<?{_MARK} {number}?>".encode()
        parts += [text[at:begin], mark, b"\n" * text.count(b"\n", begin, end)]
        at = end
    return b"".join([*parts, text[at:]])


class _OemReader(XmlReader):
    """Follows the elements of a message; each rule is checked as soon as its element ends."""

    def __init__(self, taken: list[tuple[str, bytes]], *, header_only: bool = False) -> None:
        super().__init__()
        self.header: OemHeader | None = None
        self.segments: list[OemSegment] = []
        self._taken = taken
        self._marks_met = 0
        self._header_only = header_only
        self._version: str | None = None
        self._path: list[str] = [""]
        self._skipped = 0
        self._line = 0
        self._begun: dict[str, int] = {}
        self._pairs: Pairs = {}
        self._comments: list[str] = []
        self._metadata: Metadata | None = None
        self._data_comments: list[str] = []
        self._rows: list[list[float]] = []
        self._epochs_ns: list[int] = []
        self._tables: list[tuple[IntArray, FloatArray]] = []
        self._covariances = CovarianceRows()
        self._allowed: Mapping[str, frozenset[str]] = {}
        self.parser.ProcessingInstructionHandler = self._instruction

    def read(self, data: bytes) -> None:
        super().read(data)
        if self._marks_met != len(self._taken):
            raise _UnusualError

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._skipped:
            self._skip_deeper()
            return
        parent = self._path[-1]
        self._line = self.parser.CurrentLineNumber
        if " " in name:
            name = self.tag_of(name)
        allowed = self._allowed.get(parent)
        if allowed is not None and name in allowed:  # the common case first: there may be a million of these
            if attributes and (unit := attributes.get("units")) is not None and unit.lower() != UNITS.get(name):
                raise InputError(f"{name} must be in {UNITS.get(name, 'no unit')}", value=attributes["units"],
                                 line=self._line)  # fmt: skip
            if self.text:
                self.check_no_text()
            self._path.append(name)
            return
        self._start_block(name, attributes, parent)

    def _skip_deeper(self) -> None:
        """One more level of a message of another kind."""
        self._skipped += 1
        if self._skipped > _MOST_DEPTH:
            raise InputError(f"elements must nest at most {_MOST_DEPTH} deep", line=self.line)

    def _start_block(self, tag: str, attributes: dict[str, str], parent: str) -> None:
        """An element that holds others."""
        self.check_no_text()
        if tag not in self._children(parent):
            if parent == "ndm":  # another message or its comment
                self._skipped = 1
                return
            where = f"<{parent}>" if parent else "a file"
            raise InputError(f"{where} must hold the elements of an OEM (CCSDS 505.0-B) only", value=tag,
                             line=self._line)  # fmt: skip
        self._path.append(tag)
        if tag == "oem":
            self._open_message(attributes)
        elif tag == "segment":
            self._open_segment()
        elif tag in _ONCE:
            self._open_once(tag)
        elif tag in {STATE, COVARIANCE}:
            self._pairs = {}
            if tag == COVARIANCE and self._version == "1.0":
                raise InputError("a message of version 1.0 must hold no covariance", line=self._line)

    def _children(self, parent: str) -> tuple[str, ...] | frozenset[str]:
        return self._allowed[parent] if parent in self._allowed else _CHILDREN.get(parent, ())

    def _open_message(self, attributes: dict[str, str]) -> None:
        if self._version is not None:
            raise InputError("a file must hold one OEM", line=self._line)
        if attributes.get("id") != VERSION_KEY:
            raise InputError(f'<oem> must have id="{VERSION_KEY}"', value=attributes.get("id"), line=self._line)
        self._version = attributes.get("version", "")
        check_version(self._version, self._line)
        accelerations = () if self._version == "1.0" else ACCELERATIONS
        self._allowed = {
            "header": frozenset({"COMMENT", *header_keys(self._version)}),
            "metadata": frozenset({"COMMENT", *metadata_keys(self._version)}),
            STATE: frozenset({"COMMENT", *STATE_ELEMENTS, *accelerations}),
            COVARIANCE: _COVARIANCE_ELEMENTS,
        }

    def _open_segment(self) -> None:
        self._begun = {key: line for key, line in self._begun.items() if key in {"header", "body"}}
        self._metadata = None
        self._data_comments = []
        self._rows, self._epochs_ns, self._tables = [], [], []
        self._covariances = CovarianceRows()

    def _open_once(self, tag: str) -> None:
        if tag in self._begun:
            raise InputError(f"<{tag}> must be given once", line=self._line)
        if tag == "body" and self.header is None:
            raise InputError("<header> must come before <body>", line=self._line)
        if tag == "data" and self._metadata is None:
            raise InputError("<metadata> must come before <data>", line=self._line)
        self._begun[tag] = self._line
        self._pairs, self._comments = {}, []

    def end(self, _name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            self.text.clear()
            return
        tag = self._path.pop()
        parent = self._path[-1]
        if tag == "COMMENT":
            self._end_comment(parent)
        elif parent in self._allowed:
            text = self.taken_text(self._line)
            if not text:
                raise InputError(f"{tag} must have a value", line=self._line)
            check_length(tag, text, self._line)
            if tag in self._pairs:
                raise InputError(f"{tag} must be given once", value=text, line=self._line)
            self._pairs[tag] = (text, self._line)
        else:
            self.check_no_text()
            self._end_block(tag)

    def _end_comment(self, parent: str) -> None:
        text = self.taken_text(self._line)
        check_length("COMMENT", text, self._line)
        if parent in {"data", STATE}:
            self._data_comments.append(text)
        elif parent == COVARIANCE:
            self._covariances.comments.append(text)
        else:
            self._comments.append(text)

    def _end_block(self, tag: str) -> None:
        line = self.parser.CurrentLineNumber
        if tag == STATE:
            self._end_state(line)
        elif tag == COVARIANCE:
            self._end_covariance(line)
        elif tag == "header" and self._version is not None:
            self.header = header_of(self._version, self._pairs, tuple(self._comments), line)
            if self._header_only:
                raise _HeaderRead
        elif tag == "metadata":
            self._metadata = metadata_of(self._pairs, tuple(self._comments), self._begun["metadata"], line)
        elif tag == "segment":
            self._end_segment(line)
        elif tag == "oem" and not self.segments:
            raise InputError("a message must hold at least one segment", line=line)

    def _end_state(self, line: int) -> None:
        pairs, metadata = self._pairs, self._known_metadata()
        names = STATE_ELEMENTS + (ACCELERATIONS if any(name in pairs for name in ACCELERATIONS) else ())
        for name in names:
            if name not in pairs:
                raise InputError(f"a state must hold {name}", line=line)
        if self._rows and len(self._rows[0]) != len(names) - 1:
            rule = "a state must have 7 or 10 columns, the same number in a whole segment"
            raise InputError(rule, value=f"{len(names)} columns", line=line)
        before_ns = self._epochs_ns[-1] if self._epochs_ns else None
        text, at = pairs[EPOCH]
        epoch = checked_epoch(text.encode(), metadata.system, metadata.reach, before_ns, at)
        self._epochs_ns.append(epoch.tai_ns)
        self._rows.append([checked_number(pairs[name][0].encode(), pairs[name][1]) for name in names[1:]])

    def _end_covariance(self, line: int) -> None:
        pairs, metadata = self._pairs, self._known_metadata()
        for name in (EPOCH, *TRIANGLE):
            if name not in pairs:
                raise InputError(f"a covariance must hold {name}", line=line)
        epoch = epoch_of(pairs, EPOCH, metadata.system)
        self._covariances.check_epoch(epoch, pairs[EPOCH][0], pairs[EPOCH][1])
        triangle = np.zeros((6, 6))
        triangle[np.tril_indices(6)] = [checked_number(pairs[name][0].encode(), pairs[name][1]) for name in TRIANGLE]
        frame, at = pairs.get(COVARIANCE_FRAME, metadata.pairs["REF_FRAME"])
        self._covariances.add(epoch, frame, triangle, at)

    def _end_segment(self, line: int) -> None:
        for tag in ("metadata", "data"):
            if tag not in self._begun:
                raise InputError(f"a segment must hold <{tag}>", line=line)
        if self._rows:
            self._tables.append((np.array(self._epochs_ns, dtype=np.int64), np.array(self._rows)))
        if not self._tables:
            raise InputError("a segment must hold at least one state", line=line)
        if len(self._tables) > 1:
            raise _UnusualError  # some states read at once, others one by one
        epochs, values = self._tables[0]
        covariances = self._covariances.record() if len(self._covariances) else None
        table = as_table(epochs, values, tuple(self._data_comments))
        segment = segment_of(self._known_metadata(), table, covariances)
        check_against(segment, self.segments)
        self.segments.append(segment)

    def _known_metadata(self) -> Metadata:
        if self._metadata is None:
            raise InputError("<metadata> must come before <data>", line=self._line)
        return self._metadata

    def _instruction(self, target: str, data: str) -> None:
        """A mark stands where a stretch was taken out."""
        if target != _MARK or not self._taken:
            return
        if self._path[-1] != "data" or self._skipped:
            raise _UnusualError
        self._marks_met += 1
        name, block = self._taken[int(data)]
        metadata = self._known_metadata()
        if name == STATE:
            states = oem_xml_fast.read_states(block, metadata.system, metadata.reach, most_columns(self._version or ""))
            if states is None:
                raise _UnusualError
            self._tables.append(states)
            return
        found = oem_xml_fast.read_covariances(block, metadata.system)
        if found is None or len(self._covariances) or self._version == "1.0":
            raise _UnusualError
        frame, at = metadata.pairs["REF_FRAME"]
        if found[2] is not None:
            named = block.find(b"<COV_REF_FRAME")
            frame, at = found[2], self.parser.CurrentLineNumber + block.count(b"\n", 0, named)
        self._covariances.extend(found[0], frame, found[1], at)
