"""The site that the tests of pages read, built once for all processes, and a browser that opens its pages."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, expect, sync_playwright

import build_site
from browsing import BROWSER, FLAGS, PATIENCE_MS, StrictHandler, Visitor
from exchange_records import exchange
from hostile import hostile_record
from records import RED_EVENT, sample_record

DRAWN: Final = ("cycle-", f"event-{RED_EVENT}-")
"""Plots of the sample cycle that are drawn; all others are empty pictures."""


def _plain(folder: Path) -> None:
    record = replace(sample_record(), exchanges=(exchange(),))
    build_site.write_sources(folder / "docs", [*build_site.earlier_cycles(record), record], drawn=DRAWN)
    build_site.build(folder / "docs", folder / "site")


def _hostile(folder: Path) -> None:
    record = hostile_record()
    alone = replace(
        record, previous_cycle_id=None, changes=(), events=tuple(replace(event, history=()) for event in record.events)
    )
    build_site.write_sources(folder / "docs", [alone])
    build_site.build(folder / "docs", folder / "site")


def _once(factory: pytest.TempPathFactory, worker: str, name: str, make: Callable[[Path], None]) -> Path:
    """The built site of that name; the first process that needs it builds it for all."""
    home = factory.getbasetemp() if worker == "master" else factory.getbasetemp().parent
    with FileLock(home / f"{name}.lock"):
        if not (home / name / "ready").exists():
            make(home / name)
            (home / name / "ready").touch()
    return home / name / "site"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The sample cycle and the earlier ones it points to, built; not to be changed."""
    return _once(tmp_path_factory, worker_id, "plain", _plain)


@pytest.fixture(scope="session")
def hostile_site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A cycle with hostile text in every free field, built; not to be changed."""
    return _once(tmp_path_factory, worker_id, "hostile", _hostile)


@pytest.fixture(scope="session")
def served(site: Path) -> Iterator[str]:
    """Address of the site on a loopback server that sends the strict policy with every answer."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(StrictHandler, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium with an empty profile."""
    if BROWSER is None:
        print("no Chromium on this machine: behaviour in a browser is not tested")
        pytest.skip("no Chromium on this machine: behaviour in a browser is not tested")
    with sync_playwright() as driver:
        # The driver makes a fresh, empty user-data-dir for each start and removes it afterwards.
        browser = driver.chromium.launch(executable_path=BROWSER, args=FLAGS)
        expect.set_options(timeout=PATIENCE_MS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, site: Path, served: str) -> Iterator[Visitor]:
    """Opens pages; afterwards no violation, console error, failed request or request elsewhere may have been seen."""
    visitor = Visitor(browser=chromium, site=site, served=served)
    yield visitor
    assert visitor.close() == []
