"""Interpolants as polynomials: against CSPICE, the package oem, and what a polynomial must satisfy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import spiceypy as spice
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import Epoch, tdb_s
from nearpass.astro.frames import PlanetaryEphemeris, furnished, icrf_from_axes
from nearpass.astro.local_axes import rtn_axes, tnw_axes
from nearpass.ephemeris.interpolation import arc_from_nodes, cut, trajectory_from_oem
from nearpass.ephemeris.trajectory import Arc, Proof, Trajectory
from nearpass.errors import FrameError, InputError
from nearpass.messages.oem import parse_oem
from oem_texts import START, circular, covariance_text, message_text, segment_text, state_lines
from published import FILES

DATA = FILES
needs_data = pytest.mark.published_files("oem_valid")

ROUNDING_KM = 1e-9  # a thousand units in the last place of 4000 km
ROUNDING_KM_S = 1e-10
SHIFTED_WINDOW_KM = 1e-7  # at the ends of a table the polynomial of high degree is used far from its middle
VANDERMONDE = 1e-6  # the package oem solves Vandermonde systems in raw seconds, which lose about ten digits
MARS = body_named("MARS")
FloatArray = NDArray[np.float64]

methods = st.one_of(
    st.tuples(st.just("HERMITE"), st.sampled_from([3, 5, 7, 9, 11])),
    st.tuples(st.just("LAGRANGE"), st.integers(1, 9)),
    st.tuples(st.just("LINEAR"), st.just(1)),
)


@settings(deadline=None)
@given(
    method=methods,
    gaps=st.lists(st.floats(5.0, 15.0), min_size=12, max_size=20),
    coefficients=st.lists(st.floats(-1.0, 1.0), min_size=12, max_size=12),
)
def test_a_polynomial_of_the_degree_is_reproduced(
    method: tuple[str, int], gaps: list[float], coefficients: list[float]
) -> None:
    """Whatever the spacing, nodes taken from a polynomial of the method's degree give that polynomial everywhere."""
    name, degree = method
    nodes_s = np.cumsum([0.0, *gaps])
    truth = np.polynomial.Polynomial(coefficients[: degree + 1], domain=[0.0, nodes_s[-1]])
    times_s = np.linspace(0.0, nodes_s[-1], 101)
    table_km, slopes_km_s = truth(nodes_s)[:, None] * np.ones(3), truth.deriv()(nodes_s)[:, None] * np.ones(3)
    position_km, velocity_km_s = arc_from_nodes(nodes_s, table_km, slopes_km_s, name, degree).state(times_s)
    np.testing.assert_allclose(position_km[:, 1], truth(times_s), rtol=0, atol=ROUNDING_KM)
    np.testing.assert_allclose(velocity_km_s[:, 1], truth.deriv()(times_s), rtol=0, atol=1e-8)


@settings(deadline=None)
@given(method=methods)
def test_the_positions_of_the_table_are_met_from_both_sides(method: tuple[str, int]) -> None:
    """At every node both neighbouring polynomials give the tabulated position, so that the arc is continuous."""
    nodes_s = np.arange(20) * 60.0
    position_km, velocity_km_s = circular(nodes_s)
    arc = arc_from_nodes(nodes_s, position_km, velocity_km_s, *method)
    signs = (-1.0) ** np.arange(arc.coefficients_km.shape[1])
    at_left = np.einsum("d,kdx->kx", signs, arc.coefficients_km)
    np.testing.assert_allclose(at_left, position_km[:-1], rtol=0, atol=ROUNDING_KM)
    np.testing.assert_allclose(arc.coefficients_km.sum(axis=1), position_km[1:], rtol=0, atol=ROUNDING_KM)


def test_hermite_meets_the_tabulated_velocities() -> None:
    """The derivative at the nodes is the velocity that the table gives."""
    nodes_s = np.arange(20) * 60.0
    position_km, velocity_km_s = circular(nodes_s)
    _, found_km_s = arc_from_nodes(nodes_s, position_km, velocity_km_s, "Hermite", 7).state(nodes_s)
    np.testing.assert_allclose(found_km_s, velocity_km_s, rtol=0, atol=ROUNDING_KM_S)


