"""Which encounters have orbits with uncertain elements, and why others have none."""

import numpy as np
import pytest

from encounters import encounter_of, pc_input
from fleets import Kepler
from nearpass.encounter.pc import assess_probability
from nearpass.encounter.pc_encounter import uncertain_orbits
from nearpass.reasons.probabilities import NoOrbit

LONG = Kepler(9000.0, 0.5, 1.1, 0.3, 0.8, 0.9)
OTHER = Kepler(9000.0, 0.4, 2.0, 1.0, 0.2, 0.4)
STATES = [[values[0] for values in orbit.state(np.zeros(1))] for orbit in (LONG, OTHER)]


def encounter(velocity_sigma_km_s: float) -> dict[str, np.ndarray]:
    """Two orbits, the first with so large an uncertainty of each velocity component."""
    sigmas = np.array([0.1, 0.1, 0.1, *[velocity_sigma_km_s] * 3])
    return {
        "primary_position_km": STATES[0][0],
        "primary_velocity_km_s": STATES[0][1],
        "secondary_position_km": STATES[0][0] + [0.5, 0.2, -0.1],
        "secondary_velocity_km_s": STATES[1][1],
        "primary_covariance": np.diag(sigmas**2),
        "secondary_covariance": np.diag(np.array([0.1, 0.1, 0.1, 1e-5, 1e-5, 1e-5]) ** 2),
    }


@pytest.mark.parametrize("velocity_sigma_km_s", [1e-5, 1e-3, 0.03, 0.1, 0.3, 1.0, 30.0])
def test_orbits_that_may_be_open_are_not_drawn_from(velocity_sigma_km_s: float) -> None:
    """Where orbits are given, a million drawn ones are ellipses; elsewhere the reason names whose covariance it is."""
    orbits, reason = uncertain_orbits(encounter_of(**encounter(velocity_sigma_km_s)))
    if orbits is None:
        assert reason == NoOrbit(which="primary", rule="orbit_may_open")
        assert velocity_sigma_km_s > 0.05
        return
    drawn = np.random.default_rng(1).multivariate_normal(orbits[0].mean, orbits[0].covariance, 1_000_000)
    assert np.hypot(drawn[:, 1], drawn[:, 2]).max() < 1.0
    assert drawn[:, 0].min() > 0.0
    assert velocity_sigma_km_s < 0.2


@pytest.mark.parametrize("velocity_sigma_km_s", [0.1, 1.0, 30.0])
def test_a_velocity_that_is_hardly_known_still_gives_an_answer(velocity_sigma_km_s: float) -> None:
    """No method fails for an uncertainty of the size of the velocity itself: there is a value or a reason."""
    found = assess_probability(pc_input(hbr_km=0.02, **encounter(velocity_sigma_km_s)), trials=20_000)

    assert found.why
    assert found.pc is None or 0.0 <= found.pc <= 1.0
