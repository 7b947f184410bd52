"""Colours of pages and plots: one set for both, and the contrast of every text and mark, light and dark."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray

from nearpass.encounter.alert import Level
from nearpass.report.plots import Plot, draw, style
from nearpass.resources import resource
from plot_kinds import one_of_each_kind

TEXT, MARK = 4.5, 3.0
"""Least contrast by WCAG 2.2: 1.4.3 for text, 1.4.11 for what must be seen to understand."""
ON_PAPER: Final = ("paper", "card", "panel")
ON_WASHES: Final = ("red-wash", "yellow-wash", "green-wash")
TEXTS: Final = {"ink": (*ON_PAPER, *ON_WASHES), "soft": (*ON_PAPER, *ON_WASHES), "link": (*ON_PAPER, *ON_WASHES)} | {
    "red": (*ON_PAPER, "red-wash"), "yellow-ink": (*ON_PAPER, "yellow-wash"), "green": (*ON_PAPER, "green-wash"),
    "blue": ON_PAPER,
}  # fmt: skip
MARKS: Final = {
    "strong-line": ("paper", "card"), "red": ON_WASHES, "yellow-ink": ON_WASHES, "green": ("paper",),
    "blue": ("paper", "band", "red-wash", "yellow-wash"), "ink": ("band", *ON_WASHES), "disc-line": ("paper", "card"),
}  # fmt: skip
"""What is drawn, on what; the mark of yellow is told by its edge, which has the colour of its word."""
SHARED: Final = {
    "ink": style.INK, "soft": style.MUTED, "strong-line": style.AXIS, "line": style.GRID, "band": style.BAND,
    "blue": style.SECONDARY, "disc": style.BODY_FACE, "disc-line": style.BODY_EDGE,
    "red": style.LEVEL_COLOR[Level.RED], "red-wash": style.LEVEL_WASH[Level.RED],
    "yellow": style.LEVEL_COLOR[Level.YELLOW], "yellow-wash": style.LEVEL_WASH[Level.YELLOW],
    "yellow-ink": style.LEVEL_INK[Level.YELLOW], "green": style.LEVEL_COLOR[Level.GREEN],
}  # fmt: skip
PICTURE_TEXTS: Final = {
    style.INK, style.MUTED, style.SECONDARY, style.LEVEL_INK[Level.RED], style.LEVEL_INK[Level.YELLOW],
    style.LEVEL_INK[Level.GREEN],
}  # fmt: skip


@cache
def tokens() -> dict[str, tuple[str, str]]:
    """Light and dark value of each token of the stylesheet."""
    text = (resource("templates") / "theme" / "assets" / "site.css").read_text(encoding="utf-8")
    return {name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", text)}


@cache
def night() -> NDArray[np.float64]:
    """What the filter makes of a plot's colours in the dark: (4, 5)."""
    base = (resource("templates") / "theme" / "base.html").read_text(encoding="utf-8")
    found = re.search(r'<filter id="night".*?values="([^"]+)"', base)
    assert found is not None
    return np.array([float(value) for value in found[1].split()]).reshape(4, 5)


def rgb(color: str) -> NDArray[np.float64]:
    digits = color[1:] if len(color) == 7 else "".join(2 * digit for digit in color[1:])
    return np.array([int(digits[at : at + 2], 16) for at in (0, 2, 4)]) / 255.0


def at_night(color: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(night()[:3, :3] @ color + night()[:3, 4], 0.0, 1.0)


def contrast(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """The ratio of WCAG 2.2, by its definition of relative luminance."""
    light, dark = sorted(
        (
            float(np.array([0.2126, 0.7152, 0.0722]) @ np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4))
            for c in (first, second)
        ),
        reverse=True,
    )
    return (light + 0.05) / (dark + 0.05)


def test_the_ratio_is_that_of_the_guidelines() -> None:
    """Black on white is 21, and #767676 on white the well-known 4.54."""
    assert contrast(rgb("#000"), rgb("#ffffff")) == pytest.approx(21.0)
    assert contrast(rgb("#767676"), rgb("#fff")) == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXTS, TEXT), (MARKS, MARK)], ids=["texts", "marks"])
def test_pages_have_contrast(pairs: dict[str, tuple[str, ...]], least: float, scheme: int) -> None:
    """Each colour of words is told from each ground it is used on, each mark from what it is drawn on."""
    found = {
        (name, ground): round(contrast(rgb(tokens()[name][scheme]), rgb(tokens()[ground][scheme])), 2)
        for name, grounds in pairs.items()
        for ground in grounds
    }
    assert {pair: ratio for pair, ratio in found.items() if ratio < least} == {}


def test_pages_and_plots_have_the_same_colours() -> None:
    """A colour that means something means it in pages and plots alike: the same value in both."""
    assert {name: tokens()[name][0] for name in SHARED} == SHARED


def test_the_stylesheet_names_its_colours_once() -> None:
    """Beside the tokens, paper and the globe no rule has a colour of its own."""
    text = (resource("templates") / "theme" / "assets" / "site.css").read_text(encoding="utf-8")
    rules = [line for line in text.splitlines() if re.search(r"#[0-9a-f]{3,6}\b", line) and not line.startswith("  --")]
    own = ("  :root, :root[data-theme]", "  .notice, .edition", ".notice {", ".ball", ".grat", ".night")
    assert [line for line in rules if not line.startswith(own)] == []


@pytest.mark.parametrize("plot", one_of_each_kind(), ids=lambda plot: plot.kind)
def test_words_of_plots_have_contrast(plot: Plot) -> None:
    """Words of a plot have colours of the set, readable on the ground by day and by night."""
    text = draw(plot).decode()
    words = {color or "#000000" for color in re.findall(r'<g(?: fill="(#\w+)")?(?: opacity="[^"]+")? transform', text)}
    if plot.kind == "pcplane":
        words.discard("#ffffff")  # in dark cells
    assert words <= PICTURE_TEXTS
    for color in words:
        for change in (lambda value: value, at_night):
            assert contrast(change(rgb(color)), change(rgb("#fff"))) >= TEXT


def test_lines_of_plots_have_contrast() -> None:
    """Curves, marks and axes are told from the ground in light, and from what the filter makes of it in the dark."""
    for color in (style.INK, style.SECONDARY, style.AXIS, style.BODY_EDGE, *style.LEVEL_INK.values()):
        for change in (lambda value: value, at_night):
            assert contrast(change(rgb(color)), change(rgb("#fff"))) >= MARK, color
