"""What pages are made of: tables, facts and links with every number already formatted, and the verdict of a cycle.

Views are made from a :class:`~generator.cycle.record.CycleRecord` alone; templates only place them. An object whose
position along its orbit is unknown never gets a time or a distance of closest approach: :func:`meaningful` is the
one place that sees to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal, TypeVar

from generator.astro.epochs import Epoch
from generator.cycle.archive import cycle_folder
from generator.cycle.record import (
    CrossingRecord,
    CycleRecord,
    EpochText,
    EventRecord,
    ObjectRecord,
    PairRecord,
    SolutionRecord,
    SweepRecord,
)
from generator.encounter.alert import SEVERITY, Level
from generator.report import wording
from generator.report.tables import Column

ROW_LIMIT: Final = 1000
"""Rows that a page shows; sorting more in a browser takes seconds. The twins hold all."""

NAMED_CROSSINGS: Final = 3
"""Pairs of crossing orbits that the verdict names; of more it gives the number."""

AXES: Final = (("R", "radial"), ("T", "transverse"), ("N", "normal"))
"""Axes of the primary, in the order of every vector that is called RTN."""

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A field of a table: what it says, what it sorts by, where it leads.

    ``machine`` is a datetime attribute. ``mark`` is "hash", "span" or "nowrap" for what a field holds, or a mark
    behind it.
    ``files`` are (label, address) of downloads, instead of the text.
    """

    text: str
    sort: str | None = None
    href: str | None = None
    level: Level | None = None
    machine: str | None = None
    mark: str | None = None
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of a column."""

    title: str
    unit: str | None = None
    meaning: str | None = None
    numeric: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """A row; ``anchor`` is what links to it name. Its first cell heads it.

    ``mark`` is "marked" for the one to look at, "late" for one that paper can do without.
    """

    cells: tuple[Cell, ...]
    anchor: str | None = None
    mark: Literal["marked", "late"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with its caption; ``twins`` are (label, address) of the same data as files."""

    caption: str
    heads: tuple[Head, ...]
    rows: tuple[TableRow, ...]
    twins: tuple[tuple[str, str], ...] = ()
    filter_label: str | None = None
    note: str | None = None
    cut: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A labelled value; ``note`` says what a reader needs beside it."""

    label: str
    value: str
    note: str | None = None
    href: str | None = None
    machine: str | None = None


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
        return ("KVN", stem), ("XML", f"{stem}.xml")

    def pair(self, pair: PairRecord) -> str:
        """The page of a pair in this cycle."""
        return f"{self.cycle}pairs/{pair.primary}--{pair.secondary}.html"

    def object(self, object_id: str) -> str:
        """The page of an object in this cycle."""
        return f"{self.cycle}objects/{object_id}.html"

    def plot(self, name: str) -> str:
        """A plot without its suffix."""
        return f"{self.cycle}plots/{name}"

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

    def event_href(self, event: EventRecord, links: Links) -> str:
        """The event's page, or its row where it has none."""
        known = event.event_id in self.detailed
        return links.event(event.event_id) if known else links.row(event.event_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a reader needs first: one sentence, then what supports it."""

    state: Literal["red", "yellow", "clear", "unknown"]
    headline: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleSummary:
    """A cycle in one row of the archive: its approaches by level, and in words also its crossings.

    ``superseded_by`` names the cycle that corrects it, if there is one.
    """

    cycle_id: str
    cutoff: EpochText
    red: int
    yellow: int
    green: int
    pairs_screened: int
    refused: int
    verdict: str
    superseded_by: str | None = None

    @property
    def worst(self) -> Literal["red", "yellow", "green", "none"]:
        """The most severe level of an approach; "none" where nothing was screened."""
        if not self.pairs_screened:
            return "none"
        return "red" if self.red else "yellow" if self.yellow else "green"


def phase_unknown(item: ObjectRecord | None) -> bool:
    """Whether only the object's orbit is known, and not where on it the object is."""
    return item is not None and item.phase == "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthEvent:
    """An event as the cycles of one month tell of it: the newest mention, how many there are, the worst level."""

    event_id: str
    primary: str
    secondary: str
    tca: Epoch
    miss_km: float | None
    level: str
    cycles: int
    last_cycle_id: str


def meaningful(record: CycleRecord) -> CycleRecord:
    """The record without any claim on pairs of which one position along the orbit is unknown.

    They have no TCA, whatever the record holds: their events are left out, and the pairs say so and nothing else.
    """
    silent = {item.id for item in record.objects if phase_unknown(item)}
    if not silent:
        return record
    return replace(
        record,
        events=tuple(event for event in record.events if not silent & {event.primary, event.secondary}),
        crossings=tuple(_untimed(item, silent) for item in record.crossings),
        pairs=tuple(_unknowable(pair) if silent & {pair.primary, pair.secondary} else pair for pair in record.pairs),
        solutions=tuple(_silenced(item, silent) for item in record.solutions),
    )


def _silenced(solution: SolutionRecord, silent: AbstractSet[str]) -> SolutionRecord:
    """A solution without any claim about a silent object, its own or another."""
    if solution.object_id in silent:
        return replace(solution, unscreened=wording.PHASE_UNKNOWN, difference=None, pairs=(), events=())
    return replace(
        solution,
        pairs=tuple(pair for pair in solution.pairs if pair.other not in silent),
        events=tuple(event for event in solution.events if not silent & {event.primary, event.secondary}),
    )


def _unknowable(pair: PairRecord) -> PairRecord:
    return replace(
        pair, unscreened=wording.PHASE_UNKNOWN, covered_s=0.0, uncovered_s=pair.covered_s + pair.uncovered_s,
        uncovered=(), proven_no_closer_than_km=None, proof=None, nearest=None, profile=None, event_ids=(), together=(),
    )  # fmt: skip


def _untimed(crossing: CrossingRecord, silent: AbstractSet[str]) -> CrossingRecord:
    """A crossing with a silent object: only the other's passage is known, and no timing."""
    if not silent & {crossing.primary, crossing.secondary}:
        return crossing
    return replace(
        crossing,
        passage_primary=None if crossing.primary in silent else crossing.passage_primary,
        passage_secondary=None if crossing.secondary in silent else crossing.passage_secondary,
        oxt_s=None, timing_sigma_s=None, straight_line_cad_km=None,
    )  # fmt: skip


def detailed_events(record: CycleRecord) -> tuple[EventRecord, ...]:
    """Events with a page of their own: all red and yellow ones, and the nearest green ones; by TCA.

    An event whose geometry an edition withholds has none: a page would have nothing to show.
    """
    events = tuple(event for event in meaningful(record).events if event.shown == "full")
    green = sorted((event for event in events if event.level is Level.GREEN), key=nearness_km)
    chosen = {event.event_id for event in green[: record.detail_events]}
    return tuple(event for event in events if event.level is not Level.GREEN or event.event_id in chosen)


def nearness_km(event: EventRecord) -> float:
    """The distance that the level is judged by: to the surface of a natural body, else between the centres."""
    return event.miss_km if event.surface_km is None else event.surface_km


def by_urgency(events: Sequence[EventRecord]) -> list[EventRecord]:
    """The most severe first, then by deadline, then by TCA."""
    return sorted(events, key=lambda event: (-SEVERITY[event.level], event.deadline or event.tca, event.tca))


def summarise(record: CycleRecord) -> CycleSummary:
    """The cycle in one row."""
    record = meaningful(record)
    levels = Counter(event.level for event in record.events)
    return CycleSummary(
        cycle_id=record.cycle_id,
        cutoff=record.window.start,
        red=levels[Level.RED],
        yellow=levels[Level.YELLOW],
        green=levels[Level.GREEN],
        pairs_screened=sum(pair.unscreened is None for pair in record.pairs)
        + (_catalogued_pairs(record.sweep) if record.sweep else 0),
        refused=sum(item.refusal is not None for item in record.inputs),
        verdict=" ".join(filter(None, [verdict(record).headline, _crossing_clause(record)])),
    )


def verdict(record: CycleRecord) -> Verdict:
    """The cycle's answer in words: what needs a decision and by when, what to watch, where orbits cross, what is clear.

    A crossing is no approach: it never needs a decision by itself.
    """
    record = meaningful(record)
    red = [event for event in record.events if event.level is Level.RED]
    yellow = [event for event in record.events if event.level is Level.YELLOW]
    screened = [pair for pair in record.pairs if pair.unscreened is None and pair.covered_s > 0.0]
    if not screened and record.sweep is None:
        return Verdict(
            state="unknown", headline="Nothing could be screened: no pair of objects has usable ephemerides.",
            details=("That nothing is listed says nothing about the risk.",),
        )  # fmt: skip
    details = []
    if yellow:
        details.append(f"{wording.count(len(yellow), 'approach', 'approaches')} to watch.")
    elif not red:
        limit = wording.plain(record.thresholds.yellow_cad_km)
        details.append(f"No approach comes below {limit} km in the time that is covered.")
    crossing = _crossing_clause(record)
    if crossing:
        details.append(crossing)
    details.append(_clear_pairs(record, screened) if record.sweep is None else _swept(record.sweep))
    partly = any(pair.unscreened is None and pair.uncovered_s > 0.0 for pair in record.pairs)
    quiet = "Nothing needs a decision in the time that is covered." if partly else "Nothing needs a decision."
    if record.provenance.configuration is None:  # an edition that withholds something must not speak for all of it
        quiet = "Nothing that this edition shows needs a decision."
    headline = _decision(red, record.window.start) if red else quiet
    state: Literal["red", "yellow", "clear"] = "red" if red else "yellow" if yellow or crossing else "clear"
    return Verdict(state=state, headline=headline, details=tuple(details))


def crossing_alerts(record: CycleRecord) -> dict[tuple[str, str], Level]:
    """The worst level of the crossings of each pair that has a red or yellow one, the most severe first."""
    worst: dict[tuple[str, str], Level] = {}
    for crossing in record.crossings:
        key = (crossing.primary, crossing.secondary)
        if crossing.level is not Level.GREEN and SEVERITY[crossing.level] > SEVERITY[worst.get(key, Level.GREEN)]:
            worst[key] = crossing.level
    return dict(sorted(worst.items(), key=lambda item: (-SEVERITY[item[1]], item[0])))


def _crossing_clause(record: CycleRecord) -> str | None:
    """A sentence such as "The orbits of 2 pairs cross: MGS – MRO (red) and MRO – ODY (yellow)", None without alert."""
    alerts = crossing_alerts(record)
    if not alerts:
        return None
    if len(alerts) <= NAMED_CROSSINGS:
        which = wording.listing([f"{first} – {second} ({level.value})" for (first, second), level in alerts.items()])
    else:
        levels = list(alerts.values())
        counts = [f"{levels.count(level)} {level.value}" for level in Level if level in levels]
        which = wording.listing(counts)
    return f"The orbits of {wording.count(len(alerts), 'pair')} cross: {which}."


def _decision(red: Sequence[EventRecord], cutoff: Epoch) -> str:
    needs = "1 approach needs a decision" if len(red) == 1 else f"{len(red)} approaches need a decision"
    deadlines = sorted(event.deadline for event in red if event.deadline is not None)
    if not deadlines:
        return f"{needs}; no deadline is known, because no lead time is."
    when = wording.moment_to_minute(deadlines[0])
    if deadlines[0] <= cutoff:
        which = "its deadline" if len(red) == 1 else "the first deadline"
        return f"{needs}; {which} has passed: {when}."
    return f"{needs} by {when}." if len(red) == 1 else f"{needs}, the first by {when}."


def _catalogued_pairs(sweep: SweepRecord) -> int:
    """Pairs of catalogued objects alone, or with primaries."""
    count, chosen = sweep.catalogued_count, len(sweep.primaries)
    return count * (count - 1) // 2 if sweep.mode == "all" else chosen * max(count - 1, 0)


def _swept(sweep: SweepRecord) -> str:
    count = wording.count(len(sweep.approaches), "approach", "approaches")
    return f"{sweep.catalogued_count} objects of a catalogue were screened as well, with {count} below the limit."


def _clear_pairs(record: CycleRecord, screened: Sequence[PairRecord]) -> str:
    limit_km = record.thresholds.limit_km
    clear = sum((pair.proven_no_closer_than_km or 0.0) >= limit_km for pair in screened)
    partly = sum(pair.uncovered_s > 0.0 for pair in screened)
    text = f"{clear} of {wording.count(len(screened), 'screened pair')} stay above {wording.plain(limit_km)} km"
    missing = len(record.pairs) - len(screened)
    gaps = [f"{wording.count(partly, 'pair')} covered only in part"] if partly else []
    gaps += [f"{wording.count(missing, 'pair')} not screened"] if missing else []
    return f"{text}; {wording.listing(gaps)}." if gaps else f"{text}."


def head(column: Column[Row], title: str | None = None) -> Head:
    """The head of a declared column."""
    numeric = column.scientific or (column.unit is not None and not column.key.endswith(("_utc", "_tdb")))
    unit = "σ" if column.unit == "sigma" else column.unit
    return Head(title=title or column.title, unit=unit, meaning=column.meaning, numeric=numeric)


def cell(column: Column[Row], row: Row) -> Cell:
    """The field of a declared column as pages show it."""
    value = column.value(row)
    if value is None:
        return Cell(text=wording.DASH, sort="")
    if isinstance(value, Epoch):
        return time_cell(value, digits=1)
    if isinstance(value, bool):
        return Cell(text="yes" if value else "no")
    if isinstance(value, float) and column.scientific:
        return probability_cell(value)
    if isinstance(value, float):
        return Cell(text=wording.number(value, column.page_digits, signed=column.signed), sort=f"{value:.9g}")
    return Cell(text=str(value))


def coarse_cell(found: Cell, value: object) -> Cell:
    """A field of something that an edition shows rounded: without decimals, and "withheld" for what it may not hold."""
    if found.text == wording.DASH:
        return Cell(text=wording.WITHHELD, sort="")
    if isinstance(value, Epoch):
        return Cell(text=wording.minute(value), sort=found.sort, machine=found.machine)
    if isinstance(value, float) and (value == 0.0 or value >= 1.0) and not found.text.startswith("<"):
        return Cell(text=wording.plain(value), sort=found.sort)  # no decimals that nobody knows
    return found


def time_cell(epoch: Epoch | None, *, digits: int = 0) -> Cell:
    """An instant in UTC; a dash for None."""
    if epoch is None:
        return Cell(text=wording.DASH, sort="")
    return Cell(text=wording.instant(epoch, digits), sort=epoch.iso(digits=6), machine=wording.machine_time(epoch))


def number_cell(value: float | None, digits: int, *, signed: bool = False) -> Cell:
    """A number that sorts by its value; a dash for None."""
    text = wording.number(value, digits, signed=signed)
    return Cell(text=text, sort="" if value is None else f"{value:.9g}")


def probability_cell(value: float | None) -> Cell:
    """A probability that sorts by its value; a dash for None."""
    return Cell(text=wording.probability(value), sort="" if value is None else f"{value:.9g}")


def span_cell(seconds: float | None) -> Cell:
    """A length of time that sorts by its seconds; a dash for None."""
    if seconds is None:
        return Cell(text=wording.DASH, sort="")
    return Cell(text=wording.span(seconds).replace(" ", "\u00a0"), sort=f"{seconds:.9g}")


def level_cell(level: Level, href: str | None = None) -> Cell:
    """A level by shape and word; the most severe sorts first."""
    return Cell(text=level.value, sort=str(2 - SEVERITY[level]), level=level, href=href)


def limited(rows: Sequence[Row], *, what: str) -> tuple[Sequence[Row], str | None]:
    """At most :data:`ROW_LIMIT` rows, and the sentence that says so where there are more."""
    if len(rows) <= ROW_LIMIT:
        return rows, None
    shown, found = wording.count(ROW_LIMIT, what), wording.count(len(rows), what)
    return rows[:ROW_LIMIT], f"Only {shown} of {found} are shown here; the CSV and JSON files hold all."
