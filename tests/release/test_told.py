"""What an edition tells of an approach of an object that it does not show in full: a fixed policy, in cells."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edition_records import edition, marked_record
from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import Level
from nearpass.record.command_record import ClosureRecord, CommandingRecord
from nearpass.record.figures import MISS_CELLS_KM, TIME_CELLS_S, Figure, around, within_cell, within_decade
from nearpass.record.marking import Grain, Protected, Show
from nearpass.record.record import CycleRecord, HistoryPoint, ToldEvent
from nearpass.release.reduction import reduced

METRICS = {"TIANWEN-1": Show.METRICS}


def one_event(miss_km: float = 7.25, level: Level = Level.RED, tca: str = "2021-03-21T04:12:33", **more) -> CycleRecord:
    """The sample with one approach of MRO and Tianwen-1, without a history unless given."""
    record = marked_record({})
    event = next(e for e in record.events if (e.primary, e.secondary) == ("MRO", "TIANWEN-1"))
    probability = replace(event.probability, pc=more.pop("pc", 3.2e-5))
    values = {"history": (), **more}
    event = replace(event, tca=Epoch.parse(tca), miss_km=miss_km, level=level, probability=probability, **values)
    return replace(record, events=(event,), changes=(), dormant=(), notes=())


def told_of(record: CycleRecord, shows=METRICS, **settings) -> tuple[ToldEvent, ...]:
    """What a public edition tells of it."""
    return reduced(record, edition(shows, **settings)).told


def point(cycle_id: str, **more) -> HistoryPoint:
    """What an earlier cycle said."""
    values = {"tca": Epoch.parse("2021-03-21T04:08:00"), "miss_km": 2.0, "level": Level.RED, "pc": 1e-3, **more}
    return HistoryPoint(cycle_id=cycle_id, miss_rtn_km=None, miss_sigma_km=None, **values)


@given(st.floats(0.0, 4000.0), st.sampled_from(MISS_CELLS_KM))
def test_a_distance_lies_in_its_cell(value: float, cell: float) -> None:
    """The ends are multiples of the cell, one cell apart, and the number lies between them."""
    found = within_cell(value, cell)

    assert found.high - found.low == cell
    assert Fraction(found.low) % Fraction(cell) == 0
    assert found.low <= value < found.high


def test_every_cell_divides_the_next() -> None:
    """Two editions, or two mentions, never cut a cell of each other."""
    for ladder in (MISS_CELLS_KM, TIME_CELLS_S):
        assert all(coarse % fine == 0 for fine, coarse in pairwise(ladder))


@given(st.floats(1e-300, 1.0, exclude_max=True))
def test_a_probability_lies_in_its_decade(pc: float) -> None:
    """Powers of ten from 1e-10 on; of anything smaller no more is told than that it is."""
    found = within_decade(pc)

    assert found.low <= pc < found.high
    assert found == Figure(low=0.0, high=1e-10) if pc < 1e-10 else round(math.log10(found.high / found.low)) == 1


@given(st.integers(0, 10**15), st.sampled_from(TIME_CELLS_S))
def test_an_instant_lies_in_its_cell(tai_ns: int, cell_s: float) -> None:
    """Cells count from midnight UTC, as ten minutes of the clock or the date do."""
    epoch = Epoch(Epoch.parse("2021-01-01").tai_ns + tai_ns)
    cell = around(epoch, cell_s)
    clock = epoch.iso(digits=9)
    begin = f"{clock[:10]}T00:00:00" if cell_s > 600.0 else f"{clock[:15]}0:00"

    assert cell.start == Epoch.parse(begin)
    assert cell.stop - cell.start == cell_s
    assert cell.start <= epoch < cell.stop


def test_a_day_with_a_leap_second_has_no_short_cell() -> None:
    """The leap second belongs to the last cell of its day, and its day ends at midnight."""
    leap = Epoch.parse("2016-12-31T23:59:60.5")

    assert around(leap, 600.0).start == Epoch.parse("2016-12-31T23:50:00")
    assert around(leap, 600.0).stop == around(leap, 86_400.0).stop == Epoch.parse("2017-01-01")


def test_an_approach_in_metrics_is_told_in_cells() -> None:
    """With whom, the level, ten minutes, 5 km, a power of ten; no state, vector, speed or place."""
    (told,) = told_of(one_event())

    assert (told.primary, told.secondary, told.level) == ("MRO", "TIANWEN-1", Level.RED)
    assert (told.tca.start, told.tca.stop) == (Epoch.parse("2021-03-21T04:10:00"), Epoch.parse("2021-03-21T04:20:00"))
    assert told.miss_km == Figure(low=5.0, high=10.0)
    assert told.pc == Figure(low=1e-5, high=1e-4)


def test_an_object_without_a_name_is_told_ten_times_as_coarsely() -> None:
    """The first rung at least ten times as coarse, the day, no probability, no name; for every rung of the ladder."""
    (told,) = told_of(one_event(), {"TIANWEN-1": Show.ANONYMOUS})

    assert (told.primary, told.secondary) == ("MRO", None)
    assert told.miss_km == Figure(low=0.0, high=50.0)
    assert (told.tca.start, told.tca.stop) == (Epoch.parse("2021-03-21"), Epoch.parse("2021-03-22"))
    assert told.pc.missing == "withheld"
    for cell in MISS_CELLS_KM[:3]:
        assert Grain(miss_km=cell).nameless.miss_km >= 10 * cell


@pytest.mark.parametrize("level", list(Level))
def test_only_red_and_yellow_are_told(level: Level) -> None:
    """A green approach leaves no trace, and neither does its pair."""
    small = reduced(one_event(level=level), edition(METRICS))

    assert len(small.told) == (level is not Level.GREEN)
    assert small.events == ()
    assert not [pair for pair in small.pairs if "TIANWEN-1" in (pair.primary, pair.secondary)]


def test_what_was_told_stays_until_the_level_changes() -> None:
    """A newer delivery that leaves the level changes no figure; one that changes it brings its own."""
    history = (point("2021-03-13T0000Z", level=Level.YELLOW, miss_km=12.0), point("2021-03-14T0000Z"))
    (same,) = told_of(one_event(history=history))
    (changed,) = told_of(one_event(level=Level.YELLOW, history=history))

    assert (same.since, same.kind, same.miss_km, same.pc) == (
        "2021-03-14T0000Z", "same", Figure(low=0.0, high=5.0), Figure(low=1e-3, high=1e-2),
    )  # fmt: skip
    assert same.tca.start == Epoch.parse("2021-03-21T04:00:00")
    assert (changed.since, changed.kind, changed.previous_level) == ("2021-03-15T0000Z", "better", Level.RED)
    assert changed.miss_km == Figure(low=5.0, high=10.0)


def test_cycles_that_an_edition_does_not_have_freeze_nothing() -> None:
    """Where the edition has one cycle a day, what one between them said is not told."""
    history = (point("2021-03-14T0317Z"),)

    assert told_of(one_event(history=history), every_hours=24.0)[0].since == "2021-03-15T0000Z"
    assert told_of(one_event(history=history))[0].since == "2021-03-14T0317Z"


def test_a_level_that_falls_ends_what_is_told() -> None:
    """The edition says that the approach is neither red nor yellow any more, with the cell that it told before."""
    small = reduced(
        replace(
            one_event(level=Level.GREEN, history=(point("2021-03-14T0000Z"),)), previous_cycle_id="2021-03-14T0000Z"
        ),
        edition(METRICS),
    )

    assert small.told == ()
    assert [(end.kind, end.level, end.tca.start) for end in small.told_ended] == [
        ("ended", Level.RED, Epoch.parse("2021-03-21T04:00:00"))
    ]


@pytest.mark.parametrize(("tca", "shown"), [("2021-03-15T00:00:01", 1), ("2021-03-14T23:59:59", 0)])
def test_the_window_does_not_cut_a_cell(tca: str, shown: int) -> None:
    """An approach is told only while its whole cell lies in the window, so that the cut-off narrows no cell."""
    assert len(told_of(one_event(tca=tca))) == shown
    assert told_of(one_event(tca=tca), {"TIANWEN-1": Show.ANONYMOUS}) == () or tca > "2021-03-15"


def test_what_follows_is_computed_from_the_cell() -> None:
    """The deadline is the begin of the cell minus the lead time of the operator in full; the exact one is not told."""
    record = one_event()
    record = replace(record, objects=tuple(replace(item, commanding=None) for item in record.objects))  # of before
    lead_h = next(item.lead_time_h for item in record.objects if item.id == "MRO")
    (told,) = told_of(record)

    assert told.deadline_object == "MRO"
    assert told.deadline == Epoch.parse("2021-03-21T04:10:00") + -3600.0 * lead_h
    assert told_of(record, {"TIANWEN-1": Show.METRICS, "MRO": Show.METRICS})[0].deadline is None


def test_a_told_deadline_knows_of_solar_conjunction() -> None:
    """Commands must have left before the link is shut: the work begins a lead time before that, not before the cell.

    By hand: the cell begins on 21 March 04:10, the link is shut from 10 March 06:00 to 21 March 04:00, the lead time is
    48 h, the last 6 h of it need the link, and no burn is needed before the approach itself.
    """
    record = one_event()
    shut = ClosureRecord(
        start=Epoch.parse("2021-03-10T06:00:00"),
        stop=Epoch.parse("2021-03-21T04:00:00"),
        limit="conjunction",
        note=None,
    )
    held = CommandingRecord(
        lead_time_h=48.0, uplink_h=6.0, last_burn_h=0.0, sep_min_deg=3.0, closures=(shut,), passes=None
    )
    closed, free = (
        replace(
            record,
            objects=tuple(replace(item, commanding=one) if item.id == "MRO" else item for item in record.objects),
        )
        for one in (held, replace(held, closures=()))
    )  # fmt: skip

    assert told_of(closed)[0].deadline == Epoch.parse("2021-03-08T06:00:00")
    assert told_of(free)[0].deadline <= Epoch.parse("2021-03-19T04:10:00")
    assert told_of(free)[0].deadline >= Epoch.parse("2021-03-19T03:00:00")  # light time, less than 25 min at Mars
    moved = replace(closed, events=(replace(closed.events[0], light_time_s=999.0),))
    assert told_of(moved)[0].deadline == told_of(closed)[0].deadline


def test_a_surface_distance_follows_from_the_cell_and_the_radius() -> None:
    """The cell less the radius of the moon, never below zero; withheld where the radius is."""
    record = one_event(surface_km=4.0)
    moon = next(item for item in record.objects if item.kind == "natural")
    event = replace(record.events[0], primary=moon.id, secondary="TIANWEN-1", miss_km=moon.radius_km + 4.0)
    record = replace(record, events=(event,))
    low = math.floor(event.miss_km / 5.0) * 5.0
    (told,) = told_of(record)

    assert told.surface_km == Figure(low=max(low - moon.radius_km, 0.0), high=low + 5.0 - moon.radius_km)
    (withheld,) = told_of(record, {"TIANWEN-1": Show.METRICS, moon.id: Show.METRICS})
    assert withheld.surface_km is not None
    assert withheld.surface_km.missing == "withheld"


def test_an_object_without_a_name_must_be_one_of_several() -> None:
    """Where fewer spacecraft than asked for have no name, nothing is told of any of them; moons do not count."""
    record = one_event()
    several = {"TIANWEN-1": Show.ANONYMOUS, "HOPE": Show.ANONYMOUS, "PHOBOS": Show.ANONYMOUS}

    assert len(told_of(record, several, at_least=2)) == 1
    assert told_of(record, several, at_least=3) == ()


@pytest.mark.parametrize(("rung", "tca_s", "miss"), [(1, 86_400.0, 5.0), (2, 86_400.0, None)])
def test_a_rung_makes_what_is_told_coarser(rung: int, tca_s: float, miss: float | None) -> None:
    """The first rung tells the day and no probability, the second no distance, the third nothing, and so on."""
    at = {"2021-03-15T0000Z": (proof(rung),)}
    (told,) = told_of(one_event(), protected=at)

    assert told.tca.stop - told.tca.start == tca_s
    assert told.miss_km.low == miss
    assert told.pc.missing == "withheld"
    assert told_of(one_event(), protected={"2021-03-15T0000Z": (proof(3),)}) == ()
    assert told_of(one_event(), protected={"2021-03-08T0000Z": (proof(3),)}) == ()


def test_a_cycle_in_which_nothing_could_be_proven_is_told_of_as_if_it_were_not() -> None:
    """Nothing of the object is told in it; a later cycle tells of it anew, by its own figures, as finely as before."""
    unproven = replace(proof(3), cycles=0, decoys=0)
    record = one_event(history=(point("2021-03-08T0000Z"),))
    (told,) = told_of(record, protected={"2021-03-08T0000Z": (unproven,)})

    assert told_of(record, protected={"2021-03-15T0000Z": (unproven,)}) == ()
    assert (told.kind, told.since, told.miss_km.low) == ("new", "2021-03-15T0000Z", 5.0)
    assert told.tca.stop - told.tca.start == 600.0


def proof(rung: int, name: str = "TIANWEN-1") -> Protected:
    """That of a cycle, with what it was told by."""
    return Protected(
        object_id=name, promised_km=50.0, among=5, bound_km=60.0, decoys=9, cycles=1, rung=rung, sha256="ab"
    )


@pytest.mark.parametrize(("stop", "shown"), [("04:20:00", 1), ("04:19:59", 0), ("04:15:00", 0)])
def test_the_end_of_the_window_does_not_cut_a_cell(stop: str, shown: int) -> None:
    """A cell that the window ends in is not told: what is left of it would say more of the time than a whole one."""
    record = one_event()
    window = replace(record.window, stop=Epoch.parse(f"2021-03-21T{stop}"))

    assert len(told_of(replace(record, window=window))) == shown


@pytest.mark.parametrize(
    ("rung", "words"),
    [
        (0, "the level, a span of 10 min, a range of 5 km and the power of ten of the probability."),
        (1, "the level, the day, a range of 5 km, and no more, since finer cells would not keep what is promised."),
        (2, "the level, the day, and no more, since finer cells would not keep what is promised."),
    ],
)
def test_an_edition_says_in_which_cells_it_tells(rung: int, words: str) -> None:
    """Where it tells more coarsely than configured it says so, and the approach is told just so."""
    record = one_event()
    made = reduced(
        record,
        edition(
            METRICS, audience="everybody", say_withheld=True, protects_km=50.0,
            protected={record.cycle_id: (proof(rung),)},
        ),
    )  # fmt: skip
    (told,), (line,) = made.told, made.edition.statement

    assert words in line
    assert (told.tca.stop - told.tca.start == 600.0) is ("10 min" in line)
    assert (told.miss_km.missing is None) is ("5 km" in line)
    assert (told.pc.missing is None) is ("power of ten" in line)
    assert ("One on a day that begins before the data cut-off is not told" in line) is ("the day" in line)


def test_what_was_proven_of_nameless_objects_tells_neither_how_many_nor_where_in_the_alphabet() -> None:
    """One line for all of them, the last."""
    record = one_event()
    several = tuple(proof(0, name) for name in ("MRO", "ODY", "TIANWEN-1"))
    shows = {"MRO": Show.ANONYMOUS, "ODY": Show.ANONYMOUS, "TIANWEN-1": Show.METRICS}
    one = {key: show for key, show in shows.items() if key != "MRO"}
    lines = [
        reduced(record, edition(its, audience="all", protected={record.cycle_id: several})).edition.protection
        for its in (shows, one)
    ]

    assert [line.object_id for line in lines[0]] == ["TIANWEN-1", None]
    assert lines[0] == lines[1]
