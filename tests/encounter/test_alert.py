"""Alert levels and their reasons."""

import numpy as np
import pytest

from nearpass.encounter.alert import SEVERITY, AlertRule, Level, Passing, PcBound, Verdict, assess, assess_crossing
from nearpass.encounter.alert_rules import thresholds
from nearpass.reasons.levels import (
    CadAbove,
    CadBelow,
    OrbitsClear,
    OrbitsNear,
    PcBoundReaches,
    PcReaches,
    StretchPcReaches,
)

RULES = (AlertRule(level=Level.YELLOW, cad_km=10.0), AlertRule(level=Level.RED, cad_km=3.0))
WITH_PC = (*thresholds(Level.YELLOW, cad_km=10.0, pc=1e-7), *thresholds(Level.RED, cad_km=3.0, pc=1e-4))


def _level(
    distance_km: float,
    rules: tuple[AlertRule, ...] = WITH_PC,
    *,
    probability: float | None = None,
    bound: PcBound | None = None,
    to_surface: bool = False,
) -> Verdict:
    return assess(Passing(distance_km=distance_km, to_surface=to_surface, pc=probability, bound=bound), rules)


@pytest.mark.parametrize(
    ("distance_km", "level"),
    [(0.0, Level.RED), (2.999, Level.RED), (3.0, Level.YELLOW), (9.999, Level.YELLOW), (10.0, Level.GREEN)],
)
def test_the_most_severe_rule_that_holds_decides(distance_km: float, level: Level) -> None:
    """A distance strictly below a threshold has its level, whatever order the rules are in."""
    assert _level(distance_km, RULES).level is level


def test_the_reason_names_figure_and_threshold() -> None:
    """The reason of a level holds the distance, what it was measured to, and the threshold."""
    (reason,) = _level(1.9, RULES, to_surface=True).reason

    assert reason == CadBelow(level=Level.RED, value_km=1.9, limit_km=3.0, to_surface=True)


def test_a_probability_raises_the_level_of_a_far_approach() -> None:
    """An approach beyond every distance threshold is red where its probability of collision says so."""
    assert _level(50.0, probability=4.4e-4).level is Level.RED
    assert _level(50.0, probability=1e-5).level is Level.YELLOW
    assert _level(50.0, probability=1e-9).level is Level.GREEN
    assert _level(50.0, probability=None).level is Level.GREEN


def test_a_level_begins_at_its_threshold() -> None:
    """The documentation promises "a probability of at least this": at the threshold itself the level holds.

    A distance must be below its own: at the threshold it does not.
    """
    below = float(np.nextafter(1e-4, 0.0))

    assert _level(50.0, probability=1e-4).level is Level.RED
    assert _level(50.0, probability=below).level is Level.YELLOW
    assert _level(50.0, probability=1e-7).level is Level.YELLOW
    assert _level(10.0).level is Level.GREEN


@pytest.mark.parametrize(
    ("value", "level"), [(2e-4, Level.RED), (1e-4, Level.RED), (9e-5, Level.YELLOW), (9e-8, Level.GREEN)]
)
def test_a_level_may_rest_on_a_bound_and_says_so(value: float, level: Level) -> None:
    """Without a probability its bound counts, and the reason names whose covariance is missing."""
    found = _level(50.0, bound=PcBound(value=value, missing="secondary"))

    assert found.level is level
    limit = {Level.RED: 1e-4, Level.YELLOW: 1e-7}.get(level)
    expected = PcBoundReaches(level=level, value=value, limit=limit, missing="secondary")
    assert (expected in found.reason) == (level is not Level.GREEN)


def test_a_bound_beside_a_probability_does_not_count() -> None:
    """Where the probability itself is known its bound says nothing more."""
    bound = PcBound(value=0.1, missing="primary")

    assert _level(50.0, probability=1e-9, bound=bound).level is Level.GREEN
    assert _level(50.0, probability=1e-3, bound=bound).reason[0] == PcReaches(level=Level.RED, value=1e-3, limit=1e-4)


