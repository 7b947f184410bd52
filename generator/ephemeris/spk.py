"""SPK kernels of every data type that CSPICE evaluates, each read in a child process.

Where the whole chain from target to body is of types 2 and 3, the Chebyshev series are taken as they are. Everything
else is fitted to CSPICE (:mod:`nearpass.ephemeris.fitting`). Fits never cross a place where CSPICE would change
segments.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from spiceypy.utils.exceptions import SpiceyError

from nearpass.astro.bodies import Body
from nearpass.astro.epochs import DAY_S, NS, Epoch, TimeSystem, tai_ns, tdb_s
from nearpass.astro.frames import Frame, PlanetaryEphemeris
from nearpass.astro.kernel_files import openable
from nearpass.ephemeris.fitting import TOLERANCE_KM, fitted_arc
from nearpass.ephemeris.interpolation import on_parts
from nearpass.ephemeris.spice_child import in_child
from nearpass.ephemeris.spk_comment import comments_in, created_in
from nearpass.ephemeris.spk_segments import Link, check_frames, links, segments_of
from nearpass.ephemeris.trajectory import Arc, Proof, Trajectory
from nearpass.errors import FrameError, InputError

FloatArray = NDArray[np.float64]

_STEADY_KM_S: Final = 1e-8  # no manoeuvre is smaller than a hundredth of a millimetre a second
_DAY_ZERO_TDB_S: Final = -DAY_S // 2  # 2000-01-01T00:00:00 in seconds past J2000


@dataclass(frozen=True, slots=True, kw_only=True)
class SpkCoverage:
    """What a set of kernels holds of one target: spans, centres, SPK data types, and when that was made.

    ``created`` is the newest date that the comment areas of the kernels with this target give themselves; None where
    one of them gives none.
    """

    target: int
    centers: tuple[int, ...]
    data_types: tuple[int, ...]
    spans: tuple[tuple[Epoch, Epoch], ...]
    created: Epoch | None = None


def spk_summary(kernels: Sequence[Path], *, time_limit_s: float = 60.0) -> tuple[SpkCoverage, ...]:
    """Coverage of every target in the kernels, in order of NAIF number.

    Raises:
        InputError: for a kernel that CSPICE cannot read.

    """
    with openable(kernels) as names:
        return in_child(_summary, (names,), time_limit_s, _shown(kernels), None)


def _shown(kernels: Sequence[Path]) -> tuple[str, ...]:
    return tuple(str(path) for path in kernels)


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelDate:
    """Of which bodies a kernel is, when it says that it was made, and the SHA-256 of its bytes."""

    targets: tuple[int, ...]
    created: Epoch | None
    sha256: str


def spk_dates(kernels: Sequence[Path], *, time_limit_s: float = 60.0) -> dict[Path, KernelDate]:
    """What each of several kernels says of its making; of one that cannot be read, nothing: who reads it tells why.

    All are read in one child; where one of them stops it, in one each.
    """
    if not kernels:
        return {}
    try:
        with openable(kernels) as names:
            dates = in_child(_dates, (names,), time_limit_s, _shown(kernels), None)
        return dict(zip(kernels, dates, strict=True))
    except (FrameError, InputError):
        if len(kernels) == 1:
            return {kernels[0]: KernelDate(targets=(), created=None, sha256="")}
    return {path: date for kernel in kernels for path, date in spk_dates([kernel], time_limit_s=time_limit_s).items()}


def _dates(names: tuple[str, ...]) -> tuple[KernelDate, ...]:
    return tuple(_date(Path(name)) for name in names)


def _date(path: Path) -> KernelDate:
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        held = segments_of(str(path))
    except (InputError, SpiceyError, OSError):
        return KernelDate(targets=(), created=None, sha256="")
    created = created_in(comments_in(held[0].handle)) if held else None
    return KernelDate(targets=tuple(sorted({segment.target for segment in held})), created=created, sha256=sha256)


def spk_trajectory(
    kernels: Sequence[Path],
    target: int,
    *,
    body: Body,
    epoch: Epoch,
    window_s: tuple[float, float],
    planets: PlanetaryEphemeris,
    time_limit_s: float = 120.0,
) -> Trajectory:
    """The motion of a target in ICRF axes about ``body`` inside a window of time.

    The planetary ephemeris serves where the kernels do not connect target and body themselves. A window that the
    kernels do not reach gives a trajectory without arcs.

    Args:
        kernels: SPK files; later ones take precedence.
        target: NAIF number.
        body: Centre of the working frame.
        epoch: Reference of all offsets.
        window_s: The stretch wanted, in seconds from ``epoch``.
        planets: Its kernels are loaded below the given ones.
        time_limit_s: How long the child may take.

    Raises:
        InputError: for a kernel that CSPICE cannot read, one that does not hold the target, and a target that is the
            body itself.

    """
    if target == body.naif_id:
        rule = f"target must be another body than {body.name}, which is screened around"
        raise InputError(rule, value=target)
    with openable([*kernels, *planets.kernels]) as names:
        of_kernels, support = names[: len(kernels)], names[len(kernels) :]
        arguments = (of_kernels, support, target, body.naif_id, epoch, window_s)
        arcs, exact = in_child(_arcs, arguments, time_limit_s, _shown(kernels), target)
    return Trajectory(
        object_id=str(target),
        frame=Frame.icrf(body),
        epoch=epoch,
        arcs=arcs,
        proof=Proof.EXACT if exact else Proof.SAMPLED,
    )


def _summary(names: tuple[str, ...]) -> tuple[SpkCoverage, ...]:
    held_by = [segments_of(name) for name in names]
    made = {held[0].handle: created_in(comments_in(held[0].handle)) for held in held_by if held}
    segments = [segment for held in held_by for segment in held]
    found = []
    for target in sorted({segment.target for segment in segments}):
        held = [segment for segment in segments if segment.target == target]
        spans: list[tuple[float, float]] = []
        for start_s, stop_s in sorted((segment.start_s, segment.stop_s) for segment in held):
            if spans and start_s <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(spans[-1][1], stop_s))
            else:
                spans.append((start_s, stop_s))
        found.append(
            SpkCoverage(
                target=target,
                centers=tuple(sorted({segment.center for segment in held})),
                data_types=tuple(sorted({segment.data_type for segment in held})),
                spans=tuple((_epoch_of(start_s), _epoch_of(stop_s)) for start_s, stop_s in spans),
                created=_newest([made[handle] for handle in sorted({segment.handle for segment in held})]),
            )
        )
    return tuple(found)


def _newest(creations: Sequence[Epoch | None]) -> Epoch | None:
    """The newest of several dates, None if one of them is not known."""
    known = [creation for creation in creations if creation is not None]
    return max(known) if known and len(known) == len(creations) else None


def _epoch_of(time_s: float) -> Epoch:
    """The epoch at TDB seconds past J2000."""
    return Epoch(int(_tai_ns_of(np.array([time_s]))[0]))


def _tai_ns_of(times_s: FloatArray) -> NDArray[np.int64]:
    """Nanoseconds of TAI since J2000 noon at TDB seconds past J2000, ``(N,)``."""
    days, seconds = np.divmod(times_s - _DAY_ZERO_TDB_S, DAY_S)
    return tai_ns(days.astype(np.int64), np.rint(seconds * NS).astype(np.int64), TimeSystem.TDB)


def _arcs(
    names: tuple[str, ...],
    support: tuple[str, ...],
    target: int,
    body: int,
    epoch: Epoch,
    window_s: tuple[float, float],
) -> tuple[tuple[Arc, ...], bool]:
    """Arcs of the trajectory, and whether all of them are the ephemeris itself."""
    segments = [segment for name in (*support, *names) for segment in segments_of(name)]
    if all(segment.target != target for segment in segments):
        held = ", ".join(str(number) for number in sorted({segment.target for segment in segments}))
        raise InputError(f"the kernels must hold the target, not only {held}", value=target)
    clock = _Clock(epoch, window_s)
    near = [segment for segment in segments if segment.stop_s > clock.start_s and segment.start_s < clock.stop_s]
    chain = [link for link in links(near, target, body) if clock.overlaps(link)]
    check_frames(chain)
    arcs: list[Arc] = []
    exact = True
    before: Link | None = None
    for link in chain:
        start_s, stop_s = clock.clipped(link)
        arc = _exact_arc(link, clock, start_s, stop_s)
        if arc is None:
            exact = False
            arc = fitted_arc(partial(_at_offsets, link, clock), start_s, stop_s)
        if before is not None and _joins(before, link):
            arcs[-1] = _joined(arcs[-1], arc)
        else:
            arcs.append(arc)
        before = link
    return tuple(arcs), exact


class _Clock:
    """Offsets in TAI seconds from the epoch against TDB seconds past J2000."""

    def __init__(self, epoch: Epoch, window_s: tuple[float, float]) -> None:
        self._epoch = epoch
        self._window_s = window_s
        self.start_s, self.stop_s = (float(second) for second in self.tdb_s(np.array(window_s)))

    def tdb_s(self, offsets_s: FloatArray) -> FloatArray:
        return tdb_s(self._epoch, offsets_s)

    def offsets_s(self, times_s: FloatArray) -> FloatArray:
        return np.asarray((_tai_ns_of(times_s) - self._epoch.tai_ns) / NS)

    def overlaps(self, link: Link) -> bool:
        """Whether a stretch of some length lies inside the window."""
        start_s, stop_s = self.clipped(link)
        return start_s < stop_s

    def clipped(self, link: Link) -> tuple[float, float]:
        """A link's span as offsets, ending with the window."""
        low_s, high_s = self.offsets_s(np.array([link.start_s, link.stop_s])).tolist()
        return (
            self._window_s[0] if link.start_s <= self.start_s else low_s,
            self._window_s[1] if link.stop_s >= self.stop_s else high_s,
        )


