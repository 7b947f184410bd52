"""Commands for exchanges: begin a dossier, and say how far each has come."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from nearpass.astro.epochs import Epoch
from nearpass.commands.shared import NOT_WHOLE, EpochParameter, config_option
from nearpass.commands.world import World
from nearpass.config import load_config
from nearpass.config.exchanges import parse_dossier
from nearpass.errors import ConfigError, InputError
from nearpass.ingest.exchanges import FOLDER, dossier_now, dossier_paths
from nearpass.publish import Workspace
from nearpass.record.exchange_record import standing
from nearpass.report.wording import exchanging

TEMPLATE = """# The dossier of an exchange. What is not known yet stays out; the pages say what is missing.
title = {title}
parties = {parties}
# purpose = "assess the risk of collision of orbiters at Mars"
# agenda = ["the ephemerides that are exchanged", "whom to call"]
# channel = "how things are handed over"
# first_release = 2021-03-05        # as planned
# opened = 2021-03-05
# closed = 2021-04-30
# outcome = "what came of it"

# [ground]                          # a law, an agreement or both
# law = ""
# agreement = ""

# [certification]                   # where one must be filed before the first release
# days_before = 30
# filed = 2021-02-01
# reference = ""
# submitted_to = ""
# statement = "{name}/before.txt"   # what nearpass certify --before printed, kept below exchanges/
# sha256 = ""

# [[participant]]
# name = ""
# party = ""
# role = ""

# [[decision]]
# on = 2021-03-18T15:00:00Z
# by = ""
# decided = ""
"""


@click.group("exchange")
def exchange_command() -> None:
    """Dossiers of exchanges: one file each in exchanges/, minutes and notes in a folder of its name."""


@exchange_command.command("new")
@config_option
@click.argument("name")
@click.option("--party", "parties", multiple=True, required=True, metavar="PARTY", help="Each party; repeatable.")
@click.option("--title", help="What it is called; its name by default.")
def new(config_path: Path, name: str, parties: tuple[str, ...], title: str | None) -> None:
    """Begin a dossier and print where it is."""
    load_config(config_path)
    path = config_path.parent / FOLDER / f"{name}.toml"
    quoted = [json.dumps(party, ensure_ascii=False) for party in parties]
    text = TEMPLATE.format(
        name=name, title=json.dumps(title or name, ensure_ascii=False), parties=f"[{', '.join(quoted)}]"
    )
    parse_dossier(text, name, str(path))
    path.parent.mkdir(exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InputError("a dossier of this name must not be there yet", file=str(path)) from None
    click.echo(path)


@exchange_command.command("list")
@config_option
@click.option("--at", type=EpochParameter(), help="As of then, UTC; now by default.")
@click.pass_obj
def list_command(world: World, config_path: Path, at: Epoch | None) -> None:
    """Each exchange with its state and what is missing; what the register tells stands on its page."""
    config, _ = load_config(config_path)
    now, directory = at or world.instant(), Workspace(directory=config_path.parent).directory
    whole = True
    for path in dossier_paths(directory):
        try:
            found = dossier_now(path, config, directory)
        except ConfigError as error:
            whole = False
            click.echo(f"{path.stem}: unreadable")
            for fault in (error, *error.others):
                click.echo(f"  {fault}")
            continue
        state = standing(found, now)
        click.echo(f"{path.stem}: {exchanging.state(state, found)}")
        for line in exchanging.lacks(state, found, now):
            click.echo(f"  {line}")
    sys.exit(0 if whole else NOT_WHOLE)
