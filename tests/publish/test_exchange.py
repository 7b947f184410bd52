"""What goes to partners is marked, reproducible and registered, and the register cannot be altered unseen."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edition_records import CLEAR, edition, marked_record
from nearpass.archive.archive import Archive, Signer
from nearpass.archive.durable import sha256_of
from nearpass.archive.register import Register, Registrar, decided, received, released
from nearpass.archive.verify import verify_archive
from nearpass.astro.epochs import Epoch
from nearpass.errors import ArchiveError, InputError
from nearpass.ingest.notes import Known, on_events, parse_note, read_notes
from nearpass.publish.package import package
from nearpass.record.marking import Edition, Show, Tlp
from nearpass.report.register_views import visible
from oem_texts import covariance_text, message_text, segment_text, state_lines
from records import RED_EVENT, sample_record

PUBLIC = edition({"TIANWEN-1": Show.METRICS, "MEX": Show.HIDDEN}, audience="everybody", parties=frozenset({"ESA"}))
LINES = state_lines(np.arange(8) * 60.0)
MATRICES = covariance_text(("2021-03-01T00:01:00", "RTN", np.eye(6)))
AT = "2021-03-15T01:00:00Z"
REGISTRAR = Registrar(at_utc=AT)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive of one marked cycle."""
    made = Archive(tmp_path / "archive")
    made.add(marked_record({}), {})
    return made


def registered(archive: Archive) -> Register:
    """Its register after one run that published the public edition."""
    record = archive.load("2021-03-15T0000Z")
    manifest = json.dumps({"files": {"index.html": "ab"}}).encode()
    register = Register(archive)
    register.append([
        *received(record, None, AT), *decided(record, PUBLIC, AT), released(record, PUBLIC, manifest, AT),
    ], REGISTRAR)  # fmt: skip
    return register


def test_the_register_tells_of_no_file_that_is_withheld(archive: Archive) -> None:
    """Of an object in full the lines of a RED file are left out, and those of a version that noted no marking."""
    record = archive.load("2021-03-15T0000Z")
    lines = [entry for entry in received(record, None, AT) if entry.object_id == "MRO"]
    red = [replace(entry, level="TLP:RED", file="zz.oem", sha256="cd" * 32) for entry in lines]
    named = [replace(entry, release=("ESA", "CNSA"), file="both.oem") for entry in red]
    old = [replace(entry, level=None, file="old.oem") for entry in lines]

    seen = visible([*lines, *red, *named, *old], record, PUBLIC)

    assert lines
    assert {entry.file for entry in seen} == {entry.file for entry in (*lines, *named)}
    own = Edition(id="own", everything=True)
    assert len(visible([*lines, *red, *old], record, own)) == len([*lines, *red, *old])


def test_the_package_is_marked_and_the_same_again(archive: Archive) -> None:
    """Each file carries the marking, the manifest its hash, and the zip is the same bytes a second time."""
    signer = Signer(public_key="ab" * 32, sign=lambda data: data[:4])
    data = package(archive, "2021-03-15T0000Z", PUBLIC, signer=signer)

    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    manifest = json.loads(files["manifest.json"])
    texts = {name: data.decode() for name, data in files.items() if not name.startswith("manifest")}

    assert data == package(archive, "2021-03-15T0000Z", PUBLIC, signer=signer)
    assert manifest["files"].keys() == texts.keys()
    assert all(entry["sha256"] == sha256_of(files[name]) for name, entry in manifest["files"].items())
    assert all(PUBLIC.marking.value in text for name, text in texts.items() if name.endswith((".csv", ".json")))
    assert all("TLP-" in name for name in texts)
    assert files["manifest.sig"] == files["manifest.json"][:4].hex().encode() + b"\n"
    assert not any("MEX" in name or "Mars Express" in text for name, text in texts.items())
    assert not any("TIANWEN" in name for name in texts)


def test_deliveries_of_one_name_both_go_cut_to_what_is_open(tmp_path: Path) -> None:
    """Files of one name lie side by side; the manifest says what was cut and what is left out, and of which delivery.

    A file that names a hidden object in its comments is left out, and the reason does not name it.
    """
    files = {
        "mro/orbit.oem": ("MRO", message_text(segment_text(LINES))),
        "ody/orbit.oem": ("ODY", message_text(segment_text(LINES) + MATRICES)),
        "tgo/Orbit.oem": (
            "TGO",
            message_text(segment_text(LINES)).replace("CREATION", "COMMENT near MEX\nCREATION", 1),
        ),
    }
    hashes = {name: sha256_of(text.encode()) for name, (_, text) in files.items()}
    record = marked_record({})
    red = replace(CLEAR, level=Tlp.RED)
    inputs = [
        replace(entry, file=name, sha256=hashes[name], covariance_marking=red if name.startswith("ody") else None)
        for name, (object_id, _) in files.items()
        for entry in record.inputs
        if entry.object_id == object_id
    ]
    made = Archive(tmp_path / "archive")
    made.add(replace(record, inputs=tuple(inputs), solutions=(), sweep=None), {
        hashes[name]: text.encode() for name, (_, text) in files.items()
    })  # fmt: skip

    telling, silent = replace(PUBLIC, say_withheld=True), package(made, "2021-03-15T0000Z", PUBLIC)
    with zipfile.ZipFile(io.BytesIO(package(made, "2021-03-15T0000Z", telling))) as packed:
        found = {name: packed.read(name).decode() for name in packed.namelist() if name.startswith("inputs/")}
        manifest = json.loads(packed.read("manifest.json"))

    assert len(found) == 2
    assert found["inputs/TLP-CLEAR/orbit.oem"] == files["mro/orbit.oem"][1]
    (cut_name,) = manifest["cut"]
    assert found[cut_name] == message_text(segment_text(LINES))
    assert manifest["cut"][cut_name] == {
        "delivered_sha256": hashes["ody/orbit.oem"], "left_out": ["covariances", "comments"],
    }  # fmt: skip
    assert manifest["left_out"] == {"tgo/Orbit.oem": "it holds what is withheld"}
    quiet = json.loads(zipfile.ZipFile(io.BytesIO(silent)).read("manifest.json"))
    assert (quiet["cut"], quiet["left_out"], "withheld" in json.dumps(quiet)) == ({}, {}, False)


