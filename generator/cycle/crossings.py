"""From crossings of two arcs to their records, and the seasons in which two orbits cross."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Final

import numpy as np

from nearpass.astro.bodies import Body, equator_from_icrf, planetographic
from nearpass.astro.epochs import Epoch
from nearpass.crossing.crossing import Crossing
from nearpass.crossing.season import season
from nearpass.cycle.net import Net, Part
from nearpass.encounter.alert import assess_crossing
from nearpass.encounter.alert_rules import AlertRule, Pairing
from nearpass.encounter.uncertainty import state_at, timing_sigma_s
from nearpass.ephemeris.trajectory import FloatArray, Trajectory
from nearpass.record.judging import HOUR_S
from nearpass.record.loss_record import Stage
from nearpass.record.motion import approximate
from nearpass.record.record import CrossingRecord, ObjectRecord, SeasonRecord, Span
from nearpass.record.source import Source

DAY_S: Final = 86_400.0
SEASON_DAYS: Final = 180.0
SEASON_REACH: Final = 10.0
SEASON_REVOLUTIONS: Final = 1.2
"""Coverage that a season needs: one revolution and what its fit takes on either side."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrossingSetting:
    """What crossings are described with: the trajectories by id, what they rest on, body, and alert rules.

    ``radii_km`` are those of natural bodies: thresholds count from their surfaces. ``pairings`` are the pairs by
    their ids, as rules know them.
    """

    trajectories: Mapping[str, Trajectory]
    sources: Mapping[str, Source]
    body: Body
    rules: Sequence[AlertRule]
    radii_km: Mapping[str, float]
    pairings: Mapping[frozenset[str], Pairing]

    @property
    def epoch(self) -> Epoch:
        """Start of the window, from which all trajectories count."""
        return next(iter(self.trajectories.values())).epoch

    def radius_km(self, *object_ids: str) -> float:
        """Radii of the natural bodies among some objects, together."""
        return sum(self.radii_km.get(object_id, 0.0) for object_id in object_ids)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Passage:
    """One object at a crossing; ``offset_s`` is None where its position along the orbit is unknown."""

    object_id: str
    offset_s: float | None
    point_km: FloatArray


def describe_crossings(found: Sequence[Crossing], setting: CrossingSetting, net: Net) -> tuple[CrossingRecord, ...]:
    """Records of crossings, ordered by the first known passage; the primary is the id that sorts first."""
    ordered = sorted(found, key=lambda item: item.passage_first_s)
    parts = [(_part("crossings", one.first, one.second), partial(_describe, one, setting)) for one in ordered]
    return tuple(net.spread(parts))


def _part(stage: Stage, *object_ids: str) -> Part:
    return Part(stage=stage, object_ids=tuple(sorted(object_ids)))


def describe_seasons(
    objects: Sequence[ObjectRecord],
    setting: CrossingSetting,
    threshold_km: float,
    net: Net,
    joined: Collection[tuple[str, str]] = (),
) -> tuple[SeasonRecord, ...]:
    """For the coming months, how near the orbits of each pair come by secular drift.

    Pairs that stay beyond ten times the threshold all the time have none, nor have orbits that are not closed or not
    covered for a revolution.

    Args:
        objects: All objects, by id.
        setting: Trajectories and body.
        threshold_km: Orbit-crossing distance that matters, from the surface of a natural body.
        net: Keeps what could not be forecast.
        joined: Pairs that fly together, whose orbits are one.
    """
    able = [item for item in objects if _has_revolution(item, setting.trajectories)]
    limits = {pair: threshold_km + setting.radius_km(pair[0].id, pair[1].id) for pair in combinations(able, 2)}
    seasons = net.spread([
        (_part("season", *(item.id for item in pair)), partial(_season, pair, setting, limit))
        for pair, limit in limits.items()
        if _shells_km(*pair) < limit and (pair[0].id, pair[1].id) not in joined
    ])  # fmt: skip
    return tuple(found for found in seasons if min(found.oxd_km) < SEASON_REACH * threshold_km)


def _has_revolution(item: ObjectRecord, trajectories: Mapping[str, Trajectory]) -> bool:
    if item.orbit is None or item.orbit.period_s is None:
        return False
    start_s, stop_s = trajectories[item.id].spans_s[0]
    return stop_s - start_s > SEASON_REVOLUTIONS * item.orbit.period_s


