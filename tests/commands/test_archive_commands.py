"""The commands that keep an archive: verify, rescreen, prune, rebuild, history, keygen, corrections."""

import io
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config as load_mkdocs_config

from fleets import write_workspace
from interrupted import lay_out, stubbed
from nearpass.archive.archive import Archive
from nearpass.archive.durable import canonical_json, sha256_of
from nearpass.publish import Workspace
from stub_cycles import broken_links, plain, quick, tree

Nearpass = Callable[..., tuple[int, str, str]]
FIRST, SECOND = "2021-03-17T00:00:00", "2021-03-18T00:00:00"


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    """A workspace whose screening gives stubs."""
    lay_out(tmp_path)
    with stubbed():
        yield tmp_path / "nearpass.toml"


def test_verify_says_that_all_is_well(nearpass: Nearpass, config: Path) -> None:
    """After two runs every check passes with exit code 0 and counts what it checked."""
    nearpass("run", "--config", config, "--at", FIRST)
    nearpass("run", "--config", config, "--at", SECOND)
    code, out, err = nearpass("verify", "--config", config, "--site")

    assert (code, err) == (0, "")
    assert "2 cycles" in out
    assert "3 inputs" in out
    assert nearpass("verify", "--config", config, "--latest")[0] == 0


@pytest.mark.parametrize(
    ("name", "code"),
    [("archive/cycles/2021/03/17/T0000Z/record.json", 5), ("public/archive/2021/03.html", 6)],
)
def test_verify_names_the_first_bad_file(nearpass: Nearpass, config: Path, name: str, code: int) -> None:
    """A changed file is the first thing on standard error, and the exit code tells archive from site."""
    nearpass("run", "--config", config, "--at", FIRST)
    path = config.parent / name
    path.write_bytes(path.read_bytes() + b" ")
    found, _, err = nearpass("verify", "--config", config, "--site")

    assert found == code
    assert err.startswith(f"{name}: ")


def test_rescreening_gives_every_number_again(nearpass: Nearpass, tmp_path: Path) -> None:
    """From the stored inputs and configuration alone, each value of a cycle comes out as it was archived."""
    config = write_workspace(tmp_path, limit_km=700.0)
    with quick():
        nearpass("run", "--config", config, "--at", FIRST)
        nearpass("run", "--config", config, "--at", "2021-03-17T02:00:00")
    for path in (tmp_path / "ephemerides").iterdir():
        path.unlink()
    config.write_text(config.read_text().replace("limit_km = 700.0", "limit_km = 50.0"))
    code, out, err = nearpass("verify", "--config", config, "--rescreen", "2021-03-17T0200Z")

    assert (code, err) == (0, "")
    assert "all as archived" in out


def test_rescreening_finds_a_number_that_was_altered(nearpass: Nearpass, tmp_path: Path) -> None:
    """A record changed in its last digits, manifest and head mended, is found by the register and by screening."""
    config = write_workspace(tmp_path, limit_km=700.0)
    with quick():
        nearpass("run", "--config", config, "--at", FIRST)
    archive = Archive(tmp_path / "archive")
    folder = archive.folder("2021-03-17T0000Z")
    plain = json.loads((folder / "record.json").read_bytes())
    plain["events"][0]["miss_km"] *= 1.0 + 1e-8
    text = json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()
    (folder / "record.json").write_bytes(text)
    manifest = archive.manifest("2021-03-17T0000Z")
    manifest["files"]["record.json"] = {"sha256": sha256_of(text), "size_bytes": len(text)}
    (folder / "manifest.json").write_bytes(canonical_json(manifest))
    head = {"cycle_id": "2021-03-17T0000Z", "manifest_sha256": sha256_of(canonical_json(manifest))}
    (tmp_path / "archive/head.json").write_bytes(canonical_json(head))
    found, _, told = nearpass("verify", "--config", config)
    code, _, err = nearpass("verify", "--config", config, "--rescreen", "2021-03-17T0000Z")

    assert (found, code) == (5, 5)
    assert told.startswith("archive/cycles/2021/03/17/T0000Z/manifest.json: ")  # the register knows another one
    assert err.startswith("events[0].miss_km: archived ")


