"""Probability of collision in the encounter plane: straight relative motion, covariance constant during the passage.

The integral of Foster and Estes (1992, NASA JSC-25898): the Gaussian of the relative position, projected on the plane
normal to the relative velocity, over the disc of the combined hard-body radius. Two evaluations that share no formula:
strips of error functions summed by Gauss-Chebyshev quadrature (Elrod 2019), and a contour integral around the disc
(Patera 2001). Neither truncates a series.

Every function works on many encounters at once. An encounter that the plane cannot describe is refused, its value NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc

from nearpass.encounter.quadrature import gauss_legendre

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

MOST_DEFECT_HBR: Final = 10.0  # a covariance whose defect is larger than this many hard-body radii is refused
CLIP_HBR: Final = 1e-4  # sigma, in hard-body radii, given to an axis without extent; CARA's clip (Hall et al. 2017)
SINGULAR: Final = 1e-14  # of the larger eigenvalue; below it the smaller is rounding
DROP_EXPONENT: Final = 42.0  # the integrand is cut where it fell by exp(-42) = 6e-19 of its largest
CHUNK: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EncounterPlanes:
    """Encounters in the principal axes of their projected covariance, one row each, shape ``(N,)``.

    ``minor`` is the axis of the smaller sigma. The miss is given without sign: the disc and the Gaussian are symmetric.
    ``clipped`` marks a covariance that was not positive definite and had its smaller variance raised. ``moving`` is
    False where the relative speed is zero, ``definite`` where the covariance cannot be used.
    """

    minor_miss_km: FloatArray
    major_miss_km: FloatArray
    minor_sigma_km: FloatArray
    major_sigma_km: FloatArray
    hbr_km: FloatArray
    clipped: BoolArray
    moving: BoolArray
    definite: BoolArray

    @property
    def usable(self) -> BoolArray:
        """Where a probability can be given."""
        return self.moving & self.definite

    @property
    def mahalanobis(self) -> FloatArray:
        """Miss in sigmas, in the plane: sqrt(x^2/sigma_x^2 + y^2/sigma_y^2)."""
        return np.hypot(self.minor_miss_km / self.minor_sigma_km, self.major_miss_km / self.major_sigma_km)


def project(
    miss_km: FloatArray, relative_velocity_km_s: FloatArray, covariance_km2: FloatArray, hbr_km: FloatArray
) -> EncounterPlanes:
    """Encounters in the plane normal to their relative velocity.

    The part of the miss along the velocity drops out, so that states a little off the TCA give the same plane.

    Args:
        miss_km: From primary to secondary, shape ``(N, 3)``.
        relative_velocity_km_s: Of the secondary relative to the primary, shape ``(N, 3)``.
        covariance_km2: Combined position covariance in the same axes, shape ``(N, 3, 3)``.
        hbr_km: Combined hard-body radius, shape ``(N,)`` or one for all.
    """
    miss_km, relative_velocity_km_s = np.atleast_2d(miss_km), np.atleast_2d(relative_velocity_km_s)
    hbr_km = np.broadcast_to(np.asarray(hbr_km, dtype=float), miss_km.shape[:1])
    moving, axes = plane_axes(relative_velocity_km_s)
    x_km, y_km = np.einsum("nij,nj->in", axes, miss_km)
    flat = axes @ covariance_km2 @ axes.transpose(0, 2, 1)
    xx, yy, xy = flat[:, 0, 0], flat[:, 1, 1], (flat[:, 0, 1] + flat[:, 1, 0]) / 2.0
    half = np.hypot((xx - yy) / 2.0, xy)
    major = (xx + yy) / 2.0 + half
    # The product form keeps the digits of a small eigenvalue that the difference would lose.
    with np.errstate(invalid="ignore", divide="ignore"):
        minor = np.where(major > 0, (xx * yy - xy * xy) / major, -np.inf)
    tilt = np.arctan2(2.0 * xy, xx - yy) / 2.0
    cos, sin = np.cos(tilt), np.sin(tilt)
    clipped = minor <= SINGULAR * major
    finite = np.isfinite(major) & np.isfinite(x_km) & np.isfinite(y_km)
    definite = finite & (major > 0) & (minor >= -((MOST_DEFECT_HBR * hbr_km) ** 2) - SINGULAR * major) & (hbr_km > 0)
    return EncounterPlanes(
        minor_miss_km=np.abs(cos * y_km - sin * x_km),
        major_miss_km=np.abs(cos * x_km + sin * y_km),
        minor_sigma_km=np.sqrt(np.where(clipped, (CLIP_HBR * hbr_km) ** 2, minor)),
        major_sigma_km=np.sqrt(np.maximum(major, (CLIP_HBR * hbr_km) ** 2)),
        hbr_km=hbr_km,
        clipped=clipped & definite,
        moving=moving,
        definite=definite,
    )


def plane_axes(relative_velocity_km_s: FloatArray) -> tuple[BoolArray, FloatArray]:
    """Where the velocity is not zero ``(N,)``, and two unit vectors normal to it ``(N, 2, 3)``."""
    speed = np.linalg.norm(relative_velocity_km_s, axis=1)
    moving = speed > 0
    along = np.where(moving[:, None], relative_velocity_km_s, [0.0, 0.0, 1.0]) / np.where(moving, speed, 1.0)[:, None]
    helper = np.eye(3)[np.argmin(np.abs(along), axis=1)]
    first = np.cross(along, helper)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return moving, np.stack([first, np.cross(along, first)], axis=1)


def foster_pc(planes: EncounterPlanes) -> FloatArray:
    """Probability of collision ``(N,)`` by strips of error functions and Gauss-Chebyshev quadrature.

    Elrod (2019, eq. 3.11): Gauss-Chebyshev of the second kind across the disc, whose weight removes the square root at
    its rim; each strip is a difference of complementary error functions, exact also far in the tail. Strips lie along
    the major axis, and a disc much wider than the Gaussian is cut to where the integrand counts. NaN where unusable.
    """
    pc = np.full(planes.hbr_km.shape, np.nan)
    ratio = planes.hbr_km / planes.minor_sigma_km
    # The square root at the rim of a disc much larger than sigma needs nodes in proportion to sqrt(R/sigma).
    orders = np.select([ratio < 0.3, ratio < 30.0, ratio < 1e3, ratio < 1e5], [20, 64, 256, 1024], 4096)
    for order in np.unique(orders[planes.usable]):
        rows = np.flatnonzero(planes.usable & (orders == order))
        step = max(1, CHUNK * 64 // int(order))
        for start in range(0, rows.size, step):
            part = rows[start : start + step]
            pc[part] = _strips(planes, part, int(order))
    return np.asarray(np.clip(pc, 0.0, 1.0))


def contour_pc(planes: EncounterPlanes, most_points: int = 2**19) -> FloatArray:
    """Probability of collision ``(N,)`` as an integral around the rim of the disc (Patera 2001, eq. 7).

    With both axes scaled by their sigma the area integral of the Gaussian becomes, by Green's theorem, ``1/(2 pi) *
    integral of (1 - exp(-rho^2/2))/rho^2 (x dy - y dx)``: smooth and periodic, so that the trapezoidal rule converges
    exponentially. NaN where unusable, and where the disc is so large against sigma that more than ``most_points``
    would be needed.
    """
    pc = np.full(planes.hbr_km.shape, np.nan)
    with np.errstate(over="ignore"):
        wanted = 32.0 * np.maximum(planes.hbr_km / planes.minor_sigma_km, 1.0)
    points = 2 ** np.ceil(np.log2(np.minimum(wanted, 4.0 * most_points))).astype(int)
    for count in np.unique(points[planes.usable & (points <= most_points)]):
        rows = np.flatnonzero(planes.usable & (points == count))
        step = max(1, CHUNK * 64 // int(count))
        for start in range(0, rows.size, step):
            part = rows[start : start + step]
            pc[part] = _contour(planes, part, int(count))
    return np.asarray(np.clip(pc, 0.0, 1.0))


def _strips(planes: EncounterPlanes, rows: NDArray[np.intp], order: int) -> FloatArray:
    """Foster's integral for encounters of like size; lengths in units of the hard-body radius."""
    hbr_km = planes.hbr_km[rows]
    offset, across = planes.minor_miss_km[rows] / hbr_km, planes.major_miss_km[rows] / hbr_km
    sigma, width = planes.minor_sigma_km[rows] / hbr_km, planes.major_sigma_km[rows] / hbr_km
    low, high = _support(offset, across, sigma, width)
    angle = np.arange(1, order + 1) * (np.pi / (order + 1))
    middle, half = ((low + high) / 2.0)[:, None], ((high - low) / 2.0)[:, None]
    z = middle + half * np.cos(angle)
    chord = np.sqrt(np.maximum((1.0 - z) * (1.0 + z), 0.0))
    gaussian = np.exp(-(((z - offset[:, None]) / sigma[:, None]) ** 2) / 2.0)
    strip = _strip(across[:, None] / width[:, None], chord / width[:, None])
    total = (gaussian * strip) @ np.sin(angle)
    return np.asarray(total * half[:, 0] / (sigma * np.sqrt(2.0 * np.pi)) * (np.pi / (order + 1)))


