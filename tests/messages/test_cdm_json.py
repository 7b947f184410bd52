"""Conjunction Data Messages as JSON: the forms of services, and what is no message."""

import json
import re
from pathlib import Path

import pytest

from nearpass.errors import InputError
from nearpass.messages.cdm import FIELDS, Block, Cdm
from nearpass.messages.cdm_read import parse_cdm
from nearpass.messages.cdm_write import write_cdm_json

DATA = Path(__file__).parent.parent / "data" / "cdm"
TEXT = (DATA / "itrf_ion_starlink.kvn").read_text()
MESSAGE = parse_cdm(TEXT.encode(), "ion")
FLAT = json.loads(write_cdm_json(MESSAGE))


def read(content: object) -> Cdm:
    return parse_cdm(json.dumps(content, indent=1).encode(), "message.json")


def nested(*, camel: bool, units: str | None = None) -> dict[str, object]:
    """The message in blocks, read off its keyword-value text by its own lines."""

    def name(keyword: str) -> str:
        head, *rest = keyword.lower().split("_")
        return head + "".join(part.title() for part in rest) if camel else keyword

    parts: list[dict[str, object]] = [{}]
    for line in TEXT.splitlines():
        if line.startswith(("COMMENT", "CCSDS")) or "=" not in line:
            continue
        keyword, _, value = (part.strip() for part in line.partition("="))
        if keyword == "OBJECT":
            parts.append({})
        number, _, unit = (part.strip(" ]") for part in value.partition("["))
        parts[-1][name(keyword)] = {"value": number, units: unit} if units and unit else number
    header = {key: parts[0].pop(key) for key in list(parts[0]) if FIELDS[_key(key)].block == Block.HEADER}
    return {"header": header, "relativeMetadataData": parts[0], "segment": parts[1:]}


def _key(key: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).upper()


def test_the_form_of_space_track_is_read() -> None:
    """Flat keys with SAT1_ and SAT2_, all values as text, units in twins, as one object or a list of one."""
    assert FLAT["SAT1_OBJECT_DESIGNATOR"] == MESSAGE.object1.designator
    assert (FLAT["MISS_DISTANCE_UNIT"], FLAT["SAT2_CR_R_UNIT"]) == ("m", "m**2")
    for content in (FLAT, [FLAT]):
        assert read(content) == MESSAGE


@pytest.mark.parametrize("camel", [False, True])
@pytest.mark.parametrize("units", [None, "units", "unit"])
def test_blocks_within_blocks_are_read(camel: bool, units: str | None) -> None:
    """The blocks of the XML as JSON give the numbers of the message, whatever the spelling of the keywords."""
    found = read(nested(camel=camel, units=units))
    for ours, theirs in zip(found.objects, MESSAGE.objects, strict=True):
        assert (ours.position_km, ours.velocity_km_s) == (theirs.position_km, theirs.velocity_km_s)
        assert (ours.covariance_rtn_m, ours.designator, ours.others) == (
            theirs.covariance_rtn_m, theirs.designator, theirs.others,
        )  # fmt: skip
    assert (found.header.creation, found.relative.tca, found.relative.miss_m) == (
        MESSAGE.header.creation, MESSAGE.relative.tca, MESSAGE.relative.miss_m,
    )  # fmt: skip


@pytest.mark.parametrize("names", [("object1", "object2"), ("SAT1", "SAT2"), ("satellite_1", "satellite_2")])
def test_objects_may_be_named(names: tuple[str, str]) -> None:
    """Each object under a key of its own instead of in a list."""
    content = nested(camel=True)
    first, second = content.pop("segment")  # type: ignore[misc]  # a list of two
    found = read({**content, names[0]: first, names[1]: second})
    assert [one.designator for one in found.objects] == [one.designator for one in MESSAGE.objects]


def test_a_wrong_unit_is_refused_and_null_is_absent() -> None:
    """A unit beside a number is checked as everywhere; null says nothing."""
    with pytest.raises(InputError, match=r"X must be in \[km\]"):
        read(FLAT | {"SAT1_X_UNIT": "m"})
    assert read(FLAT | {"COLLISION_PROBABILITY": None, "RELATIVE_SPEED": None}).relative.relative_speed_m_s is None
    with pytest.raises(InputError, match="X must be given"):
        read(FLAT | {"SAT1_X": None})


@pytest.mark.parametrize("key", [key for key in FLAT if key.removeprefix("SAT1_").removeprefix("SAT2_") in FIELDS])
def test_a_broken_value_has_the_line_of_its_key(key: str) -> None:
    """An obligatory value that is none is refused at the line of its own key, an optional one noted with it."""
    one = FIELDS[key.removeprefix("SAT1_").removeprefix("SAT2_")]
    broken = FLAT | {key: "" if one.kind == "text" else "?"}
    at = json.dumps(broken, indent=1).splitlines().index(f' "{key}": {json.dumps(broken[key])},') + 1
    try:
        notes = read(broken).notes
    except InputError as error:
        assert one.needed  # either outcome is checked
        assert (error.line, error.rule.startswith(one.keyword)) == (at, True)  # noqa: PT017
    else:
        assert not one.needed
        assert one.kind == "text" or any(f"{one.keyword} on line {at}" in note for note in notes)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ([FLAT, FLAT], "must hold one conjunction data message"),
        ({"CDM_ID": "1", "MIN_RNG": "125", "TCA": "2026-01-01T00:00:00"}, "public summary"),
        (FLAT | {"CCSDS_CDM_VERS": "3.0"}, "version"),
        (FLAT | {"SAT1_ORBIT_CENTRE": "MARS"}, "keyword must be one of"),
        (FLAT | {"X": "1"}, "must belong to an object"),
        ({}, "must be given"),
        ([], "must hold one"),
        (FLAT | {"SAT1_OBJECT": "OBJECT2"}, "OBJECT1 once and OBJECT2 once"),
    ],
)
def test_what_is_no_message_is_refused(content: object, rule: str) -> None:
    """Each with the rule that it breaks."""
    with pytest.raises(InputError, match=rule) as caught:
        read(content)
    assert caught.value.line is not None


@pytest.mark.parametrize("text", ["{", '{"a": ', "[" * 100_000, '{"a":' * 5_000, '{"a": 1' + "0" * 10_000 + "}"])
def test_hostile_json_is_one_error(text: str) -> None:
    """Broken, endless and deep texts are refused in one line."""
    with pytest.raises(InputError) as caught:
        parse_cdm(text.encode(), "x.json")
    assert len(str(caught.value)) < 300
