"""Plots of risk show the record's numbers where they belong: probability, manoeuvre trade, crossings, seasons."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, PathPatch, Rectangle
from scipy.stats import ncx2

import records
import risk_records
from nearpass.encounter.alert import Level
from nearpass.reasons.probabilities import NoBurn
from nearpass.record.record import CrossingRecord, CycleRecord, EventRecord, PairRecord, SeasonRecord, TradeRecord
from nearpass.report import wording
from nearpass.report.plots import Plot, event_plots, pair_plots
from nearpass.report.plots.crossings_drawing import CrossingsDrawing
from nearpass.report.plots.prediction import prediction_plot
from nearpass.report.plots.style import (
    LEVEL_COLOR,
    LEVEL_MARKER,
    canvas,
    date_axis,
    house_style,
    panel,
    pc_threshold_text,
    power_of_ten,
)
from nearpass.report.tables import EVENT_COLUMNS, SOLUTION_COLUMNS, solution_rows

ROUNDING = 1e-9  # the drawing repeats numbers of the record in double precision
TWO_DIGITS = 0.051  # relative: a probability in words has two digits
THREE_DIGITS = 0.0051  # relative: other numbers in words have three
QUADRATURE = 1e-6  # relative, of the sample's Gauss-Legendre rule on a square root
TRACK_ROUNDING = 1e-5  # relative: the sample keeps its track to the millimetre
DAY_S = 86_400.0


def figure_of(plot: Plot) -> Figure:
    with house_style():
        figure = plot.drawing.figure()
        FigureCanvasAgg(figure).draw()
    return figure


def red_event() -> EventRecord:
    return records.level_events(Level.RED)[0]


def of_kind(kind: str, plots: tuple[Plot, ...]) -> Plot:
    return next(plot for plot in plots if plot.kind == kind)


def event_plot(kind: str, event: EventRecord | None = None, record: CycleRecord | None = None) -> Plot:
    return of_kind(kind, event_plots(record or records.sample_record(), event or red_event()))


def kinds_of(event: EventRecord) -> set[str]:
    return {plot.kind for plot in event_plots(records.sample_record(), event)}


def pair_of(primary: str, secondary: str) -> PairRecord:
    pairs = records.sample_record().pairs
    return next(pair for pair in pairs if (pair.primary, pair.secondary) == (primary, secondary))


def known_crossings() -> list[CrossingRecord]:
    return [item for item in records.sample_record().crossings if item.oxt_s is not None]


def crossings_plot(crossings: list[CrossingRecord]) -> Plot:
    record = replace(records.sample_record(), crossings=tuple(crossings))
    return of_kind("crossings", pair_plots(record, pair_of("MRO", "ODY")))


def season_plot(season: SeasonRecord) -> Plot:
    record = replace(records.sample_record(), seasons=(season,))
    return of_kind("season", pair_plots(record, pair_of("MRO", "ODY")))


def numbers_in(text: str) -> list[float]:
    """Every number of a text, in its order."""
    return [float(found) for found in re.findall(r"(?<![\w.-])\d+(?:\.\d+)?(?:e-?\d+)?(?![\w-])", text)]


def marks(axes: Axes, level: Level) -> list[tuple[float, float]]:
    """Where single marks of this level's shape stand."""
    return [
        (float(line.get_xdata()[0]), float(line.get_ydata()[0]))
        for line in axes.lines
        if line.get_marker() == LEVEL_MARKER[level] and len(line.get_xdata()) == 1
    ]


def levels_across(axes: Axes) -> set[float]:
    """Heights of the coloured lines that cross the whole axes."""
    colors = set(LEVEL_COLOR.values())
    return {
        float(line.get_ydata()[0])
        for line in axes.lines
        if list(line.get_xdata()) == [0, 1] and line.get_color() in colors
    }


def longest_line(axes: Axes) -> Any:
    return max(axes.lines, key=lambda line: len(line.get_xdata()))


# Probability


def test_present_probability_stands_on_both_curves() -> None:
    """The mark stands at factor 1 and the record's Pc beside the covariance and beside the hard-body curve."""
    event = red_event()
    for axes in figure_of(event_plot("pc")).axes:
        (place,) = marks(axes, event.level)
        assert place == pytest.approx((1.0, event.probability.pc), rel=ROUNDING)


def test_curves_are_those_of_the_record() -> None:
    """The left curve is the dilution curve, the right one the sensitivity to the hard-body radius."""
    found = red_event().probability
    curve, body = figure_of(event_plot("pc")).axes
    shown = np.array([value for _, value in found.dilution]) > curve.get_ylim()[0]
    assert np.array(longest_line(curve).get_xydata())[shown] == pytest.approx(np.array(found.dilution)[shown])
    assert np.array(longest_line(body).get_xydata()) == pytest.approx(np.array(found.hbr_sensitivity))
    assert curve.get_ylim() == body.get_ylim()


