"""Fleets of trajectories, and of several kinds at once, for the screening of many objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.frames import check_one_frame
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.screening.steps import Motion

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]


class TrajectoryFleet:
    """Objects by their trajectories, at least one, all of one epoch.

    Raises:
        FrameError: if two are about different bodies or in different axes.
    """

    def __init__(self, trajectories: Mapping[str, Trajectory]) -> None:
        self.ids = tuple(sorted(trajectories))
        check_one_frame((name, trajectories[name].frame) for name in self.ids)
        self.frame = trajectories[self.ids[0]].frame
        self._arcs = tuple(trajectories[name].arcs for name in self.ids)
        self._first = np.cumsum([0, *(len(arcs) for arcs in self._arcs)])

    def sampled_km(self, rows: IndexArray, offsets_s: FloatArray) -> FloatArray:
        """Positions ``(n, T, 3)`` at common times ``(T,)``; NaN unless one arc covers them all."""
        return np.stack([self._sampled_km(row, offsets_s) for row in rows.tolist()])

    def scattered_km(self, rows: IndexArray, offsets_s: FloatArray) -> FloatArray:
        """Positions ``(n, T, 3)`` at times ``(n, T)`` of their own; rows may repeat, in ascending order."""
        found = [self._sampled_km(row, times_s) for row, times_s in zip(rows.tolist(), offsets_s, strict=True)]
        return np.stack(found) if found else np.empty((*offsets_s.shape, 3))

    def arc_numbers(self, edges_s: FloatArray, covered: BoolArray) -> IndexArray:
        """Which arc holds on each interval, ``(N, K)``; -1 where not covered."""
        numbers = np.full(covered.shape, -1, dtype=np.intp)
        for row, arcs in enumerate(self._arcs):
            for place, arc in enumerate(arcs):
                inside = (edges_s[:-1] >= arc.start_s) & (edges_s[1:] <= arc.stop_s)
                numbers[row, inside] = self._first[row] + place
        return np.where(covered, numbers, -1)

    def breaks_s(self) -> FloatArray:
        """Where arcs begin and end."""
        return np.unique([end for arcs in self._arcs for arc in arcs for end in (arc.start_s, arc.stop_s)])

    def _sampled_km(self, row: int, offsets_s: FloatArray) -> FloatArray:
        first_s, last_s = float(offsets_s.min()), float(offsets_s.max())
        for arc in self._arcs[row]:
            if arc.start_s <= first_s and last_s <= arc.stop_s:
                return arc.position_km(offsets_s)
        return np.full((len(offsets_s), 3), np.nan)


class MixedFleet:
    """Fleets of several kinds as one, at least one, from the same epoch.

    Raises:
        FrameError: if two are about different bodies or in different axes.
    """

    def __init__(self, parts: Sequence[Motion]) -> None:
        self.parts = tuple(parts)
        check_one_frame((part.ids[0], part.frame) for part in self.parts)
        self.frame = self.parts[0].frame
        self.ids = tuple(name for part in self.parts for name in part.ids)
        self._first = np.cumsum([0, *(len(part.ids) for part in self.parts)])

    def sampled_km(self, rows: IndexArray, offsets_s: FloatArray) -> FloatArray:
        """Positions ``(n, T, 3)`` at common times ``(T,)``; NaN where there is none."""
        found_km = np.empty((len(rows), len(offsets_s), 3))
        for part, first, own in self._owners(rows):
            found_km[own] = part.sampled_km(rows[own] - first, offsets_s)
        return found_km

    def scattered_km(self, rows: IndexArray, offsets_s: FloatArray) -> FloatArray:
        """Positions ``(n, T, 3)`` at times ``(n, T)`` of their own; rows may repeat, in ascending order."""
        found_km = np.empty((*offsets_s.shape, 3))
        for part, first, own in self._owners(rows):
            found_km[own] = part.scattered_km(rows[own] - first, offsets_s[own])
        return found_km

    def arc_numbers(self, edges_s: FloatArray, covered: BoolArray) -> IndexArray:
        """Which stretch without a break holds on each interval, ``(N, K)``; -1 where not covered."""
        numbers, most = [], 0
        for part, (first, last) in zip(self.parts, pairwise(self._first.tolist()), strict=True):
            own = part.arc_numbers(edges_s, covered[first:last])
            numbers.append(np.where(own >= 0, own + most, -1))
            most = max(most, int(numbers[-1].max(initial=most - 1)) + 1)
        return np.concatenate(numbers)

    def breaks_s(self) -> FloatArray:
        """Breaks of all parts."""
        return np.unique(np.concatenate([part.breaks_s() for part in self.parts]))

    def _owners(self, rows: IndexArray) -> list[tuple[Motion, int, IndexArray]]:
        """Each part with its first row and the places of ``rows`` that are its own."""
        owner = np.searchsorted(self._first, rows, side="right") - 1
        found = [
            (part, first, np.flatnonzero(owner == number))
            for number, (part, first) in enumerate(zip(self.parts, self._first.tolist(), strict=False))
        ]
        return [one for one in found if len(one[2])]
