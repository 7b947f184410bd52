"""The part of a stored record that tells of a catalogue: thousands of objects, of which most have nothing to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nearpass.astro.fields import EpochText, Span
from nearpass.encounter.alert import Level
from nearpass.reasons.motions import StepReason
from nearpass.record.input_record import InputRecord
from nearpass.record.releasing import Open


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepObject:
    """An object that is a primary or comes near another.

    ``group`` is its operator or constellation, as far as its name tells; ``catalogued`` is False for one that the
    configuration has by itself. ``file`` is where the element set in use stands, None for one by itself or not known.
    """

    id: Open[str]
    name: Open[str]
    group: Open[str]
    catalogued: Open[bool]
    file: Open[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproachRecord:
    """One approach below the limit.

    ``event_id`` names its event where there is one: the red and yellow approaches, and the nearest. A pair that moves
    together has one for each stretch of time below the limit, ``together``, with time and distance of its lowest
    minimum.
    """

    event_id: Open[str | None]
    primary: Open[str]
    secondary: Open[str]
    tca: Open[EpochText]
    miss_km: Open[float]
    relative_speed_km_s: Open[float]
    level: Open[Level]
    at_boundary: Open[bool]
    together: Open[Span | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncovered:
    """An object without a state for part of the window, as after its decay, and for how long."""

    id: Open[str]
    uncovered_s: Open[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepStep:
    """What became of pairs on steps of time; ``count`` of those that left here."""

    name: Open[str]
    count: Open[int]
    meaning: Open[StepReason]


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

    mode: Open[Literal["all", "primaries"]]
    primaries: Open[tuple[str, ...]]
    inputs: Open[tuple[InputRecord, ...]]
    faults: Open[tuple[str, ...]]
    fault_count: Open[int]
    catalogued_count: Open[int]
    oldest: Open[EpochText | None]
    newest: Open[EpochText | None]
    uncovered: Open[tuple[Uncovered, ...]]
    uncovered_count: Open[int]
    largest_error_km: Open[float]
    comoving_km_s: Open[float]
    steps: Open[tuple[SweepStep, ...]]
    objects: Open[tuple[SweepObject, ...]]
    approaches: Open[tuple[ApproachRecord, ...]]
