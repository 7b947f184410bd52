"""Other solutions of an object: screened, compared, and without any effect on what the nominal ones give."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fleets import CUTOFF, LOW, message, segment, write_workspace
from nearpass.archive.archive import Archive
from nearpass.astro.epochs import DAY_S
from nearpass.config import load_config
from nearpass.cycle.pipeline import run_cycle
from nearpass.cycle.rescreen import rescreen
from nearpass.messages.oem_write import write_oem
from nearpass.record.record import CycleRecord, SolutionRecord, dump, load
from nearpass.report.wording import said

LATE_S = 8.0
INTERPOLATION_KM = 1e-4  # Hermite of degree 7 at 60 s on orbits of two hours
SAMPLING_SHARE = 2e-3  # a peak between two samples a minute apart, on an orbit of two hours
ROUNDING_KM = 1e-6  # differences are stored to the millimetre
LATE = replace(LOW, mean_anomaly_rad=LOW.mean_anomaly_rad - LOW.motion_rad_s * LATE_S)


def quiet(_: str, __: int) -> Callable[[int], None]:
    return lambda _: None


def prepared(directory: Path, *, lines: str, edit: Callable[[str], str] = str) -> Path:
    """A small fleet, LOW with another delivery a little late and ``lines`` about it in its table; the configuration."""
    path = write_workspace(directory, limit_km=500.0)
    late = write_oem(message(segment(LATE, -3600.0, DAY_S / 2, 60.0), creation=CUTOFF + -9000.0))
    (directory / "ephemerides" / "late_1.oem").write_text(late)
    (directory / "ephemerides" / "low_0.oem").write_text(late)
    table = '[[object.ephemeris]]\npath = "ephemerides/low_*.oem"\noriginator = "TEST"\n'
    path.write_text(edit(path.read_text().replace(table, table + lines)))
    return path


def made(directory: Path, *, lines: str, edit: Callable[[str], str] = str) -> CycleRecord:
    """The cycle of that fleet."""
    config, text = load_config(prepared(directory, lines=lines, edit=edit))
    return run_cycle(config, text, directory, CUTOFF, None, quiet).record


SOURCE = '[[object.ephemeris]]\npath = "ephemerides/late_*.oem"\noriginator = "OTHER"\n'
ALTERNATIVE = f'{SOURCE}role = "alternative"\nname = "late"\n'


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> CycleRecord:
    """One object with an alternative that runs late and ends half way through the window."""
    return made(tmp_path_factory.mktemp("alternative"), lines=ALTERNATIVE)


@pytest.fixture(scope="module")
def late(record: CycleRecord) -> SolutionRecord:
    (solution,) = record.solutions
    return solution


def test_other_solutions_change_nothing_of_the_nominal_cycle(record: CycleRecord, tmp_path: Path) -> None:
    """Without the alternative the record is the same but for it, its file, who owes it, and the configuration."""
    alone = made(tmp_path, lines="")
    beside = {"provenance": alone.provenance, "unclaimed": alone.unclaimed, "desk": alone.desk}

    assert replace(record, solutions=(), **beside) == alone


def test_a_solution_is_screened_as_if_it_were_the_nominal_one(late: SolutionRecord, tmp_path: Path) -> None:
    """Its approaches are those of a cycle in which the same delivery is the nominal one."""
    swapped = made(tmp_path, lines="", edit=lambda text: text.replace("ephemerides/low_*", "ephemerides/late_*"))

    expected = {(e.primary, e.secondary, e.tca): e for e in swapped.events if "LOW" in (e.primary, e.secondary)}
    found = {(e.primary, e.secondary, e.tca): e for e in late.events if e.tca is not None}
    assert found.keys() == expected.keys()
    for key, event in found.items():
        assert event.miss_km == expected[key].miss_km
        assert event.level is expected[key].level


def test_the_difference_is_that_of_the_orbits(late: SolutionRecord) -> None:
    """Late is behind along the track: the figures are those of the closed-form states."""
    found = late.difference
    assert found is not None
    at_s = np.arange(0.0, DAY_S / 2, 1.0)
    (position_km, velocity_km_s), (other_km, _) = LOW.state(at_s), LATE.state(at_s)
    radial = position_km / np.linalg.norm(position_km, axis=1, keepdims=True)
    normal = np.cross(position_km, velocity_km_s)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    axes = np.stack([radial, np.cross(normal, radial), normal], axis=1)
    rtn_km = np.einsum("nij,nj->ni", axes, other_km - position_km)

    largest = np.abs(rtn_km).max(axis=0)
    assert np.abs(found.largest_rtn_km[:2]) == pytest.approx(largest[:2], rel=SAMPLING_SHARE)
    assert found.largest_rtn_km[1] < 0.0
    assert abs(found.largest_rtn_km[2]) < INTERPOLATION_KM
    assert found.largest_km == pytest.approx(np.linalg.norm(rtn_km, axis=1).max(), rel=SAMPLING_SHARE)
    assert found.largest_timing_s == pytest.approx(LATE_S, rel=2e-2)  # a chord against a path bent by the orbit


def test_each_bin_holds_its_extremes_and_none_where_not_covered(late: SolutionRecord) -> None:
    """Bins of the common coverage hold a smallest value not above their largest, and the others none."""
    found = late.difference
    assert found is not None
    covered = [n for n, row in enumerate(found.least_rtn_km) if row is not None]
    assert covered == list(range(len(found.least_rtn_km) // 2))
    assert [n for n, row in enumerate(found.most_rtn_km) if row is not None] == covered
    for least, most in zip(found.least_rtn_km, found.most_rtn_km, strict=True):
        if least is not None and most is not None:
            assert np.all(np.subtract(most, least) >= 0.0)
    extremes = np.array([row for row in (*found.least_rtn_km, *found.most_rtn_km) if row is not None])
    assert np.abs(extremes).max(axis=0) == pytest.approx(np.abs(found.largest_rtn_km), abs=ROUNDING_KM)


def test_every_nominal_event_of_the_object_is_accounted_for(record: CycleRecord, late: SolutionRecord) -> None:
    """Each is matched once, vanishes, or lies where the solution says nothing; an approach without a match appears."""
    nominal = {event.event_id: event for event in record.events if "LOW" in (event.primary, event.secondary)}
    named = [event.event_id for event in late.events if event.event_id is not None]
    assert sorted(named) == sorted(nominal)
    for event in late.events:
        assert (event.event_id is None) == (event.effect == "appears")
        assert (event.tca is None) == (event.effect in ("vanishes", "uncovered"))
        if event.event_id is not None and event.tca is None:
            is_covered = nominal[event.event_id].tca - CUTOFF <= DAY_S / 2
            assert event.effect == ("vanishes" if is_covered else "uncovered")
    assert {"uncovered", "better", "worse"} & {event.effect for event in late.events}


def test_worse_and_better_are_what_they_say(record: CycleRecord, late: SolutionRecord) -> None:
    """Of a matched event at the same level, worse is nearer by more than a tenth, better farther, same neither."""
    nominal = {event.event_id: event for event in record.events}
    judged = 0
    for event in late.events:
        if event.event_id is None or event.miss_km is None or event.level is not nominal[event.event_id].level:
            continue
        share = event.miss_km / nominal[event.event_id].miss_km - 1.0
        assert event.effect == ("same" if abs(share) <= 0.1 else "worse" if share < 0.0 else "better")
        judged += 1
    assert judged


def test_the_delivery_before_the_one_in_use_is_a_solution(tmp_path: Path) -> None:
    """``delivery = "previous"`` takes the newest of the same files that is older than the nominal one."""
    lines = (
        '[[object.ephemeris]]\npath = "ephemerides/low_*.oem"\noriginator = "TEST"\nrole = "alternative"\n'
        'name = "before"\ndelivery = "previous"\n'
    )
    record = made(tmp_path, lines=lines)

    (solution,) = record.solutions
    nominal = next(entry for entry in record.inputs if entry.object_id == "LOW")
    assert (nominal.file, solution.inputs[0].file) == ("ephemerides/low_1.oem", "ephemerides/low_0.oem")


@pytest.mark.parametrize("role", ["planned", "alternative"])
def test_a_solution_that_was_not_delivered_is_no_fault(role: str, tmp_path: Path) -> None:
    """Where no file of it is there yet, it is left out and nothing is refused."""
    lines = f'{SOURCE.replace("late_*", "nothing_*")}role = "{role}"\nname = "later"\n'
    record = made(tmp_path, lines=lines)

    assert record.solutions == ()
    assert not [entry for entry in record.deliveries if entry.refusal]


def test_a_broken_delivery_of_a_solution_is_refused_and_harms_nothing_else(tmp_path: Path) -> None:
    """Its rule stands in the solution's own inputs; the nominal ephemeris is used and screened as ever."""

    def broken(text: str) -> str:
        (tmp_path / "ephemerides" / "late_1.oem").write_text("CCSDS_OEM_VERS = 2.0\nnonsense\n")
        return text

    record = made(tmp_path, lines=ALTERNATIVE, edit=broken)

    (solution,) = record.solutions
    assert said(solution.unscreened) == "no delivery of it could be used"
    assert solution.inputs[0].refusal
    assert "late_1.oem" in solution.inputs[0].refusal
    assert any("LOW" in (event.primary, event.secondary) for event in record.events)


