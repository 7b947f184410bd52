"""Views of the risk of one approach: probability of collision with its method, and what a manoeuvre would do."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from nearpass.astro.epochs import Epoch
from nearpass.record.record import EventRecord, MethodRecord, ProbabilityRecord, TogetherRecord, TradeRecord
from nearpass.report import wording
from nearpass.report.catalogue import Catalogue
from nearpass.report.views import Cell, Fact, Field, Mark, Table, number_cell, probability_cell, tabled

SENSITIVITY_ROWS: Final = 7
NEGLIGIBLE: Final = (
    f"It stays below {wording.LEAST_PROBABILITY:.0e} for every factor on the hard-body radius and on the sigmas "
    "that was tried."
)
METHOD_WORDS: Final = {
    "FOSTER-1992": ("Foster, 2-D", "integral over the disc in the encounter plane"),
    "PATERA-2001": ("Patera, 2-D", "contour of the disc in the encounter plane"),
    "HALL-2021-2D-NC": ("Hall, 2-D Nc", "expected number of collisions, rate at its peak"),
    "HALL-2021-3D-NC": ("Hall, 3-D Nc", "expected number of collisions along curved orbits"),
    "MONTE-CARLO": ("Monte Carlo", "simulation with many trials"),
}
"""Methods by the names that the record and the messages use: in short, and what they do."""
FOLDED_PC: Final = 1e-10
"""Below it a probability takes one sentence of a page, if no scaling of the sigmas brings it to the yellow limit."""
LEAST_YELLOW_PC: Final = 1e-7
"""The limit where the publisher sets none."""
CONJUNCTION_DEG: Final = 3.0
"""Sun-Earth-Probe angle below which links are unreliable: spacecraft at Mars are not commanded then."""
TRADE_ROWS: Final = 12
UNCERTAIN: Final = "≈"
"""Before the size of a burn that is so only at one instant."""
_HOUR_S: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Probability:
    """Probability of collision as an event's page tells it. Tables are None where there is nothing to show.

    ``negligible`` stands in for a sensitivity that is nothing throughout. ``folded`` is the one sentence that stands
    for everything where no scaling of the sigmas brings it near a threshold, and the rest folds below it.
    """

    statement: str
    facts: tuple[Fact, ...]
    methods: Table | None
    sensitivity: tuple[Table, ...]
    negligible: str | None
    folded: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """What an along-track manoeuvre would do."""

    statement: str
    table: Table


def value(found: ProbabilityRecord) -> str:
    """``3.1e-5``, or ``none``."""
    return "none" if found.pc is None else wording.probability(found.pc)


def at_most(pc: float) -> str:
    """A bound: ``at most 3.1e-5``, or ``below 1e-20``."""
    text = wording.probability(pc)
    return text if pc < wording.LEAST_PROBABILITY else f"at most {text}"


def basis(found: ProbabilityRecord) -> str:
    """By which method, or why there is none; why this method stands on the event's page."""
    return why(found) if found.pc is None or found.method is None else f"by {method(found.method)}"


def method(name: str) -> str:
    """A method in words; a name that is not known here as it is."""
    return METHOD_WORDS[name][0] if name in METHOD_WORDS else name


def why(found: ProbabilityRecord) -> str:
    """Why this method, or why none."""
    return wording.said(found.why)


def highest(found: ProbabilityRecord) -> str | None:
    """The highest value over all scalings of the covariance, or over any covariance of one that has none."""
    return None if found.max_pc is None else wording.probability(found.max_pc)


def side(event: EventRecord, catalogue: Catalogue) -> str:
    """On which side of the highest value the present one lies, or what that is a bound for; empty where not known."""
    found = event.probability
    if found.max_pc_missing == "both":
        return "for round sigmas of any size"
    if found.max_pc_missing is not None:
        return f"a bound for any covariance of {_missing(event, catalogue)}"
    if found.in_dilution is None:
        return ""
    return "diluted, smaller sigmas raise it" if found.in_dilution else "not diluted, smaller sigmas lower it"


def bound(event: EventRecord, catalogue: Catalogue) -> str:
    """What the probability can be at most without one covariance, as a sentence after another; empty where not so."""
    found = event.probability
    if found.max_pc is None or found.max_pc_missing not in ("primary", "secondary"):
        return ""
    name, most = _missing(event, catalogue), at_most(found.max_pc)
    return f" Whatever the missing covariance of {name} is, it is {most}: a bound, no estimate."


