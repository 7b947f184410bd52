"""What an along-track manoeuvre would do to a close approach, by how long before it is made.

The manoeuvring motion answers by its own transition matrix, the central term and as much of J2 as it obeys
(:mod:`nearpass.ephemeris.transition`). What is moved along the path goes along the curve of the path, and the miss is
that of the new nearest approach. Enough to compare lead times and sizes; a manoeuvre that is really planned is screened
itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from nearpass.astro.bodies import Body, body_named, equator_from_icrf
from nearpass.astro.gravity import gravity_gradient_s2, gravity_km_s2
from nearpass.encounter.geometry import Encounter
from nearpass.encounter.pc import LEAST_PC
from nearpass.encounter.pc2d import EncounterPlanes, foster_pc, project
from nearpass.encounter.uncertainty import State
from nearpass.ephemeris.trajectory import ROUNDING_S, Trajectory
from nearpass.ephemeris.transition import transition

FloatArray = NDArray[np.float64]

SHIFTED_S: Final = 600.0
"""How much earlier and later a burn is tried, to see whether its size is that of a lead time or of one instant."""
DISAGREE: Final = 0.1
"""Share by which sizes of neighbouring burns differ where the one between them is uncertain."""
LOCAL_RAD: Final = 0.1
"""Angle along the orbit within which the path about TCA is a cubic of time to a few parts in a million."""
_BEYOND: Final = 1.001  # of a bracket, so that its end lies clearly on the other side
_WIDEST: Final = 1.5  # times the size by straight motion: curved paths need a few percent more at most
_PRECISION: Final = 1e-12  # of a velocity change; the slope of log Pc is at most some hundreds per bracket
_NEWTON_STEPS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Response:
    """How one state of an encounter moves by a velocity change along the track, ``lead_s`` before TCA.

    ``per_km_s`` has shape ``(6,)``: km and km/s for each km/s, positive along the motion.
    """

    of_primary: bool
    lead_s: float
    per_km_s: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """A velocity change along the track, positive along the motion; None where none reaches what is wanted.

    ``uncertain`` where the same burn a little earlier or later would need another size by more than a tenth, or where
    the new nearest approach lies too far from the old one to be foreseen.
    """

    delta_v_m_s: float | None
    uncertain: bool


def responses(
    motion: Trajectory, tca_s: float, leads_s: Sequence[float], *, of_primary: bool
) -> tuple[Response | None, ...]:
    """How a state at TCA answers to burns at each lead time; None where the motion is not known from burn to TCA.

    Args:
        motion: Of who manoeuvres; a burn that it holds itself stays in it.
        tca_s: The instant, seconds from the motion's epoch.
        leads_s: Times between burn and TCA, in any order.
        of_primary: Whether the primary of the encounter manoeuvres, else the secondary.
    """
    body = body_named(motion.frame.center)
    pole = equator_from_icrf(body, motion.epoch)[2]
    found: dict[float, Response | None] = {}
    total: FloatArray | None = np.eye(6)
    until_s = tca_s
    for lead_s in sorted(leads_s):
        at_s = tca_s - lead_s
        step = _carried(motion, at_s, until_s, body, pole) if total is not None else None
        total = total @ step if total is not None and step is not None else None
        until_s = at_s
        if total is None:
            found[lead_s] = None
            continue
        velocity_km_s = motion.state(np.array([at_s]))[1][0]
        along = velocity_km_s / np.linalg.norm(velocity_km_s)
        found[lead_s] = Response(of_primary=of_primary, lead_s=lead_s, per_km_s=total[:, 3:] @ along)
    return tuple(found[lead_s] for lead_s in leads_s)


def _carried(motion: Trajectory, start_s: float, stop_s: float, body: Body, pole: FloatArray) -> FloatArray | None:
    """The transition matrix over arcs that touch; None across a gap."""
    parts = [arc for arc in motion.arcs if arc.stop_s > start_s and arc.start_s < stop_s]
    if not parts or parts[0].start_s > start_s + ROUNDING_S or parts[-1].stop_s < stop_s - ROUNDING_S:
        return np.eye(6) if start_s == stop_s else None
    if any(after.start_s - before.stop_s > ROUNDING_S for before, after in pairwise(parts)):
        return None
    total = np.eye(6)
    for arc in parts:
        total = transition(arc, max(start_s, arc.start_s), min(stop_s, arc.stop_s), body, pole) @ total
    return total


def delta_v_m_s(encounter: Encounter, response: Response, target_km: float) -> float | None:
    """Smallest along-track velocity change that brings the miss distance to a target, m/s, positive along the motion.

    None where a displacement across the relative motion cannot be made at this lead time; 0 where the miss is at the
    target already.

    Args:
        encounter: Both states at TCA.
        response: Of who manoeuvres, at the lead time.
        target_km: The miss distance wanted, centre to centre.
    """
    if encounter.miss_km >= target_km:
        return 0.0
    ends = _both_ways(encounter, response, target_km)

    def lacking_km(delta_v_km_s: float) -> float:
        return target_km - float(np.linalg.norm(_passage(encounter, response, delta_v_km_s)[0]))

    return _smallest_m_s(lacking_km, ends)


def delta_v_for_pc_m_s(
    encounter: Encounter, response: Response, *, target_pc: float, covariance_km2: FloatArray, hbr_km: float
) -> float | None:
    """Smallest along-track velocity change that lowers the encounter-plane Pc to a target, m/s, with its sign.

    The miss moves along a line in the encounter plane, but for its curvature, and the covariance is held. The
    probability of a disc under a Gaussian is log-concave along any line (Prékopa 1973, theorem 6), so that Pc reaches
    the target once on either side of a point above it; the nearer one counts. None where the miss cannot be moved at
    this lead time, or where the plane gives no probability; 0 where Pc is not above the target.

    Args:
        encounter: Both states at TCA.
        response: Of who manoeuvres, at the lead time.
        target_pc: The probability wanted, above 0 and below 1.
        covariance_km2: Sum of both position covariances, shape ``(3, 3)``, in the axes of the states.
        hbr_km: Combined hard-body radius.
    """

    def planes(delta_v_km_s: float) -> EncounterPlanes:
        miss_km, relative_km_s, _ = _passage(encounter, response, delta_v_km_s)
        return project(miss_km, relative_km_s, covariance_km2[None], np.array([hbr_km]))

    here = planes(0.0)
    if not here.usable[0]:
        return None
    if foster_pc(here)[0] <= target_pc:
        return 0.0
    # A Gaussian lies farther than r from its centre with at most exp(-r^2 / (2 sigma^2)), sigma the larger one.
    clear_km = hbr_km + float(here.major_sigma_km[0]) * math.sqrt(-2.0 * math.log(target_pc))

    def excess(delta_v_km_s: float) -> float:
        pc = float(foster_pc(planes(delta_v_km_s))[0])
        return math.log(max(pc, LEAST_PC)) - math.log(target_pc)  # nearly a parabola, on which Brent's method is quick

    return _smallest_m_s(excess, _both_ways(encounter, response, clear_km))


def certain(
    encounter: Encounter,
    response: Response,
    neighbours: Sequence[Response | None],
    size_m_s: Callable[[Response], float | None],
) -> Burn:
    """The size of a burn, with whether it is that of its lead time or of one instant alone.

    Args:
        encounter: Both states at TCA.
        response: At the lead time.
        neighbours: At a little less and a little more than it; None where the motion is not known.
        size_m_s: The velocity change that is needed.
    """
    size = size_m_s(response)
    if size is None or size == 0.0:
        return Burn(delta_v_m_s=size, uncertain=False)
    others = [size_m_s(other) for other in neighbours if other is not None]
    agree = all(other is not None and abs(abs(other) - abs(size)) <= DISAGREE * abs(size) for other in others)
    return Burn(delta_v_m_s=size, uncertain=not (agree and _passage(encounter, response, size / 1000.0)[2]))


def _smallest_m_s(excess: Callable[[float], float], ends: tuple[float, float] | None) -> float | None:
    """The root nearest to 0 of what is positive there and falls on either side, in m/s; None where it does not fall.

    Args:
        excess: Of a velocity change in km/s.
        ends: About where it is 0, one on either side, by straight motion; None where the miss cannot be moved.
    """
    roots = []
    for end in ends or ():
        reached = next((wide for wide in (_BEYOND * end, _WIDEST * end) if excess(wide) <= 0.0), None)
        if reached is not None:
            roots.append(brentq(excess, 0.0, reached, xtol=_PRECISION * abs(end), rtol=_PRECISION))
    return float(min(roots, key=abs)) * 1000.0 if roots else None


def _passage(encounter: Encounter, response: Response, delta_v_km_s: float) -> tuple[FloatArray, FloatArray, bool]:
    """Miss vector and relative velocity, each ``(3,)``, at the nearest approach after a burn.

    And whether that is within :data:`LOCAL_RAD` along the orbit of the approach before it.
    """
    body = body_named(encounter.frame.center)
    pole = equator_from_icrf(body, encounter.epoch)[2]
    change = response.per_km_s * delta_v_km_s
    mover = encounter.primary if response.of_primary else encounter.secondary
    paths = [
        _path(state, change if state is mover else np.zeros(6), body, pole)
        for state in (encounter.primary, encounter.secondary)
    ]
    (first, along_s), (second, also_s) = paths
    relative = second - first  # (4, 3): place, velocity, acceleration, its change
    at_s = -float(relative[0] @ relative[1]) / max(float(relative[1] @ relative[1]), 1e-30)
    for _ in range(_NEWTON_STEPS):
        place, speed, pull = _at(relative, at_s)
        slope = float(speed @ speed + place @ pull)
        at_s -= float(place @ speed) / slope if slope > 0.0 else 0.0
    place, speed, _ = _at(relative, at_s)
    rate_rad_s = math.sqrt(body.gm_km3_s2 / float(np.linalg.norm(mover.position_km)) ** 3)
    return place, speed, max(abs(at_s), abs(along_s), abs(also_s)) * rate_rad_s < LOCAL_RAD


def _at(path: FloatArray, at_s: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Place, velocity and acceleration of a cubic at a time."""
    place = path[0] + at_s * (path[1] + at_s * (path[2] / 2.0 + at_s * path[3] / 6.0))
    return place, path[1] + at_s * (path[2] + at_s * path[3] / 2.0), path[2] + at_s * path[3]


