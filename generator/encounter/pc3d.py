"""Expected number of collisions: curved motion, growing covariance, slow or long encounters.

Hall (2021, J. Spacecraft and Rockets 58(3), "Expected Collision Rates for Tracked Satellites"). The rate at which pairs
drawn from the two distributions enter the hard-body sphere is the inward flux of their relative density through that
sphere; its time integral is the statistically expected number of entries, Nc, and equals the probability of collision
where no pair enters twice. Pairs already inside when the span begins have not entered and are not counted.

At each instant the relative state is taken as Gaussian around the *peak overlap*: the most probable pair of orbits that
meet at that instant. Linearising there instead of at the mean orbits is what makes the method right for encounters
in which only the far end of a curved distribution reaches the other object.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc, erfcinv

from generator.encounter.equinoctial import Orbit

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

GAMMA: Final = 1e-16  # share of the encounter left outside its duration; CARA's value (Hall, Baars, Casali 2023)
DURATION_SIGMAS: Final = float(np.sqrt(2.0) * erfcinv(GAMMA))
CLIP_HBR: Final = 1e-4  # least sigma of an axis, in hard-body radii, as in the encounter plane
LONG_SHARE: Final = 0.02  # of the period; an encounter that lasts longer is integrated over the whole span
THIN: Final = -1
BENT: Final = -2
THIN_NODES: Final = 40, 40  # heights, and points on each arc
BENT_NODES: Final = 64, 96  # where the bend of the flux lies across the arcs
UNIFORM_SHARE: Final = 0.02  # of the speed, by which the mean velocity may vary over the sphere in the smooth rule
DENSITY_SIGMAS: Final = 8.0
NEGLIGIBLE: Final = 400.0  # squared Mahalanobis distance: a density below exp(-200) of its peak
TIME_NODES: Final = 33
RATE_RTOL: Final = 1e-5  # of the trapezoidal sum
SPAN_PANELS: Final = 16
PANEL_RTOL: Final = 2e-5  # a panel of the adaptive sum, against the whole
PANEL_NODES: Final = 8
MOST_HALVINGS: Final = 14
MOST_SHIFT_SIGMAS: Final = 3.0  # a bell centred farther away is extrapolated, not fitted
OVERLAP_STEPS: Final = 20
OVERLAP_TOLERANCE_HBR: Final = 1e-3  # how exactly the two orbits of a peak overlap meet


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Overlap:
    """Relative state at instants ``(N,)``, as a Gaussian around the peak overlap.

    ``mean`` ``(N, 6)`` and ``covariance`` ``(N, 6, 6)`` are secondary minus primary; ``first`` and ``second`` the
    elements ``(N, 6)`` that meet. Where ``found`` is False no such pair of closed orbits was reached.
    """

    mean: FloatArray
    covariance: FloatArray
    first: FloatArray
    second: FloatArray
    found: BoolArray

    def at(self, rows: NDArray[np.intp]) -> Overlap:
        """Some of the instants."""
        return Overlap(**{name: getattr(self, name)[rows] for name in Overlap.__slots__})

    @property
    def depth(self) -> FloatArray:
        """Squared Mahalanobis distance plus logarithm of the determinant: least at the peak of the rate; inf if not found."""
        values, vectors = np.linalg.eigh(self.covariance[:, :3, :3])
        values = np.maximum(values, np.finfo(float).tiny)
        scaled = np.einsum("ni,nij->nj", self.mean[:, :3], vectors) / np.sqrt(values)
        with np.errstate(over="ignore"):
            depth = (scaled**2).sum(axis=1) + np.log(values).sum(axis=1)
        return np.where(self.found, depth, np.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """When the rate is largest, seconds from the nominal TCA, how long it lasts (one sigma), and how deep it is."""

    offset_s: float
    sigma_s: float
    depth: float
    relative_speed_km_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Expected number of collisions in a span, seconds from the nominal TCA; ``whole_span``: all that was asked for."""

    number: float
    start_s: float
    stop_s: float
    whole_span: bool


