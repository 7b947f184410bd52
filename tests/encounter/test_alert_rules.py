"""Rules of alert levels against a plain reading of the page on them, at their limits, and under what is not known."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearpass.encounter.alert import AlertRule, Level, Passing, PcBound, assess, assess_crossing, figures_of
from nearpass.encounter.alert_rules import SEVERITY, Figures, Pairing, reach_km, severities, thresholds
from nearpass.reasons.levels import (
    BoxCondition,
    BPlaneSigmasCondition,
    CadAbove,
    CadCondition,
    NoRule,
    OrbitsClear,
    OrbitsClearInTime,
    OxdCondition,
    OxtCondition,
    OxtSigmasCondition,
    PcCondition,
    RtnSigmasCondition,
    RuleFails,
    RuleHolds,
    RuleUnjudged,
    TimeCondition,
    UnknownCondition,
)

PAIR = Pairing(primary="A", secondary="B", kind="spacecraft")
NEAR = Passing(
    distance_km=2.0, to_surface=False, beyond_rtn_km=(0.5, 1.9, 0.3), rtn_sigmas=(2.0, 0.5, 1.0), b_plane_sigmas=1.5,
    pc=1e-6, to_tca_h=100.0,
)  # fmt: skip

LENGTHS = st.sampled_from([0.5, 1.0, 3.0, 10.0, 30.0])
SIGMAS = st.sampled_from([1.0, 3.0, 6.0])
MAYBE_LENGTH = st.one_of(st.none(), LENGTHS)
CONDITIONS = st.fixed_dictionaries({
    "cad_km": MAYBE_LENGTH,
    "box_rtn_km": st.one_of(st.none(), st.tuples(LENGTHS, LENGTHS, LENGTHS)),
    "rtn_sigmas": st.one_of(st.none(), SIGMAS),
    "b_plane_sigmas": st.one_of(st.none(), SIGMAS),
    "pc": st.one_of(st.none(), st.sampled_from([1e-7, 1e-4])),
    "tca_within_h": st.one_of(st.none(), st.sampled_from([24.0, 240.0])),
}).filter(
    lambda found: any(found[key] is not None for key in ("cad_km", "box_rtn_km"))
    or (found["pc"] is not None and found["rtn_sigmas"] is None and found["b_plane_sigmas"] is None)
)  # fmt: skip
"""What a configuration may say of approaches: sigmas only beside a distance, never the time alone."""
LEVELS = st.sampled_from([Level.RED, Level.YELLOW])
NAMED = st.builds(lambda level, of: (AlertRule(level=level, name="rule", **of),), LEVELS, CONDITIONS)
PLAIN = st.builds(lambda level, cad_km, pc: thresholds(level, cad_km=cad_km, pc=pc), LEVELS, LENGTHS, st.just(1e-5))
RULES = st.lists(st.one_of(NAMED, PLAIN), max_size=4).map(lambda found: tuple(rule for each in found for rule in each))
PARTS = st.floats(0.0, 40.0)
PASSINGS = st.builds(
    Passing,
    distance_km=st.one_of(st.sampled_from([0.5, 1.0, 3.0, 10.0]), PARTS),
    to_surface=st.booleans(),
    beyond_rtn_km=st.one_of(st.none(), st.tuples(PARTS, PARTS, PARTS)),
    rtn_sigmas=st.one_of(st.none(), st.tuples(PARTS, PARTS, PARTS)),
    b_plane_sigmas=st.one_of(st.none(), PARTS),
    pc=st.one_of(st.none(), st.sampled_from([0.0, 1e-8, 1e-7, 1e-5, 1e-4, 0.1])),
    bound=st.one_of(
        st.none(), st.builds(PcBound, value=st.sampled_from([1e-8, 1e-5, 1e-3]), missing=st.just("primary"))
    ),
    to_tca_h=st.sampled_from([1.0, 24.0, 100.0, 240.0, 500.0]),
)


def _holds_as_written(rule: AlertRule, found: Passing) -> bool:
    """The sentences of the page on rules, one after the other, in words of their own."""
    answers = []
    has_distance = rule.cad_km is not None or rule.box_rtn_km is not None
    if rule.cad_km is not None:
        answers.append("yes" if found.distance_km < rule.cad_km else "no")
    if rule.box_rtn_km is not None and found.beyond_rtn_km is not None:
        inside = [part < side for part, side in zip(found.beyond_rtn_km, rule.box_rtn_km, strict=True)]
        answers.append("yes" if inside == [True, True, True] else "no")
    if rule.box_rtn_km is not None and found.beyond_rtn_km is None:
        r, t, n = rule.box_rtn_km
        answers.append("yes" if found.distance_km < math.sqrt(r * r + t * t + n * n) else "no")
    if rule.rtn_sigmas is not None:
        worst = None if found.rtn_sigmas is None else max(found.rtn_sigmas)
        answers.append("missing" if worst is None else "yes" if worst <= rule.rtn_sigmas else "no")
    if rule.b_plane_sigmas is not None:
        away = found.b_plane_sigmas
        answers.append("missing" if away is None else "yes" if away <= rule.b_plane_sigmas else "no")
    if rule.pc is not None:
        value = found.pc if found.pc is not None else found.bound.value if found.bound is not None else None
        answers.append("missing" if value is None else "yes" if value >= rule.pc else "no")
    if rule.tca_within_h is not None:
        answers.append("yes" if found.to_tca_h <= rule.tca_within_h else "no")
    return "no" not in answers and (has_distance or "missing" not in answers)


def _level_as_written(rules: tuple[AlertRule, ...], found: Passing) -> Level:
    for level in (Level.RED, Level.YELLOW):
        if any(rule.level is level and _holds_as_written(rule, found) for rule in rules):
            return level
    return Level.GREEN


@given(RULES, PASSINGS)
def test_a_level_is_reached_when_all_conditions_of_one_of_its_rules_hold(rules, found) -> None:
    """Random approaches under random rules have the level that the page's sentences give, read without the program."""
    assert assess(found, rules).level is _level_as_written(rules, found)


