"""The constant matrices of Chebyshev series against numpy's."""

from typing import Final

import numpy as np
import pytest
from numpy.polynomial import chebyshev as reference

from nearpass.screening import chebyshev

ROUNDING: Final = 1e-13
DEGREES: Final = [1, 2, 7, 12, 23]


@pytest.fixture
def series() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.mark.parametrize("degree", DEGREES)
def test_interpolation_inverts_basis(degree: int, series: np.random.Generator) -> None:
    """Values of a series at its nodes give back its coefficients."""
    coefficients = series.standard_normal((4, degree + 1))
    values = coefficients @ chebyshev.basis(degree, degree)
    assert values == pytest.approx(reference.chebval(chebyshev.nodes(degree), coefficients.T), abs=ROUNDING)
    assert values @ chebyshev.interpolation(degree) == pytest.approx(coefficients, abs=ROUNDING)


@pytest.mark.parametrize("degree", DEGREES)
def test_nodes_include_both_ends(degree: int) -> None:
    """Nodes rise from exactly -1 to exactly 1, so that neighbouring interpolants meet."""
    nodes = chebyshev.nodes(degree)
    assert (nodes[0], nodes[-1]) == (-1.0, 1.0)
    assert np.all(np.diff(nodes) > 0)


@pytest.mark.parametrize("degree", DEGREES)
def test_derivative(degree: int, series: np.random.Generator) -> None:
    """The derivative is numpy's."""
    coefficients = series.standard_normal(degree + 1)
    assert coefficients @ chebyshev.derivative(degree) == pytest.approx(reference.chebder(coefficients), abs=1e-10)


@pytest.mark.parametrize("degree", DEGREES)
def test_restrictions(degree: int, series: np.random.Generator) -> None:
    """A series restricted to a part has the same values there."""
    coefficients = series.standard_normal(degree + 1)
    left, right = np.sort(series.uniform(-1, 1, (2, 5)), axis=0)
    x = np.linspace(-1, 1, 9)
    for matrix, a, b in zip(chebyshev.restrictions(degree, left, right), left, right, strict=True):
        expected = reference.chebval(a + (b - a) * (x + 1) / 2, coefficients)
        assert reference.chebval(x, coefficients @ matrix) == pytest.approx(expected, abs=100 * ROUNDING)


@pytest.mark.parametrize("degree", DEGREES)
def test_halves(degree: int, series: np.random.Generator) -> None:
    """The two halves of a series join to the whole."""
    coefficients = series.standard_normal(degree + 1)
    left, right = np.split(coefficients @ chebyshev.halves(degree), 2)
    x = np.linspace(-1, 1, 9)
    assert reference.chebval(x, left) == pytest.approx(reference.chebval((x - 1) / 2, coefficients), abs=100 * ROUNDING)
    assert reference.chebval(x, right) == pytest.approx(
        reference.chebval((x + 1) / 2, coefficients), abs=100 * ROUNDING
    )
