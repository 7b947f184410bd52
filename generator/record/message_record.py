"""What a partner's message says of an approach, as it came: archived, tied to our event, compared when it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from nearpass.astro.fields import EpochText, Matrix6, Vector
from nearpass.record.marking import MarkingRecord
from nearpass.record.releasing import Open, Release

Kind = Literal["CDM", "OEM", "OCM", "OPM", "unknown"]
Tie = Literal["event", "no event", "other objects", "no approach", "unreadable"]
"""Whether it speaks of an event of ours, of two objects of ours without one, of others, or of no approach at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TheirObject:
    """An object at their TCA: state in km and km/s about ``center`` (None: the Earth) in ``axes``, ICRF where they can.

    ``covariance_rtn_m`` is 6 x 6 in m and s in the object's own RTN axes, None where the message gives none; of the
    one state of an OPM it says how far off carrying it on may be.
    """

    name: Open[str]
    center: Open[str | None]
    axes: Open[Literal["ICRF", "ITRF"]]
    position_km: Open[Vector]
    velocity_km_s: Open[Vector]
    covariance_rtn_m: Open[Matrix6 | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TheirApproach:
    """One approach as their message gives it.

    ``primary`` and ``secondary`` are the ids of ours that the objects of the message are, None for one that is not.
    ``event_id`` is the event of ours that it is, None without one. ``only`` is the object of which their message gives
    another motion (an ephemeris, or a state carried on); the other one is then as ours. ``own_covariance`` says whether
    its covariance is the message's own or how far off we take carrying the state on to be; None where it has none, and
    in cycles of before.
    """

    event_id: Open[str | None]
    primary: Open[str | None]
    secondary: Open[str | None]
    tca: Open[EpochText]
    miss_km: Open[float]
    pc: Open[float | None]
    hbr_m: Open[float | None]
    objects: Open[tuple[TheirObject, TheirObject]]
    only: Open[str | None] = None
    own_covariance: Open[bool | None] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRecord:
    """A message from ``messages/``: from whom, under which marking, what it is and what it is about.

    ``originator`` is empty where nothing says who sent it. ``here`` is the first cycle that had it. ``object_ids`` are
    objects of ours that it names. ``refusal`` is the error of one that could not be read.
    """

    path: Open[str]
    sha256: Open[str]
    kind: Open[Kind]
    originator: Open[str]
    created: Open[EpochText | None]
    marking: Open[MarkingRecord | None]
    here: Annotated[str | None, Release.EARLIER_CYCLE]
    tie: Open[Tie]
    object_ids: Open[tuple[str, ...]]
    approaches: Annotated[tuple[TheirApproach, ...], Release.THEIR_APPROACHES]
    refusal: Open[str | None]

    def alarms(self, approach: TheirApproach) -> bool:
        """Whether an approach of it is one that we do not have: of an object of ours, or all that it speaks of."""
        ours = approach.primary is not None or approach.secondary is not None
        return self.kind == "CDM" and approach.event_id is None and (ours or len(self.approaches) == 1)
