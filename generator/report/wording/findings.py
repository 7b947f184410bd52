"""One sentence for each finding about a delivery."""

from __future__ import annotations

from typing import Final

from sgp4.api import SGP4_ERRORS

from nearpass.astro.epochs import DAY_S, TimeSystem
from nearpass.reasons.findings import (
    AboutBody,
    CentreAndAxes,
    CovarianceShare,
    CovarianceSteps,
    DataMissing,
    Definite,
    Degree,
    DeliveryAge,
    ElementsAge,
    ElementsEnd,
    ElementsReach,
    Escape,
    FitError,
    Gaps,
    Gravity,
    Joints,
    NoCovariance,
    Notation,
    OldFinding,
    OrbitPlane,
    Overall,
    Plane,
    Reach,
    Shift,
    SigmaGrowth,
    SizeTold,
    Spacing,
    VelocityError,
)
from nearpass.report.wording.said import said
from nearpass.report.wording.units import axes_text, count_text, duration_text, length_text, number_text, speed_text

WEEK_S: Final = 7.0 * DAY_S

SIZES: Final = {
    "area_max_for_pc": "that of the circle of AREA_MAX_FOR_PC",
    "area_typ_for_pc": "that of the circle of AREA_TYP_FOR_PC",
    "oeb_box": "half the diagonal of the box OEB_MAX, OEB_INT, OEB_MIN",
}


@said.register
def _(fact: OldFinding) -> str:
    return fact.text


@said.register
def _(fact: DeliveryAge) -> str:
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
        seen = fact.first_seen.iso(digits=0)
        came = f"It first came here on {seen} UTC, after the data cut-off"
        return f"{text} {came}: whether it was known by then is unknown."
    if fact.known_by is None:
        return text
    who = {
        "comments": "By the comments of the kernel.",
        "configuration": "By the configuration.",
        "first seen": "The file does not say when it was made; so long it has been here, and it may be older.",
    }[fact.known_by]
    return f"{text} {who}"


@said.register
def _(fact: ElementsAge) -> str:
    since = f"The elements are of {fact.epoch.iso(digits=0).replace('T', ' ')} UTC"
    return {
        "pass": f"{since}, within the few days in which low orbits are good to about a kilometre.",
        "note": f"{since}: beyond a few days the error of a low orbit exceeds a kilometre.",
        "fail": f"{since}: after two weeks the position along a low orbit is hardly known.",
    }[fact.grade]


@said.register
def _(fact: Reach) -> str:
    window = duration_text(fact.window_s)
    missing = duration_text((fact.window_s or 0.0) - (fact.last_s or 0.0))
    return {
        "span_none": f"No part of the {window} to be screened is covered.",
        "span_late": f"Coverage begins {duration_text(fact.first_s)} after the data cut-off.",
        "span_full": f"The {window} to be screened are covered.",
        "span_two_weeks": (
            f"Reaches the 14 days that are asked for, but not the last {missing} of the {window} to be screened."
        ),
        "span_short": (
            f"Ends {missing} before the end of the {window} to be screened, and before the 14 days that are asked for."
        ),
    }[fact.rule]


@said.register
def _(fact: ElementsReach) -> str:
    window, carried = duration_text(fact.window_s), duration_text(fact.carried_s)
    return f"The {window} to be screened are covered; they end {carried} after the elements' epoch."


@said.register
def _(fact: ElementsEnd) -> str:
    error = SGP4_ERRORS.get(fact.error)
    return f"SGP4 gives no state after {fact.at.iso(digits=0).replace('T', ' ')} UTC, as by decay: {error}."


@said.register
def _(fact: DataMissing) -> str:
    stated, reached = (one.iso(TimeSystem(fact.time_system), digits=3) for one in (fact.stated, fact.reached))
    side = "after the last state" if fact.at_end else "before the first state"
    more = f" So do {count_text(fact.others, 'other limit')}." if fact.others else ""
    return (
        f"{fact.key} {stated} (line {fact.line}) lies {duration_text(fact.length_s)} {side}, {reached}: data are "
        f"missing, as where a transfer was cut.{more}"
    )


@said.register
def _(fact: Gaps) -> str:
    if not fact.count:
        return "No gap inside the window."
    return f"{count_text(fact.count, 'gap')} inside the window, the longest of {duration_text(fact.longest_s)}."


