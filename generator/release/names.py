"""Neutral names: what stands in an edition for an object without a name, and for an event whose minute it may not tell.

They are drawn by a keyed hash (HMAC-SHA-256, RFC 2104) from the true names, so that they stay the same from cycle to
cycle, differ between editions, and cannot be tried out by whoever knows the candidates but not the key.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.record.marking import Edition, Show

DIGITS: Final = 6
_STAMP: Final = re.compile(r"-(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(?:-\d+)?$")


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
        return f"W{self._drawn(object_id)}"

    def event(self, event_id: str, primary: str, secondary: str, grain_s: float) -> str:
        """The event's id; where its minute or a name may not be told: neutral names, its time floored to the grain."""
        if {self.show(primary), self.show(secondary)} == {Show.FULL}:
            return event_id
        first, second = sorted((self.object(primary), self.object(secondary)))
        found = _STAMP.search(event_id)
        if found is None:
            return f"{first}-{second}-{self._drawn(event_id)}"
        year, month, day, hour, minute = found.groups()
        seconds = (int(hour) * 3600 + int(minute) * 60) // grain_s * grain_s
        stamp = (Epoch.parse(f"{year}-{month}-{day}T00:00:00") + seconds).iso(digits=0)[:16]
        return f"{first}-{second}-{stamp.replace('-', '').replace(':', '')}-{self._drawn(event_id)}"

    def _drawn(self, true_name: str) -> str:
        text = f"{self._edition.id}\0{true_name}".encode()
        number = int.from_bytes(hmac.digest(self._edition.key, text, hashlib.sha256)) % 10**DIGITS
        return f"{number:0{DIGITS}d}"


def rounded_epoch(epoch: Epoch, grain_s: float) -> Epoch:
    """The nearest multiple of the grain, counted from midnight UTC; a grain of a day or more gives midnight."""
    midnight = Epoch.parse(f"{epoch.iso(digits=9)[:10]}T00:00:00")
    return midnight + round((epoch - midnight) / min(grain_s, DAY_S)) * min(grain_s, DAY_S)
