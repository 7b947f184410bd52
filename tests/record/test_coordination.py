"""Who acts on an approach, from what the parties said, on every surface that says so and in no other edition."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
from icalendar import Calendar

from edition_records import edition
from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import Level
from nearpass.publish.delivered import Deliveries
from nearpass.publish.expected import expected
from nearpass.publish.leak import WORDS, vocabulary
from nearpass.publish.search import leaks_in
from nearpass.record.coordination import coordination, said_by
from nearpass.record.marking import MarkingRecord, Tlp
from nearpass.record.notices import notices
from nearpass.record.record import CycleRecord, EventRecord, InputRecord, NoteKind, NoteRecord, PlanRecord
from nearpass.release.reduction import reduced
from nearpass.report import calendars, event_head, event_views, feeds
from nearpass.report.catalogue import Catalogue, Links
from nearpass.report.pages import cycle_pages, live_pages
from nearpass.report.verdicts import summarise
from nearpass.report.wording.acting import all_said, warnings, who_acts
from records import CUT_OFF, RED_EVENT, sample_record

CLEAR = MarkingRecord(originator="NASA", level=Tlp.CLEAR, words=None, release=())
TWO = MarkingRecord(originator="NASA", level=Tlp.RED, words=None, release=("NASA", "CNSA"))
BURN = Epoch.parse("2021-03-19T12:00:00")


def note(kind: str, party: str, hours: float = -1.0, **more: Any) -> NoteRecord:
    """What a party says, so many hours after the cut-off."""
    plain: dict[str, Any] = {
        "file": f"log/{party}-{kind}-{hours}.md", "event_id": RED_EVENT, "time": CUT_OFF + 3600.0 * hours,
        "kind": cast("NoteKind", kind), "parties": (party,), "party": party, "marking": CLEAR, "text": "",
        "refusal": None,
    }  # fmt: skip
    return NoteRecord(**{**plain, **more})


def with_notes(*notes: NoteRecord, deadline_h: float = 240.0, level: Level = Level.RED) -> CycleRecord:
    """The sample, its objects and deliveries open to all, with these notes and this deadline of its red approach."""
    record = sample_record()
    events = [replace(one, deadline=CUT_OFF + 3600.0 * deadline_h, level=level)
              if one.event_id == RED_EVENT else one for one in record.events]  # fmt: skip

    def opened(entry: InputRecord) -> InputRecord:
        return replace(entry, marking=CLEAR)

    return replace(
        record,
        notes=notes,
        events=tuple(events),
        objects=tuple(replace(item, marking=CLEAR) for item in record.objects),
        inputs=tuple(map(opened, record.inputs)),
        solutions=tuple(replace(one, inputs=tuple(map(opened, one.inputs))) for one in record.solutions),
    )


def red(record: CycleRecord) -> EventRecord:
    """The approach that the notes are about."""
    return next(event for event in record.events if event.event_id == RED_EVENT)


def words(*notes: NoteRecord) -> str:
    """What a page says of it."""
    return who_acts(said_by(notes, RED_EVENT))


def flags(*notes: NoteRecord, deadline_h: float = 240.0, level: Level = Level.RED) -> tuple[str, ...]:
    """What does not fit."""
    record = with_notes(*notes, deadline_h=deadline_h, level=level)
    return coordination(record, red(record)).flags


def test_who_moves_when_and_who_stands_by_is_one_sentence() -> None:
    """The claim gives party and burn, the other party stands by; another event's notes say nothing of this one."""
    claim = note("claim", "NASA/JPL", -3, burn=BURN)
    elsewhere = note("decline", "ESA", -1, event_id="OTHER")

    assert words(claim, note("stand-by", "CNSA", -2), elsewhere) == (
        "NASA/JPL will move, burn Fri 19 March 2021 12:00 UTC; CNSA stands by."
    )


def test_the_last_word_of_a_party_holds_whatever_the_order_of_the_files() -> None:
    """A party that claims and then stands by stands by; its name counts without case and blanks."""
    later, first = note("stand-by", "nasa ", -1), note("claim", "NASA", -2, burn=BURN)

    assert words(later, first) == words(first, later) == "nasa  stands by."


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("plan", "NASA will move MRO, burn Fri 19 March 2021 13:00 UTC."),
        ("flown", "NASA has moved MRO, burn Fri 19 March 2021 13:00 UTC."),
        ("cancelled", ""),
        ("decline", "NASA does not move."),
        ("acknowledgement", "NASA will move MRO, burn Fri 19 March 2021 12:00 UTC."),
        ("closed", "NASA will move MRO, burn Fri 19 March 2021 12:00 UTC; closed by NASA."),
        ("consultation", "NASA will move MRO, burn Fri 19 March 2021 12:00 UTC."),
    ],
)
def test_each_kind_after_a_claim(kind: str, sentence: str) -> None:
    """A plan or flight gives another burn and keeps the spacecraft; a cancellation takes the claim back."""
    burn = CUT_OFF + 86_400.0 * 4 + 13 * 3600.0 if kind in {"plan", "flown"} else None

    assert words(note("claim", "NASA", -2, burn=BURN, object_id="MRO"), note(kind, "NASA", -1, burn=burn)) == sentence


