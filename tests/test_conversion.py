"""nearpass convert: between OEM in KVN, in XML, and SPK."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import spiceypy as spice

from element_texts import NAME, kvn, tle
from fleets import LOW, message, segment
from nearpass.astro.epochs import Epoch
from nearpass.messages.elements import read_elements
from nearpass.messages.oem import parse_oem
from nearpass.messages.oem_write import write_oem

EPOCH_ROUNDING_KM = 1e-6  # a double of TDB seconds holds 0.1 microsecond, 0.4 mm at 3.4 km/s

Nearpass = Callable[..., tuple[int, str, str]]


@pytest.fixture
def oem(tmp_path: Path) -> Path:
    path = tmp_path / "low.oem"
    path.write_text(write_oem(message(segment(LOW, 0.0, 7200.0, 60.0))))
    return path


def test_kvn_to_xml_and_back_is_exact(nearpass: Nearpass, oem: Path, tmp_path: Path) -> None:
    """Through XML and back every state is the same, and the command says that the error is none."""
    code, out, _ = nearpass("convert", oem, tmp_path / "low.xml")
    again, _, _ = nearpass("convert", tmp_path / "low.xml", tmp_path / "again.oem")
    before, after = (parse_oem(path.read_bytes(), path.name) for path in (oem, tmp_path / "again.oem"))

    assert (code, again) == (0, 0)
    assert "largest error 0 mm" in out
    assert np.array_equal(before.segments[0].positions_km, after.segments[0].positions_km)


def test_oem_to_kernel_and_back_keeps_the_states(nearpass: Nearpass, oem: Path, tmp_path: Path) -> None:
    """Through a kernel and back the states agree to the rounding of a kernel's epochs."""
    nearpass("convert", oem, tmp_path / "low.bsp", "--target", -999)
    code, out, _ = nearpass("convert", tmp_path / "low.bsp", tmp_path / "again.oem", "--target", -999)
    after = parse_oem((tmp_path / "again.oem").read_bytes(), "again.oem").segments[0]
    expected_km, _ = LOW.state(
        (after.epochs_tai_ns - parse_oem(oem.read_bytes(), "x").segments[0].epochs_tai_ns[0]) / 1e9
    )

    assert code == 0
    assert "largest error" in out
    assert np.abs(after.positions_km - expected_km).max() < EPOCH_ROUNDING_KM


def test_nothing_is_overwritten(nearpass: Nearpass, oem: Path) -> None:
    """A file that exists is left alone."""
    before = oem.read_bytes()
    code, _, err = nearpass("convert", oem, oem)

    assert code == 8
    assert "must not exist" in err
    assert oem.read_bytes() == before


def test_a_kernel_needs_its_target(nearpass: Nearpass, oem: Path, tmp_path: Path) -> None:
    """Without the NAIF number a kernel is neither read nor written."""
    code, _, err = nearpass("convert", oem, tmp_path / "low.bsp")

    assert code == 8
    assert "--target" in err


@pytest.mark.parametrize("suffix", ["oem", "xml"])
def test_mean_elements_become_an_ephemeris(nearpass: Nearpass, tmp_path: Path, suffix: str) -> None:
    """Elements are propagated from their epoch to an OEM whose states are SGP4's to the largest error that is told."""
    (tmp_path / "many.tle").write_text(tle("00004") + tle("00005", NAME))
    written = tmp_path / f"out.{suffix}"
    code, out, _ = nearpass("convert", tmp_path / "many.tle", written, "--target", 5, "--days", 2)
    (segment,) = parse_oem(written.read_bytes(), written.name).segments
    (item,) = read_elements(tle("00005").encode(), "tle").sets
    _, at_epoch_km, _ = item.satrec.sgp4_tsince(0.0)

    assert code == 0
    assert float(out.split("largest error ")[1].split()[0]) < 10.0
    assert (segment.object_name, segment.object_id) == (NAME, "1958-002B")
    assert (segment.center_name, segment.ref_frame) == ("EARTH", "ICRF")
    assert (segment.start - item.epoch, segment.stop - item.epoch) == (0.0, 2 * 86_400.0)
    assert np.linalg.norm(segment.positions_km[0]) == pytest.approx(np.linalg.norm(at_epoch_km), abs=1e-5)