def _missing(event: EventRecord, catalogue: Catalogue) -> str:
    """Name of the object whose covariance is missing."""
    return catalogue.name(event.primary if event.probability.max_pc_missing == "primary" else event.secondary)


def counted(found: ProbabilityRecord) -> str | None:
    """The time in which a collision was counted, about TCA."""
    if found.span_s is None:
        return None
    start_s, stop_s = found.span_s
    before, after = (wording.span(abs(value)) for value in found.span_s)
    return f"{before} {'before' if start_s <= 0.0 else 'after'} to {after} {'after' if stop_s >= 0.0 else 'before'} TCA"


def probability(event: EventRecord, catalogue: Catalogue) -> Probability:
    """All that an event's page says of its probability of collision."""
    found = event.probability
    if found.pc is None:
        lead = f"No probability of collision is given: {why(found)}.{bound(event, catalogue)}"
    else:
        by = f" by {method(found.method)}" if found.method else ""
        lead = f"The probability of collision is {wording.probability(found.pc)}{by}. {wording.sentence(why(found))}"
    return Probability(
        statement=lead if found.in_dilution is None else f"{lead} {_side(found)}",
        facts=_facts(event, catalogue),
        methods=_methods(found) if found.methods else None,
        sensitivity=() if _is_negligible(found) else tuple(_sensitivity(event)),
        negligible=NEGLIGIBLE if _is_negligible(found) else None,
        folded=_folded(found, catalogue.record.thresholds.yellow_pc),
    )


def commanding(event: EventRecord, catalogue: Catalogue) -> str:
    """Whether anyone can still command a manoeuvre in time, in words."""
    able = [key for key in (event.primary, event.secondary) if _can_manoeuvre(key, catalogue)]
    if not able:
        return "unknown: of neither object a lead time is configured"
    if event.commands and event.deadline is None:
        return "not possible: no contact before the last useful burn is known"
    if event.deadline is not None and event.deadline <= catalogue.record.window.start:
        return f"no longer possible at the data cut-off: a decision was due {wording.moment_to_minute(event.deadline)}"
    if event.sep_deg is not None and event.sep_deg < CONJUNCTION_DEG:
        return f"unreliable: the Sun is within {CONJUNCTION_DEG:g}° of the line to Earth"
    return f"possible for {wording.listing(able)}"


def _can_manoeuvre(object_id: str, catalogue: Catalogue) -> bool:
    item = catalogue.objects.get(object_id)
    return item is not None and item.lead_time_h is not None


def together(found: TogetherRecord, events: Sequence[EventRecord]) -> str:
    """Several approaches of a pair in one sentence."""
    held = sorted(event.tca for event in events if event.event_id in found.event_ids)
    count = wording.count(len(found.event_ids), "approach", "approaches")
    when = f" {wording.dates(held[0], held[-1])}" if held else ""
    lead = f"Combined Pc of the {count}{when}:"
    if found.pc is not None:
        return f"{lead} {wording.probability(found.pc)} ({wording.said(found.why)})."
    if found.most_pc < wording.LEAST_PROBABILITY:
        return f"{lead} {wording.probability(found.most_pc)}."
    between = f"{wording.probability(found.least_pc)} and {wording.probability(found.most_pc)}"
    return f"{lead} between {between} ({wording.said(found.why)})."


def _folded(found: ProbabilityRecord, yellow_pc: float | None) -> str | None:
    """What stands for all of a probability that is negligible whatever its sigmas; None where it is not."""
    if found.pc is None or found.pc >= FOLDED_PC or found.max_pc is None:
        return None
    limit = yellow_pc if yellow_pc is not None else LEAST_YELLOW_PC
    if found.max_pc >= limit:
        return None
    by = f", by {method(found.method)}" if found.method else ""
    yellow = f", below the yellow limit of {wording.limit_text(yellow_pc)}" if yellow_pc is not None else ""
    return (
        f"Negligible: {wording.probability(found.pc)}{by}. Scaling the sigmas by any common factor leaves it "
        f"{at_most(found.max_pc)}{yellow}."
    )


def _is_negligible(found: ProbabilityRecord) -> bool:
    """Whether the probability is nothing at every factor."""
    values = [pc for _, pc in (*found.hbr_sensitivity, *found.dilution)] + [pc for _, _, pc in found.scale_plane]
    return bool(values) and max(values) < wording.LEAST_PROBABILITY


