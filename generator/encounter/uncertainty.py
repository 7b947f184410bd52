"""How well a state is known at an instant: the delivered covariance, else the declared model, else nothing.

Which of them it is goes with the matrix, so that every number can say what it rests on; a missing covariance is
never filled in silently.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.bodies import body_named, equator_from_icrf
from nearpass.astro.epochs import Epoch
from nearpass.astro.frames import Frame
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

    def scaled(self, sigma_factor: float) -> Covariance:
        """The covariance with all sigmas multiplied."""
        return replace(self, matrix=self.matrix * sigma_factor**2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """An object at an instant: position in km and velocity in km/s, each ``(3,)``, and how well both are known.

    ``object_id`` is the object's designator or name in its delivery. ``covariance`` is None where nothing is known.

    Raises:
        FrameError: if the covariance is in other axes or of another instant than the state.
    """

    object_id: str
    frame: Frame
    epoch: Epoch
    position_km: FloatArray
    velocity_km_s: FloatArray
    covariance: Covariance | None

    def __post_init__(self) -> None:
        own = self.covariance
        if own is not None and (own.axes, own.epoch) != (self.frame.axes, self.epoch):
            both = (self.frame.axes, self.epoch), (own.axes, own.epoch)
            told = (f"{axes} at {epoch.iso(digits=9)} UTC" for axes, epoch in both)
            raise FrameError(f"state and covariance of {self.object_id:.40} must fit, not {' and '.join(told)}")

    @property
    def covariance_rtn(self) -> FloatArray | None:
        """The covariance's matrix in the RTN axes of the state; None where there is none."""
        if self.covariance is None:
            return None
        return rotated(self.covariance.matrix, rtn_axes(self.position_km[None], self.velocity_km_s[None])[0])


def state_at(
    trajectory: Trajectory, offset_s: float, *, declared: DeclaredModel | None, created_s: float | None
) -> State:
    """An object's state, with the covariance that was delivered, else the declared one, else none.

    A declared error that grows with the age of the ephemeris is not known where that age is not: none is given then,
    rather than one that is too small.

    Args:
        trajectory: The object's trajectory.
        offset_s: Seconds from the trajectory's epoch.
        declared: The model to fall back on, if the publisher declared one.
        created_s: When the ephemeris was made, seconds from the trajectory's epoch; None where nobody knows.

    Raises:
        CoverageError: outside the trajectory's arcs.
    """
    position_km, velocity_km_s = (rows[0] for rows in trajectory.state(np.array([offset_s])))
    epoch, body = trajectory.epoch + offset_s, body_named(trajectory.frame.center)
    matrix: FloatArray | None = None
    remark: CovarianceRemarks = ()
    basis = Basis.DELIVERED
    if trajectory.has_covariance:
        pole = equator_from_icrf(body, trajectory.epoch)[2]
        matrix, remark = covariance_at(trajectory.arc_at(offset_s), offset_s, body, pole)
    if matrix is None and declared is not None and (created_s is not None or declared.timing_growth_s_per_day <= 0.0):
        age_s = max(0.0, offset_s - created_s) if created_s is not None else 0.0
        matrix = declared_covariance(declared, age_s, position_km, velocity_km_s, body.gm_km3_s2)
        basis = declared.basis
    covariance = None
    if matrix is not None:
        covariance = Covariance(
            object_id=trajectory.object_id,
            epoch=epoch,
            axes=trajectory.frame.axes,
            matrix=matrix,
            basis=basis,
            remark=remark,
        )
    return State(
        object_id=trajectory.object_id,
        frame=trajectory.frame,
        epoch=epoch,
        position_km=position_km,
        velocity_km_s=velocity_km_s,
        covariance=covariance,
    )


def timing_sigma_s(state: State) -> float | None:
    """One sigma of when an object passes where it should be: the sigma along the velocity divided by the speed."""
    if state.covariance is None:
        return None
    speed_km_s = float(np.linalg.norm(state.velocity_km_s))
    along = state.velocity_km_s / speed_km_s
    return float(np.sqrt(along @ state.covariance.matrix[:3, :3] @ along)) / speed_km_s


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
