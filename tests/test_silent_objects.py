"""An object whose place along its orbit is unknown: never a time of closest approach, in no published file."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from fleets import CUTOFF, LOW, Kepler, message, segment, write_workspace
from nearpass.archive.archive import Archive
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.config import load_config
from nearpass.cycle.pipeline import run_cycle
from nearpass.encounter.alert import Level
from nearpass.messages.oem_write import write_oem
from nearpass.publish import Workspace, publish
from nearpass.record.record import CycleRecord, EventRecord
from nearpass.report import plots
from nearpass.report.wording import said
from stub_cycles import REGISTRAR, new_workspace, quick, silent

LOST = Kepler(LOW.a_km + 1.0, LOW.e, LOW.inclination_rad + 0.5, mean_anomaly_rad=0.05)  # meets LOW at their common node
FLEET = {"LOW": LOW, "POLAR": Kepler(LOW.a_km + 2.0, LOW.e, 1.3, node_rad=0.4, mean_anomaly_rad=0.1), "LOST": LOST}
SPAN_DAYS = 0.4
AGE_S = 400.0 * DAY_S  # of the last ephemeris of the extended one


@dataclass(frozen=True)
class Published:
    """Two cycles: in the first the object was still known, in the second it is not."""

    workspace: Workspace
    known: CycleRecord
    unknown: CycleRecord

    @property
    def lost_events(self) -> list[EventRecord]:
        """What the first cycle said of the object, about times that the second one covers too."""
        return [event for event in self.known.events if "LOST" in (event.primary, event.secondary)]


def cycle(directory: Path, cutoff: Epoch, previous: CycleRecord | None) -> CycleRecord:
    config, text = load_config(directory / "nearpass.toml")
    result = run_cycle(config, text, directory, cutoff, previous, silent)
    Archive(directory / "archive").add(result.record, result.inputs)
    publish(Workspace(directory=directory), result.record, jobs=1, progress=silent, registrar=REGISTRAR)
    return result.record


@pytest.fixture(scope="module", params=["delivered", "extended"])
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """A workspace with both cycles; the object's last ephemeris covers the window, or is extended through it."""
    directory = tmp_path_factory.mktemp("silent")
    path = write_workspace(directory, orbits=FLEET, span_days=SPAN_DAYS, limit_km=500.0)
    text = path.read_text().replace("[cycle]\n", "[cycle]\ncrossing_limit_km = 60\n")
    path.write_text(text.replace("cad_km = 10", "cad_km = 300"))  # so that feeds and messages tell of it as well
    with quick():
        new_workspace(directory)
        known = cycle(directory, CUTOFF, None)
        text = path.read_text().replace('name = "LOST orbiter"', 'name = "LOST orbiter"\nphase = "unknown"')
        if request.param == "extended":
            old = message(segment(LOST, -AGE_S, -AGE_S + 3 * LOST.period_s, 60.0), creation=CUTOFF + -AGE_S)
            (directory / "ephemerides" / "lost_1.oem").write_text(write_oem(old))
            source = 'path = "ephemerides/lost_*.oem"\n'
            text = text.replace(source, source + 'extend = "secular J2"\n')
        path.write_text(text)
        unknown = cycle(directory, CUTOFF + 3600.0, known)
    return Published(workspace=Workspace(directory=directory), known=known, unknown=unknown)


def texts_of_the_second_cycle(published: Published) -> dict[str, str]:
    """Every published text but those of the first cycle, which said what was known then and never change."""
    public = published.workspace.public
    first = "cycles/2021/03/17/T0000Z/"
    return {
        name: path.read_text(encoding="utf-8")
        for path in sorted(public.rglob("*"))
        if path.is_file() and not (name := path.relative_to(public).as_posix()).startswith(first)
        if path.suffix not in {".png", ".ico", ".gz", ".zip", ".woff2"}
    }


def ways_to_write(epoch: Epoch) -> set[str]:
    """An instant to the second, rounded and cut off, as pages, messages, calendars and tables write it."""
    words = set()
    for text in (epoch.iso(digits=0), epoch.iso(digits=3)[:19]):
        words |= {text, text.replace("T", " "), text.replace("-", "").replace(":", ""), text[11:]}
    return words


def test_the_first_cycle_had_approaches_of_the_object(published: Published) -> None:
    """The test is worth something: times of closest approach were published, and told of, while it was known."""
    assert {event.level for event in published.lost_events} == {Level.YELLOW}
    assert len(published.lost_events) > 3
    page = published.workspace.public / "cycles/2021/03/17/T0000Z/events.csv"
    assert any(word in page.read_text() for word in ways_to_write(published.lost_events[0].tca))


