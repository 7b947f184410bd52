"""Deliveries whose states end before the ends that their metadata state: cut on the way, in every notation."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import numpy as np
import pytest

from nearpass.ephemeris.lint import Finding, Grade
from nearpass.ephemeris.lint_delivery import complete
from nearpass.errors import InputError
from nearpass.messages.compression import decompressed
from nearpass.messages.oem import parse_oem
from nearpass.messages.oem_write import write_oem
from nearpass.report.wording import said
from oem_texts import START, message_text, segment_text, state_lines

LINES = state_lines(np.arange(30) * 60.0)
LAST = "2021-03-01T00:29:00.000"


def _judged(text: str) -> Finding | None:
    return complete(parse_oem(text.encode(), "x.oem").segments)


def _kvn(**changes: str) -> str:
    return message_text(segment_text(LINES, **changes))


def _xml(**changes: str) -> str:
    return write_oem(parse_oem(_kvn(**changes).encode(), "x.oem"), "xml")


def _ocm(**changes: str) -> str:
    times = "".join(f"{key} = {value}\n" for key, value in changes.items() if not key.startswith("USEABLE"))
    useable = "".join(f"{key} = {value}\n" for key, value in changes.items() if key.startswith("USEABLE"))
    return (
        "CCSDS_OCM_VERS = 3.0\nCREATION_DATE = 2021-02-28T12:00:00\nORIGINATOR = TEST\nMETA_START\n"
        "OBJECT_NAME = ORBITER\nINTERNATIONAL_DESIGNATOR = 2005-029A\nTIME_SYSTEM = UTC\n"
        f"EPOCH_TZERO = 2021-03-01T00:00:00\n{times}META_STOP\n"
        "TRAJ_START\nCENTER_NAME = MARS\nTRAJ_REF_FRAME = ICRF\nTRAJ_TYPE = CARTPV\n"
        f"{useable}{chr(10).join(LINES)}\nTRAJ_STOP\n"
    )


@pytest.mark.parametrize("notation", [_kvn, _xml, _ocm])
@pytest.mark.parametrize(
    ("changes", "key", "missing"),
    [
        ({"STOP_TIME": "2021-03-08T00:29:00.000"}, "STOP_TIME", "7.0 days after the last state"),
        ({"STOP_TIME": "2021-03-01T00:32:00.000"}, "STOP_TIME", "3.0 min after the last state"),
        ({"START_TIME": "2021-02-28T12:00:00.000"}, "START_TIME", "12.0 h before the first state"),
    ],
)
def test_a_stated_end_beyond_the_states_is_named(
    notation: Callable[..., str], changes: dict[str, str], key: str, missing: str
) -> None:
    """Keyword, value, line, last state and what is missing are told."""
    text = notation(**changes)
    found = _judged(text)
    line = next(number for number, row in enumerate(text.splitlines(), start=1) if key in row)

    assert found is not None
    assert found.grade is Grade.FAIL
    assert missing in said(found.fact)
    assert f"{key} {changes[key]} (line {line})" in said(found.fact)
    assert (LAST if "STOP" in key else "2021-03-01T00:00:00.000") in said(found.fact)
    assert "data are missing" in said(found.fact)


@pytest.mark.parametrize("notation", [_kvn, _xml, _ocm])
def test_an_end_near_the_states_is_rounding(notation: Callable[..., str]) -> None:
    """Half a spacing beyond the last state nothing is missing."""
    assert _judged(notation(STOP_TIME="2021-03-01T00:29:30", USEABLE_STOP_TIME="2021-03-01T00:29:29")) is None


@pytest.mark.parametrize("notation", [_kvn, _xml, _ocm])
def test_a_useable_end_counts_as_well(notation: Callable[..., str]) -> None:
    """States are missing too where USEABLE_STOP_TIME lies far beyond the last of them."""
    found = _judged(notation(STOP_TIME="2021-03-08T01:00:00", USEABLE_STOP_TIME="2021-03-08T00:29:00"))

    assert found is not None
    assert "1 other limit" in said(found.fact)


def test_each_segment_is_judged() -> None:
    """A cut segment among whole ones is found, whichever it is."""
    later = state_lines(np.arange(30) * 60.0 + 7200.0)
    whole, cut = segment_text(later), segment_text(LINES, STOP_TIME="2021-03-01T01:30:00")
    found = _judged(message_text(cut, whole))

    assert found is not None
    assert "61.0 min after the last state" in said(found.fact)


def test_the_keyword_is_told_in_its_own_time_system() -> None:
    """A date is printed as the file prints it, not turned to UTC."""
    lines = [f"{(START + 60.0 * k).iso(digits=3)} 1 2 3 4 5 6" for k in range(4)]
    text = message_text(segment_text(lines, TIME_SYSTEM="TDB", STOP_TIME="2021-03-02T00:00:00"))
    found = _judged(text)

    assert found is not None
    assert "STOP_TIME 2021-03-02T00:00:00.000" in said(found.fact)


@pytest.mark.parametrize("kept", [0.3, 0.7, 0.99])
def test_a_packed_delivery_that_was_cut_is_refused(kept: float) -> None:
    """A cut gzip file is not half an ephemeris: it is refused by name."""
    packed = gzip.compress(_kvn().encode())
    with pytest.raises(InputError, match=r"compressed file must .*x\.oem\.gz"):
        decompressed(packed[: int(kept * len(packed))], "x.oem.gz")


def test_an_unreadable_limit_of_an_ocm_is_passed_over() -> None:
    """An optional keyword that cannot be read costs nothing: the states are there."""
    assert _judged(_ocm(STOP_TIME="soon")) is None