def overlap(first: Orbit, second: Orbit, offsets_s: FloatArray, hbr_km: float) -> Overlap:
    """Gaussian of the relative state around the most probable pair of orbits that meet, at each instant.

    Hall (2021, section IV): the two deviations from the mean elements that bring both objects to one place with the
    least sum of squared Mahalanobis distances, by Gauss-Newton iteration on the linearised positions.

    Args:
        first: The primary.
        second: The secondary.
        offsets_s: Seconds from the nominal TCA, shape ``(N,)``.
        hbr_km: Combined hard-body radius, the scale on which "meet" is judged.
    """
    elements = [np.tile(one.mean, (len(offsets_s), 1)) for one in (first, second)]
    found = np.zeros(len(offsets_s), dtype=bool)
    dead = np.zeros(len(offsets_s), dtype=bool)
    mean, covariance = np.zeros((len(offsets_s), 6)), np.zeros((len(offsets_s), 6, 6))
    open_rows = np.arange(len(offsets_s))
    for _ in range(OVERLAP_STEPS):
        at_s = offsets_s[open_rows]
        linear = [one.linearised(own[open_rows], at_s) for one, own in zip((first, second), elements, strict=True)]
        back = [
            state + np.einsum("nij,nj->ni", partials, one.mean - own[open_rows])
            for one, own, (state, partials) in zip((first, second), elements, linear, strict=True)
        ]
        spread = [
            one.covariance @ partials.transpose(0, 2, 1)
            for one, (_, partials) in zip((first, second), linear, strict=True)
        ]
        mean[open_rows] = back[1] - back[0]
        covariance[open_rows] = linear[0][1] @ spread[0] + linear[1][1] @ spread[1]
        apart_km = np.linalg.norm(linear[1][0][:, :3] - linear[0][0][:, :3], axis=1)
        met = apart_km < OVERLAP_TOLERANCE_HBR * hbr_km
        found[open_rows] = met
        pull = np.linalg.solve(
            covariance[open_rows, :3, :3] + np.eye(3) * (CLIP_HBR * hbr_km) ** 2, mean[open_rows, :3, None]
        )
        towards = (
            first.mean + (spread[0][:, :, :3] @ pull)[..., 0],
            second.mean - (spread[1][:, :, :3] @ pull)[..., 0],
        )
        closed = np.ones(len(open_rows), dtype=bool)
        for own, new in zip(elements, towards, strict=True):
            valid = (new[:, 0] > 0) & (np.hypot(new[:, 1], new[:, 2]) < 1.0)
            closed &= valid
            own[open_rows[~met & valid]] = new[~met & valid]
        dead[open_rows] = ~closed & ~met
        open_rows = open_rows[~met & closed]
        if not open_rows.size:
            break
    return Overlap(mean=mean, covariance=covariance, first=elements[0], second=elements[1], found=found)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flux:
    """What the inward flux through the hard-body sphere needs, ``N`` instants, in the principal axes of the position.

    The density of the relative position has standard deviations ``sigma_km`` ``(N, 3)``, least first, around ``mean_km``.
    Given a position ``s`` the relative velocity has mean ``at_centre_km_s + gain @ s`` and covariance ``spread``. The rows of
    ``axes`` ``(N, 3, 3)`` are the principal axes.
    """

    axes: FloatArray
    sigma_km: FloatArray
    mean_km: FloatArray
    at_centre_km_s: FloatArray
    gain: FloatArray
    spread: FloatArray

    def at(self, rows: NDArray[np.intp]) -> Flux:
        """Some of the instants."""
        return Flux(**{name: getattr(self, name)[rows] for name in Flux.__slots__})

    def turned(self, axes: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Velocity, gain and spread in other axes ``(N, 3, 3)``, whose rows are in the principal ones."""
        back = axes.transpose(0, 2, 1)
        return np.einsum("nij,nj->ni", axes, self.at_centre_km_s), axes @ self.gain @ back, axes @ self.spread @ back


def flux(state: Overlap, hbr_km: float) -> Flux:
    """Density and conditional velocity of a Gaussian relative state (Hall 2021, eq. 21-25)."""
    values, vectors = np.linalg.eigh(state.covariance[:, :3, :3])
    values = np.maximum(values, (CLIP_HBR * hbr_km) ** 2)
    rotated = vectors.transpose(0, 2, 1)
    cross = rotated @ state.covariance[:, 3:, :3] @ vectors
    gain = cross / values[:, None, :]
    mean_km = np.einsum("nij,nj->ni", rotated, state.mean[:, :3])
    return Flux(
        axes=rotated,
        sigma_km=np.sqrt(values),
        mean_km=mean_km,
        at_centre_km_s=np.einsum("nij,nj->ni", rotated, state.mean[:, 3:]) - np.einsum("nij,nj->ni", gain, mean_km),
        gain=gain,
        spread=rotated @ state.covariance[:, 3:, 3:] @ vectors - gain @ cross.transpose(0, 2, 1),
    )


def mean_inward_km_s(given: Flux, hbr_km: float, unit: FloatArray) -> FloatArray:
    """Mean inward speed ``(N,)`` at one point of the sphere each: unit vectors ``(N, 3)`` in the principal axes."""
    outward = given.at_centre_km_s + hbr_km * np.einsum("nij,nj->ni", given.gain, unit)
    variance = np.einsum("ni,nij,nj->n", unit, given.spread, unit)
    return _inward(np.einsum("ni,ni->n", outward, unit), np.sqrt(np.maximum(variance, 0.0)))


def log_flux(given: Flux, hbr_km: float, rings: int) -> tuple[FloatArray, FloatArray]:
    """Logarithm of the inward flux density ``(N, K)`` at K points of the hard-body sphere, and their areas ``(K,)``.

    For a density that is smooth over the sphere: product of Gauss-Legendre in the height along the relative velocity,
    separately on either side of the equator, where the flux has a bend, and the trapezoidal rule around.
    """
    directions, weights = _sphere(rings)
    axes = _aligned(given.at_centre_km_s)
    velocity, gain, spread = given.turned(axes)
    precision = (axes / given.sigma_km[:, None, :] ** 2) @ axes.transpose(0, 2, 1)
    pulled = np.einsum("nij,nj->ni", axes, given.mean_km / given.sigma_km**2)
    first, other = [0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]
    squares = directions[:, first] * directions[:, other] * [1, 1, 1, 2, 2, 2]

    def form(matrix: FloatArray) -> FloatArray:
        return np.asarray(((matrix + matrix.transpose(0, 2, 1)) / 2.0)[:, first, other] @ squares.T)

    exponent = (
        hbr_km**2 * form(precision)
        - 2.0 * hbr_km * pulled @ directions.T
        + ((given.mean_km / given.sigma_km) ** 2).sum(axis=1)[:, None]
    )
    inward = _inward(velocity @ directions.T + hbr_km * form(gain), np.sqrt(np.maximum(form(spread), 0.0)))
    with np.errstate(divide="ignore"):
        return np.log(inward) - exponent / 2.0 - _log_norm(given)[:, None], weights * hbr_km**2


def thin_rate(given: Flux, hbr_km: float, heights: int, arc_nodes: int) -> FloatArray:
    """Inward flux ``(N,)`` of a density that is thin against the sphere along one or two of its principal axes."""
    points = surface(given, hbr_km, heights, arc_nodes)
    return np.bincount(points.instant, weights=points.flux_per_s, minlength=len(given.sigma_km))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surface:
    """Points of the hard-body sphere, ``M`` for all instants together: whose ``instant``, ``unit`` vectors ``(M, 3)`` in
    the principal axes, and the inward flux that each stands for, 1/s.
    """

    instant: NDArray[np.intp]
    unit: FloatArray
    flux_per_s: FloatArray


def surface(given: Flux, hbr_km: float, heights: int, arc_nodes: int) -> Surface:
    """Quadrature of the inward flux over the part of the sphere where it counts.

    Gauss-Legendre in the height along the thinnest axis and in the angle around it, both only where the density is, the
    angle also parted where the mean velocity turns from in to out: the flux has a bend there.

    Args:
        given: From `flux`.
        hbr_km: Combined hard-body radius.
        heights: Points along the axis.
        arc_nodes: Points on each arc around it.
    """
    nodes, weights = np.polynomial.legendre.leggauss(heights)
    low, high = _within(given.mean_km[:, 0], given.sigma_km[:, 0], hbr_km)
    height = ((low + high)[:, None] + (high - low)[:, None] * nodes) / 2.0
    radius = np.sqrt((1.0 - height) * (1.0 + height))
    start, stop = _arcs(given, hbr_km, height, radius)
    instant, ring, arc = np.nonzero(stop - start > 0.0)
    half = (stop - start)[instant, ring, arc] / 2.0
    angles, shares = np.polynomial.legendre.leggauss(arc_nodes)
    around = (start + stop)[instant, ring, arc, None] / 2.0 + half[:, None] * angles
    unit = [
        height[instant, ring, None],
        radius[instant, ring, None] * np.sin(around),
        radius[instant, ring, None] * np.cos(around),
    ]

    def of(coefficients: FloatArray) -> FloatArray:
        return np.asarray(coefficients[instant, None])

    exponent, outward, variance = (np.zeros_like(around) for _ in range(3))
    for i in range(3):
        exponent += ((hbr_km * unit[i] - of(given.mean_km[:, i])) / of(given.sigma_km[:, i])) ** 2
        outward += of(given.at_centre_km_s[:, i]) * unit[i]
        for j in range(3):
            outward += of(hbr_km * given.gain[:, i, j]) * unit[i] * unit[j]
            variance += of(given.spread[:, i, j]) * unit[i] * unit[j]
    area_km2 = hbr_km**2 * shares * (half * weights[ring] * ((high - low) / 2.0)[instant])[:, None]
    density = np.exp(-exponent / 2.0 - of(_log_norm(given)))
    inward = _inward(outward, np.sqrt(np.maximum(variance, 0.0)))
    return Surface(
        instant=np.repeat(instant, arc_nodes),
        unit=np.stack([np.broadcast_to(part, around.shape).ravel() for part in unit], axis=1),
        flux_per_s=(inward * density * area_km2).ravel(),
    )


def _within(mean_km: FloatArray, sigma_km: FloatArray, hbr_km: float) -> tuple[FloatArray, FloatArray]:
    """Range within [-1, 1], in hard-body radii, where a normal density counts."""
    reach_km = np.hypot(np.maximum(np.abs(mean_km) - hbr_km, 0.0), DENSITY_SIGMAS * sigma_km)
    low, high = (np.clip((mean_km + sign * reach_km) / hbr_km, -1.0, 1.0) for sign in (-1.0, 1.0))
    return low, high


def _arcs(given: Flux, hbr_km: float, height: FloatArray, radius: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Starts and ends ``(N, heights, 6)`` of the arcs of each ring, as angles from the widest axis; many are empty.

    The second axis is the sine of the angle, so that its range makes one interval in front and one behind; each is
    parted at the two angles where the mean velocity is tangent to the sphere.
    """
    low, high = _within(given.mean_km[:, 1], given.sigma_km[:, 1], hbr_km)
    first, last = (np.arcsin(np.clip(end[:, None] / radius, -1.0, 1.0)) for end in (low, high))
    v1, v2, v3 = (speed[:, None] for speed in given.at_centre_km_s.T)
    with np.errstate(divide="ignore", invalid="ignore"):
        turn = np.arccos(np.clip(np.nan_to_num(-v1 * height / (np.hypot(v2, v3) * radius)), -1.0, 1.0))
    starts, stops = [], []
    for begin, end in ((first, last), (np.pi - last, np.pi - first)):
        bends = [np.remainder(np.arctan2(v2, v3) + sign * turn - begin, 2.0 * np.pi) for sign in (-1.0, 1.0)]
        parts = np.sort(np.minimum(np.stack([0.0 * begin, *bends, np.inf + begin]), end - begin), axis=0) + begin
        starts.extend(parts[:-1])
        stops.extend(parts[1:])
    return np.stack(starts, axis=-1), np.stack(stops, axis=-1)


def _log_norm(given: Flux) -> FloatArray:
    return np.asarray(1.5 * np.log(2.0 * np.pi) + np.log(given.sigma_km).sum(axis=1))


def rates(first: Orbit, second: Orbit, hbr_km: float, offsets_s: FloatArray) -> FloatArray:
    """Expected entries into the hard-body sphere per second, ``(N,)``, at seconds from the nominal TCA."""
    state = overlap(first, second, np.asarray(offsets_s, dtype=float), hbr_km)
    given = flux(state, hbr_km)
    rings = _rings(given, state.found, hbr_km)
    rate = np.zeros(len(rings))
    for count in np.unique(rings[rings != 0]):
        rows = np.flatnonzero(rings == count)
        step = 128 if count < 0 else 2048
        fine = BENT_NODES if count == BENT else THIN_NODES
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            some = given.at(part)
            if count < 0:
                rate[part] = thin_rate(some, hbr_km, *fine)
            else:
                logarithm, weights = log_flux(some, hbr_km, int(count))
                rate[part] = np.exp(logarithm) @ weights
    return rate


def find_peak(first: Orbit, second: Orbit, hbr_km: float) -> Peak | None:
    """When the collision rate peaks, near the nominal TCA; None where it has no peak, as for objects that fly together.

    Starts from straight motion and constant covariance, then fits parabolas through the three lowest of the depths
    found so far (Hall, Baars, Casali 2023).
    """
    state = overlap_at_mean(first, second)
    position, velocity = state.mean[0, :3], state.mean[0, 3:]
    covariance = state.covariance[0, :3, :3] + np.eye(3) * (CLIP_HBR * hbr_km) ** 2
    inverse_v = np.linalg.solve(covariance, velocity)
    stiffness = float(velocity @ inverse_v)
    shorter_s = min(first.period_s, second.period_s)
    if stiffness * shorter_s**2 < 1.0:
        return None
    centre_s, sigma_s = -float(position @ inverse_v) / stiffness, float(stiffness**-0.5)
    for _ in range(20):
        times = centre_s + np.array([-1.0, 0.0, 1.0]) * sigma_s
        found = overlap(first, second, times, hbr_km)
        low, middle, high = found.depth
        curvature = float(low - 2.0 * middle + high)
        if not np.isfinite(curvature) or curvature <= 0.0:
            return None
        shift = float(low - high) / (2.0 * curvature)
        new_sigma_s = sigma_s * float(np.sqrt(2.0 / curvature))
        moved = abs(shift) * sigma_s
        settled = moved < 0.01 * new_sigma_s and abs(new_sigma_s / sigma_s - 1.0) < 0.01
        if settled or abs(centre_s) > shorter_s / 2.0:
            break
        centre_s += float(np.clip(shift, -20.0, 20.0)) * sigma_s
        sigma_s = float(np.clip(new_sigma_s, sigma_s / 10.0, sigma_s * 10.0))
    if abs(centre_s) > shorter_s / 2.0:
        return None
    meeting = found.mean[1, 3:] - np.einsum(
        "ij,j->i", found.covariance[1, 3:, :3], np.linalg.solve(found.covariance[1, :3, :3], found.mean[1, :3])
    )
    return Peak(
        offset_s=centre_s,
        sigma_s=sigma_s,
        depth=float(middle) - (shift * shift * curvature) / 2.0,
        relative_speed_km_s=float(np.linalg.norm(meeting)),
    )


def overlap_at_mean(first: Orbit, second: Orbit) -> Overlap:
    """The relative state at the nominal TCA, linearised at the mean orbits, one row."""
    at = np.zeros(1)
    (own, own_by), (other, other_by) = (one.linearised(one.mean[None], at) for one in (first, second))
    covariance = own_by @ first.covariance @ own_by.transpose(
        0, 2, 1
    ) + other_by @ second.covariance @ other_by.transpose(0, 2, 1)
    return Overlap(
        mean=other - own,
        covariance=covariance,
        first=first.mean[None],
        second=second.mean[None],
        found=np.ones(1, dtype=bool),
    )


def nc_3d(
    first: Orbit, second: Orbit, hbr_km: float, peak: Peak | None, span_s: tuple[float, float] | None = None
) -> Expected:
    """Expected number of collisions with the rate integrated over time (3D-Nc).

    A single bell of the rate is summed by the trapezoidal rule, which converges exponentially on it. Else the whole span
    is integrated adaptively.

    Args:
        first: The primary.
        second: The secondary.
        hbr_km: Combined hard-body radius.
        peak: From `find_peak`.
        span_s: Start and stop, seconds from the nominal TCA; None for half a (shorter) revolution on either side: what
            happens beyond belongs to the next encounter of the pair.
    """
    start_s, stop_s = span_s or whole_span(first, second)
    whole = True
    points = np.linspace(start_s, stop_s, SPAN_PANELS + 1)[1:-1]
    if peak is not None:
        # A sphere larger than sigma keeps the rate up for as long as it takes to cross it.
        half_s = DURATION_SIGMAS * peak.sigma_s + 2.0 * hbr_km / peak.relative_speed_km_s
        begin_s, end_s = peak.offset_s - half_s, peak.offset_s + half_s
        if start_s < begin_s and end_s < stop_s and end_s - begin_s < LONG_SHARE * min(first.period_s, second.period_s):
            times = np.linspace(begin_s, end_s, TIME_NODES)
            curve = rates(first, second, hbr_km, times)
            fine, coarse = float(curve.sum()), 2.0 * float(curve[::2].sum())
            if abs(fine - coarse) <= RATE_RTOL * fine:
                return Expected(
                    number=fine * float(times[1] - times[0]), start_s=begin_s, stop_s=end_s, whole_span=False
                )
            whole = False
            start_s, stop_s, points = begin_s, end_s, np.array([peak.offset_s])
        else:
            near = peak.offset_s + half_s * np.array([-1.0, -0.25, 0.0, 0.25, 1.0])
            points = np.sort(np.concatenate([points, near[(near > start_s) & (near < stop_s)]]))
    number = _integrate(lambda times: rates(first, second, hbr_km, times), np.array([start_s, *points, stop_s]))
    return Expected(number=number, start_s=start_s, stop_s=stop_s, whole_span=whole)


def _integrate(rate: Callable[[FloatArray], FloatArray], edges: FloatArray) -> float:
    """Integral over the panels between ``edges``, those halved where halving still changes the sum.

    As `scipy.integrate.cubature`, but one call of ``rate`` serves all the panels of a round: the rate costs far less an
    instant in long arrays.
    """
    nodes, weights = np.polynomial.legendre.leggauss(PANEL_NODES)

    def panels(low: FloatArray, high: FloatArray) -> FloatArray:
        times = ((low + high)[:, None] + (high - low)[:, None] * nodes) / 2.0
        return np.asarray(rate(times.ravel()).reshape(times.shape) @ weights * (high - low) / 2.0)

    low, high = edges[:-1], edges[1:]
    whole, done = panels(low, high), 0.0
    for _ in range(MOST_HALVINGS):
        middle = (low + high) / 2.0
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
        halves = panels(low, high)
        first, second = np.split(halves, 2)
        error = np.abs(first + second - whole)
        again = error > PANEL_RTOL * (done + halves.sum())
        done += float((first + second)[~again].sum())
        keep = np.concatenate([again, again])
        low, high, whole = low[keep], high[keep], halves[keep]
        if not low.size:
            break
    return done + float(whole.sum())


def nc_2d(first: Orbit, second: Orbit, hbr_km: float, peak: Peak) -> float | None:
    """Expected number of collisions with the time integral in closed form (2D-Nc); None where it is no bell.

    At every point of the sphere the flux is taken as a Gaussian in time, through its values at the peak and one sigma
    either side (Hall, Baars, Casali 2023): exact for straight motion, and cheap where it holds. A sphere of several sigma
    makes no bell of it.
    """
    times = peak.offset_s + peak.sigma_s * np.array([-1.0, 0.0, 1.0])
    state = overlap(first, second, times, hbr_km)
    given = flux(state, hbr_km)
    rings = _rings(given, state.found, hbr_km)
    if not state.found.all() or (rings <= 0).any():
        return None
    (low, middle, high), weights = log_flux(given, hbr_km, int(rings.max()))
    counts = np.isfinite(low + middle + high)
    low, middle, high, weights = low[counts], middle[counts], high[counts], weights[counts]
    curvature, slope = 2.0 * middle - low - high, (high - low) / 2.0
    if not counts.any() or curvature.min() < 0.25 or np.abs(slope / curvature).max() > MOST_SHIFT_SIGMAS:
        return None
    area = np.exp(middle + slope**2 / (2.0 * curvature)) * np.sqrt(2.0 * np.pi / curvature)
    return float(area @ weights) * peak.sigma_s


def whole_span(first: Orbit, second: Orbit) -> tuple[float, float]:
    """Half a revolution of the shorter orbit on either side of the TCA: beyond begins the next encounter."""
    half_s = min(first.period_s, second.period_s) / 2.0
    return -half_s, half_s


def _rings(given: Flux, found: BoolArray, hbr_km: float) -> NDArray[np.int64]:
    """Rings of the smooth rule ``(N,)``; THIN or BENT where the density or the flux is not smooth enough; 0 for nil."""
    # Distance to the box around the sphere: never more than to the sphere.
    nearest = np.maximum(np.abs(given.mean_km) - hbr_km, 0.0) / given.sigma_km
    counts = found & ((nearest**2).sum(axis=1) < NEGLIGIBLE)
    speed = np.linalg.norm(given.at_centre_km_s, axis=1)
    bent = hbr_km * np.linalg.norm(given.gain, axis=(1, 2)) > UNIFORM_SHARE * speed
    ratio = hbr_km / given.sigma_km[:, 0]
    return np.where(counts, np.where(bent, BENT, np.select([ratio < 0.5, ratio < 2.0], [10, 20], THIN)), 0)


def _sphere(rings: int) -> tuple[FloatArray, FloatArray]:
    """Unit vectors ``(K, 3)`` and weights (sum 4 pi): Gauss-Legendre on both halves of the height, trapezoid around."""
    nodes, weights = np.polynomial.legendre.leggauss(rings)
    height = np.concatenate([(nodes - 1.0) / 2.0, (nodes + 1.0) / 2.0])
    share = np.concatenate([weights, weights]) / 2.0
    around = np.arange(2 * rings) * (np.pi / rings)
    radius = np.sqrt(1.0 - height**2)
    directions = np.stack(
        [np.outer(radius, np.cos(around)), np.outer(radius, np.sin(around)), np.outer(height, np.ones(2 * rings))],
        axis=-1,
    )
    return directions.reshape(-1, 3), np.repeat(share * (np.pi / rings), 2 * rings)


def _aligned(velocity: FloatArray) -> FloatArray:
    """Rotations ``(N, 3, 3)`` into axes whose third is along the velocity (any, where that is zero)."""
    speed = np.linalg.norm(velocity, axis=1)
    along = np.where((speed > 0)[:, None], velocity, [0.0, 0.0, 1.0]) / np.where(speed > 0, speed, 1.0)[:, None]
    first = np.cross(along, np.eye(3)[np.argmin(np.abs(along), axis=1)])
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return np.stack([first, np.cross(along, first), along], axis=1)


def _inward(outward: FloatArray, sigma: FloatArray) -> FloatArray:
    """Mean of ``max(-u, 0)`` for a normal ``u`` of mean ``outward`` and standard deviation ``sigma``."""
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.where(sigma > 0, outward / sigma, np.sign(outward) * np.inf)
    tail = erfc(scaled / np.sqrt(2.0)) / 2.0
    bell = np.exp(-np.minimum(scaled**2, 1400.0) / 2.0) / np.sqrt(2.0 * np.pi)
    return np.maximum(sigma * bell - outward * tail, 0.0)
