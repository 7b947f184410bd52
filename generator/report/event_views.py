"""Views of one close approach: its card, its page, its row among others, and its history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nearpass.encounter.alert import Level
from nearpass.encounter.uncertainty import Basis
from nearpass.record.coordination import coordination
from nearpass.record.judging import formation_of
from nearpass.record.record import EventRecord, InputRecord
from nearpass.report import (
    board,
    crossing_views,
    event_head,
    event_tables,
    note_views,
    partner_views,
    remark_views,
    risk_views,
    solution_views,
    wording,
)
from nearpass.report.board import BoardRow
from nearpass.report.catalogue import Catalogue, Links, nearness_km
from nearpass.report.crossing_views import EventCrossings
from nearpass.report.event_card import EventCard, due
from nearpass.report.event_head import Decision
from nearpass.report.partner_views import PartnerView
from nearpass.report.risk_views import Probability, Trade
from nearpass.report.solution_views import EventSolutions
from nearpass.report.tables import EVENT_COLUMNS
from nearpass.report.views import AXES, Fact, Table
from nearpass.report.wording.acting import warnings, who_acts

UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """Everything on an event's page but its plots, in the order of the page."""

    card: EventCard
    headline: str
    past: str
    summary: str
    decision: Decision
    row: BoardRow
    by_cycle: Table | None
    timing: tuple[Fact, ...]
    place: tuple[Fact, ...]
    motion: tuple[Fact, ...]
    components: Table
    sources: Table
    basis: tuple[str, ...]
    plane: tuple[Fact, ...]
    probability: Probability
    together: tuple[str, ...]
    crossings: EventCrossings
    trade: Trade | None
    no_trade: str
    messages: tuple[tuple[str, str], ...]
    history: Table | None
    solutions: EventSolutions | None
    partners: tuple[PartnerView, ...]
    states: Table
    inputs: tuple[InputRecord, ...]
    permalink: str
    pair_href: str


def event_card(event: EventRecord, catalogue: Catalogue, links: Links) -> EventCard:
    """The card of an event."""
    cutoff = catalogue.record.window.start
    surface = event.surface_km is not None
    acting = coordination(catalogue.record, event)
    closed = acting.closed_by is not None
    by, machine = due(event.deadline, "no deadline", closed=closed)
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
        pc=wording.WITHHELD if _unsure(event, catalogue) else risk_views.value(event.probability),
        pc_basis=risk_views.basis(event.probability),
        max_pc=risk_views.highest(event.probability),
        max_side=risk_views.side(event, catalogue),
        reason=wording.sentence(wording.said(event.reason)),
        change=wording.sentence(change_text(event, catalogue)),
        deadline=by,
        deadline_machine=machine,
        decider=_decider(event, catalogue),
        burn=_burn(event),
        conditions=_conditions(event),
        boundary="At an end of coverage: the true minimum may lie outside it." if event.at_boundary else None,
        acts=who_acts(acting),
        unsettled=warnings(acting),
        closed=closed,
    )


def _conditions(event: EventRecord) -> str:
    if event.light_time_s is None:
        return "light time and SEP unknown"
    return f"light time {wording.span(event.light_time_s)}, SEP {wording.number(event.sep_deg, 0)}°"


def _components(event: EventRecord) -> tuple[tuple[str, str], ...]:
    if event.miss_rtn_km is None:
        return ()
    digits = wording.km_digits(event.miss_km)
    return tuple(
        (axis, wording.number(value, digits, signed=True))
        for (axis, _), value in zip(AXES, event.miss_rtn_km, strict=True)
    )


def _sigma(event: EventRecord, catalogue: Catalogue) -> str:
    if event.miss_sigma_km is not None:
        declared = [catalogue.name(item.object_id) for item in event.uncertainty if item.basis is Basis.DECLARED]
        learned = [catalogue.name(item.object_id) for item in event.uncertainty if item.basis is Basis.LEARNED]
        model = f" by the declared model of {wording.listing(declared)}" if declared else ""
        model += f" by what was learned of {wording.listing(learned)}" if learned else ""
        return wording.distance(event.miss_sigma_km) + model
    why = _no_sigma(event, catalogue)
    return why if why == UNKNOWN or _unsure(event, catalogue) else f"{UNKNOWN}, {why}"


def _no_sigma(event: EventRecord, catalogue: Catalogue) -> str:
    """Why no sigma is given."""
    kept = _unsure(event, catalogue)
    if kept:
        return f"{wording.WITHHELD}, with the covariance of {wording.listing(kept)}"
    given = {item.object_id for item in event.uncertainty}
    missing = [catalogue.name(key) for key in (event.primary, event.secondary) if key not in given]
    return f"no covariance for {wording.listing(missing)}" if missing else UNKNOWN


