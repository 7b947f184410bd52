"""A prediction as the OEM file that its agency would have delivered.

Header and metadata come from the product's own writer, which gives every number in full. The states do not: agencies
round to a millimetre, and a million of them are quicker written here, at the clock of the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.epochs import DAY_S, NS, Epoch, tai_ns
from nearpass.astro.frames import icrf_from_axes
from nearpass.messages.oem import OemHeader, OemMessage, OemSegment
from nearpass.messages.oem_write import write_oem
from nearpass.sample.fleet import Issue, Member
from nearpass.sample.predictions import Prediction
from nearpass.sample.propagation import EQUATOR_FROM_ICRF, MARS

FloatArray = NDArray[np.float64]

_STATE: Final = "%s %.6f %.6f %.6f %.9f %.9f %.9f\n"
_LOWER_TRIANGLE: Final = "\n".join(" ".join(["%.12e"] * (row + 1)) for row in range(6))
_COVARIANCE: Final = f"EPOCH = %s\nCOV_REF_FRAME = RTN\n{_LOWER_TRIANGLE}\n"
_COMMENTS: Final = (
    "RECONSTRUCTION made by nearpass from published orbits. NOT A REAL EPHEMERIS.",
    "No agency made or endorsed it; angles and positions along the orbits are invented.",
    "Force model: GM, J2, J3 and J4 of Mars (GMM-3), tide of the Sun (DE421).",
)
_NO_COVARIANCE: Final = "No covariance and no expected accuracy are given."


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One file: whose, which of its issues, and the number of the issue from 0."""

    member: Member
    issue: Issue
    number: int

    @property
    def start(self) -> Epoch:
        """Epoch of the first state, a whole second of the file's own time system, or of the one that it means."""
        return Epoch.parse(self.issue.start, self.issue.true_time_system or self.member.time_system)

    @property
    def stop(self) -> Epoch | None:
        """Epoch of the last state, None where it lies as far ahead as in every file."""
        return None if self.issue.stop is None else Epoch.parse(self.issue.stop, self.member.time_system)

    @property
    def file_name(self) -> str:
        """Such as ``mro_20210224.oem``, ``plan_mro_20210317.oem`` for another solution."""
        prefix = f"{self.member.prefix}_" if self.member.prefix else ""
        return f"{prefix}{self.member.id.lower()}_{self.issue.date.replace('-', '')}.oem"


def delivery_text(delivery: Delivery, prediction: Prediction) -> str:
    """The text of a delivered file, in the format of its agency."""
    # A file in undefined axes holds numbers all the same: those of its agency's usual axes.
    rotation = icrf_from_axes(delivery.member.ref_frame).T @ EQUATOR_FROM_ICRF.T
    columns = np.hstack([prediction.states[:, :3] @ rotation.T, prediction.states[:, 3:] @ rotation.T])
    clock = _clock(delivery, prediction.offsets_s)
    lines = [write_oem(_without_states(delivery, clock))]
    lines += [_STATE % row for row in zip(_iso(clock), *columns.T.tolist(), strict=True)]
    if delivery.member.with_covariance:
        lower = np.tril_indices(6)
        lines.append("\nCOVARIANCE_START\n")
        epochs = _iso(_clock(delivery, prediction.covariance_offsets_s))
        triangles = prediction.covariances[:, *lower].tolist()
        lines += [_COVARIANCE % (epoch, *triangle) for epoch, triangle in zip(epochs, triangles, strict=True)]
        lines.append("COVARIANCE_STOP\n")
    return "".join(lines)


def _without_states(delivery: Delivery, clock: NDArray[np.datetime64]) -> OemMessage:
    """The header and the metadata of a file, up to its states."""
    member, issue = delivery.member, delivery.issue
    seconds = (clock[[0, -1]] - np.datetime64("2000-01-01")).astype(np.int64)
    start_ns, stop_ns = tai_ns(seconds // DAY_S, seconds % DAY_S * NS, member.time_system)
    segment = OemSegment(
        object_name=member.id,
        object_id=member.designator,
        center_name=MARS.name,
        ref_frame=issue.ref_frame or member.ref_frame,
        ref_frame_epoch=None,
        time_system=member.time_system,
        start=Epoch(int(start_ns)),
        stop=Epoch(int(stop_ns)),
        useable_start=None,
        useable_stop=None,
        interpolation="HERMITE",
        degree=7,
        comments=(),
        first_line=0,
        epochs_tai_ns=np.empty(0, dtype=np.int64),
        positions_km=np.empty((0, 3)),
        velocities_km_s=np.empty((0, 3)),
        accelerations_km_s2=None,
        covariances=None,
    )
    header = OemHeader(
        version="2.0",
        creation=Epoch.parse(issue.creation_utc),
        originator=member.originator,
        classification=None,
        message_id=None,
        comments=_COMMENTS if member.with_covariance else (*_COMMENTS, _NO_COVARIANCE),
    )
    return OemMessage(header=header, segments=(segment,))


def _clock(delivery: Delivery, offsets_s: FloatArray) -> NDArray[np.datetime64]:
    """Whole seconds of the file's own time system.

    The force model takes these seconds for its own: TDB and TAI part by under 0.5 ms in four weeks, 2 m along the
    fastest of the orbits.
    """
    return np.asarray(np.datetime64(delivery.issue.start, "s") + np.rint(offsets_s).astype("timedelta64[s]"))


def _iso(clock: NDArray[np.datetime64]) -> list[str]:
    return [str(text) for text in np.datetime_as_string(clock)]
