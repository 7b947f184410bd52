"""Probability and manoeuvre trade on pages: the method in words, why none, which side of the highest value."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nearpass.encounter.uncertainty import Basis
from nearpass.reasons.general import Prose
from nearpass.reasons.probabilities import CovarianceDeclared, NoBurn, NoOrbit, NoValue
from nearpass.record.record import CycleRecord, EventRecord, MethodRecord, ProbabilityRecord
from nearpass.report import event_tables, event_views, risk_views
from nearpass.report.catalogue import Catalogue, Links
from records import LAST_BURN_H, NO_PROBABILITY, sample_record

LINKS = Links(root="", cycle="")


def _red() -> EventRecord:
    return next(event for event in sample_record().events if event.trades)


SHORT = Prose(text="the encounter is short")


def _found(**changes: Any) -> ProbabilityRecord:
    return replace(
        _red().probability, pc=3.14e-5, method="FOSTER-1992", why=(SHORT,), max_pc=6.02e-5,
        max_pc_scale=0.42, in_dilution=True, **changes,
    )  # fmt: skip


def _event(found: ProbabilityRecord) -> EventRecord:
    return replace(_red(), probability=found)


def test_probability_on_a_card() -> None:
    """A card gives Pc with its method in words, and the highest Pc with its side of the dilution."""
    card = event_views.event_card(_event(_found()), Catalogue(sample_record()), LINKS)
    assert card.pc == "3.1e-5"
    assert card.pc_basis == "by Foster, 2-D"
    assert card.max_pc == "6.0e-5"
    assert card.max_side == "diluted, smaller sigmas raise it"


def test_no_probability_says_why() -> None:
    """Without a probability, card, summary and page say why there is none, and show no number."""
    found = replace(NO_PROBABILITY, why=(NoValue(rule="no_covariance"),))
    event, catalogue = _event(found), Catalogue(sample_record())
    card = event_views.event_card(event, catalogue, LINKS)
    assert (card.pc, card.pc_basis, card.max_pc) == ("none", "neither object has a covariance", None)
    sentence = "No probability of collision is given: neither object has a covariance."
    assert sentence in event_views.summary(event, catalogue)
    told = risk_views.probability(event, Catalogue(sample_record()))
    assert told.statement == sentence
    assert told.methods is None
    assert told.sensitivity == ()


def test_a_bound_is_told_as_a_bound_with_the_name_of_whose_covariance_is_missing() -> None:
    """Card, summary and page say at most how much, for whatever covariance of the named object, and no estimate."""
    found = replace(NO_PROBABILITY, why=(NoOrbit(rule="covariance_missing", which="secondary"),), max_pc=3.14e-5,
                    max_pc_missing="secondary")  # fmt: skip
    event, catalogue = _event(found), Catalogue(sample_record())
    name = catalogue.name(event.secondary)
    card = event_views.event_card(event, catalogue, LINKS)
    assert (card.pc, card.max_pc, card.max_side) == ("none", "3.1e-5", f"a bound for any covariance of {name}")
    sentence = f"Whatever the missing covariance of {name} is, it is at most 3.1e-5: a bound, no estimate."
    assert sentence in event_views.summary(event, catalogue)
    told = risk_views.probability(event, catalogue)
    assert told.statement.endswith(sentence)
    assert [fact.note for fact in told.facts if fact.label == "Highest Pc"] == [f"a bound for any covariance of {name}"]


def test_the_time_that_was_counted_is_told() -> None:
    """A page says in which time about TCA a collision was counted."""
    told = risk_views.probability(_event(replace(_found(), span_s=(-90.0, 3600.0))), Catalogue(sample_record()))
    [fact] = [fact for fact in told.facts if fact.label == "Counted"]
    assert fact.value == "1 min 30 s before to 1 h after TCA"


@pytest.mark.parametrize(("diluted", "words"), [(True, "lies on the dilution side"), (False, "does not lie on the")])
def test_side_of_the_dilution(*, diluted: bool, words: str) -> None:
    """The page says on which side of the highest value the probability lies, and at which sigmas that value is."""
    told = risk_views.probability(_event(replace(_found(), in_dilution=diluted)), Catalogue(sample_record()))
    assert words in told.statement
    assert "6.0e-5, with sigmas 0.420 times as large." in told.statement


def test_unknown_method_is_shown_as_it_is() -> None:
    """A method without words of its own is named as the record names it."""
    assert risk_views.basis(replace(_found(), method="NEW-2030")) == "by NEW-2030"


def test_methods_are_listed_with_their_reasons() -> None:
    """The table of methods marks the one used and gives the reason of one that gives no value."""
    methods = (
        MethodRecord(name="FOSTER-1992", pc=3.14e-5, reason=None),
        MethodRecord(name="HALL-2021-3D-NC", pc=None, reason=NoValue(rule="no_peak")),
    )
    table = risk_views.probability(_event(replace(_found(), methods=methods)), Catalogue(sample_record())).methods
    assert table is not None
    assert [row.mark for row in table.rows] == ["marked", None]
    assert [row.cells[2].text for row in table.rows] == ["used", "no peak of the collision rate was found"]
    assert [row.cells[1].text for row in table.rows] == ["3.1e-5", "–"]


def test_sensitivity_keeps_the_present_value() -> None:
    """Both sensitivity tables are short and hold factor 1 with the probability itself."""
    event = _red()
    tables = risk_views.probability(event, Catalogue(sample_record())).sensitivity
    assert len(tables) == 2
    for table in tables:
        assert len(table.rows) <= risk_views.SENSITIVITY_ROWS + 1
        [marked] = [row for row in table.rows if row.mark]
        assert marked.cells[0].text == "1.00"
        assert marked.cells[1].text == risk_views.value(event.probability)


def test_a_sensitivity_that_is_nothing_is_one_sentence() -> None:
    """Where no factor brings the probability up from nothing, a sentence says so instead of tables of bounds."""
    nothing = ((0.5, 0.0), (1.0, 1e-40), (2.0, 1e-30))
    told = risk_views.probability(
        _event(replace(_found(), dilution=nothing, hbr_sensitivity=nothing, scale_plane=())), Catalogue(sample_record())
    )
    assert told.sensitivity == ()
    assert told.negligible is not None
    assert told.negligible.startswith("It stays below 1e-20 for every factor")


def test_trade_marks_the_last_useful_burn() -> None:
    """The row of the last useful burn is marked, later ones come after it, and delta-v has a sign and its unit."""
    event = _red()
    told = risk_views.trade(event, Catalogue(sample_record()))
    assert told is not None
    assert "motion under the body's gravity and J2" in told.statement
    [row] = [row for row in told.table.rows if row.mark == "marked"]
    assert row.cells[0].text == f"{LAST_BURN_H:.0f}"
    assert row.cells[-1].text == f"last useful burn of {event.deadline_object}"
    late = [row for row in told.table.rows if row.mark == "late"]
    assert late
    assert all(row.cells[-1].text == "after the last useful burn" for row in late)
    assert told.table.heads[2].unit == "m/s"
    assert row.cells[2].text.startswith("+")


def test_trade_tells_what_the_probability_needs() -> None:
    """A column for Pc stands beside that for the distance; without one the statement says why there is none."""
    event = _red()
    told = risk_views.trade(event, Catalogue(sample_record()))
    assert told is not None
    assert [head.title for head in told.table.heads[2:4]] == ["MRO", "MRO, for Pc"]
    assert "lower the probability of collision to 1.0e-7" in told.statement
    none = replace(event.trades[0], target_pc=None, pc_rows=(), no_pc_reason=NoBurn(rule="no_threshold"))
    bare = risk_views.trade(replace(event, trades=(none,)), Catalogue(sample_record()))
    assert bare is not None
    assert len(bare.table.heads) == len(told.table.heads) - 1
    assert "sized by the probability of collision: no level has a threshold of it." in bare.statement


def test_an_uncertain_size_is_marked_in_its_column_alone() -> None:
    """Where ten minutes change a size it stands behind an approximate sign, which the statement explains."""
    event = _red()
    marked = replace(event.trades[0], uncertain_h=(LAST_BURN_H,))
    told = risk_views.trade(replace(event, trades=(marked,)), Catalogue(sample_record()))
    assert told is not None
    assert "≈ marks a size that changes by more than a tenth" in told.statement
    signs = {row.cells[0].text: [cell.text[0] == "≈" for cell in row.cells[2:4]] for row in told.table.rows}
    assert signs.pop(f"{LAST_BURN_H:.0f}") == [True, False]
    assert not any(any(pair) for pair in signs.values())
    plain = risk_views.trade(event, Catalogue(sample_record()))
    assert plain is not None
    assert "≈" not in plain.statement


def test_no_trade_without_manoeuvres() -> None:
    """Where nobody can manoeuvre there is no trade."""
    assert risk_views.trade(replace(_red(), trades=()), Catalogue(sample_record())) is None


def _with_basis(basis: Basis) -> tuple[EventRecord, CycleRecord]:
    event = _red()
    first = replace(event.uncertainty[0], basis=basis, source=CovarianceDeclared(citation="navigation team"))
    return replace(event, uncertainty=(first, *event.uncertainty[1:])), sample_record()


@pytest.mark.parametrize(
    ("basis", "cell", "line"),
    [
        (Basis.DELIVERED, "delivered with the ephemeris", None),
        (Basis.DECLARED, "declared by the publisher as a model", "the publisher's declared model"),
    ],
)
def test_basis_of_a_covariance_is_said(basis: Basis, cell: str, line: str) -> None:
    """The table says whether an uncertainty was delivered or declared, and from where; words tell of a model alone."""
    event, record = _with_basis(basis)
    catalogue = Catalogue(record)
    table = event_tables.source_table(event, catalogue, LINKS)
    assert cell in [item.text for item in table.rows[0].cells]
    assert any("navigation team" in item.text for item in table.rows[0].cells)
    found = [words for words in event_views.event_page(event, catalogue, LINKS).basis if words.startswith("Mars Recon")]
    assert [line in words and "navigation team)" in words for words in found] == ([] if line is None else [True])


def test_missing_covariance_is_not_filled_in() -> None:
    """Where an object has no uncertainty, the page says that none is assumed."""
    event = replace(_red(), uncertainty=())
    lines = event_views.event_page(event, Catalogue(sample_record()), LINKS).basis
    assert len(lines) == 2
    assert all(line.endswith("None is assumed.") for line in lines)


def test_commanding_is_judged_by_lead_time_deadline_and_sun() -> None:
    """Possible for who has a lead time; not after the deadline, near the Sun, or without a lead time."""
    record = sample_record()
    catalogue = Catalogue(record)
    event = next(e for e in record.events if (e.primary, e.secondary) == ("MRO", "TIANWEN-1") and e.deadline)

    assert risk_views.commanding(event, catalogue) == "possible for MRO"
    near = replace(event, sep_deg=2.9)
    assert risk_views.commanding(near, catalogue).startswith("unreliable: the Sun is within 3°")
    late = replace(event, deadline=record.window.start)
    assert risk_views.commanding(late, catalogue).startswith("no longer possible")
    nobody = replace(event, primary="PHOBOS")
    assert risk_views.commanding(nobody, catalogue).startswith("unknown")