@said.register
def _(fact: NoCovariance) -> str:
    return {
        "message_without_covariance": (
            "No covariance: one at every point is asked for, and no probability can come from this file."
        ),
        "kernel_without_covariance": "A kernel carries no covariance: no probability can come from this file.",
        "elements_without_covariance": "Mean elements carry no covariance: no probability can come from this file.",
    }[fact.rule]


@said.register
def _(fact: CovarianceShare) -> str:
    if fact.share == 1.0:
        return "A covariance at every state."
    return f"A covariance at {number_text(fact.share, '.1%')} of the states; one at every point is asked for."


@said.register
def _(fact: Definite) -> str:
    many = count_text(fact.count, "covariance")
    return {
        "covariances_definite": "Every covariance is positive definite.",
        "covariances_rounded": f"{many} not positive definite, by no more than rounded digits explain.",
        "covariances_indefinite": f"{many} not positive definite: no uncertainty of any object looks like that.",
    }[fact.rule]


@said.register
def _(fact: SigmaGrowth) -> str:
    if fact.first_km is not None and fact.last_km is not None and fact.last_km > fact.first_km:
        return "The uncertainty of the position grows with time, as in a prediction."
    how = "stays the same" if fact.last_km == fact.first_km else "shrinks"
    return f"The uncertainty of the position {how} with time; that of a prediction grows."


@said.register
def _(fact: CovarianceSteps) -> str:
    apart = (
        f"Covariances at most {duration_text(fact.widest_s)} apart, {number_text(fact.revolutions, '.2g')} revolutions"
    )
    factor = number_text(fact.factor, ".3g" if fact.rule == "covariances_fail" else ".1f")
    return (
        apart
        + {
            "covariances_near": ".",
            "covariances_misfit": "; none fits the motion.",
            "covariances_fit": f"; carried by the motion, each meets the next within a factor of {factor}.",
            "covariances_differ": f"; carried by the motion, one differs from the next by a factor of {factor}.",
            "covariances_fail": (
                f"; carried by the motion, one differs from the next by a factor of {factor} along the path: what was "
                "delivered cannot tell the uncertainty in between."
            ),
        }[fact.rule]
    )


@said.register
def _(fact: SizeTold) -> str:
    told = f"The file gives a radius of {fact.radius_m:.3g} m, {SIZES[fact.source]}"
    return f"{told}; the configured {fact.configured_m:g} m counts."


@said.register
def _(fact: Notation) -> str:
    return " ".join(f"{note[:1].upper()}{note[1:]}." for note in fact.notes)


@said.register
def _(fact: FitError) -> str:
    error = length_text(fact.error_km)
    return {
        "elements_fit": f"The polynomials that are screened follow SGP4 to {error}, by a grid four times finer.",
        "left_out": f"With every other state left out, the others give it back to {error}.",
        "too_few_states": "Too few states to leave out every other one and compare.",
    }[fact.rule]


@said.register
def _(fact: Spacing) -> str:
    share = number_text(fact.share, ".4f")
    return (
        f"Points at most {duration_text(fact.widest_s)} apart, {share} of an orbit in {fact.measure}; NPR 8079.1 "
        "recommends about 1/100."
    )


@said.register
def _(fact: Degree) -> str:
    return {
        "degree_reduced": (
            f"{count_text(fact.short, 'segment')} with fewer states than the degree needs (the shortest has "
            f"{fact.fewest}): the degree is reduced there."
        ),
        "method_unnamed": "No interpolation method is named: Hermite of degree 7 is assumed.",
        "degree_kept": "A method and a degree are named, and every segment has the states for it.",
    }[fact.rule]


@said.register
def _(fact: VelocityError) -> str:
    found = speed_text(fact.value_km_s)
    return {
        "velocity_unjudged": "Too few states to derive velocities from positions.",
        "velocity_doubtful": f"Points too far apart to tell better than to {found}.",
        "velocity_error": f"Velocities and the rates of change of the positions differ by at most {found}.",
    }[fact.rule]


@said.register
def _(fact: Joints) -> str:
    if fact.segments == 1:
        return "One segment without a break."
    if not fact.joints:
        return f"{count_text(fact.segments, 'segment')}; no two of them meet in an instant that both hold."
    joints = f"{count_text(fact.joints, 'joint')} between segments; the velocity changes by up to "
    steps = f"{speed_text(fact.step_km_s)}, the position by up to {length_text(fact.step_km)}"
    return f"{joints}{steps}{', which no manoeuvre does.' if fact.notable else '.'}"


