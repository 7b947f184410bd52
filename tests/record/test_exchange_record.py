"""In which state an exchange is, and what its dossier lacks, as of an instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from exchange_records import day, exchange, handed
from nearpass.astro.epochs import Epoch
from nearpass.record.exchange_record import CertificationRecord, ExchangeRecord, standing
from nearpass.report.wording import exchanging

NONE_FILED = CertificationRecord(
    days_before=30.0, filed=None, reference=None, submitted_to=None, statement=None, sha256=None
)


def lacks(found: ExchangeRecord, at: str) -> tuple[str, ...]:
    """What is said to be missing on a day."""
    now = Epoch.parse(at)
    return exchanging.lacks(standing(found, now), found, now)


def test_a_whole_dossier_is_open_from_its_opening_to_its_closing() -> None:
    """Before it is being prepared, afterwards closed; the bounds belong to what begins there."""
    found = exchange(closed=day("2021-04-30"), outcome="no approach below 3 km")
    states = {at: standing(found, Epoch.parse(at)).state for at in ("2021-03-04T23:59:59", "2021-03-05", "2021-04-30")}

    assert states == {"2021-03-04T23:59:59": "preparing", "2021-03-05": "open", "2021-04-30": "closed"}
    assert lacks(found, "2021-05-01") == ()


def test_a_certification_that_is_due_counts_the_days_that_are_left() -> None:
    """Due 30 days before the first release on 5 March: on 22 January, calendar arithmetic gives 3 February, 12 days."""
    found = exchange(certification=NONE_FILED)
    due = date(2021, 3, 5) - timedelta(days=30)

    assert (due, due - date(2021, 1, 22)) == (date(2021, 2, 3), timedelta(days=12))
    assert lacks(found, "2021-01-22")[0] == (
        "The certification is due 30 days before the first release, on 3 February 2021: 12 d left; "
        "its date, its reference and the hash of its statement are missing."
    )
    assert lacks(found, "2021-02-06T06:00:00")[0].startswith(
        "Overdue: the certification was due on 3 February 2021, 30 days before the first release, 3 d 6 h ago;"
    )


def test_an_exchange_waits_for_its_days_after_the_certification() -> None:
    """Filed on 10 February, it may release from 12 March on, although it says that it is open from 5 March."""
    late = exchange(certification=replace(NONE_FILED, filed=day("2021-02-10"), reference="a letter", sha256="ab" * 32))

    assert standing(late, day("2021-03-08")).state == "preparing"
    assert lacks(late, "2021-03-08") == (
        "Nothing may be released before 12 March 2021, 30 days after the certification: 4 d left.",
    )
    assert standing(late, day("2021-03-12")).state == "open"


def test_a_release_that_came_too_early_is_told_for_good() -> None:
    """The register tells when the first went out; filed on 1 February, it was early on 2 March and not on 3 March."""
    early, right = (exchange(handed=(handed(("READERS",), day(at)),)) for at in ("2021-03-02", "2021-03-03"))

    assert lacks(early, "2021-06-01") == (
        "The first release, on 2 March 2021, came less than 30 days after the certification.",
    )
    assert lacks(right, "2021-06-01") == ()


@pytest.mark.parametrize(
    ("change", "said", "state"),
    [
        ({"law": None}, "The ground is missing: the law or the agreement that allows the exchange.", "preparing"),
        ({"agenda": ()}, "The agenda is missing.", "open"),
        ({"channel": None}, "The channel is missing: how things are handed over.", "open"),
        ({"participants": ()}, "No participant of NASA and READERS is named.", "open"),
        ({"opened": None}, "The day of opening is missing.", "preparing"),
        ({"closed": day("2021-03-09")}, "The outcome is missing.", "closed"),
    ],
)
def test_each_part_that_is_missing_is_named(change: dict[str, Any], said: str, state: str) -> None:
    """One sentence each, and nothing else; without a ground it is not open, whatever it says."""
    found = exchange(**change)

    assert lacks(found, "2021-03-10") == (said,)
    assert standing(found, day("2021-03-10")).state == state


def test_a_dossier_without_certification_needs_none() -> None:
    """Where no certification is asked for, the exchange is open as soon as it is opened."""
    assert standing(exchange(certification=None), day("2021-03-05")).state == "open"
