"""Crossings on pages: grouped by pair and branch, few on the front page, never a time that is not known."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import Level
from nearpass.reasons.levels import OrbitsClear
from nearpass.record.record import CrossingRecord, CycleRecord, PairRecord, SeasonRecord, Span
from nearpass.report import crossing_views, verdicts
from nearpass.report.catalogue import Catalogue, Links
from records import quiet_record, sample_record

LINKS = Links(root="", cycle="")
NOON = Epoch.parse("2021-03-21T12:00:00")
DAY_S = 86_400.0


def _crossing(**changes: Any) -> CrossingRecord:
    known = CrossingRecord(
        primary="MRO", secondary="ODY", passage_primary=NOON, passage_secondary=NOON + 38.0, oxd_km=0.121, oxt_s=38.0,
        surface_km=None, timing_sigma_s=4.0, straight_line_cad_km=math.hypot(0.121, 2.4 * 38.0),
        primary_radius_km=3690.0, primary_latitude_deg=71.0,
        secondary_radius_km=3690.1, secondary_latitude_deg=71.0, branch=0,
        level=Level.GREEN, reason=(OrbitsClear(value_km=0.121, to_surface=False),), approximate=(),
    )  # fmt: skip
    return replace(known, **changes)


def _record(*crossings: CrossingRecord) -> CycleRecord:
    return replace(quiet_record(), crossings=crossings)


def _daily(level: Level, days: int, **changes: Any) -> list[CrossingRecord]:
    return [
        _crossing(
            passage_primary=NOON + day * DAY_S, passage_secondary=NOON + day * DAY_S + 38.0, level=level, **changes
        )
        for day in range(days)
    ]  # fmt: skip


def test_groups_hold_every_crossing_once() -> None:
    """Groups by pair and branch hold each crossing of the record exactly once, the most severe group first."""
    found = sample_record().crossings
    groups = crossing_views.grouped(found)
    assert sorted(map(id, (item for group in groups for item in group.crossings))) == sorted(map(id, found))
    assert {(group.primary, group.secondary, group.branch) for group in groups} == {
        (item.primary, item.secondary, item.branch) for item in found
    }
    severity = [["red", "yellow", "green"].index(group.level) for group in groups]
    assert severity == sorted(severity)


def test_statement_of_a_known_pair() -> None:
    """A branch is told by its least distance, the days of its level, and the least timing, each with its unit."""
    near = _crossing(passage_primary=NOON + DAY_S, oxd_km=0.05, level=Level.RED, oxt_s=-90.0, timing_sigma_s=30.0,
                     straight_line_cad_km=216.0)  # fmt: skip
    [group] = crossing_views.grouped([*_daily(Level.RED, 3, oxd_km=0.4), near, *_daily(Level.GREEN, 9)])
    text = crossing_views.statement(group, Catalogue(_record()))
    assert text == (
        "The orbits pass 50\u00a0m from each other at 71° N on 22 March 2021; "
        "red from 21 to 23 March 2021, in 4 revolutions. "
        "The two pass there at least 38.0 s apart (9.5 timing sigmas; 91.200\u00a0km for straight motion) "
        "on 21 March 2021."
    )


def test_statement_of_a_silent_pair() -> None:
    """Where a position along an orbit is unknown, the branch is told without any timing, and the reason is given."""
    record = sample_record()
    group = next(group for group in crossing_views.grouped(record.crossings) if group.primary == "MGS")
    text = crossing_views.statement(group, Catalogue(record))
    assert "No TCA can be given: the position of" in text
    assert "along the orbit is unknown." in text
    assert "apart" not in text


def test_crossing_without_any_date() -> None:
    """Two silent objects have neither passage, and still a card and rows without a date."""
    silent = _crossing(passage_primary=None, passage_secondary=None, oxt_s=None, timing_sigma_s=None,
                       straight_line_cad_km=None, level=Level.RED)  # fmt: skip
    catalogue = Catalogue(_record(silent))
    [card], more = crossing_views.cards(catalogue, LINKS)
    assert card.when == "Red in 1 revolution."
    assert more is None
    table = crossing_views.groups_table(crossing_views.grouped([silent]), catalogue, LINKS, caption="")
    assert [cell.text for cell in table.rows[0].cells][3:5] == ["–", "–"]


def test_few_cards() -> None:
    """Of many pairs with crossing alerts only three have a card, the most severe and nearest; the rest is counted."""
    pairs = sample_record().pairs[:8]
    crossings = [
        _crossing(primary=pair.primary, secondary=pair.secondary, oxd_km=9.0 - index, level=Level.YELLOW, branch=branch)
        for index, pair in enumerate(pairs)
        for branch in (0, 1)
    ]
    crossings[0] = replace(crossings[0], level=Level.RED)
    cards, more = crossing_views.cards(Catalogue(_record(*crossings)), LINKS)
    assert len(cards) == 3
    assert [card.level for card in cards] == [Level.RED, Level.YELLOW, Level.YELLOW]
    assert cards[1].oxd == "2.000\u00a0km"
    assert more == "5 more pairs of crossing orbits in the table below."


def test_green_crossings_have_no_card() -> None:
    """A crossing without an alert has no card and does not enter the verdict."""
    record = _record(*_daily(Level.GREEN, 5))
    assert crossing_views.cards(Catalogue(record), LINKS) == ((), None)
    assert verdicts.verdict(record).state == "clear"
    assert not any("cross" in line for line in verdicts.verdict(record).details)


def test_crossings_have_a_clause_of_their_own() -> None:
    """A red crossing needs no decision by itself: the headline stays calm and a clause names the pair."""
    record = _record(*_daily(Level.RED, 2))
    verdict = verdicts.verdict(record)
    assert verdict.headline == "Nothing needs a decision in the time that is covered."
    assert verdict.state == "yellow"
    assert "The orbits of 1 pair cross: MRO – ODY (red)." in verdict.details
    assert verdicts.summarise(record).verdict.endswith("The orbits of 1 pair cross: MRO – ODY (red).")


def test_many_crossing_pairs_are_counted() -> None:
    """Of more than three pairs the clause gives the numbers by level."""
    levels = [Level.RED, *[Level.YELLOW] * 4]
    crossings = [
        _crossing(primary=pair.primary, secondary=pair.secondary, level=level)
        for pair, level in zip(sample_record().pairs, levels, strict=False)
    ]
    assert "The orbits of 5 pairs cross: 1 red and 4 yellow." in verdicts.verdict(_record(*crossings)).details


def _season(*below: tuple[str, str]) -> SeasonRecord:
    spans = tuple(Span(start=Epoch.parse(start), stop=Epoch.parse(stop)) for start, stop in below)
    return SeasonRecord(
        primary="MRO", secondary="ODY", threshold_km=10.0, days=(0.0, 90.0, 180.0), oxd_km=(40.0, 12.5, 60.0),
        below=spans,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("season", "text"),
    [
        (
            _season(("2021-05-03", "2021-06-20"), ("2021-12-20", "2022-01-04")),
            (
                "By secular drift the orbits come within 10 km from 3 May to 20 June 2021 and "
                "from 20 December 2021 to 4 January 2022. The forecast ends on 11 September 2021."
            ),
        ),
        (
            _season(),
            (
                "By secular drift the orbits do not come within 10 km before 11 September 2021; "
                "the least is 12.500\u00a0km on 13 June 2021."
            ),
        ),
    ],
)  # fmt: skip
def test_season_in_words(season: SeasonRecord, text: str) -> None:
    """The forecast says when the orbits come within the threshold, or that they do not, and how far it reaches."""
    assert crossing_views.season_statement(season, sample_record()) == text


def _event_with(*crossings: CrossingRecord) -> crossing_views.EventCrossings:
    base = sample_record()
    event = replace(base.events[0], primary="MRO", secondary="ODY", tca=NOON + 20.0, miss_km=91.0)
    return crossing_views.event_crossings(event, Catalogue(replace(base, crossings=crossings)), LINKS)


def test_event_at_a_crossing() -> None:
    """An approach at a crossing has its OXD and OXT, the timing error that makes it a hit, and both distances."""
    told = _event_with(*_daily(Level.GREEN, 5))
    assert told.sentences == (
        "Yes: near TCA the orbits pass 0.121\u00a0km from each other (OXD), the two objects there 38.0 s apart (OXT).",
        (
            "If Mars Odyssey were 38.0 s earlier (9.5 timing sigmas), both would be there at once, "
            "0.121\u00a0km from each other."
        ),
        "For straight motion OXD and OXT give a distance of 91.200\u00a0km; the real one is 91.000\u00a0km.",
    )
    assert told.table is not None
    assert len(told.table.rows) == crossing_views.NEAR_ROWS


def test_event_away_from_a_crossing() -> None:
    """An approach far in time from every crossing is not explained by one."""
    told = _event_with(_crossing(passage_primary=NOON + DAY_S, passage_secondary=NOON + DAY_S + 38.0))
    assert told.sentences == ("Not here: the nearest crossing of the two orbits below 15 km is 1 d from TCA.",)


def test_event_takes_the_crossing_that_both_pass_then() -> None:
    """Of crossings that one of the two passes at TCA, the one that the other passes then too explains the approach."""
    hours_apart = _crossing(passage_primary=NOON + -7200.0, oxt_s=7238.0)
    told = _event_with(hours_apart, _crossing())
    assert told.sentences[0].endswith("the two objects there 38.0 s apart (OXT).")


def test_event_without_crossings() -> None:
    """Where no crossing of the pair is listed, the page says below which distance."""
    told = _event_with()
    assert told.sentences == ("No crossing of the two orbits below 15 km is listed in the window.",)
    assert told.table is None


def test_revolutions_are_limited() -> None:
    """A pair with hundreds of crossings shows the most severe and nearest, by time, and says that it is cut."""
    pair = next(p for p in sample_record().pairs if (p.primary, p.secondary) == ("MRO", "ODY"))
    assert isinstance(pair, PairRecord)
    found = crossing_views.of_pair(Catalogue(sample_record()), pair)
    table = crossing_views.revolutions_table(found, LINKS, caption="")
    assert len(found) > crossing_views.REVOLUTION_ROWS == len(table.rows)
    assert table.cut is not None
    assert f"of {len(found)} revolutions" in table.cut
    times = [row.cells[2].sort or "" for row in table.rows]
    assert times == sorted(times)
    assert {row.cells[1].level for row in table.rows} == {Level.RED}
