"""One cycle from the configuration to the site, and what is left behind for those who watch over it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from nearpass.archive.archive import Archive
from nearpass.archive.register import Registrar
from nearpass.archive.sightings import note_sightings
from nearpass.archive.signature import load_signer
from nearpass.astro.epochs import Epoch
from nearpass.commands.notify import tell_all
from nearpass.commands.shared import NOT_WHOLE, Bars, Log, faults_kept, locked, workers_for, writing
from nearpass.config import Config
from nearpass.cycle.pipeline import run_cycle
from nearpass.disclosure.archived import Flown
from nearpass.errors import LeakError, NearpassError, understood
from nearpass.ingest.ages import arrivals
from nearpass.publish import Workspace, editions_of, prepare, publish, publish_editions
from nearpass.publish.commit import last_published
from nearpass.publish.mirror import mirror
from nearpass.publish.naming import check_names
from nearpass.publish.protection import broken_anew
from nearpass.publish.receipts import acknowledge
from nearpass.publish.register import complete_register, register_received
from nearpass.publish.sharing import share_cycle
from nearpass.publish.thinning import thin
from nearpass.publish.workspace import check_places
from nearpass.record.cycle_id import CycleId
from nearpass.record.record import CycleRecord
from nearpass.release.reduction import reduction, unmarked
from nearpass.screening.workers import Workers
from nearpass.status import failed, succeeded
from nearpass.watch import deliveries, fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A published cycle: front page, record, references of faults of our own, and why pages are not published.

    ``untold`` is what could not be told to those whom the configuration names.
    """

    front: Path
    record: CycleRecord
    faults: tuple[str, ...]
    pages: tuple[str, ...]
    untold: tuple[str, ...] = ()

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why deliveries are not in use."""
        return tuple(entry.refusal for entry in self.record.deliveries if entry.refusal is not None)

    @property
    def exit_code(self) -> int:
        """0 for a cycle that is whole."""
        return NOT_WHOLE if self.refusals or self.record.losses or self.faults or self.pages or self.untold else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one cycle is made of."""

    workspace: Workspace
    config: Config
    configuration: str
    """Its text."""
    cutoff: Epoch
    """Data cut-off and start of the window."""
    jobs: int
    """Processes that draw plots."""
    log: Log
    """For machines."""
    supersedes: str | None = None
    """The archived cycle that this one corrects."""
    workers: Workers | None = None
    """Where a catalogue is screened; so many processes of this machine by default."""
    flown: Flown = field(default_factory=Flown)
    """Knows earlier cycles with their trajectories, where this command made or read them."""


def one_cycle(run: Run, told_at: Epoch | None = None) -> Made:
    """Read, screen, archive and publish one cycle, and tell those whom the configuration names of it.

    Whatever an interrupted run left is settled first. ``status.json`` says afterwards how it went.

    Args:
        run: Where, of what and how.
        told_at: As of when somebody is told of it; when it is done by default.
    """

    def told() -> tuple[str, ...]:
        return tell_all(run.workspace, run.config, run.log, told_at or run.log.world.instant())

    try:
        made = _published(run)
    except NearpassError:
        told()
        raise
    return replace(made, untold=told())


def _published(run: Run) -> Made:
    workspace, log = run.workspace, run.log
    with locked(workspace), faults_kept(workspace) as kept, Bars() as bars:
        try:
            with writing(workspace):
                log("cycle_started", cycle_id=CycleId.of(run.cutoff), supersedes=run.supersedes)
                seen = fingerprint(deliveries(run.config, workspace.directory))
                record, leaks = _one_cycle(run, bars)
                _acknowledged(workspace, record)
        except Exception as error:  # noqa: BLE001  # whatever the fault: who monitors the publisher must learn of it
            fault = understood(error)
            failed(workspace.status, str(fault), fault.exit_code, log.world.instant())
            with suppress(OSError):
                log("cycle_failed", cycle_id=CycleId.of(run.cutoff), exit_code=fault.exit_code, error=str(fault))
            raise fault from None
        sites = editions_of(workspace, run.config)
        withheld = _unruled(record, sites)
        made = Made(front=sites[0].public / "index.html", record=record, faults=kept.faults, pages=kept.pages)
        succeeded(
            workspace.status, record, log.world.instant(), seen,
            withheld=withheld, leaks=leaks, faults=made.faults,
            pages=made.pages, exit_code=made.exit_code,
        )  # fmt: skip
        for entry in record.deliveries:
            if entry.refusal is not None:
                log("input_refused", cycle_id=record.cycle_id, object_id=entry.object_id, error=entry.refusal)
        for missing in record.losses:
            log(
                "part_lost",
                cycle_id=record.cycle_id,
                stage=missing.stage,
                object_ids=missing.object_ids,
                error=missing.rule,
            )
        for leak in leaks:
            log("edition_stopped", cycle_id=record.cycle_id, error=str(leak))
        changed = sum(len(last_published(site)) for site in sites)
        log("cycle_published", cycle_id=record.cycle_id, events=len(record.events), files_changed=changed)
    if leaks:
        raise leaks[0]
    return made


