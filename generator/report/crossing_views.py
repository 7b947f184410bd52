"""Views of orbit crossings: where two orbits pass near each other, whenever each object is there.

A crossing recurs in every revolution. All of one pair at one place, a branch, make one statement: how near, when, and
how far apart in time. Where a position along an orbit is unknown there is no timing, and no time of closest approach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.encounter.alert import SEVERITY, Level
from nearpass.record.record import CrossingRecord, CycleRecord, EventRecord, PairRecord, SeasonRecord
from nearpass.report import remark_views, wording
from nearpass.report.catalogue import Catalogue, Links
from nearpass.report.silence import phase_unknown
from nearpass.report.tables import CROSSING_COLUMNS
from nearpass.report.verdicts import crossing_alerts
from nearpass.report.views import (
    Cell,
    Field,
    Table,
    cell,
    declared,
    km_cell,
    level_cell,
    number_cell,
    tabled,
    time_cell,
)  # fmt: skip

CARD_LIMIT: Final = 3
"""Pairs of crossing orbits that get a card; the table holds all."""
FRONT_ROWS: Final = 12
REVOLUTION_ROWS: Final = 60
"""Revolutions of a pair that its page shows."""
NEAR_ROWS: Final = 2
"""Revolutions of each branch that an event's page shows."""
AT_CROSSING_S: Final = 900.0
"""An approach is at a crossing that both pass within this time of TCA; straight motion tells nothing beyond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossingGroup:
    """Crossings of one pair on one branch, by time; never empty."""

    primary: str
    secondary: str
    branch: int
    crossings: tuple[CrossingRecord, ...]

    @property
    def level(self) -> Level:
        """The most severe level."""
        return max((item.level for item in self.crossings), key=SEVERITY.__getitem__)

    @property
    def leading(self) -> CrossingRecord:
        """The nearest one of the most severe level: what the group is told by."""
        return min(self.alerts, key=lambda item: item.oxd_km)

    @property
    def alerts(self) -> tuple[CrossingRecord, ...]:
        """The crossings that have the most severe level of the group."""
        level = self.level  # found anew at each access
        return tuple(item for item in self.crossings if item.level is level)

    @property
    def times(self) -> tuple[Epoch, ...]:
        """When those crossings are, as far as that is known."""
        return tuple(when for item in self.alerts if (when := when_of(item)))

    @property
    def soonest(self) -> CrossingRecord | None:
        """Of the most severe ones, that with the least time between the passages; None without timing."""
        timed = [item for item in self.alerts if item.oxt_s is not None]
        return min(timed, key=lambda item: abs(item.oxt_s or 0.0)) if timed else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossingCard:
    """Crossing orbits of a pair as the first screen shows them; no countdown, because there is no single time."""

    level: Level
    title: str
    href: str
    oxd: str
    where: str
    when: str
    timing: str
    reason: str
    also: str | None


def when_of(crossing: CrossingRecord) -> Epoch | None:
    """A date for a crossing: the primary's passage, or the secondary's; None where both are unknown."""
    return crossing.passage_primary or crossing.passage_secondary


def grouped(crossings: Sequence[CrossingRecord]) -> list[CrossingGroup]:
    """Crossings by pair and branch, the most severe and nearest group first."""
    members: dict[tuple[str, str, int], list[CrossingRecord]] = {}
    for item in crossings:
        members.setdefault((item.primary, item.secondary, item.branch), []).append(item)
    groups = [
        CrossingGroup(primary=key[0], secondary=key[1], branch=key[2], crossings=tuple(sorted(items, key=_by_time)))
        for key, items in members.items()
    ]
    return sorted(groups, key=_severity)


def _severity(group: CrossingGroup) -> tuple[int, float]:
    return -SEVERITY[group.level], group.leading.oxd_km


def _by_time(crossing: CrossingRecord) -> str:
    when = when_of(crossing)
    return when.iso(digits=6) if when else ""


def cards(catalogue: Catalogue, links: Links) -> tuple[tuple[CrossingCard, ...], str | None]:
    """Cards of the pairs whose crossings are red or yellow, and a sentence about those left out."""
    groups = grouped(catalogue.record.crossings)
    on_board = {(event.primary, event.secondary) for event in catalogue.events if event.level is not Level.GREEN}
    pairs = [pair for pair in crossing_alerts(catalogue.record) if pair not in on_board]  # a pair stands once
    told = [[group for group in groups if (group.primary, group.secondary) == pair] for pair in pairs]
    told.sort(key=lambda of_pair: _severity(of_pair[0]))
    shown = tuple(_card(of_pair, catalogue, links) for of_pair in told[:CARD_LIMIT])
    rest = len(told) - len(shown)
    more = f"{wording.count(rest, 'more pair', 'more pairs')} of crossing orbits in the table below." if rest else None
    return shown, more


def _card(of_pair: Sequence[CrossingGroup], catalogue: Catalogue, links: Links) -> CrossingCard:
    first = of_pair[0]
    others = [group for group in of_pair[1:] if group.level is not Level.GREEN]
    also = [f"{group.level.value} {_place(group)}, {wording.distance(group.leading.oxd_km)}" for group in others]
    pair = catalogue.pairs.get((first.primary, first.secondary))
    return CrossingCard(
        level=first.level,
        title=catalogue.named(first.primary, first.secondary),
        href=f"{links.pair(pair)}#crossings" if pair else f"{links.cycle}index.html#crossings",
        oxd=wording.distance(first.leading.oxd_km),
        where=f"between the orbits {_place(first)}" + _on(first.leading),
        when=wording.sentence(_season_of(first)),
        timing=wording.sentence(timing(first, catalogue)),
        reason=wording.sentence(wording.said(first.leading.reason)),
        also=wording.sentence(wording.listing(also)) if also else None,
    )


def _place(group: CrossingGroup) -> str:
    latitude_deg = float(np.median([item.primary_latitude_deg for item in group.crossings]))
    return f"at {wording.number(abs(latitude_deg), 0)}° {'N' if latitude_deg >= 0 else 'S'}"


def _on(crossing: CrossingRecord) -> str:
    when = when_of(crossing)
    return f" on {wording.date(when)}" if when else ""


def _season_of(group: CrossingGroup) -> str:
    """``red from 17 March to 7 April 2021, in 96 revolutions``."""
    number = wording.count(len(group.alerts), "revolution")
    times = group.times
    word = "listed" if group.level is Level.GREEN else group.level.value
    return f"{word} {wording.dates(times[0], times[-1])}, in {number}" if times else f"{word} in {number}"


def timing(group: CrossingGroup, catalogue: Catalogue) -> str:
    """How far apart in time both pass at the least, or why that is unknown."""
    silent = [key for key in (group.primary, group.secondary) if phase_unknown(catalogue.objects.get(key))]
    if silent:
        names = wording.listing([catalogue.name(key) for key in silent])
        return f"no TCA can be given: the position of {names} along the orbit is unknown"
    soonest = group.soonest
    if soonest is None:
        return "no timing is known"
    sigmas = _sigmas(group)
    parts = ["timing sigma unknown" if sigmas is None else f"{wording.number(sigmas, 1)} timing sigmas"]
    if soonest.straight_line_cad_km is not None:
        parts.append(f"{wording.distance(soonest.straight_line_cad_km)} for straight motion")
    apart = wording.span(abs(soonest.oxt_s or 0.0))
    return f"the two pass there at least {apart} apart ({'; '.join(parts)}){_on(soonest)}"


def statement(group: CrossingGroup, catalogue: Catalogue) -> str:
    """A group in words, for the pair's page."""
    near = f"The orbits pass {wording.distance(group.leading.oxd_km)} from each other {_place(group)}"
    when, season, apart = _on(group.leading), _season_of(group), timing(group, catalogue)
    if when and season.endswith(f"{when}, in 1 revolution"):  # the one day is said once
        season, apart = season.removesuffix(f"{when}, in 1 revolution") + ", in 1 revolution", apart.removesuffix(when)
    return f"{near}{when}; {season}. {wording.sentence(apart)}"


