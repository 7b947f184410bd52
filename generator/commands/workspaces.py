"""Commands around a workspace: lay one out, fill one with the sample, look at its deliveries and its site."""

from __future__ import annotations

import functools
import http.server
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from nearpass.archive.durable import make_folder
from nearpass.astro.epochs import Epoch
from nearpass.commands.one_cycle import Run, one_cycle
from nearpass.commands.shared import (
    NOT_WHOLE,
    Bars,
    Log,
    at_option,
    config_option,
    echo_json,
    echo_kept,
    faults_named,
    jobs_option,
    json_option,
    loudness_options,
)
from nearpass.commands.world import World
from nearpass.config import load_config
from nearpass.cycle.pipeline import setting_of
from nearpass.disclosure.archived import Flown
from nearpass.errors import ConfigError, InputError
from nearpass.ingest import Ingested, ingest, unclaimed
from nearpass.ingest.ages import arrivals
from nearpass.ingest.catalogues import Catalogued, read_catalogues
from nearpass.ingest.delivery import Setting
from nearpass.ingest.exchanges import check_dossiers
from nearpass.publish import Workspace, editions_of, prepare
from nearpass.publish.hand_written import unreadable
from nearpass.record.input_record import InputRecord
from nearpass.report.wording import said
from nearpass.resources import resource
from nearpass.sample import write_sample

TEMPLATES: Final = ("mars-public", "moon-public", "earth-sample")
"""Complete configurations with public sources, beside the short one to fill in."""


@click.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path), default=Path())
@click.option("--template", type=click.Choice(TEMPLATES), help="Begin with a complete configuration of public sources.")
def init(directory: Path, template: str | None) -> None:
    """Lay out a workspace in DIRECTORY (default: here): configuration, folders, and an mkdocs project."""
    workspace = Workspace(directory=directory)
    if workspace.config.exists():
        raise ConfigError("a new workspace must not hold a nearpass.toml", file=str(workspace.config))
    for folder in (directory / "ephemerides", directory / "exchanges", directory / "log", directory / "messages"):
        make_folder(folder, private=True)
    shutil.copyfile(resource("templates") / "workspace" / f"{template or 'nearpass'}.toml", workspace.config)
    prepare(workspace, load_config(workspace.config)[0].site.title)
    if template is not None:
        click.echo(f"{workspace.config} is complete; read its comments, then:")
        click.echo(f"nearpass fetch --config {workspace.config} && nearpass run --config {workspace.config}")
        return
    click.echo(f"{workspace.config} lists two example objects: name yours, put their OEM files into")
    click.echo(f"{directory / 'ephemerides'}, then: nearpass check --config {workspace.config}")


@click.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"))
@jobs_option
@loudness_options
@click.pass_obj
def demo(world: World, directory: Path, jobs: int) -> None:
    """Publish the sample, four cycles of the Mars fleet of 2021, in DIRECTORY (default: demo)."""
    workspace = Workspace(directory=directory)
    if workspace.config.exists():
        raise ConfigError("the demo needs a folder without a nearpass.toml", file=str(workspace.config))
    directory.mkdir(parents=True, exist_ok=True)
    with Bars() as bars:
        advance = bars.stage("propagating the sample fleet", 0)
        cutoffs = write_sample(directory, progress=lambda _: advance(1))
    config, text = load_config(workspace.config)
    flown, log = Flown(), Log(file=None, world=world)
    for cutoff in cutoffs:
        one_cycle(
            Run(workspace=workspace, config=config, configuration=text, cutoff=cutoff, jobs=jobs, log=log, flown=flown)
        )
    for site in editions_of(workspace, config):
        click.echo((site.public / "index.html").resolve())


@click.command()
@config_option
@at_option
@json_option
@loudness_options
@click.pass_obj
def check(world: World, config_path: Path, cutoff: Epoch | None, *, as_json: bool) -> None:
    """Read the configuration and every current delivery; write nothing."""
    config, _ = load_config(config_path)
    setting = setting_of(config, config_path.parent, cutoff or world.minute())
    now = arrivals(config, config_path.parent, world.instant())
    setting = replace(setting, first_seen={**now, **setting.first_seen})
    with faults_named(), Bars() as bars:
        results = ingest(config, setting, bars.stage("reading ephemerides", len(config.objects)))
        catalogues = read_catalogues(config, setting)
    read: list[tuple[str, str | None, Ingested]] = [(result.object_id, None, result) for result in results]
    read += [(r.object_id, source.name, other) for r in results for source, other in r.solutions if other.inputs]
    read.sort(key=lambda item: item[0])
    strays = [str(stray) for stray in unclaimed(config, config_path.parent)]
    inputs = [*(entry for _, _, result in read for entry in result.inputs), *catalogues.inputs]
    workspace = Workspace(directory=config_path.parent)
    pages = list(unreadable(workspace))
    dossiers = list(check_dossiers(config, config_path.parent))
    exit_code = NOT_WHOLE if pages or dossiers or any(entry.refusal for entry in inputs) else 0
    if as_json:
        checked = _checked(setting, read, catalogues, strays)
        told = {"dossiers_refused": [str(fault) for fault in dossiers], "pages_not_published": pages}
        echo_json({"exit_code": exit_code} | checked | told)
    else:
        _echo_checked(setting, read, catalogues, strays)
        for fault in dossiers:
            click.echo(f"refused: {fault}")
        echo_kept(workspace, [], pages)
    sys.exit(exit_code)


