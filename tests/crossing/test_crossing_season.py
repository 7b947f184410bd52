"""When two orbits truly cross, by the secular drift of both."""

from dataclasses import replace
from time import process_time
from typing import Final

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.spatial import KDTree

from fleets import ABOUT_MARS, CUTOFF, GM_MARS_KM3_S2, Kepler
from nearpass.astro.drift import secular_rates
from nearpass.crossing.crossing import crossings
from nearpass.crossing.season import Season, season
from nearpass.ephemeris.spk import fitted_arc
from nearpass.ephemeris.trajectory import Proof, Trajectory
from nearpass.errors import InputError

DAY_S: Final = 86_400.0
J2_MARS: Final = 1.96045e-3  # MRO120D gravity field (Konopliv and others 2020), not normalised
RADIUS_MARS_KM: Final = 3396.19
REQUIRED_OXD_KM: Final = 1e-3
MOST_CPU_S: Final = 4.0  # of which half a second is needed; each box by itself took nine
FIT: Final = 1e-6  # relative, of an eccentricity from sampled radii
POLE: Final = np.array([0.0, 0.0, 1.0])

LOW: Final = Kepler(3696.0, 0.005, np.radians(92.7), 0.2, 0.7)
LONG: Final = Kepler(8905.5, 0.5878, np.radians(86.0), 0.6, 2.0)


def trajectory(orbit: Kepler, span_s: tuple[float, float]) -> Trajectory:
    arc = fitted_arc(lambda offsets_s: np.hstack(orbit.state(offsets_s)), *span_s)
    return Trajectory(object_id="A", frame=ABOUT_MARS, epoch=CUTOFF, arcs=(arc,), proof=Proof.SAMPLED)


def forecast(
    first: Kepler, second: Kepler, threshold_km: float, days: float, step_days: float, j2: float = J2_MARS
) -> Season:
    """From the epoch on, the ephemerides reaching over the revolution around it."""
    span_s = (-0.8 * LONG.period_s, 0.8 * LONG.period_s)
    return season(
        trajectory(first, span_s),
        trajectory(second, span_s),
        at_s=0.0,
        periods_s=(first.period_s, second.period_s),
        gm_km3_s2=GM_MARS_KM3_S2,
        radius_km=RADIUS_MARS_KM,
        j2=j2,
        pole=POLE,
        threshold_km=threshold_km,
        days=days,
        step_days=step_days,
    )


def smallest_km(first: Kepler, second: Kepler) -> float:
    """Smallest crossing distance of two fixed orbits."""
    window_s = (0.0, first.period_s)
    beyond_s = (-second.period_s, first.period_s + second.period_s)
    periods_s = (first.period_s, second.period_s)
    pair = (trajectory(first, window_s), trajectory(second, beyond_s))
    return min(crossing.oxd_km for crossing in crossings(*pair, ("A", "B"), window_s, 1e5, periods_s=periods_s))


def dense_km(first: Kepler, second: Kepler) -> float:
    """Smallest distance of two fixed orbits: of points all along the first, each to its nearest point of the second."""

    def at(orbit: Kepler, place: float | np.ndarray) -> np.ndarray:
        return orbit.state(np.atleast_1d(place) * orbit.period_s / 4000)[0]

    every = KDTree(at(second, np.arange(4001.0)))

    def to_second_km(place: float) -> float:
        point = at(first, place)
        near = float(every.query(point)[1][0])
        gap_km = minimize_scalar(
            lambda other: float(np.linalg.norm(point - at(second, other))), bounds=(near - 1, near + 1),
            method="bounded", options={"xatol": 1e-7},
        )  # fmt: skip
        return float(gap_km.fun)

    places = np.arange(0.0, 4001.0, 20.0)
    best = places[np.argmin([to_second_km(place) for place in places])]
    return float(minimize_scalar(to_second_km, bounds=(best - 20, best + 20), method="bounded").fun)


@pytest.mark.parametrize(("name", "shift"), [("node_rad", 0.07), ("argument_rad", 0.07), ("inclination_rad", 0.02)])
def test_orbits_that_run_nearly_alike_have_their_distance(name: str, shift: float) -> None:
    """Along the flat valley between two nearly identical orbits the smallest distance is found on every day, to 1 m."""
    first = Kepler(9376.0, 0.0151, np.radians(1.1), 0.6, 2.0)
    second = replace(first, **{name: getattr(first, name) + np.radians(shift)})
    found = forecast(first, second, 1.0, 12.0, 6.0, j2=0.0)

    assert found.oxd_km == pytest.approx(dense_km(first, second), abs=REQUIRED_OXD_KM)


