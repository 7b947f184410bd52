"""Which crossings are reported: one a revolution, at the nearest passage, with the link from timing to miss."""

from dataclasses import replace
from typing import Final

import numpy as np
import pytest
from scipy.optimize import minimize

from fleets import ABOUT_MARS, CUTOFF, GM_MARS_KM3_S2, Kepler
from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import Epoch
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.crossing.crossing import Crossing, crossings, fleet_crossings, miss_rate_km_s, straight_line_cad_km
from nearpass.ephemeris.interpolation import arc_from_nodes
from nearpass.ephemeris.spk import fitted_arc, spk_trajectory
from nearpass.ephemeris.trajectory import Proof, Trajectory
from nearpass.errors import InputError
from nearpass.screening.screen import screen
from published import FILES

DATA = FILES / "mars"
REQUIRED_OXD_KM: Final = 1e-3
REQUIRED_PASSAGE_S: Final = 10e-3
FIT_KM: Final = 1e-6
PUBLISHED_DIGITS: Final = 0.05  # half a unit of the last digit of a number given to one decimal
RADIUS_MARS_KM: Final = 3396.19

LOW: Final = Kepler(3696.0, 0.005, np.radians(92.7))
POLAR: Final = Kepler(3698.0, 0.004, np.radians(75.0), node_rad=0.4, mean_anomaly_rad=0.1)
PHOBOS: Final = Kepler(9376.0, 0.0, 0.0)


def trajectory(orbit: Kepler, *spans_s: tuple[float, float]) -> Trajectory:
    """An orbit as polynomials, one arc a span."""
    arcs = tuple(fitted_arc(lambda offsets_s: np.hstack(orbit.state(offsets_s)), *span_s) for span_s in spans_s)
    return Trajectory(object_id="A", frame=ABOUT_MARS, epoch=CUTOFF, arcs=arcs, proof=Proof.SAMPLED)


def of_pair(
    first: Kepler, second: Kepler, window_s: tuple[float, float], limit_km: float = 100.0, **options: bool
) -> tuple[Crossing, ...]:
    """Crossings with the second covered for a revolution beyond the window."""
    beyond_s = (window_s[0] - second.period_s, window_s[1] + second.period_s)
    return crossings(
        trajectory(first, window_s),
        trajectory(second, beyond_s),
        ("A", "B"),
        window_s,
        limit_km,
        periods_s=(first.period_s, second.period_s),
        **options,
    )


def test_each_crossing_comes_once_a_revolution_on_its_own_branch() -> None:
    """Two fixed ellipses that cross twice give, in ten revolutions, two branches of ten passages one period apart."""
    found = of_pair(LOW, POLAR, (0.0, 10.0 * LOW.period_s))
    assert {crossing.branch for crossing in found} == {0, 1}
    for branch in (0, 1):
        own = [crossing for crossing in found if crossing.branch == branch]
        assert len(own) == 10
        steps_s = np.diff([crossing.passage_first_s for crossing in own])
        assert np.allclose(steps_s, LOW.period_s, atol=REQUIRED_PASSAGE_S, rtol=0)
        assert np.ptp([crossing.oxd_km for crossing in own]) < REQUIRED_OXD_KM


def test_the_timing_is_that_of_the_nearest_passage() -> None:
    """OXT never exceeds half the period of the secondary, whether that is the shorter or the much longer one."""
    for first, second in (
        (LOW, POLAR),
        (LOW, Kepler(8905.0, 0.5878, 1.5, 0.9, 2.0)),
        (PHOBOS, Kepler(6571.0, 0.46, 1.3)),
    ):
        for one, other in ((first, second), (second, first)):
            found = of_pair(one, other, (0.0, 8.0 * one.period_s), 2000.0)
            assert found
            assert max(abs(crossing.oxt_s) for crossing in found) <= 0.5 * other.period_s + REQUIRED_PASSAGE_S


