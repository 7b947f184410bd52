"""The archive: append-only, whole or not at all."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from generator.cycle.archive import Archive, cycle_folder
from generator.cycle.record import CycleRecord, dump
from generator.errors import ArchiveError
from records import sample_record

INPUT = b"CCSDS_OEM_VERS = 2.0\n"
SHA256 = hashlib.sha256(INPUT).hexdigest()


def named(cycle_id: str) -> CycleRecord:
    return replace(sample_record(), cycle_id=cycle_id)


def test_a_stored_cycle_comes_back(tmp_path: Path) -> None:
    """A record and its inputs are read back as they were stored."""
    archive = Archive(tmp_path)
    record = named("2021-03-17T0000Z")
    archive.add(record, {SHA256: INPUT})

    assert archive.load("2021-03-17T0000Z") == record
    assert archive.read_input(SHA256) == INPUT


def test_cycles_are_found_in_order_of_time(tmp_path: Path) -> None:
    """Ids come in order of time, whatever order they were stored in, over months and years."""
    archive = Archive(tmp_path)
    ids = ["2021-12-31T2359Z", "2020-02-29T0000Z", "2022-01-01T0000Z", "2021-12-31T0000Z"]
    for cycle_id in ids:
        archive.add(named(cycle_id), {})

    assert list(archive.cycle_ids()) == sorted(ids)
    assert archive.latest_id() == "2022-01-01T0000Z"
    assert archive.previous_id("2021-12-31T2359Z") == "2021-12-31T0000Z"
    assert archive.previous_id("2020-02-29T0000Z") is None
    assert archive.years() == [2020, 2021, 2022]


def test_a_cycle_is_never_changed(tmp_path: Path) -> None:
    """The same cycle may be stored again, another one under its id may not."""
    archive = Archive(tmp_path)
    record = named("2021-03-17T0000Z")
    archive.add(record, {})
    archive.add(record, {})

    with pytest.raises(ArchiveError, match="must not change"):
        archive.add(replace(record, title="another"), {})
    assert archive.load(record.cycle_id) == record


def test_each_manifest_names_its_files_and_the_manifest_before(tmp_path: Path) -> None:
    """A manifest holds the hash of its record, its inputs, and the hash of the manifest written before it."""
    archive = Archive(tmp_path)
    first, second = named("2021-03-10T0000Z"), named("2021-03-17T0000Z")
    archive.add(first, {SHA256: INPUT})
    archive.add(second, {})
    texts = [(tmp_path / cycle_folder(record.cycle_id) / "manifest.json").read_bytes() for record in (first, second)]
    manifests = [json.loads(text) for text in texts]

    assert manifests[0]["previous"] is None
    assert manifests[0]["inputs"] == [SHA256]
    assert manifests[0]["files"]["record.json"]["sha256"] == hashlib.sha256(dump(first)).hexdigest()
    assert manifests[1]["previous"] == {
        "cycle_id": first.cycle_id,
        "manifest_sha256": hashlib.sha256(texts[0]).hexdigest(),
    }


def test_a_damaged_input_is_noticed(tmp_path: Path) -> None:
    """An input that no longer has its hash is refused."""
    archive = Archive(tmp_path)
    archive.add(named("2021-03-17T0000Z"), {SHA256: INPUT, "0" * 64: b"not this"})

    with pytest.raises(ArchiveError, match="SHA-256"):
        archive.read_input("0" * 64)
    with pytest.raises(ArchiveError, match="readable"):
        archive.read_input("1" * 64)


def test_an_interrupted_write_leaves_no_cycle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If writing fails half-way there is no cycle, and the next attempt succeeds."""
    archive = Archive(tmp_path)
    record = named("2021-03-17T0000Z")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "rename", fail)
        with pytest.raises(OSError, match="No space"):
            archive.add(record, {})
    assert archive.latest_id() is None
    archive.add(record, {})

    assert archive.load(record.cycle_id) == record


@pytest.mark.parametrize("cycle_id", ["", "2021-03-17", "../../etc/passwd", "2021-03-17T00:00Z"])
def test_an_id_that_is_no_cycle_is_refused(cycle_id: str) -> None:
    """Only ids of the right form name a folder."""
    with pytest.raises(ArchiveError, match="cycle id"):
        cycle_folder(cycle_id)