Read = Sequence[tuple[str, str | None, Ingested]]
"""Object, name of its solution (None for the nominal one), and what became of the deliveries."""


def _checked(setting: Setting, read: Read, catalogues: Catalogued, strays: Sequence[str]) -> dict[str, Any]:
    window = setting.window
    return {
        "window": {"start_utc": f"{window.start.iso(digits=0)}Z", "stop_utc": f"{window.stop.iso(digits=0)}Z"},
        "body": setting.body.name,
        "objects": [
            {
                "object_id": object_id,
                "solution": name,
                "covered_share": _covered(result, setting.span_s),
                "inputs": [_plain(entry) for entry in result.inputs],
            }
            for object_id, name, result in read
        ],
        "catalogues": [_plain(entry) for entry in catalogues.inputs],
        "catalogue_faults": [str(fault) for fault in catalogues.faults],
        "unclaimed": list(strays),
    }


def _plain(entry: InputRecord) -> dict[str, Any]:
    return {
        "file": entry.file,
        "format": entry.format,
        "sha256": entry.sha256,
        "age_s": entry.age_s,
        "refusal": entry.refusal,
        "findings": [
            {"grade": str(finding.grade), "rule": finding.rule, "said": said(finding.fact)}
            for finding in entry.findings
        ],
    }


def _covered(result: Ingested, span_s: float) -> float:
    """Share of the window that a delivery covers."""
    spans_s = result.trajectory.spans_s if result.trajectory else ()
    return sum(stop_s - start_s for start_s, stop_s in spans_s) / span_s


def _echo_checked(setting: Setting, read: Read, catalogues: Catalogued, strays: Sequence[str]) -> None:
    window = setting.window
    click.echo(f"window {window.start.iso(digits=0)} to {window.stop.iso(digits=0)} UTC around {setting.body.name}")
    for object_id, name, result in read:
        _echo_inputs(object_id if name is None else f"{object_id} {name}", result, setting.span_s)
    _echo_catalogues(catalogues)
    for stray in strays:
        click.echo(f"unclaimed: {stray}, which no object of the configuration names")


def _echo_catalogues(found: Catalogued) -> None:
    """Each file with the number of its sets in use or why it is refused, and the first sets that break a rule."""
    for entry in found.inputs:
        words = f"refused: {entry.refusal}" if entry.refusal else f"{entry.node_count} objects in use"
        click.echo(f"catalogue {entry.file}: {words}")
    for fault in found.faults:
        click.echo(f"  {fault}")


@click.command()
@config_option
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
def serve(config_path: Path, port: int) -> None:
    """Serve public/ on this machine, for looking at it; any plain web server will do for readers."""
    config, _ = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    public = workspace.public
    if not any((site.public / "index.html").exists() for site in editions_of(workspace, config)):
        raise ConfigError("public/ must hold a site; make one with nearpass run", file=str(public))
    handler = functools.partial(_QuietHandler, directory=str(public))
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise InputError(f"the port must be free; choose another with --port: {error.strerror}", value=port) from None
    with server:
        click.echo(f"http://127.0.0.1:{server.server_port}/  (Ctrl-C ends it)")
        try:
            server.serve_forever()
        except (KeyboardInterrupt, SystemExit):
            click.echo("stopped")


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line for each; with the policy that the pages are made for."""

    def end_headers(self) -> None:
        self.send_header(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'",
        )
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the base class
        """Say nothing."""


def _echo_inputs(label: str, result: Ingested, span_s: float) -> None:
    if result.trajectory is None:
        click.echo(f"{label:<12} no usable ephemeris")
    for entry in result.inputs:
        if entry.refusal:
            click.echo(f"{label:<12} refused: {entry.refusal}")
            continue
        age = f"{entry.age_s / 86_400.0:.1f} d old" if entry.age_s is not None else "age unknown"
        grade = f", {said(entry.findings[0].fact)}" if entry.findings else ""
        click.echo(f"{label:<12} {entry.file}  {entry.format}  {age}, covers {_covered(result, span_s):.1%}{grade}")
        for finding in entry.findings[1:]:
            if finding.grade != "pass":
                click.echo(f"{'':<12}   {finding.grade}: {finding.rule}: {said(finding.fact)}")
