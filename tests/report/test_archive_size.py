"""Pages of the archive after 10,000 daily cycles, of a fleet of which something is always red: what they weigh."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import combinations

import pytest

from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import Level
from nearpass.record.cycle_id import CycleId
from nearpass.record.year import Act, Punctuality, Year, YearEvent
from nearpass.report import archive_pages
from nearpass.report.verdicts import CycleSummary, MonthEvent, SevereMention
from nearpass.report.year_views import year_view
from records import sample_record

MOST_BYTES = 200_000
FRAME_BYTES = 10_000
"""What the theme puts round a page, rounded up."""
FIRST, CYCLES = datetime(2021, 2, 11, tzinfo=UTC), 10_000
OBJECTS = [f"SPACECRAFT-{number:02d}" for number in range(1, 21)]
PAIRS = list(combinations(OBJECTS, 2))
LAST = FIRST + timedelta(days=CYCLES - 1)
YEAR = LAST.year - 1
A_MONTH = 400
"""Approaches that a month's cycles tell of, ten times the sample's."""


@cache
def months() -> tuple[tuple[int, int], ...]:
    days = (FIRST + timedelta(days=number) for number in range(CYCLES))
    return tuple(sorted({(day.year, day.month) for day in days}))


def at(year: int, month: int, number: int) -> Epoch:
    return Epoch.parse(f"{year:04d}-{month:02d}-{number % 28 + 1:02d}T{number % 24:02d}:{number % 60:02d}:33")


def summary(day: datetime) -> CycleSummary:
    cycle_id = CycleId.of(Epoch.parse(f"{day:%Y-%m-%d}T00:00:00"))
    return CycleSummary(
        cycle_id=cycle_id, cutoff=CycleId(cycle_id).cutoff, red=1, yellow=12, green=160, pairs_screened=len(PAIRS),
        refused=1, verdict="1 approach needs a decision by Thu 18 March 2048 20:10 UTC. The orbits of 2 pairs cross: "
        "SPACECRAFT-01 – SPACECRAFT-12 (red) and SPACECRAFT-07 – SPACECRAFT-19 (yellow).",
    )  # fmt: skip


@cache
def found() -> dict[str, str]:
    """All pages of the archive that a new cycle of the last full year writes, and the finder's."""
    record = sample_record()
    cycles = [summary(datetime(YEAR, 1, 1, tzinfo=UTC) + timedelta(days=number)) for number in range(365)]
    approaches = [
        MonthEvent(
            event_id=f"{one}-{other}-{YEAR}0315T{number:04d}", primary=one, secondary=other, tca=at(YEAR, 3, number),
            until=at(YEAR, 3, number), miss_km=number / 7, miss_high_km=number / 7, level=level, cycles=28,
            last_cycle_id=cycles[80].cycle_id,
        )
        for number in range(A_MONTH)
        for one, other in [PAIRS[number % len(PAIRS)]]
        for level in ["red" if number < 20 else "yellow" if number < 100 else "green"]
    ]  # fmt: skip
    severe = [
        SevereMention(
            event_id=f"{one}-{other}-{month}", primary=one, secondary=other, tca=at(*month, number), month=month,
            level=Level.RED if number % 3 else Level.YELLOW,
        )
        for month in months()
        for number, (one, other) in enumerate(PAIRS)
    ]  # fmt: skip
    told = Year(
        year=YEAR, cycles=365, newest=record.window.start,
        events=tuple(
            YearEvent(
                event_id=each.event_id, primary=each.primary, secondary=each.secondary, tca=each.tca, until=each.until,
                worst=Level.RED, first_red=cycles[40].cycle_id, last_cycle_id=each.last_cycle_id, last_level=Level.RED,
                listed=True,
            )
            for each in approaches
        ),
        acts=tuple(
            Act(event_id=each.event_id, kind="claim", party="An agency", at=each.tca, burn=None) for each in approaches
        ),
        punctuality=tuple(
            Punctuality(originator=name, delivered=300, refused=4, uses=365, late_uses=20, oldest_s=864000.0)
            for name in OBJECTS
        ),
    )  # fmt: skip
    pages = archive_pages.archive_pages(
        record, cycles, sorted({year for year, _ in months()}), [(YEAR, 3)], {(YEAR, 3): approaches},
        stories={YEAR: year_view(told, record)}, severe=severe, all_months=months(),
    )  # fmt: skip
    return pages | {"archive/find.md": archive_pages.finder_page(record, months())}


@pytest.mark.parametrize(
    "page", ["archive/index.md", "archive/find.md", f"archive/{YEAR}/index.md", f"archive/{YEAR}/03.md"]
)
def test_a_page_of_an_old_archive_stays_light(page: str) -> None:
    """Each of them weighs less than 200 kB with all that the theme puts round it."""
    assert 10_000 < len(found()[page].encode()) + FRAME_BYTES < MOST_BYTES


def test_what_a_page_leaves_out_is_said_and_where_it_is() -> None:
    """A month says how many of its approaches it shows and that the finder has all, a year that its CSV holds them."""
    month, year, index = (found()[f"archive/{name}.md"] for name in (f"{YEAR}/03", f"{YEAR}/index", "index"))
    assert f"Only 100 of {A_MONTH} approaches are shown here; the finder has all." in month
    assert f"Only 100 of {A_MONTH} approaches are shown here; the CSV file holds all." in year
    assert found()[f"archive/{YEAR}/approaches.csv"].count("\n") == A_MONTH + 1
    assert "80 pairs with the most red ones; 110 more had red or yellow approaches." in index
