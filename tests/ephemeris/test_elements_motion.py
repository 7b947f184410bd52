"""From mean elements to trajectories: SGP4's states in ICRF axes, up to a decay."""

import numpy as np
import pytest
from sgp4.api import SGP4_ERRORS
from skyfield.api import EarthSatellite, load

from element_texts import TLE, kvn
from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.teme import icrf_from_teme
from nearpass.ephemeris.elements_motion import trajectory_from_elements
from nearpass.ephemeris.lint import Grade, lint_elements
from nearpass.ephemeris.trajectory import Proof, Trajectory
from nearpass.errors import InputError
from nearpass.messages.elements import ElementSet, read_elements
from nearpass.report.wording import said

WEEK_S = 7.0 * DAY_S
CLOCKS_KM = 1e-6  # both count days in doubles, to 0.1 microseconds of 7.5 km/s
ORBITS = {
    "low": {"MEAN_MOTION": "15.3", "ECCENTRICITY": "0.001", "INCLINATION": "97.4"},
    "half a day, eccentric": {"MEAN_MOTION": "2.00612", "ECCENTRICITY": "0.72", "INCLINATION": "63.4"},
    "synchronous": {"MEAN_MOTION": "1.00271", "ECCENTRICITY": "0.0002", "INCLINATION": "0.05"},
}


def element_set(**changes: str) -> ElementSet:
    (item,) = read_elements(kvn(**changes).encode(), "elements").sets
    return item


