"""The command in this process, as the command line sees it."""

import sys
from collections.abc import Callable

import pytest

from generator.__main__ import main

Nearpass = Callable[..., tuple[int, str, str]]


@pytest.fixture
def nearpass(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nearpass:
    """Runs the command: exit code, standard output, standard error."""

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["nearpass", *map(str, words)])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run
