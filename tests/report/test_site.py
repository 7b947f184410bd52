"""The built site: links, policy, escaping, and its behaviour in a browser where there is one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import pytest

import build_site
from generator.report import pages
from generator.resources import resource
from hostile import hostile_record
from records import sample_record

ASSETS_MOST_BYTES = 40_000
"""What a page may load of styles and scripts."""

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
SUBRESOURCES = frozenset({("img", "src"), ("script", "src"), ("link", "href"), ("iframe", "src"), ("source", "src")})
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@dataclass
class Page(HTMLParser):
    """What a page holds, by a strict reading: an element that is not closed properly is a fault."""

    path: Path
    stack: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    links: list[tuple[str, str, str]] = field(default_factory=list)
    ids: Counter[str] = field(default_factory=Counter)
    tags: Counter[str] = field(default_factory=Counter)
    images: list[dict[str, str | None]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.path.read_text(encoding="utf-8"))
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self.stack]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        known = dict(attrs)
        self.tags[tag] += 1
        self.faults += [f"<{tag}> repeats {name}" for name, n in Counter(name for name, _ in attrs).items() if n > 1]
        if tag not in VOID:
            self.stack.append(tag)
        if known.get("id"):
            self.ids[str(known["id"])] += 1
        self.links += [(tag, name, str(value)) for name, value in attrs if name in {"href", "src"}]
        self.inline += [f"<{tag} {name}>" for name, _ in attrs if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in known):
            self.inline.append(f"<{tag}>")
        if tag == "img":
            self.images.append(known)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An SVG shape such as ``<path/>``."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if not self.stack or self.stack[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.stack[-1:]}, line {self.getpos()[0]}")
        else:
            self.stack.pop()

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.words.append(data)


class Browse(Protocol):
    """Opens a page of the site in a browser and gives what the driver saw."""

    def __call__(self, name: str, *, width: int = 1366) -> dict[str, Any]: ...


def _build(folder: Path, *, hostile: bool) -> Path:
    record = hostile_record() if hostile else sample_record()
    earlier = [] if hostile else build_site.earlier_cycles(record)
    if hostile:  # alone in its archive
        record = replace(
            record, previous_cycle_id=None, changes=(), events=tuple(replace(e, history=()) for e in record.events)
        )  # fmt: skip
    build_site.write_sources(folder / "docs", [*earlier, record], with_plots=False)
    build_site.build(folder / "docs", folder / "site", notice=record.notice)
    return folder / "site"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample cycle and the earlier ones it points to, built."""
    return _build(tmp_path_factory.mktemp("plain"), hostile=False)


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cycle with hostile text in every free field, built."""
    return _build(tmp_path_factory.mktemp("hostile"), hostile=True)


@pytest.fixture(scope="module")
def parsed(site: Path) -> dict[Path, Page]:
    """Every page of the site, read."""
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


def test_every_page_is_well_formed(parsed: dict[Path, Page]) -> None:
    """Elements are closed in order, ids are unique, and each page has one heading of the first level and one main."""
    for path, page in parsed.items():
        assert page.faults == [], path
        assert [name for name, times in page.ids.items() if times > 1] == [], path
        assert page.tags["h1"] == 1, path
        assert page.tags["main"] == 1, path


def test_every_link_resolves(site: Path, parsed: dict[Path, Page]) -> None:
    """Each relative address of each page names a file of the site, and each fragment an id in it."""
    for path, page in parsed.items():
        for _, _, address in page.links:
            parts = urlsplit(address)
            if path.name == "404.html" and parts.path.startswith("/"):
                target = site / unquote(parts.path[1:])  # an error page is served under any address
            else:
                assert not parts.scheme, f"{path}: {address}"
                target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), f"{path}: {address}"
            if parts.fragment:
                assert parts.fragment in parsed[target].ids, f"{path}: {address}"


def test_strict_policy_holds(parsed: dict[Path, Page]) -> None:
    """No page has an inline script, style or handler, nor loads anything from another host; each carries the policy."""
    for path, page in parsed.items():
        assert page.inline == [], path
        for tag, name, address in page.links:
            if (tag, name) in SUBRESOURCES:
                assert not urlsplit(address).netloc, f"{path}: {address}"
        text = path.read_text(encoding="utf-8")
        assert "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:" in text, path


def test_every_image_has_words(parsed: dict[Path, Page]) -> None:
    """Each picture has an alternative text; only the empty frame of the enlarged plot has an empty one."""
    seen = 0
    for path, page in parsed.items():
        for image in page.images:
            seen += 1
            assert "alt" in image, path
            assert image["alt"] or "src" not in image, path
    assert seen > len(parsed)


def test_tables_are_described(site: Path) -> None:
    """Each table of a cycle's pages has a caption, and each of its heads a scope."""
    for path in (site / pages.cycle_path(sample_record().cycle_id)).rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert text.count("<table") == text.count("<caption>"), path
        assert re.search(r"<th(?![^>]*scope=)[ >]", text) is None, path


