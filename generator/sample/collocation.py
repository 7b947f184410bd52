"""Integration of many orbits together, by collocation in the true longitude.

An orbit is held as modified equinoctial elements (Walker, Ireland and Owens 1985) and its time, as functions of the
true longitude. Along it the elements of a disturbed orbit change slowly and smoothly whatever the eccentricity, so that
a revolution needs a few dozen points. Arc by arc the rates at the points are integrated as one
Chebyshev series, and the result gives better rates: Picard's iteration (Clenshaw and Norton 1963), which gains three
digits a pass, since the disturbances are a thousandth of the attraction. A pass takes all points of all orbits at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

Disturbance = Callable[["Points"], tuple[FloatArray, FloatArray, FloatArray]]
"""Radial, transverse and normal acceleration in km/s**2 at the points of an arc, but for that of the point mass."""

_NODES: Final = 40
_LONGEST_RAD: Final = np.pi  # half of an arc: a revolution; longer ones settle too slowly
# The poles of r as a function of longitude stay outside the ellipse with this sum of semi-axes about an arc, on which
# a Chebyshev series of so many terms falls to the rounding of a double (Trefethen 2013, theorem 8.2).
_ELLIPSE: Final = float(np.exp(-np.log(2.0**-53) / _NODES))
_SETTLED: Final = 1e-12  # change of an element in a pass; the next one is a thousandth of it
_MOST_PASSES: Final = 30
_ARCS_AT_ONCE: Final = 32
_ORBITS_AT_ONCE: Final = 128
_JUST_AFTER_S: Final = 1e-3  # the sum of an offset and an arc is rounded
_APART_S: Final = 1e8  # more than any span, so that orbit and time make one sorted key

# Columns of the sequence are Chebyshev coefficients or, where it says so, values at the nodes.
_AT: Final = -np.cos(np.pi * np.arange(_NODES) / (_NODES - 1))
_TABLE: Final = chebyshev.chebvander(_AT, _NODES - 1)
_FROM_VALUES: Final = np.asarray(np.linalg.inv(_TABLE), dtype=np.float64)
_INTEGRAL: Final = (
    chebyshev.chebvander(_AT, _NODES) @ chebyshev.chebint(np.eye(_NODES), lbnd=-1.0, axis=0) @ _FROM_VALUES
)
_DERIVATIVE: Final = np.vstack([chebyshev.chebder(np.eye(_NODES), axis=0), np.zeros((1, _NODES))])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points:
    """The points of arcs of orbits ``(A,)``, ``(A, N)`` each: when and where the orbits are, and how they move there.

    ``begun_s`` ``(A,)`` is just after the arc begins: what jumps, jumps there. ``cosine`` and ``sine`` are those of the
    true longitude, which is counted from the first of the axes of the plane.
    """

    orbits: IntArray
    begun_s: FloatArray
    offset_s: FloatArray
    radius_km: FloatArray
    cosine: FloatArray
    sine: FloatArray
    radial_km_s: FloatArray
    transverse_km_s: FloatArray
    h: FloatArray
    k: FloatArray
    scale: FloatArray

    def resolved(
        self, x: FloatArray | float, y: FloatArray | float, z: FloatArray | float
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Components of vectors along both axes of the plane and along its normal, as of :func:`axes_of`."""
        common = self.scale * (self.k * x - self.h * y + z)
        return x - self.k * common, y + self.h * common, common - z


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arcs:
    """Pieces of orbits, one a row: Chebyshev coefficients ``(P, N, 6)`` of p, f, g, h, k and the time since its start.

    An arc reaches ``half_rad`` ``(P,)`` to both sides of the longitude ``middle_rad``, but only from ``start_s`` to
    ``stop_s``, offsets from the epoch of its orbit, in the direction of the integration.
    """

    orbits: IntArray
    coefficients: FloatArray
    middle_rad: FloatArray
    half_rad: FloatArray
    start_s: FloatArray
    stop_s: FloatArray


