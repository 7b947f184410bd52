"""Independent reference for the screening: motions turned into arcs, and every minimum by dense sampling."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import brentq

from generator.astro.epochs import Epoch
from generator.ephemeris.trajectory import Arc, Proof, Trajectory

EPOCH: Final = Epoch.parse("2021-03-17T00:00:00")
GM_MARS_KM3_S2: Final = 42828.375  # JPL MAR097
MARS_KM: Final = 3396.19

Motion = Callable[[np.ndarray], np.ndarray]  # offsets (N,) in s -> positions (N, 3) in km


@dataclass(frozen=True)
class Orbit:
    """A two-body orbit; ``a_km`` is negative on a hyperbola, angles in radians."""

    a_km: float
    e: float
    inclination_rad: float = 0.0
    node_rad: float = 0.0
    argument_rad: float = 0.0
    mean_anomaly_rad: float = 0.0

    def __call__(self, offsets_s: np.ndarray) -> np.ndarray:
        """Positions (N, 3) from Kepler's equation."""
        mean = self.mean_anomaly_rad + np.sqrt(GM_MARS_KM3_S2 / abs(self.a_km) ** 3) * offsets_s
        x, y = self._ellipse(mean) if self.e < 1 else self._hyperbola(mean)
        cos, sin = np.cos(self.argument_rad), np.sin(self.argument_rad)
        x, y = cos * x - sin * y, sin * x + cos * y
        y, z = y * np.cos(self.inclination_rad), y * np.sin(self.inclination_rad)
        cos, sin = np.cos(self.node_rad), np.sin(self.node_rad)
        return np.stack([cos * x - sin * y, sin * x + cos * y, z], axis=-1)

    def _ellipse(self, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        turns = np.round(mean / (2 * np.pi)) * 2 * np.pi
        mean = mean - turns
        low, high = mean - self.e, mean + self.e
        for _ in range(8):  # bisection first: Newton alone can run away near e = 1
            middle = 0.5 * (low + high)
            below = middle - self.e * np.sin(middle) < mean
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        anomaly = 0.5 * (low + high)
        for _ in range(8):
            anomaly = anomaly - (anomaly - self.e * np.sin(anomaly) - mean) / (1 - self.e * np.cos(anomaly))
        return self.a_km * (np.cos(anomaly) - self.e), self.a_km * np.sqrt(1 - self.e**2) * np.sin(anomaly)

    def _hyperbola(self, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        anomaly = np.arcsinh(mean / self.e)
        for _ in range(60):
            anomaly = anomaly - (self.e * np.sinh(anomaly) - anomaly - mean) / (self.e * np.cosh(anomaly) - 1)
        return self.a_km * (np.cosh(anomaly) - self.e), -self.a_km * np.sqrt(self.e**2 - 1) * np.sinh(anomaly)


def arc_of(motion: Motion, knots_s: Iterable[float], *, degree: int = 7, error_km: float = 0.0) -> Arc:
    """The motion interpolated at Chebyshev points between knots."""
    knots = np.asarray(list(knots_s), dtype=float)
    places = np.cos(np.pi * (np.arange(degree + 1) + 0.5) / (degree + 1))
    inverse = np.linalg.inv(np.polynomial.chebyshev.chebvander(places, degree))
    middles, half_widths = (knots[1:] + knots[:-1]) / 2, np.diff(knots) / 2
    offsets_s = middles[:, None] + half_widths[:, None] * places
    positions_km = motion(offsets_s.ravel()).reshape(*offsets_s.shape, 3)
    return Arc(knots, np.ascontiguousarray(inverse @ positions_km), error_km)


def trajectory_of(*arcs: Arc, proof: Proof = Proof.EXACT, epoch: Epoch = EPOCH) -> Trajectory:
    """Arcs as a trajectory."""
    return Trajectory(epoch=epoch, arcs=arcs, proof=proof)


def flown(motion: Motion, duration_s: float, step_s: float = 60.0) -> Trajectory:
    """A trajectory of one arc from offset 0."""
    return trajectory_of(arc_of(motion, np.linspace(0.0, duration_s, max(2, round(duration_s / step_s) + 1))))


@dataclass(frozen=True)
class Found:
    """A minimum by brute force; ``depth_km`` is how far the distance rises before something lower comes."""

    offset_s: float
    miss_km: float
    at_boundary: bool
    depth_km: float


def stretches(one: Trajectory, two: Trajectory, window_s: tuple[float, float]) -> list[tuple[float, float, Arc, Arc]]:
    """Times in which one arc of each object holds, with the arcs."""
    found = []
    for a in one.arcs:
        for b in two.arcs:
            start_s, stop_s = max(a.start_s, b.start_s, window_s[0]), min(a.stop_s, b.stop_s, window_s[1])
            if start_s < stop_s:
                found.append((start_s, stop_s, a, b))
    return sorted(found, key=lambda stretch: stretch[0])


def brute_force(
    one: Trajectory, two: Trajectory, window_s: tuple[float, float], *, step_s: float = 2.0
) -> tuple[list[Found], float]:
    """All minima on a grid of ``step_s``, each refined by Brent's method on r . v, and the smallest distance."""
    rows: list[tuple[float, float, bool, bool]] = []  # time, distance, at an end, whether the next row follows on
    for start_s, stop_s, a, b in stretches(one, two, window_s):
        offsets_s = np.linspace(start_s, stop_s, max(16, int((stop_s - start_s) / step_s)) + 1)
        distances_km = np.linalg.norm(b.position_km(offsets_s) - a.position_km(offsets_s), axis=1)
        refined = [
            _brent(a, b, offsets_s[i - 1], offsets_s[i + 1])
            for i in range(1, len(offsets_s) - 1)
            if distances_km[i] <= distances_km[i - 1] and distances_km[i] <= distances_km[i + 1]
        ]
        own = [
            (float(t), float(d), k in (0, len(offsets_s) - 1), True)
            for k, (t, d) in enumerate(zip(offsets_s, distances_km))
        ]
        own += [(t, d, False, True) for t, d in refined]
        own.sort()
        if rows and rows[-1][0] != own[0][0]:
            rows[-1] = (*rows[-1][:3], False)
        rows += own
    return _minima(rows), min((row[1] for row in rows), default=np.inf)


def _brent(a: Arc, b: Arc, left_s: float, right_s: float) -> tuple[float, float]:
    def closing(shift_s: float) -> float:
        (ra, va), (rb, vb) = (arc.state(np.array([left_s + shift_s])) for arc in (a, b))
        return float(((rb - ra) * (vb - va)).sum())

    width_s = right_s - left_s
    low, high = closing(0.0), closing(width_s)
    shift_s = brentq(closing, 0.0, width_s, xtol=1e-9) if low < 0 < high else width_s / 2
    at = np.array([left_s + shift_s])
    return float(at[0]), float(np.linalg.norm(b.position_km(at) - a.position_km(at)))


def _minima(rows: list[tuple[float, float, bool, bool]]) -> list[Found]:
    """Local minima of the sampled row; coverage gaps count as infinitely far."""
    heights: list[float] = [np.inf]
    origin: list[int] = [-1]
    for number, row in enumerate(rows):
        heights.append(row[1])
        origin.append(number)
        if not row[3]:
            heights.append(np.inf)
            origin.append(-1)
    heights.append(np.inf)
    origin.append(-1)
    found = []
    position = 1
    while position < len(heights) - 1:
        last = position
        while heights[last + 1] == heights[position]:
            last += 1
        if heights[position - 1] > heights[position] < heights[last + 1]:
            members = [rows[origin[k]] for k in range(position, last + 1)]
            row = members[len(members) // 2]
            depth_km = _depth(heights, position)
            found.append(Found(row[0], row[1], any(member[2] for member in members), depth_km))
        position = last + 1
    return found


def _depth(heights: list[float], position: int) -> float:
    """Rise to the lower of the two passes that lead to something lower; infinite for the lowest of all."""
    passes = []
    for step in (-1, 1):
        place, top = position, heights[position]
        while 0 <= place < len(heights) and heights[place] >= heights[position]:
            top = max(top, heights[place])
            place += step
        passes.append(top if 0 <= place < len(heights) else np.inf)
    return min(passes) - heights[position]


def rotated(trajectory: Trajectory, rotation: np.ndarray) -> Trajectory:
    """The same motion in other axes."""
    arcs = tuple(Arc(arc.knots_s, arc.coefficients_km @ rotation.T, arc.error_km) for arc in trajectory.arcs)
    return Trajectory(epoch=trajectory.epoch, arcs=arcs, proof=trajectory.proof)


def named(trajectories: Iterable[Trajectory]) -> Mapping[str, Trajectory]:
    """Trajectories by the ids a, b, c..."""
    return dict(zip("abcdefghijkl", trajectories, strict=False))
