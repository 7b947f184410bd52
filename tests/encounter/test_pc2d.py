"""Probability of collision in the encounter plane."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nearpass.encounter.pc2d import EncounterPlanes, contour_pc, foster_pc, project
from pc_cases import every_state_case, published_cases

SINGLE_PRECISION_REFERENCE = 1e-6  # accuracy asked of the quadratures where the reference is above 1e-15
TWO_QUADRATURES = 1e-8  # each converges to about 1e-9 or better
ROUNDING = 1e-9
SUMMATION = 1e-14  # the processor adds the rows of a larger array in another order
LEAST_COMPARED = 1e-15

vectors = arrays(np.float64, (3,), elements=st.floats(-1, 1))
factors = arrays(np.float64, (3, 3), elements=st.floats(-1, 1))
scales = st.floats(-2, 2).map(lambda power: 10.0**power)


def plane(miss_xy_km, sigma_xy_km, hbr_km) -> EncounterPlanes:
    """One encounter whose plane is x-y."""
    return project(
        np.array([[*miss_xy_km, 0.0]]),
        np.array([[0.0, 0.0, 1.0]]),
        np.diag([*np.square(sigma_xy_km), 1.0])[None],
        np.array([hbr_km]),
    )


def from_state(case) -> EncounterPlanes:
    one = case.given
    met = one.encounter
    return project(
        met.miss_vector_km[None], met.relative_velocity_km_s[None], met.combined_km2[None], np.array([one.hbr_km])
    )


def rotation(axis, angle) -> np.ndarray:
    """Rodrigues' formula."""
    x, y, z = np.asarray(axis) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def test_both_quadratures_agree_with_an_independent_one_on_every_published_state_case() -> None:
    """Strips and contour are within 1e-6 of an arbitrary-precision quadrature wherever that is above 1e-15."""
    compared = 0
    for case in every_state_case():
        expected = case.published["hp_2d"]
        if expected is None or expected < LEAST_COMPARED:
            continue
        planes = from_state(case)
        for quadrature in (foster_pc, contour_pc):
            assert quadrature(planes)[0] == pytest.approx(expected, rel=SINGLE_PRECISION_REFERENCE), case.name
        compared += 1
    assert compared >= 37


def test_both_quadratures_agree_with_an_independent_one_on_the_plane_cases() -> None:
    """The encounter-plane cases of Chan as published with Orekit come out within 1e-6, also at 1e-27."""
    for case in published_cases()["orekit_2d"]:
        planes = plane(np.array(case["miss_xy_m"]) / 1e3, np.array(case["sigma_xy_m"]) / 1e3, case["hbr_m"] / 1e3)
        for quadrature in (foster_pc, contour_pc):
            assert quadrature(planes)[0] == pytest.approx(case["hp_2d"], rel=SINGLE_PRECISION_REFERENCE), case["id"]


def test_published_values_of_the_encounter_plane_are_met() -> None:
    """CARA's published 2-D values of its operational conjunctions, states at the true TCA, come out within 1e-6."""
    for case in published_cases()["cara_conjunctions"]:
        found = next(one for one in every_state_case() if one.name == case["id"])
        expected = case["expected"]["pc2d_tca_adjusted"]
        assert foster_pc(from_state(found))[0] == pytest.approx(expected, rel=SINGLE_PRECISION_REFERENCE)


@given(
    miss=st.tuples(st.floats(0, 8), st.floats(0, 8)),
    sigma=st.tuples(scales, scales),
    hbr_km=st.floats(-3, 1.5).map(lambda power: 10.0**power),
)
def test_the_two_quadratures_agree(miss, sigma, hbr_km) -> None:
    """For misses within eight sigmas, sigmas over four decades and radii from 1 m to 30 km both give one value."""
    planes = plane(np.multiply(miss, sigma), sigma, hbr_km)
    strips, contour = foster_pc(planes)[0], contour_pc(planes)[0]

    assert strips == pytest.approx(contour, rel=TWO_QUADRATURES, abs=1e-25)


