"""What the editions of several cycles tell of one object on a given orbit.

Approaches are found by :mod:`nearpass.disclosure.nearness`, and assessed and reduced as the product does.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.bodies import Body
from nearpass.config.editions import EditionTable
from nearpass.cycle.approach import Assessed, NamedApproach, assess_approach, encounter_at
from nearpass.disclosure.nearness import Sky, sky_of
from nearpass.encounter.alert_rules import AlertRule, reach_km
from nearpass.encounter.geometry import Encounter
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.record.event_record import EventRecord
from nearpass.record.history import changes, dormant, event_ids, with_history
from nearpass.record.marking import Edition
from nearpass.record.pairing import joined_pairs
from nearpass.record.record import CycleRecord, ObjectRecord, ToldEnd, ToldEvent
from nearpass.record.source import Source
from nearpass.release.reduction import telling_of
from nearpass.screening.screen import Approach

FloatArray = NDArray[np.float64]
Told = tuple[tuple[ToldEvent | ToldEnd, ...], ...]
"""What is told, by cycle and edition in their order."""
Near = Counter[str]
FAR_SIGMAS: Final = 8.0
"""A collision beyond so many sigmas has a probability below 1e-13: no decade that is told, and no level as a rule."""
FAR_BELOW: Final = 0.1
"""Of the least probability that any rule asks for: a rule of less than 1e-12 looks farther."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Cycle:
    """One published cycle: its record, and the trajectories that it was screened from, offsets from its cut-off.

    ``rules`` are those of its configuration: a level is judged by the rules that apply to the pair, as in the cycle.
    ``configured`` are the editions of its configuration.
    """

    record: CycleRecord
    trajectories: Mapping[str, Trajectory]
    sources: Mapping[str, Source]
    rules: Sequence[AlertRule]
    body: Body
    configured: Sequence[EditionTable] = ()

    @property
    def window_s(self) -> tuple[float, float]:
        """Start and stop of the window from the cut-off."""
        return 0.0, self.record.window.length_s

    @cached_property
    def sky(self) -> Sky:
        """What was screened, as decoys are looked up in it."""
        lost = {item.id for item in self.record.objects if item.phase == "unknown"}
        motions = {key: held for key, held in self.trajectories.items() if key not in lost}
        return sky_of(motions, self.body, self.window_s)

    @property
    def reach_km(self) -> float:
        """Beyond this distance no rule makes an approach more than green but one on a probability alone."""
        return reach_km(self.rules)


def told_of_each(
    cycles: Sequence[Cycle],
    object_id: str,
    motions: Sequence[Mapping[str, Trajectory]],
    editions: Sequence[Sequence[Edition]],
    *,
    near: Sequence[Near] | None = None,
) -> dict[str, Told]:
    """What all editions of all cycles would tell of an object if it moved otherwise.

    Args:
        cycles: The cycles, the oldest first.
        object_id: The object.
        motions: For each cycle the object's trajectory by the name of each orbit that is tried.
        editions: For each cycle the editions that tell of it in cells.
        near: For each cycle with which object the true orbit has how many approaches within reach of a rule. Orbits
            that have others are left out at once: to leave one out is never wrong. None to leave none out.

    Returns:
        By the name of each orbit, what is told of the object.
    """
    names = list(motions[0])
    listed: list[dict[str, list[Approach]]] = []
    for number in range(len(cycles) - 1, -1, -1):  # the newest first: it is the one that most orbits fail
        here = {name: _approaches(cycles[number], object_id, motions[number][name]) for name in names}
        if near is not None:
            names = [name for name in names if near_of(cycles[number], object_id, here[name]) == near[number]]
        listed.insert(0, here)
        if not names:
            return {}
    found: dict[str, list[tuple[ToldEvent | ToldEnd, ...]]] = {name: [] for name in names}
    previous: dict[str, CycleRecord | None] = dict.fromkeys(names)
    for cycle, motion, here, its in zip(cycles, motions, listed, editions, strict=True):
        for name, told in found.items():
            record = _record(cycle, object_id, motion[name], here[name], previous[name])
            previous[name] = record
            told += [_told(record, edition) for edition in its]
    return {name: tuple(told) for name, told in found.items()}


def nears(cycles: Sequence[Cycle], object_id: str, motions: Sequence[Trajectory]) -> list[Near]:
    """For each cycle with which object the orbit has how many approaches within reach of a rule."""
    return [
        near_of(cycle, object_id, _approaches(cycle, object_id, motion))
        for cycle, motion in zip(cycles, motions, strict=True)
    ]


def near_of(cycle: Cycle, object_id: str, approaches: Sequence[Approach]) -> Near:
    """With which object how many of these approaches of one cycle are within reach of a rule."""
    return Counter(
        one.second if one.first == object_id else one.first
        for one in approaches
        if _nearness_km(cycle, one) < cycle.reach_km
    )