def _write_spk(path: Path, data_type: int, nodes_s: FloatArray, states: FloatArray, degree: int) -> None:
    handle = spice.spkopn(str(path), "test", 0)
    ends = (nodes_s[0], nodes_s[-1])
    count, rows = len(nodes_s), np.ascontiguousarray(states)
    if data_type in (8, 12):
        write = {8: spice.spkw08, 12: spice.spkw12}[data_type]
        step_s = nodes_s[1] - nodes_s[0]
        write(handle, -999, 499, "J2000", *ends, "test", degree, count, rows, nodes_s[0], step_s)
    else:
        write = {9: spice.spkw09, 13: spice.spkw13}[data_type]
        write(handle, -999, 499, "J2000", *ends, "test", degree, count, rows, nodes_s)
    spice.spkcls(handle)


@pytest.mark.parametrize(
    ("data_type", "method", "degree"),
    [(8, "LAGRANGE", d) for d in (1, 3, 5, 7, 9)]
    + [(9, "LAGRANGE", d) for d in (1, 3, 5, 7, 9)]
    + [(12, "HERMITE", d) for d in (3, 7, 11)]
    + [(13, "HERMITE", d) for d in (3, 7, 11)],
)
def test_an_even_number_of_nodes_gives_what_cspice_gives(
    tmp_path: Path, data_type: int, method: str, degree: int
) -> None:
    """SPK types 8, 9, 12 and 13 of the same nodes agree everywhere, the shifted windows at the ends included."""
    nodes_s = np.arange(40) * 300.0
    if data_type in (9, 13):
        nodes_s = nodes_s + 60.0 * np.sin(nodes_s)
    position_km, velocity_km_s = circular(nodes_s)
    _write_spk(tmp_path / "nodes.bsp", data_type, nodes_s, np.hstack([position_km, velocity_km_s]), degree)
    times_s = np.linspace(nodes_s[0], nodes_s[-1], 1001)
    with furnished([tmp_path / "nodes.bsp"]):
        truth = np.array([spice.spkgeo(-999, time_s, "J2000", 499)[0] for time_s in times_s])
    found_km, found_km_s = arc_from_nodes(nodes_s, position_km, velocity_km_s, method, degree).state(times_s)
    np.testing.assert_allclose(found_km, truth[:, :3], rtol=0, atol=SHIFTED_WINDOW_KM)
    if method == "HERMITE":  # types 8 and 9 interpolate the velocities apart from the positions
        np.testing.assert_allclose(found_km_s, truth[:, 3:], rtol=0, atol=SHIFTED_WINDOW_KM)


@pytest.mark.parametrize(
    ("data_type", "method", "degree"), [(9, "LAGRANGE", 4), (9, "LAGRANGE", 8), (13, "HERMITE", 5)]
)
def test_an_odd_number_of_nodes_gives_what_cspice_gives_after_each_node(
    tmp_path: Path, data_type: int, method: str, degree: int
) -> None:
    """CSPICE centres on the nearest node, this code on the earlier one: the first half of each interval agrees."""
    nodes_s = np.arange(40) * 300.0
    position_km, velocity_km_s = circular(nodes_s)
    _write_spk(tmp_path / "nodes.bsp", data_type, nodes_s, np.hstack([position_km, velocity_km_s]), degree)
    times_s = (nodes_s[5:-6, None] + np.array([10.0, 80.0, 140.0])).ravel()
    with furnished([tmp_path / "nodes.bsp"]):
        truth = np.array([spice.spkgeo(-999, time_s, "J2000", 499)[0] for time_s in times_s])
    found_km = arc_from_nodes(nodes_s, position_km, velocity_km_s, method, degree).position_km(times_s)
    np.testing.assert_allclose(found_km, truth[:, :3], rtol=0, atol=ROUNDING_KM)


