"""How another solution of an object differs from the nominal one, along the nominal one's axes."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.fields import Span, Vector
from nearpass.astro.local_axes import rtn_axes
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.record.solution_record import DifferenceRecord

FloatArray = NDArray[np.float64]

BINS: Final = 240
SAMPLE_S: Final = 60.0
"""At most this far apart: a hundredth of the revolution of a low orbiter, with which differences come and go."""


def difference(nominal: Trajectory, other: Trajectory, window: Span) -> DifferenceRecord | None:
    """Solution minus nominal over the window; None where they have no time in common.

    Args:
        nominal: The trajectory whose axes are used; it counts from the start of the window.
        other: The other solution, of the same epoch.
        window: The window.
    """
    step_s = window.length_s / BINS
    per_bin = max(2, math.ceil(step_s / SAMPLE_S))
    sample_s = step_s / per_bin
    offsets_s: FloatArray = (np.arange(BINS * per_bin, dtype=np.float64) + 0.5) * sample_s
    rtn_km, speed_km_s = np.full((len(offsets_s), 3), np.nan), np.full(len(offsets_s), np.nan)
    both = nominal.covers(offsets_s) & other.covers(offsets_s)
    if not both.any():
        return None
    position_km, velocity_km_s = nominal.state(offsets_s[both])
    other_km, _ = other.state(offsets_s[both])
    rtn_km[both] = np.einsum("nij,nj->ni", rtn_axes(position_km, velocity_km_s), other_km - position_km)
    speed_km_s[both] = np.linalg.norm(velocity_km_s, axis=1)
    distance_km = np.linalg.norm(rtn_km, axis=1)
    late_s = -rtn_km[:, 1] / speed_km_s
    largest = [int(np.nanargmax(np.abs(rtn_km[:, axis]))) for axis in range(3)]
    farthest = int(np.nanargmax(distance_km))
    return DifferenceRecord(
        start=window.start,
        step_s=step_s,
        sample_s=sample_s,
        least_rtn_km=_binned(rtn_km, per_bin, np.minimum),
        most_rtn_km=_binned(rtn_km, per_bin, np.maximum),
        largest_rtn_km=_vector(rtn_km[largest, range(3)]),
        largest_rtn_at=(
            window.start + float(offsets_s[largest[0]]),
            window.start + float(offsets_s[largest[1]]),
            window.start + float(offsets_s[largest[2]]),
        ),
        largest_km=round(float(distance_km[farthest]), 6),
        largest_at=window.start + float(offsets_s[farthest]),
        largest_timing_s=round(float(late_s[int(np.nanargmax(np.abs(late_s)))]), 6),
    )


def _binned(rtn_km: FloatArray, per_bin: int, choose: np.ufunc) -> tuple[Vector | None, ...]:
    """Smallest or largest of each component in each bin, ignoring what is not covered."""
    bins = rtn_km.reshape(BINS, per_bin, 3)
    known = ~np.isnan(bins[:, :, 0])
    empty = -np.inf if choose is np.maximum else np.inf
    chosen = choose.reduce(np.where(known[:, :, None], bins, empty), axis=1)
    return tuple(_vector(row) if held.any() else None for row, held in zip(chosen, known, strict=True))


def _vector(values: FloatArray) -> Vector:
    x, y, z = (round(float(value), 6) for value in values)
    return x, y, z
