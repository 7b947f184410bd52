"""Commands for partners: a package of what they may have, and the statement of what was exchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from nearpass.archive.archive import Archive
from nearpass.archive.durable import sha256_of
from nearpass.archive.register import Register
from nearpass.archive.signature import load_signer
from nearpass.astro.epochs import Epoch
from nearpass.commands.one_cycle import registrar_of
from nearpass.commands.shared import EpochParameter, config_option, echo_json, json_option, locked
from nearpass.commands.world import World
from nearpass.config import Config, load_config
from nearpass.config.objects import delivery_marking, object_marking
from nearpass.errors import ArchiveError, ConfigError
from nearpass.publish import Workspace, editions_of
from nearpass.publish.certificate import (
    Period,
    Planned,
    Subject,
    certificate,
    cycles_of,
    prior_statement,
    signed,
)
from nearpass.publish.grounds import check_ground
from nearpass.publish.package import handed_over, package
from nearpass.publish.receipts import write_receipts
from nearpass.report.receipts import receipts
from nearpass.report.statement_text import in_words, printable


@click.command("package")
@config_option
@click.argument("edition_id", metavar="EDITION")
@click.option("--event", "event_id", metavar="ID", help="Only this event, as the edition names it.")
@click.option("--cycle", "cycle_id", metavar="CYCLE", help="The cycle; the edition's newest by default.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The zip file; named after its contents.")
@json_option
@click.pass_obj
def package_command(
    world: World,
    config_path: Path,
    edition_id: str,
    event_id: str | None,
    cycle_id: str | None,
    out: Path | None,
    *,
    as_json: bool,
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
    check_ground(site, registrar)
    archive = Archive(workspace.archive)
    data = package(archive, wanted, site.edition, event_id=event_id, signer=registrar.signer)
    path = out or Path(f"{edition_id}-{event_id or wanted}.zip")
    with locked(workspace):
        line = handed_over(archive.load(wanted), site.edition, event_id, path.name, data, registrar.at_utc)
        Register(archive).append([line], registrar)  # before the package is there to be handed over
        path.write_bytes(data)
    if as_json:
        echo_json({
            "file": str(path), "sha256": sha256_of(data), "bytes": len(data), "edition": edition_id,
            "cycle_id": wanted, "event_id": event_id,
        })  # fmt: skip
    else:
        click.echo(f"{path}  {sha256_of(data)}")


@click.command("receipts")
@config_option
@click.option("--cycle", "cycle_id", metavar="CYCLE", help="The cycle; the archive's newest by default.")
@click.option("--originator", help="Only of what came from this party, by any of its names, or from its members.")
def receipts_command(config_path: Path, cycle_id: str | None, originator: str | None) -> None:
    """Write a receipt for each delivery of a cycle, as text and JSON, into receipts/<originator>/.

    Each run does so for deliveries that have none yet; this writes all of a cycle again.
    """
    config, _ = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    wanted = cycle_id or workspace.archived.latest_id()
    if wanted is None:
        raise ArchiveError("the archive must hold a cycle", file=str(workspace.archive))
    parties = config.known_parties
    with locked(workspace):
        found = [
            one
            for one in receipts(workspace.archived.load(wanted))
            if originator is None or parties.belongs(one.originator, [originator])
        ]
        for path in write_receipts(workspace, found):
            click.echo(path.with_name(f"{path.name}.txt"))


@click.command()
@config_option
@click.option("--from", "start", type=EpochParameter(), required=True, help="Begin of the period, UTC.")
@click.option("--to", "stop", type=EpochParameter(), required=True, help="End of the period, UTC.")
@click.option("--party", "--partner", "party", required=True, help="A party with its members, or the id of an edition.")
@click.option("--before", is_flag=True, help="State what is to be shared, with whom and protected how.")
@json_option
@click.option("--html", "as_html", is_flag=True, help="As one page to print.")
def certify(
    config_path: Path, start: Epoch, stop: Epoch, party: str, before: bool, as_json: bool, as_html: bool
) -> None:
    """State what came from a party, and where what derives from it went.

    As what, and by whose decision: in full, as metrics or without a name.

    A delivery or a release belongs to the period by the time of its data or by the clock of the run; each line says so.
    """
    if as_json and as_html:
        raise click.UsageError("--json and --html exclude each other")
    if stop < start:
        raise click.UsageError("the period must not end before it begins")
    config, _ = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    subject, period = Subject(name=party, known=config.known_parties), Period(start=start, stop=stop)
    if before:
        editions = [site.edition for site in editions_of(workspace, config) if site.edition is not None]
        statement = prior_statement(subject, period, _planned(config), editions)
    else:
        statement = _certified(workspace, subject, period)
    signer = load_signer(workspace.directory / config.archive.sign) if config.archive.sign else None
    statement = signed(statement, signer)
    if as_json:
        echo_json(statement)
    else:
        click.echo(printable(statement) if as_html else in_words(statement), nl=False)


def _certified(workspace: Workspace, subject: Subject, period: Period) -> dict[str, Any]:
    archive = Archive(workspace.archive)
    register = Register(archive)
    head, entries = register.head(), list(register.entries())
    records = [archive.load(name) for name in cycles_of(period, archive.cycle_ids(), entries)]
    return certificate(subject, period, entries, records, head["sha256"] if head else None)


def _planned(config: Config) -> list[Planned]:
    """The objects of the configuration, each with its markings and those of its nominal sources."""
    mapped = config.mapped_words
    return [
        Planned(
            object_id=item.id,
            operator=item.operator,
            markings=(
                object_marking(item, mapped),
                *(delivery_marking(item, source, mapped) for source in item.nominal),
            ),
            originators=tuple(source.originator for source in item.ephemeris),
        )
        for item in config.objects
    ]