def test_maximum_is_marked_and_dilution_lies_beyond_it() -> None:
    """A diamond stands at the maximum, and the shaded side begins at its scale."""
    found = red_event().probability
    axes = figure_of(event_plot("pc")).axes[0]
    diamonds = [line.get_xydata()[0].tolist() for line in axes.lines if line.get_marker() == "D"]
    assert diamonds == [[found.max_pc_scale, found.max_pc]]
    assert [patch.get_x() for patch in axes.patches] == [found.max_pc_scale]


def test_probability_thresholds_are_drawn_where_configured() -> None:
    """Red and yellow Pc cross both panels; a threshold that is not used is neither drawn nor named."""
    limits = records.THRESHOLDS
    for axes in figure_of(event_plot("pc")).axes:
        assert levels_across(axes) == {limits.red_pc, limits.yellow_pc}
    record = replace(records.sample_record(), thresholds=replace(limits, yellow_pc=None))
    plot = event_plot("pc", record=record)
    assert all(levels_across(axes) == {limits.red_pc} for axes in figure_of(plot).axes)
    assert "yellow" not in plot.alt


def test_probability_is_told_in_numbers() -> None:
    """The alternative text gives Pc, thresholds, range of scales, maximum and its scale, and Pc at both radii."""
    event, limits = red_event(), records.THRESHOLDS
    found = event.probability
    assert event.b_plane is not None
    (low, least), (high, most) = found.hbr_sensitivity[0], found.hbr_sensitivity[-1]
    expected = [
        found.pc, limits.red_pc, limits.yellow_pc, found.dilution[0][0], found.dilution[-1][0], found.max_pc,
        found.max_pc_scale, event.b_plane.hbr_km * 1000.0, low, least, high, most,
    ]  # fmt: skip
    told = numbers_in(event_plot("pc").alt.replace("Foster 2-D", ""))
    assert told == pytest.approx(expected, rel=TWO_DIGITS)
    assert "not diluted" in event_plot("pc").alt


def test_a_curve_by_another_method_is_named_so() -> None:
    """Where Pc does not lie on its curve the picture says so and gives the curve's value at factor 1."""
    event = red_event()
    other = replace(event, probability=replace(event.probability, pc=2.0e-4))
    words = [text.get_text() for text in figure_of(event_plot("pc", other)).texts]
    assert any("another method" in text and wording.probability(event.probability.pc) in text for text in words)


def test_without_a_probability_there_is_no_plot_of_it() -> None:
    """No Pc, no curve or only zeros: neither plot; and no trade without a manoeuvre that helps."""
    event = red_event()
    zeros = tuple((scale, 0.0) for scale, _ in event.probability.dilution)
    assert {"pc", "pcplane", "trade"} <= kinds_of(event)
    assert not {"pc", "pcplane"} & kinds_of(replace(event, probability=records.NO_PROBABILITY))
    assert "pc" not in kinds_of(replace(event, probability=replace(event.probability, pc=0.0, dilution=zeros)))
    assert "trade" not in kinds_of(replace(event, trades=()))
    helpless = replace(_without_pc(event.trades[0]), rows=((24.0, None), (48.0, None)))
    assert "trade" not in kinds_of(replace(event, trades=(helpless,)))


def test_only_alerts_have_a_plane_of_scales() -> None:
    """A green event with a probability has its curve but no plane of scales."""
    assert "pcplane" not in kinds_of(replace(red_event(), level=Level.GREEN))
    assert "pcplane" in kinds_of(replace(red_event(), level=Level.YELLOW))


def test_each_cell_holds_its_probability() -> None:
    """The number in each cell is the record's Pc for the scales at its column and row; a blank one is below 1e-12."""
    axes = figure_of(event_plot("pcplane")).axes[0]
    across = [float(text.get_text()) for text in axes.get_xticklabels()]
    up = [float(text.get_text()) for text in axes.get_yticklabels()]
    shown = {
        (across[int(text.get_position()[0])], up[int(text.get_position()[1])]): text.get_text() for text in axes.texts
    }
    plane = red_event().probability.scale_plane
    assert len(shown) == len(plane)
    for first, second, value in plane:
        text = shown[first, second]
        assert value < 1e-12 if text == "" else float(text) == pytest.approx(value, rel=TWO_DIGITS)


def test_lines_part_the_cells_at_a_threshold() -> None:
    """Each piece of a level's line lies between a cell that reaches the threshold and one that does not."""
    limits = records.THRESHOLDS
    event = next(event for event in records.level_events(Level.YELLOW) if event.probability.pc is not None)
    scales = risk_records.PLANE_SCALES
    pc = {(scales.index(a), scales.index(b)): value for a, b, value in event.probability.scale_plane}
    axes = figure_of(event_plot("pcplane", event)).axes[0]
    for level, threshold in ((Level.RED, limits.red_pc), (Level.YELLOW, limits.yellow_pc)):
        drawn = list(level_pieces(axes, level))
        expected = {
            frozenset((cell, other))
            for cell in pc
            for other in ((cell[0] + 1, cell[1]), (cell[0], cell[1] + 1))
            if other in pc and (pc[cell] >= threshold) != (pc[other] >= threshold)
        }
        assert expected
        assert {cells_beside(piece) for piece in drawn} == expected


