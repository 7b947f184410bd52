"""iCalendar (RFC 5545) of closest approaches and of the deadlines for deciding about them, in UTC.

Each instant keeps its UID from cycle to cycle, and SEQUENCE rises, so that a calendar moves it instead of adding it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from icalendar import Calendar, Event

from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import Level
from nearpass.record.record import CycleRecord, EventRecord
from nearpass.report import wording

SITE: Final = "calendar.ics"
_PRODUCER: Final = "-//nearpass//close approaches//EN"


def site_calendar(record: CycleRecord) -> str:
    """Closest approaches and deadlines of every red and yellow event of the newest cycle."""
    return _calendar(record, (event for event in record.events if event.level is not Level.GREEN))


def event_calendar(record: CycleRecord, event: EventRecord) -> str:
    """Closest approach and deadline of one event, whatever its level."""
    return _calendar(record, [event])


def _calendar(record: CycleRecord, events: Iterable[EventRecord]) -> str:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCER)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", wording.visible(record.title))
    for event in events:
        for entry in _entries(record, event):
            calendar.add_component(entry)
    return str(calendar.to_ical(), "utf-8")


def _entries(record: CycleRecord, event: EventRecord) -> Iterator[Event]:
    names = {item.id: item.name for item in record.objects}
    pair = f"{names.get(event.primary, event.primary)} – {names.get(event.secondary, event.secondary)}"
    level = event.level.value.capitalize()
    said = wording.sentence(wording.said(event.reason))
    yield _entry(record, event, "tca", event.tca, f"{level}: closest approach {pair}", said)
    if event.deadline is not None:
        who = names.get(event.deadline_object or "", event.deadline_object or "")
        until = f"{said} TCA {wording.moment(event.tca)}; {who} can command until then."
        yield _entry(record, event, "deadline", event.deadline, f"{level}: decide about {pair}", until)


def _entry(record: CycleRecord, event: EventRecord, kind: str, at: Epoch, summary: str, text: str) -> Event:
    entry = Event()
    entry.add("uid", f"{event.event_id}-{kind}@{record.body.name.lower()}.nearpass")
    entry.add("dtstamp", _utc(record.window.start))
    entry.add("last-modified", _utc(record.window.start))
    entry.add("sequence", len(event.history))
    entry.add("dtstart", _utc(at))
    entry.add("summary", wording.visible(summary))
    entry.add("description", wording.visible(text))
    entry.add("categories", [event.level.value])
    entry.add("transp", "TRANSPARENT")  # nobody's time is taken
    if record.site_url is not None:
        entry.add("url", f"{record.site_url}events/{event.event_id}.html")
    return entry


def _utc(epoch: Epoch) -> datetime:
    """To the second, as iCalendar has it; a leap second counts as the one before it."""
    return epoch.datetime_utc().replace(microsecond=0)