@given(RULES, st.lists(PASSINGS, max_size=20))
def test_many_at_once_have_the_levels_that_each_has_alone(rules, found) -> None:
    """What a replay and a catalogue evaluate together is what the cycle evaluates for one."""
    together = severities(figures_of(found), rules, [PAIR] * len(found))

    assert together.tolist() == [SEVERITY[assess(one, rules).level] for one in found]


@given(RULES, PASSINGS, st.floats(0.0, 1.0))
def test_nearer_with_all_else_equal_is_never_less_severe(rules, found, share) -> None:
    """Distance, parts, sigmas and time shrunk, and the probability as it is or higher: the level falls in no case."""
    shrunk = replace(
        found,
        distance_km=found.distance_km * share,
        beyond_rtn_km=found.beyond_rtn_km and tuple(part * share for part in found.beyond_rtn_km),
        rtn_sigmas=found.rtn_sigmas and tuple(part * share for part in found.rtn_sigmas),
        b_plane_sigmas=None if found.b_plane_sigmas is None else found.b_plane_sigmas * share,
        pc=None if found.pc is None else found.pc + (1.0 - found.pc) * (1.0 - share),
        to_tca_h=found.to_tca_h * share,
    )

    assert SEVERITY[assess(shrunk, rules).level] >= SEVERITY[assess(found, rules).level]


@given(RULES, PASSINGS)
def test_without_a_covariance_no_sigma_makes_an_approach_less_severe(rules, found) -> None:
    """Taking away the sigmas of an approach lowers its level in no case."""
    blind = replace(found, rtn_sigmas=None, b_plane_sigmas=None)

    assert SEVERITY[assess(blind, rules).level] >= SEVERITY[assess(found, rules).level]


@given(RULES, RULES, PASSINGS)
def test_a_further_rule_lowers_no_level(rules, more, found) -> None:
    """A rule can never make anything less severe than it would be without it."""
    assert SEVERITY[assess(found, (*rules, *more)).level] >= SEVERITY[assess(found, rules).level]