def _at_offsets(link: Link, clock: _Clock, offsets_s: FloatArray) -> FloatArray:
    """States ``(N, 6)`` of a link at offsets from the epoch; no double is taken beyond the link's ends."""
    return link.state(np.clip(clock.tdb_s(offsets_s), link.start_s, link.stop_s))


def _exact_arc(link: Link, clock: _Clock, start_s: float, stop_s: float) -> Arc | None:
    """The sum of the chain's own polynomials on the union of their knots; None where one has none.

    TDB runs up to 3e-10 faster or slower than TAI; over an interval that is a straight line to far below a nanosecond,
    and the bend that is left, times the greatest speed, is the arc's error.
    """
    parts = [(1.0, segment.polynomials()) for segment in link.up]
    parts += [(-1.0, segment.polynomials()) for segment in link.down]
    held = [(sign, part) for sign, part in parts if part is not None]
    if len(held) < len(parts):
        return None
    low_s, high_s = (float(second) for second in clock.tdb_s(np.array([start_s, stop_s])))
    inner = np.unique(np.concatenate([knots[(knots > low_s) & (knots < high_s)] for _, (knots, _) in held]))
    knots_s = np.concatenate([[start_s], clock.offsets_s(inner), [stop_s]])
    times_s = np.concatenate([[low_s], inner, [high_s]])
    keep = np.concatenate([[True], np.diff(knots_s) > 0.0])
    knots_s, times_s = knots_s[keep], times_s[keep]
    length = max(series.shape[1] for _, (_, series) in held)
    total = np.zeros((len(knots_s) - 1, length, 3))
    middle_s = (times_s[1:] + times_s[:-1]) / 2.0
    for sign, (knots, series) in held:
        index = np.clip(np.searchsorted(knots, middle_s, side="right") - 1, 0, len(series) - 1)
        center_s, radius_s = (knots[index] + knots[index + 1]) / 2.0, (knots[index + 1] - knots[index]) / 2.0
        u_start, u_stop = (times_s[:-1] - center_s) / radius_s, (times_s[1:] - center_s) / radius_s
        total[:, : series.shape[1]] += sign * on_parts(series[index], u_start, u_stop)
    if not np.isfinite(total).all():
        raise InputError("the states of a kernel must be finite")
    return Arc(knots_s, total, _clock_error_km(Arc(knots_s, total, 0.0), clock))


