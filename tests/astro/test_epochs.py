"""Epochs against SPICE and skyfield, at leap seconds, and through their own text."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime

import numpy as np
import pytest
import spiceypy as spice
from hypothesis import given, settings
from hypothesis import strategies as st
from skyfield.api import load

from nearpass.astro.epochs import NS, Epoch, TimeSystem, tai_ns, tdb_s
from nearpass.astro.frames import furnished
from nearpass.errors import TimeError
from published import FIGURES

LEAPSECONDS = FIGURES / "spice" / "leapseconds.tls"
DOUBLE_TDB_S = 1e-6  # CSPICE keeps TDB as one double and uses a one-term TDB - TT, 30 microseconds at the most
ONE_TERM_TDB_S = 4e-5

# UTC from 1973 to 2090, to the nanosecond.
moments = st.integers(min_value=-850_000_000 * NS, max_value=2_850_000_000 * NS).map(Epoch)


@pytest.mark.parametrize("system", list(TimeSystem))
@settings(deadline=None)
@given(epoch=moments)
def test_text_with_nine_decimals_reads_back_as_the_same_instant(system: TimeSystem, epoch: Epoch) -> None:
    """Printing an epoch with nine decimals and reading it gives the epoch; TDB may lose one nanosecond."""
    again = Epoch.parse(epoch.iso(system, digits=9), system)
    assert abs(again.tai_ns - epoch.tai_ns) <= (1 if system is TimeSystem.TDB else 0)


@pytest.mark.parametrize("system", list(TimeSystem))
@settings(deadline=None)
@given(epoch=moments, digits=st.integers(min_value=0, max_value=8))
def test_fewer_decimals_are_rounded_to_the_nearest(system: TimeSystem, epoch: Epoch, digits: int) -> None:
    """A text with fewer decimals is at most half a unit of its last place away from the epoch."""
    again = Epoch.parse(epoch.iso(system, digits=digits), system)
    assert abs(again.tai_ns - epoch.tai_ns) <= 10 ** (9 - digits) // 2 + 1


@settings(deadline=None)
@given(epoch=moments)
def test_utc_agrees_with_spice(epoch: Epoch) -> None:
    """UTC to TDB agrees with CSPICE's str2et and NAIF's leap seconds within the model it uses for TDB."""
    with furnished([LEAPSECONDS]):
        time_s = spice.str2et(epoch.iso(digits=6))
    rounded = Epoch.parse(epoch.iso(digits=6))
    assert float(tdb_s(rounded, np.zeros(1))[0]) == pytest.approx(time_s, abs=ONE_TERM_TDB_S)


@pytest.mark.parametrize("text", ["1975-03-04T05:06:07.25", "2016-12-31T23:59:59.5", "2035-06-01T00:00:00.0"])
def test_utc_and_tdb_agree_with_skyfield(text: str) -> None:
    """TT and TDB agree with skyfield's time scale for the same UTC date."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        time = load.timescale(builtin=True).from_datetime(moment)
    epoch = Epoch.parse(text)
    days = (epoch.julian_date_tt() - time.whole) - time.tt_fraction
    assert days == pytest.approx(0.0, abs=1e-9)
    tdb = float(tdb_s(epoch, np.zeros(1))[0])
    assert tdb == pytest.approx((time.whole - 2451545.0 + time.tdb_fraction) * 86400.0, abs=DOUBLE_TDB_S)


@pytest.mark.parametrize(
    ("utc", "system", "text"),
    [
        ("2000-01-01T11:58:55.816", TimeSystem.TT, "2000-01-01T12:00:00.000"),
        ("2000-01-01T11:59:28.000", TimeSystem.TAI, "2000-01-01T12:00:00.000"),
        ("1980-01-06T00:00:00.000", TimeSystem.GPS, "1980-01-06T00:00:00.000"),
        ("2017-01-01T00:00:00.000", TimeSystem.GPS, "2017-01-01T00:00:18.000"),
    ],
)
def test_published_offsets_between_time_systems_hold(utc: str, system: TimeSystem, text: str) -> None:
    """J2000 in UTC and TAI, GPS time at its origin, and its 18 s since 2017 are those of the standards."""
    assert Epoch.parse(utc).iso(system, digits=3) == text


