"""What the states themselves say: spacing, interpolation, velocities, joints, and whether such a motion can be.

Everything here is the same in any axes that do not rotate, so segments are judged as they were delivered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from nearpass.astro.bodies import BODIES, Body
from nearpass.astro.epochs import NS, Epoch
from nearpass.astro.frames import CENTER_AT_BARYCENTER, center_id
from nearpass.ephemeris.interpolation import arc_from_nodes, window_size
from nearpass.ephemeris.lint_finding import Finding, Grade, count_text, duration_text, graded, length_text, speed_text
from nearpass.ephemeris.trajectory import Arc, clenshaw
from nearpass.errors import FrameError
from nearpass.messages.oem_records import FloatArray, OemSegment

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
    measure = "true anomaly"
    if period_s is not None and widest_s / period_s < share:
        share, measure = widest_s / period_s, "time"
    grade = graded(share, ABOUT * ORBIT_SHARE, COARSEST_SHARE)
    asked = "about 1/100 is asked for"
    words = f"Points at most {duration_text(widest_s)} apart, {share:.4f} of an orbit in {measure}; {asked}."
    return Finding(rule="spacing", grade=grade, value=f"1/{1.0 / share:.0f} orbit" if share else "", words=words)


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
    value = ", ".join(named) or "none named"
    if short:
        few = min(len(segment.epochs_tai_ns) for segment in short)
        words = (
            f"{count_text(len(short), 'segment')} with fewer states than the degree needs (the shortest has {few}): "
            "the degree is reduced there."
        )
        return Finding(rule="degree", grade=Grade.NOTE, value=value, words=words)
    if unnamed:
        words = "No interpolation method is named: Hermite of degree 7 is assumed."
        return Finding(rule="degree", grade=Grade.NOTE, value=value, words=words)
    words = "A method and a degree are named, and every segment has the states for it."
    return Finding(rule="degree", grade=Grade.PASS, value=value, words=words)


def interpolation(segments: Sequence[OemSegment]) -> Finding:
    """The largest distance between left-out states and what the others interpolate there, away from the ends.

    Every other state is left out, so the spacing is twice the delivered one, and the error shown is larger than that
    of the ephemeris in use: by 2**(degree + 1) where the states are smooth.
    """
    errors_km = [error_km for segment in segments if (error_km := left_out_error_km(segment)) is not None]
    worst_km = max(errors_km, default=None)
    if worst_km is None:
        words = "Too few states to leave out every other one and compare."
        return Finding(rule="interpolation", grade=Grade.NOTE, value="", words=words)
    grade = graded(worst_km, INTERPOLATION_PASS_KM, INTERPOLATION_NOTE_KM)
    words = f"With every other state left out, the others give it back to {length_text(worst_km)}."
    return Finding(rule="interpolation", grade=grade, value=length_text(worst_km), words=words)


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
        words = "Too few states to derive velocities from positions."
        return Finding(rule="velocity", grade=Grade.NOTE, value="", words=words)
    if worst_km_s <= VELOCITY_PASS_KM_S < doubt_km_s:
        words = f"Points too far apart to tell better than to {speed_text(doubt_km_s)}."
        return Finding(rule="velocity", grade=Grade.NOTE, value="", words=words)
    grade = graded(worst_km_s, VELOCITY_PASS_KM_S, VELOCITY_NOTE_KM_S)
    value = speed_text(max(worst_km_s, 0.0))
    words = f"Velocities and the rates of change of the positions differ by at most {value}."
    return Finding(rule="velocity", grade=grade, value=value, words=words)


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
    """The same of steps (km, km/s) between neighbours of ``part_count`` parts."""
    if part_count == 1:
        return Finding(rule="joints", grade=Grade.PASS, value="none", words="One segment without a break.")
    if not steps:
        words = f"{count_text(part_count, 'segment')}; no two of them meet in an instant that both hold."
        return Finding(rule="joints", grade=Grade.PASS, value="none", words=words)
    jump_km, jump_km_s = max(step[0] for step in steps), max(step[1] for step in steps)
    grade = Grade.PASS if jump_km <= JOINT_NOTE_KM else Grade.NOTE
    words = (
        f"{count_text(len(steps), 'joint')} between segments; the velocity changes by up to {speed_text(jump_km_s)}, "
        f"the position by up to {length_text(jump_km)}" + ("." if grade is Grade.PASS else ", which no manoeuvre does.")
    )
    return Finding(rule="joints", grade=grade, value=speed_text(jump_km_s), words=words)


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
            value = f"{lowest_km:,.1f} km"
            words = f"A state lies inside {center.name.title()}, on which the file centres it: the wrong centre?"
            return Finding(rule="centre", grade=Grade.FAIL, value=value, words=words)
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
        words = f"Not centred on {body.name.title()}: the states are not compared with its size and gravity."
        return (Finding(rule="states", grade=Grade.NOTE, value="", words=words),)
    found = [_altitude(motion, body), _gravity(motion, body), _energy(motion, body, in_orbit=in_orbit)]
    return tuple(finding for finding in found if finding is not None)


def _altitude(motion: Motion, body: Body) -> Finding:
    altitude_km = float(motion.radii_km.min()) - body.equatorial_radius_km
    value = f"{altitude_km:,.1f} km"
    if float(motion.radii_km.min()) < body.polar_radius_km:
        words = f"The lowest state lies below the surface of {body.name.title()}."
        return Finding(rule="altitude", grade=Grade.FAIL, value=value, words=words)
    words = f"The lowest state, {value} above the equatorial radius, lies outside {body.name.title()}."
    return Finding(rule="altitude", grade=Grade.PASS, value=value, words=words)


def _gravity(motion: Motion, body: Body) -> Finding | None:
    """The GM that the curvature of the path needs, against the body's."""
    if not len(motion.gm_km3_s2):
        return None
    ratio = float(np.median(motion.gm_km3_s2)) / body.gm_km3_s2
    name = body.name.title()
    value = f"{ratio:.3g} times"
    if abs(ratio - 1.0) <= _NEAR:
        words = f"The path curves as the gravity of {name} demands."
        return Finding(rule="gravity", grade=Grade.PASS, value=value, words=words)
    if 1.0 / _FACTOR <= ratio <= _FACTOR:
        words = f"The path curves by {value} what the gravity of {name} alone demands: far from it, or thrusting?"
        return Finding(rule="gravity", grade=Grade.NOTE, value=value, words=words)
    if 1.0 / _UNIT_FACTOR <= ratio / _METRES <= _UNIT_FACTOR:
        words = "The path curves as if metres were given for kilometres."
        return Finding(rule="gravity", grade=Grade.FAIL, value=value, words=words)
    other = next((b for b in BODIES.values() if abs(ratio * body.gm_km3_s2 / b.gm_km3_s2 - 1.0) <= _NEAR), None)
    if other is not None:
        words = f"The path curves as the gravity of {other.name.title()} demands, not that of {name}."
    else:
        words = f"The path curves by {value} what the gravity of {name} demands: wrong units, centre or axes?"
    return Finding(rule="gravity", grade=Grade.FAIL, value=value, words=words)


def _energy(motion: Motion, body: Body, *, in_orbit: bool) -> Finding:
    escape = float((motion.speeds_km_s / np.sqrt(2.0 * body.gm_km3_s2 / np.maximum(motion.radii_km, 1e-9))).max())
    value = f"{escape:.3g} of escape speed"
    if escape < 1.0:
        words = f"Every state is bound to {body.name.title()}."
        return Finding(rule="speed", grade=Grade.PASS, value=value, words=words)
    words = f"Some state is as fast as needed to leave {body.name.title()}"
    if in_orbit:
        return Finding(rule="speed", grade=Grade.FAIL, value=value, words=f"{words}, although an orbit is claimed.")
    return Finding(rule="speed", grade=Grade.NOTE, value=value, words=f"{words}: a fly-by, or a wrong state.")


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
