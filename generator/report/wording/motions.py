"""English for motions that were not delivered, and for the steps of the screening."""

from __future__ import annotations

from typing import Final

from nearpass.reasons import motions
from nearpass.report.wording.units import Text


def _one_state(reason: motions.ByOneState) -> str:
    burns = {0: "", 1: ", with one manoeuvre at once"}.get(reason.burns, f", with {reason.burns} manoeuvres at once")
    return (
        "One state of {epoch:minute} UTC was delivered; it is carried on by gravity and J2 alone" + burns + ", "
        "{days:.1f} days by the end of the window. What is left out may amount to {error_km:,.0f} km along the track "
        "by then: good enough to see which passages want an ephemeris, not to clear them."
    )


TEXTS: Final[dict[str, Text]] = {
    "analytic_theory": (
        "Analytic theory {theory} (Lainey, Dehant and Pätzold 2007), in error by up to {error_km:.0f} km: good enough "
        "to see which passages want an ephemeris of the moon, not to clear them."
    ),
    "secular_j2": (
        "The ephemeris ends on {end:minute} UTC; after that its last orbit is carried on by secular J2 drift of node "
        "and periapsis, {days:,.0f} days by the end of the window. By then its plane may be off by {plane_deg:.1f}° "
        "(up to {across_km:,.0f} km across) and its height by {height_km:,.0f} km, without drag and manoeuvres."
    ),
    "propagated_state": _one_state,
    "by_theory": "{object_id} by analytic theory, up to {error_km:.0f} km off",
    "by_last_orbit": "{object_id} by its last orbit with secular J2 drift, up to {error_km:.0f} km off",
    "by_one_state": "{object_id} by one state, carried on by gravity and J2, up to {error_km:.0f} km off",
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
}
