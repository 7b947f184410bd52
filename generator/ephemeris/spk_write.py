"""OEM as SPK: type 13 for Hermite, type 9 for Lagrange interpolation, one SPK segment for each of the message.

CSPICE interpolates the same nodes by the same method, so what differs is rounding: of epochs to a double of TDB
seconds, and, where a window holds an odd number of nodes, CSPICE's other choice of them (see
:mod:`nearpass.ephemeris.interpolation`). The written kernel is evaluated at and between its nodes and compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import spiceypy as spice

from nearpass.astro.epochs import NS, Epoch, tdb_s
from nearpass.astro.frames import center_id, icrf_from_axes
from nearpass.astro.kernel_files import openable
from nearpass.ephemeris.interpolation import arc_from_nodes, window_size
from nearpass.ephemeris.reframe import in_fixed_axes
from nearpass.ephemeris.spice_child import in_child
from nearpass.ephemeris.spk_comment import comments_of
from nearpass.errors import InputError
from nearpass.messages.oem_records import FloatArray, OemMessage, OemSegment

_MOST_NAME: Final = 40  # characters of a segment's name
_HERMITE: Final = 13
_LAGRANGE: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Piece:
    """One segment as CSPICE wants it: ``times_s`` ``(N,)`` in TDB seconds past J2000, ``states`` ``(N, 6)`` in ICRF.

    ``probes_s`` ``(P,)`` and ``truth_km`` ``(P, 3)`` are what the kernel has to give back.
    """

    name: str
    center: int
    data_type: int
    degree: int
    span_s: tuple[float, float]
    times_s: FloatArray
    states: FloatArray
    probes_s: FloatArray
    truth_km: FloatArray


def write_spk(message: OemMessage, path: Path, *, target: int, time_limit_s: float = 120.0) -> float:
    """Write a message as a kernel and return the largest distance between the two in km.

    Args:
        message: What to write; covariances, accelerations and segments of one instant have no place in a kernel.
        path: A file that does not exist yet.
        target: NAIF number of the object.
        time_limit_s: How long the writing may take.

    Raises:
        InputError: if no segment has two states, and if CSPICE refuses to write.
        FrameError: for axes or a centre without a NAIF equivalent.

    """
    segments = in_fixed_axes(message).segments
    moving = [segment for segment in segments if len(segment.epochs_tai_ns) > 1] or segments
    pieces = tuple(_piece(segment) for segment in moving)
    with openable([path]) as (name,):
        arguments = (pieces, comments_of(message), name, target)
        return in_child(_written, arguments, time_limit_s, (str(path),), target)


def _piece(segment: OemSegment) -> _Piece:
    window, hermite = window_size(segment.interpolation, segment.degree, len(segment.epochs_tai_ns))
    since = Epoch(int(segment.epochs_tai_ns[0]))
    offsets_s = (segment.epochs_tai_ns - since.tai_ns) / NS
    to_icrf = icrf_from_axes(segment.ref_frame)
    position_km, velocity_km_s = segment.positions_km @ to_icrf.T, segment.velocities_km_s @ to_icrf.T
    span_s = (
        max(segment.useable_from - since, float(offsets_s[0])),
        min(segment.useable_to - since, float(offsets_s[-1])),
    )
    if span_s[0] >= span_s[1]:
        raise InputError("a segment must give states for some stretch of time", line=segment.first_line)
    arc = arc_from_nodes(offsets_s, position_km, velocity_km_s, segment.interpolation, segment.degree, span_s)
    probes_s = np.sort(np.concatenate([arc.knots_s, (arc.knots_s[1:] + arc.knots_s[:-1]) / 2.0]))
    name = f"{segment.object_name} {segment.object_id}".encode("ascii", errors="replace").decode()
    return _Piece(
        name="".join(letter if letter.isprintable() else "?" for letter in name)[:_MOST_NAME],
        center=center_id(segment.center_name),
        data_type=_HERMITE if hermite else _LAGRANGE,
        degree=2 * window - 1 if hermite else window - 1,
        span_s=tuple(tdb_s(since, np.array(span_s)).tolist()),
        times_s=tdb_s(since, offsets_s),
        states=np.hstack([position_km, velocity_km_s]),
        probes_s=tdb_s(since, probes_s),
        truth_km=arc.position_km(probes_s),
    )


def _written(pieces: tuple[_Piece, ...], comments: tuple[str, ...], path: str, target: int) -> float:
    """In the child: write the kernel, read it back and compare."""
    handle = spice.spkopn(path, "converted from an OEM", sum(len(line) + 1 for line in comments))
    spice.dafac(handle, list(comments))
    for piece in pieces:
        write = spice.spkw13 if piece.data_type == _HERMITE else spice.spkw09
        write(
            handle, target, piece.center, "J2000", *piece.span_s, piece.name, piece.degree, len(piece.times_s),
            piece.states, piece.times_s,
        )  # fmt: skip
    spice.spkcls(handle)
    return max(_error_km(path, number, piece) for number, piece in enumerate(pieces))


def _error_km(path: str, number: int, piece: _Piece) -> float:
    """The largest distance of a segment of the kernel from what it was made of."""
    handle = spice.spklef(path)
    spice.dafbfs(handle)
    for _ in range(number + 1):
        spice.daffna()
    descriptor = spice.dafgs(5)
    probes_s = np.clip(piece.probes_s, *piece.span_s)
    found_km = np.array([spice.spkpvn(handle, descriptor, moment_s)[1][:3] for moment_s in probes_s.tolist()])
    spice.spkuef(handle)
    return float(np.linalg.norm(found_km - piece.truth_km, axis=1).max())
