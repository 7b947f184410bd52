"""Equal files of a site, its sources, other editions and the cycle before are one on the disk; nothing else changes."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from faults import failing_at
from nearpass.publish.sharing import share_cycle
from nearpass.publish.workspace import Workspace
from nearpass.record.marking import Edition

BEFORE, NOW = "2021-03-10T0000Z", "2021-03-17T0000Z"
FOLDERS = {BEFORE: "cycles/2021/03/10/T0000Z", NOW: "cycles/2021/03/17/T0000Z"}


def site(directory: Path, name: str, served: str | None = None) -> Workspace:
    edition = Edition(id=name, audience=name, everything=True)
    return Workspace(directory=directory, edition=edition, alone=False, served=served)


def fill(one: Workspace, own: str) -> None:
    """Two cycles in a site and in its sources: a picture that all have, one of the site's own, and a page."""
    for cycle_id, folder in FOLDERS.items():
        for home in (one.public, one.docs):
            (home / folder / "plots").mkdir(parents=True)
            (home / folder / "plots" / "all.svg").write_text("of everybody")
            (home / folder / "plots" / "own.svg").write_text(f"of {own}, {cycle_id}")
        (one.public / folder / "index.html").write_text(f"<p>{own}, {cycle_id}</p>")


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def inodes(folder: Path) -> int:
    return len({path.stat().st_ino for path in folder.rglob("*") if path.is_file()})


def two_sites(folder: Path, served: str | None = None) -> list[Workspace]:
    sites = [site(folder, "first"), site(folder, "second", served)]
    for one in sites:
        fill(one, one.edition.id if one.edition else "")
    return sites


def test_equal_files_are_one(tmp_path: Path) -> None:
    """Of two editions with two cycles each picture is there once, under every name, and no byte has changed."""
    sites = two_sites(tmp_path)
    before = contents(tmp_path)
    share_cycle(sites, NOW, BEFORE)

    assert contents(tmp_path) == before
    assert inodes(tmp_path) == 1 + 2 * 2 + 2 * 2  # for all; of each site and cycle; pages of each site and cycle
    share_cycle(sites, NOW, BEFORE)
    assert contents(tmp_path) == before


def test_a_file_that_is_replaced_leaves_the_others(tmp_path: Path) -> None:
    """What takes the place of a shared file, as a publication does it, is seen under that name alone."""
    sites = two_sites(tmp_path)
    share_cycle(sites, NOW, BEFORE)
    place = sites[0].public / FOLDERS[NOW] / "plots" / "all.svg"
    (tmp_path / "new").write_text("another")
    (tmp_path / "new").replace(place)

    assert (sites[1].public / FOLDERS[NOW] / "plots" / "all.svg").read_text() == "of everybody"
    assert (sites[0].docs / FOLDERS[NOW] / "plots" / "all.svg").read_text() == "of everybody"


def test_a_site_in_a_folder_of_its_own_shares_with_none(tmp_path: Path) -> None:
    """Who may write into the folder that one edition is served from reaches no other edition's files."""
    sites = two_sites(tmp_path, served="elsewhere")
    share_cycle(sites, NOW, BEFORE)
    apart = {path.stat().st_ino for path in (tmp_path / "elsewhere").rglob("*") if path.is_file()}
    assert not apart & {path.stat().st_ino for path in sites[0].public.rglob("*") if path.is_file()}


@pytest.mark.parametrize("number", range(12))
def test_where_links_fail_files_stay_as_they_are(tmp_path: Path, number: int) -> None:
    """Whichever change of the file system fails, every file keeps its bytes and nothing is raised."""
    sites = two_sites(tmp_path)
    before = contents(tmp_path)
    with failing_at(number, errno.ENOSPC, below=tmp_path):
        share_cycle(sites, NOW, BEFORE)
    shared = contents(tmp_path)
    assert {name: data for name, data in shared.items() if not name.startswith(".nearpass")} == before


def test_a_file_system_without_links_keeps_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no link can be made, all stays as it was."""

    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    sites = two_sites(tmp_path)
    before = contents(tmp_path)
    monkeypatch.setattr(os, "link", refused)
    share_cycle([replace(one) for one in sites], NOW, BEFORE)
    assert contents(tmp_path) == before
