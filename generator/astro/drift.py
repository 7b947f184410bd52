"""How an orbit turns under the oblateness of its body: the secular rates of first order in J2."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SecularRates:
    """Mean motion of node and argument of periapsis, and what they were computed from."""

    semi_major_km: float
    eccentricity: float
    inclination_rad: float
    node_rad_s: float
    argument_rad_s: float


def secular_rates(
    *, semi_major_km: float, eccentricity: float, inclination_rad: float, gm_km3_s2: float, radius_km: float, j2: float
) -> SecularRates:
    """Secular drift of first order in J2 (Kaula 1966, equation 3.74; Vallado 2013, section 9.6)."""
    motion_rad_s = np.sqrt(gm_km3_s2 / semi_major_km**3)
    pull = 0.75 * motion_rad_s * j2 * (radius_km / (semi_major_km * (1.0 - eccentricity**2))) ** 2
    return SecularRates(
        semi_major_km=semi_major_km,
        eccentricity=eccentricity,
        inclination_rad=inclination_rad,
        node_rad_s=float(-2.0 * pull * np.cos(inclination_rad)),
        argument_rad_s=float(pull * (4.0 - 5.0 * np.sin(inclination_rad) ** 2)),
    )
