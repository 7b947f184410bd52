"""When two orbits truly cross: the orbit-crossing distance over the coming months, by secular drift.

Beyond the ephemerides nothing is known of where an object is along its orbit, but the orbits turn slowly and steadily
under the oblateness of the body. One revolution of each is taken from its ephemeris and turned rigidly, the node about
the pole and the periapsis within the plane, at the secular rates of first order in J2. That is a forecast of the
season in which to look, not of distances: manoeuvres, drag, the other harmonics, the moons and the Sun are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from nearpass.astro.drift import SecularRates, secular_rates
from nearpass.astro.frames import check_one_frame
from nearpass.crossing.pieces import Pieces
from nearpass.crossing.search import find_minima
from nearpass.crossing.strip import prepare
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.errors import InputError

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]

_DAY_S: Final = 86_400.0
_PLACES: Final = 17  # nodes a piece, a fraction of a degree of the orbit apart
_VALLEY_PAIRS: Final = 48  # a revolution has some twenty pieces, each beside two or three of the other
_VALLEY: Final = 1e-12  # relative, of place, squared distance and slope
_OVERLAP: Final = 1.1  # revolutions taken, so that every place lies inside the arc


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Season:
    """The smallest orbit-crossing distance on each day, ``(N,)``, and when it is below the threshold.

    ``offsets_days`` counts from the start; ``below_days`` has start and stop of each stretch, interpolated between
    days, and ends with the series where that ends below.
    """

    offsets_days: FloatArray
    oxd_km: FloatArray
    threshold_km: float
    below_days: tuple[tuple[float, float], ...]
    rates: tuple[SecularRates, SecularRates]


def season(
    first: Trajectory,
    second: Trajectory,
    *,
    at_s: float,
    periods_s: tuple[float | None, float | None],
    gm_km3_s2: float,
    radius_km: float,
    j2: float,
    pole: FloatArray,
    threshold_km: float,
    days: float,
    step_days: float = 1.0,
) -> Season:
    """Forecast the smallest orbit-crossing distance from ``at_s`` on.

    Args:
        first: One motion.
        second: The other, on the same epoch.
        at_s: Start; the revolution of each nearest to it is taken.
        periods_s: Orbital periods of both.
        gm_km3_s2: Gravitational parameter of the body.
        radius_km: Its equatorial radius, to which ``j2`` refers.
        j2: Its second zonal harmonic, not normalised.
        pole: Unit vector ``(3,)`` of its axis, in the working frame.
        threshold_km: Orbit-crossing distance that matters.
        days: Length of the forecast.
        step_days: Its step.

    Raises:
        FrameError: for motions about different bodies or in different axes.
        InputError: for an orbit without a period, or not covered for a whole revolution.

    """
    check_one_frame((one.object_id, one.frame) for one in (first, second))
    offsets_days = np.arange(0.0, days + 0.5 * step_days, step_days)
    turned: list[Pieces] = []
    rates: list[SecularRates] = []
    for trajectory, period_s in zip((first, second), periods_s, strict=True):
        pieces = _one_revolution(trajectory, at_s, period_s)
        normal = _normal(pieces)
        drift = secular_rates(
            **_shape(pieces, period_s or np.nan, gm_km3_s2, normal, pole),
            gm_km3_s2=gm_km3_s2,
            radius_km=radius_km,
            j2=j2,
        )
        # both orbits start as the ephemeris has them in the middle of the revolution
        elapsed_s = at_s + offsets_days * _DAY_S - 0.5 * (pieces.middle_s[0] + pieces.middle_s[-1])
        node = Rotation.from_rotvec(np.outer(drift.node_rad_s * elapsed_s, pole))
        argument = Rotation.from_rotvec(np.outer(drift.argument_rad_s * elapsed_s, normal))
        turned.append(_on_each_day(pieces, (node * argument).as_matrix()))
        rates.append(drift)
    oxd_km = _smallest(turned[0], turned[1], len(offsets_days))
    return Season(
        offsets_days=offsets_days,
        oxd_km=oxd_km,
        threshold_km=threshold_km,
        below_days=_stretches_below(offsets_days, oxd_km, threshold_km),
        rates=(rates[0], rates[1]),
    )


def _one_revolution(trajectory: Trajectory, at_s: float, period_s: float | None) -> Pieces:
    if period_s is None:
        raise InputError("a season needs orbits that come round", value=period_s)
    pieces = prepare(trajectory, (at_s - 1.0, at_s + 1.0), _OVERLAP * period_s).pieces
    if np.sum(2.0 * pieces.half_s) < period_s:
        raise InputError("a season needs one whole revolution of the ephemeris", value=float(np.sum(pieces.half_s) * 2))
    return pieces


def _normal(pieces: Pieces) -> FloatArray:
    """Unit vector of the mean angular momentum."""
    momentum = np.cross(pieces.middle[:, :, 0], pieces.middle[:, :, 1]).mean(axis=0)
    return np.asarray(momentum / np.linalg.norm(momentum))


def _shape(pieces: Pieces, period_s: float, gm_km3_s2: float, normal: FloatArray, pole: FloatArray) -> dict[str, float]:
    """Size from the period, eccentricity from the extreme radii, inclination from the mean plane."""
    places = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    rows = np.repeat(np.arange(len(pieces)), len(places))
    radius_km = np.linalg.norm(pieces.motion(rows, np.tile(places, len(pieces)), 1)[:, :, 0], axis=1)
    return {
        "semi_major_km": float(np.cbrt(gm_km3_s2 * (period_s / (2.0 * np.pi)) ** 2)),
        "eccentricity": float((radius_km.max() - radius_km.min()) / (radius_km.max() + radius_km.min())),
        "inclination_rad": float(np.arctan2(np.linalg.norm(np.cross(pole, normal)), pole @ normal)),
    }


def _on_each_day(pieces: Pieces, rotations: FloatArray) -> Pieces:
    """The pieces turned by each matrix ``(D, 3, 3)``, day after day."""
    rows = np.tile(np.arange(len(pieces)), len(rotations))
    return pieces.take(rows).rotated(np.repeat(rotations, len(pieces), axis=0))


def _smallest(first: Pieces, second: Pieces, count: int) -> FloatArray:
    """Smallest distance between two arcs on each of ``count`` days; the middles of the pieces bound it from above."""
    at = first.middle[:, :, 0].reshape(count, -1, 3)
    to = second.middle[:, :, 0].reshape(count, -1, 3)
    distance_km = np.sqrt(sum((at[:, :, None, axis] - to[:, None, :, axis]) ** 2 for axis in range(3)))
    limit_km = distance_km.min(axis=(1, 2))
    reach_km = (first.radius_km + first.error_km).reshape(count, -1, 1)
    reach_km = reach_km + (second.radius_km + second.error_km).reshape(count, 1, -1)
    day, i, j = np.nonzero(distance_km <= reach_km + limit_km[:, None, None])
    found = find_minima(first, second, day * at.shape[1] + i, day * to.shape[1] + j, limit_km[day])
    oxd_km = np.full(count, np.inf)
    np.minimum.at(oxd_km, day[found.box], found.distance_km)
    for lost in np.flatnonzero(np.isinf(oxd_km)):
        own = day == lost
        oxd_km[lost] = _in_a_valley(first, second, lost * at.shape[1] + i[own], lost * to.shape[1] + j[own])
    return oxd_km


def _in_a_valley(first: Pieces, second: Pieces, i: IndexArray, j: IndexArray) -> float:
    """Smallest distance of pairs of pieces ``(N,)`` that run so nearly alike that no minimum stands out.

    A grid on each pair, then downhill from its best node: the nearest pairs cover the floor of the valley.
    """
    places = np.linspace(-1.0, 1.0, _PLACES)

    def nodes(pieces: Pieces, rows: IndexArray) -> FloatArray:
        motion = pieces.motion(np.repeat(rows, _PLACES), np.tile(places, len(rows)), 1)
        return np.asarray(motion[:, :, 0].reshape(len(rows), _PLACES, 3))

    def downhill_km(pair: int) -> float:
        def gap_km(place: FloatArray) -> FloatArray:
            at = first.motion(i[pair : pair + 1], place[:1], 1)
            return np.asarray((at - second.motion(j[pair : pair + 1], place[1:], 1)).ravel())

        start = places[np.array(np.unravel_index(grid_km2[pair].argmin(), grid_km2[pair].shape))]
        found = least_squares(
            gap_km, start, bounds=(-1.0, 1.0), method="dogbox", xtol=_VALLEY, ftol=_VALLEY, gtol=_VALLEY
        )
        return float(np.linalg.norm(found.fun))

    grid_km2 = np.sum((nodes(first, i)[:, :, None] - nodes(second, j)[:, None]) ** 2, axis=3)
    nearest = np.argsort(grid_km2.min(axis=(1, 2)))[:_VALLEY_PAIRS]
    return min(downhill_km(int(pair)) for pair in nearest)


def _stretches_below(
    offsets_days: FloatArray, oxd_km: FloatArray, threshold_km: float
) -> tuple[tuple[float, float], ...]:
    """Where a series of straight lines is at or below the threshold."""
    below = oxd_km <= threshold_km
    change = np.flatnonzero(below[1:] != below[:-1])
    share = (threshold_km - oxd_km[change]) / (oxd_km[change + 1] - oxd_km[change])
    ends = (offsets_days[change] + share * np.diff(offsets_days)[change]).tolist()
    ends = [float(offsets_days[0])] * bool(below[0]) + ends + [float(offsets_days[-1])] * bool(below[-1])
    return tuple(zip(ends[::2], ends[1::2], strict=True))
