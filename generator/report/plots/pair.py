"""Plots of one pair over the whole window, and beyond it."""

from __future__ import annotations

from functools import partial

from nearpass.record.record import CycleRecord, PairRecord
from nearpass.report.plots.crossings import crossings_plot
from nearpass.report.plots.distance_range import range_plot
from nearpass.report.plots.each import each
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.season import season_plot


def pair_plots(record: CycleRecord, pair: PairRecord) -> tuple[Plot, ...]:
    """How near the two come, how near their orbits pass, and when these cross in the months ahead.

    The distance of a pair that was screened, the orbit crossings where there are any with a date, and the season
    where one was forecast.
    """
    stem = f"pair-{pair.primary}-{pair.secondary}"
    return each(
        (
            (f"{stem}-range", partial(range_plot, record, pair)),
            (f"{stem}-crossings", partial(crossings_plot, record, pair)),
            (f"{stem}-season", partial(season_plot, record, pair)),
        )
    )
