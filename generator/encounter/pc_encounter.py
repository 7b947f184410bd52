"""What the probability of one encounter is computed from, checked: states, covariances, orbits, the true TCA."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from nearpass.encounter.equinoctial import Orbit, inverse_axis_per_km, orbit
from nearpass.ephemeris.covariance import MOST_INDEFINITE
from nearpass.errors import InputError
from nearpass.reasons.probabilities import NoOrbit, OrbitNotClosed, OrbitReason

FloatArray = NDArray[np.float64]

MOST_SHIFT_PERIODS: Final = 0.02  # to the true TCA; farther away the states belong to another encounter


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EncounterInput:
    """Two states at a nominal TCA about one body, ICRF axes, km and km/s, with their covariances ``(6, 6)`` or None.

    ``span_s`` is the time in which a collision counts, seconds from the nominal TCA; None for the encounter itself, at
    most a quarter of a revolution on either side.
    """

    primary_position_km: FloatArray
    primary_velocity_km_s: FloatArray
    secondary_position_km: FloatArray
    secondary_velocity_km_s: FloatArray
    primary_covariance: FloatArray | None
    secondary_covariance: FloatArray | None
    hbr_km: float
    gm_km3_s2: float
    span_s: tuple[float, float] | None = None

    @property
    def miss_vector_km(self) -> FloatArray:
        """From the primary to the secondary at the nominal TCA."""
        return np.asarray(self.secondary_position_km - self.primary_position_km)

    @property
    def relative_velocity_km_s(self) -> FloatArray:
        """Of the secondary as seen from the primary."""
        return np.asarray(self.secondary_velocity_km_s - self.primary_velocity_km_s)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrueTca:
    """The states moved by two-body motion to where the distance is least, ``offset_s`` from the nominal TCA."""

    offset_s: float
    primary_position_km: FloatArray
    primary_velocity_km_s: FloatArray
    secondary_position_km: FloatArray
    secondary_velocity_km_s: FloatArray

    @property
    def miss_km(self) -> float:
        """Least distance."""
        return float(np.linalg.norm(self.secondary_position_km - self.primary_position_km))


def check(given: EncounterInput) -> None:
    """Raise on what no method can use.

    Raises:
        InputError: for a hard-body radius or gravitational parameter not above 0, or values that are not finite.
    """
    if not 0.0 < given.hbr_km < np.inf:
        raise InputError("the hard-body radius must be positive and finite", value=f"{given.hbr_km} km")
    if not given.gm_km3_s2 > 0.0:
        raise InputError("the gravitational parameter must be positive", value=given.gm_km3_s2)
    for name in ("miss_vector_km", "relative_velocity_km_s", "primary_covariance", "secondary_covariance"):
        values = getattr(given, name)
        if values is not None and not np.isfinite(values).all():
            raise InputError("states and covariances must be finite", value=name)


def true_tca(given: EncounterInput) -> TrueTca:
    """States moved to the least distance near the nominal TCA; left where they are if there is none nearby.

    Two-body motion; straight motion where an orbit is not closed. The covariances stay those of the nominal TCA:
    between a time rounded to a millisecond and the true one they do not change.
    """
    stay = TrueTca(
        offset_s=0.0,
        primary_position_km=given.primary_position_km,
        primary_velocity_km_s=given.primary_velocity_km_s,
        secondary_position_km=given.secondary_position_km,
        secondary_velocity_km_s=given.secondary_velocity_km_s,
    )
    if not given.relative_velocity_km_s.any():
        return stay
    none = np.zeros((6, 6))
    try:
        first = orbit(given.primary_position_km, given.primary_velocity_km_s, none, given.gm_km3_s2)
        second = orbit(given.secondary_position_km, given.secondary_velocity_km_s, none, given.gm_km3_s2)
    except InputError:
        return _straight_tca(given) or stay
    return _curved_tca(first, second) or stay


def dynamic_period_s(given: EncounterInput) -> float:
    """Period of a circular orbit through the nearer object: the scale of curvature where an orbit is not closed."""
    radius_km = min(
        float(np.linalg.norm(given.primary_position_km)), float(np.linalg.norm(given.secondary_position_km))
    )
    return float(2.0 * np.pi * np.sqrt(radius_km**3 / given.gm_km3_s2))


def uncertain_orbits(given: EncounterInput) -> tuple[tuple[Orbit, Orbit] | None, OrbitReason | None]:
    """Both orbits with uncertain elements, or why there are none."""
    pair = []
    which: Literal["primary", "secondary"]
    for which, position_km, velocity_km_s, covariance in (
        ("primary", given.primary_position_km, given.primary_velocity_km_s, given.primary_covariance),
        ("secondary", given.secondary_position_km, given.secondary_velocity_km_s, given.secondary_covariance),
    ):
        if covariance is None:
            return None, NoOrbit(which=which, rule="covariance_missing")
        if not (np.diag(covariance)[3:] > 0.0).all():
            return None, NoOrbit(which=which, rule="velocity_unknown")
        scale = np.sqrt(np.maximum(np.diag(covariance), np.finfo(float).tiny))
        if np.linalg.eigvalsh(covariance / np.outer(scale, scale))[0] < -MOST_INDEFINITE:
            return None, NoOrbit(which=which, rule="orbit_indefinite")
        inverse = inverse_axis_per_km(position_km, velocity_km_s, given.gm_km3_s2)
        if inverse <= 0.0:
            return None, OrbitNotClosed(which=which, semi_major_axis_km=1.0 / inverse if inverse else None)
        pair.append(orbit(position_km, velocity_km_s, covariance, given.gm_km3_s2))
    return (pair[0], pair[1]), None


def _straight_tca(given: EncounterInput) -> TrueTca | None:
    speed2 = float(given.relative_velocity_km_s @ given.relative_velocity_km_s)
    offset_s = -float(given.miss_vector_km @ given.relative_velocity_km_s) / speed2
    if abs(offset_s) > MOST_SHIFT_PERIODS * dynamic_period_s(given):
        return None
    return TrueTca(
        offset_s=offset_s,
        primary_position_km=given.primary_position_km + offset_s * given.primary_velocity_km_s,
        primary_velocity_km_s=given.primary_velocity_km_s,
        secondary_position_km=given.secondary_position_km + offset_s * given.secondary_velocity_km_s,
        secondary_velocity_km_s=given.secondary_velocity_km_s,
    )


def _curved_tca(first: Orbit, second: Orbit) -> TrueTca | None:
    """Newton iteration on the rate of the squared distance; None where that is not rising, or too far away."""
    offset_s, farthest_s = 0.0, MOST_SHIFT_PERIODS * min(first.period_s, second.period_s)
    for _ in range(20):
        (one_km, one_km_s), (two_km, two_km_s) = (one.states(one.mean[None], offset_s) for one in (first, second))
        apart, velocity = (two_km - one_km)[0], (two_km_s - one_km_s)[0]
        pull = one_km[0] / np.linalg.norm(one_km) ** 3 - two_km[0] / np.linalg.norm(two_km) ** 3
        rising = float(velocity @ velocity + first.gm_km3_s2 * apart @ pull)
        if rising <= 0.0:
            return None
        step_s = -float(apart @ velocity) / rising
        if abs(step_s) < 1e-9:
            break
        offset_s += step_s
        if abs(offset_s) > farthest_s:
            return None
    return TrueTca(
        offset_s=offset_s,
        primary_position_km=one_km[0],
        primary_velocity_km_s=one_km_s[0],
        secondary_position_km=two_km[0],
        secondary_velocity_km_s=two_km_s[0],
    )
