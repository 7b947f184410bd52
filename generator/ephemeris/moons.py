"""Phobos and Deimos by an analytic theory, for publishers who have no ephemeris of them: good enough for screening.

MarsSatV1_0 of V. Lainey (IMCCE), the series that represent the numerical ephemerides of Lainey, Dehant and Paetzold
(2007, A&A 465, 1075), fitted to observations of 1877 to 2005. Elements about the centre of Mars in the axes of its
equator of date: semi-major axis, mean longitude ``L``, ``z = e exp(i periapsis)`` and ``q = sin(I/2) exp(i node)``,
each a constant, a trend and terms ``amplitude exp(i (phase + rate t))``, with ``t`` in days of TDB from 1982-03-25.
Terms below 0.1 km are left out, which costs 0.4 km against the examples of the series' author.

The stated errors are those found against JPL's MAR085 in June 2018 (3.8 and 16.1 km) and against JPL's ephemeris of
November 2024 (3.7 and 11.5 km), rounded up. Its author recommends the series until 2025; from then on they are taken to
grow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.bodies import Body
from nearpass.astro.epochs import DAY_S, Epoch, tdb_s
from nearpass.astro.frames import Frame
from nearpass.ephemeris.fitting import fitted_arc
from nearpass.ephemeris.trajectory import Approximation, Proof, Trajectory
from nearpass.errors import InputError
from nearpass.reasons.motions import ByTheory

FloatArray = NDArray[np.float64]

THEORY: Final = "MarsSatV1.0"
FIRST: Final = Epoch.parse("1972-07-01T00:00:00")
LAST: Final = Epoch.parse("2040-01-01T00:00:00")
GROWS_FROM: Final = Epoch.parse("2025-01-01T00:00:00")

_YEAR_S: Final = 365.25 * DAY_S
_AU_KM: Final = 149_597_870.691  # the value that goes with the series
_ORIGIN_DAYS: Final = 6_491.5  # J2000 counts so many days from the origin of the series
_NODE_DEG: Final = (47.68143, -0.1061)  # equator of Mars on that of the Earth, at J2000 and per century
_TILT_DEG: Final = (37.1135, 0.0609)
_CENTURY_DAYS: Final = 36_525.0
_KEPLER_STEPS: Final = 8  # Newton's method from the mean longitude, at eccentricities below 0.016


@dataclass(frozen=True, slots=True, kw_only=True)
class MoonTheory:
    """Series of one moon: constants, trends and terms (phase in rad, rate in rad/day, amplitude).

    ``error_km`` bounds its distance from JPL's ephemerides until 2025, ``growth_km_per_year`` what is added after.
    ``sigmas_km`` are its typical errors along R, T and N.
    """

    semi_major_au: float
    longitude_rad: tuple[float, float, float]
    z: complex
    q: complex
    semi_major_terms: tuple[tuple[float, float, float], ...]
    longitude_terms: tuple[tuple[float, float, float], ...]
    z_terms: tuple[tuple[float, float, float], ...]
    q_terms: tuple[tuple[float, float, float], ...]
    error_km: float
    growth_km_per_year: float
    sigmas_km: tuple[float, float, float]

    def error_at_km(self, epoch: Epoch) -> float:
        """The stated error at an epoch."""
        return self.error_km + self.growth_km_per_year * max(0.0, epoch - GROWS_FROM) / _YEAR_S


_PHOBOS: Final = MoonTheory(
    semi_major_au=6.26916188e-5,
    longitude_rad=(2.0912973926417302, 19.70205562831390, 1.657852042683113e-10),
    z=complex(-5.774003141e-7, 6.185052790e-7),
    q=complex(-5.75018919826e-5, -5.40676493351e-5),
    semi_major_terms=((5.013490350126586, 27.15567382195733, 4.53754e-9),),
    longitude_terms=(
        (5.334169358, 9.14591409e-3, 1.003369626e-4),
        (0.3805342375, 1.5409525775e-3, 6.700529873e-5),
        (5.288363764, 1.8292438875e-2, 5.655678186e-5),
        (3.412685858, 7.604696008e-3, 3.157724855e-5),
        (3.448999856, 27.15567616927210, 3.00884432e-5),
        (5.387625479, 19.69446275049270, 2.044327844e-5),
        (0.919444432, 3.1011441962e-3, 1.635712690e-5),
        (2.848996744, 2.743829099e-2, 1.303390344e-5),
        (3.954411168, 13.57783808463605, 1.013316988e-5),
    ),
    z_terms=(
        (1.404382124885, 7.595588511174286e-3, 1.514110912521e-2),
        (2.088385523034, 19.70205682773437, 3.8496208674e-4),
        (3.895377361148586, 1.069670280268190e-2, 6.903413242e-5),
        (0.498957209475, -7.605272825959576e-3, 4.946101994e-5),
        (0.821521022172, 46.85772969905357, 3.671320788e-5),
        (3.378076387479586, -7.453616316894914, 3.267983782e-5),
    ),
    q_terms=(
        (2.058107128488, -7.604861328578004e-3, 9.40860518312e-3),
        (3.248856489376586, -9.145863467943084e-3, 5.699538102e-5),
        (4.557280987272586, 1.829238959116374e-2, 2.474369483e-5),
        (6.113423353213586, 7.595702278066188e-3, 2.062715397e-5),
    ),
    error_km=5.0,
    growth_km_per_year=0.3,
    sigmas_km=(0.5, 2.5, 2.0),
)

_DEIMOS: Final = MoonTheory(
    semi_major_au=1.5681340867e-4,
    longitude_rad=(-1.9167537810740201, 4.977013889652300, -2.331793571572226e-14),
    z=complex(-2.39579419518e-5, 2.57893300229e-5),
    q=complex(-5.6443721379635e-3, -5.3121806978560e-3),
    semi_major_terms=((6.146803530569087, 2.294413036846356, 5.39836e-9), (3.432805186, 9.935735426, 7.0952e-10)),
    longitude_terms=(
        (2.488175628, 3.153377644e-4, 4.96606332e-3),
        (5.336889306, 9.145915157e-3, 4.046853956e-4),
        (5.28153816, 1.8292445625e-2, 2.086335129e-4),
        (1.4334900188, 2.294413045224799, 1.637133774599998e-4),
        (2.852007788, 2.743818628e-2, 4.82067142e-5),
        (3.147176455, 1.8607835617e-2, 2.994132057e-5),
        (3.182516663, 1.147206709032795, 1.137028858e-5),
        (3.544871654, 6.190897766e-4, 8.766509e-6),
        (5.917181875, 3.441620120814550, 8.35060986e-6),
        (0.4614193384, 3.657933964533806e-2, 8.31617642e-6),
        (5.00164085, 9.935735582783501, 7.9266874e-6),
        (4.485218623, 8.82843997e-3, 7.810128e-6),
        (0.6754222686, 2.775277029221846e-2, 6.44758758e-6),
        (0.2220213956, 9.464721723e-3, 6.2356036e-6),
    ),
    z_terms=(
        (2.198649419514, 3.148401892560942e-4, 2.7441315346e-4),
        (4.366636518977586, 4.977013897776327, 6.015912711e-5),
        (1.46381621037, -3.153164045300449e-4, 3.614585349e-5),
        (1.362467588064, 2.682600831640474, 2.577157903e-5),
        (0.933679289332, -4.958721582505435, 6.80199783e-6),
    ),
    q_terms=(
        (2.981506933511, -3.154811355556041e-4, 1.562693319959e-2),
        (4.557500894366586, 1.829233626168517e-2, 1.3218186311e-4),
        (3.248124065112586, -9.145934570587952e-3, 3.833652719e-5),
        (2.067662003165, 2.743821959085702e-2, 2.882438535e-5),
        (4.805327222478586, 3.158564952832469e-4, 2.713213911e-5),
        (1.70155133871, 9.145665986601770e-3, 2.660211842e-5),
        (2.318788380092, 1.860776219134252e-2, 9.296324950e-6),
    ),
    error_km=20.0,
    growth_km_per_year=1.0,
    sigmas_km=(1.5, 13.0, 2.5),
)

MOONS: Final[Mapping[int, MoonTheory]] = MappingProxyType({401: _PHOBOS, 402: _DEIMOS})
"""By NAIF number."""


def moon_positions(moon: MoonTheory, epoch: Epoch, offsets_s: FloatArray) -> FloatArray:
    """Positions ``(N, 3)`` about the centre of Mars in ICRF axes at offsets ``(N,)`` from ``epoch``, in km."""
    since_j2000_days = tdb_s(epoch, offsets_s) / DAY_S
    days = since_j2000_days + _ORIGIN_DAYS
    semi_major_km = _AU_KM * (moon.semi_major_au + _sum(moon.semi_major_terms, days).real)
    constant, rate, bend = moon.longitude_rad
    longitude_rad = constant + (rate + bend * days) * days + _sum(moon.longitude_terms, days).real
    in_plane = _in_plane(semi_major_km, longitude_rad, moon.z + _sum(moon.z_terms, days))
    equatorial_km = _out_of_plane(in_plane, moon.q + _sum(moon.q_terms, days))
    return _from_equator_of_mars(equatorial_km, since_j2000_days / _CENTURY_DAYS)


def moon_trajectory(target: int, *, body: Body, epoch: Epoch, window_s: tuple[float, float]) -> Trajectory:
    """The motion of Phobos (401) or Deimos (402) about Mars inside a window of time, marked as approximate.

    Raises:
        InputError: for another target or body, and outside the years for which an error is stated.

    """
    moon = MOONS.get(target)
    if moon is None or body.name != "MARS":
        raise InputError(f"the theory {THEORY} holds 401 (Phobos) and 402 (Deimos) about Mars", value=target)
    first, last = epoch + window_s[0], epoch + window_s[1]
    if first < FIRST or last > LAST:
        rule = f"the error of {THEORY} is stated from {FIRST.iso(digits=0)[:4]} to {LAST.iso(digits=0)[:4]}"
        raise InputError(rule, value=f"{first.iso(digits=0)} to {last.iso(digits=0)}")
    error_km = moon.error_at_km(last)
    how = ByTheory(theory=THEORY, error_km=error_km)
    return Trajectory(
        object_id=str(target),
        frame=Frame.icrf(body),
        epoch=epoch,
        arcs=(fitted_arc(partial(_states, moon, epoch), *window_s),),
        proof=Proof.SAMPLED,
        approximation=Approximation(kind="theory", how=how, since_s=window_s[0], error_km=error_km),
    )


def _states(moon: MoonTheory, epoch: Epoch, offsets_s: FloatArray) -> FloatArray:
    """What a fit asks for: positions; the velocities beside them are not used."""
    return np.pad(moon_positions(moon, epoch, offsets_s), ((0, 0), (0, 3)))


def _sum(terms: tuple[tuple[float, float, float], ...], days: FloatArray) -> NDArray[np.complex128]:
    phase_rad, rate_rad_day, amplitude = np.array(terms).T
    return np.asarray(np.exp(1j * (phase_rad + np.multiply.outer(days, rate_rad_day))) @ amplitude)


def _in_plane(
    semi_major_km: FloatArray, longitude_rad: FloatArray, z: NDArray[np.complex128]
) -> NDArray[np.complex128]:
    """Place in the orbit's plane, as a complex number, from the mean longitude.

    Kepler's equation in the eccentric longitude ``F``: ``L = F - Im(conj(z) exp(iF))``, and the place is
    ``a (exp(iF) - z - i psi z Im(conj(z) exp(iF)))`` with ``psi = 1 / (1 + sqrt(1 - e**2))``.
    """
    eccentric_rad = longitude_rad.copy()
    for _ in range(_KEPLER_STEPS):
        turned = np.conj(z) * np.exp(1j * eccentric_rad)
        eccentric_rad -= (eccentric_rad - turned.imag - longitude_rad) / (1.0 - turned.real)
    direction = np.exp(1j * eccentric_rad)
    lead = (np.conj(z) * direction).imag
    psi = 1.0 / (1.0 + np.sqrt(1.0 - np.abs(z) ** 2))
    return np.asarray(semi_major_km * (direction - z - 1j * psi * z * lead))


def _out_of_plane(place_km: NDArray[np.complex128], q: NDArray[np.complex128]) -> FloatArray:
    """Places ``(N, 3)`` in the axes to which the inclination refers: a turn by ``I`` about the node."""
    height_km = (np.conj(q) * place_km).imag  # sin(I/2) times the distance from the line of nodes
    tilted = place_km - 2.0j * q * height_km
    return np.stack([tilted.real, tilted.imag, 2.0 * np.sqrt(1.0 - np.abs(q) ** 2) * height_km], axis=1)


def _from_equator_of_mars(equatorial_km: FloatArray, centuries: FloatArray) -> FloatArray:
    """Positions ``(N, 3)`` in ICRF axes: turned by the tilt about the node, then by the node about the pole."""
    node_rad = np.radians(_NODE_DEG[0] + _NODE_DEG[1] * centuries)
    tilt_rad = np.radians(_TILT_DEG[0] + _TILT_DEG[1] * centuries)
    x, y, z = equatorial_km.T
    across = y * np.cos(tilt_rad) - z * np.sin(tilt_rad)
    return np.stack(
        [
            x * np.cos(node_rad) - across * np.sin(node_rad),
            x * np.sin(node_rad) + across * np.cos(node_rad),
            y * np.sin(tilt_rad) + z * np.cos(tilt_rad),
        ],
        axis=1,
    )
