"""What rules would have given: the events of archived cycles judged again by any rules, from what their records keep.

Nothing is screened again, so that only what was listed then can be judged. Each event is followed from cycle to cycle
by its id. What a cycle covers and does not list any more is green in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.encounter.alert import figures_of
from nearpass.encounter.alert_rules import SEVERITY, AlertRule, Figures, Pairing, reach_km, severities
from nearpass.reasons.levels import Level
from nearpass.record.judging import HOUR_S, passing_of
from nearpass.record.pairing import joined_pairs, pairing
from nearpass.record.record import CycleRecord, EventRecord, ObjectRecord

YEAR_S: Final = 365.25 * DAY_S
_LEVELS: Final = {number: level for level, number in SEVERITY.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """An event through the cycles of an archive: its worst and its last level, and when it was red first, if ever.

    ``passed`` says that its TCA lies before the last cut-off, so that no later cycle can change the last level.
    """

    event_id: str
    primary: str
    secondary: str
    tca: Epoch
    worst: Level
    last: Level
    first_red: Epoch | None
    passed: bool

    @property
    def turned_green(self) -> bool:
        """Whether better data made it green, or took it off the list, before its time."""
        return self.worst is not Level.GREEN and self.last is Level.GREEN

    @property
    def warned_h(self) -> float | None:
        """Hours from the first red to the TCA of an event that was red until it passed; None of any other."""
        is_true = self.passed and self.last is Level.RED and self.first_red is not None
        return (self.tca - self.first_red) / HOUR_S if is_true and self.first_red is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What one set of rules would have given from ``start`` to the end of the last window.

    ``listed`` are red and yellow rows of catalogues that are no events of their own, of all cycles together.
    ``beyond`` is in how many cycles the rules reach farther than approaches were listed.
    """

    cycles: int
    start: Epoch
    stop: Epoch
    events: tuple[Followed, ...]
    listed: tuple[int, int]
    beyond: int

    @property
    def years(self) -> float:
        """How long the archive looks, from its first cut-off to the end of its last window."""
        return (self.stop - self.start) / YEAR_S

    def worst(self, level: Level) -> tuple[Followed, ...]:
        """Events whose worst level it was."""
        return tuple(event for event in self.events if event.worst is level)

    @property
    def warnings_h(self) -> tuple[float, ...]:
        """Of the events that were red until they passed, how long they had been known as red; the shortest first."""
        return tuple(sorted(event.warned_h for event in self.events if event.warned_h is not None))


@dataclass(slots=True, kw_only=True)
class _Trail:
    """One set of rules on its way through the archive."""

    rules: Sequence[AlertRule]
    events: dict[str, Followed] = field(default_factory=dict)
    listed: tuple[int, int] = (0, 0)
    beyond: int = 0


def replay(records: Iterable[CycleRecord], sets: Sequence[Sequence[AlertRule]]) -> tuple[Replay, ...]:
    """What each set of rules would have given; nothing where there is no cycle.

    Args:
        records: The archived cycles, the oldest first, without those that another corrects.
        sets: The sets of rules.
    """
    trails = [_Trail(rules=rules) for rules in sets]
    cycles, start, stop, last = 0, None, None, None
    for record in records:
        cycles, start, last = cycles + 1, start or record.window.start, record.window.start
        stop = record.window.stop if stop is None else max(stop, record.window.stop)
        figures = figures_of([passing_of(event, record) for event in record.events])
        pairs, (rows, of_rows) = _pairings(record), _rows(record)
        for trail in trails:
            _follow(trail, record, figures, pairs)
            _, yellow, red = np.bincount(severities(rows, trail.rules, of_rows), minlength=3).tolist()
            trail.listed = (trail.listed[0] + red, trail.listed[1] + yellow)
            trail.beyond += reach_km(trail.rules) > record.thresholds.limit_km
    if start is None or stop is None or last is None:
        return ()
    return tuple(
        Replay(
            cycles=cycles, start=start, stop=stop, events=_ordered(trail, last), listed=trail.listed,
            beyond=trail.beyond,
        )
        for trail in trails
    )  # fmt: skip