def _acknowledged(workspace: Workspace, record: CycleRecord) -> None:
    """Write receipts; what goes wrong there costs neither the cycle nor its site, and is told like any fault."""
    try:
        acknowledge(workspace, record)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001
        understood(error)


def registrar_of(workspace: Workspace, config: Config, at: Epoch) -> Registrar:
    """Who writes the register now: signed by the configured key, where there is one."""
    signer = load_signer(workspace.directory / config.archive.sign) if config.archive.sign else None
    return Registrar(at_utc=f"{at.iso(digits=0)}Z", signer=signer)


def settle(workspace: Workspace, config: Config, jobs: int, bars: Bars, registrar: Registrar) -> list[LeakError]:
    """Settle what an interrupted run left: the archive's last entry, lines of the register, unpublished cycles.

    Returns:
        Why editions still lack a cycle.
    """
    sites = editions_of(workspace, config)
    check_places(workspace, sites)
    check_names(config, [site.edition for site in sites if site.edition is not None])
    with Archive(workspace.archive).locked():
        pass  # taking the lock finishes what was begun
    prepare(workspace, config.site.title, [table.id for table in config.editions])
    sites = editions_of(workspace, config)
    complete_register(sites, registrar)
    return publish_editions(sites, jobs=jobs, progress=bars.stage, registrar=registrar)


def going_out_anew(workspace: Workspace, config: Config, leaks: list[LeakError], bars: Bars) -> list[Workspace]:
    """The sites whose archived cycles may be rendered again by the configuration of today.

    Args:
        workspace: Where.
        config: The configuration.
        leaks: Why editions lack a cycle; why others must not be rendered by this configuration is added.
        bars: Show what is going on.
    """
    sites = _going_out(editions_of(workspace, config), leaks)
    leaks += broken_anew(sites, Flown(), bars.stage)
    return _going_out(sites, leaks)


def _going_out(sites: Sequence[Workspace], leaks: Sequence[LeakError]) -> list[Workspace]:
    stopped = {error.edition for error in leaks}
    return [site for site in sites if site.edition is None or site.edition.id not in stopped]


def thin_sites(workspace: Workspace, config: Config, bars: Bars, registrar: Registrar) -> list[LeakError]:
    """Leave the pictures of old cycles to their zips, where the configuration says when a cycle is old.

    Returns:
        Why editions could not be thinned: nothing of them may go out now.
    """
    leaks: list[LeakError] = []
    for site in editions_of(workspace, config):
        try:
            thin(site, progress=bars.stage, registrar=registrar)
        except LeakError as error:
            leaks.append(error)
    return leaks


def send_copies(workspace: Workspace, config: Config) -> None:
    """Bring every second folder of the configuration up to date."""
    own = {table.id: table.copy_to for table in config.editions}
    for site in editions_of(workspace, config):
        if not (site.public / "index.html").exists():
            continue
        if site.served is None:
            below = site.public.relative_to(workspace.public)
            for folder in config.publish.copy_to:
                mirror(site.public, workspace.directory / folder / below)
        for folder in own.get(site.edition.id, ()) if site.edition else ():
            mirror(site.public, workspace.directory / folder)


def _unruled(record: CycleRecord, sites: Sequence[Workspace]) -> tuple[str, ...]:
    """What is withheld from editions because no marking or rule is known for it."""
    editions = [site.edition for site in sites if site.edition is not None]
    gaps = [report for edition in editions for report in reduction(record, edition).reports]
    return tuple(dict.fromkeys([*(unmarked(record) if editions else ()), *gaps]))


def _one_cycle(run: Run, bars: Bars) -> tuple[CycleRecord, list[LeakError]]:
    workspace, config, jobs, supersedes = run.workspace, run.config, run.jobs, run.supersedes
    at, workers = run.log.world.instant(), run.workers or workers_for(jobs, None)
    registrar = registrar_of(workspace, config, at)
    archive = Archive(workspace.archive)
    archive.check_signer(registrar.signer)
    leaks = settle(workspace, config, jobs, bars, registrar)
    if supersedes is not None:
        archive.manifest(supersedes)  # refused before the work is done if it does not exist
    found = archive.previous_id(CycleId.of(run.cutoff))
    previous = archive.load(found) if found else None
    note_sightings(workspace.archive, arrivals(config, workspace.directory, at))
    result = run_cycle(config, run.configuration, workspace.directory, run.cutoff, previous, bars.stage, workers)
    record = result.record
    if supersedes is not None:
        command = f"{record.provenance.command} --supersedes {supersedes}"
        record = replace(record, supersedes=supersedes, provenance=replace(record.provenance, command=command))
    register_received(archive, record, previous, registrar)
    archive.add(record, result.inputs, supersedes=supersedes, signer=registrar.signer)
    run.flown.add(record, config, result.ingested)
    if config.editions:
        sites = _going_out(editions_of(workspace, config), leaks)
        leaks += publish_editions(sites, jobs=jobs, progress=bars.stage, registrar=registrar, flown=run.flown)
    else:
        publish(workspace, record, jobs=jobs, progress=bars.stage, registrar=registrar)
        share_cycle([workspace], record.cycle_id, record.previous_cycle_id)
    leaks += thin_sites(workspace, config, bars, registrar)
    send_copies(workspace, config)
    return record, leaks
