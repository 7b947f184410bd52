"""All local minima of the distance between two arcs, found by bounds in the plane of the two passage times.

With r1(s) and r2(t) the two motions and d = r1 - r2, the minima of f(s, t) = |d|**2 / 2 are sought. Each motion is cut
into short pieces; a box is a piece of the one times a piece of the other. A box is decided when

- it is *apart*: a lower bound of |d| exceeds the limit;
- it is *steep*: the gradient of f provably has no zero in it;
- it is *bent*: the Hessian provably has a negative eigenvalue throughout, so that no minimum can lie in it;
- it is *convex*: the Hessian is provably positive definite throughout, so that it holds one minimum at most, which
  Newton's method finds.

Every other box is halved. Near-coplanar orbits have long valleys, in which both objects run side by side and f hardly
changes; the bounds are therefore taken along the valley and across it instead of along s and t: with k = ±|v1|/|v2|
the derivatives Dp = d/ds + k d/dt and Dq = (d/ds - k d/dt) / 2 of d are the small difference and the mean of the two
velocities. Boxes still undecided after :data:`DEPTH` halvings are *flat*; each gives one point.

The bounds rest on Taylor's theorem with the largest jerk of each piece, which follows from its Chebyshev coefficients
(no Chebyshev polynomial exceeds 1 on [-1, 1]). They hold for the interpolants; how far these are from the arcs is
proven in :mod:`generator.screening.fleet`, and the limit is widened by it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from generator.screening import chebyshev
from generator.screening.fleet import DEGREE, Fleet

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

TURN_RAD: Final = 0.06  # the velocity turns by no more in half a piece
DEPTH: Final = 7  # halvings of a piece before a box counts as flat
_STEPS: Final = 40  # Newton steps
_CONVERGED: Final = 1e-9  # of half a piece
_FLAT: Final = 1e-9  # smallest eigenvalue against the largest below which Newton's step is held back
_SINGULAR: Final = 1e-8  # determinant against the product of the diagonal below which a valley is flat
_EDGE: Final = 1e-3  # of half a piece: how far outside its box a minimum may be found, against rounding at the edge
_FLAT_EDGE: Final = 0.1  # the same for a flat box; farther out, rounding in the series grows fast
_CHUNK: Final = 8192


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pieces:
    """N short pieces of one motion, in order of time, with what the bounds need.

    ``series_km`` ``(N, 3, DEGREE + 1)`` on ``middle_s`` plus or minus ``half_s``; position, velocity and acceleration
    ``(N, 3)`` are those at the middle; ``radius_km``, ``speed_km_s``, ``pull_km_s2`` and ``jerk_km_s3`` ``(N,)``
    bound, throughout the piece, the distance from the middle and the size of the first three derivatives.
    """

    middle_s: FloatArray
    half_s: FloatArray
    series_km: FloatArray
    error_km: FloatArray
    arc: IndexArray
    position_km: FloatArray
    velocity_km_s: FloatArray
    acceleration_km_s2: FloatArray
    radius_km: FloatArray
    speed_km_s: FloatArray
    pull_km_s2: FloatArray
    jerk_km_s3: FloatArray

    def __len__(self) -> int:
        """How many there are."""
        return len(self.middle_s)

    def take(self, rows: IndexArray | BoolArray) -> Pieces:
        """Some of them."""
        return Pieces(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def halved(self) -> Pieces:
        """Both halves of each, one after the other, shape ``(2 N,)``."""
        both = (self.series_km @ chebyshev.halves(DEGREE)).reshape(len(self), 3, 2, DEGREE + 1)
        quarter_s = 0.5 * self.half_s
        middles_s = np.column_stack([self.middle_s - quarter_s, self.middle_s + quarter_s])
        return pieces_of(
            middles_s.ravel(),
            np.repeat(quarter_s, 2),
            np.ascontiguousarray(both.transpose(0, 2, 1, 3)).reshape(-1, 3, DEGREE + 1),
            np.repeat(self.error_km, 2),
            np.repeat(self.arc, 2),
        )

    def rotated(self, rotation: FloatArray) -> Pieces:
        """The same motion turned by a matrix ``(3, 3)``."""
        turned = {
            name: getattr(self, name) @ rotation.T for name in ("position_km", "velocity_km_s", "acceleration_km_s2")
        }
        held = {field.name: getattr(self, field.name) for field in fields(self)}
        return Pieces(**(held | turned | {"series_km": rotation @ self.series_km}))


def join(parts: list[Pieces]) -> Pieces:
    """Several sets of pieces as one."""
    return Pieces(
        **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Pieces)}
    )


def pieces_of(
    middle_s: FloatArray, half_s: FloatArray, series_km: FloatArray, error_km: FloatArray, arc: IndexArray
) -> Pieces:
    """Pieces with their bounds, from Chebyshev series ``(N, 3, DEGREE + 1)``."""
    first = chebyshev.derivative(DEGREE)
    second = first @ chebyshev.derivative(DEGREE - 1)
    third = second @ chebyshev.derivative(DEGREE - 2)
    at_middle = [np.polynomial.chebyshev.chebval(0.0, matrix.T) for matrix in (np.eye(DEGREE + 1), first, second)]
    here = series_km @ np.stack(at_middle, axis=1)
    width_s = half_s[:, None]
    velocity_km_s, acceleration_km_s2 = here[:, :, 1] / width_s, here[:, :, 2] / width_s**2
    jerk_km_s3 = np.linalg.norm(np.abs(series_km @ third).sum(axis=2), axis=1) / half_s**3
    pull_km_s2 = np.linalg.norm(acceleration_km_s2, axis=1) + jerk_km_s3 * half_s
    at_middle_km_s = np.linalg.norm(velocity_km_s, axis=1)
    return Pieces(
        middle_s=middle_s,
        half_s=half_s,
        series_km=series_km,
        error_km=error_km,
        arc=arc,
        position_km=here[:, :, 0],
        velocity_km_s=velocity_km_s,
        acceleration_km_s2=acceleration_km_s2,
        radius_km=at_middle_km_s * half_s + 0.5 * pull_km_s2 * half_s**2,
        speed_km_s=at_middle_km_s + pull_km_s2 * half_s,
        pull_km_s2=pull_km_s2,
        jerk_km_s3=jerk_km_s3,
    )


def cut_into_pieces(fleet: Fleet) -> Pieces:
    """The only object of a fleet, in pieces in each of which its velocity turns little (:data:`TURN_RAD`)."""
    covered = np.flatnonzero(fleet.arc_number[0] >= 0)
    start_s, stop_s = fleet.edges_s[covered], fleet.edges_s[covered + 1]
    pieces = pieces_of(
        0.5 * (start_s + stop_s),
        0.5 * (stop_s - start_s),
        fleet.coefficients_km[0, covered],
        fleet.fit_error_km[0, covered],
        fleet.arc_number[0, covered],
    )
    done: list[Pieces] = []
    while len(pieces):
        turn_rad = pieces.pull_km_s2 * pieces.half_s / np.linalg.norm(pieces.velocity_km_s, axis=1)
        done.append(pieces.take(turn_rad <= TURN_RAD))
        pieces = pieces.take(turn_rad > TURN_RAD)
        pieces = pieces.halved() if len(pieces) else pieces
    whole = join(done) if done else pieces
    return whole.take(np.argsort(whole.middle_s))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Minima:
    """Points ``(N,)`` of the plane of passage times, by Newton's method on the interpolants.

    ``hessian`` ``(N, 2, 2)`` is that of f at the point; ``flat`` tells where only a valley is known, of which the
    point is one; ``half_s`` ``(N, 2)`` are the sides of the box it was found in, ``arcs`` ``(N, 2)`` the arcs and
    ``box`` ``(N,)`` the number of the box that the search began with.
    """

    first_s: FloatArray
    second_s: FloatArray
    distance_km: FloatArray
    hessian: FloatArray
    flat: BoolArray
    half_s: FloatArray
    arcs: IndexArray
    box: IndexArray

    def take(self, rows: IndexArray | BoolArray) -> Minima:
        """Some of them."""
        return Minima(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def find_minima(first: Pieces, second: Pieces, i: IndexArray, j: IndexArray, limit_km: FloatArray | float) -> Minima:
    """Every local minimum of the distance in boxes ``(i, j)`` ``(N,)``, at least those below the limit.

    A minimum on the edge between two boxes is found in both.

    Args:
        first: Pieces of the one motion.
        second: Pieces of the other.
        i: Rows of the first pieces.
        j: Rows of the second pieces.
        limit_km: For each box, or for all.

    """
    limit_km = np.broadcast_to(np.asarray(limit_km, dtype=np.float64), i.shape)
    box = np.arange(len(i))
    found: list[Minima] = []
    for depth in range(DEPTH + 1):
        kind, halve = _decide_all(first, second, i, j, limit_km)
        last = depth == DEPTH
        ripe = (kind == _CONVEX) | ((kind == _OPEN) & last)
        found.append(_newton(first, second, i[ripe], j[ripe], kind[ripe] == _OPEN, box[ripe]))
        left = (kind == _OPEN) & ~ripe
        if not left.any():
            break
        i, j, limit_km, box, halve = i[left], j[left], limit_km[left], box[left], halve[left]
        first, i, source = _divide(first, i, halve[:, 0])
        j, limit_km, box, halve = j[source], limit_km[source], box[source], halve[source]
        second, j, source = _divide(second, j, halve[:, 1])
        i, limit_km, box = i[source], limit_km[source], box[source]
    return Minima(**{f.name: np.concatenate([getattr(part, f.name) for part in found]) for f in fields(Minima)})


def _divide(pieces: Pieces, index: IndexArray, halve: BoolArray) -> tuple[Pieces, IndexArray, IndexArray]:
    """Pieces that boxes still need, some halved; for each new box its piece and the old box it comes from."""
    kept, kept_at = np.unique(index[~halve], return_inverse=True)
    cut, cut_at = np.unique(index[halve], return_inverse=True)
    new = join([pieces.take(kept), pieces.take(cut).halved()])
    left = len(kept) + 2 * cut_at
    whole, halved = np.flatnonzero(~halve), np.flatnonzero(halve)
    return new, np.concatenate([kept_at, left, left + 1]), np.concatenate([whole, halved, halved])


_GONE, _CONVEX, _OPEN = 0, 1, 2


def _decide_all(
    first: Pieces, second: Pieces, i: IndexArray, j: IndexArray, limit_km: FloatArray
) -> tuple[NDArray[np.int8], BoolArray]:
    """What is known of each box, and which of its sides should be halved, ``(N, 2)``."""
    kind = np.empty(len(i), dtype=np.int8)
    halve = np.empty((len(i), 2), dtype=bool)
    for start in range(0, len(i), _CHUNK):
        rows = slice(start, start + _CHUNK)
        kind[rows], halve[rows] = _decide(first, second, i[rows], j[rows], limit_km[rows])
    return kind, halve


def _dot(one: FloatArray, other: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("ni,ni->n", one, other))


def _decide(
    first: Pieces, second: Pieces, i: IndexArray, j: IndexArray, limit_km: FloatArray
) -> tuple[NDArray[np.int8], BoolArray]:
    d = first.position_km[i] - second.position_km[j]
    v1, v2 = first.velocity_km_s[i], second.velocity_km_s[j]
    h1, h2 = first.half_s[i], second.half_s[j]
    reach1_km, reach2_km = first.radius_km[i], second.radius_km[j]
    bend_km = 0.5 * (first.pull_km_s2[i] * h1**2 + second.pull_km_s2[j] * h2**2)
    margin_km = limit_km + first.error_km[i] + second.error_km[j]
    distance_km = np.sqrt(_dot(d, d))
    scaled_km = h1 * np.abs(_dot(d, v1)) + h2 * np.abs(_dot(d, v2))
    normal = np.cross(v1, v2)
    apart = distance_km * (distance_km - bend_km - margin_km) > scaled_km
    apart |= np.abs(_dot(d, normal)) > (margin_km + bend_km) * np.sqrt(_dot(normal, normal))
    kind = np.full(len(i), _GONE, dtype=np.int8)
    near = np.flatnonzero(~apart)
    kind[near] = _bounds(first, second, i[near], j[near], d[near], distance_km[near])
    return kind, np.column_stack([reach1_km > 0.5 * reach2_km, reach2_km > 0.5 * reach1_km])


def _bounds(
    first: Pieces, second: Pieces, i: IndexArray, j: IndexArray, d: FloatArray, distance_km: FloatArray
) -> NDArray[np.int8]:
    """Steep, bent, convex or open, from f's derivatives along and across the valley.

    With w = Dp d, e = Dq d, K = Dp Dp d = 4 Dq Dq d and M = Dp Dq d: f_pp = w.w + d.K, f_pq = e.w + d.M,
    f_qq = e.e + d.K / 4, f_ppp = 3 w.K + d.Dp Dp Dp d and so on.
    """
    v1, v2 = first.velocity_km_s[i], second.velocity_km_s[j]
    ratio = np.sqrt(_dot(v1, v1) / _dot(v2, v2))
    k = np.where(_dot(v1, v2) < 0.0, -ratio, ratio)[:, None]
    a1, a2 = first.acceleration_km_s2[i], k**2 * second.acceleration_km_s2[j]
    w, e, big_k, m = v1 - k * v2, 0.5 * (v1 + k * v2), a1 - a2, 0.5 * (a1 + a2)
    h1, h2 = first.half_s[i], second.half_s[j] / ratio
    reach_km = distance_km + first.radius_km[i] + second.radius_km[j]
    p, q = 0.5 * (h1 + h2), h1 + h2  # the box lies within |p|, |q|
    jerk1, jerk2 = first.jerk_km_s3[i], ratio**3 * second.jerk_km_s3[j]
    jerk = (jerk1 + jerk2) * reach_km
    change_a = jerk1 * h1 + jerk2 * h2  # of K, and twice that of M, over the box
    change_v = first.pull_km_s2[i] * h1 + ratio**2 * second.pull_km_s2[j] * h2  # of w, and twice that of e
    w_max, k_max = np.sqrt(_dot(w, w)) + change_v, np.sqrt(_dot(big_k, big_k)) + change_a
    e_max, m_max = np.sqrt(_dot(e, e)) + 0.5 * change_v, np.sqrt(_dot(m, m)) + 0.5 * change_a
    e_dot_k = np.abs(_dot(e, big_k)) + 0.5 * change_v * k_max + e_max * change_a
    e_dot_m = np.abs(_dot(e, m)) + 0.5 * (change_v * m_max + e_max * change_a)
    f_ppp = 3.0 * w_max * k_max + jerk
    f_ppq = 2.0 * w_max * m_max + e_dot_k + jerk / 2.0
    f_pqq = 2.0 * e_dot_m + w_max * k_max / 4.0 + jerk / 4.0
    f_qqq = 0.75 * e_dot_k + jerk / 8.0
    d_dot_k = _dot(d, big_k)
    f_pp, f_pq, f_qq = _dot(w, w) + d_dot_k, _dot(e, w) + _dot(d, m), _dot(e, e) + d_dot_k / 4.0
    f_p, f_q = _dot(d, w), _dot(d, e)
    rest_p = 0.5 * (f_ppp * p**2 + 2.0 * f_ppq * p * q + f_pqq * q**2)
    rest_q = 0.5 * (f_ppq * p**2 + 2.0 * f_pqq * p * q + f_qqq * q**2)
    determinant = f_pp * f_qq - f_pq**2
    steep = np.abs(f_p) > np.abs(f_pp) * p + np.abs(f_pq) * q + rest_p
    steep |= np.abs(f_q) > np.abs(f_pq) * p + np.abs(f_qq) * q + rest_q
    # the same after elimination of q or p (Cramer's rule), which is sharp where the Hessian is nearly singular
    aside_p = np.abs(f_qq) * rest_p + np.abs(f_pq) * rest_q
    aside_q = np.abs(f_pq) * rest_p + np.abs(f_pp) * rest_q
    steep |= np.abs(f_qq * f_p - f_pq * f_q) > np.abs(determinant) * p + aside_p
    steep |= np.abs(f_pp * f_q - f_pq * f_p) > np.abs(determinant) * q + aside_q
    d_pp, d_pq, d_qq = f_ppp * p + f_ppq * q, f_ppq * p + f_pqq * q, f_pqq * p + f_qqq * q
    d_det = np.abs(f_pp) * d_qq + np.abs(f_qq) * d_pp + d_pp * d_qq + (2.0 * np.abs(f_pq) + d_pq) * d_pq
    bent = (determinant + d_det < 0.0) | (f_pp + d_pp < 0.0) | (f_qq + d_qq < 0.0)
    convex = (determinant > d_det) & (f_qq > d_qq)
    return np.where(steep | bent, _GONE, np.where(convex, _CONVEX, _OPEN)).astype(np.int8)


def _motion(series_km: FloatArray, half_s: FloatArray, u: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Positions, velocities and accelerations ``(N, 3)``, each row on its own series."""
    first = chebyshev.derivative(DEGREE)
    second = first @ chebyshev.derivative(DEGREE - 1)
    values = np.polynomial.chebyshev.chebvander(u, DEGREE)
    width_s = half_s[:, None]
    slopes, bends = values[:, :DEGREE] @ first.T / width_s, values[:, : DEGREE - 1] @ second.T / width_s**2
    stacked = np.stack([values, slopes, bends], axis=2)
    answer = series_km @ stacked
    return answer[:, :, 0], answer[:, :, 1], answer[:, :, 2]


