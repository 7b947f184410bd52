"""Axes that move with an orbit: RTN (also called RSW, RIC or QSW) and TNW.

CCSDS 502.0-B-3, 3.2.4.11 and annex B; SANA registry of orbit-relative reference frames.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearpass.errors import FrameError

FloatArray = NDArray[np.float64]


def rtn_axes(position_km: FloatArray, velocity_km_s: FloatArray) -> FloatArray:
    """Rotation matrices ``(N, 3, 3)`` from the axes of the state to RTN, for states of shape ``(N, 3)``.

    Rows are R along the position, N along the orbital angular momentum, T = N x R completing the triad.

    Raises:
        FrameError: where position and velocity are parallel, so that no plane is defined.
    """
    radial = _unit(position_km)
    normal = _unit(np.cross(position_km, velocity_km_s))
    return np.stack([radial, np.cross(normal, radial), normal], axis=1)


def tnw_axes(position_km: FloatArray, velocity_km_s: FloatArray) -> FloatArray:
    """Rotation matrices ``(N, 3, 3)`` from the axes of the state to TNW, for states of shape ``(N, 3)``.

    Rows are T along the velocity, W along the orbital angular momentum, N = W x T.

    Raises:
        FrameError: where position and velocity are parallel.
    """
    tangential = _unit(velocity_km_s)
    momentum = _unit(np.cross(position_km, velocity_km_s))
    return np.stack([tangential, np.cross(momentum, tangential), momentum], axis=1)


def _unit(vectors: FloatArray) -> FloatArray:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (length > 0).all():
        raise FrameError("local orbital axes need a position and a velocity that are not parallel")
    return np.asarray(vectors / length)
