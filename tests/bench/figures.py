"""What a benchmark finds, as rows of one table: our time, the floor under it, and a peer, all of the same run.

Times are processor time, user and system, of this process and of those that it started and waited for: what other
programs do meanwhile changes it little. The *floor* is what cannot be avoided: a plain copy of the same bytes, an
empty figure of matplotlib, numpy's own reader without any check. The *peer* is another program for the same task.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

SCHEMA = 1
RUNS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What our time stands beside."""

    what: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurement; ``key`` is its name for ever, ``runs`` what ``seconds`` is the median of."""

    key: str
    stage: str
    what: str
    seconds: float
    runs: int = RUNS
    floor: Beside | None = None
    peer: Beside | None = None
    note: str = ""
    clock: str = "processor"


def cpu_s() -> float:
    """Processor time until now, with that of processes that have ended."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def median_s(work: Callable[[], object], runs: int = RUNS, *, warm: bool = True) -> float:
    """Median of several runs, after one to warm up."""
    if warm:
        work()
    taken = []
    for _ in range(runs):
        begun = cpu_s()
        work()
        taken.append(cpu_s() - begun)
    return statistics.median(taken)


def shown(row: Row) -> str:
    """The row for a terminal."""
    beside = [f"{name} {one.seconds:.4f} ({one.what}), {row.seconds / one.seconds:.2f} times"
              for name, one in (("floor", row.floor), ("peer", row.peer)) if one is not None]  # fmt: skip
    return " | ".join([f"{row.stage}: {row.what}", f"{row.seconds:.4f}", *beside, *([row.note] if row.note else [])])


def stored(path: Path) -> dict[str, Mapping[str, object]]:
    """Rows of a file by key; none where there is no file."""
    return {row["key"]: row for row in json.loads(path.read_bytes())["rows"]} if path.exists() else {}


def store(path: Path, rows: Iterable[Row]) -> None:
    """Write rows into a file, those that are there under other keys before them.

    Each is stamped with day, machine and commit of this run, so that rows of several runs may stand side by side.
    """
    stamp = {
        "on": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": _commit(),
        "machine": f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores",
    }
    both = stored(path) | {row.key: {**asdict(row), **stamp} for row in rows}
    text = json.dumps({"schema": SCHEMA, "rows": list(both.values())}, indent=1, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8")


def _commit() -> str:
    """The commit that is checked out, or nothing outside of a repository."""
    done = subprocess.run(
        ["git", "rev-parse", "--short=10", "HEAD"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()