def test_notice_on_every_page(parsed: dict[Path, Page]) -> None:
    """The notice stands on every page, hand-written ones and the error page included."""
    notice = sample_record().notice
    assert notice
    for path, page in parsed.items():
        assert notice in " ".join(page.words), path


def test_assets_are_small() -> None:
    """The stylesheet and the script together stay under 40 kB."""
    folder = resource("templates") / "theme" / "assets"
    assert sum((folder / name).stat().st_size for name in ("site.css", "site.js")) < ASSETS_MOST_BYTES


def test_hostile_text_is_harmless(hostile_site: Path) -> None:
    """Hostile text changes neither the elements of a page nor its links, and is shown as it was written."""
    shown = 0
    for path in hostile_site.rglob("*.html"):
        page = Page(path)
        assert page.faults == [], path
        assert page.inline == [], path
        assert page.tags["script"] <= 3, path
        assert not any(address == "x" or "alert" in address for _, _, address in page.links), path
        words = "".join(page.words)
        assert "49" not in re.findall(r"\[a\]\(b\) `c` (\S+)", words), path
        if "*x* [a](b) `c` {{ 7*7 }} {% raw %}" in words:
            shown += 1
            assert "<script>alert(1)</script>" in words, path
            assert "</div></td>" in words, path
    assert shown == sum(1 for _ in hostile_site.rglob("*.html"))


def test_phase_unknown_objects_have_no_countdown(site: Path) -> None:
    """The pages of pairs with an object whose phase is unknown hold the sentence and not one machine-readable TCA."""
    folder = site / pages.cycle_path(sample_record().cycle_id) / "pairs"
    found = [path for path in folder.glob("*.html") if "MGS" in path.stem.split("--")]
    assert len(found) == len(sample_record().objects) - 1
    for path in found:
        text = path.read_text(encoding="utf-8")
        assert "osition along the orbit unknown: only crossings of the orbits are meaningful" in text
        assert "data-to=" not in text
        assert "The nearest is" not in text


DRIVER = """
window.faults = [];
addEventListener("error", function (event) { faults.push("error: " + event.message); }, true);
addEventListener("securitypolicyviolation", function (event) { faults.push("policy: " + event.violatedDirective); });
addEventListener("load", function () {
  var told = {};
  function texts(table, index) {
    return Array.from(table.tBodies[0].rows).filter(function (row) { return !row.hidden; })
      .map(function (row) { return row.cells[index].textContent; });
  }
  function head(table, name) {
    var heads = Array.from(table.tHead.rows[0].cells);
    return heads.findIndex(function (cell) { return cell.textContent.indexOf(name) === 0; });
  }
  var table = document.querySelector("#events table");
  if (table) {
    var miss = head(table, "Miss");
    var button = table.tHead.rows[0].cells[miss].querySelector("button");
    button.click();
    told.ascending = texts(table, miss);
    told.sort = table.tHead.rows[0].cells[miss].getAttribute("aria-sort");
    button.click();
    told.descending = texts(table, miss);
    var field = document.querySelector("#events input[type=search]");
    field.value = "tianwen red";
    field.dispatchEvent(new Event("input"));
    told.filtered = texts(table, 0);
    told.state = document.querySelector("#events output").textContent;
  }
  var theme = document.querySelector("button.theme");
  theme.click();
  told.theme = document.documentElement.dataset.theme;
  told.background = getComputedStyle(document.body).backgroundColor;
  var newer = document.querySelector("p.newer");
  told.newer = newer.hidden ? null : newer.textContent;
  var next = document.querySelector("a.next");
  told.next = next && [next.textContent, next.getAttribute("href")];
  told.countdowns = Array.from(document.querySelectorAll(".countdown")).map(function (e) { return e.textContent; });
  var zoom = document.querySelector("a.zoom");
  if (zoom) { zoom.click(); told.zoomed = document.querySelector("dialog").open; }
  told.overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  told.ready = document.documentElement.classList.contains("ready");
  told.faults = window.faults;
  document.body.dataset.told = JSON.stringify(told);
});
"""


