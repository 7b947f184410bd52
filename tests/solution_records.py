"""Other solutions for the synthetic cycle: a planned manoeuvre, another agency's, and one of a silent object."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.encounter.alert import Level
from nearpass.reasons.changes import SolutionAbove, SolutionMoves, SolutionUncovered
from nearpass.reasons.coverage import PhaseUnknown
from nearpass.reasons.levels import CadAbove
from nearpass.record.record import (
    DifferenceRecord,
    EventRecord,
    InputRecord,
    SolutionEvent,
    SolutionPair,
    SolutionRecord,
    Span,
)

BURN_DAYS: Final = 3.0
DRIFT_KM_PER_DAY: Final = 20.0
BINS: Final = 24


def planned_difference(start: Epoch, window_s: float) -> DifferenceRecord:
    """Nothing until the burn, then a drift backwards that grows with time; the second bin is not covered."""
    edges_days = np.linspace(0.0, window_s / DAY_S, BINS + 1)
    back_km = -DRIFT_KM_PER_DAY * np.maximum(edges_days - BURN_DAYS, 0.0)
    last = float(back_km[-1])
    least = [(-0.4 if t < 0.0 else 0.0, float(t), -0.01) for t in back_km[1:]]
    most = [(0.1 if t < 0.0 else 0.0, float(t), 0.01) for t in back_km[:-1]]
    at = start + window_s
    return DifferenceRecord(
        start=start,
        step_s=window_s / BINS,
        sample_s=60.0,
        least_rtn_km=tuple(None if n == 1 else row for n, row in enumerate(least)),
        most_rtn_km=tuple(None if n == 1 else row for n, row in enumerate(most)),
        largest_rtn_km=(-0.4, last, -0.01),
        largest_rtn_at=(at, at, at),
        largest_km=abs(last),
        largest_at=at,
        largest_timing_s=-last / 3.4,
    )


def same(event: EventRecord, *, late_s: float, miss_km: float, level: Level, effect: str) -> SolutionEvent:
    """The event as another solution has it."""
    share = miss_km / event.miss_km
    r, t, n = (share * value for value in event.miss_rtn_km)
    return SolutionEvent(
        effect=effect,
        compared=SolutionMoves(
            nominal_km=event.miss_km, value_km=miss_km, tca_shift_s=late_s, nominal_level=None, level=None
        ),
        event_id=event.event_id,
        primary=event.primary,
        secondary=event.secondary,
        tca=event.tca + late_s,
        miss_km=miss_km,
        surface_km=None,
        relative_speed_km_s=event.relative_speed_km_s,
        miss_rtn_km=(r, t, n),
        miss_sigma_km=event.miss_sigma_km,
        at_boundary=False,
        pc=None,
        method=None,
        level=level,
        reason=(CadAbove(value_km=miss_km, limit_km=10.0, to_surface=False),),
    )


def missing(event: EventRecord, effect: str) -> SolutionEvent:
    """An event that the solution does not have."""
    return replace(
        same(event, late_s=0.0, miss_km=1.0, level=Level.GREEN, effect=effect),
        compared=SolutionAbove(rule="solution_stays_above", limit_km=100.0)
        if effect == "vanishes"
        else SolutionUncovered(),
        tca=None, miss_km=None, relative_speed_km_s=None, miss_rtn_km=None, miss_sigma_km=None, at_boundary=None,
        level=Level.GREEN if effect == "vanishes" else None, reason=None,
    )  # fmt: skip


def solutions(
    events: Sequence[EventRecord], nominal: Sequence[InputRecord], start: Epoch, window_s: float
) -> tuple[SolutionRecord, ...]:
    """A plan of MRO under which its red event turns green, a second solution of Tianwen-1, a last orbit of MGS."""
    red = next(event for event in events if event.level is Level.RED and "MRO" in (event.primary, event.secondary))
    others = [event for event in events if "MRO" in (event.primary, event.secondary) and event is not red]
    appears = replace(
        same(red, late_s=5 * DAY_S, miss_km=42.0, level=Level.GREEN, effect="appears"),
        event_id=None, compared=SolutionAbove(rule="nominal_stays_above", limit_km=100.0),
    )  # fmt: skip
    rows = [same(red, late_s=1.8, miss_km=31.0, level=Level.GREEN, effect="better"), appears]
    rows += [missing(event, "vanishes") for event in others[:1]]
    delivery = next(entry for entry in nominal if entry.object_id == "MRO")
    window = Span(start=start, stop=start + window_s)
    pair = SolutionPair(
        other="ODY", unscreened=None, covered_s=window_s, uncovered_s=0.0, proven_no_closer_than_km=31.0, proof="proven"
    )
    plan = SolutionRecord(
        object_id="MRO",
        name="avoid",
        role="planned",
        note="A burn on the third day.",
        inputs=(replace(delivery, file="ephemerides/plan_mro_20210314.oem", sha256="cd" * 32),),
        coverage=(window,),
        unscreened=None,
        difference=planned_difference(start, window_s),
        pairs=(pair,),
        events=tuple(rows),
    )
    radio = replace(
        plan,
        object_id="TIANWEN-1",
        name="radio",
        role="alternative",
        note=None,
        inputs=(replace(delivery, object_id="TIANWEN-1", file="ephemerides/radio.oem", originator="Amateurs"),),
        pairs=(replace(pair, other="MRO"),),
        events=(same(red, late_s=3.3, miss_km=9.0, level=Level.YELLOW, effect="better"),),
    )
    silent = replace(
        plan, object_id="MGS", name="last-orbit", role="alternative", note="<b>An old one</b>", coverage=(),
        unscreened=(PhaseUnknown(object_id=None),),
        inputs=(replace(delivery, object_id="MGS", file="ephemerides/mgs_old.oem"),), difference=None, pairs=(),
        events=(),
    )  # fmt: skip
    return silent, plan, radio
