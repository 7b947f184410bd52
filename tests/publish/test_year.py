"""What a year was: how its red approaches ended, who moved, how the deliveries came; from the index alone."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from counting import counted_opens
from nearpass.archive.archive import Archive
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.encounter.alert import Level
from nearpass.publish.index import Index, open_index
from nearpass.reasons.changes import InGeneral
from nearpass.record.prediction_record import PredictionError
from nearpass.record.record import ChangeRecord, CycleRecord, EventRecord, InputRecord, NoteKind, NoteRecord
from nearpass.record.year import Punctuality, Year
from nearpass.report.plots.year import year_plots
from nearpass.report.year_views import ORIGINATOR_COLUMNS, YEAR_EVENT_COLUMNS, year_view
from nearpass.resources import resource
from records import sample_record
from stub_cycles import add, broken_links, new_workspace, quick, stub

LEVELS = {"r": Level.RED, "y": Level.YELLOW, "g": Level.GREEN}
STORIES = {
    "passed": ("grr.", 3.0),  # red to the end, and its time came
    "false": ("rrgg", 20.0),
    "gone": ("rr-", 20.0),  # it left the list before its time
    "lowered": ("ryyy", 20.0),
    "moved": ("rrgg", 20.0),
    "open": ("gyrr", 20.0),
    "yellow": ("yyyy", 20.0),
    "green": ("gggg", 20.0),
}
"""By name the level in each of four daily cycles, a dot where it passed and a hyphen where it left; days to its TCA."""
ENDINGS = {
    "passed": "passed red", "false": "false alarm", "gone": "false alarm", "lowered": "lowered", "moved": "moved",
    "open": "open",
}  # fmt: skip


def days() -> list[str]:
    return [f"2021-03-{day:02d}T0000Z" for day in range(1, 5)]


def told(name: str, letter: str, days_ahead: float, record: CycleRecord) -> EventRecord:
    tca = Epoch.parse("2021-03-01T00:00:00") + days_ahead * DAY_S + -3600.0
    return replace(record.events[0], event_id=f"E{name}", tca=tca, level=LEVELS[letter], history=())


def left(event: EventRecord, letter: str) -> ChangeRecord:
    kind = "passed" if letter == "." else "gone"
    return ChangeRecord(
        kind=kind, event_id=event.event_id, primary=event.primary, secondary=event.secondary, tca=event.tca,
        level=Level.RED, previous_level=None, miss_km=None, previous_miss_km=1.0, reason=InGeneral(kind=kind),
    )  # fmt: skip


def note(name: str, kind: NoteKind, number: int) -> NoteRecord:
    return NoteRecord(
        file=f"log/{number}.md", event_id=f"E{name}", time=Epoch.parse(f"2021-03-0{number}T06:00:00"), kind=kind,
        parties=("NASA",), marking=None, text="", refusal=None, party="NASA",
    )  # fmt: skip


def delivery(originator: str, number: int, age_days: float, *, refused: bool = False) -> InputRecord:
    entry = next(one for one in sample_record().inputs if one.refusal is None)
    return replace(
        entry, originator=originator, sha256=f"{number:064x}", age_s=age_days * DAY_S,
        refusal="a rule" if refused else None, findings=(),
    )  # fmt: skip


NOTES = (note("moved", "claim", 1), note("moved", "flown", 2), note("open", "claim", 3))
INPUTS = (
    (delivery("JPL", 1, 1.0), delivery("ESOC", 2, 1.0)),
    (delivery("JPL", 3, 0.5), delivery("ESOC", 2, 8.0)),
    (delivery("JPL", 3, 1.5), delivery("ESOC", 2, 9.0)),
    (delivery("JPL", 4, 0.5), delivery("ESOC", 5, 0.0, refused=True)),
)


def records() -> list[CycleRecord]:
    """Four cycles that tell the stories above."""
    found = []
    for day, cycle_id in enumerate(days()):
        base = stub(cycle_id, previous=days()[day - 1] if day else None, inputs=INPUTS[day])
        events, changes = [], []
        for name, (letters, ahead) in STORIES.items():
            letter = letters[day] if day < len(letters) else ""
            if letter in LEVELS and letter:
                events.append(told(name, letter, ahead, base))
            elif letter:
                changes.append(left(told(name, "r", ahead, base), letter))
        events.sort(key=lambda event: event.tca)
        notes = tuple(one for one in NOTES if one.time is not None and one.time <= base.window.start)
        pair = replace(base.pairs[0], event_ids=tuple(event.event_id for event in events))
        found.append(replace(base, events=tuple(events), changes=tuple(changes), notes=notes, pairs=(pair,)))
    return found


@contextmanager
def indexed(folder: Path, cycles: list[CycleRecord], supersedes: dict[str, str] | None = None) -> Iterator[Index]:
    archive = Archive(folder / "archive")
    with quick():
        for record in cycles:
            archive.add(record, {}, supersedes=(supersedes or {}).get(record.cycle_id), signer=None)
        with open_index(folder / "index.sqlite", archive) as index:
            yield index


def test_levels_and_notes_of_a_month_are_looked_up(tmp_path: Path) -> None:
    """Each red or yellow approach is told once a month by its worst listed level, each note once a month."""
    cycles = records()
    with indexed(tmp_path, cycles) as index:
        found = {(one.event_id, one.month): one.level for one in index.severe_mentions()}
        notes = index.month_notes(2021, 3)
    expected: dict[tuple[str, tuple[int, int]], Level] = {}
    for cycle in cycles:
        for event in cycle.events:
            if event.level is not Level.GREEN:
                key = event.event_id, (int(cycle.cycle_id[:4]), int(cycle.cycle_id[5:7]))
                expected[key] = max(expected.get(key, event.level), event.level, key=lambda level: level is Level.RED)
    assert found == expected
    assert len(found) > 3
    assert {note.event_id for note in notes} == {note.event_id for note in cycles[-1].notes}
    assert len(notes) == len(cycles[-1].notes)


def test_each_red_approach_of_the_year_has_the_ending_of_its_story(tmp_path: Path) -> None:
    """Passed, false alarm by a fall and by leaving the list, lowered, moved out of, still to come; no other has one."""
    newest = Epoch.parse("2021-03-04T00:00:00")
    with indexed(tmp_path, records()) as index:
        year = index.story(2021, newest)
        view = year_view(year, records()[-1])

    endings = {event.event_id: event.ending(year.flown, newest) for event in year.events}
    assert endings == {f"E{name}": ENDINGS.get(name) for name in STORIES}
    assert {row.event.event_id: row.movers for row in view.rows if row.movers} == {"Emoved": "NASA", "Eopen": "NASA"}
    warnings_h = {event.event_id: event.warning_h for event in year.events}
    assert warnings_h["Epassed"] == pytest.approx(47.0)  # red from 2 March on, its TCA on 3 March at 23:00
    assert warnings_h["Eopen"] == pytest.approx(18 * 24 - 1.0)
    assert warnings_h["Eyellow"] is None
    said = " ".join(view.statement)
    assert "4 cycles told of 8 approaches, 6 red and 1 yellow at their worst." in said
    assert "1 moved out of by a burn, 1 passed red, 2 a false alarm, 1 lowered to yellow and 1 still to come" in said
    assert "2 claims or plans, 1 burn flown." in said


def test_deliveries_are_counted_by_originator(tmp_path: Path) -> None:
    """Different files in use, refused ones, uses of one older than a week, the oldest."""
    with indexed(tmp_path, records()) as index:
        found = index.story(2021, Epoch.parse("2021-03-04T00:00:00")).punctuality

    assert {(one.originator, one.delivered, one.refused, one.uses, one.late_uses) for one in found} == {
        ("JPL", 3, 0, 4, 0), ("ESOC", 1, 1, 3, 2),
    }  # fmt: skip
    assert {one.originator: (one.oldest_s or 0.0) / DAY_S for one in found} == pytest.approx({"JPL": 1.5, "ESOC": 9.0})


def test_a_corrected_cycle_counts_as_if_it_had_not_been(tmp_path: Path) -> None:
    """What only the corrected cycle called red never was."""
    wrong, right = stub("2021-03-01T0000Z"), stub("2021-03-01T0010Z", previous="2021-03-01T0000Z")
    wrong = replace(wrong, events=(told("x", "r", 9.0, wrong),))
    right = replace(right, events=(told("x", "g", 9.0, right),), supersedes=wrong.cycle_id)
    with indexed(tmp_path, [wrong, right], {right.cycle_id: wrong.cycle_id}) as index:
        (event,) = index.story(2021, right.window.start).events

    assert (event.worst, event.first_red) == (Level.GREEN, None)


def test_accuracy_is_that_of_predictions_made_in_the_year() -> None:
    """Root mean square and worst of the timing errors of an originator's objects, those of another year left out."""
    record = sample_record()
    item = next(one for one in record.objects if one.prediction_errors and one.kind == "spacecraft")
    error = item.prediction_errors[0]
    errors: tuple[PredictionError, ...] = tuple(
        replace(error, cycle_id=f"{year}-03-01T0000Z", timing_s=late)
        for year, late in ((2020, 99.0), (2021, 3.0), (2021, -4.0))
    )  # fmt: skip
    objects = tuple(replace(one, prediction_errors=errors if one.id == item.id else ()) for one in record.objects)
    whose = next(entry.originator for entry in record.inputs if entry.object_id == item.id and entry.refusal is None)
    came = Punctuality(originator=whose, delivered=1, refused=0, uses=1, late_uses=0, oldest_s=None)
    year = Year(year=2021, cycles=1, newest=record.window.start, events=(), acts=(), punctuality=(came,))
    (row,) = year_view(year, replace(record, objects=objects)).originators

    assert len(row.errors) == 2
    assert row.rms_s == pytest.approx((12.5) ** 0.5)