def _side(found: ProbabilityRecord) -> str:
    top = f"{wording.probability(found.max_pc)}, with sigmas {_times(found.max_pc_scale)}"
    if found.in_dilution:
        return (
            f"It lies on the dilution side: smaller sigmas with the same miss would raise it, up to {top}. "
            "A low value here says that little is known rather than that the approach is safe."
        )
    return (
        "It does not lie on the dilution side: smaller sigmas with the same miss would lower it. "
        f"The highest value is {top}."
    )


def _times(scale: float | None) -> str:
    """``0.42 times as large``: three significant digits."""
    if not scale:
        return "of another size" if scale is None else "that vanish"
    digits = max(0, 2 - math.floor(math.log10(scale))) if scale > 0.0 else 2
    return f"{wording.number(scale, min(digits, 4))} times as large"


def _facts(event: EventRecord, catalogue: Catalogue) -> tuple[Fact, ...]:
    """What neither the sentence about the probability nor the section on uncertainty says."""
    found, facts = event.probability, []
    if found.max_pc is not None and found.in_dilution is None:
        at = side(event, catalogue) or None if found.max_pc_scale is None else f"sigmas {_times(found.max_pc_scale)}"
        facts.append(Fact(label="Highest Pc", value=wording.probability(found.max_pc), note=at))
    if (span := counted(found)) is not None:
        facts.append(Fact(label="Counted", value=span, note="collisions in this time"))
    return tuple(facts)


def hard_body_radius(hbr_km: float) -> str:
    """A hard-body radius, in metres below a kilometre."""
    if hbr_km < 1.0:
        return wording.quantity(hbr_km * 1000.0, 1, "m")
    return wording.quantity(hbr_km, 3, "km")


def _methods(found: ProbabilityRecord) -> Table:
    fields: tuple[Field[MethodRecord], ...] = (
        Field("Method", lambda item: ": ".join(METHOD_WORDS.get(item.name, (item.name,)))),
        Field("Pc", lambda item: probability_cell(item.pc), numeric=True),
        Field("Remark", lambda item: _remark(wording.said(item.reason) if item.reason else None, item is used)),
    )
    used = next((item for item in found.methods if item.name == found.method), None)
    return tabled(
        "Every method, with its value or why it gives none", found.methods, fields,
        mark=lambda item: "marked" if item is used else None,
    )  # fmt: skip


def _remark(reason: str | None, used: bool) -> str:
    return "; ".join(text for text in ("used" if used else None, reason) if text) or "for comparison"


def _sensitivity(event: EventRecord) -> list[Table]:
    found = event.probability
    hbr = hard_body_radius(event.b_plane.hbr_km) if event.b_plane else None
    rows = (
        (f"Pc if the hard-body radius{f' of {hbr}' if hbr else ''} is scaled", "Radius", found.hbr_sensitivity),
        ("Pc if all sigmas are scaled", "Sigmas", found.dilution),
    )
    return [_factors(caption, title, points) for caption, title, points in rows if points]


def _factors(caption: str, title: str, points: Sequence[tuple[float, float]]) -> Table:
    fields: tuple[Field[tuple[float, float]], ...] = (
        Field(title, lambda point: number_cell(point[0], 2), unit="×", numeric=True),
        Field("Pc", lambda point: probability_cell(point[1]), numeric=True),
    )
    return tabled(
        caption, _thinned(points), fields,
        mark=lambda point: "marked" if math.isclose(point[0], 1.0, rel_tol=1e-9) else None,
    )  # fmt: skip


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """A few of the points, evenly, among them the one nearest to factor 1."""
    middle = min(
        range(len(points)), key=lambda index: abs(math.log(points[index][0])) if points[index][0] > 0 else 99.0
    )
    step = max(1, math.ceil(len(points) / SENSITIVITY_ROWS))
    return list(points[middle % step :: step])


def trade(event: EventRecord, catalogue: Catalogue) -> Trade | None:
    """The manoeuvre trade by lead time; None where nobody can manoeuvre or nothing was computed."""
    leads_h = sorted({lead_h for item in event.trades for lead_h, _ in item.rows})
    if not leads_h:
        return None
    last_h = _last_lead_h(event, leads_h)
    fields: tuple[Field[float], ...] = (
        Field("Lead time", lambda lead_h: number_cell(lead_h, 0), unit="h", numeric=True),
        Field("Burn at", lambda lead_h: _minute_cell(event.tca + -lead_h * _HOUR_S), unit="UTC"),
        *(field for item in event.trades for field in _sizes(item, catalogue.name(item.object_id))),
        Field("Remark", lambda lead_h: _remark_on(lead_h, last_h, event)),
    )
    return Trade(
        statement=_trade_statement(event),
        table=tabled(
            "Smallest delta-v along the track by lead time before TCA; negative is against the motion",
            _shown_leads(leads_h, last_h), fields, mark=lambda lead_h: _mark(lead_h, last_h),
        ),
    )  # fmt: skip


