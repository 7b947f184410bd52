"""Public summaries and lists of conjunction messages, as services send them."""

import json
import re
from pathlib import Path

import pytest

from nearpass.astro.epochs import Epoch
from nearpass.cycle.cdm_compare import compare_summary
from nearpass.errors import InputError
from nearpass.messages.cdm import Cdm
from nearpass.messages.cdm_public import CdmSummary, parse_cdms
from nearpass.messages.cdm_read import parse_cdm
from nearpass.messages.cdm_write import write_cdm_json

TEXT = (Path(__file__).parents[1] / "data" / "cdm" / "itrf_ion_starlink.kvn").read_bytes()
MESSAGE = parse_cdm(TEXT, "case.kvn")
FLAT: dict[str, object] = json.loads(write_cdm_json(MESSAGE))
PUBLIC: dict[str, object] = {
    "CDM_ID": "280352437",
    "CREATED": "2022-04-29 00:45:12.000000",
    "EMERGENCY_REPORTABLE": "Y",
    "TCA": "2022-04-29T22:03:26.595000",
    "MIN_RNG": "4",
    "PC": "0.1663616",
    "SAT_1_ID": "22487",
    "SAT_1_NAME": "COSMOS 2233",
    "SAT1_OBJECT_TYPE": "PAYLOAD",
    "SAT1_RCS": "LARGE",
    "SAT_1_EXCL_VOL": "5.00",
    "SAT_2_ID": "5758",
    "SAT_2_NAME": "THORAD AGENA D DEB",
    "SAT2_OBJECT_TYPE": "DEBRIS",
    "SAT2_RCS": "SMALL",
    "SAT_2_EXCL_VOL": "5.00",
}
"""A message of April 2022, as a public reader of Space-Track's class cdm_public notes the values of its fields."""


def read(content: object) -> tuple[Cdm | CdmSummary, ...]:
    return parse_cdms(json.dumps(content, indent=1).encode(), "list.json")


def test_a_public_summary_keeps_what_it_says() -> None:
    """Every value of the message, its dates in UTC, and the range as a number without a unit."""
    (found,) = read([PUBLIC])

    assert isinstance(found, CdmSummary)
    assert (found.message_id, found.pc, found.least_range, found.emergency) == ("280352437", 0.1663616, 4.0, True)
    assert found.tca == Epoch.parse("2022-04-29T22:03:26.595")
    assert found.created == Epoch.parse("2022-04-29T00:45:12")
    assert [(one.number, one.name, one.kind) for one in found.objects] == [
        ("22487", "COSMOS 2233", "PAYLOAD"),
        ("5758", "THORAD AGENA D DEB", "DEBRIS"),
    ]


def test_the_regular_spelling_and_plain_numbers_mean_the_same() -> None:
    """SAT1_ID for SAT_1_ID and the like; numbers with or without quotes; null is absent."""
    regular = {
        re.sub(r"^SAT_(\d)", r"SAT\1", key) if "OBJECT" not in key else key.replace("SAT", "SAT_"): value
        for key, value in PUBLIC.items()
    }
    plain = PUBLIC | {"MIN_RNG": 4, "PC": 0.1663616, "SAT_1_ID": 22487}
    assert read(regular) == read([plain]) == read([PUBLIC])
    (bare,) = read(PUBLIC | {"PC": None, "CREATED": None, "EMERGENCY_REPORTABLE": None, "MIN_RNG": None})
    assert isinstance(bare, CdmSummary)
    assert (bare.pc, bare.created, bare.emergency, bare.least_range) == (None, None, None, None)


@pytest.mark.parametrize("wrapper", [None, "cdms", "data", "results"])
def test_a_list_gives_each_of_its_messages(wrapper: str | None) -> None:
    """Whole messages and summaries may stand in one list, alone or below the key of a service."""
    content: object = [FLAT, PUBLIC, FLAT]
    found = read(content if wrapper is None else {wrapper: content, "next": None})

    assert [type(one) for one in found] == [Cdm, CdmSummary, Cdm]
    assert found[0] == found[2] == MESSAGE


