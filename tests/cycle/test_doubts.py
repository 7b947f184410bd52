"""Deliveries judged by their predecessors: a late one is doubtful, and nothing red or yellow goes without a word."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import feedparser
import numpy as np
import pytest

from fleets import ABOUT_MARS, CUTOFF, GM_MARS_KM3_S2, Kepler, message, segment
from nearpass.astro.epochs import Epoch
from nearpass.config import load_config
from nearpass.cycle.doubts import MOST_APPROACHES, Burns, Newer, at_approaches, burns_of, judged, reference
from nearpass.cycle.pipeline import run_cycle
from nearpass.encounter.alert import Level
from nearpass.encounter.uncertainty import DeclaredModel
from nearpass.ephemeris.interpolation import arc_from_nodes
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.messages.oem_write import write_oem
from nearpass.reasons.changes import Doubted
from nearpass.record.doubt_record import ShiftRecord
from nearpass.record.history import changes
from nearpass.record.holding import held, with_doubts
from nearpass.record.notices import delivery_notices, dump_notice, load_notice, notices
from nearpass.record.prediction_record import PredictedState, Prediction
from nearpass.record.record import CycleRecord, NoteRecord, ObjectRecord, PlanRecord, dump
from nearpass.record.source import Source
from nearpass.report import feeds, wording
from nearpass.report.archive_views import notices_table
from nearpass.report.verdicts import verdict
from nearpass.report.wording import said

SPAN_S = 0.25 * 86_400.0
A = Kepler(3700.0, 0.001, np.radians(90.0))
B = Kepler(3701.0, 0.001, np.radians(60.0))
MODEL = DeclaredModel(
    radial_km=0.05, transverse_km=0.3, normal_km=0.05, timing_s=1.5, timing_growth_s_per_day=0.0, source="test"
)
TIMING_SIGMA_S = np.hypot(1.5, 0.3 / 3.4)
"""The declared law along the orbit, at the speed of a circular orbit of 3,700 km about Mars."""


@dataclass(frozen=True)
class Late:
    """An orbit flown later."""

    orbit: Kepler
    late_s: float = 0.0

    def state(self, offsets_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.orbit.state(np.asarray(offsets_s) - self.late_s)


@dataclass(frozen=True)
class Bent:
    """An orbit on which the object is 46 s late for a few minutes about one instant."""

    orbit: Kepler
    at_s: float

    def state(self, offsets_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        apart_s = np.asarray(offsets_s) - self.at_s
        late_s = 46.0 * np.exp(-((apart_s / 100.0) ** 2))
        rate = 1.0 + late_s * 2.0 * apart_s / 100.0**2
        position_km, velocity_km_s = self.orbit.state(np.asarray(offsets_s) - late_s)
        return position_km, velocity_km_s * rate[:, None]


def _trajectory(motion: Kepler | Late | Bent, *, start_s: float = 0.0, stop_s: float = SPAN_S) -> Trajectory:
    offsets_s = np.arange(start_s - 600.0, stop_s + 600.0, 60.0)
    arc = arc_from_nodes(offsets_s, *motion.state(offsets_s), "HERMITE", 7, (start_s, stop_s))
    return Trajectory(object_id="A", frame=ABOUT_MARS, epoch=CUTOFF, arcs=(arc,), proof="exact")


def _reference(trajectory: Trajectory, name: str, model: DeclaredModel | None = MODEL) -> Prediction:
    return reference(trajectory, _source(name, model), name, name, SPAN_S)


def _source(name: str, model: DeclaredModel | None) -> Source:
    return Source(file=name, created_s=-3600.0, declared=model)


def _judged(
    motion: Trajectory,
    burns: Burns | None = None,
    *,
    model: DeclaredModel | None = MODEL,
    met: tuple[PredictedState, ...] = (),
) -> ShiftRecord | None:
    """A delivery against the first one, in which A flies as declared."""
    first = _reference(_trajectory(A), "first", model)
    newer = Newer(cycle_id="newer", trajectory=motion, source=_source("newer", model))
    return judged(newer, replace(first, states=(*first.states, *met)), None, burns or Burns(), GM_MARS_KM3_S2)


@pytest.mark.parametrize("late_s", [46.0, -46.0, 12.0])
def test_a_late_delivery_is_doubtful_by_the_sigmas_that_both_state(late_s: float) -> None:
    """The shift is told in time and in sigmas of both deliveries together, as the declared law gives them."""
    late = _trajectory(Late(A, late_s))
    found = _judged(late)

    assert found is not None
    assert found.verdict == "doubtful"
    assert found.late_s == pytest.approx(late_s, rel=1e-3)  # GM of the test's orbits and of the body differ by 1e-8
    assert found.sigmas == pytest.approx(abs(late_s) / (np.sqrt(2.0) * TIMING_SIGMA_S), rel=0.01)


@pytest.mark.parametrize("late_s", [0.0, 3.0, -9.0])
def test_a_delivery_within_its_sigmas_agrees(late_s: float) -> None:
    """Below five sigmas a delivery is one as any other; an error of timing is no error of radius."""
    late = _trajectory(Late(A, late_s))
    found = _judged(late)

    assert found is not None
    assert found.verdict == "agrees"


def test_a_tilted_orbit_is_doubtful_by_its_normal_sigma() -> None:
    """A plane off by 1 km at the poles is 14 sigmas of 0.05 km each, though the timing is right."""
    tilted = _trajectory(replace(A, inclination_rad=A.inclination_rad + 1.0 / 3700.0))
    found = _judged(tilted)

    assert found is not None
    assert found.verdict == "doubtful"
    assert abs(found.shift_rtn_km[2]) == pytest.approx(1.0, abs=0.15)  # the instants need not meet the pole


def test_without_any_sigma_nobody_judges() -> None:
    """A shift is told, and neither called good nor bad."""
    late = _trajectory(Late(A, 46.0))
    found = _judged(late, model=None)

    assert found is not None
    assert (found.verdict, found.sigmas) == ("unjudged", None)


def test_a_declared_manoeuvre_explains_a_shift() -> None:
    """A burn declared between the deliveries does; one before both does not, nor one after the two differ already."""
    late = _trajectory(Late(A, 46.0))
    between, before, after = CUTOFF + -1800.0, CUTOFF + -7200.0, CUTOFF + 1800.0
    words = [
        found.verdict
        for burn in (between, before, after)
        if (found := _judged(late, Burns(declared=(burn,)))) is not None
    ]
    assert words == ["manoeuvre", "doubtful", "doubtful"]


def test_a_break_in_the_ephemeris_explains_what_follows_it() -> None:
    """Where two deliveries agree until the newer one's velocity steps, a manoeuvre lies between."""
    at_s = 3 * 3600.0
    before = _trajectory(A, stop_s=at_s)
    raised = Kepler(3750.0, 0.001, np.radians(90.0))
    after = _trajectory(raised, start_s=at_s)
    burnt = Trajectory(object_id="A", frame=ABOUT_MARS, epoch=CUTOFF, arcs=(*before.arcs, *after.arcs), proof="exact")
    found = _judged(burnt)

    assert found is not None
    assert found.verdict == "manoeuvre"


