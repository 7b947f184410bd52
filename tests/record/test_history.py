"""Events from one cycle to the next."""

import hashlib
import itertools
import re
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import Level
from nearpass.record.history import _assign, changes, dormant, event_ids, gate_s, with_history
from nearpass.record.record import CycleRecord
from nearpass.report.wording import said
from records import sample_record

PERIOD_S = 7200.0


@dataclass(frozen=True)
class Seen:
    primary: str
    secondary: str
    tca: Epoch


@pytest.fixture(scope="module")
def previous() -> CycleRecord:
    return sample_record()


def later(record: CycleRecord, events) -> CycleRecord:
    """The cycle a day after, with other events."""
    shifted = replace(record.window, start=record.window.start + 86_400.0, stop=record.window.stop + 86_400.0)
    return replace(record, cycle_id="2099-01-01T0000Z", window=shifted, events=tuple(events), changes=())


def named(seen, previous: CycleRecord) -> list[str]:
    """The ids of passages after a cycle."""
    return event_ids(seen, previous, periods(previous), cutoff=previous.window.stop, deliveries={})


def periods(record: CycleRecord) -> dict[str, float | None]:
    return {item.id: PERIOD_S for item in record.objects}


@given(st.lists(st.floats(-0.4, 0.4), min_size=8, max_size=8))
def test_an_event_keeps_its_id_while_its_tca_drifts(shares) -> None:
    """A drift of less than half the gap between neighbours, within half a period, keeps every id."""
    record = sample_record()
    own = [event for event in record.events if (event.primary, event.secondary) == _busiest(record)]
    gaps_s = [b.tca - a.tca for a, b in itertools.pairwise(own)]
    reach_s = min([PERIOD_S / 2, *(gap / 2 for gap in gaps_s)])
    drifted = [
        Seen(event.primary, event.secondary, event.tca + share * reach_s)
        for event, share in zip(own, shares * len(own), strict=False)
    ]

    assert named(drifted, record) == [event.event_id for event in own[: len(drifted)]]


def _busiest(record: CycleRecord) -> tuple[str, str]:
    pairs = [(event.primary, event.secondary) for event in record.events]
    return max(sorted(set(pairs)), key=pairs.count)


def test_an_id_is_never_given_twice(previous) -> None:
    """Two passages near one old event get different ids, the nearer one the old id."""
    old = previous.events[0]
    near = [Seen(old.primary, old.secondary, old.tca + offset_s) for offset_s in (600.0, 30.0)]
    ids = named(near, previous)

    assert len(set(ids)) == 2
    assert ids[1] == old.event_id


def test_an_event_beyond_half_a_period_is_another_one(previous) -> None:
    """A passage more than half the shorter period away from an old event is a new one."""
    old = previous.events[0]
    lone = replace(previous, events=(old,))
    far = Seen(old.primary, old.secondary, old.tca + (PERIOD_S / 2 + 1.0))

    assert named([far], lone) != [old.event_id]


@pytest.mark.parametrize("side", [-1.0, 1.0])
@pytest.mark.parametrize("share", [0.34, 0.4, 0.499])
def test_an_event_within_half_the_shorter_period_is_the_same(previous, share: float, side: float) -> None:
    """Up to half a revolution of the faster object a passage is the old event, and just beyond it is not."""
    old = previous.events[0]
    lone = replace(previous, events=(old,))
    both_s = periods(previous) | {old.primary: 3.0 * PERIOD_S, old.secondary: PERIOD_S}

    def one(shift_s: float) -> list[str]:
        moved = Seen(old.primary, old.secondary, old.tca + side * shift_s)
        return event_ids([moved], lone, both_s, cutoff=previous.window.stop, deliveries={})

    assert one(share * PERIOD_S) == [old.event_id]
    assert one(0.501 * PERIOD_S) != [old.event_id]


def test_a_new_id_names_no_object_and_no_time() -> None:
    """An id is nine signs of a hash: the same for the same deliveries, another for other ones, never given twice."""
    tca = Epoch.parse("2021-03-21T04:12:33")
    seen = [Seen("MRO", "TW1", tca), Seen("MRO", "TW1", tca + 5.0)]
    first, second = event_ids(seen, None, {}, cutoff=tca, deliveries={"MRO": "ab", "TW1": "cd"})

    assert first != second
    assert event_ids(seen[::-1], None, {}, cutoff=tca, deliveries={"MRO": "ab", "TW1": "cd"}) == [second, first]
    assert re.fullmatch(r"E[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{5}", first)
    for other in ({"MRO": "ab", "TW1": "ce"}, {"MRO": "aa", "TW1": "cd"}):
        assert first not in event_ids(seen, None, {}, cutoff=tca, deliveries=other)


