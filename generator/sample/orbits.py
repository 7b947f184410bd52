"""States from published shapes: where an orbit of known size and tilt passes through a chosen point.

All vectors are in the inertial axes of the body's equator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearpass.errors import InputError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What is published of an orbit: both apsides as radii, and the inclination to the equator."""

    periapsis_km: float
    apoapsis_km: float
    inclination_deg: float

    @property
    def semi_major_km(self) -> float:
        """Half the distance between the apsides."""
        return (self.periapsis_km + self.apoapsis_km) / 2.0

    @property
    def eccentricity(self) -> float:
        """Difference of the apsides over their sum."""
        return (self.apoapsis_km - self.periapsis_km) / (self.apoapsis_km + self.periapsis_km)

    @property
    def parameter_km(self) -> float:
        """Semi-latus rectum."""
        return self.semi_major_km * (1.0 - self.eccentricity**2)


def state_of_elements(
    shape: Shape, *, node_deg: float, periapsis_argument_deg: float, true_anomaly_deg: float, gm_km3_s2: float
) -> FloatArray:
    """State ``(6,)`` in km and km/s of osculating elements (Vallado 2013, algorithm 10)."""
    node, tilt = np.radians(node_deg), np.radians(shape.inclination_deg)
    anomaly = np.radians(true_anomaly_deg)
    latitude_argument = np.radians(periapsis_argument_deg) + anomaly
    to_node = np.array([np.cos(node), np.sin(node), 0.0])
    ahead = np.array([-np.sin(node) * np.cos(tilt), np.cos(node) * np.cos(tilt), np.sin(tilt)])
    radial = np.cos(latitude_argument) * to_node + np.sin(latitude_argument) * ahead
    transverse = -np.sin(latitude_argument) * to_node + np.cos(latitude_argument) * ahead
    radius_km = shape.parameter_km / (1.0 + shape.eccentricity * np.cos(anomaly))
    return np.concatenate([radius_km * radial, _velocity(shape, anomaly, radial, transverse, gm_km3_s2)])


def state_of_entry(
    *,
    radius_km: float,
    latitude_deg: float,
    right_ascension_deg: float,
    speed_km_s: float,
    flight_path_deg: float,
    azimuth_deg: float,
) -> FloatArray:
    """State ``(6,)`` in km and km/s at a point: so fast, so steep (down if negative), so far east of north."""
    latitude, ascension = np.radians(latitude_deg), np.radians(right_ascension_deg)
    steep, azimuth = np.radians(flight_path_deg), np.radians(azimuth_deg)
    up = np.array([np.cos(latitude) * np.cos(ascension), np.cos(latitude) * np.sin(ascension), np.sin(latitude)])
    east = np.array([-np.sin(ascension), np.cos(ascension), 0.0])
    level = np.sin(azimuth) * east + np.cos(azimuth) * np.cross(up, east)
    return np.concatenate([radius_km * up, speed_km_s * (np.cos(steep) * level + np.sin(steep) * up)])


def state_through(
    shape: Shape, position_km: FloatArray, *, northbound: bool, outbound: bool, gm_km3_s2: float
) -> FloatArray:
    """State ``(6,)`` of the orbit of this shape that passes through a point ``(3,)``.

    Size and tilt leave two planes, passing the point northbound or southbound, and two places on the ellipse, moving
    away from periapsis (outbound) or towards it.

    Raises:
        InputError: if the point lies inside periapsis, outside apoapsis, or poleward of the inclination.
    """
    radius_km = float(np.linalg.norm(position_km))
    if not shape.periapsis_km <= radius_km <= shape.apoapsis_km:
        raise InputError("a point of an orbit must lie between its apsides", value=f"{radius_km:.3f} km")
    radial = position_km / radius_km
    cosine_of_latitude = float(np.hypot(radial[0], radial[1]))
    sine_of_azimuth = np.cos(np.radians(shape.inclination_deg)) / cosine_of_latitude
    if abs(sine_of_azimuth) > 1.0:
        raise InputError("a point of an orbit must not lie poleward of its inclination", value=f"{radial[2]:.6f}")
    east = np.array([-radial[1], radial[0], 0.0]) / cosine_of_latitude
    north = np.cross(radial, east)
    cosine_of_azimuth = np.sqrt(1.0 - sine_of_azimuth**2) * (1.0 if northbound else -1.0)
    anomaly = np.arccos((shape.parameter_km / radius_km - 1.0) / shape.eccentricity) * (1.0 if outbound else -1.0)
    transverse = sine_of_azimuth * east + cosine_of_azimuth * north
    return np.concatenate([position_km, _velocity(shape, anomaly, radial, transverse, gm_km3_s2)])


def state_of_encounter(
    primary: FloatArray,
    shape: Shape,
    *,
    xi_km: float,
    zeta_km: float,
    northbound: bool,
    outbound: bool,
    gm_km3_s2: float,
) -> FloatArray:
    """State ``(6,)`` of a secondary of this shape that is at its closest to the primary's state ``(6,)``.

    The miss vector lies in the plane normal to the relative velocity: ``xi_km`` along the primary's radial direction
    projected into it, ``zeta_km`` completing the right-handed triad (xi, zeta, relative velocity). A miss along zeta is
    one of timing, a miss along xi remains whenever the two pass.
    """
    secondary = state_through(shape, primary[:3], northbound=northbound, outbound=outbound, gm_km3_s2=gm_km3_s2)
    for _ in range(8):  # the velocity depends on the point, and the point on the velocity; each pass gains three digits
        along = secondary[3:] - primary[3:]
        along /= np.linalg.norm(along)
        xi = primary[:3] - (primary[:3] @ along) * along
        xi /= np.linalg.norm(xi)
        point_km = primary[:3] + xi_km * xi + zeta_km * np.cross(along, xi)
        secondary = state_through(shape, point_km, northbound=northbound, outbound=outbound, gm_km3_s2=gm_km3_s2)
    return secondary


def _velocity(shape: Shape, anomaly: float, radial: FloatArray, transverse: FloatArray, gm_km3_s2: float) -> FloatArray:
    """Velocity ``(3,)`` at a true anomaly, given the directions of position and of motion in the plane."""
    scale_km_s = np.sqrt(gm_km3_s2 / shape.parameter_km)
    eccentricity = shape.eccentricity
    return np.asarray(
        scale_km_s * (eccentricity * np.sin(anomaly) * radial + (1.0 + eccentricity * np.cos(anomaly)) * transverse)
    )
