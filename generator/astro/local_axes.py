"""Axes that move with an orbit: RTN and TNW, and the other names under which these are written.

CCSDS 502.0-B-3, 3.2.4.11, knows RTN, RSW (the same) and TNW. The SANA registry of orbit-relative reference frames
(OID 1.3.112.4.57.3) has more, each as ``_INERTIAL`` and ``_ROTATING``; QSW and UVW are common names of RTN. Each of
them is RTN or TNW with its axes in another order or the other way round, so a covariance is turned without rounding.
A ``_ROTATING`` covariance is one of velocities relative to the turning axes: ``v' = v - w x r``. Without either ending
the axes stand still at the instant, as in a Conjunction Data Message.

Some names mean two things to their users, and are refused with both: "in-track" is transverse for some and along the
velocity for others, and LVLH has its third axis to the nadir (SANA) or along the momentum (as in Orekit).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from nearpass.errors import FrameError

FloatArray = NDArray[np.float64]
Base = Literal["RTN", "TNW"]

_SAME: Final = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
_TABLE: Final[Mapping[str, tuple[Base, tuple[tuple[int, int, int], ...]]]] = MappingProxyType(
    {  # rows: each axis by its components along the axes of the base
        "RTN": ("RTN", _SAME),
        "RSW": ("RTN", _SAME),
        "QSW": ("RTN", _SAME),
        "UVW": ("RTN", _SAME),
        "TNW": ("TNW", _SAME),
        "NTW": ("TNW", ((0, -1, 0), (1, 0, 0), (0, 0, 1))),  # outward normal to the velocity, velocity, momentum
        "VNC": ("TNW", ((1, 0, 0), (0, 0, 1), (0, -1, 0))),  # velocity, momentum, completing
        "VNB": ("TNW", ((1, 0, 0), (0, 0, 1), (0, -1, 0))),
        "LVLH": ("RTN", ((0, 1, 0), (0, 0, -1), (-1, 0, 0))),  # completing, against the momentum, to the nadir
        "VVLH": ("RTN", ((0, 1, 0), (0, 0, -1), (-1, 0, 0))),
    }
)
_AMBIGUOUS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "RIC": "I is transverse for some and along the velocity for others",
        "LVLH": "its third axis points to the nadir (LVLH_INERTIAL of the SANA registry) or along the momentum",
    }
)
_UNSUPPORTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "EQW": "the first axis depends on a reference plane",
        "NSW": "it depends on the direction of the Sun",
        "PQW": "the first axis points to the periapsis, which is not defined for a circular orbit",
        "SEZ": "it is of a place on the ground",
    }
)
PLAIN_NAMES: Final = ("RTN", "RSW", "TNW")
"""What CCSDS 502.0-B-3 knows."""
OTHER_NAMES: Final = ("QSW", "UVW", "NTW", "VNC", "VVLH")
"""What is read besides, as a list for an error; with ``_INERTIAL`` or ``_ROTATING`` also LVLH."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrbitAxes:
    """Axes by a name: ``turn`` ``(3, 3)`` takes vectors in RTN or TNW, whichever is the ``base``, into them."""

    name: str
    base: Base
    turn: FloatArray
    rotating: bool

    def in_base(self, covariances: FloatArray) -> FloatArray:
        """Covariances ``(N, 6, 6)`` of position and velocity in the axes of the base, to the bit."""
        both = np.zeros((6, 6))
        both[:3, :3] = both[3:, 3:] = self.turn
        return np.asarray(both.T @ covariances @ both)


def orbit_axes(name: str) -> OrbitAxes | None:
    """The axes with this name, in any case; None for a name that is not one of orbit-relative axes.

    Raises:
        FrameError: for orbit-relative axes that are not defined well enough to be turned, with the reason.
    """
    key = "_".join(name.upper().replace("-", "_").split())
    stem = key.removesuffix("_INERTIAL").removesuffix("_ROTATING")
    if stem in _UNSUPPORTED:
        raise FrameError(f"{stem} cannot be turned: {_UNSUPPORTED[stem]}", value=name)
    if stem in _AMBIGUOUS and (key == stem or stem not in _TABLE):
        hint = f'set axes = {{ {key} = "RTN" }} under [[object.ephemeris]] if that is meant'
        raise FrameError(f"{stem} is not clear, {_AMBIGUOUS[stem]}: {hint}", value=name)
    if stem not in _TABLE:
        return None
    base, rows = _TABLE[stem]
    turn = np.array(rows, dtype=np.float64)
    return OrbitAxes(name=key, base=base, turn=turn, rotating=key.endswith("_ROTATING"))


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
