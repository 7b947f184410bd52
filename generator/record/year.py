"""What a year was: its approaches with how they ended, who moved, and how the deliveries came."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import Level
from nearpass.record.cycle_id import CycleId

Ending = Literal["open", "moved", "passed red", "false alarm", "lowered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class YearEvent:
    """An approach as the cycles of one year tell of it.

    ``tca`` is that of the newest mention, to ``until`` where an edition tells a span. ``worst`` is its worst level,
    ``first_red`` the first cycle in which it was red. ``last_cycle_id`` has the newest mention, with the level that it
    has there; ``listed`` is False where that is of its leaving the list.
    """

    event_id: str
    primary: str
    secondary: str
    tca: Epoch
    until: Epoch
    worst: Level
    first_red: str | None
    last_cycle_id: str
    last_level: Level
    listed: bool

    @property
    def warning_h(self) -> float | None:
        """From the data of the first cycle in which it was red to its time, hours; None if it never was."""
        return None if self.first_red is None else (self.tca - CycleId(self.first_red).cutoff) / 3600.0

    def ending(self, flown: AbstractSet[str], newest: Epoch) -> Ending | None:
        """How a red approach ended, as of the newest cycle's data; None if it never was red.

        It is a false alarm where better data made it green or took it from the list before its time although nobody
        flew a manoeuvre for it, and only lowered where they left it yellow.

        Args:
            flown: Events for which a party said that its manoeuvre was flown.
            newest: Data cut-off of the newest cycle.
        """
        if self.first_red is None:
            return None
        if self.event_id in flown:
            return "moved"
        if not self.listed and self.tca > CycleId(self.last_cycle_id).cutoff:
            return "false alarm"
        if self.last_level is Level.RED:
            return "open" if self.listed and self.until > newest else "passed red"
        return "false alarm" if self.last_level is Level.GREEN else "lowered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a party said that it does about an event, and when; ``burn`` is None where none was given."""

    event_id: str
    kind: str
    party: str
    at: Epoch
    burn: Epoch | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Punctuality:
    """How the deliveries of an originator came: ``delivered`` files were used and ``refused`` ones were not.

    ``uses`` is how often a cycle used one for an object, ``late_uses`` how often one older than a week; ``oldest_s`` is
    the age of the oldest, None where no age is known.
    """

    originator: str
    delivered: int
    refused: int
    uses: int
    late_uses: int
    oldest_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """All of that of one year; ``newest`` is the data cut-off of the newest cycle of all."""

    year: int
    cycles: int
    newest: Epoch
    events: tuple[YearEvent, ...]
    acts: tuple[Act, ...]
    punctuality: tuple[Punctuality, ...]

    @property
    def flown(self) -> frozenset[str]:
        """Events for which a manoeuvre was flown."""
        return frozenset(act.event_id for act in self.acts if act.kind == "flown")
