"""Writing Conjunction Data Messages: read back by us, by another library and against a schema."""

import re
from dataclasses import replace
from pathlib import Path

import ccsds_ndm
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from nearpass.encounter.uncertainty import Basis
from nearpass.errors import PublicationError
from nearpass.messages.cdm import FIELDS, Block, Cdm
from nearpass.messages.cdm_read import parse_cdm
from nearpass.messages.cdm_write import check_written, number_text, write_cdm_json, write_cdm_kvn, write_cdm_xml
from nearpass.reasons.probabilities import CovarianceDelivered
from nearpass.record.event_record import UncertaintyRecord
from nearpass.report.cdm_event import event_cdm
from records import sample_record

DATA = Path(__file__).parent.parent / "data" / "cdm"
SIXTEEN_DIGITS = 1e-15
"""What a number in 16 digits can lose, relative to itself."""


def published(name: str) -> Cdm:
    return replace(parse_cdm((DATA / name).read_bytes(), name), notes=())


def own() -> Cdm:
    """The message of an event with a covariance of one object only and a probability that has no end."""
    record = sample_record()
    event = next(event for event in record.events if event.level == "red")
    matrix = tuple(tuple(1e-4 / 3.0 if row == column else 1e-6 / 7.0 for column in range(6)) for row in range(6))
    known = UncertaintyRecord(
        object_id=event.primary,
        basis=Basis.DELIVERED,
        source=CovarianceDelivered(file="mro.oem"),
        remark=(),
        sigma_rtn_km=(matrix[0][0] ** 0.5,) * 3,
        timing_s=0.002,
        covariance_rtn=matrix,
    )
    probability = replace(event.probability, pc=1.0 / 3.0e5, method="FOSTER-1992")
    return event_cdm(record, replace(event, uncertainty=(known,), probability=probability))


MESSAGES = {
    "standard": published("ccsds_508_0_b_1_example.kvn"),
    "operational": published("itrf_ion_starlink.kvn"),
    "sample": published("alfano_2009_case_03.kvn"),
    "own": own(),
}
WRITERS = {"kvn": write_cdm_kvn, "xml": write_cdm_xml, "json": write_cdm_json}


@given(st.floats(-1e300, 1e300))
def test_a_number_has_at_most_sixteen_digits_and_keeps_its_value(value) -> None:
    """Fixed or floating point as 6.3.2.2 and 6.3.2.3 demand, within half a unit of the sixteenth digit."""
    text = number_text(value)
    mantissa = text.partition("E")[0]

    assert re.fullmatch(r"-?\d+\.\d+|-?\d\.\d+E[+-]\d+", text)
    assert sum(character.isdigit() for character in mantissa) <= 16
    assert float(text) == pytest.approx(value, rel=SIXTEEN_DIGITS, abs=5e-324)


@pytest.mark.parametrize("notation", WRITERS)
@pytest.mark.parametrize("name", MESSAGES)
def test_what_is_written_reads_back_equal(name, notation) -> None:
    """Published messages and our own survive both notations, comments included."""
    cdm = MESSAGES[name]
    text = WRITERS[notation](cdm)

    check_written(cdm, text)
    assert parse_cdm(text.encode(), name).comments == cdm.comments


@pytest.mark.parametrize("name", MESSAGES)
def test_keywords_stand_in_the_order_of_the_standard(name) -> None:
    """Each block of a written message follows the order of tables 3-1 to 3-4, which is fixed (3.1)."""
    lines = [line for line in write_cdm_kvn(MESSAGES[name]).splitlines() if not line.startswith("COMMENT")]
    keywords = [line.split(" ")[0] for line in lines]
    starts = [index for index, keyword in enumerate(keywords) if keyword == "OBJECT"]
    order = list(FIELDS)

    assert keywords[0] == "CCSDS_CDM_VERS"
    for begin, end in ((1, starts[0]), (starts[0], starts[1]), (starts[1], len(keywords))):
        places = [order.index(keyword) for keyword in keywords[begin:end]]
        assert places == sorted(set(places))


