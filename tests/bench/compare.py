"""The table of stages now and at another commit: `make bench-compare REV`, or two stored tables: `A.json B.json`.

The other commit is checked out beside this one and runs its own benchmark with its own package, in this environment.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from figures import stored

ROOT = Path(__file__).resolve().parents[2]
RUNNER = Path("tests/bench/run.py")


def main() -> None:
    """Print both tables side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="+", help="a commit, or two files of `run.py stages --json`")
    asked = parser.parse_args().tables
    if len(asked) == 2:
        before, now = (stored(Path(name)) for name in asked)
    else:
        with tempfile.TemporaryDirectory() as name:
            before, now = _measured(asked[0], Path(name))
    print("\n".join(lines(before, now)))


def lines(before: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A line for each row of either table: seconds before and now, their ratio, and what only one of them has."""
    found = ["before s |    now s | now/before | what"]
    for key in [*now, *(key for key in before if key not in now)]:
        old, new = before.get(key), now.get(key)
        seconds = [f"{row['seconds']:8.4f}" if row else f"{'-':>8}" for row in (old, new)]
        ratio = f"{new['seconds'] / old['seconds']:10.2f}" if old and new else f"{'-':>10}"
        row = new or old or {}
        found.append(f"{seconds[0]} | {seconds[1]} | {ratio} | {row['stage']}: {row['what']}")
    return found


def _measured(revision: str, folder: Path) -> list[dict[str, Mapping[str, Any]]]:
    """Both tables, measured one after the other."""
    checkout = folder / "checkout"
    subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(checkout), revision], cwd=ROOT, check=True)
    try:
        if not (checkout / "tests/bench/bench_stages.py").exists():
            raise SystemExit(f"{revision} has no table of stages to compare with")
        tables = []
        for name, root in (("before", checkout), ("now", ROOT)):
            table = folder / f"{name}.json"
            home = {**os.environ, "PYTHONPATH": str(root / "dev")}
            subprocess.run([sys.executable, root / RUNNER, "stages", "--json", table], cwd=root, env=home, check=True)
            tables.append(stored(table))
        return tables
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", str(checkout)], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
