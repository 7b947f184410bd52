"""The command ``nearpass``: the only place that reads the clock, prints, and turns errors into exit codes."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
from filelock import FileLock, Timeout
from tqdm import tqdm

import generator
from generator.astro.epochs import Epoch
from generator.config import Config, load_config
from generator.cycle.archive import Archive
from generator.cycle.record import CycleRecord
from generator.errors import ArchiveError, ConfigError, NearpassError
from generator.ingest import Ingested, ingest
from generator.pipeline import cycle_id, run_cycle, setting_of
from generator.publish import Workspace, prepare, publish
from generator.resources import resource
from generator.sample import write_sample

REFUSED: Final = 4
"""Exit code of a cycle that was published although a delivery was refused."""
LOCK_WAIT_S: Final = 5.0

EXIT_CODES: Final = """
\b
Exit codes:
  0  done
  1  a fault of nearpass itself
  2  the command line was not understood
  3  nearpass.toml breaks a rule; nothing was written
  4  a delivered file was refused; the cycle was made from the others
  5  the archive cannot be read or must not be changed
  6  the site could not be built; the last good one stays
"""


class _EpochParameter(click.ParamType[Epoch]):
    """An ISO 8601 date and time in UTC."""

    name = "epoch"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Epoch:
        try:
            return value if isinstance(value, Epoch) else Epoch.parse(str(value))
        except NearpassError as error:
            self.fail(str(error), param, ctx)


config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("nearpass.toml"),
    show_default=True,
    help="The configuration; its folder is the workspace.",
)
at_option = click.option(
    "--at",
    "cutoff",
    type=_EpochParameter(),
    help="Data cut-off and start of the window, ISO 8601 in UTC; default now, to the minute.",
)
jobs_option = click.option(
    "--jobs", type=click.IntRange(min=1), default=lambda: os.cpu_count() or 1, help="Processes that draw plots."
)


@click.group(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(generator.__version__, prog_name="nearpass")
def cli() -> None:
    """Screen ephemerides for close approaches and publish each cycle as an archived site."""


@cli.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
def init(directory: Path) -> None:
    """Lay out a workspace in DIRECTORY: configuration, folders, and an mkdocs project."""
    workspace = Workspace(directory=directory)
    if workspace.config.exists():
        raise ConfigError("a new workspace must not hold a nearpass.toml", file=str(workspace.config))
    for folder in (directory / "ephemerides", directory / "log"):
        folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(resource("templates") / "workspace" / "nearpass.toml", workspace.config)
    prepare(workspace, "Close approaches")
    click.echo(f"{workspace.config} lists two example objects: name yours, put their OEM files into")
    click.echo(f"{directory / 'ephemerides'}, then: nearpass check --config {workspace.config}")


@cli.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"))
@jobs_option
def demo(directory: Path, jobs: int) -> None:
    """Publish the sample, four cycles of the Mars fleet of 2021, in DIRECTORY (default: demo)."""
    workspace = Workspace(directory=directory)
    if workspace.config.exists():
        raise ConfigError("the demo needs a folder without a nearpass.toml", file=str(workspace.config))
    directory.mkdir(parents=True, exist_ok=True)
    with _Bars() as bars:
        advance = bars.stage("propagating the sample fleet", 0)
        cutoffs = write_sample(directory, progress=lambda _: advance(1))
    config, text = load_config(workspace.config)
    front = workspace.public / "index.html"
    for cutoff in cutoffs:
        front, _ = _run(workspace, config, text, cutoff, jobs)
    click.echo(front.resolve())


@cli.command()
@config_option
@at_option
def check(config_path: Path, cutoff: Epoch | None) -> None:
    """Read the configuration and every current delivery; write nothing."""
    config, _ = load_config(config_path)
    setting = setting_of(config, config_path.parent, cutoff or _now())
    with _Bars() as bars:
        results = ingest(config, setting, bars.stage("reading ephemerides", len(config.objects)))
    window = setting.window
    click.echo(f"window {window.start.iso(digits=0)} to {window.stop.iso(digits=0)} UTC around {setting.body.name}")
    for result in results:
        _echo_inputs(result)
    sys.exit(REFUSED if any(entry.refusal for result in results for entry in result.inputs) else 0)


@cli.command()
@config_option
@at_option
@jobs_option
def run(config_path: Path, cutoff: Epoch | None, jobs: int) -> None:
    """Run one whole cycle: read, screen, archive, publish into public/."""
    config, text = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    front, record = _run(workspace, config, text, cutoff or _now(), jobs)
    refusals = [entry.refusal for entry in record.inputs if entry.refusal]
    for refusal in refusals:
        click.echo(f"refused: {refusal}", err=True)
    click.echo(front.resolve())
    sys.exit(REFUSED if refusals else 0)


@cli.command()
@config_option
@click.option("--all", "everything", is_flag=True, help="Every cycle of the archive instead of the newest.")
@jobs_option
def build(config_path: Path, everything: bool, jobs: int) -> None:
    """Render and build again from the archive, without reading any ephemeris."""
    config, _ = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    archive = Archive(workspace.archive)
    latest = archive.latest_id()
    if latest is None:
        raise ArchiveError("the archive must hold a cycle; make one with nearpass run", file=str(workspace.archive))
    with _locked(workspace):
        prepare(workspace, config.site.title)
        for found in list(archive.cycle_ids()) if everything else [latest]:
            with _Bars() as bars:
                publish(workspace, archive.load(found), jobs=jobs, progress=bars.stage)
    click.echo((workspace.public / "index.html").resolve())


@cli.command()
@config_option
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
def serve(config_path: Path, port: int) -> None:
    """Serve public/ on this machine, for looking at it; any plain web server will do for readers."""
    load_config(config_path)
    public = config_path.parent / "public"
    if not (public / "index.html").exists():
        raise ConfigError("public/ must hold a site; make one with nearpass run", file=str(public))
    handler = functools.partial(_QuietHandler, directory=str(public))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        click.echo(f"http://127.0.0.1:{server.server_port}/  (Ctrl-C ends it)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
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


def _run(workspace: Workspace, config: Config, text: str, cutoff: Epoch, jobs: int) -> tuple[Path, CycleRecord]:
    """One cycle from the configuration to the site."""
    archive = Archive(workspace.archive)
    with _locked(workspace), _Bars() as bars:
        found = archive.previous_id(cycle_id(cutoff))
        previous = archive.load(found) if found else None
        result = run_cycle(config, text, workspace.directory, cutoff, previous, bars.stage)
        archive.add(result.record, result.inputs)
        prepare(workspace, config.site.title)
        return publish(workspace, result.record, jobs=jobs, progress=bars.stage), result.record


def _locked(workspace: Workspace) -> AbstractContextManager[object]:
    """One run at a time in a workspace."""
    try:
        return FileLock(workspace.directory / ".nearpass.lock").acquire(timeout=LOCK_WAIT_S)
    except Timeout:
        raise ArchiveError("only one run at a time may work here", file=str(workspace.directory)) from None
    except OSError as error:
        raise ArchiveError(f"the workspace must be writable: {error.strerror}", file=str(workspace.directory)) from None


def _echo_inputs(result: Ingested) -> None:
    if result.trajectory is None:
        click.echo(f"{result.object_id:<12} no usable ephemeris")
    for entry in result.inputs:
        if entry.refusal:
            click.echo(f"{result.object_id:<12} refused: {entry.refusal}")
        else:
            age = f"{entry.age_s / 86_400.0:.1f} d old" if entry.age_s is not None else "age unknown"
            click.echo(f"{result.object_id:<12} {entry.file}  {entry.format}  {age}")


def _now() -> Epoch:
    """This minute: a cycle's id has minutes, so its data cut-off has no more."""
    return Epoch.from_datetime(datetime.now(UTC).replace(second=0, microsecond=0))


class _Bars:
    """A progress bar a stage; silent where standard error is no terminal."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None

    def stage(self, title: str, steps: int) -> Callable[[int], None]:
        """Begin a stage; the function returned counts its steps."""
        self._close()
        bar = self._bar = tqdm(total=steps or None, desc=title, disable=None, leave=False, dynamic_ncols=True)

        def advance(count: int) -> None:
            bar.update(count)

        return advance

    def __enter__(self) -> _Bars:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def main() -> None:
    """Run the command; one line for an error that the user can act on, and its exit code."""
    try:
        cli(standalone_mode=False)
    except NearpassError as error:
        click.echo(f"nearpass: {error}", err=True)
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        click.echo("nearpass: interrupted; the last good site is untouched", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