def level_pieces(axes: Axes, level: Level) -> Iterator[np.ndarray]:
    """Pieces of the line in a level's colour."""
    for collection in axes.collections:
        if isinstance(collection, LineCollection) and tuple(collection.get_color()[0]) == to_rgba(LEVEL_COLOR[level]):
            yield from collection.get_segments()


def cells_beside(piece: np.ndarray) -> frozenset[tuple[int, int]]:
    """The two cells (column, row) on either side of an edge."""
    (x0, y0), (x1, y1) = piece
    if x0 == x1:
        return frozenset(((int(x0) - 1, int(min(y0, y1))), (int(x0), int(min(y0, y1)))))
    return frozenset(((int(min(x0, x1)), int(y0) - 1), (int(min(x0, x1)), int(y0))))


def test_the_plane_is_told_in_numbers() -> None:
    """The alternative text gives the Pc as given, the most and the least with their scales."""
    found = red_event().probability
    plane = np.array(found.scale_plane)
    most, least = plane[plane[:, 2].argmax()], plane[plane[:, 2].argmin()]
    told = numbers_in(event_plot("pcplane").alt.split("As given")[1])
    assert told == pytest.approx([found.pc, most[2], *most[:2], least[2], *least[:2]], rel=TWO_DIGITS)


def test_history_shows_probability_of_each_cycle() -> None:
    """Where cycles had a Pc the history has a panel with each of them and the thresholds of Pc."""
    event = red_event()
    expected = [*(point.pc for point in event.history), event.probability.pc]
    plot = event_plot("history")
    panels = figure_of(plot).axes
    assert [axes.get_title(loc="left") for axes in panels].count("probability of collision") == 1
    drawn = sorted(y for level in Level for _, y in marks(panels[1], level))
    assert drawn == pytest.approx(sorted(value for value in expected if value is not None), rel=ROUNDING)
    assert levels_across(panels[1]) == {records.THRESHOLDS.red_pc, records.THRESHOLDS.yellow_pc}
    assert [row[plot.columns.index("pc")] for row in plot.rows] == expected
    assert numbers_in(plot.alt)[-1] == pytest.approx(event.probability.pc, rel=TWO_DIGITS)


def test_history_without_probability_has_no_panel_for_it() -> None:
    """Where no cycle had a Pc there is no panel for it."""
    event = red_event()
    past = tuple(replace(point, pc=None) for point in event.history)
    blind = replace(event, history=past, probability=records.NO_PROBABILITY)
    titles = [axes.get_title(loc="left") for axes in figure_of(event_plot("history", blind)).axes]
    parts = [axes.get_title(loc="left") for axes in figure_of(event_plot("parts", blind)).axes]
    assert "probability of collision" not in titles
    assert sum(title.partition(" ")[0] in {"R", "T", "N"} for title in parts) == 3


def test_history_tells_sigmas_from_a_hit() -> None:
    """A panel has each cycle's distance from a hit in sigmas of the B-plane, as the record keeps it; the words too."""
    event = red_event()
    assert event.b_plane is not None
    expected = [*(point.b_plane_sigmas for point in event.history), event.b_plane.sigmas]
    plot = event_plot("parts")
    (panel,) = (axes for axes in figure_of(plot).axes if axes.get_title(loc="left").startswith("from a hit"))
    drawn = next(line for line in panel.lines if len(line.get_xdata()) == len(expected))
    assert list(drawn.get_ydata()) == expected
    assert [row[plot.columns.index("b_plane_sigmas")] for row in plot.rows] == expected
    assert f"now {expected[-1]:.1f}." in plot.alt


def test_a_thin_ellipse_is_drawn_in_sigmas_too() -> None:
    """In the panel of sigmas the origin lies as far from the expected miss as the covariance says, and on its side.

    The hard body there has its radius over each sigma, and an axis that points up stays up.
    """
    event = red_event()
    assert event.b_plane is not None
    covariance_km2 = np.array([[0.017**2, 0.0008], [0.0008, 1.33**2]])
    told = tuple((float(a), float(b)) for a, b in covariance_km2)
    plane = replace(event.b_plane, miss_xi_km=0.4, miss_zeta_km=1.7, covariance_km2=told)
    panels = figure_of(event_plot("bplane", replace(event, b_plane=plane))).axes
    (axes,) = (axes for axes in panels if axes.get_title(loc="left").startswith("Each axis in its own sigmas"))
    (cross,) = (line for line in axes.lines if line.get_marker() == "+")
    (body,) = (patch for patch in axes.patches if type(patch) is Ellipse)
    x, y = float(cross.get_xdata()[0]), float(cross.get_ydata()[0])
    miss = np.array([0.4, 1.7])
    assert x**2 + y**2 == pytest.approx(miss @ np.linalg.solve(covariance_km2, miss), rel=ROUNDING * 1e3)
    assert y < 0.0  # the miss points up, so that the origin lies below it
    small, large = np.sqrt(np.linalg.eigvalsh(covariance_km2))
    assert body.width == pytest.approx(2.0 * plane.hbr_km / large, rel=ROUNDING * 1e3)
    assert body.height == pytest.approx(2.0 * plane.hbr_km / small, rel=ROUNDING * 1e3)


