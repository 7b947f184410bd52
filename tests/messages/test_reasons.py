"""Reasons lead to the cause: a good message is broken line by line, and the error names keyword, value and line."""

import re

import numpy as np
import pytest

from mutations import CDM
from nearpass.ephemeris.reframe import in_fixed_axes
from nearpass.errors import NearpassError
from nearpass.messages.cdm import FIELDS
from nearpass.messages.cdm_read import parse_cdm
from nearpass.messages.cdm_write import write_cdm_xml
from nearpass.messages.oem import parse_oem
from nearpass.messages.oem_write import write_oem
from oem_texts import START, covariance_text, delivered_texts, message_text, segment_text, state_lines

FREE = {"OBJECT_NAME", "OBJECT_ID", "ORIGINATOR", "MESSAGE_ID", "CLASSIFICATION", "INTERNATIONAL_DESIGNATOR", "COMMENT"}
"""Keywords whose value may be any text."""
OEM = message_text(
    segment_text(
        state_lines(np.arange(8) * 60.0),
        USEABLE_START_TIME="2021-03-01T00:01:00",
        USEABLE_STOP_TIME="2021-03-01T00:06:00",
    )
    + covariance_text((START.iso(), "RTN", np.eye(6)), ((START + 60.0).iso(), "TNW", np.eye(6))),
    version="3.0",
)
TEXTS = {"oem kvn": OEM, "oem xml": write_oem(parse_oem(OEM.encode(), "x"), "xml"), "ocm kvn": delivered_texts()[2]}
_KVN = re.compile(r"([A-Z][A-Z0-9_]+)\s*= (.+)")
_XML = re.compile(r"\s*<([A-Z][A-Z0-9_]+)(?: [^>]*)?>([^<]+)</")


def broken_lines(text: str) -> list[tuple[int, str, str]]:
    """Line, keyword and text of a message in which the value of that line is no value."""
    found = []
    lines = text.splitlines()
    for at, line in enumerate(lines):
        pair = _KVN.fullmatch(line) or _XML.match(line)
        if pair is not None and pair[1] not in FREE:
            changed = f"{line[: pair.start(2)]}?!{line[pair.end(2) :]}"
            found.append((at + 1, pair[1], "\n".join([*lines[:at], changed, *lines[at + 1 :], ""])))
    return found


def refusal(text: str) -> NearpassError:
    with pytest.raises(NearpassError) as caught:
        in_fixed_axes(parse_oem(text.encode(), "delivered"))
    return caught.value


@pytest.mark.parametrize("kind", TEXTS)
def test_each_broken_keyword_is_the_one_that_is_named(kind: str) -> None:
    """Whatever keyword of header, metadata, states or covariances holds no value, it and its line are named."""
    cases = broken_lines(TEXTS[kind])
    assert len(cases) >= 10
    for line, keyword, text in cases:
        if keyword == "COV_TYPE":  # covariances of other kinds than the Cartesian are noted, and so is what is no kind
            assert any(f"?! of line {line} " in note for note in parse_oem(text.encode(), "delivered").notes)
            continue
        error = refusal(text)
        assert error.line == line, (keyword, str(error))
        number = keyword[:1] in "XYZC" and keyword not in ("CREATION_DATE", "CENTER_NAME", "CCSDS_OEM_VERS")
        if not keyword.startswith(("COV_REF", "COV_TYPE", "COV_ORD", "CCSDS")) and not (number or keyword == "EPOCH"):
            assert keyword.removeprefix("TRAJ_") in error.rule, str(error)
        assert "?!" in str(error.value), str(error)


@pytest.mark.parametrize("kind", ["oem kvn", "ocm kvn"])
def test_each_broken_row_is_the_one_that_is_named(kind: str) -> None:
    """A state or a row of a covariance with a number too few, too many or none is refused at its own line."""
    lines = TEXTS[kind].splitlines()
    rows = [at for at, line in enumerate(lines) if re.match(r"[\d.-]", line)]
    assert len(rows) >= 9
    for at in rows:
        for change in (
            lines[at] + " 1",
            " ".join(lines[at].split()[:-1]) + " x",
            lines[at].rsplit(" ", 1)[0] + " 1e999",
        ):
            error = refusal("\n".join([*lines[:at], change, *lines[at + 1 :], ""]))
            assert error.line == at + 1, str(error)


@pytest.mark.parametrize("kind", ["oem kvn", "ocm kvn"])
def test_a_misspelt_keyword_is_named(kind: str) -> None:
    """A keyword with a letter too many is shown, at its line or as the reason why another is missing."""
    for line, keyword, _ in broken_lines(TEXTS[kind]):
        if keyword in ("COV_REF_FRAME", "COV_ORDERING", "INTERPOLATION", "INTERPOLATION_DEGREE", "TIME_SYSTEM"):
            continue  # what an OCM may leave out
        lines = TEXTS[kind].splitlines()
        lines[line - 1] = lines[line - 1].replace(keyword, f"{keyword}X", 1)
        error = refusal("\n".join(lines) + "\n")
        assert keyword in str(error), str(error)


@pytest.mark.parametrize("notation", ["kvn", "xml"])
def test_each_broken_keyword_of_a_conjunction_message_is_named(notation: str) -> None:
    """An obligatory one is refused with keyword, value and line; an optional one noted with all three."""
    text = CDM if notation == "kvn" else write_cdm_xml(parse_cdm(CDM.encode(), "x"))
    lines = text.splitlines()
    pattern = re.compile(r"([A-Z][A-Z0-9_]+)\s*=\s*(\S+)") if notation == "kvn" else _XML
    seen = 0
    for at, line in enumerate(lines):
        found = pattern.match(line)
        if found is None or FIELDS.get(found[1]) is None or FIELDS[found[1]].kind == "text":
            continue
        changed = f"{line[: found.start(2)]}?!{line[found.end(2) :]}"
        broken = "\n".join([*lines[:at], changed, *lines[at + 1 :], ""])
        try:
            told = parse_cdm(broken.encode(), "delivered").notes
        except NearpassError as error:
            told = (f"{error.rule} on line {error.line} {error.value}",)
        seen += 1
        assert any(found[1] in one and f"line {at + 1} " in one and "?!" in one for one in told), (found[1], told)
    assert seen > 60
