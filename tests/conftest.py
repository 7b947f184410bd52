"""How all tests run: hypothesis repeats the same examples, so that a failure is the change's and not the day's.

``HYPOTHESIS_PROFILE=explore`` draws new examples, and more of them.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import nullcontext

import pytest
from hypothesis import settings

from command_line import called
from published import missing
from stub_cycles import quick

settings.register_profile("steady", deadline=None, derandomize=True, max_examples=60)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


def pytest_report_header() -> str:
    """Say at the top whether the browser tests can run."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return f"browser: {browser or 'none found, the browser tests are skipped'}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end as well that browser tests did not run."""
    skipped = terminalreporter.stats.get("skipped", [])
    if any("browser" in str(report.longrepr).lower() for report in skipped):
        terminalreporter.write_line("No browser was found: the browser tests were skipped.", yellow=True)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out what reads files that are not there; the run tells it at its end in one line a data set."""
    for mark in item.iter_markers("published_files"):
        if (data_set := missing(*mark.args)) is not None:
            pytest.skip(f"published files that do not lie beside this clone: {data_set}")


@pytest.fixture
def nearpass(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., tuple[int, str, str]]]:
    """The command in this process: exit code, standard output, standard error; progress only where it is asked for.

    Its pictures are blank, which takes half of its time away, but for a test with the mark ``pictures``.
    """
    monkeypatch.setattr("nearpass.commands.shared.NOW_AND_THEN_S", 1e6)  # however slow the machine is

    with nullcontext() if request.node.get_closest_marker("pictures") else quick():
        yield called
