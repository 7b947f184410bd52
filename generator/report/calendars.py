"""iCalendar (RFC 5545) of closest approaches, the deadlines for deciding about them, and announced burns, in UTC.

Each instant keeps its UID from cycle to cycle, and SEQUENCE rises, so that a calendar moves it instead of adding it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from icalendar import Calendar, Event

from nearpass.astro.epochs import Epoch
from nearpass.astro.fields import Span
from nearpass.encounter.alert import Level
from nearpass.errors import NearpassError
from nearpass.record.coordination import coordination
from nearpass.record.cycle_id import CycleId
from nearpass.record.record import CycleRecord, EventRecord
from nearpass.report import wording
from nearpass.report.page_net import lost
from nearpass.report.tables import NAMELESS, TOLD_REASON, EventRow, tca_span
from nearpass.report.wording.acting import all_said

SITE: Final = "calendar.ics"
_PRODUCER: Final = "-//nearpass//close approaches//EN"


def site_calendar(record: CycleRecord) -> str:
    """Closest approaches and deadlines of every red and yellow event of the newest cycle."""
    urgent = (event for event in record.events if event.level is not Level.GREEN)
    return _calendar(record, (*urgent, *record.told))


def event_calendar(record: CycleRecord, event: EventRow) -> str:
    """Closest approach and deadline of one event, whatever its level."""
    return _calendar(record, [event])


def _calendar(record: CycleRecord, events: Iterable[EventRow]) -> str:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCER)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", wording.visible(record.title))
    for event in events:
        try:
            entries = [*_entries(record, event)]
        except Exception as error:  # noqa: BLE001  # whatever it is, it is this approach alone
            entries = [_instead(record, event, lost(SITE, error))]
        for entry in entries:
            calendar.add_component(entry)
    return str(calendar.to_ical(), "utf-8")


def _entries(record: CycleRecord, event: EventRow) -> Iterator[Event]:
    names = {item.id: item.name for item in record.objects}
    pair = " – ".join(NAMELESS if key is None else names.get(key, key) for key in (event.primary, event.secondary))
    level = event.level.value.capitalize()
    span = tca_span(event)
    if isinstance(event, EventRecord):
        said, when = wording.sentence(wording.said(event.reason)), wording.moment(event.tca)
    else:
        said = f"Miss distance {wording.figure(event.miss_km)}. {wording.sentence(wording.said(TOLD_REASON))}"
        when = wording.cell_of_time(span)
    acting = coordination(record, event)
    acts = f" {words}" if (words := all_said(acting)) else ""
    yield _entry(record, event, "tca", span, f"{level}: closest approach {pair}", said + acts)
    if event.deadline is not None and acting.closed_by is None:
        who = names.get(event.deadline_object or "", event.deadline_object or "")
        until = f"{said} TCA {when}; {who} can command until then.{acts}"
        at = Span(start=event.deadline, stop=event.deadline)
        yield _entry(record, event, "deadline", at, f"{level}: decide about {pair}", until)
    for mover in acting.movers:
        if mover.burn is not None:
            key = f"burn-{uuid.uuid5(uuid.NAMESPACE_URL, mover.party).hex[:8]}"
            title = f"{'Burn flown' if mover.flown else 'Burn'} by {mover.party}: {pair}"
            yield _entry(record, event, key, Span(start=mover.burn, stop=mover.burn), title, f"{said}{acts}")


def _entry(record: CycleRecord, event: EventRow, kind: str, at: Span, summary: str, text: str) -> Event:
    entry = Event()
    entry.add("uid", f"{event.event_id}-{kind}@{record.body.name.lower()}.nearpass")
    entry.add("dtstamp", _utc(record.window.start))
    entry.add("last-modified", _utc(record.window.start))
    entry.add("sequence", _sequence(event, coordination(record, event).since))
    entry.add("dtstart", _utc(at.start))
    if at.stop > at.start:  # an edition tells in which span the instant lies
        entry.add("dtend", _utc(at.stop))
    entry.add("summary", wording.visible(summary))
    entry.add("description", wording.visible(text))
    entry.add("categories", [event.level.value])
    entry.add("transp", "TRANSPARENT")  # nobody's time is taken
    if record.site_url is not None:
        entry.add("url", f"{record.site_url}events/{event.event_id}.html")
    return entry


def _instead(record: CycleRecord, event: EventRow, error: NearpassError) -> Event:
    """At the time of an approach whose entries cannot be made, the reason."""
    entry = Event()
    entry.add("uid", f"{event.event_id}-tca@{record.body.name.lower()}.nearpass")
    entry.add("dtstamp", _utc(record.window.start))
    entry.add("dtstart", _utc(tca_span(event).start))
    entry.add("summary", f"{event.event_id}: an entry that could not be made")
    entry.add("description", wording.visible(wording.sentence(error.rule)))
    return entry


def _sequence(event: EventRow, acted: Epoch | None) -> int:
    """A number that rises whenever the entry changes: by cycle, or for a told one by when it, or who acts, was told."""
    if isinstance(event, EventRecord):
        return len(event.history)
    since = max(filter(None, (CycleId(event.since).cutoff, acted)))
    return max(0, int((since - Epoch.parse("2000-01-01")) // 60.0))


def _utc(epoch: Epoch) -> datetime:
    """To the nearest second, as pages have it and iCalendar too; a leap second counts as the one before it."""
    return (epoch + 0.5).datetime_utc().replace(microsecond=0)
