"""What one rule found in one delivery: figures and choices, from which a page makes the value and the sentence.

Lengths are in kilometres, times in seconds, both unrounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Discriminator

from nearpass.astro.fields import EpochText, Vector
from nearpass.reasons.general import Prose
from nearpass.reasons.motions import ByLastOrbit, ByOneState, ByTheory

ShiftRule = Literal[
    "shift_agrees", "shift_confirmed", "shift_by_manoeuvre", "shift_by_plan", "shift_unjudged", "shift_doubtful"
]
Known = Literal["comments", "configuration", "first seen"]
SpanRule = Literal["span_none", "span_late", "span_full", "span_two_weeks", "span_short"]
StepsRule = Literal[
    "covariances_near", "covariances_fit", "covariances_differ", "covariances_fail", "covariances_misfit"
]  # fmt: skip
GravityRule = Literal["gravity_fits", "gravity_odd", "gravity_in_metres", "gravity_of_other", "gravity_wrong"]
DefiniteRule = Literal["covariances_definite", "covariances_rounded", "covariances_indefinite"]
Measured = float | None
"""A figure found in a file; None where it is not finite, as absurd numbers give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OldFinding:
    """What a record of schema 1 to 3 stored of a finding: its value and its sentence."""

    value: str
    text: str
    rule: Literal["prose_finding"] = "prose_finding"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAge:
    """How old a delivery is at the data cut-off; None where its creation is not known.

    ``known_by`` is who says so, None for the file itself; ``first_seen`` when a file came here that nobody dates.
    """

    age_s: Measured
    known_by: Known | None
    first_seen: EpochText | None
    rule: Literal["delivery_age"] = "delivery_age"


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementsAge:
    """How old mean elements are at the data cut-off, and by that how good."""

    epoch: EpochText
    age_s: float
    grade: Literal["pass", "note", "fail"]
    rule: Literal["elements_age"] = "elements_age"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """From when to when a delivery covers the window, seconds from its beginning."""

    first_s: Measured
    last_s: Measured
    window_s: Measured
    rule: SpanRule


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementsReach:
    """Until when mean elements give states, and how long after their epoch that is."""

    reached_s: Measured
    window_s: Measured
    carried_s: Measured
    rule: Literal["elements_reach"] = "elements_reach"


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementsEnd:
    """SGP4 gives no state after ``at``; ``error`` is the number of its error, 0 where it names none."""

    at: EpochText
    reached_s: Measured
    error: int
    rule: Literal["elements_end"] = "elements_end"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataMissing:
    """A limit that the metadata state lies far beyond the states, and ``others`` do so as well.

    ``stated`` and ``reached`` are printed in ``time_system``, as the file has them.
    """

    key: str
    stated: EpochText
    reached: EpochText
    time_system: str
    line: int
    length_s: Measured
    at_end: bool
    others: int
    rule: Literal["data_missing"] = "data_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """Time inside the window that a delivery leaves out."""

    count: int
    longest_s: Measured
    total_s: Measured
    rule: Literal["gaps"] = "gaps"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoCovariance:
    """There is no covariance, from which kind of delivery."""

    rule: Literal["message_without_covariance", "kernel_without_covariance", "elements_without_covariance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CovarianceShare:
    """At which share of the states there is a covariance."""

    covariances: int
    states: int
    share: Measured
    rule: Literal["covariance_share"] = "covariance_share"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definite:
    """The smallest eigenvalue of any covariance, of unit variances, and how many are not positive definite."""

    least: Measured
    count: int
    rule: DefiniteRule


@dataclass(frozen=True, slots=True, kw_only=True)
class SigmaGrowth:
    """The sigma of the position early and late after the cut-off."""

    first_km: Measured
    last_km: Measured
    rule: Literal["sigma_growth"] = "sigma_growth"


@dataclass(frozen=True, slots=True, kw_only=True)
class CovarianceSteps:
    """How far apart covariances are, and the ``factor`` by which the motion carries one from the next.

    The factor is None where they are near enough not to need it.
    """

    widest_s: Measured
    revolutions: Measured
    factor: Measured
    rule: StepsRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Notation:
    """What a file writes in its own way and was read all the same, as its reader notes it."""

    notes: tuple[str, ...]
    rule: Literal["notation"] = "notation"


SizeSource = Literal["area_max_for_pc", "area_typ_for_pc", "oeb_box"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeTold:
    """The radius that a message gives of its object, what it follows from, and the configured one, which counts."""

    radius_m: float
    source: SizeSource
    configured_m: float
    rule: Literal["size"] = "size"


@dataclass(frozen=True, slots=True, kw_only=True)
class FitError:
    """How far the polynomials that are screened are from SGP4, or left-out states from what the others give."""

    error_km: Measured
    rule: Literal["elements_fit", "left_out", "too_few_states"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spacing:
    """The widest spacing of states, as a share of an orbit."""

    widest_s: Measured
    share: Measured
    measure: Literal["true anomaly", "time"]
    rule: Literal["spacing"] = "spacing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Degree:
    """The methods of interpolation that a file names, and segments with fewer states than the degree needs."""

    methods: tuple[str, ...]
    short: int
    fewest: int | None
    rule: Literal["degree_reduced", "method_unnamed", "degree_kept"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VelocityError:
    """How far velocities are from the rates of change of the positions; ``rule`` tells where that cannot be said."""

    value_km_s: Measured
    rule: Literal["velocity_unjudged", "velocity_doubtful", "velocity_error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Joints:
    """Steps where one segment hands over to the next; ``notable`` where no manoeuvre makes one of the position."""

    segments: int
    joints: int
    step_km: Measured
    step_km_s: Measured
    notable: bool
    rule: Literal["joints"] = "joints"


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutBody:
    """What states are about a body: not centred on it, below its surface, above it, or inside another centre.

    ``height_km`` is above the equatorial radius, and from the centre where it lies inside another centre.
    """

    body: str
    height_km: Measured
    rule: Literal["not_centred", "below_surface", "above_surface", "inside_centre"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gravity:
    """The gravity that the curvature of the path needs, in units of the body's; ``other`` has such a gravity."""

    body: str
    ratio: Measured
    other: str | None
    rule: GravityRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Escape:
    """The highest speed as a share of escape speed: ``bound`` below it; ``in_orbit`` where an orbit is claimed."""

    body: str
    share: Measured
    bound: bool
    in_orbit: bool
    rule: Literal["escape"] = "escape"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """Inclination and node of an orbit against the body's equator."""

    inclination_deg: float
    node_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OrbitPlane:
    """The plane of an orbit against the declared one, in the axes that it was ``read_as``.

    ``node_deg`` is where the declared node should be, None where none is declared. ``fits`` are other axes in which the
    same numbers would lie in the declared plane.
    """

    read_as: str
    found: Plane
    inclination_deg: Measured
    tolerance_deg: Measured
    node_deg: Measured
    node_tolerance_deg: Measured
    fits: tuple[tuple[str, Plane], ...]
    rule: Literal["plane_agrees", "plane_disagrees"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreAndAxes:
    """Which centres and axes a message names, with what the configuration says that axes mean (None: as named)."""

    centres: tuple[str, ...]
    centre_declared: bool
    axes: tuple[tuple[str, str | None], ...]
    rule: Literal["axes_declared", "axes_without_pole_motion", "axes_exact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How a delivery differs from the one of cycle ``cycle_id``: how late, in its RTN axes, and in stated sigmas.

    ``sigmas`` is None where neither states an error.
    """

    cycle_id: str
    late_s: float
    shift_rtn_km: Vector
    sigmas: float | None
    rule: ShiftRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Overall:
    """Which rules a delivery does not keep, of how many; ``rule`` says how badly."""

    rules: tuple[str, ...]
    total: int
    rule: Literal["not_trusted", "mind", "all_kept"]


FindingReason = Annotated[
    OldFinding
    | Prose
    | DeliveryAge
    | ElementsAge
    | Reach
    | ElementsReach
    | ElementsEnd
    | DataMissing
    | Gaps
    | NoCovariance
    | CovarianceShare
    | Definite
    | SigmaGrowth
    | CovarianceSteps
    | Notation
    | SizeTold
    | FitError
    | Spacing
    | Degree
    | VelocityError
    | Joints
    | AboutBody
    | Gravity
    | Escape
    | OrbitPlane
    | CentreAndAxes
    | Overall
    | Shift
    | ByTheory
    | ByLastOrbit
    | ByOneState,
    Discriminator("rule"),
]
