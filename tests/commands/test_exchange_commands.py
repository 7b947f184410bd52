"""Notes, packages and certificates from the command line, in a workspace that publishes a public edition."""

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from fleets import write_workspace
from nearpass.archive.durable import sha256_of

EDITION = """
[[edition]]
id = "public"
audience = "everybody"
parties = ["ESA"]
levels = ["CLEAR"]
"""
CUTOFF = "2021-03-17T00:00"
CYCLE = "2021-03-17T0000Z"
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def config(tmp_path: Path, nearpass: Command) -> Path:
    """Three objects that everybody may see, one cycle published."""
    path = write_workspace(tmp_path, limit_km=300.0, extra=EDITION)
    text = path.read_text()
    for name in ("LOW", "ECC", "POLAR"):
        text = text.replace(f'id = "{name}"\n', f'id = "{name}"\nmarking = "CLEAR"\n')
    path.write_text(text)
    assert nearpass("run", "--config", path, "--jobs", 1, "--at", CUTOFF)[0] == 0
    return path


def test_a_note_is_begun_filled_in_and_shown(config: Path, nearpass: Command) -> None:
    """A new note names objects and minute, as each workspace knows the event; made public, its text is on the page."""
    events = json.loads((config.parent / "public/cycles/2021/03/17/T0000Z/events.json").read_text())["events"]
    event_id = events[0]["event_id"]
    code, out, _ = nearpass("log", "new", "--config", config, "--event", event_id)
    note = Path(out.strip())
    front = yaml.safe_load(note.read_text().split("---\n")[1])

    assert code == 0
    minute = re.sub(r"[-:]", "", events[0]["tca_utc"][:16])
    named = f"{events[0]['primary']}-{events[0]['secondary']}-{minute}"
    assert (front["event"], front["kind"], front["marking"]) == (named, "consultation", "TLP:RED")

    filled = note.read_text().replace("TLP:RED", "TLP:CLEAR").replace("parties: []", "parties: [ESA, NASA]")
    public = re.sub(r"time: .*", "time: 2021-03-17T00:05:00Z", filled)
    note.write_text(f"{public}Both teams agreed to wait.\n")  # written before the next cut-off
    assert nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T00:10")[0] == 0
    page = config.parent / f"public/cycles/2021/03/17/T0010Z/events/{event_id}.html"
    assert "Both teams agreed to wait." in page.read_text()


def test_a_note_on_no_event_is_refused(config: Path, nearpass: Command) -> None:
    """A note names an event of the newest cycle, or none; another id is refused and no file is left."""
    code, _, err = nearpass("log", "new", "--config", config, "--event", "NO-SUCH-20210317T0000")

    assert code != 0
    assert "NO-SUCH" in err
    assert list((config.parent / "log").glob("*.md")) == []


def test_two_notes_in_one_minute_do_not_overwrite(config: Path, nearpass: Command) -> None:
    """The second note of the same minute is refused in one line, and the first stays as it is."""
    first = nearpass("log", "new", "--config", config)
    written = Path(first[1].strip())
    written.write_text("mine")
    codes = [nearpass("log", "new", "--config", config)[0] for _ in range(2)]  # the minute may end in between

    assert first[0] == 0
    assert codes[-1] != 0 or codes[0] != 0
    assert written.read_text() == "mine"


def test_what_was_handed_over_is_certified(config: Path, nearpass: Command, tmp_path: Path) -> None:
    """A package leaves its hash in the register; the certificate of its recipient names it and the cycle."""
    target = tmp_path / "package.zip"
    code, out, _ = nearpass("package", "public", "--config", config, "--out", target)
    sha256 = sha256_of(target.read_bytes())
    period = ("--from", "2020-01-01T00:00", "--to", "2099-01-01T00:00", "--partner", "ESA")
    certified, words, _ = nearpass("certify", "--config", config, *period)
    as_json = json.loads(nearpass("certify", "--config", config, *period, "--json")[1])

    assert (code, certified) == (0, 0)
    assert sha256 in out
    assert zipfile.ZipFile(target).testzip() is None
    assert sha256 in words
    assert CYCLE in words
    assert sha256 in json.dumps(as_json)
    assert nearpass("verify", "--config", config)[0] == 0


def test_an_altered_register_is_not_certified(config: Path, nearpass: Command) -> None:
    """Where an entry of the register was changed, no certificate is given, and the file is named."""
    pages = sorted((config.parent / "archive" / "register").glob("0*.json"))
    register = next(path for path in pages if b"everybody" in path.read_bytes())
    register.write_bytes(register.read_bytes().replace(b"everybody", b"nobody___", 1))
    code, _, err = nearpass(
        "certify", "--config", config, "--from", "2020-01-01T00:00", "--to", "2099-01-01T00:00", "--partner", "public"
    )

    assert code == 5
    assert "register" in err