def test_points_and_distance_belong_together() -> None:
    """Each point lies on its orbit at its passage, OXD joins them, and OXT is the difference of the passages."""
    for crossing in of_pair(LOW, POLAR, (0.0, 3.0 * LOW.period_s)):
        for orbit, offset_s, point_km in (
            (LOW, crossing.passage_first_s, crossing.first_point_km),
            (POLAR, crossing.passage_second_s, crossing.second_point_km),
        ):
            assert np.linalg.norm(orbit.state(np.array([offset_s]))[0][0] - point_km) < FIT_KM
        assert np.linalg.norm(crossing.first_point_km - crossing.second_point_km) == pytest.approx(crossing.oxd_km)
        assert crossing.oxt_s == pytest.approx(crossing.passage_second_s - crossing.passage_first_s)


def test_one_orbit_flown_twice_is_one_valley_a_revolution() -> None:
    """Two objects half a minute apart on one orbit, round or not, are reported once a revolution with OXD zero."""
    for e in (0.0, 0.01, 0.3):
        first = Kepler(5000.0, e, 1.0, 0.3, 0.2)
        second = replace(first, mean_anomaly_rad=30.0 * first.motion_rad_s)
        found = of_pair(first, second, (0.0, 4.0 * first.period_s))
        assert len(found) == 4
        for crossing in found:
            assert crossing.oxd_km < REQUIRED_OXD_KM
            assert crossing.oxt_s == pytest.approx(-30.0, abs=REQUIRED_PASSAGE_S)


def test_two_circles_in_one_plane_are_one_valley_a_revolution() -> None:
    """Concentric circles, the same distance apart all the way round, are reported once a revolution."""
    inner, outer = Kepler(4000.0, 0.0, 1.0, 0.3), Kepler(4050.0, 0.0, 1.0, 0.3)
    for first, second in ((inner, outer), (outer, inner)):
        found = of_pair(first, second, (0.0, 4.0 * first.period_s))
        assert len(found) == 4
        assert all(crossing.oxd_km == pytest.approx(50.0, abs=REQUIRED_OXD_KM) for crossing in found)


def test_an_orbit_of_unknown_phase_gives_geometry_only() -> None:
    """With timing off, the last known revolution, long past, gives the same distances and points, and no timing."""
    window_s = (0.0, 5.0 * LOW.period_s)
    known = of_pair(LOW, POLAR, window_s)
    last_known = trajectory(POLAR, (-40.0 * POLAR.period_s, -39.0 * POLAR.period_s + 600.0))
    periods_s = (LOW.period_s, POLAR.period_s)
    found = crossings(
        trajectory(LOW, window_s), last_known, ("A", "B"), window_s, 100.0, periods_s=periods_s, timing=False
    )
    assert len(found) == len(known)
    for crossing, same in zip(found, known, strict=True):
        assert crossing.oxt_s is crossing.passage_second_s is crossing.straight_line_cad_km is None
        assert crossing.passage_first_s == pytest.approx(same.passage_first_s, abs=REQUIRED_PASSAGE_S)
        assert crossing.oxd_km == pytest.approx(same.oxd_km, abs=REQUIRED_OXD_KM)
        assert np.linalg.norm(crossing.second_point_km - same.second_point_km) < REQUIRED_OXD_KM


