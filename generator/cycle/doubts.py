"""Deliveries judged by their predecessors: by how many of the sigmas that both state a newer one moves its object.

Each record keeps where its deliveries put their objects at whole hours or days, and at every approach that it lists,
with what they state of their errors. The next cycle compares its own delivery at each of these instants. An error along
the orbit is an error of timing, so the earlier state is first moved along its own two-body orbit until it is beside the
newer one; what is left is radial and normal. Of what was delivered before nothing but records is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
import spiceypy as spice
from numpy.typing import NDArray

from nearpass.astro.epochs import NS, Epoch
from nearpass.astro.fields import Vector
from nearpass.astro.local_axes import rtn_axes
from nearpass.encounter.alert_rules import SEVERITY
from nearpass.encounter.uncertainty import state_at
from nearpass.ephemeris.lint import Finding, Grade, overall
from nearpass.ephemeris.lint_motion import step_at
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.reasons.findings import Shift, ShiftRule
from nearpass.record.coordination import said_by
from nearpass.record.doubt_record import ShiftRecord, ShiftVerdict
from nearpass.record.event_record import EventRecord
from nearpass.record.prediction_record import Matrix3, PredictedState, Prediction
from nearpass.record.record import InputRecord, NoteRecord
from nearpass.record.source import Source

FloatArray = NDArray[np.float64]

DOUBTFUL_SIGMAS: Final = 5.0
STEPS_S: Final = (900, 3_600, 10_800, 21_600, 86_400)
"""Each divides the next, so that cycles of different windows share instants."""
MOST_STATES: Final = 30
MOST_APPROACHES: Final = 100
"""At so many approaches of the cycle before a delivery is judged besides, the most severe and then the nearest."""
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Newer:
    """A delivery that is to be judged: in which cycle, the motion by it, and what that rests on."""

    cycle_id: str
    trajectory: Trajectory
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Burns:
    """Manoeuvres of an object that may explain a shift: ``declared`` in the configuration, and ``planned`` in the log.

    ``is_plan`` says that the delivery is the very file of a plan.
    """

    declared: Sequence[Epoch] = ()
    planned: Sequence[Epoch] = ()
    is_plan: bool = False

    def known_by(self, since: Epoch, now: Epoch) -> Burns:
        """The burns that may explain a doubt: those before it arose at ``since``, and those after ``now``."""
        return replace(
            self,
            declared=[burn for burn in self.declared if burn <= since or burn >= now],
            planned=[burn for burn in self.planned if burn <= since or burn >= now],
        )


def burns_of(object_id: str, sha256: str, declared: Sequence[Epoch], notes: Sequence[NoteRecord]) -> Burns:
    """The burns of an object that the configuration declares and that parties say they fly or have flown.

    Args:
        object_id: The object.
        sha256: Of its delivery.
        declared: Burns of the configuration.
        notes: The log up to the data cut-off; of an event the last word of a party holds, so that what was cancelled
            explains nothing.
    """
    read = [note for note in notes if note.refusal is None]
    events = sorted({note.event_id for note in read if note.event_id is not None})
    movers = [mover for event_id in events for mover in said_by(read, event_id).movers if mover.object_id == object_id]
    plans = {note.plan.sha256 for note in read if note.plan is not None and note.object_id in {None, object_id}}
    return Burns(
        declared=tuple(declared),
        planned=tuple(mover.burn for mover in movers if mover.burn is not None),
        is_plan=sha256 in plans,
    )


def at_approaches(events: Sequence[EventRecord], object_id: str) -> tuple[PredictedState, ...]:
    """Where a cycle's delivery put an object at the approaches that the cycle lists, with its error there.

    Args:
        events: Of the cycle; those that a doubtful delivery holds are of an earlier one.
        object_id: The object.
    """
    own = [
        event
        for event in events
        if object_id in {event.primary, event.secondary} and (event.held is None or not event.held.gone)
    ]
    own.sort(key=lambda event: (-SEVERITY[event.level], event.miss_km, event.tca))
    found = (_at_approach(event, object_id) for event in own[:MOST_APPROACHES])
    return tuple(sorted((state for state in found if state is not None), key=lambda state: state.at))


def _at_approach(event: EventRecord, object_id: str) -> PredictedState | None:
    first = event.primary == object_id
    position_km = event.primary_position_km if first else event.secondary_position_km
    velocity_km_s = event.primary_velocity_km_s if first else event.secondary_velocity_km_s
    if position_km is None or velocity_km_s is None:
        return None
    known = next((one.covariance_rtn for one in event.uncertainty if one.object_id == object_id), None)
    return PredictedState(
        at=event.tca,
        position_km=position_km,
        velocity_km_s=velocity_km_s,
        covariance_rtn_km2=None if known is None else _matrix(np.array(known)[:3, :3]),
    )


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
    newer: Newer, trusted: Prediction, doubted: Prediction | None, burns: Burns, gm_km3_s2: float
) -> ShiftRecord | None:
    """A delivery against the last one that was not doubtful, and against a doubtful one after that.

    None where it covers no instant at which the earlier one is known.

    Args:
        newer: The delivery. Breaks of its motion tell of manoeuvres as well.
        trusted: The last one before it that was not doubtful.
        doubted: The doubtful one before it, if the one before it was.
        burns: Manoeuvres of the object that may explain a shift.
        gm_km3_s2: Gravitational parameter of the centre.
    """
    found = _compared(newer, trusted, burns, gm_km3_s2)
    if found is None or found.verdict != "doubtful" or doubted is None:
        return found
    again = _compared(newer, doubted, burns, gm_km3_s2)
    return replace(found, verdict="confirmed") if again is not None and again.verdict == "agrees" else found


def _compared(newer: Newer, before: Prediction, burns: Burns, gm_km3_s2: float) -> ShiftRecord | None:
    trajectory = newer.trajectory
    changes = [
        _change(state, _state(trajectory, newer.source, state.at), gm_km3_s2)
        for state in before.states
        if any(start_s <= state.at - trajectory.epoch <= stop_s for start_s, stop_s in trajectory.spans_s)
    ]
    if not changes:
        return None
    worst = max(changes, key=lambda change: (change.sigmas or 0.0, abs(change.late_s)))
    verdict: ShiftVerdict = "agrees"
    if worst.sigmas is None:
        verdict = "unjudged"
    elif worst.sigmas > DOUBTFUL_SIGMAS:
        verdict = _explained(changes, before, trajectory, burns)
    return ShiftRecord(
        cycle_id=before.cycle_id,
        sha256=before.sha256,
        at=worst.at,
        shift_rtn_km=_vector(worst.rtn_km, 6),
        late_s=round(worst.late_s, 6),
        sigmas=worst.sigmas,
        verdict=verdict,
        since=newer.cycle_id,
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


def _explained(
    changes: Sequence[_Change], before: Prediction, trajectory: Trajectory, burns: Burns
) -> Literal["manoeuvre", "planned", "doubtful"]:
    """Whether a manoeuvre explains the changes: declared or planned since the earlier delivery, or a break before all.

    A break explains what follows it only where the two deliveries agree before it. What the log plans is told apart
    from the others: who may not read the log may not conclude it from here either.
    """
    parted = min(change.at for change in changes if change.sigmas is not None and change.sigmas > DOUBTFUL_SIGMAS)
    breaks = [
        trajectory.epoch + after.start_s
        for earlier, after in pairwise(trajectory.arcs)
        if (step := step_at(earlier, after)) is not None and step[1] > BURN_KM_S
    ]
    agree = [change.at for change in changes if change.at < parted]
    if agree and any(max(agree) <= burn <= parted for burn in breaks):
        return "manoeuvre"
    if any(before.created <= burn <= parted for burn in burns.declared):
        return "manoeuvre"
    if burns.is_plan or any(before.created <= burn <= parted for burn in burns.planned):
        return "planned"
    return "doubtful"


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
    "planned": "shift_by_plan", "unjudged": "shift_unjudged", "doubtful": "shift_doubtful",
})  # fmt: skip


def _vector(values: FloatArray, digits: int) -> Vector:
    x, y, z = (round(float(value), digits) for value in values)
    return x, y, z


def _matrix(values: FloatArray) -> Matrix3:
    first, second, third = (values + values.T) / 2.0
    return _vector(first, 12), _vector(second, 12), _vector(third, 12)
