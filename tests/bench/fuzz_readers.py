"""Many damaged deliveries through every reader: any answer but grades or one error with its place is a finding.

Not part of ``make bench``. A share of it runs in ``tests/test_delivered_bytes.py``; all of it::

    nice -n 19 python tests/bench/fuzz_readers.py 100000 [FIRST]

Each number is a seed of its own, so that a finding is made again by its number alone. No delivery may take longer than
:data:`LONGEST_S`, or the process more memory than :data:`MOST_BYTES`.
"""

import random
import resource
import signal
import sys
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz_outcome import read_delivery
from mutations import mutated, seeds
from nearpass.errors import NearpassError

LONGEST_S = 10
MOST_BYTES = 1 << 30


class TooLongError(Exception):
    """A delivery took too long."""


def _too_long(_signal: int, _frame: object) -> None:
    raise TooLongError


def main() -> None:
    """Read so many damaged deliveries and say what became of them."""
    warnings.simplefilter("error")
    signal.signal(signal.SIGALRM, _too_long)
    count, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    good = seeds()
    read = refused = 0
    longest_s = 0.0
    findings: dict[str, list[int]] = {}
    for number in range(first, first + count):
        rng = random.Random(number)  # noqa: S311  # to be made again
        data = mutated(rng.choice(good), rng)
        signal.alarm(LONGEST_S)
        begun = time.perf_counter()
        try:
            found = read_delivery(data)
        except Exception as error:  # noqa: BLE001  # a finding, whatever it is
            findings.setdefault(f"{type(error).__name__}: {error}"[:160], []).append(number)
        else:
            refused += isinstance(found, NearpassError)
            read += not isinstance(found, NearpassError)
        finally:
            signal.alarm(0)
        longest_s = max(longest_s, time.perf_counter() - begun)
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count} deliveries from {first}: {read} read, {refused} refused,", end=" ")
    print(f"longest {longest_s:.2f} s, {memory_mb:.0f} MB")
    for words, numbers in sorted(findings.items(), key=lambda item: -len(item[1])):
        print(f"  {len(numbers)} times {words!r}, first {numbers[:3]}")
    if memory_mb * 1024 * 1024 > MOST_BYTES:
        print(f"  more memory than {MOST_BYTES} bytes")


if __name__ == "__main__":
    main()
