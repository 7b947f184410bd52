"""Solar conjunctions and views from stations, against published times and skyfield's own positions."""

import numpy as np
import pytest
from skyfield.api import load, load_file, wgs84

from nearpass.astro.bodies import body_named
from nearpass.astro.conjunction import conjunctions_s, sep_rad, visible_s
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.frames import PlanetaryEphemeris

MARS = body_named("MARS")
PLANETS = PlanetaryEphemeris.default()


@pytest.mark.parametrize(
    ("start", "first", "last"),
    [
        ("2021-08-15", "2021-10-02", "2021-10-13"),
        ("2023-10-01", "2023-11-11", "2023-11-24"),
        ("2025-12-01", "2026-01-02", "2026-01-16"),
        ("2028-02-01", "2028-03-12", "2028-03-29"),
    ],
)
def test_conjunctions_of_mars_are_those_of_the_almanac(start: str, first: str, last: str) -> None:
    """Mars is within 2 degrees of the Sun on the days that NASA's command moratoria began and that tables give."""
    epoch = Epoch.parse(start)
    ((begin_s, end_s),) = conjunctions_s(MARS, PLANETS, epoch, (0.0, 90 * DAY_S), np.radians(2.0))

    assert (epoch + begin_s).iso()[:10] == first
    assert (epoch + end_s).iso()[:10] == last


def test_the_angle_to_the_sun_is_skyfields() -> None:
    """The angle between Mars and the Sun is that of skyfield's astrometric positions."""
    clock = load.timescale(builtin=True)
    kernel = load_file(str(PLANETS.kernels[0]))
    epoch = Epoch.parse("2026-01-02T07:50:00")
    earth = kernel["earth"].at(clock.utc(2026, 1, 2, 7, 50))
    theirs = earth.observe(kernel["mars"]).separation_from(earth.observe(kernel["sun"])).degrees
    kernel.close()

    assert np.degrees(sep_rad(MARS, PLANETS, epoch, np.zeros(1)))[0] == pytest.approx(theirs, abs=1e-6)


def test_a_station_sees_mars_while_it_stands_above_the_elevation() -> None:
    """Ten minutes inside each view of Goldstone Mars is above 10 degrees, ten minutes outside it is below."""
    epoch = Epoch.parse("2021-03-17")
    place = (35.4259, -116.8889, 1002.0)
    spans = visible_s(MARS, PLANETS, place, 10.0, epoch, (0.0, 3 * DAY_S))
    clock = load.timescale(builtin=True)
    kernel = load_file(str(PLANETS.kernels[0]))
    station = kernel["earth"] + wgs84.latlon(place[0], place[1], elevation_m=place[2])

    def elevation_deg(offset_s: float) -> float:
        moment = clock.tt_jd((epoch + offset_s).julian_date_tt())
        return float(station.at(moment).observe(kernel["mars"]).apparent().altaz()[0].degrees)

    inner = [edge for span in spans for edge in span if 0.0 < edge < 3 * DAY_S]
    insides = [(start_s + 600.0, stop_s - 600.0) for start_s, stop_s in spans]
    assert len(spans) >= 3
    assert all(elevation_deg(moment_s) > 10.0 for span in insides for moment_s in span)
    assert all(abs(elevation_deg(edge_s) - 10.0) < 0.05 for edge_s in inner)  # a body rises 15 degrees an hour
    kernel.close()