def _unsure(event: EventRecord, catalogue: Catalogue) -> list[str]:
    """Names of the objects whose covariances this edition may not hold."""
    items = (catalogue.objects.get(key) for key in (event.primary, event.secondary))
    return [item.name for item in items if item is not None and "covariances" in item.withheld]


def _decider(event: EventRecord, catalogue: Catalogue) -> str:
    item = catalogue.objects.get(event.deadline_object) if event.deadline_object else None
    if item is None:
        return _nobody(event) if event.deadline is None else ""
    lead = f", {wording.plain(item.lead_time_h)}\u00a0h lead time" if item.lead_time_h is not None else ""
    return item.name + (f" ({item.operator})" if item.operator else "") + lead


def _burn(event: EventRecord) -> str:
    act = next((act for act in event.commands if act.object_id == event.deadline_object), None)
    return wording.last_burn(act) if act else ""


def _nobody(event: EventRecord) -> str:
    """Why there is no deadline."""
    if event.commands:
        return "no contact before the last useful burn is known"
    return "no lead time of either object is configured"


def change_text(event: EventRecord, catalogue: Catalogue) -> str:
    """How the event differs from the cycle before."""
    previous = catalogue.record.previous_cycle_id
    if previous is None:
        return "first cycle of the archive"
    if not event.history:
        return "new in this cycle"
    last = event.history[-1]
    since = "since the previous cycle" if last.cycle_id == previous else f"since cycle {last.cycle_id}"
    before, now = wording.distance(last.miss_km), wording.distance(event.miss_km)
    text = f"miss {before} → {now} {since}" if before != now else f"miss unchanged {since}"
    if last.miss_sigma_km and before != now:
        text += f" ({wording.number(abs(event.miss_km - last.miss_km) / last.miss_sigma_km, 1)} σ)"
    return text if last.level is event.level else f"{text}; was {last.level.value}"


def summary(event: EventRecord, catalogue: Catalogue) -> str:
    """A paragraph that can be quoted without the page."""
    sigma = (
        f"Uncertainty (1 sigma along the miss): {_sigma(event, catalogue)}."
        if event.miss_sigma_km is not None
        else f"The uncertainty is unknown: {_no_sigma(event, catalogue)}."
    )
    who = _who(event.primary, catalogue), _who(event.secondary, catalogue)
    parts = [
        event_head.quote(event, who, catalogue, sigma=sigma, probability=_probability(event, catalogue)),
        *([line] if (line := remark_views.approximations([event.approximate])) else []),
        f"The approach is {event.level.value}: {wording.said(event.reason)}.",
    ]
    if event.level is Level.RED and event.deadline is not None:
        parts.append(f"A decision is due by {wording.moment_to_minute(event.deadline)}.")
    if event.level is Level.RED and event.deadline is None:
        parts.append(f"No deadline is known: {_nobody(event)}.")
    if event.at_boundary:
        parts.append("It lies at an end of coverage, so that the true minimum may lie outside.")
    return " ".join([*parts, _before(event)])


def _probability(event: EventRecord, catalogue: Catalogue) -> str:
    found = event.probability
    if found.pc is None:
        return f"No probability of collision is given: {risk_views.why(found)}.{risk_views.bound(event, catalogue)}"
    by = f", by {risk_views.method(found.method)}" if found.method else ""
    top = f", and {risk_views.at_most(found.max_pc)} with the uncertainty scaled to any size" if found.max_pc else ""
    return f"The probability of collision is {wording.probability(found.pc)}{by}{top}."


def _before(event: EventRecord) -> str:
    """What the cycle before said, as a sentence."""
    if not event.history:
        return "No earlier cycle listed it."
    last = event.history[-1]
    text = f"Cycle {last.cycle_id} gave {wording.distance(last.miss_km)}"
    if last.miss_sigma_km:
        moved = wording.number(abs(event.miss_km - last.miss_km) / last.miss_sigma_km, 1)
        text += f" ({moved} sigma of that estimate away)"
    return f"{text}."


def _who(object_id: str, catalogue: Catalogue) -> str:
    item = catalogue.objects.get(object_id)
    return f"{item.name} ({item.operator})" if item and item.operator else catalogue.name(object_id)


