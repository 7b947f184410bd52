"""The built site in a browser: policy, behaviour by mouse and keyboard, accessibility, narrow windows, paper."""

from __future__ import annotations

import csv
import io
import itertools
import re
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from matplotlib.image import imread
from playwright.sync_api import Browser, Locator, Page, expect

from browsing import POLICY, Scheme, Visitor
from build_site import NOTE
from nearpass.archive.archive import cycle_folder
from nearpass.astro.bodies import body_named, equator_from_icrf
from nearpass.resources import resource
from records import RED_EVENT, sample_record

pytestmark = pytest.mark.browser

CYCLE: Final = cycle_folder(sample_record().cycle_id)
FRONT_MOST_WORDS: Final = 900
EARLIER: Final = "cycles/2021/03/12/T0000Z"
AT: Final = "2021-03-15T06:00:00Z"
"""A reader's clock soon after the sample cycle."""
CYCLES: Final = "cycles/*/*/*/*"
KINDS: Final = {
    "front": ("index.html", "index.html"),
    "cycle": (f"{CYCLE}/index.html", f"{CYCLES}/index.html"),
    "event": (f"{CYCLE}/events/{RED_EVENT}.html", f"{CYCLES}/events/*.html"),
    "pair": (f"{CYCLE}/pairs/MRO--TIANWEN-1.html", f"{CYCLES}/pairs/*.html"),
    "silent": (f"{CYCLE}/objects/MGS.html", f"{CYCLES}/objects/*.html"),
    "deliveries": (f"{CYCLE}/deliveries.html", f"{CYCLES}/deliveries.html"),
    "exchange": (f"{CYCLE}/exchanges/mars-2021.html", f"{CYCLES}/exchanges/*.html"),
    "object": ("objects/MRO.html", "objects/*.html"),
    "objects": ("objects/index.html", "objects/index.html"),
    "permalink": (f"events/{RED_EVENT}.html", "events/*.html"),
    "left": ("events/MRO-ODY-20210314T1902.html", "events/*.html"),
    "archive": ("archive/index.html", "archive/index.html"),
    "year": ("archive/2021/index.html", "archive/*/index.html"),
    "month": ("archive/2021/03.html", "archive/*/*.html"),
    "find": ("archive/find.html", "archive/find.html"),
    "changes": ("archive/changes.html", "archive/changes.html"),
    "validation": ("validation.html", "validation.html"),
    "prose": ("how-to-read.html", "*.html"),
    "programs": ("coordination.html", "*.html"),
    "tables": ("method.html", "*.html"),
    "formats": ("formats.html", "*.html"),
}
"""A page of each kind, and the pattern of all pages of that kind; a star stands within one folder."""
EVERY_KIND: Final = pytest.mark.parametrize("kind", KINDS)


def address(kind: str) -> str:
    return KINDS[kind][0]


def shown(table: Locator, column: int) -> list[str]:
    """Texts of a column in those rows of a table that are shown."""
    texts = table.locator("tbody tr:visible").evaluate_all(
        "(rows, column) => rows.map((row) => row.cells[column].textContent)", column
    )
    return [str(text) for text in texts]


def numbers(texts: list[str]) -> list[float]:
    return [float(text.replace("\u202f", "").replace("−", "-")) for text in texts]


def column_of(table: Locator, title: str) -> int:
    heads = table.locator("thead th").all_text_contents()
    return next(index for index, text in enumerate(heads) if text.startswith(title))


def test_every_page_is_of_a_tested_kind(site: Path) -> None:
    """Each page of the site is of a kind that these tests open."""
    kinds = re.compile("|".join(re.escape(pattern).replace(r"\*", "[^/]+") for _, pattern in KINDS.values()))
    names = [path.relative_to(site).as_posix() for path in site.rglob("*.html")]
    assert [name for name in names if kinds.fullmatch(name) is None] == []


@pytest.mark.parametrize("over", ["file", "http"])
@EVERY_KIND
def test_pages_open_under_the_policy(visit: Visitor, kind: str, over: Scheme) -> None:
    """A page opens without violation, console error or request elsewhere, in its layout, and its script runs."""
    page = visit(address(kind), over=over)
    expect(page.locator("html")).to_have_class(re.compile("ready"))
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.bar')).display") == "flex"


