"""One sentence for each finding about a delivery, and the value that stands beside it."""

from __future__ import annotations

from typing import Final, get_args

from sgp4.api import SGP4_ERRORS

from nearpass.astro.epochs import DAY_S, TimeSystem
from nearpass.reasons import findings, motions
from nearpass.report.wording.units import Text, count_text, duration_text, number_text

WEEK_S: Final = 7.0 * DAY_S
_PLANE: Final = "inclination {found.inclination_deg:.2f}°, node {found.node_deg:.1f}°"

SIZES: Final = {
    "area_max_for_pc": "that of the circle of AREA_MAX_FOR_PC",
    "area_typ_for_pc": "that of the circle of AREA_TYP_FOR_PC",
    "oeb_box": "half the diagonal of the box OEB_MAX, OEB_INT, OEB_MIN",
}


def _age(fact: findings.DeliveryAge) -> str:
    if fact.age_s is None:
        text = "The file does not say when it was made."
    elif fact.age_s < 0.0:
        return "The file says that it was created after the data cut-off."
    elif fact.age_s <= WEEK_S:
        text = "Created within the week before the data cut-off, as weekly deliveries are."
    elif fact.age_s <= 2.0 * WEEK_S:
        text = "Older than a week: a delivery at least every week is asked for."
    else:
        text = "More than two weeks old: at least two weekly deliveries are missing."
    if fact.first_seen is not None:
        came = "It first came here on {first_seen:instant} UTC, after the data cut-off"
        return f"{text} {came}: whether it was known by then is unknown."
    if fact.known_by is None:
        return text
    who = {
        "comments": "By the comments of the kernel.",
        "configuration": "By the configuration.",
        "first seen": "The file does not say when it was made; so long it has been here, and it may be older.",
    }[fact.known_by]
    return f"{text} {who}"


def _missing(fact: findings.Reach) -> str:
    return duration_text((fact.window_s or 0.0) - (fact.last_s or 0.0))


def _data_missing(fact: findings.DataMissing) -> str:
    stated, reached = (one.iso(TimeSystem(fact.time_system), digits=3) for one in (fact.stated, fact.reached))
    side = "after the last state" if fact.at_end else "before the first state"
    more = f" So do {count_text(fact.others, 'other limit')}." if fact.others else ""
    missing = "data are missing, as where a transfer was cut."
    return f"{{key}} {stated} (line {fact.line}) lies {{length_s:duration}} {side}, {reached}: {missing}{more}"


def _growth(fact: findings.SigmaGrowth) -> str:
    if fact.first_km is not None and fact.last_km is not None and fact.last_km > fact.first_km:
        return "The uncertainty of the position grows with time, as in a prediction."
    how = "stays the same" if fact.last_km == fact.first_km else "shrinks"
    return f"The uncertainty of the position {how} with time; that of a prediction grows."


def _joints(fact: findings.Joints) -> str:
    if fact.segments == 1:
        return "One segment without a break."
    if not fact.joints:
        return "{segments:count segment}; no two of them meet in an instant that both hold."
    return (
        "{joints:count joint} between segments; the velocity changes by up to {step_km_s:speed}, the position by up to "
        "{step_km:length}{notable:, which no manoeuvre does|}."
    )


def _escape(fact: findings.Escape) -> str:
    if fact.bound:
        return "Every state is bound to {body}."
    return (
        "Some state is as fast as needed to leave {body}"
        "{in_orbit:, although an orbit is claimed.|: a fly-by, or a wrong state.}"
    )


def _plane(fact: findings.OrbitPlane) -> str:
    wanted = "inclination {inclination_deg:g}° ± {tolerance_deg:g}°"
    if fact.node_deg is not None:
        wanted += ", node {node_deg:.1f}° ± {node_tolerance_deg:.1f}°"
    if fact.rule == "plane_agrees":
        return f"The orbit has {_PLANE}, as the configuration declares ({wanted})."
    text = f"Suspect axes: read as {{read_as}} the orbit has {_PLANE}, but the configuration declares "
    text += f"{wanted.removeprefix('inclination ')}."
    if fact.fits:
        text += " The same numbers fit in {fits:planes}: ask the originator, then set axes accordingly."
    return text


