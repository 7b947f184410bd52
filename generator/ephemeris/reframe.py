"""Messages in axes that change with time, or in axes that only their originator can define, brought to fixed ones.

What reads an ephemeris interpolates, differentiates and grades states in axes that stand still. States in axes of date
or in rotating axes are therefore turned to ICRF axes at their nodes as soon as they are read, with their velocities and
covariances; the interpolation that the message asks for is then carried out on the turned nodes.

Covariances in axes that move with the orbit are brought to RTN or TNW, the two that the rest knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from nearpass.astro.axes import Axes, axes_named
from nearpass.astro.epochs import NS, Epoch
from nearpass.astro.frames import center_id, normalised
from nearpass.astro.local_axes import OTHER_NAMES, PLAIN_NAMES, OrbitAxes, orbit_axes
from nearpass.ephemeris.interpolation import arc_from_nodes
from nearpass.errors import FrameError
from nearpass.messages.oem_records import FloatArray, IntArray, OemCovariances, OemMessage, OemSegment

_SLOPE_S: Final = 0.5  # the acceleration of an orbit changes by 1e-3 a second at most


@np.errstate(all="ignore")  # absurd numbers overflow, and are then refused as such
def in_fixed_axes(message: OemMessage, meanings: Mapping[str, str] | None = None) -> OemMessage:
    """The message with every segment in axes that do not change with time; a segment in such axes is left as it is.

    Args:
        message: What was read.
        meanings: What names of axes in it mean, by name: ``{"MCI": "MARS EQUATOR J2000"}``.

    Raises:
        FrameError: for axes or a centre that are unknown or not defined well enough, with the line of the segment.

    """
    known = {normalised(name): meaning for name, meaning in (meanings or {}).items()}
    notes = list(message.notes)
    segments = tuple(_segment(segment, known, notes) for segment in message.segments)
    return replace(message, segments=segments, notes=tuple(dict.fromkeys(notes)))


def _segment(segment: OemSegment, meanings: Mapping[str, str], notes: list[str]) -> OemSegment:
    try:
        center_id(segment.center_name)
    except FrameError as error:
        raise error.at(line=segment.line_of("CENTER_NAME")) from None
    try:
        fixed = _fixed(segment, meanings)
    except FrameError as error:
        raise error.at(line=segment.line_of("REF_FRAME")) from None
    if fixed.covariances is None:
        return fixed
    return replace(fixed, covariances=_covariances(segment, fixed, fixed.covariances, meanings, notes))


def _fixed(segment: OemSegment, meanings: Mapping[str, str]) -> OemSegment:
    """The segment with its states in fixed axes, and its covariances as they were."""
    ref_frame = meanings.get(normalised(segment.ref_frame), segment.ref_frame)
    axes = axes_named(ref_frame, segment.ref_frame_epoch)
    if axes.fixed and segment.ref_frame_epoch is None:
        return replace(segment, ref_frame=ref_frame)
    since, offsets_s = _clock(segment.epochs_tai_ns)
    rotation, rate = axes.to_icrf(since, offsets_s)
    return replace(
        segment,
        ref_frame="ICRF",
        ref_frame_epoch=None,
        positions_km=np.einsum("nij,nj->ni", rotation, segment.positions_km),
        velocities_km_s=np.einsum("nij,nj->ni", rotation, segment.velocities_km_s)
        + np.einsum("nij,nj->ni", rate, segment.positions_km),
        accelerations_km_s2=None,  # nothing reads them, and in rotating axes they are not those of the motion
    )


def _covariances(
    segment: OemSegment, fixed: OemSegment, held: OemCovariances, meanings: Mapping[str, str], notes: list[str]
) -> OemCovariances:
    """Covariances in fixed axes, RTN or TNW alone; ``segment`` is what was delivered, ``fixed`` has fixed axes."""
    matrices, frames = held.matrices.copy(), list(held.frames)
    for name in dict.fromkeys(held.frames):
        rows = np.array([frame == name for frame in held.frames])
        meant = meanings.get(normalised(name), name)
        local, axes = _axes_of(name, meant, held, segment)
        if local is not None:
            if meant.upper() not in PLAIN_NAMES or meant != name:
                notes.append(_reading(name, local))
            matrices[rows] = _in_base(local, matrices[rows], held.epochs_tai_ns[rows], fixed)
            meant = meant if meant.upper() in PLAIN_NAMES else local.base
        elif axes is not None and (not axes.fixed or segment.ref_frame_epoch is not None):
            since, offsets_s = _clock(held.epochs_tai_ns[rows])
            matrices[rows] = _turned(matrices[rows], *axes.to_icrf(since, offsets_s))
            meant = "ICRF"
        frames = [meant if row else frame for row, frame in zip(rows, frames, strict=True)]
    return replace(held, matrices=matrices, frames=tuple(frames))


def _axes_of(
    name: str, meant: str, held: OemCovariances, segment: OemSegment
) -> tuple[OrbitAxes, None] | tuple[None, Axes]:
    """The axes of covariances: those that move with the orbit, else any others.

    Raises:
        FrameError: for axes that are neither, at the line that names them.
    """
    reason = ""
    try:
        if (local := orbit_axes(meant)) is not None:
            return local, None
    except FrameError as error:
        reason = f"; {error.rule}"
    try:
        if not reason:
            return None, axes_named(meant, segment.ref_frame_epoch)
    except FrameError:
        pass
    known = ", ".join((*PLAIN_NAMES, *OTHER_NAMES))
    rule = f"COV_REF_FRAME must be one of {known}, or axes of which REF_FRAME may be one{reason}"
    raise FrameError(rule, value=name, line=held.frame_lines.get(name, segment.first_line))


def _reading(name: str, local: OrbitAxes) -> str:
    """How covariances in axes of another name than the standard's were read."""
    words = f"COV_REF_FRAME {name} is read as {local.base}"
    if not np.array_equal(local.turn, np.eye(3)):
        words += " with its axes in another order"
    return words + (", its velocities relative to the turning axes" if local.rotating else "")


