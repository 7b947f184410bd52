"""A browser that opens pages of a built site and notes whatever it complains of."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any, Final, Literal

from playwright.sync_api import Browser, Page

POLICY: Final = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
"""What the page for publishers tells a web server to send."""
FLAGS: Final = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
VIOLATIONS: Final = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
"""
ABANDONED: Final = "net::ERR_ABORTED"
"""Chromium's word for a request it gave up itself, since the reader had followed a link before a picture came."""
PATIENCE_MS: Final = 30_000
"""How long a test waits for what it expects: long, for machines that do much else."""
BROWSER: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

Scheme = Literal["file", "http"]


class StrictHandler(SimpleHTTPRequestHandler):
    """Serves files under the strict policy and says nothing."""

    def do_GET(self) -> None:
        """Answer; a browser asks for favicon.ico of itself where a picture is opened alone."""
        if self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def end_headers(self) -> None:
        """Add the policy."""
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        pass


@dataclass(kw_only=True)
class Visitor:
    """Opens pages of the site, each in a context of its own, and notes whatever a browser complains of."""

    browser: Browser
    site: Path
    served: str
    pages: list[Page] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __call__(
        self, name: str, *, over: Scheme = "file", width: int = 1366, at: str | None = None, **context: Any
    ) -> Page:
        """The page, loaded; ``at`` is what the reader's clock shows, ``context`` goes to the browser."""
        home = self.site.as_uri() if over == "file" else self.served
        tab = self.browser.new_context(viewport={"width": width, "height": 900}, **context).new_page()
        tab.set_default_timeout(PATIENCE_MS)
        tab.add_init_script(VIOLATIONS)
        if at is not None:
            tab.clock.set_fixed_time(at)
        self._listen(tab, name, f"{home}/")
        tab.goto(f"{home}/{name}")
        self.pages.append(tab)
        return tab

    def _listen(self, tab: Page, name: str, home: str) -> None:
        def note(what: str) -> None:
            self.faults.append(f"{name}: {what}")

        tab.on("console", lambda message: note(message.text) if message.type in {"error", "warning"} else None)
        tab.on("pageerror", lambda error: note(str(error)))
        tab.on("requestfailed", lambda sent: None if sent.failure == ABANDONED else note(f"failed: {sent.url}"))
        tab.on("request", lambda request: None if request.url.startswith((home, "data:")) else note(request.url))

    def close(self) -> list[str]:
        """Close all pages; what a browser complained of."""
        for tab in self.pages:
            self.faults += [f"{tab.url}: violates {directive}" for directive in tab.evaluate("window.violations || []")]
            tab.context.close()
        self.pages.clear()
        return self.faults