def _strip(centre: FloatArray, half: FloatArray) -> FloatArray:
    """Probability that a standard normal lies in ``centre`` plus or minus ``half``, both at least 0."""
    # A strip much thinner than sigma is a difference of equal numbers: there Gauss-Legendre on the density is exact.
    if half.size and float(half.max()) < 0.02:
        nodes, weights = gauss_legendre(4)
        at = centre[..., None] + half[..., None] * nodes
        return np.asarray(half * (np.exp(-(at**2) / 2.0) @ weights) / np.sqrt(2.0 * np.pi))
    return np.asarray((erfc((centre - half) / np.sqrt(2.0)) - erfc((centre + half) / np.sqrt(2.0))) / 2.0)


def _support(
    offset: FloatArray, across: FloatArray, sigma: FloatArray, width: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Range of the outer variable, within [-1, 1], outside of which the integrand is negligible.

    The exponent of the largest density on each strip, ``g(z)``, is convex: its minimum is bracketed, then both
    crossings of ``g = g_min + 42`` are bisected.
    """
    low, high = -np.ones_like(offset), np.ones_like(offset)
    wide = sigma < 1.0 / 3.0
    if not wide.any():
        return low, high
    at, by, s, w = offset[wide], across[wide], sigma[wide], width[wide]

    def exponent(z: FloatArray) -> FloatArray:
        nearest = np.maximum(by - np.sqrt(np.maximum((1.0 - z) * (1.0 + z), 0.0)), 0.0)
        return np.asarray(((z - at) / s) ** 2 / 2.0 + (nearest / w) ** 2 / 2.0)

    left, right = -np.ones_like(at), np.ones_like(at)
    for _ in range(60):
        third = (right - left) / 3.0
        rises = exponent(left + third) < exponent(right - third)
        left, right = np.where(rises, left, left + third), np.where(rises, right - third, right)
    best = (left + right) / 2.0
    level = exponent(best) + DROP_EXPONENT
    for end, target in ((-1.0, low), (1.0, high)):
        inner, outer = best.copy(), np.full_like(best, end)
        for _ in range(40):
            middle = (inner + outer) / 2.0
            inside = exponent(middle) < level
            inner, outer = np.where(inside, middle, inner), np.where(inside, outer, middle)
        target[wide] = np.where(exponent(np.full_like(best, end)) < level, end, outer)
    return low, high


def _contour(planes: EncounterPlanes, rows: NDArray[np.intp], count: int) -> FloatArray:
    angle = (np.arange(count) + 0.5) * (2.0 * np.pi / count)
    cos, sin = np.cos(angle), np.sin(angle)
    hbr_km, minor_km, major_km = planes.hbr_km[rows], planes.minor_sigma_km[rows], planes.major_sigma_km[rows]
    a, b = (hbr_km / major_km)[:, None], (hbr_km / minor_km)[:, None]
    x0, y0 = (planes.major_miss_km[rows] / major_km)[:, None], (planes.minor_miss_km[rows] / minor_km)[:, None]
    x, y = x0 + a * cos, y0 + b * sin
    rho2 = x * x + y * y
    turning = a * b + x0 * b * cos + y0 * a * sin  # x dy/dangle - y dx/dangle
    # With the origin outside, the winding of 1/rho^2 is zero; leaving it out keeps the digits of a small probability.
    outside = np.hypot(planes.major_miss_km[rows], planes.minor_miss_km[rows]) > hbr_km
    split = outside & (rho2.min(axis=1) > 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = np.where(rho2 > 0, -np.expm1(-rho2 / 2.0) / rho2, 0.5)
        reduced = np.where(rho2 > 0, -np.exp(-rho2 / 2.0) / rho2, 0.0)
    return np.asarray((np.where(split[:, None], reduced, whole) * turning).mean(axis=1))
