"""Plots of one object: its orbit, how its predictions turned out, and how its other solutions differ."""

from __future__ import annotations

from nearpass.record.record import CycleRecord, ObjectRecord
from nearpass.report.plots.difference import difference_plot
from nearpass.report.plots.orbits import orbit_plot
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.prediction import prediction_plot


def object_plots(record: CycleRecord, object: ObjectRecord) -> tuple[Plot, ...]:  # noqa: A002 - the word of the field
    """The orbit where one is known, predictions against later deliveries, the differences of other solutions."""
    own = [solution for solution in record.solutions if solution.object_id == object.id]
    candidates = (
        orbit_plot(record, object),
        prediction_plot(record, object),
        *(difference_plot(record, solution) for solution in own),
    )
    return tuple(plot for plot in candidates if plot is not None)
