"""Sizes, gravity and orientation of the bodies that a cycle can screen around.

Radii and rotation: IAU Working Group on Cartographic Coordinates and Rotational Elements 2009 (Archinal et al. 2011),
the numbers of NAIF's ``pck00010.tpc``. Gravitational parameters: JPL DE430 and DE431 (Folkner et al. 2014), the numbers
of NAIF's ``gm_de431.tpc``. The IAU model of the Earth is good to about an arc minute only; it serves for orbit planes
and ground longitudes on a page, not for tracking stations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.epochs import DAY_S, Epoch, tdb_s
from nearpass.errors import FrameError

FloatArray = NDArray[np.float64]

_DAYS_PER_CENTURY: Final = 36_525.0
_LATITUDE_PASSES: Final = 4  # Bowring's iteration gains over four digits a pass outside a body's core


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """Pole and prime meridian by the IAU's series, in degrees.

    ``pole_ra_deg`` and ``pole_dec_deg`` are (constant, per century), ``meridian_deg`` is (constant, per day, per day
    squared). ``angles_deg`` holds (constant, per century) of each nutation angle; the pole's right ascension and the
    meridian gain ``sum(c * sin(angle))``, its declination ``sum(c * cos(angle))``, with the amplitudes beside them.
    """

    pole_ra_deg: tuple[float, float]
    pole_dec_deg: tuple[float, float]
    meridian_deg: tuple[float, float, float]
    angles_deg: tuple[tuple[float, float], ...] = ()
    ra_amplitudes_deg: tuple[float, ...] = ()
    dec_amplitudes_deg: tuple[float, ...] = ()
    meridian_amplitudes_deg: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A natural body: NAIF number, gravity, spheroid and rotation.

    ``j2`` is the second zonal harmonic, not normalised, to the digits that a secular drift needs: Mars after GMM-3
    (Genova et al. 2016), Moon after GRAIL (Konopliv et al. 2013), Earth after EGM2008, Mercury after MESSENGER
    (Mazarico et al. 2014), Venus after Magellan (Konopliv et al. 1999), Jupiter after Juno (Iess et al. 2018).
    """

    name: str
    naif_id: int
    gm_km3_s2: float
    j2: float
    equatorial_radius_km: float
    polar_radius_km: float
    rotation: Rotation


# E1 to E13 of the Moon's series (Archinal et al. 2011, table 2), rates turned from days to centuries.
_MOON_ROTATION = Rotation(
    pole_ra_deg=(269.9949, 0.0031),
    pole_dec_deg=(66.5392, 0.0130),
    meridian_deg=(38.3213, 13.17635815, -1.4e-12),
    angles_deg=(
        (125.045, -1_935.5364525),
        (250.089, -3_871.072905),
        (260.008, 475_263.3328725),
        (176.625, 487_269.629985),
        (357.529, 35_999.0509575),
        (311.589, 964_468.49931),
        (134.963, 477_198.869325),
        (276.617, 12_006.300765),
        (34.226, 63_863.5132425),
        (15.134, -5_806.6093575),
        (119.743, 131.84064),
        (239.961, 6_003.1503825),
        (25.053, 473_327.79642),
    ),
    ra_amplitudes_deg=(-3.8787, -0.1204, 0.0700, -0.0172, 0.0, 0.0072, 0.0, 0.0, 0.0, -0.0052, 0.0, 0.0, 0.0043),
    dec_amplitudes_deg=(1.5419, 0.0239, -0.0278, 0.0068, 0.0, -0.0029, 0.0009, 0.0, 0.0, 0.0008, 0.0, 0.0, -0.0009),
    meridian_amplitudes_deg=(
        (3.5610, 0.1208, -0.0642, 0.0158, 0.0252, -0.0066, -0.0047, -0.0046, 0.0028, 0.0052, 0.0040, 0.0019, -0.0044)
    ),
)

_MERCURY_ROTATION = Rotation(
    pole_ra_deg=(281.0097, -0.0328),
    pole_dec_deg=(61.4143, -0.0049),
    meridian_deg=(329.5469, 6.1385025, 0.0),
    angles_deg=(
        (174.791086, 149_472.535875),
        (349.582171, 298_945.07175),
        (164.373257, 448_417.6076250),
        (339.164343, 597_890.1435),
        (153.955429, 747_362.679375),
    ),
    ra_amplitudes_deg=(0.0,) * 5,
    dec_amplitudes_deg=(0.0,) * 5,
    meridian_amplitudes_deg=(0.00993822, -0.00104581, -0.00010280, -0.00002364, -0.00000532),
)

