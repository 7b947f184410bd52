"""Chebyshev series on [-1, 1]: the few constant matrices with which the screening works.

A series of degree D is a row of D + 1 coefficients; all of these matrices act from the right on such rows, so that
one product serves any number of them. Nodes are the extreme points of the last polynomial (Chebyshev-Lobatto), which
include both ends: neighbouring interpolants then meet. Formulas: Mason and Handscomb, Chebyshev Polynomials (2003),
sections 2.4 (derivative) and 6.3 (interpolation).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def _constant(matrix: NDArray[np.floating]) -> FloatArray:
    constant = np.ascontiguousarray(matrix, dtype=np.float64)
    constant.setflags(write=False)
    return constant


@cache
def nodes(degree: int) -> FloatArray:
    """The ``degree + 1`` extreme points of T_degree, from -1 to 1, exactly symmetric."""
    points = np.sin(np.pi * np.arange(-degree, degree + 1, 2) / (2 * degree))
    return _constant(points)


@cache
def basis(degree: int, at: int) -> FloatArray:
    """Values at ``nodes(at)``: coefficients @ basis -> values, shape ``(degree + 1, at + 1)``."""
    return _constant(chebyshev.chebvander(nodes(at), degree).T)


@cache
def interpolation(degree: int) -> FloatArray:
    """Coefficients from values at ``nodes(degree)``: values @ interpolation -> coefficients."""
    order = np.arange(degree + 1)
    halves = np.where((order == 0) | (order == degree), 0.5, 1.0)
    cosines = np.cos(np.pi * np.outer(order[::-1], order) / degree)
    return _constant(2.0 / degree * cosines * halves[:, None] * halves[None, :])


@cache
def derivative(degree: int) -> FloatArray:
    """Coefficients of the derivative: coefficients @ derivative, shape ``(degree + 1, degree)``."""
    return _constant(chebyshev.chebder(np.eye(degree + 1), axis=1))


@cache
def halves(degree: int) -> FloatArray:
    """Coefficients on the left and the right half: coefficients @ halves -> both, shape ``(D + 1, 2 (D + 1))``."""
    ends = np.array([[-1.0, 0.0], [0.0, 1.0]])
    both = restrictions(degree, ends[:, 0], ends[:, 1])
    return _constant(np.hstack([both[0], both[1]]))


def restrictions(degree: int, left: FloatArray, right: FloatArray) -> FloatArray:
    """Coefficients on parts [left, right] of [-1, 1]: one matrix each, shape ``(N, D + 1, D + 1)``."""
    places = 0.5 * (left + right)[:, None] + 0.5 * (right - left)[:, None] * nodes(degree)
    values = np.empty((len(left), degree + 1, degree + 1))
    values[:, 0] = 1.0
    values[:, 1] = places
    for order in range(2, degree + 1):
        values[:, order] = 2.0 * places * values[:, order - 1] - values[:, order - 2]
    return np.asarray(values @ interpolation(degree))