@pytest.mark.parametrize(
    ("name", "text", "more", "words"),
    [
        ("many.tle", tle("00004") + tle("00005"), (), "--target must name one of the objects"),
        ("many.tle", tle("00004") + tle("00005"), ("--target", 7), "must hold the target"),
        ("xp.omm", kvn(EPHEMERIS_TYPE="4"), (), "EPHEMERIS_TYPE must be 0"),
    ],
)
def test_elements_that_cannot_be_converted(
    nearpass: Nearpass, tmp_path: Path, name: str, text: str, more: tuple[object, ...], words: str
) -> None:
    """Elements of several objects, of none that is sought, or of another theory are refused and nothing is written."""
    (tmp_path / name).write_text(text)
    code, _, err = nearpass("convert", tmp_path / name, tmp_path / "out.oem", *more)

    assert code == 8
    assert words in err
    assert not (tmp_path / "out.oem").exists()


@pytest.mark.parametrize("suffix", ["bsp", "xml"])
def test_a_conversion_keeps_the_creation(nearpass: Nearpass, oem: Path, tmp_path: Path, suffix: str) -> None:
    """There and back, through a kernel or XML, CREATION_DATE is that of the first file: states do not become newer."""
    dated = oem.read_text().splitlines()
    dated[1] = "CREATION_DATE = 2026-02-20T06:00:00.123456789"
    oem.write_text("\n".join(dated) + "\n")
    nearpass("convert", oem, tmp_path / f"low.{suffix}", "--target", -999)
    code, _, err = nearpass("convert", tmp_path / f"low.{suffix}", tmp_path / "again.oem", "--target", -999)
    header = parse_oem((tmp_path / "again.oem").read_bytes(), "again.oem").header

    assert (code, err) == (0, "")
    assert header.creation == Epoch.parse("2026-02-20T06:00:00.123456789")


@pytest.mark.parametrize("suffix", ["bsp", "xml", "oem"])
def test_a_creation_may_be_stated(nearpass: Nearpass, oem: Path, tmp_path: Path, suffix: str) -> None:
    """``--created`` replaces what the source says, in each form that can be written."""
    written = tmp_path / f"out.{suffix}"
    nearpass("convert", oem, written, "--target", -999, "--created", "2021-02-03T04:05")
    nearpass("convert", written, tmp_path / "again.oem", "--target", -999)
    header = parse_oem((tmp_path / "again.oem").read_bytes(), "again.oem").header

    assert header.creation == Epoch.parse("2021-02-03T04:05:00")


def test_a_kernel_without_a_date_is_told(nearpass: Nearpass, tmp_path: Path) -> None:
    """A kernel that does not date itself is converted with the present instant, and the command says so."""
    times_s = np.arange(20) * 60.0
    handle = spice.spkopn(str(tmp_path / "bare.bsp"), "test", 0)
    spice.spkw09(handle, -999, 499, "J2000", 0.0, 1140.0, "x", 7, 20, np.hstack(LOW.state(times_s)), times_s)
    spice.spkcls(handle)
    code, _, err = nearpass("convert", tmp_path / "bare.bsp", tmp_path / "now.oem", "--target", -999)
    _, _, stated = nearpass(
        "convert", tmp_path / "bare.bsp", tmp_path / "then.oem", "--target", -999, "--created", "2021-02-03"
    )

    assert code == 0
    assert "does not say when it was made" in err
    assert "--created" in err
    assert stated == ""


def test_elements_keep_their_own_date(nearpass: Nearpass, tmp_path: Path) -> None:
    """An ephemeris from mean elements is as old as these: a TLE says no other date than its epoch."""
    (tmp_path / "one.tle").write_text(tle("00005", NAME))
    nearpass("convert", tmp_path / "one.tle", tmp_path / "out.oem", "--days", 1)
    (item,) = read_elements(tle("00005").encode(), "tle").sets

    assert parse_oem((tmp_path / "out.oem").read_bytes(), "out.oem").header.creation == item.epoch
