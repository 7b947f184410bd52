"""A Conjunction Data Message from an event of a cycle.

Choices where CCSDS 508.0-B-1 leaves one, or leaves none that fits a body other than the Earth:

- REF_FRAME must be EME2000, GCRF or ITRF. GCRF is geocentric by definition (IAU 2000, resolution B1.3) and ITRF turns
  with the Earth, so states about Mars are given in the axes of EME2000, rotated from the ICRF axes of the record by the
  frame bias (0.4 m at 4000 km), and ORBIT_CENTER is always written.
- No satellite catalogue covers deep space: CATALOG_NAME is NAIF and OBJECT_DESIGNATOR the NAIF number, by agreement
  with the receivers.
- The covariance is obligatory. A declared model goes out as COVARIANCE_METHOD = DEFAULT. Where there is none, every
  term is zero, which the standard tells a reader to discount (5.2.8), with DEFAULT and a comment that says so; none is
  made up.
- COLLISION_PROBABILITY_METHOD holds a name of the register to which the standard refers (SANA, "CDM Collision
  Probability Methods", sanaregistry.org/r/cdm_cpm) or is left out. What the register does not list, such as the
  expected number of Hall (2021) or a simulation, is named in a comment beside the value.
- CREATION_DATE is the data cut-off and MESSAGE_ID the cycle's and the event's id, so that a message made again from
  the archive is the same message.
- Version 1.0 has no field for a marking: it stands in a comment of the header. The hard-body radius stands in the
  comment ``HBR = 10.0 [m]`` that NASA CARA uses.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.fields import Matrix6, Vector
from nearpass.astro.frames import icrf_from_axes
from nearpass.encounter.uncertainty import Basis
from nearpass.errors import PublicationError
from nearpass.messages.cdm import (
    Cdm,
    CdmHeader,
    CdmObject,
    CdmRelative,
    Maneuverable,
    Values,
)
from nearpass.messages.cdm_write import number_text
from nearpass.record.event_record import EventRecord
from nearpass.record.judging import formation_of
from nearpass.record.record import CycleRecord, InputRecord, ObjectRecord
from nearpass.report import wording

FloatArray = NDArray[np.float64]

REF_FRAME: Final[Literal["EME2000"]] = "EME2000"
CATALOG: Final = "NAIF"
LOCAL_CATALOG: Final = "NEARPASS"
"""Catalogue of objects without a NAIF number: the ids of the configuration."""
UNKNOWN: Final = "UNKNOWN"

REGISTERED_METHODS: Final = frozenset(
    (
        "AKELLAALFRIEND-2000", "ALFANO-2005", "ALFANO-MAX-PROBABILITY", "ALFANO-PARAL-2007", "ALFANO-TUBES-2007",
        "ALFANO-VOXELS-2006", "ALFRIEND-1999", "CHAN-1997", "CHAN-2003", "FOSTER-1992", "MCKINLEY-2006", "PATERA-2001",
        "PATERA-2003", "PATERA-2005",
    )
)  # fmt: skip
"""The register's names, as Orekit 13 (PocMethodType) lists them."""

_M_PER_KM: Final = 1_000.0
_M2_PER_KM2: Final = 1.0e6
_SIGNS: Final = str.maketrans({"−": "-", "–": "-", "×": "x", "±": "+/-", "σ": " sigma", "°": " deg"})
"""A minus or a unit that was merely dropped would change what is said."""
_COMMENT_WIDTH: Final = 200
_TEXT_WIDTH: Final = 120
_KM_DECIMALS: Final = 9  # a micrometre, below the spacing of doubles at the distance of any planet from the Sun
_KM_S_DECIMALS: Final = 12
_M_DECIMALS: Final = 6
_M_S_DECIMALS: Final = 9


def event_cdm(record: CycleRecord, event: EventRecord) -> Cdm:
    """The message for one event; object 1 is its primary.

    Args:
        record: The cycle, from which objects, inputs, body and window are taken.
        event: One of its events, with the covariances and the probability that are known.

    Raises:
        PublicationError: if the states of the event are withheld: a message without them is none.

    """
    states = _states(event)
    return Cdm(
        header=_header(record, event),
        relative=_relative(record, event),
        object1=_object(record, event, event.primary, *states[0]),
        object2=_object(record, event, event.secondary, *states[1]),
    )


