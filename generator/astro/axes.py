"""Axes that change with time: the Earth's of date and fixed to the Earth, and those fixed to other bodies.

Two kinds are told apart, because their velocities mean different things. Axes *of date* (true or mean equator and
equinox, TEME, a body's equator) follow precession and nutation, 8e-12 rad/s and less; by convention velocities in them
are those of inertial space, turned to the axes of the moment. *Rotating* axes (ITRF and its realisations, true of
date rotating, ``IAU_MARS``) carry velocities relative to themselves: ``v = R v' + w x r``.

The Earth: IAU 2006 precession and IAU 2000A nutation, sidereal time and UT1 as in skyfield. The pole's motion within
the crust is left out, up to 0.6 arc seconds or 20 m at the Earth's surface; realisations of the ITRF differ by
centimetres and count as one. Other bodies: :mod:`nearpass.astro.bodies`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from skyfield.api import load
from skyfield.framelib import mean_equator_and_equinox_of_date, true_equator_and_equinox_of_date
from skyfield.sgp4lib import TEME
from skyfield.timelib import Time, Timescale

from nearpass.astro.bodies import BODIES, Body, body_fixed_from_icrf, equator_of_date_from_icrf
from nearpass.astro.epochs import DAY_S, Epoch, TimeSystem
from nearpass.astro.frames import icrf_from_axes, normalised
from nearpass.errors import FrameError

FloatArray = NDArray[np.float64]
Matrices = Callable[[Epoch, FloatArray], FloatArray]
Turns = Callable[[Epoch, FloatArray], tuple[FloatArray, FloatArray]]

_J2000_TT: Final = Epoch.parse("2000-01-01T12:00:00", TimeSystem.TT)
_J2000_JD: Final = 2_451_545.0
_EARTH_RAD_S: Final = 7.292_115_0e-5  # nominal, IERS Conventions (2010), table 1.1
_GRID_S: Final = 10_800.0  # the fastest nutations take days: a cubic through steps of 3 h is good to 1e-15 rad
_FEW: Final = 16  # so few instants are computed one by one
_SLOPE_S: Final = 60.0  # Jupiter turns by 1e-2 rad: the fourth-order difference is good to 4e-10 of the rate

_OF_DATE: Final[Mapping[str, type]] = MappingProxyType(
    {
        "TOD": true_equator_and_equinox_of_date,
        "TOD EARTH": true_equator_and_equinox_of_date,
        "MOD": mean_equator_and_equinox_of_date,
        "MOD EARTH": mean_equator_and_equinox_of_date,
        "TEME": TEME,
        "TEMEOFDATE": TEME,
    }
)
_ITRF: Final = re.compile(r"ITRF(?:[- ]?(?:19|20)?\d\d)?|WGS84|TDR|GTOD|GRC", re.ASCII)
_EQUATOR_OF_DATE: Final = " EQUATOR OF DATE"
_IAU: Final = "IAU "


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """Named axes; ``fixed`` do not change with time, ``rotating`` ones turn with a body."""

    name: str
    fixed: bool
    rotating: bool
    _from_icrf: Turns

    def to_icrf(self, epoch: Epoch, offsets_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What takes states to ICRF axes at offsets ``(N,)`` from ``epoch``.

        A position turns by ``R``, a velocity becomes ``R v + R' r``.

        Returns:
            ``R`` ``(N, 3, 3)``, and its rate of change ``R'`` ``(N, 3, 3)`` in rad/s, zero but for rotating axes.

        """
        offsets_s = np.atleast_1d(np.asarray(offsets_s, dtype=np.float64))
        matrices, rates = self._from_icrf(epoch, offsets_s)
        return np.swapaxes(matrices, 1, 2), np.swapaxes(rates, 1, 2)


def axes_named(name: str, at: Epoch | None = None) -> Axes:
    """The axes with a name of CCSDS 502.0-B-3, the SANA registry or CSPICE, in any case.

    Args:
        name: For instance ``EME2000``, ``ITRF-97``, ``TOD``, ``TEME``, ``IAU_MARS``, ``MARS EQUATOR OF DATE``.
        at: REF_FRAME_EPOCH: axes of date are those of this instant, and fixed. It changes no other axes.

    Raises:
        FrameError: for axes that are unknown, or that nobody but their originator can define.

    """
    key = normalised(name)
    if key in {"MCI", "INERTIAL", "BODY INERTIAL", "MARSINERTIAL", "MARS INERTIAL"}:
        rule = (
            f"REF_FRAME {key} is defined by no standard: ask the originator, and set axes = {{ {_as_key(name)} = "
            f'"..." }} under [[object.ephemeris]], for instance to "EME2000" or "MARS EQUATOR J2000"'
        )
        raise FrameError(rule, value=name)
    if (of_date := _of_date(key)) is not None:
        if at is not None:
            of_date = partial(_constant, of_date(at, np.zeros(1))[0])
        return Axes(name=key, fixed=at is not None, rotating=False, _from_icrf=partial(_without_rate, of_date))
    if _ITRF.fullmatch(key):
        return Axes(name=key, fixed=False, rotating=True, _from_icrf=_earth_fixed)
    if key.startswith(_IAU) and (body := BODIES.get(key.removeprefix(_IAU))) is not None:
        return Axes(name=key, fixed=False, rotating=True, _from_icrf=partial(_body_fixed, body))
    try:
        matrix = icrf_from_axes(key)
    except FrameError:
        raise FrameError(f"REF_FRAME must be one of {', '.join(KNOWN_AXES)}", value=name) from None
    constant = partial(_without_rate, partial(_constant, matrix.T))
    return Axes(name=key, fixed=True, rotating=False, _from_icrf=constant)