@pytest.mark.parametrize(("zeta_km", "edge"), [(60.0, 0), (-60.0, 1)])
def test_a_name_at_the_edge_stays_off_the_numbers_of_the_axis(zeta_km: float, edge: int) -> None:
    """Where the origin lies many sigmas to one side, its name in the panel of sigmas lies within the panel."""
    event = red_event()
    assert event.b_plane is not None
    plane = replace(event.b_plane, miss_xi_km=0.4, miss_zeta_km=zeta_km, covariance_km2=((0.017**2, 0.0), (0.0, 1.0)))
    figure = figure_of(event_plot("bplane", replace(event, b_plane=plane)))
    (axes,) = (one for one in figure.axes if one.get_title(loc="left").startswith("Each axis in its own sigmas"))
    (name,) = (text for text in axes.texts if text.get_text().endswith("σ away"))
    reach, panel = name.get_window_extent(figure.canvas.get_renderer()), axes.bbox
    assert abs(reach.intervalx[edge] - panel.intervalx[edge]) < 0.5 * panel.width
    assert panel.x0 <= reach.x0
    assert reach.x1 <= panel.x1


def test_a_moon_is_in_the_middle_of_its_plane() -> None:
    """The disc in the middle is the moon of the two, primary or not, and the other is at the miss from it."""
    record = records.sample_record()
    event = next(event for event in record.events if event.surface_km is not None)
    assert event.b_plane is not None
    sizes = {item.id: item.radius_km or 0.0 for item in record.objects}
    moon, other = sorted((event.primary, event.secondary), key=lambda key: -sizes[key])
    sign = -1.0 if moon == event.secondary else 1.0
    axes = figure_of(event_plot("bplane", event)).axes[0]
    words = {text.get_text() for text in axes.texts}
    (mark,) = (line for line in axes.lines if line.get_marker() == "D")
    place = float(mark.get_xdata()[0]), float(mark.get_ydata()[0])
    assert place == pytest.approx((sign * event.b_plane.miss_zeta_km, sign * event.b_plane.miss_xi_km))
    assert moon in words
    assert any(text.startswith(f"{other}, ") for text in words)


# Distance


def band_of(axes: Axes) -> np.ndarray:
    """Corners of the grey band; the shading below thresholds has the levels' colours."""
    bands = [item for item in axes.collections if isinstance(item, PolyCollection) and item.get_zorder() == 3]
    assert len(bands) == 1
    return np.concatenate([path.vertices for path in bands[0].get_paths()])


def test_no_twin_of_a_plot_or_table_tells_tiny_probabilities_apart() -> None:
    """Below 1e-20 each says 1e-20: in the data of curves, plane and history, as the highest one, by a solution."""
    event, tiny = red_event(), (1e-300, 3e-85, 9.9e-21)
    found = replace(
        event.probability, max_pc=tiny[1],
        dilution=tuple((one, tiny[at] if at < 3 else pc) for at, (one, pc) in enumerate(event.probability.dilution)),
        hbr_sensitivity=tuple((factor, tiny[2]) for factor, _ in event.probability.hbr_sensitivity),
        scale_plane=tuple((one, two, tiny[at % 3]) for at, (one, two, _) in enumerate(event.probability.scale_plane)),
    )  # fmt: skip
    event = replace(event, probability=found, history=tuple(replace(point, pc=tiny[1]) for point in event.history))
    told = [
        row[plot.columns.index("pc")]
        for plot in event_plots(records.sample_record(), event)
        if plot.kind in {"pc", "pcplane", "history"}
        for row in plot.rows
    ]
    highest = next(column for column in EVENT_COLUMNS if column.key == "max_pc").value(event)
    row = next(iter(solution_rows(records.sample_record())))
    by_solution = next(column for column in SOLUTION_COLUMNS if column.key == "pc")

    assert {1e-20} == {pc for pc in told if pc is not None and pc <= 1e-20}
    assert any(pc > 1e-20 for pc in told if pc is not None)
    assert highest == 1e-20
    assert by_solution.value(replace(row, event=replace(row.event, pc=3e-85))) == 1e-20


def test_distance_band_is_one_sigma_at_tca() -> None:
    """At TCA the band reaches the record's sigma of the miss above and below it, and nowhere below zero."""
    event = red_event()
    assert event.miss_sigma_km is not None
    corners = band_of(figure_of(event_plot("distance")).axes[0])
    at_tca = corners[np.abs(corners[:, 0]) < ROUNDING, 1]
    assert at_tca.max() == pytest.approx(event.miss_km + event.miss_sigma_km, rel=TRACK_ROUNDING)
    assert at_tca.min() == pytest.approx(event.miss_km - event.miss_sigma_km, rel=TRACK_ROUNDING)
    assert corners[:, 1].min() >= 0.0


