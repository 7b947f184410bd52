"""One finding about a delivered ephemeris: a rule, a grade, the value found and a sentence for the reader."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from nearpass.astro.epochs import DAY_S
from nearpass.reasons.motions import MotionReason


class Grade(StrEnum):
    """How far an input keeps a rule."""

    PASS = "pass"  # noqa: S105  # a grade, no password
    NOTE = "note"  # worth knowing; results are still to be trusted
    FAIL = "fail"  # results may be wrong or are missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one rule says of one input.

    ``rule`` is a short name that never changes, ``value`` the number found with its unit (empty where there is none),
    ``words`` one sentence that says what was found and what it is measured against.
    """

    rule: str
    grade: Grade
    value: str
    words: str | MotionReason


_HOUR_S: Final = 3_600.0
_MINUTE_S: Final = 60.0
_KM_PER_M: Final = 1e-3
_KM_PER_MM: Final = 1e-6


def graded(value: float, pass_to: float, note_to: float) -> Grade:
    """The grade of a number of which less is better."""
    return Grade.PASS if value <= pass_to else Grade.NOTE if value <= note_to else Grade.FAIL


def duration_text(length_s: float) -> str:
    """A stretch of time with the unit that suits it."""
    if abs(length_s) >= 2 * DAY_S:
        return f"{length_s / DAY_S:.1f} days"
    if abs(length_s) >= 2 * _HOUR_S:
        return f"{length_s / _HOUR_S:.1f} h"
    if abs(length_s) >= 2 * _MINUTE_S:
        return f"{length_s / _MINUTE_S:.1f} min"
    return f"{length_s:.1f} s"


def length_text(length_km: float) -> str:
    """A length with the unit that suits it."""
    if length_km >= 1.0:
        return f"{length_km:,.0f} km" if length_km >= 1_000.0 else f"{length_km:.3g} km"
    if length_km >= 0.1 * _KM_PER_M:
        return f"{length_km / _KM_PER_M:.3g} m"
    return f"{length_km / _KM_PER_MM:.3g} mm" if length_km >= _KM_PER_MM / 1e3 else "under 0.001 mm"


def speed_text(speed_km_s: float) -> str:
    """A speed with the unit that suits it."""
    if speed_km_s >= 1.0:
        return f"{speed_km_s:.3g} km/s"
    if speed_km_s >= 0.1 * _KM_PER_M:
        return f"{speed_km_s / _KM_PER_M:.3g} m/s"
    return f"{speed_km_s / _KM_PER_MM:.3g} mm/s" if speed_km_s >= _KM_PER_MM / 1e3 else "under 0.001 mm/s"


def count_text(count: int, one: str, many: str | None = None) -> str:
    """``1 gap``, ``2 gaps``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
