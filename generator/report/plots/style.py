"""The common look: type, colours, marks of the levels, axes in inches, dates.

Text is set in Inter (SIL Open Font Licence; letters, Greek and signs of version 4.1 travel in ``templates/fonts``), and
what it lacks in DejaVu Sans. Mathematical markup is off (``text.parse_math``): texts from a record are drawn literally.
Figures are narrow with large type: shown 360 pixels wide on a telephone, the smallest text is still 9 pixels high.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager, ft2font
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from numpy.typing import NDArray

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.encounter.alert import Level
from nearpass.report.plots.lean_axes import LeanAxes
from nearpass.resources import resource

FloatArray = NDArray[np.float64]

WIDTH_IN: Final = 5.2
# Data are ink and blue, colour else means a level, a zone of one, or a body: the tokens of the pages.
INK: Final = "#17212b"
MUTED: Final = "#54626e"
AXIS: Final = "#87939e"
GRID: Final = "#e3e8ec"
BAND: Final = "#dde4ea"
PRIMARY: Final = INK
SECONDARY: Final = "#0f62ab"
CURVE: Final = SECONDARY
PALE: Final = "#cfe2f3"
NEUTRAL: Final = AXIS
BODY_FACE: Final = "#f3e1d5"
BODY_EDGE: Final = "#b0623f"
SMALL: Final = 9.0
# The levels differ in shape and in lightness as well as in hue.
LEVEL_COLOR: Final = {Level.RED: "#b3201c", Level.YELLOW: "#d68f00", Level.GREEN: "#2e7d66"}
LEVEL_INK: Final = {Level.RED: "#b3201c", Level.YELLOW: "#765000", Level.GREEN: "#2e7d66"}
"""For words: yellow is too light to be read."""
LEVEL_WASH: Final = {Level.RED: "#f9dfdb", Level.YELLOW: "#fcf0d2"}
"""Ground of the zone in which something has the level."""
LEVEL_MARKER: Final = {Level.RED: "^", Level.YELLOW: "s", Level.GREEN: "o"}
LEVEL_SIZE: Final = {Level.RED: 9.0, Level.YELLOW: 7.5, Level.GREEN: 6.0}

_STYLE: Final[dict[Any, Any]] = {
    "font.family": ["Inter", "DejaVu Sans"],
    "font.size": 9.5,
    "axes.labelsize": 9.5,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": AXIS,
    "axes.linewidth": 0.7,
    "axes.spines.left": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "axes.formatter.use_mathtext": False,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.major.size": 3.0,
    "ytick.major.size": 0.0,
    "ytick.major.pad": 4.0,
    "xtick.color": AXIS,
    "ytick.color": AXIS,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "text.color": INK,
    "text.parse_math": False,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "round",
    "hatch.color": "#b8bec6",
    "hatch.linewidth": 0.7,
    "path.simplify_threshold": 0.2,
}
_SUPERSCRIPT: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TICK_HOURS: Final = (1, 2, 3, 6, 12, 24, 48, 96, 168, 336)
_TICK_MONTHS: Final = (1, 2, 3, 6, 12)


@contextmanager
def house_style() -> Iterator[None]:
    """The look of all plots, whatever the reader of a matplotlibrc on this machine prefers."""
    _fonts_known()
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def literal(text: str) -> str:
    """Text that the plot's font can draw on one line; other characters become the replacement character."""
    known = _glyphs()
    return "".join(char if ord(char) in known else "\ufffd" for char in " ".join(text.split()))


@cache
def _glyphs() -> frozenset[int]:
    return frozenset().union(*(ft2font.FT2Font(file).get_charmap() for file in _font_files(bold=False)))


def _font_file(*, bold: bool) -> str:
    return str(resource("templates") / "fonts" / f"Inter-{'Bold' if bold else 'Regular'}.ttf")


@cache
def _font_files(*, bold: bool) -> tuple[str, str]:
    """Ours, and the one that has what it lacks."""
    wanted = font_manager.FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")
    return _font_file(bold=bold), str(font_manager.findfont(wanted))


@cache
def _fonts_known() -> None:
    """Tell matplotlib of our fonts, once a process."""
    for bold in (False, True):
        font_manager.fontManager.addfont(_font_file(bold=bold))


