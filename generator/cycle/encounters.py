"""Every close approach of a cycle, assessed on as many processes as there are.

An encounter rests on two trajectories alone, so that the order in which they are assessed, and where, changes nothing.
Fast ones take milliseconds; of a pair that moves together, whose distance has many minima, each takes half a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from nearpass.cycle.approach import NamedApproach
from nearpass.cycle.commanding import Commands
from nearpass.cycle.events import describe_event
from nearpass.cycle.joined import Stretch
from nearpass.cycle.net import Net, Part, whole_or_each
from nearpass.encounter.alert_rules import AlertRule
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.ingest import Setting
from nearpass.record.history import event_ids, with_history
from nearpass.record.record import CycleRecord, EventRecord, LossRecord, ObjectRecord
from nearpass.record.source import Source
from nearpass.screening.screen import Approach
from nearpass.screening.workers import Serial, Workers

FEW: Final = 8
"""Fewer than so many are assessed in this process: starting others would take as long."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surroundings:
    """What encounters are assessed from: by object id objects, trajectories and what these rest on; rules; commands.

    ``deliveries`` are the SHA-256 of the files in use, by object id; ``stretches`` are the times in which pairs fly
    together.
    """

    setting: Setting
    objects: Mapping[str, ObjectRecord]
    trajectories: Mapping[str, Trajectory]
    sources: Mapping[str, Source]
    rules: Sequence[AlertRule]
    stretches: Mapping[tuple[str, str], Sequence[Stretch]]
    commands: Commands
    deliveries: Mapping[str, str]


def assess_encounters(
    approaches: Sequence[Approach],
    surroundings: Surroundings,
    previous: CycleRecord | None,
    workers: Workers,
    progress: Callable[[int], None],
    net: Net,
) -> tuple[EventRecord, ...]:
    """The events of a cycle with their history, by TCA; an approach that cannot be assessed is lost alone.

    Args:
        approaches: What the screening found.
        surroundings: What they are assessed from.
        previous: Record of the cycle before, for the events' ids and history.
        workers: Where they are assessed.
        progress: Called with the number of encounters just assessed.
        net: Keeps what could not be assessed.
    """
    cutoff = surroundings.setting.cutoff
    passages = [
        NamedApproach(primary=one.first, secondary=one.second, tca=cutoff + one.offset_s, approach=one)
        for one in approaches
    ]
    periods_s = {key: item.orbit.period_s if item.orbit else None for key, item in surroundings.objects.items()}
    named = partial(event_ids, periods_s=periods_s, cutoff=cutoff, deliveries=surroundings.deliveries)
    ids = _ids(passages, previous, named, net)
    tasks = [(passage, event_id) for passage, event_id in zip(passages, ids, strict=True) if event_id]
    where = workers if len(tasks) >= FEW else Serial()
    found = where.map(_whatever_comes, surroundings, tasks, progress)
    for loss in (one for one in found if isinstance(one, LossRecord)):
        net.add(loss)
    events = [
        net.made(_matching(one.primary, one.secondary), partial(with_history, one, previous), one)
        for one in found
        if isinstance(one, EventRecord)
    ]
    return tuple(sorted(events, key=lambda event: (event.tca, event.event_id)))


def _ids(
    passages: Sequence[NamedApproach],
    previous: CycleRecord | None,
    named: Callable[[Sequence[NamedApproach], CycleRecord | None], list[str]],
    net: Net,
) -> list[str]:
    """The events' ids; where the cycle before is at fault with a pair, that pair's are new, at worst empty."""

    def one_by_one() -> list[str]:
        found: dict[int, str] = {}
        for pair in dict.fromkeys((one.primary, one.secondary) for one in passages):
            own = [number for number, one in enumerate(passages) if (one.primary, one.secondary) == pair]
            of = [passages[number] for number in own]
            ids = net.made(_matching(*pair), partial(named, of, previous), None)
            if ids is None:
                ids = net.made(Part(stage="encounter", object_ids=pair), partial(named, of, None), [""] * len(of))
            found |= dict(zip(own, ids, strict=True))
        return [found[number] for number in range(len(passages))]

    return whole_or_each(lambda: named(passages, previous), one_by_one)


def _matching(first: str, second: str) -> Part:
    return Part(stage="matching", object_ids=(first, second))


def _whatever_comes(surroundings: Surroundings, task: tuple[NamedApproach, str]) -> EventRecord | LossRecord:
    """The event, or that there is none although the approach was found."""
    passage, _ = task
    try:
        return _described(surroundings, task)
    except Exception as error:  # noqa: BLE001  # of one approach, and the others are assessed
        ids = passage.primary, passage.secondary
        return Part(stage="encounter", object_ids=ids, tca=passage.tca, miss_km=passage.approach.miss_km).lost(error)


def _described(surroundings: Surroundings, task: tuple[NamedApproach, str]) -> EventRecord:
    passage, event_id = task
    objects, trajectories, sources = surroundings.objects, surroundings.trajectories, surroundings.sources
    first, second = passage.primary, passage.secondary
    return describe_event(
        event_id=event_id,
        objects=(objects[first], objects[second]),
        trajectories=(trajectories[first], trajectories[second]),
        sources=(sources[first], sources[second]),
        offset_s=passage.approach.offset_s,
        at_boundary=passage.approach.at_boundary,
        body=surroundings.setting.body,
        planets=surroundings.setting.planets,
        rules=surroundings.rules,
        stretches=surroundings.stretches.get((first, second), ()),
        commands=surroundings.commands.of(first, second),
    )