def test_pruned_inputs_are_told_apart(nearpass: Nearpass, config: Path) -> None:
    """After pruning, verify says how many inputs are gone by intent; screening again says so too."""
    nearpass("run", "--config", config, "--at", FIRST)
    nearpass("run", "--config", config, "--at", SECOND)
    words = ("prune", "--config", config, "--older-than", 0, "--keep", 1)
    kept, said, _ = nearpass(*words[:-2])
    shown, would, _ = nearpass(*words, "--dry-run")
    before = tree(config.parent / "archive")
    code, out, _ = nearpass(*words, "--yes")
    verified, told, _ = nearpass("verify", "--config", config)

    assert (kept, shown, code, verified) == (0, 0, 0, 0)
    assert "newer cycles need all" in said  # of two cycles both are among the newest
    assert "1 inputs" in would
    assert "2021-03-17T0000Z" in would
    assert {name for name in before if name.endswith(".pruned")} == set()
    assert "1 inputs dropped" in out
    assert "1 of them pruned" in told


def test_pruning_asks_first(nearpass: Nearpass, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --yes what would be dropped is shown and a question asked; any other answer than yes drops nothing."""
    for cutoff in (FIRST, SECOND):
        nearpass("run", "--config", config, "--at", cutoff)
    before = tree(config.parent / "archive")
    for answer in ("n\n", ""):
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        assert nearpass("prune", "--config", config, "--older-than", 10, "--keep", 1)[0] != 0
        assert tree(config.parent / "archive") == before
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))

    assert nearpass("prune", "--config", config, "--older-than", 10, "--keep", 1)[0] == 0
    assert tree(config.parent / "archive") != before


def test_what_is_private_is_its_owners_alone(nearpass: Nearpass, config: Path) -> None:
    """Archive, its inputs and register, the index and the keys can be read by nobody else, also with a loose umask."""
    nearpass("keygen", config.parent / "nearpass.key")
    config.write_text(
        '[archive]\nsign = "nearpass.key"\n' + config.read_text() + '[[edition]]\nid = "own"\neverything = true\n'
    )
    before = os.umask(0)
    try:
        assert nearpass("run", "--config", config, "--at", FIRST)[0] == 0
    finally:
        os.umask(before)
    home = config.parent
    private = [home / "archive", *(home / "archive").rglob("*"), *home.glob("index*.sqlite"), *home.glob("*.key")]

    assert len(private) > 12
    assert [path for path in private if path.stat().st_mode & 0o077] == []
    (home / "nearpass.key").chmod(0o644)
    code, _, err = nearpass("run", "--config", config, "--at", SECOND)
    assert (code, "must be its owner's alone" in err) == (3, True)


def test_a_correction(nearpass: Nearpass, config: Path) -> None:
    """A run that supersedes a cycle leaves its files alone; its page and the old cycle's month name each other."""
    nearpass("run", "--config", config, "--at", FIRST)
    old = config.parent / "public/cycles/2021/03/17/T0000Z"
    before = tree(old)
    code, _, _ = nearpass("run", "--config", config, "--at", SECOND, "--supersedes", "2021-03-17T0000Z")
    archive = Archive(config.parent / "archive")

    assert code == 0
    assert tree(old) == before
    assert archive.load("2021-03-18T0000Z").provenance.command.endswith("--supersedes 2021-03-17T0000Z")
    page = (config.parent / "public/cycles/2021/03/18/T0000Z/index.html").read_text()
    correcting = re.search(r'corrects <a href="[^"]*cycles/2021/03/17/T0000Z/index.html">(.*?)</a>', page)
    assert correcting is not None
    assert plain(correcting[1]) == "cycle 2021-03-17T0000Z"
    assert '"superseded_by": "2021-03-18T0000Z"' in (config.parent / "public/live/cycles-2021-03.js").read_text()
    assert nearpass("run", "--config", config, "--at", "2021-03-19", "--supersedes", "2020-01-01T0000Z")[0] == 5


def test_a_cycle_id_taken_twice_is_refused(nearpass: Nearpass, tmp_path: Path) -> None:
    """Another result for an archived minute is refused in one line; archive and site stay as they were."""
    config = write_workspace(tmp_path)
    nearpass("run", "--config", config, "--at", FIRST)
    before = tree(tmp_path / "public", tmp_path / "archive")
    code, _, err = nearpass("run", "--config", config, "--at", "2021-03-17T00:00:30")

    assert code == 5
    assert "choose another --at" in err
    assert tree(tmp_path / "public", tmp_path / "archive") == before


def test_a_workspace_can_be_moved(nearpass: Nearpass, tmp_path: Path) -> None:
    """In another folder the next run goes on: archive and site verify there, and links still resolve."""
    lay_out(tmp_path / "here")
    with stubbed():
        nearpass("run", "--config", tmp_path / "here/nearpass.toml", "--at", FIRST)
        (tmp_path / "here").rename(tmp_path / "there")
        config = tmp_path / "there/nearpass.toml"
        code, _, _ = nearpass("run", "--config", config, "--at", SECOND)

    assert code == 0
    assert nearpass("verify", "--config", config, "--site")[0] == 0
    assert broken_links(tmp_path / "there/public") == []


def test_a_cut_off_in_a_leap_second(nearpass: Nearpass, tmp_path: Path) -> None:
    """A data cut-off at 2016-12-31T23:59:60 makes a cycle of that minute, found, verified and screened again."""
    config = write_workspace(tmp_path, limit_km=100.0)
    moved = tmp_path / "ephemerides"
    for path in moved.iterdir():
        text = path.read_text()
        for day, other in (("2021-03-16", "2016-12-31"), ("2021-03-17", "2017-01-01"), ("2021-03-18", "2017-01-02")):
            text = text.replace(day, other)
        path.write_text(text)
    code, _, err = nearpass("run", "--config", config, "--at", "2016-12-31T23:59:60")
    archive = Archive(tmp_path / "archive")

    assert (code, err) == (0, "")
    assert list(archive.cycle_ids()) == ["2016-12-31T2359Z"]
    assert archive.load("2016-12-31T2359Z").window.start.iso(digits=0) == "2016-12-31T23:59:60"
    assert nearpass("verify", "--config", config, "--site", "--latest")[0] == 0
    assert nearpass("verify", "--config", config, "--rescreen", "2016-12-31T2359Z")[0] == 0


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kathmandu"])
def test_the_time_zone_of_the_machine_does_not_matter(
    nearpass: Nearpass, config: Path, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    """Ids and pages are in UTC, whatever zone the machine is in."""
    nearpass("run", "--config", config, "--at", FIRST)
    before = tree(config.parent / "public", config.parent / "archive")
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        nearpass("run", "--config", config, "--at", FIRST)
        nearpass("rebuild", "--config", config, "--jobs", 1)
    finally:
        monkeypatch.undo()
        os.environ.pop("TZ", None)
        time.tzset()

    assert tree(config.parent / "public", config.parent / "archive") == before


def test_signed_cycles_verify(nearpass: Nearpass, config: Path) -> None:
    """A key made by keygen signs each cycle, verify checks it by the configured key, and refuses another one."""
    code, public_key, _ = nearpass("keygen", config.parent / "nearpass.key")
    assert code == 0
    assert (config.parent / "nearpass.key").stat().st_mode & 0o077 == 0
    config.write_text('[archive]\nsign = "nearpass.key"\n' + config.read_text())
    nearpass("run", "--config", config, "--at", FIRST)
    code, out, _ = nearpass("verify", "--config", config)
    assert (code, "1 signed" in out) == (0, True)
    assert (config.parent / "public/signing-key.txt").read_text() == public_key
    refused, _, err = nearpass("verify", "--config", config, "--key", "0" * 64)

    assert refused == 5
    assert "must be signed by" in err
    assert nearpass("keygen", config.parent / "nearpass.key")[0] == 3


def test_a_second_folder_of_the_configuration(nearpass: Nearpass, config: Path) -> None:
    """The site goes to every folder of publish.copy_to, and verify checks a copy by itself."""
    config.write_text('[publish]\ncopy_to = ["mirror/site"]\n' + config.read_text())
    nearpass("run", "--config", config, "--at", FIRST)
    nearpass("run", "--config", config, "--at", SECOND)
    copy = config.parent / "mirror/site"

    assert {n.removeprefix("site/"): d for n, d in tree(copy).items()} == {
        n.removeprefix("public/"): d for n, d in tree(config.parent / "public").items()
    }
    assert nearpass("verify", "--config", config, "--folder", copy)[0] == 0
    (copy / "index.html").write_text("changed")
    assert nearpass("verify", "--config", config, "--folder", copy)[0] == 6


def test_the_history_of_an_event(nearpass: Nearpass, config: Path) -> None:
    """Each cycle that mentions an event is one line, in order of time; an unknown event is refused."""
    nearpass("run", "--config", config, "--at", FIRST)
    nearpass("run", "--config", config, "--at", SECOND)
    event_id = Archive(config.parent / "archive").load("2021-03-18T0000Z").events[0].event_id
    code, out, _ = nearpass("history", "--config", config, event_id)

    assert code == 0
    assert [line[:16] for line in out.splitlines()] == ["2021-03-17T0000Z", "2021-03-18T0000Z"]
    assert nearpass("history", "--config", config, "none")[0] == 5


def test_status_and_log(nearpass: Nearpass, tmp_path: Path) -> None:
    """status.json names the last good cycle, each ephemeris' age and each refusal; the log has a line a step."""
    config = write_workspace(tmp_path)
    (tmp_path / "ephemerides/ecc_1.oem").write_text("nonsense\n")
    code, _, _ = nearpass("run", "--config", config, "--at", FIRST, "--log", tmp_path / "log.jsonl")
    status = json.loads(Workspace(directory=tmp_path).status.read_text())
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]

    assert code == 4
    assert status["state"] == "ok"
    assert status["last_good_cycle"] == {"cycle_id": "2021-03-17T0000Z", "cutoff_utc": "2021-03-17T00:00:00Z"}
    assert status["ephemeris_age_s"] == {"ECC": None, "LOW": 3600.0, "POLAR": 3600.0}
    assert status["objects_without_ephemeris"] == ["ECC"]
    assert [refused["file"] for refused in status["refused_inputs"]] == ["ephemerides/ecc_1.oem"]
    assert [line["event"] for line in lines] == ["cycle_started", "input_refused", "cycle_published"]
    assert {line["cycle_id"] for line in lines} == {"2021-03-17T0000Z"}


def test_an_empty_archive_does_not_verify(nearpass: Nearpass, config: Path) -> None:
    """Where there is no cycle, verify says so instead of finding all in order."""
    code, _, err = nearpass("verify", "--config", config)

    assert code == 5
    assert "must hold a cycle" in err


def test_a_damaged_index_costs_one_word(nearpass: Nearpass, config: Path) -> None:
    """An index with damaged pages is told in one line or made again; without it the next run is as before."""
    nearpass("run", "--config", config, "--at", FIRST)
    index = config.parent / "index.sqlite"
    data = index.read_bytes()
    index.write_bytes(data[:4096] + bytes(len(data) - 4096))
    code, _, err = nearpass("run", "--config", config, "--at", SECOND)
    assert (code == 6) == ("index.sqlite" in err)
    index.unlink()

    assert nearpass("run", "--config", config, "--at", SECOND)[0] == 0
    assert nearpass("verify", "--config", config, "--site")[0] == 0


def test_mkdocs_alone_builds_each_edition(nearpass: Nearpass, config: Path) -> None:
    """Of several editions plain mkdocs gives the first, and each by its own settings, as they are published."""
    tables = [
        f'[[edition]]\nid = "{name}"\naudience = "{name}"\nlevels = ["CLEAR", "GREEN"]\n' for name in ("all", "own")
    ]
    config.write_text(config.read_text() + "\n" + "".join(tables))
    assert nearpass("run", "--config", config, "--at", FIRST)[0] == 0
    for settings, name in (("mkdocs.yml", "all"), ("mkdocs-all.yml", "all"), ("mkdocs-own.yml", "own")):
        mkdocs = load_mkdocs_config(str(config.parent / settings), strict=True)
        mkdocs_build(mkdocs)
        built = {
            path.relative_to(mkdocs.site_dir).as_posix(): path.read_bytes()
            for path in Path(mkdocs.site_dir).rglob("*")
            if path.is_file()
        }
        home = config.parent / "public" / name
        public = {path.relative_to(home).as_posix(): path.read_bytes() for path in home.rglob("*") if path.is_file()}
        added = {file for file in public if "manifest" in file or file.endswith(".zip")}
        assert {file: data for file, data in public.items() if file not in added} == built


def test_mkdocs_alone_builds_the_workspace(nearpass: Nearpass, config: Path) -> None:
    """Plain mkdocs, without nearpass, gives every published file but the hashes and the zip, byte for byte."""
    nearpass("run", "--config", config, "--at", FIRST)
    settings = load_mkdocs_config(str(config.parent / "mkdocs.yml"), strict=True)
    mkdocs_build(settings)
    built = {name.removeprefix(".site/"): data for name, data in tree(config.parent / ".site").items()}
    public = {name.removeprefix("public/"): data for name, data in tree(config.parent / "public").items()}

    added = {name for name in public if "manifest" in name or name.endswith(".zip")}
    assert {name: data for name, data in public.items() if name not in added} == built


def test_editions_in_folders_of_their_own(nearpass: Nearpass, config: Path) -> None:
    """An edition with a folder lies there and nowhere else, closed to other users, with copies of its own."""
    tables = [
        '[[edition]]\nid = "all"\nlevels = ["CLEAR", "GREEN"]\n',
        '[[edition]]\nid = "own"\neverything = true\nfolder = "served/own"\ncopy_to = ["own-copy"]\n',
    ]
    config.write_text('[publish]\ncopy_to = ["copy"]\n' + config.read_text() + "".join(tables))
    home = config.parent
    assert nearpass("run", "--config", config, "--at", FIRST)[0] == 0

    assert sorted(path.name for path in (home / "public").iterdir()) == ["all"]
    assert sorted(path.name for path in (home / "copy").iterdir()) == ["all"]
    assert {n.removeprefix("own/"): d for n, d in tree(home / "served/own").items()} == {
        n.removeprefix("own-copy/"): d for n, d in tree(home / "own-copy").items()
    }
    assert (home / "served/own").stat().st_mode & 0o007 == 0
    assert (home / "editions").stat().st_mode & 0o077 == 0
    assert broken_links(home / "served/own") == []
    assert nearpass("verify", "--config", config, "--site")[0] == 0


@pytest.mark.parametrize("folder", ["public/x", "archive", "../x", "/srv/x", "site", "a/../public"])
def test_folders_of_editions_are_checked(nearpass: Nearpass, config: Path, folder: str) -> None:
    """A folder that is the workspace's own or leads out of it is refused at its line, before anything is written."""
    config.write_text(config.read_text() + f'[[edition]]\nid = "own"\nlevels = ["CLEAR"]\nfolder = "{folder}"\n')
    code, _, err = nearpass("run", "--config", config, "--at", FIRST)

    assert code == 3
    assert "folder" in err
    assert f"nearpass.toml:{len(config.read_text().splitlines())}" in err
    assert sorted(path.name for path in config.parent.iterdir()) == ["nearpass.toml"]


def test_a_site_whose_disk_is_missing_is_told_first(nearpass: Nearpass, config: Path) -> None:
    """A link to what is not mounted, or another file system, is one clear line; nothing is archived or published."""
    home = config.parent
    (home / "public").symlink_to(home / "not-mounted")
    code, _, err = nearpass("run", "--config", config, "--at", FIRST)
    assert (code, "it is a link to what is missing, or not mounted" in err) == (6, True)
    (home / "public").unlink()
    (home / "public").mkdir()
    with patch("nearpass.publish.workspace.device_of", lambda place: 2 if place.name == "public" else 1):
        other, _, told = nearpass("run", "--config", config, "--at", FIRST)

    assert (other, "must lie on the file system of the workspace" in told) == (6, True)
    assert list((home / "public").iterdir()) == []
    assert not (home / "archive/cycles").exists()
