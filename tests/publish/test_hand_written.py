"""The publisher's own pages: never overwritten, never left out without a word, and none of them stops a publication."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from nearpass.errors import PAGES, PublicationError
from nearpass.publish import Workspace
from nearpass.publish.workspace import GENERATED
from stub_cycles import add, new_workspace

Nearpass = Callable[..., tuple[int, str, str]]
FIRST, SECOND, THIRD = "2040-06-01T0000Z", "2040-06-02T0000Z", "2040-06-03T0000Z"
NAMES = [
    "index.md", "latest.json", "calendar.ics", "objects/index.md", "objects/MAVEN.md", "archive/index.md",
    "archive/changes.md", "archive/2040/06.md", "live/latest.js", "feeds/all.xml", "feeds/red.xml",
]  # fmt: skip


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """With one published cycle."""
    made = new_workspace(tmp_path / "w")
    add(made, FIRST)
    return made


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """What was said of pages."""
    caplog.set_level(logging.WARNING, PAGES)
    return lambda: "\n".join(record.getMessage() for record in caplog.records if record.name == PAGES)


@pytest.mark.parametrize("before", [True, False])
def test_pages_in_the_place_of_generated_ones_are_kept_and_named(
    tmp_path: Path, told: Callable[[], str], before: bool
) -> None:
    """Each of the publisher's files keeps its bytes over two cycles, also put there before the first, and is named."""
    made = new_workspace(tmp_path / "w")
    if not before:
        add(made, FIRST)
    for name in NAMES:
        (made.hand_written / name).parent.mkdir(parents=True, exist_ok=True)
        (made.hand_written / name).write_text(f"MINE {name}")
    for number, cycle_id in enumerate((SECOND, THIRD), start=1):
        add(made, cycle_id)
        assert {name: (made.hand_written / name).read_text() for name in NAMES} == {f: f"MINE {f}" for f in NAMES}
        assert {told().count(f"site/{name}: nearpass makes a page of this name") for name in NAMES} == {number}
        assert (made.public / "index.html").read_text().count(cycle_id[:10])


def test_pages_beside_generated_ones_are_published(workspace: Workspace, told: Callable[[], str]) -> None:
    """site/objects/OTHER.md and its like are pages of the site, and stay so when they change."""
    folders = sorted(name for name in GENERATED if "." not in name and name != "cycles")
    assert len(folders) >= 4
    for cycle_id, words in ((SECOND, "First words."), (THIRD, "Other words.")):
        for folder in folders:
            (workspace.hand_written / folder).mkdir(exist_ok=True)
            (workspace.hand_written / folder / "OTHER.md").write_text(words)
        add(workspace, cycle_id)
        pages = {folder: (workspace.public / folder / "OTHER.html").read_text() for folder in folders}
        assert [folder for folder, page in pages.items() if words not in page] == []
        assert {(workspace.hand_written / folder / "OTHER.md").read_text() for folder in folders} == {words}
    assert told() == ""


FAULTY = {
    "note.md": (b"# A\n\nnot UTF-8: \xe9\n", "site/note.md:3: a page must be UTF-8 text, got the byte 0xe9"),
    "wide.md": ("# A".encode("utf-16"), "site/wide.md:1: a page must be UTF-8 text; this one is UTF-16"),
    "README.md": (b"# A\n", "site/README.md: README.md would become index.html"),
    "dead.md": (
        b"# A\n\nsee\n[there](nowhere.md)\n",
        "site/dead.md:4: Doc file 'dead.md' contains a link 'nowhere.md'",
    ),
    "objects/X.md": (b"![no](no.png)\n", "site/objects/X.md:1: Doc file 'objects/X.md' contains a link 'no.png'"),
    "yaml.md": (b"---\ntitle: [\n---\n\n[a](gone.md)\n", "gone.md"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_page_is_left_out_and_the_cycle_published(
    workspace: Workspace, told: Callable[[], str], name: str
) -> None:
    """The page is named with its line and the reason, the others are published, and it comes once it is mended."""
    data, words = FAULTY[name]
    place = workspace.hand_written / name
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(data)
    (workspace.hand_written / "good.md").write_text(
        f"Good words.\n\n[other]({name})\n" if name == "dead.md" else "Good."
    )
    add(workspace, SECOND)
    assert words in told()
    assert place.read_bytes() == data
    assert (workspace.public / "cycles/2040/06/02/T0000Z/index.html").exists()
    assert not (workspace.public / name).with_suffix(".html").exists() or name == "README.md"
    assert (workspace.public / "good.html").exists() is (name != "dead.md")
    place.write_text("Mended.")
    add(workspace, THIRD)
    if name != "README.md":
        assert "Mended." in (workspace.public / name).with_suffix(".html").read_text()
    assert "Good" in (workspace.public / "good.html").read_text()


TEMPLATES = {
    '{% extends "base.html" %}\n{% block content %}\n{{ 1/0 }}{% endblock %}': ("", "ZeroDivisionError"),
    '{% extends "base.html" %}\n{% block content %}': ("theme/main.html:2", "endblock"),
    '{% extends "none.html" %}': ("theme/main.html:1", "none.html"),
    '{% extends "base.html" %}\n{% block content %}\n{{ page.no.such }}{% endblock %}': ("theme/main.html:3", "no"),
}


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_broken_theme_leaves_the_last_site_and_names_file_and_line(workspace: Workspace, template: str) -> None:
    """Whatever is wrong with the publisher's template, the error says where, and the published site is as it was."""
    place, words = TEMPLATES[template]
    front = (workspace.public / "index.html").read_bytes()
    (workspace.directory / "theme" / "main.html").write_text(template)
    with pytest.raises(PublicationError) as caught:
        add(workspace, SECOND)
    assert place in str(caught.value)
    assert words in str(caught.value)
    assert (workspace.public / "index.html").read_bytes() == front


def test_a_theme_that_extends_ours_is_used(workspace: Workspace) -> None:
    """theme/main.html begins with our base.html, as overrides of any mkdocs theme do."""
    text = '{% extends "base.html" %}\n{% block content %}OUR-BANNER{{ super() }}{% endblock %}\n'
    (workspace.directory / "theme" / "main.html").write_text(text)
    add(workspace, SECOND)
    assert "OUR-BANNER" in (workspace.public / "index.html").read_text()
