"""Plots of a cycle, made from its record alone: what they show in words and numbers first, then as SVG."""

from nearpass.report.plots.cycle import cycle_plots
from nearpass.report.plots.event import event_plots
from nearpass.report.plots.object import object_plots
from nearpass.report.plots.pair import pair_plots
from nearpass.report.plots.plot import Plot, data_csv
from nearpass.report.plots.render import draw, draw_all, pdf

__all__ = ["Plot", "cycle_plots", "data_csv", "draw", "draw_all", "event_plots", "object_plots", "pair_plots", "pdf"]
