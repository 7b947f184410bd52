"""Decoys are orbits, give the same editions by a count of our own, and keep a guess from the object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.optimize import least_squares
from scipy.spatial import cKDTree

from close_orbits import DAYS, KNOWN, MARS, SECRET, cycle, fleet
from edition_records import edition
from fleets import CUTOFF, GM_MARS_KM3_S2, Kepler, message, segment
from nearpass.astro.bodies import equator_from_icrf
from nearpass.astro.epochs import DAY_S
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.disclosure.archived import Flown
from nearpass.disclosure.decoys import _apart_km, _Search, certify
from nearpass.disclosure.displacement import displaced, displacement, frame_of
from nearpass.ephemeris.interpolation import trajectory_from_oem
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.errors import InputError
from nearpass.publish.protection import protected_sites
from nearpass.publish.workspace import Workspace
from nearpass.record.marking import HIDDEN_RUNG, Grain, Show
from nearpass.record.record import CycleRecord
from nearpass.release.reduction import reduced
from nearpass.sample.propagation import GMM3, Batch, Sampling, propagate

FloatArray = NDArray[np.float64]


def told_by_hand(record: CycleRecord, other: Mapping[str, Trajectory], moved: Trajectory) -> list[tuple[object, ...]]:
    """Minima of the distance below the yellow threshold on a grid of 4 s, in the cells that an edition tells."""
    at_s = np.arange(0.0, DAYS * 86_400.0, 4.0)
    found = []
    for name, trajectory in other.items():
        apart = np.linalg.norm(moved.state(at_s)[0] - trajectory.state(at_s)[0], axis=1)
        inner = np.flatnonzero((apart[1:-1] <= apart[:-2]) & (apart[1:-1] < apart[2:])) + 1
        for index in inner:
            near = at_s[index] + np.linspace(-4.0, 4.0, 401)
            fine = np.linalg.norm(moved.state(near)[0] - trajectory.state(near)[0], axis=1)
            miss, when = float(fine.min()), float(near[fine.argmin()])
            if miss < record.thresholds.yellow_cad_km:
                level = "red" if miss < record.thresholds.red_cad_km else "yellow"
                found.append((name, level, int(when // 600), int(miss // 5)))
    return sorted(found)


PUBLIC = edition({"S": Show.METRICS})


@pytest.mark.parametrize("meeting", [0, 1, 2])
def test_a_decoy_gives_the_same_edition_by_a_count_of_our_own(tmp_path, meeting: int) -> None:
    """On a grid of four seconds every decoy has the object's red and yellow approaches, in the same cells."""
    made = cycle(tmp_path, {**fleet(meeting=meeting), "S": SECRET})
    search = _Search([made], "S", [PUBLIC])
    others = {name: held for name, held in made.trajectories.items() if name != "S"}
    own = told_by_hand(made.record, others, made.trajectories["S"])

    kept = next(search.batches())[:4]

    assert len(own) >= meeting
    assert search.figures == len(own)
    assert len(kept) >= 4
    for one in kept:
        assert told_by_hand(made.record, others, search._moved(0, one)) == own


@pytest.mark.parametrize("scale", [0.3, 1.0])
def test_a_displaced_orbit_is_an_orbit(scale: float) -> None:
    """Beside an orbit flown in the field of Mars the path of another one flown so is met to a fiftieth of its distance.

    The elements of the displacement are those of the two osculating orbits at one instant, so that the mean motion of
    the other one is off by the short-period part of J2: its path is compared, not its clock.
    """
    at_s = np.arange(0.0, 5 * 86_400.0, 30.0)
    position, velocity = SECRET.state(np.array([0.0]))
    other = Kepler(SECRET.a_km + 4.0 * scale, SECRET.e + 0.01 * scale, SECRET.inclination_rad + 0.02 * scale, 2.0,
                   1.0 - 0.03 * scale, 0.3 + 0.2 * scale).state(np.array([0.0]))  # fmt: skip
    to_equator = equator_from_icrf(MARS, CUTOFF)
    states = np.concatenate([np.hstack([position, velocity]), np.hstack(other)])
    turned = np.hstack([states[:, :3] @ to_equator.T, states[:, 3:] @ to_equator.T])
    field = replace(GMM3, j3=0.0, j4=0.0)
    batch = Batch(epochs=(CUTOFF, CUTOFF), states=turned, tangential_km_s2=np.zeros(2))
    (flown,) = propagate(batch, [Sampling(columns=np.arange(2), offsets_s=at_s)], field=field, planets=None)
    own, true = (np.hstack([flown[:, k, :3] @ to_equator, flown[:, k, 3:] @ to_equator]) for k in range(2))
    frame = frame_of(MARS, CUTOFF, own[0, :3], own[0, 3:])
    elements = frame.elements(own[:, :3], own[:, 3:])
    by = displacement(frame, elements[0], frame.elements(true[:1, :3], true[:1, 3:])[0], 0.0)

    made, _ = displaced(frame, elements, at_s, by)

    _, nearest = cKDTree(true[:, :3]).query(made)
    along = true[nearest, 3:] / np.linalg.norm(true[nearest, 3:], axis=1)[:, None]
    error = made - true[nearest, :3]
    across = np.linalg.norm(error - np.einsum("ni,ni->n", error, along)[:, None] * along, axis=1)
    apart = np.linalg.norm(true[:, :3] - own[:, :3], axis=1)
    assert np.median(across) < np.median(apart) / 50.0


