"""Segments of SPK kernels, and which of them CSPICE would use at each moment. For the child process of ``spk`` only.

CSPICE takes, for each body, the segment of the file loaded last, and within a file the one written last, whose span
holds the moment (NAIF, SPK Required Reading, "Segment order and priority"). It follows the segments' centres until the
chains of target and observer meet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import spiceypy as spice
from numpy.typing import NDArray
from spiceypy import cyice
from spiceypy.utils.exceptions import SpiceyError

from nearpass.astro.frames import CENTER_AT_BARYCENTER
from nearpass.errors import InputError

FloatArray = NDArray[np.float64]

_INERTIAL_FRAMES: Final = range(1, 22)  # CSPICE's built-in inertial frames; 1 is J2000, taken as ICRF
_MOST_SEGMENTS: Final = 100_000
_COINCIDENT: Final = -1  # stands in the place of a data type for "these two points are taken as one"
_ALWAYS_S: Final = 1e12
_EPSILON_S: Final = 1e-6  # stretches shorter than this hold no moment that a double can tell from its neighbour


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """One segment: bodies, frame, SPK data type, span in TDB seconds, and where its numbers lie."""

    target: int
    center: int
    frame: int
    data_type: int
    start_s: float
    stop_s: float
    handle: int
    first_word: int
    last_word: int
    packed: FloatArray

    def state(self, time_s: FloatArray) -> FloatArray:
        """States ``(N, 6)`` of the target about the segment's centre in ICRF axes at TDB seconds ``(N,)``."""
        if self.data_type == _COINCIDENT:
            return np.zeros((len(time_s), 6))
        inside_s = np.clip(np.ascontiguousarray(time_s), self.start_s, self.stop_s)
        _, states, _ = cyice.spkpvn_v(self.handle, self.packed, inside_s)
        states = np.asarray(states, dtype=np.float64).reshape(-1, 6)
        if self.frame == 1:
            return states
        if self.frame not in _INERTIAL_FRAMES:
            turns = np.asarray(cyice.sxform_v(spice.frmnam(self.frame), "J2000", inside_s)).reshape(-1, 6, 6)
            return np.asarray(np.einsum("nij,nj->ni", turns, states))
        rotation = np.asarray(spice.pxform(spice.frmnam(self.frame), "J2000", 0.0))
        return np.hstack([states[:, :3] @ rotation.T, states[:, 3:] @ rotation.T])

    def polynomials(self) -> tuple[FloatArray, FloatArray] | None:
        """Knots ``(K + 1,)`` in TDB seconds and position series ``(K, D + 1, 3)`` of types 2 and 3, else None.

        NAIF, SPK Required Reading, "Type 2" and "Type 3": a directory of four words, INIT, INTLEN, RSIZE and N, ends
        the segment; each record holds its midpoint, its radius and one series per component.

        Raises:
            InputError: if the directory contradicts the length of the segment.

        """
        if self.data_type == _COINCIDENT:
            return np.array([self.start_s, self.stop_s]), np.zeros((1, 1, 3))
        if self.data_type not in (2, 3) or self.frame != 1:
            return None
        init_s, length_s, record_size, count = spice.dafgda(self.handle, self.last_word - 3, self.last_word)
        words = np.asarray(spice.dafgda(self.handle, self.first_word, self.last_word - 4))
        components = 3 if self.data_type == 2 else 6
        if record_size < 2 + components or (record_size - 2) % components or record_size * count != len(words):
            raise InputError("the directory of a segment must fit its records", value=f"{count:g} of {record_size:g}")
        records = words.reshape(int(count), int(record_size))
        series = records[:, 2:].reshape(int(count), components, -1)[:, :3]
        return init_s + length_s * np.arange(int(count) + 1), np.ascontiguousarray(np.swapaxes(series, 1, 2))


@dataclass(frozen=True, slots=True)
class Link:
    """A stretch of TDB seconds in which one chain holds: ``sum(up) - sum(down)`` is the target about the body."""

    start_s: float
    stop_s: float
    up: tuple[Segment, ...]
    down: tuple[Segment, ...]

    @property
    def segments(self) -> tuple[Segment, ...]:
        """All segments of the chain."""
        return self.up + self.down

    def state(self, time_s: FloatArray) -> FloatArray:
        """States ``(N, 6)`` of the target about the body in ICRF axes."""
        total = np.zeros((len(time_s), 6))
        for segment in self.up:
            total += segment.state(time_s)
        for segment in self.down:
            total -= segment.state(time_s)
        return total


