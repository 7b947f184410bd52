"""The plane of an orbit against the declared one: how axes with a wrong name are found."""

import csv
from dataclasses import dataclass

import numpy as np
import pytest
import spiceypy as spice

from fleets import CUTOFF, GM_MARS_KM3_S2, Kepler, Motion, message, segment
from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.frames import PlanetaryEphemeris, icrf_from_axes
from nearpass.ephemeris.interpolation import trajectory_from_oem
from nearpass.ephemeris.lint import Grade
from nearpass.ephemeris.lint_plane import DeclaredPlane, orbit_plane
from nearpass.ephemeris.reframe import in_fixed_axes
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.report.wording import measured, said
from published import FIGURES

STATES = FIGURES / "mars" / "tianwen1_mars_states.csv"

MARS = body_named("MARS")
EQUATOR = "MARS EQUATOR J2000"
POLAR = Kepler(9000.0, 0.4, np.radians(86.4), node_rad=np.radians(200.0), argument_rad=1.0)
A_METRE_KM = 1e-3  # what the conversions promise
POLE_DRIFT_DEG = 0.02  # between J2000, to which the published inclination refers, and 2021 (0.1 degrees a century)


@dataclass
class InAxes:
    """A motion as it looks in the axes of the Martian equator."""

    orbit: Motion
    axes: str

    def state(self, offsets_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        position_km, velocity_km_s = self.orbit.state(offsets_s)
        to_icrf = icrf_from_axes(self.axes)
        return position_km @ to_icrf.T, velocity_km_s @ to_icrf.T


@dataclass
class TwoBody:
    """CSPICE's two-body motion from a state at an epoch."""

    state_then: np.ndarray
    since: Epoch

    def state(self, offsets_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = np.array([spice.prop2b(GM_MARS_KM3_S2, self.state_then, float(offset)) for offset in offsets_s])
        return rows[:, :3], rows[:, 3:]


def published_states() -> list[dict[str, str]]:
    """The rows of the table of states."""
    with STATES.open() as file:
        return list(csv.DictReader(file))


def trajectory_of(motion: Motion, meanings: dict[str, str] | None = None, epoch: Epoch = CUTOFF) -> Trajectory:
    held = in_fixed_axes(message(segment(motion, 0.0, 7200.0, 60.0, epoch=epoch)), meanings)
    return trajectory_from_oem(
        held, body=MARS, epoch=epoch, window_s=(0.0, 7200.0), planets=PlanetaryEphemeris.default()
    )


def test_an_orbit_in_its_declared_plane_passes() -> None:
    """An inclination within its tolerance passes, and the words say so."""
    declared = DeclaredPlane(inclination_deg=86.0, tolerance_deg=0.5)
    found = orbit_plane(trajectory_of(InAxes(POLAR, EQUATOR)), declared, body=MARS)
    assert found.grade is Grade.PASS
    assert "as the configuration declares" in said(found.fact)


def test_numbers_in_equatorial_axes_called_icrf_are_suspect() -> None:
    """Equatorial numbers read as ICRF have another inclination; the words name the axes in which they would fit."""
    declared = DeclaredPlane(inclination_deg=86.4, tolerance_deg=0.5)
    found = orbit_plane(trajectory_of(POLAR), declared, body=MARS)
    assert found.grade is Grade.FAIL
    assert "Suspect axes: read as ICRF" in said(found.fact)
    assert "The same numbers fit in MARS EQUATOR J2000 axes (inclination 86.4" in said(found.fact)
    assert "ECLIPJ2000" not in said(found.fact)


def test_an_orbit_that_fits_nowhere_is_only_suspect() -> None:
    """Where no axes explain the plane none are suggested."""
    declared = DeclaredPlane(inclination_deg=10.0, tolerance_deg=0.5)
    found = orbit_plane(trajectory_of(POLAR), declared, body=MARS)
    assert found.grade is Grade.FAIL
    assert "fit in" not in said(found.fact)


@pytest.mark.parametrize(("node_deg", "grade"), [(200.0, Grade.PASS), (215.0, Grade.FAIL)])
def test_a_declared_node_is_compared_as_well(node_deg: float, grade: Grade) -> None:
    """A plane of the right inclination about the wrong node is found."""
    declared = DeclaredPlane(inclination_deg=86.4, tolerance_deg=0.5, node_deg=node_deg, node_at=CUTOFF)
    assert orbit_plane(trajectory_of(InAxes(POLAR, EQUATOR)), declared, body=MARS).grade is grade


def test_a_declared_node_drifts_to_the_date_of_the_states() -> None:
    """The sun-synchronous node of Mars Global Surveyor moves by 360 degrees in a Martian year of 686.98 days."""
    survey = Kepler(3775.0, 0.01, np.radians(92.9), node_rad=np.radians(100.0))
    days = 60.0
    declared = DeclaredPlane(
        inclination_deg=92.9, tolerance_deg=0.5, node_deg=100.0 - days * 360.0 / 686.98,
        node_at=CUTOFF + -days * DAY_S, node_tolerance_deg=0.5,
    )  # fmt: skip
    assert orbit_plane(trajectory_of(InAxes(survey, EQUATOR)), declared, body=MARS).grade is Grade.PASS


def test_published_states_of_tianwen_are_turned_as_their_author_turned_them() -> None:
    """The 19 states in Mars-equator axes become those of the J2000 of SPICE, which is the ICRF, to a metre."""
    rows = published_states()
    assert len(rows) == 19
    for row in rows:
        mci_km, j2000_km = (
            np.array([float(row[f"{axis}_{name}_km"]) for axis in "xyz"]) for name in ("mci", "eme2000")
        )
        np.testing.assert_allclose(icrf_from_axes(EQUATOR) @ mci_km, j2000_km, rtol=0, atol=A_METRE_KM)


def test_the_trap_of_tianwens_states_is_found_and_resolved() -> None:
    """Read as ICRF Tianwen-1's published states have a wrong inclination; with the axes mapped it is the published."""
    row = next(row for row in published_states() if row["utc"].startswith("2021-11-08"))
    epoch = Epoch.parse(row["utc"])
    state = [float(row[f"{axis}_mci_km"]) for axis in "xyz"] + [float(row[f"v{axis}_mci_km_s"]) for axis in "xyz"]
    inclination_deg = float(row["inc_mars_eq_deg"])
    declared = DeclaredPlane(inclination_deg=inclination_deg, tolerance_deg=0.5)
    motion = TwoBody(np.array(state), epoch)

    wrong = orbit_plane(trajectory_of(motion, epoch=epoch), declared, body=MARS)
    assert wrong.grade is Grade.FAIL
    assert "MARS EQUATOR J2000 axes" in said(wrong.fact)

    right = orbit_plane(trajectory_of(motion, {"ICRF": EQUATOR}, epoch), declared, body=MARS)
    assert right.grade is Grade.PASS
    assert float(measured(right.fact).removesuffix("°")) == pytest.approx(inclination_deg, abs=POLE_DRIFT_DEG)
