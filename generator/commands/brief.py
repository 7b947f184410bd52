"""The pack for a meeting about approaches."""

from __future__ import annotations

from pathlib import Path

import click

from nearpass.archive.archive import Archive
from nearpass.archive.durable import make_folder, replace_durably
from nearpass.commands.shared import config_option, locked
from nearpass.config import load_config
from nearpass.errors import ArchiveError, ConfigError, InputError
from nearpass.ingest.notes import named_event
from nearpass.publish import Workspace, editions_of
from nearpass.publish.brief import as_pdf, pack
from nearpass.publish.site import newest_published
from nearpass.record.record import CycleRecord, EventRecord, ToldEvent
from nearpass.release.reduction import reduced
from nearpass.report.brief_views import of_week
from nearpass.report.silence import meaningful

FOLDER = "briefs"


@click.command("brief")
@config_option
@click.option("--event", "event_id", metavar="ID", help="One approach, by its id or as MRO-TW1-20210321T0412.")
@click.option("--week", is_flag=True, help="Red and yellow ones of the next seven days; the default.")
@click.option("--edition", "edition_id", metavar="EDITION", help="From which edition; needed where there are several.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"The folder; {FOLDER}/ of the workspace by default.",
)
@click.option("--plots", is_flag=True, help="Also each plot of the approaches as a PDF, for a slide or a paper.")
@click.option("--pdf/--no-pdf", default=True, help="Also as PDF, by WeasyPrint (nearpass[pdf]).")
def brief_command(
    config_path: Path,
    event_id: str | None,
    edition_id: str | None,
    out: Path | None,
    *,
    week: bool,
    plots: bool,
    pdf: bool,
) -> None:
    """Make the pack for a meeting: two pages an approach to print, and a form for its minutes.

    It is made from the newest cycle of an edition; log minutes FORM makes notes of the form when it is filled in.
    """
    if event_id is not None and week:
        raise click.UsageError("--event and --week exclude each other")
    config, _ = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    site = _site(editions_of(workspace, config), edition_id)
    cycle_id = newest_published(site)
    if cycle_id is None:
        raise ArchiveError("the edition must have a cycle", file=str(workspace.archive))
    full = Archive(workspace.archive).load(cycle_id)
    shown = meaningful(reduced(full, site.edition) if site.edition else full)
    events = of_week(shown) if event_id is None else (_event(event_id, full, shown),)
    if not events:
        click.echo(f"cycle {cycle_id}: no red or yellow approach within a week")
        return
    stem = f"{events[0].event_id if event_id is not None else 'week'}-{cycle_id}"
    stem += f"-{site.edition.id}" if site.edition is not None else ""
    made = pack(site, full, shown, events, f"minutes-{stem}.yaml", plots_too=plots)
    files = {f"brief-{stem}.html": made.page.encode(), f"minutes-{stem}.yaml": made.form.encode()}
    files |= {f"{name}-{cycle_id}.pdf": drawn for name, drawn in made.plots.items()}
    folder = out or workspace.directory / FOLDER
    if pdf:
        try:
            files[f"brief-{stem}.pdf"] = as_pdf(made.page)
        except ConfigError as error:
            click.echo(f"no PDF: {error}", err=True)
    with locked(workspace):
        make_folder(folder, private=True)
        for name, data in files.items():
            path = folder / name
            if name.endswith(".yaml") and path.exists():
                click.echo(f"{path} is there already and stays as it is", err=True)
                continue
            replace_durably(path, data, staging=folder, private=True)
            click.echo(path)


def _site(sites: list[Workspace], edition_id: str | None) -> Workspace:
    """The site of an edition; the only one where none is named.

    Raises:
        ConfigError: where it is not configured, or none is named of several.
    """
    ids = [site.edition.id if site.edition is not None else None for site in sites]
    found = [site for site, name in zip(sites, ids, strict=True) if edition_id in {None, name}]
    if len(found) != 1:
        names = ", ".join(filter(None, ids))
        raise ConfigError(f"an edition must be named by --edition: {names or 'none is configured'}", value=edition_id)
    return found[0]


def _event(name: str, full: CycleRecord, shown: CycleRecord) -> EventRecord | ToldEvent:
    event_id = named_event(name, full)
    found = next((event for event in shown.approaches if event.event_id == event_id), None)
    if found is None:
        raise InputError("an approach of the edition's newest cycle must be named", value=name)
    return found