def test_a_leap_second_is_one_second_long_and_is_printed_as_such() -> None:
    """2016 ended with 23:59:60: two seconds from 23:59:59 to 00:00:00, and the text of the middle is kept."""
    before, leap, after = (
        Epoch.parse(text) for text in ("2016-12-31T23:59:59", "2016-12-31T23:59:60", "2017-01-01T00:00:00")
    )
    assert (leap - before, after - leap) == (1.0, 1.0)
    assert Epoch.parse("2016-12-31T23:59:60.25").iso(digits=2) == "2016-12-31T23:59:60.25"


def test_rounding_up_in_a_leap_second_ends_in_the_next_day() -> None:
    """23:59:60.9999999 to three decimals is midnight, not 23:59:61."""
    assert Epoch.parse("2016-12-31T23:59:60.9999999").iso(digits=3) == "2017-01-01T00:00:00.000"


def test_terrestrial_time_is_rounded_on_its_own_clock() -> None:
    """Whole seconds of TT lie 0.184 s beside those of TAI, and rounding follows TT."""
    assert Epoch.parse("2020-01-01T00:00:00.900", TimeSystem.TT).iso(TimeSystem.TT, digits=0) == "2020-01-01T00:00:01"


@pytest.mark.parametrize(
    "text",
    ["2021-080T04:12:33.5", "2021-03-21T04:12:33.5Z", "2021-03-21T04:12:33.500000000999", " 2021-080T04:12:33.5Z "],
)
def test_both_ccsds_forms_of_a_date_are_read(text: str) -> None:
    """Calendar and day-of-year dates, with Z and with more decimals than a nanosecond, name the same instant."""
    assert Epoch.parse(text) == Epoch.parse("2021-03-21T04:12:33.5")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2021-02-29T00:00:00",
        "2021-366T00:00:00",
        "2021-000T00:00:00",
        "2021-13-01T00:00:00",
        "2021-01-01T24:00:00",
        "2021-01-01T00:60:00",
        "2021-06-30T23:59:60",
        "2021-01-01T00:00:60",
        "2021-1-1T00:00:00",
        "2021-01-01 00:00:00",
        "0000-01-01T00:00:00",
        "1960-01-01T00:00:00",
        "9999-12-31T00:00:00",
        "２０２１-01-01T00:00:00",
        "2021-01-01T00:00:00+01:00",
    ],
)
def test_dates_that_do_not_exist_are_refused(text: str) -> None:
    """A date that is no CCSDS date, or names no instant, raises TimeError."""
    with pytest.raises(TimeError):
        Epoch.parse(text)


def test_a_60th_second_exists_in_utc_only() -> None:
    """TAI has no leap seconds."""
    with pytest.raises(TimeError, match="time of day"):
        Epoch.parse("2016-12-31T23:59:60", TimeSystem.TAI)


def test_unknown_time_systems_are_refused_by_name() -> None:
    """Mission elapsed time needs an origin that no message carries."""
    with pytest.raises(TimeError, match="'MET'"):
        TimeSystem.named("MET")


@settings(deadline=None)
@given(epoch=moments, offset_ns=st.integers(min_value=-(10**15), max_value=10**15))
def test_adding_seconds_and_taking_the_difference_are_inverse(epoch: Epoch, offset_ns: int) -> None:
    """``(epoch + s) - epoch`` gives s back to the nanosecond, over eleven days on either side."""
    offset_s = offset_ns / NS
    assert round(((epoch + offset_s) - epoch) * NS) == offset_ns


@settings(deadline=None)
@given(epoch=moments)
def test_a_datetime_and_back_is_the_same_to_a_microsecond(epoch: Epoch) -> None:
    """``from_datetime(datetime_utc())`` is the epoch to half a microsecond, outside leap seconds."""
    again = Epoch.from_datetime(epoch.datetime_utc())
    in_leap_second = epoch.iso(digits=0)[17:19] == "60" or epoch.iso(digits=6)[17:19] == "60"
    assert in_leap_second or abs(again.tai_ns - epoch.tai_ns) <= 500


def test_epochs_beyond_the_range_of_the_integers_are_refused() -> None:
    """Three hundred years from 2000, nanoseconds no longer fit in 64 bits."""
    with pytest.raises(TimeError, match="290 years"):
        tai_ns(np.array([120_000]), np.array([0]), TimeSystem.TAI)
