"""From an approach to its event record: states at TCA, geometry, uncertainty, level, deadline, track and orbits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.bodies import Body
from nearpass.astro.epochs import Epoch
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.astro.local_axes import rtn_axes
from nearpass.cycle.approach import Both, assess_approach
from nearpass.cycle.commanding import Commands, command
from nearpass.cycle.joined import Stretch
from nearpass.cycle.probability import sensitivities
from nearpass.cycle.trades import trades
from nearpass.encounter.alert import Level
from nearpass.encounter.alert_rules import AlertRule
from nearpass.encounter.elements import osculating_elements
from nearpass.encounter.geometry import Encounter, place
from nearpass.encounter.uncertainty import Basis
from nearpass.reasons.probabilities import (
    CovarianceDeclared,
    CovarianceDelivered,
    CovarianceLearned,
    CovarianceSource,
)
from nearpass.record.command_record import CommandRecord
from nearpass.record.motion import approximate, path_around
from nearpass.record.record import (
    EventRecord,
    Matrix6,
    ObjectRecord,
    OrbitsRecord,
    TrackRecord,
    UncertaintyRecord,
    Vector,
)
from nearpass.record.source import Source

FloatArray = NDArray[np.float64]

TRACK_POINTS: Final = 121
TRACK_LEAST_KM: Final = 20.0
TRACK_MISSES: Final = 6.0
TRACK_MOST_S: Final = 3600.0


def describe_event(
    *,
    event_id: str,
    objects: tuple[ObjectRecord, ObjectRecord],
    trajectories: Both,
    sources: tuple[Source, Source],
    offset_s: float,
    at_boundary: bool,
    body: Body,
    planets: PlanetaryEphemeris,
    rules: Sequence[AlertRule],
    stretches: Sequence[Stretch],
    commands: Commands,
) -> EventRecord:
    """Everything the report says of one close approach, without its history.

    Args:
        event_id: The event's id.
        objects: Primary and secondary.
        trajectories: Their trajectories, of one epoch.
        sources: What both rest on.
        offset_s: TCA from the trajectories' epoch.
        at_boundary: Whether the minimum lies at an end of coverage.
        body: The body that the cycle screens around.
        planets: Positions of Earth and Sun.
        rules: All alert rules.
        stretches: The times in which the two fly together.
        commands: What the operators can command.
    """
    found = assess_approach(objects, trajectories, sources, offset_s, rules, stretches=stretches)
    encounter, level = found.encounter, found.verdict.level
    tca = trajectories[0].epoch + offset_s
    where = place(encounter.primary.position_km, tca, body, planets)
    risk = found.risk
    if level is not Level.GREEN:
        dilution, by_radius, plane = sensitivities(found.given)
        risk = replace(risk, dilution=dilution, hbr_sensitivity=by_radius, scale_plane=plane)
    acts = _commands(tca, objects, encounter, where.light_time_s, body, commands)
    deadline, deadline_object = _deadline(acts)
    to_rtn = encounter.to_rtn
    return EventRecord(
        event_id=event_id,
        primary=objects[0].id,
        secondary=objects[1].id,
        tca=tca,
        miss_km=encounter.miss_km,
        surface_km=found.surface_km,
        relative_speed_km_s=encounter.relative_speed_km_s,
        miss_rtn_km=_vector(to_rtn @ encounter.miss_vector_km),
        relative_velocity_rtn_km_s=_vector(to_rtn @ encounter.relative_velocity_km_s),
        approach_angle_deg=math.degrees(encounter.approach_angle_rad),
        at_boundary=at_boundary,
        level=level,
        reason=found.verdict.reason,
        approximate=approximate({item.id: motion for item, motion in zip(objects, trajectories, strict=True)}),
        deadline=deadline,
        deadline_object=deadline_object,
        altitude_km=where.altitude_km,
        latitude_deg=math.degrees(where.latitude_rad),
        longitude_east_deg=math.degrees(where.longitude_east_rad) % 360.0,
        light_time_s=where.light_time_s,
        sep_deg=math.degrees(where.sep_rad),
        primary_position_km=_vector(encounter.primary.position_km),
        primary_velocity_km_s=_vector(encounter.primary.velocity_km_s),
        secondary_position_km=_vector(encounter.secondary.position_km),
        secondary_velocity_km_s=_vector(encounter.secondary.velocity_km_s),
        uncertainty=_uncertainty(encounter, objects, sources),
        miss_sigma_km=found.miss_sigma_km,
        miss_sigma_rtn_km=_vector(sigma_rtn_km) if (sigma_rtn_km := found.miss_sigma_rtn_km) is not None else None,
        b_plane=found.b_plane,
        probability=risk,
        trades=trades(found, objects, trajectories, offset_s) if level is Level.RED else (),
        track=_track(trajectories, offset_s, encounter),
        orbits=OrbitsRecord(
            primary_km=path_around(trajectories[0], offset_s, body),
            secondary_km=path_around(trajectories[1], offset_s, body),
        ),
        history=(),
        commands=acts,
        sun_direction=None if where.sun is None else _vector(where.sun),
    )


def _commands(
    tca: Epoch,
    objects: Sequence[ObjectRecord],
    encounter: Encounter,
    light_time_s: float,
    body: Body,
    commands: Commands,
) -> tuple[CommandRecord, ...]:
    """The last decision of each object whose operator is known to be able to act, in the order of the objects."""
    found = []
    for item, state in zip(objects, encounter.states, strict=True):
        north = np.array([0.0, 0.0, 1.0])
        period_s = osculating_elements(state.position_km, state.velocity_km_s, body.gm_km3_s2, north).period_s
        half_s = (period_s or 0.0) / 2.0  # on an open orbit every burn comes before the one passage
        act = command(item.id, tca, commands, half_revolution_s=half_s, light_time_s=light_time_s)
        found += [act] if act is not None else []
    return tuple(found)


def _deadline(acts: Sequence[CommandRecord]) -> tuple[Epoch | None, str | None]:
    """The last moment at which a decision of anyone still ends in a useful burn, and whose object that is."""
    able = [(act.decide, act.object_id) for act in acts if act.decide is not None]
    return max(able, default=(None, None), key=lambda entry: (entry[0], entry[1]))


def _uncertainty(
    encounter: Encounter,
    objects: Sequence[ObjectRecord],
    sources: Sequence[Source],
) -> tuple[UncertaintyRecord, ...]:
    found = []
    for item, state, source in zip(objects, encounter.states, sources, strict=True):
        covariance, in_rtn = state.covariance, state.covariance_rtn
        if covariance is None or in_rtn is None:
            continue
        sigma_rtn_km = np.sqrt(np.diag(in_rtn)[:3])
        found.append(
            UncertaintyRecord(
                object_id=item.id,
                basis=covariance.basis,
                source=_source(covariance.basis, source),
                remark=covariance.remark,
                sigma_rtn_km=_vector(sigma_rtn_km),
                timing_s=float(sigma_rtn_km[1] / np.linalg.norm(state.velocity_km_s)),
                covariance_rtn=_matrix(in_rtn),
            )
        )
    return tuple(found)


def _source(basis: Basis, source: Source) -> CovarianceSource:
    if basis is Basis.LEARNED and source.declared is not None:
        return CovarianceLearned(comparisons=source.declared.comparisons)
    if basis is Basis.DECLARED and source.declared is not None:
        return CovarianceDeclared(citation=source.declared.source)
    return CovarianceDelivered(file=source.file)


def _track(trajectories: Both, offset_s: float, encounter: Encounter) -> TrackRecord:
    """Relative motion around TCA: to a few times the miss distance on either side, inside the common coverage."""
    reach_km = max(TRACK_LEAST_KM, TRACK_MISSES * encounter.miss_km)
    half_s = min(reach_km / max(encounter.relative_speed_km_s, 1e-9), TRACK_MOST_S)
    arcs = [trajectory.arc_at(offset_s) for trajectory in trajectories]
    start_s = max(offset_s - half_s, *(arc.start_s for arc in arcs))
    stop_s = min(offset_s + half_s, *(arc.stop_s for arc in arcs))
    # One of the points is the TCA itself, so that the plotted minimum is the printed one.
    grid_s = np.union1d(np.linspace(start_s, stop_s, TRACK_POINTS), [offset_s])
    (first_km, first_km_s), (second_km, _) = (arc.state(grid_s) for arc in arcs)
    relative_km = np.einsum("nij,nj->ni", rtn_axes(first_km, first_km_s), second_km - first_km)
    distance_km = np.linalg.norm(second_km - first_km, axis=1)
    return TrackRecord(
        offsets_s=tuple(round(float(value), 6) for value in grid_s - offset_s),
        relative_rtn_km=tuple(_vector(row, digits=6) for row in relative_km),
        distance_km=tuple(round(float(value), 6) for value in distance_km),
    )


def _matrix(values: FloatArray) -> Matrix6:
    """Symmetric to the last bit, as nested tuples."""
    rows = ((values + values.T) / 2.0).tolist()
    return tuple(tuple(row) for row in rows)  # type: ignore[return-value]  # six rows of six, by the argument's shape


def _vector(values: FloatArray, digits: int | None = None) -> Vector:
    x, y, z = (float(value) if digits is None else round(float(value), digits) for value in values)
    return x, y, z
