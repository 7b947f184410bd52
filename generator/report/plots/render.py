"""From plots to SVG: one at a time, or all in one pool of processes."""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from typing import Final

import matplotlib as mpl
from matplotlib.figure import Figure

from nearpass.errors import understood
from nearpass.report.plots.picture import svg
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.style import house_style, literal

_CHUNK: Final = 10
"""Plots a worker draws between two collections of garbage."""


def draw(plot: Plot) -> bytes:
    """The plot as SVG; the same bytes in every process."""
    with house_style(), _undisturbed():
        return svg(plot.drawing.figure(), literal(plot.title))


def pdf(plot: Plot) -> bytes:
    """The plot as a PDF of one page for a slide or a paper, its words as text; the same bytes in every process.

    It takes three times as long as the SVG, so that no site has these beside each picture.
    """
    with house_style(), mpl.rc_context({"pdf.fonttype": 42}), _undisturbed():
        made = BytesIO()
        dateless = {"CreationDate": None, "Title": literal(plot.title)}
        plot.drawing.figure().savefig(made, format="pdf", metadata=dateless)
        return made.getvalue()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Collecting garbage amid a figure takes a sixth of the time: it is left for afterwards."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def draw_all(plots: Sequence[Plot], *, jobs: int, progress: Callable[[int], object]) -> Iterator[tuple[Plot, bytes]]:
    """Begin to draw; every plot with its SVG, in the given order, as they are asked for.

    Args:
        plots: What to draw.
        jobs: Processes, which begin at once; 1 draws in this one, when a plot is asked for.
        progress: Called with the number of plots just finished (the ``update`` of a progress bar).
    """
    chunks = [plots[first : first + _CHUNK] for first in range(0, len(plots), _CHUNK)]
    if jobs == 1 or len(chunks) < 2:
        return _one_by_one(plots, progress)
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    pool = ProcessPoolExecutor(min(jobs, len(chunks)), mp_context=context, initializer=_start_worker)
    return _as_drawn(pool, chunks, pool.map(_draw_chunk, chunks), progress)


def _one_by_one(plots: Sequence[Plot], progress: Callable[[int], object]) -> Iterator[tuple[Plot, bytes]]:
    for plot in plots:
        drawn = _drawn(plot)
        progress(1)
        yield plot, drawn


def _as_drawn(
    pool: ProcessPoolExecutor,
    chunks: Sequence[Sequence[Plot]],
    drawn: Iterator[list[bytes]],
    progress: Callable[[int], object],
) -> Iterator[tuple[Plot, bytes]]:
    with pool:
        for chunk, results in zip(chunks, drawn, strict=True):
            progress(len(chunk))
            yield from zip(chunk, results, strict=True)


def _drawn(plot: Plot) -> bytes:
    """The picture, or one that says that there is none: no plot is worth a report that is not published."""
    try:
        return draw(plot)
    except Exception as error:  # noqa: BLE001  # whatever goes wrong in a drawing, the page must still appear
        with house_style():
            figure = Figure(figsize=(5.2, 1.2))
            words = f"This picture could not be drawn:\n{understood(error).rule}.\nIts data are in the CSV beside it."
            figure.text(0.5, 0.5, words, ha="center", va="center")
            return svg(figure, literal(plot.title))


def _start_worker() -> None:
    """A worker collects garbage between chunks only, and never what was there before it."""
    gc.freeze()
    gc.disable()


def _draw_chunk(plots: Sequence[Plot]) -> list[bytes]:
    drawn = [_drawn(plot) for plot in plots]
    gc.collect()
    return drawn
