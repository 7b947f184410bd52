"""A workspace whose newest cycle has two red approaches, and channels whose addresses the environment holds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleets import LOW, write_workspace
from nearpass.__main__ import main
from receivers import CROSSING, Hook, Mailbox, hooking, mailing

AT = "2021-03-17T00:00"


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """A webhook, whose address the environment holds as OPS_HOOK."""
    with hooking() as found:
        monkeypatch.setenv("OPS_HOOK", found.address)
        yield found


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A mail server, whose address the environment holds as OPS_MAIL."""
    with mailing() as (box, address):
        monkeypatch.setenv("OPS_MAIL", address)
        yield box


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one cycle of two red approaches, before anybody was to be told; not to be changed."""
    folder = tmp_path_factory.mktemp("red")
    config = write_workspace(folder, orbits={"LOW": LOW, "MEETS": CROSSING}, span_days=3.0, limit_km=12.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["nearpass", "run", "--config", str(config), "--jobs", "1", "--at", AT])
        code: object = None
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    assert not code
    return folder
