"""Conjunction Data Messages (CCSDS 508.0-B-1, June 2013 with corrigenda; ISO 19389): the records and the keywords.

:mod:`nearpass.messages.cdm_read` and :mod:`nearpass.messages.cdm_write` turn a message in keyword-value notation or XML
into these records and back; :mod:`nearpass.report.cdm_event` makes one from an event, and
:mod:`nearpass.cycle.cdm_compare` takes one apart. Both notations follow from the one table :data:`FIELDS`.

Units are those of the message, which mixes them: states in km and km/s, everything relative and every covariance in
m and s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from nearpass.astro.epochs import Epoch
from nearpass.astro.fields import Matrix6, Vector

VERSION: Final = "1.0"
"""What is written."""
READ_VERSIONS: Final = ("1.0", "2.0")
"""What is read: the standard, and the draft of its next version."""
DEFAULT_CENTER: Final = "EARTH"
"""The centre of a message that names none (508.0-B-1, table 3-3)."""

Value: TypeAlias = str | float | int | Epoch
Values: TypeAlias = tuple[tuple[str, Value], ...]
"""Optional keywords with their values, in the order of the standard's tables and in the standard's units."""
CovarianceMethod: TypeAlias = Literal["CALCULATED", "DEFAULT"]
Maneuverable: TypeAlias = Literal["YES", "NO", "N/A"]
RefFrame: TypeAlias = Literal["EME2000", "GCRF", "ITRF"]


class Block(StrEnum):
    """The blocks of a message; the value is the tag that encloses one in XML (table 4-1, 4.3)."""

    HEADER = "header"
    RELATIVE = "relativeMetadataData"
    METADATA = "metadata"
    OD = "odParameters"
    ADDITIONAL = "additionalParameters"
    STATE = "stateVector"
    COVARIANCE = "covarianceMatrix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One keyword of tables 3-1 to 3-4: where it stands, what it holds, its unit, whether it is obligatory."""

    keyword: str
    block: Block
    kind: Literal["text", "choice", "epoch", "number", "whole"]
    needed: bool = False
    unit: str | None = None
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CdmHeader:
    """Who wrote the message, when and for whom."""

    creation: Epoch
    originator: str
    message_for: str | None
    message_id: str
    comments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CdmRelative:
    """The approach: object 2 relative to object 1, components in the RTN axes of object 1.

    ``others`` holds the screening period and volume, ``extra`` what version 1.0 does not know: keywords of the draft of
    version 2.0 with their values, any others with their text.
    """

    tca: Epoch
    miss_m: float
    relative_speed_m_s: float | None
    relative_position_rtn_m: Vector | None
    relative_velocity_rtn_m_s: Vector | None
    collision_probability: float | None
    collision_probability_method: str | None
    others: Values
    comments: tuple[str, ...]
    extra: Values = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CdmObject:
    """One of the two objects: its metadata, its state at TCA and its covariance.

    ``covariance_rtn_m`` is 6 x 6 in m**2, m**2/s and m**2/s**2, in the RTN axes of the object itself. Terms whose
    variance is zero are to be discounted (5.2.8); None stands for a matrix in which all are. ``others`` holds the
    optional metadata, orbit determination and additional parameters, and complete rows 7 to 9 of the covariance;
    ``extra`` what version 1.0 does not know.
    """

    designator: str
    catalog_name: str
    name: str
    international_designator: str
    ephemeris_name: str
    covariance_method: CovarianceMethod
    maneuverable: Maneuverable
    orbit_center: str | None
    ref_frame: RefFrame
    position_km: Vector
    velocity_km_s: Vector
    covariance_rtn_m: Matrix6 | None
    others: Values
    metadata_comments: tuple[str, ...]
    data_comments: tuple[str, ...]
    extra: Values = ()

    @property
    def center(self) -> str:
        """The body that the state is relative to: ORBIT_CENTER, or the Earth where it is not given."""
        return self.orbit_center or DEFAULT_CENTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Cdm:
    """A whole message. ``notes`` names each harmless departure from the standard; it is no part of the content."""

    header: CdmHeader
    relative: CdmRelative
    object1: CdmObject
    object2: CdmObject
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def objects(self) -> tuple[CdmObject, CdmObject]:
        """Object 1 and object 2."""
        return self.object1, self.object2

    @property
    def comments(self) -> tuple[str, ...]:
        """All comments of the message in its order."""
        found = [*self.header.comments, *self.relative.comments]
        for one in self.objects:
            found += [*one.metadata_comments, *one.data_comments]
        return tuple(found)


