"""Any bytes delivered, in any notation: they are read, turned into a motion and graded, or refused in one line.

``tests/bench/fuzz_readers.py`` asks the same of as many damaged deliveries as one likes; a share of them is here.
"""

import gzip
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from element_texts import TLE, csv_text, json_text, kvn, xml
from fuzz_outcome import read_delivery
from mutations import CDM, mutated, seeds
from nearpass.errors import NearpassError
from oem_texts import delivered_texts

TEXTS = [text.encode() for text in (TLE, kvn(), xml(), json_text({}, {}), csv_text(), *delivered_texts())]
BITS = [
    b"\0",
    b"\xff",
    b"\r",
    b"\n\n",
    b"1e999",
    b"-",
    b"nan",
    b"<",
    b"&a;",
    b"]]>",
    b'"',
    b"{",
    b"9" * 40,
    b"\xe2\x80\xae",
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good delivery with one to three stretches left out, doubled, moved or written over."""
    data = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 3))):
        begin, other = (draw(st.integers(0, len(data))) for _ in range(2))
        end = min(len(data), begin + draw(st.integers(0, 60)))
        bit = draw(st.one_of(st.sampled_from(BITS), st.binary(max_size=6), st.just(data[other : other + 60])))
        data = data[:begin] + bit + data[end:]
    return data


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_the_undamaged_deliveries_are_read(number: int) -> None:
    """Each text that the others damage is good, packed or not: it comes out with its grades."""
    for data in (TEXTS[number], gzip.compress(TEXTS[number])):
        found = read_delivery(data)

        assert not isinstance(found, NearpassError)
        assert {finding.rule for finding in found} >= {"age", "span", "interpolation"}


@settings(max_examples=250)
@given(damaged())
def test_any_damage_gives_grades_or_one_error(data: bytes) -> None:
    """Nothing but findings or one error comes out, and the error is one printable line of bounded length."""
    found = read_delivery(data)

    if isinstance(found, NearpassError):
        assert str(found).isprintable()
        assert len(str(found)) < 400


@pytest.mark.parametrize("hundred", range(8))
def test_a_share_of_all_accidents(hundred: int) -> None:
    """Values, units, frames, lines, blocks, bytes and encodings that change give grades or one error with its place."""
    for number in range(100 * hundred, 100 * (hundred + 1)):
        rng = random.Random(number)  # noqa: S311  # to be made again
        read_delivery(mutated(rng.choice(seeds()), rng))


OEM, OCM = delivered_texts()[0], delivered_texts()[2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (kvn(BSTAR="9" * 25), "SGP4 must give a state"),
        (re.sub(r"(?m)^(2021-03-01T00:0[01]\S* )\S+", r"\g<1>1e308", OEM), "a state must"),
        (re.sub(r"(?m)^(2021-03-01T00:0[01]\S* \S+ \S+ \S+ )\S+", r"\g<1>1e200", OEM), "a state must"),
        (re.sub(r"(?m)^\d+\.0 ", "-1e308 ", OCM, count=1), "within 290 years of 2000"),
        (re.sub(r"(?m)^\d+\.0 ", "1e18 ", OCM, count=1), "within 290 years of 2000"),
        (re.sub(r"(?m)^(Z_DOT\s*=\s*)\S+", r"\g<1>1e308", CDM, count=1), "Z_DOT must be from -1000 to 1000"),
    ],
)
def test_accidents_that_were_findings_once(text: str, words: str) -> None:
    """States beyond reason, drag that makes SGP4 fail at once, times of an OCM beyond any calendar: each is refused."""
    found = read_delivery(text.encode())

    assert isinstance(found, NearpassError)
    assert words in str(found)
