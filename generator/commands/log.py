"""Commands for the log of consultations and decisions."""

from __future__ import annotations

import json
from pathlib import Path

import click

from nearpass.commands.shared import config_option
from nearpass.commands.world import World
from nearpass.config import load_config
from nearpass.errors import InputError
from nearpass.ingest.notes import FOLDER
from nearpass.publish import Workspace

TEMPLATE = """---
{event}time: {time}Z
kind: consultation    # or decision, action, outcome
parties: []           # who took part
originator: {originator}
marking: TLP:RED      # narrow until you say otherwise; then CLEAR, GREEN, AMBER, AMBER+STRICT
release: []           # parties who may see it all the same
---
"""


@click.group("log")
def log_command() -> None:
    """Consultations and decisions, one file each in log/."""


@log_command.command("new")
@config_option
@click.option("--event", "event_id", metavar="ID", help="The event that it is about; without it, the whole cycle.")
@click.pass_obj
def new(world: World, config_path: Path, event_id: str | None) -> None:
    """Begin a note on an event and print where it is."""
    config, _ = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    latest = workspace.archived.latest_id()
    known = workspace.archived.load(latest) if latest else None
    if event_id is not None and event_id not in {event.event_id for event in (known.events if known else ())}:
        raise InputError("an event of the newest cycle must be named", value=event_id)
    now = world.instant()
    stem = f"{now.iso(digits=0)[:16].replace(':', '')}-{event_id or 'cycle'}"
    path = workspace.directory / FOLDER / f"{stem}.md"
    path.parent.mkdir(exist_ok=True)
    text = TEMPLATE.format(
        event=f"event: {event_id}\n" if event_id else "",
        time=now.iso(digits=0),
        originator=json.dumps(config.site.publisher or "your office", ensure_ascii=False),  # JSON is YAML
    )
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InputError("a note must not be there yet: go on with it, or wait a minute", file=str(path)) from None
    click.echo(path)
