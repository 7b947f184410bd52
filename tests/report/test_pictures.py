"""Pictures beside matplotlib's own: the same lines, areas, marks and letters in the same places."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nearpass.report.plots import Plot, draw, style
from nearpass.report.plots.picture import svg
from nearpass.report.plots.style import house_style
from plot_kinds import one_of_each_kind

GRID_PT = 0.0051  # coordinates are written in hundredths of a point
SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
TAKEN = {"m": 1, "l": 1, "q": 2, "c": 3}
Places = list[tuple[float, float]]


def each_kind() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("plot", one_of_each_kind(), ids=lambda plot: plot.kind)


def outline(data: str) -> Places:
    """The end of each stroke of a path, whether written as places or as steps."""
    found: Places = []
    here = start = np.zeros(2)
    for command, numbers in re.findall(r"([MLQCZmlqcz])([^MLQCZmlqcz]*)", data):
        points = np.array([float(number) for number in re.findall(r"-?[0-9.]+", numbers)]).reshape(-1, 2)
        taken = TAKEN.get(command.lower(), 1)
        for point in points[taken - 1 :: taken]:
            here = point + here if command.islower() else point
            if not found or np.abs(here - found[-1]).max() > GRID_PT:
                found.append((float(here[0]), float(here[1])))
        here = start if command in "Zz" else here
        start = here if command in "Mm" else start
    return found


def drawn(text: str) -> tuple[list[Places], Places, Places]:
    """Strokes of each path that is drawn, places of marks, places of lines of text."""
    root = ET.fromstring(text)  # noqa: S314 - our own output
    for above in [*root.iter()]:
        for element in [*above]:
            if element.tag == f"{SVG}defs":
                above.remove(element)
    paths = [outline(path.attrib["d"]) for path in root.iter(f"{SVG}path")]
    words = [
        tuple(float(number) for number in re.findall(r"-?[0-9.]+", element.attrib["transform"])[:2])
        for element in root.iter(f"{SVG}g")
        if element.attrib.get("transform", "").startswith("translate")
    ]
    marks = [
        (float(element.attrib["x"]), float(element.attrib["y"]))
        for element in root.iter(f"{SVG}use")
        if element.attrib.get("href", element.attrib.get(LINK, ""))[1:2] == "m" and "y" in element.attrib
    ]
    return [path for path in paths if path], marks, [(word[0], word[1]) for word in words]


def own_svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg")
    return buffer.getvalue()


@each_kind()
def test_it_draws_what_matplotlib_draws(plot: Plot) -> None:
    """Each line, area, mark and line of text lies where matplotlib's own SVG has it, to a hundredth of a point."""
    with house_style():
        ours = drawn(svg(plot.drawing.figure(), "").decode())
        theirs = drawn(own_svg(plot.drawing.figure()))
    assert len(ours[0]) == len(theirs[0])
    for found, expected in zip(ours[0], theirs[0], strict=True):
        assert found[0] == pytest.approx(expected[0], abs=GRID_PT)
        assert found[-1] == pytest.approx(expected[-1], abs=GRID_PT)
        assert np.ptp(found, axis=0) == pytest.approx(np.ptp(expected, axis=0), abs=2 * GRID_PT)
    for kind in (1, 2):
        assert np.array(ours[kind]) == pytest.approx(np.array(theirs[kind]), abs=GRID_PT)
    assert ours[2]


@each_kind()
def test_one_tick_draws_as_many_do(plot: Plot, monkeypatch: pytest.MonkeyPatch) -> None:
    """With matplotlib's own axes, which make a tick for each place, the picture has the same bytes."""
    expected = draw(plot)
    monkeypatch.setattr(style, "LeanAxes", Axes)
    assert draw(plot) == expected