def test_a_package_of_one_event_needs_that_event(archive: Archive) -> None:
    """An event that the edition does not have cannot be packed, whether it is hidden or unknown."""
    hidden = next(event for event in marked_record({}).events if "MEX" in (event.primary, event.secondary))

    with pytest.raises(ArchiveError, match="an event of the edition must be named"):
        package(archive, "2021-03-15T0000Z", PUBLIC, event_id=hidden.event_id)


def test_the_register_is_part_of_the_archives_chain(archive: Archive) -> None:
    """An altered line, a dropped file and an added one are each found by the check of the archive."""
    register = registered(archive)
    register.append(received(archive.load("2021-03-15T0000Z"), None, AT), REGISTRAR)
    first = register.directory / "000001.json"
    whole = first.read_bytes()

    assert verify_archive(archive).findings == ()
    first.write_bytes(whole.replace(b"everybody", b"nobody at all"))
    assert "must not have been changed" in str(verify_archive(archive).findings[0])
    first.write_bytes(whole)
    (register.directory / "000002.json").rename(register.directory / "000003.json")
    assert "register/" in str(verify_archive(archive).findings[0])


def test_a_decision_is_registered_once(archive: Archive) -> None:
    """The same decision in a second run is not repeated; received and released are."""
    register = registered(archive)
    before = [entry for entry in register.entries() if entry.kind == "decided"]
    registered(archive)

    assert {entry.object_id for entry in before} == {"MEX", "TIANWEN-1"}
    assert [entry for entry in register.entries() if entry.kind == "decided"] == before


NOTE = """---
event: MRO-TIANWEN-1-20210321T0412
time: 2021-03-14T12:00:00Z
kind: decision
parties: [ESA, NASA]
originator: ESA
marking: {marking}
---
We wait.
"""


def test_a_note_is_read_with_its_marking() -> None:
    """Front matter gives event, time, kind, parties and marking; the rest is its text."""
    note = parse_note(NOTE.format(marking="CLEAR"), "log/a.md", {})

    assert (note.kind, note.parties, note.text) == ("decision", ("ESA", "NASA"), "We wait.")
    assert note.marking is not None
    assert note.marking.level is CLEAR.level


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("MRO-TIANWEN-1-20210321T0412", "E7Q2M-4XD8P"),
        ("MRO-TIANWEN-1-20210321T0425-2", "E7Q2M-4XD8P"),
        ("MRO-TIANWEN-1-20210321T0512", None),
        ("MRO-ODY-20210321T0412", None),
        ("MRO-TIANWEN-1-20219921T0412", None),
        ("E7Q2M-4XD8P", "E7Q2M-4XD8P"),
    ],
)
def test_a_note_names_its_event_by_id_or_by_objects_and_minute(name: str, found: str | None) -> None:
    """The event of the pair within half an hour of the minute is meant; what fits none stays as it was written."""
    record = sample_record()
    event = next(event for event in record.events if event.event_id == RED_EVENT)
    record = replace(record, events=(replace(event, event_id="E7Q2M-4XD8P"),), changes=(), dormant=())
    note = parse_note(NOTE.format(marking="CLEAR"), "log/a.md", {})

    (read,) = on_events((replace(note, event_id=name),), record)

    assert read.event_id == (found or name)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("no front matter", "a note must begin with front matter"),
        ("---\n- [\n---\ntext", "must be YAML"),
        (NOTE.format(marking="CLEAR").replace("decision", "gossip"), "kind"),
        (NOTE.format(marking="CLEAR").replace("parties: [ESA, NASA]\n", ""), "parties"),
        (NOTE.format(marking="CLEAR").replace("time: 2021-03-14T12:00:00Z", "time: soon"), "time"),
        (NOTE.format(marking="CLEAR").replace("decision", "claim"), "party is needed by a claim"),
        (NOTE.format(marking="CLEAR\nburn: 2021-03-19T12:00Z"), "burn does not belong to a decision"),
        (NOTE.format(marking="CLEAR\nparty: ESA\nto: [NASA]").replace("decision", "stand-by"), "to does not belong"),
        (NOTE.format(marking="CLEAR\nparty: ESA").replace("decision", "request"), "to is needed by a request"),
        (NOTE.format(marking="!!python/object/apply:os.getcwd []"), "must be YAML"),
    ],
)
def test_a_note_that_cannot_be_read_is_withheld(tmp_path: Path, text: str, rule: str) -> None:
    """It is refused in one line that names file and key, and no word of it enters the record."""
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "a.md").write_text(text)

    with pytest.raises(InputError, match=rule):
        parse_note(text, "log/a.md", {})
    (note,) = read_notes(tmp_path, Epoch.parse("2021-03-15T00:00:00"), Known())

    assert note.text == ""
    assert note.refusal is not None
    assert "We wait" not in note.refusal


def test_later_notes_belong_to_later_cycles(tmp_path: Path) -> None:
    """A note after the data cut-off is not part of the cycle."""
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "a.md").write_text(NOTE.format(marking="CLEAR"))

    assert read_notes(tmp_path, Epoch.parse("2021-03-14T00:00:00"), Known()) == ()
    assert len(read_notes(tmp_path, Epoch.parse("2021-03-15T00:00:00"), Known())) == 1
