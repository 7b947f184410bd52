"""How well objects were predicted: what earlier cycles said of an instant against what the newest delivery says.

Each record keeps what its deliveries predict at the midnights of its window. A later cycle compares the predictions of
the cycles before it with its own delivery at the first midnight of its window, where that is best known, and carries
the comparisons on. Nothing but records is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy  # its statistics are loaded when they are first used: they take as long as all the rest of it
from numpy.typing import NDArray

from nearpass.astro.epochs import Epoch
from nearpass.astro.fields import Vector
from nearpass.astro.local_axes import rtn_axes
from nearpass.encounter.uncertainty import state_at
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.record.prediction_record import (
    Matrix3,
    PredictedState,
    Prediction,
    PredictionError,
    PredictionQuality,
)
from nearpass.record.realism import timing_fit

FloatArray = NDArray[np.float64]

DAY_S: Final = 86_400.0
KEPT_PREDICTIONS: Final = 5
KEPT_ERRORS: Final = 200
LEAST_FOR_REALISM: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The delivery in use of one cycle: which, when it was made (None where nobody knows), and the motion it gives."""

    cycle_id: str
    sha256: str
    created: Epoch | None
    trajectory: Trajectory


def predict(delivered: Delivered, span_s: float) -> Prediction | None:
    """States at each covered midnight (UTC) of the window; None without an age, from which errors could be told.

    Args:
        delivered: The delivery; its trajectory counts from the start of the window.
        span_s: Length of the window.
    """
    if delivered.created is None:
        return None
    trajectory = delivered.trajectory
    first_s = first_midnight_s(trajectory.epoch)
    offsets_s = np.arange(first_s, span_s, DAY_S)
    offsets_s = offsets_s[trajectory.covers(offsets_s)]
    states = [_predicted(delivered, float(at_s)) for at_s in offsets_s]
    return Prediction(
        cycle_id=delivered.cycle_id, sha256=delivered.sha256, created=delivered.created, states=tuple(states)
    )


def first_midnight_s(epoch: Epoch) -> float:
    """Seconds from an epoch to the next midnight, 0 at midnight."""
    midnight = Epoch.parse(epoch.iso(digits=0)[:10])
    return 0.0 if midnight == epoch else Epoch.parse((midnight + 1.2 * DAY_S).iso(digits=0)[:10]) - epoch


def judge(earlier: Sequence[Prediction], delivered: Delivered) -> tuple[PredictionError, ...]:
    """Earlier predictions against a later delivery, at the first midnight of its window.

    The later delivery is not the truth: its own covariance is added to the earlier one's in the squared distance.

    A file that an earlier cycle used already says nothing new: it is itself a prediction by now.
    """
    if any(prediction.sha256 == delivered.sha256 for prediction in earlier):
        return ()
    at = delivered.trajectory.epoch + first_midnight_s(delivered.trajectory.epoch)
    offset_s = at - delivered.trajectory.epoch
    if not delivered.trajectory.covers(np.array([offset_s])).all():
        return ()
    now = _predicted(delivered, offset_s)
    found = []
    for prediction in earlier:
        state = next((state for state in prediction.states if state.at == at), None)
        if state is not None:
            found.append(_error(prediction, state, now))
    return tuple(found)


def quality(errors: Sequence[PredictionError]) -> PredictionQuality | None:
    """What comparisons say together; None without any.

    The declared model's timing sigma s0 + s1 age is fitted to the absolute timing errors, whose mean is sigma times
    sqrt(2/pi), by non-negative least squares.
    """
    if not errors:
        return None
    start_s, growth_s = timing_fit(errors)
    rms_km = np.sqrt(np.mean(np.square([error.error_rtn_km for error in errors]), axis=0))
    squares = [error.mahalanobis_squared for error in errors if error.mahalanobis_squared is not None]
    enough = len(squares) >= LEAST_FOR_REALISM
    return PredictionQuality(
        count=len(errors),
        timing_s=float(start_s),
        timing_growth_s_per_day=float(growth_s),
        rms_rtn_km=_vector(rms_km),
        mean_mahalanobis_squared=float(np.mean(squares)) if enough else None,
        realism_p=float(scipy.stats.cramervonmises(squares, scipy.stats.chi2(3).cdf).pvalue) if enough else None,
    )


def carried(earlier: Sequence[Prediction], now: Prediction | None) -> tuple[Prediction, ...]:
    """Predictions to keep: the newest few, each file once, the states that still lie ahead."""
    if now is None:
        return tuple(earlier)
    since = now.states[0].at if now.states else now.created
    kept = [
        Prediction(
            cycle_id=old.cycle_id,
            sha256=old.sha256,
            created=old.created,
            states=tuple(state for state in old.states if state.at > since),
        )
        for old in earlier
        if old.sha256 != now.sha256
    ]
    return (*[old for old in kept if old.states][-(KEPT_PREDICTIONS - 1) :], now)


def _predicted(delivered: Delivered, offset_s: float) -> PredictedState:
    trajectory = delivered.trajectory
    state = state_at(trajectory, offset_s, declared=None, created_s=None)
    in_rtn = state.covariance_rtn
    return PredictedState(
        at=trajectory.epoch + offset_s,
        position_km=_vector(state.position_km, 6),
        velocity_km_s=_vector(state.velocity_km_s, 9),
        covariance_rtn_km2=None if in_rtn is None else _matrix(in_rtn[:3, :3]),
    )


def _error(prediction: Prediction, state: PredictedState, now: PredictedState) -> PredictionError:
    velocity_km_s = np.array(now.velocity_km_s)
    to_rtn = rtn_axes(np.array([now.position_km]), velocity_km_s[None])[0]
    error_rtn_km = to_rtn @ np.subtract(state.position_km, now.position_km)
    squared = None
    if state.covariance_rtn_km2 is not None and now.covariance_rtn_km2 is not None:
        both_km2 = np.add(state.covariance_rtn_km2, now.covariance_rtn_km2)
        with suppress(np.linalg.LinAlgError):  # components that are wholly correlated: no distance in sigmas
            squared = float(error_rtn_km @ np.linalg.solve(both_km2, error_rtn_km))
    # Ahead along the track means that it was predicted to pass too early.
    late_s = -float(error_rtn_km @ (to_rtn @ velocity_km_s)) / float(velocity_km_s @ velocity_km_s)
    return PredictionError(
        cycle_id=prediction.cycle_id,
        lead_s=state.at - prediction.created,
        error_rtn_km=_vector(error_rtn_km),
        timing_s=late_s,
        mahalanobis_squared=squared,
    )


def _vector(values: FloatArray, digits: int | None = None) -> Vector:
    x, y, z = (float(value) if digits is None else round(float(value), digits) for value in values)
    return x, y, z


def _matrix(values: FloatArray) -> Matrix3:
    first, second, third = (values + values.T) / 2.0
    return _vector(first), _vector(second), _vector(third)
