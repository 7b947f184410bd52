"""Mean elements are read from every notation to the same propagator, and shifted or foreign ones are refused."""

import json
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from element_texts import LINE_1, LINE_2, MEAN, NAME, TLE, csv_text, json_text, kvn, tle, xml
from nearpass.errors import InputError
from nearpass.messages.elements import ElementFile, elements_notation, read_elements
from published import FIGURES

EARTH = FIGURES / "earth"
# Vallado, Crawford, Hujsak and Kelso (2006), AIAA 2006-6753, tcppver.out, satellite 00005: minutes, km, km/s in TEME.
PUBLISHED = [
    (0.0, (7022.46529266, -1400.08296755, 0.03995155), (1.893841015, 6.405893759, 4.534807250)),
    (360.0, (-7154.03120202, -3783.17682504, -3536.19412294), (4.741887409, -4.151817765, -2.093935425)),
]
NOTATIONS = {
    "TLE": f"{NAME}\n{TLE}",
    "OMM KVN": kvn(INCLINATION="34.2682 [deg]"),
    "OMM XML": xml(),
    "OMM JSON": json_text(),
    "OMM CSV": csv_text(),
}


def read(text: str, **options: object) -> ElementFile:
    return read_elements(text.encode(), "elements", **options)  # type: ignore[arg-type]


def fault_of(text: str) -> str:
    found = read(text)
    assert found.sets == ()
    return str(found.faults[0].error)


@pytest.mark.parametrize(("notation", "text"), NOTATIONS.items(), ids=list(NOTATIONS))
def test_every_notation_gives_the_published_states(notation: str, text: str) -> None:
    """Each notation is recognised and propagates to the states that Vallado et al. publish, to their last digit."""
    found = read(text)
    (item,) = found.sets

    assert (found.notation, found.faults) == (notation, ())
    assert (item.number, item.name, item.designator) == (5, NAME, "1958-002B")
    assert item.epoch.iso() == "2000-06-27T18:50:19.733568"
    for minutes, position_km, velocity_km_s in PUBLISHED:
        error, position, velocity = item.satrec.sgp4_tsince(minutes)
        assert error == 0
        # The verification set of 2006 was made with an epoch of double days; positions agree to 1e-6 km.
        np.testing.assert_allclose(position, position_km, rtol=0, atol=1e-6)
        np.testing.assert_allclose(velocity, velocity_km_s, rtol=0, atol=1e-9)


@pytest.mark.parametrize("text", [TLE, f"0 {NAME}\n{TLE}", f"# comment\n\n{NAME}   \r\n{LINE_1}  \r\n{LINE_2}\r\n"])
def test_lines_of_a_set_may_be_two_or_three(text: str) -> None:
    """The name is optional, may carry Space-Track's leading nought, and blanks at a line's end do no harm."""
    (item,) = read(text).sets

    assert item.name in {None, NAME}


@pytest.mark.parametrize(("digits", "number"), [("A0000", 100_000), ("E8493", 148_493), ("Z9999", 339_999)])
def test_alpha_5_numbers(digits: str, number: int) -> None:
    """Alpha-5 numbers stand for what space-track.org's table says, and no I or O is among the letters."""
    (item,) = read(tle(digits)).sets

    assert item.number == number
    assert "catalogue number" in fault_of(tle(f"I{digits[1:]}"))


@pytest.mark.parametrize("number", [100_001, 339_999, 340_000, 799_501_234])
def test_long_numbers_in_messages(number: int) -> None:
    """Numbers of six to nine digits are read, also where no Alpha-5 form exists."""
    for text in (
        kvn(NORAD_CAT_ID=str(number)),
        json_text({"NORAD_CAT_ID": number}),
        csv_text(NORAD_CAT_ID=f"{number}"),
    ):
        (item,) = read(text).sets

        assert item.number == number
        assert item.satrec.sgp4_tsince(0.0)[0] == 0


@pytest.mark.parametrize("which", [0, 1])
def test_no_shifted_column_passes(which: int) -> None:
    """A set in which any one character is left out, doubled or put in is refused."""
    lines = [LINE_1, LINE_2]
    for at in range(1, 69):
        for part in ("", lines[which][at] * 2, f"{lines[which][at]}0", f"{lines[which][at]} "):
            changed = [*lines]
            changed[which] = lines[which][:at] + part + lines[which][at + 1 :]
            if changed[which].rstrip() != lines[which]:
                assert read("\n".join(changed) + f"\n{TLE}").faults, changed[which]


