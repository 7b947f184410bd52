"""Levels of pairs through the months, as the archive's first page shows them."""

from __future__ import annotations

import itertools
import re

import pytest

from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import Level
from nearpass.report import pages, verdicts
from nearpass.report.drawn.spark import HEIGHT, WIDTH
from nearpass.report.pair_levels import pair_levels
from nearpass.report.verdicts import SevereMention
from records import sample_record

NOW = Epoch.parse("2022-03-01T00:00:00")
TENTH_OF_A_PIXEL = 0.1
"""To which bars are drawn."""


def told(name: str, month: tuple[int, int], level: Level, secondary: str = "TGO") -> SevereMention:
    return SevereMention(event_id=name, primary="MRO", secondary=secondary, tca=NOW, month=month, level=level)


def test_a_pair_has_a_bar_in_each_month_of_its_levels() -> None:
    """Each bar stands at its month, tall where the worst level was red, half as tall where it was yellow."""
    mentions = [
        told("A", (2021, 2), Level.YELLOW), told("A", (2021, 3), Level.RED), told("B", (2021, 3), Level.YELLOW),
        told("C", (2022, 1), Level.YELLOW),
    ]  # fmt: skip
    (row,) = pair_levels(mentions, [(2021, 1), (2021, 3), (2022, 2)])
    bar = r'<rect class="m-(\w+)" x="([\d.]+)" y="[\d.]+" width="[\d.]+" height="([\d.]+)"'
    bars = [(kind, float(x), float(height)) for kind, x, height in re.findall(bar, row.spark)]
    assert [kind for kind, _, _ in bars] == ["yellow", "red", "yellow"]
    step = bars[1][1] - bars[0][1]
    assert [x for _, x, _ in bars] == pytest.approx([step, 2 * step, 12 * step])
    assert bars[1][2] == 2.0 * bars[0][2] < HEIGHT
    assert 'aria-label="Red in March 2021; yellow in February 2021 and January 2022."' in row.spark
    assert (row.red, row.yellow, row.last, row.last_level) == (1, 2, "January 2022", Level.YELLOW)


def test_thirty_years_fit() -> None:
    """The bars of 360 months lie within the picture, beside each other."""
    months = [(2021 + number // 12, number % 12 + 1) for number in range(360)]
    (row,) = pair_levels([told(f"E{month}", month, Level.RED) for month in months], months)
    bars = [(float(x), float(width)) for x, width in re.findall(r'x="([\d.]+)" y=.*? width="([\d.]+)"', row.spark)]
    assert len(bars) == 360
    assert all(left < right for (left, _), (right, _) in itertools.pairwise(bars))
    assert bars[-1][0] + bars[-1][1] <= WIDTH + TENTH_OF_A_PIXEL


def test_pairs_with_red_approaches_come_first_and_nameless_ones_not_at_all() -> None:
    """The order is by red, then yellow approaches; objects that an edition does not name are in no pair."""
    mentions = [
        told("A", (2021, 3), Level.YELLOW, "ODY"), told("B", (2021, 3), Level.RED, "TGO"),
        told("C", (2021, 3), Level.RED, ""),
    ]  # fmt: skip
    assert [row.secondary for row in pair_levels(mentions, [(2021, 3)])] == ["TGO", "ODY"]


def test_the_archive_shows_them() -> None:
    """The archive's first page has a row for each such pair, which leads to the pair's approaches."""
    record = sample_record()
    severe = [told("A", (2021, 3), Level.RED)]
    live = pages.live_pages(record, [verdicts.summarise(record)], [2021], severe=severe)
    page = live["archive/index.md"]
    assert '<a href="find.html#MRO%20TGO">MRO – TGO</a>' in page
    assert 'class="spark"' in page
