"""What becomes of each field of a record in an edition: one table, :data:`RULES`, with a rule for every field.

A rule has three columns: for what the edition may see in full, in metrics, and without a name. What is hidden is left
out whole, by the rules of the fields that hold it. A field without a rule is withheld and reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from nearpass.astro import fields as field_types
from nearpass.record import event_record, prediction_record, solution_record, sweep_record
from nearpass.record import record as records
from nearpass.record.marking import MarkingRecord
from nearpass.release import parts
from nearpass.release.lens import Rule, Rules, none
from nearpass.release.values import (
    change_reason,
    command,
    contacts,
    distance,
    empty,
    event_name,
    event_names,
    figures,
    findings,
    history,
    hours_down,
    hours_up,
    instant,
    keep,
    least_distance,
    named,
    neutral_name,
    no_figures,
    no_reason,
    own_deadline,
    own_decider,
    pc_coarse,
    pc_reasons,
    previous_cycle,
    probability,
    shown,
    sigmas,
    whole_only,
    with_sigma,
    with_sigma_all,
)

_OPEN: Final = Rule(keep, keep, keep)
_SECRET: Final = Rule(keep, none, none)
_SECRETS: Final = Rule(keep, empty, empty)
_SIGMA: Final = Rule(with_sigma, none, none)
_SIGMAS: Final = Rule(with_sigma_all, empty, empty)
_NAMED: Final = Rule(named, named, named)
_EVENT: Final = Rule(event_name, event_name, event_name)
_INSTANT: Final = Rule(keep, instant, instant)
_DISTANCE: Final = Rule(keep, distance, distance)
_SHOWN: Final = Rule(shown, shown, shown)
_WHOLE: Final = Rule(whole_only, whole_only, whole_only)


_PLAIN: Final[Mapping[type, tuple[str, ...]]] = MappingProxyType({
    field_types.Span: ("start", "stop"),
    records.UncoveredSpan: ("start", "stop", "reason"),
    records.FindingRecord: ("rule", "grade", "value", "words"),
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
    records.ApproximationRecord: ("kind", "words", "since", "error_km"),
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
    records.EditionRecord: (
        "id", "audience", "marking", "statement", "register_page", "miss_grain_km", "nameless_grain_km",
    ),
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
"""Fields of an event from which the place of an object follows once that of the other is known."""
_PASSAGES: Final = (
    "passage_primary", "passage_secondary", "oxd_km", "surface_km", "oxt_s", "straight_line_cad_km",
    "primary_radius_km", "primary_latitude_deg", "secondary_radius_km", "secondary_latitude_deg", "branch", "level",
)  # fmt: skip

_SCREENED: Final = (
    "effect", "event_id", "primary", "secondary", "tca", "miss_km", "surface_km", "relative_speed_km_s", "miss_rtn_km",
    "at_boundary", "level",
)  # fmt: skip

RULES: Final[Rules] = MappingProxyType({
    **{kind: dict.fromkeys(names, _OPEN) for kind, names in _PLAIN.items()},
    records.CycleRecord: {
        "schema_number": _OPEN, "cycle_id": _OPEN, "title": _OPEN, "publisher": _OPEN, "notice": _OPEN, "body": _OPEN,
        "site_url": _OPEN,
        "window": _OPEN, "thresholds": _OPEN, "detail_events": _OPEN, "next_expected": _OPEN,
        "previous_cycle_id": Rule(previous_cycle, previous_cycle, previous_cycle),
        "supersedes": Rule(previous_cycle, previous_cycle, previous_cycle),
        "objects": Rule(parts.objects, parts.objects, parts.objects),
        "inputs": Rule(parts.deliveries, parts.deliveries, parts.deliveries),
        "pairs": Rule(parts.pairs, parts.pairs, parts.pairs),
        "events": Rule(parts.events, parts.events, parts.events),
        "crossings": Rule(parts.full_pairs, parts.full_pairs, parts.full_pairs),
        "seasons": Rule(parts.full_pairs, parts.full_pairs, parts.full_pairs),
        "solutions": Rule(parts.solutions, parts.solutions, parts.solutions),
        "sweep": Rule(parts.sweep, parts.sweep, parts.sweep),
        "changes": Rule(parts.changes, parts.changes, parts.changes),
        "dormant": Rule(parts.full_pairs, parts.full_pairs, parts.full_pairs),
        "funnel": _WHOLE,
        "provenance": _OPEN,
        "notes": Rule(parts.notes, parts.notes, parts.notes),
        "losses": Rule(parts.losses, parts.losses, parts.losses),
        "edition": _OPEN,
    },
    records.Provenance: {
        "version": _OPEN, "packages": _OPEN, "configuration_sha256": _WHOLE, "configuration": _WHOLE,
        "planetary_ephemeris": _OPEN, "command": Rule(command, command, command),
    },
    records.ObjectRecord: {
        "id": _NAMED, "name": Rule(keep, keep, neutral_name), "operator": Rule(keep, keep, none),
        "naif_id": Rule(keep, keep, none), "catalogue_number": Rule(keep, keep, none), "kind": _OPEN,
        "hbr_m": _SECRET, "radius_km": _SECRET, "phase": _OPEN,
        "lead_time_h": _SECRET, "coverage": _SECRETS, "proof": _SECRET, "orbit": _SECRET, "note": _SECRET,
        "approximation": _SECRET, "ending": _SECRET,
        "predictions": _SIGMAS, "prediction_errors": _SIGMAS, "prediction_quality": _SIGMA, "declared": _SIGMA,
        "marking": Rule(keep, keep, none), "covariance_marking": _SECRET,
        "contacts": Rule(contacts, empty, empty), "shown": _SHOWN,
    },
    records.InputRecord: {
        **dict.fromkeys(_DELIVERED, _OPEN), "findings": Rule(findings, empty, empty), "comments": _SIGMAS,
    },
    records.PairRecord: {
        "primary": _NAMED, "secondary": _NAMED, "unscreened": Rule(keep, keep, no_reason),
        "covered_s": Rule(keep, hours_down, hours_down), "uncovered_s": Rule(keep, hours_up, hours_up),
        "uncovered": _SECRETS, "proven_no_closer_than_km": Rule(keep, least_distance, least_distance),
        "proof": Rule(keep, keep, none), "nearest": _OPEN, "profile": _SECRET,
        "event_ids": Rule(event_names, event_names, event_names), "together": _SIGMAS, "shown": _SHOWN,
    },
    records.NearestRecord: {"tca": _INSTANT, "miss_km": _DISTANCE, "at_boundary": _OPEN},
    records.ChangeRecord: {
        "kind": _OPEN, "event_id": _EVENT, "primary": _NAMED, "secondary": _NAMED, "tca": _INSTANT, "level": _OPEN,
        "previous_level": _OPEN, "miss_km": _DISTANCE, "previous_miss_km": _DISTANCE,
        "reason": Rule(change_reason, change_reason, change_reason),
    },
    event_record.EventRecord: {
        "event_id": _EVENT, "primary": _NAMED, "secondary": _NAMED, "tca": _INSTANT, "miss_km": _DISTANCE,
        "surface_km": _DISTANCE, "at_boundary": _OPEN, "level": _OPEN,
        "reason": Rule(figures, no_figures, no_figures), "approximate": _SECRET,
        "deadline": Rule(keep, own_deadline, none), "deadline_object": Rule(keep, own_decider, none),
        **dict.fromkeys(_GEOMETRY, _SECRET),
        "uncertainty": Rule(sigmas, empty, empty), "miss_sigma_km": _SIGMA, "miss_sigma_rtn_km": _SIGMA,
        "probability": _OPEN, "trades": _SECRETS, "history": Rule(history, history, history), "shown": _SHOWN,
    },
    event_record.BPlaneRecord: {
        "miss_xi_km": _OPEN, "miss_zeta_km": _OPEN, "hbr_km": _OPEN, "covariance_km2": _SIGMA,
    },
    event_record.ProbabilityRecord: {
        "pc": Rule(with_sigma, probability, none), "method": Rule(with_sigma, keep, none),
        "why": Rule(pc_reasons, pc_coarse, pc_coarse), "methods": _SIGMAS, "mahalanobis_distance": _SIGMA,
        "max_pc": _SIGMA, "max_pc_scale": _SIGMA, "in_dilution": _SIGMA, "dilution": _SIGMAS,
        "hbr_sensitivity": _SIGMAS, "scale_plane": _SIGMAS,
    },
    event_record.TradeRecord: {
        "object_id": _OPEN, "target_km": _OPEN, "rows": _OPEN, "target_pc": _SIGMA, "pc_rows": _SIGMAS,
        "no_pc_reason": _SIGMA,
    },
    event_record.HistoryPoint: {
        "cycle_id": _OPEN, "tca": _INSTANT, "miss_km": _DISTANCE, "miss_rtn_km": _SECRET, "level": _OPEN,
        "miss_sigma_km": _SIGMA, "pc": Rule(with_sigma, probability, none),
    },
    solution_record.SolutionEvent: {
        **dict.fromkeys(_SCREENED, _OPEN),
        "compared": Rule(figures, no_figures, no_figures), "miss_sigma_km": _SIGMA, "pc": _SIGMA, "method": _SIGMA,
        "reason": Rule(figures, no_figures, no_figures),
    },
    event_record.CrossingRecord: {
        **dict.fromkeys(_PASSAGES, _OPEN),
        "primary": _OPEN, "secondary": _OPEN, "timing_sigma_s": _SIGMA, "approximate": _OPEN,
        "reason": Rule(figures, no_figures, no_figures),
    },
})  # fmt: skip
"""By record class and field. Fields of the lists in :data:`_PLAIN` are open within what holds them."""
