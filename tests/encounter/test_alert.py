"""Alert levels and their reasons."""

import pytest

from generator.encounter.alert import AlertRule, Level, assess

RULES = (AlertRule(level=Level.YELLOW, cad_km=10.0), AlertRule(level=Level.RED, cad_km=3.0))


@pytest.mark.parametrize(
    ("distance_km", "level"),
    [(0.0, Level.RED), (2.999, Level.RED), (3.0, Level.YELLOW), (9.999, Level.YELLOW), (10.0, Level.GREEN)],
)
def test_the_most_severe_rule_that_holds_decides(distance_km: float, level: Level) -> None:
    """A distance strictly below a threshold has its level, whatever order the rules are in."""
    assert assess(distance_km, RULES, to_surface=False).level is level


def test_the_reason_names_figure_and_threshold() -> None:
    """The words of a level hold the distance, what it was measured to, and the threshold."""
    reason = assess(1.9, RULES, to_surface=True).reason

    assert "1.900 km" in reason
    assert "3 km" in reason
    assert "surface" in reason