def test_pictures_open_under_the_policy(visit: Visitor) -> None:
    """A plot opened by itself is drawn in its colours under the policy of the server."""
    page = visit(f"{CYCLE}/plots/event-{RED_EVENT}-bplane.svg", over="http")
    looks = page.evaluate("Array.from(document.querySelectorAll('path'), (path) => getComputedStyle(path).stroke)")
    assert len(set(looks)) > 3


def test_lean_styles_and_scripts_mean_the_same(visit: Visitor, site: Path) -> None:
    """Published without comments and indentation, styles have the rules of their source, scripts its words."""
    page = visit("glossary.html")
    rules = """(text) => { const sheet = new CSSStyleSheet(); sheet.replaceSync(text);
        return Array.from(sheet.cssRules, (rule) => rule.cssText); }"""
    words = r"(text) => text.replace(/\/\*[^]*?\*\/|^ *\/\/.*$/gm, '').split(/\s+/).filter(Boolean).join(' ')"
    for source in sorted((resource("templates") / "theme" / "assets").glob("*.[cj]s*")):
        (lean,) = site.glob(f"assets/*/{source.name}")
        texts = [path.read_text(encoding="utf-8") for path in (source, lean)]
        assert len(texts[1]) < len(texts[0])
        told = [page.evaluate(rules if source.suffix == ".css" else words, text) for text in texts]
        assert told[0] == told[1]
        assert len(told[0]) > 100


def test_the_server_sends_what_publishers_are_told() -> None:
    """The policy of these tests is the one that the page for publishers tells a server to send."""
    told = Path(__file__).resolve().parents[2].joinpath("site", "publishers.md").read_text(encoding="utf-8")
    assert POLICY in told


def test_an_object_is_found_in_the_archive(visit: Visitor) -> None:
    """The finder lists an object's approaches by pair, with a link and level by shape and word, from a plain folder."""
    page = visit("archive/find.html", over="file")
    page.get_by_label("Object").fill("tianwen-1")
    page.get_by_role("button", name="Find").click()
    wanted = {event.event_id for event in sample_record().events if "TIANWEN-1" in {event.primary, event.secondary}}
    found, ids = page.locator(".finder-found tbody th a"), page.locator(".finder-found tbody th code")
    expect(page.locator(".finder-state")).to_contain_text(f"{len(wanted)} approaches")
    assert set(ids.all_text_contents()) == wanted
    pairs = {f"{event.primary} – {event.secondary}" for event in sample_record().events if event.event_id in wanted}
    assert set(found.all_text_contents()) == pairs
    assert set(page.locator(".finder-found .level").all_text_contents()) == {"▲ red", "● green"}
    found.first.click()
    expect(page.locator("h1")).to_be_visible()


def test_a_pair_and_a_note_are_found_in_the_archive(visit: Visitor) -> None:
    """Several words are all looked for: both objects of a pair, by id or name, or what a note says."""
    page = visit("archive/index.html", over="file")
    page.get_by_role("link", name="MRO – TIANWEN-1").click()
    both = {"MRO", "TIANWEN-1"}
    pair = {event.event_id for event in sample_record().events if {event.primary, event.secondary} == both}
    expect(page.locator(".finder-state")).to_contain_text(f"{len(pair)} approach")
    assert set(page.locator(".finder-found tbody th code").all_text_contents()) == pair
    page.get_by_label("Object").fill("cnsa telephone")
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".finder-state")).to_contain_text("0 approaches and 1 note")
    expect(page.locator(".finder-found .log")).to_contain_text(NOTE.text)


def test_the_finder_follows_a_link_to_an_object(visit: Visitor) -> None:
    """An object's page leads to the finder with that object already looked for."""
    page = visit("objects/MRO.html")
    page.get_by_role("link", name="every approach that any cycle listed").click()
    expect(page.locator(".finder-state")).to_contain_text("All months were searched")
    assert page.locator(".finder-found tbody tr").count() > 1


