"""What the commands share: options, the outside world they run in, progress, the log, one run at a time."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from filelock import FileLock, Timeout
from tqdm import tqdm

from nearpass.astro.epochs import Epoch
from nearpass.commands.world import World
from nearpass.errors import FAULTS, PAGES, ArchiveError, NearpassError, PublicationError
from nearpass.publish import Workspace
from nearpass.screening.workers import Cluster, Processes, Serial, Workers

NOT_WHOLE: Final = 4
"""Exit code of what was done although a delivery was refused or a part could not be made; no failure has it."""
FAULTS_LOG: Final = "faults.log"
"""Tracebacks of faults of nearpass itself, in the workspace, each below its reference."""
LOCK_WAIT_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A log for machines, one JSON object a line; nothing where no file is named."""

    file: Path | None
    world: World

    def __call__(self, event: str, **fields: object) -> None:
        """Append an event to the log as one line of JSON, if there is a log."""
        if self.file is not None:
            line = {"at_utc": f"{self.world.instant().iso(digits=0)}Z", "event": event, **fields}
            with self.file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")


class EpochParameter(click.ParamType[Epoch]):
    """An ISO 8601 date and time in UTC."""

    name = "epoch"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Epoch:
        """Read an instant from the option's text."""
        try:
            return value if isinstance(value, Epoch) else Epoch.parse_typed(str(value))
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
    type=EpochParameter(),
    help="Data cut-off and start of the window, ISO 8601 in UTC; default now, to the minute.",
)
jobs_option = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=lambda: os.cpu_count() or 1,
    help="Processes that draw plots and screen a catalogue.",
)
scheduler_option = click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Screen a catalogue on a Dask cluster, tcp://host:port, or on one that is started here: local.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


class Loudness(IntEnum):
    """How much a command says on standard error of what it is doing."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2


_LOUDNESS: Final = "nearpass.loudness"
_Command = TypeVar("_Command", bound=Callable[..., Any])


def loudness_options(command: _Command) -> _Command:
    """Add ``--quiet`` and ``--verbose``; :func:`loudness` tells what was chosen."""
    quiet = click.option(
        "-q", "--quiet", is_flag=True, expose_value=False, callback=_chosen(Loudness.QUIET),
        help="Say nothing of the progress; what is refused or missing is still named.",
    )  # fmt: skip
    verbose = click.option(
        "-v", "--verbose", is_flag=True, expose_value=False, callback=_chosen(Loudness.VERBOSE),
        help="Name every stage, and show where a fault of nearpass itself lies.",
    )  # fmt: skip
    return quiet(verbose(command))


def _chosen(level: Loudness) -> Callable[[click.Context, click.Parameter, bool], None]:
    def choose(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
        if not wanted:
            return
        if ctx.meta.setdefault(_LOUDNESS, level) is not level:
            raise click.UsageError("--quiet and --verbose exclude each other")

    return choose


def loudness() -> Loudness:
    """What the command that runs was asked to say."""
    context = click.get_current_context(silent=True)
    found = Loudness.NORMAL if context is None else context.meta.get(_LOUDNESS, Loudness.NORMAL)
    return Loudness(found)


def echo_json(document: object) -> None:
    """Print the one document of ``--json``."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=1))


log_option = click.option(
    "--log",
    "log_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Add one JSON object a step to this file.",
)


def workers_for(jobs: int, scheduler: str | None) -> Workers:
    """Where a catalogue is screened: on a cluster, in several processes, or in this one."""
    if scheduler is not None:
        return Cluster(None if scheduler == "local" else scheduler, jobs)
    return Processes(jobs) if jobs > 1 else Serial()


@contextmanager
def locked(workspace: Workspace) -> Iterator[None]:
    """One run at a time in a workspace.

    Raises:
        ArchiveError: if another run is at work.
        PublicationError: if a file cannot be written.
    """
    try:
        with writing(workspace), FileLock(workspace.directory / ".nearpass.lock", timeout=LOCK_WAIT_S):
            yield
    except Timeout:
        raise ArchiveError("only one run at a time may work here", file=str(workspace.directory)) from None


