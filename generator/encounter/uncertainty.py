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

from nearpass.astro.local_axes import rtn_axes, tnw_axes
from nearpass.ephemeris.trajectory import ROUNDING_S, CovarianceTable, Trajectory
from nearpass.errors import CoverageError, FrameError

FloatArray = NDArray[np.float64]

DAY_S: Final = 86_400.0
MOST_INDEFINITE: Final = 1e-3
"""Most negative eigenvalue, of the matrix scaled to unit variances, that few printed digits may explain."""
LEAST_EIGENVALUE: Final = 1e-9
"""To which a repaired one is raised, on the same scale: far below any printed digit, far above rounding."""


class Basis(StrEnum):
    """What a covariance rests on."""

    DELIVERED = "delivered"
    DECLARED = "declared"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredModel:
    """One-sigma errors that a publisher declares for predictions of an object, and where they come from.

    The position errors hold at any time; the timing error along the orbit holds when the ephemeris was made and grows
    by a constant rate with its age, which dominates any prediction in deep space.
    """

    radial_km: float
    transverse_km: float
    normal_km: float
    timing_s: float
    timing_growth_s_per_day: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StateCovariance:
    """Covariance ``(6, 6)`` of position and velocity in ICRF axes; km**2, km**2/s, km**2/s**2.

    ``remark`` says that the delivered matrix was repaired, or refused so that the declared model stands in.
    """

    matrix: FloatArray
    basis: Basis
    remark: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DeliveredCovariance:
    """Covariance ``(6, 6)`` in the table's axes; ``matrix`` is None where a delivered one is too indefinite to use.

    ``lowest`` is the smallest eigenvalue, scaled to unit variances, of what was delivered, None where that is positive.
    """

    matrix: FloatArray | None
    lowest: float | None


def covariance_at(
    table: CovarianceTable, offset_s: float, trajectory: Trajectory | None = None
) -> DeliveredCovariance | None:
    """Covariance between two delivered ones; None outside the table.

    An error along the orbit turns with it. Covariances in ICRF axes are therefore interpolated in RTN, each turned at
    its own instant, where a ``trajectory`` tells the state at both; else in the axes that they are given in.

    Log-Euclidean interpolation (Arsigny et al. 2006, eq. 3.2) of the matrices scaled to comparable units: the
    result is positive definite whenever both ends are, and its determinant never swells in between. An end that is
    slightly indefinite, as printed digits make it, is repaired first (:func:`repaired`).
    """
    offsets_s = table.offsets_s
    if not len(offsets_s) or not offsets_s[0] - ROUNDING_S <= offset_s <= offsets_s[-1] + ROUNDING_S:
        return None
    offset_s = float(np.clip(offset_s, offsets_s[0], offsets_s[-1]))
    right = int(np.clip(np.searchsorted(offsets_s, offset_s, side="right"), 1, max(1, len(offsets_s) - 1)))
    left = right - 1
    at_node = len(offsets_s) == 1 or offset_s == offsets_s[left]
    found = [repaired(matrix) for matrix in table.matrices[left : left + 1 if at_node else right + 1]]
    lowest = min((one.lowest for one in found if one.lowest is not None), default=None)
    usable = [one.matrix for one in found if one.matrix is not None]
    if len(usable) < len(found):
        return DeliveredCovariance(matrix=None, lowest=lowest)
    if at_node:
        return DeliveredCovariance(matrix=usable[0], lowest=lowest)
    weight = (offset_s - offsets_s[left]) / (offsets_s[right] - offsets_s[left])
    moments_s = np.array([offsets_s[left], offsets_s[right], offset_s])
    turns = _rtn_at(trajectory, moments_s) if trajectory is not None and table.axes == "ICRF" else None
    if turns is None:
        return DeliveredCovariance(matrix=_between(np.stack(usable), weight), lowest=lowest)
    in_rtn = np.stack([rotated(matrix, turn) for matrix, turn in zip(usable, turns[:2], strict=True)])
    return DeliveredCovariance(matrix=rotated(_between(in_rtn, weight), turns[2].T), lowest=lowest)


def _rtn_at(trajectory: Trajectory, offsets_s: FloatArray) -> FloatArray | None:
    """Rotations ``(N, 3, 3)`` from ICRF axes to RTN, None where the trajectory does not tell a plane at each offset."""
    try:
        return rtn_axes(*trajectory.state(offsets_s))
    except (CoverageError, FrameError):
        return None


