"""How well a position is known at an instant: covariance from the delivery, or nothing, and which.

A missing covariance is never filled in silently; the record then holds the reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generator.astro.local_axes import rtn_axes, tnw_axes
from generator.ephemeris.trajectory import CovarianceTable, Trajectory

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PositionCovariance:
    """Covariance of a position in ICRF axes, ``(3, 3)`` in km**2, and the one-sigma of each RTN component in km."""

    covariance_km2: FloatArray
    sigma_rtn_km: FloatArray


def covariance_at(table: CovarianceTable, offset_s: float) -> FloatArray | None:
    """Covariance ``(6, 6)`` between two delivered ones, in the table's axes; None outside the table.

    Log-Euclidean interpolation (Arsigny et al. 2006, eq. 3.2) of the matrices scaled to comparable units: the
    result is positive definite whenever both ends are, and its determinant never swells in between. None as well
    where an end is not positive definite: it cannot be used.
    """
    offsets_s = table.offsets_s
    if not len(offsets_s) or not offsets_s[0] <= offset_s <= offsets_s[-1]:
        return None
    right = int(np.clip(np.searchsorted(offsets_s, offset_s, side="right"), 1, max(1, len(offsets_s) - 1)))
    left = right - 1
    if len(offsets_s) == 1 or offset_s == offsets_s[left]:
        return _positive_definite(table.matrices[left])
    weight = (offset_s - offsets_s[left]) / (offsets_s[right] - offsets_s[left])
    ends = table.matrices[[left, right]]
    variances = np.einsum("nii->ni", ends)
    if not (variances > 0).all():
        return None
    scale = np.exp(np.log(variances).mean(axis=0) / 2.0)
    values, vectors = np.linalg.eigh(ends / np.outer(scale, scale))
    if not (values > 0).all():
        return None
    logarithms = np.einsum("nij,nj,nkj->nik", vectors, np.log(values), vectors)
    values, basis = np.linalg.eigh((1.0 - weight) * logarithms[0] + weight * logarithms[1])
    return np.asarray((basis * np.exp(values)) @ basis.T * np.outer(scale, scale))


def position_covariance(
    trajectory: Trajectory, offset_s: float, position_km: FloatArray, velocity_km_s: FloatArray
) -> PositionCovariance | None:
    """Position covariance of a trajectory at an offset from its epoch, or None where the delivery gives none.

    Args:
        trajectory: The object's trajectory.
        offset_s: Seconds from the trajectory's epoch.
        position_km: Its position then, ICRF axes, shape ``(3,)``.
        velocity_km_s: Its velocity then, shape ``(3,)``.
    """
    table = trajectory.covariance
    matrix = covariance_at(table, offset_s) if table is not None else None
    if table is None or matrix is None:
        return None
    state = position_km[None], velocity_km_s[None]
    to_rtn = rtn_axes(*state)[0]
    to_local = {"RTN": to_rtn, "TNW": tnw_axes(*state)[0], "ICRF": np.eye(3)}[table.axes]
    covariance_km2 = to_local.T @ matrix[:3, :3] @ to_local
    return PositionCovariance(
        covariance_km2=covariance_km2,
        sigma_rtn_km=np.sqrt(np.diag(to_rtn @ covariance_km2 @ to_rtn.T)),
    )


def _positive_definite(matrix: FloatArray) -> FloatArray | None:
    return matrix if (np.linalg.eigvalsh(matrix) > 0).all() else None