def by_division(*drawn_from: str) -> str:
    """Nine digits to the base 32, the lowest first, of the number that SHA-256 gives; Crockford's signs."""
    number, signs = int(hashlib.sha256("\0".join(drawn_from).encode()).hexdigest(), 16), ""
    for _ in range(9):
        number, digit = divmod(number, 32)
        signs += "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[digit]
    return f"E{signs[:4]}-{signs[4:]}"


def test_an_id_is_the_same_for_ever(previous) -> None:
    """A cycle screened again, by whatever version, gives the ids of its archive; where one is taken, the next."""
    tca = Epoch.parse("2021-03-21T04:12:33")
    delivered = {"MRO": "ab", "TW1": "cd"}
    own = "2021-03-21T04:12:33.000000", "MRO", "TW1", "ab", "cd"
    seen = [Seen("MRO", "TW1", tca), Seen("MRO", "TW1", tca + 5.0)]
    expected = [by_division(*own, "0", "0"), by_division(*own, "1", "0")]

    assert event_ids(seen, None, {}, cutoff=tca, deliveries=delivered) == expected

    taken = replace(previous, events=(replace(previous.events[0], event_id=expected[0]),), dormant=())
    again = event_ids(seen, taken, {}, cutoff=tca, deliveries=delivered)
    assert again == [by_division(*own, "0", "1"), expected[1]]


def test_an_id_does_not_tell_the_time() -> None:
    """Passages at other times have the same id: nobody can try out times, not even with both files in hand."""
    tca = Epoch.parse("2021-03-21T04:12:33")
    ids = [
        event_ids([Seen("MRO", "TW1", tca + later_s)], None, {}, cutoff=tca, deliveries={}) for later_s in (0.0, 7e5)
    ]

    assert ids[0] == ids[1]


def test_history_is_carried_on(previous) -> None:
    """An event seen again holds what all earlier cycles said of it, oldest first."""
    event = replace(previous.events[0], history=())
    twice = with_history(event, previous)

    assert twice.history[:-1] == previous.events[0].history
    assert twice.history[-1].cycle_id == previous.cycle_id
    assert twice.history[-1].miss_km == previous.events[0].miss_km


def test_an_event_that_comes_back_is_the_same_event(previous) -> None:
    """An event that was not listed for two cycles keeps its id and all that was said of it before it left."""
    event = previous.events[-1]
    first = replace(previous, events=(event,), dormant=())
    cutoff = previous.window.start + 3600.0
    second = replace(later(first, ()), dormant=dormant((), first, cutoff))
    third = replace(later(second, ()), dormant=dormant((), second, cutoff))
    drifted = Seen(event.primary, event.secondary, event.tca + 300.0)
    fresh = replace(event, history=())

    assert named([drifted], third) == [event.event_id]
    assert [point.cycle_id for point in with_history(fresh, third).history[-2:]] == [
        *[point.cycle_id for point in event.history[-1:]],
        first.cycle_id,
    ]
    assert "came back" in said(changes(later(third, [event]), third)[0].reason)


def test_an_event_is_forgotten_once_its_time_has_come(previous) -> None:
    """After the cut-off has passed its TCA, an event that left the list is dormant no longer."""
    event = previous.events[-1]
    first = replace(previous, events=(event,), dormant=())

    assert dormant((), first, event.tca + -1.0)[0].event_id == event.event_id
    assert dormant((), first, event.tca + 1.0) == ()


def test_changes_name_every_event_that_came_or_went(previous) -> None:
    """Each event that is in only one of two cycles is listed, as new, passed or gone, with a reason."""
    kept = previous.events[::2]
    record = later(previous, kept)
    left = {event.event_id for event in previous.events} - {event.event_id for event in kept}
    found = {change.event_id: change for change in changes(record, previous)}

    assert left <= set(found)
    for key in left:
        event = next(event for event in previous.events if event.event_id == key)
        assert found[key].kind == ("passed" if event.tca <= record.window.start else "gone")
        assert found[key].reason


