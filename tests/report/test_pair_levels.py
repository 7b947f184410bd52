"""Levels of pairs through the months, as the archive's first page shows them."""

from __future__ import annotations

import itertools
import re

import pytest

from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import Level
from nearpass.report import pages, verdicts
from nearpass.report.drawn.spark import HEIGHT, WIDTH
from nearpass.report.pair_levels import PairLevels, pair_levels
from nearpass.report.verdicts import SevereMention
from records import sample_record

NOW = Epoch.parse("2022-03-01T00:00:00")
TENTH_OF_A_PIXEL = 0.1
"""To which bars are drawn."""


def told(name: str, month: tuple[int, int], level: Level, secondary: str = "TGO") -> SevereMention:
    return SevereMention(event_id=name, primary="MRO", secondary=secondary, tca=NOW, month=month, level=level)


def bars(row: PairLevels) -> list[tuple[str, float, float, float]]:
    """Level, place, width and height of each bar, in order of time."""
    paths = re.findall(r'<path class="l-(\w+)" stroke-width="([\d.]+)" d="([^"]+)"', row.spark)
    found = [
        (kind, float(middle) - float(width) / 2.0, float(width), float(height))
        for kind, width, drawn in paths
        for middle, height in re.findall(r"M([\d.]+) [\d.]+v-([\d.]+)", drawn)
    ]
    return sorted(found, key=lambda one: one[1])


def test_a_pair_has_a_bar_in_each_month_of_its_levels() -> None:
    """Each bar stands at its month, tall where the worst level was red, half as tall where it was yellow."""
    mentions = [
        told("A", (2021, 2), Level.YELLOW), told("A", (2021, 3), Level.RED), told("B", (2021, 3), Level.YELLOW),
        told("C", (2022, 1), Level.YELLOW),
    ]  # fmt: skip
    levels = pair_levels(mentions, [(2021, 1), (2021, 3), (2022, 2)])
    (row,) = levels.rows
    found = bars(row)
    assert levels.bar == "month"
    assert [kind for kind, *_ in found] == ["yellow", "red", "yellow"]
    step = found[1][1] - found[0][1]
    assert [x for _, x, _, _ in found] == pytest.approx([step, 2 * step, 12 * step])
    assert found[1][3] == 2.0 * found[0][3] < HEIGHT
    assert 'aria-label="Red in March 2021; yellow in February 2021 and January 2022."' in row.spark
    assert (row.red, row.yellow, row.last, row.last_level) == (1, 2, "January 2022", Level.YELLOW)


def test_thirty_years_fit() -> None:
    """In 360 months a bar is a quarter, by its worst month; the bars lie within the picture, beside each other."""
    months = [(2021 + number // 12, number % 12 + 1) for number in range(360)]
    mentions = [told(f"E{month}", month, Level.RED if month[1] in {1, 6} else Level.YELLOW) for month in months]
    levels = pair_levels(mentions, months)
    (row,) = levels.rows
    found = bars(row)
    assert levels.bar == "quarter"
    assert [kind for kind, *_ in found] == ["red", "red", "yellow", "yellow"] * 30
    assert all(x + width < following for (_, x, width, _), (_, following, *_) in itertools.pairwise(found))
    assert found[-1][1] + found[-1][2] <= WIDTH + TENTH_OF_A_PIXEL
    assert (
        'aria-label="Red in 60 months, the last June 2050; yellow in 300 months, the last December 2050."' in row.spark
    )


def test_a_bar_never_mixes_two_years() -> None:
    """Quarters are those of the calendar, whichever month the archive begins with."""
    months = [(2021 + number // 12, number % 12 + 1) for number in range(2, 200)]
    (row,) = pair_levels([told("A", (2022, 12), Level.RED), told("B", (2023, 1), Level.YELLOW)], months).rows
    assert [kind for kind, *_ in bars(row)] == ["red", "yellow"]


def test_pairs_with_red_approaches_come_first_and_nameless_ones_not_at_all() -> None:
    """The order is by red, then yellow approaches; objects that an edition does not name are in no pair."""
    mentions = [
        told("A", (2021, 3), Level.YELLOW, "ODY"), told("B", (2021, 3), Level.RED, "TGO"),
        told("C", (2021, 3), Level.RED, ""),
    ]  # fmt: skip
    assert [row.secondary for row in pair_levels(mentions, [(2021, 3)]).rows] == ["TGO", "ODY"]


def test_the_archive_shows_them() -> None:
    """The archive's first page has a row for each such pair, which leads to the pair's approaches."""
    record = sample_record()
    severe = [told("A", (2021, 3), Level.RED)]
    live = pages.live_pages(record, [verdicts.summarise(record)], [2021], severe=severe)
    page = live["archive/index.md"]
    assert '<a href="find.html#MRO%20TGO">MRO – TGO</a>' in page
    assert 'class="spark"' in page
