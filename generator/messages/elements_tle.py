"""Two-line elements, held against their columns and checksums before sgp4 reads them.

sgp4, like the programs it descends from, takes what stands in the columns. A set whose eccentricity is printed with
eight digits, as some services do, moves everything behind it by a column and is then thousands of kilometres wrong
without an error; so every column is checked here. Format: Hoots and Roehrich, Spacetrack Report No. 3 (1980); Alpha-5
numbers and the checksum: space-track.org, "Basic Description of the Two Line Element (TLE) Format".
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from sgp4.alpha5 import from_alpha5
from sgp4.api import Satrec
from sgp4.io import compute_checksum

from nearpass.astro.epochs import DAY_S, NS, Epoch
from nearpass.errors import InputError, NearpassError
from nearpass.messages.elements_record import ElementFault, ElementSet, checked, element_set
from nearpass.messages.oem_lines import decoded

_Column: TypeAlias = tuple[str, int, str]  # name, width, pattern; blank columns have no name


def _whole(width: int) -> str:
    """A whole number that ends at its last column, with blanks or noughts before it."""
    return "(?:" + "|".join(rf" {{{blanks}}}\d{{{width - blanks}}}" for blanks in range(width)) + ")"


_BLANK: Final = ("", 1, " ")
_NUMBER: Final = ("catalogue number", 5, rf"(?:[A-HJ-NP-Z]\d{{4}}|{_whole(5)})")
_ANGLE: Final = rf"{_whole(3)}\.\d{{4}}"
_EXPONENT: Final = r"[ +-]\d{5}[+-]\d"
_FIRST: Final[Sequence[_Column]] = (
    ("line number", 1, "1"), _BLANK,
    _NUMBER, ("classification", 1, "[A-Z ]"), _BLANK,
    ("international designator", 8, "[ 0-9A-Z]{8}"), _BLANK,
    ("epoch year", 2, r"\d\d"), ("epoch day", 12, rf"{_whole(3)}\.\d{{8}}"), _BLANK,
    ("first derivative of the mean motion", 10, r"[ +0-]\.\d{8}"), _BLANK,
    ("second derivative of the mean motion", 8, _EXPONENT), _BLANK,
    ("B* drag term", 8, _EXPONENT), _BLANK,
    ("ephemeris type", 1, "[ 0-9]"), _BLANK,
    ("element set number", 4, rf"(?:{_whole(4)}| {{4}})"), ("checksum", 1, r"\d"),
)  # fmt: skip
_SECOND: Final[Sequence[_Column]] = (
    ("line number", 1, "2"), _BLANK,
    _NUMBER, _BLANK,
    ("inclination", 8, _ANGLE), _BLANK,
    ("right ascension of the ascending node", 8, _ANGLE), _BLANK,
    ("eccentricity", 7, r"\d{7}"), _BLANK,
    ("argument of perigee", 8, _ANGLE), _BLANK,
    ("mean anomaly", 8, _ANGLE), _BLANK,
    ("mean motion", 11, rf"{_whole(2)}\.\d{{8}}"),
    ("revolution number", 5, rf"(?:{_whole(5)}| {{5}})"), ("checksum", 1, r"\d"),
)  # fmt: skip
_LINES: Final = {"1": _FIRST, "2": _SECOND}
_PATTERNS: Final = {
    digit: re.compile("".join(f"({pattern})" if name else pattern for name, _, pattern in columns), re.ASCII)
    for digit, columns in _LINES.items()
}
LOOKS_LIKE: Final = {"1": re.compile(r"1 [ 0-9A-Z]{5}[A-Z ] .{40}"), "2": re.compile(r"2 [ 0-9A-Z]{5} .{40}")}
"""How the lines of a set begin, by their digit."""
_ON_SECOND: Final = frozenset(
    {
        "INCLINATION",
        "RA_OF_ASC_NODE",
        "ECCENTRICITY",
        "ARG_OF_PERICENTER",
        "MEAN_ANOMALY",
        "MEAN_MOTION",
        "REV_AT_EPOCH",
    }
)
_PIVOT: Final = 57  # two-digit years from here on are of the 20th century: the first satellite is of 1957
_MOST_LINE_BYTES: Final = 1_000


def read_tle(text: bytes, wanted: Collection[int] | None) -> Iterator[ElementSet | ElementFault]:
    """The sets of a text with line feeds only; a line that is neither the first nor the second of a set names it."""
    name: tuple[str, int] | None = None
    first: tuple[str, int] | None = None
    for number, raw in enumerate(io.BytesIO(text), start=1):
        line = _line_of(raw, number)
        if not line or line.startswith("#"):
            continue
        kind = next((digit for digit, pattern in LOOKS_LIKE.items() if pattern.match(line.lstrip())), "name")
        if kind == "2" and first is not None:
            if _is_wanted(first[0], wanted):
                yield _set_of(name[0] if name else None, first, (line, number))
            name = first = None
            continue
        if kind == "2":
            yield _fault("the second line of a set must follow its first", line, number)
        elif first is not None:
            yield _fault("the first line of a set must be followed by its second", *first)
            first = None
        if kind == "name" and name is not None:
            yield _fault("a line must be a name, or the first or second line of a set", *name)
        name = (line, number) if kind == "name" else None if kind == "2" else name
        first = (line, number) if kind == "1" else None
    if rest := first or name:
        yield _fault("the last set must be complete", *rest)


def _line_of(raw: bytes, number: int) -> str:
    if len(raw) > _MOST_LINE_BYTES:
        raise InputError(f"a line must have at most {_MOST_LINE_BYTES} bytes", value=len(raw), line=number)
    line = decoded(raw, number).rstrip()
    if not line.isprintable():
        raise InputError("a line must hold printable characters only", value=line, line=number)
    return line


def _fault(rule: str, line: str, number: int) -> ElementFault:
    return ElementFault(number=None, error=InputError(rule, value=line, line=number))


def _is_wanted(first: str, wanted: Collection[int] | None) -> bool:
    """Whether a set has to be read; one whose number cannot be read may be any."""
    if wanted is None:
        return True
    number = catalogue_number(first)
    return number is None or number in wanted


def catalogue_number(line: str) -> int | None:
    """The catalogue number of a set by its first line, None where it cannot be read."""
    digits = line.lstrip()[2:7].strip()
    return from_alpha5(digits) if re.fullmatch(r"[0-9A-HJ-NP-Z]\d*", digits) else None


def _set_of(name: str | None, first: tuple[str, int], second: tuple[str, int]) -> ElementSet | ElementFault:
    number = first[1]
    try:
        one = _columns("1", *first)
        two = _columns("2", *second)
        if one[1] != two[1]:
            raise InputError("both lines of a set must have one catalogue number", value=two[1], line=second[1])
        epoch = _epoch(int(one[4]), one[5], first[1])
        elements = checked(_keywords(name, one, two), lambda key: second[1] if key in _ON_SECOND else number)
        return element_set(elements, epoch, Satrec.twoline2rv(first[0], second[0]), number)
    except NearpassError as error:
        fault = InputError(error.rule, value=error.value, line=error.line or number)
        return ElementFault(number=catalogue_number(first[0]), error=fault)


def _columns(digit: str, line: str, number: int) -> tuple[str, ...]:
    """The named fields of a line.

    Raises:
        InputError: for the first field that does not stand in its columns, and for a wrong checksum.

    """
    found = _PATTERNS[digit].fullmatch(line)
    if found is None:
        raise _first_shifted(digit, line, number)
    if (computed := compute_checksum(line)) != int(line[-1]):
        rule = f"the checksum of line {digit} must be {computed}, the sum of its digits and minus signs modulo 10"
        raise InputError(rule, value=line[-1], line=number)
    return found.groups()


def _first_shifted(digit: str, line: str, number: int) -> InputError:
    start = 0
    last = ("", 0, 0)
    for name, width, pattern in _LINES[digit]:
        held = line[start : start + width]
        if name:
            last = (name, start, start + width)
        if not re.fullmatch(pattern, held, re.ASCII):
            field, begin, end = last
            rule = f"the {field} must fill columns {begin + 1} to {end} of line {digit}, and no other"
            return InputError(rule, value=line[begin : max(end, start + width)].strip(), line=number)
        start += width
    return InputError(f"line {digit} must have {start} columns", value=len(line), line=number)


def _epoch(year: int, day: str, line: int) -> Epoch:
    """Exact: eight decimals of a day are whole multiples of 864 microseconds."""
    whole, fraction = day.split(".")
    year += 1900 if year >= _PIVOT else 2000
    try:
        midnight = _midnight(year, int(whole))
    except NearpassError as error:
        raise error.at(line=line) from None
    return Epoch(midnight.tai_ns + int(fraction) * (DAY_S * NS // 10**8))


@lru_cache(maxsize=1024)
def _midnight(year: int, day: int) -> Epoch:
    return Epoch.parse(f"{year}-{day:03d}T00:00:00")


def _keywords(name: str | None, one: tuple[str, ...], two: tuple[str, ...]) -> dict[str, object]:
    """The keywords of an OMM that say the same."""
    return {
        "OBJECT_NAME": name.strip().removeprefix("0 ") if name else None,
        "OBJECT_ID": _designator(one[3]),
        "NORAD_CAT_ID": from_alpha5(one[1].strip()),
        "CLASSIFICATION_TYPE": one[2].strip() or "U",
        "EPOCH": "",
        "MEAN_MOTION_DOT": one[6].strip(),
        "MEAN_MOTION_DDOT": _number(one[7]),
        "BSTAR": _number(one[8]),
        "EPHEMERIS_TYPE": one[9].strip() or "0",
        "ELEMENT_SET_NO": one[10].strip() or "0",
        "INCLINATION": two[2].strip(),
        "RA_OF_ASC_NODE": two[3].strip(),
        "ECCENTRICITY": f"0.{two[4]}",
        "ARG_OF_PERICENTER": two[5].strip(),
        "MEAN_ANOMALY": two[6].strip(),
        "MEAN_MOTION": two[7].strip(),
        "REV_AT_EPOCH": two[8].strip() or "0",
    }


def _number(field: str) -> float:
    """A number with an assumed decimal point and a power of ten, such as ``-11606-4``."""
    return float(f"{field[0].strip()}.{field[1:6]}e{field[6:]}")


def _designator(field: str) -> str | None:
    """``97051C`` as ``1997-051C``; None where there is none."""
    text = field.strip()
    found = re.fullmatch(r"(\d\d)(\d{3}[A-Z]{1,3})", text)
    if found is None:
        return text or None
    return f"{'19' if int(found[1]) >= _PIVOT else '20'}{found[1]}-{found[2]}"
