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
from scipy.spatial.transform import Rotation

from nearpass.astro.drift import SecularRates, secular_rates
from nearpass.astro.frames import check_one_frame
from nearpass.crossing.bounds import OPEN, decide
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
_VALLEY: Final = 1e-12  # of half a piece: a place that moves by less is found
_MOST_STEPS: Final = 40
_FIRST_DAMPING: Final = 1e-3
_LEAST_DAMPING: Final = 1e-9  # keeps the step along a floor that is level finite
_MOST_DAMPING: Final = 1e8  # no shorter step leads down
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
    rows = day * at.shape[1] + i, day * to.shape[1] + j
    undecided = day[decide(first, second, *rows, limit_km[day]).kind == OPEN]
    single = (np.bincount(undecided, minlength=count) <= _VALLEY_PAIRS)[day]  # else the orbits run side by side
    found = find_minima(first, second, rows[0][single], rows[1][single], limit_km[day[single]])
    oxd_km = np.full(count, np.inf)
    np.minimum.at(oxd_km, day[single][found.box], found.distance_km)
    lost = np.flatnonzero(np.isinf(oxd_km))
    starts = [_in_a_valley(first, second, rows[0][own], rows[1][own]) for own in (day == one for one in lost)]
    if starts:
        pairs, places = (np.concatenate(parts) for parts in zip(*starts, strict=True))
        found_km = _downhill_km(first, second, pairs[:, 0], pairs[:, 1], places)
        np.minimum.at(oxd_km, np.repeat(lost, [len(own) for own, _ in starts]), found_km)
    return oxd_km


def _in_a_valley(first: Pieces, second: Pieces, i: IndexArray, j: IndexArray) -> tuple[IndexArray, FloatArray]:
    """Where the floor of a valley may be lowest, of pairs of pieces ``(N,)`` with no minimum that stands out.

    Gives the nearest pairs ``(M, 2)``, which cover the floor, and places ``(M, 2)`` in their pieces: the best nodes of
    a grid.
    """
    places = np.linspace(-1.0, 1.0, _PLACES)

    def nodes(pieces: Pieces, rows: IndexArray) -> FloatArray:
        own, again = np.unique(rows, return_inverse=True)
        motion = pieces.motion(np.repeat(own, _PLACES), np.tile(places, len(own)), 1)
        return np.asarray(motion[:, :, 0].reshape(len(own), _PLACES, 3)[again])

    grid_km2 = np.sum((nodes(first, i)[:, :, None] - nodes(second, j)[:, None]) ** 2, axis=3).reshape(len(i), -1)
    nearest = np.argsort(grid_km2.min(axis=1))[:_VALLEY_PAIRS]
    best = np.unravel_index(grid_km2[nearest].argmin(axis=1), (_PLACES, _PLACES))
    return np.column_stack([i[nearest], j[nearest]]), places[np.column_stack(best)]


def _downhill_km(first: Pieces, second: Pieces, i: IndexArray, j: IndexArray, start: FloatArray) -> FloatArray:
    """Least distances ``(N,)`` of pairs of pieces, downhill from places ``(N, 2)`` of [-1, 1] in both.

    All at once by the method of Levenberg and Marquardt (Marquardt 1963), which takes short steps where the floor is
    flat: scipy's descends from one start at a time. A place at an end of its piece stays there while the way down leads
    outside.
    """

    def gap(place: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Half of the squared distance, its slope ``(N, 2)``, and its curvature ``(N, 2, 2)`` by first derivatives."""
        at, to = first.motion(i, place[:, 0], 2), second.motion(j, place[:, 1], 2)
        apart = at[:, :, 0] - to[:, :, 0]
        along = np.stack([at[:, :, 1] * first.half_s[i, None], -to[:, :, 1] * second.half_s[j, None]], axis=2)
        return (
            0.5 * np.sum(apart**2, axis=1),
            np.einsum("nx,nxk->nk", apart, along),
            np.einsum("nxk,nxl->nkl", along, along),
        )

    place, damping = start, np.full(len(start), _FIRST_DAMPING)
    height, slope, curvature = gap(place)
    for _ in range(_MOST_STEPS):
        held = ((place <= -1.0) & (slope > 0.0)) | ((place >= 1.0) & (slope < 0.0))
        bent = np.where(held[:, :, None] | held[:, None, :], 0.0, curvature)
        own = np.einsum("nkk->nk", curvature)
        bent[:, [0, 1], [0, 1]] = own * (1.0 + damping[:, None])
        step = -np.linalg.solve(bent, np.where(held, 0.0, slope)[:, :, None])[:, :, 0]
        tried = np.clip(place + step, -1.0, 1.0)
        lower = gap(tried)
        better = lower[0] < height
        done = bool(np.all(np.abs(tried - place)[better] < _VALLEY)) and bool(np.all(damping[~better] > _MOST_DAMPING))
        place = np.where(better[:, None], tried, place)
        height = np.where(better, lower[0], height)
        slope = np.where(better[:, None], lower[1], slope)
        curvature = np.where(better[:, None, None], lower[2], curvature)
        damping = np.where(better, np.maximum(0.1 * damping, _LEAST_DAMPING), 10.0 * damping)
        if done:
            break
    return np.asarray(np.sqrt(2.0 * height))


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
