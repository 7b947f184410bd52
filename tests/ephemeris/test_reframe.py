"""Messages in axes that move, brought to axes that stand still."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import spiceypy as spice

from fleets import CUTOFF, LOW, Kepler, message, segment
from nearpass.astro.axes import axes_named
from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import tdb_s
from nearpass.astro.frames import PlanetaryEphemeris, furnished, icrf_from_axes
from nearpass.ephemeris.interpolation import trajectory_from_oem
from nearpass.ephemeris.lint import Grade, lint_oem
from nearpass.ephemeris.reframe import in_fixed_axes
from nearpass.ephemeris.spk_write import write_spk
from nearpass.errors import FrameError
from nearpass.messages.oem import OemCovariances, OemSegment, parse_oem
from nearpass.messages.oem_write import write_oem
from oem_texts import START, covariance_text, message_text, segment_text, state_lines

ROUNDING_KM = 1e-9  # a matrix and its inverse on thousands of km
ROUNDING_KM_S = 1e-12
INTERPOLATED_KM = 2e-6  # Hermite of degree 7 through minutes, and 0.1 microsecond of TDB at 3.4 km/s
RATE_SHARE = 2e-5  # rates from neighbouring instants, and states from Hermite of degree 7, of an orbit of e = 0.4
DRAWS_SHARE = 0.03  # a covariance of 20,000 draws: 1 / sqrt(2 * 20,000) at 4 sigma


def seen_from(axes_name: str, held: OemSegment) -> OemSegment:
    """An inertial segment as somebody would write it in other axes: the inverse of ``r = R r', v = R v' + R' r'``."""
    offsets_s = (held.epochs_tai_ns - CUTOFF.tai_ns) / 1e9
    rotation, rate = axes_named(axes_name).to_icrf(CUTOFF, offsets_s)
    back = np.swapaxes(rotation, 1, 2)
    positions_km = np.einsum("nij,nj->ni", back, held.positions_km)
    inertial_km_s = held.velocities_km_s - np.einsum("nij,nj->ni", rate, positions_km)
    return replace(
        held,
        ref_frame=axes_name,
        positions_km=positions_km,
        velocities_km_s=np.einsum("nij,nj->ni", back, inertial_km_s),
    )


@pytest.mark.parametrize("name", ["IAU_MARS", "ITRF-97", "TOD", "TEME", "MOD", "MARS EQUATOR OF DATE"])
def test_states_come_back_from_moving_axes(name: str) -> None:
    """An orbit written in axes that move is the same orbit again in ICRF axes."""
    inertial = segment(LOW, 0.0, 7200.0, 60.0)
    (found,) = in_fixed_axes(message(seen_from(name, inertial))).segments
    assert found.ref_frame == "ICRF"
    np.testing.assert_allclose(found.positions_km, inertial.positions_km, rtol=0, atol=ROUNDING_KM)
    np.testing.assert_allclose(found.velocities_km_s, inertial.velocities_km_s, rtol=0, atol=ROUNDING_KM_S)


def test_an_orbit_in_rotating_axes_keeps_every_rule_of_physics() -> None:
    """Gravity, velocity and energy are graded on inertial states, so that rotating axes look no different."""
    held = in_fixed_axes(message(seen_from("IAU_MARS", segment(LOW, 0.0, 86_400.0, 60.0))))
    findings = lint_oem(held, body=body_named("MARS"), cutoff=CUTOFF, window_s=86_400.0, period_s=LOW.period_s)
    grades = {finding.rule: finding.grade for finding in findings}
    assert {grades[rule] for rule in ("velocity", "gravity", "speed", "altitude")} == {Grade.PASS}


def test_fixed_axes_are_left_alone() -> None:
    """A segment in EME2000 is the very same afterwards."""
    held = replace(segment(LOW, 0.0, 600.0, 60.0), ref_frame="EME2000")
    (found,) = in_fixed_axes(message(held)).segments
    assert found.positions_km is held.positions_km
    assert found.ref_frame == "EME2000"


def test_a_name_means_what_the_configuration_says() -> None:
    """MCI said to be the equator of J2000 is turned as that; the name is matched whatever its case."""
    orbit = Kepler(9000.0, 0.5, np.radians(86.4))
    held = replace(segment(orbit, 0.0, 3600.0, 60.0), ref_frame="mci")
    moved = in_fixed_axes(message(held), {"MCI": "MARS EQUATOR J2000"})
    trajectory = trajectory_from_oem(
        moved, body=body_named("MARS"), epoch=CUTOFF, window_s=(0.0, 3600.0), planets=PlanetaryEphemeris.default()
    )
    position_km, _ = trajectory.state(np.array([0.0]))
    expected = icrf_from_axes("MARS EQUATOR J2000") @ orbit.state(np.array([0.0]))[0][0]
    np.testing.assert_allclose(position_km[0], expected, rtol=0, atol=ROUNDING_KM)


def test_a_segment_without_a_meaning_is_refused_with_its_line() -> None:
    """MCI alone is refused at the line of its segment, with the key to set."""
    held = replace(segment(LOW, 0.0, 600.0, 60.0), ref_frame="MCI", first_line=17)
    with pytest.raises(FrameError, match=r"axes = \{ MCI = .* line 17"):
        in_fixed_axes(message(held))


@pytest.mark.parametrize("name", ["IAU_MARS", "ITRF2014", "TOD"])
def test_a_covariance_turns_as_its_states_do(name: str) -> None:
    """The turned covariance is that of draws turned one by one, the share of the rotation in the velocity included."""
    rng = np.random.default_rng(3)
    factor = np.diag([0.1, 0.5, 0.2, 1e-5, 3e-5, 2e-5]) @ (np.eye(6) + 0.3 * rng.standard_normal((6, 6)))
    covariance = factor @ factor.T
    inertial = segment(LOW, 0.0, 600.0, 60.0)
    held = replace(
        seen_from(name, inertial),
        covariances=OemCovariances(
            epochs_tai_ns=inertial.epochs_tai_ns[3:4], matrices=covariance[None], frames=(name,), comments=()
        ),
    )
    (found,) = in_fixed_axes(message(held)).segments
    assert found.covariances is not None
    assert found.covariances.frames == ("ICRF",)

    draws = rng.standard_normal((20_000, 6)) @ factor.T
    rotation, rate = (part[0] for part in axes_named(name).to_icrf(CUTOFF, np.array([180.0])))
    turned = np.hstack([draws[:, :3] @ rotation.T, draws[:, 3:] @ rotation.T + draws[:, :3] @ rate.T])
    sigma = np.sqrt(np.diag(found.covariances.matrices[0]))
    np.testing.assert_allclose(
        np.cov(turned.T) / np.outer(sigma, sigma),
        found.covariances.matrices[0] / np.outer(sigma, sigma),
        rtol=0, atol=DRAWS_SHARE,
    )  # fmt: skip


def test_a_covariance_in_orbital_axes_stays_in_them() -> None:
    """RTN does not depend on the axes of the states."""
    inertial = segment(LOW, 0.0, 600.0, 60.0)
    held = OemCovariances(
        epochs_tai_ns=inertial.epochs_tai_ns[:1], matrices=np.eye(6)[None], frames=("RTN",), comments=()
    )
    (found,) = in_fixed_axes(message(replace(seen_from("IAU_MARS", inertial), covariances=held))).segments
    assert found.covariances is not None
    assert found.covariances.frames == ("RTN",)
    np.testing.assert_array_equal(found.covariances.matrices, np.eye(6)[None])


def local_by_definition(name: str, position_km: np.ndarray, velocity_km_s: np.ndarray) -> np.ndarray:
    """The axes as the SANA registry words them, row by row, from one state."""
    out, along = position_km / np.linalg.norm(position_km), velocity_km_s / np.linalg.norm(velocity_km_s)
    momentum = np.cross(position_km, velocity_km_s)
    normal = momentum / np.linalg.norm(momentum)
    across = np.cross(normal, out)
    return np.array(
        {
            "RTN": [out, across, normal],
            "RSW": [out, across, normal],
            "QSW": [out, across, normal],
            "UVW": [out, across, normal],
            "TNW": [along, np.cross(normal, along), normal],
            "NTW": [np.cross(along, normal), along, normal],
            "VNC": [along, normal, np.cross(along, normal)],
            "LVLH": [np.cross(-normal, -out), -normal, -out],
            "VVLH": [np.cross(-normal, -out), -normal, -out],
        }[name]
    )


CLEAR_AXES = [
    (name, ending)
    for name in ("RTN", "RSW", "QSW", "UVW", "TNW", "NTW", "VNC", "LVLH", "VVLH")
    for ending in ("", "_INERTIAL", "_ROTATING")
    if name + ending != "LVLH"
]


@pytest.mark.parametrize(("name", "ending"), CLEAR_AXES)
def test_a_covariance_in_named_orbital_axes_is_that_of_its_draws(name: str, ending: str) -> None:
    """Errors drawn in ICRF axes and written in the named axes by their definition come back as they were drawn.

    In rotating axes a velocity error lacks ``w x r``, ``w`` being the rate at which the axes of two neighbouring
    instants turn into each other.
    """
    orbit = Kepler(6000.0, 0.4, np.radians(70.0))
    inertial = segment(orbit, 0.0, 3600.0, 30.0)
    offset_s = 1230.0
    states = [[part[0] for part in orbit.state(np.array([offset_s + step_s]))] for step_s in (-0.5, 0.0, 0.5)]
    before, here, after = (local_by_definition(name, *state) for state in states)
    spin = (after - before) @ here.T  # over one second: minus the cross product by the rate in the moving axes
    covariance = np.diag([0.1, 0.5, 0.2, 1e-4, 3e-4, 2e-4]) ** 2 + 1e-9 * np.ones((6, 6))
    both = np.zeros((6, 6))
    both[:3, :3] = both[3:, 3:] = here
    if ending == "_ROTATING":
        both[3:, :3] = spin @ here
    held = OemCovariances(
        epochs_tai_ns=np.array([(CUTOFF + offset_s).tai_ns]),
        matrices=(both @ covariance @ both.T)[None],
        frames=(name + ending,),
        comments=(),
    )
    read = in_fixed_axes(message(replace(inertial, covariances=held)))
    (arc,) = trajectory_from_oem(
        read, body=body_named("MARS"), epoch=CUTOFF, window_s=(0.0, 3600.0), planets=PlanetaryEphemeris.default()
    ).arcs
    assert arc.covariances is not None
    sigma = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(
        arc.covariances.matrices[0] / np.outer(sigma, sigma),
        covariance / np.outer(sigma, sigma),
        rtol=0, atol=RATE_SHARE,
    )  # fmt: skip
    assert len(read.notes) == (name + ending not in ("RTN", "RSW", "TNW"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("RIC", "RIC is not clear, I is transverse for some"),
        ("LVLH", "LVLH is not clear, its third axis points to the nadir"),
        ("EQW_INERTIAL", "EQW cannot be turned"),
        ("PQW_INERTIAL", "PQW cannot be turned"),
        ("NSW_ROTATING", "NSW cannot be turned"),
        ("SEZ_INERTIAL", "SEZ cannot be turned"),
        ("XYZ", "axes of which REF_FRAME may be one"),
    ],
)
def test_unclear_axes_of_covariances_are_refused(name: str, words: str) -> None:
    """Axes that may mean two things, or that a state does not tell, are refused where they are named, with the list."""
    text = message_text(
        segment_text(state_lines(np.arange(10) * 60.0)) + covariance_text((START.iso(), name, np.eye(6)))
    )
    with pytest.raises(FrameError, match=r"COV_REF_FRAME must be one of RTN, RSW, TNW") as caught:
        in_fixed_axes(parse_oem(text.encode(), "test.oem"))
    assert words in str(caught.value)
    assert caught.value.value == name
    assert text.splitlines()[(caught.value.line or 0) - 1] == f"COV_REF_FRAME = {name}"


def test_the_configuration_says_what_axes_of_covariances_mean() -> None:
    """RIC said to be RTN is read as that, with a note."""
    text = message_text(
        segment_text(state_lines(np.arange(10) * 60.0)) + covariance_text((START.iso(), "RIC", np.eye(6)))
    )
    read = in_fixed_axes(parse_oem(text.encode(), "test.oem"), {"RIC": "RTN"})
    assert read.segments[0].covariances is not None
    assert read.segments[0].covariances.frames == ("RTN",)
    assert read.notes == ("COV_REF_FRAME RIC is read as RTN",)


@pytest.mark.parametrize("notation", ["kvn", "xml"])
@pytest.mark.parametrize("count", [1, 40])
def test_the_line_of_axes_is_known_in_each_notation(notation: Literal["kvn", "xml"], count: int) -> None:
    """Whether covariances are read one by one or all at once, the first that names the axes is the one in the error."""
    blocks = [((START + 60.0 * at).iso(), "RIC", np.eye(6)) for at in range(count)]
    text = message_text(segment_text(state_lines(np.arange(41) * 60.0)) + covariance_text(*blocks))
    if notation == "xml":
        text = write_oem(parse_oem(text.encode(), "test.oem"), "xml")
    with pytest.raises(FrameError) as caught:
        in_fixed_axes(parse_oem(text.encode(), "test.oem"))
    first = next(number for number, line in enumerate(text.splitlines(), start=1) if "RIC" in line)
    assert caught.value.line == first


@pytest.mark.parametrize(("key", "value"), [("REF_FRAME", "MCI"), ("REF_FRAME", "XYZ"), ("CENTER_NAME", "VULCAN")])
@pytest.mark.parametrize("notation", ["kvn", "xml"])
def test_a_refused_segment_is_named_by_keyword_and_line(notation: Literal["kvn", "xml"], key: str, value: str) -> None:
    """Axes and centres that nothing can turn or move are refused at the line of their own keyword."""
    text = message_text(segment_text(state_lines(np.arange(10) * 60.0), **{key: value}))
    if notation == "xml":
        text = write_oem(parse_oem(text.encode(), "test.oem"), "xml")
    with pytest.raises(FrameError, match=key) as caught:
        in_fixed_axes(parse_oem(text.encode(), "test.oem"))
    assert key in text.splitlines()[(caught.value.line or 0) - 1]


def test_a_message_in_rotating_axes_becomes_a_kernel_in_inertial_ones(tmp_path: Path) -> None:
    """What convert writes of states fixed to Mars is the inertial orbit, to what rounding of TDB seconds leaves."""
    inertial = segment(LOW, 0.0, 3600.0, 60.0)
    kernel = tmp_path / "low.bsp"
    write_spk(message(seen_from("IAU_MARS", inertial)), kernel, target=-74)
    offsets_s = np.linspace(0.0, 3600.0, 200)
    with furnished([kernel]):
        found = np.array([spice.spkgeo(-74, moment_s, "J2000", 499)[0] for moment_s in tdb_s(CUTOFF, offsets_s)])
    np.testing.assert_allclose(found[:, :3], LOW.state(offsets_s)[0], rtol=0, atol=INTERPOLATED_KM)
