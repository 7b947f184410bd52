"""One screening cycle from the configured files to its record: ingest, screen, encounters, history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Final

from nearpass.archive.sightings import ARCHIVE, read_sightings
from nearpass.astro.epochs import Epoch
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.config import Config, resolve
from nearpass.config.places import leads_outside
from nearpass.crossing.crossing import Crossing, fleet_crossings
from nearpass.crossing.one_orbit import one_orbit
from nearpass.cycle.assemble import Findings, assemble, describe_objects
from nearpass.cycle.commanding import commands_of
from nearpass.cycle.desk import desk
from nearpass.cycle.joined import Stretch, apart, declared_spans, join, left_free
from nearpass.cycle.net import Net, Part, whole_or_each
from nearpass.cycle.received import Ours, message_records
from nearpass.cycle.sweep import Swept, sweep
from nearpass.ephemeris.meta_kernel import with_listed
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.errors import ConfigError
from nearpass.ingest import Ingested, Setting, ingest, unclaimed
from nearpass.ingest.catalogues import read_catalogues
from nearpass.ingest.exchanges import read_exchanges
from nearpass.ingest.notes import Known, on_events, read_notes
from nearpass.ingest.received import read_received
from nearpass.record.record import CycleRecord, DueRecord, NoteRecord, ObjectRecord
from nearpass.screening.screen import Screening, joined, screen, together
from nearpass.screening.workers import Processes, Serial, Workers

__all__ = ["CycleResult", "Progress", "run_cycle", "setting_of"]

DAY_S: Final = 86_400.0
SHARED_REVOLUTIONS: Final = 2.0
"""Of objects on one orbit so many are searched for crossings: the paths are near everywhere, in all the others too."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CycleResult:
    """A cycle's record, the delivered files that it rests on, by SHA-256, and what was read of its objects."""

    record: CycleRecord
    inputs: Mapping[str, bytes]
    ingested: tuple[Ingested, ...]


Progress = Callable[[str, int], Callable[[int], None]]
"""Called with a stage and its number of steps; gives a function that counts steps done."""


def setting_of(config: Config, directory: Path, cutoff: Epoch) -> Setting:
    """What deliveries are read for, with what the folder's archive knows of when kernels came here.

    Raises:
        ConfigError: if a kernel for the planets is missing.
    """
    kernels: list[Path] = []
    for pattern in config.cycle.kernels:
        found = resolve(directory, pattern)
        if not found:
            raise ConfigError("cycle.kernels must name existing files", value=pattern)
        if any(leads_outside(path, directory, config.inputs.allow_outside) for path in found):
            raise ConfigError("cycle.kernels must not be links that lead out of the workspace", value=pattern)
        kernels += found
    kernels = with_listed(kernels, directory)
    planets = PlanetaryEphemeris.from_kernels(kernels) if kernels else PlanetaryEphemeris.default()
    return Setting(
        directory=directory,
        body=config.body,
        cutoff=cutoff,
        span_s=config.cycle.span_days * DAY_S,
        planets=planets,
        mapped_words=config.mapped_words,
        allowed_outside=config.inputs.allow_outside,
        first_seen=read_sightings(directory / ARCHIVE),
    )