def season_statement(season: SeasonRecord, record: CycleRecord) -> str:
    """The forecast of a season of crossings in words."""
    limit = f"{wording.plain(season.threshold_km)} km"
    stop = wording.date(record.window.start + (season.days[-1] * DAY_S if season.days else 0.0))
    if season.below:
        spans = wording.listing([wording.dates(span.start, span.stop) for span in season.below])
        return f"By secular drift the orbits come within {limit} {spans}. The forecast ends on {stop}."
    if not season.days:
        return "By secular drift nothing could be forecast."
    least = int(np.argmin(season.oxd_km))
    day = wording.date(record.window.start + season.days[least] * DAY_S)
    nearest = wording.distance(season.oxd_km[least])
    return f"By secular drift the orbits do not come within {limit} before {stop}; the least is {nearest} on {day}."


def groups_table(
    groups: Sequence[CrossingGroup], catalogue: Catalogue, links: Links, *, caption: str, most: int | None = None
) -> Table:
    """One row a pair and branch, in the order given, at most ``most`` of them."""
    kept = groups if most is None else groups[:most]
    latitude = CROSSING_COLUMNS["primary_latitude_deg"]
    fields: tuple[Field[CrossingGroup], ...] = (
        Field("Pair", lambda group: _pair_cell(group, catalogue, links)),
        Field("Branch", lambda group: str(group.branch), meaning=CROSSING_COLUMNS["branch"].meaning),
        Field("Level", lambda group: level_cell(group.level), meaning="The most severe level of the branch"),
        Field("From", lambda group: _day_cell(next(iter(group.times), None)), unit="UTC",
              meaning="First revolution of that level"),
        Field("To", lambda group: _day_cell(next(reversed(group.times), None)), unit="UTC",
              meaning="Last revolution of that level"),
        Field("Revolutions", _revolutions_cell, numeric=True,
              meaning="Revolutions of that level, and all that are listed"),
        Field("Least OXD", lambda group: km_cell(group.leading.oxd_km), unit="km", numeric=True,
              meaning="Least orbit-crossing distance at that level"),
        *(_TIMINGS if any(group.soonest for group in kept) else ()),
        Field(latitude.title, lambda group: cell(latitude, group.leading), unit=latitude.unit, numeric=True,
              meaning=latitude.meaning),
    )  # fmt: skip
    cut = f"The {wording.count(len(kept), 'branch', 'branches')} that matter most, of {len(groups)}."
    return tabled(
        caption, kept, fields, twins=links.twins("crossings"),
        filter_label="Filter crossings" if len(kept) > 9 else None,
        note=remark_views.approximations(item.approximate for group in kept for item in group.crossings),
        cut=cut if len(kept) < len(groups) else None,
    )  # fmt: skip