@given(RULES, PASSINGS)
def test_beyond_the_reach_only_a_probability_alone_holds(rules, found) -> None:
    """What lies beyond the reach of the rules is green but for rules without any distance."""
    parts = None if found.beyond_rtn_km is None else tuple(part + reach_km(rules) for part in found.beyond_rtn_km)
    far = replace(found, distance_km=found.distance_km + reach_km(rules), beyond_rtn_km=parts)
    by_pc = tuple(rule for rule in rules if rule.reach_km is None)

    assert assess(far, rules).level is assess(far, by_pc).level


@given(RULES, PASSINGS)
def test_every_level_has_a_reason_and_every_reason_its_rule(rules, found) -> None:
    """A reason is given whatever the rules are; of those that hold by name none but its own level's is given."""
    verdict = assess(found, rules)
    holding = [reason for reason in verdict.reason if isinstance(reason, RuleHolds)]

    assert verdict.reason
    assert all(reason.level is verdict.level and reason.by == "rule" for reason in holding)
    assert len(holding) == sum(
        rule.name is not None and rule.level is verdict.level and _holds_as_written(rule, found) for rule in rules
    )


@pytest.mark.parametrize(
    ("rule", "at", "beyond"),
    [
        ({"cad_km": 3.0}, {"distance_km": float(np.nextafter(3.0, 0.0))}, {"distance_km": 3.0}),
        (
            {"box_rtn_km": (1.0, 2.0, 3.0)},
            {"beyond_rtn_km": (float(np.nextafter(1.0, 0.0)), 1.9, 2.9)},
            {"beyond_rtn_km": (1.0, 1.9, 2.9)},
        ),
        ({"box_rtn_km": (3.0, 1.0, 3.0)}, {"beyond_rtn_km": (2.9, 0.9, 2.9)}, {"beyond_rtn_km": (2.9, 1.0, 2.9)}),
        ({"box_rtn_km": (3.0, 3.0, 1.0)}, {"beyond_rtn_km": (2.9, 2.9, 0.9)}, {"beyond_rtn_km": (2.9, 2.9, 1.0)}),
        (
            {"box_rtn_km": (2.0, 1.0, 2.0)},
            {"beyond_rtn_km": None, "distance_km": float(np.nextafter(3.0, 0.0))},
            {"beyond_rtn_km": None, "distance_km": 3.0},
        ),
        (
            {"cad_km": 3.0, "rtn_sigmas": 1.9999},
            {"rtn_sigmas": (0.1, 1.9999, 0.1)},
            {"rtn_sigmas": (0.1, float(np.nextafter(1.9999, 2.0)), 0.1)},
        ),
        ({"cad_km": 3.0, "rtn_sigmas": 2.0}, {"rtn_sigmas": (2.0, 0.0, 0.0)}, {"rtn_sigmas": (2.1, 0.0, 0.0)}),
        ({"cad_km": 3.0, "rtn_sigmas": 2.0}, {"rtn_sigmas": (0.0, 0.0, 2.0)}, {"rtn_sigmas": (0.0, 0.0, 2.1)}),
        (
            {"cad_km": 3.0, "b_plane_sigmas": 1.9999},
            {"b_plane_sigmas": 1.9999},
            {"b_plane_sigmas": float(np.nextafter(1.9999, 2.0))},
        ),
        ({"pc": 1e-4}, {"pc": 1e-4}, {"pc": float(np.nextafter(1e-4, 0.0))}),
        ({"cad_km": 3.0, "tca_within_h": 72.0}, {"to_tca_h": 72.0}, {"to_tca_h": float(np.nextafter(72.0, 73.0))}),
    ],
)
def test_a_condition_ends_at_its_limit(rule, at, beyond) -> None:
    """Distances must lie below their limit; sigmas and hours at most at it; a probability begins at it."""
    rules = (AlertRule(level=Level.RED, name="r", **rule),)

    assert assess(replace(NEAR, **at), rules).level is Level.RED
    assert assess(replace(NEAR, **beyond), rules).level is Level.GREEN


