"""The built site as files: markup, links, policy, escaping, weight."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import html5lib
import pytest
from mkdocs.commands import build as mkdocs_build
from mkdocs.config import load_config

import build_site
from nearpass.archive.archive import cycle_folder
from records import RED_EVENT, sample_record

ASSETS_MOST_BYTES = 60_000
"""What a page may load of the theme's styles and scripts."""

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
SUBRESOURCES = frozenset({("img", "src"), ("script", "src"), ("link", "href"), ("iframe", "src"), ("source", "src")})


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
    headings: list[int] = field(default_factory=list)

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
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
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


def test_a_long_page_lists_its_sections(site: Path) -> None:
    """A hand-written page of several sections begins with links to all of them, in their order."""
    text = (site / "publishers.html").read_text(encoding="utf-8")
    listed = re.search(r'<nav aria-label="On this page">.*</nav>', text)
    assert listed is not None
    assert re.findall(r'href="#([^"]+)"', listed[0]) == re.findall(r'<h2 id="([^"]+)"', text)
    assert text.index("</h1>") < listed.start() < text.index("<h2")


def test_every_link_resolves(site: Path, parsed: dict[Path, Page]) -> None:
    """Each address of a page names a file of the site, each fragment an id in it; only links lead elsewhere."""
    for path, page in parsed.items():
        for tag, _, address in page.links:
            parts = urlsplit(address)
            if parts.scheme:
                assert (tag, parts.scheme) == ("a", "https"), f"{path}: {address}"
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if path.name == "404.html" and parts.path.startswith("/"):
                target = site / unquote(parts.path[1:])  # an error page is served under any address
            assert target.is_file(), f"{path}: {address}"
            if parts.fragment and target.name != "find.html":  # there it is what to search for
                assert parts.fragment in parsed[target].ids, f"{path}: {address}"


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("index.html", ("pass", "Decision due", "What needs attention", "Decide by", "Timeline", "All approaches")),
        (
            f"{cycle_folder(sample_record().cycle_id)}/events/{RED_EVENT}.html",
            ("pass", "will pass within", "Decision due", "How near", "Where and how #", "Uncertainty #"),
        ),
    ],
)
def test_without_styles_the_order_of_reading_is_that_of_the_page(site: Path, name: str, order: tuple[str, ...]) -> None:
    """In the text as it stands the headline comes first, then why, by when and who, then figures, then sources."""
    main = (site / name).read_text(encoding="utf-8").partition("<main")[2]
    text = re.sub(r"(?:<[^>]*>|\s)+", " ", main)
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_hand_written_pages_are_those_that_mkdocs_makes_of_their_folder(site: Path, tmp_path: Path) -> None:
    """Converted once a program, each has the words, links and places that a build of the repository's own site has."""
    own = load_config(str(build_site.ROOT / "mkdocs.yml"), site_dir=str(tmp_path / "own"), strict=True)
    mkdocs_build.build(own)
    written = [path.stem for path in (build_site.ROOT / "site").glob("*.md")]
    assert len(written) > 8
    article = re.compile(r'<article class="prose">(.*?)</article>', re.DOTALL)
    for name in set(written) - {"reference", "measured", "validation"}:  # which the program adds tables to
        found = [article.findall((home / f"{name}.html").read_text()) for home in (site, tmp_path / "own")]
        assert found[0] == found[1] != [], name


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
    for path in (site / cycle_folder(sample_record().cycle_id)).rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert text.count("<table") == text.count("<caption>"), path
        assert re.search(r"<th(?![^>]*scope=)[ >]", text) is None, path


def test_notice_on_every_page(parsed: dict[Path, Page]) -> None:
    """The notice stands on every page, hand-written ones and the error page included."""
    notice = sample_record().notice
    assert notice
    for path, page in parsed.items():
        assert notice in " ".join(page.words), path


def test_markup_follows_the_standard(parsed: dict[Path, Page]) -> None:
    """The parser of the HTML standard finds no error in any page of the newest cycle or of the site's root."""
    newest = cycle_folder(sample_record().cycle_id)
    read = [path for path in parsed if "cycles" not in path.parts or newest in path.as_posix()]
    assert len(read) > 50
    for path in read:
        parser = html5lib.HTMLParser(namespaceHTMLElements=False)
        parser.parse(path.read_bytes(), transport_encoding="utf-8")
        assert parser.errors == [], path


