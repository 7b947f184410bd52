"""Synthetic catalogues of element sets, of one epoch."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from sgp4.api import WGS72, Satrec

from nearpass.astro.epochs import Epoch
from nearpass.ephemeris.element_fleet import ElementFleet

EPOCH: Final = Epoch.parse("2026-01-01T00:00:00")
GM_KM3_S2: Final = 398_600.8  # WGS72, as SGP4 has it
EARTH_KM: Final = 6378.135
GEO_KM: Final = 42_164.2
_DAYS_SINCE_1949: Final = 27_760.0  # of EPOCH, from 1949-12-31


def satellite(a_km: float, e: float, inclination: float, node: float, argument: float, anomaly: float) -> Satrec:
    """A propagator; angles in radians."""
    motion = float(np.sqrt(GM_KM3_S2 / a_km**3) * 60.0)
    angles = [float(angle % (2 * np.pi)) for angle in (argument, inclination, anomaly, node)]
    one = Satrec()
    one.sgp4init(WGS72, "i", 1, _DAYS_SINCE_1949, 1e-5, 0.0, 0.0, e, *angles[:3], motion, angles[3])
    return one


def fleet_of(satellites: list[Satrec], epoch: Epoch = EPOCH) -> ElementFleet:
    """The propagators as a fleet with numbers for names."""
    return ElementFleet([f"{row:05d}" for row in range(len(satellites))], satellites, EPOCH, epoch)


def low_orbits(count: int, seed: int) -> list[Satrec]:
    """Random orbits 400 to 1,200 km up, of any direction."""
    rng = np.random.default_rng(seed)
    return [
        satellite(
            EARTH_KM + rng.uniform(400, 1200),
            rng.uniform(0, 0.01),
            np.arccos(rng.uniform(-1, 1)),
            *rng.uniform(0, 2 * np.pi, 3),
        )
        for _ in range(count)
    ]


def structured(count: int, seed: int = 3) -> list[Satrec]:
    """What catalogues are made of, in their proportions.

    Walker shell, sun-synchronous ring, tandem pairs, transfer orbits, slot-mates on the geostationary orbit, navigation
    satellites, and random low orbits for the rest.
    """
    rng = np.random.default_rng(seed)
    share = count / 1000
    made = [
        *_walker(round(20 * np.sqrt(share))),
        *_ring(rng, round(150 * share)),
        *_tandems(rng, round(20 * share)),
        *_transfers(rng, round(80 * share)),
        *_slots(rng, round(30 * share)),
        *_navigation(rng, round(40 * share)),
    ]
    return made + low_orbits(count - len(made), seed)


def _walker(planes: int) -> Iterator[Satrec]:
    for plane in range(planes):
        for place in range(planes):
            phase = 2 * np.pi * (place / planes + 3 * plane / planes**2)
            yield satellite(EARTH_KM + 550, 1e-4, np.radians(53), 2 * np.pi * plane / planes, np.pi / 2, phase)


def _ring(rng: np.random.Generator, count: int) -> Iterator[Satrec]:
    for _ in range(count):
        tilt, node = np.radians(98.2) + rng.normal(0, 1e-3), 1.0 + rng.normal(0, 0.02)
        yield satellite(
            EARTH_KM + 700 + rng.uniform(-3, 3), rng.uniform(0, 0.002), tilt, node, *rng.uniform(0, 2 * np.pi, 2)
        )


def _tandems(rng: np.random.Generator, count: int) -> Iterator[Satrec]:
    for _ in range(count):
        a_km, e, tilt = EARTH_KM + rng.uniform(450, 900), rng.uniform(1e-4, 2e-3), np.radians(rng.uniform(60, 99))
        node, argument, anomaly = rng.uniform(0, 2 * np.pi, 3)
        yield satellite(a_km, e, tilt, node, argument, anomaly)
        apart = rng.uniform(0.5, 8) / a_km
        yield satellite(a_km + rng.normal(0, 0.01), e + 1e-5, tilt + 1e-5, node, argument, anomaly + apart)


def _transfers(rng: np.random.Generator, count: int) -> Iterator[Satrec]:
    for _ in range(count):
        low_km, high_km = EARTH_KM + rng.uniform(200, 600), EARTH_KM + rng.uniform(34_000, 36_000)
        e = (high_km - low_km) / (high_km + low_km)
        yield satellite((low_km + high_km) / 2, e, np.radians(rng.uniform(4, 28)), *rng.uniform(0, 2 * np.pi, 3))


def _slots(rng: np.random.Generator, count: int) -> Iterator[Satrec]:
    for _ in range(count):
        longitude = rng.uniform(0, 2 * np.pi)
        for _ in range(3):
            e, tilt = abs(rng.normal(0, 2e-4)) + 1e-6, abs(rng.normal(0, 3e-4)) + 1e-5
            yield satellite(GEO_KM + rng.normal(0, 1.0), e, tilt, 0.0, 0.0, longitude + rng.normal(0, 3e-4))


def _navigation(rng: np.random.Generator, count: int) -> Iterator[Satrec]:
    for number in range(count):
        a_km, e = 26_560 + rng.normal(0, 5), abs(rng.normal(0, 5e-3))
        yield satellite(a_km, e, np.radians(55), np.pi / 3 * (number % 6), *rng.uniform(0, 2 * np.pi, 2))