def test_a_break_before_which_the_two_never_agreed_explains_nothing() -> None:
    """A delivery that is late from the first instant that the earlier one knows, whatever it did before that."""
    at_s = -300.0
    other = _trajectory(Kepler(3750.0, 0.001, np.radians(90.0)), start_s=-3000.0, stop_s=at_s)
    late = _trajectory(Late(A, 46.0), start_s=at_s)
    burnt = Trajectory(object_id="A", frame=ABOUT_MARS, epoch=CUTOFF, arcs=(*other.arcs, *late.arcs), proof="exact")
    found = _judged(burnt)

    assert found is not None
    assert found.verdict == "doubtful"


@pytest.mark.parametrize(
    ("kind", "more", "verdict"),
    [
        ("claim", (), "planned"),
        ("plan", (), "planned"),
        ("flown", (), "planned"),
        ("claim", ("cancelled",), "doubtful"),
        ("claim", ("stand-by",), "doubtful"),
        ("decision", (), "doubtful"),
    ],
)
def test_a_burn_that_a_party_plans_explains_a_shift(kind: str, more: tuple[str, ...], verdict: str) -> None:
    """A claim, a plan or a burn flown of that object in the log; not one that was cancelled, nor mere talk."""
    late = _trajectory(Late(A, 46.0))
    notes = [_note(kind, burn=CUTOFF + -1800.0), *(_note(word, after_s=60.0) for word in more)]
    found = _judged(late, burns_of("A", "newer", (), notes))

    assert found is not None
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("burn_s", "object_id", "verdict"),
    [(-1800.0, "A", "planned"), (-7200.0, "A", "doubtful"), (1800.0, "A", "doubtful"), (-1800.0, "B", "doubtful")],
)
def test_a_planned_burn_must_be_that_objects_between_the_deliveries(
    burn_s: float, object_id: str, verdict: str
) -> None:
    """Not before the earlier delivery was made, not after the shift has begun, and not another spacecraft's."""
    late = _trajectory(Late(A, 46.0))
    found = _judged(late, burns_of("A", "newer", (), [_note("claim", burn=CUTOFF + burn_s, object_id=object_id)]))

    assert found is not None
    assert found.verdict == verdict


