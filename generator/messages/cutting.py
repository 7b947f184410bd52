"""Delivered messages cut to a part: without covariances, without other messages, without other objects' sets.

What is left keeps its digits: texts are cut, never written again. Where anything is cut, comments go with it, because
they may tell of it, and so do the blocks whose contents no standard fixes. Where nothing has to be cut the file comes
back as it came, to the byte.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from nearpass.errors import InputError
from nearpass.messages.compression import decompressed
from nearpass.messages.elements import START_BYTES, elements_notation
from nearpass.messages.elements_omm import VERSION_KEY as OMM_KEY
from nearpass.messages.elements_omm import json_sets
from nearpass.messages.elements_tle import LOOKS_LIKE, catalogue_number
from nearpass.messages.oem import is_other_text
from nearpass.messages.oem_lines import decoded, plain_text
from nearpass.messages.xml_safe import XmlReader

MESSAGES: Final = frozenset({"aem", "apm", "cdm", "ocm", "oem", "omm", "opm", "rdm", "tdm"})
OTHERS: Final = "other objects or messages"
COVARIANCES: Final = "covariances"
COMMENTS: Final = "comments"
_QUANTITY: Final = r"(?:[XYZRTN](?:_?DOT)?|DRG|SRP|THR)"
_COVARIANCE_KEY: Final = re.compile(rf"(?:COV_REF_FRAME|C{_QUANTITY}_{_QUANTITY}|USER_DEFINED_\w+)")
"""Elements of the covariances of OPM, OMM, OEM and CDM, and keywords whose meaning is agreed upon elsewhere."""
_CERTAIN_BLOCKS: Final = frozenset({b"META", b"TRAJ"})
"""Blocks of an OEM or OCM that hold no sigma; those of manoeuvres and of the orbit determination may.

