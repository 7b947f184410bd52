"""From crossings of two arcs to their records: primary by id, places, timing uncertainty, level."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from generator.astro.bodies import Body, planetographic
from generator.astro.epochs import Epoch
from generator.cycle.events import Source
from generator.cycle.record import CrossingRecord
from generator.encounter.alert import AlertRule, assess_crossing
from generator.encounter.uncertainty import timing_sigma_s
from generator.ephemeris.trajectory import FloatArray, Trajectory
from generator.screening.crossing import Crossing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrossingSetting:
    """What crossings are described with: the trajectories by id, what they rest on, body, and alert rules."""

    trajectories: Mapping[str, Trajectory]
    sources: Mapping[str, Source]
    body: Body
    rules: Sequence[AlertRule]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Passage:
    """One object at a crossing; ``offset_s`` is None where its position along the orbit is unknown."""

    object_id: str
    offset_s: float | None
    point_km: FloatArray


def describe_crossings(found: Sequence[Crossing], setting: CrossingSetting) -> tuple[CrossingRecord, ...]:
    """Records of crossings, ordered by the first known passage; the primary is the id that sorts first."""
    return tuple(_describe(crossing, setting) for crossing in sorted(found, key=lambda item: item.passage_first_s))


def _describe(crossing: Crossing, setting: CrossingSetting) -> CrossingRecord:
    first = _Passage(object_id=crossing.first, offset_s=crossing.passage_first_s, point_km=crossing.first_point_km)
    second = _Passage(object_id=crossing.second, offset_s=crossing.passage_second_s, point_km=crossing.second_point_km)
    primary, secondary = sorted((first, second), key=lambda passage: passage.object_id)
    oxt_s = crossing.oxt_s
    if oxt_s is not None and primary is second:
        oxt_s = -oxt_s
    timing_s = _combined_timing_s((primary, secondary), setting)
    verdict = assess_crossing(crossing.oxd_km, setting.rules, oxt_s=oxt_s, timing_sigma_s=timing_s)
    epoch = next(iter(setting.trajectories.values())).epoch
    places = [_latitude_deg(passage, crossing.passage_first_s, epoch, setting.body) for passage in (primary, secondary)]
    return CrossingRecord(
        primary=primary.object_id,
        secondary=secondary.object_id,
        passage_primary=epoch + primary.offset_s if primary.offset_s is not None else None,
        passage_secondary=epoch + secondary.offset_s if secondary.offset_s is not None else None,
        oxd_km=crossing.oxd_km,
        oxt_s=oxt_s,
        timing_sigma_s=timing_s,
        straight_line_cad_km=crossing.straight_line_cad_km,
        primary_radius_km=float(np.linalg.norm(primary.point_km)),
        primary_latitude_deg=places[0],
        secondary_radius_km=float(np.linalg.norm(secondary.point_km)),
        secondary_latitude_deg=places[1],
        branch=crossing.branch,
        level=verdict.level,
        reason=verdict.reason,
    )


def _combined_timing_s(passages: Sequence[_Passage], setting: CrossingSetting) -> float | None:
    """One sigma of the difference of both passage times; None unless both are known with an uncertainty."""
    variance_s2 = 0.0
    for passage in passages:
        if passage.offset_s is None:
            return None
        sigma_s = timing_sigma_s(
            setting.trajectories[passage.object_id],
            passage.offset_s,
            declared=setting.sources[passage.object_id].declared,
            created_s=setting.sources[passage.object_id].created_s,
            gm_km3_s2=setting.body.gm_km3_s2,
        )
        if sigma_s is None:
            return None
        variance_s2 += sigma_s**2
    return math.sqrt(variance_s2)


def _latitude_deg(passage: _Passage, otherwise_s: float, epoch: Epoch, body: Body) -> float:
    """Planetographic latitude of a point; the pole hardly moves, so that any time of the window serves."""
    offset_s = passage.offset_s if passage.offset_s is not None else otherwise_s
    latitude_rad, _, _ = planetographic(body, passage.point_km[None], epoch, np.array([offset_s]))
    return math.degrees(float(latitude_rad[0]))
