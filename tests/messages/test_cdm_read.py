"""Reading Conjunction Data Messages: the standard's rules, what real messages do, and another library."""

import re
from decimal import Decimal
from pathlib import Path

import ccsds_ndm
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nearpass.astro.epochs import Epoch
from nearpass.errors import InputError
from nearpass.messages.cdm import FIELDS, Block, covariance_keywords
from nearpass.messages.cdm_read import MOST_BYTES, parse_cdm
from nearpass.messages.cdm_write import write_cdm_xml

DATA = Path(__file__).parent.parent / "data" / "cdm"
STANDARD = (DATA / "ccsds_508_0_b_1_example.kvn").read_text()
OPERATIONAL = (DATA / "itrf_ion_starlink.kvn").read_text()
SAMPLE = (DATA / "alfano_2009_case_03.kvn").read_text()
XML = write_cdm_xml(parse_cdm(OPERATIONAL.encode(), "ion"))
NEEDED = [keyword for keyword, field in FIELDS.items() if field.needed]


def read(text: str):
    return parse_cdm(text.encode(), "message.cdm")


def with_line(keyword: str, line: str, text: str = STANDARD) -> str:
    """The message with the first line of a keyword replaced."""
    return re.sub(rf"(?m)^{keyword} .*$", lambda _: line, text, count=1)


def test_the_example_of_the_standard_is_read() -> None:
    """The values of CCSDS 508.0-B-1, 3.6.2, stand where they belong, and nothing in it is unusual."""
    cdm = read(STANDARD)

    assert cdm.notes == ()
    assert cdm.header.message_id == "201113719185"
    assert cdm.relative.tca == Epoch.parse("2010-03-13T22:37:52.618")
    assert cdm.relative.miss_m == 715.0
    assert cdm.object1.position_km == (2570.097065, 2244.654904, 6281.497978)
    assert cdm.object2.velocity_km_s == (-2.8886125, -6.007247516, 3.328770172)
    assert (cdm.object1.center, cdm.object1.orbit_center) == ("EARTH", None)
    assert (cdm.object1.maneuverable, cdm.object2.maneuverable) == ("YES", "NO")
    assert cdm.object2.covariance_rtn_m[2][1] == cdm.object2.covariance_rtn_m[1][2] == -758.88
    assert cdm.object1.covariance_rtn_m[5][5] == 5.529e-05


@pytest.mark.parametrize("text", [STANDARD, OPERATIONAL], ids=["standard", "operational"])
def test_states_and_covariances_agree_with_another_library(text) -> None:
    """ccsds-ndm-py reads the same states and the same covariances."""
    cdm = read(text)

    for one, other in zip(cdm.objects, ccsds_ndm.Cdm.from_kvn(text).body.segments, strict=True):
        lower = np.tril_indices(6)
        theirs = other.data.covariance_matrix_numpy[:6, :6]
        assert [*one.position_km, *one.velocity_km_s] == list(other.data.state_vector.to_numpy())
        assert np.array_equal(np.array(one.covariance_rtn_m)[lower], theirs[lower])


@pytest.mark.parametrize("text", [STANDARD, OPERATIONAL], ids=["standard", "operational"])
def test_xml_of_another_library_reads_as_the_same_message(text) -> None:
    """A message turned into XML by ccsds-ndm-py has the same content, but for the block that a comment belongs to."""
    ours, theirs = read(text), read(ccsds_ndm.Cdm.from_kvn(text).to_str("xml"))

    assert (theirs.header, theirs.relative.tca, theirs.relative.others) == (
        ours.header,
        ours.relative.tca,
        ours.relative.others,
    )
    for one, other in zip(ours.objects, theirs.objects, strict=True):
        assert (one.position_km, one.covariance_rtn_m, one.others) == (
            other.position_km,
            other.covariance_rtn_m,
            other.others,
        )
    assert sorted(theirs.comments) == sorted(ours.comments)


@pytest.mark.parametrize("number", ["715", "+715.", ".5", "7.15E+02", "7.15e2", "-3.876", "6.876E03", "4.94E-324", "0"])
def test_every_form_of_a_number_is_read(number) -> None:
    """Fixed and floating point give the value that decimal arithmetic gives."""
    cdm = read(with_line("CT_R", f"CT_R = {number} [m**2]"))

    assert cdm.object1.covariance_rtn_m[1][0] == float(Decimal(number))