def test_a_picture_that_is_missing_is_noted(chromium: Browser, tmp_path: Path, served: str) -> None:
    """The watch over every page that is opened sees a file that is not there, so that its silence means something."""
    (tmp_path / "page.html").write_text('<!doctype html><title>t</title><img src="gone.svg" alt="">', encoding="utf-8")
    visitor = Visitor(browser=chromium, site=tmp_path, served=served)
    visitor("page.html")
    assert f"page.html: failed: {tmp_path.as_uri()}/gone.svg" in visitor.close()


def test_tables_sort_by_mouse(visit: Visitor) -> None:
    """A click on a head sorts by its column, a second one the other way round, and the head says so."""
    page = visit("index.html")
    table = page.locator("#events table")
    page.get_by_role("button", name="Show all").click()
    miss = column_of(table, "Miss")
    head = table.locator("thead th").nth(miss)
    before = numbers(shown(table, miss))
    head.get_by_role("button").click()
    assert numbers(shown(table, miss)) == sorted(before)
    assert head.get_attribute("aria-sort") == "ascending"
    head.get_by_role("button").click()
    assert numbers(shown(table, miss)) == sorted(before, reverse=True)
    assert head.get_attribute("aria-sort") == "descending"


def test_tables_sort_and_filter_by_keyboard(visit: Visitor) -> None:
    """From the skip link on, keys alone filter the table, reach a head and sort by it; the focus stays visible."""
    page = visit("index.html", over="http")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to content")
    page.keyboard.press("Enter")
    field = page.locator("#events input[type=search]")
    for _ in range(400):
        page.keyboard.press("Tab")
        if field.evaluate("(element) => element === document.activeElement"):
            break
    expect(field).to_be_focused()
    page.keyboard.type("tgo mro")
    table = page.locator("#events table")
    assert set(shown(table, 0)) == {"MRO – TGO"}
    miss = column_of(table, "Miss")
    button = table.locator("thead th").nth(miss).get_by_role("button")
    for _ in range(40):
        page.keyboard.press("Tab")
        if button.evaluate("(element) => element === document.activeElement"):
            break
    expect(button).to_be_focused()
    assert button.evaluate("(element) => getComputedStyle(element).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    found = numbers(shown(table, miss))
    assert len(found) > 2
    assert found == sorted(found)


@pytest.mark.parametrize(("kind", "most"), [("cycle", 12), ("front", 6)])
def test_long_tables_show_the_worst_and_open(visit: Visitor, kind: str, most: int) -> None:
    """Twelve rows are there, on the front page six; a button opens and closes the rest, a filter looks through all."""
    page = visit(address(kind))
    table, total = page.locator("#events table"), len(sample_record().events)
    assert total > most
    assert len(shown(table, 0)) == most
    assert [text.strip() for text in shown(table, 1)[:3]] == ["red", "yellow", "yellow"]
    page.get_by_role("button", name=f"Show all {total}").click()
    assert len(shown(table, 0)) == total
    page.get_by_role("button", name=f"Show the first {most}").click()
    last = table.locator("tbody tr").nth(total - 1)
    expect(last).to_be_hidden()
    page.locator("#events input[type=search]").fill(str(last.locator("th").text_content()))
    expect(last).to_be_visible()


def test_a_link_to_a_row_opens_its_table(visit: Visitor) -> None:
    """The address of an approach's row shows it, however far down it stands."""
    page = visit(f"{CYCLE}/index.html")
    anchor = page.locator("#events tbody tr").nth(14).get_attribute("id")
    expect(page.locator(f"#{anchor}")).to_be_hidden()
    page.goto(f"{page.url}#{anchor}")
    expect(page.locator(f"#{anchor}")).to_be_visible()


def test_a_phone_shows_two_lines_a_row(visit: Visitor) -> None:
    """Level, pair, miss, TCA, sigmas from a hit and Pc of each row lie within the window, without scrolling."""
    for width in (390, 320):
        page = visit("index.html", width=width)
        table = page.locator("#events table")
        for row in table.locator("tbody tr:visible").all():
            for cell in range(1, 7):
                box = row.locator(f"> :nth-child({cell})").bounding_box()
                assert box is not None
                assert box["x"] >= 0.0
                assert box["x"] + box["width"] <= width
            frame = row.bounding_box()
            assert frame is not None
            assert frame["height"] < 4 * 18.0 or width < 390  # on the narrowest phone a time takes two lines
        assert table.evaluate("(table) => table.parentElement.scrollWidth <= table.parentElement.clientWidth")


def test_filter_says_how_many(visit: Visitor) -> None:
    """The filter keeps rows that hold every word, and says how many of how many are left."""
    page = visit("index.html")
    page.locator("#events input[type=search]").fill("tianwen red")
    assert shown(page.locator("#events table"), 0) == ["MRO – TIANWEN-1"]
    expect(page.locator("#events output")).to_have_text(f"1 of {len(sample_record().events)} rows")


def test_theme_changes_and_is_remembered(visit: Visitor) -> None:
    """The button turns a light page dark, and the next page of the site is dark as well."""
    page = visit("index.html", over="http")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="light and dark").click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark != light
    page.get_by_role("link", name="Archive", exact=True).first.click()
    expect(page.locator("h1")).to_have_text("Archive")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark


