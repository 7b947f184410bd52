"""What a record tells of one object: orbit, coverage, how its ephemeris ends, and how well it was predicted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from nearpass.astro.epochs import Epoch
from nearpass.astro.fields import EpochText, Span, Vector
from nearpass.reasons.findings import SizeSource
from nearpass.reasons.motions import MotionReason
from nearpass.record.command_record import CommandingRecord
from nearpass.record.doubt_record import ShiftRecord
from nearpass.record.event_record import Shown
from nearpass.record.marking import MarkingRecord
from nearpass.record.prediction_record import DeclaredRecord, Prediction, PredictionError, PredictionQuality
from nearpass.record.release_record import ContactRecord
from nearpass.record.releasing import Open, Release, Sigma, Sigmas


@dataclass(frozen=True, slots=True, kw_only=True)
class OrbitRecord:
    """Osculating elements about the cycle's body at ``epoch``, axes of the body's IAU equator of date.

    Altitudes above the equatorial radius. ``track_km`` is one revolution (or the coverage, if shorter) in ICRF axes.
    """

    epoch: Open[EpochText]
    periapsis_altitude_km: Open[float]
    apoapsis_altitude_km: Open[float | None]
    inclination_deg: Open[float]
    eccentricity: Open[float]
    period_s: Open[float | None]
    track_km: Open[tuple[Vector, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproximationRecord:
    """That a motion was not delivered: made by a theory, an old orbit or one state carried on by J2.

    From ``since`` on it holds to ``error_km``, as stated for the end of the window; ``how`` says by what.
    """

    kind: Open[Literal["theory", "secular J2", "one state"]]
    how: Open[MotionReason]
    since: Open[EpochText]
    error_km: Open[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingRecord:
    """Where an ephemeris ends: at rest on the surface, going down from low altitude, or in flight.

    Of an object without an ephemeris it is when its life ended before the window, ``declared`` by the publisher or as
    its last delivery shows, or when it begins after it (``not begun``).
    """

    at: Open[EpochText]
    kind: Open[Literal["on the surface", "descending", "in flight", "declared", "not begun"]]
    altitude_km: Open[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRecord:
    """A screened object as configured, with what its ephemeris covers of the window and how well it was predicted.

    ``shown`` says how much an edition holds of the object, ``withheld`` what of an object that it shows in full.
    ``approximation`` is None where every state was delivered, ``ending`` where the ephemeris reaches the window's
    end. ``learned`` is the model that the archive's comparisons fit, where it is used instead. ``reference`` is
    where the delivery in use puts it at common instants, ``trusted`` the same of the last delivery that was not
    doubtful where this one is, ``shift`` how this one differs from the one before. ``predictions`` are kept for
    later cycles to judge; ``prediction_errors`` are all comparisons so far. ``declared`` is the publisher's model
    of their errors, used where an ephemeris brings no covariance. ``catalogue_number`` is that of the
    configuration, None also in records of before schema 4.
    """

    id: Open[str]
    name: Open[str]
    operator: Open[str | None]
    naif_id: Open[int | None]
    kind: Open[Literal["spacecraft", "natural"]]
    hbr_m: Open[float | None]
    radius_km: Open[float | None]
    phase: Open[Literal["known", "unknown"]]
    lead_time_h: Open[float | None]
    coverage: Open[tuple[Span, ...]]
    proof: Open[Literal["exact", "sampled"] | None]
    orbit: Open[OrbitRecord | None]
    approximation: Open[ApproximationRecord | None]
    ending: Open[EndingRecord | None]
    note: Open[str | None]
    declared: Sigma[DeclaredRecord | None]
    predictions: Sigmas[tuple[Prediction, ...]]
    prediction_errors: Sigmas[tuple[PredictionError, ...]]
    prediction_quality: Sigma[PredictionQuality | None]
    marking: Open[MarkingRecord | None] = None
    covariance_marking: Open[MarkingRecord | None] = None
    contacts: Annotated[tuple[ContactRecord, ...], Release.CONTACTS] = ()
    learned: Sigma[DeclaredRecord | None] = None
    reference: Sigma[Prediction | None] = None
    trusted: Sigma[Prediction | None] = None
    shift: Annotated[ShiftRecord | None, Release.SHIFT] = None
    catalogue_number: Open[int | None] = None
    hbr_source: Open[SizeSource | None] = None
    commanding: Open[CommandingRecord | None] = None
    shown: Open[Shown] = "full"
    withheld: Annotated[tuple[Literal["covariances", "deliveries"], ...], Release.WITHHELD] = ()

    def flies_at(self, at: Epoch) -> bool:
        """Whether its life is not known to have ended by then."""
        return self.ending is None or self.ending.kind == "in flight" or self.ending.at > at
