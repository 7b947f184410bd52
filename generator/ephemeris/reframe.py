"""Messages in axes that change with time, or in axes that only their originator can define, brought to fixed ones.

What reads an ephemeris interpolates, differentiates and grades states in axes that stand still. States in axes of date
or in rotating axes are therefore turned to ICRF axes at their nodes as soon as they are read, with their velocities and
covariances; the interpolation that the message asks for is then carried out on the turned nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from nearpass.astro.axes import axes_named
from nearpass.astro.epochs import NS, Epoch
from nearpass.astro.frames import center_id, normalised
from nearpass.errors import FrameError
from nearpass.messages.oem_records import FloatArray, IntArray, OemCovariances, OemMessage, OemSegment

_LOCAL: frozenset[str] = frozenset({"RTN", "RSW", "TNW"})


def in_fixed_axes(message: OemMessage, meanings: Mapping[str, str] | None = None) -> OemMessage:
    """The message with every segment in axes that do not change with time; a segment in such axes is left as it is.

    Args:
        message: What was read.
        meanings: What names of axes in it mean, by name: ``{"MCI": "MARS EQUATOR J2000"}``.

    Raises:
        FrameError: for axes or a centre that are unknown or not defined well enough, with the line of the segment.

    """
    known = {normalised(name): meaning for name, meaning in (meanings or {}).items()}
    return replace(message, segments=tuple(_segment(segment, known) for segment in message.segments))


def _segment(segment: OemSegment, meanings: Mapping[str, str]) -> OemSegment:
    try:
        center_id(segment.center_name)
        return _fixed(segment, meanings)
    except FrameError as error:
        raise error.at(line=segment.first_line) from None


def _fixed(segment: OemSegment, meanings: Mapping[str, str]) -> OemSegment:
    ref_frame = meanings.get(normalised(segment.ref_frame), segment.ref_frame)
    axes = axes_named(ref_frame, segment.ref_frame_epoch)
    covariances = _covariances(segment, meanings) if segment.covariances is not None else None
    if axes.fixed and segment.ref_frame_epoch is None:
        return replace(segment, ref_frame=ref_frame, covariances=covariances)
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
        covariances=covariances,
    )


def _covariances(segment: OemSegment, meanings: Mapping[str, str]) -> OemCovariances | None:
    """Covariances with none left in axes that change with time; those in local orbital axes stay as they are."""
    held = segment.covariances
    if held is None:
        return None
    matrices, frames = held.matrices.copy(), list(held.frames)
    for name in dict.fromkeys(held.frames):
        rows = np.array([frame == name for frame in held.frames])
        meant = meanings.get(normalised(name), name)
        if name.upper() not in _LOCAL:
            axes = axes_named(meant, segment.ref_frame_epoch)
            if not axes.fixed or segment.ref_frame_epoch is not None:
                since, offsets_s = _clock(held.epochs_tai_ns[rows])
                matrices[rows] = _turned(matrices[rows], *axes.to_icrf(since, offsets_s))
                meant = "ICRF"
        frames = [meant if row else frame for row, frame in zip(rows, frames, strict=True)]
    return replace(held, matrices=matrices, frames=tuple(frames))


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