@pytest.mark.parametrize("number", ["", "1,5", "1.0D3", "0x10", "inf", "NaN", "1e999", "1 5", "--1", "1e"])
def test_what_is_no_number_is_refused(number) -> None:
    """An obligatory number must be one and finite."""
    with pytest.raises(InputError, match="CT_R must"):
        read(with_line("CT_R", f"CT_R = {number} [m**2]"))


@pytest.mark.parametrize("keyword", NEEDED)
def test_each_obligatory_keyword_must_be_there(keyword) -> None:
    """Without one of them a message is refused in both notations; all but OBJECT are named."""
    rule = "two objects|must follow OBJECT" if keyword == "OBJECT" else f"{keyword} must be given"
    with pytest.raises(InputError, match=rule):
        read(re.sub(rf"(?m)^{keyword} .*\n", "", STANDARD, count=1))
    with pytest.raises(InputError, match=f"{keyword} must be given"):
        read(re.sub(rf"<{keyword}( units=\"[^\"]*\")?>[^<]*</{keyword}>", "", XML, count=1))


@pytest.mark.parametrize("keyword", [name for name in NEEDED if FIELDS[name].unit])
def test_a_wrong_unit_is_refused(keyword) -> None:
    """Distances, states and covariances in another unit than the standard's are refused in both notations."""
    wrong = "km" if FIELDS[keyword].unit != "km" else "m"
    with pytest.raises(InputError, match=f"{keyword} must be in") as refusal:
        read(with_line(keyword, f"{keyword} = 1.0 [{wrong}]"))
    with pytest.raises(InputError, match=f"{keyword} must be in"):
        read(re.sub(f'<{keyword} units="[^"]*">', f'<{keyword} units="{wrong}">', XML, count=1))

    assert refusal.value.line == 1 + STANDARD.split("\n").index(
        next(line for line in STANDARD.split("\n") if line.startswith(f"{keyword} "))
    )


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("X = 2570.097065", "has no unit"),
        ("X = 2570.097065 [KM]", r"\[KM\]"),
        ("X = 2570.097065[km]", None),
        ("X\t= 2570.097065 [km]", "tabs"),
        ("REF_FRAME = J2000", "read as EME2000"),
        ("OBJECT_NAME = TIÁNWÈN", "ASCII"),
        ("MANEUVERABLE = yes", None),
        ("COVARIANCE_METHOD = CALCULATED\nOBS_USED = NaN", "absent"),
        ("COVARIANCE_METHOD = CALCULATED\nGRAVITY_MODEL =", None),
        ("COVARIANCE_METHOD = CALCULATED\nWEIGHTED_RMS = 0.9 [n/a]", "n/a"),
    ],
)
def test_a_harmless_departure_is_read_and_noted(line, note) -> None:
    """What real messages do without harm is read with the same numbers; a departure stands in the notes."""
    cdm = read(with_line(re.split(r"\s*=", line)[0], line))

    assert cdm.object1.position_km == read(STANDARD).object1.position_km
    assert cdm.object1.ref_frame == "EME2000"
    assert bool(cdm.notes) == (note is not None)
    assert note is None or re.search(note, cdm.notes[0])


@pytest.mark.parametrize("name", ["ITRF2014", "ITRF-97", "ITRF 2000", "itrf2020"])
def test_a_realisation_of_the_earths_axes_is_read_as_them(name: str) -> None:
    """The year tells centimetres apart; the standard of CDM knows the axes without it."""
    cdm = read(re.sub(r"(?m)^(REF_FRAME\s*=\s*)\S+", rf"\g<1>{name}", STANDARD))
    assert {one.ref_frame for one in (cdm.object1, cdm.object2)} == {"ITRF"}
    assert any("is read as ITRF" in note for note in cdm.notes)


