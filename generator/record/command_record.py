"""The parts of a stored record that tell who can command what, and when a decision is due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nearpass.astro.fields import EpochText, Span
from nearpass.record.releasing import Open

LimitWord = Literal["burn", "conjunction", "no commands", "contact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureRecord:
    """A time in which an object's operator sends no commands: for solar conjunction, or by its own announcement."""

    start: Open[EpochText]
    stop: Open[EpochText]
    limit: Open[LimitWord]
    note: Open[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandingRecord:
    """What the operator of an object can command, from ``known`` on.

    ``lead_time_h`` runs from the detection of an approach to the burn, its last ``uplink_h`` need an open link.
    ``last_burn_h`` is how long before TCA a burn must come to be useful; None: half a revolution. ``sep_min_deg`` is
    the angle between the Sun and the body below which nothing is commanded, None where that is not asked. ``passes``
    are the contacts, None where the link is taken to be always there.
    """

    lead_time_h: Open[float]
    uplink_h: Open[float]
    last_burn_h: Open[float | None]
    sep_min_deg: Open[float | None]
    closures: Open[tuple[ClosureRecord, ...]]
    passes: Open[tuple[Span, ...] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRecord:
    """The last decision about an approach that ends in a useful burn of one of its objects.

    ``burn`` is the last useful burn, ``uplink`` the latest end of the transmission of its commands, ``decide`` when the
    lead time before that must begin. ``limit`` says what holds the transmission before the burn, with the operator's
    ``note``; ``closed_until`` when the link opens again, None where it is open or that is not known. ``decide`` and
    ``uplink`` are None where no contact before the burn is known.
    """

    object_id: Open[str]
    decide: Open[EpochText | None]
    uplink: Open[EpochText | None]
    burn: Open[EpochText]
    limit: Open[LimitWord]
    closed_until: Open[EpochText | None]
    note: Open[str | None]