def test_one_orbit_flown_twice_has_no_distance_and_costs_little() -> None:
    """Two objects along one orbit: below a metre on every day, in a fraction of a second for a month of days."""
    began = process_time()
    found = forecast(LOW, replace(LOW, mean_anomaly_rad=1.0), 1.0, 30.0, 1.0)
    assert found.oxd_km == pytest.approx(0.0, abs=REQUIRED_OXD_KM)
    assert process_time() - began < MOST_CPU_S


def test_the_rates_are_those_of_a_sun_synchronous_orbit() -> None:
    """Vallado 2013, example 11-2: 7179.82095 km, e 0.02, i 98.627 deg: 360 degrees in 365.2421897 sidereal days."""
    rates = secular_rates(
        semi_major_km=7179.82095,
        eccentricity=0.02,
        inclination_rad=np.radians(98.627),
        gm_km3_s2=398_600.4418,
        radius_km=6378.1363,
        j2=0.00108263,
    )
    digits = 1e-4  # of the inclination as printed
    assert np.degrees(rates.node_rad_s) * 86_164.0989 == pytest.approx(360.0 / 365.2421897, rel=digits)


def test_the_periapsis_of_tianwen_1_drifts_as_published() -> None:
    """275 km by 14,140 km (apoapsis radius) at 86 degrees: the latitude of periapsis drifts 0.593 degrees a day."""
    found = forecast(LONG, LOW, 50.0, 1.0, 1.0).rates[0]
    rounding = 0.002  # from a size given to 1 km and an inclination given to a degree
    assert abs(np.degrees(found.argument_rad_s)) * DAY_S == pytest.approx(0.593, abs=rounding)


def test_the_shape_is_read_from_the_ephemeris() -> None:
    """Size, eccentricity and inclination come back from one revolution of a two-body orbit."""
    for orbit, found in zip((LOW, LONG), forecast(LOW, LONG, 50.0, 1.0, 1.0).rates, strict=True):
        assert found.semi_major_km == pytest.approx(orbit.a_km)
        assert found.eccentricity == pytest.approx(orbit.e, abs=1e-4)  # radii are sampled, the extremes nearly met
        assert found.inclination_rad == pytest.approx(orbit.inclination_rad, rel=FIT)


def test_on_every_day_the_distance_is_that_of_the_drifted_orbits() -> None:
    """Orbits with node and argument moved by hand have the forecast's OXD, now and months later."""
    found = forecast(LOW, LONG, 50.0, 180.0, 30.0)
    assert len(found.oxd_km) == 7
    for day, oxd_km in zip(found.offsets_days, found.oxd_km, strict=True):
        drifted = [
            replace(
                orbit,
                node_rad=orbit.node_rad + rates.node_rad_s * day * DAY_S,
                argument_rad=orbit.argument_rad + rates.argument_rad_s * day * DAY_S,
            )
            for orbit, rates in zip((LOW, LONG), found.rates, strict=True)
        ]
        middle_km = 0.05  # the revolution is centred on the epoch to within a piece, here 600 s of 6 km a day
        assert oxd_km == pytest.approx(smallest_km(*drifted), abs=REQUIRED_OXD_KM + middle_km)


def test_the_seasons_are_the_stretches_below_the_threshold() -> None:
    """Inside each stretch the series lies below the threshold, outside above, and the ends are on it."""
    found = forecast(LOW, LONG, 60.0, 180.0, 1.0)
    assert found.below_days
    inside = np.zeros(len(found.offsets_days), dtype=bool)
    for start, stop in found.below_days:
        inside |= (found.offsets_days >= start) & (found.offsets_days <= stop)
        for end in {start, stop} - {0.0, 180.0}:
            assert np.interp(end, found.offsets_days, found.oxd_km) == pytest.approx(60.0)
    assert np.array_equal(inside, found.oxd_km <= 60.0)


def test_a_season_needs_orbits() -> None:
    """Without a period, or with less than a revolution of ephemeris, there is nothing to turn."""
    path = trajectory(LOW, (0.0, 2.0 * LOW.period_s))
    short = trajectory(LOW, (0.0, 0.5 * LOW.period_s))
    known = {
        "at_s": 0.0,
        "gm_km3_s2": GM_MARS_KM3_S2,
        "radius_km": RADIUS_MARS_KM,
        "j2": J2_MARS,
        "pole": POLE,
        "threshold_km": 50.0,
        "days": 10.0,
    }
    with pytest.raises(InputError):
        season(path, path, periods_s=(LOW.period_s, None), **known)
    with pytest.raises(InputError):
        season(path, short, periods_s=(LOW.period_s, LOW.period_s), **known)
