"""One whole cycle of the sample, from OEM files to the published site, and where its time goes."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from nearpass.archive.archive import Archive
from nearpass.archive.register import Registrar
from nearpass.config import load_config
from nearpass.cycle.pipeline import run_cycle
from nearpass.publish import Workspace, prepare, publish
from nearpass.sample import write_sample

RUNS = 3
JOBS = 2
REGISTRAR = Registrar(at_utc="2021-04-30T12:00:00Z")


def main() -> None:
    """Median over a few runs of each stage, in the same folder, each time without the cycle in the archive."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        began = time.perf_counter()
        cutoffs = write_sample(directory)
        print(f"{'sample fleet propagated and written':<40} {time.perf_counter() - began:7.2f} s")
        config, text = load_config(directory / "nearpass.toml")
        taken: dict[str, list[float]] = {}
        for _ in range(RUNS):
            stages: dict[str, float] = {}
            show = _stopwatch(stages)
            began = time.perf_counter()
            result = run_cycle(config, text, directory, cutoffs[-1], None, show)
            stages["record (rest of the cycle)"] = time.perf_counter() - began - sum(stages.values())
            with tempfile.TemporaryDirectory(dir=directory) as home:
                workspace = Workspace(directory=Path(home))
                started = time.perf_counter()
                Archive(workspace.archive).add(result.record, result.inputs)
                stages["archive with inputs"] = time.perf_counter() - started
                started = time.perf_counter()
                prepare(workspace, config.site.title)
                before = sum(stages.values())
                publish(
                    workspace,
                    result.record,
                    jobs=JOBS,
                    progress=show,
                    registrar=REGISTRAR,
                )
                drawn = sum(stages.values()) - before
                stages["publication (rest)"] = time.perf_counter() - started - drawn
            stages["whole cycle"] = time.perf_counter() - began
            for name, seconds in stages.items():
                taken.setdefault(name, []).append(seconds)
        for name, seconds in taken.items():
            print(f"{name:<40} {statistics.median(seconds):7.2f} s   (aim for the whole: 30 s on two cores)")


def _stopwatch(stages: dict[str, float]) -> Callable[[str, int], Callable[[int], None]]:
    """Progress that adds up the time between the start of a stage and its last step."""

    def begin(title: str, _: int) -> Callable[[int], None]:
        started = time.perf_counter()
        stages.setdefault(title, 0.0)

        def advance(_: int) -> None:
            stages[title] = time.perf_counter() - started

        return advance

    return begin


if __name__ == "__main__":
    main()
