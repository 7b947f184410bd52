"""Orbit Comprehensive Messages in XML (CCSDS 505.0-B), read as the lines of keyword-value notation that say the same.

Both notations have the same keywords and the same lines of numbers, so one reader serves; each line remembers where
its element began, and an error names that.
"""

from __future__ import annotations

import io
from array import array
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Final, TypeVar

from nearpass.errors import InputError
from nearpass.messages.ocm import VERSION_KEY, ocm_header, read_ocm
from nearpass.messages.oem_lines import check_length
from nearpass.messages.oem_records import OemHeader, OemMessage, OemSegment
from nearpass.messages.xml_safe import XmlReader

_Answer = TypeVar("_Answer")

_PATHS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "": ("ocm", "ndm"),
        "ndm": ("ocm",),
        "ocm": ("header", "body"),
        "body": ("segment",),
        "segment": ("metadata", "data"),
        "data": ("traj", "cov", "phys", "man", "pert", "od"),
    }
)
_BLOCKS: Final[Mapping[str, str]] = MappingProxyType({
        "metadata": "META", "traj": "TRAJ", "cov": "COV", "phys": "PHYS", "man": "MAN", "pert": "PERT", "od": "OD",
    }
)  # fmt: skip
_NUMBERS: Final = ("trajLine", "covLine", "manLine")
_MOST_DEPTH: Final = 100
_MOST_LINE: Final = 2_000  # 36 numbers of a covariance, each with 24 characters, and a date


class _HeaderRead(Exception):  # noqa: N818  # no error: it ends the reading of a header
    """Raised to stop reading once the header is complete."""


def read_xml_ocm(text: bytes, *, plan: bool = False) -> OemMessage:
    """The Cartesian trajectories of a message, and its manoeuvres; as :func:`nearpass.messages.ocm.read_ocm`.

    Raises:
        InputError: for the first broken rule, with its line.

    """
    reader = _OcmReader(header_only=False)
    reader.read(text)
    message = _read(partial(read_ocm, plan=plan), reader)
    unread = message.unread_manoeuvres
    return replace(
        message,
        segments=tuple(_located(each, reader.sources) for each in message.segments),
        manoeuvres=tuple(replace(one, line=reader.sources[one.line - 1]) for one in message.manoeuvres),
        unread_manoeuvres=(unread[0], reader.sources[unread[1] - 1]) if unread else None,
    )


def _located(segment: OemSegment, sources: Sequence[int]) -> OemSegment:
    """The segment with the lines of the XML in place of those that were made of it."""
    held = segment.covariances
    if held is not None:
        held = replace(held, frame_lines={name: sources[line - 1] for name, line in held.frame_lines.items()})
    return replace(
        segment,
        first_line=sources[segment.first_line - 1],
        lines={key: sources[line - 1] for key, line in segment.lines.items()},
        covariances=held,
    )


def xml_ocm_header(text: bytes) -> OemHeader:
    """The header only, of a text that may be cut off after it."""
    reader = _OcmReader(header_only=True)
    with suppress(_HeaderRead):
        reader.read(text)
    return _read(ocm_header, reader)


def _read(work: Callable[[bytes], _Answer], reader: _OcmReader) -> _Answer:
    try:
        return work(reader.lines.getvalue())
    except InputError as error:
        at = min(error.line or 1, len(reader.sources)) - 1
        raise InputError(error.rule, value=error.value, line=reader.sources[at] if reader.sources else 1) from None


class _OcmReader(XmlReader):
    """Writes a line for each element that holds text, and those that open and close a block."""

    def __init__(self, *, header_only: bool) -> None:
        super().__init__()
        self.lines = io.BytesIO()
        self.sources = array("q")
        self._header_only = header_only
        self._path: list[str] = [""]
        self._skipped = 0
        self._line = 1

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = self.tag_of(name)
        self._line = self.line
        parent = self._path[-1]
        if self._skipped or (parent in {"data", "ndm"} and tag not in _PATHS[parent]):
            self._skipped += 1  # a block or message of another kind
            if self._skipped > _MOST_DEPTH:
                raise InputError(f"elements must nest at most {_MOST_DEPTH} deep", line=self.line)
            return
        self.check_no_text()
        allowed = _PATHS.get(parent)
        if (allowed is not None and tag not in allowed) or len(self._path) > len(_PATHS) + 1:
            where = f"<{parent}>" if parent else "a file"
            raise InputError(
                f"{where} must hold the elements of an OCM (CCSDS 505.0-B) only", value=tag, line=self.line
            )
        self._path.append(tag)
        if tag == "ocm":
            if self.sources:
                raise InputError("a file must hold one OCM", line=self.line)
            self._write(f"{VERSION_KEY} = {attributes.get('version', '')}")
        elif tag in _BLOCKS:
            self._write(f"{_BLOCKS[tag]}_START")

    def end(self, _name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            self.text.clear()
            return
        tag = self._path.pop()
        if tag in _BLOCKS:
            self.check_no_text()
            self._write(f"{_BLOCKS[tag]}_STOP")
        elif self._path[-1] in {"header", *_BLOCKS}:
            self._write_text(tag, self.taken_text(self._line))
        else:
            self.check_no_text()
            if tag == "header" and self._header_only:
                self._write("META_START")
                raise _HeaderRead

    def _write_text(self, tag: str, text: str) -> None:
        if tag not in _NUMBERS:
            check_length(tag, text, self._line)
            self._write(f"COMMENT {text}" if tag == "COMMENT" else f"{tag} = {text}")
        elif len(text) > _MOST_LINE or text[:1].isalpha():
            raise InputError(f"<{tag}> must hold numbers", value=text, line=self._line)
        else:
            self._write(text)

    def _write(self, line: str) -> None:
        self.lines.write(line.encode() + b"\n")
        self.sources.append(self._line)
