"""What is known of the probability of collision of one encounter, and the names of the methods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from nearpass.encounter.geometry import Encounter
from nearpass.encounter.pc3d import Expected
from nearpass.encounter.pc_monte_carlo import FirstEntries, MonteCarlo
from nearpass.encounter.pc_validity import ShortEncounter, Usage
from nearpass.reasons.probabilities import MethodReason, PcReasons

FOSTER: Final = "FOSTER-1992"  # the first two as in the CCSDS register of CDM methods (SANA)
PATERA: Final = "PATERA-2001"
NC_2D: Final = "HALL-2021-2D-NC"  # not in the register
NC_3D: Final = "HALL-2021-3D-NC"
MONTE_CARLO: Final = "MONTE-CARLO"

Missing = Literal["primary", "secondary", "both"]
"""Whose covariance is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodValue:
    """What one method gives: a value, or None and the reason."""

    value: float | None
    reason: MethodReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProbabilityResult:
    """Probability of collision, the method and the reason for it, and what every method gives.

    Absent values are None: ``pc`` where no valid method can answer (``why`` then says so), ``mahalanobis``, ``usage``
    and ``in_dilution`` without covariances, ``short_encounter`` without relative motion. ``tca`` is the encounter
    at the true TCA. ``span_s`` is the time in which a collision was counted, seconds from the nominal TCA. ``missing``
    names whose covariance is not known: where that is one object's, ``max_pc`` is the largest value over every
    covariance that it may have.
    """

    pc: float | None
    method: str | None
    why: PcReasons
    methods: Mapping[str, MethodValue]
    tca: Encounter
    relative_speed_km_s: float
    mahalanobis: float | None
    covariance_clipped: bool
    short_encounter: ShortEncounter | None
    usage: Usage | None
    expected: Expected | None
    first_entries: FirstEntries | None
    monte_carlo: MonteCarlo | None
    span_s: tuple[float, float] | None
    missing: Missing | None
    max_pc: float | None
    max_pc_sigma_factor: float | None
    in_dilution: bool | None