def test_the_file_of_a_plan_that_is_delivered_is_not_doubtful() -> None:
    """A planned ephemeris whose very bytes come as the delivery is what was planned; any other file is not."""
    late, plan = _trajectory(Late(A, 46.0)), PlanRecord(file="planned/A.oem", sha256="newer")
    found = [
        _judged(late, burns_of("A", sha256, (), [replace(_note("plan"), plan=plan)])) for sha256 in ("newer", "other")
    ]

    assert [one.verdict for one in found if one is not None] == ["planned", "doubtful"]


def _note(kind: str, *, burn: Epoch | None = None, object_id: str = "A", after_s: float = 0.0) -> NoteRecord:
    return NoteRecord(
        file=f"log/{kind}.md", event_id="E1", time=CUTOFF + (after_s - 3000.0), kind=kind, parties=("NASA",),
        marking=None, text="", refusal=None, party="NASA", object_id=object_id, burn=burn,
    )  # fmt: skip


def test_a_delivery_is_judged_at_each_approach_of_the_cycle_before(story: dict[str, CycleRecord]) -> None:
    """A shift of a few minutes about one approach, which no quarter of an hour sees, is doubtful at that approach."""
    first = story["first"]
    event = next(event for event in first.events if 300.0 < (event.tca - CUTOFF) % 900.0 < 600.0)
    met = at_approaches([event], "A")
    bent = _trajectory(Bent(A, event.tca - CUTOFF))
    alone, there = _judged(bent), _judged(bent, met=met)

    assert [state.at for state in met] == [event.tca]
    assert alone is not None
    assert alone.verdict == "agrees"
    assert there is not None
    assert (there.verdict, there.at) == ("doubtful", event.tca)
    assert there.late_s == pytest.approx(46.0, rel=0.02)  # nodes a minute apart


def test_approaches_give_states_by_the_delivery_of_their_cycle_alone(story: dict[str, CycleRecord]) -> None:
    """Both objects' states with their own covariances; none of an event that is only held from an earlier cycle."""
    first, late = story["first"], story["late"]
    event = first.events[0]
    for name, position_km in (("A", event.primary_position_km), ("B", event.secondary_position_km)):
        state = at_approaches([event], name)[0]
        known = next(one.covariance_rtn for one in event.uncertainty if one.object_id == name)
        assert state.position_km == position_km
        assert state.covariance_rtn_km2 == tuple(
            tuple(pytest.approx(value, abs=1e-12) for value in row[:3]) for row in known[:3]
        )
    gone = [event for event in late.events if event.held is not None and event.held.gone]
    assert gone
    assert at_approaches(gone, "A") == ()
    assert at_approaches(first.events, "C") == ()


def test_of_very_many_approaches_the_most_severe_and_then_the_nearest_count(story: dict[str, CycleRecord]) -> None:
    """A pair in formation has hundreds: what is kept of them is bounded, and the worst are among them."""
    event = story["first"].events[0]
    many = [
        replace(event, tca=event.tca + 60.0 * number, miss_km=float(number), level=Level.GREEN)
        for number in range(MOST_APPROACHES + 50)
    ]
    many[-1] = replace(many[-1], level=Level.RED)
    kept = [state.at for state in at_approaches(many, "A")]

    assert len(kept) == MOST_APPROACHES
    assert kept[-1] == many[-1].tca
    assert kept[:-1] == [one.tca for one in many[: MOST_APPROACHES - 1]]


def _configuration(directory: Path) -> Path:
    tables = "".join(
        f'[[object]]\nid = "{name}"\nname = "{name}"\nhbr_m = 5\nlead_time_h = 1\n'
        "uncertainty = { radial_km = 0.05, transverse_km = 0.3, normal_km = 0.05, timing_s = 1.5, "
        'timing_growth_s_per_day = 0, source = "test" }\n'
        f'[[object.ephemeris]]\npath = "{name.lower()}_*.oem"\noriginator = "TEST"\n'
        for name in ("A", "B")
    )
    path = directory / "nearpass.toml"
    path.write_text(
        f'[cycle]\nbody = "MARS"\nspan_days = {SPAN_S / 86_400.0}\nlimit_km = 60\n'
        f"[alert.red]\ncad_km = 3\n[alert.yellow]\ncad_km = 50\n{tables}"
    )
    return path


