"""How gravity changes from place to place: the gradient of the central term and of J2."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.bodies import Body

FloatArray = NDArray[np.float64]


def gravity_km_s2(position_km: FloatArray, body: Body, pole: FloatArray) -> FloatArray:
    """Acceleration ``(N, 3)`` by the central term and the second zonal harmonic.

    Args:
        position_km: About the body, shape ``(N, 3)``.
        body: Its gravity and size.
        pole: Unit vector of its axis in the axes of the positions, shape ``(3,)``.
    """
    radius_km = np.linalg.norm(position_km, axis=1)[:, None]
    along = position_km / radius_km
    height = (along @ pole)[:, None]
    ratio = 1.5 * body.j2 * (body.equatorial_radius_km / radius_km) ** 2
    return np.asarray(
        -body.gm_km3_s2 / radius_km**2 * (along + ratio * ((1.0 - 5.0 * height**2) * along + 2.0 * height * pole))
    )


def gravity_gradient_s2(position_km: FloatArray, body: Body, pole: FloatArray) -> FloatArray:
    """Derivative of the acceleration by the position, ``(N, 3, 3)`` in 1/s**2, symmetric.

    The central term and the second zonal harmonic (Montenbruck and Gill 2000, sections 3.2 and 7.2.1), differentiated
    from ``a = c (r - 5 z**2 r / |r|**2 + 2 z k) / |r|**5`` with ``c = -3/2 GM J2 R**2``, ``k`` the pole, ``z = r . k``.

    Args:
        position_km: About the body, shape ``(N, 3)``.
        body: Its gravity and size.
        pole: Unit vector of its axis in the axes of the positions, shape ``(3,)``.
    """
    radius_km = np.linalg.norm(position_km, axis=1)[:, None, None]
    along = position_km / radius_km[:, 0]
    height = (along @ pole)[:, None, None]
    unit = np.eye(3)
    radial = along[:, :, None] * along[:, None, :]
    mixed = along[:, :, None] * pole + pole[:, None] * along[:, None, :]
    central = 3.0 * radial - unit
    oblate = (
        (1.0 - 5.0 * height**2) * unit
        + (35.0 * height**2 - 5.0) * radial
        - 10.0 * height * mixed
        + 2.0 * np.outer(pole, pole)
    )
    ratio = 1.5 * body.j2 * (body.equatorial_radius_km / radius_km) ** 2
    return np.asarray(body.gm_km3_s2 / radius_km**3 * (central - ratio * oblate))
