"""The command from the outside: what it writes, what it says, how it exits."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from fleets import ECCENTRIC, LOW, Kepler, write_workspace
from nearpass.archive.archive import Archive
from nearpass.report.wording import said

AT = "2021-03-17T00:00:00"
EVENT_COLUMNS = [
    "event_id",
    "primary",
    "secondary",
    "tca_utc",
    "tca_tdb",
    "miss_km",
    "relative_speed_km_s",
    "miss_r_km",
    "miss_t_km",
    "miss_n_km",
    "at_boundary",
    "alert",
]
COVERAGE_COLUMNS = ["primary", "secondary", "covered_s", "uncovered_s", "proven_no_closer_than_km"]

Nearpass = Callable[..., tuple[int, str, str]]


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.pictures
def test_a_cycle_becomes_a_site(nearpass: Nearpass, tmp_path: Path) -> None:
    """One run writes the record, the machine twins with their columns, pictures, and a front page whose path it prints.

    Every picture that is published is drawn.
    """
    config = write_workspace(tmp_path, limit_km=4000.0)
    code, out, err = nearpass("run", "--config", config, "--at", AT)
    cycle = tmp_path / "site/cycles/2021/03/17/T0000Z"
    events = rows(cycle / "events.csv")
    twin = json.loads((cycle / "events.json").read_text())

    assert (code, err) == (0, "")
    assert Path(out.strip()) == tmp_path / "public/index.html"
    assert list(events[0])[: len(EVENT_COLUMNS)] == EVENT_COLUMNS
    assert list(rows(cycle / "coverage.csv")[0])[: len(COVERAGE_COLUMNS)] == COVERAGE_COLUMNS
    assert [event["event_id"] for event in twin["events"]] == [event["event_id"] for event in events]
    assert all(event["primary"] < event["secondary"] for event in events)
    assert all(re.fullmatch(r"2021-03-1[78]T\d\d:\d\d:\d\d\.\d{6}", event["tca_utc"]) for event in events)
    assert Archive(tmp_path / "archive").latest_id() == "2021-03-17T0000Z"
    assert (tmp_path / "public/cycles/2021/03/17/T0000Z/events.csv").read_bytes() == (cycle / "events.csv").read_bytes()
    assert json.loads((tmp_path / "public/latest.json").read_text())["cycle_id"] == "2021-03-17T0000Z"
    pictures = list((tmp_path / "public/cycles/2021/03/17/T0000Z/plots").glob("*.svg"))
    assert len(pictures) > len(events)
    assert all("<path" in picture.read_text() for picture in pictures)


def test_the_same_run_again_changes_nothing(nearpass: Nearpass, tmp_path: Path) -> None:
    """A cycle made again from the same inputs has the same bytes in archive and site."""
    config = write_workspace(tmp_path)
    nearpass("run", "--config", config, "--at", AT)
    before = tree(tmp_path / "public") | tree(tmp_path / "archive")
    code, _, _ = nearpass("run", "--config", config, "--at", AT, "--jobs", 1)

    assert code == 0
    assert tree(tmp_path / "public") | tree(tmp_path / "archive") == before


def test_a_workspace_may_be_named_by_a_relative_path(
    nearpass: Nearpass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A configuration given relative to the current folder publishes into its own folder."""
    write_workspace(tmp_path / "mars")
    monkeypatch.chdir(tmp_path)
    code, out, err = nearpass("run", "--config", "mars/nearpass.toml", "--at", AT)

    assert (code, err) == (0, "")
    assert Path(out.strip()) == tmp_path / "mars/public/index.html"


def test_build_renders_the_same_site_from_the_archive(nearpass: Nearpass, tmp_path: Path) -> None:
    """Without the ephemerides, build gives the same pages byte for byte."""
    config = write_workspace(tmp_path)
    nearpass("run", "--config", config, "--at", AT)
    before = tree(tmp_path / "public")
    for path in (tmp_path / "ephemerides").iterdir():
        path.unlink()
    code, _, _ = nearpass("build", "--config", config)

    assert code == 0
    assert tree(tmp_path / "public") == before


def test_a_second_cycle_knows_the_first(nearpass: Nearpass, tmp_path: Path) -> None:
    """An event that both cycles see keeps its id, and its record holds what the first cycle said."""
    config = write_workspace(tmp_path, span_days=1.0, limit_km=4000.0)
    nearpass("run", "--config", config, "--at", AT)
    nearpass("run", "--config", config, "--at", "2021-03-17T06:00:00")
    archive = Archive(tmp_path / "archive")
    first, second = (archive.load(cycle_id) for cycle_id in archive.cycle_ids())
    shared = {event.event_id for event in first.events} & {event.event_id for event in second.events}

    assert shared
    for event in second.events:
        if event.event_id in shared:
            assert [point.cycle_id for point in event.history] == [first.cycle_id]
    assert {change.kind for change in second.changes} <= {"new", "passed", "gone"}
    assert "passed" in {change.kind for change in second.changes}


