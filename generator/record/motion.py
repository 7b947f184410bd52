"""Condensed motion for the record: orbits, paths around an instant, and how far a pair was apart over the window."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.axes import axes_named
from nearpass.astro.bodies import Body, equator_from_icrf, planetographic
from nearpass.encounter.elements import Elements, osculating_elements
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.reasons.motions import Approximate, ApproximateReasons
from nearpass.record.record import ApproximationRecord, EndingRecord, OrbitRecord, RangeProfile, Series, Span, Vector

FloatArray = NDArray[np.float64]

AT_REST_KM_S: Final = 0.01
ENTRY_KM: Final = 200.0
CLOCKS_S: Final = 1e-3
"""A gap this short is none: kernels and messages count in different clocks, and objects move metres meanwhile."""
PATH_POINTS: Final = 161
PATH_SAMPLES: Final = 2_001
OPEN_PATH_S: Final = 21_600.0
"""Half the stretch shown of an orbit that is not closed."""
_RULES: Final[Mapping[str, Literal["by_theory", "by_last_orbit", "by_one_state"]]] = {
    "theory": "by_theory", "secular J2": "by_last_orbit", "one state": "by_one_state",
}  # fmt: skip
PROFILE_BINS: Final = 240
PROFILE_STEP_S: Final = 120.0
"""Sampling of the profile: a twentieth of the fastest change of distance between two low orbiters (half a period)."""


def orbit_of(trajectory: Trajectory, body: Body) -> OrbitRecord | None:
    """Orbit at the start of an object's coverage; None without coverage."""
    if not trajectory.arcs:
        return None
    start_s = trajectory.arcs[0].start_s
    elements = _elements(trajectory, start_s, body)
    length_s = elements.period_s or 2 * OPEN_PATH_S
    whole = next((arc for arc in trajectory.arcs if arc.stop_s - arc.start_s >= 0.999 * length_s), trajectory.arcs[0])
    middle_s = whole.start_s + length_s / 2.0
    radius_km = body.equatorial_radius_km
    return OrbitRecord(
        epoch=trajectory.epoch + start_s,
        periapsis_altitude_km=elements.periapsis_km - radius_km,
        apoapsis_altitude_km=elements.apoapsis_km - radius_km if elements.apoapsis_km else None,
        inclination_deg=math.degrees(elements.inclination_rad),
        eccentricity=elements.eccentricity,
        period_s=elements.period_s,
        track_km=path_around(trajectory, middle_s, body),
    )


def coverage_of(trajectory: Trajectory | None) -> tuple[Span, ...]:
    """Covered spans, touching arcs joined; none without a trajectory."""
    joined: list[list[float]] = []
    for start_s, stop_s in trajectory.spans_s if trajectory else ():
        if joined and start_s <= joined[-1][1]:
            joined[-1][1] = stop_s
        else:
            joined.append([start_s, stop_s])
    return tuple(Span(start=trajectory.epoch + a, stop=trajectory.epoch + b) for a, b in joined) if trajectory else ()


def approximation_of(trajectory: Trajectory) -> ApproximationRecord | None:
    """What of the motion was not delivered; None where all of it was."""
    found = trajectory.approximation
    if found is None:
        return None
    return ApproximationRecord(
        kind=found.kind, how=found.how, since=trajectory.epoch + found.since_s, error_km=found.error_km
    )


def approximate(motions: Mapping[str, Trajectory]) -> ApproximateReasons:
    """Which of some objects' motions were not delivered, with their stated errors."""
    return tuple(
        Approximate(
            object_id=object_id,
            error_km=found.error_km,
            rule=_RULES[found.kind],
        )
        for object_id, motion in motions.items()
        if (found := motion.approximation) is not None
    )


def ending_of(trajectory: Trajectory, span_s: float, body: Body) -> EndingRecord | None:
    """How an ephemeris ends before the window does; None if it reaches the window's end.

    At rest on the surface is slower than :data:`AT_REST_KM_S` against the body's rotating axes; descending is inward
    below :data:`ENTRY_KM`, where entries at Mars and the Earth and powered descents to the Moon begin.
    """
    if not trajectory.arcs or trajectory.arcs[-1].stop_s >= span_s - CLOCKS_S:
        return None
    stop_s = np.array([trajectory.arcs[-1].stop_s])
    position_km, velocity_km_s = trajectory.state(stop_s)
    _, _, altitude_km = planetographic(body, position_km, trajectory.epoch, stop_s)
    rotation, rate = axes_named(f"IAU_{body.name}").to_icrf(trajectory.epoch, stop_s)
    against_ground_km_s = velocity_km_s[0] - rate[0] @ rotation[0].T @ position_km[0]
    if float(np.linalg.norm(against_ground_km_s)) < AT_REST_KM_S and altitude_km[0] < ENTRY_KM:
        kind: Literal["on the surface", "descending", "in flight"] = "on the surface"
    elif altitude_km[0] < ENTRY_KM and float(position_km[0] @ velocity_km_s[0]) < 0.0:
        kind = "descending"
    else:
        kind = "in flight"
    return EndingRecord(at=trajectory.epoch + float(stop_s[0]), kind=kind, altitude_km=round(float(altitude_km[0]), 3))


