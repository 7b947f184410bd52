"""What is proven of a box: a piece of one motion times a piece of another, in the plane of the two passage times.

With d = r1(s) - r2(t), the minima of f(s, t) = |d|**2 / 2 are sought. A box is decided when

- it is *apart*: a lower bound of |d| exceeds the limit;
- it is *steep*: the gradient of f provably has no zero in it;
- it is *bent*: the Hessian provably has a negative eigenvalue wherever such a zero can be;
- it is *convex*: the Hessian is provably positive definite there, so that there is one minimum at most;
- it is *flat*: the smallest distance across the valley provably stays the same along it, to the resolution.

Near-coplanar orbits have long valleys, in which both objects run side by side and f hardly changes; bounds along s
and t say little there. With k = ±|v1| / |v2|, all is therefore taken along the valley and across it: s = p + q / 2 and
t = k (p - q / 2). The derivatives of d by p are then small differences. The condition df/dq = 0 confines q to a
narrow strip around the floor of the valley; the bounds are taken again at the middle of that strip, where they are
much sharper (an interval Newton step in one direction: Moore, Kearfott and Cloud 2009, chapter 8).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.crossing.pieces import Pieces

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]
KindArray = NDArray[np.int8]

GONE: Final = 0
CONVEX: Final = 1
OPEN: Final = 2
FLAT: Final = 3
RESOLUTION_KM: Final = 1e-4  # a valley whose floor rises by less within a box is flat there
_ROUNDS: Final = 3  # times that the bounds are taken again on the strip
_CHUNK: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verdicts:
    """Of N boxes: kind, where in them Newton's method should start ``(N, 2)``, which sides to halve ``(N, 2)``."""

    kind: KindArray
    start: FloatArray
    halve: BoolArray


def decide(first: Pieces, second: Pieces, i: IndexArray, j: IndexArray, limit_km: FloatArray) -> Verdicts:
    """What is proven of boxes ``(i, j)`` ``(N,)``, for minima below a limit ``(N,)``."""
    kind = np.empty(len(i), dtype=np.int8)
    start = np.zeros((len(i), 2))
    for begin in range(0, len(i), _CHUNK):
        rows = slice(begin, begin + _CHUNK)
        near = begin + np.flatnonzero(~_apart(first, second, i[rows], j[rows], limit_km[rows]))
        kind[rows] = GONE
        kind[near], start[near] = _judge(first, second, i[near], j[near])
    reach1_km, reach2_km = first.radius_km[i], second.radius_km[j]
    halve = np.column_stack([reach1_km > 0.5 * reach2_km, reach2_km > 0.5 * reach1_km])
    return Verdicts(kind=kind, start=start, halve=halve)


def dot(one: FloatArray, other: FloatArray) -> FloatArray:
    """Scalar products of rows ``(N, 3)``, ``(N,)``."""
    return np.asarray(np.einsum("ni,ni->n", one, other))


def _length(vector: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(np.einsum("ni,ni->n", vector, vector)))


def _apart(first: Pieces, second: Pieces, i: IndexArray, j: IndexArray, limit_km: FloatArray) -> BoolArray:
    """Whether the tangents, less what the motions can bend away from them, stay farther apart than the limit.

    Seen along the line between the middles, and along the common normal of the tangents.
    """
    at, to = first.middle[i], second.middle[j]
    d, v1, v2 = at[:, :, 0] - to[:, :, 0], at[:, :, 1], to[:, :, 1]
    h1, h2 = first.half_s[i], second.half_s[j]
    bend_km = 0.5 * (first.pull_km_s2[i] * h1**2 + second.pull_km_s2[j] * h2**2)
    clear_km = limit_km + first.error_km[i] + second.error_km[j] + bend_km
    distance_km = _length(d)
    tangent_km2 = h1 * np.abs(dot(d, v1)) + h2 * np.abs(dot(d, v2))
    normal = np.cross(v1, v2)
    apart = distance_km * (distance_km - clear_km) > tangent_km2
    return np.asarray(apart | (np.abs(dot(d, normal)) > clear_km * _length(normal)))