@pytest.mark.parametrize("name", MESSAGES)
def test_another_library_reads_the_same_from_both_notations(name) -> None:
    """ccsds-ndm-py finds in our keyword-value text and in our XML the numbers of the message."""
    cdm = MESSAGES[name]

    for text in (write_cdm_kvn(cdm), write_cdm_xml(cdm)):
        found = ccsds_ndm.Cdm.from_str(text)
        assert found.header.message_id == cdm.header.message_id
        assert found.body.relative_metadata_data.miss_distance == cdm.relative.miss_m
        stated = cdm.relative.collision_probability
        theirs = found.body.relative_metadata_data.collision_probability
        assert theirs == (stated and pytest.approx(stated, rel=SIXTEEN_DIGITS))
        for one, segment in zip(cdm.objects, found.body.segments, strict=True):
            assert segment.metadata.orbit_center == one.orbit_center
            assert list(segment.data.state_vector.to_numpy()) == [*one.position_km, *one.velocity_km_s]
            theirs = np.tril(segment.data.covariance_matrix_numpy[:6, :6])
            ours = np.tril(np.array(one.covariance_rtn_m)) if one.covariance_rtn_m else np.zeros((6, 6))
            assert theirs == pytest.approx(ours, rel=SIXTEEN_DIGITS)


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(DATA / "cdm-1.0.xsd"))


@pytest.mark.parametrize("name", MESSAGES)
def test_xml_follows_the_schema(name, schema) -> None:
    """Every message written in XML is valid."""
    schema.assertValid(etree.fromstring(write_cdm_xml(MESSAGES[name]).encode()))


def test_the_schema_accepts_another_writer_and_refuses_every_gap(schema) -> None:
    """XML by ccsds-ndm-py is valid, and without any obligatory element it is not: the schema is no empty promise."""
    theirs = ccsds_ndm.Cdm.from_kvn(write_cdm_kvn(MESSAGES["operational"])).to_str("xml").encode()
    schema.assertValid(etree.fromstring(theirs))

    for keyword in [keyword for keyword, field in FIELDS.items() if field.needed]:
        tree = etree.fromstring(theirs)
        element = next(tree.iter(keyword))
        element.getparent().remove(element)
        assert not schema.validate(tree), keyword


def test_xml_begins_as_the_standard_demands() -> None:
    """The first line, the root and its attributes read as in 4.3.2 and 4.3.3."""
    first, second = write_cdm_xml(MESSAGES["own"]).splitlines()[:2]

    assert first == '<?xml version="1.0" encoding="UTF-8"?>'
    assert second.startswith('<cdm xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ')
    assert second.endswith(' id="CCSDS_CDM_VERS" version="1.0">')


@pytest.mark.parametrize("notation", WRITERS)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("MRO_20210314", "MRO_20210315"),
        ("TIANWEN-1-2021", "TIANWEN-1-2022"),
        ("2021-03-21T04:12:34.560", "2021-03-21T04:12:34.561"),
        ("-3386.742342334", "-3386.742342335"),
        ("HBR = 14.5", "HBR = 14.6"),
        ('MARS<|= MARS\n|"MARS"', 'MOON<|= MOON\n|"MOON"'),
    ],
)
def test_a_changed_text_is_noticed(notation, old, new) -> None:
    """A single other digit or word in the written text is found on reading back."""
    cdm = MESSAGES["own"]
    text = WRITERS[notation](cdm)
    changed = text
    for before, after in zip(old.split("|"), new.split("|"), strict=True):
        changed = changed.replace(before, after)
    assert changed != text

    with pytest.raises(PublicationError, match="read"):
        check_written(cdm, changed)


@pytest.mark.parametrize("notation", WRITERS)
def test_what_a_message_cannot_hold_is_not_published(notation) -> None:
    """A name beyond ASCII or with a line break is refused on reading back, not written silently."""
    for name in ("Tiānwèn", "A\nTCA = 2021-03-21T04:12:34", "A\x07"):
        cdm = replace(MESSAGES["own"], object1=replace(MESSAGES["own"].object1, name=name))
        with pytest.raises(PublicationError):
            check_written(cdm, WRITERS[notation](cdm))


def test_every_unit_of_the_schema_is_that_of_the_table(schema) -> None:
    """The schema, written from the standard's tables, refuses any number whose unit is not the one in our table."""
    tree = etree.fromstring(write_cdm_xml(MESSAGES["operational"]).encode())
    given = {element.tag: element.get("units") for element in tree.iter() if element.get("units")}

    assert given == {keyword: FIELDS[keyword].unit for keyword in given}
    assert {keyword for keyword in given if FIELDS[keyword].block == Block.STATE} == {
        "X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT"
    }  # fmt: skip
    assert schema.validate(tree)
