"""Motion about Mars: zonal gravity, the Sun's tide, and an along-track acceleration for what no model foresees.

The axes are those of the Martian equator of :data:`AXES_EPOCH`, held fixed (the pole moves by 0.1 degree a century).
Many orbits are integrated together (:mod:`nearpass.sample.collocation`); each keeps its own clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.bodies import body_named, equator_from_icrf
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.sample.collocation import Arcs, Points, found_in, integrate, sampled

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

MARS: Final = body_named("MARS")
AXES_EPOCH: Final = Epoch.parse("2021-03-15")
EQUATOR_FROM_ICRF: Final = equator_from_icrf(MARS, AXES_EPOCH)
EQUATOR_FROM_ICRF.setflags(write=False)

_SUN_ID: Final = 10
_SUN_GM_KM3_S2: Final = 132_712_440_041.0  # JPL DE430 (Folkner et al. 2014)
_AT_ONCE: Final = 128  # states of an arc sampled together, so few that a BLAS starts no threads for them
_TIDE_DEGREE: Final = 4  # in time; 2e-5 of the tide over 45 days


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonalField:
    """Gravity of an axially symmetric body: zonal coefficients ``j2`` to ``j4``, not normalised."""

    gm_km3_s2: float
    reference_radius_km: float
    j2: float
    j3: float
    j4: float


# GMM-3 (Genova et al. 2016, Icarus 272, 228-245; file gmm3_120_sha.tab of the PDS Geosciences Node): normalised
# C20, C30, C40 times -sqrt(2 n + 1). GM is that of the Mars body.
GMM3: Final = ZonalField(
    gm_km3_s2=MARS.gm_km3_s2,
    reference_radius_km=3396.0,
    j2=8.75021132e-4 * sqrt(5.0),
    j3=1.18960349e-5 * sqrt(7.0),
    j4=-5.12940730e-6 * 3.0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thrust:
    """A manoeuvre along the velocity at a constant acceleration, from and until an offset from the orbit's epoch."""

    start_s: float
    stop_s: float
    tangential_km_s2: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Orbits to integrate together, one row an orbit: ``states`` ``(M, 6)`` in km and km/s at its own epoch.

    ``tangential_km_s2`` ``(M,)`` accelerates along the velocity all the time: the part of drag, radiation pressure and
    thruster firings that a prediction gets wrong. ``thrusts`` are the manoeuvres, one or none an orbit; empty for none
    at all.
    """

    epochs: tuple[Epoch, ...]
    states: FloatArray
    tangential_km_s2: FloatArray
    thrusts: tuple[Thrust | None, ...] = ()

    def __len__(self) -> int:
        return len(self.epochs)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sampling:
    """Which orbits of a batch are wanted when: ``columns`` ``(C,)`` and, from each one's epoch, ``offsets_s`` ``(T,)``.

    The offsets do not decrease.
    """

    columns: NDArray[np.intp]
    offsets_s: FloatArray


def propagate(
    batch: Batch, samplings: Sequence[Sampling], *, field: ZonalField = GMM3, planets: PlanetaryEphemeris | None
) -> list[FloatArray]:
    """States in km and km/s, shape ``(T, C, 6)``, of each sampling.

    Args:
        batch: The orbits with their epochs.
        samplings: What is wanted; offsets may lie on both sides of the epochs.
        field: Gravity of the body at the centre.
        planets: Where the Sun is; None leaves it out.
    """
    shapes = [(len(wanted.columns), len(wanted.offsets_s)) for wanted in samplings]
    orbits = np.concatenate([np.repeat(wanted.columns, len(wanted.offsets_s)) for wanted in samplings])
    offsets_s = np.concatenate([np.tile(wanted.offsets_s, len(wanted.columns)) for wanted in samplings])
    states = batch.states[orbits]
    disturbance = _Disturbances(batch, field, _tide_coefficients(batch.epochs, offsets_s, planets))
    for direction in (-1.0, 1.0):
        rows = np.flatnonzero(offsets_s * direction > 0.0)
        rows = rows[np.lexsort((offsets_s[rows] * direction, orbits[rows]))]
        if len(rows):
            farthest_s = np.zeros(len(batch))
            farthest_s[orbits[rows]] = offsets_s[rows]  # the last of each orbit stays
            edges_s = [_edges_s(thrust, direction) for thrust in batch.thrusts or [None] * len(batch)]
            for arcs in integrate(batch.states, farthest_s, edges_s, disturbance, field.gm_km3_s2):
                _fill(states, arcs, rows, orbits[rows], offsets_s[rows], field.gm_km3_s2)
    ends = np.cumsum([0, *(columns * times for columns, times in shapes)])
    blocks = [states[i:j].reshape(*shape, 6) for (i, j), shape in zip(pairwise(ends), shapes, strict=True)]
    return [block.transpose(1, 0, 2) for block in blocks]


def _fill(
    states: FloatArray, arcs: Arcs, rows: IntArray, orbits: IntArray, offsets_s: FloatArray, gm_km3_s2: float
) -> None:
    """Write what is wanted on these arcs into its rows of the states; arcs with about as many go together."""
    first, stop = found_in(arcs, orbits, offsets_s)
    count = stop - first
    for least in 2 ** np.arange(int(count.max()).bit_length()):
        some = np.flatnonzero((count >= least) & (count < 2 * least))
        if len(some):
            # Shorter ones are filled up with their last.
            place = np.minimum(first[some, None] + np.arange(2 * least - 1), stop[some, None] - 1)
            for part in np.split(place, range(_AT_ONCE, place.shape[1], _AT_ONCE), axis=1):
                states[rows[part]] = sampled(arcs, some, offsets_s[part], gm_km3_s2)


def state_at(batch: Batch, offsets_s: FloatArray, *, planets: PlanetaryEphemeris | None) -> FloatArray:
    """States ``(M, 6)`` of each orbit at its own offset, shape ``(M,)``, from its own epoch."""
    each = [Sampling(columns=np.array([k]), offsets_s=np.array([offsets_s[k]])) for k in range(len(batch))]
    return np.concatenate([states[0] for states in propagate(batch, each, planets=planets)])


def zonal_acceleration(position_km: FloatArray, field: ZonalField) -> FloatArray:
    """Acceleration in km/s**2, shape ``(3, M)``, at positions of shape ``(3, M)``, of the whole field."""
    radius_km = np.sqrt(np.einsum("ij,ij->j", position_km, position_km))
    radial, polar = _zonal_terms(radius_km, position_km[2] / radius_km, field)
    acceleration = position_km / radius_km * (radial - field.gm_km3_s2 / radius_km**2)
    acceleration[2] -= polar
    return np.asarray(acceleration)


def _zonal_terms(radius_km: FloatArray, u: FloatArray, field: ZonalField) -> tuple[FloatArray, FloatArray]:
    """Accelerations outward and against the pole in km/s**2, the point mass left out; ``u`` is the sine of latitude.

    The gradient of -GM/r sum J_n (R/r)**n P_n(u), with (n + 1) P_n + u P'_n = P'_{n+1}
    (Kaula 1966, eq. 1.31; Abramowitz and Stegun 1964, 8.5.3 and 8.5.4).
    """
    uu = u * u
    q = field.reference_radius_km / radius_km
    p3 = 7.5 * uu - 1.5
    p4 = u * (17.5 * uu - 7.5)
    p5 = (39.375 * uu - 26.25) * uu + 1.875
    radial = q * q * (field.j2 * p3 + q * (field.j3 * p4 + q * (field.j4 * p5)))
    polar = q * q * (field.j2 * (3.0 * u) + q * (field.j3 * p3 + q * (field.j4 * p4)))
    gravity = field.gm_km3_s2 / (radius_km * radius_km)
    return gravity * radial, gravity * polar


class _Disturbances:
    """What acts besides the point mass: oblateness, the Sun, manoeuvres, and what a prediction gets wrong."""

    def __init__(self, batch: Batch, field: ZonalField, tide: FloatArray | None) -> None:
        self._field = field
        self._tide = tide
        self._tangential_km_s2 = batch.tangential_km_s2
        self._burns = [(orbit, thrust) for orbit, thrust in enumerate(batch.thrusts) if thrust is not None]

    def __call__(self, points: Points) -> tuple[FloatArray, FloatArray, FloatArray]:
        cosine, sine = points.cosine, points.sine
        one, two, three = points.resolved(0.0, 0.0, 1.0)
        up = cosine * one + sine * two  # the sine of the latitude
        outward, along_pole = _zonal_terms(points.radius_km, up, self._field)
        radial = outward - along_pole * up
        transverse = -along_pole * (cosine * two - sine * one)
        upward = -along_pole * three
        push_km_s2 = self._tangential_km_s2[points.orbits]
        for orbit, burn in self._burns:
            firing = (points.orbits == orbit) & (burn.start_s <= points.begun_s) & (points.begun_s < burn.stop_s)
            push_km_s2 = push_km_s2 + np.where(firing, burn.tangential_km_s2, 0.0)
        if push_km_s2.any():
            push = push_km_s2[:, None] / np.hypot(points.radial_km_s, points.transverse_km_s)
            radial += push * points.radial_km_s
            transverse += push * points.transverse_km_s
        if self._tide is not None:
            # The first term of the Sun's disturbing acceleration, GM/d**3 (3 (s.r) s - r); the next one is smaller by
            # r/d, under 2e-4 (Montenbruck and Gill 2000, eq. 3.37).
            coefficients = self._tide[:, :, points.orbits, None]
            toward = coefficients[-1]
            for coefficient in coefficients[-2::-1]:
                toward = toward * points.offset_s + coefficient
            one, two, three = points.resolved(*toward)
            ahead = points.radius_km * (cosine * one + sine * two)
            radial += ahead * (cosine * one + sine * two)
            radial -= points.radius_km * np.einsum("iaj,iaj->aj", toward, toward) / 3.0
            transverse += ahead * (cosine * two - sine * one)
            upward += ahead * three
        return radial, transverse, upward


def _tide_coefficients(
    epochs: tuple[Epoch, ...], wanted_s: FloatArray, planets: PlanetaryEphemeris | None
) -> FloatArray | None:
    """Polynomials ``(degree + 1, 3, M)``, in each orbit's own clock, of the Sun's direction times sqrt(3 GM/d**3)."""
    if planets is None:
        return None
    earliest_s, latest_s = min(0.0, float(wanted_s.min())), max(0.0, float(wanted_s.max()))
    offsets_s = np.linspace(earliest_s - DAY_S, latest_s + DAY_S, 6 * _TIDE_DEGREE)
    by_epoch: dict[Epoch, FloatArray] = {}
    for epoch in set(epochs):
        sun_icrf_km, _ = planets.state(_SUN_ID, MARS.naif_id, epoch, offsets_s)
        sun_km = sun_icrf_km @ EQUATOR_FROM_ICRF.T
        distance_km = np.linalg.norm(sun_km, axis=1, keepdims=True)
        toward = sun_km * np.sqrt(3.0 * _SUN_GM_KM3_S2 / distance_km**5)
        days = offsets_s / DAY_S
        fitted = np.polynomial.polynomial.polyfit(days, toward, _TIDE_DEGREE)
        by_epoch[epoch] = fitted / float(DAY_S) ** np.arange(_TIDE_DEGREE + 1)[:, None]
    return np.stack([by_epoch[epoch] for epoch in epochs], axis=2)


def _edges_s(thrust: Thrust | None, direction: float) -> list[float]:
    """When a manoeuvre begins and ends, in the order in which an integration to one side meets it."""
    instants = () if thrust is None else (thrust.start_s, thrust.stop_s)
    return sorted((at for at in instants if at * direction > 0.0), key=abs)


def delayed(batch: Batch, offsets_s: FloatArray, *, planets: PlanetaryEphemeris | None) -> Batch:
    """The orbits, each at an epoch later by its own offset, shape ``(M,)``."""
    states = state_at(batch, offsets_s, planets=planets)
    epochs = tuple(epoch + float(offset_s) for epoch, offset_s in zip(batch.epochs, offsets_s, strict=True))
    return replace(batch, epochs=epochs, states=states)
