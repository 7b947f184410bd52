"""Covariances between two delivered ones."""

import numpy as np
import pytest
import spiceypy
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.linalg import expm, logm

from nearpass.astro.epochs import Epoch
from nearpass.astro.local_axes import rtn_axes
from nearpass.encounter.uncertainty import (
    LEAST_EIGENVALUE,
    Basis,
    DeclaredModel,
    covariance_at,
    declared_covariance,
    repaired,
    rotated,
    state_covariance,
)
from nearpass.ephemeris.interpolation import arc_from_nodes
from nearpass.ephemeris.trajectory import Arc, CovarianceTable, Proof, Trajectory
from oem_texts import circular

ROUNDING = 1e-9
SECOND_ORDER_KM = 1e-5  # half of 42828 / 3000**2 km/s**2 times (0.06 s)**2
SECOND_ORDER_KM_S = 1e-7  # the change of that acceleration in 0.06 s, at up to 7 km/s
SCALES = np.array([1.0, 10.0, 0.5, 1e-4, 1e-3, 1e-4])

coordinates = arrays(np.float64, 3, elements=st.floats(-1e4, 1e4))
speeds = arrays(np.float64, 3, elements=st.floats(-4, 4))
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
    assert found.lowest is None
    scaled = found.matrix / np.outer(SCALES, SCALES)
    assert np.allclose(scaled, scaled.T, atol=ROUNDING)
    assert np.linalg.eigvalsh((scaled + scaled.T) / 2).min() > 0


@given(factors, factors)
def test_the_middle_is_the_log_euclidean_mean(first, second) -> None:
    """Half-way the determinant is the geometric mean, and at the nodes the delivered matrices come back."""
    ends = positive_definite(first), positive_definite(second)
    whole = table(*ends)
    middle = covariance_at(whole, 50.0)

    assert middle is not None
    signs, logarithms = np.linalg.slogdet(np.stack([middle.matrix, *ends]))
    assert (signs > 0).all()
    assert logarithms[0] == pytest.approx((logarithms[1] + logarithms[2]) / 2, abs=1e-6)
    assert np.array_equal(covariance_at(whole, 0.0).matrix, ends[0])
    assert np.allclose(covariance_at(whole, 100.0).matrix, ends[1], rtol=1e-8)


def test_the_mean_agrees_with_matrix_functions_of_scipy() -> None:
    """For matrices of like scale the result is expm of the mean of logm, as scipy computes them."""
    first, second = np.diag([1.0, 4, 9, 1, 1, 1]), np.eye(6) + 0.3
    scale = np.exp(np.log(np.stack([np.diag(first), np.diag(second)])).mean(axis=0) / 2)
    outer = np.outer(scale, scale)
    expected = expm(0.75 * logm(first / outer) + 0.25 * logm(second / outer)) * outer

    assert np.allclose(covariance_at(table(first, second), 25.0).matrix, expected, atol=ROUNDING)


@pytest.mark.parametrize("offset_s", [150.0, 450.0, 900.0, 1300.0])
def test_a_covariance_in_icrf_turns_with_the_orbit(offset_s) -> None:
    """An error that is steady in RTN gives the same covariance in between, whether delivered in RTN or in ICRF axes.

    The nodes lie 1800 s apart, an eighth of this orbit and more: held in ICRF the ellipsoid would lose its shape.
    """
    steady = np.diag([0.1, 20.0, 0.3, 1e-5, 1e-4, 1e-5]) ** 2
    nodes_s = np.array([0.0, 1800.0])
    times_s = np.arange(-600.0, 2500.0, 60.0)
    arc = arc_from_nodes(times_s, *circular(times_s), "HERMITE", 7)
    position_km, velocity_km_s = arc.state(nodes_s)
    turns = rtn_axes(position_km, velocity_km_s)
    found = []
    for axes, matrices in (
        ("RTN", np.stack([steady] * 2)),
        ("ICRF", np.stack([rotated(steady, turn.T) for turn in turns])),
    ):
        held = CovarianceTable(offsets_s=nodes_s.copy(), matrices=matrices, axes=axes)
        trajectory = Trajectory(epoch=Epoch(0), arcs=(arc,), proof=Proof.EXACT, covariance=held)
        state = (rows[0] for rows in trajectory.state(np.array([offset_s])))
        one = state_covariance(trajectory, offset_s, *state, declared=None, created_s=0.0, gm_km3_s2=GM_MARS_KM3_S2)
        found.append(one.matrix)
    np.testing.assert_allclose(found[1], found[0], rtol=0, atol=1e-7)


