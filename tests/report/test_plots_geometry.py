"""What the drawings show is where it should be: equal scales, ellipses, thresholds, marks, hidden parts, dates."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Ellipse, Rectangle
from matplotlib.text import Text

import records
from nearpass.astro.bodies import body_named, equator_from_icrf
from nearpass.astro.epochs import DAY_S
from nearpass.encounter.alert import Level
from nearpass.record.record import EventRecord
from nearpass.report.plots import Plot, cycle_plots, event_plots, object_plots, pair_plots
from nearpass.report.plots.style import LEVEL_MARKER, PRIMARY, house_style
from nearpass.report.plots.views import OrbitViews

ROUNDING = 1e-9  # the drawing repeats numbers of the record in double precision
TOUCHING_PX = 1.5  # room above and below the letters that belongs to a text's box
PIXEL_ROUNDING = 1e-6  # of transforms between data and display
POLE_DRIFT_DEG = 0.06  # the sample keeps the pole of J2000; Mars's moves 0.1 degrees in right ascension a century
TRACK_STEP_S = 0.2  # spacing of the sample's track, within which a crossing time is interpolated
STRAIGHT = 0.02  # relative: the approach is not quite a straight line

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def figure_of(plot: Plot) -> Figure:
    with house_style():
        figure = plot.drawing.figure()
        FigureCanvasAgg(figure).draw()
    return figure


def red_event() -> EventRecord:
    return records.level_events(Level.RED)[0]


def moon_event() -> EventRecord:
    return next(event for event in records.sample_record().events if event.surface_km is not None)


def event_plot(kind: str, event: EventRecord) -> Plot:
    return next(plot for plot in event_plots(records.sample_record(), event) if plot.kind == kind)


def cycle_plot(kind: str) -> Plot:
    return next(plot for plot in cycle_plots(records.sample_record()) if plot.kind == kind)


HIDDEN_TWICE = 0.1
"""Share that points behind the body, of which some are drawn pale as well, may change the spread of a path."""


def pixels_per_unit(axes: Axes) -> tuple[float, float]:
    """Scale in x and y."""
    (x0, y0), (x1, y1) = axes.transData.transform([(0.0, 0.0), (1.0, 1.0)])
    return x1 - x0, y1 - y0


def drawn_panels(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.axison]


@pytest.mark.parametrize("kind", ["bplane", "track", "orbits"])
@pytest.mark.parametrize("event", [red_event(), moon_event()], ids=["spacecraft", "moon"])
def test_scales_are_honest(kind: str, event: EventRecord) -> None:
    """A kilometre has one length on paper, in both directions and in every panel."""
    scales = [scale for axes in drawn_panels(figure_of(event_plot(kind, event))) for scale in pixels_per_unit(axes)]
    assert scales == pytest.approx([scales[0]] * len(scales), rel=PIXEL_ROUNDING)


def test_ellipses_are_one_root_two_and_three_sigma() -> None:
    """Every point of the three ellipses lies 1, sqrt 2 and 3 sigma from the miss by the record's covariance."""
    event = red_event()
    assert event.b_plane is not None
    assert event.b_plane.covariance_km2 is not None
    inverse = np.linalg.inv(np.array(event.b_plane.covariance_km2))
    miss = np.array([event.b_plane.miss_xi_km, event.b_plane.miss_zeta_km])
    axes = figure_of(event_plot("bplane", event)).axes[0]
    found = []
    for patch in axes.patches:
        if isinstance(patch, Ellipse) and not isinstance(patch, Circle):
            outline = patch.get_patch_transform().transform([(math.cos(a), math.sin(a)) for a in range(7)])
            apart = outline[:, ::-1] - miss  # drawn as (zeta, xi)
            sigmas = np.sqrt(np.einsum("ni,ij,nj->n", apart, inverse, apart))
            assert sigmas == pytest.approx(np.full(7, sigmas[0]), rel=PIXEL_ROUNDING)
            found.append(float(sigmas[0]))
    assert sorted(found) == pytest.approx([1.0, math.sqrt(2.0), 3.0], rel=PIXEL_ROUNDING)


@pytest.mark.parametrize(("thin_km", "named"), [(0.5, {"1σ", "√2σ", "3σ"}), (0.01, {"3σ"})])
def test_flat_ellipses_are_named_once(thin_km: float, named: set[str]) -> None:
    """Of ellipses too flat to be told apart only the outermost is named: other names would hide the objects."""
    event = red_event()
    assert event.b_plane is not None
    covariance_km2 = ((thin_km**2, 0.0), (0.0, 1.3**2))
    plane = replace(event.b_plane, miss_xi_km=0.4, miss_zeta_km=1.7, covariance_km2=covariance_km2)
    texts = figure_of(event_plot("bplane", replace(event, b_plane=plane))).findobj(Text)
    assert {text.get_text() for text in texts} & {"1σ", "√2σ", "3σ"} == named


