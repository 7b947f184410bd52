"""English for the reasons of a level."""

from __future__ import annotations

from typing import Final

from nearpass.reasons import levels
from nearpass.report.wording.units import Text

_MISS: Final = "{to_surface:distance to the surface|miss distance} {value_km:distance}"
_ORBITS: Final = "the orbits pass {value_km:distance} from {to_surface:the surface|each other}"


def _near(reason: levels.OrbitsNear) -> str:
    near = _ORBITS + ", below the {level} threshold of {limit_km:g} km"
    if reason.apart_s is None:
        return f"{near}; the timing is unknown"
    return f"{near}, {_apart(reason.apart_s, reason.timing_sigma_s)}"


def _box(reason: levels.BoxCondition) -> str:
    if reason.value_rtn_km is None:
        return "the parts of the miss in R, T and N are not known, only its distance (box {limit_rtn_km:box} km)"
    return "miss in R, T, N {value_rtn_km:each .3f} km (box {limit_rtn_km:box} km)"


def _likely(reason: levels.PcCondition) -> str:
    if reason.over_stretch:
        what = "probability of contact at most {value:probability} over the time in which the two fly together"
        return what + " (limit {limit:limit})"
    if reason.missing is None:
        return "probability of collision {value:probability} (limit {limit:limit})"
    return (
        "probability of collision at most {value:probability}, as the {missing} has no covariance (limit {limit:limit})"
    )


def _apart(apart_s: float, timing_sigma_s: float | None) -> str:
    if timing_sigma_s is None:
        return f"{apart_s:.1f} s apart, with an unknown uncertainty"
    sigmas = apart_s / timing_sigma_s if timing_sigma_s > 0 else float("inf")
    return f"{apart_s:.1f} s or {sigmas:.1f} timing sigmas apart"


TEXTS: Final[dict[str, Text]] = {
    "cad_below": _MISS + " is below the {level} threshold of {limit_km:g} km",
    "cad_above": _MISS + " is above {limit_km:g} km",
    "pc_reaches": "probability of collision {value:probability} reaches the {level} threshold of {limit:limit}",
    "pc_bound_reaches": (
        "probability of collision is at most {value:probability}, a bound for any covariance of the {missing}, whose "
        "own is missing: that reaches the {level} threshold of {limit:limit}"
    ),
    "stretch_pc_reaches": (
        "probability of contact over the time in which the two fly together is at most {value:probability}: that "
        "reaches the {level} threshold of {limit:limit}"
    ),
    "oxd_below": _near,
    "oxt_clears": lambda reason: f"{_ORBITS}, but {_apart(reason.apart_s, reason.timing_sigma_s)}",
    "oxd_above": _ORBITS,
    "kept_by_doubt": (
        "{level} as before: {gone:gone, |}at {value_km:distance or unknown} by a doubtful delivery of "
        "{object_ids:and}, {sigmas:.1f} sigmas from the one before; the level stays until the next delivery confirms"
    ),
    "rule_holds": "{level} by {by:rule}: {conditions:conditions}",
    "rule_fails": "not {level} by {by:rule}: {condition:said}",
    "rule_unjudged": "{by:rule} ({level}) could not be judged: neither a probability nor a bound of it is known",
    "no_rule": "no rule applies to this pair",
    "cad_condition": _MISS + " (limit {limit_km:g} km)",
    "box_condition": _box,
    "rtn_sigmas_condition": "miss in R, T, N {value_rtn:sigmas} sigmas (limit {limit:g})",
    "b_plane_sigmas_condition": "{value:sigmas} sigmas from a hit (limit {limit:g})",
    "pc_condition": _likely,
    "oxd_condition": _ORBITS + " (limit {limit_km:g} km)",
    "oxt_condition": "the passages are {value_s:.1f} s apart (limit {limit_s:g} s)",
    "oxt_sigmas_condition": lambda reason: (
        f"the passages are {_apart(reason.value_s, reason.timing_sigma_s)} (limit {reason.limit:g} sigmas)"
    ),
    "time_condition": "{value_h:.1f} h after the data cut-off (limit {limit_h:g} h)",
    "unknown_condition": lambda reason: {
        "uncertainty": "the combined uncertainty is unknown, which counts as met",
        "probability": "the probability of collision is unknown, which counts as met",
        "timing": "the timing is unknown, which counts as met",
        "time": "the time is unknown, which counts as met",
    }[reason.figure],
}