@pytest.mark.parametrize("offset_s", [-0.001, 100.001])
def test_no_covariance_outside_the_delivered_ones(offset_s) -> None:
    """A covariance is never extrapolated."""
    assert covariance_at(table(np.eye(6), np.eye(6)), offset_s) is None


def test_an_indefinite_covariance_is_not_used() -> None:
    """Between two matrices of which one is far from positive definite there is none to use; why is told."""
    indefinite = np.eye(6)
    indefinite[0, 1] = indefinite[1, 0] = 2.0

    for found in (covariance_at(table(np.eye(6), indefinite), 50.0), covariance_at(table(indefinite, np.eye(6)), 0.0)):
        assert found.matrix is None
        assert found.lowest == pytest.approx(-1.0)


def nearly_flat(factor: np.ndarray, digits: int) -> np.ndarray:
    """A covariance of rank three, printed with few digits: what rounding leaves is often slightly indefinite."""
    matrix = (factor[:, :3] @ factor[:, :3].T + 1e-12 * np.eye(6)) * np.outer(SCALES, SCALES)
    return np.array([[float(f"{value:.{digits}e}") for value in row] for row in matrix])


@given(factors, st.integers(4, 8))
def test_a_slightly_indefinite_covariance_is_repaired_and_says_so(factor, digits) -> None:
    """Rounded to few digits it becomes positive definite again, changed by no more than was missing, and is flagged."""
    assume((np.linalg.norm(factor[:, :3], axis=1) > 0.1).all())
    given_matrix = nearly_flat(factor, digits)
    scale = np.sqrt(np.outer(np.diag(given_matrix), np.diag(given_matrix)))
    lowest = np.linalg.eigvalsh(given_matrix / scale)[0]
    found = repaired(given_matrix)

    assert found.matrix is not None
    change = (found.matrix - given_matrix) / scale
    if found.lowest is None:
        assert lowest > -ROUNDING
        assert not change.any()
    else:
        assert lowest < ROUNDING
        assert found.lowest == pytest.approx(lowest, abs=ROUNDING)
        assert np.linalg.eigvalsh(found.matrix / scale)[0] > 0
        assert np.linalg.norm(change, 2) <= -lowest + LEAST_EIGENVALUE + ROUNDING


def test_a_repair_is_told_with_the_state_and_in_between() -> None:
    """The covariance of a state between a sound and a repaired matrix is positive definite and carries the remark."""
    flat = np.eye(6)
    flat[0, 1] = flat[1, 0] = 1.0 + 1e-6
    arc = Arc(knots_s=np.array([0.0, 400.0]), coefficients_km=np.zeros((1, 2, 3)))
    trajectory = Trajectory(epoch=Epoch(0), arcs=(arc,), proof=Proof.EXACT, covariance=table(np.eye(6), flat))
    found = state_covariance(
        trajectory, 50.0, np.array([3700.0, 0, 0]), np.array([0, 3.4, 0]),
        declared=None, created_s=0.0, gm_km3_s2=GM_MARS_KM3_S2,
    )  # fmt: skip

    assert found is not None
    assert np.linalg.eigvalsh(found.matrix)[0] > 0
    assert found.remark == (
        "the delivered covariance was repaired: not positive definite "
        "(smallest eigenvalue -1.0e-06 of unit variances), raised to 1e-09"
    )


def test_a_refused_covariance_is_told_where_the_declared_model_stands_in() -> None:
    """The remark says that the delivered matrix was refused, and why; without a model there is none to carry it."""
    indefinite = np.eye(6)
    indefinite[0, 1] = indefinite[1, 0] = 2.0
    arc = Arc(knots_s=np.array([0.0, 400.0]), coefficients_km=np.zeros((1, 2, 3)))
    trajectory = Trajectory(epoch=Epoch(0), arcs=(arc,), proof=Proof.EXACT, covariance=table(indefinite, indefinite))
    found = state_covariance(
        trajectory, 50.0, np.array([3700.0, 0, 0]), np.array([0, 3.4, 0]),
        declared=MODEL, created_s=0.0, gm_km3_s2=GM_MARS_KM3_S2,
    )  # fmt: skip

    assert found.basis is Basis.DECLARED
    assert found.remark.startswith("the delivered covariance was refused: not positive definite")


