"""Plots of one object."""

from __future__ import annotations

from generator.cycle.record import CycleRecord, ObjectRecord
from generator.report.plots.orbits import orbit_plot
from generator.report.plots.plot import Plot


def object_plots(record: CycleRecord, object: ObjectRecord) -> tuple[Plot, ...]:  # noqa: A002 - the word of the field
    """The object's orbit, where one is known."""
    plot = orbit_plot(record, object)
    return () if plot is None else (plot,)