def test_a_decoy_on_a_long_ellipse_is_the_displaced_orbit(tmp_path) -> None:
    """Between its nodes, at periapsis too, the trajectory that is screened is the displaced orbit to 100 m."""
    long = Kepler(33_000.0, 0.885, np.radians(87.0), 1.0, 2.0, 0.4)
    search = _Search([cycle(tmp_path, {"A": KNOWN["A"], "S": long})], "S", [PUBLIC])
    own = search._own[0]
    at_s = np.linspace(100.0, DAYS * 86_400.0 - 100.0, 7919)
    for by in search._proposed(3):
        wanted, _ = search._states(own.state(at_s), at_s, 0, by)

        assert np.linalg.norm(search._moved(0, by).state(at_s)[0] - wanted, axis=1).max() < 0.1  # of cells of 5 km


def test_the_bound_is_that_of_a_search_over_all_choices() -> None:
    """For points at rest it is half of the largest least distance of any so many of them, at the worst instant."""
    random = np.random.default_rng(7)
    places = random.normal(size=(3, 7, 3)) * 100.0
    grid = np.array([0.0, 60.0, 120.0])

    found, _ = _apart_km((places, np.zeros_like(places)), 3, grid, 0.0)

    def best(at: FloatArray) -> float:
        return max(
            min(float(np.linalg.norm(at[a] - at[b])) for a, b in combinations(chosen, 2))
            for chosen in combinations(range(len(at)), 3)
        )

    exact = min(best(at) for at in places) / 2.0
    assert found <= exact + 1e-9
    assert found >= exact / 2.0  # taking the farthest in turn is at most twice as bad (Gonzalez 1985)


def test_orbits_that_cross_between_two_instants_are_not_apart() -> None:
    """Two orbits that meet halfway between the instants of the grid give no bound."""
    places = np.array([[[0.0, 0.0, 0.0], [30.0, 0.0, 0.0]]])
    moving = np.array([[[0.0, 0.0, 0.0], [-1.0, 0.0, 0.0]]])

    assert _apart_km((places, moving), 2, np.array([0.0]), 0.0)[0] == pytest.approx(0.0)
    assert _apart_km((places, -moving), 2, np.array([0.0]), 0.0)[0] == pytest.approx(0.0)


def test_no_attack_does_better_than_the_bound(tmp_path) -> None:
    """Least squares from ten starts over what is told of one approach leave at most one fit within the bound."""
    orbits = {**fleet(meeting=1), "S": SECRET}
    made = cycle(tmp_path, orbits)
    proven = certify([made], "S", [PUBLIC], among=5)
    search = _Search([made], "S", [PUBLIC])
    (meeting,) = search._meetings
    middle_s, middle_km = float(np.mean(meeting.span_s)), float(np.mean(meeting.miss_km))
    random = np.random.default_rng(11)
    grid = np.arange(0.0, DAYS * 86_400.0, 600.0)
    truth = made.trajectories["S"].state(grid)[0]

    def residuals(elements: FloatArray) -> FloatArray:
        at = np.array([middle_s])
        apart = Kepler(*elements * SCALE).state(at)[0] - orbits[meeting.other].state(at)[0]
        return np.array([(np.linalg.norm(apart) - middle_km) / 5.0])

    near = []
    for _ in range(10):
        start = np.array([SECRET.a_km, SECRET.e, SECRET.inclination_rad, SECRET.node_rad, SECRET.argument_rad,
                          SECRET.mean_anomaly_rad]) / SCALE  # fmt: skip
        limits = np.array([0.36, 0.0, -9.0, -9.0, -9.0, -9.0]), np.array([2.0, 0.8, 9.0, 9.0, 9.0, 9.0])
        fit = least_squares(residuals, start + random.normal(size=6) * 0.02, bounds=limits, max_nfev=40)
        guess = Kepler(*fit.x * SCALE).state(grid)[0]
        near.append(bool((np.linalg.norm(guess - truth, axis=1) < proven.bound_km).all()))

    assert proven.bound_km >= 50.0
    assert sum(near) <= 1