def fields_of(block: Block, rows: str) -> list[Field]:
    """Fields from lines of ``keyword kind[!] [unit or choices]``; ``!`` marks an obligatory one."""
    found = []
    for row in rows.strip().splitlines():
        keyword, kind, *rest = row.split(maxsplit=2)
        detail = rest[0] if rest else None
        found.append(
            Field(
                keyword=keyword,
                block=block,
                kind=kind.rstrip("!"),  # type: ignore[arg-type]  # the rows below hold the five kinds only
                needed=kind.endswith("!"),
                unit=detail if kind.startswith("number") else None,
                choices=tuple(detail.split("|")) if detail and kind.startswith("choice") else (),
                least=_LIMITS.get(keyword, (None, None))[0],
                most=_LIMITS.get(keyword, (None, None))[1],
            )
        )
    return found


_FARTHEST_KM: Final = 1e10
_FASTEST_KM_S: Final = 1000.0
"""Beyond the planets, and faster than anything that orbits the Sun: no state is."""
_LIMITS: Final[Mapping[str, tuple[float, float | None]]] = {
    "MISS_DISTANCE": (0.0, _FARTHEST_KM * 1e3),
    "RELATIVE_SPEED": (0.0, _FASTEST_KM_S * 1e3),
    **dict.fromkeys(("X", "Y", "Z"), (-_FARTHEST_KM, _FARTHEST_KM)),
    **dict.fromkeys(("X_DOT", "Y_DOT", "Z_DOT"), (-_FASTEST_KM_S, _FASTEST_KM_S)),
    "COLLISION_PROBABILITY": (0.0, 1.0),
    "RESIDUALS_ACCEPTED": (0.0, 100.0),
    "CR_R": (0.0, None),
    "CT_T": (0.0, None),
    "CN_N": (0.0, None),
    "CRDOT_RDOT": (0.0, None),
    "CTDOT_TDOT": (0.0, None),
    "CNDOT_NDOT": (0.0, None),
}

RELATIVE_POSITION: Final = ("RELATIVE_POSITION_R", "RELATIVE_POSITION_T", "RELATIVE_POSITION_N")
RELATIVE_VELOCITY: Final = ("RELATIVE_VELOCITY_R", "RELATIVE_VELOCITY_T", "RELATIVE_VELOCITY_N")
POSITION: Final = ("X", "Y", "Z")
VELOCITY: Final = ("X_DOT", "Y_DOT", "Z_DOT")
AXES: Final = ("R", "T", "N", "RDOT", "TDOT", "NDOT")
EXTRA_AXES: Final = ("DRG", "SRP", "THR")


def covariance_keywords(row: int) -> tuple[str, ...]:
    """Keywords of one row, counted from 0, of the lower triangle of the 9 x 9 covariance."""
    axes = AXES + EXTRA_AXES
    return tuple(f"C{axes[row]}_{axes[column]}" for column in range(row + 1))


def _covariance_fields() -> list[Field]:
    # Powers of (metre, second, kilogram) of the nine parameters follow from CD A/m and CR A/m in m**2/kg and the
    # thrust acceleration in m/s**2 (table 3-4).
    units = {
        "pp": "m**2", "vp": "m**2/s", "vv": "m**2/s**2", "ap": "m**3/kg", "av": "m**3/(kg*s)", "aa": "m**4/kg**2",
        "tp": "m**2/s**2", "tv": "m**2/s**3", "ta": "m**3/(kg*s**2)", "tt": "m**2/s**4",
    }  # fmt: skip
    kinds = "pppvvvaat"
    rows = [
        f"{keyword} number{'!' if row < 6 else ''} {units[kinds[row] + kinds[column]]}"
        for row in range(9)
        for column, keyword in enumerate(covariance_keywords(row))
    ]
    return fields_of(Block.COVARIANCE, "\n".join(rows))


_HEADER = """
CREATION_DATE epoch!
ORIGINATOR text!
MESSAGE_FOR text
MESSAGE_ID text!
"""

