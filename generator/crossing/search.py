"""All local minima of the distance between two arcs, by halving boxes in the plane of the passage times.

Every box that :mod:`nearpass.crossing.bounds` cannot decide is halved. In a convex one Newton's method finds
the minimum, if it has one. Boxes still open after :data:`DEPTH` halvings follow a valley whose floor hardly rises;
they are treated like flat ones: Newton's method is started in each, and where the Hessian is singular the point stands
for the valley.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.crossing.bounds import CONVEX, FLAT, GONE, OPEN, KindArray, decide, dot
from nearpass.crossing.pieces import Pieces, join

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

DEPTH: Final = 4  # halvings of a piece before a box counts as flat
_STEPS: Final = 40  # Newton steps
_CONVERGED: Final = 1e-9  # of half a piece
_FLAT: Final = 1e-9  # smallest eigenvalue against the largest below which Newton's step is held back
_SINGULAR: Final = 1e-8  # determinant against the product of the diagonal below which a valley is flat
_EDGE: Final = 1e-3  # of half a piece: how far outside its box a minimum may be found, against rounding at the edge
_FLAT_EDGE: Final = 0.1  # the same for a flat box; farther out, rounding in the series grows fast


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
        """The minima of these rows."""
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
    limits_km = np.broadcast_to(np.asarray(limit_km, dtype=np.float64), i.shape)
    box = np.arange(len(i))
    found: list[Minima] = []
    for depth in range(DEPTH + 1):
        verdicts = decide(first, second, i, j, limits_km)
        open_ = verdicts.kind == OPEN
        last = depth == DEPTH
        ripe = np.flatnonzero((verdicts.kind != GONE) & (last | ~open_))
        found.append(_newton(first, second, i[ripe], j[ripe], verdicts.start[ripe], verdicts.kind[ripe], box[ripe]))
        if last or not open_.any():
            break
        i, j, limits_km, box, halve = i[open_], j[open_], limits_km[open_], box[open_], verdicts.halve[open_]
        first, i, source = _divide(first, i, halve[:, 0])
        j, limits_km, box, halve = j[source], limits_km[source], box[source], halve[source]
        second, j, source = _divide(second, j, halve[:, 1])
        i, limits_km, box = i[source], limits_km[source], box[source]
    return Minima(**{f.name: np.concatenate([getattr(part, f.name) for part in found]) for f in fields(Minima)})


def _divide(pieces: Pieces, index: IndexArray, halve: BoolArray) -> tuple[Pieces, IndexArray, IndexArray]:
    """Pieces that boxes still need, some halved; for each new box its piece and the old box it comes from."""
    kept, kept_at = np.unique(index[~halve], return_inverse=True)
    cut, cut_at = np.unique(index[halve], return_inverse=True)
    new = join([pieces.take(kept), pieces.take(cut).halved()])
    left = len(kept) + 2 * cut_at
    whole, halved = np.flatnonzero(~halve), np.flatnonzero(halve)
    return new, np.concatenate([kept_at, left, left + 1]), np.concatenate([whole, halved, halved])


def _newton(
    first: Pieces, second: Pieces, i: IndexArray, j: IndexArray, u: FloatArray, kind: KindArray, box: IndexArray
) -> Minima:
    """Newton's method in every box at once, from places ``u``, held inside; a minimum at a wall is none."""
    h = np.column_stack([first.half_s[i], second.half_s[j]])
    wall = np.where(kind == CONVEX, 1.0 + _EDGE, 1.0 + _FLAT_EDGE)[:, None]
    u = u.copy()
    inside = np.zeros(len(i), dtype=bool)
    distance_km = np.zeros(len(i))
    hessian = np.zeros((len(i), 2, 2))
    active = np.arange(len(i))
    for _ in range(_STEPS):
        if not len(active):
            break
        before, sides = u[active], h[active]
        at = first.motion(i[active], before[:, 0], 3)
        to = second.motion(j[active], before[:, 1], 3)
        d, v1, v2 = at[:, :, 0] - to[:, :, 0], at[:, :, 1], to[:, :, 1]
        distance_km[active] = np.sqrt(dot(d, d))
        hessian[active, 0, 0] = dot(v1, v1) + dot(d, at[:, :, 2])
        hessian[active, 1, 1] = dot(v2, v2) - dot(d, to[:, :, 2])
        hessian[active, 0, 1] = hessian[active, 1, 0] = -dot(v1, v2)
        step = -newton_step(hessian[active], np.column_stack([dot(d, v1), -dot(d, v2)])) / sides
        u[active] = np.clip(before + step, -wall[active], wall[active])
        inside[active] = np.abs(step).max(axis=1) <= _CONVERGED
        active = active[np.abs(u[active] - before).max(axis=1) > _CONVERGED]
    product = hessian[:, 0, 0] * hessian[:, 1, 1]
    determinant = product - hessian[:, 0, 1] ** 2
    flat = (kind == FLAT) | ((kind == OPEN) & (np.abs(determinant) <= _SINGULAR * product))
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
