"""Told approaches, as a search for decoys aims at them: which miss vectors would be told in the same cells.

A distance fixes a ring in the plane of the encounter; a power of ten of the probability, where it is told as well, a
part of that ring, since it depends on where the miss lies in the combined covariance. What is aimed at is decided here
by the plane's own formula for small bodies; what is told of a decoy in the end, by the whole assessment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.local_axes import tnw_axes

FloatArray = NDArray[np.float64]
States = tuple[FloatArray, FloatArray]
"""A position in km and a velocity in km/s, each ``(3,)``."""
ANGLES: Final = 90
RINGS: Final = 9
ROUNDING_KM: Final = 1e-4
SIGMAS: Final = 3.0  # of the short axis of a covariance, within which places across its long one are tried
MARGIN: Final = 0.1  # of a cell of distance, that its edges are kept away from
FACTOR: Final = 1.25  # that the edges of a cell of probability are kept away from


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Meeting:
    """A told approach: in which cycle, with whom, and the cells; ``span_s`` counts from that cycle's cut-off.

    ``pc`` is the told cell of the probability, None where none is told. ``tnw_km2`` are the
    covariances of both positions, each along its velocity and across (TNW), ``(3, 3)``, the object's first; None where
    one is missing.
    """

    cycle: int
    other: str
    span_s: tuple[float, float]
    miss_km: tuple[float, float]
    pc: tuple[float, float] | None
    hbr_km: float
    tnw_km2: tuple[FloatArray, FloatArray] | None

    def targets_km(self, mine: States, other: States) -> FloatArray:
        """Miss vectors ``(N, 3)``, the object less the other, that would be told so at these states; maybe none."""
        plane = _plane(mine[1] - other[1])
        low_km, high_km = self._kept_km
        angles = np.append(np.linspace(0.0, 2.0 * np.pi, ANGLES, endpoint=False), self._along((mine, other), plane))
        ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        points = (np.linspace(low_km, high_km, RINGS)[:, None, None] * ring).reshape(-1, 2)
        return np.asarray(points[self._told_so(points, (mine, other), plane)] @ plane)

    def off_km(self, mine: States, other: States) -> FloatArray:
        """By how much a miss vector ``(3,)`` is beside the nearest that would be told so; 0 where it would be."""
        miss_km = mine[0] - other[0]
        plane, distance_km = _plane(mine[1] - other[1]), float(np.linalg.norm(miss_km))
        low_km, high_km = self._kept_km
        if (
            low_km - ROUNDING_KM <= distance_km <= high_km + ROUNDING_KM
            and self._told_so((plane @ miss_km)[None], (mine, other), plane)[0]
        ):
            return np.zeros(3)
        targets_km = self.targets_km(mine, other)
        if not len(targets_km):
            return np.asarray(miss_km * (1.0 - np.clip(distance_km, low_km, high_km) / max(distance_km, 1e-12)))
        return np.asarray(miss_km - targets_km[np.linalg.norm(targets_km - miss_km, axis=1).argmin()])

    @property
    def _kept_km(self) -> tuple[float, float]:
        low_km, high_km = self.miss_km
        return low_km + MARGIN * (high_km - low_km), high_km - MARGIN * (high_km - low_km)

    def _along(self, both: tuple[States, States], plane: FloatArray) -> FloatArray:
        """Angles near both ends of the long axis of the combined covariance: a grid has none in a slim one."""
        if self.pc is None or self.tnw_km2 is None:
            return np.empty(0)
        squared_km2, axes = np.linalg.eigh(_combined_km2(both, self.tnw_km2, plane))
        slimness = np.sqrt(max(squared_km2[0], 0.0)) / max(sum(self.miss_km) / 2.0, 1e-9)
        off = slimness * np.linspace(-SIGMAS, SIGMAS, ANGLES // 4)
        angle = np.arctan2(axes[1, 1], axes[0, 1])
        return np.concatenate([angle + off, angle + np.pi + off])

    def _told_so(self, points_km: FloatArray, both: tuple[States, States], plane: FloatArray) -> NDArray[np.bool_]:
        """Whether the probability of misses ``(N, 2)`` in the plane would be told as it was."""
        if self.pc is None or self.tnw_km2 is None:
            return np.ones(len(points_km), dtype=np.bool_)
        combined_km2 = _combined_km2(both, self.tnw_km2, plane)
        root = float(np.sqrt(max(np.linalg.det(combined_km2), 1e-300)))
        squared = np.einsum("ni,ij,nj->n", points_km, np.linalg.pinv(combined_km2), points_km)
        pc = np.minimum(1.0, self.hbr_km**2 / (2.0 * root) * np.exp(-0.5 * squared))
        low, high = self.pc
        return np.asarray((pc >= low * FACTOR) & (pc < (high / FACTOR if high < 1.0 else np.inf)))


def _combined_km2(both: tuple[States, States], tnw_km2: tuple[FloatArray, FloatArray], plane: FloatArray) -> FloatArray:
    """The combined covariance ``(2, 2)`` in the plane of the encounter."""
    found = np.zeros((2, 2))
    for (position_km, velocity_km_s), matrix_km2 in zip(both, tnw_km2, strict=True):
        to_plane = plane @ tnw_axes(position_km[None], velocity_km_s[None])[0].T
        found += to_plane @ matrix_km2 @ to_plane.T
    return found


def _plane(relative_km_s: FloatArray) -> FloatArray:
    """Two unit vectors ``(2, 3)`` normal to a relative velocity."""
    along = relative_km_s / max(float(np.linalg.norm(relative_km_s)), 1e-12)
    first = np.cross(along, np.eye(3)[np.abs(along).argmin()])
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(along, first)])