@pytest.mark.parametrize(
    ("subtype", "method", "degree"), [(1, "LAGRANGE", 5), (1, "LAGRANGE", 7), (0, "HERMITE", 7), (0, "HERMITE", 11)]
)
def test_orbit_files_of_esoc_interpolate_alike(tmp_path: Path, subtype: int, method: str, degree: int) -> None:
    """SPK type 18 with the same nodes agrees in both of its subtypes, where CSPICE does not shorten its windows.

    Within a window of the ends type 18 interpolates through fewer nodes; here windows are shifted, as in types 8 to 13.
    """
    nodes_s = np.arange(40) * 300.0 + 60.0 * np.sin(np.arange(40))
    position_km, velocity_km_s = circular(nodes_s)
    states = np.hstack([position_km, velocity_km_s])
    # Hermite packets hold a second pair, of velocity and acceleration, from which CSPICE takes velocities alone.
    packets = states if subtype == 1 else np.hstack([states, velocity_km_s, np.zeros_like(velocity_km_s)])
    handle = spice.spkopn(str(tmp_path / "nodes.bsp"), "test", 0)
    ends = (nodes_s[0], nodes_s[-1])
    spice.spkw18(handle, subtype, -999, 499, "J2000", *ends, "test", degree, packets, nodes_s)
    spice.spkcls(handle)
    times_s = np.linspace(nodes_s[5], nodes_s[-6], 1001)
    with furnished([tmp_path / "nodes.bsp"]):
        truth = np.array([spice.spkgeo(-999, time_s, "J2000", 499)[0] for time_s in times_s])
    found_km = arc_from_nodes(nodes_s, position_km, velocity_km_s, method, degree).position_km(times_s)
    np.testing.assert_allclose(found_km, truth[:, :3], rtol=0, atol=ROUNDING_KM)


def test_two_body_arcs_of_type_5_are_met_where_hermite_follows_them(tmp_path: Path) -> None:
    """The nodes of an SPK of type 5, which no method of an OEM reproduces, give its two-body motion to a millimetre."""
    gm_km3_s2 = 42_828.375
    elements = [3_700.0, 0.05, 1.0, 0.3, 0.7, 0.0, 0.0, gm_km3_s2]
    nodes_s = np.arange(100) * 60.0
    states = np.array([spice.conics(elements, node_s) for node_s in nodes_s])
    handle = spice.spkopn(str(tmp_path / "nodes.bsp"), "test", 0)
    spice.spkw05(handle, -999, 499, "J2000", nodes_s[0], nodes_s[-1], "test", gm_km3_s2, len(nodes_s), states, nodes_s)
    spice.spkcls(handle)
    times_s = np.linspace(nodes_s[4], nodes_s[-5], 1001)
    with furnished([tmp_path / "nodes.bsp"]):
        truth = np.array([spice.spkgeo(-999, time_s, "J2000", 499)[0] for time_s in times_s])
    found_km, found_km_s = arc_from_nodes(nodes_s, states[:, :3], states[:, 3:], "HERMITE", 7).state(times_s)
    np.testing.assert_allclose(found_km, truth[:, :3], rtol=0, atol=1e-6)
    np.testing.assert_allclose(found_km_s, truth[:, 3:], rtol=0, atol=1e-8)


@needs_data
@pytest.mark.parametrize("name", ["CompareExample1", "GEO_20s", "LEO_10s", "LEO_60s", "MEO_60s"])
@pytest.mark.parametrize(("method", "degree"), [("LAGRANGE", 5), ("LAGRANGE", 7), ("HERMITE", 3), ("HERMITE", 7)])
def test_real_ephemerides_interpolate_as_in_the_package_oem(name: str, method: str, degree: int) -> None:
    """On real Earth orbits the polynomials agree with the interpolators of the package oem."""
    from oem.interp import hermite, lagrange  # noqa: PLC0415  # astropy behind it takes a second to import

    file = DATA / "oem_valid" / f"bradsease_real_{name}.oem"
    (segment,) = parse_oem(file.read_bytes(), file.name).segments
    nodes_s = (segment.epochs_tai_ns - segment.epochs_tai_ns[0]) / 1e9
    arc = arc_from_nodes(nodes_s, segment.positions_km, segment.velocities_km_s, method, degree)
    count = (degree + 1) // 2 if method == "HERMITE" else degree + 1
    for first in (0, 20, len(nodes_s) - count):
        members = slice(first, first + count)
        interval = first + count // 2 - 1
        times_s = np.linspace(nodes_s[interval], nodes_s[interval + 1], 7)
        base_s = nodes_s[interval]
        for axis in range(3):
            table, slopes = segment.positions_km[members, axis], segment.velocities_km_s[members, axis]
            shifted_s = nodes_s[members] - base_s
            poly = hermite(shifted_s, table, slopes) if method == "HERMITE" else lagrange(shifted_s, table)
            np.testing.assert_allclose(
                arc.position_km(times_s)[:, axis], poly(times_s - base_s), rtol=VANDERMONDE, atol=VANDERMONDE
            )


