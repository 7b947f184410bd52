"""Exchanges from the command line: begun, shown, archived, and releases that are held up outside of them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from fleets import write_workspace
from nearpass.archive.archive import Archive

CUTOFF, CYCLE = "2021-03-17T00:00", "2021-03-17T0000Z"
EDITIONS = """
[exchange]
ours = ["NASA"]
[[party]]
id = "NASA"
[[party]]
id = "CNSA"
exchange_required = true
[[edition]]
id = "own"
everything = true
[[edition]]
id = "both"
audience = "NASA and CNSA"
levels = ["CLEAR"]
parties = ["NASA", "CNSA"]
[[edition]]
id = "esa"
audience = "ESA"
levels = ["CLEAR"]
parties = ["ESA"]
register = true
"""
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Three objects that everybody may see, and a party that gets nothing outside an exchange."""
    path = write_workspace(tmp_path, span_days=0.2, limit_km=300.0, extra=EDITIONS)
    text = path.read_text()
    for name in ("LOW", "ECC", "POLAR"):
        text = text.replace(f'id = "{name}"\n', f'id = "{name}"\nmarking = "CLEAR"\n')
    path.write_text(text)
    return path


def begun(config: Path, nearpass: Command, more: str) -> Path:
    """A dossier of NASA and CNSA, with some of the lines of its template filled in."""
    code, out, err = nearpass("exchange", "new", "mars", "--party", "NASA", "--party", "CNSA", "--config", config)
    assert code == 0, err
    path = Path(out.strip())
    path.write_text(path.read_text().replace("\n# opened = 2021-03-05", "\nopened = 2021-03-05") + more)
    return path


def test_a_release_outside_an_open_exchange_is_held_up_and_then_made(config: Path, nearpass: Command) -> None:
    """Only the edition of the party that needs it: refused without ground, released with one, refused when closed."""
    code, _, err = nearpass("run", "--config", config, "--jobs", 1, "--at", CUTOFF)
    public = config.parent / "public"
    assert (code, (public / "both").exists(), (public / "esa/index.html").exists()) == (7, False, True)
    assert "a release to CNSA must lie within an open exchange; no dossier in exchanges/ is one, got 'both'" in err
    assert nearpass("package", "both", "--config", config, "--out", config.parent / "a.zip")[0] == 7
    assert not (config.parent / "a.zip").exists()

    path = begun(config, nearpass, "")  # opened, but without ground
    assert nearpass("build", "--config", config, "--jobs", 1)[0] == 7

    path.write_text(path.read_text() + '\n[ground]\nlaw = "a law"\n')
    assert nearpass("build", "--config", config, "--jobs", 1)[0] == 0
    assert (public / "both/index.html").exists()
    assert nearpass("package", "both", "--config", config, "--out", config.parent / "a.zip")[0] == 0

    path.write_text(path.read_text().replace("opened =", "closed = 2021-03-06\nopened ="))
    code, _, err = nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T00:10")
    assert code == 7
    assert not (public / "both/cycles/2021/03/17/T0010Z").exists()
    assert (public / "esa/cycles/2021/03/17/T0010Z").is_dir()
    assert nearpass("verify", "--config", config)[0] == 0


def test_a_broken_dossier_opens_nothing_and_stops_no_cycle(config: Path, nearpass: Command) -> None:
    """It is named in the error of the edition and by check; the publisher's own edition shows why, others nothing."""
    begun(config, nearpass, 'unknwon = "x"\n')
    code, _, err = nearpass("run", "--config", config, "--jobs", 1, "--at", CUTOFF)
    checked = nearpass("check", "--config", config, "--at", CUTOFF)

    assert code == 7
    assert "one cannot be read: unknown key unknwon" in err
    assert (checked[0], "refused: unknown key unknwon" in checked[1]) == (4, True)
    assert "unknown key unknwon" in (config.parent / "public/own/index.html").read_text()
    assert "unknwon" not in (config.parent / "public/esa/index.html").read_text()