def _states(event: EventRecord) -> tuple[tuple[Vector, Vector], tuple[Vector, Vector]]:
    first = event.primary_position_km, event.primary_velocity_km_s
    second = event.secondary_position_km, event.secondary_velocity_km_s
    if first[0] is None or first[1] is None or second[0] is None or second[1] is None:
        raise PublicationError("a conjunction data message needs both states", value=event.event_id)
    return (first[0], first[1]), (second[0], second[1])


def message_id(record: CycleRecord, event: EventRecord) -> str:
    """Identifier of the message: the cycle's id and the event's id in the characters that 5.2.9 allows."""
    return _identifier(f"{record.cycle_id}_{event.event_id}")


def _header(record: CycleRecord, event: EventRecord) -> CdmHeader:
    return CdmHeader(
        creation=record.window.start,
        originator=_identifier(record.publisher or UNKNOWN)[:_TEXT_WIDTH],
        message_for=None,
        message_id=message_id(record, event),
        comments=_comments(
            record.notice,
            f"{record.title}: cycle {record.cycle_id}, event {event.event_id}",
            f"Alert level {event.level}: {wording.said(event.reason)}",
            "CREATION_DATE is the data cut-off of the cycle",
        ),
    )


def _relative(record: CycleRecord, event: EventRecord) -> CdmRelative:
    pc, method = event.probability.pc, event.probability.method
    if pc is None or method is None:
        pc = method = None
    name = _identifier(method) if method else None
    registered = name if name in REGISTERED_METHODS else None
    return CdmRelative(
        tca=event.tca,
        miss_m=round(event.miss_km * _M_PER_KM, _M_DECIMALS),
        relative_speed_m_s=_in_m_s(event.relative_speed_km_s),
        relative_position_rtn_m=_vector(np.array(event.miss_rtn_km) * _M_PER_KM, _M_DECIMALS),
        relative_velocity_rtn_m_s=_vector(np.array(event.relative_velocity_rtn_km_s) * _M_PER_KM, _M_S_DECIMALS),
        collision_probability=pc,
        collision_probability_method=registered,
        others=(("START_SCREEN_PERIOD", record.window.start), ("STOP_SCREEN_PERIOD", record.window.stop)),
        comments=_comments(
            f"HBR = {number_text(round(event.b_plane.hbr_km * _M_PER_KM, _M_DECIMALS))} [m]"
            if event.b_plane and event.b_plane.hbr_km
            else None,
            f"COLLISION_PROBABILITY is by {name}, which the register of methods (SANA) does not list"
            if name and not registered
            else None,
            *_counted(event),
            _flown_together(record, event),
            f"Approaches below {record.thresholds.limit_km:g} km are listed by this screening",
            "TCA lies at an end of the ephemerides, the least distance may lie outside" if event.at_boundary else None,
        ),
    )


def _counted(event: EventRecord) -> tuple[str | None, ...]:
    """What was counted for the probability, and what it is at most where a covariance is missing."""
    found = event.probability
    span = f"{found.span_s[0]:+.3f} s to {found.span_s[1]:+.3f} s" if found.span_s is not None else None
    missing = {"primary": event.primary, "secondary": event.secondary}.get(found.max_pc_missing or "")
    return (
        f"COLLISION_PROBABILITY counts collisions from {span} about TCA" if span and found.pc is not None else None,
        f"COLLISION_PROBABILITY is at most {found.max_pc:.2E}: a bound, whatever the missing covariance of {missing} is"
        if missing is not None and found.max_pc is not None
        else None,
    )


def _flown_together(record: CycleRecord, event: EventRecord) -> str | None:
    """Between what the probability lies over the whole time in which the two fly together."""
    stretch = formation_of(event, record)
    if stretch is None or stretch.least_pc is None or stretch.most_pc is None:
        return None
    return (
        f"The objects fly together from {stretch.start.iso(digits=0)} to {stretch.stop.iso(digits=0)}: probability of "
        f"contact in that time between {stretch.least_pc:.2E} and {stretch.most_pc:.2E}"
    )


def _in_m_s(speed_km_s: float | None) -> float | None:
    return None if speed_km_s is None else round(speed_km_s * _M_PER_KM, _M_S_DECIMALS)


