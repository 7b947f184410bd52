"""Predictions and their covariances: what they say of the error is what the error turns out to be."""

import numpy as np
import pytest
from scipy.stats import chi2

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.sample.orbits import Shape, state_of_elements
from nearpass.sample.predictions import Knowledge, error_modes, predict, rows_by_dynamic_time
from nearpass.sample.propagation import MARS, Batch, Sampling, propagate

EPOCH = Epoch.parse("2021-03-16T12:00:00")
LOW = Shape(periapsis_km=3651.0, apoapsis_km=3716.0, inclination_deg=92.7)
ECCENTRIC = Shape(periapsis_km=3546.0, apoapsis_km=7896.0, inclination_deg=75.0)
KNOWLEDGE = Knowledge(
    timing_s=0.004, semi_major_m=1.5, radial_m=6.0, flight_path_m=7.0, cross_track_m=10.0, tangential_m_s2=5e-9
)
DRAWS = 120
# Standard error of the mean of chi-square with 3 degrees of freedom over that many draws, four times.
SAMPLING = 4.0 * np.sqrt(6.0 / DRAWS)


def truth_of(*shapes: Shape) -> Batch:
    states = [
        state_of_elements(
            shape, node_deg=100.0, periapsis_argument_deg=250.0, true_anomaly_deg=30.0, gm_km3_s2=MARS.gm_km3_s2
        )
        for shape in shapes
    ]
    return Batch(epochs=(EPOCH,) * len(shapes), states=np.array(states), tangential_km_s2=np.zeros(len(shapes)))


def semi_major_km(state: np.ndarray) -> float:
    return float(1.0 / (2.0 / np.linalg.norm(state[:3]) - state[3:] @ state[3:] / MARS.gm_km3_s2))


def to_rtn(state: np.ndarray) -> np.ndarray:
    radial = state[:3] / np.linalg.norm(state[:3])
    normal = np.cross(state[:3], state[3:])
    normal /= np.linalg.norm(normal)
    return np.stack([radial, np.cross(normal, radial), normal])


def squared_distances(shape: Shape, knowledge: Knowledge, span_s: float) -> np.ndarray:
    """Squared Mahalanobis distances of the true position from each prediction, at the end of the span."""
    truth = truth_of(*[shape] * DRAWS)
    draws = np.random.default_rng(20210317).standard_normal((DRAWS, 7))
    (true_end,) = propagate(
        truth_of(shape), [Sampling(columns=np.array([0]), offsets_s=np.array([span_s]))], planets=None
    )
    distances = []
    for prediction in predict(truth, [knowledge] * DRAWS, draws, span_s, planets=None):
        assert prediction.covariance_offsets_s[-1] == span_s
        error_km = to_rtn(prediction.states[-1]) @ (true_end[0, 0, :3] - prediction.states[-1, :3])
        distances.append(error_km @ np.linalg.solve(prediction.covariances[-1, :3, :3], error_km))
    return np.array(distances)


@pytest.mark.parametrize("shape", [LOW, ECCENTRIC])
def test_normalised_errors_follow_the_chi_square_distribution(shape: Shape) -> None:
    """Squared Mahalanobis distances of true positions have the mean and the tail of chi-square with 3 degrees."""
    distances = squared_distances(shape, KNOWLEDGE, 90_000.0)
    assert distances.mean() == pytest.approx(3.0, abs=SAMPLING)
    assert np.mean(distances > chi2.ppf(0.9, 3)) == pytest.approx(0.1, abs=4.0 * np.sqrt(0.09 / DRAWS))


def test_the_covariance_still_holds_where_the_along_track_error_bends() -> None:
    """With 60 km along the track the radial error is of second order; the mean stays within a factor of two of 3."""
    wild = Knowledge(
        timing_s=0.004, semi_major_m=1.5, radial_m=6.0, flight_path_m=7.0, cross_track_m=10.0, tangential_m_s2=5e-6
    )
    distances = squared_distances(LOW, wild, 90_000.0)
    assert 1.5 < distances.mean() < 6.0


def test_only_the_semi_major_axis_error_changes_the_period() -> None:
    """To first order one of the six errors of the state changes the semi-major axis, by its own size."""
    state = truth_of(ECCENTRIC).states[0]
    changes_m = [(semi_major_km(state + mode) - semi_major_km(state)) * 1e3 for mode in error_modes(state, KNOWLEDGE)]
    assert changes_m == pytest.approx([0.0, KNOWLEDGE.semi_major_m, 0.0, 0.0, 0.0, 0.0], abs=1e-2)


def test_the_timing_error_is_the_motion_of_that_time() -> None:
    """A late passage displaces the state as two-body motion does in that time, but for the oblateness."""
    state = truth_of(ECCENTRIC).states[0]
    (moved,) = propagate(
        truth_of(ECCENTRIC),
        [Sampling(columns=np.array([0]), offsets_s=np.array([KNOWLEDGE.timing_s]))],
        planets=None,
    )
    oblateness = 5e-3
    mode = error_modes(state, KNOWLEDGE)[0]
    assert mode[:3] == pytest.approx((moved[0, 0] - state)[:3], abs=1e-4 * np.linalg.norm(mode[:3]))
    assert mode[3:] == pytest.approx((moved[0, 0] - state)[3:], abs=oblateness * np.linalg.norm(mode[3:]))


def test_the_first_covariance_is_the_error_of_the_orbit_determination() -> None:
    """At its epoch a prediction's cross-track sigma is the knowledge it was made with."""
    (prediction,) = predict(truth_of(LOW), [KNOWLEDGE], np.zeros((1, 7)), 3600.0, planets=None)
    assert np.sqrt(prediction.covariances[0, 2, 2]) * 1e3 == pytest.approx(KNOWLEDGE.cross_track_m, rel=1e-3)


def test_nodes_lie_a_hundredth_of_an_orbit_apart_and_follow_the_radius() -> None:
    """An orbit with e = 0.8 keeps at least 100 nodes a revolution, spaced by r**1.5 within the step of the table."""
    shape = Shape(periapsis_km=4000.0, apoapsis_km=36_000.0, inclination_deg=60.0)
    batch = truth_of(shape)
    period_s = 2.0 * np.pi * np.sqrt(shape.semi_major_km**3 / MARS.gm_km3_s2)
    step_s = 10.0
    offsets_s = np.arange(0.0, period_s, step_s)
    (states,) = propagate(batch, [Sampling(columns=np.array([0]), offsets_s=offsets_s)], planets=None)
    rows = rows_by_dynamic_time(states[:, 0, :3], step_s, 100)
    radius_km = np.linalg.norm(states[rows, 0, :3], axis=1)
    spacing_s = np.diff(offsets_s[rows])
    wanted_s = 2.0 * np.pi / 100.0 * np.sqrt(radius_km**3 / MARS.gm_km3_s2)
    assert len(rows) > 100
    assert (spacing_s <= np.maximum(wanted_s[:-1], wanted_s[1:]) + step_s).all()
    assert (spacing_s[:-1] >= 0.7 * np.minimum(wanted_s[:-2], wanted_s[1:-1]) - step_s).all()


def test_a_low_orbit_keeps_every_minute() -> None:
    """Where a hundredth of an orbit is just over a minute, a table of one minute is kept whole."""
    (prediction,) = predict(truth_of(LOW), [KNOWLEDGE], np.zeros((1, 7)), DAY_S / 8.0, planets=None)
    assert np.diff(prediction.offsets_s) == pytest.approx(60.0, abs=0.0)
