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
from nearpass.astro.fields import Vector
from nearpass.cycle.joined import Stretch
from nearpass.cycle.probability import probability
from nearpass.encounter.alert import Verdict, assess
from nearpass.encounter.alert_rules import AlertRule
from nearpass.encounter.geometry import Encounter, b_plane
from nearpass.encounter.pc_encounter import PcInput
from nearpass.encounter.uncertainty import Basis, state_at
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.reasons.probabilities import GrowthUnknown, NoValue
from nearpass.record.event_record import BPlaneRecord
from nearpass.record.judging import HOUR_S, passing
from nearpass.record.pairing import pairing
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
    """An approach with its probability and its level.

    ``surface_km`` is the distance to the surface of a natural body, None between spacecraft; ``radius_km`` the sum of
    the bodies' radii, 0 between spacecraft. ``given`` holds the encounter and the sum of all sizes, ``rules`` are those
    that apply to the pair.
    """

    given: PcInput
    surface_km: float | None
    radius_km: float
    b_plane: BPlaneRecord | None
    risk: ProbabilityRecord
    rules: tuple[AlertRule, ...]
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
        return _sigma_rtn_km(self.encounter)


def assess_approach(
    objects: tuple[ObjectRecord, ObjectRecord],
    trajectories: Both,
    sources: tuple[Source, Source],
    offset_s: float,
    rules: Sequence[AlertRule],
    *,
    joined: bool = False,
    stretches: Sequence[Stretch] = (),
) -> Assessed:
    """Judge one approach.

    Args:
        objects: Primary and secondary.
        trajectories: Their trajectories, of one epoch.
        sources: What both rest on.
        offset_s: TCA from the trajectories' epoch.
        rules: All alert rules.
        joined: Whether the two fly together for a part of the window; so do those with ``stretches``.
        stretches: Of this pair; the probability over that in which the approach lies counts for its level.
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
    plane, miss_rtn_km, sigma_rtn_km = (
        _b_plane(given),
        encounter.to_rtn @ encounter.miss_vector_km,
        _sigma_rtn_km(encounter),
    )
    found = passing(
        miss_km=encounter.miss_km,
        surface_km=surface_km,
        miss_rtn_km=_vector(miss_rtn_km),
        miss_sigma_rtn_km=None if sigma_rtn_km is None else _vector(sigma_rtn_km),
        b_plane=plane,
        probability=risk,
        to_tca_h=offset_s / HOUR_S,
        stretch_pc=next((one.most_pc for one in stretches if one.kind == "in formation" and one.holds(offset_s)), None),
    )
    pair = pairing(*objects, joined=joined or bool(stretches))
    own = tuple(rule for rule in rules if rule.applies(pair))
    return Assessed(
        given=given, surface_km=surface_km, radius_km=radius_km, b_plane=plane, risk=risk, rules=own,
        verdict=assess(found, own),
    )  # fmt: skip


def _vector(values: FloatArray) -> Vector:
    x, y, z = values.tolist()
    return x, y, z


def _sigma_rtn_km(encounter: Encounter) -> FloatArray | None:
    combined_km2, to_rtn = encounter.combined_km2, encounter.to_rtn
    return None if combined_km2 is None else np.asarray(np.sqrt(np.diag(to_rtn @ combined_km2 @ to_rtn.T)))


def _b_plane(given: PcInput) -> BPlaneRecord | None:
    plane, combined_km2 = b_plane(given.encounter), given.encounter.combined_km2
    if plane is None:
        return None
    covariance = plane.axes @ combined_km2 @ plane.axes.T if combined_km2 is not None else None
    return BPlaneRecord(
        miss_xi_km=float(plane.miss_km[0]),
        miss_zeta_km=float(plane.miss_km[1]),
        hbr_km=given.hbr_km,
        covariance_km2=(
            (float(covariance[0, 0]), float(covariance[0, 1])),
            (float(covariance[1, 0]), float(covariance[1, 1])),
        )
        if covariance is not None
        else None,
    )


def _declared(source: Source) -> Source:
    """A source with its declared model in the place of a learned one."""
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


def encounter_at(trajectories: Both, offset_s: float, sources: tuple[Source, Source]) -> Encounter:
    """Both states at an offset from the trajectories' epoch, with what is known of their errors."""
    first, second = (
        state_at(trajectory, offset_s, declared=source.declared, created_s=source.created_s)
        for trajectory, source in zip(trajectories, sources, strict=True)
    )
    return Encounter(primary=first, secondary=second)
