"""Deliveries judged by their predecessors: by how many of the sigmas that both state a newer one moves its object.

Each record keeps where its deliveries put their objects at whole hours or days, with what they state of their errors.
The next cycle compares. An error along the orbit is an error of timing, so the earlier state is first moved along its
own two-body orbit until it is beside the newer one; what is left is radial and normal. Nothing but records is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import numpy as np
import spiceypy as spice
from numpy.typing import NDArray

from nearpass.astro.epochs import NS, Epoch
from nearpass.astro.fields import Vector
from nearpass.astro.local_axes import rtn_axes
from nearpass.encounter.uncertainty import state_at
from nearpass.ephemeris.lint import Finding, Grade, overall
from nearpass.ephemeris.lint_motion import step_at
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.reasons.findings import Shift, ShiftRule
from nearpass.record.doubt_record import ShiftRecord, ShiftVerdict
from nearpass.record.prediction_record import Matrix3, PredictedState, Prediction
from nearpass.record.record import InputRecord
from nearpass.record.source import Source

FloatArray = NDArray[np.float64]

DOUBTFUL_SIGMAS: Final = 5.0
STEPS_S: Final = (900, 3_600, 10_800, 21_600, 86_400)
"""Each divides the next, so that cycles of different windows share instants."""
MOST_STATES: Final = 30
BURN_KM_S: Final = 1e-6
"""A step of velocity from which two arcs that meet are parted by a manoeuvre: a millimetre a second."""
_ROUNDS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """The change at one instant, with its sigmas; None where neither delivery states an error."""

    at: Epoch
    rtn_km: FloatArray
    late_s: float
    sigmas: float | None


def reference(trajectory: Trajectory, source: Source, cycle_id: str, sha256: str, span_s: float) -> Prediction:
    """Where a delivery puts its object at common instants of the window, with stated or declared errors.

    Args:
        trajectory: The motion by the delivery; it counts from the start of the window.
        source: When it was made, and the declared errors.
        cycle_id: The cycle that uses it.
        sha256: Of the delivery.
        span_s: Length of the window.
    """
    step_s = next((step for step in STEPS_S if span_s / step <= MOST_STATES), STEPS_S[-1])
    epoch, step_ns = trajectory.epoch, step_s * NS
    first_ns = -(-epoch.tai_ns // step_ns) * step_ns
    moments = [Epoch(tai_ns) for tai_ns in range(first_ns, (epoch + span_s).tai_ns + 1, step_ns)]
    inside = [at for at in moments if any(start <= at - epoch <= stop for start, stop in trajectory.spans_s)]
    return Prediction(
        cycle_id=cycle_id,
        sha256=sha256,
        created=epoch + (source.created_s or 0.0),
        states=tuple(_state(trajectory, source, at) for at in inside[:MOST_STATES]),
    )


def _state(trajectory: Trajectory, source: Source, at: Epoch) -> PredictedState:
    offset_s = at - trajectory.epoch
    state = state_at(trajectory, offset_s, declared=source.declared, created_s=source.created_s)
    in_rtn = state.covariance_rtn
    return PredictedState(
        at=at,
        position_km=_vector(state.position_km, 6),
        velocity_km_s=_vector(state.velocity_km_s, 9),
        covariance_rtn_km2=None if in_rtn is None else _matrix(in_rtn[:3, :3]),
    )


def judged(
    now: Prediction,
    trusted: Prediction,
    doubted: Prediction | None,
    trajectory: Trajectory,
    burns: Sequence[Epoch],
    gm_km3_s2: float,
) -> ShiftRecord | None:
    """A delivery against the last one that was not doubtful, and against a doubtful one after that.

    None where no instant is common.

    Args:
        now: The delivery.
        trusted: The last one before it that was not doubtful.
        doubted: The doubtful one before it, if the one before it was.
        trajectory: The motion by the delivery, whose breaks tell of manoeuvres.
        burns: Declared manoeuvres of the object.
        gm_km3_s2: Gravitational parameter of the centre.
    """
    found = _compared(now, trusted, trajectory, burns, gm_km3_s2)
    if found is None or found.verdict != "doubtful" or doubted is None:
        return found
    again = _compared(now, doubted, trajectory, burns, gm_km3_s2)
    return replace(found, verdict="confirmed") if again is not None and again.verdict == "agrees" else found


def _compared(
    now: Prediction, before: Prediction, trajectory: Trajectory, burns: Sequence[Epoch], gm_km3_s2: float
) -> ShiftRecord | None:
    earlier = {state.at: state for state in before.states}
    changes = [_change(earlier[state.at], state, gm_km3_s2) for state in now.states if state.at in earlier]
    if not changes:
        return None
    worst = max(changes, key=lambda change: (change.sigmas or 0.0, abs(change.late_s)))
    verdict = "unjudged" if worst.sigmas is None else "doubtful" if worst.sigmas > DOUBTFUL_SIGMAS else "agrees"
    if verdict == "doubtful" and _manoeuvred(changes, before, trajectory, burns):
        verdict = "manoeuvre"
    return ShiftRecord(
        cycle_id=before.cycle_id,
        sha256=before.sha256,
        at=worst.at,
        shift_rtn_km=_vector(worst.rtn_km, 6),
        late_s=round(worst.late_s, 6),
        sigmas=worst.sigmas,
        verdict=verdict,  # type: ignore[arg-type]  # one of the three words above
        since=now.cycle_id,
    )


def _change(before: PredictedState, now: PredictedState, gm_km3_s2: float) -> _Change:
    """What moved between two states of one instant."""
    start = np.concatenate([before.position_km, before.velocity_km_s])
    target_km, moved, early_s = np.array(now.position_km), start, 0.0
    for _ in range(_ROUNDS):
        ahead_s = float((target_km - moved[:3]) @ moved[3:]) / float(moved[3:] @ moved[3:])
        early_s += ahead_s
        moved = np.asarray(spice.prop2b(gm_km3_s2, start, early_s))
    to_rtn = rtn_axes(start[None, :3], start[None, 3:])[0]
    radial_km, _, normal_km = rtn_axes(moved[None, :3], moved[None, 3:])[0] @ (target_km - moved[:3])
    variances = [one.covariance_rtn_km2 for one in (before, now) if one.covariance_rtn_km2 is not None]
    sigmas = None
    if variances:
        sigma_km = np.sqrt(np.diag(np.sum(variances, axis=0)))
        speed_km_s = float(np.linalg.norm(before.velocity_km_s))
        sigmas = float(np.max(np.abs([radial_km, early_s * speed_km_s, normal_km]) / sigma_km))
    return _Change(at=now.at, rtn_km=to_rtn @ (target_km - start[:3]), late_s=-early_s, sigmas=sigmas)


def _manoeuvred(changes: Sequence[_Change], before: Prediction, trajectory: Trajectory, burns: Sequence[Epoch]) -> bool:
    """Whether a manoeuvre explains the changes: declared since the earlier delivery, or a break before all of them.

    A break explains what follows it only where the two deliveries agree before it.
    """
    parted = [change.at for change in changes if change.sigmas is not None and change.sigmas > DOUBTFUL_SIGMAS]
    if any(before.created <= burn <= min(parted) for burn in burns):
        return True
    breaks = [
        trajectory.epoch + after.start_s
        for earlier, after in pairwise(trajectory.arcs)
        if (step := step_at(earlier, after)) is not None and step[1] > BURN_KM_S
    ]
    agree = [change.at for change in changes if change.at < min(parted)]
    return bool(agree) and any(max(agree) <= burn <= min(parted) for burn in breaks)


def with_shift(entry: InputRecord, shift: ShiftRecord) -> InputRecord:
    """The delivery's record with a finding on how it differs from the one before, and the overall grade anew."""
    grade = Grade.FAIL if shift.verdict == "doubtful" else Grade.PASS if shift.verdict == "agrees" else Grade.NOTE
    fact = Shift(
        rule=SHIFT_RULES[shift.verdict], cycle_id=shift.cycle_id, late_s=shift.late_s, shift_rtn_km=shift.shift_rtn_km,
        sigmas=shift.sigmas,
    )  # fmt: skip
    own = Finding(rule="predecessor", grade=grade, fact=fact)
    every = [*(found for found in entry.findings if found.rule not in {"overall", own.rule}), own]
    return replace(entry, findings=(overall(every), *every))


SHIFT_RULES: Final[Mapping[ShiftVerdict, ShiftRule]] = MappingProxyType({
    "agrees": "shift_agrees", "confirmed": "shift_confirmed", "manoeuvre": "shift_by_manoeuvre",
    "unjudged": "shift_unjudged", "doubtful": "shift_doubtful",
})  # fmt: skip


def _vector(values: FloatArray, digits: int) -> Vector:
    x, y, z = (round(float(value), digits) for value in values)
    return x, y, z


def _matrix(values: FloatArray) -> Matrix3:
    first, second, third = (values + values.T) / 2.0
    return _vector(first, 12), _vector(second, 12), _vector(third, 12)
