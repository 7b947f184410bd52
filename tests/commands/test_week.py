"""The week of two agencies that the page "Coordination" shows, played through by its own commands."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from html import unescape
from io import StringIO
from pathlib import Path

import pytest

import week
from nearpass.__main__ import main
from stub_cycles import quick

STEPS = week.steps()
PARTNERS_WORDS = ("TW1", "Tianwen", "CNSA")


@dataclass(frozen=True)
class Played:
    """A step that was played: each command's exit code and what it printed, and what pages did not say."""

    ended: list[tuple[int, str]]
    missing: list[week.Said]


def called(words: list[str]) -> tuple[int, str]:
    """The command in this process: its exit code and what it prints."""
    out = StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out):
        patch.setattr(sys, "argv", words)
        try:
            main()
        except SystemExit as ended:
            return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


def expanded(command: str) -> list[str]:
    """The words of a command as a shell gives them."""
    return [
        each
        for word in shlex.split(command)
        for each in (sorted(map(str, Path().glob(word))) if "*" in word else [word])
    ]


def play(command: str) -> tuple[int, str]:
    """One line of the page. Pictures are left empty: what they look like is not what the tour tells."""
    words = expanded(command)
    if words[0] == "cp":
        shutil.copy(words[1], words[2])
        return 0, ""
    with quick():
        return called([*words, *(["--jobs", "1", "--quiet"] if words[1] == "run" else [])])


def page_of(said: week.Said) -> str:
    """The page of the approach or of the exchange in the newest cycle of an edition like ``nasa/own``."""
    agency, edition = said.place.split("/")
    folder = {"approach": "events", "exchange": "exchanges"}[said.page]
    *_, page = sorted(Path(f"{agency}/public/{edition}/cycles").glob(f"*/*/*/*/{folder}/*.html"))
    return unescape(page.read_text())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of both workspaces, in which everything happens; each knows the other's key."""
    folder = tmp_path_factory.mktemp("week")
    week.lay_out(folder)
    with chdir(folder):
        keys = {agency: called(["nearpass", "keygen", f"{agency}/{agency}.key"])[1].split()[-1] for agency in week.BOTH}
        for agency, other in zip(week.BOTH, reversed(week.BOTH), strict=True):
            config = Path(agency, "nearpass.toml")
            config.write_text(config.read_text().replace("as nearpass keygen printed it", keys[other]))
        yield folder


@pytest.fixture(scope="module")
def played(home: Path) -> dict[str, Played]:
    """Every step in order, by its heading."""
    assert Path.cwd() == home.resolve()
    found = {}
    for step in STEPS:
        found[step.title] = Played(
            ended=[play(command.line) for command in step.commands],
            missing=[said for said in step.said if said.words not in page_of(said)],
        )
    return found


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.title.split(":")[0])
def test_each_command_of_the_page_ends_well_and_the_pages_say_what_it_promises(
    played: dict[str, Played], step: week.Step
) -> None:
    """Exit code 0 for each, with the lines that are shown; each sentence stands on the page in each edition named."""
    done = played[step.title]

    assert step.commands
    assert step.said or any(command.prints for command in step.commands)
    for command, (code, printed) in zip(step.commands, done.ended, strict=True):
        assert code == 0, command.line
        assert set(command.prints) <= set(printed.splitlines()), command.line
    assert done.missing == []


def test_nothing_of_the_partners_spacecraft_is_in_the_public_edition(played: dict[str, Played], home: Path) -> None:
    """Neither its names nor its owner, in any file of any of NASA's cycles; our own hand-written pages tell of both."""
    written = {f"{page.stem}.html" for page in week.PAGE.parent.glob("*.md")}
    folder = home / "nasa/public/public"
    public = [
        path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).as_posix() not in written
    ]
    holders = {path.name for path in public for word in PARTNERS_WORDS if word.encode() in path.read_bytes()}

    assert len(played) == len(STEPS)
    assert len([path for path in public if path.name == "index.html"]) > len(STEPS)
    assert holders == set()


def test_the_menu_leads_to_exchanges_where_there_are_any(played: dict[str, Played], home: Path) -> None:
    """Front, cycle and hand-written pages of an edition that tells of one; no page of one that tells of none."""
    assert len(played) == len(STEPS)
    for place, there in (("nasa/both", True), ("cnsa/own", True), ("nasa/public", False)):
        agency, edition = place.split("/")
        site = home / agency / "public" / edition
        *_, cycle = sorted(site.glob("cycles/*/*/*/*/index.html"))
        for page in (site / "index.html", cycle, site / "glossary.html"):
            entries = re.findall(r'<a href="([^"]*)"[^>]*>Exchanges</a>', page.read_text())
            found = [(page.parent / entry.partition("#")[0]).resolve() for entry in entries]
            assert found == ([(site / "index.html").resolve()] if there else []), page
        assert ('id="exchanges"' in (site / "index.html").read_text()) is there


def test_each_delivery_of_the_week_has_its_receipt(played: dict[str, Played], home: Path) -> None:
    """What an agency was given lies receipted by its originator, each file once."""
    assert len(played) == len(STEPS)
    for agency, files in (("nasa", 4), ("cnsa", 4)):
        told = list((home / agency / "receipts").glob("*/*.json"))
        assert len(told) == files, agency
