"""Plots of a whole cycle: its pairs by nearest approach, its objects by coverage."""

from __future__ import annotations

from nearpass.record.record import CycleRecord
from nearpass.report.plots.coverage import coverage_plot
from nearpass.report.plots.matrix import matrix_plot
from nearpass.report.plots.plot import Plot


def cycle_plots(record: CycleRecord) -> tuple[Plot, ...]:
    """Matrix of the pairs, coverage of the objects."""
    return matrix_plot(record), coverage_plot(record)