def test_distance_band_needs_both_covariances() -> None:
    """Without the covariance of one object there is no band and no sigma in the data."""
    event = red_event()
    alone = replace(event, uncertainty=event.uncertainty[:1], miss_sigma_km=None, miss_sigma_rtn_km=None)
    plot = event_plot("distance", alone)
    assert not [item for item in figure_of(plot).axes[0].collections if item.get_zorder() == 3]
    assert {row[2] for row in plot.rows} == {None}


# Trade


def test_trade_runs_towards_tca_and_keeps_every_row() -> None:
    """Lead time falls to zero at the right; one line has the record's delta-v for the distance, one that for Pc."""
    (trade,) = red_event().trades
    plot = event_plot("trade")
    axes = figure_of(plot).axes[0]
    assert axes.get_xlim() == (trade.rows[-1][0], 0.0)
    for_distance, for_pc = (line for line in axes.lines if len(line.get_xdata()) == len(trade.rows))
    assert np.array(for_distance.get_xydata()) == pytest.approx(np.array(trade.rows), rel=ROUNDING)
    assert np.array(for_pc.get_xydata()) == pytest.approx(np.abs(trade.pc_rows), rel=ROUNDING)
    assert [(row[1], row[4]) for row in plot.rows] == list(trade.pc_rows)
    assert "MRO, for Pc" in plot.alt


def test_trade_without_a_probability_has_only_the_distance() -> None:
    """Where no manoeuvre is sized by Pc there is one line, no word of Pc, and empty cells in the data."""
    event = red_event()
    plot = event_plot("trade", replace(event, trades=(_without_pc(event.trades[0]),)))
    lines = [line for line in figure_of(plot).axes[0].lines if len(line.get_xdata()) == len(event.trades[0].rows)]
    assert len(lines) == 1
    assert "Pc" not in plot.title + plot.caption + plot.alt
    assert {row[4:] for row in plot.rows} == {(None, None, False, None)}


def _without_pc(trade: TradeRecord) -> TradeRecord:
    return replace(trade, target_pc=None, pc_rows=(), no_pc_reason=NoBurn(rule="no_threshold"))


def test_trade_breaks_where_no_manoeuvre_helps() -> None:
    """A lead time without a delta-v is a gap in the line and an empty cell in the data."""
    event = red_event()
    rows = tuple((lead, None if 40.0 < lead < 50.0 else value) for lead, value in event.trades[0].rows)
    plot = event_plot("trade", replace(event, trades=(replace(_without_pc(event.trades[0]), rows=rows),)))
    line = longest_line(figure_of(plot).axes[0])
    expected = [value is None for _, value in rows]
    assert np.isnan(np.ma.filled(line.get_ydata(), np.nan)).tolist() == expected
    assert [row[2] is None for row in plot.rows] == expected


def test_the_last_useful_burn_is_marked_with_its_cost() -> None:
    """The last useful burn stands at its lead time, and the delta-v written there is the record's row for it."""
    event = red_event()
    lead_h = records.LAST_BURN_H
    cost = abs(dict(event.trades[0].pc_rows)[lead_h])
    plot = event_plot("trade")
    axes = figure_of(plot).axes[0]
    assert lead_h in [line.get_xdata()[0] for line in axes.lines if list(line.get_ydata()) == [0, 1]]
    assert numbers_in(plot.alt)[-2:] == pytest.approx([lead_h, cost], rel=THREE_DIGITS)
    written = [numbers_in(text.get_text())[-1:] for text in axes.texts if text.get_text().endswith(" m/s")]
    assert numbers_in(plot.alt)[-1:] in written


def test_an_uncertain_size_is_an_open_circle_and_no_cost_is_written_beside_it() -> None:
    """Open circles stand at the record's uncertain lead times, and what the last useful burn costs is not claimed."""
    event = red_event()
    unsure = (records.LAST_BURN_H, records.LAST_BURN_H + 6.0)
    plot = event_plot(
        "trade", replace(event, trades=(replace(event.trades[0], uncertain_h=unsure, pc_uncertain_h=unsure),))
    )
    axes = figure_of(plot).axes[0]
    circles = [line for line in axes.lines if tuple(line.get_xdata()) == unsure]
    assert len(circles) == 2
    sizes = dict(event.trades[0].rows)
    assert list(circles[0].get_ydata()) == pytest.approx([abs(sizes[lead_h]) for lead_h in unsure])
    assert [row[1] for row in plot.rows if row[6]] == list(unsure)
    assert not [text for text in axes.texts if text.get_text().endswith(" m/s")]


def test_each_manoeuvring_object_has_its_line() -> None:
    """Two objects that can manoeuvre have two lines and both names in the words."""
    event = red_event()
    other = replace(
        event.trades[0], object_id="TIANWEN-1", rows=tuple((lead, 2.0 * (v or 0.0)) for lead, v in event.trades[0].rows)
    )
    plot = event_plot("trade", replace(event, trades=(*event.trades, other)))
    lines = [line for line in figure_of(plot).axes[0].lines if len(line.get_xdata()) == len(other.rows)]
    assert len(lines) == 4
    assert "MRO" in plot.alt
    assert "TIANWEN-1" in plot.alt