_JUPITER_ROTATION = Rotation(
    pole_ra_deg=(268.056595, -0.006499),
    pole_dec_deg=(64.495303, 0.002413),
    meridian_deg=(284.95, 870.5360000, 0.0),
    angles_deg=(
        (99.360714, 4_850.4046),
        (175.895369, 1_191.9605),
        (300.323162, 262.5475),
        (114.012305, 6_070.2476),
        (49.511251, 64.3),
    ),
    ra_amplitudes_deg=(0.000117, 0.000938, 0.001432, 0.000030, 0.002150),
    dec_amplitudes_deg=(0.000050, 0.000404, 0.000617, -0.000013, 0.000926),
    meridian_amplitudes_deg=(0.0,) * 5,
)

_SUN_ROTATION = Rotation(pole_ra_deg=(286.13, 0.0), pole_dec_deg=(63.87, 0.0), meridian_deg=(84.176, 14.1844, 0.0))
_VENUS_ROTATION = Rotation(pole_ra_deg=(272.76, 0.0), pole_dec_deg=(67.16, 0.0), meridian_deg=(160.20, -1.4813688, 0.0))
_EARTH_ROTATION = Rotation(
    pole_ra_deg=(0.0, -0.641), pole_dec_deg=(90.0, -0.557), meridian_deg=(190.147, 360.9856235, 0.0)
)
_MARS_ROTATION = Rotation(
    pole_ra_deg=(317.68143, -0.1061), pole_dec_deg=(52.88650, -0.0609), meridian_deg=(176.630, 350.89198226, 0.0)
)

# Name, NAIF number, GM in km3/s2, J2, equatorial and polar radius in km, rotation.
_CONSTANTS: Final = (
    ("SUN", 10, 1.3271244004193938e11, 2.2e-7, 696_000.0, 696_000.0, _SUN_ROTATION),
    ("MERCURY", 199, 2.2031780000000021e4, 5.032e-5, 2_439.7, 2_439.7, _MERCURY_ROTATION),
    ("VENUS", 299, 3.2485859200000006e5, 4.405e-6, 6_051.8, 6_051.8, _VENUS_ROTATION),
    ("EARTH", 399, 3.9860043543609598e5, 1.08263e-3, 6_378.1366, 6_356.7519, _EARTH_ROTATION),
    ("MOON", 301, 4.9028000661637961e3, 2.033e-4, 1_737.4, 1_737.4, _MOON_ROTATION),
    ("MARS", 499, 4.282837362069909e4, 1.95661e-3, 3_396.19, 3_376.20, _MARS_ROTATION),
    ("JUPITER", 599, 1.266865349115908e8, 1.46966e-2, 71_492.0, 66_854.0, _JUPITER_ROTATION),
)
BODIES: Final[Mapping[str, Body]] = MappingProxyType(
    {
        name: Body(
            name=name,
            naif_id=naif_id,
            gm_km3_s2=gm_km3_s2,
            j2=j2,
            equatorial_radius_km=equatorial_km,
            polar_radius_km=polar_km,
            rotation=rotation,
        )
        for name, naif_id, gm_km3_s2, j2, equatorial_km, polar_km, rotation in _CONSTANTS
    }
)


def body_named(name: str) -> Body:
    """The body with this name, in any case.

    Raises:
        FrameError: for a body whose constants are not kept here.

    """
    try:
        return BODIES[name.strip().upper()]
    except KeyError:
        raise FrameError(f"the body must be one of {', '.join(BODIES)}", value=name) from None


_SMALL_MOONS_KM: Final[Mapping[str, tuple[int, float]]] = MappingProxyType(
    {"PHOBOS": (401, 11.1), "DEIMOS": (402, 6.2)}
)
"""NAIF numbers and mean radii of moons that nothing orbits here: Archinal et al. 2011, table 6."""


def natural_radius_km(*designators: str) -> float | None:
    """The radius of a natural body that is called by one of these names or NAIF numbers; None if none is one."""
    wanted = {text.strip().upper() for text in designators}
    for name, (naif_id, radius_km) in _SMALL_MOONS_KM.items():
        if wanted & {name, str(naif_id)}:
            return radius_km
    return next(
        (body.equatorial_radius_km for body in BODIES.values() if wanted & {body.name, str(body.naif_id)}), None
    )


def body_fixed_from_icrf(body: Body, epoch: Epoch, offsets_s: FloatArray) -> FloatArray:
    """Rotation matrices ``(N, 3, 3)`` from ICRF to the body's rotating axes at offsets ``(N,)`` from ``epoch``.

    Archinal et al. 2011, section 2: ``R3(W) R1(90 deg - dec) R3(90 deg + ra)``.
    """
    ra_rad, dec_rad, meridian_rad = _orientation(body.rotation, tdb_s(epoch, np.atleast_1d(offsets_s)))
    spin = _about_z(meridian_rad)
    return np.asarray(spin @ _equator_axes(ra_rad, dec_rad))


def equator_from_icrf(body: Body, epoch: Epoch) -> FloatArray:
    """Rotation matrix ``(3, 3)`` from ICRF to the inertial axes of the body's IAU equator at an epoch.

    The third axis is the pole at ``epoch``, the first the ascending node of the equator on that of the ICRF.
    """
    return np.asarray(equator_of_date_from_icrf(body, epoch, np.zeros(1))[0])


