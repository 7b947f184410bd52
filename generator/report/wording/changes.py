"""English for what was not screened, what changed since the previous cycle, and what another solution changes."""

from __future__ import annotations

from typing import Final

from nearpass.reasons.changes import (
    Doubted,
    InGeneral,
    LimitPassed,
    ListChanged,
    MissMoved,
    NotScreened,
    SolutionAbove,
    SolutionMoves,
    SolutionUncovered,
)
from nearpass.reasons.coverage import LifeEnded, NoOverlap, NoState, NotDelivered, PhaseUnknown
from nearpass.report.wording.said import said
from nearpass.report.wording.units import distance_words

PHASE_UNKNOWN: Final = "position along the orbit unknown: only crossings of the orbits are meaningful"


@said.register
def _(reason: PhaseUnknown) -> str:
    return f"{reason.object_id}: {PHASE_UNKNOWN}" if reason.object_id else PHASE_UNKNOWN


@said.register
def _(reason: NotDelivered) -> str:
    return f"{reason.object_id}: no usable ephemeris"


@said.register
def _(reason: LifeEnded) -> str:
    if reason.how == "not begun":
        return f"{reason.object_id}: its flight begins on {reason.at.iso(digits=0)} UTC"
    how = {"on the surface": ", on the surface", "descending": ", in descent", "declared": ", as declared"}
    return f"{reason.object_id}: its flight ended on {reason.at.iso(digits=0)} UTC{how.get(reason.how, '')}"


@said.register
def _(reason: NoState) -> str:
    """The object alone: several are one statement, ``no ephemeris of A and B``."""
    return f"{reason.object_id} ({reason.ended} when its ephemeris ended)" if reason.ended else reason.object_id


@said.register
def _(reason: NoOverlap) -> str:
    return {
        "no_overlap_in_window": "the two ephemerides do not overlap inside the window",
        "no_overlap": "the ephemerides do not overlap",
        "solution_unusable": "no delivery of it could be used",
        "not_computed": "it could not be computed; the front page says why",
    }[reason.rule]


@said.register
def _(reason: ListChanged) -> str:
    return {
        "told_now": "it was listed before, but not among the approaches shown in full",
        "told_no_longer": "it is still listed, but no longer among the approaches shown in full",
        "window_reaches": "the window now reaches its time",
        "window_ends_before": "its time lies after the end of this cycle's window",
        "pair_is_new": "the pair was not part of the previous cycle",
        "pair_left": "the pair is no longer part of the configuration",
        "flies_together": "the two fly together then, which is listed as one stretch of time",
        "passed": "its time of closest approach lies before this cycle's data cut-off",
    }[reason.rule]


@said.register
def _(reason: LimitPassed) -> str:
    limit = f"{reason.limit_km:g} km"
    return {
        "came_below": f"the approach came below the listing limit of {limit}",
        "came_back_below": f"the approach came back below the listing limit of {limit}",
        "stays_above": f"by the newer ephemerides the pair stays above {limit} then",
        "newer_elements_stay_above": f"the newer element sets give no approach of the pair below {limit} then",
        "older_elements_stayed_above": f"the older element sets gave no approach of the pair below {limit} then",
    }[reason.rule]


@said.register
def _(reason: MissMoved) -> str:
    moved = f"miss distance {distance_words(reason.previous_km)} became {distance_words(reason.value_km)}"
    if not reason.previous_sigma_km:
        return moved
    sigmas = abs(reason.value_km - reason.previous_km) / reason.previous_sigma_km
    return f"{moved} ({sigmas:.1f} sigma of the previous estimate)"


@said.register
def _(reason: NotScreened) -> str:
    lead = {
        "pair_unscreened": "the pair is no longer screened",
        "time_uncovered": "the pair is no longer covered at that time",
    }[reason.rule]
    return f"{lead}: {said(reason.because)}"


@said.register
def _(reason: Doubted) -> str:
    how = "gone" if reason.rule == "gone_by_doubtful" else "better"
    who = f"{how} by a doubtful delivery of {' and '.join(reason.object_ids)}"
    now = "an unknown distance" if reason.value_km is None else distance_words(reason.value_km)
    moved = f"{reason.sigmas:.1f} sigmas from the one before: miss distance {distance_words(reason.previous_km)}"
    return f"{who}, {moved} became {now}" + (
        "; the level stays until the next delivery confirms" if reason.kept else ""
    )


@said.register
def _(reason: InGeneral) -> str:
    return {
        "new": "it was not in the previous cycle",
        "worse": "the level was raised or the distance fell",
        "better": "the level was lowered or the distance grew",
        "passed": "its time has passed",
        "gone": "it is no longer listed",
    }[reason.kind]


@said.register
def _(reason: SolutionMoves) -> str:
    moves = f"miss distance {distance_words(reason.nominal_km)} becomes {distance_words(reason.value_km)}"
    moves += f", TCA {reason.tca_shift_s:+.1f} s"
    return f"{moves}; {reason.nominal_level} becomes {reason.level}" if reason.level else moves


@said.register
def _(reason: SolutionAbove) -> str:
    who = "the nominal solutions stay" if reason.rule == "nominal_stays_above" else "the pair stays"
    return f"{who} above {reason.limit_km:g} km then"


@said.register
def _(_: SolutionUncovered) -> str:
    return "the solution's ephemeris does not cover that time"
