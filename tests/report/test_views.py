"""Views: the verdict in words, what has a page of its own, and what is never claimed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import Level
from nearpass.reasons.general import Prose
from nearpass.record.record import CycleRecord, EventRecord
from nearpass.report import change_views, cycle_views, event_tables, event_views, silence, verdicts, views, wording
from nearpass.report.catalogue import Catalogue, Links, detailed_events, nearness_km
from nearpass.report.wording import said
from records import level_events, quiet_record, sample_record

LINKS = Links(root="", cycle="")

SAME = Prose(text="same")


def _with_events(*events: EventRecord) -> CycleRecord:
    return replace(sample_record(), events=tuple(sorted(events, key=lambda event: event.tca)))


def _event(level: Level, deadline: str | None, **changes: Any) -> EventRecord:
    first = sample_record().events[0]
    at = Epoch.parse(deadline) if deadline else None
    return replace(first, level=level, deadline=at, **changes)


def test_the_matrix_tells_what_the_approaches_tell() -> None:
    """A cell has the distance that decides: of a moon to its surface, as its nearest approach has it."""
    record = sample_record()
    table = cycle_views.matrix(Catalogue(record), LINKS)
    assert table is not None
    labels = [cell.label for _, _, cells in table.rows for cell in cells]
    told = 0
    for pair in record.pairs:
        mine = [event for event in record.events if {event.primary, event.secondary} == {pair.primary, pair.secondary}]
        if pair.nearest is None or not mine:
            continue
        nearest = min(mine, key=lambda event: event.miss_km)
        (label,) = (text for text in labels if text.startswith(f"{pair.primary} – {pair.secondary}: "))
        if abs(nearest.miss_km - pair.nearest.miss_km) < 1e-3 and nearest.surface_km is not None:
            assert f"nearest {wording.distance(nearest.surface_km)} to the surface at" in label
            told += 1
        elif nearest.surface_km is None:
            assert "surface" not in label
    assert told > 0


def test_verdict_without_red_or_yellow() -> None:
    """With nothing red or yellow the verdict says in words that nothing needs a decision, and below which distance."""
    verdict = verdicts.verdict(quiet_record())
    assert verdict.state == "clear"
    assert verdict.headline == "Nothing needs a decision in the time that is covered."
    assert "No approach comes below 0.5 km in the time that is covered." in verdict.details


def test_verdict_of_one_red() -> None:
    """One red approach needs a decision by its deadline."""
    verdict = verdicts.verdict(_with_events(_event(Level.RED, "2021-03-18T09:00:00")))
    assert verdict.headline == "1 approach needs a decision by Thu 18 March 2021 09:00 UTC."
    assert verdict.state == "red"


def test_verdict_of_several_red() -> None:
    """Of several red approaches the verdict names the first deadline."""
    events = [_event(Level.RED, day) for day in ("2021-03-19T09:00:00", "2021-03-18T09:00:00")]
    verdict = verdicts.verdict(_with_events(*events))
    assert verdict.headline == "2 approaches need a decision, the first by Thu 18 March 2021 09:00 UTC."


def test_verdict_of_a_missed_deadline() -> None:
    """A deadline before the data cut-off is said to have passed."""
    verdict = verdicts.verdict(_with_events(_event(Level.RED, "2021-03-14T09:00:00")))
    assert verdict.headline == "1 approach needs a decision; its deadline has passed: Sun 14 March 2021 09:00 UTC."


def test_verdict_without_deadline() -> None:
    """A red approach without any lead time has no deadline, and the verdict says so."""
    verdict = verdicts.verdict(_with_events(_event(Level.RED, None)))
    assert verdict.headline == "1 approach needs a decision; no deadline is known, because no lead time is."


@pytest.mark.parametrize(("number", "text"), [(1, "1 approach to watch."), (3, "3 approaches to watch.")])
def test_verdict_of_yellow(number: int, text: str) -> None:
    """Yellow approaches are to watch, and nothing needs a decision."""
    verdict = verdicts.verdict(_with_events(*[_event(Level.YELLOW, None)] * number))
    assert verdict.state == "yellow"
    assert verdict.headline == "Nothing needs a decision in the time that is covered."
    assert text in verdict.details


def test_nothing_screened_is_not_all_clear() -> None:
    """Where no pair was screened, the verdict does not say that nothing needs a decision."""
    record = sample_record()
    pairs = tuple(replace(pair, unscreened=(SAME,), covered_s=0.0, nearest=None, event_ids=()) for pair in record.pairs)
    verdict = verdicts.verdict(replace(record, pairs=pairs, events=()))
    assert verdict.state == "unknown"
    assert verdict.headline.startswith("Nothing could be screened")
    assert "needs a decision" not in verdict.headline


def test_summary_counts_agree_with_the_record() -> None:
    """The archive's row counts the events by level, the screened pairs and the refused inputs."""
    record = sample_record()
    summary = verdicts.summarise(record)
    assert summary.red == len(level_events(Level.RED))
    assert summary.yellow == len(level_events(Level.YELLOW))
    assert summary.red + summary.yellow + summary.green == len(record.events)
    assert summary.pairs_screened == sum(pair.unscreened is None for pair in record.pairs)
    assert summary.refused == 1
    assert summary.worst == "red"


