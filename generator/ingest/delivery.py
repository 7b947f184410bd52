"""What a delivery becomes: a trajectory with its record, or a refusal; and the rules that every delivery obeys."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from nearpass.astro.bodies import Body
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.frames import PlanetaryEphemeris, center_id
from nearpass.config import EphemerisSource, ScreenedObject
from nearpass.config.editions import marking_record
from nearpass.config.objects import delivery_marking, delivery_release
from nearpass.config.places import leads_outside
from nearpass.encounter.uncertainty import DeclaredModel
from nearpass.ephemeris.extension import LAST_DAYS, extended
from nearpass.ephemeris.lint import Finding, Grade, overall
from nearpass.ephemeris.lint_finding import finite
from nearpass.ephemeris.lint_plane import orbit_plane
from nearpass.ephemeris.propagated import DEEPEST
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.errors import InputError, NearpassError
from nearpass.messages.encoding import name_in_words
from nearpass.record.marking import MarkingRecord, Tlp
from nearpass.record.motion import orbit_of
from nearpass.record.record import EndingRecord, InputRecord, Span
from nearpass.record.source import Source

FARTHEST_KM: Final = 1e10
FASTEST_KM_S: Final = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ingested:
    """What became of one object's deliveries. ``trajectory`` is None if none could be used.

    ``inputs`` lists the delivery in use first, then those refused; ``files`` maps SHA-256 to content of what was used.
    ``solutions`` are the object's other ones: each source with what became of it. ``declared`` is the uncertainty that
    the source itself states, used where the publisher declares none. ``ending`` is how its life ended before the
    window.
    """

    object_id: str
    trajectory: Trajectory | None
    inputs: tuple[InputRecord, ...]
    files: dict[str, bytes]
    solutions: tuple[tuple[EphemerisSource, Ingested], ...] = ()
    declared: DeclaredModel | None = None
    ending: EndingRecord | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What every delivery is read for: the configuration's folder, the body, the window and the cut-off.

    ``before`` leaves out what was not yet delivered then; None where the cut-off alone decides. ``mapped_words`` are
    agencies' own words of markings with the levels that they mean. ``first_seen`` is when this workspace first had the
    bytes of a file, by SHA-256: what dates a kernel that does not date itself. ``allowed_outside`` are the folders
    outside of the workspace that inputs may lie in. ``accepted`` says that all files are inputs of an archived cycle,
    which judged them: they are not judged again.
    """

    directory: Path
    body: Body
    cutoff: Epoch
    span_s: float
    planets: PlanetaryEphemeris
    before: Epoch | None = None
    mapped_words: Mapping[str, Tlp] = field(default_factory=dict)
    first_seen: Mapping[str, Epoch] = field(default_factory=dict)
    allowed_outside: tuple[str, ...] = ()
    any_date: bool = False
    accepted: bool = False

    @property
    def window(self) -> Span:
        """From the data cut-off to the end of the screening."""
        return Span(start=self.cutoff, stop=self.cutoff + self.span_s)

    def knows(self, creation: Epoch) -> bool:
        """Whether a delivery of this date counts."""
        return self.any_date or (creation <= self.cutoff and (self.before is None or creation < self.before))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A file that may be read, with what its header says."""

    path: Path
    shown: str
    creation: Epoch | None


def source_of(item: ScreenedObject, delivered: Ingested, learned: DeclaredModel | None = None) -> Source:
    """What a trajectory was made of; a learned model of its errors goes before the declared one."""
    entry = delivered.inputs[0]
    model = item.uncertainty
    declared = DeclaredModel(**model.model_dump(exclude={"marking", "release"})) if model else delivered.declared
    return Source(
        file=entry.file,
        created_s=-entry.age_s if entry.age_s is not None else None,
        declared=learned or declared,
        superseded=declared if learned else None,
    )


def reading_window_s(source: EphemerisSource, last_s: float, setting: Setting) -> tuple[float, float]:
    """What to read of an ephemeris that ends ``last_s`` after the cut-off: the window, or its end if it is extended."""
    if source.extend is None:
        return 0.0, setting.span_s
    return min(0.0, last_s - LAST_DAYS * DAY_S), setting.span_s


def completed(
    trajectory: Trajectory, source: EphemerisSource, setting: Setting
) -> tuple[Trajectory, tuple[Finding, ...]]:
    """The trajectory extended to the end of the window, where its source says so, with what the page says of that."""
    if source.extend is None:
        return trajectory, ()
    longer = extended(trajectory, body=setting.body, window_s=(0.0, setting.span_s))
    if longer.approximation is None:
        return longer, ()
    return longer, (Finding(rule="extension", grade=Grade.NOTE, fact=longer.approximation.how),)


def declared_center(source: EphemerisSource) -> int | None:
    """NAIF number of the centre that the configuration declares for a source, None where it declares none."""
    return center_id(source.center) if isinstance(source.center, str) else source.center


@np.errstate(all="ignore")  # what overflows breaks its rule
def check_plausible(trajectory: Trajectory, body: Body) -> None:
    """States that no object can have are refused; what is merely odd is graded.

    Raises:
        InputError: for a state deep inside the body, beyond the planets, or faster than anything that orbits the Sun.
    """
    for arc in trajectory.arcs:
        position_km, velocity_km_s = arc.state(arc.knots_s)
        radius_km, speed_km_s = (np.linalg.norm(rows, axis=1) for rows in (position_km, velocity_km_s))
        rules = (
            (
                f"a state must not lie deep inside {body.name}",
                radius_km < DEEPEST * body.polar_radius_km,
                radius_km,
                "km",
            ),
            ("a state must lie within the planetary system", ~(radius_km < FARTHEST_KM), radius_km, "km"),
            (
                "a speed must be below 1000 km/s (metres for kilometres?)",
                ~(speed_km_s < FASTEST_KM_S),
                speed_km_s,
                "km/s",
            ),
        )
        for rule, broken, values, unit in rules:
            if broken.any():
                first = int(np.argmax(broken))
                moment = (trajectory.epoch + float(arc.knots_s[first])).iso(digits=0)
                raise InputError(rule, value=f"{values[first]:.6g} {unit} at {moment} UTC")


def period_s_of(trajectory: Trajectory, body: Body) -> float | None:
    """Orbital period in s at the first covered instant, None for an escape or without coverage."""
    orbit = orbit_of(trajectory, body)
    return orbit.period_s if orbit else None


def plane_findings(
    item: ScreenedObject, trajectory: Trajectory, body: Body, read_as: str = "ICRF"
) -> tuple[Finding, ...]:
    """The plane of the orbit against the declared one; nothing where none is declared."""
    if item.orbit is None or not trajectory.arcs:
        return ()
    return (orbit_plane(trajectory, item.orbit.plane, body=body, read_as=read_as),)


def graded(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The overall grade, then every rule's."""
    return (overall(findings), *(replace(found, fact=finite(found.fact)) for found in findings)) if findings else ()


