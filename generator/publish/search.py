"""Files of an edition searched for what it must not hold, in whatever spelling and packing.

A file is read in every spelling at once: percent signs, HTML and JSON escapes undone, case and accents folded, with
and without its tags. Pictures are searched for text like any file, and for paths by what they were drawn from: each
number handed to a drawing is compared with the withheld ones. Compressed files are searched inside.
"""

from __future__ import annotations

import gzip
import html
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from string import ascii_lowercase, digits
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from nearpass.publish.digits import SURE_DIGITS, TOGETHER_DIGITS, Numbers, Printed
from nearpass.publish.expected import BESIDE_DIGITS, DECIMALS, Expected, plain_text

_WORD: Final = re.compile(r"[a-z0-9]+")
_NOT_OF_A_WORD: Final = bytes(code if chr(code) in ascii_lowercase + digits else ord(" ") for code in range(256))
_NUMBER: Final = re.compile(r"(?<![\w.])(?<!\d:)(?=[\d.]{5})\d[\d.]*(?:e[+-]?\d+)?(?![\w.:])")
"""Numbers long enough to be searched for: after a colon too, as in JSON, but not the seconds of a time."""
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?")
_SPOKEN: Final = re.compile(
    r"(\d{1,2}) (january|february|march|april|may|june|july|august|september|october|november|december) (\d{4}) "
    r"(\d\d:\d\d(?::\d\d)?)"
)
_MONTHS: Final = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
                  "november", "december")  # fmt: skip
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_PRINTABLE: Final = re.compile(rb"[ -~]{8,}")
"""Texts in a file of another kind: shorter runs occur by chance."""
_NOT_DECIMALS: Final = r"(?<!\d\.)"
"""A catalogue number is no name where it is the decimals of a number; distances have many."""
_TAG: Final = re.compile(r"<[^<>]*>")
NO_DRAWINGS: Final[Mapping[str, object]] = MappingProxyType({})
_THOUSANDS: Final = re.compile(r"(?<=\d)[\u202f\u00a0\u2009](?=\d)")
"""Blanks within a number; elsewhere they part words and units."""
_OBJECT: Final = re.compile(r"record\.objects\[\d+\]\.(id|name)")
ROW: Final = "a row of numbers of a withheld delivery or series"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """Where a file holds what it must not: ``what`` says where that comes from, never what it is."""

    file: str
    line: int | None
    what: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where} {'names a withheld object' if _OBJECT.fullmatch(self.what) else f'holds {self.what}'}"


def leaks_in(
    files: Iterable[tuple[str, bytes]], sought: Expected, drawings: Mapping[str, object] = NO_DRAWINGS
) -> Iterator[Leak]:
    """Everything that is found in files, by their names, and in what pictures were drawn from, by theirs."""
    by_word: dict[str, list[str]] = {}
    for secret in sought.words:
        longest = max(_WORD.findall(secret), key=len, default="")
        by_word.setdefault(longest, []).append(secret)
    searched: set[tuple[bytes, bool]] = set()
    for name, data in files:
        picture = name.endswith(".svg")
        # A packed copy of the site holds every page once more: of the same bytes only the new name tells anything.
        lines = _lines(name, b"" if (data, picture) in searched else data)
        searched.add((data, picture))
        yield from _words_in(name, lines, by_word, sought)
        yield from _cased_in(name, data, sought)
        yield from _instants_in(name, lines, sought)
        if not picture:
            yield from _numbers_in(name, lines, sought)
    for name, drawing in drawings.items():
        found = next((value for value in _floats(drawing) if value in sought.drawn), None)
        if found is not None:
            yield Leak(file=name, line=None, what=sought.drawn[found])


