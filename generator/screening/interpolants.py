"""What the search needs of a fleet: interpolants of its objects on common intervals, of all or of some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.polynomial import chebyshev as series
from numpy.typing import NDArray

from nearpass.screening import chebyshev
from nearpass.screening.fleet import DEGREE

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]


class Interpolants(Protocol):
    """As :class:`~nearpass.screening.fleet.Fleet`, which holds them all."""

    refines: ClassVar[bool]

    @property
    def edges_s(self) -> FloatArray:
        """Ends of the K intervals, ``(K + 1,)``."""

    @property
    def arc_number(self) -> IndexArray:
        """Arc of each object on each interval, ``(N, K)``; -1 where it is not covered."""

    @property
    def arc_spans_s(self) -> FloatArray:
        """Start and stop of each arc, ``(2, A)``."""

    def series_km(self, objects: IndexArray, intervals: IndexArray) -> FloatArray:
        """Interpolants ``(M, 3, DEGREE + 1)``."""

    def errors_km(self, objects: IndexArray, intervals: IndexArray) -> tuple[FloatArray, FloatArray]:
        """Errors ``(M,)`` of interpolants against arcs, and of arcs against ephemerides."""

    def states(
        self, objects: IndexArray, intervals: IndexArray, offsets_s: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Positions in km and velocities in km/s, each ``(M, 3)``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SomeInterpolants:
    """Interpolants of N objects on those of K intervals on which they are needed.

    ``row`` ``(N, K)`` points into ``fits_km`` ``(R, 3, DEGREE + 1)`` and ``error_km`` ``(R,)``, and is -1 elsewhere.
    The interpolants stand for the motion itself, from which they differ by the error.
    """

    edges_s: FloatArray
    arc_number: IndexArray
    row: NDArray[np.int32]
    fits_km: FloatArray
    error_km: FloatArray

    refines: ClassVar[bool] = False

    @property
    def arc_spans_s(self) -> FloatArray:
        """Every arc is taken to reach over the whole window; what is not covered has no number."""
        ends_s = np.array([[self.edges_s[0]], [self.edges_s[-1]]])
        return np.repeat(ends_s, int(self.arc_number.max(initial=0)) + 1, axis=1)

    def series_km(self, objects: IndexArray, intervals: IndexArray) -> FloatArray:
        """Interpolants ``(M, 3, DEGREE + 1)``."""
        return np.asarray(self.fits_km[self.row[objects, intervals]])

    def errors_km(self, objects: IndexArray, intervals: IndexArray) -> tuple[FloatArray, FloatArray]:
        """The error counts as the ephemeris's own: it cannot be told apart in minima of the interpolants."""
        error_km = self.error_km[self.row[objects, intervals]]
        return np.zeros_like(error_km), error_km

    def states(
        self, objects: IndexArray, intervals: IndexArray, offsets_s: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Positions in km and velocities in km/s, each ``(M, 3)``, of the interpolants."""
        start_s, stop_s = self.edges_s[intervals], self.edges_s[intervals + 1]
        values = series.chebvander((2.0 * offsets_s - start_s - stop_s) / (stop_s - start_s), DEGREE)
        fits_km = self.series_km(objects, intervals)
        position_km = np.einsum("nik,nk->ni", fits_km, values)
        slope_km = np.einsum("nik,nk->ni", fits_km @ chebyshev.derivative(DEGREE), values[:, :-1])
        return position_km, slope_km * (2.0 / (stop_s - start_s))[:, None]
