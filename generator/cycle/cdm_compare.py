"""What a Conjunction Data Message says, as numbers: one encounter alone, or two messages of the same one compared."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import spiceypy as spice
from numpy.typing import NDArray
from spiceypy.utils.exceptions import SpiceyError

from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import Epoch
from nearpass.astro.frames import Frame, icrf_from_axes
from nearpass.astro.local_axes import rtn_axes
from nearpass.encounter.geometry import Encounter
from nearpass.encounter.uncertainty import Basis, Covariance, State, rotated
from nearpass.errors import FrameError, InputError, NearpassError
from nearpass.messages.cdm import Cdm, CdmObject
from nearpass.messages.cdm_public import CdmSummary

FloatArray = NDArray[np.float64]

EARTH_ROTATION_RAD_S: Final = 7.292115e-5  # nominal mean angular velocity, IERS Conventions (2010), table 1.2

_KM_PER_M: Final = 1.0e-3
_KM2_PER_M2: Final = 1.0e-6
_COMPONENTS: Final = ("R", "T", "N")
_MISS_TOLERANCE_KM: Final = 0.001  # operational messages round MISS_DISTANCE to a metre
_MISS_TOLERANCE: Final = 0.01
_HBR: Final = re.compile(r"HBR\s*=\s*(\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?\s*(?:\[(.*?)\])?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CdmReading:
    """What a message says of an encounter: both objects at TCA in the inertial axes that coincide with its own then.

    ``hbr_m`` is the combined hard-body radius from a comment, None without one. ``notes`` says what a reader of the
    result should know.
    """

    encounter: Encounter
    hbr_m: float | None
    notes: tuple[str, ...]


Quantity = Literal[
    "objects", "TCA", "miss distance", "miss", "relative speed", "position", "velocity", "sigma",
    "probability of collision", "hard-body radius", "created", "reported as an emergency",
]  # fmt: skip
Key = tuple[Quantity, str | None, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One quantity in two messages; ``difference`` is theirs minus ours in ``unit``, None where there is none.

    ``what`` may be along an ``axis``, and of one object: its ``place`` among ours (0 or 1) and ``whose`` name.
    ``sigma`` is one sigma of the difference by the covariances of both, or of the one that has them, None without any.
    """

    what: Quantity
    unit: str
    ours: float | Epoch | str | None
    theirs: float | Epoch | str | None
    difference: float | None
    axis: str | None = None
    place: int | None = None
    whose: str | None = None
    sigma: float | None = None

    @property
    def name(self) -> str:
        """The quantity in words, as tables and files name it."""
        return " ".join(filter(None, (self.whose, self.what, self.axis)))

    @property
    def key(self) -> Key:
        """The same whatever the objects are called."""
        return self.what, self.axis, self.place

    @property
    def sigmas(self) -> float | None:
        """The difference in its sigmas; None where these are not known."""
        return None if self.difference is None or not self.sigma else abs(self.difference) / self.sigma

    @property
    def is_empty(self) -> bool:
        """Whether neither message gives it."""
        return self.ours is None and self.theirs is None and self.difference is None


