"""Two-body motion of a state and its covariance through equinoctial elements.

A Gaussian in Cartesian coordinates stops being one when it is carried along an orbit; in elements it stays one far
longer, because all of the motion goes into one angle (Sabol et al. 2010). The elements are ``(n, h, k, p, q, lambda)``
after Broucke and Cefola (1972) with the mean motion in place of the semi-major axis, referred to the axes of the
input, or to those turned by half a revolution about the first axis where the orbit's pole is near -z, so that none is
singular.

Which axes the elements refer to is part of the model of the errors: far in the tail of a long distribution another
choice changes the density by one or two parts in a thousand. Inertial axes are what the published cases rest on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.local_axes import rtn_axes
from nearpass.errors import InputError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Orbit:
    """An elliptic orbit with uncertain elements, or ``K`` of them in the same axes.

    ``mean`` are the elements ``(6,)`` or ``(K, 6)`` at epoch, ``covariance`` theirs ``(6, 6)`` or ``(K, 6, 6)``;
    ``to_orbit`` ``(3, 3)`` rotates from the axes of the input to those of the elements.
    """

    mean: FloatArray
    covariance: FloatArray
    to_orbit: FloatArray
    gm_km3_s2: float

    @property
    def period_s(self) -> float:
        """Time of one revolution."""
        return float(2.0 * np.pi / self.mean[0])

    def for_each(self, count: int) -> Orbit:
        """``count`` orbits: these, where they are as many, or this one repeated."""
        mean = np.broadcast_to(self.mean, (count, 6))
        return replace(self, mean=mean, covariance=np.broadcast_to(self.covariance, (count, 6, 6)))

    def at(self, rows: NDArray[np.intp]) -> Orbit:
        """The orbits of these rows."""
        return replace(self, mean=self.mean[rows], covariance=self.covariance[rows])

    def scaled(self, factors: FloatArray) -> Orbit:
        """This one orbit with its sigmas multiplied by each of ``(K,)`` factors."""
        many = self.for_each(len(factors))
        return replace(many, covariance=many.covariance * factors[:, None, None] ** 2)

    def later(self, by_s: float) -> Orbit:
        """The orbit with its elements at a later epoch: the mean longitude runs with the mean motion."""
        forward = np.eye(6)
        forward[5, 0] = by_s
        return replace(self, mean=forward @ self.mean, covariance=forward @ self.covariance @ forward.T)

    def states(self, elements: FloatArray, offset_s: FloatArray | float) -> tuple[FloatArray, FloatArray]:
        """Position and velocity ``(N, 3)`` in the axes of the input, ``offset_s`` from epoch.

        Args:
            elements: Shape ``(N, 6)``.
            offset_s: Shape ``(N,)`` or one for all.
        """
        position_km, velocity_km_s, _ = _states(elements, offset_s, self.gm_km3_s2, partials=False)
        return position_km @ self.to_orbit, velocity_km_s @ self.to_orbit

    def linearised(self, elements: FloatArray, offset_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """States ``(N, 6)`` and their partial derivatives ``(N, 6, 6)`` by the elements, in the axes of the input."""
        position_km, velocity_km_s, partials = _states(elements, offset_s, self.gm_km3_s2, partials=True)
        states = np.concatenate([position_km @ self.to_orbit, velocity_km_s @ self.to_orbit], axis=1)
        rotated = partials.reshape(-1, 2, 3, 6).transpose(0, 1, 3, 2) @ self.to_orbit
        return states, rotated.transpose(0, 1, 3, 2).reshape(-1, 6, 6)


def orbit(position_km: FloatArray, velocity_km_s: FloatArray, covariance: FloatArray, gm_km3_s2: float) -> Orbit:
    """Orbit through a state whose covariance is carried over by the linear map at that state.

    Args:
        position_km: Shape ``(3,)``.
        velocity_km_s: Shape ``(3,)``.
        covariance: Of position and velocity in the same axes, shape ``(6, 6)``, km and s.
        gm_km3_s2: Gravitational parameter of the centre.

    Raises:
        InputError: for a state that is not on an ellipse.
    """
    many = orbits(position_km[None], velocity_km_s[None], covariance[None], gm_km3_s2)
    return replace(many, mean=many.mean[0], covariance=many.covariance[0])


def orbits(
    position_km: FloatArray,
    velocity_km_s: FloatArray,
    covariance: FloatArray,
    gm_km3_s2: float,
    to_orbit: FloatArray | None = None,
) -> Orbit:
    """Orbits through ``K`` states, as :func:`orbit`.

    Args:
        position_km: Shape ``(K, 3)``.
        velocity_km_s: Shape ``(K, 3)``.
        covariance: Shape ``(K, 6, 6)``.
        gm_km3_s2: Gravitational parameter of the centre.
        to_orbit: Rotation into the axes of the elements; by default the one that suits the first orbit.

    Raises:
        InputError: for a state that is not on an ellipse.
    """
    radius_km = np.linalg.norm(position_km, axis=1)
    inverse_axis = inverse_axis_per_km(position_km, velocity_km_s, gm_km3_s2)
    if (inverse_axis <= 0.0).any():
        value = f"1 / semi-major axis {inverse_axis.min():.6g} / km"
        raise InputError("two-body elements need a closed orbit", value=value)
    pole = rtn_axes(position_km, velocity_km_s)[:, 2]
    if to_orbit is None:
        to_orbit = np.eye(3) if pole[0, 2] > -0.9 else np.diag([1.0, -1.0, -1.0])
    pole, local_km, local_km_s = pole @ to_orbit, position_km @ to_orbit, velocity_km_s @ to_orbit
    p, q = pole[:, 0] / (1.0 + pole[:, 2]), -pole[:, 1] / (1.0 + pole[:, 2])
    f, g = _in_plane(p, q)
    outward = local_km / radius_km[:, None]
    eccentricity = np.cross(local_km_s, np.cross(local_km, local_km_s)) / gm_km3_s2 - outward
    h, k = (np.einsum("ki,ki->k", axis, eccentricity) for axis in (g, f))
    root = np.sqrt(1.0 - h * h - k * k)
    beta = 1.0 / (1.0 + root)
    # in units of the semi-major axis
    x, y = (np.einsum("ki,ki->k", axis, local_km) * inverse_axis for axis in (f, g))
    cos = k + ((1.0 - k * k * beta) * x - h * k * beta * y) / root
    sin = h + ((1.0 - h * h * beta) * y - h * k * beta * x) / root
    longitude = np.arctan2(sin, cos) + h * cos - k * sin
    mean = np.stack([np.sqrt(gm_km3_s2 * inverse_axis**3), h, k, p, q, longitude], axis=1)
    partials = _states(mean, 0.0, gm_km3_s2, partials=True)[2]
    inverse = np.linalg.solve(partials, np.kron(np.eye(2), to_orbit))
    elements = inverse @ covariance @ inverse.transpose(0, 2, 1)
    return Orbit(
        mean=mean, covariance=(elements + elements.transpose(0, 2, 1)) / 2.0, to_orbit=to_orbit, gm_km3_s2=gm_km3_s2
    )


def states_of(elements: FloatArray, gm_km3_s2: float) -> tuple[FloatArray, FloatArray]:
    """Positions and velocities ``(N, 3)`` of elements ``(N, 6)``, in the axes of the elements."""
    position_km, velocity_km_s, _ = _states(elements, 0.0, gm_km3_s2, partials=False)
    return position_km, velocity_km_s


def inverse_axis_per_km(position_km: FloatArray, velocity_km_s: FloatArray, gm_km3_s2: float) -> FloatArray:
    """One over the semi-major axis, by the energy of each state: positive on an ellipse, 0 on a parabola."""
    speed2 = np.einsum("...i,...i->...", velocity_km_s, velocity_km_s)
    return np.asarray(2.0 / np.linalg.norm(position_km, axis=-1) - speed2 / gm_km3_s2)


def eccentric_anomaly(mean_anomaly: FloatArray, eccentricity: FloatArray) -> FloatArray:
    """Solution of Kepler's equation, by Markley's (1995) starting value and three Newton steps.

    The start is within 5e-4 rad for every eccentricity below 1, so that three steps reach rounding.
    """
    m = np.remainder(mean_anomaly + np.pi, 2.0 * np.pi) - np.pi
    e = eccentricity
    alpha = (3.0 * np.pi**2 + 1.6 * np.pi * (np.pi - np.abs(m)) / (1.0 + e)) / (np.pi**2 - 6.0)
    d = 3.0 * (1.0 - e) + alpha * e
    q = 2.0 * alpha * d * (1.0 - e) - m * m
    r = 3.0 * alpha * d * (d - 1.0 + e) * m + m**3
    w = np.cbrt(np.abs(r) + np.sqrt(q**3 + r * r)) ** 2
    anomaly = (2.0 * r * w / (w * w + w * q + q * q) + m) / d
    for _ in range(3):
        anomaly -= (anomaly - e * np.sin(anomaly) - m) / (1.0 - e * np.cos(anomaly))
    return np.asarray(anomaly + (mean_anomaly - m))


def _in_plane(p: FloatArray, q: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Unit vectors ``(N, 3)`` in the plane of the orbit from which its longitudes are counted."""
    w = (1.0 + p * p + q * q)[:, None]
    f = np.stack([1.0 - p * p + q * q, 2.0 * p * q, -2.0 * p], axis=1) / w
    return f, np.stack([2.0 * p * q, 1.0 + p * p - q * q, 2.0 * q], axis=1) / w


