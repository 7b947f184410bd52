"""What the search looks for ends where the page "Method" and its own head say: each limit is held on both sides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edition_records import CLEAR, edition, marked_record
from nearpass.publish.delivered import Deliveries
from nearpass.publish.digits import numbers
from nearpass.publish.expected import Beside, Expected, expected
from nearpass.publish.leak import WORDS
from nearpass.publish.search import leaks_in
from nearpass.publish.withheld import Words
from nearpass.record.marking import Show, Tlp
from nearpass.record.record import CycleRecord

RULES = {"MEX": Show.HIDDEN, "ODY": Show.HIDDEN, "TIANWEN-1": Show.METRICS}
RED = replace(CLEAR, level=Tlp.RED)
NOTE = """qzxj-kvwp-yfgh-mbtld
wqzx-jkvp-yfgh-mbtl
by zq77ab31
by wq77ab3"""
"""Texts of twenty and of nineteen characters, words of letters and digits of eight and of seven."""
ACTS = ("jqzx kvwpy", "vqzx kjwp")
"""Clauses of ten and of nine characters."""


def acting(*clauses: str) -> Words:
    """Pages that say this of whoever acts."""
    return Words(said=WORDS.said, acts=lambda state: () if state.is_silent else clauses)


def secret_record() -> CycleRecord:
    """The sample with a withheld fact on either side of each limit."""
    full = marked_record({})
    told = {
        "MEX": {"note": NOTE, "catalogue_number": 4827},
        "ODY": {"note": None, "catalogue_number": 613},
    }
    files = {"MEX": "ephemerides/zqxjkv.oem", "ODY": "ephemerides/wqxjk.oem"}
    hidden = next(one for one in full.events if "MEX" in {one.primary, one.secondary})
    coarse = next(one for one in full.events if {one.primary, one.secondary} == {"MRO", "TIANWEN-1"})
    said = replace(full.notes[0], kind="claim", party="NASA", event_id=hidden.event_id, marking=RED)
    changed = {
        hidden.event_id: replace(
            hidden, miss_km=98.76543210987, surface_km=87.654321654, relative_speed_km_s=3.4567891
        ),
        coarse.event_id: replace(coarse, relative_speed_km_s=7.65432187),
    }
    return replace(
        full,
        objects=tuple(replace(one, **told.get(one.id, {})) for one in full.objects),
        inputs=tuple(replace(one, file=files.get(one.object_id, one.file)) for one in full.inputs),
        events=tuple(changed.get(one.event_id, one) for one in full.events),
        notes=(said,),
    )


def sought(record: CycleRecord, data: bytes | None = None) -> Expected:
    """What the edition must not hold of it, where the deliveries of one object are this file."""
    own = {entry.sha256 for entry in record.inputs if entry.object_id == "MEX"}
    return expected(
        record, edition(RULES), acting(*ACTS), deliveries=Deliveries(lambda sha: data if sha in own else None)
    )


@pytest.fixture(scope="module")
def known() -> Expected:
    """Of the sample so changed."""
    return sought(secret_record())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("qzxj-kvwp-yfgh-mbtld", True),
        ("wqzx-jkvp-yfgh-mbtl", False),
        ("zq77ab31", True),
        ("wq77ab3", False),
        ("jqzx kvwpy", True),
        ("vqzx kjwp", False),
        ("object 4827 of the list", True),
        ("object 613 of the list", False),
        ("zqxjkv.oem", True),
        ("zqxjkv", True),
        ("wqxjk.oem", True),
        ("wqxjk", False),
        ("98.76543210987", True),
        ("98.7654321099", False),
        ("98.7654321 and 87.6543217", True),
        ("98.765432 and 87.654322", False),
        ("7.6543219", False),
        ("TIANWEN-1 and MRO at 7.6543219 km/s", True),
        ("TIANWEN-1 and MRO at 7.6543 km/s", False),
    ],
)
def test_what_is_shorter_than_its_limit_is_not_looked_for(known: Expected, text: str, found: bool) -> None:
    """Texts from 20 characters, words with digits from 8, clauses from 10, numbers from 13 digits, two from 9."""
    assert bool(list(leaks_in([("page.html", text.encode())], known))) is found


def test_a_picture_may_not_be_drawn_from_a_withheld_number_of_nine_digits(known: Expected) -> None:
    """The number itself, whatever the picture shows of it; one of eight digits may be anybody's."""
    drawings = {"a.svg": (1.0, 98.76543210987), "b.svg": np.array([3.4567891])}

    assert [leak.file for leak in leaks_in([], known, drawings)] == ["a.svg"]


@pytest.mark.parametrize(("count", "digits"), [(1, 6), (100, 6), (101, 7), (1_000, 7), (1_001, 8)])
def test_the_more_numbers_a_pair_has_the_more_digits_tell_one(count: int, digits: int) -> None:
    """Six for a hundred, and one more for ten times as many, so that chance stays what it is."""
    held = numbers({float(place): "" for place in range(1, count + 1)}, any_power=False)

    assert Beside(numbers=held, minutes={}).least_digits == digits


@pytest.mark.parametrize(("count", "found"), [(2_000, True), (2_001, False)])
def test_each_number_of_a_short_file_is_looked_for(count: int, found: bool) -> None:
    """Up to 2,000 numbers each is; of a longer file, where one would be met by chance, only those in a row."""
    values = np.random.default_rng(3).uniform(1e3, 9e3, count)
    known = sought(secret_record(), "\n".join(f"{value:.12e}" for value in values).encode())

    assert bool(list(leaks_in([("page.html", f"{values[77]:.9f}".encode())], known))) is found
    assert list(leaks_in([("page.html", f"{values[77]:.6f} {values[78]:.6f} {values[79]:.6f}".encode())], known))


def test_which_delivery_was_there_before_is_no_secret_of_the_covariances() -> None:
    """Its hash stands where it was told: it is looked for where the object is hidden, not where covariances are."""
    full = marked_record({})
    blind = replace(full, objects=tuple(replace(one, covariance_marking=RED) for one in full.objects))
    sha256 = full.objects[0].predictions[0].sha256

    seen = expected(blind, edition(), WORDS, deliveries=Deliveries(lambda _: None))
    shows = {one.id: Show.HIDDEN for one in full.objects}
    hidden = expected(blind, edition(shows), WORDS, deliveries=Deliveries(lambda _: None))

    assert sha256 not in seen.words
    assert sha256 in hidden.words


def test_the_naif_number_of_an_object_is_no_secret_of_its_withheld_kernel() -> None:
    """By which number a kernel calls an object is withheld with it, unless the edition tells that number."""
    full = marked_record({})
    solution = full.solutions[0]
    kernel = replace(solution.inputs[0], object_in_file="-4711", marking=RED)
    full = replace(full, solutions=(replace(solution, inputs=(kernel,)),))
    told = replace(
        full,
        objects=tuple(replace(one, naif_id=-4711) if one.id == solution.object_id else one for one in full.objects),
    )
    found = [expected(one, edition(), WORDS, deliveries=Deliveries(lambda _: None)).words for one in (full, told)]

    assert ["4711" in words for words in found] == [True, False]
