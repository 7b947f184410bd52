"""Many damaged deliveries through whole cycles with two healthy objects: these must come out as they are alone.

Not part of ``make bench``. A share of it runs in ``tests/test_damaged_cycles.py``; more of it::

    nice -n 19 python tests/bench/fuzz_cycles.py 1000 [FIRST]

so many cycles of :data:`OBJECTS` deliveries. A finding is an exception, a fault that nearpass calls its own, a cycle
that takes longer than :data:`LONGEST_S`, and a healthy pair that changes.
"""

import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from damaged_cycles import healthy_events, run_damaged

OBJECTS = 20
LONGEST_S = 60  # of CPU


class TooLongError(BaseException):
    """A cycle took too long; no net may catch it."""


def _too_long(_signal: int, _frame: object) -> None:
    raise TooLongError


def main() -> None:
    """Run so many cycles and say what became of them."""
    warnings.simplefilter("error")
    signal.signal(signal.SIGVTALRM, _too_long)
    count, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as folder:
        alone = healthy_events(run_damaged(Path(folder), ())[0])
    longest_s, used = 0.0, 0
    for cycle in range(first, first + count):
        numbers = range(cycle * OBJECTS, (cycle + 1) * OBJECTS)
        signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST_S)
        begun = time.process_time()
        try:
            with tempfile.TemporaryDirectory() as folder:
                record, faults = run_damaged(Path(folder), numbers)
        except BaseException:  # noqa: BLE001  # a finding, whatever it is
            print(f"cycle {cycle}:\n{traceback.format_exc()}", flush=True)
            continue
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        longest_s = max(longest_s, time.process_time() - begun)
        used += sum(item.coverage != () for item in record.objects) - 2
        for fault in dict.fromkeys(faults):
            print(f"cycle {cycle}: {fault}", flush=True)
        for loss in record.losses:
            if not loss.ours:
                print(f"cycle {cycle}: lost at {loss.stage}, {loss.object_ids}: {loss.rule}, {loss.value}", flush=True)
        if healthy_events(record) != alone:
            print(f"cycle {cycle}: the healthy pair changed", flush=True)
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count} cycles from {first}, {count * OBJECTS} deliveries, {used} in use,", end=" ")
    print(f"longest {longest_s:.1f} s of CPU, {memory_mb:.0f} MB")


if __name__ == "__main__":
    main()
