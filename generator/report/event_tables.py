"""Tables of close approaches: all of a cycle, the history of one, its components, sigmas and states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, Literal

from nearpass.encounter.alert import SEVERITY
from nearpass.encounter.uncertainty import Basis
from nearpass.record.record import CycleRecord, EventRecord, HistoryPoint, ToldEvent
from nearpass.report import age_views, remark_views, told_views, wording
from nearpass.report.board import hit_of
from nearpass.report.catalogue import Catalogue, Links, nearness_km
from nearpass.report.tables import EVENT_COLUMNS
from nearpass.report.views import (
    AXES,
    Cell,
    Field,
    Head,
    Table,
    TableRow,
    by_axis,
    cell,
    declared,
    km_cell,
    level_cell,
    limited,
    number_cell,
    probability_cell,
    span_cell,
    tabled,
    time_cell,
)

_BASIS: Final = {
    Basis.DELIVERED: "delivered with the ephemeris",
    Basis.DECLARED: "declared by the publisher as a model",
    Basis.LEARNED: "learned from earlier predictions",
}
FIRST_ROWS: Final = 12
BRIEF_ROWS: Final = 6
"""Rows that a script shows before its button; without scripts all stand there."""
_NO_VECTOR: Final = (None, None, None)
_BOUNDARY_MARK: Final = "‡"
_BOUNDARY_NOTE: Final = "‡ The distance at an end of coverage: the true minimum may lie outside it."


def _notes(events: Sequence[EventRecord]) -> str | None:
    """What holds of some of the rows: a distance at an end of coverage, a motion that is approximate."""
    lines = [
        _BOUNDARY_NOTE if any(event.at_boundary for event in events) else None,
        remark_views.approximations(event.approximate for event in events),
    ]
    return " ".join(line for line in lines if line) or None


def events_table(
    events: Sequence[EventRecord],
    catalogue: Catalogue,
    links: Links,
    *,
    caption: str,
    told: Sequence[ToldEvent] = (),
    with_anchors: bool = False,
    brief: bool = False,
) -> Table:
    """Events, the worst first: by level, then by the distance that it rests on; too many for a page are cut.

    A ``brief`` table has the columns that a decision asks for first; the page of the cycle has all.

    Those that an edition tells in cells, ``told``, stand among them by the least distance they may have.
    """
    ranked = sorted(events, key=lambda event: (-SEVERITY[event.level], nearness_km(event)))
    kept, cut = limited(ranked, what="approaches")
    surfaces = any(event.surface_km is not None for event in kept) or any(one.surface_km is not None for one in told)
    centres = ("miss_km",) if surfaces else ()
    keys = ("tca_utc", "pc", "b_plane_sigmas", *centres, "miss_sigma_km", "miss_r_km", "miss_t_km", "miss_n_km",
            "relative_speed_km_s", "approach_angle_deg")  # fmt: skip
    if brief:
        keys = ("tca_utc", "pc", "b_plane_sigmas", "miss_sigma_km")
    placed = [
        ((-SEVERITY[event.level], nearness_km(event)), TableRow(
            anchor=event.event_id if with_anchors else None,
            cells=(
                Cell(text=_pair_text(event), href=_row_href(event, catalogue, links)),
                level_cell(event.level),
                _near_cell(event),
                *_fields(event, keys),
                Cell(text="", files=links.messages(event.event_id)),
            ),
        ))
        for event in kept
    ]  # fmt: skip
    placed += [
        ((-SEVERITY[one.level], told_views.least_km(one)), told_views.row(one, keys, links, with_anchor=with_anchors))
        for one in told
    ]
    rows = [row for _, row in sorted(placed, key=lambda item: item[0])]
    full = Table(
        caption=f"{caption}, by level, then the nearest first",
        heads=(
            Head(title="Pair", meaning="Primary and secondary; leads to the event's page, or to the pair's"),
            Head(title="Level"),
            Head(title="Miss", unit="km", numeric=True,
                 meaning="The distance that the level rests on: to the surface of a moon, else between the centres"),
            *(declared(EVENT_COLUMNS[key], "Between centres" if key == "miss_km" else None).head for key in keys),
            Head(title="CDM", meaning="Conjunction data message of the CCSDS, in both notations"),
        ),
        rows=tuple(rows),
        twins=links.twins("events"),
        filter_label="Filter approaches" if len(rows) > 1 else None,
        note=_notes(kept),
        cut=cut,
        first=FIRST_ROWS,
    )  # fmt: skip
    if not brief:
        return full
    return replace(
        full,
        first=BRIEF_ROWS,
        heads=full.heads[:-1],
        rows=tuple(replace(row, cells=row.cells[:-1]) for row in full.rows),
    )


def _pair_text(event: EventRecord) -> str:
    """Both ids; of a moon that the distance is to its surface."""
    return f"{event.primary} – {event.secondary}{'' if event.surface_km is None else ' (surface)'}"


def _near_cell(event: EventRecord) -> Cell:
    """The distance that the level rests on; one at an end of coverage carries a mark, explained below the table."""
    plain = km_cell(nearness_km(event))
    return replace(plain, mark=_BOUNDARY_MARK) if event.at_boundary else plain


def _row_href(event: EventRecord, catalogue: Catalogue, links: Links) -> str:
    """The event's page; that of its pair if it has none."""
    if event.event_id in catalogue.detailed:
        return links.event(event.event_id)
    return links.pair(catalogue.pairs[event.primary, event.secondary])


