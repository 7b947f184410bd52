"""Commands that work from the archive: render again, drop inputs, look up an event."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from nearpass.archive.archive import Archive
from nearpass.archive.retention import KEPT_CYCLES, prunable
from nearpass.archive.retention import prune as prune_inputs
from nearpass.commands.one_cycle import going_out_anew, registrar_of, send_copies, settle
from nearpass.commands.shared import (
    NOT_WHOLE,
    Bars,
    Kept,
    config_option,
    echo_json,
    echo_kept,
    faults_kept,
    jobs_option,
    json_option,
    locked,
    loudness_options,
)
from nearpass.commands.world import World
from nearpass.config import load_config
from nearpass.errors import ArchiveError, LeakError, OutsideError
from nearpass.publish import Workspace, publish
from nearpass.publish import rebuild as rebuild_site
from nearpass.publish.commit import last_published
from nearpass.publish.index import open_index
from nearpass.publish.sharing import share_cycle
from nearpass.publish.stage import Drawer

DAY_S = 86_400.0


@click.command()
@config_option
@jobs_option
@loudness_options
@click.pass_obj
def build(world: World, config_path: Path, jobs: int) -> None:
    """Render and build the newest cycle again from the archive, without reading any ephemeris."""
    config, _ = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    archive = Archive(workspace.archive)
    archive.newest_id()  # there must be one
    with locked(workspace), faults_kept(workspace) as kept, Bars() as bars:
        registrar = registrar_of(workspace, config, world.instant())
        archive.check_signer(registrar.signer)
        leaks = settle(workspace, config, jobs, bars, registrar)
        sites = going_out_anew(workspace, config, leaks, bars)
        drawer = Drawer(jobs=jobs, progress=bars.stage, shared=len(sites) > 1)
        for site in sites:
            if (newest := site.archived.latest_id()) is not None:
                record = archive.load(newest)
                publish(site, record, jobs=jobs, progress=bars.stage, registrar=registrar, drawer=drawer)
                share_cycle(sites, newest, record.previous_cycle_id)
        send_copies(workspace, config)
    for site in sites:
        click.echo((site.public / "index.html").resolve())
    _end(workspace, kept, leaks)


@click.command()
@config_option
@jobs_option
@loudness_options
@click.pass_obj
def rebuild(world: World, config_path: Path, jobs: int) -> None:
    """Render and build every cycle again from the archive; the same program gives the same bytes."""
    config, _ = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    archive = Archive(workspace.archive)
    with locked(workspace), faults_kept(workspace) as kept, Bars() as bars:
        registrar = registrar_of(workspace, config, world.instant())
        archive.check_signer(registrar.signer)
        leaks = settle(workspace, config, jobs, bars, registrar)
        sites = going_out_anew(workspace, config, leaks, bars)
        for site in sites:
            try:
                rebuild_site(site, jobs=jobs, progress=bars.stage, registrar=registrar)
            except OutsideError as error:
                leaks.append(error)
        send_copies(workspace, config)
    for site in sites:
        click.echo(f"{len(last_published(site))} files changed, listed in {site.published}")
    _end(workspace, kept, leaks)


def _end(workspace: Workspace, kept: Kept, leaks: Sequence[LeakError]) -> None:
    """Name what is missing, and leave with the exit code that says so.

    Raises:
        LeakError: why an edition was stopped.
    """
    echo_kept(workspace, kept.faults, kept.pages)
    if leaks:
        raise leaks[0]
    if kept.faults or kept.pages:
        sys.exit(NOT_WHOLE)


@click.command()
@config_option
@click.option("--older-than", "days", type=click.FloatRange(min=0), required=True, metavar="DAYS")
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    default=KEPT_CYCLES,
    show_default=True,
    help="So many of the newest cycles keep their inputs, however old they are.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be dropped, and drop nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def prune(world: World, config_path: Path, days: float, keep: int, dry_run: bool, yes: bool) -> None:
    """Drop stored inputs that only cycles older than DAYS rest on; records and the chain stay."""
    load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    archive, before = Archive(workspace.archive), world.instant() + -days * DAY_S
    found = prunable(archive, before, keep=keep)
    if not found.inputs:
        click.echo("0 inputs dropped: newer cycles need all that are stored")
        return
    what = f"{found.inputs} inputs, {found.size_bytes / 1e6:.1f} MB"
    ids = f"{found.cycles[0]} to {found.cycles[-1]}" if len(found.cycles) > 1 else found.cycles[0]
    click.echo(f"{what}, of {len(found.cycles)} cycles ({ids}), which can then no longer be screened again")
    click.echo(f"kept: what the {found.kept_cycles} newest cycles and those of the last {days:g} days rest on")
    if dry_run:
        return
    if not yes:
        click.confirm("Drop them?", abort=True, err=True)
    with locked(workspace):
        pruned = prune_inputs(archive, before, keep=keep)
    click.echo(f"{pruned.inputs} inputs dropped, {pruned.size_bytes / 1e6:.1f} MB")


@click.command()
@config_option
@json_option
@click.argument("event_id")
def history(config_path: Path, event_id: str, *, as_json: bool) -> None:
    """What every cycle said of an event, in order of time."""
    load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    with locked(workspace), open_index(workspace.index, Archive(workspace.archive)) as index:
        mentions = index.history(event_id)
    if not mentions:
        raise ArchiveError("an event must be in the archive", value=event_id)
    if as_json:
        echo_json([
            {"cycle_id": one.cycle_id, "event_id": event_id, "tca_utc": f"{one.tca.iso(digits=3)}Z",
             "miss_km": one.miss_km, "level": one.level if one.miss_km is not None else None}
            for one in mentions
        ])  # fmt: skip
        return
    for mention in mentions:
        said = f"{mention.miss_km:.3f} km  {mention.level}" if mention.miss_km is not None else "left the list"
        click.echo(f"{mention.cycle_id}  TCA {mention.tca.iso(digits=3)}  {said}")
