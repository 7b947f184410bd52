"""What a search for decoys aims at is told in the same cells, by an integral of our own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2, multivariate_normal

from nearpass.disclosure.editions import FAR_SIGMAS, far_sigmas
from nearpass.disclosure.meetings import Meeting
from nearpass.encounter.alert_rules import thresholds
from nearpass.reasons.levels import Level

FloatArray = NDArray[np.float64]
HBR_KM = 0.013
ROUNDING_KM = 1e-9  # of differences of positions of thousands of km
MINE = np.array([3000.0, 2000.0, 1000.0]), np.array([-1.5, 3.0, 2.0])
OTHER = np.array([3001.0, 2000.0, 999.0]), np.array([0.5, -2.0, 3.0])
TIMING = np.diag([12.0, 0.2, 0.1]) ** 2
"""Along the velocity, in the plane and across."""


def meeting(pc: tuple[float, float] | None, miss_km: tuple[float, float] = (5.0, 10.0)) -> Meeting:
    """Two objects whose errors are of timing."""
    return Meeting(
        cycle=0, other="B", span_s=(0.0, 600.0), miss_km=miss_km, pc=pc, hbr_km=HBR_KM, tnw_km2=(TIMING, TIMING / 2.0)
    )


def icrf(matrix: FloatArray, position_km: FloatArray, velocity_km_s: FloatArray) -> FloatArray:
    """From along, in plane, across to the axes of the state."""
    along = velocity_km_s / np.linalg.norm(velocity_km_s)
    pole = np.cross(position_km, velocity_km_s)
    pole /= np.linalg.norm(pole)
    axes = np.stack([along, np.cross(pole, along), pole])
    return np.asarray(axes.T @ matrix @ axes)


def probability(miss_km: FloatArray) -> float:
    """Of the disc in the plane normal to the relative velocity: the mean density over points of a sunflower in it."""
    relative = MINE[1] - OTHER[1]
    basis = np.linalg.svd(relative[None])[2][1:]
    combined = basis @ (icrf(TIMING, *MINE) + icrf(TIMING / 2.0, *OTHER)) @ basis.T
    number = np.arange(400)
    radius, angle = HBR_KM * np.sqrt((number + 0.5) / 400), number * np.pi * (3.0 - np.sqrt(5.0))
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    density = multivariate_normal(basis @ miss_km, combined).pdf(points)
    return float(density.mean() * np.pi * HBR_KM**2)


CELLS = [(1e-6, 1e-5), (1e-7, 1e-6), (0.0, 1e-10)]


@pytest.mark.parametrize("pc", CELLS)
def test_what_is_aimed_at_is_told_so(pc: tuple[float, float]) -> None:
    """Each target lies across the relative velocity, at a distance and with a probability of the told cells."""
    targets = meeting(pc).targets_km(MINE, OTHER)

    assert len(targets) >= 5
    assert np.abs(targets @ (MINE[1] - OTHER[1])).max() < 1e-9
    assert ((np.linalg.norm(targets, axis=1) > 5.0) & (np.linalg.norm(targets, axis=1) < 10.0)).all()
    assert all(pc[0] <= probability(target) < pc[1] for target in targets)


@pytest.mark.parametrize("pc", [*CELLS, None])
def test_what_a_miss_lacks_leads_to_where_it_is_told_so(pc: tuple[float, float] | None) -> None:
    """Taken off any miss, it gives one that lacks nothing; one that is told so already lacks nothing."""
    one, random = meeting(pc), np.random.default_rng(2)
    for target in one.targets_km(MINE, OTHER)[::7]:
        assert np.linalg.norm(one.off_km((OTHER[0] + target, MINE[1]), OTHER)) < ROUNDING_KM
    for _ in range(20):
        beside = random.normal(size=3) * 8.0
        relative = MINE[1] - OTHER[1]
        beside -= relative * (beside @ relative) / (relative @ relative)
        better = beside - one.off_km((OTHER[0] + beside, MINE[1]), OTHER)
        assert np.linalg.norm(one.off_km((OTHER[0] + better, MINE[1]), OTHER)) < ROUNDING_KM


def test_a_slim_covariance_is_aimed_at_along_its_axis() -> None:
    """Errors of timing alone leave a needle, which even steps on a ring miss: there are targets at both its ends."""
    slim = np.diag([12.0, 0.01, 0.01]) ** 2
    along = MINE[1] / np.linalg.norm(MINE[1])
    targets = replace(meeting((1e-6, 1e-5)), tnw_km2=(slim, slim * 1e-12)).targets_km(MINE, OTHER)

    assert {bool(side) for side in targets @ along > 0.0} == {True, False}


def test_where_nothing_would_be_told_so_the_distance_is_aimed_at() -> None:
    """No place has a probability of one half: there is no target, and what is lacked is that of the distance."""
    one = meeting((0.5, 1.0))
    far = np.cross(MINE[1] - OTHER[1], [0.0, 0.0, 1.0])
    far *= 40.0 / np.linalg.norm(far)

    assert not len(one.targets_km(MINE, OTHER))
    assert np.linalg.norm(far - one.off_km((OTHER[0] + far, MINE[1]), OTHER)) == pytest.approx(9.5)


@pytest.mark.parametrize("pc", [None, 1e-5, 1e-13, 1e-20, 1e-60])
def test_decoys_look_as_far_as_any_rule_on_the_probability_reaches(pc: float | None) -> None:
    """Beyond the sigmas looked at, a hit in the plane (chi-square of two degrees) is rarer than what any rule asks."""
    rules = thresholds(Level.YELLOW, cad_km=1.0, pc=pc, oxd_km=None)

    assert chi2.sf(far_sigmas(rules) ** 2, 2) < (pc or 1e-10)
    assert far_sigmas(rules) >= FAR_SIGMAS