@needs_data
def test_the_default_method_follows_a_low_orbit_given_every_other_minute() -> None:
    """Degree 7 through every other minute of a real low Earth orbit finds the minutes left out within a decimetre."""
    file = DATA / "oem_valid" / "bradsease_real_LEO_60s.oem"
    (segment,) = parse_oem(file.read_bytes(), file.name).segments
    nodes_s = (segment.epochs_tai_ns - segment.epochs_tai_ns[0]) / 1e9
    arc = arc_from_nodes(nodes_s[::2], segment.positions_km[::2], segment.velocities_km_s[::2], None, None)
    missed_km = np.linalg.norm(arc.position_km(nodes_s[1::2]) - segment.positions_km[1::2], axis=1)
    assert missed_km[1:-1].max() < 1e-4


@settings(deadline=None)
@given(
    method=methods, ends=st.tuples(st.floats(0.0, 1140.0), st.floats(0.0, 1140.0)).filter(lambda e: e[1] - e[0] > 1e-3)
)
def test_a_cut_arc_keeps_its_polynomials(method: tuple[str, int], ends: tuple[float, float]) -> None:
    """An arc asked for on a part of its table ends exactly there and is the same function."""
    nodes_s = np.arange(20) * 60.0
    table = circular(nodes_s)
    whole, part = arc_from_nodes(nodes_s, *table, *method), arc_from_nodes(nodes_s, *table, *method, ends)
    times_s = np.clip(np.linspace(*ends, 37), *ends)
    assert (part.start_s, part.stop_s) == ends
    np.testing.assert_allclose(part.position_km(times_s), whole.position_km(times_s), rtol=0, atol=ROUNDING_KM)


def test_a_cut_arc_is_bounded_by_its_own_coefficients() -> None:
    """The box of a cut interval's coefficients holds only what is left of it, not the whole interval."""
    arc = Arc(np.array([0.0, 10.0]), np.array([[[0.0] * 3, [5.0] * 3]]), 0.0)
    part = cut(arc, 0.0, 1.0)
    np.testing.assert_allclose(part.coefficients_km[0, :, 0], [-4.5, 0.5], atol=1e-14)


def test_fewer_nodes_than_the_degree_wants_lower_the_degree() -> None:
    """Three states and degree 7 make the Hermite polynomial of degree 5."""
    nodes_s = np.arange(3) * 60.0
    arc = arc_from_nodes(nodes_s, *circular(nodes_s), "HERMITE", 7)
    assert arc.coefficients_km.shape == (2, 6, 3)


@pytest.mark.parametrize(("method", "degree", "count"), [("SPLINE", 3, 9), ("HERMITE", 0, 9), ("LAGRANGE", 3, 1)])
def test_what_defines_no_polynomial_is_refused(method: str, degree: int, count: int) -> None:
    """An unknown method, a degree below one and a single state raise InputError."""
    nodes_s = np.arange(count) * 60.0
    with pytest.raises(InputError):
        arc_from_nodes(nodes_s, *circular(nodes_s), method, degree)


@pytest.fixture
def planets() -> PlanetaryEphemeris:
    return PlanetaryEphemeris.default()


@pytest.fixture
def trajectory_of(planets: PlanetaryEphemeris) -> Callable[..., Trajectory]:
    """A trajectory about Mars from segments of text, by default in a window of two days around them."""

    def make(*segments: str, window_s: tuple[float, float] = (-86_400.0, 86_400.0)) -> Trajectory:
        message = parse_oem(message_text(*segments).encode(), "test.oem")
        return trajectory_from_oem(message, body=MARS, epoch=START, window_s=window_s, planets=planets)

    return make


