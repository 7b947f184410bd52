"""The whole screen on real ephemerides of June 2018 and October 2008, against counts found with CSPICE.

Source of the numbers: the README beside the kernels (found with CSPICE by sampling at 20 s to 30 s).
"""

from dataclasses import dataclass

import numpy as np
import pytest
import spiceypy

from fleets import message, segment
from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import Epoch, tdb_s
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.ephemeris.interpolation import trajectory_from_oem
from nearpass.ephemeris.spk import spk_trajectory
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.messages.oem import parse_oem
from nearpass.messages.oem_write import write_oem
from nearpass.screening.screen import Approach, screen
from published import FILES

DATA = FILES / "mars"
KERNELS = [DATA / "mar085_20180609_20180614.bsp", DATA / "em16_tgo_mlt_20180609_20180614.bsp"]
START = Epoch.parse("2018-06-09T23:30:00")
SPAN_S = 390_600.0
SAMPLING_S = 20.0  # the reference's own sampling
SAMPLING_KM_AT_6_KM_S = 2.0  # hypot(117 km, 6.4 km/s * 3.3 s) - 117 km: a sample a sixth of a step beside it

KERNEL_STEPS_KM = 2e-4  # the two-body arcs of TGO's kernel, 11 s each, meet with steps of decimetres
KERNEL_STEPS_S = 0.1  # those steps over a fit's 4 s are 3e-5 km/s; at these distances the minimum bends by 1e-3 km/s**2

pytestmark = pytest.mark.published_files("mars")