def test_the_page_tells_ground_lack_and_what_went_out(config: Path, nearpass: Command) -> None:
    """The second cycle's page has what the register told of the first; dossier, note and statement are archived."""
    statement = nearpass(
        "certify", "--before", "--party", "CNSA", "--config", config, "--from", "2021-03-01T00:00", "--to", CUTOFF
    )[1].encode()
    digest = hashlib.sha256(statement).hexdigest()
    more = '\n[ground]\nlaw = "Public Law 116-260"\n[certification]\nfiled = 2021-02-01\nreference = "letter 17"\n'
    more += f'statement = "mars/before.txt"\nsha256 = "{digest}"\n'
    path = begun(config, nearpass, more)
    folder = path.with_suffix("")
    folder.mkdir()
    (folder / "before.txt").write_bytes(statement)
    (folder / "minutes.md").write_text(
        "---\ntime: 2021-03-16T20:00:00Z\nkind: outcome\nparties: [NASA, CNSA]\noriginator: NASA\nmarking: RED\n"
        "release: [NASA, CNSA]\n---\nBoth agreed to call each Monday.\n"
    )
    for at in (CUTOFF, "2021-03-17T00:10"):
        assert nearpass("run", "--config", config, "--jobs", 1, "--at", at)[0] == 0
    page = (config.parent / "public/both/cycles/2021/03/17/T0010Z/exchanges/mars.html").read_text()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))

    for words in ("Open since 5 March 2021", "Public Law 116-260", "letter 17", digest, "call each Monday"):
        assert words in text
    assert "The agenda is missing." in text
    assert "No participant of NASA and CNSA is named." in text
    assert "both NASA and CNSA site 1" in text
    assert not list((config.parent / "public/esa").rglob("*exchange*"))
    assert (config.parent / "public/esa/register/index.html").exists()  # with the instants of the same runs

    archive = Archive(config.parent / "archive")
    record = archive.load(CYCLE)
    inputs = archive.manifest(CYCLE)["inputs"]
    assert {digest, hashlib.sha256(path.read_bytes()).hexdigest()} <= inputs.keys()
    assert hashlib.sha256((folder / "minutes.md").read_bytes()).hexdigest() in inputs
    assert record.exchanges[0].sha256 in inputs
    assert nearpass("verify", "--config", config, "--rescreen", CYCLE)[0] == 0


def test_a_statement_that_was_changed_is_found(config: Path, nearpass: Command) -> None:
    """The file must have the SHA-256 of the dossier; list says so and ends with the code of what is not whole."""
    more = f'\n[ground]\nlaw = "a law"\n[certification]\nstatement = "mars/before.txt"\nsha256 = "{"ab" * 32}"\n'
    path = begun(config, nearpass, more)
    path.with_suffix("").mkdir()
    (path.with_suffix("") / "before.txt").write_text("other words\n")
    code, out, _ = nearpass("exchange", "list", "--config", config)

    assert code == 4
    assert "mars: unreadable\n  certification.sha256 must be that of the statement" in out


def test_list_says_what_each_lacks(config: Path, nearpass: Command) -> None:
    """State and one sentence for each thing that is missing, as of an instant."""
    begun(config, nearpass, '\n[ground]\nlaw = "a law"\n[certification]\ndays_before = 30\n')
    code, out, _ = nearpass("exchange", "list", "--config", config, "--at", "2021-01-22T00:00")

    assert code == 0
    assert out.splitlines()[0] == "mars: Being prepared; nothing may be released yet"
    assert "before the first release, on 3 February 2021: 12 d left" in out


def test_what_one_party_does_about_an_event_belongs_into_the_log(config: Path, nearpass: Command) -> None:
    """A claim among the notes of an exchange is refused by name, since it would not count there."""
    path = begun(config, nearpass, '\n[ground]\nlaw = "a law"\n')
    path.with_suffix("").mkdir()
    (path.with_suffix("") / "claim.md").write_text(
        "---\nevent: LOW-ECC-20210317T0010\ntime: 2021-03-16T20:00:00Z\nkind: claim\nparty: NASA\noriginator: NASA\n"
        "marking: RED\n---\nWe move.\n"
    )
    assert nearpass("run", "--config", config, "--jobs", 1, "--at", CUTOFF)[0] == 0
    status = json.loads((config.parent / "status.json").read_text())

    assert "a claim must stand in log/, where it counts, exchanges/mars/claim.md" in json.dumps(status)
