"""Publication from archived stubs: constant work, the order of things, past cycles, corrections, copies."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from counting import counted_opens
from nearpass.archive.archive import Archive
from nearpass.archive.signature import load_signer, new_key
from nearpass.errors import ArchiveError
from nearpass.publish import Workspace, publish, rebuild, unpublished
from nearpass.publish.check import verify_site
from nearpass.publish.commit import last_published
from nearpass.publish.index import open_index
from nearpass.publish.mirror import mirror
from stub_cycles import REGISTRAR, add, broken_links, new_workspace, plain, quick, silent, stub, tree

FEW, MANY = 10, 300
rebuilding = sys.modules[rebuild.__module__]
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    return new_workspace(tmp_path)


@pytest.fixture(autouse=True)
def quickly() -> Iterator[None]:
    """Plots without content."""
    with quick():
        yield


def latest(workspace: Workspace) -> str:
    """The cycle that the site calls the newest."""
    return str(json.loads((workspace.public / "latest.json").read_text())["cycle_id"])


def script(workspace: Workspace, name: str) -> list[dict[str, str]]:
    """What a live script assigns."""
    text = (workspace.public / "live" / name).read_text()
    return list(json.loads(text[text.index("=") + 1 :].rstrip(";\n")))


def test_every_file_is_listed_and_every_link_resolves(workspace: Workspace) -> None:
    """After cycles in two years the site verifies, holds no broken link, and each page of the archive is there."""
    for cycle_id in ("2020-12-31T0600Z", "2020-12-31T1800Z", "2021-01-01T0000Z"):
        add(workspace, cycle_id)

    assert verify_site(workspace)[1] == ()
    assert broken_links(workspace.public) == []
    assert (workspace.public / "archive/2020/12.html").exists()
    assert latest(workspace) == "2021-01-01T0000Z"


def test_a_past_cycle_leaves_the_front_page_to_the_newest(workspace: Workspace) -> None:
    """A cycle made up for later joins its month; front page and latest.json stay those of the newest cycle."""
    add(workspace, "2021-03-10T0000Z")
    add(workspace, "2021-05-10T0000Z")
    front = (workspace.public / "index.html").read_bytes()
    add(workspace, "2021-03-05T0000Z")

    assert latest(workspace) == "2021-05-10T0000Z"
    assert (workspace.public / "index.html").read_bytes() == front
    assert [cycle["cycle_id"] for cycle in script(workspace, "cycles-2021-03.js")] == [
        "2021-03-05T0000Z",
        "2021-03-10T0000Z",
    ]
    assert "T0000Z" in (workspace.public / "archive/2021/03.html").read_text()
    assert broken_links(workspace.public) == []
    assert verify_site(workspace)[1] == ()


def test_a_past_cycle_takes_no_event_page_from_a_newer_one(workspace: Workspace) -> None:
    """The page that follows an event is the newest cycle's that mentions it, whichever was published last."""
    add(workspace, "2021-03-10T0000Z")
    newer = (workspace.public / "events").glob("*20210328T1200.html")
    text = next(iter(newer)).read_text()
    add(workspace, "2021-03-05T0000Z")
    add(workspace, "2021-02-05T0000Z")

    assert next((workspace.public / "events").glob("*20210328T1200.html")).read_text() == text
    assert len(list((workspace.public / "events").glob("*20210228T1200.html"))) == 1


def test_a_correction_is_told_by_the_old_pages_month(workspace: Workspace) -> None:
    """A superseded cycle's own files stay, its month's script names the correction, and its row says so."""
    add(workspace, "2021-03-31T0000Z")
    folder = workspace.public / "cycles/2021/03/31/T0000Z"
    before = tree(folder)
    add(workspace, "2021-04-01T0000Z", supersedes="2021-03-31T0000Z")

    assert tree(folder) == before
    assert script(workspace, "cycles-2021-03.js")[0]["superseded_by"] == "2021-04-01T0000Z"
    assert "Superseded by 2021-04-01T0000Z" in plain((workspace.public / "archive/2021/03.html").read_text())
    assert "superseded_by" not in script(workspace, "cycles-2021-04.js")[0]