def repaired(matrix: FloatArray) -> DeliveredCovariance:
    """A delivered covariance ``(6, 6)``, made positive definite if printed digits may explain that it is not.

    Its eigenvalues, scaled to unit variances, are raised to a small positive one: the nearest such matrix in the
    Frobenius norm (Higham 1988, theorem 2.1).
    """
    variances = np.diag(matrix)
    if not (variances > 0).all():
        return DeliveredCovariance(matrix=None, lowest=float(variances.min()))
    scale = np.outer(np.sqrt(variances), np.sqrt(variances))
    values, vectors = np.linalg.eigh(matrix / scale)
    lowest = float(values[0])
    if lowest > 0:
        return DeliveredCovariance(matrix=matrix, lowest=None)
    if lowest < -MOST_INDEFINITE:
        return DeliveredCovariance(matrix=None, lowest=lowest)
    raised = (vectors * np.maximum(values, LEAST_EIGENVALUE)) @ vectors.T * scale
    return DeliveredCovariance(matrix=(raised + raised.T) / 2.0, lowest=lowest)


def _between(ends: FloatArray, weight: float) -> FloatArray:
    """Log-Euclidean mean of two positive definite matrices ``(2, 6, 6)``."""
    scale = np.exp(np.log(np.einsum("nii->ni", ends)).mean(axis=0) / 2.0)
    values, vectors = np.linalg.eigh(ends / np.outer(scale, scale))
    values = np.maximum(values, np.finfo(float).tiny)  # positive before the scaling, which rounds
    logarithms = np.einsum("nij,nj,nkj->nik", vectors, np.log(values), vectors)
    values, basis = np.linalg.eigh((1.0 - weight) * logarithms[0] + weight * logarithms[1])
    return np.asarray((basis * np.exp(values)) @ basis.T * np.outer(scale, scale))


def state_covariance(
    trajectory: Trajectory,
    offset_s: float,
    position_km: FloatArray,
    velocity_km_s: FloatArray,
    *,
    declared: DeclaredModel | None,
    created_s: float,
    gm_km3_s2: float,
) -> StateCovariance | None:
    """Covariance of an object's state, delivered or declared, or None.

    Args:
        trajectory: The object's trajectory.
        offset_s: Seconds from the trajectory's epoch.
        position_km: Its position then, ICRF axes, shape ``(3,)``.
        velocity_km_s: Its velocity then, shape ``(3,)``.
        declared: The model to fall back on, if the publisher declared one.
        created_s: When the ephemeris was made, seconds from the trajectory's epoch.
        gm_km3_s2: Gravitational parameter of the centre.
    """
    table = trajectory.covariance
    delivered = covariance_at(table, offset_s, trajectory) if table is not None else None
    remark = _remark(delivered)
    if table is not None and delivered is not None and delivered.matrix is not None:
        state = position_km[None], velocity_km_s[None]
        to_local = {"RTN": rtn_axes(*state)[0], "TNW": tnw_axes(*state)[0], "ICRF": np.eye(3)}[table.axes]
        return StateCovariance(matrix=rotated(delivered.matrix, to_local.T), basis=Basis.DELIVERED, remark=remark)
    if declared is None:
        return None
    age_s = max(0.0, offset_s - created_s)
    return StateCovariance(
        matrix=declared_covariance(declared, age_s, position_km, velocity_km_s, gm_km3_s2),
        basis=Basis.DECLARED,
        remark=remark,
    )


def _remark(delivered: DeliveredCovariance | None) -> str | None:
    if delivered is None or delivered.lowest is None:
        return None
    found = f"not positive definite (smallest eigenvalue {delivered.lowest:.1e} of unit variances)"
    if delivered.matrix is None:
        return f"the delivered covariance was refused: {found}"
    return f"the delivered covariance was repaired: {found}, raised to {LEAST_EIGENVALUE:.0e}"


def timing_sigma_s(
    trajectory: Trajectory,
    offset_s: float,
    *,
    declared: DeclaredModel | None,
    created_s: float,
    gm_km3_s2: float,
) -> float | None:
    """One sigma of when an object passes where it should be: the sigma along the velocity divided by the speed.

    Args:
        trajectory: The object's trajectory.
        offset_s: Seconds from the trajectory's epoch.
        declared: The model to fall back on.
        created_s: When the ephemeris was made, seconds from the trajectory's epoch.
        gm_km3_s2: Gravitational parameter of the centre.
    """
    position_km, velocity_km_s = (state[0] for state in trajectory.state(np.array([offset_s])))
    found = state_covariance(
        trajectory,
        offset_s,
        position_km,
        velocity_km_s,
        declared=declared,
        created_s=created_s,
        gm_km3_s2=gm_km3_s2,
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
