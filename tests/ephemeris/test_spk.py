"""SPK kernels against CSPICE itself: real missions, one file per data type, breaks, gaps and damage."""

from __future__ import annotations

import os
import re
import signal
import struct
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import spiceypy as spice

from nearpass.astro.bodies import Body, body_named
from nearpass.astro.epochs import Epoch, tdb_s
from nearpass.astro.frames import PlanetaryEphemeris, furnished
from nearpass.ephemeris.spice_child import in_child
from nearpass.ephemeris.spk import spk_summary, spk_trajectory
from nearpass.ephemeris.trajectory import Proof, Trajectory
from nearpass.errors import InputError, OwnFault
from published import FILES

DATA = FILES
MARS_DATA, TYPES = DATA / "mars", DATA / "spk_types"
needs_data = pytest.mark.published_files("mars", "spk_types")

MRO = MARS_DATA / "mro_psp9_ssd_mro110c_20081030_20081105.bsp"
TGO = MARS_DATA / "em16_tgo_mlt_20180609_20180614.bsp"
MEX = MARS_DATA / "mex_ormf_20100601_20100610.bsp"
MOONS = MARS_DATA / "mar085_20180609_20180614.bsp"
CENTER_2008 = MARS_DATA / "mar097_2006_2008_marscentre.bsp"
DAY_S = 86_400.0
DOUBLE_TDB_KM = 1e-6  # 0.1 microsecond of a double of TDB seconds, at orbital speed
MARS, SUN = body_named("MARS"), body_named("SUN")


@pytest.fixture
def planets() -> PlanetaryEphemeris:
    return PlanetaryEphemeris.default()


