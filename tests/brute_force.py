"""Independent reference for the screening: motions turned into arcs, and every minimum by dense sampling."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.optimize import brentq
from scipy.signal import find_peaks, peak_prominences

from fleets import ABOUT_MARS
from nearpass.astro.epochs import Epoch
from nearpass.ephemeris.trajectory import Arc, Proof, Trajectory

EPOCH: Final = Epoch.parse("2021-03-17T00:00:00")
GM_MARS_KM3_S2: Final = 42828.375  # JPL MAR097
MARS_KM: Final = 3396.19
FAR_KM: Final = 1e9
MICROMETRE_KM: Final = 1e-9
ROUNDING_KM: Final = 2e-12  # of a position of 1e4 km in double precision

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
    gm_km3_s2: float = GM_MARS_KM3_S2

    def __call__(self, offsets_s: np.ndarray) -> np.ndarray:
        """Positions (N, 3) from Kepler's equation."""
        mean = self.mean_anomaly_rad + np.sqrt(self.gm_km3_s2 / abs(self.a_km) ** 3) * offsets_s
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
    return Trajectory(object_id="A", frame=ABOUT_MARS, epoch=epoch, arcs=arcs, proof=proof)


def flown(motion: Motion, duration_s: float, step_s: float = 60.0) -> Trajectory:
    """A trajectory of one arc from offset 0."""
    return trajectory_of(arc_of(motion, np.linspace(0.0, duration_s, max(2, round(duration_s / step_s) + 1))))


@dataclass(frozen=True)
class Found:
    """A minimum by brute force.

    ``depth_km`` is how far the distance rises before something lower comes. Its time is defined to ``blur_s`` only: the
    span in which no sample is higher by more than 1 micrometre, and, where the distance turns slowly, the time in
    which it rises by what positions are rounded.
    """

    offset_s: float
    miss_km: float
    at_boundary: bool
    depth_km: float
    blur_s: float


def stretches(one: Trajectory, two: Trajectory, window_s: tuple[float, float]) -> list[tuple[float, float, Arc, Arc]]:
    """Times in which one arc of each object holds, with the arcs."""
    found = []
    for a in one.arcs:
        for b in two.arcs:
            start_s, stop_s = max(a.start_s, b.start_s, window_s[0]), min(a.stop_s, b.stop_s, window_s[1])
            if start_s < stop_s:
                found.append((start_s, stop_s, a, b))
    return sorted(found, key=lambda stretch: stretch[0])


@dataclass(frozen=True)
class _Row:
    offset_s: float
    distance_km: float
    at_end: bool = False
    gap_after: bool = False
    blur_s: float = 0.0


def brute_force(
    one: Trajectory, two: Trajectory, window_s: tuple[float, float], *, step_s: float = 2.0
) -> tuple[list[Found], float]:
    """All minima on a grid of ``step_s`` with every change of sign of r . v in it, and the smallest distance."""
    rows: list[_Row] = []
    for start_s, stop_s, a, b in stretches(one, two, window_s):
        offsets_s = np.linspace(start_s, stop_s, max(16, int((stop_s - start_s) / step_s)) + 1)
        r_km, closing = _motion(a, b, offsets_s)
        distances_km = np.linalg.norm(r_km, axis=1).tolist()
        own = [_Row(t, d) for t, d in zip(offsets_s.tolist(), distances_km, strict=True)]
        own[0], own[-1] = _Row(start_s, distances_km[0], at_end=True), _Row(stop_s, distances_km[-1], at_end=True)
        turns = np.flatnonzero((closing[:-1] < 0.0) & (closing[1:] > 0.0))
        own += [_turn(a, b, float(offsets_s[k]), float(offsets_s[k + 1])) for k in turns]
        own.sort(key=lambda row: row.offset_s)
        if rows and rows[-1].offset_s != start_s:
            rows[-1] = replace(rows[-1], gap_after=True)
        rows += own
    return _minima(rows), min((row.distance_km for row in rows), default=np.inf)


def _motion(a: Arc, b: Arc, offsets_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    (ra_km, va_km_s), (rb_km, vb_km_s) = (arc.state(offsets_s) for arc in (a, b))
    return rb_km - ra_km, ((rb_km - ra_km) * (vb_km_s - va_km_s)).sum(axis=1)


def _turn(a: Arc, b: Arc, left_s: float, right_s: float) -> _Row:
    """Brent's method, counting time from the bracket so that no digits are lost."""

    def closing(shift_s: float) -> float:
        return float(_motion(a, b, np.array([left_s + shift_s]))[1][0])

    offset_s = left_s + brentq(closing, 0.0, right_s - left_s, xtol=1e-9)
    distance_km = float(np.linalg.norm(_motion(a, b, np.array([offset_s]))[0]))
    bend_km2_s2 = (closing(right_s - left_s) - closing(0.0)) / (right_s - left_s)  # of half the squared distance
    blur_s = float(np.sqrt(2.0 * ROUNDING_KM * (distance_km + ROUNDING_KM) / bend_km2_s2))
    return _Row(offset_s, distance_km, blur_s=blur_s)


def _minima(rows: list[_Row]) -> list[Found]:
    """Local minima of the row and their depths by scipy.signal; uncovered time counts as very far."""
    heights_km, origin = [FAR_KM], [-1]
    for number, row in enumerate(rows):
        heights_km.append(row.distance_km)
        origin.append(number)
        if row.gap_after or number == len(rows) - 1:
            heights_km.append(FAR_KM)
            origin.append(-1)
    upside_down = -np.array(heights_km)
    peaks, plateaus = find_peaks(upside_down, plateau_size=1)
    depths_km = peak_prominences(upside_down, peaks)[0]
    offsets_s, distances_km = (np.array([getattr(row, name) for row in rows]) for name in ("offset_s", "distance_km"))
    found = []
    edges = plateaus["left_edges"], plateaus["right_edges"]
    for peak, left, right, depth_km in zip(peaks, *edges, depths_km, strict=True):
        row = rows[origin[peak]]
        at_boundary = any(rows[origin[k]].at_end for k in (left, right))
        width_s = _width_s(rows, offsets_s, distances_km, origin[peak])
        found.append(Found(row.offset_s, row.distance_km, at_boundary, float(depth_km), width_s + row.blur_s))
    return found


def _width_s(rows: list[_Row], offsets_s: np.ndarray, heights_km: np.ndarray, number: int) -> float:
    away = np.flatnonzero(np.abs(heights_km - heights_km[number]) > MICROMETRE_KM)
    after = int(np.searchsorted(away, number))
    first = away[after - 1] + 1 if after else 0
    last = away[after] - 1 if after < len(away) else len(rows) - 1
    return float(offsets_s[last] - offsets_s[first])


def rotated(trajectory: Trajectory, rotation: np.ndarray) -> Trajectory:
    """The same motion in other axes."""
    arcs = tuple(Arc(arc.knots_s, arc.coefficients_km @ rotation.T, arc.error_km) for arc in trajectory.arcs)
    return replace(trajectory, arcs=arcs)


def named(trajectories: Iterable[Trajectory]) -> Mapping[str, Trajectory]:
    """Trajectories by the ids a, b, c..."""
    return dict(zip("abcdefghijkl", trajectories, strict=False))
