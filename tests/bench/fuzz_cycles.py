"""Many damaged deliveries through whole cycles with two healthy objects: these must come out as they are alone.

Not part of ``make bench``. A share of it runs in ``tests/test_damaged_cycles.py``; more of it::

    nice -n 19 python tests/bench/fuzz_cycles.py 500 [FIRST]

so many cycles of :data:`OBJECTS` deliveries; of each tenth :data:`PUBLISHED` go through the commands ``check`` and
``run``, and are published. A finding is an exception, a fault that nearpass calls its own, a cycle that takes longer
than :data:`LONGEST_S`, a healthy pair that changes, and a delivery that only one of ``check`` and ``run`` refuses.
"""

import contextlib
import io
import json
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from damaged_cycles import HEALTHY, healthy_events, run_damaged, write_damaged
from fleets import CUTOFF
from nearpass.__main__ import main as command
from stub_cycles import quick

OBJECTS = 100
NEAR = 5
EACH = 10
PUBLISHED = 20  # of the deliveries of a cycle: each pair has a page
LONGEST_S = 120  # of CPU


class TooLongError(BaseException):
    """A cycle took too long; no net may catch it."""


def _too_long(_signal: int, _frame: object) -> None:
    raise TooLongError


def _unpublished(folder: Path, numbers: Sequence[int], alone: list[tuple[str, float]]) -> tuple[int, list[str]]:
    """How many of the deliveries are in use, and what was found."""
    record, faults = run_damaged(folder, numbers, most_near=NEAR)
    found = [*dict.fromkeys(faults)]
    found += [
        f"lost at {loss.stage}, {loss.object_ids}: {loss.rule}, {loss.value}" for loss in record.losses if not loss.ours
    ]
    if healthy_events(record) != alone:
        found.append("the healthy pair changed")
    return sum(item.coverage != () for item in record.objects) - len(HEALTHY), found


def _nearpass(*words: object) -> tuple[int, str]:
    """Exit code and everything that the command printed."""
    printed, code = io.StringIO(), 0
    sys.argv = ["nearpass", *map(str, words)]
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            command()
        except SystemExit as ended:
            code = int(ended.code or 0)
    return code, printed.getvalue()


def _published(folder: Path, numbers: Sequence[int], alone: list[tuple[str, float]]) -> tuple[int, list[str]]:
    """As :func:`_unpublished`, by the commands."""
    path = write_damaged(folder, numbers, most_near=NEAR)
    at = CUTOFF.iso(digits=0)
    checked, out = _nearpass("check", "--config", path, "--at", at)
    refused = set(re.findall(r"\(object (\w+)\)", out))
    with quick():
        ran, said = _nearpass("run", "--config", path, "--at", at, "--jobs", 1)
    found = [f"{word} in what is printed" for word in ("Traceback", "fault of nearpass") if word in out + said]
    found += [log.read_text() for log in folder.glob("faults.log")]
    if {checked, ran} != {4}:
        found.append(f"check ended with {checked}, run with {ran}: {out[-300:]} {said[-300:]}")
    if refused != (other := set(re.findall(r"refused: .*\(object (\w+)\)", said))):
        found.append(f"check and run differ on {sorted(refused ^ other)}")
    tables = [*(folder / "public" / "cycles").rglob("events.json")]
    rows = [row for table in tables for row in json.loads(table.read_text())["events"]]
    healthy = [row for row in rows if {row["primary"], row["secondary"]} == set(HEALTHY)]
    if len(healthy) != len(alone):
        found.append("the healthy pair is not published")
    return len(numbers) - len(refused), found


def main() -> None:
    """Run so many cycles and say what became of them."""
    warnings.simplefilter("error")
    signal.signal(signal.SIGVTALRM, _too_long)
    count, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as folder:
        alone = healthy_events(run_damaged(Path(folder), ())[0])
    longest_s, used, done, delivered = 0.0, 0, 0, 0
    for cycle in range(first, first + count):
        make, objects = (_unpublished, OBJECTS) if cycle % EACH else (_published, PUBLISHED)
        numbers = range(cycle * OBJECTS, cycle * OBJECTS + objects)
        signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST_S)
        begun = time.process_time()
        try:
            with tempfile.TemporaryDirectory() as folder:
                right, found = make(Path(folder), numbers, alone)
        except BaseException:  # noqa: BLE001  # a finding, whatever it is
            print(f"cycle {cycle}:\n{traceback.format_exc()}", flush=True)
            continue
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        longest_s = max(longest_s, time.process_time() - begun)
        used, done, delivered = used + right, done + 1, delivered + objects
        for words in found:
            print(f"cycle {cycle}: {words}", flush=True)
        if done % EACH == 0:
            print(f"{done} cycles, {delivered} deliveries, {used} in use so far", flush=True)
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{done} cycles from {first}, {delivered} deliveries, {used} in use,", end=" ")
    print(f"longest {longest_s:.1f} s of CPU, {memory_mb:.0f} MB")


if __name__ == "__main__":
    main()
