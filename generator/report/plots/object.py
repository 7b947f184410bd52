"""Plots of one object: its orbit, how its predictions turned out, and how its other solutions differ."""

from __future__ import annotations

from functools import partial

from nearpass.record.record import CycleRecord, ObjectRecord
from nearpass.report.plots.difference import difference_plot
from nearpass.report.plots.each import each
from nearpass.report.plots.orbits import orbit_plot
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.prediction import prediction_plot
from nearpass.report.solution_views import difference_plot_name


def object_plots(record: CycleRecord, object: ObjectRecord) -> tuple[Plot, ...]:  # noqa: A002 - the word of the field
    """The orbit where one is known, predictions against later deliveries, the differences of other solutions."""
    own = [solution for solution in record.solutions if solution.object_id == object.id]
    return each(
        (
            (f"object-{object.id}-orbit", partial(orbit_plot, record, object)),
            (f"object-{object.id}-predictions", partial(prediction_plot, record, object)),
            *((difference_plot_name(solution), partial(difference_plot, record, solution)) for solution in own),
        )
    )
