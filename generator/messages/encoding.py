"""The bytes of a delivery as UTF-8: what its byte order mark, or the declaration of its XML, says that it is in.

CCSDS messages are ASCII or, in XML, whatever the declaration names. UTF-16 is told by its byte order mark, or by the
noughts beside its first letters.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

from nearpass.errors import InputError

_DECLARED: Final = re.compile(rb"\s*<\?xml\s[^>]*?\bencoding\s*=\s*[\"']([A-Za-z][A-Za-z0-9._-]{0,39})[\"']")
_DECLARATION_BYTES: Final = 400
_KNOWN: Final = re.compile(r"utf-8|ascii|iso8859-\d+|cp125\d|utf-16(?:-[lb]e)?")
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BARE: Final = (
    (re.compile(rb"(?:[\t\n\r -~]\0){2}"), "utf-16-le"),
    (re.compile(rb"(?:\0[\t\n\r -~]){2}"), "utf-16-be"),
)


NAME_RULE: Final = "the name of a file must be UTF-8"


def name_in_words(name: str) -> str:
    """A file's name or path, with the bytes written out that are no UTF-8: a file system allows them, no text does."""
    return name.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="backslashreplace")


def as_utf8(data: bytes) -> bytes:
    """A text in UTF-8 whatever it came in; a character cut off at its end is left out.

    Raises:
        InputError: for an encoding that is not known, and bytes that it does not have, with their line.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _transcoded(data, name)
    for pattern, name in _BARE:
        if pattern.match(data):
            return _transcoded(data, name)
    found = _DECLARED.match(data, 0, _DECLARATION_BYTES)
    if found is None:
        return data
    declared = found[1].decode()
    try:
        name = codecs.lookup(declared).name
    except LookupError:
        name = ""
    if _KNOWN.fullmatch(name) is None:
        rule = "the encoding of XML must be UTF-8, UTF-16, US-ASCII, ISO-8859 or windows-125x"
        raise InputError(rule, value=declared, line=1)
    if name in ("utf-8", "ascii") or name.startswith("utf-16"):  # UTF-16 would have begun otherwise: it was transcoded
        return data
    return _transcoded(data, name)


def _transcoded(data: bytes, encoding: str) -> bytes:
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(data, final=False)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"a message must be the {encoding} text that it begins as", line=line) from None
    return text.encode("utf-8", errors="replace")