_RELATIVE = """
TCA epoch!
MISS_DISTANCE number! m
RELATIVE_SPEED number m/s
RELATIVE_POSITION_R number m
RELATIVE_POSITION_T number m
RELATIVE_POSITION_N number m
RELATIVE_VELOCITY_R number m/s
RELATIVE_VELOCITY_T number m/s
RELATIVE_VELOCITY_N number m/s
START_SCREEN_PERIOD epoch
STOP_SCREEN_PERIOD epoch
SCREEN_VOLUME_FRAME choice RTN|TVN
SCREEN_VOLUME_SHAPE choice ELLIPSOID|BOX
SCREEN_VOLUME_X number m
SCREEN_VOLUME_Y number m
SCREEN_VOLUME_Z number m
SCREEN_ENTRY_TIME epoch
SCREEN_EXIT_TIME epoch
COLLISION_PROBABILITY number
COLLISION_PROBABILITY_METHOD text
"""

_METADATA = """
OBJECT choice! OBJECT1|OBJECT2
OBJECT_DESIGNATOR text!
CATALOG_NAME text!
OBJECT_NAME text!
INTERNATIONAL_DESIGNATOR text!
OBJECT_TYPE choice PAYLOAD|ROCKET BODY|DEBRIS|UNKNOWN|OTHER
OPERATOR_CONTACT_POSITION text
OPERATOR_ORGANIZATION text
OPERATOR_PHONE text
OPERATOR_EMAIL text
EPHEMERIS_NAME text!
COVARIANCE_METHOD choice! CALCULATED|DEFAULT
MANEUVERABLE choice! YES|NO|N/A
ORBIT_CENTER text
REF_FRAME choice! EME2000|GCRF|ITRF
GRAVITY_MODEL text
ATMOSPHERIC_MODEL text
N_BODY_PERTURBATIONS text
SOLAR_RAD_PRESSURE choice YES|NO
EARTH_TIDES choice YES|NO
INTRACK_THRUST choice YES|NO
"""

_OD = """
TIME_LASTOB_START epoch
TIME_LASTOB_END epoch
RECOMMENDED_OD_SPAN number d
ACTUAL_OD_SPAN number d
OBS_AVAILABLE whole
OBS_USED whole
TRACKS_AVAILABLE whole
TRACKS_USED whole
RESIDUALS_ACCEPTED number %
WEIGHTED_RMS number
"""

_ADDITIONAL = """
AREA_PC number m**2
AREA_DRG number m**2
AREA_SRP number m**2
MASS number kg
CD_AREA_OVER_MASS number m**2/kg
CR_AREA_OVER_MASS number m**2/kg
THRUST_ACCELERATION number m/s**2
SEDR number W/kg
"""

_STATE = """
X number! km
Y number! km
Z number! km
X_DOT number! km/s
Y_DOT number! km/s
Z_DOT number! km/s
"""

FIELDS: Final[Mapping[str, Field]] = MappingProxyType(
    {
        one.keyword: one
        for one in [
            *fields_of(Block.HEADER, _HEADER),
            *fields_of(Block.RELATIVE, _RELATIVE),
            *fields_of(Block.METADATA, _METADATA),
            *fields_of(Block.OD, _OD),
            *fields_of(Block.ADDITIONAL, _ADDITIONAL),
            *fields_of(Block.STATE, _STATE),
            *_covariance_fields(),
        ]
    }
)
"""All keywords but CCSDS_CDM_VERS and COMMENT, in the order of the standard's tables."""

TYPED: Final = frozenset(
    {
        *RELATIVE_POSITION, *RELATIVE_VELOCITY, *POSITION, *VELOCITY,
        *(keyword for row in range(6) for keyword in covariance_keywords(row)),
        "CREATION_DATE", "ORIGINATOR", "MESSAGE_FOR", "MESSAGE_ID",
        "TCA", "MISS_DISTANCE", "RELATIVE_SPEED", "COLLISION_PROBABILITY", "COLLISION_PROBABILITY_METHOD",
        "OBJECT", "OBJECT_DESIGNATOR", "CATALOG_NAME", "OBJECT_NAME", "INTERNATIONAL_DESIGNATOR", "EPHEMERIS_NAME",
        "COVARIANCE_METHOD", "MANEUVERABLE", "ORBIT_CENTER", "REF_FRAME",
    }
)  # fmt: skip
"""Keywords that have a field of their own in the records; the rest are in ``others``."""
