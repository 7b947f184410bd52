"""The last moment at which a decision still ends in a useful burn, from what an operator can command and when.

Backwards from the closest approach: a burn must come so long before it that it still moves the object (half a
revolution is the usual choice: that is when a burn along the velocity works best and cheapest). Its commands must have
arrived by then, sent while the link is open: in a pass of a station, and not near solar conjunction. Before they can be
sent lies the rest of the operator's lead time. All times are seconds from one epoch; a span is ``(start_s, stop_s)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

Span_s = tuple[float, float]

_EVER_S: Final = (-float("inf"), float("inf"))


class Limit(StrEnum):
    """What the last useful uplink is bound by."""

    BURN = "burn"  # it arrives as the last useful burn begins
    CONJUNCTION = "conjunction"  # the Sun stands too near the line of sight from then on
    NO_COMMANDS = "no commands"  # the operator sends none from then on, by its own declaration
    CONTACT = "contact"  # no station is in contact from then on


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """A time in which no commands are sent: ``limit`` says why, ``note`` is the operator's own word."""

    start_s: float
    stop_s: float
    limit: Limit
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commanding:
    """What an operator can do, and when.

    ``lead_time_s`` runs from the detection to the burn; its last ``uplink_s`` need an open link. The burn comes at
    least ``last_burn_s`` before the closest approach; None: half a revolution. ``passes_s`` are the contacts, sorted;
    None where the link is always there. ``working_s`` are the hours in which the work before the uplink goes on,
    sorted; None for day and night.
    """

    lead_time_s: float
    uplink_s: float = 0.0
    last_burn_s: float | None = None
    closures: tuple[Closure, ...] = ()
    passes_s: tuple[Span_s, ...] | None = None
    working_s: tuple[Span_s, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDecision:
    """The last start that ends in a useful burn.

    ``burn_s`` is the last useful burn, ``uplink_s`` when its commands have left the ground at the latest, ``decide_s``
    when the work must begin. ``limit`` says what holds the uplink before the burn; ``closed_until_s`` is when the link
    opens again after that, None where the burn itself is the limit or no opening is known.
    """

    decide_s: float
    uplink_s: float
    burn_s: float
    limit: Limit
    closed_until_s: float | None
    note: str | None


def last_decision(
    tca_s: float, commanding: Commanding, *, half_revolution_s: float, light_time_s: float
) -> LastDecision | None:
    """The last decision that ends in a useful burn; None if no link is open before it in the time that is known.

    Args:
        tca_s: The closest approach.
        commanding: What the operator can do.
        half_revolution_s: Half the period of the object that burns.
        light_time_s: From the ground to the object, one way.
    """
    last_burn_s = commanding.last_burn_s if commanding.last_burn_s is not None else half_revolution_s
    burn_s = tca_s - last_burn_s
    latest_s = burn_s - light_time_s
    for start_s, stop_s in reversed(_open(commanding)):
        uplink_s = min(stop_s, latest_s)
        if uplink_s - commanding.uplink_s < start_s:
            continue
        decide_s = _begun(uplink_s - commanding.uplink_s, commanding.lead_time_s - commanding.uplink_s, commanding)
        if decide_s is None:
            return None
        limit, until_s, note = Limit.BURN, None, None
        if uplink_s < latest_s:
            limit, until_s, note = _shut(uplink_s, commanding)
        return LastDecision(
            decide_s=decide_s, uplink_s=uplink_s, burn_s=burn_s, limit=limit, closed_until_s=until_s, note=note
        )
    return None


def _open(commanding: Commanding) -> list[Span_s]:
    """When commands can be sent: the passes, less the times that are closed."""
    left = list(commanding.passes_s) if commanding.passes_s is not None else [_EVER_S]
    for closure in commanding.closures:
        left = list(without(left, (closure.start_s, closure.stop_s)))
    return left


def without(spans: Iterable[Span_s], hole: Span_s) -> Iterable[Span_s]:
    """What is left of spans without one other span."""
    for start_s, stop_s in spans:
        before, after = (start_s, min(stop_s, hole[0])), (max(start_s, hole[1]), stop_s)
        yield from (part for part in (before, after) if part[0] < part[1])


def _shut(moment_s: float, commanding: Commanding) -> tuple[Limit, float | None, str | None]:
    """Why no command can be sent from a moment on, and when one can again."""
    for closure in commanding.closures:
        if closure.start_s <= moment_s < closure.stop_s:
            return closure.limit, closure.stop_s, closure.note
    following = [start_s for start_s, _ in commanding.passes_s or () if start_s > moment_s]
    return Limit.CONTACT, min(following, default=None), None


def _begun(end_s: float, work_s: float, commanding: Commanding) -> float | None:
    """When work of a length must begin to be done by ``end_s``; None if the known hours do not hold it."""
    if commanding.working_s is None:
        return end_s - work_s
    return _counted_back(end_s, work_s, commanding.working_s)


def _counted_back(end_s: float, work_s: float, hours_s: Sequence[Span_s]) -> float | None:
    for start_s, stop_s in reversed(hours_s):
        last_s = min(stop_s, end_s)
        if last_s <= start_s:
            continue
        if last_s - start_s >= work_s:
            return last_s - work_s
        work_s -= last_s - start_s
    return None
