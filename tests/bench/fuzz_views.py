"""Each function that makes pages, broken for one approach in turn: a site must be staged that names what it lacks.

Not part of ``make bench``. A share of it runs in ``tests/publish/test_broken_views.py``; all of it, or those named::

    nice -n 19 python tests/bench/fuzz_views.py [NAME ...]

A finding is an exception, and a fault that no staged file tells of. Functions without which there is no site, as those
that only call the others, are findings that are meant; :data:`MEANT` names them.
"""

import logging
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from broken_views import broken, functions, staged

MEANT = {
    f"nearpass.report.{name}"
    for name in (
        "archive_pages.archive_pages", "archive_pages.latest_script", "pages.cycle_pages", "pages.live_pages",
        "pages.permalink_pages", "pages._around", "pages._file_name", "plots.cycle.cycle_plots",
        "plots.event.event_plots", "plots.object.object_plots", "plots.pair.pair_plots", "plots.year.year_plots",
    )
}  # fmt: skip


def main() -> None:
    """Break one after the other and say what came of it."""
    logging.disable(logging.CRITICAL)
    tried = findings = 0
    with tempfile.TemporaryDirectory() as folder, staged(Path(folder)) as site:
        for name in sys.argv[1:] or sorted(functions().keys() - MEANT):
            with broken(name, site.victim) as hits:
                try:
                    files = site.files()
                except Exception as error:  # noqa: BLE001  # a finding, whatever it is
                    findings += 1
                    print(f"{name}: {type(error).__name__}: {error}"[:200], flush=True)
                    continue
            tried += bool(hits)
            if hits and not any("report it as F-" in text for text in files.values()):
                findings += 1
                print(f"{name}: nothing tells of it", flush=True)
    print(f"{tried} functions broken, {findings} findings")


if __name__ == "__main__":
    main()