def _trade_statement(event: EventRecord) -> str:
    """What the velocity changes are for, and why none is for the probability where that is so."""
    targets = " and ".join(sorted({wording.plain(item.target_km) for item in event.trades}))
    limits = " and ".join(
        sorted({wording.probability(item.target_pc) for item in event.trades if item.target_pc is not None})
    )
    reasons = sorted({wording.said(item.no_pc_reason) for item in event.trades if item.no_pc_reason is not None})
    lowered = f", and apart from that to lower the probability of collision to {limits}" if limits else ""
    held = "The covariance is held as it is; a green event needs both. " if limits else ""
    why_none = "".join(f"No burn is sized by the probability of collision: {reason}. " for reason in reasons)
    marked = any(item.uncertain_h or item.pc_uncertain_h for item in event.trades)
    unsure = f"{UNCERTAIN} marks a size that changes by more than a tenth if the burn is 10 minutes earlier or later. "
    return (
        f"What one burn along the velocity would need to bring the miss distance to {targets} km{lowered}, by the "
        f"motion under the body's gravity and J2. {unsure if marked else ''}{held}{why_none}It serves to compare lead "
        "times; a manoeuvre that is planned needs an ephemeris and a screening of its own."
    )


def _sizes(item: TradeRecord, name: str) -> Iterator[Field[float]]:
    """Columns of an object that can manoeuvre, for the distance and the probability, by lead time."""
    by_distance = partial(_size_cell, dict(item.rows), item.uncertain_h)
    yield Field(item.object_id, by_distance, unit="m/s", numeric=True, meaning=name)
    if item.pc_rows:
        by_pc = partial(_size_cell, dict(item.pc_rows), item.pc_uncertain_h)
        meaning = f"{name}, for the probability of collision"
        yield Field(f"{item.object_id}, for Pc", by_pc, unit="m/s", numeric=True, meaning=meaning)


def _size_cell(sizes_m_s: Mapping[float, float | None], unsure_h: tuple[float, ...], lead_h: float) -> Cell:
    """A velocity change, with a mark where it is that of one instant alone."""
    cell = number_cell(sizes_m_s.get(lead_h), 3, signed=True)
    return replace(cell, text=f"{UNCERTAIN}\u202f{cell.text}") if lead_h in unsure_h else cell


def last_burn_lead_h(event: EventRecord) -> float | None:
    """How long before TCA the last useful burn of who decides is; as early as the deadline in older records."""
    act = next((act for act in event.commands if act.object_id == event.deadline_object), None)
    last = act.burn if act else event.deadline
    return None if last is None else (event.tca - last) / _HOUR_S


def _last_lead_h(event: EventRecord, leads_h: Sequence[float]) -> float | None:
    """The shortest lead time in the table at which a burn is still useful."""
    needed_h = last_burn_lead_h(event)
    return None if needed_h is None else next((lead_h for lead_h in leads_h if lead_h >= needed_h - 1e-6), None)


def _remark_on(lead_h: float, last_h: float | None, event: EventRecord) -> str:
    if last_h is None or lead_h > last_h:
        return ""
    return "after the last useful burn" if lead_h < last_h else f"last useful burn of {event.deadline_object}"


def _mark(lead_h: float, last_h: float | None) -> Mark:
    if last_h is None or lead_h > last_h:
        return None
    return "late" if lead_h < last_h else "marked"


def _minute_cell(epoch: Epoch) -> Cell:
    return Cell(text=wording.minute(epoch), sort=epoch.iso(digits=6), machine=wording.machine_time(epoch))


def _shown_leads(leads_h: Sequence[float], last_h: float | None) -> list[float]:
    """At most about a dozen, closer together where they are short, the last useful burn's among them."""
    if len(leads_h) <= TRADE_ROWS + 3:
        return list(leads_h)
    every_h = np.array(leads_h)
    wanted_h = np.geomspace(max(leads_h[0], 1.0), leads_h[-1], TRADE_ROWS)
    nearest = {leads_h[int(np.argmin(np.abs(every_h - want_h)))] for want_h in wanted_h}
    return sorted(nearest | ({last_h} if last_h is not None else set()))