def _newton(first: Pieces, second: Pieces, i: IndexArray, j: IndexArray, flat: BoolArray, box: IndexArray) -> Minima:
    """Newton's method in every box at once, held inside it; what ends at a wall is no minimum of this box."""
    h = np.column_stack([first.half_s[i], second.half_s[j]])
    wall = np.where(flat, 1.0 + _FLAT_EDGE, 1.0 + _EDGE)[:, None]
    u = np.zeros((len(i), 2))
    inside = np.zeros(len(i), dtype=bool)
    distance_km = np.zeros(len(i))
    hessian = np.zeros((len(i), 2, 2))
    active = np.arange(len(i))
    for _ in range(_STEPS):
        if not len(active):
            break
        at = u[active]
        sides = h[active]
        r1, v1, a1 = _motion(first.series_km[i[active]], sides[:, 0], at[:, 0])
        r2, v2, a2 = _motion(second.series_km[j[active]], sides[:, 1], at[:, 1])
        d = r1 - r2
        distance_km[active] = np.sqrt(_dot(d, d))
        cross = -_dot(v1, v2)
        hessian[active] = np.stack(
            [_dot(v1, v1) + _dot(d, a1), cross, cross, _dot(v2, v2) - _dot(d, a2)], axis=1
        ).reshape(-1, 2, 2)
        step = -newton_step(hessian[active], np.column_stack([_dot(d, v1), -_dot(d, v2)])) / sides
        new = np.clip(at + step, -wall[active], wall[active])
        inside[active] = np.abs(step).max(axis=1) <= _CONVERGED
        u[active] = new
        active = active[np.abs(new - at).max(axis=1) > _CONVERGED]
    product = hessian[:, 0, 0] * hessian[:, 1, 1]
    determinant = product - hessian[:, 0, 1] ** 2
    flat = flat & (np.abs(determinant) <= _SINGULAR * product)
    inside[active] = flat[active]  # Newton's method need not settle in a flat valley, where any point will do
    keep = np.flatnonzero(inside & (flat | (determinant > 0.0)))
    return Minima(
        first_s=first.middle_s[i[keep]] + h[keep, 0] * u[keep, 0],
        second_s=second.middle_s[j[keep]] + h[keep, 1] * u[keep, 1],
        distance_km=distance_km[keep],
        hessian=hessian[keep],
        flat=flat[keep],
        half_s=h[keep],
        arcs=np.column_stack([first.arc[i[keep]], second.arc[j[keep]]]),
        box=box[keep],
    )