def event_page(event: EventRecord, catalogue: Catalogue, links: Links) -> EventPage:
    """All that an event's page says."""
    record = catalogue.record
    members = {event.primary, event.secondary}
    card = event_card(event, catalogue, links)
    headline, past = board.passing(event, catalogue, card.miss)
    notes, partners = note_views.notes_of_event(record, event.event_id), partner_views.of_event(event, record)
    return EventPage(
        card=card,
        headline=headline,
        past=past,
        summary=summary(event, catalogue),
        decision=event_head.decision(event, card, catalogue, notes, partners),
        row=board.row(event, catalogue),
        by_cycle=event_head.by_cycle(event, links),
        timing=_timing(event),
        place=_place(event),
        motion=_motion(event),
        components=event_tables.sure_table(event),
        sources=event_tables.source_table(event, catalogue, links),
        basis=_basis(event, catalogue),
        plane=_plane(event),
        probability=risk_views.probability(event, catalogue),
        together=tuple(
            risk_views.together(found, catalogue.events)
            for found in catalogue.pairs[event.primary, event.secondary].together
            if event.event_id in found.event_ids
        )
        + ((remark_views.stretch_risk(flown),) if (flown := formation_of(event, record)) is not None else ()),
        crossings=crossing_views.event_crossings(event, catalogue, links),
        trade=risk_views.trade(event, catalogue),
        no_trade=f"No manoeuvre is computed. Commanding: {risk_views.commanding(event, catalogue)}.",
        messages=links.messages(event.event_id),
        history=event_tables.history_table(event, links) if event.history else None,
        solutions=solution_views.of_event(event, catalogue, links),
        partners=partners,
        states=event_tables.state_table(event, catalogue),
        inputs=tuple(item for item in record.inputs if item.object_id in members),
        permalink=links.permalink(event.event_id),
        pair_href=links.pair(catalogue.pairs[event.primary, event.secondary]),
    )


def _timing(event: EventRecord) -> tuple[Fact, ...]:
    tdb = EVENT_COLUMNS["tca_tdb"].text(event).replace("T", " ")
    return (
        Fact(
            label="TCA, UTC",
            value=wording.instant(event.tca, 3),
            machine=wording.machine_time(event.tca),
            note=f"TDB {tdb[:-3]}",
        ),
    )


def _basis(event: EventRecord, catalogue: Catalogue) -> tuple[str, ...]:
    """What the uncertainty of each object rests on, where there is more to say than the table of sources does."""
    given = {item.object_id: item for item in event.uncertainty}
    lines = []
    for key in (event.primary, event.secondary):
        item, name = given.get(key), catalogue.name(key)
        remark = f" {wording.sentence(wording.said(item.remark))}" if item and item.remark else ""
        if item is None:
            lines.append(
                f"{name}: no usable covariance was delivered for that time and no model is declared. None is assumed."
            )
        elif item.basis is Basis.DECLARED:
            lines.append(
                f"{name}: the publisher's declared model ({wording.said(item.source)}), because no usable covariance "
                f"was delivered for that time.{remark}"
            )
        elif item.basis is Basis.LEARNED:
            lines.append(f"{name}: a model {wording.said(item.source)}.{remark}")
        elif remark:  # else the table of sources says all there is
            lines.append(f"{name}: the covariance that came with its ephemeris.{remark}")
    return tuple(lines)


def _place(event: EventRecord) -> tuple[Fact, ...]:
    latitude_deg = event.latitude_deg
    if latitude_deg is None:
        return ()
    latitude = f"{wording.number(abs(latitude_deg), 1)}° {'N' if latitude_deg >= 0 else 'S'}"
    return (
        Fact(label="Altitude", value=wording.quantity(event.altitude_km, 1, "km"), note="of the primary"),
        Fact(label="Latitude, east longitude", value=f"{latitude}, {wording.number(event.longitude_east_deg, 1)}°"),
    )


def _motion(event: EventRecord) -> tuple[Fact, ...]:
    if event.relative_velocity_rtn_km_s is None:
        return ()
    velocity = "  ".join(
        f"{axis} {wording.number(value, 3, signed=True)}"
        for (axis, _), value in zip(AXES, event.relative_velocity_rtn_km_s, strict=True)
    )
    return (
        Fact(label="Relative speed", value=wording.quantity(event.relative_speed_km_s, 4, "km/s"),
             note=f"{velocity} km/s"),
        Fact(label="Approach angle", value=f"{wording.number(event.approach_angle_deg, 1)}°",
             note="between the velocities"),
    )  # fmt: skip


def _plane(event: EventRecord) -> tuple[Fact, ...]:
    plane = event.b_plane
    if plane is None:
        return ()
    return (
        Fact(label="B-plane ξ", value=wording.quantity(plane.miss_xi_km, 3, "km"), note="towards radial"),
        Fact(label="B-plane ζ", value=wording.quantity(plane.miss_zeta_km, 3, "km")),
        Fact(label="Hard-body radius", value=risk_views.hard_body_radius(plane.hbr_km), note="both objects together"),
    )  # fmt: skip