@pytest.mark.parametrize(
    ("before_km", "after_km", "before", "after", "kind"),
    [
        (14.2, 1.9, Level.GREEN, Level.RED, "worse"),
        (1.9, 14.2, Level.RED, Level.GREEN, "better"),
        (2.0, 1.0, Level.RED, Level.RED, "worse"),
        (2.0, 2.19, Level.RED, Level.RED, None),
        (2.0, 2.21, Level.RED, Level.RED, "better"),
        (2.0, 1.81, Level.YELLOW, Level.YELLOW, None),
        (2.0, 1.79, Level.YELLOW, Level.YELLOW, "worse"),
        (50.0, 20.0, Level.GREEN, Level.GREEN, None),
    ],
)
def test_worse_and_better_follow_level_and_miss(previous, before_km, after_km, before, after, kind) -> None:
    """A change of level, or of a red or yellow event's miss by over a tenth, is reported in the right sense."""
    event = previous.events[-1]
    old = replace(previous, events=(replace(event, miss_km=before_km, level=before),))
    new = later(previous, [replace(event, miss_km=after_km, level=after)])

    assert [change.kind for change in changes(new, old)] == ([kind] if kind else [])


def test_without_a_previous_cycle_nothing_changed(previous) -> None:
    """The first cycle of an archive reports no changes."""
    assert changes(previous, None) == ()


def test_each_object_counts_for_a_new_id() -> None:
    """Pairs that share one object or the other have ids of their own, also where no delivery is known."""
    tca = Epoch.parse("2021-03-21T04:12:33")
    pairs = [("MRO", "TW1"), ("MRO", "EMM"), ("EMM", "TW1")]
    ids = [event_ids([Seen(*pair, tca)], None, {}, cutoff=tca, deliveries={})[0] for pair in pairs]

    assert len(set(ids)) == 3


def test_at_the_cutoff_itself_the_time_of_an_event_has_come(previous) -> None:
    """An event at the very cut-off is not kept for a cycle to come."""
    event = previous.events[-1]
    first = replace(previous, events=(event,), dormant=())

    assert dormant((), first, event.tca) == ()


def test_a_point_of_history_holds_what_the_cycle_said(previous) -> None:
    """Time, miss, its components and sigma, level, probability and the sigmas in the B-plane, each from the event."""
    events = {event.b_plane is None: event for event in previous.events}
    for event in events.values():
        point = with_history(replace(event, history=()), previous).history[-1]

        assert (point.tca, point.miss_km, point.level) == (event.tca, event.miss_km, event.level)
        assert (point.miss_rtn_km, point.miss_sigma_km) == (event.miss_rtn_km, event.miss_sigma_km)
        assert point.pc == event.probability.pc
        assert point.b_plane_sigmas == (event.b_plane.sigmas if event.b_plane is not None else None)
    assert any(event.b_plane is not None and event.b_plane.sigmas is not None for event in previous.events)


def test_changes_are_told_by_the_worse_of_both_levels(previous) -> None:
    """What was or became red comes first, then what was or became yellow; within a level by time."""
    template = previous.events[-1]
    steps = [
        (Level.GREEN, Level.YELLOW), (Level.YELLOW, Level.GREEN), (Level.RED, Level.GREEN), (Level.GREEN, Level.RED),
    ]  # fmt: skip
    before, after = (
        [
            replace(template, event_id=f"E000{at}-00000", tca=template.tca + 60.0 * at, level=step[side])
            for at, step in enumerate(steps)
        ]
        for side in (0, 1)
    )
    found = changes(later(previous, after), replace(previous, events=tuple(before)))

    assert [change.event_id for change in found] == ["E0002-00000", "E0003-00000", "E0000-00000", "E0001-00000"]


@pytest.mark.parametrize(
    ("periods_s", "gate"),
    [
        ({"A": 7000.0, "B": 30_000.0}, 3500.0),
        ({"A": 30_000.0, "B": 7000.0}, 3500.0),
        ({"A": None, "B": 7000.0}, 3500.0),
        ({"A": 9000.0}, 4500.0),
        ({"A": None, "B": None}, 43_200.0),
    ],
)
def test_two_times_of_an_event_lie_within_half_the_shorter_period(
    periods_s: dict[str, float | None], gate: float
) -> None:
    """Half the shorter period of the two, of the one that has any, or half a day where both fly by."""
    assert gate_s(("A", "B"), periods_s) == gate


def test_as_many_events_as_possible_are_the_same_ones() -> None:
    """Two that each moved by the whole gate are two events kept, not one that stayed and one that came and went."""
    start = Epoch.parse("2021-03-17T00:00:00")
    moved = _assign([start + 100.0, start + 200.0], [start, start + 100.0], 100.0)

    assert sorted(moved) == [(0, 0), (1, 1)]
    assert _assign([start + 100.1, start + 200.0], [start, start + 100.0], 100.0) == [(0, 1)]
    assert _assign([], [start], 100.0) == []
    assert _assign([start], [], 100.0) == []
