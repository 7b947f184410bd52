"""The screening on motions whose minima are known exactly, and what must hold of every result."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from brute_force import EPOCH, GM_MARS_KM3_S2, Orbit, arc_of, flown, named, rotated, trajectory_of
from nearpass.ephemeris.trajectory import Arc, Proof, Trajectory
from nearpass.errors import InputError, TimeError
from nearpass.screening.fleet import fit_fleet
from nearpass.screening.screen import Screening, screen, screen_fleet

TIME_TOLERANCE_S: Final = 1e-3  # required of every TCA
ROUNDING_KM: Final = 1e-8  # of positions of 1e4 km and times of 1e5 s in double precision
RESOLUTION_KM: Final = 1e-6  # of the screening
DAY_S: Final = 86_400.0
SOME: Final = settings(max_examples=30, deadline=None, phases=(Phase.explicit, Phase.generate))

Motion = Callable[[np.ndarray], np.ndarray]


def still(position_km: tuple[float, float, float]) -> Motion:
    return lambda offsets_s: np.tile(np.array(position_km), (len(offsets_s), 1))


def straight(tca_s: float, miss_km: float, speed_km_s: float) -> Motion:
    """Passes (4000, 0, 0) at ``miss_km`` at ``tca_s``."""
    return lambda t: np.stack([np.full_like(t, 4000.0 + miss_km), speed_km_s * (t - tca_s), np.zeros_like(t)], axis=1)


HOME: Final = still((4000.0, 0.0, 0.0))


def polynomial(motion: Motion, start_s: float, stop_s: float, degree: int = 7) -> Arc:
    return arc_of(motion, (start_s, stop_s), degree=degree)


def minima(screening: Screening) -> list[tuple[float, float, bool]]:
    return [(one.offset_s, one.miss_km, one.at_boundary) for one in screening.approaches]


def close_to(one: float, other: float, tolerance: float) -> bool:
    return abs(one - other) <= tolerance


@SOME
@given(st.integers(0, 1440), st.floats(0.0, 90.0), st.sampled_from([0.01, 1.0, 7.0]))
def test_minimum_on_a_border(minute: int, miss_km: float, speed_km_s: float) -> None:
    """A minimum exactly on a knot, on a border of the grid or on an end of the window is found exactly once."""
    tca_s = 60.0 * minute
    pair = named([flown(HOME, DAY_S), flown(straight(tca_s, miss_km, speed_km_s), DAY_S)])
    ((offset_s, found_km, _),) = minima(screen(pair, (0.0, DAY_S), 100.0))
    assert close_to(offset_s, tca_s, TIME_TOLERANCE_S)
    assert close_to(found_km, miss_km, ROUNDING_KM)


@pytest.mark.parametrize("kink_s", [19_200.0, 20_000.0, 33_333.3])
def test_kink_inside_an_arc(kink_s: float) -> None:
    """Where an interpolant's velocity jumps at a knot, from falling to rising, the knot is the TCA.

    The first lies on a border of the grid, so that neither interval beside it holds the minimum.
    """

    def bouncing(t: np.ndarray) -> np.ndarray:
        return np.stack([4020.0 + 0.001 * np.abs(t - kink_s), 0 * t, 0 * t], axis=1)

    other = trajectory_of(arc_of(bouncing, (0.0, kink_s, DAY_S), degree=1))
    screening = screen(named([flown(HOME, DAY_S), other]), (0.0, DAY_S), 100.0)
    ((offset_s, miss_km, at_boundary),) = minima(screening)
    assert close_to(offset_s, kink_s, TIME_TOLERANCE_S)
    assert close_to(miss_km, 20.0, RESOLUTION_KM)
    assert not at_boundary


def test_pair_exactly_at_the_limit() -> None:
    """A minimum equal to the limit is not below it: it is the nearest approach, but not listed."""
    knots_s = np.array([0.0, 72_000.0])
    passing = Arc(knots_s, np.array([[[64.0, 0.0, 0.0], [0.0, 36_000.0, 0.0]]]), 0.0)
    resting = Arc(knots_s, np.zeros((1, 2, 3)), 0.0)
    pair = named([trajectory_of(resting), trajectory_of(passing)])
    at_limit = screen(pair, (0.0, 72_000.0), 64.0)
    assert at_limit.approaches == ()
    nearest = at_limit.pairs[0].nearest
    assert nearest is not None
    assert nearest.miss_km == 64.0
    above = screen(pair, (0.0, 72_000.0), float(np.nextafter(64.0, 65.0)))
    assert [one.miss_km for one in above.approaches] == [64.0]


@pytest.mark.parametrize(
    ("tca_s", "window_s", "offset_s"),
    [(-500.0, (0.0, DAY_S), 0.0), (DAY_S + 500.0, (0.0, DAY_S), DAY_S), (9000.0, (100.0, 7777.7), 7777.7)],
)
def test_minimum_at_an_end(tca_s: float, window_s: tuple[float, float], offset_s: float) -> None:
    """Where the distance still falls towards an end of coverage or window, the end is reported and marked."""
    pair = named([flown(HOME, DAY_S), flown(straight(tca_s, 3.0, 0.01), DAY_S)])
    ((found_s, found_km, at_boundary),) = minima(screen(pair, window_s, 100.0))
    assert (found_s, at_boundary) == (offset_s, True)
    assert close_to(found_km, float(np.hypot(3.0, 0.01 * (offset_s - tca_s))), ROUNDING_KM)


def test_gap() -> None:
    """A minimum inside a gap is unknown: both ends of the gap are reported, and the gap is not covered."""
    flyby = straight(36_000.0, 3.0, 0.01)
    with_gap = trajectory_of(polynomial(flyby, 0.0, 35_000.0), polynomial(flyby, 38_000.0, DAY_S))
    screening = screen(named([flown(HOME, DAY_S), with_gap]), (1000.0, DAY_S), 100.0)
    assert [(t, at_end) for t, _, at_end in minima(screening)] == [(35_000.0, True), (38_000.0, True)]
    assert screening.pairs[0].covered_s == ((1000.0, 35_000.0), (38_000.0, DAY_S))


def test_touching_arcs_of_one_motion() -> None:
    """A minimum at a joint of arcs is reported once and marked; elsewhere it is not marked, and the joint is silent."""
    flyby = straight(36_000.0, 3.0, 0.01)
    for joint_s, marked in ((36_000.0, True), (30_000.0, False), (36_000.5, False)):
        jointed = trajectory_of(polynomial(flyby, 0.0, joint_s), polynomial(flyby, joint_s, DAY_S))
        screening = screen(named([flown(HOME, DAY_S), jointed]), (0.0, DAY_S), 100.0)
        ((found_s, _, at_boundary),) = minima(screening)
        assert close_to(found_s, 36_000.0, TIME_TOLERANCE_S)
        assert at_boundary is marked
        assert screening.pairs[0].covered_s == ((0.0, DAY_S),)


@pytest.mark.parametrize(
    ("before_km", "speed_before_km_s", "after_km", "speed_after_km_s", "expected_km"),
    [
        (20.0, -0.001, 20.0, 0.001, [20.0]),  # turns at the manoeuvre
        (20.0, -0.001, 20.0, -0.0001, []),  # goes on falling
        (20.0, -0.001, 20.5, 0.001, [20.0]),  # a jump: the smaller side
        (20.5, -0.001, 20.0, 0.001, [20.0]),
        (20.0, -0.001, 25.0, -0.0001, [20.0]),  # jumps away while falling on both sides
        (25.0, 0.001, 20.0, 0.001, [20.0]),  # jumps nearer while rising on both sides
        (20.0, 0.001, 20.0, -0.0001, []),  # a maximum
    ],
)
def test_joint_with_a_manoeuvre(
    before_km: float, speed_before_km_s: float, after_km: float, speed_after_km_s: float, expected_km: list[float]
) -> None:
    """At a joint the distance has a minimum exactly if nothing near it on either side is nearer."""
    joint_s, stop_s = 6000.0, 12_000.0

    def moving(distance_km: float, speed_km_s: float) -> Motion:
        return lambda t: np.stack([4000.0 + distance_km + speed_km_s * (t - joint_s), 0 * t, 0 * t], axis=1)

    jointed = trajectory_of(
        polynomial(moving(before_km, speed_before_km_s), 0.0, joint_s),
        polynomial(moving(after_km, speed_after_km_s), joint_s, stop_s),
    )
    found = minima(screen(named([flown(HOME, stop_s), jointed]), (0.0, stop_s), 100.0))
    at_joint = [(miss_km, at_end) for t, miss_km, at_end in found if t == joint_s]
    assert [at_end for _, at_end in at_joint] == [True] * len(expected_km)
    assert [miss_km for miss_km, _ in at_joint] == pytest.approx(expected_km, abs=ROUNDING_KM)
    assert all(t in (0.0, joint_s, stop_s) for t, _, _ in found)


@SOME
@given(st.floats(-4.5, 0.5), st.floats(-2.0, 2.0), st.floats(20_000.0, 60_000.0), st.floats(100.0, 4000.0))
def test_grazing_double_minimum(log_rise: float, log_miss: float, middle_s: float, scale_s: float) -> None:
    """Of two minima with a low rise between them both are found if it exceeds 2 mm, and one if it is below 0.4 mm.

    r = (s**2 - a**2, b, 0) with s = (t - middle) / scale has |r| = b at s = -a and a, and sqrt(b**2 + a**4) between.
    """
    miss_km = 10.0**log_miss
    rise_km = 10.0 ** (log_rise - 2.0)
    a = ((miss_km + rise_km) ** 2 - miss_km**2) ** 0.25

    def grazing(t: np.ndarray) -> np.ndarray:
        s = (t - middle_s) / scale_s
        return np.stack([4000.0 + s**2 - a**2, np.full_like(t, miss_km), np.zeros_like(t)], axis=1)

    other = trajectory_of(arc_of(grazing, np.arange(0.0, DAY_S + 1, 60.0), degree=3))
    found = minima(screen(named([flown(HOME, DAY_S), other]), (0.0, DAY_S), 1000.0))
    truth_s = middle_s + scale_s * a * np.array([-1.0, 1.0])
    if rise_km > 2 * RESOLUTION_KM:
        assert len(found) == 2
    elif rise_km < 0.4 * RESOLUTION_KM:
        assert len(found) == 1
    assert len(found) in (1, 2)
    for offset_s, found_km, at_boundary in found:
        assert close_to(found_km, miss_km, RESOLUTION_KM)
        assert not at_boundary
        if rise_km > 10 * RESOLUTION_KM:
            assert np.abs(truth_s - offset_s).min() < TIME_TOLERANCE_S


@pytest.mark.parametrize("phase", [1e-6, 1e-3, 0.5, np.pi])
def test_constant_distance(phase: float) -> None:
    """Two objects on one circular orbit keep their distance: it is reported once, and the search ends."""
    orbits = [Orbit(3800.0, 0.0, 1.0, 0.3, 0.2, mean) for mean in (0.0, phase)]
    screening = screen(named(flown(orbit, 10 * DAY_S) for orbit in orbits), (0.0, 10 * DAY_S), 10_000.0)
    (approach,) = screening.approaches
    assert close_to(approach.miss_km, 2 * 3800.0 * np.sin(phase / 2), RESOLUTION_KM)


def test_same_motion_twice() -> None:
    """Two ephemerides of one motion have distance 0 throughout: one approach, and nothing proven but 0 km."""
    trajectory = flown(Orbit(3800.0, 0.2, 1.0), DAY_S)
    screening = screen(named([trajectory, trajectory]), (0.0, DAY_S), 10.0)
    assert [one.miss_km for one in screening.approaches] == [0.0]
    assert screening.pairs[0].proven_no_closer_than_km == 0.0


def test_head_on_collision() -> None:
    """A miss distance of 0 is found at its time."""
    pair = named([flown(HOME, DAY_S), flown(straight(12_345.678, 0.0, 9.0), DAY_S)])
    ((offset_s, miss_km, _),) = minima(screen(pair, (0.0, DAY_S), 1.0))
    assert close_to(offset_s, 12_345.678, 1e-6)
    assert close_to(miss_km, 0.0, ROUNDING_KM)


@pytest.fixture(scope="module")
def fleet() -> dict[str, Trajectory]:
    """Four orbits, two of them close to each other."""
    rng = np.random.default_rng(7)
    shapes = [(3700.0, 0.001), (3710.0, 0.01), (6000.0, 0.4), (12_000.0, 0.65)]
    orbits = [Orbit(a_km, e, *rng.uniform(0.0, np.pi, 4)) for a_km, e in shapes]
    orbits.append(Orbit(3711.0, 0.01, *(angle + 1e-3 for angle in (1.0, 2.0, 3.0, 0.5))))
    orbits.append(Orbit(3711.0, 0.0101, 1.0, 2.0, 3.0, 0.5))
    return dict(named(flown(orbit, 2 * DAY_S) for orbit in orbits))


@pytest.fixture(scope="module")
def screened(fleet: dict[str, Trajectory]) -> Screening:
    return screen(fleet, (0.0, 2 * DAY_S), 500.0)


def test_miss_and_range_rate(fleet: dict[str, Trajectory], screened: Screening) -> None:
    """Each miss is the distance at TCA, and the range rate vanishes there except at a boundary."""
    assert len(screened.approaches) > 50
    for one in screened.approaches:
        at = np.array([one.offset_s])
        (r1, v1), (r2, v2) = fleet[one.first].state(at), fleet[one.second].state(at)
        assert close_to(float(np.linalg.norm(r2 - r1)), one.miss_km, ROUNDING_KM)
        relative_speed_km_s = float(np.linalg.norm(v2 - v1))
        if not one.at_boundary:
            cosine = float(((r2 - r1) * (v2 - v1)).sum()) / (one.miss_km * relative_speed_km_s)
            assert abs(cosine) < TIME_TOLERANCE_S * relative_speed_km_s / one.miss_km


def test_order(screened: Screening) -> None:
    """Approaches come in order of TCA, pairs in order of ids, and the first id of each sorts before the second."""
    assert all(a.offset_s <= b.offset_s for a, b in pairwise(screened.approaches))
    assert all((a.first, a.second) < (b.first, b.second) for a, b in pairwise(screened.pairs))
    assert all(one.first < one.second for one in (*screened.approaches, *screened.pairs))


def test_other_names(fleet: dict[str, Trajectory], screened: Screening) -> None:
    """Exchanging all names changes the names in the result and nothing else."""
    new = dict(zip(sorted(fleet), sorted(fleet, reverse=True), strict=True))
    other = screen({new[name]: one for name, one in fleet.items()}, (0.0, 2 * DAY_S), 500.0)
    renamed = sorted(
        (one.offset_s, *sorted((new[one.first], new[one.second])), one.miss_km) for one in screened.approaches
    )
    found = [(one.offset_s, one.first, one.second, one.miss_km) for one in other.approaches]
    assert len(found) == len(renamed)
    for have, want in zip(sorted(found), renamed, strict=True):
        assert have[1:3] == want[1:3]
        assert have[0] == pytest.approx(want[0], abs=TIME_TOLERANCE_S)
        assert have[3] == pytest.approx(want[3], abs=ROUNDING_KM)


def test_other_axes(fleet: dict[str, Trajectory], screened: Screening) -> None:
    """Rotating all axes leaves every time and distance as it is."""
    turned = Rotation.from_euler("zxz", [0.7, 1.1, -2.0]).as_matrix()
    other = screen({name: rotated(one, turned) for name, one in fleet.items()}, (0.0, 2 * DAY_S), 500.0)
    assert_same_events(other, screened)


@pytest.mark.parametrize(("tolerance_km", "longest_s"), [(1e-6, 313.0), (1e-9, None), (1e-3, None), (1.0, None)])
def test_other_grids(
    fleet: dict[str, Trajectory], screened: Screening, tolerance_km: float, longest_s: float | None
) -> None:
    """The events do not depend on the intervals, nor on how well the interpolants fit."""
    names = [(pair.first, pair.second) for pair in screened.pairs]
    other_fleet = fit_fleet(fleet, (0.0, 2 * DAY_S), tolerance_km=tolerance_km, longest_s=longest_s)
    other = screen_fleet(other_fleet, names, 500.0, exact=dict.fromkeys(fleet, True))
    assert_same_events(other, screened)


def assert_same_events(one: Screening, other: Screening) -> None:
    assert [(a.first, a.second, a.at_boundary) for a in one.approaches] == [
        (b.first, b.second, b.at_boundary) for b in other.approaches
    ]
    for a, b in zip(one.approaches, other.approaches, strict=True):
        assert close_to(a.offset_s, b.offset_s, TIME_TOLERANCE_S)
        assert close_to(a.miss_km, b.miss_km, ROUNDING_KM)
    for p, q in zip(one.pairs, other.pairs, strict=True):
        assert p.nearest is not None
        assert q.nearest is not None
        assert close_to(p.nearest.miss_km, q.nearest.miss_km, ROUNDING_KM)


def test_only_some_pairs(fleet: dict[str, Trajectory], screened: Screening) -> None:
    """Screening some pairs, named in any order, gives the same events of those pairs."""
    some = screen(fleet, (0.0, 2 * DAY_S), 500.0, pairs=[("c", "a"), ("b", "e")])
    assert [(pair.first, pair.second) for pair in some.pairs] == [("a", "c"), ("b", "e")]
    expected = [one for one in screened.approaches if (one.first, one.second) in {("a", "c"), ("b", "e")}]
    assert [(one.first, one.second) for one in some.approaches] == [(one.first, one.second) for one in expected]
    assert [one.offset_s for one in some.approaches] == pytest.approx(
        [one.offset_s for one in expected], abs=TIME_TOLERANCE_S
    )


def test_funnel_adds_up(screened: Screening) -> None:
    """Every pair-interval and every minimum is counted in exactly one step, and the listed ones are those listed."""
    funnel = screened.funnel
    assert sum(count for _, count, _ in funnel.interval_steps) == funnel.intervals > 0
    assert sum(count for _, count, _ in funnel.minima_steps) == funnel.minima > 0
    assert all(count >= 0 for _, count, _ in (*funnel.interval_steps, *funnel.minima_steps))
    assert {name: count for name, count, _ in funnel.minima_steps}["listed"] == len(screened.approaches)


def test_progress(fleet: dict[str, Trajectory]) -> None:
    """Progress tells of every pair once."""
    told: list[int] = []
    screen(fleet, (0.0, 2 * DAY_S), 500.0, progress=told.append)
    assert sum(told) == 15


def test_error_of_the_ephemeris_weakens_the_proof() -> None:
    """A sampled error is taken off what is stated, keeps what it could hide, and the pair is not called proven."""
    flyby = straight(36_000.0, 64.0, 1.0)
    arc = arc_of(flyby, np.arange(0.0, DAY_S + 1, 60.0), error_km=0.25)
    rough = trajectory_of(arc, proof=Proof.SAMPLED)
    (pair,) = screen(named([flown(HOME, DAY_S), rough]), (0.0, DAY_S), 100.0).pairs
    assert pair.proven is False
    assert pair.proven_no_closer_than_km == pytest.approx(63.75, abs=3e-6)
    (sure,) = screen(named([flown(HOME, DAY_S), flown(flyby, DAY_S)]), (0.0, DAY_S), 100.0).pairs
    assert sure.proven is True
    assert sure.proven_no_closer_than_km == pytest.approx(64.0, abs=3e-6)


def test_no_overlap() -> None:
    """Objects that are never covered together have no nearest approach, and nothing is proven of them."""
    early, late = (trajectory_of(polynomial(HOME, *span)) for span in ((0.0, 1000.0), (1000.0, DAY_S)))
    (pair,) = screen(named([early, late]), (0.0, DAY_S), 100.0).pairs
    assert (pair.covered_s, pair.nearest, pair.proven_no_closer_than_km) == ((), None, None)


def test_coverage_outside_the_window() -> None:
    """Ephemerides that end before the window starts cover nothing of it."""
    (pair,) = screen(named([flown(HOME, DAY_S)] * 2), (2 * DAY_S, 3 * DAY_S), 100.0).pairs
    assert (pair.covered_s, pair.nearest) == ((), None)


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_screen(count: int) -> None:
    """Fewer than two objects give an empty screening."""
    screening = screen(named([flown(HOME, DAY_S)] * count), (0.0, DAY_S), 100.0)
    assert (screening.approaches, screening.pairs, screening.funnel.intervals) == ((), (), 0)


def test_epochs_must_agree() -> None:
    """Trajectories that count from different epochs are refused."""
    one = flown(HOME, DAY_S)
    other = replace(one, epoch=EPOCH + 1.0)
    with pytest.raises(TimeError, match="one epoch"):
        screen({"a": one, "b": other}, (0.0, DAY_S), 100.0)


@pytest.mark.parametrize(
    ("window_s", "limit_km", "pairs"),
    [
        ((0.0, 0.0), 10.0, None),
        ((5.0, 1.0), 10.0, None),
        ((0.0, 1.0), 0.0, None),
        ((0.0, 1.0), float("nan"), None),
        ((0.0, 1.0), 10.0, [("a", "a")]),
        ((0.0, 1.0), 10.0, [("a", "x")]),
    ],
)
def test_senseless_requests(
    window_s: tuple[float, float], limit_km: float, pairs: list[tuple[str, str]] | None
) -> None:
    """A window, limit or pair that makes no sense is refused."""
    with pytest.raises(InputError):
        screen(named([flown(HOME, DAY_S)] * 2), window_s, limit_km, pairs=pairs)


def test_heliocentric_scale() -> None:
    """Orbits around the Sun over two years are screened with the same relative accuracy."""
    gm_sun = 1.32712440018e11
    factor = gm_sun / GM_MARS_KM3_S2  # Orbit knows one centre only: time runs faster instead
    year_s = 3.15576e7

    def around_the_sun(orbit: Orbit) -> Motion:
        return lambda t: orbit(t * np.sqrt(factor))

    earth = around_the_sun(Orbit(1.496e8, 0.0167, 0.0, 0.0, 1.8, 0.0))
    probe = around_the_sun(Orbit(1.5e8, 0.03, 0.001, 0.5, 1.0, 0.7))
    pair = named(flown(motion, 2 * year_s, step_s=DAY_S) for motion in (earth, probe))
    screening = screen(pair, (0.0, 2 * year_s), 1e9)
    offsets_s = np.arange(0.0, 2 * year_s, 3600.0)
    distance_km = np.linalg.norm(earth(offsets_s) - probe(offsets_s), axis=1)
    inner = np.flatnonzero((distance_km[1:-1] < distance_km[:-2]) & (distance_km[1:-1] < distance_km[2:])) + 1
    found = [one.offset_s for one in screening.approaches if not one.at_boundary]
    assert found == pytest.approx(offsets_s[inner].tolist(), abs=3600.0)