def test_no_solution_of_a_silent_object_has_a_time(tmp_path: Path) -> None:
    """Where the position along the orbit is unknown, no solution is compared or screened, and the record says why."""
    record = made(
        tmp_path, lines=ALTERNATIVE,
        edit=lambda text: text.replace('name = "LOW orbiter"', 'name = "LOW orbiter"\nphase = "unknown"'),
    )  # fmt: skip

    (solution,) = record.solutions
    assert "position along the orbit unknown" in said(solution.unscreened)
    assert (solution.difference, solution.pairs, solution.events) == (None, (), ())


def test_no_solution_of_another_object_meets_a_silent_one(tmp_path: Path) -> None:
    """A silent object is no partner of any solution."""
    record = made(
        tmp_path, lines=ALTERNATIVE,
        edit=lambda text: text.replace('name = "ECC orbiter"', 'name = "ECC orbiter"\nphase = "unknown"'),
    )  # fmt: skip

    (solution,) = record.solutions
    assert [pair.other for pair in solution.pairs] == ["POLAR"]
    assert not [event for event in solution.events if "ECC" in (event.primary, event.secondary)]


def test_an_archived_cycle_is_screened_again_with_its_solutions(tmp_path: Path) -> None:
    """The deliveries of every solution are stored: from the archive alone each of their numbers comes out again."""
    workspace, elsewhere = tmp_path / "work", tmp_path / "elsewhere"
    elsewhere.mkdir()
    lines = (
        ALTERNATIVE + ALTERNATIVE.replace('"late"', '"before"').replace("late_*", "low_*") + 'delivery = "previous"\n'
    )
    path = prepared(workspace, lines=lines)
    config, text = load_config(path)
    result = run_cycle(config, text, workspace, CUTOFF, None, quiet)
    archive = Archive(tmp_path / "archive")
    archive.add(result.record, result.inputs)
    again = rescreen(archive, result.record.cycle_id, elsewhere, quiet, said)

    assert [solution.name for solution in result.record.solutions] == ["late", "before"]
    assert (again.differences, again.rounded) == ((), 0)


