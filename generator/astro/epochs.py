"""Instants as exact integers, and the time systems in which people write them.

An :class:`Epoch` counts nanoseconds of International Atomic Time (TAI) since 2000-01-01T12:00:00 TAI, so that
differences are exact and independent of leap seconds. UTC, TT, TDB and GPS exist at the border only: they are
parsed into an epoch and printed from one. Leap seconds and TDB - TT come from skyfield's built-in timescale
(TDB: USNO Circular 179, Kaplan 2005, eq. 2.6, within 10 microseconds of the integrated value).

Arrays are float seconds from a named epoch, shape ``(N,)``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from skyfield.api import load
from skyfield.timelib import tdb_minus_tt

from nearpass.errors import TimeError

NS: Final = 1_000_000_000
DAY_S: Final = 86_400
_J2000_NOON_NS: Final = 43_200 * NS
_TT_MINUS_TAI_NS: Final = 32_184_000_000
_GPS_MINUS_TAI_NS: Final = -19 * NS
_J2000_JD: Final = 2_451_545.0
_DAY_ZERO: Final = date(2000, 1, 1)
_BEFORE_LEAPS: Final = "UTC is supported from the first leap second, 1972-07-01"
_MOST_DAYS: Final = 106_000  # 290 years: 64 bits hold 292 years of nanoseconds

# CCSDS 301.0-B-4, ASCII codes A (calendar) and B (day of year), with an optional Z.
_ISO = re.compile(
    r"(?P<year>\d{4})-(?:(?P<month>\d{2})-(?P<day>\d{2})|(?P<doy>\d{3}))"
    r"T(?P<hour>\d{2}):(?P<minute>\d{2}):(?P<second>\d{2})(?:\.(?P<fraction>\d{0,200}))?Z?",
    re.ASCII,
)
_ISO_DATE = re.compile(r"(?P<date>\d{4}-(?:\d{2}-\d{2}|\d{3}))Z?", re.ASCII)


class TimeSystem(StrEnum):
    """Time systems of CCSDS 502.0-B-3, 3.2.3.2, that can be turned into TAI without further data."""

    UTC = "UTC"
    TAI = "TAI"
    TT = "TT"
    TDB = "TDB"
    GPS = "GPS"

    @classmethod
    def named(cls, name: str) -> TimeSystem:
        """The time system with this CCSDS name.

        Raises:
            TimeError: for a name that is not supported.

        """
        try:
            return cls(name.strip().upper())
        except ValueError:
            known = ", ".join(cls)
            raise TimeError(f"TIME_SYSTEM must be one of {known}", value=name) from None


@dataclass(frozen=True, slots=True, order=True)
class Epoch:
    """An instant: nanoseconds of TAI since 2000-01-01T12:00:00 TAI."""

    tai_ns: int

    @classmethod
    def parse(cls, text: str, system: TimeSystem = TimeSystem.UTC) -> Epoch:
        """Read a CCSDS date such as ``2021-03-05T16:30:33.5`` or ``2021-064T16:30:33.5Z``.

        A date alone means midnight. A leap second is written ``23:59:60`` in UTC.

        Raises:
            TimeError: if the text is no such date, or names an instant that does not exist.

        """
        text = text.strip()
        if whole_day := _ISO_DATE.fullmatch(text):
            text = f"{whole_day['date']}T00:00:00"
        found = _ISO.fullmatch(text)
        if found is None:
            raise TimeError("an epoch must read YYYY-MM-DDThh:mm:ss[.d] or YYYY-DDDThh:mm:ss[.d]", value=text)
        day = _day_number(found, text)
        hour, minute, second = (int(found[part]) for part in ("hour", "minute", "second"))
        most_s = 60 if system is TimeSystem.UTC and (hour, minute) == (23, 59) else 59
        if hour > 23 or minute > 59 or second > most_s:
            raise TimeError("the time of day must exist", value=text)
        if second == 60 and _leap_s_of(day + 1) == _leap_s_of(day):
            raise TimeError("a 60th second exists only on a leap second day", value=text)
        fraction_ns = int((found["fraction"] or "").ljust(9, "0")[:9] or "0")
        ns_of_day = ((hour * 60 + minute) * 60 + second) * NS + fraction_ns
        if system is TimeSystem.UTC:
            return cls._of_utc(day, ns_of_day)
        return cls(int(tai_ns(np.array([day]), np.array([ns_of_day]), system)[0]))

    @classmethod
    def parse_typed(cls, text: str) -> Epoch:
        """Read a date in UTC as :meth:`parse` does, also one without seconds, which people leave out.

        Raises:
            TimeError: as :meth:`parse`.
        """
        return cls.parse(re.sub(r"(T\d\d:\d\d)(Z?)$", r"\1:00\2", text.strip()))

    @classmethod
    def from_datetime(cls, moment: datetime) -> Epoch:
        """The epoch of an aware datetime."""
        utc = moment.astimezone(UTC)
        day = (utc.date() - _DAY_ZERO).days
        return cls._of_utc(day, ((utc.hour * 60 + utc.minute) * 60 + utc.second) * NS + utc.microsecond * 1000)

    @classmethod
    def from_unix_ns(cls, unix_ns: int) -> Epoch:
        """The epoch of POSIX time in nanoseconds, as file systems keep it."""
        day, ns_of_day = divmod(unix_ns, DAY_S * NS)
        return cls._of_utc(day - (_DAY_ZERO - date(1970, 1, 1)).days, ns_of_day)

    @classmethod
    def _of_utc(cls, day: int, ns_of_day: int) -> Epoch:
        """As :func:`tai_ns` of one instant; without arrays it takes a tenth of the time."""
        _check_day(abs(day))
        return cls(day * (DAY_S * NS) + ns_of_day - _J2000_NOON_NS + _leap_s_of(day) * NS)

    def iso(self, system: TimeSystem = TimeSystem.UTC, digits: int = 6) -> str:
        """ISO 8601 text in a time system, rounded to ``digits`` decimals of a second, without a zone letter."""
        step_ns = 10 ** (9 - digits)
        if system is TimeSystem.UTC:  # whole seconds from TAI, and a leap second must not be rounded into the next day
            day, ns_of_day = _civil((self.tai_ns + step_ns // 2) // step_ns * step_ns, system)
        else:
            day, ns_of_day = _civil(self.tai_ns, system)
            carry, ns_of_day = divmod((ns_of_day + step_ns // 2) // step_ns * step_ns, DAY_S * NS)
            day += carry
        second, fraction_ns = divmod(ns_of_day, NS)
        minute_of_day, second_of_minute = divmod(min(second, DAY_S - 1), 60)
        second_of_minute += max(0, second - (DAY_S - 1))
        text = (
            f"{(_DAY_ZERO + timedelta(days=day)).isoformat()}"
            f"T{minute_of_day // 60:02d}:{minute_of_day % 60:02d}:{second_of_minute:02d}"
        )
        return f"{text}.{fraction_ns // step_ns:0{digits}d}" if digits else text

    def datetime_utc(self) -> datetime:
        """The nearest microsecond as an aware datetime; a leap second counts as the one before it."""
        text = self.iso(digits=6)
        if text[17:19] == "60":
            text = text[:17] + "59" + text[19:]
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    def julian_date_tt(self) -> float:
        """Julian date in Terrestrial Time."""
        return _J2000_JD + (self.tai_ns + _TT_MINUS_TAI_NS) / (NS * DAY_S)

    def __add__(self, offset_s: float) -> Epoch:
        return Epoch(self.tai_ns + round(offset_s * NS))

    def __sub__(self, other: Epoch) -> float:
        """Seconds of TAI from ``other`` to this epoch."""
        return (self.tai_ns - other.tai_ns) / NS


def tai_ns(day: NDArray[np.int64], ns_of_day: NDArray[np.int64], system: TimeSystem) -> NDArray[np.int64]:
    """Nanoseconds of TAI since J2000 noon TAI of many civil instants.

    Args:
        day: Days since 2000-01-01 in the time system, shape ``(N,)``.
        ns_of_day: Nanoseconds since midnight of that day, shape ``(N,)``; 86 400 s and more inside a leap second.
        system: The time system of both.

    Raises:
        TimeError: for UTC before 1972, which has no whole leap seconds, and more than 290 years from 2000.

    """
    _check_day(np.max(np.abs(day), initial=0))
    clock_ns = np.asarray(day, dtype=np.int64) * (DAY_S * NS) + ns_of_day - _J2000_NOON_NS
    if system is TimeSystem.UTC:
        return clock_ns + _leap_s_on(np.asarray(day)) * NS
    if system is TimeSystem.TDB:
        tt_ns = clock_ns - np.rint(_tdb_minus_tt_s(clock_ns) * NS).astype(np.int64)
        return tt_ns - _TT_MINUS_TAI_NS
    return clock_ns - _ahead_of_tai_ns(0, system)


def _civil(instant_tai_ns: int, system: TimeSystem) -> tuple[int, int]:
    """Day number since 2000-01-01 and nanosecond of that day in a time system."""
    if system is TimeSystem.TDB:
        return divmod(_civil_tdb_ns(instant_tai_ns), DAY_S * NS)
    if system is not TimeSystem.UTC:
        return divmod(instant_tai_ns + _J2000_NOON_NS + _ahead_of_tai_ns(instant_tai_ns, system), DAY_S * NS)
    days, leaps_s = _leap_table()
    clock_ns = instant_tai_ns + _J2000_NOON_NS
    index = bisect_right(_leap_starts_ns(), clock_ns) - 1
    if index < 0:
        raise TimeError(_BEFORE_LEAPS, value=f"TAI {instant_tai_ns} ns")
    day, ns_of_day = divmod(clock_ns - int(leaps_s[index]) * NS, DAY_S * NS)
    if index + 1 < len(days) and day >= int(days[index + 1]):  # inside the leap second itself
        day, ns_of_day = day - 1, ns_of_day + DAY_S * NS
    return day, ns_of_day


@lru_cache(maxsize=16_384)
def _civil_tdb_ns(instant_tai_ns: int) -> int:
    """Nanoseconds since 2000-01-01 in TDB that parse() turns back into this very one; texts repeat their instants."""
    civil_ns = instant_tai_ns + _J2000_NOON_NS + _ahead_of_tai_ns(instant_tai_ns, TimeSystem.TDB)
    again = tai_ns(np.array([0]), np.array([civil_ns]), TimeSystem.TDB)
    return civil_ns - (int(again[0]) - instant_tai_ns)


def tdb_s(reference: Epoch, offsets_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """TDB seconds past J2000 (SPICE's "ephemeris time") at offsets from an epoch, shape ``(N,)``.

    A double holds such a number to about 0.1 microsecond.
    """
    tt_s = (reference.tai_ns + _TT_MINUS_TAI_NS) / NS + np.asarray(offsets_s, dtype=np.float64)
    return np.asarray(tt_s + tdb_minus_tt(_J2000_JD + tt_s / DAY_S))


def _day_number(found: re.Match[str], text: str) -> int:
    """Days from 2000-01-01 of a calendar or day-of-year date."""
    year = int(found["year"])
    try:
        if found["doy"] is None:
            return (date(year, int(found["month"]), int(found["day"])) - _DAY_ZERO).days
        day = date(year, 1, 1) + timedelta(days=int(found["doy"]) - 1)
    except (ValueError, OverflowError):
        raise TimeError("the date must exist", value=text) from None
    if day.year != year:
        raise TimeError("the day of the year must exist", value=text)
    return (day - _DAY_ZERO).days


@cache
def _leap_table() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Days since 2000-01-01 from which TAI - UTC is the given number of seconds, both shape ``(N,)``."""
    timescale = load.timescale(builtin=True)
    days = np.rint(np.asarray(timescale.leap_dates) - (_J2000_JD - 0.5)).astype(np.int64)
    return days, np.rint(np.asarray(timescale.leap_offsets)).astype(np.int64)


@cache
def _leap_starts_ns() -> tuple[int, ...]:
    """Nanoseconds of TAI since 2000-01-01 at which each line of the leap table begins to hold, in order."""
    days, leaps_s = _leap_table()
    return tuple((int(day) * DAY_S + int(leap_s)) * NS for day, leap_s in zip(days, leaps_s, strict=True))


def _check_day(most: float | np.integer) -> None:
    if most > _MOST_DAYS:
        raise TimeError("an epoch must lie within 290 years of 2000")


def _leap_s_of(day: int) -> int:
    """The same as :func:`_leap_s_on` of one day."""
    days, leaps_s = _leap_lists()
    index = bisect_right(days, day) - 1
    if index < 0:
        raise TimeError(_BEFORE_LEAPS)
    return leaps_s[index]


@cache
def _leap_lists() -> tuple[list[int], list[int]]:
    days, leaps_s = _leap_table()
    return days.tolist(), leaps_s.tolist()


def _leap_s_on(day: NDArray[np.int64]) -> NDArray[np.int64]:
    """TAI - UTC in seconds on days since 2000-01-01."""
    days, leaps_s = _leap_table()
    index = np.searchsorted(days, day, side="right") - 1
    if np.any(index < 0):
        raise TimeError(_BEFORE_LEAPS)
    return np.asarray(leaps_s[index])


def _tdb_minus_tt_s(clock_ns: NDArray[np.int64]) -> NDArray[np.float64]:
    """TDB - TT in seconds; TT and TDB both serve as the argument (they differ by under 2 ms)."""
    return np.asarray(tdb_minus_tt(_J2000_JD + np.asarray(clock_ns) / (NS * DAY_S)))


def _ahead_of_tai_ns(at_tai_ns: int, system: TimeSystem) -> int:
    """How many nanoseconds a uniform time system reads more than TAI at an instant."""
    if system is TimeSystem.TAI:
        return 0
    if system is TimeSystem.GPS:
        return _GPS_MINUS_TAI_NS
    if system is TimeSystem.TT:
        return _TT_MINUS_TAI_NS
    tt_ns = np.array([at_tai_ns + _TT_MINUS_TAI_NS])
    return _TT_MINUS_TAI_NS + round(float(_tdb_minus_tt_s(tt_ns)[0]) * NS)