def check_inside(path: Path, setting: Setting) -> None:
    """A delivery lies in the workspace, also behind a link.

    Raises:
        InputError: if it does not; nothing of it was read.
    """
    if leads_outside(path, setting.directory, setting.allowed_outside):
        rule = "a delivery must not be a link that leads out of the workspace; inputs.allow_outside may name its folder"
        raise InputError(rule, file=shown_path(path, setting.directory))


def kept_inside(
    paths: Sequence[Path], item: ScreenedObject, source: EphemerisSource, setting: Setting
) -> tuple[list[Path], list[InputRecord]]:
    """Deliveries that lie in the workspace, and the refusals of those that are links out of it."""
    kept: list[Path] = []
    refused: list[InputRecord] = []
    for path in paths:
        try:
            check_inside(path, setting)
        except InputError as error:
            refused.append(
                refused_input(item, source, shown_path(path, setting.directory), error.at(object_id=item.id), setting)
            )
        else:
            kept.append(path)
    return kept, refused


def none_by_cutoff(item: ScreenedObject, source: EphemerisSource, setting: Setting) -> InputRecord:
    """That a source had delivered nothing by the data cut-off; what came later is not named: nobody knew of it then."""
    rule = f"a delivery must have been created by the data cut-off, {setting.cutoff.iso(digits=0)} UTC; none was"
    error = InputError(rule, value=source.path, object_id=item.id)
    return refused_input(item, source, source.path, error, setting)


def refused_input(
    item: ScreenedObject,
    source: EphemerisSource,
    shown: str,
    error: NearpassError,
    setting: Setting,
    creation: Epoch | None = None,
    data: bytes | None = None,
) -> InputRecord:
    """The record of a delivery that is not used, with the error that kept it out."""
    return InputRecord(
        object_id=item.id,
        file=shown,
        sha256=hashlib.sha256(data).hexdigest() if data is not None else None,
        size_bytes=len(data) if data is not None else None,
        originator=source.originator,
        format=None,
        creation=creation,
        age_s=setting.cutoff - creation if creation else None,
        center=None,
        axes=None,
        time_system=None,
        interpolation=None,
        node_count=None,
        covariance_count=None,
        spans=(),
        findings=(),
        refusal=str(error),
        retrieval=None,
        marking=marking_of(item, source, setting),
        covariance_marking=covariance_marking_of(source, setting),
    )


def marking_of(
    item: ScreenedObject, source: EphemerisSource, setting: Setting, classification: str | None = None
) -> MarkingRecord | None:
    """Under which conditions a delivery was given: by the source's table, else the object's, else the file's own words.

    Raises:
        InputError: if the file's CLASSIFICATION says otherwise than the configuration.
    """
    marking = delivery_marking(item, source, setting.mapped_words)
    own = marking_record(classification, delivery_release(item, source), source.originator, setting.mapped_words)
    if marking is not None and own is not None and marking.level is not own.level:
        rule = f"CLASSIFICATION must mean the configured marking, {marking}"
        raise InputError(rule, value=classification)
    return marking or own


def covariance_marking_of(source: EphemerisSource, setting: Setting) -> MarkingRecord | None:
    """The marking of the delivery's covariances, where it is not that of the delivery."""
    return marking_record(source.covariance_marking, source.covariance_release, source.originator, setting.mapped_words)


def shown_path(path: Path, directory: Path) -> str:
    """A path as the page shows it: relative to the workspace, or the bare name of a file elsewhere."""
    try:
        return name_in_words(path.relative_to(directory).as_posix())
    except ValueError:
        return name_in_words(path.name)
