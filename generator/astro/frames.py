"""Axes, centres, and the positions of planets and moons that connect them.

The working axes are those of the International Celestial Reference Frame (ICRF). ICRF, ICRF2, ICRF3 and GCRF share
its directions to well under a milliarcsecond, which is under a tenth of a millimetre at a Martian orbit. EME2000
(also written J2000) is the mean equator and equinox of J2000.0 and differs by the constant frame bias. By JPL's
practice the frame that SPICE kernels call J2000 is the ICRF, so a state out of an SPK needs no rotation; the axes that
CSPICE derives from it, the ecliptic of J2000 and B1950, are taken as CSPICE has them. Axes that change with time are
those of :mod:`nearpass.astro.axes`.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import spiceypy as spice
from jplephem.exceptions import OutOfRangeError
from jplephem.spk import SPK
from numpy.typing import NDArray
from skyfield.framelib import ICRS_to_J2000
from spiceypy import cyice
from spiceypy.utils.exceptions import SpiceyError

from nearpass.astro.bodies import BODIES, Body, equator_from_icrf
from nearpass.astro.epochs import DAY_S, Epoch, TimeSystem, tdb_s
from nearpass.astro.kernel_files import openable
from nearpass.errors import CoverageError, FrameError

FloatArray = NDArray[np.float64]

_J2000_JD: Final = 2_451_545.0

_DE421: Final = Path(str(files("skyfield_data"))) / "data" / "de421.bsp"

_J2000: Final = Epoch.parse("2000-01-01T12:00:00", TimeSystem.TDB)

EQUATOR_OF_J2000: Final = " EQUATOR J2000"
_ICRF_NAMES: Final = frozenset({"ICRF", "ICRF1", "ICRF2", "ICRF3", "GCRF", "GCRF1", "GCRF2", "GCRF3"})
_EME2000_NAMES: Final = frozenset({"EME2000", "J2000"})
_OF_SPICE: Final[Mapping[str, str]] = MappingProxyType(
    {"ECLIPJ2000": "ECLIPJ2000", "ECLIPTIC": "ECLIPJ2000", "ECLIPTIC J2000": "ECLIPJ2000", "B1950": "B1950"}
)

_CENTERS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "SOLAR SYSTEM BARYCENTER": 0,
        "SSB": 0,
        "MERCURY BARYCENTER": 1,
        "VENUS BARYCENTER": 2,
        "EARTH BARYCENTER": 3,
        "EARTH-MOON BARYCENTER": 3,
        "EMB": 3,
        "MARS BARYCENTER": 4,
        "JUPITER BARYCENTER": 5,
        "SATURN BARYCENTER": 6,
        "URANUS BARYCENTER": 7,
        "NEPTUNE BARYCENTER": 8,
        "PLUTO BARYCENTER": 9,
        "SUN": 10,
        "MERCURY": 199,
        "VENUS": 299,
        "EARTH": 399,
        "MOON": 301,
        "MARS": 499,
        "PHOBOS": 401,
        "DEIMOS": 402,
        "JUPITER": 599,
        "SATURN": 699,
        "URANUS": 799,
        "NEPTUNE": 899,
        "PLUTO": 999,
    }
)
_CENTER_NAMES: Final[Mapping[int, str]] = MappingProxyType(
    {naif_id: name for name, naif_id in reversed(list(_CENTERS.items()))}
)

# Planets whose centre may stand in for their barycentre where a kernel does not tell the two apart: Mercury and Venus
# have no moons; at Mars the two differ by 0.1 m to 0.3 m (MAR085, MAR097).
CENTER_AT_BARYCENTER: Final[Mapping[int, int]] = MappingProxyType({199: 1, 299: 2, 499: 4})


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What positions count from: the name of the body at the centre, and the axes."""

    center: str
    axes: str

    @classmethod
    def icrf(cls, body: Body) -> Frame:
        """The working frame about a body."""
        return cls(center=body.name, axes="ICRF")


