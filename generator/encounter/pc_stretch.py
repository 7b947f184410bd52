"""Probability that two objects which fly together come into contact, between two bounds.

Over many revolutions no single passage stands for the pair, and how far its errors are the same from one to the next is
not delivered. Two things hold whatever they share. The probability is at least that of being in contact at any one
instant, and that of entering the hard-body sphere within a quarter of a revolution, in which a pair passes but once.
And it is at most that of being in contact at the beginning plus the expected number of entries afterwards, which
counts a pair again whenever it comes back: the inward flux of the relative density through the sphere, summed over the
time (Rice 1944 for a level in one dimension; Hall 2021 for the sphere, :mod:`nearpass.encounter.pc3d`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from nearpass.encounter.equinoctial import Orbit
from nearpass.encounter.pc3d import Overlap, find_peaks, overlap, panel_sums
from nearpass.encounter.pc_flux import flux, flux_per_s
from nearpass.encounter.quadrature import gauss_legendre

FloatArray = NDArray[np.float64]

RTOL: Final = 5e-3
"""Of the sum of all entries; both ends are bounds, told to two digits."""
ROUNDED: Final = 1.05
"""On the upper bound: what the sums may lack."""
QUARTERS: Final = 4
"""Of a revolution, the parts in which entries are summed."""
LOOKS: Final = 4
"""Instants of a part at which the rate is looked at, to tell where it counts."""
SUMMED_REVOLUTIONS: Final = 40
"""So many are summed; of more of them a sample, those with the highest rate first."""
LEAST_CHANCE: Final = 1e-3
"""Of the mean weight: no revolution is without a chance to be sampled."""
SAMPLING_SIGMAS: Final = 3.0
"""Of what the sample may miss, added to the upper bound."""
AROUND_PEAK: Final = (-6.0, -2.0, 0.0, 2.0, 6.0)
"""Sigmas of a peak of the rate at which panels are parted, so that none steps over it."""
BALL_NODES: Final = 24
WITHIN_SIGMAS: Final = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StretchPc:
    """Between which two values the probability of contact lies."""

    least: float
    most: float


def parts_s(start_s: float, stop_s: float, period_s: float) -> tuple[FloatArray, FloatArray]:
    """Instants ``(K,)`` and edges ``(K + 1,)`` of the quarters of revolutions of a stretch."""
    count = max(1, int(np.ceil(QUARTERS * (stop_s - start_s) / period_s)))
    edges_s = np.linspace(start_s, stop_s, count + 1)
    return (edges_s[1:] + edges_s[:-1]) / 2.0, edges_s


def stretch_probability(first: Orbit, second: Orbit, at_s: FloatArray, edges_s: FloatArray, hbr_km: float) -> StretchPc:
    """Bounds of the probability that two objects come into contact between the first and the last of ``edges_s``.

    Each object's error is taken as independent of the other's.

    Args:
        first: The primary: ``K`` orbits, each with the covariance known at its instant.
        second: The secondary, likewise.
        at_s: The instants ``(K,)`` of these orbits on a common clock, from :func:`parts_s`.
        edges_s: Where the time of each begins ``(K + 1,)``, and that of the last ends.
        hbr_km: Combined hard-body radius.
    """

    def near(times_s: FloatArray) -> Overlap:
        rows = np.clip(np.searchsorted(edges_s, times_s, side="right") - 1, 0, len(at_s) - 1)
        return overlap(first.at(rows), second.at(rows), times_s - at_s[rows], hbr_km)

    def rate(times_s: FloatArray) -> FloatArray:
        state = near(times_s)
        return flux_per_s(flux(state.mean, state.covariance, hbr_km), hbr_km, coarse=True)

    revolution = np.arange(len(at_s)) // QUARTERS
    chances = np.ones(revolution[-1] + 1)
    if len(chances) > SUMMED_REVOLUTIONS:
        looks = (np.arange(LOOKS) + 0.5) / LOOKS
        looked_s = edges_s[:-1, None] + np.diff(edges_s)[:, None] * looks
        looked = rate(looked_s.ravel()).reshape(-1, LOOKS).sum(axis=1)
        chances = _chances(np.bincount(revolution, weights=looked).astype(np.float64))
    chosen = np.flatnonzero(_sampled(chances)[revolution])
    low_s, high_s = _panels(first, second, at_s, edges_s, chosen, hbr_km)
    numbers = panel_sums(rate, low_s, high_s, RTOL)
    shares = np.zeros(len(chances))
    np.add.at(shares, revolution[np.searchsorted(edges_s, low_s, side="right") - 1], numbers)
    shares /= chances
    sampled = shares[_sampled(chances) & (chances < 1.0)]
    missed = float(np.sqrt((np.diff(sampled) ** 2).sum() / 2.0)) if len(sampled) > 1 else 0.0
    entries = float(shares.sum()) + SAMPLING_SIGMAS * missed
    state = near(np.unique(np.concatenate([edges_s[[0, -1]], low_s, at_s[chosen]])))
    inside = ball_probability(state.mean[:, :3], state.covariance[:, :3, :3], hbr_km)
    quarter_s = float(np.diff(edges_s).max())
    least = min(1.0, max(float(inside.max()), _most_within(numbers, low_s, high_s, quarter_s)))
    return StretchPc(least=least, most=max(least, min(1.0, float(inside[0]) + ROUNDED * entries)))


def _chances(weights: FloatArray) -> FloatArray:
    """The chance of each revolution to be summed, in proportion to its weight, one for the heaviest."""
    weights = weights + LEAST_CHANCE * weights.mean()
    if not weights.any():
        weights = np.ones(len(weights))
    sure = np.zeros(len(weights), dtype=bool)
    while True:
        left = SUMMED_REVOLUTIONS - int(sure.sum())
        chances = np.where(sure, 1.0, left * weights / max(weights[~sure].sum(), np.finfo(float).tiny))
        if not (chances[~sure] >= 1.0).any():
            return np.asarray(chances)
        sure |= chances >= 1.0


def _sampled(chances: FloatArray) -> NDArray[np.bool_]:
    """Which are taken: every one of chance one, of the others one each time that their chances add up to one."""
    sums = np.cumsum(np.where(chances >= 1.0, 0.0, chances)) + 0.5
    return np.asarray((chances >= 1.0) | (np.floor(sums) > np.floor(np.concatenate([[0.5], sums[:-1]]))))


def _panels(
    first: Orbit, second: Orbit, at_s: FloatArray, edges_s: FloatArray, chosen: NDArray[np.intp], hbr_km: float
) -> tuple[FloatArray, FloatArray]:
    """Starts and ends of panels: each chosen part, parted about the peak of the rate in it."""
    pieces = []
    for row, peak in zip(chosen.tolist(), find_peaks(first.at(chosen), second.at(chosen), hbr_km), strict=True):
        edges = edges_s[row : row + 2]
        if peak is not None:
            close = at_s[row] + peak.offset_s + peak.sigma_s * np.array(AROUND_PEAK)
            edges = np.unique(np.concatenate([edges, close[(close > edges[0]) & (close < edges[1])]]))
        pieces.append(np.stack([edges[:-1], edges[1:]]))
    low_s, high_s = np.concatenate(pieces, axis=1)
    return low_s, high_s


def _most_within(numbers: FloatArray, low_s: FloatArray, high_s: FloatArray, span_s: float) -> float:
    """The largest sum over panels that together take no longer than a span."""
    sums = np.concatenate([[0.0], np.cumsum(numbers)])
    last = np.searchsorted(high_s, low_s + span_s * (1.0 + 1e-9), side="right")
    return float((sums[last] - sums[:-1]).max())


def ball_probability(mean_km: FloatArray, covariance_km2: FloatArray, radius_km: float) -> FloatArray:
    """Probability ``(N,)`` that a Gaussian vector lies within a sphere about the origin.

    The widest axis in closed form, Gauss-Legendre along the two others, both only where the density is.

    Args:
        mean_km: Shape ``(N, 3)``.
        covariance_km2: Shape ``(N, 3, 3)``.
        radius_km: Of the sphere.
    """
    values, vectors = np.linalg.eigh(covariance_km2)
    sigma = np.sqrt(np.maximum(values, (1e-6 * radius_km) ** 2))
    mean = np.einsum("nij,ni->nj", vectors, mean_km)
    nodes, weights = gauss_legendre(BALL_NODES)
    x, x_share = _along(mean[:, 0], sigma[:, 0], np.full(len(mean), radius_km), nodes, weights)
    ring = np.sqrt(np.maximum(radius_km**2 - x**2, 0.0))
    y, y_share = _along(mean[:, 1, None], sigma[:, 1, None], ring, nodes, weights)
    half = np.sqrt(np.maximum(ring[..., None] ** 2 - y**2, 0.0))
    centre, wide = mean[:, 2, None, None], sigma[:, 2, None, None]
    # Both ends on the side of the tail: the difference of two numbers near one has no digits left.
    far = np.abs(centre)
    through = ndtr((half - far) / wide) - ndtr((-half - far) / wide)
    return np.asarray(np.einsum("ni,nij,nij->n", x_share, y_share, through))


def _along(
    mean: FloatArray, sigma: FloatArray, radius: FloatArray, nodes: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Points on one axis within a radius, and the share of the Gaussian that each stands for."""
    reach = np.hypot(np.maximum(np.abs(mean) - radius, 0.0), WITHIN_SIGMAS * sigma)
    low, high = np.clip(mean - reach, -radius, radius), np.clip(mean + reach, -radius, radius)
    # Points by the sine of an angle: the sphere's own ends are square roots, which would spoil the rule.
    tiny = np.finfo(float).tiny
    start, stop = (np.arcsin(np.clip(end / np.maximum(radius, tiny), -1.0, 1.0)) for end in (low, high))
    angle = ((start + stop)[..., None] + (stop - start)[..., None] * nodes) / 2.0
    points = radius[..., None] * np.sin(angle)
    density = np.exp(-0.5 * ((points - mean[..., None]) / sigma[..., None]) ** 2) / (
        np.sqrt(2.0 * np.pi) * sigma[..., None]
    )
    return points, density * radius[..., None] * np.cos(angle) * weights * ((stop - start) / 2.0)[..., None]
