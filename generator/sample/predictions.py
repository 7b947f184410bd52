"""What an agency would predict: the truth, an orbit-determination error drawn at random, and the covariance of it.

Seven independent errors make up a prediction: six of the determined state, and one along-track acceleration that acts
all the time. Each is propagated by the full force model as a small displacement of its own orbit; the covariance at
any time is the sum of the squares of those seven displacements. The error of the prediction is drawn from the same
seven, so the covariance describes how wrong it turns out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.epochs import Epoch
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.astro.local_axes import rtn_axes
from nearpass.sample.propagation import MARS, Batch, Sampling, Thrust, propagate

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

NODE_STEP_S: Final = 60.0
COVARIANCE_STEP_S: Final = 300.0
NODES_PER_ORBIT: Final = 100
_ERRORS: Final = 7
_PROBE: Final = 0.05  # of a sigma: small enough for the displacement to be linear, large against rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """One-sigma errors that an orbit determination leaves, each independent of the others.

    ``timing_s`` is early or late passage at epoch; ``semi_major_m`` grows into timing with every revolution;
    ``radial_m`` and ``flight_path_m`` (per radian) change the shape at the same energy; ``cross_track_m`` tilts the
    plane; ``tangential_m_s2`` is the mean error of all accelerations along the track.
    """

    timing_s: float
    semi_major_m: float
    radial_m: float
    flight_path_m: float
    cross_track_m: float
    tangential_m_s2: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prediction:
    """A predicted trajectory in the axes of the propagation, km and km/s, at offsets from ``epoch``.

    ``states`` is ``(N, 6)`` at ``offsets_s`` ``(N,)``; ``covariances`` ``(M, 6, 6)``, in RTN axes of the states, at
    ``covariance_offsets_s`` ``(M,)``, which has no rows where none are wanted.
    """

    epoch: Epoch
    offsets_s: FloatArray
    states: FloatArray
    covariance_offsets_s: FloatArray
    covariances: FloatArray


def predict(
    truth: Batch,
    knowledge: Sequence[Knowledge],
    draws: FloatArray,
    span_s: float,
    *,
    with_covariance: Sequence[bool] | None = None,
    stops_s: Sequence[float] | None = None,
    thrusts: Sequence[Thrust | None] | None = None,
    planets: PlanetaryEphemeris | None,
) -> list[Prediction]:
    """Predictions from each orbit's epoch on.

    Args:
        truth: The true states at the epochs of the predictions.
        knowledge: How well each state is known.
        draws: The errors in sigmas, shape ``(M, 7)``, in the order of the fields of :class:`Knowledge` with both tilts
            of the plane in turn.
        span_s: Length of every prediction that does not stop earlier.
        with_covariance: Which of them say how wrong they may be; all of them if not given.
        stops_s: Where each stops at the latest, if anywhere.
        thrusts: The manoeuvre that each foresees, if any; flown as planned, so that it adds nothing to the covariance.
        planets: Where the Sun is.
    """
    batch, companions = _with_companions(truth, knowledge, draws, thrusts or [None] * len(truth))
    ends_s = [min(span_s, stop_s) for stop_s in stops_s or [span_s] * len(truth)]
    tables_s = [np.arange(int(end_s // NODE_STEP_S) + 1, dtype=np.float64) * NODE_STEP_S for end_s in ends_s]
    nodes = propagate(
        batch,
        [Sampling(columns=np.array([k]), offsets_s=table_s) for k, table_s in enumerate(tables_s)],
        planets=planets,
    )
    stated = with_covariance or [True] * len(truth)
    coarse = [
        _covariance_rows(states[:, 0]) if wanted else np.empty(0, dtype=np.intp)
        for states, wanted in zip(nodes, stated, strict=True)
    ]
    spread = propagate(
        companions,
        [
            Sampling(columns=_ERRORS * k + np.arange(_ERRORS), offsets_s=tables_s[k][rows])
            for k, rows in enumerate(coarse)
        ],
        planets=planets,
    )
    predictions = []
    for k, (rows, displaced) in enumerate(zip(coarse, spread, strict=True)):
        states, offsets_s = nodes[k][:, 0], tables_s[k]
        kept = rows_by_dynamic_time(states[:, :3], NODE_STEP_S, NODES_PER_ORBIT)
        displacements = (displaced - states[rows, None]) / _PROBE
        predictions.append(
            Prediction(
                epoch=truth.epochs[k],
                offsets_s=offsets_s[kept],
                states=states[kept],
                covariance_offsets_s=offsets_s[rows],
                covariances=covariances_rtn(states[rows], displacements),
            )
        )
    return predictions


def error_modes(state: FloatArray, knowledge: Knowledge) -> FloatArray:
    """One-sigma displacements ``(6, 6)`` of a state ``(6,)``, one row an error of the orbit determination.

    Stated as changes of the orbit instead of the coordinates, because tracking over many revolutions determines the
    period far better than any coordinate.
    """
    position_km, velocity_km_s = state[:3], state[3:]
    radius_km = float(np.linalg.norm(position_km))
    speed_km_s = float(np.linalg.norm(velocity_km_s))
    gravity_km_s2 = MARS.gm_km3_s2 / radius_km**2
    semi_major_km = 1.0 / (2.0 / radius_km - speed_km_s**2 / MARS.gm_km3_s2)
    radial, transverse, normal = rtn_axes(position_km[None], velocity_km_s[None])[0]
    zero = np.zeros(3)
    late = np.concatenate([velocity_km_s, -gravity_km_s2 * radial])
    larger = np.concatenate([position_km, -velocity_km_s / 2.0]) / semi_major_km
    higher = np.concatenate([radial, -gravity_km_s2 / speed_km_s**2 * velocity_km_s])
    steeper = np.concatenate([zero, np.cross(normal, velocity_km_s)]) / radius_km
    tilted_ahead = np.concatenate([zero, np.cross(radial, velocity_km_s)]) / radius_km
    tilted_here = np.concatenate([np.cross(transverse, position_km), np.cross(transverse, velocity_km_s)]) / radius_km
    return np.stack(
        [
            knowledge.timing_s * late,
            knowledge.semi_major_m / 1e3 * larger,
            knowledge.radial_m / 1e3 * higher,
            knowledge.flight_path_m / 1e3 * steeper,
            knowledge.cross_track_m / 1e3 * tilted_ahead,
            knowledge.cross_track_m / 1e3 * tilted_here,
        ]
    )


def covariances_rtn(states: FloatArray, displacements: FloatArray) -> FloatArray:
    """Covariances ``(N, 6, 6)`` in RTN axes of one-sigma displacements ``(N, E, 6)`` of states ``(N, 6)``.

    A timing error moves the object along a curve. To second order it also moves it by half the acceleration times its
    square, which for tens of kilometres exceeds every other radial error; its mean square, with the fourth moment
    3 sigma**4 of a normal variable, is added. Velocities are inertial, resolved along the axes.
    """
    axes = rtn_axes(states[:, :3], states[:, 3:])
    both = np.zeros((len(states), 6, 6))
    both[:, :3, :3] = axes
    both[:, 3:, 3:] = axes
    rotated = np.einsum("nij,nej->nei", both, displacements)
    covariances = np.einsum("nei,nej->nij", rotated, rotated)
    radius_km = np.linalg.norm(states[:, :3], axis=1)
    gravity_km_s2 = MARS.gm_km3_s2 / radius_km**2
    velocity = np.einsum("nij,nj->ni", axes, states[:, 3:])
    speed_km_s = np.linalg.norm(velocity, axis=1)
    along = velocity / speed_km_s[:, None]
    timing_variance_s2 = np.einsum("ni,nij,nj->n", along, covariances[:, :3, :3], along) / speed_km_s**2
    bend = np.zeros((len(states), 6))
    bend[:, 0] = -gravity_km_s2 / 2.0
    # Half the rate of the acceleration, for a point mass: -GM/r**3 (v - 3 (v.r) r / r**2) / 2.
    bend[:, 3:] = -velocity * (gravity_km_s2 / radius_km / 2.0)[:, None]
    bend[:, 3] *= -2.0
    second_order = 3.0 * timing_variance_s2[:, None, None] ** 2 * np.einsum("ni,nj->nij", bend, bend)
    return np.asarray(covariances + second_order)


def rows_by_dynamic_time(positions_km: FloatArray, step_s: float, per_orbit: float) -> IntArray:
    """Rows of a table ``(N, 3)`` of constant step to keep, so that spacing follows r**1.5, the local dynamic time.

    A circular orbit keeps ``per_orbit`` rows a revolution, or all of them if the table is not that fine; so does the
    part of an eccentric orbit at each radius. The last row is kept.
    """
    radius_km = np.linalg.norm(positions_km, axis=1)
    wanted_s = 2.0 * np.pi / per_orbit * np.sqrt(radius_km**3 / MARS.gm_km3_s2)
    rows_apart = np.maximum(1.0, np.floor(wanted_s / step_s))
    passed = np.floor(np.concatenate([[0.0], np.cumsum(1.0 / rows_apart[:-1])]) + 1e-9)
    keep = np.diff(passed, prepend=-1.0) > 0.0
    keep[-1] = True
    return np.flatnonzero(keep)


def _covariance_rows(states: FloatArray) -> IntArray:
    """Rows of a table ``(N, 6)`` of the nodes' step at which the covariance is stated.

    Its RTN form varies with the speed, so more often a revolution on an eccentric orbit.
    """
    every = int(COVARIANCE_STEP_S / NODE_STEP_S)
    radius_km = np.linalg.norm(states[:, :3], axis=1)
    per_orbit = 4.0 if radius_km.max() < 1.1 * radius_km.min() else 16.0
    return every * rows_by_dynamic_time(states[::every, :3], COVARIANCE_STEP_S, per_orbit)


def _with_companions(
    truth: Batch, knowledge: Sequence[Knowledge], draws: FloatArray, thrusts: Sequence[Thrust | None]
) -> tuple[Batch, Batch]:
    """The predicted orbits, and seven slightly displaced ones of each."""
    states, tangential = [], []
    displaced, displaced_tangential = [], []
    for state, known, drawn in zip(truth.states, knowledge, draws, strict=True):
        modes = error_modes(state, known)
        wrong_km_s2 = known.tangential_m_s2 / 1e3
        predicted = state + drawn[:-1] @ modes
        states.append(predicted)
        tangential.append(drawn[-1] * wrong_km_s2)
        displaced += [*(predicted + _PROBE * modes), predicted]
        displaced_tangential += [tangential[-1]] * (_ERRORS - 1) + [tangential[-1] + _PROBE * wrong_km_s2]
    nominal = Batch(
        epochs=truth.epochs, states=np.array(states), tangential_km_s2=np.array(tangential), thrusts=tuple(thrusts)
    )
    companions = Batch(
        epochs=tuple(epoch for epoch in truth.epochs for _ in range(_ERRORS)),
        states=np.array(displaced),
        tangential_km_s2=np.array(displaced_tangential),
        thrusts=tuple(thrust for thrust in thrusts for _ in range(_ERRORS)),
    )
    return nominal, companions
