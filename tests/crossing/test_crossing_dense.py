"""Crossings of two-body orbits against a dense minimisation in both anomalies, done apart from the search."""

from typing import Final

import numpy as np
from hypothesis import Phase, assume, example, given, settings
from hypothesis import strategies as st
from scipy.ndimage import minimum_filter

from fleets import ABOUT_MARS, CUTOFF, Kepler
from nearpass.crossing.crossing import Crossing, crossings
from nearpass.ephemeris.spk import fitted_arc
from nearpass.ephemeris.trajectory import Proof, Trajectory

SOME: Final = settings(max_examples=30, deadline=None, phases=(Phase.explicit, Phase.generate))
REQUIRED_OXD_KM: Final = 1e-3
REQUIRED_PASSAGE_S: Final = 10e-3
GRID: Final = 360  # points an orbit, about five times finer than the width of any well seen in such pairs
SAME_ORBIT: Final = 1e-4
STARTS: Final = 40
LONGEST_RAD: Final = 0.02  # a step of the descent
STEPS: Final = 3000
EDGE_S: Final = 1.0  # a minimum so near to the end of the window may be counted in either revolution


def trajectory(orbit: Kepler, start_s: float, stop_s: float) -> Trajectory:
    """An orbit as polynomials that follow it to a thousandth of the tolerances."""
    arc = fitted_arc(lambda offsets_s: np.hstack(orbit.state(offsets_s)), start_s, stop_s)
    assert arc.error_km < REQUIRED_OXD_KM / 1000
    return Trajectory(object_id="A", frame=ABOUT_MARS, epoch=CUTOFF, arcs=(arc,), proof=Proof.SAMPLED)


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


