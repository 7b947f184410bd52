"""What the probability in the encounter plane would be for other covariances and hard-body radii.

A low probability means little where a better covariance could raise it: beyond the covariance that gives the largest
probability, on the *dilution* side, a poorer orbit looks safer (Alfano 2005, "Relating position uncertainty to maximum
conjunction probability").
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.encounter.pc2d import EncounterPlanes, foster_pc, project

FloatArray = NDArray[np.float64]

DECADES: Final = 6.0  # of the sigma factor, on either side of 1, that the search spans at least
REFINEMENTS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MaximumPc:
    """The largest probability over a common factor on all sigmas, and that factor.

    Where the miss lies inside the hard-body radius the probability rises to 1 as the factor falls to 0:
    ``sigma_factor`` is then 0. ``in_dilution``: the covariance given is larger than the one of the maximum.
    """

    pc: float
    sigma_factor: float

    @property
    def in_dilution(self) -> bool:
        """Whether a smaller covariance would give a larger probability."""
        return self.sigma_factor < 1.0


def maximum_pc(planes: EncounterPlanes) -> MaximumPc | None:
    """Maximum over isotropic scaling of the combined covariance of one encounter; None without a usable plane."""
    if not planes.usable[0]:
        return None
    hbr_km, miss_km = float(planes.hbr_km[0]), float(np.hypot(planes.minor_miss_km[0], planes.major_miss_km[0]))
    if miss_km <= hbr_km:
        return MaximumPc(pc=1.0, sigma_factor=0.0)
    distance = float(planes.mahalanobis[0])
    # A point-like body peaks at the factor distance/sqrt(2); a large one at less, for its rim is nearer.
    centre, reach = np.log(distance / np.sqrt(2.0)), DECADES * np.log(10.0) / 2.0
    for _ in range(REFINEMENTS + 1):
        factors = np.exp(np.linspace(centre - reach, centre + reach, 33))
        values = foster_pc(_scaled(planes, factors))
        best = int(np.argmax(values))
        centre, reach = float(np.log(factors[best])), reach / 8.0
    return MaximumPc(pc=float(values[best]), sigma_factor=float(factors[best]))


def maximum_pc_of_one(planes: EncounterPlanes) -> float | None:
    """Maximum over every covariance that the other object may have, beside the one that is known; None without a plane.

    Frisbee (2015): the density at the hard-body sphere is largest where what is added to the known covariance lies
    along the miss, of variance d^2 (k^2 - 1) / k^2 with k the miss in sigmas, and nothing is added where k is below 1.
    For a sphere that is not small against sigma the variance along the miss is searched for, from none to the whole.

    Args:
        planes: One encounter with the known covariance alone.
    """
    if not planes.usable[0]:
        return None
    miss_km = np.array([planes.minor_miss_km[0], planes.major_miss_km[0], 0.0])
    own_km2 = np.diag([planes.minor_sigma_km[0] ** 2, planes.major_sigma_km[0] ** 2, 1.0])
    squared = float(miss_km @ miss_km)
    best = float(foster_pc(planes)[0])
    if squared == 0.0:
        return best
    along = np.outer(miss_km, miss_km) / squared
    distance = float(planes.mahalanobis[0])
    added = squared * (distance**2 - 1.0) / distance**2 if distance > 1.0 else float(planes.hbr_km[0]) ** 2
    centre, reach = np.log(added), DECADES * np.log(10.0)
    for _ in range(REFINEMENTS + 2):
        variances_km2 = np.exp(np.linspace(centre - reach, centre + reach, 33))
        sums_km2 = own_km2 + variances_km2[:, None, None] * along
        values = foster_pc(
            project(np.tile(miss_km, (33, 1)), np.tile([0.0, 0.0, 1.0], (33, 1)), sums_km2, planes.hbr_km[0])
        )
        centre, reach = float(np.log(variances_km2[int(np.argmax(values))])), reach / 8.0
        best = max(best, float(values.max()))
    return best


def maximum_pc_without_covariance(miss_km: float, hbr_km: float) -> float:
    """Maximum over the sigma of an isotropic Gaussian: R^2/(e d^2) at d/sqrt(2), for a small radius."""
    if miss_km <= hbr_km:
        return 1.0
    planes = project(
        np.array([[miss_km, 0.0, 0.0]]), np.array([[0.0, 0.0, 1.0]]), np.eye(3)[None] * miss_km**2, np.array([hbr_km])
    )
    found = maximum_pc(planes)
    return found.pc if found is not None else 1.0


def pc_plane(
    miss_km: FloatArray,
    relative_velocity_km_s: FloatArray,
    primary_covariance_km2: FloatArray,
    secondary_covariance_km2: FloatArray,
    hbr_km: float,
    sigma_factors: FloatArray,
) -> FloatArray:
    """Probability ``(K, K)`` for factors ``(K,)`` on the sigmas of the primary (rows) and the secondary (columns).

    Args:
        miss_km: From primary to secondary, shape ``(3,)``.
        relative_velocity_km_s: Shape ``(3,)``.
        primary_covariance_km2: Of its position, shape ``(3, 3)``.
        secondary_covariance_km2: The same for the other.
        hbr_km: Combined hard-body radius.
        sigma_factors: Factors on the standard deviations.
    """
    count = len(sigma_factors)
    squares = sigma_factors**2
    combined = (
        squares[:, None, None, None] * primary_covariance_km2 + squares[None, :, None, None] * secondary_covariance_km2
    )
    planes = project(
        np.tile(miss_km, (count**2, 1)),
        np.tile(relative_velocity_km_s, (count**2, 1)),
        combined.reshape(-1, 3, 3),
        np.full(count**2, hbr_km),
    )
    return foster_pc(planes).reshape(count, count)


def pc_by_hbr(planes: EncounterPlanes, hbr_km: FloatArray) -> FloatArray:
    """Probability ``(K,)`` of one encounter for other hard-body radii ``(K,)``."""
    return foster_pc(replace(_scaled(planes, np.ones_like(hbr_km)), hbr_km=hbr_km))


def combined_bounds(pcs: FloatArray) -> tuple[float, float]:
    """Bounds of the probability that any of several encounters of one pair is a collision, whatever their dependence.

    The largest of them and their sum (Boole). For a slow pair the encounters share their errors, and the product rule
    of independent events is wrong: the expected number over a span that holds them all answers exactly.
    """
    return float(np.max(pcs, initial=0.0)), float(min(1.0, np.sum(pcs)))


def _scaled(planes: EncounterPlanes, factors: FloatArray) -> EncounterPlanes:
    """The one encounter with its sigmas multiplied by each factor."""
    whole = {name: np.repeat(getattr(planes, name), len(factors)) for name in EncounterPlanes.__slots__}
    return EncounterPlanes(
        **whole
        | {
            "minor_sigma_km": planes.minor_sigma_km[0] * factors,
            "major_sigma_km": planes.major_sigma_km[0] * factors,
        }
    )