def test_a_segment_covers_its_states_and_is_proven_exact(trajectory_of: Callable[..., Trajectory]) -> None:
    """One segment gives one arc from its first to its last state."""
    trajectory = trajectory_of(segment_text(state_lines(np.arange(30) * 60.0)))
    assert trajectory.spans_s == ((0.0, 1740.0),)
    assert trajectory.proof is Proof.EXACT
    times_s = np.linspace(0.0, 1740.0, 200)
    np.testing.assert_allclose(trajectory.state(times_s)[0], circular(times_s)[0], rtol=0, atol=1e-8)


def test_fictitious_states_shape_the_polynomial_but_are_not_covered(trajectory_of: Callable[..., Trajectory]) -> None:
    """Outside the useable span there is no coverage, and inside the states beyond it still serve as nodes."""
    lines = state_lines(np.arange(30) * 60.0)
    useable = {"USEABLE_START_TIME": (START + 90.0).iso(), "USEABLE_STOP_TIME": (START + 1500.0).iso()}
    part, whole = trajectory_of(segment_text(lines, **useable)), trajectory_of(segment_text(lines))
    assert part.spans_s == ((90.0, 1500.0),)
    times_s = np.linspace(90.0, 1500.0, 100)
    np.testing.assert_allclose(part.state(times_s)[0], whole.state(times_s)[0], rtol=0, atol=ROUNDING_KM)


def test_the_window_cuts_inside_an_interval(trajectory_of: Callable[..., Trajectory]) -> None:
    """A window that ends between two states ends the arc there."""
    lines = state_lines(np.arange(30) * 60.0)
    trajectory = trajectory_of(segment_text(lines), window_s=(100.0, 333.25))
    assert trajectory.spans_s == ((100.0, 333.25),)
    times_s = np.linspace(100.0, 333.25, 50)
    np.testing.assert_allclose(
        trajectory.state(times_s)[0], trajectory_of(segment_text(lines)).state(times_s)[0], rtol=0, atol=ROUNDING_KM
    )


def test_nothing_is_interpolated_from_one_segment_into_the_next(trajectory_of: Callable[..., Trajectory]) -> None:
    """Two segments that touch stay two arcs, each the same as if the other did not exist."""
    first, second = state_lines(np.arange(10) * 60.0), state_lines(540.0 + np.arange(10) * 60.0)
    both, alone = trajectory_of(segment_text(first), segment_text(second)), trajectory_of(segment_text(second))
    assert both.spans_s == ((0.0, 540.0), (540.0, 1080.0))
    np.testing.assert_array_equal(both.arcs[1].coefficients_km, alone.arcs[0].coefficients_km)


def test_where_segments_overlap_the_later_in_the_file_holds(trajectory_of: Callable[..., Trajectory]) -> None:
    """The first segment keeps what the second does not cover, on both sides of it."""
    first, second = state_lines(np.arange(30) * 60.0), state_lines(630.0 + np.arange(6) * 60.0)
    trajectory = trajectory_of(segment_text(first), segment_text(second))
    assert trajectory.spans_s == ((0.0, 630.0), (630.0, 930.0), (930.0, 1740.0))


def test_segments_are_sorted_by_time(trajectory_of: Callable[..., Trajectory]) -> None:
    """A file that gives the later segment first gives the arcs in order of time."""
    late, early = state_lines(2000.0 + np.arange(5) * 60.0), state_lines(np.arange(5) * 60.0)
    assert trajectory_of(segment_text(late), segment_text(early)).spans_s == ((0.0, 240.0), (2000.0, 2240.0))


def test_a_window_that_no_state_reaches_gives_no_arc(trajectory_of: Callable[..., Trajectory]) -> None:
    """No coverage is a trajectory without arcs, not an error."""
    lines = state_lines(np.arange(5) * 60.0)
    assert trajectory_of(segment_text(lines), window_s=(1000.0, 2000.0)).arcs == ()