def _truth(
    kernels: Sequence[Path], target: int, observer: int, epoch: Epoch, offsets_s: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    with furnished(kernels):
        states = np.array([spice.spkgeo(target, t, "J2000", observer)[0] for t in tdb_s(epoch, offsets_s)])
    return states[:, :3], states[:, 3:]


def _inside(trajectory: Trajectory, count: int) -> np.ndarray:
    """Offsets strictly inside the arcs, off any regular grid."""
    rng = np.random.default_rng(5)
    return np.sort(np.concatenate([rng.uniform(arc.start_s, arc.stop_s, count) for arc in trajectory.arcs]))


@needs_data
@pytest.mark.parametrize(
    ("kernels", "target", "start", "arcs", "error_km"),
    [
        ((CENTER_2008, MRO), -74, "2008-10-30T00:00:00", 2, 1e-6),
        ((TGO,), -143, "2018-06-09T12:00:00", 1, 3e-4),  # the two-body arcs of type 5 meet with steps of decimetres
        ((MEX,), -41, "2010-05-31T12:00:00", 1, 1e-6),
    ],
    ids=["MRO type 13", "TGO type 5", "MEX type 18"],
)
def test_real_missions_are_followed_to_the_stated_error(
    planets: PlanetaryEphemeris, kernels: tuple[Path, ...], target: int, start: str, arcs: int, error_km: float
) -> None:
    """Between the points that were compared, the fit is as close to CSPICE as the arc says; velocities follow."""
    epoch = Epoch.parse(start)
    trajectory = spk_trajectory(kernels, target, body=MARS, epoch=epoch, window_s=(0.0, 20 * DAY_S), planets=planets)
    assert trajectory.proof is Proof.SAMPLED
    assert len(trajectory.arcs) == arcs
    assert max(arc.error_km for arc in trajectory.arcs) <= error_km
    offsets_s = _inside(trajectory, 2000)
    position_km, velocity_km_s = trajectory.state(offsets_s)
    true_km, true_km_s = _truth(kernels, target, 499, epoch, offsets_s)
    assert np.linalg.norm(position_km - true_km, axis=1).max() <= 1.2 * error_km
    assert np.linalg.norm(velocity_km_s - true_km_s, axis=1).max() <= error_km / 2.0


@needs_data
@pytest.mark.parametrize("target", [401, 402])
def test_the_series_of_the_moons_are_taken_as_they_are(planets: PlanetaryEphemeris, target: int) -> None:
    """Phobos and Deimos about Mars are differences of type 3 series, the same as CSPICE's to its own clock."""
    epoch = Epoch.parse("2018-06-09T12:00:00")
    window_s = (0.0, 20 * DAY_S)
    trajectory = spk_trajectory([MOONS], target, body=MARS, epoch=epoch, window_s=window_s, planets=planets)
    assert trajectory.proof is Proof.EXACT
    assert len(trajectory.arcs) == 1
    offsets_s = _inside(trajectory, 1000)
    true_km, _ = _truth([MOONS], target, 499, epoch, offsets_s)
    assert np.linalg.norm(trajectory.state(offsets_s)[0] - true_km, axis=1).max() < DOUBLE_TDB_KM


@needs_data
@pytest.mark.parametrize(("target", "body"), [(-41, SUN), (4, SUN), (399, MARS)])
def test_the_planetary_ephemeris_connects_target_and_body(planets: PlanetaryEphemeris, target: int, body: Body) -> None:
    """A chain through the solar system barycentre gives what CSPICE gives from the same files."""
    epoch = Epoch.parse("2010-06-02T00:00:00")
    window_s = (0.0, DAY_S)
    trajectory = spk_trajectory([MEX], target, body=body, epoch=epoch, window_s=window_s, planets=planets)
    assert trajectory.spans_s == (window_s,)
    offsets_s = _inside(trajectory, 300)
    true_km, _ = _truth([*planets.kernels, MEX], target, body.naif_id, epoch, offsets_s)
    a_tenth_of_a_microsecond_at_30_km_s = 1e-5
    missed_km = np.linalg.norm(trajectory.state(offsets_s)[0] - true_km, axis=1)
    assert missed_km.max() < a_tenth_of_a_microsecond_at_30_km_s


@needs_data
def test_without_the_centre_of_mars_its_barycenter_stands_in(planets: PlanetaryEphemeris) -> None:
    """MRO's kernel is centred on the barycentre; with DE421 the two points are one."""
    epoch = Epoch.parse("2008-10-31T00:00:00")
    trajectory = spk_trajectory([MRO], -74, body=MARS, epoch=epoch, window_s=(0.0, 3600.0), planets=planets)
    offsets_s = _inside(trajectory, 100)
    true_km, _ = _truth([MRO], -74, 4, epoch, offsets_s)
    assert np.linalg.norm(trajectory.state(offsets_s)[0] - true_km, axis=1).max() < DOUBLE_TDB_KM


@needs_data
def test_a_jump_between_segments_splits_the_arc(planets: PlanetaryEphemeris) -> None:
    """MRO's two reconstructions meet on 1 November 2008 with a step of 18 cm, which no polynomial crosses."""
    epoch = Epoch.parse("2008-10-30T00:00:00")
    trajectory = spk_trajectory([MRO], -74, body=MARS, epoch=epoch, window_s=(0.0, 6 * DAY_S), planets=planets)
    before, after = trajectory.arcs
    assert before.stop_s == after.start_s
    joint_s = np.array([before.stop_s])
    step_km = np.linalg.norm(before.position_km(joint_s) - after.position_km(joint_s))
    assert step_km == pytest.approx(1.8e-4, rel=0.05)


@needs_data
def test_coverage_ends_where_the_kernel_ends(planets: PlanetaryEphemeris) -> None:
    """The arc starts and ends with the kernel to a nanosecond, or with the window where that is shorter."""
    (coverage,) = spk_summary([MEX])
    ((start, stop),) = coverage.spans
    whole = spk_trajectory([MEX], -41, body=MARS, epoch=start, window_s=(-DAY_S, 20 * DAY_S), planets=planets)
    ((begin_s, end_s),) = whole.spans_s
    assert abs(begin_s) <= 1e-9
    assert abs(end_s - (stop - start)) <= 1e-9
    part = spk_trajectory([MEX], -41, body=MARS, epoch=start, window_s=(1000.5, 2000.25), planets=planets)
    assert part.spans_s == ((1000.5, 2000.25),)


@needs_data
def test_a_window_outside_the_kernel_gives_no_arc(planets: PlanetaryEphemeris) -> None:
    """No coverage is a trajectory without arcs, not an error."""
    epoch = Epoch.parse("2020-01-01T00:00:00")
    assert spk_trajectory([MEX], -41, body=MARS, epoch=epoch, window_s=(0.0, DAY_S), planets=planets).arcs == ()


@needs_data
@pytest.mark.parametrize("data_type", [2, 3, 8, 9, 13])
def test_every_data_type_of_the_examples_is_followed(planets: PlanetaryEphemeris, data_type: int) -> None:
    """One small kernel per SPK type gives CSPICE's own states; the one of type 5 holds no orbit, see below."""
    kernel = TYPES / f"spkw{data_type:02d}_ex.bsp"
    (coverage,) = spk_summary([kernel])
    assert coverage.data_types == (data_type,)
    body = {10: SUN, 499: MARS}[coverage.centers[0]]
    start, stop = coverage.spans[0]
    window_s = (0.0, stop - start)
    trajectory = spk_trajectory([kernel], coverage.target, body=body, epoch=start, window_s=window_s, planets=planets)
    assert trajectory.proof is (Proof.EXACT if data_type in (2, 3) else Proof.SAMPLED)
    offsets_s = _inside(trajectory, 200)
    true_km, _ = _truth([kernel], coverage.target, body.naif_id, start, offsets_s)
    missed_km = np.linalg.norm(trajectory.state(offsets_s)[0] - true_km, axis=1)
    stated_km = max(arc.error_km for arc in trajectory.arcs)
    assert missed_km.max() <= max(2.0 * stated_km, DOUBLE_TDB_KM)


@needs_data
def test_the_summary_is_the_coverage_that_cspice_finds() -> None:
    """Targets and spans are those of spkobj and spkcov."""
    found = spk_summary([MOONS, MRO])
    with_cspice = {int(body) for kernel in (MOONS, MRO) for body in spice.spkobj(str(kernel))}
    assert [coverage.target for coverage in found] == sorted(with_cspice)
    mro = next(coverage for coverage in found if coverage.target == -74)
    window = spice.spkcov(str(MRO), -74)
    spans_s = [spice.wnfetd(window, at) for at in range(spice.wncard(window))]
    assert len(mro.spans) == len(spans_s) == 1
    for (start, stop), span_s in zip(mro.spans, spans_s, strict=True):
        ends_s = [float(tdb_s(end, np.zeros(1))[0]) for end in (start, stop)]
        np.testing.assert_allclose(ends_s, span_s, rtol=0, atol=1e-7)
    assert (mro.centers, mro.data_types) == ((4,), (13,))


@pytest.fixture
def write_kernel(tmp_path: Path) -> Callable[..., Path]:
    """Kernels of type 13 about Mars made of stretches of a circular orbit, each with its own radius."""

    def make(name: str, *stretches: tuple[float, float, float], center: int = 499) -> Path:
        path = tmp_path / name
        handle = spice.spkopn(str(path), "test", 0)
        for start_s, stop_s, radius_km in stretches:
            nodes_s = np.linspace(start_s, stop_s, int((stop_s - start_s) / 30.0) + 1)
            rate = np.sqrt(4.282837362069909e4 / radius_km**3)
            angle = rate * nodes_s
            circle = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
            speed = rate * np.stack([-np.sin(angle), np.cos(angle), 0 * angle], axis=1)
            states = np.ascontiguousarray(np.hstack([radius_km * circle, radius_km * speed]))
            spice.spkw13(handle, -999, center, "J2000", start_s, stop_s, "test", 11, len(nodes_s), states, nodes_s)
        spice.spkcls(handle)
        return path

    return make


EPOCH_2021 = Epoch.parse("2021-03-01T00:00:00")
T0_S = float(tdb_s(EPOCH_2021, np.zeros(1))[0])


def _radius_km(trajectory: Trajectory, offset_s: float) -> float:
    return float(np.linalg.norm(trajectory.state(np.array([offset_s]))[0]))


def test_a_gap_between_segments_stays_a_gap(write_kernel: Callable[..., Path], planets: PlanetaryEphemeris) -> None:
    """Ten minutes without a segment are not covered."""
    kernel = write_kernel("gap.bsp", (T0_S, T0_S + 3600.0, 4000.0), (T0_S + 4200.0, T0_S + 7200.0, 4000.0))
    trajectory = spk_trajectory([kernel], -999, body=MARS, epoch=EPOCH_2021, window_s=(0.0, DAY_S), planets=planets)
    np.testing.assert_allclose(trajectory.spans_s, [(0.0, 3600.0), (4200.0, 7200.0)], atol=1e-6)


def test_the_segment_written_last_holds_where_two_overlap(
    write_kernel: Callable[..., Path], planets: PlanetaryEphemeris
) -> None:
    """Within a file the later segment takes precedence, whatever its times."""
    kernel = write_kernel("twice.bsp", (T0_S, T0_S + 7200.0, 4000.0), (T0_S + 1800.0, T0_S + 3600.0, 5000.0))
    trajectory = spk_trajectory([kernel], -999, body=MARS, epoch=EPOCH_2021, window_s=(0.0, DAY_S), planets=planets)
    assert len(trajectory.arcs) == 3
    radii_km = [_radius_km(trajectory, offset_s) for offset_s in (900.0, 2700.0, 5400.0)]
    assert radii_km == pytest.approx([4000.0, 5000.0, 4000.0], abs=1e-5)


def test_the_kernel_given_last_holds_where_two_overlap(
    write_kernel: Callable[..., Path], planets: PlanetaryEphemeris
) -> None:
    """Of two files the later one in the list takes precedence."""
    low = write_kernel("low.bsp", (T0_S, T0_S + 3600.0, 4000.0))
    high = write_kernel("high.bsp", (T0_S, T0_S + 3600.0, 5000.0))
    common = {"body": MARS, "epoch": EPOCH_2021, "window_s": (0.0, 3600.0), "planets": planets}
    radii_km = [_radius_km(spk_trajectory(pair, -999, **common), 900.0) for pair in ([low, high], [high, low])]
    assert radii_km == pytest.approx([5000.0, 4000.0], abs=1e-5)


def test_segments_that_meet_smoothly_are_one_arc(
    write_kernel: Callable[..., Path], planets: PlanetaryEphemeris
) -> None:
    """A kernel cut in two without a step is as good as one in one piece."""
    kernel = write_kernel("joined.bsp", (T0_S, T0_S + 3600.0, 4000.0), (T0_S + 3600.0, T0_S + 7200.0, 4000.0))
    trajectory = spk_trajectory([kernel], -999, body=MARS, epoch=EPOCH_2021, window_s=(0.0, DAY_S), planets=planets)
    assert len(trajectory.arcs) == 1


def test_a_target_without_connection_to_the_body_is_not_covered(
    write_kernel: Callable[..., Path], planets: PlanetaryEphemeris
) -> None:
    """An orbit about a body of which nothing is known gives no arc about Mars."""
    kernel = write_kernel("loose.bsp", (T0_S, T0_S + 3600.0, 4000.0), center=-555)
    trajectory = spk_trajectory([kernel], -999, body=MARS, epoch=EPOCH_2021, window_s=(0.0, DAY_S), planets=planets)
    assert trajectory.arcs == ()


def test_a_target_that_no_kernel_holds_is_refused_with_those_it_holds(
    write_kernel: Callable[..., Path], planets: PlanetaryEphemeris
) -> None:
    """The error lists what could have been meant."""
    kernel = write_kernel("one.bsp", (T0_S, T0_S + 3600.0, 4000.0))
    with pytest.raises(InputError, match=r"-999.*got -998, one\.bsp"):
        spk_trajectory([kernel], -998, body=MARS, epoch=EPOCH_2021, window_s=(0.0, 60.0), planets=planets)


@pytest.mark.parametrize(
    "content",
    [b"", b"not a kernel", b"DAF/SPK " + b"\x00" * 1016, b"DAF/SPK " + b"\xff" * 2040, b"DAF/SPK ", b"\x00" * 4096],
)
def test_what_is_no_kernel_is_refused_by_name(tmp_path: Path, content: bytes, planets: PlanetaryEphemeris) -> None:
    """Empty, foreign and hollow files become InputError, whatever CSPICE does with them."""
    path = tmp_path / "odd.bsp"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"odd\.bsp"):
        spk_trajectory([path], -999, body=MARS, epoch=EPOCH_2021, window_s=(0.0, 60.0), planets=planets)


