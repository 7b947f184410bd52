"""Commands that make cycles: once, or whenever one is due."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from nearpass.archive.archive import Archive
from nearpass.astro.epochs import Epoch
from nearpass.commands.from_files import from_files, lay_out
from nearpass.commands.one_cycle import Run, one_cycle
from nearpass.commands.retrieval import retrieve_all
from nearpass.commands.shared import (
    NOT_WHOLE,
    Log,
    at_option,
    config_option,
    echo_json,
    echo_kept,
    jobs_option,
    json_option,
    log_option,
    loudness_options,
    scheduler_option,
    workers_for,
)
from nearpass.commands.world import World
from nearpass.config import load_config
from nearpass.disclosure.archived import Flown
from nearpass.errors import ConfigError, NearpassError
from nearpass.publish import Workspace, editions_of
from nearpass.reasons.levels import Level
from nearpass.record.cycle_id import CycleId
from nearpass.record.record import CycleRecord
from nearpass.report.cycle_views import losses as lost_parts
from nearpass.retrieve import due, errands
from nearpass.status import read
from nearpass.watch import Watch, deliveries

LIMIT_KM = 100.0
"""What is listed where files alone say what to screen."""


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@config_option
@at_option
@jobs_option
@log_option
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="With FILES: the new workspace; here.")
@click.option("--limit-km", type=click.FloatRange(min=0, min_open=True), help="With FILES: what is listed; 100.")
@click.option("--fetch", "fetching", is_flag=True, help="Retrieve what is current first; failures leave what is here.")
@click.option("--supersedes", metavar="CYCLE", help="The archived cycle that this one corrects; its pages will say so.")
@scheduler_option
@json_option
@loudness_options
@click.pass_obj
def run(
    world: World,
    files: tuple[Path, ...],
    *,
    config_path: Path,
    cutoff: Epoch | None,
    jobs: int,
    log_file: Path | None,
    out: Path | None,
    limit_km: float | None,
    fetching: bool,
    supersedes: str | None,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Run one whole cycle: read, screen, archive, publish into public/.

    With FILES, OEM, SPK, OCM or mean elements, a workspace is made of them alone: nearpass run a.oem b.oem
    """
    if files:
        config_path, cutoff = _of_files(files, out or config_path.parent, cutoff, limit_km or LIMIT_KM)
    elif out is not None or limit_km is not None:
        raise click.UsageError("--out and --limit-km go with files; a workspace has them in nearpass.toml")
    config, text = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    log = Log(file=log_file, world=world)
    found = retrieve_all(workspace, config, world, log, errands(config), said=not as_json) if fetching else []
    task = Run(
        workspace=workspace, config=config, configuration=text, cutoff=cutoff or world.minute(),
        jobs=jobs, log=log, supersedes=supersedes, workers=workers_for(jobs, scheduler),
    )  # fmt: skip
    made = one_cycle(task, told_at=cutoff)
    for refusal in made.refusals:
        click.echo(f"refused: {refusal}", err=True)
    for what, why in lost_parts(made.record):
        click.echo(f"could not be computed: {what}: {why}", err=True)
    echo_kept(workspace, made.faults, made.pages)
    exit_code = made.exit_code or (NOT_WHOLE if any(one.state == "failed" for one in found) else 0)
    if as_json:
        echo_json(
            read(workspace.status) | {"exit_code": exit_code} | _made(made.record, editions_of(workspace, config))
        )
    else:
        click.echo(made.front.resolve())
    sys.exit(exit_code)


def _made(record: CycleRecord, sites: Sequence[Workspace]) -> dict[str, Any]:
    """Which cycle it is, how many events are of which level, and where the sites are."""
    levels = Counter(event.level.value for event in record.events)
    return {
        "cycle_id": record.cycle_id,
        "events": {level.value: levels[level.value] for level in Level},
        "sites": {
            site.edition.id if site.edition else "": str((site.public / "index.html").resolve()) for site in sites
        },
    }


def _of_files(files: tuple[Path, ...], home: Path, at: Epoch | None, limit_km: float) -> tuple[Path, Epoch]:
    """Make a workspace of files; its configuration and the cut-off.

    Raises:
        ConfigError: if there is one already, or the files do not make a fleet.
        InputError: for a file that cannot be read.
    """
    path = home / "nearpass.toml"
    if path.exists():
        rule = "a workspace of files must not hold a nearpass.toml yet: run it without files, or give another --out"
        raise ConfigError(rule, file=str(path))
    made = from_files(files, at, limit_km, home)
    lay_out(made, home)
    for words in made.assumed:
        click.echo(f"assumed: {words}", err=True)
    click.echo(f"{path} says what is screened: put in what you know, and run again", err=True)
    return path, made.cutoff


@click.command()
@config_option
@jobs_option
@log_option
@click.option("--poll", "poll_s", type=click.FloatRange(min=0), default=30.0, show_default=True, help="Seconds.")
@click.option(
    "--settle", "settle_s", type=click.FloatRange(min=0), default=120.0, show_default=True,
    help="Seconds for which no delivery may have changed.",
)  # fmt: skip
@click.option("--once", is_flag=True, help="End after the first cycle, or at once where none is due.")
@loudness_options
@click.pass_obj
def watch(
    world: World, config_path: Path, jobs: int, log_file: Path | None, poll_s: float, settle_s: float, once: bool
) -> None:
    """Run a cycle whenever a delivery has arrived and settled, and when cycle.every_hours says so.

    Sources of the configuration are asked every fetch.every_hours; folders are looked into at each look.
    """
    workspace = Workspace(directory=config_path.parent)
    log = Log(file=log_file, world=world)
    flown = Flown()
    state = Watch(settle_s=settle_s, handled=read(workspace.status).get("deliveries_sha256"))
    while True:
        try:
            ended = _look(config_path, workspace, state, flown, world, jobs=jobs, log=log, once=once)
        except NearpassError as error:
            if once:
                raise
            click.echo(f"nearpass: {error}", err=True)  # a fault in the configuration may be mended meanwhile
            ended = False
        if ended:
            return
        world.sleep(poll_s)


def _look(
    config_path: Path,
    workspace: Workspace,
    state: Watch,
    flown: Flown,
    world: World,
    *,
    jobs: int,
    log: Log,
    once: bool,
) -> bool:
    """Look once whether a cycle is due, and run it; whether watching ends here."""
    config, text = load_config(config_path)
    if wanted := due(config, workspace.directory, world.instant()):
        retrieve_all(workspace, config, world, log, wanted)
    latest = Archive(workspace.archive).latest_id()
    found = deliveries(config, workspace.directory)
    reason = state.due(found, world.instant(), cutoff_of(latest), config.cycle.every_hours)
    cutoff = world.minute()
    if reason is None or (latest is not None and CycleId.of(cutoff) <= latest):  # at most one cycle a minute
        if once and not state.unsettled:
            click.echo("no cycle is due")
        return once and not state.unsettled
    click.echo(f"{CycleId.of(cutoff)}: {reason}")
    state.handled()
    one_cycle(
        Run(workspace=workspace, config=config, configuration=text, cutoff=cutoff, jobs=jobs, log=log, flown=flown)
    )
    return once


def cutoff_of(cycle: str | None) -> Epoch | None:
    """The minute in a cycle's id."""
    return CycleId(cycle).cutoff if cycle is not None else None
