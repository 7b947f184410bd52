"""What a close approach looks like: components, angles, B-plane, place above the body, light time and Sun angle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.bodies import Body, body_named, planetographic
from nearpass.astro.conjunction import BARYCENTER, EARTH, LIGHT_SPEED_KM_S, SUN
from nearpass.astro.epochs import Epoch
from nearpass.astro.frames import Frame, PlanetaryEphemeris, check_one_frame
from nearpass.astro.local_axes import rtn_axes
from nearpass.encounter.uncertainty import State
from nearpass.errors import FrameError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Encounter:
    """Two objects at one instant, from trajectories, a message or a record, with what is known of their errors.

    Raises:
        FrameError: if the two states are about different bodies, in different axes or of different instants.
    """

    primary: State
    secondary: State

    def __post_init__(self) -> None:
        check_one_frame((one.object_id, one.frame) for one in self.states)
        if self.primary.epoch != self.secondary.epoch:
            told = (f"{one.object_id:.40} at {one.epoch.iso(digits=9)} UTC" for one in self.states)
            raise FrameError(f"the states of an encounter must be of one instant, not {', '.join(told)}")

    @property
    def states(self) -> tuple[State, State]:
        """The states of the primary and of the secondary."""
        return self.primary, self.secondary

    @property
    def frame(self) -> Frame:
        """Centre and axes of both states."""
        return self.primary.frame

    @property
    def epoch(self) -> Epoch:
        """The instant of both states."""
        return self.primary.epoch

    @property
    def gm_km3_s2(self) -> float:
        """Gravitational parameter of the centre."""
        return body_named(self.frame.center).gm_km3_s2

    @property
    def combined_km2(self) -> FloatArray | None:
        """Sum of both position covariances, ``(3, 3)``; None unless both exist."""
        first, second = self.primary.covariance, self.secondary.covariance
        return None if first is None or second is None else first + second

    @property
    def miss_vector_km(self) -> FloatArray:
        """From the primary to the secondary."""
        return np.asarray(self.secondary.position_km - self.primary.position_km)

    @property
    def relative_velocity_km_s(self) -> FloatArray:
        """Of the secondary as seen from the primary, inertial."""
        return np.asarray(self.secondary.velocity_km_s - self.primary.velocity_km_s)

    @property
    def miss_km(self) -> float:
        """Distance between the two centres."""
        return float(np.linalg.norm(self.miss_vector_km))

    @property
    def relative_speed_km_s(self) -> float:
        """Speed of the one relative to the other."""
        return float(np.linalg.norm(self.relative_velocity_km_s))

    @property
    def to_rtn(self) -> FloatArray:
        """Rotation ``(3, 3)`` from ICRF axes to the primary's RTN."""
        return np.asarray(rtn_axes(self.primary.position_km[None], self.primary.velocity_km_s[None])[0])

    @property
    def approach_angle_rad(self) -> float:
        """Angle between the two velocities: 0 when both fly the same way, pi when they meet head-on."""
        first, second = self.primary.velocity_km_s, self.secondary.velocity_km_s
        return float(np.arctan2(np.linalg.norm(np.cross(first, second)), first @ second))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BPlane:
    """The plane normal to the relative velocity: ``axes`` ``(2, 3)`` in ICRF, rows xi and zeta."""

    axes: FloatArray
    miss_km: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """Where the primary is at TCA: above the body's ellipsoid, and as seen from Earth.

    ``sun`` is a unit vector, shape ``(3,)``, from the body to the Sun; None about the Sun itself.
    """

    altitude_km: float
    latitude_rad: float
    longitude_east_rad: float
    light_time_s: float
    sep_rad: float
    sun: FloatArray | None


def b_plane(encounter: Encounter) -> BPlane | None:
    """The encounter in its B-plane; None if the two do not move relative to each other.

    Xi is the primary's radial direction projected into the plane (its normal direction where the relative velocity
    is radial), zeta completes the right-handed triad (xi, zeta, relative velocity).
    """
    if encounter.relative_speed_km_s == 0.0:
        return None
    along = encounter.relative_velocity_km_s / encounter.relative_speed_km_s
    radial, _, normal = encounter.to_rtn
    reference = radial if abs(radial @ along) < 0.999 else normal
    xi = reference - (reference @ along) * along
    xi /= np.linalg.norm(xi)
    axes = np.stack([xi, np.cross(along, xi)])
    return BPlane(axes=axes, miss_km=axes @ encounter.miss_vector_km)


def place(position_km: FloatArray, epoch: Epoch, body: Body, planets: PlanetaryEphemeris) -> Place:
    """Altitude, planetographic latitude and east longitude, one-way light time to Earth and Sun-Earth-Probe angle.

    The light time is that of a signal which leaves the spacecraft at ``epoch``: the Earth's motion during it is
    found by iteration (twice is enough for a microsecond).

    Args:
        position_km: Position in the working frame, shape ``(3,)``.
        epoch: Instant of the position.
        body: The body at the centre.
        planets: Positions of Earth and Sun.
    """
    at = np.zeros(1)
    latitude_rad, longitude_east_rad, altitude_km = planetographic(body, position_km[None], epoch, at)
    sender_km = planets.state(body.naif_id, BARYCENTER, epoch, at)[0][0] + position_km
    light_time_s = 0.0
    for _ in range(3):
        receiver_km = planets.state(EARTH, BARYCENTER, epoch, at + light_time_s)[0][0]
        light_time_s = float(np.linalg.norm(sender_km - receiver_km)) / LIGHT_SPEED_KM_S
    earth_km = planets.state(EARTH, body.naif_id, epoch, at)[0][0]
    sun_km = planets.state(SUN, body.naif_id, epoch, at)[0][0]
    to_probe, to_sun = position_km - earth_km, sun_km - earth_km
    sep_rad = float(np.arctan2(np.linalg.norm(np.cross(to_probe, to_sun)), to_probe @ to_sun))
    return Place(
        altitude_km=float(altitude_km[0]),
        latitude_rad=float(latitude_rad[0]),
        longitude_east_rad=float(longitude_east_rad[0]),
        light_time_s=light_time_s,
        sep_rad=sep_rad,
        sun=sun_km / np.linalg.norm(sun_km) if sun_km.any() else None,
    )
