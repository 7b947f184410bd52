"""Several approaches of one pair together: the probability that any of them is a collision.

The approaches of a slow pair, a few of them within a revolution or two, are connected by two-body motion: their
combined probability is computed. Of others only bounds are known, whatever errors they share: the largest of them and
their sum. The product rule of independent events would be wrong for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.local_axes import rtn_axes
from nearpass.encounter.equinoctial import Orbit, orbit
from nearpass.encounter.pc_repeated import Passage, repeated_probability
from nearpass.encounter.pc_sensitivity import combined_bounds
from nearpass.encounter.uncertainty import rotated
from nearpass.errors import InputError
from nearpass.reasons.probabilities import EntriesFollowed, ErrorsShared
from nearpass.record.record import EventRecord, TogetherRecord

FloatArray = NDArray[np.float64]

SLOW_SHARE: Final = 0.01
"""Of the orbital speed, below which two objects see the same perturbations while they meet."""
MOST_TOGETHER: Final = 6
"""Approaches that are followed through: three revolutions, after which two-body motion is no longer good enough."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Meeting:
    """A slow approach with both states: positions and velocities ``(4, 3)``, the primary's first."""

    event: EventRecord
    states: FloatArray
    revolution_s: float


def together(events: Sequence[EventRecord], hbr_km: float, gm_km3_s2: float) -> tuple[TogetherRecord, ...]:
    """What the approaches of one pair come to: each chain of a slow pair, then all of them.

    Args:
        events: Of one pair, by TCA.
        hbr_km: Combined hard-body radius.
        gm_km3_s2: Gravitational parameter of the centre.
    """
    likely = [event for event in events if event.probability.pc is not None]
    if len(likely) < 2:
        return ()
    chains = [found for chain in _chains(likely) if (found := _followed(chain, hbr_km, gm_km3_s2)) is not None]
    held = {event_id for chain in chains for event_id in chain.event_ids}
    if len(chains) == 1 and len(held) == len(likely):
        return tuple(chains)
    values = [chain.pc for chain in chains] + [e.probability.pc for e in likely if e.event_id not in held]
    least, most = combined_bounds(np.array(values, dtype=np.float64))
    bounds = TogetherRecord(
        event_ids=tuple(event.event_id for event in likely),
        pc=None,
        least_pc=least,
        most_pc=most,
        why=ErrorsShared(),
    )
    return (*chains, bounds)


def _chains(events: Sequence[EventRecord]) -> list[list[_Meeting]]:
    """Runs of at least two slow approaches, each within a revolution of the one before."""
    chains: list[list[_Meeting]] = []
    for meeting in filter(None, map(_meeting, events)):
        last = chains[-1] if chains else []
        gap_s = meeting.event.tca - last[-1].event.tca if last else np.inf
        if len(last) < MOST_TOGETHER and gap_s < meeting.revolution_s:
            last.append(meeting)
        else:
            chains.append([meeting])
    return [chain for chain in chains if len(chain) > 1]


def _meeting(event: EventRecord) -> _Meeting | None:
    """The states of a slow approach; None for a fast one, or where a state or a covariance is missing."""
    vectors = (
        event.primary_position_km,
        event.primary_velocity_km_s,
        event.secondary_position_km,
        event.secondary_velocity_km_s,
    )
    if any(vector is None for vector in vectors) or len(event.uncertainty) != 2:
        return None
    states = np.array(vectors, dtype=np.float64)
    radius_km, speed_km_s = np.linalg.norm(states[:2], axis=1)
    if float(np.linalg.norm(states[3] - states[1])) > SLOW_SHARE * speed_km_s:
        return None
    return _Meeting(event=event, states=states, revolution_s=float(2.0 * np.pi * radius_km / speed_km_s))


def _followed(chain: Sequence[_Meeting], hbr_km: float, gm_km3_s2: float) -> TogetherRecord | None:
    """The combined probability of a chain; None where an orbit is not closed."""
    try:
        passages = [
            Passage(first=one, second=two, tca_s=meeting.event.tca - chain[0].event.tca)
            for meeting in chain
            for one, two in [_orbits(meeting, gm_km3_s2)]
        ]
    except InputError:
        return None
    found = repeated_probability(passages, hbr_km)
    least, most = combined_bounds(np.array([one.event.probability.pc for one in chain], dtype=np.float64))
    return TogetherRecord(
        event_ids=tuple(one.event.event_id for one in chain),
        pc=found.pc,
        least_pc=least,
        most_pc=most,
        why=EntriesFollowed(expected=found.expected),
    )


def _orbits(meeting: _Meeting, gm_km3_s2: float) -> tuple[Orbit, Orbit]:
    """Both orbits with their uncertain elements."""
    found = []
    states = meeting.states.reshape(2, 2, 3)
    for (position_km, velocity_km_s), item in zip(states, meeting.event.uncertainty, strict=True):
        to_rtn = rtn_axes(position_km[None], velocity_km_s[None])[0]
        covariance = rotated(np.array(item.covariance_rtn), to_rtn.T)
        found.append(orbit(position_km, velocity_km_s, covariance, gm_km3_s2))
    return found[0], found[1]