def integrate(
    states: FloatArray,
    until_s: FloatArray,
    edges_s: list[list[float]],
    disturbance: Disturbance,
    gm_km3_s2: float,
) -> Iterator[Arcs]:
    """Follow each orbit from its state ``(M, 6)`` at time 0 until ``until_s`` ``(M,)``, all to the same side.

    Args:
        states: In km and km/s.
        until_s: How far; negative for the past.
        edges_s: For each orbit the times, in the order in which it meets them, at which the disturbance jumps. No arc
            reaches over one.
        disturbance: What acts besides the point mass.
        gm_km3_s2: The point mass.
    """
    elements, longitude = elements_of(states, gm_km3_s2)
    offset_s = np.zeros(len(states))
    direction = -1.0 if (until_s < 0.0).any() else 1.0
    ahead = [[*edges, direction * np.inf] for edges in edges_s]
    edge_s = np.array([edges.pop(0) for edges in ahead])
    held: list[Arcs] = []
    while len(active := np.flatnonzero(direction * offset_s < direction * until_s)):
        half = direction * _half_lengths(elements[:, active], longitude[active], direction)
        values = _arc(active, elements[:, active], longitude[active], half, offset_s[active], disturbance, gm_km3_s2)
        coefficients = np.moveaxis(_by(_FROM_VALUES, values), 0, 2)
        ends = values[:, :, -1].copy()
        reached = longitude[active] + 2.0 * half
        for row in np.flatnonzero(direction * (offset_s[active] + ends[5]) > direction * edge_s[active]):
            orbit = active[row]
            left_s = edge_s[orbit] - offset_s[orbit]
            at, cut = _found(coefficients[[row]], np.array([[left_s]]))
            ends[:, row] = *cut[:, 0, 0], left_s
            reached[row] = longitude[orbit] + (at[0, 0] + 1.0) * half[row]
            edge_s[orbit] = ahead[orbit].pop(0)
        held.append(
            Arcs(
                orbits=active,
                coefficients=coefficients,
                middle_rad=longitude[active] + half,
                half_rad=half,
                start_s=offset_s[active],
                stop_s=offset_s[active] + ends[5],
            )
        )
        elements[:, active], longitude[active] = ends[:5], reached
        offset_s[active] += ends[5]
        if len(held) == _ARCS_AT_ONCE:
            yield _joined(held)
            held = []
    if held:
        yield _joined(held)


def sampled(arcs: Arcs, rows: IntArray, offsets_s: FloatArray, gm_km3_s2: float) -> FloatArray:
    """States ``(P, S, 6)`` on arcs of these rows ``(P,)`` at offsets ``(P, S)`` within each of them."""
    at, elements = _found(arcs.coefficients[rows], offsets_s - arcs.start_s[rows, None])
    return states_of(elements, arcs.middle_rad[rows, None] + arcs.half_rad[rows, None] * at, gm_km3_s2)


def found_in(arcs: Arcs, orbits: IntArray, offsets_s: FloatArray) -> tuple[IntArray, IntArray]:
    """Of wanted times, sorted by orbit and then in the direction of the integration, the first and the end on each arc.

    An arc holds what comes after its start, up to and with its stop.
    """
    direction = 1.0 if arcs.half_rad[0] > 0.0 else -1.0
    key = orbits * _APART_S + direction * offsets_s
    first = np.searchsorted(key, arcs.orbits * _APART_S + direction * arcs.start_s, side="right")
    return first, np.searchsorted(key, arcs.orbits * _APART_S + direction * arcs.stop_s, side="right")


def elements_of(states: FloatArray, gm_km3_s2: float) -> tuple[FloatArray, FloatArray]:
    """Modified equinoctial elements p, f, g, h, k ``(5, M)`` and true longitude ``(M,)`` of states ``(M, 6)``."""
    position_km, velocity_km_s = states[:, :3], states[:, 3:]
    momentum = np.cross(position_km, velocity_km_s)
    size = np.linalg.norm(momentum, axis=1)
    normal = (momentum / size[:, None]).T
    h, k = -normal[1] / (1.0 + normal[2]), normal[0] / (1.0 + normal[2])
    first, second, _ = axes_of(h, k)
    radius_km = np.linalg.norm(position_km, axis=1)
    toward = np.cross(velocity_km_s, momentum) / gm_km3_s2 - position_km / radius_km[:, None]
    f, g = np.einsum("im,mi->m", first, toward), np.einsum("im,mi->m", second, toward)
    longitude = np.arctan2(np.einsum("im,mi->m", second, position_km), np.einsum("im,mi->m", first, position_km))
    return np.stack([size**2 / gm_km3_s2, f, g, h, k]), longitude