def test_a_segment_of_one_state_covers_nothing(trajectory_of: Callable[..., Trajectory]) -> None:
    """One state is a moment without length."""
    text = segment_text(state_lines(np.zeros(1)), STOP_TIME=(START + 60.0).iso())
    assert trajectory_of(text).arcs == ()


def test_eme2000_is_rotated_to_icrf(trajectory_of: Callable[..., Trajectory]) -> None:
    """A state in EME2000 is turned by the frame bias."""
    nodes_s = np.arange(10) * 60.0
    trajectory = trajectory_of(segment_text(state_lines(nodes_s), REF_FRAME="EME2000"))
    expected_km = circular(nodes_s)[0] @ icrf_from_axes("EME2000").T
    np.testing.assert_allclose(trajectory.state(nodes_s)[0], expected_km, rtol=0, atol=ROUNDING_KM)


def test_another_time_system_shifts_the_states(trajectory_of: Callable[..., Trajectory]) -> None:
    """The same numbers stamped in TDB instead of UTC lie 69.184 s earlier in 2021, but for TDB's small swing."""
    lines = state_lines(np.arange(10) * 60.0)
    ((start_s, _),) = trajectory_of(segment_text(lines, TIME_SYSTEM="TDB")).spans_s
    assert start_s == pytest.approx(-69.184, abs=2e-3)


def test_a_heliocentric_message_is_moved_to_the_body_and_says_it_is_sampled(planets: PlanetaryEphemeris) -> None:
    """States about the Sun become states about Mars, with the interpolation error of the planet's motion stored."""
    nodes_s = np.arange(12) * 60.0
    mars_km, mars_km_s = planets.state(499, 10, START, nodes_s)
    states = np.hstack([a + b for a, b in zip(circular(nodes_s), (mars_km, mars_km_s), strict=True)])
    lines = [
        " ".join([(START + offset_s).iso(digits=9), *(repr(value) for value in row)])
        for offset_s, row in zip(nodes_s.tolist(), states.tolist(), strict=True)
    ]
    message = parse_oem(message_text(segment_text(lines, CENTER_NAME="SUN")).encode(), "sun.oem")
    trajectory = trajectory_from_oem(message, body=MARS, epoch=START, window_s=(0.0, 660.0), planets=planets)
    times_s = np.linspace(0.0, 660.0, 100)
    numbers_of_1e8_km = 3e-6
    np.testing.assert_allclose(trajectory.state(times_s)[0], circular(times_s)[0], rtol=0, atol=numbers_of_1e8_km)
    assert trajectory.proof is Proof.SAMPLED
    assert 0.0 < trajectory.arcs[0].error_km < numbers_of_1e8_km


def test_the_barycenter_of_mars_is_its_center_in_the_default_ephemeris(
    trajectory_of: Callable[..., Trajectory],
) -> None:
    """DE421 does not tell the two apart, so nothing moves and the proof stays exact."""
    lines = state_lines(np.arange(10) * 60.0)
    moved, still = trajectory_of(segment_text(lines, CENTER_NAME="MARS BARYCENTER")), trajectory_of(segment_text(lines))
    np.testing.assert_array_equal(moved.arcs[0].coefficients_km, still.arcs[0].coefficients_km)
    assert moved.proof is Proof.EXACT


COVARIANCE = np.diag([1.0, 4.0, 9.0, 1e-6, 2e-6, 3e-6]) + 0.1 * np.outer(
    [1, 1, 1, 1e-3, 1e-3, 1e-3], [1, 1, 1, 0, 0, 0]
)
COVARIANCE = (COVARIANCE + COVARIANCE.T) / 2.0


