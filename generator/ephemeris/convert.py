"""From one form of an ephemeris to another, with the largest error that this makes.

KVN and XML hold the same numbers, each written with the digits that determine it, so nothing is lost between them;
what is written is read again and compared all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from nearpass.astro.epochs import Epoch, TimeSystem
from nearpass.ephemeris.interpolation import DEFAULT_DEGREE, DEFAULT_METHOD, arc_from_nodes
from nearpass.ephemeris.trajectory import Arc, Trajectory
from nearpass.errors import InputError
from nearpass.messages.compression import decompressed
from nearpass.messages.oem import parse_oem
from nearpass.messages.oem_records import FloatArray, OemHeader, OemMessage, OemSegment
from nearpass.messages.oem_write import write_oem

Notation = Literal["kvn", "xml"]

_LEAST_STEPS: Final = 8  # Hermite of degree 7 wants four states; twice that leaves no end without neighbours


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What was written, and the largest distances in position and velocity between it and its source."""

    content: bytes
    error_km: float
    error_km_s: float


def convert(data: bytes, file: str, notation: Notation, created: Epoch | None = None) -> Converted:
    """An OEM, compressed or not, in the other notation (or the same, tidied), with another creation if one is given.

    Raises:
        InputError: if the message breaks a rule.

    """
    message = parse_oem(decompressed(data, file), file)
    if created is not None:
        message = replace(message, header=replace(message.header, creation=created))
    content = write_oem(message, notation).encode()
    again = parse_oem(content, file)
    pairs = list(zip(message.segments, again.segments, strict=True))
    if any(not np.array_equal(ours.epochs_tai_ns, theirs.epochs_tai_ns) for ours, theirs in pairs):
        raise InputError("a converted message must keep its epochs", file=file)
    return Converted(
        content=content,
        error_km=max(_largest(ours.positions_km - theirs.positions_km) for ours, theirs in pairs),
        error_km_s=max(_largest(ours.velocities_km_s - theirs.velocities_km_s) for ours, theirs in pairs),
    )


def _largest(differences: FloatArray) -> float:
    return float(np.linalg.norm(differences, axis=1).max())


def message_from_trajectory(
    trajectory: Trajectory,
    *,
    object_name: str,
    object_id: str,
    center_name: str,
    originator: str,
    creation: Epoch,
    step_s: float,
) -> tuple[OemMessage, float]:
    """An OEM of states sampled from a trajectory, one segment an arc, and the largest error in km between them.

    The error is that of the segments' own interpolation against the trajectory in the middle of every interval, with
    the trajectory's own error added.

    Args:
        trajectory: What to sample, in ICRF axes.
        object_name: OBJECT_NAME of the message.
        object_id: OBJECT_ID.
        center_name: CENTER_NAME, the centre of the trajectory.
        originator: ORIGINATOR.
        creation: CREATION_DATE.
        step_s: The widest spacing of states; each arc is divided evenly.

    Raises:
        InputError: for a trajectory without arcs.

    """
    if not trajectory.arcs:
        raise InputError("there must be an ephemeris to convert", value="no arcs", object_id=object_id)
    header = OemHeader(
        version="2.0", creation=creation, originator=originator, classification=None, message_id=None, comments=()
    )
    error_km = 0.0
    segments: list[OemSegment] = []
    for arc in trajectory.arcs:
        segment, arc_error_km = _sampled(arc, trajectory.epoch, step_s)
        segments.append(replace(segment, object_name=object_name, object_id=object_id, center_name=center_name))
        error_km = max(error_km, arc_error_km)
    return OemMessage(header=header, segments=tuple(segments)), error_km


def _sampled(arc: Arc, epoch: Epoch, step_s: float) -> tuple[OemSegment, float]:
    """States of an arc at whole nanoseconds, as a segment without names, and its error in km."""
    steps = max(_LEAST_STEPS, int(np.ceil((arc.stop_s - arc.start_s) / step_s)))
    first_ns, last_ns = np.ceil(arc.start_s * 1e9), np.floor(arc.stop_s * 1e9)
    epochs_ns = np.linspace(first_ns, last_ns, steps + 1).astype(np.int64) + epoch.tai_ns
    offsets_s = (epochs_ns - epoch.tai_ns) / 1e9
    position_km, velocity_km_s = arc.state(offsets_s)
    written = arc_from_nodes(offsets_s, position_km, velocity_km_s, DEFAULT_METHOD, DEFAULT_DEGREE)
    middles_s = (offsets_s[1:] + offsets_s[:-1]) / 2.0
    error_km = _largest(written.position_km(middles_s) - arc.position_km(middles_s)) + arc.error_km
    segment = OemSegment(
        object_name="",
        object_id="",
        center_name="",
        ref_frame="ICRF",
        ref_frame_epoch=None,
        time_system=TimeSystem.TDB,
        start=Epoch(int(epochs_ns[0])),
        stop=Epoch(int(epochs_ns[-1])),
        useable_start=None,
        useable_stop=None,
        interpolation=DEFAULT_METHOD,
        degree=DEFAULT_DEGREE,
        comments=(),
        first_line=1,
        epochs_tai_ns=epochs_ns,
        positions_km=position_km,
        velocities_km_s=velocity_km_s,
        accelerations_km_s2=None,
        covariances=None,
    )
    return segment, error_km