def _nearness_km(cycle: Cycle, one: Approach) -> float:
    """The distance that a level is judged by."""
    radii_km = (item.radius_km or 0.0 for item in cycle.record.objects if item.id in {one.first, one.second})
    return one.miss_km - sum(radii_km)


def _approaches(cycle: Cycle, object_id: str, motion: Trajectory) -> list[Approach]:
    """Approaches below the listing limit of an orbit with every other object that was screened."""
    others = [key for key in cycle.sky.motions if key != object_id]
    return cycle.sky.approaches(object_id, motion, others, cycle.record.thresholds.limit_km)


def _record(
    cycle: Cycle,
    object_id: str,
    motion: Trajectory,
    approaches: Sequence[Approach],
    previous: CycleRecord | None,
) -> CycleRecord:
    """The cycle's record as far as the object's approaches go."""
    record = cycle.record
    cutoff = record.window.start
    passages = [
        NamedApproach(primary=one.first, secondary=one.second, tca=cutoff + one.offset_s, approach=one)
        for one in approaches
    ]
    ids = event_ids(passages, previous, record.periods_s, cutoff=cutoff, deliveries={})
    items = {item.id: item for item in record.objects}
    trajectories, joined = {**cycle.trajectories, object_id: motion}, joined_pairs(record)
    events = []
    for passage, event_id in zip(passages, ids, strict=True):
        first, second = passage.primary, passage.secondary
        both = trajectories[first], trajectories[second]
        sources, offset_s = (cycle.sources[first], cycle.sources[second]), passage.approach.offset_s
        distant, two = _nearness_km(cycle, passage.approach) >= cycle.reach_km, (items[first], items[second])
        if distant and not _matters(encounter_at(both, offset_s, sources), two, cycle.rules):
            continue  # green by its distance, and no probability could make it more: nothing is told of it
        found = assess_approach(two, both, sources, offset_s, cycle.rules, joined=(first, second) in joined)
        events.append(with_history(_event(event_id, passage, found), previous))
    made = replace(
        record, events=tuple(sorted(events, key=lambda event: (event.tca, event.event_id))), sweep=None, changes=(),
        dormant=dormant(events, previous, cutoff), previous_cycle_id=previous.cycle_id if previous else None,
    )  # fmt: skip
    return replace(made, changes=changes(made, previous))


def _matters(encounter: Encounter, objects: Sequence[ObjectRecord], rules: Sequence[AlertRule]) -> bool:
    """Whether a probability, or a bound of it, might give a level beyond the reach of the rules.

    The miss is within :func:`far_sigmas` of the combined covariance; or of two spacecraft one alone has a covariance.
    """
    combined_km2 = encounter.combined_km2
    if combined_km2 is None:
        known = sum(state.covariance is not None for state in encounter.states)
        by_pc = any(rule.pc is not None and rule.reach_km is None for rule in rules)
        return by_pc and known == 1 and all(item.kind == "spacecraft" for item in objects)
    miss_km = encounter.miss_vector_km
    # A direction in which the covariance has no extent says nothing: the approach is assessed rather than left out.
    return float(miss_km @ np.linalg.pinv(combined_km2, hermitian=True) @ miss_km) < far_sigmas(rules) ** 2


def far_sigmas(rules: Sequence[AlertRule]) -> float:
    """Sigmas beyond which no probability can reach a rule: exp(-k**2 / 2) is below each, and below what is told."""
    least = min((rule.pc for rule in rules if rule.pc is not None), default=1.0)
    return max(FAR_SIGMAS, math.sqrt(-2.0 * math.log(FAR_BELOW * least)))


def _event(event_id: str, passage: NamedApproach, found: Assessed) -> EventRecord:
    """The event as far as editions tell of it in cells."""
    return EventRecord(
        event_id=event_id, primary=passage.primary, secondary=passage.secondary, tca=passage.tca,
        miss_km=passage.approach.miss_km, surface_km=found.surface_km, level=found.verdict.level,
        reason=found.verdict.reason, probability=found.risk, at_boundary=passage.approach.at_boundary,
        relative_speed_km_s=None, miss_rtn_km=None, relative_velocity_rtn_km_s=None, approach_angle_deg=None,
        approximate=(), deadline=None, deadline_object=None, altitude_km=None, latitude_deg=None,
        longitude_east_deg=None, light_time_s=None, sep_deg=None, primary_position_km=None, primary_velocity_km_s=None,
        secondary_position_km=None, secondary_velocity_km_s=None, uncertainty=(), miss_sigma_km=None,
        miss_sigma_rtn_km=None, b_plane=None, trades=(), track=None, orbits=None, history=(),
    )  # fmt: skip


def _told(record: CycleRecord, edition: Edition) -> tuple[ToldEvent | ToldEnd, ...]:
    """What an edition tells of the object, without the ids, which are drawn."""
    telling = telling_of(record, edition)
    told: tuple[ToldEvent | ToldEnd, ...] = (*telling.events(), *telling.ended())
    return tuple(sorted((replace(one, event_id="") for one in told), key=repr))
