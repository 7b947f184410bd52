"""The door for programs: read a delivery, screen, cross, assess one conjunction, open an archive.

::

    import nearpass

    first, second = nearpass.read("first.oem"), nearpass.read("second.bsp", object_id=-74)
    found = nearpass.screen([first, second], limit_km=100)
    print(found)
    met = nearpass.conjunction(first, second, found.nearest.tca)
    print(met.miss_rtn_km, nearpass.probability(met, hbr_m=12).pc)

Kilometres, seconds and radians; times go in as :class:`Epoch`, ``datetime`` with a zone, or ISO 8601 text in UTC, one
or many. Everything here is made of the functions that a cycle runs through, so the figures are those of its pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.archive.archive import Archive
from nearpass.astro.bodies import BODIES, Body, body_named
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.frames import Frame, PlanetaryEphemeris, center_id, check_one_frame
from nearpass.crossing.crossing import Crossing, crossings
from nearpass.cycle.cdm_compare import encounter_from_cdm
from nearpass.encounter.elements import osculating_elements
from nearpass.encounter.geometry import BPlane, Encounter, b_plane
from nearpass.encounter.pc import assess_probability
from nearpass.encounter.pc_encounter import PcInput
from nearpass.encounter.pc_result import ProbabilityResult
from nearpass.encounter.uncertainty import Covariance, state_at
from nearpass.ephemeris.elements_motion import trajectory_from_elements
from nearpass.ephemeris.interpolation import trajectory_from_oem
from nearpass.ephemeris.spk import spk_summary, spk_trajectory
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.errors import CoverageError, FrameError, InputError
from nearpass.messages.cdm import Cdm
from nearpass.messages.cdm_read import parse_cdm
from nearpass.messages.compression import decompressed
from nearpass.messages.elements import START_BYTES, elements_notation, read_elements
from nearpass.messages.elements_record import ElementSet
from nearpass.messages.oem import parse_oem
from nearpass.messages.oem_records import OemMessage
from nearpass.screening.screen import Funnel, PairScreen
from nearpass.screening.screen import screen as screen_trajectories

__all__ = [
    "CloseApproach",
    "Conjunction",
    "Ephemeris",
    "Epoch",
    "Screening",
    "conjunction",
    "cross",
    "open_archive",
    "probability",
    "read",
    "read_all",
    "read_cdm",
    "screen",
]

FloatArray = NDArray[np.float64]
Time = Epoch | datetime | str

_NORTH: Final = np.array([0.0, 0.0, 1.0])  # any pole: the period does not depend on it
_KERNEL: Final = (b"DAF/SPK", b"NAIF/DAF")
_ELEMENTS_SPAN_S: Final = 7.0 * DAY_S  # either side of the epoch of mean elements: farther from it SGP4 is no ephemeris


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ephemeris:
    """What one delivery says of one object's motion.

    ``name`` is the object's, ``object_id`` its designator as the file has it. ``body`` is the centre of the working
    frame, whose axes are ICRF's. ``start`` and ``stop`` enclose all states; inside, ``trajectory`` tells the gaps.
    """

    name: str
    object_id: str
    file: str
    originator: str | None
    created: Epoch | None
    body: Body
    start: Epoch
    stop: Epoch
    _source: OemMessage | ElementSet | Path = field(repr=False)

    def __str__(self) -> str:
        return (
            f"{self.name} about {self.body.name.title()}, {self.start.iso(digits=0)} to {self.stop.iso(digits=0)} UTC"
        )

    def trajectory(self, epoch: Epoch, window_s: tuple[float, float]) -> Trajectory:
        """The motion as polynomials about ``body``, offsets in seconds from ``epoch``, inside a window of these.

        Raises:
            InputError: for a kernel that CSPICE cannot read.
            FrameError: for axes or a centre that cannot be turned into those of the working frame.
        """
        planets = PlanetaryEphemeris.default()
        if isinstance(self._source, OemMessage):
            return trajectory_from_oem(self._source, body=self.body, epoch=epoch, window_s=window_s, planets=planets)
        if isinstance(self._source, ElementSet):
            return trajectory_from_elements(self._source, epoch=epoch, window_s=window_s)
        target = int(self.object_id)
        return spk_trajectory([self._source], target, body=self.body, epoch=epoch, window_s=window_s, planets=planets)

    def state(self, times: Time | Iterable[Time]) -> tuple[FloatArray, FloatArray]:
        """Position in km and velocity in km/s in ICRF axes about ``body``.

        For one time each has shape ``(3,)``, for N times ``(N, 3)``.

        Raises:
            CoverageError: where no state was delivered.
        """
        one = isinstance(times, Epoch | datetime | str)
        moments = [epoch_of(times)] if isinstance(times, Epoch | datetime | str) else [epoch_of(time) for time in times]
        first, last = min(moments, default=self.start), max(moments, default=self.stop)
        if first < self.start or last > self.stop:
            outside = first if first < self.start else last
            rule = "a state can be had only inside the coverage"
            raise CoverageError(rule, value=f"{outside.iso(digits=3)} UTC", file=self.file, object_id=self.object_id)
        motion = self.trajectory(self.start, (0.0, self.stop - self.start))
        states = motion.state(np.array([moment - self.start for moment in moments]))
        return (states[0][0], states[1][0]) if one else states


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseApproach:
    """A local minimum of the distance of two objects, by the names of their ephemerides.

    ``at_boundary`` tells that it lies at an end of the window or of a coverage, where the distance is still changing.
    """

    first: str
    second: str
    tca: Epoch
    miss_km: float
    at_boundary: bool

    def __str__(self) -> str:
        end = "  (at an end of the coverage)" if self.at_boundary else ""
        return f"{self.tca.iso(digits=3)} UTC  {self.miss_km:12.3f} km  {self.first} - {self.second}{end}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """What was found between ``start`` and ``stop``: approaches below the limit in order of time, and the proof.

    ``pairs`` says of each pair what was covered and how near it comes; ``funnel`` where every candidate went.
    """

    start: Epoch
    stop: Epoch
    limit_km: float
    approaches: tuple[CloseApproach, ...]
    pairs: tuple[PairScreen, ...]
    funnel: Funnel

    @property
    def nearest(self) -> CloseApproach | None:
        """The approach with the least distance; None where there is none below the limit."""
        return min(self.approaches, key=lambda one: one.miss_km, default=None)

    def __str__(self) -> str:
        head = f"{len(self.approaches)} approaches below {self.limit_km:g} km from {self.start.iso(digits=0)} UTC"
        return "\n".join([f"{head} to {self.stop.iso(digits=0)} UTC", *map(str, self.approaches)])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conjunction:
    """Two objects at one instant, with what is known of their errors, and what follows from both.

    ``states`` holds both states; the covariance of each is the delivered one at that instant, None where none was.
    """

    first: str
    second: str
    states: Encounter

    @property
    def tca(self) -> Epoch:
        """The instant."""
        return self.states.epoch

    @property
    def covariances(self) -> tuple[Covariance | None, Covariance | None]:
        """Of the first and the second, ICRF axes; None where none was delivered."""
        return self.states.primary.covariance, self.states.secondary.covariance

    @property
    def miss_km(self) -> float:
        """Distance between the two centres."""
        return self.states.miss_km

    @property
    def miss_rtn_km(self) -> FloatArray:
        """From the first to the second in the first's radial, transverse and normal axes, shape ``(3,)``."""
        return np.asarray(self.states.to_rtn @ self.states.miss_vector_km)

    @property
    def b_plane(self) -> BPlane | None:
        """The encounter in the plane normal to the relative velocity; None without relative motion."""
        return b_plane(self.states)

    def __str__(self) -> str:
        speed = f"{self.states.relative_speed_km_s:.3f} km/s"
        return f"{self.first} - {self.second}, {self.tca.iso(digits=3)} UTC: {self.miss_km:.3f} km at {speed}"


