"""The analytic theory of Phobos and Deimos, against its author's examples and JPL's ephemerides."""

from dataclasses import dataclass

import numpy as np
import pytest
import spiceypy as spice

from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import DAY_S, Epoch, TimeSystem, tdb_s
from nearpass.astro.frames import furnished, icrf_from_axes
from nearpass.astro.local_axes import rtn_axes
from nearpass.ephemeris.moons import GROWS_FROM, LAST, MOONS, moon_positions, moon_trajectory
from nearpass.ephemeris.trajectory import Proof
from nearpass.errors import InputError
from nearpass.report.wording import said
from published import FILES

KERNEL = FILES / "mars" / "mar085_20180609_20180614.bsp"
needs_kernel = pytest.mark.published_files("mars/mar085_20180609_20180614.bsp")

MARS = body_named("MARS")
J2000 = Epoch.parse("2000-01-01T12:00:00", TimeSystem.TDB)
LEFT_OUT_KM = 0.4  # the terms that are left out
AU_KM = 149_597_870.691

# IMCCE, ftp.imcce.fr/pub/ephem/satel/martian, README of 2007-05-03: examples for Phobos, days from J2000 and au.
EXAMPLES_AU = {
    0.0: (-0.000013308157, -0.000058444725, -0.000021266023),
    10.0: (0.000050907508, 0.000033574979, -0.000011296402),
    20.0: (-0.000051052809, 0.000012426617, 0.000033811410),
}


@dataclass(frozen=True)
class Osculating:
    """Osculating elements of JPL's Horizons about Mars, ecliptic of J2000, at 2024-11-28.0 TDB."""

    e: float
    periapsis_km: float
    inclination_deg: float
    node_deg: float
    argument_deg: float
    mean_anomaly_deg: float
    motion_deg_s: float

    def position_km(self) -> np.ndarray:
        a_km = self.periapsis_km / (1.0 - self.e)
        gm_km3_s2 = np.radians(self.motion_deg_s) ** 2 * a_km**3
        angles = np.radians([self.inclination_deg, self.node_deg, self.argument_deg, self.mean_anomaly_deg])
        state = spice.conics([self.periapsis_km, self.e, *angles, 0.0, gm_km3_s2], 0.0)
        return icrf_from_axes("ECLIPJ2000") @ state[:3]


HORIZONS = {
    401: Osculating(
        1.488911986011352e-02, 9.239240714526164e03, 26.12626927005928, 84.86814910358899, 343.8114266487729,
        134.7141321158203, 1.305454313739711e-02,
    ),
    402: Osculating(
        3.081896334520172e-04, 2.345103637795569e04, 24.27418930612024, 80.69489330791494, 14.22288176795356,
        305.8632770298312, 3.300232715252750e-03,
    ),
}  # fmt: skip


@pytest.mark.parametrize("days", EXAMPLES_AU)
def test_the_examples_of_the_series_author_are_met(days: float) -> None:
    """Phobos is where the README of the series puts it, but for the terms that are left out."""
    found_km = moon_positions(MOONS[401], J2000 + days * DAY_S, np.zeros(1))[0]
    assert np.linalg.norm(found_km - AU_KM * np.array(EXAMPLES_AU[days])) < LEFT_OUT_KM


def _jpl_2018(target: int) -> tuple[Epoch, np.ndarray, np.ndarray]:
    epoch, offsets_s = Epoch.parse("2018-06-10T00:00:00"), np.linspace(0.0, 4.4 * DAY_S, 500)
    with furnished([KERNEL]):
        times_s = tdb_s(epoch, offsets_s)
        return epoch, offsets_s, np.array([spice.spkgeo(target, time_s, "J2000", 499)[0] for time_s in times_s])


@needs_kernel
@pytest.mark.parametrize("target", MOONS)
def test_the_stated_error_holds_against_mar085(target: int) -> None:
    """Over 4.4 days of 2018 the theory stays within its stated error of JPL's MAR085, and no ten times nearer."""
    epoch, offsets_s, truth = _jpl_2018(target)
    worst_km = np.linalg.norm(moon_positions(MOONS[target], epoch, offsets_s) - truth[:, :3], axis=1).max()
    assert MOONS[target].error_km / 10 < worst_km < MOONS[target].error_at_km(epoch)


@needs_kernel
@pytest.mark.parametrize("target", MOONS)
def test_the_stated_sigmas_cover_mar085(target: int) -> None:
    """The root mean square difference from MAR085 along R, T and N is no more than the sigmas that go with it."""
    epoch, offsets_s, truth = _jpl_2018(target)
    apart_km = moon_positions(MOONS[target], epoch, offsets_s) - truth[:, :3]
    local = np.einsum("nij,nj->ni", rtn_axes(truth[:, :3], truth[:, 3:]), apart_km)
    assert (np.sqrt((local**2).mean(axis=0)) <= MOONS[target].sigmas_km).all()


@pytest.mark.parametrize("target", MOONS)
def test_the_stated_error_holds_against_jpl_in_2024(target: int) -> None:
    """Six years later the theory is within its stated error of the elements that JPL's Horizons gives."""
    epoch = Epoch.parse("2024-11-28T00:00:00", TimeSystem.TDB)
    found_km = moon_positions(MOONS[target], epoch, np.zeros(1))[0]
    assert np.linalg.norm(found_km - HORIZONS[target].position_km()) < MOONS[target].error_at_km(epoch)


@pytest.mark.parametrize("target", MOONS)
def test_the_trajectory_is_the_theory_and_says_that_it_is_approximate(target: int) -> None:
    """The fitted polynomials follow the theory to a millimetre, and carry its stated error in words."""
    epoch, window_s = Epoch.parse("2026-03-01T00:00:00"), (0.0, 3.0 * DAY_S)
    trajectory = moon_trajectory(target, body=MARS, epoch=epoch, window_s=window_s)
    offsets_s = np.linspace(*window_s, 777)
    truth_km = moon_positions(MOONS[target], epoch, offsets_s)
    np.testing.assert_allclose(trajectory.state(offsets_s)[0], truth_km, rtol=0, atol=2e-6)
    assert trajectory.proof is Proof.SAMPLED
    assert trajectory.approximation is not None
    assert f"up to {trajectory.approximation.error_km:.0f} km" in said(trajectory.approximation.how)


def test_the_stated_error_grows_after_its_last_check() -> None:
    """Beyond 2025 each year adds to the stated error."""
    moon = MOONS[401]
    assert moon.error_at_km(GROWS_FROM + -1.0) == moon.error_km
    assert moon.error_at_km(GROWS_FROM + 3652.5 * DAY_S) == pytest.approx(moon.error_km + 10 * moon.growth_km_per_year)


@pytest.mark.parametrize(
    ("target", "body", "epoch"),
    [(401, "MOON", J2000), (301, "MARS", J2000), (401, "MARS", LAST)],
)
def test_what_the_theory_does_not_hold_is_refused(target: int, body: str, epoch: Epoch) -> None:
    """Another body, another moon and years without a stated error are refused."""
    with pytest.raises(InputError, match=r"MarsSatV1\.0"):
        moon_trajectory(target, body=body_named(body), epoch=epoch, window_s=(0.0, DAY_S))
