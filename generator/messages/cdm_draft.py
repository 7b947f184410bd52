"""Keywords that the draft of version 2.0 adds to Conjunction Data Messages (CCSDS 508.0-P-1.1, March 2024).

They are read in a message of either version, as services already write some of them, and kept beside what version 1.0
knows. As read by Orekit and brahe: no published text of the draft was at hand, so none of them is obligatory.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from nearpass.messages.cdm import Block, Field, fields_of

_HEADER: Final = """
CLASSIFICATION text
"""

_RELATIVE: Final = """
CONJUNCTION_ID text
MAHALANOBIS_DISTANCE number
APPROACH_ANGLE number deg
SCREEN_TYPE choice SHAPE|PC|PC MAX
SCREEN_VOLUME_RADIUS number m
SCREEN_PC_THRESHOLD number
COLLISION_PERCENTILE text
COLLISION_MAX_PROBABILITY number
COLLISION_MAX_PC_METHOD text
SEFI_COLLISION_PROBABILITY number
SEFI_COLLISION_PROBABILITY_METHOD text
SEFI_FRAGMENTATION_MODEL text
PREVIOUS_MESSAGE_ID text
PREVIOUS_MESSAGE_EPOCH epoch
NEXT_MESSAGE_EPOCH epoch
"""

_METADATA: Final = """
OPS_STATUS text
ODM_MSG_LINK text
ADM_MSG_LINK text
OBS_BEFORE_NEXT_MESSAGE choice YES|NO
COVARIANCE_SOURCE text
ALT_COV_TYPE choice XYZ|CSIG3EIGVEC3
ALT_COV_REF_FRAME text
"""

_OD: Final = """
OD_EPOCH epoch
"""

_ADDITIONAL: Final = """
AREA_PC_MIN number m**2
AREA_PC_MAX number m**2
OEB_PARENT_FRAME text
OEB_PARENT_FRAME_EPOCH epoch
OEB_Q1 number
OEB_Q2 number
OEB_Q3 number
OEB_QC number
OEB_MAX number m
OEB_INT number m
OEB_MIN number m
AREA_ALONG_OEB_MAX number m**2
AREA_ALONG_OEB_INT number m**2
AREA_ALONG_OEB_MIN number m**2
RCS number m**2
RCS_MIN number m**2
RCS_MAX number m**2
VM_ABSOLUTE number
VM_APPARENT_MIN number
VM_APPARENT number
VM_APPARENT_MAX number
REFLECTANCE number
HBR number m
MIN_DV text
MAX_DV text
LEAD_TIME_REQD_BEFORE_TCA number h
APOAPSIS_ALTITUDE number km
PERIAPSIS_ALTITUDE number km
INCLINATION number deg
COV_CONFIDENCE number
COV_CONFIDENCE_METHOD text
"""

_COVARIANCE: Final = """
DENSITY_FORECAST_UNCERTAINTY number
CSCALE_FACTOR_MIN number
CSCALE_FACTOR number
CSCALE_FACTOR_MAX number
SCREENING_DATA_SOURCE text
DCP_SENSITIVITY_VECTOR_POSITION text
DCP_SENSITIVITY_VECTOR_VELOCITY text
"""

DRAFT_FIELDS: Final[Mapping[str, Field]] = MappingProxyType(
    {
        one.keyword: one
        for one in [
            *fields_of(Block.HEADER, _HEADER),
            *fields_of(Block.RELATIVE, _RELATIVE),
            *fields_of(Block.METADATA, _METADATA),
            *fields_of(Block.OD, _OD),
            *fields_of(Block.ADDITIONAL, _ADDITIONAL),
            *fields_of(Block.COVARIANCE, _COVARIANCE),
        ]
    }
)
"""All of them, in the draft's order within each block."""
