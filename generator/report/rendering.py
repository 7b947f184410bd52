"""Templates into text: one environment for pages and feeds, which escapes by itself and fails on an undefined name."""

from __future__ import annotations

import json
import re
import traceback
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import jinja2
from markupsafe import Markup

from nearpass.record.record import CycleRecord
from nearpass.report import wording
from nearpass.report.catalogue import Links
from nearpass.report.html_pages import HTML_PAGE
from nearpass.resources import resource

Crumb = tuple[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """Front matter of a page: what the theme shows around it. ``month`` names its list of neighbours.

    With ``exchanges`` the menu leads to those that the front page lists.
    """

    title: str
    description: str
    kind: str
    crumbs: tuple[Crumb, ...]
    notice: str | None = None
    edition: str | None = None
    cycle_id: str | None = None
    previous: str | None = None
    month: str | None = None
    exchanges: bool = False


def edition_line(record: CycleRecord) -> str | None:
    """For whom the edition is and how it is marked, for the banner of its pages; None for an unreduced record."""
    return f"for {record.edition.audience} · {record.edition.marking}" if record.edition else None


def meta_of(
    record: CycleRecord, title: str, description: str, kind: str, crumbs: tuple[Crumb, ...], **more: str | None
) -> Meta:
    """Front matter of a page made from a record and what stands around it; ``more`` as in :class:`Meta`."""
    return Meta(
        title=title,
        description=description,
        kind=kind,
        crumbs=crumbs,
        notice=record.notice,
        edition=edition_line(record),
        exchanges=bool(record.exchanges),
        **more,
    )


_TEXT: Final = re.compile(r"(<[^<>]*>)([^<>]*\s\d[.\d]*(?:e-\d|-\d\d-\d\d)[^<>]*)")
_HYPHENATED: Final = re.compile(r"(?<=\s)(?:\d[.\d]*e-\d+|\d{4}-\d\d-\d\d(?:T\d{4}Z)?)")
_AS_IT_STANDS: Final = ("<text", "<tspan", "<title", "<code")


def render_page(template: str, meta: Meta, links: Links, **values: object) -> str:
    """A page below ``templates/page/``: its front matter, then one HTML block."""
    front, mark, body = render(template, meta=meta, links=links, **values).partition(HTML_PAGE)
    return front + mark + _TEXT.sub(_unbroken, body)


def _unbroken(found: re.Match[str]) -> str:
    """A sentence whose numbers stay whole: a browser breaks ``1e-4`` and dates behind a hyphen."""
    tag, text = found.groups()
    return tag + (
        text if tag.startswith(_AS_IT_STANDS) else _HYPHENATED.sub(r'<span class="nowrap">\g<0></span>', text)
    )


def render(template: str, **values: object) -> str:
    """A template below ``templates/`` with its values."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> jinja2.Environment:
    """Templates escape by themselves; an undefined name is an error. Pages name each other without a folder."""
    templates = resource("templates")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([templates, templates / "page"]),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_finalize,
    )
    environment.filters["yaml"] = _yaml
    return environment


def _finalize(value: object) -> object:
    """Text on its way into a page loses what could disguise it or break the file."""
    return wording.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _yaml(value: object) -> Markup:
    """A value as YAML on one line. JSON is YAML; the front matter is no HTML, and the theme escapes what it shows."""
    return Markup(json.dumps(_cleaned(value), ensure_ascii=False))  # noqa: S704 - goes to YAML, never into HTML


def _cleaned(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return wording.visible(value) if isinstance(value, str) else value


def template_fault(error: BaseException) -> tuple[str, str | None, int | None] | None:
    """What is wrong with a template, in which file and line; None for an error of another kind."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return error.message or "syntax", error.filename or error.name, error.lineno
    if not isinstance(error, jinja2.TemplateError):
        return None
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith((".html", ".j2"))]
    where = frames[-1] if frames else None
    rule = f"there is no {error}" if isinstance(error, jinja2.TemplateNotFound) else str(error)
    return rule, where.filename if where else None, where.lineno if where else None
