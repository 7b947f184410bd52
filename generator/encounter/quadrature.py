"""Points and weights of numerical integration, which are the same for every encounter."""

from functools import cache

import numpy as np
from numpy.typing import NDArray


@cache
def gauss_legendre(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points in (-1, 1) and weights ``(count,)`` of the rule of Gauss and Legendre; read-only, since all share them."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    nodes.setflags(write=False)
    weights.setflags(write=False)
    return nodes, weights