def test_who_was_asked_is_named_until_it_answers() -> None:
    """Of two parties that were asked the one that acknowledged has seen it, the other has not answered."""
    request = note("request", "NASA", -3, to=("CNSA", "ESA"))

    assert words(request) == "CNSA and ESA were asked, no answer yet."
    assert words(request, note("acknowledgement", "CNSA", -2)) == (
        "CNSA has seen the request; ESA was asked, no answer yet."
    )
    assert words(request, note("stand-by", "ESA", -2), note("closed", "NASA", -1)) == "ESA stands by; closed by NASA."


def test_two_claims_are_flagged_until_one_is_taken_back() -> None:
    """Two parties that will move are a fault; one that stands by after all ends it, and so do two that have flown."""
    both = note("claim", "NASA", -4, burn=BURN), note("claim", "CNSA", -3, burn=BURN)

    assert flags(*both) == ("two claims",)
    assert flags(*both, note("stand-by", "CNSA", -2)) == ()
    assert flags(*both, note("cancelled", "NASA", -2)) == ()
    assert flags(*both, note("flown", "NASA", -2)) == ("two claims",)
    assert flags(*both, note("flown", "NASA", -2), note("flown", "CNSA", -1)) == ()


@pytest.mark.parametrize(
    ("deadline_h", "level", "notes", "found"),
    [
        (24.0, Level.RED, (), ("unclaimed",)),
        (24.001, Level.RED, (), ()),
        (-5.0, Level.RED, (), ("unclaimed",)),
        (24.0, Level.YELLOW, (), ()),
        (24.0, Level.YELLOW, (note("request", "NASA", to=("CNSA",)),), ("unclaimed",)),
        (24.0, Level.RED, (note("stand-by", "NASA"), note("stand-by", "CNSA")), ("unclaimed",)),
        (24.0, Level.RED, (note("plan", "NASA", burn=BURN),), ()),
        (24.0, Level.RED, (note("closed", "NASA"),), ()),
    ],
)
def test_nobody_who_moves_within_a_day_of_the_deadline_is_flagged(
    deadline_h: float, level: Level, notes: tuple[NoteRecord, ...], found: tuple[str, ...]
) -> None:
    """Of a red approach, or one about which somebody was asked; not where it is closed or somebody moves."""
    assert flags(*notes, deadline_h=deadline_h, level=level) == found


def test_nobody_has_to_move_once_the_approach_is_over() -> None:
    """The flag stands up to the TCA, as of whatever instant it is asked for."""
    record = with_notes(deadline_h=1.0, level=Level.RED)
    event = red(record)

    assert coordination(record, event, event.tca).flags == ("unclaimed",)
    assert coordination(record, event, event.tca + 1.0).flags == ()


def test_a_burn_after_the_approach_is_flagged() -> None:
    """A burn that does not lie before the TCA separates nothing."""
    tca = red(sample_record()).tca

    assert flags(note("claim", "NASA", burn=tca)) == ("late burn",)
    assert flags(note("claim", "NASA", burn=tca + -1.0)) == ()


def test_board_event_page_feed_and_calendar_say_who_acts() -> None:
    """The sentence stands on the first screen, both pages of the event, in feed and calendar, there with the burn."""
    record = with_notes(note("claim", "NASA", -3, burn=BURN), note("stand-by", "CNSA", -2))
    record = replace(record, previous_cycle_id="2021-03-14T2000Z", changes=())
    sentence = "NASA will move, burn Fri 19 March 2021 12:00 UTC; CNSA stands by."
    pages = cycle_pages(record)
    (told,) = [one for one in notices(record) if one.event_id == RED_EVENT]
    feed = feeds.feed(record, [told], path=feeds.ALL, title="all")
    calendar = Calendar.from_ical(calendars.site_calendar(record))
    burns = [entry for entry in calendar.events if "-burn-" in str(entry["uid"])]

    assert any(name.endswith("index.md") and sentence in text for name, text in pages.items())
    assert sentence in next(text for name, text in pages.items() if name.endswith(f"events/{RED_EVENT}.md"))
    assert sentence in live_pages(record, [summarise(record)], [2021])[f"events/{RED_EVENT}.md"]
    assert sentence in feed
    assert "Its level stays." in feed
    assert [entry.start for entry in burns] == [BURN.datetime_utc()]
    assert sentence in str(burns[0]["description"])


def test_a_subscriber_is_told_once_of_what_was_said() -> None:
    """What was said before the last cut-off is no news of this cycle."""
    claim = note("claim", "NASA", -3, burn=BURN)
    old, new = (
        replace(with_notes(claim), previous_cycle_id=cycle_id, changes=())
        for cycle_id in ("2021-03-14T2200Z", "2021-03-14T2000Z")
    )

    assert [one.event_id for one in notices(new)] == [RED_EVENT]
    assert notices(old) == ()