def _day_cell(epoch: Epoch | None) -> Cell:
    if epoch is None:
        return time_cell(None)
    return Cell(text=wording.instant(epoch)[:10], sort=epoch.iso(digits=6), mark="nowrap")


def _pair_cell(group: CrossingGroup, catalogue: Catalogue, links: Links) -> Cell:
    pair = catalogue.pairs.get((group.primary, group.secondary))
    return Cell(text=f"{group.primary} – {group.secondary}", href=f"{links.pair(pair)}#crossings" if pair else None)


def _revolutions_cell(group: CrossingGroup) -> Cell:
    severe, every = len(group.alerts), len(group.crossings)
    return Cell(text=f"{severe} of {every}" if severe < every else str(every), sort=str(severe))


def _least_oxt_s(group: CrossingGroup) -> float | None:
    return abs(group.soonest.oxt_s) if group.soonest is not None and group.soonest.oxt_s is not None else None


def _sigmas(group: CrossingGroup) -> float | None:
    found = CROSSING_COLUMNS["oxt_sigmas"].value(group.soonest) if group.soonest is not None else None
    return found if isinstance(found, float) else None


def _straight_km(group: CrossingGroup) -> float | None:
    return min((one.straight_line_cad_km for one in group.alerts if one.straight_line_cad_km is not None), default=None)


_TIMINGS: Final[tuple[Field[CrossingGroup], ...]] = (
    Field("Least OXT", lambda group: number_cell(_least_oxt_s(group), 1), unit="s", numeric=True,
          meaning="Least orbit-crossing timing at that level"),
    Field("OXT", lambda group: number_cell(_sigmas(group), 1), unit="σ", numeric=True,
          meaning="The same in sigmas of the timing"),
    Field("Straight-line CAD", lambda group: number_cell(_straight_km(group), 1), unit="km", numeric=True,
          meaning="Least close-approach distance that follows"),
)  # fmt: skip


def revolutions_table(crossings: Sequence[CrossingRecord], links: Links, *, caption: str) -> Table:
    """One row a revolution by time; where there are too many, the most severe and nearest of them."""
    ranked = sorted(crossings, key=lambda item: (-SEVERITY[item.level], item.oxd_km))[:REVOLUTION_ROWS]
    cut = f"The {len(ranked)} most severe and nearest of {len(crossings)} revolutions; the CSV and JSON files hold all."
    return replace(
        _rows(sorted(ranked, key=_by_time), caption), twins=links.twins("crossings"),
        cut=cut if len(ranked) < len(crossings) else None,
    )  # fmt: skip


