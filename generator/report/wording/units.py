"""Figures of findings about deliveries with the unit that suits them."""

from __future__ import annotations

from typing import Final

from nearpass.astro.epochs import DAY_S
from nearpass.reasons.findings import CentreAndAxes

BEYOND: Final = "no finite number"
_HOUR_S: Final = 3_600.0
_MINUTE_S: Final = 60.0
_KM_PER_M: Final = 1e-3
_KM_PER_MM: Final = 1e-6


def duration_text(length_s: float | None) -> str:
    """A stretch of time with the unit that suits it."""
    if length_s is None:
        return BEYOND
    if abs(length_s) >= 2 * DAY_S:
        return f"{length_s / DAY_S:.1f} days"
    if abs(length_s) >= 2 * _HOUR_S:
        return f"{length_s / _HOUR_S:.1f} h"
    if abs(length_s) >= 2 * _MINUTE_S:
        return f"{length_s / _MINUTE_S:.1f} min"
    return f"{length_s:.1f} s"


def length_text(length_km: float | None) -> str:
    """A length with the unit that suits it."""
    if length_km is None:
        return BEYOND
    if length_km >= 1.0:
        return f"{length_km:,.0f} km" if length_km >= 1_000.0 else f"{length_km:.3g} km"
    if length_km >= 0.1 * _KM_PER_M:
        return f"{length_km / _KM_PER_M:.3g} m"
    return f"{length_km / _KM_PER_MM:.3g} mm" if length_km >= _KM_PER_MM / 1e3 else "under 0.001 mm"


def speed_text(speed_km_s: float | None) -> str:
    """A speed with the unit that suits it."""
    if speed_km_s is None:
        return BEYOND
    if speed_km_s >= 1.0:
        return f"{speed_km_s:.3g} km/s"
    if speed_km_s >= 0.1 * _KM_PER_M:
        return f"{speed_km_s / _KM_PER_M:.3g} m/s"
    return f"{speed_km_s / _KM_PER_MM:.3g} mm/s" if speed_km_s >= _KM_PER_MM / 1e3 else "under 0.001 mm/s"


def count_text(count: int, one: str, many: str | None = None) -> str:
    """``1 gap``, ``2 gaps``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def number_text(value: float | None, spec: str) -> str:
    """A figure in a format, or that it is not finite."""
    return BEYOND if value is None else format(value, spec)


def axes_text(fact: CentreAndAxes) -> str:
    """Axes by name, each with what the publisher says it means."""
    return ", ".join(f"{name}, read as {meaning}" if meaning else name for name, meaning in fact.axes)
