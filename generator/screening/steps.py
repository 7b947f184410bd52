"""The motion of many objects on a slab of time, step by step: a state at the middle of each, and how far it can err.

On every step an object is described by position, velocity and acceleration at its middle, by a bound of the third
derivative, and by the error of the polynomial that these come from. Wherever it is within the step, Taylor's formula
then holds it in a ball, in a shell about the centre, and near a parabola, which is all that the broad phase needs.

The polynomials are Chebyshev series of :data:`DEGREE` over many steps at once, since a motion along an orbit needs few
states for each revolution: some 25 keep them within a few centimetres. They are halved until they are good. Their
error is verified, not proven: it is the larger of the last two coefficients and :data:`_CAUTION` times the largest
difference from the motion between the nodes, at places where the polynomial of the nodes is greatest.

A bound of a polynomial of degree n from its values at m + 1 Chebyshev points, m > n: the greatest of them divided by
cos(pi n / 2 m) (Ehlich and Zeller, Schwankung von Polynomen zwischen Gitterpunkten, Math. Z. 86, 1964).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, Protocol

import numpy as np
from numpy.polynomial import chebyshev as series
from numpy.typing import NDArray

from nearpass.astro.frames import Frame
from nearpass.screening import chebyshev

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]

DEGREE: Final = 16
TOLERANCE_KM: Final = 1e-4
_CAUTION: Final = 4.0
_NOISE_KM: Final = 1e-7  # least error stated: rounding of positions and of time in the propagator
_THIRD_POINTS: Final = 2 * (DEGREE - 3)
_MOST_STEPS: Final = 33
_ROWS: Final = 512  # objects at a time, so that their arrays stay in the processor's cache


class Motion(Protocol):
    """Objects whose positions can be had at any time, or not at all."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Names, in order of the rows."""

    @property
    def frame(self) -> Frame:
        """Centre and axes of all positions."""

    def sampled_km(self, rows: IndexArray, offsets_s: FloatArray) -> FloatArray:
        """Positions ``(n, T, 3)`` of some objects at common times ``(T,)``, NaN where there is none."""

    def scattered_km(self, rows: IndexArray, offsets_s: FloatArray) -> FloatArray:
        """Positions ``(n, T, 3)`` at times ``(n, T)`` of their own; rows may repeat, in ascending order."""

    def arc_numbers(self, edges_s: FloatArray, covered: NDArray[np.bool_]) -> IndexArray:
        """Which stretch without a break holds on each interval, ``(N, K)``; -1 where not covered."""

    def breaks_s(self) -> FloatArray:
        """Times at which a motion begins, ends or jumps, which must be edges of steps."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Steps:
    """N objects on K steps between ``edges_s`` ``(K + 1,)``.

    ``states`` ``(K, N, 9)`` is position in km, velocity in km/s and acceleration in km/s**2 at the middle of the step;
    ``third_km_s3`` ``(K, N)`` bounds the third derivative on the step, ``error_km`` ``(K, N)`` the distance of the
    polynomial from the motion. What is not covered is NaN.
    """

    edges_s: FloatArray
    states: FloatArray
    third_km_s3: FloatArray
    error_km: FloatArray


def describe(motion: Motion, edges_s: FloatArray) -> Steps:
    """All objects on all steps; a step counts as covered if the motion exists at all nodes in it."""
    count, objects = len(edges_s) - 1, len(motion.ids)
    steps = Steps(
        edges_s=edges_s,
        states=np.full((count, objects, 9), np.nan),
        third_km_s3=np.full((count, objects), np.nan),
        error_km=np.full((count, objects), np.nan),
    )
    for first in range(0, objects, _ROWS):
        rows = np.arange(first, min(first + _ROWS, objects))
        waiting = [(rows, start, min(start + _MOST_STEPS, count)) for start in range(0, count, _MOST_STEPS)]
        while waiting:
            waiting += _fill(steps, motion, *waiting.pop())
    return steps


def _fill(
    steps: Steps, motion: Motion, rows: IndexArray, first: int, last: int
) -> Iterator[tuple[IndexArray, int, int]]:
    """Fit some objects on steps ``first`` to ``last``; gives what must be halved."""
    start_s, stop_s = float(steps.edges_s[first]), float(steps.edges_s[last])
    places = np.concatenate([chebyshev.nodes(DEGREE), _check_places()])
    positions_km = motion.sampled_km(rows, 0.5 * (start_s + stop_s) + 0.5 * (stop_s - start_s) * places)
    fit_km = np.matmul(chebyshev.interpolation(DEGREE).T, positions_km[:, : DEGREE + 1])
    missed_km = np.linalg.norm(_check_basis() @ fit_km - positions_km[:, DEGREE + 1 :], axis=2).max(axis=1)
    tail_km = np.linalg.norm(np.abs(fit_km[:, -2:]).sum(axis=1), axis=1)
    error_km = np.maximum(np.maximum(tail_km, _CAUTION * missed_km), _NOISE_KM)
    good = error_km <= TOLERANCE_KM if last - first > 1 else ~np.isnan(error_km)
    _write(steps, rows[good], fit_km[good], error_km[good], first, last)
    if not good.all():
        middle = (first + last) // 2
        if last - first > 1:
            yield rows[~good], first, middle
            yield rows[~good], middle, last


def _write(steps: Steps, rows: IndexArray, fit_km: FloatArray, error_km: FloatArray, first: int, last: int) -> None:
    if not len(rows):
        return
    edges_s = steps.edges_s[first : last + 1]
    half_s = 0.5 * (edges_s[-1] - edges_s[0])
    places = (0.5 * (edges_s[1:] + edges_s[:-1]) - edges_s[0]) / half_s - 1.0
    bases = _derivative_bases(tuple(np.round(places, 12).tolist()))
    scale = half_s ** -np.arange(3.0)[:, None, None]
    found = np.matmul(bases, fit_km).reshape(len(rows), 3, last - first, 3) * scale
    found = found.transpose(2, 0, 1, 3).reshape(last - first, len(rows), 9)
    place = slice(int(rows[0]), int(rows[-1]) + 1) if rows[-1] - rows[0] + 1 == len(rows) else rows
    steps.states[first:last, place] = found
    third = np.linalg.norm(_third_basis() @ fit_km, axis=2).max(axis=1)
    third *= 1.0 / (np.cos(np.pi * (DEGREE - 3) / (2 * _THIRD_POINTS)) * half_s**3)
    steps.third_km_s3[first:last, place] = third
    steps.error_km[first:last, place] = error_km


@cache
def _check_places() -> FloatArray:
    """Where the polynomial of the nodes is greatest: in the first, a quarter's, the middle and the last gap."""
    gaps = np.array([0, DEGREE // 4, DEGREE // 2, DEGREE - 1])
    return np.asarray(-np.cos(np.pi * (gaps + 0.5) / DEGREE))


@cache
def _check_basis() -> FloatArray:
    return np.asarray(series.chebvander(_check_places(), DEGREE))


@cache
def _third_basis() -> FloatArray:
    """Third derivatives by u at Chebyshev points from coefficients, ``(points, DEGREE + 1)``."""
    return series.chebvander(chebyshev.nodes(_THIRD_POINTS), DEGREE - 3) @ series.chebder(np.eye(DEGREE + 1), 3)


@lru_cache(maxsize=256)
def _derivative_bases(places: tuple[float, ...]) -> FloatArray:
    """Values and first two derivatives at places, ``(3 k, DEGREE + 1)``."""
    at = np.array(places)
    orders = range(3)
    return np.concatenate(
        [series.chebvander(at, DEGREE - order) @ series.chebder(np.eye(DEGREE + 1), order) for order in orders]
    )