def _ordered(trail: _Trail, last: Epoch) -> tuple[Followed, ...]:
    found = sorted(trail.events.values(), key=lambda event: (event.tca, event.event_id))
    return tuple(replace(event, passed=event.tca < last) for event in found)


def _pairings(record: CycleRecord) -> list[Pairing]:
    """Whose event each is; of an object that the record does not hold only its id is known."""
    items, joined = {item.id: item for item in record.objects}, joined_pairs(record)
    return [_pairing(event.primary, event.secondary, items, joined) for event in record.events]


def _pairing(
    primary: str, secondary: str, items: dict[str, ObjectRecord], joined: frozenset[tuple[str, str]]
) -> Pairing:
    if primary in items and secondary in items:
        return pairing(items[primary], items[secondary], joined=(primary, secondary) in joined)
    natural = any(name in items and items[name].kind == "natural" for name in (primary, secondary))
    return Pairing(primary=primary, secondary=secondary, kind="moon" if natural else "spacecraft")


def _rows(record: CycleRecord) -> tuple[Figures, list[Pairing]]:
    """Approaches of a catalogue's list that are no events, of which the distance alone is known."""
    items = {item.id: item for item in record.objects}
    rows = [row for row in record.sweep.approaches if row.event_id is None] if record.sweep else []
    radius_km = [
        sum((items[name].radius_km or 0.0) for name in (row.primary, row.secondary) if name in items) for row in rows
    ]
    distance_km = np.array([row.miss_km for row in rows], dtype=float) - np.array(radius_km, dtype=float)
    to_tca_h = np.array([row.tca - record.window.start for row in rows], dtype=float) / HOUR_S
    none: frozenset[tuple[str, str]] = frozenset()
    return Figures.by_distance(distance_km, to_tca_h), [
        _pairing(row.primary, row.secondary, items, none) for row in rows
    ]


def _follow(trail: _Trail, record: CycleRecord, figures: Figures, pairs: Sequence[Pairing]) -> None:
    """One cycle more: the level of each event that it lists, and of those that it covers and does not list."""
    cutoff, listed = record.window.start, {event.event_id for event in record.events}
    numbers = severities(figures, trail.rules, pairs).tolist()
    for event, number in zip(record.events, numbers, strict=True):
        before = trail.events.get(event.event_id)
        level = _LEVELS[number]
        if event.held is not None and before is not None and SEVERITY[before.last] > number:
            level = before.last  # a doubtful delivery lowers no level, whatever the rules are
        trail.events[event.event_id] = _next(event, before, level, cutoff)
    for event_id, known in trail.events.items():
        if event_id not in listed and known.tca > cutoff and _covers(record, known):
            trail.events[event_id] = replace(known, last=Level.GREEN)


def _next(event: EventRecord, before: Followed | None, level: Level, cutoff: Epoch) -> Followed:
    worst = level if before is None or SEVERITY[level] > SEVERITY[before.worst] else before.worst
    first = before.first_red if before is not None else None
    return Followed(
        event_id=event.event_id, primary=event.primary, secondary=event.secondary, tca=event.tca, worst=worst,
        last=level, first_red=cutoff if first is None and level is Level.RED else first, passed=False,
    )  # fmt: skip


def _covers(record: CycleRecord, event: Followed) -> bool:
    """Whether a cycle screened the pair at that time, so that an event which it does not list is above the limit."""
    if event.tca > record.window.stop:
        return False
    pair = record.pair_of(event.primary, event.secondary)
    if pair is None or pair.unscreened is not None:
        return False
    left_out = [*((one.start, one.stop) for one in pair.uncovered), *((one.start, one.stop) for one in pair.stretches)]
    return not any(start <= event.tca <= stop for start, stop in left_out)
