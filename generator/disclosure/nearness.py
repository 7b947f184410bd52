"""Approaches of one motion to all others, found quickly: a search for decoys asks for them hundreds of times.

The window is cut into short cells in which no arc begins or ends. In a cell two objects move straight but for their
gravity, which is bounded by their distances from the body; where that bound keeps them apart nothing more is computed,
and elsewhere every change of sign of the range rate on a fine grid is refined. This is no proof as that of
:mod:`nearpass.screening`: its tests hold it against that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import elementwise

from nearpass.astro.bodies import Body
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.screening.screen import Approach

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
CELL_S: Final = 120.0
PARTS: Final = 16
"""Into so many parts a cell is cut where objects may be near: two minima within one part, 7.5 s, would be missed."""
_INSIDE: Final = 1.0 - 1e-9  # so that a cell's end is its own arc's, not the next one's
_OTHER_FORCES_KM_S2: Final = 1e-5  # thrust, other bodies, the body's own shape beyond a twentieth of its gravity
_TOLERANCE_S: Final = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sampled:
    """A motion in the middle of each cell, ``(M, 3)``, NaN where it is not covered, and its pull ``(M,)``, km/s2."""

    position_km: FloatArray
    velocity_km_s: FloatArray
    pull_km_s2: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sky:
    """Many motions over a window: cells with middles and half widths ``(M,)``, and each motion in them."""

    body: Body
    motions: Mapping[str, Trajectory]
    middle_s: FloatArray
    half_s: FloatArray
    breaks_s: FloatArray
    samples: Mapping[str, _Sampled]

    def approaches(self, name: str, motion: Trajectory, others: Collection[str], limit_km: float) -> list[Approach]:
        """Local minima below a limit of the distance of a motion, called by a name, to some of the others.

        Args:
            name: The name that approaches give it.
            motion: A trajectory whose arcs begin and end where those of one in the sky do.
            others: With which of the motions.
            limit_km: Minima below it are listed, in order of time.
        """
        mine = _sampled(motion, self.body, self.middle_s, self.half_s)
        found = []
        for other in others:
            cells = np.flatnonzero(_may_be_near(mine, self.samples[other], self.half_s, limit_km))
            if not len(cells):
                continue
            offset_s, miss_km, at_boundary = self._minima(motion, self.motions[other], cells)
            first, second = sorted((name, other))
            found += [
                Approach(first=first, second=second, offset_s=float(a), miss_km=float(b), at_boundary=bool(c))
                for a, b, c in zip(offset_s, miss_km, at_boundary, strict=True)
                if b < limit_km
            ]
        return sorted(found, key=lambda one: (one.offset_s, one.first, one.second))

    def _minima(
        self, motion: Trajectory, other: Trajectory, cells: NDArray[np.intp]
    ) -> tuple[FloatArray, FloatArray, BoolArray]:
        """Times, distances and whether at a boundary, of the minima in some cells; at the outer ends of cells too."""
        closing = partial(_closing, motion, other)
        places = np.linspace(-_INSIDE, _INSIDE, PARTS + 1)
        times_s = self.middle_s[cells, None] + self.half_s[cells, None] * places
        rate = closing(times_s)
        row, column = np.nonzero((rate[:, :-1] < 0.0) & (rate[:, 1:] >= 0.0))
        bracket = times_s[row, column], times_s[row, column + 1]
        inner_s: FloatArray = bracket[0]
        if len(row):
            inner_s = elementwise.find_root(closing, bracket, tolerances={"xatol": _TOLERANCE_S}).x
        joined = (cells[1:] == cells[:-1] + 1) & (
            np.abs(times_s[1:, 0] - times_s[:-1, -1]) < 1e-6 * (self.half_s[cells[1:]] + self.half_s[cells[:-1]])
        )
        left, right = ~np.append(False, joined), ~np.append(joined, False)
        begins_s = times_s[left & (rate[:, 0] >= 0.0), 0]
        ends_s = times_s[right & (rate[:, -1] < 0.0), -1]
        turns = np.flatnonzero(joined & (rate[:-1, -1] < 0.0) & (rate[1:, 0] >= 0.0))
        nearer = _apart_km(motion, other, times_s[turns, -1]) <= _apart_km(motion, other, times_s[turns + 1, 0])
        joints_s = np.where(nearer, times_s[turns, -1], times_s[turns + 1, 0])
        at_break = np.isin(np.round(joints_s, 3), np.round(self.breaks_s, 3))
        offset_s = np.concatenate([inner_s, begins_s, ends_s, joints_s])
        at_boundary = np.concatenate(
            [np.zeros(len(row), dtype=bool), np.ones(len(begins_s) + len(ends_s), dtype=bool), at_break]
        )
        return offset_s, _apart_km(motion, other, offset_s), at_boundary


def sky_of(motions: Mapping[str, Trajectory], body: Body, window_s: tuple[float, float]) -> Sky:
    """All motions in cells of a window, offsets from their common epoch."""
    start_s, stop_s = window_s
    ends = [edge for motion in motions.values() for span in motion.spans_s for edge in span]
    breaks_s = np.unique(np.clip([start_s, stop_s, *ends], start_s, stop_s))
    edges_s = np.unique(np.append(np.arange(start_s, stop_s, CELL_S), breaks_s))
    edges_s = edges_s[np.append(True, np.diff(edges_s) > 1e-3)]
    middle_s, half_s = (edges_s[1:] + edges_s[:-1]) / 2.0, np.diff(edges_s) / 2.0
    return Sky(
        body=body, motions=motions, middle_s=middle_s, half_s=half_s, breaks_s=breaks_s,
        samples={name: _sampled(motion, body, middle_s, half_s) for name, motion in motions.items()},
    )  # fmt: skip


def _sampled(motion: Trajectory, body: Body, middle_s: FloatArray, half_s: FloatArray) -> _Sampled:
    covered = motion.covers(middle_s)
    position_km, velocity_km_s = np.full((2, len(middle_s), 3), np.nan)
    position_km[covered], velocity_km_s[covered] = motion.state(middle_s[covered])
    radius_km = np.linalg.norm(position_km, axis=1)
    lowest_km = np.maximum(radius_km - 1.1 * half_s * np.linalg.norm(velocity_km_s, axis=1), 0.3 * radius_km)
    pull_km_s2 = 1.05 * body.gm_km3_s2 / lowest_km**2 + _OTHER_FORCES_KM_S2
    return _Sampled(position_km=position_km, velocity_km_s=velocity_km_s, pull_km_s2=pull_km_s2)


def _may_be_near(one: _Sampled, other: _Sampled, half_s: FloatArray, limit_km: float) -> BoolArray:
    """In which cells two motions may come nearer than a limit; nowhere where one is not covered."""
    apart_km = one.position_km - other.position_km
    moving_km_s = one.velocity_km_s - other.velocity_km_s
    speed2 = np.maximum(np.einsum("ni,ni->n", moving_km_s, moving_km_s), 1e-18)
    along_s = np.clip(-np.einsum("ni,ni->n", apart_km, moving_km_s) / speed2, -half_s, half_s)
    nearest_km = np.linalg.norm(apart_km + moving_km_s * along_s[:, None], axis=1)
    return np.asarray(nearest_km - (one.pull_km_s2 + other.pull_km_s2) * half_s**2 / 2.0 < limit_km)


def _apart_km(one: Trajectory, other: Trajectory, offsets_s: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.norm(one.state(offsets_s)[0] - other.state(offsets_s)[0], axis=1))


def _closing(one: Trajectory, other: Trajectory, offsets_s: FloatArray) -> FloatArray:
    """Distance times range rate at offsets of any shape, km2/s."""
    (r1, v1), (r2, v2) = (each.state(offsets_s.ravel()) for each in (one, other))
    return np.asarray(np.einsum("ni,ni->n", r1 - r2, v1 - v2).reshape(offsets_s.shape))
