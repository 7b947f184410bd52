"""An event as the first screen shows it, however much of it an edition holds."""

from __future__ import annotations

from dataclasses import dataclass

from nearpass.encounter.alert import Level


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