@pytest.mark.parametrize("over", ["file", "http"])
def test_plots_follow_the_theme(visit: Visitor, over: Scheme) -> None:
    """In the dark a plot's white ground is dark as the page's cards are, by the system or the button; not on paper."""
    page = visit("index.html", over=over, color_scheme="dark")
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    image = page.locator("#coverage img")
    image.scroll_into_view_if_needed()

    def corner() -> tuple[float, ...]:
        return tuple(imread(io.BytesIO(image.screenshot()))[2, 2, :3])

    assert max(corner()) < 0.2
    page.emulate_media(media="print")
    assert min(corner()) > 0.98
    page.emulate_media(media="screen")
    page.get_by_role("button", name="light and dark").click()
    assert min(corner()) > 0.98
    page.emulate_media(color_scheme="light")
    page.get_by_role("button", name="light and dark").click()
    assert max(corner()) < 0.2


def test_plots_enlarge(visit: Visitor) -> None:
    """A plot opens enlarged with its text, Escape closes it, and the focus returns to the plot."""
    page = visit("index.html")
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    plot = page.locator("a.zoom").first
    plot.focus()
    page.keyboard.press("Enter")
    image = page.locator("dialog img")
    expect(image).to_be_visible()
    assert image.get_attribute("alt") == plot.locator("img").get_attribute("alt")
    page.keyboard.press("Escape")
    expect(image).to_be_hidden()
    expect(plot).to_be_focused()


def test_the_timeline_is_read_by_keys(visit: Visitor) -> None:
    """One tab stop; arrows move in the order of time and read each approach out, End and Home go to the ends."""
    page = visit("index.html")
    marks, told = page.locator(".tl-wide a.ev"), page.locator("#timeline .readout")
    assert marks.count() == len(sample_record().events)
    assert marks.evaluate_all("(marks) => marks.filter((mark) => mark.tabIndex === 0).length") == 1
    first, second, *_, last = sample_record().events
    page.locator('.tl-wide a.ev[tabindex="0"]').focus()
    expect(told).to_contain_text(f"{first.primary}–{first.secondary}")
    page.keyboard.press("ArrowRight")
    expect(told).to_contain_text(f"{second.primary}–{second.secondary}")
    page.keyboard.press("End")
    expect(told).to_contain_text(f"{last.primary}–{last.secondary}")
    page.keyboard.press("Home")
    expect(told).to_contain_text(f"{first.primary}–{first.secondary}")


def test_the_timeline_zooms_by_buttons_and_drag_and_returns(visit: Visitor) -> None:
    """Zoomed by a button or a drag the marks move apart; All and Escape put each back where it was."""
    page = visit("index.html", over="http")
    picture = page.locator(".tl-wide")
    places = "(marks) => marks.map((mark) => mark.getAttribute('transform'))"
    marks = picture.locator("a.ev")
    before = marks.evaluate_all(places)
    page.get_by_role("button", name="Zoom in").click()
    assert marks.evaluate_all(places) != before
    for _ in range(2):
        page.get_by_role("button", name="Zoom in").click()
    expect(picture.get_by_text("06:00").nth(14)).to_be_visible()  # below four days each six hours have a line
    page.get_by_role("button", name="All", exact=True).click()
    expect(picture.get_by_text("06:00").nth(14)).to_be_hidden()
    assert marks.evaluate_all(places) == before
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box is not None
    low = box["y"] + 0.93 * box["height"]
    page.mouse.move(box["x"] + 300, low)
    page.mouse.down()
    page.mouse.move(box["x"] + 500, low, steps=4)
    page.mouse.up()
    assert marks.evaluate_all(places) != before
    page.locator('.tl-wide a.ev[tabindex="0"]').focus()
    page.keyboard.press("Escape")
    assert marks.evaluate_all(places) == before