def equator_of_date_from_icrf(body: Body, epoch: Epoch, offsets_s: FloatArray) -> FloatArray:
    """As :func:`equator_from_icrf`, ``(N, 3, 3)`` at offsets ``(N,)`` from ``epoch``."""
    ra_rad, dec_rad, _ = _orientation(body.rotation, tdb_s(epoch, np.atleast_1d(offsets_s)))
    return _equator_axes(ra_rad, dec_rad)


def planetographic(
    body: Body, position_icrf_km: FloatArray, epoch: Epoch, offsets_s: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Place over the body's spheroid of body-centred positions ``(N, 3)`` at offsets ``(N,)`` from ``epoch``.

    The latitude is planetographic, between the equator and the normal of the spheroid (Bowring 1976). The longitude
    counts east in [0, 2 pi), as maps of Mars do, although the IAU's planetographic longitude of Mars counts west.

    Returns:
        Latitude and east longitude in radians and altitude in km, each ``(N,)``.

    """
    fixed_km = np.einsum("nij,nj->ni", body_fixed_from_icrf(body, epoch, offsets_s), position_icrf_km)
    longitude_rad = np.mod(np.arctan2(fixed_km[:, 1], fixed_km[:, 0]), 2.0 * np.pi)
    a_km, b_km = body.equatorial_radius_km, body.polar_radius_km
    rho_km, z_km = np.hypot(fixed_km[:, 0], fixed_km[:, 1]), fixed_km[:, 2]
    parametric_rad = np.arctan2(z_km * a_km, rho_km * b_km)
    for _ in range(_LATITUDE_PASSES):
        latitude_rad = np.arctan2(
            z_km + (a_km**2 - b_km**2) / b_km * np.sin(parametric_rad) ** 3,
            rho_km - (a_km**2 - b_km**2) / a_km * np.cos(parametric_rad) ** 3,
        )
        parametric_rad = np.arctan2(b_km * np.sin(latitude_rad), a_km * np.cos(latitude_rad))
    sine, cosine = np.sin(latitude_rad), np.cos(latitude_rad)
    altitude_km = rho_km * cosine + z_km * sine - np.sqrt((a_km * cosine) ** 2 + (b_km * sine) ** 2)
    return latitude_rad, longitude_rad, altitude_km


def _orientation(rotation: Rotation, time_s: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Right ascension and declination of the pole and angle of the prime meridian in radians, each ``(N,)``."""
    days = time_s / DAY_S
    centuries = days / _DAYS_PER_CENTURY
    ra_deg = rotation.pole_ra_deg[0] + rotation.pole_ra_deg[1] * centuries
    dec_deg = rotation.pole_dec_deg[0] + rotation.pole_dec_deg[1] * centuries
    constant_deg, per_day_deg, per_day2_deg = rotation.meridian_deg
    meridian_deg = constant_deg + per_day_deg * days + per_day2_deg * days**2
    if rotation.angles_deg:
        angles = np.asarray(rotation.angles_deg)
        angles_rad = np.radians(angles[:, 0] + np.multiply.outer(centuries, angles[:, 1]))
        ra_deg = ra_deg + np.sin(angles_rad) @ np.asarray(rotation.ra_amplitudes_deg)
        dec_deg = dec_deg + np.cos(angles_rad) @ np.asarray(rotation.dec_amplitudes_deg)
        meridian_deg = meridian_deg + np.sin(angles_rad) @ np.asarray(rotation.meridian_amplitudes_deg)
    return np.radians(ra_deg), np.radians(dec_deg), np.radians(np.mod(meridian_deg, 360.0))


def _equator_axes(ra_rad: FloatArray, dec_rad: FloatArray) -> FloatArray:
    """Rows: the node of the equator on that of the ICRF, the axis a right angle further, the pole; ``(N, 3, 3)``."""
    sin_ra, cos_ra = np.sin(ra_rad), np.cos(ra_rad)
    sin_dec, cos_dec = np.sin(dec_rad), np.cos(dec_rad)
    rows = (
        (-sin_ra, cos_ra, np.zeros_like(ra_rad)),
        (-sin_dec * cos_ra, -sin_dec * sin_ra, cos_dec),
        (cos_dec * cos_ra, cos_dec * sin_ra, sin_dec),
    )
    return np.moveaxis(np.array(rows), -1, 0)


def _about_z(angle_rad: FloatArray) -> FloatArray:
    """Rotation of the axes about the third one, ``(N, 3, 3)``."""
    sine, cosine, zero, one = np.sin(angle_rad), np.cos(angle_rad), np.zeros_like(angle_rad), np.ones_like(angle_rad)
    rows = ((cosine, sine, zero), (-sine, cosine, zero), (zero, zero, one))
    return np.moveaxis(np.array(rows), -1, 0)