@dataclass
class FromSpice:
    """A target's states by CSPICE, as the source of an OEM."""

    target: int

    def state(self, offsets_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        times_s = tdb_s(START, np.asarray(offsets_s))
        with spiceypy.KernelPool([str(path) for path in KERNELS]):
            states = np.array([spiceypy.spkgeo(self.target, time, "J2000", 499)[0] for time in times_s])
        return states[:, :3], states[:, 3:]


MARS = body_named("MARS")
WINDOW_S = (0.0, SPAN_S)


@pytest.fixture(scope="module")
def planets() -> PlanetaryEphemeris:
    return PlanetaryEphemeris.default()


@pytest.fixture(scope="module")
def kernels(planets: PlanetaryEphemeris) -> dict[str, Trajectory]:
    return {
        name: spk_trajectory(KERNELS, target, body=MARS, epoch=START, window_s=WINDOW_S, planets=planets)
        for name, target in (("TGO", -143), ("PHOBOS", 401), ("DEIMOS", 402))
    }


@pytest.fixture(scope="module")
def messages(planets: PlanetaryEphemeris) -> dict[str, Trajectory]:
    """The same objects from OEM files made of the kernels."""
    read = {}
    for name, target in (("TGO", -143), ("PHOBOS", 401), ("DEIMOS", 402)):
        written = write_oem(message(segment(FromSpice(target), 1.0, SPAN_S - 121.0, 60.0, epoch=START)))
        read[name] = trajectory_from_oem(
            parse_oem(written.encode(), name), body=MARS, epoch=START, window_s=WINDOW_S, planets=planets
        )
    return read


def inner_minima(trajectories: dict[str, Trajectory], other: str) -> list[Approach]:
    found = screen({key: trajectories[key] for key in ("TGO", other)}, WINDOW_S, 1e6)
    return [approach for approach in found.approaches if not approach.at_boundary]


@pytest.mark.parametrize("source", ["kernels", "messages"])
@pytest.mark.parametrize(
    ("other", "count", "nearest_km", "nearest_utc"),
    [("PHOBOS", 65, 5451.3, "2018-06-11T17:28:20"), ("DEIMOS", 52, 19673.0, "2018-06-12T13:06:40")],
)
def test_every_minimum_of_tgo_and_the_moons_is_found(
    request: pytest.FixtureRequest, source: str, other: str, count: int, nearest_km: float, nearest_utc: str
) -> None:
    """TGO has 65 minima of distance with Phobos and 52 with Deimos, the nearest where CSPICE has it."""
    minima = inner_minima(request.getfixturevalue(source), other)
    nearest = min(minima, key=lambda approach: approach.miss_km)

    assert len(minima) == count
    assert nearest.miss_km == pytest.approx(nearest_km, abs=0.5)  # the reference is printed to 0.1 km and 1 km
    assert abs((START + nearest.offset_s) - Epoch.parse(nearest_utc)) < SAMPLING_S


def test_kernel_and_message_give_the_same_approaches(
    kernels: dict[str, Trajectory], messages: dict[str, Trajectory]
) -> None:
    """From an OEM made of the kernel every minimum has the distance of the kernel's own, at its time."""
    for other in ("PHOBOS", "DEIMOS"):
        pairs = list(zip(inner_minima(kernels, other), inner_minima(messages, other), strict=True))

        assert max(abs(a.offset_s - b.offset_s) for a, b in pairs) < KERNEL_STEPS_S
        assert max(abs(a.miss_km - b.miss_km) for a, b in pairs) < 1e-3


def test_a_minimum_is_where_cspice_has_it(kernels: dict[str, Trajectory]) -> None:
    """At each TCA CSPICE's own states are as far apart as printed to 1 m, and no nearer a second before or after."""
    for other, target in (("PHOBOS", 401), ("DEIMOS", 402)):
        minima = inner_minima(kernels, other)
        at_s = np.array([approach.offset_s for approach in minima])
        before_km, now_km, after_km = (
            np.linalg.norm(FromSpice(-143).state(offsets_s)[0] - FromSpice(target).state(offsets_s)[0], axis=1)
            for offsets_s in (at_s - 1.0, at_s, at_s + 1.0)
        )

        assert np.allclose(now_km, [approach.miss_km for approach in minima], atol=1e-3)
        assert (before_km > now_km - KERNEL_STEPS_KM).all()
        assert (after_km > now_km - KERNEL_STEPS_KM).all()


@dataclass
class ReDated:
    """States by CSPICE of another date, as if they were of now: shapes stay true, the encounter never was."""

    kernels: tuple[str, ...]
    target: int
    from_et_s: float

    def state(self, offsets_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with spiceypy.KernelPool([str(DATA / name) for name in self.kernels]):
            states = np.array([spiceypy.spkgeo(self.target, self.from_et_s + s, "J2000", 499)[0] for s in offsets_s])
        return states[:, :3], states[:, 3:]


def test_mro_2008_and_tgo_2018_re_dated_to_one_start(planets: PlanetaryEphemeris) -> None:
    """Over 4.50 days there are 8 minima under 200 km and 22 under 500 km, the nearest 118.7 km at +121 530 s."""
    span_s = 4.5 * 86_400.0
    mro_kernel = "mro_psp9_ssd_mro110c_20081030_20081105.bsp"
    mro_start_s = float(spiceypy.spkcov(str(DATA / mro_kernel), -74)[0]) + 60.0
    tgo_start_s = float(spiceypy.spkcov(str(KERNELS[1]), -143)[0]) + 60.0
    motions = {
        "MRO": ReDated(("mar097_2006_2008_marscentre.bsp", mro_kernel), -74, mro_start_s),
        "TGO": ReDated((KERNELS[1].name,), -143, tgo_start_s),
    }
    trajectories = {}
    for name, motion in motions.items():
        written = write_oem(message(segment(motion, 0.0, span_s, 60.0, epoch=START)))
        trajectories[name] = trajectory_from_oem(
            parse_oem(written.encode(), name), body=MARS, epoch=START, window_s=(0.0, span_s), planets=planets
        )
    found = screen(trajectories, (0.0, span_s), 500.0).approaches
    nearest = min(found, key=lambda approach: approach.miss_km)

    assert sum(approach.miss_km < 200.0 for approach in found) == 8
    assert len(found) == 22
    # The reference is the nearest of its samples, so the minimum itself lies a little below and beside it.
    assert 118.7 - SAMPLING_KM_AT_6_KM_S < nearest.miss_km <= 118.7
    assert nearest.offset_s == pytest.approx(121_530.0, abs=SAMPLING_S)
