"""What is to be retrieved, in what surroundings, and what a service brought."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from nearpass.astro.epochs import Epoch
from nearpass.config import Config, EphemerisSource, ScreenedObject
from nearpass.config.origins import Origin
from nearpass.ingest.ledger import Attempt, Retrieved
from nearpass.retrieve.transport import Known, Outside, Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One source and where its files go.

    ``object_ids`` are all that share it, ``item`` the first of them; None for a catalogue, which has objects of its
    own. A ``needed`` one is a kernel that the source's own kernels rest on.
    """

    object_ids: tuple[str, ...]
    item: ScreenedObject | None
    source: EphemerisSource
    text: str
    origin: Origin
    path: str
    needed: bool

    @property
    def is_kernel(self) -> bool:
        """Whether a kernel is expected, by the name of its place."""
        return self.path.lower().endswith((".bsp", ".spk"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LastGood:
    """The newest file that a source gave, still here, with what the ledger knows of it."""

    entry: Retrieved
    attempt: Attempt

    @property
    def known(self) -> Known:
        """The ETag and date by which the source is asked whether it has anything newer (RFC 9110, section 8.8)."""
        return Known(etag=self.attempt.etag, last_modified=self.attempt.last_modified)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The surroundings of an errand; ``now`` is when it began."""

    config: Config
    directory: Path
    outside: Outside
    transport: Transport
    now: Epoch
    last: LastGood | None
    progress: Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What a service gave. The content itself went into the file that is arriving.

    ``unchanged``: what is here is current, and nothing was sent. ``origin`` is the address with its query.
    ``note`` says in words what it is. ``rest_s`` is how long the service wants to be left alone,
    ``tried`` which file of a folder it is.
    """

    origin: str
    unchanged: bool = False
    validators: Known = field(default_factory=Known)
    note: str | None = None
    skew_s: float | None = None
    rest_s: float | None = None
    tried: str | None = None