def test_the_samples_with_velocities_in_metres_are_read() -> None:
    """Relative velocities in [m] and NaN in orbit determination data, as in published samples, are noted."""
    cdm = read(SAMPLE)

    assert cdm.relative.relative_velocity_rtn_m_s == (-11.365912, 0.051787, -11.356027)
    assert cdm.object1.others == ()
    assert len(cdm.notes) == 7


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda text: text.replace("= 1.0", "= 3.0", 1), "version"),
        (lambda text: text.replace("CCSDS_CDM_VERS", "CCSDS_OEM_VERS", 1), "first line"),
        *(
            (
                lambda text, name=name: with_line("MANEUVERABLE", f"MANEUVERABLE = N/A\n{name} = MARS", text),
                "keyword must be",
            )
            for name in ("ORBIT_CENTRE", "ORBITCENTER", "ORBIT_CENTR", "CENTER_ORBIT_CENTER", "ORBIT_CETNER")
        ),
        (lambda text: with_line("MANEUVERABLE", "MANEUVERABLE = PERHAPS", text), "MANEUVERABLE must be one of"),
        (lambda text: with_line("REF_FRAME", "REF_FRAME = GCRF", text), "REF_FRAME must be the same"),
        (lambda text: with_line("REF_FRAME", "ORBIT_CENTER = MARS\nREF_FRAME = EME2000", text), "ORBIT_CENTER must be"),
        (lambda text: with_line("TCA", "TCA = 2010-02-30T00:00:00", text), "TCA: the date must exist"),
        (lambda text: with_line("TCA", "TCA = 2010-03-13T22:37:52\nTCA = 2010-03-13T22:37:52", text), "given once"),
        (lambda text: with_line("MISS_DISTANCE", "MISS_DISTANCE = -1.0 [m]", text), "MISS_DISTANCE must be from 0"),
        (lambda text: with_line("CR_R", "CR_R = -1.0E+00 [m**2]", text), "CR_R must be at least 0"),
        (lambda text: text.replace("OBJECT2", "OBJECT1"), "OBJECT1 once and OBJECT2 once"),
        (lambda text: text + "TCA = 2010-03-13T22:37:52\n", "before the first OBJECT"),
        (lambda text: text.replace("OBJECT   ", "REF_FRAME = EME2000\nOBJECT   ", 1), "must follow OBJECT"),
        (lambda text: text + "what is this\n", "KEYWORD = value"),
        (lambda text: text + "COMMENT \x07\n", "printable"),
        (lambda text: text + "\n" * MOST_BYTES, "must not exceed"),
        (lambda _: "", "must begin with CCSDS_CDM_VERS"),
    ],
)
def test_a_broken_rule_is_refused(change, rule) -> None:
    """A message that breaks a rule is refused by that rule, with the name of the file."""
    with pytest.raises(InputError, match=rule) as refusal:
        read(change(STANDARD))

    assert refusal.value.file == "message.cdm"


OPTIONAL = [one for one in FIELDS.values() if not one.needed and one.keyword != "ORBIT_CENTER"]
BROKEN = {"choice": "PERHAPS", "epoch": "2010-02-30T00:00:00", "number": "many", "whole": "1.5"}


@pytest.mark.parametrize("one", [one for one in OPTIONAL if one.kind in BROKEN], ids=lambda one: one.keyword)
def test_an_optional_value_that_is_none_is_noted(one) -> None:
    """A value of no use under an optional keyword costs itself and no more: the note has keyword, line and value."""
    before = {Block.RELATIVE: "TCA", Block.METADATA: "REF_FRAME"}.get(one.block, "X")
    text = re.sub(rf"(?m)^{one.keyword} .*\n", "", STANDARD)
    line = next(line for line in text.split("\n") if line.startswith(f"{before} "))
    text = with_line(before, f"{one.keyword} = {BROKEN[one.kind]}\n{line}", text)
    cdm, plain = read(text), read(STANDARD)
    at = text.split("\n").index(f"{one.keyword} = {BROKEN[one.kind]}") + 1
    assert any(
        f"{one.keyword} on line {at} counts as absent" in note and BROKEN[one.kind] in note for note in cdm.notes
    )
    assert [each.position_km for each in cdm.objects] == [each.position_km for each in plain.objects]
    assert one.keyword not in dict(cdm.object1.others + cdm.relative.others)


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("AREA_PC = 5.2 [km**2]", "AREA_PC must be in"),
        ("COLLISION_PROBABILITY = 1.1", "must be from 0 to 1"),
        ("COLLISION_PROBABILITY = 1e-4", "stands behind the first OBJECT"),
        ("OBS_USED = 592\nOBS_USED = 593", "OBS_USED is given again"),
        ("SOMETHING = 5 [furlong]", "SOMETHING on line"),
        ("USER_DEFINED_X = a", "USER_DEFINED_X on line"),
    ],
)
def test_odd_optional_keywords_are_kept_or_noted(line, note) -> None:
    """What a message adds to the standard stops nothing."""
    cdm = read(with_line("X", line + "\nX = 2570.097065 [km]", STANDARD))
    assert any(note in one for one in cdm.notes)
    keyword = line.split(" = ")[0]
    if keyword in ("SOMETHING", "USER_DEFINED_X"):
        assert cdm.object1.extra == ((keyword, line.split(" = ")[1]),)


