"""Every stage of a cycle in one table, in the order in which data flow, each with its floor and its peer."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

import bench_crossing
import bench_elements
import bench_oem
import bench_oem_xml
import bench_pc
import bench_screen
import bench_together
import ccsds_ndm
import numpy as np
from figures import RUNS, Beside, Row, cpu_s, median_s, shown
from matplotlib.figure import Figure
from scipy.special import erfc
from sgp4.api import Satrec

from element_texts import tle
from nearpass.archive.archive import Archive
from nearpass.archive.register import Registrar
from nearpass.config import load_config
from nearpass.crossing.crossing import fleet_crossings
from nearpass.cycle.pipeline import CycleResult, run_cycle
from nearpass.encounter.pc import assess_probability
from nearpass.encounter.pc2d import foster_pc, project
from nearpass.messages.elements import read_elements
from nearpass.messages.oem import parse_oem
from nearpass.messages.oem_write import write_oem
from nearpass.publish import Workspace, prepare, publish
from nearpass.publish.stage import Drawer, all_plots
from nearpass.report.plots import draw
from nearpass.sample import write_sample
from nearpass.screening.screen import screen
from pc_cases import cara_cases

REGISTRAR = Registrar(at_utc="2021-04-30T12:00:00Z")
PUBLISHED = 0, 4  # 4: with a delivery that was refused
FEW = 3
JOBS = 2
PLANES = 100_000


def main() -> list[Row]:
    """Print the table, row by row."""
    found = []
    for row in rows():
        print(shown(row), flush=True)
        found.append(row)
    return found


def rows() -> Iterator[Row]:
    """Each stage."""
    yield from _start()
    yield from _reading()
    yield from _screening()
    yield from _probability()
    yield from bench_together.rows()
    yield from _cycle()


def _start() -> Iterator[Row]:
    python = Beside(what="an empty Python", seconds=median_s(partial(_run, "-c", "")))
    for key, what, words in (
        ("start.version", "nearpass --version", ("-m", "nearpass", "--version")),
        ("start.import", "import nearpass.api", ("-c", "import nearpass.api")),
    ):
        yield Row(key=key, stage="Start", what=what, seconds=median_s(partial(_run, *words)), floor=python)


def _run(*words: str) -> None:
    subprocess.run([sys.executable, *words], check=True, capture_output=True)


def _reading() -> Iterator[Row]:
    text = bench_oem.text_of(bench_oem.WAYS["decimals"])
    data = text.encode()
    yield Row(
        key="read.oem.kvn",
        stage="Reading",
        what=f"OEM, KVN, {bench_oem.STATES} states",
        seconds=median_s(partial(parse_oem, data, "bench.oem")),
        floor=Beside(
            what="numpy.loadtxt, no check, dates as text", seconds=median_s(partial(bench_oem.by_loadtxt, text))
        ),
        peer=Beside(what="ccsds-ndm-py (Rust)", seconds=median_s(partial(ccsds_ndm.Oem.from_str, text))),
    )
    for key, what, with_covariances in (("states", "", False), ("covariances", ", a covariance at each", True)):
        text = write_oem(bench_oem_xml.message_of(with_covariances=with_covariances), "xml")
        data = text.encode()
        yield Row(
            key=f"read.oem.xml.{key}",
            stage="Reading",
            what=f"OEM, XML, {bench_oem_xml.STATES} states{what}",
            seconds=median_s(partial(parse_oem, data, "bench.oem")),
            floor=Beside(what="text to bytes", seconds=median_s(partial(str.encode, text))),
            peer=Beside(
                what="ccsds-ndm-py (Rust)", seconds=median_s(partial(ccsds_ndm.Oem.from_str, text, format="xml"))
            ),
        )
    yield from _element_sets()


def _element_sets() -> Iterator[Row]:
    text = "".join(tle(f"{number:05d}") for number in range(1, bench_elements.SETS + 1))
    lines = text.splitlines()
    pairs = list(zip(lines[::2], lines[1::2], strict=True))
    yield Row(
        key="read.tle",
        stage="Reading",
        what=f"{len(pairs)} two-line element sets, every column checked",
        runs=FEW,
        seconds=median_s(lambda: read_elements(text.encode(), "bench.tle"), FEW),
        floor=Beside(
            what="its lines, each number in them",
            seconds=median_s(lambda: [line.split() for line in text.splitlines()]),
        ),
        peer=Beside(
            what="sgp4's reader, without checks",
            seconds=median_s(lambda: [Satrec.twoline2rv(*pair) for pair in pairs], FEW),
        ),
    )


def _screening() -> Iterator[Row]:
    fleet = bench_screen.mars_fleet()
    names = list(combinations(sorted(fleet), 2))
    window_s = bench_screen.WINDOW_S
    offsets_s = np.arange(*window_s, bench_screen.BRUTE_STEP_S)
    floor_s = median_s(lambda: [one.arcs[0].position_km(offsets_s) for one in fleet.values()], FEW)
    peer_s = median_s(lambda: bench_screen.brute_force(fleet, names), 1, warm=False)
    yield Row(
        key="screen.mars",
        stage="Screening",
        what=f"{len(fleet)} objects about Mars, 28 days, 100 km",
        seconds=median_s(lambda: screen(fleet, window_s, bench_screen.LIMIT_KM)),
        floor=Beside(what="their positions every 10 s", seconds=floor_s),
        peer=Beside(what="brute force, every 10 s", seconds=peer_s),
    )
    paths = {name: bench_crossing.trajectory(orbit) for name, orbit in bench_crossing.FLEET.items()}
    periods_s = {name: orbit.period_s for name, orbit in bench_crossing.FLEET.items()}
    span_s = 0.0, bench_crossing.SPAN_S
    steps_s = np.arange(*span_s, bench_screen.BRUTE_STEP_S)
    yield Row(
        key="cross.mars",
        stage="Screening",
        what=f"crossings of {len(paths)} orbits, 28 days, {bench_crossing.LIMIT_KM:g} km",
        runs=FEW,
        seconds=median_s(lambda: fleet_crossings(paths, periods_s, span_s, bench_crossing.LIMIT_KM), FEW),
        floor=Beside(
            what="their positions every 10 s",
            seconds=median_s(lambda: [one.arcs[0].position_km(steps_s) for one in paths.values()], FEW),
        ),
    )


def _probability() -> Iterator[Row]:
    planes = project(*bench_pc.random_encounters())
    some = np.linspace(0.0, 5.0, 20 * PLANES)
    yield Row(
        key="pc.plane",
        stage="Probability",
        what=f"{PLANES} in the encounter plane",
        seconds=median_s(partial(foster_pc, planes)),
        floor=Beside(what="20 values of erfc each", seconds=median_s(partial(erfc, some))),
    )
    cases = cara_cases()
    yield Row(
        key="pc.ladder",
        stage="Probability",
        what=f"{len(cases)} published conjunctions, the whole ladder",
        seconds=median_s(lambda: [assess_probability(case.given) for case in cases]),
    )


def _cycle() -> Iterator[Row]:
    """The sample's newest cycle, stage by stage, and what its bytes and its pictures cost at the least."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = cpu_s()
        cutoffs = write_sample(folder)
        yield Row(key="sample", stage="Sample", what="fleet propagated, written", seconds=cpu_s() - began, runs=1)
        yield from _whole(folder, cutoffs[-1].iso(digits=0))
        config, text = load_config(folder / "nearpass.toml")
        began = cpu_s()
        result = run_cycle(config, text, folder, cutoffs[-1], None, _silent)
        yield Row(key="cycle.record", stage="Cycle", what="files to record", seconds=cpu_s() - began, runs=1)
        yield from _archiving(folder, result)
        yield from _publishing(folder, result, config.site.title)


