"""Where a pair can have a minimum of its distance: interval by interval, halved until each part is decided.

The difference of two interpolants is a polynomial r(u) on [-1, 1]. A part of an interval is decided when

- it is *apart*: a lower bound of |r|, less all errors, exceeds the distance that matters (:class:`Limits`);
- it is *monotone*: f = r . dr/du, half the derivative of |r|**2, provably keeps its sign;
- it is *turning*: f provably rises or falls throughout, and has opposite signs at the two ends: one extremum;
- it is *flat*: the distance provably varies by less than the resolution, so that nothing in it matters.

Bounds follow from Chebyshev coefficients, since |T_k| <= 1: c_0 plus or minus the sum of the other magnitudes. The
lower bound of |r| is taken along one direction, from the origin to the nearest point of the linear part of the motion:
|r| >= n . r >= n . c_0 - sum |n . c_k| for every unit vector n.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.screening import chebyshev
from nearpass.screening.fleet import DEGREE, Fleet
from nearpass.screening.interpolants import Interpolants

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
KeyArray = NDArray[np.int64]

RESOLUTION_KM: Final = 1e-6  # shallower minima may be left out
FLAT_KM: Final = 0.1 * RESOLUTION_KM
DEPTH: Final = 40  # halvings after which a part counts as flat; 1 ns of a quarter of an hour
UNIT: Final = 1 << DEPTH  # length of a whole interval in keys
_CHUNK: Final = 2048  # parts handled at once: their arrays fit into the processor's cache
_LEAST_KM: Final = 1e-30  # instead of 0: what is divided by it stays a number, and the speed is the bound there
_ROUNDING: Final = 64.0 * float(np.finfo(np.float64).eps)
_SAMPLES: Final = (-1.0, -0.5, 0.0, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """Rows of the two objects of each of P pairs, the first in order of ids, and what a pair covers, ``(P, K)``."""

    first: IndexArray
    second: IndexArray
    covered: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Leaves:
    """Decided parts that were not apart, in order of pair and time.

    ``start`` and ``stop`` count from interval 0 in units of 2**-DEPTH interval. ``at_start`` and ``at_stop`` are -1
    where the distance falls at that end, 1 where it rises, and 0 at both ends of a flat part.
    ``middle_km`` is the distance of the interpolants at the middle.
    """

    pair: IndexArray
    interval: IndexArray
    start: KeyArray
    stop: KeyArray
    at_start: NDArray[np.int8]
    at_stop: NDArray[np.int8]
    middle_km: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Search:
    """Leaves of a block of pairs and the tally of its pair-intervals: all, and those not apart at first sight."""

    leaves: Leaves
    intervals: int
    looked_into: int


@dataclass(slots=True, kw_only=True, eq=False)
class _Parts:
    pair: IndexArray
    interval: IndexArray
    start: KeyArray
    length: int
    coefficients_km: FloatArray  # (n, 3, DEGREE + 1)


def search(fleet: Fleet, pairs: Pairs, limit_km: float) -> Search:
    """Every part in which a pair may have a minimum below the limit, or its smallest distance at all.

    The distance that matters for a pair is the limit or, if larger, the smallest distance seen so far at any sample,
    so that the nearest approach of every pair is among what is found.
    """
    seen_km, low_km = _first_sight(fleet, pairs)
    matters_km = np.maximum(seen_km, limit_km)
    return _decided(fleet, pairs, pairs.covered & (low_km <= matters_km[:, None]), matters_km, limit_km)


def search_near(fleet: Interpolants, pairs: Pairs, limit_km: float) -> Search:
    """Every part in which a pair may have a minimum below the limit; what it covers is all that may hold one."""
    return _decided(fleet, pairs, pairs.covered, np.full(len(pairs.first), limit_km), limit_km)


def _decided(
    fleet: Interpolants, pairs: Pairs, near: NDArray[np.bool_], matters_km: FloatArray, limit_km: float
) -> Search:
    pair, interval = np.nonzero(near)
    found: list[Leaves] = []
    for first in range(0, len(pair), _CHUNK):
        rows = slice(first, first + _CHUNK)
        found += _divide(fleet, pairs, pair[rows], interval[rows], matters_km, limit_km)
    return Search(leaves=_sorted(found), intervals=int(pairs.covered.sum()), looked_into=len(pair))


def _first_sight(fleet: Fleet, pairs: Pairs) -> tuple[FloatArray, FloatArray]:
    """Smallest sampled distance (an upper bound) of each pair, and a lower bound for each interval.

    Linear motion less what the other coefficients of both objects can add.
    """
    one, two = pairs.first, pairs.second
    c_km = fleet.coefficients_km
    rest_km = np.linalg.norm(np.abs(c_km[..., 2:]).sum(axis=3), axis=2)
    error_km = fleet.fit_error_km + fleet.ephemeris_error_km
    margin_km = error_km[one] + error_km[two]
    least_km = np.full(len(one), np.inf)
    for place in _SAMPLES:
        at_km = c_km @ np.cos(np.arange(DEGREE + 1) * np.arccos(place))
        distance_km = np.where(pairs.covered, _norm(at_km[one] - at_km[two]) + margin_km, np.inf)
        np.minimum(least_km, distance_km.min(axis=1, initial=np.inf), out=least_km)
    middle_km = c_km[one, :, :, 0] - c_km[two, :, :, 0]
    slope_km = c_km[one, :, :, 1] - c_km[two, :, :, 1]
    low_km = _norm(_nearest_of_line(middle_km, slope_km))
    return least_km, low_km - rest_km[one] - rest_km[two] - margin_km


def _nearest_of_line(middle: FloatArray, slope: FloatArray) -> FloatArray:
    """Point of middle + u slope, u in [-1, 1], that is nearest to the origin, shape ``(..., 3)``."""
    square = np.einsum("...i,...i->...", slope, slope)
    u = -np.einsum("...i,...i->...", middle, slope) / np.where(square > 0.0, square, 1.0)
    return np.asarray(middle + np.clip(u, -1.0, 1.0)[..., None] * slope)


def _norm(vectors: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(np.einsum("...i,...i->...", vectors, vectors)))


def _divide(
    fleet: Interpolants, pairs: Pairs, pair: IndexArray, interval: IndexArray, matters_km: FloatArray, limit_km: float
) -> Iterator[Leaves]:
    """Decide some pair-intervals; lowers ``matters_km`` where a sample comes closer."""
    one, two = pairs.first[pair], pairs.second[pair]
    parts = _Parts(
        pair=pair,
        interval=interval,
        start=interval.astype(np.int64) * UNIT,
        length=UNIT,
        coefficients_km=fleet.series_km(one, interval) - fleet.series_km(two, interval),
    )
    waiting = [parts]
    while waiting:
        parts = waiting.pop()
        one, two = pairs.first[parts.pair], pairs.second[parts.pair]
        errors_km = fleet.errors_km(one, parts.interval), fleet.errors_km(two, parts.interval)
        fit_error_km, own_error_km = (first + second for first, second in zip(*errors_km, strict=True))
        low_km, middle_km = _bounds(parts.coefficients_km)
        nearest_km = np.full(len(matters_km), np.inf)
        np.minimum.at(nearest_km, parts.pair, middle_km + fit_error_km + own_error_km)
        np.clip(matters_km, limit_km, np.maximum(nearest_km, limit_km), out=matters_km)
        near = np.flatnonzero(low_km - fit_error_km - own_error_km <= matters_km[parts.pair])
        if not len(near):
            continue
        parts = _taken(parts, near)
        at_start, at_stop, decided = _decide(parts, low_km[near], fit_error_km[near] + FLAT_KM)
        yield Leaves(
            pair=parts.pair[decided],
            interval=parts.interval[decided],
            start=parts.start[decided],
            stop=parts.start[decided] + parts.length,
            at_start=at_start[decided],
            at_stop=at_stop[decided],
            middle_km=middle_km[near][decided],
        )
        open_ = np.flatnonzero(~decided)
        firsts = range(0, len(open_), _CHUNK // 2)
        waiting += [_halved(_taken(parts, open_[first : first + _CHUNK // 2])) for first in firsts]


def _bounds(coefficients_km: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Lower bound of |r| on each part, and its value at the middle."""
    even = coefficients_km[:, :, ::2]
    middle_km = _norm(even[:, :, ::2].sum(axis=2) - even[:, :, 1::2].sum(axis=2))
    toward = _nearest_of_line(coefficients_km[:, :, 0], coefficients_km[:, :, 1])
    length = _norm(toward)
    toward /= np.where(length > 0.0, length, 1.0)[:, None]
    along_km = np.einsum("ni,nik->nk", toward, coefficients_km)
    low_km = along_km[:, 0] - np.abs(along_km[:, 1:]).sum(axis=1)
    rounding_km = _ROUNDING * np.abs(coefficients_km).sum(axis=(1, 2))
    return np.maximum(low_km - rounding_km, 0.0), middle_km