# Crossings


def test_distance_of_the_orbits_is_drawn_by_branch() -> None:
    """Each branch is one line through the record's OXD at the primary's passages."""
    record = records.sample_record()
    few = [item for item in known_crossings() if item.passage_primary < record.window.start + 20 * DAY_S]
    axes = figure_of(crossings_plot(few)).axes[0]
    for branch in {item.branch for item in few}:
        expected = [
            ((item.passage_primary - record.window.start) / DAY_S, item.oxd_km)
            for item in few
            if item.branch == branch and item.passage_primary is not None
        ]
        assert any(
            len(line.get_xdata()) == len(expected) and np.allclose(line.get_xydata(), expected, rtol=ROUNDING)
            for line in axes.lines
        )


def test_timing_is_drawn_with_its_band() -> None:
    """Each OXT is a dot at its passage, and the band ends at three of the record's timing sigmas on both sides."""
    few = [item for item in known_crossings() if item.branch == 0][:50]
    plot = crossings_plot(few)
    assert isinstance(plot.drawing, CrossingsDrawing)
    start = plot.drawing.shown.start
    axes = figure_of(plot).axes[1]
    (dots,) = [patch for patch in axes.patches if isinstance(patch, PathPatch)]
    middles = dots.get_path().vertices.reshape(-1, 2, 2).mean(axis=1)
    expected = [((item.passage_primary - start) / DAY_S, item.oxt_s) for item in few if item.passage_primary]
    assert middles == pytest.approx(np.array(expected), rel=ROUNDING)
    (band,) = [item for item in axes.collections if isinstance(item, PolyCollection)]
    corners = band.get_paths()[0].vertices
    reach_s = 3.0 * max(item.timing_sigma_s or 0.0 for item in few)
    assert (corners[:, 1].min(), corners[:, 1].max()) == pytest.approx((-reach_s, reach_s), rel=ROUNDING)


def test_a_few_days_of_crossings_fill_the_picture() -> None:
    """Crossings of a few days are shown with some room about them, those of half the window over the whole window."""
    found, window = known_crossings(), records.sample_record().window
    few = [item for item in found if item.passage_primary and item.passage_primary < window.start + 4.0 * DAY_S]
    low, high = figure_of(crossings_plot(few)).axes[0].get_xlim()
    assert low == 0.0
    assert 4.0 < high < 5.0
    assert figure_of(crossings_plot(found)).axes[0].get_xlim() == (0.0, window.length_s / DAY_S)


def test_crossing_thresholds_are_drawn_and_named() -> None:
    """The OXD thresholds in use cross the panel and are named with their figures."""
    limits = records.THRESHOLDS
    axes = figure_of(crossings_plot(known_crossings())).axes[0]
    assert levels_across(axes) == {limits.red_oxd_km, limits.yellow_oxd_km}
    words = {text.get_text() for text in axes.texts}
    assert {f"red {limits.red_oxd_km:g} km", f"yellow {limits.yellow_oxd_km:g} km"} <= words


def test_the_most_severe_crossing_is_marked_and_told() -> None:
    """The mark is the red crossing with the smallest miss, and the words end with its OXD, OXT and sigma."""
    found = known_crossings()
    worst = min(
        (item for item in found if item.level is Level.RED), key=lambda item: item.straight_line_cad_km or math.inf
    )
    plot = crossings_plot(found)
    distance, timing = figure_of(plot).axes
    assert [y for _, y in marks(distance, Level.RED)] == [worst.oxd_km]
    assert [y for _, y in marks(timing, Level.RED)] == [worst.oxt_s]
    expected = [worst.oxd_km, worst.oxt_s, worst.timing_sigma_s]
    assert numbers_in(plot.alt)[-3:] == pytest.approx(expected, rel=THREE_DIGITS)


def test_least_distance_and_counts_are_told() -> None:
    """The words count all crossings and those below red, and give the least OXD."""
    found, limits = known_crossings(), records.THRESHOLDS
    plot = crossings_plot(found)
    assert plot.alt.startswith(f"{len(found)} crossings")
    least = re.search(r"OXD is least on [^,]*, ([0-9.]+) km", plot.alt)
    assert least is not None
    assert float(least[1]) == pytest.approx(min(item.oxd_km for item in found), rel=0.05)  # below 0.1 it has two digits
    below = sum(item.oxd_km < (limits.red_oxd_km or 0.0) for item in found)
    assert f"Below red 5 km: 25 Mar 10:52 to 5 Apr 16:06, {below} crossings." in plot.alt
    assert len(plot.rows) == len(found)


def test_an_unknown_phase_has_no_timing() -> None:
    """With an object whose place along its orbit is unknown there is one panel, and the reason names the object."""
    plot = of_kind("crossings", pair_plots(records.sample_record(), pair_of("MGS", "MRO")))
    figure = figure_of(plot)
    assert len(figure.axes) == 1
    assert any("the position of MGS along its orbit is unknown" in text.get_text() for text in figure.texts)
    assert "the position of MGS along its orbit is unknown" in plot.alt
    assert {row[plot.columns.index("oxt_s")] for row in plot.rows} == {None}


