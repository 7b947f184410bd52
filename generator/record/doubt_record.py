"""The parts of a stored record that tell how a delivery differs from the one before it, and what hangs on that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nearpass.astro.fields import EpochText, Vector
from nearpass.encounter.alert import Level
from nearpass.record.releasing import Open

ShiftVerdict = Literal["agrees", "confirmed", "manoeuvre", "planned", "unjudged", "doubtful"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftRecord:
    """How far a delivery moves its object against the one before, at the instant at which that is worst.

    ``late_s`` is how much later than before the object passes; ``shift_rtn_km`` the change of its position in the RTN
    axes of the earlier one, whose transverse part is mostly that. ``sigmas`` is the largest of timing, radial and
    normal change over the root of the sum of both deliveries' variances; None where neither states one. ``verdict``:
    the two agree; the newer one agrees with a doubtful one before it, and confirms that; a manoeuvre lies between, as
    the configuration or a break in the ephemeris tells, or as the log alone does (``planned``); nobody can judge; or
    the delivery is doubtful. ``cycle_id`` and ``sha256`` name the earlier delivery, ``since`` the cycle in which the
    verdict was first given.
    """

    cycle_id: Open[str]
    sha256: Open[str]
    at: Open[EpochText]
    shift_rtn_km: Open[Vector]
    late_s: Open[float]
    sigmas: Open[float | None]
    verdict: Open[ShiftVerdict]
    since: Open[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRecord:
    """That an event keeps its level, since what would change it came with a doubtful delivery.

    ``gone`` says that the event is no longer found: its own figures are then those of the cycle before. ``level`` is
    what it would have now, None where it is gone; ``miss_km`` the distance by the doubtful delivery, None where not
    known. ``object_ids`` are whose deliveries are doubtful, ``sigmas`` the largest of their shifts.
    """

    object_ids: Open[tuple[str, ...]]
    sigmas: Open[float]
    gone: Open[bool]
    level: Open[Level | None]
    miss_km: Open[float | None]