def states_of(elements: FloatArray, longitude: FloatArray, gm_km3_s2: float) -> FloatArray:
    """States ``(..., 6)`` of elements ``(5, ...)`` at longitudes ``(...)``."""
    p, f, g, h, k = elements
    first, second, _ = axes_of(h, k)
    cosine, sine = np.cos(longitude), np.sin(longitude)
    radius_km = p / (1.0 + f * cosine + g * sine)
    speed_km_s = np.sqrt(gm_km3_s2 / p)
    position = radius_km * (cosine * first + sine * second)
    velocity = speed_km_s * ((f + cosine) * second - (g + sine) * first)
    return np.moveaxis(np.concatenate([position, velocity]), 0, -1)


def axes_of(h: FloatArray, k: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Two directions that span the plane of the orbit, and its normal, each ``(3, ...)``."""
    hh, kk, twice = h * h, k * k, 2.0 * h * k
    scale = 1.0 / (1.0 + hh + kk)
    first = np.stack([1.0 + hh - kk, twice, -2.0 * k]) * scale
    second = np.stack([twice, 1.0 - hh + kk, 2.0 * h]) * scale
    return first, second, np.stack([2.0 * k, -2.0 * h, 1.0 - hh - kk]) * scale


def _arc(
    orbits: IntArray,
    elements: FloatArray,
    longitude: FloatArray,
    half: FloatArray,
    offset_s: FloatArray,
    disturbance: Disturbance,
    gm_km3_s2: float,
) -> FloatArray:
    """Elements and time since the start ``(6, A, N)`` at the nodes of the arcs that begin so."""
    at = longitude[:, None] + half[:, None] * (1.0 + _AT)
    cosine, sine = np.cos(at), np.sin(at)
    start = np.concatenate([elements, np.zeros((1, len(orbits)))])[:, :, None]
    values = np.repeat(start, _NODES, axis=2)
    scale = np.maximum(np.abs(elements[:1]), 1.0)  # p is a length, the others are of order one
    for _ in range(_MOST_PASSES):
        rates = _rates(orbits, values, cosine, sine, offset_s, disturbance, gm_km3_s2)
        better = start + _by(_INTEGRAL, rates * half[:, None])
        change = np.abs(better[:5] - values[:5])
        change[0] /= scale[0][:, None]
        values = better
        if change.max() < _SETTLED:
            return values
    raise ArithmeticError("the integration of an arc did not settle")


def _by(matrix: FloatArray, values: FloatArray) -> FloatArray:
    """The matrix ``(N, N)`` times all columns of values ``(6, A, N)``.

    In pieces that a BLAS does not split among threads: for so little work they would mostly wait for each other.
    """
    pieces = [values[:, k : k + _ORBITS_AT_ONCE] @ matrix.T for k in range(0, values.shape[1], _ORBITS_AT_ONCE)]
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=1)


def _rates(
    orbits: IntArray,
    values: FloatArray,
    cosine: FloatArray,
    sine: FloatArray,
    offset_s: FloatArray,
    disturbance: Disturbance,
    gm_km3_s2: float,
) -> FloatArray:
    """Derivatives of elements and time by the longitude ``(6, A, N)`` (Walker, Ireland and Owens 1985, eq. 9)."""
    p, f, g, h, k, passed_s = values
    across = f * sine - g * cosine
    w = 1.0 + f * cosine + g * sine
    radius_km = p / w
    slow = np.sqrt(p / gm_km3_s2)
    tilted = 1.0 + h * h + k * k
    radial, transverse, upward = disturbance(
        Points(
            orbits=orbits,
            begun_s=offset_s + np.sign(passed_s[:, -1]) * _JUST_AFTER_S,
            offset_s=offset_s[:, None] + passed_s,
            radius_km=radius_km,
            cosine=cosine,
            sine=sine,
            radial_km_s=across / slow,
            transverse_km_s=w / slow,
            h=h,
            k=k,
            scale=2.0 / tilted,
        )
    )
    tilt = (h * sine - k * cosine) * upward
    into_w = slow / w
    rates = np.empty_like(values)
    rates[5] = 1.0 / (w / (slow * radius_km) + into_w * tilt)
    turned = into_w * rates[5]
    inward = w * radial
    plane = 0.5 * tilted * upward * turned
    rates[0] = 2.0 * p * transverse * turned
    rates[1] = (inward * sine + ((w + 1.0) * cosine + f) * transverse - g * tilt) * turned
    rates[2] = (((w + 1.0) * sine + g) * transverse - inward * cosine + f * tilt) * turned
    rates[3] = plane * cosine
    rates[4] = plane * sine
    return rates


def _half_lengths(elements: FloatArray, longitude: FloatArray, direction: float) -> FloatArray:
    """Half of the length of the next arc ``(A,)``: so that on it r is as smooth as the nodes can tell."""
    eccentricity = np.hypot(elements[1], elements[2])
    closed = eccentricity < 1.0
    # Of a closed orbit the poles lie off apoapsis, at an imaginary anomaly; an open one has them at its asymptotes.
    apart = np.arccosh(np.where(closed, 1.0 / np.maximum(eccentricity, 1e-9), 1.0))
    half = apart / (0.5 * (_ELLIPSE - 1.0 / _ELLIPSE))
    anomaly = direction * np.remainder(longitude - np.arctan2(elements[2], elements[1]) + np.pi, 2.0 * np.pi)
    anomaly -= direction * np.pi
    asymptote = np.arccos(np.where(closed, -1.0, -1.0 / np.maximum(eccentricity, 1.0)))
    beyond = 0.5 * (_ELLIPSE + 1.0 / _ELLIPSE) - 1.0
    open_half = np.minimum(beyond * (asymptote + anomaly), (asymptote - anomaly) / (2.0 + beyond))
    return np.asarray(np.minimum(_LONGEST_RAD, np.where(closed, half, open_half)))


def _found(coefficients: FloatArray, passed_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Where on arcs ``(P, N, 6)`` so much time ``(P, S)`` has passed, from -1 to 1, and the elements ``(5, P, S)``."""
    slope = _DERIVATIVE @ coefficients
    times, slopes = (_TABLE @ coefficients[:, :, 5:])[:, :, 0], (_TABLE @ slope[:, :, 5:])[:, :, 0]
    sign = np.sign(times[:, -1:])[:, :, None]
    cell = np.sum(sign * times[:, None, 1:-1] <= sign * passed_s[:, :, None], axis=2)
    # The cubic through both neighbours with the slopes there is right to 1e-4 of an arc at worst.
    low = np.take_along_axis(times, cell, axis=1)
    gap_s = np.take_along_axis(times, cell + 1, axis=1) - low
    share = (passed_s - low) / gap_s
    leaves, enters = (gap_s / np.take_along_axis(slopes, cell + k, axis=1) for k in (0, 1))
    gap = _AT[cell + 1] - _AT[cell]
    guess = _AT[cell] + share * (
        leaves + share * (3.0 * gap - 2.0 * leaves - enters + share * (leaves + enters - 2.0 * gap))
    )
    # Halley's method cubes that. The elements change by a thousandth along an arc, so that for them the slope will do.
    terms = np.concatenate([coefficients, slope, _DERIVATIVE @ slope[:, :, 5:]], axis=2)
    found = np.moveaxis(chebyshev.chebvander(guess, _NODES - 1) @ terms, 2, 0)
    newton = (passed_s - found[5]) / found[11]
    step = newton / (1.0 + 0.5 * newton * found[12] / found[11])
    return guess + step, found[:5] + found[6:11] * step


def _joined(arcs: list[Arcs]) -> Arcs:
    return Arcs(
        orbits=np.concatenate([one.orbits for one in arcs]),
        coefficients=np.concatenate([one.coefficients for one in arcs]),
        middle_rad=np.concatenate([one.middle_rad for one in arcs]),
        half_rad=np.concatenate([one.half_rad for one in arcs]),
        start_s=np.concatenate([one.start_s for one in arcs]),
        stop_s=np.concatenate([one.stop_s for one in arcs]),
    )
