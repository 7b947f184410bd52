"""One state of an Orbit Parameter Message carried on to an ephemeris: gravity of the centre, its J2, and manoeuvres.

Drag, other bodies and solar pressure are left out, so what comes out is an approximation on the word of whoever asks
for it: at a low orbit of the Earth tens of kilometres a day may be missing. A manoeuvre acts at once, half way through
its duration (CCSDS 502.0-B-3, table 3-3: ignition, duration, and the velocity that it adds).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from nearpass.astro.axes import axes_named
from nearpass.astro.bodies import Body, body_named, equator_from_icrf
from nearpass.astro.epochs import DAY_S, Epoch, TimeSystem
from nearpass.astro.frames import center_name, normalised
from nearpass.astro.local_axes import orbit_axes, rtn_axes, tnw_axes
from nearpass.ephemeris.interpolation import DEFAULT_DEGREE, DEFAULT_METHOD, arc_from_nodes
from nearpass.ephemeris.trajectory import Approximation
from nearpass.errors import FrameError, InputError
from nearpass.messages.manoeuvres import Manoeuvre
from nearpass.messages.oem_like import covariances
from nearpass.messages.oem_records import OemCovariances, OemHeader, OemMessage, OemSegment
from nearpass.messages.opm import OpmMessage
from nearpass.reasons.motions import ByOneState

FloatArray = NDArray[np.float64]

_RELATIVE: Final = 1e-11
_ABSOLUTE: Final = 1e-10  # km and km/s
_LEAST_STEPS: Final = 8
_STEP_S: Final = 60.0
_LEFT_OUT: Final = 0.1  # of J2
_LEAST_LEFT_OUT: Final = 1e-4
MOST_DAYS: Final = 366.0
DEEPEST: Final = 0.9
"""Share of the polar radius below which not even a lander or a crater can be."""


def propagated(message: OpmMessage, *, days: float, step_s: float) -> tuple[OemMessage, float]:
    """An ephemeris from the state of a message, one segment up to each manoeuvre, and its interpolation's error in km.

    Args:
        message: With a state about a body that can be screened around.
        days: How far to go from its epoch.
        step_s: The widest spacing of states.

    Raises:
        FrameError: for a centre or axes that are unknown, with their line.
        InputError: for a motion that falls to the centre.
    """
    body = _body(message)
    try:
        axes = axes_named(message.ref_frame, message.ref_frame_epoch)
    except FrameError as error:
        raise error.at(line=message.lines["REF_FRAME"]) from None
    rotation, rate = (part[0] for part in axes.to_icrf(message.epoch, np.zeros(1)))
    position_km, velocity_km_s = np.array(message.position_km), np.array(message.velocity_km_s)
    state = np.concatenate([rotation @ position_km, rotation @ velocity_km_s + rate @ position_km])
    stop_s = days * DAY_S
    acting = sorted(
        (one for one in message.manoeuvres if 0.0 <= one.instant - message.epoch < stop_s), key=lambda one: one.instant
    )
    segments: list[OemSegment] = []
    error_km, begin_s = 0.0, 0.0
    for one in [*acting, None]:
        end_s = one.instant - message.epoch if one is not None else stop_s
        if end_s > begin_s:
            segment, state, off_km = _stretch(message, body, state, (begin_s, end_s), step_s)
            segments.append(segment)
            error_km = max(error_km, off_km)
        if one is not None:
            state = kicked(one, state)
        begin_s = end_s
    if not acting or acting[0].instant > message.epoch:  # one after a burn says nothing of before it, and the reverse
        segments[0] = replace(segments[0], covariances=_of_state(message, rotation, rate))
    header = OemHeader(
        version="2.0", creation=message.creation, originator=message.originator, classification=None, message_id=None,
        comments=tuple(_comments(message, body, len(acting))),
    )  # fmt: skip
    return OemMessage(header=header, segments=tuple(segments)), error_km


def _of_state(message: OpmMessage, rotation: FloatArray, rate: FloatArray) -> OemCovariances | None:
    """The state's covariance, turned as the state is where it is in the same axes; others are left to what reads it."""
    held = message.covariance
    if held is None or normalised(held.frames[0]) != normalised(message.ref_frame):
        return held
    both = np.block([[rotation, np.zeros((3, 3))], [rate, rotation]])
    return covariances(held.epochs_tai_ns, both @ held.matrices @ both.T, "ICRF", held.frame_lines[held.frames[0]])


def one_state(message: OpmMessage, cutoff: Epoch, until_s: float) -> tuple[OemMessage, Approximation]:
    """A message's motion up to an instant, and how far off it may be by then.

    What is left out is taken for a steady change of the semi-major axis by a tenth of J2, or by one in ten thousand
    where that is more: at Mars the other harmonics are that large, at the Earth drag is. It grows along the track.

    Args:
        message: With a state about a body that can be screened around.
        cutoff: From where on times are counted.
        until_s: How long to go on.

    Raises:
        FrameError: for a centre or axes that are unknown, with their line.
        InputError: for a state that is too old or too late, or a motion that falls to the centre.
    """
    span_s = until_s - (message.epoch - cutoff)
    if not 0.0 < span_s <= MOST_DAYS * DAY_S:
        rule = f"the state must lie before the end of the window, by {MOST_DAYS:.0f} days at most"
        raise InputError(rule, value=f"{message.epoch.iso(digits=0)} UTC", line=message.lines["EPOCH"])
    made, _ = propagated(message, days=span_s / DAY_S, step_s=_STEP_S)
    body = _body(message)
    radius_km, speed_km_s = (math.hypot(*three) for three in (message.position_km, message.velocity_km_s))
    semi_major_km = abs(1.0 / (2.0 / radius_km - speed_km_s**2 / body.gm_km3_s2))
    turned_rad = math.sqrt(body.gm_km3_s2 / semi_major_km**3) * span_s
    error_km = 1.5 * max(_LEFT_OUT * body.j2, _LEAST_LEFT_OUT) * turned_rad * semi_major_km
    how = ByOneState(epoch=message.epoch, days=span_s / DAY_S, burns=max(0, len(made.segments) - 1), error_km=error_km)
    header = replace(made.header, version=message.version, source="OPM")
    since_s = message.epoch - cutoff
    return replace(made, header=header), Approximation(kind="one state", how=how, since_s=since_s, error_km=error_km)