@needs_data
@pytest.mark.parametrize("keep", [1024, 2048, 8192, 100_000])
def test_a_truncated_kernel_is_refused_or_read_but_never_kills_the_caller(
    tmp_path: Path, keep: int, planets: PlanetaryEphemeris
) -> None:
    """A kernel cut off at any place gives InputError."""
    path = tmp_path / "cut.bsp"
    path.write_bytes(MEX.read_bytes()[:keep])
    epoch = Epoch.parse("2010-06-02T00:00:00")
    with pytest.raises(InputError, match=r"cut\.bsp"):
        spk_trajectory([path], -41, body=MARS, epoch=epoch, window_s=(0.0, 20 * DAY_S), planets=planets)


@needs_data
def test_states_that_are_no_orbit_are_refused(planets: PlanetaryEphemeris) -> None:
    """The example of type 5 joins two-body arcs through made-up states, which meet with steps of kilometres."""
    kernel = TYPES / "spkw05_ex.bsp"
    (coverage,) = spk_summary([kernel])
    (start, stop), window_s = coverage.spans[0], (0.0, 800.0)
    assert stop - start == pytest.approx(800.0, abs=1e-6)
    with pytest.raises(InputError, match=r"smooth.*spkw05_ex\.bsp"):
        spk_trajectory([kernel], coverage.target, body=SUN, epoch=start, window_s=window_s, planets=planets)


