"""Names of events in an edition.

An event's id is neutral. One of version 0.1 named both objects and a minute; what stands in its place is drawn by a
keyed hash (HMAC-SHA-256, RFC 2104), so that it stays the same from cycle to cycle and in every edition, and cannot be
tried out by whoever knows the candidates but not the key.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from nearpass.record.history import OF_A_MINUTE
from nearpass.record.marking import Edition, Show

DIGITS: Final = 6


class Names:
    """How one edition names the events of a cycle; ``shows`` is how much it shows of each object."""

    def __init__(self, edition: Edition, shows: Mapping[str, Show]) -> None:
        self._edition = edition
        self._shows = shows

    def show(self, object_id: str) -> Show:
        """How much is shown of an object; nothing of one that the cycle does not know."""
        return self._shows.get(object_id, Show.HIDDEN)

    def event(self, event_id: str, primary: str, secondary: str) -> str:
        """The event's id; where one of version 0.1 names what may not be told, a number takes its place."""
        if OF_A_MINUTE.search(event_id) is None or {self.show(primary), self.show(secondary)} == {Show.FULL}:
            return event_id
        number = int.from_bytes(hmac.digest(self._edition.key, event_id.encode(), hashlib.sha256)) % 10**DIGITS
        return f"E{number:0{DIGITS}d}"
