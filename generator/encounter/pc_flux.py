"""Inward flux of an uncertain relative position through the hard-body sphere, at one instant.

Hall (2021, J. Spacecraft and Rockets 58(3), eq. 21-25): the density of the relative position on the sphere times the
mean inward speed given that position, for a relative state that is Gaussian. The integral over the sphere takes one of
two rules: one for a density that is smooth over it, one for a density that is thin against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc

from nearpass.encounter.quadrature import gauss_legendre

FloatArray = NDArray[np.float64]

CLIP_HBR: Final = 1e-4  # least sigma of an axis, in hard-body radii, as in the encounter plane
THIN_NODES: Final = 40, 40  # heights, and points on each arc
BENT_NODES: Final = 64, 96  # where the bend of the flux lies across the arcs
COARSE_NODES: Final = 12, 12  # for a search that is content with a percent
UNIFORM_SHARE: Final = 0.02  # of the speed, by which the mean velocity may vary over the sphere in the smooth rule
DENSITY_SIGMAS: Final = 8.0
NEGLIGIBLE: Final = 400.0  # squared Mahalanobis distance: a density below exp(-200) of its peak
COARSE_NEGLIGIBLE: Final = 120.0  # below exp(-60), 1e-26: no search for a percent of anything needs it
BENT_SHARE: Final = 0.3  # the same, beyond which the bend of the flux is not where the mean velocity puts it
THIN: Final = -1
BENT: Final = -2
OUTWARD_SIGMAS: Final = 38.0  # farther out than this a normal density is nil in double precision
THIN_BATCH: Final = 32  # instants: the arrays of more of them fit no cache
SMOOTH_BATCH: Final = 2048
_PRODUCTS: Final = [0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flux:
    """What the inward flux through the hard-body sphere needs, ``N`` instants, in the principal axes of the position.

    The density of the relative position has standard deviations ``sigma_km`` ``(N, 3)``, least first, around
    ``mean_km``. Given a position ``s`` the relative velocity has mean ``at_centre_km_s + gain @ s`` and covariance
    ``spread``. The rows of ``axes`` ``(N, 3, 3)`` are the principal axes.
    """

    axes: FloatArray
    sigma_km: FloatArray
    mean_km: FloatArray
    at_centre_km_s: FloatArray
    gain: FloatArray
    spread: FloatArray

    def at(self, rows: NDArray[np.intp]) -> Flux:
        """The flux at these rows of the instants."""
        return Flux(**{name: getattr(self, name)[rows] for name in Flux.__slots__})

    def turned(self, axes: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Velocity, gain and spread in other axes ``(N, 3, 3)``, whose rows are in the principal ones."""
        back = axes.transpose(0, 2, 1)
        return np.einsum("nij,nj->ni", axes, self.at_centre_km_s), axes @ self.gain @ back, axes @ self.spread @ back


def flux(mean: FloatArray, covariance: FloatArray, hbr_km: float) -> Flux:
    """Density and conditional velocity of Gaussian relative states.

    Args:
        mean: Position and velocity of the secondary relative to the primary, shape ``(N, 6)``.
        covariance: Of that, shape ``(N, 6, 6)``.
        hbr_km: Combined hard-body radius; no axis is taken thinner than a ten-thousandth of it.
    """
    values, vectors = np.linalg.eigh(covariance[:, :3, :3])
    values = np.maximum(values, (CLIP_HBR * hbr_km) ** 2)
    rotated = vectors.transpose(0, 2, 1)
    cross = rotated @ covariance[:, 3:, :3] @ vectors
    gain = cross / values[:, None, :]
    mean_km = np.einsum("nij,nj->ni", rotated, mean[:, :3])
    return Flux(
        axes=rotated,
        sigma_km=np.sqrt(values),
        mean_km=mean_km,
        at_centre_km_s=np.einsum("nij,nj->ni", rotated, mean[:, 3:]) - np.einsum("nij,nj->ni", gain, mean_km),
        gain=gain,
        spread=rotated @ covariance[:, 3:, 3:] @ vectors - gain @ cross.transpose(0, 2, 1),
    )