def newton_step(hessian: FloatArray, gradient: FloatArray) -> FloatArray:
    """The step ``(N, 2)`` that solves H step = gradient, always downhill: each eigenvalue counts with its size.

    Both unknowns are scaled by the diagonal first; eigenvalues below :data:`_FLAT` of the largest are raised to it.
    """
    scale = 1.0 / np.sqrt(np.maximum(np.abs(np.diagonal(hessian, axis1=1, axis2=2)), 1e-300))
    scaled = hessian * scale[:, :, None] * scale[:, None, :]
    mean = 0.5 * (scaled[:, 0, 0] + scaled[:, 1, 1])
    spread = np.hypot(0.5 * (scaled[:, 0, 0] - scaled[:, 1, 1]), scaled[:, 0, 1])
    upper, lower = mean + spread, mean - spread
    largest = np.maximum(np.abs(upper), np.abs(lower))
    pull = gradient * scale
    along = np.einsum("nij,nj->ni", scaled, pull) - lower[:, None] * pull
    along /= np.maximum(2.0 * spread, 1e-12 * largest)[:, None]  # the part of the pull along the upper eigenvector
    size_up, size_low = (np.maximum(np.abs(value), _FLAT * largest)[:, None] for value in (upper, lower))
    return np.asarray((along / size_up + (pull - along) / size_low) * scale)