def _rows(crossings: Sequence[CrossingRecord], caption: str) -> Table:
    first = crossings[0]
    names = {"passage_primary_utc": f"{first.primary} passes", "passage_secondary_utc": f"{first.secondary} passes"}
    keys = ("passage_primary_utc", "passage_secondary_utc", "oxd_km", "oxt_s", "oxt_sigmas", "straight_line_cad_km",
            "primary_radius_km", "primary_latitude_deg")  # fmt: skip
    fields: list[Field[CrossingRecord]] = [
        Field("Branch", lambda item: str(item.branch), meaning=CROSSING_COLUMNS["branch"].meaning),
        Field("Level", lambda item: level_cell(item.level)),
    ]
    fields += [
        declared(CROSSING_COLUMNS[key], names.get(key))
        for key in keys
        if key == "oxd_km" or any(CROSSING_COLUMNS[key].value(item) is not None for item in crossings)
    ]
    return tabled(caption, crossings, fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCrossings:
    """What the crossings of both orbits say of one approach. ``table`` is None where none is listed."""

    sentences: tuple[str, ...]
    table: Table | None
    pair_href: str


def event_crossings(event: EventRecord, catalogue: Catalogue, links: Links) -> EventCrossings:
    """The crossings of the pair around the TCA of one approach, with the miss distance that they lead to expect."""
    pair = catalogue.pairs[event.primary, event.secondary]
    found = of_pair(catalogue, pair)
    limit = wording.plain(catalogue.record.thresholds.crossing_limit_km)
    href = f"{links.pair(pair)}#crossings"
    if not found:
        return EventCrossings(
            sentences=(f"No crossing of the two orbits below {limit} km is listed in the window.",),
            table=None, pair_href=href,
        )  # fmt: skip
    away_s = _away_from(event.tca)
    near = [
        item for group in grouped(found) for item in sorted(group.crossings, key=away_s)[:NEAR_ROWS]
    ]  # fmt: skip
    nearest = min(found, key=away_s)
    return EventCrossings(
        sentences=_link(event, nearest, catalogue),
        table=_rows(sorted(near, key=_by_time), caption="Crossings of the two orbits nearest to TCA, on each branch"),
        pair_href=href,
    )


def _away_from(tca: Epoch) -> Callable[[CrossingRecord], float]:
    """How far in time from the TCA the farther one of the passages is."""

    def away_s(crossing: CrossingRecord) -> float:
        passages = (crossing.passage_primary, crossing.passage_secondary)
        return max((abs(when - tca) for when in passages if when), default=float("inf"))

    return away_s


def _link(event: EventRecord, crossing: CrossingRecord, catalogue: Catalogue) -> tuple[str, ...]:
    """The crossing of this approach in words, and the real distance beside the straight-line one."""
    away_s = _away_from(event.tca)(crossing)
    oxt_s, cad_km = crossing.oxt_s, crossing.straight_line_cad_km
    if oxt_s is None or cad_km is None or away_s > AT_CROSSING_S:
        limit = wording.plain(catalogue.record.thresholds.crossing_limit_km)
        after = wording.span(away_s)
        return (f"Not here: the nearest crossing of the two orbits below {limit} km is {after} from TCA.",)
    late = catalogue.name(crossing.secondary if oxt_s >= 0.0 else crossing.primary)
    oxd, apart = wording.distance(crossing.oxd_km), wording.span(abs(oxt_s))
    straight, real = wording.distance(cad_km), wording.distance(event.miss_km)
    sigmas = CROSSING_COLUMNS["oxt_sigmas"].value(crossing)
    size = f" ({wording.number(sigmas, 1)} timing sigmas)" if isinstance(sigmas, float) else ""
    return (
        f"Yes: near TCA the orbits pass {oxd} from each other (OXD), the two objects there {apart} apart (OXT).",
        f"If {late} were {apart} earlier{size}, both would be there at once, {oxd} from each other.",
        f"For straight motion OXD and OXT give a distance of {straight}; the real one is {real}.",
    )


def of_pair(catalogue: Catalogue, pair: PairRecord) -> list[CrossingRecord]:
    """The crossings of a pair."""
    ids = {pair.primary, pair.secondary}
    return [item for item in catalogue.record.crossings if {item.primary, item.secondary} == ids]
