"""What somebody must be told of a cycle, by the levels that its events had from cycle to cycle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.fields import Span
from nearpass.encounter.alert import Level
from nearpass.record.alarms import LATE_S, Alarm, AlarmKind, alarms
from nearpass.record.desk_record import DueRecord, State
from nearpass.record.figures import WITHHELD
from nearpass.record.record import CycleRecord, EventRecord, HistoryPoint, NoteKind, NoteRecord, ToldEvent
from nearpass.record.told_record import ToldKind
from nearpass.report.alarm_text import letter
from records import CUT_OFF, sample_record

LEVELS = {"r": Level.RED, "y": Level.YELLOW, "g": Level.GREEN}
ALL: frozenset[AlarmKind] = frozenset({"new", "worse", "deadline", "unclaimed", "doubtful", "late"})


def with_levels(levels: str, **more: object) -> tuple[CycleRecord, EventRecord]:
    """The sample with one event, whose level from cycle to cycle is given by letters; the last is this cycle's."""
    record = sample_record()
    event = next(one for one in record.events if one.level is Level.RED)
    history = tuple(
        HistoryPoint(
            cycle_id=f"2021-03-{place + 1:02d}T0000Z", tca=event.tca, miss_km=3.0, miss_rtn_km=None,
            level=LEVELS[letter], miss_sigma_km=None, pc=None,
        )
        for place, letter in enumerate(levels[:-1])
    )  # fmt: skip
    settings = {"level": LEVELS[levels[-1]], "history": history, "tca": CUT_OFF + 5.0 * DAY_S, "deadline": None, **more}
    event = replace(event, **settings)
    return replace(record, events=(event,), changes=(), notes=()), event


def told(record: CycleRecord, *kinds: AlarmKind, least: str = "r", hours: Sequence[float] = (24.0,)) -> list[Alarm]:
    return list(alarms(record, CUT_OFF, frozenset(kinds), LEVELS[least], hours))


@pytest.mark.parametrize(
    ("levels", "least", "mark"),
    [
        ("r", "r", "red-2021-03-15T0000Z"),
        ("gyr", "r", "red-2021-03-15T0000Z"),
        ("yrr", "r", "red-2021-03-02T0000Z"),
        ("ryr", "r", "red-2021-03-15T0000Z"),
        ("yy", "y", "yellow-2021-03-01T0000Z"),
        ("yry", "y", "yellow-2021-03-01T0000Z"),
        ("y", "r", None),
        ("ry", "y", None),
        ("rry", "y", None),
        ("g", "y", None),
    ],
)
def test_a_level_is_new_from_the_cycle_in_which_it_was_reached(levels: str, least: str, mark: str | None) -> None:
    """It has one mark from then on; a fall to a level is nothing new, and a second rise is."""
    record, event = with_levels(levels)

    assert [(one.subject, one.mark) for one in told(record, "new", least=least)] == (
        [] if mark is None else [(event.event_id, mark)]
    )


def test_an_approach_that_passed_or_was_closed_is_silent() -> None:
    """After its time, and once a party said that nothing is left to do, no alarm of any kind comes of it."""
    record, event = with_levels("r", deadline=after_h(3.0))
    note = NoteRecord(
        file="log/a.md", event_id=event.event_id, time=CUT_OFF, kind="closed", parties=("NASA",), marking=None, text="",
        refusal=None, party="NASA",
    )  # fmt: skip

    assert len(told(record, "new", "deadline", "unclaimed")) == 3
    assert told(replace(record, notes=(note,)), "new", "deadline", "unclaimed") == []
    assert alarms(record, event.tca, ALL - {"late"}, Level.RED, (24.0,)) == ()


def test_a_deadline_of_a_burn_that_was_flown_is_silent() -> None:
    """With a claim the deadline is told of, once it is flown it is not; of two that move until both have flown."""
    record, event = with_levels("r", deadline=after_h(3.0))

    def deadlines(*said: tuple[NoteKind, str]) -> int:
        notes = tuple(
            NoteRecord(
                file=f"log/{place}.md", event_id=event.event_id, time=CUT_OFF + float(place), kind=kind,
                parties=(party,), marking=None, text="", refusal=None, party=party,
            )
            for place, (kind, party) in enumerate(said)
        )  # fmt: skip
        return len(told(replace(record, notes=notes), "deadline"))

    assert deadlines(("claim", "NASA")) == 1
    assert deadlines(("claim", "NASA"), ("flown", "NASA")) == 0
    assert deadlines(("flown", "NASA"), ("claim", "CNSA")) == 1


def after_h(hours: float) -> Epoch:
    return CUT_OFF + 3600.0 * hours