def _path(state: State, change: FloatArray, body: Body, pole: FloatArray) -> tuple[FloatArray, float]:
    """A moved path about TCA as a cubic ``(4, 3)`` of time, and by how many seconds it is ahead of the old one.

    A change along the path is one of time: it follows the path's own curve, and only the rest is laid on straight.
    """
    position_km, velocity_km_s = state.position_km, state.velocity_km_s
    own = _cubic(position_km, velocity_km_s, body, pole)
    ahead_s = float(change[:3] @ velocity_km_s / (velocity_km_s @ velocity_km_s))
    place, speed, _ = _at(own, ahead_s)
    rest = change - ahead_s * own[1:3].ravel()
    return _cubic(place + rest[:3], speed + rest[3:], body, pole), ahead_s


def _cubic(position_km: FloatArray, velocity_km_s: FloatArray, body: Body, pole: FloatArray) -> FloatArray:
    pull = gravity_km_s2(position_km[None], body, pole)[0]
    change = gravity_gradient_s2(position_km[None], body, pole)[0] @ velocity_km_s
    return np.stack([position_km, velocity_km_s, pull, change])


def _both_ways(encounter: Encounter, response: Response, target_km: float) -> tuple[float, float] | None:
    """Velocity changes in km/s, one on either side, at which straight motion has a miss of a target.

    Only the displacement across the relative motion counts: the miss ``|m + p dv|`` is a quadratic in dv. None where
    the miss cannot be moved, or is not below the target.
    """
    along = encounter.relative_velocity_km_s / encounter.relative_speed_km_s
    per_km_s = response.per_km_s[:3] * (-1.0 if response.of_primary else 1.0)
    across = per_km_s - (per_km_s @ along) * along
    miss = encounter.miss_vector_km - (encounter.miss_vector_km @ along) * along
    a, b, c = float(across @ across), float(across @ miss), float(miss @ miss) - target_km**2
    if a <= 0.0 or c > 0.0:
        return None
    root = math.sqrt(b * b - a * c)
    return (-b + root) / a, (-b - root) / a
