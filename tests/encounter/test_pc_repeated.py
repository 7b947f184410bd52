"""Several encounters of one slow pair, against a simulation of whole pairs over all of them."""

from dataclasses import replace

import numpy as np
import pytest

from nearpass.encounter.equinoctial import Orbit
from nearpass.encounter.pc_encounter import uncertain_orbits
from nearpass.encounter.pc_monte_carlo import monte_carlo
from nearpass.encounter.pc_repeated import Passage, repeated_probability
from pc_cases import alfano_cases

TRIALS = 30_000
SIGMAS = 4.0


def moved(orbit: Orbit, by_s: float) -> Orbit:
    """The same orbit with its elements at a later epoch: the mean longitude runs with the mean motion."""
    forward = np.eye(6)
    forward[5, 0] = by_s
    return replace(orbit, mean=forward @ orbit.mean, covariance=forward @ orbit.covariance @ forward.T)


@pytest.fixture(scope="module")
def pair() -> tuple[Orbit, Orbit, float]:
    """Alfano's twelfth case, two objects on one orbit, with half of its sigmas and twice its radius."""
    given = alfano_cases()[11].given
    orbits, _ = uncertain_orbits(given.encounter)
    assert orbits is not None
    first, second = (replace(one, covariance=one.covariance / 4.0) for one in orbits)
    return first, second, 2.0 * given.hbr_km


def test_three_encounters_together_are_what_whole_pairs_do(pair) -> None:
    """Over half-turns of one orbit the combined probability is that of simulated pairs, below the expected number."""
    first, second, hbr_km = pair
    half_s = first.period_s / 2.0
    passages = [
        Passage(first=moved(first, n * half_s), second=moved(second, n * half_s), tca_s=n * half_s) for n in range(3)
    ]
    together = repeated_probability(passages, hbr_km)
    span_s = (-half_s / 2.0, 2.5 * half_s)
    simulated = monte_carlo(first, second, hbr_km, span_s, trials=TRIALS, seed=3)

    error = np.hypot(np.sqrt(simulated.hits) / simulated.trials, together.standard_error)
    assert together.pc == pytest.approx(simulated.pc, abs=SIGMAS * error)
    assert together.pc < together.expected


def test_one_encounter_alone_is_itself(pair) -> None:
    """With a single encounter nothing is combined: it is its expected number without pairs in contact at the start."""
    first, second, hbr_km = pair
    alone = repeated_probability([Passage(first=first, second=second, tca_s=0.0)], hbr_km)
    quarter_s = first.period_s / 4.0
    simulated = monte_carlo(first, second, hbr_km, (-quarter_s, quarter_s), trials=TRIALS, seed=4)

    error = np.hypot(np.sqrt(simulated.hits) / simulated.trials, alone.standard_error)
    assert alone.pc == pytest.approx(simulated.pc, abs=SIGMAS * error)
