"""English for why a probability is by its method, and for what a covariance rests on."""

from __future__ import annotations

from typing import Final

from nearpass.reasons import probabilities
from nearpass.report.wording.units import Text

_INDEFINITE: Final = "not positive definite (smallest eigenvalue {lowest:.1e} of unit variances)"


def _plane_holds(reason: probabilities.PlaneHolds) -> str:
    clipped = "; a covariance that was not positive definite was clipped" if reason.clipped else ""
    unjudged = "" if reason.unjudged is None else "; the effect of curvature was not judged: {unjudged:said}"
    return f"the encounter is short, near its TCA and straight: the encounter plane holds{clipped}{unjudged}"


def _repaired(reason: probabilities.CovarianceRepaired) -> str:
    if reason.raised_to is None:
        return f"the delivered covariance was refused: {_INDEFINITE}"
    return "the delivered covariance was repaired: " + _INDEFINITE + ", raised to {raised_to:.0e}"


def _carried(reason: probabilities.CovarianceCarried) -> str:
    nearest = "last one, before" if reason.beyond_s > 0.0 else "first one, after"
    return f"carried by the motion from the {nearest} it by {abs(reason.beyond_s) / 3600.0:.1f} h"


TEXTS: Final[dict[str, Text]] = {
    "no_covariance": "neither object has a covariance",
    "not_needed": "not needed: the encounter plane holds",
    "not_asked": "not asked for",
    "no_relative_motion": "the objects do not move relative to each other: there is no encounter plane",
    "covariance_indefinite": "the combined covariance is not positive definite, by more than ten hard-body radii",
    "sphere_unresolved": "the hard-body sphere is too large against sigma to be resolved",
    "no_single_peak": "the collision rate has no single peak near the TCA",
    "no_peak": "no peak of the collision rate was found",
    "no_curved_peak": "no peak of the collision rate was found for curved motion",
    "rate_is_no_bell": "the collision rate is not a bell in time at every point of the sphere",
    "quadratures_differ": "two quadratures of the encounter plane differ: {foster:.6e} and {patera:.6e}",
    "covariance_missing": "the {which} has no covariance",
    "velocity_unknown": "the covariance of the {which} says nothing of its velocity",
    "orbit_indefinite": "the covariance of the {which} is not positive definite",
    "orbit_may_open": "the covariance of the {which} reaches beyond closed orbits",
    "orbit_not_closed": lambda reason: (
        "{which}: two-body elements need a closed orbit, got "
        + ("a parabola" if reason.semi_major_axis_km is None else "'semi-major axis {semi_major_axis_km:.6g} km'")
    ),
    "no_bound": (
        "no bound of it holds either, for in so slow an encounter an error of its velocity alone may bring them "
        "together: a covariance of it, velocity included, or a declared uncertainty would give a probability"
    ),
    "lasts_long": "the encounter lasts {revolutions:.3g} of a revolution",
    "far_from_tca": "it reaches {revolutions:.3g} of a revolution from the TCA",
    "curvature_matters": lambda reason: f"curved motion changes the result by {reason.share * 100.0:.3g} %",
    "span_holds_more": (
        "the time to be counted, {start_s:+.0f} s to {stop_s:+.0f} s about TCA, holds more than one passage"
    ),
    "span_cuts_encounter": (
        "the time to be counted, {start_s:+.0f} s to {stop_s:+.0f} s about TCA, does not hold the whole encounter"
    ),
    "plane_holds": _plane_holds,
    "expected_number": lambda reason: (
        "expected number of collisions along curved orbits"
        + ("" if reason.returning is None else ", less the {returning:.2g} of it that come back")
    ),
    "entries_simulated": (
        "entries along curved orbits, simulated; {in_contact:.2g} of the expected entries are by pairs in contact when "
        "the span begins, which do not count"
    ),
    "simulated": "simulation",
    "input_unusable": lambda reason: (
        "states and covariances must be finite"
        if reason.hbr_km is None
        else "the hard-body radius must be positive and finite, got '{hbr_km} km'"
    ),
    "growth_unknown": "growth unknown: no age of the ephemeris of {object_id}",
    "no_threshold": "no level has a threshold of it",
    "green_already": "it is at the green level already",
    "no_probability": "there is none: {because:said}",
    "other_method": "{method}, in use, does not work in the encounter plane, where a burn can be sized",
    "errors_shared": (
        "how far their errors are the same is not delivered: not below the most probable, not above the sum"
    ),
    "entries_followed": (
        "each entry along curved orbits followed back to the first approach, of {expected:.2e} expected"
    ),
    "covariance_repaired": _repaired,
    "covariance_refused": _repaired,
    "covariance_carried": _carried,
    "covariance_of_position": "it says nothing of the velocity: that of the position was turned with the path",
    "covariance_delivered": "covariance delivered in {file}",
    "covariance_learned": (
        "learned from {comparisons} comparisons of earlier predictions with later deliveries, not delivered"
    ),
    "covariance_declared": "declared by the publisher, not delivered: {citation}",
}
INSTEAD: Final = frozenset({"expected_number", "entries_simulated", "simulated"})
"""What is used instead of the encounter plane stands behind a colon."""
