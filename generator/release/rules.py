"""What becomes of each field of what an edition shows in full: one table, :data:`RULES`, with a rule for every field.

What an edition may not show in full it does not hold as such a record at all: of an object in metrics it holds who it
is (:mod:`nearpass.release.parts`), of approaches what the policy tells (:mod:`nearpass.release.told`). A field without
a rule is withheld and reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from nearpass.astro import fields as field_types
from nearpass.ephemeris.lint_finding import Finding
from nearpass.record import (
    command_record,
    doubt_record,
    event_record,
    prediction_record,
    solution_record,
    sweep_record,
    told_record,
)
from nearpass.record import figures as figure_records
from nearpass.record import record as records
from nearpass.record.marking import MarkingRecord
from nearpass.release import parts
from nearpass.release.lens import Reduce, Rules
from nearpass.release.values import (
    change_reason,
    command,
    contacts,
    figures,
    findings,
    history,
    keep,
    pc_reasons,
    previous_cycle,
    sigmas,
    whole_only,
    with_sigma,
    with_sigma_all,
    withheld,
)

_PLAIN: Final[Mapping[type, tuple[str, ...]]] = MappingProxyType({
    field_types.Span: ("start", "stop"),
    command_record.CommandingRecord: (
        "lead_time_h", "uplink_h", "last_burn_h", "sep_min_deg", "closures", "passes",
    ),
    command_record.ClosureRecord: ("start", "stop", "limit", "note"),
    command_record.CommandRecord: ("object_id", "decide", "uplink", "burn", "limit", "closed_until", "note"),
    Finding: ("rule", "grade", "fact"),
    solution_record.DifferenceRecord: (
        "start", "step_s", "sample_s", "least_rtn_km", "most_rtn_km", "largest_rtn_km", "largest_rtn_at", "largest_km",
        "largest_at", "largest_timing_s",
    ),
    solution_record.SolutionPair: (
        "other", "unscreened", "covered_s", "uncovered_s", "proven_no_closer_than_km", "proof",
    ),
    solution_record.SolutionRecord: (
        "object_id", "name", "role", "note", "inputs", "coverage", "unscreened", "difference", "pairs", "events",
    ),
    records.LossRecord: ("stage", "object_ids", "tca", "miss_km", "rule", "value", "ours"),
    records.TogetherRecord: ("event_ids", "pc", "least_pc", "most_pc", "why"),
    records.RetrievalRecord: ("origin", "at", "confirmed", "attempted", "failure"),
    records.DormantEvent: ("event_id", "primary", "secondary", "tca", "history"),
    records.OrbitRecord: (
        "epoch", "periapsis_altitude_km", "apoapsis_altitude_km", "inclination_deg", "eccentricity", "period_s",
        "track_km",
    ),
    records.ApproximationRecord: ("kind", "how", "since", "error_km"),
    records.EndingRecord: ("at", "kind", "altitude_km"),
    records.RangeProfile: ("start", "step_s", "least_km", "most_km"),
    records.FunnelStep: ("name", "count", "meaning"),
    records.FunnelRecord: ("intervals", "interval_steps", "minima", "minima_steps"),
    records.BodyRecord: ("name", "naif_id", "equatorial_radius_km", "polar_radius_km", "gm_km3_s2"),
    records.ThresholdsRecord: (
        "limit_km", "crossing_limit_km", "yellow_cad_km", "red_cad_km", "yellow_pc", "red_pc", "yellow_oxd_km",
        "red_oxd_km",
    ),
    records.ContactRecord: ("party", "channel"),
    MarkingRecord: ("originator", "level", "words", "release"),
    records.NoteRecord: ("file", "event_id", "time", "kind", "parties", "marking", "text", "refusal"),
    records.EditionRecord: ("id", "audience", "marking", "statement", "register_page"),
    records.UncoveredSpan: ("start", "stop", "reason"),
    records.NearestRecord: ("tca", "miss_km", "at_boundary"),
    figure_records.Figure: ("low", "high", "missing"),
    told_record.ToldEvent: (
        "event_id", "primary", "secondary", "level", "previous_level", "kind", "since", "tca", "miss_km", "surface_km",
        "pc", "deadline", "deadline_object", "shown",
    ),
    told_record.ToldEnd: ("event_id", "primary", "secondary", "level", "kind", "tca", "shown"),
    sweep_record.SweepObject: ("id", "name", "group", "catalogued", "file"),
    sweep_record.ApproachRecord: (
        "event_id", "primary", "secondary", "tca", "miss_km", "relative_speed_km_s", "level", "at_boundary", "together",
    ),
    sweep_record.Uncovered: ("id", "uncovered_s"),
    sweep_record.SweepStep: ("name", "count", "meaning"),
    sweep_record.SweepRecord: (
        "mode", "primaries", "inputs", "faults", "fault_count", "catalogued_count", "oldest", "newest", "uncovered",
        "uncovered_count", "largest_error_km", "comoving_km_s", "steps", "objects", "approaches",
    ),
    doubt_record.ShiftRecord: (
        "cycle_id", "sha256", "at", "shift_rtn_km", "late_s", "sigmas", "verdict", "since",
    ),
    doubt_record.HeldRecord: ("object_ids", "sigmas", "gone", "level", "miss_km"),
    event_record.TrackRecord: ("offsets_s", "relative_rtn_km", "distance_km"),
    event_record.OrbitsRecord: ("primary_km", "secondary_km"),
    event_record.UncertaintyRecord: (
        "object_id", "basis", "source", "remark", "sigma_rtn_km", "timing_s", "covariance_rtn",
    ),
    event_record.MethodRecord: ("name", "pc", "reason"),
    event_record.SeasonRecord: ("primary", "secondary", "threshold_km", "days", "oxd_km", "below"),
    prediction_record.PredictedState: ("at", "position_km", "velocity_km_s", "covariance_rtn_km2"),
    prediction_record.Prediction: ("cycle_id", "sha256", "created", "states"),
    prediction_record.DeclaredRecord: (
        "radial_km", "transverse_km", "normal_km", "timing_s", "timing_growth_s_per_day", "source",
    ),
    prediction_record.PredictionError: ("cycle_id", "lead_s", "error_rtn_km", "timing_s", "mahalanobis_squared"),
    prediction_record.PredictionQuality: (
        "count", "timing_s", "timing_growth_s_per_day", "rms_rtn_km", "mean_mahalanobis_squared", "realism_p",
    ),
})  # fmt: skip
"""Records that are shown whole or not at all, as the field that holds them says."""

_DELIVERED: Final = (
    "object_id", "file", "sha256", "size_bytes", "originator", "format", "creation", "creation_basis", "age_s",
    "center", "axes", "time_system", "interpolation", "node_count", "covariance_count", "spans", "refusal", "marking",
    "covariance_marking", "classification", "message_id", "retrieval", "object_in_file",
)  # fmt: skip
_GEOMETRY: Final = (
    "relative_speed_km_s", "miss_rtn_km", "relative_velocity_rtn_km_s", "approach_angle_deg", "altitude_km",
    "latitude_deg", "longitude_east_deg", "light_time_s", "sep_deg", "primary_position_km", "primary_velocity_km_s",
    "secondary_position_km", "secondary_velocity_km_s", "track", "orbits", "b_plane",
)  # fmt: skip
"""Fields of an event that tell where both objects are."""
_PASSAGES: Final = (
    "passage_primary", "passage_secondary", "oxd_km", "surface_km", "oxt_s", "straight_line_cad_km",
    "primary_radius_km", "primary_latitude_deg", "secondary_radius_km", "secondary_latitude_deg", "branch", "level",
)  # fmt: skip

_SCREENED: Final = (
    "effect", "event_id", "primary", "secondary", "tca", "miss_km", "surface_km", "relative_speed_km_s", "miss_rtn_km",
    "at_boundary", "level",
)  # fmt: skip


def _rules(*plain: str, **others: Reduce) -> dict[str, Reduce]:
    """Fields that stay as they are, and those that do not."""
    return {**dict.fromkeys(plain, keep), **others}


RULES: Final[Rules] = MappingProxyType({
    **{kind: _rules(*names) for kind, names in _PLAIN.items()},
    records.CycleRecord: _rules(
        "schema_number", "cycle_id", "title", "publisher", "notice", "body", "site_url", "window", "thresholds",
        "detail_events", "next_expected", "provenance", "edition", "told", "told_ended",
        previous_cycle_id=previous_cycle, supersedes=previous_cycle, objects=parts.objects, inputs=parts.deliveries,
        pairs=parts.full_pairs, events=parts.full_pairs, crossings=parts.full_pairs, seasons=parts.full_pairs,
        solutions=parts.solutions, sweep=parts.sweep, changes=parts.changes, dormant=parts.full_pairs,
        funnel=whole_only, notes=parts.notes, losses=parts.losses,
    ),
    records.Provenance: _rules(
        "version", "packages", "planetary_ephemeris",
        configuration_sha256=whole_only, configuration=whole_only, command=command,
    ),
    records.ObjectRecord: _rules(
        "id", "name", "operator", "naif_id", "catalogue_number", "kind", "hbr_m", "radius_km", "phase", "lead_time_h",
        "coverage", "proof",
        "orbit", "note", "approximation", "ending", "marking", "covariance_marking", "commanding", "shown",
        predictions=with_sigma_all, prediction_errors=with_sigma_all, prediction_quality=with_sigma,
        learned=with_sigma, reference=with_sigma, trusted=with_sigma, shift=with_sigma,
        declared=with_sigma, contacts=contacts, withheld=withheld,
    ),
    records.InputRecord: _rules(*_DELIVERED, findings=findings, comments=with_sigma_all),
    records.PairRecord: _rules(
        "primary", "secondary", "unscreened", "covered_s", "uncovered_s", "uncovered", "proven_no_closer_than_km",
        "proof", "nearest", "profile", "event_ids", "shown", together=with_sigma_all,
    ),
    records.ChangeRecord: _rules(
        "kind", "event_id", "primary", "secondary", "tca", "level", "previous_level", "miss_km", "previous_miss_km",
        "doubtful", reason=change_reason, history=history, mahalanobis_distance=with_sigma,
    ),
    event_record.EventRecord: _rules(
        "event_id", "primary", "secondary", "tca", "miss_km", "surface_km", "at_boundary", "level", "approximate",
        "deadline", "deadline_object", "commands", "probability", "trades", "shown", *_GEOMETRY,
        reason=figures, uncertainty=sigmas, miss_sigma_km=with_sigma, miss_sigma_rtn_km=with_sigma, history=history,
        held=with_sigma,
    ),
    event_record.BPlaneRecord: _rules("miss_xi_km", "miss_zeta_km", "hbr_km", covariance_km2=with_sigma),
    event_record.ProbabilityRecord: _rules(
        pc=with_sigma, method=with_sigma, why=pc_reasons, methods=with_sigma_all, mahalanobis_distance=with_sigma,
        max_pc=with_sigma, max_pc_scale=with_sigma, max_pc_missing=with_sigma, in_dilution=with_sigma,
        span_s=with_sigma, dilution=with_sigma_all, hbr_sensitivity=with_sigma_all, scale_plane=with_sigma_all,
    ),
    event_record.TradeRecord: _rules(
        "object_id", "target_km", "rows", target_pc=with_sigma, pc_rows=with_sigma_all, no_pc_reason=with_sigma,
    ),
    event_record.HistoryPoint: _rules(
        "cycle_id", "tca", "miss_km", "miss_rtn_km", "level", miss_sigma_km=with_sigma, pc=with_sigma,
    ),
    solution_record.SolutionEvent: _rules(
        *_SCREENED, compared=figures, miss_sigma_km=with_sigma, pc=with_sigma, method=with_sigma, reason=figures,
    ),
    event_record.CrossingRecord: _rules(
        *_PASSAGES, "primary", "secondary", "approximate", timing_sigma_s=with_sigma, reason=figures,
    ),
})  # fmt: skip
"""By record class and field."""
