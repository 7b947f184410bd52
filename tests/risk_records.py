"""Synthetic parts of a record that tell of risk: probabilities, manoeuvre trades, orbit crossings and seasons.

Probabilities are the integral of the Gaussian in the B-plane over the hard-body disc, by one plain quadrature that is
not the program's. Trades follow from two-body motion. Crossings and seasons are drawn from formulas: the Keplerian
orbits of the sample do not turn, so that theirs would tell nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import ndtr

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.encounter.alert import Level
from nearpass.reasons.levels import OrbitsClear
from nearpass.reasons.probabilities import NoBurn, NoValue, PlaneHolds
from nearpass.record.record import (
    CrossingRecord,
    MethodRecord,
    ProbabilityRecord,
    SeasonRecord,
    Span,
    ThresholdsRecord,
    TradeRecord,
)

FloatArray = NDArray[np.float64]

DILUTION_SCALES: Final = tuple(10.0 ** (step / 10.0 - 1.5) for step in range(31))
HBR_FACTORS: Final = tuple(2.0 ** (step / 2.0 - 2.0) for step in range(9))
PLANE_SCALES: Final = (0.25, 0.4, 0.63, 1.0, 1.6, 2.5, 4.0)
MOST_DELTA_V_M_S: Final = 20.0
SEASON_DAYS: Final = 180.0

_rule = cache(np.polynomial.legendre.leggauss)  # when a test asks: the rule of 600 nodes takes a second
_REACH_SIGMAS: Final = 12.0


def disc_probability(miss_km: FloatArray, covariance_km2: FloatArray, hbr_km: float) -> float:
    """Probability that a Gaussian about ``miss_km`` (2,) lies in the disc about the origin.

    In the principal axes, by Gauss-Legendre over the part of the disc within twelve sigma; the inner integral in closed
    form, its tails taken on the side where they do not cancel.
    """
    variances, axes = np.linalg.eigh(covariance_km2)
    sigma_x, sigma_y = np.sqrt(variances)
    x_km, y_km = np.abs(axes.T @ miss_km)
    low = max(-hbr_km, x_km - _REACH_SIGMAS * sigma_x)
    high = min(hbr_km, x_km + _REACH_SIGMAS * sigma_x)
    if low >= high:
        low, high = -hbr_km, hbr_km
    nodes, weights = _rule(600)
    at = low + (high - low) * (nodes + 1.0) / 2.0
    half = np.sqrt(np.maximum(hbr_km**2 - at**2, 0.0))
    strips = ndtr((half - y_km) / sigma_y) - ndtr((-half - y_km) / sigma_y)
    density = np.exp(-0.5 * ((at - x_km) / sigma_x) ** 2) / (math.sqrt(math.tau) * sigma_x)
    return float(min(1.0, (high - low) / 2.0 * np.sum(weights * strips * density)))


def probability(
    miss_km: FloatArray, primary_km2: FloatArray, secondary_km2: FloatArray, hbr_km: float
) -> ProbabilityRecord:
    """Everything a record says of the probability of collision, from a B-plane and both covariances in it."""
    both_km2 = primary_km2 + secondary_km2

    def scaled(scale: float) -> float:
        return disc_probability(miss_km, scale**2 * both_km2, hbr_km)

    top = minimize_scalar(lambda exponent: -scaled(10.0**exponent), bounds=(-2.5, 2.5), method="bounded")
    pc, max_scale = scaled(1.0), float(10.0**top.x)
    return ProbabilityRecord(
        pc=pc,
        method="Foster 2-D",
        why=(PlaneHolds(clipped=False, unjudged=None),),
        methods=(
            MethodRecord(name="Foster 2-D", pc=pc, reason=None),
            MethodRecord(name="3-D Nc", pc=None, reason=NoValue(rule="not_needed")),
        ),
        mahalanobis_distance=float(np.sqrt(miss_km @ np.linalg.solve(both_km2, miss_km))),
        max_pc=float(-top.fun),
        max_pc_scale=max_scale,
        max_pc_missing=None,
        in_dilution=max_scale < 1.0,
        span_s=(-12.0, 12.0),
        dilution=tuple((scale, scaled(scale)) for scale in DILUTION_SCALES),
        hbr_sensitivity=tuple((factor, disc_probability(miss_km, both_km2, factor * hbr_km)) for factor in HBR_FACTORS),
        scale_plane=tuple(
            (first, second, disc_probability(miss_km, first**2 * primary_km2 + second**2 * secondary_km2, hbr_km))
            for first in PLANE_SCALES
            for second in PLANE_SCALES
        ),
    )


def trade(
    object_id: str,
    miss_km: FloatArray,
    target_km: float,
    leads_h: FloatArray,
    shift: Callable[[float], FloatArray],
    *,
    target_pc: float | None,
    pc_of: Callable[[FloatArray], float | None],
) -> TradeRecord:
    """Smallest along-track delta-v that brings the miss in the B-plane to ``target_km``, or Pc to ``target_pc``.

    Args:
        object_id: Who manoeuvres.
        miss_km: Miss in the B-plane, shape ``(2,)``.
        target_km: What the miss shall become.
        leads_h: Lead times in hours.
        shift: How far the miss moves in the B-plane, km for each m/s, by lead time in s.
        target_pc: What the probability shall become.
        pc_of: The probability by the miss in the B-plane, None where there is none.
    """
    rows, pc_rows = [], []
    pc = pc_of(miss_km)
    no_pc_reason = NoBurn(rule="no_threshold") if pc is None or target_pc is None else None
    if no_pc_reason is None and pc < target_pc:
        no_pc_reason = NoBurn(rule="green_already")
    for lead_h in leads_h:
        pull = shift(float(lead_h) * 3600.0)
        # |miss + pull dv| = target: the smaller root of a quadratic.
        square, mixed, rest = pull @ pull, miss_km @ pull, miss_km @ miss_km - target_km**2
        root = math.sqrt(mixed**2 - square * rest)
        delta_v = min(abs((-mixed + root) / square), abs((-mixed - root) / square))
        rows.append((float(lead_h), float(delta_v) if delta_v < MOST_DELTA_V_M_S else None))
        if no_pc_reason is None:
            pc_rows.append((float(lead_h), _for_pc(miss_km, pull, target_pc, pc_of)))
    return TradeRecord(
        object_id=object_id,
        target_km=target_km,
        rows=tuple(rows),
        target_pc=target_pc if no_pc_reason is None else None,
        pc_rows=tuple(pc_rows),
        no_pc_reason=no_pc_reason,
    )


def _for_pc(
    miss_km: FloatArray, pull: FloatArray, target_pc: float, pc_of: Callable[[FloatArray], float | None]
) -> float | None:
    """The smallest velocity change of a table, interpolated in the logarithm of Pc."""
    table = np.linspace(0.0, MOST_DELTA_V_M_S, 401)
    ends = []
    for sign in (1.0, -1.0):
        below = next((v for v in table if pc_of(miss_km + sign * v * pull) < target_pc), None)
        if below is not None:
            before = below - table[1]
            high, low = (math.log(max(pc_of(miss_km + sign * v * pull), 1e-300)) for v in (before, below))
            ends.append(sign * (before + table[1] * (high - math.log(target_pc)) / (high - low)))
    return float(min(ends, key=abs)) if ends else None


@dataclass(frozen=True)
class Branch:
    """One crossing that goes on from revolution to revolution: OXD and OXT by days, and the point in the first."""

    oxd_km: Callable[[float], float]
    oxt_s: Callable[[float], float] | None
    first_day: float
    latitude_deg: float


def falling_km(days: float) -> float:
    """OXD that falls from 14 km to zero on day 16 and rises again, with a period of 100 days."""
    return 28.6 * abs(math.sin(math.pi * (days - 16.1) / 100.0))


def _ripple(days: float) -> float:
    """Short-period motion of the orbits."""
    return 1.0 + 0.02 * math.sin(2.3 * days)


KNOWN_BRANCHES: Final = (
    Branch(lambda days: falling_km(days) * _ripple(days), lambda days: 38.0 + 3.0 * days, 0.02, 71.0),
    Branch(lambda days: (21.0 - 0.35 * days) * _ripple(days), lambda days: -900.0 - 45.0 * days, 0.06, -70.0),
)
UNKNOWN_BRANCHES: Final = (
    Branch(lambda days: (11.0 - 0.30 * days) * _ripple(days), None, 0.03, 83.0),
    Branch(lambda days: (6.5 + 0.45 * days) * _ripple(days), None, 0.07, -84.0),
)


def timing_sigma_s(days: float) -> float:
    """One sigma of the difference of both timings; it grows from day to day."""
    return 4.0 + 2.2 * days


def crossings(
    primary: str,
    secondary: str,
    branches: tuple[Branch, ...],
    *,
    start: Epoch,
    window_s: float,
    period_s: float,
    thresholds: ThresholdsRecord,
    unknown: str | None,
) -> Iterator[CrossingRecord]:
    """One crossing a revolution and branch, where the orbits pass below the limit; no passage of ``unknown``."""
    for number, branch in enumerate(branches):
        for turn in range(int(window_s / period_s)):
            days = branch.first_day + turn * period_s / DAY_S
            oxd_km = branch.oxd_km(days)
            if oxd_km >= thresholds.crossing_limit_km:
                continue
            oxt_s = branch.oxt_s(days) if branch.oxt_s else None
            sigma_s = timing_sigma_s(days) if oxt_s is not None else None
            passage = start + days * DAY_S
            second = passage if oxt_s is None else passage + oxt_s
            level = crossing_level(oxd_km, oxt_s, sigma_s, thresholds)
            yield CrossingRecord(
                primary=primary,
                secondary=secondary,
                passage_primary=None if primary == unknown else passage,
                passage_secondary=None if secondary == unknown else second,
                surface_km=None,
                oxd_km=oxd_km,
                oxt_s=oxt_s,
                timing_sigma_s=sigma_s,
                straight_line_cad_km=None if oxt_s is None else math.hypot(oxd_km, 2.4 * oxt_s),
                primary_radius_km=3690.0,
                primary_latitude_deg=branch.latitude_deg,
                secondary_radius_km=3690.0 + oxd_km,
                secondary_latitude_deg=branch.latitude_deg,
                branch=number,
                level=level,
                reason=(OrbitsClear(value_km=oxd_km, to_surface=False),),
                approximate=(),
            )


def crossing_level(oxd_km: float, oxt_s: float | None, sigma_s: float | None, thresholds: ThresholdsRecord) -> Level:
    """Red or yellow where the orbits are near and the passages within three timing sigmas, or the timing unknown."""
    if oxt_s is not None and sigma_s is not None and abs(oxt_s) > 3.0 * sigma_s:
        return Level.GREEN
    for level, limit_km in ((Level.RED, thresholds.red_oxd_km), (Level.YELLOW, thresholds.yellow_oxd_km)):
        if limit_km is not None and oxd_km < limit_km:
            return level
    return Level.GREEN


def season(primary: str, secondary: str, start: Epoch, threshold_km: float) -> SeasonRecord:
    """Half a year of :func:`falling_km`; it is below the threshold twice."""
    days = np.arange(0.0, SEASON_DAYS + 0.5, 1.0)
    half_days = 100.0 / math.pi * math.asin(threshold_km / 28.6)
    return SeasonRecord(
        primary=primary,
        secondary=secondary,
        threshold_km=threshold_km,
        days=tuple(map(float, days)),
        oxd_km=tuple(falling_km(float(day)) for day in days),
        below=tuple(
            Span(start=start + max(0.0, middle - half_days) * DAY_S, stop=start + (middle + half_days) * DAY_S)
            for middle in (16.1, 116.1)
        ),
    )
