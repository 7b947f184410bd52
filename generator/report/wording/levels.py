"""English for the reasons of a level."""

from __future__ import annotations

from nearpass.reasons.levels import (
    CadAbove,
    CadBelow,
    KeptByDoubt,
    OrbitsClear,
    OrbitsClearInTime,
    OrbitsNear,
    PcBoundReaches,
    PcReaches,
)
from nearpass.report.wording.said import said
from nearpass.report.wording.units import distance_words


@said.register
def _(reason: CadBelow) -> str:
    found = f"{_measured(reason)} {distance_words(reason.value_km)}"
    return f"{found} is below the {reason.level} threshold of {reason.limit_km:g} km"


@said.register
def _(reason: CadAbove) -> str:
    return f"{_measured(reason)} {distance_words(reason.value_km)} is above {reason.limit_km:g} km"


@said.register
def _(reason: PcReaches) -> str:
    return f"probability of collision {reason.value:.1e} reaches the {reason.level} threshold of {reason.limit:.0e}"


@said.register
def _(reason: PcBoundReaches) -> str:
    return (
        f"probability of collision is at most {reason.value:.1e}, a bound for any covariance of the {reason.missing}, "
        f"whose own is missing: that reaches the {reason.level} threshold of {reason.limit:.0e}"
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


def _measured(reason: CadBelow | CadAbove) -> str:
    return "distance to the surface" if reason.to_surface else "miss distance"


def _passes(reason: OrbitsNear | OrbitsClearInTime | OrbitsClear) -> str:
    return (
        f"the orbits pass {distance_words(reason.value_km)} from {'the surface' if reason.to_surface else 'each other'}"
    )


def _apart(apart_s: float, timing_sigma_s: float | None) -> str:
    if timing_sigma_s is None:
        return f"{apart_s:.1f} s apart, with an unknown uncertainty"
    sigmas = apart_s / timing_sigma_s if timing_sigma_s > 0 else float("inf")
    return f"{apart_s:.1f} s or {sigmas:.1f} timing sigmas apart"
