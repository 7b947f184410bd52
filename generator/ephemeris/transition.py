"""How a small error of a state moves on along a trajectory: the state transition matrix of its actual motion.

The variational equations ``dF/dt = [[0, 1], [G(t), 0]] F`` are solved along the positions that the trajectory gives, so
that no orbit is propagated; G is the gradient of the central term and of J2. Each step is the exponential of Magnus'
series to sixth order (Blanes et al. 2009, section 4): the result keeps volumes and areas of phase space, as the true
matrix does. Steps are short where the motion is fast, so that they are as good across a periapsis.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.bodies import Body
from nearpass.astro.gravity import gravity_gradient_s2, gravity_km_s2
from nearpass.ephemeris.trajectory import Arc
from nearpass.errors import InputError

FloatArray = NDArray[np.float64]

STEP_RAD: Final = 0.1
"""Length of a step in units of the local motion sqrt(GM / r**3); the error of a revolution is below one in 1e5."""
LEAST_RADII: Final = 0.1
"""Steps are no shorter than at this many radii of the body: nothing flies there, whatever a file says."""
MOST_SAMPLES: Final = 4_000
_TAYLOR_ORDER: Final = 10
_GAUSS: Final = np.sqrt(15.0) / 10.0  # of a step, from its middle to either outer Gaussian point


def transition(motion: Arc, start_s: float, stop_s: float, body: Body, pole: FloatArray) -> FloatArray:
    """Matrix ``(6, 6)`` that takes small errors of position and velocity from one instant of an arc to another.

    Args:
        motion: Positions about ``body`` in inertial axes.
        start_s: Where the error is known, inside the arc.
        stop_s: Where it is wanted, inside the arc, before or after.
        body: The body at the centre.
        pole: Unit vector of its axis in the axes of the arc.

    Raises:
        InputError: where the arc's positions are no numbers.
    """
    if start_s == stop_s:
        return np.eye(6)
    times_s = _steps(motion, start_s, stop_s, body)
    lengths_s = np.diff(times_s)
    middles_s = times_s[:-1] + lengths_s / 2.0
    nodes_s = np.concatenate([middles_s - _GAUSS * lengths_s, middles_s, middles_s + _GAUSS * lengths_s])
    position_km = motion.position_km(nodes_s)
    body = replace(body, j2=body.j2 * _oblateness_share(motion, times_s, position_km, body, pole))
    gradients = gravity_gradient_s2(position_km, body, pole) * np.tile(lengths_s**2, 3)[:, None, None]
    matrices = _exponentials(gradients.reshape(3, -1, 3, 3))
    # Inside a step the unit of time is its length; between steps it is the second.
    matrices[:, :3, 3:] *= lengths_s[:, None, None]
    matrices[:, 3:, :3] /= lengths_s[:, None, None]
    return _along_the_path(_product(matrices), motion, times_s[[0, -1]], body, pole)


def _oblateness_share(motion: Arc, times_s: FloatArray, position_km: FloatArray, body: Body, pole: FloatArray) -> float:
    """How much of the body's J2 the motion obeys, 0 to 1: by least squares of what the velocity gained in each step.

    An ephemeris made without J2 is no solution of equations with it: along it an error would grow that is none.
    """
    _, velocity_km_s = motion.state(times_s)
    weights = np.array([5.0, 8.0, 5.0])[:, None, None] / 18.0  # Gauss-Legendre, as the nodes are placed

    def gained_km_s(acceleration_km_s2: FloatArray) -> FloatArray:
        return np.asarray((acceleration_km_s2.reshape(3, -1, 3) * weights).sum(axis=0) * np.diff(times_s)[:, None])

    central = gained_km_s(gravity_km_s2(position_km, replace(body, j2=0.0), pole))
    oblate = gained_km_s(gravity_km_s2(position_km, body, pole)) - central
    size = float((oblate**2).sum())
    return float(np.clip(((np.diff(velocity_km_s, axis=0) - central) * oblate).sum() / size, 0.0, 1.0)) if size else 0.0


def _along_the_path(matrix: FloatArray, motion: Arc, ends_s: FloatArray, body: Body, pole: FloatArray) -> FloatArray:
    """The matrix corrected so that a shift along the path stays one: velocity and acceleration become those there.

    What else acts on the object (other harmonics, drag, third bodies) would else make an error along the path drift.
    """
    position_km, velocity_km_s = motion.state(ends_s)
    flow = np.concatenate([velocity_km_s, gravity_km_s2(position_km, body, pole)], axis=1)
    scale = np.repeat([np.linalg.norm(flow[0, :3]), np.linalg.norm(flow[0, 3:])], 3) ** -2.0
    dual = scale * flow[0] / (scale * flow[0] @ flow[0])
    return np.asarray(matrix + np.outer(flow[1] - matrix @ flow[0], dual))


def _steps(motion: Arc, start_s: float, stop_s: float, body: Body) -> FloatArray:
    """Instants ``(N + 1,)`` from start to stop, evenly spaced in the angle of the local motion."""
    low_s, high_s = sorted((start_s, stop_s))
    knots_s = motion.knots_s
    first, last = np.searchsorted(knots_s, [low_s, high_s])
    inner_s = knots_s[first:last]
    corners_s = np.unique(np.concatenate([[low_s], inner_s[:: 1 + len(inner_s) * 4 // MOST_SAMPLES], [high_s]]))
    shares = np.arange(4) / 4.0
    samples_s = np.append((corners_s[:-1, None] + np.diff(corners_s)[:, None] * shares).ravel(), high_s)
    radius_km = np.maximum(
        np.linalg.norm(motion.position_km(samples_s), axis=1), LEAST_RADII * body.equatorial_radius_km
    )
    rate_rad_s = np.sqrt(body.gm_km3_s2 / radius_km**3)
    angle_rad = np.concatenate([[0.0], np.cumsum((rate_rad_s[1:] + rate_rad_s[:-1]) / 2.0 * np.diff(samples_s))])
    if not np.isfinite(angle_rad[-1]):
        raise InputError("an error can be carried only along a motion of numbers")
    count = max(1, int(np.ceil(angle_rad[-1] / STEP_RAD)))
    times_s = np.interp(np.linspace(0.0, angle_rad[-1], count + 1), angle_rad, samples_s)
    times_s[0], times_s[-1] = low_s, high_s
    return np.asarray(times_s if start_s < stop_s else times_s[::-1])


def _exponentials(gradients: FloatArray) -> FloatArray:
    """Magnus steps ``(N, 6, 6)`` for gradients times the squared step ``(3, N, 3, 3)``, at the Gaussian points of each.

    Time is counted in steps.
    """
    before, middle, after = gradients
    constant, slope, bend = np.zeros((3, len(middle), 6, 6))
    constant[:, :3, 3:] = np.eye(3)
    constant[:, 3:, :3] = middle
    slope[:, 3:, :3] = (after - before) * (np.sqrt(15.0) / 3.0)
    bend[:, 3:, :3] = (after - 2.0 * middle + before) * (10.0 / 3.0)
    first = _commutator(constant, slope)
    second = _commutator(constant, 2.0 * bend + first) / -60.0
    third = _commutator(first - 20.0 * constant - bend, slope + second) / 240.0
    exponent = constant + bend / 12.0 + third
    result = np.broadcast_to(np.eye(6), exponent.shape).copy()
    term = result.copy()
    for order in range(1, _TAYLOR_ORDER + 1):
        term = term @ exponent / order
        result += term
    return result


def _commutator(one: FloatArray, other: FloatArray) -> FloatArray:
    return np.asarray(one @ other - other @ one)


def _product(matrices: FloatArray) -> FloatArray:
    """The last times ... times the first of matrices ``(N, 6, 6)``, pair by pair."""
    while len(matrices) > 1:
        odd = matrices[-1:] if len(matrices) % 2 else matrices[:0]
        even = matrices[: len(matrices) - len(odd)]
        matrices = np.concatenate([even[1::2] @ even[::2], odd])
    return np.asarray(matrices[0])
