"""The id of a cycle and what it is made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearpass.astro.epochs import Epoch
from nearpass.errors import ArchiveError
from nearpass.record.cycle_id import CycleId

FIRST = datetime(1973, 1, 1, tzinfo=UTC)
MINUTES = st.integers(0, 60_000_000).map(lambda minutes: FIRST + timedelta(minutes=minutes))


@given(MINUTES)
def test_an_id_holds_the_parts_of_its_cut_off(at: datetime) -> None:
    """Year, month, day and time are those that the calendar of the standard library gives for the cut-off."""
    found = CycleId.of(Epoch.parse(at.strftime("%Y-%m-%dT%H:%M:00")))

    assert found == at.strftime("%Y-%m-%dT%H%MZ")
    assert (found.year, found.month, found.day) == (at.year, at.month, at.day)
    assert (found.month_text, found.time_text) == (at.strftime("%Y-%m"), at.strftime("%H:%M"))
    assert found.minute_of_day == (at - at.replace(hour=0, minute=0)) // timedelta(minutes=1)
    assert found.folder == at.strftime("cycles/%Y/%m/%d/T%H%MZ")
    assert found.cutoff == Epoch.parse(at.strftime("%Y-%m-%dT%H:%M:00"))


@pytest.mark.parametrize("text", ["", "2021-03-17", "2021-03-17T00:00Z", "2021-03-17T0000", "x2021-03-17T0000Z"])
def test_another_text_is_no_id(text: str) -> None:
    """What is not of the form is refused with its value."""
    with pytest.raises(ArchiveError, match="YYYY-MM-DDThhmmZ"):
        CycleId(text)
