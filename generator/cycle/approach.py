"""What two trajectories say of one approach: states, covariances, distance, probability and level.

Events and the approaches of other solutions are both made from this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.bodies import Body
from nearpass.astro.epochs import Epoch
from nearpass.cycle.probability import encounter_input, probability
from nearpass.encounter.alert import AlertRule, PcBound, Verdict, assess
from nearpass.encounter.geometry import Encounter
from nearpass.encounter.pc_encounter import EncounterInput
from nearpass.encounter.uncertainty import Basis, Covariance, state_covariance
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
    """An approach judged. ``combined_km2`` ``(3, 3)`` is the sum of both position covariances, None unless both exist.

    ``surface_km`` is the distance to the surface of a natural body, None between spacecraft; ``radius_km`` the sum of
    the bodies' radii, 0 between spacecraft; ``hbr_km`` that of all sizes.
    """

    encounter: Encounter
    covariances: tuple[Covariance | None, Covariance | None]
    combined_km2: FloatArray | None
    surface_km: float | None
    radius_km: float
    hbr_km: float
    given: EncounterInput
    risk: ProbabilityRecord
    verdict: Verdict

    @property
    def miss_sigma_km(self) -> float | None:
        """One sigma of the combined position error along the direction of the miss."""
        if self.combined_km2 is None or self.encounter.miss_km == 0.0:
            return None
        direction = self.encounter.miss_vector_km / self.encounter.miss_km
        return float(np.sqrt(direction @ self.combined_km2 @ direction))

    @property
    def miss_sigma_rtn_km(self) -> FloatArray | None:
        """One sigma of the combined position error along each axis of the primary, ``(3,)``."""
        if self.combined_km2 is None:
            return None
        to_rtn = self.encounter.to_rtn
        return np.asarray(np.sqrt(np.diag(to_rtn @ self.combined_km2 @ to_rtn.T)))


def assess_approach(
    objects: tuple[ObjectRecord, ObjectRecord],
    trajectories: Both,
    sources: tuple[Source, Source],
    offset_s: float,
    body: Body,
    rules: Sequence[AlertRule],
) -> Assessed:
    """Judge one approach.

    Args:
        objects: Primary and secondary.
        trajectories: Their trajectories, of one epoch.
        sources: What both rest on.
        offset_s: TCA from the trajectories' epoch.
        body: The body that the cycle screens around.
        rules: Alert rules.
    """
    encounter = _encounter(trajectories, offset_s)
    covariances = _covariances(encounter, trajectories, offset_s, sources, body)
    first, second = covariances
    radius_km = sum(item.radius_km or 0.0 for item in objects)
    natural = any(item.kind == "natural" for item in objects)
    surface_km = encounter.miss_km - radius_km if natural else None
    hbr_km = sum(item.radius_km or (item.hbr_m or 0.0) / 1000.0 for item in objects)
    given = encounter_input(encounter, covariances, hbr_km, body.gm_km3_s2)
    risk = _with_ages(probability(given), objects, covariances, sources)
    if any(found is not None and found.basis is Basis.LEARNED for found in covariances):
        plain = _covariances(encounter, trajectories, offset_s, (_declared(sources[0]), _declared(sources[1])), body)
        beside = probability(encounter_input(encounter, plain, hbr_km, body.gm_km3_s2))
        risk = replace(risk, methods=(*risk.methods, _by_declared(beside)))
    nearness_km = encounter.miss_km if surface_km is None else surface_km
    return Assessed(
        encounter=encounter,
        covariances=covariances,
        combined_km2=first + second if first and second else None,
        surface_km=surface_km,
        radius_km=radius_km,
        hbr_km=hbr_km,
        given=given,
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
    covariances: Sequence[Covariance | None],
    sources: Sequence[Source],
) -> ProbabilityRecord:
    """That a probability is missing because a declared error grows with an age that nobody knows."""
    ageless = tuple(
        GrowthUnknown(object_id=item.id)
        for item, covariance, source in zip(objects, covariances, sources, strict=True)
        if covariance is None and source.growth_unknown
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


def _encounter(trajectories: Both, offset_s: float) -> Encounter:
    at = np.array([offset_s])
    (first_km, first_km_s), (second_km, second_km_s) = (trajectory.state(at) for trajectory in trajectories)
    return Encounter(
        primary_position_km=first_km[0],
        primary_velocity_km_s=first_km_s[0],
        secondary_position_km=second_km[0],
        secondary_velocity_km_s=second_km_s[0],
    )


def _covariances(
    encounter: Encounter, trajectories: Both, offset_s: float, sources: tuple[Source, Source], body: Body
) -> tuple[Covariance | None, Covariance | None]:
    states = (
        (encounter.primary_position_km, encounter.primary_velocity_km_s),
        (encounter.secondary_position_km, encounter.secondary_velocity_km_s),
    )
    first, second = (
        state_covariance(
            trajectory,
            offset_s,
            *state,
            declared=source.declared,
            created_s=source.created_s,
            body=body,
        )
        for trajectory, state, source in zip(trajectories, states, sources, strict=True)
    )
    return first, second
