"""Good deliveries of every kind that the program reads, and what goes wrong with such files, drawn from a seed.

Fields change their value, unit or frame, lines and blocks are lost, doubled and moved, numbers grow and shrink beyond
reason, bytes turn over, encodings change, files are cut off and run together.
"""

import gzip
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from element_texts import TLE, csv_text, json_text, kvn, xml
from nearpass.messages.cdm import Cdm
from nearpass.messages.cdm_read import parse_cdm
from nearpass.messages.cdm_write import write_cdm_json, write_cdm_xml
from oem_texts import delivered_texts

CDM: Final = (Path(__file__).parent / "data" / "cdm" / "itrf_ion_starlink.kvn").read_text()

NUMBERS: Final = (
    "0", "-0", "1e999", "-1e999", "1e-400", "nan", "inf", "1e308", "-1e308", "1e18", "9" * 25, "9" * 400, "0.1.2", "1e",
    "--5", "0x1F", "1,5", "1_000", "\u0663", "", "1D3", "2" * 5000,
)  # fmt: skip
WORDS: Final = (
    "MARS", "EARTH", "PHOBOS", "MARS BARYCENTER", "SSB", "XYZ", "ICRF", "EME2000", "ITRF-97", "TEME", "TOD",
    "MCI", "IAU_MARS", "MARS EQUATOR OF DATE", "RTN", "TNW", "RIC", "LVLH", "VNC_ROTATING", "RTN_ROTATING",
    "NTW_INERTIAL", "EQW", "UTC", "TDB", "TAI", "GPS", "TT", "ABCD", "HERMITE", "LAGRANGE", "LINEAR", "PROPAGATE",
    "27", "28", "1", "-3", "2021-03-01T00:00:00", "1900-01-01T00:00:00", "2400-01-01", "2021-02-30T00:00:00",
    "2021-366T00:00:00", "9999-12-31T23:59:60", "2016-12-31T23:59:60", "0000-00-00T00:00:00", "SGP4", "PPT3",
    "SECRET", "TLP:RED", "YES", "OBJECT1", "CARTPVA", "UTM", "[km]", "[m]", "[furlong]", "\u202etxt", "a" * 5000,
    "<b>", "&amp;", "]]>", "{}", "[]", "null", "true", "'", '"', "=",
)  # fmt: skip
ENCODINGS: Final = ("utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "iso-8859-1", "utf-32", "cp037")
_NUMBER: Final = re.compile(r"[+-]?\d+\.?\d*(?:[eE][+-]?\d+)?")
_VALUE: Final = re.compile(r"(?<==)[ \t]*\S[^\n]*|(?<=>)[^<>\n]+(?=<)|(?<=: )\"[^\"\n]*\"")


def seeds() -> tuple[bytes, ...]:
    """One good delivery of each kind and notation."""
    texts = (
        TLE,
        kvn(),
        xml(),
        json_text({}, {}),
        csv_text(),
        *delivered_texts(),
        CDM,
        _cdm(write_cdm_xml),
        _cdm(write_cdm_json),
    )
    return tuple(text.encode() for text in texts)


def _cdm(write: Callable[[Cdm], str]) -> str:
    return write(parse_cdm(CDM.encode(), "ion"))


def mutated(seed: bytes, rng: random.Random) -> bytes:
    """A delivery after one to four accidents."""
    data = seed
    for _ in range(rng.randint(1, 4)):
        data = rng.choice(_ACCIDENTS)(data, rng)[:200_000]
    return data


def _line_lost(data: bytes, rng: random.Random) -> bytes:
    lines = data.split(b"\n")
    del lines[rng.randrange(len(lines))]
    return b"\n".join(lines)


def _line_doubled(data: bytes, rng: random.Random) -> bytes:
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    return b"\n".join([*lines[: at + 1], *lines[at:]])


def _block_moved(data: bytes, rng: random.Random) -> bytes:
    lines = data.split(b"\n")
    begin, length, to = rng.randrange(len(lines)), rng.randint(1, 30), rng.randrange(len(lines))
    block, rest = lines[begin : begin + length], lines[:begin] + lines[begin + length :]
    return b"\n".join([*rest[:to], *block, *rest[to:]])


def _lines_swapped(data: bytes, rng: random.Random) -> bytes:
    lines = data.split(b"\n")
    one, two = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return b"\n".join(lines)


def _of_text(pattern: re.Pattern[str], words: tuple[str, ...]) -> Callable[[bytes, random.Random], bytes]:
    def replaced(data: bytes, rng: random.Random) -> bytes:
        text = data.decode("utf-8", errors="replace")
        places = list(pattern.finditer(text))
        if not places:
            return data
        place = rng.choice(places)
        word = rng.choice([*words, rng.choice(places)[0]])
        return (text[: place.start()] + word + text[place.end() :]).encode("utf-8", errors="replace")

    return replaced


def _bytes_changed(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        if changed:
            changed[rng.randrange(len(changed))] = rng.choice((rng.randrange(256), 0, 10, 13, 32, 255, 60, 123))
    return bytes(changed)


def _bytes_moved(data: bytes, rng: random.Random) -> bytes:
    begin, length, to = rng.randrange(len(data) + 1), rng.randint(1, 400), rng.randrange(len(data) + 1)
    return data[:to] + data[begin : begin + length] + data[to + rng.randint(0, 60) :]


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _run_together(data: bytes, rng: random.Random) -> bytes:
    other = rng.choice(_SEEDS)
    return data + other if rng.random() < 0.5 else other[: rng.randrange(len(other))] + data


def _transcoded(data: bytes, rng: random.Random) -> bytes:
    return data.decode("utf-8", errors="replace").encode(rng.choice(ENCODINGS), errors="replace")


def _line_ends(data: bytes, rng: random.Random) -> bytes:
    return data.replace(b"\n", rng.choice((b"\r\n", b"\r", b"\n\n", b" \n\t", b"\x0b", b"\x85")))


def _packed(data: bytes, rng: random.Random) -> bytes:
    packed = gzip.compress(data, mtime=0)
    return packed if rng.random() < 0.5 else _bytes_changed(packed, rng)


_SEEDS: Final = seeds()
_ACCIDENTS: Final = (
    _line_lost, _line_doubled, _block_moved, _lines_swapped, _of_text(_NUMBER, NUMBERS), _of_text(_NUMBER, NUMBERS),
    _of_text(_VALUE, WORDS), _of_text(_VALUE, WORDS), _of_text(_VALUE, NUMBERS), _bytes_changed, _bytes_moved, _cut,
    _run_together, _transcoded, _line_ends, _packed,
)  # fmt: skip
