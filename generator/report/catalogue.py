"""A record with the look-ups that pages need: names, the events with a page of their own, addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from nearpass.archive.archive import cycle_folder
from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import SEVERITY, Level
from nearpass.record.record import CycleRecord, EventRecord, PairRecord, ToldEvent
from nearpass.report.silence import meaningful, phase_unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Relative addresses from one page: ``root`` leads to the site's root, ``cycle`` to the cycle's folder."""

    root: str
    cycle: str

    def event(self, event_id: str) -> str:
        """The page of an event in this cycle."""
        return f"{self.cycle}events/{event_id}.html"

    def row(self, event_id: str) -> str:
        """The event's row on the cycle's page."""
        return f"{self.cycle}index.html#{event_id}"

    def permalink(self, event_id: str) -> str:
        """The page of an event that follows it through the cycles."""
        return f"{self.root}events/{event_id}.html"

    def messages(self, event_id: str) -> tuple[tuple[str, str], ...]:
        """The event's conjunction data messages: notation and address."""
        stem = f"{self.cycle}events/{event_id}.cdm"
        return ("KVN", stem), ("XML", f"{stem}.xml"), ("JSON", f"{stem}.json")

    def pair(self, pair: PairRecord) -> str:
        """The page of a pair in this cycle."""
        return f"{self.cycle}pairs/{pair.primary}--{pair.secondary}.html"

    def object(self, object_id: str) -> str:
        """The page of an object in this cycle."""
        return f"{self.cycle}objects/{object_id}.html"

    def plot(self, name: str) -> str:
        """A plot without its suffix."""
        return f"{self.cycle}plots/{name}"

    def twins(self, name: str) -> tuple[tuple[str, str], ...]:
        """Addresses of a table of the cycle as files."""
        return ("CSV", f"{self.cycle}{name}.csv"), ("JSON", f"{self.cycle}{name}.json")

    def other_cycle(self, cycle_id: str) -> str:
        """The page of any cycle."""
        return f"{self.root}{cycle_folder(cycle_id)}/index.html"

    def month(self, epoch: Epoch) -> str:
        """The archive page of a month."""
        date = epoch.iso(digits=0)
        return f"{self.root}archive/{date[:4]}/{date[5:7]}.html"


class Catalogue:
    """A record with the look-ups that pages need, without claims on objects that may be anywhere on their orbits."""

    def __init__(self, record: CycleRecord) -> None:
        self.record = meaningful(record)
        self.events = self.record.events
        self.told = self.record.told
        self.objects = {item.id: item for item in record.objects}
        self.pairs = {(pair.primary, pair.secondary): pair for pair in self.record.pairs}

    @cached_property
    def detailed(self) -> frozenset[str]:
        """Ids of the events that have a page of their own."""
        return frozenset(event.event_id for event in detailed_events(self.record))

    def name(self, object_id: str) -> str:
        """The object's name; its id if it is no longer configured."""
        item = self.objects.get(object_id)
        return item.name if item else object_id

    def named(self, primary: str, secondary: str) -> str:
        """``Mars Odyssey – Phobos``."""
        return f"{self.name(primary)} – {self.name(secondary)}"

    def unknown(self, primary: str, secondary: str) -> bool:
        """Whether the position along the orbit is unknown for either object."""
        return phase_unknown(self.objects.get(primary)) or phase_unknown(self.objects.get(secondary))

    def surface_km(self, pair: PairRecord) -> float | None:
        """Distance of the pair's nearest approach to the surface of a natural body; None between two spacecraft."""
        ends = [self.objects[key] for key in (pair.primary, pair.secondary) if key in self.objects]
        if pair.nearest is None or not any(item.kind == "natural" and item.radius_km is not None for item in ends):
            return None
        return pair.nearest.miss_km - sum(item.radius_km or 0.0 for item in ends)

    def event_href(self, event: EventRecord, links: Links) -> str:
        """The event's page, or its row where it has none."""
        known = event.event_id in self.detailed
        return links.event(event.event_id) if known else links.row(event.event_id)


def detailed_events(record: CycleRecord) -> tuple[EventRecord, ...]:
    """Events with a page of their own: all red and yellow ones, and the nearest green ones; by TCA."""
    events = meaningful(record).events
    green = sorted((event for event in events if event.level is Level.GREEN), key=nearness_km)
    chosen = {event.event_id for event in green[: record.detail_events]}
    return tuple(event for event in events if event.level is not Level.GREEN or event.event_id in chosen)


def nearness_km(event: EventRecord) -> float:
    """The distance that the level is judged by: to the surface of a natural body, else between the centres."""
    return event.miss_km if event.surface_km is None else event.surface_km


def by_urgency(events: Sequence[EventRecord | ToldEvent]) -> list[EventRecord | ToldEvent]:
    """The most severe first, then by deadline, then by TCA or where its cell begins."""
    return sorted(events, key=lambda event: (-SEVERITY[event.level], event.deadline or begin(event), begin(event)))


def begin(event: EventRecord | ToldEvent) -> Epoch:
    """The TCA; of an approach that is told in cells where its cell begins."""
    return event.tca if isinstance(event, EventRecord) else event.tca.start