JUDGED: Final[tuple[Quantity, ...]] = ("TCA", "miss distance", "miss", "relative speed")
"""By what two results agree or not. What follows from these, and the covariances themselves, are shown beside."""
AGREE_SIGMAS: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Whether two results of one encounter agree: each of :data:`JUDGED` within :data:`AGREE_SIGMAS` of its sigma.

    ``most`` is the largest difference in sigmas, ``apart`` are the rows beyond, the largest first. Without covariances
    it cannot be judged, and ``most`` is None.
    """

    most: float | None
    apart: tuple[Difference, ...]


def judgement(rows: Sequence[Difference]) -> Judgement:
    """Whether two results agree, from their differences."""
    judged = [(row.sigmas, row) for row in rows if row.what in JUDGED and row.sigmas is not None]
    beyond = sorted((one for one in judged if one[0] > AGREE_SIGMAS), key=lambda one: -one[0])
    return Judgement(most=max((sigmas for sigmas, _ in judged), default=None), apart=tuple(row for _, row in beyond))


def encounter_from_cdm(cdm: Cdm) -> CdmReading:
    """The encounter that a message describes, object 1 as the primary.

    Velocities of a message in ITRF are relative to the turning Earth: they are made inertial with its mean rotation,
    since RTN axes follow from the inertial orbit plane (508.0-B-1, annex E).

    Raises:
        FrameError: if the centre is not a body that is known.
        InputError: if the comments give two hard-body radii, or one in another unit than metres.

    """
    notes = list(cdm.notes)
    first, second = (_state(one, cdm.relative.tca, notes) for one in cdm.objects)
    encounter = Encounter(primary=first, secondary=second)
    miss_km = encounter.miss_km
    stated_km = cdm.relative.miss_m * _KM_PER_M
    if abs(miss_km - stated_km) > max(_MISS_TOLERANCE_KM, _MISS_TOLERANCE * stated_km):
        notes.append(f"MISS_DISTANCE is {stated_km:.6f} km, the states are {miss_km:.6f} km apart")
    stated_rtn_m = cdm.relative.relative_position_rtn_m
    if stated_rtn_m is not None:
        miss_rtn_km = encounter.to_rtn @ encounter.miss_vector_km
        error_km = float(np.linalg.norm(miss_rtn_km - np.array(stated_rtn_m) * _KM_PER_M))
        if error_km > max(_MISS_TOLERANCE_KM, _MISS_TOLERANCE * miss_km):
            notes.append(f"RELATIVE_POSITION differs by {error_km:.6f} km from the states, which count")
    if cdm.object1.ref_frame == "ITRF":
        notes.append("velocities in ITRF were made inertial with the mean rotation of the Earth")
    return CdmReading(encounter=encounter, hbr_m=hard_body_radius_m(cdm), notes=tuple(notes))


def hard_body_radius_m(cdm: Cdm) -> float | None:
    """Combined hard-body radius of both objects; None where the message does not say it.

    It stands in a comment such as ``HBR = 10 [m]``, the form of NASA CARA, or is the sum of the radii that the draft of
    version 2.0 gives with each object.

    Raises:
        InputError: if two comments differ, or the unit is not the metre.

    """
    found: set[float] = set()
    for comment in cdm.comments:
        if match := _HBR.fullmatch(comment):
            if (match[2] or "m").strip().lower() != "m":
                raise InputError("HBR must be in [m]", value=comment)
            found.add(float(comment.split("=", 1)[1].split("[")[0]))
    if len(found) > 1:
        raise InputError("HBR must be given once", value=", ".join(f"{value:g}" for value in sorted(found)))
    if found:
        return found.pop()
    radii_m = [dict(one.extra).get("HBR") for one in cdm.objects]
    return sum(radius_m for radius_m in radii_m if isinstance(radius_m, float)) if None not in radii_m else None


def compare_cdm(ours: Cdm, theirs: Cdm, only: int | None = None) -> tuple[Difference, ...]:
    """Two messages of the same encounter, difference by difference; what neither gives is left out.

    Errors of both messages count as independent. A message without the covariance of one object has no sigma of what
    follows from both. ``only`` is the object (0 or 1, in our order) of which theirs is another solution; the other one
    is the same in both, and its errors cancel.

    Objects that stand in the other order in their message are swapped. States hold at the TCA of their message: theirs
    are moved to our TCA along a two-body orbit before they are subtracted, which over a minute in a low orbit neglects
    about ten metres. Differences of states are theirs minus ours in the RTN axes of our object, and None if the two
    messages use different centres or axes that cannot be rotated into each other. EME2000 and GCRF are rotated.

    Raises:
        InputError: if the two messages do not describe the same objects.

    """
    theirs, matched = _in_our_order(ours, theirs)
    our_tca, their_tca = ours.relative.tca, theirs.relative.tca
    rows = [
        Difference(what="objects", unit="", ours=_pair(ours), theirs=f"{_pair(theirs)} ({matched})", difference=None),
        Difference(what="TCA", unit="s", ours=our_tca, theirs=their_tca, difference=their_tca - our_tca),
        _row("miss distance", "km", ours.relative.miss_m * _KM_PER_M, theirs.relative.miss_m * _KM_PER_M),
        *_relative_rows(ours, theirs),
    ]
    for place, (one, other) in enumerate(zip(ours.objects, theirs.objects, strict=True)):
        of_one = [*_state_rows(one, other, their_tca - our_tca), *_sigma_rows(one, other)]
        rows += [replace(row, place=place, whose=one.name) for row in of_one]
    rows += [
        _row("probability of collision", "", _pc(ours), _pc(theirs)),
        _row("hard-body radius", "m", hard_body_radius_m(ours), hard_body_radius_m(theirs)),
    ]
    sigmas = _combined(_sigmas_of(ours, only), _sigmas_of(theirs, only))
    return tuple(replace(row, sigma=sigmas.get(row.key)) for row in rows if not row.is_empty)


def _combined(first: Mapping[Key, float], second: Mapping[Key, float]) -> dict[Key, float]:
    """One sigma of each difference; where one message alone has covariances, by these."""
    return {key: float(np.hypot(first.get(key, 0.0), second.get(key, 0.0))) for key in first.keys() | second.keys()}


def _sigmas_of(cdm: Cdm, only: int | None) -> dict[Key, float]:
    """One sigma of each quantity by a message's own covariances, in its own axes; nothing where they do not tell."""
    try:
        encounter = encounter_from_cdm(cdm).encounter
    except NearpassError:
        return {}
    found: dict[Key, float] = {}
    for place, state in enumerate(encounter.states):
        own = state.covariance_rtn
        for index, axis in enumerate(_COMPONENTS if own is not None and only in {None, place} else ()):
            found["position", axis, place] = _root(own[index, index]) if own is not None else 0.0
            found["velocity", axis, place] = _root(own[index + 3, index + 3]) if own is not None else 0.0
    concerned = [state for place, state in enumerate(encounter.states) if only in {None, place}]
    matrices = [state.covariance.matrix for state in concerned if state.covariance is not None]
    if len(matrices) < len(concerned):
        return found
    matrix = np.sum(matrices, axis=0)
    position, velocity = matrix[:3, :3], matrix[3:, 3:]
    apart, moving, speed = encounter.miss_vector_km, encounter.relative_velocity_km_s, encounter.relative_speed_km_s
    if speed > 0.0:
        found["TCA", None, None] = _root(moving @ position @ moving) / speed**2
        found["relative speed", None, None] = _root(moving @ velocity @ moving) / speed
    if encounter.miss_km > 0.0:
        found["miss distance", None, None] = _root(apart @ position @ apart) / encounter.miss_km
    in_rtn = encounter.to_rtn @ position @ encounter.to_rtn.T
    found |= {("miss", axis, None): _root(in_rtn[index, index]) for index, axis in enumerate(_COMPONENTS)}
    return found


