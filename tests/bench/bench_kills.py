"""SIGKILL at 200 random moments of a run, and an error at each of its writes: what each left, and whether it held."""

import errno
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from faults import failing_at
from interrupted import FIRST, SECOND, THIRD, faults, lay_out, processes, run_stub, run_stub_killed_at
from nearpass.archive.archive import Archive
from nearpass.errors import NearpassError
from nearpass.publish import Workspace
from nearpass.publish.commit import read_journal

KILLS = 200
ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES)


def main() -> None:
    """Counts of what each kill left, and of faults, which must be 0; at random times, then before random changes."""
    chance = random.Random(8)  # noqa: S311 - random moments, no secret
    with tempfile.TemporaryDirectory() as folder:
        start = Path(folder) / "start"
        lay_out(start)
        run_stub(start, FIRST)
        _timed(start, Path(folder) / "first")  # starts what later processes are forked from
        whole_s = _timed(start, Path(folder) / "whole")
        _kill("at random times", start, [(None, chance.uniform(0.0, whole_s)) for _ in range(KILLS)])
        shutil.copytree(start, Path(folder) / "counted")
        with failing_at(-1, 0, below=Path(folder) / "counted") as failure:
            run_stub(Path(folder) / "counted", SECOND)
        numbers = sorted(chance.sample(range(failure.seen), KILLS))
        _kill("before random changes of the file system", start, [(number, None) for number in numbers])
        _fail(start, failure.seen)


def _kill(when: str, start: Path, moments: Sequence[tuple[int | None, float | None]]) -> None:
    left: Counter[str] = Counter()
    faulty = 0
    for number, after_s in moments:
        directory = start.with_name("killed")
        shutil.copytree(start, directory)
        if number is None:
            process = processes.Process(target=run_stub, args=(directory, SECOND))
        else:
            process = processes.Process(target=run_stub_killed_at, args=(directory, SECOND, number))
        process.start()
        process.join(after_s)
        process.kill()
        process.join()
        left[_state(directory)] += 1
        faulty += bool(faults(directory, settled=False))
        run_stub(directory, THIRD)
        faulty += bool(faults(directory, settled=True))
        shutil.rmtree(directory)
    print(f"{len(moments)} kills {when}")
    for state, count in sorted(left.items()):
        print(f"  {state:<60} {count:5d}")
    print(f"  {'with any fault, before or after the next run':<60} {faulty:5d}   aim: 0", flush=True)


def _fail(start: Path, changes: int) -> None:
    """Each change of the file system in a run fails once, with one of three errors in turn."""
    told: Counter[str] = Counter()
    faulty = 0
    for number in range(changes):
        directory = start.with_name("failed")
        shutil.copytree(start, directory)
        error = ERRORS[number % len(ERRORS)]
        with failing_at(number, error, below=directory):
            try:
                run_stub(directory, SECOND)
                told[f"{errno.errorcode[error]}: no harm done"] += 1
            except NearpassError:
                told[f"{errno.errorcode[error]}: told in one line"] += 1
        faulty += bool(faults(directory, settled=False))
        run_stub(directory, THIRD)
        faulty += bool(faults(directory, settled=True))
        shutil.rmtree(directory)
    print(f"{changes} changes of the file system, each failing once")
    for outcome, count in sorted(told.items()):
        print(f"  {outcome:<60} {count:5d}")
    print(f"  {'with any fault, before or after the next run':<60} {faulty:5d}   aim: 0", flush=True)


def _timed(start: Path, directory: Path) -> float:
    shutil.copytree(start, directory)
    began = time.perf_counter()
    process = processes.Process(target=run_stub, args=(directory, SECOND))
    process.start()
    process.join()
    return time.perf_counter() - began


def _state(directory: Path) -> str:
    workspace = Workspace(directory=directory)
    if Archive(workspace.archive).pending() is not None:
        return "killed while the cycle was being archived"
    if read_journal(workspace) is not None:
        return "killed while the site was being put in place"
    published = (workspace.public / "cycles/2021/03/31").exists()
    archived = Archive(workspace.archive).latest_id() == "2021-03-31T0000Z"
    return "new site" if published else "old site, new cycle in the archive" if archived else "old site, old archive"


if __name__ == "__main__":
    main()
