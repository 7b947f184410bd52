"""Which covariance a state gets: the delivered one, else the declared model, else none."""

from dataclasses import replace

import numpy as np
import pytest
import spiceypy
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fleets import ABOUT_MARS
from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import Epoch
from nearpass.astro.local_axes import rtn_axes
from nearpass.encounter.uncertainty import (
    Basis,
    Covariance,
    DeclaredModel,
    declared_covariance,
    rotated,
    state_at,
)
from nearpass.ephemeris.interpolation import arc_from_nodes
from nearpass.ephemeris.trajectory import Arc, CovarianceTable, Proof, Trajectory
from nearpass.errors import FrameError
from nearpass.report.wording import said
from oem_texts import circular

EPOCH = Epoch.parse("2026-03-01T00:00:00")
SECOND_ORDER_KM = 1e-5  # half of 42828 / 3000**2 km/s**2 times (0.06 s)**2
SECOND_ORDER_KM_S = 1e-7  # the change of that acceleration in 0.06 s, at up to 7 km/s
SCALES = np.array([1.0, 10.0, 0.5, 1e-4, 1e-3, 1e-4])

coordinates = arrays(np.float64, 3, elements=st.floats(-1e4, 1e4))
speeds = arrays(np.float64, 3, elements=st.floats(-4, 4))
factors = arrays(np.float64, (6, 6), elements=st.floats(-1, 1))


def positive_definite(factor: np.ndarray) -> np.ndarray:
    matrix = factor @ factor.T + 0.1 * np.eye(6)
    return matrix * np.outer(SCALES, SCALES)


def trajectory_with(*matrices: np.ndarray) -> Trajectory:
    """A round orbit for 400 s with these covariances, 100 s apart."""
    nodes_s = np.arange(-60.0, 481.0, 60.0)
    arc = arc_from_nodes(nodes_s, *circular(nodes_s), "HERMITE", 7, (0.0, 400.0))
    table = CovarianceTable(offsets_s=np.arange(len(matrices)) * 100.0, matrices=np.stack(matrices))
    return Trajectory(
        object_id="A",
        frame=ABOUT_MARS,
        epoch=EPOCH,
        arcs=(Arc(arc.knots_s, arc.coefficients_km, 0.0, covariances=table),),
        proof=Proof.EXACT,
    )


def covariance_of(trajectory: Trajectory, offset_s: float, declared: DeclaredModel | None) -> Covariance | None:
    return state_at(trajectory, offset_s, declared=declared, created_s=0.0).covariance


def test_a_repair_is_told_with_the_state_and_in_between() -> None:
    """The covariance of a state between a sound and a repaired matrix is positive definite and carries the remark."""
    flat = np.eye(6)
    flat[0, 1] = flat[1, 0] = 1.0 + 1e-6
    found = covariance_of(trajectory_with(np.eye(6), flat), 50.0, None)

    assert found is not None
    assert np.linalg.eigvalsh(found.matrix / np.outer(SCALES, SCALES))[0] > 0
    assert said(found.remark) == (
        "the delivered covariance was repaired: not positive definite "
        "(smallest eigenvalue −1.0e-6 of unit variances), raised to 1e-9"
    )


def test_a_refused_covariance_is_told_where_the_declared_model_stands_in() -> None:
    """The remark says that the delivered matrix was refused, and why; without a model there is none to carry it."""
    indefinite = np.eye(6)
    indefinite[0, 1] = indefinite[1, 0] = 2.0
    found = covariance_of(trajectory_with(indefinite, indefinite), 50.0, MODEL)

    assert found.basis is Basis.DECLARED
    assert said(found.remark).startswith("the delivered covariance was refused: not positive definite")


def known(matrix: np.ndarray, **changes) -> Covariance:
    return replace(
        Covariance(object_id="-74", epoch=EPOCH, axes="ICRF", matrix=matrix, basis=Basis.DELIVERED), **changes
    )