def _root(variance: float) -> float:
    """Of a variance that rounding may have put a hair below zero."""
    return float(np.sqrt(max(variance, 0.0)))


def compare_summary(
    ours: Cdm, theirs: CdmSummary, numbers: tuple[int | None, int | None] = (None, None)
) -> tuple[Difference, ...]:
    """Our message and a public summary of the same encounter, difference by difference.

    The least range of a summary has no unit, so that it stands beside our distance and is not subtracted from it.

    Args:
        ours: Our message.
        theirs: The summary.
        numbers: Catalogue numbers of our objects, where they are known.

    Raises:
        InputError: if the two do not describe the same objects.
    """
    how = _summary_matched(ours, theirs, numbers)
    pair = " and ".join(one.name for one in theirs.objects)
    told = None if theirs.least_range is None else f"{theirs.least_range:g} (MIN_RNG, no unit given)"
    flag = {True: "yes", False: "no", None: None}[theirs.emergency]
    rows = (
        Difference(what="objects", unit="", ours=_pair(ours), theirs=f"{pair} ({how})", difference=None),
        Difference(
            what="TCA", unit="s", ours=ours.relative.tca, theirs=theirs.tca, difference=theirs.tca - ours.relative.tca
        ),
        Difference(
            what="miss distance", unit="km", ours=ours.relative.miss_m * _KM_PER_M, theirs=told, difference=None
        ),
        _row("probability of collision", "", _pc(ours), theirs.pc),
        Difference(what="created", unit="", ours=ours.header.creation, theirs=theirs.created, difference=None),
        Difference(what="reported as an emergency", unit="", ours=None, theirs=flag, difference=None),
    )
    return tuple(row for row in rows if not row.is_empty)