def test_the_draft_of_version_2_is_read() -> None:
    """Its keywords come with their values in both notations, and the numbers of version 1.0 stay what they were."""
    text = STANDARD.replace("= 1.0", "= 2.0", 1)
    text = with_line("MANEUVERABLE", "MANEUVERABLE = UNKNOWN\nOBS_BEFORE_NEXT_MESSAGE = YES", text)
    text = with_line(
        "MISS_DISTANCE", "CONJUNCTION_ID = 2010-A\nAPPROACH_ANGLE = 12.5 [deg]\nMISS_DISTANCE = 715 [m]", text
    )
    text = with_line(
        "X", "HBR = 7.5 [m]\nLEAD_TIME_REQD_BEFORE_TCA = 12 [h]\nMIN_DV = 0 1e-3 0\nX = 2570.097065 [km]", text
    )
    cdm = read(text)
    assert cdm.relative.extra == (("CONJUNCTION_ID", "2010-A"), ("APPROACH_ANGLE", 12.5))
    assert cdm.object1.extra == (
        ("OBS_BEFORE_NEXT_MESSAGE", "YES"), ("HBR", 7.5), ("MIN_DV", "0 1e-3 0"), ("LEAD_TIME_REQD_BEFORE_TCA", 12.0),
    )  # fmt: skip
    assert cdm.object1.maneuverable == "N/A"
    assert any("MANEUVERABLE UNKNOWN" in note for note in cdm.notes)
    xml = XML.replace('version="1.0">', 'version="2.0">', 1).replace("<X ", '<HBR units="m">7.5</HBR><X ', 1)
    assert read(xml).object1.extra == (("HBR", 7.5),)
    block = "<sigmaEigenvectorsCovariance><A><B>1</B></A></sigmaEigenvectorsCovariance></data>"
    assert "is passed over" in read(xml.replace("</data>", block, 1)).notes[0]


@pytest.mark.parametrize("keyword", [keyword for keyword in NEEDED if keyword != "OBJECT"])
def test_a_misspelt_keyword_is_the_hint_for_the_missing_one(keyword) -> None:
    """Where an obligatory keyword is missing and one that nobody knows looks like it, the error shows that."""
    wrong = f"{keyword}_"
    with pytest.raises(InputError, match=f"{keyword} must be given") as refusal:
        read(re.sub(rf"(?m)^{keyword} ", f"{wrong} ", STANDARD, count=1))
    assert refusal.value.value == wrong


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "windows-1252"])
def test_xml_in_other_encodings(encoding) -> None:
    """The declaration says what the bytes mean."""
    text = XML.replace("UTF-8", encoding, 1).replace("CSpOC", "Universit\xe4t", 1)
    assert parse_cdm(text.encode(encoding), "message.cdm").header.originator == "Universit\xe4t"


def test_the_order_of_objects_does_not_matter() -> None:
    """Object 2 before object 1 gives the same message and a note."""
    head, first, second = re.split(r"(?m)(?=^OBJECT  )", STANDARD)
    swapped = read(head + second + first)

    assert swapped == read(STANDARD)
    assert swapped.notes == ("OBJECT2 stands before OBJECT1",)


def test_rows_seven_and_eight_are_kept_and_incomplete_ones_left_out() -> None:
    """The rows for drag and radiation pressure are kept whole; a row with a gap goes, with a note."""
    whole = read(OPERATIONAL)
    broken = read(re.sub(r"(?m)^CDRG_T .*\n", "", OPERATIONAL))
    extra = {*covariance_keywords(6), *covariance_keywords(7)}

    assert extra <= {keyword for keyword, _ in whole.object1.others}
    assert extra.isdisjoint(keyword for keyword, _ in broken.object1.others)
    assert broken.object1.covariance_rtn_m == whole.object1.covariance_rtn_m
    assert [note for note in broken.notes if "incomplete" in note] == [
        "row 7 of a covariance is incomplete and left out",
        "row 8 of a covariance is incomplete and left out",
    ]


def test_a_covariance_of_zeros_is_none() -> None:
    """Terms without a variance are to be discounted (5.2.8): a matrix of zeros says that there is no covariance."""
    lines = [
        re.sub(r"=.*\[", "= 0.0 [", line)
        if FIELDS.get(line.split(" ")[0], FIELDS["TCA"]).block == Block.COVARIANCE
        else line
        for line in STANDARD.split("\n")
    ]

    assert [one.covariance_rtn_m for one in read("\n".join(lines)).objects] == [None, None]


