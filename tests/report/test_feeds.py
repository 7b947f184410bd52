"""Feeds and calendars: read back by other programs, and silent unless a level changes."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from hostile import hostile_record
from nearpass.config import Site
from nearpass.encounter.alert import Level
from nearpass.reasons.general import Prose
from nearpass.record.figures import exact
from nearpass.record.history import changes
from nearpass.record.notices import Notice, dump_notice, load_notice, notices
from nearpass.record.record import CycleRecord
from nearpass.report import calendars, feeds
from records import RED_EVENT, sample_record

LEVELS = st.lists(st.sampled_from([*Level, None]), min_size=1, max_size=6)


def cycles_with(levels: Sequence[Level | None]) -> list[CycleRecord]:
    """Cycles a day apart in which one event has these levels; None where it is not listed."""
    sample = sample_record()
    event = sample.events[-1]
    made: list[CycleRecord] = []
    for day, level in enumerate(levels, start=1):
        events = (replace(event, level=level, history=()),) if level else ()
        previous = made[-1] if made else None
        record = replace(
            sample,
            cycle_id=f"2021-03-{day:02d}T0000Z",
            previous_cycle_id=previous.cycle_id if previous else None,
            events=events,
        )
        made.append(replace(record, changes=changes(record, previous)))
    return made


def told(records: Sequence[CycleRecord]) -> list[Notice]:
    """All notices, the newest first."""
    return [notice for record in reversed(records) for notice in notices(record)]


def entries(record: CycleRecord, found: Sequence[Notice]) -> list[feedparser.FeedParserDict]:
    """The entries of a feed as another program reads them."""
    parsed = feedparser.parse(feeds.feed(record, found, path=feeds.ALL, title="all").encode())
    assert not parsed.bozo, parsed.get("bozo_exception")
    return list(parsed.entries)


@given(LEVELS)
def test_a_subscriber_sees_an_event_again_exactly_when_its_level_changes(levels: list[Level | None]) -> None:
    """Each change to or from red or yellow is one entry with an id of its own; nothing else is told."""
    steps = list(pairwise([None, *levels]))
    alarming = {Level.RED, Level.YELLOW}
    expected = [(old, new) for old, new in steps if old is not new and {old, new} & alarming]
    records = cycles_with(levels)
    found = told(records)

    assert [(notice.previous_level, notice.level) for notice in reversed(found)] == expected
    ids = [entry.id for entry in entries(records[-1], found)]
    assert len(set(ids)) == len(ids) == len(expected)


def test_an_entry_keeps_its_id_when_its_text_changes() -> None:
    """Another wording of the reason and another miss distance leave the entry's id as it was."""
    first = told([sample_record_alone()])[0]
    reworded = replace(first, reason=(Prose(text="said otherwise"),), miss_km=exact(123.0))

    before, after = (entries(sample_record(), [notice])[0] for notice in (first, reworded))
    assert before.id == after.id
    assert before.summary != after.summary


def sample_record_alone() -> CycleRecord:
    """The sample as the first cycle of an archive."""
    return replace(sample_record(), previous_cycle_id=None, changes=())


def test_the_first_cycle_tells_of_every_red_and_yellow_event() -> None:
    """In an archive of one cycle the feed holds its red and yellow events, and no green one."""
    record = sample_record_alone()
    wanted = {event.event_id for event in record.events if event.level is not Level.GREEN}

    assert {notice.event_id for notice in notices(record)} == wanted
    assert wanted


def test_entries_say_when_in_utc_and_lead_to_the_event() -> None:
    """An entry's time is the cycle's data cut-off in UTC; it links to the event's page and to the cycle."""
    record = sample_record_alone()
    first = entries(record, notices(record))[0]

    assert first.updated.endswith("Z")
    assert datetime(*first.updated_parsed[:6], tzinfo=UTC) == record.window.start.datetime_utc()
    assert [link.href for link in first.links] == [
        f"../events/{RED_EVENT}.html",
        "../cycles/2021/03/15/T0000Z/index.html",
    ]


