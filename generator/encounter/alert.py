"""Alert levels: which rule puts an approach or a crossing at which level, and the reason in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Level(StrEnum):
    """How much attention an approach needs; red asks for a decision, yellow for watching."""

    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"


UNKNOWN_TIMING_S: Final = 900.0
"""Timing error of a low orbiter after a safing, up to 15 minutes: the largest published for a working spacecraft (Mars
Odyssey, "Thirteen years of navigation")."""
SEVERITY: Final = {Level.RED: 2, Level.YELLOW: 1, Level.GREEN: 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """When a level holds: any one of its thresholds is enough; None is a threshold that is not used.

    ``cad_km``: close-approach distance below it, to the surface for natural bodies. ``pc``: probability of collision
    of at least this. ``oxd_km``: orbit-crossing distance below it, with the orbit-crossing timing within
    ``oxt_sigmas`` of the combined timing uncertainty where both are known.
    """

    level: Level
    cad_km: float
    pc: float | None = None
    oxd_km: float | None = None
    oxt_sigmas: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A level and why, in words a reader can quote."""

    level: Level
    reason: str


def assess(
    distance_km: float, rules: Sequence[AlertRule], *, to_surface: bool, probability: float | None = None
) -> Verdict:
    """Level of a close approach.

    Args:
        distance_km: Close-approach distance: centre to centre, or to the surface of a natural body.
        rules: The levels' thresholds, in any order.
        to_surface: Whether the distance is to a body's surface; the reason says so.
        probability: Probability of collision, None where there is none.
    """
    measured = "distance to the surface" if to_surface else "miss distance"
    for rule in _most_severe_first(rules):
        reasons = []
        if distance_km < rule.cad_km:
            reasons.append(f"{measured} {distance_km:.3f} km is below the {rule.level} threshold of {rule.cad_km:g} km")
        if rule.pc is not None and probability is not None and probability >= rule.pc:
            reasons.append(
                f"probability of collision {probability:.1e} reaches the {rule.level} threshold of {rule.pc:.0e}"
            )
        if reasons:
            return Verdict(level=rule.level, reason="; ".join(reasons))
    widest_km = max(rule.cad_km for rule in rules)
    return Verdict(level=Level.GREEN, reason=f"{measured} {_spoken(distance_km)} is above {widest_km:g} km")


def assess_crossing(
    oxd_km: float,
    rules: Sequence[AlertRule],
    *,
    oxt_s: float | None,
    timing_sigma_s: float | None,
    to_surface: bool = False,
) -> Verdict:
    """Level of an orbit crossing.

    Without a timing (an object whose position along its orbit is unknown) the distance between the orbits alone
    decides: what is not known cannot make it safe. With a timing but without its uncertainty, passages more than
    ``UNKNOWN_TIMING_S`` apart are clear.

    Args:
        oxd_km: Orbit-crossing distance; from the surface of a natural body.
        rules: The levels' thresholds, in any order; those without ``oxd_km`` do not apply.
        oxt_s: Orbit-crossing timing, None where it is not known.
        timing_sigma_s: One sigma of the difference of both timings, None where it is not known.
        to_surface: Whether the distance is to a body's surface; the reason says so.
    """
    beside = ""
    passes = f"the orbits pass {oxd_km:.3f} km from {'the surface' if to_surface else 'each other'}"
    for rule in _most_severe_first(rules):
        if rule.oxd_km is None or oxd_km >= rule.oxd_km:
            continue
        near = f"{passes}, below the {rule.level} threshold of {rule.oxd_km:g} km"
        if oxt_s is None:
            return Verdict(level=rule.level, reason=f"{near}; the timing is unknown")
        if timing_sigma_s is None or rule.oxt_sigmas is None:
            apart = f"{abs(oxt_s):.1f} s apart, with an unknown uncertainty"
            if abs(oxt_s) <= UNKNOWN_TIMING_S:
                return Verdict(level=rule.level, reason=f"{near}, {apart}")
            beside = f"{passes}, but {apart}"
            continue
        sigmas = abs(oxt_s) / timing_sigma_s if timing_sigma_s > 0 else float("inf")
        apart = f"{abs(oxt_s):.1f} s or {sigmas:.1f} timing sigmas apart"
        if sigmas <= rule.oxt_sigmas:
            return Verdict(level=rule.level, reason=f"{near}, {apart}")
        beside = f"{passes}, but {apart}"
    return Verdict(level=Level.GREEN, reason=beside or passes)


def _spoken(distance_km: float) -> str:
    """Kilometres with three decimals, metres where those would hide the figure."""
    return f"{distance_km:.3f} km" if abs(distance_km) >= 0.1 else f"{distance_km * 1000:.1f} m"


def _most_severe_first(rules: Sequence[AlertRule]) -> list[AlertRule]:
    return sorted(rules, key=lambda rule: -SEVERITY[rule.level])