def test_the_timeline_turns_in_a_narrow_window(visit: Visitor) -> None:
    """On a phone time runs down, and the wide picture is taken from readers and keys alike."""
    page = visit("index.html", width=390)
    expect(page.locator(".tl-wide")).to_be_hidden()
    expect(page.locator(".tl-tall a.ev").first).to_be_visible()
    assert page.locator(".tl-tall a.ev").count() == len(sample_record().events)


@EVERY_KIND
def test_pages_read_without_scripts(visit: Visitor, kind: str) -> None:
    """Without scripts every heading, paragraph, table row and picture is shown, and no control that needs one."""
    page = visit(address(kind), java_script_enabled=False)
    hidden = page.locator("main").evaluate(
        """(main) => Array.from(main.querySelectorAll("h1, h2, h3, p, tr, dd, li, img"))
            .filter((part) => !part.closest("details:not([open])"))
            .filter((part) => !part.checkVisibility()).map((part) => part.outerHTML.slice(0, 90))"""
    )
    assert hidden == []
    expect(page.locator("main input:visible, main button:visible, button.theme:visible")).to_have_count(0)


@EVERY_KIND
def test_a_page_of_each_kind_is_read_by_everybody(visit: Visitor, kind: str) -> None:
    """Axe-core finds nothing in light with every fold open, nor of its rules on colour in dark; only tables scroll."""
    page = visit(address(kind), color_scheme="light", at=AT)
    for width in (1366, 1200, 768, 390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1366, "height": 844})
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    colours = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
    for scheme, rules in (("light", {}), ("dark", colours)):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page, options={"resultTypes": ["violations"], "preload": False, **rules}).response
        told = [(item["id"], node["failureSummary"]) for item in found["violations"] for node in item["nodes"][:3]]
        assert told == [], scheme


def test_countdowns_run_to_tca(visit: Visitor) -> None:
    """Six hours after the cut-off the red row counts down to its deadline and its TCA."""
    page = visit("index.html", at=AT)
    texts = page.locator(".row-red .countdown").all_text_contents()
    assert texts == ["in 5 d 22 h", "in 2 d 22 h"]
    expect(page.locator("p.newer")).to_be_hidden()


def test_a_frozen_page_learns_of_newer_cycles(visit: Visitor) -> None:
    """A published cycle names the newest one and leads to its successor, both from the shared scripts."""
    page = visit(f"{EARLIER}/index.html", at=AT)
    expect(page.locator("p.newer")).to_have_text("A newer cycle exists: 2021-03-15T0000Z.")
    following = page.locator("a.next")
    expect(following).to_have_text("Next cycle →")
    following.click()
    expect(page).to_have_url(re.compile("cycles/2021/03/13/T0000Z/index.html$"))


ORBITS: Final = "#where .orbits"


def orbit_view(page: Page) -> Locator:
    """The view that turns; the still picture is not shown beside it."""
    holder = page.locator(ORBITS)
    expect(holder.locator("svg")).to_be_visible()
    expect(page.locator("#where figure.turnable a.zoom")).to_be_hidden()
    return holder


def test_orbits_turn_by_mouse(visit: Visitor) -> None:
    """Dragging to the left turns the view east, dragging down turns it north, and it says where it is seen from."""
    page = visit(address("event"))
    holder = orbit_view(page)
    expect(holder.locator("output")).to_have_text("Seen from 25° north, 35° east of TCA")
    holder.scroll_into_view_if_needed()
    box = holder.locator("svg").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 220, steps=4)
    page.mouse.up()
    page.mouse.move(box["x"] + 300, box["y"] + 100)
    expect(holder.locator("output")).to_have_text("Seen from 35° north, 55° east of TCA")


