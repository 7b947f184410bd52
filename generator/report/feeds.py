"""Atom feeds (RFC 4287) of levels that changed, of who acts, and of deliveries in doubt: all, red, and one an object.

An entry's id follows from the event, its level and the cycle in which that came, never from its text: a reader that
subscribes sees an event again only when its level changes, or a party says what it does about it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nearpass.archive.archive import cycle_folder
from nearpass.astro.fields import Span
from nearpass.encounter.alert import Level
from nearpass.record.notices import DeliveryNotice, Notice, Told
from nearpass.record.record import CycleRecord
from nearpass.report import partner_views, wording
from nearpass.report.doubt_views import notice_sentence
from nearpass.report.page_net import lost
from nearpass.report.rendering import render
from nearpass.report.tables import NAMELESS
from nearpass.report.wording.acting import all_said

MOST_ENTRIES: Final = 50
ALL: Final = "feeds/all.xml"
RED: Final = "feeds/red.xml"


def object_feed(object_id: str) -> str:
    """Where an object's feed lies below the site's root."""
    return f"feeds/objects/{object_id}.xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry: ``level`` is its category, addresses are relative to the feed or absolute."""

    identity: str
    title: str
    level: str
    updated: str
    href: str
    frozen_href: str
    summary: str


def feed(record: CycleRecord, notices: Sequence[Told], *, path: str, title: str, object_id: str | None = None) -> str:
    """A feed as XML.

    Args:
        record: The newest cycle: it names the publisher and says when the feed was made.
        notices: What it tells of, the newest first.
        path: Where the feed lies below the site's root.
        title: What the feed is of.
        object_id: The object that it is of, if it is of one.
    """
    publisher = record.publisher or record.title
    root = record.site_url or "../" * path.count("/")
    reported = [record.window.start for _ in partner_views.alarming(record)]
    updated = max((*(notice.cutoff for notice in notices), *reported), default=record.window.start)
    return render(
        "feed/atom.xml.j2",
        identity=_identity(publisher, record.body.name, path),
        title=f"{record.title}: {title}",
        author=publisher,
        updated=wording.machine_time(updated),
        self_href=f"{record.site_url}{path}" if record.site_url else None,
        page_href=f"{root}index.html",
        notice=record.notice,
        entries=[
            *_alarms(record, publisher, root, object_id),
            *(_whatever_comes(notice, publisher, root, path) for notice in notices),
        ],
    )


def _whatever_comes(notice: Told, publisher: str, root: str, path: str) -> Entry:
    """The entry of a notice, or one that says why there is none."""
    try:
        if isinstance(notice, DeliveryNotice):
            return _delivery(notice, publisher, root)
        return _entry(notice, publisher, root)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is this entry alone
        names = (notice.object_id,) if isinstance(notice, DeliveryNotice) else (notice.event_id,)
        home = f"{root}{cycle_folder(notice.cycle_id)}/index.html"
        return Entry(
            identity=_identity(publisher, "lost", *names, notice.cycle_id),
            title=f"An entry that could not be made: {names[0]}",
            level="lost",
            updated=wording.machine_time(notice.cutoff),
            href=home,
            frozen_href=home,
            summary=wording.sentence(lost(path, error).rule),
        )


def _delivery(notice: DeliveryNotice, publisher: str, root: str) -> Entry:
    """A delivery in doubt: its object's page tells more."""
    state = "confirmed" if notice.confirmed else "doubtful"
    return Entry(
        identity=_identity(publisher, "delivery", notice.object_id, state, notice.cycle_id),
        title=f"Delivery {state}: {notice.object_name}",
        level=state,
        updated=wording.machine_time(notice.cutoff),
        href=f"{root}objects/{notice.object_id}.html",
        frozen_href=f"{root}{cycle_folder(notice.cycle_id)}/index.html",
        summary=notice_sentence(notice),
    )


def _alarms(record: CycleRecord, publisher: str, root: str, object_id: str | None) -> list[Entry]:
    """What partners report that the newest cycle does not have: of one object, or of all."""
    return [
        Entry(
            identity=_identity(publisher, "reported", message.sha256, wording.machine_time(approach.tca)),
            title=f"Reported by {message.originator or 'an unknown party'}: {wording.moment_to_minute(approach.tca)}",
            level="reported",
            updated=wording.machine_time(record.window.start),
            href=f"{root}index.html#alarms",
            frozen_href=f"{root}{cycle_folder(record.cycle_id)}/index.html",
            summary=partner_views.alarm(message, approach, record),
        )
        for message, approach in partner_views.alarming(record)
        if object_id is None or object_id in message.object_ids
    ]


def _entry(notice: Notice, publisher: str, root: str) -> Entry:
    level = notice.level.value if notice.level else "left the list"
    surface = " to the surface" if notice.to_surface else ""
    miss = f", miss {wording.figure(notice.miss_km)}{surface}" if notice.miss_km.missing is None else ""
    exact = notice.until == notice.tca
    cell = wording.short_cell_of_time(Span(start=notice.tca, stop=notice.until))
    when = wording.moment_to_minute(notice.tca) if exact else f"{cell} UTC"
    names = (notice.primary_name or NAMELESS, notice.secondary_name or NAMELESS)
    return Entry(
        identity=_identity(publisher, notice.event_id, level, notice.cycle_id),
        title=f"{level.capitalize()}: {names[0]} – {names[1]}, TCA {when}{miss}",
        level=level,
        updated=wording.machine_time(notice.cutoff),
        href=f"{root}events/{notice.event_id}.html",
        frozen_href=f"{root}{cycle_folder(notice.cycle_id)}/index.html",
        summary=_summary(notice),
    )


def _summary(notice: Notice) -> str:
    before = f"Was {notice.previous_level.value}." if notice.previous_level else "New."
    if notice.level is not None and notice.previous_level is notice.level:
        before = "Its level stays."
    acts = f" {all_said(notice.acting)}" if notice.acting else ""
    needs_decision = notice.level in {Level.RED, Level.YELLOW} and notice.deadline is not None
    until = f" Decide by {wording.moment_to_minute(notice.deadline)}." if needs_decision and notice.deadline else ""
    return f"{wording.sentence(wording.said(notice.reason))} {before}{until}{acts}"


def _identity(*parts: str) -> str:
    """A name-based UUID (RFC 4122, version 5) as a URN: the same parts give the same id for ever."""
    return uuid.uuid5(uuid.NAMESPACE_URL, "nearpass:" + "\x1f".join(parts)).urn
