"""The bounds of the broad phase hold wherever an object is within a step."""

from typing import Final

import numpy as np
import pytest

from catalogues import fleet_of, structured
from nearpass.screening.broad_phase import _reach, find_candidates
from nearpass.screening.steps import TOLERANCE_KM, Steps, describe

STEP_S: Final = 150.0
ROUNDING_KM: Final = 1e-8
SATELLITES: Final = structured(200, seed=11)


@pytest.fixture(scope="module")
def steps() -> Steps:
    """A few hours of every kind of orbit."""
    return describe(fleet_of(SATELLITES), np.arange(0.0, 4 * 3600.0, STEP_S))


def truth_km(step: int, count: int = 21) -> tuple[np.ndarray, np.ndarray]:
    """Offsets from the middle of a step, and positions ``(N, count, 3)`` of SGP4 there."""
    shift_s = np.linspace(-STEP_S / 2, STEP_S / 2, count)
    return shift_s, fleet_of(SATELLITES).sampled_km(np.arange(len(SATELLITES)), (step + 0.5) * STEP_S + shift_s)


@pytest.mark.parametrize("step", [0, 17, 50, 94])
def test_ball_shell_and_parabola_hold(steps: Steps, step: int) -> None:
    """SGP4 stays within the ball, the shell and the remainder of Taylor's formula of each object on a step."""
    shift_s, positions_km = truth_km(step)
    reach = _reach(steps, step, STEP_S / 2)
    away_km = np.linalg.norm(positions_km - reach.states[:, None, :3], axis=2)
    rise_km = np.abs(np.linalg.norm(positions_km, axis=2) - reach.q_km[:, None])
    p, v, a = (reach.states[:, None, part : part + 3] for part in (0, 3, 6))
    parabola_km = p + v * shift_s[:, None] + a * shift_s[:, None] ** 2 / 2
    left_km = np.linalg.norm(positions_km - parabola_km, axis=2)
    assert np.all(away_km.max(axis=1) <= reach.ball_km)
    assert np.all(rise_km.max(axis=1) <= reach.shell_km)
    bound_km = reach.third_km_s3[:, None] * np.abs(shift_s) ** 3 / 6 + reach.error_km[:, None] + ROUNDING_KM
    assert np.all(left_km <= bound_km)


def test_few_states_describe_an_orbit_within_the_stated_error(steps: Steps) -> None:
    """The polynomials are nowhere farther from SGP4 than they say, and that is below 0.1 m but where they were cut."""
    assert np.nanmax(steps.error_km) <= TOLERANCE_KM
    for step in (3, 40, 77):
        _, positions_km = truth_km(step, 3)
        middle_km = np.linalg.norm(positions_km[:, 1] - steps.states[step, :, :3], axis=1)
        assert np.all(middle_km <= steps.error_km[step] + ROUNDING_KM)


@pytest.mark.parametrize("limit_km", [20.0, 200.0, 2000.0])
def test_no_pair_that_comes_near_is_left_out(steps: Steps, limit_km: float) -> None:
    """Every pair that SGP4 brings within the limit on a step is a candidate there, however wide the limit."""
    found = find_candidates(steps, limit_km)
    named = set(zip(found.first.tolist(), found.second.tolist(), found.step.tolist(), strict=True))
    near = set()
    for step in range(0, len(steps.edges_s) - 1, 5):
        _, positions_km = truth_km(step)
        apart_km = np.linalg.norm(positions_km[:, None] - positions_km[None], axis=3).min(axis=2)
        pairs = np.argwhere(np.triu(apart_km < limit_km, 1)).tolist()
        near |= {(first, second, step) for first, second in pairs}
    assert len(near) >= 5
    assert near <= named
    assert len(named) == len(found.step)
