"""Reasons are a closed set of codes, each with its English and nothing else."""

from __future__ import annotations

import importlib
import pkgutil
import typing
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from nearpass import reasons
from nearpass.reasons.changes import LimitPassed, ListChanged, MissMoved, NotScreened, SolutionMoves
from nearpass.reasons.coverage import NoOverlap, NoState, NotDelivered, PhaseUnknown
from nearpass.reasons.findings import AboutBody, Degree, Gaps, Notation, OldFinding, Overall, Plane, Reach, Shift
from nearpass.reasons.general import Prose, Withheld
from nearpass.reasons.levels import (
    BoxCondition,
    BPlaneSigmasCondition,
    CadAbove,
    CadBelow,
    CadCondition,
    Level,
    NoRule,
    OrbitsClearInTime,
    OrbitsNear,
    OxdCondition,
    OxtCondition,
    OxtSigmasCondition,
    PcBoundReaches,
    PcCondition,
    PcReaches,
    RtnSigmasCondition,
    RuleFails,
    RuleHolds,
    RuleUnjudged,
    TimeCondition,
    UnknownCondition,
)
from nearpass.reasons.probabilities import (
    CovarianceRepaired,
    CurvatureMatters,
    ExpectedNumber,
    NoOrbit,
    NoProbability,
    NoValue,
    Simulated,
    TooLong,
)
from nearpass.record.record import json_schema
from nearpass.report.wording import measured, said
from nearpass.report.wording.said import TEXTS

MODULES = [
    importlib.import_module(f"{reasons.__name__}.{found.name}") for found in pkgutil.iter_modules(reasons.__path__)
]
KINDS = sorted(
    {
        kind
        for module in MODULES
        for kind in vars(module).values()
        if is_dataclass(kind) and kind.__module__ == module.__name__
    },
    key=lambda kind: kind.__name__,
)
BOTH = (
    "miss distance 1.791 km is below the red threshold of 3 km; "
    "probability of collision 4.4e-4 reaches the red threshold of 1e-4"
)
UNSCREENED = (
    "MGS: position along the orbit unknown: only crossings of the orbits are meaningful; HOPE: no usable ephemeris"
)
TEXT_FIELDS = {
    "object_id", "theory", "file", "method", "citation", "key", "time_system", "methods", "body", "other", "read_as",
    "fits", "centres", "axes", "rules", "notes", "cycle_id", "object_ids", "by",
}  # fmt: skip
"""Names of things, a publisher's own citation, and what a reader of files notes; the others are figures and choices."""


def test_each_code_has_its_own_english() -> None:
    """No code is without its sentence, and no sentence is of a code that no reason has."""
    assert set(TEXTS) == set(_codes())


def _codes() -> list[str]:
    kinds = [kind for kind in KINDS if kind is not Plane]
    return [code for kind in kinds for code in typing.get_args(typing.get_type_hints(kind)["rule"])]


def test_braces_of_a_delivery_stay_braces() -> None:
    """Sentences name their figures in braces; a name or a note from a file that has braces is never taken for one."""
    hostile = "{value_km.__class__} {0} {"
    found = [
        NotDelivered(object_id=hostile),
        RuleFails(level=Level.RED, by=hostile, condition=UnknownCondition(figure="time")),
        OldFinding(value=hostile, text=hostile),
        Notation(notes=(hostile,)),
        Prose(text=hostile),
    ]
    assert all(hostile in said(reason) for reason in found)
    assert measured(found[2]) == hostile


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_kind_is_a_code_with_figures(kind: type) -> None:
    """A reason holds a code of a closed choice, and beside it no text but the names of things."""
    hints = typing.get_type_hints(kind)
    assert kind is Plane or typing.get_origin(hints["rule"]) is typing.Literal
    assert kind in {Prose, OldFinding} or {name for name, hint in hints.items() if _is_text(hint)} <= TEXT_FIELDS


def _is_text(hint: Any) -> bool:
    return hint is str or any(
        _is_text(part) for part in typing.get_args(hint) if typing.get_origin(hint) is not typing.Literal
    )


def test_no_code_stands_for_two_kinds() -> None:
    """Readers of the JSON tell kinds apart by the code alone."""
    codes = _codes()

    assert len(codes) == len(set(codes))