def test_headings_skip_no_level(parsed: dict[Path, Page]) -> None:
    """The first heading of a page is of the first level, and none lies more than one level below the one before."""
    for path, page in parsed.items():
        levels = page.headings
        assert levels[0] == 1, path
        assert all(deeper <= level + 1 for level, deeper in pairwise(levels)), f"{path}: {levels}"


def test_pictures_tell_their_numbers(parsed: dict[Path, Page]) -> None:
    """The alternative text of each plot holds at least two numbers."""
    plots = [(path, image) for path, page in parsed.items() for image in page.images if image.get("src")]
    assert len(plots) > 100
    for path, image in plots:
        assert len(re.findall(r"\d+(?:\.\d+)?", str(image["alt"]))) >= 2, f"{path}: {image['alt']}"


def loaded(path: Path, page: Page) -> set[Path]:
    """The files that a page loads besides itself."""
    return {
        (path.parent / unquote(address)).resolve()
        for tag, name, address in page.links
        if (tag, name) in SUBRESOURCES and not address.startswith("/")
    }


def test_front_page_and_events_are_light(site: Path, parsed: dict[Path, Page]) -> None:
    """The front page with its pictures is under 250 kB, a red event's page under 440 kB."""
    event = site / cycle_folder(sample_record().cycle_id) / "events" / f"{RED_EVENT}.html"
    for path, most_bytes, least in ((site / "index.html", 250_000, 1), (event, 440_000, 2)):
        files = loaded(path, parsed[path])
        assert sum(file.suffix == ".svg" and file.stat().st_size > 10_000 for file in files) >= least, "drawn"
        assert path.stat().st_size + sum(file.stat().st_size for file in files) < most_bytes, path


def test_styles_and_scripts_are_light(parsed: dict[Path, Page]) -> None:
    """No page loads more than 60 kB of the theme's styles and scripts together."""
    for path, page in parsed.items():
        theme = [file for file in loaded(path, page) if file.suffix in {".css", ".js"} and "assets" in file.parts]
        assert theme or path.name == "404.html", path
        assert sum(file.stat().st_size for file in theme) < ASSETS_MOST_BYTES, path


def test_hostile_text_is_harmless(hostile_site: Path) -> None:
    """Hostile text changes neither the elements of a page nor its links, and is shown as it was written."""
    shown = 0
    for path in hostile_site.rglob("*.html"):
        page = Page(path)
        assert page.faults == [], path
        assert page.inline == [], path
        assert page.tags["script"] <= 5, path
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
    folder = site / cycle_folder(sample_record().cycle_id) / "pairs"
    found = [path for path in folder.glob("*.html") if "MGS" in path.stem.split("--")]
    assert len(found) == len(sample_record().objects) - 1
    for path in found:
        text = path.read_text(encoding="utf-8")
        assert "osition along the orbit unknown: only crossings of the orbits are meaningful" in text
        assert "data-to=" not in text
        assert "Closest: " not in text


def test_every_page_has_the_banner_of_the_front_page(site: Path) -> None:
    """Hand-written pages and the page of errors begin with the notice of the newest cycle, as generated ones do."""
    notice = f"Notice {sample_record().notice}"
    said = {path.name: " ".join(Page(path).words) for path in site.rglob("*.html")}
    assert {"404.html", "how-to-read.html", "index.html"} <= said.keys()
    assert [name for name, words in said.items() if notice not in " ".join(words.split())] == []


def test_the_page_of_errors_finds_its_style_from_anywhere(parsed: dict[Path, Page]) -> None:
    """Served under any address or opened as a file, it names its stylesheet from the root and from its own folder."""
    (page,) = (page for path, page in parsed.items() if path.name == "404.html")
    styles = [address for tag, _, address in page.links if tag == "link" and address.endswith("site.css")]
    assert len(styles) == 2
    assert styles[0] == f"/{styles[1]}"
