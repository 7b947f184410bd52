"""Commands for partners: a package of what they may have, and the statement of what was exchanged."""

from __future__ import annotations

import json
from pathlib import Path

import click

from nearpass.archive.archive import Archive
from nearpass.archive.durable import sha256_of
from nearpass.archive.register import Entry, Register
from nearpass.astro.epochs import Epoch
from nearpass.commands.one_cycle import registrar_of
from nearpass.commands.shared import EpochParameter, config_option, locked
from nearpass.commands.world import World
from nearpass.config import load_config
from nearpass.errors import ArchiveError, ConfigError
from nearpass.publish import Workspace, editions_of
from nearpass.publish.certificate import certificate, concerning, in_words
from nearpass.publish.package import package
from nearpass.record.marking import Edition


@click.command("package")
@config_option
@click.argument("edition_id", metavar="EDITION")
@click.option("--event", "event_id", metavar="ID", help="Only this event, as the edition names it.")
@click.option("--cycle", "cycle_id", metavar="CYCLE", help="The cycle; the edition's newest by default.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The zip file; named after its contents.")
@click.pass_obj
def package_command(
    world: World, config_path: Path, edition_id: str, event_id: str | None, cycle_id: str | None, out: Path | None
) -> None:
    """Pack for a partner what EDITION may have: messages, tables, inputs, manifest, signature."""
    config, _ = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    site = next((s for s in editions_of(workspace, config) if s.edition and s.edition.id == edition_id), None)
    if site is None or site.edition is None:
        raise ConfigError("an edition of the configuration must be named", value=edition_id, file=str(config_path))
    wanted = cycle_id or site.archived.latest_id()
    if wanted is None or not site.edition.publishes(wanted):
        raise ArchiveError("the edition must have the cycle", value=wanted, file=str(workspace.archive))
    registrar = registrar_of(workspace, config, world.instant())
    archive = Archive(workspace.archive)
    data = package(archive, wanted, site.edition, event_id=event_id, signer=registrar.signer)
    path = out or Path(f"{edition_id}-{event_id or wanted}.zip")
    with locked(workspace):
        line = _handed(site.edition, wanted, path.name, data, registrar.at_utc)
        Register(archive).append([line], registrar)  # before the package is there to be handed over
        path.write_bytes(data)
    click.echo(f"{path}  {sha256_of(data)}")


def _handed(edition: Edition, cycle_id: str, file: str, data: bytes, at_utc: str) -> Entry:
    return Entry(
        kind="released", at_utc=at_utc, cycle_id=cycle_id, party=edition.audience or edition.id,
        marking=edition.marking.value, edition=edition.id, parties=tuple(sorted(edition.parties)), file=file,
        sha256=sha256_of(data), files=1,
    )  # fmt: skip


@click.command()
@config_option
@click.option("--from", "start", type=EpochParameter(), required=True, help="Begin of the period, UTC.")
@click.option("--to", "stop", type=EpochParameter(), required=True, help="End of the period, UTC.")
@click.option("--partner", required=True, help="A party, or the id of an edition.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def certify(config_path: Path, start: Epoch, stop: Epoch, partner: str, as_json: bool) -> None:
    """State all that was received from and released to a partner in a period, by category, with hashes."""
    load_config(config_path)
    register = Register(Archive(Workspace(directory=config_path.parent).archive))
    head = register.head()
    entries = concerning(register.entries(), partner, start, stop)
    statement = certificate(entries, partner, start, stop, head["sha256"] if head else None)
    click.echo(json.dumps(statement, ensure_ascii=False, indent=1) if as_json else in_words(statement), nl=as_json)