def half_squares(x: np.ndarray, one: Ellipse, other: Ellipse) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Half the squared distance in units of the first's semi-major axis, gradient and Hessian, at each row of ``x``."""
    (r1, p1, b1), (r2, p2, b2) = one(x[:, 0]), other(x[:, 1])
    d, size = r1 - r2, one.orbit.a_km**2

    def dot(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.einsum("ij,ij->i", left, right) / size

    mixed = -dot(p1, p2)
    rows = [[dot(p1, p1) + dot(d, b1), mixed], [mixed, dot(p2, p2) - dot(d, b2)]]
    return dot(d, d) / 2, np.stack([dot(d, p1), -dot(d, p2)], axis=-1), np.moveaxis(np.array(rows), -1, 0)


def descended(starts: np.ndarray, one: Ellipse, other: Ellipse) -> np.ndarray:
    """Where the distance falls to from each start, in steps of Newton's that are short and always lead down."""
    x, longest = starts.copy(), np.full(len(starts), LONGEST_RAD)
    for _ in range(STEPS):
        value, gradient, hessian = half_squares(x, one, other)
        curving, along = np.linalg.eigh(hessian)
        slopes = np.einsum("nij,ni->nj", along, gradient) / np.maximum(np.abs(curving), 1e-12)
        step = -np.einsum("nij,nj->ni", along, slopes)
        length = np.linalg.norm(step, axis=1)
        if np.all((length < 1e-12) | (longest < 1e-12)):
            return x
        step *= np.minimum(1.0, longest / np.maximum(length, 1e-300))[:, None]
        down = half_squares(x + step, one, other)[0] <= value
        x = np.where(down[:, None], x + step, x)
        longest = np.where(down, np.minimum(2.0 * longest, LONGEST_RAD), longest / 4.0)
    raise AssertionError("the descent must end")


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
    ends = descended(anomaly[lows], one, other)
    value, _, hessian = half_squares(ends, one, other)
    minima: list[tuple[float, float, float]] = []
    for x, half, curving in zip(ends, value, np.linalg.eigvalsh(hessian)[:, 0], strict=True):
        if curving <= 0.0:
            continue
        minimum = (float(np.sqrt(2 * half)) * first.a_km, one.passage_s(x[0]), other.passage_s(x[1]))
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


ANGLE: Final = st.floats(0.0, 6.28)
ANY: Final = st.builds(
    Kepler, st.floats(3700.0, 14_000.0), st.floats(0.0, 0.7), st.floats(0.0, 3.14), ANGLE, ANGLE, ANGLE
)


@SOME
@given(ANY, ANY)
def test_all_minima_of_any_two_orbits_are_found(first: Kepler, second: Kepler) -> None:
    """Whatever the orbits, every minimum at any distance is found, to 1 m and 10 ms, and nothing else."""
    assume_apart(first, second)
    assert agree(first, second, 1e6) >= 1


def assume_apart(first: Kepler, second: Kepler) -> None:
    """Two draws of one orbit are a valley, not a minimum; such have a test of their own."""
    axes = [orbit._axes()[0] * orbit.e * orbit.a_km for orbit in (first, second)]
    normals = [np.cross(*orbit._axes()) for orbit in (first, second)]
    tilt = np.linalg.norm(np.cross(*normals))
    shift = abs(first.a_km - second.a_km) / first.a_km + np.linalg.norm(axes[0] - axes[1]) / first.a_km
    assume(tilt + shift > SAME_ORBIT)
    assume(tilt + first.e + second.e > SAME_ORBIT)  # circles about one axis are a valley as well, whatever their size


@SOME
@given(ANY, st.floats(-4.0, -1.0), st.floats(-0.02, 0.02), st.floats(-0.02, 0.02), ANGLE, ANGLE)
def test_near_coplanar_orbits_lose_no_minimum(
    first: Kepler, tilt: float, larger: float, rounder: float, turn_rad: float, phase_rad: float
) -> None:
    """Planes from 0.006 to 6 degrees apart, shapes within 2 %, periapsis anywhere: still every minimum below 300 km."""
    second = Kepler(
        first.a_km * (1.0 + larger),
        min(max(first.e + rounder, 0.0), 0.7),
        first.inclination_rad + 10.0**tilt,
        first.node_rad + 10.0**tilt,
        turn_rad,
        phase_rad,
    )
    agree(first, second, 300.0)


@SOME
@given(st.floats(-4.0, -1.5), st.floats(-4.0, -1.5), st.floats(-20.0, 20.0), st.floats(0.1, 3.0), ANGLE, ANGLE, ANGLE)
def test_near_circular_orbits_of_one_size_lose_no_minimum(
    e1: float, e2: float, higher_km: float, tilt_rad: float, turn_rad: float, turn2_rad: float, phase_rad: float
) -> None:
    """Low orbits of nearly one radius in two planes come close at both nodes, or in rare shapes elsewhere."""
    first = Kepler(3796.0, 10.0**e1, 0.5, 1.0, turn_rad, phase_rad)
    second = Kepler(3796.0 + higher_km, 10.0**e2, 0.5 + tilt_rad, 1.3, turn2_rad, 0.3)
    agree(first, second, 300.0)


@SOME
@given(st.floats(-3.0, -1.5), st.floats(-3.0, -1.5), st.floats(-20.0, 20.0), st.floats(-3.0, -1.0), ANGLE, ANGLE)
@example(-2.26, -2.84, 9.0, -2.31, 0.442, 1.487)  # a valley with two lows 9.7 km and 29.4 km deep, the second a saddle
@example(-2.42, -2.88, -3.25, -2.74, 2.130, 3.908)  # lows of 0.35 km and 2.3 km in a valley 30 km deep
def test_near_circular_and_near_coplanar_orbits_lose_no_minimum(
    e1: float, e2: float, higher_km: float, tilt: float, turn_rad: float, turn2_rad: float
) -> None:
    """Orbits side by side all the way round, with a valley a few kilometres deep, keep their true minima only."""
    first = Kepler(4000.0, 10.0**e1, 0.5, 1.0, turn_rad, 1.9)
    second = Kepler(4000.0 + higher_km, 10.0**e2, 0.5 + 10.0**tilt, 1.0, turn2_rad, 1.0)
    agree(first, second, 200.0)


@SOME
@given(st.floats(0.1, 10.0), st.sampled_from((-1.0, 1.0)), st.floats(0.1, 0.6), ANGLE, st.sampled_from((0.5, 2.6)))
def test_orbits_that_nearly_touch_are_found_on_both_sides_of_tangency(
    gap_km: float, side: float, e: float, turn_rad: float, inclination_rad: float
) -> None:
    """In one plane, periapsis up to 10 km outside a circle is one minimum; inside it, the orbits cross twice."""
    circle = Kepler(4000.0, 0.0, inclination_rad, 1.0, 0.0, 2.0)
    ellipse = Kepler((4000.0 + side * gap_km) / (1.0 - e), e, inclination_rad, 1.0, turn_rad, 0.7)
    both = found(circle, ellipse, 50.0)
    agree(circle, ellipse, 50.0)
    expected_km = gap_km if side > 0.0 else 0.0
    assert min(crossing.oxd_km for crossing in both) < expected_km + REQUIRED_OXD_KM
    assert min(crossing.oxd_km for crossing in both) > expected_km - REQUIRED_OXD_KM


@SOME
@given(st.floats(0.1, 0.6), ANGLE)
def test_touching_orbits_have_a_crossing_of_no_distance(e: float, turn_rad: float) -> None:
    """An ellipse whose periapsis touches a circle in its plane meets it: OXD is zero though its Hessian is singular."""
    circle = Kepler(4000.0, 0.0, 0.5, 1.0, 0.0, 2.0)
    ellipse = Kepler(4000.0 / (1.0 - e), e, 0.5, 1.0, turn_rad, 0.7)
    assert min(crossing.oxd_km for crossing in found(circle, ellipse, 50.0)) < REQUIRED_OXD_KM


@SOME
@given(ANY, ANY)
def test_swapping_the_objects_changes_nothing_but_the_sign_of_the_timing(first: Kepler, second: Kepler) -> None:
    """What is a crossing from the one side with |OXT| within both half periods is the same one from the other."""
    assume_apart(first, second)
    half_s = 0.5 * min(first.period_s, second.period_s) - EDGE_S
    span_s = 2.0 * max(first.period_s, second.period_s)
    window_s = (0.0, span_s)
    paths = [trajectory(orbit, -span_s, 2.0 * span_s) for orbit in (first, second)]
    periods_s = (first.period_s, second.period_s)
    there = crossings(*paths, ("A", "B"), window_s, 1000.0, periods_s=periods_s)
    back = crossings(*paths[::-1], ("B", "A"), window_s, 1000.0, periods_s=periods_s[::-1])
    one = sorted((c.passage_first_s, c.passage_second_s, c.oxd_km) for c in there if abs(c.oxt_s) < half_s)
    other = sorted((c.passage_second_s, c.passage_first_s, c.oxd_km) for c in back if abs(c.oxt_s) < half_s)
    one, other = (
        [row for row in rows if min(row[:2]) > EDGE_S and max(row[:2]) < span_s - EDGE_S] for rows in (one, other)
    )
    assert len(one) == len(other)
    for row, mirrored in zip(one, other, strict=True):
        assert np.allclose(row[:2], mirrored[:2], atol=REQUIRED_PASSAGE_S, rtol=0)
        assert abs(row[2] - mirrored[2]) < REQUIRED_OXD_KM
