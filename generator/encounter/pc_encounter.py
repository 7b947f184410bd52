"""What the probability of one encounter is computed from, checked: states, covariances, orbits, the true TCA."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from nearpass.encounter.equinoctial import Orbit, inverse_axis_per_km, orbit
from nearpass.encounter.geometry import Encounter
from nearpass.ephemeris.covariance import MOST_INDEFINITE
from nearpass.errors import InputError
from nearpass.reasons.probabilities import NoOrbit, OrbitNotClosed, OrbitReason

FloatArray = NDArray[np.float64]

DRAWN_SIGMAS: Final = 6.0
"""Elements drawn ten million times lie within: beyond so many sigmas of two of them is one in 70 million (Rayleigh)."""
MOST_SHIFT_PERIODS: Final = 0.02  # to the true TCA; farther away the states belong to another encounter


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PcInput:
    """What a probability is computed from: an encounter at its nominal TCA and the combined hard-body radius.

    ``span_s`` is the time in which a collision counts, seconds from the nominal TCA; None for the encounter itself, at
    most a quarter of a revolution on either side.
    """

    encounter: Encounter
    hbr_km: float
    span_s: tuple[float, float] | None = None


def check(given: PcInput) -> None:
    """Raise on what no method can use.

    Raises:
        InputError: for a hard-body radius not above 0, or values that are not finite.
    """
    if not 0.0 < given.hbr_km < np.inf:
        raise InputError("the hard-body radius must be positive and finite", value=f"{given.hbr_km} km")
    for state in given.encounter.states:
        matrices = () if state.covariance is None else (state.covariance.matrix,)
        if not all(np.isfinite(values).all() for values in (state.position_km, state.velocity_km_s, *matrices)):
            raise InputError("states and covariances must be finite", value=state.object_id)


def true_tca(encounter: Encounter) -> Encounter:
    """Both states moved to the least distance near the nominal TCA; left where they are if there is none nearby.

    Two-body motion; straight motion where an orbit is not closed. The covariances stay with the nominal TCA, from which
    they do not change before the true one: what is returned holds none.
    """
    states = encounter.states
    if not encounter.relative_velocity_km_s.any():
        return _moved(encounter, 0.0, *((one.position_km, one.velocity_km_s) for one in states))
    none, gm_km3_s2 = np.zeros((6, 6)), encounter.gm_km3_s2
    try:
        first, second = (orbit(one.position_km, one.velocity_km_s, none, gm_km3_s2) for one in states)
    except InputError:
        return _straight_tca(encounter)
    return _curved_tca(encounter, first, second)


def dynamic_period_s(encounter: Encounter) -> float:
    """Period of a circular orbit through the nearer object: the scale of curvature where an orbit is not closed."""
    radius_km = min(float(np.linalg.norm(one.position_km)) for one in encounter.states)
    return float(2.0 * np.pi * np.sqrt(radius_km**3 / encounter.gm_km3_s2))


def uncertain_orbits(encounter: Encounter) -> tuple[tuple[Orbit, Orbit] | None, OrbitReason | None]:
    """Both orbits with uncertain elements, or why there are none."""
    pair = []
    which: Literal["primary", "secondary"]
    for which, state in (("primary", encounter.primary), ("secondary", encounter.secondary)):
        if state.covariance is None:
            return None, NoOrbit(which=which, rule="covariance_missing")
        covariance = state.covariance.matrix
        if not (np.diag(covariance)[3:] > 0.0).all():
            return None, NoOrbit(which=which, rule="velocity_unknown")
        scale = np.sqrt(np.maximum(np.diag(covariance), np.finfo(float).tiny))
        if np.linalg.eigvalsh(covariance / np.outer(scale, scale))[0] < -MOST_INDEFINITE:
            return None, NoOrbit(which=which, rule="orbit_indefinite")
        inverse = float(inverse_axis_per_km(state.position_km, state.velocity_km_s, encounter.gm_km3_s2))
        if inverse <= 0.0:
            return None, OrbitNotClosed(which=which, semi_major_axis_km=1.0 / inverse if inverse else None)
        made = orbit(state.position_km, state.velocity_km_s, covariance, encounter.gm_km3_s2)
        if not _stays_closed(made):
            return None, NoOrbit(which=which, rule="orbit_may_open")
        pair.append(made)
    return (pair[0], pair[1]), None


def _stays_closed(one: Orbit) -> bool:
    """Whether orbits drawn from the uncertain elements are ellipses: within :data:`DRAWN_SIGMAS` of the mean one."""
    most_eccentric = np.hypot(*one.mean[1:3]) + DRAWN_SIGMAS * np.sqrt(np.linalg.eigvalsh(one.covariance[1:3, 1:3])[1])
    return bool(most_eccentric < 1.0 and one.mean[0] > DRAWN_SIGMAS * np.sqrt(one.covariance[0, 0]))


def _moved(encounter: Encounter, offset_s: float, *states: tuple[FloatArray, FloatArray]) -> Encounter:
    """The encounter with other states, of both objects so much later."""
    epoch = encounter.epoch + offset_s
    first, second = (
        replace(own, epoch=epoch, position_km=position_km, velocity_km_s=velocity_km_s, covariance=None)
        for own, (position_km, velocity_km_s) in zip(encounter.states, states, strict=True)
    )
    return Encounter(primary=first, secondary=second)


def _straight_tca(encounter: Encounter) -> Encounter:
    velocity = encounter.relative_velocity_km_s
    offset_s = -float(encounter.miss_vector_km @ velocity) / float(velocity @ velocity)
    if abs(offset_s) > MOST_SHIFT_PERIODS * dynamic_period_s(encounter):
        offset_s = 0.0
    lines = ((one.position_km + offset_s * one.velocity_km_s, one.velocity_km_s) for one in encounter.states)
    return _moved(encounter, offset_s, *lines)


def _curved_tca(encounter: Encounter, first: Orbit, second: Orbit) -> Encounter:
    """Newton iteration on the rate of the squared distance; no move where that is not rising, or too far away."""
    stay = _moved(encounter, 0.0, *((one.position_km, one.velocity_km_s) for one in encounter.states))
    offset_s, farthest_s = 0.0, MOST_SHIFT_PERIODS * min(first.period_s, second.period_s)
    for _ in range(20):
        (one_km, one_km_s), (two_km, two_km_s) = (one.states(one.mean[None], offset_s) for one in (first, second))
        apart, velocity = (two_km - one_km)[0], (two_km_s - one_km_s)[0]
        pull = one_km[0] / np.linalg.norm(one_km) ** 3 - two_km[0] / np.linalg.norm(two_km) ** 3
        rising = float(velocity @ velocity + first.gm_km3_s2 * apart @ pull)
        if rising <= 0.0:
            return stay
        step_s = -float(apart @ velocity) / rising
        if abs(step_s) < 1e-9:
            break
        offset_s += step_s
        if abs(offset_s) > farthest_s:
            return stay
    return _moved(encounter, offset_s, (one_km[0], one_km_s[0]), (two_km[0], two_km_s[0]))
