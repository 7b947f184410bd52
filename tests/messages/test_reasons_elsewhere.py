"""Reasons lead to the cause in the other kinds of deliveries, too: keyword, value and line of what is broken."""

import re
from collections.abc import Callable, Iterator

import ccsds_ndm
import pytest
from sgp4.io import fix_checksum

from element_texts import LINE_1, LINE_2, csv_text, json_text, kvn, xml
from nearpass.errors import NearpassError
from nearpass.messages.elements import read_elements
from nearpass.messages.oem import parse_oem
from nearpass.messages.opm import parse_opm
from opm_texts import TRIANGLE, burn, opm
from other_texts import AJISAI, itc_text, stk_text

FREE = {"OBJECT_NAME", "OBJECT_ID", "ORIGINATOR", "CLASSIFICATION_TYPE", "COMMENT", "MASS", "MAN_DELTA_MASS"}
"""Keywords whose value may be any text, or is kept as it stands."""
FRAMES = {"REF_FRAME", "CENTER_NAME", "COV_REF_FRAME", "MAN_REF_FRAME"}
"""Those of an OPM whose value is judged where its state is carried on."""
COVARIANCE = "\n".join(f"{key} = {float(key in TRIANGLE[::7])}" for key in TRIANGLE)
OPM = opm(f"COV_REF_FRAME = RTN\n{COVARIANCE}", burn("2021-03-01T01:00:00", "RTN", (0.001, 0.0, 0.0), 60.0))
OPM_XML = str(ccsds_ndm.Opm.from_str(OPM).to_str("xml")).replace("><", ">\n<")
KVN = re.compile(r"([A-Z][A-Z0-9_]+)\s*= ([^\[\n]+)")
XML = re.compile(r"\s*<([A-Z][A-Z0-9_]+)(?: [^>]*)?>([^<]+)</")
JSON = re.compile(r'\s*"([A-Z_]+)": "?([^",]+)')


def broken(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, str, str]]:
    """Line, keyword and text of a message in which the value of that line is no value."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        found = pattern.match(line)
        if found is not None and found[1] not in FREE and "VERS" not in found[1]:
            quoted = line[found.start(2) - 1] == '"' or pattern is not JSON
            changed = f"{line[: found.start(2)]}{'?!' if quoted else '[1]'}{line[found.end(2) :]}"
            yield at + 1, found[1], "\n".join([*lines[:at], changed, *lines[at + 1 :]])


def refusal(read: Callable[[], object]) -> NearpassError:
    with pytest.raises(NearpassError) as caught:
        read()
    return caught.value


@pytest.mark.parametrize(("text", "pattern"), [(OPM, KVN), (OPM_XML, XML)], ids=["kvn", "xml"])
def test_each_broken_keyword_of_an_opm_is_named(text: str, pattern: re.Pattern[str]) -> None:
    """State, covariance and manoeuvre: the keyword, what it was given and its line."""
    seen = 0
    for line, keyword, changed in broken(text, pattern):
        if keyword in FRAMES:
            continue
        error = refusal(lambda changed=changed: parse_opm(changed.encode(), "x"))
        assert keyword in error.rule, str(error)
        assert "?!" in str(error.value), str(error)
        assert error.line == line, str(error)
        seen += 1
    assert seen > 30


@pytest.mark.parametrize(
    ("text", "pattern"), [(kvn(), KVN), (xml(), XML), (json_text(), JSON)], ids=["kvn", "xml", "json"]
)
def test_each_broken_keyword_of_mean_elements_is_named(text: str, pattern: re.Pattern[str]) -> None:
    """As above, in every notation that has lines of keywords."""
    seen = 0
    for line, keyword, changed in broken(text, pattern):
        if pattern is JSON and "[1]" in changed:
            continue  # lists are another fault
        (fault,) = read_elements(changed.encode(), "x").faults
        assert keyword in fault.error.rule, str(fault.error)
        assert "?!" in str(fault.error.value), str(fault.error)
        assert fault.error.line == line, str(fault.error)
        seen += 1
    assert seen > 15


def test_each_broken_column_of_a_table_is_named() -> None:
    """A row has one line: the keyword tells the column."""
    head, row = csv_text().strip().split("\n")
    names, cells = head.split(","), row.split(",")
    seen = 0
    for at, name in enumerate(names):
        if name in FREE:
            continue
        changed = ",".join([*cells[:at], "?!", *cells[at + 1 :]])
        (fault,) = read_elements(f"{head}\n{changed}\n".encode(), "x").faults
        assert name in fault.error.rule, str(fault.error)
        assert fault.error.line == 2, str(fault.error)
        seen += 1
    assert seen > 12


def test_each_broken_column_of_two_lines_is_named() -> None:
    """Whatever field of either line holds a letter, its name and line are told, or the columns that it fills."""
    for number, text in enumerate((LINE_1, LINE_2)):
        for at in range(9, 63):
            if text[at] == " " or (number == 0 and 9 <= at < 17):
                continue
            lines = [LINE_1, LINE_2]
            lines[number] = fix_checksum(f"{text[:at]}x{text[at + 1 :]}")
            (fault,) = read_elements(f"{lines[0]}\n{lines[1]}\n".encode(), "x").faults
            assert re.search(rf"must fill columns \d+ to \d+ of line {number + 1}", fault.error.rule), str(fault.error)
            begin, end = (int(one) for one in re.findall(r"columns (\d+) to (\d+)", fault.error.rule)[0])
            assert begin <= at + 1 <= end, (at, str(fault.error))
            assert fault.error.line == number + 1


@pytest.mark.parametrize(
    ("text", "rows", "state_lines"),
    [
        (itc_text(), r"\d{13}\.\d+ |-?\d+\.?[\de-]* ", 4),
        (stk_text("DistanceUnit Meters", "CoordinateSystem J2000", "CentralBody Mars"), r"\d+\.\d+ ", 1),
        (AJISAI + AJISAI[AJISAI.index("*  20") :].replace("  0  0  0.0", "  0  4  0.0"), r"[*PV]", 1),
    ],
    ids=["itc", "stk", "sp3"],
)
def test_each_broken_row_of_other_texts_is_named(text: str, rows: str, state_lines: int) -> None:
    """A number that is none, in any column of a row of states or covariances, is shown with its line."""
    lines, seen = text.split("\n"), 0
    for at, line in enumerate(lines):
        if re.match(rows, line) is None:
            continue
        for place in list(re.finditer(r"(?<=\s)-?\d+\.\d+\S*", line))[:3]:
            hurt = f"{line[: place.start()]}{'?' * len(place[0])}{line[place.end() :]}"
            changed = "\n".join([*lines[:at], hurt, *lines[at + 1 :]])
            error = refusal(lambda changed=changed: parse_oem(changed.encode(), "x"))
            assert "?" in str(error.value), str(error)
            assert error.line is not None
            assert error.line <= at + 1 < error.line + state_lines, str(error)
            seen += 1
    assert seen >= 6


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("DistanceUnit", "Feet"), ("TimeFormat", "UTCG"), ("CovarianceFormat", "Full"), ("ScenarioEpoch", "yesterday")],
)
def test_each_broken_setting_of_stk_is_named(keyword: str, value: str) -> None:
    """As it is spelt, with what it was given and its line."""
    text = stk_text(f"    {keyword} {value}")
    if keyword == "ScenarioEpoch":
        text = re.sub(r"    ScenarioEpoch\t.*\n", "", text)
    error = refusal(lambda: parse_oem(text.encode(), "x.e"))
    assert keyword in error.rule
    assert (error.value, error.line) == (value, text[: text.index(f"{keyword} {value}")].count("\n") + 1)
