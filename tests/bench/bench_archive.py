"""Publication into archives of 10, 1,000 and 10,000 cycles, their verification, and a whole rebuild of 1,000."""

import gc
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parent.parent))

from counting import counted_opens
from nearpass.archive.archive import Archive
from nearpass.archive.verify import verify_archive, verify_latest
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.publish import Workspace, rebuild
from nearpass.publish.index import open_index
from nearpass.record.cycle_id import CycleId
from stub_cycles import REGISTRAR, add, new_workspace, quick, silent, stub

SIZES = (10, 1_000, 10_000)
PER_DAY = 4
NEWEST = Epoch.parse("2040-06-20T00:00:00")
SETTLED = 5
"""Cycles published before the one that is measured, so that the newest month is the same in each archive."""
RUNS = 5
REBUILT = 1_000
AIM_REBUILD_S = 300.0


def main() -> None:
    """One row a size; ratios are to the smallest archive and should stay below 1.1."""
    print(f"{'what':<44} {'median s':>9} {'ratio':>7}   note")
    with tempfile.TemporaryDirectory() as folder:
        first: dict[str, float] = {}
        for size in SIZES:
            workspace = grown(Path(folder) / str(size), size)
            _publication(workspace, size, first)
            archive = Archive(workspace.archive)
            _row(f"verify, {size:,} cycles", _timed(verify_archive, archive), None, "every byte")
            _row(f"verify --latest, {size:,} cycles", _timed(verify_latest, archive), None, "constant")
        workspace = grown(Path(folder) / "rebuilt", REBUILT)
        began = time.perf_counter()
        with quick():
            rebuild(workspace, jobs=os.cpu_count() or 1, progress=silent, registrar=REGISTRAR)
        taken_s = time.perf_counter() - began
        _row(
            f"rebuild of {REBUILT:,} cycles without plots",
            taken_s,
            taken_s / AIM_REBUILD_S,
            "ratio to the aim of 300 s",
        )


def grown(directory: Path, size: int) -> Workspace:
    """A workspace with an archive of this many stubs, the last few published. Nothing waits for the disk here."""
    directory.mkdir()
    workspace = new_workspace(directory)
    archive = Archive(workspace.archive)
    with patch("os.fsync", lambda _: None):
        for number in range(size - SETTLED, 0, -1):
            archive.add(stub(CycleId.of(NEWEST + -(30.0 + number / PER_DAY) * DAY_S)), {})
        with open_index(workspace.index, archive):
            pass
        for number in range(SETTLED, 0, -1):
            add(workspace, CycleId.of(NEWEST + -number * DAY_S))
    return workspace


def _publication(workspace: Workspace, size: int, first: dict[str, float]) -> None:
    cpu_s, wall_s, opened = [], [], 0
    for number in range(RUNS):
        gc.collect()
        began, worked = time.perf_counter(), time.process_time()
        with counted_opens() as names:
            add(workspace, CycleId.of(NEWEST + number * 3600.0))
        cpu_s.append(time.process_time() - worked)
        wall_s.append(time.perf_counter() - began)
        opened = len(names)
    peak_mb = _peak_mb(workspace)
    for name, value in (("cpu", statistics.median(cpu_s)), ("opened", float(opened)), ("peak", peak_mb)):
        first.setdefault(name, value)
    ratio = statistics.median(cpu_s) / first["cpu"]
    note = (
        f"CPU s; wall {statistics.median(wall_s):.2f} s; {opened} files opened ({opened / first['opened']:.2f}); "
        f"peak {peak_mb:.0f} MB ({peak_mb / first['peak']:.2f})"
    )
    _row(f"archive and publish into {size:,} cycles", statistics.median(cpu_s), ratio, note)


def _peak_mb(workspace: Workspace) -> float:
    """Peak memory of a process that archives and publishes one more cycle."""
    ran = subprocess.run(
        [sys.executable, __file__, str(workspace.directory)], check=True, capture_output=True, text=True
    )
    return float(ran.stdout)


def _timed(work: Callable[[Archive], object], archive: Archive) -> float:
    began = time.perf_counter()
    work(archive)
    return time.perf_counter() - began


def _row(what: str, seconds: float, ratio: float | None, note: str) -> None:
    print(f"{what:<44} {seconds:9.3f} {'' if ratio is None else f'{ratio:7.2f}':>7}   {note}", flush=True)


def _alone(directory: Path) -> None:
    add(Workspace(directory=directory), CycleId.of(NEWEST + 2.0 * DAY_S))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _alone(Path(sys.argv[1]))
    else:
        main()
