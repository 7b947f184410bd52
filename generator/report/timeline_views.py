"""What the timeline of a cycle shows, from its record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import SEVERITY, Level
from nearpass.record.coordination import is_closed
from nearpass.record.record import CycleRecord, EventRecord, ToldEvent
from nearpass.report import wording
from nearpass.report.catalogue import Catalogue, Links, nearness_km
from nearpass.report.drawn.timeline import Lane, Timeline, TimelineMark, tall, wide
from nearpass.report.told_views import short_pair

MOST_MARKS: Final = 300
"""The most severe and nearest of a catalogue's approaches; all stand in its list."""
MOST_LANES: Final = 6
_DAY_S: Final = 86_400.0
_SHUT: Final = {"conjunction": "solar conjunction", "no commands": "no commands", "contact": "no contact",
                "burn": "no commands"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineView:
    """Both pictures, and what they leave out."""

    wide: Markup
    tall: Markup
    left_out: str | None


def timeline_view(catalogue: Catalogue, links: Links) -> TimelineView:
    """The window of the cycle, drawn for wide and for narrow pages."""
    scene = timeline_of(catalogue, links)
    total = wording.count(len(catalogue.record.approaches), "approach", "approaches")
    more = len(catalogue.record.approaches) > MOST_MARKS
    left = f"Drawn are the {MOST_MARKS} most severe and nearest of {total}." if more else None
    return TimelineView(wide=wide(scene), tall=tall(scene), left_out=left)


def timeline_of(catalogue: Catalogue, links: Links) -> Timeline:
    """Approaches, decisions of red and yellow ones, crossings without a TCA, and times in which nobody commands."""
    record = catalogue.record
    rows = sorted(record.approaches, key=lambda row: (-SEVERITY[row.level], _km(row)[0]))
    limits = record.thresholds
    counts = {level: sum(row.level is level for row in rows) for level in SEVERITY}
    told = ", ".join(f"{number} {level.value}" for level, number in counts.items())
    return Timeline(
        start=record.window.start.datetime_utc(),
        length_days=record.window.length_s / _DAY_S,
        marks=tuple(_mark(row, catalogue, links) for row in rows[:MOST_MARKS]),
        decisions=tuple(_decisions(record))[:MOST_LANES],
        crossings=tuple(_crossings(record))[:MOST_LANES],
        closures=tuple(_closures(record))[:MOST_LANES],
        red_km=limits.red_cad_km,
        yellow_km=max(limits.red_cad_km, limits.yellow_cad_km),
        by_rules=bool(limits.rules),
        limit_km=limits.limit_km,
        title=f"Timeline of the approaches below {wording.plain(limits.limit_km)} km: {told}; each mark is a link",
    )


def _km(row: EventRecord | ToldEvent) -> tuple[float, tuple[float, float] | None]:
    """Where the mark stands, and between which distances an edition tells it."""
    if isinstance(row, EventRecord):
        return nearness_km(row), None
    found = row.surface_km or row.miss_km
    low, high = found.low or 0.0, found.high or 0.0
    return ((low * high) ** 0.5 if low > 0.0 else high / 2.0), (low, high)


def _mark(row: EventRecord | ToldEvent, catalogue: Catalogue, links: Links) -> TimelineMark:
    start = catalogue.record.window.start
    km, reach_km = _km(row)
    if isinstance(row, EventRecord):
        pair = f"{row.primary}–{row.secondary}"
        at, when, miss = row.tca - start, wording.moment(row.tca), wording.distance(km)
        href = catalogue.event_href(row, links)
    else:
        pair = short_pair(row).replace(" – ", "–")
        at, when = row.tca.start - start + row.tca.length_s / 2.0, wording.cell_of_time(row.tca)
        miss, href = wording.figure(row.surface_km or row.miss_km), links.row(row.event_id)
    surface = " to the surface" if row.surface_km is not None else ""
    return TimelineMark(
        days=at / _DAY_S, km=km, level=row.level, pair=pair, miss=miss,
        said=f"{pair}, {row.level.value}, {miss}{surface}, {when}", href=href, reach_km=reach_km,
    )  # fmt: skip


def _decisions(record: CycleRecord) -> Iterator[Lane]:
    """Red and yellow approaches with a deadline that nobody closed, the most severe first."""
    start = record.window.start
    due = [row for row in record.approaches if row.level is not Level.GREEN and row.deadline is not None]
    rows = [row for row in due if not is_closed(record, row)]
    for row in sorted(rows, key=lambda item: (-SEVERITY[item.level], item.deadline or start)):
        if row.deadline is None:
            continue
        if isinstance(row, EventRecord):
            pair, stop = f"{row.primary}–{row.secondary}", row.tca
        else:
            pair, stop = short_pair(row).replace(" – ", "–"), row.tca.start
        yield Lane(
            name=pair,
            said=f"{pair}: decision due {wording.moment_to_minute(row.deadline)}",
            start=0.0,
            until=max((row.deadline - start) / _DAY_S, 0.0),
            stop=(stop - start) / _DAY_S,
            level=row.level,
        )


def _crossings(record: CycleRecord) -> Iterator[Lane]:
    """Red and yellow crossings of pairs for which no TCA can be given, one bar a pair, the nearest first."""
    found: dict[tuple[str, str], list[tuple[float, float, Level]]] = {}
    for one in record.crossings:
        if one.level is Level.GREEN or one.oxt_s is not None:
            continue
        at = one.passage_primary or one.passage_secondary
        if at is None:
            continue
        km = one.oxd_km if one.surface_km is None else one.surface_km
        found.setdefault((one.primary, one.secondary), []).append(((at - record.window.start) / _DAY_S, km, one.level))
    for (primary, secondary), rows in sorted(found.items(), key=lambda item: min(km for _, km, _ in item[1])):
        km = min(km for _, km, _ in rows)
        days = [day for day, _, _ in rows]
        name = f"{primary}–{secondary} {wording.quantity(km, 2, 'km')}, no TCA"
        yield Lane(
            name=name, said=f"Orbits cross: {name}", start=min(days), stop=max(days),
            level=max((level for _, _, level in rows), key=lambda level: SEVERITY[level]),
        )  # fmt: skip


def _closures(record: CycleRecord) -> Iterator[Lane]:
    """Times in the window in which operators send no commands; objects of one time share a bar."""
    length = record.window.length_s / _DAY_S
    found: dict[tuple[Epoch, Epoch, str], list[str]] = {}
    for item in record.objects:
        for closure in item.commanding.closures if item.commanding is not None else ():
            found.setdefault((closure.start, closure.stop, _SHUT[closure.limit]), []).append(item.id)
    for (begin, end, word), members in sorted(found.items()):
        start, stop = (begin - record.window.start) / _DAY_S, (end - record.window.start) / _DAY_S
        if stop <= 0.0 or start >= length:
            continue
        name = f"{', '.join(members)}: {word}"
        yield Lane(
            name=name,
            said=f"{name}, {wording.minute(begin)} to {wording.minute(end)} UTC",
            start=max(start, 0.0),
            stop=min(stop, length),
        )
