"""Commands that work from the archive: render again, check, drop inputs, look up an event, make a key."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path

import click

from nearpass.archive.archive import Archive
from nearpass.archive.retention import prune as prune_inputs
from nearpass.archive.signature import load_signer, new_key
from nearpass.archive.verify import Finding, Report, verify_archive, verify_latest
from nearpass.commands.one_cycle import send_copies, settle
from nearpass.commands.shared import Bars, config_option, jobs_option, locked
from nearpass.commands.world import World
from nearpass.config import load_config
from nearpass.cycle.rescreen import rescreen
from nearpass.errors import ArchiveError, PublicationError
from nearpass.publish import Workspace, editions_of, publish
from nearpass.publish import rebuild as rebuild_site
from nearpass.publish.check import verify_site
from nearpass.publish.commit import last_published
from nearpass.publish.index import open_index
from nearpass.publish.stage import Drawer
from nearpass.report.wording import said

DAY_S = 86_400.0
MOST_FINDINGS = 20


@click.command()
@config_option
@jobs_option
def build(config_path: Path, jobs: int) -> None:
    """Render and build the newest cycle again from the archive, without reading any ephemeris."""
    config, _ = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    archive = Archive(workspace.archive)
    latest = archive.latest_id()
    if latest is None:
        raise ArchiveError("the archive must hold a cycle; make one with nearpass run", file=str(workspace.archive))
    with locked(workspace), Bars() as bars:
        leaks = settle(workspace, config, jobs, bars)
        stopped = {error.edition for error in leaks}
        sites = [site for site in editions_of(workspace, config) if not site.edition or site.edition.id not in stopped]
        drawer = Drawer(jobs=jobs, progress=bars.stage, shared=len(sites) > 1)
        for site in sites:
            if (newest := site.archived.latest_id()) is not None:
                publish(site, archive.load(newest), jobs=jobs, progress=bars.stage, drawer=drawer)
        send_copies(workspace, config)
    for site in sites:
        click.echo((site.public / "index.html").resolve())
    if leaks:
        raise leaks[0]


@click.command()
@config_option
@jobs_option
def rebuild(config_path: Path, jobs: int) -> None:
    """Render and build every cycle again from the archive; the same program gives the same bytes."""
    config, _ = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    with locked(workspace), Bars() as bars:
        leaks = settle(workspace, config, jobs, bars)
        stopped = {error.edition for error in leaks}
        sites = [site for site in editions_of(workspace, config) if not site.edition or site.edition.id not in stopped]
        for site in sites:
            rebuild_site(site, jobs=jobs, progress=bars.stage)
        send_copies(workspace, config)
    for site in sites:
        click.echo(f"{len(last_published(site))} files changed, listed in {site.published}")
    if leaks:
        raise leaks[0]


@click.command()
@config_option
@click.option("--latest", is_flag=True, help="Only the cycle added last, at the same cost however large the archive.")
@click.option("--site", is_flag=True, help="The published files as well.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Check this copy of the site alone.")
@click.option("--rescreen", "rescreened", metavar="CYCLE", help="Screen a cycle again and compare every number.")
@click.option("--key", metavar="HEX", help="The public key that must have signed; by default the configured one's.")
def verify(
    config_path: Path, latest: bool, site: bool, folder: Path | None, rescreened: str | None, key: str | None
) -> None:
    """Check that nothing in the archive was changed, removed or added; the first line names the first bad file."""
    config, _ = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    if rescreened is not None:
        _rescreen(workspace, rescreened)
        return
    if folder is not None:
        _tell_site(*verify_site(workspace, folder))
        return
    if key is None and config.archive.sign and (workspace.directory / config.archive.sign).exists():
        key = load_signer(workspace.directory / config.archive.sign).public_key
    with locked(workspace) if os.access(workspace.directory, os.W_OK) else nullcontext():  # not amid a run
        checked = (verify_latest if latest else verify_archive)(Archive(workspace.archive), public_key=key)
        published = [verify_site(one) for one in editions_of(workspace, config)] if site else []
    _tell_archive(checked, workspace)
    for checked_site in published:
        _tell_site(*checked_site)


@click.command()
@config_option
@click.option("--older-than", "days", type=click.FloatRange(min=0), required=True, metavar="DAYS")
@click.pass_obj
def prune(world: World, config_path: Path, days: float) -> None:
    """Drop stored inputs that only cycles older than DAYS rest on; records and the chain stay."""
    load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    with locked(workspace):
        pruned = prune_inputs(Archive(workspace.archive), world.instant() + -days * DAY_S)
    click.echo(f"{pruned.inputs} inputs dropped, {pruned.size_bytes / 1e6:.1f} MB")


@click.command()
@config_option
@click.argument("event_id")
def history(config_path: Path, event_id: str) -> None:
    """What every cycle said of an event, in order of time."""
    load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    with locked(workspace), open_index(workspace.index, Archive(workspace.archive)) as index:
        mentions = index.history(event_id)
    if not mentions:
        raise ArchiveError("an event must be in the archive", value=event_id)
    for mention in mentions:
        said = f"{mention.miss_km:.3f} km  {mention.level}" if mention.miss_km is not None else "left the list"
        click.echo(f"{mention.cycle_id}  TCA {mention.tca.iso(digits=3)}  {said}")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def keygen(file: Path) -> None:
    """Make a key that signs the archive, in FILE, and print its public half."""
    public_key = new_key(file)
    click.echo(public_key)
    click.echo(f'Keep {file} private. In nearpass.toml: [archive] sign = "{file}"', err=True)


def _tell_archive(checked: Report, workspace: Workspace) -> None:
    if checked.interrupted:
        click.echo(f"{checked.interrupted} was interrupted; the next run settles it")
    if checked.findings:
        _tell(checked.findings, ArchiveError.exit_code)
    if not checked.cycles:
        raise ArchiveError("the archive must hold a cycle", file=str(workspace.archive))
    pruned = f", {checked.pruned} of them pruned" if checked.pruned else ""
    signed = f", {checked.signed} signed" if checked.signed else ""
    click.echo(
        f"archive: {checked.cycles} cycles{signed}, {checked.inputs} inputs{pruned}, every byte as it was written"
    )


def _tell_site(files: int, findings: tuple[Finding, ...]) -> None:
    if findings:
        _tell(findings, PublicationError.exit_code)
    click.echo(f"site: {files} files, every byte as it was published")


def _tell(findings: tuple[Finding, ...], exit_code: int) -> None:
    for finding in findings[:MOST_FINDINGS]:
        click.echo(str(finding), err=True)
    if len(findings) > MOST_FINDINGS:
        click.echo(f"and {len(findings) - MOST_FINDINGS} more", err=True)
    sys.exit(exit_code)


def _rescreen(workspace: Workspace, cycle_id: str) -> None:
    with Bars() as bars:
        result = rescreen(Archive(workspace.archive), cycle_id, workspace.directory, bars.stage, said)
    for version in result.versions:
        click.echo(version)
    if result.differences:
        for difference in result.differences[:MOST_FINDINGS]:
            click.echo(str(difference), err=True)
        click.echo(f"{len(result.differences)} of {result.values} values differ", err=True)
        sys.exit(ArchiveError.exit_code)
    click.echo(f"{cycle_id}: {result.values} values, all as archived")