def _body(message: OpmMessage) -> Body:
    try:
        return body_named(normalised(message.center_name))
    except FrameError as error:
        raise error.at(line=message.lines["CENTER_NAME"]) from None


def _comments(message: OpmMessage, body: Body, count: int) -> Iterator[str]:
    yield (
        f"Approximate: propagated from one state at {message.epoch.iso(digits=3)} UTC by the gravity of {body.name} "
        f"and its J2 alone, with {count} of {len(message.manoeuvres)} manoeuvres, each at once"
    )
    yield from message.comments


def _stretch(
    message: OpmMessage, body: Body, state: FloatArray, span_s: tuple[float, float], step_s: float
) -> tuple[OemSegment, FloatArray, float]:
    """States over a stretch without a manoeuvre, the last of them, and the largest error of interpolating them."""
    pole = equator_from_icrf(body, message.epoch)[2]

    def deep(_time_s: float, now: FloatArray) -> float:
        return float(np.linalg.norm(now[:3])) - DEEPEST * body.polar_radius_km

    deep.terminal = True  # type: ignore[attr-defined]  # scipy asks for an attribute of the function
    if not deep(0.0, state) > 0.0:
        raise InputError(f"the state must not lie deep inside {body.name}", line=message.lines["X"])

    def slope(_time_s: float, now: FloatArray) -> FloatArray:
        return np.concatenate([now[3:], _gravity(now[:3], body, pole)])

    count = max(_LEAST_STEPS, int(np.ceil((span_s[1] - span_s[0]) / step_s)))
    epochs_ns = np.rint(np.linspace(span_s[0], span_s[1], count + 1) * 1e9).astype(np.int64)
    offsets_s = epochs_ns / 1e9
    with np.errstate(all="ignore"):
        found = solve_ivp(
            slope, (offsets_s[0], offsets_s[-1]), state, "DOP853", rtol=_RELATIVE, atol=_ABSOLUTE, dense_output=True,
            events=deep,
        )  # fmt: skip
    flown = found.sol
    states = np.asarray(flown(offsets_s)).T if flown is not None else np.full((count + 1, 6), np.nan)
    if flown is None or found.status != 0 or not np.isfinite(states).all():
        rule = f"the motion must not end deep inside {body.name}"
        moment = (message.epoch + float(found.t[-1])).iso(digits=0)
        raise InputError(rule, value=f"{moment} UTC", line=message.lines["X"])
    arc = arc_from_nodes(offsets_s, states[:, :3], states[:, 3:], DEFAULT_METHOD, DEFAULT_DEGREE)
    middles_s = (offsets_s[1:] + offsets_s[:-1]) / 2.0
    off_km = np.linalg.norm(arc.position_km(middles_s) - np.asarray(flown(middles_s)).T[:, :3], axis=1)
    epochs_tai_ns = epochs_ns + message.epoch.tai_ns
    segment = OemSegment(
        object_name=message.object_name, object_id=message.object_id, center_name=center_name(body.naif_id),
        ref_frame="ICRF", ref_frame_epoch=None, time_system=TimeSystem.UTC, start=Epoch(int(epochs_tai_ns[0])),
        stop=Epoch(int(epochs_tai_ns[-1])), useable_start=None, useable_stop=None, interpolation=DEFAULT_METHOD,
        degree=DEFAULT_DEGREE, comments=(), first_line=1, epochs_tai_ns=epochs_tai_ns,
        positions_km=np.ascontiguousarray(states[:, :3]), velocities_km_s=np.ascontiguousarray(states[:, 3:]),
        accelerations_km_s2=None, covariances=None,
    )  # fmt: skip
    return segment, states[-1], float(off_km.max())


def _gravity(position_km: FloatArray, body: Body, pole: FloatArray) -> FloatArray:
    """Acceleration of the central term and of J2 (Vallado 2013, section 8.6.1), about any direction of the pole."""
    radius_km = float(np.linalg.norm(position_km))
    height_km = float(pole @ position_km)
    pull = -body.gm_km3_s2 / radius_km**3
    share = 1.5 * body.j2 * (body.equatorial_radius_km / radius_km) ** 2
    sine_squared = (height_km / radius_km) ** 2
    return np.asarray(
        pull * (position_km * (1.0 + share * (1.0 - 5.0 * sine_squared)) + 2.0 * share * height_km * pole)
    )


def kicked(one: Manoeuvre, state: FloatArray) -> FloatArray:
    """The state right after a manoeuvre."""
    dv_km_s = np.array(one.dv_km_s)
    try:
        local = orbit_axes(one.frame)
        if local is None:
            rotation, _ = (part[0] for part in axes_named(one.frame).to_icrf(one.instant, np.zeros(1)))
            return np.concatenate([state[:3], state[3:] + rotation @ dv_km_s])
    except FrameError as error:
        raise FrameError(f"MAN_REF_FRAME: {error.rule}", value=one.frame, line=one.line) from None
    axes = rtn_axes if local.base == "RTN" else tnw_axes
    to_base = axes(state[None, :3], state[None, 3:])[0]
    return np.concatenate([state[:3], state[3:] + to_base.T @ (local.turn.T @ dv_km_s)])
