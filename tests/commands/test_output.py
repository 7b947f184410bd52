"""What commands say: one document for machines, as much of the progress as was asked for."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from command_line import called
from fleets import write_workspace
from nearpass.archive.archive import Archive
from nearpass.archive.durable import sha256_of
from stub_cycles import quick

AT = "2021-03-17T00:00"
CYCLE = "2021-03-17T0000Z"
Command = Callable[..., tuple[int, str, str]]
EDITION = """
[[edition]]
id = "public"
audience = "everybody"
parties = ["ESA"]
levels = ["CLEAR"]
"""


def laid_out(folder: Path) -> Path:
    """Three objects, and a file that nobody claims: the configuration."""
    made = write_workspace(folder, limit_km=4000.0, extra=EDITION)
    text = made.read_text()
    for name in ("LOW", "ECC", "POLAR"):
        text = text.replace(f'id = "{name}"\n', f'id = "{name}"\nmarking = "CLEAR"\n')
    made.write_text(text)
    (folder / "ephemerides").mkdir(exist_ok=True)
    (folder / "ephemerides/stray.oem").write_text("CCSDS_OEM_VERS = 2.0\n")
    return made


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The workspace before its first cycle."""
    return laid_out(tmp_path)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace after a cycle."""
    folder = tmp_path_factory.mktemp("published")
    with quick():
        assert called("run", "--config", laid_out(folder), "--jobs", 1, "--at", AT)[0] == 0
    return folder


@pytest.fixture
def ran(published: Path, tmp_path: Path) -> Path:
    """The configuration of that workspace, in a copy for this test."""
    return shutil.copytree(published, tmp_path / "ran") / "nearpass.toml"


def test_a_run_tells_machines_what_it_made(config: Path, nearpass: Command) -> None:
    """The document of a run names cycle, levels and sites, and holds what status.json holds."""
    code, out, _ = nearpass("run", "--config", config, "--jobs", 1, "--at", AT, "--json")
    told = json.loads(out)
    status = json.loads((config.parent / "status.json").read_text())
    record = Archive(config.parent / "archive").load(CYCLE)

    assert (code, told["exit_code"], told["cycle_id"]) == (0, 0, CYCLE)
    assert {**told, **status} == told
    assert sum(told["events"].values()) == len(record.events)
    assert told["events"]["red"] == sum(event.level == "red" for event in record.events)
    assert Path(told["sites"]["public"]).is_file()


def test_a_check_tells_machines_of_every_file(config: Path, nearpass: Command) -> None:
    """The document of a check has each object's file with hash, share of the window and refusal, and strays."""
    (config.parent / "ephemerides/polar_1.oem").write_text("not a message")
    code, out, _ = nearpass("check", "--config", config, "--at", AT, "--json")
    told = json.loads(out)
    by_id = {one["object_id"]: one for one in told["objects"]}
    (low,) = by_id["LOW"]["inputs"]

    assert (code, told["exit_code"]) == (4, 4)
    assert low["sha256"] == sha256_of((config.parent / low["file"]).read_bytes())
    assert by_id["LOW"]["covered_share"] == pytest.approx(1.0)
    assert low["refusal"] is None
    assert by_id["POLAR"]["covered_share"] == 0.0
    assert "polar_1.oem" in by_id["POLAR"]["inputs"][0]["refusal"]
    assert told["unclaimed"] == ["ephemerides/stray.oem"]


def test_a_page_that_no_cycle_could_publish_is_named_by_check(config: Path, nearpass: Command) -> None:
    """A page in Latin-1 gives check and run the same exit code and the same line."""
    (config.parent / "site").mkdir(exist_ok=True)
    (config.parent / "site/notes.md").write_bytes("Ann\u00e9e".encode("latin-1"))
    checked = nearpass("check", "--config", config, "--at", AT)
    ran = nearpass("run", "--config", config, "--jobs", 1, "--at", AT)

    assert checked[0] == ran[0] == 4
    (line,) = [line for line in checked[2].splitlines() if "notes.md" in line]
    assert line in ran[2].splitlines()


def test_an_archive_is_verified_for_machines(ran: Path, nearpass: Command) -> None:
    """Findings and the head stand in the document, and the exit code in both."""
    sound = nearpass("verify", "--config", ran, "--site", "--json")
    event = json.loads(nearpass("run", "--config", ran, "--jobs", 1, "--at", AT, "--json")[1])
    record = next((ran.parent / "archive").rglob("record.json*"))
    record.chmod(0o600)
    record.write_bytes(record.read_bytes().replace(b"LOW", b"WOL", 1))
    broken = nearpass("verify", "--config", ran, "--json")

    assert sound[0] == 0
    assert json.loads(sound[1])["archive"]["cycles"] == 1
    assert json.loads(sound[1])["sites"][0]["findings"] == []
    assert len(json.loads(sound[1])["archive"]["head_sha256"]) == 64
    assert event["cycle_id"] == CYCLE
    assert broken[0] == json.loads(broken[1])["exit_code"] == 5
    assert "record.json" in json.loads(broken[1])["archive"]["findings"][0]["file"]


def test_a_cycle_is_screened_again_for_machines(ran: Path, nearpass: Command) -> None:
    """How many values were compared, and that none differs."""
    code, out, _ = nearpass("verify", "--config", ran, "--rescreen", CYCLE, "--json")
    told = json.loads(out)

    assert (code, told["differences"], told["cycle_id"]) == (0, [], CYCLE)
    assert told["values"] > 1000


def test_history_and_package_for_machines(ran: Path, nearpass: Command, tmp_path: Path) -> None:
    """An event's figures are those of the record; a package is named with the hash of its bytes."""
    event = Archive(ran.parent / "archive").load(CYCLE).events[0]
    _, out, _ = nearpass("history", "--config", ran, event.event_id, "--json")
    (once,) = json.loads(out)
    code, packed, _ = nearpass("package", "--config", ran, "public", "--out", tmp_path / "p.zip", "--json")
    told = json.loads(packed)

    assert once["cycle_id"] == CYCLE
    assert once["miss_km"] == event.miss_km
    assert once["level"] == event.level
    assert code == 0
    assert told["sha256"] == sha256_of((tmp_path / "p.zip").read_bytes())
    assert (told["edition"], told["cycle_id"]) == ("public", CYCLE)


def test_a_pipe_hears_of_long_work_now_and_then(
    config: Path, nearpass: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a stage takes longer than the interval its name comes on a line of its own, without control characters."""
    monkeypatch.setattr("nearpass.commands.shared.NOW_AND_THEN_S", 0.0)
    code, out, err = nearpass("run", "--config", config, "--jobs", 1, "--at", AT)

    assert code == 0
    assert len(out.splitlines()) == 1
    assert len(err.splitlines()) >= 4
    assert "\r" not in err
    assert "\x1b" not in err
    assert any("reading ephemerides" in line for line in err.splitlines())


@pytest.mark.parametrize("command", ["run", "check"])
def test_quiet_and_verbose(config: Path, nearpass: Command, command: str) -> None:
    """Verbose names the stages also where each is short, quiet none; both at once are not understood."""
    words = (command, "--config", config, "--at", AT)
    verbose, quiet = nearpass(*words, "--verbose"), nearpass(*words, "-q")
    both = nearpass(*words, "-q", "-v")

    assert "reading ephemerides" in verbose[2]
    assert quiet[2] == ""
    assert (verbose[0], quiet[0], both[0]) == (0, 0, 2)
    assert "exclude each other" in both[2]
