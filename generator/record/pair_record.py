"""What a record tells of one pair: what of the window was covered, what is proven, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nearpass.astro.fields import EpochText, Series
from nearpass.reasons.coverage import CoverageReasons
from nearpass.reasons.probabilities import TogetherReason
from nearpass.record.event_record import Shown
from nearpass.record.releasing import Open, Sigmas
from nearpass.record.stretch_record import StretchRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class UncoveredSpan:
    """Part of the window in which a pair was not screened, and why."""

    start: Open[EpochText]
    stop: Open[EpochText]
    reason: Open[CoverageReasons]


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestRecord:
    """The smallest distance of a pair over its covered part of the window, listed or not."""

    tca: Open[EpochText]
    miss_km: Open[float]
    at_boundary: Open[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeProfile:
    """Distance of a pair over the window in bins of ``step_s``: smallest and largest in each, None if uncovered."""

    start: Open[EpochText]
    step_s: Open[float]
    least_km: Open[Series]
    most_km: Open[Series]


@dataclass(frozen=True, slots=True, kw_only=True)
class TogetherRecord:
    """Probability that any of several approaches of a pair is a collision.

    ``pc`` is known where the approaches of a slow pair are connected, else None; it lies between ``least_pc``, the
    largest of the single ones, and ``most_pc``, their sum. ``why`` says how it was found, or why there are only bounds.
    """

    event_ids: Open[tuple[str, ...]]
    pc: Open[float | None]
    least_pc: Open[float]
    most_pc: Open[float]
    why: Open[TogetherReason]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRecord:
    """One pair: what was covered, what is proven, and what was found.

    ``unscreened`` says why the pair was not screened at all. ``proven_no_closer_than_km`` holds over the covered
    time; ``proof`` is "proven" where both ephemerides are piecewise polynomials, "verified" where an error was sampled.
    ``together`` combines several approaches: each chain of a slow pair, then all of them. ``stretches`` are the times
    in which the two fly together, whose approaches are told as one.
    """

    primary: Open[str]
    secondary: Open[str]
    unscreened: Open[CoverageReasons | None]
    covered_s: Open[float]
    uncovered_s: Open[float]
    uncovered: Open[tuple[UncoveredSpan, ...]]
    proven_no_closer_than_km: Open[float | None]
    proof: Open[Literal["proven", "verified"] | None]
    nearest: Open[NearestRecord | None]
    profile: Open[RangeProfile | None]
    event_ids: Open[tuple[str, ...]]
    together: Sigmas[tuple[TogetherRecord, ...]]
    stretches: Open[tuple[StretchRecord, ...]] = ()
    shown: Open[Shown] = "full"