@pytest.mark.parametrize(
    ("one", "stretch", "reason"),
    [
        (1e-9, 1e-3, StretchPcReaches(level=Level.RED, value=1e-3, limit=1e-4)),
        (None, 1e-3, StretchPcReaches(level=Level.RED, value=1e-3, limit=1e-4)),
        (1e-3, 1e-9, PcReaches(level=Level.RED, value=1e-3, limit=1e-4)),
        (1e-3, 1e-3, PcReaches(level=Level.RED, value=1e-3, limit=1e-4)),
        (1e-3, None, PcReaches(level=Level.RED, value=1e-3, limit=1e-4)),
    ],
)
def test_the_larger_probability_counts_of_one_approach_and_of_the_whole_stretch(one, stretch, reason) -> None:
    """Two that fly together are judged by what may happen in the whole time, and the reason says which it was."""
    found = Passing(distance_km=50.0, to_surface=False, pc=one, stretch_pc=stretch)

    assert assess(found, WITH_PC).reason[0] == reason


CROSSING_RULES = (
    AlertRule(level=Level.RED, cad_km=3.0, oxd_km=3.0, oxt_sigmas=3.0),
    AlertRule(level=Level.YELLOW, cad_km=10.0, oxd_km=10.0, oxt_sigmas=3.0),
)


@pytest.mark.parametrize(
    ("oxd_km", "oxt_s", "timing_sigma_s", "level"),
    [
        (1.0, 2.0, 1.0, Level.RED),
        (1.0, 20.0, 1.0, Level.GREEN),
        (1.0, None, None, Level.RED),
        (1.0, 20.0, None, Level.RED),
        (1.0, -899.0, None, Level.RED),
        (1.0, 901.0, None, Level.GREEN),
        (5.0, 2.0, 1.0, Level.YELLOW),
        (11.0, 0.0, 1.0, Level.GREEN),
    ],
)
def test_a_crossing_counts_unless_the_timing_clears_it(oxd_km, oxt_s, timing_sigma_s, level) -> None:
    """Orbits that pass near each other raise the level unless both timings are known to be far enough apart."""
    assert assess_crossing(oxd_km, CROSSING_RULES, oxt_s=oxt_s, timing_sigma_s=timing_sigma_s).level is level


def test_a_green_approach_is_told_the_widest_threshold() -> None:
    """Green says how far the approach lies above the threshold at which the first level begins."""
    for value_km in (20.0, 10.0):  # the threshold itself is not below it
        (reason,) = _level(value_km, RULES).reason
        assert reason == CadAbove(value_km=value_km, limit_km=10.0, to_surface=False)


@pytest.mark.parametrize(
    ("oxd_km", "oxt_s", "timing_sigma_s", "level"),
    [
        (3.0, None, None, Level.YELLOW),  # the distance between the orbits must be below the threshold
        (10.0, None, None, Level.GREEN),
        (1.0, 900.0, None, Level.RED),  # fifteen minutes themselves do not clear
        (1.0, np.nextafter(900.0, 901.0), None, Level.GREEN),
        (1.0, 12.0, 4.0, Level.RED),  # three sigmas themselves do not clear, more of them do
        (1.0, 12.001, 4.0, Level.GREEN),
        (1.0, 4.0, 0.5, Level.GREEN),  # eight sigmas, whatever the product of both is
        (1.0, 1.0, 0.0, Level.GREEN),  # passages that are known without any error, and apart
    ],
)
def test_a_crossing_counts_up_to_its_thresholds(oxd_km, oxt_s, timing_sigma_s, level) -> None:
    """What clears a crossing lies beyond the threshold: the figure of the threshold itself still counts."""
    assert assess_crossing(oxd_km, CROSSING_RULES, oxt_s=oxt_s, timing_sigma_s=timing_sigma_s).level is level


def test_the_reason_of_a_crossing_names_its_figures() -> None:
    """Distance, threshold, time between the passages without its sign, and its sigma; between orbits, not surfaces."""
    (near,) = assess_crossing(1.0, CROSSING_RULES, oxt_s=-2.0, timing_sigma_s=1.5).reason
    (clear,) = assess_crossing(11.0, CROSSING_RULES, oxt_s=None, timing_sigma_s=None).reason

    assert near == OrbitsNear(
        level=Level.RED, value_km=1.0, limit_km=3.0, to_surface=False, apart_s=2.0, timing_sigma_s=1.5
    )
    assert clear == OrbitsClear(value_km=11.0, to_surface=False)


def test_red_is_worse_than_yellow_and_yellow_than_green() -> None:
    """Whatever orders by level puts red first and green last."""
    assert sorted(Level, key=SEVERITY.__getitem__) == [Level.GREEN, Level.YELLOW, Level.RED]
    assert len(set(SEVERITY.values())) == 3
