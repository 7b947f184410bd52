"""Numbers and quantities with the unit that suits them: one way for each, on every page."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, Final

from nearpass.astro.epochs import DAY_S
from nearpass.record.figures import LEAST_PC

Text = str | Callable[[Any], str]
"""A sentence with fields of its reason in braces, or what chooses it; :mod:`nearpass.report.wording.said` fills it."""
DASH: Final = "–"
BEYOND: Final = "no finite number"
_LONG_POWER: Final = re.compile(r"(?<=\d)e-0(?=\d\b)")
_HOUR_S: Final = 3_600.0
_MINUTE_S: Final = 60.0
_KM_PER_M: Final = 1e-3
_KM_PER_MM: Final = 1e-6
_LEAST_KM: Final = 0.0995
"""A distance is told in metres below this: what would read 0.099 km."""
_CLOSE_KM: Final = 0.01
"""A distance in a column of km has two significant digits below this, and 1 m of resolution above."""


def number(value: float | None, digits: int, *, signed: bool = False) -> str:
    """A number with fixed decimals: ``12 345.68``, ``−0.30``; a dash for None."""
    if value is None:
        return DASH
    text = f"{value:{'+' if signed else ''},.{digits}f}"
    if float(text.replace(",", "")) == 0.0:
        text = text.lstrip("+-")  # a rounded zero has no sign
    return text.replace(",", "\u202f").replace("-", "−")


def quantity(value: float | None, digits: int, unit: str) -> str:
    """A number with its unit, which stay on one line: ``1.900 km``; a dash for None."""
    return DASH if value is None else f"{number(value, digits)}\u00a0{unit}"


def distance_words(value_km: float | None) -> str:
    """A distance for a reason, which stands in tables and messages too: with a common space before the unit."""
    return distance(value_km).replace("\u00a0", " ")


def distance(value_km: float | None) -> str:
    """A distance with its unit: to the metre from 100 m to 100 km, to 100 m above; below, in metres; a dash for None.

    No distance but zero reads as zero: ``12 m``, ``4.2 m``, ``0.03 m``, ``below 0.01 m``.
    """
    size_km = 0.0 if value_km is None else abs(value_km)
    if value_km is None or size_km >= _LEAST_KM or size_km == 0.0:
        return quantity(value_km, km_digits(value_km), "km")
    metres = value_km / _KM_PER_M
    if abs(metres) < 0.005:
        return "below\u00a00.01\u00a0m"
    return quantity(metres, 0 if abs(metres) >= 9.95 else 1 if abs(metres) >= 0.995 else 2, "m")


def km_digits(value_km: float | None) -> int:
    """Decimals of a distance in km: 100 m above 100 km, 1 m below, two significant digits below 10 m."""
    size_km = 0.0 if value_km is None else abs(value_km)
    if size_km >= 100.0:
        return 1
    return 3 if size_km >= _CLOSE_KM or size_km == 0.0 else 3 + math.ceil(math.log10(_CLOSE_KM / size_km))


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
    """A figure in a format, with minus and powers of ten as on every page, or that it is not finite."""
    if value is None:
        return BEYOND
    text = format(value, spec)
    if text.startswith("-"):
        text = f"−{text[1:]}"
    return short_powers(text) if spec.endswith("e") else text


def probability(value: float | None) -> str:
    """A probability to two digits: ``3.1e-5``, from a hundredth on ``0.22``; a dash for None."""
    if value is None:
        return DASH
    if value < LEAST_PC:
        return f"below {LEAST_PC:.0e}"
    return f"{value:.2g}" if value >= 0.00995 else short_powers(f"{value:.1e}")


def limit_text(value: float) -> str:
    """A configured probability with no digit lost: ``1e-4``, ``2.5e-5``."""
    exact = next((text for digits in range(6) if float(text := f"{value:.{digits}e}") == value), f"{value:.6e}")
    return short_powers(exact)


def short_powers(text: str) -> str:
    """The text with its powers of ten as on every page: ``1e-4`` for ``1e-04``, as earlier releases wrote it."""
    return _LONG_POWER.sub("e-", text)