def epoch_of(time: Time) -> Epoch:
    """An instant from any of the forms that are taken here; text and naive clocks count as UTC.

    Raises:
        TimeError: for text that is no date and time.
    """
    if isinstance(time, Epoch):
        return time
    return Epoch.from_datetime(time) if isinstance(time, datetime) else Epoch.parse_typed(time)


def read(path: str | Path, *, object_id: str | int | None = None) -> Ephemeris:
    """Read the ephemeris of one object from a delivery of any kind, compressed or not, recognised by its content.

    OEM and OCM in keyword-value notation and XML, SPK kernels, TLE and OMM.

    Args:
        path: The file.
        object_id: Which object, where the file holds several: NAIF number, catalogue number or designator.

    Raises:
        InputError: naming rule, value, file and line; also if the file holds several objects and none was named.
    """
    held = read_all(path)
    wanted = [one for one in held if object_id is None or str(object_id) in (one.object_id, one.name)]
    if len(wanted) != 1:
        rule = f"object_id must name one of the objects in the file: {', '.join(one.object_id for one in held)}"
        raise InputError(rule, value=object_id, file=str(path))
    return wanted[0]


def read_all(path: str | Path) -> tuple[Ephemeris, ...]:
    """Read the ephemerides of every object of a delivery, as :func:`read` does.

    Raises:
        InputError: naming rule, value, file and line.
    """
    source = Path(path)
    try:
        data = source.read_bytes()
    except OSError as error:
        raise InputError(f"the file must be readable: {error.strerror}", file=str(path)) from None
    if data.startswith(_KERNEL):
        return _of_kernel(source)
    data = decompressed(data, source.name)
    if elements_notation(data[:START_BYTES]) is not None:
        return _of_elements(data, source)
    message = parse_oem(data, source.name)
    segment = message.segments[0]
    return (
        Ephemeris(
            name=segment.object_name,
            object_id=segment.object_id,
            file=source.name,
            originator=message.header.originator,
            created=message.header.creation,
            body=_body_of(segment.center_name, source),
            start=min(one.useable_from for one in message.segments),
            stop=max(one.useable_to for one in message.segments),
            _source=message,
        ),
    )


