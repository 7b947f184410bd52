"""How an event differs from the previous cycle, and an approach by another solution from the nominal one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Discriminator

from nearpass.reasons.coverage import CoverageReasons
from nearpass.reasons.general import Prose, Withheld
from nearpass.reasons.levels import Level

ChangeKind = Literal["new", "worse", "better", "passed", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChanged:
    """The list of events changed by what was screened or told, not by the motion.

    ``told_now`` and ``told_no_longer``: the catalogue's list has the approach in both cycles, its page in one of them.
    """

    rule: Literal[
        "told_now",
        "told_no_longer",
        "window_reaches",
        "window_ends_before",
        "pair_is_new",
        "pair_left",
        "passed",
        "flies_together",
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitPassed:
    """By the newer deliveries the pair comes below the listing limit or stays above it, or stayed above it before."""

    limit_km: float
    rule: Literal[
        "came_below", "came_back_below", "stays_above", "newer_elements_stay_above", "older_elements_stayed_above"
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissMoved:
    """The miss distance changed; ``previous_sigma_km`` is the sigma that the previous cycle gave, if it gave one."""

    previous_km: float
    value_km: float
    previous_sigma_km: float | None
    rule: Literal["miss_moved"] = "miss_moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotScreened:
    """The pair is no longer screened, or no longer covered at that time; ``because`` says why."""

    because: CoverageReasons
    rule: Literal["pair_unscreened", "time_uncovered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubted:
    """The event left the list, or its level would have fallen, by doubtful deliveries alone.

    ``kept``: it was red or yellow, and keeps that until the next delivery confirms. ``value_km`` is the
    distance by them, None where it is not known; ``sigmas`` how far they are from those before.
    """

    object_ids: tuple[str, ...]
    sigmas: float
    previous_km: float
    value_km: float | None
    kept: bool
    rule: Literal["gone_by_doubtful", "better_by_doubtful"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InGeneral:
    """The kind of the change alone: what an edition gives where it withholds the figures."""

    kind: ChangeKind
    rule: Literal["in_general"] = "in_general"


ChangeReason = Annotated[
    ListChanged | LimitPassed | MissMoved | NotScreened | Doubted | InGeneral | Prose, Discriminator("rule")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionMoves:
    """Miss distance and TCA by the nominal solution and by the other one.

    ``tca_shift_s`` is the other's minus the nominal one's; both levels are None where they are the same.
    """

    nominal_km: float
    value_km: float
    tca_shift_s: float
    nominal_level: Level | None
    level: Level | None
    rule: Literal["solution_moves"] = "solution_moves"


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionAbove:
    """By the nominal solutions, or by the other one, the pair stays above the listing limit then."""

    limit_km: float
    rule: Literal["nominal_stays_above", "solution_stays_above"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionUncovered:
    """The other solution has no state at that time."""

    rule: Literal["solution_uncovered"] = "solution_uncovered"


SolutionReason = Annotated[SolutionMoves | SolutionAbove | SolutionUncovered | Withheld | Prose, Discriminator("rule")]