def segments_of(path: str) -> list[Segment]:
    """All segments of a kernel that holds some, in the order of the file.

    Text kernels and binary kernels of orientation hold none; they are loaded, as axes of segments may rest on them.

    Raises:
        InputError: for more segments than any kernel has: its list runs in a circle.
        SpiceyError: from CSPICE, for a file that it cannot read.

    """
    found: list[Segment] = []
    architecture, kind = spice.getfat(path)
    if (architecture, kind) == ("KPL", "MK"):
        raise InputError("a meta-kernel must be named *.tm or *.mk", file=Path(path).name)
    if architecture == "KPL" or (architecture, kind) == ("DAF", "PCK"):
        spice.furnsh(path)
        return []
    handle = spice.spklef(path)
    spice.dafbfs(handle)
    while spice.daffna():
        if len(found) == _MOST_SEGMENTS:
            raise InputError(f"a kernel must not hold more than {_MOST_SEGMENTS} segments", file=Path(path).name)
        packed = np.asarray(spice.dafgs(5), dtype=np.float64)[:5].copy()
        (start_s, stop_s), numbers = spice.dafus(packed, 2, 6)
        target, center, frame, data_type, first_word, last_word = (int(number) for number in numbers)
        found.append(Segment(target, center, frame, data_type, start_s, stop_s, handle, first_word, last_word, packed))
    return found


def links(segments: Sequence[Segment], target: int, body: int) -> list[Link]:
    """Where and how ``target`` is connected with ``body``, in order of time.

    Args:
        segments: All that is loaded, in rising priority.
        target: NAIF number.
        body: NAIF number of the origin.

    """
    by_target: dict[int, list[Segment]] = {}
    for center, barycenter in CENTER_AT_BARYCENTER.items():
        by_target[center] = [_coincident(center, barycenter)]
    for segment in segments:
        by_target.setdefault(segment.target, []).append(segment)
    edges = sorted({edge for held in by_target.values() for s in held for edge in (s.start_s, s.stop_s)})
    span_edges = _edges_within(by_target.get(target, []), edges)
    found: list[Link] = []
    for start_s, stop_s in pairwise(span_edges):
        if stop_s - start_s < _EPSILON_S:
            continue
        link = _link_at(by_target, target, body, start_s, stop_s)
        if link is None:
            continue
        before = found[-1] if found else None
        if before is not None and before.segments == link.segments and before.stop_s == start_s:
            found[-1] = Link(before.start_s, stop_s, link.up, link.down)
        else:
            found.append(link)
    return found


def _coincident(center: int, barycenter: int) -> Segment:
    return Segment(center, barycenter, 1, _COINCIDENT, -_ALWAYS_S, _ALWAYS_S, 0, 0, 0, np.zeros(5))


def _edges_within(held: Sequence[Segment], edges: Sequence[float]) -> list[float]:
    if not held:
        return []
    low, high = min(s.start_s for s in held), max(s.stop_s for s in held)
    return [edge for edge in edges if low <= edge <= high]


def _link_at(by_target: dict[int, list[Segment]], target: int, body: int, start_s: float, stop_s: float) -> Link | None:
    """The chain between two neighbouring edges, None where there is no connection."""
    up, up_nodes = _chain(by_target, target, body, start_s, stop_s)
    if up_nodes[-1] == body:
        return Link(start_s, stop_s, up, ())
    down, down_nodes = _chain(by_target, body, target, start_s, stop_s)
    for count, node in enumerate(up_nodes):
        if node in down_nodes:
            return Link(start_s, stop_s, up[:count], down[: down_nodes.index(node)])
    return None


def _chain(
    by_target: dict[int, list[Segment]], node: int, end: int, start_s: float, stop_s: float
) -> tuple[tuple[Segment, ...], list[int]]:
    """Segments from a body up to ``end`` or as far as they go, and the bodies passed on the way."""
    chain: list[Segment] = []
    nodes = [node]
    while node != end:
        covering = [s for s in by_target.get(node, []) if s.start_s <= start_s and s.stop_s >= stop_s]
        if not covering or covering[-1].center in nodes:
            break
        chain.append(covering[-1])
        node = covering[-1].center
        nodes.append(node)
    return tuple(chain), nodes


def check_frames(chain: Sequence[Link]) -> None:
    """Refuse segments whose axes CSPICE cannot turn to those of J2000 with the kernels at hand.

    Raises:
        InputError: naming the frame, and what is missing.

    """
    for link in chain:
        for segment in link.segments:
            if segment.frame in _INERTIAL_FRAMES:
                continue
            name = spice.frmnam(segment.frame)
            try:
                spice.sxform(name, "J2000", max(segment.start_s, link.start_s))
            except SpiceyError:
                rule = (
                    f"the axes of a segment of {segment.target} must be defined by a text kernel (PCK or FK) in kernels"
                )
                raise InputError(rule, value=name or f"frame {segment.frame}") from None
