"""A plot before it is drawn: its words, its data, and the drawing that makes a figure of them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Protocol

from matplotlib.figure import Figure

Cell = float | str | None


class Drawing(Protocol):
    """What a plot shows, ready to be drawn in another process: a record of plain values."""

    def figure(self) -> Figure:
        """The drawing, made under the style of this package."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plot:
    """One plot.

    ``name`` is the stem of its files and unique in the cycle. ``title`` is also drawn in the picture. ``alt`` says
    what the picture shows, with numbers and units; ``caption`` how to read it. ``columns`` and ``rows`` are its data.
    """

    name: str
    kind: str
    title: str
    alt: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    drawing: Drawing


def data_csv(plot: Plot) -> str:
    """The plot's data as CSV: a line of column names that carry the units, then one line a row; absent is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(plot.columns)
    writer.writerows([_cell(value) for value in row] for row in plot.rows)
    return text.getvalue()


def _cell(value: Cell) -> str:
    """Ten significant digits: finer than any ephemeris, and the same on every machine."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else format(value, ".10g")
