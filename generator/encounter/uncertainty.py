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
from nearpass.astro.epochs import Epoch
from nearpass.astro.local_axes import rtn_axes
from nearpass.ephemeris.covariance import covariance_at
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.errors import FrameError
from nearpass.reasons.probabilities import CovarianceRemarks

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
class Covariance:
    """How well the state of an object is known at an instant.

    ``matrix`` is of position ``(3, 3)``, or of position and velocity ``(6, 6)``, in km**2, km**2/s and km**2/s**2.
    ``remark`` says that the delivered matrix was repaired, or refused so that the declared model stands in.
    """

    object_id: str
    epoch: Epoch
    axes: str
    matrix: FloatArray
    basis: Basis
    remark: CovarianceRemarks = ()

    def __add__(self, other: Covariance) -> FloatArray:
        """Covariance ``(3, 3)`` in km**2 of the vector from one position to the other, of errors that are independent.

        Raises:
            FrameError: if the two are in different axes or at different instants, with both.
        """
        if (self.axes, self.epoch) != (other.axes, other.epoch):
            told = (f"{one.object_id} in {one.axes} at {one.epoch.iso(digits=9)} UTC" for one in (self, other))
            rule = "covariances to be added must be of one instant and in the same axes"
            raise FrameError(f"{rule}, not {', '.join(told)}")
        return np.asarray(self.matrix[:3, :3] + other.matrix[:3, :3])

    def in_rtn(self, position_km: FloatArray, velocity_km_s: FloatArray) -> FloatArray:
        """The matrix in the RTN axes of the state that it is of, given as ``(3,)`` each in the same axes."""
        return rotated(self.matrix, rtn_axes(position_km[None], velocity_km_s[None])[0])


def state_covariance(
    trajectory: Trajectory,
    offset_s: float,
    position_km: FloatArray,
    velocity_km_s: FloatArray,
    *,
    declared: DeclaredModel | None,
    created_s: float | None,
    body: Body,
) -> Covariance | None:
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
    matrix: FloatArray | None = None
    remark: CovarianceRemarks = ()
    basis = Basis.DELIVERED
    if trajectory.has_covariance:
        pole = equator_from_icrf(body, trajectory.epoch)[2]
        matrix, remark = covariance_at(trajectory.arc_at(offset_s), offset_s, body, pole)
    if matrix is None:
        if declared is None or (created_s is None and declared.timing_growth_s_per_day > 0.0):
            return None
        age_s = max(0.0, offset_s - created_s) if created_s is not None else 0.0
        matrix = declared_covariance(declared, age_s, position_km, velocity_km_s, body.gm_km3_s2)
        basis = declared.basis
    return Covariance(
        object_id=trajectory.object_id,
        epoch=trajectory.epoch + offset_s,
        axes=trajectory.frame.axes,
        matrix=matrix,
        basis=basis,
        remark=remark,
    )


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
