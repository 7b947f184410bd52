"""The manoeuvre trade of a red approach: what a burn along the track needs, by who makes it and how long before TCA."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from nearpass.cycle.approach import Assessed, Both
from nearpass.encounter.alert_rules import reach_km
from nearpass.encounter.manoeuvre import (
    SHIFTED_S,
    Burn,
    Response,
    certain,
    delta_v_for_pc_m_s,
    delta_v_m_s,
    responses,
)
from nearpass.encounter.pc_result import FOSTER
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.reasons.probabilities import BurnReason, NoBurn, NoProbability, OtherMethod
from nearpass.record.record import ObjectRecord, TradeRecord

LEADS_H: Final = (3.0, 6.0, 9.0, 12.0, 18.0, 24.0, 36.0, 48.0, 60.0, 72.0, 96.0, 120.0, 168.0, 240.0, 336.0)
_HOUR_S: Final = 3600.0

Rows = tuple[tuple[float, Burn], ...]


def trades(
    found: Assessed, objects: Sequence[ObjectRecord], trajectories: Both, offset_s: float
) -> tuple[TradeRecord, ...]:
    """For each object that can manoeuvre, the along-track velocity changes that distance and Pc need to be green.

    The distance is that beyond which no rule of the pair holds but one on a probability alone, and the probability the
    least of those.

    Args:
        found: The approach as it was judged.
        objects: Primary and secondary.
        trajectories: Their motions.
        offset_s: TCA from the trajectories' epoch, which is the earliest burn.
    """
    target_km = reach_km(found.rules) + found.radius_km
    target_pc, no_pc_reason = _target_pc(found)
    covariance_km2 = found.encounter.combined_km2

    def for_distance(response: Response) -> float | None:
        return delta_v_m_s(found.encounter, response, target_km)

    def for_pc(response: Response) -> float | None:
        if target_pc is None or covariance_km2 is None:
            return None
        return delta_v_for_pc_m_s(
            found.encounter,
            response,
            target_pc=target_pc,
            covariance_km2=covariance_km2,
            hbr_km=found.given.hbr_km,
        )

    made = []
    for item, motion in zip(objects, trajectories, strict=True):
        if item.lead_time_h is None:
            continue
        known = _responses(motion, offset_s, of_primary=item is objects[0])
        rows = _rows(found, known, for_distance)
        pc_rows = _rows(found, known, for_pc) if target_pc is not None else ()
        made.append(
            TradeRecord(
                object_id=item.id,
                target_km=target_km,
                rows=tuple((lead_h, burn.delta_v_m_s) for lead_h, burn in rows),
                target_pc=target_pc,
                pc_rows=tuple((lead_h, burn.delta_v_m_s) for lead_h, burn in pc_rows),
                no_pc_reason=no_pc_reason,
                uncertain_h=tuple(lead_h for lead_h, burn in rows if burn.uncertain),
                pc_uncertain_h=tuple(lead_h for lead_h, burn in pc_rows if burn.uncertain),
            )
        )
    return tuple(made)


def _responses(
    motion: Trajectory, offset_s: float, *, of_primary: bool
) -> tuple[tuple[float, Response | None, tuple[Response | None, ...]], ...]:
    """Each lead time in h with how the state at TCA answers to a burn then, a little later and a little earlier."""
    leads_h = [lead_h for lead_h in LEADS_H if lead_h * _HOUR_S <= offset_s]
    tried_s = [lead_h * _HOUR_S + shift_s for lead_h in leads_h for shift_s in (0.0, -SHIFTED_S, SHIFTED_S)]
    found = responses(motion, offset_s, tried_s, of_primary=of_primary)
    return tuple((lead_h, found[3 * n], found[3 * n + 1 : 3 * n + 3]) for n, lead_h in enumerate(leads_h))


def _rows(
    found: Assessed,
    known: Sequence[tuple[float, Response | None, tuple[Response | None, ...]]],
    size_m_s: Callable[[Response], float | None],
) -> Rows:
    none = Burn(delta_v_m_s=None, uncertain=False)
    return tuple(
        (lead_h, certain(found.encounter, response, beside, size_m_s) if response is not None else none)
        for lead_h, response, beside in known
    )


def _target_pc(found: Assessed) -> tuple[float | None, BurnReason | None]:
    """The probability from which on an event is not green, or why no manoeuvre is sized by it."""
    limits = [rule.pc for rule in found.rules if rule.pc is not None and rule.reach_km is None]
    if not limits:
        return None, NoBurn(rule="no_threshold")
    if found.risk.pc is None or found.encounter.combined_km2 is None:
        return None, NoProbability(because=found.risk.why)
    if found.risk.pc < min(limits):
        return None, NoBurn(rule="green_already")
    if found.risk.method != FOSTER:
        return None, OtherMethod(method=found.risk.method or "")
    return min(limits), None
