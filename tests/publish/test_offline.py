"""What a publication gives away: the zip of a cycle, feeds from the index, and the lists of months."""

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import feedparser
import pytest

from nearpass.archive.archive import Archive
from nearpass.publish import Workspace, rebuild
from nearpass.publish.index import open_index
from nearpass.record.history import changes
from nearpass.record.notices import LEFT
from nearpass.report import feeds
from stub_cycles import REGISTRAR, add, broken_links, new_workspace, quick, silent, stub

CYCLE = "2021-03-10T0000Z"
ZIP = f"cycles/2021/03/10/T0000Z/nearpass-{CYCLE}.zip"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Three cycles in two months."""
    made = new_workspace(tmp_path_factory.mktemp("offline"))
    with quick():
        for cycle_id in ("2021-02-20T0000Z", CYCLE, "2021-03-11T0000Z"):
            add(made, cycle_id)
        yield made


def test_a_zip_opens_offline(workspace: Workspace, tmp_path: Path) -> None:
    """Unpacked anywhere, the zip of a cycle has its page, its theme, a way in, and no link that leads nowhere."""
    with zipfile.ZipFile(workspace.public / ZIP) as packed:
        packed.extractall(tmp_path)
    home = tmp_path / f"nearpass-{CYCLE}"

    assert broken_links(home) == []
    page = (home / "cycles/2021/03/10/T0000Z/index.html").read_text()
    stylesheet = re.search(r'rel="stylesheet" href="([^"]+)"', page)
    assert stylesheet is not None
    assert (home / "cycles/2021/03/10/T0000Z" / stylesheet[1]).resolve().is_file()
    assert f'href="cycles/2021/03/10/T0000Z/index.html">Open cycle {CYCLE}' in (home / "index.html").read_text()
    assert "Not part of this copy" in (home / "archive/2021/03.html").read_text()


def test_a_zip_holds_one_cycle_only(workspace: Workspace) -> None:
    """No plot, table or message of another cycle is in it, and every file lies in one folder of its own."""
    with zipfile.ZipFile(workspace.public / ZIP) as packed:
        names = packed.namelist()

    assert all(name.startswith(f"nearpass-{CYCLE}/") for name in names)
    others = [name for name in names if "/cycles/" in name and "/2021/03/10/T0000Z/" not in name]
    assert [name for name in others if not name.endswith(".html")] == []


def test_a_feed_tells_what_the_index_holds(workspace: Workspace) -> None:
    """The feed of everything has the first cycle's red and yellow events, each object's feed its own alone."""
    found = feedparser.parse((workspace.public / feeds.ALL).read_bytes())
    assert not found.bozo
    latest = json.loads((workspace.public / "latest.json").read_text())
    assert latest["cycle_id"] == "2021-03-11T0000Z"
    for path in sorted((workspace.public / "feeds/objects").glob("*.xml")):
        own = feedparser.parse(path.read_bytes())
        assert not own.bozo
        assert {entry.id for entry in own.entries} <= {entry.id for entry in found.entries}
    assert broken_links(workspace.public) == []


def test_the_page_of_changes_says_what_the_feed_tells(workspace: Workspace) -> None:
    """Each entry of the feed of everything is a row of the page, in the same order, leading to the same event."""
    found = feedparser.parse((workspace.public / feeds.ALL).read_bytes())
    page = (workspace.public / "archive/changes.html").read_text()

    told = [entry.links[0].href.removeprefix("../") for entry in found.entries]
    assert told
    assert re.findall(r'href="\.\./(events/[^"]+)"', page) == told


def test_an_approach_that_left_keeps_its_distance_in_the_month(tmp_path: Path) -> None:
    """The list of a month gives the distance of the newest cycle that listed an approach."""
    archive = Archive(tmp_path / "archive")
    listing = stub(CYCLE)
    listed = listing.events[0]
    later = replace(stub("2021-03-11T0000Z", previous=CYCLE), events=())
    left = replace(later, changes=changes(later, listing))
    assert {change.kind for change in left.changes} <= LEFT
    for record in (listing, left):
        archive.add(record, {})

    with open_index(tmp_path / "index.sqlite", archive) as index:
        (told,) = index.month_events(2021, 3)
    assert (told.event_id, told.miss_km, told.cycles) == (listed.event_id, listed.miss_km, 2)


def test_each_month_lists_its_events(workspace: Workspace) -> None:
    """A month's page and script name each event of the month once, with how many cycles tell of it."""
    script = (workspace.public / "live/events-2021-03.js").read_text().splitlines()[0]
    rows = json.loads(script[script.index("] = ") + 4 :].rstrip(";\n"))

    assert len(rows) == len({row[0] for row in rows})
    assert max(row[6] for row in rows) == 2
    page = (workspace.public / "archive/2021/03.html").read_text()
    assert all(f"events/{row[0]}.html" in page for row in rows)
    assert (workspace.public / "live/events-2021-02.js").exists()


def test_a_rebuild_gives_the_same_feeds_lists_and_zips(workspace: Workspace) -> None:
    """Rendered again from the archive, everything that is given away has the same bytes."""
    given = [
        *workspace.public.rglob("*.zip"), *workspace.public.rglob("*.xml"), *workspace.public.rglob("*.ics"),
        *workspace.public.rglob("events-*.js"),
    ]  # fmt: skip
    before = {path: path.read_bytes() for path in given}
    rebuild(workspace, jobs=1, progress=silent, registrar=REGISTRAR)

    assert len(before) > 10
    assert {path: path.read_bytes() for path in given} == before
