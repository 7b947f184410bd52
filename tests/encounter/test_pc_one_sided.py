"""The bound of the probability where one object alone has a covariance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import dblquad
from scipy.optimize import minimize
from scipy.stats import binomtest, multivariate_normal

from encounters import pc_input
from fleets import GM_MARS_KM3_S2
from nearpass.encounter.pc import assess_probability
from nearpass.encounter.pc2d import EncounterPlanes, foster_pc, project
from nearpass.encounter.pc_sensitivity import maximum_pc_of_one
from nearpass.report.wording import said

SPEED_KM_S = np.array([0.0, 0.0, 5.0])
SEARCH = 2e-3
"""What a search along the miss alone leaves, of the largest value over all covariances, for a large sphere."""
PAPER_DIGITS = 2e-4


def plane_of(miss_km: np.ndarray, covariance_km2: np.ndarray, hbr_km: float) -> EncounterPlanes:
    whole = np.eye(3)
    whole[:2, :2] = covariance_km2
    return project(np.append(miss_km, 0.0), SPEED_KM_S, whole[None], np.array([hbr_km]))


@pytest.mark.parametrize(
    ("hbr_m", "expected"), [(5.0, 4.278e-5), (10.0, 1.7107e-4), (20.0, 6.8344e-4), (25.0, 1.06688e-3)]
)
def test_the_worked_example_of_frisbee_is_met(hbr_m: float, expected: float) -> None:
    """Frisbee (2015, table 1): miss (1000, 200) m, sigmas 850 and 50 m; the table's figures by exact quadrature.

    In metres: what is added has variance 980175.16 m2 along the miss, so that the miss is one sigma of the sum.
    """
    planes = plane_of(np.array([1.0, 0.2]), np.diag([0.7225, 0.0025]), hbr_m / 1000.0)
    assert maximum_pc_of_one(planes) == pytest.approx(expected, rel=PAPER_DIGITS)

    added_m2 = np.outer([1000.0, 200.0], [1000.0, 200.0]) * 980175.16 / 1.04e6
    total = np.diag([722500.0, 2500.0]) + added_m2
    density = multivariate_normal([1000.0, 200.0], total)
    by_scipy, _ = dblquad(
        lambda y, x: density.pdf([x, y]), -hbr_m, hbr_m,
        lambda x: -np.sqrt(hbr_m**2 - x**2), lambda x: np.sqrt(hbr_m**2 - x**2),
    )  # fmt: skip
    assert by_scipy == pytest.approx(expected, rel=PAPER_DIGITS)


def test_where_the_miss_is_within_a_sigma_nothing_more_raises_it() -> None:
    """Frisbee: with the miss below one sigma the probability with the known covariance alone is the largest."""
    planes = plane_of(np.array([0.3, 0.1]), np.diag([1.0, 0.25]), 0.01)
    assert maximum_pc_of_one(planes) == pytest.approx(float(foster_pc(planes)[0]), rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.002, 0.5))
def test_no_covariance_of_the_other_gives_more(seed: int, hbr_km: float) -> None:
    """Whatever the other one is, found by a search over all covariances, the probability is not above the bound."""
    generator = np.random.default_rng(seed)
    factor = generator.normal(size=(2, 2)) * np.array([[1.0], [generator.uniform(0.02, 1.0)]])
    known = factor @ factor.T * generator.choice([0.03, 0.3, 1.0]) ** 2 + 1e-6 * np.eye(2)
    miss_km = generator.normal(size=2) * 0.6
    bound = maximum_pc_of_one(plane_of(miss_km, known, hbr_km))
    size = float(np.linalg.norm(miss_km)) + hbr_km

    def less(values: np.ndarray) -> float:
        root = np.array([[values[0], 0.0], [values[1], values[2]]])
        return -float(foster_pc(plane_of(miss_km, known + root @ root.T, hbr_km))[0])

    starts = generator.normal(size=(3, 3)) * size
    found = max(-minimize(less, start, method="Nelder-Mead", options={"maxiter": 300}).fun for start in starts)
    assert found <= bound * (1.0 + SEARCH)


@pytest.mark.parametrize("seed", range(6))
def test_simulated_pairs_do_not_collide_more_often_than_the_bound(seed: int) -> None:
    """The truth: straight passages of pairs drawn from both covariances, the second one's unknown to the method.

    The share of them that come nearer than the hard-body radius has a 99.9 % interval that reaches below the bound.
    """
    generator = np.random.default_rng(seed)
    first, second = (np.diag(generator.uniform(0.02, 1.0, 3)) for _ in range(2))
    turn, _ = np.linalg.qr(generator.normal(size=(3, 3)))
    second = turn @ second @ turn.T
    velocity_km_s = np.array([0.2, -3.0, 2.0])
    miss_km = np.cross(velocity_km_s, generator.normal(size=3))
    miss_km *= 0.8 / np.linalg.norm(miss_km)
    hbr_km, trials = 0.1, 200_000
    offsets = generator.multivariate_normal(miss_km, first @ first.T + second @ second.T, size=trials)
    along = velocity_km_s / np.linalg.norm(velocity_km_s)
    nearest_km = np.linalg.norm(offsets - (offsets @ along)[:, None] * along, axis=1)
    hits = int((nearest_km < hbr_km).sum())
    known = np.zeros((6, 6))
    known[:3, :3] = first @ first.T
    given_states = pc_input(
        primary_position_km=np.array([3700.0, 0.0, 0.0]),
        primary_velocity_km_s=np.array([0.0, 3.4, 0.0]),
        secondary_position_km=np.array([3700.0, 0.0, 0.0]) + miss_km,
        secondary_velocity_km_s=np.array([0.0, 3.4, 0.0]) + velocity_km_s,
        primary_covariance=known,
        secondary_covariance=None,
        hbr_km=hbr_km,
    )
    bound = assess_probability(given_states).max_pc

    assert hits > 50
    assert binomtest(hits, trials).proportion_ci(0.999, method="exact").low <= bound


def test_a_slow_pair_meets_more_often_than_the_plane_allows_and_so_has_no_bound() -> None:
    """Pairs flown by Clohessy and Wiltshire (1960), the velocity of one unknown along the miss: above ten times more.

    Most of them meet while the passage lasts, before or after the TCA. Between the instants of the flight contacts are
    missed, so that the truth is more still.
    """
    generator = np.random.default_rng(5)
    miss_km, hbr_km, trials = np.array([0.1, 0.0, 0.0]), 0.005, 2_000
    slowly_km_s, rate_rad_s = np.array([0.0, 0.0, 5e-7]), float(np.sqrt(GM_MARS_KM3_S2 / 3700.0**3))
    known = np.zeros((6, 6))
    known[:3, :3] = np.eye(3) * 0.002**2
    x, y, z = (miss_km - generator.normal(scale=0.002, size=(trials, 3))).T[..., None]
    to_the_other = generator.normal(scale=0.02, size=(trials, 1))
    at_s = np.arange(-40.0, 40.0, 0.1)
    sin, cos, turned = np.sin(rate_rad_s * at_s), np.cos(rate_rad_s * at_s), rate_rad_s * at_s
    u, v, w = to_the_other / rate_rad_s + y, -x, slowly_km_s[2] / rate_rad_s  # in axes that turn
    radial = (4.0 - 3.0 * cos) * x + sin * u + 2.0 * (1.0 - cos) * v
    along = 6.0 * (sin - turned) * x + y + 2.0 * (cos - 1.0) * u + (4.0 * sin - 3.0 * turned) * v
    nearest_km = np.sqrt(radial**2 + along**2 + (z * cos + w * sin) ** 2).min(axis=1)
    speed_km_s = np.array([0.0, rate_rad_s * 3700.0, 0.0])
    found = assess_probability(pc_input(
        primary_position_km=np.array([3700.0, 0.0, 0.0]),
        primary_velocity_km_s=speed_km_s,
        secondary_position_km=np.array([3700.0, 0.0, 0.0]) + miss_km,
        secondary_velocity_km_s=speed_km_s + slowly_km_s,
        primary_covariance=known,
        hbr_km=hbr_km,
    ))  # fmt: skip
    in_plane = maximum_pc_of_one(plane_of(miss_km[:2], known[:2, :2], hbr_km))

    assert in_plane is not None
    assert (nearest_km < hbr_km).mean() > 10.0 * in_plane
    assert found.max_pc is None
    assert "an error of its velocity alone may bring them together" in said(found.why)


@pytest.mark.parametrize(("along", "across", "third"), [(1.75, 8.5, 1.0), (7.5, 3.5, 4.0), (4.25, 4.5, 5.0)])
def test_a_covariance_without_an_inverse_gives_a_bound_or_none(along: float, across: float, third: float) -> None:
    """Two components wholly correlated, whose smallest eigenvalue rounds above 0: no probability, a bound or none."""
    position = np.array([[along**2, along * across, 0.0], [along * across, across**2, 0.0], [0.0, 0.0, third]])
    whole = np.zeros((6, 6))
    whole[:3, :3], whole[3:, 3:] = position, np.eye(3) * 1e-8
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.inv(position)
    assert np.linalg.eigvalsh(position)[0] > 0.0

    found = assess_probability(pc_input(
        hbr_km=0.01, primary_position_km=np.array([7000.0, 0.0, 0.0]), primary_velocity_km_s=np.array([0.0, 2.4, 0.3]),
        secondary_position_km=np.array([7000.5, 0.3, -0.2]), secondary_velocity_km_s=np.array([0.2, -2.0, 1.1]),
        primary_covariance=whole,
    ))  # fmt: skip

    assert found.pc is None
    assert found.missing == "secondary"
    assert found.max_pc is None or 0.0 <= found.max_pc <= 1.0

    both = assess_probability(pc_input(
        hbr_km=0.01, primary_position_km=np.array([7000.0, 0.0, 0.0]), primary_velocity_km_s=np.array([0.0, 2.4, 0.3]),
        secondary_position_km=np.array([7000.5, 0.3, -0.2]), secondary_velocity_km_s=np.array([0.2, -2.0, 1.1]),
        primary_covariance=whole / 2.0, secondary_covariance=whole / 2.0,
    ))  # fmt: skip
    assert both.pc is None or 0.0 <= both.pc <= 1.0
    assert both.why