def path_around(trajectory: Trajectory, offset_s: float, body: Body) -> tuple[Vector, ...]:
    """One revolution around an instant, inside its arc, as points at equal steps along the path.

    Args:
        trajectory: The object's trajectory.
        offset_s: The instant, seconds from the trajectory's epoch.
        body: The body at the centre.
    """
    covered = trajectory.covers(np.array([offset_s])).all()
    arc = trajectory.arc_at(offset_s) if covered else trajectory.arcs[0]
    inside_s = min(max(offset_s, arc.start_s), arc.stop_s)
    half_s = (_elements(trajectory, inside_s, body).period_s or 2 * OPEN_PATH_S) / 2.0
    grid_s = np.linspace(max(arc.start_s, inside_s - half_s), min(arc.stop_s, inside_s + half_s), PATH_SAMPLES)
    points_km = arc.position_km(grid_s)
    along_km = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points_km, axis=0), axis=1))])
    even_km = np.linspace(0.0, along_km[-1], PATH_POINTS)
    return tuple(
        (round(float(x), 2), round(float(y), 2), round(float(z), 2))
        for x, y, z in zip(*(np.interp(even_km, along_km, points_km[:, axis]) for axis in range(3)), strict=True)
    )


def profile_positions(trajectory: Trajectory, window: Span) -> FloatArray:
    """Positions ``(PROFILE_BINS * k, 3)`` on the common grid of all profiles, NaN outside the coverage."""
    grid_s = _profile_grid(window)
    positions_km = np.full((len(grid_s), 3), np.nan)
    covered = trajectory.covers(grid_s)
    positions_km[covered], _ = trajectory.state(grid_s[covered])
    return positions_km


def distance_profile(
    first_km: FloatArray, second_km: FloatArray, window: Span, minima: Iterable[tuple[float, float]]
) -> RangeProfile:
    """Least and greatest distance of a pair in equal bins of the window.

    Sampled; the known minima are worked in, so that no listed approach is missing from the picture.

    Args:
        first_km: Positions from :func:`profile_positions`.
        second_km: Positions of the other object on the same grid.
        window: The window.
        minima: Offset in s from the start of the window and distance in km of known minima.
    """
    step_s = window.length_s / PROFILE_BINS
    binned_km = np.linalg.norm(first_km - second_km, axis=1).reshape(PROFILE_BINS, -1)
    known = ~np.isnan(binned_km)
    least_km = np.min(binned_km, axis=1, initial=np.inf, where=known)
    most_km = np.max(binned_km, axis=1, initial=-np.inf, where=known)
    for offset_s, miss_km in minima:
        index = min(int(offset_s / step_s), PROFILE_BINS - 1)
        least_km[index] = min(least_km[index], miss_km)
        most_km[index] = max(most_km[index], miss_km)
    return RangeProfile(start=window.start, step_s=step_s, least_km=_series(least_km), most_km=_series(most_km))


def _profile_grid(window: Span) -> FloatArray:
    """Offsets of the profile's samples from the start of the window, the same number in each bin."""
    step_s = window.length_s / PROFILE_BINS
    per_bin = max(2, math.ceil(step_s / PROFILE_STEP_S))
    return np.asarray((np.arange(PROFILE_BINS * per_bin) + 0.5) * (step_s / per_bin), dtype=np.float64)


def _series(values_km: FloatArray) -> Series:
    return tuple(round(float(value), 3) if np.isfinite(value) else None for value in values_km)


def _elements(trajectory: Trajectory, offset_s: float, body: Body) -> Elements:
    position_km, velocity_km_s = trajectory.state(np.array([offset_s]))
    pole = equator_from_icrf(body, trajectory.epoch + offset_s)[2]
    return osculating_elements(position_km[0], velocity_km_s[0], body.gm_km3_s2, pole)