def test_a_namespace_prefix_and_an_enclosing_ndm_are_read() -> None:
    """XML qualified by the namespace, or as the one message of an <ndm>, holds the same message (4.3.3.3, 505.0-B)."""
    declaration, _, body = XML.partition("\n")
    qualified = re.sub(r"<(/?)(\w)", r"<\1ndm:\2", body).replace(
        "<ndm:cdm", '<ndm:cdm xmlns:ndm="urn:ccsds:schema:ndmxml"'
    )

    assert read(f"{declaration}\n{qualified}") == read(XML)
    assert read(f"{declaration}\n{qualified}".replace("urn:ccsds:", "urn:ccsds:recommendation:navigation:")) == read(
        XML
    )
    assert read(f"{declaration}\n<ndm>{body}</ndm>") == read(XML)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("<cdm", '<!DOCTYPE cdm [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n<cdm', "no DOCTYPE"),
        ("<cdm", '<!DOCTYPE cdm [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<cdm', "no DOCTYPE"),
        ("<cdm", '<!DOCTYPE cdm SYSTEM "cdm.dtd">\n<cdm', "no DOCTYPE"),
        ("CSpOC", "&unknown;", "well-formed"),
        ("</cdm>", "", "well-formed"),
        ("<TCA>", "<TCB>", "well-formed"),
        ("<stateVector>", "<stateVector><b/>", "elements of CCSDS"),
        ("<stateVector>", "<stateVector><ORBIT_CENTRE>MARS</ORBIT_CENTRE>", "keyword must be"),
        ("<TCA>", "when<TCA>", "text must stand"),
        ("<stateVector>", "<stateVector><TCA>2023-07-05T20:31:15.893</TCA>", "elements of CCSDS"),
        ('id="CCSDS_CDM_VERS"', 'id="CCSDS_OEM_VERS"', "must have id"),
        ('id="CCSDS_CDM_VERS" version="1.0"', 'id="CCSDS_CDM_VERS" version="3.0"', "version"),
    ],
)
def test_hostile_and_broken_xml_is_refused(old, new, rule) -> None:
    """Entities, external ones too, and elements out of place are refused before anything is expanded or fetched."""
    assert old in XML
    with pytest.raises(InputError, match=rule) as refusal:
        read(XML.replace(old, new, 1))

    assert refusal.value.line is not None


def test_comments_of_xml_are_passed_over() -> None:
    """What stands between <!-- and --> is no part of the message."""
    assert read(XML.replace("<header>", "<!-- <TCA>never</TCA> --><header>")) == read(XML)


def test_an_error_in_xml_names_its_line() -> None:
    """The line of a bad element is given."""
    lines = XML.replace(">-5719.153201<", ">far<").split("\n")
    with pytest.raises(InputError, match="X must be a finite number") as refusal:
        read("\n".join(lines))

    assert lines[refusal.value.line - 1].strip() == '<X units="km">far</X>'


def file_of_refusal(data: bytes) -> str | None:
    """Read; the file that an InputError names, None for a message. Nothing else may be raised."""
    try:
        parse_cdm(data, "fuzz")
    except InputError as error:
        return error.file
    return None


@given(st.binary(max_size=200))
@example(b"\xff\xfe<\x00")
@example(b"CCSDS_CDM_VERS = 1.0\nOBJECT")
@example(b"<?xml version='1.0' encoding='utf-7'?><cdm/>")
def test_any_bytes_give_a_message_or_one_error(data) -> None:
    """Random bytes, alone and after a valid beginning, never raise anything but InputError."""
    for text in (data, STANDARD[:300].encode() + data, XML[:300].encode() + data):
        assert file_of_refusal(text) == "fuzz"


PLACES = st.integers(0, 10_000)
WORDS = ["", "9" * 400, "NaN", "\x00", "é", "&", "[", "]", "<", "OBJECT", "-", "\n"]


@settings(max_examples=300)
@given(st.sampled_from([STANDARD, OPERATIONAL, XML]), st.lists(st.tuples(PLACES, PLACES | st.sampled_from(WORDS))))
def test_any_damage_gives_a_message_or_one_error(text, damage) -> None:
    """A message with words moved, dropped or changed never raises anything but InputError with the file's name."""
    words = re.split(r"(\s+|[<>=\[\]])", text)
    for place, new in damage:
        words[place % len(words)] = words[new % len(words)] if isinstance(new, int) else new

    assert file_of_refusal("".join(words).encode()) in {None, "fuzz"}
