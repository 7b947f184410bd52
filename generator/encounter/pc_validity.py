"""Whether the encounter plane may be used: how long the encounter lasts, how far from TCA, what curvature changes.

Coppola (2012, AAS 12-248) bounds the time in which a collision can happen, for straight motion. Hall, Baars and Casali
(2023, AAS 23-249) compare that with the orbital period and the straight motion with the curved one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcinv

from nearpass.encounter.pc3d import DURATION_SIGMAS, GAMMA, Peak
from nearpass.reasons.probabilities import CurvatureMatters, NoValue, TooLong

FloatArray = NDArray[np.float64]

MOST_EXTENDED: Final = 0.02  # the three cut-offs that CARA uses
MOST_OFFSET: Final = 0.01
MOST_INACCURATE: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortEncounter:
    """Coppola's bounds, seconds from the TCA: outside of them a collision is less probable than gamma.

    ``validity_s`` is the half-width of the interval about the TCA in which motion must be straight and the covariance
    constant for the encounter plane to hold.
    """

    start_s: float
    stop_s: float

    @property
    def duration_s(self) -> float:
        """How long the encounter lasts."""
        return self.stop_s - self.start_s

    @property
    def validity_s(self) -> float:
        """The largest of the duration and the distances of its ends from the TCA."""
        return max(self.duration_s, abs(self.start_s), abs(self.stop_s))


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """CARA's usage figures of the encounter plane, each 0 to 1, with the cut-offs 0.02, 0.01 and 0.02.

    ``extended`` is the duration and ``offset`` the farther end from the TCA, in periods of the shorter orbit;
    ``inaccurate`` the relative change that curved motion makes, None where the curved peak was not found, or not sought
    because the covariances or orbits do not allow it (``curvature_judged`` False).
    """

    extended: float
    offset: float
    inaccurate: float | None
    curvature_judged: bool

    @property
    def violations(self) -> tuple[TooLong | NoValue | CurvatureMatters, ...]:
        """Why the encounter plane must not be used; empty where it may."""
        found: list[TooLong | NoValue | CurvatureMatters] = []
        if self.extended > MOST_EXTENDED:
            found.append(TooLong(rule="lasts_long", revolutions=self.extended))
        if self.offset > MOST_OFFSET:
            found.append(TooLong(rule="far_from_tca", revolutions=self.offset))
        if self.curvature_judged and self.inaccurate is None:
            found.append(NoValue(rule="no_curved_peak"))
        elif self.inaccurate is not None and self.inaccurate > MOST_INACCURATE:
            found.append(CurvatureMatters(share=self.inaccurate))
        return tuple(found)


def short_encounter(
    miss_km: FloatArray,
    relative_velocity_km_s: FloatArray,
    covariance_km2: FloatArray,
    hbr_km: float,
    gamma: float = GAMMA,
) -> ShortEncounter | None:
    """Coppola's bounds of the encounter (2012, eq. 12-16); None where it has none: no motion, or a flat covariance.

    Args:
        miss_km: From primary to secondary at TCA, shape ``(3,)``.
        relative_velocity_km_s: Shape ``(3,)``.
        covariance_km2: Combined position covariance, shape ``(3, 3)``.
        hbr_km: Combined hard-body radius.
        gamma: Probability left outside.
    """
    speed_km_s = float(np.linalg.norm(relative_velocity_km_s))
    if speed_km_s == 0.0:
        return None
    along = relative_velocity_km_s / speed_km_s
    first = np.cross(along, np.eye(3)[np.argmin(np.abs(along))])
    first /= np.linalg.norm(first)
    axes = np.stack([along, first, np.cross(along, first)])
    turned = axes @ covariance_km2 @ axes.T
    if np.linalg.eigvalsh(turned[1:, 1:])[0] <= 0.0:
        return None
    slope = np.linalg.solve(turned[1:, 1:], turned[1:, 0])
    conditional_km = float(np.sqrt(max(0.0, turned[0, 0] - slope @ turned[1:, 0])))
    centre_km = float(slope @ (axes[1:] @ miss_km))
    steepness = float(np.linalg.norm(slope))
    wing_km = float(np.sqrt(2.0) * erfcinv(gamma)) * conditional_km
    return ShortEncounter(
        start_s=(centre_km - wing_km - hbr_km * float(np.hypot(1.0, steepness))) / speed_km_s,
        stop_s=(centre_km + wing_km + hbr_km * steepness) / speed_km_s,
    )


def straight_peak(miss_km: FloatArray, relative_velocity_km_s: FloatArray, covariance_km2: FloatArray) -> Peak | None:
    """The peak of the collision rate for straight motion and constant covariance.

    None without motion, or for a covariance that has no inverse to the digits of a number.
    """
    values = np.linalg.eigvalsh(covariance_km2)
    if values[0] <= 0.0 or not relative_velocity_km_s.any():
        return None
    try:
        inverse = np.linalg.inv(covariance_km2)
    except np.linalg.LinAlgError:
        return None
    stiffness = float(relative_velocity_km_s @ inverse @ relative_velocity_km_s)
    slope = float(miss_km @ inverse @ relative_velocity_km_s)
    return Peak(
        offset_s=-slope / stiffness,
        sigma_s=stiffness**-0.5,
        depth=float(miss_km @ inverse @ miss_km) - slope**2 / stiffness + float(np.log(values).sum()),
        relative_speed_km_s=float(np.linalg.norm(relative_velocity_km_s)),
    )


def usage(straight: Peak | None, curved: Peak | None, period_s: float, *, judged: bool) -> Usage:
    """CARA's three figures (Hall, Baars, Casali 2023).

    Args:
        straight: From `straight_peak`.
        curved: From `pc3d.find_peak`.
        period_s: Of the shorter orbit.
        judged: Whether a curved peak was looked for.
    """
    peak = curved or straight
    if straight is None or peak is None:
        return Usage(extended=1.0, offset=1.0, inaccurate=None, curvature_judged=judged)
    wing_s = DURATION_SIGMAS * peak.sigma_s
    inaccurate = None
    if curved is not None:
        factor = np.log(curved.sigma_s / straight.sigma_s) + np.log(
            curved.relative_speed_km_s / straight.relative_speed_km_s
        )
        inaccurate = float(-np.expm1(-abs(factor + (straight.depth - curved.depth) / 2.0)))
    return Usage(
        extended=min(1.0, 2.0 * wing_s / period_s),
        offset=min(1.0, (abs(peak.offset_s) + wing_s) / period_s),
        inaccurate=inaccurate,
        curvature_judged=judged,
    )
