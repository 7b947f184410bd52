"""What every plot keeps: its words, its data, and one set of bytes."""

from __future__ import annotations

import csv
import io
import pickle
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import ft2font
from matplotlib.text import Text

import records
from nearpass.encounter.alert import Level
from nearpass.report.plots import (
    Plot,
    cycle_plots,
    data_csv,
    draw,
    draw_all,
    event_plots,
    object_plots,
    pair_plots,
    pdf,
)
from nearpass.report.plots.style import LEVEL_MARKER, house_style, literal, plain, short
from nearpass.resources import resource

CSV_DIGITS = 1e-9  # data_csv writes ten significant digits
BUDGET_BYTES = 65_000  # eight plots, few of them this large, fit the 400 kB of an event's page
SAFE_STEM = re.compile(r"[A-Za-z0-9-]+")


@cache
def all_plots() -> tuple[Plot, ...]:
    """Every plot of the sample cycle."""
    record = records.sample_record()
    return (
        *(plot for event in record.events for plot in event_plots(record, event)),
        *(plot for pair in record.pairs for plot in pair_plots(record, pair)),
        *(plot for item in record.objects for plot in object_plots(record, item)),
        *cycle_plots(record),
    )


@cache
def one_of_each_kind() -> tuple[Plot, ...]:
    """The first plot of each kind."""
    return tuple({plot.kind: plot for plot in reversed(all_plots())}.values())


def kinds() -> list[str]:
    return sorted(plot.kind for plot in one_of_each_kind())


def of_kind(kind: str) -> Plot:
    return next(plot for plot in one_of_each_kind() if plot.kind == kind)


def test_names_are_unique_file_stems() -> None:
    """No two plots of a cycle share a name, and each name is safe as a file stem."""
    names = [plot.name for plot in all_plots()]
    assert len({name.lower() for name in names}) == len(names)
    assert all(SAFE_STEM.fullmatch(name) for name in names)


@pytest.mark.parametrize("kind", kinds())
def test_alternative_text_carries_numbers(kind: str) -> None:
    """The alternative text is a sentence with at least two numbers, and the caption another sentence."""
    plot = of_kind(kind)
    assert len(re.findall(r"\d+(?:\.\d+)?", plot.alt)) >= 2
    assert plot.alt.endswith(".")
    assert plot.caption.endswith(".")


@pytest.mark.parametrize("kind", kinds())
def test_svg_is_whole_and_asks_for_nothing(kind: str) -> None:
    """The SVG is well-formed XML with its title, holds no script and no inline style, refers to itself only."""
    plot = of_kind(kind)
    root = ET.fromstring(draw(plot))  # noqa: S314 - our own output
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    links = [element.attrib["href"] for element in root.iter() if "href" in element.attrib]
    known = {element.attrib["id"] for element in root.iter() if "id" in element.attrib}
    assert not {"script", "style"} & tags
    assert not [element for element in root.iter() if "style" in element.attrib]
    assert "metadata" not in tags
    assert root.findtext("{http://www.w3.org/2000/svg}title") == literal(plot.title)
    assert {link.removeprefix("#") for link in links} <= known


@pytest.mark.parametrize("kind", kinds())
def test_svg_is_small(kind: str) -> None:
    """A plot of the sample cycle fits the size that pages are planned with."""
    assert len(draw(of_kind(kind))) < BUDGET_BYTES


def test_glyphs_keep_their_outlines() -> None:
    """In fewer digits the points of each outline lie where the font has them, to a 400th of an em."""
    font = ft2font.FT2Font(str(resource("templates") / "fonts" / "Inter-Regular.ttf"))
    font.set_size(100.0, 72.0)
    drawn = draw(of_kind("track")).decode()
    outlines = re.findall(r'<path id="g([0-9a-f]+)" d="([^"]+)" transform="scale\(([0-9.]+)\)"', drawn)
    assert len(outlines) > 20
    for glyph, outline, scale in outlines:
        font.load_glyph(int(glyph, 16), flags=ft2font.LoadFlags.NO_HINTING)
        points, codes = font.get_path()
        expected = points[codes != mpl.path.Path.CLOSEPOLY]
        assert np.array(walked(outline)) * float(scale) == pytest.approx(expected, abs=100.0 / 400.0), glyph


def walked(outline: str) -> list[tuple[int, int]]:
    """Points of an outline of relative moves, lines and curves."""
    found: list[tuple[int, int]] = []
    here = start = (0, 0)
    for command, numbers in re.findall(r"([mlqz])([^mlqz]*)", outline):
        steps = [int(number) for number in re.findall(r"-?\d+", numbers)]
        pairs = list(zip(steps[::2], steps[1::2], strict=True))
        each = 2 if command == "q" else 1  # a command that repeats is written once
        for first in range(0, len(pairs), each):
            points = [(here[0] + x, here[1] + y) for x, y in pairs[first : first + each]]
            found += points
            here = points[-1]
        here = start if command == "z" else here
        start = here if command == "m" else start
    return found


