"""Partners' messages for tests: of the sample's red event, as records and as the text of a message."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from nearpass.astro.epochs import Epoch
from nearpass.astro.frames import icrf_from_axes
from nearpass.messages.cdm import Cdm, CdmObject
from nearpass.record.marking import MarkingRecord, Tlp
from nearpass.record.message_record import MessageRecord, TheirApproach, TheirObject
from nearpass.record.record import CycleRecord, EventRecord
from nearpass.report.cdm_event import event_cdm
from records import RED_EVENT

OPEN = MarkingRecord(originator="CNSA", level=Tlp.CLEAR, words=None, release=())


def red_event(record: CycleRecord) -> EventRecord:
    """The red event of the sample."""
    return next(event for event in record.events if event.event_id == RED_EVENT)


def their_object(one: CdmObject) -> TheirObject:
    """An object of a message as a record keeps it."""
    to_icrf = icrf_from_axes(one.ref_frame)
    x, y, z = (to_icrf @ np.array(one.position_km)).tolist()
    vx, vy, vz = (to_icrf @ np.array(one.velocity_km_s)).tolist()
    return TheirObject(
        name=one.name, center=one.orbit_center, axes="ICRF", position_km=(x, y, z), velocity_km_s=(vx, vy, vz),
        covariance_rtn_m=one.covariance_rtn_m,
    )  # fmt: skip


def approach(record: CycleRecord, cdm: Cdm | None = None, **more: Any) -> TheirApproach:
    """What a message of the red event says, by default the same as we do."""
    event = red_event(record)
    told = cdm or event_cdm(record, event)
    plain: dict[str, Any] = {
        "event_id": event.event_id, "primary": event.primary, "secondary": event.secondary, "tca": told.relative.tca,
        "miss_km": told.relative.miss_m / 1e3, "pc": told.relative.collision_probability, "hbr_m": 10.0,
        "objects": (their_object(told.object1), their_object(told.object2)),
    }  # fmt: skip
    return TheirApproach(**{**plain, **more})


def message(*approaches: TheirApproach, **more: Any) -> MessageRecord:
    """A message of CNSA with these approaches."""
    plain: dict[str, Any] = {
        "path": "messages/cnsa/a.cdm", "sha256": "5a" * 32, "kind": "CDM", "originator": "CNSA",
        "created": Epoch.parse("2021-03-16T12:00:00"), "marking": OPEN, "here": "2021-03-15T0000Z", "tie": "event",
        "object_ids": tuple({name for one in approaches for name in (one.primary, one.secondary) if name}),
        "approaches": approaches, "refusal": None,
    }  # fmt: skip
    return MessageRecord(**{**plain, **more})


def moved(cdm: Cdm, shift_km: tuple[float, float, float], later_s: float = 0.0) -> Cdm:
    """A message with its second object elsewhere, and another TCA; the miss distance follows the states."""
    position_km = [float(a + b) for a, b in zip(cdm.object2.position_km, shift_km, strict=True)]
    x, y, z = position_km
    apart_km = [a - b for a, b in zip(position_km, cdm.object1.position_km, strict=True)]
    miss_m = 1e3 * sum(value * value for value in apart_km) ** 0.5
    relative = replace(
        cdm.relative, tca=cdm.relative.tca + later_s, miss_m=miss_m, relative_position_rtn_m=None,
        relative_velocity_rtn_m_s=None,
    )  # fmt: skip
    return replace(cdm, relative=relative, object2=replace(cdm.object2, position_km=(x, y, z)))
