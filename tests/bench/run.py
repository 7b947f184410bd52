"""Every benchmark in turn: `make bench`, or one of them by name: `python tests/bench/run.py oem screen`."""

import importlib.util
import platform
import sys
from pathlib import Path


def main() -> None:
    """Run the benchmarks named on the command line, or all."""
    wanted = set(sys.argv[1:])
    print(f"Python {platform.python_version()}, {platform.machine()}, {platform.system()}")
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        name = path.stem.removeprefix("bench_")
        if wanted and name not in wanted:
            continue
        print(f"\n== {name}", flush=True)
        spec = importlib.util.spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None:
            raise SystemExit(f"cannot load {path.name}")
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
        module.main()


if __name__ == "__main__":
    main()