def _in_base(local: OrbitAxes, matrices: FloatArray, epochs_tai_ns: IntArray, segment: OemSegment) -> FloatArray:
    """Covariances ``(N, 6, 6)`` in RTN or TNW, of velocities in inertial space."""
    turned = local.in_base(matrices)
    if not local.rotating or len(segment.epochs_tai_ns) < 2:  # a single state is no motion: nothing uses it
        return turned
    rates = np.zeros((len(turned), 3, 3))
    with np.errstate(all="ignore"):
        rate_rad_s = _rates_rad_s(local, epochs_tai_ns, segment)
    if not np.isfinite(rate_rad_s).all():
        raise FrameError("turning axes need a position and a velocity that are not parallel", line=segment.first_line)
    rates[:, 0, 1], rates[:, 1, 0] = -rate_rad_s, rate_rad_s  # w x r, with w along the momentum
    identity = np.broadcast_to(np.eye(3), rates.shape)
    return _turned(turned, identity, rates)


def _rates_rad_s(local: OrbitAxes, epochs_tai_ns: IntArray, segment: OemSegment) -> FloatArray:
    """How fast the axes turn about the orbital momentum at some epochs, ``(N,)``.

    RTN turns with the position, by ``|r x v| / r**2``; TNW with the velocity, by ``|v x a| / v**2``.
    """
    since, nodes_s = _clock(segment.epochs_tai_ns)
    arc = arc_from_nodes(nodes_s, segment.positions_km, segment.velocities_km_s, segment.interpolation, segment.degree)
    offsets_s = np.clip((epochs_tai_ns - since.tai_ns) / NS, arc.start_s, arc.stop_s)
    position_km, velocity_km_s = arc.state(offsets_s)
    momentum = np.cross(position_km, velocity_km_s)
    if local.base == "RTN":
        return np.asarray(np.linalg.norm(momentum, axis=1) / np.einsum("ni,ni->n", position_km, position_km))
    before_s, after_s = np.maximum(offsets_s - _SLOPE_S, arc.start_s), np.minimum(offsets_s + _SLOPE_S, arc.stop_s)
    acceleration = (arc.state(after_s)[1] - arc.state(before_s)[1]) / (after_s - before_s)[:, None]
    along = np.einsum("ni,ni->n", np.cross(velocity_km_s, acceleration), momentum)
    square = np.einsum("ni,ni->n", velocity_km_s, velocity_km_s)
    return np.asarray(along / (np.linalg.norm(momentum, axis=1) * square))


def _turned(matrices: FloatArray, rotation: FloatArray, rate: FloatArray) -> FloatArray:
    """Covariances ``(N, 6, 6)`` of position and velocity after ``r = R r'``, ``v = R v' + R' r'``."""
    both = np.zeros_like(matrices)
    both[:, :3, :3] = both[:, 3:, 3:] = rotation
    both[:, 3:, :3] = rate
    return np.asarray(both @ matrices @ np.swapaxes(both, 1, 2))


def _clock(epochs_tai_ns: IntArray) -> tuple[Epoch, FloatArray]:
    """A first epoch and the offsets of all of them from it, ``(N,)``."""
    since = Epoch(int(epochs_tai_ns[0]))
    return since, np.asarray((epochs_tai_ns - since.tai_ns) / NS)
