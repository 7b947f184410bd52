"""Alert levels, and why an approach or a crossing has the level that it has.

The thresholds of ``[alert.red]`` and ``[alert.yellow]`` have reasons of their own. A rule of ``[[alert.rule]]`` gives
one reason with its name and its conditions, of which the deciding one is the first: that whose figure is the largest
share of its limit, or lies farthest beyond it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Discriminator

from nearpass.astro.fields import Vector
from nearpass.reasons.general import Prose, Withheld


class Level(StrEnum):
    """How much attention an approach needs; red asks for a decision, yellow for watching."""

    RED = "red"
    YELLOW = "yellow"
    GREEN = "green"


@dataclass(frozen=True, slots=True, kw_only=True)
class CadBelow:
    """The close-approach distance is below the threshold of a level; ``to_surface``: of a natural body."""

    level: Level
    value_km: float
    limit_km: float
    to_surface: bool
    rule: Literal["cad_below"] = "cad_below"


@dataclass(frozen=True, slots=True, kw_only=True)
class CadAbove:
    """The close-approach distance is not below the widest threshold, so that the approach is green."""

    value_km: float
    limit_km: float
    to_surface: bool
    rule: Literal["cad_above"] = "cad_above"


@dataclass(frozen=True, slots=True, kw_only=True)
class PcReaches:
    """The probability of collision is at or above the threshold of a level."""

    level: Level
    value: float
    limit: float
    rule: Literal["pc_reaches"] = "pc_reaches"


@dataclass(frozen=True, slots=True, kw_only=True)
class PcBoundReaches:
    """What the probability can be at most, whatever the ``missing`` covariance is, reaches the threshold of a level."""

    level: Level
    value: float
    limit: float
    missing: Literal["primary", "secondary"]
    rule: Literal["pc_bound_reaches"] = "pc_bound_reaches"


@dataclass(frozen=True, slots=True, kw_only=True)
class StretchPcReaches:
    """What the probability is at most over the time in which the two fly together reaches the threshold of a level."""

    level: Level
    value: float
    limit: float
    rule: Literal["stretch_pc_reaches"] = "stretch_pc_reaches"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrbitsNear:
    """The orbits pass each other below the threshold of a level, and the timing does not clear them.

    ``apart_s`` is the time between the passages, None where it is not known; ``timing_sigma_s`` one sigma of it, None
    where that is not known or not used.
    """

    level: Level
    value_km: float
    limit_km: float
    to_surface: bool
    apart_s: float | None
    timing_sigma_s: float | None
    rule: Literal["oxd_below"] = "oxd_below"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrbitsClearInTime:
    """The orbits pass each other below a threshold, but the passages are far enough apart in time."""

    value_km: float
    to_surface: bool
    apart_s: float
    timing_sigma_s: float | None
    rule: Literal["oxt_clears"] = "oxt_clears"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrbitsClear:
    """The orbits pass each other above every threshold."""

    value_km: float
    to_surface: bool
    rule: Literal["oxd_above"] = "oxd_above"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptByDoubt:
    """The level is that of the cycle before: what would lower it came with doubtful deliveries of these objects.

    ``value_km`` is the distance by them, None where it is not known; ``sigmas`` how far they are from those before.
    """

    level: Level
    object_ids: tuple[str, ...]
    sigmas: float
    value_km: float | None
    gone: bool
    rule: Literal["kept_by_doubt"] = "kept_by_doubt"


@dataclass(frozen=True, slots=True, kw_only=True)
class CadCondition:
    """The close-approach distance beside the limit that it must be below; ``to_surface``: of a natural body."""

    value_km: float
    limit_km: float
    to_surface: bool
    rule: Literal["cad_condition"] = "cad_condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxCondition:
    """The miss in R, T and N without its signs, from the surface of a natural body, beside the box it must lie in.

    ``value_rtn_km`` is None where only the distance is known, which then must be below that of the box's corners.
    """

    value_rtn_km: Vector | None
    limit_rtn_km: Vector
    rule: Literal["box_condition"] = "box_condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class RtnSigmasCondition:
    """The miss along R, T and N in the combined sigmas of each, beside how many none of them may exceed."""

    value_rtn: Vector
    limit: float
    rule: Literal["rtn_sigmas_condition"] = "rtn_sigmas_condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class BPlaneSigmasCondition:
    """The distance from a hit in sigmas of the B-plane, beside how many it may not exceed."""

    value: float
    limit: float
    rule: Literal["b_plane_sigmas_condition"] = "b_plane_sigmas_condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class PcCondition:
    """The probability of collision beside what it must reach; a bound of it where a covariance is ``missing``.

    ``over_stretch``: it is what the probability is at most over the time in which the two fly together.
    """

    value: float
    limit: float
    missing: Literal["primary", "secondary"] | None
    over_stretch: bool = False
    rule: Literal["pc_condition"] = "pc_condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class OxdCondition:
    """The orbit-crossing distance beside the limit that it must be below; ``to_surface``: of a natural body."""

    value_km: float
    limit_km: float
    to_surface: bool
    rule: Literal["oxd_condition"] = "oxd_condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class OxtCondition:
    """The time between both passages beside how much it may be."""

    value_s: float
    limit_s: float
    rule: Literal["oxt_condition"] = "oxt_condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class OxtSigmasCondition:
    """The time between both passages, and how many timing sigmas it may be."""

    value_s: float
    timing_sigma_s: float
    limit: float
    rule: Literal["oxt_sigmas_condition"] = "oxt_sigmas_condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeCondition:
    """The time from the data cut-off to the approach beside how much it may be."""

    value_h: float
    limit_h: float
    rule: Literal["time_condition"] = "time_condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownCondition:
    """A figure that a condition asks for is not known, so that the condition counts as met.

    ``figure`` is the uncertainty of the miss, the probability of collision, the timing of a crossing, or the time of
    its passages.
    """

    figure: Literal["uncertainty", "probability", "timing", "time"]
    rule: Literal["unknown_condition"] = "unknown_condition"


Condition = Annotated[
    CadCondition
    | BoxCondition
    | RtnSigmasCondition
    | BPlaneSigmasCondition
    | PcCondition
    | OxdCondition
    | OxtCondition
    | OxtSigmasCondition
    | TimeCondition
    | UnknownCondition,
    Discriminator("rule"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleHolds:
    """A rule of the configuration, ``by`` its name, holds: all its conditions are met, the deciding one first.

    ``by`` is empty where an edition may not tell the name.
    """

    level: Level
    by: str
    conditions: tuple[Condition, ...]
    rule: Literal["rule_holds"] = "rule_holds"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFails:
    """A more severe rule does not hold although the approach is near enough for it, for the condition that decides."""

    level: Level
    by: str
    condition: Condition
    rule: Literal["rule_fails"] = "rule_fails"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleUnjudged:
    """A more severe rule could not be judged: it rests on a probability alone, of which not even a bound is known."""

    level: Level
    by: str
    rule: Literal["rule_unjudged"] = "rule_unjudged"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRule:
    """No rule of the configuration applies to this pair, so that nothing could make it more than green."""

    rule: Literal["no_rule"] = "no_rule"


LevelReason = Annotated[
    CadBelow
    | CadAbove
    | PcReaches
    | PcBoundReaches
    | StretchPcReaches
    | OrbitsNear
    | OrbitsClearInTime
    | OrbitsClear
    | KeptByDoubt
    | RuleHolds
    | RuleFails
    | RuleUnjudged
    | NoRule
    | Withheld
    | Prose,
    Discriminator("rule"),
]
LevelReasons = tuple[LevelReason, ...]
"""What together gives a level: each rule of it that holds, then the more severe ones that came near to it."""