@lru_cache(maxsize=4096)
def text_width_pt(text: str, size_pt: float, *, bold: bool = False) -> float:
    """Width of a line of text in points, by the font's own metrics."""
    font = font_manager.get_font(_font_files(bold=bold))
    font.set_size(size_pt, 72.0)
    font.set_text(text, 0.0)
    return float(font.get_width_height()[0]) / 64.0


def fitting(text: str, size_pt: float, most_pt: float, *, bold: bool = False) -> float:
    """The size, reduced where the text would be wider than ``most_pt``."""
    return size_pt * min(1.0, most_pt / max(text_width_pt(text, size_pt, bold=bold), 1e-9))


def canvas(height_in: float, heading: str, subheading: str, width_in: float = WIDTH_IN) -> Figure:
    """An empty white figure with two lines of heading."""
    figure = Figure(figsize=(width_in, height_in), facecolor="white")
    for text, below_in, size, weight, color in (
        (heading, 0.20, 11.0, "bold", INK),
        (subheading, 0.39, 9.5, "normal", MUTED),
    ):
        line = literal(text)
        size_pt = fitting(line, size, (width_in - 0.2) * 72.0, bold=weight == "bold")
        figure.text(0.1 / width_in, 1.0 - below_in / height_in, line, fontsize=size_pt, weight=weight, color=color)
    return figure


def panel(figure: Figure, left_in: float, bottom_in: float, width_in: float, height_in: float) -> Axes:
    """Axes at a place in inches: no layout engine, so that equal scales stay equal and drawing stays fast."""
    across_in, up_in = figure.get_size_inches()
    place = left_in / across_in, bottom_in / up_in, width_in / across_in, height_in / up_in
    return figure.add_axes(place, axes_class=LeanAxes)


def backing() -> dict[str, Any]:
    """A white ground that keeps a label readable on top of lines (a stroked outline would double its size)."""
    return {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.6}


def label(axes: Axes, x: float, y: float, text: str, **options: Any) -> None:
    """A small label on a white ground, offset by ``dx``, ``dy`` points and at most ``most_pt`` points wide."""
    offset = options.pop("dx", 0.0), options.pop("dy", 0.0)
    if (most_pt := options.pop("most_pt", None)) is not None:
        options["fontsize"] = fitting(literal(text), SMALL, most_pt, bold=options.get("weight") == "bold")
    axes.annotate(
        literal(text),
        (x, y),
        xytext=offset,
        textcoords="offset points",
        **{"fontsize": SMALL, "bbox": backing(), "zorder": 8, "annotation_clip": False, **options},
    )


def level_mark(axes: Axes, x: float, y: float, level: Level, scale: float = 1.0) -> None:
    """An event: its level by shape and by colour."""
    axes.plot(
        [x],
        [y],
        LEVEL_MARKER[level],
        color=LEVEL_COLOR[level],
        markersize=LEVEL_SIZE[level] * scale,
        markeredgecolor=INK,
        markeredgewidth=0.7,
        zorder=6 + {Level.RED: 0.3, Level.YELLOW: 0.2, Level.GREEN: 0.1}[level],
        clip_on=False,
    )


def threshold_lines(
    axes: Axes, lines: Sequence[tuple[float, str, str]], least_gap_pt: float = 11.0, *, above: bool = False
) -> None:
    """Zones of the levels and their edges inside the axes, named at the right, the names pushed apart.

    Args:
        axes: Axes whose limits are set.
        lines: Value in km, name and colour of each.
        least_gap_pt: Height of a name in points.
        above: Whether what lies above a threshold has its level, as of a probability.
    """
    low, high = axes.get_ylim()
    inside = sorted(line for line in lines if low <= line[0] <= high)
    zones(axes, lines, above=above)
    taken_pt = -math.inf
    for value_km, text, color in inside:
        axes.axhline(value_km, color=color, linewidth=0.7, zorder=1.5)
        place_pt = float(axes.transData.transform((0.0, value_km))[1]) * 72.0 / axes.figure.dpi
        shift_pt = max(0.0, taken_pt + least_gap_pt - place_pt)
        taken_pt = place_pt + shift_pt
        axes.annotate(
            text,
            (1.0, value_km),
            xycoords=("axes fraction", "data"),
            xytext=(4, shift_pt),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
            color=_WORDS_OF.get(color, MUTED),
            annotation_clip=False,
        )


