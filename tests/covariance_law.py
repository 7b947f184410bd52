"""Orbits whose covariance is known at every instant: fixed errors of the elements, carried by independent motion.

``C(t) = J(t) diag(sigma**2) J(t)**T`` with J the derivative of the state by the elements at epoch, by differences of
whole orbits: CSPICE's two-body states (spkez's conics), or scipy's integration of the equations with J2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import spiceypy
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from fleets import ABOUT_MARS
from nearpass.astro.bodies import BODIES, equator_from_icrf
from nearpass.astro.epochs import Epoch
from nearpass.ephemeris.interpolation import arc_from_nodes
from nearpass.ephemeris.trajectory import Arc, CovarianceTable, Proof, Trajectory

FloatArray = NDArray[np.float64]

MARS = BODIES["MARS"]
EPOCH = Epoch.parse("2026-03-01T00:00:00")
POLE = equator_from_icrf(MARS, EPOCH)[2]
SIGMAS = np.array([2e-3, 1e-6, 5e-6, 5e-6, 2e-4, 1e-3])
"""Of periapsis radius in km, eccentricity, inclination, node, argument of periapsis and mean anomaly."""
_STEPS = np.array([1e-3, 1e-7, 1e-6, 1e-6, 1e-6, 1e-6])
ORBITS = {
    "MRO": (3628.0, 0.010, 1.62, 1.0, 4.7, 0.7),
    "MAVEN": (3550.0, 0.56, 1.30, 1.0, 2.0, 0.7),
    "HOPE": (23_400.0, 0.35, 0.44, 1.0, 2.0, 5.0),
    "TIANWEN-1": (3665.0, 0.73, 1.51, 1.0, 2.0, 2.5),
}
"""Like the spacecraft's: periapsis radius in km, eccentricity; inclination, node, argument, mean anomaly in rad."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """A motion with its states ``(N, 6)`` and covariances ``(N, 6, 6)`` at ``times_s`` ``(N,)``."""

    times_s: FloatArray
    states: FloatArray
    covariances: FloatArray
    arc: Arc

    def trajectory(self, every: int) -> Trajectory:
        """The motion, with the covariance of every so many of its instants delivered."""
        table = CovarianceTable(offsets_s=self.times_s[::every].copy(), matrices=self.covariances[::every].copy())
        arc = Arc(self.arc.knots_s, self.arc.coefficients_km, 0.0, covariances=table)
        return Trajectory(object_id="A", frame=ABOUT_MARS, epoch=EPOCH, arcs=(arc,), proof=Proof.EXACT)


def known(elements: tuple[float, ...], times_s: FloatArray, *, oblate: bool, lumps: bool = False) -> Known:
    """An orbit about Mars and its covariance, from the first to the last of ``times_s``, which begin at 0.

    Args:
        elements: At time 0, as in `ORBITS`.
        times_s: Instants, increasing, evenly spaced.
        oblate: Whether J2 acts.
        lumps: Whether J3 and the equator's ellipse (C22, which turns with the planet) act as well.
    """
    shifts = np.concatenate([[np.zeros(6)], np.diag(_STEPS), -np.diag(_STEPS)])
    starts = np.array([_conic(np.array(elements) + shift, 0.0) for shift in shifts])
    nodes_s = np.linspace(0.0, float(times_s[-1]), 1 + int(np.ceil(times_s[-1] / 60.0)))
    every_s = np.union1d(nodes_s, times_s)
    if oblate:
        solved = solve_ivp(
            _rates, (0.0, every_s[-1]), starts.ravel(), args=(lumps,), t_eval=every_s,
            method="DOP853", rtol=1e-12, atol=1e-10,
        )  # fmt: skip
        states = solved.y.T.reshape(-1, 13, 6)
    else:
        states = np.array([[_conic(np.array(elements) + shift, at) for shift in shifts] for at in every_s.tolist()])
    at_nodes, at_times = np.isin(every_s, nodes_s), np.isin(every_s, times_s)
    partials = (states[at_times, 1:7] - states[at_times, 7:]) / (2.0 * _STEPS[:, None])
    scaled = partials * SIGMAS[:, None]
    arc = arc_from_nodes(nodes_s, states[at_nodes, 0, :3], states[at_nodes, 0, 3:], "HERMITE", 7)
    return Known(times_s=times_s, states=states[at_times, 0], covariances=scaled.transpose(0, 2, 1) @ scaled, arc=arc)


def sigmas_km(covariance: FloatArray, state: FloatArray) -> FloatArray:
    """One sigma along the velocity, along the radius and along the normal of the orbit, ``(3,)``."""
    normal = np.cross(state[:3], state[3:])
    axes = [one / np.linalg.norm(one) for one in (state[3:], state[:3], normal)]
    return np.array([np.sqrt(one @ covariance[:3, :3] @ one) for one in axes])


def _conic(elements: FloatArray, at_s: float) -> FloatArray:
    return np.array(spiceypy.conics([*elements.tolist(), 0.0, MARS.gm_km3_s2], at_s))


def _rates(time_s: float, flat: FloatArray, lumps: bool, pole: FloatArray = POLE) -> FloatArray:
    """Time derivatives of states ``(13, 6)`` under the central term and J2, and J3 and C22 where asked for."""
    states = flat.reshape(-1, 6)
    position, radius = states[:, :3], np.linalg.norm(states[:, :3], axis=1)[:, None]
    height = position @ pole[:, None]
    gm, size = MARS.gm_km3_s2, MARS.equatorial_radius_km
    pull = -gm * position / radius**3
    pull -= 1.5 * MARS.j2 * gm * size**2 / radius**5 * (
        (1.0 - 5.0 * height**2 / radius**2) * position + 2.0 * height * pole
    )  # fmt: skip
    if lumps:
        j3, c22, turn = 3.15e-5, -5.5e-5, 7.0882e-5 * time_s
        pull += 0.5 * j3 * gm * size**3 / radius**5 * (
            5.0 * (7.0 * height**3 / radius**2 - 3.0 * height) * position / radius**2
            + (3.0 - 15.0 * height**2 / radius**2) * pole
        )  # fmt: skip
        east = np.cross(pole, [1.0, 0.0, 0.0])
        east /= np.linalg.norm(east)
        north = np.cross(pole, east)
        one, other = np.cos(turn) * east + np.sin(turn) * north, np.cos(turn) * north - np.sin(turn) * east
        x, y = position @ one[:, None], position @ other[:, None]
        pull += 3.0 * c22 * gm * size**2 / radius**5 * (
            2.0 * x * one - 2.0 * y * other - 5.0 * (x**2 - y**2) * position / radius**2
        )  # fmt: skip
    return np.concatenate([states[:, 3:], pull], axis=1).ravel()
