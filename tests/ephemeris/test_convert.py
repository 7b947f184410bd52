"""Converting between OEM in KVN, OEM in XML and SPK, with the error that is stated."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import spiceypy as spice

from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import DAY_S, Epoch, tdb_s
from nearpass.astro.frames import PlanetaryEphemeris, furnished
from nearpass.ephemeris.convert import convert, message_from_trajectory
from nearpass.ephemeris.interpolation import trajectory_from_oem
from nearpass.ephemeris.spk import spk_summary, spk_trajectory
from nearpass.ephemeris.spk_write import write_spk
from nearpass.errors import InputError
from nearpass.messages.oem import parse_oem
from nearpass.messages.oem_write import write_oem
from oem_texts import START, covariance_text, message_text, segment_text, state_lines
from published import FILES

DATA = FILES
TGO = DATA / "mars" / "em16_tgo_mlt_20180609_20180614.bsp"
MARS = body_named("MARS")
DOUBLE_TDB_KM = 1e-6  # 0.1 microsecond of a double of TDB seconds, at orbital speed
MILLIMETRE_KM = 1e-6
LINES = state_lines(np.arange(60) * 60.0)
TEXT = message_text(segment_text(LINES) + covariance_text(("2021-03-01T00:01:00", "RTN", np.eye(6))))


@pytest.mark.parametrize("packed", [False, True])
def test_kvn_to_xml_and_back_is_the_same_message(packed: bool) -> None:
    """Nothing is lost on the way, and the stated error is zero."""
    data = gzip.compress(TEXT.encode()) if packed else TEXT.encode()
    there = convert(data, "x.oem", "xml")
    back = convert(there.content, "x.xml", "kvn")
    assert there.content.startswith(b"<?xml")
    assert (there.error_km, there.error_km_s, back.error_km, back.error_km_s) == (0.0, 0.0, 0.0, 0.0)
    assert back.content.decode() == write_oem(parse_oem(TEXT.encode(), "x.oem"))


def test_a_broken_message_is_not_converted() -> None:
    """The fault is named as in reading."""
    with pytest.raises(InputError, match=r"x\.oem:16"):
        convert(TEXT.replace(LINES[1], LINES[0]).encode(), "x.oem", "xml")


@pytest.mark.parametrize(
    ("method", "degree", "count", "data_type"),
    [("HERMITE", "7", 60, 13), ("LAGRANGE", "9", 60, 9), ("LINEAR", "1", 60, 9), ("HERMITE", "11", 3, 13)],
)
@pytest.mark.parametrize("frame", ["ICRF", "EME2000"])
def test_cspice_interpolates_what_was_written(
    tmp_path: Path, method: str, degree: str, count: int, data_type: int, frame: str
) -> None:
    """The kernel gives the trajectory of the message, at and between the nodes, to the rounding of its epochs."""
    text = segment_text(LINES[:count], INTERPOLATION=method, INTERPOLATION_DEGREE=degree, REF_FRAME=frame)
    message = parse_oem(message_text(text).encode(), "x.oem")
    kernel = tmp_path / "x.bsp"
    assert write_spk(message, kernel, target=-74) < DOUBLE_TDB_KM
    (summary,) = spk_summary([kernel])
    assert (summary.target, summary.centers, summary.data_types) == (-74, (499,), (data_type,))
    window_s = (0.0, (count - 1) * 60.0)
    planets = PlanetaryEphemeris.default()
    ours = trajectory_from_oem(message, body=MARS, epoch=START, window_s=window_s, planets=planets)
    theirs = spk_trajectory([kernel], -74, body=MARS, epoch=START, window_s=window_s, planets=planets)
    offsets_s = np.linspace(1.0, window_s[1] - 1.0, 500)
    difference_km = np.linalg.norm(ours.state(offsets_s)[0] - theirs.state(offsets_s)[0], axis=1)
    assert difference_km.max() < DOUBLE_TDB_KM + max(arc.error_km for arc in theirs.arcs)


def test_the_other_choice_of_nodes_by_cspice_is_in_the_stated_error(tmp_path: Path) -> None:
    """With an odd number of nodes CSPICE takes others than we do; the stated error holds the difference."""
    step_s = 300.0
    lines = state_lines(np.arange(60) * step_s)
    text = segment_text(lines, INTERPOLATION="HERMITE", INTERPOLATION_DEGREE="5")
    message = parse_oem(message_text(text).encode(), "x.oem")
    kernel = tmp_path / "x.bsp"
    error_km = write_spk(message, kernel, target=-74)
    window_s = (0.0, 59 * step_s)
    planets = PlanetaryEphemeris.default()
    ours = trajectory_from_oem(message, body=MARS, epoch=START, window_s=window_s, planets=planets)
    probes_s = step_s * (np.arange(59) + 0.5) + 1.0  # behind the middle of each interval, where CSPICE has moved on
    with furnished([kernel]):
        theirs_km = np.array([spice.spkgeo(-74, t, "J2000", 499)[0][:3] for t in tdb_s(START, probes_s)])
    difference_km = np.linalg.norm(ours.state(probes_s)[0] - theirs_km, axis=1).max()
    assert difference_km > DOUBLE_TDB_KM
    assert difference_km <= error_km + DOUBLE_TDB_KM


def test_segments_and_useable_spans_are_kept(tmp_path: Path) -> None:
    """Each segment covers its useable span, and nothing lies between two of them."""
    second = state_lines(7_200.0 + np.arange(30) * 60.0)
    text = message_text(segment_text(LINES, USEABLE_START_TIME="2021-03-01T00:05:30"), segment_text(second))
    kernel = tmp_path / "x.bsp"
    assert write_spk(parse_oem(text.encode(), "x.oem"), kernel, target=-74) < DOUBLE_TDB_KM
    (summary,) = spk_summary([kernel])
    found = [(start - START, stop - START) for start, stop in summary.spans]
    np.testing.assert_allclose(found, [(330.0, 3_540.0), (7_200.0, 8_940.0)], atol=1e-6)


def test_a_kernel_is_not_written_over_another(tmp_path: Path) -> None:
    """A file that exists stays as it is."""
    kernel = tmp_path / "x.bsp"
    kernel.write_bytes(b"mine")
    with pytest.raises(InputError):
        write_spk(parse_oem(TEXT.encode(), "x.oem"), kernel, target=-74)
    assert kernel.read_bytes() == b"mine"


def test_one_state_is_no_kernel(tmp_path: Path) -> None:
    """A segment of one state gives nothing to interpolate."""
    message = parse_oem(message_text(segment_text(LINES[:1], STOP_TIME="2021-03-02")).encode(), "x.oem")
    with pytest.raises(InputError, match="two states"):
        write_spk(message, tmp_path / "x.bsp", target=-74)


def test_a_segment_of_one_instant_leaves_the_others(tmp_path: Path) -> None:
    """Beside segments of motion it has no place in a kernel, and nothing is lost with it."""
    alone = segment_text(LINES[-1:])
    message = parse_oem(message_text(segment_text(LINES), alone).encode(), "x.oem")
    write_spk(message, tmp_path / "x.bsp", target=-74)
    (found,) = spk_summary([tmp_path / "x.bsp"])
    (start, stop), segment = found.spans[0], message.segments[0]
    assert abs(start - segment.start) < 1e-6
    assert abs(stop - segment.stop) < 1e-6


@pytest.mark.published_files("mars/em16_tgo_mlt_20180609_20180614.bsp")
def test_a_kernel_becomes_an_oem_with_the_stated_error() -> None:
    """TGO's planning orbit, sampled once a minute, is had back from the message to a millimetre and as stated."""
    epoch = Epoch.parse("2018-06-10T00:00:00")
    window_s = (0.0, DAY_S / 2)
    planets = PlanetaryEphemeris.default()
    trajectory = spk_trajectory([TGO], -143, body=MARS, epoch=epoch, window_s=window_s, planets=planets)
    message, error_km = message_from_trajectory(
        trajectory, object_name="TGO", object_id="2016-017A", center_name="MARS", originator="TEST", creation=epoch,
        step_s=30.0,
    )  # fmt: skip
    again = parse_oem(write_oem(message, "xml").encode(), "tgo.xml")
    ours = trajectory_from_oem(again, body=MARS, epoch=epoch, window_s=window_s, planets=planets)
    offsets_s = np.random.default_rng(3).uniform(1.0, window_s[1] - 1.0, 2_000)
    inside = np.concatenate(
        [offsets_s[(offsets_s > arc.start_s + 0.01) & (offsets_s < arc.stop_s - 0.01)] for arc in ours.arcs]
    )
    difference_km = np.linalg.norm(ours.state(inside)[0] - trajectory.state(inside)[0], axis=1)
    assert difference_km.max() <= error_km + MILLIMETRE_KM
    assert len(inside) > 1_900


def test_an_empty_trajectory_is_not_converted() -> None:
    """Where there is no ephemeris there is no message."""
    message = parse_oem(TEXT.encode(), "x.oem")
    planets = PlanetaryEphemeris.default()
    nothing = trajectory_from_oem(message, body=MARS, epoch=START, window_s=(1e6, 2e6), planets=planets)
    with pytest.raises(InputError, match="ephemeris to convert"):
        message_from_trajectory(
            nothing, object_name="A", object_id="B", center_name="MARS", originator="TEST", creation=START,
            step_s=60.0,
        )  # fmt: skip
