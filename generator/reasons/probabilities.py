"""Why a probability of collision is by one method and not by another, and what it is not used for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Discriminator

from nearpass.reasons.general import Prose, Withheld


@dataclass(frozen=True, slots=True, kw_only=True)
class NoValue:
    """A method gives no value, for what its code says of the encounter."""

    rule: Literal[
        "no_covariance", "not_needed", "not_asked", "no_relative_motion", "covariance_indefinite",
        "sphere_unresolved", "no_single_peak", "no_peak", "no_curved_peak", "rate_is_no_bell",
    ]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class QuadraturesDiffer:
    """Two quadratures of the encounter plane, Foster's and Patera's, give different values, so that neither is used."""

    foster: float
    patera: float
    rule: Literal["quadratures_differ"] = "quadratures_differ"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOrbit:
    """One object has no orbit with uncertain elements, because of its covariance."""

    which: Literal["primary", "secondary"]
    rule: Literal["covariance_missing", "velocity_unknown", "orbit_indefinite", "orbit_may_open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrbitNotClosed:
    """One object is on no ellipse, and two-body elements need one; the axis is None for a parabola."""

    which: Literal["primary", "secondary"]
    semi_major_axis_km: float | None
    rule: Literal["orbit_not_closed"] = "orbit_not_closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoBound:
    """What the probability can be at most without one covariance is not known either, for what follows.

    While a slow encounter lasts, an error of velocity moves an object by many times the miss: with a covariance that is
    not known, nearly all pairs may meet, whatever the encounter plane says.
    """

    rule: Literal["no_bound"] = "no_bound"


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLong:
    """The encounter takes, or reaches from its TCA, too large a share of the shorter orbital period."""

    revolutions: float
    rule: Literal["lasts_long", "far_from_tca"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvatureMatters:
    """Curved motion changes the probability of the encounter plane by this share of it."""

    share: float
    rule: Literal["curvature_matters"] = "curvature_matters"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanBeyond:
    """The time to be counted, seconds from TCA, holds more than the one passage of the encounter plane, or less."""

    start_s: float
    stop_s: float
    rule: Literal["span_holds_more", "span_cuts_encounter"]


OrbitReason = NoOrbit | OrbitNotClosed
MethodReason = Annotated[
    NoValue | QuadraturesDiffer | NoOrbit | OrbitNotClosed | TooLong | Prose, Discriminator("rule")
]
"""Why a method gives no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneHolds:
    """The encounter is short, near its TCA and straight, so that the encounter plane holds.

    ``clipped``: a covariance that was not positive definite was clipped. ``unjudged`` says why the effect of curvature
    could not be judged, None where it was.
    """

    clipped: bool
    unjudged: Annotated[OrbitReason, Discriminator("rule")] | None
    rule: Literal["plane_holds"] = "plane_holds"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedNumber:
    """The value is the expected number of collisions on curved orbits, less the share ``returning`` that come back."""

    returning: float | None
    rule: Literal["expected_number"] = "expected_number"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesSimulated:
    """The value counts simulated entries, without the share ``in_contact`` of pairs in contact from the start."""

    in_contact: float
    rule: Literal["entries_simulated"] = "entries_simulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """Nothing but a simulation can answer."""

    rule: Literal["simulated"] = "simulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusableInput:
    """No method can use the hard-body radius, or states and covariances that are not finite."""

    hbr_km: float | None
    rule: Literal["input_unusable"] = "input_unusable"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthUnknown:
    """The declared error of an object grows with the age of its ephemeris, which nobody knows."""

    object_id: str
    rule: Literal["growth_unknown"] = "growth_unknown"


PcReason = Annotated[
    NoValue
    | QuadraturesDiffer
    | NoOrbit
    | OrbitNotClosed
    | NoBound
    | TooLong
    | CurvatureMatters
    | SpanBeyond
    | PlaneHolds
    | ExpectedNumber
    | EntriesSimulated
    | Simulated
    | UnusableInput
    | GrowthUnknown
    | Withheld
    | Prose,
    Discriminator("rule"),
]
PcReasons = tuple[PcReason, ...]
"""Why the encounter plane is not used, if it is not, and then what is used instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoBurn:
    """No burn is sized by the probability: no level has a threshold of it, or it is at the green level already."""

    rule: Literal["no_threshold", "green_already"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoProbability:
    """No burn is sized by the probability, because there is none."""

    because: PcReasons
    rule: Literal["no_probability"] = "no_probability"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherMethod:
    """No burn is sized by the probability: the effect of a burn is known in the encounter plane alone."""

    method: str
    rule: Literal["other_method"] = "other_method"


BurnReason = Annotated[NoBurn | NoProbability | OtherMethod | Prose, Discriminator("rule")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorsShared:
    """Several approaches have bounds only: how far their errors are the same is not delivered."""

    rule: Literal["errors_shared"] = "errors_shared"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesFollowed:
    """Each entry along curved orbits, ``expected`` of them, was followed back to the first approach."""

    expected: float
    rule: Literal["entries_followed"] = "entries_followed"


TogetherReason = Annotated[ErrorsShared | EntriesFollowed | Prose, Discriminator("rule")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CovarianceRepaired:
    """A delivered covariance was not positive definite.

    ``lowest`` is its smallest eigenvalue, scaled to unit variances; ``raised_to`` to what it was raised, None where
    the matrix was refused.
    """

    lowest: float
    raised_to: float | None
    rule: Literal["covariance_repaired", "covariance_refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CovarianceCarried:
    """No covariance was delivered for that time: the nearest one was carried there by the motion.

    ``beyond_s`` is the time from it, positive after the last one, negative before the first one.
    """

    beyond_s: float
    rule: Literal["covariance_carried"] = "covariance_carried"


@dataclass(frozen=True, slots=True, kw_only=True)
class CovarianceOfPosition:
    """The delivered covariance says nothing of the velocity; that of the position was turned with the path."""

    rule: Literal["covariance_of_position"] = "covariance_of_position"


CovarianceRemark = Annotated[
    CovarianceRepaired | CovarianceCarried | CovarianceOfPosition | Prose, Discriminator("rule")
]
CovarianceRemarks = tuple[CovarianceRemark, ...]
"""What was done to a delivered covariance before it was used; empty where nothing was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CovarianceDelivered:
    """The covariance stands in the delivered file."""

    file: str
    rule: Literal["covariance_delivered"] = "covariance_delivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class CovarianceDeclared:
    """The covariance is the publisher's model; ``citation`` is its source as the publisher's configuration gives it."""

    citation: str
    rule: Literal["covariance_declared"] = "covariance_declared"


@dataclass(frozen=True, slots=True, kw_only=True)
class CovarianceLearned:
    """The covariance is a model that this archive's comparisons of predictions with later deliveries fit."""

    comparisons: int
    rule: Literal["covariance_learned"] = "covariance_learned"


CovarianceSource = Annotated[
    CovarianceDelivered | CovarianceDeclared | CovarianceLearned | Prose, Discriminator("rule")
]