def test_bytes_are_the_same_in_every_process() -> None:
    """A pool of two processes draws the bytes that this process draws, in the order given."""
    plots = [*one_of_each_kind(), *all_plots()[:4]]
    done: list[int] = []
    pooled = list(draw_all(plots, jobs=2, progress=done.append))
    assert [plot.name for plot, _ in pooled] == [plot.name for plot in plots]
    assert [svg for _, svg in pooled] == [draw(plot) for plot in plots]
    assert sum(done) == len(plots)


def test_serial_drawing_equals_single_drawing() -> None:
    """One job draws the same bytes without a pool and reports each plot."""
    plots = one_of_each_kind()[:2]
    done: list[int] = []
    assert [svg for _, svg in draw_all(plots, jobs=1, progress=done.append)] == [draw(plot) for plot in plots]
    assert done == [1, 1]


def test_the_machine_has_no_say() -> None:
    """Settings of matplotlib on a machine change neither the plot nor are they changed by it."""
    plot = of_kind("distance")
    expected = draw(plot)
    with mpl.rc_context({"font.size": 30.0, "axes.facecolor": "black", "svg.fonttype": "none"}):
        assert draw(plot) == expected
        assert mpl.rcParams["font.size"] == 30.0


def test_plots_travel_between_processes() -> None:
    """A plot that was pickled draws the same bytes."""
    plot = of_kind("bplane")
    assert draw(pickle.loads(pickle.dumps(plot))) == draw(plot)  # noqa: S301 - our own bytes


@pytest.mark.parametrize("kind", kinds())
def test_csv_holds_the_data(kind: str) -> None:
    """The CSV reads back as the plot's columns and rows, numbers to ten digits, absent values empty."""
    plot = of_kind(kind)
    header, *lines = csv.reader(io.StringIO(data_csv(plot)))
    assert tuple(header) == plot.columns
    assert len(lines) == len(plot.rows)
    for line, row in zip(lines, plot.rows, strict=True):
        for text, value in zip(line, row, strict=True):
            if isinstance(value, float):
                assert float(text) == pytest.approx(value, rel=CSV_DIGITS)
            elif isinstance(value, bool):
                assert text == ("true" if value else "false")
            else:
                assert text == ("" if value is None else str(value))


def test_what_does_not_exist_is_not_drawn() -> None:
    """An unscreened pair, an object without an orbit and an event without a past have no such plot."""
    record = records.sample_record()
    unscreened = next(pair for pair in record.pairs if pair.unscreened)
    lost = next(item for item in record.objects if item.orbit is None)
    fresh = next(event for event in record.events if not event.history)
    assert pair_plots(record, unscreened) == ()
    assert object_plots(record, lost) == ()
    assert not {"history", "parts"} & {plot.kind for plot in event_plots(record, fresh)}


def test_an_empty_cycle_is_drawn() -> None:
    """A cycle without events has its plots."""
    assert all(draw(plot) for plot in cycle_plots(records.quiet_record()))


def test_hostile_names_are_drawn_literally() -> None:
    """Mark-up in a name reaches the figure character by character."""
    with house_style():
        figure = of_kind_with_id(records.HOSTILE_NAME).drawing.figure()
    assert literal(records.HOSTILE_NAME) in {text.get_text() for text in figure.findobj(Text)}


def of_kind_with_id(name: str) -> Plot:
    record = records.sample_record()
    item = next(item for item in record.objects if item.orbit is not None)
    return object_plots(record, replace(item, id=name))[0]


@settings(max_examples=15, deadline=None)
@given(st.text(min_size=1, max_size=40))
def test_any_name_can_be_drawn(name: str) -> None:
    """Whatever characters a name holds, the plot is well-formed XML and no glyph is missing."""
    ET.fromstring(draw(of_kind_with_id(name)))  # noqa: S314 - our own output


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.0042, "0.0042"), (0.412, "0.412"), (1.9, "1.90"), (-11.41, "−11.4"), (283.6, "284"),
     (9.996, "10.0"), (99.96, "100"), (5868.4, "5868"), (12_300.0, "12\u2009300")],
)  # fmt: skip
def test_distances_read_well(value: float, text: str) -> None:
    """A distance keeps three significant digits or all digits before the point."""
    assert short(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(-5.0, "−5"), (0.5, "0.5"), (1000.0, "1000"), (30_000.0, "30\u2009000"), (-0.0, "0")]
)
def test_ticks_read_well(value: float, text: str) -> None:
    """A tick has no exponent and a true minus sign."""
    assert plain(value) == text


def test_levels_differ_without_colour() -> None:
    """Each level has a marker of its own."""
    assert len({LEVEL_MARKER[level] for level in Level}) == len(Level)


def test_a_plot_as_pdf_is_the_same_again_on_one_page_with_its_words_as_text() -> None:
    """Twice the same bytes, without a date, and the font that its words are set in embedded."""
    plot = next(plot for plot in one_of_each_kind() if plot.kind == "distance")
    made = pdf(plot)
    assert made == pdf(plot)
    assert len(re.findall(rb"/Type /Page\b", made)) == 1
    assert b"/CreationDate" not in made
    assert re.search(rb"/FontName /\S*Inter", made) is not None