def _decide(
    parts: _Parts, low_km: FloatArray, flat_km: FloatArray
) -> tuple[NDArray[np.int8], NDArray[np.int8], NDArray[np.bool_]]:
    """Direction of the distance at start and stop (-1 falls, 1 rises, 0 flat), and whether the part is decided."""
    r_km = parts.coefficients_km
    v_km = r_km @ chebyshev.derivative(DEGREE)  # per unit of u
    at = 2 * DEGREE - 1  # degree of f
    f_values = np.einsum("nij,nij->nj", r_km @ chebyshev.basis(DEGREE, at), v_km @ chebyshev.basis(DEGREE - 1, at))
    f = np.abs(f_values @ chebyshev.interpolation(at))
    f0 = (f_values @ chebyshev.interpolation(at)[:, :1])[:, 0]
    slope = f_values @ _slope_of_values()
    speed_km = _norm(np.abs(v_km).sum(axis=2))
    rounding = _ROUNDING * _norm(np.abs(r_km).sum(axis=2)) * speed_km
    spread = f[:, 1:].sum(axis=1) + rounding
    monotone = np.abs(f0) > spread
    slope_spread = np.abs(slope[:, 1:]).sum(axis=1) + at**2 * rounding
    single = np.abs(slope[:, 0]) > slope_spread
    total = np.abs(f0) + spread
    varies_km = 2.0 * np.minimum(speed_km, total / np.maximum(low_km, _LEAST_KM))
    flat = ~(monotone | single) & ((varies_km <= flat_km) | (parts.length <= 1))
    sign_start = np.where(f_values[:, 0] >= 0.0, 1, -1).astype(np.int8)
    sign_stop = np.where(f_values[:, -1] >= 0.0, 1, -1).astype(np.int8)
    sign_start[monotone] = sign_stop[monotone] = np.sign(f0[monotone]).astype(np.int8)
    sign_start[flat] = sign_stop[flat] = 0
    return sign_start, sign_stop, monotone | single | flat


