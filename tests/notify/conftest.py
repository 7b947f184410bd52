"""A published workspace, and channels whose addresses the environment holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import red_approaches
from receivers import Hook, Mailbox, hooking, mailing


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
    return red_approaches.published(tmp_path_factory.mktemp("red"))