class Kept(logging.Handler):
    """What a run was told through the loggers of faults and of pages: references and texts, each once."""

    def __init__(self, path: Path) -> None:
        super().__init__(logging.WARNING)
        self._path = path
        self._before = path.stat().st_size if path.exists() else 0
        self._pages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what is said of a page."""
        self._pages.append(record.getMessage())

    @property
    def pages(self) -> tuple[str, ...]:
        """Why pages of the publisher's are not published."""
        return tuple(dict.fromkeys(self._pages))

    @property
    def faults(self) -> tuple[str, ...]:
        """References of the faults of our own, those of other processes too."""
        if not self._path.exists():
            return ()
        with self._path.open("rb") as file:
            file.seek(self._before)
            return tuple(dict.fromkeys(re.findall(r"^F-[0-9A-F]{8}$", file.read().decode(), re.MULTILINE)))


@contextmanager
def faults_kept(workspace: Workspace) -> Iterator[Kept]:
    """Keep tracebacks of faults of our own in the workspace, and what is said of pages."""
    path = workspace.directory / FAULTS_LOG
    kept, handler = Kept(path), logging.FileHandler(path, encoding="utf-8", delay=True)
    seen = logging.StreamHandler() if loudness() is Loudness.VERBOSE else logging.NullHandler()
    faults, pages = logging.getLogger(FAULTS), logging.getLogger(PAGES)
    told = faults.propagate, pages.propagate
    faults.propagate = pages.propagate = False
    faults.addHandler(handler)
    faults.addHandler(seen)
    pages.addHandler(kept)
    try:
        yield kept
    finally:
        faults.removeHandler(handler)
        faults.removeHandler(seen)
        pages.removeHandler(kept)
        handler.close()
        faults.propagate, pages.propagate = told


def echo_kept(workspace: Workspace, faults: Iterable[str], pages: Iterable[str]) -> None:
    """Name faults of our own and pages that are not published on standard error."""
    for text in pages:
        click.echo(f"not published: {text}", err=True)
    for reference in faults:
        click.echo(f"fault of nearpass: {reference}, see {workspace.directory / FAULTS_LOG}", err=True)


@contextmanager
def faults_named() -> Iterator[None]:
    """Where nothing may be written: tracebacks of faults of our own go to standard error if asked for, else nowhere."""
    logger = logging.getLogger(FAULTS)
    handler: logging.Handler = logging.StreamHandler() if loudness() is Loudness.VERBOSE else logging.NullHandler()
    told, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = told


@contextmanager
def writing(workspace: Workspace) -> Iterator[None]:
    """Tell of a disk that is full or not writable.

    Raises:
        PublicationError: naming the file.
    """
    try:
        yield
    except Timeout:
        raise  # it is an OSError as well
    except sqlite3.DatabaseError as error:
        rule = f"the index must be whole, or removed so that the next run makes it again: {error}"
        raise PublicationError(rule, file=str(workspace.index)) from None
    except OSError as error:
        file = str(error.filename or workspace.directory)
        raise PublicationError(f"the workspace must be writable: {error.strerror or error}", file=file) from None


NOW_AND_THEN_S: Final = 15.0
"""Where standard error is no terminal a stage is named after so long, and again after so long."""


class _Lines(io.TextIOBase):
    """What a progress bar writes, one line each time: for a pipe or a log."""

    def write(self, text: str) -> int:
        """Print what there is to read in it."""
        if line := text.strip():
            click.echo(line, err=True)
        return len(text)


class Bars:
    """A progress bar a stage on a terminal; elsewhere a line now and then, with ``--verbose`` one for each stage."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None

    def stage(self, title: str, steps: int) -> Callable[[int], None]:
        """Begin a stage; the function returned counts its steps."""
        self._close()
        bar = self._bar = _bar(title, steps)

        def advance(count: int) -> None:
            bar.update(count)

        return advance

    def __enter__(self) -> Bars:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def _bar(title: str, steps: int) -> tqdm[Any]:
    quiet = loudness() is Loudness.QUIET
    if sys.stderr.isatty():
        return tqdm(total=steps or None, desc=title, disable=quiet, leave=False, dynamic_ncols=True)
    wait_s = 0.0 if loudness() is Loudness.VERBOSE else NOW_AND_THEN_S
    counted = "{desc}: {n_fmt} of {total_fmt}, {elapsed}" if steps else "{desc}: {elapsed}"
    return tqdm(
        total=steps or None, desc=title, disable=quiet, leave=False, file=_Lines(), bar_format=counted,
        delay=wait_s, mininterval=NOW_AND_THEN_S, maxinterval=4 * NOW_AND_THEN_S,
    )  # fmt: skip
