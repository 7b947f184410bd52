"""The first plot of each kind that the sample record has."""

from __future__ import annotations

from functools import cache

import records
from nearpass.report.plots import Plot, cycle_plots, event_plots, object_plots, pair_plots


@cache
def one_of_each_kind() -> tuple[Plot, ...]:
    """The first plot of each kind."""
    record = records.sample_record()
    plots = [
        *(plot for event in record.events for plot in event_plots(record, event)),
        *(plot for pair in record.pairs for plot in pair_plots(record, pair)),
        *(plot for item in record.objects for plot in object_plots(record, item)),
        *cycle_plots(record),
    ]
    return tuple({plot.kind: plot for plot in reversed(plots)}.values())
