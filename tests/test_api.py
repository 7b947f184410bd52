"""The door: what a program gets from ``import nearpass``."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sgp4.api import Satrec, jday

import nearpass
from element_texts import TLE
from fleets import LOW, POLAR, Kepler, message, segment
from nearpass.ephemeris.spk_write import write_spk
from nearpass.errors import CoverageError, FrameError, InputError
from nearpass.messages.oem import parse_oem
from nearpass.messages.oem_write import write_oem

HOUR_S = 3600.0


def delivered(folder: Path, name: str, orbit: Kepler, center: str = "MARS", notation: str = "kvn") -> Path:
    """Six hours of an orbit as an OEM."""
    nodes = replace(segment(orbit, 0.0, 6 * HOUR_S, 60.0), object_name=name, center_name=center)
    path = folder / f"{name}.oem"
    path.write_text(write_oem(message(nodes), "xml" if notation == "xml" else "kvn"))
    return path


def test_importing_the_package_costs_nothing() -> None:
    """The package is imported without numpy; each of its names is there all the same."""
    code = (
        "import sys, nearpass\nassert 'numpy' not in sys.modules\nfor name in nearpass.__all__: getattr(nearpass, name)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stderr == ""


@pytest.mark.parametrize("notation", ["kvn", "xml"])
def test_a_state_is_that_of_the_motion(tmp_path: Path, notation: str) -> None:
    """States of a delivery are those of Kepler's formula, for one time of any form and for many."""
    orbit = nearpass.read(delivered(tmp_path, "A", LOW, notation=notation))
    moment = datetime(2021, 3, 17, 1, 2, 3, tzinfo=UTC)
    position_km, velocity_km_s = LOW.state(np.array([3723.0]))

    for form in (moment, "2021-03-17T01:02:03", nearpass.Epoch.parse("2021-03-17T01:02:03")):
        here_km, here_km_s = orbit.state(form)
        assert here_km == pytest.approx(position_km[0], abs=1e-6)  # Hermite of degree 7 at 60 s: under a millimetre
        assert here_km_s == pytest.approx(velocity_km_s[0], abs=1e-8)
    assert orbit.state([moment, moment])[0].shape == (2, 3)


def test_a_kernel_and_its_message_are_one_motion(tmp_path: Path) -> None:
    """A kernel made of a message is recognised by its content and gives the same states."""
    source = delivered(tmp_path, "A", LOW)
    write_spk(parse_oem(source.read_bytes(), "A"), tmp_path / "kernel.dat", target=-1001)
    kernel = nearpass.read(tmp_path / "kernel.dat")

    assert (kernel.object_id, kernel.body.name) == ("-1001", "MARS")
    times = [kernel.start + offset_s for offset_s in (10.0, 5000.0, 20_000.0)]
    assert kernel.state(times)[0] == pytest.approx(nearpass.read(source).state(times)[0], abs=1e-6)


def test_mean_elements_are_an_ephemeris_of_a_week(tmp_path: Path) -> None:
    """Two lines give the position that the sgp4 package gives, turned from TEME: the same distance from the Earth."""
    (tmp_path / "set.tle").write_text(TLE)
    station = nearpass.read(tmp_path / "set.tle")
    satellite = Satrec.twoline2rv(*TLE.strip().splitlines()[-2:])
    moment = station.start + 7 * 86_400.0
    at = moment.datetime_utc()
    error, teme_km, _ = satellite.sgp4(
        *jday(at.year, at.month, at.day, at.hour, at.minute, at.second + at.microsecond / 1e6)
    )

    assert error == 0
    assert np.linalg.norm(station.state(moment)[0]) == pytest.approx(np.linalg.norm(teme_km), abs=1e-3)
    assert station.body.name == "EARTH"


def test_what_does_not_fit_raises(tmp_path: Path) -> None:
    """Bodies that differ, a time outside the coverage and a file of nothing known are refused by name."""
    low, moon = nearpass.read(delivered(tmp_path, "A", LOW)), nearpass.read(delivered(tmp_path, "B", POLAR, "MOON"))
    with pytest.raises(FrameError, match=r"A about MARS, B about MOON"):
        nearpass.screen([low, moon], limit_km=10)
    with pytest.raises(FrameError, match=r"A about MARS, B about MOON"):
        nearpass.cross(low, moon, limit_km=10)
    with pytest.raises(FrameError, match=r"A about MARS, B about MOON"):
        nearpass.conjunction(low, moon, low.start)
    with pytest.raises(CoverageError, match=r"2021-03-18T00:00:00\.000 UTC.*A\.oem"):
        low.state("2021-03-18T00:00:00")
    with pytest.raises(InputError, match="different names"):
        nearpass.screen([low, low], limit_km=10)
    (tmp_path / "noise.bin").write_bytes(b"\x00\x01\x02")
    with pytest.raises(InputError, match=r"noise\.bin"):
        nearpass.read(tmp_path / "noise.bin")
    with pytest.raises(InputError, match=r"absent\.oem"):
        nearpass.read(tmp_path / "absent.oem")


def test_crossings_meet_where_two_circles_meet(tmp_path: Path) -> None:
    """Two equal circles in different planes cross at distance 0 on the line of nodes, twice a revolution."""
    flat = Kepler(3700.0, 0.0, 0.0, mean_anomaly_rad=0.5)
    tilted = Kepler(3700.0, 0.0, 1.0, mean_anomaly_rad=0.8)
    first, second = nearpass.read(delivered(tmp_path, "A", flat)), nearpass.read(delivered(tmp_path, "B", tilted))
    found = nearpass.cross(first, second, limit_km=1.0)

    assert len(found) == pytest.approx(2 * 6 * HOUR_S / flat.period_s, abs=1.0)  # one more or less at the ends
    for one in found:
        assert one.oxd_km == pytest.approx(0.0, abs=1e-5)
        assert abs(one.first_point_km[1]) == pytest.approx(0.0, abs=1e-3)  # the planes meet along the x axis
        assert one.oxt_s == pytest.approx(-0.3 / flat.motion_rad_s, abs=1e-3)


def test_results_print_as_a_navigator_reads_them(tmp_path: Path) -> None:
    """An ephemeris prints its body and span, a screening its approaches, a conjunction its miss distance."""
    near = Kepler(LOW.a_km + 3.0, LOW.e, 1.0, node_rad=0.2)
    first, second = nearpass.read(delivered(tmp_path, "A", LOW)), nearpass.read(delivered(tmp_path, "B", near))
    found = nearpass.screen([first, second], limit_km=500)
    assert found.nearest is not None
    met = nearpass.conjunction(first, second, found.nearest.tca)

    assert str(first) == "A about Mars, 2021-03-17T00:00:00 to 2021-03-17T06:00:00 UTC"
    assert f"{found.nearest.miss_km:.3f} km  A - B" in str(found)
    assert met.miss_km == pytest.approx(found.nearest.miss_km, abs=1e-6)  # one instant, rounded to a nanosecond
    assert np.linalg.norm(met.miss_rtn_km) == pytest.approx(met.miss_km)
    assert nearpass.probability(met, hbr_m=10).pc is None  # neither delivery has covariances