def test_revolutions_without_a_crossing_part_the_line() -> None:
    """Where a branch is above the limit for some revolutions its line has a gap."""
    own = [item for item in known_crossings() if item.branch == 0]
    axes = figure_of(crossings_plot([*own[:20], *own[40:60]])).axes[0]
    breaks = np.isnan(np.ma.filled(longest_line(axes).get_ydata(), np.nan))
    assert breaks.sum() == 1


def test_of_many_crossings_the_urgent_ones_are_drawn() -> None:
    """Of more crossings than a picture can hold no red one is lost to a green one of the same few revolutions."""
    base = known_crossings()[0]
    start, count = records.CUT_OFF, 1200
    many = [
        replace(
            base, passage_primary=start + 2000.0 * turn, passage_secondary=start + 2000.0 * turn + 50.0,
            oxd_km=2.0 if turn % 100 == 0 else 9.0, level=Level.RED if turn % 100 == 0 else Level.GREEN,
        )
        for turn in range(count)
    ]  # fmt: skip
    plot = crossings_plot(many)
    drawn = np.ma.filled(longest_line(figure_of(plot).axes[0]).get_ydata(), np.nan)
    assert len(drawn) <= 400
    assert (drawn == 2.0).sum() == count // 100
    assert len(plot.rows) == count
    assert "Of every 3 revolutions" in plot.caption


def test_crossings_without_a_date_are_not_drawn() -> None:
    """Between two objects of unknown phase no crossing has a date, hence there is no plot against dates."""
    lost = [replace(item, passage_primary=None, passage_secondary=None) for item in known_crossings()]
    record = replace(records.sample_record(), crossings=tuple(lost), seasons=())
    assert {plot.kind for plot in pair_plots(record, pair_of("MRO", "ODY"))} == {"range"}


# Season


def test_seasons_are_shaded_and_dated() -> None:
    """Each span below the threshold is shaded from start to stop; its dates are written and told."""
    (season,) = records.sample_record().seasons
    start = records.CUT_OFF
    plot = season_plot(season)
    axes = figure_of(plot).axes[0]
    spans = [patch for patch in axes.patches if patch.get_transform().contains_branch(axes.get_xaxis_transform())]
    shaded = sorted((patch.get_x(), patch.get_x() + patch.get_width()) for patch in spans)
    expected = [((span.start - start) / DAY_S, (span.stop - start) / DAY_S) for span in season.below]
    assert np.array(shaded) == pytest.approx(np.array(expected), rel=ROUNDING)
    assert {"until 17 Apr", "21 Jun – 26 Jul"} <= {text.get_text() for text in axes.texts}
    assert "15 Mar 2021 to 17 Apr 2021, 21 Jun 2021 to 26 Jul 2021" in plot.alt


def test_season_says_that_it_is_a_forecast() -> None:
    """Picture, words and caption call it a forecast, and the picture marks the end of the window."""
    plot = season_plot(records.sample_record().seasons[0])
    figure = figure_of(plot)
    assert any("Forecast" in text.get_text() and "secular drift" in text.get_text() for text in figure.texts)
    assert "end of window" in {text.get_text() for text in figure.axes[0].texts}
    assert plot.alt.startswith("Forecast by secular drift")
    assert "forecast" in plot.caption


def test_season_draws_and_tells_the_distance() -> None:
    """The line is the record's OXD by day, and the words give the first and the least value."""
    (season,) = records.sample_record().seasons
    plot = season_plot(season)
    line = longest_line(figure_of(plot).axes[0])
    assert np.array(line.get_xydata()) == pytest.approx(np.array([season.days, season.oxd_km]).T, rel=ROUNDING)
    told = re.search(r"now ([0-9.]+) km, least ([0-9.]+) km", plot.alt)
    assert told is not None
    assert float(told[1]) == pytest.approx(season.oxd_km[0], rel=THREE_DIGITS)
    assert float(told[2]) == pytest.approx(min(season.oxd_km), rel=THREE_DIGITS)


