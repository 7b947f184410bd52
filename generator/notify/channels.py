"""Channels that carry a message: addresses of Apprise, which is loaded when the first message is sent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from nearpass.errors import ConfigError
from nearpass.report.alarm_text import Letter

Outcome = Literal["sent", "failed", "lost"]
Carry = Callable[[str, Letter], Outcome]
"""Takes an address and a message: it was sent, it was refused, or nobody knows."""


def carry(address: str, letter: Letter) -> Outcome:
    """Send one message to one address.

    Raises:
        ConfigError: where Apprise is not installed, or the address is none; the address stands in no error.
    """
    try:
        import apprise  # noqa: PLC0415  # an extra: only who tells somebody needs it
    except ImportError:
        rule = "telling somebody needs Apprise: pip install nearpass[notify]"
        raise ConfigError(rule) from None
    with _silent():
        sender = apprise.Apprise(asset=apprise.AppriseAsset(app_id="nearpass", secure_logging=True))
        if not sender.add(address):
            raise ConfigError("a channel must hold an address of Apprise, such as mailtos://… or jsons://…")
        result = sender.notify(body=letter.body, title=letter.title, body_format=apprise.NotifyFormat.TEXT)
    if result:
        return "sent"
    return "lost" if result.timeout_count else "failed"


@contextmanager
def _silent() -> Iterator[None]:
    """Apprise logs addresses, which are secrets; what became of a message is told by its outcome alone."""
    logger = logging.getLogger("apprise")
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before
