"""When the Sun stands near the line of sight to a body, and when a station sees the body."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from skyfield.almanac import risings_and_settings
from skyfield.api import load, load_file, wgs84
from skyfield.searchlib import find_discrete

from nearpass.astro.bodies import Body
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.frames import PlanetaryEphemeris

FloatArray = NDArray[np.float64]
Span_s = tuple[float, float]

EARTH: Final = 399
SUN: Final = 10
BARYCENTER: Final = 0
LIGHT_SPEED_KM_S: Final = 299_792.458  # exact, CGPM 1983
_STEP_S: Final = 0.25 * DAY_S  # the angle to a planet changes by a degree a day at most


def sep_rad(body: Body, planets: PlanetaryEphemeris, epoch: Epoch, offsets_s: FloatArray) -> FloatArray:
    """Sun-Earth-Probe angle of a body's centre as seen from the Earth's, shape ``(N,)``, at offsets ``(N,)``.

    Both are where their light left them, as almanacs have it: at Mars near conjunction that moves the angle by 20 min.
    """
    earth_km = planets.state(EARTH, BARYCENTER, epoch, offsets_s)[0]
    to_body, to_sun = (_seen_km(target, earth_km, planets, epoch, offsets_s) for target in (body.naif_id, SUN))
    across = np.linalg.norm(np.cross(to_body, to_sun), axis=1)
    return np.asarray(np.arctan2(across, np.einsum("ni,ni->n", to_body, to_sun)))


def _seen_km(
    target: int, earth_km: FloatArray, planets: PlanetaryEphemeris, epoch: Epoch, offsets_s: FloatArray
) -> FloatArray:
    """From the Earth to where the light left a target, ``(N, 3)``; two iterations are enough for a microsecond."""
    seen_km = planets.state(target, BARYCENTER, epoch, offsets_s)[0] - earth_km
    for _ in range(2):
        light_s = np.linalg.norm(seen_km, axis=1) / LIGHT_SPEED_KM_S
        seen_km = planets.state(target, BARYCENTER, epoch, offsets_s - light_s)[0] - earth_km
    return seen_km


def conjunctions_s(
    body: Body, planets: PlanetaryEphemeris, epoch: Epoch, span_s: Span_s, least_rad: float
) -> tuple[Span_s, ...]:
    """Stretches of a span in which the Sun-Earth-Probe angle of a body is below a limit, ends to a second."""
    offsets_s = np.linspace(*span_s, max(2, int(np.ceil((span_s[1] - span_s[0]) / _STEP_S)) + 1))
    above = sep_rad(body, planets, epoch, offsets_s) - least_rad

    def excess(offset_s: float) -> float:
        return float(sep_rad(body, planets, epoch, np.array([offset_s]))[0]) - least_rad

    changes = [
        float(brentq(excess, offsets_s[place], offsets_s[place + 1], xtol=1.0))
        for place in np.flatnonzero(np.sign(above[1:]) != np.sign(above[:-1]))
    ]
    edges = [span_s[0], *changes, span_s[1]]
    first = 0 if above[0] < 0.0 else 1
    return tuple((edges[place], edges[place + 1]) for place in range(first, len(edges) - 1, 2))


def visible_s(
    body: Body,
    planets: PlanetaryEphemeris,
    place: tuple[float, float, float],
    least_elevation_deg: float,
    epoch: Epoch,
    span_s: Span_s,
) -> tuple[Span_s, ...]:
    """Stretches of a span in which a body stands above an elevation at a place on the Earth (skyfield's almanac).

    Args:
        body: What is looked at; its centre.
        planets: Its first kernel must hold the Earth and the body, or the body's barycentre.
        place: Latitude and east longitude in degrees on WGS 84, and altitude in metres.
        least_elevation_deg: The elevation, without refraction.
        epoch: Reference of the offsets.
        span_s: The span.
    """
    kernel = load_file(str(planets.kernels[0]))
    try:
        target = kernel[body.naif_id if body.naif_id in kernel else body.naif_id // 100]
        station = wgs84.latlon(place[0], place[1], elevation_m=place[2])
        clock = load.timescale(builtin=True)
        start, stop = (clock.tt_jd((epoch + offset_s).julian_date_tt()) for offset_s in span_s)
        up = risings_and_settings(kernel, target, station, horizon_degrees=least_elevation_deg)
        times, rises = find_discrete(start, stop, up)
        began = bool(up(start))
        changes = [(float(tt) - start.tt) * DAY_S + span_s[0] for tt in times.tt]
    finally:
        kernel.close()
    edges = [span_s[0], *changes, span_s[1]]
    states = [began, *map(bool, rises)]
    return tuple((edges[place], edges[place + 1]) for place, seen in enumerate(states) if seen)
