"""Views of one close approach: its card, its page, its row among others, and its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from generator.cycle.record import EventRecord, HistoryPoint, InputRecord
from generator.encounter.alert import SEVERITY, Level
from generator.report import wording
from generator.report.tables import EVENT_COLUMNS
from generator.report.views import (
    Catalogue,
    Cell,
    Fact,
    Head,
    Links,
    Table,
    TableRow,
    cell,
    head,
    level_cell,
    limited,
    nearness_km,
    number_cell,
    span_cell,
    time_cell,
)

_COLUMN: Final = {column.key: column for column in EVENT_COLUMNS}
_BOUNDARY_MARK: Final = "‡"
_BOUNDARY_NOTE: Final = "‡ The distance at an end of coverage: the true minimum may lie outside it."
_AXES: Final = (("R", "radial"), ("T", "transverse"), ("N", "normal"))


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCard:
    """An event as the first screen shows it. ``miss_of`` says what the distance is measured to."""

    event_id: str
    level: Level
    title: str
    href: str
    tca: str
    tca_machine: str
    tca_after: str
    miss: str
    miss_of: str
    components: tuple[tuple[str, str], ...]
    sigma: str
    speed: str
    reason: str
    change: str
    deadline: str
    deadline_machine: str | None
    decider: str
    conditions: str
    boundary: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """Everything on an event's page but its plots, in the order of the page."""

    card: EventCard
    summary: str
    timing: tuple[Fact, ...]
    place: tuple[Fact, ...]
    motion: tuple[Fact, ...]
    components: Table
    sources: Table
    plane: tuple[Fact, ...]
    history: Table | None
    states: Table
    inputs: tuple[InputRecord, ...]
    permalink: str
    pair_href: str


def event_card(event: EventRecord, catalogue: Catalogue, links: Links) -> EventCard:
    """The card of an event."""
    cutoff = catalogue.record.window.start
    surface = event.surface_km is not None
    return EventCard(
        event_id=event.event_id,
        level=event.level,
        title=catalogue.named(event.primary, event.secondary),
        href=catalogue.event_href(event, links),
        tca=wording.moment(event.tca),
        tca_machine=wording.machine_time(event.tca),
        tca_after=f"{wording.span(event.tca - cutoff)} after the data cut-off",
        miss=wording.distance(nearness_km(event)),
        miss_of=f"to the surface; {wording.distance(event.miss_km)} between the centres" if surface else "miss",
        components=_components(event),
        sigma=_sigma(event, catalogue),
        speed=wording.quantity(event.relative_speed_km_s, 3, "km/s"),
        reason=wording.sentence(event.reason),
        change=wording.sentence(change_text(event, catalogue)),
        deadline=wording.moment_to_minute(event.deadline) if event.deadline else "no deadline",
        deadline_machine=wording.machine_time(event.deadline) if event.deadline else None,
        decider=_decider(event, catalogue),
        conditions=f"light time {wording.span(event.light_time_s)}, SEP {wording.number(event.sep_deg, 0)}°",
        boundary="At an end of coverage: the true minimum may lie outside it." if event.at_boundary else None,
    )


def _components(event: EventRecord) -> tuple[tuple[str, str], ...]:
    digits = wording.km_digits(event.miss_km)
    return tuple(
        (axis, wording.number(value, digits, signed=True))
        for (axis, _), value in zip(_AXES, event.miss_rtn_km, strict=True)
    )


def _sigma(event: EventRecord, catalogue: Catalogue) -> str:
    if event.miss_sigma_km is not None:
        return wording.distance(event.miss_sigma_km)
    given = {item.object_id for item in event.uncertainty}
    missing = [catalogue.name(key) for key in (event.primary, event.secondary) if key not in given]
    return f"unknown, no covariance for {wording.listing(missing)}" if missing else "unknown"


def _decider(event: EventRecord, catalogue: Catalogue) -> str:
    item = catalogue.objects.get(event.deadline_object) if event.deadline_object else None
    if item is None:
        return "no lead time of either object is configured" if event.deadline is None else ""
    lead = f", {wording.plain(item.lead_time_h)} h lead time" if item.lead_time_h is not None else ""
    return item.name + (f" ({item.operator})" if item.operator else "") + lead


