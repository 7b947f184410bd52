"""One screening cycle from the configured files to its record: ingest, screen, encounters, history."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

import generator
from generator.astro.epochs import Epoch
from generator.astro.frames import PlanetaryEphemeris
from generator.config import Config, ScreenedObject, resolve
from generator.cycle.events import Source, describe_event
from generator.cycle.history import changes, event_ids, with_history
from generator.cycle.motion import FloatArray, distance_profile, orbit_of, profile_positions
from generator.cycle.record import (
    SCHEMA,
    BodyRecord,
    CycleRecord,
    EventRecord,
    FunnelRecord,
    FunnelStep,
    NearestRecord,
    ObjectRecord,
    PairRecord,
    Provenance,
    Span,
    ThresholdsRecord,
    UncoveredSpan,
)
from generator.encounter.uncertainty import DeclaredModel
from generator.ephemeris.trajectory import Trajectory
from generator.errors import ConfigError
from generator.ingest import Ingested, Setting, ingest
from generator.screening.screen import Approach, PairScreen, Screening, screen

REPRODUCED_BY: Final = ("numpy", "scipy", "skyfield", "spiceypy")
DAY_S: Final = 86_400.0
PHASE_UNKNOWN: Final = "position along the orbit unknown: only crossings of the orbits are meaningful"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CycleResult:
    """A cycle's record and the delivered files that it rests on, by SHA-256."""

    record: CycleRecord
    inputs: Mapping[str, bytes]


Progress = Callable[[str, int], Callable[[int], None]]
"""Called with a stage and its number of steps; gives a function that counts steps done."""


def cycle_id(cutoff: Epoch) -> str:
    """The id of the cycle with this data cut-off: ``2021-03-17T0000Z``."""
    text = cutoff.iso(digits=0)
    return f"{text[:10]}T{text[11:13]}{text[14:16]}Z"


def setting_of(config: Config, directory: Path, cutoff: Epoch) -> Setting:
    """What deliveries are read for.

    Raises:
        ConfigError: if a kernel for the planets is missing.
    """
    kernels: list[Path] = []
    for pattern in config.cycle.kernels:
        found = resolve(directory, pattern)
        if not found:
            raise ConfigError("cycle.kernels must name existing files", value=pattern)
        kernels += found
    planets = PlanetaryEphemeris.from_kernels(kernels) if kernels else PlanetaryEphemeris.default()
    return Setting(
        directory=directory,
        body=config.body,
        cutoff=cutoff,
        span_s=config.cycle.span_days * DAY_S,
        planets=planets,
    )