def run_cycle(
    config: Config,
    configuration: str,
    directory: Path,
    cutoff: Epoch,
    previous: CycleRecord | None,
    progress: Progress,
    workers: Workers | None = None,
    notes: Sequence[NoteRecord] | None = None,
) -> CycleResult:
    """Screen one cycle.

    Args:
        config: The configuration.
        configuration: Its text, kept in the record.
        directory: Folder that its paths are relative to.
        cutoff: Data cut-off and start of the window.
        previous: Record of the cycle before, for the events' ids and history.
        progress: Shows what is going on.
        workers: Where a catalogue is screened and encounters are assessed; None for this process.
        notes: The log, where it is not to be read from the folder.
    """
    own = workers if isinstance(workers, Processes) else Serial()  # a cluster is worth its start for catalogues
    setting, net = setting_of(config, directory, cutoff), Net(own)
    commands = commands_of(config, setting)
    ingested = ingest(config, setting, progress("reading ephemerides", len(config.objects)))
    of_objects, config = tuple(ingested), _sized(config, ingested)
    trajectories = {result.object_id: result.trajectory for result in ingested if result.trajectory is not None}
    objects = _ended(describe_objects(config, trajectories, setting, commands, net), ingested, config)
    lost = {item.id for item in objects if item.phase == "unknown"}
    screened = {key: trajectory for key, trajectory in trajectories.items() if key not in lost}
    window_s = (0.0, setting.span_s)
    screening = _screening(screened, window_s, config.cycle.limit_km, progress, net)
    unjoined: tuple[Screening, dict[tuple[str, str], tuple[Stretch, ...]]] = (screening, {})
    screening, stretches = net.made(
        Part(stage="together", object_ids=()),
        partial(
            join,
            screening,
            screened,
            declared_spans(config.objects, cutoff, setting.span_s),
            limit_km=config.cycle.limit_km,
            comoving_km_s=config.cycle.comoving_km_s,
        ),
        unjoined,
    )
    shared = _one_orbit(trajectories, objects, config.crossing_limit_km, net)
    windows_s = {pair: left_free(found, setting.span_s) for pair, found in stretches.items()}
    for pair, period_s in shared.items():
        windows_s[pair] = ((0.0, min(SHARED_REVOLUTIONS * period_s, setting.span_s)),)
    crossings = apart(_crossings(trajectories, objects, window_s, windows_s, config, progress, net), stretches)
    swept = net.made(
        Part(stage="catalogue", object_ids=()),
        lambda: _swept(config, setting, screened, workers or Serial(), progress),
        None,
    )
    if swept is not None:
        config = config.model_copy(update={"objects": (*config.objects, *swept.items)})
        ingested += swept.ingested
        told = {one.object_id: one.trajectory for one in swept.ingested if one.trajectory is not None}
        trajectories |= told
        objects = _ended(describe_objects(config, trajectories, setting, commands, net), ingested, config)
        screening = together(screening, swept.approaches, swept.pairs)
    if notes is None:
        notes = read_notes(directory, cutoff, Known.of(config))
    log = tuple(notes)
    findings = Findings(
        config=config,
        configuration=configuration,
        setting=setting,
        ingested=tuple(ingested),
        trajectories=trajectories,
        objects=objects,
        commands=commands,
        screening=screening,
        crossings=crossings,
        stretches=stretches,
        shared=frozenset(shared),
        swept=swept,
        previous=previous,
        notes=log,
        workers=own,
        progress=progress,
        net=net,
    )
    read = [*ingested, *(other for result in ingested for _, other in result.solutions)]
    inputs = {sha256: data for result in read for sha256, data in result.files.items()}
    inputs |= swept.files if swept is not None else {}
    record = assemble(findings)
    dossiers = read_exchanges(config, directory, cutoff, previous)
    inputs |= dossiers.files
    exchanges = tuple(replace(each, notes=on_events(each.notes, record)) for each in dossiers.exchanges)
    none: tuple[str, ...] = ()
    strays = net.made(Part(stage="unclaimed", object_ids=()), partial(unclaimed, config, directory), none)
    came = tuple(one for one in read_received(config, directory) if one.created is None or setting.knows(one.created))
    inputs |= {one.sha256: one.data for one in came if one.content is not None}
    ours = Ours(record=record, config=config, setting=setting, trajectories=trajectories, previous=previous)
    owed: tuple[DueRecord, ...] = ()
    owed = net.made(Part(stage="deliveries", object_ids=()), partial(desk, config, record, previous), owed)
    return CycleResult(
        record=replace(
            record,
            notes=on_events(log, record),
            unclaimed=strays,
            exchanges=exchanges,
            desk=owed,
            messages=message_records(came, ours),
            losses=net.lost,
        ),
        inputs=inputs,
        ingested=of_objects,
    )


