"""English for motions that were not delivered, and for the steps of the screening."""

from __future__ import annotations

from nearpass.reasons.motions import Approximate, ByLastOrbit, ByOneState, ByTheory, Step
from nearpass.report.wording.said import said


@said.register
def _(reason: ByTheory) -> str:
    return (
        f"Analytic theory {reason.theory} (Lainey, Dehant and Pätzold 2007), in error by up to {reason.error_km:.0f} "
        "km: good enough to see which passages want an ephemeris of the moon, not to clear them."
    )


@said.register
def _(reason: ByLastOrbit) -> str:
    moment = reason.end.iso(digits=0)[:16].replace("T", " ")
    return (
        f"The ephemeris ends on {moment} UTC; after that its last orbit is carried on by secular J2 drift of node and "
        f"periapsis, {reason.days:,.0f} days by the end of the window. By then its plane may be off by "
        f"{reason.plane_deg:.1f}° (up to {reason.across_km:,.0f} km across) and its height by {reason.height_km:,.0f} "
        "km, without drag and manoeuvres."
    )


@said.register
def _(reason: ByOneState) -> str:
    moment = reason.epoch.iso(digits=0)[:16].replace("T", " ")
    burns = {0: "", 1: ", with one manoeuvre at once"}.get(reason.burns, f", with {reason.burns} manoeuvres at once")
    return (
        f"One state of {moment} UTC was delivered; it is carried on by gravity and J2 alone{burns}, {reason.days:.1f} "
        f"days by the end of the window. What is left out may amount to {reason.error_km:,.0f} km along the track by "
        "then: good enough to see which passages want an ephemeris, not to clear them."
    )


@said.register
def _(reason: Approximate) -> str:
    how = {
        "by_theory": "by analytic theory",
        "by_last_orbit": "by its last orbit with secular J2 drift",
        "by_one_state": "by one state, carried on by gravity and J2",
    }[reason.rule]
    return f"{reason.object_id} {how}, up to {reason.error_km:.0f} km off"


@said.register
def _(reason: Step) -> str:
    return {
        "interval_apart": "a lower bound of the distance on the whole interval exceeds what matters",
        "interval_apart_when_divided": "the same on every part after halving",
        "interval_without_minimum": "the distance provably has no local minimum that matters",
        "interval_with_minimum": "holds at least one local minimum",
        "minimum_listed": "closer than the limit",
        "minimum_together": "one of many of a pair that flies together, listed as one stretch of time",
        "minimum_beyond_limit": "found in the search for the nearest approach of the pair",
        "minimum_merged": "found twice, or shallower than 1 mm beside a lower one",
        "sweep_apart": "balls or shells about both stay farther apart than the limit",
        "sweep_apart_by_motion": "so do their paths, with all that curvature can add",
        "sweep_searched": "every minimum of the distance in it was looked for",
    }[reason.rule]