def unpacked(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """A file, or what a compressed one holds, or the texts within one that is neither."""
    if data.startswith(b"\x1f\x8b"):
        yield name, b""  # its name is searched, its bytes say nothing before they are unpacked
        yield from unpacked(name.removesuffix(".gz"), gzip.decompress(data))
    elif zipfile.is_zipfile(io.BytesIO(data)):
        yield name, b""
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield f"{name}/comment", archive.comment
            for member in archive.infolist():
                yield f"{name}/comment of {member.filename}", member.comment + member.extra
                yield from unpacked(f"{name}/{member.filename}", archive.read(member))
    elif _is_text(data):
        yield name, data
    else:
        yield name, b"\n".join(_PRINTABLE.findall(data))


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _lines(name: str, data: bytes) -> list[str]:
    """The file's name and lines in the spelling in which they are compared."""
    text = data.decode("utf-8", errors="replace")
    if "\\u" in text:
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    found = [plain_text(name.replace("/", " / "))]
    for line in text.splitlines():
        plain = unquote(line) if "%" in line else line
        plain = html.unescape(html.unescape(plain)) if "&" in plain else plain
        plain = plain if plain.isascii() else _THOUSANDS.sub("", plain)
        found.append(plain_text(plain))
        if "<" in plain and "><" in plain:
            found[-1] += " | " + plain_text(_TAG.sub("", plain))
    return found


def _words_in(name: str, lines: list[str], by_word: dict[str, list[str]], sought: Expected) -> Iterator[Leak]:
    whole = " ".join(lines)
    words = set(whole.encode("ascii").translate(_NOT_OF_A_WORD).split())  # a tenth of the time of a pattern
    present = [word for word in by_word if word.encode("ascii") in words]
    for secret in (secret for word in present for secret in by_word[word] if secret in whole):
        pattern = re.compile(
            rf"(?<![a-z0-9]){_NOT_DECIMALS if secret.isdigit() else ''}{re.escape(secret)}(?![a-z0-9])"
        )
        line = next((number for number, text in enumerate(lines) if pattern.search(text)), None)
        if line is not None or pattern.search(whole):
            yield Leak(file=name, line=line, what=sought.words[secret])


def _cased_in(name: str, data: bytes, sought: Expected) -> Iterator[Leak]:
    if not sought.cased:
        return
    text = data.decode("utf-8", errors="replace")
    places = [unquote(name), *html.unescape(unquote(text)).splitlines()]
    for word, what in sought.cased.items():
        pattern = re.compile(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])")
        line = next((number for number, one in enumerate(places) if word in one and pattern.search(one)), None)
        if line is not None:
            yield Leak(file=name, line=line or None, what=what)


def _instants_in(name: str, lines: list[str], sought: Expected) -> Iterator[Leak]:
    for number, line in enumerate(lines):
        if ":" not in line:
            continue
        told = [found[0].replace(" ", "T").upper() for found in _INSTANT.finditer(line)]
        told += map(_from_spoken, _SPOKEN.finditer(line))
        pairs = sought.beside.items() if told else ()
        beside = [found.minutes for pair, found in pairs if all(_stands(key, line) for key in pair)]
        for text in told:
            places = [place for known in (sought.instants, *beside) if (place := known.get(text)) is not None]
            if places and not any(_is_finer(other, text) for other in told):
                yield from (Leak(file=name, line=number, what=place) for place in places)


def _is_finer(other: str, text: str) -> bool:
    """Whether a spelling tells the same instant as another one, with more digits: a page has both in one cell.

    One with digits in which instants are not looked for settles nothing.
    """
    if len(other) <= len(text) or len(other.partition(".")[2]) not in DECIMALS[1:]:
        return False
    decimals = len(text.partition(".")[2])
    unit = np.timedelta64(60_000_000 if text.count(":") == 1 else 10 ** (6 - min(decimals, 6)), "us")
    try:
        return bool(abs(np.datetime64(other, "us") - np.datetime64(text, "us")) < unit)
    except ValueError:  # digits that are no date
        return False


def _from_spoken(found: re.Match[str]) -> str:
    return f"{found[3]}-{_MONTHS.index(found[2]) + 1:02d}-{int(found[1]):02d}T{found[4]}"


