"""Partners' results beside ours: what each message says of an event, difference by difference, and a judgement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np

from nearpass.astro.epochs import Epoch
from nearpass.astro.frames import icrf_from_axes
from nearpass.cycle.cdm_compare import Difference, Judgement, compare_cdm, judgement
from nearpass.errors import NearpassError
from nearpass.messages.cdm import Cdm, CdmObject
from nearpass.record.event_record import EventRecord
from nearpass.record.message_record import MessageRecord, TheirApproach, TheirObject
from nearpass.record.record import CycleRecord
from nearpass.report import wording
from nearpass.report.cdm_event import REF_FRAME, event_cdm
from nearpass.report.views import Field, Table, tabled

_M_PER_KM = 1e3
_SIGMAS: Final[Mapping[bool | None, str]] = MappingProxyType(
    {True: " with its own covariance", False: " with our estimate of what that may be off as its sigmas", None: ""}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerView:
    """One message on the page of an event, and a sentence for each that it takes the place of, the newest first.

    ``table`` is of the approach; ``states`` of each object's state and sigmas, which few readers need.
    """

    title: str
    sentence: str
    agrees: bool | None
    table: Table | None
    states: Table | None
    path: str
    sha256: str
    earlier: tuple[str, ...] = ()


def of_event(event: EventRecord, record: CycleRecord) -> tuple[PartnerView, ...]:
    """What each partner says of an event by its newest message of a kind, by file.

    The newest is the one that was made last; a message without a time is older than any that has one.
    """
    held = [
        (message, approach)
        for message in record.messages
        for approach in message.approaches
        if approach.event_id == event.event_id
    ]
    held.sort(key=lambda one: (one[0].created is not None, one[0].created or Epoch(0)), reverse=True)
    series: dict[tuple[str, str, str | None], list[PartnerView]] = {}
    for message, approach in held:
        same = series.setdefault((message.originator or message.path, message.kind, approach.only), [])
        same.append(_view(message, approach, event, record))
    newest = (replace(views[0], earlier=tuple(_in_short(view) for view in views[1:])) for views in series.values())
    return tuple(sorted(newest, key=lambda view: view.path))


def _in_short(view: PartnerView) -> str:
    return f"{view.title}: {view.sentence} ({view.path})"


def _view(message: MessageRecord, approach: TheirApproach, event: EventRecord, record: CycleRecord) -> PartnerView:
    rows = beside(approach, event, record)
    found = judgement(rows)
    of_pair = [row for row in rows if row.place is None]
    of_each = [row for row in rows if row.place is not None]
    made = f", made {wording.moment_to_minute(message.created)}" if message.created else ""
    return PartnerView(
        title=f"{_who(message)}, by its {by_what(message, approach)}{made}",
        sentence=judged(_who(message), found, rows),
        agrees=None if found.most is None else not found.apart,
        table=_table(f"{_who(message)} beside us", _who(message), of_pair) if of_pair else None,
        states=_table("State and sigmas of each object", _who(message), of_each) if of_each else None,
        path=message.path,
        sha256=message.sha256,
    )


def by_what(message: MessageRecord, approach: TheirApproach) -> str:
    """What kind of message it is, and of which object where it is of one alone."""
    of_one = f"{message.kind} of {approach.only}" if approach.only else message.kind
    if message.kind != "OPM":
        return of_one
    sigmas = _SIGMAS[approach.own_covariance]
    return f"{of_one}, one state carried on by gravity and J2 alone{sigmas}"


def beside(approach: TheirApproach, event: EventRecord, record: CycleRecord) -> tuple[Difference, ...]:
    """Theirs minus ours, row by row; nothing where an edition or a frame does not allow it."""
    try:
        ours = event_cdm(record, event)
        only = None if approach.only is None else (event.primary, event.secondary).index(approach.only)
        rows = compare_cdm(ours, _as_cdm(approach, event, ours), only)[1:]
    except NearpassError:
        return ()
    if only is None:
        return rows
    told = (row for row in rows if row.place != 1 - only)  # of the other object theirs tells nothing
    return tuple(row for row in told if (row.difference, row.theirs) != (None, None))


def _as_cdm(approach: TheirApproach, event: EventRecord, ours: Cdm) -> Cdm:
    """Their approach as a message with our names, object 1 being our primary."""
    first, second = approach.objects if approach.primary == event.primary else approach.objects[::-1]
    return replace(
        ours,
        relative=replace(
            ours.relative,
            tca=approach.tca,
            miss_m=approach.miss_km * _M_PER_KM,
            relative_position_rtn_m=None,
            relative_velocity_rtn_m_s=None,
            collision_probability=approach.pc,
            comments=() if approach.hbr_m is None else (f"HBR = {approach.hbr_m:.9g} [m]",),
        ),
        object1=_as_object(first, ours.object1),
        object2=_as_object(second, ours.object2),
    )


def _as_object(theirs: TheirObject, ours: CdmObject) -> CdmObject:
    """In the axes of our message."""
    to_message = np.eye(3) if theirs.axes == "ITRF" else icrf_from_axes(REF_FRAME).T
    return replace(
        ours,
        orbit_center=theirs.center,
        ref_frame="ITRF" if theirs.axes == "ITRF" else REF_FRAME,
        position_km=tuple((to_message @ np.array(theirs.position_km)).tolist()),
        velocity_km_s=tuple((to_message @ np.array(theirs.velocity_km_s)).tolist()),
        covariance_rtn_m=theirs.covariance_rtn_m,
    )


def judged(originator: str, found: Judgement, rows: tuple[Difference, ...]) -> str:
    """Whether two results agree, in one sentence."""
    if not rows:
        return f"What {originator} gives cannot be laid beside ours in this edition."
    if found.most is None:
        told = [f"{value(row.difference, row)} in {row.name}" for row in rows if row.what in {"TCA", "miss distance"}]
        return (
            f"Whether {originator} agrees with us cannot be judged, since neither gives the covariances: "
            f"it differs by {wording.listing(told)}."
        )
    if not found.apart:
        return f"{originator} agrees with us within {wording.number(max(found.most, 0.1), 1)} sigma."
    parts = [f"{row.name} ({wording.number(row.sigmas, 1)} sigma)" for row in found.apart]
    return f"{originator} disagrees with us in {wording.listing(parts)}."


def value(one: float | Epoch | str | None, row: Difference, *, signed: bool = True) -> str:
    """A figure of a row with its unit."""
    if one is None:
        return wording.DASH
    if isinstance(one, Epoch):
        return wording.instant(one, 3)
    if isinstance(one, str):
        return one
    if row.what == "probability of collision":
        return _pc_apart(one) if signed else wording.probability(one)
    digits = {"km": 3, "s": 3, "km/s": 6, "m": 1}.get(row.unit, 3)
    return f"{wording.number(one, digits, signed=signed)}\u00a0{row.unit}".rstrip()


def _pc_apart(difference: float) -> str:
    """With its sign; below what is ever told of a probability there is no difference."""
    if abs(difference) < wording.LEAST_PROBABILITY:
        return "0"
    sign = "+" if difference > 0.0 else "\u2212"
    return f"{sign}{wording.probability(abs(difference))}"


def _table(caption: str, originator: str, rows: Sequence[Difference]) -> Table:
    fields: tuple[Field[Difference], ...] = (
        Field("Quantity", lambda row: row.name),
        Field("Ours", lambda row: value(row.ours, row, signed=False), numeric=True),
        Field(originator, lambda row: value(row.theirs, row, signed=False), numeric=True),
        Field("Theirs − ours", lambda row: value(row.difference, row), numeric=True),
        Field("In sigmas", lambda row: wording.number(row.sigmas, 1), numeric=True,
              meaning="The difference in sigmas, from the covariances of both, or of the one that gives them"),
    )  # fmt: skip
    return tabled(caption, rows, fields)


def _who(message: MessageRecord) -> str:
    return message.originator or "An unknown party"


def alarms(record: CycleRecord) -> tuple[str, ...]:
    """A sentence for each message of an approach that this cycle does not have and whose time has not passed."""
    return tuple(alarm(message, approach, record) for message, approach in alarming(record))


def alarming(record: CycleRecord) -> Iterator[tuple[MessageRecord, TheirApproach]]:
    """Messages that speak of an approach still to come that we do not have."""
    for message in record.messages:
        for approach in message.approaches:
            if message.alarms(approach) and approach.tca > record.window.start:
                yield message, approach


def alarm(message: MessageRecord, approach: TheirApproach, record: CycleRecord) -> str:
    """What a message says that we do not have."""
    names = {item.id: item.name for item in record.objects}
    both = [
        names.get(name or "", one.name)
        for name, one in zip((approach.primary, approach.secondary), approach.objects, strict=True)
    ]
    known = approach.primary is not None and approach.secondary is not None
    why = "this cycle does not have" if known else "is not of two objects of this cycle"
    what = f"{wording.distance(approach.miss_km)} on {wording.moment_to_minute(approach.tca)}"
    return f"{_who(message)} reports an approach that {why}: {both[0]} and {both[1]}, {what}."
