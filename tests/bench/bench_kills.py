"""SIGKILL at 200 random moments of a run: what each left, and whether all of it still held."""

import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from generator.cycle.archive import Archive
from generator.publish import Workspace
from generator.publish.commit import read_journal
from interrupted import FIRST, SECOND, THIRD, faults, lay_out, processes, run_stub

KILLS = 200


def main() -> None:
    """Counts of what each kill left, and of faults; the last must be 0."""
    chance = random.Random(8)  # noqa: S311 - random moments, no secret
    left: Counter[str] = Counter()
    faulty = 0
    with tempfile.TemporaryDirectory() as folder:
        start = Path(folder) / "start"
        lay_out(start)
        run_stub(start, FIRST)
        whole_s = 0.0
        for number in range(KILLS + 1):
            directory = Path(folder) / str(number)
            shutil.copytree(start, directory)
            process = processes.Process(target=run_stub, args=(directory, SECOND))
            began = time.perf_counter()
            process.start()
            process.join(chance.uniform(0.0, whole_s) if number else None)
            whole_s = whole_s or time.perf_counter() - began
            process.kill()
            process.join()
            if number:
                left[_state(directory)] += 1
                faulty += bool(faults(directory, settled=False))
                run_stub(directory, THIRD)
                faulty += bool(faults(directory, settled=True))
            shutil.rmtree(directory)
    for state, count in sorted(left.items()):
        print(f"{state:<60} {count:5d} of {KILLS}")
    print(f"{'with any fault, before or after the next run':<60} {faulty:5d} of {KILLS}   aim: 0")


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
