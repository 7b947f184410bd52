"""What two trajectories say of one approach: states, covariances, distance, probability and level.

Events and the approaches of other solutions are both made from this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.epochs import Epoch
from nearpass.cycle.probability import probability
from nearpass.encounter.alert import AlertRule, PcBound, Verdict, assess
from nearpass.encounter.geometry import Encounter
from nearpass.encounter.pc_encounter import PcInput
from nearpass.encounter.uncertainty import Basis, state_at
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.reasons.probabilities import GrowthUnknown, NoValue
from nearpass.record.record import MethodRecord, ObjectRecord, ProbabilityRecord
from nearpass.record.source import Source
from nearpass.screening.screen import Approach

FloatArray = NDArray[np.float64]
Both = tuple[Trajectory, Trajectory]

BY_DECLARED: Final = "by the declared model"
"""Ends the name of a method whose sigmas are declared, in the record of an event whose own are learned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedApproach:
    """An approach under the names, in the order of objects and at the time that events use."""

    primary: str
    secondary: str
    tca: Epoch
    approach: Approach


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assessed:
    """An approach judged.

    ``surface_km`` is the distance to the surface of a natural body, None between spacecraft; ``radius_km`` the sum of
    the bodies' radii, 0 between spacecraft. ``given`` holds the encounter and the sum of all sizes.
    """

    given: PcInput
    surface_km: float | None
    radius_km: float
    risk: ProbabilityRecord
    verdict: Verdict

    @property
    def encounter(self) -> Encounter:
        """Both states with their covariances."""
        return self.given.encounter

    @property
    def miss_sigma_km(self) -> float | None:
        """One sigma of the combined position error along the direction of the miss."""
        combined_km2 = self.encounter.combined_km2
        if combined_km2 is None or self.encounter.miss_km == 0.0:
            return None
        direction = self.encounter.miss_vector_km / self.encounter.miss_km
        return float(np.sqrt(direction @ combined_km2 @ direction))

    @property
    def miss_sigma_rtn_km(self) -> FloatArray | None:
        """One sigma of the combined position error along each axis of the primary, ``(3,)``."""
        combined_km2, to_rtn = self.encounter.combined_km2, self.encounter.to_rtn
        return None if combined_km2 is None else np.asarray(np.sqrt(np.diag(to_rtn @ combined_km2 @ to_rtn.T)))


def assess_approach(
    objects: tuple[ObjectRecord, ObjectRecord],
    trajectories: Both,
    sources: tuple[Source, Source],
    offset_s: float,
    rules: Sequence[AlertRule],
) -> Assessed:
    """Judge one approach.

    Args:
        objects: Primary and secondary.
        trajectories: Their trajectories, of one epoch.
        sources: What both rest on.
        offset_s: TCA from the trajectories' epoch.
        rules: Alert rules.
    """
    encounter = encounter_at(trajectories, offset_s, sources)
    radius_km = sum(item.radius_km or 0.0 for item in objects)
    natural = any(item.kind == "natural" for item in objects)
    surface_km = encounter.miss_km - radius_km if natural else None
    hbr_km = sum(item.radius_km or (item.hbr_m or 0.0) / 1000.0 for item in objects)
    given = PcInput(encounter=encounter, hbr_km=hbr_km)
    risk = _with_ages(probability(given), objects, encounter, sources)
    if any(state.covariance is not None and state.covariance.basis is Basis.LEARNED for state in encounter.states):
        plain = encounter_at(trajectories, offset_s, (_declared(sources[0]), _declared(sources[1])))
        beside = probability(PcInput(encounter=plain, hbr_km=hbr_km))
        risk = replace(risk, methods=(*risk.methods, _by_declared(beside)))
    nearness_km = encounter.miss_km if surface_km is None else surface_km
    return Assessed(
        given=given,
        surface_km=surface_km,
        radius_km=radius_km,
        risk=risk,
        verdict=assess(
            nearness_km, rules, to_surface=natural, probability=risk.pc, bound=None if natural else _bound(risk)
        ),
    )


def _declared(source: Source) -> Source:
    """The same with the declared model where a learned one is used."""
    is_learned = source.declared is not None and source.declared.basis is Basis.LEARNED
    return replace(source, declared=source.superseded, superseded=None) if is_learned else source


def _by_declared(risk: ProbabilityRecord) -> MethodRecord:
    """What the declared models would give, beside what learned ones do."""
    if risk.pc is not None:
        return MethodRecord(name=f"{risk.method} {BY_DECLARED}", pc=risk.pc, reason=None)
    return MethodRecord(name=BY_DECLARED, pc=None, reason=NoValue(rule="no_covariance"))


def _with_ages(
    risk: ProbabilityRecord,
    objects: Sequence[ObjectRecord],
    encounter: Encounter,
    sources: Sequence[Source],
) -> ProbabilityRecord:
    """That a probability is missing because a declared error grows with an age that nobody knows."""
    ageless = tuple(
        GrowthUnknown(object_id=item.id)
        for item, state, source in zip(objects, encounter.states, sources, strict=True)
        if state.covariance is None and source.growth_unknown
    )
    if risk.pc is not None or not ageless:
        return risk
    return replace(risk, why=(*risk.why, *ageless))


def _bound(risk: ProbabilityRecord) -> PcBound | None:
    """The bound that a level may rest on where one covariance is missing.

    None where both are: the covariance behind that maximum is only one of many. Nor for a moon, whose place is known to
    a small part of its radius, whether or not a covariance of it was delivered.
    """
    if risk.max_pc is None or risk.max_pc_missing is None or risk.max_pc_missing == "both":
        return None
    return PcBound(value=risk.max_pc, missing=risk.max_pc_missing)


def encounter_at(trajectories: Both, offset_s: float, sources: tuple[Source, Source]) -> Encounter:
    """Both states at an offset from the trajectories' epoch, with what is known of their errors."""
    first, second = (
        state_at(trajectory, offset_s, declared=source.declared, created_s=source.created_s)
        for trajectory, source in zip(trajectories, sources, strict=True)
    )
    return Encounter(primary=first, secondary=second)