KNOWN_AXES: Final = (
    "ICRF", "GCRF", "EME2000", "ECLIPJ2000", "B1950", "ITRF (with any year)", "TDR", "TOD", "MOD", "TEME", "IAU_<BODY>",
    "<BODY> EQUATOR J2000", "<BODY> EQUATOR OF DATE",
)  # fmt: skip
"""What :func:`axes_named` understands, as an error lists it; <BODY> is a body that can be screened around."""


def _as_key(name: str) -> str:
    """A name as a bare TOML key, or quoted where it is none."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else f'"{normalised(name)}"'


def _of_date(key: str) -> Matrices | None:
    if key in _OF_DATE:
        return partial(_slowly, _OF_DATE[key])
    body = BODIES.get(key.removesuffix(_EQUATOR_OF_DATE))
    if body is not None and key.endswith(_EQUATOR_OF_DATE):
        return partial(_equator, body)
    return None


def _without_rate(matrices: Matrices, epoch: Epoch, offsets_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    return matrices(epoch, offsets_s), np.zeros((len(offsets_s), 3, 3))


def _constant(matrix: FloatArray, _: Epoch, offsets_s: FloatArray) -> FloatArray:
    return np.broadcast_to(matrix, (len(offsets_s), 3, 3))


def _equator(body: Body, epoch: Epoch, offsets_s: FloatArray) -> FloatArray:
    return equator_of_date_from_icrf(body, epoch, offsets_s)


def _slowly(frame: type, epoch: Epoch, offsets_s: FloatArray) -> FloatArray:
    """Matrices of one of skyfield's frames of date, by a cubic through a grid where that is less work."""

    def computed(at_s: FloatArray) -> FloatArray:
        matrices = frame.rotation_at(_times(epoch, at_s))  # type: ignore[attr-defined]  # skyfield has no base class of these
        return np.moveaxis(np.asarray(matrices), -1, 0)

    return _on_grid(computed, offsets_s)


def _on_grid(computed: Callable[[FloatArray], FloatArray], offsets_s: FloatArray) -> FloatArray:
    """Slow functions of time ``(N, ...)`` at offsets ``(N,)``."""
    if len(offsets_s) <= _FEW:
        return computed(offsets_s)
    low_s, high_s = float(offsets_s.min()), float(offsets_s.max())
    count = max(_FEW, int(np.ceil((high_s - low_s) / _GRID_S)) + 1)
    grid_s = np.linspace(low_s, max(high_s, low_s + _GRID_S), count)
    return np.asarray(CubicSpline(grid_s, computed(grid_s), axis=0)(offsets_s))


def _earth_fixed(epoch: Epoch, offsets_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """True equator and equinox of date, turned by Greenwich apparent sidereal time; and the rate of that turning.

    The mean sidereal time is computed at each instant, the matrix and the equation of the equinoxes by a cubic.
    """

    def slow(at_s: FloatArray) -> FloatArray:
        times = _times(epoch, at_s)
        equation_h = (times.gast - times.gmst + 12.0) % 24.0 - 12.0
        return np.column_stack([np.moveaxis(times.M, -1, 0).reshape(-1, 9), equation_h])

    held = _on_grid(slow, offsets_s)
    of_date = held[:, :9].reshape(-1, 3, 3)
    angle_rad = (np.asarray(_times(epoch, offsets_s).gmst) + held[:, 9]) * (np.pi / 12.0)
    quarter_on = _spin(angle_rad + 0.5 * np.pi)
    quarter_on[:, 2] = 0.0  # the derivative of a turn about the third axis: a right angle further, without the axis
    return np.asarray(_spin(angle_rad) @ of_date), np.asarray(_EARTH_RAD_S * quarter_on @ of_date)


def _body_fixed(body: Body, epoch: Epoch, offsets_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Axes fixed to a body, and their rate of change by differences of fourth order."""
    near, far = (
        body_fixed_from_icrf(body, epoch, offsets_s + step_s) - body_fixed_from_icrf(body, epoch, offsets_s - step_s)
        for step_s in (_SLOPE_S, 2.0 * _SLOPE_S)
    )
    return body_fixed_from_icrf(body, epoch, offsets_s), np.asarray((8.0 * near - far) / (12.0 * _SLOPE_S))


def _spin(angle_rad: FloatArray) -> FloatArray:
    """Rotation of the axes about the third one, ``(N, 3, 3)``."""
    matrices = np.zeros((len(angle_rad), 3, 3))
    matrices[:, 0, 0] = matrices[:, 1, 1] = np.cos(angle_rad)
    matrices[:, 0, 1] = np.sin(angle_rad)
    matrices[:, 1, 0] = -matrices[:, 0, 1]
    matrices[:, 2, 2] = 1.0
    return matrices


def _times(epoch: Epoch, offsets_s: FloatArray) -> Time:
    times: Time = _timescale().tt_jd(_J2000_JD, ((epoch - _J2000_TT) + offsets_s) / DAY_S)
    return times


@cache
def _timescale() -> Timescale:
    """Skyfield's own, with the UT1 that it was published with."""
    timescale: Timescale = load.timescale(builtin=True)
    return timescale