def check_one_frame(named: Iterable[tuple[str, Frame]]) -> None:
    """Refuse what cannot be compared: objects of which two are told in different frames.

    Raises:
        FrameError: naming both objects with their centres, and their axes if these differ.
    """
    for one, other in pairwise(named):
        if one[1] != other[1]:
            both = one[1].axes != other[1].axes
            told = (f"{name:.40} about {at.center}" + f" in {at.axes}" * both for name, at in (one, other))
            rule = "objects to be compared must be about one body" + " and in the same axes" * both
            raise FrameError(f"{rule}, not {', '.join(told)}")


def icrf_from_axes(name: str) -> FloatArray:
    """Rotation matrix ``(3, 3)`` that takes vectors in the named axes, which do not change with time, to ICRF axes.

    The frame bias of EME2000 is the one of the IERS Conventions (2010), section 5.32, as skyfield applies it. The
    ecliptic of J2000 and B1950 are CSPICE's. ``MARS EQUATOR J2000``, and so for every other body, are the axes of the
    body's IAU equator at J2000.0, the first along the ascending node of that equator on the one of the ICRF.

    Raises:
        FrameError: for axes that are not defined well enough to be rotated without further data.

    """
    key = normalised(name)
    if key in _ICRF_NAMES:
        return np.eye(3)
    if key in _EME2000_NAMES:
        return np.asarray(ICRS_to_J2000, dtype=np.float64).T.copy()
    if key in _OF_SPICE:
        return np.asarray(spice.pxform(_OF_SPICE[key], "J2000", 0.0), dtype=np.float64)
    body = BODIES.get(key.removesuffix(EQUATOR_OF_J2000))
    if body is not None and key.endswith(EQUATOR_OF_J2000):
        return equator_from_icrf(body, _J2000).T.copy()
    known = ", ".join([*sorted(_ICRF_NAMES | _EME2000_NAMES | set(_OF_SPICE)), "<BODY> EQUATOR J2000"])
    raise FrameError(f"axes without a date must be one of {known}", value=name)


def normalised(name: str) -> str:
    """A name of axes or of a centre in capitals, its words parted by single blanks."""
    return " ".join(name.replace("_", " ").upper().split())


def center_id(name: str) -> int:
    """NAIF number of a centre named as in CCSDS messages: ``MARS``, ``MARS BARYCENTER``, ``MARS_BARYCENTER``, ``SSB``.

    Raises:
        FrameError: for a centre that is not known.

    """
    try:
        return _CENTERS[normalised(name)]
    except KeyError:
        known = ", ".join(_CENTERS)
        raise FrameError(f"CENTER_NAME must be one of {known}", value=name) from None


def center_name(naif_id: int) -> str:
    """Name of a centre, the inverse of :func:`center_id`.

    Raises:
        FrameError: for a number that is not known.

    """
    try:
        return _CENTER_NAMES[naif_id]
    except KeyError:
        raise FrameError("the NAIF number of a centre must be known", value=naif_id) from None


