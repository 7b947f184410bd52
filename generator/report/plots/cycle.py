"""Plots of a whole cycle: its events by date, its pairs by nearest approach, its objects by coverage."""

from __future__ import annotations

from nearpass.record.record import CycleRecord
from nearpass.report.plots.coverage import coverage_plot
from nearpass.report.plots.matrix import matrix_plot
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.timeline import timeline_plot


def cycle_plots(record: CycleRecord) -> tuple[Plot, ...]:
    """Timeline of the events, matrix of the pairs, coverage of the objects."""
    return (timeline_plot(record), matrix_plot(record), coverage_plot(record))