def test_rebuild_gives_the_same_bytes(workspace: Workspace) -> None:
    """A site rendered again from the records is the same to the byte, over what is there and in an empty folder."""
    for cycle_id in ("2020-12-31T0600Z", "2021-01-01T0000Z", "2021-03-01T0000Z", "2020-11-01T0000Z"):
        add(workspace, cycle_id, supersedes="2021-01-01T0000Z" if cycle_id.startswith("2021-03") else None)
    before = tree(workspace.public)
    rebuild(workspace, jobs=1, progress=silent, registrar=REGISTRAR)
    assert tree(workspace.public) == before
    assert last_published(workspace) == []
    workspace.public.rename(workspace.directory / "taken away")
    rebuild(workspace, jobs=2, progress=silent, registrar=REGISTRAR)

    assert tree(workspace.public) == before


def test_rebuild_mends_what_was_damaged(workspace: Workspace) -> None:
    """Changed and missing files of any kind, manifests too, are as before after a rebuild."""
    add(workspace, "2021-03-01T0000Z")
    add(workspace, "2021-04-01T0000Z")
    before = tree(workspace.public)
    (workspace.public / "cycles/2021/03/01/T0000Z/index.html").write_text("changed")
    (workspace.public / "archive/2021/03.html").unlink()
    (workspace.public / "manifests/2021-03.json").write_text("{")
    rebuild(workspace, jobs=1, progress=silent, registrar=REGISTRAR)

    assert tree(workspace.public) == before


THREE = ("2021-01-01T0000Z", "2021-02-01T0000Z", "2021-03-01T0000Z")


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of three cycles, whose rebuild ended when the last was to be rendered; nothing writes into it."""
    directory = tmp_path_factory.mktemp("cut off") / "workspace"
    made = new_workspace(directory)
    for cycle_id in THREE:
        add(made, cycle_id)
    with quick(), pytest.MonkeyPatch.context() as patch:
        rendered = _counted(patch, until=2)
        with pytest.raises(KeyboardInterrupt):
            rebuild(made, jobs=1, progress=silent, registrar=REGISTRAR)
    assert rendered == list(THREE[:2])
    return directory


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cycles that a rebuild of the test renders, a cycle a batch."""
    return _counted(monkeypatch)


def _counted(patch: pytest.MonkeyPatch, until: int | None = None) -> list[str]:
    rendered: list[str] = []
    render = rebuilding._render

    def counted(site: Workspace, number: int, batch: Sequence[str]) -> Sequence[str]:
        if len(rendered) == until:
            raise KeyboardInterrupt
        rendered.extend(batch)
        return render(site, number, batch)

    patch.setattr(rebuilding, "BATCH", 1)
    patch.setattr(rebuilding, "_render", counted)
    return rendered


def copied(cut_off: Path, directory: Path) -> Workspace:
    """The workspace whose rebuild was cut off, for one test."""
    return Workspace(directory=shutil.copytree(cut_off, directory / "workspace"))


def test_a_rebuild_that_was_cut_off_goes_on_where_it_was(cut_off: Path, tmp_path: Path, rendered: list[str]) -> None:
    """Cycles that are in place are not rendered again, but for one whose file was changed; the site is the same."""
    workspace = copied(cut_off, tmp_path)
    before = tree(workspace.public)
    (workspace.public / "cycles/2021/02/01/T0000Z/index.html").write_text("changed")
    rebuild(workspace, jobs=1, progress=silent, registrar=REGISTRAR)

    assert rendered == list(THREE[1:])
    assert tree(workspace.public) == before
    assert not workspace.rebuilding.exists()
    rendered.clear()
    rebuild(workspace, jobs=1, progress=silent, registrar=REGISTRAR)
    assert rendered == list(THREE)


def test_a_rebuild_begins_anew_where_the_archive_has_grown(cut_off: Path, tmp_path: Path, rendered: list[str]) -> None:
    """With a cycle more, which may correct or follow the others, every one is rendered again."""
    workspace = copied(cut_off, tmp_path)
    later = stub("2021-05-01T0000Z", previous=THREE[-1])
    Archive(workspace.archive).add(later, {}, supersedes=THREE[0])
    rebuild(workspace, jobs=1, progress=silent, registrar=REGISTRAR)

    assert rendered == [*THREE, "2021-05-01T0000Z"]