def _shift(fact: findings.Shift) -> str:
    late = f"{abs(fact.late_s):.2f} s {'late' if fact.late_s >= 0.0 else 'early'}"
    shifts = zip("RTN", fact.shift_rtn_km, strict=True)
    axes = ", ".join(f"{axis} {number_text(value_km, '+.3g')}" for axis, value_km in shifts)
    text = f"Against the delivery of cycle {{cycle_id}}: {late}, {axes} km"
    if fact.sigmas is None:
        return f"{text}; neither states an error to judge that by."
    verdict = {
        "shift_agrees": "the two agree",
        "shift_confirmed": "but the doubtful one before says the same, and is confirmed",
        "shift_by_manoeuvre": "a manoeuvre lies between",
        "shift_by_plan": "a burn that the log plans lies between",
        "shift_unjudged": "that cannot be judged",
        "shift_doubtful": "the delivery is doubtful: as a rule it is wrong, or a manoeuvre was not declared",
    }[fact.rule]
    return f"{text}, {fact.sigmas:.1f} sigma by the errors that both state: {verdict}."


_SPACED: Final = "Covariances at most {widest_s:duration} apart, {revolutions:.2g} revolutions"
_CENTRE: Final = "The centre is {centres:commas}, as {centre_declared:the configuration declares|the file says}."

TEXTS: Final[dict[str, Text]] = {
    "prose_finding": "{text}",
    "delivery_age": _age,
    "elements_age": lambda fact: (
        "The elements are of {epoch:second} UTC"
        + {
            "pass": ", within the few days in which low orbits are good to about a kilometre.",
            "note": ": beyond a few days the error of a low orbit exceeds a kilometre.",
            "fail": ": after two weeks the position along a low orbit is hardly known.",
        }[fact.grade]
    ),
    "span_none": "No part of the {window_s:duration} to be screened is covered.",
    "span_late": "Coverage begins {first_s:duration} after the data cut-off.",
    "span_full": "The {window_s:duration} to be screened are covered.",
    "span_two_weeks": lambda fact: (
        f"Reaches the 14 days that are asked for, but not the last {_missing(fact)} of the "
        "{window_s:duration} to be screened."
    ),
    "span_short": lambda fact: (
        f"Ends {_missing(fact)} before the end of the {{window_s:duration}} to be screened, and before the 14 days "
        "that are asked for."
    ),
    "elements_reach": (
        "The {window_s:duration} to be screened are covered; they end {carried_s:duration} after the elements' epoch."
    ),
    "elements_end": lambda fact: (
        f"SGP4 gives no state after {{at:second}} UTC, as by decay: {SGP4_ERRORS.get(fact.error)}."
    ),
    "data_missing": _data_missing,
    "gaps": lambda fact: (
        "{count:count gap} inside the window, the longest of {longest_s:duration}."
        if fact.count
        else "No gap inside the window."
    ),
    "message_without_covariance": (
        "No covariance: one at every point is asked for, and no probability can come from this file."
    ),
    "kernel_without_covariance": "A kernel carries no covariance: no probability can come from this file.",
    "elements_without_covariance": "Mean elements carry no covariance: no probability can come from this file.",
    "covariance_share": lambda fact: (
        "A covariance at every state."
        if fact.share == 1.0
        else "A covariance at {share:.1%} of the states; one at every point is asked for."
    ),
    "covariances_definite": "Every covariance is positive definite.",
    "covariances_rounded": ("{count:count covariance} not positive definite, by no more than rounded digits explain."),
    "covariances_indefinite": (
        "{count:count covariance} not positive definite: no uncertainty of any object looks like that."
    ),
    "sigma_growth": _growth,
    "covariances_near": _SPACED + ".",
    "covariances_misfit": _SPACED + "; none fits the motion.",
    "covariances_fit": _SPACED + "; carried by the motion, each meets the next within a factor of {factor:.1f}.",
    "covariances_differ": _SPACED + "; carried by the motion, one differs from the next by a factor of {factor:.1f}.",
    "covariances_fail": _SPACED
    + (
        "; carried by the motion, one differs from the next by a factor of {factor:.3g} along the path: what was "
        "delivered cannot tell the uncertainty in between."
    ),
    "size": lambda fact: (
        f"The file gives a radius of {{radius_m:.3g}} m, {SIZES[fact.source]}; "
        "the configured {configured_m:g} m counts."
    ),
    "notation": "{notes:sentences}",
    "elements_fit": "The polynomials that are screened follow SGP4 to {error_km:length}, by a grid four times finer.",
    "left_out": "With every other state left out, the others give it back to {error_km:length}.",
    "too_few_states": "Too few states to leave out every other one and compare.",
    "spacing": (
        "Points at most {widest_s:duration} apart, {share:.4f} of an orbit in {measure}; NPR 8079.1 recommends about "
        "1/100."
    ),
    "degree_reduced": (
        "{short:count segment} with fewer states than the degree needs (the shortest has {fewest}): the degree is "
        "reduced there."
    ),
    "method_unnamed": "No interpolation method is named: Hermite of degree 7 is assumed.",
    "degree_kept": "A method and a degree are named, and every segment has the states for it.",
    "velocity_unjudged": "Too few states to derive velocities from positions.",
    "velocity_doubtful": "Points too far apart to tell better than to {value_km_s:speed}.",
    "velocity_error": "Velocities and the rates of change of the positions differ by at most {value_km_s:speed}.",
    "joints": _joints,
    "not_centred": "Not centred on {body}: the states are not compared with its size and gravity.",
    "below_surface": "The lowest state lies below the surface of {body}.",
    "above_surface": "Lowest altitude {height_km:,.1f} km, above the equatorial radius of {body}.",
    "inside_centre": "A state lies inside {body}, on which the file centres it: the wrong centre?",
    "gravity_fits": "The acceleration agrees with {body}'s gravity (ratio {ratio:.2f}).",
    "gravity_odd": (
        "The path curves by {ratio:.3g} times what the gravity of {body} alone demands: far from it, or thrusting?"
    ),
    "gravity_in_metres": "The path curves as if metres were given for kilometres.",
    "gravity_of_other": "The path curves as the gravity of {other} demands, not that of {body}.",
    "gravity_wrong": (
        "The path curves by {ratio:.3g} times what the gravity of {body} demands: wrong units, centre or axes?"
    ),
    "escape": _escape,
    "plane_agrees": _plane,
    "plane_disagrees": _plane,
    "axes_declared": _CENTRE + " Axes: {axes:axes}, on the publisher's word.",
    "axes_without_pole_motion": (
        _CENTRE + " The motion of the pole in the Earth's crust is left out: up to 20 m at its surface."
    ),
    "axes_exact": _CENTRE + " The rotation to ICRF is exact.",
    **dict.fromkeys(get_args(findings.ShiftRule), _shift),
    "not_trusted": "Check before use: {rules:commas}.",
    "mind": "Good, with remarks on: {rules:commas}.",
    "all_kept": "Every rule is kept.",
}