def test_a_file_of_one_message_is_what_it_was() -> None:
    """KVN, JSON alone and a list of one give the message of the other reader, and errors keep their line."""
    assert parse_cdms(TEXT, "case.kvn") == (MESSAGE,)
    assert read(FLAT) == read([FLAT]) == (MESSAGE,)
    with pytest.raises(InputError) as caught:
        read(FLAT | {"SAT1_X": "?"})
    assert caught.value.line is not None


def test_what_a_service_adds_of_its_own_harms_nothing() -> None:
    """A probability that could not be computed is null with a comment; status and source of states are kept."""
    own = {
        "id": "0b0c7f5e-6f4e-4c1c-9f7e-0d5f0f5c1a11", "state_source": "operator_ephemeris", "is_active": False,
        "COLLISION_PROBABILITY": None, "COLLISION_PROBABILITY_METHOD": None,
        "COMMENT_FAILED_COLLISION_PROBABILITY_CALCULATION_ALFANO": "covariance not positive semi-definite",
    }  # fmt: skip
    (found,) = read({"cdms": [FLAT | own]})

    assert isinstance(found, Cdm)
    assert found.relative.collision_probability is None
    kept = " ".join([*found.notes, *found.comments, repr(found)])
    for word in ("operator_ephemeris", "covariance not positive semi-definite", "is_active".upper()):
        assert word in kept


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"TCA": "soon"}, "TCA: "),
        ({"TCA": None}, "must give TCA"),
        ({"PC": "1.5"}, "PC must lie between 0 and 1"),
        ({"PC": "nan"}, "PC must be a finite number"),
        ({"MIN_RNG": "-4"}, "MIN_RNG must not be negative"),
        ({"SAT_2_ID": ""}, "must give SAT_2_ID"),
        ({"SAT_1_NAME": "A\u0007B"}, "printable"),
        ({"SAT_1_NAME": "A" * 1000}, "short text"),
    ],
)
def test_a_broken_summary_is_told_by_its_number(change: dict[str, object], rule: str) -> None:
    """The rule, the file, and which message of the list it is."""
    with pytest.raises(InputError, match=f"message 2 of 2: .*{re.escape(rule)}") as caught:
        read([PUBLIC, PUBLIC | change])
    assert caught.value.file == "list.json"


@pytest.mark.parametrize("content", [[], {"cdms": []}, ["text"], [[FLAT]], [None, PUBLIC]])
def test_a_list_without_a_message_is_refused(content: object) -> None:
    """An empty list, a text, a list in a list: one error each."""
    with pytest.raises(InputError):
        read(content)


def test_a_summary_stands_beside_our_message_and_its_range_is_not_subtracted() -> None:
    """TCA and probability have differences; a range without a unit has none, whichever order the objects are in."""
    one, other = MESSAGE.objects
    told = PUBLIC | {
        "SAT_1_ID": other.designator, "SAT_1_NAME": "X", "SAT_2_ID": one.designator, "SAT_2_NAME": "Y",
        "TCA": f"{(MESSAGE.relative.tca + 0.25).iso(digits=6)}", "PC": "0.1",
    }  # fmt: skip
    (theirs,) = read(told)
    assert isinstance(theirs, CdmSummary)
    rows = {row.name: row for row in compare_summary(MESSAGE, theirs)}

    assert rows["TCA"].difference == pytest.approx(0.25)
    assert rows["probability of collision"].theirs == 0.1
    assert (rows["miss distance"].theirs, rows["miss distance"].difference) == ("4 (MIN_RNG, no unit given)", None)
    assert rows["miss distance"].ours == pytest.approx(MESSAGE.relative.miss_m / 1000.0)
    with pytest.raises(InputError, match="same objects"):
        compare_summary(MESSAGE, read(told | {"SAT_1_ID": "99999"})[0])  # type: ignore[arg-type]  # a summary
