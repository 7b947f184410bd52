"""Orbits beside a delivered one: the same motion with other elements.

At each instant the delivered state is turned into elements, which are changed by what another orbit differs in: two
eccentricity and two inclination components that turn with the secular drift by J2, a mean motion, and a longitude that
grows with it. So the other orbit feels what the delivered one felt, manoeuvres included. Elements are those of
:mod:`nearpass.encounter.equinoctial`, referred to the equator of the body.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.bodies import Body, equator_from_icrf
from nearpass.astro.drift import secular_rates
from nearpass.astro.epochs import Epoch
from nearpass.astro.local_axes import rtn_axes
from nearpass.encounter.equinoctial import states_of
from nearpass.errors import InputError

FloatArray = NDArray[np.float64]
MOST_ECCENTRIC = 0.98


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Displacement:
    """What another orbit differs in at ``at_s``: ``elements`` ``(6,)``, n to lambda, are added to the own ones.

    ``rates_rad_s`` and ``own_rates_rad_s`` are the secular rates of the longitudes of periapsis and node of the other
    orbit and of the own one.
    """

    at_s: float
    elements: FloatArray
    rates_rad_s: tuple[float, float]
    own_rates_rad_s: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """The axes in which elements are taken: ``from_icrf`` ``(3, 3)``, so that the orbit's pole is not near -z."""

    body: Body
    from_icrf: FloatArray

    def elements(self, position_km: FloatArray, velocity_km_s: FloatArray) -> FloatArray:
        """Elements ``(N, 6)`` of states ``(N, 3)`` in ICRF axes.

        Raises:
            InputError: where a state is not on an ellipse.
        """
        r, v = position_km @ self.from_icrf.T, velocity_km_s @ self.from_icrf.T
        gm = self.body.gm_km3_s2
        radius = np.linalg.norm(r, axis=1)
        inverse_axis = 2.0 / radius - np.einsum("ni,ni->n", v, v) / gm
        if (inverse_axis <= 0.0).any():
            raise InputError("an orbit that is to be protected must be closed", value="it is hyperbolic")
        pole = rtn_axes(r, v)[:, 2]
        p, q = pole[:, 0] / (1.0 + pole[:, 2]), -pole[:, 1] / (1.0 + pole[:, 2])
        w = (1.0 + p * p + q * q)[:, None]
        f = np.stack([1.0 - p * p + q * q, 2.0 * p * q, -2.0 * p], axis=1) / w
        g = np.stack([2.0 * p * q, 1.0 + p * p - q * q, 2.0 * q], axis=1) / w
        vector = np.cross(v, np.cross(r, v)) / gm - r / radius[:, None]
        h, k = np.einsum("ni,ni->n", g, vector), np.einsum("ni,ni->n", f, vector)
        root = np.sqrt(1.0 - h * h - k * k)
        beta = 1.0 / (1.0 + root)
        x, y = np.einsum("ni,ni->n", f, r) * inverse_axis, np.einsum("ni,ni->n", g, r) * inverse_axis
        cos = k + ((1.0 - k * k * beta) * x - h * k * beta * y) / root
        sin = h + ((1.0 - h * h * beta) * y - h * k * beta * x) / root
        longitude = np.arctan2(sin, cos) + h * cos - k * sin
        return np.stack([np.sqrt(gm * inverse_axis**3), h, k, p, q, longitude], axis=1)

    def states(self, elements: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Positions and velocities ``(N, 3)`` in ICRF axes of elements ``(N, 6)``."""
        position_km, velocity_km_s = states_of(elements, self.body.gm_km3_s2)
        return position_km @ self.from_icrf, velocity_km_s @ self.from_icrf

    def rates_rad_s(self, elements: FloatArray) -> tuple[float, float]:
        """Secular rates by J2 of the longitudes of periapsis and node, of elements ``(6,)``."""
        n, h, k, p, q, _ = elements
        found = secular_rates(
            semi_major_km=float(np.cbrt(self.body.gm_km3_s2 / (n * n))), eccentricity=float(np.hypot(h, k)),
            inclination_rad=float(2.0 * np.arctan(np.hypot(p, q))), gm_km3_s2=self.body.gm_km3_s2,
            radius_km=self.body.equatorial_radius_km, j2=self.body.j2,
        )  # fmt: skip
        return found.argument_rad_s + found.node_rad_s, found.node_rad_s


def frame_of(body: Body, epoch: Epoch, position_km: FloatArray, velocity_km_s: FloatArray) -> Frame:
    """The frame for an orbit through a state ``(3,)`` in ICRF axes."""
    from_icrf = equator_from_icrf(body, epoch)
    pole = from_icrf @ np.cross(position_km, velocity_km_s)
    turned = pole[2] < -0.9 * np.linalg.norm(pole)
    return Frame(body=body, from_icrf=np.diag([1.0, -1.0, -1.0]) @ from_icrf if turned else from_icrf)


def displacement(frame: Frame, own: FloatArray, other: FloatArray, at_s: float) -> Displacement:
    """From the own elements ``(6,)`` to those of another orbit at one instant."""
    change = other - own
    change[5] = np.remainder(change[5] + np.pi, 2.0 * np.pi) - np.pi
    return Displacement(
        at_s=at_s, elements=change, rates_rad_s=frame.rates_rad_s(other), own_rates_rad_s=frame.rates_rad_s(own)
    )


def displaced(frame: Frame, own: FloatArray, offsets_s: FloatArray, by: Displacement) -> tuple[FloatArray, FloatArray]:
    """Positions and velocities ``(N, 3)`` of the other orbit, from the own elements ``(N, 6)`` at offsets ``(N,)``.

    Raises:
        InputError: where the other orbit is not closed.
    """
    since_s = offsets_s - by.at_s
    periapsis, node = (mine - own_rate for mine, own_rate in zip(by.rates_rad_s, by.own_rates_rad_s, strict=True))
    elements = own.copy()
    elements[:, 0] += by.elements[0]
    for first, own_rate, extra in ((1, by.own_rates_rad_s[0], periapsis), (3, by.own_rates_rad_s[1], node)):
        added = _turned(by.elements[first : first + 2][None], own_rate * since_s)
        elements[:, first : first + 2] = _turned(elements[:, first : first + 2] + added, extra * since_s)
    elements[:, 5] += by.elements[5] + (by.elements[0] + periapsis) * since_s
    closed = (elements[:, 0] > 0.0) & (np.hypot(elements[:, 1], elements[:, 2]) < MOST_ECCENTRIC)
    if not closed.all():
        raise InputError("an orbit that is to be protected must be closed", value="a decoy is not")
    return frame.states(elements)


def _turned(pairs: FloatArray, angle_rad: FloatArray) -> FloatArray:
    """Pairs (sine part, cosine part) ``(N, 2)`` whose angle grows by so much."""
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    return np.stack([pairs[:, 0] * cos + pairs[:, 1] * sin, pairs[:, 1] * cos - pairs[:, 0] * sin], axis=1)