def _covariance_step(fact: findings.CovarianceSteps) -> str:
    if fact.rule == "covariances_near":
        return "{widest_s:duration}"
    return "" if fact.factor is None else "factor {factor:.3g}"


def _inclination(fact: findings.OrbitPlane) -> str:
    return "{found.inclination_deg:.2f}°" + ("" if fact.node_deg is None else ", {found.node_deg:.1f}°")


VALUES: Final[dict[type, Text]] = {
    findings.OldFinding: "{value}",
    motions.ByTheory: "{theory}",
    motions.ByLastOrbit: "secular J2",
    findings.DeliveryAge: lambda fact: "" if fact.age_s is None else "{age_s:duration}",
    findings.ElementsAge: "{age_s:duration}",
    findings.Reach: lambda fact: duration_text(max(fact.last_s or 0.0, 0.0)),
    findings.ElementsReach: "{reached_s:duration}",
    findings.ElementsEnd: "{reached_s:duration}",
    findings.DataMissing: "{length_s:duration}",
    findings.Gaps: lambda fact: "{total_s:duration}" if fact.count else "none",
    findings.NoCovariance: "none",
    findings.CovarianceShare: "{covariances:count covariance}, {states:count state}",
    findings.Definite: lambda fact: "" if fact.least is None else "{least:.1e}",
    findings.SigmaGrowth: "{first_km:length} to {last_km:length}",
    findings.CovarianceSteps: _covariance_step,
    findings.SizeTold: "{radius_m:.3g} m",
    findings.Notation: lambda fact: count_text(len(fact.notes), "departure"),
    findings.FitError: lambda fact: "" if fact.rule == "too_few_states" else "{error_km:length}",
    findings.Spacing: lambda fact: f"1/{1.0 / fact.share:.0f} orbit" if fact.share else "",
    findings.Degree: lambda fact: "{methods:commas}" if fact.methods else "none named",
    findings.VelocityError: lambda fact: "{value_km_s:speed}" if fact.rule == "velocity_error" else "",
    findings.Joints: lambda fact: "{step_km_s:speed}" if fact.joints else "none",
    findings.AboutBody: lambda fact: "" if fact.rule == "not_centred" else "{height_km:,.1f} km",
    findings.Gravity: "ratio {ratio:.3g}",
    findings.Escape: "{share:.3g} of escape speed",
    findings.OrbitPlane: _inclination,
    findings.CentreAndAxes: "{centres:commas}, {axes:axes}",
    findings.Shift: "{late_s:+.2f} s",
    findings.Overall: lambda fact: f"{len(fact.rules)} of {{total}} rules" if fact.rules else "{total} rules",
}
