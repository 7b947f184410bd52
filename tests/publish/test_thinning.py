"""Old cycles keep their pages and lose their pictures to the zip, in a run and in a rebuild alike."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nearpass.archive.archive import Archive
from nearpass.archive.verify import verify_archive
from nearpass.config import load_config
from nearpass.publish import Workspace, rebuild
from nearpass.publish.check import verify_site
from nearpass.publish.commit import last_published
from nearpass.publish.thinning import leave_out, thin
from nearpass.resources import resource
from stub_cycles import REGISTRAR, add, broken_links, new_workspace, quick, silent, tree

OLD, EDGE, NEW = "2020-11-01T0000Z", "2021-02-01T0000Z", "2021-03-01T0000Z"
FOLDER = {cycle_id: f"cycles/{cycle_id[:4]}/{cycle_id[5:7]}/{cycle_id[8:10]}/T0000Z" for cycle_id in (OLD, EDGE, NEW)}
CONFIG = resource("templates/workspace/nearpass.toml").read_text().replace("[site]\n", "[site]\npictures_days = 28\n")

FIGURE = (
    '<figure class="plot wide">\n<a class="zoom" href="{0}plots/a.svg" title="A"><img src="{0}plots/a.svg" alt="What '
    'it shows."></a>\n<figcaption>C</figcaption>\n</figure>\n<figure class="globe-box"></figure>\n'
)
"""As the theme writes a picture, and a drawing that belongs to the page itself."""


@pytest.fixture(autouse=True)
def quickly() -> Iterator[None]:
    """Plots without content."""
    with quick():
        yield


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Three cycles, the first of another year, the second just as old as pictures may be."""
    plain = new_workspace(tmp_path)
    plain.config.write_text(CONFIG)
    for cycle_id in (OLD, EDGE, NEW):
        add(plain, cycle_id)
    return replace(plain, settings=load_config(plain.config)[0])


def files(workspace: Workspace, cycle_id: str) -> dict[str, bytes]:
    """A cycle's files by name."""
    return below(workspace, f"{FOLDER[cycle_id]}/")


def below(workspace: Workspace, folder: str) -> dict[str, bytes]:
    """Published files below a folder by name."""
    found = tree(workspace.public)
    return {
        name.removeprefix(f"public/{folder}"): data
        for name, data in found.items()
        if name.startswith(f"public/{folder}")
    }


def test_an_old_cycle_keeps_every_address_but_those_of_its_pictures(workspace: Workspace) -> None:
    """Pages, tables, messages and the zip answer as before, no link is broken, site and archive verify."""
    before, others = files(workspace, OLD), [files(workspace, one) for one in (EDGE, NEW)]
    assert any(name.startswith("plots/") for name in before)

    assert thin(workspace, progress=silent, registrar=REGISTRAR) == [OLD]

    after = files(workspace, OLD)
    assert set(before) - set(after) == {name for name in before if name.startswith("plots/")}
    assert {name for name in after if after[name] != before[name]} <= {
        n for n in after if n.endswith((".html", "manifest.json"))
    }
    assert [files(workspace, one) for one in (EDGE, NEW)] == others
    assert not (workspace.docs / FOLDER[OLD] / "plots").exists()
    assert broken_links(workspace.public) == []
    assert verify_site(workspace)[1] == ()
    assert verify_archive(Archive(workspace.archive)).findings == ()


def test_a_page_says_what_a_picture_showed_and_where_it_lies(workspace: Workspace) -> None:
    """In the place of each picture stands its alternative text, with a link to the zip, which holds the picture."""
    page = (
        workspace.public
        / FOLDER[OLD]
        / next(name for name in files(workspace, OLD) if name.startswith("events/") and name.endswith(".html"))
    )
    shown = re.findall(r'plots/([^"]*\.svg)"[^>]*><img[^>]* alt="([^"]*)"', page.read_text())
    assert shown

    thin(workspace, progress=silent, registrar=REGISTRAR)

    text = page.read_text()
    assert "<img" not in text.split("</main>")[0].split("<main")[1]
    packed = zipfile.ZipFile(io.BytesIO(files(workspace, OLD)[f"nearpass-{OLD}.zip"]))
    for name, alt in shown:
        assert f'<p class="left-out">{alt} The picture lies <a href="../nearpass-{OLD}.zip" download>' in text
        assert f"nearpass-{OLD}/{FOLDER[OLD]}/plots/{name}" in packed.namelist()


def test_the_page_that_follows_an_object_loses_them_too(tmp_path: Path) -> None:
    """A page outside of the cycle's folder shows none that is gone; one of an object that a newer cycle has stays."""
    for name, cycle_id in (("A", OLD), ("B", NEW)):
        (tmp_path / "objects").mkdir(exist_ok=True)
        (tmp_path / f"objects/{name}.html").write_text(FIGURE.format(f"../{FOLDER[cycle_id]}/"))
    leave_out(tmp_path, OLD, ["objects/A", "objects/B"])

    assert f'href="../{FOLDER[OLD]}/nearpass-{OLD}.zip"' in (tmp_path / "objects/A.html").read_text()
    assert (tmp_path / "objects/B.html").read_text() == FIGURE.format(f"../{FOLDER[NEW]}/")


def test_nothing_is_done_twice(workspace: Workspace) -> None:
    """A second run finds nothing old, and writes nothing."""
    thin(workspace, progress=silent, registrar=REGISTRAR)
    before = tree(workspace.directory)

    assert thin(workspace, progress=silent, registrar=REGISTRAR) == []
    assert tree(workspace.directory) == before


def test_a_rebuild_gives_the_thinned_site_and_without_the_rule_the_whole_one(workspace: Workspace) -> None:
    """The same bytes as after the run; and every picture again, from the archive, once the configuration wants it."""
    whole = tree(workspace.public)
    thin(workspace, progress=silent, registrar=REGISTRAR)
    thinned = tree(workspace.public)

    rebuild(workspace, jobs=1, progress=silent, registrar=REGISTRAR)
    assert tree(workspace.public) == thinned
    assert last_published(workspace) == []
    rebuild(replace(workspace, settings=None), jobs=1, progress=silent, registrar=REGISTRAR)
    assert tree(workspace.public) == whole
