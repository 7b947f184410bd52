"""Partners' messages through whole cycles: received, archived, registered, tied to events, shown, kept from others."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from command_line import called
from fleets import CUTOFF as START
from fleets import FLEET, write_workspace
from nearpass.archive.archive import Archive
from nearpass.archive.register import Register
from nearpass.astro.epochs import Epoch
from nearpass.config import load_config
from nearpass.watch import deliveries, fingerprint
from stub_cycles import quick

CUTOFF, NEXT = "2021-03-17T00:00", "2021-03-17T00:10"
SIGMAS = """[object.uncertainty]
radial_km = 0.1
transverse_km = 0.7
normal_km = 0.2
timing_s = 0.2
timing_growth_s_per_day = 0.1
source = "by analogy"
"""
EDITIONS = """
[[edition]]
id = "own"
everything = true
[[edition]]
id = "nasa"
audience = "NASA"
parties = ["NASA"]
levels = ["CLEAR"]
[[edition]]
id = "esa"
audience = "ESA"
parties = ["ESA"]
levels = ["CLEAR"]
"""
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three objects that everybody may see, with declared errors, one cycle published in three editions."""
    path = write_workspace(tmp_path_factory.mktemp("published"), span_days=0.3, limit_km=600.0, extra=EDITIONS)
    text = path.read_text().replace("[[object.ephemeris]]", f'{SIGMAS}marking = "CLEAR"\n[[object.ephemeris]]')
    for name in ("LOW", "ECC", "POLAR"):
        text = text.replace(f'id = "{name}"\n', f'id = "{name}"\nmarking = "CLEAR"\n')
    path.write_text(text)
    with quick():
        code, _, err = called("run", "--config", path, "--jobs", 1, "--at", CUTOFF)
    assert code == 0, err
    return path


@pytest.fixture
def config(published: Path, tmp_path: Path) -> Path:
    """The workspace's configuration, in a copy for this test."""
    return shutil.copytree(published.parent, tmp_path / "workspace") / published.name


def own_message(config: Path) -> tuple[str, str]:
    """An event of the cycle and the text of our own message of it, as if another had written it."""
    folder = config.parent / "public/own/cycles/2021/03/17/T0000Z/events"
    path = next(iter(sorted(folder.glob("*.cdm"))))
    text = re.sub(r"ORIGINATOR( *)=.*", r"ORIGINATOR\1= CNSA", path.read_text())
    return path.stem, text


def another_day(text: str) -> str:
    """The message with a TCA a day later, after the window."""
    return re.sub(r"(TCA *= 2021-03-)17T", r"\g<1>18T", text)


def test_a_partners_message_stands_beside_our_event_for_its_readers_alone(
    config: Path, nearpass: Command, tmp_path: Path
) -> None:
    """Archived by its hash, one line in the register, on the page of the event; not a word of it in other editions."""
    event_id, text = own_message(config)
    file = tmp_path / "zqpartner.cdm"
    file.write_text(text.replace("MESSAGE_ID", "COMMENT zqcomment\nMESSAGE_ID", 1))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    before = fingerprint(deliveries(load_config(config)[0], config.parent))
    code, out, err = nearpass("receive", file, "--config", config, "--release", "NASA")
    assert code == 0, err
    assert Path(out.strip()) == config.parent / "messages/cnsa/zqpartner.cdm"
    assert nearpass("receive", file, "--config", config, "--release", "NASA")[1] == out
    assert fingerprint(deliveries(load_config(config)[0], config.parent)) != before  # a watched folder
    for at in (NEXT, "2021-03-17T00:20"):
        assert nearpass("run", "--config", config, "--jobs", 1, "--at", at)[0] == 0

    archive = Archive(config.parent / "archive")
    assert archive.read_input(digest) == file.read_bytes()
    assert digest in archive.manifest("2021-03-17T0010Z")["inputs"]
    lines = [entry for entry in Register(archive).entries() if entry.sha256 == digest and entry.kind == "received"]
    assert [(one.party, one.level, one.release) for one in lines] == [("CNSA", "TLP:RED", ("NASA",))]
    public = config.parent / "public"
    page = (public / f"nasa/cycles/2021/03/17/T0010Z/events/{event_id}.html").read_text()
    assert "CNSA agrees with us within" in page
    assert digest in page
    for name in ("zqpartner", digest, "zqcomment"):
        assert [
            path for path in (public / "esa").rglob("*") if path.is_file() and name.encode() in path.read_bytes()
        ] == []
    assert nearpass("verify", "--config", config, "--rescreen", "2021-03-17T0010Z")[0] == 0