def test_orbits_turn_by_keyboard(visit: Visitor) -> None:
    """Arrow keys turn the view as far as the pole, plus enlarges, Home starts anew, Tab leads on to the buttons."""
    page = visit(address("event"), over="http")
    holder = orbit_view(page)
    told, bar = holder.locator("output"), holder.locator(".scale-bar")
    start = bar.get_attribute("d")
    holder.locator("svg").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    expect(told).to_have_text("Seen from 30° north, 40° east of TCA")
    for _ in range(14):
        page.keyboard.press("ArrowUp")
    expect(told).to_have_text("Seen from 90° north, 40° east of TCA")
    page.keyboard.press("+")
    assert bar.get_attribute("d") != start
    page.keyboard.press("Home")
    expect(told).to_have_text("Seen from 25° north, 35° east of TCA")
    assert bar.get_attribute("d") == start
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(told).to_have_text("Seen from 0° north, 90° west of TCA")


def test_orbits_turn_by_touch(visit: Visitor) -> None:
    """A finger that moves sideways turns the view; one that moves up or down is left to scroll the page."""
    page = visit(address("event"), width=390, has_touch=True)
    holder = orbit_view(page)
    picture = holder.locator("svg")
    assert picture.evaluate("(element) => getComputedStyle(element).touchAction") == "pan-y pinch-zoom"
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box is not None
    devtools = page.context.new_cdp_session(page)
    x, y = box["x"] + 200, box["y"] + 100
    for kind, points in [
        ("touchStart", [{"x": x, "y": y}]),
        *(("touchMove", [{"x": x - step, "y": y}]) for step in range(20, 101, 20)),
        ("touchEnd", []),
    ]:
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(holder.locator("output")).not_to_have_text("Seen from 25° north, 35° east of TCA")
    expect(holder.locator("output")).to_have_text(re.compile("Seen from 25° north"))


@pytest.mark.parametrize("zooms", [0, 7])
def test_the_scale_of_the_orbits_is_honest(visit: Visitor, zooms: int) -> None:
    """By its own scale bar the disc has the body's radius, and TCA lies where the record has it, at any zoom."""
    record = sample_record()
    event = next(event for event in record.events if event.event_id == RED_EVENT)
    page = visit(address("event"))
    holder = orbit_view(page)
    holder.get_by_role("button", name="North pole").click()
    for _ in range(zooms):
        holder.get_by_role("button", name="Zoom in").click()
    bar_units = float(re.findall(r"h([\d.]+)", str(holder.locator(".scale-bar").get_attribute("d")))[0])
    bar_text = holder.locator("text", has_text=re.compile(r"^[\d\u202f]+ km$")).text_content()
    km_per_unit = float(str(bar_text).removesuffix(" km").replace("\u202f", "")) / bar_units
    tenth_of_a_unit = 0.05 / bar_units  # to which the bar is drawn

    disc = holder.locator(".disc")
    radius_km = record.body.equatorial_radius_km
    assert float(str(disc.get_attribute("rx"))) * km_per_unit == pytest.approx(radius_km, rel=tenth_of_a_unit)
    pole = equator_from_icrf(body_named(record.body.name), event.tca)[2]
    expected_km = float(np.linalg.norm(np.cross(event.primary_position_km, pole)))
    spot = re.findall(r"[\d.-]+", str(holder.locator(".spot").get_attribute("transform")))
    found_km = (float(spot[0]) - float(str(disc.get_attribute("cx")))) * km_per_unit
    rounding_km = 1.0 + 0.05 * km_per_unit  # whole km in the page, tenths of a unit in the picture
    assert found_km == pytest.approx(expected_km, abs=rounding_km + tenth_of_a_unit * expected_km)


def test_orbits_stand_still_without_scripts(visit: Visitor) -> None:
    """Without scripts, and on paper, the still picture stands in the place of the view that turns."""
    page = visit(address("event"), java_script_enabled=False)
    expect(page.locator(ORBITS)).to_be_hidden()
    expect(page.locator("#where figure img").first).to_be_visible()
    page = visit(address("event"))
    orbit_view(page)
    page.emulate_media(media="print")
    expect(page.locator(ORBITS)).to_be_hidden()
    expect(page.locator("#where figure.turnable img")).to_be_visible()


