"""The part of a stored record that tells of a catalogue: thousands of objects, of which most have nothing to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nearpass.astro.fields import EpochText, Span
from nearpass.encounter.alert import Level
from nearpass.reasons.motions import StepReason
from nearpass.record.input_record import InputRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepObject:
    """An object that is a primary or comes near another.

    ``group`` is its operator or constellation, as far as its name tells; ``catalogued`` is False for one that the
    configuration has by itself. ``file`` is where the element set in use stands, None for one by itself or not known.
    """

    id: str
    name: str
    group: str
    catalogued: bool
    file: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproachRecord:
    """One approach below the limit.

    ``event_id`` names its event where there is one: the red and yellow approaches, and the nearest. A pair that moves
    together has one for each stretch of time below the limit, ``together``, with time and distance of its lowest
    minimum.
    """

    event_id: str | None
    primary: str
    secondary: str
    tca: EpochText
    miss_km: float
    relative_speed_km_s: float
    level: Level
    at_boundary: bool
    together: Span | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncovered:
    """An object without a state for part of the window, as after its decay, and for how long."""

    id: str
    uncovered_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepStep:
    """What became of pairs on steps of time; ``count`` of those that left here."""

    name: str
    count: int
    meaning: StepReason


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRecord:
    """The screening of a catalogue, and of the configured objects against it.

    ``mode`` is "all" for every pair, "primaries" where one of each pair must be one of ``primaries``. ``faults`` are
    the first of the sets that could not be used, ``fault_count`` is the number of all. ``catalogued_count`` and all
    that is said of coverage and age is of catalogued objects. ``largest_error_km`` is the largest distance found
    between the motion and the interpolants that listed approaches rest on. ``objects`` are primaries and those with an
    approach, ``approaches`` in order of TCA. An edition that withholds an object has no ``steps``; one that withholds a
    file has no object of it, and nothing that is said of all files together.
    """

    mode: Literal["all", "primaries"]
    primaries: tuple[str, ...]
    inputs: tuple[InputRecord, ...]
    faults: tuple[str, ...]
    fault_count: int
    catalogued_count: int
    oldest: EpochText | None
    newest: EpochText | None
    uncovered: tuple[Uncovered, ...]
    uncovered_count: int
    largest_error_km: float
    comoving_km_s: float
    steps: tuple[SweepStep, ...]
    objects: tuple[SweepObject, ...]
    approaches: tuple[ApproachRecord, ...]
