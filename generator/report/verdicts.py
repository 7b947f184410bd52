"""A cycle in short: its verdict in words, its row of the archive, its approaches as a month tells of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import SEVERITY, Level
from nearpass.record.coordination import is_closed
from nearpass.record.record import (
    ApproachRecord,
    CycleRecord,
    EpochText,
    EventRecord,
    PairRecord,
    SweepRecord,
    ToldEvent,
)
from nearpass.report import doubt_views, wording
from nearpass.report.silence import meaningful

NAMED_CROSSINGS: Final = 3
"""Pairs of crossing orbits that the verdict names; of more it gives the number."""


WEIGHTY: Final = frozenset({"object", "screening", "encounter", "crossings", "catalogue"})
"""Stages whose loss may hide an approach or a crossing."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthEvent:
    """An event as the cycles of one month tell of it: the newest mention, how many there are, the worst level.

    An edition may tell its TCA and its miss distance as spans: to ``until`` and to ``miss_high_km``, else equal.
    """

    event_id: str
    primary: str
    secondary: str
    tca: Epoch
    until: Epoch
    miss_km: float | None
    miss_high_km: float | None
    level: str
    cycles: int
    last_cycle_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SevereMention:
    """A red or yellow approach as the cycles of one month told of it: its worst level there, its latest TCA."""

    event_id: str
    primary: str
    secondary: str
    tca: Epoch
    month: tuple[int, int]
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthNote:
    """A note as a month's newest cycle that holds it shows it; ``event_id`` is None for one on the whole cycle."""

    when: str
    kind: str
    parties: str
    event_id: str | None
    text: str


def summarise(record: CycleRecord) -> CycleSummary:
    """The cycle in one row."""
    record = meaningful(record)
    levels = Counter(event.level for event in record.approaches)
    levels.update(row.level for row in _untold(record))
    catalogued = {item.id for item in record.sweep.objects if item.catalogued} if record.sweep else set()
    return CycleSummary(
        cycle_id=record.cycle_id,
        cutoff=record.window.start,
        red=levels[Level.RED],
        yellow=levels[Level.YELLOW],
        green=levels[Level.GREEN],
        pairs_screened=sum(
            pair.unscreened is None and not {pair.primary, pair.secondary} & catalogued for pair in record.pairs
        )
        + (pair_count(record, record.sweep) if record.sweep else 0),
        refused=sum(item.refusal is not None for item in record.inputs),
        verdict=" ".join(filter(None, [verdict(record).headline, _crossing_clause(record)])),
    )


def verdict(record: CycleRecord) -> Verdict:
    """The cycle's answer in words: what needs a decision and by when, what to watch, where orbits cross, what is clear.

    A crossing is no approach: it never needs a decision by itself.
    """
    record = meaningful(record)
    every_red = [event for event in record.approaches if event.level is Level.RED]
    red = [event for event in every_red if not is_closed(record, event)]
    closed = len(every_red) - len(red)
    untold = Counter(row.level for row in _untold(record))
    yellow = sum(event.level is Level.YELLOW for event in record.approaches) + untold[Level.YELLOW]
    whole = record.provenance.configuration is not None
    screened = [pair for pair in record.pairs if pair.unscreened is None and pair.covered_s > 0.0]
    if not screened and record.sweep is None and whole:
        return Verdict(
            state="unknown", headline="Nothing could be screened: no pair of objects has usable ephemerides.",
            details=("That nothing is listed says nothing about the risk.",),
        )  # fmt: skip
    details = (
        [f"{wording.count(closed, 'red approach is', 'red approaches are')} closed by the parties."] if closed else []
    )
    if yellow:
        details.append(f"{wording.count(yellow, 'approach', 'approaches')} to watch.")
    elif not every_red and not untold[Level.RED]:
        which = "No approach" if whole else "None of the approaches that this edition shows"
        limit = f"comes below {wording.plain(record.thresholds.yellow_cad_km)} km"
        meets = "meets a rule of red or yellow" if record.thresholds.rules else limit
        details.append(f"{which} {meets} in the time that is covered.")
    crossing = _crossing_clause(record)
    if crossing:
        details.append(crossing)
    if told := untold[Level.RED] + untold[Level.YELLOW]:
        details.append(f"{wording.count(told, 'of them is', 'of them are')} in the list of approaches only.")
    if record.sweep is not None:
        details.append(_swept(record.sweep))
    elif record.pairs or whole:
        details.append(_clear_pairs(record, screened))
    details = [*doubt_views.sentences(record), *details]
    partly = any(pair.unscreened is None and pair.uncovered_s > 0.0 for pair in record.pairs)
    quiet = "Nothing needs a decision in the time that is covered." if partly else "Nothing needs a decision."
    missing = [loss for loss in record.losses if loss.stage in WEIGHTY]
    if missing:
        quiet = "Nothing that could be computed needs a decision."
        details.insert(0, f"{wording.count(len(missing), 'part')} of the cycle could not be computed: see below.")
    if not whole:  # an edition that withholds something must not speak for all of it
        quiet = "Nothing that this edition shows needs a decision."
    if closed:
        which = wording.count(closed, "red approach is", "red approaches are")
        quiet = f"{quiet.removesuffix('.')}: {which} settled."
    count = len(red) + untold[Level.RED]
    headline = _decision(red, count, record.window.start) if count else quiet
    calm: Literal["clear", "unknown"] = "unknown" if missing else "clear"
    state: Literal["red", "yellow", "clear", "unknown"] = (
        "red" if count else "yellow" if closed or yellow or crossing else calm
    )
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


