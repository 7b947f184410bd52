"""The parts of a stored record that tell of one delivered file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from nearpass.astro.fields import EpochText, Span
from nearpass.ephemeris.lint_finding import Finding
from nearpass.reasons.findings import SizeSource
from nearpass.record.marking import MarkingRecord
from nearpass.record.releasing import Open, Release, Sigma, Sigmas


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalRecord:
    """From where and when an input was retrieved: its address, time, and when it was last known to be the newest.

    ``failure`` is what was wrong with the last attempt, at ``attempted``, if the source gave nothing usable since; then
    this input is the last good one. ``origin`` and ``at`` are None where there has never been a good one.
    """

    origin: Open[str | None]
    at: Open[EpochText | None]
    confirmed: Open[EpochText | None]
    attempted: Open[EpochText | None]
    failure: Open[str | None]


CreationBasis = Literal["file", "epoch", "configuration", "comments", "first seen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManoeuvreRecord:
    """One manoeuvre that a delivery tells of: when it acts as if at once, and how large it is.

    ``basis`` is the message's own word for how real it is: PLANNED, DETERMINED, CANDIDATE and so on.
    """

    at: Open[EpochText]
    size_m_s: Open[float]
    basis: Open[str | None]
    name: Open[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputRecord:
    """One delivered file: what it says of itself and whether it was used.

    ``refusal`` is the error that kept it out (rule, value, file:line), None for a file in use. ``age_s`` is from its
    creation to the data cut-off, for mean elements from their epoch, which also stands for a creation that their file
    does not say. ``creation_basis`` is who says when it was made: the file, the epoch of its elements, the
    configuration, the comments of a kernel, or nobody: then it is the instant at which this workspace first saw it, and
    the file may be older; None in records of before. ``findings`` are those of all rules, the overall grade first, none
    if refused. The archive keeps the file under its SHA-256. ``retrieval`` is None for what others laid there.
    ``classification``, ``message_id`` and ``comments`` are the file's own words; comments stand on no page and are kept
    for who reads the archive's record, as they often say what no keyword does. ``object_in_file`` is by what number
    or designator the file holds the object, None for a file of many that are all used, and before schema 4.
    ``radius_m`` is that of the sphere that follows from the areas or the box which it gives, ``mass_kg`` the mass with
    propellant, ``manoeuvres`` those it tells of, flown, planned or proposed.
    """

    object_id: Open[str]
    file: Open[str]
    sha256: Open[str | None]
    size_bytes: Open[int | None]
    originator: Open[str]
    format: Open[str | None]
    creation: Open[EpochText | None]
    age_s: Open[float | None]
    center: Open[str | None]
    axes: Open[str | None]
    time_system: Open[str | None]
    interpolation: Open[str | None]
    node_count: Open[int | None]
    covariance_count: Open[int | None]
    spans: Open[tuple[Span, ...]]
    findings: Annotated[tuple[Finding, ...], Release.FINDINGS]
    refusal: Open[str | None]
    retrieval: Open[RetrievalRecord | None]
    marking: Open[MarkingRecord | None] = None
    covariance_marking: Open[MarkingRecord | None] = None
    creation_basis: Open[CreationBasis | None] = None
    classification: Open[str | None] = None
    message_id: Open[str | None] = None
    comments: Sigmas[tuple[str, ...]] = ()
    object_in_file: Open[str | None] = None
    radius_m: Open[float | None] = None
    radius_source: Open[SizeSource | None] = None
    mass_kg: Sigma[float | None] = None
    manoeuvres: Sigmas[tuple[ManoeuvreRecord, ...]] = ()
