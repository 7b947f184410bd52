"""An approach that the parties closed asks for no decision any more, on no page and in no twin; its level stays."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from nearpass.astro.fields import Span
from nearpass.encounter.alert import Level
from nearpass.record.figures import WITHHELD
from nearpass.record.marking import MarkingRecord, Tlp
from nearpass.record.record import CycleRecord, NoteRecord, ToldEvent
from nearpass.report.board import hero
from nearpass.report.calendars import site_calendar
from nearpass.report.catalogue import Catalogue, Links
from nearpass.report.pages import cycle_pages
from nearpass.report.told_views import card
from nearpass.report.verdicts import summarise, verdict
from records import CUT_OFF, sample_record

CLEAR = MarkingRecord(originator=None, level=Tlp.CLEAR, words="TLP:CLEAR", release=())


def closing(record: CycleRecord, kind: str = "closed") -> CycleRecord:
    """The cycle after one note of this kind on each of its red approaches, and nothing else said."""
    notes = tuple(
        NoteRecord(
            file=f"log/{event.event_id}.md", event_id=event.event_id, time=CUT_OFF + -3600.0, parties=("NASA/JPL",),
            kind=kind, text="Words.", marking=CLEAR, party="NASA/JPL", refusal=None,
        )
        for event in record.events
        if event.level is Level.RED
    )  # fmt: skip
    return replace(record, notes=notes)


def rows(record: CycleRecord) -> list[str]:
    """The red rows of the board as the cycle's page has them."""
    page = cycle_pages(record)["index.md"]
    return re.findall(r'<article class="row row-(?:red|settled)".*?</article>', page, re.DOTALL)


@pytest.mark.parametrize(("kind", "settled"), [("closed", True), ("request", False), ("flown", False)])
def test_a_closed_approach_needs_no_decision(kind: str, settled: bool) -> None:
    """Headline, board, timeline and calendar say by when to decide unless a party closed the approach."""
    record = closing(sample_record(), kind)
    page = cycle_pages(record)["index.md"]
    count = sum(event.level is Level.RED for event in record.events)
    found = verdict(record)

    assert count
    assert ("needs a decision by" in found.headline) is not settled
    assert (f"{count} red approach is closed by the parties." in found.details) is settled
    assert found.headline.endswith(f": {count} red approach is settled.") is settled
    assert all(("Settled" in row) is settled and ("Decide by" in row) is not settled for row in rows(record))
    assert all(("data-deadline" in row) is not settled for row in rows(record))
    assert ("MRO–TIANWEN-1: decision due" in page) is not settled
    assert ("Red: decide about" in site_calendar(record)) is not settled
    assert summarise(record).red == count


def test_all_that_were_closed_are_counted_as_settled_and_one_that_was_not_is_decided() -> None:
    """Of two red approaches both are settled, or the other one still needs a decision and nothing is called settled."""
    record = sample_record()
    red = next(event for event in record.events if event.level is Level.RED)
    both = replace(record, events=(red, replace(red, event_id="E0000-00002")))

    assert verdict(closing(both)).headline.endswith(": 2 red approaches are settled.")
    assert verdict(replace(both, notes=closing(record).notes)).headline.startswith("1 approach needs a decision")


def test_the_picture_shows_what_is_still_open() -> None:
    """A yellow approach is drawn before a red one that the parties closed, and the red one before it was closed."""
    record = sample_record()
    red = next(event for event in record.events if event.level is Level.RED)
    yellow = replace(red, event_id="E0000-00002", level=Level.YELLOW, miss_km=7.25)
    both = replace(record, events=(red, yellow))

    for shown, settled in ((f"{red.miss_km:.3f}", both), ("7.250", closing(both))):
        globe = hero(Catalogue(settled), "verdict").globe
        assert globe is not None
        assert f"{shown}\u00a0km apart" in globe


def test_an_approach_told_in_part_is_settled_too() -> None:
    """An edition that may see who closed an approach, but not its figures, gives no deadline for it either."""
    record = closing(sample_record())
    red = next(event for event in record.events if event.level is Level.RED)
    told = ToldEvent(
        event_id=red.event_id, primary=red.primary, secondary=red.secondary, level=red.level, previous_level=None,
        kind="new", since=record.cycle_id, tca=Span(start=red.tca, stop=red.tca + 600.0), miss_km=WITHHELD,
        surface_km=None, pc=WITHHELD, deadline=red.deadline, deadline_object=red.deadline_object, shown="metrics",
    )  # fmt: skip
    links = Links(root="", cycle="")

    assert card(told, Catalogue(record), links).verb == "Settled"
    assert card(told, Catalogue(record), links).deadline_machine is None
    assert card(told, Catalogue(replace(record, notes=())), links).verb == "Decide by"