@said.register
def _(fact: AboutBody) -> str:
    height = number_text(fact.height_km, ",.1f")
    return {
        "not_centred": f"Not centred on {fact.body}: the states are not compared with its size and gravity.",
        "below_surface": f"The lowest state lies below the surface of {fact.body}.",
        "above_surface": f"Lowest altitude {height} km, above the equatorial radius of {fact.body}.",
        "inside_centre": f"A state lies inside {fact.body}, on which the file centres it: the wrong centre?",
    }[fact.rule]


@said.register
def _(fact: Gravity) -> str:
    value = f"{number_text(fact.ratio, '.3g')} times"
    return {
        "gravity_fits": f"The acceleration agrees with {fact.body}'s gravity (ratio {number_text(fact.ratio, '.2f')}).",
        "gravity_odd": (
            f"The path curves by {value} what the gravity of {fact.body} alone demands: far from it, or thrusting?"
        ),
        "gravity_in_metres": "The path curves as if metres were given for kilometres.",
        "gravity_of_other": f"The path curves as the gravity of {fact.other} demands, not that of {fact.body}.",
        "gravity_wrong": (
            f"The path curves by {value} what the gravity of {fact.body} demands: wrong units, centre or axes?"
        ),
    }[fact.rule]


@said.register
def _(fact: Escape) -> str:
    if fact.bound:
        return f"Every state is bound to {fact.body}."
    end = ", although an orbit is claimed." if fact.in_orbit else ": a fly-by, or a wrong state."
    return f"Some state is as fast as needed to leave {fact.body}{end}"


@said.register
def _(plane: Plane) -> str:
    return f"inclination {number_text(plane.inclination_deg, '.2f')}°, node {number_text(plane.node_deg, '.1f')}°"


@said.register
def _(fact: OrbitPlane) -> str:
    wanted = f"{number_text(fact.inclination_deg, 'g')}° ± {number_text(fact.tolerance_deg, 'g')}°"
    if fact.node_deg is not None:
        wanted += f", node {fact.node_deg:.1f}° ± {number_text(fact.node_tolerance_deg, '.1f')}°"
    if fact.rule == "plane_agrees":
        return f"The orbit has {said(fact.found)}, as the configuration declares (inclination {wanted})."
    text = f"Suspect axes: read as {fact.read_as} the orbit has {said(fact.found)}, but the configuration declares "
    text += f"{wanted}."
    if fact.fits:
        fits = ", or in ".join(f"{name} axes ({said(plane)})" for name, plane in fact.fits)
        text += f" The same numbers fit in {fits}: ask the originator, then set axes accordingly."
    return text


@said.register
def _(fact: CentreAndAxes) -> str:
    declared = "as the configuration declares" if fact.centre_declared else "as the file says"
    return (
        f"The centre is {', '.join(fact.centres)}, {declared}."
        + {
            "axes_declared": f" Axes: {axes_text(fact)}, on the publisher's word.",
            "axes_without_pole_motion": (
                " The motion of the pole in the Earth's crust is left out: up to 20 m at its surface."
            ),
            "axes_exact": " The rotation to ICRF is exact.",
        }[fact.rule]
    )


@said.register
def _(fact: Shift) -> str:
    late = f"{abs(fact.late_s):.2f} s {'late' if fact.late_s >= 0.0 else 'early'}"
    axes = ", ".join(f"{axis} {value:+.3g}" for axis, value in zip("RTN", fact.shift_rtn_km, strict=True))
    text = f"Against the delivery of cycle {fact.cycle_id}: {late}, {axes} km"
    if fact.sigmas is None:
        return f"{text}; neither states an error to judge that by."
    verdict = {
        "shift_agrees": "the two agree",
        "shift_confirmed": "but the doubtful one before says the same, and is confirmed",
        "shift_by_manoeuvre": "a manoeuvre lies between",
        "shift_by_plan": "a burn that the log plans lies between",
        "shift_unjudged": "that cannot be judged",
        "shift_doubtful": "the delivery is doubtful",
    }[fact.rule]
    return f"{text}, {fact.sigmas:.1f} sigma by the errors that both state: {verdict}."


@said.register
def _(fact: Overall) -> str:
    rules = ", ".join(fact.rules)
    return {
        "not_trusted": f"Check before use: {rules}.",
        "mind": f"Good, with remarks on: {rules}.",
        "all_kept": "Every rule is kept.",
    }[fact.rule]
