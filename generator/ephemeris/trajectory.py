"""An object's motion as polynomials: what every reader delivers and every screen consumes.

A :class:`Trajectory` is a row of :class:`Arc`; no interpolation ever crosses from one arc into the next, and nothing
is known between them. Within an arc, each interval between two knots carries one Chebyshev series per axis for the
position in the trajectory's frame (for a cycle ICRF axes about the body that it screens around); the velocity is its
derivative.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.epochs import Epoch
from nearpass.astro.frames import Frame
from nearpass.errors import CoverageError
from nearpass.reasons.motions import MotionReason

FloatArray = NDArray[np.float64]

ROUNDING_S: Final = 1e-6
"""A computed instant so little outside the coverage is its first or last: clocks and solvers round, objects move mm."""


class Proof(StrEnum):
    """How the error of a polynomial against the ephemeris is known."""

    EXACT = "exact"  # the ephemeris is this polynomial (OEM interpolant, SPK types 2 and 3)
    SAMPLED = "sampled"  # compared with the ephemeris on a finer grid only


def _read_only(*arrays: FloatArray) -> None:
    for array in arrays:
        array.setflags(write=False)


@dataclass(frozen=True, eq=False)
class Arc:
    """Positions over one stretch without a break.

    ``knots_s`` has shape ``(K + 1,)``, strictly increasing, in seconds from the trajectory's epoch.
    ``coefficients_km`` has shape ``(K, D + 1, 3)``: Chebyshev coefficients on each interval mapped to [-1, 1].
    ``error_km`` bounds the distance to the ephemeris itself; 0 where the ephemeris is the polynomial. ``covariances``
    are those delivered with this stretch, None where there are none.
    """

    knots_s: FloatArray
    coefficients_km: FloatArray
    error_km: float
    covariances: CovarianceTable | None = None

    def __post_init__(self) -> None:
        _read_only(self.knots_s, self.coefficients_km)

    @property
    def start_s(self) -> float:
        """First second covered."""
        return float(self.knots_s[0])

    @property
    def stop_s(self) -> float:
        """Last second covered."""
        return float(self.knots_s[-1])

    def position_km(self, offsets_s: FloatArray) -> FloatArray:
        """Positions, shape ``(N, 3)``, at offsets of shape ``(N,)``; one outside the arc counts as its nearer end."""
        interval, u = self._locate(offsets_s)
        return clenshaw(self.coefficients_km, interval, u)

    def state(self, offsets_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Positions in km and velocities in km/s, each ``(N, 3)``, at offsets ``(N,)``; as :meth:`position_km`."""
        interval, u = self._locate(offsets_s)
        position_km, slope_km = clenshaw_with_slope(self.coefficients_km, interval, u)
        half_width_s = (self.knots_s[interval + 1] - self.knots_s[interval]) / 2.0
        return position_km, slope_km / half_width_s[:, None]

    def _locate(self, offsets_s: FloatArray) -> tuple[NDArray[np.intp], FloatArray]:
        """Interval number and place in [-1, 1] of each offset; a knot belongs to the interval it opens."""
        knots_s = self.knots_s
        offsets_s = np.clip(offsets_s, knots_s[0], knots_s[-1])  # a series is never carried beyond its arc
        interval = np.clip(np.searchsorted(knots_s, offsets_s, side="right") - 1, 0, len(knots_s) - 2)
        left_s, right_s = knots_s[interval], knots_s[interval + 1]
        return interval, (2.0 * offsets_s - left_s - right_s) / (right_s - left_s)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CovarianceTable:
    """Covariances of position and velocity delivered with one arc: ``offsets_s`` ``(N,)``, ``matrices`` ``(N, 6, 6)``.

    ICRF axes; km**2, km**2/s and km**2/s**2. The velocity part is zero where none was delivered. ``motion`` is the same
    motion as the arc's as far as the covariances reach, where they reach beyond it; None where they do not.
    """

    offsets_s: FloatArray
    matrices: FloatArray
    motion: Arc | None = None

    def __post_init__(self) -> None:
        _read_only(self.offsets_s, self.matrices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approximation:
    """That a motion was not delivered: how it was made, from which offset on, and how far off it may be by its end."""

    kind: Literal["theory", "secular J2", "one state"]
    how: MotionReason
    since_s: float
    error_km: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Trajectory:
    """One object's motion in a frame: arcs in order of time that may touch but never overlap.

    ``object_id`` is the object's designator in its delivery. ``approximation`` is None where every state was delivered.
    """

    object_id: str
    frame: Frame
    epoch: Epoch
    arcs: tuple[Arc, ...]
    proof: Proof
    approximation: Approximation | None = None

    @property
    def has_covariance(self) -> bool:
        """Whether any covariance was delivered."""
        return any(arc.covariances is not None for arc in self.arcs)

    @property
    def spans_s(self) -> tuple[tuple[float, float], ...]:
        """Start and stop of each arc."""
        return tuple((arc.start_s, arc.stop_s) for arc in self.arcs)

    def arc_at(self, offset_s: float) -> Arc:
        """The arc that covers an offset; at a joint the later one.

        Raises:
            CoverageError: if none does.

        """
        for slack_s in (0.0, ROUNDING_S):
            for arc in reversed(self.arcs):
                if arc.start_s - slack_s <= offset_s <= arc.stop_s + slack_s:
                    return arc
        moment = (self.epoch + offset_s).iso(digits=3)
        raise CoverageError("a state can be had only inside the coverage", value=f"{moment} UTC")

    def covers(self, offsets_s: FloatArray) -> NDArray[np.bool_]:
        """At which offsets of shape ``(N,)`` a state can be had; :data:`ROUNDING_S` beyond an arc counts as its end."""
        offsets_s = np.asarray(offsets_s, dtype=np.float64)
        covered = np.zeros(offsets_s.shape, dtype=np.bool_)
        for start_s, stop_s in self.spans_s:
            covered |= (offsets_s >= start_s - ROUNDING_S) & (offsets_s <= stop_s + ROUNDING_S)
        return covered

    def state(self, offsets_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Positions in km and velocities in km/s, each ``(N, 3)``, at offsets of shape ``(N,)``.

        Raises:
            CoverageError: if :meth:`covers` denies an offset.

        """
        offsets_s = np.asarray(offsets_s, dtype=np.float64)
        position_km, velocity_km_s = np.full((2, len(offsets_s), 3), np.nan)
        for slack_s in (0.0, ROUNDING_S):  # what lies inside an arc is never taken from a neighbour's end
            missing = np.isnan(position_km[:, 0])
            for arc in self.arcs if missing.any() else ():
                inside = (offsets_s >= arc.start_s - slack_s) & (offsets_s <= arc.stop_s + slack_s) & missing
                position_km[inside], velocity_km_s[inside] = arc.state(offsets_s[inside])
        missing = np.isnan(position_km[:, 0])
        if missing.any():
            self.arc_at(float(offsets_s[missing][0]))
        return position_km, velocity_km_s


def clenshaw(coefficients: FloatArray, interval: NDArray[np.intp], u: FloatArray) -> FloatArray:
    """Values ``(N, 3)`` of Chebyshev series ``(K, D + 1, 3)`` at places ``u`` ``(N,)`` of intervals ``(N,)``.

    Clenshaw's recurrence (Clenshaw 1955); one pass per degree over all points.
    """
    last = coefficients.shape[1] - 1
    above = np.zeros((len(u), 3))
    here = np.zeros((len(u), 3))
    twice_u = 2.0 * u[:, None]
    for degree in range(last, 0, -1):
        here, above = coefficients[interval, degree] + twice_u * here - above, here
    return np.asarray(coefficients[interval, 0] + u[:, None] * here - above)


def clenshaw_with_slope(
    coefficients: FloatArray, interval: NDArray[np.intp], u: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Values and derivatives by ``u``, each ``(N, 3)``, of Chebyshev series as in :func:`clenshaw`.

    The derivative is that of the recurrence itself, so that no second table of coefficients is kept.
    """
    last = coefficients.shape[1] - 1
    above, here, slope_above, slope = np.zeros((4, len(u), 3))
    twice_u = 2.0 * u[:, None]
    for degree in range(last, 0, -1):
        slope, slope_above = 2.0 * here + twice_u * slope - slope_above, slope
        here, above = coefficients[interval, degree] + twice_u * here - above, here
    value = coefficients[interval, 0] + u[:, None] * here - above
    return np.asarray(value), np.asarray(here + u[:, None] * slope - slope_above)
