"""Alert levels: which rule puts an approach or a crossing at which level, and the figures that decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from nearpass.reasons.levels import (
    CadAbove,
    CadBelow,
    Level,
    LevelReason,
    LevelReasons,
    OrbitsClear,
    OrbitsClearInTime,
    OrbitsNear,
    PcBoundReaches,
    PcReaches,
)

__all__ = ["SEVERITY", "UNKNOWN_TIMING_S", "AlertRule", "Level", "PcBound", "Verdict", "assess", "assess_crossing"]

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
    """A level and the figures that gave it."""

    level: Level
    reason: LevelReasons


@dataclass(frozen=True, slots=True, kw_only=True)
class PcBound:
    """What a probability of collision can be at most, whatever the covariance of one object is that has none."""

    value: float
    missing: Literal["primary", "secondary"]


def assess(
    distance_km: float,
    rules: Sequence[AlertRule],
    *,
    to_surface: bool,
    probability: float | None = None,
    bound: PcBound | None = None,
) -> Verdict:
    """Level of a close approach.

    Where there is no probability a bound of it counts in its place: what is not known cannot make an approach safe.

    Args:
        distance_km: Close-approach distance: centre to centre, or to the surface of a natural body.
        rules: The levels' thresholds, in any order.
        to_surface: Whether the distance is to a body's surface; the reason says so.
        probability: Probability of collision, None where there is none.
        bound: What it can be at most, where it is None; None where that is not known either.
    """
    for rule in _most_severe_first(rules):
        reasons: list[LevelReason] = []
        if distance_km < rule.cad_km:
            reasons.append(
                CadBelow(level=rule.level, value_km=distance_km, limit_km=rule.cad_km, to_surface=to_surface)
            )
        if rule.pc is not None and probability is not None and probability >= rule.pc:
            reasons.append(PcReaches(level=rule.level, value=probability, limit=rule.pc))
        if rule.pc is not None and probability is None and bound is not None and bound.value >= rule.pc:
            reasons.append(PcBoundReaches(level=rule.level, value=bound.value, limit=rule.pc, missing=bound.missing))
        if reasons:
            return Verdict(level=rule.level, reason=tuple(reasons))
    widest_km = max(rule.cad_km for rule in rules)
    above = CadAbove(value_km=distance_km, limit_km=widest_km, to_surface=to_surface)
    return Verdict(level=Level.GREEN, reason=(above,))


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
    cleared: LevelReason = OrbitsClear(value_km=oxd_km, to_surface=to_surface)
    for rule in _most_severe_first(rules):
        if rule.oxd_km is None or oxd_km >= rule.oxd_km:
            continue
        sigma_s = timing_sigma_s if rule.oxt_sigmas is not None else None
        if oxt_s is None or not _clears(rule, abs(oxt_s), sigma_s):
            near = OrbitsNear(
                level=rule.level, value_km=oxd_km, limit_km=rule.oxd_km, to_surface=to_surface,
                apart_s=None if oxt_s is None else abs(oxt_s), timing_sigma_s=sigma_s,
            )  # fmt: skip
            return Verdict(level=rule.level, reason=(near,))
        cleared = OrbitsClearInTime(value_km=oxd_km, to_surface=to_surface, apart_s=abs(oxt_s), timing_sigma_s=sigma_s)
    return Verdict(level=Level.GREEN, reason=(cleared,))


def _clears(rule: AlertRule, apart_s: float, timing_sigma_s: float | None) -> bool:
    """Whether two passages are too far apart in time for an encounter."""
    if timing_sigma_s is None or rule.oxt_sigmas is None:
        return apart_s > UNKNOWN_TIMING_S
    return timing_sigma_s <= 0 or apart_s / timing_sigma_s > rule.oxt_sigmas


def _most_severe_first(rules: Sequence[AlertRule]) -> list[AlertRule]:
    return sorted(rules, key=lambda rule: -SEVERITY[rule.level])
