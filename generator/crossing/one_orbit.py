"""Whether two objects go along one orbit: then their paths are near everywhere, and one revolution stands for all."""

from __future__ import annotations

from typing import Final

import numpy as np

from nearpass.ephemeris.trajectory import FloatArray, Trajectory

_POINTS: Final = 64
_PLACES: Final = 2_048
_SHARE: Final = 0.9
"""Of the points of a revolution, which must be near the other orbit: two orbits that only cross are so at few."""
_PERIODS: Final = 0.02
"""By how much of them the periods may differ."""


def one_orbit(
    first: Trajectory, second: Trajectory, periods_s: tuple[float | None, float | None], limit_km: float
) -> bool:
    """Whether nearly every point of a revolution of the first lies within the limit of the second's orbit.

    Args:
        first: One motion.
        second: The other, on the same epoch.
        periods_s: Orbital periods of both; an orbit without one is never shared.
        limit_km: Orbit-crossing distance that matters.
    """
    one_s, two_s = periods_s
    if one_s is None or two_s is None or abs(one_s - two_s) > _PERIODS * max(one_s, two_s):
        return False
    points_km, _ = _revolution(first, one_s, _POINTS)
    places_km, velocities_km_s = _revolution(second, two_s, _PLACES)
    if not len(points_km) or not len(places_km):
        return False
    gap_km = points_km[:, None] - places_km
    nearest = np.linalg.norm(gap_km, axis=2).argmin(axis=1)
    gap_km = gap_km[np.arange(len(points_km)), nearest]
    along = velocities_km_s[nearest] / np.linalg.norm(velocities_km_s[nearest], axis=1, keepdims=True)
    aside_km = np.linalg.norm(gap_km - np.sum(gap_km * along, axis=1, keepdims=True) * along, axis=1)
    return float(np.mean(aside_km <= limit_km)) >= _SHARE


def _revolution(trajectory: Trajectory, period_s: float, count: int) -> tuple[FloatArray, FloatArray]:
    """States ``(N, 3)`` along the first revolution that the ephemeris covers, as far as it covers it."""
    if not trajectory.arcs:
        return np.empty((0, 3)), np.empty((0, 3))
    start_s = trajectory.spans_s[0][0]
    at_s = np.linspace(start_s, start_s + period_s, count)
    return trajectory.state(at_s[trajectory.covers(at_s)])