def test_no_published_file_gives_a_time_of_closest_approach(published: Published) -> None:
    """No page, table, feed, plot or message of the later cycle holds one of the times given before, in any writing."""
    texts = texts_of_the_second_cycle(published)
    assert any(name.endswith("crossings.csv") for name in texts)
    others = [event.tca for event in published.unknown.events]
    others += [
        epoch
        for crossing in published.unknown.crossings
        for epoch in (crossing.passage_primary, crossing.passage_secondary)
        if epoch is not None
    ]
    allowed = {word for epoch in others for word in ways_to_write(epoch)}
    forbidden = {
        word
        for event in published.lost_events
        if event.tca > published.unknown.window.start
        for word in ways_to_write(event.tca) - allowed
        if not word.endswith("00")  # whole minutes stand in the grids of plots
    }
    assert len(forbidden) > 20
    assert [(name, word) for word in sorted(forbidden) for name, text in texts.items() if word in text] == []


def test_no_feed_tells_of_an_approach_still_to_come(published: Published) -> None:
    """What feeds told of the object while it was known stays only of approaches that had passed by the later cycle."""
    texts = texts_of_the_second_cycle(published)
    told = [
        (name, when)
        for name, text in texts.items()
        for when in re.findall(r"LOST[^<>\n]*TCA [A-Za-z0-9 ]* (\d\d:\d\d) UTC", text)
    ]
    assert {name for name, _ in told} >= {"feeds/all.xml", "feeds/objects/LOST.xml"}
    cutoff = published.unknown.window.start.iso(digits=0)[11:16]
    assert max(when for _, when in told) < cutoff


def test_no_published_file_is_about_an_approach_of_the_object(published: Published) -> None:
    """There is no event, no row of a table, no message and no pair's nearest distance of the object."""
    assert all("LOST" not in (event.primary, event.secondary) for event in published.unknown.events)
    public = published.workspace.public
    newest = json.loads((public / "latest.json").read_text())["path"]
    names = [path.relative_to(public / newest).as_posix() for path in (public / newest).rglob("*")]
    assert [name for name in names if re.search(r"events/.*LOST", name)] == []
    for name in ("events.csv", "solutions.csv"):
        assert "LOST" not in (public / newest / name).read_text()
    rows = json.loads((public / newest / "coverage.json").read_text())["pairs"]
    lost = [row for row in rows if "LOST" in (row["primary"], row["secondary"])]
    assert len(lost) == 2
    for row in lost:
        assert row["nearest_tca_utc"] is None
        assert row["nearest_km"] is None
        assert "position along the orbit unknown" in row["unscreened"]
    rows = json.loads((public / newest / "crossings.json").read_text())["crossings"]
    lost = [row for row in rows if "LOST" in (row["primary"], row["secondary"])]
    assert lost
    for row in lost:
        side = "primary" if row["primary"] == "LOST" else "secondary"
        assert row[f"passage_{side}_utc"] is None
        assert row["oxt_s"] is None
        assert row["straight_line_cad_km"] is None


def test_no_drawing_gives_a_time_of_closest_approach(published: Published) -> None:
    """The pictures of the object and its pairs show crossings only, in their text as well."""
    record = published.unknown
    (item,) = (item for item in record.objects if item.id == "LOST")
    pairs = [pair for pair in record.pairs if "LOST" in (pair.primary, pair.secondary)]
    drawn = [*plots.object_plots(record, item), *(plot for pair in pairs for plot in plots.pair_plots(record, pair))]
    assert drawn
    for plot in drawn:
        assert "TCA" not in plot.alt.replace("no TCA", "")


def test_the_page_says_why(published: Published) -> None:
    """The object's page says that its position is unknown and that no time of closest approach can be given."""
    page = (published.workspace.public / "objects" / "LOST.html").read_text()
    assert "Position along the orbit unknown: only crossings of the orbits are meaningful" in page
    assert "None can be given: an approach needs a position along the orbit" in page


def test_an_extension_is_labelled_wherever_it_counts(published: Published) -> None:
    """An orbit carried on by drift is called so on its page, its pairs', the cycle's, and beside each crossing."""
    (item,) = (item for item in published.unknown.objects if item.id == "LOST")
    public, folder = published.workspace.public, published.workspace.public / "cycles/2021/03/17/T0100Z"
    words = "secular J2 drift"
    pages = [
        public / "objects/LOST.html",
        folder / "objects/LOST.html",
        folder / "index.html",
        folder / "crossings.csv",
    ]
    pages += list((folder / "pairs").glob("*LOST*.html"))
    assert len(pages) > 5
    extended = item.approximation is not None
    assert [words in page.read_text() for page in pages] == [extended] * len(pages)
    if item.approximation is not None:
        assert "400 days by the end of the window" in said(item.approximation.how)
        assert [span.length_s for span in item.coverage] == [pytest.approx(SPAN_DAYS * DAY_S)]


def test_the_orbit_of_an_extended_object_is_drawn_whole(published: Published) -> None:
    """The track shown is one closed revolution, whether delivered in one piece or made of repeated ones."""
    (item,) = (item for item in published.unknown.objects if item.id == "LOST")
    assert item.orbit is not None
    track_km = np.array(item.orbit.track_km)
    steps_km = np.linalg.norm(np.diff(track_km, axis=0), axis=1)
    assert steps_km.sum() == pytest.approx(2.0 * np.pi * LOST.a_km, rel=0.01)
    assert np.linalg.norm(track_km[0] - track_km[-1]) < 10.0 * steps_km.mean()