def change_text(event: EventRecord, catalogue: Catalogue) -> str:
    """How the event differs from the cycle before."""
    previous = catalogue.record.previous_cycle_id
    if previous is None:
        return "first cycle of the archive"
    if not event.history:
        return "new in this cycle"
    last = event.history[-1]
    since = "since the previous cycle" if last.cycle_id == previous else f"since cycle {last.cycle_id}"
    text = f"miss {_number_km(last.miss_km)} → {wording.distance(event.miss_km)} {since}"
    if last.miss_sigma_km:
        text += f" ({wording.number(abs(event.miss_km - last.miss_km) / last.miss_sigma_km, 1)} σ)"
    return text if last.level is event.level else f"{text}; was {last.level.value}"


def _number_km(value_km: float) -> str:
    return wording.number(value_km, wording.km_digits(value_km))


def summary(event: EventRecord, catalogue: Catalogue) -> str:
    """A paragraph that can be quoted without the page."""
    who = [_who(key, catalogue) for key in (event.primary, event.secondary)]
    body = catalogue.record.body.name.capitalize()
    where = f"{wording.number(event.altitude_km, 0)} km above {body}"
    miss = wording.distance(event.miss_km)
    if event.surface_km is not None:
        miss = f"{wording.distance(event.surface_km)} from the surface ({miss} between the centres)"
    parts = [
        f"On {wording.moment(event.tca)}, {who[0]} and {who[1]} pass each other at {miss}, {where}.",
        f"Their relative speed is {wording.number(event.relative_speed_km_s, 2)} km/s.",
        f"One sigma of this distance is {wording.distance(event.miss_sigma_km)}."
        if event.miss_sigma_km is not None
        else f"How sure the distance is cannot be said: {_sigma(event, catalogue).removeprefix('unknown, ')}.",
        f"The approach is {event.level.value}: {event.reason}.",
    ]
    if event.level is Level.RED and event.deadline is not None:
        parts.append(
            f"A decision is needed by {wording.moment_to_minute(event.deadline)}: {_decider(event, catalogue)}."
        )
    if event.level is Level.RED and event.deadline is None:
        parts.append("No deadline is known: no lead time of either object is configured.")
    if event.at_boundary:
        parts.append("It lies at an end of coverage, so that the true minimum may lie outside.")
    return " ".join([*parts, _before(event)])


def _before(event: EventRecord) -> str:
    """What the cycle before said, as a sentence."""
    if not event.history:
        return "No earlier cycle listed it."
    last = event.history[-1]
    text = f"Cycle {last.cycle_id} gave {wording.distance(last.miss_km)}"
    if last.miss_sigma_km:
        text += f", {wording.number(abs(event.miss_km - last.miss_km) / last.miss_sigma_km, 1)} of its sigmas away"
    return f"{text}."


def _who(object_id: str, catalogue: Catalogue) -> str:
    item = catalogue.objects.get(object_id)
    return f"{item.name} ({item.operator})" if item and item.operator else catalogue.name(object_id)


def event_page(event: EventRecord, catalogue: Catalogue, links: Links) -> EventPage:
    """All that an event's page says."""
    record = catalogue.record
    members = {event.primary, event.secondary}
    return EventPage(
        card=event_card(event, catalogue, links),
        summary=summary(event, catalogue),
        timing=_timing(event),
        place=_place(event),
        motion=_motion(event),
        components=_component_table(event),
        sources=_source_table(event, catalogue, links),
        plane=_plane(event),
        history=history_table(event, links) if event.history else None,
        states=_state_table(event, catalogue),
        inputs=tuple(item for item in record.inputs if item.object_id in members),
        permalink=links.permalink(event.event_id),
        pair_href=links.pair(catalogue.pairs[event.primary, event.secondary]),
    )


def _timing(event: EventRecord) -> tuple[Fact, ...]:
    tdb = _COLUMN["tca_tdb"].text(event).replace("T", " ")
    return (
        Fact(label="TCA, UTC", value=wording.instant(event.tca, 3), machine=wording.machine_time(event.tca)),
        Fact(label="TCA, TDB", value=tdb[:-3]),
        Fact(label="One-way light time", value=wording.span(event.light_time_s), note="to Earth at TCA"),
        Fact(label="Sun-Earth-Probe angle", value=f"{wording.number(event.sep_deg, 1)}°", note="at TCA"),
    )


def _place(event: EventRecord) -> tuple[Fact, ...]:
    latitude = f"{wording.number(abs(event.latitude_deg), 1)}° {'N' if event.latitude_deg >= 0 else 'S'}"
    return (
        Fact(label="Altitude", value=wording.quantity(event.altitude_km, 1, "km"), note="of the primary"),
        Fact(label="Latitude", value=latitude),
        Fact(label="East longitude", value=f"{wording.number(event.longitude_east_deg, 1)}°"),
    )