def _object(
    record: CycleRecord, event: EventRecord, object_id: str, position_km: Vector, velocity_km_s: Vector
) -> CdmObject:
    one = next(known for known in record.objects if known.id == object_id)
    covariance = next((known for known in event.uncertainty if known.object_id == object_id), None)
    inputs = [given for given in record.inputs if given.object_id == object_id and given.refusal is None]
    to_message = icrf_from_axes(REF_FRAME).T
    others: Values = (("OBJECT_TYPE", "OTHER" if one.kind == "natural" else "PAYLOAD"),)
    if one.operator:
        others += (("OPERATOR_ORGANIZATION", _plain(one.operator, UNKNOWN)),)
    return CdmObject(
        designator=_identifier(one.id) if one.naif_id is None else str(one.naif_id),
        catalog_name=LOCAL_CATALOG if one.naif_id is None else CATALOG,
        name=_plain(one.name, _identifier(one.id)),
        international_designator=UNKNOWN,
        ephemeris_name=_plain(inputs[0].file, UNKNOWN) if inputs else UNKNOWN,
        covariance_method="CALCULATED" if covariance and covariance.basis is Basis.DELIVERED else "DEFAULT",
        maneuverable=_maneuverable(one),
        orbit_center=record.body.name.upper(),
        ref_frame=REF_FRAME,
        position_km=_vector(to_message @ np.array(position_km), _KM_DECIMALS),
        velocity_km_s=_vector(to_message @ np.array(velocity_km_s), _KM_S_DECIMALS),
        covariance_rtn_m=_in_metres(covariance.covariance_rtn) if covariance else None,
        others=others,
        metadata_comments=_metadata_comments(record, one, inputs),
        data_comments=_comments(
            f"Covariance: {wording.said(covariance.source)}"
            if covariance
            else "No covariance is known: its terms are all zero, to be discounted by CCSDS 508.0-B-1, 5.2.8",
            wording.said(covariance.remark) if covariance and covariance.remark else None,
        ),
    )


def _metadata_comments(record: CycleRecord, one: ObjectRecord, inputs: list[InputRecord]) -> tuple[str, ...]:
    return _comments(
        f"State in the axes of {REF_FRAME} with origin at the centre of {record.body.name.upper()}",
        "OBJECT_DESIGNATOR is the NAIF number of the object" if one.naif_id is not None else None,
        f"Planetary ephemeris: {record.provenance.planetary_ephemeris}",
        *(f"Ephemeris file {given.file}, SHA-256 {given.sha256 or 'unknown'}" for given in inputs),
    )


def _maneuverable(one: ObjectRecord) -> Maneuverable:
    """Who has a command lead time can manoeuvre, a moon cannot, and of the rest nothing is known."""
    if one.lead_time_h is not None:
        return "YES"
    return "NO" if one.kind == "natural" else "N/A"


def _in_metres(matrix_km: Matrix6) -> Matrix6:
    rows = (np.array(matrix_km) * _M2_PER_KM2).tolist()
    return tuple(tuple(row) for row in rows)  # type: ignore[return-value]  # six rows of six, as they came in


def _vector(values: FloatArray, decimals: int) -> Vector:
    x, y, z = (round(float(value), decimals) for value in values)
    return x, y, z


def _identifier(text: str) -> str:
    """Capital letters, digits, underscore and dash only (5.2.9)."""
    return re.sub(r"[^A-Z0-9_-]+", "_", _ascii(text).upper()).strip("_") or UNKNOWN


def _plain(text: str, fallback: str) -> str:
    """Text as a value: printable ASCII in capital letters, single blanks (6.2.2.2, 6.2.3.3, 6.3.2.5)."""
    return _ascii(text).upper()[:_TEXT_WIDTH].strip() or fallback


def _comments(*texts: str | None) -> tuple[str, ...]:
    """Comment lines of printable ASCII, short enough for a line (6.2.2.1)."""
    return tuple(line for text in texts if text for line in textwrap.wrap(_ascii(text), _COMMENT_WIDTH))


def _ascii(text: str) -> str:
    """The text with signs written out, without accents and what else has no ASCII form, blanks collapsed."""
    plain = unicodedata.normalize("NFKD", text.translate(_SIGNS)).encode("ascii", "ignore").decode()
    return " ".join("".join(character if character.isprintable() else " " for character in plain).split())