def _deliver(directory: Path, name: str, motion: Kepler | Late, created_s: float) -> None:
    held = message(segment(motion, -1200.0, 2 * SPAN_S, 60.0), creation=CUTOFF + created_s)
    (directory / f"{name.lower()}_{created_s + 1e5:09.0f}.oem").write_text(write_oem(held))


def _cycle(directory: Path, cutoff_s: float, previous: CycleRecord | None) -> CycleRecord:
    config, text = load_config(directory / "nearpass.toml")
    return run_cycle(config, text, directory, CUTOFF + cutoff_s, previous, lambda _, __: lambda ___: None).record


def _object(record: CycleRecord, name: str) -> ObjectRecord:
    return next(item for item in record.objects if item.id == name)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CycleRecord]:
    """A first cycle with yellow approaches; A then 46 s late; then the late one confirmed, or taken back."""
    directory = tmp_path_factory.mktemp("doubts")
    _configuration(directory)
    _deliver(directory, "A", A, -3600.0)
    _deliver(directory, "B", B, -3600.0)
    first = _cycle(directory, 0.0, None)
    _deliver(directory, "A", Late(A, 46.0), 500.0)
    late = _cycle(directory, 600.0, first)
    again = _cycle(directory, 900.0, late)
    _deliver(directory, "A", Late(A, 46.2), 1100.0)
    confirmed = _cycle(directory, 1200.0, again)
    (directory / "a_000101100.oem").unlink()
    _deliver(directory, "A", Late(A, 0.3), 1100.0)
    recalled = _cycle(directory, 1200.0, again)
    return {"first": first, "late": late, "again": again, "confirmed": confirmed, "recalled": recalled}


def _ids(record: CycleRecord, after: Epoch) -> set[str]:
    return {event.event_id for event in record.events if event.level is not Level.GREEN and event.tca > after}


def test_nothing_red_or_yellow_disappears_by_a_doubtful_delivery(story: dict[str, CycleRecord]) -> None:
    """What a late delivery takes away stays listed at its level, with the old and the new figure and the reason."""
    first, late = story["first"], story["late"]
    wanted = _ids(first, late.window.start)
    held = [event for event in late.events if event.held is not None and event.held.gone]

    assert wanted
    assert held
    assert wanted <= _ids(late, late.window.start)
    for event in held:
        old = next(one for one in first.events if one.event_id == event.event_id)
        assert event.held is not None
        assert (event.level, event.miss_km) == (old.level, old.miss_km)
        assert event.held.object_ids == ("A",)
        assert event.held.miss_km is None or event.held.miss_km > 60.0
        assert event.history[-1].cycle_id == first.cycle_id
        assert "doubtful delivery of A" in wording.said(event.reason[0])


def test_the_same_cycle_says_so_everywhere(story: dict[str, CycleRecord]) -> None:
    """The front page, the changes, the feed and the grade of the delivery say that it is doubtful, at once, and why."""
    late = story["late"]
    details = " ".join(verdict(late).details)
    gone = [change for change in late.changes if isinstance(change.reason, Doubted)]
    entry = next(entry for entry in late.inputs if entry.object_id == "A")
    finding = next(found for found in entry.findings if found.rule == "predecessor")

    assert "Doubtful delivery of A: 46.00 s late" in details
    assert "gone by a doubtful delivery" in details
    for told in (details, said(finding.fact), feeds.notice_sentence(delivery_notices(late)[0])):
        assert "wrong" in told
        assert "a manoeuvre was not declared" in told
    assert gone
    assert all(
        change.doubtful == ("A",) and change.mahalanobis_distance is not None for change in gone if change.miss_km
    )
    assert any(isinstance(notice.reason[0], Doubted) for notice in notices(late))
    assert finding.grade == "fail"
    assert "46.00 s late" in said(finding.fact)
    assert "predecessor" in said(entry.findings[0].fact)
    assert b'"verdict":"doubtful"' in dump(late)


def test_it_stays_until_the_next_delivery(story: dict[str, CycleRecord]) -> None:
    """A cycle without a newer delivery tells the same, and no history twice."""
    late, again = story["late"], story["again"]
    held = [event for event in again.events if event.held is not None and event.held.gone]

    assert held
    assert _object(again, "A").shift == _object(late, "A").shift
    assert all(len({point.cycle_id for point in event.history}) == len(event.history) for event in held)
    assert not any(isinstance(notice.reason[0], Doubted) for notice in notices(again))


