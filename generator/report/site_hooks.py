"""Hooks by which mkdocs finds what travels with nearpass: the theme, its assets, the hand-written pages.

Named under ``hooks:`` of a workspace's mkdocs.yml through a file of one import, so that plain ``mkdocs build`` and
``mkdocs serve`` give the same pages as a publication.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Final

from markdown import Markdown
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils.meta import get_data

from nearpass.report.html_pages import HTML_PAGE, HtmlPages
from nearpass.report.measured_page import measured_tables
from nearpass.report.pages import validation_part
from nearpass.report.reference import reference
from nearpass.resources import resource

ASSETS: Final = "assets"
VALIDATION: Final = "validation.md"
REFERENCE: Final = "reference.md"
MEASURED: Final = "measured.md"
FRONT_PAGE: Final = "index.md"
_COMMENT: Final = re.compile(rb"/\*.*?\*/|^ *//[^\n]*", re.DOTALL | re.MULTILINE)
_INDENT: Final = re.compile(rb"\n\s*")
_AROUND_BRACE: Final = re.compile(rb"\s*([{};])\s*")
"""Blanks that mean nothing in a stylesheet; no string of ours holds a brace or a semicolon."""
_EXTENSIONS: Final = ["toc", "tables", "fenced_code", "attr_list", "def_list", "md_in_html"]
_SETTINGS: Final = {"tables": {"use_align_attribute": True}, "toc": {"permalink": False}}
"""As in the mkdocs.yml beside these pages."""
_LINK: Final = re.compile(r'(<a href="[^":?#]+)\.md(#[^"]*)?"')
_SECTION: Final = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>')
_LISTED_FROM: Final = 4
"""A page of so many sections lists them."""
_WIDE: Final = re.compile(r"<(?:pre|table)(?=>)")
"""What Markdown makes that may be wider than the page."""


def theme_folder() -> Path:
    """Our theme."""
    return resource("templates") / "theme"


def theme_assets() -> dict[str, bytes]:
    """The theme's stylesheet, scripts and pictures by their path in the site.

    The folder's name is the hash of its contents: a page published today finds its own stylesheet for ever.
    """
    folder = theme_folder() / ASSETS
    contents = {
        path.relative_to(folder).as_posix(): _lean(path)
        for path in sorted(folder.rglob("*")) if path.is_file()
    }  # fmt: skip
    digest = hashlib.sha256()
    for name, content in contents.items():
        digest.update(name.encode() + b"\0" + content + b"\0")
    home = f"{ASSETS}/{digest.hexdigest()[:12]}"
    return {f"{home}/{name}": content for name, content in contents.items()}


def _lean(path: Path) -> bytes:
    """An asset as readers load it: of styles and scripts without comments and layout, which are for who writes."""
    content = path.read_bytes()
    if path.suffix not in {".css", ".js"}:
        return content
    lean = _INDENT.sub(b"\n", _COMMENT.sub(b"", content)).lstrip()
    return _AROUND_BRACE.sub(rb"\1", lean).replace(b";}", b"}") if path.suffix == ".css" else lean


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put our theme behind the workspace's own overrides, say where its assets will lie, and spare HTML the parsing."""
    folder = str(theme_folder())
    if folder not in config.theme.dirs:
        overrides = len(config.theme.dirs) - 1  # the last one is mkdocs' own
        config.theme.dirs.insert(max(overrides, 0), folder)
    config.markdown_extensions.append(HtmlPages())  # type: ignore[arg-type, no-untyped-call]  # not only names
    config.theme.static_templates.add("404.html")
    config.theme.static_templates.discard("sitemap.xml")  # it would list the pages of one build, and its date
    config.extra |= _banner(Path(config.docs_dir) / FRONT_PAGE)
    config.extra["assets"] = next(iter(theme_assets())).rsplit("/", maxsplit=1)[0]
    return config


def _banner(front: Path) -> dict[str, str]:
    """Notice, edition and exchanges of the front page, which hold for hand-written pages of the same site as well."""
    if not front.is_file():
        return {}
    _, meta = get_data(front.read_text(encoding="utf-8"))
    return {name: str(meta[name]) for name in ("notice", "edition", "exchanges") if meta.get(name)}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the assets and those hand-written pages that the workspace does not replace by its own."""
    for file in [file for file in files if file.src_dir == str(theme_folder())]:
        files.remove(file)  # mkdocs would publish the assets a second time, outside the folder named by their hash
    sitemap = files.get_file_from_path("sitemap.xml")
    if sitemap is not None and sitemap.src_dir != config.docs_dir:
        files.remove(sitemap)  # mkdocs' own template, which it copies as it is when it is no page
    for uri, content in theme_assets().items():
        files.append(File.generated(config, uri, content=content))
    pages = resource("site")
    for path in sorted(pages.rglob("*.md")):
        uri = path.relative_to(pages).as_posix()
        if files.get_file_from_path(uri) is not None:
            continue
        if uri == REFERENCE:
            whole = f"{path.read_text(encoding='utf-8')}\n{reference()}"
        elif uri == MEASURED:
            whole = _with_tables(path)
        elif uri == VALIDATION:
            whole = _with_validation(path, files, config)
        else:
            whole = path.read_text(encoding="utf-8")
        files.append(File.generated(config, uri, content=_as_html(whole)))
    return files


@lru_cache(maxsize=32)
def _as_html(text: str) -> str:
    """A hand-written page of ours, converted once a program: it is the same on every site, and half of a build's time.

    The pages that ``mkdocs build`` finds in its own folder are converted by mkdocs, which checks their links.
    """
    body, meta = get_data(text)
    made = _LINK.sub(r'\1.html\2"', Markdown(extensions=_EXTENSIONS, extension_configs=_SETTINGS).convert(body))
    return f"---\n{json.dumps(meta)}\n---\n{HTML_PAGE}\n{made}"


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """List the sections of a hand-written page, and let whoever has no mouse scroll its wide tables and programs."""
    del config, files
    if page.meta.get("kind"):
        return html
    sections = _SECTION.findall(html)
    if len(sections) >= _LISTED_FROM:
        lines = "".join(f'<li><a href="#{anchor}">{title}</a></li>' for anchor, title in sections)
        html = html.replace("</h1>", f'</h1>\n<nav aria-label="On this page"><ul>{lines}</ul></nav>', 1)
    return _WIDE.sub(r'\g<0> tabindex="0"', html)


def _with_tables(page: Path) -> str:
    """The page of measurements with the tables that the benchmark stored beside it."""
    stored = page.with_suffix(".json")
    return f"{page.read_text(encoding='utf-8')}\n{measured_tables(stored.read_bytes(), stored.name)}\n"


def _with_validation(page: Path, files: Files, config: MkDocsConfig) -> str:
    """The validation page with what ``nearpass validate`` found below its text: here, or when the program was made."""
    stored = page.with_suffix(".json")
    if files.get_file_from_path(stored.name) is None:
        files.append(File.generated(config, stored.name, abs_src_path=str(stored)))
    found = files.src_uris[stored.name]
    return f"{page.read_text(encoding='utf-8')}\n{validation_part(found.content_bytes, found.src_uri)}\n"
