"""Osculating elements of a state, enough to say what kind of orbit it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Elements:
    """Shape and tilt of the osculating conic; apoapsis and period are None where it is not closed."""

    periapsis_km: float
    apoapsis_km: float | None
    eccentricity: float
    inclination_rad: float
    period_s: float | None


def osculating_elements(
    position_km: FloatArray, velocity_km_s: FloatArray, gm_km3_s2: float, pole: FloatArray
) -> Elements:
    """Elements of a state about a point mass (Vallado 2013, algorithm 9).

    Args:
        position_km: Position from the centre, shape ``(3,)``.
        velocity_km_s: Velocity, shape ``(3,)``, in the same axes.
        gm_km3_s2: Gravitational parameter of the centre.
        pole: Unit vector, shape ``(3,)``, from which the inclination is measured.
    """
    radius_km = float(np.linalg.norm(position_km))
    momentum = np.cross(position_km, velocity_km_s)
    eccentricity_vector = np.cross(velocity_km_s, momentum) / gm_km3_s2 - position_km / radius_km
    eccentricity = float(np.linalg.norm(eccentricity_vector))
    parameter_km = float(momentum @ momentum) / gm_km3_s2
    inclination_rad = float(np.arctan2(np.linalg.norm(np.cross(pole, momentum)), pole @ momentum))
    energy_km2_s2 = float(velocity_km_s @ velocity_km_s) / 2.0 - gm_km3_s2 / radius_km
    closed = energy_km2_s2 < 0.0
    semi_major_km = -gm_km3_s2 / (2.0 * energy_km2_s2) if closed else None
    return Elements(
        periapsis_km=parameter_km / (1.0 + eccentricity),
        apoapsis_km=semi_major_km * (1.0 + eccentricity) if semi_major_km else None,
        eccentricity=eccentricity,
        inclination_rad=inclination_rad,
        period_s=float(2.0 * np.pi * np.sqrt(semi_major_km**3 / gm_km3_s2)) if semi_major_km else None,
    )
