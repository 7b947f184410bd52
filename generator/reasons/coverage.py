"""Why a pair or a solution was not screened, wholly or for part of the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Discriminator

from nearpass.astro.fields import EpochText
from nearpass.reasons.general import Prose, Withheld


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseUnknown:
    """Where the object is on its orbit is not known, so that only crossings of orbits mean anything.

    ``object_id`` is None where it is clear from the place of the reason.
    """

    object_id: str | None
    rule: Literal["phase_unknown"] = "phase_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotDelivered:
    """The object has no ephemeris that could be used."""

    object_id: str
    rule: Literal["no_usable_ephemeris"] = "no_usable_ephemeris"


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeEnded:
    """The object's life ended before the window, as its last delivery shows or is declared, or begins after it."""

    object_id: str
    at: EpochText
    how: Literal["on the surface", "descending", "in flight", "declared", "not begun"]
    rule: Literal["life_ended"] = "life_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoState:
    """The object's ephemeris gives no state then; ``ended`` is how it ended before, None where it ended in flight."""

    object_id: str
    ended: Literal["on the surface", "descending"] | None
    rule: Literal["uncovered"] = "uncovered"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOverlap:
    """No time is covered by both ephemerides: in the whole window, or then; or nothing of a solution could be used.

    ``not_computed`` says that the screening itself failed; the record's ``losses`` say why.
    """

    rule: Literal["no_overlap_in_window", "no_overlap", "solution_unusable", "not_computed"]


CoverageReason = Annotated[
    PhaseUnknown | NotDelivered | LifeEnded | NoState | NoOverlap | Withheld | Prose, Discriminator("rule")
]
CoverageReasons = tuple[CoverageReason, ...]
"""One reason an object, in the order of the pair."""
