"""The first screen of an approach's page: who decides what by when, and how it moved from cycle to cycle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nearpass.record.cycle_id import CycleId
from nearpass.record.record import EventRecord, HistoryPoint
from nearpass.report import risk_views, wording
from nearpass.report.board import deciding, in_sigmas
from nearpass.report.catalogue import Catalogue, Links, nearness_km
from nearpass.report.event_card import EventCard
from nearpass.report.event_tables import FROM_A_HIT, cycle_cell, with_now
from nearpass.report.note_views import NoteView
from nearpass.report.partner_views import PartnerView
from nearpass.report.views import Cell, Fact, Field, Table, level_cell, tabled

CYCLES: Final = 5
"""The newest cycles that the first screen shows; all stand below."""
_LONGEST_NOTE: Final = 140


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The box that says what a decision has to reckon with; ``machine`` is a datetime attribute."""

    verb: str
    by: str
    machine: str | None
    facts: tuple[Fact, ...]


def decision(
    event: EventRecord,
    card: EventCard,
    catalogue: Catalogue,
    notes: Sequence[NoteView],
    partners: Sequence[PartnerView] = (),
) -> Decision:
    """By when, who, whether commands get through, the smallest burn, whether partners agree, and the newest note."""
    facts = [Fact(label="Who", value="; ".join(filter(None, (card.decider, card.burn))) or "no operator known")]
    if card.acts or card.unsettled:
        facts.append(Fact(label="Who acts", value=" ".join(filter(None, (card.acts, *card.unsettled)))))
    light = f"; {card.conditions}" if event.light_time_s is not None else ""
    facts.append(Fact(label="Commands", value=risk_views.commanding(event, catalogue) + light))
    burn = smallest_burn(event)
    if burn is not None:
        facts.append(Fact(label="Smallest burn", value=burn))
    if partners:
        facts.append(Fact(label="Partners", value=" ".join(view.sentence for view in partners), href="#partners"))
    if notes:
        note = notes[0]
        words = _short([part for part in (note.details, *note.paragraphs) if part])
        said = f"{note.kind}, {note.parties}, {note.when}" + (f": {words}" if words else "")
        facts.append(Fact(label="Log", value=said, href="#said"))
    return Decision(
        verb="Decision due" if card.verb == "Decide by" else card.verb,
        by=card.deadline,
        machine=card.deadline_machine,
        facts=tuple(facts),
    )


def _short(paragraphs: Sequence[str]) -> str:
    """The beginning of a note, cut between words."""
    text = " ".join(" ".join(paragraphs).split())
    return text if len(text) <= _LONGEST_NOTE else f"{text[:_LONGEST_NOTE].rsplit(' ', 1)[0]} …"


def smallest_burn(event: EventRecord) -> str | None:
    """The least velocity change that is enough at the last useful burn; None where none was computed."""
    last_h = risk_views.last_burn_lead_h(event)
    if last_h is None:
        return None
    found = []
    for item in event.trades:
        leads = [(lead_h, size) for lead_h, size in item.rows if size is not None and lead_h >= last_h - 1e-6]
        if leads:
            lead_h, size = min(leads)
            found.append((abs(size), lead_h, item))
    if not found:
        return None
    size, lead_h, item = min(found, key=lambda entry: entry[0])
    about = f"{risk_views.UNCERTAIN} " if lead_h in item.uncertain_h else ""
    return (
        f"{about}{wording.quantity(size, 3, 'm/s')} by {item.object_id} {wording.plain(lead_h)} h before TCA, "
        f"for {wording.plain(item.target_km)} km"
    )


def by_cycle(event: EventRecord, links: Links) -> Table | None:
    """Kilometres and sigmas from a hit by cycle, the newest last; None where no earlier cycle knew the approach."""
    if not event.history:
        return None
    fields: tuple[Field[HistoryPoint], ...] = (
        Field("Cycle", lambda point: cycle_cell(point, links, _short_day(point))),
        Field("Level", lambda point: level_cell(point.level)),
        Field("Miss ± 1σ", lambda point: Cell(text=_miss(point.miss_km, point.miss_sigma_km),
                                              sort=f"{point.miss_km:.9g}", mark="nowrap"), unit="km", numeric=True),
        Field("From a hit", lambda point: _sigmas_cell(point.b_plane_sigmas), unit="σ", numeric=True,
              meaning=FROM_A_HIT),
    )  # fmt: skip
    return tabled("By cycle", with_now(event)[-CYCLES:], fields)


def _short_day(point: HistoryPoint) -> str | None:
    return wording.short_date(CycleId(point.cycle_id).cutoff) if point.cycle_id else None


def _sigmas_cell(sigmas: float | None) -> Cell:
    return Cell(text=wording.DASH, sort="") if sigmas is None else Cell(text=in_sigmas(sigmas), sort=f"{sigmas:.9g}")


def _miss(miss_km: float, sigma_km: float | None) -> str:
    digits = 3 if miss_km < 10.0 else 1
    text = wording.number(miss_km, digits)
    return text if sigma_km is None else f"{text} ± {wording.number(sigma_km, digits)}"


def quote(event: EventRecord, who: tuple[str, str], catalogue: Catalogue, *, sigma: str, probability: str) -> str:
    """The first sentences of the paragraph to quote: who passes whom, when, where, how near, how sure.

    Args:
        event: The approach.
        who: Names of both objects with their operators.
        catalogue: The cycle.
        sigma: What is known of the uncertainty, as a sentence.
        probability: What is known of the probability, as a sentence.
    """
    body = catalogue.record.body.name.capitalize()
    where = f"{wording.number(event.altitude_km, 0)}\u00a0km above {body}"
    if event.latitude_deg is not None:
        where += f" at {wording.number(abs(event.latitude_deg), 0)}° {'north' if event.latitude_deg >= 0 else 'south'}"
    near = wording.distance(nearness_km(event))
    passing = f"will pass within {near} of each other"
    if event.surface_km is not None:
        centres = wording.distance(event.miss_km)
        passing = f"will pass, {near} from the surface of the body ({centres} between the centres)"
    speed = wording.quantity(event.relative_speed_km_s, 1, "km/s")
    parts = [
        f"On {wording.moment(event.tca)}, {who[0]} and {who[1]} {passing}, {where}, at {speed}.",
        sigma,
        *([line] if (line := deciding(event)) else []),
        probability,
    ]
    return " ".join(parts)
