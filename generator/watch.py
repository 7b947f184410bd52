"""When the next cycle is due: a delivery has arrived and settled, or the schedule says so."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nearpass.astro.epochs import Epoch
from nearpass.config import Config, resolve
from nearpass.ingest.received import message_paths


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A file that an agency may have delivered, as the file system shows it."""

    name: str
    size_bytes: int
    modified_ns: int


def deliveries(config: Config, directory: Path) -> tuple[Delivery, ...]:
    """Every file that a source of the configuration names, and every message, sorted by name."""
    sources = [source for item in config.objects for source in item.ephemeris]
    patterns = [pattern for source in sources for pattern in (source.path, *source.kernels)]
    patterns += [table.path for table in config.catalogues]
    paths = {path for pattern in patterns for path in resolve(directory, pattern)}
    paths |= set(message_paths(directory))
    found = []
    for path in sorted(paths):
        try:
            state = path.stat()
        except OSError:
            continue  # taken away since it was listed
        found.append(Delivery(name=str(path), size_bytes=state.st_size, modified_ns=state.st_mtime_ns))
    return tuple(found)


def fingerprint(found: Sequence[Delivery]) -> str:
    """One hash of all names, sizes and times of change: it differs whenever a delivery arrived or grew."""
    text = "".join(f"{item.name}\0{item.size_bytes}\0{item.modified_ns}\n" for item in found)
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


class Watch:
    """Decides from what is seen at each look whether a cycle is due.

    A delivery counts once all files have kept their size and time for ``settle_s`` and none is empty. A file that
    was cut off and still settled is refused by its reader, and the next older one is used until it is complete.
    ``unsettled`` tells that a delivery may still be arriving.
    """

    def __init__(self, *, settle_s: float, handled: str | None) -> None:
        self._settle_s = settle_s
        self._handled = handled
        self._seen: str | None = None
        self._since: Epoch | None = None
        self.unsettled = True

    def due(
        self, found: Sequence[Delivery], now: Epoch, last_cutoff: Epoch | None, every_hours: float | None
    ) -> str | None:
        """Why a cycle is due now, or None.

        Args:
            found: The deliveries at this look.
            now: The time of this look.
            last_cutoff: Data cut-off of the newest cycle.
            every_hours: The schedule, if there is one.
        """
        seen = fingerprint(found)
        if seen != self._seen or self._since is None or now < self._since:  # a clock set back begins anew
            self._seen, self._since = seen, now
        self.unsettled = now - self._since < self._settle_s or not all(item.size_bytes for item in found)
        if self.unsettled:
            return None
        if seen != self._handled and found:
            return "a delivery arrived"
        if every_hours is not None and (last_cutoff is None or now - last_cutoff >= every_hours * 3600.0):
            return "the schedule"
        return None

    def handled(self) -> None:
        """What was seen last has been screened, or failed and will not change by itself."""
        self._handled = self._seen