def test_summary_survives_json() -> None:
    """A row of the archive is the same after a way through JSON."""
    adapter = TypeAdapter(verdicts.CycleSummary)
    summary = verdicts.summarise(sample_record())
    assert adapter.validate_json(adapter.dump_json(summary)) == summary


def test_detailed_events() -> None:
    """All red and yellow events have a page, and as many of the nearest green ones as the record says."""
    record = replace(sample_record(), detail_events=3)
    detailed = detailed_events(record)
    green = [event for event in detailed if event.level is Level.GREEN]
    left_out = {event.event_id for event in record.events} - {event.event_id for event in detailed}
    assert [e for e in detailed if e.level is not Level.GREEN] == [
        e for e in record.events if e.level is not Level.GREEN
    ]  # fmt: skip
    assert len(green) == 3
    farthest = max(nearness_km(event) for event in green)
    assert all(nearness_km(e) >= farthest for e in record.events if e.event_id in left_out)


def _with_unknown_phase(object_id: str) -> CycleRecord:
    """A record that claims approaches of an object although its phase is unknown."""
    record = sample_record()
    objects = tuple(replace(item, phase="unknown") if item.id == object_id else item for item in record.objects)
    return replace(record, objects=objects)


def test_phase_unknown_takes_events_and_bounds_away() -> None:
    """Events and bounds of an object whose phase is unknown are dropped, even if the record holds them."""
    record = silence.meaningful(_with_unknown_phase("TIANWEN-1"))
    assert any("TIANWEN-1" in (event.primary, event.secondary) for event in sample_record().events)
    assert not any("TIANWEN-1" in (event.primary, event.secondary) for event in record.events)
    for pair in record.pairs:
        if "TIANWEN-1" in (pair.primary, pair.secondary):
            assert pair.nearest is None
            assert pair.proven_no_closer_than_km is None
            assert pair.unscreened is not None
            assert "only crossings of the orbits are meaningful" in said(pair.unscreened)


def test_card_of_a_natural_body_gives_both_distances() -> None:
    """The card of an approach to a moon leads with the distance to its surface and names that between the centres."""
    record = sample_record()
    event = next(event for event in record.events if event.surface_km is not None)
    card = event_views.event_card(event, Catalogue(record), LINKS)
    assert card.miss == f"{event.surface_km:.3f}\u00a0km"
    assert f"{event.miss_km:.3f}\u00a0km between the centres" in card.miss_of


def test_cards_beyond_what_is_read_are_counted() -> None:
    """Of thirty red and two yellow approaches the 24 most urgent have cards, and a sentence counts the others."""
    red = [
        _event(Level.RED, f"2021-03-17T{hour:02d}:{minute}:00", event_id=f"R-{hour}-{minute}")
        for hour in range(15)
        for minute in ("00", "30")
    ]
    yellow = [_event(Level.YELLOW, None, event_id=f"Y-{number}") for number in range(2)]
    cards, more = cycle_views.cards(Catalogue(_with_events(*yellow, *red)), LINKS)
    assert [card.level for card in cards] == ["red"] * 24
    assert more == "6 more need a decision and 2 more approaches to watch, in the table below."
    assert cycle_views.cards(Catalogue(_with_events(*yellow)), LINKS)[1] is None


def test_card_names_who_gave_no_covariance() -> None:
    """Where the sigma is absent, the card says whose covariance is missing."""
    record = sample_record()
    event = next(event for event in record.events if event.miss_sigma_km is None)
    assert event_views.event_card(event, Catalogue(record), LINKS).sigma == "unknown, no covariance for MAVEN"