def test_hard_body_circle_has_its_radius() -> None:
    """The circle about the origin of the B-plane has the combined radius, and thresholds are added to a moon's."""
    event = moon_event()
    assert event.b_plane is not None
    assert event.surface_km is not None
    moon_km = event.miss_km - event.surface_km
    limits = records.THRESHOLDS
    expected = {event.b_plane.hbr_km, limits.red_cad_km + moon_km, limits.yellow_cad_km + moon_km}
    axes = figure_of(event_plot("bplane", event)).axes[0]
    drawn = {patch.get_radius() for patch in axes.patches if isinstance(patch, Circle)}
    assert sorted(drawn) == pytest.approx(sorted(expected), rel=ROUNDING)


def test_circles_about_a_moon_say_that_they_count_to_its_surface() -> None:
    """A threshold that is drawn as a circle about a moon's centre, wider than its name says, names the surface."""
    names = [text.get_text() for text in figure_of(event_plot("bplane", moon_event())).findobj(Text)]
    circles = [name for name in names if name.startswith(("red ", "yellow "))]
    assert circles
    assert all(name.endswith(" to the surface") for name in circles)
    names = [text.get_text() for text in figure_of(event_plot("track", moon_event())).findobj(Text)]
    assert any(name.endswith("Thresholds from the surface.") for name in names)


def test_encounter_stands_at_its_latitude() -> None:
    """Seen from the equator, the encounter stands at its latitude on the right, and on the axis from the pole."""
    event = next(event for event in records.sample_record().events if abs(event.latitude_deg) > 20.0)
    side, above = drawn_panels(figure_of(event_plot("orbits", event)))
    (x, y), (across, ahead) = (mark_positions(axes, event.level)[0] for axes in (side, above))
    assert math.degrees(math.atan2(y, x)) == pytest.approx(event.latitude_deg, abs=POLE_DRIFT_DEG)
    assert across == pytest.approx(x, rel=ROUNDING)
    assert ahead == pytest.approx(0.0, abs=ROUNDING)


def test_paths_behind_the_body_are_pale() -> None:
    """Of an orbit seen from the equator, exactly the points behind the disc are missing from the solid line."""
    record = records.sample_record()
    item = next(item for item in record.objects if item.id == "PHOBOS")
    assert item.orbit is not None
    plot = object_plots(record, item)[0]
    assert isinstance(plot.drawing, OrbitViews)
    north, right = np.array(plot.drawing.pole), np.array(plot.drawing.across)
    right -= (right @ north) * north
    right /= np.linalg.norm(right)
    points = np.array(item.orbit.track_km)
    radius_km = record.body.equatorial_radius_km
    behind = (points @ np.cross(right, north) < 0) & (np.hypot(points @ right, points @ north) < radius_km)
    side = drawn_panels(figure_of(plot))[0]
    solid = next(line for line in side.lines if len(line.get_xdata()) == len(points))
    assert behind.any()
    assert np.array_equal(np.isnan(np.ma.filled(solid.get_xdata(), np.nan)), behind)


def test_a_far_path_does_not_shrink_the_encounter() -> None:
    """Where one orbit reaches twenty times as far as the encounter, the disc still fills a fifth of each panel."""
    event = red_event()
    far = tuple((20.0 * x, 20.0 * y, 20.0 * z) for x, y, z in event.orbits.secondary_km)
    distant = replace(event, orbits=replace(event.orbits, secondary_km=far))
    radius = records.MARS.equatorial_radius_km / 1000.0
    for axes in drawn_panels(figure_of(event_plot("orbits", distant))):
        assert 2.0 * radius / float(np.ptp(axes.get_xlim())) > 0.2


def test_silent_objects_are_not_shown_as_covered() -> None:
    """An object whose place along its orbit is unknown has no solid bar, even where its ephemeris covers the window."""
    record = records.sample_record()
    objects = tuple(
        replace(item, coverage=(record.window,)) if item.phase == "unknown" else item for item in record.objects
    )
    plot = next(plot for plot in cycle_plots(replace(record, objects=objects)) if plot.kind == "coverage")
    row = next(index for index, item in enumerate(objects) if item.phase == "unknown")
    bars = [patch for patch in figure_of(plot).axes[0].patches if patch.get_y() < row + 0.5 < patch.get_y() + 1.0]
    assert to_hex(bars[-1].get_facecolor()) != PRIMARY
    assert "MGS 0 %" in plot.alt


def mark_positions(axes: Axes, level: Level) -> list[tuple[float, float]]:
    """Data positions of single marks with this level's shape."""
    return [
        (float(line.get_xdata()[0]), float(line.get_ydata()[0]))
        for line in axes.lines
        if line.get_marker() == LEVEL_MARKER[level] and len(line.get_xdata()) == 1
    ]