def _decision(red: Sequence[EventRecord | ToldEvent], count: int, cutoff: Epoch) -> str:
    """The headline from the red events, of ``count`` red approaches."""
    needs = wording.count(count, "approach needs", "approaches need") + " a decision"
    deadlines = sorted(event.deadline for event in red if event.deadline is not None)
    if not deadlines:
        withheld = any(isinstance(event, ToldEvent) for event in red)
        return f"{needs}; " + (
            "the deadline is withheld." if withheld else "no deadline is known, because no lead time is."
        )
    when = wording.moment_to_minute(deadlines[0])
    if deadlines[0] <= cutoff:
        which = "its deadline" if count == 1 else "the first deadline"
        return f"{needs}; {which} has passed: {when}."
    return f"{needs} by {when}." if count == 1 else f"{needs}, the first by {when}."


def _untold(record: CycleRecord) -> list[ApproachRecord]:
    """Approaches of the catalogue that are listed without being an event."""
    return [row for row in record.sweep.approaches if row.event_id is None] if record.sweep else []


def pair_count(record: CycleRecord, sweep: SweepRecord) -> int:
    """How many pairs there are with a catalogued object, of those that were to be screened."""
    catalogued = {item.id for item in sweep.objects if item.catalogued}
    own = {item.id for item in record.objects} - catalogued
    count, others = sweep.catalogued_count, len(own)
    if sweep.mode == "all":
        return count * (count - 1) // 2 + count * others
    chosen_own = len(own & set(sweep.primaries))
    chosen = len(sweep.primaries) - chosen_own
    return chosen * (chosen - 1) // 2 + chosen * (count - chosen) + chosen_own * count + chosen * (others - chosen_own)


def _swept(sweep: SweepRecord) -> str:
    count = wording.count(len(sweep.approaches), "approach", "approaches")
    objects = wording.count(sweep.catalogued_count, "object")
    return f"{objects} of a catalogue were screened as well, with {count} below the limit."


def _clear_pairs(record: CycleRecord, screened: Sequence[PairRecord]) -> str:
    limit_km = record.thresholds.limit_km
    clear = sum((pair.proven_no_closer_than_km or 0.0) >= limit_km for pair in screened)
    partly = sum(pair.uncovered_s > 0.0 for pair in screened)
    text = f"{clear} of {wording.count(len(screened), 'screened pair')} stay above {wording.plain(limit_km)} km"
    missing = len(record.pairs) - len(screened)
    gaps = [f"{wording.count(partly, 'pair')} covered only in part"] if partly else []
    gaps += [f"{wording.count(missing, 'pair')} not screened"] if missing else []
    return f"{text}; {wording.listing(gaps)}." if gaps else f"{text}."