@pytest.mark.parametrize("frame", ["RSW", "RTN", "TNW", "ICRF", None])
def test_covariances_are_turned_to_icrf_as_their_axes_stand_at_the_state(
    trajectory_of: Callable[..., Trajectory], frame: str | None
) -> None:
    """RSW is another name of RTN; TNW is along the velocity; without COV_REF_FRAME the axes are those of the states."""
    offsets_s = np.array([0.0, 300.0])
    blocks = [((START + offset_s).iso(), frame, COVARIANCE) for offset_s in offsets_s.tolist()]
    trajectory = trajectory_of(
        segment_text(state_lines(np.arange(10) * 60.0), REF_FRAME="EME2000") + covariance_text(*blocks)
    )
    found = trajectory.arcs[0].covariances
    assert found is not None
    bias = icrf_from_axes("EME2000")
    position_km, velocity_km_s = circular(offsets_s)
    local = {"TNW": tnw_axes, "RSW": rtn_axes, "RTN": rtn_axes}.get(frame)
    turns = {"ICRF": np.stack([np.eye(3)] * 2), None: np.stack([bias] * 2)}.get(frame)
    if local is not None:
        turns = bias @ local(position_km, velocity_km_s).transpose(0, 2, 1)
    np.testing.assert_array_equal(found.offsets_s, offsets_s)
    for matrix, turn in zip(found.matrices, turns, strict=True):
        both = np.kron(np.eye(2), turn)
        np.testing.assert_allclose(matrix, both @ COVARIANCE @ both.T, rtol=0, atol=1e-8)


def test_covariances_in_several_axes_stand_side_by_side(trajectory_of: Callable[..., Trajectory]) -> None:
    """An RTN covariance beside one in ICRF is turned by the radial, transverse and normal directions there."""
    blocks = [(START.iso(), "ICRF", COVARIANCE), ((START + 290.0).iso(), "RTN", COVARIANCE)]
    trajectory = trajectory_of(segment_text(state_lines(np.arange(10) * 60.0)) + covariance_text(*blocks))
    found = trajectory.arcs[0].covariances
    assert found is not None
    turn = np.kron(np.eye(2), rtn_axes(*circular(np.array([290.0])))[0].T)
    np.testing.assert_array_equal(found.matrices[0], COVARIANCE)
    np.testing.assert_allclose(found.matrices[1], turn @ COVARIANCE @ turn.T, rtol=0, atol=1e-8)


def test_a_covariance_before_the_window_bears_on_its_beginning(planets: PlanetaryEphemeris) -> None:
    """A window that begins between two covariances keeps both, and the motion as far as they reach; none beyond."""
    blocks = [((START + at).iso(), "RTN", COVARIANCE) for at in (0.0, 60.0, 480.0, 540.0)]
    text = segment_text(state_lines(np.arange(10) * 60.0)) + covariance_text(*blocks)
    message = parse_oem(message_text(text).encode(), "test.oem")
    (arc,) = trajectory_from_oem(message, body=MARS, epoch=START, window_s=(100.0, 400.0), planets=planets).arcs
    assert (arc.start_s, arc.stop_s) == (100.0, 400.0)
    np.testing.assert_array_equal(arc.covariances.offsets_s, [60.0, 480.0])
    assert (arc.covariances.motion.start_s, arc.covariances.motion.stop_s) == (60.0, 480.0)
    np.testing.assert_allclose(
        arc.covariances.motion.position_km(np.array([60.0])), circular(np.array([60.0]))[0], rtol=0, atol=1e-6
    )


def test_rtn_about_another_centre_is_not_taken_for_rtn_about_the_body(planets: PlanetaryEphemeris) -> None:
    """RTN of states about the Sun are the Sun's: with Mars as the body they are turned by CSPICE's state of both."""
    offsets_s = np.arange(10) * 60.0
    with furnished(planets.kernels):
        of_mars = np.array([spice.spkgeo(4, tdb_s(START, np.array([at]))[0], "J2000", 10)[0] for at in offsets_s])
    states = np.hstack(circular(offsets_s)) + of_mars
    lines = [
        " ".join([(START + float(at)).iso(digits=9), *map(repr, row.tolist())])
        for at, row in zip(offsets_s, states, strict=True)
    ]
    text = segment_text(lines, CENTER_NAME="SUN") + covariance_text(((START + 300.0).iso(), "RTN", COVARIANCE))
    common = {"body": MARS, "epoch": START, "window_s": (0.0, 540.0), "planets": planets}
    found = trajectory_from_oem(parse_oem(message_text(text).encode(), "test.oem"), **common).arcs[0].covariances
    turn = np.kron(np.eye(2), rtn_axes(states[5:6, :3], states[5:6, 3:])[0].T)
    assert found is not None
    np.testing.assert_allclose(found.matrices[0], turn @ COVARIANCE @ turn.T, rtol=0, atol=1e-9)