@needs_data
@pytest.mark.parametrize(
    ("offset", "value", "reason"),
    [
        (8, struct.pack("<i", -5), "stop, got 'signal 6'"),  # a negative number of doubles in a summary
        (7 * 1024, struct.pack("<d", 8.0), "100000 segments"),  # the list of summaries points back at itself
    ],
)
def test_a_kernel_that_stops_or_holds_cspice_harms_the_child_only(
    tmp_path: Path, offset: int, value: bytes, reason: str
) -> None:
    """Three bytes are enough to make CSPICE abort its process or walk in a circle; the caller gets an error."""
    damaged = bytearray(MOONS.read_bytes())
    damaged[offset : offset + len(value)] = value
    path = tmp_path / "hostile.bsp"
    path.write_bytes(damaged)
    with pytest.raises(InputError, match=rf"{reason}.*hostile\.bsp"):
        spk_summary([path])


def test_a_child_that_takes_too_long_is_ended() -> None:
    """The time limit holds, and the error names the file."""
    begun = time.monotonic()
    with pytest.raises(InputError, match=r"within 0\.5 s, slow\.bsp"):
        in_child(time.sleep, (60.0,), 0.5, ("slow.bsp",), None)
    assert time.monotonic() - begun < 30.0


def test_the_body_itself_is_no_target(tmp_path: Path, planets: PlanetaryEphemeris) -> None:
    """A kernel of the body that is screened around gives no motion about it, and is refused by name."""
    kernel = tmp_path / "mars.bsp"
    with pytest.raises(InputError, match=r"target must be another body than MARS, .* got 499"):
        spk_trajectory([kernel], 499, body=MARS, epoch=Epoch.parse("2021-03-01"), window_s=(0.0, 1.0), planets=planets)


