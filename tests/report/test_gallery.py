"""A gallery of every kind of plot from fixed data: how the plots are reviewed, light, dark and on paper.

``NEARPASS_GALLERY=folder`` keeps the page: pictures, their data and ``index.html`` with the theme's own colours.
"""

from __future__ import annotations

import html
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

import records
from nearpass.encounter.alert import Level
from nearpass.record.record import EventRecord
from nearpass.report.plots import Plot, cycle_plots, data_csv, draw, event_plots, object_plots, pair_plots
from nearpass.resources import resource

KINDS: Final = {
    "bplane", "coverage", "crossings", "difference", "distance", "history", "orbit", "orbits", "parts", "pc", "pcplane",
    "predictions", "range", "season", "track", "trade",
}  # fmt: skip
"""Every kind that a page can show."""
STYLES: Final = """
:root { color-scheme: light dark; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; }
body { background: light-dark(#fff, #111920); color: light-dark(#17212b, #e7edf3); }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(22rem, 1fr)); gap: 2rem; }
main { max-width: 80rem; margin: auto; padding: 1.5rem; }
figure { margin: 0; break-inside: avoid; } figure img { width: 100%; }
h2 { font-size: 1rem; margin: 0 0 .5rem; } figcaption { font-size: .8125rem; }
@media print { main { grid-template-columns: repeat(2, 1fr); gap: 6mm; padding: 0; } }
@media screen and (prefers-color-scheme: dark) { figure img { filter: url(#night); } }
"""


def thin_event() -> EventRecord:
    """The red event with an ellipse eighty times longer than wide."""
    event = records.level_events(Level.RED)[0]
    assert event.b_plane is not None
    covariance_km2 = ((0.017**2, 0.0008), (0.0008, 1.33**2))
    plane = replace(event.b_plane, miss_xi_km=0.4, miss_zeta_km=1.7, covariance_km2=covariance_km2)
    return replace(event, event_id=f"{event.event_id}-thin", b_plane=plane)


def shown() -> list[tuple[str, Plot]]:
    """Each kind with what is special of it, in the order of the pages."""
    record = records.sample_record()
    red = records.level_events(Level.RED)[0]
    moon = next(event for event in record.events if event.surface_km is not None)
    found = [(f"{plot.kind}, two spacecraft", plot) for plot in event_plots(record, red)]
    found += [
        (f"{plot.kind}, thin ellipse", plot) for plot in event_plots(record, thin_event()) if plot.kind == "bplane"
    ]
    found += [(f"{plot.kind}, with a moon", plot) for plot in event_plots(record, moon)]
    for plots in (
        [pair_plots(record, pair) for pair in record.pairs],
        [object_plots(record, item) for item in record.objects],
    ):
        first = {plot.kind: plot for group in reversed(plots) for plot in reversed(group)}
        found += [(kind, plot) for kind, plot in sorted(first.items())]
    return found + [(plot.kind, plot) for plot in cycle_plots(record)]


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the gallery, written."""
    folder = Path(os.environ.get("NEARPASS_GALLERY") or tmp_path_factory.mktemp("gallery"))
    folder.mkdir(parents=True, exist_ok=True)
    figures = []
    for title, plot in shown():
        (folder / f"{plot.name}.svg").write_bytes(draw(plot))
        (folder / f"{plot.name}.csv").write_text(data_csv(plot), encoding="utf-8", newline="")
        figures.append(
            f'<figure><h2>{html.escape(title)}</h2><img src="{plot.name}.svg" alt="{html.escape(plot.alt)}">'
            f'<figcaption>{html.escape(plot.caption)} <a href="{plot.name}.svg">SVG</a> '
            f'<a href="{plot.name}.csv">CSV</a></figcaption></figure>'
        )
    base = (resource("templates") / "theme" / "base.html").read_text(encoding="utf-8")
    night = re.search(r'<filter id="night".*?</filter>', base, re.DOTALL)
    assert night is not None
    filters = f'<svg width="0" height="0" aria-hidden="true">{night[0]}</svg>'
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Every kind of plot</title><style>{STYLES}</style>'
    )
    (folder / "index.html").write_text(f"{page}{filters}<main>{''.join(figures)}</main></html>", encoding="utf-8")
    return folder


def test_the_gallery_holds_every_kind(gallery: Path) -> None:
    """Every kind of plot stands in the gallery with its alternative text, its caption, its data and its picture."""
    plots = [plot for _, plot in shown()]
    assert {plot.kind for plot in plots} == KINDS
    text = (gallery / "index.html").read_text(encoding="utf-8")
    for plot in plots:
        assert html.escape(plot.alt) in text
        assert (gallery / f"{plot.name}.svg").stat().st_size > 1000
        assert (gallery / f"{plot.name}.csv").read_text(encoding="utf-8").count("\n") > len(plot.rows)
