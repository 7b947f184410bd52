"""Deliveries judged by their predecessors: a late one is doubtful, and nothing red or yellow goes without a word."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from fleets import ABOUT_MARS, CUTOFF, GM_MARS_KM3_S2, Kepler, message, segment
from nearpass.astro.epochs import Epoch
from nearpass.config import load_config
from nearpass.cycle.doubts import judged, reference
from nearpass.cycle.pipeline import run_cycle
from nearpass.encounter.alert import Level
from nearpass.encounter.uncertainty import DeclaredModel
from nearpass.ephemeris.interpolation import arc_from_nodes
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.messages.oem_write import write_oem
from nearpass.reasons.changes import Doubted
from nearpass.record.history import changes
from nearpass.record.holding import held, with_doubts
from nearpass.record.notices import notices
from nearpass.record.prediction_record import Prediction
from nearpass.record.record import CycleRecord, ObjectRecord, dump
from nearpass.record.source import Source
from nearpass.report import wording
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


def _trajectory(motion: Kepler | Late, *, start_s: float = 0.0, stop_s: float = SPAN_S) -> Trajectory:
    offsets_s = np.arange(start_s - 600.0, stop_s + 600.0, 60.0)
    arc = arc_from_nodes(offsets_s, *motion.state(offsets_s), "HERMITE", 7, (start_s, stop_s))
    return Trajectory(object_id="A", frame=ABOUT_MARS, epoch=CUTOFF, arcs=(arc,), proof="exact")


def _reference(trajectory: Trajectory, name: str, model: DeclaredModel | None = MODEL) -> Prediction:
    source = Source(file=name, created_s=-3600.0, declared=model)
    return reference(trajectory, source, name, name, SPAN_S)


@pytest.mark.parametrize("late_s", [46.0, -46.0, 12.0])
def test_a_late_delivery_is_doubtful_by_the_sigmas_that_both_state(late_s: float) -> None:
    """The shift is told in time and in sigmas of both deliveries together, as the declared law gives them."""
    late = _trajectory(Late(A, late_s))
    found = judged(_reference(late, "late"), _reference(_trajectory(A), "first"), None, late, (), GM_MARS_KM3_S2)

    assert found is not None
    assert found.verdict == "doubtful"
    assert found.late_s == pytest.approx(late_s, rel=1e-3)  # GM of the test's orbits and of the body differ by 1e-8
    assert found.sigmas == pytest.approx(abs(late_s) / (np.sqrt(2.0) * TIMING_SIGMA_S), rel=0.01)


@pytest.mark.parametrize("late_s", [0.0, 3.0, -9.0])
def test_a_delivery_within_its_sigmas_agrees(late_s: float) -> None:
    """Below five sigmas a delivery is one as any other; an error of timing is no error of radius."""
    late = _trajectory(Late(A, late_s))
    found = judged(_reference(late, "late"), _reference(_trajectory(A), "first"), None, late, (), GM_MARS_KM3_S2)

    assert found is not None
    assert found.verdict == "agrees"


def test_a_tilted_orbit_is_doubtful_by_its_normal_sigma() -> None:
    """A plane off by 1 km at the poles is 14 sigmas of 0.05 km each, though the timing is right."""
    tilted = _trajectory(replace(A, inclination_rad=A.inclination_rad + 1.0 / 3700.0))
    found = judged(_reference(tilted, "tilted"), _reference(_trajectory(A), "first"), None, tilted, (), GM_MARS_KM3_S2)

    assert found is not None
    assert found.verdict == "doubtful"
    assert abs(found.shift_rtn_km[2]) == pytest.approx(1.0, abs=0.15)  # the instants need not meet the pole


def test_without_any_sigma_nobody_judges() -> None:
    """A shift is told, and neither called good nor bad."""
    late = _trajectory(Late(A, 46.0))
    found = judged(
        _reference(late, "late", None), _reference(_trajectory(A), "first", None), None, late, (), GM_MARS_KM3_S2
    )

    assert found is not None
    assert (found.verdict, found.sigmas) == ("unjudged", None)


def test_a_declared_manoeuvre_explains_a_shift() -> None:
    """A burn declared between the deliveries makes none of them doubtful; one before both does not help."""
    late = _trajectory(Late(A, 46.0))
    now, first = _reference(late, "late"), _reference(_trajectory(A), "first")
    between, before = CUTOFF + -1800.0, CUTOFF + -7200.0
    words = [
        found.verdict
        for burn in (between, before)
        if (found := judged(now, first, None, late, (burn,), GM_MARS_KM3_S2)) is not None
    ]
    assert words == ["manoeuvre", "doubtful"]


def test_a_break_in_the_ephemeris_explains_what_follows_it() -> None:
    """Where two deliveries agree until the newer one's velocity steps, a manoeuvre lies between."""
    at_s = 3 * 3600.0
    before = _trajectory(A, stop_s=at_s)
    raised = Kepler(3750.0, 0.001, np.radians(90.0))
    after = _trajectory(raised, start_s=at_s)
    burnt = Trajectory(object_id="A", frame=ABOUT_MARS, epoch=CUTOFF, arcs=(*before.arcs, *after.arcs), proof="exact")
    found = judged(_reference(burnt, "burnt"), _reference(_trajectory(A), "first"), None, burnt, (), GM_MARS_KM3_S2)

    assert found is not None
    assert found.verdict == "manoeuvre"


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
    """The front page, the changes, the feed and the grade of the delivery say that it is doubtful, at once."""
    late = story["late"]
    details = " ".join(verdict(late).details)
    gone = [change for change in late.changes if isinstance(change.reason, Doubted)]
    entry = next(entry for entry in late.inputs if entry.object_id == "A")
    finding = next(found for found in entry.findings if found.rule == "predecessor")

    assert "Doubtful delivery of A: 46.00 s late" in details
    assert "gone by a doubtful delivery" in details
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
