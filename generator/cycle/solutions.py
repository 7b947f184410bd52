"""An object's other solutions: each screened against the other objects' nominal trajectories, and compared.

Nothing here touches what the nominal trajectories give: an alternative shows how far the events depend on whose
solution is believed, a planned manoeuvre what it would do to them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.fields import Span, Vector
from nearpass.cycle.approach import Assessed, NamedApproach, assess_approach
from nearpass.cycle.difference import difference
from nearpass.cycle.joined import join
from nearpass.cycle.net import Net, Part, whole_or_each
from nearpass.encounter.alert import SEVERITY, Level
from nearpass.encounter.alert_rules import AlertRule
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.reasons.changes import SolutionAbove, SolutionMoves, SolutionReason, SolutionUncovered
from nearpass.reasons.coverage import CoverageReasons, NoOverlap, PhaseUnknown
from nearpass.record.history import NOTABLE_CHANGE, same_events
from nearpass.record.motion import CLOCKS_S, coverage_of
from nearpass.record.record import EventRecord, InputRecord, ObjectRecord, SolutionEvent, SolutionPair, SolutionRecord
from nearpass.record.solution_record import Effect, Role
from nearpass.record.source import Source
from nearpass.screening.screen import Approach, PairScreen, screen

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """A solution as it was read: trajectory and source are None where no delivery of it could be used."""

    object_id: str
    name: str
    role: Role
    note: str | None
    inputs: tuple[InputRecord, ...]
    trajectory: Trajectory | None
    source: Source | None

    @property
    def key(self) -> str:
        """Name among trajectories; ids hold no slash, so that it is none of theirs."""
        return f"{self.object_id}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SolutionSetting:
    """What solutions are held against. ``screened`` are the nominal trajectories that took part in the screening.

    ``joined`` pairs fly together for a part of the window.
    """

    window: Span
    rules: Sequence[AlertRule]
    joined: Collection[tuple[str, str]]
    objects: Mapping[str, ObjectRecord]
    screened: Mapping[str, Trajectory]
    sources: Mapping[str, Source]
    limit_km: float
    comoving_km_s: float
    events: Sequence[EventRecord]


@dataclass(slots=True, kw_only=True)
class _Found:
    """The approaches of one solution, and how each of its pairs was screened."""

    approaches: list[Approach] = field(default_factory=list)
    pairs: list[PairScreen] = field(default_factory=list)


def describe_solutions(
    solutions: Sequence[Solution], setting: SolutionSetting, progress: Callable[[int], None], net: Net
) -> tuple[SolutionRecord, ...]:
    """Screen and describe each solution, in the order given.

    Args:
        solutions: What was read.
        setting: What they are held against.
        progress: Called with the number of pairs screened since the last call.
        net: Keeps why a solution could not be screened or described.
    """
    usable = [item for item in solutions if _unscreened(item, setting) is None]
    found = whole_or_each(
        lambda: _screened(usable, setting, progress),
        lambda: _screened_alone(usable, setting, progress, net),
    )
    return tuple(
        net.made(_part(item), partial(_record, item, setting, found.get(item.key)), _unmade(item, setting))
        if item.key in found or item not in usable
        else _unmade(item, setting)
        for item in solutions
    )


def _screened_alone(
    solutions: Sequence[Solution], setting: SolutionSetting, progress: Callable[[int], None], net: Net
) -> dict[str, _Found]:
    """Solutions screened one by one: where one fails, the others are still there."""
    parts = [(_part(item), partial(_screened, [item], setting, progress)) for item in solutions]
    return {key: one for found in net.each(parts) for key, one in found.items()}


def _part(solution: Solution) -> Part:
    return Part(stage="solution", object_ids=(solution.object_id,))


def _unmade(solution: Solution, setting: SolutionSetting) -> SolutionRecord:
    """A solution that was delivered and could not be screened or described."""
    return replace(_record(solution, setting, None), unscreened=(NoOverlap(rule="not_computed"),))


def _unscreened(solution: Solution, setting: SolutionSetting) -> CoverageReasons | None:
    if setting.objects[solution.object_id].phase == "unknown":
        return (PhaseUnknown(object_id=None),)
    return (NoOverlap(rule="solution_unusable"),) if solution.trajectory is None else None


def _screened(
    solutions: Sequence[Solution], setting: SolutionSetting, progress: Callable[[int], None]
) -> dict[str, _Found]:
    """Approaches and pairs of each solution by its key, all screened at once."""
    trajectories = dict(setting.screened)
    pairs = []
    for item in solutions:
        if item.trajectory is not None:
            trajectories[item.key] = item.trajectory
            pairs += [(item.key, other) for other in setting.screened if other != item.object_id]
    found = {item.key: _Found() for item in solutions}
    if not pairs:
        return found
    result = screen(trajectories, (0.0, setting.window.length_s), setting.limit_km, pairs=pairs, progress=progress)
    result, _ = join(result, trajectories, {}, limit_km=setting.limit_km, comoving_km_s=setting.comoving_km_s)
    for approach in result.approaches:
        found[_key(approach)].approaches.append(approach)
    for pair in result.pairs:
        found[_key(pair)].pairs.append(pair)
    return found


def _key(pair: Approach | PairScreen) -> str:
    return pair.first if "/" in pair.first else pair.second


def _other(pair: Approach | PairScreen) -> str:
    return pair.second if "/" in pair.first else pair.first


def _record(solution: Solution, setting: SolutionSetting, found: _Found | None) -> SolutionRecord:
    nominal = setting.screened.get(solution.object_id)
    trajectory = solution.trajectory if found is not None else None
    return SolutionRecord(
        object_id=solution.object_id,
        name=solution.name,
        role=solution.role,
        note=solution.note,
        inputs=solution.inputs,
        coverage=coverage_of(trajectory),
        unscreened=_unscreened(solution, setting),
        difference=difference(nominal, trajectory, setting.window) if nominal and trajectory else None,
        pairs=tuple(sorted((_pair(pair, setting) for pair in found.pairs), key=lambda p: p.other)) if found else (),
        events=_events(solution, setting, found) if found else (),
    )


def _pair(pair: PairScreen, setting: SolutionSetting) -> SolutionPair:
    covered_s = sum(stop_s - start_s for start_s, stop_s in pair.covered_s)
    uncovered_s = setting.window.length_s - covered_s
    return SolutionPair(
        other=_other(pair),
        unscreened=None if covered_s else (NoOverlap(rule="no_overlap_in_window"),),
        covered_s=covered_s,
        uncovered_s=uncovered_s if uncovered_s > CLOCKS_S else 0.0,
        proven_no_closer_than_km=pair.proven_no_closer_than_km,
        proof=("proven" if pair.proven else "verified") if covered_s else None,
    )


def _events(solution: Solution, setting: SolutionSetting, found: _Found) -> tuple[SolutionEvent, ...]:
    """The solution's approaches, each held against the nominal event that it is, and the nominal ones it lacks.

    Approaches to objects that no solution is screened against, as those of a catalogue, are left out.
    """
    passages = [_passage(approach, solution, setting) for approach in found.approaches]
    own = [
        event
        for event in setting.events
        if solution.object_id in (ids := {event.primary, event.secondary}) and ids <= setting.screened.keys()
    ]
    periods_s = {key: item.orbit.period_s if item.orbit else None for key, item in setting.objects.items()}
    same = same_events(passages, own, periods_s)
    rows = [_approach(passage, same.get(n), solution, setting) for n, passage in enumerate(passages)]
    kept = {event.event_id for event in same.values()}
    rows += [_missing(event, solution, setting) for event in own if event.event_id not in kept]
    tcas = {event.event_id: event.tca for event in own}
    return tuple(sorted(rows, key=lambda row: (row.tca or tcas[row.event_id or ""], row.primary, row.secondary)))


def _passage(approach: Approach, solution: Solution, setting: SolutionSetting) -> NamedApproach:
    primary, secondary = sorted((solution.object_id, _other(approach)))
    return NamedApproach(
        primary=primary, secondary=secondary, tca=setting.window.start + approach.offset_s, approach=approach
    )


def _approach(
    passage: NamedApproach, nominal: EventRecord | None, solution: Solution, setting: SolutionSetting
) -> SolutionEvent:
    ids = passage.primary, passage.secondary
    own = solution.object_id
    trajectories = dict(setting.screened) | ({own: solution.trajectory} if solution.trajectory else {})
    sources = dict(setting.sources) | ({own: solution.source} if solution.source else {})
    assessed = assess_approach(
        (setting.objects[ids[0]], setting.objects[ids[1]]),
        (trajectories[ids[0]], trajectories[ids[1]]),
        (sources[ids[0]], sources[ids[1]]),
        passage.approach.offset_s,
        setting.rules,
        joined=ids in setting.joined,
    )
    encounter = assessed.encounter
    effect, compared = _effect(assessed, passage, nominal, setting)
    return SolutionEvent(
        effect=effect,
        compared=compared,
        event_id=nominal.event_id if nominal else None,
        primary=passage.primary,
        secondary=passage.secondary,
        tca=passage.tca,
        miss_km=encounter.miss_km,
        surface_km=assessed.surface_km,
        relative_speed_km_s=encounter.relative_speed_km_s,
        miss_rtn_km=_vector(encounter.to_rtn @ encounter.miss_vector_km),
        miss_sigma_km=assessed.miss_sigma_km,
        at_boundary=passage.approach.at_boundary,
        pc=assessed.risk.pc,
        method=assessed.risk.method,
        level=assessed.verdict.level,
        reason=assessed.verdict.reason,
    )


def _effect(
    found: Assessed, passage: NamedApproach, nominal: EventRecord | None, setting: SolutionSetting
) -> tuple[Effect, SolutionReason]:
    """How the approach compares with the nominal event; notable is what is notable from cycle to cycle."""
    miss_km, level = found.encounter.miss_km, found.verdict.level
    if nominal is None:
        return "appears", SolutionAbove(rule="nominal_stays_above", limit_km=setting.limit_km)
    changed = level is not nominal.level
    moves = SolutionMoves(
        nominal_km=nominal.miss_km, value_km=miss_km, tca_shift_s=passage.tca - nominal.tca,
        nominal_level=nominal.level if changed else None, level=level if changed else None,
    )  # fmt: skip
    if changed:
        return "worse" if SEVERITY[level] > SEVERITY[nominal.level] else "better", moves
    if abs(miss_km - nominal.miss_km) <= NOTABLE_CHANGE * nominal.miss_km:
        return "same", moves
    return "worse" if miss_km < nominal.miss_km else "better", moves


def _missing(event: EventRecord, solution: Solution, setting: SolutionSetting) -> SolutionEvent:
    """A nominal event that the solution does not have: it vanishes, or nobody can say."""
    spans = coverage_of(solution.trajectory)
    covered = any(span.start <= event.tca <= span.stop for span in spans)
    return SolutionEvent(
        effect="vanishes" if covered else "uncovered",
        compared=SolutionAbove(rule="solution_stays_above", limit_km=setting.limit_km)
        if covered
        else SolutionUncovered(),
        event_id=event.event_id,
        primary=event.primary,
        secondary=event.secondary,
        tca=None,
        miss_km=None,
        surface_km=None,
        relative_speed_km_s=None,
        miss_rtn_km=None,
        miss_sigma_km=None,
        at_boundary=None,
        pc=None,
        method=None,
        level=Level.GREEN if covered else None,
        reason=None,
    )


def _vector(values: FloatArray) -> Vector:
    x, y, z = values.tolist()
    return x, y, z