def an_event(config: Path) -> str:
    """Any event of the published cycle."""
    path = config.parent / "public/cycles/2021/03/17/T0000Z/events.json"
    return str(json.loads(path.read_text())["events"][0]["event_id"])


def test_a_claim_and_a_partners_signed_answer_are_on_the_page(config: Path, nearpass: Command, tmp_path: Path) -> None:
    """Claimed by a command here, stood by in a file that the partner signed elsewhere: the page says both."""
    event_id, key = an_event(config), tmp_path / "partner.key"
    public = nearpass("keygen", key)[1].split()[-1]
    config.write_text(f'{config.read_text()}\n[[party]]\nid = "CNSA"\npublic_key = "{public}"\n')
    open_to_all = ("--marking", "TLP:CLEAR", "--config", config, "--at", "2021-03-17T00:05")
    claim = nearpass(
        "log", "claim", event_id, "--party", "NASA", "--object", "LOW", "--burn", "2021-03-17T00:30", *open_to_all
    )
    answer = nearpass(
        "log", "stand-by", event_id, "--party", "CNSA", "--originator", "CNSA", "--sign", key, *open_to_all
    )
    ours = Path(answer[1].strip())
    away = tmp_path / "from-cnsa.md"
    ours.rename(away)
    ours.with_name(f"{ours.name}.sig").rename(tmp_path / "from-cnsa.md.sig")
    taken = nearpass("log", "receive", away, "--config", config)
    assert [claim[0], answer[0], taken[0]] == [0, 0, 0], (claim, answer, taken)

    assert nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T00:10")[0] == 0
    page = (config.parent / f"public/cycles/2021/03/17/T0010Z/events/{event_id}.html").read_text()
    assert "NASA will move LOW, burn Wed 17 March 2021 00:30 UTC; CNSA stands by." in page


@pytest.mark.parametrize("change", ["unsigned", "altered", "another key"])
def test_a_note_in_the_name_of_a_partner_counts_only_with_its_signature(
    config: Path, nearpass: Command, tmp_path: Path, change: str
) -> None:
    """Without the signature, with another word or another key it is refused, and a cycle tells of it and goes on."""
    event_id, key, other = an_event(config), tmp_path / "partner.key", tmp_path / "other.key"
    public = nearpass("keygen", key)[1].split()[-1]
    nearpass("keygen", other)
    signer = other if change == "another key" else key
    written = ("--originator", "CNSA", "--sign", signer, "--marking", "CLEAR", "--at", "2021-03-17T00:05")
    note = Path(nearpass("log", "claim", event_id, "--party", "CNSA", "--config", config, *written)[1].strip())
    config.write_text(f'{config.read_text()}\n[[party]]\nid = "CNSA"\naliases = ["China"]\npublic_key = "{public}"\n')
    if change == "unsigned":
        note.with_name(f"{note.name}.sig").unlink()
    if change == "altered":
        note.write_text(note.read_text().replace("claim", "decline"))

    code, _, err = nearpass("log", "receive", note, "--config", config)
    assert code == 8
    assert "CNSA" in err
    assert nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T00:10")[0] in {0, 4}
    page = (config.parent / f"public/cycles/2021/03/17/T0010Z/events/{event_id}.html").read_text()
    assert "CNSA" not in page
    assert note.name in (config.parent / "status.json").read_text()


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        (("plan", "--party", "NASA"), "burn or plan is needed"),
        (("plan", "--party", "NASA", "--file", "no-such.oem"), "plan must name a file"),
        (("claim", "--party", "NASA", "--burn", "soon"), "soon"),
        (("request", "--party", "NASA"), "--to"),
    ],
)
def test_a_statement_that_lacks_something_is_refused_and_leaves_no_file(
    config: Path, nearpass: Command, words: tuple[str, ...], rule: str
) -> None:
    """One line says what is missing; nothing is written."""
    code, _, err = nearpass("log", words[0], an_event(config), *words[1:], "--config", config)

    assert code != 0
    assert rule in err
    assert list((config.parent / "log").glob("*")) == []


def test_receipts_lie_by_originator_and_are_their_owners_alone(config: Path, nearpass: Command) -> None:
    """One text and one JSON a delivery, with the hash of the file as it was delivered; a second time nothing new."""
    code, out, _ = nearpass("receipts", "--config", config)
    written = sorted((config.parent / "receipts").rglob("*.json"))
    hashes = {sha256_of(path.read_bytes()) for path in (config.parent / "ephemerides").iterdir()}
    before = sorted(config.parent.joinpath("receipts").rglob("*"))

    assert code == 0
    assert {json.loads(path.read_text())["sha256"] for path in written} <= hashes
    assert len(written) == len(out.split()) == 3
    assert all(path.with_suffix(".txt").exists() and path.stat().st_mode & 0o077 == 0 for path in written)
    assert nearpass("receipts", "--config", config)[0] == 0
    assert sorted(config.parent.joinpath("receipts").rglob("*")) == before
    assert nearpass("receipts", "--config", config, "--originator", "Nobody")[1] == ""