_LEVEL_OF: Final = {color: level for level, color in LEVEL_COLOR.items()}
_WORDS_OF: Final = {color: LEVEL_INK[level] for color, level in _LEVEL_OF.items()}


def zones(axes: Axes, lines: Sequence[tuple[float, str, str]], *, above: bool = False) -> None:
    """The ground between thresholds in the colour of the level: below each, or ``above`` it where more is worse."""
    low, high = axes.get_ylim()
    levels = sorted((value, _LEVEL_OF[color]) for value, _, color in lines if color in _LEVEL_OF)
    edges = [*(value for value, _ in levels), high] if above else [low, *(value for value, _ in levels)]
    for (start, stop), (_, level) in zip(pairwise(edges), levels, strict=True):
        if level in LEVEL_WASH and max(start, low) < min(stop, high):
            axes.axhspan(max(start, low), min(stop, high), facecolor=LEVEL_WASH[level], edgecolor="none", zorder=0.2)


def key(figure: Figure, y_in: float, entries: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """A row of line samples with their names directly above what they name."""
    across_in, up_in = figure.get_size_inches()
    x_in = 0.1
    most_pt = ((across_in - 0.2) / len(entries) - 0.55) * 72.0
    for text, look in entries:
        drawn = literal(text)
        figure.add_artist(
            mpl.lines.Line2D(
                [x_in / across_in, (x_in + 0.28) / across_in], [y_in / up_in] * 2, **{"linewidth": 2.0, **look}
            )
        )
        size_pt = fitting(drawn, SMALL, most_pt)
        figure.text((x_in + 0.35) / across_in, y_in / up_in, drawn, fontsize=size_pt, va="center")
        x_in += 0.55 + text_width_pt(drawn, size_pt) / 72.0


def linear_axis(axis: Any, most: int = 6) -> None:
    """Plain major ticks without offsets or exponents."""
    axis.set_major_locator(MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
    axis.set_minor_locator(NullLocator())


def log_axis(axes: Axes, low: float, high: float) -> None:
    """A logarithmic y axis with ticks at 1, 2, 5 (few decades) or 1 (many), written out."""
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    decades = range(-6, 10)
    steps = (1, 2, 5) if high / low < 300.0 else (1,) if high / low > 3e5 else (1, 3)
    ticks = [step * 10.0**decade for decade in decades for step in steps]
    inside = [tick for tick in ticks if low <= tick <= high]
    axes.yaxis.set_major_locator(FixedLocator(inside))
    axes.yaxis.set_major_formatter(FixedFormatter([plain(tick) for tick in inside]))
    axes.yaxis.set_minor_locator(NullLocator())


def log_pc_axis(axes: Axes, low: float, high: float, most: int = 6) -> None:
    """A logarithmic y axis of probability with ticks at powers of ten: 10⁻⁷."""
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    step = max(1, math.ceil((last - first) / most))
    exponents = range(first - first % step, last + 1, step)
    axes.yaxis.set_major_locator(FixedLocator([10.0**exponent for exponent in exponents]))
    axes.yaxis.set_major_formatter(FixedFormatter([power_of_ten(exponent) for exponent in exponents]))
    axes.yaxis.set_minor_locator(NullLocator())


def factor_axis(axes: Axes, ticks: Sequence[float]) -> None:
    """A logarithmic x axis of factors, with ticks at those given that lie inside."""
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    inside = [tick for tick in ticks if low <= tick <= high]
    axes.xaxis.set_major_locator(FixedLocator(inside))
    axes.xaxis.set_major_formatter(FixedFormatter([plain(tick) for tick in inside]))
    axes.xaxis.set_minor_locator(NullLocator())


def date_axis(axes: Axes, start: Epoch, stop: Epoch, most: int = 7) -> None:
    """Days from ``start`` on the x axis, ticks at round UTC times.

    Midnights read ``21 Mar`` and other times ``04:00``; the axis label says which year, or which day where no
    midnight is in sight. Over several months the ticks stand at firsts of a month.
    """
    first, last = start.datetime_utc(), stop.datetime_utc()
    ticks = [
        ((moment - first).total_seconds() / DAY_S, f"{moment:%H:%M}" if moment.hour else day_text(moment))
        for moment in _round_moments(first, last, most)
        if moment >= first
    ]
    axes.xaxis.set_major_locator(FixedLocator([place for place, _ in ticks]))
    axes.xaxis.set_major_formatter(FixedFormatter([text for _, text in ticks]))
    axes.xaxis.set_minor_locator(NullLocator())
    years = f"{first.year}" if first.year == last.year else f"{first.year}–{last.year}"
    dated = any(":" not in text for _, text in ticks)
    axes.set_xlabel(f"UTC, {years}" if dated else f"UTC, {day_text(first)} {first.year}")


def _round_moments(first: datetime, last: datetime, most: int) -> Iterator[datetime]:
    """Instants at a round step from the midnight, or the month, at or before ``first`` to ``last``."""
    hours = (last - first).total_seconds() / 3600.0
    moment = datetime(first.year, first.month, first.day, tzinfo=UTC)
    for step in _TICK_HOURS:
        if hours / step <= most:
            yield from (
                moment + timedelta(hours=step * index)
                for index in range(math.ceil(hours / step) + 2)
                if moment + timedelta(hours=step * index) <= last
            )
            return
    months = (last.year - first.year) * 12 + last.month - first.month
    step = next((step for step in _TICK_MONTHS if months / step <= most), _TICK_MONTHS[-1])
    for index in range(0, months + 1, step):
        year, month = divmod(first.year * 12 + first.month - 1 + index, 12)
        yield datetime(year, month + 1, 1, tzinfo=UTC)


def days_between(start: Epoch, moment: Epoch) -> float:
    """Days from ``start``."""
    return (moment - start) / DAY_S


def through_bins(
    edges: Sequence[float], least: FloatArray, most: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Places, lower and upper edge of a band through the middles of bins, each stretch of known bins to its ends.

    ``edges`` are one more than ``least`` and ``most``, which are not a number where nothing is known; so is the row
    that parts two stretches.
    """
    known = np.concatenate([[False], ~np.isnan(least), [False]])
    rows: list[tuple[float, float, float]] = []
    for first, stop in np.flatnonzero(np.diff(known.astype(int))).reshape(-1, 2).tolist():
        inner = [(edges[at] / 2.0 + edges[at + 1] / 2.0, least[at], most[at]) for at in range(first, stop)]
        rows += [(edges[first], *inner[0][1:]), *inner, (edges[stop], *inner[-1][1:])]
        rows.append((edges[stop], math.nan, math.nan))
    places, low, high = np.array(rows, dtype=float).reshape(-1, 3).T
    return places, low, high


def day_text(moment: datetime) -> str:
    """``21 Mar``, whatever the locale."""
    return f"{moment.day} {_MONTHS[moment.month - 1]}"


def minute_text(epoch: Epoch) -> str:
    """``21 Mar 04:12``."""
    moment = epoch.datetime_utc()
    return f"{day_text(moment)} {moment:%H:%M}"


def second_text(epoch: Epoch) -> str:
    """``21 Mar 2021 04:12:33 UTC``, to the nearest second."""
    moment = Epoch.parse(epoch.iso(digits=0).replace(":60", ":59")).datetime_utc()
    return f"{day_text(moment)} {moment.year} {moment:%H:%M:%S} UTC"


def power_of_ten(exponent: int) -> str:
    """``10⁻⁷``; 1 for the exponent 0."""
    return "1" if exponent == 0 else "10" + str(exponent).translate(_SUPERSCRIPT)


def pc_threshold_text(value: float) -> str:
    """A threshold as it was configured: ``1e-7``, ``4.4e-4``."""
    if value >= 0.00995:
        return f"{value:g}"
    mantissa, exponent = f"{value:.3e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"


def plain(value: float) -> str:
    """A tick: no exponent, true minus, thin spaces between thousands from 10 000."""
    text = f"{abs(value):.10g}" if abs(value) < 1e4 else f"{abs(value):,.0f}".replace(",", "\u2009")
    return f"−{text}" if value < 0 and text != "0" else text


def short(value: float) -> str:
    """A distance to three digits or more, as it reads best: 0.412, 1.90, 11.4, 284, 12 300."""
    size = abs(value)
    digits = 0 if size >= 99.95 else 1 if size >= 9.995 else 2 if size >= 0.9995 else 3 if size >= 0.09995 else 4
    text = "0" if size == 0 else f"{size:.{digits}f}" if size < 9999.5 else f"{size:,.0f}".replace(",", "\u2009")
    return f"−{text}" if value < 0 and float(text.replace("\u2009", "")) else text
