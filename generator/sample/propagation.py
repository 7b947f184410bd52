"""Motion about Mars: zonal gravity, the Sun's tide, and an along-track acceleration for what no model foresees.

The axes are those of the Martian equator of :data:`AXES_EPOCH`, held fixed (the pole moves by 0.1 degree a century).
Many orbits are integrated as one state vector, so that they share the cost of a step; each keeps its own clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import DOP853

from nearpass.astro.bodies import body_named, equator_from_icrf
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.frames import PlanetaryEphemeris

FloatArray = NDArray[np.float64]

MARS: Final = body_named("MARS")
AXES_EPOCH: Final = Epoch.parse("2021-03-15")
EQUATOR_FROM_ICRF: Final = equator_from_icrf(MARS, AXES_EPOCH)
EQUATOR_FROM_ICRF.setflags(write=False)

_SUN_ID: Final = 10
_SUN_GM_KM3_S2: Final = 132_712_440_041.0  # JPL DE430 (Folkner et al. 2014)
_RELATIVE_TOLERANCE: Final = 1e-11
_ABSOLUTE_TOLERANCE: Final = 1e-10  # km and km/s
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
    """States in km and km/s, shape ``(T, C, 6)``, of each sampling, by the method of Dormand and Prince of order 8.

    Args:
        batch: The orbits with their epochs.
        samplings: What is wanted; offsets may lie on both sides of the epochs.
        field: Gravity of the body at the centre.
        planets: Where the Sun is; None leaves it out.
    """
    results = [np.empty((len(wanted.offsets_s), len(wanted.columns), 6)) for wanted in samplings]
    tide = _tide_coefficients(batch, samplings, planets)
    derivative = _EquationsOfMotion(field, tide, batch.tangential_km_s2, batch.thrusts)
    for direction in (-1.0, 1.0):
        _integrate(batch, derivative, direction, samplings, results)
    return results


def state_at(batch: Batch, offsets_s: FloatArray, *, planets: PlanetaryEphemeris | None) -> FloatArray:
    """States ``(M, 6)`` of each orbit at its own offset, shape ``(M,)``, from its own epoch."""
    each = [Sampling(columns=np.array([k]), offsets_s=np.array([offsets_s[k]])) for k in range(len(batch))]
    return np.concatenate([states[0] for states in propagate(batch, each, planets=planets)])


def zonal_acceleration(position_km: FloatArray, field: ZonalField) -> FloatArray:
    """Acceleration in km/s**2, shape ``(3, M)``, at positions of shape ``(3, M)``.

    The gradient of GM/r (1 - sum J_n (R/r)**n P_n(sin latitude)), with (n + 1) P_n + u P'_n = P'_{n+1}
    (Kaula 1966, eq. 1.31; Abramowitz and Stegun 1964, 8.5.3 and 8.5.4).
    """
    inverse_square = 1.0 / np.einsum("ij,ij->j", position_km, position_km)
    inverse = np.sqrt(inverse_square)
    u = position_km[2] * inverse
    uu = u * u
    q = field.reference_radius_km * inverse
    p3 = 7.5 * uu - 1.5
    p4 = u * (17.5 * uu - 7.5)
    p5 = (39.375 * uu - 26.25) * uu + 1.875
    radial = q * q * (field.j2 * p3 + q * (field.j3 * p4 + q * (field.j4 * p5)))
    polar = q * q * (field.j2 * (3.0 * u) + q * (field.j3 * p3 + q * (field.j4 * p4)))
    gravity = field.gm_km3_s2 * inverse_square
    acceleration = position_km * (gravity * inverse * (radial - 1.0))
    acceleration[2] -= gravity * polar
    return np.asarray(acceleration)


class _EquationsOfMotion:
    """Time derivative of the stacked state ``(2, 3, M)``: positions, then velocities."""

    def __init__(
        self,
        field: ZonalField,
        tide: FloatArray | None,
        tangential_km_s2: FloatArray,
        thrusts: Sequence[Thrust | None],
    ) -> None:
        self._field = field
        self._tide = tide
        self._tangential_km_s2 = tangential_km_s2
        self._burns = [(column, thrust) for column, thrust in enumerate(thrusts) if thrust is not None]

    def __call__(self, offset_s: float, stacked: FloatArray) -> FloatArray:
        position_km, velocity_km_s = stacked.reshape(2, 3, -1)
        derivative = np.empty((2, 3, position_km.shape[1]))
        derivative[0] = velocity_km_s
        acceleration = zonal_acceleration(position_km, self._field)
        speed_km_s = np.sqrt(np.einsum("ij,ij->j", velocity_km_s, velocity_km_s))
        acceleration += velocity_km_s * (self._tangential_km_s2 / speed_km_s)
        for column, burn in self._burns:
            if burn.start_s <= offset_s < burn.stop_s:
                push = burn.tangential_km_s2 / speed_km_s[column]
                acceleration[:, column] += velocity_km_s[:, column] * push
        if self._tide is not None:
            # The first term of the Sun's disturbing acceleration, GM/d**3 (3 (s.r) s - r); the next one is smaller by
            # r/d, under 2e-4 (Montenbruck and Gill 2000, eq. 3.37).
            toward = self._tide[-1]
            for coefficient in self._tide[-2::-1]:
                toward = toward * offset_s + coefficient
            acceleration += toward * np.einsum("ij,ij->j", toward, position_km)
            acceleration -= position_km * (np.einsum("ij,ij->j", toward, toward) / 3.0)
        derivative[1] = acceleration
        return derivative.reshape(-1)


def _tide_coefficients(
    batch: Batch, samplings: Sequence[Sampling], planets: PlanetaryEphemeris | None
) -> FloatArray | None:
    """Polynomials ``(degree + 1, 3, M)``, in each orbit's own clock, of the Sun's direction times sqrt(3 GM/d**3)."""
    if planets is None:
        return None
    earliest_s = min(0.0, *(float(wanted.offsets_s[0]) for wanted in samplings))
    latest_s = max(0.0, *(float(wanted.offsets_s[-1]) for wanted in samplings))
    offsets_s = np.linspace(earliest_s - DAY_S, latest_s + DAY_S, 6 * _TIDE_DEGREE)
    by_epoch: dict[Epoch, FloatArray] = {}
    for epoch in set(batch.epochs):
        sun_icrf_km, _ = planets.state(_SUN_ID, MARS.naif_id, epoch, offsets_s)
        sun_km = sun_icrf_km @ EQUATOR_FROM_ICRF.T
        distance_km = np.linalg.norm(sun_km, axis=1, keepdims=True)
        toward = sun_km * np.sqrt(3.0 * _SUN_GM_KM3_S2 / distance_km**5)
        days = offsets_s / DAY_S
        fitted = np.polynomial.polynomial.polyfit(days, toward, _TIDE_DEGREE)
        by_epoch[epoch] = fitted / float(DAY_S) ** np.arange(_TIDE_DEGREE + 1)[:, None]
    return np.stack([by_epoch[epoch] for epoch in batch.epochs], axis=2)


def _integrate(
    batch: Batch,
    derivative: _EquationsOfMotion,
    direction: float,
    samplings: Sequence[Sampling],
    results: list[FloatArray],
) -> None:
    """Integrate to one side of the epochs and fill in the rows of the results that lie there."""
    rows = [_rows_on_side(wanted.offsets_s, direction) for wanted in samplings]
    farthest = [abs(float(wanted.offsets_s[r[-1]])) for wanted, r in zip(samplings, rows, strict=True) if len(r)]
    stacked = np.ascontiguousarray(batch.states.T)
    for wanted, r, result in zip(samplings, rows, results, strict=True):
        result[r[wanted.offsets_s[r] == 0.0]] = batch.states[wanted.columns]
    if not farthest or max(farthest) == 0.0:
        return
    solver = DOP853(
        derivative,
        0.0,
        stacked.reshape(-1),
        direction * max(farthest),
        rtol=_RELATIVE_TOLERANCE,
        atol=_ABSOLUTE_TOLERANCE,
    )
    done = [int(np.count_nonzero(wanted.offsets_s[r] == 0.0)) for wanted, r in zip(samplings, rows, strict=True)]
    reached = [np.abs(wanted.offsets_s[r]) for wanted, r in zip(samplings, rows, strict=True)]
    while solver.status == "running":
        if (failure := solver.step()) is not None:
            raise ArithmeticError(failure)
        interpolant = None
        for k, wanted in enumerate(samplings):
            until = int(np.searchsorted(reached[k], abs(solver.t), side="right"))
            if until == done[k]:
                continue
            interpolant = interpolant or solver.dense_output()
            here = rows[k][done[k] : until]
            states = interpolant(wanted.offsets_s[here]).reshape(6, len(batch), -1)
            results[k][here] = states[:, wanted.columns].transpose(2, 1, 0)
            done[k] = until


def _rows_on_side(offsets_s: FloatArray, direction: float) -> NDArray[np.intp]:
    """Rows whose offsets have this sign, or are zero, in the order in which the integration meets them."""
    rows = np.flatnonzero(offsets_s * direction >= 0.0)
    return rows if direction > 0.0 else rows[::-1]


def delayed(batch: Batch, offsets_s: FloatArray, *, planets: PlanetaryEphemeris | None) -> Batch:
    """The same orbits, each at an epoch later by its own offset, shape ``(M,)``."""
    states = state_at(batch, offsets_s, planets=planets)
    epochs = tuple(epoch + float(offset_s) for epoch, offset_s in zip(batch.epochs, offsets_s, strict=True))
    return replace(batch, epochs=epochs, states=states)
