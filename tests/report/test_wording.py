"""How numbers, instants and spans read."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nearpass.astro.epochs import Epoch
from nearpass.record.figures import ABSENT, WITHHELD, around, exact, within_cell, within_decade
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
    ("value_km", "text", "column"),
    [
        (12_345.678, "12\u202f345.7\u00a0km", "12\u202f345.7"),
        (1.9, "1.900\u00a0km", "1.900"),
        (0.334, "0.334\u00a0km", "0.334"),
        (0.0996, "0.100\u00a0km", "0.100"),
        (0.0123, "12\u00a0m", "0.012"),
        (0.00421, "4.2\u00a0m", "0.0042"),
        (0.00003, "0.03\u00a0m", "0.000030"),
        (-0.00003, "−0.03\u00a0m", "−0.000030"),
        (1e-6, "below\u00a00.01\u00a0m", "0.0000010"),
        (0.0, "0.000\u00a0km", "0.000"),
        (None, "–", "–"),
    ],
)
def test_no_distance_but_zero_reads_as_zero(value_km: float | None, text: str, column: str) -> None:
    """A distance is told in the unit that shows it, in a sentence and in a column of km."""
    assert wording.distance(value_km) == text
    assert wording.number(value_km, wording.km_digits(value_km)) == column


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
    texts = ["3.1e-5", "1.0e-7", "0.01", "0.22", "1", "below 1e-20", "below 1e-20", "–"]
    assert [wording.probability(value) for value in values] == texts


def test_spans_of_days() -> None:
    """A span of days names month and year once where both ends share them."""
    days = [Epoch.parse(day) for day in ("2021-03-17", "2021-03-21", "2021-04-07", "2022-03-21")]
    assert wording.dates(days[0], days[0]) == "on 17 March 2021"
    assert wording.dates(days[0], days[1]) == "from 17 to 21 March 2021"
    assert wording.dates(days[0], days[2]) == "from 17 March to 7 April 2021"
    assert wording.dates(days[1], days[3]) == "from 21 March 2021 to 21 March 2022"


def test_a_figure_says_what_it_is() -> None:
    """Exact, between two ends, below one, withheld, or never there; a number is never printed for a range."""
    figures = [exact(1.791), exact(0.0), within_cell(7.2, 5.0), within_cell(0.3, 5.0), WITHHELD, ABSENT]
    texts = [wording.figure(found).replace("\u00a0", " ") for found in figures]
    assert texts == ["1.791 km", "0.000 km", "5 to 10 km", "below 5 km", "withheld", "–"]
    likely = [exact(3.14e-5), within_decade(3.2e-5), within_decade(0.3), within_decade(1e-85), WITHHELD, ABSENT]
    assert [wording.probability_figure(found) for found in likely] == [
        "3.1e-5", "1e-5 to 1e-4", "1e-1 to 1", "below 1e-10", "withheld", "–",
    ]  # fmt: skip


def test_a_cell_of_time_is_a_day_or_a_span_of_it() -> None:
    """Ten minutes are named by both ends, the last ones of a day end at 24:00; a day is named by its date."""
    early, late = (around(Epoch.parse(f"2021-03-21T{clock}"), 600.0) for clock in ("04:12:33", "23:59:59"))
    assert wording.cell_of_time(early) == "on Sun 21 March 2021 between 04:10 and 04:20 UTC"
    assert wording.short_cell_of_time(late) == "2021-03-21 23:50 to 24:00"
    assert wording.cell_of_time(around(early.start, 86_400.0)) == "on Sun 21 March 2021 (UTC)"
    assert wording.short_cell_of_time(around(early.start, 86_400.0)) == "2021-03-21"