def test_a_season_above_the_threshold_has_no_shade() -> None:
    """Where the orbits stay apart nothing is shaded, the axis is logarithmic and the words say so."""
    (season,) = records.sample_record().seasons
    apart = replace(season, oxd_km=tuple(20.0 + 20.0 * value for value in season.oxd_km), below=())
    plot = season_plot(apart)
    axes = figure_of(plot).axes[0]
    assert not [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert axes.get_yscale() == "log"
    assert "It stays above 15 km." in plot.alt


def test_names_of_overlapping_seasons_do_not_touch() -> None:
    """Two seasons closer than their dates are wide have them one above the other."""
    (season,) = records.sample_record().seasons
    first = season.below[1]
    second = replace(first, start=first.stop + 2 * DAY_S, stop=first.stop + 6 * DAY_S)
    axes = figure_of(season_plot(replace(season, below=(first, second)))).axes[0]
    boxes = [text.get_window_extent() for text in axes.texts if re.fullmatch(r"\d+ \w+ – \d+ \w+", text.get_text())]
    assert len(boxes) == 2
    assert not boxes[0].overlaps(boxes[1])


# Words and axes


@pytest.mark.parametrize(("value", "text"), [(1e-7, "1e-7"), (4.4e-4, "4.4e-4"), (0.05, "0.05")])
def test_thresholds_read_as_configured(value: float, text: str) -> None:
    """A threshold of probability has no more digits than it was given."""
    assert pc_threshold_text(value) == text


@pytest.mark.parametrize(("exponent", "text"), [(-7, "10⁻⁷"), (-10, "10⁻¹⁰"), (0, "1")])
def test_powers_of_ten_read_well(exponent: int, text: str) -> None:
    """A tick of a logarithmic axis is ten with a raised exponent."""
    assert power_of_ten(exponent) == text


@given(st.integers(50, 2000), st.integers(0, 700))
def test_long_axes_tick_at_firsts_of_months(length_days: int, later_days: int) -> None:
    """Over many months each tick stands at 00:00 UTC of the first of the month it names."""
    start = records.CUT_OFF + later_days * DAY_S
    with house_style():
        axes = panel(canvas(3.0, "", ""), 0.5, 0.5, 3.0, 2.0)
        date_axis(axes, start, start + (length_days + 130) * DAY_S, most=6)
    moments = [start.datetime_utc() + timedelta(days=float(place)) for place in axes.get_xticks()]
    assert len(moments) >= 2
    assert {(moment.day, moment.hour, moment.minute, moment.second) for moment in moments} == {(1, 0, 0, 0)}


# The sample itself


@pytest.mark.parametrize("miss_km", [0.0, 0.7, 3.0])
def test_probability_of_the_sample_is_that_of_a_disc(miss_km: float) -> None:
    """For equal sigmas the sample's quadrature gives the non-central chi-square distribution of the distance."""
    sigma_km, hbr_km = 0.9, 0.4
    expected = ncx2.cdf((hbr_km / sigma_km) ** 2, 2, (miss_km / sigma_km) ** 2)
    found = risk_records.disc_probability(np.array([miss_km, 0.0]), np.eye(2) * sigma_km**2, hbr_km)
    assert found == pytest.approx(expected, rel=QUADRATURE)


def test_probabilities_of_the_sample_agree_with_each_other() -> None:
    """Dilution curve at 1, radius at 1 and plane at 1 x 1 give Pc, and no scale gives more than the maximum."""
    found = red_event().probability
    assert dict(found.hbr_sensitivity)[1.0] == pytest.approx(found.pc, rel=QUADRATURE)
    assert next(value for scale, value in found.dilution if abs(scale - 1.0) < ROUNDING) == pytest.approx(found.pc)
    assert {(a, b): value for a, b, value in found.scale_plane}[1.0, 1.0] == pytest.approx(found.pc, rel=QUADRATURE)
    assert found.max_pc is not None
    assert max(value for _, value in found.dilution) <= found.max_pc * (1.0 + QUADRATURE)


def test_predictions_are_drawn_with_the_model_that_fits_them() -> None:
    """Every comparison is a point and a row of the data; the band is the fitted model, the lines the declared one."""
    record = records.sample_record()
    item = next(item for item in record.objects if item.prediction_errors)
    plot = prediction_plot(record, item)

    assert plot is not None
    assert [row[1] for row in plot.rows] == [error.lead_s / 86_400.0 for error in item.prediction_errors]
    assert [row[5] for row in plot.rows] == [error.timing_s for error in item.prediction_errors]
    quality = item.prediction_quality
    assert quality is not None
    assert plot.drawing.fitted == (quality.timing_s, quality.timing_growth_s_per_day)
    declared = item.declared
    assert plot.drawing.declared == (declared and (declared.timing_s, declared.timing_growth_s_per_day))
    assert prediction_plot(record, replace(item, prediction_errors=())) is None


def test_names_of_crossing_and_last_burn_lie_on_no_line() -> None:
    """The marked crossing is named above the panel, the last useful burn higher than any delta-v."""
    record = records.sample_record()
    plots = [plot for pair in record.pairs for plot in pair_plots(record, pair) if plot.kind == "crossings"]
    assert plots
    for plot in plots:
        axes = figure_of(plot).axes[0]
        assert axes.get_title(loc="left").startswith("marked: ")
        assert all(text.xy[0] == 1.0 for text in axes.texts)  # names of thresholds, at the right of the panel
    trades = [plot for event in record.events for plot in event_plots(record, event) if plot.kind == "trade"]
    assert trades
    for plot in trades:
        axes = figure_of(plot).axes[0]
        to_pt = axes.transData.transform
        highest_pt = max(to_pt(line.get_xydata())[:, 1].max() for line in axes.lines if len(line.get_xdata()) > 2)
        (name,) = [text for text in axes.texts if "last useful burn" in text.get_text()]
        scale = axes.figure.dpi / 72.0
        assert to_pt((0.0, name.xy[1]))[1] + (name.xyann[1] - 5.0) * scale > highest_pt  # 5 pt: half a line of text
