"""Fitted series follow a motion, state what they miss, and refuse what no series can follow."""

import numpy as np
import pytest

from nearpass.astro.epochs import DAY_S
from nearpass.ephemeris.fitting import TOLERANCE_KM, fitted_arc
from nearpass.errors import InputError


def test_a_fit_states_the_error_that_it_leaves() -> None:
    """A motion with a kink is followed to the shortest interval, and the error found there is the arc's."""

    def kinked(offsets_s: np.ndarray) -> np.ndarray:
        states = np.zeros((len(offsets_s), 6))
        states[:, 0] = 5.0 * np.abs(offsets_s - 1234.567)
        return states

    arc = fitted_arc(kinked, 0.0, 5000.0)
    times_s = np.linspace(1230.0, 1240.0, 2001)
    missed_km = np.abs(arc.position_km(times_s)[:, 0] - kinked(times_s)[:, 0]).max()
    assert 1e-3 < missed_km < 1.5 * arc.error_km


@pytest.mark.parametrize(("step_km", "rule"), [(50.0, "smooth"), (np.nan, "finite"), (np.inf, "finite")])
def test_states_that_no_fit_can_follow_are_refused(step_km: float, rule: str) -> None:
    """A damaged kernel that jumps by kilometres, or gives no number, is no ephemeris."""

    def broken(offsets_s: np.ndarray) -> np.ndarray:
        return np.where(offsets_s[:, None] > 1234.567, step_km, 0.0) * np.ones(6)

    with pytest.raises(InputError, match=rule):
        fitted_arc(broken, 0.0, 5000.0)


def test_a_fit_of_a_smooth_motion_is_within_the_tolerance() -> None:
    """A circular orbit is followed to a millimetre by few intervals."""

    def circular(offsets_s: np.ndarray) -> np.ndarray:
        angle = 1e-3 * offsets_s
        return 4000.0 * np.stack([np.cos(angle), np.sin(angle), *[0 * angle] * 4], axis=1)

    arc = fitted_arc(circular, 0.0, DAY_S)
    times_s = np.linspace(0.0, DAY_S, 10_001)
    missed_km = np.linalg.norm(arc.position_km(times_s) - circular(times_s)[:, :3], axis=1)
    assert missed_km.max() <= TOLERANCE_KM
    assert len(arc.knots_s) < 60
