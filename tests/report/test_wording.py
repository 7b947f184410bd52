"""How numbers, instants and spans read."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nearpass.astro.epochs import Epoch
from nearpass.report import wording


@pytest.mark.parametrize(
    ("value", "digits", "signed", "text"),
    [
        (1.9, 3, False, "1.900"),
        (-0.3, 1, True, "−0.3"),
        (0.3, 1, True, "+0.3"),
        (-0.0004, 3, True, "0.000"),
        (12_345.678, 1, False, "12\u202f345.7"),
        (None, 3, False, "–"),
    ],
)
def test_number(value: float | None, digits: int, signed: bool, text: str) -> None:
    """Numbers have fixed decimals, real minus signs, narrow spaces between thousands, and zero has no sign."""
    assert wording.number(value, digits, signed=signed) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.0 s"),
        (2.54, "2.5 s"),
        (59.99, "60.0 s"),
        (60.0, "1 min"),
        (786.0, "13 min 6 s"),
        (3600.0, "1 h"),
        (6 * 86_400 + 4 * 3600 + 59.0, "6 d 4 h"),
        (86_400 + 30.0, "1 d"),
        (-7200.0, "−2 h"),
    ],
)
def test_span(seconds: float, text: str) -> None:
    """A length of time is given in its two largest units."""
    assert wording.span(seconds) == text


def test_instants() -> None:
    """21 March 2021 was a Sunday, and sentences say so with UTC behind the time."""
    epoch = Epoch.parse("2021-03-21T04:12:33.512")
    assert wording.moment(epoch) == "Sun 21 March 2021 04:12:34 UTC"
    assert wording.moment_to_minute(epoch) == "Sun 21 March 2021 04:12 UTC"
    assert wording.instant(epoch, 1) == "2021-03-21 04:12:33.5"
    assert wording.machine_time(epoch) == "2021-03-21T04:12:33.512Z"


def test_listing_and_count() -> None:
    """Words are listed with commas and one "and"; counts agree with their nouns."""
    assert [wording.listing(words) for words in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == [
        "", "a", "a and b", "a, b and c",
    ]  # fmt: skip
    assert wording.count(1, "approach", "approaches") == "1 approach"
    assert wording.count(0, "pair") == "0 pairs"


@given(st.text())
def test_visible_text_has_no_control_characters(text: str) -> None:
    """Whatever comes in, no control character or lone surrogate is left, and front matter can hold the text."""
    shown = wording.visible(text)
    assert len(shown) == len(text)
    assert not any(character in shown for character in "\x00\x02\x03\x1b\n\u202e\u200b\ufeff")
    assert yaml.safe_load(f"title: {json.dumps(shown, ensure_ascii=False)}") == {"title": shown}
    shown.encode("utf-8")


def test_probabilities() -> None:
    """A probability has two digits, with an exponent below a hundredth; what is nothing is told by a bound."""
    values = (3.14e-5, 1e-7, 9.96e-3, 0.217, 1.0, 3e-21, 0.0, None)
    texts = ["3.1e-5", "1.0e-7", "0.01", "0.22", "1", "<1e-20", "<1e-20", "–"]
    assert [wording.probability(value) for value in values] == texts


def test_spans_of_days() -> None:
    """A span of days names month and year once where both ends share them."""
    days = [Epoch.parse(day) for day in ("2021-03-17", "2021-03-21", "2021-04-07", "2022-03-21")]
    assert wording.dates(days[0], days[0]) == "on 17 March 2021"
    assert wording.dates(days[0], days[1]) == "from 17 to 21 March 2021"
    assert wording.dates(days[0], days[2]) == "from 17 March to 7 April 2021"
    assert wording.dates(days[1], days[3]) == "from 21 March 2021 to 21 March 2022"


def test_what_was_rounded_to_nothing_is_not_said_to_be_nothing() -> None:
    """A rounded distance of zero is less than half the grain; a probability below all others is not called "about"."""
    assert wording.coarse_distance(5.0, 5.0) == "about 5\u00a0km"
    assert wording.coarse_distance(0.0, 5.0) == "less than 2.5\u00a0km"
    assert wording.coarse_distance(0.0, None) == "nearer than the rounding"
    assert wording.coarse_probability(1e-5) == "about 1.0e-5"
    assert wording.coarse_probability(0.0) == "<1e-20"
