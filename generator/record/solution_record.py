"""The parts of a stored record that tell of an object's other solutions: alternatives and planned manoeuvres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from nearpass.astro.fields import EpochText, Span, Vector
from nearpass.encounter.alert import Level
from nearpass.reasons.changes import SolutionReason
from nearpass.reasons.coverage import CoverageReasons
from nearpass.reasons.levels import LevelReasons
from nearpass.record.input_record import InputRecord
from nearpass.record.releasing import Open, Release, Sigma

Role = Literal["alternative", "planned"]
Effect = Literal["appears", "vanishes", "worse", "better", "same", "uncovered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceRecord:
    """Solution minus nominal in the nominal one's RTN axes, where both cover the window, sampled every ``sample_s``.

    ``least_rtn_km`` and ``most_rtn_km`` hold the smallest and the largest value of each component in equal bins of
    ``step_s`` from ``start``, None where a bin holds no sample of both. ``largest_rtn_km`` is, for each component, the
    value that is largest in size, with its sign, at ``largest_rtn_at``; ``largest_km`` is the largest distance, at
    ``largest_at``. ``largest_timing_s`` is how late the solution passes where that is largest in size: the
    transverse difference over the speed, with the other sign.
    """

    start: Open[EpochText]
    step_s: Open[float]
    sample_s: Open[float]
    least_rtn_km: Open[tuple[Vector | None, ...]]
    most_rtn_km: Open[tuple[Vector | None, ...]]
    largest_rtn_km: Open[Vector]
    largest_rtn_at: Open[tuple[EpochText, EpochText, EpochText]]
    largest_km: Open[float]
    largest_at: Open[EpochText]
    largest_timing_s: Open[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionPair:
    """What was screened of a solution against one other object's nominal trajectory; as in a pair's own record."""

    other: Open[str]
    unscreened: Open[CoverageReasons | None]
    covered_s: Open[float]
    uncovered_s: Open[float]
    proven_no_closer_than_km: Open[float | None]
    proof: Open[Literal["proven", "verified"] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionEvent:
    """A close approach by this solution, or one of the nominal solution that it does not have.

    ``event_id`` names the nominal event that it is, None where the approach only appears here. ``effect`` compares it
    with that event and ``compared`` says how. Where the event vanishes, or the solution does not cover its time, TCA
    and all that follows from it are None, and ``level`` is green for one that vanishes and None for one not covered.
    Vectors as in events.
    """

    effect: Open[Effect]
    compared: Annotated[SolutionReason, Release.FIGURES]
    event_id: Open[str | None]
    primary: Open[str]
    secondary: Open[str]
    tca: Open[EpochText | None]
    miss_km: Open[float | None]
    surface_km: Open[float | None]
    relative_speed_km_s: Open[float | None]
    miss_rtn_km: Open[Vector | None]
    miss_sigma_km: Sigma[float | None]
    at_boundary: Open[bool | None]
    pc: Sigma[float | None]
    method: Sigma[str | None]
    level: Open[Level | None]
    reason: Annotated[LevelReasons | None, Release.FIGURES]


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionRecord:
    """Another solution of an object, screened against the others' nominal trajectories and compared with its own.

    ``inputs`` lists the delivery in use first, then those refused; there is no record where nothing was delivered.
    ``unscreened`` says why there is neither a comparison nor a screening; then
    ``difference`` is None and ``pairs`` and ``events`` are empty. ``events`` are by time.
    """

    object_id: Open[str]
    name: Open[str]
    role: Open[Role]
    note: Open[str | None]
    inputs: Open[tuple[InputRecord, ...]]
    coverage: Open[tuple[Span, ...]]
    unscreened: Open[CoverageReasons | None]
    difference: Open[DifferenceRecord | None]
    pairs: Open[tuple[SolutionPair, ...]]
    events: Open[tuple[SolutionEvent, ...]]
