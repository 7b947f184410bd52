"""When kernels first came here, as the archive keeps it."""

from pathlib import Path

import pytest

from nearpass.archive.archive import Archive
from nearpass.archive.sightings import FILE_NAME, note_sightings, read_sightings
from nearpass.archive.verify import verify_archive
from nearpass.astro.epochs import Epoch
from stub_cycles import add, new_workspace

FIRST, SECOND = "a" * 64, "b" * 64
NOON, LATER = Epoch.parse("2021-03-17T12:00:00"), Epoch.parse("2021-03-18T12:00:00")


def test_the_first_sight_counts(tmp_path: Path) -> None:
    """Seen again later, a file keeps its first instant, and the file only grows."""
    note_sightings(tmp_path, {FIRST: NOON})
    before = (tmp_path / FILE_NAME).read_bytes()
    known = note_sightings(tmp_path, {FIRST: LATER, SECOND: LATER})

    assert known == read_sightings(tmp_path) == {FIRST: NOON, SECOND: LATER}
    assert (tmp_path / FILE_NAME).read_bytes().startswith(before)


def test_nothing_new_writes_nothing(tmp_path: Path) -> None:
    """A workspace without kernels has no such file."""
    assert note_sightings(tmp_path, {}) == {}
    assert not (tmp_path / FILE_NAME).exists()


def test_a_line_cut_off_by_a_crash_is_no_sight(tmp_path: Path) -> None:
    """What was being written when the power failed counts for nothing, and the next run goes on after it."""
    note_sightings(tmp_path, {FIRST: NOON})
    whole = (tmp_path / FILE_NAME).read_bytes()
    for length in range(1, len(whole) - 1, 7):
        (tmp_path / FILE_NAME).write_bytes(whole + whole.replace(b"a" * 64, b"c" * 64)[:length])
        note_sightings(tmp_path, {SECOND: LATER})
        assert read_sightings(tmp_path) == {FIRST: NOON, SECOND: LATER}
        assert verify_archive(Archive(tmp_path)).findings == ()


def test_a_changed_line_is_found(tmp_path: Path) -> None:
    """Verification names a line that nearpass did not write so, and one that tells of a file again."""
    note_sightings(tmp_path, {FIRST: NOON})
    whole = (tmp_path / FILE_NAME).read_bytes()
    for text in (whole.replace(b": ", b":"), whole + whole, b"nonsense\n" + whole):
        (tmp_path / FILE_NAME).write_bytes(text)
        assert [found.file.split("/")[-1] for found in verify_archive(Archive(tmp_path)).findings] == [FILE_NAME]


@pytest.mark.parametrize("when", [1, 2])
def test_when_a_kernel_came_is_part_of_the_chain(tmp_path: Path, when: int) -> None:
    """After a cycle, an instant that is written anew as nearpass writes it, a line or the list taken away is found."""
    workspace = new_workspace(tmp_path)
    path = workspace.archive / FILE_NAME
    note_sightings(workspace.archive, {FIRST: NOON})
    add(workspace, "2021-03-18T0000Z")
    note_sightings(workspace.archive, {SECOND: LATER})
    if when == 2:
        add(workspace, "2021-03-19T0000Z")
    note_sightings(workspace.archive, {"c" * 64: LATER})
    whole = path.read_bytes()
    first, second, _ = whole.splitlines(keepends=True)
    assert verify_archive(Archive(workspace.archive)).findings == ()
    assert path.stat().st_mode & 0o077 == 0

    for text in (whole.replace(b"03-17T12", b"03-16T12"), second, b"", second + first, None):
        path.unlink() if text is None else path.write_bytes(text)
        assert {found.file.split("/")[-1] for found in verify_archive(Archive(workspace.archive)).findings} == {
            FILE_NAME
        }
    path.write_bytes(first)
    assert bool(verify_archive(Archive(workspace.archive)).findings) == (when == 2)
