"""What pages say of an object's other solutions and of planned manoeuvres."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from nearpass.encounter.alert import Level
from nearpass.reasons.levels import PcBoundReaches
from nearpass.report import pages, solution_views, tables, verdicts
from nearpass.report.catalogue import Catalogue, Links
from nearpass.report.wording import said
from records import sample_record

LINKS = Links(root="../", cycle="")
PLAN = "MRO avoid"


def red_of_mro() -> tuple[str, Catalogue]:
    catalogue = Catalogue(sample_record())
    event = next(e for e in catalogue.events if e.level is Level.RED and "MRO" in (e.primary, e.secondary))
    return event.event_id, catalogue


def test_a_plan_reaches_neither_verdict_nor_lists() -> None:
    """Verdict, summary, events, crossings and their twins are the same with and without other solutions."""
    record = sample_record()
    alone = replace(record, solutions=())

    assert verdicts.verdict(record) == verdicts.verdict(alone)
    assert verdicts.summarise(record) == verdicts.summarise(alone)
    assert tables.EVENT_COLUMNS.csv(record.events) == tables.EVENT_COLUMNS.csv(alone.events)
    ours, theirs = pages.cycle_pages(record), pages.cycle_pages(alone)
    changed = {name for name in ours if ours[name] != theirs[name]}
    about = {"index.md", "solutions.csv", "solutions.json", "objects/MRO.md", "objects/MGS.md", "objects/TIANWEN-1.md"}
    assert {name for name in changed if not name.startswith("events/")} == about
    assert not [name for name in changed if ".cdm" in name]


def test_a_plan_is_told_in_the_conditional_with_every_effect() -> None:
    """The cycle's page says what would appear, vanish and improve, and that nothing of it has been flown."""
    text = pages.cycle_pages(sample_record())["index.md"]
    part = text[text.index('<section id="planned">') :].split("</section>")[0]

    assert "Planned, not flown" in part
    assert "would be green instead of red" in part
    assert "1 approach appears, 1 vanishes and 1 improves." in part
    for word in ("appears", "vanishes", "improves"):
        assert f"<td>{word}</td>" in part
    assert 'href="solutions.csv"' in part


def test_an_event_has_a_row_for_each_solution_that_knows_it() -> None:
    """The nominal values come first, then each solution's TCA, how much later it is, miss and level."""
    event_id, catalogue = red_of_mro()
    event = next(e for e in catalogue.events if e.event_id == event_id)
    told = solution_views.of_event(event, catalogue, LINKS)

    assert told is not None
    table = told.table
    first, *others = table.rows
    assert (first.cells[0].text, first.cells[2].level) == ("in use", Level.RED)
    assert [row.cells[0].text for row in others] == [PLAN, "TIANWEN-1 radio"]
    plan = others[0].cells
    assert (plan[1].text, plan[2].level, plan[3].text, plan[-1].text) == ("what if", Level.GREEN, "31.000", "+1.8")


def test_solutions_of_the_same_motion_are_compared_in_a_sentence() -> None:
    """The sentence gives the largest difference of distances and the levels, without what is only planned."""
    event_id, catalogue = red_of_mro()
    event = next(e for e in catalogue.events if e.event_id == event_id)
    told = solution_views.of_event(event, catalogue, LINKS)
    [other] = [
        row
        for solution in catalogue.record.solutions
        for row in solution.events
        if row.event_id == event_id and solution.role != "planned"
    ]

    assert told is not None
    assert other.miss_km is not None
    assert f"The solutions disagree by {abs(other.miss_km - event.miss_km):.3f}\u00a0km" in told.statement
    assert "1 is red and 1 is yellow" in told.statement
    assert "green" not in told.statement


