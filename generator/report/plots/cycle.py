"""Plots of a whole cycle: its objects by coverage. Its pairs by nearest approach are a table with links."""

from __future__ import annotations

from functools import partial

from nearpass.record.record import CycleRecord
from nearpass.report.plots.coverage import coverage_plot
from nearpass.report.plots.each import each
from nearpass.report.plots.plot import Plot


def cycle_plots(record: CycleRecord) -> tuple[Plot, ...]:
    """Coverage of the objects."""
    return each((("cycle-coverage", partial(coverage_plot, record)),))
