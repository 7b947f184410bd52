"""The command that retrieves current ephemerides, and the same before a cycle."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from filelock import FileLock, Timeout

from nearpass.commands.shared import (
    LOCK_WAIT_S,
    NOT_WHOLE,
    Bars,
    Log,
    config_option,
    echo_json,
    json_option,
    log_option,
    loudness_options,
    writing,
)
from nearpass.commands.world import World
from nearpass.config import Config, load_config
from nearpass.config.origins import asked_address
from nearpass.errors import RetrievalError
from nearpass.publish import Workspace
from nearpass.retrieve import Errand, Outcome, Outside, errands, retrieve


@click.command()
@config_option
@log_option
@click.option("--object", "object_id", metavar="ID", help="Only this object's sources.")
@click.option("--dry-run", is_flag=True, help="Say what would be asked of whom, and ask nothing.")
@json_option
@loudness_options
@click.pass_obj
def fetch(
    world: World, config_path: Path, log_file: Path | None, object_id: str | None, *, dry_run: bool, as_json: bool
) -> None:
    """Retrieve what is current from the sources of the configuration into ephemerides/."""
    config, _ = load_config(config_path)
    wanted = errands(config, object_id)
    if not wanted:
        click.echo("no source is configured: add source = ... beside a path", err=as_json)
    if dry_run and as_json:
        echo_json([
            {"object_ids": list(errand.object_ids), "source": errand.text, "path": errand.path,
             "asked": asked_address(errand.origin, config.fetch)}
            for errand in wanted
        ])  # fmt: skip
        return
    if dry_run:
        for errand in wanted:
            asked = asked_address(errand.origin, config.fetch) or "this machine's files"
            click.echo(f"{', '.join(errand.object_ids)}: {errand.text} from {asked} into {errand.path}")
        return
    workspace = Workspace(directory=config_path.parent)
    found = retrieve_all(workspace, config, world, Log(file=log_file, world=world), wanted, said=not as_json)
    if as_json:
        echo_json([{"object_ids": list(one.object_ids), "state": one.state, "words": one.words} for one in found])
    sys.exit(NOT_WHOLE if any(one.state == "failed" for one in found) else 0)


def retrieve_all(
    workspace: Workspace, config: Config, world: World, log: Log, wanted: Sequence[Errand], *, said: bool = True
) -> list[Outcome]:
    """Ask sources and tell of each in one line, where that is wanted; what became of each.

    Raises:
        RetrievalError: if another retrieval is at work.
        PublicationError: if a file cannot be written.
    """
    outside = Outside(
        instant=world.instant,
        sleep=world.sleep,
        environment=world.environment,
        secret_file=lambda name: secret_file(workspace.directory / name),
    )
    found = []
    with _alone(workspace), Bars() as bars:
        for outcome in retrieve(wanted, config, workspace.directory, outside, stage=bars.stage):
            ids = ", ".join(outcome.object_ids)
            if said:
                click.echo(f"{ids}: {outcome.words}", err=outcome.state == "failed")
            log(f"retrieval_{outcome.state}", object_ids=outcome.object_ids, words=outcome.words)
            found.append(outcome)
    return found


@contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
    """One retrieval at a time; cycles may run meanwhile, since deliveries arrive whole."""
    try:
        with writing(workspace), FileLock(workspace.directory / ".nearpass.fetch.lock", timeout=LOCK_WAIT_S):
            yield
    except Timeout:
        raise RetrievalError("only one retrieval at a time may work here", file=str(workspace.directory)) from None


def secret_file(path: Path) -> str | None:
    """What a file of credentials holds, if it is its owner's alone.

    Raises:
        RetrievalError: if others may read it.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise RetrievalError("a file of credentials must be its owner's alone (chmod 600)", file=str(path))
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return None