def test_a_level_that_rests_on_a_bound_says_so() -> None:
    """Where a solution has no covariance, its probability is said as a bound, and the table says why it is red."""
    event_id, catalogue = red_of_mro()
    event = next(e for e in catalogue.events if e.event_id == event_id)
    why = (PcBoundReaches(level=Level.RED, value=1.03e-4, limit=1e-4, missing="secondary"),)
    record = replace(
        catalogue.record,
        solutions=tuple(
            replace(
                solution, events=tuple(replace(row, pc=None, level=Level.RED, reason=why) for row in solution.events)
            )
            for solution in catalogue.record.solutions
        ),
    )
    told = solution_views.of_event(event, Catalogue(record), LINKS)
    rows = csv.DictReader(io.StringIO(tables.SOLUTION_COLUMNS.csv(tables.solution_rows(record)), newline=""))

    assert told is not None
    assert {row.cells[8].text for row in told.table.rows[1:]} == {"at most 1.0e-4"}
    assert {row["reason"] for row in rows if row["event_id"] == event_id} == {said(why)}


def test_an_event_that_vanishes_says_so_instead_of_a_time() -> None:
    """In place of a TCA stands why there is none, and no distance is given."""
    _, catalogue = red_of_mro()
    gone = next(row for s in catalogue.record.solutions for row in s.events if row.effect == "vanishes")
    event = next(e for e in catalogue.events if e.event_id == gone.event_id)
    told = solution_views.of_event(event, catalogue, LINKS)

    assert told is not None
    table = told.table
    cells = table.rows[1].cells
    assert cells[-2].text == "The pair stays above 100 km then."
    assert cells[3].text == "–"


def test_an_event_that_no_solution_touches_has_no_table() -> None:
    """Nothing is shown where there is nothing to compare."""
    _, catalogue = red_of_mro()
    named = {row.event_id for solution in catalogue.record.solutions for row in solution.events}
    other = next(e for e in catalogue.events if e.event_id not in named)

    assert solution_views.of_event(other, catalogue, LINKS) is None


def test_the_page_of_an_object_compares_its_solutions() -> None:
    """It holds the largest differences along each axis, the picture over time with its CSV, and what was delivered."""
    text = pages.cycle_pages(sample_record())["objects/MRO.md"]
    part = text[text.index('<section id="solutions">') :].split("</section>")[0]

    assert "Largest differences from the nominal ephemeris" in part
    assert ">−500.000<" in part  # twenty kilometres a day from the third of 28 days on
    assert "plots/object-MRO-solution-avoid.svg" in part
    assert "plots/object-MRO-solution-avoid.csv" in part
    assert "plan_mro_20210314.oem" in part


def test_a_silent_object_has_no_time_in_any_solution() -> None:
    """Its page says why its other solution is not compared, escapes its note, and shows no picture."""
    text = pages.cycle_pages(sample_record())["objects/MGS.md"]
    part = text[text.index('<section id="solutions">') :].split("</section>")[0]

    assert "Neither compared nor screened: position along the orbit unknown" in part
    assert "&lt;b&gt;An old one&lt;/b&gt;" in part
    assert "<figure" not in part
    assert "UTC</span>" not in part.split("<table")[0]


def test_the_twin_holds_both_sides_of_each_row() -> None:
    """A row that appears has no nominal values; one that vanishes has no values of the solution."""
    rows = list(
        csv.DictReader(io.StringIO(tables.SOLUTION_COLUMNS.csv(tables.solution_rows(sample_record())), newline=""))
    )
    by_effect = {row["effect"]: row for row in rows if row["solution"] == "avoid"}

    appears, vanishes, better = by_effect["appears"], by_effect["vanishes"], by_effect["better"]
    assert (appears["event_id"], appears["nominal_tca_utc"], appears["nominal_miss_km"]) == ("", "", "")
    assert (vanishes["tca_utc"], vanishes["miss_km"], vanishes["nominal_alert"] != "") == ("", "", True)
    assert (better["alert"], better["nominal_alert"], better["role"]) == ("green", "red", "planned")