@pytest.mark.parametrize("which", [0, 1])
def test_no_changed_digit_passes(which: int) -> None:
    """The checksum tells any one digit that was changed."""
    lines = [LINE_1, LINE_2]
    for at, character in enumerate(lines[which]):
        if at and character.isdigit():
            changed = [*lines]
            changed[which] = f"{lines[which][:at]}{(int(character) + 1) % 10}{lines[which][at + 1 :]}"
            assert read("\n".join(changed)).faults, changed[which]


@pytest.mark.parametrize("which", [0, 1])
def test_a_checksum_is_a_digit(which: int) -> None:
    """A letter or a mark in its column is refused like any other column."""
    for mark in "X-. ":
        changed = [LINE_1, LINE_2]
        changed[which] = changed[which][:-1] + mark
        assert "checksum" in str(read("\n".join([*changed, TLE])).faults[0]), mark


def test_a_long_eccentricity_is_named() -> None:
    """An eccentricity of eight digits is refused with its columns, its value and its line."""
    shifted = LINE_2.replace("1859667", "01859667")

    assert fault_of(f"{NAME}\n{LINE_1}\n{shifted}\n") == (
        "the eccentricity must fill columns 27 to 33 of line 2, and no other, got '01859667', elements:3"
    )


def test_published_sets_with_long_eccentricities() -> None:
    """Of the ten SOCRATES pairs as two-line elements, the three sets with an eccentricity of 8 digits are refused."""
    found = [read_elements(path.read_bytes(), path.name) for path in sorted(EARTH.glob("gp_pairs/*.txt"))]

    assert [sorted(fault.number for fault in file.faults) for file in found if file.faults] == [
        [58184], [43771], [67298],
    ]  # fmt: skip
    assert sum(len(file.sets) for file in found) == 17


def test_a_faulty_set_leaves_the_others() -> None:
    """Sets before and after a faulty one are read; the fault names its number and line."""
    bad = tle("00006", "BAD").replace("34.2682", "34.2683")
    found = read(tle("00004", "ONE") + bad + tle("00007", "TWO"))

    assert [item.number for item in found.sets] == [4, 7]
    assert [(fault.number, fault.error.line) for fault in found.faults] == [(6, 6)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{LINE_1}\n", "last set must be complete"),
        (f"{LINE_1}\nA NAME\n{LINE_2}\n", "must be followed by its second"),
        (f"{LINE_2}\n{TLE}", "must follow its first"),
        (f"A\nB\n{TLE}", "must be a name"),
        (f"{LINE_1}\n{tle('00006').splitlines()[1]}\n", "one catalogue number"),
    ],
)
def test_lines_out_of_order(text: str, words: str) -> None:
    """Lines that make no set are told one by one."""
    faults = read(text if TLE in text else f"{TLE}{text}").faults

    assert any(words in str(fault.error) for fault in faults)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"CENTER_NAME": "MARS"}, "CENTER_NAME must be 'EARTH', got 'MARS'"),
        ({"REF_FRAME": "EME2000"}, "REF_FRAME must be 'TEME', got 'EME2000'"),
        ({"TIME_SYSTEM": "TAI"}, "TIME_SYSTEM must be 'UTC', got 'TAI'"),
        ({"MEAN_ELEMENT_THEORY": "DSST"}, "MEAN_ELEMENT_THEORY must be SGP4"),
        ({"MEAN_ELEMENT_THEORY": "SGP4-XP"}, "MEAN_ELEMENT_THEORY must be SGP4"),
        ({"EPHEMERIS_TYPE": "4"}, "EPHEMERIS_TYPE must be 0"),
        ({"MEAN_ELEMENT_THEORY": None}, "MEAN_ELEMENT_THEORY must be given"),
        ({"CENTER_NAME": None}, "CENTER_NAME must be given"),
        ({"MEAN_MOTION": None}, "MEAN_MOTION must be given"),
        ({"ECCENTRICITY": "1.0"}, "ECCENTRICITY must be less than 1, got '1.0'"),
        ({"INCLINATION": "-1"}, "INCLINATION must be greater than or equal to 0"),
        ({"MEAN_MOTION": "nan"}, "MEAN_MOTION must be a finite number"),
        ({"EPOCH": "2000-13-01T00:00:00"}, "the date must exist"),
        ({"NORAD_CAT_ID": "-5"}, "NORAD_CAT_ID must be greater than or equal to 1"),
    ],
)
def test_rules_of_a_message(changes: dict[str, str | None], words: str) -> None:
    """Only SGP4's own elements, about the Earth, in its frame and in UTC, are read; others are refused by keyword."""
    assert words in fault_of(kvn(**changes))


