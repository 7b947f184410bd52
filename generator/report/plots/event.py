"""Plots of one close approach."""

from __future__ import annotations

from functools import partial

from nearpass.record.record import CycleRecord, EventRecord
from nearpass.report.plots.approach import distance_plot, track_plot
from nearpass.report.plots.bplane import b_plane_plot
from nearpass.report.plots.each import each
from nearpass.report.plots.orbits import event_orbits_plot
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.probability import probability_plot
from nearpass.report.plots.scale_plane import scale_plane_plot
from nearpass.report.plots.trade import trade_plot
from nearpass.report.plots.trend import parts_plot, trend_plot


def event_plots(record: CycleRecord, event: EventRecord) -> tuple[Plot, ...]:
    """Where, how sure, how near, how probable, how it evolved and what could be done, in the order of the event's page.

    Orbits, B-plane (where there is relative motion), relative track, distance around TCA; probability by covariance
    scale and hard-body radius where there is one, and of a red or yellow event by the scale of either covariance; the
    history in two where an earlier cycle knew the event; the manoeuvre trade where one was computed.
    """
    stem = f"event-{event.event_id}"
    return each(
        (
            (f"{stem}-orbits", partial(event_orbits_plot, record, event)),
            (f"{stem}-bplane", partial(b_plane_plot, record, event)),
            (f"{stem}-track", partial(track_plot, record, event)),
            (f"{stem}-distance", partial(distance_plot, record, event)),
            (f"{stem}-pc", partial(probability_plot, record, event)),
            (f"{stem}-pcplane", partial(scale_plane_plot, record, event)),
            (f"{stem}-history", partial(trend_plot, record, event)),
            (f"{stem}-parts", partial(parts_plot, record, event)),
            (f"{stem}-trade", partial(trade_plot, event)),
        )
    )