def test_red_by_distance_may_need_every_direction() -> None:
    """An approach of 2 km is red by distance alone, and not where 6 sigmas in N exclude a hit; the reason says both."""
    rules = (
        AlertRule(level=Level.RED, name="every direction", cad_km=3.0, rtn_sigmas=3.0),
        AlertRule(level=Level.YELLOW, name="watch", cad_km=10.0),
    )
    apart = replace(NEAR, rtn_sigmas=(0.5, 0.6, 6.0))

    assert assess(NEAR, rules).reason == (
        RuleHolds(
            level=Level.RED, by="every direction",
            conditions=(
                CadCondition(value_km=2.0, limit_km=3.0, to_surface=False),
                RtnSigmasCondition(value_rtn=(2.0, 0.5, 1.0), limit=3.0),
            ),
        ),
    )  # fmt: skip
    watched = assess(apart, rules)
    assert watched.level is Level.YELLOW
    assert watched.reason == (
        RuleHolds(
            level=Level.YELLOW, by="watch", conditions=(CadCondition(value_km=2.0, limit_km=10.0, to_surface=False),)
        ),
        RuleFails(
            level=Level.RED, by="every direction", condition=RtnSigmasCondition(value_rtn=(0.5, 0.6, 6.0), limit=3.0)
        ),
    )


def test_the_condition_nearest_to_its_limit_comes_first() -> None:
    """It decides: 2.9 of 3 km before 100 of 200 hours and 1 of 3 sigmas, and what is not known comes last."""
    rule = AlertRule(level=Level.RED, name="r", cad_km=3.0, b_plane_sigmas=3.0, rtn_sigmas=3.0, tca_within_h=200.0)
    found = replace(NEAR, distance_km=2.9, b_plane_sigmas=1.0, rtn_sigmas=None)
    (reason,) = assess(found, (rule,)).reason

    assert isinstance(reason, RuleHolds)
    assert reason.conditions == (
        CadCondition(value_km=2.9, limit_km=3.0, to_surface=False),
        TimeCondition(value_h=100.0, limit_h=200.0),
        BPlaneSigmasCondition(value=1.0, limit=3.0),
        UnknownCondition(figure="uncertainty"),
    )


@pytest.mark.parametrize(
    ("box_rtn_km", "known", "first"),
    [
        ((4.0, 4.0, 4.0), {"beyond_rtn_km": (0.4, 3.6, 0.4)}, "box"),
        ((4.0, 4.0, 4.0), {"beyond_rtn_km": (0.4, 0.4, 0.4)}, "time"),
        ((1.0, 2.0, 2.0), {"beyond_rtn_km": None, "distance_km": 2.7}, "box"),
        ((1.0, 2.0, 2.0), {"beyond_rtn_km": None, "distance_km": 0.3}, "time"),
    ],
)
def test_a_box_is_as_near_to_its_limit_as_its_fullest_side(box_rtn_km, known, first) -> None:
    """Nine tenths of a side, or of its corner where the directions are not known, come before half of the hours."""
    rule = AlertRule(level=Level.RED, name="r", box_rtn_km=box_rtn_km, tca_within_h=200.0)
    (reason,) = assess(replace(NEAR, **known), (rule,)).reason

    assert isinstance(reason, RuleHolds)
    kinds = {"box": BoxCondition, "time": TimeCondition}
    assert isinstance(reason.conditions[0], kinds[first])


def test_the_condition_farthest_beyond_its_limit_keeps_a_rule_from_holding() -> None:
    """Of several conditions that fail the reason names the one that fails most."""
    rule = AlertRule(level=Level.RED, name="r", cad_km=3.0, pc=1e-4, b_plane_sigmas=1.0, tca_within_h=50.0)
    (reason,) = assess(NEAR, (rule,)).reason

    assert reason == RuleFails(level=Level.RED, by="r", condition=PcCondition(value=1e-6, limit=1e-4, missing=None))


@pytest.mark.parametrize(
    ("rule", "condition"),
    [
        (
            {"box_rtn_km": (1.0, 2.0, 1.0)},
            BoxCondition(value_rtn_km=(0.5, 1.9, 0.3), limit_rtn_km=(1.0, 2.0, 1.0)),
        ),
        ({"pc": 1e-7}, PcCondition(value=1e-6, limit=1e-7, missing=None)),
    ],
)
def test_the_reason_gives_figure_and_limit(rule, condition) -> None:
    """Each kind of condition is told with what was found and what the rule asks for."""
    (reason,) = assess(NEAR, (AlertRule(level=Level.RED, name="r", **rule),)).reason

    assert reason == RuleHolds(level=Level.RED, by="r", conditions=(condition,))


