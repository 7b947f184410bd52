"""Neutral names: what stands in an edition for an object without a name, and for an event that was named by its minute.

They are drawn by a keyed hash (HMAC-SHA-256, RFC 2104) from the true names, so that they stay the same from cycle to
cycle and cannot be tried out by whoever knows the candidates but not the key. Those of objects differ between editions.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.record.history import OF_A_MINUTE
from nearpass.record.marking import Edition, Show

DIGITS: Final = 6
_EVERY_EDITION: Final = ""


class Names:
    """How one edition names the objects and events of a cycle; ``shows`` by object id."""

    def __init__(self, edition: Edition, shows: Mapping[str, Show]) -> None:
        self._edition = edition
        self._shows = shows

    def show(self, object_id: str) -> Show:
        """How much is shown of an object; nothing of one that the cycle does not know."""
        return self._shows.get(object_id, Show.HIDDEN)

    def object(self, object_id: str) -> str:
        """The object's id, or its neutral one."""
        if self.show(object_id) in {Show.FULL, Show.METRICS}:
            return object_id
        return f"W{self._drawn(object_id, self._edition.id)}"

    def event(self, event_id: str, primary: str, secondary: str) -> str:
        """The event's id, which is neutral and the same in every edition, so that all call the event by one name.

        An id of version 0.1 named both objects and a minute: where these may not be told, a number takes its place.
        """
        if {self.show(primary), self.show(secondary)} == {Show.FULL}:
            return event_id
        return f"E{self._drawn(event_id, _EVERY_EDITION)}" if OF_A_MINUTE.search(event_id) else event_id

    def _drawn(self, true_name: str, salt: str) -> str:
        text = f"{salt}\0{true_name}".encode()
        number = int.from_bytes(hmac.digest(self._edition.key, text, hashlib.sha256)) % 10**DIGITS
        return f"{number:0{DIGITS}d}"


def rounded_epoch(epoch: Epoch, grain_s: float) -> Epoch:
    """The nearest multiple of the grain, counted from midnight UTC; a grain of a day or more gives midnight."""
    midnight = Epoch.parse(f"{epoch.iso(digits=9)[:10]}T00:00:00")
    return midnight + round((epoch - midnight) / min(grain_s, DAY_S)) * min(grain_s, DAY_S)
