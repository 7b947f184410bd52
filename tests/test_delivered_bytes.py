"""Any bytes delivered, in any notation: they are read, turned into a motion and graded, or refused in one line.

``tests/bench/fuzz_readers.py`` asks the same of as many damaged deliveries as one likes; a share of them is here.
"""

import gzip
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from element_texts import TLE, csv_text, json_text, kvn, xml
from fuzz_outcome import read_delivery
from mutations import mutated, seeds
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


@pytest.mark.parametrize("number", [4030, 4612, 10702, 21158, 21802, 36954])
def test_accidents_that_were_findings_once(number: int) -> None:
    """States beyond reason, drag that makes SGP4 fail at once, times of an OCM beyond any calendar: each is refused."""
    rng = random.Random(number)  # noqa: S311  # as above
    assert isinstance(read_delivery(mutated(rng.choice(seeds()), rng)), NearpassError)