def test_a_whole_fleet_gives_what_its_pairs_give() -> None:
    """Preparing each object once changes nothing, and silent objects are secondaries, never both of a pair."""
    window_s = (0.0, 4.0 * LOW.period_s)
    orbits = {"S1": POLAR, "A": LOW, "S2": replace(LOW, node_rad=1.0), "B": replace(POLAR, node_rad=2.0)}
    paths = {name: trajectory(orbit, (-9000.0, window_s[1] + 9000.0)) for name, orbit in orbits.items()}
    periods_s = {name: orbit.period_s for name, orbit in orbits.items()}
    found = fleet_crossings(paths, periods_s, window_s, 100.0, phase_unknown={"S1", "S2"})
    pairs = [("A", "B"), ("A", "S1"), ("A", "S2"), ("B", "S1"), ("B", "S2")]
    assert sorted({(crossing.first, crossing.second) for crossing in found}) == pairs
    for pair in pairs:
        alone = crossings(
            *(paths[name] for name in pair),
            pair,
            window_s,
            100.0,
            periods_s=(periods_s[pair[0]], periods_s[pair[1]]),
            timing=pair == ("A", "B"),
        )
        own = [crossing for crossing in found if (crossing.first, crossing.second) == pair]
        assert [(c.passage_first_s, c.oxd_km, c.oxt_s) for c in own] == [
            (c.passage_first_s, c.oxd_km, c.oxt_s) for c in alone
        ]


def test_what_is_not_covered_has_no_crossings_and_loses_none_elsewhere() -> None:
    """A gap in the primary's ephemeris takes away the crossings in it, and no others."""
    window_s = (0.0, 8.0 * LOW.period_s)
    gap_s = (2.2 * LOW.period_s, 4.7 * LOW.period_s)
    arguments = (trajectory(POLAR, (-9000.0, window_s[1] + 9000.0)), ("A", "B"), window_s, 100.0)
    periods_s = (LOW.period_s, POLAR.period_s)
    whole = crossings(trajectory(LOW, window_s), *arguments, periods_s=periods_s)
    parts = trajectory(LOW, (window_s[0], gap_s[0]), (gap_s[1], window_s[1]))
    left = crossings(parts, *arguments, periods_s=periods_s)
    outside_s = [c.passage_first_s for c in whole if not gap_s[0] <= c.passage_first_s <= gap_s[1]]
    assert len(outside_s) < len(whole)
    assert np.allclose([c.passage_first_s for c in left], outside_s, atol=REQUIRED_PASSAGE_S, rtol=0)


@pytest.mark.parametrize("span_s", [(0.0, 3000.0), (5.0e5, 5.1e5), (-9.0e5, -8.0e5)])
def test_a_secondary_hardly_or_never_covered_is_no_error(span_s: tuple[float, float]) -> None:
    """Less than a revolution of the secondary, or none near the window, gives what little there is, never an error."""
    window_s = (0.0, 3.0 * LOW.period_s)
    second = trajectory(POLAR, span_s)
    periods_s = (LOW.period_s, POLAR.period_s)
    for limit_km in (0.5, 100.0):
        for crossing in crossings(
            trajectory(LOW, window_s), second, ("A", "B"), window_s, limit_km, periods_s=periods_s
        ):
            assert span_s[0] <= crossing.passage_second_s <= span_s[1]
            assert crossing.oxd_km <= limit_km


def test_a_joint_between_two_arcs_neither_hides_nor_doubles_a_crossing() -> None:
    """Cutting both trajectories exactly at a crossing leaves the list as it was."""
    window_s = (0.0, 3.0 * LOW.period_s)
    beyond_s = (-9000.0, window_s[1] + 9000.0)
    periods_s = (LOW.period_s, POLAR.period_s)
    whole = of_pair(LOW, POLAR, window_s)
    cut = whole[2]
    first = trajectory(LOW, (window_s[0], cut.passage_first_s), (cut.passage_first_s, window_s[1]))
    second = trajectory(POLAR, (beyond_s[0], cut.passage_second_s), (cut.passage_second_s, beyond_s[1]))
    again = crossings(first, second, ("A", "B"), window_s, 100.0, periods_s=periods_s)
    assert len(again) == len(whole)
    for crossing, same in zip(again, whole, strict=True):
        assert crossing.passage_first_s == pytest.approx(same.passage_first_s, abs=REQUIRED_PASSAGE_S)
        assert crossing.passage_second_s == pytest.approx(same.passage_second_s, abs=REQUIRED_PASSAGE_S)


