"""The lines of a message in keyword-value notation (CCSDS 502.0-B-3, section 7), without their meaning."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from nearpass.errors import InputError
from nearpass.messages.encoding import as_utf8

Pairs: TypeAlias = dict[str, tuple[str, int]]
"""Keywords with their value and line."""

MOST_CHARACTERS: Final = 1_000
"""The longest value; 502.0-B-3, 7.3.2, allows lines of 254 characters."""

MOST_KEYWORDS: Final = 500
"""More than any block of CCSDS 502.0-B-3 has, where keywords are not known beforehand."""

_MARKERS: Final = (b"META_START", b"COVARIANCE_START")
_SMALL_KEYWORD: Final = re.compile(r"([A-Za-z][A-Za-z0-9_]*)\s*=")
_SMALL_WORD: Final = re.compile(r"([A-Z]+_(?:START|STOP)$|COMMENT\b)", re.IGNORECASE)
_KEYWORD: Final = re.compile(r"([A-Z][A-Z0-9_]*)\s*=\s*(.*)")


class Lines:
    """A place in a text and the number of its line, so that blocks can be skipped without looking at each line."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        self.number = 1
        self._marks = _marker_positions(data)

    def peek(self) -> str | None:
        """The next line that is not blank, stripped, or None at the end; the place moves to its beginning."""
        while self.position < len(self.data):
            end = self._line_end()
            text = self.data[self.position : end].strip()
            if text:
                return self._decoded(text)
            self._move_past(end)
        return None

    def take(self) -> None:
        """Move past the line that :meth:`peek` has shown."""
        self._move_past(self._line_end())

    def block_end(self) -> int:
        """Where the lines up to the next META_START or COVARIANCE_START end."""
        while self._marks and self._marks[-1] < self.position:
            self._marks.pop()
        return self._marks[-1] if self._marks else len(self.data)

    def skip_to(self, position: int) -> None:
        """Move to the beginning of a later line."""
        self.number += self.data.count(b"\n", self.position, position)
        self.position = position

    def _line_end(self) -> int:
        end = self.data.find(b"\n", self.position)
        return len(self.data) if end < 0 else end

    def _move_past(self, end: int) -> None:
        self.position = end + 1
        self.number += 1

    def _decoded(self, text: bytes) -> str:
        try:
            line = text.decode().replace("\t", " ")
        except UnicodeDecodeError:
            raise InputError("a message must be ASCII or UTF-8 text", line=self.number) from None
        if not line.isprintable():
            raise InputError("a line must hold printable characters only", value=line, line=self.number)
        return line


def _marker_positions(data: bytes) -> list[int]:
    """Beginnings of the lines that open a block, the last one first."""
    found: list[int] = []
    for marker in _MARKERS:
        at = data.find(marker)
        while at >= 0:
            begin = data.rfind(b"\n", 0, at) + 1
            if not data[begin:at].strip():
                found.append(begin)
            at = data.find(marker, at + len(marker))
    return sorted(found, reverse=True)


def plain_text(data: bytes) -> bytes:
    """The text in UTF-8 without a byte order mark and with line feeds only."""
    data = as_utf8(data)
    if (nul := data.find(b"\0")) >= 0:
        raise InputError("a message must be ASCII or UTF-8 text", line=data.count(b"\n", 0, nul) + 1)
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data


def decoded(text: bytes, line: int) -> str:
    """A text as characters; the error counts from the line at which it begins."""
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        at = line + text.count(b"\n", 0, error.start)
        raise InputError("a text must be ASCII or UTF-8", line=at) from None


def keyword_line(text: str, line: int) -> tuple[str, str]:
    """Keyword and value of ``KEYWORD = value``."""
    found = _KEYWORD.fullmatch(text)
    if found is None:
        raise InputError(assignment_rule(text, "a line here"), value=text, line=line)
    if not found[2]:
        raise InputError(f"{found[1]} must have a value", line=line)
    check_length(found[1], found[2], line)
    return found[1], found[2]


def assignment_rule(text: str, subject: str) -> str:
    """What a line must be that is no ``KEYWORD = value``."""
    return capitals_rule(text) or f"{subject} must read KEYWORD = value"


def capitals_rule(text: str) -> str | None:
    """What a line must be whose keyword is written in small letters; None for any other."""
    found = _SMALL_KEYWORD.match(text) or _SMALL_WORD.match(text)
    return None if found is None or found[1].isupper() else f"{found[1].upper()} must be written in capital letters"


def check_length(keyword: str, value: str, line: int) -> None:
    """Refuse a value that no page could show."""
    if len(value) > MOST_CHARACTERS:
        raise InputError(f"{keyword} must have at most {MOST_CHARACTERS} characters", value=len(value), line=line)


def is_comment(text: str) -> bool:
    """Whether a stripped line is a comment."""
    return text == "COMMENT" or text.startswith("COMMENT ")


def comment_of(text: str, line: int) -> str:
    """What a comment line says."""
    comment = text[7:].strip()
    check_length("COMMENT", comment, line)
    return comment


def read_pairs(lines: Lines, allowed: tuple[str, ...], end: str) -> tuple[Pairs, tuple[str, ...], bool]:
    """Keywords with value and line, and the comments, up to the line ``end``; also whether that line was there."""
    pairs: Pairs = {}
    comments: list[str] = []
    while (text := lines.peek()) is not None and text != end:
        if is_comment(text):
            comments.append(comment_of(text, lines.number))
        else:
            key, value = keyword_line(text, lines.number)
            if key not in allowed:
                raise InputError(f"the keyword must be one that may stand before {end}", value=key, line=lines.number)
            if key in pairs:
                raise InputError(f"{key} must be given once", value=value, line=lines.number)
            pairs[key] = (value, lines.number)
        lines.take()
    return pairs, tuple(comments), text is not None
