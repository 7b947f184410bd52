"""The built site in a browser: policy, behaviour by mouse and keyboard, accessibility, narrow windows, paper."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from browsing import POLICY, Scheme, Visitor
from generator.report import pages
from records import RED_EVENT, sample_record

pytestmark = pytest.mark.browser

CYCLE: Final = pages.cycle_path(sample_record().cycle_id)
EARLIER: Final = "cycles/2021/03/12/T0000Z"
AT: Final = "2021-03-15T06:00:00Z"
"""A reader's clock soon after the sample cycle."""
KINDS: Final = {
    "front": ("index.html", "index.html"),
    "cycle": (f"{CYCLE}/index.html", "cycles/*/index.html"),
    "event": (f"{CYCLE}/events/{RED_EVENT}.html", "cycles/*/events/*.html"),
    "pair": (f"{CYCLE}/pairs/MRO--TIANWEN-1.html", "cycles/*/pairs/*.html"),
    "silent": (f"{CYCLE}/objects/MGS.html", "cycles/*/objects/*.html"),
    "object": ("objects/MRO.html", "objects/*.html"),
    "objects": ("objects/index.html", "objects/index.html"),
    "permalink": (f"events/{RED_EVENT}.html", "events/*.html"),
    "left": ("events/MRO-ODY-20210314T1902.html", "events/*.html"),
    "archive": ("archive/index.html", "archive/index.html"),
    "year": ("archive/2021/index.html", "archive/*/index.html"),
    "month": ("archive/2021/03.html", "archive/*/*.html"),
    "prose": ("how-to-read.html", "*.html"),
    "formats": ("formats.html", "*.html"),
}
"""A page of each kind, and the pattern of all pages of that kind."""
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
    patterns = [pattern for _, pattern in KINDS.values()]
    names = [path.relative_to(site).as_posix() for path in site.rglob("*.html")]
    assert [name for name in names if not any(fnmatch(name, pattern) for pattern in patterns)] == []


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


def test_the_server_sends_what_publishers_are_told() -> None:
    """The policy of these tests is the one that the page for publishers tells a server to send."""
    told = Path(__file__).resolve().parents[2].joinpath("site", "publishers.md").read_text(encoding="utf-8")
    assert POLICY in told


def test_tables_sort_by_mouse(visit: Visitor) -> None:
    """A click on a head sorts by its column, a second one the other way round, and the head says so."""
    page = visit("index.html")
    table = page.locator("#events table")
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


def test_plots_enlarge(visit: Visitor) -> None:
    """A plot opens enlarged with its text, Escape closes it, and the focus returns to the plot."""
    page = visit("index.html")
    plot = page.locator("a.zoom").first
    plot.focus()
    page.keyboard.press("Enter")
    image = page.locator("dialog img")
    expect(image).to_be_visible()
    assert image.get_attribute("alt") == plot.locator("img").get_attribute("alt")
    page.keyboard.press("Escape")
    expect(image).to_be_hidden()
    expect(plot).to_be_focused()


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
    expect(page.locator("main input, main button, button.theme:visible")).to_have_count(0)


@EVERY_KIND
def test_axe_finds_nothing_grave(visit: Visitor, kind: str) -> None:
    """Axe-core finds no serious or critical issue in light, nor, by its rules on colour, in dark."""
    page = visit(address(kind), color_scheme="light", at=AT)
    colours = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
    for scheme, rules in (("light", {}), ("dark", colours)):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page, options={"resultTypes": ["violations"], "preload": False, **rules})
        grave = [item for item in found.response["violations"] if item["impact"] in {"serious", "critical"}]
        assert [(item["id"], node["failureSummary"]) for item in grave for node in item["nodes"][:3]] == [], scheme


@EVERY_KIND
def test_narrow_pages_do_not_scroll_sideways(visit: Visitor, kind: str) -> None:
    """On a tablet, a phone and the narrowest phone only tables scroll sideways, never the page."""
    page = visit(address(kind))
    for width in (768, 390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_countdowns_run_to_tca(visit: Visitor) -> None:
    """Six hours after the cut-off the red card counts down to its deadline and its TCA."""
    page = visit("index.html", at=AT)
    texts = page.locator(".card-red .countdown").all_text_contents()
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


def pdf_pages(page: Page) -> int:
    """Number of A4 pages that the page prints on."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(prefer_css_page_size=True, print_background=True)))


def test_an_event_prints_on_two_pages(visit: Visitor) -> None:
    """A red event with all its plots fits two pages of A4, from the light and from the dark page."""
    page = visit(address("event"), color_scheme="dark")
    assert pdf_pages(page) <= 2