def test_the_published_schema_lists_every_code() -> None:
    """The JSON Schema of the record names each code with the fields that go with it."""
    known = json_schema()["$defs"]

    for kind in KINDS:
        assert set(known[kind.__name__]["properties"]) == {entry.name for entry in fields(kind)}


EVERY = (
    "red by the rule “every direction”: miss distance 2.000 km (limit 3 km), and miss in R, T, N 1.0, 123, 0.2 sigmas "
    "(limit 200), and the probability of collision is unknown, which counts as met"
)
CROSS = (
    "yellow by the rule “cross”: the orbits pass 2.500 km from the surface (limit 10 km), and the passages are 6.0 s "
    "apart (limit 60 s), and the passages are 6.0 s or 1.5 timing sigmas apart (limit 3 sigmas), and 23.4 h after the "
    "data cut-off (limit 72 h)"
)
BOUND = (
    "probability of collision is at most 4.4e-4, a bound for any covariance of the secondary, whose own is missing: "
    "that reaches the red threshold of 1e-4"
)


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (
            (
                CadBelow(level=Level.RED, value_km=1.7912, limit_km=3.0, to_surface=False),
                PcReaches(level=Level.RED, value=4.41e-4, limit=1e-4),
            ),
            BOTH,
        ),
        (
            PcBoundReaches(level=Level.RED, value=4.41e-4, limit=1e-4, missing="secondary"),
            BOUND,
        ),
        (
            RuleHolds(
                level=Level.RED,
                by="every direction",
                conditions=(
                    CadCondition(value_km=2.0, limit_km=3.0, to_surface=False),
                    RtnSigmasCondition(value_rtn=(1.0, 123.4, 0.25), limit=200.0),
                    UnknownCondition(figure="probability"),
                ),
            ),
            EVERY,
        ),
        (
            RuleFails(level=Level.YELLOW, by="", condition=BPlaneSigmasCondition(value=4.0, limit=3.0)),
            "not yellow by a rule of the publisher: 4.0 sigmas from a hit (limit 3)",
        ),
        (
            RuleHolds(
                level=Level.YELLOW,
                by="cross",
                conditions=(
                    OxdCondition(value_km=2.5, limit_km=10.0, to_surface=True),
                    OxtCondition(value_s=6.0, limit_s=60.0),
                    OxtSigmasCondition(value_s=6.0, timing_sigma_s=4.0, limit=3.0),
                    TimeCondition(value_h=23.44, limit_h=72.0),
                ),
            ),
            CROSS,
        ),
        (
            BoxCondition(value_rtn_km=(0.5, 1.9, 0.3), limit_rtn_km=(1.0, 25.0, 1.0)),
            "miss in R, T, N 0.500, 1.900, 0.300 km (box 1 × 25 × 1 km)",
        ),
        (
            BoxCondition(value_rtn_km=None, limit_rtn_km=(1.0, 25.0, 1.0)),
            "the parts of the miss in R, T and N are not known, only its distance (box 1 × 25 × 1 km)",
        ),
        (
            PcCondition(value=1e-3, limit=1e-4, missing="secondary"),
            "probability of collision at most 1.0e-3, as the secondary has no covariance (limit 1e-4)",
        ),
        (PcCondition(value=1e-3, limit=1e-4, missing=None), "probability of collision 1.0e-3 (limit 1e-4)"),
        (PcCondition(value=1e-3, limit=2.5e-5, missing=None), "probability of collision 1.0e-3 (limit 2.5e-5)"),
        (
            RuleUnjudged(level=Level.RED, by="probable"),
            "the rule “probable” (red) could not be judged: neither a probability nor a bound of it is known",
        ),
        (NoRule(), "no rule applies to this pair"),
        (CadAbove(value_km=0.0421, limit_km=0.01, to_surface=True), "distance to the surface 42 m is above 0.01 km"),
        (
            OrbitsNear(
                level=Level.YELLOW, value_km=2.5, limit_km=10.0, to_surface=False, apart_s=None, timing_sigma_s=None
            ),
            "the orbits pass 2.500 km from each other, below the yellow threshold of 10 km; the timing is unknown",
        ),
        (
            OrbitsClearInTime(value_km=2.5, to_surface=True, apart_s=30.0, timing_sigma_s=4.0),
            "the orbits pass 2.500 km from the surface, but 30.0 s or 7.5 timing sigmas apart",
        ),
        (
            (NoState(object_id="MRO", ended=None), NoState(object_id="WAY", ended="descending")),
            "no ephemeris of MRO and WAY (descending when its ephemeris ended)",
        ),
        (
            (PhaseUnknown(object_id="MGS"), NotDelivered(object_id="HOPE")),
            UNSCREENED,
        ),
        (
            NotScreened(rule="pair_unscreened", because=(NoOverlap(rule="no_overlap_in_window"),)),
            "the pair is no longer screened: the two ephemerides do not overlap inside the window",
        ),
        (LimitPassed(rule="came_below", limit_km=100.0), "the approach came below the listing limit of 100 km"),
        (ListChanged(rule="passed"), "its time of closest approach lies before this cycle's data cut-off"),
        (
            MissMoved(previous_km=8.0, value_km=5.0, previous_sigma_km=1.5),
            "miss distance 8.000 km became 5.000 km (2.0 sigma of the previous estimate)",
        ),
        (
            SolutionMoves(nominal_km=1.8, value_km=31.0, tca_shift_s=1.84, nominal_level=Level.RED, level=Level.GREEN),
            "miss distance 1.800 km becomes 31.000 km, TCA +1.8 s; red becomes green",
        ),
        (
            (TooLong(rule="lasts_long", revolutions=0.0312), NoValue(rule="no_curved_peak"), Simulated()),
            (
                "the encounter lasts 0.0312 of a revolution; no peak of the collision rate was found for curved "
                "motion: simulation"
            ),
        ),
        (
            (CurvatureMatters(share=0.0456), ExpectedNumber(returning=0.25)),
            (
                "curved motion changes the result by 4.56 %: expected number of collisions along curved orbits, less "
                "the 0.25 of it that come back"
            ),
        ),
        (
            NoProbability(because=(NoOrbit(rule="covariance_missing", which="primary"),)),
            "there is none: the primary has no covariance",
        ),
        (
            CovarianceRepaired(rule="covariance_repaired", lowest=-2.13e-5, raised_to=1e-9),
            (
                "the delivered covariance was repaired: not positive definite (smallest eigenvalue −2.1e-5 of unit "
                "variances), raised to 1e-9"
            ),
        ),
        (
            Reach(rule="span_short", first_s=0.0, last_s=7.0 * 86_400.0, window_s=10.0 * 86_400.0),
            (
                "Ends 3.0 days before the end of the 10.0 days to be screened, "
                "and before the 14 days that are asked for."
            ),
        ),
        (Gaps(count=2, longest_s=7200.0, total_s=9000.0), "2 gaps inside the window, the longest of 2.0 h."),
        (
            Degree(rule="degree_reduced", methods=("hermite 7",), short=1, fewest=3),
            "1 segment with fewer states than the degree needs (the shortest has 3): the degree is reduced there.",
        ),
        (
            AboutBody(rule="above_surface", body="Mars", height_km=1234.56),
            "Lowest altitude 1,234.6 km, above the equatorial radius of Mars.",
        ),
        (
            Shift(
                rule="shift_agrees",
                cycle_id="2021-03-10T0000Z",
                late_s=3.06,
                shift_rtn_km=(2.8, -7.18, -0.202),
                sigmas=2.3,
            ),
            (
                "Against the delivery of cycle 2021-03-10T0000Z: 3.06 s late, R +2.8, T −7.18, N −0.202 km, "
                "2.3 sigma by the errors that both state: the two agree."
            ),
        ),
        (Overall(rule="mind", rules=("age", "span"), total=9), "Good, with remarks on: age, span."),
        ((Withheld(rule="reason_withheld"),), "the reason is withheld in this edition"),
    ],
)
def test_reasons_read_as_they_always_did(reason: Any, text: str) -> None:
    """The English of a reason is what version 0.1 printed for the same case."""
    assert said(reason) == text


def test_prose_of_earlier_releases_has_the_style_of_today() -> None:
    """A reason stored as a sentence reads as the same reason stored as a code; no other part of it changes."""
    stored = BOTH.replace("4.4e-4", "4.4e-04").replace("1e-4", "1e-04")
    assert stored != BOTH
    assert said(Prose(text=stored)) == BOTH
    assert said(Prose(text="file e-01, 2021-03-04, 1e-10")) == "file e-01, 2021-03-04, 1e-10"