@pytest.mark.parametrize(("by", "rounded"), [(3e-16, 1), (5e-10, 1), (2e-9, 0), (-1e-6, 0)])
def test_other_last_digits_are_counted_and_no_difference(tmp_path: Path, by: float, rounded: int) -> None:
    """A miss archived with other digits from the tenth on is called rounding; with others before, a difference."""
    path = prepared(tmp_path / "work", lines="")
    config, text = load_config(path)
    result = run_cycle(config, text, tmp_path / "work", CUTOFF, None, quiet)
    first = result.record.events[0]
    assert first.miss_km is not None
    changed = replace(first, miss_km=first.miss_km * (1.0 + by))
    archive = Archive(tmp_path / "archive")
    archive.add(replace(result.record, events=(changed, *result.record.events[1:])), result.inputs)

    again = rescreen(archive, result.record.cycle_id, tmp_path, quiet, said)

    assert again.rounded == rounded
    assert [one.place for one in again.differences] == ([] if rounded else ["events[0].miss_km"])


def test_a_cycle_of_version_0_1_is_screened_again_with_its_ids(tmp_path: Path) -> None:
    """Its events were named by pair and minute: these are no difference, but a changed number is one."""
    path = prepared(tmp_path / "work", lines="")
    config, text = load_config(path)
    result = run_cycle(config, text, tmp_path / "work", CUTOFF, None, quiet)
    plain = dump(result.record).decode()
    for number, event in enumerate(result.record.events):
        plain = plain.replace(event.event_id, f"{event.primary}-{event.secondary}-20210317T{number:04d}")
    old = load(plain.encode(), "old.json")
    assert not {event.event_id for event in old.events} & {event.event_id for event in result.record.events}
    changed = replace(old, events=(replace(old.events[0], miss_km=1.0), *old.events[1:]))
    for name, stored, found in (("a", old, ()), ("b", changed, ("events[0].miss_km",))):
        archive = Archive(tmp_path / name)
        archive.add(stored, result.inputs)

        again = rescreen(archive, old.cycle_id, tmp_path, quiet, said)

        assert tuple(one.place for one in again.differences) == found
