"""When a kernel was made, by its comment area; and what we write there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import spiceypy as spice

from fleets import LOW, message, segment
from nearpass.astro.epochs import Epoch
from nearpass.ephemeris.spk import spk_summary
from nearpass.ephemeris.spk_comment import created_in
from nearpass.ephemeris.spk_write import write_spk
from published import FILES

SHARED = FILES / "mars"


@pytest.mark.parametrize(
    ("line", "utc"),
    [
        ("; Created 2005-10-24/10:32:20.00.", "2005-10-24T10:32:20"),
        ("Date and time modified: 2016-JUL-04 15:02:59", "2016-07-04T15:02:59"),
        ("     Created by Boris Semenov, NAIF/JPL, Sat Feb 28 08:16:28 PST 2015", "2015-02-28T16:16:28"),
        ("PRODUCT_CREATION_TIME = 2012-12-21T14:22:32", "2012-12-21T14:22:32"),
        ("CREATION_DATE = 2026-051T06:00:00", "2026-02-20T06:00:00"),
        ("This file was created on March 12, 2007 by the navigation team", "2007-03-12T00:00:00"),
        ("File generated: 20 Feb 2026, 06:00 UTC+2", "2026-02-20T04:00:00"),
        ("Creation Date: 01-MAR-2007", "2007-03-01T00:00:00"),
        ("; Date: 2021-Jan-05 12:00:00", "2021-01-05T12:00:00"),
        ("Generation time: 2020-09-09T13:00:03+02:00", "2020-09-09T11:00:03"),
        ("Created 2020 JAN 05 12:00:00.5 to support operations until 2021 JAN 05", "2020-01-05T12:00:00.5"),
        ("Created by JPL NAV to support MRO, 2026 FEB 20 06:00:00", "2026-02-20T06:00:00"),
    ],
)
def test_a_kernel_dates_itself(line: str, utc: str) -> None:
    """Each usual form is the instant that a reader takes it for; a zone is heeded, none means UTC."""
    assert created_in(["first line", line, "last line"]) == Epoch.parse(utc)


@pytest.mark.parametrize(
    "line",
    [
        "  BEGIN_TIME       = 2010 MAY 31 23:58:53.815",
        "This file was created from data through 2021-01-05",
        "This file was created by merging solutions from 2021-01-05",
        "Enter SATEPHMERGE/13 19-Apr-2012 16:24:30.291 linked 24-May-2011 16:26:51",
        "September 03, 2013",
        "Produced 3/4/2021",
        "Generated at 2021-02-30",
        "Kernel created with mkspk",
        "Created version 2021-01-05-12345",
        "",
    ],
)
def test_other_dates_do_not_count(line: str) -> None:
    """Coverage, sources, days that do not exist and days that two readers take differently are no creation."""
    assert created_in([line]) is None


def test_a_heading_above_the_date_counts() -> None:
    """A date that stands alone is what the heading above it says."""
    assert created_in(["Creation date", "-------------", "", "   2026-02-20 06:00"]) == Epoch.parse(
        "2026-02-20T06:00:00"
    )
    assert created_in(["Coverage", "--------", "   2026-02-20 06:00"]) is None


def test_the_newest_of_several_dates_is_the_files_own() -> None:
    """A merged kernel carries the comments of its sources."""
    lines = ["; Created 2016-08-23/21:54:40.00.", "; Created 2016-06-08/08:50:09.00.", "Date: 2016-07-04"]
    assert created_in(lines) == Epoch.parse("2016-08-23T21:54:40")


@pytest.mark.parametrize(
    ("name", "target", "utc"),
    [
        ("mex_ormf_20100601_20100610.bsp", -41, "2012-11-28T10:01:58"),
        ("em16_tgo_mlt_20180609_20180614.bsp", -143, "2016-08-23T21:54:40"),
        ("mro_psp9_ssd_mro110c_20081030_20081105.bsp", -74, "2020-08-05T13:35:15"),
    ],
)
@pytest.mark.published_files("mars")
def test_published_kernels_date_themselves(name: str, target: int, utc: str) -> None:
    """What SPKMERGE wrote at the top of published kernels is found."""
    (found,) = [one for one in spk_summary([SHARED / name]) if one.target == target]
    assert found.created == Epoch.parse(utc)


def _kernel(path: Path, *comments: str) -> Path:
    """A kernel of one segment of type 9 written by CSPICE itself, with these comments."""
    handle = spice.spkopn(str(path), "test", 10_000)
    if comments:
        spice.dafac(handle, list(comments))
    times_s = np.arange(20) * 60.0
    states = np.hstack(LOW.state(times_s))
    spice.spkw09(handle, -999, 499, "J2000", 0.0, 1140.0, "x", 7, 20, states, times_s)
    spice.spkcls(handle)
    return path


def test_a_kernel_of_a_longer_comment_area_is_read_to_its_end(tmp_path: Path) -> None:
    """The date may stand below hundreds of lines."""
    lines = [f"; line {number}" for number in range(950)]
    (found,) = spk_summary([_kernel(tmp_path / "a.bsp", *lines, "; Created 2005-10-24/10:32:20.00.")])
    assert found.created == Epoch.parse("2005-10-24T10:32:20")


def test_of_two_kernels_one_without_a_date_leaves_it_open(tmp_path: Path) -> None:
    """Where one of the kernels of a target does not say when it was made, nobody knows for both."""
    dated = _kernel(tmp_path / "a.bsp", "; Created 2005-10-24/10:32:20.00.")
    bare = _kernel(tmp_path / "b.bsp")
    (both,) = spk_summary([dated, bare])
    assert both.created is None


def test_what_we_write_can_be_read_by_others(tmp_path: Path) -> None:
    """CSPICE gives back the lines: a creation to the nanosecond, printable ASCII alone, whatever the names hold."""
    plain = message(segment(LOW, 0.0, 1200.0, 60.0))
    odd = replace(plain, segments=tuple(replace(one, object_name="Näme\n" + 300 * "x") for one in plain.segments))
    write_spk(odd, tmp_path / "a.bsp", target=-999)
    handle = spice.dafopr(str(tmp_path / "a.bsp"))
    count, lines, _ = spice.dafec(handle, 100, 1001)
    spice.dafcls(handle)

    assert f"CREATION_DATE = {odd.header.creation.iso(digits=9)}" in lines[:count]
    assert f"ORIGINATOR = {odd.header.originator}" in lines[:count]
    assert all(line.isascii() and line.isprintable() for line in lines[:count])