@pytest.mark.parametrize("changed", ["theme/main.html", "nearpass.toml", "site/about.md", "note"])
def test_a_rebuild_begins_anew_where_anything_has_changed(
    cut_off: Path, tmp_path: Path, rendered: list[str], changed: str
) -> None:
    """Another theme, configuration or page of the publisher's, and a note that cannot be read: every cycle again."""
    workspace = copied(cut_off, tmp_path)
    place = workspace.rebuilding if changed == "note" else workspace.directory / changed
    texts = {
        "theme/main.html": '{% extends "base.html" %}\n',
        "nearpass.toml": "# other\n",
        "site/about.md": "# About\n",
    }
    place.write_text(texts.get(changed, "{"))
    rebuild(workspace, jobs=1, progress=silent, registrar=REGISTRAR)

    assert rendered == list(THREE)


def test_rebuild_needs_a_cycle(workspace: Workspace) -> None:
    """Without a cycle there is nothing to render."""
    with pytest.raises(ArchiveError, match="must hold a cycle"):
        rebuild(workspace, jobs=1, progress=silent, registrar=REGISTRAR)


def test_the_list_of_what_changed(workspace: Workspace) -> None:
    """published.txt lists each file that differs from before, no other, with the front page and latest.json last."""
    add(workspace, "2021-03-01T0000Z")
    before = tree(workspace.public)
    add(workspace, "2021-03-02T0000Z")
    after = tree(workspace.public)
    listed = [f"public/{name}" for name in last_published(workspace)]

    assert sorted(listed) == sorted(name for name in after if after[name] != before.get(name))
    assert listed[-2:] == ["public/index.html", "public/latest.json"]
    assert listed.index("public/cycles/2021/03/02/T0000Z/index.html") < listed.index("public/archive/2021/03.html")


def test_a_second_folder_receives_what_changed(workspace: Workspace, tmp_path: Path) -> None:
    """A copy equals the site after each publication, catches up after a missed one, and then copies nothing."""
    add(workspace, "2021-03-01T0000Z")
    copy = tmp_path / "copy" / "public"
    mirror(workspace.public, copy)
    assert tree(copy) == tree(workspace.public)
    add(workspace, "2021-03-02T0000Z")
    changed = last_published(workspace)
    assert sorted(mirror(workspace.public, copy)) == sorted(changed)
    add(workspace, "2021-03-03T0000Z")
    add(workspace, "2021-04-03T0000Z")
    mirror(workspace.public, copy)

    assert tree(copy) == tree(workspace.public)
    assert verify_site(workspace, copy)[1] == ()
    assert mirror(workspace.public, copy) == []


def test_what_was_archived_and_not_published_is_known(workspace: Workspace) -> None:
    """Cycles that an interrupted run only archived are found along the chain, in the order of their archiving."""
    archive = Archive(workspace.archive)
    add(workspace, "2021-03-01T0000Z")
    assert unpublished(workspace) == []
    archive.add(stub("2021-03-02T0000Z", previous="2021-03-01T0000Z"), {})
    archive.add(stub("2021-02-02T0000Z"), {})
    assert unpublished(workspace) == ["2021-03-02T0000Z", "2021-02-02T0000Z"]
    for cycle_id in unpublished(workspace):
        publish(workspace, archive.load(cycle_id), jobs=1, progress=silent, registrar=REGISTRAR)

    assert unpublished(workspace) == []
    assert broken_links(workspace.public) == []