def _motion(event: EventRecord) -> tuple[Fact, ...]:
    velocity = "  ".join(
        f"{axis} {wording.number(value, 3, signed=True)}"
        for (axis, _), value in zip(_AXES, event.relative_velocity_rtn_km_s, strict=True)
    )
    return (
        Fact(label="Relative speed", value=wording.quantity(event.relative_speed_km_s, 4, "km/s"),
             note=f"{velocity} km/s"),
        Fact(label="Approach angle", value=f"{wording.number(event.approach_angle_deg, 1)}°",
             note="between the velocities"),
    )  # fmt: skip


def _component_table(event: EventRecord) -> Table:
    sigmas = event.miss_sigma_rtn_km or (None, None, None)
    rows = [
        (f"{axis}, {word}", value, sigma)
        for (axis, word), value, sigma in zip(_AXES, event.miss_rtn_km, sigmas, strict=True)
    ]
    rows.append(("Distance", event.miss_km, event.miss_sigma_km))
    if event.surface_km is not None:
        rows.append(("To the surface", event.surface_km, event.miss_sigma_km))
    return Table(
        caption="Miss vector in the primary's RTN axes, from primary to secondary, with one sigma",
        heads=(
            Head(title="Component"),
            Head(title="Miss", unit="km", numeric=True),
            Head(title="1σ", unit="km", numeric=True),
            Head(title="Miss / 1σ", numeric=True),
        ),
        rows=tuple(
            TableRow(cells=(
                Cell(text=name),
                number_cell(value, 3, signed=axis_row),
                number_cell(sigma, 3),
                number_cell(abs(value) / sigma if sigma else None, 1),
            ))
            for (name, value, sigma), axis_row in zip(rows, (True, True, True, False, False), strict=False)
        ),
    )  # fmt: skip


def _source_table(event: EventRecord, catalogue: Catalogue, links: Links) -> Table:
    used = {item.object_id: item for item in catalogue.record.inputs if item.refusal is None}
    given = {item.object_id: item for item in event.uncertainty}
    rows = []
    for key in (event.primary, event.secondary):
        item, source = given.get(key), used.get(key)
        sigmas = item.sigma_rtn_km if item else (None, None, None)
        rows.append(TableRow(cells=(
            Cell(text=catalogue.name(key), href=links.object(key)),
            *(number_cell(sigma, 3) for sigma in sigmas),
            number_cell(item.timing_s if item else None, 2),
            Cell(text=item.source if item else "none given"),
            span_cell(source.age_s if source else None),
        )))  # fmt: skip
    return Table(
        caption="One-sigma position uncertainty at TCA of each object, in its own RTN axes",
        heads=(
            Head(title="Object"),
            *(Head(title=f"σ {axis}", unit="km", numeric=True) for axis, _ in _AXES),
            Head(title="Timing", unit="s", numeric=True, meaning="Transverse sigma divided by the speed"),
            Head(title="Source"),
            Head(title="Ephemeris age", meaning="From its creation to the data cut-off"),
        ),
        rows=tuple(rows),
    )


def _plane(event: EventRecord) -> tuple[Fact, ...]:
    plane = event.b_plane
    if plane is None:
        return ()
    return (
        Fact(label="B-plane ξ", value=wording.quantity(plane.miss_xi_km, 3, "km"), note="towards radial"),
        Fact(label="B-plane ζ", value=wording.quantity(plane.miss_zeta_km, 3, "km")),
        Fact(label="Hard-body radius", value=wording.quantity(plane.hbr_km * 1000.0, 1, "m") if plane.hbr_km < 1.0
             else wording.quantity(plane.hbr_km, 3, "km"), note="both objects together"),
    )  # fmt: skip