def test_a_publisher_with_an_address_gives_whole_links() -> None:
    """With site.url every link of a feed and every address of a calendar begins with it."""
    record = replace(sample_record_alone(), site_url="https://example.org/mars/")
    text = feeds.feed(record, notices(record), path=feeds.object_feed("MRO"), title="MRO")
    links = re.findall(r'href="([^"]+)"', text)

    assert all(link.startswith("https://example.org/mars/") for link in links)
    assert f'rel="self" type="application/atom+xml" href="https://example.org/mars/{feeds.object_feed("MRO")}"' in text
    assert "URL:https://example.org/mars/events/" in calendars.site_calendar(record)


def test_hostile_names_stay_text() -> None:
    """Markup, control characters and line breaks in names and reasons come back as plain text."""
    record = replace(hostile_record(), previous_cycle_id=None, changes=())
    found = entries(record, notices(record))

    assert found
    for entry in found:
        assert "\n" not in entry.title
        assert entry.title_detail.type == "text/plain"
    calendar = Calendar.from_ical(calendars.site_calendar(record))
    assert len(calendar.events) >= len(found)


def test_a_silent_object_has_no_time_in_any_feed_or_calendar() -> None:
    """Once an object's position along its orbit is unknown, nothing of its pairs is told with a time."""
    sample = sample_record()
    event = next(event for event in sample.events if event.level is Level.RED)
    before = replace(sample, previous_cycle_id=None, changes=())
    objects = tuple(replace(item, phase="unknown") if item.id == event.primary else item for item in sample.objects)
    others = tuple(one for one in sample.events if event.primary not in {one.primary, one.secondary})
    now = replace(sample, cycle_id="2021-03-16T0000Z", objects=objects, events=others)
    now = replace(now, changes=changes(now, before))

    assert not [notice for notice in notices(now) if event.primary in {notice.primary, notice.secondary}]
    assert event.primary not in calendars.site_calendar(now)


def test_a_notice_comes_back_from_the_index_as_it_was() -> None:
    """What the index keeps of a notice is read as the same notice."""
    for notice in notices(sample_record_alone()):
        assert load_notice(dump_notice(notice)) == notice


def test_the_calendar_holds_tca_and_deadline_of_each_red_and_yellow_event() -> None:
    """Read back, each red or yellow event has its TCA, and its deadline if it has one, to the nearest second in UTC."""
    record = sample_record()
    calendar = Calendar.from_ical(calendars.site_calendar(record))
    found = {str(entry["uid"]): entry for entry in calendar.events}
    alarming = [event for event in record.events if event.level is not Level.GREEN]

    expected = {}
    for event in alarming:
        expected[f"{event.event_id}-tca@mars.nearpass"] = event.tca
        if event.deadline is not None:
            expected[f"{event.event_id}-deadline@mars.nearpass"] = event.deadline
    assert found.keys() == expected.keys()
    for uid, moment in expected.items():
        assert found[uid].start.microsecond == 0
        assert abs((found[uid].start - moment.datetime_utc()).total_seconds()) <= 0.5
        assert found[uid].start.utcoffset().total_seconds() == 0.0
        assert found[uid]["sequence"] == len(next(e for e in alarming if uid.startswith(e.event_id)).history)


def test_feeds_and_calendars_are_the_same_bytes_each_time() -> None:
    """The same record gives the same feed and the same calendar."""
    record = sample_record_alone()

    assert feeds.feed(record, notices(record), path=feeds.RED, title="red") == feeds.feed(
        record, notices(record), path=feeds.RED, title="red"
    )
    assert calendars.site_calendar(record) == calendars.site_calendar(record)
    assert calendars.event_calendar(record, record.events[0]).count("BEGIN:VEVENT") in {1, 2}


@pytest.mark.parametrize("text", ["ftp://example.org/", "https://", "example.org", "https://example.org/?a=b"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    """site.url must be http or https with a host and neither query nor fragment."""
    with pytest.raises(ValueError, match="url must be"):
        Site(url=text)
