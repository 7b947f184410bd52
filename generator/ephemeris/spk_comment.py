"""The comment area of a kernel: what we write there, and what it says of when the kernel was made.

NAIF's tools and people date a kernel in its comments, each in their way: ``; Created 2005-10-24/10:32:20.00.``
(SPKMERGE, NIOSPK), ``Date and time modified: 2016-JUL-04 15:02:59`` (BSPIDMOD), ``Created by ..., Sat Feb 28 08:16:28
PST 2015``, ``PRODUCT_CREATION_TIME = 2012-12-21T14:22:32`` (labels). A date counts if the words before it in its line,
or a heading above it, say that something was made then; other dates are of coverage, of epochs, of documents. What a
date means is up to CSPICE's ``tparse``, except ``3/4/2021``, which means different days on either side of an ocean.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

import spiceypy as spice

from nearpass.astro.epochs import Epoch
from nearpass.errors import TimeError
from nearpass.messages.oem_records import OemMessage

_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_CLOCK: Final = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
_ZONE: Final = r"(?:utc|gmt|z)?[+-]\d{1,2}(?::?\d{2})?|utc|gmt|z|[ecmp][sd]t|cest|cet"
_DATE: Final = re.compile(
    rf"""(?<![\w./-])(?:
        (?P<unix>{_MONTH}\s+\d{{1,2}}\s+(?P<unix_clock>{_CLOCK})\s+(?:(?P<unix_zone>{_ZONE})\s+)?(?P<year>\d{{4}}))
        |
        (?P<day>
            \d{{4}}-\d{{1,3}}(?:-\d{{1,2}})?
            | \d{{4}}/\d{{1,2}}/\d{{1,2}}
            | \d{{4}}[\s/-]+{_MONTH}\.?[\s/-]+\d{{1,2}}
            | \d{{1,2}}[\s/-]+{_MONTH}\.?,?[\s/-]+\d{{4}}
            | {_MONTH}\.?[\s-]+\d{{1,2}},?[\s-]+\d{{4}}
        )
        (?:(?:T|/|::|,?\s+(?:at\s+)?|\s*-\s+)(?P<clock>{_CLOCK})(?:\s*(?P<zone>{_ZONE})\b)?)?
    )(?!\w|[:-]\d)""",
    re.IGNORECASE | re.VERBOSE,
)
_MADE: Final = re.compile(
    r"(?:creat|generat|produc(?:ed|tion|t_cre)|modifi|writt?[ie]|converted|compiled|exported|assembled)", re.IGNORECASE
)
_BARE: Final = re.compile(
    r"[\s;*#%!|]*(?:file\s+|kernel\s+|spk\s+)?date(?:\s*\(utc\))?\s*[:=]?\s*[\"']?\s*", re.IGNORECASE
)
_OTHER: Final = re.compile(
    r"(?<![a-z])(?:from|to|through|until|since|using|with|starts?|stops?|begins?|ends?|cover\w*|valid\w*|epochs?"
    r"|spans?|intervals?|cut-?off|data)(?![a-z])",
    re.IGNORECASE,
)
_HEADING: Final = re.compile(r"(?:date|time|on|at|created|generated|produced)\W*$", re.IGNORECASE)
_WORDLESS: Final = re.compile(r"[\W_]*")
_ZONES_H: Final = MappingProxyType({
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "CET": 1, "CEST": 2,
})  # fmt: skip
_FORMAL_ZERO: Final = datetime(2000, 1, 1, 12, tzinfo=UTC)
"""From which ``tparse`` counts, with 86,400 seconds in each day."""
MOST_CHARACTERS: Final = 255
"""What NAIF advises as the longest line of a comment area."""
_READ_AT_ONCE: Final = 200
_MOST_LINES: Final = 20_000
_LONGEST_LINE: Final = 1_001  # CSPICE: a line of a comment area has at most 1,000 characters


def comments_of(message: OemMessage) -> tuple[str, ...]:
    """Lines for the comment area of a kernel that is made of a message: its creation, its originator, its objects."""
    objects = dict.fromkeys(f"{segment.object_name} ({segment.object_id})" for segment in message.segments)
    lines = (
        "Converted by nearpass from an orbit ephemeris message (CCSDS 502.0-B).",
        f"CREATION_DATE = {message.header.creation.iso(digits=9)}",
        f"ORIGINATOR = {message.header.originator}",
        *(f"OBJECT = {name}" for name in objects),
        "CREATION_DATE is the UTC at which the message was made, whenever it was converted.",
    )
    return tuple(_printable(line)[:MOST_CHARACTERS] for line in lines)


def comments_in(handle: int) -> list[str]:
    """The lines of the comment area of a kernel that CSPICE holds open; of an endless one, the first of them."""
    lines: list[str] = []
    done = False
    while not done and len(lines) < _MOST_LINES:
        count, some, done = spice.dafec(handle, _READ_AT_ONCE, _LONGEST_LINE)
        lines += some[:count]
    return lines


def _printable(text: str) -> str:
    """Text as a comment area may hold it: printable ASCII."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)