def test_the_sum_is_the_covariance_of_the_distance_of_two_drawn_positions() -> None:
    """Positions drawn with the one covariance and with the other are apart with their sum; velocities do not matter."""
    first, second = (positive_definite(np.tri(6) * sign) for sign in (0.3, 0.2))
    second[0, 1] = second[1, 0] = -0.1
    draw = np.random.default_rng(5)
    apart = draw.multivariate_normal(np.zeros(6), first, 200_000) - draw.multivariate_normal(
        np.zeros(6), second, 200_000
    )
    scale = np.outer(SCALES, SCALES)[:3, :3]
    found = known(first) + known(second[:3, :3], object_id="-41")
    np.testing.assert_allclose(found / scale, np.cov(apart[:, :3].T) / scale, atol=0.01)  # 3 / sqrt(200 000)


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"axes": "EME2000"}, "EME2000"), ({"axes": "RTN"}, "RTN"), ({"epoch": EPOCH + 1e-3}, "00:00:00.001")],
    ids=["other axes", "local axes", "a millisecond later"],
)
def test_covariances_that_do_not_fit_are_not_added(changes, told) -> None:
    """In other axes or at another instant the sum is refused, naming both objects and where each holds."""
    pair = known(np.eye(6)), known(np.eye(6), object_id="-41", **changes)
    for one, other in (pair, pair[::-1]):
        with pytest.raises(FrameError) as refused:
            one + other
        for part in ("-74 in ICRF at 2026-03-01T00:00:00", "-41 in", told):
            assert part in str(refused.value)


def test_a_covariance_of_a_state_says_where_it_holds() -> None:
    """Delivered or declared, it is of the trajectory's object, in its axes, at the instant asked for."""
    bare = tuple(replace(arc, covariances=None) for arc in trajectory_with(np.eye(6)).arcs)
    for found, basis in (
        (covariance_of(trajectory_with(np.eye(6), np.eye(6)), 50.0, None), Basis.DELIVERED),
        (covariance_of(replace(trajectory_with(np.eye(6)), arcs=bare), 50.0, MODEL), Basis.DECLARED),
    ):
        assert found is not None
        assert (found.object_id, found.axes, found.epoch, found.basis) == ("A", "ICRF", EPOCH + 50.0, basis)


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


@given(coordinates, speeds)
def test_a_declared_timing_error_moves_position_and_velocity_together(position_km, velocity_km_s) -> None:
    """Early or late by a second, CSPICE's two-body state is off in position and velocity at once, with these signs.

    Their product is the part of the covariance that no sigma tells: an object that is late has the velocity of an
    earlier place.
    """
    assume(np.linalg.norm(np.cross(position_km, velocity_km_s)) > 1000 and np.linalg.norm(position_km) > 3000)
    alone = DeclaredModel(
        radial_km=1e-9, transverse_km=1e-9, normal_km=1e-9, timing_s=1.0, timing_growth_s_per_day=0.0, source="test"
    )
    matrix = declared_covariance(alone, 0.0, position_km, velocity_km_s, GM_MARS_KM3_S2)
    state = [*position_km, *velocity_km_s]
    early, late = (np.array(spiceypy.prop2b(GM_MARS_KM3_S2, state, shift_s)) for shift_s in (1.0, -1.0))
    off = (early - late) / 2.0

    scale = np.repeat([np.linalg.norm(off[:3]), np.linalg.norm(off[3:])], 3)
    np.testing.assert_allclose(matrix / np.outer(scale, scale), np.outer(off, off) / np.outer(scale, scale), atol=1e-3)


TIMING = DeclaredModel(
    radial_km=1e-6, transverse_km=1e-6, normal_km=1e-6, timing_s=2.0, timing_growth_s_per_day=0.5, source="test"
)


