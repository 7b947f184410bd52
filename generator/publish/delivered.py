"""What stands in a delivered file: its words and its numbers, read from the bytes without knowing the format.

No reader of the program is used, so that a fault of one hides nothing here. A text gives the values that follow a key,
an element or a comment, and every number; a kernel gives the texts of its comment area and of its segments' names, and
every double-precision number.
"""

from __future__ import annotations

import bz2
import gzip
import html
import lzma
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final

import numpy as np

from nearpass.publish.digits import FloatArray, Windows

_PACKED: Final[Mapping[bytes, Callable[[bytes], bytes]]] = MappingProxyType({
    b"\x1f\x8b": gzip.decompress, b"BZh": bz2.decompress, b"\xfd7zXZ": lzma.decompress, b"]\x00\x00": lzma.decompress,
})  # fmt: skip
_KERNEL: Final = (b"DAF/", b"NAIF/DAF")
_ORDER: Final = 88
"""Where a DAF file says in which order its bytes are (NAIF, DAF Required Reading)."""
_PRINTABLE: Final = re.compile(rb"[ -~]{8,}")
_LINE: Final = re.compile(r"^[ \t]*(?:(COMMENT)[ \t]+|([A-Za-z_][\w .-]*?)[ \t]*=[ \t]*)(\S.*?)[ \t\r]*$", re.MULTILINE)
_ELEMENT: Final = re.compile(r"<([A-Za-z_][\w:]*)[^<>]*>([^<>]+)</")
_MEMBER: Final = re.compile(r'"(\w+)"\s*:\s*"([^"]*)"')
_MATRICES: Final = re.compile(
    r"COVARIANCE_START.*?COVARIANCE_STOP|COV_START.*?COV_STOP|<covarianceMatrix>.*?</covarianceMatrix>|<cov>.*?</cov>"
    r"|^\s*C[XYZRTN](?:_DOT)?_[XYZRTN](?:_DOT)?\s*=.*?$",
    re.DOTALL | re.MULTILINE,
)
_IDENTITY: Final = re.compile(
    r"ORIGINATOR|MESSAGE_ID|MESSAGE_FOR|NAME|OBJECT_ID|DESIGNATOR|CATALOG_NUMBER|NORAD_CAT_ID|SEGMENT", re.IGNORECASE
)
"""Keys whose values name somebody or something."""
_TWO_LINES: Final = re.compile(r"^[12] [ 0-9A-Z]{5}.{60,62}$", re.MULTILINE)
_BESIDE: Final = bytes.maketrans(b"<>,;=\"'()[]|\t", b" " * 13)
_LEAST, _MOST = 1e-18, 1e15


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A text of a delivered file, the line where it stands, and whether it names somebody or something."""

    text: str
    line: int
    names: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A delivered file: ``values`` are all its numbers in their order, ``matrices`` those of its covariances.

    ``others`` are the numbers without these.
    """

    words: tuple[Word, ...]
    values: FloatArray
    matrices: FloatArray
    others: FloatArray


class DeliveredFile:
    """A delivered file and what is asked of it, each found when it is first asked for, and once."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @cached_property
    def said(self) -> Delivered:
        """Its words and numbers."""
        return delivered(self._data)

    @cached_property
    def lower(self) -> bytes:
        """Its bytes, unpacked and in small letters."""
        return unpacked(self._data).lower()

    @cached_property
    def rows(self) -> Windows:
        """Windows of all its numbers."""
        return Windows(self.said.values)

    @cached_property
    def other_rows(self) -> Windows:
        """Windows of those outside of covariances."""
        return Windows(self.said.others)

    @cached_property
    def matrix_rows(self) -> Windows:
        """Windows of those of covariances."""
        return Windows(self.said.matrices)


class Deliveries:
    """Delivered files by their SHA-256, each read once for all editions of a cycle that are searched."""

    def __init__(self, read: Callable[[str], bytes | None]) -> None:
        """Read by a function that gives None for a file that is not kept."""
        self._read = read
        self._known: dict[str, DeliveredFile | None] = {}

    def file(self, sha256: str) -> DeliveredFile | None:
        """A file; None for one that is not kept."""
        if sha256 not in self._known:
            data = self._read(sha256)
            self._known[sha256] = None if data is None else DeliveredFile(data)
        return self._known[sha256]


def delivered(data: bytes) -> Delivered:
    """Read a file of any kind."""
    data = unpacked(data)
    if data.startswith(_KERNEL):
        order = ">f8" if data[_ORDER : _ORDER + 3] == b"BIG" else "<f8"
        doubles = np.frombuffer(data[: len(data) // 8 * 8], dtype=order).astype(float)
        with np.errstate(invalid="ignore"):
            sizes = np.abs(doubles)
        values = doubles[np.isfinite(doubles) & (sizes > _LEAST) & (sizes < _MOST)]
        runs = [run.decode("ascii").strip() for run in _PRINTABLE.findall(data)]
        words = tuple(Word(text=run, line=0, names=False) for run in runs)
        return Delivered(words=words, values=values, matrices=np.zeros(0), others=values)
    text = data.decode("utf-8", "replace")
    values, matrices = _values(data), " ".join(_MATRICES.findall(text))
    others = _values(_MATRICES.sub(" ", text).encode()) if matrices else values
    return Delivered(words=tuple(_words(text)), values=values, matrices=_values(matrices.encode()), others=others)


def unpacked(data: bytes) -> bytes:
    """A file without its compression, the same where it has none that is known."""
    for mark, unpack in _PACKED.items():
        if data.startswith(mark):
            try:
                return unpack(data)
            except (OSError, EOFError, ValueError, lzma.LZMAError):
                return data  # a refused delivery: its bytes are searched as they are
    return data


def _words(text: str) -> Iterator[Word]:
    found = [(match.start(), match[2] or "", match[3]) for match in _LINE.finditer(text)]
    found += [(match.start(), match[1], match[2]) for match in _ELEMENT.finditer(text)] if "<" in text else []
    found += [(match.start(), match[1], match[2]) for match in _MEMBER.finditer(text)] if "{" in text else []
    line, before = 1, 0
    for start, key, value in sorted(found):
        line, before = line + text.count("\n", before, start), start
        if value.strip():
            yield Word(text=html.unescape(value.strip()), line=line, names=_IDENTITY.search(key) is not None)
    for match in _TWO_LINES.finditer(text):
        yield Word(text=match[0].strip(), line=1 + text.count("\n", 0, match.start()), names=False)


def _values(data: bytes) -> FloatArray:
    """Numbers that stand by themselves: not the parts of dates, names or addresses."""
    tokens = [token for token in data.translate(_BESIDE).split() if token[0] in b"+-.0123456789"]
    try:
        return np.array(tokens, dtype=bytes).astype(float) if tokens else np.zeros(0)
    except ValueError:
        return np.array([value for token in tokens if (value := _float(token)) is not None])


def _float(token: bytes) -> float | None:
    try:
        value = float(token.replace(b"D", b"E").replace(b"d", b"e"))
    except ValueError:
        return None
    return value if _LEAST < abs(value) < _MOST else None