def test_columns_are_chosen(visit: Visitor) -> None:
    """A wide table offers its columns; one that is unchecked leaves head and rows, and comes back."""
    page = visit(f"{CYCLE}/index.html")
    table, chooser = page.locator("#events table"), page.locator("#events details.columns")
    speed = column_of(table, "Speed")
    chooser.locator("summary").click()
    chooser.get_by_label("Speed").uncheck()
    expect(table.locator("thead th").nth(speed)).to_be_hidden()
    assert table.locator(f"tbody tr > :nth-child({speed + 1}):visible").count() == 0
    chooser.get_by_label("Speed").check()
    expect(table.locator("thead th").nth(speed)).to_be_visible()


@pytest.mark.parametrize("width", [1366, 390])
def test_heads_of_long_tables_stay_in_sight(visit: Visitor, width: int) -> None:
    """Scrolled into its rows, a long table still shows its head."""
    page = visit(f"{CYCLE}/index.html", width=width)
    page.locator("#coverage tbody tr").nth(30).scroll_into_view_if_needed()
    page.locator("#coverage tbody tr").nth(25).hover()
    expect(page.locator("#coverage thead th").first).to_be_in_viewport(ratio=0.9)


def test_a_late_site_says_so(visit: Visitor) -> None:
    """When the next cycle is overdue, front page and object page say for how long there was none."""
    for name in ("index.html", "objects/MRO.html"):
        page = visit(name, at="2021-03-18T05:00:00Z")
        expect(page.locator("p.newer")).to_have_text(re.compile("^Overdue: the next cycle was due on 16 March 2021"))


def pdf_pages(page: Page) -> int:
    """Number of A4 pages that the page prints on."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(prefer_css_page_size=True, print_background=True)))


def test_an_event_prints_on_two_pages(visit: Visitor) -> None:
    """A red event with all its plots and whom to tell fits two pages of A4, from the dark page as well."""
    page = visit(address("event"), color_scheme="dark")
    assert pdf_pages(page) <= 2
    page.emulate_media(media="print")
    expect(page.locator("#contacts li").first).to_be_visible()
    note = '<article class="log"><header><b>Plan</b> NASA/JPL</header><p>A burn of 0.06 m/s is planned.</p></article>'
    page.locator("#said > h2").evaluate("(head, note) => head.insertAdjacentHTML('afterend', note)", 9 * note)
    assert page.locator("#said .log:visible").count() == 3
    rows = 24 * "<tr><td>position R</td><td>0.025 km</td></tr>"
    beside = "<h2>Partners</h2><h3>CNSA, by its CDM</h3><p>CNSA agrees with us within 0.1 sigma.</p>"
    beside += (
        f"<div class='table-box'><table>{rows}</table></div><p>messages/1.cdm</p><ul><li>It replaces one.</li></ul>"
    )
    page.locator("#do").evaluate(
        "(next, text) => next.insertAdjacentHTML('beforebegin', `<section id='partners'>${text}</section>`)", beside
    )
    expect(page.locator("#partners > p:visible")).to_have_count(1)
    assert pdf_pages(page) <= 2


def test_the_front_page_prints_on_four_pages(visit: Visitor) -> None:
    """Verdict, board, timeline, approaches, changes and pairs fit four pages of A4; the rest has a page to look at."""
    page = visit(address("front"))
    assert pdf_pages(page) <= 4
    page.emulate_media(media="print")
    expect(page.locator("#events tbody tr:visible")).to_have_count(len(sample_record().events))
    assert "on the page of the cycle" in page.locator(".folds").evaluate(
        "(box) => getComputedStyle(box, '::after').content"
    )


def test_the_board_prints_as_on_a_screen(visit: Visitor) -> None:
    """On paper who, both rulers and who acts stand in one row, within the sheet, and no button is printed."""
    page = visit(address("front"), width=718)
    page.emulate_media(media="print")
    boxes = [page.locator(f".row-red > {part}").first.bounding_box() for part in (".who", ".r1", ".r2", ".dec")]
    places = [(box["x"], box["x"] + box["width"]) for box in boxes if box is not None]
    assert len(places) == 4
    assert all(right <= following for (_, right), (following, _) in itertools.pairwise(places))
    assert places[-1][1] <= 718
    expect(page.locator(".more-rows:visible, .tools-line:visible, .take:visible")).to_have_count(0)


@pytest.mark.parametrize("over", ["file", "http"])
def test_filter_and_order_stay_in_the_address(visit: Visitor, over: Scheme) -> None:
    """Words of a filter and the order of a table are in the address, and a page opened by it shows the same rows."""
    page = visit("index.html", over=over)
    table = page.locator("#events table")
    page.get_by_label("Filter approaches").fill("mro")
    table.get_by_role("button", name="Miss").click()
    table.get_by_role("button", name="Miss").click()
    shown_first = shown(table, 2)
    address = page.url
    assert "events.filter=mro" in address
    assert "events.sort=-3" in address
    again = visit(f"index.html?{address.partition('?')[2]}", over=over)
    assert shown(again.locator("#events table"), 2) == shown_first
    assert numbers(shown_first) == sorted(numbers(shown_first), reverse=True)
    again.get_by_label("Filter approaches").fill("")
    assert "filter" not in again.url


def test_the_rows_shown_can_be_taken_along(visit: Visitor) -> None:
    """The download has the head and exactly the rows that the filter leaves, with numbers as precise as the twins'."""
    page = visit("index.html")
    page.get_by_label("Filter approaches").fill("phobos")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download the rows shown").click()
    lines = list(csv.DictReader(Path(taken.value.path()).read_text(encoding="utf-8").splitlines()))
    wanted = [event for event in sample_record().events if "PHOBOS" in {event.primary, event.secondary}]
    assert taken.value.suggested_filename == "events-shown.csv"
    assert [float(line["Miss km"]) for line in lines] == pytest.approx([event.surface_km for event in wanted])
    assert [line["TCA UTC"][:19] for line in lines] == [event.tca.iso(digits=3)[:19] for event in wanted]