def _shells_km(first: ObjectRecord, second: ObjectRecord) -> float:
    """Gap between the shells of radius in which two orbits lie; below zero where they overlap."""
    if first.orbit is None or second.orbit is None:
        return math.inf
    low, high = sorted((first.orbit, second.orbit), key=lambda orbit: orbit.periapsis_altitude_km)
    return high.periapsis_altitude_km - (math.inf if low.apoapsis_altitude_km is None else low.apoapsis_altitude_km)


def _season(pair: tuple[ObjectRecord, ObjectRecord], setting: CrossingSetting, threshold_km: float) -> SeasonRecord:
    first, second = (setting.trajectories[item.id] for item in pair)
    found = season(
        first,
        second,
        at_s=max(first.spans_s[0][0], second.spans_s[0][0]),
        periods_s=(_period_s(pair[0]), _period_s(pair[1])),
        gm_km3_s2=setting.body.gm_km3_s2,
        radius_km=setting.body.equatorial_radius_km,
        j2=setting.body.j2,
        pole=equator_from_icrf(setting.body, setting.epoch)[2],
        threshold_km=threshold_km,
        days=SEASON_DAYS,
    )
    return SeasonRecord(
        primary=pair[0].id,
        secondary=pair[1].id,
        threshold_km=threshold_km,
        days=tuple(found.offsets_days.tolist()),
        oxd_km=tuple(round(value, 3) for value in found.oxd_km.tolist()),
        below=tuple(
            Span(start=setting.epoch + start * DAY_S, stop=setting.epoch + stop * DAY_S)
            for start, stop in found.below_days
        ),
    )


def _period_s(item: ObjectRecord) -> float | None:
    return item.orbit.period_s if item.orbit else None


def _describe(crossing: Crossing, setting: CrossingSetting) -> CrossingRecord:
    first = _Passage(object_id=crossing.first, offset_s=crossing.passage_first_s, point_km=crossing.first_point_km)
    second = _Passage(object_id=crossing.second, offset_s=crossing.passage_second_s, point_km=crossing.second_point_km)
    primary, secondary = sorted((first, second), key=lambda passage: passage.object_id)
    oxt_s = crossing.oxt_s
    if oxt_s is not None and primary is second:
        oxt_s = -oxt_s
    timing_s = _combined_timing_s((primary, secondary), setting)
    radius_km = setting.radius_km(crossing.first, crossing.second)
    surface_km = crossing.oxd_km - radius_km if radius_km else None
    pair, times_s = setting.pairings[frozenset((first.object_id, second.object_id))], (first.offset_s, second.offset_s)
    first_s = min((offset_s for offset_s in times_s if offset_s is not None), default=None)
    verdict = assess_crossing(
        crossing.oxd_km - radius_km,
        [rule for rule in setting.rules if rule.applies(pair)],
        oxt_s=oxt_s,
        timing_sigma_s=timing_s,
        to_surface=surface_km is not None,
        to_tca_h=None if first_s is None else first_s / HOUR_S,
    )
    epoch = setting.epoch
    places = [_latitude_deg(passage, crossing.passage_first_s, epoch, setting.body) for passage in (primary, secondary)]
    return CrossingRecord(
        primary=primary.object_id,
        secondary=secondary.object_id,
        passage_primary=epoch + primary.offset_s if primary.offset_s is not None else None,
        passage_secondary=epoch + secondary.offset_s if secondary.offset_s is not None else None,
        oxd_km=crossing.oxd_km,
        surface_km=surface_km,
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
        approximate=approximate(
            {passage.object_id: setting.trajectories[passage.object_id] for passage in (primary, secondary)}
        ),
    )


def _combined_timing_s(passages: Sequence[_Passage], setting: CrossingSetting) -> float | None:
    """One sigma of the difference of both passage times; None unless both are known with an uncertainty."""
    variance_s2 = 0.0
    for passage in passages:
        if passage.offset_s is None:
            return None
        source, motion = setting.sources[passage.object_id], setting.trajectories[passage.object_id]
        sigma_s = timing_sigma_s(
            state_at(motion, passage.offset_s, declared=source.declared, created_s=source.created_s)
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
