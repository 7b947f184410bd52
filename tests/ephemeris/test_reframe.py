"""Messages in axes that move, brought to axes that stand still."""

from dataclasses import replace
from pathlib import Path

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
from nearpass.messages.oem import OemCovariances, OemSegment

ROUNDING_KM = 1e-9  # a matrix and its inverse on thousands of km
ROUNDING_KM_S = 1e-12
INTERPOLATED_KM = 2e-6  # Hermite of degree 7 through minutes, and 0.1 microsecond of TDB at 3.4 km/s
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


def test_a_message_in_rotating_axes_becomes_a_kernel_in_inertial_ones(tmp_path: Path) -> None:
    """What convert writes of states fixed to Mars is the inertial orbit, to what rounding of TDB seconds leaves."""
    inertial = segment(LOW, 0.0, 3600.0, 60.0)
    kernel = tmp_path / "low.bsp"
    write_spk(message(seen_from("IAU_MARS", inertial)), kernel, target=-74)
    offsets_s = np.linspace(0.0, 3600.0, 200)
    with furnished([kernel]):
        found = np.array([spice.spkgeo(-74, moment_s, "J2000", 499)[0] for moment_s in tdb_s(CUTOFF, offsets_s)])
    np.testing.assert_allclose(found[:, :3], LOW.state(offsets_s)[0], rtol=0, atol=INTERPOLATED_KM)
