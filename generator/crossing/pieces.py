"""One object's motion cut into short pieces, each with bounds of its derivatives, for the search for orbit crossings.

The bounds rest on Taylor's theorem with the largest fourth derivative of a piece, which follows from its Chebyshev
coefficients (no Chebyshev polynomial exceeds 1 on [-1, 1]). They hold for the interpolants of
:mod:`nearpass.screening.fleet`, where it is proven how far these are from the arcs.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Final

import numpy as np
from numpy.polynomial.chebyshev import chebvander
from numpy.typing import NDArray

from nearpass.screening import chebyshev
from nearpass.screening.fleet import DEGREE, Fleet

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

TURN_RAD: Final = 0.06  # the velocity turns by no more in half a piece
SHORTEST_S: Final = 0.1  # half a piece: beside a moment of rest the velocity turns in a piece however short that is
ORDERS: Final = 4  # position, velocity, acceleration, jerk


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pieces:
    """N short pieces of one motion, in order of time, with what the bounds need.

    ``series_km`` ``(N, 3, DEGREE + 1)`` holds on ``middle_s`` plus or minus ``half_s``. ``middle`` ``(N, 3, 4)`` has
    position, velocity, acceleration and jerk at the middle, in km and s. ``snap_km_s4`` bounds the fourth derivative
    throughout the piece, ``pull_km_s2`` the acceleration and ``radius_km`` the distance from the middle.
    """

    middle_s: FloatArray
    half_s: FloatArray
    series_km: FloatArray
    error_km: FloatArray
    arc: IndexArray
    middle: FloatArray
    radius_km: FloatArray
    pull_km_s2: FloatArray
    snap_km_s4: FloatArray

    def __len__(self) -> int:
        """The number of pieces."""
        return len(self.middle_s)

    def take(self, rows: IndexArray | BoolArray) -> Pieces:
        """The pieces of these rows."""
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
            np.repeat(self.snap_km_s4, 2),
        )

    def motion(self, rows: IndexArray, u: FloatArray, orders: int = ORDERS) -> FloatArray:
        """Position and derivatives ``(M, 3, orders)`` at places ``u`` ``(M,)`` of [-1, 1] in pieces ``rows``."""
        values = chebvander(u, DEGREE)
        stacked = np.empty((len(u), DEGREE + 1, orders))
        for order in range(orders):
            scale = self.half_s[rows, None] ** -order
            stacked[:, :, order] = values[:, : DEGREE + 1 - order] @ _derivative(order).T * scale
        return np.asarray(self.series_km[rows] @ stacked)

    def rotated(self, rotations: FloatArray) -> Pieces:
        """The pieces turned by one matrix each, ``(N, 3, 3)``."""
        held = {field.name: getattr(self, field.name) for field in fields(self)}
        return Pieces(**(held | {"middle": rotations @ self.middle, "series_km": rotations @ self.series_km}))


def join(parts: list[Pieces]) -> Pieces:
    """Several sets of pieces as one."""
    return Pieces(
        **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Pieces)}
    )


@cache
def _derivative(order: int) -> FloatArray:
    """Coefficients of a derivative: coefficients @ matrix, shape ``(DEGREE + 1, DEGREE + 1 - order)``."""
    matrix = np.eye(DEGREE + 1)
    for step in range(order):
        matrix = matrix @ chebyshev.derivative(DEGREE - step)
    matrix.setflags(write=False)
    return matrix


@cache
def _at_middle() -> FloatArray:
    """Values at 0 of each polynomial and its first three derivatives, shape ``(DEGREE + 1, 4)``."""
    matrix = np.stack([_derivative(order) @ chebvander(0.0, DEGREE - order)[0] for order in range(ORDERS)], axis=1)
    matrix.setflags(write=False)
    return matrix


def pieces_of(
    middle_s: FloatArray,
    half_s: FloatArray,
    series_km: FloatArray,
    error_km: FloatArray,
    arc: IndexArray,
    snap_km_s4: FloatArray | float = np.inf,
) -> Pieces:
    """Pieces with their bounds, from Chebyshev series ``(N, 3, DEGREE + 1)``.

    A bound of the fourth derivative that is known already is used where it is the smaller: in very short pieces the
    rounding of the coefficients, divided by the fourth power of the length, would drown it.
    """
    middle = (series_km @ _at_middle()) / half_s[:, None, None] ** np.arange(ORDERS)
    own_snap = np.linalg.norm(np.abs(series_km @ _derivative(4)).sum(axis=2), axis=1) / half_s**4
    snap = np.minimum(own_snap, snap_km_s4)
    size = np.sqrt(np.einsum("nxo,nxo->no", middle, middle))
    pull = size[:, 2] + size[:, 3] * half_s + snap * half_s**2 / 2.0
    return Pieces(
        middle_s=middle_s,
        half_s=half_s,
        series_km=series_km,
        error_km=error_km,
        arc=arc,
        middle=middle,
        radius_km=size[:, 1] * half_s + 0.5 * pull * half_s**2,
        pull_km_s2=pull,
        snap_km_s4=snap,
    )


def cut_into_pieces(fleet: Fleet) -> Pieces:
    """The only object of a fleet, in pieces in each of which its velocity turns little (:data:`TURN_RAD`).

    Where it comes to rest no piece is short enough for that; what moves by a metre or less there is not cut further.
    """
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
        speed_km_s = np.linalg.norm(pieces.middle[:, :, 1], axis=1)
        small = (pieces.pull_km_s2 * pieces.half_s <= TURN_RAD * speed_km_s) | (pieces.half_s <= SHORTEST_S)
        done.append(pieces.take(small))
        pieces = pieces.take(~small).halved()
    whole = join(done) if done else pieces
    return whole.take(np.argsort(whole.middle_s))