def _breaks(what: str) -> None:
    """In a child: what a kernel that CSPICE reads may still make of us."""
    if what == "ours":
        raise ValueError(what)
    if what == "memory":
        raise MemoryError
    if what == "exit":
        os._exit(7)
    os.kill(os.getpid(), signal.SIGSEGV)


def test_a_fault_of_our_own_is_called_ours(caplog: pytest.LogCaptureFixture) -> None:
    """What no rule foresees in a child is no fault of the kernel: it has a reference, which finds its traceback."""
    with pytest.raises(OwnFault, match=r"fault of nearpass, .* report it as F-[0-9A-F]{8}, got 'ValueError', a.bsp"):
        in_child(_breaks, ("ours",), 30.0, ("folder/a.bsp",), None)
    (record,) = caplog.records
    assert "_breaks" in record.getMessage()
    assert re.search(r"F-[0-9A-F]{8}", record.getMessage())
    with pytest.raises(OwnFault, match="fault of nearpass"):
        in_child(_breaks, ("exit",), 30.0, ("a.bsp",), None)


@pytest.mark.parametrize(
    ("what", "words"), [("signal", "must not make CSPICE stop, got 'signal 11'"), ("memory", "memory")]
)
def test_what_a_kernel_does_to_cspice_is_the_kernels(what: str, words: str) -> None:
    """A child that CSPICE stops, or that runs out of memory, is refused with the kernel's name."""
    with pytest.raises(InputError, match=words) as caught:
        in_child(_breaks, (what,), 30.0, ("folder/a.bsp",), None)
    assert caught.value.file == "a.bsp"