@pytest.mark.parametrize("over", ["file", "http"])
def test_a_link_to_a_section_is_copied_and_opens_what_is_folded(visit: Visitor, over: Scheme) -> None:
    """The sign behind a heading copies its address; opened, the address shows the section with its fold open."""
    page = visit("index.html", over=over)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="Link to Coverage and completeness").click()
    expect(page.locator(".copied")).to_have_text("Copied.")
    assert page.url.endswith("#coverage")
    expect(page.locator("#coverage table").first).to_be_visible()
    quoted = visit(f"{CYCLE}/events/{RED_EVENT}.html", over=over)
    quoted.get_by_role("button", name="Copy this paragraph").click()
    expect(quoted.locator(".copied")).to_have_text("Copied.")


def test_what_tells_of_one_approach_is_marked_together(visit: Visitor) -> None:
    """Pointing at a row marks its row on the board, its mark on the timeline and the cell of its pair."""
    page = visit(f"{CYCLE}/index.html")
    page.locator(f"#events tr#{RED_EVENT} td").nth(1).hover()
    for marked in (f"#now-{RED_EVENT}", f"a.ev[href*='{RED_EVENT}']", f"tr#{RED_EVENT}"):
        expect(page.locator(marked).first).to_have_class(re.compile("linked"))
    expect(page.locator(".matrix .linked")).to_have_count(1)
    assert "MRO--TIANWEN-1" in str(page.locator(".matrix .linked a").get_attribute("href"))
    page.locator("h1").hover()
    expect(page.locator(".linked")).to_have_count(0)


def test_the_front_page_is_short(visit: Visitor) -> None:
    """A reader sees at most 900 words of the front page beside its pictures; the rest is folded or a link away."""
    page = visit("index.html", at=AT)
    count = """() => { let words = 0;
        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
            const holder = texts.currentNode.parentElement;
            if (holder.closest("svg, script") || !holder.checkVisibility()) { continue; }
            words += texts.currentNode.textContent.split(/\\s+/).filter(Boolean).length;
        }
        return words; }"""
    assert 300 < page.evaluate(count) <= FRONT_MOST_WORDS
