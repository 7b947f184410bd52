"""The alert level of an approach or a crossing: which rule puts it there, and the condition that decides.

The rules are :mod:`nearpass.encounter.alert_rules`; here one encounter is judged by them and the reason is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from nearpass.astro.fields import Vector
from nearpass.encounter.alert_rules import SEVERITY, AlertRule, Figures, Met, conditions, holds
from nearpass.reasons.levels import (
    BoxCondition,
    BPlaneSigmasCondition,
    CadAbove,
    CadBelow,
    CadCondition,
    Condition,
    Level,
    LevelReason,
    LevelReasons,
    NoRule,
    OrbitsClear,
    OrbitsClearInTime,
    OrbitsNear,
    OxdCondition,
    OxtCondition,
    OxtSigmasCondition,
    PcBoundReaches,
    PcCondition,
    PcReaches,
    RtnSigmasCondition,
    RuleFails,
    RuleHolds,
    RuleUnjudged,
    StretchPcReaches,
    TimeCondition,
    UnknownCondition,
)

__all__ = [
    "SEVERITY", "UNKNOWN_TIMING_S", "AlertRule", "Level", "Passing", "PcBound", "Verdict", "assess", "assess_crossing",
    "figures_of",
]  # fmt: skip

UNKNOWN_TIMING_S: Final = 900.0
"""Timing error of a low orbiter after a safing, up to 15 minutes: the largest published for a working spacecraft (Mars
Odyssey, "Thirteen years of navigation")."""
DISTANCES: Final = frozenset({"cad_km", "box_rtn_km"})
_UNKNOWN: Final[Mapping[str, Literal["uncertainty", "probability", "time"]]] = MappingProxyType({
    "rtn_sigmas": "uncertainty", "b_plane_sigmas": "uncertainty", "pc": "probability", "tca_within_h": "time",
})  # fmt: skip


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """What rules ask of one approach; None is what is not known.

    ``distance_km`` is from centre to centre, or to the surface of a natural body (``to_surface``). ``beyond_rtn_km`` is
    the miss along the primary's R, T and N without its signs, less that body's radius, ``rtn_sigmas`` the same in
    combined sigmas. A ``bound`` counts where there is no probability. ``stretch_pc`` is what the probability is at most
    over the whole time in which the two fly together, and counts where it is more than that of this approach.
    """

    distance_km: float
    to_surface: bool
    beyond_rtn_km: Vector | None = None
    rtn_sigmas: Vector | None = None
    b_plane_sigmas: float | None = None
    pc: float | None = None
    bound: PcBound | None = None
    to_tca_h: float | None = None
    stretch_pc: float | None = None

    @property
    def counted_pc(self) -> float | None:
        """The probability that rules are asked with."""
        known = [value for value in (self.pc, self.stretch_pc) if value is not None]
        return max(known, default=None)

    @property
    def over_stretch(self) -> bool:
        """Whether that is one over the time in which the two fly together."""
        return self.stretch_pc is not None and self.counted_pc != self.pc


def figures_of(found: Sequence[Passing]) -> Figures:
    """The figures of N approaches, as rules are evaluated for many at once."""
    nothing = (None, None, None)
    return Figures(
        distance_km=np.array([one.distance_km for one in found], dtype=float),
        beyond_rtn_km=np.array([one.beyond_rtn_km or nothing for one in found], dtype=float).reshape(len(found), 3),
        rtn_sigmas=np.array([one.rtn_sigmas or nothing for one in found], dtype=float).reshape(len(found), 3),
        b_plane_sigmas=np.array([one.b_plane_sigmas for one in found], dtype=float),
        pc=np.array([one.counted_pc for one in found], dtype=float),
        bound=np.array([one.bound.value if one.bound is not None else None for one in found], dtype=float),
        to_tca_h=np.array([one.to_tca_h for one in found], dtype=float),
    )


def assess(found: Passing, rules: Sequence[AlertRule]) -> Verdict:
    """Level of a close approach, with every rule of that level that holds.

    More severe rules that the approach was near enough for are named with what kept them from holding.

    Args:
        found: The approach.
        rules: The rules that apply to its pair, in any order; those on crossings are passed over.
    """
    figures, own = figures_of([found]), [rule for rule in _most_severe_first(rules) if not rule.of_crossings]
    judged = [(rule, conditions(rule, figures)) for rule in own]
    holding = [(rule, met) for rule, met in judged if holds(rule, met).all()]
    level = holding[0][0].level if holding else Level.GREEN
    reasons = [_holds(rule, met, found) for rule, met in holding if rule.level is level]
    kept = [_fails(rule, met, found) for rule, met in judged if SEVERITY[rule.level] > SEVERITY[level]]
    reasons += [reason for reason in kept if reason is not None]
    widest_km = max((rule.cad_km for rule in own if rule.cad_km is not None), default=None)
    if level is Level.GREEN and widest_km is not None and found.distance_km >= widest_km:
        reasons.append(CadAbove(value_km=found.distance_km, limit_km=widest_km, to_surface=found.to_surface))
    if not reasons:
        reasons = [_farthest(judged, found)]
    return Verdict(level=level, reason=tuple(reasons))


def _holds(rule: AlertRule, met: Sequence[Met], found: Passing) -> LevelReason:
    """Why a rule holds: a threshold by its one figure, a named rule by all its conditions, the deciding one first."""
    if rule.name is not None:
        told = tuple(_condition(one, rule, found) for one in sorted(met, key=_share, reverse=True))
        return RuleHolds(level=rule.level, by=rule.name, conditions=told)
    (one,) = met
    value, level = float(one.value.item()), rule.level
    if one.key == "cad_km":
        return CadBelow(level=level, value_km=value, limit_km=one.limit, to_surface=found.to_surface)
    if found.over_stretch:
        return StretchPcReaches(level=level, value=value, limit=one.limit)
    if found.pc is None and found.bound is not None:
        return PcBoundReaches(level=level, value=value, limit=one.limit, missing=found.bound.missing)
    return PcReaches(level=level, value=value, limit=one.limit)


def _fails(rule: AlertRule, met: Sequence[Met], found: Passing) -> LevelReason | None:
    """Why a named rule does not hold for an approach that is near enough for it; None where distance settles it."""
    if rule.name is None:
        return None
    if rule.reach_km is None:
        unknown = any(one.key == "pc" and not one.known.all() for one in met)
        return RuleUnjudged(level=rule.level, by=rule.name) if unknown else None
    if not all(one.met.item() for one in met if one.key in DISTANCES):
        return None
    return _decided(rule, met, found)


def _farthest(judged: Sequence[tuple[AlertRule, Sequence[Met]]], found: Passing) -> LevelReason:
    """Of a green approach that no limit of distance alone settles: what keeps the least severe rule from holding."""
    if not judged:
        return NoRule()
    rule, met = judged[-1]
    against = any(one.known.item() and not one.met.item() for one in met)
    # A named rule that nothing is known against was told already, as one that could not be judged.
    return _decided(rule, met, found) if against else RuleUnjudged(level=rule.level, by="")


def _decided(rule: AlertRule, met: Sequence[Met], found: Passing) -> RuleFails:
    """That a rule does not hold, for the condition whose figure is farthest beyond its limit."""
    decides = max((one for one in met if one.known.item() and not one.met.item()), key=_share)
    return RuleFails(level=rule.level, by=rule.name or "", condition=_condition(decides, rule, found))


def _share(one: Met) -> float:
    """How near a condition is to its limit, or how far beyond; what is not known comes last."""
    return float(one.share.item()) if one.known.item() else -np.inf


def _condition(one: Met, rule: AlertRule, found: Passing) -> Condition:
    """A condition with its figure and its limit."""
    if not one.known.item():
        return UnknownCondition(figure=_UNKNOWN[one.key])
    value, limit = float(one.value.item()), one.limit
    if one.key == "box_rtn_km" and rule.box_rtn_km is not None:
        return BoxCondition(value_rtn_km=found.beyond_rtn_km, limit_rtn_km=rule.box_rtn_km)
    if one.key == "rtn_sigmas" and found.rtn_sigmas is not None:
        return RtnSigmasCondition(value_rtn=found.rtn_sigmas, limit=limit)
    if one.key == "pc":
        missing = found.bound.missing if found.counted_pc is None and found.bound is not None else None
        return PcCondition(value=value, limit=limit, missing=missing, over_stretch=found.over_stretch)
    plain: Mapping[str, Condition] = {
        "cad_km": CadCondition(value_km=value, limit_km=limit, to_surface=found.to_surface),
        "b_plane_sigmas": BPlaneSigmasCondition(value=value, limit=limit),
        "tca_within_h": TimeCondition(value_h=value, limit_h=limit),
    }
    return plain[one.key]


def assess_crossing(
    oxd_km: float,
    rules: Sequence[AlertRule],
    *,
    oxt_s: float | None,
    timing_sigma_s: float | None,
    to_surface: bool = False,
    to_tca_h: float | None = None,
) -> Verdict:
    """Level of an orbit crossing.

    Without a timing (an object whose position along its orbit is unknown) the distance between the orbits alone
    decides: what is not known cannot make it safe. With a timing but without its uncertainty, passages more than
    ``UNKNOWN_TIMING_S`` apart are clear of a rule that asks for sigmas.

    Args:
        oxd_km: Orbit-crossing distance; from the surface of a natural body.
        rules: The rules that apply to its pair, in any order; those on approaches are passed over.
        oxt_s: Orbit-crossing timing, None where it is not known.
        timing_sigma_s: One sigma of the difference of both timings, None where it is not known.
        to_surface: Whether the distance is to a body's surface; the reason says so.
        to_tca_h: Hours from the data cut-off to the first passage, None where neither is known.
    """
    apart_s = None if oxt_s is None else abs(oxt_s)
    level, reasons, kept = Level.GREEN, list[LevelReason](), list[RuleFails]()
    cleared: LevelReason = OrbitsClear(value_km=oxd_km, to_surface=to_surface)
    for rule in _most_severe_first(rules):
        if rule.oxd_km is None or oxd_km >= rule.oxd_km or SEVERITY[rule.level] < SEVERITY[level]:
            continue
        distance = OxdCondition(value_km=oxd_km, limit_km=rule.oxd_km, to_surface=to_surface)
        times = _times(rule, apart_s, timing_sigma_s, to_tca_h)
        against = [condition for condition, met in times if not met]
        sigma_s = timing_sigma_s if rule.oxt_sigmas is not None else None
        if against and rule.name is not None:
            kept.append(RuleFails(level=rule.level, by=rule.name, condition=against[0]))
        elif against and apart_s is not None:
            cleared = OrbitsClearInTime(value_km=oxd_km, to_surface=to_surface, apart_s=apart_s, timing_sigma_s=sigma_s)
        else:
            level = rule.level
            reasons.append(
                RuleHolds(level=level, by=rule.name, conditions=(distance, *(condition for condition, _ in times)))
                if rule.name is not None
                else OrbitsNear(
                    level=level, value_km=oxd_km, limit_km=rule.oxd_km, to_surface=to_surface, apart_s=apart_s,
                    timing_sigma_s=sigma_s,
                )
            )  # fmt: skip
    if level is Level.GREEN and (not kept or isinstance(cleared, OrbitsClearInTime)):
        reasons = [cleared]
    return Verdict(level=level, reason=(*reasons, *(one for one in kept if SEVERITY[one.level] > SEVERITY[level])))


def _times(
    rule: AlertRule, apart_s: float | None, timing_sigma_s: float | None, to_tca_h: float | None
) -> list[tuple[Condition, bool]]:
    """The conditions of a rule on the times of a crossing, each with whether it is met; what is not known is."""
    found: list[tuple[Condition, bool]] = []
    if apart_s is None and (rule.oxt_s is not None or rule.oxt_sigmas is not None):
        found.append((UnknownCondition(figure="timing"), True))
    elif apart_s is not None:
        if rule.oxt_s is not None:
            found.append((OxtCondition(value_s=apart_s, limit_s=rule.oxt_s), apart_s <= rule.oxt_s))
        if rule.oxt_sigmas is not None and timing_sigma_s is None:
            unsure = OxtCondition(value_s=apart_s, limit_s=UNKNOWN_TIMING_S)
            found.append((unsure, apart_s <= UNKNOWN_TIMING_S))
        elif rule.oxt_sigmas is not None and timing_sigma_s is not None:
            sigmas = OxtSigmasCondition(value_s=apart_s, timing_sigma_s=timing_sigma_s, limit=rule.oxt_sigmas)
            known = timing_sigma_s > 0
            met = apart_s / timing_sigma_s <= rule.oxt_sigmas if known else apart_s == 0.0
            found.append((sigmas, met))
    if rule.tca_within_h is not None:
        time = UnknownCondition(figure="time")
        found.append(
            (TimeCondition(value_h=to_tca_h, limit_h=rule.tca_within_h), to_tca_h <= rule.tca_within_h)
            if to_tca_h is not None
            else (time, True)
        )
    return found


def _most_severe_first(rules: Sequence[AlertRule]) -> list[AlertRule]:
    return sorted(rules, key=lambda rule: -SEVERITY[rule.level])
