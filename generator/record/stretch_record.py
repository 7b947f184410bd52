"""A stretch of time in which two objects fly together: told once, in the place of a thousand approaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nearpass.astro.fields import EpochText
from nearpass.record.releasing import Open, Sigma

StretchKind = Literal["declared", "as one", "in formation"]
NoStretchPc = Literal[
    "one_body", "no_size", "no_covariance", "no_orbit", "not_covered", "not_computed",
]  # fmt: skip
"""Why a stretch has no probability of contact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StretchRecord:
    """From ``start`` to ``stop``; least distance and its instant are None where an ephemeris is missing throughout.

    ``declared``: the publisher says that they are joined. ``as one``: their distance is no more than the digits of one
    spacecraft given twice may differ by. ``in formation``: they stay below the listing limit and slow; of that
    stretch the nearest approach is an event.

    The probability that the two come into contact during the stretch lies between ``least_pc`` and ``most_pc``, if
    the errors of one are independent of the other's; ``no_pc`` says why none is given, as of two states of one body.
    """

    kind: Open[StretchKind]
    start: Open[EpochText]
    stop: Open[EpochText]
    least_km: Open[float | None]
    least_at: Open[EpochText | None]
    approach_count: Open[int]
    least_pc: Sigma[float | None] = None
    most_pc: Sigma[float | None] = None
    no_pc: Sigma[NoStretchPc | None] = None
