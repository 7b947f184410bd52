"""The outside world that the commands run in. Importing this costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nearpass.astro.epochs import Epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What only the program's entry may touch, handed to the commands: the clock, and the environment."""

    instant: Callable[[], Epoch]
    sleep: Callable[[float], None]
    environment: Mapping[str, str] = field(default_factory=dict)

    def minute(self) -> Epoch:
        """This minute: a cycle's id has minutes, so its data cut-off has no more."""
        from nearpass.astro.epochs import Epoch  # noqa: PLC0415  # leap seconds and TDB take a quarter of a second

        return Epoch.parse(self.instant().iso(digits=0)[:16] + ":00")