def with_timing(oxt_s: float) -> tuple[Kepler, Crossing]:
    """The polar orbit shifted in phase so that its first crossing of the low one has a given timing; that crossing."""
    window_s = (0.0, LOW.period_s)
    crossing = of_pair(LOW, POLAR, window_s)[0]
    late_rad = POLAR.motion_rad_s * (crossing.oxt_s - oxt_s)
    shifted = replace(POLAR, mean_anomaly_rad=POLAR.mean_anomaly_rad + late_rad)
    return shifted, of_pair(LOW, shifted, window_s)[0]


def closest_km(orbit: Kepler, crossing: Crossing) -> float:
    """Distance at the approach nearest to a crossing, by the screening."""
    window_s = (crossing.passage_first_s - 300.0, crossing.passage_first_s + 300.0)
    fleet = {"A": trajectory(LOW, window_s), "B": trajectory(orbit, window_s)}
    return min(approach.miss_km for approach in screen(fleet, window_s, 100.0).approaches)


def test_with_no_timing_the_miss_distance_is_the_crossing_distance() -> None:
    """Where OXT is zero, CAD as the screening finds it equals OXD."""
    orbit, crossing = with_timing(0.0)
    assert crossing.oxt_s == pytest.approx(0.0, abs=REQUIRED_PASSAGE_S)
    assert closest_km(orbit, crossing) == pytest.approx(crossing.oxd_km, abs=REQUIRED_OXD_KM)


@pytest.mark.parametrize("oxt_s", [-4.0, 1.0, 3.0])
def test_near_a_crossing_the_straight_line_estimate_is_the_miss_distance(oxt_s: float) -> None:
    """A few seconds of timing give a CAD within a thousandth of the straight-line estimate."""
    orbit, crossing = with_timing(oxt_s)
    curvature = 1e-3  # the arcs turn by 4 s * 9e-4 rad/s between the passages; the effect is of second order
    assert crossing.oxt_s == pytest.approx(oxt_s, abs=REQUIRED_PASSAGE_S)
    assert closest_km(orbit, crossing) == pytest.approx(crossing.straight_line_cad_km, rel=curvature)


def test_equal_velocities_miss_by_their_speed_times_timing() -> None:
    """Two objects one behind the other, where |v1 x v2| / |v1 - v2| is 0 / 0, keep the distance flown in between."""
    velocity_km_s = np.array([[3.0, 4.0, 0.0]])
    rate = miss_rate_km_s(velocity_km_s, velocity_km_s)
    assert straight_line_cad_km(np.array([12.0]), np.array([1.0]), rate) == pytest.approx(np.hypot(12.0, 5.0))


def maven(apoapsis_kick_km_s: float) -> Kepler:
    """MAVEN's orbit of 2017, 150 km by 6200 km at 75 degrees, at apoapsis at the epoch, crossing Phobos's."""
    apoapsis_km, periapsis_km = RADIUS_MARS_KM + 6200.0, RADIUS_MARS_KM + 150.0
    a_km = 0.5 * (apoapsis_km + periapsis_km)
    speed_km_s = np.sqrt(GM_MARS_KM3_S2 * (2.0 / apoapsis_km - 1.0 / a_km)) + apoapsis_kick_km_s
    a_km = 1.0 / (2.0 / apoapsis_km - speed_km_s**2 / GM_MARS_KM3_S2)
    e = apoapsis_km / a_km - 1.0
    # the ascending node, where the argument of latitude is zero, at the radius of Phobos's orbit
    cosine = (a_km * (1.0 - e**2) / PHOBOS.a_km - 1.0) / e
    return Kepler(
        a_km, e, np.radians(75.0), 0.0, float(np.arccos(cosine)) if not apoapsis_kick_km_s else ARGUMENT, np.pi
    )


ARGUMENT: Final = maven(0.0).argument_rad