def _states(
    elements: FloatArray, offset_s: FloatArray | float, gm_km3_s2: float, *, partials: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Position, velocity ``(N, 3)`` and, if wanted, partials ``(N, 6, 6)``, in the axes of the elements."""
    n, h, k, p, q, at_epoch = elements.T
    root = np.sqrt(1.0 - h * h - k * k)
    beta = 1.0 / (1.0 + root)
    axis_km = np.cbrt(gm_km3_s2 / (n * n))
    longitude = at_epoch + n * offset_s
    periapsis = np.arctan2(h, k)
    eccentric = eccentric_anomaly(longitude - periapsis, np.hypot(h, k)) + periapsis
    cos, sin = np.cos(eccentric), np.sin(eccentric)
    rho = 1.0 - h * sin - k * cos
    a, b, c = 1.0 - h * h * beta, h * k * beta, 1.0 - k * k * beta
    x, y = a * cos + b * sin - k, c * sin + b * cos - h
    dx, dy = b * cos - a * sin, c * cos - b * sin  # by the eccentric longitude
    speed = axis_km * n / rho
    f, g = _in_plane(p, q)

    def span(along_f: FloatArray, along_g: FloatArray) -> FloatArray:
        return np.asarray(along_f[:, None] * f + along_g[:, None] * g)

    position_km, velocity_km_s = span(axis_km * x, axis_km * y), span(speed * dx, speed * dy)
    if not partials:
        return position_km, velocity_km_s, np.empty((0, 6, 6))
    ddx, ddy, drho = -a * cos - b * sin, -c * sin - b * cos, k * sin - h * cos
    by = np.empty((len(n), 6, 6))

    def put(column: int, x_of: FloatArray, y_of: FloatArray, u_of: FloatArray, v_of: FloatArray) -> None:
        by[:, :3, column], by[:, 3:, column] = span(x_of, y_of), span(u_of, v_of)

    # Longitude first: the mean motion acts through it as well.
    longitude_terms = (
        axis_km * dx / rho,
        axis_km * dy / rho,
        speed / rho * (ddx - dx * drho / rho),
        speed / rho * (ddy - dy * drho / rho),
    )
    put(5, *longitude_terms)
    later = np.broadcast_to(np.asarray(offset_s, dtype=float), n.shape)
    scaled = (
        -2.0 / 3.0 * axis_km / n * x,
        -2.0 / 3.0 * axis_km / n * y,
        speed / (3.0 * n) * dx,
        speed / (3.0 * n) * dy,
    )
    put(0, *(own + later * through for own, through in zip(scaled, longitude_terms, strict=True)))
    beta_h, beta_k = beta * beta * h / root, beta * beta * k / root
    for column, turn, a_by, b_by, c_by, x_by, y_by, rho_by in (
        (1, -cos / rho, -2 * h * beta - h * h * beta_h, k * beta + h * k * beta_h, -k * k * beta_h, 0.0, -1.0, -sin),
        (2, sin / rho, -h * h * beta_k, h * beta + h * k * beta_k, -2 * k * beta - k * k * beta_k, -1.0, 0.0, -cos),
    ):
        rho_all = (rho_by + drho * turn) / rho
        dx_all = b_by * cos - a_by * sin + ddx * turn
        dy_all = c_by * cos - b_by * sin + ddy * turn
        put(
            column,
            axis_km * (a_by * cos + b_by * sin + x_by + dx * turn),
            axis_km * (c_by * sin + b_by * cos + y_by + dy * turn),
            speed * (dx_all - dx * rho_all),
            speed * (dy_all - dy * rho_all),
        )
    w = 1.0 + p * p + q * q
    for column, f_by, g_by in (
        (3, np.stack([-2 * p, 2 * q, np.full_like(p, -2.0)], axis=1), np.stack([2 * q, 2 * p, 0 * p], axis=1)),
        (4, np.stack([2 * q, 2 * p, 0 * p], axis=1), np.stack([2 * p, -2 * q, np.full_like(p, 2.0)], axis=1)),
    ):
        shrink = (2.0 * (p if column == 3 else q) / w)[:, None]
        f_all, g_all = f_by / w[:, None] - shrink * f, g_by / w[:, None] - shrink * g
        by[:, :3, column] = (axis_km * x)[:, None] * f_all + (axis_km * y)[:, None] * g_all
        by[:, 3:, column] = (speed * dx)[:, None] * f_all + (speed * dy)[:, None] * g_all
    return position_km, velocity_km_s, by
