"""The tables of objects: what each is, and where its ephemerides come from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from nearpass.astro.axes import axes_named
from nearpass.astro.epochs import Epoch
from nearpass.astro.local_axes import orbit_axes
from nearpass.config.declarations import Joined, Orbit, Uncertainty
from nearpass.config.editions import Contact, marking_record
from nearpass.config.fields import Hours, Identifier, Instant, Positive, Table
from nearpass.ephemeris.meta_kernel import KERNEL_SUFFIXES
from nearpass.errors import NearpassError
from nearpass.record.marking import MarkingRecord, Tlp


class EphemerisSource(Table):
    """Where an object's deliveries lie: OEM files, mean elements, or SPK kernels and what they need besides.

    ``path`` may hold wildcards and is relative to the configuration's folder. Of several OEM files the newest by
    CREATION_DATE is the current one; of several kernels the newest by age. ``axes`` says what names of axes in the
    files mean, for names that no standard defines or that a file uses wrongly: ``{ MCI = "MARS EQUATOR J2000" }``.
    ``source`` is where ``nearpass fetch`` retrieves them (:mod:`nearpass.config.origins`), ``kernel_sources`` the
    same for each of ``kernels``.

    The first nominal source that gives a usable delivery is the one the events rest on. Each alternative (another
    agency's, last week's) and each planned one (a manoeuvre not yet flown) is a solution of its own with a ``name``:
    screened against the other objects' nominal ones, and compared. ``delivery = "previous"`` takes the one before the
    nominal delivery in use.

    ``every_hours`` is how often a delivery is owed, ``due`` when the first one is: each next one so many hours after
    that, or after the one before it was made. Without hours one delivery is owed, until ``due``.

    ``created`` is when the kernels of this source were made (UTC): it counts before what their comments say, and before
    the instant at which the workspace first saw them. Messages and elements date themselves.

    ``satellite`` names the one of an SP3 file that holds several: ``G01``, ``L50``.

    ``theory`` instead of a path is an analytic theory of a moon. ``extend`` carries an ephemeris on to the end of the
    window, for an object of unknown phase. ``propagate`` takes the one state of an OPM, with its manoeuvres, for an
    ephemeris, carried on by gravity and J2 on the publisher's word.

    ``marking`` (a level of TLP 2.0, or words of ``[[marking]]``; by default the object's) and ``release``, parties who
    may see it all the same, are the conditions under which it was given; ``covariance_marking`` and
    ``covariance_release`` those of its covariances, where they differ: a marking of their own has a list of its own.
    """

    path: str = ""
    theory: Literal["MarsSatV1.0"] | None = None
    extend: Literal["secular J2"] | None = None
    propagate: Literal["J2"] | None = None
    source: str | None = None
    created: str | None = None
    originator: str = Field(min_length=1)
    marking: str | None = Field(default=None, min_length=1)
    covariance_marking: str | None = Field(default=None, min_length=1)
    covariance_release: tuple[str, ...] = ()
    release: tuple[str, ...] = ()
    target: int | None = None
    satellite: str | None = Field(default=None, pattern=r"^[A-Z]?[0-9]{1,2}$")
    center: str | int | None = None
    kernels: tuple[str, ...] = ()
    axes: dict[str, str] = Field(default_factory=dict)
    role: Literal["nominal", "alternative", "planned"] = "nominal"
    name: Identifier | None = None
    note: str | None = Field(default=None, min_length=1)
    delivery: Literal["newest", "previous"] = "newest"
    kernel_sources: tuple[str, ...] = ()
    every_hours: Positive | None = None
    due: Instant | None = None

    @field_validator("axes")
    @classmethod
    def _defined(cls, meanings: dict[str, str]) -> dict[str, str]:
        try:
            for meaning in meanings.values():
                if orbit_axes(meaning) is None:
                    axes_named(meaning)
        except NearpassError as error:
            raise ValueError(str(error)) from None
        return meanings

    @field_validator("created", mode="before")
    @classmethod
    def _written(cls, created: object) -> object:
        """An instant as text, from TOML's own date or from text."""
        if isinstance(created, datetime) and created.tzinfo is not None:
            created = created.astimezone(UTC).replace(tzinfo=None)
        return created.isoformat() if isinstance(created, date) else created

    @field_validator("created")
    @classmethod
    def _dated(cls, created: str | None) -> str | None:
        try:
            return created if created is None or Epoch.parse(created) else None
        except NearpassError as error:
            raise ValueError(str(error)) from None

    @model_validator(mode="after")
    def _dates_kernels(self) -> EphemerisSource:
        if self.created is not None and not self.path.lower().endswith(KERNEL_SUFFIXES):
            names = ", ".join(KERNEL_SUFFIXES)
            raise ValueError(f"created is for kernels ({names}): messages and elements say when they were made")
        return self

    @property
    def created_at(self) -> Epoch | None:
        """When its kernels were made, where that is declared."""
        return Epoch.parse(self.created) if self.created is not None else None

    @model_validator(mode="after")
    def _one_origin(self) -> EphemerisSource:
        if bool(self.path) == (self.theory is not None):
            raise ValueError("an ephemeris needs either a path or a theory")
        if self.theory is not None and (self.every_hours, self.due) != (None, None):
            raise ValueError("nobody delivers a theory: every_hours and due are for files")
        return self

    @model_validator(mode="after")
    def _named_by_role(self) -> EphemerisSource:
        if self.role == "nominal" and (self.name, self.note, self.delivery) != (None, None, "newest"):
            raise ValueError('name, note and delivery belong to a source with role = "alternative" or "planned"')
        if self.role != "nominal" and self.name is None:
            raise ValueError(f'a source with role = "{self.role}" needs a name, by which pages call the solution')
        return self

    @model_validator(mode="after")
    def _paired(self) -> EphemerisSource:
        if self.kernel_sources and len(self.kernel_sources) != len(self.kernels):
            raise ValueError("kernel_sources must give one source for each of kernels")
        return self


class ScreenedObject(Table):
    """A spacecraft (``hbr_m``) or a natural body (``radius_km``).

    ``learned`` (or ``uncertainty = "learned"``, where nothing is declared) uses the errors that the archive's
    comparisons show instead of the declared ones, once there are ``least_comparisons`` independent ones.
    ``hbr = "delivered"`` takes the radius that follows from a delivery's areas or box, ``hbr_m`` where it tells none.
    ``manoeuvres`` are instants (UTC) of burns flown or planned: a delivery that differs after one is not doubtful.
    """

    id: Identifier
    name: str = Field(min_length=1)
    operator: str | None = None
    naif_id: int | None = None
    hbr_m: Positive | None = None
    hbr: Literal["configured", "delivered"] = "configured"
    radius_km: Positive | None = None
    phase: Literal["known", "unknown"] = "known"
    lead_time_h: Hours | None = None
    note: str | None = None
    marking: str | None = Field(default=None, min_length=1)
    release: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = Field(default=(), alias="contact")
    uncertainty: Uncertainty | None = None
    learned: bool = False
    least_comparisons: Annotated[int, Field(ge=1)] = 10
    manoeuvres: tuple[str, ...] = ()
    orbit: Orbit | None = None
    since: Instant | None = Field(default=None, alias="from")
    until: Instant | None = None
    joined: tuple[Joined, ...] = ()
    catalogue_number: Annotated[int, Field(ge=1, le=999_999_999)] | None = None
    ephemeris: tuple[EphemerisSource, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _living(self) -> ScreenedObject:
        if self.since is not None and self.until is not None and not self.since < self.until:
            raise ValueError("an object's from must lie before its until")
        return self

    @model_validator(mode="after")
    def _one_size(self) -> ScreenedObject:
        if (self.hbr_m is None) == (self.radius_km is None):
            raise ValueError("an object needs either hbr_m (spacecraft) or radius_km (natural body)")
        return self

    @model_validator(mode="after")
    def _not_prolonged(self) -> ScreenedObject:
        if self.phase == "known" and any(source.extend for source in self.ephemeris):
            raise ValueError('extend is for objects with phase = "unknown": it gives an orbit, and no place on it')
        return self

    @model_validator(mode="after")
    def _solutions(self) -> ScreenedObject:
        if not self.nominal:
            raise ValueError('an object needs an ephemeris with role = "nominal"')
        names = [source.name.lower() for source in self.solutions if source.name]
        if len(set(names)) < len(names):
            raise ValueError("the names of an object's solutions must differ")
        return self

    @model_validator(mode="before")
    @classmethod
    def _in_a_word(cls, table: object) -> object:
        """``uncertainty = "learned"`` is short for a model that is learned and none that is declared."""
        if isinstance(table, dict) and table.get("uncertainty") == "learned":
            return {**table, "uncertainty": None, "learned": True}
        return table

    @field_validator("manoeuvres")
    @classmethod
    def _dated(cls, burns: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(burn for burn in burns if Epoch.parse(burn))
        except NearpassError as error:
            raise ValueError(str(error)) from None

    @property
    def burns(self) -> tuple[Epoch, ...]:
        """When it manoeuvres, as declared."""
        return tuple(Epoch.parse(burn) for burn in self.manoeuvres)

    @property
    def size_km(self) -> float:
        """Radius of the sphere around the object."""
        return self.radius_km or (self.hbr_m or 0.0) / 1000.0

    @property
    def nominal(self) -> tuple[EphemerisSource, ...]:
        """The sources of the trajectory that events rest on, each a fallback of the one before."""
        return tuple(source for source in self.ephemeris if source.role == "nominal")

    @property
    def solutions(self) -> tuple[EphemerisSource, ...]:
        """The sources of alternative and planned solutions."""
        return tuple(source for source in self.ephemeris if source.role != "nominal")


def delivery_release(item: ScreenedObject, source: EphemerisSource) -> tuple[str, ...]:
    """Who may see what a source gives: its own list, be it the narrower one, else the object's with its marking."""
    return source.release or (() if source.marking else item.release)


def delivery_marking(item: ScreenedObject, source: EphemerisSource, mapped: Mapping[str, Tlp]) -> MarkingRecord | None:
    """Under which conditions a source gives: by its own table, else by the object's; None where neither says."""
    return marking_record(source.marking or item.marking, delivery_release(item, source), source.originator, mapped)


def object_marking(item: ScreenedObject, mapped: Mapping[str, Tlp]) -> MarkingRecord | None:
    """Under which conditions an object is told of; its operator gave it, or who gave its ephemeris."""
    giver = item.operator or item.ephemeris[0].originator
    return marking_record(item.marking, item.release, giver, mapped)
