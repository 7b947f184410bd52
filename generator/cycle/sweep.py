"""The catalogue's part of a cycle: thousands of objects screened together, and what becomes of them in the record.

Every approach is listed. The worst of those that are red or yellow, and the nearest, are told in full as any other
event; their objects then stand in the record as if they had been configured, the others do not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.epochs import Epoch
from nearpass.config import Config, ScreenedObject, Site
from nearpass.encounter.alert import SEVERITY, Level
from nearpass.encounter.alert_rules import Figures, Pairing, severities
from nearpass.ephemeris.element_fleet import ElementFleet
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.errors import ConfigError
from nearpass.ingest import Ingested, Setting
from nearpass.ingest.catalogues import Catalogued, Listed
from nearpass.reasons.motions import Step
from nearpass.record.judging import HOUR_S
from nearpass.record.record import (
    ApproachRecord,
    EventRecord,
    Span,
    SweepObject,
    SweepRecord,
    SweepStep,
    Uncovered,
)
from nearpass.screening.catalogue import LargeScreening, screen_tasks, work_list
from nearpass.screening.motions import MixedFleet, TrajectoryFleet
from nearpass.screening.screen import Approach, PairScreen
from nearpass.screening.steps import Motion
from nearpass.screening.workers import Workers

BoolArray = NDArray[np.bool_]

NO_GROUP: Final = "others"
LEAST_GROUP: Final = 3
"""So many objects share a name before it is one of a constellation."""
UNCOVERED_SHOWN: Final = 100
_LEAST_UNCOVERED_S: Final = 1.0
LEVELS: Final = {number: level for level, number in SEVERITY.items()}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Swept:
    """What was found; ``items`` and ``ingested`` are the catalogued objects that are told in full, one for one."""

    record: SweepRecord
    items: tuple[ScreenedObject, ...]
    ingested: tuple[Ingested, ...]
    approaches: tuple[Approach, ...]
    pairs: tuple[PairScreen, ...]
    files: Mapping[str, bytes]


def sweep(
    config: Config,
    setting: Setting,
    catalogued: Catalogued,
    own: Mapping[str, Trajectory],
    workers: Workers,
    progress: Callable[[str, int], Callable[[int], None]],
) -> Swept:
    """Screen the catalogues, and the configured objects against them.

    Args:
        config: The configuration.
        setting: What deliveries were read for.
        catalogued: The element sets.
        own: Trajectories of the configured objects, by id.
        workers: Where the slabs of time are screened.
        progress: Called with a stage and its number of steps; gives a function that counts steps done.

    Raises:
        ConfigError: for a primary that is no object of this cycle.

    """
    motion = _fleet(catalogued.listed, own, setting)
    primaries = _primaries(config, motion)
    tasks = work_list(
        motion,
        (0.0, setting.span_s),
        config.cycle.limit_km,
        comoving_km_s=config.cycle.comoving_km_s,
        primaries=np.isin(np.array(motion.ids), primaries) if primaries else None,
    )
    advance = progress(f"screening {len(motion.ids)} objects", len(tasks))
    found = screen_tasks(motion, tasks, workers, advance)
    groups = _groups(config, catalogued.listed)
    rows = [row for row in _rows(motion, found, config, setting) if not {row.primary, row.secondary} <= own.keys()]
    told = _told_in_full(rows, own.keys(), config.site)
    listed = {each.id: each for each in catalogued.listed}
    items = tuple(
        listed[name].as_object(groups.get(name))
        for name in sorted({name for row in told for name in (row.primary, row.secondary)} - own.keys())
    )
    ingested = tuple(listed[item.id].ingested(item, setting) for item in items)
    return Swept(
        record=_record(config, setting, catalogued, motion, found, rows, groups, primaries),
        items=items,
        ingested=ingested,
        approaches=tuple(_approach(row, setting) for row in told),
        pairs=_pairs(
            told,
            setting,
            {**own, **{item.id: one.trajectory for item, one in zip(items, ingested, strict=True) if one.trajectory}},
        ),
        files=catalogued.files,
    )


def with_events(record: SweepRecord, events: Sequence[EventRecord]) -> SweepRecord:
    """The approaches with id and level of their events, which know more than the distance."""
    found = {(event.primary, event.secondary, event.tca): event for event in events}
    rows = []
    for row in record.approaches:
        event = found.get((row.primary, row.secondary, row.tca))
        rows.append(replace(row, event_id=event.event_id, level=event.level) if event else row)
    return replace(record, approaches=tuple(rows))


def _fleet(listed: Sequence[Listed], own: Mapping[str, Trajectory], setting: Setting) -> Motion:
    parts: list[Motion] = [TrajectoryFleet(own)] if own else []
    if listed:
        first = listed[0].candidate.item
        satellites = [each.candidate.item.satrec for each in listed]
        ids = [each.id for each in listed]
        parts.append(ElementFleet(ids, satellites, first.epoch, setting.cutoff, in_icrf=bool(own)))
    return MixedFleet(parts)


def _primaries(config: Config, motion: Motion) -> tuple[str, ...]:
    """Ids of the primaries, of which a catalogue number may be given without its leading zeros; empty if all are."""
    known = set(motion.ids)
    primaries = tuple(name if name in known else name.zfill(5) for name in config.cycle.primaries)
    missing = [given for given, name in zip(config.cycle.primaries, primaries, strict=True) if name not in known]
    if missing:
        raise ConfigError("cycle.primaries must name objects of this cycle that have an ephemeris", value=missing[0])
    return primaries


def _groups(config: Config, listed: Sequence[Listed]) -> dict[str, str]:
    """Operator of each configured object, constellation of each catalogued one, as far as names tell."""
    stems = {each.id: _stem(each.name) for each in listed}
    counts = Counter(stems.values())
    groups = {name: stem if counts[stem] >= LEAST_GROUP else NO_GROUP for name, stem in stems.items()}
    return groups | {item.id: item.operator or NO_GROUP for item in config.objects}


def _stem(name: str) -> str:
    """``STARLINK-1234`` is of Starlink; debris and rocket bodies are what they are, whosever they were."""
    upper = name.upper()
    if re.search(r"\bDEB\b", upper):
        return "debris"
    if re.search(r"\bR/B\b", upper):
        return "rocket bodies"
    found = re.match(r"([A-Z][A-Z .]*[A-Z])[ -]*\d", upper)
    return found[1].strip() if found else NO_GROUP


def _rows(motion: Motion, found: LargeScreening, config: Config, setting: Setting) -> list[ApproachRecord]:
    """Every approach, without the ids of events; levels by distance alone."""
    approaches, cutoff = found.approaches, setting.cutoff
    bodies = {item.id: item for item in config.objects}
    pairs = [
        _pairing(motion.ids[first], motion.ids[second], bodies)
        for first, second in zip(approaches.first.tolist(), approaches.second.tolist(), strict=True)
    ]
    radii_km = {item.id: item.radius_km for item in config.objects if item.radius_km is not None}
    radius_km = np.array([radii_km.get(pair.primary, 0.0) + radii_km.get(pair.secondary, 0.0) for pair in pairs])
    by_distance = Figures.by_distance(approaches.miss_km - radius_km, approaches.offset_s / HOUR_S)
    levels = [LEVELS[number] for number in severities(by_distance, config.alert_rules, pairs).tolist()]
    rows = []
    for pair, level, (_, _, offset_s, miss_km, speed_km_s, at_boundary, start_s, stop_s) in zip(
        pairs,
        levels,
        zip(*(getattr(approaches, name).tolist() for name in type(approaches).__slots__), strict=True),
        strict=True,
    ):
        rows.append(
            ApproachRecord(
                event_id=None,
                primary=pair.primary,
                secondary=pair.secondary,
                tca=cutoff + offset_s,
                miss_km=miss_km,
                relative_speed_km_s=speed_km_s,
                level=level,
                at_boundary=at_boundary,
                together=Span(start=cutoff + start_s, stop=cutoff + stop_s) if np.isfinite(start_s) else None,
            )
        )
    return rows


def _pairing(first: str, second: str, bodies: Mapping[str, ScreenedObject]) -> Pairing:
    """The pair as rules know it; what flies together in a catalogue is told by its stretch of time, and is no class."""
    primary, secondary = sorted((first, second))
    natural = any(name in bodies and bodies[name].radius_km is not None for name in (primary, secondary))
    return Pairing(primary=primary, secondary=secondary, kind="moon" if natural else "spacecraft")


def _told_in_full(rows: Sequence[ApproachRecord], own: Collection[str], site: Site) -> list[ApproachRecord]:
    """The worst of the red and yellow approaches and the nearest green ones, in order of TCA.

    Worst is red before yellow, then one of an object that the publisher configured before others, then near before far.
    """

    def rank(row: ApproachRecord) -> tuple[int, bool, float, Epoch]:
        return -SEVERITY[row.level], row.primary not in own and row.secondary not in own, row.miss_km, row.tca

    alerts = sorted((row for row in rows if row.level is not Level.GREEN), key=rank)
    green = sorted((row for row in rows if row.level is Level.GREEN), key=lambda row: (row.miss_km, row.tca))
    told = {id(row) for row in (*alerts[: site.catalogue_events], *green[: site.detail_events])}
    return [row for row in rows if id(row) in told]


def _approach(row: ApproachRecord, setting: Setting) -> Approach:
    return Approach(
        first=row.primary,
        second=row.secondary,
        offset_s=row.tca - setting.cutoff,
        miss_km=row.miss_km,
        at_boundary=row.at_boundary,
    )


def _pairs(
    told: Sequence[ApproachRecord], setting: Setting, trajectories: Mapping[str, Trajectory]
) -> tuple[PairScreen, ...]:
    """The pairs of the approaches that are told in full, each with its nearest."""
    nearest: dict[tuple[str, str], ApproachRecord] = {}
    for row in told:
        key = row.primary, row.secondary
        if key not in nearest or row.miss_km < nearest[key].miss_km:
            nearest[key] = row
    return tuple(
        PairScreen(
            first=first,
            second=second,
            covered_s=_common_s(trajectories[first], trajectories[second]),
            nearest=_approach(row, setting),
            proven_no_closer_than_km=max(row.miss_km - 1e-6, 0.0),
            proven=False,
        )
        for (first, second), row in sorted(nearest.items())
    )


def _common_s(one: Trajectory, two: Trajectory) -> tuple[tuple[float, float], ...]:
    common = [(max(a[0], b[0]), min(a[1], b[1])) for a in one.spans_s for b in two.spans_s]
    return tuple(sorted(span for span in common if span[0] < span[1]))


def _record(
    config: Config,
    setting: Setting,
    catalogued: Catalogued,
    motion: Motion,
    found: LargeScreening,
    rows: Sequence[ApproachRecord],
    groups: Mapping[str, str],
    primaries: tuple[str, ...],
) -> SweepRecord:
    names = {each.id: each.name for each in catalogued.listed} | {item.id: item.name for item in config.objects}
    near = sorted({name for row in rows for name in (row.primary, row.secondary)} | set(primaries))
    own = {item.id for item in config.objects}
    files = {each.id: each.candidate.shown for each in catalogued.listed}
    epochs = [each.candidate.item.epoch for each in catalogued.listed]
    short_s = setting.span_s - found.covered_s
    short = [
        (name, s)
        for name, s in zip(motion.ids, short_s.tolist(), strict=True)
        if s > _LEAST_UNCOVERED_S and name not in own
    ]
    return SweepRecord(
        mode="primaries" if primaries else "all",
        primaries=primaries,
        inputs=catalogued.inputs,
        faults=catalogued.faults,
        fault_count=catalogued.fault_count,
        catalogued_count=len(catalogued.listed),
        oldest=min(epochs, default=None),
        newest=max(epochs, default=None),
        uncovered=tuple(Uncovered(id=name, uncovered_s=s) for name, s in short[:UNCOVERED_SHOWN]),
        uncovered_count=len(short),
        largest_error_km=found.error_km,
        comoving_km_s=config.cycle.comoving_km_s,
        steps=_steps(found.counts),
        objects=tuple(
            SweepObject(
                id=name,
                name=names[name],
                group=groups.get(name, NO_GROUP),
                catalogued=name not in own,
                file=files.get(name),
            )
            for name in near
        ),
        approaches=tuple(rows),
    )


def _steps(counts: Sequence[int]) -> tuple[SweepStep, ...]:
    """Pairs times steps of time, by where they left the screening."""
    pairs, searched, kept = counts[:3]
    return (
        SweepStep(name="apart", count=pairs - searched, meaning=Step(rule="sweep_apart")),
        SweepStep(name="apart by motion", count=searched - kept, meaning=Step(rule="sweep_apart_by_motion")),
        SweepStep(name="searched", count=kept, meaning=Step(rule="sweep_searched")),
    )
