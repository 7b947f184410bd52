"""Dropping stored inputs."""

from pathlib import Path

import pytest

from nearpass.archive.archive import Archive
from nearpass.archive.durable import sha256_of
from nearpass.archive.retention import prunable, prune
from nearpass.archive.verify import verify_archive
from nearpass.errors import ArchiveError
from stub_cycles import cutoff_of, stub

OLD, SHARED, NEW = b"old", b"shared", b"new"
FIRST, SECOND = "2021-02-26T0000Z", "2021-03-01T0000Z"


def inputs(*contents: bytes) -> dict[str, bytes]:
    """Inputs by their hash."""
    return {sha256_of(data): data for data in contents}


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Two cycles; one input belongs to both."""
    archive = Archive(tmp_path)
    archive.add(stub(FIRST), inputs(OLD, SHARED))
    archive.add(stub(SECOND), inputs(NEW, SHARED))
    return archive


def test_only_inputs_of_old_cycles_alone_are_dropped(archive: Archive) -> None:
    """What a kept cycle uses stays; records stay; the archive verifies and says what was pruned."""
    pruned = prune(archive, cutoff_of(SECOND), keep=1)
    report = verify_archive(archive)

    assert pruned.inputs == 1
    assert archive.read_input(sha256_of(SHARED)) == SHARED
    assert archive.load(FIRST) == stub(FIRST)
    assert (report.findings, report.inputs, report.pruned) == ((), 3, 1)
    with pytest.raises(ArchiveError, match="pruned"):
        archive.read_input(sha256_of(OLD))
    assert prune(archive, cutoff_of(SECOND), keep=1).inputs == 0


def test_an_input_that_went_missing_is_no_pruned_one(archive: Archive) -> None:
    """A stored input that is gone without a mark is a finding."""
    archive.input_path(sha256_of(OLD)).unlink()

    assert [finding.problem for finding in verify_archive(archive).findings] == ["the input is missing"]


def test_an_interrupted_prune_is_finished_by_the_next(archive: Archive) -> None:
    """Between its two steps the archive verifies, and the next call carries on."""
    sha256 = sha256_of(OLD)
    archive.input_path(sha256).rename(archive.pruned_path(sha256))
    assert verify_archive(archive).findings == ()
    prune(archive, cutoff_of(SECOND), keep=1)

    assert archive.pruned_path(sha256).read_bytes() == b""
    assert verify_archive(archive).findings == ()


def test_a_pruned_input_can_be_delivered_again(archive: Archive) -> None:
    """A new cycle that uses the same file stores it again, and no mark is left."""
    prune(archive, cutoff_of(SECOND), keep=1)
    archive.add(stub("2021-03-02T0000Z"), inputs(OLD))
    report = verify_archive(archive)

    assert archive.read_input(sha256_of(OLD)) == OLD
    assert (report.findings, report.pruned) == ((), 0)


def test_the_newest_cycles_keep_their_inputs(archive: Archive) -> None:
    """However old they are: nothing is dropped of the newest two, and what would be dropped is told before."""
    late = cutoff_of("2031-03-01T0000Z")
    assert prunable(archive, late).inputs == 0
    found = prunable(archive, late, keep=1)
    assert (found.sha256, found.cycles, found.kept_cycles) == ((sha256_of(OLD),), (FIRST,), 1)
    assert archive.input_path(sha256_of(OLD)).exists()

    assert prune(archive, late, keep=1) == found
    assert not archive.input_path(sha256_of(OLD)).exists()


def test_a_cycle_at_the_limit_keeps_its_inputs(archive: Archive) -> None:
    """Only what is older is dropped, to the minute of the data cut-off."""
    assert prunable(archive, cutoff_of(FIRST), keep=0).inputs == 0
    assert prunable(archive, cutoff_of(FIRST) + 60.0, keep=0).sha256 == (sha256_of(OLD),)
