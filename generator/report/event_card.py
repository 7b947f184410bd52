"""An event as the first screen shows it, however much of it an edition holds."""

from __future__ import annotations

from dataclasses import dataclass

from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import Level
from nearpass.report import wording


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCard:
    """An event as the first screen shows it. ``miss_of`` says what the distance is measured to.

    ``decider`` can act last, with ``burn`` as its last useful one, empty where no contact is known.
    ``pc`` is "none" where no probability is given; ``pc_basis`` then says why. ``acts`` says who moves and who stands
    by, empty where nobody said anything; ``unsettled`` are sentences about what does not fit in that.
    """

    event_id: str
    level: Level
    title: str
    href: str
    tca: str
    tca_machine: str
    tca_after: str
    miss: str
    miss_of: str
    components: tuple[tuple[str, str], ...]
    sigma: str
    speed: str
    pc: str
    pc_basis: str
    max_pc: str | None
    max_side: str
    reason: str
    change: str
    deadline: str
    deadline_machine: str | None
    decider: str
    conditions: str
    boundary: str | None
    burn: str = ""
    acts: str = ""
    unsettled: tuple[str, ...] = ()
    closed: bool = False

    @property
    def verb(self) -> str:
        """What the deadline is for; what is closed has none any more."""
        return "Settled" if self.closed else "Decide by" if self.level is Level.RED else "Last chance to act"


def due(deadline: Epoch | None, none: str, *, closed: bool) -> tuple[str, str | None]:
    """A deadline in words and for machines; of an approach that was closed there is none any more."""
    if closed:
        return "closed", None
    return (wording.moment_to_minute(deadline), wording.machine_time(deadline)) if deadline else (none, None)
