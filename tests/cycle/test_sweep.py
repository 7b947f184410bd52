"""Whole cycles with a catalogue: the large engine beside the small one, and what record and pages hold of it."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Final

import pytest
from sgp4.exporter import export_tle
from sgp4.io import fix_checksum

from catalogues import EPOCH, structured
from nearpass.archive.archive import Archive
from nearpass.config import Site, load_config
from nearpass.cycle.pipeline import CycleResult, run_cycle
from nearpass.cycle.rescreen import rescreen
from nearpass.cycle.sweep import _told_in_full
from nearpass.encounter.alert import Level
from nearpass.ephemeris.elements_motion import trajectory_from_elements
from nearpass.errors import ConfigError
from nearpass.messages.elements import read_elements
from nearpass.record import record as records
from nearpass.record.history import changes
from nearpass.record.record import CycleRecord
from nearpass.record.sweep_record import ApproachRecord
from nearpass.report import sweep_views
from nearpass.report.pages import cycle_pages, live_pages
from nearpass.report.verdicts import pair_count, summarise, verdict
from nearpass.report.wording import said
from nearpass.screening import catalogue
from nearpass.screening.screen import screen
from nearpass.screening.slab import Found, Task, screen_slab
from nearpass.screening.steps import Motion
from nearpass.screening.workers import Cluster, Processes, Workers
from web import Web, content, serving

HOURS: Final = 4.0
LIMIT_KM: Final = 150.0
COUNT: Final = 90
MILLIMETRE_KM: Final = 1e-6  # both engines' fits of one motion
MILLISECOND_S: Final = 1e-3
NAMES: Final = ("STARLINK-{}", "ONEWEB-{}", "COSMOS 2251 DEB", "SL-16 R/B", "<b>{}</b>")


def quiet(_title: str, _steps: int) -> object:
    return lambda _: None


def texts() -> list[str]:
    """Named two-line elements of all kinds of orbits."""
    sets = []
    for number, one in enumerate(structured(COUNT, seed=8), start=1):
        one.classification, one.intldesg, one.elnum, one.revnum, one.ephtype = "U", "26001A", 1, 1, 0
        lines = [fix_checksum(f"{line[:2]}{number:05d}{line[7:]}") for line in export_tle(one)]
        sets.append("\n".join([NAMES[number % len(NAMES)].format(number), *lines, ""]))
    return sets


def workspace(directory: Path, *, cycle: str = "", extra: str = "", sets: list[str] | None = None) -> Path:
    """A catalogue of one file."""
    (directory / "ephemerides").mkdir(parents=True)
    (directory / "ephemerides" / "all.tle").write_text("".join(texts() if sets is None else sets))
    path = directory / "nearpass.toml"
    window = f'body = "Earth"\nspan_days = {HOURS / 24}\nlimit_km = {LIMIT_KM}'
    path.write_text(
        f"[site]\ndetail_events = 3\n[cycle]\n{window}\n{cycle}\n"
        "[alert.red]\ncad_km = 1\n[alert.yellow]\ncad_km = 2\n"
        f'[[catalogue]]\npath = "ephemerides/all.tle"\noriginator = "TEST"\nhbr_m = 5\n{extra}'
    )
    return path


def ran(path: Path, workers: Workers | None = None) -> CycleResult:
    config, text = load_config(path)
    return run_cycle(config, text, path.parent, EPOCH, None, quiet, workers)


def killed_once(flag: Path, motion: Motion, task: Task) -> Found:
    """Screen a slab; the first worker that does ends by force before it can tell."""
    found = screen_slab(motion, task)
    try:
        flag.touch(exist_ok=False)
    except FileExistsError:
        return found
    os.kill(os.getpid(), signal.SIGKILL)
    return found


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> CycleResult:
    """A cycle of a catalogue."""
    return ran(workspace(tmp_path_factory.mktemp("sweep")))


def test_both_engines_find_the_same(result: CycleResult) -> None:
    """Every minimum that the small engine finds is listed with its time and distance, or lies in a stretch."""
    sets = read_elements("".join(texts()).encode(), "all.tle").sets
    window_s = (0.0, HOURS * 3600.0)
    fleet = {f"{one.number:05d}": trajectory_from_elements(one, epoch=EPOCH, window_s=window_s) for one in sets}
    small = screen(fleet, window_s, LIMIT_KM)
    assert result.record.sweep is not None
    rows = list(result.record.sweep.approaches)
    used = set()
    for one in small.approaches:
        tca = EPOCH + one.offset_s
        own = [row for row in rows if (row.primary, row.secondary) == (one.first, one.second)]
        stretches = [row for row in own if row.together and row.together.start - tca <= 0.01 >= tca - row.together.stop]
        same = [row for row in own if abs(row.tca - tca) <= MILLISECOND_S]
        assert same or [row for row in stretches if row.miss_km <= one.miss_km + MILLIMETRE_KM]
        for row in same:
            assert row.miss_km == pytest.approx(one.miss_km, abs=MILLIMETRE_KM)
            used.add((row.primary, row.secondary, row.tca))
    assert len(small.approaches) > 30
    assert {(row.primary, row.secondary, row.tca) for row in rows if row.together is None} <= used


def test_the_record_holds_only_what_has_something_to_say(result: CycleResult) -> None:
    """Events are the red and yellow approaches and the nearest; objects and pairs are theirs; the record reads back."""
    record, sweep = result.record, result.record.sweep
    assert sweep is not None
    assert (sweep.catalogued_count, pair_count(record, sweep)) == (COUNT, COUNT * (COUNT - 1) // 2)
    told = [row for row in sweep.approaches if row.event_id is not None]
    assert {row.event_id for row in told} == {event.event_id for event in record.events}
    assert all(row.level is Level.GREEN for row in sweep.approaches if row.event_id is None)
    assert sum(event.level is Level.GREEN for event in record.events) == 3
    assert {item.id for item in record.objects} == {name for e in record.events for name in (e.primary, e.secondary)}
    assert {(pair.primary, pair.secondary) for pair in record.pairs} == {
        (e.primary, e.secondary) for e in record.events
    }
    assert {item.id for item in sweep.objects} == {n for row in sweep.approaches for n in (row.primary, row.secondary)}
    assert [entry.sha256 in result.inputs for entry in sweep.inputs] == [True]
    assert sum(step.count for step in sweep.steps) % pair_count(record, sweep) == 0
    assert records.load(records.dump(record), "record.json") == record


@pytest.mark.parametrize("workers", [Processes(2), Cluster(None, 2)], ids=["processes", "dask"])
def test_a_worker_killed_midway_changes_nothing(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers of which one is killed after its first slab make the same record as one process, to the byte."""
    flag = tmp_path / "killed"
    path = workspace(tmp_path)
    monkeypatch.setattr(catalogue, "SLAB_STEPS", 16)
    alone = ran(path)
    monkeypatch.setattr(catalogue, "screen_slab", partial(killed_once, flag))
    shared = ran(path, workers)
    assert flag.exists()
    assert records.dump(shared.record) == records.dump(alone.record)