def _ended(objects: Sequence[ObjectRecord], ingested: Sequence[Ingested], config: Config) -> tuple[ObjectRecord, ...]:
    """The objects with how their life ended, where it did, and with what a delivered size follows from."""
    endings = {result.object_id: result.ending for result in ingested if result.ending is not None}
    asked = {item.id for item in config.objects if item.hbr == "delivered"}
    sizes = {
        result.object_id: result.inputs[0].radius_source
        for result in ingested
        if result.object_id in asked and result.trajectory is not None and result.inputs
    }
    return tuple(
        replace(item, ending=endings.get(item.id, item.ending), hbr_source=sizes.get(item.id)) for item in objects
    )


def _sized(config: Config, ingested: Sequence[Ingested]) -> Config:
    """The configuration with the hard-body radii of deliveries, where it asks for them and they tell one."""
    told = {
        result.object_id: result.inputs[0].radius_m
        for result in ingested
        if result.trajectory is not None and result.inputs
    }
    objects = tuple(
        item.model_copy(update={"hbr_m": told[item.id]})
        if item.hbr == "delivered" and told.get(item.id) is not None
        else item
        for item in config.objects
    )
    return config.model_copy(update={"objects": objects})


def _screening(
    trajectories: Mapping[str, Trajectory],
    window_s: tuple[float, float],
    limit_km: float,
    progress: Progress,
    net: Net,
) -> Screening:
    """Every pair, all at once; where that fails one by one, and the pairs at fault are left out."""
    pairs = list(combinations(sorted(trajectories), 2))
    advance = progress("screening pairs", len(pairs))

    def alone(pair: tuple[str, str]) -> Screening:
        return screen({key: trajectories[key] for key in pair}, window_s, limit_km, progress=advance)

    return whole_or_each(
        lambda: screen(trajectories, window_s, limit_km, progress=advance),
        lambda: joined(net.each([(Part(stage="screening", object_ids=pair), partial(alone, pair)) for pair in pairs])),
    )


def _one_orbit(
    trajectories: Mapping[str, Trajectory], objects: Sequence[ObjectRecord], limit_km: float, net: Net
) -> dict[tuple[str, str], float]:
    """Pairs that go along one orbit, with its period."""
    periods_s = {item.id: item.orbit.period_s for item in objects if item.orbit is not None}
    found: dict[tuple[str, str], float] = {}
    for pair in combinations(sorted(trajectories), 2):
        both = periods_s.get(pair[0]), periods_s.get(pair[1])
        part = Part(stage="crossings", object_ids=pair)
        motions = trajectories[pair[0]], trajectories[pair[1]]
        if net.made(part, partial(one_orbit, *motions, both, limit_km), False) and both[0] is not None:
            found[pair] = both[0]
    return found


def _crossings(
    trajectories: Mapping[str, Trajectory],
    objects: Sequence[ObjectRecord],
    window_s: tuple[float, float],
    windows_s: Mapping[tuple[str, str], Sequence[tuple[float, float]]],
    config: Config,
    progress: Progress,
    net: Net,
) -> tuple[Crossing, ...]:
    """Where the orbits of every pair cross, all at once; where that fails pair by pair, as :func:`_screening`."""
    lost = {item.id for item in objects if item.phase == "unknown"}
    periods_s = {item.id: item.orbit.period_s if item.orbit else None for item in objects}
    advance = progress("finding orbit crossings", 1)

    def of(ids: Sequence[str]) -> tuple[Crossing, ...]:
        return fleet_crossings(
            {key: trajectories[key] for key in ids},
            periods_s,
            window_s,
            config.crossing_limit_km,
            phase_unknown=lost,
            radii_km=config.radii_km,
            windows_s=windows_s,
        )

    ids = sorted(trajectories)
    parts = [(Part(stage="crossings", object_ids=pair), partial(of, pair)) for pair in combinations(ids, 2)]
    found = whole_or_each(lambda: of(ids), lambda: tuple(one for pair in net.each(parts) for one in pair))
    advance(1)
    return found


def _swept(
    config: Config, setting: Setting, own: Mapping[str, Trajectory], workers: Workers, progress: Progress
) -> Swept | None:
    """What was found of the catalogues; None where there is none."""
    if not config.catalogues:
        return None
    advance = progress("reading catalogues", 1)
    catalogued = read_catalogues(config, setting)
    advance(1)
    return sweep(config, setting, catalogued, own, workers, progress)