MODEL = DeclaredModel(
    radial_km=0.1, transverse_km=0.4, normal_km=0.2, timing_s=2.0, timing_growth_s_per_day=0.5, source="test"
)
GM_MARS_KM3_S2 = 42828.375


def test_a_declared_timing_error_is_a_shift_along_the_path() -> None:
    """After ten days 2 s and 0.5 s a day are 7 s: times the speed, that dominates the transverse sigma."""
    position_km, velocity_km_s = np.array([3700.0, 0, 0]), np.array([0, 3.4, 0])
    matrix = declared_covariance(MODEL, 10 * 86_400.0, position_km, velocity_km_s, GM_MARS_KM3_S2)

    assert np.sqrt(matrix[1, 1]) == pytest.approx(np.hypot(7.0 * 3.4, 0.4))
    assert np.sqrt(matrix[0, 0]) == pytest.approx(0.1)
    assert np.sqrt(matrix[2, 2]) == pytest.approx(0.2)
    assert np.linalg.eigvalsh(matrix / np.outer(SCALES, SCALES)).min() > 0


@given(coordinates, speeds, st.floats(0, 60))
def test_a_declared_covariance_is_that_of_shifted_orbits(position_km, velocity_km_s, age_d) -> None:
    """The timing part equals the difference of two-body states a small time apart, by CSPICE's propagator."""
    assume(np.linalg.norm(np.cross(position_km, velocity_km_s)) > 1000 and np.linalg.norm(position_km) > 3000)
    alone = DeclaredModel(
        radial_km=1e-9, transverse_km=1e-9, normal_km=1e-9, timing_s=0.0, timing_growth_s_per_day=1e-3, source="test"
    )
    matrix = declared_covariance(alone, age_d * 86_400.0, position_km, velocity_km_s, GM_MARS_KM3_S2)
    shift_s = age_d * 1e-3
    state = [*position_km, *velocity_km_s]
    moved = np.array(spiceypy.prop2b(GM_MARS_KM3_S2, state, shift_s)) - state

    sigmas = np.sqrt(np.diag(matrix))
    assert np.allclose(sigmas[:3], np.abs(moved[:3]), atol=SECOND_ORDER_KM)
    assert np.allclose(sigmas[3:], np.abs(moved[3:]), atol=SECOND_ORDER_KM_S)


def test_delivered_comes_before_declared_and_declared_before_nothing() -> None:
    """A delivered covariance is used where it reaches, the declared model elsewhere, and none without a model."""
    position_km, velocity_km_s = np.array([3700.0, 0, 0]), np.array([0, 3.4, 0])
    arc = Arc(knots_s=np.array([0.0, 400.0]), coefficients_km=np.zeros((1, 2, 3)))
    trajectory = Trajectory(epoch=Epoch(0), arcs=(arc,), proof=Proof.EXACT, covariance=table(np.eye(6), np.eye(6)))

    def basis(offset_s: float, declared: DeclaredModel | None) -> Basis | None:
        found = state_covariance(
            trajectory, offset_s, position_km, velocity_km_s,
            declared=declared, created_s=0.0, gm_km3_s2=GM_MARS_KM3_S2,
        )  # fmt: skip
        return found.basis if found else None

    assert basis(50.0, MODEL) is Basis.DELIVERED
    assert basis(300.0, MODEL) is Basis.DECLARED
    assert basis(300.0, None) is None


@given(factors, coordinates, speeds)
def test_rotation_keeps_the_eigenvalues_of_the_position_part(factor, position_km, velocity_km_s) -> None:
    """Turning a covariance into other axes leaves its principal sigmas as they are."""
    assume(np.linalg.norm(np.cross(position_km, velocity_km_s)) > 1000)
    matrix = positive_definite(factor)
    turned = rotated(matrix, rtn_axes(position_km[None], velocity_km_s[None])[0])

    assert np.allclose(np.linalg.eigvalsh(turned[:3, :3]), np.linalg.eigvalsh(matrix[:3, :3]), rtol=1e-6, atol=1e-9)