def test_a_bound_counts_for_a_rule_and_says_whose_covariance_is_missing() -> None:
    """Where there is no probability its bound decides in either way."""
    rule = AlertRule(level=Level.RED, name="r", cad_km=3.0, pc=1e-4)
    high = replace(NEAR, pc=None, bound=PcBound(value=1e-3, missing="secondary"))
    low = replace(high, bound=PcBound(value=1e-6, missing="secondary"))
    beside = replace(NEAR, pc=1e-6, bound=PcBound(value=1e-3, missing="secondary"))
    (reason,) = assess(high, (rule,)).reason

    assert isinstance(reason, RuleHolds)
    assert PcCondition(value=1e-3, limit=1e-4, missing="secondary") in reason.conditions
    assert assess(low, (rule,)).reason == (
        RuleFails(level=Level.RED, by="r", condition=PcCondition(value=1e-6, limit=1e-4, missing="secondary")),
    )
    assert assess(beside, (rule,)).reason == (
        RuleFails(level=Level.RED, by="r", condition=PcCondition(value=1e-6, limit=1e-4, missing=None)),
    )


def test_a_probability_that_nobody_knows_counts_beside_a_distance_and_not_alone() -> None:
    """Beside a distance it counts as met and says so; alone the rule is not judged, and says so."""
    blind = replace(NEAR, pc=None)
    (beside,) = assess(blind, (AlertRule(level=Level.RED, name="r", cad_km=3.0, pc=1e-4),)).reason
    alone = assess(blind, (AlertRule(level=Level.RED, name="r", pc=1e-4, tca_within_h=500.0),))

    assert isinstance(beside, RuleHolds)
    assert beside.conditions[-1] == UnknownCondition(figure="probability")
    assert (alone.level, alone.reason) == (Level.GREEN, (RuleUnjudged(level=Level.RED, by="r"),))


def test_a_rule_is_not_told_where_one_of_its_distances_is_not_met() -> None:
    """Near enough for its distance but outside its box, an approach was not near enough for the rule."""
    red = AlertRule(level=Level.RED, name="r", cad_km=3.0, box_rtn_km=(1.0, 1.0, 1.0), pc=1e-4)
    watch = AlertRule(level=Level.YELLOW, name="watch", cad_km=10.0)

    assert [one.by for one in assess(NEAR, (red, watch)).reason] == ["watch"]


def test_a_rule_that_could_not_be_judged_is_told_beside_the_distance() -> None:
    """Far away and without a probability both are said; with a probability that is too low the distance alone."""
    rules = (AlertRule(level=Level.RED, name="r", pc=1e-4, tca_within_h=500.0), *thresholds(Level.YELLOW, cad_km=10.0))
    far = replace(NEAR, distance_km=50.0)
    above = CadAbove(value_km=50.0, limit_km=10.0, to_surface=False)

    assert assess(replace(far, pc=None), rules).reason == (RuleUnjudged(level=Level.RED, by="r"), above)
    assert assess(far, rules).reason == (above,)


def test_a_time_that_is_not_known_counts() -> None:
    """A rule of the last days holds for an approach whose distance from the cut-off nobody gave."""
    rule = AlertRule(level=Level.RED, name="r", cad_km=3.0, tca_within_h=24.0)
    (reason,) = assess(replace(NEAR, to_tca_h=None), (rule,)).reason

    assert isinstance(reason, RuleHolds)
    assert reason.conditions[-1] == UnknownCondition(figure="time")


def test_green_says_how_far_above_the_widest_distance() -> None:
    """Without a rule that was near, the widest limit of distance is told, be it that of a named rule."""
    rules = (
        *thresholds(Level.RED, cad_km=3.0),
        AlertRule(level=Level.YELLOW, name="wide", cad_km=20.0, rtn_sigmas=3.0),
    )
    far, near = replace(NEAR, distance_km=25.0), replace(NEAR, distance_km=15.0, rtn_sigmas=(9.0, 0.0, 0.0))

    assert assess(far, rules).reason == (CadAbove(value_km=25.0, limit_km=20.0, to_surface=False),)
    assert assess(near, rules).reason == (
        RuleFails(level=Level.YELLOW, by="wide", condition=RtnSigmasCondition(value_rtn=(9.0, 0.0, 0.0), limit=3.0)),
    )