def test_an_edition_tells_what_all_its_readers_may_know_and_the_search_finds_the_rest() -> None:
    """A claim for two parties reaches neither the edition of three nor its words; that of the two has it."""
    claim = note("claim", "NASA", -3, burn=BURN, marking=TWO)
    record = with_notes(claim, note("stand-by", "CNSA", -2), deadline_h=12.0)
    for_three = edition({}, parties=frozenset({"NASA", "CNSA", "ESA"}))
    three = reduced(record, for_three)
    two = reduced(record, edition({}, parties=frozenset({"NASA", "CNSA"})))
    secrets = expected(record, for_three, WORDS, deliveries=Deliveries(lambda _: None), vocabulary=vocabulary())
    files = [(name, text.encode()) for name, text in cycle_pages(three).items()]
    planted = [("a.html", b"<p>NASA will move,&#32;burn Fri 19 March 2021 12:00 UTC</p>")]

    acting = coordination(three, red(three))
    assert all_said(acting) == "CNSA stands by. Who will move is not known here."
    assert warnings(coordination(two, red(two))) == ()
    assert "NASA will move" in who_acts(coordination(two, red(two)))
    assert list(leaks_in(files, secrets)) == []
    assert "NASA will move" not in "".join(text.decode() for _, text in files)
    assert [leak.file for leak in leaks_in(planted, secrets)] == ["a.html"]


def test_that_an_edition_is_told_of_nobody_says_nothing_of_what_it_may_not_know() -> None:
    """With a claim that it may not know and without one, an edition says the same."""
    claim = note("claim", "NASA", -3, burn=BURN, marking=TWO)
    readers = edition({}, parties=frozenset({"ESA"}))
    with_claim, without = (reduced(with_notes(*some, deadline_h=12.0), readers) for some in ((claim,), ()))

    assert coordination(with_claim, red(with_claim)) == coordination(without, red(without))


def test_a_plans_file_follows_the_release_of_the_delivery() -> None:
    """A note that all may see names the file of a plan only where its readers may have that file."""
    record = with_notes()
    first = record.inputs[0]
    planned = note("plan", "NASA", burn=BURN, plan=PlanRecord(file=first.file, sha256=first.sha256))
    closed = replace(first, marking=TWO)
    readers = edition({}, parties=frozenset({"ESA"}))
    seen = reduced(replace(record, notes=(planned,)), readers)
    kept = reduced(replace(record, notes=(planned,), inputs=(*record.inputs, closed)), readers)

    assert [one.plan for one in seen.notes] == [planned.plan]
    assert [one.plan for one in kept.notes] == [None]


STATES = {
    "requested": ((note("request", "NASA", -3, to=("CNSA",)),), "CNSA was asked, no answer yet."),
    "claimed": ((note("claim", "NASA", -3, burn=BURN),), "NASA will move, burn Fri 19 March 2021 12:00 UTC."),
    "stand-by": ((note("stand-by", "CNSA", -3),), "CNSA stands by."),
    "declined": ((note("decline", "CNSA", -3),), "CNSA does not move."),
    "planned": (
        (note("plan", "NASA", -3, burn=BURN, object_id="MRO"),),
        "NASA will move MRO, burn Fri 19 March 2021 12:00 UTC.",
    ),
    "flown": (
        (note("flown", "NASA", -3, burn=BURN, object_id="MRO"),),
        "NASA has moved MRO, burn Fri 19 March 2021 12:00 UTC.",
    ),
    "closed": ((note("closed", "NASA", -3),), "closed by NASA."),
    "two claims": (
        (note("claim", "NASA", -3, burn=BURN), note("claim", "CNSA", -2, burn=BURN)),
        "2 parties say that they will move: NASA and CNSA.",
    ),
    "nobody": ((), "Who will move is not known here."),
}


@pytest.mark.parametrize("state", STATES)
def test_each_state_stands_on_card_pages_feed_and_calendar(state: str) -> None:
    """Its sentence is on the card, the event's page and its permanent one, in the feed and the calendar."""
    notes, sentence = STATES[state]
    record = replace(with_notes(*notes, deadline_h=12.0), previous_cycle_id="2021-03-14T2000Z", changes=())
    record = replace(record, events=(red(record),))
    catalogue = Catalogue(record)
    card = event_views.event_card(red(record), catalogue, Links(root="", cycle=""))
    decision = event_head.decision(red(record), card, catalogue, ())
    told = [one for one in notices(record) if one.event_id == RED_EVENT]
    calendar = Calendar.from_ical(calendars.site_calendar(record))

    assert sentence in " ".join((card.acts, *card.unsettled))
    assert any(fact.label == "Who acts" and sentence in fact.value for fact in decision.facts)
    assert sentence in live_pages(record, [summarise(record)], [2021])[f"events/{RED_EVENT}.md"]
    assert all(sentence in feeds.feed(record, [one], path=feeds.ALL, title="all") for one in told)
    assert bool(told) is bool(notes)
    assert any(sentence in str(entry["description"]) for entry in calendar.events)
