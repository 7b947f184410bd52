"""XML read with expat, without what makes XML dangerous.

CCSDS messages need no document type, so any DOCTYPE is refused: without one there are no entities to expand and no
external ones to fetch. Reading is linear in the length of the text, and no element nests deeper than a message does.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Final
from xml.parsers import expat

from nearpass.errors import InputError

_LINE_BREAK: Final = re.compile(r"\s*\n\s*")


class XmlReader(ABC):
    """Base of readers that follow expat's events; a subclass raises InputError as soon as a rule is broken."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.parser = expat.ParserCreate("UTF-8", " ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text.append
        self.parser.StartDoctypeDeclHandler = self._doctype

    @property
    def line(self) -> int:
        """The line that is being read."""
        return self.parser.CurrentLineNumber

    def read(self, data: bytes) -> None:
        """Parse a whole text, calling this reader's methods for each element.

        Raises:
            InputError: if it is not well-formed, or for what the subclass refuses.

        """
        try:
            self.parser.Parse(data, True)
        except expat.ExpatError as error:
            raise InputError("a message must be well-formed XML", value=str(error), line=error.lineno) from None

    @staticmethod
    def tag_of(name: str) -> str:
        """The tag of an element whatever its namespace: CCSDS has published two, and services use others."""
        return name.rpartition(" ")[2]

    @abstractmethod
    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins; ``name`` is ``namespace tag``, or the tag alone."""

    @abstractmethod
    def end(self, _name: str) -> None:
        """An element ends; its text lies in :attr:`text`."""

    def taken_text(self, line: int) -> str:
        """The text since it was last taken, on one line; it must be printable."""
        text = "".join(self.text).strip()
        self.text.clear()
        if "\n" in text:
            text = " ".join(_LINE_BREAK.split(text))
        text = text.replace("\t", " ")
        if not text.isprintable():
            raise InputError("an element must hold printable characters only", value=text, line=line)
        return text

    def check_no_text(self) -> None:
        """Refuse text between elements."""
        if text := "".join(self.text).strip():
            raise InputError("text must stand in a keyword's element", value=text, line=self.line)
        self.text.clear()

    def _doctype(self, *_: object) -> None:
        raise InputError("a message must hold no DOCTYPE", line=self.line)
