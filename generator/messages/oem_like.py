"""Ephemerides in other text formats than CCSDS's, as the records of an OEM: what they have in common.

Such a file names its object in its file name at most, and has no header of its own kind.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from nearpass.astro.epochs import NS, Epoch, TimeSystem
from nearpass.errors import InputError
from nearpass.messages.oem_fast import NUMBER
from nearpass.messages.oem_records import FloatArray, IntArray, OemCovariances, OemSegment
from nearpass.messages.oem_table import read_only

UNKNOWN: Final = "UNKNOWN"
_MOST_S: Final = 290 * 365.25 * 86_400.0
_MEME: Final = re.compile(r"MEME_(\d{1,9})_([^_]+)_\d+_", re.ASCII)


def numbers_of(words: Sequence[bytes], line: int, what: str) -> list[float]:
    """Words as finite decimal numbers.

    Raises:
        InputError: for a word that is none, with its line.
    """
    found = []
    for word in words:
        value = float(word) if NUMBER.fullmatch(word) else np.nan
        if not np.isfinite(value):
            text = word.decode("ascii", errors="replace")
            raise InputError(f"{what} must be of decimal numbers", value=text, line=line)
        found.append(value)
    return found


def named_by_file(segment: OemSegment, file: str) -> tuple[str, str]:
    """Name and designator of the object by the name of its file: those of Space-Track's scheme, else the file's own."""
    base = re.split(r"[\\/]", file)[-1]
    if (found := _MEME.match(base)) is not None:
        return found[2], found[1]
    stem = base.partition(".")[0] or UNKNOWN
    return (stem if stem.isprintable() else UNKNOWN), segment.object_id


def segment(
    *,
    center_name: str,
    ref_frame: str,
    epochs_tai_ns: IntArray,
    states: FloatArray,
    interpolation: str | None,
    degree: int | None,
    comments: tuple[str, ...],
    first_line: int,
    lines: dict[str, int],
    covariances: OemCovariances | None = None,
) -> OemSegment:
    """A segment from first to last state: ``states`` ``(N, 6)`` in km and km/s at ``epochs_tai_ns`` ``(N,)``."""
    return OemSegment(
        object_name=UNKNOWN,
        object_id=UNKNOWN,
        center_name=center_name,
        ref_frame=ref_frame,
        ref_frame_epoch=None,
        time_system=TimeSystem.UTC,
        start=Epoch(int(epochs_tai_ns[0])),
        stop=Epoch(int(epochs_tai_ns[-1])),
        useable_start=None,
        useable_stop=None,
        interpolation=interpolation,
        degree=degree,
        comments=comments,
        first_line=first_line,
        epochs_tai_ns=read_only(epochs_tai_ns),
        positions_km=read_only(np.ascontiguousarray(states[:, :3])),
        velocities_km_s=read_only(np.ascontiguousarray(states[:, 3:6])),
        accelerations_km_s2=None,
        covariances=covariances,
        lines=lines,
    )


def lower_triangles(values: FloatArray, *, upper: bool = False) -> FloatArray:
    """Symmetric matrices ``(N, 6, 6)`` from the 21 terms ``(N, 21)`` of their lower, or upper, triangle row by row."""
    matrices = np.zeros((len(values), 6, 6))
    rows, columns = np.triu_indices(6) if upper else np.tril_indices(6)
    matrices[:, rows, columns] = values
    matrices[:, columns, rows] = values
    return matrices


def covariances(epochs_tai_ns: IntArray, matrices: FloatArray, frame: str, line: int) -> OemCovariances:
    """Covariances ``(M, 6, 6)`` in one kind of axes, which ``line`` names."""
    return OemCovariances(
        epochs_tai_ns=read_only(epochs_tai_ns),
        matrices=read_only(matrices),
        frames=(frame,) * len(epochs_tai_ns),
        comments=(),
        frame_lines={frame: line},
    )


def check_increasing(
    epochs_ns: Sequence[int], epoch: Epoch, text: str, line: int, repeated: Collection[int] = ()
) -> None:
    """Refuse an epoch that does not follow the last one; those of ``repeated`` may stand twice."""
    twice = bool(epochs_ns) and epoch.tai_ns == epochs_ns[-1] and epoch.tai_ns in repeated
    if epochs_ns and (epoch.tai_ns <= epochs_ns[-1] and not (twice and epoch.tai_ns not in epochs_ns[-2:-1])):
        raise InputError("epochs must increase from state to state", value=text, line=line)


def seconds_after(start: Epoch, offset_s: float, text: str, line: int) -> Epoch:
    """The instant some seconds after another; UTC's own leap seconds count.

    Raises:
        InputError: more than 290 years away.
    """
    if abs(offset_s) > _MOST_S or abs((epoch := start + offset_s).tai_ns) > _MOST_S * NS:
        raise InputError("a time must lie within 290 years of 2000", value=text, line=line)
    return epoch