def test_seven_seconds_before_phobos_are_a_hit() -> None:
    """MAVEN and Phobos, 2017: 1.44 km of miss a second, so that 7 s make 10.0 km, inside a sphere of 15 km."""
    crossing = min(of_pair(maven(0.0), PHOBOS, (0.0, maven(0.0).period_s)), key=lambda held: held.oxd_km)
    assert crossing.oxd_km < REQUIRED_OXD_KM
    assert crossing.miss_rate_km_s == pytest.approx(1.44, abs=0.005)
    miss_km = straight_line_cad_km(np.array([crossing.oxd_km]), np.array([7.0]), np.array([crossing.miss_rate_km_s]))
    assert miss_km[0] == pytest.approx(10.0, abs=0.1)  # 7 s is itself published to the second
    assert miss_km[0] < 15.0


def test_the_manoeuvre_of_maven_moved_the_crossing_by_two_and_a_half_minutes() -> None:
    """0.4 m/s at apoapsis shift the passage by 4.62 s a revolution, 148 s in the six days until the encounter."""
    before, after = maven(0.0), maven(0.4e-3)
    six_days_s = 6.0 * 86_400.0
    assert after.period_s - before.period_s == pytest.approx(4.62, abs=PUBLISHED_DIGITS)
    window_s = (six_days_s - 0.5 * before.period_s, six_days_s + 0.5 * before.period_s)
    ours = [min(of_pair(orbit, PHOBOS, window_s), key=lambda held: held.oxd_km) for orbit in (before, after)]
    late_s = ours[1].passage_first_s - ours[0].passage_first_s
    assert late_s == pytest.approx(148.0, abs=1.0)  # given to the second, for 32 revolutions; the node is 0.1 later
    assert ours[0].oxt_s - ours[1].oxt_s == pytest.approx(late_s, abs=1.0)


def test_wrong_arguments_are_refused() -> None:
    """Two epochs, an empty window, a period of zero, a trajectory without arcs and a silent primary are errors."""
    path = trajectory(LOW, (0.0, 9000.0))
    good = {"ids": ("A", "B"), "window_s": (0.0, 9000.0), "limit_km": 100.0, "periods_s": (LOW.period_s, LOW.period_s)}
    elsewhere = replace(path, epoch=CUTOFF + 1.0)
    for second, change in (
        (elsewhere, {}),
        (replace(path, arcs=()), {}),
        (path, {"window_s": (5.0, 5.0)}),
        (path, {"periods_s": (LOW.period_s, 0.0)}),
    ):
        with pytest.raises(InputError):
            crossings(path, second, **(good | change))
    with pytest.raises(InputError):
        fleet_crossings(
            {"A": path, "B": path}, {"A": 1.0, "B": 1.0}, (0.0, 1.0), 1.0, pairs=[("A", "B")], phase_unknown="A"
        )
    with pytest.raises(InputError):
        fleet_crossings({"A": path, "B": elsewhere}, {"A": 1.0, "B": 1.0}, (0.0, 1.0), 1.0)


@pytest.mark.published_files("mars/em16_tgo_mlt_20180609_20180614.bsp")
def test_crossings_of_real_orbiters_agree_with_a_direct_minimisation() -> None:
    """MRO of 2008 and TGO of 2018, brought to one date: on real arcs, every crossing is what scipy finds near it."""
    planets, mars = PlanetaryEphemeris.default(), body_named("MARS")
    span_s = (0.0, 30_000.0)
    first = spk_trajectory(
        [DATA / "em16_tgo_mlt_20180609_20180614.bsp"],
        -143,
        body=mars,
        epoch=Epoch.parse("2018-06-10T00:00:00"),
        window_s=span_s,
        planets=planets,
    )
    second = spk_trajectory(
        [DATA / "mro_psp9_ssd_mro110c_20081030_20081105.bsp", DATA / "mar097_2006_2008_marscentre.bsp"],
        -74,
        body=mars,
        epoch=Epoch.parse("2008-10-31T00:00:00"),
        window_s=span_s,
        planets=planets,
    )
    second = replace(second, epoch=first.epoch)
    found = crossings(first, second, ("TGO", "MRO"), span_s, 500.0, periods_s=(7080.0, 6720.0))
    assert len(found) == pytest.approx(2 * (span_s[1] - span_s[0]) / 7080.0, abs=2)
    for crossing in found:

        def distance_km(x: np.ndarray, at: Crossing = crossing) -> float:
            places_s = np.clip(np.array([at.passage_first_s, at.passage_second_s]) + x, *span_s)
            ends_km = [path.state(places_s[row : row + 1])[0][0] for row, path in enumerate((first, second))]
            return float(np.linalg.norm(ends_km[0] - ends_km[1]))

        answer = minimize(distance_km, [3.0, -3.0], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-12})
        assert np.abs(answer.x).max() < REQUIRED_PASSAGE_S
        assert answer.fun == pytest.approx(crossing.oxd_km, abs=REQUIRED_OXD_KM)