@pytest.mark.parametrize(
    ("text", "classification"),
    [
        (kvn(), None),
        (kvn(CLASSIFICATION="TLP:AMBER"), "TLP:AMBER"),
        (csv_text(CLASSIFICATION_TYPE="S"), "SECRET"),
        (tle().replace("5U ", "5S "), "SECRET"),
        (tle().replace("5U ", "5C "), None),
        (json_text({"CLASSIFICATION_TYPE": "C"}), None),
        (json_text({"CLASSIFICATION_TYPE": "x"}), None),
        (json_text({"CLASSIFICATION_TYPE": "unclassified"}), None),
    ],
)
def test_classification(text: str, classification: str | None) -> None:
    """The header's CLASSIFICATION, or the letter S, is kept; other letters are codes of the originator and noted."""
    (item,) = read(text).sets

    assert item.classification == classification
    coded = "5C " in text or '"C"' in text or '"x"' in text
    assert [note.split()[0] for note in item.notes] == ["CLASSIFICATION_TYPE"] * coded


@pytest.mark.parametrize("key", ["REV_AT_EPOCH", "ELEMENT_SET_NO", "NORAD_CAT_ID", "EPHEMERIS_TYPE"])
@pytest.mark.parametrize("value", ["9" * 25, "-" + "9" * 25, "2147483648", "1e30", "1.5"])
@pytest.mark.parametrize("write", [kvn, xml, lambda **more: json_text(more), csv_text])
def test_whole_numbers_that_sgp4_cannot_hold(key: str, value: str, write: Callable[..., str]) -> None:
    """Each whole number has its limits; one beyond them is refused by its keyword, and named in short."""
    found = read(write(**{key: value}))

    assert found.sets == ()
    assert found.faults[0].error.rule.startswith(key)
    assert len(str(found.faults[0].error)) < 200


@pytest.mark.parametrize("write", [kvn, lambda **more: json_text(more), csv_text])
def test_derivatives_that_sgp4_does_not_use_may_be_missing(write: Callable[..., str]) -> None:
    """502.0-B-3, table 4-3: BSTAR is required with SGP4, the derivatives with SGP and PPT3 alone."""
    missing = dict.fromkeys(("MEAN_MOTION_DOT", "MEAN_MOTION_DDOT"), "" if write is not kvn else None)
    (item,) = read(write(**missing)).sets
    (whole,) = read(write()).sets

    assert [note.split()[0] for note in item.notes] == ["MEAN_MOTION_DOT", "MEAN_MOTION_DDOT"]
    days = np.linspace(0.0, 3.0, 7)
    states = [one.satrec.sgp4_array(np.full(7, one.satrec.jdsatepoch), one.satrec.jdsatepochF + days)[1]
              for one in (item, whole)]  # fmt: skip
    np.testing.assert_array_equal(*states)
    assert "BSTAR must be given" in str(read(write(BSTAR="")).faults[0].error)


@pytest.mark.parametrize("write", [kvn, xml, lambda **more: json_text(more)])
@pytest.mark.parametrize(
    ("key", "value"),
    [
        *((key, "x1") for key in [*MEAN, "BSTAR", "MEAN_MOTION_DOT", "REV_AT_EPOCH", "NORAD_CAT_ID", "CREATION_DATE"]),
        *((key, "MARS") for key in ("CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "MEAN_ELEMENT_THEORY")),
        ("EPHEMERIS_TYPE", "4"), ("ECCENTRICITY", "1.0"), ("INCLINATION", "181"), ("MEAN_MOTION", "1e400"),
    ],
)  # fmt: skip
def test_a_refusal_names_keyword_and_line(write: Callable[..., str], key: str, value: str) -> None:
    """Each value that is broken is refused under its own keyword, at its own line, with the value."""
    text = write(**{key: value})
    error = read(text).faults[0].error

    assert error.rule.startswith(key)
    assert error.line is not None
    assert key in text.splitlines()[error.line - 1]
    assert value in str(error.value)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "iso-8859-1", "windows-1252"])
def test_encodings_of_xml(encoding: str) -> None:
    """An OMM is told and read in whatever its declaration or byte order mark says."""
    declared = "UTF-16" if encoding.startswith("utf-16") else encoding
    data = xml(ORIGINATOR="Universit\xe4t").replace("UTF-8", declared, 1).encode(encoding)
    (item,) = read_elements(data, "elements").sets
    assert item.originator == "Universit\xe4t"


def test_a_unit_must_be_the_standards() -> None:
    """A unit other than the standard's is refused, not converted."""
    with pytest.raises(InputError, match=r"the unit of INCLINATION must be deg, got 'rad', elements:14"):
        read(kvn(INCLINATION="0.598 [rad]"))


