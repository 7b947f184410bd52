"""Old ephemerides carried on by their last orbit, against numerical integration of the real forces but drag."""

import numpy as np
import pytest

from fleets import ABOUT_MARS, CUTOFF, Kepler, message, segment
from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import DAY_S
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.ephemeris.extension import extended
from nearpass.ephemeris.interpolation import arc_from_nodes, trajectory_from_oem
from nearpass.ephemeris.trajectory import Proof, Trajectory
from nearpass.errors import InputError
from nearpass.report.wording import said
from nearpass.sample.propagation import EQUATOR_FROM_ICRF, Batch, Sampling, propagate

MARS = body_named("MARS")
DAYS = 20.0
TURNED_KM = 1e-9

# Shapes of silent orbiters: Mars Global Surveyor, MAVEN and the Mars Orbiter Mission.
ORBITS = {
    "MGS": Kepler(3775.0, 0.01, np.radians(92.9), argument_rad=np.radians(240.0)),
    "MAVEN": Kepler(5740.0, 0.38, np.radians(74.0), argument_rad=1.0),
    "MOM": Kepler(39_900.0, 0.905, np.radians(150.0), argument_rad=2.0),
}


@pytest.fixture(scope="module")
def motions() -> dict[str, tuple[Trajectory, np.ndarray]]:
    """Of each orbit the ephemeris of its first revolution, and its last one, ``(N, 3)``, in ICRF axes.

    Forces: zonal harmonics to degree 4 and the Sun.
    """
    count = len(ORBITS)
    batch = Batch(
        epochs=(CUTOFF,) * count,
        states=np.array([np.concatenate(orbit.state(np.zeros(1)), axis=1)[0] for orbit in ORBITS.values()]),
        tangential_km_s2=np.zeros(count),
    )
    samplings = [
        Sampling(columns=np.array([column]), offsets_s=offsets_s)
        for column, orbit in enumerate(ORBITS.values())
        for offsets_s in (
            np.linspace(0.0, 1.2 * orbit.period_s, 600),
            DAYS * DAY_S + np.linspace(-orbit.period_s, 0.0, 1_000),
        )
    ]
    states = propagate(batch, samplings, planets=PlanetaryEphemeris.default())
    turned = [(part[:, 0].reshape(-1, 2, 3) @ EQUATOR_FROM_ICRF).reshape(-1, 6) for part in states]
    found = {}
    for index, name in enumerate(ORBITS):
        delivered, truth = turned[2 * index : 2 * index + 2]
        nodes_s = samplings[2 * index].offsets_s
        arc = arc_from_nodes(nodes_s, delivered[:, :3], delivered[:, 3:], "HERMITE", 7)
        found[name] = (
            Trajectory(object_id="A", frame=ABOUT_MARS, epoch=CUTOFF, arcs=(arc,), proof=Proof.EXACT),
            truth[:, :3],
        )
    return found


@pytest.mark.parametrize("name", ORBITS)
def test_the_orbit_stays_within_its_stated_error(name: str, motions: dict[str, tuple[Trajectory, np.ndarray]]) -> None:
    """After 20 days under the forces of Mars and the Sun no point of the orbit is farther off than stated."""
    delivered, truth_km = motions[name]
    window_s = ((DAYS - 5.0) * DAY_S, DAYS * DAY_S)
    found = extended(delivered, body=MARS, window_s=window_s)
    assert found.approximation is not None
    span_s = window_s[1] - ORBITS[name].period_s, window_s[1]
    places_km = found.state(np.linspace(*span_s, 4_000))[0]
    off_km = np.linalg.norm(truth_km[:, None] - places_km[None], axis=2).min(axis=1).max()
    assert off_km < found.approximation.error_km


@pytest.mark.parametrize("name", ["MGS", "MAVEN"])
def test_the_drift_is_most_of_the_motion_of_the_orbit(
    name: str, motions: dict[str, tuple[Trajectory, np.ndarray]]
) -> None:
    """Without the drift the orbit would be off by more than five times as much."""
    delivered, truth_km = motions[name]
    window_s = ((DAYS - 5.0) * DAY_S, DAYS * DAY_S)
    still_km = delivered.arcs[0].position_km(np.linspace(0.0, ORBITS[name].period_s, 2_000))
    moved_km = extended(delivered, body=MARS, window_s=window_s).state(
        np.linspace(window_s[1] - ORBITS[name].period_s, window_s[1], 4_000)
    )[0]
    off_km, off_still_km = (
        np.linalg.norm(truth_km[::4, None] - places[None], axis=2).min(axis=1).max() for places in (moved_km, still_km)
    )
    assert off_still_km > 5 * off_km


def test_the_window_is_covered_without_a_gap(motions: dict[str, tuple[Trajectory, np.ndarray]]) -> None:
    """What the ephemeris holds of the window stays as it is, and arcs of one revolution follow to its end."""
    delivered, _ = motions["MGS"]
    end_s = delivered.arcs[-1].stop_s
    found = extended(delivered, body=MARS, window_s=(1000.0, DAY_S))
    spans = found.spans_s
    assert spans[0] == (1000.0, end_s)
    assert spans[-1][1] == DAY_S
    assert [stop for _, stop in spans[:-1]] == [start for start, _ in spans[1:]]
    inside_s = np.linspace(1000.0, end_s - 1.0, 50)
    np.testing.assert_allclose(found.state(inside_s)[0], delivered.state(inside_s)[0], rtol=0, atol=TURNED_KM)
    assert found.proof is Proof.SAMPLED
    assert found.approximation is not None
    assert found.approximation.since_s == end_s
    assert "secular J2 drift" in said(found.approximation.how)


def test_an_ephemeris_that_reaches_the_end_is_not_extended(motions: dict[str, tuple[Trajectory, np.ndarray]]) -> None:
    """Nothing is added to what covers the window, and nothing is called approximate."""
    delivered, _ = motions["MGS"]
    found = extended(delivered, body=MARS, window_s=(100.0, 2000.0))
    assert found.spans_s == ((100.0, 2000.0),)
    assert found.approximation is None


@pytest.mark.parametrize(
    ("orbit", "stop_s", "words"),
    [
        (Kepler(5740.0, 0.38, 1.0), 7200.0, "whole revolution"),
        (Kepler(-8000.0, 1.6, 1.0), 7200.0, "comes round"),
    ],
)
def test_what_is_no_whole_revolution_is_refused(orbit: Kepler, stop_s: float, words: str) -> None:
    """Half a revolution and a fly-by cannot be carried on."""
    motion = segment(orbit, 0.0, stop_s, 60.0) if orbit.a_km > 0 else _flyby(stop_s)
    delivered = trajectory_from_oem(
        message(motion), body=MARS, epoch=CUTOFF, window_s=(0.0, stop_s), planets=PlanetaryEphemeris.default()
    )
    with pytest.raises(InputError, match=words):
        extended(delivered, body=MARS, window_s=(0.0, DAY_S))


def _flyby(stop_s: float):
    class Straight:
        def state(self, offsets_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            velocity_km_s = np.array([0.0, 6.0, 0.0])
            rows = np.asarray(offsets_s)[:, None]
            return np.array([8000.0, 0.0, 0.0]) + rows * velocity_km_s, np.tile(velocity_km_s, (len(rows), 1))

    return segment(Straight(), 0.0, stop_s, 60.0)
