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

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcinv

from nearpass.encounter.equinoctial import Orbit
from nearpass.encounter.pc_flux import CLIP_HBR, flux, flux_per_s, log_flux, rings_needed
from nearpass.encounter.quadrature import gauss_legendre

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

GAMMA: Final = 1e-16  # share of the encounter left outside its duration; CARA's value (Hall, Baars, Casali 2023)
DURATION_SIGMAS: Final = float(np.sqrt(2.0) * erfcinv(GAMMA))
LONG_SHARE: Final = 0.02  # of the period; an encounter that lasts longer is integrated over the whole span
BELL_STEP_SIGMAS: Final = 0.7  # half of the trapezoidal steps are then still within 1e-4 on a Gaussian
MOST_BELL_STEPS: Final = 60
BELL_RTOL: Final = 1e-3  # between the trapezoidal sums of all and of half the nodes: the former is then far better
SPAN_PANELS: Final = 16
PANEL_RTOL: Final = 2e-5  # a panel of the adaptive sum, against the whole
COARSE_RTOL: Final = 2e-3
PANEL_NODES: Final = 8
MOST_HALVINGS: Final = 14
MOST_SHIFT_SIGMAS: Final = 3.0  # a bell centred farther away is extrapolated, not fitted
PEAK_STEPS: Final = 20
PEAK_TOLERANCE: Final = 0.01  # of sigma
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

    @property
    def depth(self) -> FloatArray:
        """Squared Mahalanobis distance plus logarithm of the determinant: least at the peak; inf where not found."""
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
        first: The primary; one orbit for all instants, or one for each (:class:`Orbit`).
        second: The secondary, likewise.
        offsets_s: Seconds from the nominal TCA, shape ``(N,)``.
        hbr_km: Combined hard-body radius, the scale on which "meet" is judged.
    """
    count = len(offsets_s)
    pair = first.for_each(count), second.for_each(count)
    elements = [one.mean.copy() for one in pair]
    found = np.zeros(count, dtype=bool)
    mean, covariance = np.zeros((count, 6)), np.zeros((count, 6, 6))
    floor_km2 = np.eye(3) * (CLIP_HBR * hbr_km) ** 2
    rows = np.arange(count)
    for _ in range(OVERLAP_STEPS):
        some = [one.at(rows) for one in pair]
        current = [own[rows] for own in elements]
        linear = [one.linearised(own, offsets_s[rows]) for one, own in zip(some, current, strict=True)]
        mean[rows], covariance[rows], spread = _relative(some, current, linear)
        apart_km = np.linalg.norm(linear[1][0][:, :3] - linear[0][0][:, :3], axis=1)
        met = apart_km < OVERLAP_TOLERANCE_HBR * hbr_km
        found[rows] = met
        pull = np.linalg.solve(covariance[rows, :3, :3] + floor_km2, mean[rows, :3, None])
        closed = ~met
        for sign, one, own, across in zip((1.0, -1.0), some, elements, spread, strict=True):
            moved = one.mean + sign * (across[:, :, :3] @ pull)[..., 0]
            closed &= (moved[:, 0] > 0) & (np.hypot(moved[:, 1], moved[:, 2]) < 1.0)
            own[rows[closed]] = moved[closed]
        rows = rows[closed]
        if not rows.size:
            break
    return Overlap(mean=mean, covariance=covariance, first=elements[0], second=elements[1], found=found)


def _relative(
    pair: Sequence[Orbit], elements: list[FloatArray], linear: list[tuple[FloatArray, FloatArray]]
) -> tuple[FloatArray, FloatArray, list[FloatArray]]:
    """Mean and covariance of the relative state, linearised at the elements, and of each orbit with its state."""
    back = [
        state + np.einsum("nij,nj->ni", by, one.mean - own)
        for one, own, (state, by) in zip(pair, elements, linear, strict=True)
    ]
    spread = [one.covariance @ by.transpose(0, 2, 1) for one, (_, by) in zip(pair, linear, strict=True)]
    covariance = sum(by @ across for (_, by), across in zip(linear, spread, strict=True))
    return back[1] - back[0], np.asarray(covariance), spread


def rates(first: Orbit, second: Orbit, hbr_km: float, offsets_s: FloatArray, *, coarse: bool = False) -> FloatArray:
    """Expected entries into the hard-body sphere per second, ``(N,)``, at seconds from the nominal TCA."""
    state = overlap(first, second, np.asarray(offsets_s, dtype=float), hbr_km)
    rate = np.zeros(len(state.found))
    rate[state.found] = flux_per_s(
        flux(state.mean[state.found], state.covariance[state.found], hbr_km), hbr_km, coarse=coarse
    )
    return rate


def find_peak(first: Orbit, second: Orbit, hbr_km: float) -> Peak | None:
    """When the collision rate peaks, near the nominal TCA; None where it has no peak, as for objects that fly together.

    Starts from straight motion and constant covariance, then fits parabolas through the depths at three instants, one
    sigma apart (Hall, Baars, Casali 2023).
    """
    return find_peaks(first.for_each(1), second.for_each(1), hbr_km)[0]


def find_peaks(first: Orbit, second: Orbit, hbr_km: float) -> list[Peak | None]:
    """Peaks of the collision rate of ``K`` pairs, whose orbits are about one centre and in the same axes."""
    shorter_s = 2.0 * np.pi / np.maximum(first.mean[:, 0], second.mean[:, 0])
    centre_s, sigma_s = _straight_starts(first, second, hbr_km)
    peaks: list[Peak | None] = [None] * len(shorter_s)
    rows = np.flatnonzero(sigma_s <= shorter_s)
    for step in range(PEAK_STEPS):
        if not rows.size:
            break
        some = first.at(rows.repeat(3)), second.at(rows.repeat(3))
        offsets_s = centre_s[rows, None] + np.array([-1.0, 0.0, 1.0]) * sigma_s[rows, None]
        found = overlap(*some, offsets_s.ravel(), hbr_km)
        low, middle, high = found.depth.reshape(-1, 3).T
        with np.errstate(invalid="ignore", divide="ignore"):
            curvature = low + high - 2.0 * middle
            bell = np.isfinite(curvature) & np.isfinite(low) & np.isfinite(high) & (curvature > 0.0)
            shift, wider = (low - high) / (2.0 * curvature), np.sqrt(2.0 / curvature)
            depth = middle - shift * shift * curvature / 2.0
        there = bell & (np.abs(shift) < PEAK_TOLERANCE * wider) & (np.abs(wider - 1.0) < PEAK_TOLERANCE)
        going = bell & ~there
        moved = rows[going]
        centre_s[moved] += np.clip(shift[going], -20.0, 20.0) * sigma_s[moved]
        sigma_s[moved] *= np.clip(wider[going], 0.1, 10.0)
        near = np.abs(centre_s[rows]) <= shorter_s[rows] / 2.0
        done = np.flatnonzero((there | going & near) if step == PEAK_STEPS - 1 else there)
        around = flux(found.mean[3 * done + 1], found.covariance[3 * done + 1], hbr_km)
        for place, at_centre_km_s in zip(done, around.at_centre_km_s, strict=True):
            row = rows[place]
            peaks[row] = Peak(
                offset_s=float(centre_s[row]),
                sigma_s=float(sigma_s[row]),
                depth=float(depth[place]),
                relative_speed_km_s=float(np.linalg.norm(at_centre_km_s)),
            )
        rows = rows[going & near]
    return peaks


def _straight_starts(first: Orbit, second: Orbit, hbr_km: float) -> tuple[FloatArray, FloatArray]:
    """Centres and sigmas ``(K,)`` in time of the rates for straight motion at the TCA; inf without relative motion."""
    pair = first, second
    linear = [one.linearised(one.mean, np.zeros(len(one.mean))) for one in pair]
    mean, covariance, _ = _relative(pair, [one.mean for one in pair], linear)
    position, velocity = mean[:, :3], mean[:, 3:]
    floor_km2 = np.eye(3) * (CLIP_HBR * hbr_km) ** 2
    pulled = np.linalg.solve(covariance[:, :3, :3] + floor_km2, velocity[..., None])[..., 0]
    stiffness = np.einsum("ni,ni->n", velocity, pulled)
    moving = stiffness > 0.0
    stiffness = np.where(moving, stiffness, 1.0)
    centre_s = -np.einsum("ni,ni->n", position, pulled) / stiffness
    return np.where(moving, centre_s, 0.0), np.where(moving, stiffness**-0.5, np.inf)


def nc_3d(
    first: Orbit,
    second: Orbit,
    hbr_km: float,
    peak: Peak | None,
    span_s: tuple[float, float] | None = None,
    *,
    coarse: bool = False,
) -> Expected:
    """Expected number of collisions with the rate integrated over time (3D-Nc).

    A single bell of the rate is summed by the trapezoidal rule, which converges exponentially on it. Else, or where the
    encounter is long against the orbits, the span is integrated adaptively.

    Args:
        first: The primary.
        second: The secondary.
        hbr_km: Combined hard-body radius.
        peak: From `find_peak`.
        span_s: Start and stop, seconds from the nominal TCA; None for `whole_span`.
        coarse: Whether a percent is good enough.
    """
    start_s, stop_s = span_s or whole_span(first, second)
    points = np.linspace(start_s, stop_s, SPAN_PANELS + 1)[1:-1]
    whole = True
    if peak is not None:
        # A sphere larger than sigma keeps the rate up for as long as it takes to cross it.
        half_s = DURATION_SIGMAS * peak.sigma_s + hbr_km / peak.relative_speed_km_s
        begin_s, end_s = peak.offset_s - half_s, peak.offset_s + half_s
        short = end_s - begin_s < LONG_SHARE * min(first.period_s, second.period_s)
        whole = not (short and start_s < begin_s and end_s < stop_s)
        if whole:
            near = peak.offset_s + half_s * np.array([-1.0, -0.25, 0.0, 0.25, 1.0])
            points = np.sort(np.concatenate([points, near[(near > start_s) & (near < stop_s)]]))
        else:
            start_s, stop_s, points = begin_s, end_s, np.array([peak.offset_s])
            steps = 2 * int(min(np.ceil(half_s / (BELL_STEP_SIGMAS * peak.sigma_s)), MOST_BELL_STEPS))
            number = _bell(lambda times: rates(first, second, hbr_km, times), np.linspace(start_s, stop_s, steps + 1))
            if number is not None:
                return Expected(number=number, start_s=start_s, stop_s=stop_s, whole_span=False)
    edges = np.array([start_s, *points, stop_s])
    numbers = panel_sums(
        lambda times: rates(first, second, hbr_km, times, coarse=coarse),
        edges[:-1],
        edges[1:],
        COARSE_RTOL if coarse else PANEL_RTOL,
    )
    return Expected(number=float(numbers.sum()), start_s=start_s, stop_s=stop_s, whole_span=whole)


def _bell(rate: Callable[[FloatArray], FloatArray], times: FloatArray) -> float | None:
    """Trapezoidal sum over a bell that is nil at both ends; None where half the nodes give another one."""
    curve = rate(times)
    fine, coarse = float(curve.sum()), 2.0 * float(curve[::2].sum())
    return fine * float(times[1] - times[0]) if abs(fine - coarse) <= BELL_RTOL * fine else None


def panel_sums(rate: Callable[[FloatArray], FloatArray], low: FloatArray, high: FloatArray, rtol: float) -> FloatArray:
    """Integral over each panel from ``low`` to ``high`` ``(P,)``, halved where that still changes the whole sum.

    As `scipy.integrate.cubature`, but one call of ``rate`` serves all the panels of a round: the rate costs far less an
    instant in long arrays.
    """
    nodes, weights = gauss_legendre(PANEL_NODES)

    def panels(low: FloatArray, high: FloatArray) -> FloatArray:
        times = ((low + high)[:, None] + (high - low)[:, None] * nodes) / 2.0
        return np.asarray(rate(times.ravel()).reshape(times.shape) @ weights * (high - low) / 2.0)

    owner = np.arange(len(low))
    whole, done = panels(low, high), np.zeros(len(low))
    for _ in range(MOST_HALVINGS):
        middle = (low + high) / 2.0
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
        halves = panels(low, high)
        first, second = np.split(halves, 2)
        again = np.abs(first + second - whole) > rtol * (done.sum() + halves.sum())
        np.add.at(done, owner[~again], (first + second)[~again])
        keep = np.concatenate([again, again])
        low, high, whole, owner = low[keep], high[keep], halves[keep], np.concatenate([owner, owner])[keep]
        if not low.size:
            break
    np.add.at(done, owner, whole)
    return done


def nc_2d(first: Orbit, second: Orbit, hbr_km: float, peak: Peak) -> float | None:
    """Expected number of collisions with the time integral in closed form (2D-Nc); None where it is no bell.

    At every point of the sphere the flux is taken as a Gaussian in time, through its values at the peak and one sigma
    either side (Hall, Baars, Casali 2023): exact for straight motion, and cheap where it holds. A sphere of several
    sigma makes no bell of it.
    """
    times = peak.offset_s + peak.sigma_s * np.array([-1.0, 0.0, 1.0])
    state = overlap(first, second, times, hbr_km)
    given = flux(state.mean, state.covariance, hbr_km)
    rings = rings_needed(given, hbr_km)
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
    """A quarter of the shorter revolution on either side of the TCA, as Alfano (2009) takes.

    Two orbits pass each other again at the opposite node, half a revolution later: beyond the middle between the two
    the time belongs to that encounter.
    """
    quarter_s = min(first.period_s, second.period_s) / 4.0
    return -quarter_s, quarter_s