def _fields(event: EventRecord, keys: Sequence[str]) -> Iterator[Cell]:
    """The cells of an event in the columns asked for."""
    for key in keys:
        yield probability_cell(event.probability.pc) if key == "pc" else cell(EVENT_COLUMNS[key], event)


_Step = tuple[HistoryPoint, HistoryPoint | None]
"""What one cycle said of an event, and what the one before it did."""


FROM_A_HIT: Final = "In the B-plane, in sigmas of that cycle"


def history_table(event: EventRecord, links: Links) -> Table:
    """What each cycle said of the event, the newest first."""
    points = with_now(event)
    rows = list(zip(points[::-1], [*points[-2::-1], None], strict=True))
    axes: tuple[Field[_Step], ...] = by_axis(lambda step: step[0].miss_rtn_km)
    fields: tuple[Field[_Step], ...] = (
        Field("Cycle", lambda step: cycle_cell(step[0], links)),
        Field("Level", lambda step: level_cell(step[0].level)),
        Field("Miss", lambda step: km_cell(step[0].miss_km), unit="km", numeric=True),
        *axes,
        Field("1σ", lambda step: km_cell(step[0].miss_sigma_km), unit="km", numeric=True),
        Field("From a hit", lambda step: number_cell(step[0].b_plane_sigmas, 1), unit="σ", numeric=True,
              meaning=FROM_A_HIT),
        Field("Change", _moved_cell, unit="σ", numeric=True,
              meaning="Change of the miss distance, in sigma of the estimate of the cycle before"),
        Field("Pc", lambda step: probability_cell(step[0].pc), numeric=True,
              meaning="Probability of collision as that cycle gave it"),
        Field("TCA", lambda step: time_cell(step[0].tca, digits=1), unit="UTC"),
        Field("TCA moved", lambda step: number_cell(step[0].tca - step[1].tca if step[1] else None, 2, signed=True),
              unit="s", numeric=True),
    )  # fmt: skip
    return tabled("This approach by cycle, newest first", rows, fields)


def state_table(event: EventRecord, catalogue: Catalogue) -> Table:
    """Position and velocity of both objects at TCA."""
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
                *(number_cell(value, 6) for value in position_km or _NO_VECTOR),
                *(number_cell(value, 9) for value in velocity_km_s or _NO_VECTOR),
            ))
            for key, position_km, velocity_km_s in states
        ),
    )  # fmt: skip


def sure_table(event: EventRecord) -> Table:
    """The miss vector, then the three sums, each with the question that it answers."""
    sigmas = event.miss_sigma_rtn_km or _NO_VECTOR
    rows = [
        _sure_row(f"{axis}, {word}", value, sigma, "", signed=True)
        for (axis, word), value, sigma in zip(AXES, event.miss_rtn_km or _NO_VECTOR, sigmas, strict=True)
    ]
    far = "how far the distance may move"
    if event.surface_km is not None:
        rows.append(_sure_row("To the surface", event.surface_km, event.miss_sigma_km, far))
    rows.append(_sure_row("Distance at TCA", event.miss_km, event.miss_sigma_km, far))
    hit = hit_of(event)
    if hit is not None:
        width_km = hit.across_km / hit.across_sigmas if hit.across_sigmas else None
        rows.append(
            _sure_row("Paths apart, B-plane", hit.across_km, width_km, "is a hit possible, whatever the timing",
                      from_zero=hit.sigmas, mark="marked")
        )  # fmt: skip
    if event.probability.mahalanobis_distance is not None:
        rows.append(
            _sure_row("At the instant of TCA", None, None, "in three dimensions, to compare with other tools",
                      from_zero=event.probability.mahalanobis_distance)
        )  # fmt: skip
    return Table(
        caption="Miss vector from primary to secondary in the primary's RTN axes, and what its sigmas answer",
        heads=(
            Head(title="Direction"),
            Head(title="Miss", unit="km", numeric=True),
            Head(title="1σ", unit="km", numeric=True),
            Head(title="From zero", unit="σ", numeric=True),
            Head(title="Answers"),
        ),
        rows=tuple(rows),
        note="The B-plane is normal to the relative velocity. Its sigmas count both of its axes, and decide; its "
        "kilometres are measured across its longer axis.",
    )