def level_lines(axes: Axes) -> list[float]:
    """Heights of lines that cross the whole axes."""
    return sorted(
        float(line.get_ydata()[0])
        for line in axes.lines
        if list(line.get_xdata()) == [0, 1] and len(set(line.get_ydata())) == 1
    )


def test_thresholds_are_drawn_and_named() -> None:
    """A pair's plot draws red, yellow and limit at their distances and names each with its figure."""
    record = records.sample_record()
    limits = record.thresholds
    pair = next(pair for pair in record.pairs if pair.event_ids and pair.secondary != "PHOBOS")
    axes = figure_of(pair_plots(record, pair)[0]).axes[0]
    assert level_lines(axes) == [limits.red_cad_km, limits.yellow_cad_km, limits.limit_km]
    words = " ".join(text.get_text() for text in axes.texts)
    for value in (limits.red_cad_km, limits.yellow_cad_km, limits.limit_km):
        assert f"{value:g} km" in words


def test_names_of_thresholds_do_not_touch() -> None:
    """Two thresholds closer than a line of text still have names one above the other."""
    figure = figure_of(event_plot("distance", moon_event()))
    axes = figure.axes[0]
    boxes = [text.get_window_extent() for text in axes.texts if re.fullmatch(r"(red|yellow) .* km", text.get_text())]
    assert len(boxes) == 2
    assert not boxes[0].overlaps(boxes[1])


def test_time_below_a_threshold_is_that_of_a_straight_pass() -> None:
    """The alternative text gives 2 sqrt(threshold^2 - miss^2) / speed, the chord of a straight path in a sphere."""
    event = red_event()
    limit_km = records.THRESHOLDS.yellow_cad_km
    chord_s = 2.0 * math.sqrt(limit_km**2 - event.miss_km**2) / event.relative_speed_km_s
    said = re.search(r"yellow 15 km for ([0-9.]+) s", event_plot("distance", event).alt)
    assert said is not None
    assert float(said[1]) == pytest.approx(chord_s, rel=STRAIGHT, abs=TRACK_STEP_S)


def test_uncovered_time_is_hatched() -> None:
    """Each uncovered span of a pair is a hatched strip from its start to its end."""
    record = records.sample_record()
    pair = next(pair for pair in record.pairs if pair.profile and len(pair.uncovered) > 1)
    axes = figure_of(pair_plots(record, pair)[0]).axes[0]
    strips = sorted(
        (patch.get_x(), patch.get_x() + patch.get_width())
        for patch in axes.patches
        if isinstance(patch, Rectangle) and patch.get_hatch()
    )
    expected = [
        ((span.start - record.window.start) / 86_400.0, (span.stop - record.window.start) / 86_400.0)
        for span in pair.uncovered
    ]
    assert np.array(strips) == pytest.approx(np.array(expected), rel=ROUNDING, abs=ROUNDING)


def test_range_keeps_every_bin() -> None:
    """The band's lower edge is the profile's least distance in each bin, absent where nothing is covered."""
    record = records.sample_record()
    pair = next(pair for pair in record.pairs if pair.profile and pair.uncovered)
    assert pair.profile is not None
    axes = figure_of(pair_plots(record, pair)[0]).axes[0]
    edge = max(axes.lines, key=lambda line: len(line.get_ydata()))
    drawn = np.array([edge.get_xdata(), edge.get_ydata()], dtype=float).T
    first_days = (pair.profile.start - record.window.start) / DAY_S
    for index, least_km in enumerate(pair.profile.least_km):
        middle_days = first_days + (index + 0.5) * pair.profile.step_s / DAY_S
        there = drawn[abs(drawn[:, 0] - middle_days) < 1e-9]
        assert there[:, 1].tolist() == ([] if least_km is None else [least_km])
    gaps = np.count_nonzero(np.isnan(drawn[:, 1]))
    known = "".join("x" if value is not None else " " for value in pair.profile.least_km)
    assert gaps == len(known.split())  # each stretch ends in one


@pytest.mark.parametrize("inclination_deg", [5.0, 45.0, 90.0])
def test_an_orbit_is_seen_from_a_side_on_which_it_is_open(inclination_deg: float) -> None:
    """In one of the two views a circle about the body is at least 0.7 times as wide as it is long."""
    record = records.sample_record()
    item = next(item for item in record.objects if item.orbit is not None)
    assert item.orbit is not None
    x, y, z = equator_from_icrf(body_named(record.body.name), item.orbit.epoch)
    tilt = math.radians(inclination_deg)
    turns = np.linspace(0.0, math.tau, 73)[:, None]
    track = 8000.0 * (np.cos(turns) * x + np.sin(turns) * (math.cos(tilt) * y + math.sin(tilt) * z))
    orbit = replace(item.orbit, track_km=tuple((float(a), float(b), float(c)) for a, b, c in track))
    (plot,) = (plot for plot in object_plots(record, replace(item, orbit=orbit)) if plot.kind == "orbit")
    open_to = []
    for axes in drawn_panels(figure_of(plot)):
        points = np.concatenate([line.get_xydata() for line in axes.lines if len(line.get_xdata()) == len(turns)])
        spread = np.linalg.svd(points[~np.isnan(points).any(axis=1)], compute_uv=False)
        open_to.append(float(spread[1] / spread[0]))
    assert max(open_to) > 0.7 * (1.0 - HIDDEN_TWICE)