def _summary_matched(ours: Cdm, theirs: CdmSummary, numbers: tuple[int | None, int | None]) -> str:
    """By what the objects of a summary are ours, in either order."""
    designators, names = {_designator(one) for one in ours.objects}, {_name(one) for one in ours.objects}
    told = {one.number.lstrip("0").upper() for one in theirs.objects}
    if told in (designators, {str(number) for number in numbers}):
        return "by designator"
    if names == {one.name.upper() for one in theirs.objects}:
        return "by name"
    rule = "two messages must describe the same objects, by designator or by name"
    raise InputError(rule, value=f"{_pair(ours)} and {' and '.join(one.name for one in theirs.objects)}")


def _inertial_state(one: CdmObject) -> tuple[FloatArray, FloatArray]:
    position_km, velocity_km_s = np.array(one.position_km), np.array(one.velocity_km_s)
    if one.ref_frame == "ITRF":
        velocity_km_s = velocity_km_s + np.cross([0.0, 0.0, EARTH_ROTATION_RAD_S], position_km)
    return position_km, velocity_km_s


def _state(one: CdmObject, tca: Epoch, notes: list[str]) -> State:
    position_km, velocity_km_s = _inertial_state(one)
    matrix = _covariance(one, position_km, velocity_km_s, notes)
    covariance = None
    if matrix is not None:
        covariance = Covariance(object_id=one.name, epoch=tca, axes=one.ref_frame, matrix=matrix, basis=Basis.DELIVERED)
    return State(
        object_id=one.name,
        frame=Frame(center=body_named(one.center).name, axes=one.ref_frame),
        epoch=tca,
        position_km=position_km,
        velocity_km_s=velocity_km_s,
        covariance=covariance,
    )


def _covariance(
    one: CdmObject, position_km: FloatArray, velocity_km_s: FloatArray, notes: list[str]
) -> FloatArray | None:
    """Covariance ``(6, 6)`` in km and km/s in the axes of the state; terms without a variance are discounted."""
    if one.covariance_rtn_m is None:
        notes.append(f"{one.name} has no covariance")
        return None
    matrix = np.array(one.covariance_rtn_m) * _KM2_PER_M2
    known = np.diag(matrix) > 0.0
    if not known[:3].all():
        notes.append(f"{one.name} has a position covariance without all variances, which cannot be used")
        return None
    if not known.all():
        notes.append(f"{one.name} has no full velocity covariance; what is missing counts as zero (5.2.8)")
        matrix = matrix * np.outer(known, known)
    if one.covariance_method == "DEFAULT":
        notes.append(f"the covariance of {one.name} is a default value, not calculated")
    return rotated(matrix, rtn_axes(position_km[None], velocity_km_s[None])[0].T)


def _in_our_order(ours: Cdm, theirs: Cdm) -> tuple[Cdm, str]:
    """Their message with its objects in our order, and what they were recognised by."""
    swapped = replace(theirs, object1=theirs.object2, object2=theirs.object1)
    for what, name_of in (("by designator", _designator), ("by name", _name)):
        for candidate, how in ((theirs, what), (swapped, f"{what}, swapped")):
            pairs = zip(ours.objects, candidate.objects, strict=True)
            if all(name_of(one) == name_of(other) for one, other in pairs):
                return candidate, how
    rule = "two messages must describe the same objects, by designator or by name"
    raise InputError(rule, value=f"{_pair(ours)} and {_pair(theirs)}")


def _designator(one: CdmObject) -> str:
    return one.designator.lstrip("0").upper()


def _name(one: CdmObject) -> str:
    return one.name.upper()