def test_green_of_a_box_names_the_box() -> None:
    """Where no rule has a plain distance, the least severe box says what lies outside it."""
    rules = (
        AlertRule(level=Level.YELLOW, name="box", box_rtn_km=(1.0, 1.0, 1.0)),
        AlertRule(level=Level.RED, name="small", box_rtn_km=(0.2, 0.2, 0.2)),
    )

    assert assess(NEAR, rules).reason == (
        RuleFails(
            level=Level.YELLOW, by="box",
            condition=BoxCondition(value_rtn_km=(0.5, 1.9, 0.3), limit_rtn_km=(1.0, 1.0, 1.0)),
        ),
    )  # fmt: skip


def test_what_holds_of_a_rule_does_not_keep_it_from_telling_what_does_not() -> None:
    """Outside its box, though within its hours: the box is what lies between."""
    rules = (AlertRule(level=Level.YELLOW, name="box", box_rtn_km=(1.0, 1.0, 1.0), tca_within_h=200.0),)
    (reason,) = assess(NEAR, rules).reason

    assert isinstance(reason, RuleFails)
    assert isinstance(reason.condition, BoxCondition)


def test_without_a_rule_nothing_is_more_than_green_and_says_so() -> None:
    """A pair that every rule leaves out is told so, and a rule on crossings does not judge an approach."""
    assert assess(NEAR, ()).reason == (NoRule(),)
    assert assess(NEAR, (AlertRule(level=Level.RED, name="r", oxd_km=3.0),)).reason == (NoRule(),)


@pytest.mark.parametrize(
    ("rule", "applies"),
    [
        ({}, True),
        ({"classes": ("spacecraft",)}, True),
        ({"classes": ("moon", "silent")}, False),
        ({"pairs": (("B", "A"),)}, True),
        ({"pairs": (("A", "C"), ("A", "B"))}, True),
        ({"pairs": (("A", "C"),)}, False),
        ({"except_pairs": (("B", "A"),)}, False),
        ({"except_pairs": (("B", "C"),)}, True),
        ({"classes": ("moon",), "pairs": (("A", "B"),)}, False),
    ],
)
def test_a_rule_is_for_its_classes_and_pairs(rule, applies) -> None:
    """By class, by pair in either order, and not for the pairs that it leaves out; for many as for one."""
    made = AlertRule(level=Level.RED, name="r", cad_km=3.0, **rule)

    assert made.applies(PAIR) is applies
    assert severities(figures_of([NEAR]), (made,), [PAIR]).tolist() == [2 if applies else 0]


def test_of_a_catalogue_only_the_distance_is_known() -> None:
    """A row below the distance has the level whatever else the rule asks for, and the hours decide as ever."""
    rule = AlertRule(level=Level.YELLOW, name="r", cad_km=3.0, rtn_sigmas=1.0, pc=1e-4, tca_within_h=24.0)
    found = Figures.by_distance(np.array([2.0, 3.0, 2.0]), np.array([1.0, 1.0, 25.0]))

    assert severities(found, (rule,), [PAIR] * 3).tolist() == [1, 0, 0]


def test_of_a_catalogue_a_box_counts_by_its_corner_and_a_rule_on_crossings_is_passed_over() -> None:
    """Within 3 km, the corner of 1, 2 and 2 km, the directions might be inside; what judges orbits judges no row."""
    rules = (
        AlertRule(level=Level.RED, name="c", oxd_km=9.0),
        AlertRule(level=Level.YELLOW, box_rtn_km=(1.0, 2.0, 2.0)),
    )
    found = Figures.by_distance(np.array([2.9, 3.0]), np.array([1.0, 1.0]))

    assert severities(found, rules, [PAIR] * 2).tolist() == [1, 0]


