"""A delivered motion with burns that it does not hold: what would be flown if they were made.

After the first burn the motion is the delivered one plus a deviation, which obeys the difference of the body's gravity
with J2 at the two places (Encke's method; Battin 1999, section 9.4). The place of the delivered path is not that of the
same time, from which an object that is early or late moves away, but the one beside the object: what else acts (higher
harmonics, drag) is taken as it was there, so that only its change across the path is left out. A burn acts at once. The
delivered covariances stay what they are in the axes of the path, without an error of the burn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicHermiteSpline

from nearpass.astro.bodies import Body, body_named, equator_from_icrf
from nearpass.astro.gravity import gravity_km_s2
from nearpass.astro.local_axes import rtn_axes
from nearpass.ephemeris.covariance import covariance_at
from nearpass.ephemeris.interpolation import arc_from_nodes, cut
from nearpass.ephemeris.propagated import DEEPEST, kicked
from nearpass.ephemeris.trajectory import ROUNDING_S, Arc, CovarianceTable, Proof, Trajectory
from nearpass.errors import InputError
from nearpass.messages.manoeuvres import Manoeuvre

FloatArray = NDArray[np.float64]

STEP_RAD: Final = 0.05
"""Spacing of the new motion's nodes along the orbit; Hermite's polynomials through them are exact to millimetres."""
PATH_PARTS: Final = 5
"""Of each step, for the path about which the deviation is integrated: decimetres of it count, after a week."""
CATCHING_UP_S: Final = 600.0
"""In such a time the place on the delivered path comes beside the object, where it is not so from the start."""
_PARTS: Final = (slice(0, 3), slice(3, 6))
_WIDEST_S: Final = 600.0
_RELATIVE: Final = 1e-10
_ABSOLUTE: Final = 1e-9  # km and km/s, of the deviation


def burned(delivered: Trajectory, manoeuvres: Sequence[Manoeuvre]) -> Trajectory:
    """The motion with burns, up to the first gap after them or to its end.

    Args:
        delivered: The motion without them.
        manoeuvres: In any order, each within the motion.

    Raises:
        InputError: for a burn outside the motion, or for one after which it ends deep inside the body.
        FrameError: for axes of a burn that are unknown.
    """
    body = body_named(delivered.frame.center)
    pole = equator_from_icrf(body, delivered.epoch)[2]
    waiting = sorted(manoeuvres, key=lambda one: one.instant)
    for one in waiting:
        if not delivered.covers(np.array([one.instant - delivered.epoch])).all():
            covered = ", ".join(
                f"{(delivered.epoch + start_s).iso(digits=0)} to {(delivered.epoch + stop_s).iso(digits=0)}"
                for start_s, stop_s in delivered.spans_s
            )
            rule = f"a burn must be made while the ephemeris says where {delivered.object_id} is: {covered}"
            raise InputError(rule, value=f"{one.instant.iso(digits=0)} UTC")
    first_s = waiting[0].instant - delivered.epoch
    arcs = [_before(arc, first_s) for arc in delivered.arcs if arc.start_s < first_s]
    deviation, until_s = np.zeros(6), first_s
    for arc in delivered.arcs:
        if arc.stop_s <= first_s:
            continue
        start_s = max(arc.start_s, first_s)
        if start_s - until_s > ROUNDING_S:
            break  # what happened in the gap is not known
        while start_s < arc.stop_s:
            while waiting and waiting[0].instant - delivered.epoch <= start_s + ROUNDING_S:
                deviation = _after(waiting.pop(0), arc, start_s, deviation)
            stop_s = min(arc.stop_s, waiting[0].instant - delivered.epoch) if waiting else arc.stop_s
            part, deviation = _stretch(arc, (start_s, stop_s), deviation, body, pole, delivered)
            arcs.append(part)
            start_s = until_s = stop_s
    return replace(delivered, arcs=tuple(arcs), proof=Proof.SAMPLED)


def _before(arc: Arc, until_s: float) -> Arc:
    """An arc up to an instant, with covariances that still know the motion beyond it."""
    part = cut(arc, arc.start_s, min(arc.stop_s, until_s))
    table = arc.covariances
    return replace(part, covariances=replace(table, motion=table.motion or arc)) if table is not None else part


def _after(one: Manoeuvre, arc: Arc, at_s: float, deviation: FloatArray) -> FloatArray:
    """The deviation right after a burn in the axes of the path that is flown."""
    state = np.concatenate([part[0] for part in arc.state(np.array([at_s]))])
    return np.asarray(kicked(one, state + deviation) - state)


def _stretch(
    arc: Arc,
    span_s: tuple[float, float],
    deviation: FloatArray,
    body: Body,
    pole: FloatArray,
    delivered: Trajectory,
) -> tuple[Arc, FloatArray]:
    """The motion over a stretch of one arc without a burn, and the deviation at its end."""
    times_s = _nodes_s(arc, span_s, body)
    finer_s = np.interp(np.arange((len(times_s) - 1) * PATH_PARTS + 1) / PATH_PARTS, np.arange(len(times_s)), times_s)
    path = CubicHermiteSpline(finer_s, *arc.state(finer_s))

    def deep(at_s: float, now: FloatArray) -> float:
        return float(np.linalg.norm(path(min(at_s + now[6], span_s[1])) + now[:3])) - DEEPEST * body.polar_radius_km

    deep.terminal = True  # type: ignore[attr-defined]  # scipy asks for an attribute of the function

    def slope(at_s: float, now: FloatArray) -> FloatArray:
        """Of the deviation in position and velocity from the path at ``at_s + lead_s``, and of that lead.

        The object is beside its place on the path where the deviation d is across the path's velocity v. With u the
        difference of both velocities and a the acceleration at the place, d . v changes by
        u . v + d . a - lead' (v . v - d . a): the lead changes so that d . v falls to nothing in ``CATCHING_UP_S``.
        At the end of the stretch the place waits.
        """
        deviation_km, deviation_km_s, lead_s = now[:3], now[3:6], now[6]
        waits = at_s + lead_s >= span_s[1]
        place_s = span_s[1] if waits else at_s + lead_s
        place_km, place_km_s = path(place_s), path(place_s, 1)
        own_km_s2, place_km_s2 = gravity_km_s2(np.stack([place_km + deviation_km, place_km]), body, pole)
        along = deviation_km_s @ place_km_s + deviation_km @ place_km_s2 + deviation_km @ place_km_s / CATCHING_UP_S
        lead_rate = -1.0 if waits else along / (place_km_s @ place_km_s - deviation_km @ place_km_s2)
        moved_km_s = deviation_km_s - lead_rate * place_km_s
        return np.concatenate([moved_km_s, own_km_s2 - (1.0 + lead_rate) * place_km_s2, [lead_rate]])

    with np.errstate(all="ignore"):
        found = solve_ivp(
            slope, (times_s[0], times_s[-1]), [*deviation, 0.0], "DOP853", t_eval=times_s, rtol=_RELATIVE,
            atol=_ABSOLUTE, events=deep,
        )  # fmt: skip
    if found.status != 0 or not np.isfinite(found.y).all():
        moment = (delivered.epoch + float(found.t[-1] if len(found.t) else times_s[0])).iso(digits=0)
        raise InputError(f"the burn must not bring the motion deep inside {body.name}", value=f"{moment} UTC")
    beside_s = np.clip(times_s + found.y[6], *span_s)
    position_km, velocity_km_s = (one + found.y[rows].T for one, rows in zip(arc.state(beside_s), _PARTS, strict=True))
    made = arc_from_nodes(times_s, position_km, velocity_km_s, "HERMITE", 7)
    end = np.concatenate([one[-1] for one in (position_km, velocity_km_s)])
    left = end - np.concatenate([one[0] for one in arc.state(times_s[-1:])])
    return replace(made, covariances=_covariances(arc, span_s, made, body, pole)), left


def _nodes_s(arc: Arc, span_s: tuple[float, float], body: Body) -> FloatArray:
    """Instants closer together where the motion is fast."""
    fine_s = np.linspace(*span_s, 2 + int((span_s[1] - span_s[0]) / 60.0))
    rate_rad_s = np.sqrt(body.gm_km3_s2 / np.linalg.norm(arc.position_km(fine_s), axis=1) ** 3)
    count = np.maximum(np.maximum(rate_rad_s[1:], rate_rad_s[:-1]) / STEP_RAD, 1.0 / _WIDEST_S) * np.diff(fine_s)
    sums = np.concatenate([[0.0], np.cumsum(count)])
    nodes = np.interp(np.linspace(0.0, sums[-1], 9 + int(sums[-1])), sums, fine_s)
    nodes[0], nodes[-1] = span_s
    return np.asarray(nodes)


def _covariances(
    arc: Arc, span_s: tuple[float, float], made: Arc, body: Body, pole: FloatArray
) -> CovarianceTable | None:
    """The delivered covariances of a stretch, turned from the axes of the delivered path to those of the new one."""
    if arc.covariances is None:
        return None
    inside_s = arc.covariances.offsets_s
    inside_s = inside_s[(inside_s > span_s[0]) & (inside_s < span_s[1])]
    offsets_s, matrices = [], []
    for at_s in (span_s[0], *inside_s.tolist(), span_s[1]):
        matrix, _ = covariance_at(arc, at_s, body, pole)
        if matrix is not None:
            before, after = (rtn_axes(*path.state(np.array([at_s])))[0] for path in (arc, made))
            turn = np.kron(np.eye(2), after.T @ before)
            offsets_s.append(at_s)
            matrices.append(turn @ matrix @ turn.T)
    return CovarianceTable(offsets_s=np.array(offsets_s), matrices=np.array(matrices)) if offsets_s else None
