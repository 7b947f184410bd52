"""What comparisons of an object's predictions say of the errors that were stated: bias, growth, realism.

A delivery is compared with up to five earlier ones at one instant, and a file with several later ones, so that the
comparisons share errors. Only independent ones count here: of each earlier delivery the comparison farthest ahead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import nnls

from nearpass.astro.epochs import DAY_S
from nearpass.record.prediction_record import DeclaredRecord, PredictionError

LEAST: Final = 5
"""Fewer independent comparisons judge nothing."""
FACTOR: Final = 2.0
BIAS_SIGMAS: Final = 3.0
MEAN_OVER_SIGMA: Final = math.sqrt(2.0 / math.pi)
"""Mean of the absolute value of a normal variable over its sigma."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Realism:
    """What ``count`` independent comparisons say together.

    ``ratio`` is the root mean square of the errors along the track over their declared sigmas, 1 for an honest model;
    ``delivered_ratio`` the same of all three axes over delivered covariances; each None without sigmas to compare.
    ``bias_s`` is the mean timing error, ``bias_sigmas`` that over its standard error. ``timing_s`` and
    ``timing_growth_s_per_day`` fit the timing errors best.
    """

    count: int
    ratio: float | None
    delivered_ratio: float | None
    bias_s: float
    bias_sigmas: float
    timing_s: float
    timing_growth_s_per_day: float

    @property
    def refuted(self) -> bool:
        """Whether what was stated is off by more than a factor of two."""
        ratios = (ratio for ratio in (self.ratio, self.delivered_ratio) if ratio is not None)
        return any(not 1.0 / FACTOR <= ratio <= FACTOR for ratio in ratios)


def independent(errors: Sequence[PredictionError]) -> tuple[PredictionError, ...]:
    """Of each earlier delivery the comparison farthest ahead, in the order of their cycles."""
    farthest: dict[str, PredictionError] = {}
    for error in errors:
        held = farthest.get(error.cycle_id)
        if held is None or held.lead_s < error.lead_s:
            farthest[error.cycle_id] = error
    return tuple(farthest[key] for key in sorted(farthest))


def timing_fit(errors: Sequence[PredictionError]) -> tuple[float, float]:
    """Timing sigma in s at once, and its growth in s per day: non-negative, fitted to the absolute timing errors."""
    days = np.array([max(0.0, error.lead_s) / DAY_S for error in errors])
    timing_s = np.abs([error.timing_s for error in errors]) / MEAN_OVER_SIGMA
    (start_s, growth_s), _ = nnls(np.stack([np.ones_like(days), days], axis=1), timing_s)
    return float(start_s), float(growth_s)


def realism(errors: Sequence[PredictionError], declared: DeclaredRecord | None) -> Realism | None:
    """What the comparisons say of the declared model and of delivered covariances; None with too few of them."""
    found = independent(errors)
    if len(found) < LEAST:
        return None
    late_s = np.array([error.timing_s for error in found])
    spread_s = float(late_s.std(ddof=1)) / math.sqrt(len(found))
    squares = [error.mahalanobis_squared for error in found if error.mahalanobis_squared is not None]
    start_s, growth_s = timing_fit(found)
    return Realism(
        count=len(found),
        ratio=_ratio(found, declared) if declared is not None and not squares else None,
        delivered_ratio=math.sqrt(float(np.mean(squares)) / 3.0) if len(squares) >= LEAST else None,
        bias_s=float(late_s.mean()),
        bias_sigmas=float(abs(late_s.mean())) / spread_s if spread_s > 0.0 else math.inf,
        timing_s=start_s,
        timing_growth_s_per_day=growth_s,
    )


def _ratio(errors: Sequence[PredictionError], model: DeclaredRecord) -> float:
    """Root mean square of the transverse errors over the declared sigmas at their leads."""
    return math.sqrt(float(np.mean([(error.error_rtn_km[1] / _sigma_km(error, model)) ** 2 for error in errors])))


def _sigma_km(error: PredictionError, model: DeclaredRecord) -> float:
    """The declared transverse sigma for a lead; the speed is what turns the timing error into the transverse one."""
    speed_km_s = abs(error.error_rtn_km[1] / error.timing_s) if error.timing_s else 0.0
    timing_s = model.timing_s + model.timing_growth_s_per_day * max(0.0, error.lead_s) / DAY_S
    return math.hypot(model.transverse_km, timing_s * speed_km_s)