def test_thresholds_are_a_rule_each() -> None:
    """Any one threshold of a table is enough: of each becomes a rule, without a name."""
    assert thresholds(Level.RED, cad_km=3.0, pc=1e-4, oxd_km=1.0, oxt_sigmas=2.0) == (
        AlertRule(level=Level.RED, cad_km=3.0),
        AlertRule(level=Level.RED, pc=1e-4),
        AlertRule(level=Level.RED, oxd_km=1.0, oxt_sigmas=2.0),
    )
    assert thresholds(Level.RED) == ()


@pytest.mark.parametrize(
    ("rule", "reach"),
    [({"cad_km": 3.0}, 3.0), ({"box_rtn_km": (2.0, 1.0, 2.0)}, 3.0), ({"pc": 1e-4}, None), ({"oxd_km": 9.0}, None),
     ({"cad_km": 2.0, "box_rtn_km": (2.0, 1.0, 2.0)}, 2.0)],
)  # fmt: skip
def test_a_rule_reaches_as_far_as_its_nearest_limit(rule, reach) -> None:
    """The distance of the box's corners, that of the approach, or the lesser of both; and of all rules the widest."""
    made = AlertRule(level=Level.RED, name="r", **rule)

    assert made.reach_km == reach
    assert reach_km((made,)) == (reach or 0.0)


CROSSING = AlertRule(level=Level.YELLOW, name="cross", oxd_km=10.0, oxt_s=60.0, oxt_sigmas=3.0, tca_within_h=240.0)


@pytest.mark.parametrize(
    ("oxd_km", "oxt_s", "sigma_s", "to_tca_h", "level"),
    [
        (9.9, 60.0, 20.0, 240.0, Level.YELLOW),
        (10.0, 0.0, 20.0, 1.0, Level.GREEN),
        (9.9, -60.0, 20.0, 1.0, Level.YELLOW),
        (9.9, 60.1, 50.0, 1.0, Level.GREEN),
        (9.9, 30.0, 9.9, 1.0, Level.GREEN),
        (9.9, 30.0, 10.0, 1.0, Level.YELLOW),
        (9.9, 30.0, None, 1.0, Level.YELLOW),
        (9.9, 0.0, 0.0, 1.0, Level.YELLOW),
        (9.9, 1.0, 0.0, 1.0, Level.GREEN),
        (9.9, None, None, None, Level.YELLOW),
        (9.9, 1.0, 1.0, 240.1, Level.GREEN),
    ],
)
def test_a_rule_on_crossings_holds_where_all_its_conditions_do(oxd_km, oxt_s, sigma_s, to_tca_h, level) -> None:
    """Distance below, passages at most so many seconds and sigmas apart, within the hours; what is not known counts."""
    found = assess_crossing(oxd_km, (CROSSING,), oxt_s=oxt_s, timing_sigma_s=sigma_s, to_tca_h=to_tca_h)

    assert found.level is level


def test_a_rule_on_crossings_without_a_timing_counts_the_distance_alone() -> None:
    """Passages hours apart do not clear a rule that asks for no timing; with sigmas but unknown ones 15 minutes do."""
    alone = (AlertRule(level=Level.RED, name="r", oxd_km=3.0),)
    unsure = (AlertRule(level=Level.RED, name="r", oxd_km=3.0, oxt_sigmas=3.0),)

    assert assess_crossing(1.0, alone, oxt_s=9e4, timing_sigma_s=1.0).level is Level.RED
    assert assess_crossing(1.0, unsure, oxt_s=900.0, timing_sigma_s=None).level is Level.RED
    assert assess_crossing(1.0, unsure, oxt_s=901.0, timing_sigma_s=None).level is Level.GREEN