def _of_kernel(source: Path) -> tuple[Ephemeris, ...]:
    """One ephemeris for each target whose centre is a body that can be screened around."""
    known = {body.naif_id: body for body in BODIES.values()}
    return tuple(
        Ephemeris(
            name=str(held.target),
            object_id=str(held.target),
            file=source.name,
            originator=None,
            created=None,
            body=next(known[center] for center in held.centers if center in known),
            start=held.spans[0][0],
            stop=held.spans[-1][1],
            _source=source,
        )
        for held in spk_summary([source])
        if any(center in known for center in held.centers)
    )


def _of_elements(data: bytes, source: Path) -> tuple[Ephemeris, ...]:
    """The newest set of each object, for a week on either side of its epoch."""
    found = read_elements(data, source.name)
    if found.faults:
        raise found.faults[0].error
    newest = {item.number: item for item in sorted(found.sets, key=lambda item: item.epoch)}
    return tuple(
        Ephemeris(
            name=item.name or str(item.number),
            object_id=str(item.number),
            file=source.name,
            originator=item.originator,
            created=item.made,
            body=body_named("EARTH"),
            start=item.epoch + -_ELEMENTS_SPAN_S,
            stop=item.epoch + _ELEMENTS_SPAN_S,
            _source=item,
        )
        for item in newest.values()
    )