def run_cycle(
    config: Config,
    configuration: str,
    directory: Path,
    cutoff: Epoch,
    previous: CycleRecord | None,
    progress: Progress,
) -> CycleResult:
    """Screen one cycle.

    Args:
        config: The configuration.
        configuration: Its text, kept in the record.
        directory: Folder that its paths are relative to.
        cutoff: Data cut-off and start of the window.
        previous: Record of the cycle before, for the events' ids and history.
        progress: Shows what is going on.
    """
    setting = setting_of(config, directory, cutoff)
    ingested = ingest(config, setting, progress("reading ephemerides", len(config.objects)))
    screened = {
        result.object_id: result.trajectory
        for item, result in zip(config.objects, ingested, strict=True)
        if result.trajectory is not None and item.phase == "known"
    }
    advance = progress("screening pairs", len(screened) * (len(screened) - 1) // 2)
    screening = screen(screened, (0.0, setting.span_s), config.cycle.limit_km, progress=advance)
    record = _assemble(config, configuration, setting, ingested, screening, previous)
    inputs = {sha256: data for result in ingested for sha256, data in result.files.items()}
    return CycleResult(record=record, inputs=inputs)


def _assemble(
    config: Config,
    configuration: str,
    setting: Setting,
    ingested: Sequence[Ingested],
    screening: Screening,
    previous: CycleRecord | None,
) -> CycleRecord:
    trajectories = {result.object_id: result.trajectory for result in ingested if result.trajectory is not None}
    objects = tuple(
        sorted(
            (_object(item, trajectories.get(item.id), setting) for item in config.objects),
            key=lambda item: item.id,
        )
    )
    events = _events(config, setting, ingested, screening, objects, previous)
    record = CycleRecord(
        schema_number=SCHEMA,
        cycle_id=cycle_id(setting.cutoff),
        title=config.site.title,
        publisher=config.site.publisher,
        notice=config.site.notice,
        body=BodyRecord(
            name=setting.body.name,
            naif_id=setting.body.naif_id,
            equatorial_radius_km=setting.body.equatorial_radius_km,
            polar_radius_km=setting.body.polar_radius_km,
            gm_km3_s2=setting.body.gm_km3_s2,
        ),
        window=setting.window,
        thresholds=ThresholdsRecord(
            limit_km=config.cycle.limit_km,
            crossing_limit_km=config.crossing_limit_km,
            yellow_cad_km=config.alert.yellow.cad_km,
            red_cad_km=config.alert.red.cad_km,
            yellow_pc=config.alert.yellow.pc,
            red_pc=config.alert.red.pc,
            yellow_oxd_km=config.alert.yellow.oxd_km,
            red_oxd_km=config.alert.red.oxd_km,
        ),
        detail_events=config.site.detail_events,
        previous_cycle_id=previous.cycle_id if previous else None,
        next_expected=setting.cutoff + config.cycle.every_hours * 3600.0 if config.cycle.every_hours else None,
        objects=objects,
        inputs=tuple(entry for result in ingested for entry in result.inputs),
        pairs=_pairs(config, setting, trajectories, screening, events),
        events=events,
        crossings=(),
        seasons=(),
        changes=(),
        funnel=_funnel(screening),
        provenance=_provenance(configuration, setting),
    )
    return replace(record, changes=changes(record, previous))


def _object(item: ScreenedObject, trajectory: Trajectory | None, setting: Setting) -> ObjectRecord:
    return ObjectRecord(
        id=item.id,
        name=item.name,
        operator=item.operator,
        naif_id=item.naif_id,
        kind="natural" if item.radius_km is not None else "spacecraft",
        hbr_m=item.hbr_m,
        radius_km=item.radius_km,
        phase=item.phase,
        lead_time_h=item.lead_time_h,
        coverage=_coverage(trajectory, setting.cutoff),
        proof=trajectory.proof.value if trajectory else None,
        orbit=orbit_of(trajectory, setting.body) if trajectory else None,
        note=item.note,
    )


def _coverage(trajectory: Trajectory | None, cutoff: Epoch) -> tuple[Span, ...]:
    """Covered spans, touching arcs joined."""
    joined: list[list[float]] = []
    for start_s, stop_s in trajectory.spans_s if trajectory else ():
        if joined and start_s <= joined[-1][1]:
            joined[-1][1] = stop_s
        else:
            joined.append([start_s, stop_s])
    return tuple(Span(start=cutoff + start_s, stop=cutoff + stop_s) for start_s, stop_s in joined)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Passage:
    """An approach in the order and time that events use."""

    primary: str
    secondary: str
    tca: Epoch
    approach: Approach


def _events(
    config: Config,
    setting: Setting,
    ingested: Sequence[Ingested],
    screening: Screening,
    objects: Sequence[ObjectRecord],
    previous: CycleRecord | None,
) -> tuple[EventRecord, ...]:
    by_id = {item.id: item for item in objects}
    sources = {result.object_id: result for result in ingested}
    origins = {item.id: _origin(item, sources[item.id]) for item in config.objects if sources[item.id].trajectory}
    passages = [
        _Passage(primary=a.first, secondary=a.second, tca=setting.cutoff + a.offset_s, approach=a)
        for a in screening.approaches
    ]
    periods_s = {item.id: item.orbit.period_s if item.orbit else None for item in objects}
    events = []
    for passage, event_id in zip(passages, event_ids(passages, previous, periods_s), strict=True):
        pair = passage.primary, passage.secondary
        first, second = (sources[key].trajectory for key in pair)
        if first is None or second is None:
            raise AssertionError("only objects with a trajectory are screened")
        event = describe_event(
            event_id=event_id,
            objects=(by_id[pair[0]], by_id[pair[1]]),
            trajectories=(first, second),
            sources=(origins[pair[0]], origins[pair[1]]),
            offset_s=passage.approach.offset_s,
            at_boundary=passage.approach.at_boundary,
            body=setting.body,
            planets=setting.planets,
            rules=config.alert_rules,
        )
        events.append(with_history(event, previous))
    return tuple(sorted(events, key=lambda event: (event.tca, event.event_id)))


def _origin(item: ScreenedObject, delivered: Ingested) -> Source:
    """What an object's trajectory was made of; an ephemeris without a date counts as made at the cut-off."""
    entry = delivered.inputs[0]
    model = item.uncertainty
    return Source(
        file=entry.file,
        created_s=-entry.age_s if entry.age_s is not None else 0.0,
        declared=DeclaredModel(**model.model_dump()) if model else None,
    )


def _pairs(
    config: Config,
    setting: Setting,
    trajectories: Mapping[str, Trajectory],
    screening: Screening,
    events: Sequence[EventRecord],
) -> tuple[PairRecord, ...]:
    screened = {(pair.first, pair.second): pair for pair in screening.pairs}
    grids = {key: profile_positions(trajectory, setting.window) for key, trajectory in trajectories.items()}
    ids = sorted(item.id for item in config.objects)
    items = {item.id: item for item in config.objects}
    pairs = []
    for index, primary in enumerate(ids):
        for secondary in ids[index + 1 :]:
            own = tuple(event for event in events if (event.primary, event.secondary) == (primary, secondary))
            found = screened.get((primary, secondary))
            if found is None:
                pairs.append(_unscreened(items[primary], items[secondary], trajectories, setting))
            else:
                both = trajectories[primary], trajectories[secondary]
                pairs.append(_screened(found, both, (grids[primary], grids[secondary]), own, setting))
    return tuple(pairs)


def _unscreened(
    primary: ScreenedObject, secondary: ScreenedObject, trajectories: Mapping[str, Trajectory], setting: Setting
) -> PairRecord:
    reasons = [
        f"{item.id}: {PHASE_UNKNOWN if item.phase == 'unknown' else 'no usable ephemeris'}"
        for item in (primary, secondary)
        if item.phase == "unknown" or item.id not in trajectories
    ]
    reason = "; ".join(reasons)
    window = setting.window
    return PairRecord(
        primary=primary.id,
        secondary=secondary.id,
        unscreened=reason,
        covered_s=0.0,
        uncovered_s=setting.span_s,
        uncovered=(UncoveredSpan(start=window.start, stop=window.stop, reason=reason),),
        proven_no_closer_than_km=None,
        proof=None,
        nearest=None,
        profile=None,
        event_ids=(),
    )


def _screened(
    pair: PairScreen,
    both: tuple[Trajectory, Trajectory],
    grids: tuple[FloatArray, FloatArray],
    events: Sequence[EventRecord],
    setting: Setting,
) -> PairRecord:
    covered_s = sum(stop_s - start_s for start_s, stop_s in pair.covered_s)
    nearest = pair.nearest
    minima = [(event.tca - setting.cutoff, event.miss_km) for event in events]
    if nearest is not None:
        minima.append((nearest.offset_s, nearest.miss_km))
    return PairRecord(
        primary=pair.first,
        secondary=pair.second,
        unscreened=None if covered_s else "the two ephemerides do not overlap inside the window",
        covered_s=covered_s,
        uncovered_s=setting.span_s - covered_s,
        uncovered=_uncovered(pair, both, setting),
        proven_no_closer_than_km=pair.proven_no_closer_than_km,
        proof=("proven" if pair.proven else "verified") if covered_s else None,
        nearest=NearestRecord(
            tca=setting.cutoff + nearest.offset_s, miss_km=nearest.miss_km, at_boundary=nearest.at_boundary
        )
        if nearest
        else None,
        profile=distance_profile(*grids, setting.window, minima) if covered_s else None,
        event_ids=tuple(event.event_id for event in events),
    )


def _uncovered(pair: PairScreen, both: tuple[Trajectory, Trajectory], setting: Setting) -> tuple[UncoveredSpan, ...]:
    """What is left of the window between the covered spans, with whose ephemeris is missing there."""
    edges = [0.0, *(edge for span in pair.covered_s for edge in span), setting.span_s]
    gaps = [(edges[i], edges[i + 1]) for i in range(0, len(edges), 2) if edges[i + 1] > edges[i]]
    spans = []
    for start_s, stop_s in gaps:
        middle_s = (start_s + stop_s) / 2.0
        missing = [
            object_id
            for object_id, trajectory in zip((pair.first, pair.second), both, strict=True)
            if not any(first <= middle_s <= last for first, last in trajectory.spans_s)
        ]
        reason = f"no ephemeris of {' and '.join(missing)}" if missing else "the ephemerides do not overlap"
        spans.append(UncoveredSpan(start=setting.cutoff + start_s, stop=setting.cutoff + stop_s, reason=reason))
    return tuple(spans)


def _funnel(screening: Screening) -> FunnelRecord:
    funnel = screening.funnel
    return FunnelRecord(
        intervals=funnel.intervals,
        interval_steps=tuple(FunnelStep(name=n, count=c, meaning=m) for n, c, m in funnel.interval_steps),
        minima=funnel.minima,
        minima_steps=tuple(FunnelStep(name=n, count=c, meaning=m) for n, c, m in funnel.minima_steps),
    )


def _provenance(configuration: str, setting: Setting) -> Provenance:
    packages = [("python", platform.python_version()), *((name, version(name)) for name in REPRODUCED_BY)]
    return Provenance(
        version=generator.__version__,
        packages=tuple(packages),
        configuration_sha256=hashlib.sha256(configuration.encode()).hexdigest(),
        configuration=configuration,
        planetary_ephemeris=setting.planets.name,
        command=f"nearpass run --at {setting.cutoff.iso(digits=0)}Z",
    )