def created_in(lines: Iterable[str]) -> Epoch | None:
    """When a kernel was made, by the lines of its comment area; the newest date of several, None where there is none.

    A file that is merged from others carries their comments too, so the newest date is its own. A time without a zone
    is taken as UTC, a date alone as its midnight.
    """
    return max(_creations(lines), default=None)


def _creations(lines: Iterable[str]) -> Iterator[Epoch]:
    heading = ""
    for line in lines:
        found = _DATE.search(line)
        if found is not None and _says_made(line[: found.start()], heading):
            moment = _epoch(found)
            if moment is not None:
                yield moment
        if not _WORDLESS.fullmatch(line):
            heading = line


def _says_made(before: str, heading: str) -> bool:
    """Whether the words before a date, or the heading above a date that stands alone, say that it is of a making."""
    if _WORDLESS.fullmatch(before):
        return _HEADING.search(heading) is not None and (_MADE.search(heading) or _BARE.fullmatch(heading)) is not None
    if _BARE.fullmatch(before):
        return True
    made = _MADE.search(before)
    if made is None:
        return False
    between = before[made.end() :]
    near = " ".join((between.partition(" by ")[0], *between.split()[-2:]))  # not who made it, and what for
    return _OTHER.search(near) is None


def _epoch(found: re.Match[str]) -> Epoch | None:
    """The instant that a date names; None for one that does not exist."""
    clock = found["clock"] or found["unix_clock"] or "00:00"
    if found["unix"]:
        day = f"{found['unix'].split()[1]} {found['unix'][:3]} {found['year']}"
    else:
        day = found["day"].replace(".", "")
    zone_s = _zone_s((found["zone"] or found["unix_zone"] or "").upper())
    try:
        return Epoch.parse(f"{day}T{clock}{':00' if clock.count(':') == 1 else ''}") + -zone_s
    except TimeError:
        if re.fullmatch(r"\d{4}-[\d-]+", day):
            return None  # CSPICE would take the 30th of February for the 2nd of March
    seconds, fault = spice.tparse(f"{day} {clock}")
    if fault.strip():
        return None
    try:
        return Epoch.from_datetime(_FORMAL_ZERO + timedelta(seconds=seconds - zone_s))
    except OverflowError:
        return None


def _zone_s(zone: str) -> float:
    """How far a zone's clocks are ahead of UTC."""
    if zone in _ZONES_H:
        return 3600.0 * _ZONES_H[zone]
    shift = re.search(r"([+-])(\d{1,2}):?(\d{2})?$", zone)
    if shift is None:
        return 0.0
    return (-1.0 if shift[1] == "-" else 1.0) * (3600.0 * int(shift[2]) + 60.0 * int(shift[3] or 0))