def _clock_error_km(arc: Arc, clock: _Clock) -> float:
    """What taking TDB as a straight line of TAI within each interval can do to a position."""
    middles_s = (arc.knots_s[1:] + arc.knots_s[:-1]) / 2.0
    epoch_s = middles_s[0]
    at_knots = clock.tdb_s(arc.knots_s) - clock.tdb_s(np.array([epoch_s])) - (arc.knots_s - epoch_s)
    at_middles = clock.tdb_s(middles_s) - clock.tdb_s(np.array([epoch_s])) - (middles_s - epoch_s)
    bend_s = np.abs(at_middles - (at_knots[1:] + at_knots[:-1]) / 2.0)
    _, velocity_km_s = arc.state(middles_s)
    return float((bend_s * np.linalg.norm(velocity_km_s, axis=1)).max())


def _joins(before: Link, after: Link) -> bool:
    """Whether one stretch goes on where the other ends, without a jump in the kernel's own position or velocity."""
    if before.stop_s != after.start_s:
        return False
    time_s = np.array([before.stop_s])
    jump = (before.state(time_s) - after.state(time_s))[0]
    return bool(np.linalg.norm(jump[:3]) <= TOLERANCE_KM and np.linalg.norm(jump[3:]) <= _STEADY_KM_S)


def _joined(before: Arc, after: Arc) -> Arc:
    """One arc of two of which the second begins where the first ends."""
    length = max(before.coefficients_km.shape[1], after.coefficients_km.shape[1])
    series = [
        np.pad(arc.coefficients_km, ((0, 0), (0, length - arc.coefficients_km.shape[1]), (0, 0)))
        for arc in (before, after)
    ]
    knots_s = np.concatenate([before.knots_s, after.knots_s[1:]])
    return Arc(knots_s, np.concatenate(series), max(before.error_km, after.error_km))
