"""Whatever function that makes pages fails for one approach, the site is made and names what it lacks.

``tests/bench/fuzz_views.py`` breaks each of them; a share is here.
"""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET  # reads only what the program itself wrote

import feedparser
import pytest
from icalendar import Calendar

from broken_views import Staged, broken, staged
from nearpass.archive.archive import Archive
from nearpass.errors import FAULTS, ArchiveError, PublicationError
from nearpass.publish import publish
from nearpass.record.record import CycleRecord
from nearpass.report.catalogue import Links
from nearpass.report.page_net import Pages
from records import sample_record
from stub_cycles import REGISTRAR, add, new_workspace, plain, quick, silent, stub

FRONT = ("board.row", "crossing_views.groups_table", "timeline_views.timeline_of", "cycle_views.matrix")
OWN = ("event_views.event_page", "event_head.quote", "plots.approach.track_plot", "cdm_event.event_cdm")
LISTS = ("feeds._entry", "calendars._entries", "archive_views.month_events_table", "verdicts._decision")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    with staged(tmp_path_factory.mktemp("views")) as found:
        yield found


@pytest.mark.parametrize("name", [*FRONT, *OWN, *LISTS])
def test_a_view_that_fails_for_one_approach_loses_that_alone(
    site: Staged, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Everything is staged, some file says which fault it is, and the page of another approach is as it was."""
    with caplog.at_level(logging.ERROR, FAULTS), broken(f"nearpass.report.{name}", site.victim) as hits:
        files = site.files()
    said = {path for path, text in files.items() if "report it as F-" in text}
    other = next(path for path in site.whole if path.endswith(f"events/{site.other}.md") and path.startswith("cycles"))

    assert hits
    assert said
    assert caplog.records
    assert files.keys() == site.whole.keys()
    assert files[other] == site.whole[other]
    assert ("index.md" in said) or name not in FRONT
    assert site.other in files["index.md"]


def test_feed_and_calendar_stay_what_they_are(site: Staged) -> None:
    """A feed and a calendar of which an entry fails can be read as such, and have one that says so in its place."""
    with broken("nearpass.report.feeds._entry", site.victim):
        feed = site.files()["feeds/all.xml"]
    with broken("nearpass.report.calendars._entries", site.victim):
        calendar = site.files()["calendar.ics"]
    parsed = feedparser.parse(feed)
    entries = [entry.get("summary", "") for entry in Calendar.from_ical(calendar).walk("VEVENT")]

    assert not parsed.bozo
    assert len(parsed.entries) == len(feedparser.parse(site.whole["feeds/all.xml"]).entries)
    assert any(site.victim in entry.title for entry in parsed.entries)
    assert f"{site.victim}: an entry that could not be made" in entries


def test_a_cycle_that_cannot_be_read_is_named_as_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an archived record cannot be read, newer cycles are published, and the front page names the one."""
    workspace = new_workspace(tmp_path)
    add(workspace, "2021-03-01T0000Z")
    add(workspace, "2021-03-02T0000Z")
    workspace.index.unlink()
    right = Archive.load

    def odd(archive: Archive, cycle_id: str) -> CycleRecord:
        if cycle_id == "2021-03-01T0000Z":
            raise ArchiveError("the record must be whole", file="record.json")
        return right(archive, cycle_id)

    monkeypatch.setattr(Archive, "load", odd)
    archive = Archive(workspace.archive)
    record = stub("2021-03-03T0000Z", previous="2021-03-02T0000Z")
    with quick():
        archive.add(record, {})
        publish(workspace, record, jobs=1, progress=silent, registrar=REGISTRAR)
    front = plain((workspace.public / "index.html").read_text())

    assert json.loads((workspace.public / "latest.json").read_text())["cycle_id"] == "2021-03-03T0000Z"
    assert "in lists of the archive: 2021-03-01T0000Z" in front
    assert "The record must be whole" in front


@pytest.mark.parametrize("name", ["a.js", "a.ics", "a.xml", "a.csv"])
def test_what_stands_for_a_file_is_of_its_notation_whatever_the_reason(name: str) -> None:
    """A reason of several lines, with marks of each notation, stays words: a comment, a property, an element's text."""
    reason = "first, line;\nalert(1) </error> END:VCALENDAR"
    pages = Pages(sample_record())

    def fail() -> str:
        raise PublicationError(reason)

    pages.put(name, Links(root="", cycle=""), fail)
    text = pages.texts[name]

    if name.endswith(".ics"):
        calendar = Calendar.from_ical(text)
        assert "alert(1)" in calendar["x-wr-caldesc"]
        assert list(calendar.walk("VEVENT")) == []
    elif name.endswith(".xml"):
        assert "alert(1) </error>" in (ET.fromstring(text).text or "")  # noqa: S314 - our own text
    else:
        assert text.startswith("// " if name.endswith(".js") else "This file")
        assert text.count("\n") == 1
