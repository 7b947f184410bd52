"""Alert levels, and why an approach or a crossing has the level that it has."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Discriminator

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


LevelReason = Annotated[
    CadBelow
    | CadAbove
    | PcReaches
    | PcBoundReaches
    | OrbitsNear
    | OrbitsClearInTime
    | OrbitsClear
    | KeptByDoubt
    | Withheld
    | Prose,
    Discriminator("rule"),
]
LevelReasons = tuple[LevelReason, ...]
"""What together gives a level: one reason, or the distance and the probability where both reach it."""
