"""Whether covariances lie near enough in time for the motion to carry one to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from nearpass.astro.bodies import Body, equator_from_icrf
from nearpass.astro.epochs import NS, Epoch
from nearpass.astro.frames import CENTER_AT_BARYCENTER, center_id, icrf_from_axes
from nearpass.ephemeris.interpolation import arc_from_nodes, covariances_in_icrf
from nearpass.ephemeris.lint_finding import Finding, Grade, graded
from nearpass.ephemeris.transition import transition
from nearpass.errors import NearpassError
from nearpass.messages.oem_records import FloatArray, OemSegment
from nearpass.reasons.findings import CovarianceSteps, StepsRule

HALF: Final = 0.5
FACTOR_PASS: Final = 2.0
FACTOR_NOTE: Final = 5.0
_MOST_PAIRS: Final = 200  # of those too far apart, evenly spread over the file


def covariance_spacing(segments: Sequence[OemSegment], body: Body, period_s: float | None) -> Finding | None:
    """Whether covariances more than half a revolution apart fit the motion between them.

    Each is carried by the transition matrix to the next one, whose sigma along the velocity it must meet within a
    factor of two: else something that the motion does not hold made it grow or shrink, and when is not known. None
    where there is nothing to judge: no orbit, another centre, fewer than two covariances in a segment.

    Args:
        segments: Of the message.
        body: The body that the cycle screens around.
        period_s: Orbital period, or None where no orbit is claimed.
    """
    able = [one for one in segments if one.covariances is not None and len(one.covariances.epochs_tai_ns) > 1]
    if period_s is None or not able or not all(_about(segment, body) for segment in able):
        return None
    steps_s = np.concatenate([np.diff(one.covariances.epochs_tai_ns) for one in able if one.covariances]) / NS
    widest_s = float(steps_s.max())
    near = CovarianceSteps(rule="covariances_near", widest_s=widest_s, revolutions=widest_s / period_s, factor=None)
    if widest_s <= HALF * period_s:
        return Finding(rule="covariance spacing", grade=Grade.PASS, fact=near)
    try:
        factor = max((factor for segment in able for factor in _factors(segment, body, HALF * period_s)), default=1.0)
    except (NearpassError, np.linalg.LinAlgError):
        return None  # axes or states that cannot be used fail rules of their own
    grade = graded(factor, FACTOR_PASS, FACTOR_NOTE)
    if not np.isfinite(factor):
        return Finding(rule="covariance spacing", grade=Grade.FAIL, fact=replace(near, rule="covariances_misfit"))
    rules: dict[Grade, StepsRule] = {
        Grade.PASS: "covariances_fit", Grade.NOTE: "covariances_differ", Grade.FAIL: "covariances_fail"
    }  # fmt: skip
    return Finding(rule="covariance spacing", grade=grade, fact=replace(near, rule=rules[grade], factor=factor))


def _about(segment: OemSegment, body: Body) -> bool:
    try:
        center = center_id(segment.center_name)
    except NearpassError:
        return False
    return center in {body.naif_id, CENTER_AT_BARYCENTER.get(body.naif_id)}


def _factors(segment: OemSegment, body: Body, apart_s: float) -> Iterator[float]:
    """How far each covariance, carried on by the motion, is from the next; of those farther apart than ``apart_s``."""
    held, nodes_ns = segment.covariances, segment.epochs_tai_ns
    if held is None or len(nodes_ns) < 2:
        return
    inside = np.flatnonzero((held.epochs_tai_ns >= nodes_ns[0]) & (held.epochs_tai_ns <= nodes_ns[-1]))
    if len(inside) < 2:
        return
    near = slice(int(inside[0]), int(inside[-1]) + 1)
    matrices = covariances_in_icrf(held, near, segment)
    epoch = Epoch(int(nodes_ns[0]))
    pole = equator_from_icrf(body, epoch)[2]
    to_icrf = icrf_from_axes(segment.ref_frame)
    nodes_s, offsets_s = ((times_ns - nodes_ns[0]) / NS for times_ns in (nodes_ns, held.epochs_tai_ns[near]))
    states = segment.positions_km @ to_icrf.T, segment.velocities_km_s @ to_icrf.T
    arc = arc_from_nodes(nodes_s, *states, segment.interpolation, segment.degree)
    wide = [
        (one, other) for one, other in pairwise(range(len(offsets_s))) if offsets_s[other] - offsets_s[one] > apart_s
    ]
    for one, other in wide[:: 1 + len(wide) // _MOST_PAIRS]:
        start_s, stop_s = float(offsets_s[one]), float(offsets_s[other])
        matrix = transition(arc, start_s, stop_s, body, pole)
        velocity_km_s = arc.state(offsets_s[other : other + 1])[1][0]
        carried, delivered = (
            _variance_along(matrix @ matrices[one] @ matrix.T, velocity_km_s),
            _variance_along(matrices[other], velocity_km_s),
        )
        ratio = float(np.sqrt(delivered / carried)) if delivered > 0.0 and carried > 0.0 else np.inf
        yield max(ratio, 1.0 / ratio) if 0.0 < ratio < np.inf else np.inf


def _variance_along(covariance: FloatArray, velocity_km_s: FloatArray) -> float:
    along = velocity_km_s / np.linalg.norm(velocity_km_s)
    return float(along @ covariance[:3, :3] @ along)
