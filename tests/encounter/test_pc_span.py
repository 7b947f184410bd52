"""Probability over a span of time: what is counted, and that nothing falls back to one passage."""

import numpy as np
import pytest

from encounters import pc_input
from nearpass.encounter.pc import assess_probability
from nearpass.encounter.pc_encounter import PcInput, uncertain_orbits
from nearpass.encounter.pc_monte_carlo import monte_carlo
from nearpass.encounter.pc_result import FOSTER, NC_3D
from nearpass.encounter.pc_span import wider_span
from nearpass.report.wording import said

GM_MARS_KM3_S2 = 42828.375
PERIOD_S = 2.0 * np.pi * np.sqrt(3700.0**3 / GM_MARS_KM3_S2)
SLOW_KM_S = (1e-4, 0.0, 3e-4)
SAME_PERIOD_KM_S = (0.0, 3.4022 * (np.cos(0.6) - 1.0), 3.4022 * np.sin(0.6))
"""Planes 34 degrees apart, the same speed: both meet again at every node."""
TRIALS = 20_000
LINEAR = 0.01
"""Of a share of entries drawn by 4000 trials, and of linearised orbits."""


def pair(velocity_km_s, sigmas_km, hbr_km: float, span_s=None, speed_km_s: float = 3.4022) -> PcInput:
    """Two objects on a round orbit about Mars, 0.4 km apart, that part with this velocity."""
    covariance = np.diag(np.array([*sigmas_km, 1e-5, 1e-5, 1e-5]) ** 2)
    position, velocity = np.array([3700.0, 0.0, 0.0]), np.array([0.0, speed_km_s, 0.0])
    return pc_input(
        primary_position_km=position,
        primary_velocity_km_s=velocity,
        secondary_position_km=position + np.array([0.3, 0.2, 0.1]),
        secondary_velocity_km_s=velocity + np.array(velocity_km_s),
        primary_covariance=covariance,
        secondary_covariance=2.0 * covariance,
        hbr_km=hbr_km,
        span_s=span_s,
    )


@pytest.mark.parametrize(
    ("velocity_km_s", "sigmas_km", "hbr_km"),
    [(SAME_PERIOD_KM_S, (0.3, 0.5, 0.3), 0.2), (SLOW_KM_S, (0.1, 0.3, 0.1), 0.1)],
    ids=["crossing at every node", "slow"],
)
@pytest.mark.parametrize("revolutions", [(-0.2, 0.2), (-0.6, 1.2), (-1.6, 0.1)], ids=str)
def test_a_span_is_counted_whole(velocity_km_s, sigmas_km, hbr_km, revolutions) -> None:
    """Over part of a revolution or several the probability is that of simulated pairs; the answer says the span."""
    span_s = (revolutions[0] * PERIOD_S, revolutions[1] * PERIOD_S)
    one = pair(velocity_km_s, sigmas_km, hbr_km, span_s)
    found = assess_probability(one, maximum=False)
    orbits, _ = uncertain_orbits(one.encounter)
    simulated = monte_carlo(*orbits, hbr_km, span_s, trials=TRIALS, seed=5, confidence=0.999)

    assert found.span_s == span_s
    assert simulated.low * (1.0 - LINEAR) <= found.pc <= simulated.high * (1.0 + LINEAR)


def test_more_than_one_passage_is_more_than_one_passage() -> None:
    """The plane holds for each passage, and still a span of several is not answered by one."""
    alone = assess_probability(pair(SAME_PERIOD_KM_S, (0.3, 0.5, 0.3), 0.2))
    several = assess_probability(pair(SAME_PERIOD_KM_S, (0.3, 0.5, 0.3), 0.2, (-PERIOD_S, PERIOD_S)))

    assert alone.method == FOSTER
    assert several.method == NC_3D
    assert several.pc > 1.2 * alone.pc
    assert "holds more than one passage" in said(several.why)


def test_without_a_span_the_answer_says_which_time_it_counts() -> None:
    """In the plane that is Coppola's duration of the passage; along curved orbits a quarter revolution each way."""
    fast, slow = (
        assess_probability(pair(velocity, (0.1, 0.3, 0.1), 0.1)) for velocity in (SAME_PERIOD_KM_S, SLOW_KM_S)
    )
    assert fast.span_s == (fast.short_encounter.start_s, fast.short_encounter.stop_s)
    assert slow.span_s == pytest.approx((-PERIOD_S / 4.0, PERIOD_S / 4.0), rel=0.01)


def test_a_span_that_cuts_the_passage_counts_its_part() -> None:
    """Half of the entries into a sphere whose peak is at the beginning of the span are in it, by simulation too."""
    nominal = pair(SAME_PERIOD_KM_S, (0.3, 0.5, 0.3), 0.2)
    whole = assess_probability(nominal)
    span_s = (whole.tca.epoch - nominal.encounter.epoch, 600.0)
    one = pair(SAME_PERIOD_KM_S, (0.3, 0.5, 0.3), 0.2, span_s)
    found = assess_probability(one, maximum=False)
    orbits, _ = uncertain_orbits(one.encounter)
    simulated = monte_carlo(*orbits, 0.2, span_s, trials=TRIALS, seed=6, confidence=0.999)

    assert found.method == NC_3D
    assert "does not hold the whole encounter" in said(found.why)
    assert found.pc < 0.8 * whole.pc
    assert simulated.low <= found.pc * (1.0 + LINEAR)
    assert found.pc * (1.0 - LINEAR) <= simulated.high


def test_where_a_span_cannot_be_counted_no_passage_stands_in_for_it() -> None:
    """An object that is on no ellipse is not followed: no value, and why."""
    found = assess_probability(
        pair((0.0, 0.0, 1.0), (0.3, 0.5, 0.3), 0.2, (-PERIOD_S, PERIOD_S), speed_km_s=5.2), maximum=False
    )
    assert found.pc is None
    assert found.methods[FOSTER].value > 0.0
    assert "holds more than one passage" in said(found.why)
    assert "closed orbit" in said(found.why)


def test_a_slow_pair_has_a_wider_span_to_be_told_beside() -> None:
    """One revolution before and after TCA for a slow pair; none for a fast one, nor where a span was asked for."""
    slow, fast = pair(SLOW_KM_S, (0.1, 0.3, 0.1), 0.1), pair(SAME_PERIOD_KM_S, (0.1, 0.3, 0.1), 0.1)
    asked = pair(SLOW_KM_S, (0.1, 0.3, 0.1), 0.1, (-100.0, 100.0))

    assert wider_span(slow, assess_probability(slow, maximum=False)) == pytest.approx((-PERIOD_S, PERIOD_S), rel=0.01)
    assert wider_span(fast, assess_probability(fast, maximum=False)) is None
    assert wider_span(asked, assess_probability(asked, maximum=False)) is None
