"""The archive: append-only, whole or not at all."""

import bisect
import errno
import hashlib
import itertools
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from faults import failing_at
from nearpass.archive.archive import PENDING, Archive, cycle_folder
from nearpass.archive.verify import verify_archive
from nearpass.errors import ArchiveError
from nearpass.record.record import CycleRecord, dump
from stub_cycles import stub

INPUT = b"CCSDS_OEM_VERS = 2.0\n"
SHA256 = hashlib.sha256(INPUT).hexdigest()


def named(cycle_id: str) -> CycleRecord:
    return stub(cycle_id)


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
    """A manifest holds the hash of its record, its inputs as stored, and the hash of the manifest written before it."""
    archive = Archive(tmp_path)
    first, second = named("2021-03-10T0000Z"), named("2021-03-17T0000Z")
    archive.add(first, {SHA256: INPUT})
    archive.add(second, {})
    texts = [(archive.folder(record.cycle_id) / "manifest.json").read_bytes() for record in (first, second)]
    manifests = [json.loads(text) for text in texts]
    stored = archive.input_path(SHA256).read_bytes()

    assert manifests[0]["previous"] is None
    assert manifests[0]["inputs"] == {
        SHA256: {
            "size_bytes": len(INPUT),
            "stored": {"sha256": hashlib.sha256(stored).hexdigest(), "size_bytes": len(stored)},
        }
    }
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


def test_the_previous_cycle_is_found_among_many(tmp_path: Path) -> None:
    """The newest cycle before any minute is the one that a sorted list of all ids gives."""
    archive = Archive(tmp_path)
    ids = [
        f"{year}-{month:02d}-{day:02d}T{hour:02d}30Z"
        for year in (2019, 2021)
        for month in (1, 2, 12)
        for day in (1, 28)
        for hour in (0, 23)
    ]
    for cycle_id in ids:
        archive.folder(cycle_id).mkdir(parents=True)
    asked = [*ids, "2018-06-01T0000Z", "2020-01-01T0000Z", "2021-02-28T1200Z", "2021-12-31T2359Z"]

    for cycle_id in asked:
        earlier = sorted(ids)[: bisect.bisect_left(sorted(ids), cycle_id)]
        assert archive.previous_id(cycle_id) == (earlier[-1] if earlier else None)


def test_every_interruption_leaves_a_whole_chain(tmp_path: Path) -> None:
    """Whichever write of adding a cycle fails, and however, the cycle is there whole or not at all, and the next is."""
    start = tmp_path / "start"
    Archive(start).add(named("2021-03-10T0000Z"), {SHA256: INPUT})
    record, after = named("2021-03-17T0000Z"), named("2021-03-24T0000Z")
    other = hashlib.sha256(b"another").hexdigest()
    writes = 0
    for number in itertools.count():
        archive = Archive(tmp_path / f"try-{number}")
        shutil.copytree(start, archive.directory)
        fault = (errno.ENOSPC, errno.EIO, errno.EACCES)[number % 3]
        with failing_at(number, fault, below=archive.directory) as failure:
            try:
                archive.add(record, {SHA256: INPUT, other: b"another"})
            except OSError as error:
                assert error.errno == fault  # noqa: PT017 - whether it is raised is what the loop goes by
        report = verify_archive(archive)
        assert report.findings == ()
        archive.add(after, {other: b"another"})
        report = verify_archive(archive)
        assert (report.findings, report.interrupted) == ((), None)
        assert report.cycles == 2 + archive.folder(record.cycle_id).exists()
        assert archive.read_input(other) == b"another"
        if not failure.happened:
            break
        writes += 1

    assert writes > 15


def test_a_crash_before_the_head_moves_does_not_fork_the_chain(tmp_path: Path) -> None:
    """If the machine stops between the renaming of a cycle and head.json, the next cycle still follows that one."""
    archive = Archive(tmp_path)
    first, second, third = (named(f"2021-03-{day}T0000Z") for day in (10, 17, 24))
    archive.add(first, {})
    head = (tmp_path / "head.json").read_bytes()
    archive.add(second, {})
    (tmp_path / "head.json").write_bytes(head)
    (tmp_path / PENDING).write_text(json.dumps({"cycle_id": second.cycle_id, "inputs": []}))
    assert verify_archive(archive).findings == ()
    archive.add(third, {})

    assert archive.manifest(third.cycle_id)["previous"]["cycle_id"] == second.cycle_id
    assert verify_archive(archive).findings == ()


def test_a_correction_names_what_it_corrects(tmp_path: Path) -> None:
    """The manifest of a correction names the superseded cycle, which must exist and stays as it was."""
    archive = Archive(tmp_path)
    archive.add(named("2021-03-17T0000Z"), {})
    before = (archive.folder("2021-03-17T0000Z") / "manifest.json").read_bytes()
    archive.add(named("2021-03-17T0600Z"), {}, supersedes="2021-03-17T0000Z")

    assert archive.manifest("2021-03-17T0600Z")["supersedes"] == "2021-03-17T0000Z"
    assert (archive.folder("2021-03-17T0000Z") / "manifest.json").read_bytes() == before
    with pytest.raises(ArchiveError, match="superseded cycle must be in the archive"):
        archive.add(named("2021-03-17T1200Z"), {}, supersedes="2020-01-01T0000Z")
    with pytest.raises(ArchiveError, match="must not change"):
        archive.add(named("2021-03-17T0600Z"), {})


def test_an_archive_can_be_moved(tmp_path: Path) -> None:
    """In another folder the archive verifies, and grows."""
    archive = Archive(tmp_path / "here")
    archive.add(named("2021-03-17T0000Z"), {SHA256: INPUT})
    moved = Archive((tmp_path / "here").rename(tmp_path / "there"))
    moved.add(named("2021-03-18T0000Z"), {SHA256: INPUT})
    report = verify_archive(moved)

    assert report.findings == ()
    assert (report.cycles, report.inputs) == (2, 1)
    assert moved.read_input(SHA256) == INPUT


@pytest.mark.parametrize("cycle_id", ["", "2021-03-17", "../../etc/passwd", "2021-03-17T00:00Z"])
def test_an_id_that_is_no_cycle_is_refused(cycle_id: str) -> None:
    """Only ids of the right form name a folder."""
    with pytest.raises(ArchiveError, match="cycle id"):
        cycle_folder(cycle_id)