@pytest.mark.parametrize(
    ("created_d", "timing_s"),
    [(-10.0, 7.0), (-1.0, 2.5), (0.0, 2.0), (3.0, 2.0)],  # made after the instant: no age yet, and never a negative one
)
def test_a_declared_error_grows_with_the_age_of_the_ephemeris(created_d: float, timing_s: float) -> None:
    """2 s when it was made and 0.5 s more for each day since: times the speed, the sigma along a round orbit."""
    bare = trajectory_with(np.eye(6))
    bare = replace(bare, arcs=tuple(replace(arc, covariances=None) for arc in bare.arcs))
    velocity_km_s = bare.state(np.array([300.0]))[1][0]
    found = state_at(bare, 300.0, declared=TIMING, created_s=300.0 + created_d * 86_400.0).covariance

    assert found is not None
    along = velocity_km_s / np.linalg.norm(velocity_km_s)
    sigma_s = np.sqrt(along @ found.matrix[:3, :3] @ along) / np.linalg.norm(velocity_km_s)
    assert sigma_s == pytest.approx(timing_s, rel=1e-6)  # the position's own sigma is a millimetre


@pytest.mark.parametrize(("growth_s_per_day", "known"), [(0.0, True), (1e-3, False), (0.5, False), (2.0, False)])
def test_an_unknown_age_gives_no_growing_error(growth_s_per_day: float, known: bool) -> None:
    """Where nobody knows when an ephemeris was made, an error that grows is not known; one that does not is."""
    bare = trajectory_with(np.eye(6))
    bare = replace(bare, arcs=tuple(replace(arc, covariances=None) for arc in bare.arcs))
    state = state_at(bare, 300.0, declared=replace(TIMING, timing_growth_s_per_day=growth_s_per_day), created_s=None)
    found = state.covariance

    assert (found is not None) is known
    if found is not None:
        same = declared_covariance(TIMING, 0.0, state.position_km, state.velocity_km_s, body_named("MARS").gm_km3_s2)
        np.testing.assert_array_equal(found.matrix, same)


def test_delivered_comes_before_declared_and_declared_before_nothing() -> None:
    """A delivered covariance is used where there is one, the declared model elsewhere, and none without a model."""
    delivered, bare = trajectory_with(np.eye(6), np.eye(6)), trajectory_with(np.eye(6))
    bare = replace(bare, arcs=tuple(replace(arc, covariances=None) for arc in bare.arcs))

    assert covariance_of(delivered, 50.0, MODEL).basis is Basis.DELIVERED
    assert covariance_of(bare, 50.0, MODEL).basis is Basis.DECLARED
    assert covariance_of(bare, 50.0, None) is None


@pytest.mark.parametrize(("offset_s", "remark"), [(100.0, None), (400.0, "from the last one, before it by 0.1 h")])
def test_a_covariance_that_was_carried_on_says_so(offset_s: float, remark: str | None) -> None:
    """At the last delivered one there is nothing to say; five minutes later it was carried on."""
    found = covariance_of(trajectory_with(np.eye(6), np.eye(6)), offset_s, None)
    assert said(found.remark) == (f"carried by the motion {remark}" if remark else "")


def test_a_covariance_of_the_position_alone_says_so() -> None:
    """What says nothing of the velocity is used for the position, and the remark tells."""
    alone = np.diag([1.0, 4.0, 1.0, 0.0, 0.0, 0.0])
    found = covariance_of(trajectory_with(alone, alone), 50.0, MODEL)
    assert found.basis is Basis.DELIVERED
    assert said(found.remark) == "it says nothing of the velocity: that of the position was turned with the path"


@given(factors, coordinates, speeds)
def test_rotation_keeps_the_eigenvalues_of_the_position_part(factor, position_km, velocity_km_s) -> None:
    """Turning a covariance into other axes leaves its principal sigmas as they are."""
    assume(np.linalg.norm(np.cross(position_km, velocity_km_s)) > 1000)
    matrix = positive_definite(factor)
    turned = rotated(matrix, rtn_axes(position_km[None], velocity_km_s[None])[0])

    assert np.allclose(np.linalg.eigvalsh(turned[:3, :3]), np.linalg.eigvalsh(matrix[:3, :3]), rtol=1e-6, atol=1e-9)