def test_each_segment_keeps_the_covariances_of_its_own(trajectory_of: Callable[..., Trajectory]) -> None:
    """Where the later segment's states hold, its covariances do, also before its first one; none comes from another.

    The last of each lies beyond its states: it says nothing of them.
    """
    parts = []
    for begin, factor in ((0.0, 1.0), (300.0, 4.0)):
        blocks = [
            ((START + begin + at + factor).iso(), "RTN", factor * COVARIANCE) for at in (0.0, 120.0, 240.0, 1200.0)
        ]
        parts.append(segment_text(state_lines(begin + np.arange(10) * 60.0)) + covariance_text(*blocks))
    first, second = (arc.covariances for arc in trajectory_of(*parts).arcs)
    np.testing.assert_array_equal(first.offsets_s, [1.0, 121.0, 241.0])
    np.testing.assert_array_equal(second.offsets_s, [304.0, 424.0, 544.0])
    for table, factor in ((first, 1.0), (second, 4.0)):
        np.testing.assert_allclose(np.trace(table.matrices, axis1=1, axis2=2), factor * np.trace(COVARIANCE))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), min_size=1, max_size=9))
def test_at_every_instant_the_last_segment_of_the_file_holds(spans: list[tuple[int, int]]) -> None:
    """Whatever the segments' order and overlap, each instant goes to the last one that covers it, and to one only."""
    parts = []
    for number, (begin, length) in enumerate(spans):
        lines = [
            f"{(START + 60.0 * at).iso()} {4000 + 10 * number} 0 0 0 0 0" for at in range(begin, begin + length + 1)
        ]
        parts.append(segment_text(lines, INTERPOLATION="LINEAR", INTERPOLATION_DEGREE="1"))
    message = parse_oem(message_text(*parts).encode(), "test.oem")
    planets = PlanetaryEphemeris.default()
    found = trajectory_from_oem(message, body=MARS, epoch=START, window_s=(0.0, 6000.0), planets=planets)
    for minute in range(53):
        covering = [number for number, (begin, length) in enumerate(spans) if begin <= minute < begin + length]
        moment_s = np.array([60.0 * minute + 30.0])
        holding = [arc for arc in found.arcs if arc.start_s < moment_s[0] < arc.stop_s]
        assert len(holding) == bool(covering)
        if covering:
            assert holding[0].position_km(moment_s)[0, 0] == pytest.approx(4000.0 + 10.0 * covering[-1])


def test_covariances_in_unknown_axes_are_refused_and_can_be_left_out(planets: PlanetaryEphemeris) -> None:
    """ITRF-97 cannot be turned to ICRF here; without the covariances the motion is still had."""
    text = segment_text(state_lines(np.arange(10) * 60.0)) + covariance_text((START.iso(), "ITRF-97", COVARIANCE))
    message = parse_oem(message_text(text).encode(), "test.oem")
    common = {"body": MARS, "epoch": START, "window_s": (0.0, 540.0), "planets": planets}
    with pytest.raises(FrameError, match="ITRF-97"):
        trajectory_from_oem(message, **common)
    assert not trajectory_from_oem(message, **common, with_covariance=False).has_covariance


def test_unknown_axes_of_states_are_refused(trajectory_of: Callable[..., Trajectory]) -> None:
    """MCI is not guessed at."""
    with pytest.raises(FrameError, match="MCI"):
        trajectory_of(segment_text(state_lines(np.arange(10) * 60.0), REF_FRAME="MCI"))


def test_offsets_count_from_the_epoch_given(planets: PlanetaryEphemeris) -> None:
    """The same message with an epoch ten seconds later has every offset ten seconds smaller."""
    message = parse_oem(message_text(segment_text(state_lines(np.arange(10) * 60.0))).encode(), "test.oem")
    epoch: Epoch = START + 10.0
    trajectory = trajectory_from_oem(message, body=MARS, epoch=epoch, window_s=(-1e4, 1e4), planets=planets)
    assert trajectory.spans_s == ((-10.0, 530.0),)