def test_publishing_opens_as_many_files_whatever_the_archive_holds(tmp_path: Path) -> None:
    """The next cycle opens the same number of files in an archive of 10 and of 300 cycles."""
    opened = {}
    for count in (FEW, MANY):
        workspace = new_workspace(tmp_path / str(count))
        archive = Archive(workspace.archive)
        earlier = [f"{2010 + n // 12}-{n % 12 + 1:02d}-01T0000Z" for n in range(count - 5)]
        for cycle_id in earlier:
            archive.add(stub(cycle_id), {})
        with open_index(workspace.index, archive):
            pass
        for day in range(1, 6):
            add(workspace, f"2040-06-{day:02d}T0000Z")
        with counted_opens() as names:
            add(workspace, "2040-06-06T0000Z")
        opened[count] = len(names)

    assert opened[MANY] == opened[FEW]
    assert opened[FEW] > 100


def test_the_index_is_the_same_however_it_was_made(workspace: Workspace) -> None:
    """Grown cycle by cycle, made again from the folders, and after damage, the index holds the same rows."""
    archive = Archive(workspace.archive)
    for cycle_id in ("2021-03-01T0000Z", "2021-04-01T0000Z", "2021-02-01T0000Z"):
        add(workspace, cycle_id, supersedes="2021-03-01T0000Z" if cycle_id.startswith("2021-04") else None)
    with open_index(workspace.index, archive) as index:
        grown = sorted(map(repr, index.contents()))
        assert [summary.superseded_by for summary in index.year(2021)] == [None, "2021-04-01T0000Z", None]
        assert index.months() == [(2021, 2), (2021, 3), (2021, 4)]
    with open_index(workspace.index, archive, again=True) as index:
        assert sorted(map(repr, index.contents())) == grown
    workspace.index.write_bytes(b"no database" * 100)

    with open_index(workspace.index, archive) as index:
        assert sorted(map(repr, index.contents())) == grown


def test_the_public_key_is_published(workspace: Workspace) -> None:
    """Where the newest cycle is signed, the site names the key; where it is not, there is no such file."""
    public_key = new_key(workspace.directory / "key.pem")
    add(workspace, "2021-03-01T0000Z")
    assert not (workspace.public / "signing-key.txt").exists()
    add(workspace, "2021-03-02T0000Z", signer=load_signer(workspace.directory / "key.pem"))

    assert (workspace.public / "signing-key.txt").read_text() == f"{public_key}\n"


def test_what_matters_is_on_the_disk(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Record, manifests, front page, latest.json and the folders that name them are flushed, for a loss of power."""
    flushed: set[int] = set()
    archive = Archive(workspace.archive)
    record = stub("2021-03-17T0000Z")
    monkeypatch.setattr("os.fsync", lambda descriptor: flushed.add(os.fstat(descriptor).st_ino))
    archive.add(record, {})
    publish(workspace, record, jobs=1, progress=silent, registrar=REGISTRAR)
    cycle = workspace.public / "cycles/2021/03/17/T0000Z"
    needed = [
        *archive.folder(record.cycle_id).iterdir(),
        *cycle.glob("*.html"),
        archive.directory,
        archive.folder(record.cycle_id),
        archive.folder(record.cycle_id).parent,
        archive.directory / "head.json",
        cycle.parent,
        workspace.public,
        workspace.public / "index.html",
        workspace.public / "latest.json",
        workspace.public / "manifest.json",
    ]

    assert [path for path in needed if path.stat().st_ino not in flushed] == []


@pytest.mark.browser
@pytest.mark.skipif(BROWSER is None, reason="no browser found")
def test_the_page_of_a_superseded_cycle_says_so(workspace: Workspace, tmp_path: Path) -> None:
    """Opened from its folder, the old page names and links to its correction; the page of the correction does not."""
    add(workspace, "2021-03-17T0000Z")
    add(workspace, "2021-03-18T0000Z", supersedes="2021-03-17T0000Z")
    shown = {}
    for day in ("17", "18"):
        page = workspace.public / f"cycles/2021/03/{day}/T0000Z/index.html"
        ran = subprocess.run(
            [
                str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
                "--virtual-time-budget=4000", "--dump-dom", page.as_uri(),
            ],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        shown[day] = re.search(r'<p class="newer".*?</p>', ran.stdout, re.DOTALL)[0]

    assert "superseded by a corrected one" in shown["17"]
    assert "cycles/2021/03/18/T0000Z/index.html" in shown["17"]
    assert "superseded" not in shown["18"]