def test_dates_stand_at_midnight() -> None:
    """Each tick of a date axis stands at 00:00 UTC of the day it names."""
    record = records.sample_record()
    axes = figure_of(cycle_plot("coverage")).axes[0]
    first = record.window.start.datetime_utc()
    labels = [(place, text.get_text()) for place, text in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)]
    assert len(labels) >= 3
    for place, text in labels:
        moment = first + timedelta(days=float(place))
        assert (moment.hour, moment.minute) == (0, 0)
        assert text == f"{moment.day} {MONTHS[moment.month - 1]}"


def test_history_ends_with_this_cycle() -> None:
    """The history shows every earlier cycle and then the present one, with its band of one sigma."""
    event = red_event()
    plot = event_plot("history", event)
    misses = [row[2] for row in plot.rows]
    assert misses == [*(point.miss_km for point in event.history), event.miss_km]
    axes = figure_of(plot).axes[0]
    marks = list(itertools.chain.from_iterable(mark_positions(axes, level) for level in Level))
    assert sorted(y for _, y in marks) == pytest.approx(sorted(misses), rel=ROUNDING)
    assert axes.collections


def every_drawing() -> list[Plot]:
    """Plots of the red event and of the moon's, of the pairs with events or crossings, of all objects, of the cycle."""
    record = records.sample_record()
    return [
        *event_plots(record, red_event()),
        *event_plots(record, moon_event()),
        *(plot for pair in record.pairs if pair.event_ids or pair.unscreened for plot in pair_plots(record, pair)),
        *(plot for item in record.objects for plot in object_plots(record, item)),
        *cycle_plots(record),
    ]


def shown_texts(figure: Figure) -> list[Text]:
    """Every text but the labels of ticks beyond the limits of their axis, which matplotlib keeps and does not draw.

    One tick draws all of its axis; asked for the labels, the axis gives each place its own.
    """
    for axes in figure.axes:
        axes.get_xticklabels()
        axes.get_yticklabels()
    beyond = {
        label
        for axes in figure.axes
        for axis, (low, high) in ((axes.xaxis, sorted(axes.get_xlim())), (axes.yaxis, sorted(axes.get_ylim())))
        for tick in axis.get_major_ticks()
        for label in (tick.label1, tick.label2)
        if not axes.axison or not low <= tick.get_loc() <= high
    }
    drawn = (text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip())
    return [text for text in drawn if text not in beyond]


@pytest.mark.parametrize("plot", every_drawing(), ids=lambda plot: plot.name)
def test_texts_stay_inside_the_picture(plot: Plot) -> None:
    """No text is cut off at the edge of the picture."""
    figure = figure_of(plot)
    frame = figure.bbox.padded(1.0)
    for text in shown_texts(figure):
        box = text.get_window_extent()
        assert frame.x0 <= box.x0, text.get_text()
        assert box.x1 <= frame.x1, text.get_text()
        assert frame.y0 <= box.y0, text.get_text()
        assert box.y1 <= frame.y1, text.get_text()


@pytest.mark.parametrize("plot", every_drawing(), ids=lambda plot: plot.name)
def test_texts_do_not_overlap(plot: Plot) -> None:
    """No text lies on another."""
    boxes = [(text.get_text(), text.get_window_extent().padded(-TOUCHING_PX)) for text in shown_texts(figure_of(plot))]
    overlapping = [(a, b) for (a, first), (b, second) in itertools.combinations(boxes, 2) if first.overlaps(second)]
    assert overlapping == []


@pytest.mark.parametrize("kind", ["track", "distance"])
def test_two_that_are_never_apart_are_drawn(kind: str) -> None:
    """Two objects on one and the same motion give a picture with an extent, and no warning."""
    event = red_event()
    track = event.track
    assert track is not None
    still = replace(
        track,
        relative_rtn_km=tuple((0.0, 0.0, 0.0) for _ in track.relative_rtn_km),
        distance_km=tuple(0.0 for _ in track.distance_km),
    )
    event = replace(event, track=still, miss_km=0.0, miss_rtn_km=(0.0, 0.0, 0.0))
    for axes in figure_of(event_plot(kind, event)).axes:
        low, high = axes.get_ylim()
        assert high > low