def test_a_message_of_no_event_is_an_alarm_and_one_that_cannot_be_read_is_named(
    config: Path, nearpass: Command, tmp_path: Path
) -> None:
    """A day later there is no approach of the pair; the front page and the feed say so, status names the other."""
    _, text = own_message(config)
    lost = tmp_path / "lost.cdm"
    lost.write_text(another_day(text))
    assert nearpass("receive", lost, "--config", config, "--marking", "TLP:CLEAR")[0] == 0
    broken = config.parent / "messages/broken.cdm"
    broken.write_text("CCSDS_CDM_VERS = 1.0\nnothing else\n")
    assert nearpass("receive", broken, "--config", config)[0] == 8
    assert nearpass("run", "--config", config, "--jobs", 1, "--at", NEXT)[0] == 0

    for edition in ("own", "nasa", "esa"):
        assert (
            "CNSA reports an approach that this cycle does not have"
            in (config.parent / f"public/{edition}/index.html").read_text()
        )
        assert "Reported by CNSA" in (config.parent / f"public/{edition}/feeds/all.xml").read_text()
    status = (config.parent / "status.json").read_text()
    assert "messages/broken.cdm" in status
    assert "broken.cdm" not in (config.parent / "public/esa/index.html").read_text()


def test_compare_judges_and_keeps(config: Path, nearpass: Command, tmp_path: Path) -> None:
    """The same sentence as on the page, no empty rows, and with --keep the message lies where the next cycle looks."""
    event_id, text = own_message(config)
    file = tmp_path / "a.cdm"
    file.write_text(text)
    code, out, _ = nearpass("compare", file, "--config", config, "--keep")
    told = json.loads(nearpass("compare", file, "--config", config, "--json")[1])

    assert code == 0
    assert out.rstrip().endswith("CNSA agrees with us within 0.1 sigma.")
    assert told["judgement"] == "CNSA agrees with us within 0.1 sigma."
    assert told["event_id"] == event_id
    assert not [name for name, row in told["rows"].items() if row[:3] == [None, None, None]]
    assert (config.parent / "messages/cnsa/a.cdm").read_text() == text


def test_their_ephemeris_of_an_object_of_ours_stands_beside_each_event_of_it(config: Path, nearpass: Command) -> None:
    """The same motion from another: its events agree; what the configuration says of a folder marks it."""
    event_id, _ = own_message(config)
    told = json.loads((config.parent / "public/own/cycles/2021/03/17/T0000Z/events.json").read_text())["events"]
    name = next(row["primary"] for row in told if row["event_id"] == event_id)
    folder = config.parent / "messages/isro"
    folder.mkdir(parents=True)
    ours = (config.parent / f"ephemerides/{name.lower()}_1.oem").read_text()
    (folder / "theirs.oem").write_text(re.sub(r"OBJECT_NAME( *)=.*", rf"OBJECT_NAME\1= {name}", ours))
    rule = '\n[[message]]\npath = "messages/isro/*"\noriginator = "ISRO"\nmarking = "CLEAR"\n'
    config.write_text(config.read_text() + rule)
    assert nearpass("run", "--config", config, "--jobs", 1, "--at", NEXT)[0] == 0
    page = (config.parent / f"public/esa/cycles/2021/03/17/T0010Z/events/{event_id}.html").read_text()

    assert f"ISRO, by its OEM of {name}" in page
    assert re.search(r"ISRO agrees with us within|cannot be judged", page)


def opm_of(name: str, at: Epoch, *, ahead_km: float = 0.0, sigma_km: float | None = None) -> str:
    """One state of an object of the fleet as another agency gives it, so far ahead of where it is; with its errors."""
    position, velocity = (rows[0] for rows in FLEET[name].state(np.array([at - START])))
    position = position + ahead_km * velocity / np.linalg.norm(velocity)
    keys = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
    pairs = {
        "CREATION_DATE": "2021-03-16T23:30:00", "ORIGINATOR": "ISRO", "OBJECT_NAME": name, "OBJECT_ID": "2021-001A",
        "CENTER_NAME": "MARS", "REF_FRAME": "ICRF", "TIME_SYSTEM": "UTC", "EPOCH": at.iso(digits=6),
        **{key: repr(float(value)) for key, value in zip(keys, (*position, *velocity), strict=True)},
    }  # fmt: skip
    if sigma_km is not None:
        axes, pairs["COV_REF_FRAME"] = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT"), "RTN"
        sizes = [sigma_km**2] * 3 + [(1e-4 * sigma_km) ** 2] * 3
        cells = {f"C{row}_{column}": 0.0 for index, row in enumerate(axes) for column in axes[: index + 1]}
        pairs |= {key: repr(value) for key, value in cells.items()}
        pairs |= {f"C{axis}_{axis}": repr(size) for axis, size in zip(axes, sizes, strict=True)}
    return "\n".join(["CCSDS_OPM_VERS = 2.0", *(f"{key} = {value}" for key, value in pairs.items()), ""])