def test_a_year_of_daily_cycles_costs_no_look_into_the_archive(tmp_path: Path) -> None:
    """Of 365 cycles the story comes from the index: no file is opened for it."""
    start = Epoch.parse("2021-01-01T00:00:00")
    cycles = []
    for day in range(365):
        text = (start + day * DAY_S).iso(digits=0)
        cycles.append(stub(f"{text[:10]}T0000Z", inputs=INPUTS[day % 4]))
    with indexed(tmp_path, cycles) as index, counted_opens() as opened:
        year = index.story(2021, start + 364.0 * DAY_S)

    assert year.cycles == 365
    assert len(year.events) == 12  # the stub has one approach a month
    assert opened == []


def test_the_page_of_a_year_tells_it_with_plots_and_tables(tmp_path: Path) -> None:
    """Published, the year's page has its sentences and both CSV files; every link leads somewhere."""
    workspace = new_workspace(tmp_path)
    for cycle_id in ("2021-03-01T0000Z", "2021-03-02T0000Z"):
        add(workspace, cycle_id)
    folder = tmp_path / "public/archive/2021"
    page = (folder / "index.html").read_text()
    rows = list(csv.DictReader((folder / "approaches.csv").read_text().splitlines()))

    assert "What the year was" in page
    assert "2 cycles told of 1 approach" in page
    linked = set(re.findall(r'href="([a-z]+\.csv)"', page))
    assert linked == ({"approaches.csv"} if rows else set())  # the stub's cycles have no deliveries
    assert broken_links(tmp_path / "public") == []


def test_plots_of_a_year_hold_what_they_draw(tmp_path: Path) -> None:
    """Red and yellow approaches by month, one point a red approach with its warning in days."""
    with indexed(tmp_path, records()) as index:
        view = year_view(index.story(2021, Epoch.parse("2021-03-04T00:00:00")), records()[-1])
    plots = {plot.name: plot for plot in year_plots(view, 2021)}

    assert plots["year-months"].rows[2] == ("2021-03", 6.0, 1.0, 1.0)
    points = {row[0]: row[2] for row in plots["year-warning"].rows}
    assert points == pytest.approx(
        {row.event.event_id: (row.event.warning_h or 0.0) / 24.0 for row in view.rows if row.ending}
    )


def test_the_page_on_formats_lists_every_column_of_a_year() -> None:
    """Each column of both tables stands there with its unit and meaning."""
    text = (resource("site") / "formats.md").read_text(encoding="utf-8")
    columns = [(one.key, one.unit, one.meaning) for table in (YEAR_EVENT_COLUMNS, ORIGINATOR_COLUMNS) for one in table]

    assert [key for key, unit, meaning in columns if f"| `{key}` | {unit or ''} | {meaning} |" not in text] == []
