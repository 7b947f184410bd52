"""Crossings of two-body orbits against a dense minimisation in both anomalies, done apart from the search."""

from typing import Final

import numpy as np
from fleets import CUTOFF, Kepler
from generator.ephemeris.spk import fitted_arc
from generator.ephemeris.trajectory import Proof, Trajectory
from generator.screening.crossing import Crossing, crossings
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.ndimage import minimum_filter
from scipy.optimize import minimize

REQUIRED_OXD_KM: Final = 1e-3
REQUIRED_PASSAGE_S: Final = 10e-3
GRID: Final = 360  # points an orbit, about five times finer than the width of any well seen in such pairs
STARTS: Final = 40
EDGE_S: Final = 1.0  # a minimum so near to the end of the window may be counted in either revolution


def trajectory(orbit: Kepler, start_s: float, stop_s: float) -> Trajectory:
    """An orbit as polynomials that follow it to a thousandth of the tolerances."""
    arc = fitted_arc(lambda offsets_s: np.hstack(orbit.state(offsets_s)), start_s, stop_s)
    assert arc.error_km < REQUIRED_OXD_KM / 1000
    return Trajectory(epoch=CUTOFF, arcs=(arc,), proof=Proof.SAMPLED)


def found(first: Kepler, second: Kepler, limit_km: float) -> tuple[Crossing, ...]:
    """Crossings in one revolution of the first."""
    window_s = (0.0, first.period_s)
    margin_s = 0.7 * second.period_s
    return crossings(
        trajectory(first, *window_s),
        trajectory(second, -margin_s, first.period_s + margin_s),
        ("A", "B"),
        window_s,
        limit_km,
        periods_s=(first.period_s, second.period_s),
    )


class Ellipse:
    """An orbit by its eccentric anomaly: position and its first two derivatives."""

    def __init__(self, orbit: Kepler) -> None:
        self.orbit = orbit
        root = np.sqrt(1.0 - orbit.e**2)
        self.axes = orbit._axes() * orbit.a_km * np.array([[1.0], [root]])

    def __call__(self, anomaly: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        cosine, sine = np.cos(anomaly), np.sin(anomaly)
        around = np.stack([cosine, sine], axis=-1) @ self.axes
        return (
            around - self.orbit.e * self.axes[0],
            np.stack([-sine, cosine], axis=-1) @ self.axes,
            -around,
        )

    def passage_s(self, anomaly: float) -> float:
        """Time of the passage, in the revolution that starts at the epoch."""
        mean = anomaly - self.orbit.e * np.sin(anomaly) - self.orbit.mean_anomaly_rad
        return float(mean % (2 * np.pi) / self.orbit.motion_rad_s)


def half_square(x: np.ndarray, one: Ellipse, other: Ellipse) -> tuple[float, np.ndarray]:
    """Half the squared distance in units of the first's semi-major axis, and its gradient."""
    (r1, p1, _), (r2, p2, _) = one(x[0]), other(x[1])
    d, size = r1 - r2, one.orbit.a_km**2
    return float(d @ d) / 2 / size, np.array([d @ p1, -d @ p2]) / size


def curvature(x: np.ndarray, one: Ellipse, other: Ellipse) -> np.ndarray:
    """Hessian of :func:`half_square`."""
    (r1, p1, b1), (r2, p2, b2) = one(x[0]), other(x[1])
    d = r1 - r2
    return np.array([[p1 @ p1 + d @ b1, -p1 @ p2], [-p1 @ p2, p2 @ p2 - d @ b2]]) / one.orbit.a_km**2


def dense_minima(first: Kepler, second: Kepler) -> list[tuple[float, float, float]]:
    """Distance, passage of the first and of the second at every local minimum: grid, then descent from each low.

    In a long narrow valley the grid's own lows are accidents; the descent starts from points all along the first
    orbit as well, each with the nearest of the second.
    """
    one, other = Ellipse(first), Ellipse(second)
    anomaly = np.arange(GRID) * (2 * np.pi / GRID)
    distance_km = np.linalg.norm(one(anomaly)[0][:, None] - other(anomaly)[0], axis=2)
    lows = np.argwhere(distance_km == minimum_filter(distance_km, size=3, mode="wrap"))
    around = np.arange(0, GRID, GRID // STARTS)
    lows = np.concatenate([lows, np.column_stack([around, distance_km[around].argmin(axis=1)])])
    minima: list[tuple[float, float, float]] = []
    for low in lows:
        answer = minimize(
            half_square,
            anomaly[low],
            args=(one, other),
            jac=True,
            hess=curvature,
            method="trust-exact",
            options={"gtol": 1e-13, "initial_trust_radius": 0.01, "max_trust_radius": 0.02},
        )
        hessian = curvature(answer.x, one, other)
        if np.linalg.eigvalsh(hessian)[0] <= 0.0:
            continue
        x = answer.x - np.linalg.solve(hessian, half_square(answer.x, one, other)[1])
        distance = float(np.sqrt(2 * half_square(x, one, other)[0])) * first.a_km
        minimum = (distance, one.passage_s(x[0]), other.passage_s(x[1]))
        if not any(near(minimum, held, first, second, 0.1) for held in minima):
            minima.append(minimum)
    return minima


def wrapped(difference_s: float, period_s: float) -> float:
    return abs((difference_s + period_s / 2) % period_s - period_s / 2)


def near(one: tuple, other: tuple, first: Kepler, second: Kepler, tolerance_s: float) -> bool:
    """Whether two minima are the same place on both orbits."""
    return (
        wrapped(one[1] - other[1], first.period_s) <= tolerance_s
        and wrapped(one[2] - other[2], second.period_s) <= tolerance_s
    )


def agree(first: Kepler, second: Kepler, limit_km: float) -> int:
    """Assert that search and dense minimisation find the same minima; how many."""
    expected = [
        minimum
        for minimum in dense_minima(first, second)
        if minimum[0] < limit_km - REQUIRED_OXD_KM and EDGE_S < minimum[1] < first.period_s - EDGE_S
    ]
    answer = [
        crossing
        for crossing in found(first, second, limit_km)
        if crossing.oxd_km < limit_km - REQUIRED_OXD_KM and EDGE_S < crossing.passage_first_s < first.period_s - EDGE_S
    ]
    assert len(answer) == len(expected)
    for crossing in answer:
        minimum = (crossing.oxd_km, crossing.passage_first_s, crossing.passage_second_s)
        assert any(
            near(minimum, held, first, second, REQUIRED_PASSAGE_S) and abs(minimum[0] - held[0]) < REQUIRED_OXD_KM
            for held in expected
        )
        assert abs(crossing.oxt_s) <= 0.5 * second.period_s * (1 + 1e-9)
    return len(answer)