def test_messages_one_after_the_other() -> None:
    """Several messages in one text are all read, in KVN as in JSON, and only the wanted ones if some are asked for."""
    for text in (kvn() + kvn(NORAD_CAT_ID="6"), json_text({}, {"NORAD_CAT_ID": "6"}), tle("00005") + tle("00006")):
        assert [item.number for item in read(text).sets] == [5, 6]
        assert [item.number for item in read(text, wanted={6}).sets] == [6]


def test_the_line_of_a_set_in_an_array() -> None:
    """A faulty object of a JSON array is named with the line at which it begins."""
    text = json_text({}, {"ECCENTRICITY": 2})
    found = read(text)

    assert [item.number for item in found.sets] == [5]
    assert text.splitlines()[found.faults[0].error.line - 1].strip().startswith('"ECCENTRICITY": 2')
    without = text.replace('"ECCENTRICITY": 2', '"B": 2')
    assert without.splitlines()[read(without).faults[0].error.line - 1].strip() == "{"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "mean elements must be"),
        ("hello", "mean elements must be"),
        ('[{"MEAN_MOTION": 1', "must be a JSON object"),
        ('[{"MEAN_MOTION": 1,}]', "must be JSON"),
        ('[{"MEAN_MOTION": ' + "1" * 9_000 + "}]", "ordinary numbers"),
        ('[{"MEAN_MOTION": 1, "A": "' + "a" * 20_000 + '"}]', "at most 20000 characters"),
        ('[{"MEAN_MOTION": 1} {"MEAN_MOTION": 1}]', "parted by commas"),
        ('[{"MEAN_MOTION": 1}', "must be closed"),
        ('{"MEAN_MOTION": 1} x', "nothing may follow"),
        ('{"MEAN_MOTION": 1, "A": ' + "[" * 100_000 + "}", "none within it"),
        ('[{"MEAN_MOTION": 1}, 5]', "must be a JSON object"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><omm/>", "no DOCTYPE"),
        ("<omm version='9'/>", "must be one of 2.0, 3.0"),
        ("<omm version='2.0'>" + "<a>" * 20, "nest at most"),
        ("CCSDS_OMM_VERS = 2.0\nhello\n", "must read KEYWORD = value"),
        ("CCSDS_OMM_VERS = 1.0\n", "must be one of 2.0, 3.0"),
        (kvn() + "".join(f"A{number} = 1\n" for number in range(600)), "at most 500 keywords"),
        ("NORAD_CAT_ID,MEAN_MOTION\n1\n", "as many fields"),
        ("NORAD_CAT_ID,MEAN_MOTION\n1,2" + "," * 30_000, "at most 20000 characters"),
        (TLE + "x" * 2_000, "at most 1000 bytes"),
        (f"{TLE}\0", "ASCII or UTF-8"),
    ],
)
def test_a_damaged_text_is_refused_as_a_whole(text: str, words: str) -> None:
    """What is no file of elements, or is damaged as a whole, gives one error with file and line."""
    with pytest.raises(InputError, match=words) as caught:
        read(text)

    assert caught.value.file == "elements"
    assert caught.value.line is not None


@given(st.sampled_from(sorted(NOTATIONS)), st.data())
def test_any_damage_gives_sets_or_one_error(notation: str, data: st.DataObject) -> None:
    """Whatever replaces a stretch of a text, the answer is a list of sets and faults, or one error with a line."""
    text = NOTATIONS[notation].encode()
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, min(len(text), begin + 40)))
    junk = data.draw(st.one_of(st.binary(max_size=20), st.text(max_size=20).map(str.encode)))
    try:
        found = read_elements(text[:begin] + junk + text[end:], "elements")
        lines = [fault.error.line for fault in found.faults]
    except InputError as error:
        lines = [error.line]

    assert None not in lines


def test_notation_is_told_from_other_messages() -> None:
    """An OEM, a page or an unrelated JSON text holds no mean elements."""
    others = [b"CCSDS_OEM_VERS = 2.0\n", b"<html>", b"<ndm><oem/></ndm>", json.dumps({"a": 1}).encode(), b"DAF/SPK "]

    assert [elements_notation(other) for other in others] == [None] * len(others)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("text", [TLE, kvn(), xml(), json_text(), csv_text()], ids=["tle", "kvn", "xml", "json", "csv"])
def test_every_notation_is_read_in_every_encoding_that_tells_itself(text: str, encoding: str) -> None:
    """By a byte order mark, or by the noughts of UTF-16 beside the first letters."""
    (found,) = read_elements(text.encode(encoding), "x").sets
    assert found.number == 5