@pytest.mark.parametrize(
    ("left_h", "hours"), [(25.0, None), (24.0, 24.0), (7.0, 24.0), (6.0, 6.0), (0.5, 6.0), (0.0, None), (-1.0, None)]
)
def test_a_deadline_is_told_of_by_the_least_hours_that_it_is_within(left_h: float, hours: float | None) -> None:
    """Of 24 and 6 hours; nothing before the first and nothing from the deadline on."""
    record, _ = with_levels("r", deadline=after_h(left_h))

    assert [one.hours for one in told(record, "deadline", hours=(6.0, 24.0))] == ([] if hours is None else [hours])


@pytest.mark.parametrize(("kind", "level", "new"), [
    ("new", "r", True), ("worse", "r", True), ("same", "r", True), ("same", "y", False), ("better", "y", False),
    ("new", "y", True),
])  # fmt: skip
def test_of_what_is_told_in_cells_only_a_rise_is_new(kind: ToldKind, level: str, new: bool) -> None:
    """A level that stayed is still new where it can only have been reached by a rise."""
    record = replace(sample_record(), events=(), changes=())
    event = ToldEvent(
        event_id="EAAAA-AAAAA", primary="MRO", secondary=None, level=LEVELS[level], previous_level=None, kind=kind,
        since="2021-03-10T0000Z", tca=Span(start=CUT_OFF + DAY_S, stop=CUT_OFF + 2.0 * DAY_S), miss_km=WITHHELD,
        surface_km=None, pc=WITHHELD, deadline=None, deadline_object=None, shown="metrics",
    )  # fmt: skip

    assert bool(told(replace(record, told=(event,)), "new", least="y")) is new


def test_late_are_old_refused_and_missing_deliveries_of_spacecraft_that_fly() -> None:
    """From a week and a second on; not for a moon, a lost orbiter, or an object that is told in part."""
    record = sample_record()
    flying = next(
        item for item in record.objects
        if item.kind == "spacecraft" and item.phase == "known" and item.coverage and item.ending is None
    )  # fmt: skip
    entry = next(one for one in record.inputs if one.object_id == flying.id and one.refusal is None)

    def rules(item: object, *inputs: object) -> list[str | None]:
        return [one.rule for one in told(replace(record, objects=(item,), inputs=inputs, desk=()), "late")]  # type: ignore[arg-type]

    assert rules(flying, replace(entry, age_s=LATE_S)) == []
    assert rules(flying, replace(entry, age_s=LATE_S + 1.0)) == ["old"]
    assert rules(replace(flying, coverage=())) == ["missing"]
    assert rules(flying, replace(entry, refusal="a rule"), entry) == ["refused"]
    for quiet in (
        replace(flying, coverage=(), kind="natural"),
        replace(flying, coverage=(), phase="unknown"),
        replace(flying, coverage=(), shown="metrics"),
        replace(flying, coverage=(), withheld=("deliveries",)),
    ):
        assert rules(quiet) == []


@pytest.mark.parametrize(
    ("every_h", "state", "age_d", "hours", "expected"),
    [
        (24.0, "overdue", 2.0, 0.0, ["overdue"]),  # younger than a week, owed daily
        (24.0, "in time", 0.5, 13.0, ["overdue"]),  # due 12 h after the cut-off
        (24.0, "in time", 0.5, 11.0, []),
        (720.0, "in time", 8.0, 0.0, []),  # older than a week, owed monthly
        (None, "no schedule", 8.0, 0.0, ["old"]),
    ],
)
def test_late_is_what_the_schedule_says(
    every_h: float | None, state: State, age_d: float, hours: float, expected: list[str]
) -> None:
    """By the desk of the cycle as of now; where no schedule was given, by the week of NPR 8079.1."""
    record = sample_record()
    flying = next(item for item in record.objects if item.id == "MRO")
    entry = next(one for one in record.inputs if one.object_id == "MRO" and one.refusal is None)
    row = DueRecord(
        object_id="MRO", source="ephemerides/mro_*.oem", originator="JPL", role="nominal", marking=None,
        every_h=every_h, due=after_h(-24.0), next_due=after_h(12.0) if every_h else None, state=state, late_s=None,
        file=entry.file, sha256=entry.sha256, created=None, missed=None, here=None, refused=None, doubtful=False,
    )  # fmt: skip
    record = replace(
        record, objects=(flying,), inputs=(replace(entry, age_s=age_d * DAY_S),), desk=(row,), events=(), changes=()
    )
    found = alarms(record, after_h(hours), frozenset({"late"}), Level.RED, ())

    assert [one.rule for one in found] == expected
    if expected == ["overdue"]:
        since = after_h(-24.0) if state == "overdue" else after_h(12.0)
        assert found[0].since == since
        text = letter(found, record, after_h(hours)).body
        assert f"was due {since.iso(digits=0)[8:10].lstrip('0')} March 2021 {since.iso(digits=0)[11:16]} UTC" in text
