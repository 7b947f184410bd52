"""From what the screening says of each pair to its record: covered time, the proven bound, its events together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import Literal

import numpy as np

from nearpass.astro.epochs import Epoch
from nearpass.config import ScreenedObject
from nearpass.cycle.joined import Stretch
from nearpass.cycle.net import Net, Part
from nearpass.cycle.together import together
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.ingest import Setting
from nearpass.reasons.coverage import (
    CoverageReason,
    CoverageReasons,
    LifeEnded,
    NoOverlap,
    NoState,
    NotDelivered,
    PhaseUnknown,
)
from nearpass.record.motion import CLOCKS_S, FloatArray, distance_profile, profile_positions
from nearpass.record.record import (
    EndingRecord,
    EventRecord,
    NearestRecord,
    PairRecord,
    StretchRecord,
    TogetherRecord,
    UncoveredSpan,
)
from nearpass.screening.screen import PairScreen, Screening


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairSetting:
    """What pairs are described with: trajectories and ends by object id, the screening, and what keeps what is lost.

    Of objects in ``catalogued`` only the screened pairs are told.
    """

    trajectories: Mapping[str, Trajectory]
    screening: Screening
    setting: Setting
    endings: Mapping[str, EndingRecord]
    catalogued: AbstractSet[str]
    stretches: Mapping[tuple[str, str], tuple[Stretch, ...]]
    net: Net


def describe_pairs(
    objects: Sequence[ScreenedObject], events: Sequence[EventRecord], given: PairSetting
) -> tuple[PairRecord, ...]:
    """The record of every pair, by primary and secondary; one that fails stands there as not computed."""
    items = {item.id: item for item in objects}
    screened = {(pair.first, pair.second): pair for pair in given.screening.pairs}
    failed = {loss.object_ids for loss in given.net.lost if loss.stage == "screening"}
    grids = {key: profile_positions(motion, given.setting.window) for key, motion in given.trajectories.items()}
    pairs = []
    for ids in combinations(sorted(items), 2):
        if set(ids) & given.catalogued and ids not in screened:
            continue
        both = items[ids[0]], items[ids[1]]
        found = screened.get(ids)
        if found is None:
            pairs.append(_unscreened(*both, given.trajectories, given.setting, given.endings, failed=ids in failed))
            continue
        own = tuple(event for event in events if (event.primary, event.secondary) == ids)
        pair = given.net.made(
            Part(stage="screening", object_ids=ids),
            partial(_told, found, own, grids, given),
            _unscreened(*both, given.trajectories, given.setting, given.endings, failed=True),
        )
        apart: tuple[TogetherRecord, ...] = ()
        combine = partial(together, own, both[0].size_km + both[1].size_km, given.setting.body.gm_km3_s2)
        combined = given.net.made(Part(stage="together", object_ids=ids), combine, apart)
        flown = tuple(_flown(stretch, given.setting.cutoff) for stretch in given.stretches.get(ids, ()))
        pairs.append(replace(pair, together=combined, stretches=flown))
    return tuple(pairs)


def _flown(stretch: Stretch, cutoff: Epoch) -> StretchRecord:
    return StretchRecord(
        kind=stretch.kind,
        start=cutoff + stretch.start_s,
        stop=cutoff + stretch.stop_s,
        least_km=stretch.least_km,
        least_at=None if stretch.least_s is None else cutoff + stretch.least_s,
        approach_count=stretch.approach_count,
        least_pc=stretch.least_pc,
        most_pc=stretch.most_pc,
        no_pc=stretch.no_pc,
    )


def _told(
    found: PairScreen, events: Sequence[EventRecord], grids: Mapping[str, FloatArray], given: PairSetting
) -> PairRecord:
    motions = given.trajectories[found.first], given.trajectories[found.second]
    profiles = grids[found.first], grids[found.second]
    return _screened(found, motions, profiles, events, given.setting, given.endings)


def _unscreened(
    primary: ScreenedObject,
    secondary: ScreenedObject,
    trajectories: Mapping[str, Trajectory],
    setting: Setting,
    endings: Mapping[str, EndingRecord],
    *,
    failed: bool,
) -> PairRecord:
    """A pair of which nothing is known, because an object has no place in the screening, or because it ``failed``."""
    reason: CoverageReasons = (
        (NoOverlap(rule="not_computed"),)
        if failed
        else tuple(
            _absent(item, endings.get(item.id))
            for item in (primary, secondary)
            if item.phase == "unknown" or item.id not in trajectories
        )
    )
    window = setting.window
    return PairRecord(
        primary=primary.id,
        secondary=secondary.id,
        unscreened=reason,
        covered_s=0.0,
        uncovered_s=setting.span_s,
        uncovered=(UncoveredSpan(start=window.start, stop=window.stop, reason=reason),),
        proven_no_closer_than_km=None,
        proof=None,
        nearest=None,
        profile=None,
        event_ids=(),
        together=(),
    )


def _absent(item: ScreenedObject, ending: EndingRecord | None) -> CoverageReason:
    """Why an object has no place in the screening."""
    if item.phase == "unknown":
        return PhaseUnknown(object_id=item.id)
    if ending is not None:
        return LifeEnded(object_id=item.id, at=ending.at, how=ending.kind)
    return NotDelivered(object_id=item.id)


def _screened(
    pair: PairScreen,
    both: tuple[Trajectory, Trajectory],
    grids: tuple[FloatArray, FloatArray],
    events: Sequence[EventRecord],
    setting: Setting,
    endings: Mapping[str, EndingRecord],
) -> PairRecord:
    uncovered = _uncovered(pair, both, setting, endings)
    covered_s = setting.span_s - sum((span.stop - span.start for span in uncovered), start=0.0)
    nearest = pair.nearest
    minima = [(event.tca - setting.cutoff, event.miss_km) for event in events]
    if nearest is not None:
        minima.append((nearest.offset_s, nearest.miss_km))
    return PairRecord(
        primary=pair.first,
        secondary=pair.second,
        unscreened=None if covered_s else (NoOverlap(rule="no_overlap_in_window"),),
        covered_s=covered_s,
        uncovered_s=setting.span_s - covered_s,
        uncovered=uncovered,
        proven_no_closer_than_km=pair.proven_no_closer_than_km,
        proof=("proven" if pair.proven else "verified") if covered_s else None,
        nearest=NearestRecord(
            tca=setting.cutoff + nearest.offset_s, miss_km=nearest.miss_km, at_boundary=nearest.at_boundary
        )
        if nearest
        else None,
        profile=distance_profile(*grids, setting.window, minima) if covered_s else None,
        event_ids=tuple(event.event_id for event in events),
        together=(),
    )


def _uncovered(
    pair: PairScreen, both: tuple[Trajectory, Trajectory], setting: Setting, endings: Mapping[str, EndingRecord]
) -> tuple[UncoveredSpan, ...]:
    """What is left of the window between the covered spans, with whose ephemeris is missing there."""
    edges = [0.0, *(edge for span in pair.covered_s for edge in span), setting.span_s]
    gaps = [(edges[i], edges[i + 1]) for i in range(0, len(edges), 2) if edges[i + 1] - edges[i] > CLOCKS_S]
    spans = []
    for start_s, stop_s in gaps:
        middle_s = (start_s + stop_s) / 2.0
        missing = tuple(
            NoState(object_id=object_id, ended=_ended(endings.get(object_id), setting.cutoff + middle_s))
            for object_id, trajectory in zip((pair.first, pair.second), both, strict=True)
            if not trajectory.covers(np.array([middle_s])).all()
        )
        reason = missing or (NoOverlap(rule="no_overlap"),)
        spans.append(UncoveredSpan(start=setting.cutoff + start_s, stop=setting.cutoff + stop_s, reason=reason))
    return tuple(spans)


def _ended(ending: EndingRecord | None, at: Epoch) -> Literal["on the surface", "descending"] | None:
    """How an ephemeris had ended by then where it goes no further: on the surface, or on its way there."""
    if ending is None or at < ending.at or ending.kind not in {"on the surface", "descending"}:
        return None
    return "on the surface" if ending.kind == "on the surface" else "descending"
