"""Partners' messages of a cycle: what each says of which approach, tied to the event of ours that it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.fields import Matrix6, Vector
from nearpass.astro.frames import icrf_from_axes
from nearpass.config import Config, EphemerisSource, ScreenedObject
from nearpass.cycle.cdm_compare import hard_body_radius_m
from nearpass.encounter.uncertainty import Basis, DeclaredModel, state_at
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.errors import InputError, understood
from nearpass.ingest import Ingested, Setting
from nearpass.ingest.messages import read_messages
from nearpass.ingest.notes import named_event
from nearpass.ingest.received import Received
from nearpass.messages.cdm import Cdm, CdmObject
from nearpass.messages.oem import OemMessage
from nearpass.messages.opm import OpmMessage
from nearpass.record.history import gate_s
from nearpass.record.message_record import MessageRecord, TheirApproach, TheirObject, Tie
from nearpass.record.record import CycleRecord, EventRecord

KEPT_S: Final = 7.0 * DAY_S
"""So long after its approach a message stays with the cycles."""
STEPS: Final = 20
CLOSE_S: Final = 1e-6
_M_PER_KM: Final = 1e3
_M2_PER_KM2: Final = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What messages are held against: the cycle, its configuration, and the trajectories of its objects."""

    record: CycleRecord
    config: Config
    setting: Setting
    trajectories: Mapping[str, Trajectory]
    previous: CycleRecord | None

    def known_as(self, *names: str) -> str | None:
        """The id of the object of ours that one of these names means: id, name, NAIF or catalogue number."""
        wanted = {name.lstrip("0").upper() for name in names if name.strip()}
        for item in self.record.objects:
            numbers = [str(number) for number in (item.naif_id, item.catalogue_number) if number is not None]
            if wanted & {item.id.upper(), item.name.upper(), *numbers}:
                return item.id
        return None


def message_records(received: Iterable[Received], ours: Ours) -> tuple[MessageRecord, ...]:
    """Each message as the cycle keeps it; those whose approach passed long ago are left out."""
    found = (message_record(each, ours) for each in received)
    since = ours.record.window.start + -KEPT_S
    return tuple(
        message
        for message in found
        if not message.approaches or max(approach.tca for approach in message.approaches) > since
    )


def message_record(received: Received, ours: Ours) -> MessageRecord:
    """One message as the cycle keeps it, however old it is."""
    before = {message.sha256: message.here for message in ours.previous.messages} if ours.previous else {}
    content, refusal = received.content, received.refusal
    approaches: tuple[TheirApproach, ...] = ()
    object_ids: tuple[str, ...] = ()
    try:
        if isinstance(content, tuple):
            approaches = tuple(_of_cdm(one, received.event, ours) for one in content)
            named = {name for one in approaches for name in (one.primary, one.secondary) if name is not None}
            object_ids = tuple(sorted(named))
        elif content is not None:
            names = _names(content)
            known = ours.known_as(*names)
            object_ids = (known,) if known is not None else ()
            if known is not None:
                approaches = tuple(_of_ephemeris(known, received, ours))
    except Exception as error:  # noqa: BLE001  # whatever a message does to us, the others are held against ours
        refusal, approaches = str(understood(error).at(file=received.file)), ()
    return MessageRecord(
        path=received.file,
        sha256=received.sha256,
        kind=received.kind,
        originator=received.originator,
        created=received.created,
        marking=received.marking,
        here=before.get(received.sha256, ours.record.cycle_id),
        tie=_tie(refusal, approaches, object_ids, content),
        object_ids=object_ids,
        approaches=approaches,
        refusal=refusal,
    )


def _names(content: OemMessage | OpmMessage) -> tuple[str, str]:
    one = content if isinstance(content, OpmMessage) else content.segments[0]
    return one.object_id, one.object_name


def _tie(refusal: str | None, approaches: Sequence[TheirApproach], object_ids: Sequence[str], content: object) -> Tie:
    if refusal is not None:
        return "unreadable"
    if any(approach.event_id is not None for approach in approaches):
        return "event"
    if isinstance(content, tuple):
        both = any(approach.primary is not None and approach.secondary is not None for approach in approaches)
        return "no event" if both else "other objects"
    return "no approach" if object_ids else "other objects"


def _of_cdm(cdm: Cdm, said: str | None, ours: Ours) -> TheirApproach:
    """What a conjunction data message says, its objects by our ids where they are ours."""
    first, second = (ours.known_as(one.designator, one.name, one.international_designator) for one in cdm.objects)
    return TheirApproach(
        event_id=_event_of(first, second, cdm.relative.tca, said, ours),
        primary=first,
        secondary=second,
        tca=cdm.relative.tca,
        miss_km=cdm.relative.miss_m / _M_PER_KM,
        pc=cdm.relative.collision_probability,
        hbr_m=hard_body_radius_m(cdm),
        objects=(_of_object(cdm.object1), _of_object(cdm.object2)),
    )


def _of_object(one: CdmObject) -> TheirObject:
    """In the axes of our record, where theirs do not turn with the Earth."""
    turns = one.ref_frame == "ITRF"
    to_icrf = np.eye(3) if turns else icrf_from_axes(one.ref_frame)
    return TheirObject(
        name=one.name,
        center=one.orbit_center,
        axes="ITRF" if turns else "ICRF",
        position_km=_vector(to_icrf @ np.array(one.position_km)),
        velocity_km_s=_vector(to_icrf @ np.array(one.velocity_km_s)),
        covariance_rtn_m=one.covariance_rtn_m,
    )


