"""What the states themselves say: spacing, interpolation, velocities, joints, and whether such a motion can be.

Everything here is the same in any axes that do not rotate, so segments are judged as they were delivered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import numpy as np

from nearpass.astro.bodies import BODIES, Body
from nearpass.astro.epochs import NS, Epoch
from nearpass.astro.frames import CENTER_AT_BARYCENTER, center_id
from nearpass.ephemeris.interpolation import arc_from_nodes, window_size
from nearpass.ephemeris.lint_finding import Finding, Grade, graded
from nearpass.ephemeris.trajectory import Arc, clenshaw
from nearpass.errors import FrameError
from nearpass.messages.oem_records import FloatArray, OemSegment
from nearpass.reasons.findings import (
    AboutBody,
    Degree,
    Escape,
    FitError,
    Gravity,
    GravityRule,
    Joints,
    Spacing,
    VelocityError,
)

ORBIT_SHARE: Final = 0.01
"""Point spacing asked for by NPR 8079.1, table 5-1, as a part of an orbit, in time or in true anomaly."""
ABOUT: Final = 1.25
"""How much more still counts as "about"."""
COARSEST_SHARE: Final = 0.05
INTERPOLATION_PASS_KM: Final = 0.01
INTERPOLATION_NOTE_KM: Final = 1.0
VELOCITY_PASS_KM_S: Final = 5e-5  # positions rounded to a metre, once a minute, make up to 3 cm/s
VELOCITY_NOTE_KM_S: Final = 1e-3
JOINT_NOTE_KM: Final = 0.01

_DEGREES: Final = (7, 9)  # of the polynomials through positions alone; their difference tells the better one's error
_STRETCH_NODES: Final = 4_096  # of a long table, this many neighbours at a time are judged
_MOST_STRETCHES: Final = 4
_METRES: Final = 1e9  # GM in m**3/s**2 for one in km**3/s**2
_NEAR: Final = 0.1
_FACTOR: Final = 2.0
_UNIT_FACTOR: Final = 1.5  # how near to 1e9 a ratio must be to be called metres


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Motion:
    """Sampled motion about a body: ``radii_km``, ``speeds_km_s`` ``(N,)``; ``gm_km3_s2`` ``(M,)`` felt at some points.

    The last is ``-a . r_hat r**2``, which the gravity of a central body makes equal to its GM.
    """

    radii_km: FloatArray
    speeds_km_s: FloatArray
    gm_km3_s2: FloatArray


def offsets_s(segment: OemSegment) -> FloatArray:
    """Seconds of the nodes from the first one, shape ``(N,)``."""
    return np.asarray((segment.epochs_tai_ns - segment.epochs_tai_ns[0]) / NS)


def spacing(segments: Sequence[OemSegment], period_s: float | None) -> Finding | None:
    """The widest spacing of points as a part of an orbit: the better of time and true anomaly. None for lone points."""
    steps_s = [np.diff(offsets_s(segment)) for segment in segments]
    turns = [_turns(segment.positions_km) for segment in segments]
    if not sum(map(len, steps_s)):
        return None
    widest_s = max(float(step.max()) for step in steps_s if len(step))
    share = max(float(turn.max()) for turn in turns if len(turn))
    measure: Literal["true anomaly", "time"] = "true anomaly"
    if period_s is not None and widest_s / period_s < share:
        share, measure = widest_s / period_s, "time"
    grade = graded(share, ABOUT * ORBIT_SHARE, COARSEST_SHARE)
    return Finding(rule="spacing", grade=grade, fact=Spacing(widest_s=widest_s, share=share, measure=measure))


def _turns(positions_km: FloatArray) -> FloatArray:
    """Angles between neighbours among positions ``(N, 3)`` in revolutions, shape ``(N - 1,)``."""
    here, following = positions_km[:-1], positions_km[1:]
    across = np.linalg.norm(np.cross(here, following), axis=1)
    along = np.einsum("ij,ij->i", here, following)
    return np.asarray(np.arctan2(across, along) / (2.0 * np.pi))


def degree(segments: Sequence[OemSegment]) -> Finding:
    """Whether each segment names a method and has the states that its degree needs."""
    short = [
        segment
        for segment in segments
        if window_size(segment.interpolation, segment.degree, 1 << 30)[0] > len(segment.epochs_tai_ns)
    ]
    named = sorted({f"{s.interpolation.lower()} {s.degree}" for s in segments if s.interpolation is not None})
    unnamed = any(segment.interpolation is None for segment in segments)
    fact = Degree(
        rule="degree_reduced" if short else "method_unnamed" if unnamed else "degree_kept",
        methods=tuple(named),
        short=len(short),
        fewest=min((len(segment.epochs_tai_ns) for segment in short), default=None),
    )
    return Finding(rule="degree", grade=Grade.NOTE if short or unnamed else Grade.PASS, fact=fact)


def interpolation(segments: Sequence[OemSegment]) -> Finding:
    """The largest distance between left-out states and what the others interpolate there, away from the ends.

    Every other state is left out, so the spacing is twice the delivered one, and the error shown is larger than that
    of the ephemeris in use: by 2**(degree + 1) where the states are smooth.
    """
    errors_km = [error_km for segment in segments if (error_km := left_out_error_km(segment)) is not None]
    worst_km = max(errors_km, default=None)
    if worst_km is None:
        return Finding(rule="interpolation", grade=Grade.NOTE, fact=FitError(rule="too_few_states", error_km=None))
    grade = graded(worst_km, INTERPOLATION_PASS_KM, INTERPOLATION_NOTE_KM)
    return Finding(rule="interpolation", grade=grade, fact=FitError(rule="left_out", error_km=worst_km))


def left_out_error_km(segment: OemSegment) -> float | None:
    """The largest distance in km between left-out states and what the others give; None for too few states."""
    parts = [_left_out_error_km(segment, rows) for rows in _stretches(len(segment.epochs_tai_ns))]
    return max((error_km for error_km in parts if error_km is not None), default=None)


def _left_out_error_km(segment: OemSegment, rows: slice) -> float | None:
    times_s = offsets_s(segment)[rows]
    kept = times_s[::2]
    window, _ = window_size(segment.interpolation, segment.degree, 1 << 30)
    inner = times_s[1::2][window // 2 : len(kept) - 1 - window // 2]
    if len(kept) < window + 1 or not len(inner):
        return None
    positions_km = segment.positions_km[rows]
    arc = arc_from_nodes(
        kept, positions_km[::2], segment.velocities_km_s[rows][::2], segment.interpolation, segment.degree
    )
    truth_km = positions_km[1::2][window // 2 : len(kept) - 1 - window // 2]
    return float(np.linalg.norm(arc.position_km(inner) - truth_km, axis=1).max())


def velocity(segments: Sequence[OemSegment]) -> Finding:
    """Whether velocities are the rates of change of the positions.

    The derivative of the polynomial of degree 9 through ten positions is compared with the velocity at each node; what
    it differs from that of degree 7 is allowed on top, being the error that the spacing leaves.
    """
    worst_km_s, doubt_km_s, judged = 0.0, 0.0, False
    for segment in segments:
        for rows in _stretches(len(segment.epochs_tai_ns)):
            times_s = offsets_s(segment)[rows]
            if len(times_s) <= 2 * _DEGREES[-1]:
                continue
            inner = slice(_DEGREES[-1], -_DEGREES[-1])
            coarse, fine = (
                arc_from_nodes(times_s, segment.positions_km[rows], segment.velocities_km_s[rows], "LAGRANGE", at)
                .state(times_s[inner])[1]
                for at in _DEGREES
            )  # fmt: skip
            allowed = np.linalg.norm(fine - coarse, axis=1)
            off = np.linalg.norm(fine - segment.velocities_km_s[rows][inner], axis=1)
            worst_km_s = max(worst_km_s, float((off - allowed).max()))
            doubt_km_s, judged = max(doubt_km_s, float(allowed.max())), True
    if not judged:
        return Finding(rule="velocity", grade=Grade.NOTE, fact=VelocityError(rule="velocity_unjudged", value_km_s=None))
    if worst_km_s <= VELOCITY_PASS_KM_S < doubt_km_s:
        doubt = VelocityError(rule="velocity_doubtful", value_km_s=doubt_km_s)
        return Finding(rule="velocity", grade=Grade.NOTE, fact=doubt)
    grade = graded(worst_km_s, VELOCITY_PASS_KM_S, VELOCITY_NOTE_KM_S)
    fact = VelocityError(rule="velocity_error", value_km_s=max(worst_km_s, 0.0))
    return Finding(rule="velocity", grade=grade, fact=fact)


def _stretches(count: int) -> list[slice]:
    """All rows of a table, or of a long one some stretches of neighbours, spread evenly."""
    if count <= _STRETCH_NODES * _MOST_STRETCHES:
        return [slice(0, count)]
    begins = np.linspace(0, count - _STRETCH_NODES, _MOST_STRETCHES).astype(int)
    return [slice(int(begin), int(begin) + _STRETCH_NODES) for begin in begins]


def joints(segments: Sequence[OemSegment]) -> Finding:
    """Steps of position and velocity where one segment hands over to the next: a manoeuvre, or a mistake."""
    steps = [step for before, after in pairwise(segments) if (step := _step(before, after))]
    return joint_finding(steps, len(segments))


def joint_finding(steps: Sequence[tuple[float, float]], part_count: int) -> Finding:
    """What steps (km, km/s) between neighbours of ``part_count`` parts tell: a manoeuvre, or a mistake."""
    jump_km = max((step[0] for step in steps), default=0.0)
    grade = Grade.PASS if jump_km <= JOINT_NOTE_KM else Grade.NOTE
    fact = Joints(
        segments=part_count, joints=len(steps) if part_count > 1 else 0, step_km=jump_km,
        step_km_s=max((step[1] for step in steps), default=0.0), notable=grade is Grade.NOTE,
    )  # fmt: skip
    return Finding(rule="joints", grade=grade, fact=fact)


def _step(before: OemSegment, after: OemSegment) -> tuple[float, float] | None:
    """Steps in km and km/s at the instant at which ``after`` takes over, if both hold it in the same axes."""
    if (before.ref_frame, before.center_name) != (after.ref_frame, after.center_name):
        return None
    epoch_ns = max(after.useable_from.tai_ns, int(after.epochs_tai_ns[0]))
    sides = []
    for segment in (before, after):
        if not segment.epochs_tai_ns[0] <= epoch_ns <= segment.epochs_tai_ns[-1] or len(segment.epochs_tai_ns) < 2:
            return None
        at = int(np.searchsorted(segment.epochs_tai_ns, epoch_ns))
        rows = slice(max(0, at - 16), at + 16)
        times_s = (segment.epochs_tai_ns[rows] - epoch_ns) / NS
        states = segment.positions_km[rows], segment.velocities_km_s[rows]
        arc = arc_from_nodes(times_s, *states, segment.interpolation, segment.degree)
        sides.append(arc.state(np.zeros(1)))
    return _norm(sides[1][0] - sides[0][0]), _norm(sides[1][1] - sides[0][1])


def _norm(difference: FloatArray) -> float:
    return float(np.linalg.norm(difference))


def motion_of(segments: Sequence[OemSegment], body: Body) -> Motion | None:
    """The motion of those segments that are centred on the body; None if none is."""
    radii, speeds, felt = [], [], []
    for segment in segments:
        if not is_centred_on(segment.center_name, body):
            continue
        radii.append(np.linalg.norm(segment.positions_km, axis=1))
        speeds.append(np.linalg.norm(segment.velocities_km_s, axis=1))
        for rows in _stretches(len(segment.epochs_tai_ns)):
            times_s = offsets_s(segment)[rows]
            if len(times_s) < 2:
                continue
            states = segment.positions_km[rows], segment.velocities_km_s[rows]
            felt.append(felt_gm_km3_s2(arc_from_nodes(times_s, *states, "LAGRANGE", _DEGREES[0])))
    if not radii:
        return None
    return Motion(
        radii_km=np.concatenate(radii),
        speeds_km_s=np.concatenate(speeds),
        gm_km3_s2=np.concatenate(felt) if felt else np.zeros(0),
    )


def is_centred_on(center_name: str, body: Body) -> bool:
    """Whether a centre is the body, or the barycentre beside it."""
    try:
        center = center_id(center_name)
    except FrameError:
        return False
    return center in {body.naif_id, CENTER_AT_BARYCENTER.get(body.naif_id)}


def inside_center(segments: Sequence[OemSegment], body: Body) -> Finding | None:
    """Whether states about another body than the cycle's lie inside that body; None where none do.

    An orbiter of the cycle's body with the wrong CENTER_NAME would else only seem to be far away from all others.
    """
    by_id = {other.naif_id: other for other in BODIES.values() if other.naif_id != body.naif_id}
    for segment in segments:
        try:
            center = by_id.get(center_id(segment.center_name))
        except FrameError:
            continue
        lowest_km = float(np.linalg.norm(segment.positions_km, axis=1).min())
        if center is not None and lowest_km < center.polar_radius_km:
            fact = AboutBody(rule="inside_centre", body=center.name.title(), height_km=lowest_km)
            return Finding(rule="centre", grade=Grade.FAIL, fact=fact)
    return None


def felt_gm_km3_s2(arc: Arc) -> FloatArray:
    """``-a . r_hat r**2`` in the middle of each interval of an arc, shape ``(K,)``; none where degree 2 is lacking."""
    if arc.coefficients_km.shape[1] < 3:
        return np.zeros(0)
    half_s = np.diff(arc.knots_s) / 2.0
    interval = np.arange(len(half_s))
    middle = np.zeros(len(half_s))
    bent = np.polynomial.chebyshev.chebder(arc.coefficients_km, 2, axis=1) / (half_s**2)[:, None, None]
    acceleration_km_s2 = clenshaw(bent, interval, middle)
    position_km = clenshaw(arc.coefficients_km, interval, middle)
    inward = -np.einsum("ij,ij->i", acceleration_km_s2, position_km)
    return np.asarray(inward * np.linalg.norm(position_km, axis=1))


def plausibility(motion: Motion | None, body: Body, *, in_orbit: bool) -> tuple[Finding, ...]:
    """Whether such a motion about the body can be: above its surface, under its gravity, and bound to it."""
    if motion is None:
        fact = AboutBody(rule="not_centred", body=body.name.title(), height_km=None)
        return (Finding(rule="states", grade=Grade.NOTE, fact=fact),)
    found = [_altitude(motion, body), _gravity(motion, body), _energy(motion, body, in_orbit=in_orbit)]
    return tuple(finding for finding in found if finding is not None)


def _altitude(motion: Motion, body: Body) -> Finding:
    altitude_km = float(motion.radii_km.min()) - body.equatorial_radius_km
    below = float(motion.radii_km.min()) < body.polar_radius_km
    fact = AboutBody(rule="below_surface" if below else "above_surface", body=body.name.title(), height_km=altitude_km)
    return Finding(rule="altitude", grade=Grade.FAIL if below else Grade.PASS, fact=fact)


def _gravity(motion: Motion, body: Body) -> Finding | None:
    """The GM that the curvature of the path needs, against the body's."""
    if not len(motion.gm_km3_s2):
        return None
    ratio = float(np.median(motion.gm_km3_s2)) / body.gm_km3_s2
    other = next((b for b in BODIES.values() if abs(ratio * body.gm_km3_s2 / b.gm_km3_s2 - 1.0) <= _NEAR), None)
    rule, grade = _curvature(ratio, of_other=other is not None)
    fact = Gravity(
        rule=rule, body=body.name.title(), ratio=ratio,
        other=other.name.title() if other is not None and rule == "gravity_of_other" else None,
    )  # fmt: skip
    return Finding(rule="gravity", grade=grade, fact=fact)