def test_reasons_of_crossings_name_rule_and_conditions() -> None:
    """What holds is told with every figure, what is not known too; what clears is the condition that fails."""
    (holds,) = assess_crossing(9.0, (CROSSING,), oxt_s=-6.0, timing_sigma_s=4.0, to_tca_h=24.0, to_surface=True).reason
    (unknown,) = assess_crossing(9.0, (CROSSING,), oxt_s=None, timing_sigma_s=None).reason
    (clear,) = assess_crossing(9.0, (CROSSING,), oxt_s=61.0, timing_sigma_s=50.0, to_tca_h=24.0).reason
    distance = OxdCondition(value_km=9.0, limit_km=10.0, to_surface=False)

    assert holds == RuleHolds(
        level=Level.YELLOW, by="cross",
        conditions=(
            OxdCondition(value_km=9.0, limit_km=10.0, to_surface=True), OxtCondition(value_s=6.0, limit_s=60.0),
            OxtSigmasCondition(value_s=6.0, timing_sigma_s=4.0, limit=3.0), TimeCondition(value_h=24.0, limit_h=240.0),
        ),
    )  # fmt: skip
    assert unknown == RuleHolds(
        level=Level.YELLOW, by="cross",
        conditions=(distance, UnknownCondition(figure="timing"), UnknownCondition(figure="time")),
    )  # fmt: skip
    assert clear == RuleFails(level=Level.YELLOW, by="cross", condition=OxtCondition(value_s=61.0, limit_s=60.0))


def test_crossings_under_several_rules() -> None:
    """The most severe that holds decides; more severe ones that were near say why not, others are not told."""
    rules = (
        CROSSING,
        AlertRule(level=Level.RED, name="tight", oxd_km=10.0, oxt_s=5.0),
        AlertRule(level=Level.YELLOW, name="fails too", oxd_km=10.0, oxt_s=5.0),
        *thresholds(Level.YELLOW, oxd_km=10.0, oxt_sigmas=1.0),
    )
    yellow = assess_crossing(9.0, rules, oxt_s=6.0, timing_sigma_s=4.0, to_tca_h=1.0)
    red = assess_crossing(9.0, rules, oxt_s=1.0, timing_sigma_s=4.0, to_tca_h=1.0)
    far = assess_crossing(19.0, rules, oxt_s=1.0, timing_sigma_s=4.0, to_tca_h=1.0)
    cleared = assess_crossing(9.0, rules[1:], oxt_s=600.0, timing_sigma_s=4.0, to_tca_h=1.0)

    assert (yellow.level, [one.by for one in yellow.reason]) == (Level.YELLOW, ["cross", "tight"])
    assert (red.level, [one.by for one in red.reason]) == (Level.RED, ["tight"])
    assert far.reason == (OrbitsClear(value_km=19.0, to_surface=False),)
    assert cleared.level is Level.GREEN
    assert cleared.reason[0] == OrbitsClearInTime(value_km=9.0, to_surface=False, apart_s=600.0, timing_sigma_s=4.0)
    assert [one.by for one in cleared.reason[1:]] == ["tight", "fails too"]


@pytest.mark.parametrize(
    ("times", "told"),
    [({}, 1), ({"oxt_s": 60.0}, 2), ({"oxt_sigmas": 3.0}, 2), ({"oxt_s": 60.0, "oxt_sigmas": 3.0}, 2)],
)
def test_an_unknown_timing_is_told_where_a_rule_asks_for_one(times, told) -> None:
    """Once, whichever it asks for, and not of a rule on the distance alone."""
    rule = AlertRule(level=Level.RED, name="r", oxd_km=3.0, **times)
    (reason,) = assess_crossing(1.0, (rule,), oxt_s=None, timing_sigma_s=None).reason

    assert isinstance(reason, RuleHolds)
    assert len(reason.conditions) == told
    assert (UnknownCondition(figure="timing") in reason.conditions) is (told > 1)


def test_every_rule_of_its_level_on_a_crossing_is_told_and_what_keeps_a_worse_one_first() -> None:
    """Two yellow rules that hold are both given; of a red one that does not, the seconds apart before the hours."""
    rules = (
        AlertRule(level=Level.YELLOW, name="a", oxd_km=3.0),
        AlertRule(level=Level.YELLOW, name="b", oxd_km=2.0),
        AlertRule(level=Level.RED, name="c", oxd_km=2.0, oxt_s=60.0, tca_within_h=24.0),
    )
    found = assess_crossing(1.0, rules, oxt_s=90.0, timing_sigma_s=None, to_tca_h=48.0)

    assert [one.by for one in found.reason if isinstance(one, RuleHolds)] == ["a", "b"]
    assert [one for one in found.reason if isinstance(one, RuleFails)] == [
        RuleFails(level=Level.RED, by="c", condition=OxtCondition(value_s=90.0, limit_s=60.0))
    ]