def test_groups_follow_from_names(result: CycleResult) -> None:
    """Constellations share the word before the number; debris and rocket bodies are groups of their own."""
    assert result.record.sweep is not None
    groups = {item.name.rstrip("0123456789"): item.group for item in result.record.sweep.objects}
    assert groups["STARLINK-"] == "STARLINK"
    assert groups["COSMOS 2251 DEB"] == "debris"
    assert groups["SL-16 R/B"] == "rocket bodies"


def test_primaries_keep_their_own_pairs(tmp_path: Path, result: CycleResult) -> None:
    """One against all lists exactly the approaches in which the one takes part."""
    assert result.record.sweep is not None
    one = result.record.sweep.approaches[0].primary
    chosen = ran(workspace(tmp_path, cycle=f'primaries = ["{one}"]')).record.sweep
    assert chosen is not None
    assert (chosen.mode, chosen.catalogued_count) == ("primaries", COUNT)
    expected = [
        (r.primary, r.secondary, r.tca) for r in result.record.sweep.approaches if one in {r.primary, r.secondary}
    ]
    assert [(row.primary, row.secondary, row.tca) for row in chosen.approaches] == expected


def test_a_primary_that_does_not_exist_is_named(tmp_path: Path) -> None:
    """A primary that is no object of the cycle is refused."""
    with pytest.raises(ConfigError, match=r"cycle\.primaries must name objects.*4711"):
        ran(workspace(tmp_path, cycle='primaries = ["4711"]'))


