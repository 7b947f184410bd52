"""Objects on the way: a cruise about the Sun that arrives, an ephemeris that ends in descent or on the surface."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from fleets import CUTOFF, LOW, Kepler, Motion, message, segment, write_workspace
from nearpass.astro.axes import axes_named
from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import DAY_S
from nearpass.astro.frames import PlanetaryEphemeris, center_id
from nearpass.config import load_config
from nearpass.cycle.pipeline import run_cycle
from nearpass.messages.oem import OemSegment
from nearpass.messages.oem_write import write_oem
from nearpass.record.record import CycleRecord, ObjectRecord
from nearpass.report import object_views
from nearpass.report.catalogue import Catalogue, Links
from nearpass.report.wording import said
from stub_cycles import silent

MARS = body_named("MARS")
A_METRE_KM = 1e-3  # what changes of centre promise
LINKS = Links(root="", cycle="")


@dataclass(frozen=True)
class Arrival:
    """A hyperbola about Mars with its periapsis in the middle of the window, by series in the universal anomaly."""

    speed_km_s: float = 2.6
    periapsis_km: float = 3396.19 + 400.0

    def state(self, offsets_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        gm = MARS.gm_km3_s2
        a_km = gm / self.speed_km_s**2
        e = 1.0 + self.periapsis_km / a_km
        mean = np.sqrt(gm / a_km**3) * (np.asarray(offsets_s, dtype=float) - DAY_S / 2.0)
        anomaly = np.arcsinh(mean / e)
        for _ in range(60):
            anomaly -= (e * np.sinh(anomaly) - anomaly - mean) / (e * np.cosh(anomaly) - 1.0)
        root = np.sqrt(e * e - 1.0)
        rate = np.sqrt(gm / a_km**3) / (e * np.cosh(anomaly) - 1.0)
        zero = np.zeros_like(anomaly)
        flat = np.stack([a_km * (e - np.cosh(anomaly)), a_km * root * np.sinh(anomaly), zero], axis=1)
        speed = np.stack([-a_km * np.sinh(anomaly), a_km * root * np.cosh(anomaly), zero], axis=1) * rate[:, None]
        return flat @ _TILT.T, speed @ _TILT.T


_TILT = np.array([[1.0, 0.0, 0.0], [0.0, np.cos(1.2), -np.sin(1.2)], [0.0, np.sin(1.2), np.cos(1.2)]])


def about(center: str, held: OemSegment) -> OemSegment:
    """A segment about Mars as it looks from another centre."""
    offsets_s = (held.epochs_tai_ns - CUTOFF.tai_ns) / 1e9
    shift_km, shift_km_s = PlanetaryEphemeris.default().state(MARS.naif_id, center_id(center), CUTOFF, offsets_s)
    return replace(
        held, center_name=center, positions_km=held.positions_km + shift_km,
        velocities_km_s=held.velocities_km_s + shift_km_s,
    )  # fmt: skip


@dataclass(frozen=True)
class OnTheGround:
    """A point fixed to Mars, at rest or sinking."""

    radius_km: float
    sinking_km_s: float = 0.0

    def state(self, offsets_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rotation, rate = axes_named("IAU_MARS").to_icrf(CUTOFF, offsets_s)
        direction = np.array([np.cos(0.3), 0.0, np.sin(0.3)])
        heights_km = self.radius_km - self.sinking_km_s * np.asarray(offsets_s, dtype=float)
        return (
            (rotation @ direction) * heights_km[:, None],
            (rate @ direction) * heights_km[:, None] - self.sinking_km_s * (rotation @ direction),
        )


def cycle(directory: Path, motion: Motion, *, center: str = "MARS", stop_s: float = DAY_S + 3600.0) -> CycleRecord:
    """One cycle of two orbiters and the motion."""
    path = write_workspace(
        directory, orbits={"LOW": LOW, "ECC": Kepler(5700.0, 0.38, 1.2), "WAY": LOW}, limit_km=20_000
    )
    held = segment(motion, -3600.0 if stop_s > DAY_S else 0.0, stop_s, 60.0)
    (directory / "ephemerides" / "way_1.oem").write_text(write_oem(message(about(center, held))))
    config, text = load_config(path)
    return run_cycle(config, text, directory, CUTOFF, None, silent).record


def the_object(record: CycleRecord) -> ObjectRecord:
    return next(item for item in record.objects if item.id == "WAY")


@pytest.fixture(scope="module")
def arrivals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CycleRecord]:
    """The same arrival given about Mars and about three centres from which it came."""
    centers = ("MARS", "SUN", "SOLAR SYSTEM BARYCENTER", "EARTH")
    return {center: cycle(tmp_path_factory.mktemp("arrival"), Arrival(), center=center) for center in centers}


@pytest.mark.parametrize("center", ["SUN", "SOLAR SYSTEM BARYCENTER", "EARTH"])
def test_an_arrival_is_screened_around_mars_whatever_its_centre(center: str, arrivals: dict[str, CycleRecord]) -> None:
    """An arc about the Sun, a barycentre or the Earth has the events of the same arc about Mars, to a metre."""
    wanted, found = arrivals["MARS"].events, arrivals[center].events
    assert len(wanted) > 2
    assert [(event.primary, event.secondary) for event in found] == [(e.primary, e.secondary) for e in wanted]
    for event, expected in zip(found, wanted, strict=True):
        assert event.miss_km == pytest.approx(expected.miss_km, abs=A_METRE_KM)
        assert abs(event.tca - expected.tca) < 1e-2  # where the distance is flat a metre is many milliseconds


def test_an_arrival_has_an_orbit_without_a_period(arrivals: dict[str, CycleRecord]) -> None:
    """A hyperbola has a periapsis and no apoapsis, and takes part in the search for crossings."""
    orbit = the_object(arrivals["SUN"]).orbit
    assert orbit is not None
    assert orbit.apoapsis_altitude_km is None
    assert orbit.period_s is None
    assert orbit.periapsis_altitude_km == pytest.approx(400.0, abs=1.0)


def test_far_from_the_body_nothing_is_near(tmp_path: Path) -> None:
    """A cruise a million kilometres off is screened as well, is covered, and has no event."""

    @dataclass(frozen=True)
    class Far:
        def state(self, offsets_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            rows = np.asarray(offsets_s, dtype=float)[:, None]
            velocity_km_s = np.array([-2.5, 0.1, 0.0])
            return np.array([1.2e6, 0.0, 3e5]) + rows * velocity_km_s, np.tile(velocity_km_s, (len(rows), 1))

    record = cycle(tmp_path, Far(), center="SUN")
    assert [event for event in record.events if "WAY" in (event.primary, event.secondary)] == []
    pairs = [pair for pair in record.pairs if "WAY" in (pair.primary, pair.secondary)]
    assert [pair.covered_s for pair in pairs] == [pytest.approx(DAY_S)] * 2


@pytest.mark.parametrize(
    ("motion", "stop_s", "kind", "words"),
    [
        (OnTheGround(3396.19 + 500.0, 0.5), 900.0, "descending", "in descent at an altitude of 5"),
        (OnTheGround(3394.0), 7200.0, "on the surface", "with the object on the surface"),
        (LOW, 7200.0, "in flight", "in flight at an altitude of"),
    ],
)
def test_an_ephemeris_that_ends_is_shown_so(
    tmp_path: Path, motion: Motion, stop_s: float, kind: str, words: str
) -> None:
    """Entry, landing and a mere end are told apart, on the object's page and in the reason for what is not covered."""
    record = cycle(tmp_path, motion, stop_s=stop_s)
    item = the_object(record)
    assert item.ending is not None
    assert item.ending.kind == kind
    assert item.ending.at - CUTOFF == pytest.approx(stop_s, abs=1e-3)
    page = object_views.object_page(item, Catalogue(record), LINKS)
    assert any(words in line for line in page.remarks)
    assert any("Nothing is screened after it" in line for line in page.remarks)
    pair = next(pair for pair in record.pairs if "WAY" in (pair.primary, pair.secondary))
    reason = f"no ephemeris of WAY ({kind} when its ephemeris ended)" if kind != "in flight" else "no ephemeris of WAY"
    assert [said(span.reason) for span in pair.uncovered] == [reason]


def test_an_ephemeris_that_reaches_the_end_of_the_window_does_not_end(arrivals: dict[str, CycleRecord]) -> None:
    """Nothing is said of an end that lies beyond the window."""
    assert [item.ending for item in arrivals["MARS"].objects] == [None] * 3