@pytest.mark.parametrize("orbit", ORBITS.values(), ids=list(ORBITS))
def test_states_are_skyfields(orbit: dict[str, str]) -> None:
    """At random times within a week the trajectory is where skyfield puts the satellite in the GCRS."""
    item = element_set(**orbit)
    epoch = item.epoch + 3600.5
    trajectory = trajectory_from_elements(item, epoch=epoch, window_s=(0.0, WEEK_S))
    offsets_s = np.random.default_rng(1).uniform(0.0, WEEK_S, 300)
    position_km, velocity_km_s = trajectory.state(offsets_s)
    scale = load.timescale(builtin=True)
    moments = scale.tt_jd(epoch.julian_date_tt() // 1, epoch.julian_date_tt() % 1 + offsets_s / DAY_S)
    expected = EarthSatellite.from_satrec(item.satrec, scale).at(moments)
    error_km = trajectory.arcs[0].error_km

    assert trajectory.proof is Proof.SAMPLED
    assert trajectory.spans_s == ((0.0, WEEK_S),)
    assert error_km < 1e-3
    assert np.linalg.norm(position_km - expected.position.km.T, axis=1).max() < error_km + 4e-4 + CLOCKS_KM
    # SGP4's velocities leave out the slow terms: they differ from the positions' own slope by millimetres a second.
    assert np.linalg.norm(velocity_km_s - expected.velocity.km_per_s.T, axis=1).max() < 5e-3


def test_the_stated_error_holds() -> None:
    """On a grid that the fit has not seen, the polynomials miss SGP4 by no more than the arc's error and rounding."""
    item = element_set(**ORBITS["low"])
    trajectory = trajectory_from_elements(item, epoch=item.epoch, window_s=(0.0, WEEK_S))
    offsets_s = np.linspace(0.0, WEEK_S, 50_021)
    satrec = item.satrec
    errors, in_teme, _ = satrec.sgp4_array(
        np.full(len(offsets_s), satrec.jdsatepoch), satrec.jdsatepochF + offsets_s / DAY_S
    )
    expected_km = np.einsum("nij,nj->ni", icrf_from_teme(item.epoch, 0.0, WEEK_S)(offsets_s), in_teme)
    missed_km = np.linalg.norm(trajectory.state(offsets_s)[0] - expected_km, axis=1)

    assert not errors.any()
    assert missed_km.max() < 1.5 * trajectory.arcs[0].error_km


def test_time_runs_through_a_leap_second() -> None:
    """A minute after an epoch just before a leap second, the satellite has flown 61 s by the clocks and 60 in truth."""
    item = element_set(EPOCH="2016-12-31T23:59:30")
    midnight = Epoch.parse("2017-01-01T00:00:29")
    trajectory = trajectory_from_elements(item, epoch=midnight, window_s=(0.0, 60.0))
    _, expected_km, _ = item.satrec.sgp4_tsince(1.0)
    to_icrf = icrf_from_teme(midnight, 0.0, 1.0)(np.zeros(1))[0]

    assert midnight - item.epoch == 60.0
    np.testing.assert_allclose(trajectory.state(np.zeros(1))[0][0], to_icrf @ expected_km, rtol=0, atol=CLOCKS_KM)


DRAG = {"MEAN_MOTION": "16.4", "ECCENTRICITY": "0.002", "BSTAR": "0.02"}
RE_ENTRY = {"MEAN_MOTION": "12", "ECCENTRICITY": "0.25", "MEAN_ANOMALY": "180", "BSTAR": "0"}


@pytest.fixture(params=[(RE_ENTRY, 6), (DRAG, 1)], ids=["re-entry", "drag"])
def ending(request: pytest.FixtureRequest) -> tuple[ElementSet, Trajectory, int]:
    """Elements for which SGP4 gives states at first and none later, and the number of its error then."""
    changes, error = request.param
    item = element_set(**changes)
    return item, trajectory_from_elements(item, epoch=item.epoch, window_s=(0.0, WEEK_S)), error


def test_a_decay_ends_the_trajectory(ending: tuple[ElementSet, Trajectory, int]) -> None:
    """Elements that fail within the window are covered up to the last instant at which SGP4 gives a state."""
    item, trajectory, error = ending
    ((start_s, end_s),) = trajectory.spans_s

    assert (start_s, end_s < WEEK_S) == (0.0, True)
    assert item.satrec.sgp4_tsince(end_s / 60.0)[0] == 0
    assert item.satrec.sgp4_tsince((end_s + 2e-3) / 60.0)[0] == error


def test_lint_tells_the_decay(ending: tuple[ElementSet, Trajectory, int]) -> None:
    """The span of failing elements is graded as a fault, with the instant and sgp4's reason."""
    item, trajectory, error = ending
    findings = lint_elements(
        item, trajectory, body=body_named("Earth"), cutoff=item.epoch, window_s=WEEK_S, period_s=5300.0
    )
    span = next(found for found in findings if found.rule == "span")
    moment = (item.epoch + trajectory.spans_s[0][1]).iso(digits=0).replace("T", " ")

    assert span.grade is Grade.FAIL
    assert said(span.fact) == f"SGP4 gives no state after {moment} UTC, as by decay: {SGP4_ERRORS[error]}."


@pytest.mark.parametrize(("days", "grade"), [(1.0, Grade.PASS), (6.0, Grade.NOTE), (15.0, Grade.FAIL)])
def test_lint_tells_the_age(days: float, grade: Grade) -> None:
    """Elements of a few days are good, those of more than two weeks are not to be trusted."""
    item = element_set(**ORBITS["low"])
    cutoff = item.epoch + days * DAY_S
    trajectory = trajectory_from_elements(item, epoch=cutoff, window_s=(0.0, DAY_S))
    findings = lint_elements(item, trajectory, body=body_named("Earth"), cutoff=cutoff, window_s=DAY_S, period_s=5600.0)
    by_rule = {found.rule: found for found in findings}

    assert by_rule["age"].grade is grade
    assert by_rule["gravity"].grade is Grade.PASS
    assert by_rule["covariance"].grade is Grade.NOTE
    assert by_rule["interpolation"].grade is Grade.PASS


def test_elements_that_sgp4_cannot_propagate() -> None:
    """Elements for which SGP4 gives no state at the start are refused with its reason, the instant and the line."""
    item = element_set(MEAN_MOTION="17.5")
    with pytest.raises(InputError, match=r"SGP4 must give a state at 2000-06-27T18:50:20 UTC, got 'mrt is less than"):
        trajectory_from_elements(item, epoch=item.epoch, window_s=(0.0, WEEK_S))


def test_two_lines_and_message_give_one_motion() -> None:
    """The same elements as two lines and as a message lie within a millimetre of each other after a week."""
    (lines,) = read_elements(TLE.encode(), "lines").sets
    message = element_set()
    ends = [
        trajectory_from_elements(item, epoch=lines.epoch, window_s=(0.0, WEEK_S)).state(np.array([WEEK_S]))[0]
        for item in (lines, message)
    ]

    assert np.abs(ends[0] - ends[1]).max() < 2e-6
