"""An Orbit Ephemeris Message as it was read, whatever its notation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.epochs import Epoch, TimeSystem
from nearpass.messages.manoeuvres import Manoeuvre

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

VERSIONS: Final = ("1.0", "2.0", "3.0")
METHODS: Final = ("HERMITE", "LAGRANGE", "LINEAR")
MOST_DEGREE: Final = 27  # the limit of CSPICE's interpolating SPK types


@dataclass(frozen=True, slots=True, kw_only=True)
class OemHeader:
    """Who wrote the message, and when. ``source`` is the kind of file that it was read from."""

    version: str
    creation: Epoch
    originator: str
    classification: str | None
    message_id: str | None
    comments: tuple[str, ...]
    source: Literal["OEM", "OCM", "OPM", "MODIFIED ITC", "STK", "SP3"] = "OEM"

    @property
    def written_version(self) -> str:
        """The version of an OEM that says the same: what was read from another format is written as 2.0."""
        return self.version if self.version in VERSIONS else "2.0"


ROUNDED_NS: Final = 1_000_000
"""How far an epoch may lie outside of what holds it by the rounding of printed digits."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OemCovariances:
    """Covariances of a segment: ``epochs_tai_ns`` ``(M,)``, ``matrices`` ``(M, 6, 6)`` in km and km/s.

    ``frames`` names the axes of each: its own ``COV_REF_FRAME``, else the axes of the states (5.2.5.4).
    ``frame_lines`` has the line on which each name is first given.
    """

    epochs_tai_ns: IntArray
    matrices: FloatArray
    frames: tuple[str, ...]
    comments: tuple[str, ...]
    frame_lines: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OemSegment:
    """One metadata block with its states: ``epochs_tai_ns`` ``(N,)``, positions and velocities ``(N, 3)``.

    Nothing may be interpolated from one segment into another (502.0-B-3, 5.2.4.6). ``first_line`` is the line
    on which the metadata begin, ``lines`` has those of its keywords. ``loose_limits`` is what an OCM says of where its
    data begin and end, which need not hold them: each keyword with its epoch and its line.
    """

    object_name: str
    object_id: str
    center_name: str
    ref_frame: str
    ref_frame_epoch: Epoch | None
    time_system: TimeSystem
    start: Epoch
    stop: Epoch
    useable_start: Epoch | None
    useable_stop: Epoch | None
    interpolation: str | None
    degree: int | None
    comments: tuple[str, ...]
    first_line: int
    epochs_tai_ns: IntArray
    positions_km: FloatArray
    velocities_km_s: FloatArray
    accelerations_km_s2: FloatArray | None
    covariances: OemCovariances | None
    lines: Mapping[str, int] = field(default_factory=dict)
    loose_limits: Mapping[str, tuple[Epoch, int]] = field(default_factory=dict)

    def line_of(self, keyword: str) -> int:
        """The line of a keyword of the metadata, or that on which these begin."""
        return self.lines.get(keyword, self.first_line)

    @property
    def limits(self) -> dict[str, tuple[Epoch, int]]:
        """What the metadata say of where the data begin and end: each keyword with its epoch and its line."""
        useable = {"USEABLE_START_TIME": self.useable_start, "USEABLE_STOP_TIME": self.useable_stop}
        stated = {"START_TIME": self.start, **useable, "STOP_TIME": self.stop}
        own = {key: (epoch, self.line_of(key)) for key, epoch in stated.items() if epoch is not None}
        return own | dict(self.loose_limits)

    @property
    def useable_from(self) -> Epoch:
        """First instant at which the states hold: points before it are fictitious."""
        return self.useable_start or self.start

    @property
    def useable_to(self) -> Epoch:
        """Last instant at which the states hold: points after it are fictitious."""
        return self.useable_stop or self.stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The radius of the sphere that a message says its object to be, and what it follows from."""

    radius_m: float
    source: Literal["area_max_for_pc", "area_typ_for_pc", "oeb_box"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OemMessage:
    """A whole message: segments in the order of the file. ``notes`` names each harmless departure from the standard.

    ``size`` and ``mass_kg`` are None where the message does not tell them, as no OEM does. ``manoeuvres`` are those of
    an OCM, flown, planned or proposed; ``unread_manoeuvres`` is why some cannot be used, with the line.
    """

    header: OemHeader
    segments: tuple[OemSegment, ...]
    notes: tuple[str, ...] = ()
    size: Size | None = None
    mass_kg: float | None = None
    manoeuvres: tuple[Manoeuvre, ...] = ()
    unread_manoeuvres: tuple[str, int] | None = None