def history_table(event: EventRecord, links: Links) -> Table:
    """What each cycle said of the event, the newest first."""
    now = HistoryPoint(
        cycle_id="", tca=event.tca, miss_km=event.miss_km, miss_rtn_km=event.miss_rtn_km, level=event.level,
        miss_sigma_km=event.miss_sigma_km,
                pc=event.probability.pc,
    )  # fmt: skip
    points = [*event.history, now]
    steps = list(zip([None, *points[:-1]], points, strict=True))
    rows = []
    for before, point in reversed(steps):
        moved_s = point.tca - before.tca if before else None
        sigmas = None
        if before and before.miss_sigma_km:
            sigmas = abs(point.miss_km - before.miss_km) / before.miss_sigma_km
        where = (
            Cell(text=point.cycle_id, href=links.other_cycle(point.cycle_id))
            if point.cycle_id
            else Cell(text="this cycle")
        )
        rows.append(TableRow(cells=(
            where,
            level_cell(point.level),
            number_cell(point.miss_km, 3),
            *(number_cell(value, 3, signed=True) for value in point.miss_rtn_km),
            number_cell(point.miss_sigma_km, 3),
            number_cell(sigmas, 1),
            time_cell(point.tca, digits=1),
            number_cell(moved_s, 2, signed=True),
        )))  # fmt: skip
    return Table(
        caption="What each cycle said of this approach, the newest first",
        heads=(
            Head(title="Cycle"),
            Head(title="Level"),
            Head(title="Miss", unit="km", numeric=True),
            *(Head(title=axis, unit="km", numeric=True) for axis, _ in _AXES),
            Head(title="1σ", unit="km", numeric=True),
            Head(
                title="Change",
                unit="σ",
                numeric=True,
                meaning="Change of the miss distance in sigmas of the cycle before",
            ),
            Head(title="TCA", unit="UTC"),
            Head(title="TCA moved", unit="s", numeric=True),
        ),
        rows=tuple(rows),
    )


def _state_table(event: EventRecord, catalogue: Catalogue) -> Table:
    states = (
        (event.primary, event.primary_position_km, event.primary_velocity_km_s),
        (event.secondary, event.secondary_position_km, event.secondary_velocity_km_s),
    )
    return Table(
        caption=f"States at TCA, ICRF axes, centred on {catalogue.record.body.name.capitalize()}",
        heads=(
            Head(title="Object"),
            *(Head(title=axis, unit="km", numeric=True) for axis in "XYZ"),
            *(Head(title=f"V{axis}", unit="km/s", numeric=True) for axis in "XYZ"),
        ),
        rows=tuple(
            TableRow(cells=(
                Cell(text=catalogue.name(key)),
                *(number_cell(value, 6) for value in position_km),
                *(number_cell(value, 9) for value in velocity_km_s),
            ))
            for key, position_km, velocity_km_s in states
        ),
    )  # fmt: skip


def events_table(
    events: Sequence[EventRecord], catalogue: Catalogue, links: Links, *, caption: str, with_anchors: bool = False
) -> Table:
    """Events by TCA; where there are too many for a page, the most severe and nearest of them."""
    ranked = sorted(events, key=lambda event: (-SEVERITY[event.level], nearness_km(event)))
    kept, cut = limited(ranked, what="event")
    shown = ("miss_km", "miss_r_km", "miss_t_km", "miss_n_km", "miss_sigma_km", "relative_speed_km_s",
             "approach_angle_deg", "altitude_km")  # fmt: skip
    surfaces = any(event.surface_km is not None for event in kept)
    keys = ("miss_km", "surface_km", *shown[1:]) if surfaces else shown
    rows = [
        TableRow(
            anchor=event.event_id if with_anchors else None,
            cells=(
                Cell(text=f"{event.primary} – {event.secondary}", href=_row_href(event, catalogue, links)),
                level_cell(event.level),
                time_cell(event.tca, digits=1),
                *(_flagged(cell(_COLUMN[key], event), event, key) for key in keys),
            ),
        )
        for event in sorted(kept, key=lambda event: event.tca)
    ]  # fmt: skip
    return Table(
        caption=caption,
        heads=(
            Head(title="Pair", meaning="Primary and secondary; leads to the event's page, or to the pair's"),
            Head(title="Level"),
            head(_COLUMN["tca_utc"]),
            *(head(_COLUMN[key]) for key in keys),
        ),
        rows=tuple(rows),
        twins=(("CSV", f"{links.cycle}events.csv"), ("JSON", f"{links.cycle}events.json")),
        filter_label="Filter events" if len(rows) > 1 else None,
        note=_BOUNDARY_NOTE if any(event.at_boundary for event in kept) else None,
        cut=cut,
    )


def _row_href(event: EventRecord, catalogue: Catalogue, links: Links) -> str:
    """The event's page; that of its pair if it has none."""
    if event.event_id in catalogue.detailed:
        return links.event(event.event_id)
    return links.pair(catalogue.pairs[event.primary, event.secondary])


def _flagged(plain: Cell, event: EventRecord, key: str) -> Cell:
    """The miss distance of an event at an end of coverage carries a mark, explained below the table."""
    if key != "miss_km" or not event.at_boundary:
        return plain
    return Cell(text=plain.text, sort=plain.sort, mark=_BOUNDARY_MARK)