def _stands(key: str, line: str) -> bool:
    return key in line and re.search(rf"(?<![a-z0-9]){re.escape(key)}(?![a-z0-9])", line) is not None


def _numbers_in(name: str, lines: list[str], sought: Expected) -> Iterator[Leak]:
    printed = _printed(lines)
    if not len(printed.value):
        return
    alone = np.flatnonzero(printed.digits >= TOGETHER_DIGITS)
    yield from _known(name, printed, _hits(printed, alone, sought.alone, sought.open_numbers), sought.alone)
    telling = np.flatnonzero(printed.digits >= BESIDE_DIGITS)
    with_numbers = np.unique(printed.line[telling]).tolist() if sought.beside else []
    for pair, found in sought.beside.items():
        named = [number for number in with_numbers if all(_stands(key, lines[number]) for key in pair)]
        at = telling[np.isin(printed.line[telling], named) & (printed.digits[telling] >= found.least_digits)]
        for index, which in _hits(printed, at, found.numbers, sought.open_beside):
            yield Leak(file=name, line=int(printed.line[index]), what=found.numbers.places[which])
    if (at_line := sought.rows.first_line(printed)) is not None:
        yield Leak(file=name, line=at_line, what=ROW)


def _hits(printed: Printed, at: NDArray[np.int64], known: Numbers, free: Numbers) -> list[tuple[int, int]]:
    """Of some printed numbers those that are known, each with the place of the one that it is.

    One that the edition may hold itself is none.
    """
    found = known.found(printed, at)
    hit = found >= 0
    if hit.any():
        hit[hit] = free.found(printed, at[hit]) < 0
    return list(zip(at[hit].tolist(), found[hit].tolist(), strict=True))


def _known(name: str, printed: Printed, hits: Sequence[tuple[int, int]], known: Numbers) -> Iterator[Leak]:
    """Of numbers that agree, those with digits enough, and those with which another one of their source agrees."""
    of_source: dict[str, set[int]] = {}
    for _, which in hits:
        of_source.setdefault(_source(known.places[which]), set()).add(which)
    for index, which in hits:
        place = known.places[which]
        if printed.digits[index] >= SURE_DIGITS or len(of_source[_source(place)]) > 1:
            yield Leak(file=name, line=int(printed.line[index]), what=place)


def _source(place: str) -> str:
    """The delivery, or the entry of the record, that a number stands in."""
    return place.partition("]")[0]


def _printed(lines: list[str]) -> Printed:
    """The numbers of a text that are long enough."""
    value, count, half, at_line, place = [], [], [], [], []
    for number, line in enumerate(lines):
        for order, text in enumerate(_NUMBER.findall(line)):
            mantissa, _, exponent = text.partition("e")
            try:
                one = float(text)
            except ValueError:
                continue
            value.append(one)
            count.append(len(mantissa.replace(".", "").strip("0")))
            half.append(0.5 * 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2])))
            at_line.append(number)
            place.append(order)
    return Printed(
        value=np.array(value, dtype=float), digits=np.array(count, dtype=np.int64),
        half_unit=np.array(half, dtype=float), line=np.array(at_line, dtype=np.int64),
        place=np.array(place, dtype=np.int64),
    )  # fmt: skip


def _floats(drawing: object) -> Iterator[float]:
    """Every number that was handed to a drawing."""
    if isinstance(drawing, float):
        yield abs(drawing)
    elif isinstance(drawing, np.ndarray):
        yield from np.abs(drawing[np.isreal(drawing)]).ravel().tolist() if drawing.dtype.kind == "f" else ()
    elif is_dataclass(drawing) and not isinstance(drawing, type):
        for entry in fields(drawing):
            yield from _floats(getattr(drawing, entry.name))
    elif isinstance(drawing, Mapping):
        yield from (value for entry in drawing.values() for value in _floats(entry))
    elif isinstance(drawing, Sequence) and not isinstance(drawing, str):
        yield from (value for entry in drawing for value in _floats(entry))