@pytest.mark.parametrize(
    ("ahead_km", "sigma_km", "judged", "sigmas"),
    [
        (0.0, None, "ISRO agrees with us within", "with our estimate of what that may be off as its sigmas"),
        (40.0, 0.5, "ISRO disagrees with us", "with its own covariance"),
    ],
)
def test_one_state_of_an_object_is_carried_to_its_events(
    config: Path, nearpass: Command, tmp_path: Path, ahead_km: float, sigma_km: float | None, judged: str, sigmas: str
) -> None:
    """An OPM of five minutes before an approach, received or compared, agrees with us unless it is 40 km off.

    The page says whose sigmas it is held by: those that it came with, or ours.
    """
    event_id, _ = own_message(config)
    told = json.loads((config.parent / "public/own/cycles/2021/03/17/T0000Z/events.json").read_text())["events"]
    row = next(row for row in told if row["event_id"] == event_id)
    file = tmp_path / "theirs.opm"
    before = Epoch.parse(row["tca_utc"].rstrip("Z")) + -300.0
    file.write_text(opm_of(row["primary"], before, ahead_km=ahead_km, sigma_km=sigma_km))
    code, out, err = nearpass("compare", file, "--config", config, "--json")
    assert code == 0, err
    lines = {one["event_id"]: one for one in map(json.loads, out.splitlines())}
    assert lines[event_id]["judgement"].startswith(judged)

    assert nearpass("receive", file, "--config", config, "--marking", "TLP:CLEAR")[0] == 0
    assert nearpass("run", "--config", config, "--jobs", 1, "--at", NEXT)[0] == 0
    page = (config.parent / f"public/esa/cycles/2021/03/17/T0010Z/events/{event_id}.html").read_text()
    assert f"ISRO, by its OPM of {row['primary']}, one state carried on by gravity and J2 alone {sigmas}" in page
    assert judged in page


def test_a_message_of_after_the_cut_off_belongs_to_a_later_cycle(config: Path, nearpass: Command) -> None:
    """Made at 0:15, it is neither in the cycle of 0:10 nor in its archive, and is in that of 0:20."""
    text = own_message(config)[1]
    folder = config.parent / "messages/cnsa"
    folder.mkdir(parents=True)
    late = re.sub(r"CREATION_DATE( *)=.*", r"CREATION_DATE\1= 2021-03-17T00:15:00", text)
    (folder / "late.cdm").write_text(late)
    for at in (NEXT, "2021-03-17T00:20"):
        assert nearpass("run", "--config", config, "--jobs", 1, "--at", at)[0] == 0
    archive = Archive(config.parent / "archive")
    digest = hashlib.sha256(late.encode()).hexdigest()

    assert [digest in archive.manifest(name)["inputs"] for name in archive.cycle_ids()] == [False, False, True]
    assert [len(archive.load(name).messages) for name in archive.cycle_ids()] == [0, 0, 1]


def test_notes_among_messages_count_like_those_of_the_log(config: Path, nearpass: Command) -> None:
    """One directly in messages/ and one in a partner's folder of it: both say on the page who acts."""
    event_id, _ = own_message(config)
    told = json.loads((config.parent / "public/own/cycles/2021/03/17/T0000Z/events.json").read_text())["events"]
    row = next(row for row in told if row["event_id"] == event_id)
    minute = re.sub(r"[-:]", "", row["tca_utc"][:16])
    head = (
        "---\nevent: {}-{}-{}\ntime: 2021-03-17T00:05:00Z\nkind: {}\nparty: {}\noriginator: {}\nmarking: CLEAR\n---\n"
    )
    for path, kind, party in (("messages/a.md", "decline", "ESA"), ("messages/cnsa/b.md", "stand-by", "CNSA")):
        file = config.parent / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(head.format(row["primary"], row["secondary"], minute, kind, party, party))
    assert nearpass("run", "--config", config, "--jobs", 1, "--at", NEXT)[0] == 0
    page = (config.parent / f"public/esa/cycles/2021/03/17/T0010Z/events/{event_id}.html").read_text()

    assert "ESA does not move; CNSA stands by." in page