def _slope_of_values() -> FloatArray:
    """From values of f to the coefficients of its derivative."""
    at = 2 * DEGREE - 1
    return np.asarray(chebyshev.interpolation(at) @ chebyshev.derivative(at))


def _taken(parts: _Parts, rows: IndexArray) -> _Parts:
    return _Parts(
        pair=parts.pair[rows],
        interval=parts.interval[rows],
        start=parts.start[rows],
        length=parts.length,
        coefficients_km=parts.coefficients_km[rows],
    )


def _halved(parts: _Parts) -> _Parts:
    both = (parts.coefficients_km @ chebyshev.halves(DEGREE)).reshape(len(parts.pair), 3, 2, DEGREE + 1)
    length = parts.length // 2
    return _Parts(
        pair=np.tile(parts.pair, 2),
        interval=np.tile(parts.interval, 2),
        start=np.concatenate([parts.start, parts.start + length]),
        length=length,
        coefficients_km=np.concatenate([both[:, :, 0], both[:, :, 1]]),
    )


def _sorted(found: list[Leaves]) -> Leaves:
    def joined(name: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(leaves, name) for leaves in found]) if found else np.empty(0, dtype=np.int64)

    order = np.lexsort((joined("start"), joined("pair")))
    return Leaves(**{name: joined(name)[order] for name in Leaves.__slots__})  # type: ignore[arg-type]