@pytest.fixture
def browse(site: Path, tmp_path: Path) -> Iterator[Browse]:
    """Opens a page of the site from the folder, with a script beside it that uses it and tells what it saw."""
    if BROWSER is None:
        print("no Chromium on this machine: behaviour in a browser is not tested")
        pytest.skip("no Chromium on this machine")
    made: list[Path] = []

    def open_page(name: str, *, width: int = 1366) -> dict[str, Any]:
        page = site / name
        driven = page.with_name(f"driven-{page.name}")
        driver = page.with_name("driver.js")
        made.extend([driven, driver])
        driver.write_text(DRIVER, encoding="utf-8")
        text = page.read_text(encoding="utf-8").replace("<title>", '<script src="driver.js"></script>\n<title>', 1)
        driven.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [
                BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900", "--enable-logging=stderr",
                "--virtual-time-budget=4000", "--dump-dom", driven.as_uri(),
            ],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        assert [line for line in done.stderr.splitlines() if ":CONSOLE" in line] == []
        found = re.search(r'data-told="([^"]*)"', done.stdout)
        assert found, done.stdout[-2000:]
        return dict(json.loads(found[1].replace("&quot;", '"').replace("&amp;", "&")))

    yield open_page
    for path in made:
        path.unlink(missing_ok=True)


def _numbers(texts: list[str]) -> list[float]:
    return [float(text.replace("\u202f", "").replace("−", "-")) for text in texts]


@pytest.mark.browser
def test_front_page_in_a_browser(browse: Browse) -> None:
    """From a plain folder tables sort and filter, the theme changes, plots enlarge, and the policy holds."""
    told = browse("index.html")
    assert told["faults"] == []
    ascending = _numbers(told["ascending"])
    assert ascending == sorted(ascending)
    assert _numbers(told["descending"]) == ascending[::-1]
    assert told["sort"] == "ascending"
    assert told["filtered"] == ["MRO – TIANWEN-1"]
    assert told["state"] == f"1 of {len(sample_record().events)} rows"
    assert told["theme"] == "dark"
    assert told["background"] != "rgb(255, 255, 255)"
    assert told["zoomed"] is True
    assert all(told["countdowns"])
    assert "may be out of date" in told["newer"]


@pytest.mark.browser
def test_frozen_page_learns_of_newer_cycles(browse: Browse) -> None:
    """A published cycle names the newest one and leads to its successor, both from the shared scripts."""
    told = browse("cycles/2021/03/12/T0000Z/index.html")
    assert told["faults"] == []
    assert told["newer"] == "A newer cycle exists: 2021-03-15T0000Z."
    assert told["next"] == ["Next cycle →", "../../../../../cycles/2021/03/13/T0000Z/index.html"]


@pytest.mark.browser
@pytest.mark.parametrize("name", ["index.html", "objects/MRO.html", "formats.html"])
def test_narrow_pages_do_not_scroll_sideways(browse: Browse, name: str) -> None:
    """On a window of 500 px only tables scroll sideways, never the page."""
    told = browse(name, width=500)
    assert told["faults"] == []
    assert told["overflow"] == 0
