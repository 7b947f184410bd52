"""Alert levels: which rule puts an approach at which level, and the reason in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Level(StrEnum):
    """How much attention an approach needs; red asks for a decision, yellow for watching."""

    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"


SEVERITY: Final = {Level.RED: 2, Level.YELLOW: 1, Level.GREEN: 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """The thresholds of one level: close-approach distance below which it holds."""

    level: Level
    cad_km: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A level and why, in words a reader can quote."""

    level: Level
    reason: str


def assess(distance_km: float, rules: tuple[AlertRule, ...], *, to_surface: bool) -> Verdict:
    """Level of an approach at this distance: centre to centre, or to the surface of a natural body.

    Args:
        distance_km: Close-approach distance, km.
        rules: The levels' thresholds, in any order.
        to_surface: Whether the distance is to a body's surface; the reason says so.

    """
    measured = "distance to the surface" if to_surface else "miss distance"
    for rule in sorted(rules, key=lambda rule: -SEVERITY[rule.level]):
        if distance_km < rule.cad_km:
            return Verdict(
                level=rule.level,
                reason=f"{measured} {distance_km:.3f} km is below the {rule.level} threshold of {rule.cad_km:g} km",
            )
    widest_km = max(rule.cad_km for rule in rules)
    return Verdict(level=Level.GREEN, reason=f"{measured} {distance_km:.3f} km is above {widest_km:g} km")
