"""One whole cycle of a stub in a process of its own, to be killed; and what must hold afterwards."""

import json
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from faults import KILL, failing_at
from nearpass.archive.archive import Archive
from nearpass.archive.durable import sha256_of
from nearpass.archive.verify import verify_archive
from nearpass.astro.epochs import Epoch
from nearpass.commands.one_cycle import Run, one_cycle
from nearpass.commands.shared import Log, World
from nearpass.config import Config, load_config
from nearpass.cycle.pipeline import CycleResult, Progress
from nearpass.publish import Workspace, editions_of, unpublished
from nearpass.publish.check import verify_site
from nearpass.publish.register import releases_of
from nearpass.record.cycle_id import CycleId
from nearpass.record.record import CycleRecord
from nearpass.report.site_hooks import theme_assets
from nearpass.screening.workers import Workers
from stub_cycles import broken_links, quick, stub

FIRST, SECOND, THIRD = (Epoch.parse(f"2021-{day}T00:00:00") for day in ("03-30", "03-31", "04-01"))
CONFIG = """\
[cycle]
body = "MARS"
span_days = 1.0
limit_km = 100.0
[alert.red]
cad_km = 3
[alert.yellow]
cad_km = 10
[[object]]
id = "A"
name = "A"
hbr_m = 5
ephemeris = [{path = "a*.oem", originator = "TEST"}]
[[object]]
id = "B"
name = "B"
hbr_m = 5
ephemeris = [{path = "b*.oem", originator = "TEST"}]
"""
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["interrupted"])


def run_stub_killed_at(directory: Path, cutoff: Epoch, number: int) -> None:
    """As :func:`run_stub`, but the process kills itself before its change of the file system with this number."""
    with failing_at(number, KILL, below=directory):
        run_stub(directory, cutoff)


def run_stub_patiently(directory: Path, cutoff: Epoch) -> None:
    """As :func:`run_stub`, and waits for another run however slow the machine is."""
    with patch("nearpass.commands.shared.LOCK_WAIT_S", 3600.0):
        run_stub(directory, cutoff)


def lay_out(directory: Path, editions: str = "") -> None:
    """A workspace with a configuration, of some editions; its screening is replaced by stubs."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "nearpass.toml").write_text(CONFIG + editions)


def run_stub(directory: Path, cutoff: Epoch) -> None:
    """Run one cycle as the command does, but for the screening and the drawing; each with a theme of its own."""
    config, text = load_config(directory / "nearpass.toml")
    log = Log(file=None, world=World(instant=lambda: cutoff, sleep=lambda _: None))
    themed = patch("nearpass.report.site_hooks.theme_assets", lambda: _another_theme(CycleId.of(cutoff)))
    with stubbed(), themed:
        workspace = Workspace(directory=directory)
        one_cycle(Run(workspace=workspace, config=config, configuration=text, cutoff=cutoff, jobs=1, log=log))


@contextmanager
def stubbed() -> Iterator[None]:
    """The screening gives a stub, with one input that every cycle has and one of its own."""

    def screened(
        _: Config, __: str, ___: Path, cutoff: Epoch, previous: CycleRecord | None, ____: Progress, _____: Workers
    ) -> CycleResult:
        name = CycleId.of(cutoff)
        contents = (b"shared", name.encode())
        record = stub(name, previous=previous.cycle_id if previous else None)
        return CycleResult(record=record, inputs={sha256_of(data): data for data in contents}, ingested=())

    with quick(), patch("nearpass.commands.one_cycle.run_cycle", screened):
        yield


def _another_theme(name: str) -> dict[str, bytes]:
    """The theme's assets as if they had changed: under another address."""
    return {f"assets/{name}/{uri.rsplit('/', 1)[1]}": content for uri, content in theme_assets().items()}


def faults(directory: Path, *, settled: bool) -> list[str]:
    """What does not hold: archive, register and site verify, links resolve, the site is that before or after.

    A cycle that is published without a line of the register that tells of it is a fault at any moment.

    Args:
        directory: The workspace.
        settled: Whether the last run ended by itself: then nothing may be left to do.
    """
    workspace = Workspace(directory=directory)
    archive = Archive(workspace.archive)
    sites = editions_of(workspace, load_config(directory / "nearpass.toml")[0])
    report = verify_archive(archive, anchors=[anchor for site in sites for anchor in releases_of(site)])
    found = [str(finding) for finding in report.findings]
    if settled:
        found += [f"interrupted: {report.interrupted}"] if report.interrupted else []
    for site in sites:
        found += [str(finding) for finding in verify_site(site)[1]]
        found += broken_links(site.public)
        if settled:
            found += [f"not published: {name}" for name in unpublished(site)]
        newest = json.loads((site.public / "latest.json").read_text())["cycle_id"]
        if not (site.public / "cycles" / newest[:10].replace("-", "/") / newest[10:] / "index.html").exists():
            found.append(f"latest.json names {newest}")
    return found
