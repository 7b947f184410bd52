"""Views of one object and of one pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from nearpass.encounter.alert import SEVERITY, Level
from nearpass.messages.manoeuvres import QUESTIONS
from nearpass.record.record import CrossingRecord, CycleRecord, EventRecord, InputRecord, ObjectRecord, PairRecord
from nearpass.report import crossing_views, remark_views, risk_views, solution_views, wording
from nearpass.report.catalogue import Catalogue, Links
from nearpass.report.coverage_views import coverage_table, uncovered_table
from nearpass.report.cycle_views import inputs_table, refusals, stretch_words
from nearpass.report.event_tables import events_table
from nearpass.report.quality_views import findings_tables, prediction_words, predictions_table
from nearpass.report.retrieval_views import failure_words, origin_words, uncertainty_fact
from nearpass.report.silence import phase_unknown
from nearpass.report.solution_views import ObjectSolutions
from nearpass.report.verdicts import crossing_alerts
from nearpass.report.views import Cell, Fact, Head, Table, TableRow, number_cell, span_cell
from nearpass.report.wording.findings import SIZES

SHOWN_MANOEUVRES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectPage:
    """Everything on an object's page but its plots. A ``silent`` one may be anywhere on its orbit."""

    name: str
    silent: bool
    statement: str
    remarks: tuple[str, ...]
    facts: tuple[Fact, ...]
    orbit: tuple[Fact, ...]
    note: str | None
    inputs: Table | None
    refused: tuple[tuple[str, str, str], ...]
    events: Table | None
    crossings: Table | None
    pairs: Table | None
    no_inputs: str
    findings: tuple[tuple[str, Table], ...]
    predictions: Table | None
    predicted: tuple[str, ...]
    retrieved: tuple[str, ...]
    not_retrieved: tuple[str, ...]
    solutions: ObjectSolutions | None
    solution_inputs: Table | None
    solution_findings: tuple[tuple[str, Table], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCrossings:
    """Where and when the orbits of a pair cross: in words by branch, ahead by season, in tables.

    Both tables are None where no crossing is listed.
    """

    none: str
    branches: tuple[tuple[Level, str], ...]
    season: tuple[str, ...]
    groups: Table | None
    revolutions: Table | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairPage:
    """Everything on a pair's page but its plots. ``statement`` is what is proven, in words.

    ``level`` is the worst of its approaches and crossings, None where none is listed.
    """

    name: str
    level: Level | None
    statement: tuple[str, ...]
    remarks: tuple[str, ...]
    facts: tuple[Fact, ...]
    events: Table | None
    together: tuple[str, ...]
    crossings: PairCrossings
    uncovered: Table | None
    inputs: tuple[InputRecord, ...]


def object_page(item: ObjectRecord, catalogue: Catalogue, links: Links) -> ObjectPage:
    """All that an object's page says."""
    record = catalogue.record
    deliveries = [delivery for delivery in record.inputs if delivery.object_id == item.id]
    events = [event for event in catalogue.events if item.id in (event.primary, event.secondary)]
    told = [event for event in catalogue.told if item.id in (event.primary, event.secondary)]
    pairs = [pair for pair in record.pairs if item.id in (pair.primary, pair.secondary)]
    others = solution_views.of_object(item, catalogue, links)
    return ObjectPage(
        name=item.name,
        silent=phase_unknown(item),
        statement=_object_statement(item, catalogue),
        remarks=remark_views.remarks(item),
        facts=(*_object_facts(item, record), uncertainty_fact(item, deliveries)),
        orbit=_orbit_facts(item),
        note=item.note,
        inputs=inputs_table(deliveries) if deliveries else None,
        refused=refusals(deliveries),
        events=events_table(events, catalogue, links, caption=f"Approaches of {item.name}", told=told)
        if events or told
        else None,
        crossings=_object_crossings(item, catalogue, links),
        pairs=coverage_table(pairs, links) if item.shown == "full" else None,
        no_inputs=no_inputs([item]),
        findings=findings_tables(deliveries),
        predictions=predictions_table(item),
        predicted=prediction_words(item),
        retrieved=origin_words(deliveries),
        not_retrieved=failure_words(deliveries),
        solutions=others,
        solution_inputs=inputs_table(others.inputs, "Inputs of other solutions") if others else None,
        solution_findings=findings_tables(others.inputs) if others else (),
    )


def no_inputs(items: Sequence[ObjectRecord | None]) -> str:
    """Why a page lists no delivery of some objects."""
    known = [item for item in items if item is not None]
    if any(item.shown != "full" or "deliveries" in item.withheld for item in known):
        return "The deliveries are withheld in this edition."
    return "No delivery is recorded."


def _object_crossings(item: ObjectRecord, catalogue: Catalogue, links: Links) -> Table | None:
    groups = crossing_views.grouped([c for c in catalogue.record.crossings if item.id in (c.primary, c.secondary)])
    caption = f"Where the orbit of {item.name} passes near another, by pair and branch"
    return crossing_views.groups_table(groups, catalogue, links, caption=caption) if groups else None


def _object_statement(item: ObjectRecord, catalogue: Catalogue) -> str:
    if phase_unknown(item):
        return f"{wording.sentence(wording.PHASE_UNKNOWN)} {_crossing_pairs(item, catalogue)}"
    if item.shown != "full":
        red_or_yellow = [event for event in catalogue.told if item.id in (event.primary, event.secondary)]
        count = wording.count(len(red_or_yellow), "red or yellow approach", "red or yellow approaches")
        return f"This edition shows only the red and yellow approaches of this object: {count}."
    if not item.coverage:
        return "No ephemeris in use covers the window: this object was not screened."
    return f"{_listed(item, catalogue)} {covered_share(item, catalogue.record)} of the window is covered."


def _listed(item: ObjectRecord, catalogue: Catalogue) -> str:
    """How many approaches are listed, by level."""
    events = [event for event in catalogue.record.approaches if item.id in (event.primary, event.secondary)]
    red = sum(event.level is Level.RED for event in events)
    yellow = sum(event.level is Level.YELLOW for event in events)
    return (
        f"{wording.count(len(events), 'approach', 'approaches')} listed: {red} red, {yellow} yellow, "
        f"{len(events) - red - yellow} green."
    )


def _crossing_pairs(item: ObjectRecord, catalogue: Catalogue) -> str:
    """How many orbits the object's orbit crosses, and how many of them within an alert threshold."""
    record = catalogue.record
    crossed = {(c.primary, c.secondary) for c in record.crossings if item.id in (c.primary, c.secondary)}
    limit = wording.plain(record.thresholds.crossing_limit_km)
    if not crossed:
        return f"Its orbit passes no other within {limit} km in the window."
    levels = [level for pair, level in crossing_alerts(record).items() if pair in crossed]
    red, yellow = levels.count(Level.RED), levels.count(Level.YELLOW)
    text = f"Its orbit passes {wording.count(len(crossed), 'other')} within {limit} km: {red} red, {yellow} yellow."
    return f"{text} No time of closest approach can be given for any of them."


def covered_share(item: ObjectRecord, record: CycleRecord) -> str:
    """How much of the window an object's ephemeris covers."""
    covered_s = sum(span.length_s for span in item.coverage)
    return f"{wording.number(100.0 * covered_s / record.window.length_s, 1)} %"


def _object_facts(item: ObjectRecord, record: CycleRecord) -> tuple[Fact, ...]:
    size = (
        Fact(label="Hard-body radius", value=f"{_short_m(item.hbr_m)} m", note=_size_note(item))
        if item.hbr_m is not None
        else Fact(
            label="Radius", value=f"{wording.plain(item.radius_km)} km" if item.radius_km is not None else wording.DASH
        )
    )
    if item.shown != "full":
        return _named_facts(item)
    lead = f"{wording.plain(item.lead_time_h)} h" if item.lead_time_h is not None else "none configured"
    proof = {"exact": "its own polynomials", "sampled": "fitted, error sampled", None: wording.DASH}[item.proof]
    if item.approximation is not None:
        how = {
            "theory": "an analytic theory",
            "secular J2": "its last orbit, by secular J2 drift",
            "one state": "one delivered state, by gravity and J2",
        }[item.approximation.kind]
        proof = f"{how}; approximate, up to {wording.number(item.approximation.error_km, 0)} km off"
    return (
        Fact(label="Identifier", value=item.id),
        Fact(label="Operator", value=item.operator or wording.DASH),
        Fact(label="NAIF id", value=str(item.naif_id) if item.naif_id is not None else wording.DASH),
        Fact(label="Kind", value=item.kind),
        size,
        *_delivered_facts(item, record),
        Fact(label="Command lead time", value=lead),
        Fact(label="Position along orbit", value=item.phase),
        Fact(label="Ephemeris covers", value=covered_share(item, record), note=_coverage_spans(item)),
        Fact(label="Screened from", value=proof),
    )  # fmt: skip


def _short_m(radius_m: float) -> str:
    """A configured radius as it is written, a derived one to a centimetre."""
    return wording.plain(round(radius_m, 2))


def _size_note(item: ObjectRecord) -> str | None:
    return f"of the delivery, {SIZES[item.hbr_source]}" if item.hbr_source is not None else None


def _delivered_facts(item: ObjectRecord, record: CycleRecord) -> Iterator[Fact]:
    """Mass and manoeuvres of the delivery in use, where it tells them."""
    entry = next((one for one in record.inputs if one.object_id == item.id and one.refusal is None), None)
    if entry is None:
        return
    if entry.mass_kg is not None:
        yield Fact(label="Mass", value=f"{wording.plain(entry.mass_kg)} kg", note="of the delivery, with propellant")
    if entry.manoeuvres:
        first = sorted(entry.manoeuvres, key=lambda one: one.at)[:SHOWN_MANOEUVRES]
        told = [
            f"{wording.moment_to_minute(one.at)}, {wording.quantity(one.size_m_s, 3, 'm/s')}"
            + (f", {one.basis.lower()}" if one.basis else "")
            for one in first
        ]
        rest = len(entry.manoeuvres) - len(first)
        more = f"; and {rest} more" if rest else ""
        note = "nearpass whatif asks what those proposed would do"
        proposed = any(one.basis in QUESTIONS for one in entry.manoeuvres)
        yield Fact(label="Manoeuvres in the delivery", value="; ".join(told) + more, note=note if proposed else None)


def _named_facts(item: ObjectRecord) -> tuple[Fact, ...]:
    """What an edition says of an object whose orbit it may not hold."""
    return (
        Fact(label="Identifier", value=item.id),
        Fact(label="Operator", value=item.operator or wording.WITHHELD),
        Fact(label="NAIF id", value=str(item.naif_id) if item.naif_id is not None else wording.WITHHELD),
        Fact(label="Kind", value=item.kind),
        Fact(label="Orbit, ephemeris, size, lead time", value=wording.WITHHELD),
    )


def _coverage_spans(item: ObjectRecord) -> str | None:
    parts = [f"{wording.minute(span.start)} to {wording.minute(span.stop)}" for span in item.coverage]
    if len(parts) > 4:
        parts = [*parts[:3], f"{len(parts) - 3} more"]
    return "; ".join(parts) or None


def _orbit_facts(item: ObjectRecord) -> tuple[Fact, ...]:
    orbit = item.orbit
    if orbit is None:
        return ()
    return (
        Fact(label="Periapsis altitude", value=wording.quantity(orbit.periapsis_altitude_km, 1, "km")),
        Fact(label="Apoapsis altitude", value=wording.quantity(orbit.apoapsis_altitude_km, 1, "km")),
        Fact(label="Inclination", value=f"{wording.number(orbit.inclination_deg, 2)}°", note="to the body's equator"),
        Fact(label="Eccentricity", value=wording.number(orbit.eccentricity, 5)),
        Fact(label="Period", value=wording.span(orbit.period_s) if orbit.period_s is not None else wording.DASH),
        Fact(label="Osculating at", value=f"{wording.minute(orbit.epoch)} UTC"),
    )


def objects_table(record: CycleRecord, catalogue: Catalogue) -> Table:
    """All objects with their orbits and ephemerides; each leads to its page beside this one."""
    return Table(
        caption="Objects of the newest cycle",
        heads=(
            Head(title="Object"), Head(title="Name"), Head(title="Operator"),
            Head(title="Periapsis", unit="km", numeric=True), Head(title="Apoapsis", unit="km", numeric=True),
            Head(title="Inclination", unit="deg", numeric=True), Head(title="Ephemeris"),
            Head(title="Age"), Head(title="Covered", unit="%", numeric=True),
            Head(title="Red", numeric=True), Head(title="Yellow", numeric=True), Head(title="Listed", numeric=True),
        ),
        rows=tuple(_object_row(item, record, catalogue) for item in record.objects),
        filter_label="Filter objects" if len(record.objects) > 9 else None,
    )  # fmt: skip


def _object_row(item: ObjectRecord, record: CycleRecord, catalogue: Catalogue) -> TableRow:
    events = [event for event in catalogue.record.approaches if item.id in (event.primary, event.secondary)]
    levels = [event.level for event in events]
    used = next((d for d in record.inputs if d.object_id == item.id and d.refusal is None), None)
    orbit = item.orbit
    covered_s = sum(span.length_s for span in item.coverage)
    known = item.shown == "full" and not phase_unknown(item)
    return TableRow(cells=(
        Cell(text=item.id, href=f"{item.id}.html"),
        Cell(text=item.name),
        Cell(text=item.operator or wording.DASH),
        number_cell(orbit.periapsis_altitude_km if orbit else None, 0),
        number_cell(orbit.apoapsis_altitude_km if orbit else None, 0),
        number_cell(orbit.inclination_deg if orbit else None, 1),
        Cell(text=_ephemeris_state(item, record.inputs)),
        span_cell(used.age_s if used else None),
        number_cell(100.0 * covered_s / record.window.length_s if known else None, 1),
        number_cell(levels.count(Level.RED), 0),
        number_cell(levels.count(Level.YELLOW), 0),
        number_cell(len(levels), 0) if item.shown == "full" else Cell(text=wording.WITHHELD, sort=""),
    ))  # fmt: skip


def _ephemeris_state(item: ObjectRecord, inputs: Sequence[InputRecord]) -> str:
    if item.shown != "full":
        return wording.WITHHELD
    remark = remark_views.short(item)
    if phase_unknown(item):
        return f"phase unknown, {remark}" if remark else "phase unknown"
    mine = [delivery for delivery in inputs if delivery.object_id == item.id]
    if any(delivery.refusal is None for delivery in mine):
        return remark or "in use"
    return "refused" if mine else "none"


def pair_page(pair: PairRecord, catalogue: Catalogue, links: Links) -> PairPage:
    """All that a pair's page says; nothing about when or how near where a position along the orbit is unknown."""
    record = catalogue.record
    members = {pair.primary, pair.secondary}
    inputs = tuple(item for item in record.inputs if item.object_id in members)
    name = catalogue.named(pair.primary, pair.secondary)
    crossings = _pair_crossings(pair, catalogue, links)
    remarks = remark_views.remarks_of(item for item in record.objects if item.id in members)
    events = [event for event in catalogue.events if (event.primary, event.secondary) == (pair.primary, pair.secondary)]
    found = crossing_views.of_pair(catalogue, pair)
    if catalogue.unknown(pair.primary, pair.secondary):
        statement: tuple[str, ...] = (
            wording.sentence(wording.PHASE_UNKNOWN),
            "No time of closest approach can be given.",
        )
        return PairPage(
            name=name, level=_worst(found), statement=statement, remarks=remarks, facts=(), events=None, together=(),
            uncovered=None, inputs=inputs, crossings=crossings,
        )  # fmt: skip
    title = f"Approaches of {pair.primary} and {pair.secondary} below {wording.plain(record.thresholds.limit_km)} km"
    return PairPage(
        name=name,
        level=_worst([*events, *found]),
        statement=_pair_statement(pair, catalogue),
        remarks=remarks,
        facts=_pair_facts(pair),
        events=events_table(events, catalogue, links, caption=title) if events else None,
        together=tuple(risk_views.together(found, events) for found in pair.together),
        uncovered=uncovered_table([pair], links) if pair.uncovered else None,
        inputs=inputs,
        crossings=crossings,
    )


def _worst(found: Sequence[EventRecord | CrossingRecord]) -> Level | None:
    return max((item.level for item in found), key=SEVERITY.__getitem__, default=None)


def _no_crossings(items: Sequence[ObjectRecord], limit: str) -> str:
    """What it means that no crossing is listed: not near, not searched, or not to be told."""
    missing = [item.id for item in items if not item.coverage]
    if missing:
        return f"Not searched: no ephemeris in use of {wording.listing(missing)} covers the window."
    if all(phase_unknown(item) for item in items):
        return "Not searched: neither object can be placed along its orbit, and neither can be moved."
    return f"Not within {limit} of each other in the window."


def _pair_crossings(pair: PairRecord, catalogue: Catalogue, links: Links) -> PairCrossings:
    record = catalogue.record
    found = crossing_views.of_pair(catalogue, pair)
    groups = crossing_views.grouped(found)
    ids = {pair.primary, pair.secondary}
    limit = f"{wording.plain(record.thresholds.crossing_limit_km)} km"
    by_branch = f"Crossings of {pair.primary} and {pair.secondary} below {limit}, by branch"
    one_by_one = "Crossings, one row a revolution"
    items = [item for item in record.objects if item.id in ids]
    return PairCrossings(
        none=_no_crossings(items, limit),
        branches=tuple((group.level, crossing_views.statement(group, catalogue)) for group in groups),
        season=tuple(
            crossing_views.season_statement(item, record)
            for item in record.seasons
            if {item.primary, item.secondary} == ids
        ),
        groups=crossing_views.groups_table(groups, catalogue, links, caption=by_branch) if groups else None,
        revolutions=crossing_views.revolutions_table(found, links, caption=one_by_one) if found else None,
    )


def _pair_statement(pair: PairRecord, catalogue: Catalogue) -> tuple[str, ...]:
    if pair.unscreened is not None:
        return (
            wording.sentence(f"not screened: {wording.said(pair.unscreened)}"),
            "How near the two come is unknown.",
        )
    window = catalogue.record.window
    start, stop = wording.minute(window.start), wording.minute(window.stop)
    lines = []
    if pair.nearest is not None:
        end = " This is at an end of coverage: the true minimum may lie outside." if pair.nearest.at_boundary else ""
        near = wording.distance(pair.nearest.miss_km)
        if (surface_km := catalogue.surface_km(pair)) is not None:
            near = f"{wording.distance(surface_km)} to the surface ({near} between centres)"
        lines.append(f"Closest: {near} on {wording.moment(pair.nearest.tca)}.{end}")
    if pair.proven_no_closer_than_km:
        except_for = ", except the uncovered spans" if pair.uncovered_s > 0.0 else ""
        how = {"proven": "Proven", None: "Found"}.get(pair.proof, "Verified on a finer grid")
        lines.append(
            f"{how}: nothing nearer than {wording.plain(round(pair.proven_no_closer_than_km, 3))} km "
            f"between {start} and {stop} UTC{except_for}."
        )
    if pair.proof is not None:
        lines.append(
            "Both ephemerides are piecewise polynomials and were bounded as such."
            if pair.proof == "proven"
            else "The error of at least one fit was sampled, not bounded."
        )
    lines += [wording.sentence(stretch_words(stretch, catalogue.record)) for stretch in pair.stretches]
    return tuple(lines)


def _pair_facts(pair: PairRecord) -> tuple[Fact, ...]:
    return (
        Fact(label="Covered", value=wording.span(pair.covered_s)),
        Fact(label="Not covered", value=wording.span(pair.uncovered_s) if pair.uncovered_s else "nothing"),
        Fact(label="Approaches listed", value=str(len(pair.event_ids))),
    )
