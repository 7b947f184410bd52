"""Checking archive and site: whatever is changed, removed or added is found, and the file is named."""

import random
import shutil
from pathlib import Path

import pytest

from nearpass.archive.archive import Archive
from nearpass.archive.durable import sha256_of
from nearpass.archive.reading import Finding
from nearpass.archive.retention import prune
from nearpass.archive.sightings import note_sightings
from nearpass.archive.signature import load_signer, new_key
from nearpass.archive.verify import verify_archive, verify_latest
from nearpass.publish import Workspace
from nearpass.publish.check import verify_site
from stub_cycles import add, cutoff_of, new_workspace

TRIALS = 1000
KINDS = ("change a byte", "remove a byte", "add a byte", "remove the file", "add a file")
FIRST, SECOND, THIRD = "2021-02-26T0000Z", "2021-03-01T0000Z", "2021-03-02T0000Z"
OLD, NEW = b"CCSDS_OEM_VERS = 2.0\nold\n", b"CCSDS_OEM_VERS = 2.0\nnew\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A small workspace: three signed cycles, one of them a correction, one input of two pruned, two kernels seen."""
    directory = tmp_path_factory.mktemp("verified")
    workspace = new_workspace(directory)
    new_key(directory / "key.pem")
    signer = load_signer(directory / "key.pem")
    note_sightings(workspace.archive, {"a" * 64: cutoff_of(FIRST)})
    add(workspace, FIRST, inputs={sha256_of(OLD): OLD}, signer=signer)
    note_sightings(workspace.archive, {"b" * 64: cutoff_of(SECOND)})
    add(workspace, SECOND, inputs={sha256_of(NEW): NEW}, signer=signer)
    add(workspace, THIRD, inputs={sha256_of(NEW): NEW}, signer=signer, supersedes=SECOND)
    prune(Archive(workspace.archive), cutoff_of(SECOND), keep=1)
    return workspace


@pytest.fixture
def workspace(made: Workspace, tmp_path: Path) -> Workspace:
    """A copy to spoil."""
    shutil.copytree(made.directory, tmp_path / "copy")
    return Workspace(directory=tmp_path / "copy")


def test_what_was_written_verifies(made: Workspace) -> None:
    """An untouched archive and site give no finding, and the report counts what was checked."""
    report = verify_archive(Archive(made.archive))
    files, findings = verify_site(made)

    assert (report.findings, findings) == ((), ())
    assert (report.cycles, report.inputs, report.pruned, report.signed) == (3, 2, 1, 3)
    assert files == sum(1 for path in made.public.rglob("*") if path.is_file())


def _spoil(path: Path, kind: str, chance: random.Random) -> Path:
    """Do one kind of damage to a file or beside it; the file that is damaged then."""
    data = path.read_bytes()
    at = chance.randrange(len(data) or 1)
    if kind == "add a file":
        path = path.with_name(f"{chance.randrange(1 << 32):08x}.json")
        path.write_bytes(chance.randbytes(chance.randrange(3)))
    elif kind == "remove the file":
        path.unlink()
    elif kind == "add a byte" or not data:
        path.write_bytes(data[:at] + chance.randbytes(1) + data[at:])
    elif kind == "remove a byte":
        path.write_bytes(data[:at] + data[at + 1 :])
    else:
        path.write_bytes(data[:at] + bytes([data[at] ^ chance.randrange(1, 256)]) + data[at + 1 :])
    return path


def _findings(workspace: Workspace, path: Path) -> tuple[Finding, ...]:
    if path.is_relative_to(workspace.archive):
        return verify_archive(Archive(workspace.archive)).findings
    return verify_site(workspace)[1]


def test_any_damage_is_found_and_named(workspace: Workspace) -> None:
    """In 1,000 random trials one byte or file is changed, removed or added, and the first finding names that file."""
    chance = random.Random(6)  # noqa: S311 - repeatable trials, no secret
    files = sorted(
        path for folder in (workspace.archive, workspace.public) for path in folder.rglob("*") if path.is_file()
    )
    missed = []
    for _ in range(TRIALS):
        path, kind = chance.choice(files), chance.choice(KINDS)
        if path.name == ".lock" and kind in {"remove the file", "remove a byte"}:
            continue  # it holds nothing, and the next run makes it again
        before = path.read_bytes()
        spoilt = _spoil(path, kind, chance)
        findings = _findings(workspace, path)
        name = spoilt.relative_to(workspace.directory).as_posix()
        if kind == "remove the file":
            name = name.replace(".pruned", ".gz")  # without its mark, the input itself is what is missing
        if not findings or findings[0].file != name:
            missed.append((kind, name, findings[:1]))
        if spoilt != path:
            spoilt.unlink()
        path.write_bytes(before)

    assert missed == []


def test_a_removed_cycle_is_found(workspace: Workspace) -> None:
    """A whole folder taken away from the middle or the end of the chain is found, and so is one put in."""
    archive = Archive(workspace.archive)
    taken = workspace.directory / "taken"
    for cycle_id in (FIRST, SECOND, THIRD):
        archive.folder(cycle_id).rename(taken)
        assert any(
            cycle_id in finding.problem or cycle_id[-6:] in finding.file for finding in verify_archive(archive).findings
        )
        taken.rename(archive.folder(cycle_id))
    shutil.copytree(archive.folder(FIRST), archive.folder(FIRST).with_name("T0600Z"))

    assert verify_archive(archive).findings[0].file == "archive/cycles/2021/02/26/T0600Z/manifest.json"


def test_the_latest_is_checked_alone(workspace: Workspace) -> None:
    """The quick check finds damage to the newest cycle, its inputs and its link, and reads nothing older."""
    archive = Archive(workspace.archive)
    (archive.folder(FIRST) / "record.json").write_bytes(b"{}")
    assert verify_latest(archive).findings == ()
    (archive.folder(SECOND) / "manifest.json").write_bytes(b"{}")
    assert verify_latest(archive).findings[0].file.endswith("03/01/T0000Z/manifest.json")
    archive.input_path(sha256_of(NEW)).write_bytes(b"")

    assert any(finding.file.endswith(".gz") for finding in verify_latest(archive).findings)


def test_a_signature_by_another_is_refused(workspace: Workspace) -> None:
    """With the publisher's key given, a manifest that somebody else signed is a finding."""
    archive = Archive(workspace.archive)
    own = load_signer(workspace.directory / "key.pem").public_key
    other = new_key(workspace.directory / "other.pem")

    assert verify_archive(archive, public_key=own).findings == ()
    assert "must be signed by" in verify_archive(archive, public_key=other).findings[0].problem


def test_a_site_of_another_archive_is_found(workspace: Workspace) -> None:
    """A site whose own hashes are in order is still a finding if the archive does not hold what it was made from."""
    archive = Archive(workspace.archive)
    shutil.rmtree(archive.folder(THIRD))

    assert [finding.file for finding in verify_site(workspace)[1]] == ["public/cycles/2021/03/02/T0000Z/manifest.json"]
