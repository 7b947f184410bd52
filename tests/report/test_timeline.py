"""The timeline of a cycle: where its marks stand, what they say and where they lead, and its lanes."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Final
from xml.etree import ElementTree as ET  # reads only what the program itself wrote

import pytest

from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import Level
from nearpass.record.command_record import ClosureRecord, CommandingRecord
from nearpass.report.catalogue import Catalogue, Links
from nearpass.report.drawn.timeline import BOTTOM, LEFT, RIGHT, TOP, Timeline, TimelineMark, tall, wide
from nearpass.report.timeline_views import MOST_MARKS, timeline_of, timeline_view
from records import level_events, quiet_record, sample_record

LINKS: Final = Links(root="", cycle="c/")
TENTH: Final = 0.051
"""Places are written to a tenth of a pixel."""


def marks_of(svg: str) -> dict[str, tuple[float, float, str]]:
    """Title to place and address of each mark."""
    found = {}
    for link in ET.fromstring(svg).iter("a"):  # noqa: S314 - our own text
        place = re.fullmatch(r"translate\(([\d.]+) ([\d.]+)\)", link.attrib["transform"])
        title = link.find("title")
        assert place is not None
        assert title is not None
        found[title.text or ""] = (float(place[1]), float(place[2]), link.attrib["href"])
    return found


@pytest.mark.parametrize("level", list(Level))
def test_marks_stand_at_tca_and_at_the_distance_of_their_level(level: Level) -> None:
    """Time runs evenly over the window, distance by its logarithm, to the surface where one counts."""
    record = sample_record()
    catalogue = Catalogue(record)
    scene = timeline_of(catalogue, LINKS)
    marks = marks_of(str(wide(scene)))
    for event in level_events(level):
        km = event.miss_km if event.surface_km is None else event.surface_km
        [title] = [
            title
            for title in marks
            if title.startswith(f"{event.primary}–{event.secondary}, {level.value}")
            and event.tca.iso(digits=0)[11:] in title
        ]
        x, y, href = marks[title]
        share = (event.tca - record.window.start) / record.window.length_s
        height = math.log10(km / scene.least_km) / math.log10(scene.limit_km / scene.least_km)
        assert x == pytest.approx(LEFT + share * (RIGHT - LEFT), abs=TENTH)
        assert y == pytest.approx(BOTTOM + height * (TOP - BOTTOM), abs=TENTH)
        assert href == catalogue.event_href(event, LINKS)


def test_wide_and_tall_hold_the_same_marks() -> None:
    """Turned for a narrow window, no approach is lost and each leads to the same page."""
    scene = timeline_of(Catalogue(sample_record()), LINKS)
    pictures = [marks_of(str(picture)) for picture in (wide(scene), tall(scene))]
    assert [{title: mark[2] for title, mark in marks.items()} for marks in pictures] == [
        {one.said: one.href for one in scene.marks}
    ] * 2


def test_red_and_yellow_are_named_and_their_decisions_have_a_lane() -> None:
    """Each stands with its name and distance; its bar is thick until the deadline and ends at the approach."""
    record = sample_record()
    scene = timeline_of(Catalogue(record), LINKS)
    drawn = str(wide(scene))
    for event in (*level_events(Level.RED), *level_events(Level.YELLOW)):
        assert re.search(rf'class="lab b"[^>]*>{event.primary}–{event.secondary} [\d.]+\xa0km<', drawn)
        assert event.deadline is not None
        [lane] = [one for one in scene.decisions if one.name == f"{event.primary}–{event.secondary}"]
        assert lane.until == pytest.approx((event.deadline - record.window.start) / 86_400.0)
        assert lane.stop == pytest.approx((event.tca - record.window.start) / 86_400.0)
        assert f'data-b="{lane.until:.4f}"' in drawn


def test_times_without_commands_have_a_lane() -> None:
    """Two spacecraft that are shut at the same time share a bar that ends with the window; another time is another."""
    record = sample_record()
    start, stop = record.window.start + 10 * 86_400.0, record.window.stop + 86_400.0
    closed = CommandingRecord(
        lead_time_h=1.0, uplink_h=1.0, last_burn_h=None, sep_min_deg=None, passes=None,
        closures=(ClosureRecord(start=start, stop=stop, limit="conjunction", note=None),),
    )  # fmt: skip
    early = replace(
        closed,
        closures=(ClosureRecord(start=Epoch.parse("2001-01-01T00:00:00"), stop=Epoch.parse("2001-02-01T00:00:00"),
                                limit="conjunction", note=None),),
    )  # fmt: skip
    given = {"MRO": closed, "ODY": closed, "TGO": early}
    objects = tuple(replace(item, commanding=given.get(item.id)) for item in record.objects)
    [lane] = timeline_of(Catalogue(replace(record, objects=objects)), LINKS).closures

    assert set(lane.name.removesuffix(": solar conjunction").split(", ")) == {"MRO", "ODY"}
    assert (lane.start, lane.stop) == (pytest.approx(10.0), pytest.approx(record.window.length_s / 86_400.0))


def test_names_of_lanes_are_not_cut_by_what_cuts_the_marks() -> None:
    """Marks end where the axis ends, also in a part of the window; words left of it stand outside."""
    drawn = wide(timeline_of(Catalogue(sample_record()), LINKS))
    root = ET.fromstring(drawn)  # noqa: S314 - our own text
    (cut,) = (group for group in root if group.get("clip-path"))
    words = {item.text for item in root.iter() if item.get("text-anchor") == "end" and item.text in {"decide", "cross"}}

    assert "decide" in words
    assert words.isdisjoint(item.text for item in cut.iter())


def mark_of(days: float, level: Level = Level.GREEN, **changes: object) -> TimelineMark:
    base = TimelineMark(
        days=days, km=30.0, level=level, pair="A–B", miss="30 km", said=f"A–B, {days}", href="x"
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]


def scene_of(*marks: TimelineMark) -> Timeline:
    record = sample_record()
    return Timeline(
        start=record.window.start.datetime_utc(), length_days=20.0, marks=marks, decisions=(), crossings=(),
        closures=(), red_km=3.0, yellow_km=10.0, by_rules=False, limit_km=100.0, title="t",
    )  # fmt: skip


def test_a_run_of_one_pair_is_named_once() -> None:
    """Fourteen green approaches of a pair an hour apart have one name above them; three have none."""
    many = [mark_of(5.0 + hour / 24.0, said=f"m{hour}") for hour in range(14)]
    few = [mark_of(15.0 + hour / 24.0, pair="C–D", said=f"f{hour}") for hour in range(3)]
    drawn = str(wide(scene_of(*many, *few)))
    assert drawn.count("A–B: 14 in 13 h") == 1
    assert "C–D" not in drawn.replace("<title>", "")


def test_names_cover_no_other_name() -> None:
    """Red approaches at nearly one time and distance have names on different sides."""
    drawn = str(
        wide(scene_of(*(mark_of(10.0 + 0.01 * n, Level.RED, km=2.0, said=f"r{n}", pair=f"A–{n}") for n in range(3))))
    )
    sides = re.findall(r'class="lab b" x="(-?\d+)" y="(-?\d+)" text-anchor="(\w+)"', drawn)
    assert len(sides) == len(set(sides)) == 3


def test_hostile_words_are_escaped() -> None:
    """A name, a title and an address are text, whatever they hold."""
    drawn = str(wide(scene_of(mark_of(1.0, Level.RED, pair='<i>"', said="</title><script>", href='"><b'))))
    assert "<script>" not in drawn
    assert "<i>" not in drawn
    assert '"><b' not in drawn


def test_a_distance_of_zero_lies_at_the_edge_and_squeezes_nothing() -> None:
    """Zero has no logarithm: its mark lies at the lower edge, and the axis begins where it does without it."""
    drawn = marks_of(str(wide(scene_of(mark_of(1.0, km=0.0, said="zero"), mark_of(2.0, said="other")))))
    assert drawn["zero"][1] == BOTTOM
    assert scene_of(mark_of(1.0, km=0.0)).least_km == scene_of().least_km


def test_a_quiet_cycle_has_its_empty_axis() -> None:
    """Without approaches there are zones and dates, and no mark."""
    view = timeline_view(Catalogue(quiet_record()), LINKS)
    assert marks_of(str(view.wide)) == {}
    assert "z-red" in view.wide


def test_a_catalogue_says_how_many_are_left_out() -> None:
    """Of more approaches than can be told apart the most severe and nearest are drawn, and a sentence says so."""
    record = sample_record()
    green = level_events(Level.GREEN)[0]
    red = level_events(Level.RED)[0]
    events = (*(replace(green, event_id=f"G{n}") for n in range(MOST_MARKS)), red)
    view = timeline_view(Catalogue(replace(record, events=events)), LINKS)
    assert view.left_out is not None
    assert f"{MOST_MARKS} most severe" in view.left_out
    assert str(view.wide).count('class="ev"') == MOST_MARKS
    assert "m-red" in view.wide