def _event_of(first: str | None, second: str | None, tca: Epoch, said: str | None, ours: Ours) -> str | None:
    """The event of the same pair: the one that it was said to be, else the nearest within half a period."""
    if first is None or second is None:
        return None
    pair = {first, second}
    near = [event for event in ours.record.events if {event.primary, event.secondary} == pair]
    wanted = named_event(said, ours.record) if said is not None else None
    if any(event.event_id == wanted for event in near):
        return wanted
    within_s = gate_s((first, second), ours.record.periods_s)
    best = min(near, key=lambda event: abs(event.tca - tca), default=None)
    return best.event_id if best is not None and abs(best.tca - tca) <= within_s else None


def _of_ephemeris(object_id: str, received: Received, ours: Ours) -> Iterator[TheirApproach]:
    """The events of an object by another's motion of it, the other object as ours."""
    item = next((one for one in ours.config.objects if one.id == object_id), None)
    if item is None:
        return
    theirs = _trajectory(item, received, ours)
    for event in ours.record.events:
        if object_id in {event.primary, event.secondary}:
            found = _by_their_ephemeris(event, object_id, theirs, ours)
            if found is not None:
                yield found


def _trajectory(item: ScreenedObject, received: Received, ours: Ours) -> Trajectory:
    """Their ephemeris of an object of ours, or their one state of it carried on by gravity and J2.

    Raises:
        InputError: if it cannot be used in this cycle.
    """
    source = EphemerisSource(
        path=received.file, originator=received.originator or "unknown", role="alternative", name="received",
        propagate="J2" if isinstance(received.content, OpmMessage) else None,
    )  # fmt: skip
    for found in read_messages(item, source, [received.path], ours.setting):
        if isinstance(found, Ingested) and found.trajectory is not None:
            return found.trajectory
        refusal = found.refusal if not isinstance(found, Ingested) else found.inputs[0].refusal
        raise InputError(refusal or "the ephemeris must reach into the window", file=received.file)
    raise InputError("the ephemeris must have been made by the data cut-off", file=received.file)


def _by_their_ephemeris(event: EventRecord, object_id: str, theirs: Trajectory, ours: Ours) -> TheirApproach | None:
    """One event again with their motion of one object; None where it does not reach to it."""
    motions = tuple(
        theirs if name == object_id else ours.trajectories[name] for name in (event.primary, event.secondary)
    )
    start = ours.record.window.start
    offset_s = _nearest_s(motions[0], motions[1], event.tca - start)
    if offset_s is None:
        return None
    off, told = _off(theirs), theirs.approximation
    states = [state_at(motion, offset_s, declared=off, created_s=told.since_s if told else None) for motion in motions]
    objects, own = [], None
    for name, state in zip((event.primary, event.secondary), states, strict=True):
        matrix = state.covariance_rtn if name == object_id else None
        if name == object_id and state.covariance is not None:
            own = state.covariance.basis is Basis.DELIVERED
        objects.append(
            TheirObject(
                name=name,
                center=ours.record.body.name,
                axes="ICRF",
                position_km=_vector(state.position_km),
                velocity_km_s=_vector(state.velocity_km_s),
                covariance_rtn_m=_matrix(matrix * _M2_PER_KM2) if matrix is not None else None,
            )
        )
    return TheirApproach(
        event_id=event.event_id,
        primary=event.primary,
        secondary=event.secondary,
        tca=start + offset_s,
        miss_km=float(np.linalg.norm(states[1].position_km - states[0].position_km)),
        pc=None,
        hbr_m=None,
        objects=(objects[0], objects[1]),
        only=object_id,
        own_covariance=own,
    )


def _off(theirs: Trajectory) -> DeclaredModel | None:
    """How far off a state that was carried on may be, as sigmas: along the orbit as it grows, else as its size is.

    What is left out changes the semi-major axis by a share; radially and across the orbit it is off by that itself.
    """
    told = theirs.approximation
    if told is None:
        return None
    start_s, stop_s = theirs.arcs[0].start_s, theirs.arcs[-1].stop_s
    position_km, velocity_km_s = (rows[0] for rows in theirs.state(np.array([start_s])))
    gm_km3_s2 = body_named(theirs.frame.center).gm_km3_s2
    radius_km, speed_km_s = float(np.linalg.norm(position_km)), float(np.linalg.norm(velocity_km_s))
    semi_major_km = abs(1.0 / (2.0 / radius_km - speed_km_s**2 / gm_km3_s2))
    motion_rad_s = np.sqrt(gm_km3_s2 / semi_major_km**3)
    off_km = told.error_km / (1.5 * motion_rad_s * (stop_s - told.since_s))
    return DeclaredModel(
        radial_km=off_km, transverse_km=off_km, normal_km=off_km, timing_s=0.0,
        timing_growth_s_per_day=1.5 * off_km / semi_major_km * DAY_S, source="one state carried on",
    )  # fmt: skip


def _nearest_s(first: Trajectory, second: Trajectory, offset_s: float) -> float | None:
    """Where the distance is least near an offset, by steps along the straight relative motion."""
    for _ in range(STEPS):
        at = np.array([offset_s])
        if not (first.covers(at)[0] and second.covers(at)[0]):
            return None
        (position, velocity), (other, other_velocity) = first.state(at), second.state(at)
        apart, moving = (other - position)[0], (other_velocity - velocity)[0]
        speed2 = float(moving @ moving)
        if speed2 == 0.0:
            return offset_s
        step_s = -float(apart @ moving) / speed2
        offset_s += step_s
        if abs(step_s) < CLOSE_S:
            break
    return offset_s


def _vector(values: NDArray[np.float64]) -> Vector:
    x, y, z = (float(value) for value in values)
    return x, y, z


def _matrix(values: NDArray[np.float64]) -> Matrix6:
    return tuple(tuple(row) for row in values.tolist())  # type: ignore[return-value]  # six rows of six