def test_the_day_instead_of_ten_minutes_keeps_five_orbits_a_thousand_kilometres_apart(tmp_path) -> None:
    """A red approach that is told with its day protects by more than 500 km among five; with its ten minutes it cannot.

    Within ten minutes whatever passes the same place lies on some thousand kilometres of its path.
    """
    made = cycle(tmp_path, {**fleet(meeting=1), "S": SECRET})
    daily = replace(PUBLIC, grain=Grain(tca_s=DAY_S))
    (told,) = reduced(made.record, daily).told

    assert told.level == "red"
    assert {told.primary, told.secondary} == {"A", "S"}
    assert certify([made], "S", [daily], among=5, enough_km=501.0).bound_km > 500.0
    assert certify([made], "S", [PUBLIC], among=5).bound_km < 500.0


SCALE = np.array([1e4, 1.0, 1.0, 1.0, 1.0, 1.0])


def test_an_open_orbit_cannot_be_certified(tmp_path) -> None:
    """Of an object that flies by no decoys are made: the error says so."""
    made = cycle(tmp_path, {**KNOWN, "S": SECRET})
    frame = frame_of(MARS, CUTOFF, np.array([7000.0, 0.0, 0.0]), np.array([0.0, 5.0, 0.0]))

    with pytest.raises(InputError, match="must be closed"):
        frame.elements(np.array([[7000.0, 0.0, 0.0]]), np.array([[0.0, 5.0, 0.0]]))
    with pytest.raises(InputError, match="must have an orbit"):
        certify([replace(made, trajectories={})], "S", [PUBLIC], among=5)


class Flyby:
    """A motion on a hyperbola, flown by another integrator: nearest at the cut-off."""

    def state(self, offsets_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Positions and velocities, each (N, 3)."""

        def falling(_: float, state: FloatArray) -> FloatArray:
            return np.concatenate([state[3:], -GM_MARS_KM3_S2 * state[:3] / np.linalg.norm(state[:3]) ** 3])

        start = [7000.0, 0.0, 0.0, 0.0, 4.0, 1.0]
        found = solve_ivp(falling, (0.0, offsets_s[-1]), start, t_eval=offsets_s, rtol=1e-11, atol=1e-9)
        return found.y[:3].T, found.y[3:].T


def test_an_open_orbit_stops_no_edition(tmp_path, monkeypatch, caplog) -> None:
    """What flies by is not told of in that cycle, the publisher is told why, and the edition goes out; later it may be.

    A later cycle in which the orbit is closed is certified without the one in which nothing was told.
    """
    made = cycle(tmp_path, {**fleet(meeting=1), "S": SECRET})
    flown = trajectory_from_oem(
        message(segment(Flyby(), 0.0, DAYS * 86_400.0, 60.0)), body=MARS, epoch=CUTOFF,
        window_s=(0.0, DAYS * 86_400.0), planets=PlanetaryEphemeris.default(),
    )  # fmt: skip
    before, later = "2021-03-16T0000Z", made.record.cycle_id
    record = replace(made.record, cycle_id=before)
    opened = replace(made, record=record, trajectories={**made.trajectories, "S": flown})
    monkeypatch.setattr(Flown, "cycles", lambda *_: [opened])
    promised = replace(PUBLIC, protects_km=50.0)
    sites, errors = protected_sites(
        [Workspace(directory=tmp_path, edition=promised)], record, Flown(), lambda *_: lambda _: None
    )
    (site,) = sites

    assert errors == []
    assert reduced(made.record, promised).told != ()
    assert reduced(record, site.edition).told_ended == reduced(record, site.edition).told == ()
    assert (site.edition.rung(before, "S"), site.edition.rung(later, "S")) == (HIDDEN_RUNG, 0)
    assert "an orbit that is to be protected must be closed" in caplog.text
    assert certify([opened, made], "S", [site.edition], among=5, enough_km=50.0).bound_km >= 50.0


def test_elements_are_the_inverse_of_states() -> None:
    """Random orbits of every inclination come back from their elements to a metre."""
    random = np.random.default_rng(3)
    for _ in range(20):
        orbit = Kepler(random.uniform(3700, 20_000), random.uniform(0.0, 0.6), *random.uniform(0.0, np.pi, 4))
        states = orbit.state(np.linspace(0.0, orbit.period_s, 30))
        frame = frame_of(MARS, CUTOFF, states[0][0], states[1][0])

        back = frame.states(frame.elements(*states))

        assert np.abs(back[0] - states[0]).max() < 1e-3
        assert np.abs(back[1] - states[1]).max() < 1e-6