def test_change_in_sigmas_uses_the_earlier_sigma() -> None:
    """The change of the miss distance is divided by the sigma that the earlier cycle gave."""
    record = sample_record()
    event = next(event for event in record.events if event.history and event.history[-1].miss_sigma_km)
    last = replace(event.history[-1], miss_km=event.miss_km + 3.0, miss_sigma_km=2.0)
    text = event_views.change_text(replace(event, history=(last,)), Catalogue(record))
    assert text.startswith(
        f"miss {event.miss_km + 3.0:.3f}\u00a0km → {event.miss_km:.3f}\u00a0km since the previous cycle (1.5 σ)"
    )


def test_a_miss_that_did_not_change_is_not_told_twice() -> None:
    """Two equal distances are told as unchanged, without a move of 0.0 sigma."""
    record = sample_record()
    event = next(event for event in record.events if event.history)
    same = replace(event.history[-1], cycle_id=record.previous_cycle_id, miss_km=event.miss_km, level=event.level)
    words = event_views.change_text(replace(event, history=(same,)), Catalogue(record))
    assert words == "miss unchanged since the previous cycle"


def test_boundary_is_said() -> None:
    """An event at an end of coverage carries its warning on the card, in the summary and below the table."""
    event = replace(sample_record().events[0], at_boundary=True)
    record = _with_events(event)
    catalogue = Catalogue(record)
    assert event_views.event_card(event, catalogue, LINKS).boundary is not None
    assert "end of coverage" in event_views.summary(event, catalogue)
    assert "end of coverage" in (event_tables.events_table([event], catalogue, LINKS, caption="").note or "")


def test_tables_are_cut_at_the_limit() -> None:
    """A table of more than a thousand events shows the most severe thousand and says that it is cut."""
    red = level_events(Level.RED)[0]
    green = level_events(Level.GREEN)[0]
    events = [replace(green, event_id=f"G{index}") for index in range(views.ROW_LIMIT)] + [red]
    table = event_tables.events_table(events, Catalogue(sample_record()), LINKS, caption="", with_anchors=True)
    assert len(table.rows) == views.ROW_LIMIT
    assert red.event_id in {row.anchor for row in table.rows}
    assert table.cut is not None
    assert "1\u202f001 approaches" in table.cut


def test_events_stand_worst_first() -> None:
    """Red before yellow before green, each by the distance that its level rests on; one from a moon to its surface."""
    record = sample_record()
    table = event_tables.events_table(record.events, Catalogue(record), LINKS, caption="", with_anchors=True)
    events = {event.event_id: event for event in record.events}
    order = [events[row.anchor or ""] for row in table.rows]
    severity = {Level.RED: 0, Level.YELLOW: 1, Level.GREEN: 2}

    assert len(order) == len(events)
    assert order == sorted(order, key=lambda event: (severity[event.level], nearness_km(event)))
    assert [row.cells[2].text for row in table.rows] == [f"{nearness_km(event):.3f}" for event in order]
    moon = next(row for row in table.rows if events[row.anchor or ""].surface_km is not None)
    assert moon.cells[0].text.endswith("(surface)")


def test_events_say_how_far_from_a_hit() -> None:
    """The column is the Mahalanobis distance of the miss in the B-plane, a dash without a covariance."""
    record = sample_record()
    table = event_tables.events_table(record.events, Catalogue(record), LINKS, caption="", with_anchors=True)
    column = next(index for index, head in enumerate(table.heads) if head.title == "From a hit")
    shown = {row.anchor: row.cells[column].sort for row in table.rows}
    for event in record.events:
        plane = event.b_plane
        if plane is None or plane.covariance_km2 is None:
            assert shown[event.event_id] == ""
            continue
        miss = np.array([plane.miss_xi_km, plane.miss_zeta_km])
        expected = float(np.sqrt(miss @ np.linalg.solve(np.array(plane.covariance_km2), miss)))
        assert float(shown[event.event_id] or "nan") == pytest.approx(expected, rel=1e-6)  # nine digits


def test_green_changes_of_one_pair_are_one_entry() -> None:
    """A dozen new green events of one pair with one reason make one entry that counts them; a red one stays alone."""
    record = sample_record()
    new = next(change for change in record.changes if change.kind == "new")
    quiet = [
        replace(new, event_id=f"E{index}", level=Level.GREEN, previous_level=None, miss_km=40.0 - index, reason=SAME)
        for index in range(12)
    ]  # fmt: skip
    loud = replace(new, event_id="E-RED", level=Level.RED, previous_level=None, reason=SAME)
    grouped = change_views.grouped_changes(Catalogue(replace(record, changes=(loud, *quiet))), LINKS)
    assert [view.number for view in grouped] == [1, 12]
    assert grouped[1].miss == "from 29.000\u00a0km"