def _pair(cdm: Cdm) -> str:
    return f"{cdm.object1.name} and {cdm.object2.name}"


def _pc(cdm: Cdm) -> float | None:
    return cdm.relative.collision_probability


def _row(what: Quantity, unit: str, ours: float | None, theirs: float | None, axis: str | None = None) -> Difference:
    difference = None if ours is None or theirs is None else theirs - ours
    return Difference(what=what, unit=unit, ours=ours, theirs=theirs, difference=difference, axis=axis)


def _relative_rows(ours: Cdm, theirs: Cdm) -> list[Difference]:
    """Speed and miss components, both from the states: a swap of objects changes whose RTN axes the message uses."""
    speeds_km_s, misses_km = [], []
    for cdm in (ours, theirs):
        (position_km, velocity_km_s), (other_km, other_km_s) = (_inertial_state(one) for one in cdm.objects)
        axes = rtn_axes(position_km[None], velocity_km_s[None])[0]
        speeds_km_s.append(float(np.linalg.norm(other_km_s - velocity_km_s)))
        misses_km.append((axes @ (other_km - position_km)).tolist())
    components = zip(_COMPONENTS, *misses_km, strict=True)
    return [
        _row("relative speed", "km/s", speeds_km_s[0], speeds_km_s[1]),
        *(_row("miss", "km", our_km, their_km, axis) for axis, our_km, their_km in components),
    ]


def _state_rows(ours: CdmObject, theirs: CdmObject, lag_s: float) -> list[Difference]:
    found = _state_difference(ours, theirs, lag_s)
    if found is None:
        return []
    parts: tuple[tuple[Quantity, str, FloatArray], ...] = (
        ("position", "km", found[:3]), ("velocity", "km/s", found[3:])
    )  # fmt: skip
    return [
        Difference(what=what, unit=unit, ours=None, theirs=None, difference=float(value), axis=axis)
        for what, unit, values in parts
        for axis, value in zip(_COMPONENTS, values, strict=True)
    ]


def _state_difference(ours: CdmObject, theirs: CdmObject, lag_s: float) -> FloatArray | None:
    """Their state, given ``lag_s`` after ours, minus ours, at our epoch and in the RTN axes of ours, ``(6,)``."""
    if ours.center.upper() != theirs.center.upper():
        return None
    try:
        turn = _turn(ours.ref_frame, theirs.ref_frame, lag_s)
        gm_km3_s2 = body_named(ours.center).gm_km3_s2
        moved = spice.prop2b(gm_km3_s2, np.concatenate(_inertial_state(theirs)), -lag_s)
    except (FrameError, SpiceyError):
        return None
    position_km, velocity_km_s = _inertial_state(ours)
    axes = rtn_axes(position_km[None], velocity_km_s[None])[0]
    return np.concatenate([axes @ (turn @ moved[:3] - position_km), axes @ (turn @ moved[3:] - velocity_km_s)])


def _turn(ours: str, theirs: str, lag_s: float) -> FloatArray:
    """Rotation ``(3, 3)`` from the inertial axes of their message to ours; those of ITRF are of their own TCA each."""
    if ours == theirs == "ITRF":
        angle_rad = EARTH_ROTATION_RAD_S * lag_s
        cosine, sine = np.cos(angle_rad), np.sin(angle_rad)
        return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    if ours == theirs:
        return np.eye(3)
    return np.asarray(icrf_from_axes(ours).T @ icrf_from_axes(theirs))


def _sigma_rows(ours: CdmObject, theirs: CdmObject) -> list[Difference]:
    return [
        _row("sigma", "km", _sigma_km(ours, index), _sigma_km(theirs, index), axis)
        for index, axis in enumerate(_COMPONENTS)
    ]


def _sigma_km(one: CdmObject, index: int) -> float | None:
    """One sigma of a position component in the object's own RTN axes; None where it is not given."""
    variance_m2 = one.covariance_rtn_m[index][index] if one.covariance_rtn_m else 0.0
    return float(np.sqrt(variance_m2)) * _KM_PER_M if variance_m2 else None