@given(miss=vectors, velocity=vectors, factor=factors, hbr_km=scales, larger=st.floats(1, 10))
def test_it_is_a_probability_and_rises_with_the_radius(miss, velocity, factor, hbr_km, larger) -> None:
    """The result lies in [0, 1] and a larger hard-body radius never gives less."""
    covariance = factor @ factor.T + 0.01 * np.eye(3)
    velocity = velocity + np.array([0.0, 0.0, 2.0])
    planes = project(
        np.tile(miss, (2, 1)), np.tile(velocity, (2, 1)), np.tile(covariance, (2, 1, 1)), hbr_km * np.array([1, larger])
    )
    small, large = foster_pc(planes)

    assert 0.0 <= small <= 1.0
    assert 0.0 <= large <= 1.0
    assert large >= small * (1.0 - ROUNDING)


@given(miss=vectors, velocity=vectors, factor=factors, axis=vectors, angle=st.floats(0, 6.3))
def test_it_depends_neither_on_the_axes_nor_on_who_is_primary(miss, velocity, factor, axis, angle) -> None:
    """Rotating all axes, or swapping the objects, leaves the probability as it is."""
    covariance = factor @ factor.T + 0.01 * np.eye(3)
    velocity = velocity + np.array([0.0, 0.0, 2.0])
    turn = rotation(axis + np.array([0.0, 0.0, 2.0]), angle)
    planes = project(
        np.stack([miss, -miss, turn @ miss]),
        np.stack([velocity, -velocity, turn @ velocity]),
        np.stack([covariance, covariance, turn @ covariance @ turn.T]),
        np.array([0.1]),
    )
    first, swapped, turned = foster_pc(planes)

    assert swapped == pytest.approx(first, rel=ROUNDING)
    assert turned == pytest.approx(first, rel=1e-7)


def test_a_tiny_sphere_takes_the_density_times_its_area() -> None:
    """For a radius far below sigma the probability is pi R^2 times the density at the miss."""
    hbr_km, x, y, sx, sy = 1e-6, 1.0, 2.0, 1.5, 4.0
    density = np.exp(-(x**2 / sx**2 + y**2 / sy**2) / 2) / (2 * np.pi * sx * sy)

    assert foster_pc(plane((x, y), (sx, sy), hbr_km))[0] == pytest.approx(np.pi * hbr_km**2 * density, rel=1e-8)


def test_a_huge_sphere_is_always_hit() -> None:
    """For a radius far above miss and sigma the probability is 1."""
    assert foster_pc(plane((1.0, 2.0), (1.5, 4.0), 1e3))[0] == pytest.approx(1.0, abs=ROUNDING)


def test_a_centred_isotropic_gaussian_has_a_closed_form() -> None:
    """Without miss, and with equal sigmas, the probability is 1 - exp(-R^2/(2 sigma^2))."""
    for ratio in (1e-3, 0.1, 1.0, 5.0):
        expected = -np.expm1(-(ratio**2) / 2)
        assert foster_pc(plane((0.0, 0.0), (1.0, 1.0), ratio))[0] == pytest.approx(expected, rel=ROUNDING)


def test_no_relative_motion_is_refused() -> None:
    """Without relative velocity there is no plane, and the result is NaN, not a number."""
    planes = project(np.ones((1, 3)), np.zeros((1, 3)), np.eye(3)[None], np.array([0.01]))

    assert not planes.moving[0]
    assert np.isnan(foster_pc(planes)[0])
    assert np.isnan(contour_pc(planes)[0])