def _sure_row(
    name: str,
    value_km: float | None,
    sigma_km: float | None,
    answers: str,
    *,
    signed: bool = False,
    from_zero: float | None = None,
    mark: Literal["marked"] | None = None,
) -> TableRow:
    """A value with one sigma and how many of them it lies from zero."""
    sigmas = from_zero
    if sigmas is None and sigma_km and value_km is not None:
        sigmas = abs(value_km) / sigma_km
    return TableRow(
        cells=(
            Cell(text=name),
            number_cell(value_km, 3, signed=signed),
            km_cell(sigma_km),
            number_cell(sigmas, 1),
            Cell(text=answers),
        ),
        mark=mark,
    )


def no_basis(object_id: str, record: CycleRecord) -> str:
    """Why nothing is said of an object's uncertainty."""
    if any(item.id == object_id and "covariances" in item.withheld for item in record.objects):
        return wording.WITHHELD
    if age_views.growth_unknown(object_id, record):
        return "none: growth unknown: no age"
    return "none: neither delivered nor declared"


def with_now(event: EventRecord) -> tuple[HistoryPoint, ...]:
    """What the earlier cycles said of an event and this one, which has an empty id, the newest last."""
    hit = hit_of(event)
    now = HistoryPoint(
        cycle_id="", tca=event.tca, miss_km=event.miss_km, miss_rtn_km=event.miss_rtn_km, level=event.level,
        miss_sigma_km=event.miss_sigma_km, pc=event.probability.pc, b_plane_sigmas=hit.sigmas if hit else None,
    )  # fmt: skip
    return *event.history, now


def cycle_cell(point: HistoryPoint, links: Links, name: str | None = None) -> Cell:
    """The cycle that said so, by its id or another name, with the way to it."""
    if not point.cycle_id:
        return Cell(text="this cycle")
    return Cell(text=name or point.cycle_id, href=links.other_cycle(point.cycle_id))


def _moved_cell(step: _Step) -> Cell:
    point, before = step
    if before is None or not before.miss_sigma_km:
        return number_cell(None, 1)
    return number_cell(abs(point.miss_km - before.miss_km) / before.miss_sigma_km, 1)


def source_table(event: EventRecord, catalogue: Catalogue, links: Links) -> Table:
    """One sigma of each object, in its own axes, and what it rests on."""
    used = {item.object_id: item for item in catalogue.record.inputs if item.refusal is None}
    given = {item.object_id: item for item in event.uncertainty}
    basis = "Delivered: the ephemeris's own; declared: the publisher's model; learned: from this archive"
    axes: tuple[Field[str], ...] = by_axis(
        lambda key: given[key].sigma_rtn_km if key in given else None, "σ {}", signed=False
    )
    fields: tuple[Field[str], ...] = (
        Field("Object", lambda key: Cell(text=catalogue.name(key), href=links.object(key))),
        *axes,
        Field("Timing", lambda key: number_cell(given[key].timing_s if key in given else None, 2), unit="s",
              numeric=True, meaning="Transverse sigma divided by the speed"),
        Field("Basis", lambda key: _BASIS[given[key].basis] if key in given else no_basis(key, catalogue.record),
              meaning=basis),
        Field("Source", lambda key: wording.said(given[key].source) if key in given else wording.DASH),
        Field("Ephemeris age", lambda key: span_cell(used[key].age_s if key in used else None),
              meaning=wording.AGE_MEANING),
    )  # fmt: skip
    caption = "One-sigma position uncertainty at TCA of each object, in its own RTN axes"
    return tabled(caption, (event.primary, event.secondary), fields)
