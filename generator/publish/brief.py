"""The pack for a meeting as files: a page, the same as PDF, and the form for the minutes; searched for leaks first."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nearpass.errors import ConfigError
from nearpass.publish.leak import TextSearch, text_search
from nearpass.publish.workspace import Workspace
from nearpass.record.record import CycleRecord, EventRecord, ToldEvent
from nearpass.report.brief_views import brief_page, minutes_form, plots_of
from nearpass.report.plots import Plot, draw_all, event_plots, pdf


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The page as HTML, the form as YAML, and plots as PDF by their names."""

    page: str
    form: str
    plots: dict[str, bytes]


def pack(
    workspace: Workspace,
    full: CycleRecord,
    shown: CycleRecord,
    events: Sequence[EventRecord | ToldEvent],
    form: str,
    *,
    plots_too: bool = False,
) -> Pack:
    """Make the pack of some approaches of a cycle.

    Args:
        workspace: Of which edition.
        full: The archived record, by which the pack is searched.
        shown: What the edition may hold of it, from which alone it is made.
        events: Approaches of it.
        form: The name of the form's file.
        plots_too: Also every plot of the approaches, each as a PDF of its own.

    Raises:
        LeakError: if it would hold what the edition must not.
    """
    plots = [plot for event in events for plot in plots_of(shown, event)]
    search = text_search(workspace, full)
    pictures = {}
    for plot, svg in draw_all(plots, jobs=1, progress=lambda _: None):
        search(f"{plot.name}.svg", svg.decode("utf-8"), [plot])
        pictures[plot.name] = f"data:image/svg+xml;base64,{base64.b64encode(svg).decode('ascii')}"
    page = brief_page(shown, events, pictures)
    text = page
    for picture in pictures.values():
        text = text.replace(picture, "")  # searched as a picture above; as text it is noise
    search("brief.html", text)
    lines = minutes_form(shown, events, form)
    search(form, lines)
    each = [plot for event in events if isinstance(event, EventRecord) for plot in event_plots(shown, event)]
    return Pack(page=page, form=lines, plots=dict(_searched(each, search)) if plots_too else {})


def _searched(plots: Sequence[Plot], search: TextSearch) -> Iterator[tuple[str, bytes]]:
    """Plots as PDF, which is packed: what is searched is their SVG, of the same words and data."""
    for plot, svg in draw_all(plots, jobs=1, progress=lambda _: None):
        search(f"{plot.name}.svg", svg.decode("utf-8"), [plot])
        yield plot.name, pdf(plot)


def as_pdf(page: str) -> bytes:
    """The page as PDF, by WeasyPrint: it needs no browser, asks nobody, and gives the same bytes again.

    Raises:
        ConfigError: where it is not installed.
    """
    try:
        import weasyprint  # noqa: PLC0415  # an extra, and its libraries take a second to load
    except (ImportError, OSError):
        rule = "a PDF needs WeasyPrint and the library Pango: pip install nearpass[pdf]; the page prints as well"
        raise ConfigError(rule) from None
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols=("data",), fail_on_errors=True)  # the pictures in it alone
    found: bytes = weasyprint.HTML(string=page, url_fetcher=fetcher).write_pdf()
    return found
