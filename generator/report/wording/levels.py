"""English for the reasons of a level."""

from __future__ import annotations

from nearpass.reasons.levels import (
    BoxCondition,
    BPlaneSigmasCondition,
    CadAbove,
    CadBelow,
    CadCondition,
    KeptByDoubt,
    NoRule,
    OrbitsClear,
    OrbitsClearInTime,
    OrbitsNear,
    OxdCondition,
    OxtCondition,
    OxtSigmasCondition,
    PcBoundReaches,
    PcCondition,
    PcReaches,
    RtnSigmasCondition,
    RuleFails,
    RuleHolds,
    RuleUnjudged,
    StretchPcReaches,
    TimeCondition,
    UnknownCondition,
)
from nearpass.report.wording.said import said
from nearpass.report.wording.units import distance_words, limit_text, probability


@said.register
def _(reason: CadBelow) -> str:
    found = f"{_measured(reason)} {distance_words(reason.value_km)}"
    return f"{found} is below the {reason.level} threshold of {reason.limit_km:g} km"


@said.register
def _(reason: CadAbove) -> str:
    return f"{_measured(reason)} {distance_words(reason.value_km)} is above {reason.limit_km:g} km"


@said.register
def _(reason: PcReaches) -> str:
    limit = limit_text(reason.limit)
    return f"probability of collision {probability(reason.value)} reaches the {reason.level} threshold of {limit}"


@said.register
def _(reason: PcBoundReaches) -> str:
    return (
        f"probability of collision is at most {probability(reason.value)}, a bound for any covariance "
        f"of the {reason.missing}, whose own is missing: that reaches the {reason.level} threshold of "
        f"{limit_text(reason.limit)}"
    )


@said.register
def _(reason: StretchPcReaches) -> str:
    return (
        "probability of contact over the time in which the two fly together is at most "
        f"{probability(reason.value)}: that reaches the {reason.level} threshold of {limit_text(reason.limit)}"
    )


@said.register
def _(reason: OrbitsNear) -> str:
    near = f"{_passes(reason)}, below the {reason.level} threshold of {reason.limit_km:g} km"
    if reason.apart_s is None:
        return f"{near}; the timing is unknown"
    return f"{near}, {_apart(reason.apart_s, reason.timing_sigma_s)}"


@said.register
def _(reason: OrbitsClearInTime) -> str:
    return f"{_passes(reason)}, but {_apart(reason.apart_s, reason.timing_sigma_s)}"


@said.register
def _(reason: OrbitsClear) -> str:
    return _passes(reason)


@said.register
def _(reason: KeptByDoubt) -> str:
    who = f"a doubtful delivery of {' and '.join(reason.object_ids)}, {reason.sigmas:.1f} sigmas from the one before"
    now = "at an unknown distance" if reason.value_km is None else f"at {distance_words(reason.value_km)}"
    how = f"gone, {now}" if reason.gone else now
    return f"{reason.level} as before: {how} by {who}; the level stays until the next delivery confirms"


@said.register
def _(reason: RuleHolds) -> str:
    first, *others = (said(condition) for condition in reason.conditions)
    return f"{reason.level} by {_rule(reason.by)}: {', and '.join((first, *others))}"


@said.register
def _(reason: RuleFails) -> str:
    return f"not {reason.level} by {_rule(reason.by)}: {said(reason.condition)}"


@said.register
def _(reason: RuleUnjudged) -> str:
    return f"{_rule(reason.by)} ({reason.level}) could not be judged: neither a probability nor a bound of it is known"


@said.register
def _(reason: NoRule) -> str:  # noqa: ARG001  # its kind says it all
    return "no rule applies to this pair"


@said.register
def _(reason: CadCondition) -> str:
    return f"{_measured(reason)} {distance_words(reason.value_km)} (limit {reason.limit_km:g} km)"


@said.register
def _(reason: BoxCondition) -> str:
    limits = _three(reason.limit_rtn_km)
    if reason.value_rtn_km is None:
        return f"the parts of the miss in R, T and N are not known, only its distance (box {limits} km)"
    parts = ", ".join(f"{value:.3f}" for value in reason.value_rtn_km)
    return f"miss in R, T, N {parts} km (box {limits} km)"


@said.register
def _(reason: RtnSigmasCondition) -> str:
    parts = ", ".join(_sigmas(value) for value in reason.value_rtn)
    return f"miss in R, T, N {parts} sigmas (limit {reason.limit:g})"


@said.register
def _(reason: BPlaneSigmasCondition) -> str:
    return f"{_sigmas(reason.value)} sigmas from a hit (limit {reason.limit:g})"


@said.register
def _(reason: PcCondition) -> str:
    what = f"probability of collision {probability(reason.value)}"
    if reason.missing is not None:
        at_most = probability(reason.value)
        what = f"probability of collision at most {at_most}, as the {reason.missing} has no covariance"
    if reason.over_stretch:
        what = f"probability of contact at most {probability(reason.value)} over the time in which the two fly together"
    return f"{what} (limit {limit_text(reason.limit)})"


@said.register
def _(reason: OxdCondition) -> str:
    return f"{_passes(reason)} (limit {reason.limit_km:g} km)"


@said.register
def _(reason: OxtCondition) -> str:
    return f"the passages are {reason.value_s:.1f} s apart (limit {reason.limit_s:g} s)"


@said.register
def _(reason: OxtSigmasCondition) -> str:
    return f"the passages are {_apart(reason.value_s, reason.timing_sigma_s)} (limit {reason.limit:g} sigmas)"


@said.register
def _(reason: TimeCondition) -> str:
    return f"{reason.value_h:.1f} h after the data cut-off (limit {reason.limit_h:g} h)"


@said.register
def _(reason: UnknownCondition) -> str:
    return {
        "uncertainty": "the combined uncertainty is unknown, which counts as met",
        "probability": "the probability of collision is unknown, which counts as met",
        "timing": "the timing is unknown, which counts as met",
        "time": "the time is unknown, which counts as met",
    }[reason.figure]


def _rule(name: str) -> str:
    """A rule by its name; one whose name an edition may not tell is just a rule."""
    return f"the rule “{name}”" if name else "a rule of the publisher"


def _three(values: tuple[float, float, float]) -> str:
    return " × ".join(f"{value:g}" for value in values)


def _sigmas(value: float) -> str:
    return f"{value:.1f}" if value < 100.0 else f"{value:.0f}"


def _measured(reason: CadBelow | CadAbove | CadCondition) -> str:
    return "distance to the surface" if reason.to_surface else "miss distance"


def _passes(reason: OrbitsNear | OrbitsClearInTime | OrbitsClear | OxdCondition) -> str:
    return (
        f"the orbits pass {distance_words(reason.value_km)} from {'the surface' if reason.to_surface else 'each other'}"
    )


def _apart(apart_s: float, timing_sigma_s: float | None) -> str:
    if timing_sigma_s is None:
        return f"{apart_s:.1f} s apart, with an unknown uncertainty"
    sigmas = apart_s / timing_sigma_s if timing_sigma_s > 0 else float("inf")
    return f"{apart_s:.1f} s or {sigmas:.1f} timing sigmas apart"