def test_a_motion_that_comes_to_rest_is_searched_too() -> None:
    """A body thrown straight up turns back at 5000 km; an orbit of 4995 km radius crosses its path on its way there.

    At the turn it stands still, and no piece of its path is so short that its velocity turns little in it.
    """
    times_s = np.arange(-600.0, 601.0, 60.0)
    gravity_km_s2 = 1.7e-3
    up_km = np.column_stack([5000.0 - 0.5 * gravity_km_s2 * times_s**2, 0.0 * times_s, 0.0 * times_s])
    speed_km_s = np.column_stack([-gravity_km_s2 * times_s, 0.0 * times_s, 0.0 * times_s])
    thrown = Trajectory(
        object_id="A",
        frame=ABOUT_MARS,
        epoch=CUTOFF,
        arcs=(arc_from_nodes(times_s, up_km, speed_km_s, "HERMITE", 7),),
        proof=Proof.EXACT,
    )
    orbit = Kepler(4995.0, 0.0, np.radians(50.0))
    found = crossings(
        thrown,
        trajectory(orbit, (-9000.0, 9000.0)),
        ("A", "B"),
        (-600.0, 600.0),
        10.0,
        periods_s=(None, orbit.period_s),
    )
    passages_s = np.sqrt(2.0 * 5.0 / gravity_km_s2)
    on_the_way = [one for one in found if one.oxd_km < REQUIRED_OXD_KM]
    assert {round(one.passage_first_s / passages_s) for one in on_the_way} == {-1, 1}
    assert all(abs(abs(one.passage_first_s) - passages_s) < REQUIRED_PASSAGE_S for one in on_the_way)


@pytest.mark.parametrize("side", ["first", "last"])
@pytest.mark.parametrize("late_s", [-0.02, -1e-9, 0.0, 1e-9, 0.02])
def test_passages_at_the_ends_of_the_coverage_lie_within_it(side: str, late_s: float) -> None:
    """Orbits that meet on the line of nodes about the first or last instant: every passage has a state to tell."""
    low = Kepler(3696.0, 0.0, 0.0)
    low = replace(low, mean_anomaly_rad=-late_s * low.motion_rad_s)
    other = Kepler(3696.5, 0.0, np.radians(60.0), mean_anomaly_rad=0.3)
    span_s = (0.0, 3.2 * low.period_s) if side == "first" else (-3.2 * low.period_s, 0.0)
    both = trajectory(low, span_s), trajectory(other, span_s)
    found = crossings(*both, ("A", "B"), span_s, 100.0, periods_s=(low.period_s, other.period_s))
    assert found
    for one in found:
        for passage_s, motion in zip((one.passage_first_s, one.passage_second_s), both, strict=True):
            assert motion.spans_s[0][0] <= passage_s <= motion.spans_s[-1][1]
    at_end = [one.passage_first_s for one in found if abs(one.passage_first_s) < 0.1]
    assert len(at_end) == (0 if late_s == (-0.02 if side == "first" else 0.02) else 1)
