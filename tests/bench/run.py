"""Every benchmark in turn, or those named: `python tests/bench/run.py stages oem --json FILE`.

`make bench` runs all; `stages` is the table of every stage, whose rows are stored in the file of `--json`.
"""

import argparse
import importlib.util
import platform
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from figures import Row, store


def main() -> None:
    """Run the benchmarks named on the command line, or all, the table of stages first."""
    found = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*found, []], help="which benchmarks; all by default")
    parser.add_argument("--json", type=Path, help="file in which rows are stored, beside those of other keys in it")
    asked = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}, {platform.system()}")
    rows: list[Row] = []
    for name in sorted(asked.names or found, key=lambda name: (name != "stages", name)):
        print(f"\n== {name}", flush=True)
        rows += _module(name).main() or []
    if asked.json is not None:
        store(asked.json, rows)


def _module(name: str):  # a module
    path = Path(__file__).parent / f"bench_{name}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"cannot load {path.name}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
