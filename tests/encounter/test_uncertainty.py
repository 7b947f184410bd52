"""Covariances between two delivered ones."""

import numpy as np
import pytest
from generator.encounter.uncertainty import covariance_at
from generator.ephemeris.trajectory import CovarianceTable
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.linalg import expm, logm

ROUNDING = 1e-9
SCALES = np.array([1.0, 10.0, 0.5, 1e-4, 1e-3, 1e-4])

factors = arrays(np.float64, (6, 6), elements=st.floats(-1, 1))


def positive_definite(factor: np.ndarray) -> np.ndarray:
    matrix = factor @ factor.T + 0.1 * np.eye(6)
    return matrix * np.outer(SCALES, SCALES)


def table(*matrices: np.ndarray) -> CovarianceTable:
    return CovarianceTable(offsets_s=np.arange(len(matrices)) * 100.0, matrices=np.stack(matrices), axes="RTN")


@given(factors, factors, st.floats(0.0, 100.0))
def test_an_interpolated_covariance_stays_positive_definite(first, second, offset_s) -> None:
    """Between two positive definite covariances every interpolated one is positive definite and symmetric."""
    found = covariance_at(table(positive_definite(first), positive_definite(second)), offset_s)

    assert found is not None
    scaled = found / np.outer(SCALES, SCALES)
    assert np.allclose(scaled, scaled.T, atol=ROUNDING)
    assert np.linalg.eigvalsh((scaled + scaled.T) / 2).min() > 0


@given(factors, factors)
def test_the_middle_is_the_log_euclidean_mean(first, second) -> None:
    """Half-way the determinant is the geometric mean, and at the nodes the delivered matrices come back."""
    ends = positive_definite(first), positive_definite(second)
    whole = table(*ends)
    middle = covariance_at(whole, 50.0)

    assert middle is not None
    signs, logarithms = np.linalg.slogdet(np.stack([middle, *ends]))
    assert (signs > 0).all()
    assert logarithms[0] == pytest.approx((logarithms[1] + logarithms[2]) / 2, abs=1e-6)
    assert np.array_equal(covariance_at(whole, 0.0), ends[0])
    assert np.allclose(covariance_at(whole, 100.0), ends[1], rtol=1e-8)


def test_the_mean_agrees_with_matrix_functions_of_scipy() -> None:
    """For matrices of like scale the result is expm of the mean of logm, as scipy computes them."""
    first, second = np.diag([1.0, 4, 9, 1, 1, 1]), np.eye(6) + 0.3
    scale = np.exp(np.log(np.stack([np.diag(first), np.diag(second)])).mean(axis=0) / 2)
    outer = np.outer(scale, scale)
    expected = expm(0.75 * logm(first / outer) + 0.25 * logm(second / outer)) * outer

    assert np.allclose(covariance_at(table(first, second), 25.0), expected, atol=ROUNDING)


@pytest.mark.parametrize("offset_s", [-0.001, 100.001])
def test_no_covariance_outside_the_delivered_ones(offset_s) -> None:
    """A covariance is never extrapolated."""
    assert covariance_at(table(np.eye(6), np.eye(6)), offset_s) is None


def test_an_indefinite_covariance_is_not_used() -> None:
    """Between two matrices of which one is not positive definite there is none to use."""
    indefinite = np.eye(6)
    indefinite[0, 1] = indefinite[1, 0] = 2.0

    assert covariance_at(table(np.eye(6), indefinite), 50.0) is None
    assert covariance_at(table(indefinite, np.eye(6)), 0.0) is None