def test_a_refused_delivery_stops_nothing(nearpass: Nearpass, tmp_path: Path) -> None:
    """A malformed file is named on one line and on the page, its pairs are uncovered, the exit code says so."""
    config = write_workspace(tmp_path)
    (tmp_path / "ephemerides/ecc_1.oem").write_text("CCSDS_OEM_VERS = 2.0\nnonsense\n")
    code, _, err = nearpass("run", "--config", config, "--at", AT)
    record = Archive(tmp_path / "archive").load("2021-03-17T0000Z")
    pairs = {(pair.primary, pair.secondary): pair for pair in record.pairs}
    front = (tmp_path / "public/index.html").read_text()

    assert code == 4
    assert err.count("\n") == 1
    assert "ephemerides/ecc_1.oem:2" in err
    assert "ecc_1.oem:2" in front
    assert pairs["ECC", "LOW"].unscreened is not None
    assert pairs["ECC", "LOW"].covered_s == 0.0
    assert pairs["LOW", "POLAR"].covered_s == 86_400.0


@pytest.mark.parametrize("words", [("run",), ("check",), ("build",), ("serve",)])
def test_a_broken_configuration_writes_nothing(nearpass: Nearpass, tmp_path: Path, words: tuple[str, ...]) -> None:
    """A fault in nearpass.toml is one line with its place, exit code 3, and no file is written."""
    config = write_workspace(tmp_path)
    config.write_text(config.read_text().replace("limit_km", "limt_km"))
    before = tree(tmp_path)
    code, out, err = nearpass(*words, "--config", config)

    assert code == 3
    assert out == ""
    assert err.count("\n") == 1
    assert f"{config}:4" in err
    assert tree(tmp_path) == before


def test_check_writes_nothing(nearpass: Nearpass, tmp_path: Path) -> None:
    """The check lists each object's delivery and leaves the workspace as it was."""
    config = write_workspace(tmp_path)
    before = tree(tmp_path)
    code, out, _ = nearpass("check", "--config", config, "--at", AT)

    assert code == 0
    assert all(name in out for name in ("LOW", "POLAR", "ECC", "ephemerides/ecc_1.oem"))
    assert tree(tmp_path) == before


def test_a_new_workspace_passes_its_own_check(nearpass: Nearpass, tmp_path: Path) -> None:
    """What init lays out is a valid workspace that lacks only the ephemerides."""
    code, _, _ = nearpass("init", tmp_path / "mars")
    checked, out, _ = nearpass("check", "--config", tmp_path / "mars/nearpass.toml", "--at", AT)

    assert code == 0
    assert checked == 4
    assert out.count("no readable file matches the path") == 2


def test_init_never_overwrites(nearpass: Nearpass, tmp_path: Path) -> None:
    """A folder that holds a workspace is left alone."""
    nearpass("init", tmp_path)
    (tmp_path / "nearpass.toml").write_text("# mine\n")
    code, _, err = nearpass("init", tmp_path)

    assert code == 3
    assert "must not hold a nearpass.toml" in err
    assert (tmp_path / "nearpass.toml").read_text() == "# mine\n"


def test_an_interrupted_build_leaves_the_last_good_site(
    nearpass: Nearpass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If mkdocs fails, the site stays as it was, to the byte, and the next run succeeds."""
    config = write_workspace(tmp_path)
    nearpass("run", "--config", config, "--at", AT)
    before = tree(tmp_path / "public")

    def fail(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("nearpass.publish.build.mkdocs_build", fail)
        code, _, err = nearpass("run", "--config", config, "--at", "2021-03-17T06:00:00")
    after = tree(tmp_path / "public")
    again, _, _ = nearpass("run", "--config", config, "--at", "2021-03-17T06:00:00")

    assert code == 130
    assert "last good site" in err
    assert after == before
    assert again == 0


def test_phase_unknown_never_has_a_time_of_closest_approach(nearpass: Nearpass, tmp_path: Path) -> None:
    """An object whose position along its orbit is unknown has no event, and its pairs say why."""
    orbits = {"LOW": LOW, "ECC": ECCENTRIC, "LOST": Kepler(3900.0, 0.01, 1.5)}
    config = write_workspace(tmp_path, orbits=orbits, limit_km=9000.0)
    text = config.read_text().replace('name = "LOST orbiter"', 'name = "LOST orbiter"\nphase = "unknown"')
    config.write_text(text)
    nearpass("run", "--config", config, "--at", AT)
    record = Archive(tmp_path / "archive").load("2021-03-17T0000Z")

    assert record.events
    assert not any("LOST" in (event.primary, event.secondary) for event in record.events)
    for pair in record.pairs:
        if "LOST" in (pair.primary, pair.secondary):
            assert pair.nearest is None
            assert "unknown" in said(pair.unscreened)


def test_a_wrong_word_is_a_usage_error(nearpass: Nearpass) -> None:
    """An unknown option exits with 2 and an epoch that cannot be read is named."""
    assert nearpass("run", "--ta", AT)[0] == 2
    code, _, err = nearpass("run", "--at", "tomorrow")

    assert code == 2
    assert "tomorrow" in err
