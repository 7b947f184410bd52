"""The pack for a meeting and its minutes, from the command line."""

from __future__ import annotations

import shutil
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import red_approaches
from nearpass.publish import brief
from red_approaches import laid_out, red_events

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one cycle of two red approaches; not to be changed."""
    return red_approaches.published(tmp_path_factory.mktemp("red"))


@pytest.fixture
def workspace(published: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(published, tmp_path / "w")
    return tmp_path / "w"


def test_one_approach_or_all_of_a_week(workspace: Path, nearpass: Command) -> None:
    """A page, a PDF and a form in briefs/, their owner's alone; of a week every red and yellow one, the worst first."""
    config = workspace / "nearpass.toml"
    first, second = red_events(workspace)
    one = nearpass("brief", "--config", config, "--event", first, "--plots")
    week = nearpass("brief", "--config", config, "--week")
    pages = {path.name: path.read_text() for path in (workspace / "briefs").glob("*.html")}

    assert (one[0], week[0]) == (0, 0)
    drawn = {path.name: path for path in (workspace / "briefs").glob("event-*")}
    made = {path.suffix for path in (workspace / "briefs").iterdir() if path.name not in drawn}
    assert made == ({".html", ".yaml"} if "no PDF" in one[2] else {".html", ".pdf", ".yaml"})
    assert {f"event-{first}-{kind}-2021-03-17T0000Z.pdf" for kind in ("bplane", "distance", "trade")} <= drawn.keys()
    assert all(path.read_bytes().startswith(b"%PDF") for path in drawn.values())
    assert (workspace / "briefs").stat().st_mode & 0o077 == 0
    single, several = pages[f"brief-{first}-2021-03-17T0000Z.html"], pages["brief-week-2021-03-17T0000Z.html"]
    assert (first in single, second in single) == (True, False)
    assert several.index(first) < several.index(second)
    assert single.count("page 2 of 2") == 1
    assert several.count("page 2 of 2") == 4  # two red and two yellow ones


def test_a_brief_of_what_an_edition_does_not_know_is_refused(tmp_path: Path, nearpass: Command) -> None:
    """Where there are several editions one must be named; an approach of a withheld object is not known there."""
    editions = '[[edition]]\nid = "public"\nlevels = ["CLEAR"]\n[[edition]]\nid = "own"\neverything = true\n'
    config = laid_out(tmp_path / "w", editions)
    config.write_text(config.read_text().replace('id = "LOW"', 'id = "LOW"\nmarking = "CLEAR"'))
    assert nearpass("run", "--config", config, "--jobs", 1, "--at", red_approaches.AT)[0] == 0
    table = (tmp_path / "w/public/own/cycles/2021/03/17/T0000Z/events.csv").read_text().splitlines()
    event = next(line for line in table if ",red," in line).split(",")[0]

    code, _, err = nearpass("brief", "--config", config, "--event", event)
    assert code == 3
    assert "public, own" in err
    code, _, err = nearpass("brief", "--config", config, "--event", event, "--edition", "public")
    assert code == 8
    assert not (tmp_path / "w/briefs").exists()
    assert nearpass("brief", "--config", config, "--event", event, "--edition", "own", "--no-pdf")[0] == 0


def test_a_pdf_is_the_same_again_and_loads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the same bytes; a page that names a file or an address is not made into one."""
    weasyprint = pytest.importorskip(
        "weasyprint.urls", reason="no Pango on this machine: PDFs are not tested", exc_type=OSError
    )
    page = "<html><head><title>x</title></head><body><p>x{}</p></body></html>"

    def never(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(urllib.request, "urlopen", never)
    assert brief.as_pdf(page.format("")) == brief.as_pdf(page.format(""))
    for source in ("file:///etc/hostname", "http://127.0.0.1:9/x.png"):
        with pytest.raises(weasyprint.FatalURLFetchingError):
            brief.as_pdf(page.format(f'<img src="{source}">'))


def filled(workspace: Path, event: str, *lines: dict[str, str], **head: object) -> Path:
    """The form of an approach with these lines in place of its own."""
    form = next((workspace / "briefs").glob(f"minutes-{event}-*.yaml"))
    plain = yaml.safe_load(form.read_text()) | {"originator": "NASA", "parties": ["NASA", "CNSA"], **head}
    plain["lines"] = [*plain["lines"], *({"event": event, **line} for line in lines)]
    form.write_text(yaml.safe_dump(plain))
    return form


def test_filled_lines_of_the_form_become_notes(workspace: Path, nearpass: Command) -> None:
    """A claim and a decision of the meeting stand on the page of the next cycle; blank lines are no notes."""
    config, event = workspace / "nearpass.toml", red_events(workspace)[0]
    assert nearpass("brief", "--config", config, "--event", event, "--no-pdf")[0] == 0
    form = filled(
        workspace, event,
        {"kind": "claim", "party": "NASA", "object": "LOW", "burn": "2021-03-18T10:00:00Z", "text": ""},
        {"kind": "decision", "text": "LOW burns, MEETS flies as it is."},
        time="2021-03-17T00:30:00Z", marking="TLP:CLEAR",
    )  # fmt: skip

    first = nearpass("log", "minutes", "--config", config, form)
    again = nearpass("log", "minutes", "--config", config, form)
    assert (first[0], again[0]) == (0, 0)
    assert len(first[1].splitlines()) == 2
    assert first[1] == again[1]
    assert len(list((workspace / "log").glob("*.md"))) == 2

    assert nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T01:00")[0] == 0
    page = (workspace / f"public/cycles/2021/03/17/T0100Z/events/{event}.html").read_text()
    assert "NASA will move LOW, burn Thu 18 March 2021 10:00 UTC" in page
    assert "LOW burns, MEETS flies as it is." in page
    assert nearpass("brief", "--config", config, "--event", event, "--no-pdf")[0] == 0
    told = (workspace / f"briefs/brief-{event}-2021-03-17T0100Z.html").read_text()
    assert "Does the burn stand, and does everybody know it?" in told


@pytest.mark.parametrize(
    ("line", "head", "rule"),
    [
        ({"kind": "claim", "party": "NASA", "event": "ENONE-NONE0"}, {}, "an event of the newest cycle"),
        ({"kind": "claims", "party": "NASA"}, {}, "kind"),
        ({"kind": "request", "party": "NASA"}, {}, "to is needed"),
        ({"kind": "decision", "party": "NASA", "text": "x"}, {}, "party does not belong"),
        ({"kind": "decision", "text": "x"}, {"originator": ""}, "originator"),
        ({"kind": "decision", "text": "x"}, {"more": 1}, "no others"),
        ({"kind": "", "party": "NASA"}, {}, "a filled line"),
    ],
)
def test_one_wrong_line_of_the_form_leaves_no_note(
    workspace: Path, nearpass: Command, line: dict[str, str], head: dict[str, object], rule: str
) -> None:
    """The rule and the entry are named, and the right line before it is not written either."""
    config, event = workspace / "nearpass.toml", red_events(workspace)[0]
    assert nearpass("brief", "--config", config, "--event", event, "--no-pdf")[0] == 0
    right = {"kind": "decision", "text": "All agree."}
    lines = [line] if rule == "a filled line" else [right, line]
    form = filled(workspace, event, *lines, **head)

    code, _, err = nearpass("log", "minutes", "--config", config, form)
    assert code == 8
    assert rule in err
    assert not list((workspace / "log").glob("*.md"))