class PlanetaryEphemeris:
    """Where the Sun, the planets, the Moon and whatever else the kernels hold are, relative to one another.

    With DE421 the centres of Mercury, Venus and Mars coincide with their barycentres; for Mars the true distance is
    0.1 m to 0.3 m. The same is assumed of a publisher's kernels that hold the barycentre only.
    """

    def __init__(self, name: str, kernels: tuple[Path, ...], *, packed: bool) -> None:
        self._name = name
        self._kernels = kernels
        self._packed = packed  # DE421 as it comes with a package, which jplephem reads faster than CSPICE

    @classmethod
    def default(cls) -> PlanetaryEphemeris:
        """JPL's DE421 (Folkner, Williams, Boggs 2009), 1899 to 2053, which comes with the package skyfield_data."""
        return cls("DE421", (_DE421,), packed=True)

    @classmethod
    def from_kernels(cls, kernels: Sequence[Path]) -> PlanetaryEphemeris:
        """SPK files of the publisher's choice; later ones take precedence, as in CSPICE."""
        return cls(", ".join(path.name for path in kernels), tuple(kernels), packed=False)

    @property
    def name(self) -> str:
        """What to quote as the planetary ephemeris used."""
        return self._name

    @property
    def kernels(self) -> tuple[Path, ...]:
        """The SPK files behind it, in the order in which CSPICE has to load them."""
        return self._kernels

    def state(self, target: int, center: int, epoch: Epoch, offsets_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Geometric state of ``target`` relative to ``center`` in ICRF axes at offsets ``(N,)`` from ``epoch``.

        Returns:
            Positions in km and velocities in km/s, each ``(N, 3)``.

        Raises:
            FrameError: if DE421 does not hold one of the two, or a kernel cannot be loaded.
            CoverageError: if the kernels do not connect the two at every one of these epochs.

        """
        offsets_s = np.atleast_1d(np.asarray(offsets_s, dtype=np.float64))
        if target == center:
            return np.zeros((len(offsets_s), 3)), np.zeros((len(offsets_s), 3))
        time_s = tdb_s(epoch, offsets_s)
        if self._packed:
            segments = _de421(os.getpid())
            from_root = [_chain_from_ssb(segments, body, time_s) for body in (target, center)]
            return from_root[0][0] - from_root[1][0], from_root[0][1] - from_root[1][1]
        return self._spice_state(target, center, time_s)

    def _spice_state(self, target: int, center: int, time_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        with furnished(self._kernels) as names:
            orbits = [name for name in names if spice.getfat(name)[1] == "SPK"]
            held = {int(body) for kernel in orbits for body in spice.spkobj(kernel)}
            target, center = (_held_or_barycenter(body, held) for body in (target, center))
            if target == center:
                return np.zeros((len(time_s), 3)), np.zeros((len(time_s), 3))
            try:
                states, _ = cyice.spkgeo_v(target, np.ascontiguousarray(time_s), "J2000", center)
            except SpiceyError as error:
                rule = f"the planetary kernels ({self._name}) must cover {target} relative to {center}"
                raise CoverageError(rule, value=getattr(error, "short", None)) from None
        array = np.asarray(states, dtype=np.float64).reshape(-1, 6)
        return array[:, :3].copy(), array[:, 3:].copy()


@cache
def _de421(_process: int) -> SPK:
    """The kernel, opened once a process: a forked one that used its parent's would read where the parent moved to."""
    kernel: SPK = SPK.open(str(_DE421))
    atexit.register(kernel.close)
    return kernel


@contextmanager
def furnished(kernels: Sequence[Path]) -> Iterator[tuple[str, ...]]:
    """CSPICE with these kernels loaded, later ones first in precedence, and unloaded again at the end.

    Gives the names by which CSPICE knows them.

    CSPICE has one kernel pool per process: what another caller has loaded stays loaded and below these.

    Raises:
        FrameError: for a file that CSPICE cannot load.

    """
    loaded: list[str] = []
    with openable(kernels) as names:
        try:
            for kernel, name in zip(kernels, names, strict=True):
                try:
                    spice.furnsh(name)
                except SpiceyError as error:
                    rule = "a kernel must be readable by CSPICE"
                    raise FrameError(rule, value=error.short, file=str(kernel)) from None
                loaded.append(name)
            yield names
        finally:
            for kernel_name in reversed(loaded):
                spice.unload(kernel_name)


def _held_or_barycenter(body: int, held: set[int]) -> int:
    return body if body in held else CENTER_AT_BARYCENTER.get(body, body)


def _chain_from_ssb(kernel: SPK, body: int, time_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """State of a body relative to the solar system barycentre, summed along the kernel's segments."""
    position_km, velocity_km_s = np.zeros((2, len(time_s), 3))
    by_target = {segment.target: segment for segment in kernel.segments}
    while body != 0:
        segment = by_target.get(body)
        if segment is None:
            raise FrameError("the planetary ephemeris must hold the body", value=body)
        try:
            km, km_per_day = segment.compute_and_differentiate(_J2000_JD, time_s / DAY_S)
        except OutOfRangeError:
            raise CoverageError("the planetary ephemeris must cover the window", value=f"body {body}") from None
        position_km += km.T
        velocity_km_s += km_per_day.T / DAY_S
        body = segment.center
    return position_km, velocity_km_s
