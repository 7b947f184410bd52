"""How well a state is known at an instant: the delivered covariance, else the declared model, else nothing.

Which of them it is goes with the matrix, so that every number can say what it rests on; a missing covariance is
never filled in silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.bodies import Body, equator_from_icrf
from nearpass.astro.local_axes import rtn_axes
from nearpass.ephemeris.covariance import LEAST_EIGENVALUE, DeliveredCovariance, covariance_at
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.reasons.probabilities import (
    CovarianceCarried,
    CovarianceOfPosition,
    CovarianceRemark,
    CovarianceRemarks,
    CovarianceRepaired,
)

FloatArray = NDArray[np.float64]

DAY_S: Final = 86_400.0


class Basis(StrEnum):
    """What a covariance rests on."""

    DELIVERED = "delivered"
    DECLARED = "declared"
    LEARNED = "learned"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredModel:
    """One-sigma errors that a publisher declares for predictions of an object, and where they come from.

    The position errors hold at any time; the timing error along the orbit holds when the ephemeris was made and grows
    by a constant rate with its age, which dominates any prediction in deep space. ``comparisons`` is of how many
    comparisons in the archive a learned model was made, 0 for a declared one.
    """

    radial_km: float
    transverse_km: float
    normal_km: float
    timing_s: float
    timing_growth_s_per_day: float
    source: str
    comparisons: int = 0

    @property
    def basis(self) -> Basis:
        """Whether it is the publisher's word or what the archive shows."""
        return Basis.LEARNED if self.comparisons else Basis.DECLARED


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StateCovariance:
    """Covariance ``(6, 6)`` of position and velocity in ICRF axes; km**2, km**2/s, km**2/s**2.

    ``remark`` says that the delivered matrix was repaired, or refused so that the declared model stands in.
    """

    matrix: FloatArray
    basis: Basis
    remark: CovarianceRemarks = ()


def state_covariance(
    trajectory: Trajectory,
    offset_s: float,
    position_km: FloatArray,
    velocity_km_s: FloatArray,
    *,
    declared: DeclaredModel | None,
    created_s: float | None,
    body: Body,
) -> StateCovariance | None:
    """Covariance of an object's state, delivered or declared, or None.

    A declared error that grows with the age of the ephemeris is not known where that age is not: none is given then,
    rather than one that is too small.

    Args:
        trajectory: The object's trajectory.
        offset_s: Seconds from the trajectory's epoch.
        position_km: Its position then, ICRF axes, shape ``(3,)``.
        velocity_km_s: Its velocity then, shape ``(3,)``.
        declared: The model to fall back on, if the publisher declared one.
        created_s: When the ephemeris was made, seconds from the trajectory's epoch; None where nobody knows.
        body: The body at the centre.

    Raises:
        CoverageError: outside the trajectory's arcs.
    """
    delivered = None
    if trajectory.has_covariance:
        pole = equator_from_icrf(body, trajectory.epoch)[2]
        delivered = covariance_at(trajectory.arc_at(offset_s), offset_s, body, pole)
    remark = _remark(delivered)
    if delivered is not None and delivered.matrix is not None:
        return StateCovariance(matrix=delivered.matrix, basis=Basis.DELIVERED, remark=remark)
    if declared is None or (created_s is None and declared.timing_growth_s_per_day > 0.0):
        return None
    age_s = max(0.0, offset_s - created_s) if created_s is not None else 0.0
    return StateCovariance(
        matrix=declared_covariance(declared, age_s, position_km, velocity_km_s, body.gm_km3_s2),
        basis=declared.basis,
        remark=remark,
    )


def _remark(delivered: DeliveredCovariance | None) -> CovarianceRemarks:
    """What a reader must know of a delivered covariance."""
    if delivered is None:
        return ()
    remarks: list[CovarianceRemark] = []
    if delivered.lowest is not None and delivered.matrix is None:
        return (CovarianceRepaired(rule="covariance_refused", lowest=delivered.lowest, raised_to=None),)
    if delivered.lowest is not None:
        remarks.append(
            CovarianceRepaired(rule="covariance_repaired", lowest=delivered.lowest, raised_to=LEAST_EIGENVALUE)
        )
    if delivered.beyond_s:
        remarks.append(CovarianceCarried(beyond_s=delivered.beyond_s))
    if delivered.position_only:
        remarks.append(CovarianceOfPosition())
    return tuple(remarks)


def timing_sigma_s(
    trajectory: Trajectory,
    offset_s: float,
    *,
    declared: DeclaredModel | None,
    created_s: float | None,
    body: Body,
) -> float | None:
    """One sigma of when an object passes where it should be: the sigma along the velocity divided by the speed.

    Args:
        trajectory: The object's trajectory.
        offset_s: Seconds from the trajectory's epoch.
        declared: The model to fall back on.
        created_s: When the ephemeris was made, seconds from the trajectory's epoch; None where nobody knows.
        body: The body at the centre.
    """
    position_km, velocity_km_s = (state[0] for state in trajectory.state(np.array([offset_s])))
    found = state_covariance(
        trajectory,
        offset_s,
        position_km,
        velocity_km_s,
        declared=declared,
        created_s=created_s,
        body=body,
    )
    if found is None:
        return None
    speed_km_s = float(np.linalg.norm(velocity_km_s))
    along = velocity_km_s / speed_km_s
    return float(np.sqrt(along @ found.matrix[:3, :3] @ along)) / speed_km_s


def declared_covariance(
    model: DeclaredModel, age_s: float, position_km: FloatArray, velocity_km_s: FloatArray, gm_km3_s2: float
) -> FloatArray:
    """Covariance ``(6, 6)`` in ICRF axes of a declared model for an ephemeris of this age.

    A timing error shifts the object along its path, so its part is the outer product of (velocity, acceleration)
    times the timing variance. Each velocity component's own sigma is that of the position times the angular rate, the
    ratio of the two on any nearly circular orbit.

    Args:
        model: The declared errors.
        age_s: Age of the ephemeris at the instant.
        position_km: Position, ICRF axes, shape ``(3,)``.
        velocity_km_s: Velocity, shape ``(3,)``.
        gm_km3_s2: Gravitational parameter of the centre.
    """
    to_rtn = rtn_axes(position_km[None], velocity_km_s[None])[0]
    radius_km = float(np.linalg.norm(position_km))
    rate_rad_s = float(np.linalg.norm(velocity_km_s)) / radius_km
    sigma_km = np.array([model.radial_km, model.transverse_km, model.normal_km])
    own = np.diag(np.concatenate([sigma_km, sigma_km * rate_rad_s]) ** 2)
    timing_s = model.timing_s + model.timing_growth_s_per_day * age_s / DAY_S
    shift = np.concatenate([velocity_km_s, -gm_km3_s2 * position_km / radius_km**3]) * timing_s
    return np.asarray(rotated(own, to_rtn.T) + np.outer(shift, shift))


def rotated(covariance: FloatArray, rotation: FloatArray) -> FloatArray:
    """A state covariance ``(6, 6)`` in other axes: ``rotation`` ``(3, 3)`` takes vectors into them.

    Both blocks turn alike: RTN covariances are of inertial velocities expressed in RTN axes (CCSDS 508.0-B-1).
    """
    both = np.zeros((6, 6))
    both[:3, :3] = both[3:, 3:] = rotation
    return np.asarray(both @ covariance @ both.T)
