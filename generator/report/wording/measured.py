"""The value of a finding about a delivery, with its unit: what stands beside its sentence."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

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
    Reach,
    Shift,
    SigmaGrowth,
    SizeTold,
    Spacing,
    VelocityError,
)
from nearpass.reasons.motions import ByLastOrbit, ByTheory
from nearpass.report.wording.units import (
    axes_text,
    count_text,
    duration_text,
    length_text,
    number_text,
    short_powers,
    speed_text,
)


@singledispatch
def measured(_: Any) -> str:
    """The value that a rule found, with its unit; empty where there is none."""
    return ""


@measured.register
def _(fact: OldFinding) -> str:
    return fact.value


@measured.register
def _(fact: ByTheory) -> str:
    return fact.theory


@measured.register
def _(_: ByLastOrbit) -> str:
    return "secular J2"


@measured.register
def _(fact: DeliveryAge) -> str:
    return "" if fact.age_s is None else duration_text(fact.age_s)


@measured.register
def _(fact: ElementsAge) -> str:
    return duration_text(fact.age_s)


@measured.register
def _(fact: Reach) -> str:
    return duration_text(max(fact.last_s or 0.0, 0.0))


@measured.register(ElementsReach)
@measured.register(ElementsEnd)
def _(fact: ElementsReach | ElementsEnd) -> str:
    return duration_text(fact.reached_s)


@measured.register
def _(fact: DataMissing) -> str:
    return duration_text(fact.length_s)


@measured.register
def _(fact: Gaps) -> str:
    return duration_text(fact.total_s) if fact.count else "none"


@measured.register
def _(_: NoCovariance) -> str:
    return "none"


@measured.register
def _(fact: CovarianceShare) -> str:
    return f"{count_text(fact.covariances, 'covariance')}, {count_text(fact.states, 'state')}"


@measured.register
def _(fact: Definite) -> str:
    return "" if fact.least is None else short_powers(f"{fact.least:.1e}")


@measured.register
def _(fact: SigmaGrowth) -> str:
    return f"{length_text(fact.first_km)} to {length_text(fact.last_km)}"


@measured.register
def _(fact: CovarianceSteps) -> str:
    if fact.rule == "covariances_near":
        return duration_text(fact.widest_s)
    return "" if fact.factor is None else f"factor {fact.factor:.3g}"


@measured.register
def _(fact: SizeTold) -> str:
    return f"{fact.radius_m:.3g} m"


@measured.register
def _(fact: Notation) -> str:
    return count_text(len(fact.notes), "departure")


@measured.register
def _(fact: FitError) -> str:
    return "" if fact.rule == "too_few_states" else length_text(fact.error_km)


@measured.register
def _(fact: Spacing) -> str:
    return f"1/{1.0 / fact.share:.0f} orbit" if fact.share else ""


@measured.register
def _(fact: Degree) -> str:
    return ", ".join(fact.methods) or "none named"


@measured.register
def _(fact: VelocityError) -> str:
    return speed_text(fact.value_km_s) if fact.rule == "velocity_error" else ""


@measured.register
def _(fact: Joints) -> str:
    return speed_text(fact.step_km_s) if fact.joints else "none"


@measured.register
def _(fact: AboutBody) -> str:
    return "" if fact.rule == "not_centred" else f"{number_text(fact.height_km, ',.1f')} km"


@measured.register
def _(fact: Gravity) -> str:
    return f"{number_text(fact.ratio, '.3g')} times"


@measured.register
def _(fact: Escape) -> str:
    return f"{number_text(fact.share, '.3g')} of escape speed"


@measured.register
def _(fact: OrbitPlane) -> str:
    inclination = f"{number_text(fact.found.inclination_deg, '.2f')}°"
    return inclination if fact.node_deg is None else f"{inclination}, {number_text(fact.found.node_deg, '.1f')}°"


@measured.register
def _(fact: CentreAndAxes) -> str:
    return f"{', '.join(fact.centres)}, {axes_text(fact)}"


@measured.register
def _(fact: Shift) -> str:
    return f"{fact.late_s:+.2f} s"


@measured.register
def _(fact: Overall) -> str:
    return f"{len(fact.rules)} of {fact.total} rules" if fact.rules else f"{fact.total} rules"