def _whole(folder: Path, at: str) -> Iterator[Row]:
    """The command itself from a cold start, for the publisher alone: without the sample's editions."""
    text = (folder / "nearpass.toml").read_text()
    alone = text[: text.index("[[edition]]")] + text[text.index("# hbr_m is the radius") :]
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        (home / "nearpass.toml").write_text(alone)
        shutil.copytree(folder / "ephemerides", home / "ephemerides")
        began, wall = cpu_s(), time.perf_counter()
        words = ("run", "--config", str(home / "nearpass.toml"), "--at", at, "--jobs", str(JOBS))
        done = subprocess.run([sys.executable, "-m", "nearpass", *words], check=False, capture_output=True)
        if done.returncode not in PUBLISHED:
            raise SystemExit(done.stderr.decode())
        taken, wall = cpu_s() - began, time.perf_counter() - wall
    what = f"nearpass run from a cold start, one site, {JOBS} processes"
    yield Row(key="cycle.whole", stage="Cycle", what=what, seconds=taken, runs=1)
    yield Row(key="cycle.wall", stage="Cycle", what=what, seconds=wall, runs=1, clock="wall")


def _archiving(folder: Path, result: CycleResult) -> Iterator[Row]:
    homes = iter(range(100))

    def archived() -> None:
        Archive(folder / f"archive{next(homes)}").add(result.record, result.inputs)

    seconds = median_s(archived)
    written = folder / "archive0"
    yield Row(
        key="cycle.archive",
        stage="Cycle",
        what="record and inputs archived",
        seconds=seconds,
        floor=Beside(
            what="a copy of these files",
            seconds=median_s(lambda: shutil.copytree(written, folder / f"copy{next(homes)}")),
        ),
    )


def _publishing(folder: Path, result: CycleResult, title: str) -> Iterator[Row]:
    plots = all_plots(result.record)
    yield Row(
        key="cycle.plots",
        stage="Cycle",
        what=f"{len(plots)} plots drawn",
        runs=1,
        seconds=median_s(lambda: [draw(plot) for plot in plots], 1),
        floor=Beside(
            what="as many empty figures of matplotlib", seconds=median_s(lambda: [_empty() for _ in plots], 1)
        ),
    )
    homes = iter(range(100))

    def published() -> Path:
        workspace = Workspace(directory=folder / f"home{next(homes)}")
        workspace.directory.mkdir()
        Archive(workspace.archive).add(result.record, result.inputs)
        prepare(workspace, title)
        drawer = Drawer(jobs=1, progress=_silent, shared=True)
        list(drawer.draw(plots))
        began = cpu_s()
        publish(workspace, result.record, jobs=1, progress=_silent, registrar=REGISTRAR, drawer=drawer)
        taken.append(cpu_s() - began)
        return workspace.public

    taken: list[float] = []
    public = published()
    files = [path for path in public.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    yield Row(
        key="cycle.publish",
        stage="Cycle",
        what="pages built and put in place, without drawing",
        runs=1,
        seconds=taken[-1],
        floor=Beside(
            what="a copy of these files",
            seconds=median_s(lambda: shutil.copytree(public, folder / f"public{next(homes)}"), RUNS),
        ),
        note=f"{len(files)} files, {size / 1e6:.1f} MB",
    )


def _empty() -> None:
    figure = Figure(figsize=(5.2, 2.0))
    figure.add_axes((0.1, 0.1, 0.8, 0.8))
    figure.savefig(io.StringIO(), format="svg")


def _silent(_title: str, _count: int) -> Callable[[int], None]:
    return lambda _: None


if __name__ == "__main__":
    main()
