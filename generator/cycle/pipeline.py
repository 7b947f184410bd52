"""One screening cycle from the configured files to its record: ingest, screen, encounters, history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from nearpass.archive.sightings import ARCHIVE, read_sightings
from nearpass.astro.epochs import Epoch
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.config import Config, resolve
from nearpass.crossing.crossing import fleet_crossings
from nearpass.cycle.assemble import Findings, assemble, cycle_id, describe_objects
from nearpass.cycle.sweep import Swept, sweep
from nearpass.ephemeris.meta_kernel import with_listed
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.errors import ConfigError
from nearpass.ingest import Setting, ingest
from nearpass.ingest.catalogues import read_catalogues
from nearpass.ingest.notes import on_events, read_notes
from nearpass.record.record import CycleRecord
from nearpass.screening.screen import screen, together
from nearpass.screening.workers import Processes, Serial, Workers

__all__ = ["CycleResult", "Progress", "cycle_id", "run_cycle", "setting_of"]

DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CycleResult:
    """A cycle's record and the delivered files that it rests on, by SHA-256."""

    record: CycleRecord
    inputs: Mapping[str, bytes]


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
    """
    setting = setting_of(config, directory, cutoff)
    ingested = ingest(config, setting, progress("reading ephemerides", len(config.objects)))
    trajectories = {result.object_id: result.trajectory for result in ingested if result.trajectory is not None}
    objects = describe_objects(config, trajectories, setting)
    lost = {item.id for item in objects if item.phase == "unknown"}
    screened = {key: trajectory for key, trajectory in trajectories.items() if key not in lost}
    window_s = (0.0, setting.span_s)
    advance = progress("screening pairs", len(screened) * (len(screened) - 1) // 2)
    screening = screen(screened, window_s, config.cycle.limit_km, progress=advance)
    advance = progress("finding orbit crossings", 1)
    crossings = fleet_crossings(
        {key: trajectories[key] for key in sorted(trajectories)},
        {item.id: item.orbit.period_s if item.orbit else None for item in objects},
        window_s,
        config.crossing_limit_km,
        phase_unknown=lost,
        radii_km=config.radii_km,
    )
    advance(1)
    swept = _swept(config, setting, screened, workers or Serial(), progress)
    if swept is not None:
        config = config.model_copy(update={"objects": (*config.objects, *swept.items)})
        ingested += swept.ingested
        told = {one.object_id: one.trajectory for one in swept.ingested if one.trajectory is not None}
        trajectories |= told
        objects = describe_objects(config, trajectories, setting)
        screening = together(screening, swept.approaches, swept.pairs)
    findings = Findings(
        config=config,
        configuration=configuration,
        setting=setting,
        ingested=tuple(ingested),
        trajectories=trajectories,
        objects=objects,
        screening=screening,
        crossings=crossings,
        swept=swept,
        previous=previous,
        workers=workers if isinstance(workers, Processes) else Serial(),  # a cluster is worth its start for catalogues
        progress=progress,
    )
    read = [*ingested, *(other for result in ingested for _, other in result.solutions)]
    notes = read_notes(directory, cutoff, config.mapped_words)
    inputs = {sha256: data for result in read for sha256, data in result.files.items()}
    inputs |= swept.files if swept is not None else {}
    record = assemble(findings)
    return CycleResult(record=replace(record, notes=on_events(notes, record)), inputs=inputs)


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
