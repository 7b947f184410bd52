"""English for why a probability is by its method, and for what a covariance rests on."""

from __future__ import annotations

from typing import Final

from nearpass.reasons.probabilities import (
    CovarianceCarried,
    CovarianceDeclared,
    CovarianceDelivered,
    CovarianceLearned,
    CovarianceOfPosition,
    CovarianceRepaired,
    CurvatureMatters,
    EntriesFollowed,
    EntriesSimulated,
    ErrorsShared,
    ExpectedNumber,
    GrowthUnknown,
    NoBound,
    NoBurn,
    NoOrbit,
    NoProbability,
    NoValue,
    OrbitNotClosed,
    OtherMethod,
    PlaneHolds,
    QuadraturesDiffer,
    Simulated,
    SpanBeyond,
    TooLong,
    UnusableInput,
)
from nearpass.report.wording.said import said
from nearpass.report.wording.units import short_powers

INSTEAD: Final = frozenset({ExpectedNumber, EntriesSimulated, Simulated})
"""What is used instead of the encounter plane stands behind a colon."""


@said.register
def _(reason: NoValue) -> str:
    return {
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
    }[reason.rule]


@said.register
def _(reason: QuadraturesDiffer) -> str:
    return f"two quadratures of the encounter plane differ: {reason.foster:.6e} and {reason.patera:.6e}"


@said.register
def _(reason: NoOrbit) -> str:
    return {
        "covariance_missing": f"the {reason.which} has no covariance",
        "velocity_unknown": f"the covariance of the {reason.which} says nothing of its velocity",
        "orbit_indefinite": f"the covariance of the {reason.which} is not positive definite",
        "orbit_may_open": f"the covariance of the {reason.which} reaches beyond closed orbits",
    }[reason.rule]


@said.register
def _(reason: OrbitNotClosed) -> str:
    axis_km = reason.semi_major_axis_km
    found = "a parabola" if axis_km is None else f"'semi-major axis {axis_km:.6g} km'"
    return f"{reason.which}: two-body elements need a closed orbit, got {found}"


@said.register
def _(_: NoBound) -> str:
    return "no bound of it holds"


@said.register
def _(reason: TooLong) -> str:
    if reason.rule == "lasts_long":
        return f"the encounter lasts {reason.revolutions:.3g} of a revolution"
    return f"it reaches {reason.revolutions:.3g} of a revolution from the TCA"


@said.register
def _(reason: CurvatureMatters) -> str:
    return f"curved motion changes the result by {reason.share * 100.0:.3g} %"


@said.register
def _(reason: SpanBeyond) -> str:
    what = "holds more than one passage" if reason.rule == "span_holds_more" else "does not hold the whole encounter"
    return f"the time to be counted, {reason.start_s:+.0f} s to {reason.stop_s:+.0f} s about TCA, {what}"


@said.register
def _(reason: PlaneHolds) -> str:
    text = "the encounter is short, near its TCA and straight: the encounter plane holds"
    if reason.clipped:
        text += "; a covariance that was not positive definite was clipped"
    if reason.unjudged is not None:
        text += f"; the effect of curvature was not judged: {said(reason.unjudged)}"
    return text


@said.register
def _(reason: ExpectedNumber) -> str:
    again = f", less the {reason.returning:.2g} of it that come back" if reason.returning is not None else ""
    return f"expected number of collisions along curved orbits{again}"


@said.register
def _(reason: EntriesSimulated) -> str:
    again = f"{reason.in_contact:.2g} of the expected entries are by pairs in contact when the span begins"
    return f"entries along curved orbits, simulated; {again}, which do not count"


@said.register
def _(_: Simulated) -> str:
    return "simulation"


@said.register
def _(reason: UnusableInput) -> str:
    if reason.hbr_km is None:
        return "states and covariances must be finite"
    return f"the hard-body radius must be positive and finite, got '{reason.hbr_km} km'"


@said.register
def _(reason: GrowthUnknown) -> str:
    return f"growth unknown: no age of the ephemeris of {reason.object_id}"


@said.register
def _(reason: NoBurn) -> str:
    return {
        "no_threshold": "no level has a threshold of it",
        "green_already": "it is at the green level already",
    }[reason.rule]


@said.register
def _(reason: NoProbability) -> str:
    return f"there is none: {said(reason.because)}"


@said.register
def _(reason: OtherMethod) -> str:
    return f"it is by {reason.method}, not by the encounter plane, in which the effect of a burn is known"


@said.register
def _(_: ErrorsShared) -> str:
    return "how far their errors are the same is not delivered: not below the most probable, not above the sum"


@said.register
def _(reason: EntriesFollowed) -> str:
    return f"each entry along curved orbits followed back to the first approach, of {reason.expected:.2e} expected"


@said.register
def _(reason: CovarianceRepaired) -> str:
    found = f"not positive definite (smallest eigenvalue {short_powers(f'{reason.lowest:.1e}')} of unit variances)"
    if reason.raised_to is None:
        return f"the delivered covariance was refused: {found}"
    return f"the delivered covariance was repaired: {found}, raised to {short_powers(f'{reason.raised_to:.0e}')}"


@said.register
def _(reason: CovarianceCarried) -> str:
    nearest = "last one, before" if reason.beyond_s > 0.0 else "first one, after"
    return f"carried by the motion from the {nearest} it by {abs(reason.beyond_s) / 3600.0:.1f} h"


@said.register
def _(_: CovarianceOfPosition) -> str:
    return "it says nothing of the velocity: that of the position was turned with the path"


@said.register
def _(reason: CovarianceDelivered) -> str:
    return f"covariance delivered in {reason.file}"


@said.register
def _(reason: CovarianceLearned) -> str:
    return f"learned from {reason.comparisons} comparisons of earlier predictions with later deliveries, not delivered"


@said.register
def _(reason: CovarianceDeclared) -> str:
    return f"declared by the publisher, not delivered: {reason.citation}"