def test_an_object_does_not_meet_its_twin_in_the_catalogue(tmp_path: Path, result: CycleResult) -> None:
    """A configured object takes the place of its catalogue number, and is screened against the others as before."""
    assert result.record.sweep is not None
    number = result.record.sweep.approaches[0].primary
    own = (
        f'[[object]]\nid = "OWN"\nname = "Own"\nhbr_m = 5\ncatalogue_number = {int(number)}\n[[object.ephemeris]]\n'
        f'path = "ephemerides/all.tle"\noriginator = "TEST"\ntarget = {int(number)}\n'
    )
    found = ran(workspace(tmp_path, extra=own)).record.sweep
    assert found is not None
    assert found.catalogued_count == COUNT - 1
    assert number not in {name for row in found.approaches for name in (row.primary, row.secondary)}
    mine = sorted(row.miss_km for row in found.approaches if "OWN" in {row.primary, row.secondary})
    before = sorted(r.miss_km for r in result.record.sweep.approaches if number in {r.primary, r.secondary})
    assert mine == pytest.approx(before, abs=MILLIMETRE_KM)


def test_a_broken_set_and_a_missing_file_stop_nothing(tmp_path: Path) -> None:
    """A set that breaks a rule is told with file, line and rule, a missing file is refused, the others are screened."""
    sets = texts()
    name, first, second, _ = sets[3].split("\n")
    sets[3] = f"{name}\n{first[:-1]}{(int(first[-1]) + 1) % 10}\n{second}\n"
    extra = '[[catalogue]]\npath = "ephemerides/none.tle"\noriginator = "TEST"\nhbr_m = 1\n'
    record = ran(workspace(tmp_path, extra=extra, sets=sets)).record
    assert record.sweep is not None
    assert record.sweep.catalogued_count == COUNT - 1
    assert record.sweep.fault_count == 1
    assert re.search(r"checksum.*all\.tle:11", record.sweep.faults[0])
    assert [entry.refusal is None for entry in record.sweep.inputs] == [True, False]


def test_check_tells_of_catalogues(tmp_path: Path, nearpass: Callable[..., tuple[int, str, str]]) -> None:
    """`check` names each file with its objects, a file that is not there, and a set that breaks a rule."""
    name, first, second, _ = texts()[0].split("\n")
    sets = [f"{name}\n{first[:-1]}{(int(first[-1]) + 1) % 10}\n{second}\n", *texts()[1:]]
    extra = '[[catalogue]]\npath = "ephemerides/none.tle"\noriginator = "TEST"\nhbr_m = 1\n'
    path = workspace(tmp_path, extra=extra, sets=sets)
    code, out, _ = nearpass("check", "--config", path, "--at", EPOCH.iso(digits=0))
    assert code == 4
    assert f"catalogue ephemerides/all.tle: {COUNT - 1} objects in use" in out
    assert "catalogue ephemerides/none.tle: refused" in out
    assert "the checksum of line 1" in out


def test_an_archived_cycle_can_be_screened_again(tmp_path: Path, result: CycleResult) -> None:
    """From the stored catalogue alone the same record comes out, to the last digit."""
    archive = Archive(tmp_path / "archive")
    with archive.locked():
        pass
    archive.add(result.record, result.inputs)
    again = rescreen(archive, result.record.cycle_id, tmp_path, quiet, said)
    assert (again.differences, again.rounded) == ((), 0)
    assert again.values > 1000