# Omitron test cases 3 and 4 of CARA's unit tests of PcElrod: one matrix in two units, expected 0 and NaN.
MISS_M = np.array([[-6703689.997789211, 2066645.266249834, 601175.621383896]]) - [
    [-6711923.276204407, 2115987.639388162, 596903.033311516]
]
VELOCITY_M_S = np.array([[-499.951545210059, -8271.763735723972, -3673.287518932014]]) - [
    [-3633.024009735033, -8343.876216289187, 1529.269073307224]
]
SECONDARY_M2 = np.array(
    [
        [38324418857.201, 409236977944.646, 182366534533.406],
        [409236977944.646, 4369926131386.673, 1947351616381.380],
        [182366534533.406, 1947351616381.380, 867790027954.990],
    ]
)
PRIMARY_M2 = np.array(
    [
        [10651.06865424844, 25162.51806981900, -4653.47179860534],
        [25162.51806981901, 61873.55078822979, -11370.63814221593],
        [-4653.47179860534, -11370.63814221593, 2108.71780971058],
    ]
)


def test_a_slightly_indefinite_covariance_is_clipped_and_reported() -> None:
    """The covariance of CARA's remediable case is clipped, says so, and gives probability 0."""
    planes = project(MISS_M, VELOCITY_M_S, (PRIMARY_M2 + SECONDARY_M2)[None], np.array([52.84]))

    assert planes.clipped[0]
    assert planes.usable[0]
    assert foster_pc(planes)[0] == 0.0


def test_a_covariance_that_cannot_be_repaired_is_refused() -> None:
    """CARA's case that cannot be remediated gives NaN, and does not disturb the other encounters of the call."""
    primary_m2 = PRIMARY_M2.copy()
    primary_m2[0, 0] = 1.065106865424844e-3
    bad = primary_m2 + SECONDARY_M2
    planes = project(
        np.tile(MISS_M, (2, 1)),
        np.tile(VELOCITY_M_S, (2, 1)),
        np.stack([bad, np.eye(3) * 1e8]),
        np.array([0.05284, 10.0]),
    )

    assert not planes.usable[0]
    assert np.isnan(foster_pc(planes)[0])
    assert foster_pc(planes)[1] > 0.0


def test_omitron_cases_of_cara() -> None:
    """The first two unit tests of CARA's PcElrod, in km, come out within its tolerance of 1e-3."""
    miss = np.array([[-3.8775302, 1.839096, -1.637136], [-0.009926949995, -0.006834686286, 0.007063522176]])
    velocity = np.array([[-7.748925325, -9.527159271, 7.645169759], [9.855961163900, -6.779660923802, 8.372234827459]])
    rows, columns = np.triu_indices(3)
    primary = np.array(
        [
            [44.5757544811362, 81.6751751052616, -67.8687662707124, 158.453402956, -128.616921645, 105.490542563],
            [3.42072996e-4, -4.12677097e-4, 3.71500418e-4, 6.09905946e-4, -5.40401386e-4, 5.21238635e-4],
        ]
    )
    secondary = np.array(
        [
            [2.31067077720423, 1.69905293875632, -1.4170164577661, 1.249573884572, -1.041741642796, 0.869260558224],
            [0.028351300975, -0.00820410343738, 0.019253747960, 0.00240437777485, -0.0055865121979, 0.013289250260],
        ]
    )
    covariance = np.zeros((2, 3, 3))
    covariance[:, rows, columns] = covariance[:, columns, rows] = primary + secondary

    found = foster_pc(project(miss, velocity, covariance, np.array([0.020])))

    assert found == pytest.approx([2.70601573490125e-05, 0.180736305849476], rel=1e-3)


def test_many_encounters_at_once_are_the_single_ones() -> None:
    """A call for many encounters gives each the value that it has alone, whatever sizes are mixed."""
    cases = [
        (plane((x, y), (s, t), r)) for x, y, s, t, r in [(1, 2, 3, 4, 0.1), (0, 0, 1, 1, 50), (9, 1, 2, 0.01, 1e-5)]
    ]
    whole = EncounterPlanes(
        **{name: np.concatenate([getattr(one, name) for one in cases]) for name in EncounterPlanes.__slots__}
    )

    assert foster_pc(whole) == pytest.approx([foster_pc(one)[0] for one in cases], rel=SUMMATION, abs=0.0)
