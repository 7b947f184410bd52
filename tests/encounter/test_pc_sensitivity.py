"""Maximum probability, dilution, and bounds over several encounters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from nearpass.encounter.pc2d import foster_pc, project
from nearpass.encounter.pc_sensitivity import (
    combined_bounds,
    maximum_pc,
    maximum_pc_without_covariance,
    pc_by_hbr,
    pc_plane,
)
from nearpass.encounter.pc_validity import short_encounter

SMALL_RADIUS = 1e-4  # second order in R/d of the closed form
SEARCH = 1e-5
ALONG = np.array([0.0, 0.0, 1.0])


def isotropic(miss_km, sigma_km, hbr_km):
    return project(np.array([[miss_km, 0.0, 0.0]]), ALONG[None], np.eye(3)[None] * sigma_km**2, np.array([hbr_km]))


@given(st.floats(0.05, 50.0), st.floats(-1.5, 1.5))
def test_the_isotropic_maximum_has_a_closed_form(miss_km, power) -> None:
    """For a small radius the maximum is R^2/(e d^2), reached at sigma = d/sqrt(2), from whatever sigma one starts."""
    hbr_km, sigma_km = miss_km * 1e-3, miss_km * 10.0**power
    found = maximum_pc(isotropic(miss_km, sigma_km, hbr_km))

    assert found.pc == pytest.approx(hbr_km**2 / (np.e * miss_km**2), rel=SMALL_RADIUS)
    assert found.sigma_factor * sigma_km == pytest.approx(miss_km / np.sqrt(2), rel=1e-2)
    assert found.in_dilution == (sigma_km > found.sigma_factor * sigma_km)
    assert maximum_pc_without_covariance(miss_km, hbr_km) == pytest.approx(found.pc, rel=SEARCH)


@given(st.floats(0.2, 5.0), st.floats(0.05, 5.0), st.floats(0.01, 1.0))
def test_no_scale_gives_more_than_the_maximum(sigma_x, sigma_y, hbr_km) -> None:
    """On a fine grid of scales nothing exceeds the maximum found."""
    scales = np.geomspace(1e-3, 1e3, 400)
    planes = project(
        np.tile([1.0, 0.7, 0.0], (401, 1)),
        np.tile(ALONG, (401, 1)),
        np.diag([sigma_x**2, sigma_y**2, 1.0]) * np.array([1.0, *scales])[:, None, None] ** 2,
        np.array([hbr_km]),
    )
    one = project(
        np.array([[1.0, 0.7, 0.0]]), ALONG[None], np.diag([sigma_x**2, sigma_y**2, 1.0])[None], np.array([hbr_km])
    )

    assert foster_pc(planes).max() <= maximum_pc(one).pc * (1.0 + SEARCH)


def test_a_miss_inside_the_radius_can_be_certain() -> None:
    """Where the nominal miss lies inside the hard-body radius, the maximum is 1 and any covariance is diluted."""
    found = maximum_pc(isotropic(0.01, 1.0, 0.02))

    assert found.pc == 1.0
    assert found.in_dilution
    assert maximum_pc_without_covariance(0.01, 0.02) == 1.0


def test_the_covariance_plane_has_the_diagonal_of_the_common_factor() -> None:
    """Equal factors on both objects are the same factor on the combined covariance."""
    factors = np.array([0.5, 1.0, 3.0])
    miss, primary, secondary = np.array([0.3, 0.4, 0.0]), np.diag([0.1, 0.2, 0.3]), np.diag([0.4, 0.1, 0.2])
    grid = pc_plane(miss, ALONG, primary, secondary, 0.05, factors)
    for index, factor in enumerate(factors):
        one = project(miss[None], ALONG[None], ((primary + secondary) * factor**2)[None], np.array([0.05]))
        assert grid[index, index] == pytest.approx(foster_pc(one)[0], rel=1e-12)
        assert pc_by_hbr(one, np.array([0.05]))[0] == pytest.approx(foster_pc(one)[0], rel=1e-12)


def test_several_encounters_are_bounded_by_the_largest_and_the_sum() -> None:
    """Whatever their dependence, the probability of any is between the largest and the sum, and at most 1."""
    assert combined_bounds(np.array([1e-4, 3e-4])) == pytest.approx((3e-4, 4e-4))
    assert combined_bounds(np.array([0.7, 0.8])) == (0.8, 1.0)
    assert combined_bounds(np.array([])) == (0.0, 0.0)


@given(st.floats(0.1, 5.0), st.floats(0.1, 3.0), st.floats(0.001, 0.5), st.sampled_from([1e-3, 1e-6, 1e-10]))
def test_coppolas_bounds_without_correlation(sigma_km, speed_km_s, hbr_km, gamma) -> None:
    """With uncorrelated errors it lasts from -(R + z sigma)/v to z sigma/v, z the normal quantile of gamma."""
    found = short_encounter(
        np.array([1.0, 0.0, 0.0]), speed_km_s * ALONG, np.diag([1.0, 2.0, sigma_km**2]), hbr_km, gamma
    )
    quantile = norm.isf(gamma / 2)

    assert found.stop_s == pytest.approx(quantile * sigma_km / speed_km_s, rel=1e-9)
    assert found.start_s == pytest.approx(-(quantile * sigma_km + hbr_km) / speed_km_s, rel=1e-9)
    assert found.validity_s == found.duration_s


def test_an_encounter_without_motion_has_no_bounds() -> None:
    """Without relative velocity there is no short encounter."""
    assert short_encounter(np.ones(3), np.zeros(3), np.eye(3), 0.01) is None