def _curvature(ratio: float, *, of_other: bool) -> tuple[GravityRule, Grade]:
    """What a path says that curves by ``ratio`` times what the body's gravity demands."""
    if abs(ratio - 1.0) <= _NEAR:
        return "gravity_fits", Grade.PASS
    if 1.0 / _FACTOR <= ratio <= _FACTOR:
        return "gravity_odd", Grade.NOTE
    if 1.0 / _UNIT_FACTOR <= ratio / _METRES <= _UNIT_FACTOR:
        return "gravity_in_metres", Grade.FAIL
    return ("gravity_of_other" if of_other else "gravity_wrong"), Grade.FAIL


def _energy(motion: Motion, body: Body, *, in_orbit: bool) -> Finding:
    escape = float((motion.speeds_km_s / np.sqrt(2.0 * body.gm_km3_s2 / np.maximum(motion.radii_km, 1e-9))).max())
    fact = Escape(body=body.name.title(), share=escape, bound=escape < 1.0, in_orbit=in_orbit)
    grade = Grade.PASS if escape < 1.0 else Grade.FAIL if in_orbit else Grade.NOTE
    return Finding(rule="speed", grade=grade, fact=fact)


def step_at(before: Arc, after: Arc) -> tuple[float, float] | None:
    """Steps in km and km/s between two arcs that touch; None if they do not."""
    if after.start_s - before.stop_s > 1e-6:
        return None
    ends = before.state(np.array([before.stop_s])), after.state(np.array([after.start_s]))
    return _norm(ends[1][0] - ends[0][0]), _norm(ends[1][1] - ends[0][1])


def span_of(segment: OemSegment) -> tuple[Epoch, Epoch]:
    """The stretch for which a segment gives states: useable, and inside its table."""
    return (
        max(segment.useable_from, Epoch(int(segment.epochs_tai_ns[0]))),
        min(segment.useable_to, Epoch(int(segment.epochs_tai_ns[-1]))),
    )
