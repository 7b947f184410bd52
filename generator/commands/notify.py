"""Telling those whom the configuration names of the newest cycle."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from filelock import FileLock, Timeout

from nearpass import status
from nearpass.astro.epochs import Epoch
from nearpass.commands.retrieval import secret_file
from nearpass.commands.shared import (
    LOCK_WAIT_S,
    NOT_WHOLE,
    EpochParameter,
    Log,
    Loudness,
    config_option,
    log_option,
    loudness,
    loudness_options,
)
from nearpass.commands.world import World
from nearpass.config import Config, load_config
from nearpass.errors import ConfigError, understood
from nearpass.notify.channels import carry
from nearpass.notify.tell import Telling, Told
from nearpass.publish import Workspace

LOCK = ".nearpass.notify.lock"


@click.command("notify")
@config_option
@log_option
@click.option("--at", type=EpochParameter(), help="As of when, UTC; now by default.")
@loudness_options
@click.option("--dry-run", is_flag=True, help="Print what would be sent and to which channel; send and keep nothing.")
@click.pass_obj
def notify_command(world: World, config_path: Path, log_file: Path | None, at: Epoch | None, dry_run: bool) -> None:
    """Send what is due of the newest cycle to those whom [[notify]] names; each thing once.

    A run does this at its end. Between runs this sends reminders and deadlines; it is safe to call at any time.
    """
    config, _ = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    if not config.notify:
        click.echo("nobody is to be told: add [[notify]] to the configuration")
        return
    log = Log(file=log_file, world=world)
    failures = tell_all(workspace, config, log, at or world.instant(), dry_run=dry_run)
    sys.exit(NOT_WHOLE if failures else 0)


def tell_all(workspace: Workspace, config: Config, log: Log, at: Epoch, *, dry_run: bool = False) -> tuple[str, ...]:
    """Send what is due and say so, one line a message; what was not told, which ``status.json`` says as well.

    Nothing that happens here stops a cycle.
    """
    if not config.notify:
        return ()
    failures: list[str] = []
    try:
        with FileLock(workspace.directory / LOCK, timeout=LOCK_WAIT_S):
            telling = Telling(
                workspace=workspace, config=config, at=at, carry=None if dry_run else carry,
                address_of=lambda place: _address(place, workspace, log.world),
            )  # fmt: skip
            for told in telling.tell():
                failures += _say(told, log)
    except Timeout:
        failures.append("only one may tell at a time here")
    except Exception as error:  # noqa: BLE001  # a cycle that is made stays made
        failures.append(str(understood(error)))
    if not dry_run:
        status.told(workspace.status, failures, NOT_WHOLE)
    for line in failures:
        click.echo(f"not told: {line}", err=True)
    return tuple(failures)


def _say(told: Told, log: Log) -> list[str]:
    """Tell of one message; what was not told."""
    where = f"{told.notify} by {told.channel}" if told.channel else told.notify
    title = told.letter.title if told.letter else ""
    if told.outcome == "due" and told.letter is not None:
        click.echo(f"due: {where}: {title}\n\n{told.letter.body}")
        return []
    log(f"message_{told.outcome}", notify=told.notify, channel=told.channel, title=title, why=told.why)
    if told.outcome == "sent":
        if loudness() is not Loudness.QUIET:
            click.echo(f"told: {where}: {title}", err=True)  # standard output is the caller's
        return []
    return [f"{where}: {title}{': ' if title else ''}{told.why}"]


def _address(place: str, workspace: Workspace, world: World) -> str:
    """The address that a channel names, from the environment or a file.

    Raises:
        ConfigError: where there is none.
        RetrievalError: for a file that others may read.
    """
    path = place.removeprefix("file:")
    held = world.environment.get(place) if path == place else secret_file(workspace.directory / path)
    if not held or not held.strip():
        raise ConfigError(f"{'the environment' if path == place else 'a file'} must hold the channel {path}")
    return held.strip()