def flux_per_s(given: Flux, hbr_km: float, *, coarse: bool = False) -> FloatArray:
    """Expected entries into the hard-body sphere per second, ``(N,)``.

    Args:
        given: From `flux`.
        hbr_km: Combined hard-body radius.
        coarse: Whether a percent is good enough.
    """
    rings = rings_needed(given, hbr_km, coarse=coarse)
    rate = np.zeros(len(rings))
    for count in np.unique(rings[rings != 0]):
        rows = np.flatnonzero(rings == count)
        step = THIN_BATCH if count < 0 else SMOOTH_BATCH
        nodes = COARSE_NODES if coarse else BENT_NODES if count == BENT else THIN_NODES
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            if count < 0:
                points = surface(given.at(part), hbr_km, *nodes)
                rate[part] = np.bincount(points.instant, weights=points.flux_per_s, minlength=len(part))
            else:
                logarithm, weights = log_flux(given.at(part), hbr_km, int(count))
                rate[part] = np.exp(logarithm) @ weights
    return rate


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
    directions, weights, squares = _sphere(rings)
    axes = _aligned(given.at_centre_km_s)
    velocity, gain, spread = given.turned(axes)
    precision = (axes / given.sigma_km[:, None, :] ** 2) @ axes.transpose(0, 2, 1)
    pulled = np.einsum("nij,nj->ni", axes, given.mean_km / given.sigma_km**2)
    outward = velocity @ directions.T + hbr_km * _form(gain, squares)
    sigma = np.sqrt(np.maximum(_form(spread, squares), 0.0))
    entered = (outward < OUTWARD_SIGMAS * sigma).any(axis=0)  # nothing enters where the sphere leads away: half of it
    directions, weights, squares = directions[entered], weights[entered], squares[entered]
    exponent = (
        hbr_km**2 * _form(precision, squares)
        - 2.0 * hbr_km * pulled @ directions.T
        + ((given.mean_km / given.sigma_km) ** 2).sum(axis=1)[:, None]
    )
    inward = _inward(outward[:, entered], sigma[:, entered])
    with np.errstate(divide="ignore"):
        return np.log(inward) - exponent / 2.0 - _log_norm(given)[:, None], weights * hbr_km**2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surface:
    """Points of the hard-body sphere, ``M`` for all instants together.

    Which ``instant`` each is of and the flux each stands for, 1/s. ``along`` are the components of the unit vectors in
    the principal axes, one row an arc; the first is the same all along an arc.
    """

    instant: NDArray[np.intp]
    along: tuple[FloatArray, FloatArray, FloatArray]
    flux_per_s: FloatArray

    @property
    def unit(self) -> FloatArray:
        """Unit vectors ``(M, 3)`` in the principal axes."""
        return np.stack([part.ravel() for part in np.broadcast_arrays(*self.along)], axis=1)


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
    nodes, weights = gauss_legendre(heights)
    low, high = _within(given.mean_km[:, 0], given.sigma_km[:, 0], hbr_km)
    height = ((low + high)[:, None] + (high - low)[:, None] * nodes) / 2.0
    radius = np.sqrt((1.0 - height) * (1.0 + height))
    start, stop = _arcs(given, hbr_km, height, radius)
    instant, ring, arc = np.nonzero(stop - start > 0.0)
    half = (stop - start)[instant, ring, arc] / 2.0
    angles, shares = gauss_legendre(arc_nodes)
    around = (start + stop)[instant, ring, arc, None] / 2.0 + half[:, None] * angles
    unit = (
        height[instant, ring, None],
        radius[instant, ring, None] * np.sin(around),
        radius[instant, ring, None] * np.cos(around),
    )

    def of(coefficients: FloatArray) -> FloatArray:
        return np.asarray(coefficients[instant, None])

    exponent, outward, variance = (np.zeros_like(around) for _ in range(3))
    for i in range(3):
        exponent += ((hbr_km * unit[i] - of(given.mean_km[:, i])) / of(given.sigma_km[:, i])) ** 2
        outward += of(given.at_centre_km_s[:, i]) * unit[i]
        for j in range(i, 3):
            product = unit[i] * unit[j]
            times = 1.0 if i == j else 2.0
            outward += of(hbr_km * times * (given.gain[:, i, j] + given.gain[:, j, i]) / 2.0) * product
            variance += of(times * given.spread[:, i, j]) * product
    area_km2 = hbr_km**2 * shares * (half * weights[ring] * ((high - low) / 2.0)[instant])[:, None]
    density = np.exp(-exponent / 2.0 - of(_log_norm(given)))
    inward = _inward(outward, np.sqrt(np.maximum(variance, 0.0)))
    return Surface(
        instant=np.repeat(instant, arc_nodes),
        along=unit,
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


def rings_needed(given: Flux, hbr_km: float, *, coarse: bool = False) -> NDArray[np.int64]:
    """Rings of the smooth rule ``(N,)``; THIN or BENT where the density or the flux is not smooth enough; 0 for nil.

    The bend of the flux costs the smooth rule less than a percent, which is ``coarse`` enough.
    """
    # Distance to the box around the sphere: never more than to the sphere.
    nearest = np.maximum(np.abs(given.mean_km) - hbr_km, 0.0) / given.sigma_km
    counts = (nearest**2).sum(axis=1) < (COARSE_NEGLIGIBLE if coarse else NEGLIGIBLE)
    speed = np.linalg.norm(given.at_centre_km_s, axis=1)
    varies = hbr_km * np.linalg.norm(given.gain, axis=(1, 2)) / np.maximum(speed, np.finfo(float).tiny)
    ratio = hbr_km / given.sigma_km[:, 0]
    if coarse:
        return np.where(counts, np.select([ratio < 0.1, ratio < 0.5, ratio < 2.0], [4, 6, 12], THIN), 0)
    smooth = np.select([ratio < 0.5, ratio < 2.0], [10, 20], THIN)
    return np.where(counts, np.select([varies < UNIFORM_SHARE, varies < BENT_SHARE], [smooth, THIN], BENT), 0)


def _form(matrix: FloatArray, squares: FloatArray) -> FloatArray:
    """Quadratic forms ``(N, K)`` of matrices ``(N, 3, 3)`` at the points whose products of components are given."""
    return np.asarray(((matrix + matrix.transpose(0, 2, 1)) / 2.0)[:, *_PRODUCTS] @ squares.T)


@cache
def _sphere(rings: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Unit vectors ``(K, 3)``, weights (sum 4 pi), and products of components ``(K, 6)`` for quadratic forms.

    Gauss-Legendre on both halves of the height, trapezoid around.
    """
    nodes, weights = gauss_legendre(rings)
    height = np.concatenate([(nodes - 1.0) / 2.0, (nodes + 1.0) / 2.0])
    share = np.concatenate([weights, weights]) / 2.0
    around = np.arange(2 * rings) * (np.pi / rings)
    radius = np.sqrt(1.0 - height**2)
    directions = np.stack(
        [np.outer(radius, np.cos(around)), np.outer(radius, np.sin(around)), np.outer(height, np.ones(2 * rings))],
        axis=-1,
    )
    directions = directions.reshape(-1, 3)
    first, other = _PRODUCTS
    squares = directions[:, first] * directions[:, other] * [1, 1, 1, 2, 2, 2]
    return directions, np.repeat(share * (np.pi / rings), 2 * rings), squares


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
    return np.asarray(np.maximum(sigma * bell - outward * tail, 0.0))
