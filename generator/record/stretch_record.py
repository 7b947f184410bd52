"""A stretch of time in which two objects fly together: told once, in the place of a thousand approaches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nearpass.astro.fields import EpochText
from nearpass.record.releasing import Open

StretchKind = Literal["declared", "as one", "in formation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StretchRecord:
    """From ``start`` to ``stop``; least distance and its instant are None where an ephemeris is missing throughout.

    ``declared``: the publisher says that they are joined. ``as one``: their distance is no more than the digits of one
    spacecraft given twice may differ by. ``in formation``: they stay below the listing limit and slow; of that
    stretch the nearest approach is an event. No probability is given for the stretch: two states of one body, or
    errors shared for many revolutions, are no random encounter.
    """

    kind: Open[StretchKind]
    start: Open[EpochText]
    stop: Open[EpochText]
    least_km: Open[float | None]
    least_at: Open[EpochText | None]
    approach_count: Open[int]
