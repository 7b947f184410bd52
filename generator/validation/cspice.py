"""Interpolation, time and axes held against CSPICE, which reads the same nodes and NAIF's own constants."""

from __future__ import annotations

import tempfile
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

import numpy as np
import spiceypy
from numpy.typing import NDArray

from nearpass.astro.bodies import body_fixed_from_icrf, body_named
from nearpass.astro.epochs import Epoch, TimeSystem, tdb_s
from nearpass.astro.frames import furnished
from nearpass.ephemeris.interpolation import arc_from_nodes
from nearpass.validation.check import Check, Section, at_most

FloatArray = NDArray[np.float64]

OBJECT: Final = -999
MARS: Final = 499
KINDS: Final = ((8, "LAGRANGE", 7), (9, "LAGRANGE", 9), (12, "HERMITE", 7), (13, "HERMITE", 7))
EVENLY_SPACED: Final = (8, 12)
ROUNDING_KM: Final = 1e-8  # a few units in the last place of 2e4 km, gathered over a window of ten nodes
ONE_TERM_S: Final = 5e-5  # CSPICE's TDB has one periodic term, ours has seven (Fairhead and Bretagnon 1990)
ROTATION_RAD: Final = 1e-8  # the prime meridian turns by 7e-9 rad in the 5e-5 s between both TDB at Earth's rate
INSTANTS: Final = 400
MOMENTS: Final = ("1999-01-01T00:00:00", "2008-12-31T23:59:60", "2016-12-31T12:00:00", "2026-11-25T00:00:00")


def cspice_sections() -> tuple[Section, ...]:
    """Sections against CSPICE: the same nodes interpolated by both, then instants and axes converted by both."""
    interpolated = tuple(_interpolated(*kind) for kind in KINDS)
    converted = _conversions()
    return (
        Section(
            title="Interpolation against CSPICE",
            text="Forty states of an eccentric Mars orbit, written as an SPK of the type named and given as a table. "
            "Both are evaluated at 2,001 instants, the ends included, where the window of nodes is shifted.",
            source="NAIF CSPICE, SPK types 8, 9, 12 and 13",
            required=len(interpolated),
            checks=interpolated,
        ),
        Section(
            title="Time and axes against CSPICE",
            text="UTC to TDB around leap seconds, and the rotating axes of the IAU, at instants from 1999 to 2026.",
            source="NAIF CSPICE with the constants of naif0012.tls and pck00010.tpc",
            required=len(converted),
            checks=converted,
        ),
    )


def _interpolated(data_type: int, method: str, degree: int) -> Check:
    nodes_s = np.arange(0.0, 40 * 300.0, 300.0)
    if data_type not in EVENLY_SPACED:
        nodes_s = nodes_s + 60.0 * np.sin(nodes_s)
    states = _eccentric_orbit(nodes_s)
    times_s = np.linspace(nodes_s[0], nodes_s[-1], 2001)
    with tempfile.TemporaryDirectory() as folder:
        kernel = Path(folder) / "nodes.bsp"
        _write_kernel(kernel, data_type, nodes_s, states, degree)
        with furnished([kernel]):
            theirs_km = np.array([spiceypy.spkgps(OBJECT, time_s, "J2000", MARS)[0] for time_s in times_s])
    ours_km = arc_from_nodes(nodes_s, states[:, :3], states[:, 3:], method, degree).position_km(times_s)
    return at_most(
        f"SPK type {data_type}",
        f"{method.capitalize()} degree {degree}, largest difference",
        "km",
        float(np.linalg.norm(ours_km - theirs_km, axis=1).max()),
        ROUNDING_KM,
        "rounding of positions of 2e4 km",
    )


def _eccentric_orbit(nodes_s: FloatArray) -> FloatArray:
    """States ``(N, 6)`` of an orbit of 3,900 by 20,000 km about Mars, by CSPICE's two-body propagator."""
    gm_km3_s2 = body_named("Mars").gm_km3_s2
    speed_km_s = np.sqrt(gm_km3_s2 * (2.0 / 3900.0 - 1.0 / 11950.0))
    start = [3900.0, 0.0, 0.0, 0.0, speed_km_s * np.cos(1.5), speed_km_s * np.sin(1.5)]
    return np.array([spiceypy.prop2b(gm_km3_s2, start, time_s - 3000.0) for time_s in nodes_s])


def _write_kernel(path: Path, data_type: int, nodes_s: FloatArray, states: FloatArray, degree: int) -> None:
    handle = spiceypy.spkopn(str(path), "validation", 0)
    named = (handle, OBJECT, MARS, "J2000", nodes_s[0], nodes_s[-1], "validation", degree, len(nodes_s))
    rows = np.ascontiguousarray(states)
    if data_type in EVENLY_SPACED:
        write = {8: spiceypy.spkw08, 12: spiceypy.spkw12}[data_type]
        write(*named, rows, nodes_s[0], nodes_s[1] - nodes_s[0])
    else:
        write = {9: spiceypy.spkw09, 13: spiceypy.spkw13}[data_type]
        write(*named, rows, nodes_s)
    spiceypy.spkcls(handle)


def _conversions() -> tuple[Check, ...]:
    constants = files("nearpass.validation") / "data" / "orientation_and_time.tpc"
    with as_file(constants) as path, furnished([path]):
        return (_tdb(), *(_rotation(name) for name in ("Mars", "Moon", "Earth")))


def _tdb() -> Check:
    start = Epoch.parse(MOMENTS[0])
    drawn = np.random.default_rng(2021).uniform(0.0, 27 * 365.25 * 86_400.0, INSTANTS)
    epochs = [*(Epoch.parse(moment) for moment in MOMENTS), *(start + float(offset_s) for offset_s in drawn)]
    differences_s = [
        abs(float(tdb_s(epoch, np.zeros(1))[0]) - spiceypy.str2et(epoch.iso(TimeSystem.UTC, digits=6)))
        for epoch in epochs
    ]
    return at_most(
        "UTC to TDB",
        f"{len(epochs)} instants, largest difference",
        "s",
        max(differences_s),
        ONE_TERM_S,
        "CSPICE's TDB keeps one periodic term",
    )


def _rotation(name: str) -> Check:
    body = body_named(name)
    start = Epoch.parse(MOMENTS[0])
    offsets_s = np.random.default_rng(499).uniform(0.0, 27 * 365.25 * 86_400.0, INSTANTS)
    ours = body_fixed_from_icrf(body, start, offsets_s)
    theirs = np.array([spiceypy.pxform("J2000", f"IAU_{name.upper()}", time_s) for time_s in tdb_s(start, offsets_s)])
    angles_rad = np.linalg.norm(ours - theirs, axis=(1, 2)) / np.sqrt(2.0)
    return at_most(
        f"ICRF to IAU_{name.upper()}",
        f"{INSTANTS} instants, largest angle",
        "rad",
        float(angles_rad.max()),
        ROTATION_RAD,
        "rounding of the meridian's angle over decades",
    )