def test_a_delivery_that_says_the_same_confirms(story: dict[str, CycleRecord]) -> None:
    """Once the next delivery agrees with the doubtful one, what is gone is gone, and told as gone."""
    again, confirmed = story["again"], story["confirmed"]
    shift = _object(confirmed, "A").shift
    gone = {event.event_id for event in again.events if event.held is not None and event.held.gone}

    assert shift is not None
    assert shift.verdict == "confirmed"
    assert gone
    assert not gone & {event.event_id for event in confirmed.events}
    assert gone <= {change.event_id for change in confirmed.changes if change.kind in {"gone", "passed"}}
    assert "Doubtful" not in " ".join(verdict(confirmed).details)


def test_a_delivery_that_takes_it_back_is_not_doubtful(story: dict[str, CycleRecord]) -> None:
    """The next delivery is judged by the last good one: the approaches are found again under their ids."""
    first, recalled = story["first"], story["recalled"]
    shift = _object(recalled, "A").shift

    assert shift is not None
    assert shift.verdict == "agrees"
    assert not any(event.held for event in recalled.events)
    assert _ids(first, recalled.window.start) <= _ids(recalled, recalled.window.start)


def test_green_events_that_go_with_it_say_so(story: dict[str, CycleRecord]) -> None:
    """An event that is green is not held, but its going is told as the doubtful delivery's, with both figures."""
    first, late = story["first"], story["late"]
    calm = replace(first, events=tuple(replace(event, level=Level.GREEN) for event in first.events))
    now = {event.event_id for event in late.events if event.held is None}
    bare = replace(late, events=tuple(event for event in late.events if event.event_id in now), changes=())
    found = [one for one in with_doubts(changes(bare, calm), held(bare, calm), calm) if one.kind == "gone"]

    assert found
    for change in found:
        assert isinstance(change.reason, Doubted)
        assert not change.reason.kept
        assert "gone by a doubtful delivery of A" in wording.said(change.reason)
        assert "stays" not in wording.said(change.reason)


def test_a_doubt_without_any_alert_is_told_to_subscribers(story: dict[str, CycleRecord]) -> None:
    """All events green, the delivery 46 s late: the feed tells of the delivery once, and when it is confirmed."""
    told = {name: delivery_notices(story[name]) for name in ("first", "late", "again", "confirmed", "recalled")}
    calm = replace(story["late"], events=(), changes=())

    assert told["first"] == told["again"] == told["recalled"] == ()
    assert [(one.object_id, one.confirmed) for one in told["late"]] == [("A", False)]
    assert [(one.object_id, one.confirmed) for one in told["confirmed"]] == [("A", True)]
    assert notices(calm) == ()
    assert delivery_notices(calm) == told["late"]
    assert load_notice(dump_notice(told["late"][0])) == told["late"][0]
    both = [*told["confirmed"], *told["late"]]
    parsed = feedparser.parse(feeds.feed(story["confirmed"], both, path=feeds.ALL, title="all").encode())
    assert [entry.title for entry in parsed.entries] == ["Delivery confirmed: A", "Delivery doubtful: A"]
    assert "46.00 s late against that of cycle" in parsed.entries[1].summary
    assert len({entry.id for entry in parsed.entries}) == 2
    assert parsed.entries[1].link.endswith("objects/A.html")
    rows = [[cell.text for cell in row.cells] for row in notices_table(both).rows]
    assert [row[1:3] for row in rows] == [["Delivery of A", "confirmed"], ["Delivery of A", "doubtful"]]


def test_a_declared_burn_lifts_a_doubt_that_is_there_already(story: dict[str, CycleRecord], tmp_path: Path) -> None:
    """The same late file, once a party says in the log that it burnt before: no longer doubtful, and nothing held."""
    _configuration(tmp_path)
    _deliver(tmp_path, "A", A, -3600.0)
    _deliver(tmp_path, "B", B, -3600.0)
    _deliver(tmp_path, "A", Late(A, 46.0), 500.0)
    note = (
        "---\nevent: {}\ntime: {}\nkind: flown\nparty: NASA\nobject: A\nburn: {}\noriginator: NASA\n"
        "marking: TLP:CLEAR\n---\nBurnt.\n"
    )
    (tmp_path / "log").mkdir()
    event = next(event for event in story["late"].events if event.held is not None)
    for burn_s, wanted in ((700.0, "doubtful"), (-600.0, "planned")):
        times = (f"{(CUTOFF + at_s).iso(digits=0)}Z" for at_s in (650.0, burn_s))
        (tmp_path / "log" / "burn.md").write_text(note.format(event.event_id, *times))
        again = _cycle(tmp_path, 900.0, story["late"])
        shift = _object(again, "A").shift
        assert shift is not None
        assert shift.verdict == wanted
        assert any(one.held is not None for one in again.events) == (wanted == "doubtful")