def _body_of(name: str, source: Path) -> Body:
    """The body at a centre: itself, or the one whose barycentre it is.

    Raises:
        FrameError: for a centre that cannot be screened around.
    """
    number = center_id(name)
    for body in BODIES.values():
        if number in (body.naif_id, body.naif_id // 100):
            return body
    raise FrameError(f"the centre must be one of {', '.join(BODIES)}", value=name, file=source.name)


def screen(
    ephemerides: Sequence[Ephemeris], *, limit_km: float, start: Time | None = None, stop: Time | None = None
) -> Screening:
    """Every close approach of every pair below a limit, with the proof that there is no other.

    Args:
        ephemerides: At least two, about one body. Their names must differ.
        limit_km: Distances below it are listed.
        start: Of the window; None for the earliest instant that two of them cover.
        stop: Of the window; None for the latest such instant.

    Raises:
        FrameError: if they are not about one body.
        InputError: if names or the limit make no sense.
        CoverageError: if no two of them cover a common time.
    """
    named, _ = _one_body(ephemerides)
    begin, end = _window(named.values(), start, stop)
    window_s = (0.0, end - begin)
    found = screen_trajectories(
        {name: one.trajectory(begin, window_s) for name, one in named.items()}, window_s, limit_km
    )
    return Screening(
        start=begin,
        stop=end,
        limit_km=limit_km,
        approaches=tuple(
            CloseApproach(
                first=one.first,
                second=one.second,
                tca=begin + one.offset_s,
                miss_km=one.miss_km,
                at_boundary=one.at_boundary,
            )
            for one in found.approaches
        ),
        pairs=found.pairs,
        funnel=found.funnel,
    )


def cross(
    first: Ephemeris, second: Ephemeris, *, limit_km: float, start: Time | None = None, stop: Time | None = None
) -> tuple[Crossing, ...]:
    """Where two orbits come near, whenever each object passes there: OXD, OXT and both points, in order of time.

    Offsets count from the start of the window; see :func:`screen` for the arguments and what is raised.
    """
    named, body = _one_body([first, second])
    begin, end = _window(named.values(), start, stop)
    window_s = (0.0, end - begin)
    motions = [one.trajectory(begin, window_s) for one in (first, second)]
    periods_s = []
    for motion in motions:
        position_km, velocity_km_s = motion.state(np.array([motion.arcs[0].start_s]))
        elements = osculating_elements(position_km[0], velocity_km_s[0], body.gm_km3_s2, _NORTH)
        periods_s.append(elements.period_s)
    return crossings(
        motions[0],
        motions[1],
        (first.name, second.name),
        window_s,
        limit_km,
        periods_s=(periods_s[0], periods_s[1]),
    )


def conjunction(first: Ephemeris, second: Ephemeris, tca: Time) -> Conjunction:
    """Two objects at an instant, as a rule a time of closest approach that :func:`screen` found.

    Raises:
        FrameError: if they are not about one body.
        CoverageError: if one of them has no state then.
    """
    _one_body([first, second])
    moment = epoch_of(tca)
    primary, secondary = (
        state_at(one.trajectory(moment, (-DAY_S, DAY_S)), 0.0, declared=None, created_s=None) for one in (first, second)
    )
    return Conjunction(first=first.name, second=second.name, states=Encounter(primary=primary, secondary=secondary))


def read_cdm(path: str | Path) -> Cdm:
    """Read a conjunction data message in keyword-value notation or XML.

    Raises:
        InputError: naming rule, value, file and line.
    """
    source = Path(path)
    try:
        return parse_cdm(source.read_bytes(), source.name)
    except OSError as error:
        raise InputError(f"the file must be readable: {error.strerror}", file=str(path)) from None


def probability(
    case: Conjunction | Cdm | str | Path, *, hbr_m: float | None = None, every_method: bool = False
) -> ProbabilityResult:
    """Probability of collision of a conjunction or of a conjunction data message, by the method that is valid there.

    Args:
        case: A conjunction, a message, or the path of one.
        hbr_m: Combined hard-body radius; None for a message that gives it in a comment.
        every_method: Whether to ask the methods that are not needed as well.

    Raises:
        InputError: if no hard-body radius is known.
    """
    if isinstance(case, Conjunction):
        if hbr_m is None:
            raise InputError("hbr_m must be given: ephemerides do not hold a hard-body radius")
        return assess_probability(PcInput(encounter=case.states, hbr_km=hbr_m / 1000.0), every_method=every_method)
    told = encounter_from_cdm(case if isinstance(case, Cdm) else read_cdm(case))
    radius_m = hbr_m if hbr_m is not None else told.hbr_m
    if radius_m is None:
        raise InputError("hbr_m must be given: the message has no COMMENT HBR")
    return assess_probability(PcInput(encounter=told.encounter, hbr_km=radius_m / 1000.0), every_method=every_method)


def open_archive(path: str | Path) -> Archive:
    """The archive of a workspace: ``cycle_ids()`` lists its cycles, ``load(cycle_id)`` gives a record.

    Raises:
        InputError: if there is no such folder.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise InputError("the archive must be a folder", file=str(path))
    return Archive(folder)


def _one_body(ephemerides: Sequence[Ephemeris]) -> tuple[dict[str, Ephemeris], Body]:
    """Ephemerides by the name of their object, and the body that all are about."""
    named: Mapping[str, Ephemeris] = {one.name: one for one in ephemerides}
    if len(named) != len(ephemerides) or len(named) < 2:
        rule = "there must be at least two ephemerides, of objects with different names"
        raise InputError(rule, value=[one.name for one in ephemerides])
    check_one_frame((one.name, Frame.icrf(one.body)) for one in ephemerides)
    return dict(named), ephemerides[0].body


def _window(ephemerides: Iterable[Ephemeris], start: Time | None, stop: Time | None) -> tuple[Epoch, Epoch]:
    """The window asked for, or the time that at least two of the ephemerides cover."""
    held = list(ephemerides)
    begin = epoch_of(start) if start is not None else sorted(one.start for one in held)[1]
    end = epoch_of(stop) if stop is not None else sorted((one.stop for one in held), reverse=True)[1]
    if not begin < end:
        value = f"{begin.iso(digits=0)} to {end.iso(digits=0)} UTC"
        raise CoverageError("two ephemerides must cover a common time", value=value)
    return begin, end
