"""The probability of contact while a pair flies together: between which bounds it lies, or why there are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from nearpass.astro.bodies import body_named
from nearpass.cycle.joined import AS_ONE_KM, Pair, Stretch
from nearpass.cycle.net import Net, Part
from nearpass.encounter.equinoctial import Orbit, orbits
from nearpass.encounter.pc_stretch import QUARTERS, parts_s, stretch_probability
from nearpass.encounter.uncertainty import state_at
from nearpass.ephemeris.trajectory import FloatArray, Trajectory
from nearpass.errors import CoverageError, InputError
from nearpass.record.source import Source

Both = tuple[Trajectory, Trajectory]

MOST_REVOLUTIONS: Final = 5_000


def with_risks(
    stretches: Mapping[Pair, tuple[Stretch, ...]],
    trajectories: Mapping[str, Trajectory],
    sources: Mapping[str, Source],
    sizes_km: Mapping[str, float],
    net: Net,
) -> dict[Pair, tuple[Stretch, ...]]:
    """The stretches with their probabilities.

    Args:
        stretches: By pair.
        trajectories: By object id.
        sources: What they rest on.
        sizes_km: Hard-body radii.
        net: Keeps what could not be computed.
    """
    found = {}
    for pair, own in stretches.items():
        motions, rest = (trajectories[pair[0]], trajectories[pair[1]]), (sources[pair[0]], sources[pair[1]])
        judge = partial(_with_risk, both=motions, sources=rest, hbr_km=sizes_km[pair[0]] + sizes_km[pair[1]])
        part = Part(stage="together", object_ids=pair)
        found[pair] = tuple(net.made(part, partial(judge, one), replace(one, no_pc="not_computed")) for one in own)
    return found


def _with_risk(stretch: Stretch, both: Both, sources: Sequence[Source], hbr_km: float) -> Stretch:
    touching = stretch.kind == "declared" and (stretch.least_km is None or stretch.least_km < AS_ONE_KM)
    if stretch.kind == "as one" or touching:
        return replace(stretch, no_pc="one_body")
    if hbr_km <= 0.0:
        return replace(stretch, no_pc="no_size")
    try:
        first, second, at_s, edges_s = _orbits(stretch, both, sources)
    except CoverageError:
        return replace(stretch, no_pc="not_covered")
    except InputError:
        return replace(stretch, no_pc="no_orbit")
    if first is None or second is None:
        return replace(stretch, no_pc="no_covariance")
    risk = stretch_probability(first, second, at_s, edges_s, hbr_km)
    return replace(stretch, least_pc=risk.least, most_pc=risk.most)


def _orbits(
    stretch: Stretch, both: Both, sources: Sequence[Source]
) -> tuple[Orbit | None, Orbit | None, FloatArray, FloatArray]:
    """Both objects' orbits by quarters of a revolution, None of one whose covariance is missing anywhere.

    Raises:
        CoverageError: where an ephemeris has a gap.
        InputError: for an open orbit, or more revolutions than can be followed.
    """
    start_s = max(stretch.start_s, *(one.spans_s[0][0] for one in both))
    stop_s = min(stretch.stop_s, *(one.spans_s[-1][1] for one in both))
    position_km, velocity_km_s = both[0].state(np.array([start_s]))
    gm_km3_s2 = body_named(both[0].frame.center).gm_km3_s2
    mean = orbits(position_km, velocity_km_s, np.zeros((1, 6, 6)), gm_km3_s2).mean
    at_s, edges_s = parts_s(start_s, stop_s, float(2.0 * np.pi / mean[0, 0]))
    if len(at_s) > QUARTERS * MOST_REVOLUTIONS:
        raise InputError(f"a stretch must be of at most {MOST_REVOLUTIONS} revolutions", value=len(at_s) // QUARTERS)
    first, second = (_known(motion, at_s, source, gm_km3_s2) for motion, source in zip(both, sources, strict=True))
    return first, second, at_s, edges_s


def _known(motion: Trajectory, at_s: FloatArray, source: Source, gm_km3_s2: float) -> Orbit | None:
    """An object's orbits at instants ``(K,)``: its own states, and covariances of one instant a revolution.

    Within half a revolution of it, errors of the elements stay as they are, and that of the mean motion runs into the
    longitude.
    """
    rows = np.minimum(np.arange(len(at_s)) // QUARTERS * QUARTERS + QUARTERS // 2, len(at_s) - 1)
    nodes, node = np.unique(rows, return_inverse=True)
    states = [state_at(motion, at, declared=source.declared, created_s=source.created_s) for at in at_s[nodes].tolist()]
    matrices = [one.covariance.matrix for one in states if one.covariance is not None]
    if len(matrices) < len(states) or any(not (np.diag(matrix)[3:] > 0.0).all() for matrix in matrices):
        return None
    position_km, velocity_km_s = motion.state(at_s)
    here = orbits(position_km, velocity_km_s, np.zeros((len(at_s), 6, 6)), gm_km3_s2)
    there = orbits(position_km[nodes], velocity_km_s[nodes], np.array(matrices), gm_km3_s2, here.to_orbit)
    forward = np.tile(np.eye(6), (len(at_s), 1, 1))
    forward[:, 5, 0] = at_s - at_s[rows]
    covariance = forward @ there.covariance[node] @ forward.transpose(0, 2, 1)
    return replace(here, covariance=covariance)
