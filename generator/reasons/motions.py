"""How a motion came about that was not delivered, and by which steps pairs left the screening."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Discriminator

from nearpass.astro.fields import EpochText
from nearpass.reasons.general import Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class ByTheory:
    """The motion is of an analytic theory; ``error_km`` is how far off it may be by the end of the window."""

    theory: str
    error_km: float
    rule: Literal["analytic_theory"] = "analytic_theory"


@dataclass(frozen=True, slots=True, kw_only=True)
class ByLastOrbit:
    """The last orbit of an ephemeris that ends at ``end`` was carried on for ``days`` by secular J2 drift.

    By the end of the window its plane may be off by ``plane_deg``, which is ``across_km`` at most, and its height by
    ``height_km``, without drag and manoeuvres.
    """

    end: EpochText
    days: float
    plane_deg: float
    across_km: float
    height_km: float
    rule: Literal["secular_j2"] = "secular_j2"


@dataclass(frozen=True, slots=True, kw_only=True)
class ByOneState:
    """One delivered state of ``epoch`` was carried on for ``days`` by gravity and J2, with ``burns`` at once.

    ``error_km`` is how far off it may be along the track by then, from the size of the forces that are left out.
    """

    epoch: EpochText
    days: float
    burns: int
    error_km: float
    rule: Literal["propagated_state"] = "propagated_state"


MotionReason = Annotated[ByTheory | ByLastOrbit | ByOneState | Prose, Discriminator("rule")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approximate:
    """The motion of one object of a pair was not delivered and may be off by ``error_km``."""

    object_id: str
    error_km: float
    rule: Literal["by_theory", "by_last_orbit", "by_one_state"]


ApproximateReasons = tuple[Annotated[Approximate | Prose, Discriminator("rule")], ...]
"""One reason for each object of the pair whose motion was not delivered; empty where both were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where an interval, a minimum, or a pair on a step of time (of a sweep) left the screening."""

    rule: Literal[
        "interval_apart", "interval_apart_when_divided", "interval_without_minimum", "interval_with_minimum",
        "minimum_listed", "minimum_beyond_limit", "minimum_merged", "minimum_together", "sweep_apart",
        "sweep_apart_by_motion", "sweep_searched",
    ]  # fmt: skip


StepReason = Annotated[Step | Prose, Discriminator("rule")]