What the record keeps of others, the mass and their lines as comments, goes with the covariances there as well.
"""
_UNCERTAIN_TAGS: Final = frozenset(
    {"covarianceMatrix", "cov", "man", "od", "pert", "phys", "user", "userDefinedParameters"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a file says that one set of elements is of; None for what it does not say, or not readably."""

    number: int | None
    name: str | None
    designator: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What is left of a file, and what was cut from it, in words; nothing for a file that is whole."""

    data: bytes
    left_out: tuple[str, ...]


Keep = Callable[[Named], bool]


def cut(data: bytes, file: str, *, keep: Keep, covariances: bool) -> Cut:
    """A delivered message without what must be left out.

    Args:
        data: The file as delivered, compressed or not.
        file: Its name, for errors.
        keep: Which sets of elements stay.
        covariances: Whether covariances stay.

    Raises:
        InputError: if it cannot be read well enough to be cut, or nothing would be left.
    """
    text = plain_text(decompressed(data, file))
    if not covariances and is_other_text(text):
        raise InputError("covariances can be left out of CCSDS messages only; hand over an OEM instead", file=file)
    notation = elements_notation(text[:START_BYTES])
    if notation is not None:
        pieces = _CUTTERS[notation](text, keep, covariances)
    elif text.lstrip().startswith(b"<"):
        pieces = _cut_xml(text, ("oem", "ocm"), None, covariances)
    else:
        pieces = _cut_kvn(text, covariances)
    if not pieces.kept:
        raise InputError("a file must hold something that may be handed over", file=file)
    if not pieces.left_out:
        return Cut(data=data, left_out=())
    return Cut(data=b"".join(pieces.kept), left_out=tuple(dict.fromkeys([*pieces.left_out, COMMENTS])))


@dataclass(slots=True)
class _Pieces:
    kept: list[bytes] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def _cut_kvn(text: bytes, covariances: bool) -> _Pieces:
    """An OEM or OCM without blocks of covariances; a line of one outside of a block goes too."""
    found = _Pieces()
    if covariances:
        found.kept.append(text)
        return found
    closing: bytes | None = None
    for line in text.splitlines(keepends=True):
        words = line.strip()
        if closing is not None:
            closing = None if words == closing else closing
        elif words.endswith(b"_START") and b"=" not in words and words[:-6] not in _CERTAIN_BLOCKS:
            closing = words[:-5] + b"STOP"
            found.left_out.append(COVARIANCES)
        elif _tells_covariance(words):
            found.left_out.append(COVARIANCES)
        else:
            found.kept.append(line)
    certain = [line for line in found.kept if not _is_comment(line)]
    if len(certain) < len(found.kept):
        found.left_out.append(COMMENTS)
    found.kept = certain
    return found


def _tells_covariance(line: bytes) -> bool:
    key = line.partition(b"=")[0].strip().decode("utf-8", "replace")
    return b"=" in line and _COVARIANCE_KEY.fullmatch(key) is not None


def _is_comment(line: bytes) -> bool:
    return line.split(maxsplit=1)[:1] == [b"COMMENT"]


def _kept_or_not(found: Iterable[tuple[Named, bytes]], keep: Keep) -> _Pieces:
    pieces = _Pieces()
    for named, text in found:
        if keep(named):
            pieces.kept.append(text)
        else:
            pieces.left_out.append(OTHERS)
    return pieces


def _cut_omm_kvn(text: bytes, keep: Keep, covariances: bool) -> _Pieces:
    """Messages one after the other, each beginning with its version."""
    messages: list[list[bytes]] = []
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith(OMM_KEY.encode()) or not messages:
            messages.append([])
        messages[-1].append(line)
    pieces = _kept_or_not(((_named_kvn(lines), b"".join(lines)) for lines in messages if b"".join(lines).strip()), keep)
    rest = _cut_kvn(b"".join(pieces.kept), covariances)
    rest.left_out = [*pieces.left_out, *rest.left_out]
    if rest.left_out:
        rest.kept = [line for line in b"".join(rest.kept).splitlines(keepends=True) if not _is_comment(line)]
    return rest


def _named_kvn(lines: Sequence[bytes]) -> Named:
    pairs = dict(line.decode("utf-8", "replace").partition("=")[::2] for line in lines if b"=" in line)
    return _named({key.strip(): value.strip() for key, value in pairs.items()})


def _named(keywords: dict[str, object]) -> Named:
    number = str(keywords.get("NORAD_CAT_ID") or "").strip()
    name, designator = keywords.get("OBJECT_NAME"), keywords.get("OBJECT_ID")
    return Named(
        number=int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None,
        name=str(name) if name else None,
        designator=str(designator) if designator else None,
    )


def _cut_tle(text: bytes, keep: Keep, _: bool) -> _Pieces:
    """Pairs of lines, each with the line of its name before it; other lines go where a set goes."""
    return _kept_or_not(_tle_sets(text), keep)


def _tle_sets(text: bytes) -> Iterator[tuple[Named, bytes]]:
    name: bytes | None = None
    first: bytes | None = None
    for line in text.splitlines(keepends=True):
        words = line.decode("utf-8", "replace").strip()
        if not words or words.startswith("#"):
            continue
        kind = next((digit for digit, pattern in LOOKS_LIKE.items() if pattern.match(words)), "name")
        if kind == "2" and first is not None:
            title = (name or b"").decode("utf-8", "replace").strip().removeprefix("0 ")
            number = catalogue_number(first.decode("utf-8", "replace"))
            text_of_set = b"".join([name or b"", first, line if line.endswith(b"\n") else line + b"\n"])
            yield Named(number=number, name=title or None, designator=None), text_of_set
        name = line if kind == "name" else name if kind == "1" else None
        first = line if kind == "1" else None


def _cut_json(text: bytes, keep: Keep, covariances: bool) -> _Pieces:
    """An object, or an array of them."""
    source = decoded(text, 1)
    pieces = _kept_or_not(((_named(item), source[begin:end].encode()) for item, begin, end in json_sets(source)), keep)
    if not covariances:
        pieces.kept = [_plain_object(item, pieces) for item in pieces.kept]
    if pieces.left_out and pieces.kept:
        many = source.lstrip().startswith("[")
        joined = b",\n".join(_without_comment(item) for item in pieces.kept)
        pieces.kept = [b"[" + joined + b"]\n" if many else joined + b"\n"]
    return pieces


def _plain_object(text: bytes, pieces: _Pieces) -> bytes:
    """An element set without keywords of a covariance."""
    item = json.loads(text)
    less = {key: value for key, value in item.items() if key != "COMMENT" and not _COVARIANCE_KEY.fullmatch(key)}
    if less.keys() == item.keys():
        return text
    pieces.left_out.append(COVARIANCES)
    return json.dumps(less, ensure_ascii=False).encode()


def _without_comment(text: bytes) -> bytes:
    item = json.loads(text)
    if "COMMENT" not in item:
        return text
    return json.dumps({key: value for key, value in item.items() if key != "COMMENT"}, ensure_ascii=False).encode()


def _cut_csv(text: bytes, keep: Keep, covariances: bool) -> _Pieces:
    """A table whose header names the keywords."""
    rows = list(csv.reader(io.StringIO(decoded(text, 1), newline="")))
    head, body = rows[0], [row for row in rows[1:] if row]
    kept = [row for row in body if keep(_named(dict(zip(head, row, strict=False))))]
    hidden = {
        at for at, key in enumerate(head) if not covariances and (key == "COMMENT" or _COVARIANCE_KEY.fullmatch(key))
    }
    pieces = _Pieces(left_out=[OTHERS] * (len(kept) < len(body)) + [COVARIANCES] * bool(hidden))
    if pieces.left_out:
        hidden |= {at for at, key in enumerate(head) if key == "COMMENT"}
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([value for at, value in enumerate(row) if at not in hidden] for row in (head, *kept))
    pieces.kept = [out.getvalue().encode()] if kept else []
    return pieces


def _cut_omm_xml(text: bytes, keep: Keep, covariances: bool) -> _Pieces:
    return _cut_xml(text, ("omm",), keep, covariances)


def _cut_xml(text: bytes, wanted: Sequence[str], keep: Keep | None, covariances: bool) -> _Pieces:
    """A message, or those of an ``<ndm>`` that are wanted; without ``keep`` the first of them, as it is read."""
    reader = _Elements(text)
    reader.read(text)
    holes: list[tuple[int, int]] = []
    pieces = _Pieces()
    kept = 0
    for element in reader.messages:
        if element.tag in wanted and (keep(_named({**element.keywords})) if keep else kept == 0):
            kept += 1
        else:
            holes.append(element.place)
            pieces.left_out.append(OTHERS)
    if not covariances and reader.uncertain:
        holes += reader.uncertain
        pieces.left_out.append(COVARIANCES)
    if not covariances and reader.comments:
        pieces.left_out.append(COMMENTS)
    if pieces.left_out:
        holes += reader.comments
    pieces.kept = list(_around(text, holes)) if kept else []
    return pieces


def _around(text: bytes, holes: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    at = 0
    for begin, end in sorted(holes):
        if begin > at:
            yield text[at:begin]
        at = max(at, end)
    yield text[at:]


@dataclass(slots=True, kw_only=True)
class _Element:
    tag: str
    begin: int
    end: int = 0
    keywords: dict[str, object] = field(default_factory=dict)

    @property
    def place(self) -> tuple[int, int]:
        return self.begin, self.end


class _Elements(XmlReader):
    """Where messages, comments and what tells of covariances begin and end in a text."""

    def __init__(self, text: bytes) -> None:
        super().__init__()
        self.messages: list[_Element] = []
        self.uncertain: list[tuple[int, int]] = []
        self.comments: list[tuple[int, int]] = []
        self._text = text
        self._open: list[_Element] = []
        self.parser.CommentHandler = self._comment
        self.parser.ProcessingInstructionHandler = self._instruction

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        element = _Element(tag=name.rpartition(" ")[2], begin=self.parser.CurrentByteIndex)
        self._open.append(element)
        self.text.clear()
        if element.tag in MESSAGES and len(self._open) <= 2:
            self.messages.append(element)

    def end(self, _name: str) -> None:
        element = self._open.pop()
        element.end = self._end_of(element)
        words = "".join(self.text).strip()
        self.text.clear()
        if element.tag in {"NORAD_CAT_ID", "OBJECT_NAME", "OBJECT_ID"} and self.messages:
            self.messages[-1].keywords[element.tag] = words
        if element.tag in _UNCERTAIN_TAGS or _COVARIANCE_KEY.fullmatch(element.tag):
            self.uncertain.append(element.place)
        elif element.tag == "COMMENT":
            self.comments.append(element.place)

    def _end_of(self, element: _Element) -> int:
        """Behind the end tag; expat's place is before it, and behind an element that is empty."""
        at = self.parser.CurrentByteIndex
        found = re.compile(rb"</\s*(?:[\w.-]+:)?" + re.escape(element.tag.encode()) + rb"\s*>").match(self._text, at)
        return found.end() if found else at

    def _comment(self, _words: str) -> None:
        at = self.parser.CurrentByteIndex
        self.comments.append((at, self._text.index(b"-->", at) + 3))

    def _instruction(self, _target: str, _words: str) -> None:
        at = self.parser.CurrentByteIndex
        self.comments.append((at, self._text.index(b"?>", at) + 2))


_CUTTERS: Final[dict[str, Callable[[bytes, Keep, bool], _Pieces]]] = {
    "TLE": _cut_tle,
    "OMM KVN": _cut_omm_kvn,
    "OMM XML": _cut_omm_xml,
    "OMM JSON": _cut_json,
    "OMM CSV": _cut_csv,
}