def test_lists_are_split_and_complete(result: CycleResult, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many parts, each approach stands in one of them, the nearest first, with its text escaped."""
    monkeypatch.setattr(sweep_views, "ROW_LIMIT", 10)
    record = result.record
    assert record.sweep is not None
    pages = cycle_pages(record)
    names = sorted((name for name in pages if re.fullmatch(r"approaches/(index|\d+)\.md", name)), key=_part)
    shown = [pair for name in names for pair in re.findall(r"<th scope=row>.*?(\d+ – \d+)", pages[name], re.DOTALL)]
    assert len(names) == -(-len(record.sweep.approaches) // 10) > 2
    ranked = sorted(record.sweep.approaches, key=lambda row: row.miss_km)
    assert shown == [f"{row.primary} – {row.secondary}" for row in ranked]
    text = "".join(pages[name] for name in names)
    hostile = [item.name for item in record.sweep.objects if item.name.startswith("<b>")]
    assert hostile
    assert all(name not in text and name.replace("<", "&lt;").replace(">", "&gt;") in text for name in hostile)
    assert pages["approaches.csv"].count("\r\n") == len(ranked) + 1


def _part(name: str) -> int:
    return int(found[1]) if (found := re.search(r"(\d+)", name)) else 1


def test_the_front_page_tells_of_the_catalogue(result: CycleResult) -> None:
    """Verdict, summary and front page count the catalogue's objects, pairs and approaches."""
    record = result.record
    assert record.sweep is not None
    summary = summarise(record)
    front = live_pages(record, [summary], [2026])["index.md"]
    assert summary.pairs_screened == COUNT * (COUNT - 1) // 2
    assert f"{COUNT} objects of a catalogue" in front
    assert "Who meets whom" in cycle_pages(record)["approaches/index.md"]


def test_every_pair_is_counted_once(result: CycleResult) -> None:
    """No pair of one object with itself, and none in both orders."""
    record: CycleRecord = result.record
    assert record.sweep is not None
    pairs = {(row.primary, row.secondary) for row in record.sweep.approaches}
    assert pairs <= set(combinations(sorted(item.id for item in record.sweep.objects), 2))


@pytest.fixture(scope="module")
def capped(tmp_path_factory: pytest.TempPathFactory) -> CycleResult:
    """The same catalogue with wide levels, of whose many alerts only four are told in full."""
    path = workspace(tmp_path_factory.mktemp("capped"))
    text = path.read_text().replace("detail_events = 3", "detail_events = 0\ncatalogue_events = 4")
    path.write_text(text.replace("cad_km = 1\n", "cad_km = 40\n").replace("cad_km = 2\n", "cad_km = 100\n"))
    return ran(path)


def test_the_worst_alerts_are_told_in_full_and_all_are_counted(capped: CycleResult) -> None:
    """Of more red approaches than may be events the nearest become some; verdict and archive count all."""
    record = capped.record
    assert record.sweep is not None
    red = sorted((row for row in record.sweep.approaches if row.miss_km < 40.0), key=lambda row: row.miss_km)
    yellow = [row for row in record.sweep.approaches if 40.0 <= row.miss_km < 100.0]
    assert len(red) > 6
    assert {row.event_id for row in red[:4]} == {event.event_id for event in record.events}
    assert all(row.event_id is None and row.level is Level.RED for row in red[4:])
    said, summary = verdict(record), summarise(record)
    assert said.headline.startswith(f"{len(red)} approaches need a decision")
    assert f"{len(red) - 4 + len(yellow)} of them are in the list of approaches only." in said.details
    assert (summary.red, summary.yellow) == (len(red), len(yellow))


def test_an_approach_without_events_still_needs_its_decision(capped: CycleResult) -> None:
    """Where no alert may become an event, the verdict is as red as the list."""
    record = capped.record
    assert record.sweep is not None
    rows = tuple(replace(row, event_id=None) for row in record.sweep.approaches)
    bare = replace(record, events=(), pairs=(), sweep=replace(record.sweep, approaches=rows))
    assert verdict(bare).state == "red"
    assert summarise(bare).worst == "red"


def test_a_change_says_what_the_list_says(capped: CycleResult, result: CycleResult) -> None:
    """Of an event that enters or leaves the page, it says whether the list had or has it."""
    small, large = capped.record, replace(result.record, cycle_id="2026-01-01T0100Z")
    reasons = {change.event_id: said(change.reason) for change in changes(large, small)}
    gone = [event for event in small.events if event.event_id not in {e.event_id for e in large.events}]
    assert gone
    assert {reasons[event.event_id] for event in gone} == {
        "it is still listed, but no longer among the approaches shown in full"
    }
    assert large.sweep is not None
    bare = replace(large, events=(), pairs=(), sweep=replace(large.sweep, approaches=()))
    assert {said(change.reason) for change in changes(bare, small)} == {
        "the newer element sets give no approach of the pair below 150 km then"
    }
    assert {said(change.reason) for change in changes(small, bare)} == {
        "the older element sets gave no approach of the pair below 150 km then"
    }
    listed = replace(small, events=(), pairs=())
    assert {said(change.reason) for change in changes(small, listed)} == {
        "it was listed before, but not among the approaches shown in full"
    }


def test_a_list_that_nobody_would_turn_ends_and_says_so(result: CycleResult, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many pages the rest stands in the tables alone, which each page says with both numbers."""
    monkeypatch.setattr(sweep_views, "ROW_LIMIT", 10)
    monkeypatch.setattr(sweep_views, "MOST_PARTS", 2)
    record = result.record
    assert record.sweep is not None
    pages = cycle_pages(record)
    names = [name for name in pages if re.fullmatch(r"approaches/(index|\d+)\.md", name)]
    assert len(names) == 2
    count = len(record.sweep.approaches)
    assert all("the nearest 20 approaches" in pages[name] and f"hold all {count}." in pages[name] for name in names)
    assert pages["approaches.csv"].count("\r\n") == count + 1


def test_an_edition_has_the_catalogues_that_it_may_see(
    tmp_path: Path, nearpass: Callable[..., tuple[int, str, str]]
) -> None:
    """Of two catalogues the public edition lists what the one that it sees gives alone, in two cycles, and no more."""
    path = workspace(tmp_path, sets=texts()[:60])
    own = [text.replace(text.splitlines()[0], f"ZARYA {number}") for number, text in enumerate(texts()[60:])]
    (tmp_path / "ephemerides" / "own.tle").write_text("".join(own))
    path.write_text(
        path.read_text().replace('originator = "TEST"\n', 'originator = "TEST"\nmarking = "CLEAR"\n')
        + '[[catalogue]]\npath = "ephemerides/own.tle"\noriginator = "Zarya operations"\nhbr_m = 5\nmarking = "AMBER"\n'
        + '[[edition]]\nid = "all"\neverything = true\n'
        + '[[edition]]\nid = "public"\naudience = "everybody"\nlevels = ["CLEAR"]\nwithheld = "hidden"\n'
    )
    for at in (EPOCH, EPOCH + 3600.0):
        code, _, err = nearpass("run", "--config", path, "--at", at.iso(digits=0))
        assert (code, err) == (0, ""), err
    assert "zarya" in _all_text(tmp_path / "public" / "all")
    public = _all_text(tmp_path / "public" / "public")
    assert "zarya" not in public
    assert "60 catalogued objects" in public
    [table, _] = sorted((tmp_path / "public" / "public" / "cycles").rglob("approaches.csv"))
    alone = ran(workspace(tmp_path / "alone", sets=texts()[:60])).record.sweep
    assert alone is not None
    rows = [line.split(",")[1:3] for line in table.read_text().splitlines()[1:]]
    assert rows == [[row.primary, row.secondary] for row in alone.approaches]


def _all_text(folder: Path) -> str:
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".zip"]
    return "".join(path.read_text(encoding="utf-8", errors="replace").casefold() for path in files)


@pytest.fixture
def web() -> Iterator[Web]:
    """A server on this machine."""
    with serving() as found:
        yield found


def fetched(directory: Path, web: Web, extra: str = "") -> Path:
    """A workspace whose catalogue is retrieved."""
    path = workspace(directory, sets=[])
    (directory / "ephemerides" / "all.tle").unlink()
    table = f'path = "ephemerides/all_*.tle"\nsource = "http://{web.host}/all.tle"\n'
    fetch = f'[fetch]\nhosts = ["{web.host}"]\ntries = 1\n'
    path.write_text(fetch + path.read_text().replace('path = "ephemerides/all.tle"\n', table) + extra)
    return path


def test_a_catalogue_that_was_fetched_screens_as_one_given_by_hand(
    tmp_path: Path, web: Web, nearpass: Callable[..., tuple[int, str, str]]
) -> None:
    """One command retrieves and screens; the approaches are those of the same sets, and the page says from where."""
    web.always = content("".join(texts()).encode())
    path = fetched(tmp_path, web)
    code, _, err = nearpass("run", "--config", path, "--fetch", "--jobs", 1)
    assert (code, err) == (0, "")
    record = _newest(tmp_path)
    config, text = load_config(workspace(tmp_path / "hand"))
    again = run_cycle(config, text, tmp_path / "hand", record.window.start, None, quiet, None).record
    assert record.sweep is not None
    assert again.sweep is not None
    assert record.sweep.approaches == again.sweep.approaches
    [entry] = record.sweep.inputs
    assert entry.retrieval is not None
    assert entry.retrieval.origin == f"http://{web.host}/all.tle"


def test_only_the_newest_retrieved_file_counts(
    tmp_path: Path, web: Web, nearpass: Callable[..., tuple[int, str, str]]
) -> None:
    """An object that the newer file no longer lists is not screened from the older one, as after its decay."""
    path = fetched(tmp_path, web)
    older = tmp_path / "ephemerides" / "all_20260101T000000Z.tle"
    older.write_text("".join(texts()))
    web.always = content("".join(texts()[:50]).encode())
    assert nearpass("run", "--config", path, "--fetch", "--jobs", 1)[0] == 0
    sweep = _newest(tmp_path).sweep
    assert sweep is not None
    assert sweep.catalogued_count == 50


def test_a_retrieval_of_one_object_leaves_catalogues_alone(
    tmp_path: Path, web: Web, nearpass: Callable[..., tuple[int, str, str]]
) -> None:
    """Asked for an object alone, fetch asks for no catalogue; without, it says what it would ask for."""
    own = '[[object]]\nid = "OWN"\nname = "Own"\nhbr_m = 5\n[[object.ephemeris]]\npath = "a.oem"\noriginator = "TEST"\n'
    path = fetched(tmp_path, web, own)
    code, out, _ = nearpass("fetch", "--config", path, "--dry-run")
    address = f"http://{web.host}/all.tle"
    assert (code, out) == (0, f"catalogue: {address} from {address} into ephemerides/all_*.tle\n")
    assert nearpass("fetch", "--config", path, "--object", "OWN")[1].startswith("no source is configured")
    assert web.requests == []


def test_what_is_no_catalogue_leaves_the_last_good_one_and_says_so(
    tmp_path: Path, web: Web, nearpass: Callable[..., tuple[int, str, str]]
) -> None:
    """A page instead of element sets is refused in one line; the cycle is made from what is here and tells it."""
    web.always = content("".join(texts()).encode())
    path = fetched(tmp_path, web)
    assert nearpass("fetch", "--config", path)[0] == 0
    web.always = content(b"<html><body>Maintenance</body></html>", "text/html")
    code, _, err = nearpass("run", "--config", path, "--fetch", "--jobs", 1)
    assert code == 4
    assert len(err.splitlines()) == 1
    assert f"ephemerides/{_only(tmp_path).name} stays" in err
    sweep = _newest(tmp_path).sweep
    assert sweep is not None
    assert sweep.catalogued_count == COUNT
    assert sweep.inputs[0].retrieval is not None
    assert sweep.inputs[0].retrieval.failure is not None


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("horizons:-74", "must give element sets, which Horizons has not"),
        ("https://elsewhere.example/all.tle", "must be named in fetch.hosts: elsewhere.example"),
        ("celestrak:active", "must read celestrak:GROUP=name"),
    ],
)
def test_a_source_of_a_catalogue_that_breaks_a_rule(
    tmp_path: Path, web: Web, nearpass: Callable[..., tuple[int, str, str]], source: str, words: str
) -> None:
    """It is refused when the configuration is read, with its line, and nobody is asked."""
    path = fetched(tmp_path, web)
    path.write_text(
        path.read_text()
        .replace(f"http://{web.host}/all.tle", source)
        .replace("[fetch]\n", f'[fetch]\nhorizons = "http://{web.host}/api"\ncelestrak = "http://{web.host}/gp"\n')
    )
    code, _, err = nearpass("fetch", "--config", path)
    assert code == 3
    assert words in err
    assert re.search(r"nearpass\.toml:\d+", err)
    assert web.requests == []


def _only(directory: Path) -> Path:
    [found] = (directory / "ephemerides").glob("all_*.tle")
    return found


def _newest(directory: Path) -> CycleRecord:
    archive = Archive(directory / "archive")
    newest = archive.latest_id()
    assert newest is not None
    return archive.load(newest)


def approach(primary: str, miss_km: float, level: Level, minute: int = 0) -> ApproachRecord:
    """One of a list."""
    return ApproachRecord(
        event_id=None, primary=primary, secondary="Z", tca=EPOCH + 60.0 * minute, miss_km=miss_km,
        relative_speed_km_s=5.0, level=level, at_boundary=False, together=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (1, {"OWN RED"}),
        (2, {"OWN RED", "NEAR RED"}),
        (3, {"OWN RED", "NEAR RED", "FAR RED"}),
        (4, {"OWN RED", "NEAR RED", "FAR RED", "OWN YELLOW"}),
        (5, {"OWN RED", "NEAR RED", "FAR RED", "OWN YELLOW", "NEAR YELLOW"}),
    ],
)
def test_the_worst_are_red_then_of_the_publishers_own_then_near(count: int, told: set[str]) -> None:
    """Level comes first, the publisher's own objects before others of the level, and near before far among those."""
    rows = [
        approach("NEAR YELLOW", 0.5, Level.YELLOW, 1),
        approach("FAR RED", 0.9, Level.RED, 2),
        approach("OWN YELLOW", 3.0, Level.YELLOW, 3),
        approach("NEAR RED", 0.2, Level.RED, 4),
        approach("OWN RED", 1.0, Level.RED, 5),
        approach("GREEN", 0.1, Level.GREEN, 6),
    ]
    found = _told_in_full(rows, {"OWN RED", "OWN YELLOW"}, Site(catalogue_events=count, detail_events=0))

    assert {row.primary for row in found} == told
    assert found == [row for row in rows if row.primary in told]  # in the order of time