@dataclass(slots=True, kw_only=True, eq=False)
class _Region:
    """Of N boxes, the part in which a zero of the gradient can be, relative to the middle of the box.

    All in seconds of s: ``|p - p_mid| <= p_half`` and so on; ``h1`` and ``h2`` are the sides of the box.
    """

    k: FloatArray
    h1: FloatArray
    h2: FloatArray
    p_mid: FloatArray
    q_mid: FloatArray
    p_half: FloatArray
    q_half: FloatArray

    def take(self, rows: IndexArray | BoolArray) -> _Region:
        return _Region(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def places(self) -> FloatArray:
        """The middle of the region in each piece, ``(N, 2)`` of [-1, 1]."""
        s, t = self.p_mid + 0.5 * self.q_mid, self.p_mid - 0.5 * self.q_mid
        return np.column_stack([s / self.h1, np.sign(self.k) * t / self.h2])

    def narrow(self, q_shift: FloatArray, q_half: FloatArray) -> tuple[_Region, BoolArray]:
        """The part with q within ``q_half`` of the middle plus ``q_shift``, and where that is empty."""
        low = np.maximum(-self.q_half, q_shift - q_half) + self.q_mid
        high = np.minimum(self.q_half, q_shift + q_half) + self.q_mid
        q_mid, q_half = 0.5 * (low + high), 0.5 * (high - low)
        left = np.maximum(-self.h1 - 0.5 * q_mid, -self.h2 + 0.5 * q_mid) - 0.5 * q_half
        right = np.minimum(self.h1 - 0.5 * q_mid, self.h2 + 0.5 * q_mid) + 0.5 * q_half
        part = _Region(
            k=self.k,
            h1=self.h1,
            h2=self.h2,
            p_mid=0.5 * (left + right),
            q_mid=q_mid,
            p_half=0.5 * (right - left),
            q_half=q_half,
        )
        return part, (low > high) | (left > right)


def _whole(at: FloatArray, to: FloatArray, half1_s: FloatArray, half2_s: FloatArray) -> _Region:
    """The region that is the whole box, for each box."""
    v1, v2 = at[:, :, 1], to[:, :, 1]
    k = np.copysign(np.sqrt(dot(v1, v1) / dot(v2, v2)), dot(v1, v2))
    h2 = half2_s / np.abs(k)
    zero = np.zeros_like(k)
    return _Region(k=k, h1=half1_s, h2=h2, p_mid=zero, q_mid=zero, p_half=0.5 * (half1_s + h2), q_half=half1_s + h2)


def _judge(first: Pieces, second: Pieces, i: IndexArray, j: IndexArray) -> tuple[KindArray, FloatArray]:
    """Gone, convex, flat or open, and where a minimum may be, of boxes that are not apart."""
    kind = np.full(len(i), OPEN, dtype=np.int8)
    start = np.zeros((len(i), 2))
    rows = np.arange(len(i))
    at, to = first.middle[i], second.middle[j]
    region = _whole(at, to, first.half_s[i], second.half_s[j])
    for last in (False,) * _ROUNDS + (True,):
        snap = first.snap_km_s4[i[rows]] + region.k**4 * second.snap_km_s4[j[rows]]
        verdict, q_shift, q_half = _test(at, to, region, snap)
        kind[rows] = verdict
        start[rows] = np.clip(region.places(), -1.0, 1.0)
        part, empty = region.narrow(q_shift, q_half)
        kind[rows[empty]] = GONE
        inside = np.abs(part.places()).max(axis=1) <= 1.0
        on = (verdict == OPEN) & ~empty & inside & (part.q_half < 0.5 * region.q_half)
        if last or not on.any():
            break
        rows, region = rows[on], part.take(on)
        u = region.places()
        at, to = first.motion(i[rows], u[:, 0]), second.motion(j[rows], u[:, 1])
    return kind, start


def _product(one: FloatArray, one_change: FloatArray, other: FloatArray, other_change: FloatArray) -> FloatArray:
    """Bound of |x . y| for vectors within given distances of ``(N, 3)``."""
    size1, size2 = _length(one), _length(other)
    return np.asarray(np.abs(dot(one, other)) + size1 * other_change + one_change * (size2 + other_change))


def _test(
    at: FloatArray, to: FloatArray, region: _Region, snap: FloatArray
) -> tuple[KindArray, FloatArray, FloatArray]:
    """Verdicts on regions, and the strip ``|q - shift| <= half`` in which a zero of the gradient must lie.

    With w, e, K, M, J, N the derivatives p, q, pp, pq, ppp and ppq of d (qq is K / 4, pqq J / 4 and qqq N / 4):
    f_pp = w.w + d.K, f_pq = e.w + d.M, f_qq = e.e + d.K / 4, f_ppp = 3 w.K + d.J, f_ppq = 2 w.M + e.K + d.N,
    f_pqq = 2 e.M + (w.K + d.J) / 4, f_qqq = (3 e.K + d.N) / 4.
    """
    powers = region.k[:, None] ** np.arange(4)
    to = to * powers[:, None, :]
    minus, plus = at - to, 0.5 * (at + to)
    d, w, big_k, big_j = (minus[:, :, order] for order in range(4))
    e, m, n = (plus[:, :, order] for order in range(1, 4))
    p, q = region.p_half, region.q_half
    # how far each vector can be, anywhere in the region, from its value in the middle
    d_j, d_n = snap * (p + 0.5 * q), snap * (0.5 * p + 0.25 * q)
    j_max, n_max = _length(big_j) + d_j, _length(n) + d_n
    d_k, d_m = j_max * p + n_max * q, n_max * p + 0.25 * j_max * q
    k_max, m_max = _length(big_k) + d_k, _length(m) + d_m
    d_w, d_e = k_max * p + m_max * q, m_max * p + 0.25 * k_max * q
    d_d = (_length(w) + d_w) * p + (_length(e) + d_e) * q
    w_k, w_m = _product(w, d_w, big_k, d_k), _product(w, d_w, m, d_m)
    e_k, e_m = _product(e, d_e, big_k, d_k), _product(e, d_e, m, d_m)
    dist_j, dist_n = _product(d, d_d, big_j, d_j), _product(d, d_d, n, d_n)
    third = (
        3.0 * w_k + dist_j,
        2.0 * w_m + e_k + dist_n,
        2.0 * e_m + 0.25 * (w_k + dist_j),
        0.25 * (3.0 * e_k + dist_n),
    )
    d_dot_k = dot(d, big_k)
    hessian = dot(w, w) + d_dot_k, dot(e, w) + dot(d, m), dot(e, e) + 0.25 * d_dot_k
    kind, q_shift, q_half, slope = _verdict((dot(d, w), dot(d, e)), hessian, third, p, q)
    flat = slope * p <= RESOLUTION_KM * (_length(d) + 0.5 * RESOLUTION_KM)
    kind[flat & (kind == OPEN)] = FLAT
    return kind, q_shift, q_half


def _verdict(
    gradient: tuple[FloatArray, ...],
    hessian: tuple[FloatArray, ...],
    third: tuple[FloatArray, ...],
    p: FloatArray,
    q: FloatArray,
) -> tuple[KindArray, FloatArray, FloatArray, FloatArray]:
    """Verdicts and strips from derivatives in the middle and bounds of the third ones; last, a bound of |df/dp|."""
    f_p, f_q = gradient
    f_pp, f_pq, f_qq = hessian
    f_ppp, f_ppq, f_pqq, f_qqq = third
    size_pp, size_pq, size_qq = (np.abs(value) for value in hessian)
    rest_p = 0.5 * (f_ppp * p**2 + 2.0 * f_ppq * p * q + f_pqq * q**2)
    rest_q = 0.5 * (f_ppq * p**2 + 2.0 * f_pqq * p * q + f_qqq * q**2)
    determinant = f_pp * f_qq - f_pq**2
    steep = np.abs(f_p) > size_pp * p + size_pq * q + rest_p
    steep |= np.abs(f_q) > size_pq * p + size_qq * q + rest_q
    # the same after elimination of q or p (Cramer's rule), which is sharp where the Hessian is nearly singular
    steep |= np.abs(f_qq * f_p - f_pq * f_q) > np.abs(determinant) * p + size_qq * rest_p + size_pq * rest_q
    steep |= np.abs(f_pp * f_q - f_pq * f_p) > np.abs(determinant) * q + size_pq * rest_p + size_pp * rest_q
    d_pp, d_pq, d_qq = f_ppp * p + f_ppq * q, f_ppq * p + f_pqq * q, f_pqq * p + f_qqq * q
    d_determinant = size_pp * d_qq + size_qq * d_pp + d_pp * d_qq + (2.0 * size_pq + d_pq) * d_pq
    bent = (determinant + d_determinant < 0.0) | (f_pp + d_pp < 0.0) | (f_qq + d_qq < 0.0)
    convex = (determinant > d_determinant) & (f_qq > d_qq)
    kind = np.where(steep | bent, GONE, np.where(convex, CONVEX, OPEN)).astype(np.int8)
    size_qq = np.maximum(size_qq, np.finfo(np.float64).tiny)
    slope = np.abs(f_p) + size_pp * p + size_pq * q + rest_p
    return kind, -f_q / np.copysign(size_qq, f_qq), (size_pq * p + rest_q) / size_qq, slope
